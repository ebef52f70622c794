//! Several OSPF processes on in-memory wires, in virtual time. Knows nothing of OSPF's rules: it carries packets, keeps
//! what each process tells its RIB, and remembers everything said.
#![allow(dead_code, reason = "each test file uses its part")]

use fib::{IfAddr, Instant, PortId, Prefix, Route, Target};
use ospf::config::{Config, InterfaceConfig, Network, NetworkType};
use ospf::show::{self, InterfaceState, NeighborState};
use ospf::wire::auth::{Seal, seal};
use ospf::wire::{Lsa, LsaKey, Packet, PacketHeader, PacketKind, packet};
use ospf::{AreaId, Datagram, Echo, Ospf, Port};
use policy::Policy;
use proto::{Event, Level, Machine, Notice, Rng};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

pub fn p(s: &str) -> Prefix {
    s.parse().unwrap()
}

pub fn ip(s: &str) -> Ipv4Addr {
    s.parse().unwrap()
}

pub fn secs(s: u64) -> Instant {
    Instant::from_secs(s)
}

/// OSPF with router ID n.n.n.n on everything inside 10.0.0.0/8, area 0.
pub fn config(n: u8) -> Config {
    Config {
        router_id: Some(Ipv4Addr::new(n, n, n, n)),
        networks: vec![Network { prefix: p("10.0.0.0/8"), area: AreaId(0) }],
        ..Config::default()
    }
}

/// The same with settings of one interface.
pub fn with(mut config: Config, name: &str, set: impl FnOnce(&mut InterfaceConfig)) -> Config {
    set(config.interfaces.entry(name.into()).or_default());
    config
}

/// Point-to-point interfaces.
pub fn p2p(config: Config, names: &[&str]) -> Config {
    names.iter().fold(config, |c, name| with(c, name, |i| i.network = Some(NetworkType::PointToPoint)))
}

/// One router: the process, its RIB, and what it said.
pub struct Node {
    pub ospf: Ospf,
    pub ports: BTreeMap<PortId, Port>,
    pub rib: BTreeMap<Prefix, Route>,
    pub notices: Vec<(Instant, Notice)>,
    pub echoes: Vec<Echo>,
    /// It runs; the dead neither hear nor speak.
    pub alive: bool,
}

/// What befalls packets on every wire.
#[derive(Clone, Debug)]
pub struct Weather {
    /// Each packet takes this long...
    pub delay: Duration,
    /// ...and up to this much more, so that packets overtake one another.
    pub jitter: Duration,
    /// Part of the packets that are lost, 0.0..1.0.
    pub loss: f64,
    /// Part that arrive twice.
    pub duplication: f64,
}

impl Default for Weather {
    fn default() -> Weather {
        Weather { delay: Duration::from_millis(1), jitter: Duration::ZERO, loss: 0.0, duplication: 0.0 }
    }
}

/// One packet as it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub at: Instant,
    pub node: usize,
    pub datagram: Datagram,
}

pub struct Net {
    pub now: Instant,
    pub nodes: Vec<Node>,
    pub weather: Weather,
    wires: Vec<Vec<(usize, PortId)>>,
    cut: BTreeSet<usize>,
    flying: BTreeMap<(Instant, u64), (usize, Datagram)>,
    count: u64,
    rng: Rng,
    /// Everything sent, while `record` is set.
    pub log: Vec<Sent>,
    pub record: bool,
    /// How often anything in any RIB changed.
    pub rib_changes: u64,
}

impl Net {
    pub fn new(seed: u64) -> Net {
        Net {
            now: Instant::ZERO,
            nodes: Vec::new(),
            weather: Weather::default(),
            wires: Vec::new(),
            cut: BTreeSet::new(),
            flying: BTreeMap::new(),
            count: 0,
            rng: Rng::new(seed),
            log: Vec::new(),
            record: true,
            rib_changes: 0,
        }
    }

