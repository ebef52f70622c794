//! Learning, telling, timing out: RFC 2453 chapter 3 in virtual time.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use proto::Machine;
use rip::config::{Config, SplitHorizon};
use rip::wire::{Command, Rte};
use std::time::Duration;
use support::*;

fn horizon(config: Config, port: &str, split_horizon: SplitHorizon) -> Config {
    with_interface(config, port, |i| i.split_horizon = split_horizon)
}

fn all_horizons(split_horizon: SplitHorizon) -> Config {
    horizon(horizon(config(), "eth1", split_horizon), "eth2", split_horizon)
}

#[test]
fn a_chain_learns_every_network_at_its_distance_in_hops() {
    let mut net = Net::chain(vec![config(); 4]);
    net.run_for(10);
    let metrics: Vec<_> = (0..4).map(|n| net.metric(n, "10.1.3.0/24")).collect();
    assert_eq!(metrics, [Some(4), Some(3), Some(2), None], "our own network is not learned");
    assert_eq!(net.gateways(0, "10.1.3.0/24"), ["10.0.1.2"]);
    let route = &net.nodes[0].rib[&p("10.1.3.0/24")];
    assert_eq!((route.distance, route.tag), (120, 0));
    assert_eq!(net.shown(3, "10.1.3.0/24"), Some(1));
}

#[test]
fn an_interface_that_comes_up_asks_and_is_answered_at_once() {
    let mut net = Net::chain(vec![config(); 2]);
    net.run_for(10);
    net.change_port(1, 1, |port| port.up = false);
    assert_eq!(net.metric(1, "10.1.0.0/24"), None, "a port without link has no neighbors");
    net.run_for(10);
    let up = net.now;
    net.change_port(1, 1, |port| port.up = true);
    net.run_to(up + Duration::from_millis(10));
    assert_eq!(net.metric(1, "10.1.0.0/24"), Some(2));
    let asked = &net.sent(1, 1, up)[0];
    assert_eq!((asked.packet().command, asked.packet().asks_for_all()), (Command::Request, true));
    let answer = &net.responses(0, 2, up)[0];
    assert_eq!(answer.datagram.destination.to_string(), "10.0.1.2:520");
}

#[test]
fn a_dead_neighbor_is_unreachable_after_the_timeout_and_forgotten_after_the_garbage_time() {
    let mut net = Net::chain(vec![config(); 2]);
    net.run_for(100);
    net.cut(0, 2);
    let last = net.responses(0, 2, secs(0)).last().unwrap().at + DELAY;
    net.run_to(last + Duration::from_millis(179_999));
    assert_eq!(net.metric(1, "10.1.0.0/24"), Some(2));
    net.run_to(last + Duration::from_secs(180));
    assert_eq!((net.metric(1, "10.1.0.0/24"), net.shown(1, "10.1.0.0/24")), (None, Some(16)));
    net.run_to(last + Duration::from_millis(299_999));
    assert_eq!(net.shown(1, "10.1.0.0/24"), Some(16), "still told as unreachable");
    net.run_to(last + Duration::from_secs(300));
    assert_eq!(net.shown(1, "10.1.0.0/24"), None);
}

#[test]
fn a_lost_network_is_poisoned_along_the_chain_within_the_damping_time() {
    let mut net = Net::chain(vec![config(); 4]);
    net.run_for(60);
    let cut = net.now;
    net.change_port(0, 9, |port| port.up = false);
    net.run_to(cut + Duration::from_secs(16));
    for node in 1..4 {
        assert_eq!((net.metric(node, "10.1.0.0/24"), net.shown(node, "10.1.0.0/24")), (None, Some(16)));
    }
    let first = &net.responses(0, 2, cut)[0];
    assert_eq!(first.at, cut, "the first triggered update does not wait");
    assert_eq!(first.packet().entries.len(), 1, "and has only what changed");
    assert_eq!(first.entry("10.1.0.0/24").unwrap().metric, 16);
}

#[test]
fn triggered_updates_are_one_to_five_seconds_apart_and_tell_the_sum_of_what_changed() {
    let mut net = Net::chain(vec![config(); 2]);
    net.port(0, 8, "10.1.100.1/24"); // so that a periodic update has two entries
    net.run_for(60);
    let start = net.now;
    for step in 0..20 {
        net.change_port(0, 9, |port| port.up = step % 2 == 1);
        net.run_to(net.now + Duration::from_millis(500));
    }
    let sent = net.responses(0, 2, start);
    let triggered: Vec<_> = sent.iter().filter(|s| s.packet().entries.len() == 1).collect();
    assert!((2..=11).contains(&triggered.len()), "{} for 20 changes", triggered.len());
    for pair in triggered.windows(2) {
        let gap = pair[1].at - pair[0].at;
        assert!(gap >= Duration::from_secs(1), "{gap:?}");
    }
    net.run_for(6);
    assert_eq!(net.metric(1, "10.1.0.0/24"), Some(2), "the last word counts");
}

