//! What a policy section must not say, beyond what its types already refuse.
//! Names of lists that do not exist are allowed everywhere: they may come later, and mean what the crate's table says.

use crate::config::{Config, Key, PrefixEntry};
use core::fmt;
use fib::Prefix;
use std::collections::BTreeSet;

/// One step from the section to a value, in the words of the YAML form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key.
    Key(String),
    /// An index into a list, from 0.
    Index(usize),
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, from the policy section down: `prefix-lists`, NAME, `entries`, 0, `ge`.
    pub path: Vec<Step>,
    /// What was found and what would be accepted.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.path.iter().enumerate() {
            match step {
                Step::Key(key) if i == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(n) => write!(f, "[{n}]")?,
            }
        }
        write!(f, ": {}", self.message)
    }
}

/// Every problem of `config`, in the order of the configuration.
pub fn validate(config: &Config) -> Vec<Problem> {
    let mut found = Vec::new();
    for (name, entries) in &config.access_lists {
        let seqs = entries.iter().map(|e| u64::from(e.seq));
        check_sequence(&mut found, &["access-lists", name], "seq", 1, seqs);
        for (i, entry) in entries.iter().enumerate().filter(|(_, e)| e.exact_match && e.prefix.is_none()) {
            let message = format!("entry {} has exact-match but no prefix to match exactly", entry.seq);
            report(&mut found, &["access-lists", name], i, "exact-match", message);
        }
    }
    for (name, list) in &config.prefix_lists {
        let path = ["prefix-lists", name, "entries"];
        check_sequence(&mut found, &path, "seq", 1, list.entries.iter().map(|e| u64::from(e.seq)));
        for (i, entry) in list.entries.iter().enumerate() {
            check_range(&mut found, &path, i, entry);
        }
    }
    for (name, map) in &config.route_maps {
        check_sequence(&mut found, &["route-maps", name], "seq", 1, map.iter().map(|e| u64::from(e.seq)));
    }
    for (name, chain) in &config.key_chains {
        check_sequence(&mut found, &["key-chains", name], "id", 0, chain.iter().map(|k| u64::from(k.id)));
        for (i, key) in chain.iter().enumerate() {
            check_key(&mut found, &["key-chains", name], i, key);
        }
    }
    found
}

fn check_sequence(
    found: &mut Vec<Problem>,
    path: &[&str],
    field: &str,
    least: u64,
    numbers: impl Iterator<Item = u64>,
) {
    let mut seen = BTreeSet::new();
    for (i, number) in numbers.enumerate() {
        if number < least {
            report(
                found,
                path,
                i,
                field,
                format!("{field} {number} is out of range: expected {least} or more"),
            );
        }
        if !seen.insert(number) {
            report(
                found,
                path,
                i,
                field,
                format!("{field} {number} is used twice: each must be unique here"),
            );
        }
    }
}

/// `length < ge <= le <= width`, as FRR wants it; `le` alone may equal the length.
fn check_range(found: &mut Vec<Problem>, path: &[&str], i: usize, entry: &PrefixEntry) {
    let (length, width) = entry.prefix.map_or((0, 128), |p: Prefix| (p.len(), p.width()));
    if let Some(ge) = entry.ge.filter(|ge| (*ge <= length && entry.prefix.is_some()) || *ge > width) {
        let least = length.saturating_add(1).min(width);
        report(found, path, i, "ge", format!("ge {ge} is out of range: expected {least}-{width}"));
    }
    let least = entry.ge.unwrap_or(length).max(length);
    if let Some(le) = entry.le.filter(|le| *le < least || *le > width) {
        report(found, path, i, "le", format!("le {le} is out of range: expected {least}-{width}"));
    }
}

