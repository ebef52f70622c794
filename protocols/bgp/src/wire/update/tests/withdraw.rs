//! Treat-as-withdraw: the routes of the message go, the session stays.
use super::*;

const MED: u8 = Code::Med as u8;
const LOCAL_PREF: u8 = Code::LocalPref as u8;
const COMMUNITIES: u8 = Code::Communities as u8;
const ORIGINATOR: u8 = Code::OriginatorId as u8;
const CLUSTERS: u8 = Code::ClusterList as u8;
const EXTENDED: u8 = Code::ExtendedCommunities as u8;
const LARGE: u8 = Code::LargeCommunities as u8;
const OTC: u8 = Code::OnlyToCustomer as u8;

fn good_internal() -> Message {
    good().with(0x40, LOCAL_PREF, &[0, 0, 0, 100])
}

/// RFC 7606 7.1.
#[test]
fn an_origin_of_another_length_or_value_withdraws() {
    withdraws(&good().with(0x40, ORIGIN, &[]), &external(), ORIGIN, Reason::Length);
    withdraws(&good().with(0x40, ORIGIN, &[0, 0]), &external(), ORIGIN, Reason::Length);
    withdraws(&good().with(0x40, ORIGIN, &[3]), &external(), ORIGIN, Reason::Value);
}

/// RFC 7606 7.2.
#[test]
fn an_as_path_that_does_not_read_withdraws() {
    let bad: [&[u8]; 7] = [
        &[0, 1, 0, 0, 0, 1],
        &[5, 1, 0, 0, 0, 1],
        &[2, 2, 0, 0, 0, 1],
        &[2, 1, 0, 0, 0, 1, 2],
        &[2, 1, 0, 0, 0, 1, 2, 0],
        &[2, 0],
        &[2],
    ];
    for value in bad {
        withdraws(&good().with(0x40, AS_PATH, value), &external(), AS_PATH, Reason::Segment);
    }
}

/// RFC 7606 4: AS_PATH may be empty; from an external peer only where nobody asks for its AS.
#[test]
fn an_empty_as_path_is_no_fault_of_its_own() {
    accepts(&good_internal().with(0x40, AS_PATH, &[]), &internal());
    let enforced = Context { first_as: Some(65001), ..external() };
    withdraws(&good().with(0x40, AS_PATH, &[]), &enforced, AS_PATH, Reason::FirstAs);
}

/// RFC 7607 2.
#[test]
fn as_0_in_the_path_withdraws() {
    let path = [2, 2, 0, 0, 0xfd, 0xe9, 0, 0, 0, 0];
    withdraws(&good().with(0x40, AS_PATH, &path), &external(), AS_PATH, Reason::AsZero);
    withdraws(&good().with(0x40, AS_PATH, &[2, 2, 0xfd, 0xe9, 0, 0]), &old(), AS_PATH, Reason::AsZero);
}

/// RFC 4271 6.3.
#[test]
fn a_path_that_begins_with_somebody_else_withdraws_where_that_is_enforced() {
    let enforced = |asn| Context { first_as: Some(asn), ..external() };
    accepts(&good(), &enforced(65001));
    withdraws(&good(), &enforced(65002), AS_PATH, Reason::FirstAs);
    let set = good().with(0x40, AS_PATH, &[1, 1, 0, 0, 0xfd, 0xe9]);
    withdraws(&set, &enforced(65001), AS_PATH, Reason::FirstAs);
}

/// RFC 6793: a 4-octet number has no other form in the AS_PATH of a 2-octet peer.
#[test]
fn a_two_octet_path_begins_with_as_trans_for_a_large_number() {
    let context = Context { first_as: Some(70_000), ..old() };
    let [high, low] = crate::AS_TRANS.to_be_bytes();
    accepts(&good().with(0x40, AS_PATH, &[2, 1, high, low]), &context);
    withdraws(&good().with(0x40, AS_PATH, &[2, 1, 0, 9]), &context, AS_PATH, Reason::FirstAs);
}

