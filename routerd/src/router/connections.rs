//! What passes between TCP connections and BGP. The stack asks here about every segment that belongs to no connection;
//! what it received is offered until BGP has enough for now, and BGP is asked for more to send whenever there is room.

use super::Router;
use super::refused::Refusal;
use crate::stack::tcp::{Event, Fault, Input, Output, Segment, Unfit, check, is_link_local};
use bgp::{Closed, ConnId, Connect, Socket, TCP_PORT};
use bytes::BytesMut;
use core::net::IpAddr;
use core::time::Duration;
use fib::forward::{Delivery, Df, TxMeta};
use fib::{Decision, FlowKey, Instant, LocalKind, PortId};
use proto::{Level, Notice};
use std::collections::BTreeMap;

/// TOS of every segment: precedence "internetwork control", as FRR and IOS send BGP.
const TOS: u8 = 0xc0;
/// Bytes asked for in one go; a message of BGP is never longer (RFC 8654).
const ROOM: usize = 64 * 1024;
/// The way to somebody we know no way to: what every link carries.
const USUAL_MTU: u32 = 1500;
/// Segments of one kind from one peer that were refused are told of this often.
const TELL_AGAIN: Duration = Duration::from_secs(60);
/// Peers whose refusals are remembered.
const TOLD: usize = 64;

/// When somebody was last told of refused segments, by peer and reason.
#[derive(Debug, Default)]
pub(super) struct Told(BTreeMap<(IpAddr, Refusal), Instant>);

impl Told {
    /// Whether it is time to tell of it (again). The addresses may be forged: a flood of them is not told of.
    fn is_news(&mut self, now: Instant, peer: IpAddr, why: Refusal) -> bool {
        if self.0.get(&(peer, why)).is_some_and(|last| now.since(*last) < TELL_AGAIN) {
            return false;
        }
        if self.0.len() >= TOLD {
            self.0.retain(|_, last| now.since(*last) < TELL_AGAIN);
        }
        let is_told = self.0.len() < TOLD;
        if is_told {
            self.0.insert((peer, why), now);
        }
        is_told
    }
}

impl Router {
    /// A segment for an address of ours.
    pub(super) fn deliver_tcp(&mut self, now: Instant, delivery: Delivery) {
        let Some(delivery) = plain(delivery) else { return self.refused.count(Refusal::BadSegment) };
        let Some(segment) = Segment::received(&delivery) else {
            return self.refused.count(Refusal::BadSegment);
        };
        let Delivery { packet, ttl, ingress, .. } = delivery;
        match self.tcp.input(now, packet, &segment, ttl, ingress) {
            Input::Taken => {}
            Input::Refused(why) => self.refuse_segment(now, &segment, ttl, why),
            Input::Stray(packet) => self.stray(now, packet, &segment, ttl, ingress),
        }
    }

    /// A segment that belongs to no connection.
    fn stray(&mut self, now: Instant, packet: BytesMut, segment: &Segment, ttl: u8, ingress: Option<PortId>) {
        let (local, remote) = (segment.destination, segment.source);
        let is_bgp = local.port() == TCP_PORT || remote.port() == TCP_PORT;
        let bgp = self.machines.bgp.as_ref().filter(|_| is_bgp);
        let Some(how) = bgp.and_then(|bgp| bgp.accepts(local.ip(), remote.ip(), ingress)) else {
            return self.tcp.refuse(segment, ingress, None);
        };
        if let Err(why) = check(&packet, segment, ttl, &how) {
            return self.refuse_segment(now, segment, ttl, why);
        }
        match self.begin(now, segment, ingress) {
            Some(conn) => {
                let mtu = self.mtu_to(now, remote.ip(), ingress);
                self.tcp.accept(now, conn, packet, segment, ingress, how, mtu);
            }
            None => self.tcp.refuse(segment, ingress, Some(&how)),
        }
    }

