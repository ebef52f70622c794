//! What becomes of a neighbor (RFC 2328 10.2, 10.3): its states, with all that follows from them for others.

use crate::IfId;
use crate::machine::Event;
use crate::neighbor::{Exchange, Neighbor, NeighborId, State as NeighborState};
use crate::process::{Ospf, Timer};
use core::net::Ipv4Addr;
use fib::Instant;
use proto::{Level, Notice};

impl Ospf {
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
    pub(crate) fn lose_two_way(&mut self, now: Instant, id: IfId, key: NeighborId) {
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
            neighbor.complaint = None;
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

    pub(crate) fn log_state(
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
