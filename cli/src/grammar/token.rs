//! One place in a command: a keyword or a typed argument, and whether a typed word fits it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::Prefix;

/// What an argument accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A keyword, typed in full or by a unique beginning.
    Word,
    /// `<1-255>`: a decimal number in this range.
    Number(u64, u64),
    /// `A.B.C.D`
    V4,
    /// `X:X::X:X`
    V6,
    /// `ADDRESS`: of either family.
    Address,
    /// `A.B.C.D/M`; host bits are allowed.
    V4Prefix,
    /// `X:X::X:X/M`; host bits are allowed.
    V6Prefix,
    /// `PREFIX`: of either family.
    Prefix,
    /// `MAC`: `aa:bb:cc:dd:ee:ff` or `aabb.ccdd.eeff`.
    Mac,
    /// `METRIC`: `5`, `+5` or `-5`.
    Metric,
    /// `HH:MM:SS`
    Time,
    /// `IFNAME`: an interface's name; nothing that looks like an address.
    IfName,
    /// `AS`: the number of an autonomous system, `65000` or `1.10`.
    As,
    /// `LINE`: all the rest.
    Line,
    /// Any other capital label: one word of free choice, quoted if it has blanks.
    Name,
}

impl Kind {
    /// The kind a label stands for; `None`: it is a keyword.
    pub fn of_label(label: &str) -> Option<Kind> {
        match label {
            "A.B.C.D" => Some(Kind::V4),
            "X:X::X:X" => Some(Kind::V6),
            "ADDRESS" => Some(Kind::Address),
            "A.B.C.D/M" => Some(Kind::V4Prefix),
            "X:X::X:X/M" => Some(Kind::V6Prefix),
            "PREFIX" => Some(Kind::Prefix),
            "MAC" => Some(Kind::Mac),
            "METRIC" => Some(Kind::Metric),
            "HH:MM:SS" => Some(Kind::Time),
            "IFNAME" => Some(Kind::IfName),
            "AS" => Some(Kind::As),
            "LINE" => Some(Kind::Line),
            // `clear bgp *`: itself and nothing else.
            "*" => None,
            // `-c`, `-I`: options as the tools of Linux have them.
            other if other.starts_with('-') || other.bytes().any(|b| b.is_ascii_lowercase()) => None,
            other if other.bytes().all(|b| b.is_ascii_digit()) => None,
            _ => Some(Kind::Name),
        }
    }

    /// Help where a command gives none of its own.
    pub fn help(&self) -> &'static str {
        match self {
            Kind::Word => "",
            Kind::Number(..) => "A number in this range",
            Kind::V4 => "An IPv4 address",
            Kind::V6 => "An IPv6 address",
            Kind::Address => "An IPv4 or IPv6 address",
            Kind::V4Prefix => "An IPv4 prefix, as 10.0.0.0/8",
            Kind::V6Prefix => "An IPv6 prefix, as 2001:db8::/32",
            Kind::Prefix => "An IPv4 or IPv6 prefix",
            Kind::Mac => "A hardware address, as 00:11:22:33:44:55 or 0011.2233.4455",
            Kind::Metric => "A metric, or +N or -N to change it",
            Kind::Time => "Hours, minutes, seconds (UTC)",
            Kind::IfName => "Interface name",
            Kind::As => "Number of an AS: 1-4294967295, or 1.10",
            Kind::Line => "The rest of the line",
            Kind::Name => "A name",
        }
    }
}

/// How well a word fits; a higher rank wins. The order is IOS's: what is spelled out wins, then what can
/// be nothing else, then an abbreviation, then free text.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// The rest of the line.
    Rest,
    /// A free word.
    Free,
    /// The beginning of a keyword.
    Abbreviated,
    /// An address, a number.
    Typed,
    /// A keyword in full.
    Exact,
}

/// One place in a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What fits.
    pub kind: Kind,
    /// The keyword, or the label shown for the argument.
    pub label: String,
    /// What a handler asks for.
    pub name: String,
    /// Shown by `?`.
    pub help: String,
}

impl Token {
    pub(super) fn word(word: &str) -> Token {
        Token { kind: Kind::Word, label: word.to_owned(), name: word.to_owned(), help: String::new() }
    }

    pub(super) fn argument(kind: Kind, label: &str, name: Option<&str>) -> Token {
        let name = name.unwrap_or(label).to_owned();
        Token { help: kind.help().to_owned(), kind, label: label.to_owned(), name }
    }

