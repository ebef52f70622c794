//! Packets on their way out: sealed with the interface's keys, addressed, counted.

use crate::interface::Interface;
use crate::process::{Datagram, Ospf};
use crate::settings::{Auth, LinkType};
use crate::wire::auth::{Seal, seal};
use crate::wire::packet::{self, Packet};
use crate::wire::{ALL_D_ROUTERS, ALL_SPF_ROUTERS, PacketHeader, PacketKind};
use crate::{AreaId, IfId};
use bytes::Bytes;
use core::net::Ipv4Addr;
use fib::Instant;
use policy::config::Algorithm;

/// Bytes of an IP header without options.
const IP_HEADER: usize = 20;
/// Bytes left to a packet's body on the smallest sensible link.
const LEAST_ROOM: usize = 256;

impl Ospf {
    /// Sends a packet's body out of an interface.
    pub(crate) fn send(&mut self, now: Instant, id: IfId, destination: Ipv4Addr, packet: &Packet) {
        self.send_body(now, id, destination, kind_of(packet), &packet::write(packet));
    }

    /// Sends an encoded body out of an interface.
    pub(crate) fn send_body(
        &mut self,
        now: Instant,
        id: IfId,
        destination: Ipv4Addr,
        kind: PacketKind,
        body: &Bytes,
    ) {
        let sequence = self.next_sequence(now);
        let Some(interface) = self.interfaces.get(&id) else { return };
        let area =
            if interface.settings.kind == LinkType::Virtual { AreaId::BACKBONE } else { interface.area() };
        let header = PacketHeader { kind, router: self.router_id, area };
        let payload = match &interface.settings.auth {
            Auth::Null => seal(header, body, &Seal::Null),
            Auth::Simple(password) => seal(header, body, &Seal::Simple(password.as_bytes())),
            Auth::Md5(keys) => match keys.last_key_value() {
                Some((key_id, key)) => digest(header, body, *key_id, key, Algorithm::Md5, sequence),
                None => seal(header, body, &Seal::Null),
            },
            Auth::Chain(name) => {
                let wall = self.wall(now);
                match self.policy.key_chain(name).and_then(|chain| chain.send_key(wall)) {
                    Some(chosen) => {
                        let algorithm = chosen.key.algorithm.unwrap_or(Algorithm::Md5);
                        digest(header, body, chosen.key.id, &chosen.key.key_string, algorithm, sequence)
                    }
                    // No key at all: better silence than a bare packet.
                    None => return,
                }
            }
        };
        let port = match id {
            IfId::Port(port) => Some(port),
            IfId::Virtual(..) => None,
        };
        let datagram = Datagram { port, source: interface.settings.address, destination, payload };
        self.counters.sent(kind);
        self.tell_packet("sent", &datagram);
        self.output.push_back(datagram);
    }

    /// A cryptographic sequence number: the time where it is known, and never less than before (RFC 2328 D.3).
    fn next_sequence(&mut self, now: Instant) -> u32 {
        let seconds = self.wall(now).unwrap_or(now.as_secs());
        self.sequence = self.sequence.max(u32::try_from(seconds).unwrap_or(u32::MAX));
        self.sequence
    }
}

impl Interface {
    /// Bytes a packet's body may have to leave in one piece.
    pub fn room(&self) -> usize {
        let digest = match &self.settings.auth {
            Auth::Null | Auth::Simple(_) => 0,
            Auth::Md5(_) => 16,
            Auth::Chain(_) => 64,
        };
        usize::from(self.settings.mtu)
            .saturating_sub(IP_HEADER)
            .saturating_sub(packet::HEADER)
            .saturating_sub(digest)
            .max(LEAST_ROOM)
    }

    /// Neighbors that a hello has room for: more are not listened to.
    pub fn most_neighbors(&self) -> usize {
        self.room().saturating_sub(packet::HELLO).checked_div(4).unwrap_or(1)
    }

    /// Where packets to one neighbor go: on point-to-point links to the group all the same (RFC 2328 8.1).
    pub fn towards(&self, neighbor: Ipv4Addr) -> Ipv4Addr {
        match self.settings.kind {
            LinkType::PointToPoint => ALL_SPF_ROUTERS,
            LinkType::Virtual => self.peer,
            _ => neighbor,
        }
    }

    /// Where updates and acknowledgements to all adjacent neighbors go (RFC 2328 13.3, 13.5): a group, or each of them.
    pub fn everybody(&self) -> Vec<Ipv4Addr> {
        match self.settings.kind {
            LinkType::PointToPoint => vec![ALL_SPF_ROUTERS],
            LinkType::Broadcast if self.is_dr_or_backup() => vec![ALL_SPF_ROUTERS],
            LinkType::Broadcast => vec![ALL_D_ROUTERS],
            LinkType::Virtual => vec![self.peer],
            _ => {
                let adjacent =
                    self.neighbors.values().filter(|n| n.state >= crate::neighbor::State::Exchange);
                adjacent.map(|n| n.address).collect()
            }
        }
    }
}

fn digest(
    header: PacketHeader,
    body: &Bytes,
    key_id: u8,
    key: &str,
    algorithm: Algorithm,
    sequence: u32,
) -> Bytes {
    seal(header, body, &Seal::Digest { key_id, key: key.as_bytes(), algorithm, sequence })
}

fn kind_of(packet: &Packet) -> PacketKind {
    match packet {
        Packet::Hello(_) => PacketKind::Hello,
        Packet::DatabaseDescription(_) => PacketKind::DatabaseDescription,
        Packet::LinkStateRequest(_) => PacketKind::LinkStateRequest,
        Packet::LinkStateUpdate { .. } => PacketKind::LinkStateUpdate,
        Packet::LinkStateAck(_) => PacketKind::LinkStateAck,
    }
}
