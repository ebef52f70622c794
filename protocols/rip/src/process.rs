//! The RIP process: what the router calls, and what time does.
//!
//! Reading order: `table.rs` decides about one piece of news; `receive.rs` turns packets into news, `originate.rs`
//! says what is our own, `learn.rs` carries decisions out, `advertise.rs` tells the neighbors.

use crate::advertise::Scope;
use crate::counters::Counters;
use crate::interface::Interface;
use crate::neighbor::Neighbors;
use crate::originate::External;
use crate::table::{Path, Table, Via};
use crate::{config::Config, show};
use core::net::Ipv4Addr;
use core::time::Duration;
use fib::{Instant, PortId, Prefix, Protocol};
use policy::Policy;
use proto::{Datagram, Event, Level, Machine, Notice, Port, Redistributed, Rng, Timers};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// UDP port of RIP (RFC 2453 3.1).
pub const UDP_PORT: u16 = 520;
/// The RIPv2 routers group, 224.0.0.9 (RFC 2453 4.5).
pub const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 9);
/// From the start to the first periodic update (FRR's), unless the update timer is shorter.
const FIRST_UPDATE: Duration = Duration::from_secs(2);
/// RFC 2453 3.8: each period is longer or shorter by up to this...
const JITTER: Duration = Duration::from_secs(5);
/// ...but by no more than this part of it (FRR's), for labs with short timers.
const JITTER_PART: u32 = 4;
/// Between triggered updates, at random (RFC 2453 3.10.1).
const DAMPING: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// What time brings. Of two due together the first named here goes first, so that an update tells of a timeout.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A way was not confirmed.
    Timeout(Prefix, Via),
    /// A lost route is forgotten.
    Garbage(Prefix),
    /// Silent neighbors are forgotten.
    Neighbors,
    /// The periodic update.
    Update,
    /// A triggered update is due, or its damping is over.
    Triggered,
}

/// Triggered updates (RFC 2453 3.10.1): at once, then not again for a while.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Trigger {
    Idle,
    /// To be sent when the calls of this instant are over, so that one packet tells of all of them.
    Due,
    /// One was just sent; whether there is something for the next.
    Damping(bool),
}

/// RIP on all ports of one router. Created when `router rip` is configured, dropped after [`Rip::shutdown`].
#[derive(Debug)]
pub struct Rip {
    pub(crate) config: Config,
    pub(crate) policy: Arc<Policy>,
    pub(crate) ports: BTreeMap<PortId, Interface>,
    pub(crate) table: Table,
    pub(crate) external: External,
    pub(crate) neighbors: Neighbors,
    pub(crate) timers: Timers<Timer>,
    pub(crate) counters: Counters,
    pub(crate) output: VecDeque<Datagram>,
    pub(crate) events: VecDeque<Event>,
    /// The last sequence number of a signed packet.
    pub(crate) sequence: u32,
    wall_clock: Option<u64>,
    trigger: Trigger,
    rng: Rng,
    stopped: bool,
}

impl Rip {
    /// A process that knows no port yet. Equal seeds and inputs give equal outputs.
    pub fn new(now: Instant, config: Config, policy: Arc<Policy>, seed: u64) -> Rip {
        let mut rip = Rip {
            config,
            policy,
            ports: BTreeMap::new(),
            table: Table::new(),
            external: External::new(),
            neighbors: Neighbors::default(),
            timers: Timers::new(),
            counters: Counters::default(),
            output: VecDeque::new(),
            events: VecDeque::new(),
            sequence: 0,
            wall_clock: None,
            trigger: Trigger::Idle,
            rng: Rng::fork(seed, "rip"),
            stopped: false,
        };
        rip.timers.set(Timer::Update, now + FIRST_UPDATE.min(rip.period()));
        rip.reconcile_all(now);
        rip
    }

    /// Changes the configuration, touching only what differs. Routes our filters deny from now on go as soon as the
    /// neighbors, who are asked at once, repeat them.
    pub fn apply(&mut self, now: Instant, config: Config, policy: Arc<Policy>) {
        if self.stopped || (config == self.config && policy == self.policy) {
            return;
        }
        let believed = |c: &Config| {
            let lists = (c.distribute_lists.clone(), c.offset_lists.clone(), c.route_maps.clone());
            (lists, c.distance, c.distances.clone(), c.neighbors.clone(), c.version, c.interfaces.clone())
        };
        let ask = believed(&config) != believed(&self.config) || policy != self.policy;
        let before = core::mem::replace(&mut self.config, config);
        self.policy = policy;
        let running = self.running();
        for interface in self.ports.values_mut() {
            *interface = Interface {
                key_complaint: interface.key_complaint.take(),
                ..Interface::new(interface.port.clone(), &self.config)
            };
        }
        if before.timers.update != self.config.timers.update {
            self.schedule_update(now);
        }
        if !self.config.triggered_updates {
            self.calm();
        }
        self.lose_unreachable(now);
        self.limit_paths(now);
        self.reconcile_ports(now, &running, ask);
    }

