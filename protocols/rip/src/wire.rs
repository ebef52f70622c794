//! RIP packets as bytes (RFC 2453 sections 3.6 and 4, RFC 2082, RFC 4822). Says what is in a packet, not whether
//! to believe it: `receive.rs` and `authentication.rs` do.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +---------------+---------------+-------------------------------+
//! |  command (1)  |  version (1)  |       must be zero (2)        |
//! +---------------+---------------+-------------------------------+
//! |   address family (2)          |   route tag (2)               |  \
//! +-------------------------------+-------------------------------+   |
//! |                         IPv4 address (4)                      |   |
//! +---------------------------------------------------------------+   |
//! |                         subnet mask (4)                       |   > 1 to 25 times
//! +---------------------------------------------------------------+   |
//! |                         next hop (4)                          |   |
//! +---------------------------------------------------------------+   |
//! |                         metric (4)                            |  /
//! +---------------------------------------------------------------+
//! ```
//!
//! An authenticated packet has family 0xFFFF in its first entry: a password (type 2), or the head of a digest
//! (type 3) whose trailer follows the last entry:
//!
//! ```text
//! +-------------------------------+-------------------------------+
//! |             0xFFFF            |       type: 2 or 3            |
//! +-------------------------------+---------------+---------------+
//! |       packet length (2)       |  key id (1)   | data len (1)  |
//! +-------------------------------+---------------+---------------+
//! |                     sequence number (4)                       |
//! +---------------------------------------------------------------+
//! |                     zero (8)                                  |
//! +---------------------------------------------------------------+
//! /                     entries                                   /
//! +-------------------------------+-------------------------------+
//! |             0xFFFF            |            0x0001             |
//! +-------------------------------+-------------------------------+
//! /                     digest (16, 20, 32, 48 or 64)             /
//! +---------------------------------------------------------------+
//! ```
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::counters::Refusal;
use bytes::Bytes;
use core::net::Ipv4Addr;
use proto::{Reader, WireError, Writer};

/// Bytes before the first entry.
pub const HEADER: usize = 4;
/// Bytes of an entry.
pub const ENTRY: usize = 20;
/// Entries in a packet, one of which may be authentication (RFC 2453 3.6).
pub const MAX_ENTRIES: usize = 25;
/// Largest UDP payload sent (RFC 2453 3.6), whatever authentication takes of it.
pub const MAX_PAYLOAD: usize = 512;
/// Bytes of a trailer before its digest.
pub const TRAILER: usize = 4;
/// Largest UDP payload read: full, and with the longest digest behind.
const MAX_READ: usize = 4 + 25 * 20 + 4 + 64;

const AF_UNSPEC: u16 = 0;
/// The address family of IPv4.
pub const AF_INET: u16 = 2;
const AF_AUTH: u16 = 0xffff;
const AUTH_TEXT: u16 = 2;
const AUTH_DIGEST: u16 = 3;

/// What a packet asks.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Tell me (RFC 2453 3.9.1).
    Request,
    /// All or part of a table (RFC 2453 3.9.2).
    Response,
}

/// The version a packet is read and written as. Higher ones are read as 2.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFC 1058: no masks, next hops, tags or authentication.
    V1,
    /// RFC 2453.
    V2,
}

/// One entry, as on the wire.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Rte {
    /// Address family: 2 is IPv4, 0 in the request for a whole table.
    pub family: u16,
    /// Route tag.
    pub tag: u16,
    /// Network.
    pub address: Ipv4Addr,
    /// Subnet mask; 0.0.0.0 is none given.
    pub mask: Ipv4Addr,
    /// Next hop; 0.0.0.0 is the sender.
    pub next_hop: Ipv4Addr,
    /// Metric.
    pub metric: u32,
}

/// What stands in the first entry of an authenticated packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// A password, filled up with zeros (RFC 2453 4.1).
    Text([u8; 16]),
    /// A keyed digest (RFC 2082, RFC 4822).
    Digest {
        /// Which key.
        key_id: u8,
        /// Must not decrease.
        sequence: u32,
        /// Length of the data that is authenticated, trailer not included.
        covered: usize,
        /// The digest itself.
        digest: Vec<u8>,
    },
    /// Some type we do not know.
    Unknown(u16),
}

