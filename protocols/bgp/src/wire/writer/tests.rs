use super::*;
use crate::attrs::arbitrary::attributes;
use crate::attrs::{decode, encode};
use crate::settings::PeerKind;
use crate::wire::{Context, HEADER, frame, update};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use policy::bgp::{Attributes, SegmentKind};
use proptest::prelude::*;

pub(super) fn codec(as4: bool, add_path: bool) -> Codec {
    Codec {
        as4,
        extended_message: false,
        add_path_rx: [add_path; 2],
        add_path_tx: [add_path; 2],
        extended_nexthop: true,
    }
}

fn context(codec: Codec) -> Context {
    Context { codec, kind: PeerKind::Internal, families: [true; 2], first_as: None }
}

/// The bodies of a stream of messages, each checked for its header.
fn bodies(mut stream: &[u8], max: usize) -> Vec<&[u8]> {
    let mut all = Vec::new();
    while !stream.is_empty() {
        let (kind, whole) = frame(stream, max).unwrap().expect("whole messages");
        assert_eq!(kind, Kind::Update);
        all.push(&stream[HEADER..whole]);
        stream = &stream[whole..];
    }
    all
}

fn prefix(family: Family, address: u128, len: u8) -> Prefix {
    match family {
        // Under 10/8 and 2000::/8, which are neither multicast nor link-local.
        Family::Ipv4 => {
            let address = Ipv4Addr::from_bits(address as u32 & 0x00ff_ffff | 10 << 24);
            Prefix::new(IpAddr::V4(address), len.min(32))
        }
        Family::Ipv6 => {
            let address = Ipv6Addr::from_bits(address & u128::MAX >> 8 | 0x20 << 120);
            Prefix::new(IpAddr::V6(address), len.min(128))
        }
    }
}

fn routes(family: Family) -> impl Strategy<Value = Vec<(u32, Prefix)>> {
    let one = (any::<u32>(), any::<u128>(), 8..=128_u8);
    prop::collection::vec(one.prop_map(move |(id, a, len)| (id, prefix(family, a, len))), 0..1500)
}

fn table() -> impl Strategy<Value = (Family, Vec<(u32, Prefix)>)> {
    let family = prop_oneof![Just(Family::Ipv4), Just(Family::Ipv6)];
    family.prop_flat_map(|family| (Just(family), routes(family)))
}

