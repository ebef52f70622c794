//! MRT (RFC 6396; with path identifiers RFC 8050): tables and messages of BGP as files that other tools read, too.
//!
//! | file | what |
//! |---|---|
//! | `read` | bytes into records: every length is checked, a bad record does not spoil the next |
//! | `write` | records into bytes |
//! | `text` | records as lines, as `bgpdump -m` has them |
//! | `what_if` | what a route map would do to the routes of a dump |
//! | `dump` | the table of a running process as records, page by page |
//! | `replay` | records said again to a process, in virtual time |
//!
//! Known are TABLE_DUMP_V2 of IPv4 and IPv6 unicast, with and without path identifiers, and the messages and state
//! changes of BGP4MP, with two and four octets of an AS, with microseconds or without. Every other record is kept as
//! bytes. Nothing here reads or writes a file.

mod dump;
mod read;
pub mod replay;
mod text;
mod what_if;
mod write;

pub use dump::{Cursor, Page, Query, Which};
pub use read::{Fault, Records};
pub use what_if::{Outcome, WhatIf};

use crate::attrs;
use crate::wire::attribute::{Code, Raw};
use crate::{Family, RouterId};
use core::net::IpAddr;
use fib::Prefix;
use policy::bgp::Attributes;
use proto::Reader;
use std::collections::BTreeSet;

/// Numbers of RFC 6396 4 and 5, and of RFC 8050 4.
mod number {
    pub const TABLE_DUMP_V2: u16 = 13;
    pub const BGP4MP: u16 = 16;
    pub const BGP4MP_ET: u16 = 17;

    pub const PEER_INDEX_TABLE: u16 = 1;
    pub const RIB_IPV4_UNICAST: u16 = 2;
    pub const RIB_IPV6_UNICAST: u16 = 4;
    pub const RIB_IPV4_UNICAST_ADDPATH: u16 = 8;
    pub const RIB_IPV6_UNICAST_ADDPATH: u16 = 10;

    pub const STATE_CHANGE: u16 = 0;
    pub const MESSAGE: u16 = 1;
    pub const MESSAGE_AS4: u16 = 4;
    pub const STATE_CHANGE_AS4: u16 = 5;
    pub const MESSAGE_ADDPATH: u16 = 8;
    pub const MESSAGE_AS4_ADDPATH: u16 = 9;

    /// Bits of a peer's type.
    pub const PEER_IPV6: u8 = 1;
    pub const PEER_AS4: u8 = 2;
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When, seconds since 1970.
    pub at: u32,
    /// And microseconds (BGP4MP_ET); only messages and state changes are written with them.
    pub micros: Option<u32>,
    /// What.
    pub body: Body,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The peers that the routes behind it are from.
    Peers(PeerTable),
    /// The routes to a prefix.
    Rib(Rib),
    /// A message of BGP.
    Message(Message),
    /// A session went from one state to another.
    State(StateChange),
    /// Of a type or subtype that is not known here.
    Other {
        /// Its type.
        kind: u16,
        /// Its subtype.
        subtype: u16,
        /// What is behind the header.
        bytes: Vec<u8>,
    },
}

/// PEER_INDEX_TABLE (RFC 6396 4.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerTable {
    /// Whose table it is.
    pub collector: RouterId,
    /// The name of the table; often empty. At most 65,535 bytes are written.
    pub view: String,
    /// Routes name them by their places. At most 65,535 are written.
    pub peers: Vec<Peer>,
}

/// A peer of the table.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its BGP identifier; unspecified where it is not known.
    pub router_id: RouterId,
    /// Its address; unspecified: the router itself.
    pub address: IpAddr,
    /// Its AS; 0: the router itself.
    pub asn: u32,
}

/// RIB_IPV4_UNICAST, RIB_IPV6_UNICAST (RFC 6396 4.3.2) and those with path identifiers (RFC 8050 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rib {
    /// Counts the records of a table.
    pub sequence: u32,
    /// The network; its family is that of the record.
    pub prefix: Prefix,
    /// The entries have path identifiers.
    pub add_path: bool,
    /// At most 65,535 are written.
    pub entries: Vec<Entry>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The place of its peer in the table of peers.
    pub peer: u16,
    /// Since when it is what it is, seconds since 1970.
    pub originated: u32,
    /// 0 where the record has none.
    pub path_id: u32,
    /// Its attributes in order of their codes, with the next hop as [`crate::attrs`] keeps it. At most 65,535 bytes;
    /// an entry with more is not written.
    pub attributes: Vec<u8>,
}

impl Entry {
    /// The attributes, decoded. What is of a wrong length reads as zero or as less.
    pub fn decode(&self) -> Attributes {
        attrs::decode(&self.attributes)
    }
}

/// Between whom a message was sent.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The record has four octets of an AS; with two, a greater AS is written as AS_TRANS.
    pub as4: bool,
    /// The AS of the other end.
    pub peer_as: u32,
    /// The AS of who wrote the record.
    pub local_as: u32,
    /// Index of the interface; 0: not known.
    pub interface: u16,
    /// The other end. Both addresses are of one family.
    pub peer: IpAddr,
    /// This end.
    pub local: IpAddr,
}

/// BGP4MP_MESSAGE and BGP4MP_MESSAGE_AS4 (RFC 6396 4.4.2, 4.4.3; RFC 8050 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Between whom.
    pub session: Session,
    /// Prefixes in it have path identifiers.
    pub add_path: bool,
    /// The whole message with its header; not looked into.
    pub bytes: Vec<u8>,
}

/// BGP4MP_STATE_CHANGE and BGP4MP_STATE_CHANGE_AS4 (RFC 6396 4.4.1, 4.4.4).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Between whom.
    pub session: Session,
    /// 1: Idle, to 6: Established.
    pub old: u16,
    /// Likewise.
    pub new: u16,
}

/// The families an UPDATE speaks of. End-of-RIB of IPv4 and what does not read are of IPv4, as they are to a session.
pub(crate) fn families(body: &[u8]) -> BTreeSet<Family> {
    let mut found = BTreeSet::new();
    let mut r = Reader::new(body);
    let mut field = || -> Option<&[u8]> {
        let length = r.u16("length").ok()?;
        r.bytes(length.into(), "field").ok()
    };
    let (withdrawn, attributes) = (field().unwrap_or_default(), field().unwrap_or_default());
    for raw in Raw::all(attributes) {
        let multiprotocol = raw.code == Code::MpReach as u8 || raw.code == Code::MpUnreach as u8;
        if let Some([high, low, safi]) = raw.value.first_chunk::<3>().filter(|_| multiprotocol) {
            found.extend(Family::from_wire(u16::from_be_bytes([*high, *low]), *safi));
        }
    }
    let rest = body.len().saturating_sub(withdrawn.len().saturating_add(attributes.len()).saturating_add(4));
    if !withdrawn.is_empty() || rest > 0 || found.is_empty() {
        found.insert(Family::Ipv4);
    }
    found
}

#[cfg(test)]
mod tests;
