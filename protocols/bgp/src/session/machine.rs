//! The session: what happens to it, what it does then (RFC 4271 section 8.2).
//!
//! RFC 4271 has one state machine for each connection. Here the session has up to one connection of its own making and those
//! the peer opened, and what belongs to the peer as a whole (the rest in Idle, the next attempt) is beside them:
//!
//! | life | connections | state |
//! |---|---|---|
//! | stopped, or resting until a time | none | Idle |
//! | running | none, or the peer's with no OPEN from us yet | Active |
//! | running | ours being opened | Connect |
//! | running | the one that is furthest decides | OpenSent, OpenConfirm, Established |

use super::backoff::{Backoff, jittered};
use super::connection::{Closing, Connection, Phase};
use super::{Counters, Incoming, Output, Own, Reason, State};
use crate::settings::{Identity, Settings};
use crate::wire::{KEEPALIVE, Kind, Notification, RouteRefresh};
use crate::{Closed, ConnId, PeerIx};
use bytes::{Bytes, BytesMut};
use core::net::SocketAddr;
use core::time::Duration;
use fib::Instant;
use proto::{Level, Notice, Rng};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::Arc;

/// A hold timer that is looked at so late says that this router slept, not the peer; it then has this long to listen.
const LATE: Duration = Duration::from_secs(1);
/// How long the peer may take to complete a handshake.
const ACCEPT: Duration = Duration::from_secs(10);

/// Whether connections are wanted at all.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// Not until it is started.
    Stopped,
    /// Not until then (RFC 4271 section 8.1.1, IdleHoldTimer).
    Resting(Instant),
    Running,
}

/// One peer's session.
#[derive(Debug)]
pub struct Session {
    pub(super) peer: PeerIx,
    pub(super) settings: Arc<Settings>,
    pub(super) identity: Arc<Identity>,
    pub(super) own: Own,
    /// It is to run whenever its settings allow.
    pub(super) wanted: bool,
    pub(super) life: Life,
    /// When to connect next.
    pub(super) retry: Option<Instant>,
    pub(super) backoff: Backoff,
    /// The peer cannot stand capabilities (RFC 5492 section 3).
    pub(super) bare: bool,
    pub(super) conns: Vec<Connection>,
    pub(super) closing: Vec<Closing>,
    pub(super) serial: u32,
    pub(super) rng: Rng,
    pub(super) outputs: VecDeque<Output>,
    pub(super) counters: Counters,
    /// The state last told in a notice.
    pub(super) told: State,
}

impl Session {
    /// The session of `peer`, not started. `seed` makes its jitter its own.
    pub fn new(
        peer: PeerIx,
        now: Instant,
        settings: Arc<Settings>,
        identity: Arc<Identity>,
        own: Own,
        seed: u64,
    ) -> Session {
        Session {
            peer,
            settings,
            identity,
            own,
            wanted: false,
            life: Life::Stopped,
            retry: None,
            backoff: Backoff::default(),
            bare: false,
            conns: Vec::new(),
            closing: Vec::new(),
            serial: 0,
            rng: Rng::fork(seed, &format!("bgp session {}", peer.0)),
            outputs: VecDeque::new(),
            counters: Counters { down_at: Some(now), ..Counters::default() },
            told: State::Idle,
        }
    }

    // --- connections ---

    /// Whether a connection of the peer would be taken now. While one of its handshakes is not complete, no other is.
    pub fn wants_incoming(&self) -> bool {
        self.life == Life::Running && self.find(Phase::Accepted).is_none()
    }

    /// The peer begins to open a connection; `None`: it is refused.
    pub fn incoming(&mut self, now: Instant) -> Option<ConnId> {
        if !self.wants_incoming() {
            return None;
        }
        let id = self.next_id();
        self.conns.push(Connection::new(id, false, now + ACCEPT));
        Some(id)
    }

    /// A connection is up: ours, or the peer's after its handshake.
    pub fn handle_connected(&mut self, now: Instant, conn: ConnId, local: SocketAddr, remote: SocketAddr) {
        let Some(c) = self.get(conn).filter(|c| c.phase <= Phase::Accepted) else { return };
        c.ends = Some((local, remote));
        if c.outgoing {
            self.retry = None;
        } else {
            self.counters.accepted = self.counters.accepted.saturating_add(1);
            self.make_way(now, conn);
        }
        let delay = Duration::from_secs(u64::from(self.settings.delay_open));
        match self.get(conn) {
            Some(c) if !delay.is_zero() => {
                c.phase = Phase::Delayed;
                c.deadline = Some(now + delay);
            }
            _ => self.send_open(now, conn),
        }
        self.settle(now);
    }

