//! The order in which sockets, protocols, RIB and FIB hand things on: the only place where it matters.
//! Each round takes what each part has for the next; when no part has anything, the router is at rest
//! until a frame, a command or a timer.

use super::Router;
use super::refused::Refusal;
use crate::stack::{LinkStack, RawPacket, Received};
use bytes::BytesMut;
use fib::forward::{Delivery, Df, ForwardEvent, Forwarder, TxMeta};
use fib::icmp::IcmpError;
use fib::rib::Change;
use fib::{Instant, LocalKind, PortId, TableId};
use ospf::wire::PROTOCOL as OSPF;
use proto::{Datagram, Event, Level, Machine, Notice};

/// Candidates the RIB may reconsider in one round.
const RIB_BUDGET: usize = 10_000;
/// Rounds in one go. More work than this is left for an immediate timer, so that frames get their turn.
const MAX_ROUNDS: usize = 64;

/// Events of protocols taken in one go.
const EVENTS: usize = 16;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// Packets of RIP and OSPF leave as FRR and IOS send them: with precedence "internetwork control" (RFC 2474 section
/// 4.2.2.1, RFC 2328 A.1).
const CONTROL_TOS: u8 = 0xc0;
/// TTL of OSPF over virtual links, as FRR sends them: any that the path does not use up.
const VIRTUAL_LINK_TTL: u8 = 100;

impl Router {
    /// Lets everything that has work hand it on until nothing moves.
    pub(super) fn settle(&mut self, now: Instant) {
        self.busy = true;
        for _ in 0..MAX_ROUNDS {
            let mut moved = self.forwarder_to_sockets(now);
            moved |= self.sockets_to_machines(now);
            moved |= self.tcp_to_bgp(now);
            moved |= self.machines_to_rib(now);
            moved |= self.rib.settle(RIB_BUDGET);
            moved |= self.rib_to_fib_and_machines(now);
            self.open_sockets(now);
            moved |= self.machines_to_sockets(now);
            moved |= self.bgp_to_tcp(now);
            moved |= self.sockets_to_forwarder(now);
            self.close_sockets(now);
            if !moved {
                self.busy = false;
                break;
            }
        }
        self.fib.commit();
        self.stacks_due = self.stacks_due(now);
    }

    /// When a stack wants to be polled. Those of ports that nothing was done with since they last had nothing to do have
    /// no timers: datagrams and raw packets wait for nobody.
    fn stacks_due(&mut self, now: Instant) -> Option<Instant> {
        let mut due = self.host.next_timeout(now).into_iter().chain(self.tcp.next_timeout(now)).min();
        let links = &mut self.links;
        self.stirred.retain(|port| {
            let next = links.get_mut(port).and_then(|stack| stack.next_timeout(now));
            due = due.into_iter().chain(next).min();
            next.is_some()
        });
        due
    }

    /// Punted packets go to the stack they are for; what the forwarder noticed goes to the log.
    pub(super) fn forwarder_to_sockets(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(delivery) = self.forwarder.poll_deliver() {
            moved = true;
            self.deliver(now, delivery);
        }
        while let Some(event) = self.forwarder.poll_event() {
            match event {
                ForwardEvent::PathMtu { dst, mtu } => self.tcp.set_path_mtu(now, dst, mtu),
                ForwardEvent::Router { port, .. } => self.tell_link_peer(now, port),
                _ => {}
            }
            let notice = self.forward_notice(event);
            self.log.push(now, notice);
        }
        moved
    }

