//! The order in which sockets, protocols, RIB and FIB hand things on: the only place where it matters.
//! Each round takes what each part has for the next; when no part has anything, the router is at rest
//! until a frame, a command or a timer.

use super::Router;
use super::refused::Refusal;
use crate::stack::{LinkStack, Received};
use bytes::BytesMut;
use fib::forward::{Delivery, Df, ForwardEvent, Forwarder, TxMeta};
use fib::icmp::IcmpError;
use fib::rib::{Best, Change};
use fib::{Instant, LocalKind, PortId, Prefix, Protocol, TableId};
use proto::{Datagram, Event, Level, Machine, Notice};
use rip::Redistributed;

/// Candidates the RIB may reconsider in one round.
const RIB_BUDGET: usize = 10_000;
/// Rounds in one go. More work than this is left for an immediate timer, so that frames get their turn.
const MAX_ROUNDS: usize = 64;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// Packets of RIP leave as FRR and IOS send them: with precedence "internetwork control" (RFC 2474 section 4.2.2.1).
const CONTROL_TOS: u8 = 0xc0;

impl Router {
    /// Lets everything that has work hand it on until nothing moves.
    pub(super) fn settle(&mut self, now: Instant) {
        self.busy = true;
        for _ in 0..MAX_ROUNDS {
            let mut moved = self.forwarder_to_sockets(now);
            moved |= self.sockets_to_machines(now);
            moved |= self.machines_to_rib(now);
            moved |= self.rib.settle(RIB_BUDGET);
            moved |= self.rib_to_fib_and_machines(now);
            moved |= self.machines_to_sockets(now);
            moved |= self.sockets_to_forwarder(now);
            if !moved {
                self.busy = false;
                break;
            }
        }
        self.fib.commit();
        let links = self.links.values_mut().filter_map(|stack| stack.next_timeout(now));
        self.stacks_due = links.chain(self.host.next_timeout(now)).min();
    }

    /// Punted packets go to the stack they are for; what the forwarder noticed goes to the log.
    fn forwarder_to_sockets(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(delivery) = self.forwarder.poll_deliver() {
            moved = true;
            self.deliver(now, delivery);
        }
        while let Some(event) = self.forwarder.poll_event() {
            let notice = self.forward_notice(event);
            self.log.push(now, notice);
        }
        moved
    }

    fn deliver(&mut self, now: Instant, delivery: Delivery) {
        let is_ours = delivery.kind == LocalKind::Host;
        match delivery.protocol {
            UDP => {
                let stack = delivery.ingress.and_then(|port| self.links.get_mut(&port));
                match (udp_port(&delivery), stack) {
                    (None, _) => self.refused.count(Refusal::Malformed),
                    (Some(port), Some(stack)) if stack.has_udp(port) => stack.input(delivery.packet),
                    _ => {
                        self.refused.count(Refusal::NoListener);
                        if is_ours {
                            self.complain(now, IcmpError::PortUnreachable, &delivery);
                        }
                    }
                }
            }
            ICMP | ICMPV6 => {
                // Only echo requests to an address of our own are answered, never those to a group or broadcast.
                if !self.probes.handle_packet(now, &delivery.packet) {
                    if is_ours {
                        self.host_input(now, delivery);
                    } else {
                        self.refused.count(Refusal::IcmpGroup);
                    }
                }
            }
            TCP if is_ours => self.host_input(now, delivery),
            protocol => {
                self.refused.count(Refusal::NoProtocol);
                if is_ours && protocol != TCP {
                    // IPv6 wants the place of the byte that names the protocol; without extension headers it is 6.
                    self.complain(now, IcmpError::ProtocolUnreachable { pointer: 6 }, &delivery);
                }
            }
        }
    }

    /// Hands a packet to the router's stack and sends the answer: what goes to a link-local address has no
    /// route and leaves by the port its cause came in on.
    fn host_input(&mut self, now: Instant, delivery: Delivery) {
        self.host.input(delivery.packet);
        self.host.poll(now);
        while let Some(packet) = self.host.output() {
            self.host_output(now, packet, delivery.ingress);
        }
    }

    fn host_output(&mut self, now: Instant, packet: BytesMut, ingress: Option<PortId>) {
        // smoltcp sets DF on everything; an echo reply as long as its request must be allowed to be cut.
        let df = if packet.get(9) == Some(&TCP) { Df::Keep } else { Df::Clear };
        let meta = TxMeta { df, ..TxMeta::default() };
        match ingress {
            Some(port) if is_to_link_local(&packet) => self.forwarder.send_on(now, port, None, packet, meta),
            _ => self.forwarder.send(now, packet, meta, self.fib.snapshot()),
        }
    }

    fn complain(&mut self, now: Instant, error: IcmpError, delivery: &Delivery) {
        self.forwarder.icmp_error(now, error, delivery, self.fib.snapshot());
    }

    fn forward_notice(&self, event: ForwardEvent) -> Notice {
        match event {
            ForwardEvent::Neighbor(change) => {
                let state = |s: Option<fib::neighbor::State>| s.map_or("-", fib::neighbor::State::name);
                let topic = if change.addr.is_ipv4() { "arp" } else { "ipv6 nd" };
                let notice = Notice::new(Level::Debug, topic, "neighbor")
                    .with("address", change.addr)
                    .with("interface", self.ports.name(change.port))
                    .with("from", state(change.from))
                    .with("to", state(change.to));
                match change.mac {
                    Some(mac) => notice.with("mac", mac),
                    None => notice,
                }
            }
            ForwardEvent::AddressConflict { port, addr, mac } => {
                Notice::new(Level::Warning, "arp", "another station uses our address")
                    .with("address", addr)
                    .with("interface", self.ports.name(port))
                    .with("mac", mac)
            }
            ForwardEvent::PathMtu { dst, mtu } => {
                Notice::new(Level::Debug, "ip", "path MTU").with("destination", dst).with("mtu", mtu)
            }
        }
    }

