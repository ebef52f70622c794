//! The five packets (RFC 2328 A.3).
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Kind, Lsa, LsaHeader, LsaKey, RouterId};
use crate::AreaId;
use bytes::Bytes;
use core::net::Ipv4Addr;
use proto::{Reader, WireError, Writer};

/// Bytes of the common header, authentication field included.
pub const HEADER: usize = 24;
/// Bytes of a hello's body before its neighbors, which take 4 each.
pub const HELLO: usize = 20;
/// Bytes of a database description's body before its LSA headers ([`super::lsa::HEADER`] each).
pub const DATABASE_DESCRIPTION: usize = 8;
/// Bytes of one LSA asked for; a link state request has nothing else.
pub const REQUEST: usize = 12;
/// Bytes of a link state update's body before its LSAs ([`Lsa::wire_len`] each).
pub const UPDATE: usize = 4;

const INIT: u8 = 0x04;
const MORE: u8 = 0x02;
const MASTER: u8 = 0x01;

/// OSPF packet types.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PacketKind {
    /// Type 1.
    Hello = 1,
    /// Type 2.
    DatabaseDescription = 2,
    /// Type 3.
    LinkStateRequest = 3,
    /// Type 4.
    LinkStateUpdate = 4,
    /// Type 5.
    LinkStateAck = 5,
}

/// The common header (A.3.1) without version, length, checksum and authentication, which are `auth`'s.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PacketHeader {
    /// Which packet.
    pub kind: PacketKind,
    /// Sender.
    pub router: RouterId,
    /// The area of the sender's interface; the backbone for virtual links.
    pub area: AreaId,
}

/// A packet's contents, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// A.3.2
    Hello(Hello),
    /// A.3.3
    DatabaseDescription(DatabaseDescription),
    /// A.3.4: LSAs asked for.
    LinkStateRequest(Vec<LsaKey>),
    /// A.3.5: every LSA that was good; the others are counted in `bad` (each with its reason).
    LinkStateUpdate {
        /// In order, with their ages in the header.
        lsas: Vec<Lsa>,
        /// LSAs left out: bad checksum, unknown type, bad structure.
        bad: Vec<proto::WireError>,
    },
    /// A.3.6: headers acknowledged. Headers of unknown LS types are left out.
    LinkStateAck(Vec<LsaHeader>),
}

/// Hello (A.3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Of the sender's interface; not looked at on point-to-point and virtual links.
    pub mask: Ipv4Addr,
    /// Seconds; 0 with fast hellos.
    pub hello_interval: u16,
    /// See [`super::options`].
    pub options: u8,
    /// Router priority.
    pub priority: u8,
    /// Seconds.
    pub dead_interval: u32,
    /// Designated router's address; 0.0.0.0 is none.
    pub dr: Ipv4Addr,
    /// Backup designated router's address; 0.0.0.0 is none.
    pub bdr: Ipv4Addr,
    /// Routers heard within the dead interval.
    pub neighbors: Vec<RouterId>,
}

/// Database description (A.3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseDescription {
    /// Largest IP packet of the sender's interface; 0 on virtual links.
    pub mtu: u16,
    /// See [`super::options`].
    pub options: u8,
    /// I-bit: the first.
    pub init: bool,
    /// M-bit: more follow.
    pub more: bool,
    /// MS-bit: the sender is master.
    pub master: bool,
    /// DD sequence number. (The R-bit of RFC 4811 is not kept: it is ignored on reading and never set.)
    pub sequence: u32,
    /// Headers of LSAs. Unknown LS types are an error of the packet as RFC 2328 10.6 wants (SeqNumberMismatch):
    /// `unknown` says that there was one.
    pub headers: Vec<LsaHeader>,
    /// A header of an unknown LS type was among them.
    pub unknown: bool,
}

impl PacketKind {
    /// The type with this number.
    pub fn from_wire(value: u8) -> Option<PacketKind> {
        Some(match value {
            1 => PacketKind::Hello,
            2 => PacketKind::DatabaseDescription,
            3 => PacketKind::LinkStateRequest,
            4 => PacketKind::LinkStateUpdate,
            5 => PacketKind::LinkStateAck,
            _ => return None,
        })
    }
}

impl Packet {
    /// Its type.
    pub fn kind(&self) -> PacketKind {
        match self {
            Packet::Hello(_) => PacketKind::Hello,
            Packet::DatabaseDescription(_) => PacketKind::DatabaseDescription,
            Packet::LinkStateRequest(_) => PacketKind::LinkStateRequest,
            Packet::LinkStateUpdate { .. } => PacketKind::LinkStateUpdate,
            Packet::LinkStateAck(_) => PacketKind::LinkStateAck,
        }
    }
}

/// Reads the body of a packet whose header and authentication have been checked. Reads nothing beyond its length
/// field (a link-local signaling block behind it is `auth`'s to skip).
///
/// Errors: a field, LSA header or router ID cut short; an LSA header with a length below 20; a request for an
/// unknown LS type. An update fails only without its count: bad LSAs are left out one by one.
pub fn parse(kind: PacketKind, body: &Bytes) -> Result<Packet, WireError> {
    let mut r = Reader::new(body);
    Ok(match kind {
        PacketKind::Hello => Packet::Hello(hello(&mut r)?),
        PacketKind::DatabaseDescription => Packet::DatabaseDescription(description(&mut r)?),
        PacketKind::LinkStateRequest => Packet::LinkStateRequest(request(&mut r)?),
        PacketKind::LinkStateUpdate => update(body)?,
        PacketKind::LinkStateAck => Packet::LinkStateAck(headers(&mut r)?.0),
    })
}

