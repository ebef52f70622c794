//! What operators do: shutdown, clear, new configurations; and what they see afterwards.

use super::*;
use crate::Family;
use crate::config::Shutdown;
use crate::session::{Applied, Reason};
use crate::wire::KEEPALIVE;

fn configure(pair: &mut Pair, end: usize, side: &Side) -> Applied {
    let applied = pair.ends[end].configure(pair.now, side.settings(), side.identity(), side.own);
    pair.drive();
    applied
}

#[test]
fn a_shutdown_tells_the_peer_why_and_lasts_until_it_is_taken_back() {
    let (a, b) = two();
    let mut pair = Pair::established(&a, &b);
    let message = Some("maintenance, back at 6".to_owned());
    let down = a.clone().with(|n| n.shutdown = Some(Shutdown { message: message.clone() }));
    assert_eq!(configure(&mut pair, 0, &down), Applied::Stopped);
    assert_eq!(pair.told(1), Some((6, 2)));
    assert_eq!(pair.seen[1].downs[0].reason.message(), message);
    assert_eq!(pair.seen[0].downs[0].reason.to_string(), "Admin. shutdown");
    pair.run(1000);
    assert_eq!(pair.ends[0].state(), State::Idle);
    assert_eq!(pair.ends[0].idle_reason(), Some("Admin. shutdown"));
    assert_eq!(configure(&mut pair, 0, &a), Applied::Started);
    pair.run(120);
    assert_eq!(pair.states(), [State::Established; 2]);
}

#[test]
fn clear_resets_and_tries_again_at_once() {
    let (a, b) = two();
    let mut pair = Pair::established(&a, &b);
    pair.ends[0].clear(pair.now);
    pair.run(4);
    assert_eq!(pair.told(1), Some((6, 4)));
    assert_eq!(pair.seen[0].downs[0].reason.to_string(), "User reset");
    assert_eq!(
        pair.seen[1].downs[0].reason.to_string(),
        "Notification received (Cease/Administrative Reset/Hard Reset)"
    );
    assert_eq!(pair.states(), [State::Established; 2]);
}

#[test]
fn clear_does_not_start_what_is_stopped() {
    let (a, b) = two();
    let mut pair = Pair::established(&a, &b);
    pair.ends[0].stop(pair.now, Notification::maximum_prefixes(Family::Ipv4, 10));
    pair.drive();
    pair.ends[0].clear(pair.now);
    pair.run(100);
    assert_eq!(pair.ends[0].state(), State::Idle);
    pair.ends[0].start(pair.now);
    pair.run(130);
    assert_eq!(pair.states(), [State::Established; 2]);
}

#[test]
fn only_what_the_open_or_tcp_needs_ends_a_session() {
    let (a, b) = two();
    type Change = fn(&mut NeighborConfig);
    let quiet: [Change; 6] = [
        |n| n.description = Some("x".into()),
        |n| n.timers = Some(Timers { keepalive: 1, hold: 3 }),
        |n| n.advertisement_interval = Some(5),
        |n| n.connect_retry = Some(7),
        |n| n.passive = Some(true),
        |n| n.solo = Some(true),
    ];
    for change in quiet {
        let mut pair = Pair::established(&a, &b);
        assert_eq!(configure(&mut pair, 0, &a.clone().with(change)), Applied::Kept);
        pair.run(10);
        assert_eq!((pair.states(), pair.seen[0].downs.len()), ([State::Established; 2], 0));
    }
    let vital: [Change; 6] = [
        |n| n.port = Some(1790),
        |n| n.password = Some("secret".into()),
        |n| n.ebgp_multihop = Some(3),
        |n| n.families = active(&[Family::Ipv6]),
        |n| n.role = Some(crate::config::LocalRole { role: crate::config::Role::Peer, strict: false }),
        |n| n.extended_nexthop = Some(true),
    ];
    for change in vital {
        let mut pair = Pair::established(&a, &b);
        assert_eq!(configure(&mut pair, 0, &a.clone().with(change)), Applied::Reset);
        pair.run(10);
        assert_eq!(pair.seen[1].downs[0].reason, Reason::Received(Notification::cease(6)));
        assert_eq!(pair.states(), [State::Established; 2]);
    }
}

#[test]
fn a_new_router_id_resets_and_none_stops() {
    let (a, b) = two();
    let mut pair = Pair::established(&a, &b);
    let renamed = Side { id: RouterId::new(3, 3, 3, 3), ..a.clone() };
    assert_eq!(configure(&mut pair, 0, &renamed), Applied::Reset);
    pair.run(10);
    assert_eq!(pair.ends[1].negotiated().map(|n| n.peer_id), Some(renamed.id));
    let nameless = Side { id: RouterId::UNSPECIFIED, ..a };
    assert_eq!(configure(&mut pair, 0, &nameless), Applied::Stopped);
    assert_eq!(pair.ends[0].idle_reason(), Some("No router ID"));
}

