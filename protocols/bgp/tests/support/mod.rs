//! Networks of BGP processes in virtual time, without IP and TCP: connections are pipes that keep order, take a while and
//! hold a window's worth of bytes. What is below BGP is a stub: connected networks are reached, and what the test says.
#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "a test's own mistakes should stop it")]

use bgp::config::{Config, NeighborConfig, NetworkConfig, PeerKey, RemoteAs, UpdateSource};
use bgp::{Bgp, Closed, ConnId, Family, Port, Socket};
use bytes::{Buf, BytesMut};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use fib::rib::Reach;
use fib::tables::Resolved;
use fib::{IfAddr, Instant, PortId, Prefix, Protocol, Route};
use policy::Policy;
use proto::{Event, Notice, Redistributed, Rng};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bytes a connection holds each way.
const WINDOW: usize = 64 * 1024;

/// A node of a [`Net`], by number.
pub type NodeId = usize;

/// A router: a BGP process and a stub of what is around it.
pub struct Node {
    pub bgp: Bgp,
    policy: Arc<Policy>,
    /// What it announced to its RIB.
    pub routes: BTreeMap<Prefix, Route>,
    pub notices: Vec<(Instant, Notice)>,
    /// How often each prefix changed in the RIB.
    pub changes: BTreeMap<Prefix, u32>,
    tracked: BTreeMap<IpAddr, u32>,
    /// Addresses that are reached beside connected networks, with the metric.
    reach: BTreeMap<IpAddr, u32>,
    told: BTreeMap<IpAddr, Option<u32>>,
    ports: BTreeMap<PortId, Port>,
    serial: u16,
}

/// One direction of a connection.
#[derive(Default)]
struct Half {
    /// With the time of arrival.
    flying: std::collections::VecDeque<(Instant, Vec<u8>)>,
    arrived: BytesMut,
    finished: bool,
}

struct End {
    node: NodeId,
    conn: ConnId,
    address: SocketAddr,
    open: bool,
}

struct Pipe {
    ends: [End; 2],
    /// `halves[i]` is what end `i` sends.
    halves: [Half; 2],
    delay: Duration,
}

enum Later {
    /// A SYN arrives.
    Syn { from: NodeId, conn: ConnId, local: SocketAddr, remote: SocketAddr, delay: Duration },
    /// The handshake is complete at this end.
    Connected { pipe: u64, end: usize },
    /// The other end has closed.
    Closed { node: NodeId, conn: ConnId, why: Closed },
}

/// See the module.
pub struct Net {
    pub now: Instant,
    pub nodes: Vec<Node>,
    /// Cables: two ends each, and whether they are plugged in.
    pub links: Vec<([(NodeId, PortId); 2], bool)>,
    pipes: BTreeMap<u64, Pipe>,
    later: BTreeMap<(Instant, u64), Later>,
    counter: u64,
    rng: Rng,
    pub min_delay: Duration,
    pub max_delay: Duration,
    /// UPDATEs and all else that was sent, in bytes, and how often something was.
    pub sent: u64,
}

impl Net {
    pub fn new(seed: u64) -> Net {
        Net {
            now: Instant::from_secs(1),
            nodes: Vec::new(),
            links: Vec::new(),
            pipes: BTreeMap::new(),
            later: BTreeMap::new(),
            counter: 0,
            rng: Rng::fork(seed, "net"),
            min_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(10),
            sent: 0,
        }
    }

    /// A router with this configuration; its loopback is 10.255.X.Y/32 by number.
    pub fn add(&mut self, config: Config, policy: Policy) -> NodeId {
        let id = self.nodes.len();
        let policy = Arc::new(policy);
        let bgp = Bgp::new(self.now, config, Arc::clone(&policy), id as u64 + 1);
        let node = Node {
            bgp,
            policy,
            routes: BTreeMap::new(),
            notices: Vec::new(),
            changes: BTreeMap::new(),
            tracked: BTreeMap::new(),
            reach: BTreeMap::new(),
            told: BTreeMap::new(),
            ports: BTreeMap::new(),
            serial: 0,
        };
        self.nodes.push(node);
        self.port(id, "lo", &[&format!("{}/32", loopback(id))], true);
        id
    }

