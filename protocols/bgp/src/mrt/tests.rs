//! Own bytes read back, bytes of another implementation, and bytes that mean nothing.

use super::{Body, Entry, Fault, Message, Peer, PeerTable, Record, Records, Rib, Session, StateChange};
use crate::attrs::{self, arbitrary};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::Prefix;
use proptest::collection::vec;
use proptest::prelude::*;

/// `dump bgp routes-mrt` of FRR 8.4 with routes of its own and of an external peer, in both families.
const FRR_TABLE: &[u8] = include_bytes!("../../tests/mrt/frr-rib.mrt");
/// `dump bgp all` of the same: sessions come up, routes are exchanged, the peer goes away.
const FRR_ALL: &[u8] = include_bytes!("../../tests/mrt/frr-all.mrt");

fn all(bytes: &[u8]) -> Vec<Record> {
    Records::new(bytes).collect::<Result<_, _>>().unwrap()
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let records = all(bytes);
    let table = records.iter().find_map(|r| match &r.body {
        Body::Peers(table) => Some(table.clone()),
        _ => None,
    });
    records.iter().flat_map(|r| r.lines(table.as_ref())).collect()
}

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u32>().prop_map(|a| IpAddr::V4(Ipv4Addr::from_bits(a))),
        any::<u128>().prop_map(|a| IpAddr::V6(Ipv6Addr::from_bits(a))),
    ]
}

fn prefix() -> impl Strategy<Value = Prefix> {
    (address(), any::<u8>()).prop_map(|(a, len)| Prefix::new(a, len % (Prefix::host(a).len() + 1)))
}

fn peers() -> impl Strategy<Value = Body> {
    let peer = (any::<u32>(), address(), any::<u32>()).prop_map(|(id, address, asn)| Peer {
        router_id: Ipv4Addr::from_bits(id),
        address,
        asn,
    });
    (any::<u32>(), "[ -~]{0,20}", vec(peer, 0..6)).prop_map(|(id, view, peers)| {
        Body::Peers(PeerTable { collector: Ipv4Addr::from_bits(id), view, peers })
    })
}

fn rib() -> impl Strategy<Value = Body> {
    let entry = (any::<u16>(), any::<u32>(), any::<u32>(), arbitrary::attributes());
    (any::<u32>(), prefix(), any::<bool>(), vec(entry, 0..4)).prop_map(|(sequence, prefix, add_path, all)| {
        let entry = |(peer, originated, path_id, a)| {
            let mut attributes = Vec::new();
            attrs::encode(&a, &mut attributes);
            Entry { peer, originated, path_id: if add_path { path_id } else { 0 }, attributes }
        };
        Body::Rib(Rib { sequence, prefix, add_path, entries: all.into_iter().map(entry).collect() })
    })
}

fn session() -> impl Strategy<Value = Session> {
    let addresses = prop_oneof![
        any::<(u32, u32)>().prop_map(|(a, b)| [a, b].map(|a| IpAddr::V4(Ipv4Addr::from_bits(a)))),
        any::<(u128, u128)>().prop_map(|(a, b)| [a, b].map(|a| IpAddr::V6(Ipv6Addr::from_bits(a)))),
    ];
    (any::<bool>(), any::<(u32, u32)>(), any::<u16>(), addresses).prop_map(
        |(as4, (a, b), interface, [peer, local])| {
            let asn = |asn: u32| if as4 { asn } else { asn & 0xffff };
            Session { as4, peer_as: asn(a), local_as: asn(b), interface, peer, local }
        },
    )
}

fn body() -> impl Strategy<Value = Body> {
    let message = (session(), any::<bool>(), vec(any::<u8>(), 0..60))
        .prop_map(|(session, add_path, bytes)| Body::Message(Message { session, add_path, bytes }));
    let state = (session(), any::<(u16, u16)>())
        .prop_map(|(session, (old, new))| Body::State(StateChange { session, old, new }));
    let other = (18..100_u16, any::<u16>(), vec(any::<u8>(), 0..20))
        .prop_map(|(kind, subtype, bytes)| Body::Other { kind, subtype, bytes });
    prop_oneof![peers(), rib(), message, state, other]
}

