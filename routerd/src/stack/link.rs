//! The stack of one port: UDP sockets of link-scoped protocols. The ingress port is known because the
//! stack is the port's own; what it sends leaves by that port without a route lookup.

use super::core::Core;
use bytes::{Bytes, BytesMut};
use core::net::{IpAddr, SocketAddr};
use fib::Instant;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, SendError, Socket, UdpMetadata};
use smoltcp::wire::IpEndpoint;

/// Datagrams that may wait in each direction of a socket. A RIP table of 1,000 routes is 40 of them.
const DATAGRAMS: usize = 64;
/// Bytes of payload that may wait in each direction of a socket.
const BYTES: usize = 16 * 1024;

/// A UDP datagram from a port's stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Who sent it.
    pub source: SocketAddr,
    /// To which address and port.
    pub destination: SocketAddr,
    /// Its payload.
    pub payload: Bytes,
}

/// The sockets of one port.
pub struct LinkStack {
    core: Core,
    udp: Vec<(u16, SocketHandle)>,
    /// Packets taken in and not yet come out as datagrams.
    pending: u64,
}

impl LinkStack {
    /// A stack without sockets.
    pub fn new(now: Instant, seed: u64) -> LinkStack {
        LinkStack { core: Core::new(now, seed), udp: Vec::new(), pending: 0 }
    }

    /// Opens the UDP port, unless it is open.
    pub fn open_udp(&mut self, port: u16) {
        if self.udp.iter().any(|(p, _)| *p == port) {
            return;
        }
        let buffer = || PacketBuffer::new(vec![PacketMetadata::EMPTY; DATAGRAMS], vec![0; BYTES]);
        let mut socket = Socket::new(buffer(), buffer());
        if socket.bind(port).is_ok() {
            socket.set_hop_limit(Some(1));
            self.udp.push((port, self.core.sockets.add(socket)));
        }
    }

    /// Whether the UDP port is open.
    pub fn has_udp(&self, port: u16) -> bool {
        self.udp.iter().any(|(p, _)| *p == port)
    }

    /// Takes a whole IP packet that the forwarder punted.
    pub fn input(&mut self, packet: BytesMut) {
        self.core.input(packet);
        self.pending = self.pending.saturating_add(1);
    }

    /// Packets taken in that smoltcp dropped without a word: bad checksum or length, or a full buffer. Counted
    /// once, after everything received has been fetched.
    pub fn take_dropped(&mut self) -> u64 {
        if self.core.is_stirred() { 0 } else { std::mem::take(&mut self.pending) }
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
        match self.core.sockets.get_mut::<Socket>(*handle).send_slice(payload, meta) {
            Ok(()) => Ok(()),
            Err(SendError::BufferFull | SendError::Unaddressable) => Err(()),
        }
    }

    /// Lets smoltcp work until it has nothing more to do now.
    pub fn poll(&mut self, now: Instant) {
        self.core.poll(now);
    }

    /// When smoltcp wants to be polled.
    pub fn next_timeout(&mut self, now: Instant) -> Option<Instant> {
        self.core.next_timeout(now)
    }

    /// The next datagram received.
    pub fn receive(&mut self) -> Option<Received> {
        for (port, handle) in &self.udp {
            let socket = self.core.sockets.get_mut::<Socket>(*handle);
            if let Ok((payload, meta)) = socket.recv() {
                self.pending = self.pending.saturating_sub(1);
                let to: IpAddr = meta.local_address.map_or(IpAddr::V4([0; 4].into()), IpAddr::from);
                return Some(Received {
                    source: SocketAddr::new(meta.endpoint.addr.into(), meta.endpoint.port),
                    destination: SocketAddr::new(to, *port),
                    payload: Bytes::copy_from_slice(payload),
                });
            }
        }
        None
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
        let got = b.receive().expect("one datagram");
        assert_eq!((got.source, got.destination, &got.payload[..]), (from, group, &b"hello"[..]));
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
}
