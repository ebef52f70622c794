//! Lists, maps and keys: numbers unique, prefix lengths in order, references that lead somewhere.

mod lists;
mod maps;

use super::Checker;
use core::fmt::Display;
use policy::config::{AccessEntry, Config, Key, Lifetime, OnMatch, PrefixEntry, PrefixList, RouteMapEntry};
use std::collections::{BTreeMap, BTreeSet};

/// 9999-12-31T23:59:59Z, the last second four digits of a year can tell.
const LAST_SECOND: u64 = 253_402_300_799;

pub(super) fn check(c: &mut Checker, config: &Config) {
    each(c, "access-lists", "an access list", &config.access_lists, |c, entries| access_list(c, entries));
    each(c, "prefix-lists", "a prefix list", &config.prefix_lists, prefix_list);
    lists::check(c, config);
    c.within("route-maps", |c| {
        for (name, entries) in &config.route_maps {
            c.within(name.as_str(), |c| {
                c.word("a route map", name);
                route_map(c, name, entries, config);
            });
        }
    });
    each(c, "key-chains", "a key chain", &config.key_chains, |c, keys| key_chain(c, keys));
}

/// Every named thing of one kind: its name, then itself.
fn each<T>(c: &mut Checker, key: &str, what: &str, all: &BTreeMap<String, T>, check: fn(&mut Checker, &T)) {
    c.within(key, |c| {
        for (name, one) in all {
            c.within(name.as_str(), |c| {
                c.word(what, name);
                check(c, one);
            });
        }
    });
}

/// The number of every line is at least 1 and its own.
fn numbers<N: Ord + Display + Copy + From<u8>>(
    c: &mut Checker,
    accepted: &str,
    numbers: impl Iterator<Item = N>,
) {
    let mut seen = BTreeSet::new();
    for (at, number) in numbers.enumerate() {
        c.within(at, |c| {
            c.within("seq", |c| {
                if number == N::from(0) {
                    c.error("found 0", accepted);
                } else if !seen.insert(number) {
                    c.refuse(format!("another entry has number {number} already"));
                }
            });
        });
    }
}

fn access_list(c: &mut Checker, entries: &[AccessEntry]) {
    if entries.is_empty() {
        c.error("found no entries", "at least one; a list that is not needed is left out");
    }
    numbers(c, "1-4294967295", entries.iter().map(|e| e.seq));
    for (at, entry) in entries.iter().enumerate() {
        if entry.exact_match && entry.prefix.is_none() {
            c.within(at, |c| c.within("exact-match", |c| c.error("found true", "a `prefix` beside it")));
        }
    }
}

fn prefix_list(c: &mut Checker, list: &PrefixList) {
    if let Some(text) = &list.description {
        c.within("description", |c| c.line("description", text));
    } else if list.entries.is_empty() {
        c.error("found no entries", "at least one; a list that is not needed is left out");
    }
    c.within("entries", |c| {
        numbers(c, "1-4294967295", list.entries.iter().map(|e| e.seq));
        for (at, entry) in list.entries.iter().enumerate() {
            c.within(at, |c| prefix_entry(c, entry));
        }
    });
}

/// FRR: the prefix's own length <= ge <= le.
fn prefix_entry(c: &mut Checker, entry: &PrefixEntry) {
    let Some(prefix) = entry.prefix else {
        if entry.ge.is_some() || entry.le.is_some() {
            c.error("found `ge` or `le` without `prefix`", "a `prefix`: 0.0.0.0/0 and ::/0 cover everything");
        }
        return;
    };
    if let Some(ge) = entry.ge {
        c.range("ge", ge, prefix.len()..=prefix.width());
    }
    if let Some(le) = entry.le {
        let least = entry.ge.unwrap_or(0).max(prefix.len()).min(prefix.width());
        c.range("le", le, least..=prefix.width());
    }
}

