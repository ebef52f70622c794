//! Conditions and changes of route maps: references that lead somewhere, values that can be.

use super::Checker;
use crate::validate::interfaces::is_unicast;
use core::net::IpAddr;
use policy::config::{CommunityMatch, Config, Exclude, Match, NextHop6Set, NextHopSet, PeerMatch, Set};

/// ASes one line may put before a path.
const MOST_PREPENDED: usize = 100;

pub(super) fn matches(c: &mut Checker, matches: &Match, config: &Config) {
    let access = [
        ("address", &matches.address),
        ("ipv6-address", &matches.ipv6_address),
        ("next-hop", &matches.next_hop),
        ("ipv6-next-hop", &matches.ipv6_next_hop),
    ];
    for (key, name) in access {
        if let Some(name) = name {
            c.within(key, |c| c.access_list(name, config));
        }
    }
    let prefix = [
        ("address-prefix-list", &matches.address_prefix_list),
        ("ipv6-address-prefix-list", &matches.ipv6_address_prefix_list),
        ("next-hop-prefix-list", &matches.next_hop_prefix_list),
        ("ipv6-next-hop-prefix-list", &matches.ipv6_next_hop_prefix_list),
    ];
    for (key, name) in prefix {
        if let Some(name) = name {
            c.within(key, |c| c.prefix_list(name, config));
        }
    }
    if let Some(len) = matches.address_prefix_len {
        c.range("address-prefix-len", len, 0..=32);
    }
    if let Some(len) = matches.ipv6_address_prefix_len {
        c.range("ipv6-address-prefix-len", len, 0..=128);
    }
    if let Some(name) = &matches.interface {
        c.within("interface", |c| c.interface_name(name));
    }
    bgp(c, matches, config);
}

fn bgp(c: &mut Checker, matches: &Match, config: &Config) {
    if let Some(name) = &matches.as_path {
        c.within("as-path", |c| c.as_path_list(name, config));
    }
    let mut list = |key: &str, asked: &Option<CommunityMatch>, kind: Kind| {
        if let Some(CommunityMatch { list, .. }) = asked {
            c.within(key, |c| c.within("list", |c| community_list(c, kind, list, config)));
        }
    };
    list("community", &matches.community, Kind::Standard);
    list("extcommunity", &matches.extcommunity, Kind::Extended);
    list("large-community", &matches.large_community, Kind::Large);
    if let Some(PeerMatch::Interface(name)) = &matches.peer {
        c.within("peer", |c| c.interface_name(name));
    }
}

#[derive(Copy, Clone)]
enum Kind {
    Standard,
    Extended,
    Large,
}

fn community_list(c: &mut Checker, kind: Kind, name: &str, config: &Config) {
    c.word("a community list", name);
    match kind {
        Kind::Standard => c.defined("community list", name, &config.community_lists),
        Kind::Extended => c.defined("extended community list", name, &config.extcommunity_lists),
        Kind::Large => c.defined("large community list", name, &config.large_community_lists),
    }
}

pub(super) fn set(c: &mut Checker, set: &Set, config: &Config) {
    if let Some(distance) = set.distance {
        c.range("distance", distance, 1..=255);
    }
    if let Some(NextHopSet::Address(hop)) = set.next_hop {
        c.within("next-hop", |c| next_hop(c, IpAddr::V4(hop)));
    }
    c.within("ipv6-next-hop", |c| next_hop6(c, &set.ipv6_next_hop));
    path(c, set);
    communities(c, set, config);
    if let Some(aggregator) = set.aggregator {
        c.within("aggregator", |c| c.range("asn", aggregator.asn, 1..=u32::MAX));
    }
}

fn next_hop(c: &mut Checker, hop: IpAddr) {
    if !is_unicast(hop) || hop.is_loopback() {
        c.error(format!("{hop} cannot be a next hop"), "the address of a router");
    }
}

fn next_hop6(c: &mut Checker, set: &NextHop6Set) {
    if let Some(global) = set.global {
        c.within("global", |c| next_hop(c, IpAddr::V6(global)));
    }
    if let Some(local) = set.local.filter(|local| !local.is_unicast_link_local()) {
        c.within("local", |c| c.error(format!("{local} is not link-local"), "an address of fe80::/10"));
    }
    let ways = [set.global.is_some(), set.peer_address, set.unchanged];
    if ways.into_iter().filter(|way| *way).count() > 1 {
        c.refuse("only one of `global`, `peer-address` and `unchanged` can be");
    }
}

fn path(c: &mut Checker, set: &Set) {
    asns(c, "as-path-prepend", &set.as_path_prepend);
    if set.as_path_prepend.len() > MOST_PREPENDED {
        let found = format!("found {} ASes", set.as_path_prepend.len());
        c.within("as-path-prepend", |c| c.error(found, format!("at most {MOST_PREPENDED}")));
    }
    if let Some(times) = set.as_path_prepend_last_as {
        c.range("as-path-prepend-last-as", times, 1..=10);
        if !set.as_path_prepend.is_empty() {
            c.within("as-path-prepend-last-as", |c| c.refuse("there is `as-path-prepend` already"));
        }
    }
    if let Some(Exclude::Asns(all)) = &set.as_path_exclude {
        asns(c, "as-path-exclude", all);
        if all.is_empty() {
            c.within("as-path-exclude", |c| c.error("found no AS", "`all` or at least one"));
        }
    }
    if let Some(replace) = set.as_path_replace {
        c.within("as-path-replace", |c| {
            for (key, asn) in [("asn", replace.asn), ("with", replace.with)] {
                if let Some(asn) = asn {
                    c.range(key, asn, 1..=u32::MAX);
                }
            }
        });
    }
}