    /// Another port of a node.
    pub fn port(&mut self, node: NodeId, name: &str, addresses: &[&str], loopback: bool) -> PortId {
        let n = &mut self.nodes[node];
        let id = PortId(n.ports.len() as u32 + 1);
        let addresses = addresses.iter().map(|a| a.parse::<IfAddr>().unwrap()).collect();
        let port =
            Port { id, name: name.to_owned(), up: true, mtu: 1500, addresses, loopback, bandwidth: 1000 };
        n.ports.insert(id, port.clone());
        n.bgp.set_port(self.now, port);
        id
    }

    /// A cable between two nodes with a /30 of its own; answers the addresses of both ends.
    pub fn link(&mut self, a: NodeId, b: NodeId) -> (IpAddr, IpAddr) {
        let n = self.links.len() as u32;
        let base = u32::from(Ipv4Addr::new(10, 0, 0, 0)) + n * 4;
        let [left, right] = [1, 2].map(|i| Ipv4Addr::from(base + i));
        let pa = self.port(a, &format!("eth{n}"), &[&format!("{left}/30")], false);
        let pb = self.port(b, &format!("eth{n}"), &[&format!("{right}/30")], false);
        self.links.push(([(a, pa), (b, pb)], true));
        (left.into(), right.into())
    }

    /// Plugs a cable in or pulls it.
    pub fn set_link(&mut self, link: usize, up: bool) {
        let (ends, was) = &mut self.links[link];
        *was = up;
        for (node, port) in *ends {
            let n = &mut self.nodes[node];
            let port = n.ports.get_mut(&port).unwrap();
            port.up = up;
            n.bgp.set_port(self.now, port.clone());
        }
        self.tell_reach();
    }

    /// Changes a configuration.
    pub fn configure(&mut self, node: NodeId, config: Config, policy: Policy) {
        let policy = Arc::new(policy);
        self.nodes[node].policy = Arc::clone(&policy);
        self.nodes[node].bgp.apply(self.now, config, policy);
    }

    /// The same configuration with a change.
    pub fn change(&mut self, node: NodeId, change: impl FnOnce(&mut Config)) {
        let mut config = self.nodes[node].bgp.config().clone();
        change(&mut config);
        let policy = Arc::clone(&self.nodes[node].policy);
        self.nodes[node].bgp.apply(self.now, config, policy);
    }

    /// `address` is reached from `node` with this metric (of an IGP), or not any more.
    pub fn reach(&mut self, node: NodeId, address: IpAddr, metric: Option<u32>) {
        match metric {
            Some(metric) => self.nodes[node].reach.insert(address, metric),
            None => self.nodes[node].reach.remove(&address),
        };
        self.tell_reach();
    }

    /// Another protocol's route for the exact prefix at a node: lets `network` announce it.
    pub fn route(&mut self, node: NodeId, route: Redistributed) {
        self.nodes[node].bgp.handle_route(self.now, route);
    }

    /// The process is gone without a word and begins anew; its peers' connections hang half open.
    pub fn reboot(&mut self, node: NodeId, config: Config, policy: Policy) {
        let n = &mut self.nodes[node];
        n.serial += 1;
        n.policy = Arc::new(policy);
        n.bgp =
            Bgp::new(self.now, config, Arc::clone(&n.policy), node as u64 + 1 + (u64::from(n.serial) << 32));
        n.routes.clear();
        n.tracked.clear();
        n.told.clear();
        for port in n.ports.values() {
            n.bgp.set_port(self.now, port.clone());
        }
        for pipe in self.pipes.values_mut() {
            for end in &mut pipe.ends {
                if end.node == node {
                    end.open = false;
                }
            }
        }
    }

    /// A connection of `node` breaks, and both ends hear of it.
    pub fn cut_connection(&mut self, node: NodeId) {
        let pipe = self.pipes.values_mut().find(|p| p.ends.iter().any(|e| e.node == node)).unwrap();
        let ends: Vec<(NodeId, ConnId)> = pipe.ends.iter().map(|e| (e.node, e.conn)).collect();
        for (node, conn) in ends {
            self.schedule(self.now, Later::Closed { node, conn, why: Closed::Reset });
        }
    }

