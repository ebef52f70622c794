//! The packet header with its checksum or digest (RFC 2328 A.3.1 and D, RFC 5709). Says what is there, not whether
//! the interface wants it, nor whether a sequence number is old.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +---------------+---------------+-------------------------------+
//! |  version (2)  |    type (1)   |       packet length (2)       |
//! +---------------+---------------+-------------------------------+
//! |                        router ID (4)                          |
//! +---------------------------------------------------------------+
//! |                         area ID (4)                           |
//! +-------------------------------+-------------------------------+
//! |         checksum (2)          |   authentication type (2)     |
//! +-------------------------------+---------------+---------------+
//! |  type 1: password (8)         |               |               |
//! |  type 2: zero (2)             |   key id (1)  | digest len (1)|
//! +-------------------------------+---------------+---------------+
//! |          type 2: sequence number (4)                          |
//! +---------------------------------------------------------------+
//! /       body, up to the packet length                           /
//! +---------------------------------------------------------------+
//! /       digest (type 2 alone), beyond the packet length         /
//! +---------------------------------------------------------------+
//! /       link-local signaling (RFC 5613): skipped                /
//! +---------------------------------------------------------------+
//! ```
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::packet::HEADER;
use super::{PacketHeader, PacketKind};
use crate::AreaId;
use bytes::Bytes;
use core::net::Ipv4Addr;
use fib::checksum::Sum;
use policy::config::Algorithm;
use proto::{Reader, WireError, Writer};

/// The version spoken.
const VERSION: u8 = 2;
const NULL: u16 = 0;
const SIMPLE: u16 = 1;
const DIGEST: u16 = 2;
/// Where the checksum stands.
const CHECKSUM_AT: usize = 12;
/// Where the authentication field begins, which the checksum does not cover.
const FIELD_AT: usize = 16;

/// How a packet is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal<'a> {
    /// Type 0.
    Null,
    /// Type 1: eight bytes, padded with zeros.
    Simple(&'a [u8]),
    /// Type 2 (RFC 2328 D.3, RFC 5709): key id, key, algorithm and sequence number.
    Digest {
        /// 0..=255.
        key_id: u8,
        /// The secret.
        key: &'a [u8],
        /// MD5 or HMAC-SHA.
        algorithm: Algorithm,
        /// Never decreasing.
        sequence: u32,
    },
}

/// How a received packet says it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Type 0.
    Null,
    /// Type 1.
    Simple([u8; 8]),
    /// Type 2.
    Digest {
        /// Key identifier.
        key_id: u8,
        /// Bytes of digest.
        length: u8,
        /// Cryptographic sequence number.
        sequence: u32,
    },
}

/// A received packet whose version, type and lengths have been checked; its checksum too, unless it has a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Type, sender and area.
    pub header: PacketHeader,
    /// What it claims; the interface compares it with what is configured.
    pub claim: Claim,
    /// Body, without the 24 bytes of header and the digest.
    pub body: Bytes,
    /// Everything the digest covers.
    covered: Bytes,
    /// What stands behind that; empty without a digest.
    digest: Bytes,
}

impl Seal<'_> {
    /// Bytes it adds behind the packet length: those of the digest.
    pub fn trailer(&self) -> usize {
        match self {
            Seal::Null | Seal::Simple(_) => 0,
            Seal::Digest { algorithm, .. } => algorithm.digest_len(),
        }
    }
}

impl Sealed {
    /// Opens an OSPF packet (all behind the IP header). Errors: short, version, type, length field, checksum
    /// (`Checksum("OSPF packet")`), authentication type.
    pub fn open(packet: &Bytes) -> Result<Sealed, WireError> {
        let mut r = Reader::new(packet);
        if r.u8("OSPF version")? != VERSION {
            return Err(WireError::Value("OSPF version"));
        }
        let kind = r.u8("OSPF type")?;
        let length = usize::from(r.u16("OSPF length")?);
        let (router, area) = (r.ipv4("router ID")?, AreaId(r.u32("area ID")?));
        let _checksum = r.u16("OSPF checksum")?;
        let (auth, field) = (r.u16("authentication type")?, r.array::<8>("authentication")?);
        let kind = PacketKind::from_wire(kind).ok_or(WireError::Value("OSPF type"))?;
        if length < HEADER {
            return Err(WireError::Value("OSPF length"));
        }
        if length > packet.len() {
            return Err(WireError::Short("OSPF packet"));
        }
        let claim = claim(auth, field)?;
        let covered = packet.slice(..length);
        let digest = match claim {
            Claim::Digest { length: digest, .. } => {
                let end = length.saturating_add(usize::from(digest));
                if end > packet.len() {
                    return Err(WireError::Short("OSPF digest"));
                }
                packet.slice(length..end)
            }
            Claim::Null | Claim::Simple(_) if sum(&covered).fold() != 0xffff => {
                return Err(WireError::Checksum("OSPF packet"));
            }
            Claim::Null | Claim::Simple(_) => Bytes::new(),
        };
        let header = PacketHeader { kind, router, area };
        Ok(Sealed { header, claim, body: covered.slice(HEADER..), covered, digest })
    }

