//! Attribute sets for property tests.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use policy::bgp::{
    Aggregator, AsPath, Attributes, Community, ExtendedCommunity, LargeCommunity, Origin, Segment,
    SegmentKind, Unknown,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

/// 2-octet and 4-octet ASes alike, never 0.
pub(crate) fn asn() -> impl Strategy<Value = u32> {
    prop_oneof![1..=65_535_u32, 65_536..=u32::MAX]
}

fn segment() -> impl Strategy<Value = Segment> {
    let kind = prop_oneof![
        6 => Just(SegmentKind::Sequence),
        1 => Just(SegmentKind::Set),
        1 => Just(SegmentKind::ConfedSequence),
        1 => Just(SegmentKind::ConfedSet),
    ];
    let asns = prop_oneof![9 => vec(asn(), 1..6), 1 => vec(asn(), 60..=255)];
    (kind, asns).prop_map(|(kind, asns)| Segment { kind, asns })
}

/// Any path a decoder gives.
pub(crate) fn as_path() -> impl Strategy<Value = AsPath> {
    vec(segment(), 0..4).prop_map(|segments| AsPath { segments })
}

fn next_hop() -> impl Strategy<Value = (IpAddr, Option<Ipv6Addr>)> {
    let v4 = any::<[u8; 4]>().prop_map(|a| (IpAddr::from(a), None));
    let v6 = (any::<[u8; 16]>(), option::of(any::<[u8; 16]>()));
    prop_oneof![v4, v6.prop_map(|(a, b)| (IpAddr::from(a), b.map(Ipv6Addr::from)))]
}

fn ids() -> impl Strategy<Value = Vec<Ipv4Addr>> {
    vec(any::<u32>().prop_map(Ipv4Addr::from_bits), 0..5)
}

fn unknown() -> impl Strategy<Value = Vec<Unknown>> {
    let code = prop_oneof![11..=13_u8, 19..=31_u8, 33..=34_u8, 36..=255_u8];
    let all = btree_map(code, vec(any::<u8>(), 0..300), 0..3);
    all.prop_map(|all| {
        let one = |(code, value): (u8, Vec<u8>)| Unknown { flags: 0xe0, code, value: value.into() };
        all.into_iter().map(one).collect()
    })
}

/// Any set a decoder gives.
pub(crate) fn attributes() -> impl Strategy<Value = Attributes> {
    let origin = prop_oneof![Just(Origin::Igp), Just(Origin::Egp), Just(Origin::Incomplete)];
    let aggregator = (asn(), any::<u32>())
        .prop_map(|(asn, router)| Aggregator { asn, router: Ipv4Addr::from_bits(router) });
    let well_known = (origin, as_path(), next_hop(), option::of(any::<u32>()), option::of(any::<u32>()));
    let large = (any::<u32>(), any::<u32>(), any::<u32>()).prop_map(|(a, b, c)| LargeCommunity(a, b, c));
    let communities = (
        btree_set(any::<u32>().prop_map(Community), 0..80),
        btree_set(any::<u64>().prop_map(ExtendedCommunity), 0..5),
        btree_set(large, 0..5),
    );
    let others = (
        any::<bool>(),
        option::of(aggregator),
        option::of(any::<u32>().prop_map(Ipv4Addr::from_bits)),
        ids(),
        option::of(asn()),
        unknown(),
    );
    (well_known, communities, others).prop_map(|(well_known, communities, others)| {
        let (origin, as_path, (next_hop, link_local), med, local_pref) = well_known;
        let (atomic_aggregate, aggregator, originator_id, cluster_list, only_to_customer, unknown) = others;
        Attributes {
            origin,
            as_path,
            next_hop,
            link_local,
            med,
            local_pref,
            atomic_aggregate,
            aggregator,
            communities: communities.0.into_iter().collect(),
            extended_communities: communities.1.into_iter().collect(),
            large_communities: communities.2.into_iter().collect(),
            originator_id,
            cluster_list,
            only_to_customer,
            unknown,
        }
    })
}