    /// How `word` fits here; `None`: not at all. Keywords are matched without regard to case; a quoted
    /// word is never a keyword.
    pub fn fit(&self, word: &str, quoted: bool) -> Option<Fit> {
        let typed = |ok: bool| ok.then_some(Fit::Typed);
        match &self.kind {
            Kind::Word if quoted || word.is_empty() => None,
            Kind::Word if self.label.eq_ignore_ascii_case(word) => Some(Fit::Exact),
            Kind::Word => starts_with(&self.label, word).then_some(Fit::Abbreviated),
            Kind::Number(low, high) => {
                let digits = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
                typed(digits && word.parse::<u64>().is_ok_and(|n| (*low..=*high).contains(&n)))
            }
            Kind::V4 => typed(word.parse::<Ipv4Addr>().is_ok()),
            Kind::V6 => typed(word.parse::<Ipv6Addr>().is_ok()),
            Kind::Address => typed(word.parse::<IpAddr>().is_ok()),
            Kind::V4Prefix => typed(word.parse::<Prefix>().is_ok_and(|p| p.is_v4())),
            Kind::V6Prefix => typed(word.parse::<Prefix>().is_ok_and(|p| !p.is_v4())),
            Kind::Prefix => typed(word.parse::<Prefix>().is_ok()),
            Kind::Mac => typed(parse_mac(word).is_some()),
            Kind::Metric => typed(word.parse::<policy::config::SetMetric>().is_ok()),
            Kind::Time => typed(parse_time(word).is_some()),
            Kind::IfName => (!word.is_empty() && (quoted || !looks_like_address(word))).then_some(Fit::Free),
            Kind::As => typed(bgp::config::asn(word).is_some()),
            Kind::Line => Some(Fit::Rest),
            Kind::Name => (quoted || !word.is_empty()).then_some(Fit::Free),
        }
    }

    /// Whether `word` could become fitting by typing on; for `?` at an unfinished word.
    pub fn may_become(&self, word: &str) -> bool {
        let only = |set: &str| word.chars().all(|c| c.is_ascii_hexdigit() || set.contains(c));
        let decimal = |set: &str| word.chars().all(|c| c.is_ascii_digit() || set.contains(c));
        match &self.kind {
            Kind::Word => starts_with(&self.label, word),
            Kind::Number(..) => decimal(""),
            Kind::V4 | Kind::As => decimal("."),
            Kind::V6 => only(":."),
            Kind::Address => only(":."),
            Kind::V4Prefix => decimal("./"),
            Kind::V6Prefix | Kind::Prefix => only(":./"),
            Kind::Mac => only(":.-"),
            Kind::Metric => decimal("+-"),
            Kind::Time => decimal(":"),
            Kind::IfName => !looks_like_address(word),
            Kind::Line | Kind::Name => true,
        }
    }
}

/// `aa:bb:cc:dd:ee:ff` as typed, or Cisco's `aabb.ccdd.eeff` in that form.
pub fn parse_mac(text: &str) -> Option<String> {
    let hex = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_hexdigit());
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() == 6 && parts.iter().all(|p| hex(p, 2)) {
        return Some(text.to_owned());
    }
    let words: Vec<&str> = text.split('.').collect();
    if words.len() != 3 || !words.iter().all(|p| hex(p, 4)) {
        return None;
    }
    let bytes: Vec<String> =
        words.iter().flat_map(|w| [w.get(..2), w.get(2..)]).flatten().map(str::to_lowercase).collect();
    Some(bytes.join(":"))
}

/// Seconds since midnight of `HH:MM:SS`.
pub fn parse_time(text: &str) -> Option<u64> {
    let mut parts = text.split(':').map(|p| {
        let digits = (1..=2).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
        if digits { p.parse::<u64>().ok() } else { None }
    });
    let (h, m, s) = (parts.next()??, parts.next()??, parts.next()??);
    (parts.next().is_none() && h < 24 && m < 60 && s < 60)
        .then(|| h.saturating_mul(3600).saturating_add(m.saturating_mul(60)).saturating_add(s))
}

fn starts_with(keyword: &str, word: &str) -> bool {
    keyword.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// So that a mistyped `10.0.0.300` is an error and not an interface.
fn looks_like_address(word: &str) -> bool {
    word.contains(':') || word.contains('/') || word.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(label: &str, word: &str) -> Option<Fit> {
        Token::argument(Kind::of_label(label).unwrap(), label, None).fit(word, false)
    }

    #[test]
    fn a_label_says_what_fits() {
        assert_eq!(fit("A.B.C.D", "10.0.0.1"), Some(Fit::Typed));
        assert_eq!(fit("A.B.C.D", "10.0.0.300"), None);
        assert_eq!(fit("A.B.C.D/M", "10.0.0.1/24"), Some(Fit::Typed));
        assert_eq!(fit("A.B.C.D/M", "::/0"), None);
        assert_eq!(fit("PREFIX", "2001:db8::/32"), Some(Fit::Typed));
        assert_eq!(fit("METRIC", "+5"), Some(Fit::Typed));
        assert_eq!(fit("IFNAME", "eth0"), Some(Fit::Free));
    }

    #[test]
    fn a_mistyped_address_is_no_interface() {
        for bad in ["10.0.0.300", "10.0.0.0/33", "2001::g", "12"] {
            assert_eq!(fit("IFNAME", bad), None, "{bad}");
        }
    }

    #[test]
    fn both_spellings_of_a_mac_are_one() {
        assert_eq!(parse_mac("0011.22AA.4455").as_deref(), Some("00:11:22:aa:44:55"));
        assert_eq!(parse_mac("00:11:22:33:44:55").as_deref(), Some("00:11:22:33:44:55"));
        for bad in ["", "00:11", "0011.2233", "0011.2233.445g", "001é.2233.4455"] {
            assert_eq!(parse_mac(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_of_day_have_ranges() {
        assert_eq!(parse_time("01:02:03"), Some(3723));
        for bad in ["24:00:00", "0:60:0", "1:2", "1:2:3:4", "a:b:c", "-1:0:0"] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }
}
