//! Router discovery (RFC 4861 section 6), from one router to another: a port that advertises says that a router is here,
//! answers those who ask, and remembers which other routers it hears, so that a protocol can find the one at the far
//! end of a cable. Of what routers tell hosts nothing is taken over. When to speak is `discovery`'s to say.

use super::discovery::Due;
use super::ingress::Arrival;
use super::*;
use crate::neighbor::Claim;
use crate::packet::ipv6;
use crate::packet::nd::{ROUTER_ADVERTISEMENT, ROUTER_SOLICITATION};
use crate::packet::router::{Advertisement, RouterMessage};
use crate::port::{ALL_NODES, ALL_ROUTERS};
use core::net::Ipv6Addr;

impl Forwarder {
    /// Other routers heard on a port that advertises, and until when each can be used.
    pub fn routers(&self, id: PortId) -> impl Iterator<Item = (Ipv6Addr, Instant)> + '_ {
        self.discovery.routers(id)
    }

    /// Tells the link of a port that advertises that this router is about to be none any more (RFC 4861 section 6.2.5): to
    /// be called before the port is taken down. It goes on advertising when its time comes.
    pub fn say_farewell(&mut self, id: PortId) {
        if let Some(from) = self.advertises(id) {
            self.send_advertisement(id, from, 0);
        }
    }

    /// The address a port advertises with, if it does.
    pub(super) fn advertises(&self, id: PortId) -> Option<Ipv6Addr> {
        if !self.discovery.takes_part(id) {
            return None;
        }
        self.ports.get(&id).and_then(|port| port.link_local)
    }

    /// Begins, changes or ends the discovery of a port as its settings say. `before`: the address it has advertised with.
    pub(super) fn follow_discovery(&mut self, now: Instant, id: PortId, before: Option<Ipv6Addr>) {
        let Some(port) = self.ports.get(&id) else { return };
        let up = port.settings.up && !port.settings.loopback;
        // Only a router advertises itself (section 6.2.5).
        let wanted = port.settings.advertise.filter(|_| up && self.global.forward_v6).zip(port.link_local);
        if let Some(old) = before.filter(|old| wanted.is_none_or(|(_, new)| new != *old)) {
            if up {
                self.send_advertisement(id, old, 0);
            }
            self.end_discovery(id);
        }
        if let Some((how, _)) = wanted {
            self.discovery.start(now, id, how);
            self.discover(now);
        }
    }

    pub(super) fn end_discovery(&mut self, id: PortId) {
        for addr in self.discovery.stop(id) {
            self.events.push_back(ForwardEvent::Router { port: id, addr, heard: false });
        }
    }

    /// Does what is due.
    pub(super) fn discover(&mut self, now: Instant) {
        while let Some(due) = self.discovery.poll(now) {
            match due {
                Due::Advertise(id) => {
                    let Some((port, from)) = self.ports.get(&id).zip(self.advertises(id)) else { continue };
                    let lifetime = port.settings.advertise.map_or(0, |how| how.lifetime);
                    self.send_advertisement(id, from, lifetime);
                }
                Due::Solicit(id) => self.send_solicitation(id),
                Due::Lost(port, addr) => {
                    self.events.push_back(ForwardEvent::Router { port, addr, heard: false });
                }
            }
        }
    }

    /// A router solicitation or advertisement; `icmp` is the message of the packet with header `h`.
    pub(super) fn receive_router(
        &mut self,
        now: Instant,
        arrival: Arrival,
        h: &ipv6::Header,
        icmp: &[u8],
    ) -> Result<(), Drop> {
        if !self.discovery.takes_part(arrival.port) {
            return Err(Drop::NdIgnored);
        }
        let message = RouterMessage::parse(icmp, h.src, h.dst, h.hop_limit).ok_or(Drop::RaMalformed)?;
        let source = match message {
            RouterMessage::Solicitation { source } => {
                self.counters.add(Stat::RouterSolicitationsIn);
                self.discovery.asked(now, arrival.port);
                source
            }
            RouterMessage::Advertisement(said) => {
                self.counters.add(Stat::RouterAdvertisementsIn);
                if self.discovery.heard(now, arrival.port, h.src, said.lifetime)? {
                    let event = ForwardEvent::Router { port: arrival.port, addr: h.src, heard: true };
                    self.events.push_back(event);
                }
                self.discover(now);
                said.source
            }
        };
        let on_link = self.ports.get(&arrival.port).is_some_and(|port| port.on_link(IpAddr::V6(h.src)));
        if source.is_some() && on_link {
            let claim = Claim { mac: source, solicited: false, overrides: true, create: true };
            self.learn(now, arrival.port, IpAddr::V6(h.src), claim);
        }
        Ok(())
    }

    fn send_advertisement(&mut self, id: PortId, from: Ipv6Addr, lifetime: u16) {
        let Some(port) = self.ports.get(&id) else { return };
        let mac = port.settings.mac;
        let said = Advertisement {
            hop_limit: self.global.default_ttl,
            lifetime,
            source: Some(mac),
            ..Advertisement::default()
        };
        let frame = RouterMessage::Advertisement(said).emit(mac, from, group_mac(ALL_NODES), ALL_NODES);
        self.send_router(id, Stat::RouterAdvertisementsOut, ROUTER_ADVERTISEMENT, frame);
    }

    fn send_solicitation(&mut self, id: PortId) {
        let Some((port, from)) = self.ports.get(&id).zip(self.advertises(id)) else { return };
        let mac = port.settings.mac;
        let question = RouterMessage::Solicitation { source: Some(mac) };
        let frame = question.emit(mac, from, group_mac(ALL_ROUTERS), ALL_ROUTERS);
        self.send_router(id, Stat::RouterSolicitationsOut, ROUTER_SOLICITATION, frame);
    }

    fn send_router(&mut self, id: PortId, stat: Stat, kind: u8, frame: BytesMut) {
        self.counters.add(stat);
        self.counters.add_icmp(Direction::Out, true, kind);
        self.put_on_wire(id, Frame::new(frame));
    }
}

fn group_mac(group: Ipv6Addr) -> Mac {
    Mac::multicast(IpAddr::V6(group))
}