#[test]
fn without_triggered_updates_only_the_periodic_ones_speak() {
    let quiet = Config { triggered_updates: false, ..config() };
    let mut net = Net::chain(vec![quiet.clone(), quiet]);
    net.run_for(60);
    let cut = net.now;
    net.change_port(0, 9, |port| port.up = false);
    let due = net.nodes[0].rip.status(net.now).next_update_ms;
    net.run_to(cut + Duration::from_millis(due - 1));
    assert!(net.responses(0, 2, cut).is_empty());
    net.run_for(1);
    assert_eq!(net.responses(0, 2, cut)[0].entry("10.1.0.0/24").unwrap().metric, 16);
    assert_eq!(net.counter(0, "triggered-sent"), 0);
}

#[test]
fn periods_are_jittered_by_five_seconds_or_a_quarter() {
    for (update, low, high) in [(30u16, 25.0, 35.0), (4, 3.0, 5.0)] {
        let mut net = Net::chain(vec![Config { timers: timers(update, 180, 120), ..config() }]);
        net.port(0, 2, "10.0.1.1/24");
        net.run_for(u64::from(update) * 100);
        let full: Vec<_> = net.responses(0, 2, secs(2)).iter().map(|s| s.at).collect();
        let gaps: Vec<f64> = full.windows(2).map(|w| (w[1] - w[0]).as_secs_f64()).collect();
        assert!(gaps.len() > 80 && gaps.iter().all(|g| (low..=high).contains(g)), "{gaps:?}");
        let spread = gaps.iter().cloned().fold(0.0, f64::max) - gaps.iter().cloned().fold(99.0, f64::min);
        assert!(spread > (high - low) * 0.8, "jitter uses its room: {spread}");
    }
}

#[test]
fn simple_split_horizon_says_nothing_back() {
    let mut net = Net::chain(vec![config(); 3]);
    net.run_for(60);
    for sent in net.responses(1, 1, secs(5)) {
        assert_eq!(sent.entry("10.1.0.0/24"), None, "learned there");
        assert_eq!(sent.entry("10.0.1.0/24"), None, "connected there");
        assert_eq!(sent.entry("10.1.2.0/24").unwrap().metric, 2);
    }
}

#[test]
fn poisoned_reverse_says_unreachable_back() {
    let mut net = Net::chain(vec![config(), all_horizons(SplitHorizon::PoisonedReverse), config()]);
    net.run_for(60);
    let sent = net.responses(1, 1, secs(30));
    assert!(!sent.is_empty());
    for sent in sent {
        assert_eq!(sent.entry("10.1.0.0/24").unwrap().metric, 16);
        assert_eq!(sent.entry("10.0.1.0/24").unwrap().metric, 16);
        assert_eq!(sent.entry("10.1.2.0/24").unwrap().metric, 2);
    }
    assert_eq!(net.metric(0, "10.1.2.0/24"), Some(3));
}

#[test]
fn without_split_horizon_everything_is_said_back_and_no_next_hop_gives_it_away() {
    let mut net = Net::chain(vec![config(), all_horizons(SplitHorizon::Off)]);
    net.run_for(60);
    let last = net.responses(1, 1, secs(30)).pop().unwrap();
    let echo = last.entry("10.1.0.0/24").unwrap();
    assert_eq!((echo.metric, echo.next_hop), (2, ip("0.0.0.0")));
}

/// With triggered updates and horizons off two routers count up to infinity together; the values each one goes
/// through are every second number.
#[test]
fn two_routers_without_split_horizon_count_to_infinity() {
    let off = Config { triggered_updates: false, ..all_horizons(SplitHorizon::Off) };
    let mut net = Net::chain(vec![off.clone(), off]);
    net.run_for(60);
    // Router 0 loses the network just after router 1 has spoken and just before it speaks again itself.
    while net.nodes[0].rip.status(net.now).next_update_ms < net.nodes[1].rip.status(net.now).next_update_ms {
        net.run_for(1);
    }
    net.change_port(0, 9, |port| port.up = false);
    let mut seen = vec![net.shown(0, "10.1.0.0/24").unwrap()];
    let end = net.now + Duration::from_secs(600);
    while net.now < end {
        net.run_to(net.now + Duration::from_millis(100));
        let metric = net.shown(0, "10.1.0.0/24");
        if metric != seen.last().copied() {
            seen.extend(metric);
        }
        if seen.last() == Some(&16) && seen.len() > 1 {
            break;
        }
    }
    assert_eq!(seen, [16, 3, 5, 7, 9, 11, 13, 15, 16]);
}

