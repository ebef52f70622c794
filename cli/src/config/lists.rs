//! Access lists and prefix lists.

use super::{Edit, Run, line, remove_first};
use crate::grammar::{Args, Modes, Row};
use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;
use policy::config::{AccessEntry, Action, PrefixEntry};

const ACCESS_HELP: &[(&str, &str)] = &[
    ("access-list", "A list of networks"),
    ("NAME", "Its name or number"),
    ("seq", "Where in the list"),
    ("any", "Every network"),
    ("host", "One address"),
    ("exact-match", "The very prefix, not what it covers"),
    ("wildcard", "Bits that may differ"),
    ("remark", "A note"),
];

const PREFIX_HELP: &[(&str, &str)] = &[
    ("prefix-list", "A list of prefixes"),
    ("NAME", "Its name"),
    ("seq", "Where in the list"),
    ("any", "Every prefix of every length"),
    ("ge", "Shortest prefix length"),
    ("le", "Longest prefix length"),
    ("description", "A note for the reader"),
];

pub(super) const ROWS: &[Row<Run>] = &[
    line(
        "access-list NAME [seq <1-4294967295>$seq] <permit|deny> \
         <any|host A.B.C.D$host|A.B.C.D/M$prefix [exact-match]|A.B.C.D$net [A.B.C.D$wildcard]>",
        "access-list NAME [[seq <1-4294967295>$seq] <permit|deny> \
         <any|host A.B.C.D$host|A.B.C.D/M$prefix [exact-match]|A.B.C.D$net [A.B.C.D$wildcard]>]",
        Modes::CONFIG,
        "An entry of an access list; without seq it goes to the end in steps of 5",
        access,
    )
    .help(ACCESS_HELP),
    line("no access-list NAME seq <1-4294967295>$seq", "", Modes::CONFIG, "Remove one entry", access_seq)
        .help(ACCESS_HELP),
    line("access-list NAME remark LINE", "access-list NAME remark [LINE]", Modes::CONFIG, "Accepted and not kept", nothing)
        .help(ACCESS_HELP),
    line(
        "ipv6 access-list NAME [seq <1-4294967295>$seq] <permit|deny> <any|X:X::X:X/M$prefix [exact-match]>",
        "ipv6 access-list NAME [[seq <1-4294967295>$seq] <permit|deny> <any|X:X::X:X/M$prefix [exact-match]>]",
        Modes::CONFIG,
        "The same for IPv6",
        access,
    )
    .help(ACCESS_HELP),
    line(
        "ip prefix-list NAME [seq <1-4294967295>$seq] <permit|deny> <any|A.B.C.D/M$prefix> {ge <0-32>$ge|le <0-32>$le}",
        "ip prefix-list NAME [[seq <1-4294967295>$seq] <permit|deny> <any|A.B.C.D/M$prefix> {ge <0-32>$ge|le <0-32>$le}]",
        Modes::CONFIG,
        "An entry of a prefix list; without seq it goes to the end in steps of 5",
        prefix,
    )
    .help(PREFIX_HELP),
    line(
        "ipv6 prefix-list NAME [seq <1-4294967295>$seq] <permit|deny> <any|X:X::X:X/M$prefix> {ge <0-128>$ge|le <0-128>$le}",
        "ipv6 prefix-list NAME [[seq <1-4294967295>$seq] <permit|deny> <any|X:X::X:X/M$prefix> {ge <0-128>$ge|le <0-128>$le}]",
        Modes::CONFIG,
        "The same for IPv6",
        prefix,
    )
    .help(PREFIX_HELP),
    line("no <ip|ipv6> prefix-list NAME seq <1-4294967295>$seq", "", Modes::CONFIG, "Remove one entry", prefix_seq)
        .help(PREFIX_HELP),
    line("<ip|ipv6> prefix-list NAME description LINE", "<ip|ipv6> prefix-list NAME description [LINE]", Modes::CONFIG,
        "A note for the reader", prefix_description)
        .help(PREFIX_HELP),
];

/// What a list needs of its entries to keep them in order.
pub(super) trait Entry: PartialEq {
    fn seq(&self) -> u32;
    fn set_seq(&mut self, seq: u32);
}

impl Entry for AccessEntry {
    fn seq(&self) -> u32 {
        self.seq
    }
    fn set_seq(&mut self, seq: u32) {
        self.seq = seq;
    }
}

impl Entry for PrefixEntry {
    fn seq(&self) -> u32 {
        self.seq
    }
    fn set_seq(&mut self, seq: u32) {
        self.seq = seq;
    }
}

