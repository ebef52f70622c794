//! The process as a whole, in virtual time: sessions come up, routes are told, filtered, lost and found again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use bgp::Family;
use bgp::config::{NeighborFamily, PeerKey};
use core::net::IpAddr;
use policy::Policy;
use support::{Net, NodeId, config, internal, loopback, peer, secs};

#[test]
fn two_external_peers_tell_each_other_their_networks_at_once() {
    let mut net = Net::new(1);
    let a = net.add(config(65_001, 0, &["192.0.2.0/24"]), Policy::default());
    let b = net.add(config(65_002, 1, &["198.51.100.0/24"]), Policy::default());
    peer(&mut net, a, b);
    let took = net.until(secs(5), "both have the other's network", |n| {
        n.has(a, "198.51.100.0/24") && n.has(b, "192.0.2.0/24")
    });
    assert!(took < secs(1), "took {took:?}");
    let route = &net.nodes[b].routes[&"192.0.2.0/24".parse().unwrap()];
    assert_eq!((route.distance, route.metric), (20, 0));
}

#[test]
fn a_network_that_is_no_longer_configured_is_withdrawn_everywhere() {
    let mut net = Net::new(2);
    let nodes: Vec<NodeId> = (0..4)
        .map(|i| {
            let networks: &[&str] = if i == 0 { &["192.0.2.0/24"] } else { &[] };
            net.add(config(65_001 + i as u32, i, networks), Policy::default())
        })
        .collect();
    for pair in nodes.windows(2) {
        peer(&mut net, pair[0], pair[1]);
    }
    net.until(secs(5), "the far end has it", |n| n.has(3, "192.0.2.0/24"));
    net.change(0, |c| c.families.clear());
    net.until(secs(5), "the far end has lost it", |n| !n.has(3, "192.0.2.0/24"));
}

#[test]
fn a_link_that_fails_takes_its_routes_with_it_and_brings_them_back() {
    let mut net = Net::new(3);
    let a = net.add(config(65_001, 0, &["192.0.2.0/24"]), Policy::default());
    let b = net.add(config(65_002, 1, &[]), Policy::default());
    let link = peer(&mut net, a, b);
    net.until(secs(5), "b has it", |n| n.has(b, "192.0.2.0/24"));
    net.set_link(link, false);
    net.until(secs(1), "fast external failover", |n| !n.has(b, "192.0.2.0/24"));
    net.set_link(link, true);
    net.until(secs(130), "b has it again", |n| n.has(b, "192.0.2.0/24"));
}

#[test]
fn what_is_learned_inside_is_not_told_inside_but_by_a_reflector() {
    let mut net = Net::new(4);
    let edge = net.add(config(65_001, 0, &["192.0.2.0/24"]), Policy::default());
    let core = net.add(config(65_001, 1, &[]), Policy::default());
    let far = net.add(config(65_001, 2, &[]), Policy::default());
    internal(&mut net, edge, core, 10);
    internal(&mut net, core, far, 10);
    net.reach(far, loopback(edge).into(), Some(20));
    net.until(secs(10), "the core has it", |n| n.has(core, "192.0.2.0/24"));
    net.run(secs(10));
    assert!(!net.has(far, "192.0.2.0/24"), "told from iBGP to iBGP");
    net.change(core, |c| {
        let client = NeighborFamily { route_reflector_client: Some(true), ..NeighborFamily::default() };
        let key = PeerKey::Address(IpAddr::V4(loopback(far)));
        c.neighbors.get_mut(&key).unwrap().families.insert(Family::Ipv4, client);
    });
    net.until(secs(200), "reflected", |n| n.has(far, "192.0.2.0/24"));
    let route = &net.nodes[far].routes[&"192.0.2.0/24".parse().unwrap()];
    assert_eq!(route.distance, 200);
}

#[test]
fn a_route_whose_next_hop_is_lost_is_not_used() {
    let mut net = Net::new(5);
    let a = net.add(config(65_001, 0, &["192.0.2.0/24"]), Policy::default());
    let b = net.add(config(65_001, 1, &[]), Policy::default());
    internal(&mut net, a, b, 10);
    net.until(secs(10), "b has it", |n| n.has(b, "192.0.2.0/24"));
    net.reach(b, loopback(a).into(), None);
    net.until(secs(1), "b does not use it", |n| !n.has(b, "192.0.2.0/24"));
    net.reach(b, loopback(a).into(), Some(30));
    net.until(secs(1), "b uses it again", |n| n.has(b, "192.0.2.0/24"));
}

#[test]
fn an_external_peer_without_policy_neither_tells_nor_believes() {
    let mut net = Net::new(6);
    let a = net.add(config(65_001, 0, &["192.0.2.0/24"]), Policy::default());
    let b = net.add(config(65_002, 1, &["198.51.100.0/24"]), Policy::default());
    net.change(b, |c| c.ebgp_requires_policy = true);
    peer(&mut net, a, b);
    net.run(secs(10));
    assert!(!net.has(b, "192.0.2.0/24") && !net.has(a, "198.51.100.0/24"));
    net.change(b, |c| c.ebgp_requires_policy = false);
    net.until(secs(1), "without a new session", |n| n.has(b, "192.0.2.0/24") && n.has(a, "198.51.100.0/24"));
}

#[test]
fn a_peer_that_reboots_is_found_again() {
    let mut net = Net::new(7);
    let a = net.add(config(65_001, 0, &["192.0.2.0/24"]), Policy::default());
    let b = net.add(config(65_002, 1, &["198.51.100.0/24"]), Policy::default());
    peer(&mut net, a, b);
    net.until(secs(5), "b has it", |n| n.has(b, "192.0.2.0/24") && n.has(a, "198.51.100.0/24"));
    let config = net.nodes[b].bgp.config().clone();
    net.reboot(b, config, Policy::default());
    net.until(secs(200), "b has it again", |n| n.has(b, "192.0.2.0/24"));
    net.run(secs(200));
    assert!(net.has(b, "192.0.2.0/24") && net.has(a, "198.51.100.0/24"));
}

#[test]
fn equal_seeds_give_equal_runs() {
    let run = || {
        let mut net = Net::new(8);
        for i in 0..6 {
            let network = format!("10.{i}.0.0/16");
            net.add(config(65_001 + i as u32, i, &[&network]), Policy::default());
        }
        for a in 0..6 {
            for b in a + 1..6 {
                peer(&mut net, a, b);
            }
        }
        net.settle(secs(20), secs(300));
        net.set_link(3, false);
        net.settle(secs(20), secs(300));
        let routes: Vec<_> = net.nodes.iter().map(|n| (n.routes.clone(), n.changes.clone())).collect();
        (net.now, net.sent, routes)
    };
    assert_eq!(run(), run());
}
