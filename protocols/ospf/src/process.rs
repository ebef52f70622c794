//! The OSPF process: what the router calls, and what time does.
//!
//! Reading order: `machine` brings interfaces up, `hello` finds neighbors and `adjacency` says what becomes of them;
//! `exchange` brings databases together, `flood`, `queue` and `ack` keep them so; `own` makes this router's LSAs as
//! `originate` wants them; `routes` turns the database into routes when `delay` lets it.

use crate::config::Config;
use crate::counters::{Counters, Refusal};
use crate::delay::Delay;
use crate::interface::Interface;
use crate::lsdb::{Lsdb, Scope};
use crate::machine::Event as InterfaceEvent;
use crate::measure::Measure;
use crate::neighbor::NeighborId;
use crate::originate::External;
use crate::own::Own;
use crate::settings::{self, Settings};
use crate::spf::{Root, Spf};
use crate::wire::{LsaHeader, LsaKey, text};
use crate::{AreaId, IfId, RouterId};
use bytes::Bytes;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use fib::{Instant, PortId, Prefix, Protocol, Source};
use policy::Policy;
use proto::{Event, Level, Machine, Notice, Port, Redistributed, Rng, Timers};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// An OSPF packet with the port it came in on or leaves by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Ingress or egress port. `None`: of a virtual link, routed like any packet of the router (TTL above 1).
    pub port: Option<PortId>,
    /// IP source; on transmit an address of the router's own.
    pub source: Ipv4Addr,
    /// IP destination.
    pub destination: Ipv4Addr,
    /// What is behind the IP header.
    pub payload: Bytes,
}

/// An ICMP echo request wanted, to measure a link (`ip ospf cost measured`).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Echo {
    /// By this port.
    pub port: PortId,
    /// To this neighbor.
    pub address: Ipv4Addr,
}

/// A port on which OSPF is spoken.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Joined {
    /// Which.
    pub port: PortId,
    /// 224.0.0.5 is joined.
    pub all_routers: bool,
    /// 224.0.0.6 is joined: the router is DR or BDR.
    pub designated: bool,
}

/// What time brings. Of two due together the first named here goes first.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A neighbor was not heard.
    Dead(IfId, NeighborId),
    /// A restarting neighbor is helped no longer.
    Grace(IfId, NeighborId),
    /// No backup was seen: elect.
    Wait(IfId),
    Hello(IfId),
    /// A hello to a silent NBMA neighbor.
    Poll(IfId, NeighborId),
    /// The last description is repeated.
    Description(IfId, NeighborId),
    /// LSAs asked for have not come.
    Request(IfId, NeighborId),
    /// Something was not acknowledged.
    Retransmit(IfId, NeighborId),
    /// An own LSA may be made now.
    Originate(Scope, LsaKey),
    /// The stub router's time after the start is over.
    Startup,
    /// Updates that wait on an interface leave.
    Flood(IfId),
    /// Acknowledgements that wait on an interface leave.
    Acks(IfId),
    /// Some LSA is to be refreshed or flushed.
    Age,
    /// The routing table is calculated.
    Spf,
    /// The network has been quiet for a while (RFC 8405 HOLDDOWN).
    Quiet,
    /// The link is measured.
    Echo(IfId),
}

/// What is to be looked at again before the process rests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dirty {
    /// Router-LSAs of these areas.
    pub areas: BTreeSet<AreaId>,
    /// Network-LSAs of these interfaces.
    pub networks: BTreeSet<IfId>,
    /// Summaries and translations of these destinations.
    pub routes: BTreeSet<Prefix>,
    /// Summaries of AS boundary routers.
    pub routers: bool,
    /// External LSAs of these destinations.
    pub externals: BTreeSet<Prefix>,
    /// Everything.
    pub all: bool,
    /// Own links as SPF sees them.
    pub root: bool,
}

/// What is remembered of an area.
#[derive(Clone, Debug, Default)]
pub(crate) struct Area {
    /// This router translates its type 7 LSAs (RFC 3101 3.1).
    pub translator: bool,
    pub spf_runs: u32,
}

