//! Access lists over prefixes (FRR's zebra-style ones), and the verdict every list gives.

use crate::config::{AccessEntry, Action};
use fib::Prefix;

/// What a list says, and which entry said it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Permit or deny.
    pub action: Action,
    /// Why.
    pub by: By,
}

/// Which part of a list decided.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The entry with this sequence number.
    Entry(u32),
    /// No entry matched: the implicit deny.
    NoMatch,
    /// A prefix list without entries permits everything.
    Empty,
    /// There is no such list. The verdict says deny, but each use has its own rule: see the crate's table.
    Undefined,
}

impl Verdict {
    /// The verdict of a list that does not exist.
    pub const UNDEFINED: Verdict = Verdict { action: Action::Deny, by: By::Undefined };

    /// Whether an entry (or an empty prefix list) permits.
    pub fn permits(&self) -> bool {
        self.action == Action::Permit
    }

    /// Whether a filter lets through: a list that does not exist filters nothing.
    pub fn passes(&self) -> bool {
        self.permits() || self.by == By::Undefined
    }
}

/// The first entry matching `prefix` decides; none is a deny. `entries` are in order.
pub fn apply(entries: &[AccessEntry], prefix: &Prefix) -> Verdict {
    let hit = entries.iter().find(|entry| matches(entry, prefix));
    hit.map_or(Verdict { action: Action::Deny, by: By::NoMatch }, |entry| Verdict {
        action: entry.action,
        by: By::Entry(entry.seq),
    })
}

fn matches(entry: &AccessEntry, prefix: &Prefix) -> bool {
    match &entry.prefix {
        None => true,
        Some(network) if entry.exact_match => network == prefix,
        Some(network) => network.covers(prefix),
    }
}

#[cfg(test)]
mod tests {
    use crate::{By, Policy, config::*};

    fn policy(lines: &[(u32, Action, Option<&str>, bool)]) -> Policy {
        let mut config = Config::default();
        let entry = |&(seq, action, prefix, exact_match): &(u32, Action, Option<&str>, bool)| AccessEntry {
            seq,
            action,
            prefix: prefix.map(|p| p.parse().unwrap()),
            exact_match,
        };
        config.access_lists.insert("A".into(), lines.iter().map(entry).collect());
        Policy::new(config)
    }

    fn ask(policy: &Policy, prefix: &str) -> (bool, By) {
        let v = policy.access("A", &prefix.parse().unwrap());
        (v.permits(), v.by)
    }

    #[test]
    fn the_first_match_in_order_of_sequence_decides_and_no_match_is_a_deny() {
        let p = policy(&[
            (10, Action::Permit, Some("10.0.0.0/8"), false),
            (5, Action::Deny, Some("10.1.0.0/16"), false),
        ]);
        assert_eq!(ask(&p, "10.1.2.0/24"), (false, By::Entry(5)));
        assert_eq!(ask(&p, "10.2.0.0/16"), (true, By::Entry(10)));
        assert_eq!(ask(&p, "10.0.0.0/7"), (false, By::NoMatch), "a shorter prefix is not inside");
    }

    #[test]
    fn exact_match_means_that_prefix_only() {
        let p = policy(&[(5, Action::Permit, Some("10.0.0.0/8"), true)]);
        assert_eq!(ask(&p, "10.0.0.0/8"), (true, By::Entry(5)));
        assert_eq!(ask(&p, "10.0.0.0/9"), (false, By::NoMatch));
    }

    #[test]
    fn any_matches_both_families_and_a_network_only_its_own() {
        let any = policy(&[(5, Action::Permit, None, false)]);
        assert!(ask(&any, "10.0.0.0/8").0 && ask(&any, "2001:db8::/32").0);
        let v4 = policy(&[(5, Action::Permit, Some("0.0.0.0/0"), false)]);
        assert_eq!(ask(&v4, "::/0"), (false, By::NoMatch));
    }

    #[test]
    fn a_list_that_does_not_exist_denies_when_asked_but_passes_as_a_filter() {
        let v = Policy::default().access("nobody", &"10.0.0.0/8".parse().unwrap());
        assert_eq!((v.permits(), v.passes(), v.by), (false, true, By::Undefined));
        let empty = policy(&[]).access("A", &"10.0.0.0/8".parse().unwrap());
        assert_eq!((empty.permits(), empty.passes()), (false, false), "an existing list denies by default");
    }
}
