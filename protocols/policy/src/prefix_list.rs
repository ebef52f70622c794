//! Prefix lists: match by network and by a range of prefix lengths.

use crate::access::{By, Verdict};
use crate::config::{Action, PrefixEntry, PrefixList};
use fib::Prefix;
use std::collections::BTreeMap;

/// The first entry matching `prefix` decides; none is a deny; a list without entries permits, as in FRR and IOS.
pub fn apply(list: &PrefixList, prefix: &Prefix) -> Verdict {
    if list.entries.is_empty() {
        return Verdict { action: Action::Permit, by: By::Empty };
    }
    verdict(list.entries.iter().find(|entry| matches(entry, prefix)))
}

/// Shorter lists are tried line by line.
const SHORT: usize = 8;

/// Where the lines of a long list are: lists of filters generated from registries have thousands of lines, and only those
/// whose network covers a prefix can match it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// Positions of the lines about a network, in order.
    lines: BTreeMap<Prefix, Vec<usize>>,
    /// The lengths of those networks, the two families together; in order.
    lengths: Vec<u8>,
    /// Positions of the lines about any network.
    any: Vec<usize>,
}

impl Index {
    /// `None`: the list is too short to be worth it.
    pub fn new(list: &PrefixList) -> Option<Index> {
        if list.entries.len() <= SHORT {
            return None;
        }
        let mut index = Index::default();
        for (at, entry) in list.entries.iter().enumerate() {
            match entry.prefix {
                Some(network) => index.lines.entry(network).or_default().push(at),
                None => index.any.push(at),
            }
        }
        index.lengths = index.lines.keys().map(Prefix::len).collect();
        index.lengths.sort_unstable();
        index.lengths.dedup();
        Some(index)
    }

    /// The same as [`apply`] on the list it was made of.
    pub fn apply(&self, list: &PrefixList, prefix: &Prefix) -> Verdict {
        let covering = self.lengths.iter().take_while(|len| **len <= prefix.len());
        let lines = covering.filter_map(|len| self.lines.get(&Prefix::new(prefix.addr(), *len)));
        let first = |lines: &Vec<usize>| {
            let mut lines = lines.iter().copied();
            lines.find(|at| list.entries.get(*at).is_some_and(|entry| matches(entry, prefix)))
        };
        let hit = lines.chain([&self.any]).filter_map(first).min();
        verdict(hit.and_then(|at| list.entries.get(at)))
    }
}

fn verdict(hit: Option<&PrefixEntry>) -> Verdict {
    hit.map_or(Verdict { action: Action::Deny, by: By::NoMatch }, |entry| Verdict {
        action: entry.action,
        by: By::Entry(entry.seq),
    })
}

/// Without `ge` and `le` the very prefix; `ge N`: N or longer; `le N`: from the network's own length to N.
fn matches(entry: &PrefixEntry, prefix: &Prefix) -> bool {
    let Some(network) = &entry.prefix else {
        return entry.ge.is_none_or(|ge| prefix.len() >= ge) && entry.le.is_none_or(|le| prefix.len() <= le);
    };
    let longest = match (entry.ge, entry.le) {
        (None, None) => network.len(),
        (_, le) => le.unwrap_or(prefix.width()),
    };
    let lengths = entry.ge.unwrap_or(network.len())..=longest;
    network.covers(prefix) && lengths.contains(&prefix.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(prefix: Option<&str>, ge: Option<u8>, le: Option<u8>) -> PrefixEntry {
        PrefixEntry { seq: 5, action: Action::Permit, prefix: prefix.map(|p| p.parse().unwrap()), ge, le }
    }

    fn permits(e: &PrefixEntry, prefix: &str) -> bool {
        let list = PrefixList { description: None, entries: vec![e.clone()] };
        apply(&list, &prefix.parse().unwrap()).permits()
    }

    #[test]
    fn without_a_range_only_the_very_prefix_matches() {
        let e = entry(Some("10.0.0.0/8"), None, None);
        assert!(permits(&e, "10.0.0.0/8"));
        assert!(!permits(&e, "10.0.0.0/9") && !permits(&e, "10.0.0.0/7") && !permits(&e, "11.0.0.0/8"));
    }

    #[test]
    fn ge_and_le_bound_the_length() {
        let ge = entry(Some("10.0.0.0/8"), Some(24), None);
        assert!(permits(&ge, "10.1.1.0/24") && permits(&ge, "10.1.1.1/32") && !permits(&ge, "10.1.0.0/23"));
        let le = entry(Some("10.0.0.0/8"), None, Some(16));
        assert!(permits(&le, "10.0.0.0/8") && permits(&le, "10.1.0.0/16") && !permits(&le, "10.1.0.0/17"));
        let both = entry(Some("10.0.0.0/8"), Some(16), Some(24));
        assert!(permits(&both, "10.1.0.0/16") && permits(&both, "10.1.1.0/24"));
        assert!(
            !permits(&both, "10.0.0.0/15")
                && !permits(&both, "10.0.0.0/25")
                && !permits(&both, "11.0.0.0/16")
        );
    }

    #[test]
    fn any_matches_everything_and_the_default_only_itself() {
        assert!(permits(&entry(None, None, None), "10.0.0.0/8"));
        assert!(permits(&entry(Some("0.0.0.0/0"), None, None), "0.0.0.0/0"));
        assert!(!permits(&entry(Some("0.0.0.0/0"), None, None), "10.0.0.0/8"));
        assert!(permits(&entry(Some("0.0.0.0/0"), None, Some(32)), "10.0.0.0/8"));
    }

    #[test]
    fn an_empty_list_permits_and_a_missing_match_denies() {
        let prefix = "10.0.0.0/8".parse().unwrap();
        assert_eq!(apply(&PrefixList::default(), &prefix), Verdict { action: Action::Permit, by: By::Empty });
        let list = PrefixList { description: None, entries: vec![entry(Some("11.0.0.0/8"), None, None)] };
        assert_eq!(apply(&list, &prefix), Verdict { action: Action::Deny, by: By::NoMatch });
    }

    use proptest::prelude::*;

    /// Prefix, permit, ge, le.
    type Line = (Option<Prefix>, bool, Option<u8>, Option<u8>);

    fn some_prefix() -> impl Strategy<Value = Prefix> {
        (any::<bool>(), 0u8..4, 0u8..=24).prop_map(|(v4, bits, len)| {
            let address = if v4 { format!("{}.128.0.0", bits << 6) } else { format!("{:x}000::", bits << 2) };
            Prefix::new(address.parse().unwrap(), len)
        })
    }

    proptest! {
        #[test]
        fn a_long_list_says_what_its_lines_say_one_by_one(
            lines in proptest::collection::vec(
                (proptest::option::of(some_prefix()), any::<bool>(), proptest::option::of(0u8..20), proptest::option::of(0u8..28)),
                9..40,
            ),
            asked in proptest::collection::vec(some_prefix(), 10),
        ) {
            let entry = |((prefix, permit, ge, le), seq): (Line, u32)| {
                let action = if permit { Action::Permit } else { Action::Deny };
                PrefixEntry { seq, action, prefix, ge, le }
            };
            let list = PrefixList { description: None, entries: lines.into_iter().zip(1..).map(entry).collect() };
            let index = Index::new(&list).unwrap();
            for prefix in asked {
                prop_assert_eq!(index.apply(&list, &prefix), apply(&list, &prefix), "{}", prefix);
            }
        }
    }
}
