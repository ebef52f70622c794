//! Bodies of LSAs: what is behind the 20 bytes of header (RFC 2328 A.4.2 to A.4.5, RFC 3101, RFC 5250).
//!
//! ```text
//! router       flags (1)  zero (1)  number of links (2)
//!              { link ID (4)  link data (4)  type (1)  TOS metrics (1)  metric (2)  { TOS metric (4) } }
//! network      mask (4)  { router (4) }
//! summary      mask (4)  zero (1)  metric (3)  { TOS metric (4) }
//! external     mask (4)  E-bit (1)  metric (3)  forwarding address (4)  tag (4)  { TOS metric (12) }
//! opaque       anything
//! ```
//!
//! [`check`] says once whether a received body has this form; the readers rely on it, and stop early where it
//! does not hold. TOS metrics are skipped (RFC 2328 gave them up).
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::Kind;
use crate::wire::RouterId;
use bytes::Bytes;
use core::net::Ipv4Addr;
use proto::{Reader, WireError, Writer};
use serde::{Deserialize, Serialize};

/// Bytes of a router-LSA's body before its links.
pub const ROUTER_HEAD: usize = 4;
/// Bytes of a link without TOS metrics.
pub const LINK: usize = 12;
const E_BIT: u8 = 0x80;

/// What an LSA says, read from its bytes.
#[derive(Clone, Debug)]
pub enum Body<'a> {
    /// Type 1 (RFC 2328 A.4.2).
    Router {
        /// Flags: [`flags`].
        flags: u8,
        /// Its links.
        links: Links<'a>,
    },
    /// Type 2 (A.4.3).
    Network {
        /// Length of the network mask, 0..=32.
        len: u8,
        /// The attached routers.
        routers: Routers<'a>,
    },
    /// Types 3 and 4 (A.4.4).
    Summary {
        /// Length of the network mask, 0..=32; 0 in type 4.
        len: u8,
        /// Cost, 0..=0xffffff (unreachable).
        metric: u32,
    },
    /// Types 5 and 7 (A.4.5).
    External(External),
    /// Types 9 to 11 (RFC 5250 A.2): the information behind the header.
    Opaque(&'a [u8]),
}

/// Flags of a router-LSA.
pub mod flags {
    /// Area border router.
    pub const B: u8 = 0x01;
    /// AS boundary router.
    pub const E: u8 = 0x02;
    /// Endpoint of a virtual link: the area is a transit area.
    pub const V: u8 = 0x04;
    /// Translator of type 7 LSAs, always (RFC 3101).
    pub const NT: u8 = 0x10;
}

/// A link of a router-LSA.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// Link type.
    pub kind: LinkKind,
    /// Point-to-point and virtual: the neighbor's router ID; transit: the DR's address; stub: the network.
    pub id: Ipv4Addr,
    /// Own interface address (unnumbered: its index); stub: the mask.
    pub data: Ipv4Addr,
    /// Cost, 0..=65535.
    pub metric: u16,
}

/// Link types (RFC 2328 A.4.2).
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum LinkKind {
    /// To another router.
    PointToPoint = 1,
    /// To a network with a DR.
    Transit = 2,
    /// To a network without other routers.
    Stub = 3,
    /// Virtual link.
    Virtual = 4,
}

/// Body of types 5 and 7.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// Length of the network mask, 0..=32.
    pub len: u8,
    /// Type 2 metric (E-bit).
    pub type2: bool,
    /// 0..=0xffffff (unreachable).
    pub metric: u32,
    /// Forwarding address; 0.0.0.0: the originator.
    pub forward: Ipv4Addr,
    /// Route tag.
    pub tag: u32,
}

/// The links of a router-LSA, in order. Links of unknown type are left out.
#[derive(Clone, Debug)]
pub struct Links<'a> {
    left: u16,
    rest: Reader<'a>,
}

/// The routers of a network-LSA, in order.
#[derive(Clone, Debug)]
pub struct Routers<'a> {
    rest: Reader<'a>,
}

impl LinkKind {
    fn from_wire(value: u8) -> Option<LinkKind> {
        match value {
            1 => Some(LinkKind::PointToPoint),
            2 => Some(LinkKind::Transit),
            3 => Some(LinkKind::Stub),
            4 => Some(LinkKind::Virtual),
            _ => None,
        }
    }
}

impl Link {
    /// Reads a link and skips its TOS metrics; `None` if its type is unknown.
    fn read(r: &mut Reader<'_>) -> Result<Option<Link>, WireError> {
        let (id, data) = (r.ipv4("link ID")?, r.ipv4("link data")?);
        let (kind, tos) = (r.u8("link type")?, r.u8("TOS metrics")?);
        let metric = r.u16("link metric")?;
        r.bytes(usize::from(tos).saturating_mul(4), "TOS metrics")?;
        Ok(LinkKind::from_wire(kind).map(|kind| Link { kind, id, data, metric }))
    }
}

impl Iterator for Links<'_> {
    type Item = Link;

    fn next(&mut self) -> Option<Link> {
        while self.left > 0 {
            self.left = self.left.saturating_sub(1);
            if let Some(link) = Link::read(&mut self.rest).ok()? {
                return Some(link);
            }
        }
        None
    }
}

impl Iterator for Routers<'_> {
    type Item = RouterId;

    fn next(&mut self) -> Option<RouterId> {
        self.rest.ipv4("attached router").ok()
    }
}