/// As a peer may send it: with the mandatory attributes, and a next hop that can be one.
fn sendable(mut all: Attributes, family: Family, long: bool) -> Attributes {
    all.local_pref.get_or_insert(100);
    let v6 = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
    let second = Some(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1));
    (all.next_hop, all.link_local) = match (family, long) {
        (Family::Ipv4, false) => (IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), None),
        (Family::Ipv6, false) => (v6, None),
        (_, true) => (v6, second),
    };
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_written_is_read_the_same(
        all in attributes(),
        (family, routes) in table(),
        long in any::<bool>(),
        add_path in any::<bool>(),
    ) {
        let all = sendable(all, family, long);
        let codec = codec(true, add_path);
        let mut canonical = Vec::new();
        encode(&all, &mut canonical);
        let mut out = BytesMut::new();
        let written = Writer::new(codec, family).announce(&mut out, &canonical, routes.iter().copied());
        let Ok(count) = written else {
            prop_assert!(out.is_empty() && canonical.len() > 3900);
            return Ok(());
        };
        let bodies = bodies(&out, codec.max_message());
        prop_assert_eq!(bodies.len(), count);
        let mut scratch = Vec::new();
        let mut read = Vec::new();
        for body in bodies {
            let update = update::parse(body, &context(codec), &mut scratch).unwrap();
            prop_assert_eq!(update.treat_as_withdraw, None);
            prop_assert!(update.discarded.is_empty() && update.withdrawn.is_empty());
            for routes in update.announcements() {
                prop_assert_eq!(routes.attributes, canonical.as_slice());
                prop_assert_eq!((routes.next_hop, routes.link_local), (all.next_hop, all.link_local));
                read.extend(routes.nlri);
            }
        }
        let id = |id: u32| if add_path { id } else { 0 };
        prop_assert!(read.into_iter().eq(routes.into_iter().map(|(i, p)| (id(i), p))));
    }

    #[test]
    fn what_is_withdrawn_is_read_the_same((family, routes) in table(), add_path in any::<bool>()) {
        let codec = codec(true, add_path);
        let mut out = BytesMut::new();
        let count = Writer::new(codec, family).withdraw(&mut out, routes.iter().copied());
        let bodies = bodies(&out, codec.max_message());
        prop_assert_eq!(bodies.len(), count);
        let mut scratch = Vec::new();
        let mut read = Vec::new();
        for body in bodies {
            let update = update::parse(body, &context(codec), &mut scratch).unwrap();
            prop_assert_eq!(update.end_of_rib, None);
            read.extend(update.withdrawals());
        }
        let id = |id: u32| if add_path { id } else { 0 };
        prop_assert!(read.into_iter().eq(routes.into_iter().map(|(i, p)| (id(i), p))));
    }

    /// What only a 2-octet peer loses: 4-octet members of a confederation, which are nobody's business outside.
    #[test]
    fn a_two_octet_peer_hands_on_what_it_was_told(all in attributes()) {
        let mut all = sendable(all, Family::Ipv4, false);
        all.as_path.segments.retain(|s| matches!(s.kind, SegmentKind::Sequence | SegmentKind::Set));
        let codec = Codec { extended_message: true, ..codec(false, false) };
        let mut canonical = Vec::new();
        encode(&all, &mut canonical);
        let mut out = BytesMut::new();
        let route = (0, prefix(Family::Ipv4, 0, 24));
        Writer::new(codec, Family::Ipv4).announce(&mut out, &canonical, [route]).unwrap();
        let mut scratch = Vec::new();
        let update = update::parse(&out[HEADER..], &context(codec), &mut scratch).unwrap();
        prop_assert_eq!(update.treat_as_withdraw, None);
        let read = update.announced.unwrap();
        prop_assert_eq!(decode(read.attributes), all);
        prop_assert_eq!(read.attributes, canonical.as_slice());
    }
}

#[test]
fn a_message_is_filled_before_the_next_begins() {
    let codec = codec(true, false);
    let mut canonical = Vec::new();
    encode(&sendable(Attributes::default(), Family::Ipv4, false), &mut canonical);
    let routes: Vec<(u32, Prefix)> = (0..3000_u128).map(|n| (0, prefix(Family::Ipv4, n << 8, 24))).collect();
    let mut out = BytesMut::new();
    let count = Writer::new(codec, Family::Ipv4).announce(&mut out, &canonical, routes).unwrap();
    let lengths: Vec<usize> = bodies(&out, 4096).into_iter().map(|b| b.len() + HEADER).collect();
    assert_eq!(count, 3);
    assert!(lengths[..2].iter().all(|n| (4093..=4096).contains(n)), "{lengths:?}");
}

#[test]
fn attributes_that_leave_no_room_are_refused_and_nothing_is_written() {
    let mut all = sendable(Attributes::default(), Family::Ipv6, true);
    all.communities = (0..1000).map(policy::bgp::Community).collect();
    let mut canonical = Vec::new();
    encode(&all, &mut canonical);
    let route = (0, prefix(Family::Ipv6, 0, 32));
    let mut out = BytesMut::new();
    let extended = Codec { extended_message: true, ..codec(true, false) };
    assert_eq!(Writer::new(extended, Family::Ipv6).announce(&mut out, &canonical, [route]), Ok(1));
    out.clear();
    all.communities = (0..1010).map(policy::bgp::Community).collect();
    canonical.clear();
    encode(&all, &mut canonical);
    let short = codec(true, false);
    assert_eq!(Writer::new(short, Family::Ipv6).announce(&mut out, &canonical, [route]), Err(TooLong));
    assert!(out.is_empty());
}

#[test]
fn an_end_of_rib_is_read_as_one() {
    let codec = codec(true, false);
    for family in Family::ALL {
        let mut out = BytesMut::new();
        Writer::new(codec, family).end_of_rib(&mut out);
        let mut scratch = Vec::new();
        let update = update::parse(&out[HEADER..], &context(codec), &mut scratch).unwrap();
        assert_eq!(update.end_of_rib, Some(family));
    }
}
