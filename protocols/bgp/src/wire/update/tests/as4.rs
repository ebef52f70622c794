//! Peers without 4-octet ASes (RFC 6793).
use super::*;
use crate::attrs::decode;
use policy::bgp::{Aggregator, AsPath, Segment, SegmentKind};

const AS4_PATH: u8 = Code::As4Path as u8;
const AS4_AGGREGATOR: u8 = Code::As4Aggregator as u8;
const AGGREGATOR: u8 = Code::Aggregator as u8;
const TRANS: [u8; 2] = crate::AS_TRANS.to_be_bytes();

/// The value of an AS path with `width` octets an AS.
fn path(segments: &[(u8, &[u32])], width: usize) -> Vec<u8> {
    let mut value = Vec::new();
    for (kind, asns) in segments {
        value.extend([*kind, u8::try_from(asns.len()).unwrap()]);
        value.extend(
            asns.iter().flat_map(|asn| asn.to_be_bytes().into_iter().skip(if width == 2 { 2 } else { 0 })),
        );
    }
    value
}

fn merged(old_path: &[(u8, &[u32])], as4: &[(u8, &[u32])]) -> Vec<(SegmentKind, Vec<u32>)> {
    let message = good().with(0x40, AS_PATH, &path(old_path, 2)).with(0xc0, AS4_PATH, &path(as4, 4));
    let AsPath { segments } = decode(&accepts(&message, &old())).as_path;
    segments.into_iter().map(|Segment { kind, asns }| (kind, asns)).collect()
}

const SET: u8 = 1;
const SEQUENCE: u8 = 2;
const CONFED: u8 = 3;

/// RFC 6793 4.2.3.
#[test]
fn the_head_of_the_old_path_goes_before_the_new() {
    let sequence = |asns: &[u32]| vec![(SegmentKind::Sequence, asns.to_vec())];
    let trans = u32::from(crate::AS_TRANS);
    assert_eq!(merged(&[(SEQUENCE, &[9, trans, 8])], &[(SEQUENCE, &[70_000, 8])]), sequence(&[9, 70_000, 8]));
    assert_eq!(merged(&[(SEQUENCE, &[trans, 8])], &[(SEQUENCE, &[70_000, 8])]), sequence(&[70_000, 8]));
}

/// RFC 6793 4.2.3: then AS4_PATH is not to be believed.
#[test]
fn a_new_path_longer_than_the_old_is_not_used() {
    let old_path = [(SEQUENCE, &[9_u32, 8][..])];
    let got = merged(&old_path, &[(SEQUENCE, &[70_000, 70_001, 8])]);
    assert_eq!(got, [(SegmentKind::Sequence, vec![9, 8])]);
}

/// RFC 4271 9.1.2.2: a set counts as one.
#[test]
fn sets_count_as_one_when_paths_are_merged() {
    let got = merged(&[(SEQUENCE, &[9, 8]), (SET, &[5, 6])], &[(SEQUENCE, &[70_000]), (SET, &[70_005, 6])]);
    assert_eq!(got, [(SegmentKind::Sequence, vec![9, 70_000]), (SegmentKind::Set, vec![70_005, 6])]);
}

/// RFC 6793 6.
#[test]
fn confederation_segments_of_as4_path_are_left_out() {
    let got = merged(&[(SEQUENCE, &[9, 8])], &[(CONFED, &[1, 2]), (SEQUENCE, &[70_000])]);
    assert_eq!(got, [(SegmentKind::Sequence, vec![9, 70_000])]);
}

/// RFC 6793 4.2.3.
#[test]
fn a_two_octet_aggregator_beside_as4_aggregator_makes_both_stale() {
    let message = good()
        .with(0x40, AS_PATH, &path(&[(SEQUENCE, &[9, 8])], 2))
        .with(0xc0, AGGREGATOR, &[0, 8, 10, 0, 0, 1])
        .with(0xc0, AS4_PATH, &path(&[(SEQUENCE, &[70_000])], 4))
        .with(0xc0, AS4_AGGREGATOR, &[0, 1, 0x11, 0x70, 10, 0, 0, 9]);
    let all = decode(&accepts(&message, &old()));
    assert!(all.as_path.asns().eq([9, 8]));
    assert_eq!(all.aggregator, Some(Aggregator { asn: 8, router: [10, 0, 0, 1].into() }));
}

/// RFC 6793 4.2.3.
#[test]
fn as_trans_in_aggregator_means_the_other_one() {
    let message = good()
        .with(0x40, AS_PATH, &path(&[(SEQUENCE, &[9])], 2))
        .with(0xc0, AGGREGATOR, &[TRANS[0], TRANS[1], 10, 0, 0, 1])
        .with(0xc0, AS4_AGGREGATOR, &[0, 1, 0x11, 0x70, 10, 0, 0, 1]);
    let all = decode(&accepts(&message, &old()));
    assert_eq!(all.aggregator, Some(Aggregator { asn: 70_000, router: [10, 0, 0, 1].into() }));
}

/// RFC 6793 6: discarded, and the route stays.
#[test]
fn a_malformed_as4_path_or_as4_aggregator_is_left_out() {
    let plain = good().with(0x40, AS_PATH, &path(&[(SEQUENCE, &[9, 8])], 2));
    let bytes = accepts(&plain, &old());
    for value in [&[2, 1, 0, 0, 1][..], &[2, 0], &[7, 1, 0, 0, 0, 1]] {
        let message = plain.clone().with(0xc0, AS4_PATH, value);
        assert_eq!(discards(&message, &old(), AS4_PATH, Reason::Segment), bytes);
    }
    assert_eq!(discards(&plain.clone().with(0xc0, AS4_PATH, &[]), &old(), AS4_PATH, Reason::Length), bytes);
    let zero = plain.clone().with(0xc0, AS4_PATH, &path(&[(SEQUENCE, &[0])], 4));
    assert_eq!(discards(&zero, &old(), AS4_PATH, Reason::AsZero), bytes);
    let flags = plain.clone().with(0x40, AS4_PATH, &path(&[(SEQUENCE, &[1])], 4));
    assert_eq!(discards(&flags, &old(), AS4_PATH, Reason::Flags), bytes);
    let short = plain.with(0xc0, AS4_AGGREGATOR, &[0, 1, 10, 0, 0, 1]);
    assert_eq!(discards(&short, &old(), AS4_AGGREGATOR, Reason::Length), bytes);
}

/// RFC 6793 4.1: who has 4-octet ASes has no use for them.
#[test]
fn as4_attributes_of_a_four_octet_peer_are_left_out_without_a_word() {
    let plain = accepts(&good(), &external());
    let message =
        good().with(0xc0, AS4_PATH, &path(&[(SEQUENCE, &[70_000])], 4)).with(0xc0, AS4_AGGREGATOR, &[1]);
    assert_eq!(accepts(&message, &external()), plain);
}
