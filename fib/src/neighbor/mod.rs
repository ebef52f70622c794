//! The neighbor cache: which MAC address an on-link IP address has, for ARP and neighbor discovery alike.
//! One state machine (RFC 4861 section 7.3, as in Linux) per entry; bounded in entries and in queued bytes.
//! It sends nothing: it says what is to be sent, and `forward` writes the packet.
//!
//! ```text
//!            packet                    answer              30 s                packet
//!   (none) ---------> Incomplete ------------> Reachable -------> Stale ------------------> Delay
//!                       | 3 x 1 s                  ^                ^ heard of                | 5 s
//!                       v                          |    answer      | another MAC             v
//!                     Failed <---------------------+------------------------------------- Probe
//!                                  3 x 1 s                                     (unicast questions)
//! ```

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod table;

pub(crate) use table::{Cache, Claim, Due, Heard, Lifetimes, Limits, Pending, Resolve};

use crate::port::Mac;
use crate::{Instant, PortId};
use core::fmt;
use core::net::IpAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Questions before a neighbor is given up (RFC 4861 MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT).
pub const MAX_SOLICIT: u8 = 3;
/// Time between questions (RFC 4861 RETRANS_TIMER).
pub const RETRANS_TIME: Duration = Duration::from_secs(1);
/// How long to wait for a hint of life before asking (RFC 4861 DELAY_FIRST_PROBE_TIME).
pub const DELAY_TIME: Duration = Duration::from_secs(5);
/// How long a failure is remembered for display.
pub const FAILED_TIME: Duration = Duration::from_secs(60);
/// Packets queued behind one unresolved neighbor: room for the largest datagram in fragments of 1500 bytes (45), or for
/// the probes a traceroute sends at once (16), not for a flow. Linux has room for about 100.
pub const QUEUE_LEN: usize = 64;
/// Bytes queued behind all unresolved neighbors.
pub const QUEUE_BYTES: usize = 4 << 20;

/// Where an entry stands. Named as Linux names it (`ip neigh`).
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// Asked, not answered.
    Incomplete,
    /// Answered a short while ago.
    Reachable,
    /// Known, not confirmed lately, not used since.
    Stale,
    /// Used while stale: waiting a little before asking.
    Delay,
    /// Being asked by unicast.
    Probe,
    /// Did not answer.
    Failed,
    /// Configured by hand.
    Permanent,
}

impl State {
    /// `INCOMPLETE`, `REACHABLE`, `STALE`, `DELAY`, `PROBE`, `FAILED`, `PERMANENT`.
    pub const fn name(self) -> &'static str {
        match self {
            State::Incomplete => "INCOMPLETE",
            State::Reachable => "REACHABLE",
            State::Stale => "STALE",
            State::Delay => "DELAY",
            State::Probe => "PROBE",
            State::Failed => "FAILED",
            State::Permanent => "PERMANENT",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One entry, for `show arp` and `show ipv6 neighbors`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Neighbor {
    /// On which port.
    pub port: PortId,
    /// Who.
    pub addr: IpAddr,
    /// Its MAC address; none while it is incomplete or failed.
    pub mac: Option<Mac>,
    /// Where the entry stands.
    pub state: State,
    /// When the MAC address was last confirmed or heard; for the age column.
    pub heard: Instant,
}

/// An entry changed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// On which port.
    pub port: PortId,
    /// Who.
    pub addr: IpAddr,
    /// Its MAC address now.
    pub mac: Option<Mac>,
    /// Before; `None`: it is new.
    pub from: Option<State>,
    /// After; `None`: it is gone.
    pub to: Option<State>,
}
