//! What ends the session.
use super::*;

/// RFC 4271 6.3, kept by RFC 7606 3 b.
#[test]
fn lengths_that_exceed_the_message_end_the_session() {
    let mut scratch = Vec::new();
    for body in [&[0, 1][..], &[0, 0, 0, 1], &[0, 4, 8, 10, 0, 0], &[0], &[], &[0, 0, 0xff, 0xff, 1, 2, 3]] {
        let why = parse(body, &external(), &mut scratch).expect_err("too short for its lengths");
        assert_eq!((why.code, why.subcode), (3, code::ATTRIBUTE_LIST));
    }
}

/// RFC 7606 3 g.
#[test]
fn a_second_mp_reach_or_mp_unreach_ends_the_session() {
    resets(&good_v6().add(0x80, MP_REACH, &mp_reach()), &external(), code::ATTRIBUTE_LIST);
    let unreach = only(vec![(0x80, MP_UNREACH, mp_unreach()), (0x80, MP_UNREACH, mp_unreach())]);
    resets(&unreach, &external(), code::ATTRIBUTE_LIST);
}

/// RFC 4271 6.3; the attribute is the data.
#[test]
fn a_well_known_attribute_nobody_knows_ends_the_session() {
    let why = resets(&good().add(0x40, 99, &[7]), &external(), code::UNRECOGNIZED);
    assert_eq!(why.data.as_ref(), [0x40, 99, 1, 7]);
}

/// RFC 7606 5.3.
#[test]
fn withdrawn_routes_that_do_not_read_end_the_session() {
    resets(&good().withdrawn(&[33, 10, 0, 0, 0, 0]), &external(), code::NETWORK);
    resets(&good().withdrawn(&[24, 10, 0]), &external(), code::NETWORK);
}

/// RFC 7606 5.3.
#[test]
fn nlri_that_does_not_read_ends_the_session() {
    resets(&good().nlri(&[33, 10, 0, 0, 0, 0]), &external(), code::NETWORK);
    resets(&good().nlri(&[16, 10, 1, 24, 10]), &external(), code::NETWORK);
}

/// Without their path identifiers (RFC 7911 3), prefixes are read at the wrong places.
#[test]
fn nlri_shorter_than_its_path_identifier_ends_the_session() {
    let mut context = external();
    context.codec.add_path_rx = [true; 2];
    resets(&good().nlri(&[0, 0, 0]), &context, code::NETWORK);
    resets(&good().nlri(&[0, 0, 0, 1]), &context, code::NETWORK);
}

/// RFC 7606 5.3: "The length of the MP_UNREACH_NLRI attribute is less than 3, or the length of the MP_REACH_NLRI is less
/// than 5."
#[test]
fn multiprotocol_attributes_too_short_for_their_fields_end_the_session() {
    for length in 0..5 {
        resets(&good_v6().with(0x80, MP_REACH, &mp_reach()[..length]), &external(), code::OPTIONAL);
    }
    for length in 0..3 {
        resets(&only(vec![(0x80, MP_UNREACH, mp_unreach()[..length].to_vec())]), &external(), code::OPTIONAL);
    }
}

/// RFC 7606 5.3.
#[test]
fn multiprotocol_prefixes_that_do_not_read_end_the_session() {
    let mut long = mp_reach();
    long.extend([129; 20]);
    let why = resets(&good_v6().with(0x80, MP_REACH, &long), &external(), code::OPTIONAL);
    assert_eq!(why.data[..3], [0x80, MP_REACH, u8::try_from(long.len()).unwrap()]);
    let mut cut = mp_reach();
    cut.pop();
    resets(&good_v6().with(0x80, MP_REACH, &cut), &external(), code::OPTIONAL);
    let unreach = only(vec![(0x80, MP_UNREACH, vec![0, 2, 1, 64, 0x20])]);
    resets(&unreach, &external(), code::OPTIONAL);
}

