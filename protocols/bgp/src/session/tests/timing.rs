//! Timers: hold, keepalive, send hold, and a peer or a router that does not keep up.

use super::*;
use crate::session::Reason;
use crate::session::input::LIMIT;
use crate::wire::KEEPALIVE;

#[test]
fn keepalives_keep_a_session_up() {
    let (a, b) = two();
    let mut pair = Pair::established(&a.timers(3, 9), &b.timers(3, 9));
    pair.run(3600);
    assert_eq!(pair.states(), [State::Established; 2]);
    let sent = pair.ends[0].counters().sent.keepalives;
    // Every three seconds, less up to a quarter.
    assert!((1200..=1620).contains(&sent), "{sent}");
    assert_eq!(pair.ends[1].counters().received.keepalives, sent);
}

#[test]
fn a_silent_peer_is_dead_after_the_hold_time() {
    let (a, b) = two();
    let mut pair = Pair::established(&a.timers(3, 9), &b.timers(60, 180));
    pair.net = Net::Dead;
    pair.run(5);
    assert_eq!(pair.states(), [State::Established; 2]);
    pair.run(5);
    for end in 0..2 {
        assert_eq!(pair.seen[end].downs.len(), 1);
        assert_eq!(pair.seen[end].downs[0].reason, Reason::Sent(Notification::hold_timer_expired()));
        assert_eq!(pair.seen[end].downs[0].reason.to_string(), "Notification sent (Hold Timer Expired)");
    }
    pair.net = Net::Up;
    pair.run(120);
    assert_eq!(pair.states(), [State::Established; 2]);
}

#[test]
fn a_hold_time_of_zero_never_expires_and_sends_no_keepalives() {
    let (a, b) = two();
    let mut pair = Pair::established(&a.timers(60, 0), &b);
    let before = pair.ends[0].counters().sent.keepalives;
    pair.net = Net::Dead;
    pair.run(100_000);
    assert_eq!(pair.states(), [State::Established; 2]);
    assert_eq!(pair.ends[0].counters().sent.keepalives, before);
}

#[test]
fn a_peer_that_sends_no_open_is_given_four_minutes() {
    let (a, _) = two();
    let mut alone = Alone::new(&a.timers(3, 9));
    let conn = alone.open_outgoing();
    alone.hear(conn);
    alone.run(239);
    assert_eq!(alone.session.state(), State::OpenSent);
    alone.run(1);
    assert_eq!(alone.complaint(conn), Some(Notification::hold_timer_expired()));
    assert_eq!(alone.session.state(), State::Idle);
}

#[test]
fn a_peer_that_sends_no_keepalive_is_given_the_hold_time() {
    let (a, b) = two();
    let mut alone = Alone::new(&a.timers(3, 9));
    let conn = alone.open_outgoing();
    alone.say(conn, &open_of(&b).encode());
    alone.hear(conn);
    alone.run(8);
    assert_eq!(alone.session.state(), State::OpenConfirm);
    alone.run(1);
    assert_eq!(alone.complaint(conn), Some(Notification::hold_timer_expired()));
    assert!(alone.downs().is_empty());
}

#[test]
fn a_byte_a_second_is_silence_and_costs_no_memory() {
    let (a, b) = two();
    let (mut alone, conn) = Alone::established(&a.timers(3, 9), &open_of(&b));
    let long = message(Kind::Update, &[0; 4000]);
    let mut lasted = 0;
    for byte in &long {
        if alone.session.state() != State::Established {
            break;
        }
        alone.say(conn, &[*byte]);
        alone.run(1);
        alone.hear(conn);
        lasted += 1;
        assert!(alone.session.queued().0 <= 20);
    }
    assert_eq!(lasted, 9);
    assert_eq!(alone.session.queued().0, 0);
}

