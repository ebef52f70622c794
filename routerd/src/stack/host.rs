//! The router-wide stack: ICMP echo replies, and the TCP sockets of protocols that need them.
//! What it emits goes through the forwarder like any packet.

use super::device::Queues;
use super::{at, from};
use bytes::BytesMut;
use fib::Instant;
use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::wire::HardwareAddress;

/// The stack of the router as a host.
pub struct HostStack {
    iface: Interface,
    queues: Queues,
    sockets: SocketSet<'static>,
    stirred: bool,
}

impl HostStack {
    /// A stack without sockets. Initial sequence numbers grow from `seed`.
    pub fn new(now: Instant, seed: u64) -> HostStack {
        let mut queues = Queues::new(65_535);
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = seed;
        let mut iface = Interface::new(config, &mut queues, at(now));
        iface.set_any_ip(true);
        HostStack { iface, queues, sockets: SocketSet::new(Vec::new()), stirred: false }
    }

    /// Takes a whole IP packet that the forwarder punted.
    pub fn input(&mut self, packet: BytesMut) {
        self.queues.rx.push_back(packet);
        self.stirred = true;
    }

    /// Lets smoltcp work until it has nothing more to do now.
    pub fn poll(&mut self, now: Instant) {
        if !self.stirred && self.next_timeout(now).is_none_or(|t| t > now) {
            return;
        }
        self.stirred = false;
        self.iface.poll(at(now), &mut self.queues, &mut self.sockets);
    }

    /// When smoltcp wants to be polled.
    pub fn next_timeout(&mut self, now: Instant) -> Option<Instant> {
        if self.stirred {
            return Some(now);
        }
        self.iface.poll_at(at(now), &self.sockets).map(|t| from(now, t))
    }

    /// The next IP packet to send.
    pub fn output(&mut self) -> Option<BytesMut> {
        self.queues.tx.pop_front()
    }
}
