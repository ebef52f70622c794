//! The device under a smoltcp interface: two queues of IP packets. Nothing is sent anywhere from here.

use bytes::BytesMut;
use smoltcp::phy::{Checksum, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use std::collections::VecDeque;

/// IP packets on their way into and out of a stack.
pub struct Queues {
    /// Punted by the forwarder, next first.
    pub rx: VecDeque<BytesMut>,
    /// Emitted by the stack, oldest first.
    pub tx: VecDeque<BytesMut>,
    /// Largest IP packet the stack may emit, bytes.
    pub mtu: usize,
    /// Which checksums of TCP are the stack's work.
    pub tcp: Checksum,
    /// Packets the stack may leave in `tx` before it has to wait.
    tx_limit: usize,
}

impl Queues {
    /// Empty queues.
    pub fn new(mtu: usize) -> Queues {
        Queues { rx: VecDeque::new(), tx: VecDeque::new(), mtu, tcp: Checksum::Both, tx_limit: 256 }
    }
}

impl Device for Queues {
    type RxToken<'a> = Rx;
    type TxToken<'a> = Tx<'a>;

    fn receive(&mut self, _now: Instant) -> Option<(Rx, Tx<'_>)> {
        self.rx.pop_front().map(|packet| (Rx(packet), Tx(&mut self.tx)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Tx<'_>> {
        (self.tx.len() < self.tx_limit).then_some(Tx(&mut self.tx))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut caps = DeviceCapabilities::default();
        caps.medium = Medium::Ip;
        caps.max_transmission_unit = self.mtu;
        // The forwarder has verified the IP header; transport checksums are the stack's work both ways.
        caps.checksum.ipv4 = Checksum::Tx;
        caps.checksum.tcp = self.tcp;
        caps
    }
}

/// One packet going in.
pub struct Rx(BytesMut);

impl RxToken for Rx {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

/// Room for one packet coming out.
pub struct Tx<'a>(&'a mut VecDeque<BytesMut>);

impl TxToken for Tx<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut packet = BytesMut::zeroed(len);
        let result = f(&mut packet);
        self.0.push_back(packet);
        result
    }
}