/// Puts an entry at its `seq`, in place of an older one there; without a `seq` at the end unless the very
/// entry is in the list already (FRR).
pub(super) fn put<E: Entry>(list: &mut Vec<E>, mut entry: E, seq: Option<u32>) {
    let seq = match seq {
        Some(seq) => seq,
        None => {
            for old in list.iter() {
                entry.set_seq(old.seq());
                if *old == entry {
                    return;
                }
            }
            let last = list.iter().map(Entry::seq).max().unwrap_or(0);
            (last / 5).saturating_add(1).saturating_mul(5)
        }
    };
    entry.set_seq(seq);
    match list.binary_search_by_key(&seq, Entry::seq) {
        Ok(at) => {
            if let Some(old) = list.get_mut(at) {
                *old = entry;
            }
        }
        Err(at) => list.insert(at, entry),
    }
}

/// Removes the entry that says the same, at `seq` if that is given.
pub(super) fn take<E: Entry>(list: &mut Vec<E>, mut entry: E, seq: Option<u32>) -> bool {
    let at = list.iter().position(|old| {
        entry.set_seq(old.seq());
        seq.is_none_or(|s| s == old.seq()) && *old == entry
    });
    at.map(|at| list.remove(at)).is_some()
}

pub(super) fn action(args: &Args) -> Action {
    if args.has("deny") { Action::Deny } else { Action::Permit }
}

fn access(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("NAME")?;
    let lists = &mut edit.config.policy.access_lists;
    if args.no() && !args.has("permit") && !args.has("deny") {
        return lists.remove(&name).map(|_| ()).ok_or_else(|| format!("no access list {name}"));
    }
    let entry = AccessEntry {
        seq: 0,
        action: action(args),
        prefix: network(args)?,
        exact_match: args.has("exact-match"),
    };
    let seq = args.get("seq");
    if !args.no() {
        put(lists.entry(name).or_default(), entry, seq);
        return Ok(());
    }
    let list = lists.get_mut(&name).ok_or_else(|| format!("no access list {name}"))?;
    if !take(list, entry, seq) {
        return Err(format!("no such entry in access list {name}"));
    }
    if list.is_empty() {
        lists.remove(&name);
    }
    Ok(())
}

/// The network an entry is about; `None`: any.
fn network(args: &Args) -> Result<Option<Prefix>, String> {
    if let Some(host) = args.get("host") {
        return Ok(Some(Prefix::host(IpAddr::V4(host))));
    }
    let Some(net) = args.get::<Ipv4Addr>("net") else { return Ok(args.get("prefix")) };
    let Some(wildcard) = args.get::<Ipv4Addr>("wildcard") else {
        return Ok(Some(Prefix::host(IpAddr::V4(net))));
    };
    let len = super::interface::mask_len(Ipv4Addr::from_bits(!wildcard.to_bits())).map_err(|_| {
        format!("{wildcard} is not supported: the free bits of a wildcard must be contiguous")
    })?;
    Ok(if len == 0 { None } else { Some(Prefix::new(IpAddr::V4(net), len)) })
}

fn access_seq(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let (name, seq): (String, u32) = (args.need("NAME")?, args.need("seq")?);
    let lists = &mut edit.config.policy.access_lists;
    let list = lists.get_mut(&name).ok_or_else(|| format!("no access list {name}"))?;
    remove_first(list, |e| e.seq == seq).ok_or_else(|| format!("access list {name} has no entry {seq}"))?;
    if list.is_empty() {
        lists.remove(&name);
    }
    Ok(())
}

fn prefix(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("NAME")?;
    let lists = &mut edit.config.policy.prefix_lists;
    if args.no() && !args.has("permit") && !args.has("deny") {
        return lists.remove(&name).map(|_| ()).ok_or_else(|| format!("no prefix list {name}"));
    }
    let (prefix, ge, le) = (args.get::<Prefix>("prefix"), args.get::<u8>("ge"), args.get::<u8>("le"));
    let len = prefix.map_or(0, |p| p.len());
    let short = ge.is_some_and(|g| g < len) || le.is_some_and(|l| l < ge.unwrap_or(len));
    if short {
        return Err(format!("make sure that {len} (length) < ge <= le"));
    }
    let entry = PrefixEntry { seq: 0, action: action(args), prefix, ge, le };
    let seq = args.get("seq");
    if !args.no() {
        put(&mut lists.entry(name).or_default().entries, entry, seq);
        return Ok(());
    }
    let list = lists.get_mut(&name).ok_or_else(|| format!("no prefix list {name}"))?;
    if !take(&mut list.entries, entry, seq) {
        return Err(format!("no such entry in prefix list {name}"));
    }
    forget_if_empty(edit, &name);
    Ok(())
}

fn prefix_seq(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let (name, seq): (String, u32) = (args.need("NAME")?, args.need("seq")?);
    let lists = &mut edit.config.policy.prefix_lists;
    let list = lists.get_mut(&name).ok_or_else(|| format!("no prefix list {name}"))?;
    remove_first(&mut list.entries, |e| e.seq == seq)
        .ok_or_else(|| format!("prefix list {name} has no entry {seq}"))?;
    forget_if_empty(edit, &name);
    Ok(())
}

