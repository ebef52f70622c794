//! A record run again: what peers said, said again to a process of this software in virtual time, at the times they said
//! it. The process is the one of a router, its sessions come up by its own state machine, and it decides as it would have
//! decided then; what it says to the peers goes nowhere.
//!
//! What a record does not tell is taken to be harmless: every next hop and every peer is reached, with metric 0; no
//! session ends by its hold timer. A session is there from the first UPDATE, route or state `Established` of its peer to
//! the next state behind `Established`, NOTIFICATION, or, where no states were recorded, OPEN.

mod plan;

pub use plan::{Plan, Recorded};

use crate::config::{Config, GracefulRestartMode, NeighborConfig, Rpki};
use crate::process::{Bgp, Closed, ConnId, Socket};
use crate::wire::{AddPath, Capabilities, Codec, KEEPALIVE, Kind, Open, Writer};
use crate::{Family, RouterId};
use bytes::BytesMut;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use fib::rib::Reach;
use fib::tables::Resolved;
use fib::{IfAddr, Instant, PortId, Prefix, Protocol};
use plan::{PORT, What, is_link_local};
use policy::Policy;
use proto::{Event, Level, Notice, Port};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Bytes asked for at once of what would be sent.
const ROOM: usize = 64 * 1024;
/// What the process had to say and nobody asked for yet, lines.
const SAID: usize = 1_000;

/// What became of a record.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// UPDATEs of peers that the process took.
    pub updates: u64,
    /// Routes of tables that it took.
    pub routes: u64,
    /// Sessions that came up.
    pub sessions: u64,
    /// Messages and routes of peers whose session the process would not have.
    pub refused: u64,
}

/// See the module.
#[derive(Debug)]
pub struct Replay {
    bgp: Bgp,
    plan: Plan,
    /// Of [`Plan::happenings`], the next.
    next: usize,
    /// Seconds since 1970 at [`Instant::ZERO`].
    epoch: u64,
    now: Instant,
    conns: BTreeMap<IpAddr, ConnId>,
    serial: u16,
    tally: Tally,
    said: VecDeque<(Instant, Notice)>,
}

impl Replay {
    /// A process with this configuration before the first second of `plan`. Of the configuration counts what decides about
    /// routes; neighbors are passive and reached, stations and validating caches are left out.
    pub fn new(plan: Plan, config: Config, policy: Arc<Policy>, seed: u64) -> Replay {
        let (first, _) = plan.span().unwrap_or_default();
        let epoch = u64::from(first).saturating_sub(1);
        let mut bgp = Bgp::new(Instant::ZERO, tame(config), policy, seed);
        bgp.set_wall_clock(Some(epoch));
        bgp.set_port(Instant::ZERO, port(&plan));
        let mut replay = Replay {
            bgp,
            plan,
            next: 0,
            epoch,
            now: Instant::ZERO,
            conns: BTreeMap::new(),
            serial: 0,
            tally: Tally::default(),
            said: VecDeque::new(),
        };
        replay.settle();
        replay
    }

    /// Lets everything happen up to `until` (seconds since 1970; `None`: to the last record), and lets time go on to
    /// there.
    pub fn run(&mut self, until: Option<u32>) {
        let last = self.plan.span().map_or(0, |(_, last)| last);
        let end = until.unwrap_or(last);
        let limit = u64::from(end).saturating_mul(1_000_000).saturating_add(999_999);
        while let Some(happening) = self.plan.happenings.get(self.next).filter(|h| h.at <= limit).cloned() {
            self.next = self.next.saturating_add(1);
            self.pass(self.instant(happening.at));
            self.happen(happening.peer, happening.what);
            self.settle();
        }
        self.pass(self.instant(u64::from(end).saturating_mul(1_000_000)));
    }

    /// The process as it is now.
    pub fn bgp(&self) -> &Bgp {
        &self.bgp
    }

    /// What the files say.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How late it is.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The same in seconds since 1970.
    pub fn unix(&self) -> u64 {
        self.epoch.saturating_add(self.now.as_secs())
    }

    /// What became of the record so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// What the process had to say since this was last asked; of very much, the latest.
    pub fn take_said(&mut self) -> Vec<(Instant, Notice)> {
        self.said.drain(..).collect()
    }

    fn instant(&self, micros: u64) -> Instant {
        Instant::from_micros(micros.saturating_sub(self.epoch.saturating_mul(1_000_000)))
    }

    /// Time goes on to `at`, and whatever is due until then is done when it is due.
    fn pass(&mut self, at: Instant) {
        while let Some(due) = self.bgp.next_timeout().filter(|due| *due <= at) {
            self.now = self.now.max(due);
            self.bgp.handle_timeout(self.now);
            self.settle();
        }
        self.now = self.now.max(at);
    }

