//! The lab itself: nodes, cables, and one queue of what happens when.
//!
//! Time only moves here, from event to event; `run_until` takes it as far as the caller likes, whether the caller is a
//! test in virtual time or a thread that follows the wall clock. Events are totally ordered by (time, number), so a
//! run is a function of topology, seed and what is done to it. What an operator does is in `operate.rs`, what can be
//! asked in `observe.rs`.

use super::cable::{Cable, Fate, Side};
use super::record::Recorder;
use super::switch::{Forward, Switch};
use super::topology::{Role, Topology};
use super::view::Camera;
use crate::{PortInfo, Router};
use bytes::BytesMut;
use cli::reply::LogLine;
use core::cmp::Reverse;
use core::time::Duration;
use fib::{Frame, Instant, PortId};
use proto::Rng;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

/// Log lines kept for whoever follows them.
const MAX_LOG: usize = 10_000;
/// The step of a node whose timer is always already due.
const LEAST_STEP: Duration = Duration::from_micros(1);

/// A running network.
pub struct Lab {
    pub(super) topology: Topology,
    pub(super) seed: u64,
    pub(super) now: Instant,
    pub(super) nodes: Vec<Node>,
    pub(super) cables: Vec<Wire>,
    pub(super) recorder: Recorder,
    queue: BinaryHeap<Reverse<Entry>>,
    sequence: u64,
    log: Option<VecDeque<(usize, LogLine)>>,
    /// Whoever films the run.
    pub(super) camera: Option<Box<Camera>>,
    /// Who knows the routers, where they are elsewhere.
    pub(super) far: Option<Box<dyn super::far::Far>>,
}

/// A node of the running network.
pub(super) struct Node {
    pub name: String,
    pub engine: Engine,
    /// Lab time at which it was switched on: its own clock starts there.
    pub boot: Instant,
    /// How often it was switched on.
    pub boots: u32,
    /// In the order of the topology's links.
    pub interfaces: Vec<Interface>,
    /// When its timer event fires; later events of an older number are void.
    timer: Option<Instant>,
    generation: u64,
    /// What its tables were, and as of when: boots and [`Router::tables_epoch`].
    pub fingerprint: Option<((u32, u64), u64)>,
    /// How often something happened to it.
    pub touched: u64,
}

/// What moves a node.
pub(super) enum Engine {
    /// A router, or a host: the same with forwarding off.
    Router(Box<Router>),
    /// A LAN.
    Switch(Switch),
    /// Killed, or foreign.
    Off,
}

/// A node's end of a cable.
pub(super) struct Interface {
    pub name: String,
    pub mac: [u8; 6],
    pub mtu: u16,
    pub cable: usize,
    pub side: Side,
    /// The router's name for it, once added.
    pub port: PortId,
}

/// A cable and what is plugged into it: (node, interface) on both sides.
pub(super) struct Wire {
    pub cable: Cable,
    pub ends: [(usize, usize); 2],
}

impl Wire {
    /// Who is at `side`.
    pub fn end(&self, side: Side) -> (usize, usize) {
        let [a, b] = self.ends;
        match side {
            Side::A => a,
            Side::B => b,
        }
    }
}

struct Entry {
    at: Instant,
    number: u64,
    event: Event,
}

