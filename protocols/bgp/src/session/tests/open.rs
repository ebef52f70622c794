//! OPENs that are not acceptable, and the NOTIFICATION each gets (RFC 4271 section 6.2).

use super::*;
use crate::Family;
use crate::config::{LocalAs, LocalRole, Role};

/// What `us` answers to `open`: code, subcode and data.
fn answer(us: &Side, open: &[u8]) -> Option<(u8, u8, Vec<u8>)> {
    let mut alone = Alone::new(us);
    let conn = alone.open_outgoing();
    alone.say(conn, open);
    let n = alone.complaint(conn)?;
    assert_eq!(alone.session.state(), State::Idle);
    Some((n.code, n.subcode, n.data.to_vec()))
}

fn code(us: &Side, open: &Open) -> Option<(u8, u8)> {
    answer(us, &open.encode()).map(|(code, subcode, _)| (code, subcode))
}

#[test]
fn a_good_open_is_answered_with_a_keepalive() {
    let (a, b) = two();
    let mut alone = Alone::new(&a);
    let conn = alone.open_outgoing();
    alone.say(conn, &open_of(&b).encode());
    let kinds: Vec<Kind> = alone.hear(conn).into_iter().map(|m| m.0).collect();
    assert_eq!(kinds, [Kind::Open, Kind::Keepalive]);
}

#[test]
fn another_version_is_answered_with_ours() {
    let (a, b) = two();
    let mut open = open_of(&b).encode().to_vec();
    open[19] = 3;
    assert_eq!(answer(&a, &open), Some((2, 1, vec![0, 4])));
}

#[test]
fn another_as_is_a_bad_peer_as() {
    let (a, b) = two();
    let other = side(65_003, [2, 2, 2, 2], 65_001);
    assert_eq!(code(&a, &open_of(&other)), Some((2, 2)));
    let internal = a.clone().with(|n| n.remote_as = Some(RemoteAs::Internal));
    assert_eq!(code(&internal, &open_of(&b)), Some((2, 2)));
    let external = a.with(|n| n.remote_as = Some(RemoteAs::External));
    let own = side(65_001, [2, 2, 2, 2], 65_001);
    assert_eq!(code(&external, &open_of(&own)), Some((2, 2)));
    assert_eq!(code(&external, &open_of(&other)), None);
}

#[test]
fn our_own_identifier_is_bad_inside_our_as_and_good_outside() {
    let us = side(65_001, [1, 1, 1, 1], 65_001);
    assert_eq!(code(&us, &open_of(&side(65_001, [1, 1, 1, 1], 65_001))), Some((2, 3)));
    let (a, _) = two();
    assert_eq!(code(&a, &open_of(&side(65_002, [1, 1, 1, 1], 65_001))), None);
    assert_eq!(code(&a, &open_of(&side(65_002, [0, 0, 0, 0], 65_001))), Some((2, 3)));
}

#[test]
fn hold_times_of_one_and_two_seconds_are_unacceptable() {
    let (a, b) = two();
    for (hold, refused) in [(0, false), (1, true), (2, true), (3, false)] {
        let open = Open { hold, ..open_of(&b) };
        assert_eq!(code(&a, &open), refused.then_some((2, 6)), "{hold}");
    }
}

#[test]
fn without_a_common_family_the_capability_is_unsupported() {
    let (a, b) = two();
    let mut open = open_of(&b);
    open.capabilities.families = families(&[Family::Ipv6]);
    assert_eq!(answer(&a, &open.encode()), Some((2, 7, vec![1, 4, 0, 1, 0, 1])));
    let override_it = a.with(|n| n.override_capability = Some(true));
    assert_eq!(code(&override_it, &open), None);
}

#[test]
fn strict_match_wants_every_family() {
    let (a, b) = two();
    let both = a.with(|n| n.families = active(&[Family::Ipv6]));
    assert_eq!(code(&both, &open_of(&b)), None);
    let strict = both.with(|n| n.strict_capability_match = Some(true));
    assert_eq!(answer(&strict, &open_of(&b).encode()), Some((2, 7, vec![1, 4, 0, 2, 0, 1])));
}