    /// The name of the connection that a SYN begins, if BGP wants it.
    fn begin(&mut self, now: Instant, segment: &Segment, ingress: Option<PortId>) -> Option<ConnId> {
        if !segment.is_first() || segment.destination.port() != TCP_PORT {
            return None;
        }
        // The connection that this one takes the place of is gone for BGP too, before it decides.
        self.tcp_events(now);
        self.machines.bgp.as_mut()?.accept(now, segment.destination, segment.source, ingress)
    }

    fn refuse_segment(&mut self, now: Instant, segment: &Segment, ttl: u8, why: Unfit) {
        let (why, message) = match why {
            Unfit::Far => (Refusal::Gtsm, "a segment has come from too far"),
            Unfit::Signature(Fault::Missing) => (Refusal::Md5Missing, "a segment has no MD5 signature"),
            Unfit::Signature(Fault::Wrong) => (Refusal::Md5Wrong, "the MD5 signature of a segment is wrong"),
            Unfit::Signature(Fault::Unexpected) => {
                (Refusal::Md5Unexpected, "a segment has an MD5 signature, and there is no password")
            }
        };
        self.refused.count(why);
        if self.told.is_news(now, segment.source.ip(), why) {
            let mut notice = Notice::new(Level::Warning, "tcp", message)
                .with("from", segment.source)
                .with("to", segment.destination);
            if why == Refusal::Gtsm {
                notice = notice.with("ttl", ttl);
            }
            self.log.push(now, notice);
        }
    }

    /// What became of connections and what came in by them goes to BGP.
    pub(super) fn tcp_to_bgp(&mut self, now: Instant) -> bool {
        self.keep_local_connections();
        self.tcp.poll(now);
        let mut moved = self.tcp_events(now);
        let Some(bgp) = &mut self.machines.bgp else { return moved };
        for conn in self.tcp.take_readable() {
            moved = true;
            self.tcp.read(now, conn, |data| bgp.handle_stream(now, conn, data));
        }
        self.tcp.poll(now);
        moved
    }

    fn tcp_events(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(event) = self.tcp.poll_event() {
            moved = true;
            let Some(bgp) = &mut self.machines.bgp else { continue };
            match event {
                Event::Connected(conn, tuple) => bgp.handle_connected(now, conn, tuple.local, tuple.remote),
                Event::Closed(conn, why) => bgp.handle_closed(now, conn, why),
            }
        }
        moved
    }

    /// Connections that BGP wants begun or ended, and bytes that it has to send.
    pub(super) fn bgp_to_tcp(&mut self, now: Instant) -> bool {
        let mut moved = false;
        while let Some(conn) = self.machines.bgp.as_mut().and_then(bgp::Bgp::poll_writable) {
            moved |= self.fill(now, conn, false);
        }
        for conn in self.tcp.take_writable() {
            moved |= self.fill(now, conn, false);
        }
        while let Some(socket) = self.machines.bgp.as_mut().and_then(bgp::Bgp::poll_socket) {
            moved = true;
            match socket {
                Socket::Connect(connect) => self.connect(now, connect),
                Socket::Close { conn, reset } => {
                    if !reset {
                        self.fill(now, conn, true);
                    }
                    self.tcp.close(now, conn, reset);
                }
            }
        }
        moved
    }

    /// Gives a connection what BGP has for it: while there is room, or once and the last time.
    fn fill(&mut self, now: Instant, conn: ConnId, last: bool) -> bool {
        let Some(bgp) = &mut self.machines.bgp else { return false };
        if self.tcp.room(conn) == 0 && !last {
            self.tcp.set_hungry(conn, true);
            return false;
        }
        self.filling.clear();
        bgp.fill(now, conn, ROOM, &mut self.filling);
        let got = !self.filling.is_empty();
        // As long as it gives something it may have more: it is asked again when that has found its place.
        self.tcp.set_hungry(conn, got);
        if got {
            self.tcp.write(conn, &self.filling);
        }
        got
    }