enum Event {
    Wake { node: usize },
    Timer { node: usize, generation: u64 },
    Arrival { cable: usize, from: Side, epoch: u32, frame: BytesMut },
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        (self.at, self.number) == (other.at, other.number)
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> core::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl Lab {
    /// Switches the whole network on at time zero. Fails when a node cannot run in this process.
    pub fn new(topology: Topology, seed: u64) -> Result<Lab, String> {
        if let Some((node, image)) = topology.foreign().next() {
            return Err(format!(
                "node {node} runs `{image}`, which is no part of this process: it needs namespaces or containers"
            ));
        }
        Ok(Lab::wired(topology, seed))
    }

    /// A network in which no time passes and where what cannot run in this process stays switched off: a picture of one
    /// that runs elsewhere, for its wiring and configurations.
    pub(super) fn still(topology: Topology) -> Lab {
        let mut lab = Lab::wired(topology, 0);
        lab.run_until(Instant::ZERO);
        lab
    }

    fn wired(topology: Topology, seed: u64) -> Lab {
        let mut lab = Lab {
            seed,
            now: Instant::ZERO,
            nodes: Vec::new(),
            cables: Vec::new(),
            recorder: Recorder::new(
                topology.links.iter().flat_map(|l| &l.ends).map(|e| topology.end_name(e)).collect(),
            ),
            queue: BinaryHeap::new(),
            sequence: 0,
            log: None,
            camera: None,
            far: None,
            topology,
        };
        lab.wire_up();
        for node in 0..lab.nodes.len() {
            lab.boot(node);
            // What they say at once is said when time begins to run, so that a trace begun now misses nothing.
            lab.push(Instant::ZERO, Event::Wake { node });
        }
        lab
    }

    fn wire_up(&mut self) {
        for node in &self.topology.nodes {
            self.nodes.push(Node {
                name: node.name.clone(),
                engine: Engine::Off,
                boot: Instant::ZERO,
                boots: 0,
                interfaces: Vec::new(),
                timer: None,
                generation: 0,
                fingerprint: None,
                touched: 0,
            });
        }
        for (index, link) in self.topology.links.iter().enumerate() {
            let mut ends = [(0, 0); 2];
            for ((end, side), place) in link.ends.iter().zip([Side::A, Side::B]).zip(&mut ends) {
                let Some(node) = self.nodes.get_mut(end.node) else { continue };
                let mac = end.mac.unwrap_or_else(|| mac(&self.topology.end_name(end)));
                *place = (end.node, node.interfaces.len());
                node.interfaces.push(Interface {
                    name: end.interface.clone(),
                    mac,
                    mtu: link.mtu,
                    cable: index,
                    side,
                    port: PortId(0),
                });
            }
            let label = link.ends.each_ref().map(|e| self.topology.end_name(e)).join(" ");
            self.cables.push(Wire { cable: Cable::new(link.impairments, self.seed, &label), ends });
        }
    }

    /// Switches a node on, with the configuration of the topology. Nobody is told and nothing is sent yet.
    pub(super) fn boot(&mut self, index: usize) {
        let now = self.now;
        let carriers: Vec<bool> = self.carriers(index);
        let Some(role) = self.topology.nodes.get(index).map(|n| &n.role) else { return };
        let Some(node) = self.nodes.get_mut(index) else { return };
        node.boots += 1;
        node.boot = now;
        node.engine = match role {
            Role::Switch => Engine::Switch(Switch::default()),
            Role::Foreign(_) => Engine::Off,
            Role::Router(config) | Role::Host(config) => {
                let label = format!("node {} boot {}", node.name, node.boots);
                let seed = Rng::fork(self.seed, &label).bits();
                let mut router = Router::new(Config::clone(config), seed);
                for (interface, carrier) in node.interfaces.iter_mut().zip(carriers) {
                    interface.port = router.add_port(Instant::ZERO, interface.info(carrier));
                }
                Engine::Router(Box::new(router))
            }
        };
    }

    /// Whether each interface of a node has a carrier.
    pub(super) fn carriers(&self, index: usize) -> Vec<bool> {
        let Some(node) = self.nodes.get(index) else { return Vec::new() };
        node.interfaces.iter().map(|i| self.carrier(i)).collect()
    }

    /// A carrier needs a plugged cable and a live device at the other end. All nodes get power at once when the lab
    /// starts, so one that has not booted yet is not dead.
    fn carrier(&self, interface: &Interface) -> bool {
        let Some(wire) = self.cables.get(interface.cable) else { return false };
        let far = wire.end(interface.side.other()).0;
        let alive = self.nodes.get(far).is_some_and(|n| n.boots == 0 || !matches!(n.engine, Engine::Off));
        wire.cable.is_up() && alive
    }

    /// Tells both ends of a node's cables what their carrier is now.
    pub(super) fn tell_carriers(&mut self, index: usize) {
        let cables: Vec<usize> =
            self.nodes.get(index).map(|n| n.interfaces.iter().map(|i| i.cable).collect()).unwrap_or_default();
        for cable in cables {
            self.tell_carrier(cable);
        }
    }

    /// Tells both ends of a cable what their carrier is now.
    pub(super) fn tell_carrier(&mut self, cable: usize) {
        let Some(ends) = self.cables.get(cable).map(|w| w.ends) else { return };
        for (index, interface) in ends {
            let Some(&up) = self.carriers(index).get(interface) else { continue };
            let now = self.now;
            let Some(node) = self.nodes.get_mut(index) else { continue };
            let local = node.local(now);
            let Some(port) = node.interfaces.get(interface).map(|i| i.port) else { continue };
            match &mut node.engine {
                Engine::Router(router) => router.handle_carrier(local, port, up),
                Engine::Switch(switch) if !up => switch.forget(interface),
                Engine::Switch(_) | Engine::Off => {}
            }
            self.touch(index, false);
        }
    }

    /// What a node has to say after it was touched: its frames go on their cables, its next timer into the queue.
    pub(super) fn touch(&mut self, index: usize, by_timer: bool) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(index) else { return };
        node.touched += 1;
        let boot = node.boot;
        let mut sent: Vec<(usize, Side, BytesMut)> = Vec::new();
        let mut wanted = None;
        if let Engine::Router(router) = &mut node.engine {
            while let Some((port, frame)) = router.poll_transmit() {
                if let Some(i) = node.interfaces.iter().find(|i| i.port == port) {
                    sent.push((i.cable, i.side, frame.data));
                }
            }
            while let Some(mut line) = router.poll_log() {
                line.at = boot + line.at.since(Instant::ZERO);
                self.recorder.log(line.at, &node.name, &line.notice);
                if let Some(log) = &mut self.log {
                    if log.len() >= MAX_LOG {
                        log.pop_front();
                    }
                    log.push_back((index, line));
                }
            }
            wanted = router.next_timeout().map(|t| (boot + t.since(Instant::ZERO)).max(now));
        }
        // A timer that is due again the moment it was served must not stop the clock.
        if by_timer && wanted.is_some_and(|t| t <= now) {
            wanted = Some(now + LEAST_STEP);
        }
        if wanted != node.timer {
            node.timer = wanted;
            node.generation += 1;
            if let Some(at) = wanted {
                let generation = node.generation;
                self.push(at, Event::Timer { node: index, generation });
            }
        }
        for (cable, side, frame) in sent {
            self.transmit(cable, side, frame);
        }
    }