/// OSPF on all ports of one router. Created when `router ospf` is configured, dropped after [`Ospf::shutdown`].
#[derive(Debug)]
pub struct Ospf {
    pub(crate) config: Config,
    pub(crate) policy: Arc<Policy>,
    /// Unspecified while no address is known: nothing runs then.
    pub(crate) router_id: RouterId,
    pub(crate) ports: BTreeMap<PortId, Port>,
    pub(crate) interfaces: BTreeMap<IfId, Interface>,
    pub(crate) areas: BTreeMap<AreaId, Area>,
    pub(crate) lsdb: Lsdb,
    pub(crate) own: Own,
    pub(crate) external: External,
    pub(crate) spf: Spf,
    pub(crate) root: Root,
    pub(crate) delay: Delay,
    pub(crate) dirty: Dirty,
    /// LSAs at MaxAge that wait for acknowledgements.
    pub(crate) flushing: BTreeSet<(Scope, LsaKey)>,
    pub(crate) timers: Timers<Timer>,
    pub(crate) counters: Counters,
    pub(crate) output: VecDeque<Datagram>,
    pub(crate) echoes: VecDeque<Echo>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) rng: Rng,
    pub(crate) wall_clock: Option<u64>,
    /// The last sequence number of a signed packet.
    pub(crate) sequence: u32,
    pub(crate) started: Instant,
    pub(crate) stats: Stats,
    pub(crate) verbose: Verbose,
    /// The end is near: neighbors are to find other ways.
    leaving: bool,
    stopped: bool,
}

/// What is told to the log line by line because a `debug` command asked for it: too much to be told and thrown away.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Verbose {
    /// Every packet in and out: topic `ospf packet`.
    pub packets: bool,
    /// LSAs made, taken and forgotten: topic `ospf lsa`.
    pub lsas: bool,
    /// LSAs passed on: topic `ospf flood`.
    pub flooding: bool,
}

/// For `show ip ospf`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stats {
    pub spf_full: u64,
    pub spf_partial: u64,
    pub spf_last: Option<Instant>,
    pub lsas_originated: u64,
    pub lsas_received: u64,
}

impl Ospf {
    /// A process that knows no port yet. Equal seeds and inputs give equal outputs.
    pub fn new(now: Instant, config: Config, policy: Arc<Policy>, seed: u64) -> Ospf {
        let mut ospf = Ospf {
            delay: Delay::new(config.timers.spf),
            config,
            policy,
            router_id: Ipv4Addr::UNSPECIFIED,
            ports: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            areas: BTreeMap::new(),
            lsdb: Lsdb::default(),
            own: Own::default(),
            external: External::default(),
            spf: Spf::default(),
            root: Root::new(Ipv4Addr::UNSPECIFIED),
            dirty: Dirty::default(),
            flushing: BTreeSet::new(),
            timers: Timers::new(),
            counters: Counters::default(),
            output: VecDeque::new(),
            echoes: VecDeque::new(),
            events: VecDeque::new(),
            rng: Rng::fork(seed, "ospf"),
            wall_clock: None,
            sequence: 0,
            started: now,
            stats: Stats::default(),
            verbose: Verbose::default(),
            leaving: false,
            stopped: false,
        };
        ospf.start(now);
        ospf
    }

    /// Changes the configuration, touching only what differs.
    pub fn apply(&mut self, now: Instant, config: Config, policy: Arc<Policy>) {
        if self.stopped || (config == self.config && policy == self.policy) {
            return;
        }
        let before = core::mem::replace(&mut self.config, config);
        self.policy = policy;
        self.delay.configure(self.config.timers.spf);
        if before.instance != self.config.instance
            || before.router_id != self.config.router_id && self.choose_id() != self.router_id
        {
            self.withdraw_all(before.instance);
            self.restart(now);
            return;
        }
        if before.distance != self.config.distance {
            self.announce_again();
        }
        if before.max_metric.on_startup != self.config.max_metric.on_startup {
            self.schedule_startup();
        }
        for area in self.changed_kinds(&before) {
            self.leave_area(now, area);
        }
        self.reconcile(now);
        self.dirty.all = true;
        self.spf_soon(now);
        self.spf.note_all();
        self.rest(now);
    }

