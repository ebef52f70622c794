//! Neighbor discovery (RFC 4861), as a router that is not its own host: solicitations are answered, advertisements
//! heard, redirects ignored; router discovery is `router`'s. Duplicate address detection (RFC 4862) is not done: a conflict
//! is noticed when the other station speaks.

use super::ingress::Arrival;
use super::*;
use crate::neighbor::Claim;
use crate::packet::nd::{self, Message};
use crate::packet::{ipv6, u8_at};
use crate::port::{ALL_NODES, solicited_node};
use core::net::Ipv6Addr;

/// Whether an ICMPv6 type belongs to neighbor discovery.
pub(super) fn is_discovery(icmp: &[u8]) -> bool {
    matches!(u8_at(icmp, 0), Some(nd::ROUTER_SOLICITATION..=nd::REDIRECT))
}

impl Forwarder {
    /// `icmp` is the message of the packet with header `h`.
    pub(super) fn receive_nd(
        &mut self,
        now: Instant,
        arrival: Arrival,
        h: &ipv6::Header,
        icmp: &[u8],
    ) -> Result<(), Drop> {
        let kind = u8_at(icmp, 0).unwrap_or(0);
        self.counters.add_icmp(Direction::In, true, kind);
        match kind {
            nd::SOLICITATION | nd::ADVERTISEMENT => {}
            nd::ROUTER_SOLICITATION | nd::ROUTER_ADVERTISEMENT => {
                return self.receive_router(now, arrival, h, icmp);
            }
            _ => return Err(Drop::NdIgnored),
        }
        let message = Message::parse(icmp, h.src, h.dst, h.hop_limit).ok_or(Drop::NdMalformed)?;
        match message {
            Message::Solicitation { target, source } => {
                self.counters.add(Stat::SolicitationsIn);
                self.solicited(now, arrival, h, target, source)
            }
            Message::Advertisement { target, mac, solicited, overrides, .. } => {
                self.counters.add(Stat::AdvertisementsIn);
                let target = IpAddr::V6(target);
                if self.ports.get(&arrival.port).is_some_and(|p| p.owns(target)) {
                    self.conflict(now, arrival.port, target, mac.unwrap_or(arrival.from));
                    return Err(Drop::AddressConflict);
                }
                let claim = Claim { mac, solicited, overrides, create: false };
                if self.learn(now, arrival.port, target, claim) { Ok(()) } else { Err(Drop::NdUnsolicited) }
            }
        }
    }

    fn solicited(
        &mut self,
        now: Instant,
        arrival: Arrival,
        h: &ipv6::Header,
        target: Ipv6Addr,
        source: Option<Mac>,
    ) -> Result<(), Drop> {
        let port = self.ports.get(&arrival.port).ok_or(Drop::UnknownPort)?;
        if !port.owns(IpAddr::V6(target)) {
            return Err(Drop::NdNotForUs);
        }
        if h.src.is_unspecified() {
            // Somebody is about to take our address: everybody hears that it is taken.
            self.send_unsolicited(arrival.port, target);
            return Ok(());
        }
        if !port.on_link(IpAddr::V6(h.src)) {
            return Err(Drop::NdMalformed);
        }
        let own_mac = port.settings.mac;
        let mac = source.unwrap_or(arrival.from);
        let claim = Claim { mac: source, solicited: false, overrides: true, create: source.is_some() };
        self.learn(now, arrival.port, IpAddr::V6(h.src), claim);
        let answer = Message::Advertisement {
            target,
            mac: Some(own_mac),
            router: self.global.forward_v6,
            solicited: true,
            overrides: true,
        };
        self.send_nd(arrival.port, answer, target, mac, h.src);
        Ok(())
    }

    /// Asks who has `target`; by unicast if its MAC address is known.
    pub(super) fn ask_v6(&mut self, id: PortId, target: Ipv6Addr, known: Option<Mac>) {
        let Some(port) = self.ports.get(&id) else { return };
        let Some(IpAddr::V6(src)) = port.link_local.map(IpAddr::V6).or(port.source_for(IpAddr::V6(target)))
        else {
            return;
        };
        let question = Message::Solicitation { target, source: Some(port.settings.mac) };
        let group = solicited_node(target);
        let (mac, dst) = match known {
            Some(mac) => (mac, target),
            None => (Mac::multicast(IpAddr::V6(group)), group),
        };
        self.send_nd(id, question, src, mac, dst);
    }

    /// Tells everybody where `addr` is (RFC 4861 section 7.2.6).
    pub(super) fn send_unsolicited(&mut self, id: PortId, addr: Ipv6Addr) {
        let Some(mac) = self.ports.get(&id).map(|p| p.settings.mac) else { return };
        let router = self.global.forward_v6;
        let word = Message::Advertisement {
            target: addr,
            mac: Some(mac),
            router,
            solicited: false,
            overrides: true,
        };
        self.send_nd(id, word, addr, Mac::multicast(IpAddr::V6(ALL_NODES)), ALL_NODES);
    }

    fn send_nd(&mut self, id: PortId, message: Message, src: Ipv6Addr, to: Mac, dst: Ipv6Addr) {
        let Some(port) = self.ports.get(&id).filter(|p| !p.settings.loopback) else { return };
        let mac = port.settings.mac;
        let (stat, kind) = match message {
            Message::Solicitation { .. } => (Stat::SolicitationsOut, nd::SOLICITATION),
            Message::Advertisement { .. } => (Stat::AdvertisementsOut, nd::ADVERTISEMENT),
        };
        self.counters.add(stat);
        self.counters.add_icmp(Direction::Out, true, kind);
        self.put_on_wire(id, Frame::new(message.emit(mac, src, to, dst)));
    }
}