    /// Whether the digest is that of `key` under `algorithm`; never without a digest. `source` is the packet's IP
    /// source: FRR and BIRD of today do not mix it into Apad (RFC 7474 section 5 does, with a longer sequence
    /// number: not here).
    pub fn verify(&self, key: &[u8], algorithm: Algorithm, _source: Ipv4Addr) -> bool {
        matches!(self.claim, Claim::Digest { .. })
            && policy::auth::equal(&self.digest, &digest(&self.covered, key, algorithm))
    }

    /// Whether the password is this one, cut or filled with zeros to eight bytes; never without a password.
    pub fn has_password(&self, password: &[u8]) -> bool {
        let wanted: [u8; 8] = policy::auth::padded(password);
        matches!(&self.claim, Claim::Simple(given) if policy::auth::equal(given, &wanted))
    }
}

/// What the authentication field says.
fn claim(auth: u16, field: [u8; 8]) -> Result<Claim, WireError> {
    match (auth, field) {
        (NULL, _) => Ok(Claim::Null),
        (SIMPLE, password) => Ok(Claim::Simple(password)),
        (DIGEST, [_, _, key_id, length, a, b, c, d]) => {
            Ok(Claim::Digest { key_id, length, sequence: u32::from_be_bytes([a, b, c, d]) })
        }
        _ => Err(WireError::Value("authentication type")),
    }
}

/// The sum over a packet but its authentication field.
fn sum(packet: &[u8]) -> Sum {
    let part = |bytes: Option<&[u8]>| Sum::ZERO.bytes(bytes.unwrap_or_default()).fold();
    Sum::ZERO.word(part(packet.get(..FIELD_AT))).word(part(packet.get(HEADER..)))
}

/// The digest of a packet up to its length field. HMAC covers the padding too that stands where the digest will be
/// (RFC 5709 3.3).
fn digest(covered: &[u8], key: &[u8], algorithm: Algorithm) -> Vec<u8> {
    if algorithm == Algorithm::Md5 {
        return policy::auth::digest(algorithm, key, &[covered]);
    }
    let padding: Vec<u8> = policy::auth::APAD.iter().copied().cycle().take(algorithm.digest_len()).collect();
    policy::auth::digest(algorithm, key, &[covered, &padding])
}

/// Header, body and seal: what goes behind the IP header. Body at most 65511 bytes: the caller keeps to its MTU.
pub fn seal(header: PacketHeader, body: &[u8], seal: &Seal<'_>) -> Bytes {
    let length = HEADER.saturating_add(body.len());
    let mut w = Writer::with_capacity(length.saturating_add(seal.trailer()));
    w.u8(VERSION).u8(header.kind as u8).u16(u16::try_from(length).unwrap_or(u16::MAX));
    w.ipv4(header.router).u32(header.area.0).u16(0);
    match seal {
        Seal::Null => w.u16(NULL).zeros(8),
        Seal::Simple(password) => w.u16(SIMPLE).bytes(&policy::auth::padded::<8>(password)),
        Seal::Digest { key_id, algorithm, sequence, .. } => {
            let digest_len = u8::try_from(algorithm.digest_len()).unwrap_or(u8::MAX);
            w.u16(DIGEST).u16(0).u8(*key_id).u8(digest_len).u32(*sequence)
        }
    };
    w.bytes(body);
    if let Seal::Digest { key, algorithm, .. } = seal {
        let digest = digest(w.as_slice(), key, *algorithm);
        w.bytes(&digest);
    } else {
        let checksum = sum(w.as_slice()).checksum();
        w.patch_u16(CHECKSUM_AT, checksum);
    }
    w.finish()
}