impl External {
    fn read(r: &mut Reader<'_>) -> Result<External, WireError> {
        let len = mask_len(r.ipv4("network mask")?)?;
        let type2 = r.u8("E-bit")? & E_BIT != 0;
        let (metric, forward, tag) = (r.u24("metric")?, r.ipv4("forwarding address")?, r.u32("route tag")?);
        Ok(External { len, type2, metric, forward, tag })
    }
}

/// The number of leading ones of a mask, if there are no others.
fn mask_len(mask: Ipv4Addr) -> Result<u8, WireError> {
    let bits = mask.to_bits();
    match u8::try_from(bits.leading_ones()) {
        Ok(len) if bits.count_ones() == bits.leading_ones() => Ok(len),
        _ => Err(WireError::Value("network mask")),
    }
}

/// The mask with `len` leading ones, 32 at most.
fn mask(len: u8) -> Ipv4Addr {
    let zeros = 32_u32.saturating_sub(u32::from(len));
    Ipv4Addr::from_bits(u32::MAX.checked_shl(zeros).unwrap_or(0))
}

/// Whether the bytes behind an LSA's header have the form its type wants.
pub fn check(kind: Kind, body: &[u8]) -> Result<(), WireError> {
    let mut r = Reader::new(body);
    match kind {
        Kind::Router => {
            r.u16("router flags")?;
            for _ in 0..r.u16("number of links")? {
                let link: [u8; LINK] = r.array("link ID")?;
                let [.., tos, _, _] = link;
                r.bytes(usize::from(tos).saturating_mul(4), "TOS metrics")?;
            }
            Ok(())
        }
        Kind::Network => {
            mask_len(r.ipv4("network mask")?)?;
            r.ipv4("attached router")?;
            whole(&r, 4)
        }
        Kind::Summary => {
            mask_len(r.ipv4("network mask")?)?;
            r.u32("metric")?;
            whole(&r, 4)
        }
        Kind::AsbrSummary => {
            // Its mask is without meaning (RFC 2328 A.4.4).
            r.u64("metric")?;
            whole(&r, 4)
        }
        Kind::External | Kind::NssaExternal => {
            External::read(&mut r)?;
            whole(&r, 12)
        }
        Kind::OpaqueLink | Kind::OpaqueArea | Kind::OpaqueAs => Ok(()),
    }
}

/// Whether a whole number of entries is left.
fn whole(r: &Reader<'_>, entry: usize) -> Result<(), WireError> {
    if r.remaining().is_multiple_of(entry) { Ok(()) } else { Err(WireError::Value("LSA length")) }
}

/// Reads a body that [`check`] has accepted.
pub fn read(kind: Kind, body: &[u8]) -> Result<Body<'_>, WireError> {
    let mut r = Reader::new(body);
    Ok(match kind {
        Kind::Router => {
            let [flags, _] = r.array("router flags")?;
            let left = r.u16("number of links")?;
            Body::Router { flags, links: Links { left, rest: r } }
        }
        Kind::Network => {
            let len = mask_len(r.ipv4("network mask")?)?;
            Body::Network { len, routers: Routers { rest: r } }
        }
        Kind::Summary => {
            let len = mask_len(r.ipv4("network mask")?)?;
            r.u8("zero")?;
            Body::Summary { len, metric: r.u24("metric")? }
        }
        Kind::AsbrSummary => {
            r.bytes(5, "network mask")?;
            Body::Summary { len: 0, metric: r.u24("metric")? }
        }
        Kind::External | Kind::NssaExternal => Body::External(External::read(&mut r)?),
        Kind::OpaqueLink | Kind::OpaqueArea | Kind::OpaqueAs => Body::Opaque(body),
    })
}

/// The body of a router-LSA. At most 65535 links are counted; 5400 fit into an IP packet.
pub fn router_body(flags: u8, links: &[Link]) -> Bytes {
    let count = u16::try_from(links.len()).unwrap_or(u16::MAX);
    let mut w = Writer::with_capacity(links.len().saturating_mul(LINK).saturating_add(ROUTER_HEAD));
    w.u8(flags).u8(0).u16(count);
    for link in links.iter().take(usize::from(count)) {
        w.ipv4(link.id).ipv4(link.data).u8(link.kind as u8).u8(0).u16(link.metric);
    }
    w.finish()
}

/// The body of a network-LSA: the length of the mask (0..=32) and the attached routers, the DR among them.
pub fn network_body(len: u8, routers: &[RouterId]) -> Bytes {
    let mut w = Writer::with_capacity(routers.len().saturating_mul(4).saturating_add(4));
    w.ipv4(mask(len));
    for router in routers {
        w.ipv4(*router);
    }
    w.finish()
}

/// The body of types 3 and 4: the length of the mask (0 in type 4) and the metric, of which 24 bits are taken.
pub fn summary_body(len: u8, metric: u32) -> Bytes {
    let mut w = Writer::with_capacity(8);
    w.ipv4(mask(len)).u8(0).u24(metric);
    w.finish()
}

/// The body of types 5 and 7.
pub fn external_body(external: &External) -> Bytes {
    let mut w = Writer::with_capacity(16);
    w.ipv4(mask(external.len)).u8(if external.type2 { E_BIT } else { 0 }).u24(external.metric);
    w.ipv4(external.forward).u32(external.tag);
    w.finish()
}