    /// A new connection of the peer makes an older one of its own doubtful. Before it is established it gives way; when it
    /// is, a KEEPALIVE finds out: a peer that lost its memory answers with RST.
    fn make_way(&mut self, now: Instant, new: ConnId) {
        let older: Vec<ConnId> = self
            .conns
            .iter()
            .filter(|c| !c.outgoing && c.id != new && c.phase != Phase::Established)
            .map(|c| c.id)
            .collect();
        for conn in older {
            self.give_up(now, conn);
        }
        if let Some(c) = self.conns.iter_mut().find(|c| c.phase == Phase::Established) {
            c.outbox.push(now, Kind::Keepalive, Bytes::from_static(&KEEPALIVE));
        }
    }

    /// A connection is gone, or could not be opened.
    pub fn handle_closed(&mut self, now: Instant, conn: ConnId, why: Closed) {
        self.closing.retain(|c| c.id != conn);
        self.lost(now, conn, Reason::Closed(why));
        self.settle(now);
    }

    /// Bytes that arrived, in order; returns how many were taken. What is not taken is to be offered again.
    pub fn handle_stream(&mut self, now: Instant, conn: ConnId, data: &[u8]) -> usize {
        let mut rest = data;
        while !rest.is_empty() {
            // What comes behind a farewell interests nobody.
            let Some(c) = self.get(conn) else { return data.len() };
            let taken = c.input.push(rest);
            rest = rest.get(taken..).unwrap_or_default();
            let before = c.input.len();
            self.find_messages(now, conn);
            let stuck = self.get(conn).is_some_and(|c| c.input.len() >= before);
            if stuck {
                break;
            }
        }
        self.settle(now);
        data.len().saturating_sub(rest.len())
    }

    /// The next UPDATE or ROUTE-REFRESH that waits.
    pub fn poll_incoming(&mut self, now: Instant) -> Option<Incoming> {
        loop {
            let c = self.conns.iter_mut().find(|c| c.phase == Phase::Established)?;
            let id = c.id;
            let (kind, body) = c.input.pop()?;
            if kind == Kind::Update {
                return Some(Incoming::Update(body));
            }
            let enhanced = c.agreed.as_ref().is_some_and(|a| a.enhanced_refresh);
            match RouteRefresh::parse(&body, enhanced) {
                Ok(refresh) if refresh.kind.is_some() => return Some(Incoming::Refresh(refresh)),
                Ok(_) => {}
                Err(n) => {
                    self.fail(now, id, n);
                    self.settle(now);
                    return None;
                }
            }
        }
    }

    /// Whether [`Session::poll_incoming`] has something.
    pub fn has_backlog(&self) -> bool {
        self.conns.iter().any(|c| c.phase == Phase::Established && c.input.has_backlog())
    }

    /// Appends what is to be sent on `conn` to `out`, at most `room` bytes, whole messages only. True: it is the connection
    /// of an established session and nothing of the session's own waits, so UPDATEs may follow, whole ones as well.
    pub fn fill(&mut self, now: Instant, conn: ConnId, room: usize, out: &mut BytesMut) -> bool {
        let end = out.len().saturating_add(room);
        let live = self.conns.iter_mut().map(|c| (c.id, &mut c.outbox));
        let closing = self.closing.iter_mut().map(|c| (c.id, &mut c.outbox));
        let Some((_, outbox)) = live.chain(closing).find(|(id, _)| *id == conn) else { return false };
        let mut sent: SmallVec<[Kind; 4]> = SmallVec::new();
        while let Some(kind) = outbox.pop(now, end.saturating_sub(out.len()), out) {
            sent.push(kind);
        }
        let done = outbox.is_empty();
        for kind in sent {
            self.counters.sent.count(kind);
            self.counters.last_write = Some(now);
            self.trace(kind, "sent");
        }
        if !done {
            return false;
        }
        if self.closing.iter().any(|c| c.id == conn) {
            self.closing.retain(|c| c.id != conn);
            self.close(conn, false);
        }
        self.get(conn).is_some_and(|c| c.phase == Phase::Established)
    }

    /// So many UPDATEs were appended behind what [`Session::fill`] gave.
    pub fn updates_sent(&mut self, now: Instant, count: u64) {
        if count > 0 {
            self.counters.sent.add(Kind::Update, count);
            self.counters.last_write = Some(now);
        }
    }

    // --- time ---