    fn happen(&mut self, peer: IpAddr, what: What) {
        match what {
            What::State(6, 6) => {}
            What::State(6, _) => self.end(peer),
            What::State(_, 6) => drop(self.session(peer)),
            What::State(..) => {}
            What::Message(Kind::Open, _) => {
                if self.plan.peers.get(&peer).is_some_and(|p| !p.states) {
                    self.end(peer);
                }
            }
            What::Message(Kind::Keepalive, _) => {}
            What::Message(Kind::Notification, bytes) => {
                if let Some(conn) = self.conns.get(&peer).copied() {
                    self.feed(conn, &bytes);
                }
            }
            What::Message(_, bytes) => {
                let took = self.say(peer, &bytes);
                self.tally.updates = self.tally.updates.saturating_add(u64::from(took));
            }
            What::Route(prefix, path_id, attributes) => {
                let family = Family::of(prefix.is_v4());
                let Some(known) = self.plan.peers.get(&peer) else { return };
                let mut bytes = BytesMut::new();
                let mut writer = Writer::new(codec(known), family);
                let whole = writer.announce(&mut bytes, &attributes, [(path_id, prefix)]).is_ok();
                let took = whole && self.say(peer, &bytes);
                self.tally.routes = self.tally.routes.saturating_add(u64::from(took));
            }
        }
    }

    /// Whether the process took it.
    fn say(&mut self, peer: IpAddr, bytes: &[u8]) -> bool {
        let conn = self.session(peer);
        match conn {
            Some(conn) => self.feed(conn, bytes),
            None => self.tally.refused = self.tally.refused.saturating_add(1),
        }
        conn.is_some()
    }

    /// The session with a peer; where there is none, it comes up. `None`: the process will not have it.
    fn session(&mut self, peer: IpAddr) -> Option<ConnId> {
        if let Some(conn) = self.conns.get(&peer) {
            return Some(*conn);
        }
        let known = self.plan.peers.get(&peer)?;
        let open = open(peer, known);
        let local = local(known, peer);
        self.serial = self.serial.wrapping_add(1);
        let remote = SocketAddr::new(peer, 32_768 | self.serial);
        let here = SocketAddr::new(local, crate::TCP_PORT);
        let ingress = is_link_local(peer).then_some(PortId(1));
        self.wake(peer);
        self.bgp.accepts(local, peer, ingress)?;
        let conn = self.bgp.accept(self.now, here, remote, ingress)?;
        self.conns.insert(peer, conn);
        self.bgp.handle_connected(self.now, conn, here, remote);
        self.settle();
        self.feed(conn, &open.encode());
        self.settle();
        self.feed(conn, &KEEPALIVE);
        self.settle();
        let conn = self.conns.get(&peer).copied();
        self.tally.sessions = self.tally.sessions.saturating_add(u64::from(conn.is_some()));
        conn
    }

    /// A machine rests behind sessions that did not last. The one that was recorded was there all the same.
    fn wake(&mut self, peer: IpAddr) {
        let rests = |p: &crate::process::Peer| p.address == Some(peer) && p.session.rests_until().is_some();
        if let Some((ix, resting)) = self.bgp.peers.iter_mut().find(|(_, p)| rests(p)) {
            resting.session.clear(self.now);
            self.bgp.stirred.insert(*ix);
        }
    }

    fn end(&mut self, peer: IpAddr) {
        if let Some(conn) = self.conns.remove(&peer) {
            self.bgp.handle_closed(self.now, conn, Closed::Finished);
            self.settle();
        }
    }

