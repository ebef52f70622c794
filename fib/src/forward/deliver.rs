//! Packets for this router: put together, completed, counted by ICMP type, and handed up.

use super::ingress::Arrival;
use super::nd::is_discovery;
use super::*;
use crate::LocalKind;
use crate::frag::{self, Outcome, Piece};
use crate::icmp;
use crate::packet::ipv6::{BadChain, Upper};
use crate::packet::{ipv4, ipv6, protocol, u8_at};
use bytes::Buf;

/// Where a packet for this router comes from: a port, or this router itself.
#[derive(Copy, Clone, Debug)]
pub(super) struct Origin {
    pub ingress: Option<PortId>,
    pub l2_group: bool,
    arrival: Option<Arrival>,
}

impl Origin {
    /// This router sent it to itself.
    pub const OWN: Origin = Origin { ingress: None, l2_group: false, arrival: None };
}

impl From<Arrival> for Origin {
    fn from(arrival: Arrival) -> Origin {
        Origin { ingress: Some(arrival.port), l2_group: arrival.l2_group, arrival: Some(arrival) }
    }
}

impl Forwarder {
    pub(super) fn deliver_v4(
        &mut self,
        now: Instant,
        origin: Origin,
        frame: Frame,
        h: &ipv4::Header,
        kind: LocalKind,
        fib: &Snapshot,
    ) -> Result<(), Drop> {
        let packet = finished_packet(frame);
        if !h.is_fragment() {
            self.hand_up_v4(now, origin, packet, h, kind, fib);
            return Ok(());
        }
        if let Some(whole) = self.reassemble(now, origin, Piece::v4(packet, h))? {
            let h = ipv4::Header::read(&whole).ok_or(Drop::FragmentInvalid)?;
            self.hand_up_v4(now, origin, whole, &h, kind, fib);
        }
        Ok(())
    }

    pub(super) fn deliver_v6(
        &mut self,
        now: Instant,
        origin: Origin,
        frame: Frame,
        h: &ipv6::Header,
        kind: LocalKind,
        fib: &Snapshot,
    ) -> Result<(), Drop> {
        let upper = self.check_chain(now, origin, ethernet::payload(&frame.data), h, fib)?;
        let mut packet = finished_packet(frame);
        let Some(fragment) = upper.fragment else {
            let icmp = packet.get(upper.at..).unwrap_or_default();
            if upper.protocol == protocol::ICMPV6 && is_discovery(icmp) {
                let arrival = origin.arrival.ok_or(Drop::NdIgnored)?;
                return self.receive_nd(now, arrival, h, icmp);
            }
            self.hand_up_v6(now, origin, packet, h, upper, kind, fib);
            return Ok(());
        };
        packet.truncate(h.total_len);
        if let Some(whole) = self.reassemble(now, origin, Piece::v6(packet, h, &fragment))? {
            let h = ipv6::Header::parse(&whole).ok_or(Drop::FragmentInvalid)?;
            let upper = self.check_chain(now, origin, &whole, &h, fib)?;
            let icmp = whole.get(upper.at..).unwrap_or_default();
            // RFC 6980: discovery is never fragmented. And a fragment inside a fragment is an attack.
            if upper.fragment.is_some() || (upper.protocol == protocol::ICMPV6 && is_discovery(icmp)) {
                return Err(Drop::FragmentInvalid);
            }
            self.hand_up_v6(now, origin, whole, &h, upper, kind, fib);
        }
        Ok(())
    }

    /// Follows the extension headers of a packet for us, and says what is wrong with them.
    fn check_chain(
        &mut self,
        now: Instant,
        origin: Origin,
        packet: &[u8],
        h: &ipv6::Header,
        fib: &Snapshot,
    ) -> Result<Upper, Drop> {
        let (reason, error) = match ipv6::walk(packet, h) {
            Ok(Upper { routing: Some(at), .. }) => {
                (Drop::SourceRoute, IcmpError::ParameterProblem { pointer: at as u32 })
            }
            Ok(upper) => return Ok(upper),
            Err(BadChain::Misplaced(at)) => {
                (Drop::Ipv6Extension, IcmpError::ProtocolUnreachable { pointer: at as u32 })
            }
            Err(BadChain::Malformed) => return Err(Drop::Ipv6Extension),
        };
        self.complain(now, error, packet, origin.ingress, origin.l2_group, fib);
        Err(reason)
    }