#[test]
fn split_horizon_of_either_kind_does_not_count_between_two_routers() {
    for kind in [SplitHorizon::Simple, SplitHorizon::PoisonedReverse] {
        let config = Config { triggered_updates: false, ..all_horizons(kind) };
        let mut net = Net::chain(vec![config.clone(), config]);
        net.run_for(60);
        net.change_port(0, 9, |port| port.up = false);
        for _ in 0..90 {
            net.run_for(1);
            assert_eq!(net.metric(0, "10.1.0.0/24"), None, "{kind:?}");
        }
        assert_eq!(net.metric(1, "10.1.0.0/24"), None, "{kind:?}");
    }
}

/// ```text
///   net - 0 --- 1        0 loses the network; 2 misses the one packet that says so.
///          \   /
///            2
/// ```
#[test]
fn a_ring_of_three_counts_to_infinity_in_spite_of_poisoned_reverse() {
    let config = Config { triggered_updates: false, ..all_horizons(SplitHorizon::PoisonedReverse) };
    let mut net = Net::new();
    (0..3).for_each(|_| {
        net.add(config.clone());
    });
    net.port(0, 9, "10.1.0.1/24");
    for (a, b, n) in [(0, 1, 1), (1, 2, 2), (2, 0, 3)] {
        net.wire(&[(a, 2), (b, 1)]);
        net.port(a, 2, &format!("10.0.{n}.1/24"));
        net.port(b, 1, &format!("10.0.{n}.2/24"));
    }
    net.run_for(60);
    net.change_port(0, 9, |port| port.up = false);
    net.deaf = Some((2, 2));
    let due = net.nodes[0].rip.status(net.now).next_update_ms;
    net.run_to(net.now + Duration::from_millis(due + 5));
    assert_eq!((net.metric(1, "10.1.0.0/24"), net.metric(2, "10.1.0.0/24")), (None, Some(2)));
    net.deaf = None;
    let mut seen = Vec::new();
    for _ in 0..1200 {
        net.run_for(1);
        seen.extend(net.shown(0, "10.1.0.0/24"));
        seen.dedup();
    }
    assert_eq!(seen, [16, 4, 7, 10, 13, 16], "around the ring, three more each time");
}

#[test]
fn infinity_can_be_lowered_and_raised() {
    let small = Config { infinity: 3, ..config() };
    let mut net = Net::chain(vec![small; 4]);
    net.run_for(40);
    assert_eq!(
        (net.metric(1, "10.1.0.0/24"), net.metric(2, "10.1.0.0/24")),
        (Some(2), None),
        "two hops are too far"
    );
    let large = Config { infinity: 64, ..config() };
    let mut net = Net::chain(vec![large; 20]);
    net.run_for(120);
    assert_eq!(net.metric(19, "10.1.0.0/24"), Some(20));
}

/// ```text
///        +-- 1 --+
///   0 ---+       +--- 3 (eth1, eth2)
///        +-- 2 --+
/// ```
fn diamond(maximum_paths: u8) -> Net {
    let mut net = Net::new();
    for _ in 0..4 {
        net.add(Config { maximum_paths, ..config() });
    }
    net.wire(&[(0, 1), (1, 1)]);
    net.wire(&[(0, 2), (2, 1)]);
    net.wire(&[(1, 2), (3, 1)]);
    net.wire(&[(2, 2), (3, 2)]);
    net.port(0, 9, "10.1.0.1/24");
    net.port(0, 1, "10.0.1.1/24");
    net.port(1, 1, "10.0.1.2/24");
    net.port(0, 2, "10.0.2.1/24");
    net.port(2, 1, "10.0.2.2/24");
    net.port(1, 2, "10.0.3.1/24");
    net.port(3, 1, "10.0.3.2/24");
    net.port(2, 2, "10.0.4.1/24");
    net.port(3, 2, "10.0.4.2/24");
    net
}

#[test]
fn equal_ways_are_used_together_when_ecmp_is_allowed_and_leave_one_by_one() {
    let mut net = diamond(2);
    net.run_for(60);
    assert_eq!(net.gateways(3, "10.1.0.0/24"), ["10.0.3.1", "10.0.4.1"]);
    net.change_port(3, 1, |port| port.up = false);
    assert_eq!(net.gateways(3, "10.1.0.0/24"), ["10.0.4.1"], "the other way goes on without a gap");
    assert_eq!(net.metric(3, "10.1.0.0/24"), Some(3));
    let mut net = diamond(1);
    net.run_for(60);
    assert_eq!(net.gateways(3, "10.1.0.0/24").len(), 1);
    let limited = Config { maximum_paths: 1, ..config() };
    let mut net = diamond(0);
    net.run_for(60);
    assert_eq!(net.gateways(3, "10.1.0.0/24").len(), 2);
    net.apply(3, limited, policy::Config::default());
    assert_eq!(net.gateways(3, "10.1.0.0/24").len(), 1, "a lower limit holds at once");
}

