//! Flooding (RFC 2328 section 13): what is taken from whom, and to whom it is passed on. How it leaves is `queue`'s, how it
//! is acknowledged `ack`'s.

use crate::IfId;
use crate::counters::Refusal;
use crate::interface::{Interface, State as InterfaceState};
use crate::lsdb::{Entry, Scope};
use crate::neighbor::{NeighborId, State};
use crate::process::{Ospf, Timer};
use crate::settings::LinkType;
use crate::wire::lsa::{MAX_AGE, MAX_SEQUENCE};
use crate::wire::{Body, Kind, Lsa, LsaHeader, LsaKey, text};
use core::cmp::Ordering;
use core::net::IpAddr;
use core::time::Duration;
use fib::{Instant, Prefix};
use proto::{Level, Notice};
use smallvec::SmallVec;

impl Ospf {
    /// An update has come (RFC 2328 13).
    pub(crate) fn update(&mut self, now: Instant, id: IfId, key: NeighborId, lsas: Vec<Lsa>) {
        if self.state_of(id, key) < State::Exchange {
            return self.refuse(Refusal::State);
        }
        let mut direct = Vec::new();
        for lsa in lsas {
            self.stats.lsas_received = self.stats.lsas_received.saturating_add(1);
            self.receive_lsa(now, id, key, lsa, &mut direct);
            if self.state_of(id, key) < State::Exchange {
                return;
            }
        }
        if !direct.is_empty() {
            self.acknowledge(now, id, key, direct);
        }
        self.request_more(now, id, key);
    }

