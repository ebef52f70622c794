//! Several RIP processes on in-memory wires, in virtual time. Knows nothing of RIP's rules: it carries datagrams,
//! keeps what each process tells its RIB, and remembers everything said.
#![allow(dead_code, reason = "each test file uses its part")]

use bytes::Bytes;
use fib::{IfAddr, Instant, PortId, Prefix, Route, Target};
use policy::Policy;
use proto::{Datagram, Event, Level, Machine, Notice};
use rip::config::{Config, InterfaceConfig, TimersConfig};
use rip::wire::{self, Packet, Rte};
use rip::{Port, Rip};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Every wire takes this long.
pub const DELAY: Duration = Duration::from_millis(1);

pub fn p(s: &str) -> Prefix {
    s.parse().unwrap()
}

pub fn ip(s: &str) -> Ipv4Addr {
    s.parse().unwrap()
}

pub fn secs(s: u64) -> Instant {
    Instant::from_secs(s)
}

/// RIP on everything inside 10.0.0.0/8.
pub fn config() -> Config {
    Config { networks: vec![p("10.0.0.0/8")], ..Config::default() }
}

/// The same with settings of one interface.
pub fn with_interface(mut config: Config, name: &str, set: impl FnOnce(&mut InterfaceConfig)) -> Config {
    set(config.interfaces.entry(name.into()).or_default());
    config
}

pub fn timers(update: u16, timeout: u16, garbage: u16) -> TimersConfig {
    TimersConfig { update, timeout, garbage, holddown: 0 }
}

/// One router: the process, its RIB, and what it said.
pub struct Node {
    pub rip: Rip,
    pub ports: BTreeMap<PortId, Port>,
    pub rib: BTreeMap<Prefix, Route>,
    pub notices: Vec<(Instant, Notice)>,
}

/// One datagram on a wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub at: Instant,
    pub node: usize,
    pub datagram: Datagram,
}

impl Sent {
    pub fn packet(&self) -> Packet {
        wire::decode(&self.datagram.payload).expect("what we send can be read")
    }

    /// The entry for a prefix.
    pub fn entry(&self, prefix: &str) -> Option<Rte> {
        let wanted = p(prefix);
        self.packet().entries.into_iter().find(|e| IpAddr::V4(e.address) == wanted.addr())
    }
}

#[derive(Default)]
pub struct Net {
    pub now: Instant,
    pub nodes: Vec<Node>,
    wires: Vec<Vec<(usize, PortId)>>,
    flying: BTreeMap<(Instant, u64), (usize, Datagram)>,
    count: u64,
    /// Everything sent.
    pub log: Vec<Sent>,
    /// A port that hears nothing for the time being.
    pub deaf: Option<(usize, u32)>,
}

impl Net {
    pub fn new() -> Net {
        Net::default()
    }

    /// Adds a router; returns its number.
    pub fn add(&mut self, config: Config) -> usize {
        self.add_with(config, policy::Config::default())
    }

    pub fn add_with(&mut self, config: Config, policy: policy::Config) -> usize {
        let seed = self.nodes.len() as u64 + 1;
        let rip = Rip::new(self.now, config, Arc::new(Policy::new(policy)), seed);
        self.nodes.push(Node { rip, ports: BTreeMap::new(), rib: BTreeMap::new(), notices: Vec::new() });
        self.nodes.len() - 1
    }

    /// Gives a router a port `ethN` with an address.
    pub fn port(&mut self, node: usize, id: u32, addresses: &str) {
        let addresses: Vec<IfAddr> = addresses.split_whitespace().map(|a| a.parse().unwrap()).collect();
        let port = Port {
            id: PortId(id),
            name: format!("eth{id}"),
            up: true,
            mtu: 1500,
            addresses,
            loopback: false,
            bandwidth: 1000,
        };
        self.set_port(node, port);
    }

    pub fn set_port(&mut self, node: usize, port: Port) {
        self.nodes[node].ports.insert(port.id, port.clone());
        self.nodes[node].rip.set_port(self.now, port);
        self.drain();
    }

