//! IPv6 on the way in and through (RFC 8200): no fragmentation, no broadcast, and link-local stays on its link.

use super::ingress::Arrival;
use super::output::Hop;
use super::*;
use crate::frag;
use crate::packet::ipv6::{self, Header};
use crate::packet::transport;
use crate::{Adjacency, Decision, FlowKey, LocalKind, Offload};
use core::net::Ipv6Addr;

impl Forwarder {
    pub(super) fn receive_v6(
        &mut self,
        now: Instant,
        arrival: Arrival,
        mut frame: Frame,
        fib: &Snapshot,
    ) -> Result<(), Drop> {
        self.counters.add(Stat::Ipv6In);
        let port = self.ports.get(&arrival.port).ok_or(Drop::UnknownPort)?;
        if !port.settings.ipv6 {
            return Err(Drop::Ipv6Disabled);
        }
        let h = Header::parse(ethernet::payload(&frame.data)).ok_or(Drop::Ipv6Header)?;
        frame.data.truncate(ethernet::HEADER_LEN.saturating_add(h.total_len));
        if frame.offload != Offload::default() && !frag::is_sound(&frame) {
            return Err(Drop::BadOffload);
        }
        let (src, dst) = (IpAddr::V6(h.src), IpAddr::V6(h.dst));
        if is_martian_source(h.src, h.dst) {
            return Err(Drop::MartianSource);
        }
        if is_martian_destination(h.dst) {
            return Err(Drop::MartianDestination);
        }
        if self.own.has_v6(h.src) {
            if port.owns(src) {
                self.conflict(now, arrival.port, src, arrival.from);
                return Err(Drop::AddressConflict);
            }
            // On another link somebody else may well have the same link-local address.
            if !h.src.is_unicast_link_local() {
                return Err(Drop::MartianSource);
            }
        }
        if h.dst.is_multicast() {
            if !port.has_joined(dst) {
                return Err(Drop::NotJoined);
            }
            return self.deliver_v6(now, arrival.into(), frame, &h, LocalKind::Multicast, fib);
        }
        if arrival.l2_group {
            return Err(Drop::L2Broadcast);
        }
        let from_link = h.src.is_unicast_link_local();
        if h.dst.is_unicast_link_local() {
            return match port.owns(dst) {
                true => self.deliver_v6(now, arrival.into(), frame, &h, LocalKind::Host, fib),
                false => Err(Drop::BeyondScope),
            };
        }
        if !from_link && !self.reverse_path_holds(arrival.port, src, dst, h.traffic_class, fib) {
            return Err(Drop::ReversePath);
        }
        let key = FlowKey { src, dst, iif: Some(arrival.port), tos: h.traffic_class, mark: 0 };
        let decision = fib.lookup(&key);
        if let Decision::Local { kind, .. } = decision {
            return self.deliver_v6(now, arrival.into(), frame, &h, kind, fib);
        }
        if !self.global.forward_v6 {
            return Err(Drop::ForwardingOff);
        }
        let (reason, error) = match decision {
            Decision::Forward(_) if from_link => (Drop::BeyondScope, IcmpError::BeyondScope),
            Decision::Forward(group) => {
                let adjacency = match group.adjacencies() {
                    [only] => only,
                    _ => group.select(self.flow_hash_v6(&frame, &h)),
                };
                return self.forward_v6(now, arrival, frame, &h, *adjacency, fib);
            }
            Decision::Blackhole => return Err(Drop::Blackhole),
            Decision::Unreachable => (Drop::Unreachable, IcmpError::HostUnreachable),
            Decision::Prohibit => (Drop::Prohibit, IcmpError::AdminProhibited),
            Decision::NoRoute | Decision::Local { .. } => (Drop::NoRoute, IcmpError::NetUnreachable),
        };
        self.refuse(now, error, arrival, &frame, fib);
        Err(reason)
    }

    fn forward_v6(
        &mut self,
        now: Instant,
        arrival: Arrival,
        mut frame: Frame,
        h: &Header,
        adjacency: Adjacency,
        fib: &Snapshot,
    ) -> Result<(), Drop> {
        if h.hop_limit <= 1 {
            self.refuse(now, IcmpError::TtlExceeded, arrival, &frame, fib);
            return Err(Drop::TtlExceeded);
        }
        let mtu = self.ports.get(&adjacency.port).map_or(0, |p| p.settings.mtu);
        if h.total_len > mtu as usize && frag::wire_len(&frame) > mtu as usize {
            self.refuse(now, IcmpError::TooBig { mtu: mtu.max(1280) }, arrival, &frame, fib);
            return Err(Drop::TooBig);
        }
        ipv6::decrement_hop_limit(ethernet::payload_mut(&mut frame.data));
        self.counters.add(Stat::Ipv6Forwarded);
        let next_hop = adjacency.gateway.unwrap_or(IpAddr::V6(h.dst));
        self.output(now, adjacency.port, Hop::Neighbor(next_hop), frame, Some(arrival.port))
    }

    pub(super) fn flow_hash_v6(&self, frame: &Frame, h: &Header) -> u32 {
        let packet = ethernet::payload(&frame.data);
        let (protocol, ports) = match ipv6::walk(packet, h) {
            Ok(upper) => match upper.fragment {
                // The first fragment must hash as the others do.
                Some(fragment) => (fragment.next_header, 0),
                None => (upper.protocol, transport::ports(packet, upper.protocol, upper.at)),
            },
            Err(_) => (h.next_header, 0),
        };
        transport::flow_hash(self.seed, IpAddr::V6(h.src), IpAddr::V6(h.dst), protocol, ports)
    }
}

/// RFC 4291 section 2. The unspecified source is for duplicate address detection and the like, to groups.
fn is_martian_source(src: Ipv6Addr, dst: Ipv6Addr) -> bool {
    src.is_multicast()
        || src.is_loopback()
        || src.to_ipv4_mapped().is_some()
        || (src.is_unspecified() && !dst.is_multicast())
}

fn is_martian_destination(dst: Ipv6Addr) -> bool {
    let [first, second, ..] = dst.octets();
    let node_scope = first == 0xff && second & 0x0f <= 1;
    node_scope || dst.is_unspecified() || dst.is_loopback() || dst.to_ipv4_mapped().is_some()
}
