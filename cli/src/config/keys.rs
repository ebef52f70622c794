//! Key chains.

use super::{Edit, Run, line, remove_first, time};
use crate::command::Mode;
use crate::grammar::token::parse_time;
use crate::grammar::{Args, Modes, Row};
use policy::config::{Algorithm, Key, Lifetime};

const HELP: &[(&str, &str)] = &[
    ("key", "Keys"),
    ("chain", "A chain of keys"),
    ("NAME", "Its name"),
    ("id", "The key's number on the wire"),
    ("key-string", "The secret"),
    ("LINE", "The secret, as typed"),
    ("cryptographic-algorithm", "How packets are authenticated (MD5)"),
    ("md5", "Keyed MD5"),
    ("hmac-sha-1", "HMAC-SHA-1"),
    ("hmac-sha-256", "HMAC-SHA-256"),
    ("hmac-sha-384", "HMAC-SHA-384"),
    ("hmac-sha-512", "HMAC-SHA-512"),
    ("accept-lifetime", "When received packets may use it"),
    ("send-lifetime", "When sent packets use it"),
    ("MONTH", "January to December"),
    ("duration", "For so long"),
    ("seconds", "Seconds"),
    ("infinite", "For ever"),
];

/// Names of the algorithms in the configuration.
pub(crate) const ALGORITHMS: [(Algorithm, &str); 5] = [
    (Algorithm::Md5, "md5"),
    (Algorithm::HmacSha1, "hmac-sha-1"),
    (Algorithm::HmacSha256, "hmac-sha-256"),
    (Algorithm::HmacSha384, "hmac-sha-384"),
    (Algorithm::HmacSha512, "hmac-sha-512"),
];

pub(super) const ROWS: &[Row<Run>] = &[
    line("key chain NAME", "key chain NAME", Modes::CONFIG, "A chain of keys", chain).help(HELP),
    line("key <0-255>$id", "key <0-255>$id", Modes::KEY_CHAIN, "A key of the chain", key).help(HELP),
    line("key-string LINE", "key-string [LINE]", Modes::KEY, "The secret", key_string).help(HELP),
    line(
        "cryptographic-algorithm <md5|hmac-sha-1|hmac-sha-256|hmac-sha-384|hmac-sha-512>",
        "cryptographic-algorithm [<md5|hmac-sha-1|hmac-sha-256|hmac-sha-384|hmac-sha-512>]",
        Modes::KEY,
        "How packets are authenticated (MD5)",
        algorithm,
    )
    .help(HELP),
    line(
        "<accept-lifetime|send-lifetime> HH:MM:SS$start \
         <<1-31>$day MONTH|MONTH <1-31>$day> <1970-9999>$year \
         <HH:MM:SS$end <<1-31>$end_day MONTH$end_month|MONTH$end_month <1-31>$end_day> <1970-9999>$end_year|\
         duration <1-4294967295>$seconds|infinite>",
        "<accept-lifetime|send-lifetime> [LINE]",
        Modes::KEY,
        "When the key is used, in UTC; without it always",
        lifetime,
    )
    .help(HELP),
];

fn chain(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("NAME")?;
    let chains = &mut edit.config.policy.key_chains;
    if args.no() {
        return chains.remove(&name).map(|_| ()).ok_or_else(|| format!("no key chain {name}"));
    }
    chains.entry(name.clone()).or_default();
    edit.mode = Mode::KeyChain(name);
    Ok(())
}

fn key(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let Mode::KeyChain(chain) = edit.mode.clone() else {
        return Err("no key chain is being configured".into());
    };
    let id: u8 = args.need("id")?;
    if args.no() {
        let keys = edit.config.policy.key_chains.entry(chain.clone()).or_default();
        return remove_first(keys, |k| k.id == id)
            .map(|_| ())
            .ok_or_else(|| format!("no key {id} in {chain}"));
    }
    edit.mode = Mode::Key { chain, id };
    Ok(())
}

impl Edit<'_> {
    /// The key of this mode; there is none before it has a secret.
    fn key(&mut self) -> Result<&mut Key, String> {
        let Mode::Key { chain, id } = &self.mode else { return Err("no key is being configured".to_owned()) };
        let keys = self.config.policy.key_chains.get_mut(chain);
        keys.and_then(|keys| keys.iter_mut().find(|k| k.id == *id))
            .ok_or_else(|| format!("key {id} of {chain} needs a key-string first"))
    }
}