/// A packet taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Request or response.
    pub command: Command,
    /// 1, or 2 for anything higher.
    pub version: Version,
    /// Authentication, if the first entry has it.
    pub auth: Option<Auth>,
    /// The other entries.
    pub entries: Vec<Rte>,
}

impl Rte {
    /// The only entry of a request for a whole table (RFC 2453 3.9.1).
    pub const WHOLE_TABLE: Rte = Rte {
        family: AF_UNSPEC,
        tag: 0,
        address: Ipv4Addr::UNSPECIFIED,
        mask: Ipv4Addr::UNSPECIFIED,
        next_hop: Ipv4Addr::UNSPECIFIED,
        metric: 16,
    };

    fn decode(r: &mut Reader<'_>) -> Result<Rte, WireError> {
        Ok(Rte {
            family: r.u16("family")?,
            tag: r.u16("tag")?,
            address: r.ipv4("address")?,
            mask: r.ipv4("mask")?,
            next_hop: r.ipv4("next hop")?,
            metric: r.u32("metric")?,
        })
    }

    fn encode(&self, w: &mut Writer) {
        w.u16(self.family)
            .u16(self.tag)
            .ipv4(self.address)
            .ipv4(self.mask)
            .ipv4(self.next_hop)
            .u32(self.metric);
    }

    /// Whether the fields version 1 does not have are zero.
    fn fits_version_1(&self) -> bool {
        self.tag == 0 && self.mask.is_unspecified() && self.next_hop.is_unspecified()
    }

    /// The same without what version 1 does not have.
    #[must_use]
    pub fn for_version_1(self) -> Rte {
        Rte { tag: 0, mask: Ipv4Addr::UNSPECIFIED, next_hop: Ipv4Addr::UNSPECIFIED, ..self }
    }
}

impl Packet {
    /// Whether this asks for the whole table.
    pub fn asks_for_all(&self) -> bool {
        matches!(self.entries.as_slice(), [only] if only.family == AF_UNSPEC && only.metric == 16)
    }
}

/// Takes a packet apart. Lengths and reserved fields are settled afterwards; contents of entries are not.
pub fn decode(payload: &[u8]) -> Result<Packet, Refusal> {
    if payload.len() > MAX_READ {
        return Err(Refusal::Long);
    }
    let short = |_: WireError| Refusal::Short;
    let mut r = Reader::new(payload);
    let command = r.u8("command").map_err(short)?;
    let version = r.u8("version").map_err(short)?;
    let unused = r.u16("unused").map_err(short)?;
    let version = match version {
        0 => return Err(Refusal::VersionZero),
        1 => Version::V1,
        _ => Version::V2,
    };
    let command = match command {
        1 => Command::Request,
        2 => Command::Response,
        3..=6 => return Err(Refusal::ObsoleteCommand),
        _ => return Err(Refusal::Command),
    };
    let auth = if version == Version::V2 { authentication(payload)? } else { None };
    let mut body = match &auth {
        Some(Auth::Digest { covered, .. }) => {
            Reader::new(payload.get(HEADER..*covered).ok_or(Refusal::AuthTrailer)?)
        }
        _ => r,
    };
    if !body.remaining().is_multiple_of(ENTRY) {
        return Err(Refusal::Misaligned);
    }
    if body.remaining() / ENTRY > MAX_ENTRIES {
        return Err(Refusal::Long);
    }
    let mut entries = Vec::new();
    while !body.is_empty() {
        entries.push(Rte::decode(&mut body).map_err(short)?);
    }
    if auth.is_some() && !entries.is_empty() {
        entries.remove(0);
    }
    if version == Version::V1 && !(unused == 0 && entries.iter().all(Rte::fits_version_1)) {
        return Err(Refusal::MustBeZero);
    }
    Ok(Packet { command, version, auth, entries })
}

