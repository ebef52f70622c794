//! Sending the ICMP errors a router owes: asked for by name, held back by the rules of `icmp`.

use super::ingress::Arrival;
use super::output::Hop;
use super::*;
use crate::icmp::{build, may_answer};
use crate::packet::{ipv4, ipv6, u8_at};
use crate::{Decision, FlowKey, LocalKind};
use core::net::{Ipv4Addr, Ipv6Addr};

impl Forwarder {
    /// Tells the sender of a frame that its packet goes no further.
    pub(super) fn refuse(
        &mut self,
        now: Instant,
        error: IcmpError,
        arrival: Arrival,
        frame: &Frame,
        fib: &Snapshot,
    ) {
        let packet = ethernet::payload(&frame.data);
        self.complain(now, error, packet, Some(arrival.port), arrival.l2_group, fib);
    }

    /// Tells the sender of `packet` about `error`, if it may be told. `ingress`: where the packet came in;
    /// `None`: it is our own, and so is the error.
    pub(super) fn complain(
        &mut self,
        now: Instant,
        error: IcmpError,
        packet: &[u8],
        ingress: Option<PortId>,
        l2_group: bool,
        fib: &Snapshot,
    ) {
        let Some((sender, target)) = endpoints(packet).filter(|_| may_answer(error, packet, l2_group)) else {
            return;
        };
        let is_group = |a| matches!(fib.is_local(a), Some(LocalKind::Broadcast | LocalKind::Multicast));
        if is_group(target) || is_group(sender) {
            return;
        }
        if let Some(id) = ingress {
            let silent = self.ports.get(&id).is_some_and(|p| !p.settings.unreachables);
            if silent && error.is_unreachable() {
                return;
            }
            if !self.limiter.allow(now, sender, matches!(error, IcmpError::TooBig { .. })) {
                return self.dropped(ingress, Drop::IcmpRateLimited);
            }
        }
        let Some(source) = self.error_source(error, sender, target, ingress, fib) else { return };
        let Some((frame, kind)) = build(error, packet, source, self.global.default_ttl) else { return };
        self.counters.add_icmp(Direction::Out, source.is_ipv6(), kind);
        if matches!(error, IcmpError::Redirect { .. }) {
            self.counters.add(Stat::RedirectsOut);
        }
        let sent = match (sender, ingress) {
            (IpAddr::V6(to), Some(id)) if to.is_unicast_link_local() => {
                self.counters.add(Stat::Ipv6Originated);
                self.output(now, id, Hop::Neighbor(sender), Frame::new(frame), None)
            }
            _ => self.route(now, Frame::new(frame), TxMeta::default(), fib),
        };
        if let Err(reason) = sent {
            self.dropped(None, reason);
        }
    }

    /// The address an error comes from: the one that was addressed, if the packet reached us; else one of the port
    /// it came in on, so that a traceroute shows the near side of each hop.
    fn error_source(
        &self,
        error: IcmpError,
        sender: IpAddr,
        target: IpAddr,
        ingress: Option<PortId>,
        fib: &Snapshot,
    ) -> Option<IpAddr> {
        let Some(port) = ingress.and_then(|id| self.ports.get(&id)) else { return Some(sender) };
        let reached_us = matches!(
            error,
            IcmpError::PortUnreachable | IcmpError::ProtocolUnreachable { .. } | IcmpError::ReassemblyTimeout
        );
        if reached_us && (fib.is_local(target) == Some(LocalKind::Host) || port.owns(target)) {
            return Some(target);
        }
        port.source_for(sender).or_else(|| self.any_source(sender))
    }

    /// An address of any port that can speak to `peer`: loopbacks first, they do not go down.
    pub(super) fn any_source(&self, peer: IpAddr) -> Option<IpAddr> {
        let by_kind = |loopback: bool| self.ports.values().filter(move |p| p.settings.loopback == loopback);
        let reachable = |a: &IpAddr| !matches!(a, IpAddr::V6(a) if a.is_unicast_link_local());
        by_kind(true).chain(by_kind(false)).filter_map(|p| p.source_for(peer)).find(reachable)
    }

    pub(super) fn select_source(&self, dst: IpAddr, fib: &Snapshot) -> Option<IpAddr> {
        let src = match dst {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        match fib.lookup(&FlowKey { src, dst, iif: None, tos: 0, mark: 0 }) {
            Decision::Local { kind: LocalKind::Host, .. } => Some(dst),
            Decision::Local { port, .. } => self.ports.get(&port?)?.source_for(dst),
            Decision::Forward(group) => {
                let adjacency = group.adjacencies().first()?;
                // The address in the gateway's network, where the gateway says which that is.
                let gateway = adjacency.gateway.filter(|g| g.is_ipv4() && dst.is_ipv4());
                let port = self.ports.get(&adjacency.port);
                port.and_then(|p| p.source_for(gateway.unwrap_or(dst))).or_else(|| self.any_source(dst))
            }
            _ => None,
        }
    }
}

fn endpoints(packet: &[u8]) -> Option<(IpAddr, IpAddr)> {
    match u8_at(packet, 0)? >> 4 {
        4 => ipv4::Header::read(packet).map(|h| (IpAddr::V4(h.src), IpAddr::V4(h.dst))),
        6 => ipv6::Header::parse(packet).map(|h| (IpAddr::V6(h.src), IpAddr::V6(h.dst))),
        _ => None,
    }
}