    /// A port appeared or changed in any way.
    pub fn set_port(&mut self, now: Instant, port: Port) {
        if self.stopped || self.ports.get(&port.id).is_some_and(|i| i.port == port) {
            return;
        }
        let mut running = self.running();
        let id = port.id;
        if self.ports.get(&id).is_some_and(|i| i.port.addresses != port.addresses) {
            // A new address has new neighbors: they are asked too.
            running.retain(|p| *p != id);
        }
        self.ports.insert(id, Interface::new(port, &self.config));
        self.reconcile_ports(now, &running, false);
    }

    /// A port vanished.
    pub fn remove_port(&mut self, now: Instant, port: PortId) {
        let running = self.running();
        if self.ports.remove(&port).is_some() {
            self.reconcile_ports(now, &running, false);
        }
    }

    /// A best route of another protocol came, changed or went. All of them may be handed in: only what
    /// `redistribute` names is used, and what it names later was not lost. To save the memory a router may leave out
    /// what [`Rip::wants`] says no to, if it hands it in when that changes.
    pub fn handle_route(&mut self, now: Instant, route: Redistributed) {
        let prefix = route.prefix;
        if !self.stopped && self.remember(route) {
            self.reconcile(now, prefix);
        }
    }

    /// Whether `redistribute` names this protocol.
    pub fn wants(&self, protocol: Protocol) -> bool {
        self.config.redistribute.contains_key(&protocol)
    }

    /// Unix seconds at [`Instant::ZERO`], for key lifetimes and sequence numbers; `None`: unknown, so keys without
    /// lifetimes are preferred.
    pub fn set_wall_clock(&mut self, offset: Option<u64>) {
        self.wall_clock = offset;
    }

    /// Forgets everything learned and asks again (`clear ip rip`).
    pub fn clear(&mut self, now: Instant) {
        let learned = |(p, e): (&Prefix, &crate::table::Entry)| e.own().is_none().then_some(*p);
        let prefixes: Vec<Prefix> = self.table.iter().filter_map(learned).collect();
        for prefix in prefixes {
            self.collect(prefix);
        }
        for port in self.running() {
            self.ask(now, port);
        }
    }

    /// Tells every neighbor that all routes are unreachable and withdraws everything from the RIB. Nothing
    /// happens afterwards; drain the polls once more, then drop.
    pub fn shutdown(&mut self, now: Instant) {
        if self.stopped {
            return;
        }
        self.update(now, Scope::Farewell);
        let prefixes: Vec<Prefix> = self.table.keys().copied().collect();
        for prefix in prefixes {
            self.collect(prefix);
        }
        self.timers = Timers::new();
        self.stopped = true;
    }