    fn delay(&mut self) -> Duration {
        self.rng.between(self.min_delay, self.max_delay)
    }

    fn schedule(&mut self, at: Instant, later: Later) {
        self.counter += 1;
        self.later.insert((at, self.counter), later);
    }

    fn owner(&self, address: IpAddr) -> Option<NodeId> {
        let has = |n: &Node| n.ports.values().any(|p| p.addresses.iter().any(|a| a.addr() == address));
        self.nodes.iter().position(has)
    }

    /// Whether packets pass between the owners of two addresses.
    fn passes(&self, node: NodeId, remote: IpAddr) -> bool {
        self.metric(node, remote).is_some()
    }

    fn metric(&self, node: NodeId, address: IpAddr) -> Option<u32> {
        let n = &self.nodes[node];
        let on = |p: &Port| p.up && p.addresses.iter().any(|a| a.network().contains(address));
        if n.ports.values().any(on) { Some(0) } else { n.reach.get(&address).copied() }
    }

    /// Tells every node how its tracked addresses are reached now.
    fn tell_reach(&mut self) {
        (0..self.nodes.len()).for_each(|id| self.tell_reach_of(id));
    }

    fn tell_reach_of(&mut self, id: NodeId) {
        let tracked: Vec<IpAddr> = self.nodes[id].tracked.keys().copied().collect();
        for address in tracked {
            let metric = self.metric(id, address);
            if self.nodes[id].told.insert(address, metric) != Some(metric) {
                let via = metric.map(|metric| Reach {
                    prefix: Prefix::host(address),
                    protocol: if metric == 0 { Protocol::Connected } else { Protocol::Ospf },
                    distance: if metric == 0 { 0 } else { 110 },
                    metric,
                    resolved: Arc::new(Resolved::Blackhole),
                });
                let now = self.now;
                self.nodes[id].bgp.handle_reach(now, address, via);
            }
        }
    }

    /// Takes what every node has to say.
    fn pump(&mut self) {
        loop {
            let mut moved = false;
            for id in 0..self.nodes.len() {
                moved |= self.pump_node(id);
            }
            if !moved {
                return;
            }
        }
    }

    fn pump_node(&mut self, id: NodeId) -> bool {
        let mut moved = false;
        while let Some(event) = self.nodes[id].bgp.poll_event() {
            moved = true;
            let now = self.now;
            let n = &mut self.nodes[id];
            match event {
                Event::Announce { prefix, route, .. } => {
                    *n.changes.entry(prefix).or_default() += 1;
                    n.routes.insert(prefix, route);
                    let own = n.bgp.config().asn;
                    let looped = path_of(&n.bgp, &prefix).is_some_and(|path| path.contains(&own));
                    assert!(!looped, "node {id} installs a path of {prefix} with its own AS {own}");
                }
                Event::Withdraw { prefix, .. } => {
                    *n.changes.entry(prefix).or_default() += 1;
                    n.routes.remove(&prefix);
                }
                Event::Track(address) => {
                    *n.tracked.entry(address).or_default() += 1;
                    n.told.remove(&address);
                }
                Event::Untrack(address) => {
                    let count = n.tracked.get_mut(&address).expect("it was tracked");
                    *count -= 1;
                    if *count == 0 {
                        n.tracked.remove(&address);
                        n.told.remove(&address);
                    }
                }
                Event::Notice(notice) => n.notices.push((now, notice)),
            }
        }
        if moved {
            self.tell_reach_of(id);
        }
        while let Some(socket) = self.nodes[id].bgp.poll_socket() {
            moved = true;
            self.socket(id, socket);
        }
        let mut writable = BTreeSet::new();
        while let Some(conn) = self.nodes[id].bgp.poll_writable() {
            writable.insert(conn);
        }
        for conn in writable {
            moved |= self.write(id, conn);
        }
        moved
    }

