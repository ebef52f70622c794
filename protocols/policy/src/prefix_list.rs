//! Prefix lists: match by network and by a range of prefix lengths.

use crate::access::{By, Verdict};
use crate::config::{Action, PrefixEntry, PrefixList};
use fib::Prefix;

/// The first entry matching `prefix` decides; none is a deny; a list without entries permits, as in FRR and IOS.
pub fn apply(list: &PrefixList, prefix: &Prefix) -> Verdict {
    if list.entries.is_empty() {
        return Verdict { action: Action::Permit, by: By::Empty };
    }
    let hit = list.entries.iter().find(|entry| matches(entry, prefix));
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
}