fn asns(c: &mut Checker, key: &str, asns: &[u32]) {
    c.within(key, |c| {
        for (at, asn) in asns.iter().enumerate() {
            if *asn == 0 {
                c.within(at, |c| c.error("found 0", "1-4294967295"));
            }
        }
    });
}

fn communities(c: &mut Checker, set: &Set, config: &Config) {
    let deleted = [
        ("community-delete", &set.community_delete, Kind::Standard),
        ("extcommunity-delete", &set.extcommunity_delete, Kind::Extended),
        ("large-community-delete", &set.large_community_delete, Kind::Large),
    ];
    for (key, name, kind) in deleted {
        if let Some(name) = name {
            c.within(key, |c| community_list(c, kind, name, config));
        }
    }
    if let Some(new) = &set.community {
        c.within("community", |c| {
            c.unique("set", &new.set);
            additive(c, new.additive && new.set.is_empty());
        });
    }
    if let Some(new) = &set.large_community {
        c.within("large-community", |c| {
            c.unique("set", &new.set);
            additive(c, new.additive && new.set.is_empty());
        });
    }
    if let Some(new) = &set.extcommunity {
        c.within("extcommunity", |c| {
            c.unique("set", &new.set);
            let other = new.set.iter().position(|e| !e.is_route_target() && !e.is_site_of_origin());
            if let Some(at) = other {
                c.within("set", |c| {
                    c.within(at, |c| c.error("neither of both", "`rt AS:NN` or `soo AS:NN`"))
                });
            }
        });
    }
}

fn additive(c: &mut Checker, pointless: bool) {
    if pointless {
        c.within("additive", |c| c.error("found true", "a community in `set` beside it"));
    }
}

#[cfg(test)]
mod tests {
    use crate::validate::tests::{errors, is_valid, warnings};

    fn route_map(entry: &str) -> String {
        format!("policy: {{route-maps: {{M: [{{seq: 10, action: permit, {entry}}}]}}}}")
    }

    fn set(what: &str) -> String {
        route_map(&format!("set: {{{what}}}"))
    }

    #[test]
    fn every_reference_to_a_list_is_followed() {
        let all = "match: {as-path: A, community: {list: B}, extcommunity: {list: C, mode: any}, \
                   large-community: {list: D, mode: exact-match}, ipv6-address: E, ipv6-next-hop-prefix-list: F}, \
                   set: {community-delete: G, extcommunity-delete: H, large-community-delete: I}";
        assert_eq!((errors(&route_map(all)).len(), warnings(&route_map(all)).len()), (0, 9));
    }

    #[test]
    fn lengths_are_of_the_family() {
        assert!(is_valid(&route_map("match: {address-prefix-len: 32, ipv6-address-prefix-len: 128}")));
        assert_eq!(
            errors(&route_map("match: {address-prefix-len: 33, ipv6-address-prefix-len: 129}")),
            [
                "policy.route-maps.M[0].match.address-prefix-len: found 33, expected 0-32",
                "policy.route-maps.M[0].match.ipv6-address-prefix-len: found 129, expected 0-128"
            ]
        );
    }

    #[test]
    fn changes_of_a_path_name_real_ases_and_one_way_to_prepend() {
        for ok in [
            "as-path-prepend: [1, 1]",
            "as-path-prepend-last-as: 10",
            "as-path-exclude: all",
            "as-path-exclude: [1]",
            "as-path-replace: {}",
            "as-path-replace: {asn: 1, with: 2}",
        ] {
            assert!(is_valid(&set(ok)), "{ok}");
        }
        for bad in [
            "as-path-prepend: [0]",
            "as-path-prepend: [1], as-path-prepend-last-as: 1",
            "as-path-prepend-last-as: 11",
            "as-path-exclude: []",
            "as-path-replace: {asn: 0}",
            "aggregator: {asn: 0, router: 10.0.0.1}",
        ] {
            assert!(!is_valid(&set(bad)), "{bad}");
        }
    }

    #[test]
    fn next_hops_are_routers_and_said_in_one_way() {
        for ok in [
            "next-hop: peer-address",
            "next-hop: 10.0.0.1",
            "ipv6-next-hop: {global: '2001:db8::1', local: 'fe80::1'}",
        ] {
            assert!(is_valid(&set(ok)), "{ok}");
        }
        for bad in [
            "next-hop: 224.0.0.1",
            "ipv6-next-hop: {local: '2001:db8::1'}",
            "ipv6-next-hop: {global: '2001:db8::1', peer-address: true}",
            "ipv6-next-hop: {unchanged: true, peer-address: true}",
        ] {
            assert!(!is_valid(&set(bad)), "{bad}");
        }
    }

    #[test]
    fn communities_are_set_once_and_none_is_not_additive() {
        assert!(is_valid(&set("community: {set: []}, large-community: {set: ['1:2:3'], additive: true}")));
        assert!(is_valid(&set("extcommunity: {set: ['rt 1:2', 'soo 10.0.0.1:2']}")));
        for bad in [
            "community: {set: [], additive: true}",
            "community: {set: ['1:1', '1:1']}",
            "extcommunity: {set: ['0x030b000000000064']}",
        ] {
            assert_eq!(errors(&set(bad)).len(), 1, "{bad}");
        }
    }
}
