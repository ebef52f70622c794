//! The finite state machine of one peer (RFC 4271 section 8): its one or two connections, what both sides agreed on in
//! their OPENs, its timers, and why it ended. It knows nothing of routes: UPDATEs are handed out as they came, and written
//! by others.
//!
//! [`Session`] is told of connections, bytes and time; it answers with [`Output`]s and, through [`Session::fill`], with
//! bytes. After any call, drain [`Session::poll_output`].
//!
//! | file | what |
//! |---|---|
//! | `machine` | what happens to a session: the place to start reading |
//! | `operator` | what the operator and the process want of it |
//! | `life` | its transitions: beginnings, ends, and what an end means for routes |
//! | `receive` | messages of the peer, and what each means in each state |
//! | `change` | a new configuration against the old one |
//! | `connection` | one TCP connection: its phase, its timers, what it is still to send |
//! | `input` | the bounded buffer in which UPDATEs wait |
//! | `negotiate` | our OPEN, theirs, and what follows from both |
//! | `collision` | which of two connections stays (section 6.8, RFC 6286) |
//! | `backoff` | how long to wait before the next attempt (section 8.1.1, DampPeerOscillations) |
//! | `view`, `counters` | what `show bgp neighbors` sees |
//! | `reason` | why a session ended, in FRR's words |

mod backoff;
mod change;
mod collision;
mod connection;
mod counters;
mod input;
mod life;
mod machine;
mod negotiate;
mod operator;
mod reason;
mod receive;
#[cfg(test)]
mod tests;
mod view;

pub use change::Applied;
pub use counters::{Counters, Messages, Reset};
pub use machine::Session;
pub use reason::Reason;

use crate::config::{GracefulRestart, Role};
use crate::settings::PeerKind;
use crate::wire::{Capabilities, Codec, Kind, Restart, RouteRefresh};
use crate::{ConnId, Family, RouterId};
use bytes::Bytes;
use core::fmt;
use core::net::SocketAddr;
use std::collections::BTreeSet;
use std::sync::Arc;

/// RFC 4271 section 8.2.2. Of two connections the one that is further counts.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nothing is tried and everything refused.
    Idle,
    /// A TCP connection is being opened.
    Connect,
    /// The peer may connect; we try again later.
    Active,
    /// Our OPEN is out.
    OpenSent,
    /// Both OPENs are good.
    OpenConfirm,
    /// Routes flow.
    Established,
}

impl State {
    /// As in the RFC and in `show bgp summary`.
    pub const fn name(self) -> &'static str {
        match self {
            State::Idle => "Idle",
            State::Connect => "Connect",
            State::Active => "Active",
            State::OpenSent => "OpenSent",
            State::OpenConfirm => "OpenConfirm",
            State::Established => "Established",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What the router says of its own restarts.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// The R bit: it has just restarted and its peers are to know (RFC 4724 section 3).
    pub restarting: bool,
    /// `bgp graceful-restart ...`. Its mode is that of the process; the peer's own is in its settings.
    pub config: GracefulRestart,
}

/// What both sides agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// The connection.
    pub conn: ConnId,
    /// Our end of it.
    pub local: SocketAddr,
    /// The peer's end.
    pub remote: SocketAddr,
    /// The AS in its OPEN, all 4 octets.
    pub peer_as: u32,
    /// Its BGP identifier.
    pub peer_id: RouterId,
    /// Seconds of hold time in its OPEN.
    pub peer_hold: u16,
    /// What it is to us.
    pub kind: PeerKind,
    /// Hold time in seconds, 0: none.
    pub hold: u16,
    /// Seconds between KEEPALIVEs, 0: none.
    pub keepalive: u16,
    /// The families both have; never empty.
    pub families: BTreeSet<Family>,
    /// How UPDATEs are written.
    pub codec: Codec,
    /// Both have RFC 2918.
    pub route_refresh: bool,
    /// Both have RFC 7313.
    pub enhanced_refresh: bool,
    /// What the peer says of its restarts (RFC 4724), unless it is not to be helped.
    pub restart: Option<Restart>,
    /// The peer's role (RFC 9234), when both said one.
    pub role: Option<Role>,
    /// What our OPEN offered.
    pub sent: Capabilities,
    /// What its OPEN offered.
    pub received: Capabilities,
}

/// A session that was established is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    /// Why.
    pub reason: Reason,
    /// The routes of `kept` stay, as stale ones (RFC 4724, RFC 8538).
    pub graceful: bool,
    /// Seconds the peer asked for to come back; stale routes go after that.
    pub restart_time: u16,
    /// The families whose routes stay; empty unless `graceful`.
    pub kept: BTreeSet<Family>,
}

/// What the session wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a connection to the peer. [`Session::handle_connected`] or [`Session::handle_closed`] is the answer, the latter
    /// also where there is no way to try.
    Connect {
        /// It is called this.
        conn: ConnId,
    },
    /// End a connection: after everything [`Session::fill`] gave has been sent, or at once. Nothing more is to be heard of it.
    Close {
        /// Which.
        conn: ConnId,
        /// With RST.
        reset: bool,
    },
    /// Routes may flow.
    Established(Arc<Negotiated>),
    /// No more.
    Down(Down),
    /// A message came that is handed out nowhere else: the body of an OPEN, KEEPALIVE or NOTIFICATION.
    Heard(Kind, Bytes),
    /// It went from one state to another.
    Moved(State, State),
    /// Something to log.
    Notice(proto::Notice),
}

/// What the peer says about routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// The body of an UPDATE, as it came.
    Update(Bytes),
    /// A ROUTE-REFRESH, in order with the UPDATEs.
    Refresh(RouteRefresh),
}