fn prefix_description(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("NAME")?;
    let lists = &mut edit.config.policy.prefix_lists;
    if !args.no() {
        lists.entry(name).or_default().description = args.text("LINE").map(str::to_owned);
        return Ok(());
    }
    lists.get_mut(&name).ok_or_else(|| format!("no prefix list {name}"))?.description = None;
    forget_if_empty(edit, &name);
    Ok(())
}

fn forget_if_empty(edit: &mut Edit<'_>, name: &str) {
    let lists = &mut edit.config.policy.prefix_lists;
    if lists.get(name).is_some_and(|l| l.entries.is_empty() && l.description.is_none()) {
        lists.remove(name);
    }
}

fn nothing(_: &mut Edit<'_>, _: &Args) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{after, refusal};

    fn access(lines: &[&str], name: &str) -> Vec<(u32, String)> {
        let list = after(lines).policy.access_lists.remove(name).unwrap_or_default();
        list.iter().map(|e| (e.seq, e.prefix.map_or("any".into(), |p| p.to_string()))).collect()
    }

    #[test]
    fn numbered_lists_take_wildcards() {
        let seen = access(
            &[
                "access-list 10 permit 10.0.0.0 0.0.0.255",
                "access-list 10 deny host 10.1.1.1",
                "access-list 10 deny 10.1.1.2",
                "access-list 10 permit 0.0.0.0 255.255.255.255",
            ],
            "10",
        );
        let texts: Vec<&str> = seen.iter().map(|(_, t)| t.as_str()).collect();
        assert_eq!(texts, ["10.0.0.0/24", "10.1.1.1/32", "10.1.1.2/32", "any"]);
        assert!(refusal(&["access-list 10 permit 10.0.0.0 0.0.255.0"]).message.contains("contiguous"));
    }

    #[test]
    fn entries_go_to_the_end_in_steps_of_five_or_where_seq_says() {
        let lines = [
            "access-list A permit 10.0.0.0/8",
            "access-list A seq 12 deny any",
            "access-list A permit 10.1.0.0/16",
            "access-list A seq 1 deny 10.9.0.0/16",
        ];
        let seqs: Vec<u32> = access(&lines, "A").iter().map(|(s, _)| *s).collect();
        assert_eq!(seqs, [1, 5, 12, 15]);
    }

    #[test]
    fn the_same_entry_again_is_not_added_and_the_same_seq_replaces() {
        assert_eq!(
            access(&["access-list A permit 10.0.0.0/8", "access-list A permit 10.0.0.0/8"], "A").len(),
            1
        );
        let seen =
            access(&["access-list A seq 5 permit 10.0.0.0/8", "access-list A seq 5 permit 11.0.0.0/8"], "A");
        assert_eq!(seen, [(5, "11.0.0.0/8".to_owned())]);
    }

    #[test]
    fn lists_shrink_entry_by_entry_and_vanish_with_the_last() {
        let two = ["access-list A permit 10.0.0.0/8", "access-list A permit any"];
        assert_eq!(access(&[two[0], two[1], "no access-list A permit any"], "A").len(), 1);
        assert_eq!(access(&[two[0], two[1], "no access-list A seq 5"], "A").len(), 1);
        let none = after(&[two[0], two[1], "no access-list A"]);
        assert!(none.policy.access_lists.is_empty());
        assert!(after(&[two[0], "no access-list A seq 5"]).policy.access_lists.is_empty());
        assert!(refusal(&["no access-list A"]).message.contains("A"));
    }

    #[test]
    fn prefix_lists_keep_ranges() {
        let c = after(&["ip prefix-list P permit 10.0.0.0/8 le 24 ge 16", "ip prefix-list P deny any"]);
        let p = &c.policy.prefix_lists["P"].entries;
        assert_eq!((p[0].seq, p[0].ge, p[0].le), (5, Some(16), Some(24)));
        assert_eq!((p[1].seq, p[1].prefix), (10, None));
        assert!(refusal(&["ip prefix-list P permit 10.0.0.0/8 ge 24 le 16"]).message.contains("ge <= le"));
        assert_eq!(refusal(&["ip prefix-list P permit 10.0.0.0/8 le 33"]).column, Some(38));
    }

    #[test]
    fn a_prefix_list_may_have_a_note() {
        let c = after(&["ip prefix-list P description own networks", "ip prefix-list P permit 10.0.0.0/8"]);
        assert_eq!(c.policy.prefix_lists["P"].description.as_deref(), Some("own networks"));
        let gone = after(&["ip prefix-list P description x", "no ip prefix-list P description"]);
        assert!(gone.policy.prefix_lists.is_empty());
    }
}
