//! The stack of one port: sockets of link-scoped protocols, UDP and raw. The ingress port is known because the
//! stack is the port's own; what it sends leaves by that port without a route lookup.

use super::core::Core;
use super::raw::RawPacket;
use bytes::{Bytes, BytesMut};
use core::net::{IpAddr, SocketAddr};
use fib::Instant;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, SendError, Socket, UdpMetadata};
use smoltcp::wire::IpEndpoint;
use std::collections::VecDeque;

/// Datagrams that may wait to be sent by a UDP socket, while their bytes fit.
const DATAGRAMS: usize = 32;
/// Bytes of payload that may wait to be sent by a UDP socket, and the longest datagram it receives.
const BYTES: usize = 8 * 1024;
/// TTL of what is for this link only.
const TTL: u8 = 1;

/// A UDP datagram from a port's stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UdpDatagram {
    /// Who sent it.
    pub source: SocketAddr,
    /// To which address and port.
    pub destination: SocketAddr,
    /// Its payload.
    pub payload: Bytes,
}

/// What came in for a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// For a UDP port.
    Udp(UdpDatagram),
    /// For the raw socket.
    Raw(RawPacket),
}

/// The sockets of one port.
pub struct LinkStack {
    core: Core,
    udp: Vec<(u16, SocketHandle)>,
    received: VecDeque<Received>,
    /// Packets that came out of no socket.
    dropped: u64,
}

impl LinkStack {
    /// A stack without sockets.
    pub fn new(now: Instant, seed: u64) -> LinkStack {
        LinkStack { core: Core::new(now, seed), udp: Vec::new(), received: VecDeque::new(), dropped: 0 }
    }

    /// Opens the UDP port, unless it is open.
    pub fn open_udp(&mut self, port: u16) {
        if self.has_udp(port) {
            return;
        }
        // Every datagram is fetched before the next is taken in.
        let inbound = PacketBuffer::new(vec![PacketMetadata::EMPTY; 1], vec![0; BYTES]);
        let outbound = PacketBuffer::new(vec![PacketMetadata::EMPTY; DATAGRAMS], vec![0; BYTES]);
        let mut socket = Socket::new(inbound, outbound);
        if socket.bind(port).is_ok() {
            socket.set_hop_limit(Some(TTL));
            self.udp.push((port, self.core.sockets.add(socket)));
        }
    }

    /// Closes the UDP port, if it is open. What waited in it is lost.
    pub fn close_udp(&mut self, port: u16) {
        if let Some(at) = self.udp.iter().position(|(p, _)| *p == port) {
            let (_, handle) = self.udp.remove(at);
            self.core.sockets.remove(handle);
        }
    }

    /// Whether the UDP port is open.
    pub fn has_udp(&self, port: u16) -> bool {
        self.udp.iter().any(|(p, _)| *p == port)
    }

    /// Opens a raw IPv4 socket for the protocol, or with `None` closes the one that is open.
    pub fn set_raw(&mut self, protocol: Option<u8>) {
        self.core.set_raw(protocol);
    }

    /// Whether a raw socket is open.
    pub fn has_raw(&self) -> bool {
        self.core.has_raw()
    }

    /// Whether no socket is open.
    pub fn is_idle(&self) -> bool {
        self.udp.is_empty() && !self.core.has_raw()
    }

    /// Takes a whole IP packet that the forwarder punted.
    pub fn input(&mut self, packet: BytesMut) {
        self.core.input(packet);
    }