    pub fn change_port(&mut self, node: usize, id: u32, change: impl FnOnce(&mut Port)) {
        let mut port = self.nodes[node].ports[&PortId(id)].clone();
        change(&mut port);
        self.set_port(node, port);
    }

    /// Joins ports of routers.
    pub fn wire(&mut self, ends: &[(usize, u32)]) {
        self.wires.push(ends.iter().map(|(n, p)| (*n, PortId(*p))).collect());
    }

    /// Cuts the wire of a port without anyone noticing.
    pub fn cut(&mut self, node: usize, id: u32) {
        self.wires.retain(|w| !w.contains(&(node, PortId(id))));
    }

    /// `eth1` of a to `eth1` or `eth2` of the next: routers 0.. in a row on 10.0.N.0/24, with eth1 towards lower numbers and
    /// eth2 towards higher ones, and a stub network 10.1.N.0/24 on eth9.
    pub fn chain(configs: Vec<Config>) -> Net {
        let mut net = Net::new();
        let last = configs.len() - 1;
        for (i, config) in configs.into_iter().enumerate() {
            net.add(config);
            if i > 0 {
                net.wire(&[(i - 1, 2), (i, 1)]);
            }
        }
        for i in 0..=last {
            net.port(i, 9, &format!("10.1.{i}.1/24"));
            if i > 0 {
                net.port(i, 1, &format!("10.0.{i}.2/24"));
            }
            if i < last {
                net.port(i, 2, &format!("10.0.{}.1/24", i + 1));
            }
        }
        net
    }

    /// Lets time pass until `end`, inclusive.
    pub fn run_to(&mut self, end: Instant) {
        self.drain();
        loop {
            let timer = self.nodes.iter().filter_map(|n| n.rip.next_timeout()).min();
            let packet = self.flying.keys().next().map(|(at, _)| *at);
            let Some(next) = timer.into_iter().chain(packet).min().filter(|t| *t <= end) else { break };
            self.now = self.now.max(next);
            while let Some(first) = self.flying.first_entry().filter(|e| e.key().0 <= self.now) {
                let (node, datagram) = first.remove();
                self.nodes[node].rip.handle_packet(self.now, &datagram);
            }
            for node in &mut self.nodes {
                if node.rip.next_timeout().is_some_and(|t| t <= self.now) {
                    node.rip.handle_timeout(self.now);
                }
            }
            self.drain();
        }
        self.now = self.now.max(end);
    }

    pub fn run_for(&mut self, seconds: u64) {
        self.run_to(self.now + Duration::from_secs(seconds));
    }

    /// Empties every poll, as a router must.
    pub fn drain(&mut self) {
        for i in 0..self.nodes.len() {
            while let Some(event) = self.nodes[i].rip.poll_event() {
                let node = &mut self.nodes[i];
                match event {
                    Event::Announce { prefix, route, .. } => drop(node.rib.insert(prefix, route)),
                    Event::Withdraw { prefix, .. } => {
                        assert!(
                            node.rib.remove(&prefix).is_some(),
                            "withdrawn, but never announced: {prefix}"
                        );
                    }
                    Event::Notice(notice) => node.notices.push((self.now, notice)),
                    other => panic!("RIP does not say {other:?}"),
                }
            }
            while let Some(datagram) = self.nodes[i].rip.poll_transmit() {
                self.send(i, datagram);
            }
        }
    }

    fn send(&mut self, from: usize, datagram: Datagram) {
        self.log.push(Sent { at: self.now, node: from, datagram: datagram.clone() });
        let IpAddr::V4(to) = datagram.destination.ip() else { return };
        let ends: Vec<(usize, PortId)> =
            self.wires.iter().filter(|w| w.contains(&(from, datagram.port))).flatten().copied().collect();
        for (node, port) in ends {
            if (node, port) == (from, datagram.port) || self.deaf == Some((node, port.0)) {
                continue;
            }
            let Some(there) = self.nodes[node].ports.get(&port).filter(|p| p.up) else { continue };
            let own = there.addresses.iter().any(|a| a.addr() == IpAddr::V4(to));
            let broadcast = there.addresses.iter().any(|a| a.network().broadcast() == Some(to));
            if own || broadcast || to.is_multicast() || to.is_broadcast() {
                self.count += 1;
                let arrived = Datagram { port, ..datagram.clone() };
                self.flying.insert((self.now + DELAY, self.count), (node, arrived));
            }
        }
    }