/// RFC 7606 5.3: flags of RFC 4760.
#[test]
fn multiprotocol_attributes_with_other_flags_end_the_session() {
    for flags in [0x40, 0xc0, 0x00] {
        resets(&good_v6().with(flags, MP_REACH, &mp_reach()), &external(), code::FLAGS);
        resets(&only(vec![(flags, MP_UNREACH, mp_unreach())]), &external(), code::FLAGS);
    }
}

/// RFC 7606 7.11: the prefixes behind it cannot be found.
#[test]
fn a_next_hop_of_a_length_that_does_not_go_with_the_family_ends_the_session() {
    for length in [0_u8, 4, 15, 24, 33, 48, 255] {
        let mut value = vec![0, 2, 1, length];
        value.extend(vec![0x20; usize::from(length)]);
        value.extend([0, 32, 0x20, 1, 0x0d, 0xb8]);
        resets(&good_v6().with(0x90, MP_REACH, &value), &external(), code::OPTIONAL);
    }
}

/// RFC 8950 4: only where both sides said so.
#[test]
fn an_ipv6_next_hop_of_ipv4_needs_its_capability() {
    let mut value = vec![0, 1, 1, 16, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
    value.extend(PREFIX);
    let message = good_v6().with(0x80, MP_REACH, &value);
    resets(&message, &external(), code::OPTIONAL);
    let mut context = external();
    context.codec.extended_nexthop = true;
    assert_eq!(read(&message, &context).unwrap().announced, [p("10.1.0.0/16")]);
}

/// RFC 7606 3 j: the prefixes in it are lost.
#[test]
fn a_multiprotocol_attribute_that_runs_over_the_end_ends_the_session() {
    resets(&good().tail(&[0x80, MP_REACH, 200, 0, 2, 1]), &external(), code::LENGTH);
    resets(&good().tail(&[0x80, MP_UNREACH, 4, 0, 2, 1]), &external(), code::LENGTH);
    resets(&good().tail(&[0x90, MP_UNREACH, 0]), &external(), code::LENGTH);
}

/// RFC 7606 5.2: such a message is not known to have been understood.
#[test]
fn a_bad_attribute_where_nothing_is_announced_ends_the_session() {
    let nothing = |message: Message| message.nlri(&[]);
    resets(&nothing(good().with(0x40, ORIGIN, &[3])), &external(), code::ORIGIN);
    resets(&nothing(good().with(0x40, ORIGIN, &[])), &external(), code::LENGTH);
    resets(&nothing(good().with(0xc0, ORIGIN, &[0])), &external(), code::FLAGS);
    resets(&nothing(good().with(0x40, AS_PATH, &[9, 1, 0, 0, 0, 1])), &external(), code::AS_PATH);
    resets(&nothing(good().with(0xc0, 8, &[1])), &external(), code::LENGTH);
    resets(&nothing(good().tail(&[0x40, 5, 4, 0])), &external(), code::LENGTH);
    let with_withdrawal = nothing(good().with(0x40, ORIGIN, &[3])).withdrawn(&PREFIX);
    resets(&with_withdrawal, &external(), code::ORIGIN);
    let unreach = only(vec![(0x40, ORIGIN, vec![3]), (0x80, MP_UNREACH, mp_unreach())]);
    resets(&unreach, &external(), code::ORIGIN);
    let empty_reach = good_v6().with(0x40, ORIGIN, &[3]).with(0x80, MP_REACH, &mp_reach()[..21]);
    resets(&empty_reach, &external(), code::ORIGIN);
}

/// RFC 7606 3 h: of several faults, the strongest decides.
#[test]
fn an_end_of_the_session_is_stronger_than_everything_else() {
    let message = good().with(0x40, ORIGIN, &[3]).with(0x40, 6, &[1]).add(0x40, 99, &[]);
    resets(&message, &external(), code::UNRECOGNIZED);
}
