//! Bringing two databases together (RFC 2328 10.6 to 10.9): description, request, and what is loaded.

use crate::config::AreaKind;
use crate::counters::Refusal;
use crate::lsdb::Scope;
use crate::neighbor::{LastDescription, Neighbor, NeighborId, State};
use crate::process::{Ospf, Timer};
use crate::settings::{LinkType, area_kind};
use crate::wire::lsa::HEADER;
use crate::wire::packet::{DatabaseDescription, Packet};
use crate::wire::{Kind, LsaKey, PacketKind, options};
use crate::{AreaId, IfId, wire};
use core::cmp::Ordering;
use fib::Instant;
use proto::{Level, Notice};

/// Bytes of a description before its headers.
const DESCRIPTION: usize = 8;
/// Bytes of one entry of a request.
const REQUEST: usize = 12;

impl Ospf {
    /// To ExStart: says first who is master (RFC 2328 10.8).
    pub(crate) fn start_exchange(&mut self, now: Instant, id: IfId, key: NeighborId) {
        self.set_state(now, id, key, State::ExStart, "databases are to be compared");
        let random = u32::try_from(self.rng.bits() & 0x7fff_ffff).unwrap_or(1);
        let Some(neighbor) = self.neighbor_mut(id, key) else { return };
        let exchange = &mut neighbor.exchange;
        exchange.sequence = if exchange.sequence == 0 { random } else { exchange.sequence.wrapping_add(1) };
        exchange.master = true;
        exchange.more = true;
        self.send_description(now, id, key, true);
    }

    /// Starts over (SeqNumberMismatch, BadLSReq).
    fn restart_exchange(&mut self, now: Instant, id: IfId, key: NeighborId, why: &str) {
        if self.state_of(id, key) >= State::Exchange {
            // Down to two-way first, so that what was begun is forgotten.
            self.set_state(now, id, key, State::TwoWay, why);
            self.start_exchange(now, id, key);
        }
    }

