//! Link state advertisements (RFC 2328 A.4, 12.1, RFC 3101, RFC 5250).
//!
//! An [`Lsa`] keeps its bytes as they were received: they are what is flooded, and the checksum covers fields we do
//! not interpret (TOS metrics). Its structure was checked when it was made, so reading its [`Body`] cannot fail.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod body;
mod fletcher;

pub use body::{
    Body, External, LINK, Link, LinkKind, Links, ROUTER_HEAD, Routers, external_body, flags, network_body,
    router_body, summary_body,
};

use super::RouterId;
use bytes::Bytes;
use core::net::Ipv4Addr;
use proto::{Reader, WireError, Writer};
use serde::{Deserialize, Serialize};

/// Seconds; an LSA of this age is flushed (RFC 2328 B).
pub const MAX_AGE: u16 = 3600;
/// Seconds; two instances whose ages differ by more are different (RFC 2328 B).
pub const MAX_AGE_DIFF: u16 = 900;
/// Seconds; the originator makes a new instance at this age (RFC 2328 B).
pub const LS_REFRESH_TIME: u16 = 1800;
/// The first sequence number (RFC 2328 12.1.6).
pub const INITIAL_SEQUENCE: i32 = -0x7fff_ffff;
/// The last sequence number (RFC 2328 12.1.6).
pub const MAX_SEQUENCE: i32 = 0x7fff_ffff;
/// Bytes of an LSA header.
pub const HEADER: usize = 20;
/// Most bytes of a body: the length field counts the header too.
pub const MAX_BODY: usize = 65_535 - HEADER;
/// DoNotAge (RFC 1793): we age every LSA.
const AGE_BITS: u16 = 0x7fff;
/// Where the checksum stands.
const CHECKSUM_AT: usize = 16;

/// LS type. Only types that are flooded by us exist as a value.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Kind {
    /// Type 1.
    Router = 1,
    /// Type 2.
    Network = 2,
    /// Type 3: a network of another area.
    Summary = 3,
    /// Type 4: an AS boundary router of another area.
    AsbrSummary = 4,
    /// Type 5.
    External = 5,
    /// Type 7 (RFC 3101).
    NssaExternal = 7,
    /// Type 9: link scope (RFC 5250).
    OpaqueLink = 9,
    /// Type 10: area scope.
    OpaqueArea = 10,
    /// Type 11: AS scope.
    OpaqueAs = 11,
}

/// What identifies an LSA (RFC 2328 12.1). Ordered by type, then link state ID, then originator.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LsaKey {
    /// LS type.
    pub kind: Kind,
    /// Link state ID.
    pub id: Ipv4Addr,
    /// Advertising router.
    pub router: RouterId,
}

/// An LSA header (RFC 2328 A.4.1).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct LsaHeader {
    /// Seconds since it was originated, 0..=3600. Bit 15 (DoNotAge) is never set: it is cut on reading.
    pub age: u16,
    /// See [`super::options`].
    pub options: u8,
    /// Which LSA.
    pub key: LsaKey,
    /// Sequence number.
    pub sequence: i32,
    /// Fletcher checksum of all but the age.
    pub checksum: u16,
    /// Bytes, header included.
    pub length: u16,
}

/// An LSA whose length, checksum and structure have been checked.
#[derive(Clone, Debug)]
pub struct Lsa {
    /// Its header. The age here is what is sent by [`Lsa::write`] unless another is given.
    pub header: LsaHeader,
    /// All its bytes, header included; the age in them is without meaning.
    bytes: Bytes,
}

/// How two instances of one LSA compare (RFC 2328 13.1).
pub use core::cmp::Ordering;

impl Kind {
    /// The type with this number; `None` for types that are not flooded by us.
    pub fn from_wire(value: u8) -> Option<Kind> {
        Some(match value {
            1 => Kind::Router,
            2 => Kind::Network,
            3 => Kind::Summary,
            4 => Kind::AsbrSummary,
            5 => Kind::External,
            7 => Kind::NssaExternal,
            9 => Kind::OpaqueLink,
            10 => Kind::OpaqueArea,
            11 => Kind::OpaqueAs,
            _ => return None,
        })
    }
}

impl PartialEq for Lsa {
    /// Equal in header, age included, and body.
    fn eq(&self, other: &Lsa) -> bool {
        self.header == other.header && self.body_bytes() == other.body_bytes()
    }
}

impl Eq for Lsa {}

impl Lsa {
    /// Reads one LSA from the front of `bytes`, without copying; `header.length` says how long it was. Errors: too
    /// short, length field out of range, checksum, structure, unknown type (`Value("LS type")`).
    pub fn parse(bytes: &Bytes) -> Result<Lsa, WireError> {
        let length = Lsa::length_field(bytes)?;
        let whole = bytes.get(..length).ok_or(WireError::Short("LSA"))?;
        let (_, behind_age) = whole.split_at_checked(2).ok_or(WireError::Short("LSA"))?;
        if !fletcher::verify(behind_age) {
            return Err(WireError::Checksum("LSA"));
        }
        let mut r = Reader::new(whole);
        let header = LsaHeader::parse(&mut r)?;
        body::check(header.key.kind, r.rest())?;
        Ok(Lsa { header, bytes: bytes.slice(..length) })
    }

