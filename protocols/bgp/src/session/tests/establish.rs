//! The good case, and who connects to whom.

use super::*;
use crate::Family;
use crate::settings::PeerKind;
use crate::wire::{Refresh, RouteRefresh};

#[test]
fn two_sessions_establish_and_agree() {
    let (a, b) = two();
    let pair = Pair::established(&a.timers(60, 180), &b.timers(10, 30));
    let (left, right) = (pair.seen[0].ups.first().expect("up"), pair.seen[1].ups.first().expect("up"));
    assert_eq!(
        (left.peer_as, left.peer_id, left.kind),
        (65_002, RouterId::new(2, 2, 2, 2), PeerKind::External)
    );
    assert_eq!((right.peer_as, right.peer_id), (65_001, RouterId::new(1, 1, 1, 1)));
    assert_eq!((left.hold, left.keepalive, right.keepalive), (30, 10, 10));
    assert_eq!(left.families, families(&[Family::Ipv4]));
    assert!(left.codec.as4 && left.codec.extended_message && left.enhanced_refresh);
    assert_eq!(left.codec.add_path_rx, [false; 2]);
    assert_eq!((left.local, left.remote), (right.remote, right.local));
}

#[test]
fn the_states_are_passed_in_order() {
    let (a, b) = two();
    let pair = Pair::established(&a, &b.with(|n| n.passive = Some(true)));
    use State::*;
    assert_eq!(pair.seen[1].states, [Active, OpenSent, OpenConfirm, Established]);
}

#[test]
fn a_passive_session_waits_and_two_of_them_wait_forever() {
    let (a, b) = two();
    let passive = |s: &Side| s.clone().with(|n| n.passive = Some(true));
    let mut pair = Pair::started(&passive(&a), &passive(&b));
    pair.run(1000);
    assert_eq!(pair.states(), [State::Active; 2]);
    let mut pair = Pair::started(&a, &passive(&b));
    pair.run(1);
    assert_eq!(pair.states(), [State::Established; 2]);
    assert_eq!(pair.ends[1].counters().attempts, 0);
}

#[test]
fn a_refused_attempt_is_repeated_soon_and_then_ever_more_rarely() {
    let (a, b) = two();
    let mut pair = Pair::new(&a.with(|n| n.connect_retry = Some(60)), &b);
    pair.net = Net::Refusing;
    pair.ends[0].start(pair.now);
    pair.run(8);
    let early = pair.ends[0].counters().attempts;
    assert!((3..=5).contains(&early), "{early}");
    pair.run(300);
    let late = pair.ends[0].counters().attempts - early;
    assert!((4..=10).contains(&late), "{late}");
    assert_eq!(pair.ends[0].state(), State::Active);
}

#[test]
fn an_attempt_nobody_answers_is_given_up_and_repeated() {
    let (a, b) = two();
    let mut pair = Pair::new(&a, &b);
    pair.net = Net::Dead;
    pair.ends[0].start(pair.now);
    pair.drive();
    assert_eq!(pair.ends[0].state(), State::Connect);
    pair.run(200);
    assert!(pair.ends[0].counters().attempts >= 3);
    pair.net = Net::Up;
    pair.ends[1].start(pair.now);
    pair.run(10);
    assert_eq!(pair.states(), [State::Established; 2]);
}

#[test]
fn when_the_network_changes_a_waiting_session_connects_at_once() {
    let (a, b) = two();
    let mut pair = Pair::new(&a, &b.with(|n| n.passive = Some(true)));
    pair.ends[0].start(pair.now);
    pair.run(400);
    pair.ends[1].start(pair.now);
    pair.ends[0].hurry(pair.now);
    pair.drive();
    assert_eq!(pair.states(), [State::Established; 2]);
}

#[test]
fn with_delay_open_the_peer_speaks_first() {
    let (a, b) = two();
    let mut pair = Pair::new(&a.with(|n| n.delay_open = Some(10)), &b.with(|n| n.passive = Some(true)));
    pair.ends.iter_mut().for_each(|e| e.start(pair.now));
    pair.drive();
    assert_eq!(pair.states(), [State::Established; 2]);
}

