//! What `show bgp neighbors` and `summary` see of a session.

use super::connection::{Connection, Phase};
use super::machine::{Life, Session};
use super::{Counters, Negotiated, State};
use crate::ConnId;
use crate::settings::Identity;
use fib::Instant;
use std::sync::Arc;

impl Session {
    /// Where it is.
    pub fn state(&self) -> State {
        match self.life {
            Life::Running => self.conns.iter().map(Connection::state).max().unwrap_or(State::Active),
            _ => State::Idle,
        }
    }

    /// What was agreed on, while it is established.
    pub fn negotiated(&self) -> Option<&Arc<Negotiated>> {
        self.conns.iter().find(|c| c.phase == Phase::Established)?.agreed.as_ref()
    }

    /// What was counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Why it is Idle, in FRR's words; `None`: it is not, or it rests until [`Session::rests_until`].
    pub fn idle_reason(&self) -> Option<&'static str> {
        match self.life {
            Life::Stopped => self.why_not(),
            _ => None,
        }
    }

    /// When its rest in Idle ends.
    pub fn rests_until(&self) -> Option<Instant> {
        match self.life {
            Life::Resting(until) => Some(until),
            _ => None,
        }
    }

    /// When it connects next.
    pub fn retries_at(&self) -> Option<Instant> {
        self.retry
    }

    /// When the hold timer and the keepalive timer of the connection that is furthest run out.
    pub fn timers(&self) -> (Option<Instant>, Option<Instant>) {
        let furthest = self.conns.iter().max_by_key(|c| c.phase);
        furthest.map_or((None, None), |c| (c.hold, c.keepalive))
    }

    /// Bytes received that wait, and control messages that wait to be sent.
    pub fn queued(&self) -> (usize, bool) {
        let waiting = self.conns.iter().map(|c| c.input.len()).sum();
        (waiting, self.conns.iter().any(|c| !c.outbox.is_empty()))
    }

    /// Connections with something to send, or to be closed after what was sent.
    pub fn writable(&self) -> impl Iterator<Item = ConnId> + '_ {
        let waiting = self.conns.iter().filter(|c| !c.outbox.is_empty()).map(|c| c.id);
        waiting.chain(self.closing.iter().map(|c| c.id))
    }

    /// Who it says the router is.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Whether no connection is left, not even one that says farewell: the session may be dropped.
    pub fn is_quiet(&self) -> bool {
        self.conns.is_empty() && self.closing.is_empty()
    }
}
