//! AS-path and community lists.

use super::{action, each, list_name};
use core::str::FromStr;
use policy::bgp::{Community, ExtendedCommunity, LargeCommunity};
use policy::config::{AsPathEntry, CommunityEntry};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::BTreeMap;

type Lists<C> = BTreeMap<String, Vec<CommunityEntry<C>>>;

pub(super) fn as_path() -> impl Strategy<Value = BTreeMap<String, Vec<AsPathEntry>>> {
    let entry =
        (1u32.., action(), regex()).prop_map(|(seq, action, regex)| AsPathEntry { seq, action, regex });
    btree_map(list_name(), vec(entry, 1..4), 0..3).prop_map(|lists| each(lists, |e| e.seq))
}

/// Of the three kinds.
pub(super) fn community()
-> impl Strategy<Value = (Lists<Community>, Lists<ExtendedCommunity>, Lists<LargeCommunity>)> {
    (lists(communities()), lists(extcommunities()), lists(large_communities()))
}

/// Expressions with what YAML and command lines find hard.
fn regex() -> impl Strategy<Value = String> {
    select(vec![
        "^$",
        ".*",
        "_65001_",
        "^[0-9]+_65002$",
        "^1 2$",
        "^(1|2)_",
        "!",
        "# x",
        "\"1",
        "\\{7\\}",
        "- a",
        "123",
        "deny",
    ])
    .prop_map(str::to_owned)
}

fn lists<C: Clone + core::fmt::Debug + 'static>(
    communities: impl Strategy<Value = Vec<C>> + Clone + 'static,
) -> impl Strategy<Value = Lists<C>> {
    let standard = (1u32.., action(), communities).prop_map(|(seq, action, communities)| CommunityEntry {
        seq,
        action,
        communities,
        regex: None,
    });
    let expanded = (1u32.., action(), regex()).prop_map(|(seq, action, regex)| CommunityEntry {
        seq,
        action,
        communities: Vec::new(),
        regex: Some(regex),
    });
    let standard = btree_map(select(vec!["1", "99", "CUSTOMERS", "no", "seq"]), vec(standard, 1..4), 0..3);
    let expanded = btree_map(select(vec!["100", "500", "re", "standard"]), vec(expanded, 1..4), 0..2);
    (standard, expanded).prop_map(|(standard, expanded)| {
        let all = standard.into_iter().chain(expanded).map(|(name, list)| (name.to_owned(), list)).collect();
        each(all, |e| e.seq)
    })
}

/// Some of these, each once.
fn some<C: FromStr + Clone + core::fmt::Debug + 'static>(
    all: &[&str],
) -> impl Strategy<Value = Vec<C>> + Clone + use<C> {
    let all: Vec<C> = all.iter().filter_map(|text| text.parse().ok()).collect();
    let most = all.len();
    subsequence(all, 0..=most)
}

pub(super) fn communities() -> impl Strategy<Value = Vec<Community>> + Clone {
    some(&["65001:1", "65001:2", "0:65535", "no-export", "local-AS", "internet", "graceful-shutdown"])
}

pub(super) fn large_communities() -> impl Strategy<Value = Vec<LargeCommunity>> + Clone {
    some(&["4200000000:1:2", "0:0:0", "65001:4294967295:1"])
}

pub(super) fn targets() -> impl Strategy<Value = Vec<ExtendedCommunity>> + Clone {
    some(&["rt 65001:100", "rt 10.0.0.1:7", "rt 4200000000:1", "soo 65001:100000", "soo 10.0.0.2:1"])
}

fn extcommunities() -> impl Strategy<Value = Vec<ExtendedCommunity>> + Clone {
    some(&["rt 65001:100", "soo 65001:100000", "0x030b000000000064", "rt 4200000000:1"])
}
