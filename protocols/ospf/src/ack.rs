//! Acknowledgements (RFC 2328 13.5, 13.7): which are owed and when they leave, and what those that come settle.

use crate::IfId;
use crate::counters::Refusal;
use crate::interface::State as InterfaceState;
use crate::neighbor::{NeighborId, State, Unacked};
use crate::process::{Ospf, Timer};
use crate::settings::LinkType;
use crate::wire::lsa::{HEADER, MAX_AGE};
use crate::wire::packet::Packet;
use crate::wire::{ALL_D_ROUTERS, ALL_SPF_ROUTERS, LsaHeader};
use core::net::Ipv4Addr;
use core::time::Duration;
use fib::Instant;

/// Acknowledgements wait this long for company; less than any retransmit interval.
const ACK_DELAY: Duration = Duration::from_millis(500);

impl Ospf {
    /// 13.5, table 19: an LSA that is news.
    pub(crate) fn acknowledge_news(
        &mut self,
        now: Instant,
        id: IfId,
        key: NeighborId,
        header: LsaHeader,
        flooded_back: bool,
    ) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        let from_dr = interface.neighbors.get(&key).is_some_and(|n| n.address == interface.dr);
        let wanted = !flooded_back && (interface.state != InterfaceState::Backup || from_dr);
        if wanted {
            self.delay_ack(now, id, header);
        }
    }

    /// Acknowledgements have come (RFC 2328 13.7).
    pub(crate) fn acknowledged(&mut self, now: Instant, id: IfId, key: NeighborId, headers: &[LsaHeader]) {
        if self.state_of(id, key) < State::Exchange {
            return self.refuse(Refusal::State);
        }
        for header in headers {
            if !self.confirm(now, id, key, header) {
                self.refuse(Refusal::AckUnknown);
            }
        }
    }

    /// A neighbor has this instance; true if that was waited for.
    pub(crate) fn confirm(&mut self, now: Instant, id: IfId, key: NeighborId, header: &LsaHeader) -> bool {
        let Some(neighbor) = self.neighbor_mut(id, key) else { return false };
        let is_it = |u: &Unacked| {
            u.sequence == header.sequence
                && u.checksum == header.checksum
                && u.max_age == (header.age >= MAX_AGE)
        };
        let Some(unacked) = neighbor.unacked.get(&header.key).copied().filter(is_it) else { return false };
        neighbor.unacked.remove(&header.key);
        if neighbor.unacked.is_empty() {
            self.timers.stop(&Timer::Retransmit(id, key));
            self.reconsider_grace(now, id, key);
        }
        if unacked.max_age {
            self.sweep_one(now, unacked.scope, header.key);
        }
        true
    }

    /// Acknowledges to one neighbor at once.
    pub(crate) fn acknowledge(&mut self, now: Instant, id: IfId, key: NeighborId, headers: Vec<LsaHeader>) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        let Some(neighbor) = interface.neighbors.get(&key) else { return };
        let destination = interface.towards(neighbor.address);
        self.send_ack_packets(now, id, &[destination], &headers);
    }

    pub(crate) fn delay_ack(&mut self, now: Instant, id: IfId, header: LsaHeader) {
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        interface.acks.push(header);
        let full = interface.acks.len() >= interface.room().checked_div(HEADER).unwrap_or(1);
        let timer = Timer::Acks(id);
        if full {
            self.timers.set(timer, now);
        } else if self.timers.get(&timer).is_none() {
            let delay = ACK_DELAY.min(interface.settings.retransmit / 4);
            self.timers.set(timer, now + delay);
        }
    }

    /// The acknowledgements that have gathered on an interface leave (RFC 2328 13.5).
    pub(crate) fn send_acks(&mut self, now: Instant, id: IfId) {
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        let headers = core::mem::take(&mut interface.acks);
        let destinations: Vec<Ipv4Addr> = match interface.settings.kind {
            LinkType::Broadcast if !interface.is_dr_or_backup() => vec![ALL_D_ROUTERS],
            LinkType::Broadcast | LinkType::PointToPoint => vec![ALL_SPF_ROUTERS],
            _ => interface.everybody(),
        };
        self.send_ack_packets(now, id, &destinations, &headers);
    }

    pub(crate) fn send_ack_packets(
        &mut self,
        now: Instant,
        id: IfId,
        destinations: &[Ipv4Addr],
        headers: &[LsaHeader],
    ) {
        let Some(fit) = self.interfaces.get(&id).and_then(|i| i.room().checked_div(HEADER)) else { return };
        for chunk in headers.chunks(fit.max(1)) {
            for destination in destinations {
                self.send(now, id, *destination, &Packet::LinkStateAck(chunk.to_vec()));
            }
        }
    }
}
