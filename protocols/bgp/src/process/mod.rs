//! The BGP process: what the router calls, what time does, and how sessions, table and export hang together.
//!
//! Reading order: `api` is what passes between process and TCP stack; `reconcile` makes peers of the configuration and
//! starts their sessions; `drive` moves what sessions say into the table and what the table decides to the RIB and to the
//! export groups, a bounded piece at a time; `import` judges what was received; `originate` brings in the router's own,
//! and `routes` judges again when policy changes; `restart` keeps the routes of peers that come back; `install` makes routes for the
//! RIB; `validate` asks RPKI, `monitor` tells BMP stations, and `record` keeps for dumps what was heard.

mod api;
mod clear;
mod debug;
mod drive;
mod import;
mod install;
mod monitor;
mod originate;
mod peer;
mod reconcile;
mod record;
mod restart;
mod routes;
mod told;
mod validate;

pub use api::{Closed, ConnId, Connect, Socket, Tcp};
pub(crate) use import::Judge;
pub use record::Recorded;

use crate::config::{Config, PeerKey};
use crate::export::Export;
use crate::settings::Identity;
use crate::table::Table;
use crate::table::aggregate::Aggregates;
use crate::table::networks::Networks;
use crate::{Family, PeerIx};
use bytes::BytesMut;
use core::net::{IpAddr, SocketAddr};
use fib::rib::Reach;
use fib::{Instant, PortId, Protocol};
pub use peer::Idle;
pub(crate) use peer::{Peer, PeerFamily};
use policy::Policy;
use proto::{Event, Notice, Port, Redistributed, Rng, Timers};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// What time brings to the process itself; sessions and groups keep their own.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A peer that restarts has not come back (RFC 4724 4.2).
    Restart(PeerIx),
    /// What is still stale of a peer goes.
    Stale(PeerIx, Family),
    /// A peer that sent too many prefixes is tried again.
    MaxPrefix(PeerIx),
    /// After our own restart: End-of-RIB is awaited no longer.
    Defer,
    /// After our own restart: peers that are not back yet are waited for no longer.
    ComeBack,
}

/// BGP of one router. Created when `router bgp` is configured, dropped after [`Bgp::shutdown`].
#[derive(Debug)]
pub struct Bgp {
    pub(crate) config: Config,
    pub(crate) policy: Arc<Policy>,
    /// `None` while no router id is known: nothing runs then.
    pub(crate) identity: Option<Arc<Identity>>,
    pub(crate) ports: BTreeMap<PortId, Port>,
    /// Who is at the other end of a link, for neighbors that are named by theirs.
    pub(crate) link_peers: BTreeMap<PortId, IpAddr>,
    /// The router's own addresses.
    pub(crate) own: BTreeSet<IpAddr>,
    pub(crate) peers: BTreeMap<PeerIx, Peer>,
    pub(crate) by_key: BTreeMap<PeerKey, PeerIx>,
    pub(crate) table: Table,
    /// `network` and `redistribute`.
    pub(crate) networks: Networks,
    /// `aggregate-address`.
    pub(crate) aggregates: Aggregates,
    pub(crate) export: Export,
    /// Changes of best paths, by `family as usize`: the table version of `show`.
    pub(crate) versions: [u64; 2],
    pub(crate) rpki: crate::rpki::Client,
    pub(crate) bmp: crate::bmp::Client,
    /// Addresses of peers that are watched, and whether they are reached.
    pub(crate) watched: BTreeMap<IpAddr, bool>,
    pub(crate) timers: Timers<Timer>,
    /// When each session wants its `handle_timeout`.
    pub(crate) due: Timers<PeerIx>,
    /// Sessions something was done with since they were last looked at.
    pub(crate) stirred: BTreeSet<PeerIx>,
    /// Connections that may have something to send.
    pub(crate) writable: BTreeSet<ConnId>,
    /// Work was left over by the last look: it goes on at once.
    pub(crate) busy: bool,
    pub(crate) sockets: VecDeque<Socket>,
    pub(crate) events: VecDeque<Event>,
    /// What happened at sessions, for dumps.
    pub(crate) recorder: record::Recorder,
    pub(crate) seed: u64,
    pub(crate) wall_clock: Option<u64>,
    /// Until then (or End-of-RIB from all) nothing is chosen: we have restarted (RFC 4724 4.1).
    pub(crate) deferring: bool,
    pub(crate) verbose: Verbose,
    pub(crate) stopped: bool,
    /// Reused by the decoder.
    pub(crate) scratch: Vec<u8>,
}

/// What is told to the log line by line because a `debug` command asked for it.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Verbose {
    /// Events of sessions: topic `bgp neighbor-events`.
    pub events: bool,
    /// UPDATEs in: topic `bgp updates`.
    pub updates: bool,
    /// KEEPALIVEs: topic `bgp keepalives`.
    pub keepalives: bool,
    /// Choices of best paths: topic `bgp bestpath`.
    pub bestpath: bool,
    /// Next hops: topic `bgp nht`.
    pub next_hops: bool,
    /// Restarts and stale routes: topic `bgp graceful-restart`.
    pub restarts: bool,
}