    /// Packets taken in that smoltcp dropped without a word: bad checksum or length. Each is counted once.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    /// Sends a datagram from one of the port's own addresses. `Err(())`: no such socket, or its buffer is
    /// full until the next poll.
    pub fn send_udp(
        &mut self,
        source: SocketAddr,
        destination: SocketAddr,
        payload: &[u8],
    ) -> Result<(), ()> {
        let (_, handle) = self.udp.iter().find(|(p, _)| *p == source.port()).ok_or(())?;
        let mut meta = UdpMetadata::from(IpEndpoint::from(destination));
        meta.local_address = Some(source.ip().into());
        self.core.stir();
        match self.core.sockets.get_mut::<Socket<'_>>(*handle).send_slice(payload, meta) {
            Ok(()) => Ok(()),
            Err(SendError::BufferFull | SendError::Unaddressable) => Err(()),
        }
    }

    /// Sends a packet from one of the port's own addresses. `Err(())`: no socket, or its buffer is full until
    /// the next poll.
    pub fn send_raw(&mut self, packet: &RawPacket) -> Result<(), ()> {
        self.core.send_raw(packet, TTL)
    }

    /// Lets smoltcp work until it has nothing more to do now.
    pub fn poll(&mut self, now: Instant) {
        while self.core.take_in(now) {
            match self.fetch() {
                Some(received) => self.received.push_back(received),
                None => self.dropped = self.dropped.saturating_add(1),
            }
        }
        self.core.poll(now);
    }

    /// What the packet taken in last has become.
    fn fetch(&mut self) -> Option<Received> {
        if let Some(packet) = self.core.receive_raw() {
            return Some(Received::Raw(packet));
        }
        for (port, handle) in &self.udp {
            if let Ok((payload, meta)) = self.core.sockets.get_mut::<Socket<'_>>(*handle).recv() {
                let to: IpAddr = meta.local_address.map_or(IpAddr::V4([0; 4].into()), IpAddr::from);
                return Some(Received::Udp(UdpDatagram {
                    source: SocketAddr::new(meta.endpoint.addr.into(), meta.endpoint.port),
                    destination: SocketAddr::new(to, *port),
                    payload: Bytes::copy_from_slice(payload),
                }));
            }
        }
        None
    }

    /// When smoltcp wants to be polled.
    pub fn next_timeout(&mut self, now: Instant) -> Option<Instant> {
        self.core.next_timeout(now)
    }

    /// The next that was received.
    pub fn receive(&mut self) -> Option<Received> {
        self.received.pop_front()
    }

    /// The next IP packet to send.
    pub fn output(&mut self) -> Option<BytesMut> {
        self.core.output()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_crosses_from_stack_to_stack_with_its_addresses() {
        let now = Instant::from_secs(1);
        let (mut a, mut b) = (LinkStack::new(now, 1), LinkStack::new(now, 2));
        a.open_udp(520);
        b.open_udp(520);
        let (from, group) = ("10.0.0.1:520".parse().unwrap(), "224.0.0.9:520".parse().unwrap());
        a.send_udp(from, group, b"hello").unwrap();
        a.poll(now);
        let packet = a.output().expect("one packet");
        assert_eq!(packet[8], 1, "TTL");
        b.input(packet);
        b.poll(now);
        let payload = Bytes::from_static(b"hello");
        let wanted = UdpDatagram { source: from, destination: group, payload };
        assert_eq!(b.receive(), Some(Received::Udp(wanted)));
        assert_eq!(b.take_dropped(), 0);
        assert!(b.receive().is_none() && b.output().is_none() && b.next_timeout(now).is_none());
    }

    #[test]
    fn a_datagram_with_a_bad_checksum_is_counted_and_goes_no_further() {
        let now = Instant::from_secs(1);
        let (mut a, mut b) = (LinkStack::new(now, 1), LinkStack::new(now, 2));
        a.open_udp(520);
        b.open_udp(520);
        a.send_udp("10.0.0.1:520".parse().unwrap(), "224.0.0.9:520".parse().unwrap(), b"hello").unwrap();
        a.poll(now);
        let mut packet = a.output().expect("one packet");
        packet[30] ^= 1;
        b.input(packet);
        b.poll(now);
        assert!(b.receive().is_none());
        assert_eq!((b.take_dropped(), b.take_dropped()), (1, 0));
    }

    #[test]
    fn a_full_socket_says_so_and_recovers_after_a_poll() {
        let now = Instant::from_secs(1);
        let mut a = LinkStack::new(now, 1);
        a.open_udp(520);
        let (from, to) = ("10.0.0.1:520".parse().unwrap(), "10.0.0.2:520".parse().unwrap());
        let accepted = (0..1000).take_while(|_| a.send_udp(from, to, &[0; 504]).is_ok()).count();
        assert!((10..1000).contains(&accepted), "{accepted}");
        a.poll(now);
        assert_eq!(std::iter::from_fn(|| a.output()).count(), accepted);
        assert!(a.send_udp(from, to, &[0; 504]).is_ok());
        assert!(a.send_udp("10.0.0.1:521".parse().unwrap(), to, &[]).is_err(), "no such socket");
    }

    const OSPF: u8 = 89;

    fn raw_pair(now: Instant) -> (LinkStack, LinkStack) {
        let (mut a, mut b) = (LinkStack::new(now, 1), LinkStack::new(now, 2));
        a.set_raw(Some(OSPF));
        b.set_raw(Some(OSPF));
        (a, b)
    }

    fn raw(len: usize, fill: u8) -> RawPacket {
        let payload = Bytes::from(vec![fill; len]);
        RawPacket { source: [10, 0, 0, 1].into(), destination: [224, 0, 0, 5].into(), payload }
    }

    #[test]
    fn a_raw_packet_crosses_from_stack_to_stack_with_its_addresses() {
        let now = Instant::from_secs(1);
        let (mut a, mut b) = raw_pair(now);
        a.send_raw(&raw(44, 7)).unwrap();
        a.poll(now);
        let packet = a.output().expect("one packet");
        assert_eq!((packet.len(), packet[8], packet[9]), (64, 1, OSPF), "length, TTL, protocol");
        b.input(packet);
        b.poll(now);
        assert_eq!(b.receive(), Some(Received::Raw(raw(44, 7))));
        assert_eq!(b.take_dropped(), 0);
        assert!(b.receive().is_none() && b.output().is_none() && b.next_timeout(now).is_none());
    }

    #[test]
    fn both_protocols_of_a_port_get_their_own_and_in_order() {
        let now = Instant::from_secs(1);
        let (mut a, mut b) = raw_pair(now);
        a.open_udp(520);
        b.open_udp(520);
        let (from, group) = ("10.0.0.1:520".parse().unwrap(), "224.0.0.9:520".parse().unwrap());
        for n in 0..3 {
            a.send_udp(from, group, &[n]).unwrap();
            a.poll(now);
            a.send_raw(&raw(100, n)).unwrap();
            a.poll(now);
        }
        std::iter::from_fn(|| a.output()).for_each(|packet| b.input(packet));
        b.poll(now);
        for n in 0..3 {
            assert!(matches!(b.receive(), Some(Received::Udp(d)) if d.payload[..] == [n]));
            assert_eq!(b.receive(), Some(Received::Raw(raw(100, n))));
        }
        b.close_udp(520);
        b.set_raw(None);
        assert!(b.is_idle());
    }

    #[test]
    fn a_burst_of_full_packets_is_not_lost() {
        let now = Instant::from_secs(1);
        let (mut a, mut b) = raw_pair(now);
        for n in 0..200 {
            while a.send_raw(&raw(1480, n)).is_err() {
                a.poll(now);
                std::iter::from_fn(|| a.output()).for_each(|packet| b.input(packet));
            }
        }
        a.poll(now);
        std::iter::from_fn(|| a.output()).for_each(|packet| b.input(packet));
        b.poll(now);
        let got: Vec<_> = std::iter::from_fn(|| b.receive()).collect();
        assert_eq!(got, (0..200).map(|n| Received::Raw(raw(1480, n))).collect::<Vec<_>>());
        assert_eq!(b.take_dropped(), 0);
    }

    #[test]
    fn a_raw_packet_may_be_as_long_as_ip_allows_and_no_longer() {
        let now = Instant::from_secs(1);
        let (mut a, mut b) = raw_pair(now);
        for len in [10, 9000, 65_515] {
            a.send_raw(&raw(len, 1)).unwrap();
            a.poll(now);
            b.input(a.output().expect("one packet"));
            b.poll(now);
            assert_eq!(b.receive(), Some(Received::Raw(raw(len, 1))));
        }
        a.send_raw(&raw(10, 2)).unwrap();
        assert!(a.send_raw(&raw(65_516, 1)).is_err());
        a.poll(now);
        assert!(a.output().is_some_and(|packet| packet.len() == 30), "what waited before is sent");
    }

    #[test]
    fn a_raw_packet_without_a_socket_is_neither_sent_nor_received() {
        let now = Instant::from_secs(1);
        let (mut a, mut b) = raw_pair(now);
        a.send_raw(&raw(10, 1)).unwrap();
        a.poll(now);
        b.set_raw(None);
        b.input(a.output().expect("one packet"));
        b.poll(now);
        assert_eq!((b.receive(), b.take_dropped()), (None, 1));
        assert!(b.send_raw(&raw(10, 1)).is_err());
    }
}