    /// Ports where 224.0.0.9 is joined and UDP port 520 open, in order.
    pub fn joined(&self) -> Vec<PortId> {
        let spoken_on = |i: &&Interface| {
            let neighbor = self.config.neighbors.iter().any(|n| i.connected(*n).is_some());
            !self.stopped && (i.is_running() || (i.is_operative() && neighbor))
        };
        self.ports.values().filter(spoken_on).map(|i| i.port.id).collect()
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// `show ip rip`.
    pub fn table(&self, now: Instant) -> show::Table {
        crate::view::table(self, now)
    }

    /// `show ip rip status`.
    pub fn status(&self, now: Instant) -> show::Status {
        crate::view::status(self, now)
    }

    /// Every counter with its name, in order.
    pub fn counters(&self) -> Vec<(String, u64)> {
        self.counters.list()
    }

    /// Unix seconds now.
    pub(crate) fn wall(&self, now: Instant) -> Option<u64> {
        self.wall_clock.map(|offset| offset.saturating_add(now.as_secs()))
    }

    /// Something changed that neighbors should hear of at once.
    pub(crate) fn trigger(&mut self, now: Instant) {
        if self.stopped || !self.config.triggered_updates {
            return;
        }
        match self.trigger {
            Trigger::Idle => {
                self.trigger = Trigger::Due;
                self.timers.set(Timer::Triggered, now);
            }
            Trigger::Due => {}
            Trigger::Damping(_) => self.trigger = Trigger::Damping(true),
        }
    }

    /// Makes sure silent neighbors are forgotten some time.
    pub(crate) fn expect_expiry(&mut self) {
        if self.timers.get(&Timer::Neighbors).is_none()
            && let Some(at) = self.neighbors.next_expiry(self.timeout())
        {
            self.timers.set(Timer::Neighbors, at);
        }
    }

    pub(crate) fn notice(&mut self, level: Level, topic: &str, words: String) {
        self.events.push_back(Event::Notice(Notice::new(level, topic, words)));
    }

    pub(crate) fn notice_from(&mut self, level: Level, topic: &str, via: Via, words: String) {
        let interface = self.port_name(via.port).to_owned();
        let notice = Notice::new(level, topic, words).with("neighbor", via.from).with("interface", interface);
        self.events.push_back(Event::Notice(notice));
    }

    /// A line for `debug rip ...` about a neighbor.
    pub(crate) fn debug_from(&mut self, topic: &str, via: Via, words: impl FnOnce() -> String) {
        self.notice_from(Level::Debug, topic, via, words());
    }

    pub(crate) fn port_name(&self, port: PortId) -> &str {
        self.ports.get(&port).map_or("unknown", |i| i.port.name.as_str())
    }

    fn running(&self) -> Vec<PortId> {
        self.ports.values().filter(|i| i.is_running()).map(|i| i.port.id).collect()
    }

    /// After ports or configuration changed: what is no longer on a link is lost, what is ours is told, and on
    /// links that are new (or all of them) the neighbors are asked.
    fn reconcile_ports(&mut self, now: Instant, running_before: &[PortId], ask_all: bool) {
        let usable: Vec<Path> = self
            .table
            .values()
            .flat_map(|e| e.paths().iter().copied())
            .filter(|p| self.is_usable(p))
            .collect();
        let usable: std::collections::BTreeSet<(Via, Ipv4Addr)> =
            usable.into_iter().map(|p| (p.via, p.gateway)).collect();
        self.lose_paths(now, |p| !usable.contains(&(p.via, p.gateway)));
        self.reconcile_all(now);
        let ports: Vec<PortId> = self.ports.keys().copied().collect();
        self.neighbors.expire(now, Duration::MAX, |via| ports.binary_search(&via.port).is_ok());
        for port in self.joined() {
            let new = !running_before.contains(&port);
            if new {
                let name = self.port_name(port).to_owned();
                self.notice(Level::Debug, "rip events", format!("{name}: running"));
            }
            if new || ask_all {
                self.ask(now, port);
            }
        }
    }

    /// Whether the neighbor and the gateway of a path are still on the link.
    fn is_usable(&self, path: &Path) -> bool {
        self.ports.get(&path.via.port).is_some_and(|i| {
            let heard = i.is_running() || self.config.neighbors.contains(&path.via.from);
            heard
                && i.is_operative()
                && i.connected(path.via.from).is_some()
                && i.connected(path.gateway).is_some()
        })
    }

    /// With a lower infinity some routes are beyond it.
    fn lose_unreachable(&mut self, now: Instant) {
        let infinity = self.infinity();
        let far: Vec<Prefix> = self
            .table
            .iter()
            .filter(|(_, e)| e.lost.is_none() && e.metric >= infinity)
            .map(|(p, _)| *p)
            .collect();
        for prefix in far {
            self.lose(now, prefix);
        }
        for entry in self.table.values_mut().filter(|e| e.lost.is_some()) {
            entry.metric = infinity;
        }
    }

    /// With a lower `allow-ecmp` some ways are too many.
    fn limit_paths(&mut self, now: Instant) {
        let limit = self.maximum_paths();
        let extra: Vec<(Prefix, Via)> = self
            .table
            .iter()
            .flat_map(|(prefix, e)| e.paths().iter().skip(limit).map(|p| (*prefix, p.via)))
            .collect();
        for (prefix, via) in extra {
            self.lose_path(now, prefix, via);
        }
    }

    fn period(&self) -> Duration {
        Duration::from_secs(u64::from(self.config.timers.update.max(1)))
    }

    fn schedule_update(&mut self, now: Instant) {
        let period = self.period();
        let jitter = JITTER.min(period / JITTER_PART);
        let wait = self.rng.between(period.saturating_sub(jitter), period.saturating_add(jitter));
        self.timers.set(Timer::Update, now + wait);
    }

    fn calm(&mut self) {
        self.trigger = Trigger::Idle;
        self.timers.stop(&Timer::Triggered);
    }

    fn triggered(&mut self, now: Instant) {
        if self.trigger == Trigger::Damping(false) {
            self.trigger = Trigger::Idle;
            return;
        }
        self.update(now, Scope::Changed);
        self.trigger = Trigger::Damping(false);
        let (low, high) = DAMPING;
        let wait = self.rng.between(low, high);
        self.timers.set(Timer::Triggered, now + wait);
    }

    fn fire(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Timeout(prefix, via) => self.lose_path(now, prefix, via),
            Timer::Garbage(prefix) => self.collect(prefix),
            Timer::Neighbors => {
                let timeout = self.timeout();
                self.neighbors.expire(now, timeout, |_| true);
                self.expect_expiry();
            }
            Timer::Update => {
                self.update(now, Scope::All);
                // 3.10.1: a regular update makes a triggered one superfluous; the pause between those goes on.
                match self.trigger {
                    Trigger::Damping(_) => self.trigger = Trigger::Damping(false),
                    Trigger::Due | Trigger::Idle => self.calm(),
                }
                self.schedule_update(now);
            }
            Timer::Triggered => self.triggered(now),
        }
    }
}

impl Machine for Rip {
    type Input<'a> = &'a Datagram;
    type Output = Datagram;

    fn handle_packet(&mut self, now: Instant, input: &Datagram) {
        if !self.stopped {
            self.receive(now, input);
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop(now) {
            self.fire(now, timer);
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    fn poll_transmit(&mut self) -> Option<Datagram> {
        self.output.pop_front()
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
}