    /// A datagram out of nowhere, delivered at once.
    pub fn inject(&mut self, node: usize, port: u32, from: &str, payload: impl Into<Bytes>) {
        self.inject_from(node, port, SocketAddr::new(from.parse().unwrap(), 520), payload);
    }

    pub fn inject_from(&mut self, node: usize, port: u32, source: SocketAddr, payload: impl Into<Bytes>) {
        let destination = SocketAddr::new(IpAddr::V4(rip::GROUP), 520);
        let datagram = Datagram { port: PortId(port), source, destination, payload: payload.into() };
        self.nodes[node].rip.handle_packet(self.now, &datagram);
        self.drain();
    }

    pub fn apply(&mut self, node: usize, config: Config, policy: policy::Config) {
        self.nodes[node].rip.apply(self.now, config, Arc::new(Policy::new(policy)));
        self.drain();
    }

    // Questions.

    /// The metric in the RIB.
    pub fn metric(&self, node: usize, prefix: &str) -> Option<u32> {
        self.nodes[node].rib.get(&p(prefix)).map(|r| r.metric)
    }

    /// The gateways in the RIB.
    pub fn gateways(&self, node: usize, prefix: &str) -> Vec<String> {
        let Some(route) = self.nodes[node].rib.get(&p(prefix)) else { return Vec::new() };
        let Target::Via(hops) = &route.target else { panic!("RIP routes have next hops") };
        hops.iter().map(|h| h.gateway.unwrap().to_string()).collect()
    }

    /// The metric in `show ip rip`.
    pub fn shown(&self, node: usize, prefix: &str) -> Option<u32> {
        let wanted = p(prefix);
        self.nodes[node].rip.table(self.now).routes.iter().find(|r| r.prefix == wanted).map(|r| r.metric)
    }

    pub fn counter(&self, node: usize, name: &str) -> u64 {
        let counters = self.nodes[node].rip.counters();
        counters.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no counter {name}")).1
    }

    /// Warnings and worse, as text.
    pub fn warnings(&self, node: usize) -> Vec<String> {
        let grave = |n: &&(Instant, Notice)| n.1.level <= Level::Warning;
        self.nodes[node].notices.iter().filter(grave).map(|(_, n)| n.to_string()).collect()
    }

    /// Responses of a node out of a port since `from`.
    pub fn responses(&self, node: usize, port: u32, from: Instant) -> Vec<Sent> {
        let response = |s: &&Sent| s.packet().command == wire::Command::Response;
        self.sent(node, port, from).iter().filter(response).cloned().collect()
    }

    /// Everything a node sent out of a port since `from`.
    pub fn sent(&self, node: usize, port: u32, from: Instant) -> Vec<Sent> {
        let wanted = |s: &&Sent| s.node == node && s.datagram.port == PortId(port) && s.at >= from;
        self.log.iter().filter(wanted).cloned().collect()
    }
}

/// An entry for `prefix` with `metric`.
pub fn rte(prefix: &str, metric: u32) -> Rte {
    let prefix = p(prefix);
    let IpAddr::V4(address) = prefix.addr() else { panic!("IPv4") };
    let mask = prefix.netmask().unwrap();
    Rte { family: 2, tag: 0, address, mask, next_hop: Ipv4Addr::UNSPECIFIED, metric }
}

/// A version 2 response with these entries.
pub fn response(entries: &[Rte]) -> Bytes {
    wire::encode(wire::Command::Response, wire::Version::V2, &wire::Signer::None, entries)
}

/// A version 2 request with these entries.
pub fn request(entries: &[Rte]) -> Bytes {
    wire::encode(wire::Command::Request, wire::Version::V2, &wire::Signer::None, entries)
}