fn hello(r: &mut Reader<'_>) -> Result<Hello, WireError> {
    let mut hello = Hello {
        mask: r.ipv4("hello mask")?,
        hello_interval: r.u16("hello interval")?,
        options: r.u8("hello options")?,
        priority: r.u8("hello priority")?,
        dead_interval: r.u32("dead interval")?,
        dr: r.ipv4("designated router")?,
        bdr: r.ipv4("backup designated router")?,
        neighbors: Vec::with_capacity(r.remaining() / 4),
    };
    while !r.is_empty() {
        hello.neighbors.push(r.ipv4("hello neighbor")?);
    }
    Ok(hello)
}

fn description(r: &mut Reader<'_>) -> Result<DatabaseDescription, WireError> {
    let mtu = r.u16("interface MTU")?;
    let (options, bits) = (r.u8("options")?, r.u8("DD bits")?);
    let sequence = r.u32("DD sequence number")?;
    let (headers, unknown) = headers(r)?;
    let (init, more, master) = (bits & INIT != 0, bits & MORE != 0, bits & MASTER != 0);
    Ok(DatabaseDescription { mtu, options, init, more, master, sequence, headers, unknown })
}

/// LSA headers to the end, and whether one of unknown type was left out.
fn headers(r: &mut Reader<'_>) -> Result<(Vec<LsaHeader>, bool), WireError> {
    let mut headers = Vec::with_capacity(r.remaining() / super::lsa::HEADER);
    let mut unknown = false;
    while !r.is_empty() {
        match LsaHeader::parse(r) {
            Ok(header) => headers.push(header),
            Err(WireError::Value("LS type")) => unknown = true,
            Err(error) => return Err(error),
        }
    }
    Ok((headers, unknown))
}

fn request(r: &mut Reader<'_>) -> Result<Vec<LsaKey>, WireError> {
    let mut keys = Vec::with_capacity(r.remaining() / REQUEST);
    while !r.is_empty() {
        let kind = u8::try_from(r.u32("LS type")?).ok().and_then(Kind::from_wire);
        let (id, router) = (r.ipv4("link state ID")?, r.ipv4("advertising router")?);
        keys.push(LsaKey { kind: kind.ok_or(WireError::Value("LS type"))?, id, router });
    }
    Ok(keys)
}

/// As many LSAs as the update counts. Where a length field leads out of the packet the rest is lost; bytes behind
/// the last LSA are not looked at.
fn update(body: &Bytes) -> Result<Packet, WireError> {
    let count = Reader::new(body).u32("number of LSAs")?;
    let mut rest = body.slice(UPDATE.min(body.len())..);
    let (mut lsas, mut bad) = (Vec::new(), Vec::new());
    for _ in 0..count {
        match Lsa::parse(&rest) {
            Ok(lsa) => lsas.push(lsa),
            Err(error) => bad.push(error),
        }
        match Lsa::length_field(&rest) {
            Ok(length) if length <= rest.len() => rest = rest.slice(length..),
            _ => break,
        }
    }
    Ok(Packet::LinkStateUpdate { lsas, bad })
}

/// Encodes a packet's body (without the 24 bytes of header). Link State Updates are written with the ages in the LSAs'
/// headers. The caller keeps to what its interface's MTU allows.
pub fn write(packet: &Packet) -> Bytes {
    let mut w = Writer::with_capacity(1500);
    match packet {
        Packet::Hello(hello) => write_hello(hello, &mut w),
        Packet::DatabaseDescription(description) => write_description(description, &mut w),
        Packet::LinkStateRequest(keys) => {
            for key in keys {
                w.u32(u32::from(key.kind as u8)).ipv4(key.id).ipv4(key.router);
            }
        }
        Packet::LinkStateUpdate { lsas, .. } => {
            w.u32(u32::try_from(lsas.len()).unwrap_or(u32::MAX));
            lsas.iter().for_each(|lsa| lsa.write(&mut w, lsa.header.age));
        }
        Packet::LinkStateAck(headers) => headers.iter().for_each(|header| header.write(&mut w)),
    }
    w.finish()
}

fn write_hello(hello: &Hello, w: &mut Writer) {
    w.ipv4(hello.mask).u16(hello.hello_interval).u8(hello.options).u8(hello.priority);
    w.u32(hello.dead_interval).ipv4(hello.dr).ipv4(hello.bdr);
    for neighbor in &hello.neighbors {
        w.ipv4(*neighbor);
    }
}

fn write_description(description: &DatabaseDescription, w: &mut Writer) {
    let bit = |set, bit| if set { bit } else { 0 };
    let bits = bit(description.init, INIT) | bit(description.more, MORE) | bit(description.master, MASTER);
    w.u16(description.mtu).u8(description.options).u8(bits).u32(description.sequence);
    description.headers.iter().for_each(|header| header.write(w));
}
