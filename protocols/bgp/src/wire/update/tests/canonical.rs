//! What is handed on.
use super::*;
use crate::attrs::{decode, encode};
use core::net::IpAddr;

fn canonical(message: &Message, context: &Context) -> Vec<u8> {
    let bytes = accepts(message, context);
    let mut again = Vec::new();
    encode(&decode(&bytes), &mut again);
    assert_eq!(again, bytes, "canonical bytes are written as they were read");
    bytes
}

#[test]
fn canonical_attributes_are_pointed_to_where_they_are() {
    let body = good().with(0xc0, 8, &[0, 1, 0, 1, 0, 1, 0, 2]).body();
    let mut scratch = Vec::new();
    let update = parse(&body, &external(), &mut scratch).unwrap();
    let attributes = update.announced.unwrap().attributes;
    assert!(body.as_ptr_range().contains(&attributes.as_ptr()));
    assert_eq!(attributes, &body[4..body.len() - PREFIX.len()]);
}

#[test]
fn however_a_peer_writes_its_attributes_the_canonical_bytes_are_the_same() {
    let plain = good().with(0xc0, 8, &[0, 1, 0, 1, 0, 1, 0, 2]).with(0xc0, 32, &[7; 12]);
    let wanted = canonical(&plain, &external());
    let mut backwards = plain.clone();
    backwards.attributes.reverse();
    assert_eq!(canonical(&backwards, &external()), wanted);
    let mut long = plain.clone();
    long.attributes.iter_mut().for_each(|(flags, _, _)| *flags |= flag::EXTENDED);
    assert_eq!(canonical(&long, &external()), wanted);
    let unsorted = plain.clone().with(0xc0, 8, &[0, 1, 0, 2, 0, 1, 0, 1, 0, 1, 0, 2]);
    assert_eq!(canonical(&unsorted, &external()), wanted);
    let partial = plain.with(0xe0, 8, &[0, 1, 0, 1, 0, 1, 0, 2]);
    assert_eq!(canonical(&partial, &external()), wanted);
}

/// RFC 4271 5: by passing it on, we say that somebody did not know it.
#[test]
fn an_unknown_transitive_attribute_becomes_partial_and_finds_its_place() {
    let message = good().add(0xc0, 200, &[2]).add(0xc0, 20, &[1]).with(0xc0, 32, &[7; 12]);
    let bytes = canonical(&message, &external());
    let codes: Vec<(u8, u8)> =
        crate::wire::attribute::Raw::all(&bytes).map(|raw| (raw.flags, raw.code)).collect();
    assert_eq!(codes, [(0x40, 1), (0x40, 2), (0x40, 3), (0xe0, 20), (0xc0, 32), (0xe0, 200)]);
}

#[test]
fn both_families_in_one_message_have_their_own_next_hops() {
    let body = good().with(0x80, MP_REACH, &mp_reach()).body();
    let mut scratch = Vec::new();
    let update = parse(&body, &external(), &mut scratch).unwrap();
    let (v4, v6) = (update.announced.unwrap(), update.reach.unwrap());
    assert_eq!(decode(v4.attributes).next_hop, v4.next_hop);
    assert_eq!(decode(v6.attributes).next_hop, v6.next_hop);
    assert_eq!(v4.next_hop, "192.0.2.1".parse::<IpAddr>().unwrap());
    assert_eq!(v6.next_hop, "2001:db8::1".parse::<IpAddr>().unwrap());
}

/// RFC 4760 3: NEXT_HOP beside MP_REACH_NLRI alone is ignored.
#[test]
fn a_next_hop_without_prefixes_in_the_old_field_says_nothing() {
    let plain = canonical(&good_v6(), &external());
    assert_eq!(canonical(&good_v6().with(0x40, NEXT_HOP, &[0, 0, 0, 0]), &external()), plain);
}

