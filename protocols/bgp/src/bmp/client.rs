//! The stations of the configuration.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::station::{Peers, Station};
use super::wire;
use super::{Monitored, View, stamp};
use crate::PeerIx;
use crate::config::{BmpStation, BmpTarget};
use crate::process::{Closed, ConnId};
use crate::session::Reason;
use crate::show::BmpView;
use crate::table::From;
use bytes::BytesMut;
use fib::{Instant, Prefix};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What a client wants of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a connection to this station.
    Connect(ConnId, BmpStation),
    /// End it, with RST or behind what [`Client::fill`] still has for it.
    Close(ConnId, bool),
    /// For the log: the target and what happened.
    Said(String, &'static str),
}

/// See the module.
#[derive(Debug, Default)]
pub struct Client {
    /// By the owner of their connections.
    stations: BTreeMap<u16, Station>,
    peers: Peers,
    serial: u32,
    /// Last bytes on connections that are being closed.
    farewells: BTreeMap<ConnId, BytesMut>,
    wants: VecDeque<Output>,
}

impl Client {
    /// The targets are these from now on.
    pub fn configure(&mut self, now: Instant, targets: &BTreeMap<String, BmpTarget>) {
        let same = |station: &Station| {
            let target = targets.get(&station.name)?;
            let told = |t: &BmpTarget| (t.connect, t.pre_policy.clone(), t.post_policy.clone());
            (told(target) == told(&station.target)).then_some(target.stats_interval)
        };
        let gone: Vec<u16> =
            self.stations.iter().filter(|(_, s)| same(s).is_none()).map(|(owner, _)| *owner).collect();
        gone.into_iter().for_each(|owner| self.remove(owner));
        for station in self.stations.values_mut() {
            let interval = same(station).flatten();
            if interval != station.target.stats_interval {
                station.set_stats_interval(now, interval);
            }
        }
        for (name, target) in targets {
            if self.stations.values().any(|s| s.name == *name) {
                continue;
            }
            if let Some(owner) = (ConnId::BMP..=u16::MAX).find(|owner| !self.stations.contains_key(owner)) {
                self.stations.insert(owner, Station::new(now, name.clone(), target.clone()));
            }
        }
        self.handle_timeout(now);
    }

    /// Says farewell to all stations.
    pub fn shutdown(&mut self) {
        let all: Vec<u16> = self.stations.keys().copied().collect();
        all.into_iter().for_each(|owner| self.remove(owner));
    }

    fn remove(&mut self, owner: u16) {
        let Some(mut station) = self.stations.remove(&owner) else { return };
        let Some(conn) = station.conn else { return };
        let farewell = station.farewell();
        self.wants.push_back(Output::Close(conn, farewell.is_none()));
        if let Some(bytes) = farewell {
            self.farewells.insert(conn, bytes);
        }
    }

    /// For `show bmp`, by name.
    pub fn view(&self, now: Instant) -> BmpView {
        let mut targets: Vec<_> = self.stations.values().map(|station| station.view(now)).collect();
        targets.sort_by(|a, b| a.name.cmp(&b.name));
        BmpView { targets }
    }

    /// Whether a station is connected: only then it matters which paths move.
    pub fn is_listening(&self) -> bool {
        self.stations.values().any(|s| s.connected)
    }

    /// A session is established.
    pub fn peer_up(&mut self, ix: PeerIx, peer: Monitored) {
        self.peers.insert(ix, Arc::new(peer));
        self.stations.values_mut().for_each(|s| s.peer_up(ix));
    }

    /// It is no more.
    pub fn peer_down(&mut self, now: Instant, wall_clock: Option<u64>, ix: PeerIx, why: &Reason) {
        let Some(peer) = self.peers.remove(&ix) else { return };
        let mut message = BytesMut::new();
        wire::peer_down(&mut message, &peer.header, stamp(wall_clock, now), Some(why));
        let message = message.freeze();
        self.stations.values_mut().for_each(|s| s.peer_down(ix, &message));
    }

    /// These paths came, went or changed.
    pub fn moved(&mut self, now: Instant, paths: &[(Prefix, From)]) {
        let mut slow = Vec::new();
        for (owner, station) in self.stations.iter_mut().filter(|(_, s)| s.connected) {
            if !station.moved(paths) {
                slow.push(*owner);
            }
        }
        for owner in slow {
            let Some(station) = self.stations.get_mut(&owner) else { continue };
            if let Some(conn) = station.conn {
                self.wants.push_back(Output::Close(conn, true));
            }
            self.wants.push_back(Output::Said(station.name.clone(), "the station does not keep up"));
            station.lost(now, false, "Queue overflow");
        }
    }

    /// The handshake is complete. `system` is the name of the router.
    pub fn handle_connected(&mut self, now: Instant, conn: ConnId, system: &str) {
        let Some(station) = self.stations.get_mut(&conn.owner).filter(|s| s.conn == Some(conn)) else {
            return;
        };
        station.connected(now, system, &self.peers);
        self.wants.push_back(Output::Said(station.name.clone(), "connected"));
    }

    /// The connection is gone, or could not be opened: it is tried again later.
    pub fn handle_closed(&mut self, now: Instant, conn: ConnId, why: Closed) {
        self.farewells.remove(&conn);
        let Some(station) = self.stations.get_mut(&conn.owner).filter(|s| s.conn == Some(conn)) else {
            return;
        };
        if station.connected {
            self.wants.push_back(Output::Said(station.name.clone(), "the connection is lost"));
        }
        let said = match why {
            Closed::Refused => "Connection refused",
            Closed::TimedOut => "Connection timed out",
            Closed::Finished | Closed::Reset => "Connection closed",
            Closed::Unreachable => "No route to host",
        };
        station.lost(now, why == Closed::Unreachable, said);
    }

    /// Appends at most `room` bytes of what is to be sent.
    pub fn fill(&mut self, conn: ConnId, room: usize, out: &mut BytesMut, view: &View<'_>) {
        if let Some(farewell) = self.farewells.get_mut(&conn) {
            out.extend_from_slice(&farewell.split_to(room.min(farewell.len())));
            if farewell.is_empty() {
                self.farewells.remove(&conn);
            }
            return;
        }
        let station = self.stations.get_mut(&conn.owner).filter(|s| s.conn == Some(conn));
        if let Some(station) = station {
            station.fill(room, out, view, &self.peers);
        }
    }

    /// Connections on which there is something to send.
    pub fn writable(&self) -> impl Iterator<Item = ConnId> + '_ {
        let stations = self.stations.values().filter(|s| s.has_work()).filter_map(|s| s.conn);
        stations.chain(self.farewells.keys().copied())
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        for (owner, station) in &mut self.stations {
            station.handle_timeout(now);
            if station.retry_at.is_some_and(|at| at <= now) {
                station.retry_at = None;
                let Some(to) = station.target.connect else { continue };
                self.serial = self.serial.saturating_add(1);
                let conn = ConnId { owner: *owner, serial: self.serial };
                station.conn = Some(conn);
                self.wants.push_back(Output::Connect(conn, to));
            }
        }
    }

    /// When `handle_timeout` is wanted.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.stations.values().flat_map(|s| [s.retry_at, s.stats_at]).flatten().min()
    }

    /// What it wants next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.wants.pop_front()
    }
}
