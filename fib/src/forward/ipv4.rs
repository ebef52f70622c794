//! IPv4 on the way in and through (RFC 1812).

use super::ingress::Arrival;
use super::output::Hop;
use super::*;
use crate::frag;
use crate::packet::ipv4::{self, BadOptions, Header};
use crate::packet::transport;
use crate::{Adjacency, Decision, FlowKey, LocalKind, Offload};
use core::net::Ipv4Addr;

impl Forwarder {
    pub(super) fn receive_v4(
        &mut self,
        now: Instant,
        arrival: Arrival,
        mut frame: Frame,
        fib: &Snapshot,
    ) -> Result<(), Drop> {
        self.counters.add(Stat::Ipv4In);
        let h = Header::parse(ethernet::payload(&frame.data))?;
        // Short packets come padded to 60 bytes.
        frame.data.truncate(ethernet::HEADER_LEN.saturating_add(h.total_len));
        if frame.offload != Offload::default() && !frag::is_sound(&frame) {
            return Err(Drop::BadOffload);
        }
        if is_martian_source(h.src, h.dst) || self.own.has_v4(h.src) {
            return Err(Drop::MartianSource);
        }
        if is_martian_destination(h.dst) {
            return Err(Drop::MartianDestination);
        }
        if h.header_len > ipv4::HEADER_LEN {
            self.check_options(now, arrival, &frame, &h, fib)?;
        }
        let (src, dst) = (IpAddr::V4(h.src), IpAddr::V4(h.dst));
        if h.dst.is_multicast() {
            let joined = self.ports.get(&arrival.port).is_some_and(|p| p.has_joined(dst));
            let link_local = h.dst.octets().starts_with(&[224, 0, 0]);
            if !joined {
                return Err(Drop::NotJoined);
            }
            if !link_local && !self.reverse_path_holds(arrival.port, src, dst, h.tos, fib) {
                return Err(Drop::ReversePath);
            }
            return self.deliver_v4(now, arrival.into(), frame, &h, LocalKind::Multicast, fib);
        }
        if h.src.is_unspecified() {
            return self.deliver_v4(now, arrival.into(), frame, &h, LocalKind::Broadcast, fib);
        }
        if !self.reverse_path_holds(arrival.port, src, dst, h.tos, fib) {
            return Err(Drop::ReversePath);
        }
        if h.dst.is_broadcast() {
            return self.deliver_v4(now, arrival.into(), frame, &h, LocalKind::Broadcast, fib);
        }
        let key = FlowKey { src, dst, iif: Some(arrival.port), tos: h.tos, mark: 0 };
        let decision = fib.lookup(&key);
        if let Decision::Local { kind, port } = decision {
            return match kind {
                LocalKind::Host if arrival.l2_group => Err(Drop::L2Broadcast),
                LocalKind::Broadcast if port.is_some_and(|p| p != arrival.port) => {
                    Err(Drop::DirectedBroadcast)
                }
                kind => self.deliver_v4(now, arrival.into(), frame, &h, kind, fib),
            };
        }
        if arrival.l2_group {
            return Err(Drop::L2Broadcast);
        }
        if !self.global.forward_v4 {
            return Err(Drop::ForwardingOff);
        }
        let (reason, error) = match decision {
            Decision::Forward(group) => {
                let adjacency = match group.adjacencies() {
                    [only] => only,
                    _ => group.select(self.flow_hash_v4(&frame, &h)),
                };
                return self.forward_v4(now, arrival, frame, &h, *adjacency, fib);
            }
            Decision::Blackhole => return Err(Drop::Blackhole),
            Decision::Unreachable => (Drop::Unreachable, IcmpError::HostUnreachable),
            Decision::Prohibit => (Drop::Prohibit, IcmpError::AdminProhibited),
            Decision::NoRoute | Decision::Local { .. } => (Drop::NoRoute, IcmpError::NetUnreachable),
        };
        self.refuse(now, error, arrival, &frame, fib);
        Err(reason)
    }

    fn forward_v4(
        &mut self,
        now: Instant,
        arrival: Arrival,
        mut frame: Frame,
        h: &Header,
        adjacency: Adjacency,
        fib: &Snapshot,
    ) -> Result<(), Drop> {
        if h.ttl <= 1 {
            self.refuse(now, IcmpError::TtlExceeded, arrival, &frame, fib);
            return Err(Drop::TtlExceeded);
        }
        let mtu = self.ports.get(&adjacency.port).map_or(0, |p| p.settings.mtu);
        // Comparing the whole length first spares the common packet a look at its offload notes.
        if h.df && h.total_len > mtu as usize && frag::wire_len(&frame) > mtu as usize {
            self.refuse(now, IcmpError::TooBig { mtu }, arrival, &frame, fib);
            return Err(Drop::TooBig);
        }
        let next_hop = adjacency.gateway.unwrap_or(IpAddr::V4(h.dst));
        if adjacency.port == arrival.port {
            self.maybe_redirect(now, arrival, &frame, h, next_hop, fib);
        }
        ipv4::decrement_ttl(ethernet::payload_mut(&mut frame.data));
        self.counters.add(Stat::Ipv4Forwarded);
        self.output(now, adjacency.port, Hop::Neighbor(next_hop), frame, Some(arrival.port))
    }

    /// There is a shorter way: the next hop is on the sender's own link (RFC 1812 section 5.2.7.2).
    fn maybe_redirect(
        &mut self,
        now: Instant,
        arrival: Arrival,
        frame: &Frame,
        h: &Header,
        gateway: IpAddr,
        fib: &Snapshot,
    ) {
        let src = IpAddr::V4(h.src);
        let wanted = self
            .ports
            .get(&arrival.port)
            .is_some_and(|p| p.settings.redirects && p.on_link(src) && p.on_link(gateway));
        if wanted {
            self.refuse(now, IcmpError::Redirect { gateway }, arrival, frame, fib);
        }
    }

    fn check_options(
        &mut self,
        now: Instant,
        arrival: Arrival,
        frame: &Frame,
        h: &Header,
        fib: &Snapshot,
    ) -> Result<(), Drop> {
        match ipv4::check_options(ethernet::payload(&frame.data), h.header_len) {
            Ok(()) => Ok(()),
            Err(BadOptions::SourceRoute) => Err(Drop::SourceRoute),
            Err(BadOptions::Malformed(at)) => {
                let pointer = u32::from(at);
                self.refuse(now, IcmpError::ParameterProblem { pointer }, arrival, frame, fib);
                Err(Drop::Ipv4Options)
            }
        }
    }

    pub(super) fn flow_hash_v4(&self, frame: &Frame, h: &Header) -> u32 {
        // Fragments after the first have no ports: all of them must go one way.
        let ports = if h.is_fragment() {
            0
        } else {
            transport::ports(ethernet::payload(&frame.data), h.protocol, h.header_len)
        };
        transport::flow_hash(self.seed, IpAddr::V4(h.src), IpAddr::V4(h.dst), h.protocol, ports)
    }
}

/// RFC 1812 section 5.3.7. The unspecified source is only for hosts without an address yet: DHCP and IGMP.
fn is_martian_source(src: Ipv4Addr, dst: Ipv4Addr) -> bool {
    match src.octets() {
        [0, 0, 0, 0] => !dst.is_broadcast() && !dst.is_multicast(),
        [0 | 127, ..] | [224..=255, ..] => true,
        _ => false,
    }
}

fn is_martian_destination(dst: Ipv4Addr) -> bool {
    match dst.octets() {
        [0 | 127, ..] => true,
        [240..=255, ..] => !dst.is_broadcast(),
        _ => false,
    }
}
