//! One TCP connection of a session: its phase, its timers, and the messages it is still to send.

use super::input::Input;
use super::{Negotiated, State};
use crate::ConnId;
use crate::wire::{Capabilities, Kind};
use bytes::{Bytes, BytesMut};
use core::net::SocketAddr;
use core::time::Duration;
use fib::Instant;
use std::collections::VecDeque;
use std::sync::Arc;

/// How far a connection is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Ours, being opened.
    Connecting,
    /// The peer's, its handshake not complete.
    Accepted,
    /// TCP is up; we wait for the peer's OPEN before we send ours (RFC 4271 section 8.1.1, DelayOpen).
    Delayed,
    /// Our OPEN is out.
    OpenSent,
    /// Theirs is good.
    OpenConfirm,
    /// Their KEEPALIVE has come.
    Established,
}

#[derive(Debug)]
pub(super) struct Connection {
    pub id: ConnId,
    /// We opened it.
    pub outgoing: bool,
    pub phase: Phase,
    /// Both ends, once it is connected.
    pub ends: Option<(SocketAddr, SocketAddr)>,
    pub input: Input,
    pub outbox: Outbox,
    /// What our OPEN offered.
    pub offered: Capabilities,
    /// What both OPENs led to, from OpenConfirm on.
    pub agreed: Option<Arc<Negotiated>>,
    /// The peer's KEEPALIVE has come.
    pub confirmed: bool,
    /// When this phase has lasted long enough: of Connecting, Accepted, Delayed, and of OpenConfirm after that KEEPALIVE.
    pub deadline: Option<Instant>,
    /// When the peer has been silent too long.
    pub hold: Option<Instant>,
    /// When a KEEPALIVE is due.
    pub keepalive: Option<Instant>,
}

impl Connection {
    pub fn new(id: ConnId, outgoing: bool, deadline: Instant) -> Connection {
        Connection {
            id,
            outgoing,
            phase: if outgoing { Phase::Connecting } else { Phase::Accepted },
            ends: None,
            input: Input::default(),
            outbox: Outbox::default(),
            offered: Capabilities::default(),
            agreed: None,
            confirmed: false,
            deadline: Some(deadline),
            hold: None,
            keepalive: None,
        }
    }

    /// What it makes the session's state at least.
    pub fn state(&self) -> State {
        match self.phase {
            Phase::Connecting => State::Connect,
            Phase::Delayed if self.outgoing => State::Connect,
            Phase::Accepted | Phase::Delayed => State::Active,
            Phase::OpenSent => State::OpenSent,
            Phase::OpenConfirm => State::OpenConfirm,
            Phase::Established => State::Established,
        }
    }

    /// It could be established, and waits for what becomes of another connection.
    pub fn waits(&self) -> bool {
        self.confirmed && self.phase == Phase::OpenConfirm
    }

    /// The longest message that may come (RFC 8654 section 4).
    pub fn longest(&self) -> usize {
        self.agreed.as_ref().map_or(crate::wire::frame::MAX, |a| a.codec.max_message())
    }

    /// The hold time agreed; `None`: there is none.
    pub fn hold_time(&self) -> Option<Duration> {
        let secs = self.agreed.as_ref()?.hold;
        (secs > 0).then(|| Duration::from_secs(u64::from(secs)))
    }

    /// A whole message came.
    pub fn heard(&mut self, now: Instant) {
        if self.agreed.is_some() {
            self.hold = self.hold_time().map(|hold| now + hold);
        }
    }

    /// How long TCP may take nothing of what is to be sent (RFC 9687 section 3.1).
    fn send_hold_time(&self) -> Duration {
        SEND_HOLD.max(self.hold_time().unwrap_or_default().saturating_mul(2))
    }

    /// When that has lasted too long.
    pub fn send_hold(&self) -> Option<Instant> {
        // RFC 9687: no hold time, no send hold time.
        if self.agreed.is_some() && self.hold_time().is_none() {
            return None;
        }
        self.outbox.waits_since.map(|since| since + self.send_hold_time())
    }

    /// The earliest of its timers.
    pub fn next_timeout(&self) -> Option<Instant> {
        [self.deadline, self.hold, self.keepalive, self.send_hold()].into_iter().flatten().min()
    }
}

/// RFC 9687: eight minutes, or twice the hold time if that is longer.
const SEND_HOLD: Duration = Duration::from_secs(480);
/// Messages other than UPDATEs that may wait for room; further ROUTE-REFRESHes are forgotten.
const MAX_WAITING: usize = 64;

/// Whole messages other than UPDATEs, waiting for room in the socket.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    messages: VecDeque<(Kind, Bytes)>,
    /// Since when the first of them waits, or when the last one before it was taken.
    pub waits_since: Option<Instant>,
}

impl Outbox {
    /// One more; a KEEPALIVE or ROUTE-REFRESH that waits already does not wait twice.
    pub fn push(&mut self, now: Instant, kind: Kind, message: Bytes) {
        let again = matches!(kind, Kind::Keepalive | Kind::RouteRefresh)
            && (self.messages.len() >= MAX_WAITING || self.messages.iter().any(|(_, m)| *m == message));
        if again {
            return;
        }
        self.waits_since.get_or_insert(now);
        self.messages.push_back((kind, message));
    }

    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Moves the next message to `out` if it fits into `room` as a whole; returns its type.
    pub fn pop(&mut self, now: Instant, room: usize, out: &mut BytesMut) -> Option<Kind> {
        if self.messages.front()?.1.len() > room {
            return None;
        }
        let (kind, message) = self.messages.pop_front()?;
        out.extend_from_slice(&message);
        self.waits_since = (!self.messages.is_empty()).then_some(now);
        Some(kind)
    }
}

/// A connection that has nothing left to do but to send its NOTIFICATION.
#[derive(Debug)]
pub(super) struct Closing {
    pub id: ConnId,
    pub outbox: Outbox,
    /// When the peer has had its chance to take it.
    pub deadline: Instant,
}