    fn receive_lsa(
        &mut self,
        now: Instant,
        id: IfId,
        key: NeighborId,
        lsa: Lsa,
        direct: &mut Vec<LsaHeader>,
    ) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        let area = interface.area();
        let Some(neighbor) = interface.neighbors.get(&key) else { return };
        let is_virtual = interface.settings.kind == LinkType::Virtual;
        if !self.takes(neighbor, area, is_virtual, lsa.key().kind) {
            return self.refuse(Refusal::LsaArea);
        }
        let scope = lsa.key().kind.scope(id, area);
        let known = self.lsdb.get(scope, &lsa.key());
        if lsa.header.age >= MAX_AGE && known.is_none() && !self.is_anybody_exchanging() {
            // 13 (4): nothing to flush here.
            direct.push(lsa.header);
            self.forget_request(id, key, &lsa.header);
            return;
        }
        let order = known.map(|e| lsa.header.compare(&e.header(now)));
        match order {
            None | Some(Ordering::Greater) => self.take(now, id, key, scope, lsa),
            _ if self.neighbor(id, key).is_some_and(|n| n.exchange.requests.contains_key(&lsa.key())) => {
                self.bad_request(now, id, key);
            }
            Some(Ordering::Equal) => self.take_duplicate(now, id, key, &lsa.header, direct),
            Some(Ordering::Less) => self.take_older(now, id, key, scope, &lsa),
        }
    }

    /// 13 (5): news.
    fn take(&mut self, now: Instant, id: IfId, key: NeighborId, scope: Scope, lsa: Lsa) {
        let lsa_key = lsa.key();
        let asked = self.neighbor(id, key).is_some_and(|n| n.exchange.asked.contains(&lsa_key));
        let arrival = Duration::from_millis(self.config.timers.lsa_arrival.into());
        let known = self.lsdb.get(scope, &lsa_key);
        // MinLSArrival is about what is flooded: what we asked for, or made ourselves, may be followed at once.
        let too_soon = |e: &Entry| !e.own && e.flooded && now.since(e.installed) < arrival;
        if !asked && known.is_some_and(too_soon) {
            return self.refuse(Refusal::LsaTooSoon);
        }
        let changed = known.is_none_or(|e| !e.lsa.same_content(&lsa));
        let header = lsa.header;
        self.tell_lsa("taken", &header);
        // One of ours that we want is not forgotten but followed, unless its number is the last.
        let follows = self.own.get(scope, &lsa_key).is_some() && header.sequence < MAX_SEQUENCE;
        let is_flush = header.age >= MAX_AGE && !follows;
        let entry = Entry { lsa: lsa.compact(), installed: now, own: false, flooded: !asked };
        self.install(now, scope, entry);
        if is_flush {
            self.flushing.insert((scope, lsa_key));
        } else {
            self.flushing.remove(&(scope, lsa_key));
        }
        let back = self.flood(now, scope, lsa_key, Some((id, key)));
        self.acknowledge_news(now, id, key, header, back);
        if self.is_ours(&lsa_key) {
            self.reclaim(now, scope, lsa_key, !asked);
        } else {
            self.notice_grace(now, id, key, scope, lsa_key);
            if changed {
                self.end_grace_on_change(now, scope, lsa_key.kind);
            }
        }
        if is_flush {
            self.sweep_one(now, scope, lsa_key);
        }
    }

    /// Whether an LSA claims to be this router's (RFC 2328 13.4).
    fn is_ours(&self, key: &LsaKey) -> bool {
        let own_address = || self.interfaces.values().any(|i| i.settings.address == key.id && i.is_up());
        key.router == self.router_id || (key.kind == Kind::Network && own_address())
    }

    /// 13 (7): the same again. It acknowledges ours, or wants to be acknowledged.
    fn take_duplicate(
        &mut self,
        now: Instant,
        id: IfId,
        key: NeighborId,
        header: &LsaHeader,
        direct: &mut Vec<LsaHeader>,
    ) {
        if !self.confirm(now, id, key, header) {
            direct.push(*header);
            return;
        }
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        let scope = header.key.kind.scope(id, interface.area());
        if interface.settings.kind == LinkType::PointToPoint
            && interface.queue.remove(&(scope, header.key)).is_some()
        {
            // Ours has not left yet, and need not any more: what would have been acknowledged by it is so in words.
            self.delay_ack(now, id, *header);
            if header.age >= MAX_AGE {
                self.sweep_one(now, scope, header.key);
            }
            return;
        }
        let from_dr = interface.neighbors.get(&key).is_some_and(|n| n.address == interface.dr);
        if interface.state == InterfaceState::Backup && from_dr {
            self.delay_ack(now, id, *header);
        }
    }

    /// 13 (8): the neighbor is behind: it gets ours.
    fn take_older(&mut self, now: Instant, id: IfId, key: NeighborId, scope: Scope, lsa: &Lsa) {
        self.refuse(Refusal::LsaOld);
        let Some(entry) = self.lsdb.get(scope, &lsa.key()) else { return };
        if entry.is_max_age(now) && entry.lsa.header.sequence == MAX_SEQUENCE {
            return;
        }
        let arrival = Duration::from_millis(self.config.timers.lsa_arrival.into());
        let Some(neighbor) = self.neighbor_mut(id, key) else { return };
        if neighbor.answered.len() >= 64 {
            neighbor.answered.retain(|_, at| now.since(*at) < arrival);
        }
        let lately = neighbor.unacked.get(&lsa.key()).is_some_and(|u| now.since(u.sent) < arrival)
            || neighbor.answered.get(&lsa.key()).is_some_and(|at| now.since(*at) < arrival);
        if !lately {
            neighbor.answered.insert(lsa.key(), now);
            self.send_directly(now, id, key, &[(scope, lsa.key())]);
        }
    }

    fn is_anybody_exchanging(&self) -> bool {
        self.interfaces.values().any(|i| i.neighbors.values().any(|n| n.is_exchanging()))
    }

    /// Stores an LSA, and tells SPF.
    pub(crate) fn install(&mut self, now: Instant, scope: Scope, entry: Entry) {
        let key = entry.lsa.key();
        let live = entry.lsa.header.age < MAX_AGE;
        for interface in self.interfaces.values_mut() {
            for neighbor in interface.neighbors.values_mut() {
                if neighbor.unacked.get(&key).is_some_and(|u| u.scope == scope) {
                    neighbor.unacked.remove(&key);
                }
            }
        }
        let new = entry.lsa.clone();
        let old = self.lsdb.insert(scope, entry);
        let old_lsa = old.as_ref().filter(|e| e.lsa.header.age < MAX_AGE).map(|e| &e.lsa);
        let new_lsa = live.then_some(&new);
        if old_lsa.is_none() && new_lsa.is_none() {
            return;
        }
        self.spf.note(scope, key, old_lsa, new_lsa);
        old_lsa.into_iter().chain(new_lsa).for_each(|lsa| self.notice_nssa(lsa));
        if self.spf.pending().is_some() {
            self.spf_soon(now);
        }
    }

    /// A type 7 LSA has changed: what is translated is looked at again.
    fn notice_nssa(&mut self, lsa: &Lsa) {
        let key = lsa.key();
        if key.kind == Kind::NssaExternal
            && key.router != self.router_id
            && let Body::External(external) = lsa.body()
        {
            self.dirty.routes.insert(Prefix::new(IpAddr::V4(key.id), external.len));
        }
    }

    /// Passes an LSA on (RFC 2328 13.3). `from`: where it came from. True: also out of the interface it came in on.
    pub(crate) fn flood(
        &mut self,
        now: Instant,
        scope: Scope,
        key: LsaKey,
        from: Option<(IfId, NeighborId)>,
    ) -> bool {
        let Some(header) = self.lsdb.get(scope, &key).map(|e| e.header(now)) else { return false };
        let interfaces: SmallVec<[IfId; 16]> =
            self.interfaces.values().filter(|i| i.speaks() && reaches(scope, i)).map(|i| i.id).collect();
        let mut back = false;
        for id in interfaces {
            let came_in_here = from.filter(|(i, _)| *i == id).map(|(_, n)| n);
            let sent = self.flood_interface(now, id, scope, &header, came_in_here);
            back |= sent && came_in_here.is_some();
        }
        back
    }

    fn flood_interface(
        &mut self,
        now: Instant,
        id: IfId,
        scope: Scope,
        header: &LsaHeader,
        from: Option<NeighborId>,
    ) -> bool {
        let key = header.key;
        let Some(interface) = self.interfaces.get(&id) else { return false };
        let (area, is_virtual) = (interface.area(), interface.settings.kind == LinkType::Virtual);
        let candidates: SmallVec<[NeighborId; 4]> = interface
            .neighbors
            .iter()
            .filter(|(_, n)| n.state >= State::Exchange && self.takes(n, area, is_virtual, key.kind))
            .map(|(k, _)| *k)
            .collect();
        let mut waiting = false;
        for neighbor in candidates {
            let has_it = self.compare_request(now, id, neighbor, header);
            if has_it || from == Some(neighbor) {
                continue;
            }
            waiting = true;
            self.await_ack(now, id, neighbor, scope, header);
        }
        let Some(interface) = self.interfaces.get_mut(&id) else { return false };
        // 13.3 (3), (4): the DR passes it on, or the BDR sees that it does.
        let from_designated = from.and_then(|n| interface.neighbors.get(&n)).is_some_and(|n| {
            interface.settings.kind.has_dr() && (n.address == interface.dr || n.address == interface.bdr)
        });
        let backup = from.is_some() && interface.state == InterfaceState::Backup;
        if !waiting || from_designated || backup {
            return false;
        }
        interface.queue.insert((scope, key), ());
        if self.verbose.flooding {
            let notice = Notice::new(Level::Debug, "ospf flood", "passed on")
                .with("interface", &interface.name)
                .with("lsa", text::lsa_text(header));
            self.push_notice(notice);
        }
        self.flood_soon(now, id);
        true
    }

    /// 13.3 (1b): an LSA that is being asked for has come by another way. True: the neighbor has this very instance.
    fn compare_request(&mut self, now: Instant, id: IfId, key: NeighborId, header: &LsaHeader) -> bool {
        let Some(neighbor) = self.neighbor_mut(id, key) else { return false };
        let Some(wanted) = neighbor.exchange.requests.get(&header.key) else { return false };
        let order = header.compare(wanted);
        if order != Ordering::Less {
            neighbor.exchange.requests.remove(&header.key);
            neighbor.exchange.asked.remove(&header.key);
            if neighbor.exchange.asked.is_empty() {
                // The next are asked for, or nothing is left to ask for.
                self.timers.set(Timer::Request(id, key), now);
            }
        }
        order != Ordering::Greater
    }

    fn forget_request(&mut self, id: IfId, key: NeighborId, header: &LsaHeader) {
        if let Some(neighbor) = self.neighbor_mut(id, key) {
            neighbor.exchange.requests.remove(&header.key);
            neighbor.exchange.asked.remove(&header.key);
        }
    }
}

/// Whether an LSA of a scope may leave by an interface (RFC 2328 13.3); the neighbors are asked one by one.
fn reaches(scope: Scope, interface: &Interface) -> bool {
    match scope {
        Scope::Link(id) => id == interface.id,
        Scope::Area(area) => interface.area() == area,
        Scope::As => interface.settings.kind != LinkType::Virtual,
    }
}
