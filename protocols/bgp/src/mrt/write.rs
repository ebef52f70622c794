//! Records into bytes. What does not fit into its field is left out: entries and peers over 65,535, entries with more
//! attributes than 65,535 bytes.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Body, Entry, Message, PeerTable, Record, Rib, Session, StateChange, number};
use crate::AS_TRANS;
use crate::wire::attribute::{Code, Raw, flag, put};
use crate::wire::nlri;
use core::net::IpAddr;

impl Record {
    /// Appends the record.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut body = Vec::new();
        let (kind, subtype) = self.body.encode(&mut body);
        let micros = self.micros.filter(|_| kind == number::BGP4MP);
        let kind = if micros.is_some() { number::BGP4MP_ET } else { kind };
        let micros = micros.map(u32::to_be_bytes);
        let micros = micros.as_ref().map_or(&[][..], |m| &m[..]);
        let length = micros.len().saturating_add(body.len());
        out.extend(self.at.to_be_bytes());
        out.extend(kind.to_be_bytes());
        out.extend(subtype.to_be_bytes());
        out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(micros);
        out.extend_from_slice(&body);
    }
}

impl Body {
    fn encode(&self, out: &mut Vec<u8>) -> (u16, u16) {
        match self {
            Body::Peers(table) => (number::TABLE_DUMP_V2, peers(table, out)),
            Body::Rib(routes) => (number::TABLE_DUMP_V2, rib(routes, out)),
            Body::Message(sent) => (number::BGP4MP, message(sent, out)),
            Body::State(change) => (number::BGP4MP, state(change, out)),
            Body::Other { kind, subtype, bytes } => {
                out.extend_from_slice(bytes);
                (*kind, *subtype)
            }
        }
    }
}

/// The first 65,535 of `all`, behind their number.
fn counted<'a, T>(all: &'a [T], out: &mut Vec<u8>) -> &'a [T] {
    let count = u16::try_from(all.len()).unwrap_or(u16::MAX);
    out.extend(count.to_be_bytes());
    all.get(..count.into()).unwrap_or(all)
}

fn address(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(a) => out.extend(a.octets()),
        IpAddr::V6(a) => out.extend(a.octets()),
    }
}

fn peers(table: &PeerTable, out: &mut Vec<u8>) -> u16 {
    out.extend(table.collector.octets());
    let view = counted(table.view.as_bytes(), out);
    out.extend_from_slice(view);
    for peer in counted(&table.peers, out) {
        let family = if peer.address.is_ipv6() { number::PEER_IPV6 } else { 0 };
        out.push(number::PEER_AS4 | family);
        out.extend(peer.router_id.octets());
        address(peer.address, out);
        out.extend(peer.asn.to_be_bytes());
    }
    number::PEER_INDEX_TABLE
}

fn rib(rib: &Rib, out: &mut Vec<u8>) -> u16 {
    out.extend(rib.sequence.to_be_bytes());
    out.push(rib.prefix.len());
    let octets = nlri::octets(rib.prefix.len());
    match rib.prefix.addr() {
        IpAddr::V4(a) => out.extend_from_slice(a.octets().get(..octets).unwrap_or_default()),
        IpAddr::V6(a) => out.extend_from_slice(a.octets().get(..octets).unwrap_or_default()),
    }
    let all: Vec<(&Entry, Vec<u8>)> = rib
        .entries
        .iter()
        .map(|entry| (entry, attributes(&entry.attributes)))
        .filter(|(_, bytes)| bytes.len() <= usize::from(u16::MAX))
        .collect();
    for (entry, attributes) in counted(&all, out) {
        out.extend(entry.peer.to_be_bytes());
        out.extend(entry.originated.to_be_bytes());
        if rib.add_path {
            out.extend(entry.path_id.to_be_bytes());
        }
        let attributes = counted(attributes, out);
        out.extend_from_slice(attributes);
    }
    match (rib.prefix.is_v4(), rib.add_path) {
        (true, false) => number::RIB_IPV4_UNICAST,
        (false, false) => number::RIB_IPV6_UNICAST,
        (true, true) => number::RIB_IPV4_UNICAST_ADDPATH,
        (false, true) => number::RIB_IPV6_UNICAST_ADDPATH,
    }
}

/// As they are in a dump: an IPv6 next hop is in a short MP_REACH_NLRI (RFC 6396 4.3.4).
fn attributes(canonical: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(canonical.len());
    let mut hops: Option<&[u8]> = None;
    for raw in Raw::all(canonical) {
        if raw.code > Code::MpReach as u8 {
            reach(hops.take(), &mut out);
        }
        if raw.code == Code::NextHop as u8 && raw.value.len() != 4 {
            hops = Some(raw.value);
        } else {
            put(&mut out, raw.flags, raw.code, raw.value);
        }
    }
    reach(hops, &mut out);
    out
}

fn reach(hops: Option<&[u8]>, out: &mut Vec<u8>) {
    let Some(hops) = hops else { return };
    let mut value = vec![u8::try_from(hops.len()).unwrap_or(0)];
    value.extend_from_slice(hops);
    put(out, flag::OPTIONAL, Code::MpReach as u8, &value);
}

fn session(session: &Session, out: &mut Vec<u8>) {
    for asn in [session.peer_as, session.local_as] {
        if session.as4 {
            out.extend(asn.to_be_bytes());
        } else {
            out.extend(u16::try_from(asn).unwrap_or(AS_TRANS).to_be_bytes());
        }
    }
    out.extend(session.interface.to_be_bytes());
    let family: u16 = if session.peer.is_ipv4() { 1 } else { 2 };
    out.extend(family.to_be_bytes());
    address(session.peer, out);
    address(session.local, out);
}

fn message(message: &Message, out: &mut Vec<u8>) -> u16 {
    session(&message.session, out);
    out.extend_from_slice(&message.bytes);
    match (message.session.as4, message.add_path) {
        (false, false) => number::MESSAGE,
        (true, false) => number::MESSAGE_AS4,
        (false, true) => number::MESSAGE_ADDPATH,
        (true, true) => number::MESSAGE_AS4_ADDPATH,
    }
}

fn state(change: &StateChange, out: &mut Vec<u8>) -> u16 {
    session(&change.session, out);
    out.extend(change.old.to_be_bytes());
    out.extend(change.new.to_be_bytes());
    if change.session.as4 { number::STATE_CHANGE_AS4 } else { number::STATE_CHANGE }
}
