//! Attribute discard: the route stays, without the attribute.
use super::*;

const ATOMIC: u8 = Code::AtomicAggregate as u8;
const AGGREGATOR: u8 = Code::Aggregator as u8;
const LOCAL_PREF: u8 = Code::LocalPref as u8;

fn plain() -> Vec<u8> {
    accepts(&good(), &external())
}

/// RFC 7606 7.6.
#[test]
fn an_atomic_aggregate_with_a_value_is_left_out() {
    assert_eq!(discards(&good().with(0x40, ATOMIC, &[0]), &external(), ATOMIC, Reason::Length), plain());
}

/// RFC 7606 7.7.
#[test]
fn an_aggregator_of_another_length_is_left_out() {
    for value in [&[][..], &[0, 1, 10, 0, 0, 1], &[0; 7], &[0; 9]] {
        let bytes = discards(&good().with(0xc0, AGGREGATOR, value), &external(), AGGREGATOR, Reason::Length);
        assert_eq!(bytes, plain());
    }
    let short = good().with(0x40, AS_PATH, &[2, 1, 0xfd, 0xe9]);
    let eight = short.with(0xc0, AGGREGATOR, &[0, 0, 0, 1, 10, 0, 0, 1]);
    discards(&eight, &old(), AGGREGATOR, Reason::Length);
}

/// RFC 7606 3 f.
#[test]
fn an_aggregate_attribute_with_other_flags_is_left_out() {
    discards(&good().with(0xc0, ATOMIC, &[]), &external(), ATOMIC, Reason::Flags);
    let aggregator = good().with(0x40, AGGREGATOR, &[0, 0, 0, 1, 10, 0, 0, 1]);
    discards(&aggregator, &external(), AGGREGATOR, Reason::Flags);
}

/// RFC 7607 2.
#[test]
fn an_aggregator_of_as_0_is_left_out() {
    let message = good().with(0xc0, AGGREGATOR, &[0, 0, 0, 0, 10, 0, 0, 1]);
    assert_eq!(discards(&message, &external(), AGGREGATOR, Reason::AsZero), plain());
}

/// RFC 7606 3 g: the first one counts.
#[test]
fn an_attribute_that_is_there_again_is_left_out() {
    let again = good().add(0x40, ORIGIN, &[2]);
    assert_eq!(discards(&again, &external(), ORIGIN, Reason::Repeated), plain());
    let broken = good().add(0x40, AS_PATH, &[9]);
    assert_eq!(discards(&broken, &external(), AS_PATH, Reason::Repeated), plain());
    let unknown = good().add(0xe0, 77, &[1]).add(0xe0, 77, &[2]);
    let bytes = discards(&unknown, &external(), 77, Reason::Repeated);
    assert!(bytes.ends_with(&[0xe0, 77, 1, 1]));
}

/// RFC 7606 7.5, 7.9, 7.10: what concerns only the inside is not heard from outside, whatever it says.
#[test]
fn internal_attributes_of_an_external_peer_are_left_out_without_a_word() {
    for (flags, code) in [(0x40, LOCAL_PREF), (0x80, 9), (0x80, 10)] {
        for value in [&[1, 2, 3, 4][..], &[1], &[]] {
            assert_eq!(accepts(&good().with(flags, code, value), &external()), plain());
        }
    }
}

/// RFC 4271 5, 9.
#[test]
fn an_optional_attribute_that_is_not_transitive_and_not_known_is_left_out_without_a_word() {
    assert_eq!(accepts(&good().add(0x80, 77, &[1, 2]), &external()), plain());
}

/// RFC 4271 6.3: the prefix means nothing, the others do.
#[test]
fn multicast_and_link_local_prefixes_are_passed_over() {
    let message = good().nlri(&[8, 224, 16, 10, 1, 24, 239, 1, 1]);
    assert_eq!(read(&message, &external()).unwrap().announced, [p("10.1.0.0/16")]);
    let mut value = mp_reach();
    value.extend([10, 0xfe, 0x80, 8, 0xff]);
    let message = good_v6().with(0x80, MP_REACH, &value);
    assert_eq!(read(&message, &external()).unwrap().announced, [p("2001:db8::/32")]);
}

/// What the peer sends in a family it did not agree to is nobody's route.
#[test]
fn routes_of_a_family_that_was_not_negotiated_are_left_out() {
    let both = good().with(0x80, MP_REACH, &mp_reach()).withdrawn(&[8, 44]);
    let only_v4 = Context { families: [true, false], ..external() };
    let only_v6 = Context { families: [false, true], ..external() };
    assert_eq!(read(&both, &only_v4).unwrap().announced, [p("10.1.0.0/16")]);
    let outcome = read(&both, &only_v6).unwrap();
    assert_eq!((outcome.announced, outcome.withdrawn), (vec![p("2001:db8::/32")], vec![]));
    let vpn = good().with(0x80, MP_REACH, &[0, 1, 128, 12, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1, 0, 99]);
    let body = vpn.body();
    let mut scratch = Vec::new();
    let update = parse(&body, &external(), &mut scratch).unwrap();
    assert_eq!(update.ignored, Some((1, 128)));
    assert!(update.announced.is_some() && update.reach.is_none());
}