    fn connect(&mut self, now: Instant, connect: Connect) {
        let Connect { conn, local, remote, port, tcp } = connect;
        let local = local.or_else(|| self.source_to(remote.ip(), port));
        match local.filter(|_| self.leads_anywhere(remote.ip(), port)) {
            Some(local) => {
                let mtu = self.mtu_to(now, remote.ip(), port);
                self.tcp.connect(now, conn, local, remote, port, tcp, mtu);
            }
            None => {
                if let Some(bgp) = &mut self.machines.bgp {
                    bgp.handle_closed(now, conn, Closed::Unreachable);
                }
            }
        }
    }

    fn source_to(&self, remote: IpAddr, port: Option<PortId>) -> Option<IpAddr> {
        match port {
            Some(port) if is_link_local(remote) => self.forwarder.link_local(port).map(IpAddr::V6),
            _ => self.forwarder.source_for(remote, self.fib.snapshot()),
        }
    }

    /// Whether packets to there have a way.
    fn leads_anywhere(&self, remote: IpAddr, port: Option<PortId>) -> bool {
        if is_link_local(remote) {
            return port.and_then(|port| self.ports.get(port)).is_some_and(super::ports::Port::up);
        }
        matches!(self.decide(remote), Decision::Forward(_) | Decision::Local { kind: LocalKind::Host, .. })
    }

    fn decide(&self, remote: IpAddr) -> Decision<'_> {
        let unspecified = match remote {
            IpAddr::V4(_) => IpAddr::from([0; 4]),
            IpAddr::V6(_) => IpAddr::from([0; 16]),
        };
        self.fib.snapshot().lookup(&FlowKey { src: unspecified, dst: remote, iif: None, tos: TOS, mark: 0 })
    }

    /// Bytes of a packet that the way to `remote` takes: the first link of it, and what is known of the rest.
    fn mtu_to(&self, now: Instant, remote: IpAddr, port: Option<PortId>) -> u32 {
        let mtu = |port: PortId| self.forwarder.port(port).map(|settings| settings.mtu);
        let link = if is_link_local(remote) {
            port.and_then(mtu)
        } else {
            match self.decide(remote) {
                Decision::Forward(group) => group.adjacencies().iter().filter_map(|a| mtu(a.port)).min(),
                _ => None,
            }
        };
        link.unwrap_or(USUAL_MTU).min(self.forwarder.path_mtu(now, remote).unwrap_or(u32::MAX))
    }

    /// What connections emit goes along the FIB, or to a neighbor on its link.
    pub(super) fn drain_tcp(&mut self, now: Instant) -> bool {
        self.tcp.poll(now);
        let mut moved = false;
        while let Some(Output { packet, ttl, port }) = self.tcp.output() {
            moved = true;
            let meta = TxMeta { ttl: Some(ttl), tos: Some(TOS), df: Df::Set, ..TxMeta::default() };
            match port {
                Some(port) => self.forwarder.send_on(now, port, None, packet, meta),
                None => self.forwarder.send(now, packet, meta, self.fib.snapshot()),
            }
        }
        moved
    }

    /// Connections from an address that is not ours any more end.
    pub(super) fn keep_local_connections(&mut self) {
        if std::mem::take(&mut self.installed.address_gone) {
            let installed = &self.installed;
            self.tcp.keep_local(|address, port| installed.has_address(address, port));
        }
    }
}

/// The same without IPv6 extension headers, which smoltcp would not look behind. `None`: it is cut short.
fn plain(mut delivery: Delivery) -> Option<Delivery> {
    const HEADER: usize = 40;
    if delivery.src.is_ipv4() || delivery.payload_at == HEADER {
        return Some(delivery);
    }
    let segment = delivery.packet.get(delivery.payload_at..)?.to_vec();
    delivery.packet.truncate(HEADER);
    let len = u16::try_from(segment.len()).ok()?;
    delivery.packet.get_mut(4..6)?.copy_from_slice(&len.to_be_bytes());
    *delivery.packet.get_mut(6)? = delivery.protocol;
    delivery.packet.extend_from_slice(&segment);
    delivery.payload_at = HEADER;
    Some(delivery)
}