    fn deliver(&mut self, now: Instant, delivery: Delivery) {
        let is_ours = delivery.kind == LocalKind::Host;
        match delivery.protocol {
            UDP => {
                let stack = delivery.ingress.and_then(|port| Some((port, self.links.get_mut(&port)?)));
                match (udp_port(&delivery), stack) {
                    (None, _) => self.refused.count(Refusal::Malformed),
                    (Some(udp), Some((port, stack))) if stack.has_udp(udp) => {
                        stack.input(delivery.packet);
                        self.stirred.insert(port);
                    }
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
                let is_answer = self.probes.handle_packet(now, &delivery.packet)
                    || self.echoes.handle_packet(now, &delivery.packet);
                if !is_answer {
                    if is_ours {
                        self.host_input(now, delivery);
                    } else {
                        self.refused.count(Refusal::IcmpGroup);
                    }
                }
            }
            TCP if is_ours => self.deliver_tcp(now, delivery),
            OSPF if self.takes_ospf(&delivery) => self.deliver_ospf(delivery),
            protocol => {
                self.refused.count(Refusal::NoProtocol);
                if is_ours && protocol != TCP {
                    // IPv6 wants the place of the byte that names the protocol; without extension headers it is 6.
                    self.complain(now, IcmpError::ProtocolUnreachable { pointer: 6 }, &delivery);
                }
            }
        }
    }

    /// The stack of the port an OSPF packet came in on, if it is for that port: sent to a group, or to an address of
    /// the port. What is for another address of ours came over a virtual link, by whatever port.
    fn ospf_link(&self, delivery: &Delivery) -> Option<PortId> {
        let port = delivery.ingress?;
        let is_port_s = |a: &fib::IfAddr| a.addr() == delivery.dst;
        let settings = &self.ports.get(port)?.settings;
        if delivery.kind == LocalKind::Host && !settings.addresses.iter().any(is_port_s) {
            return None;
        }
        self.links.get(&port).filter(|stack| stack.has_raw()).map(|_| port)
    }

    fn takes_ospf(&self, delivery: &Delivery) -> bool {
        let over_virtual_link = delivery.kind == LocalKind::Host && self.host.has_raw();
        delivery.dst.is_ipv4() && (self.ospf_link(delivery).is_some() || over_virtual_link)
    }

    fn deliver_ospf(&mut self, delivery: Delivery) {
        match self.ospf_link(&delivery).and_then(|port| Some((port, self.links.get_mut(&port)?))) {
            Some((port, stack)) => {
                stack.input(delivery.packet);
                self.stirred.insert(port);
            }
            None => self.host.input(delivery.packet),
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
        let is_ospf = packet.first().is_some_and(|b| b >> 4 == 4) && packet.get(9) == Some(&OSPF);
        let meta = TxMeta { df: Df::Clear, tos: is_ospf.then_some(CONTROL_TOS), ..TxMeta::default() };
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
            ForwardEvent::Router { port, addr, heard } => {
                let what = if heard { "a router is there" } else { "a router is gone" };
                Notice::new(Level::Debug, "ipv6 nd", what)
                    .with("address", addr)
                    .with("interface", self.ports.name(port))
            }
            ForwardEvent::PathMtu { dst, mtu } => {
                Notice::new(Level::Debug, "ip", "path MTU").with("destination", dst).with("mtu", mtu)
            }
        }
    }

    /// What was received goes to the protocol whose socket it is.
    fn sockets_to_machines(&mut self, now: Instant) -> bool {
        let mut moved = false;
        for id in &self.stirred {
            let Some(stack) = self.links.get_mut(id) else { continue };
            stack.poll(now);
            while let Some(received) = stack.receive() {
                moved = true;
                match received {
                    Received::Udp(datagram) => self.machines.handle_udp(now, *id, datagram),
                    Received::Raw(packet) => self.machines.handle_ospf(now, Some(*id), packet),
                }
            }
            self.refused.add(Refusal::BadDatagram, stack.take_dropped());
        }
        self.host.poll(now);
        while let Some(packet) = self.host.receive() {
            moved = true;
            self.machines.handle_ospf(now, None, packet);
        }
        while let Some((echo, round_trip)) = self.echoes.poll() {
            moved = true;
            self.machines.handle_echo(now, echo, round_trip);
        }
        moved
    }

    /// What protocols learned goes to the RIB, what they noticed to the log.
    fn machines_to_rib(&mut self, now: Instant) -> bool {
        let mut moved = false;
        let mut some = Vec::new();
        loop {
            // A few at a time, so that the RIB can read ahead.
            some.extend(core::iter::from_fn(|| self.machines.poll_event()).take(EVENTS));
            if some.is_empty() {
                return moved;
            }
            moved = true;
            if some.len() == EVENTS {
                self.rib.warm(TableId::MAIN, some.iter().filter_map(Event::prefix));
            }
            some.drain(..).for_each(|event| self.event_to_rib(now, event));
        }
    }

    fn event_to_rib(&mut self, now: Instant, event: Event) {
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

    /// What the RIB chose goes to the FIB, and to protocols that redistribute it.
    fn rib_to_fib_and_machines(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(change) = self.rib.poll_change() {
            moved = true;
            self.fib.handle_change(&change);
            match change {
                Change::Best { table: TableId::MAIN, prefix, old, new } => {
                    self.machines.redistribute(now, prefix, old.as_deref(), new.as_deref());
                }
                Change::Reach { addr, via } => {
                    if let Some(bgp) = &mut self.machines.bgp {
                        bgp.handle_reach(now, addr, via);
                    }
                }
                Change::Best { .. } | Change::Group { .. } => {}
            }
        }
        moved
    }

    /// What protocols send goes into the stack of the port it leaves by.
    fn machines_to_sockets(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(datagram) = self.machines.rip.as_mut().and_then(Machine::poll_transmit) {
            moved = true;
            let Datagram { port, source, destination, payload } = datagram;
            self.send_link(now, port, |stack| stack.send_udp(source, destination, &payload));
        }
        while let Some(datagram) = self.machines.ospf.as_mut().and_then(Machine::poll_transmit) {
            moved = true;
            let ospf::Datagram { port, source, destination, payload } = datagram;
            let packet = RawPacket { source, destination, payload };
            match port {
                Some(port) => self.send_link(now, port, |stack| stack.send_raw(&packet)),
                None => self.send_routed(now, &packet),
            }
        }
        while let Some(echo) = self.machines.ospf.as_mut().and_then(ospf::Ospf::poll_echo) {
            moved = true;
            let addresses = self.ports.get(echo.port).map(|p| p.settings.addresses.as_slice());
            self.echoes.send(now, echo, addresses.unwrap_or_default());
        }
        moved
    }

    /// Sends by the stack of a port. When the socket's buffer is full it drains into the forwarder, then there is room.
    fn send_link(
        &mut self,
        now: Instant,
        port: PortId,
        mut send: impl FnMut(&mut LinkStack) -> Result<(), ()>,
    ) {
        let Some(stack) = self.links.get_mut(&port) else { return self.refused.count(Refusal::NoSocket) };
        self.stirred.insert(port);
        if send(stack).is_err() {
            stack.poll(now);
            drain(&mut self.forwarder, now, port, stack);
            if send(stack).is_err() {
                self.refused.count(Refusal::NoSocket);
            }
        }
    }

    /// Sends by the router's own stack, along the FIB: over a virtual link.
    fn send_routed(&mut self, now: Instant, packet: &RawPacket) {
        if self.host.send_raw(packet, VIRTUAL_LINK_TTL).is_err() {
            self.drain_host(now);
            if self.host.send_raw(packet, VIRTUAL_LINK_TTL).is_err() {
                self.refused.count(Refusal::NoSocket);
            }
        }
    }

    /// What the stacks emit goes to the forwarder: from a port's stack out of that port, from the router's
    /// along the FIB.
    fn sockets_to_forwarder(&mut self, now: Instant) -> bool {
        let mut moved = false;
        for id in &self.stirred {
            let Some(stack) = self.links.get_mut(id) else { continue };
            stack.poll(now);
            moved |= drain(&mut self.forwarder, now, *id, stack);
        }
        moved |= self.drain_host(now);
        moved |= self.drain_tcp(now);
        while let Some((port, packet)) = self.echoes.poll_transmit() {
            moved = true;
            self.forwarder.send_on(now, port, None, packet, TxMeta::default());
        }
        while let Some(probe) = self.probes.poll_transmit() {
            moved = true;
            let meta = TxMeta { df: if probe.df { Df::Set } else { Df::Clear }, ..TxMeta::default() };
            self.forwarder.send(now, probe.packet, meta, self.fib.snapshot());
        }
        moved
    }

    fn drain_host(&mut self, now: Instant) -> bool {
        let mut moved = false;
        self.host.poll(now);
        while let Some(packet) = self.host.output() {
            moved = true;
            self.host_output(now, packet, None);
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