    /// Datagrams received go to the protocol whose port it is.
    fn sockets_to_machines(&mut self, now: Instant) -> bool {
        let mut moved = false;
        for (id, stack) in &mut self.links {
            stack.poll(now);
            while let Some(Received { source, destination, payload }) = stack.receive() {
                moved = true;
                if let Some(rip) = self.rip.as_mut().filter(|_| destination.port() == rip::UDP_PORT) {
                    rip.handle_packet(now, &Datagram { port: *id, source, destination, payload });
                }
            }
            self.refused.add(Refusal::BadDatagram, stack.take_dropped());
        }
        self.host.poll(now);
        moved
    }

    /// What protocols learned goes to the RIB, what they noticed to the log.
    fn machines_to_rib(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(event) = self.rip.as_mut().and_then(Machine::poll_event) {
            moved = true;
            match event {
                Event::Announce { source, prefix, route } => {
                    self.rib.announce(now, TableId::MAIN, source, prefix, route);
                }
                Event::Withdraw { source, prefix } => self.rib.withdraw(TableId::MAIN, source, prefix),
                Event::Track(address) => self.rib.track(address),
                Event::Untrack(address) => self.rib.untrack(address),
                Event::Notice(notice) => self.log.push(now, notice),
            }
        }
        moved
    }

    /// What the RIB chose goes to the FIB, and to protocols that redistribute it.
    fn rib_to_fib_and_machines(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(change) = self.rib.poll_change() {
            moved = true;
            self.fib.handle_change(&change);
            if let Change::Best { table: TableId::MAIN, prefix, old, new } = change {
                self.redistribute(now, prefix, old.as_deref(), new.as_deref());
            }
        }
        moved
    }

    /// Tells the protocols that the best route of a prefix has changed hands. Nobody is told of its own.
    fn redistribute(&mut self, now: Instant, prefix: Prefix, old: Option<&Best>, new: Option<&Best>) {
        let Some(rip) = &mut self.rip else { return };
        let is_others = |best: &&Best| best.source.protocol != Protocol::Rip;
        let new = new.filter(is_others);
        if let Some(old) = old.filter(is_others).filter(|old| new.is_none_or(|new| new.source != old.source))
        {
            rip.handle_route(now, Redistributed { source: old.source, prefix, route: None });
        }
        if let Some(Best { source, route, .. }) = new {
            rip.handle_route(now, Redistributed { source: *source, prefix, route: Some((**route).clone()) });
        }
    }

    /// Datagrams that protocols send go into the stack of the port they leave by.
    fn machines_to_sockets(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(datagram) = self.rip.as_mut().and_then(Machine::poll_transmit) {
            moved = true;
            let Some(stack) = self.links.get_mut(&datagram.port) else {
                self.refused.count(Refusal::NoSocket);
                continue;
            };
            let Datagram { port, source, destination, payload } = &datagram;
            if stack.send_udp(*source, *destination, payload).is_err() {
                // The socket's buffer is full: let it drain into the forwarder, then there is room.
                stack.poll(now);
                drain(&mut self.forwarder, now, *port, stack);
                if stack.send_udp(*source, *destination, payload).is_err() {
                    self.refused.count(Refusal::NoSocket);
                }
            }
        }
        moved
    }

    /// What the stacks emit goes to the forwarder: from a port's stack out of that port, from the router's
    /// along the FIB.
    fn sockets_to_forwarder(&mut self, now: Instant) -> bool {
        let mut moved = false;
        for (id, stack) in &mut self.links {
            stack.poll(now);
            moved |= drain(&mut self.forwarder, now, *id, stack);
        }
        self.host.poll(now);
        while let Some(packet) = self.host.output() {
            moved = true;
            self.host_output(now, packet, None);
        }
        while let Some(probe) = self.probes.poll_transmit() {
            moved = true;
            let meta = TxMeta { df: if probe.df { Df::Set } else { Df::Clear }, ..TxMeta::default() };
            self.forwarder.send(now, probe.packet, meta, self.fib.snapshot());
        }
        moved
    }
}

/// The UDP destination port of a delivered packet.
fn udp_port(delivery: &Delivery) -> Option<u16> {
    let at = delivery.payload_at.checked_add(2)?;
    let bytes = delivery.packet.get(at..at.checked_add(2)?)?;
    bytes.try_into().ok().map(u16::from_be_bytes)
}

/// Whether a whole IP packet goes to an IPv6 link-local address (fe80::/10).
fn is_to_link_local(packet: &[u8]) -> bool {
    matches!(packet, [first, ..] if first >> 4 == 6)
        && matches!(packet.get(24..26), Some([0xfe, second]) if second & 0xc0 == 0x80)
}

/// Sends out of `port` what its stack has emitted.
fn drain(forwarder: &mut Forwarder, now: Instant, port: PortId, stack: &mut LinkStack) -> bool {
    let mut moved = false;
    while let Some(packet) = stack.output() {
        moved = true;
        let meta = TxMeta { tos: Some(CONTROL_TOS), df: Df::Clear, ..TxMeta::default() };
        forwarder.send_on(now, port, None, packet, meta);
    }
    moved
}