    /// A port appeared or changed in any way.
    pub fn set_port(&mut self, now: Instant, port: Port) {
        if self.stopped || self.ports.get(&port.id) == Some(&port) {
            return;
        }
        self.ports.insert(port.id, port);
        self.ports_changed(now);
    }

    /// A port vanished.
    pub fn remove_port(&mut self, now: Instant, port: PortId) {
        if self.ports.remove(&port).is_some() && !self.stopped {
            self.ports_changed(now);
        }
    }

    /// A best route of another protocol came, changed or went. All of them may be handed in.
    pub fn handle_route(&mut self, now: Instant, route: Redistributed) {
        let prefix = route.prefix;
        if !self.stopped && self.remember(route) {
            self.dirty.externals.insert(prefix);
            self.rest(now);
        }
    }

    /// Unix seconds at [`Instant::ZERO`], for key lifetimes and sequence numbers of signed packets.
    pub fn set_wall_clock(&mut self, offset: Option<u64>) {
        self.wall_clock = offset;
    }

    /// Tears down every adjacency and starts anew (`clear ip ospf process`).
    pub fn clear(&mut self, now: Instant) {
        if !self.stopped {
            self.withdraw_all(self.config.instance);
            self.restart(now);
        }
    }

    /// The end is near: with `max-metric router-lsa on-shutdown` transit is discouraged from now on. Answers how long
    /// [`Ospf::shutdown`] should wait, so that the neighbors find other ways first (RFC 6987).
    pub fn leave(&mut self, now: Instant) -> Duration {
        let Some(seconds) = self.config.max_metric.on_shutdown.filter(|_| !self.stopped) else {
            return Duration::ZERO;
        };
        self.leaving = true;
        self.dirty.all = true;
        self.rest(now);
        Duration::from_secs(seconds.into())
    }

    /// Flushes what it originated, tells the neighbors good-bye and withdraws everything from the RIB. Nothing happens
    /// afterwards; drain the polls once more, then drop.
    pub fn shutdown(&mut self, now: Instant) {
        if self.stopped {
            return;
        }
        self.flush_own(now);
        self.flush_queues(now);
        let interfaces: Vec<IfId> = self.interfaces.keys().copied().collect();
        for id in interfaces {
            self.say_goodbye(now, id);
        }
        self.withdraw_all(self.config.instance);
        self.interfaces.clear();
        self.timers = Timers::new();
        self.stopped = true;
    }

    /// Ports where raw protocol 89 is open, with the groups joined there, in order.
    pub fn joined(&self) -> impl Iterator<Item = Joined> {
        let joined = |i: &Interface| match i.id {
            IfId::Port(port) if i.speaks() => {
                Some(Joined { port, all_routers: true, designated: i.is_dr_or_backup() })
            }
            _ => None,
        };
        self.interfaces.values().filter_map(joined)
    }

    /// Whether packets that are not of a port's subnet (virtual links) are awaited.
    pub fn has_virtual_links(&self) -> bool {
        // They come behind all ports.
        matches!(self.interfaces.last_key_value(), Some((IfId::Virtual(..), _)))
    }

    /// What `debug` commands ask for.
    pub fn set_verbose(&mut self, verbose: Verbose) {
        self.verbose = verbose;
    }

