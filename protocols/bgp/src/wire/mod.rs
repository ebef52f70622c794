//! BGP messages as bytes (RFC 4271 4, RFC 4760, 5492, 6793, 7606, 7911, 8654, 9072).

//!
//! | file | what |
//! |---|---|
//! | `frame` | marker, length and type of a message in a stream |
//! | `open` | OPEN and the capabilities in it |
//! | `update` | UPDATE in: RFC 7606 decides what a bad attribute costs |
//! | `attribute` | codes, flags and names of path attributes |
//! | `nlri` | prefixes, with and without path identifiers |
//! | `writer` | UPDATE out: as many prefixes behind attributes as fit |
//! | `notification` | why a session ends, in bytes and in words |
//! | `refresh` | ROUTE-REFRESH |

pub mod attribute;
pub mod frame;
pub mod nlri;
pub mod notification;
pub mod open;
pub mod refresh;
pub mod update;
pub mod writer;

pub use attribute::{Code, Fault};
pub use frame::{HEADER, KEEPALIVE, frame};
pub use nlri::Nlri;
pub use notification::Notification;
pub use open::{AddPath, Capabilities, Open, Restart};
pub use refresh::{Refresh, RouteRefresh};
pub use update::{Context, Routes, Update};
pub use writer::Writer;

use crate::Family;

/// Message types.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// RFC 4271 4.2.
    Open = 1,
    /// RFC 4271 4.3.
    Update = 2,
    /// RFC 4271 4.5.
    Notification = 3,
    /// RFC 4271 4.4.
    Keepalive = 4,
    /// RFC 2918.
    RouteRefresh = 5,
}

impl Kind {
    /// The type of this number, if there is one.
    pub const fn from_wire(number: u8) -> Option<Kind> {
        match number {
            1 => Some(Kind::Open),
            2 => Some(Kind::Update),
            3 => Some(Kind::Notification),
            4 => Some(Kind::Keepalive),
            5 => Some(Kind::RouteRefresh),
            _ => None,
        }
    }
}

/// How UPDATEs are written and read on a session: the result of the capabilities of both sides.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Codec {
    /// Both have 4-octet ASes (RFC 6793).
    pub as4: bool,
    /// Messages may have 65,535 bytes, not 4,096 (RFC 8654).
    pub extended_message: bool,
    /// We receive path identifiers (RFC 7911), by `family as usize`.
    pub add_path_rx: [bool; 2],
    /// We send them.
    pub add_path_tx: [bool; 2],
    /// IPv4 prefixes may have IPv6 next hops (RFC 8950).
    pub extended_nexthop: bool,
}

impl Codec {
    /// The longest message.
    pub fn max_message(self) -> usize {
        if self.extended_message { 65_535 } else { 4_096 }
    }

    /// Whether what comes has path identifiers.
    pub fn receives_path_ids(self, family: Family) -> bool {
        self.add_path_rx.get(family as usize).copied().unwrap_or(false)
    }

    /// Whether what is sent has path identifiers.
    pub fn sends_path_ids(self, family: Family) -> bool {
        self.add_path_tx.get(family as usize).copied().unwrap_or(false)
    }
}