fn route_map(c: &mut Checker, name: &str, entries: &[RouteMapEntry], config: &Config) {
    if entries.is_empty() {
        c.error("found no entries", "at least one; a map that is not needed is left out");
    }
    numbers(c, "1-65535", entries.iter().map(|e| e.seq));
    for (at, entry) in entries.iter().enumerate() {
        c.within(at, |c| {
            if let Some(text) = &entry.description {
                c.within("description", |c| c.line("description", text));
            }
            c.within("match", |c| maps::matches(c, &entry.matches, config));
            c.within("set", |c| maps::set(c, &entry.set, config));
            match &entry.call {
                Some(call) if call == name => {
                    c.within("call", |c| c.refuse(format!("`{name}` calls itself")))
                }
                Some(call) => c.within("call", |c| {
                    c.word("a route map", call);
                    c.defined("route map", call, &config.route_maps);
                }),
                None => {}
            }
            if let Some(OnMatch::Goto(to)) = entry.on_match
                && to <= entry.seq
            {
                let accepted = format!("a number above {}: a map only goes on", entry.seq);
                c.within("on-match", |c| c.error(format!("found goto {to}"), accepted));
            }
        });
    }
}

fn key_chain(c: &mut Checker, keys: &[Key]) {
    let mut seen = BTreeSet::new();
    for (at, key) in keys.iter().enumerate() {
        c.within(at, |c| {
            if !seen.insert(key.id) {
                c.within("id", |c| c.refuse(format!("another key has number {} already", key.id)));
            }
            c.within("key-string", |c| c.secret(&key.key_string, 255));
            let spans = [("accept-lifetime", key.accept_lifetime), ("send-lifetime", key.send_lifetime)];
            for (name, span) in spans {
                if let Some(span) = span {
                    c.within(name, |c| lifetime(c, span));
                }
            }
        });
    }
}

fn lifetime(c: &mut Checker, span: Lifetime) {
    c.range("start", span.start, 0..=LAST_SECOND);
    if let Some(end) = span.end {
        let first = span.start.saturating_add(1).min(LAST_SECOND);
        c.range("end", end, first..=LAST_SECOND);
    }
}

/// References and secrets, for every protocol's section.
impl Checker {
    pub(super) fn access_list(&mut self, name: &str, config: &Config) {
        self.word("an access list", name);
        self.defined("access list", name, &config.access_lists);
    }

    pub(super) fn prefix_list(&mut self, name: &str, config: &Config) {
        self.word("a prefix list", name);
        self.defined("prefix list", name, &config.prefix_lists);
    }

    pub(super) fn route_map(&mut self, name: &str, config: &Config) {
        self.word("a route map", name);
        self.defined("route map", name, &config.route_maps);
    }

    pub(super) fn as_path_list(&mut self, name: &str, config: &Config) {
        self.word("an AS-path list", name);
        self.defined("AS-path list", name, &config.as_path_lists);
    }

    pub(super) fn key_chain(&mut self, name: &str, config: &Config) {
        self.word("a key chain", name);
        self.defined("key chain", name, &config.key_chains);
    }

    /// A warning unless `name` is there, with the nearest that is.
    fn defined<T>(&mut self, what: &str, name: &str, all: &BTreeMap<String, T>) {
        if !all.contains_key(name) {
            let mut message = format!("{what} `{name}` is not defined");
            let known = all.keys().map(String::as_str).take(self.comparisons);
            self.comparisons = self.comparisons.saturating_sub(all.len());
            if let Some(near) = crate::nearest(name, known) {
                message.push_str(&format!("; did you mean `{near}`?"));
            }
            self.warning(message);
        }
    }