    /// The next echo request wanted.
    pub fn poll_echo(&mut self) -> Option<Echo> {
        self.echoes.pop_front()
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Every counter with its name, in order.
    pub fn counters(&self) -> Vec<(String, u64)> {
        self.counters.list()
    }

    /// Its name in the RIB.
    pub(crate) fn source(&self) -> Source {
        source(self.config.instance)
    }

    /// Unix seconds now.
    pub(crate) fn wall(&self, now: Instant) -> Option<u64> {
        self.wall_clock.map(|offset| offset.saturating_add(now.as_secs()))
    }

    fn start(&mut self, now: Instant) {
        self.started = now;
        self.schedule_startup();
        self.dirty.all = true;
        self.reconcile(now);
        self.rest(now);
    }

    fn schedule_startup(&mut self) {
        match self.config.max_metric.on_startup {
            Some(seconds) => {
                self.timers.set(Timer::Startup, self.started + Duration::from_secs(seconds.into()))
            }
            None => drop(self.timers.stop(&Timer::Startup)),
        }
    }

    /// Whether transit through this router is discouraged now (RFC 6987).
    pub(crate) fn is_stub_router(&self) -> bool {
        self.config.max_metric.administrative || self.leaving || self.timers.get(&Timer::Startup).is_some()
    }

    /// Forgets everything but configuration, ports, and what other protocols said, and starts anew.
    fn restart(&mut self, now: Instant) {
        self.flush_own(now);
        self.flush_queues(now);
        let interfaces: Vec<IfId> = self.interfaces.keys().copied().collect();
        for id in interfaces {
            self.say_goodbye(now, id);
        }
        self.interfaces.clear();
        self.areas.clear();
        self.lsdb = Lsdb::default();
        self.own = Own::default();
        self.spf = Spf::default();
        self.root = Root::new(Ipv4Addr::UNSPECIFIED);
        self.delay = Delay::new(self.config.timers.spf);
        self.flushing.clear();
        self.timers = Timers::new();
        self.router_id = Ipv4Addr::UNSPECIFIED;
        self.start(now);
    }

    /// The router ID by configuration, else the highest address of a loopback, else of an interface that is up.
    fn choose_id(&self) -> RouterId {
        if let Some(id) = self.config.router_id {
            return id;
        }
        let highest = |loopback: bool| {
            let ports = self.ports.values().filter(move |p| p.loopback == loopback && p.up);
            let v4 = |a: &fib::IfAddr| match a.addr() {
                IpAddr::V4(a) if !a.is_loopback() && !a.is_unspecified() => Some(a),
                _ => None,
            };
            ports.flat_map(|p| p.addresses.iter()).filter_map(v4).max()
        };
        highest(true).or_else(|| highest(false)).unwrap_or(Ipv4Addr::UNSPECIFIED)
    }

    fn ports_changed(&mut self, now: Instant) {
        let lonely = !self
            .interfaces
            .values()
            .any(|i| i.neighbors.values().any(|n| n.state > crate::neighbor::State::Init));
        // An ID once told to somebody is kept; before, a better one may still come.
        if self.config.router_id.is_none() && lonely {
            let id = self.choose_id();
            if id != self.router_id && !id.is_unspecified() {
                if !self.router_id.is_unspecified() {
                    self.withdraw_all(self.config.instance);
                    self.restart(now);
                    return;
                }
                self.router_id = id;
            }
        }
        self.reconcile(now);
        self.rest(now);
    }

    /// Makes the interfaces be what configuration and ports say.
    fn reconcile(&mut self, now: Instant) {
        if self.router_id.is_unspecified() {
            self.router_id = self.choose_id();
            if self.router_id.is_unspecified() {
                return;
            }
        }
        let wanted: BTreeMap<IfId, (Settings, String, bool)> = self
            .ports
            .values()
            .filter_map(|p| {
                settings::of_port(&self.config, p).map(|s| (IfId::Port(p.id), (s, p.name.clone(), p.up)))
            })
            .collect();
        let gone = |id: &&IfId| matches!(id, IfId::Port(_)) && !wanted.contains_key(id);
        let gone: Vec<IfId> = self.interfaces.keys().filter(gone).copied().collect();
        for id in gone {
            self.remove_interface(now, id);
        }
        for (id, (settings, name, up)) in wanted {
            self.set_interface(now, id, settings, name, up);
        }
        self.reconcile_virtual_links(now);
        self.dirty.root = true;
    }

    fn set_interface(&mut self, now: Instant, id: IfId, settings: Settings, name: String, up: bool) {
        let IfId::Port(port) = id else { return };
        self.areas.entry(settings.area).or_default();
        match self.interfaces.get_mut(&id) {
            Some(old) if old.settings == settings => old.name = name,
            Some(old) if old.settings.is_restart(&settings) => {
                self.remove_interface(now, id);
                self.interfaces.insert(id, Interface::new(id, port, name, settings));
            }
            Some(old) => {
                let priority = old.settings.priority != settings.priority;
                let area = settings.area;
                old.name = name;
                if old.settings.measured != settings.measured {
                    old.measure = Measure::default();
                }
                old.settings = settings;
                self.schedule_echo(now, id);
                self.dirty.areas.insert(area);
                if priority {
                    self.interface_event(now, id, InterfaceEvent::NeighborChange);
                }
            }
            None => drop(self.interfaces.insert(id, Interface::new(id, port, name, settings))),
        }
        let event = if up { InterfaceEvent::Up } else { InterfaceEvent::Down };
        self.interface_event(now, id, event);
        self.reconcile_nbma(now, id);
    }

    /// Areas whose kind differs: their adjacencies and LSAs cannot stay.
    fn changed_kinds(&self, before: &Config) -> Vec<AreaId> {
        let differs =
            |id: &&AreaId| settings::area_kind(before, **id) != settings::area_kind(&self.config, **id);
        self.areas.keys().filter(differs).copied().collect()
    }

    fn leave_area(&mut self, now: Instant, area: AreaId) {
        let of_area = |i: &&Interface| i.area() == area;
        let interfaces: Vec<IfId> = self.interfaces.values().filter(of_area).map(|i| i.id).collect();
        for id in interfaces {
            self.remove_interface(now, id);
        }
        self.drop_scope(Scope::Area(area));
        self.areas.remove(&area);
    }

    /// Brings everything that was found to have changed to its conclusion. The last thing every entry point does.
    pub(crate) fn rest(&mut self, now: Instant) {
        if self.router_id.is_unspecified() {
            return;
        }
        self.originate(now);
        if let Some(at) = self.lsdb.next_due()
            && self.timers.get(&Timer::Age) != Some(at)
        {
            self.timers.set(Timer::Age, at);
        }
    }

    fn fire(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Dead(i, n) => self.inactive(now, i, n),
            Timer::Grace(i, n) => self.end_grace(now, i, n, "its time is over"),
            Timer::Wait(i) => self.interface_event(now, i, InterfaceEvent::WaitTimer),
            Timer::Hello(i) => self.hello_due(now, i),
            Timer::Poll(i, n) => self.poll_due(now, i, n),
            Timer::Description(i, n) => self.repeat_description(now, i, n),
            Timer::Request(i, n) => self.repeat_requests(now, i, n),
            Timer::Retransmit(i, n) => self.retransmit(now, i, n),
            Timer::Originate(scope, key) => self.originate_due(now, scope, key),
            Timer::Startup => self.dirty.all = true,
            Timer::Flood(i) => self.send_updates(now, i),
            Timer::Acks(i) => self.send_acks(now, i),
            Timer::Age => self.age(now),
            Timer::Spf => self.calculate(now),
            Timer::Quiet => self.spf_quiet(now),
            Timer::Echo(i) => self.echo_due(now, i),
        }
    }

