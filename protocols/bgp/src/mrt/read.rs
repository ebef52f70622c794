//! Bytes into records. Refused are a record over 16 MiB, one that is cut off, and one whose parts do not fill it.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Body, Entry, Message, Peer, PeerTable, Record, Rib, Session, StateChange, number};
use crate::Family;
use crate::wire::attribute::{Code, Raw, flag, put};
use crate::wire::nlri;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::Prefix;
use proto::{Reader, WireError};

/// The longest record that is read, bytes.
const MAX: usize = 16 * 1024 * 1024;

/// Why a record could not be read.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The input ends inside of it.
    Cut,
    /// It says it is this long: more than 16 MiB.
    TooLong(u32),
    /// What is wrong in it.
    Bad(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Cut => f.write_str("the last record is cut off"),
            Fault::TooLong(n) => write!(f, "a record of {n} bytes is too long"),
            Fault::Bad(what) => write!(f, "malformed record: {what}"),
        }
    }
}

impl core::error::Error for Fault {}

impl From<WireError> for Fault {
    fn from(_: WireError) -> Fault {
        Fault::Bad("a field runs over the end")
    }
}

/// The records of `bytes`, in order. Behind a malformed one it goes on; behind one that is cut off or too long it ends.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    left: &'a [u8],
}

impl<'a> Records<'a> {
    /// Of a whole file.
    pub fn new(bytes: &'a [u8]) -> Records<'a> {
        Records { left: bytes }
    }

    fn take(&mut self) -> Result<Record, Fault> {
        let mut head = Reader::new(core::mem::take(&mut self.left));
        let cut = |_| Fault::Cut;
        let at = head.u32("time").map_err(cut)?;
        let kind = head.u16("type").map_err(cut)?;
        let subtype = head.u16("subtype").map_err(cut)?;
        let length = head.u32("length").map_err(cut)?;
        let whole = usize::try_from(length).ok().filter(|n| *n <= MAX).ok_or(Fault::TooLong(length))?;
        let mut body = head.sub(whole, "record").map_err(cut)?;
        self.left = head.rest();
        let micros = (kind == number::BGP4MP_ET).then(|| body.u32("microseconds")).transpose()?;
        Ok(Record { at, micros, body: read(kind, subtype, body)? })
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, Fault>;
    fn next(&mut self) -> Option<Result<Record, Fault>> {
        (!self.left.is_empty()).then(|| self.take())
    }
}

fn read(kind: u16, subtype: u16, mut body: Reader<'_>) -> Result<Body, Fault> {
    let known = match kind {
        number::TABLE_DUMP_V2 => table(subtype, &mut body)?,
        number::BGP4MP | number::BGP4MP_ET => session(subtype, &mut body)?,
        _ => None,
    };
    match known {
        Some(_) if !body.is_empty() => Err(Fault::Bad("something is behind its end")),
        Some(known) => Ok(known),
        None => Ok(Body::Other { kind, subtype, bytes: body.rest().to_vec() }),
    }
}

fn table(subtype: u16, body: &mut Reader<'_>) -> Result<Option<Body>, Fault> {
    let (family, add_path) = match subtype {
        number::PEER_INDEX_TABLE => return Ok(Some(Body::Peers(peers(body)?))),
        number::RIB_IPV4_UNICAST => (Family::Ipv4, false),
        number::RIB_IPV6_UNICAST => (Family::Ipv6, false),
        number::RIB_IPV4_UNICAST_ADDPATH => (Family::Ipv4, true),
        number::RIB_IPV6_UNICAST_ADDPATH => (Family::Ipv6, true),
        _ => return Ok(None),
    };
    let sequence = body.u32("sequence")?;
    let prefix = prefix(family, body)?;
    let count = body.u16("entry count")?;
    let entries = (0..count).map(|_| entry(add_path, body)).collect::<Result<_, _>>()?;
    Ok(Some(Body::Rib(Rib { sequence, prefix, add_path, entries })))
}

fn peers(body: &mut Reader<'_>) -> Result<PeerTable, Fault> {
    let collector = body.ipv4("collector")?;
    let length = body.u16("view name length")?;
    let view = String::from_utf8_lossy(body.bytes(length.into(), "view name")?).into_owned();
    let count = body.u16("peer count")?;
    let peers = (0..count).map(|_| peer(body)).collect::<Result<_, _>>()?;
    Ok(PeerTable { collector, view, peers })
}

fn peer(body: &mut Reader<'_>) -> Result<Peer, Fault> {
    let kind = body.u8("peer type")?;
    let router_id = body.ipv4("peer identifier")?;
    let address = address(kind & number::PEER_IPV6 != 0, body)?;
    let asn = asn(kind & number::PEER_AS4 != 0, body)?;
    Ok(Peer { router_id, address, asn })
}

fn address(v6: bool, body: &mut Reader<'_>) -> Result<IpAddr, Fault> {
    Ok(if v6 { body.ipv6("address")?.into() } else { body.ipv4("address")?.into() })
}

fn asn(four: bool, body: &mut Reader<'_>) -> Result<u32, Fault> {
    Ok(if four { body.u32("AS")? } else { body.u16("AS")?.into() })
}

fn prefix(family: Family, body: &mut Reader<'_>) -> Result<Prefix, Fault> {
    let len = body.u8("prefix length")?;
    if len > nlri::width(family) {
        return Err(Fault::Bad("a prefix is longer than an address"));
    }
    let bytes = body.bytes(nlri::octets(len), "prefix")?;
    let address = match family {
        Family::Ipv4 => IpAddr::V4(Ipv4Addr::from(nlri::padded::<4>(bytes))),
        Family::Ipv6 => IpAddr::V6(Ipv6Addr::from(nlri::padded::<16>(bytes))),
    };
    Ok(Prefix::new(address, len))
}

fn entry(add_path: bool, body: &mut Reader<'_>) -> Result<Entry, Fault> {
    let peer = body.u16("peer index")?;
    let originated = body.u32("originated")?;
    let path_id = if add_path { body.u32("path identifier")? } else { 0 };
    let length = body.u16("attribute length")?;
    let attributes = attributes(body.bytes(length.into(), "attributes")?)?;
    Ok(Entry { peer, originated, path_id, attributes })
}

/// In order, each once, and with the next hop where [`crate::attrs`] looks for it.
fn attributes(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let (mut all, mut left) = (Vec::new(), bytes);
    while !left.is_empty() {
        let (raw, rest) = Raw::split(left).ok_or(Fault::Bad("an attribute runs over the end"))?;
        left = rest;
        match Code::from_wire(raw.code) {
            Some(Code::MpReach) => {
                let value = next_hop(raw.value).ok_or(Fault::Bad("MP_REACH_NLRI without a next hop"))?;
                all.retain(|other: &Raw<'_>| other.code != Code::NextHop as u8);
                all.push(Raw { flags: flag::TRANSITIVE, code: Code::NextHop as u8, value });
            }
            // Some write both.
            Some(Code::NextHop) if all.iter().any(|other| other.code == raw.code) => {}
            _ => all.push(raw),
        }
    }
    all.sort_by_key(|raw| raw.code);
    if !all.is_sorted_by(|a, b| a.code < b.code) {
        return Err(Fault::Bad("an attribute is repeated"));
    }
    let mut out = Vec::with_capacity(bytes.len());
    for raw in all {
        put(&mut out, raw.flags, raw.code, raw.value);
    }
    Ok(out)
}

/// The next hops of an MP_REACH_NLRI as RFC 6396 4.3.4 has it, with nothing but a length before them, or as a whole
/// one, which several implementations write.
fn next_hop(value: &[u8]) -> Option<&[u8]> {
    // The first octet of a whole one is that of a family: zero.
    let (&length, rest) = match value {
        [0, _, _, rest @ ..] => rest.split_first()?,
        _ => value.split_first()?,
    };
    rest.get(..length.into()).filter(|hops| matches!(hops.len(), 4 | 16 | 32))
}

fn session(subtype: u16, body: &mut Reader<'_>) -> Result<Option<Body>, Fault> {
    let (as4, add_path, message) = match subtype {
        number::STATE_CHANGE => (false, false, false),
        number::STATE_CHANGE_AS4 => (true, false, false),
        number::MESSAGE => (false, false, true),
        number::MESSAGE_AS4 => (true, false, true),
        number::MESSAGE_ADDPATH => (false, true, true),
        number::MESSAGE_AS4_ADDPATH => (true, true, true),
        _ => return Ok(None),
    };
    let (peer_as, local_as) = (asn(as4, body)?, asn(as4, body)?);
    let interface = body.u16("interface")?;
    let v6 = match body.u16("address family")? {
        1 => false,
        2 => true,
        _ => return Err(Fault::Bad("unknown address family")),
    };
    let (peer, local) = (address(v6, body)?, address(v6, body)?);
    let session = Session { as4, peer_as, local_as, interface, peer, local };
    if message {
        let bytes = body.bytes(body.remaining(), "message")?.to_vec();
        return Ok(Some(Body::Message(Message { session, add_path, bytes })));
    }
    let (old, new) = (body.u16("old state")?, body.u16("new state")?);
    Ok(Some(Body::State(StateChange { session, old, new })))
}