#[test]
fn a_peer_without_capabilities_has_ipv4_and_two_octet_ases() {
    let (a, b) = two();
    let open = Open { has_capabilities: false, ..open_of(&b) };
    let (alone, _) = Alone::established(&a, &open);
    let n = alone.session.negotiated().expect("established");
    assert_eq!(n.families, families(&[Family::Ipv4]));
    assert!(!n.codec.as4 && !n.route_refresh && !n.codec.extended_message);
    let dumb = two().0.with(|n| n.dont_capability_negotiate = Some(true));
    let (mut alone, conn) = Alone::established(&dumb, &open_of(&b));
    assert!(!alone.session.negotiated().is_some_and(|n| n.codec.as4));
    alone.say(conn, &message(Kind::RouteRefresh, &[0, 1, 0, 1]));
    let complaint = alone.complaint(conn).map(|n| (n.code, n.subcode, n.data.to_vec()));
    assert_eq!(complaint, Some((1, 3, vec![5])));
}

#[test]
fn capabilities_a_peer_cannot_stand_are_left_out_next_time() {
    let (a, _) = two();
    let mut alone = Alone::new(&a);
    let conn = alone.open_outgoing();
    let first = alone.hear(conn);
    assert!(Open::parse(&first[0].1).is_ok_and(|o| o.has_capabilities));
    alone.say(conn, &Notification::unsupported_parameter().encode());
    alone.run(2);
    let conn = alone.open_outgoing();
    let second = alone.hear(conn);
    assert!(Open::parse(&second[0].1).is_ok_and(|o| !o.has_capabilities));
}

#[test]
fn path_identifiers_flow_where_one_sends_and_the_other_takes() {
    use crate::config::{AddPathTx, NeighborFamily};
    let (a, b) = two();
    let all = NeighborFamily { addpath_tx: Some(AddPathTx::All), ..NeighborFamily::default() };
    let a = a.with(|n| n.families = [(Family::Ipv4, all)].into());
    let pair = Pair::established(&a, &b);
    let (left, right) = (pair.seen[0].ups[0].codec, pair.seen[1].ups[0].codec);
    assert_eq!((left.add_path_tx, left.add_path_rx), ([true, false], [false, false]));
    assert_eq!((right.add_path_tx, right.add_path_rx), ([false, false], [true, false]));
}

#[test]
fn roles_must_go_together() {
    let role = |role, strict| Some(LocalRole { role, strict });
    let (a, b) = two();
    let roles = [Role::Provider, Role::RsServer, Role::RsClient, Role::Customer, Role::Peer];
    let good = [
        (Role::Provider, Role::Customer),
        (Role::Customer, Role::Provider),
        (Role::RsServer, Role::RsClient),
        (Role::RsClient, Role::RsServer),
        (Role::Peer, Role::Peer),
    ];
    for ours in roles {
        for theirs in roles {
            let a = a.clone().with(|n| n.role = role(ours, false));
            let b = b.clone().with(|n| n.role = role(theirs, false));
            let wrong = !good.contains(&(ours, theirs));
            assert_eq!(code(&a, &open_of(&b)), wrong.then_some((2, 11)), "{ours:?} {theirs:?}");
        }
    }
    let lax = a.clone().with(|n| n.role = role(Role::Provider, false));
    assert_eq!(code(&lax, &open_of(&b)), None);
    let strict = a.with(|n| n.role = role(Role::Provider, true));
    assert_eq!(code(&strict, &open_of(&b)), Some((2, 11)));
}

#[test]
fn local_as_is_the_as_of_our_open() {
    let (a, b) = two();
    let pretend = LocalAs { asn: 4_200_000_001, no_prepend: false, replace_as: false };
    let a = a.with(|n| n.local_as = Some(pretend));
    let b = b.with(|n| n.remote_as = Some(RemoteAs::Number(4_200_000_001)));
    let pair = Pair::established(&a, &b);
    assert_eq!(pair.seen[1].ups[0].peer_as, 4_200_000_001);
}
