//! Updates on their way out (RFC 2328 13.3, 13.6): LSAs wait in the queue of their interface until the calls of this instant
//! are over, leave in as few packets as the MTU allows, and are sent again to whom has not acknowledged them.

use crate::IfId;
use crate::lsdb::Scope;
use crate::neighbor::{NeighborId, Unacked};
use crate::process::{Ospf, Timer};
use crate::wire::lsa::MAX_AGE;
use crate::wire::packet::Packet;
use crate::wire::{Lsa, LsaHeader, LsaKey};
use core::time::Duration;
use fib::Instant;

/// Updates leave an interface at least so far apart, and tell of all that came meanwhile: in a storm this is what keeps
/// packets few, and the first is told at once.
const GATHER: Duration = Duration::from_millis(1);
/// LSAs repeated to a neighbor in one go; the rest follows a moment later.
const RETRANSMIT_BURST: usize = 256;
const RETRANSMIT_PAUSE: Duration = Duration::from_millis(20);
/// Bytes of an update before its LSAs.
const UPDATE: usize = 4;

impl Ospf {
    pub(crate) fn await_ack(
        &mut self,
        now: Instant,
        id: IfId,
        key: NeighborId,
        scope: Scope,
        header: &LsaHeader,
    ) {
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        let retransmit = interface.settings.retransmit;
        let Some(neighbor) = interface.neighbors.get_mut(&key) else { return };
        let unacked = Unacked {
            scope,
            sequence: header.sequence,
            checksum: header.checksum,
            max_age: header.age >= MAX_AGE,
            sent: now,
        };
        // While something waits already, so does its timer.
        let first = neighbor.unacked.is_empty();
        neighbor.unacked.insert(header.key, unacked);
        let timer = Timer::Retransmit(id, key);
        if first && self.timers.get(&timer).is_none() {
            self.timers.set(timer, now + retransmit);
        }
    }

    /// Tells one neighbor (or, `None`, an interface) of an LSA, acknowledged like any flooded one.
    pub(crate) fn enqueue(
        &mut self,
        now: Instant,
        id: IfId,
        neighbor: Option<NeighborId>,
        scope: Scope,
        key: LsaKey,
    ) {
        if let (Some(neighbor), Some(header)) = (neighbor, self.lsdb.get(scope, &key).map(|e| e.header(now)))
        {
            self.await_ack(now, id, neighbor, scope, &header);
        }
        if let Some(interface) = self.interfaces.get_mut(&id) {
            interface.queue.insert((scope, key), ());
            self.flood_soon(now, id);
        }
    }

    pub(crate) fn flood_soon(&mut self, now: Instant, id: IfId) {
        let timer = Timer::Flood(id);
        if self.timers.get(&timer).is_none() {
            let pacing = Duration::from_millis(self.config.timers.flood_pacing.into()).max(GATHER);
            let last = self.interfaces.get(&id).and_then(|i| i.flooded);
            let due = last.map_or(now, |last| (last + pacing).max(now));
            self.timers.set(timer, due);
        }
    }

    /// Sends what waits on an interface; with pacing, one packet at a time.
    pub(crate) fn send_updates(&mut self, now: Instant, id: IfId) {
        self.send_queue(now, id, self.config.timers.flood_pacing > 0);
    }

    pub(crate) fn send_queue(&mut self, now: Instant, id: IfId, paced: bool) {
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        let queue = core::mem::take(&mut interface.queue).into_keys();
        // What is gone would not be counted below.
        let queue: Vec<(Scope, LsaKey)> = queue.filter(|(s, k)| self.lsdb.get(*s, k).is_some()).collect();
        interface.flooded = Some(now);
        let destinations = interface.everybody();
        let packets = self.pack(now, id, &queue);
        let mut sent = 0usize;
        for (lsas, count) in packets {
            let packet = Packet::LinkStateUpdate { lsas, bad: Vec::new() };
            for destination in &destinations {
                self.send(now, id, *destination, &packet);
            }
            sent = sent.saturating_add(count);
            if paced {
                break;
            }
        }
        // Some of it may have been acknowledged before it left, by an instance that came the other way.
        for (scope, key) in queue.get(..sent).unwrap_or_default() {
            if self.flushing.contains(&(*scope, *key)) {
                self.sweep_one(now, *scope, *key);
            }
        }
        let left = queue.get(sent..).unwrap_or_default();
        if !left.is_empty()
            && let Some(interface) = self.interfaces.get_mut(&id)
        {
            interface.queue.extend(left.iter().map(|k| (*k, ())));
            self.flood_soon(now, id);
        }
    }