    /// Sends the next description, of as many LSAs as fit.
    fn send_description(&mut self, now: Instant, id: IfId, key: NeighborId, init: bool) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        let fit = interface.room().saturating_sub(DESCRIPTION).checked_div(HEADER).unwrap_or(1).max(1);
        let retransmit = interface.settings.retransmit;
        let is_virtual = interface.settings.kind == LinkType::Virtual;
        let mtu = if is_virtual { 0 } else { interface.settings.mtu };
        let opaque = if self.config.opaque { options::O } else { 0 };
        let options = self.options(interface.area()) | opaque;
        let Some(neighbor) = self.neighbor_mut(id, key) else { return };
        let take = if init { 0 } else { fit.min(neighbor.exchange.summary.len()) };
        let described: Vec<(Scope, LsaKey)> = neighbor.exchange.summary.drain(..take).collect();
        neighbor.exchange.more = init || !neighbor.exchange.summary.is_empty();
        let (more, master, sequence) =
            (neighbor.exchange.more, neighbor.exchange.master, neighbor.exchange.sequence);
        let towards = neighbor.address;
        let headers = described
            .iter()
            .filter_map(|(scope, k)| self.lsdb.get(*scope, k))
            .map(|e| e.header(now))
            .collect();
        let packet = Packet::DatabaseDescription(DatabaseDescription {
            mtu,
            options,
            init,
            more,
            master,
            sequence,
            headers,
            unknown: false,
        });
        let body = wire::packet::write(&packet);
        if let Some(neighbor) = self.neighbor_mut(id, key) {
            neighbor.exchange.sent = Some(body.clone());
        }
        let destination = self.interfaces.get(&id).map_or(towards, |i| i.towards(towards));
        self.send_body(now, id, destination, PacketKind::DatabaseDescription, &body);
        if master {
            self.timers.set(Timer::Description(id, key), now + retransmit);
        } else {
            self.timers.stop(&Timer::Description(id, key));
        }
    }

    /// Sends the last description again.
    pub(crate) fn repeat_description(&mut self, now: Instant, id: IfId, key: NeighborId) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        let Some(neighbor) = interface.neighbors.get(&key) else { return };
        let retransmit = interface.settings.retransmit;
        let destination = interface.towards(neighbor.address);
        let waits =
            neighbor.state == State::ExStart || neighbor.state == State::Exchange && neighbor.exchange.master;
        let Some(body) = neighbor.exchange.sent.clone() else { return };
        self.send_body(now, id, destination, PacketKind::DatabaseDescription, &body);
        if waits {
            self.timers.set(Timer::Description(id, key), now + retransmit);
        }
    }

    /// A description has come (RFC 2328 10.6).
    pub(crate) fn description(&mut self, now: Instant, id: IfId, key: NeighborId, dd: &DatabaseDescription) {
        if !self.accepts_mtu(id, key, dd.mtu) {
            return self.refuse(Refusal::Mtu);
        }
        if self.state_of(id, key) == State::Init {
            // It would not describe itself to somebody it has not heard.
            self.two_way(now, id, key);
        }
        let Some(neighbor) = self.neighbor(id, key) else { return };
        let last = LastDescription {
            init: dd.init,
            more: dd.more,
            master: dd.master,
            options: dd.options,
            sequence: dd.sequence,
        };
        let repeated = neighbor.exchange.received == Some(last);
        let master = neighbor.exchange.master;
        match neighbor.state {
            State::Down | State::Attempt | State::Init | State::TwoWay => self.refuse(Refusal::State),
            State::ExStart => {
                if self.negotiate(now, id, key, dd) {
                    self.accept_description(now, id, key, dd, last);
                }
            }
            State::Exchange | State::Loading | State::Full if repeated => {
                if !master {
                    self.repeat_description(now, id, key);
                }
            }
            State::Exchange => {
                let expected = neighbor.exchange.sequence.wrapping_add(u32::from(!master));
                let before = neighbor.exchange.received;
                let wrong = match () {
                    () if dd.master == master => Some("both or none are master"),
                    () if dd.init => Some("it starts over"),
                    () if before.is_some_and(|b| b.options != dd.options) => Some("its options have changed"),
                    () if dd.sequence != expected => Some("a description has an unexpected number"),
                    () => None,
                };
                match wrong {
                    Some(why) => self.restart_exchange(now, id, key, why),
                    None => self.accept_description(now, id, key, dd, last),
                }
            }
            State::Loading | State::Full => {
                self.restart_exchange(now, id, key, "it describes its database anew")
            }
        }
    }

    /// RFC 2328 10.6: what is larger than our MTU would be lost. Explained once, since this is what people search for.
    fn accepts_mtu(&mut self, id: IfId, key: NeighborId, mtu: u16) -> bool {
        let Some(interface) = self.interfaces.get_mut(&id) else { return false };
        let own = interface.settings.mtu;
        // Zero is what virtual links say.
        if interface.settings.mtu_ignore
            || interface.settings.kind == LinkType::Virtual
            || mtu == own
            || mtu == 0
        {
            return true;
        }
        let fits = mtu < own;
        let name = interface.name.clone();
        let Some(neighbor) = interface.neighbors.get_mut(&key) else { return false };
        let words = if fits {
            format!(
                "the neighbor's MTU of {mtu} is smaller than ours of {own}: it will not take our descriptions until both \
                 are equal (or it ignores the MTU)"
            )
        } else {
            format!(
                "the neighbor's MTU of {mtu} is larger than ours of {own}: the adjacency stays in ExStart until both are \
                 equal (or `ip ospf mtu-ignore` is set)"
            )
        };
        if neighbor.complaint.as_ref() != Some(&words) {
            neighbor.complaint = Some(words.clone());
            let router = neighbor.router;
            let notice = Notice::new(Level::Warning, "ospf adj", words)
                .with("neighbor", router)
                .with("interface", name);
            self.push_notice(notice);
        }
        fits
    }

    /// ExStart: who is master. True when that is settled and the description is the first of the exchange.
    fn negotiate(&mut self, now: Instant, id: IfId, key: NeighborId, dd: &DatabaseDescription) -> bool {
        let own_id = self.router_id;
        let Some(neighbor) = self.neighbor_mut(id, key) else { return false };
        let (router, sequence) = (neighbor.router, neighbor.exchange.sequence);
        let slave = dd.init && dd.more && dd.master && dd.headers.is_empty() && router > own_id;
        let master = !dd.init && !dd.master && dd.sequence == sequence && router < own_id;
        if !slave && !master {
            return false;
        }
        neighbor.options = dd.options;
        neighbor.exchange.master = master;
        if slave {
            // One less, so that this description is the next in order.
            neighbor.exchange.sequence = dd.sequence.wrapping_sub(1);
        }
        self.timers.stop(&Timer::Description(id, key));
        self.set_state(now, id, key, State::Exchange, if master { "we are master" } else { "it is master" });
        self.summarize(now, id, key);
        true
    }

    /// What is to be described: every LSA the neighbor is to have (RFC 2328 10.3, NegotiationDone).
    fn summarize(&mut self, now: Instant, id: IfId, key: NeighborId) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        let area = interface.area();
        let is_virtual = interface.settings.kind == LinkType::Virtual;
        let Some(neighbor) = interface.neighbors.get(&key) else { return };
        let opaque = self.config.opaque && neighbor.options & options::O != 0;
        let as_scope = area_kind(&self.config, area) == AreaKind::Normal && !is_virtual;
        let scopes =
            [Some(Scope::Area(area)), as_scope.then_some(Scope::As), opaque.then_some(Scope::Link(id))];
        let mut summary = std::collections::VecDeque::new();
        let mut flushing = Vec::new();
        for scope in scopes.into_iter().flatten() {
            for (lsa, entry) in self.lsdb.scope(scope).into_iter().flat_map(|db| db.iter()) {
                match () {
                    () if lsa.kind.is_opaque() && !opaque => {}
                    () if entry.is_max_age(now) => flushing.push((scope, *lsa)),
                    () => summary.push_back((scope, *lsa)),
                }
            }
        }
        if let Some(neighbor) = self.neighbor_mut(id, key) {
            neighbor.exchange.summary = summary;
        }
        // LSAs at MaxAge are not described but told.
        for (scope, lsa) in flushing {
            self.enqueue(now, id, Some(key), scope, lsa);
        }
    }

    /// A description in its turn: what is newer there is asked for, and ours is told.
    fn accept_description(
        &mut self,
        now: Instant,
        id: IfId,
        key: NeighborId,
        dd: &DatabaseDescription,
        last: LastDescription,
    ) {
        let Some(interface) = self.interfaces.get(&id) else { return };
        let Some(neighbor) = interface.neighbors.get(&key) else { return };
        let (area, is_virtual) = (interface.area(), interface.settings.kind == LinkType::Virtual);
        let not_external = area_kind(&self.config, area) != AreaKind::Normal;
        if dd.unknown || dd.headers.iter().any(|h| h.key.kind == Kind::External && not_external) {
            return self.restart_exchange(now, id, key, "it describes an LSA that cannot be");
        }
        // What would not be taken is not asked for either, or the adjacency would load forever.
        let takes = |kind| self.takes(neighbor, area, is_virtual, kind);
        let newer = dd.headers.iter().filter(|h| takes(h.key.kind)).filter(|h| {
            let ours = self.lsdb.get(h.key.kind.scope(id, area), &h.key);
            ours.is_none_or(|e| h.compare(&e.header(now)) == Ordering::Greater)
        });
        let newer: Vec<_> = newer.map(|h| (h.key, *h)).collect();
        let Some(neighbor) = self.neighbor_mut(id, key) else { return };
        neighbor.exchange.requests.extend(newer);
        neighbor.exchange.received = Some(last);
        let told_all = !neighbor.exchange.more;
        if neighbor.exchange.master {
            if told_all && !dd.more {
                return self.exchange_done(now, id, key);
            }
            neighbor.exchange.sequence = neighbor.exchange.sequence.wrapping_add(1);
            self.send_description(now, id, key, false);
        } else {
            neighbor.exchange.sequence = dd.sequence;
            self.send_description(now, id, key, false);
            if !dd.more && self.neighbor(id, key).is_some_and(|n| !n.exchange.more) {
                return self.exchange_done(now, id, key);
            }
        }
        self.request_more(now, id, key);
    }

    fn exchange_done(&mut self, now: Instant, id: IfId, key: NeighborId) {
        self.timers.stop(&Timer::Description(id, key));
        let Some(neighbor) = self.neighbor(id, key) else { return };
        if neighbor.exchange.requests.is_empty() {
            self.set_state(now, id, key, State::Full, "databases are equal");
        } else {
            self.set_state(now, id, key, State::Loading, "all has been described");
            self.request_more(now, id, key);
        }
    }

    /// Asks for the next LSAs, unless an answer is awaited (RFC 2328 10.9).
    pub(crate) fn request_more(&mut self, now: Instant, id: IfId, key: NeighborId) {
        let Some(interface) = self.interfaces.get_mut(&id) else { return };
        let fit = interface.room().checked_div(REQUEST).unwrap_or(1).max(1);
        let retransmit = interface.settings.retransmit;
        let Some(neighbor) = interface.neighbors.get_mut(&key) else { return };
        if !neighbor.exchange.asked.is_empty() {
            return;
        }
        if neighbor.exchange.requests.is_empty() {
            self.timers.stop(&Timer::Request(id, key));
            if self.state_of(id, key) == State::Loading {
                self.set_state(now, id, key, State::Full, "all that was asked for has come");
            }
            return;
        }
        let asked: Vec<LsaKey> = neighbor.exchange.requests.keys().take(fit).copied().collect();
        neighbor.exchange.asked = asked.iter().copied().collect();
        let address = neighbor.address;
        let destination = interface.towards(address);
        self.send(now, id, destination, &Packet::LinkStateRequest(asked));
        self.timers.set(Timer::Request(id, key), now + retransmit);
    }

    /// What was asked for has not come: once more.
    pub(crate) fn repeat_requests(&mut self, now: Instant, id: IfId, key: NeighborId) {
        if let Some(neighbor) = self.neighbor_mut(id, key) {
            neighbor.exchange.asked.clear();
            self.request_more(now, id, key);
        }
    }

    /// LSAs are asked for (RFC 2328 10.7).
    pub(crate) fn requested(&mut self, now: Instant, id: IfId, key: NeighborId, keys: &[LsaKey]) {
        if self.state_of(id, key) < State::Exchange {
            return self.refuse(Refusal::State);
        }
        let Some(area) = self.interfaces.get(&id).map(|i| i.area()) else { return };
        let found: Option<Vec<(Scope, LsaKey)>> = keys
            .iter()
            .map(|k| (k.kind.scope(id, area), *k))
            .map(|(scope, k)| self.lsdb.get(scope, &k).map(|_| (scope, k)))
            .collect();
        match found {
            Some(all) => self.send_directly(now, id, key, &all),
            None => self.restart_exchange(now, id, key, "it asks for an LSA we do not have"),
        }
    }

    /// An LSA came that had been asked for and is not newer than what is known: something is wrong (BadLSReq).
    pub(crate) fn bad_request(&mut self, now: Instant, id: IfId, key: NeighborId) {
        self.restart_exchange(now, id, key, "it sends something else than was asked for");
    }

    /// Whether an LSA may be given to a neighbor at all.
    pub(crate) fn takes(&self, neighbor: &Neighbor, area: AreaId, is_virtual: bool, kind: Kind) -> bool {
        let external = matches!(kind, Kind::External | Kind::OpaqueAs);
        match area_kind(&self.config, area) {
            _ if external && is_virtual => false,
            AreaKind::Stub | AreaKind::Nssa if external => false,
            AreaKind::Normal | AreaKind::Stub if kind == Kind::NssaExternal => false,
            _ => !kind.is_opaque() || (self.config.opaque && neighbor.options & options::O != 0),
        }
    }
}
