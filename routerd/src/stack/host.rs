//! The router-wide stack: ICMP echo replies, and the TCP sockets of protocols that need them.
//! What it emits goes through the forwarder like any packet.

use super::core::Core;
use bytes::BytesMut;
use fib::Instant;

/// The stack of the router as a host.
pub struct HostStack(Core);

impl HostStack {
    /// A stack without sockets. Initial sequence numbers grow from `seed`.
    pub fn new(now: Instant, seed: u64) -> HostStack {
        HostStack(Core::new(now, seed))
    }

    /// Takes a whole IP packet that the forwarder punted.
    pub fn input(&mut self, packet: BytesMut) {
        self.0.input(packet);
    }

    /// Lets smoltcp work until it has nothing more to do now.
    pub fn poll(&mut self, now: Instant) {
        self.0.poll(now);
    }

    /// When smoltcp wants to be polled.
    pub fn next_timeout(&mut self, now: Instant) -> Option<Instant> {
        self.0.next_timeout(now)
    }

    /// The next IP packet to send.
    pub fn output(&mut self) -> Option<BytesMut> {
        self.0.output()
    }
}
