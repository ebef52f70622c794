//! What `show bgp neighbors` counts. Numbers only; they decide nothing.

use super::Reason;
use crate::wire::{Kind, Notification};
use fib::Instant;

/// Messages of one direction, by type.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the message types")]
pub struct Messages {
    pub opens: u64,
    pub updates: u64,
    pub notifications: u64,
    pub keepalives: u64,
    pub refreshes: u64,
}

impl Messages {
    /// One more.
    pub fn count(&mut self, kind: Kind) {
        self.add(kind, 1);
    }

    /// `n` more.
    pub fn add(&mut self, kind: Kind, n: u64) {
        let counter = match kind {
            Kind::Open => &mut self.opens,
            Kind::Update => &mut self.updates,
            Kind::Notification => &mut self.notifications,
            Kind::Keepalive => &mut self.keepalives,
            Kind::RouteRefresh => &mut self.refreshes,
        };
        *counter = counter.saturating_add(n);
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        [self.opens, self.updates, self.notifications, self.keepalives, self.refreshes].iter().sum()
    }
}

/// A session or an attempt that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reset {
    /// When.
    pub at: Instant,
    /// Why.
    pub reason: Reason,
}

/// All of a peer since it was configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Handed to TCP.
    pub sent: Messages,
    /// Whole messages that arrived.
    pub received: Messages,
    /// Connections we tried to open.
    pub attempts: u64,
    /// Connections the peer opened.
    pub accepted: u64,
    /// Connections given up because another one stays (RFC 4271 section 6.8).
    pub collisions: u64,
    /// How often it was established.
    pub established: u64,
    /// How often it went down after that.
    pub dropped: u64,
    /// Since when it is established, or was last.
    pub established_at: Option<Instant>,
    /// Since when it is down; the start of the session before it was ever up.
    pub down_at: Option<Instant>,
    /// The last end of a session or of an attempt that got as far as an OPEN.
    pub last_reset: Option<Reset>,
    /// The last NOTIFICATION we sent.
    pub last_sent: Option<(Instant, Notification)>,
    /// The last NOTIFICATION of the peer.
    pub last_received: Option<(Instant, Notification)>,
    /// When the last whole message came.
    pub last_read: Option<Instant>,
    /// When the last message was handed to TCP.
    pub last_write: Option<Instant>,
}
