//! Why a session ended, in FRR's words.

use crate::Closed;
use crate::wire::Notification;
use crate::wire::notification::{cease, code};
use core::fmt;

/// Why a session, or the attempt at one, ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// We sent this.
    Sent(Notification),
    /// The peer sent this.
    Received(Notification),
    /// The connection is gone.
    Closed(Closed),
    /// The port to a directly connected peer went down.
    PortDown,
    /// Nobody, or somebody else, advertises itself at the other end of the link of an interface neighbor.
    AddressLost,
    /// The peer restarted and opened a new connection before the old one was known to be dead (RFC 4724 section 5).
    Replaced,
}

impl Reason {
    /// The NOTIFICATION in it, out of its Hard Reset envelope (RFC 8538).
    pub fn notification(&self) -> Option<Notification> {
        match self {
            Reason::Sent(n) | Reason::Received(n) => Some(n.hardened().unwrap_or_else(|| n.clone())),
            _ => None,
        }
    }

    /// It is a Hard Reset (RFC 8538): routes are not kept.
    pub fn is_hard_reset(&self) -> bool {
        matches!(self, Reason::Sent(n) | Reason::Received(n) if n.is_hard_reset())
    }

    /// The peer's or our words with a shutdown or reset (RFC 9003).
    pub fn message(&self) -> Option<String> {
        match self {
            Reason::Sent(n) | Reason::Received(n) => n.message(),
            _ => None,
        }
    }
}

/// What FRR prints after `Last reset`: `Admin. shutdown`, `Notification received (Cease/Administrative Reset)`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hard = |n: &Notification| if n.is_hard_reset() { "/Hard Reset" } else { "" };
        match (self, self.notification()) {
            (Reason::Sent(n), Some(inner)) => match (inner.code, inner.subcode) {
                (code::CEASE, cease::SHUTDOWN) => f.write_str("Admin. shutdown"),
                (code::CEASE, cease::RESET) => f.write_str("User reset"),
                _ => write!(f, "Notification sent ({inner}{})", hard(n)),
            },
            (Reason::Received(n), Some(inner)) => write!(f, "Notification received ({inner}{})", hard(n)),
            (Reason::Closed(Closed::Unreachable), _) => f.write_str("No path to specified Neighbor"),
            (Reason::Closed(Closed::TimedOut), _) => f.write_str("Connection timed out"),
            (Reason::Closed(Closed::Refused), _) => f.write_str("Connection refused"),
            (Reason::PortDown, _) => f.write_str("Interface down"),
            (Reason::AddressLost, _) => f.write_str("Neighbor address lost"),
            (Reason::Replaced, _) => f.write_str("NSF peer closed the session"),
            _ => f.write_str("Peer closed the session"),
        }
    }
}
