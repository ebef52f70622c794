//! A raw IPv4 socket of one protocol on a stack: whole packets with their addresses, no ports, no checksum.
//! Its buffers hold one packet of a usual link and grow to that of the longest packet seen: the stack hands on each
//! packet before it takes the next, so nothing has to wait here.

use bytes::Bytes;
use core::net::Ipv4Addr;
use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::socket::raw::{PacketBuffer, PacketMetadata, Socket};
use smoltcp::wire::{IpProtocol, IpVersion, Ipv4Packet, Ipv4Repr};

/// Bytes of a buffer at first: a full packet of an Ethernet.
const USUAL: usize = 1536;
/// Packets that may wait in each direction while their bytes fit.
const PACKETS: usize = 4;
/// Bytes of the IPv4 header we write.
const HEADER: usize = 20;

/// An IPv4 packet of a protocol without ports, as received or to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawPacket {
    /// IP source.
    pub source: Ipv4Addr,
    /// IP destination.
    pub destination: Ipv4Addr,
    /// What is behind the IP header.
    pub payload: Bytes,
}

/// A raw socket in a set of sockets.
#[derive(Debug)]
pub(super) struct Raw {
    handle: SocketHandle,
    protocol: u8,
    /// Bytes each buffer holds.
    size: usize,
}

impl Raw {
    /// Opens a socket for the IP protocol number.
    pub fn open(sockets: &mut SocketSet<'static>, protocol: u8) -> Raw {
        Raw { handle: sockets.add(socket(protocol, USUAL)), protocol, size: USUAL }
    }

    /// Ends it; what waited in it is lost.
    pub fn close(self, sockets: &mut SocketSet<'static>) {
        sockets.remove(self.handle);
    }

    /// Makes room for a packet of `len` bytes, header included. False: what waits to be sent must leave first.
    pub fn reserve(&mut self, sockets: &mut SocketSet<'static>, len: usize) -> bool {
        if len <= self.size {
            return true;
        }
        let old = sockets.get::<Socket<'_>>(self.handle);
        if old.send_queue() > 0 || old.recv_queue() > 0 {
            return false;
        }
        sockets.remove(self.handle);
        // Whole kilobytes, so that a slowly growing router-LSA does not make a new socket each time.
        self.size = len.next_multiple_of(1024);
        self.handle = sockets.add(socket(self.protocol, self.size));
        true
    }

    /// Queues a packet. `Err(())`: no room until the stack has been polled, or longer than an IP packet may be.
    pub fn send(&mut self, sockets: &mut SocketSet<'static>, packet: &RawPacket, ttl: u8) -> Result<(), ()> {
        let len = HEADER.saturating_add(packet.payload.len());
        if len > usize::from(u16::MAX) || !self.reserve(sockets, len) {
            return Err(());
        }
        let header = Ipv4Repr {
            src_addr: packet.source,
            dst_addr: packet.destination,
            next_header: IpProtocol::from(self.protocol),
            payload_len: packet.payload.len(),
            hop_limit: ttl,
        };
        let room = sockets.get_mut::<Socket<'_>>(self.handle).send(len).map_err(|_| ())?;
        let (head, body) = room.split_at_mut_checked(HEADER).ok_or(())?;
        // smoltcp writes the checksum when it sends.
        header.emit(&mut Ipv4Packet::new_unchecked(head), &ChecksumCapabilities::ignored());
        body.copy_from_slice(&packet.payload);
        Ok(())
    }

    /// The next packet received.
    pub fn receive(&self, sockets: &mut SocketSet<'static>) -> Option<RawPacket> {
        let packet = sockets.get_mut::<Socket<'_>>(self.handle).recv().ok()?;
        let packet = Ipv4Packet::new_checked(packet).ok()?;
        Some(RawPacket {
            source: packet.src_addr(),
            destination: packet.dst_addr(),
            payload: Bytes::copy_from_slice(packet.payload()),
        })
    }
}

fn socket(protocol: u8, size: usize) -> Socket<'static> {
    let buffer = || PacketBuffer::new(vec![PacketMetadata::EMPTY; PACKETS], vec![0; size]);
    Socket::new(Some(IpVersion::Ipv4), Some(IpProtocol::from(protocol)), buffer(), buffer())
}