impl Bgp {
    /// A process that knows no port yet. Equal seeds and inputs give equal outputs.
    pub fn new(now: Instant, config: Config, policy: Arc<Policy>, seed: u64) -> Bgp {
        let mut bgp = Bgp {
            config,
            policy,
            identity: None,
            ports: BTreeMap::new(),
            link_peers: BTreeMap::new(),
            own: BTreeSet::new(),
            peers: BTreeMap::new(),
            by_key: BTreeMap::new(),
            table: Table::new(seed),
            networks: Networks::new(),
            aggregates: Aggregates::default(),
            export: Export::new(seed),
            versions: [0; 2],
            rpki: crate::rpki::Client::default(),
            bmp: crate::bmp::Client::default(),
            watched: BTreeMap::new(),
            timers: Timers::new(),
            due: Timers::new(),
            stirred: BTreeSet::new(),
            writable: BTreeSet::new(),
            busy: false,
            sockets: VecDeque::new(),
            events: VecDeque::new(),
            recorder: record::Recorder::default(),
            seed,
            wall_clock: None,
            deferring: false,
            verbose: Verbose::default(),
            stopped: false,
            scratch: Vec::new(),
        };
        bgp.start(now);
        bgp
    }

    /// Changes the configuration, touching only what differs: a change of policy re-evaluates routes and ends no session.
    pub fn apply(&mut self, now: Instant, config: Config, policy: Arc<Policy>) {
        if self.stopped || (config == self.config && policy == self.policy) {
            return;
        }
        let before = core::mem::replace(&mut self.config, config);
        let old_policy = core::mem::replace(&mut self.policy, policy);
        self.configuration_changed(now, &before, &old_policy);
        self.drive(now);
    }

    /// A port appeared or changed in any way.
    pub fn set_port(&mut self, now: Instant, port: Port) {
        if self.stopped || self.ports.get(&port.id) == Some(&port) {
            return;
        }
        self.ports.insert(port.id, port);
        self.ports_changed(now);
        self.drive(now);
    }

    /// Who is at the other end of the link of a port: the neighbor that is named by the interface. `None`: nobody known.
    pub fn set_link_peer(&mut self, now: Instant, port: PortId, peer: Option<IpAddr>) {
        let before = match peer {
            Some(peer) => self.link_peers.insert(port, peer),
            None => self.link_peers.remove(&port),
        };
        if before != peer && !self.stopped {
            self.link_peer_changed(now, port);
            self.drive(now);
        }
    }

    /// What [`Bgp::set_link_peer`] has been told last.
    pub fn link_peer(&self, port: PortId) -> Option<IpAddr> {
        self.link_peers.get(&port).copied()
    }

    /// A port vanished.
    pub fn remove_port(&mut self, now: Instant, port: PortId) {
        self.link_peers.remove(&port);
        if self.ports.remove(&port).is_some() && !self.stopped {
            self.ports_changed(now);
            self.drive(now);
        }
    }

    /// Unix seconds at [`Instant::ZERO`].
    pub fn set_wall_clock(&mut self, offset: Option<u64>) {
        self.wall_clock = offset;
    }

    /// A best route of another protocol came, changed or went. All of them may be handed in.
    pub fn handle_route(&mut self, now: Instant, route: Redistributed) {
        if !self.stopped {
            self.take_route(route);
            self.drive(now);
        }
    }

    /// Whether the best routes of this protocol are of use: redistributed, or they may let a `network` be announced.
    pub fn wants(&self, protocol: Protocol) -> bool {
        let wanted = |f: &crate::config::FamilyConfig| {
            f.redistribute.contains_key(&protocol)
                || (!f.networks.is_empty() && self.config.network_import_check)
        };
        protocol != Protocol::Bgp && self.config.families.values().any(wanted)
    }

    /// Ends every session with a NOTIFICATION and withdraws everything from the RIB. Nothing happens afterwards; drain the
    /// polls and [`Bgp::fill`] once more, then drop.
    pub fn shutdown(&mut self, now: Instant) {
        if !self.stopped {
            self.end_all(now);
            self.bmp.shutdown();
            self.stations(now);
            self.stopped = true;
        }
    }