    /// The length field of the LSA at the front of `bytes`. Errors: no whole header, or a length below one.
    pub fn length_field(bytes: &[u8]) -> Result<usize, WireError> {
        let mut r = Reader::new(bytes);
        r.bytes(HEADER.saturating_sub(2), "LSA header")?;
        match usize::from(r.u16("LSA header")?) {
            length if length < HEADER => Err(WireError::Value("LSA length")),
            length => Ok(length),
        }
    }

    /// Makes an LSA with this body (all after the header), computing length and checksum. Age 0. The caller makes
    /// bodies of the right form and at most [`MAX_BODY`] bytes; what is beyond is cut.
    pub fn build(key: LsaKey, options: u8, sequence: i32, body: &[u8]) -> Lsa {
        let body = body.get(..MAX_BODY).unwrap_or(body);
        let length = u16::try_from(body.len().saturating_add(HEADER)).unwrap_or(u16::MAX);
        let mut header = LsaHeader { age: 0, options, key, sequence, checksum: 0, length };
        let mut w = Writer::with_capacity(usize::from(length));
        header.write(&mut w);
        w.bytes(body);
        header.checksum = fletcher::compute(w.as_slice().get(2..).unwrap_or_default());
        w.patch_u16(CHECKSUM_AT, header.checksum);
        Lsa { header, bytes: w.finish() }
    }

    /// A copy whose bytes are its own rather than a part of a received packet.
    pub fn compact(&self) -> Lsa {
        Lsa { header: self.header, bytes: Bytes::copy_from_slice(&self.bytes) }
    }

    /// A copy of this age, in seconds (at most [`MAX_AGE`] is kept). The bytes are shared.
    #[must_use]
    pub fn with_age(&self, age: u16) -> Lsa {
        let header = LsaHeader { age: age.min(MAX_AGE), ..self.header };
        Lsa { header, bytes: self.bytes.clone() }
    }

    /// What identifies it.
    pub fn key(&self) -> LsaKey {
        self.header.key
    }

    /// Bytes it takes in a packet.
    pub fn wire_len(&self) -> usize {
        self.bytes.len()
    }

    /// What it says.
    pub fn body(&self) -> Body<'_> {
        // Of a received LSA the form has been checked; of one built here it is the caller's promise.
        body::read(self.header.key.kind, self.body_bytes()).unwrap_or(Body::Opaque(self.body_bytes()))
    }

    /// All after the header.
    pub fn body_bytes(&self) -> &[u8] {
        self.bytes.get(HEADER..).unwrap_or_default()
    }

    /// Whether both say the same, so that no route changes when one takes the other's place (RFC 2328 13.2):
    /// options, length, body, and whether they are being flushed. Sequence number, checksum and age do not count.
    pub fn same_content(&self, other: &Lsa) -> bool {
        self.header.options == other.header.options
            && self.header.is_max_age() == other.header.is_max_age()
            && self.body_bytes() == other.body_bytes()
    }

    /// Appends it to a packet with this age.
    pub fn write(&self, w: &mut Writer, age: u16) {
        w.u16(age).bytes(self.bytes.get(2..).unwrap_or_default());
    }
}

impl LsaHeader {
    /// Reads a header. Its 20 bytes have been read even if the type is unknown (`Value("LS type")`), so that
    /// the caller can go on with the next. Errors else: too short, a length below 20.
    pub fn parse(r: &mut Reader<'_>) -> Result<LsaHeader, WireError> {
        let mut r = r.sub(HEADER, "LSA header")?;
        let age = (r.u16("LS age")? & AGE_BITS).min(MAX_AGE);
        let (options, kind) = (r.u8("options")?, r.u8("LS type")?);
        let (id, router) = (r.ipv4("link state ID")?, r.ipv4("advertising router")?);
        let sequence = i32::from_be_bytes(r.array("LS sequence number")?);
        let (checksum, length) = (r.u16("LS checksum")?, r.u16("LSA length")?);
        let kind = Kind::from_wire(kind).ok_or(WireError::Value("LS type"))?;
        if usize::from(length) < HEADER {
            return Err(WireError::Value("LSA length"));
        }
        Ok(LsaHeader { age, options, key: LsaKey { kind, id, router }, sequence, checksum, length })
    }

    /// Appends the 20 bytes.
    pub fn write(&self, w: &mut Writer) {
        w.u16(self.age).u8(self.options).u8(self.key.kind as u8).ipv4(self.key.id).ipv4(self.key.router);
        w.bytes(&self.sequence.to_be_bytes()).u16(self.checksum).u16(self.length);
    }

    /// Whether it is being flushed: of age [`MAX_AGE`].
    pub fn is_max_age(&self) -> bool {
        self.age >= MAX_AGE
    }

    /// Greater: `self` is the more recent instance; equal: the same (RFC 2328 13.1).
    pub fn compare(&self, other: &LsaHeader) -> Ordering {
        let by_age = || {
            if self.age.abs_diff(other.age) > MAX_AGE_DIFF {
                other.age.cmp(&self.age)
            } else {
                Ordering::Equal
            }
        };
        self.sequence
            .cmp(&other.sequence)
            .then_with(|| self.checksum.cmp(&other.checksum))
            .then_with(|| self.is_max_age().cmp(&other.is_max_age()))
            .then_with(by_age)
    }
}

impl Kind {
    /// Whether it is of RFC 5250: types 9 to 11.
    pub fn is_opaque(self) -> bool {
        matches!(self, Kind::OpaqueLink | Kind::OpaqueArea | Kind::OpaqueAs)
    }
}

#[cfg(test)]
mod tests;
