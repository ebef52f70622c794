//! Two connections at the same time (RFC 4271 section 6.8, RFC 6286).

use super::*;
use crate::wire::KEEPALIVE;

/// Which of the two connections of `alone` is left: true for its own.
fn survivor(alone: &Alone, outgoing: ConnId, incoming: ConnId) -> bool {
    let kept = alone.session.negotiated().map(|n| n.conn);
    assert!(kept == Some(outgoing) || kept == Some(incoming), "one is left: {kept:?}");
    kept == Some(outgoing)
}

/// Every order in which the two OPENs can arrive; answers whether our own connection stayed each time.
fn collide(us: &Side, them: &Side) -> Vec<bool> {
    let open = open_of(them).encode();
    [true, false]
        .into_iter()
        .map(|ours_first| {
            let mut alone = Alone::new(us);
            let incoming = alone.open_incoming();
            let outgoing = alone.open_outgoing();
            let (first, second) = if ours_first { (outgoing, incoming) } else { (incoming, outgoing) };
            alone.say(first, &open);
            alone.say(second, &open);
            for conn in [first, second] {
                alone.say(conn, &KEEPALIVE);
            }
            let ours = survivor(&alone, outgoing, incoming);
            let loser = if ours { incoming } else { outgoing };
            let why = alone.complaint(loser).map(|n| (n.code, n.subcode));
            assert_eq!(why, Some((6, 7)));
            assert_eq!(alone.closed(loser), Some(false));
            assert_eq!((alone.downs().len(), alone.session.counters().collisions), (0, 1));
            ours
        })
        .collect()
}

#[test]
fn the_connection_of_the_greater_identifier_stays() {
    let (a, b) = two();
    assert_eq!(collide(&a, &b), [false, false]);
    assert_eq!(collide(&b, &a), [true, true]);
}

#[test]
fn with_equal_identifiers_the_connection_of_the_greater_as_stays() {
    let (a, mut b) = two();
    b.id = a.id;
    assert_eq!(collide(&a, &b), [false, false]);
    assert_eq!(collide(&b, &a), [true, true]);
}

#[test]
fn a_new_connection_does_not_replace_an_established_one() {
    let (a, b) = two();
    let open = open_of(&b).encode();
    for side in [&a, &side(65_001, [9, 9, 9, 9], 65_002)] {
        let mut alone = Alone::new(side);
        let first = alone.open_outgoing();
        alone.say(first, &[open.to_vec(), KEEPALIVE.to_vec()].concat());
        let second = alone.open_incoming();
        alone.say(second, &open);
        assert_eq!(alone.complaint(second).map(|n| (n.code, n.subcode)), Some((6, 7)));
        assert!(survivor(&alone, first, second));
    }
}

#[test]
fn sessions_that_open_at_the_same_moment_end_up_with_one_connection() {
    let equal = side(65_002, [1, 1, 1, 1], 65_001);
    for (a, b) in [two(), (two().1, two().0), (two().0, equal)] {
        let mut pair = Pair::new(&a, &b);
        // Both SYNs are on their way before either arrives.
        let now = pair.now;
        pair.ends.iter_mut().for_each(|e| e.start(now));
        let conns: Vec<ConnId> = pair.ends.iter_mut().filter_map(connect_wanted).collect();
        assert_eq!(conns.len(), 2);
        pair.connect(0, conns[0]);
        pair.connect(1, conns[1]);
        pair.run(1);
        assert_eq!(pair.states(), [State::Established; 2]);
        assert_eq!(pair.pipes.iter().filter(|p| p.ids == [None, None]).count(), 1);
        let (ups, downs) = (&pair.seen[0].ups, &pair.seen[0].downs);
        assert_eq!((ups.len(), downs.len()), (1, 0));
        pair.run(1000);
        assert_eq!(pair.states(), [State::Established; 2]);
        assert_eq!(pair.ends[0].counters().dropped, 0);
    }
}

fn connect_wanted(session: &mut Session) -> Option<ConnId> {
    core::iter::from_fn(|| session.poll_output()).find_map(|o| match o {
        Output::Connect { conn } => Some(conn),
        _ => None,
    })
}

#[test]
fn an_attempt_of_ours_ends_when_the_peers_connection_is_good() {
    let (a, b) = two();
    let mut alone = Alone::new(&a);
    let ours = alone.wanted().expect("it connects");
    let theirs = alone.open_incoming();
    alone.say(theirs, &open_of(&b).encode());
    assert_eq!(alone.closed(ours), Some(true));
    // What crossed with that is nothing to it.
    alone.connected(ours);
    alone.say(theirs, &KEEPALIVE);
    assert_eq!(alone.session.state(), State::Established);
    alone.run(100);
    assert_eq!(alone.session.counters().attempts, 1);
}

#[test]
fn the_loser_is_not_held_back_and_does_not_count_as_a_reset() {
    let (a, b) = two();
    let mut alone = Alone::new(&a);
    let theirs = alone.open_incoming();
    let ours = alone.open_outgoing();
    alone.say(theirs, &open_of(&b).encode());
    alone.say(ours, &Notification::cease(7).encode());
    alone.say(theirs, &KEEPALIVE);
    assert_eq!(alone.session.state(), State::Established);
    assert_eq!(alone.session.counters().last_reset, None);
}

#[test]
fn one_handshake_at_a_time_and_a_newer_connection_replaces_one_that_is_not_up() {
    let (a, _) = two();
    let mut alone = Alone::new(&a.with(|n| n.passive = Some(true)));
    let first = alone.session.incoming(alone.now).expect("taken");
    assert!(!alone.session.wants_incoming());
    assert_eq!(alone.session.incoming(alone.now), None);
    alone.connected(first);
    let second = alone.open_incoming();
    assert_eq!(alone.complaint(first).map(|n| (n.code, n.subcode)), Some((6, 7)));
    assert_eq!(alone.hear(second).first().map(|m| m.0), Some(Kind::Open));
    // A handshake that never completes gives its place up.
    let third = alone.session.incoming(alone.now).expect("taken");
    alone.run(11);
    assert_eq!(alone.closed(third), Some(true));
    assert!(alone.session.wants_incoming());
}