#[test]
fn a_session_that_is_passive_no_more_connects() {
    let (a, b) = two();
    let passive = |s: &Side| s.clone().with(|n| n.passive = Some(true));
    let mut pair = Pair::started(&passive(&a), &passive(&b));
    assert_eq!(configure(&mut pair, 0, &a), Applied::Kept);
    pair.run(1);
    assert_eq!(pair.states(), [State::Established; 2]);
}

#[test]
fn without_a_family_nothing_is_tried() {
    let (mut a, b) = two();
    a.config.default_ipv4_unicast = false;
    let mut pair = Pair::started(&a, &b);
    pair.run(100);
    assert_eq!(pair.ends[0].state(), State::Idle);
    assert_eq!(pair.ends[0].idle_reason(), Some("No AFI/SAFI activated for peer"));
    assert_eq!(pair.ends[0].counters().attempts, 0);
}

#[test]
fn a_stopped_session_is_quiet_when_its_last_word_has_left() {
    let (a, b) = two();
    let (mut alone, conn) = Alone::established(&a, &open_of(&b));
    alone.session.stop(alone.now, Notification::cease(3));
    alone.drain();
    assert!(!alone.session.is_quiet());
    assert_eq!(alone.closed(conn), None);
    assert_eq!(alone.hear(conn), [(Kind::Notification, vec![6, 9, 6, 3])]);
    assert_eq!(alone.closed(conn), Some(false));
    assert!(alone.session.is_quiet() && alone.session.next_timeout().is_none());
}

#[test]
fn a_last_word_nobody_takes_is_dropped_after_five_seconds() {
    let (a, b) = two();
    let (mut alone, conn) = Alone::established(&a, &open_of(&b));
    alone.session.stop(alone.now, Notification::cease(3));
    assert_eq!(alone.say(conn, &KEEPALIVE), KEEPALIVE.len());
    alone.run(5);
    assert_eq!(alone.closed(conn), Some(true));
    assert!(alone.session.is_quiet());
}

#[test]
fn a_port_that_goes_down_and_a_peer_that_moves_end_the_session_without_a_word() {
    type Cut = fn(&mut Session, Instant);
    let port: (Cut, _) = (Session::port_down, "Interface down");
    let peer: (Cut, _) = (Session::address_lost, "Neighbor address lost");
    for (cut, why) in [port, peer] {
        let (a, b) = two();
        let (mut alone, conn) = Alone::established(&a, &open_of(&b));
        cut(&mut alone.session, alone.now);
        alone.drain();
        assert_eq!(alone.closed(conn), Some(true));
        assert_eq!(alone.downs()[0].reason.to_string(), why);
        assert_ne!(alone.session.state(), State::Established);
    }
}

#[test]
fn counters_tell_what_happened() {
    let (a, b) = two();
    let mut pair = Pair::established(&a.timers(3, 9), &b);
    let up = pair.now;
    pair.run(30);
    pair.ends[1].stop(pair.now, Notification::shutdown("bye"));
    pair.drive();
    let c = pair.ends[0].counters();
    assert_eq!((c.established, c.dropped, c.sent.opens, c.received.opens), (1, 1, 1, 1));
    assert!(c.established_at.is_some_and(|at| at <= up) && c.down_at == Some(pair.now));
    let reset = c.last_reset.as_ref().expect("it was reset");
    assert_eq!((reset.at, reset.reason.message().as_deref()), (pair.now, Some("bye")));
    assert_eq!(c.last_received.as_ref().map(|(at, n)| (*at, n.subcode)), Some((pair.now, 9)));
    let peer = pair.ends[1].counters();
    assert_eq!(peer.sent, c.received);
    assert_eq!(peer.last_sent.as_ref().map(|(_, n)| n.subcode), Some(9));
    assert!(c.received.total() >= 10);
}

#[test]
fn ups_downs_and_states_are_noticed() {
    let (a, b) = two();
    let (mut alone, _) = Alone::established(&a, &open_of(&b));
    alone.session.stop(alone.now, Notification::shutdown("bye"));
    alone.drain();
    let notices: Vec<String> = alone
        .out
        .iter()
        .filter_map(|o| match o {
            Output::Notice(n) if n.level == proto::Level::Info => Some(n.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(
        notices,
        [
            "neighbor is up neighbor=10.0.0.9",
            "neighbor is down neighbor=10.0.0.9 reason=Admin. shutdown message=bye"
        ]
    );
}