#[test]
fn with_delay_open_a_silent_peer_hears_our_open_after_the_delay() {
    let (a, _) = two();
    let mut alone = Alone::new(&a.with(|n| n.delay_open = Some(10)));
    let conn = alone.open_outgoing();
    alone.run(9);
    assert_eq!((alone.hear(conn).len(), alone.session.state()), (0, State::Connect));
    alone.run(1);
    assert_eq!(alone.hear(conn).first().map(|m| m.0), Some(Kind::Open));
    assert_eq!(alone.session.state(), State::OpenSent);
}

#[test]
fn updates_and_refreshes_are_handed_out_in_order() {
    let (a, b) = two();
    let (mut alone, conn) = Alone::established(&a, &open_of(&b));
    let refresh = RouteRefresh::new(Family::Ipv4, Refresh::End);
    let update = empty_update();
    alone.say(conn, &[update.clone(), refresh.encode().to_vec(), update].concat());
    let all: Vec<Incoming> = core::iter::from_fn(|| alone.session.poll_incoming(alone.now)).collect();
    assert_eq!(all.len(), 3);
    assert_eq!(all[1], Incoming::Refresh(refresh));
    assert!(matches!(&all[2], Incoming::Update(body) if body.as_ref() == [0; 4]));
    assert_eq!(alone.session.counters().received.updates, 2);
}

#[test]
fn a_refresh_is_asked_for_once_while_it_waits() {
    let (a, b) = two();
    let (mut alone, conn) = Alone::established(&a, &open_of(&b));
    assert!(alone.session.refresh(alone.now, Family::Ipv4, Refresh::Request));
    assert!(alone.session.refresh(alone.now, Family::Ipv4, Refresh::Request));
    let said = alone.hear(conn);
    assert_eq!(said, [(Kind::RouteRefresh, vec![0, 1, 0, 1])]);
    let mut open = open_of(&b);
    open.capabilities.enhanced_refresh = false;
    let (mut alone, _) = Alone::established(&a, &open);
    assert!(!alone.session.refresh(alone.now, Family::Ipv4, Refresh::Begin));
}

#[test]
fn nothing_but_whole_messages_is_written_into_little_room() {
    let (a, b) = two();
    let (mut alone, conn) = Alone::established(&a, &open_of(&b));
    alone.session.refresh(alone.now, Family::Ipv4, Refresh::Request);
    let mut out = BytesMut::from(&b"before"[..]);
    assert!(!alone.session.fill(alone.now, conn, 22, &mut out));
    assert_eq!(out.len(), 6);
    assert!(alone.session.fill(alone.now, conn, 23, &mut out));
    assert_eq!(out.len(), 29);
}

#[test]
fn internal_external_and_confederation_peers_are_told_apart() {
    let kinds = |a: &Side, b: &Side| Pair::established(a, b).seen[0].ups[0].kind;
    let b = side(65_001, [2, 2, 2, 2], 65_001);
    assert_eq!(kinds(&side(65_001, [1, 1, 1, 1], 65_001), &b), PeerKind::Internal);
    let any = |remote| side(65_001, [1, 1, 1, 1], 0).with(|n| n.remote_as = Some(remote));
    assert_eq!(kinds(&any(RemoteAs::Internal), &b), PeerKind::Internal);
    let b = side(65_002, [2, 2, 2, 2], 65_001);
    assert_eq!(kinds(&any(RemoteAs::External), &b), PeerKind::External);
    let mut a = side(65_001, [1, 1, 1, 1], 65_002);
    a.config.confederation = Some(crate::config::Confederation { identifier: 100, peers: [65_002].into() });
    assert_eq!(kinds(&a, &b), PeerKind::Confederation);
    let outside = side(7, [2, 2, 2, 2], 100);
    a.neighbor.remote_as = Some(RemoteAs::Number(7));
    assert_eq!(kinds(&a, &outside), PeerKind::External);
}