    fn transmit(&mut self, cable: usize, from: Side, frame: BytesMut) {
        let now = self.now;
        let Some(wire) = self.cables.get_mut(cable) else { return };
        let fate = wire.cable.send(now, from, frame.len());
        let epoch = wire.cable.epoch();
        let (end, far) = (cable * 2 + usize::from(from == Side::B), cable * 2 + usize::from(from == Side::A));
        self.recorder.frame(now, end, far, &fate, &frame);
        if let Fate::Arrives(at, again) = fate {
            if let Some(again) = again {
                self.push(again, Event::Arrival { cable, from, epoch, frame: frame.clone() });
            }
            self.push(at, Event::Arrival { cable, from, epoch, frame });
        }
    }

    fn push(&mut self, at: Instant, event: Event) {
        self.sequence += 1;
        self.queue.push(Reverse(Entry { at, number: self.sequence, event }));
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Wake { node } => self.touch(node, false),
            Event::Timer { node: index, generation } => {
                let now = self.now;
                let Some(node) = self.nodes.get_mut(index) else { return };
                if node.generation != generation {
                    return;
                }
                node.timer = None;
                let local = node.local(now);
                if let Engine::Router(router) = &mut node.engine {
                    router.handle_timeout(local);
                }
                self.touch(index, true);
            }
            Event::Arrival { cable, from, epoch, frame } => {
                let Some(wire) = self.cables.get_mut(cable) else { return };
                if wire.cable.epoch() != epoch {
                    return;
                }
                wire.cable.arrived(from);
                let (node, interface) = wire.end(from.other());
                self.deliver(node, interface, frame);
            }
        }
    }

    fn deliver(&mut self, index: usize, interface: usize, frame: BytesMut) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(index) else { return };
        let local = node.local(now);
        match &mut node.engine {
            Engine::Off => {}
            Engine::Router(router) => {
                if let Some(i) = node.interfaces.get(interface) {
                    router.handle_frame(local, i.port, Frame::new(frame));
                    self.touch(index, false);
                }
            }
            Engine::Switch(switch) => {
                let forward = switch.handle_frame(now, interface, &frame);
                let out: Vec<(usize, Side)> = node
                    .interfaces
                    .iter()
                    .enumerate()
                    .filter(|(n, _)| match forward {
                        Forward::Port(port) => *n == port,
                        Forward::Flood => *n != interface,
                        Forward::Nowhere => false,
                    })
                    .map(|(_, i)| (i.cable, i.side))
                    .collect();
                for (cable, side) in out {
                    self.transmit(cable, side, frame.clone());
                }
            }
        }
    }

    /// Lab time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The seed everything random in the lab grows from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The network as described.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// When something happens next.
    pub fn next_event(&mut self) -> Option<Instant> {
        while let Some(Reverse(entry)) = self.queue.peek() {
            let void = match &entry.event {
                Event::Wake { .. } => false,
                Event::Timer { node, generation } => {
                    self.nodes.get(*node).is_none_or(|n| n.generation != *generation)
                }
                Event::Arrival { cable, epoch, .. } => {
                    self.cables.get(*cable).is_none_or(|w| w.cable.epoch() != *epoch)
                }
            };
            if !void {
                return Some(entry.at);
            }
            self.queue.pop();
        }
        None
    }

    /// Goes to the next instant at which something happens and lets all of it happen. `None`: nothing ever will.
    pub fn step(&mut self) -> Option<Instant> {
        let at = self.next_event()?;
        self.run_until(at);
        Some(at)
    }

    /// Lets everything up to and including `until` happen; then it is `until`.
    pub fn run_until(&mut self, until: Instant) {
        while let Some(at) = self.next_event().filter(|at| *at <= until) {
            if self.camera.is_some() && at > self.now {
                self.look();
            }
            self.now = self.now.max(at);
            if let Some(Reverse(entry)) = self.queue.pop() {
                self.handle(entry.event);
            }
        }
        if self.camera.is_some() && until > self.now {
            self.look();
        }
        self.now = self.now.max(until);
    }

    /// Lets `d` pass.
    pub fn run_for(&mut self, d: Duration) {
        let until = self.now + d;
        self.run_until(until);
    }

    /// Keeps the routers' log lines from now on, for [`Lab::take_log`].
    pub fn follow_log(&mut self) {
        self.log.get_or_insert_default();
    }

    /// Log lines since the last call: node and line, in lab time.
    pub fn take_log(&mut self) -> Vec<(String, LogLine)> {
        let lines = self.log.as_mut().map(core::mem::take).unwrap_or_default();
        lines.into_iter().filter_map(|(n, l)| Some((self.nodes.get(n)?.name.clone(), l))).collect()
    }
}

impl Node {
    /// The node's own clock.
    pub fn local(&self, now: Instant) -> Instant {
        Instant::ZERO + now.since(self.boot)
    }
}

impl Interface {
    fn info(&self, carrier: bool) -> PortInfo {
        PortInfo {
            name: self.name.clone(),
            altnames: Vec::new(),
            mac: self.mac,
            mtu: self.mtu,
            carrier,
            offload: false,
        }
    }
}

type Config = configs::Config;

/// A locally administered address made from the end's name, so that it is the same in every run.
pub(super) fn mac(end: &str) -> [u8; 6] {
    let [a, b, c, d, ..] = Rng::fork(0, end).bits().to_be_bytes();
    [0x02, 0xc1, a, b, c, d]
}

/// Names of interfaces by node, for messages.
pub(super) fn interface_names(node: &Node) -> BTreeMap<&str, usize> {
    node.interfaces.iter().enumerate().map(|(n, i)| (i.name.as_str(), n)).collect()
}
