//! What every stack is: a smoltcp interface over two queues, and its sockets.

use super::device::Queues;
use super::raw::{Raw, RawPacket};
use bytes::BytesMut;
use fib::Instant;
use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::wire::HardwareAddress;

/// A smoltcp interface with its sockets. It has no address: whatever is put into it is for it.
pub(super) struct Core {
    iface: Interface,
    queues: Queues,
    pub sockets: SocketSet<'static>,
    raw: Option<Raw>,
    /// There is work that no timer of smoltcp's announces.
    stirred: bool,
}

impl Core {
    /// A stack without sockets. Its initial sequence numbers and ports grow from `seed`.
    pub fn new(now: Instant, seed: u64) -> Core {
        // The forwarder fragments and reassembles: packets of any length pass here.
        let mut queues = Queues::new(65_535);
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = seed;
        let mut iface = Interface::new(config, &mut queues, at(now));
        iface.set_any_ip(true);
        Core { iface, queues, sockets: SocketSet::new(Vec::new()), raw: None, stirred: false }
    }

    /// Takes a whole IP packet that the forwarder punted.
    pub fn input(&mut self, packet: BytesMut) {
        self.queues.rx.push_back(packet);
        self.stirred = true;
    }

    /// A socket has been written to.
    pub fn stir(&mut self) {
        self.stirred = true;
    }

    /// Opens a raw IPv4 socket for the protocol, or with `None` closes the one that is open.
    pub fn set_raw(&mut self, protocol: Option<u8>) {
        match (protocol, self.raw.take()) {
            (None, Some(raw)) => raw.close(&mut self.sockets),
            (Some(protocol), None) => self.raw = Some(Raw::open(&mut self.sockets, protocol)),
            (_, raw) => self.raw = raw,
        }
    }

    /// Whether a raw socket is open.
    pub fn has_raw(&self) -> bool {
        self.raw.is_some()
    }

    /// Sends a packet by the raw socket. `Err(())`: there is none, or its buffer is full until the next poll.
    pub fn send_raw(&mut self, packet: &RawPacket, ttl: u8) -> Result<(), ()> {
        self.stirred = true;
        self.raw.as_mut().ok_or(())?.send(&mut self.sockets, packet, ttl)
    }

    /// The next packet in the raw socket.
    pub fn receive_raw(&mut self) -> Option<RawPacket> {
        self.raw.as_ref()?.receive(&mut self.sockets)
    }

    /// Takes one packet into the sockets, so that it can be fetched before the next: buffers need not hold a burst.
    /// False: none waits.
    pub fn take_in(&mut self, now: Instant) -> bool {
        let Some(len) = self.queues.rx.front().map(BytesMut::len) else { return false };
        if let Some(raw) = &mut self.raw
            && !raw.reserve(&mut self.sockets, len)
        {
            self.iface.poll_egress(at(now), &mut self.queues, &mut self.sockets);
            raw.reserve(&mut self.sockets, len);
        }
        self.iface.poll_ingress_single(at(now), &mut self.queues, &mut self.sockets);
        true
    }

    /// Lets smoltcp work until it has nothing more to do now.
    pub fn poll(&mut self, now: Instant) {
        if self.next_timeout(now).is_some_and(|t| t <= now) {
            self.stirred = false;
            // One poll takes in everything queued, and then every socket sends what it has.
            self.iface.poll(at(now), &mut self.queues, &mut self.sockets);
        }
    }

    /// When smoltcp wants to be polled.
    pub fn next_timeout(&mut self, now: Instant) -> Option<Instant> {
        if self.stirred {
            return Some(now);
        }
        let due = self.iface.poll_at(at(now), &self.sockets)?;
        // Zero stands for now.
        Some(Instant::from_micros(u64::try_from(due.total_micros()).unwrap_or(0)).max(now))
    }

    /// The next IP packet to send.
    pub fn output(&mut self) -> Option<BytesMut> {
        self.queues.tx.pop_front()
    }
}

/// The router's instant as smoltcp counts it.
fn at(now: Instant) -> smoltcp::time::Instant {
    smoltcp::time::Instant::from_micros(i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
}
