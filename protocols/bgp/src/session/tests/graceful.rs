//! Restarts: whose routes stay (RFC 4724, RFC 8538), and half-open connections.

use super::*;
use crate::Family;
use crate::config::{GracefulRestart, GracefulRestartMode};
use crate::session::Reason;
use crate::wire::KEEPALIVE;
use crate::wire::notification::cease;

fn mode(mut side: Side, mode: GracefulRestartMode, notification: bool) -> Side {
    side.own.config = GracefulRestart { mode, notification, restart_time: 77, ..GracefulRestart::default() };
    side
}

/// How the session ends at `us` when `end` happens, with a peer that can restart. `n`: who has the N bit.
fn ending(n: (bool, bool), end: impl Fn(&mut Alone, ConnId)) -> Down {
    let (a, b) = two();
    let us = mode(a, GracefulRestartMode::Helper, n.0).timers(3, 9);
    let them = mode(b, GracefulRestartMode::Restarter, n.1);
    let (mut alone, conn) = Alone::established(&us, &open_of(&them));
    end(&mut alone, conn);
    alone.drain();
    let downs = alone.downs();
    assert_eq!(downs.len(), 1);
    downs[0].clone()
}

#[test]
fn what_is_offered_follows_the_mode() {
    let restart = |m| {
        let (a, _) = two();
        open_of(&mode(a, m, true)).capabilities.graceful_restart
    };
    assert_eq!(restart(GracefulRestartMode::Disable), None);
    let helper = restart(GracefulRestartMode::Helper).expect("offered");
    assert!(helper.families.is_empty() && helper.notification && !helper.restarting);
    assert_eq!(helper.time, 77);
    let restarter = restart(GracefulRestartMode::Restarter).expect("offered");
    assert_eq!(restarter.families, [(Family::Ipv4, false)].into());
    let mut own = mode(two().0, GracefulRestartMode::Restarter, true);
    own.own.restarting = true;
    own.own.config.preserve_fw_state = true;
    let again = open_of(&own).capabilities.graceful_restart.expect("offered");
    assert!(again.restarting);
    assert_eq!(again.families, [(Family::Ipv4, true)].into());
}

#[test]
fn routes_stay_when_the_connection_of_a_restarter_is_lost() {
    for why in [Closed::Finished, Closed::Reset, Closed::TimedOut] {
        let down = ending((false, false), |alone, conn| alone.session.handle_closed(alone.now, conn, why));
        assert!(down.graceful);
        assert_eq!((down.restart_time, down.kept), (77, families(&[Family::Ipv4])));
    }
}

#[test]
fn a_notification_keeps_routes_where_both_have_the_n_bit_and_it_is_no_hard_reset() {
    let received = |n, notification: Notification| {
        ending(n, |alone, conn| {
            alone.say(conn, &notification.encode());
        })
        .graceful
    };
    let plain = Notification::hold_timer_expired();
    assert!(received((true, true), plain.clone()));
    for n in [(true, false), (false, true), (false, false)] {
        assert!(!received(n, plain.clone()));
    }
    assert!(!received((true, true), plain.hard()));
}

#[test]
fn our_own_notification_keeps_routes_in_the_same_way() {
    let expire = |n| ending(n, |alone, _| alone.run(9)).graceful;
    assert!(expire((true, true)) && !expire((true, false)));
    let stop = |subcode| {
        ending((true, true), |alone, _| alone.session.stop(alone.now, Notification::cease(subcode)))
    };
    for subcode in [cease::MAXIMUM_PREFIXES, cease::SHUTDOWN, cease::DECONFIGURED, cease::RESET] {
        let down = stop(subcode);
        assert!(!down.graceful);
        assert!(matches!(&down.reason, Reason::Sent(n) if n.is_hard_reset()));
    }
    assert!(stop(cease::CHANGED).graceful);
}

#[test]
fn the_words_of_a_shutdown_survive_the_hard_reset_around_them() {
    let (a, b) = two();
    let full = |s| mode(s, GracefulRestartMode::Restarter, true);
    let mut pair = Pair::established(&full(a), &full(b));
    pair.ends[0].stop(pair.now, Notification::shutdown("back at noon"));
    pair.drive();
    let reason = &pair.seen[1].downs[0].reason;
    assert_eq!(reason.message().as_deref(), Some("back at noon"));
    assert_eq!(reason.to_string(), "Notification received (Cease/Administrative Shutdown/Hard Reset)");
    assert!(!pair.seen[1].downs[0].graceful);
}

#[test]
fn nothing_stays_of_a_helper_nor_where_restarts_are_off() {
    let (a, b) = two();
    let lost = |us: GracefulRestartMode, them: GracefulRestartMode| {
        let us = mode(a.clone(), us, true);
        let (mut alone, conn) = Alone::established(&us, &open_of(&mode(b.clone(), them, true)));
        alone.session.handle_closed(alone.now, conn, Closed::Reset);
        alone.drain();
        alone.downs()[0].graceful
    };
    use GracefulRestartMode::*;
    assert!(!lost(Helper, Helper) && !lost(Restarter, Disable) && !lost(Disable, Restarter));
    assert!(lost(Restarter, Restarter));
}

#[test]
fn the_new_connection_of_a_restarted_peer_replaces_the_old_one() {
    let (a, b) = two();
    let us = mode(a, GracefulRestartMode::Helper, true);
    let open = open_of(&mode(b, GracefulRestartMode::Restarter, true));
    let (mut alone, old) = Alone::established(&us, &open);
    let new = alone.open_incoming();
    assert_eq!(alone.session.state(), State::Established);
    alone.say(new, &open.encode());
    assert_eq!(alone.closed(old), Some(true));
    assert_eq!((alone.downs().len(), alone.downs()[0].graceful), (1, true));
    assert_eq!(alone.downs()[0].reason, Reason::Replaced);
    alone.say(new, &KEEPALIVE);
    assert_eq!(alone.session.negotiated().map(|n| n.conn), Some(new));
}

#[test]
fn a_half_open_connection_is_found_out_when_the_peer_comes_back() {
    let (a, b) = two();
    for reborn in [0, 1] {
        let mut pair = Pair::established(&a, &b);
        pair.reboot(reborn, [&a, &b][reborn]);
        let at = pair.now;
        pair.run(5);
        assert_eq!(pair.states(), [State::Established; 2]);
        let other = &pair.ends[1 - reborn];
        assert_eq!(other.counters().dropped, 1);
        assert!(other.counters().down_at.is_some_and(|d| d.since(at) < Duration::from_secs(5)));
    }
}
