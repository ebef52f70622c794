//! Who is spoken to and how: versions, broadcast, passive interfaces, unicast neighbors, sizes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use bytes::Bytes;
use fib::{PortId, Protocol, Route, Source, Target};
use rip::config::{Authentication, AuthenticationMode, Config, Versions};
use rip::wire::{Command, Rte, Signer, Version, encode};
use rip::{Port, Redistributed};
use support::*;

fn one(config: Config, address: &str) -> Net {
    let mut net = Net::new();
    net.add(config);
    net.port(0, 9, "172.16.0.1/16 10.1.9.1/24");
    net.port(0, 1, address);
    net
}

fn destinations(net: &Net, from: u64) -> Vec<String> {
    let mut all: Vec<_> =
        net.responses(0, 1, secs(from)).iter().map(|s| s.datagram.destination.to_string()).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn version_2_goes_to_the_group_and_version_1_to_the_broadcast_address() {
    let networks = vec![p("10.0.0.0/8"), p("172.16.0.0/16")];
    let base = Config { networks, ..config() };
    let mut net = one(base.clone(), "10.0.1.1/24");
    net.run_for(60);
    assert_eq!(destinations(&net, 0), ["224.0.0.9:520"]);
    let mut net = one(Config { version: Some(1), ..base.clone() }, "10.0.1.1/24");
    net.run_for(60);
    assert_eq!(destinations(&net, 0), ["10.0.1.255:520"]);
    let last = net.responses(0, 1, secs(30)).pop().unwrap();
    assert_eq!(last.packet().version, Version::V1);
    let told: Vec<String> = last.packet().entries.iter().map(|e| e.address.to_string()).collect();
    assert_eq!(told, ["10.1.9.0", "172.16.0.0"], "subnets like the interface's, and classful networks");
    let both = with_interface(base.clone(), "eth1", |i| i.send_version = Some(Versions::Both));
    let mut net = one(both, "10.0.1.1/24");
    net.run_for(60);
    assert_eq!(destinations(&net, 0), ["10.0.1.255:520", "224.0.0.9:520"]);
    let broadcast = with_interface(base.clone(), "eth1", |i| i.v2_broadcast = true);
    let mut net = one(broadcast, "10.0.1.1/24");
    net.run_for(60);
    assert_eq!(destinations(&net, 0), ["10.0.1.255:520"]);
    assert_eq!(net.responses(0, 1, secs(30))[0].packet().version, Version::V2);
    let none = with_interface(base, "eth1", |i| i.send_version = Some(Versions::None));
    let mut net = one(none, "10.0.1.1/24");
    net.run_for(60);
    assert!(net.sent(0, 1, secs(0)).is_empty());
}

#[test]
fn accepted_versions_are_as_configured() {
    let v1: Bytes = encode(Command::Response, Version::V1, &Signer::None, &[rte("192.168.1.0/24", 1)]);
    let v2 = response(&[rte("192.168.2.0/24", 1)]);
    let learned = |config: Config| {
        let mut net = one(config, "10.0.1.1/24");
        net.inject(0, 1, "10.0.1.2", v1.clone());
        net.inject(0, 1, "10.0.1.2", v2.clone());
        (net.metric(0, "192.168.1.0/24").is_some(), net.metric(0, "192.168.2.0/24").is_some())
    };
    assert_eq!(learned(config()), (true, true));
    assert_eq!(learned(Config { version: Some(2), ..config() }), (false, true));
    assert_eq!(learned(Config { version: Some(1), ..config() }), (true, false));
    let none = with_interface(config(), "eth1", |i| i.receive_version = Some(Versions::None));
    assert_eq!(learned(none), (false, false));
}

#[test]
fn version_1_networks_take_their_masks_from_the_interface_or_the_class() {
    let mut net = one(config(), "10.0.1.1/24");
    let entries =
        [rte("10.7.3.0/24", 1), rte("10.7.3.9/32", 1), rte("192.168.1.0/24", 1), rte("172.20.0.0/16", 1)];
    net.inject(0, 1, "10.0.1.2", encode(Command::Response, Version::V1, &Signer::None, &entries));
    let learned: Vec<String> = net.nodes[0].rib.keys().map(|p| p.to_string()).collect();
    assert_eq!(learned, ["10.7.3.0/24", "10.7.3.9/32", "172.20.0.0/16", "192.168.1.0/24"]);
}

#[test]
fn a_passive_interface_learns_but_neither_tells_nor_asks_nor_answers() {
    let passive = Config { passive_interfaces: vec!["eth1".into()], ..config() };
    let mut net = one(passive, "10.0.1.1/24");
    net.inject(0, 1, "10.0.1.2", response(&[rte("192.168.1.0/24", 1)]));
    net.inject(0, 1, "10.0.1.2", request(&[Rte::WHOLE_TABLE]));
    net.run_for(60);
    assert!(net.sent(0, 1, secs(0)).is_empty());
    assert_eq!(net.metric(0, "192.168.1.0/24"), Some(2));
    let everywhere = Config { passive_default: true, passive_interfaces: vec!["eth1".into()], ..config() };
    let mut net = one(everywhere, "10.0.1.1/24");
    net.run_for(60);
    assert!(!net.sent(0, 1, secs(0)).is_empty() && net.sent(0, 9, secs(0)).is_empty());
}

#[test]
fn unicast_neighbors_are_told_on_passive_interfaces_and_outside_network_statements() {
    for passive in [true, false] {
        let networks = if passive { vec![p("10.0.0.0/8")] } else { vec![p("10.1.0.0/16")] };
        let c = Config {
            networks,
            passive_default: passive,
            neighbors: vec![ip("10.0.1.2")],
            ..Config::default()
        };
        let mut net = one(c, "10.0.1.1/24");
        net.run_for(60);
        assert_eq!(destinations(&net, 0), ["10.0.1.2:520"], "passive {passive}");
        let asked = &net.sent(0, 1, secs(0))[0];
        assert_eq!(
            (asked.packet().command, asked.datagram.destination.to_string().as_str()),
            (Command::Request, "10.0.1.2:520")
        );
        net.inject(0, 1, "10.0.1.2", response(&[rte("192.168.1.0/24", 1)]));
        assert_eq!(net.metric(0, "192.168.1.0/24"), Some(2), "and believed");
        net.inject(0, 1, "10.0.1.3", response(&[rte("192.168.2.0/24", 1)]));
        assert_eq!(net.metric(0, "192.168.2.0/24").is_some(), passive, "others only where RIP runs");
        assert!(net.nodes[0].rip.joined().contains(&PortId(1)));
    }
}

#[test]
fn every_address_speaks_for_itself() {
    let mut net = one(config(), "10.0.1.1/24 10.0.2.1/24");
    net.run_for(60);
    let last: Vec<String> =
        net.responses(0, 1, secs(30)).iter().map(|s| s.datagram.source.to_string()).collect();
    assert!(last.contains(&"10.0.1.1:520".into()) && last.contains(&"10.0.2.1:520".into()));
    let from_first =
        net.responses(0, 1, secs(30)).into_iter().find(|s| s.datagram.source.to_string() == "10.0.1.1:520");
    let from_first = from_first.unwrap();
    assert!(from_first.entry("10.0.1.0/24").is_none(), "its own network is not told");
    assert!(from_first.entry("10.0.2.0/24").is_some(), "the other one is");
}

#[test]
fn loopbacks_are_announced_and_not_spoken_on_and_ports_without_rip_are_neither() {
    let mut net = one(config(), "10.0.1.1/24");
    let addresses = vec!["10.255.0.1/32".parse().unwrap()];
    let lo = Port {
        id: PortId(20),
        name: "lo".into(),
        up: true,
        mtu: 65535,
        addresses,
        loopback: true,
        bandwidth: 1000,
    };
    net.set_port(0, lo);
    net.port(0, 3, "192.168.3.1/24");
    net.run_for(60);
    assert!(net.sent(0, 20, secs(0)).is_empty() && net.sent(0, 3, secs(0)).is_empty());
    let last = net.responses(0, 1, secs(30)).pop().unwrap();
    assert_eq!(last.entry("10.255.0.1/32").unwrap().metric, 1);
    assert!(last.entry("192.168.3.0/24").is_none());
    assert_eq!(net.nodes[0].rip.joined(), [PortId(1), PortId(9)]);
}

/// Entries per packet of a full update with 60 static routes.
fn sizes(config: Config, mtu: u16) -> Vec<usize> {
    let mut c = config;
    c.redistribute.insert(Protocol::Static, Default::default());
    let mut net = one(c, "10.0.1.1/24");
    net.change_port(0, 1, |port| port.mtu = mtu);
    for i in 0..60 {
        let route = Route::new(Protocol::Static, Target::Blackhole);
        let prefix = p(&format!("192.168.{i}.0/24"));
        let route = Redistributed { source: Source::new(Protocol::Static, 1), prefix, route: Some(route) };
        net.nodes[0].rip.handle_route(net.now, route);
    }
    net.run_for(1);
    net.log.clear();
    net.run_for(3);
    net.responses(0, 1, secs(0)).iter().map(|s| s.packet().entries.len()).collect()
}

#[test]
fn updates_are_cut_into_packets_of_25_entries_or_what_authentication_and_mtu_leave() {
    let auth = |mode| {
        let auth = Authentication { mode, key_string: Some("k".into()), key_chain: None };
        with_interface(config(), "eth1", |i| i.authentication = Some(auth))
    };
    // 60 statics and the one other network of eth9 inside 10.0.0.0/8.
    assert_eq!(sizes(config(), 1500), [25, 25, 11]);
    assert_eq!(sizes(auth(AuthenticationMode::Text), 1500), [24, 24, 13]);
    assert_eq!(sizes(auth(AuthenticationMode::Md5), 1500), [23, 23, 15]);
    assert_eq!(sizes(config(), 28 + 4 + 10 * 20 + 19), [10, 10, 10, 10, 10, 10, 1]);
}
