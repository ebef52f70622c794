//! AS-path access lists and community lists, of `bgp` (FRR) or `ip` (IOS).

use super::lists::{Entry, action, put, take};
use super::{Edit, Run, line, remove_first};
use crate::grammar::{Args, Modes, Row};
use core::fmt::Display;
use core::str::FromStr;
use policy::bgp::{Community, ExtendedCommunity, LargeCommunity};
use policy::config::{AsPathEntry, CommunityEntry, Config};
use policy::regex::Regex;
use std::collections::BTreeMap;

const HELP: &[(&str, &str)] = &[
    ("bgp", "Lists about BGP routes"),
    ("as-path", "By the AS path"),
    ("access-list", "A list of regular expressions"),
    ("community-list", "A list of communities"),
    ("extcommunity-list", "A list of extended communities"),
    ("large-community-list", "A list of large communities"),
    ("standard", "Of communities"),
    ("expanded", "Of regular expressions"),
    ("NAME", "Its name"),
    ("number", "Its number"),
    ("seq", "Where in the list"),
    ("REGEX", "A regular expression; _ is a separator or an end"),
    ("LINE", "A regular expression; _ is a separator or an end"),
    ("COMMUNITIES", "AA:NN, no-export, ...: all of them; none: any route"),
];

/// A list of communities of kind `$c`, in its three forms.
macro_rules! community_rows {
    ($list:literal, $c:ty, $about:literal) => {
        [
            line(
                concat!(
                    "<bgp|ip> ",
                    $list,
                    " <<1-99>$number|standard NAME> [seq <1-4294967295>$seq] <permit|deny> [LINE$communities]"
                ),
                concat!(
                    "<bgp|ip> ",
                    $list,
                    " <<1-99>$number|standard NAME> [[seq <1-4294967295>$seq] <permit|deny> [LINE$communities]]"
                ),
                Modes::CONFIG,
                concat!("An entry of a list of ", $about, "; without seq it goes to the end in steps of 5"),
                community::<$c>,
            )
            .help(HELP),
            line(
                concat!(
                    "<bgp|ip> ",
                    $list,
                    " <<100-500>$number|expanded NAME> [seq <1-4294967295>$seq] <permit|deny> LINE"
                ),
                concat!(
                    "<bgp|ip> ",
                    $list,
                    " <<100-500>$number|expanded NAME> [[seq <1-4294967295>$seq] <permit|deny> LINE]"
                ),
                Modes::CONFIG,
                "An entry that looks at the text of all of them",
                community::<$c>,
            )
            .help(HELP),
            line(
                concat!(
                    "no <bgp|ip> ",
                    $list,
                    " <<1-500>$number|standard NAME|expanded NAME> seq <1-4294967295>$seq"
                ),
                "",
                Modes::CONFIG,
                "Remove one entry",
                community_seq::<$c>,
            )
            .help(HELP),
        ]
    };
}

pub(super) const AS_PATH: &[Row<Run>] = &[
    line(
        "<bgp|ip> as-path access-list NAME [seq <1-4294967295>$seq] <permit|deny> LINE",
        "<bgp|ip> as-path access-list NAME [[seq <1-4294967295>$seq] <permit|deny> LINE]",
        Modes::CONFIG,
        "An entry of a list of AS paths; without seq it goes to the end in steps of 5",
        as_path,
    )
    .help(HELP),
    line(
        "no <bgp|ip> as-path access-list NAME seq <1-4294967295>$seq",
        "",
        Modes::CONFIG,
        "Remove one entry",
        as_path_seq,
    )
    .help(HELP),
];
pub(super) const COMMUNITY: &[Row<Run>] = &community_rows!("community-list", Community, "communities");
pub(super) const EXTCOMMUNITY: &[Row<Run>] =
    &community_rows!("extcommunity-list", ExtendedCommunity, "extended communities");
pub(super) const LARGE: &[Row<Run>] =
    &community_rows!("large-community-list", LargeCommunity, "large communities");

impl Entry for AsPathEntry {
    fn seq(&self) -> u32 {
        self.seq
    }
    fn set_seq(&mut self, seq: u32) {
        self.seq = seq;
    }
}

impl<C: PartialEq> Entry for CommunityEntry<C> {
    fn seq(&self) -> u32 {
        self.seq
    }
    fn set_seq(&mut self, seq: u32) {
        self.seq = seq;
    }
}

type Lists<E> = BTreeMap<String, Vec<E>>;

