//! BGP-4 (RFC 4271) as a machine: bytes of TCP connections and time in, bytes and route events out.
//!
//! [`Bgp`] is the process of one router. The router tells it of ports, of the best routes of other protocols, of how next
//! hops are reached, of connections and of time; it answers with connections to open, bytes to send and routes for the
//! RIB. No socket, no clock, no randomness but a seed.
//!
//! | folder | what |
//! |---|---|
//! | `wire` | messages and path attributes as bytes (RFC 4271 4, 7606) |
//! | `attrs` | attribute sets, interned by their canonical bytes and reference counted |
//! | `session` | the finite state machine of one peer and its one or two connections (RFC 4271 8) |
//! | `table` | what was received, what is best and why: Adj-RIB-In and Loc-RIB in one (RFC 4271 9.1) |
//! | `export` | what each peer is told: update groups, and UPDATEs made when there is room (RFC 4271 9.2) |
//! | `mrt` | tables and messages as files other tools read (RFC 6396) |
//! | `bmp` | what monitoring stations are told (RFC 7854) |
//! | `process` | what ties them together; the place to start reading |

pub mod attrs;
pub mod bmp;
pub mod clear;
pub mod config;
pub mod export;
pub mod mrt;
pub mod process;
pub mod rpki;
pub mod session;
pub mod settings;
pub mod show;
pub mod table;
pub mod wire;

pub use process::{Bgp, Closed, ConnId, Connect, Socket, Tcp};
pub use proto::{Port, Redistributed};

use core::fmt;
use core::net::Ipv4Addr;
use core::str::FromStr;
use serde::{Deserialize, Serialize};

/// TCP port of BGP.
pub const TCP_PORT: u16 = 179;
/// AS_TRANS (RFC 6793): stands for an AS that does not fit into two octets.
pub const AS_TRANS: u16 = 23456;

/// A BGP identifier (RFC 6286: any 4 octets but zero).
pub type RouterId = Ipv4Addr;

/// An address family this software speaks (RFC 4760), as AFI and SAFI.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// AFI 1, SAFI 1.
    #[serde(rename = "ipv4-unicast")]
    Ipv4,
    /// AFI 2, SAFI 1.
    #[serde(rename = "ipv6-unicast")]
    Ipv6,
}

impl Family {
    /// All, in order; the index of each is `family as usize`.
    pub const ALL: [Family; 2] = [Family::Ipv4, Family::Ipv6];

    /// The address family identifier.
    pub const fn afi(self) -> u16 {
        match self {
            Family::Ipv4 => 1,
            Family::Ipv6 => 2,
        }
    }

    /// The subsequent address family identifier.
    pub const fn safi(self) -> u8 {
        1
    }

    /// The family of these numbers, if it is one of ours.
    pub fn from_wire(afi: u16, safi: u8) -> Option<Family> {
        Family::ALL.into_iter().find(|f| f.afi() == afi && f.safi() == safi)
    }

    /// Of a prefix or address.
    pub fn of(is_v4: bool) -> Family {
        if is_v4 { Family::Ipv4 } else { Family::Ipv6 }
    }

    /// `ipv4-unicast` or `ipv6-unicast`, as in YAML.
    pub const fn name(self) -> &'static str {
        match self {
            Family::Ipv4 => "ipv4-unicast",
            Family::Ipv6 => "ipv6-unicast",
        }
    }
}

/// `IPv4 Unicast`, `IPv6 Unicast`
impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Family::Ipv4 => "IPv4 Unicast",
            Family::Ipv6 => "IPv6 Unicast",
        })
    }
}

impl FromStr for Family {
    type Err = String;
    fn from_str(s: &str) -> Result<Family, String> {
        Family::ALL
            .into_iter()
            .find(|f| f.name() == s)
            .ok_or_else(|| format!("`{s}` is not an address family: expected ipv4-unicast or ipv6-unicast"))
    }
}

/// A peer inside one process: an index, reused only when everything of its last owner is gone. 0 is the router itself.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerIx(pub u16);

impl PeerIx {
    /// The router itself: networks, redistributed routes, aggregates.
    pub const SELF: PeerIx = PeerIx(0);
}