    /// Adds a router; returns its number.
    pub fn add(&mut self, config: Config) -> usize {
        self.add_with(config, policy::Config::default())
    }

    pub fn add_with(&mut self, config: Config, policy: policy::Config) -> usize {
        let seed = self.nodes.len() as u64 + 1;
        let ospf = Ospf::new(self.now, config, Arc::new(Policy::new(policy)), seed);
        self.nodes.push(Node {
            ospf,
            ports: BTreeMap::new(),
            rib: BTreeMap::new(),
            notices: Vec::new(),
            echoes: Vec::new(),
            alive: true,
        });
        self.nodes.len() - 1
    }

    /// Gives a router a port `ethN` with addresses.
    pub fn port(&mut self, node: usize, id: u32, addresses: &str) {
        let addresses: Vec<IfAddr> = addresses.split_whitespace().map(|a| a.parse().unwrap()).collect();
        let port = Port {
            id: PortId(id),
            name: format!("eth{id}"),
            up: true,
            mtu: 1500,
            addresses,
            loopback: false,
            bandwidth: 10_000,
        };
        self.set_port(node, port);
    }

    pub fn set_port(&mut self, node: usize, port: Port) {
        self.nodes[node].ports.insert(port.id, port.clone());
        if self.nodes[node].alive {
            self.nodes[node].ospf.set_port(self.now, port);
        }
        self.drain();
    }

    pub fn change_port(&mut self, node: usize, id: u32, change: impl FnOnce(&mut Port)) {
        let mut port = self.nodes[node].ports[&PortId(id)].clone();
        change(&mut port);
        self.set_port(node, port);
    }

    /// Joins ports of routers; returns the wire's number.
    pub fn wire(&mut self, ends: &[(usize, u32)]) -> usize {
        self.wires.push(ends.iter().map(|(n, p)| (*n, PortId(*p))).collect());
        self.wires.len() - 1
    }

    /// Two routers on a wire: `eth{id}` each, 10.0.N.1 and .2 of a /30 where N is the wire's number.
    pub fn link(&mut self, a: (usize, u32), b: (usize, u32)) -> usize {
        let wire = self.wire(&[a, b]);
        let third = wire / 64;
        let last = wire % 64 * 4;
        self.port(a.0, a.1, &format!("10.0.{third}.{}/30", last + 1));
        self.port(b.0, b.1, &format!("10.0.{third}.{}/30", last + 2));
        wire
    }

    /// Packets are lost from now on, without anyone noticing.
    pub fn silence(&mut self, wire: usize) {
        self.cut.insert(wire);
    }

    pub fn heal(&mut self, wire: usize) {
        self.cut.remove(&wire);
    }

    /// The carrier of every port on a wire goes or comes.
    pub fn carrier(&mut self, wire: usize, up: bool) {
        for (node, port) in self.wires[wire].clone() {
            self.change_port(node, port.0, |p| p.up = up);
        }
    }

    /// Lets time pass until `end`, inclusive.
    pub fn run_to(&mut self, end: Instant) {
        self.drain();
        while self.step(end) {}
        self.now = self.now.max(end);
    }

    /// One instant; false when nothing happens until `end`.
    pub fn step(&mut self, end: Instant) -> bool {
        let timer = self.nodes.iter().filter(|n| n.alive).filter_map(|n| n.ospf.next_timeout()).min();
        let packet = self.flying.keys().next().map(|(at, _)| *at);
        let Some(next) = timer.into_iter().chain(packet).min().filter(|t| *t <= end) else { return false };
        self.now = self.now.max(next);
        while let Some(first) = self.flying.first_entry().filter(|e| e.key().0 <= self.now) {
            let (node, datagram) = first.remove();
            if self.nodes[node].alive {
                self.nodes[node].ospf.handle_packet(self.now, &datagram);
            }
        }
        for node in self.nodes.iter_mut().filter(|n| n.alive) {
            if node.ospf.next_timeout().is_some_and(|t| t <= self.now) {
                node.ospf.handle_timeout(self.now);
            }
        }
        self.drain();
        true
    }

