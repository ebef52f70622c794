//! The forwarder: frames in, frames out, and what is for this router handed up.
//! It owns layer 2, the neighbors, the TTL, fragments and the ICMP errors; it reads routes from a [`Snapshot`] and
//! never writes one. No socket, clock or lock; a packet in transit is moved, not copied, and costs no allocation.
//!
//! ```text
//!  handle_frame ─ Ethernet ─┬─ ARP, ND ──────────────────────── neighbors
//!                           ├─ IPv4 ─┐  martians, rp_filter,       │
//!                           └─ IPv6 ─┴─ Snapshot::lookup ─┬─ local ┼─ reassembly ──► poll_deliver
//!                                                         └─ transit: TTL, MTU ─┐
//!  send ────────────────────────────── Snapshot::lookup ─── output ─────────────┴─ resolve ─► poll_transmit
//!  send_on ──────────────────────────────────────────────── output
//! ```

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod arp;
mod deliver;
mod discovery;
mod errors;
mod ingress;
mod ipv4;
mod ipv6;
mod nd;
mod output;
mod path_mtu;
mod router;
mod timers;
mod types;

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests;

pub use types::{Delivery, Df, ForwardEvent, TxMeta};

use crate::counters::{Counters, Direction, Drop, PortCounters, Stat};
use crate::frag::Reassembly;
use crate::icmp::{IcmpError, Limiter};
use crate::neighbor::{Cache, Lifetimes, Limits, Neighbor, Pending};
use crate::packet::ethernet;
use crate::port::{GlobalSettings, Mac, OwnAddresses, Port, PortSettings};
use crate::{Frame, Instant, PortId, Snapshot};
use bytes::BytesMut;
use core::net::IpAddr;
use discovery::Discovery;
use path_mtu::PathMtu;
use std::collections::{BTreeMap, VecDeque};

/// Queues are made this long at the start, so that a burst of transit packets finds them ready.
const QUEUE: usize = 256;

/// The forwarding plane of one router.
#[derive(Debug)]
pub struct Forwarder {
    seed: u64,
    global: GlobalSettings,
    ports: BTreeMap<PortId, Port>,
    own: OwnAddresses,
    neighbors: Cache,
    reassembly: Reassembly,
    limiter: Limiter,
    path_mtu: PathMtu,
    /// Ports that still have to announce their addresses: when next, and how often.
    announcements: BTreeMap<PortId, (Instant, u8)>,
    /// When we last defended an address (RFC 5227 section 2.4).
    defended: BTreeMap<(PortId, IpAddr), Instant>,
    discovery: Discovery,
    counters: Counters,
    ident: u32,
    transmit: VecDeque<(PortId, Frame)>,
    deliver: VecDeque<Delivery>,
    events: VecDeque<ForwardEvent>,
}

impl Forwarder {
    /// A forwarder without ports. The seed decides how flows spread over equal paths and where identifications
    /// begin: give every router its own.
    pub fn new(seed: u64) -> Forwarder {
        let global = GlobalSettings::default();
        Forwarder {
            seed,
            ports: BTreeMap::new(),
            own: OwnAddresses::default(),
            neighbors: Cache::new(neighbor_limits(&global)),
            reassembly: Reassembly::new(global.reassembly_bytes),
            limiter: Limiter::new(seed, global.icmp_rate, global.icmp_target_rate),
            path_mtu: PathMtu::default(),
            announcements: BTreeMap::new(),
            defended: BTreeMap::new(),
            discovery: Discovery::new(seed),
            counters: Counters::default(),
            ident: (seed >> 16) as u32 ^ seed as u32,
            transmit: VecDeque::with_capacity(QUEUE),
            deliver: VecDeque::new(),
            events: VecDeque::new(),
            global,
        }
    }