/// RFC 5065 5.
#[test]
fn confederation_segments_from_outside_withdraw() {
    let path = [3, 1, 0, 0, 0, 7, 2, 1, 0, 0, 0xfd, 0xe9];
    withdraws(&good().with(0x40, AS_PATH, &path), &external(), AS_PATH, Reason::Confederation);
    accepts(&good_internal().with(0x40, AS_PATH, &path), &internal());
}

/// RFC 5065 5.
#[test]
fn a_path_from_another_member_begins_with_members() {
    let member = Context { kind: PeerKind::Confederation, ..external() };
    withdraws(&good_internal(), &member, AS_PATH, Reason::Confederation);
    withdraws(&good_internal().with(0x40, AS_PATH, &[]), &member, AS_PATH, Reason::Confederation);
    let path = [3, 1, 0, 0, 0, 7, 2, 1, 0, 0, 0xfd, 0xe9];
    accepts(&good_internal().with(0x40, AS_PATH, &path), &member);
}

/// RFC 7606 7.3.
#[test]
fn a_next_hop_of_another_length_withdraws() {
    for value in [&[][..], &[192, 0, 2], &[192, 0, 2, 1, 0], &[0x20; 16]] {
        withdraws(&good().with(0x40, NEXT_HOP, value), &external(), NEXT_HOP, Reason::Length);
    }
}

/// RFC 4271 6.3: syntactically correct, but no host.
#[test]
fn a_next_hop_that_is_no_host_withdraws() {
    for value in [[0, 0, 0, 0], [0, 1, 2, 3], [127, 0, 0, 1], [224, 0, 0, 5], [255, 255, 255, 255]] {
        withdraws(&good().with(0x40, NEXT_HOP, &value), &external(), NEXT_HOP, Reason::Value);
    }
    let mut value = mp_reach();
    for bad in [[0; 16], *b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", [0xff; 16]] {
        value[4..20].copy_from_slice(&bad);
        withdraws(&good_v6().with(0x80, MP_REACH, &value), &external(), MP_REACH, Reason::Value);
    }
}

/// RFC 7606 7.4.
#[test]
fn a_med_of_another_length_withdraws() {
    for value in [&[][..], &[0, 0, 1], &[0, 0, 0, 0, 1]] {
        withdraws(&good().with(0x80, MED, value), &external(), MED, Reason::Length);
    }
}

/// RFC 7606 7.5.
#[test]
fn a_local_pref_of_another_length_withdraws_between_internal_peers() {
    for value in [&[][..], &[0, 0, 100], &[0, 0, 0, 0, 100]] {
        withdraws(&good().with(0x40, LOCAL_PREF, value), &internal(), LOCAL_PREF, Reason::Length);
    }
}

/// RFC 7606 7.8, 7.14; RFC 8092 5.
#[test]
fn communities_of_another_length_withdraw() {
    for value in [&[][..], &[0, 1, 0], &[0, 1, 0, 2, 0]] {
        withdraws(&good().with(0xc0, COMMUNITIES, value), &external(), COMMUNITIES, Reason::Length);
    }
    for value in [&[][..], &[0; 7], &[0; 12]] {
        withdraws(&good().with(0xc0, EXTENDED, value), &external(), EXTENDED, Reason::Length);
    }
    for value in [&[][..], &[0; 8], &[0; 13]] {
        withdraws(&good().with(0xc0, LARGE, value), &external(), LARGE, Reason::Length);
    }
}

/// RFC 7606 7.9.
#[test]
fn an_originator_of_another_length_withdraws_between_internal_peers() {
    for value in [&[][..], &[1, 2, 3], &[1, 2, 3, 4, 5]] {
        withdraws(&good_internal().with(0x80, ORIGINATOR, value), &internal(), ORIGINATOR, Reason::Length);
    }
}

/// RFC 7606 7.10.
#[test]
fn a_cluster_list_of_another_length_withdraws_between_internal_peers() {
    for value in [&[][..], &[1, 2, 3], &[1, 2, 3, 4, 5]] {
        withdraws(&good_internal().with(0x80, CLUSTERS, value), &internal(), CLUSTERS, Reason::Length);
    }
}