    pub fn run_for(&mut self, seconds: u64) {
        self.run_to(self.now + Duration::from_secs(seconds));
    }

    /// Lets time pass until something holds; answers when. Fails after `limit` seconds.
    pub fn until(&mut self, limit: u64, what: &str, holds: impl Fn(&Net) -> bool) -> Duration {
        let (start, end) = (self.now, self.now + Duration::from_secs(limit));
        self.drain();
        while !holds(self) {
            assert!(self.step(end), "not within {limit} s: {what}");
        }
        self.now - start
    }

    /// Empties every poll, as a router must.
    pub fn drain(&mut self) {
        for i in 0..self.nodes.len() {
            if !self.nodes[i].alive {
                continue;
            }
            while let Some(event) = self.nodes[i].ospf.poll_event() {
                let node = &mut self.nodes[i];
                self.rib_changes += u64::from(!matches!(event, Event::Notice(_)));
                match event {
                    Event::Announce { prefix, route, .. } => drop(node.rib.insert(prefix, route)),
                    Event::Withdraw { prefix, .. } => drop(node.rib.remove(&prefix)),
                    Event::Notice(notice) => node.notices.push((self.now, notice)),
                    other => panic!("OSPF does not say {other:?}"),
                }
            }
            while let Some(echo) = self.nodes[i].ospf.poll_echo() {
                self.nodes[i].echoes.push(echo);
            }
            while let Some(datagram) = self.nodes[i].ospf.poll_transmit() {
                self.send(i, datagram);
            }
        }
    }

    fn send(&mut self, from: usize, datagram: Datagram) {
        if self.record {
            self.log.push(Sent { at: self.now, node: from, datagram: datagram.clone() });
        }
        let Some(port) = datagram.port else { return self.route(from, datagram) };
        let to = datagram.destination;
        let live =
            self.wires.iter().enumerate().filter(|(n, w)| !self.cut.contains(n) && w.contains(&(from, port)));
        let ends: Vec<(usize, PortId)> = live.flat_map(|(_, w)| w.iter().copied()).collect();
        for (node, port) in ends.into_iter().filter(|end| *end != (from, port)) {
            let Some(there) = self.nodes[node].ports.get(&port).filter(|p| p.up) else { continue };
            let own = there.addresses.iter().any(|a| a.addr() == IpAddr::V4(to));
            let joined = self.nodes[node].ospf.joined().find(|j| j.port == port);
            let group = match to {
                ospf::wire::ALL_SPF_ROUTERS => joined.is_some_and(|j| j.all_routers),
                ospf::wire::ALL_D_ROUTERS => joined.is_some_and(|j| j.designated),
                _ => false,
            };
            if own || group {
                self.fly(node, Datagram { port: Some(port), ..datagram.clone() });
            }
        }
    }

    /// A packet of a virtual link: it finds its way, in the time of one wire.
    fn route(&mut self, _from: usize, datagram: Datagram) {
        let is_there = |n: &Node| {
            n.ports
                .values()
                .any(|p| p.up && p.addresses.iter().any(|a| a.addr() == IpAddr::V4(datagram.destination)))
        };
        if let Some(node) = self.nodes.iter().position(is_there) {
            self.fly(node, datagram);
        }
    }

    fn fly(&mut self, node: usize, datagram: Datagram) {
        if self.rng.chance(self.weather.loss) {
            return;
        }
        let copies = if self.rng.chance(self.weather.duplication) { 2 } else { 1 };
        for _ in 0..copies {
            self.count += 1;
            let wait = self.weather.delay + self.rng.between(Duration::ZERO, self.weather.jitter);
            self.flying.insert((self.now + wait, self.count), (node, datagram.clone()));
        }
    }