    /// Adds or changes a port. One that comes up, or gets a new address, announces its addresses (RFC 5227,
    /// RFC 4861 section 7.2.6); one that goes down forgets its neighbors and the routers it has heard.
    pub fn set_port(&mut self, now: Instant, id: PortId, settings: PortSettings) {
        let lifetimes = Lifetimes { reachable: settings.reachable_time, forget: settings.arp_timeout };
        self.neighbors.set_lifetimes(id, lifetimes);
        let (up, mac) = (settings.up, settings.mac);
        let advertised = self.advertises(id);
        let port = self.ports.entry(id).or_insert_with(|| Port::new(PortSettings::default()));
        // What was announced before: nothing by a port that was down, or under another MAC address.
        let announced: Vec<IpAddr> =
            port.own_addresses().filter(|_| port.settings.up && port.settings.mac == mac).collect();
        port.settings = settings;
        port.derive();
        let something_new = port.own_addresses().any(|addr| !announced.contains(&addr));
        self.own = OwnAddresses::of(self.ports.values());
        if !up {
            self.announcements.remove(&id);
            for (_, queue) in self.neighbors.clear(Some(id), None) {
                self.discard(queue, Drop::PortDown);
            }
        } else if something_new {
            self.announce(now, id);
        }
        self.follow_discovery(now, id, advertised);
    }

    /// Forgets a port, its neighbors and its counters.
    pub fn remove_port(&mut self, _now: Instant, id: PortId) {
        for (_, queue) in self.neighbors.remove_port(id) {
            self.discard(queue, Drop::PortDown);
        }
        self.end_discovery(id);
        self.announcements.remove(&id);
        self.defended.retain(|(port, _), _| *port != id);
        self.ports.remove(&id);
        self.own = OwnAddresses::of(self.ports.values());
    }

    /// The settings of a port.
    pub fn port(&self, id: PortId) -> Option<&PortSettings> {
        self.ports.get(&id).map(|p| &p.settings)
    }

    /// The link-local IPv6 address of a port, made or configured.
    pub fn link_local(&self, id: PortId) -> Option<core::net::Ipv6Addr> {
        self.ports.get(&id).and_then(|p| p.link_local)
    }

    /// Changes what holds for all ports.
    pub fn set_global(&mut self, settings: GlobalSettings) {
        self.limiter.set(settings.icmp_rate, settings.icmp_target_rate);
        self.neighbors.set_limits(neighbor_limits(&settings));
        self.reassembly.set_limit(settings.reassembly_bytes);
        self.global = settings;
    }