/// One kind of community and where its lists are.
trait Kind: FromStr<Err = String> + Ord + Display {
    const WHAT: &'static str;
    fn lists(config: &mut Config) -> &mut Lists<CommunityEntry<Self>>;
    /// What follows `permit`.
    fn read(text: &str) -> Result<Vec<Self>, String> {
        text.split_whitespace().map(str::parse).collect()
    }
}

impl Kind for Community {
    const WHAT: &'static str = "community list";
    fn lists(config: &mut Config) -> &mut Lists<CommunityEntry<Self>> {
        &mut config.community_lists
    }
}

impl Kind for LargeCommunity {
    const WHAT: &'static str = "large community list";
    fn lists(config: &mut Config) -> &mut Lists<CommunityEntry<Self>> {
        &mut config.large_community_lists
    }
}

impl Kind for ExtendedCommunity {
    const WHAT: &'static str = "extended community list";
    fn lists(config: &mut Config) -> &mut Lists<CommunityEntry<Self>> {
        &mut config.extcommunity_lists
    }

    /// `rt 1:2 soo 3:4`; one word may stand before several values.
    fn read(text: &str) -> Result<Vec<Self>, String> {
        let mut word = "";
        let mut all = Vec::new();
        for part in text.split_whitespace() {
            match part {
                _ if ["rt", "soo"].iter().any(|w| w.eq_ignore_ascii_case(part)) => word = part,
                _ if part.starts_with(|c: char| c.is_ascii_digit()) && !part.starts_with("0x") => {
                    all.push(format!("{word} {part}").parse()?);
                }
                _ => all.push(part.parse()?),
            }
        }
        Ok(all)
    }
}

fn regex(text: &str) -> Result<String, String> {
    match Regex::new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(fault) => Err(format!("`{text}` is not a regular expression: {fault}")),
    }
}

/// Puts the entry into the list or takes it out; without an entry the `no` form takes the list.
fn change<E: Entry>(
    lists: &mut Lists<E>,
    what: &str,
    name: String,
    args: &Args,
    entry: Option<E>,
) -> Result<(), String> {
    match (args.no(), entry) {
        (false, Some(entry)) => {
            put(lists.entry(name).or_default(), entry, args.get("seq"));
            return Ok(());
        }
        (true, Some(entry)) => {
            let list = lists.get_mut(&name).ok_or_else(|| format!("no {what} {name}"))?;
            if !take(list, entry, args.get("seq")) {
                return Err(format!("no such entry in {what} {name}"));
            }
        }
        (false, None) => return Err("permit or deny?".to_owned()),
        (true, None) => {
            return lists.remove(&name).map(|_| ()).ok_or_else(|| format!("no {what} {name}"));
        }
    }
    if lists.get(&name).is_some_and(Vec::is_empty) {
        lists.remove(&name);
    }
    Ok(())
}

fn remove_seq<E: Entry>(lists: &mut Lists<E>, what: &str, name: &str, args: &Args) -> Result<(), String> {
    let seq: u32 = args.need("seq")?;
    let list = lists.get_mut(name).ok_or_else(|| format!("no {what} {name}"))?;
    remove_first(list, |e| e.seq() == seq).ok_or_else(|| format!("{what} {name} has no entry {seq}"))?;
    if list.is_empty() {
        lists.remove(name);
    }
    Ok(())
}

fn as_path(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let entry = match args.text("LINE") {
        Some(text) => Some(AsPathEntry { seq: 0, action: action(args), regex: regex(text)? }),
        None => None,
    };
    change(&mut edit.config.policy.as_path_lists, "AS-path list", args.need("NAME")?, args, entry)
}

fn as_path_seq(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("NAME")?;
    remove_seq(&mut edit.config.policy.as_path_lists, "AS-path list", &name, args)
}

fn name(args: &Args) -> Result<String, String> {
    match args.text("number") {
        Some(number) => Ok(number.to_owned()),
        None => args.need("NAME"),
    }
}

fn community<C: Kind>(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name = name(args)?;
    let regex = args.text("LINE").map(regex).transpose()?;
    let entry = match args.has("permit") || args.has("deny") {
        false => None,
        true => Some(CommunityEntry {
            seq: 0,
            action: action(args),
            communities: C::read(args.text("communities").unwrap_or_default())?,
            regex,
        }),
    };
    let lists = C::lists(&mut edit.config.policy);
    let expanded = |e: &CommunityEntry<C>| e.regex.is_some();
    if let (Some(entry), Some(old)) = (&entry, lists.get(&name).and_then(|l| l.first()))
        && expanded(entry) != expanded(old)
    {
        let style = if expanded(old) { "expanded" } else { "standard" };
        return Err(format!("{} {name} is {style}", C::WHAT));
    }
    change(lists, C::WHAT, name, args, entry)
}