    fn socket(&mut self, id: NodeId, socket: Socket) {
        match socket {
            Socket::Connect(connect) => {
                let remote = connect.remote;
                let Some(local) = connect.local.or_else(|| self.source(id, remote.ip())) else {
                    self.nodes[id].bgp.handle_closed(self.now, connect.conn, Closed::Unreachable);
                    return;
                };
                self.counter += 1;
                let local = SocketAddr::new(local, 30_000 + (self.counter % 30_000) as u16);
                let delay = self.delay();
                let syn = Later::Syn { from: id, conn: connect.conn, local, remote, delay };
                self.schedule(self.now + delay, syn);
            }
            Socket::Close { conn, reset } => {
                let Some((key, end)) = self.find(id, conn) else { return };
                let pipe = self.pipes.get_mut(&key).unwrap();
                pipe.ends[end].open = false;
                pipe.halves[end].finished = true;
                if reset {
                    pipe.halves[end].flying.clear();
                }
                let other = &pipe.ends[1 - end];
                let last = pipe.halves[end].flying.back().map_or(self.now, |(at, _)| *at);
                let at = last.max(self.now + pipe.delay);
                let why = if reset { Closed::Reset } else { Closed::Finished };
                let later = Later::Closed { node: other.node, conn: other.conn, why };
                self.schedule(at, later);
            }
        }
    }

    fn source(&self, id: NodeId, remote: IpAddr) -> Option<IpAddr> {
        let ports = self.nodes[id].ports.values().filter(|p| p.up);
        let on = |a: &&IfAddr| a.network().contains(remote);
        ports.flat_map(|p| p.addresses.iter()).find(on).map(|a| a.addr())
    }

    fn find(&self, id: NodeId, conn: ConnId) -> Option<(u64, usize)> {
        self.pipes.iter().find_map(|(key, pipe)| {
            let end = pipe.ends.iter().position(|e| e.open && e.node == id && e.conn == conn)?;
            Some((*key, end))
        })
    }

    fn write(&mut self, id: NodeId, conn: ConnId) -> bool {
        let Some((key, end)) = self.find(id, conn) else { return false };
        let pipe = self.pipes.get_mut(&key).unwrap();
        let half = &mut pipe.halves[end];
        let used: usize = half.flying.iter().map(|(_, b)| b.len()).sum::<usize>() + half.arrived.len();
        let mut out = BytesMut::new();
        self.nodes[id].bgp.fill(self.now, conn, WINDOW.saturating_sub(used), &mut out);
        if out.is_empty() {
            return false;
        }
        self.sent += out.len() as u64;
        // Networks are never in step: up to a tenth more, in order all the same.
        let delay = pipe.delay + self.rng.between(Duration::ZERO, pipe.delay / 10);
        let last = half.flying.back().map_or(self.now, |(at, _)| *at);
        half.flying.push_back((last.max(self.now + delay), out.to_vec()));
        true
    }

    fn later(&mut self, later: Later) {
        match later {
            Later::Syn { from, conn, local, remote, delay } => {
                let refused = |net: &mut Net, why| {
                    let later = Later::Closed { node: from, conn, why };
                    net.schedule(net.now + delay, later);
                };
                if !self.passes(from, remote.ip()) {
                    // Nobody answers.
                    let later = Later::Closed { node: from, conn, why: Closed::TimedOut };
                    self.schedule(self.now + Duration::from_secs(60), later);
                    return;
                }
                let Some(to) = self.owner(remote.ip()) else { return refused(self, Closed::Refused) };
                if self.nodes[to].bgp.accepts(remote.ip(), local.ip(), None).is_none() {
                    return refused(self, Closed::Refused);
                }
                let now = self.now;
                let Some(theirs) = self.nodes[to].bgp.accept(now, remote, local, None) else {
                    return refused(self, Closed::Refused);
                };
                self.counter += 1;
                let key = self.counter;
                let ends = [
                    End { node: from, conn, address: local, open: true },
                    End { node: to, conn: theirs, address: remote, open: true },
                ];
                self.pipes.insert(key, Pipe { ends, halves: Default::default(), delay });
                self.schedule(now + delay, Later::Connected { pipe: key, end: 0 });
                self.schedule(now + delay * 2, Later::Connected { pipe: key, end: 1 });
            }
            Later::Connected { pipe, end } => {
                let Some(pipe) = self.pipes.get(&pipe) else { return };
                let (own, other) = (&pipe.ends[end], &pipe.ends[1 - end]);
                if own.open {
                    let (node, conn, local, remote) = (own.node, own.conn, own.address, other.address);
                    self.nodes[node].bgp.handle_connected(self.now, conn, local, remote);
                }
            }
            Later::Closed { node, conn, why } => {
                self.deliver();
                if let Some((key, end)) = self.find(node, conn) {
                    let pipe = self.pipes.get_mut(&key).unwrap();
                    pipe.ends[end].open = false;
                }
                self.nodes[node].bgp.handle_closed(self.now, conn, why);
            }
        }
        self.pipes.retain(|_, p| p.ends.iter().any(|e| e.open));
    }

