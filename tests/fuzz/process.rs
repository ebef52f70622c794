//! A whole OSPF process under random packets, time, links and configuration: real packets with changes, their checksums
//! made right again, said by strangers and in the name of its neighbor.

use crate::Budget;
use ::ospf::config::{Config, Network, NetworkType};
use ::ospf::show::{DatabaseQuery, NeighborQuery, NeighborState};
use ::ospf::wire::{ALL_SPF_ROUTERS, packet};
use ::ospf::{AreaId, Datagram, Ospf, Port};
use bytes::Bytes;
use core::net::Ipv4Addr;
use core::time::Duration;
use fib::{Instant, PortId};
use proto::{Machine, Rng};
use std::sync::Arc;
use tests::mutate::Mutator;

/// Inputs between two looks at whether the neighbor is served.
const CALM: u64 = 500;

struct Scene {
    now: Instant,
    /// The victim and its honest neighbor.
    nodes: [Ospf; 2],
    rng: Rng,
    /// What both said.
    said: Vec<Datagram>,
    /// On port 1 there is a cable to the neighbor, on port 2 strangers alone.
    up: bool,
}

fn config(n: u8) -> Config {
    let mut config = Config {
        router_id: Some(Ipv4Addr::new(n, n, n, n)),
        networks: vec![Network { prefix: "10.0.0.0/8".parse().expect("a prefix"), area: AreaId(0) }],
        ..Config::default()
    };
    config.interfaces.entry("eth1".into()).or_default().network = Some(NetworkType::PointToPoint);
    config
}

fn port(id: u32, n: u8, up: bool) -> Port {
    let address = match id {
        9 => format!("10.9.{n}.1/24"),
        _ => format!("10.0.{id}.{n}/24"),
    };
    Port {
        id: PortId(id),
        name: format!("eth{id}"),
        up,
        mtu: 1500,
        addresses: vec![address.parse().expect("an address")],
        loopback: false,
        bandwidth: 10_000,
    }
}

impl Scene {
    fn new(seed: u64) -> Scene {
        let start = |n: u8| Ospf::new(Instant::ZERO, config(n), Arc::default(), seed + u64::from(n));
        let nodes = [start(1), start(2)];
        let mut scene =
            Scene { now: Instant::ZERO, nodes, rng: Rng::fork(seed, "scene"), said: Vec::new(), up: true };
        for (node, n) in [(0, 1), (1, 2)] {
            for id in [1, 2, 9] {
                scene.nodes[node].set_port(scene.now, port(id, n, true));
            }
        }
        scene.pass(Duration::from_secs(60));
        scene
    }

    /// Lets time pass, the cable between the two working.
    fn pass(&mut self, how_long: Duration) {
        let end = self.now + how_long;
        loop {
            self.exchange();
            let due = self.nodes.iter().filter_map(Machine::next_timeout).min().filter(|at| *at <= end);
            let Some(due) = due else { break };
            self.now = self.now.max(due);
            for node in &mut self.nodes {
                node.handle_timeout(self.now);
            }
        }
        self.now = end;
    }

    fn exchange(&mut self) {
        for _ in 0..10_000 {
            let mut any = false;
            for (from, to) in [(0, 1), (1, 0)] {
                while self.nodes[from].poll_event().is_some() {}
                while self.nodes[from].poll_echo().is_some() {}
                while let Some(datagram) = self.nodes[from].poll_transmit() {
                    any = true;
                    if datagram.port == Some(PortId(1)) && self.up {
                        self.nodes[to].handle_packet(self.now, &datagram);
                    }
                    if self.said.len() < 400 {
                        self.said.push(datagram);
                    }
                }
            }
            if !any {
                return;
            }
        }
        panic!("they talk without end");
    }

    fn stir(&mut self, mutator: &mut Mutator) {
        match self.rng.below(20) {
            0 => {
                self.up = !self.up;
                self.nodes[0].set_port(self.now, port(1, 1, self.up));
                self.nodes[1].set_port(self.now, port(1, 2, self.up));
            }
            1 => {
                let pause = self.rng.between(Duration::ZERO, Duration::from_secs(20));
                self.pass(pause);
            }
            2 => self.pass(Duration::from_millis(300)),
            _ => self.attack(mutator),
        }
        self.exchange();
    }

    fn attack(&mut self, mutator: &mut Mutator) {
        let mut bytes = if self.rng.chance(0.5) {
            mutator.make()
        } else {
            // What was said of late, with a byte or two changed.
            let at = usize::try_from(self.rng.below(self.said.len() as u64)).unwrap_or(0);
            let mut bytes = self.said[at].payload.to_vec();
            for _ in 0..self.rng.below(3) {
                let at = usize::try_from(self.rng.below(bytes.len() as u64)).unwrap_or(0);
                bytes[at] ^= 1 << self.rng.below(8);
            }
            bytes
        };
        repair(&mut bytes);
        let (id, last) = if self.rng.chance(0.5) { (1, 2) } else { (2, 66) };
        let datagram = Datagram {
            port: Some(PortId(id)),
            source: Ipv4Addr::new(10, 0, u8::try_from(id).unwrap_or(0), last),
            destination: ALL_SPF_ROUTERS,
            payload: Bytes::from(bytes),
        };
        self.nodes[0].handle_packet(self.now, &datagram);
    }

    /// All is quiet: the neighbor is served, and little is kept of what was.
    fn judge(&mut self) {
        self.up = true;
        self.nodes[0].set_port(self.now, port(1, 1, true));
        self.nodes[1].set_port(self.now, port(1, 2, true));
        self.pass(Duration::from_secs(120));
        let query = NeighborQuery { all: true, ..NeighborQuery::default() };
        let neighbors = self.nodes[0].neighbors(self.now, &query).neighbors;
        let two =
            neighbors.iter().find(|n| n.router_id == Ipv4Addr::new(2, 2, 2, 2) && n.interface == "eth1");
        assert!(two.is_some_and(|n| n.state == NeighborState::Full), "{neighbors:?}");
        assert!(neighbors.len() < 400);
        let lsas = self.nodes[0].database(self.now, &DatabaseQuery::default()).lsas;
        assert!(lsas.len() < 5_000, "{}", lsas.len());
        let beyond = "10.9.2.0/24".parse().expect("a prefix");
        assert!(self.nodes[0].routes().networks.iter().any(|r| r.prefix == beyond), "no way to the neighbor");
        self.said.clear();
        self.pass(Duration::from_secs(20));
    }
}

/// Makes the length and the checksum right, so that what lies behind them is reached.
fn repair(bytes: &mut [u8]) {
    let Ok(length) = u16::try_from(bytes.len()) else { return };
    if bytes.len() < packet::HEADER {
        return;
    }
    bytes[0] = 2;
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    // The backbone, without authentication.
    bytes[8..16].fill(0);
    bytes[16..24].fill(0);
    let words = bytes.chunks(2).map(|c| u32::from(c[0]) << 8 | c.get(1).map_or(0, |b| u32::from(*b)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let checksum = !u16::try_from(sum).unwrap_or(0);
    bytes[12..14].copy_from_slice(&checksum.to_be_bytes());
}

/// The target.
pub fn instance(budget: &Budget) {
    let mut scene = Scene::new(budget.seed);
    let corpus = scene.said.iter().map(|d| d.payload.to_vec()).collect();
    let mut mutator = Mutator::new(budget.seed, corpus);
    budget.spend("ospf_instance", |input| {
        scene.stir(&mut mutator);
        if input % CALM == CALM - 1 {
            scene.judge();
        }
    });
}