/// RFC 9234 5.
#[test]
fn an_otc_of_another_length_withdraws() {
    for value in [&[][..], &[1, 2, 3], &[1, 2, 3, 4, 5]] {
        withdraws(&good().with(0xc0, OTC, value), &external(), OTC, Reason::Length);
    }
}

/// RFC 7606 3 c. What concerns ATOMIC_AGGREGATE and AGGREGATOR is in 3 f.
#[test]
fn flags_that_do_not_go_with_the_type_withdraw() {
    let values: [(u8, u8, &[u8]); 9] = [
        (ORIGIN, 0x40, &[0]),
        (AS_PATH, 0x40, &[2, 1, 0, 0, 0xfd, 0xe9]),
        (NEXT_HOP, 0x40, &[192, 0, 2, 1]),
        (MED, 0x80, &[0; 4]),
        (COMMUNITIES, 0xc0, &[0; 4]),
        (ORIGINATOR, 0x80, &[1; 4]),
        (CLUSTERS, 0x80, &[1; 4]),
        (EXTENDED, 0xc0, &[1; 8]),
        (LARGE, 0xc0, &[1; 12]),
    ];
    for (code, right, value) in values {
        for flags in [0x00, 0x40, 0x80, 0xc0] {
            let message = good_internal().with(flags, code, value);
            if flags == right {
                accepts(&message, &internal());
            } else {
                withdraws(&message, &internal(), code, Reason::Flags);
            }
        }
    }
}

/// RFC 4271 4.3: the lower four bits say nothing.
#[test]
fn flags_without_a_meaning_are_ignored() {
    assert_eq!(accepts(&good().with(0x4f, ORIGIN, &[0]), &external()), accepts(&good(), &external()));
}

/// RFC 7606 3 d.
#[test]
fn a_mandatory_attribute_that_is_missing_withdraws() {
    for code in [ORIGIN, AS_PATH, NEXT_HOP] {
        withdraws(&good().without(code), &external(), code, Reason::Missing);
    }
    for code in [ORIGIN, AS_PATH] {
        withdraws(&good_v6().without(code), &external(), code, Reason::Missing);
    }
    withdraws(&good(), &internal(), LOCAL_PREF, Reason::Missing);
}

/// RFC 7606 4: the Total Path Attribute Length tells where the prefixes are all the same.
#[test]
fn an_attribute_that_runs_over_the_end_withdraws() {
    withdraws(&good().tail(&[0x80, MED, 5, 0, 0, 0, 1]), &external(), MED, Reason::Overrun);
    withdraws(&good().tail(&[0x90, MED, 1, 0, 0]), &external(), MED, Reason::Overrun);
    withdraws(&good().tail(&[0xc0, 77, 1]), &external(), 77, Reason::Overrun);
    withdraws(&good().tail(&[0xc0, COMMUNITIES]), &external(), COMMUNITIES, Reason::Overrun);
    withdraws(&good().tail(&[0xc0]), &external(), 0, Reason::Overrun);
    withdraws(&good().tail(&[0xd0, 77, 0]), &external(), 77, Reason::Overrun);
}

/// RFC 7606 2: all prefixes of the message, in whatever field.
#[test]
fn every_prefix_of_the_message_is_withdrawn() {
    let message = good()
        .with(0x40, ORIGIN, &[9])
        .with(0x80, MP_REACH, &mp_reach())
        .with(0x80, MP_UNREACH, &[0, 2, 1, 16, 0x20, 2])
        .withdrawn(&[8, 44]);
    let outcome = read(&message, &external()).unwrap();
    assert_eq!(outcome.announced, []);
    assert_eq!(outcome.withdrawn, [p("44.0.0.0/8"), p("2002::/16"), p("10.1.0.0/16"), p("2001:db8::/32")]);
}

/// RFC 7606 3 h.
#[test]
fn a_withdrawal_is_stronger_than_a_discarded_attribute() {
    let message = good().with(0x40, 6, &[1]).with(0x80, MED, &[1]);
    let outcome = read(&message, &external()).unwrap();
    assert_eq!(outcome.reason, Some(Fault { attribute: MED, reason: Reason::Length }));
    assert_eq!(outcome.discarded, [Fault { attribute: 6, reason: Reason::Length }]);
}
