//! What sessions say goes into the table, what the table decides goes to the RIB and to the export groups: a bounded piece
//! at a time, so that a full table from one peer keeps nobody's KEEPALIVE waiting. Unfinished work is due at once.

use super::api::{ConnId, Connect, Socket};
use super::originate::suppress_map;
use super::reconcile::tcp;
use super::told::told;
use super::{Bgp, Timer};
use crate::PeerIx;
use crate::session::{Incoming, Negotiated, Output, Session};
use crate::table::Track;
use crate::wire::{HEADER, Kind};
use bytes::BytesMut;
use core::net::SocketAddr;
use fib::Instant;
use proto::Event;

/// UPDATEs taken in one go.
const UPDATES: usize = 256;
/// Destinations decided in one go.
const DECISIONS: usize = 4_096;

impl Bgp {
    /// Works until nothing is left or the budget is used up.
    pub(crate) fn drive(&mut self, now: Instant) {
        if self.stopped {
            return;
        }
        self.busy = false;
        let mut left = UPDATES;
        let stirred = core::mem::take(&mut self.stirred);
        for ix in stirred {
            self.session_outputs(now, ix);
            self.session_input(now, ix, &mut left);
            self.session_outputs(now, ix);
            self.settle_peer(now, ix);
        }
        let judging = self.judge_some();
        let mut originating = self.originate(now);
        self.defer_no_longer_than_needed(now);
        let more = !self.deferring && self.table.decide(DECISIONS);
        self.hand_on(now);
        // An aggregate follows what it is made of in the same breath.
        originating |= self.originate(now);
        self.reap();
        self.stations(now);
        self.busy |= more
            || judging
            || originating
            || self.table.has_work() && !self.deferring
            || !self.stirred.is_empty();
    }

    /// Calls one session and looks at what it says.
    pub(crate) fn with_session(&mut self, now: Instant, conn: ConnId, f: impl FnOnce(&mut Session)) {
        let ix = PeerIx(conn.owner);
        let Some(peer) = self.peers.get_mut(&ix).filter(|_| !self.stopped) else { return };
        f(&mut peer.session);
        self.stirred.insert(ix);
        self.drive(now);
    }

    /// What a session wants of the world.
    pub(crate) fn session_outputs(&mut self, now: Instant, ix: PeerIx) {
        while let Some(output) = self.peers.get_mut(&ix).and_then(|p| p.session.poll_output()) {
            match output {
                Output::Connect { conn } => self.connect(ix, conn),
                Output::Close { conn, reset } => {
                    self.writable.insert(conn);
                    self.sockets.push_back(Socket::Close { conn, reset });
                }
                Output::Established(negotiated) => self.established(now, ix, &negotiated),
                Output::Down(down) => {
                    self.export.leave(ix, &mut told!(self));
                    self.bmp.peer_down(now, self.wall_clock, ix, &down.reason);
                    self.session_down(now, ix, &down);
                }
                Output::Heard(kind, body) => self.record_message(now, ix, kind, &body),
                Output::Moved(from, to) => self.record_state(now, ix, from, to),
                Output::Notice(notice) => self.session_notice(notice),
            }
        }
    }

    /// A dynamic neighbor lives as long as its connection, established or not.
    fn dynamic_gone(&mut self, ix: PeerIx) {
        if let Some(peer) = self.peers.get_mut(&ix) {
            peer.leaving = true;
            self.by_key.retain(|_, known| *known != ix);
        }
    }

    fn connect(&mut self, ix: PeerIx, conn: ConnId) {
        let Some(peer) = self.peers.get(&ix) else { return };
        let Some(address) = peer.address else { return };
        let port = self.port_of(&peer.settings).map(|p| p.id);
        let connect = Connect {
            conn,
            local: self.local_address(&peer.settings, address),
            remote: SocketAddr::new(address, peer.settings.port),
            port,
            tcp: tcp(&peer.settings),
        };
        self.sockets.push_back(Socket::Connect(connect));
    }

    /// A session is up.
    fn established(&mut self, now: Instant, ix: PeerIx, negotiated: &Negotiated) {
        self.tell_table(ix, negotiated);
        self.monitor_up(now, ix, negotiated);
        self.session_back(ix, negotiated);
        if let Some(peer) = self.peers.get_mut(&ix) {
            for family in &negotiated.families {
                let state = peer.families.entry(*family).or_default();
                state.end_of_rib = false;
                state.warned = false;
            }
        }
        for family in &negotiated.families {
            if let Some(profile) = self.profile(ix, *family, negotiated) {
                self.export.join(ix, profile, &mut told!(self));
            }
        }
        self.writable.insert(negotiated.conn);
    }