    /// The same when the router ends and is to begin again with this configuration: peers that keep our routes meanwhile
    /// (`bgp graceful-restart`) hear no NOTIFICATION, as of FRR's bgpd.
    pub fn part(&mut self, now: Instant) {
        if !self.stopped {
            for peer in self.peers.values_mut() {
                peer.session.part(now);
            }
            self.shutdown(now);
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.stopped {
            return;
        }
        while let Some(timer) = self.timers.pop(now) {
            self.timer(now, timer);
        }
        while let Some(ix) = self.due.pop(now) {
            if let Some(peer) = self.peers.get_mut(&ix) {
                peer.session.handle_timeout(now);
            }
            self.stirred.insert(ix);
        }
        if self.rpki.next_timeout().is_some_and(|t| t <= now) {
            self.rpki.handle_timeout(now);
            self.cache_outputs();
        }
        if self.bmp.next_timeout().is_some_and(|t| t <= now) {
            self.bmp.handle_timeout(now);
        }
        if self.export.next_timeout().is_some_and(|t| t <= now) {
            self.note_writable(now);
        }
        self.drive(now);
    }

    /// When [`Bgp::handle_timeout`] is wanted; an instant already past means at once.
    pub fn next_timeout(&self) -> Option<Instant> {
        if self.stopped {
            return None;
        }
        let busy = self.busy.then_some(Instant::ZERO);
        let parts = [self.timers.next(), self.due.next(), self.export.next_timeout()];
        let others = [self.rpki.next_timeout(), self.bmp.next_timeout(), busy];
        parts.into_iter().chain(others).flatten().min()
    }

    /// The next thing the router must know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What is wanted of the TCP stack next.
    pub fn poll_socket(&mut self) -> Option<Socket> {
        self.sockets.pop_front()
    }

    /// A connection for which [`Bgp::fill`] may have something. Each is named once; when its socket had less room than there
    /// was to send, ask `fill` again as soon as there is room.
    pub fn poll_writable(&mut self) -> Option<ConnId> {
        self.writable.pop_first()
    }

    /// The SYN hook: how a connection from `remote` to `local` is to be taken; `None`: such a peer is not expected, and is
    /// refused with RST. Changes nothing.
    pub fn accepts(&self, local: IpAddr, remote: IpAddr, ingress: Option<PortId>) -> Option<Tcp> {
        if self.stopped {
            return None;
        }
        self.expected(local, remote, ingress)
    }

    /// A SYN passed the checks of [`Bgp::accepts`]: the name of the connection that begins, unless the session wants none
    /// now. [`Bgp::handle_connected`] follows when the handshake is complete.
    pub fn accept(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        ingress: Option<PortId>,
    ) -> Option<ConnId> {
        if self.stopped {
            return None;
        }
        let conn = self.incoming(now, local, remote, ingress);
        self.drive(now);
        conn
    }

    /// The handshake is complete.
    pub fn handle_connected(&mut self, now: Instant, conn: ConnId, local: SocketAddr, remote: SocketAddr) {
        if conn.owner == ConnId::RPKI {
            return self.cache_connected(now, conn);
        }
        if conn.owner >= ConnId::BMP {
            return self.station_connected(now, conn);
        }
        self.with_session(now, conn, |session| session.handle_connected(now, conn, local, remote));
    }

    /// It is gone, or could not be opened. Whatever came before has been given to [`Bgp::handle_stream`].
    pub fn handle_closed(&mut self, now: Instant, conn: ConnId, why: Closed) {
        if conn.owner == ConnId::RPKI {
            return self.cache_closed(now, conn, why);
        }
        if conn.owner >= ConnId::BMP {
            self.bmp.handle_closed(now, conn, why);
            return self.stations(now);
        }
        self.with_session(now, conn, |session| session.handle_closed(now, conn, why));
    }

    /// Bytes that arrived, in order. Returns how many were taken: fewer than offered, even none, while there is a backlog;
    /// the rest stays in the socket (its window closes) and is offered again after the next `handle_timeout`.
    pub fn handle_stream(&mut self, now: Instant, conn: ConnId, data: &[u8]) -> usize {
        if conn.owner == ConnId::RPKI {
            return self.cache_stream(now, conn, data);
        }
        if conn.owner >= ConnId::BMP {
            // A station has nothing to say.
            return data.len();
        }
        let mut taken = 0;
        self.with_session(now, conn, |session| taken = session.handle_stream(now, conn, data));
        taken
    }

    /// Appends at most `room` bytes to send to `out`. Nothing appended: nothing to send now.
    pub fn fill(&mut self, now: Instant, conn: ConnId, room: usize, out: &mut BytesMut) {
        if conn.owner == ConnId::RPKI {
            return self.rpki.fill(conn, room, out);
        }
        if conn.owner >= ConnId::BMP {
            return self.fill_station(now, conn, room, out);
        }
        self.fill_connection(now, conn, room, out);
    }

    /// How a tracked next hop is reached: `Change::Reach` of the RIB.
    pub fn handle_reach(&mut self, now: Instant, addr: IpAddr, via: Option<Reach>) {
        if !self.stopped {
            self.reach_changed(now, addr, via);
            self.drive(now);
        }
    }

    /// What `debug` commands ask for.
    pub fn set_verbose(&mut self, verbose: Verbose) {
        self.verbose = verbose;
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What was received and what is best.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Nothing is left to be done at once, and everything decided has been handed to the sockets.
    pub fn is_at_rest(&self, now: Instant) -> bool {
        !self.busy && self.peers.keys().all(|ix| !self.export.has_work(now, *ix))
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.events.push_back(Event::Notice(notice));
    }

    /// A session of its own seed for every peer.
    pub(crate) fn peer_seed(&self, key: &PeerKey) -> u64 {
        Rng::fork(self.seed, &format!("peer {key}")).bits()
    }
}
