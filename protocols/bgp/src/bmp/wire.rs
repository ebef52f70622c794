//! Messages of BMP (RFC 7854 4). Only written: a station says nothing.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::session::{Negotiated, Reason};
use crate::wire::Open;
use crate::{Closed, Family, RouterId};
use bytes::{BufMut, BytesMut};
use core::net::IpAddr;

/// Bytes of the common header.
pub const HEADER: usize = 6;
/// Bytes of the per-peer header.
pub const PEER_HEADER: usize = 42;

/// Types (RFC 7854 10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 4.6: an UPDATE.
    RouteMonitoring = 0,
    /// 4.8: numbers.
    Statistics = 1,
    /// 4.9: a session is no more.
    PeerDown = 2,
    /// 4.10: a session is established.
    PeerUp = 3,
    /// 4.3: who we are.
    Initiation = 4,
    /// 4.5: the last message.
    Termination = 5,
}

/// Per-Peer Header (RFC 7854 4.2), without what differs from message to message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerHeader {
    /// Its address.
    pub address: IpAddr,
    /// Its AS.
    pub asn: u32,
    /// Its BGP identifier.
    pub router_id: RouterId,
}

/// V: the address is an IPv6 one.
pub const FLAG_V6: u8 = 0x80;
/// L: after import policy.
pub const FLAG_POST: u8 = 0x40;

/// Begins a message in `out`; [`finish`] writes its length. Returns where it begins.
fn begin(out: &mut BytesMut, kind: Kind) -> usize {
    let at = out.len();
    out.put_u8(3);
    out.put_u32(0);
    out.put_u8(kind as u8);
    at
}

/// The message that began at `at` ends here.
fn finish(out: &mut BytesMut, at: usize) {
    let length = u32::try_from(out.len().saturating_sub(at)).unwrap_or(u32::MAX);
    if let Some(field) = out.get_mut(at.saturating_add(1)..).and_then(|rest| rest.first_chunk_mut::<4>()) {
        *field = length.to_be_bytes();
    }
}

impl PeerHeader {
    /// AS_PATHs have 4 octets to an AS everywhere: the A flag is never set.
    fn put(&self, out: &mut BytesMut, post_policy: bool, (seconds, micros): (u32, u32)) {
        let version = if self.address.is_ipv6() { FLAG_V6 } else { 0 };
        let policy = if post_policy { FLAG_POST } else { 0 };
        // Type 0: a Global Instance Peer; no distinguisher.
        out.put_slice(&[0, version | policy]);
        out.put_u64(0);
        put_address(out, self.address);
        out.put_u32(self.asn);
        out.put_slice(&self.router_id.octets());
        out.put_u32(seconds);
        out.put_u32(micros);
    }
}

/// 16 bytes, an IPv4 address in the last four of them.
fn put_address(out: &mut BytesMut, address: IpAddr) {
    match address {
        IpAddr::V4(a) => {
            out.put_bytes(0, 12);
            out.put_slice(&a.octets());
        }
        IpAddr::V6(a) => out.put_slice(&a.octets()),
    }
}

fn put_tlv(out: &mut BytesMut, kind: u16, value: &[u8]) {
    let value = value.get(..usize::from(u16::MAX)).unwrap_or(value);
    out.put_u16(kind);
    out.put_u16(u16::try_from(value.len()).unwrap_or(u16::MAX));
    out.put_slice(value);
}

/// Initiation (4.3): sysDescr and sysName.
pub fn initiation(out: &mut BytesMut, description: &str, name: &str) {
    let at = begin(out, Kind::Initiation);
    put_tlv(out, 1, description.as_bytes());
    put_tlv(out, 2, name.as_bytes());
    finish(out, at);
}

/// Termination (4.5), reason 0: administratively closed.
pub fn termination(out: &mut BytesMut) {
    let at = begin(out, Kind::Termination);
    put_tlv(out, 1, &[0, 0]);
    finish(out, at);
}

/// Route Monitoring (4.6): `update` appends one UPDATE. What it says is returned; after an error nothing was appended.
///
/// # Errors
/// Those of `update`.
pub fn route_monitoring<T, E>(
    out: &mut BytesMut,
    peer: &PeerHeader,
    post_policy: bool,
    stamp: (u32, u32),
    update: impl FnOnce(&mut BytesMut) -> Result<T, E>,
) -> Result<T, E> {
    let at = begin(out, Kind::RouteMonitoring);
    peer.put(out, post_policy, stamp);
    match update(out) {
        Ok(said) => {
            finish(out, at);
            Ok(said)
        }
        Err(error) => {
            out.truncate(at);
            Err(error)
        }
    }
}

/// Peer Up (4.10) with both OPENs.
pub fn peer_up(
    out: &mut BytesMut,
    peer: &PeerHeader,
    stamp: (u32, u32),
    negotiated: &Negotiated,
    sent: &Open,
    received: &Open,
) {
    let at = begin(out, Kind::PeerUp);
    peer.put(out, false, stamp);
    put_address(out, negotiated.local.ip());
    out.put_u16(negotiated.local.port());
    out.put_u16(negotiated.remote.port());
    out.put_slice(&sent.encode());
    out.put_slice(&received.encode());
    finish(out, at);
}

/// Peer Down (4.9). `None`: the station is told no more of the peer because of the configuration.
pub fn peer_down(out: &mut BytesMut, peer: &PeerHeader, stamp: (u32, u32), why: Option<&Reason>) {
    let at = begin(out, Kind::PeerDown);
    peer.put(out, false, stamp);
    match why {
        Some(Reason::Sent(notification)) => {
            out.put_u8(1);
            out.put_slice(&notification.encode());
        }
        // RFC 4271 8.1.4, event 18: TcpConnectionFails.
        Some(Reason::Closed(Closed::Refused | Closed::TimedOut | Closed::Unreachable)) => {
            out.put_slice(&[2, 0, 18]);
        }
        // No event of the FSM is a port that goes down, nor a peer that moves.
        Some(Reason::PortDown | Reason::AddressLost) => out.put_slice(&[2, 0, 0]),
        Some(Reason::Received(notification)) => {
            out.put_u8(3);
            out.put_slice(&notification.encode());
        }
        Some(Reason::Closed(Closed::Finished | Closed::Reset) | Reason::Replaced) => out.put_u8(4),
        None => out.put_u8(5),
    }
    finish(out, at);
}

/// Statistics Report (4.8): routes of the peer in its Adj-RIB-In, all (type 7) and by family (type 9).
pub fn statistics(
    out: &mut BytesMut,
    peer: &PeerHeader,
    stamp: (u32, u32),
    routes: impl IntoIterator<Item = (Family, u64)>,
) {
    let at = begin(out, Kind::Statistics);
    peer.put(out, false, stamp);
    let mut by_family = BytesMut::new();
    let (mut all, mut count) = (0u64, 1u32);
    for (family, routes) in routes {
        all = all.saturating_add(routes);
        count = count.saturating_add(1);
        let mut value = BytesMut::new();
        value.put_u16(family.afi());
        value.put_u8(family.safi());
        value.put_u64(routes);
        put_tlv(&mut by_family, 9, &value);
    }
    out.put_u32(count);
    put_tlv(out, 7, &all.to_be_bytes());
    out.put_slice(&by_family);
    finish(out, at);
}
