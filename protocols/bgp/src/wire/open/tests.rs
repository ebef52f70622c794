use super::capabilities::code;
use super::*;
use proptest::prelude::*;
use proptest::{collection, option};

/// The body of an OPEN of AS 65001, hold time 90, 1.1.1.1 with these parameters.
fn body(parameters: &[u8]) -> Vec<u8> {
    let length = u8::try_from(parameters.len()).unwrap();
    [&[4, 0xfd, 0xe9, 0, 90, 1, 1, 1, 1, length], parameters].concat()
}

/// One parameter with these capabilities.
fn with(capabilities: &[u8]) -> Vec<u8> {
    let length = u8::try_from(capabilities.len()).unwrap();
    body(&[&[2, length], capabilities].concat())
}

fn read(body: &[u8]) -> Result<Open, Notification> {
    Open::parse(body)
}

fn can(capabilities: &[u8]) -> Capabilities {
    read(&with(capabilities)).unwrap().capabilities
}

#[test]
fn an_open_without_parameters_is_one_without_capabilities() {
    let open = read(&body(&[])).unwrap();
    assert_eq!((open.asn, open.hold, open.has_capabilities), (65001, 90, false));
    assert_eq!(open.capabilities, Capabilities::default());
    assert_eq!(open.encode()[frame::HEADER..], body(&[]));
    let nothing = read(&with(&[])).unwrap();
    assert!(nothing.has_capabilities);
    assert_eq!(nothing.encode()[frame::HEADER..], with(&[]));
}

/// RFC 4271 6.2: the version we speak is the data.
#[test]
fn another_version_is_refused() {
    for version in [0, 3, 5] {
        let mut bytes = body(&[]);
        bytes[0] = version;
        assert_eq!(read(&bytes), Err(Notification::unsupported_version()));
    }
    assert_eq!(Notification::unsupported_version().data.as_ref(), [0, 4]);
}

/// RFC 7607 2, RFC 6793 4.1.
#[test]
fn as_0_and_two_numbers_that_differ_are_a_bad_peer_as() {
    let mut bytes = body(&[]);
    (bytes[1], bytes[2]) = (0, 0);
    assert_eq!(read(&bytes), Err(Notification::bad_peer_as()));
    assert_eq!(read(&with(&[code::AS4, 4, 0, 0, 0xfd, 0xea])), Err(Notification::bad_peer_as()));
    let mut trans = with(&[code::AS4, 4, 0, 0, 0, 0]);
    [trans[1], trans[2]] = AS_TRANS.to_be_bytes();
    assert_eq!(read(&trans), Err(Notification::bad_peer_as()));
}

/// RFC 6793 4.1.
#[test]
fn as_trans_stands_for_the_number_in_the_capability() {
    let mut bytes = with(&[code::AS4, 4, 0, 1, 0x11, 0x70]);
    [bytes[1], bytes[2]] = AS_TRANS.to_be_bytes();
    let open = read(&bytes).unwrap();
    assert_eq!((open.asn, open.capabilities.as4), (70_000, Some(70_000)));
}

/// RFC 4271 6.2.
#[test]
fn a_hold_time_of_one_or_two_seconds_is_refused() {
    for (hold, good) in [(0, true), (1, false), (2, false), (3, true)] {
        let mut bytes = body(&[]);
        (bytes[3], bytes[4]) = (0, hold);
        let expected = if good { None } else { Some(Notification::unacceptable_hold_time()) };
        assert_eq!(read(&bytes).err(), expected);
    }
}

/// RFC 6286 2.2.
#[test]
fn only_identifier_0_is_refused() {
    let mut bytes = body(&[]);
    bytes[5..9].fill(0);
    assert_eq!(read(&bytes), Err(Notification::bad_identifier()));
    bytes[5..9].fill(255);
    assert!(read(&bytes).is_ok());
}

/// RFC 4271 6.2: the deprecated authentication is one.
#[test]
fn a_parameter_that_is_not_capabilities_is_unsupported() {
    assert_eq!(read(&body(&[1, 2, 0, 0])), Err(Notification::unsupported_parameter()));
}

#[test]
fn lengths_that_do_not_add_up_are_malformed() {
    let malformed = Err(Notification::malformed_open());
    let whole = with(&[code::MULTIPROTOCOL, 4, 0, 1, 0, 1]);
    for end in 0..whole.len() {
        assert_eq!(read(&whole[..end]), malformed, "{end} bytes");
    }
    assert_eq!(read(&[&whole[..], &[0]].concat()), malformed, "something is behind");
    assert_eq!(read(&body(&[2])), malformed);
    assert_eq!(read(&body(&[2, 9, 1])), malformed);
    assert_eq!(read(&with(&[code::MULTIPROTOCOL])), malformed);
    assert_eq!(read(&with(&[code::MULTIPROTOCOL, 5, 0, 1, 0, 1])), malformed);
    for short in [code::MULTIPROTOCOL, code::AS4, code::GRACEFUL_RESTART] {
        assert_eq!(read(&with(&[short, 1, 0])), malformed);
    }
    assert_eq!(read(&with(&[code::ROLE, 0])), malformed);
    assert_eq!(read(&with(&[code::ROLE, 2, 0, 0])), malformed);
}

/// RFC 9234 4.2.
#[test]
fn roles_that_contradict_each_other_are_a_mismatch() {
    assert_eq!(can(&[code::ROLE, 1, 3, code::ROLE, 1, 3]).role, Some(3));
    assert_eq!(read(&with(&[code::ROLE, 1, 3, code::ROLE, 1, 0])), Err(Notification::role_mismatch()));
}

