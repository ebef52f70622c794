//! The interface state machine (RFC 2328 9.2 to 9.4), and the elections it calls for.

use crate::election::{Candidate, Elected, elect};
use crate::hello::NONE;
use crate::interface::{Interface, State};
use crate::neighbor::{Neighbor, NeighborId, State as NeighborState};
use crate::process::{Ospf, Timer};
use crate::settings::LinkType;
use crate::{AreaId, IfId};
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

    pub(crate) fn bring_up(&mut self, now: Instant, id: IfId) {
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
        if let Some(interface) = self.interfaces.get_mut(&id) {
            interface.up_since = now;
        }
        if self.interfaces.get(&id).is_some_and(Interface::speaks) {
            self.hello_due(now, id);
        }
        self.reconcile_nbma(now, id);
        self.schedule_echo(now, id);
    }

    pub(crate) fn bring_down(&mut self, now: Instant, id: IfId) {
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
    pub(crate) fn leave_empty_area(&mut self, area: AreaId) {
        self.drop_scope(crate::lsdb::Scope::Area(area));
        self.areas.remove(&area);
        self.dirty.all = true;
    }

    pub(crate) fn set_interface_state(&mut self, now: Instant, id: IfId, state: State) {
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
    pub(crate) fn run_election(&mut self, now: Instant, id: IfId) {
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
    pub(crate) fn reconsider_adjacencies(&mut self, now: Instant, id: IfId) {
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