fn check_key(found: &mut Vec<Problem>, path: &[&str], i: usize, key: &Key) {
    if key.key_string.is_empty() {
        report(
            found,
            path,
            i,
            "key-string",
            format!("key {} has no key-string: it can never be used", key.id),
        );
    }
    for (field, lifetime) in [("accept-lifetime", key.accept_lifetime), ("send-lifetime", key.send_lifetime)]
    {
        if lifetime.is_some_and(|l| l.end.is_some_and(|end| end <= l.start)) {
            report(found, path, i, field, format!("{field} of key {} ends before it starts", key.id));
        }
    }
}

fn report(found: &mut Vec<Problem>, path: &[&str], index: usize, field: &str, message: String) {
    let mut path: Vec<Step> = path.iter().map(|key| Step::Key((*key).to_owned())).collect();
    path.extend([Step::Index(index), Step::Key(field.to_owned())]);
    found.push(Problem { path, message });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AccessEntry, Action, Lifetime, PrefixList, RouteMapEntry};

    fn problems(config: &Config) -> Vec<String> {
        validate(config).iter().map(Problem::to_string).collect()
    }

    fn prefix_list(prefix: &str, ge: Option<u8>, le: Option<u8>) -> Config {
        let prefix = Some(prefix.parse().unwrap());
        let entries = vec![PrefixEntry { seq: 5, action: Action::Permit, prefix, ge, le }];
        let mut config = Config::default();
        config.prefix_lists.insert("P".into(), PrefixList { description: None, entries });
        config
    }

    #[test]
    fn length_ranges_that_can_match_nothing_are_refused() {
        assert_eq!(
            problems(&prefix_list("10.0.0.0/8", Some(8), None)),
            ["prefix-lists.P.entries[0].ge: ge 8 is out of range: expected 9-32"]
        );
        assert_eq!(
            problems(&prefix_list("10.0.0.0/8", Some(24), Some(16))),
            ["prefix-lists.P.entries[0].le: le 16 is out of range: expected 24-32"]
        );
        assert_eq!(problems(&prefix_list("10.0.0.0/8", None, Some(33))).len(), 1);
        assert_eq!(problems(&prefix_list("10.0.0.0/8", None, Some(7))).len(), 1);
        assert!(problems(&prefix_list("10.0.0.0/8", Some(9), Some(9))).is_empty());
        assert!(problems(&prefix_list("2001:db8::/32", Some(48), Some(128))).is_empty());
        assert!(problems(&prefix_list("0.0.0.0/0", None, Some(32))).is_empty());
    }

    #[test]
    fn sequence_numbers_are_unique_and_not_zero() {
        let entry = |seq| AccessEntry { seq, action: Action::Deny, prefix: None, exact_match: false };
        let mut config = Config::default();
        config.access_lists.insert("A".into(), vec![entry(0), entry(5), entry(5)]);
        assert_eq!(
            problems(&config),
            [
                "access-lists.A[0].seq: seq 0 is out of range: expected 1 or more",
                "access-lists.A[2].seq: seq 5 is used twice: each must be unique here"
            ]
        );
    }

    #[test]
    fn calling_a_map_that_does_not_exist_yet_is_allowed() {
        let entry = RouteMapEntry {
            seq: 10,
            action: Action::Permit,
            description: None,
            matches: Default::default(),
            set: Default::default(),
            call: Some("LATER".into()),
            on_match: None,
        };
        let mut config = Config::default();
        config.route_maps.insert("M".into(), vec![entry]);
        assert!(problems(&config).is_empty());
    }

    #[test]
    fn keys_need_a_secret_and_a_lifetime_that_begins_before_it_ends() {
        let lifetime = Some(Lifetime { start: 10, end: Some(10) });
        let key = Key {
            id: 0,
            key_string: String::new(),
            algorithm: None,
            accept_lifetime: None,
            send_lifetime: lifetime,
        };
        let mut config = Config::default();
        config.key_chains.insert("K".into(), vec![key]);
        assert_eq!(
            problems(&config),
            [
                "key-chains.K[0].key-string: key 0 has no key-string: it can never be used",
                "key-chains.K[0].send-lifetime: send-lifetime of key 0 ends before it starts"
            ]
        );
    }
}
