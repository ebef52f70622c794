//! Conditions and changes of route maps.

use super::super::{host, host4, host6, interface_name};
use super::{list_name, lists, metric_type, protocol};
use core::net::Ipv6Addr;
use fib::Kind;
use policy::bgp::{Aggregator, Origin};
use policy::config::{
    Asked, CommunityMatch, CommunitySet, Exclude, ExtcommunitySet, Match, NextHop6Set, NextHopSet, PeerMatch,
    Replace, Set, SetMetric, Validity,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

pub(super) fn matches() -> impl Strategy<Value = Match> {
    let (any_list, kind) = (
        || of(list_name()),
        select(vec![
            Kind::Plain,
            Kind::InterArea,
            Kind::External1,
            Kind::External2,
            Kind::Nssa1,
            Kind::Nssa2,
            Kind::Internal,
        ]),
    );
    let address = (any_list(), any_list(), of(0u8..=32), any_list(), any_list(), of(0u8..=128));
    let hop = (any_list(), any_list(), of(host4()), any_list(), any_list(), of(host6()));
    let rest = (of(interface_name()), of(any::<u32>()), of(any::<u32>()), of(protocol()), of(kind));
    (address, hop, rest, bgp()).prop_map(|(address, hop, rest, bgp)| Match {
        address: address.0,
        address_prefix_list: address.1,
        address_prefix_len: address.2,
        ipv6_address: address.3,
        ipv6_address_prefix_list: address.4,
        ipv6_address_prefix_len: address.5,
        next_hop: hop.0,
        next_hop_prefix_list: hop.1,
        next_hop_address: hop.2,
        ipv6_next_hop: hop.3,
        ipv6_next_hop_prefix_list: hop.4,
        ipv6_next_hop_address: hop.5,
        interface: rest.0,
        metric: rest.1,
        tag: rest.2,
        source_protocol: rest.3,
        route_type: rest.4,
        ..bgp
    })
}

fn bgp() -> impl Strategy<Value = Match> {
    let lists = (of(list_name()), of(community()), of(community()), of(community()));
    let rpki = select(vec![Validity::Valid, Validity::Invalid, Validity::NotFound]);
    (lists, of(any::<u32>()), of(origin()), of(peer()), of(rpki)).prop_map(
        |((as_path, community, extcommunity, large_community), local_preference, origin, peer, rpki)| Match {
            as_path,
            community,
            extcommunity,
            large_community,
            local_preference,
            origin,
            peer,
            rpki,
            ..Match::default()
        },
    )
}

fn community() -> impl Strategy<Value = CommunityMatch> {
    (list_name(), select(vec![Asked::All, Asked::ExactMatch, Asked::Any]))
        .prop_map(|(list, mode)| CommunityMatch { list, mode })
}

fn origin() -> impl Strategy<Value = Origin> {
    select(vec![Origin::Igp, Origin::Egp, Origin::Incomplete])
}

fn peer() -> impl Strategy<Value = PeerMatch> {
    prop_oneof![
        Just(PeerMatch::Local),
        host().prop_map(PeerMatch::Address),
        interface_name().prop_map(PeerMatch::Interface),
    ]
}

fn number() -> impl Strategy<Value = SetMetric> {
    prop_oneof![
        any::<u32>().prop_map(SetMetric::To),
        any::<u32>().prop_map(SetMetric::Add),
        any::<u32>().prop_map(SetMetric::Subtract),
    ]
}

pub(super) fn set() -> impl Strategy<Value = Set> {
    let plain = (of(number()), of(any::<u32>()), of(1u8..), of(metric_type()), of(next_hop()), next_hop6());
    let numbers =
        (of(number()), of(origin()), of(any::<u32>()), of(aggregator()), any::<bool>(), of(host4()));
    (plain, path(), communities(), numbers).prop_map(|(plain, path, communities, numbers)| Set {
        metric: plain.0,
        tag: plain.1,
        distance: plain.2,
        metric_type: plain.3,
        next_hop: plain.4,
        ipv6_next_hop: plain.5,
        as_path_prepend: path.as_path_prepend,
        as_path_prepend_last_as: path.as_path_prepend_last_as,
        as_path_exclude: path.as_path_exclude,
        as_path_replace: path.as_path_replace,
        local_preference: numbers.0,
        origin: numbers.1,
        weight: numbers.2,
        aggregator: numbers.3,
        atomic_aggregate: numbers.4,
        originator_id: numbers.5,
        ..communities
    })
}

fn path() -> impl Strategy<Value = Set> {
    let prepend = prop_oneof![(Just(Vec::new()), of(1u8..=10)), (vec(1u32.., 1..4), Just(None)),];
    let exclude = prop_oneof![Just(Exclude::All), vec(1u32.., 1..3).prop_map(Exclude::Asns)];
    let replace = (of(1u32..), of(1u32..)).prop_map(|(asn, with)| Replace { asn, with });
    (prepend, of(exclude), of(replace)).prop_map(|((prepend, last_as), exclude, replace)| Set {
        as_path_prepend: prepend,
        as_path_prepend_last_as: last_as,
        as_path_exclude: exclude,
        as_path_replace: replace,
        ..Set::default()
    })
}

fn communities() -> impl Strategy<Value = Set> {
    let set = of((lists::communities(), any::<bool>()));
    let large = of((lists::large_communities(), any::<bool>()));
    let deleted = (of(list_name()), of(list_name()), of(list_name()));
    (set, large, of(lists::targets()), deleted).prop_map(|(set, large, targets, deleted)| Set {
        community: set.map(|(set, additive)| CommunitySet { additive: additive && !set.is_empty(), set }),
        large_community: large
            .map(|(set, additive)| CommunitySet { additive: additive && !set.is_empty(), set }),
        extcommunity: targets.map(|set| ExtcommunitySet { set }),
        community_delete: deleted.0,
        extcommunity_delete: deleted.1,
        large_community_delete: deleted.2,
        ..Set::default()
    })
}

fn next_hop() -> impl Strategy<Value = NextHopSet> {
    prop_oneof![
        host4().prop_map(NextHopSet::Address),
        Just(NextHopSet::PeerAddress),
        Just(NextHopSet::Unchanged),
    ]
}

fn next_hop6() -> impl Strategy<Value = NextHop6Set> {
    let local = any::<u16>().prop_map(|n| Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 1, n));
    (of(host6()), of(local), 0u8..4, any::<bool>()).prop_map(|(global, local, which, prefer_global)| {
        NextHop6Set {
            global: global.filter(|_| which == 0),
            local,
            peer_address: which == 1,
            prefer_global,
            unchanged: which == 2,
        }
    })
}

fn aggregator() -> impl Strategy<Value = Aggregator> {
    (1u32.., host4()).prop_map(|(asn, router)| Aggregator { asn, router })
}