    /// Bytes that have arrived are offered, those refused before as well.
    fn deliver(&mut self) -> bool {
        let mut moved = false;
        let keys: Vec<u64> = self.pipes.keys().copied().collect();
        for key in keys {
            for from in 0..2 {
                let Some(pipe) = self.pipes.get_mut(&key) else { continue };
                let (node, conn) = (pipe.ends[1 - from].node, pipe.ends[1 - from].conn);
                let sender = pipe.ends[from].address.ip();
                let open = pipe.ends[1 - from].open;
                if !self.passes(node, sender) {
                    continue;
                }
                let pipe = self.pipes.get_mut(&key).unwrap();
                let half = &mut pipe.halves[from];
                while half.flying.front().is_some_and(|(at, _)| *at <= self.now) {
                    let (_, bytes) = half.flying.pop_front().unwrap();
                    half.arrived.extend_from_slice(&bytes);
                    moved = true;
                }
                if !open {
                    // RST: nobody is there.
                    if !half.arrived.is_empty() && pipe.ends[from].open {
                        half.arrived.clear();
                        let (node, conn) = (pipe.ends[from].node, pipe.ends[from].conn);
                        let later = Later::Closed { node, conn, why: Closed::Reset };
                        let at = self.now + pipe.delay;
                        self.schedule(at, later);
                    }
                    continue;
                }
                if half.arrived.is_empty() {
                    continue;
                }
                let taken = self.nodes[node].bgp.handle_stream(self.now, conn, &half.arrived);
                half.arrived.advance(taken);
                moved |= taken > 0;
                let sender = (pipe.ends[from].node, pipe.ends[from].conn);
                self.write(sender.0, sender.1);
            }
        }
        moved
    }

    /// The next instant at which something happens.
    fn next(&self) -> Option<Instant> {
        let pipes = self
            .pipes
            .values()
            .flat_map(|p| p.halves.iter().filter_map(|h| h.flying.front().map(|(at, _)| *at)));
        let nodes = self.nodes.iter().filter_map(|n| n.bgp.next_timeout());
        let later = self.later.keys().next().map(|(at, _)| *at);
        pipes.chain(nodes).chain(later).min()
    }

    /// One instant.
    pub fn step(&mut self) -> bool {
        self.pump();
        let Some(at) = self.next() else { return false };
        // At least a microsecond passes: a cut cable may hold bytes that are long due.
        self.now = if at > self.now { at } else { self.now + Duration::from_micros(1) };
        while let Some(((at, _), _)) = self.later.first_key_value()
            && *at <= self.now
        {
            let (_, later) = self.later.pop_first().unwrap();
            self.later(later);
            self.pump();
        }
        self.deliver();
        for node in &mut self.nodes {
            if node.bgp.next_timeout().is_some_and(|t| t <= self.now) {
                node.bgp.handle_timeout(self.now);
            }
        }
        self.pump();
        true
    }