/// The authentication in the first entry, if there is one.
fn authentication(payload: &[u8]) -> Result<Option<Auth>, Refusal> {
    let trailer = |_: WireError| Refusal::AuthTrailer;
    let mut r = Reader::new(payload.get(HEADER..).ok_or(Refusal::Short)?);
    if r.u16("family") != Ok(AF_AUTH) {
        return Ok(None);
    }
    let kind = r.u16("type").map_err(|_| Refusal::Short)?;
    if kind == AUTH_TEXT {
        return r.array("password").map(|p| Some(Auth::Text(p))).map_err(|_| Refusal::Short);
    }
    if kind != AUTH_DIGEST {
        return Ok(Some(Auth::Unknown(kind)));
    }
    let covered = usize::from(r.u16("packet length").map_err(trailer)?);
    let key_id = r.u8("key id").map_err(trailer)?;
    let data_length = usize::from(r.u8("data length").map_err(trailer)?);
    let sequence = r.u32("sequence").map_err(trailer)?;
    let mut tail = Reader::new(payload.get(covered..).ok_or(Refusal::AuthTrailer)?);
    if covered < HEADER + ENTRY || tail.u32("trailer").map_err(trailer)? != 0xffff_0001 {
        return Err(Refusal::AuthTrailer);
    }
    let digest = tail.rest().to_vec();
    // RFC 2082 can be read either way: FRR and BIRD count the trailer's head for MD5, RFC 4822 does not.
    if data_length != digest.len() && data_length != digest.len().saturating_add(TRAILER) {
        return Err(Refusal::AuthTrailer);
    }
    Ok(Some(Auth::Digest { key_id, sequence, covered, digest }))
}

/// How to authenticate a packet being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer<'a> {
    /// Not at all.
    None,
    /// With a password.
    Text([u8; 16]),
    /// With a digest.
    Digest {
        /// The key.
        key: &'a [u8],
        /// Its number.
        key_id: u8,
        /// Its algorithm.
        algorithm: policy::config::Algorithm,
        /// The sequence number.
        sequence: u32,
    },
}

impl Signer<'_> {
    /// Entries that fit beside the authentication in a payload of `limit` bytes (at most 512 are used).
    pub fn room(&self, limit: usize) -> usize {
        let (entries, trailer) = match self {
            Signer::None => (0, 0),
            Signer::Text(_) => (1, 0),
            Signer::Digest { algorithm, .. } => (1, TRAILER.saturating_add(algorithm.digest_len())),
        };
        let space = limit.min(MAX_PAYLOAD).saturating_sub(HEADER).saturating_sub(trailer);
        (space / ENTRY).min(MAX_ENTRIES).saturating_sub(entries)
    }
}

/// Puts a packet together. The caller keeps to [`Signer::room`].
pub fn encode(command: Command, version: Version, signer: &Signer<'_>, entries: &[Rte]) -> Bytes {
    let mut w = Writer::with_capacity(MAX_PAYLOAD);
    w.u8(if command == Command::Request { 1 } else { 2 });
    w.u8(if version == Version::V1 { 1 } else { 2 }).u16(0);
    match signer {
        Signer::None => {}
        Signer::Text(password) => {
            w.u16(AF_AUTH).u16(AUTH_TEXT).bytes(password);
        }
        Signer::Digest { key_id, algorithm, sequence, .. } => {
            let length = entries.len().saturating_add(1).saturating_mul(ENTRY).saturating_add(HEADER);
            let md5 = *algorithm == policy::config::Algorithm::Md5;
            let data_length = algorithm.digest_len().saturating_add(if md5 { TRAILER } else { 0 });
            w.u16(AF_AUTH).u16(AUTH_DIGEST).u16(u16::try_from(length).unwrap_or(u16::MAX));
            w.u8(*key_id).u8(u8::try_from(data_length).unwrap_or(u8::MAX)).u32(*sequence).zeros(8);
        }
    }
    for entry in entries {
        if version == Version::V1 { entry.for_version_1() } else { *entry }.encode(&mut w);
    }
    if let Signer::Digest { key, algorithm, .. } = signer {
        w.u32(0xffff_0001);
        let digest = digest(*algorithm, key, w.as_slice());
        w.bytes(&digest);
    }
    w.finish()
}

/// The digest of `covered`, which is everything up to and including the head of the trailer.
/// HMAC covers the padding too that stands where the digest will be (RFC 4822 2.5).
pub fn digest(algorithm: policy::config::Algorithm, key: &[u8], covered: &[u8]) -> Vec<u8> {
    if algorithm == policy::config::Algorithm::Md5 {
        return policy::auth::digest(algorithm, key, &[covered]);
    }
    let padding: Vec<u8> = policy::auth::APAD.iter().copied().cycle().take(algorithm.digest_len()).collect();
    policy::auth::digest(algorithm, key, &[covered, &padding])
}
