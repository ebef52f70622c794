//! AS-path and community lists: expressions that compile, and lists of one style.

use super::{Checker, each, numbers};
use core::fmt::Display;
use policy::config::{AsPathEntry, CommunityEntry, Config};
use policy::regex::Regex;
use std::collections::BTreeMap;

pub(super) fn check(c: &mut Checker, config: &Config) {
    each(c, "as-path-lists", "an AS-path list", &config.as_path_lists, |c, entries| as_path_list(c, entries));
    community_lists(c, "community-lists", "a community list", &config.community_lists);
    community_lists(c, "extcommunity-lists", "an extended community list", &config.extcommunity_lists);
    community_lists(c, "large-community-lists", "a large community list", &config.large_community_lists);
}

const NO_ENTRIES: &str = "at least one; a list that is not needed is left out";

fn as_path_list(c: &mut Checker, entries: &[AsPathEntry]) {
    if entries.is_empty() {
        c.error("found no entries", NO_ENTRIES);
    }
    numbers(c, "1-4294967295", entries.iter().map(|e| e.seq));
    for (at, entry) in entries.iter().enumerate() {
        c.within(at, |c| regex(c, &entry.regex));
    }
}

fn community_lists<C: Ord + Display>(
    c: &mut Checker,
    key: &str,
    what: &str,
    lists: &BTreeMap<String, Vec<CommunityEntry<C>>>,
) {
    c.within(key, |c| {
        for (name, entries) in lists {
            c.within(name.as_str(), |c| {
                c.word(what, name);
                community_list(c, name, entries);
            });
        }
    });
}

/// Numbered lists are of one style, as in FRR and IOS: 1-99 standard, 100-500 expanded.
fn community_list<C: Ord + Display>(c: &mut Checker, name: &str, entries: &[CommunityEntry<C>]) {
    let Some(first) = entries.first() else {
        c.error("found no entries", NO_ENTRIES);
        return;
    };
    numbers(c, "1-4294967295", entries.iter().map(|e| e.seq));
    let expanded = first.regex.is_some();
    if name.bytes().all(|b| b.is_ascii_digit()) {
        let range = if expanded { 100..=500 } else { 1..=99 };
        if !name.parse::<u32>().is_ok_and(|n| range.contains(&n)) {
            let accepted = "a name, 1-99 of a standard list, 100-500 of an expanded one (with `regex`)";
            c.error(format!("found number {name}"), accepted);
        }
    }
    for (at, entry) in entries.iter().enumerate() {
        c.within(at, |c| {
            c.unique("communities", &entry.communities);
            let Some(text) = &entry.regex else {
                if expanded {
                    c.error("found no `regex`", "one in every line of the list, or in none");
                }
                return;
            };
            regex(c, text);
            if !expanded || !entry.communities.is_empty() {
                c.within("regex", |c| c.refuse("a list has either communities or expressions"));
            }
        });
    }
}

fn regex(c: &mut Checker, text: &str) {
    c.within("regex", |c| {
        c.line("regular expression", text);
        if let Err(fault) = Regex::new(text) {
            c.refuse(format!("`{text}` is not a regular expression: {fault}"));
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::validate::tests::{errors, is_valid};

    #[test]
    fn a_bad_expression_is_refused_with_its_place() {
        let list = |regex: &str| {
            format!("policy: {{as-path-lists: {{A: [{{seq: 5, action: permit, regex: '{regex}'}}]}}}}")
        };
        assert!(is_valid(&list("^65001_")));
        assert_eq!(
            errors(&list("^65001_(")),
            [
                "policy.as-path-lists.A[0].regex: `^65001_(` is not a regular expression: `(` is not closed at character 8"
            ]
        );
        assert!(!is_valid(&list("")) && !is_valid(&list(" 1")) && !is_valid(&list(&"1".repeat(255))));
        assert!(!is_valid("policy: {as-path-lists: {A: []}}"));
    }

    #[test]
    fn a_community_list_is_of_one_style_and_its_number_says_which() {
        let list = |name: &str, lines: &str| format!("policy: {{community-lists: {{{name}: [{lines}]}}}}");
        let (standard, expanded) =
            ("{seq: 5, action: permit, communities: [no-export]}", "{seq: 6, action: deny, regex: '_1:1_'}");
        assert!(is_valid(&list("A", standard)) && is_valid(&list("A", expanded)));
        assert!(is_valid(&list("99", standard)) && is_valid(&list("500", expanded)));
        assert_eq!(errors(&list("A", &format!("{standard}, {expanded}"))).len(), 1);
        assert_eq!(errors(&list("A", &format!("{{seq: 4, action: deny, regex: x}}, {standard}"))).len(), 1);
        for (name, line) in [("100", standard), ("99", expanded), ("0", standard), ("501", expanded)] {
            assert_eq!(errors(&list(name, line)).len(), 1, "{name}");
        }
        assert!(is_valid(&list("A", "{seq: 5, action: permit}")), "any route");
        assert_eq!(errors(&list("A", "{seq: 5, action: permit, communities: ['1:1', '1:1']}")).len(), 1);
    }
}