    /// A packet out of nowhere, delivered at once.
    pub fn inject(&mut self, node: usize, datagram: &Datagram) {
        self.nodes[node].ospf.handle_packet(self.now, datagram);
        self.drain();
    }

    pub fn apply(&mut self, node: usize, config: Config) {
        self.apply_with(node, config, policy::Config::default());
    }

    pub fn apply_with(&mut self, node: usize, config: Config, policy: policy::Config) {
        self.nodes[node].ospf.apply(self.now, config, Arc::new(Policy::new(policy)));
        self.drain();
    }

    /// A static route a router has, and redistributes if it is configured to.
    pub fn redistribute(&mut self, node: usize, prefix: &str) {
        let hop = fib::NextHop::via("10.9.9.9".parse().unwrap());
        self.tell_of(node, prefix, Some(Route::new(fib::Protocol::Static, Target::Via(vec![hop]))));
    }

    /// It is gone.
    pub fn unredistribute(&mut self, node: usize, prefix: &str) {
        self.tell_of(node, prefix, None);
    }

    fn tell_of(&mut self, node: usize, prefix: &str, route: Option<Route>) {
        let source = fib::Source::new(fib::Protocol::Static, 0);
        let route = ospf::Redistributed { source, prefix: p(prefix), route };
        self.nodes[node].ospf.handle_route(self.now, route);
        self.drain();
    }

    // Questions.

    /// The metric in the RIB.
    pub fn metric(&self, node: usize, prefix: &str) -> Option<u32> {
        self.nodes[node].rib.get(&p(prefix)).map(|r| r.metric)
    }

    /// The gateways in the RIB, in order.
    pub fn gateways(&self, node: usize, prefix: &str) -> Vec<String> {
        let Some(route) = self.nodes[node].rib.get(&p(prefix)) else { return Vec::new() };
        let Target::Via(hops) = &route.target else { return Vec::new() };
        let mut all: Vec<String> = hops.iter().filter_map(|h| h.gateway).map(|g| g.to_string()).collect();
        all.sort();
        all
    }

    pub fn counter(&self, node: usize, name: &str) -> u64 {
        let counters = self.nodes[node].ospf.counters();
        counters.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no counter {name}")).1
    }

    /// Warnings and worse, as text.
    pub fn warnings(&self, node: usize) -> Vec<String> {
        let grave = |n: &&(Instant, Notice)| n.1.level <= Level::Warning;
        self.nodes[node].notices.iter().filter(grave).map(|(_, n)| n.to_string()).collect()
    }

    /// Warnings and worse that contain `words`.
    pub fn warned(&self, node: usize, words: &str) -> usize {
        self.warnings(node).iter().filter(|w| w.contains(words)).count()
    }

    pub fn neighbors(&self, node: usize) -> Vec<show::Neighbor> {
        let query = show::NeighborQuery { all: true, ..show::NeighborQuery::default() };
        self.nodes[node].ospf.neighbors(self.now, &query).neighbors
    }

    /// The state of the neighbor with router ID n.n.n.n; Down if it is not known.
    pub fn state(&self, node: usize, n: u8) -> NeighborState {
        let id = Ipv4Addr::new(n, n, n, n);
        let found = self.neighbors(node).into_iter().find(|n| n.router_id == id);
        found.map_or(NeighborState::Down, |n| n.state)
    }

    /// Whether every neighbor a router knows is Full, and there are so many.
    pub fn all_full(&self, node: usize, count: usize) -> bool {
        let all = self.neighbors(node);
        all.len() == count && all.iter().all(|n| n.state == NeighborState::Full)
    }

    pub fn interface(&self, node: usize, name: &str) -> show::Interface {
        self.nodes[node].ospf.interfaces(self.now, Some(name)).interfaces.remove(0)
    }