    fn reassemble(&mut self, now: Instant, origin: Origin, piece: Piece) -> Result<Option<BytesMut>, Drop> {
        self.counters.add(Stat::FragmentsIn);
        let outcome = self.reassembly.insert(now, origin.ingress, piece);
        for _ in 0..self.reassembly.take_evicted() {
            self.dropped(origin.ingress, Drop::ReassemblyFull);
        }
        match outcome {
            Outcome::Wait => Ok(None),
            Outcome::Whole(packet) => {
                self.counters.add(Stat::Reassembled);
                Ok(Some(packet))
            }
            Outcome::Refused(reason, cost) => {
                // The caller counts one; every fragment that is lost with it counts too.
                for _ in 1..cost {
                    self.dropped(origin.ingress, reason);
                }
                Err(reason)
            }
        }
    }

    fn hand_up_v4(
        &mut self,
        now: Instant,
        origin: Origin,
        packet: BytesMut,
        h: &ipv4::Header,
        kind: LocalKind,
        fib: &Snapshot,
    ) {
        if h.protocol == protocol::ICMP {
            let icmp = packet.get(h.header_len..).unwrap_or_default();
            self.note_icmp(now, false, icmp, fib);
        }
        self.counters.add(Stat::Ipv4Delivered);
        self.deliver.push_back(Delivery {
            ingress: origin.ingress,
            kind,
            src: IpAddr::V4(h.src),
            dst: IpAddr::V4(h.dst),
            protocol: h.protocol,
            payload_at: h.header_len,
            ttl: h.ttl,
            l2_group: origin.l2_group,
            packet,
        });
    }

    fn hand_up_v6(
        &mut self,
        now: Instant,
        origin: Origin,
        packet: BytesMut,
        h: &ipv6::Header,
        upper: Upper,
        kind: LocalKind,
        fib: &Snapshot,
    ) {
        if upper.protocol == protocol::ICMPV6 {
            let icmp = packet.get(upper.at..).unwrap_or_default();
            self.note_icmp(now, true, icmp, fib);
        }
        self.counters.add(Stat::Ipv6Delivered);
        self.deliver.push_back(Delivery {
            ingress: origin.ingress,
            kind,
            src: IpAddr::V6(h.src),
            dst: IpAddr::V6(h.dst),
            protocol: upper.protocol,
            payload_at: upper.at,
            ttl: h.hop_limit,
            l2_group: origin.l2_group,
            packet,
        });
    }

    /// Counts an ICMP message for us, and learns from it if it is about the size of our own packets.
    fn note_icmp(&mut self, now: Instant, v6: bool, icmp: &[u8], fib: &Snapshot) {
        let Some(kind) = u8_at(icmp, 0) else { return };
        self.counters.add_icmp(Direction::In, v6, kind);
        if let Some((src, dst, mtu)) = icmp::path_mtu(v6, icmp)
            && fib.is_local(src) == Some(LocalKind::Host)
            && fib.is_local(dst).is_none()
            && self.path_mtu.learn(now, dst, mtu)
        {
            let mtu = self.path_mtu.get(now, dst).unwrap_or(mtu);
            self.events.push_back(ForwardEvent::PathMtu { dst, mtu });
        }
    }
}

/// The IP packet of a frame, nothing left undone in it.
fn finished_packet(mut frame: Frame) -> BytesMut {
    frag::finish_checksum(&mut frame);
    frame.data.advance(ethernet::HEADER_LEN.min(frame.data.len()));
    frame.data
}
