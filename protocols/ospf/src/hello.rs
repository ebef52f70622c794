//! Hellos (RFC 2328 9.5, 10.5): who is there, and who is no longer.
//!
//! A hello is answered at once when it brings a new neighbor, and an interface says hello as soon as it comes up: two
//! routers on a point-to-point link find each other in a round trip, whatever their hello interval.

use crate::config::AreaKind;
use crate::counters::Refusal;
use crate::interface::{Interface, State};
use crate::machine::Event;
use crate::neighbor::{Neighbor, NeighborId, State as NeighborState};
use crate::process::{Ospf, Timer};
use crate::receive::Received;
use crate::settings::{LinkType, area_kind};
use crate::wire::packet::{Hello, Packet};
use crate::wire::{ALL_SPF_ROUTERS, options};
use crate::{AreaId, IfId};
use core::net::Ipv4Addr;
use core::time::Duration;
use fib::Instant;

pub(crate) const NONE: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

impl Ospf {
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

    pub(crate) fn answer(&mut self, now: Instant, id: IfId, key: NeighborId) {
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
}