    /// Gives bytes to a connection, and the process time where it has a backlog.
    fn feed(&mut self, conn: ConnId, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = self.bgp.handle_stream(self.now, conn, rest);
            rest = rest.get(taken..).unwrap_or_default();
            let open = self.conns.values().any(|c| *c == conn);
            if taken == 0 && (!self.settle() || !open) {
                return;
            }
        }
    }

    /// Until nothing is left that is to be done now. Whether anything was.
    fn settle(&mut self) -> bool {
        let mut moved = false;
        loop {
            let mut more = false;
            while let Some(event) = self.bgp.poll_event() {
                more = true;
                self.event(event);
            }
            while let Some(conn) = self.bgp.poll_writable() {
                more |= self.swallow(conn);
            }
            while let Some(socket) = self.bgp.poll_socket() {
                more = true;
                match socket {
                    Socket::Connect(connect) => {
                        self.bgp.handle_closed(self.now, connect.conn, Closed::Refused)
                    }
                    Socket::Close { conn, .. } => {
                        self.swallow(conn);
                        self.conns.retain(|_, known| *known != conn);
                    }
                }
            }
            if self.bgp.next_timeout().is_some_and(|at| at <= self.now) {
                more = true;
                self.bgp.handle_timeout(self.now);
            }
            if !more {
                return moved;
            }
            moved = true;
        }
    }

    /// What is said to a peer goes nowhere.
    fn swallow(&mut self, conn: ConnId) -> bool {
        let mut out = BytesMut::new();
        let mut any = false;
        loop {
            self.bgp.fill(self.now, conn, ROOM, &mut out);
            if out.is_empty() {
                return any;
            }
            any = true;
            out.clear();
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Track(address) => {
                let via = Reach {
                    prefix: Prefix::host(address),
                    protocol: Protocol::Static,
                    distance: 1,
                    metric: 0,
                    resolved: Arc::new(Resolved::Blackhole),
                };
                self.bgp.handle_reach(self.now, address, Some(via));
            }
            Event::Notice(notice) if notice.level != Level::Debug => {
                if self.said.len() >= SAID {
                    self.said.pop_front();
                }
                self.said.push_back((self.now, notice));
            }
            Event::Notice(_) | Event::Announce { .. } | Event::Withdraw { .. } | Event::Untrack(_) => {}
        }
    }
}

/// A configuration without what reaches out for the world.
fn tame(mut config: Config) -> Config {
    config.bmp.clear();
    config.rpki = Rpki::default();
    config.graceful_restart.mode = GracefulRestartMode::Helper;
    config.network_import_check = false;
    let tame = |neighbor: &mut NeighborConfig| {
        neighbor.password = None;
        neighbor.update_source = None;
    };
    config.peer_groups.values_mut().for_each(tame);
    for neighbor in config.neighbors.values_mut() {
        tame(neighbor);
        neighbor.passive = Some(true);
        neighbor.disable_connected_check = Some(true);
        neighbor.delay_open = Some(0);
    }
    config
}

/// All addresses of the recording router, each a network of its own.
fn port(plan: &Plan) -> Port {
    let locals: BTreeSet<IpAddr> = plan.peers.iter().map(|(peer, known)| local(known, *peer)).collect();
    let host = |a: IpAddr| IfAddr::new(a, Prefix::host(a).len());
    Port {
        id: PortId(1),
        name: PORT.to_owned(),
        up: true,
        mtu: 1500,
        addresses: locals.into_iter().map(host).collect(),
        loopback: false,
        bandwidth: 1000,
    }
}

/// Our end of a session; where it was not recorded, an address for documentation.
fn local(known: &Recorded, peer: IpAddr) -> IpAddr {
    let unknown = || match peer {
        IpAddr::V4(_) => Ipv4Addr::new(192, 0, 2, 255).into(),
        IpAddr::V6(a) if a.is_unicast_link_local() => Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0xffff).into(),
        IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 0xffff).into(),
    };
    known.local.filter(|a| a.is_ipv4() == peer.is_ipv4()).unwrap_or_else(unknown)
}

/// How a peer's UPDATEs are written.
fn codec(known: &Recorded) -> Codec {
    Codec {
        as4: !known.as2,
        extended_message: true,
        add_path_rx: [false; 2],
        add_path_tx: known.path_ids,
        extended_nexthop: true,
    }
}

/// What a peer must have said for its UPDATEs to be what they are.
fn open(peer: IpAddr, known: &Recorded) -> Open {
    let mut families = known.families.clone();
    if families.is_empty() {
        families.insert(Family::of(peer.is_ipv4()));
    }
    let sends = |family: &Family| known.path_ids.get(*family as usize) == Some(&true);
    let add_path = families.iter().copied().filter(sends);
    let add_path = add_path.map(|family| (family, AddPath { receive: false, send: true })).collect();
    Open {
        asn: known.asn.max(1),
        hold: 0,
        router_id: known.router_id.unwrap_or_else(|| identifier(peer)),
        capabilities: Capabilities {
            extended_nexthop: families.contains(&Family::Ipv4),
            families,
            route_refresh: true,
            extended_message: true,
            as4: (!known.as2).then_some(known.asn.max(1)),
            add_path,
            ..Capabilities::default()
        },
        has_capabilities: true,
    }
}

/// An identifier that follows from the address, never zero.
fn identifier(peer: IpAddr) -> RouterId {
    match peer {
        IpAddr::V4(address) => address,
        IpAddr::V6(address) => {
            let [.., a, b, c, d] = address.octets();
            Ipv4Addr::from_bits(u32::from_be_bytes([a, b, c, d]).max(1))
        }
    }
}

#[cfg(test)]
mod tests;