proptest! {
    #[test]
    fn what_was_written_is_read_back(records in vec((any::<u32>(), proptest::option::of(0..1_000_000_u32), body()), 0..5)) {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for (at, micros, body) in records {
            let timed = matches!(body, Body::Message(_) | Body::State(_));
            let record = Record { at, micros: micros.filter(|_| timed), body };
            record.encode(&mut bytes);
            expected.push(record);
        }
        prop_assert_eq!(all(&bytes), expected);
    }

    #[test]
    fn no_bytes_can_stop_the_reader_or_the_lines(bytes in vec(any::<u8>(), 0..400), at in 0..4_000_usize) {
        for record in Records::new(&bytes).flatten() {
            record.lines(None);
        }
        // Real files with something else in the middle of them.
        for file in [FRR_TABLE, FRR_ALL] {
            let mut file = file.to_vec();
            let at = at % file.len();
            let end = file.len().min(at + bytes.len());
            file[at..end].copy_from_slice(&bytes[..end - at]);
            for record in Records::new(&file).flatten() {
                record.lines(None);
            }
        }
    }
}

#[test]
fn a_table_dumped_by_frr_is_read() {
    let found = lines(FRR_TABLE);
    let path = "10.9.0.2|0|77|64512:100 no-export 64512:1:2|NAG||";
    assert_eq!(found.len(), 6, "{found:#?}");
    let without_time = |line: &str| line.splitn(3, '|').nth(2).unwrap().to_owned();
    let found: Vec<String> = found.iter().map(|l| without_time(l)).collect();
    let peer = "B|10.9.0.2|4200000001";
    let as_path = "4200000001 4200000002 65001";
    assert_eq!(found[0], format!("{peer}|0.0.0.0/0|{as_path}|IGP|{path}"));
    assert_eq!(found[2], "B|0.0.0.0|0|192.0.2.0/24||IGP|0.0.0.0|0|0||NAG||");
    let hop = path.replace("10.9.0.2", "fd09::2");
    assert_eq!(found[5], format!("B|fd09::2|4200000001|2001:db8:2::/48|{as_path}|IGP|{hop}"));
}

#[test]
fn messages_dumped_by_frr_are_read_in_both_families() {
    let found = lines(FRR_ALL);
    let has = |part: &str| found.iter().any(|line| line.contains(part));
    for part in [
        "|STATE|10.9.0.2|4200000001|1|2",
        "|OPEN|10.9.0.2|59905",
        "|KEEPALIVE|fd09::2|4200000001",
        "|A|10.9.0.2|4200000001|198.51.100.0/25|4200000001 4200000002 65001|IGP|10.9.0.2|0|77|",
        "|A|fd09::2|4200000001|2001:db8:2::/48|4200000001 4200000002 65001|IGP|fd09::2|0|77|",
        "|STATE|fd09::2|4200000001|6|7",
    ] {
        assert!(has(part), "{part} of {found:#?}");
    }
    assert!(!has("MALFORMED") && !has("UNKNOWN"), "{found:#?}");
}

#[test]
fn what_frr_wrote_means_the_same_when_we_have_written_it() {
    for file in [FRR_TABLE, FRR_ALL] {
        let mut bytes = Vec::new();
        all(file).iter().for_each(|record| record.encode(&mut bytes));
        assert_eq!(all(&bytes), all(file));
    }
}

#[test]
fn a_malformed_record_does_not_spoil_the_next_and_a_cut_one_is_the_last() {
    let mut bytes = vec![0, 0, 0, 0, 0, 13, 0, 2, 0, 0, 0, 5, 0, 0, 0, 0, 33];
    bytes.extend(FRR_TABLE);
    bytes.extend([0, 0, 0, 1, 0, 13, 0, 2, 0, 0, 0, 9]);
    let found: Vec<_> = Records::new(&bytes).collect();
    assert!(matches!(found.first(), Some(Err(Fault::Bad(_)))));
    assert!(found[1..found.len() - 1].iter().all(Result::is_ok));
    assert_eq!(found.last(), Some(&Err(Fault::Cut)));
}

#[test]
fn a_record_that_says_it_is_huge_is_refused() {
    let bytes = [0, 0, 0, 0, 0, 13, 0, 2, 255, 255, 255, 255, 0];
    assert_eq!(Records::new(&bytes).collect::<Vec<_>>(), [Err(Fault::TooLong(u32::MAX))]);
}