    /// State, DR and BDR of an interface, the latter by the last byte of their addresses; 0 is none.
    pub fn roles(&self, node: usize, name: &str) -> (InterfaceState, u8, u8) {
        let i = self.interface(node, name);
        let last = |d: Option<show::Designated>| d.map_or(0, |d| d.address.octets()[3]);
        (i.state, last(i.dr), last(i.bdr))
    }

    /// All LSAs a router has, page by page.
    pub fn lsas(&self, node: usize) -> Vec<show::LsaView> {
        let mut query = show::DatabaseQuery::default();
        let mut all = Vec::new();
        loop {
            let page = self.nodes[node].ospf.database(self.now, &query);
            all.extend(page.lsas);
            match page.more {
                None => return all,
                more => query.after = more,
            }
        }
    }

    /// One LSA, if a router has it.
    pub fn lsa(&self, node: usize, key: LsaKey) -> Option<show::LsaView> {
        self.lsas(node).into_iter().find(|l| l.key == key)
    }

    /// What databases are compared by: scope, key, sequence and checksum of every LSA of area scope or wider.
    pub fn essence(&self, node: usize) -> Vec<(String, LsaKey, i32, u16)> {
        let wide = self.lsas(node).into_iter().filter(|l| l.key.kind != ospf::wire::Kind::OpaqueLink);
        let mut all: Vec<_> =
            wide.map(|l| (format!("{:?}", l.scope), l.key, l.sequence, l.checksum)).collect();
        all.sort();
        all
    }

    /// Whether all these routers have equal databases.
    pub fn are_equal(&self, nodes: &[usize]) -> bool {
        nodes.windows(2).all(|two| self.essence(two[0]) == self.essence(two[1]))
    }

    /// A router stops without a word. Its carrier stays.
    pub fn kill(&mut self, node: usize) {
        self.nodes[node].alive = false;
        self.nodes[node].rib.clear();
    }

    /// A router starts, knowing nothing, on the ports it had.
    pub fn start(&mut self, node: usize, config: Config) {
        let seed = 1000 + self.count;
        let there = &mut self.nodes[node];
        there.ospf = Ospf::new(self.now, config, Arc::new(Policy::new(policy::Config::default())), seed);
        there.alive = true;
        there.rib.clear();
        for port in there.ports.values().cloned().collect::<Vec<_>>() {
            self.nodes[node].ospf.set_port(self.now, port);
        }
        self.drain();
    }

    /// The packets of a kind that a router sent from an instant on.
    pub fn sent(&self, node: usize, kind: PacketKind, from: Instant) -> Vec<&Sent> {
        let is_it = |s: &&Sent| s.node == node && s.at >= from && s.datagram.payload[1] == kind as u8;
        self.log.iter().filter(is_it).collect()
    }
}

/// A packet from anybody, with a right checksum and no authentication.
pub fn forge(router: Ipv4Addr, area: u32, packet: &Packet) -> bytes::Bytes {
    let kind = match packet {
        Packet::Hello(_) => PacketKind::Hello,
        Packet::DatabaseDescription(_) => PacketKind::DatabaseDescription,
        Packet::LinkStateRequest(_) => PacketKind::LinkStateRequest,
        Packet::LinkStateUpdate { .. } => PacketKind::LinkStateUpdate,
        Packet::LinkStateAck(_) => PacketKind::LinkStateAck,
    };
    seal(PacketHeader { kind, router, area: AreaId(area) }, &packet::write(packet), &Seal::Null)
}

/// An update with these LSAs.
pub fn update(lsas: Vec<Lsa>) -> Packet {
    Packet::LinkStateUpdate { lsas, bad: Vec::new() }
}

/// A packet on a port, to all routers.
pub fn datagram(port: u32, source: &str, payload: bytes::Bytes) -> Datagram {
    let destination = ospf::wire::ALL_SPF_ROUTERS;
    Datagram { port: Some(PortId(port)), source: ip(source), destination, payload }
}