    /// A key as typed. What is wrong with it is said without showing it.
    pub(super) fn secret(&mut self, secret: &str, most: usize) {
        let printable = secret.bytes().all(|b| (0x20..0x7f).contains(&b));
        if secret.is_empty() || secret.len() > most || !printable || secret.trim() != secret {
            let found = format!("found a key of {} bytes", secret.len());
            self.error(found, format!("1 to {most} printable ASCII characters without blanks at the ends"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::validate::tests::{errors, is_valid, warnings};

    fn prefix_list(entry: &str) -> String {
        format!("policy: {{prefix-lists: {{P: {{entries: [{{seq: 5, action: permit, {entry}}}]}}}}}}")
    }

    fn route_map(entry: &str) -> String {
        format!("policy: {{route-maps: {{M: [{{seq: 10, action: permit, {entry}}}]}}}}")
    }

    fn key(entry: &str) -> String {
        format!("policy: {{key-chains: {{K: [{{id: 1, {entry}}}]}}}}")
    }

    #[test]
    fn lengths_of_a_prefix_list_go_up() {
        for ok in [
            "prefix: 10.0.0.0/8",
            "prefix: 10.0.0.0/8, ge: 9",
            "prefix: 10.0.0.0/8, ge: 24, le: 24",
            "prefix: 0.0.0.0/0, le: 32",
            "prefix: '::/0', ge: 33, le: 128",
            "",
        ] {
            assert!(is_valid(&prefix_list(ok)), "{ok}");
        }
        for (bad, expected) in [
            ("prefix: 10.0.0.0/8, ge: 7", "ge: found 7, expected 8-32"),
            ("prefix: 10.0.0.0/8, ge: 33", "ge: found 33, expected 8-32"),
            ("prefix: 10.0.0.0/8, le: 33", "le: found 33, expected 8-32"),
            ("prefix: 10.0.0.0/8, ge: 24, le: 23", "le: found 23, expected 24-32"),
        ] {
            let expected = format!("policy.prefix-lists.P.entries[0].{expected}");
            assert_eq!(errors(&prefix_list(bad)), [expected]);
        }
        assert_eq!(errors(&prefix_list("le: 24")).len(), 1);
    }

    #[test]
    fn numbers_start_at_one_and_are_used_once() {
        let lists = "policy: {access-lists: {A: [{seq: N, action: permit}, {seq: 5, action: deny}]}}";
        assert_eq!(
            errors(&lists.replace('N', "5")),
            ["policy.access-lists.A[1].seq: another entry has number 5 already"]
        );
        assert_eq!(
            errors(&lists.replace('N', "0")),
            ["policy.access-lists.A[0].seq: found 0, expected 1-4294967295"]
        );
        assert!(is_valid(&lists.replace('N', "6")));
        let keys = "policy: {key-chains: {K: [{id: 1, key-string: a}, {id: 1, key-string: b}]}}";
        assert_eq!(errors(keys).len(), 1);
    }

    #[test]
    fn a_list_without_lines_is_refused_unless_it_has_a_description() {
        assert_eq!(errors("policy: {access-lists: {A: []}}").len(), 1);
        assert_eq!(errors("policy: {prefix-lists: {P: {}}}").len(), 1);
        assert_eq!(errors("policy: {route-maps: {M: []}}").len(), 1);
        assert!(is_valid("policy: {prefix-lists: {P: {description: to come}}, key-chains: {K: []}}"));
    }

    #[test]
    fn a_route_map_goes_on_but_never_back() {
        assert!(is_valid(&route_map("on-match: {goto: 11}")));
        assert!(is_valid(&route_map("on-match: next")));
        assert_eq!(errors(&route_map("on-match: {goto: 10}")).len(), 1);
        assert_eq!(errors(&route_map("call: M")), ["policy.route-maps.M[0].call: `M` calls itself"]);
        assert_eq!(errors(&route_map("set: {distance: 0, next-hop: 224.0.0.1}")).len(), 2);
    }

    #[test]
    fn a_missing_list_is_a_warning_that_names_the_nearest() {
        let text = "policy: {access-lists: {CUSTOMERS: [{seq: 5, action: permit}]}, \
                    route-maps: {M: [{seq: 10, action: permit, match: {address: CUSTOMER}}]}}";
        assert_eq!(
            warnings(text),
            ["policy.route-maps.M[0].match.address: warning: access list `CUSTOMER` is not defined; \
              did you mean `CUSTOMERS`?"]
        );
        assert_eq!(errors(text), [""; 0]);
        let all = "match: {next-hop: A, address-prefix-list: B, next-hop-prefix-list: C}, call: D";
        assert_eq!(warnings(&route_map(all)).len(), 4);
    }

    #[test]
    fn a_key_is_printable_and_ends_after_it_starts() {
        assert!(is_valid(&key("key-string: secret, send-lifetime: {start: 1, end: 2}")));
        for bad in [
            "key-string: ''",
            "key-string: ' x'",
            "key-string: é",
            "key-string: x, accept-lifetime: {start: 5, end: 5}",
            "key-string: x, send-lifetime: {start: 253402300800}",
        ] {
            assert_eq!(errors(&key(bad)).len(), 1, "{bad}");
        }
    }

    #[test]
    fn a_complaint_about_a_key_does_not_show_it() {
        let found = errors(&key("key-string: ' hunter2'"));
        assert!(!found[0].contains("hunter2"), "{}", found[0]);
    }

    #[test]
    fn exact_match_wants_a_prefix() {
        let text = "policy: {access-lists: {A: [{seq: 1, action: permit, exact-match: true}]}}";
        assert_eq!(errors(text).len(), 1);
    }
}