    /// A line about a packet for `debug ip ospf packet`.
    pub(crate) fn tell_packet(&mut self, what: &str, datagram: &Datagram) {
        if !self.verbose.packets {
            return;
        }
        let name = datagram.port.and_then(|p| self.ports.get(&p)).map_or("virtual link", |p| p.name.as_str());
        let notice = Notice::new(Level::Debug, "ospf packet", what)
            .with("interface", name)
            .with("from", datagram.source)
            .with("to", datagram.destination)
            .with("packet", text::summary(&datagram.payload));
        self.push_notice(notice);
    }

    /// A line about an LSA for `debug ip ospf lsa`.
    pub(crate) fn tell_lsa(&mut self, what: &str, header: &LsaHeader) {
        if self.verbose.lsas {
            self.push_notice(Notice::new(Level::Debug, "ospf lsa", what).with("lsa", text::lsa_text(header)));
        }
    }

    pub(crate) fn push_notice(&mut self, notice: Notice) {
        self.events.push_back(Event::Notice(notice));
    }

    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.counters.refuse(refusal);
    }
}

/// The name of a process in the RIB.
pub(crate) fn source(instance: Option<u16>) -> Source {
    Source::new(Protocol::Ospf, instance.unwrap_or(1).into())
}

impl Machine for Ospf {
    type Input<'a> = &'a Datagram;
    type Output = Datagram;

    fn handle_packet(&mut self, now: Instant, input: &Datagram) {
        if self.stopped || self.router_id.is_unspecified() {
            return;
        }
        self.receive(now, input);
        self.rest(now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop(now) {
            self.fire(now, timer);
        }
        self.rest(now);
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
