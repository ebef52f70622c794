//! Hellos, the interface state machine, and the neighbor states up to two-way (RFC 2328 9.2 to 9.5, 10.2 to 10.5).
//!
//! A hello is answered at once when it brings a new neighbor, and an interface says hello as soon as it comes up: two
//! routers on a point-to-point link find each other in a round trip, whatever their hello interval.

use crate::config::AreaKind;
use crate::counters::Refusal;
use crate::election::{Candidate, Elected, elect};
use crate::interface::{Interface, State};
use crate::neighbor::{Exchange, Neighbor, NeighborId, State as NeighborState};
use crate::process::{Ospf, Timer};
use crate::receive::Received;
use crate::settings::{LinkType, area_kind};
use crate::wire::packet::{Hello, Packet};
use crate::wire::{ALL_SPF_ROUTERS, options};
use crate::{AreaId, IfId};
use core::net::Ipv4Addr;
use core::time::Duration;
use fib::Instant;
use proto::{Level, Notice};

/// What happens to an interface (RFC 2328 9.2).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Up,
    Down,
    WaitTimer,
    BackupSeen,
    NeighborChange,
}

const NONE: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

impl Ospf {
    /// The interface state machine (RFC 2328 9.3).
    pub(crate) fn interface_event(&mut self, now: Instant, id: IfId, event: Event) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        match (interface.state, event) {
            (State::Down, Event::Up) => self.bring_up(now, id),
            (State::Down, _) | (_, Event::Up) => {}
            (_, Event::Down) => self.bring_down(now, id),
            (State::Waiting, Event::WaitTimer | Event::BackupSeen) => self.run_election(now, id),
            (State::DrOther | State::Backup | State::Dr, Event::NeighborChange) => self.run_election(now, id),
            _ => {}
        }
    }

    fn bring_up(&mut self, now: Instant, id: IfId) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        let settings = &interface.settings;
        let next = match settings.kind {
            LinkType::Loopback => State::Loopback,
            kind if !kind.has_dr() => State::PointToPoint,
            // Nobody else is ever heard there.
            _ if settings.passive => State::Dr,
            _ if settings.priority == 0 => State::DrOther,
            _ => State::Waiting,
        };
        let wait = Duration::from_secs(settings.dead.into());
        self.set_interface_state(now, id, next);
        if next == State::Waiting {
            self.timers.set(Timer::Wait(id), now + wait);
        }
        if next == State::Dr
            && let Some(interface) = self.interfaces.get_mut(&id)
        {
            interface.dr = interface.settings.address;
        }
        if self.interfaces.get(&id).is_some_and(Interface::speaks) {
            self.hello_due(now, id);
        }
        self.reconcile_nbma(now, id);
        self.schedule_echo(now, id);
    }

    fn bring_down(&mut self, now: Instant, id: IfId) {
        let neighbors: Vec<NeighborId> =
            self.interfaces.get(&id).into_iter().flat_map(|i| i.neighbors.keys().copied()).collect();
        for neighbor in neighbors {
            self.kill(now, id, neighbor, "the interface is down");
        }
        for timer in [Timer::Wait(id), Timer::Hello(id), Timer::Flood(id), Timer::Acks(id), Timer::Echo(id)] {
            self.timers.stop(&timer);
        }
        if let Some(interface) = self.interfaces.get_mut(&id) {
            (interface.dr, interface.bdr) = (NONE, NONE);
            interface.neighbors.retain(|_, n| n.configured);
            interface.queue.clear();
            interface.acks.clear();
        }
        self.set_interface_state(now, id, State::Down);
        self.drop_scope_of_link(id);
        self.sweep(now);
    }

    /// Takes an interface out altogether.
    pub(crate) fn remove_interface(&mut self, now: Instant, id: IfId) {
        if let Some(interface) = self.interfaces.get(&id) {
            let area = interface.area();
            if interface.speaks() {
                self.say_goodbye(now, id);
            }
            self.interface_event(now, id, Event::Down);
            self.interfaces.remove(&id);
            self.timers.retain(|t| timer_of(t) != Some(id));
            self.dirty.areas.insert(area);
            self.dirty.root = true;
            if !self.interfaces.values().any(|i| i.area() == area) {
                self.leave_empty_area(area);
            }
        }
    }

    /// An area without interfaces has no database.
    fn leave_empty_area(&mut self, area: AreaId) {
        self.drop_scope(crate::lsdb::Scope::Area(area));
        self.areas.remove(&area);
        self.dirty.all = true;
    }

    fn set_interface_state(&mut self, now: Instant, id: IfId, state: State) {
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        if interface.state == state {
            return;
        }
        let (from, area) = (interface.state, interface.area());
        interface.state = state;
        interface.state_changes = interface.state_changes.saturating_add(1);
        let notice = Notice::new(Level::Debug, "ospf events", "interface")
            .with("interface", &interface.name)
            .with("from", from)
            .with("to", state);
        self.push_notice(notice);
        self.dirty.areas.insert(area);
        self.dirty.networks.insert(id);
        self.dirty.root = true;
        // Border routers change when areas come and go.
        if from == State::Down || state == State::Down {
            self.dirty.all = true;
        }
        let _ = now;
    }

    /// Elects DR and BDR and acts on what comes out (RFC 2328 9.4).
    fn run_election(&mut self, now: Instant, id: IfId) {
        self.timers.stop(&Timer::Wait(id));
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        // RFC 3623 3: a DR that restarts stays DR.
        if interface.neighbors.values().any(|n| n.grace.is_some() && n.address == interface.dr) {
            return;
        }
        let own = Candidate {
            router: self.router_id,
            address: interface.settings.address,
            priority: interface.settings.priority,
            dr: interface.dr,
            bdr: interface.bdr,
        };
        let neighbors: Vec<Candidate> = interface
            .neighbors
            .values()
            .filter(|n| n.state >= NeighborState::TwoWay || n.grace.is_some())
            .map(|n| Candidate {
                router: n.router,
                address: n.address,
                priority: n.priority,
                dr: n.dr,
                bdr: n.bdr,
            })
            .collect();
        let Elected { dr, bdr } = elect(own, &neighbors);
        let changed = (interface.dr, interface.bdr) != (dr, bdr);
        (interface.dr, interface.bdr) = (dr, bdr);
        let state = match () {
            () if dr == own.address => State::Dr,
            () if bdr == own.address => State::Backup,
            () => State::DrOther,
        };
        let area = interface.area();
        self.set_interface_state(now, id, state);
        if changed {
            self.dirty.areas.insert(area);
            self.dirty.networks.insert(id);
            self.dirty.root = true;
            self.reconsider_adjacencies(now, id);
            self.hello_due(now, id);
        }
    }

    /// AdjOK? for everybody (RFC 2328 10.3).
    fn reconsider_adjacencies(&mut self, now: Instant, id: IfId) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        let decide = |(key, n): (&NeighborId, &Neighbor)| {
            let wanted = interface.wants_adjacency(n);
            match n.state {
                NeighborState::TwoWay if wanted => Some((*key, true)),
                s if s > NeighborState::TwoWay && !wanted => Some((*key, false)),
                _ => None,
            }
        };
        let changes: Vec<(NeighborId, bool)> = interface.neighbors.iter().filter_map(decide).collect();
        for (key, wanted) in changes {
            if wanted {
                self.start_exchange(now, id, key);
            } else {
                self.set_state(now, id, key, NeighborState::TwoWay, "no adjacency is needed");
            }
        }
    }

    /// The periodic hello; also called out of turn.
    pub(crate) fn hello_due(&mut self, now: Instant, id: IfId) {
        let Some(interface) = self.interfaces.get(&id).filter(|i| i.speaks()) else { return };
        let next = now + interface.settings.hello;
        self.say_hello(now, id);
        self.timers.set(Timer::Hello(id), next);
    }

    /// Says hello to everybody on an interface.
    pub(crate) fn say_hello(&mut self, now: Instant, id: IfId) {
        let Some(interface) = self.interfaces.get(&id).filter(|i| i.speaks()) else { return };
        let destinations: Vec<Ipv4Addr> = match interface.settings.kind {
            LinkType::Virtual => vec![interface.peer],
            LinkType::NonBroadcast => {
                let heard = interface.neighbors.values().filter(|n| n.state > NeighborState::Down);
                heard.map(|n| n.address).collect()
            }
            _ => vec![ALL_SPF_ROUTERS],
        };
        let packet = Packet::Hello(self.own_hello(interface));
        for destination in destinations {
            self.send(now, id, destination, &packet);
        }
    }

    /// A hello that lists nobody: the neighbors need not wait for their dead interval.
    pub(crate) fn say_goodbye(&mut self, now: Instant, id: IfId) {
        if let Some(interface) = self.interfaces.get_mut(&id)
            && interface.settings.kind != LinkType::NonBroadcast
        {
            interface.neighbors.values_mut().for_each(|n| n.state = NeighborState::Down);
            (interface.dr, interface.bdr) = (NONE, NONE);
            self.say_hello(now, id);
        }
    }

    fn own_hello(&self, interface: &Interface) -> Hello {
        let heard = |n: &&Neighbor| n.state >= NeighborState::Init || n.grace.is_some();
        let settings = &interface.settings;
        Hello {
            mask: if settings.unnumbered { NONE } else { settings.mask() },
            hello_interval: settings.hello_seconds,
            options: self.options(interface.area()),
            priority: settings.priority,
            dead_interval: settings.dead,
            dr: interface.dr,
            bdr: interface.bdr,
            neighbors: interface.neighbors.values().filter(heard).map(|n| n.router).collect(),
        }
    }

    /// What this router says it can do in an area: in hellos and in the headers of its LSAs.
    pub(crate) fn options(&self, area: AreaId) -> u8 {
        match area_kind(&self.config, area) {
            AreaKind::Normal => options::E,
            AreaKind::Stub => 0,
            AreaKind::Nssa => options::NP,
        }
    }

    /// A silent NBMA neighbor is asked now and then.
    pub(crate) fn poll_due(&mut self, now: Instant, id: IfId, key: NeighborId) {
        let Some(interface) = self.interfaces.get(&id).filter(|i| i.speaks()) else { return };
        let Some(neighbor) = interface.neighbors.get(&key) else { return };
        if neighbor.state > NeighborState::Attempt {
            return;
        }
        let poll = self.config.neighbors.get(&key).map_or(60, |n| n.poll_interval.max(1));
        let packet = Packet::Hello(self.own_hello(interface));
        self.send(now, id, key, &packet);
        self.timers.set(Timer::Poll(id, key), now + Duration::from_secs(poll.into()));
    }

    /// Makes the configured neighbors of an NBMA interface exist.
    pub(crate) fn reconcile_nbma(&mut self, now: Instant, id: IfId) {
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        let is_nbma = interface.settings.kind == LinkType::NonBroadcast && interface.speaks();
        let wanted: Vec<(Ipv4Addr, u8)> = self
            .config
            .neighbors
            .iter()
            .filter(|(a, _)| is_nbma && interface.settings.on_link(**a) && **a != interface.settings.address)
            .map(|(a, n)| (*a, n.priority))
            .collect();
        let dead = now + Duration::from_secs(interface.settings.dead.into());
        let mut polled = Vec::new();
        for (address, priority) in &wanted {
            let neighbor = interface.neighbors.entry(*address).or_insert_with(|| {
                // For a dead interval it gets every hello, then it is polled.
                self.timers.set(Timer::Dead(id, *address), dead);
                Neighbor {
                    priority: *priority,
                    state: NeighborState::Attempt,
                    ..Neighbor::new(now, NONE, *address)
                }
            });
            neighbor.configured = true;
            let waits = self.timers.get(&Timer::Poll(id, *address)).is_some();
            if neighbor.state <= NeighborState::Attempt && !waits {
                polled.push(*address);
            }
        }
        for neighbor in interface.neighbors.values_mut() {
            neighbor.configured &= wanted.iter().any(|(a, _)| *a == neighbor.address);
        }
        interface
            .neighbors
            .retain(|_, n| n.configured || n.state > NeighborState::Attempt || n.grace.is_some());
        for address in polled {
            self.poll_due(now, id, address);
        }
    }

    /// A hello has come (RFC 2328 10.5).
    pub(crate) fn hello(&mut self, now: Instant, from: &Received, hello: &Hello) {
        let id = from.interface;
        if let Err(refusal) = self.check_hello(from, hello) {
            self.refuse(refusal);
            self.complain(Some(id), from.source, refusal);
            return;
        }
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        interface.complaints.remove(&from.source);
        let key = interface.key_of(from.router, from.source);
        let dead = now + Duration::from_secs(interface.settings.dead.into());
        let known = interface.neighbors.get(&key).map(|n| n.router);
        if known.is_some_and(|router| router != from.router && !router.is_unspecified()) {
            self.kill(now, id, key, "another router has its address");
        }
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        let neighbor =
            interface.neighbors.entry(key).or_insert_with(|| Neighbor::new(now, from.router, from.source));
        let new = neighbor.state < NeighborState::Init && neighbor.grace.is_none();
        let before = (neighbor.priority, neighbor.dr == neighbor.address, neighbor.bdr == neighbor.address);
        neighbor.router = from.router;
        neighbor.address = from.source;
        neighbor.heard = now;
        neighbor.crypto_sequence = neighbor.crypto_sequence.max(from.sequence.unwrap_or(0));
        neighbor.priority = hello.priority;
        // One that restarts names no DR until it has heard whether it was that itself (RFC 3623 section 2.2): its word from
        // before counts, or its first hello would cost it the office and the network its LSA.
        if neighbor.grace.is_none() || !hello.dr.is_unspecified() {
            neighbor.dr = hello.dr;
            neighbor.bdr = hello.bdr;
        }
        // The options of its descriptions say more.
        if neighbor.state < NeighborState::Exchange {
            neighbor.options = hello.options;
        }
        let after = (neighbor.priority, neighbor.dr == neighbor.address, neighbor.bdr == neighbor.address);
        let no_backup = hello.bdr.is_unspecified();
        self.timers.set(Timer::Dead(id, key), dead);
        self.timers.stop(&Timer::Poll(id, key));
        if self.state_of(id, key) < NeighborState::Init {
            self.set_state(now, id, key, NeighborState::Init, "a hello came");
        }
        let two_way = hello.neighbors.contains(&self.router_id);
        if new {
            // The answer comes before anything else, so that the neighbor is ready for it.
            self.answer(now, id, key);
        }
        if !two_way {
            if self.state_of(id, key) >= NeighborState::TwoWay {
                self.lose_two_way(now, id, key);
            }
            // What it says of DR and BDR counts once it hears us: an election without it would make us DR beside it.
            return;
        }
        self.two_way(now, id, key);
        self.consider_election(now, id, before, after, no_backup);
    }

    fn answer(&mut self, now: Instant, id: IfId, key: NeighborId) {
        let Some(interface) = self.interfaces.get(&id).filter(|i| i.speaks()) else { return };
        if interface.settings.kind == LinkType::NonBroadcast {
            let packet = Packet::Hello(self.own_hello(interface));
            self.send(now, id, key, &packet);
        } else {
            self.say_hello(now, id);
        }
    }

    fn consider_election(
        &mut self,
        now: Instant,
        id: IfId,
        before: (u8, bool, bool),
        after: (u8, bool, bool),
        no_backup: bool,
    ) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        if interface.state == State::Waiting {
            if (after.1 && no_backup) || after.2 {
                self.interface_event(now, id, Event::BackupSeen);
            }
        } else if before != after {
            self.interface_event(now, id, Event::NeighborChange);
        }
    }

    fn check_hello(&self, from: &Received, hello: &Hello) -> Result<(), Refusal> {
        let Some(interface) = self.interfaces.get(&from.interface) else { return Err(Refusal::NotEnabled) };
        let settings = &interface.settings;
        let bits = options::E | options::NP;
        match () {
            () if hello.hello_interval != settings.hello_seconds => Err(Refusal::HelloInterval),
            () if hello.dead_interval != settings.dead => Err(Refusal::DeadInterval),
            () if !settings.kind.is_to_one() && hello.mask != settings.mask() => Err(Refusal::Mask),
            () if (hello.options ^ self.options(settings.area)) & bits != 0 => Err(Refusal::AreaKind),
            () if settings.kind == LinkType::NonBroadcast
                && hello.priority == 0
                && !interface.neighbors.contains_key(&from.source) =>
            {
                Err(Refusal::NotConfigured)
            }
            () if interface.neighbors.len() >= interface.most_neighbors()
                && !interface.neighbors.contains_key(&interface.key_of(from.router, from.source)) =>
            {
                Err(Refusal::TooMany)
            }
            () => Ok(()),
        }
    }

    /// The neighbor has heard of us (RFC 2328 10.3, 2-WayReceived).
    pub(crate) fn two_way(&mut self, now: Instant, id: IfId, key: NeighborId) {
        if self.state_of(id, key) != NeighborState::Init {
            return;
        }
        let Some(interface) = self.interfaces.get(&id) else { return };
        let Some(neighbor) = interface.neighbors.get(&key) else { return };
        if interface.wants_adjacency(neighbor) {
            self.start_exchange(now, id, key);
        } else {
            self.set_state(now, id, key, NeighborState::TwoWay, "it has heard of us");
        }
        self.interface_event(now, id, Event::NeighborChange);
    }

    /// The neighbor has forgotten us (1-WayReceived).
    fn lose_two_way(&mut self, now: Instant, id: IfId, key: NeighborId) {
        self.set_state(now, id, key, NeighborState::Init, "it does not hear us any more");
        self.answer(now, id, key);
        self.interface_event(now, id, Event::NeighborChange);
    }

    /// Nothing was heard for the dead interval.
    pub(crate) fn inactive(&mut self, now: Instant, id: IfId, key: NeighborId) {
        self.kill(now, id, key, "the dead interval is over");
    }

    /// A neighbor is gone.
    pub(crate) fn kill(&mut self, now: Instant, id: IfId, key: NeighborId, why: &str) {
        self.set_state(now, id, key, NeighborState::Down, why);
        self.timers.stop(&Timer::Dead(id, key));
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        if let Some(neighbor) = interface.neighbors.get_mut(&key)
            && neighbor.grace.is_none()
        {
            if neighbor.configured {
                // Hellos at the poll interval alone, until it answers (RFC 2328 9.5.1).
                neighbor.crypto_sequence = 0;
                self.timers.set(Timer::Poll(id, key), now);
            } else {
                interface.neighbors.remove(&key);
            }
        }
        self.interface_event(now, id, Event::NeighborChange);
    }

    pub(crate) fn state_of(&self, id: IfId, key: NeighborId) -> NeighborState {
        self.neighbor(id, key).map_or(NeighborState::Down, |n| n.state)
    }

    pub(crate) fn neighbor(&self, id: IfId, key: NeighborId) -> Option<&Neighbor> {
        self.interfaces.get(&id)?.neighbors.get(&key)
    }

    pub(crate) fn neighbor_mut(&mut self, id: IfId, key: NeighborId) -> Option<&mut Neighbor> {
        self.interfaces.get_mut(&id)?.neighbors.get_mut(&key)
    }

    /// Moves a neighbor to a state, with everything that follows for others: LSAs, the log, databases.
    pub(crate) fn set_state(
        &mut self,
        now: Instant,
        id: IfId,
        key: NeighborId,
        state: NeighborState,
        why: &str,
    ) {
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        let area = interface.area();
        let name = interface.name.clone();
        let Some(neighbor) = interface.neighbors.get_mut(&key) else { return };
        let from = neighbor.state;
        if from == state {
            return;
        }
        let was_full = neighbor.is_full();
        let was_exchanging = neighbor.is_exchanging();
        neighbor.state = state;
        neighbor.since = now;
        neighbor.changes = neighbor.changes.saturating_add(1);
        if state < NeighborState::Exchange {
            neighbor.unacked.clear();
            neighbor.answered.clear();
            let sequence = neighbor.exchange.sequence;
            neighbor.exchange = Exchange { sequence, ..Exchange::default() };
            for timer in [Timer::Description(id, key), Timer::Request(id, key), Timer::Retransmit(id, key)] {
                self.timers.stop(&timer);
            }
        } else if state == NeighborState::Full {
            // Its memory is not needed any more; the queue is empty.
            neighbor.exchange.summary.shrink_to_fit();
        }
        let Some(neighbor) = self.neighbor(id, key) else { return };
        let full_changed = neighbor.is_full() != was_full;
        let exchange_over = was_exchanging && !neighbor.is_exchanging();
        let router = neighbor.router;
        self.log_state(&name, router, from, state, why);
        if full_changed {
            self.dirty.areas.insert(area);
            self.dirty.networks.insert(id);
            self.dirty.root = true;
            if let IfId::Virtual(transit, _) = id {
                self.dirty.areas.insert(transit);
                self.dirty.all = true;
            }
        }
        if exchange_over || state < NeighborState::Exchange && from >= NeighborState::Exchange {
            self.sweep(now);
        }
    }

    fn log_state(
        &mut self,
        interface: &str,
        router: Ipv4Addr,
        from: NeighborState,
        to: NeighborState,
        why: &str,
    ) {
        use crate::config::LogAdjacency;
        let full = from == NeighborState::Full || to == NeighborState::Full;
        let level = match self.config.log_adjacency_changes {
            LogAdjacency::Detail => Level::Info,
            LogAdjacency::On if full => Level::Info,
            _ => Level::Debug,
        };
        let notice = Notice::new(level, "ospf adj", "adjacency")
            .with("neighbor", router)
            .with("interface", interface)
            .with("from", from)
            .with("to", to)
            .with("because", why);
        self.push_notice(notice);
    }
}

/// The interface a timer is about.
fn timer_of(timer: &Timer) -> Option<IfId> {
    match timer {
        Timer::Dead(i, _)
        | Timer::Grace(i, _)
        | Timer::Wait(i)
        | Timer::Hello(i)
        | Timer::Poll(i, _)
        | Timer::Description(i, _)
        | Timer::Request(i, _)
        | Timer::Retransmit(i, _)
        | Timer::Flood(i)
        | Timer::Acks(i)
        | Timer::Echo(i) => Some(*i),
        Timer::Originate(..) | Timer::Startup | Timer::Age | Timer::Spf | Timer::Quiet => None,
    }
}
