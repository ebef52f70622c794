//! The `policy` section.

mod lists;
mod maps;

use super::{prefix, secret, text, unique};
use fib::Protocol;
use policy::config::{
    AccessEntry, Action, Algorithm, Config, Key, Lifetime, MetricType, OnMatch, PrefixEntry, PrefixList,
    RouteMapEntry,
};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

pub(super) fn section() -> impl Strategy<Value = Config> {
    let access_lists = btree_map(list_name(), vec(access_entry(), 1..4), 0..3);
    let prefix_lists = btree_map(list_name(), prefix_list(), 0..3);
    let key_chains = btree_map(list_name(), vec(key(), 0..3), 0..3);
    (access_lists, prefix_lists, lists::as_path(), lists::community(), route_maps(), key_chains).prop_map(
        |(access_lists, prefix_lists, as_path_lists, communities, route_maps, key_chains)| {
            let (community_lists, extcommunity_lists, large_community_lists) = communities;
            Config {
                access_lists: each(access_lists, |e| e.seq),
                prefix_lists,
                as_path_lists,
                community_lists,
                extcommunity_lists,
                large_community_lists,
                route_maps,
                key_chains: each(key_chains, |k| k.id),
            }
        },
    )
}

/// Lists whose lines have numbers of their own.
fn each<T, K: Ord>(lists: BTreeMap<String, Vec<T>>, key: fn(&T) -> K) -> BTreeMap<String, Vec<T>> {
    lists.into_iter().map(|(name, list)| (name, unique(list, key))).collect()
}

/// The name of a list; some are digits, as IOS numbers them.
pub(super) fn list_name() -> impl Strategy<Value = String> {
    select(vec!["10", "99", "CUSTOMERS", "rip-in", "A_1", "no", "x:y"]).prop_map(str::to_owned)
}

fn action() -> impl Strategy<Value = Action> {
    select(vec![Action::Permit, Action::Deny])
}

fn access_entry() -> impl Strategy<Value = AccessEntry> {
    (1u32.., action(), of(prefix()), any::<bool>()).prop_map(|(seq, action, prefix, exact)| AccessEntry {
        seq,
        action,
        prefix,
        exact_match: exact && prefix.is_some(),
    })
}

fn prefix_list() -> impl Strategy<Value = PrefixList> {
    (of(text()), vec(prefix_entry(), 0..4)).prop_filter_map(
        "an empty list has a description",
        |(description, all)| {
            let list = PrefixList { description, entries: unique(all, |e| e.seq) };
            (list.description.is_some() || !list.entries.is_empty()).then_some(list)
        },
    )
}

fn prefix_entry() -> impl Strategy<Value = PrefixEntry> {
    (1u32.., action(), of(prefix()), of(any::<u8>()), of(any::<u8>())).prop_map(
        |(seq, action, prefix, ge, le)| {
            // Scaled into the room between the prefix's own length (exclusive, as IOS wants it) and the family's width.
            let between = |low: u8, high: u8, n: u8| (low < high).then(|| low + 1 + n % (high - low));
            let ge = prefix.zip(ge).and_then(|(p, n)| between(p.len(), p.width(), n));
            let le = prefix.zip(le).and_then(|(p, n)| between(ge.unwrap_or(p.len()), p.width(), n));
            PrefixEntry { seq, action, prefix, ge, le }
        },
    )
}

fn route_maps() -> impl Strategy<Value = BTreeMap<String, Vec<RouteMapEntry>>> {
    btree_map(list_name(), vec(route_map_entry(), 1..4), 0..3).prop_map(|maps| {
        let without_self_calls = |(name, mut entries): (String, Vec<RouteMapEntry>)| {
            for entry in &mut entries {
                entry.call = entry.call.take().filter(|call| *call != name);
            }
            (name, unique(entries, |e| e.seq))
        };
        maps.into_iter().map(without_self_calls).collect()
    })
}

fn route_map_entry() -> impl Strategy<Value = RouteMapEntry> {
    let on_match = of(of(any::<u16>()));
    (1u16.., action(), of(text()), maps::matches(), maps::set(), of(list_name()), on_match).prop_map(
        |(seq, action, description, matches, set, call, on_match)| RouteMapEntry {
            seq,
            action,
            description,
            matches,
            set,
            call,
            on_match: on_match.and_then(|to| match to {
                None => Some(OnMatch::Next),
                Some(n) => (n > seq).then_some(OnMatch::Goto(n)),
            }),
        },
    )
}

pub(super) fn protocol() -> impl Strategy<Value = Protocol> {
    select(Protocol::ALL.to_vec())
}

pub(super) fn metric_type() -> impl Strategy<Value = MetricType> {
    select(vec![MetricType::One, MetricType::Two])
}

fn key() -> impl Strategy<Value = Key> {
    let algorithm = select(vec![
        Algorithm::Md5,
        Algorithm::HmacSha1,
        Algorithm::HmacSha256,
        Algorithm::HmacSha384,
        Algorithm::HmacSha512,
    ]);
    (any::<u8>(), secret(), of(algorithm), of(lifetime()), of(lifetime())).prop_map(
        |(id, key_string, algorithm, accept_lifetime, send_lifetime)| Key {
            id,
            key_string,
            algorithm,
            accept_lifetime,
            send_lifetime,
        },
    )
}

/// From 1970 to 2100.
fn lifetime() -> impl Strategy<Value = Lifetime> {
    (0u64..4_000_000_000, of(1u64..100_000_000))
        .prop_map(|(start, span)| Lifetime { start, end: span.map(|span| start + span) })
}
