//! ARP (RFC 826) with the manners of RFC 5227. What is heard updates what is known; only a question for us makes
//! a new entry, so that chatter on a link cannot fill the cache.

use super::ingress::Arrival;
use super::*;
use crate::neighbor::{Claim, Heard};
use crate::packet::arp::{Arp, Op};
use crate::{Decision, FlowKey, LocalKind};
use core::net::Ipv4Addr;
use core::time::Duration;

/// RFC 5227 DEFEND_INTERVAL.
const DEFEND_INTERVAL: Duration = Duration::from_secs(10);

impl Forwarder {
    pub(super) fn receive_arp(
        &mut self,
        now: Instant,
        arrival: Arrival,
        frame: &Frame,
        fib: &Snapshot,
    ) -> Result<(), Drop> {
        let arp = Arp::parse(ethernet::payload(&frame.data)).ok_or(Drop::ArpMalformed)?;
        self.counters.add(match arp.op {
            Op::Request => Stat::ArpRequestsIn,
            Op::Reply => Stat::ArpRepliesIn,
        });
        let port = self.ports.get(&arrival.port).ok_or(Drop::UnknownPort)?;
        let own_mac = port.settings.mac;
        let sender = IpAddr::V4(arp.sender);
        let is_probe = arp.sender.is_unspecified();
        if arp.sender_mac == own_mac {
            return Err(Drop::BadSourceMac);
        }
        if port.owns(sender) {
            self.conflict(now, arrival.port, sender, arp.sender_mac);
            return Err(Drop::AddressConflict);
        }
        let target = IpAddr::V4(arp.target);
        let for_us = port.owns(target);
        if !is_probe && !self.is_on_this_link(arrival.port, arp.sender, fib) {
            return Err(Drop::ArpOffLink);
        }
        let mut known = false;
        if !is_probe {
            let claim = Claim {
                mac: Some(arp.sender_mac),
                solicited: arp.op == Op::Reply && !arrival.l2_group,
                overrides: true,
                create: arp.op == Op::Request && for_us,
            };
            known = self.learn(now, arrival.port, sender, claim);
        }
        match arp.op {
            Op::Request if for_us => self.answer(arrival, own_mac, &arp),
            Op::Request if !is_probe && self.answers_for(arrival.port, &arp, fib) => {
                self.counters.add(Stat::ArpProxyReplies);
                self.answer(arrival, own_mac, &arp);
            }
            // A gratuitous request renews what is known and asks for nothing.
            Op::Request if known => {}
            Op::Request => return Err(Drop::ArpNotForUs),
            Op::Reply if known => {}
            Op::Reply => return Err(Drop::ArpUnsolicited),
        }
        Ok(())
    }

    /// Notes a claim and sends what waited for it. False: there is no such entry.
    pub(super) fn learn(&mut self, now: Instant, port: PortId, addr: IpAddr, claim: Claim) -> bool {
        match self.neighbors.hear(now, port, addr, claim) {
            Heard::Nobody => return false,
            Heard::Send(mac, queue) => self.flush(port, mac, queue),
            Heard::Noted => {}
        }
        true
    }

    /// Somebody uses an address of ours: say so, and defend it, but not in a loop.
    pub(super) fn conflict(&mut self, now: Instant, id: PortId, addr: IpAddr, mac: Mac) {
        let last = self.defended.get(&(id, addr));
        if last.is_some_and(|at| now.since(*at) < DEFEND_INTERVAL) {
            return;
        }
        self.defended.insert((id, addr), now);
        self.events.push_back(ForwardEvent::AddressConflict { port: id, addr, mac });
        match addr {
            IpAddr::V4(addr) => self.send_gratuitous(id, addr),
            IpAddr::V6(addr) => self.send_unsolicited(id, addr),
        }
    }

    /// Asks who has `target`; by unicast if its MAC address is known.
    pub(super) fn ask_v4(&mut self, id: PortId, target: Ipv4Addr, known: Option<Mac>) {
        let own = self.ports.get(&id).and_then(|p| p.source_for(IpAddr::V4(target)));
        let sender = match own.or_else(|| self.any_source(IpAddr::V4(target))) {
            Some(IpAddr::V4(sender)) => sender,
            _ => Ipv4Addr::UNSPECIFIED,
        };
        self.send_arp(
            id,
            Op::Request,
            sender,
            (known.unwrap_or_default(), target),
            known.unwrap_or(Mac::BROADCAST),
        );
    }

    /// Tells everybody where `addr` is (RFC 5227 section 2.3: an announcement is a request).
    pub(super) fn send_gratuitous(&mut self, id: PortId, addr: Ipv4Addr) {
        self.send_arp(id, Op::Request, addr, (Mac::ZERO, addr), Mac::BROADCAST);
    }

    fn answer(&mut self, arrival: Arrival, own_mac: Mac, question: &Arp) {
        debug_assert_ne!(own_mac, question.sender_mac);
        let target = (question.sender_mac, question.sender);
        self.send_arp(arrival.port, Op::Reply, question.target, target, question.sender_mac);
    }

    fn send_arp(&mut self, id: PortId, op: Op, sender: Ipv4Addr, target: (Mac, Ipv4Addr), to: Mac) {
        let Some(port) = self.ports.get(&id).filter(|p| !p.settings.loopback) else { return };
        let mac = port.settings.mac;
        let arp = Arp { op, sender_mac: mac, sender, target_mac: target.0, target: target.1 };
        self.counters.add(match op {
            Op::Request => Stat::ArpRequestsOut,
            Op::Reply => Stat::ArpRepliesOut,
        });
        self.put_on_wire(id, Frame::new(arp.emit(to, mac)));
    }

    /// Whether `addr` can be a neighbor on this port: inside one of its networks, or routed to it. An unnumbered port
    /// has no network that could tell, and the other end of its line asks with whatever address it has.
    fn is_on_this_link(&self, id: PortId, addr: Ipv4Addr, fib: &Snapshot) -> bool {
        let addr = IpAddr::V4(addr);
        self.ports.get(&id).is_some_and(|p| p.on_link(addr) || p.is_unnumbered())
            || self.route_ports(id, addr, fib).is_some_and(|through_here| through_here)
    }

    /// Proxy ARP (RFC 1027): the target is reached through another port, or is another address of ours.
    fn answers_for(&self, id: PortId, arp: &Arp, fib: &Snapshot) -> bool {
        let proxies = self.ports.get(&id).is_some_and(|p| p.settings.proxy_arp);
        let target = IpAddr::V4(arp.target);
        let host = !arp.target.is_multicast() && !arp.target.is_broadcast() && !arp.target.is_unspecified();
        proxies
            && host
            && arp.sender != arp.target
            && (fib.is_local(target) == Some(LocalKind::Host)
                || self.route_ports(id, target, fib) == Some(false))
    }

    /// Whether a route to `addr` leaves by port `id`; `None`: there is no route.
    fn route_ports(&self, id: PortId, addr: IpAddr, fib: &Snapshot) -> Option<bool> {
        let src = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        match fib.lookup(&FlowKey { src, dst: addr, iif: None, tos: 0, mark: 0 }) {
            Decision::Forward(group) => Some(group.adjacencies().iter().any(|a| a.port == id)),
            _ => None,
        }
    }
}
