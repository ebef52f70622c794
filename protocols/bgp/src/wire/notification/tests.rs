//! Names, data, and words at parting.

use super::*;
use proptest::prelude::*;

#[test]
fn codes_have_the_names_frr_gives_them() {
    let named = |code, subcode| Notification::new(code, subcode).to_string();
    assert_eq!(named(6, 2), "Cease/Administrative Shutdown");
    assert_eq!(named(6, 7), "Cease/Connection Collision Resolution");
    assert_eq!(named(2, 2), "OPEN Message Error/Bad Peer AS");
    assert_eq!(named(2, 11), "OPEN Message Error/Role Mismatch");
    assert_eq!(named(3, 11), "UPDATE Message Error/Malformed AS_PATH");
    assert_eq!(named(1, 1), "Message Header Error/Connection Not Synchronized");
    assert_eq!(named(4, 0), "Hold Timer Expired");
    assert_eq!(named(8, 0), "Send Hold Timer Expired");
    assert_eq!(named(6, 0), "Cease/Unspecific");
    assert_eq!(named(6, 200), "Cease/200");
    assert_eq!(named(99, 1), "code 99/1");
    assert_eq!(named(99, 0), "code 99");
}

#[test]
fn constructors_say_what_their_names_say() {
    let all = [
        (Notification::not_synchronized(), "Message Header Error/Connection Not Synchronized"),
        (Notification::bad_length(9), "Message Header Error/Bad Message Length"),
        (Notification::bad_type(9), "Message Header Error/Bad Message Type"),
        (Notification::malformed_open(), "OPEN Message Error/Unspecific"),
        (Notification::unsupported_version(), "OPEN Message Error/Unsupported Version Number"),
        (Notification::bad_peer_as(), "OPEN Message Error/Bad Peer AS"),
        (Notification::bad_identifier(), "OPEN Message Error/Bad BGP Identifier"),
        (Notification::unsupported_parameter(), "OPEN Message Error/Unsupported Optional Parameter"),
        (Notification::unacceptable_hold_time(), "OPEN Message Error/Unacceptable Hold Time"),
        (Notification::unsupported_capability(&[1]), "OPEN Message Error/Unsupported Capability"),
        (Notification::role_mismatch(), "OPEN Message Error/Role Mismatch"),
        (Notification::hold_timer_expired(), "Hold Timer Expired"),
        (
            Notification::unexpected_in_open_sent(Kind::Update),
            "Neighbor Events Error/Receive Unexpected Message in OpenSent State",
        ),
        (
            Notification::unexpected_in_open_confirm(Kind::Update),
            "Neighbor Events Error/Receive Unexpected Message in OpenConfirm State",
        ),
        (
            Notification::unexpected_in_established(Kind::Open),
            "Neighbor Events Error/Receive Unexpected Message in Established State",
        ),
        (Notification::cease(cease::COLLISION), "Cease/Connection Collision Resolution"),
        (Notification::refresh_length(&[]), "ROUTE-REFRESH Message Error/Invalid Message Length"),
    ];
    for (notification, name) in all {
        assert_eq!(notification.to_string(), name);
    }
}

/// RFC 4486 4: AFI, SAFI, upper bound.
#[test]
fn too_many_prefixes_come_with_family_and_limit() {
    let notification = Notification::maximum_prefixes(Family::Ipv6, 1000);
    assert_eq!(notification.data.as_ref(), [0, 2, 1, 0, 0, 3, 0xe8]);
    assert_eq!(notification.to_string(), "Cease/Maximum Number of Prefixes Reached");
}

/// RFC 9003 2.
#[test]
fn a_shutdown_message_is_cut_between_characters() {
    let long = "ä".repeat(200);
    let words = Notification::shutdown(&long).message().unwrap();
    assert_eq!(words, "ä".repeat(127));
    assert_eq!(Notification::shutdown("").data.len(), 0);
    assert_eq!(Notification::reset("soon back").message().as_deref(), Some("soon back"));
}

/// RFC 9003 2: nothing a peer says may move the cursor of who reads it.
#[test]
fn words_of_a_peer_are_made_harmless() {
    let said = |data: &'static [u8]| Notification { data: data.into(), ..Notification::cease(2) }.message();
    assert_eq!(said(b"\x05a\x1b[2J").as_deref(), Some("a[2J"));
    assert_eq!(said(b"\x02\xff\xfe").as_deref(), Some("\u{fffd}\u{fffd}"));
    assert_eq!(said(b"\x09abc"), None);
    assert_eq!(said(b"\x00"), None);
    assert_eq!(said(b""), None);
    let other = Notification { data: b"\x01a"[..].into(), ..Notification::cease(6) };
    assert_eq!(other.message(), None);
}

/// RFC 8538 3.
#[test]
fn a_hard_reset_carries_the_true_reason() {
    let hard = Notification::shutdown("good night").hard();
    assert_eq!(hard.to_string(), "Cease/Hard Reset");
    assert_eq!(hard.hardened(), Some(Notification::shutdown("good night")));
    assert_eq!(hard.message().as_deref(), Some("good night"));
    assert_eq!(hard.clone().hard().message(), None, "one inside another says nothing");
    assert_eq!(Notification::cease(cease::HARD_RESET).hardened(), None);
}

#[test]
fn data_that_does_not_fit_is_cut() {
    let large = Notification::update(super::update::OPTIONAL, &[7; 5000]);
    assert_eq!(large.encode().len(), frame::MAX);
}

proptest! {
    #[test]
    fn what_is_written_is_read_the_same(code: u8, subcode: u8, data in prop::collection::vec(any::<u8>(), 0..400)) {
        let notification = Notification { code, subcode, data: data.into() };
        let bytes = notification.encode();
        let (kind, whole) = frame::frame(&bytes, frame::MAX).unwrap().unwrap();
        prop_assert_eq!((kind, whole), (Kind::Notification, bytes.len()));
        let read = Notification::parse(&bytes[frame::HEADER..]);
        let _ = (read.to_string(), read.message());
        prop_assert_eq!(read, notification);
    }
}
