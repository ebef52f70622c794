//! From nothing to full adjacency, and back (RFC 2328 sections 9 and 10).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use std::time::Duration;
use support::{Net, config, p2p};

fn pair() -> (Net, usize) {
    let mut net = Net::new(1);
    for n in 1..=2 {
        net.add(p2p(config(n), &["eth1"]));
        net.port(usize::from(n) - 1, 9, &format!("10.9.{n}.1/24"));
        // Each of them changes the router-LSA, before anybody hears of it.
        (4..8).for_each(|id| net.port(usize::from(n) - 1, id, &format!("10.{n}.{id}.1/24")));
    }
    let wire = net.link((0, 1), (1, 1));
    (net, wire)
}

#[test]
fn a_point_to_point_link_has_routes_within_a_second_and_a_half_with_default_timers() {
    let (mut net, _) = pair();
    let took = net.until(60, "a route", |net| {
        net.metric(0, "10.9.2.0/24").is_some() && net.metric(1, "10.9.1.0/24").is_some()
    });
    assert!(took <= Duration::from_millis(100), "{took:?}");
    assert_eq!(net.gateways(0, "10.9.2.0/24"), ["10.0.0.2"]);
    assert_eq!(net.metric(0, "10.9.2.0/24"), Some(20));
}

#[test]
fn a_dead_neighbor_is_forgotten_after_the_dead_interval() {
    let (mut net, wire) = pair();
    net.run_for(60);
    net.silence(wire);
    let took = net.until(60, "the route goes", |net| net.metric(0, "10.9.2.0/24").is_none());
    assert!((Duration::from_secs(29)..=Duration::from_secs(41)).contains(&took), "{took:?}");
    net.heal(wire);
    net.until(20, "it is back", |net| net.metric(0, "10.9.2.0/24").is_some());
}

#[test]
fn a_neighbor_on_a_lan_is_logged_by_its_router_id() {
    let mut net = Net::new(1);
    for n in 1..=2 {
        net.add(config(n));
    }
    net.wire(&[(0, 1), (1, 1)]);
    net.port(0, 1, "10.0.0.1/24");
    net.port(1, 1, "10.0.0.2/24");
    net.run_for(60);
    let logged: Vec<String> = net.nodes[0].notices.iter().map(|(_, n)| n.to_string()).collect();
    let wanted = format!("neighbor={} ", config(2).router_id.expect("configured"));
    assert!(logged.iter().any(|n| n.contains(&wanted) && n.contains("to=Full")), "{logged:?}");
}

#[test]
fn a_lan_of_four_has_routes_after_the_wait_and_survives_its_dr() {
    let mut net = Net::new(1);
    for n in 1..=4u8 {
        let node = net.add(config(n));
        net.port(node, 9, &format!("10.9.{n}.1/24"));
    }
    net.wire(&[(0, 1), (1, 1), (2, 1), (3, 1)]);
    for n in 1..=4 {
        net.port(n - 1, 1, &format!("10.0.0.{n}/24"));
    }
    net.run_for(60);
    for from in 0..4 {
        for to in (0..4).filter(|to| *to != from) {
            assert_eq!(net.metric(from, &format!("10.9.{}.0/24", to + 1)), Some(20), "{from} to {to}");
        }
    }
    net.change_port(3, 1, |p| p.up = false);
    net.run_for(50);
    for from in 0..3 {
        for to in (0..3).filter(|to| *to != from) {
            assert_eq!(net.metric(from, &format!("10.9.{}.0/24", to + 1)), Some(20), "{from} to {to}");
        }
        assert_eq!(net.metric(from, "10.9.4.0/24"), None);
    }
}

#[test]
fn a_shut_down_process_is_forgotten_at_once() {
    let (mut net, _) = pair();
    net.run_for(60);
    let now = net.now;
    net.nodes[1].ospf.shutdown(now);
    let took = net.until(60, "the route goes", |net| net.metric(0, "10.9.2.0/24").is_none());
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn a_router_that_leaves_is_no_way_through_before_it_goes() {
    let mut net = Net::new(1);
    for n in 1..=3 {
        let mut config = p2p(config(n), &["eth1", "eth2"]);
        config.max_metric.on_shutdown = (n == 2).then_some(10);
        net.add(config);
        net.port(usize::from(n) - 1, 9, &format!("10.9.{n}.1/24"));
    }
    net.link((0, 1), (1, 1));
    net.link((1, 2), (2, 1));
    net.run_for(60);
    assert_eq!(net.metric(0, "10.9.3.0/24"), Some(30));
    let now = net.now;
    assert_eq!(net.nodes[0].ospf.leave(now), Duration::ZERO, "not configured there");
    assert_eq!(net.nodes[1].ospf.leave(now), Duration::from_secs(10));
    net.run_for(5);
    assert_eq!(net.metric(0, "10.9.3.0/24"), Some(10 + 65_535 + 10), "the last resort");
    assert_eq!(net.metric(0, "10.9.2.0/24"), Some(20), "its own networks are reached as before");
}

#[test]
fn a_process_is_settled_when_nothing_is_under_way_and_not_when_a_hello_is_overdue() {
    let (mut net, wire) = pair();
    let settled = |net: &Net| net.nodes.iter().all(|n| n.ospf.is_settled(net.now));
    net.until(3, "settled", |net| net.metric(0, "10.9.2.0/24").is_some() && settled(net));
    net.run_for(100);
    assert!(settled(&net), "hellos go on");
    net.silence(wire);
    net.run_for(16);
    assert!(!settled(&net), "a hello is overdue");
    net.run_for(40);
    assert!(settled(&net), "the neighbor is given up");
}

#[test]
fn a_link_that_returns_to_a_network_is_in_use_at_once() {
    let mut net = Net::new(1);
    for n in 1..=3 {
        net.add(p2p(config(n), &["eth1", "eth2"]));
        net.port(usize::from(n) - 1, 9, &format!("10.9.{n}.1/24"));
    }
    let wire = net.link((0, 1), (1, 1));
    net.link((1, 2), (2, 1));
    net.link((2, 2), (0, 2));
    net.run_for(60);
    net.carrier(wire, false);
    net.run_for(60);
    assert_eq!(net.metric(0, "10.9.2.0/24"), Some(30));
    net.carrier(wire, true);
    let took = net.until(10, "the route is back", |net| net.metric(0, "10.9.2.0/24") == Some(20));
    assert!(took <= Duration::from_millis(100), "{took:?}");
}

#[test]
fn a_link_without_a_neighbor_is_told_all_the_same() {
    let (mut net, wire) = pair();
    net.silence(wire);
    net.run_for(60);
    net.port(0, 3, "10.7.0.1/24");
    net.apply(0, p2p(config(1), &["eth1", "eth3"]));
    net.heal(wire);
    net.until(20, "its network is known", |net| net.metric(1, "10.7.0.0/24").is_some());
}
