//! The router-wide stack: ICMP echo replies and the raw socket of protocols that speak over several hops. What it emits
//! goes through the forwarder like any packet. TCP has a stack for every connection: see [`super::tcp`].

use super::core::Core;
use super::raw::RawPacket;
use bytes::BytesMut;
use fib::Instant;
use std::collections::VecDeque;

/// The stack of the router as a host.
pub struct HostStack {
    core: Core,
    received: VecDeque<RawPacket>,
}

impl HostStack {
    /// A stack without sockets. Initial sequence numbers grow from `seed`.
    pub fn new(now: Instant, seed: u64) -> HostStack {
        HostStack { core: Core::new(now, seed), received: VecDeque::new() }
    }

    /// Takes a whole IP packet that the forwarder punted.
    pub fn input(&mut self, packet: BytesMut) {
        self.core.input(packet);
    }

    /// Lets smoltcp work until it has nothing more to do now.
    pub fn poll(&mut self, now: Instant) {
        while self.core.take_in(now) {
            self.received.extend(self.core.receive_raw());
        }
        self.core.poll(now);
    }

    /// Opens a raw IPv4 socket for the protocol, or with `None` closes the one that is open.
    pub fn set_raw(&mut self, protocol: Option<u8>) {
        self.core.set_raw(protocol);
    }

    /// Whether a raw socket is open.
    pub fn has_raw(&self) -> bool {
        self.core.has_raw()
    }

    /// Sends a packet with this TTL. `Err(())`: no socket, or its buffer is full until the next poll.
    pub fn send_raw(&mut self, packet: &RawPacket, ttl: u8) -> Result<(), ()> {
        self.core.send_raw(packet, ttl)
    }

    /// The next packet that came for the raw socket.
    pub fn receive(&mut self) -> Option<RawPacket> {
        self.received.pop_front()
    }

    /// When smoltcp wants to be polled.
    pub fn next_timeout(&mut self, now: Instant) -> Option<Instant> {
        self.core.next_timeout(now)
    }

    /// The next IP packet to send.
    pub fn output(&mut self) -> Option<BytesMut> {
        self.core.output()
    }
}