/// RFC 5492 4: several parameters, several of the same, all unknown ones kept once.
#[test]
fn capabilities_may_come_in_any_number_of_parameters() {
    let parameters =
        [2, 6, 1, 4, 0, 1, 0, 1, 2, 2, 128, 0, 2, 6, 1, 4, 0, 2, 0, 1, 2, 10, 73, 0, 73, 0, 1, 4, 0, 1];
    let open = read(&body(&[&parameters[..], &[0, 128]].concat())).unwrap();
    assert!(open.capabilities.families.iter().eq(&Family::ALL) && open.capabilities.route_refresh);
    assert_eq!(open.capabilities.other_families, [(1, 128)]);
    assert_eq!(open.capabilities.unknown, [(73, Bytes::new())]);
}

/// RFC 9072 2.
#[test]
fn long_parameters_take_the_long_form_and_short_ones_may() {
    let unknown = (100..=104).map(|code| (code, Bytes::from(vec![7; 200]))).collect();
    let capabilities = Capabilities { unknown, route_refresh: true, ..Capabilities::default() };
    let open =
        Open { asn: 65001, hold: 90, router_id: [1, 1, 1, 1].into(), capabilities, has_capabilities: true };
    let bytes = open.encode();
    assert_eq!(bytes[frame::HEADER..][9..16], [255, 255, 3, 247, 2, 3, 244]);
    assert_eq!(read(&bytes[frame::HEADER..]), Ok(open));
    let short = body(&[255, 0, 5, 2, 0, 2, 2, 0]);
    assert!(read(&short).unwrap().capabilities.route_refresh);
}

/// RFC 4724 3: bits nobody uses and families of others are passed over.
#[test]
fn the_graceful_restart_capability_is_read_to_the_bit() {
    let value = [0xb1, 0x2c, 0, 1, 1, 0x80, 0, 25, 70, 0x80, 0, 2, 1, 0x7f];
    let restart = can(&[&[code::GRACEFUL_RESTART, 14], &value[..]].concat()).graceful_restart.unwrap();
    assert!(restart.restarting && !restart.notification);
    assert_eq!(restart.time, 300);
    assert_eq!(restart.families, [(Family::Ipv4, true), (Family::Ipv6, false)].into());
}

/// RFC 7911 4: what does not read is ignored.
#[test]
fn add_path_entries_that_make_no_sense_are_ignored() {
    let value = [0, 1, 1, 4, 0, 2, 1, 2, 0, 1, 128, 3, 0];
    let add_path = can(&[&[code::ADD_PATH, 13], &value[..]].concat()).add_path;
    assert_eq!(add_path, [(Family::Ipv6, AddPath { receive: false, send: true })].into());
}

/// RFC 8950 4.
#[test]
fn extended_next_hop_counts_for_ipv4_unicast_behind_ipv6_only() {
    assert!(can(&[5, 6, 0, 1, 0, 1, 0, 2]).extended_nexthop);
    assert!(!can(&[5, 6, 0, 1, 0, 128, 0, 2]).extended_nexthop);
    assert!(can(&[5, 12, 0, 1, 0, 128, 0, 2, 0, 1, 0, 1, 0, 2]).extended_nexthop);
}

fn families() -> impl Strategy<Value = BTreeSet<Family>> {
    collection::btree_set(prop_oneof![Just(Family::Ipv4), Just(Family::Ipv6)], 0..3)
}

fn restart() -> impl Strategy<Value = Restart> {
    (any::<[bool; 4]>(), 0..4096_u16, families()).prop_map(|(bits, time, families)| Restart {
        restarting: bits[0],
        notification: bits[1],
        time,
        families: families.into_iter().map(|f| (f, bits[2])).collect(),
    })
}

fn capabilities() -> impl Strategy<Value = Capabilities> {
    let add_path = (families(), 1..4_u8).prop_map(|(families, bits)| {
        let way = AddPath { receive: bits & 1 != 0, send: bits & 2 != 0 };
        families.into_iter().map(|f| (f, way)).collect::<BTreeMap<_, _>>()
    });
    let unknown = collection::btree_map(71..=120_u8, collection::vec(any::<u8>(), 0..256), 0..4);
    let others = (option::of(1..=65_535_u32), option::of(restart()), add_path, option::of(0..5_u8), unknown);
    (families(), any::<[bool; 4]>(), others).prop_map(|(families, bits, others)| Capabilities {
        families,
        other_families: if bits[0] { vec![(1, 128), (25, 70)] } else { vec![] },
        route_refresh: bits[1],
        enhanced_refresh: bits[2],
        extended_message: bits[3],
        as4: others.0,
        graceful_restart: others.1,
        add_path: others.2,
        extended_nexthop: bits[0] != bits[1],
        role: others.3,
        unknown: others.4.into_iter().map(|(code, value)| (code, value.into())).collect(),
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_the_same(
        capabilities in capabilities(),
        hold in prop_oneof![Just(0_u16), 3..=65_535_u16],
        id in 1..=u32::MAX,
        asn in 1..=65_535_u32,
    ) {
        let asn = capabilities.as4.unwrap_or(asn);
        let open = Open { asn, hold, router_id: RouterId::from_bits(id), capabilities, has_capabilities: true };
        let bytes = open.encode();
        prop_assert_eq!(frame::frame(&bytes, frame::MAX), Ok(Some((Kind::Open, bytes.len()))));
        prop_assert_eq!(Open::parse(&bytes[frame::HEADER..]), Ok(open));
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in collection::vec(any::<u8>(), 0..120)) {
        let mut bytes = bytes;
        if let Some(version) = bytes.first_mut() {
            *version = 4;
        }
        if let Ok(open) = Open::parse(&bytes) {
            prop_assert_eq!(Open::parse(&open.encode()[frame::HEADER..]), Ok(open));
        }
    }
}