    /// Receives multicast `group` on a port from now on. All-hosts, all-nodes, all-routers and solicited-node
    /// groups need no join.
    pub fn join(&mut self, id: PortId, group: IpAddr) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.joined.insert(group);
        }
    }

    /// The end of [`Forwarder::join`].
    pub fn leave(&mut self, id: PortId, group: IpAddr) {
        if let Some(port) = self.ports.get_mut(&id) {
            port.joined.remove(&group);
        }
    }

    /// Groups joined on a port.
    pub fn joined(&self, id: PortId) -> impl Iterator<Item = IpAddr> + '_ {
        self.ports.get(&id).into_iter().flat_map(|p| p.joined.iter().copied())
    }

    /// Takes a frame from the wire.
    pub fn handle_frame(&mut self, now: Instant, port: PortId, frame: Frame, fib: &Snapshot) {
        if let Err(reason) = self.receive(now, port, frame, fib) {
            self.dropped(Some(port), reason);
        }
    }

    /// Sends a whole IP packet of this router along the FIB. What is for this router itself comes back by
    /// [`Forwarder::poll_deliver`]; what cannot be sent comes back as an ICMP error to its own source.
    /// Multicast and link-local destinations have no route: use [`Forwarder::send_on`].
    pub fn send(&mut self, now: Instant, packet: BytesMut, meta: TxMeta, fib: &Snapshot) {
        if let Err(reason) = self.originate(now, packet, meta, fib) {
            self.dropped(None, reason);
        }
    }

    /// Sends a whole IP packet out of `port` without a look at the FIB: to the group, the broadcast address, or
    /// the neighbor `next_hop` (the destination itself if `None`).
    pub fn send_on(
        &mut self,
        now: Instant,
        port: PortId,
        next_hop: Option<IpAddr>,
        packet: BytesMut,
        meta: TxMeta,
    ) {
        if let Err(reason) = self.originate_on(now, port, next_hop, packet, meta) {
            self.dropped(Some(port), reason);
        }
    }

    /// Tells the sender of a delivered packet what is wrong with it (port unreachable and the like). `packet`
    /// is the whole IP packet; rules and rate limits apply.
    pub fn icmp_error(&mut self, now: Instant, error: IcmpError, delivery: &Delivery, fib: &Snapshot) {
        self.complain(now, error, &delivery.packet, delivery.ingress, delivery.l2_group, fib);
    }

    /// Does what is due: neighbor questions, reassembly timeouts, announcements, router advertisements.
    pub fn handle_timeout(&mut self, now: Instant, fib: &Snapshot) {
        self.expire(now, fib);
    }

    /// When [`Forwarder::handle_timeout`] is wanted next.
    pub fn next_timeout(&self) -> Option<Instant> {
        let announcement = self.announcements.values().map(|(at, _)| *at).min();
        let cached = [self.neighbors.next_deadline(), self.reassembly.next_deadline()];
        cached.into_iter().chain([self.discovery.next_deadline(), announcement]).flatten().min()
    }

    /// The next frame for a link.
    pub fn poll_transmit(&mut self) -> Option<(PortId, Frame)> {
        self.transmit.pop_front()
    }

    /// The next packet for this router.
    pub fn poll_deliver(&mut self) -> Option<Delivery> {
        self.deliver.pop_front()
    }

    /// The next thing the router may want to know or log.
    pub fn poll_event(&mut self) -> Option<ForwardEvent> {
        self.events.pop_front().or_else(|| self.neighbors.poll_change().map(ForwardEvent::Neighbor))
    }

    /// All neighbors, ordered by port and address.
    pub fn neighbors(&self) -> impl Iterator<Item = Neighbor> + '_ {
        self.neighbors.iter()
    }

    /// Forgets learned neighbors: of one port, one address, both, or all (`clear arp`).
    pub fn clear_neighbors(&mut self, port: Option<PortId>, addr: Option<IpAddr>) {
        for (_, queue) in self.neighbors.clear(port, addr) {
            self.discard(queue, Drop::NeighborFailed);
        }
    }

    /// A neighbor by hand (`arp ADDRESS MAC`), or with `None` its end.
    pub fn set_static_neighbor(&mut self, now: Instant, port: PortId, addr: IpAddr, mac: Option<Mac>) {
        let queue = self.neighbors.set_static(now, port, addr, mac);
        match mac {
            Some(mac) => self.flush(port, mac, queue),
            None => self.discard(queue, Drop::NeighborFailed),
        }
    }

    /// The address this router speaks to `dst` from: of the port the route leaves by, or else of any other,
    /// loopbacks first. `None`: no route, or no address of the family.
    pub fn source_for(&self, dst: IpAddr, fib: &Snapshot) -> Option<IpAddr> {
        self.select_source(dst, fib)
    }

    /// The path MTU learned for a destination of this router's own packets, bytes (RFC 1191, RFC 8201).
    pub fn path_mtu(&self, now: Instant, dst: IpAddr) -> Option<u32> {
        self.path_mtu.get(now, dst)
    }

    /// Totals.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The counters of a port.
    pub fn port_counters(&self, port: PortId) -> Option<&PortCounters> {
        self.ports.get(&port).map(|p| &p.counters)
    }

    /// Zeroes the counters of one port, or with `None` the totals and all ports' (`clear counters`).
    pub fn clear_counters(&mut self, port: Option<PortId>) {
        if port.is_none() {
            self.counters = Counters::default();
        }
        for (id, p) in &mut self.ports {
            if port.is_none_or(|wanted| wanted == *id) {
                p.counters = PortCounters::default();
            }
        }
    }

    fn dropped(&mut self, port: Option<PortId>, reason: Drop) {
        self.counters.add_drop(reason);
        if let Some(port) = port.and_then(|id| self.ports.get_mut(&id)) {
            port.counters.add_drop(reason);
        }
    }

    fn discard(&mut self, queue: VecDeque<Pending>, reason: Drop) {
        for pending in queue {
            self.dropped(pending.ingress, reason);
        }
    }
}

fn neighbor_limits(global: &GlobalSettings) -> Limits {
    Limits { per_port: global.neighbors_per_port, total: global.neighbors }
}