    /// The earliest of its timers.
    pub fn next_timeout(&self) -> Option<Instant> {
        let rest = match self.life {
            Life::Resting(until) => Some(until),
            _ => None,
        };
        let conns = self.conns.iter().filter_map(Connection::next_timeout);
        let closing = self.closing.iter().map(|c| c.deadline);
        conns.chain(closing).chain(rest).chain(self.retry).min()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if matches!(self.life, Life::Resting(until) if until <= now) {
            self.run(now);
        }
        while let Some(i) = self.closing.iter().position(|c| c.deadline <= now) {
            let late = self.closing.remove(i);
            self.close(late.id, true);
        }
        for conn in self.ids() {
            self.handle_conn_timeout(now, conn);
        }
        if self.retry.is_some_and(|at| at <= now) {
            self.retry = None;
            self.connect(now);
        }
        self.settle(now);
    }

    fn handle_conn_timeout(&mut self, now: Instant, conn: ConnId) {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        let Some(c) = self.get(conn) else { return };
        if due(c.deadline) {
            c.deadline = None;
            return match c.phase {
                Phase::Delayed => self.send_open(now, conn),
                Phase::OpenConfirm => self.establish(now, conn),
                _ => {
                    self.close(conn, true);
                    self.lost(now, conn, Reason::Closed(Closed::TimedOut));
                }
            };
        }
        if due(c.send_hold()) {
            // RFC 9687: TCP takes nothing, so the peer cannot be told.
            return self.fail_silently(now, conn, Notification::send_hold_timer_expired());
        }
        if due(c.hold) {
            let late = c.hold.is_some_and(|at| now.since(at) > LATE);
            if !c.input.refused() && !late {
                return self.fail(now, conn, Notification::hold_timer_expired());
            }
            // The peer may well have spoken: its words are in the socket because we do not keep up, or did not look.
            c.hold = Some(now + c.hold_time().filter(|_| !late).unwrap_or(LATE));
        }
        if due(c.keepalive) {
            c.outbox.push(now, Kind::Keepalive, Bytes::from_static(&KEEPALIVE));
            self.schedule_keepalive(now, conn);
        }
    }

    pub(super) fn schedule_keepalive(&mut self, now: Instant, conn: ConnId) {
        let Some(c) = self.conns.iter_mut().find(|c| c.id == conn) else { return };
        let every = c.agreed.as_ref().map_or(0, |a| a.keepalive);
        let wait = jittered(Duration::from_secs(u64::from(every)), &mut self.rng);
        c.keepalive = (every > 0).then(|| now + wait);
    }

    /// What it wants next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    // --- small things ---

    pub(super) fn get(&mut self, conn: ConnId) -> Option<&mut Connection> {
        self.conns.iter_mut().find(|c| c.id == conn)
    }

    pub(super) fn remove(&mut self, conn: ConnId) -> Option<Connection> {
        let i = self.conns.iter().position(|c| c.id == conn)?;
        Some(self.conns.remove(i))
    }

    pub(super) fn ids(&self) -> Vec<ConnId> {
        self.conns.iter().map(|c| c.id).collect()
    }

    pub(super) fn find(&self, phase: Phase) -> Option<ConnId> {
        self.conns.iter().find(|c| c.phase == phase).map(|c| c.id)
    }

    pub(super) fn next_id(&mut self) -> ConnId {
        self.serial = self.serial.wrapping_add(1);
        ConnId { owner: self.peer.0, serial: self.serial }
    }

    pub(super) fn close(&mut self, conn: ConnId, reset: bool) {
        self.outputs.push_back(Output::Close { conn, reset });
    }

    pub(super) fn notice(&self, level: Level, topic: &str, message: &str) -> Notice {
        Notice::new(level, topic, message).with("neighbor", &self.settings.key)
    }

    /// What `debug bgp neighbor-events` shows.
    pub(super) fn event(&self, message: &str) -> Notice {
        self.notice(Level::Debug, "bgp neighbor-events", message)
    }

    /// A message other than an UPDATE went or came: for `debug bgp neighbor-events` or `debug bgp keepalives`.
    pub(super) fn trace(&mut self, kind: Kind, direction: &str) {
        let (topic, name) = match kind {
            Kind::Update => return,
            Kind::Keepalive => ("bgp keepalives", "KEEPALIVE"),
            Kind::Open => ("bgp neighbor-events", "OPEN"),
            Kind::Notification => ("bgp neighbor-events", "NOTIFICATION"),
            Kind::RouteRefresh => ("bgp neighbor-events", "ROUTE-REFRESH"),
        };
        let notice = self.notice(Level::Debug, topic, &format!("{name} {direction}"));
        self.outputs.push_back(Output::Notice(notice));
    }

    /// What every event ends with: a connection that waited for another one may go on, and a new state is told.
    pub(super) fn settle(&mut self, now: Instant) {
        self.proceed(now);
        let state = self.state();
        if state != self.told {
            let notice = self.event("state").with("from", self.told).with("to", state);
            self.outputs.push_back(Output::Moved(self.told, state));
            self.told = state;
            self.outputs.push_back(Output::Notice(notice));
        }
    }
}