    /// Runs for a while.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        self.run_until(end);
    }

    pub fn run_until(&mut self, end: Instant) {
        self.pump();
        while self.next().is_some_and(|at| at <= end) && self.now <= end {
            self.step();
        }
        self.now = self.now.max(end);
    }

    /// Runs until the condition holds; how long that took. Panics after `within`.
    pub fn until(&mut self, within: Duration, what: &str, holds: impl Fn(&Net) -> bool) -> Duration {
        let start = self.now;
        self.pump();
        while !holds(self) {
            assert!(self.now < start + within, "not within {within:?}: {what}");
            assert!(self.step(), "nothing happens any more, and still not: {what}");
        }
        self.now.since(start)
    }

    /// No route has changed for `quiet`. How long until the last change; panics after `within`.
    pub fn settle(&mut self, quiet: Duration, within: Duration) -> Duration {
        let start = self.now;
        let mut last = self.now;
        let mut seen = self.total_changes();
        self.pump();
        loop {
            let next = self.next();
            if next.is_none_or(|at| at > last + quiet) {
                self.now = last + quiet;
                return last.since(start);
            }
            assert!(self.now < start + within, "routes still change after {within:?}");
            self.step();
            let total = self.total_changes();
            if total != seen {
                (seen, last) = (total, self.now);
            }
        }
    }

    pub fn total_changes(&self) -> u64 {
        self.nodes.iter().flat_map(|n| n.changes.values()).map(|c| u64::from(*c)).sum()
    }

    pub fn has(&self, node: NodeId, prefix: &str) -> bool {
        self.nodes[node].routes.contains_key(&prefix.parse().unwrap())
    }
}

/// The AS path of the best path of a prefix.
pub fn path_of(bgp: &Bgp, prefix: &Prefix) -> Option<Vec<u32>> {
    let table = bgp.table();
    let best = table.best(Family::of(prefix.is_v4()), table.dest(prefix)?)?;
    Some(table.attrs.get(best.used).as_path().asns().collect())
}

/// The loopback of a node.
pub fn loopback(id: NodeId) -> Ipv4Addr {
    Ipv4Addr::new(10, 255, (id / 250) as u8, (id % 250) as u8 + 1)
}

pub const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A router that announces these networks whether the RIB has them or not, and lets everything in and out.
pub fn config(asn: u32, id: NodeId, networks: &[&str]) -> Config {
    let mut config = Config::new(asn);
    config.router_id = Some(loopback(id));
    config.ebgp_requires_policy = false;
    config.network_import_check = false;
    for network in networks {
        let prefix: fib::Prefix = network.parse().unwrap();
        let family = config.families.entry(Family::of(prefix.is_v4())).or_default();
        family.networks.insert(prefix, NetworkConfig::default());
    }
    config
}

pub fn neighbor(asn: u32) -> NeighborConfig {
    NeighborConfig { remote_as: Some(RemoteAs::Number(asn)), ..NeighborConfig::default() }
}

/// Makes two routers external peers over a link of their own.
pub fn peer(net: &mut Net, a: NodeId, b: NodeId) -> usize {
    let (at_a, at_b) = net.link(a, b);
    let (as_a, as_b) = (net.nodes[a].bgp.config().asn, net.nodes[b].bgp.config().asn);
    net.change(a, |c| drop(c.neighbors.insert(PeerKey::Address(at_b), neighbor(as_b))));
    net.change(b, |c| drop(c.neighbors.insert(PeerKey::Address(at_a), neighbor(as_a))));
    net.links.len() - 1
}

/// Makes two routers internal peers over their loopbacks.
pub fn internal(net: &mut Net, a: NodeId, b: NodeId, metric: u32) {
    let asn = net.nodes[a].bgp.config().asn;
    for (here, there) in [(a, b), (b, a)] {
        net.reach(here, loopback(there).into(), Some(metric));
        net.change(here, |c| {
            let source = Some(UpdateSource::Address(loopback(here).into()));
            let peer = NeighborConfig { update_source: source, ..neighbor(asn) };
            c.neighbors.insert(PeerKey::Address(IpAddr::V4(loopback(there))), peer);
        });
    }
}

/// A policy section as in a configuration file.
pub fn policy(yaml: &str) -> Policy {
    Policy::new(serde_yaml::from_str(yaml).unwrap())
}