/// The secret makes the key: one without it would authenticate nothing.
fn key_string(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let Mode::Key { chain, id } = edit.mode.clone() else { return Err("no key is being configured".into()) };
    if args.no() {
        edit.key()?;
        return Err(format!("a key cannot be without: `no key {id}` removes it"));
    }
    let key_string: String = args.need("LINE")?;
    let keys = edit.config.policy.key_chains.entry(chain).or_default();
    match keys.iter_mut().find(|k| k.id == id) {
        Some(key) => key.key_string = key_string,
        None => {
            let (algorithm, accept_lifetime, send_lifetime) = (None, None, None);
            keys.push(Key { id, key_string, algorithm, accept_lifetime, send_lifetime });
            keys.sort_by_key(|k| k.id);
        }
    }
    Ok(())
}

fn algorithm(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let algorithm = ALGORITHMS.into_iter().find(|(_, name)| args.has(name)).map(|(a, _)| a);
    edit.key()?.algorithm = algorithm.filter(|_| !args.no());
    Ok(())
}

fn lifetime(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let span = if args.no() { None } else { Some(span(args)?) };
    let key = edit.key()?;
    if args.has("accept-lifetime") {
        key.accept_lifetime = span
    } else {
        key.send_lifetime = span
    }
    Ok(())
}

fn span(args: &Args) -> Result<Lifetime, String> {
    let at = |clock: &str, day: &str, month: &str, year: &str| {
        let name: String = args.need(month)?;
        let number = time::month(&name).ok_or_else(|| format!("`{name}` is no month"))?;
        let second = args.text(clock).and_then(parse_time).ok_or("the time of day is missing")?;
        time::seconds(args.need(year)?, number, args.need(day)?, second)
            .ok_or_else(|| format!("{name} has no such day"))
    };
    let start = at("start", "day", "MONTH", "year")?;
    let end = match args.get::<u64>("seconds") {
        _ if args.has("infinite") => None,
        Some(seconds) => Some(start.saturating_add(seconds)),
        None => Some(at("end", "end_day", "end_month", "end_year")?),
    };
    match end {
        Some(end) if end <= start => Err("the lifetime ends before it begins".to_owned()),
        end => Ok(Lifetime { start, end }),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{after, refusal};
    use policy::config::{Algorithm, Key};

    fn key(lines: &[&str]) -> Key {
        let mut all = vec!["key chain K", "key 1", "key-string first"];
        all.extend(lines);
        after(&all).policy.key_chains["K"][0].clone()
    }

    #[test]
    fn a_key_has_a_secret_an_algorithm_and_lifetimes() {
        let k = key(&[
            "key-string s e c r e t",
            "crypto hmac-sha-256",
            "accept-lifetime 00:00:00 Jan 1 2026 infinite",
        ]);
        assert_eq!((k.key_string.as_str(), k.algorithm), ("s e c r e t", Some(Algorithm::HmacSha256)));
        assert_eq!(k.accept_lifetime.map(|l| (l.start, l.end)), Some((1_767_225_600, None)));
    }

    #[test]
    fn lifetimes_end_at_a_date_after_a_duration_or_never() {
        let end = |tail: &str| {
            let line = format!("send-lifetime 00:00:00 1 January 2026 {tail}");
            key(&[&line]).send_lifetime.map(|l| l.end.map(|e| e - l.start))
        };
        assert_eq!(end("duration 60"), Some(Some(60)));
        assert_eq!(end("00:00:00 2 january 2026"), Some(Some(86_400)));
        assert_eq!(end("infinite"), Some(None));
        let wrong = |line: &str| refusal(&["key chain K", "key 1", "key-string a", line]).message;
        assert!(wrong("send-lifetime 00:00:00 30 February 2026 infinite").contains("no such day"));
        assert!(wrong("send-lifetime 00:00:00 1 Foo 2026 infinite").contains("no month"));
        assert!(wrong("send-lifetime 00:00:00 2 Jan 2026 00:00:00 1 Jan 2026").contains("before it begins"));
    }

    #[test]
    fn keys_are_removed_one_by_one() {
        let two = ["key chain K", "key 2", "key-string b", "key 1", "key-string a", "exit"];
        let c = after(&[&two[..], &["no key 2"]].concat());
        assert_eq!(c.policy.key_chains["K"].len(), 1);
        assert!(after(&["key chain K", "no key chain K"]).policy.key_chains.is_empty());
        let plain = key(&[]);
        assert_eq!(key(&["crypto md5", "no crypto", "no send-lifetime"]), plain);
    }

    #[test]
    fn a_key_is_not_there_before_its_secret() {
        assert!(after(&["key chain K", "key 1"]).policy.key_chains["K"].is_empty());
        assert!(refusal(&["key chain K", "key 1", "crypto md5"]).message.contains("key-string first"));
        let e = refusal(&["key chain K", "key 1", "key-string a", "no key-string"]);
        assert!(e.message.contains("no key 1"), "{e}");
    }
}