#[test]
fn a_whole_message_a_byte_at_a_time_is_a_word_when_it_is_whole() {
    let (a, b) = two();
    let (mut alone, conn) = Alone::established(&a.timers(10, 30), &open_of(&b));
    for byte in KEEPALIVE.iter().cycle().take(19 * 20) {
        alone.say(conn, &[*byte]);
        alone.run(1);
        alone.hear(conn);
    }
    assert_eq!(alone.session.state(), State::Established);
}

#[test]
fn what_we_have_no_time_for_is_no_silence_of_the_peer() {
    let (a, b) = two();
    let (mut alone, conn) = Alone::established(&a.timers(3, 9), &open_of(&b));
    let flood = empty_update().repeat(10_000);
    let mut offered = alone.say(conn, &flood);
    assert!(offered <= LIMIT && alone.session.has_backlog());
    for _ in 0..60 {
        alone.run(1);
        alone.hear(conn);
        offered += alone.say(conn, &flood[offered..]);
        assert!(alone.session.queued().0 <= LIMIT);
    }
    assert_eq!(alone.session.state(), State::Established);
    // Now there is time.
    let mut updates = 0;
    while offered < flood.len() || alone.session.has_backlog() {
        updates += core::iter::from_fn(|| alone.session.poll_incoming(alone.now)).count();
        offered += alone.say(conn, &flood[offered..]);
    }
    assert_eq!(updates, 10_000);
    assert_eq!(alone.session.queued().0, 0);
    assert!(alone.downs().is_empty());
    alone.run(9);
    assert_eq!(alone.downs().len(), 1);
}

#[test]
fn a_router_that_slept_listens_before_it_gives_a_peer_up() {
    let (a, b) = two();
    for speaks in [true, false] {
        let (mut alone, conn) = Alone::established(&a.clone().timers(3, 9), &open_of(&b));
        alone.now += Duration::from_secs(60);
        alone.session.handle_timeout(alone.now);
        alone.drain();
        assert_eq!(alone.session.state(), State::Established);
        if speaks {
            alone.say(conn, &KEEPALIVE);
        }
        alone.run(2);
        assert_eq!(alone.session.state() == State::Established, speaks);
    }
}

#[test]
fn a_peer_that_takes_nothing_for_eight_minutes_is_given_up() {
    let (a, b) = two();
    let (mut alone, conn) = Alone::established(&a.timers(3, 9), &open_of(&b));
    for _ in 0..160 {
        alone.run(3);
        alone.say(conn, &KEEPALIVE);
    }
    assert_eq!(alone.session.state(), State::Established);
    for _ in 0..3 {
        alone.run(3);
        alone.say(conn, &KEEPALIVE);
    }
    let reason = alone.downs()[0].reason.clone();
    assert_eq!(reason, Reason::Sent(Notification::send_hold_timer_expired()));
    assert_eq!(alone.closed(conn), Some(true));
}

#[test]
fn one_keepalive_waits_however_long_there_is_no_room() {
    let (a, b) = two();
    let (mut alone, conn) = Alone::established(&a.timers(3, 9), &open_of(&b));
    for _ in 0..20 {
        alone.run(3);
        alone.say(conn, &KEEPALIVE);
    }
    assert_eq!(alone.hear(conn), [(Kind::Keepalive, vec![])]);
    // Progress: the send hold timer begins anew.
    for _ in 0..150 {
        alone.run(3);
        alone.say(conn, &KEEPALIVE);
    }
    assert_eq!(alone.session.state(), State::Established);
}

#[test]
fn equal_seeds_have_equal_timers_and_others_do_not() {
    let (a, b) = two();
    let due = |seed: u64| {
        let mut session = a.clone().with(|n| n.passive = Some(true)).session(seed);
        let now = Instant::from_secs(1);
        session.start(now);
        let conn = session.incoming(now).expect("taken");
        session.handle_connected(now, conn, address(0), address(1));
        session.handle_stream(now, conn, &open_of(&b).encode());
        session.timers().1
    };
    assert_eq!(due(1), due(1));
    assert_ne!(due(1), due(2));
}