/// RFC 2545 3, and what peers make of it.
#[test]
fn of_two_ipv6_next_hops_the_second_must_be_link_local() {
    let two = |first: &[u8; 16], second: &[u8; 16]| {
        let value = [&[0, 2, 1, 32], &first[..], second, &[0, 32, 0x20, 1, 0x0d, 0xb8]].concat();
        let body = good_v6().with(0x80, MP_REACH, &value).body();
        let mut scratch = Vec::new();
        let reach = parse(&body, &external(), &mut scratch).unwrap().reach.unwrap();
        (reach.next_hop, reach.link_local)
    };
    let address = |text: &str| text.parse::<Ipv6Addr>().unwrap();
    let (global, local) = (address("2001:db8::1"), address("fe80::1"));
    let bytes = |a: Ipv6Addr| a.octets();
    assert_eq!(two(&bytes(global), &bytes(local)), (global.into(), Some(local)));
    assert_eq!(two(&bytes(global), &bytes(global)), (global.into(), None));
    assert_eq!(two(&[0; 16], &bytes(local)), (local.into(), None));
    assert_eq!(two(&bytes(local), &bytes(local)), (local.into(), None));
}

/// RFC 7911 3.
#[test]
fn path_identifiers_are_read_where_they_were_negotiated() {
    let mut context = external();
    context.codec.add_path_rx = [true, false];
    let body = good().nlri(&[0, 0, 0, 7, 16, 10, 1]).withdrawn(&[0, 0, 0, 9, 8, 44]).body();
    let mut scratch = Vec::new();
    let update = parse(&body, &context, &mut scratch).unwrap();
    assert!(update.withdrawn.iter().eq([(9, p("44.0.0.0/8"))]));
    assert!(update.announced.unwrap().nlri.iter().eq([(7, p("10.1.0.0/16"))]));
}

/// RFC 4724 2.
#[test]
fn an_end_of_rib_is_alone_in_its_message() {
    let rib = |message: &Message, context: &Context| {
        let body = message.body();
        let mut scratch = Vec::new();
        parse(&body, context, &mut scratch).unwrap().end_of_rib
    };
    let empty = only(vec![]);
    assert_eq!(rib(&empty, &external()), Some(Family::Ipv4));
    let v6 = only(vec![(0x80, MP_UNREACH, vec![0, 2, 1])]);
    assert_eq!(rib(&v6, &external()), Some(Family::Ipv6));
    assert_eq!(rib(&only(vec![(0x80, MP_UNREACH, vec![0, 1, 1])]), &external()), Some(Family::Ipv4));
    assert_eq!(rib(&v6.clone().withdrawn(&[8, 44]), &external()), None);
    assert_eq!(rib(&v6.add(0xc0, 77, &[]), &external()), None);
    assert_eq!(rib(&good().nlri(&[]), &external()), None);
    let only_v6 = Context { families: [false, true], ..external() };
    assert_eq!(rib(&empty, &only_v6), None);
    assert_eq!(rib(&only(vec![(0x80, MP_UNREACH, vec![0, 1, 128])]), &external()), None);
}

/// RFC 4271 4.3.
#[test]
fn a_message_may_only_withdraw() {
    let outcome = read(&only(vec![]).withdrawn(&[8, 44, 0]), &external()).unwrap();
    assert_eq!(outcome.withdrawn, [p("44.0.0.0/8"), p("0.0.0.0/0")]);
    let outcome = read(&only(vec![(0x80, MP_UNREACH, mp_unreach())]), &external()).unwrap();
    assert_eq!(outcome.withdrawn, [p("2001:db8::/32")]);
}

/// RFC 4271 4.3: trailing bits of a prefix mean nothing.
#[test]
fn host_bits_of_a_prefix_are_cleared() {
    let outcome = read(&good().nlri(&[12, 10, 0x1f]), &external()).unwrap();
    assert_eq!(outcome.announced, [p("10.16.0.0/12")]);
}