    /// Everything that waits anywhere leaves now, unpaced: this is the last that is heard of it.
    pub(crate) fn flush_queues(&mut self, now: Instant) {
        let interfaces: Vec<IfId> = self.interfaces.keys().copied().collect();
        for id in interfaces {
            self.send_queue(now, id, false);
        }
    }

    /// Sends LSAs to one neighbor, not to be acknowledged: it asked for them, or is behind.
    pub(crate) fn send_directly(
        &mut self,
        now: Instant,
        id: IfId,
        key: NeighborId,
        lsas: &[(Scope, LsaKey)],
    ) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        let Some(neighbor) = interface.neighbors.get(&key) else { return };
        let destination = interface.towards(neighbor.address);
        for (lsas, _) in self.pack(now, id, lsas) {
            self.send(now, id, destination, &Packet::LinkStateUpdate { lsas, bad: Vec::new() });
        }
    }

    /// LSAs in as few packets as the MTU allows, with the ages they will have on arrival, and how many keys each packet
    /// settles.
    pub(crate) fn pack(
        &mut self,
        now: Instant,
        id: IfId,
        keys: &[(Scope, LsaKey)],
    ) -> Vec<(Vec<Lsa>, usize)> {
        let Some(interface) = self.interfaces.get(&id) else { return Vec::new() };
        let room = interface.room().saturating_sub(UPDATE);
        let delay = interface.settings.transmit_delay;
        let mut packets: Vec<(Vec<Lsa>, usize)> = Vec::new();
        let mut left = 0usize;
        for (scope, key) in keys {
            let Some(entry) = self.lsdb.get(*scope, key) else {
                if let Some((_, count)) = packets.last_mut() {
                    *count = count.saturating_add(1);
                }
                continue;
            };
            let age = entry.age(now).saturating_add(delay).min(MAX_AGE);
            let lsa = entry.lsa.with_age(age);
            let length = usize::from(lsa.header.length);
            if entry.own {
                self.own.note_sent(now, *scope, key);
            }
            match packets.last_mut() {
                Some((lsas, count)) if length <= left => {
                    lsas.push(lsa);
                    *count = count.saturating_add(1);
                    left = left.saturating_sub(length);
                }
                _ => {
                    packets.push((vec![lsa], 1));
                    left = room.saturating_sub(length);
                }
            }
        }
        packets
    }

    /// What a neighbor has not acknowledged in time is sent again, to it alone.
    pub(crate) fn retransmit(&mut self, now: Instant, id: IfId, key: NeighborId) {
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        let retransmit = interface.settings.retransmit;
        let Some(neighbor) = interface.neighbors.get_mut(&key) else { return };
        let due = |u: &Unacked| u.sent + retransmit <= now;
        let again: Vec<(Scope, LsaKey)> = neighbor
            .unacked
            .iter_mut()
            .filter(|(_, u)| due(u))
            .take(RETRANSMIT_BURST)
            .map(|(k, u)| {
                u.sent = now;
                (u.scope, *k)
            })
            .collect();
        let next = neighbor.unacked.values().map(|u| u.sent + retransmit).min();
        self.send_directly(now, id, key, &again);
        if let Some(next) = next {
            self.timers.set(Timer::Retransmit(id, key), next.max(now + RETRANSMIT_PAUSE));
        }
    }
}