#[test]
fn another_way_takes_over_when_the_first_one_dies() {
    let mut net = diamond(1);
    net.run_for(60);
    let through = if net.gateways(3, "10.1.0.0/24") == ["10.0.3.1"] { 1 } else { 2 };
    net.change_port(3, through, |port| port.up = false);
    assert_eq!(net.metric(3, "10.1.0.0/24"), None);
    net.run_for(40);
    assert_eq!(net.gateways(3, "10.1.0.0/24").len(), 1, "learned from the other router's next update");
}

#[test]
fn held_down_routes_ignore_other_news_until_the_hold_is_over() {
    let mut held = config();
    held.timers.holddown = 100;
    let mut net = Net::new();
    net.add(held);
    net.port(0, 1, "10.0.1.1/24");
    let say = |net: &mut Net, from: &str, metric| {
        net.inject(0, 1, from, response(&[rte("192.168.1.0/24", metric)]))
    };
    say(&mut net, "10.0.1.2", 3);
    net.run_to(secs(10));
    say(&mut net, "10.0.1.2", 16);
    net.run_to(secs(50));
    say(&mut net, "10.0.1.3", 3);
    assert_eq!(net.metric(0, "192.168.1.0/24"), None);
    assert_eq!(net.counter(0, "entry-held-down"), 1);
    assert!(net.nodes[0].rip.table(net.now).routes.iter().any(|r| r.holddown && r.garbage));
    net.run_to(secs(110));
    say(&mut net, "10.0.1.3", 3);
    assert_eq!(net.metric(0, "192.168.1.0/24"), Some(4));
}

#[test]
fn specific_requests_are_answered_entry_by_entry_to_the_asking_port() {
    let mut net = Net::chain(vec![config(); 2]);
    net.run_for(10);
    let asked = [rte("10.1.0.0/24", 16), rte("192.168.77.0/24", 1)];
    let start = net.now;
    net.inject_from(0, 2, "10.0.1.2:3456".parse().unwrap(), request(&asked));
    let answer = &net.responses(0, 2, start)[0];
    assert_eq!(answer.datagram.destination.to_string(), "10.0.1.2:3456");
    let metrics: Vec<u32> = answer.packet().entries.iter().map(|e| e.metric).collect();
    assert_eq!(metrics, [1, 16], "known, and not known");
    net.inject(0, 2, "10.0.1.2", request(&[]));
    assert_eq!(net.responses(0, 2, start).len(), 1, "a request without entries has no answer");
    net.inject_from(0, 2, "10.0.1.2:3456".parse().unwrap(), request(&[Rte::WHOLE_TABLE]));
    let all = &net.responses(0, 2, start)[1];
    assert!(all.entry("10.1.1.0/24").is_none() && all.entry("10.1.0.0/24").is_some(), "split horizon holds");
}

#[test]
fn equal_seeds_give_equal_packets() {
    let run = || {
        let mut net = diamond(2);
        net.run_for(300);
        net.change_port(0, 9, |port| port.up = false);
        net.run_for(300);
        net.log
    };
    assert_eq!(run(), run());
}

#[test]
fn nothing_is_due_in_the_past_after_a_timeout_is_handled() {
    let mut net = diamond(2);
    for _ in 0..50 {
        net.run_for(7);
        for node in &net.nodes {
            assert!(node.rip.next_timeout().unwrap() > net.now);
        }
    }
}

/// Six by six routers, each with a network of its own; every table equals the graph's distances.
#[test]
fn a_grid_converges_to_the_shortest_ways() {
    const SIDE: usize = 6;
    let mut net = Net::new();
    (0..SIDE * SIDE).for_each(|_| {
        net.add(config());
    });
    let mut link = 0;
    for n in 0..SIDE * SIDE {
        let right = (n % SIDE + 1 < SIDE).then_some((n + 1, 2, 1));
        let below = (n + SIDE < SIDE * SIDE).then_some((n + SIDE, 4, 3));
        for (other, out, into) in right.into_iter().chain(below) {
            net.wire(&[(n, out), (other, into)]);
            net.port(n, out, &format!("10.0.{link}.1/24"));
            net.port(other, into, &format!("10.0.{link}.2/24"));
            link += 1;
        }
        net.port(n, 9, &format!("10.1.{n}.1/24"));
    }
    net.run_for(120);
    for a in 0..SIDE * SIDE {
        for b in (0..SIDE * SIDE).filter(|b| *b != a) {
            let hops = (a % SIDE).abs_diff(b % SIDE) + (a / SIDE).abs_diff(b / SIDE);
            let metric = net.metric(a, &format!("10.1.{b}.0/24"));
            assert_eq!(metric, Some(hops as u32 + 1), "{a} to {b}");
        }
    }
}