fn community_seq<C: Kind>(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    remove_seq(C::lists(&mut edit.config.policy), C::WHAT, &name(args)?, args)
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{after, refusal};
    use policy::config::Config;

    fn policy(lines: &[&str]) -> Config {
        after(lines).policy
    }

    #[test]
    fn the_expression_is_the_rest_of_the_line() {
        let p = policy(&[
            "bgp as-path access-list A permit ^65001_",
            "ip as-path access-list A seq 3 deny ^1 2$",
            "ip as-path access-list 7 permit .*",
        ]);
        let seen: Vec<_> = p.as_path_lists["A"].iter().map(|e| (e.seq, e.regex.as_str())).collect();
        assert_eq!(seen, [(3, "^1 2$"), (5, "^65001_")]);
        assert_eq!(p.as_path_lists["7"][0].regex, ".*");
        let bad = refusal(&["bgp as-path access-list A permit (_1"]).message;
        assert!(bad.contains("not closed at character 1"), "{bad}");
    }

    #[test]
    fn as_path_lists_shrink_entry_by_entry_and_vanish_with_the_last() {
        let two = ["bgp as-path access-list A permit _1_", "bgp as-path access-list A deny _2_"];
        let left = |line: &str| policy(&[two[0], two[1], line]).as_path_lists.remove("A").map(|l| l.len());
        assert_eq!(left("no bgp as-path access-list A permit _1_"), Some(1));
        assert_eq!(left("no bgp as-path access-list A seq 5"), Some(1));
        assert_eq!(left("no ip as-path access-list A"), None);
        assert_eq!(policy(&[two[0], "no bgp as-path access-list A seq 5"]), Config::default());
        assert!(refusal(&["no bgp as-path access-list A"]).message.contains("A"));
        assert!(
            refusal(&[two[0], "no bgp as-path access-list A deny _1_"]).message.contains("no such entry")
        );
    }

    #[test]
    fn community_lists_are_named_or_numbered() {
        let p = policy(&[
            "bgp community-list standard C permit 65001:1 no-export",
            "ip community-list 10 deny local-AS",
            "ip community-list 10 permit",
            "bgp community-list expanded E seq 7 permit _65001:[0-9]+_",
            "bgp community-list 100 deny ^$",
        ]);
        let texts: Vec<String> =
            p.community_lists["C"][0].communities.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["65001:1", "no-export"]);
        assert!(p.community_lists["10"][1].communities.is_empty() && p.community_lists["10"][1].seq == 10);
        assert_eq!(p.community_lists["E"][0].regex.as_deref(), Some("_65001:[0-9]+_"));
        assert!(p.community_lists.contains_key("100"));
        assert!(refusal(&["bgp community-list 10 permit 65536:1"]).message.contains("65536:1"));
        let mixed =
            ["bgp community-list standard C permit 1:1", "bgp community-list expanded C permit _1:1_"];
        assert!(refusal(&mixed).message.contains("is standard"));
    }

    #[test]
    fn community_lists_shrink_entry_by_entry_and_vanish_with_the_last() {
        let two = ["bgp community-list standard C permit 1:1", "bgp community-list standard C permit 1:2"];
        let left = |line: &str| policy(&[two[0], two[1], line]).community_lists.remove("C").map(|l| l.len());
        assert_eq!(left("no bgp community-list standard C permit 1:1"), Some(1));
        assert_eq!(left("no bgp community-list standard C seq 10"), Some(1));
        assert_eq!(left("no ip community-list standard C"), None);
        let numbered = ["bgp community-list 500 permit x", "no bgp community-list 500 seq 5"];
        assert_eq!(policy(&numbered), Config::default());
    }

    #[test]
    fn extended_and_large_communities_have_lists_as_well() {
        let p = policy(&[
            "bgp extcommunity-list standard E permit rt 65001:1 10.0.0.1:2 soo 65001:3",
            "ip extcommunity-list 200 permit RT:65001:.*",
            "bgp large-community-list standard L permit 65001:1:2 65001:1:3",
            "bgp large-community-list expanded M deny _65001:.*:3_",
        ]);
        let texts: Vec<String> =
            p.extcommunity_lists["E"][0].communities.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["RT:65001:1", "RT:10.0.0.1:2", "SoO:65001:3"]);
        assert_eq!(p.large_community_lists["L"][0].communities.len(), 2);
        assert!(p.extcommunity_lists.contains_key("200") && p.large_community_lists.contains_key("M"));
        assert!(refusal(&["bgp extcommunity-list standard E permit 65001:1"]).message.contains("65001:1"));
    }
}