    /// Takes UPDATEs from a session as far as the budget goes.
    fn session_input(&mut self, now: Instant, ix: PeerIx, left: &mut usize) {
        while *left > 0
            && let Some(incoming) = self.peers.get_mut(&ix).and_then(|p| p.session.poll_incoming(now))
        {
            *left = left.saturating_sub(1);
            match incoming {
                Incoming::Update(body) => {
                    self.record_message(now, ix, Kind::Update, &body);
                    self.update(now, ix, &body);
                }
                Incoming::Refresh(refresh) => {
                    let whole = refresh.encode();
                    let body = whole.get(HEADER..).unwrap_or_default();
                    self.record_message(now, ix, Kind::RouteRefresh, body);
                    self.refresh(now, ix, refresh);
                }
            }
        }
        if self.peers.get(&ix).is_some_and(|p| p.session.has_backlog()) {
            self.stirred.insert(ix);
        }
    }

    /// Its next timeout, and whether it has something to send.
    fn settle_peer(&mut self, now: Instant, ix: PeerIx) {
        self.settle_timer(ix);
        if self.peers.get(&ix).is_some_and(|p| p.settings.dynamic && !p.leaving && p.session.is_quiet()) {
            self.dynamic_gone(ix);
        }
        let Some(peer) = self.peers.get(&ix) else { return };
        self.writable.extend(peer.session.writable());
        if self.export.has_work(now, ix)
            && let Some(negotiated) = peer.negotiated()
        {
            self.writable.insert(negotiated.conn);
        }
    }

    fn settle_timer(&mut self, ix: PeerIx) {
        match self.peers.get(&ix).and_then(|p| p.session.next_timeout()) {
            Some(at) => self.due.set(ix, at),
            None => drop(self.due.stop(&ix)),
        }
    }

    /// What the table decided goes to the RIB and to the groups.
    fn hand_on(&mut self, now: Instant) {
        while let Some(track) = self.table.poll_track() {
            self.events.push_back(match track {
                Track::Start(address) => Event::Track(address),
                Track::Stop(address) => Event::Untrack(address),
            });
        }
        let mut changed = false;
        while let Some(change) = self.table.poll_change() {
            changed |= true;
            if let Some(version) = self.versions.get_mut(change.family as usize).filter(|_| change.best) {
                *version = version.wrapping_add(1);
            }
            self.aggregates.changed(&mut self.table, &change, &suppress_map(&self.policy));
            self.export.changed(change.family, change.dest, &mut told!(self));
            self.install(&change);
            self.debug_best(&change);
        }
        if changed {
            self.note_writable(now);
        }
    }

    /// Names the connections of peers that have something to be told.
    pub(crate) fn note_writable(&mut self, now: Instant) {
        let conns = self
            .peers
            .iter()
            .filter(|(ix, _)| self.export.has_work(now, **ix))
            .filter_map(|(_, p)| p.negotiated().map(|n| n.conn));
        self.writable.extend(conns);
    }

    /// Forgets peers whose session has ended and whose routes are gone.
    fn reap(&mut self) {
        let done = |(ix, p): (&PeerIx, &super::peer::Peer)| {
            (self.table.is_gone(*ix) && p.session.is_quiet()).then_some(*ix)
        };
        let done: Vec<PeerIx> = self.peers.iter().filter(|(_, p)| p.leaving).filter_map(done).collect();
        for ix in done {
            self.peers.remove(&ix);
            self.due.stop(&ix);
            self.stirred.remove(&ix);
            self.timers.retain(
                |t| !matches!(t, Timer::Restart(i) | Timer::Stale(i, _) | Timer::MaxPrefix(i) if *i == ix),
            );
        }
    }

    /// See [`Bgp::fill`].
    pub(crate) fn fill_connection(&mut self, now: Instant, conn: ConnId, room: usize, out: &mut BytesMut) {
        let ix = PeerIx(conn.owner);
        let before = out.len();
        let Some(peer) = self.peers.get_mut(&ix) else { return };
        let may_update = peer.session.fill(now, conn, room, out);
        let used = out.len().saturating_sub(before);
        if may_update && !self.deferring {
            let room = room.saturating_sub(used);
            self.fill_updates(now, ix, room, out);
        }
        // It may have closed the connection behind its farewell.
        self.session_outputs(now, ix);
        self.settle_timer(ix);
    }
}
