//! The forwarder as its neighbors see it: a router with three ports, and stations that send it frames.
//!
//! ```text
//!   10.0.1.0/24, 2001:db8:1::/64          10.0.2.0/24, 2001:db8:2::/64
//!   host .9 ───────────────── eth1 ROUTER eth2 ───────────────── host .9
//!                                   eth3
//!                                     └─ 10.0.3.0/24, 2001:db8:3::/64
//! ```

mod arp;
mod errors;

mod fragments;
mod hostile;
mod ipv4;
mod ipv6;
mod layer2;
mod nd;
mod offload;
mod own;
mod router;

use super::*;
use crate::checksum::{Sum, verify};
use crate::packet::{ipv4 as ip4, ipv6 as ip6};
use crate::{Adjacency, Fib, FibEntry, IfAddr, LocalKind, Prefix, TableId};
use core::net::{Ipv4Addr, Ipv6Addr};
use core::time::Duration;

const ETH1: PortId = PortId(1);
const ETH2: PortId = PortId(2);
const ETH3: PortId = PortId(3);
const HOST: Mac = Mac([2, 0, 0, 0, 1, 9]);

fn own_mac(port: PortId) -> Mac {
    Mac([2, 0, 0, 0, 0, port.0 as u8])
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn v4(text: &str) -> Ipv4Addr {
    text.parse().unwrap()
}

fn v6(text: &str) -> Ipv6Addr {
    text.parse().unwrap()
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// The router, its routes and its clock.
struct Rig {
    f: Forwarder,
    fib: Fib,
    now: Instant,
}

fn settings(port: PortId) -> PortSettings {
    let addresses = [format!("10.0.{}.1/24", port.0), format!("2001:db8:{}::1/64", port.0)];
    PortSettings {
        mac: own_mac(port),
        up: true,
        addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
        ..PortSettings::default()
    }
}

/// The router of the drawing, its announcements made, its hosts `.9` known.
fn rig() -> Rig {
    let mut rig = quiet_rig();
    for port in [ETH1, ETH2, ETH3] {
        for addr in [format!("10.0.{}.9", port.0), format!("2001:db8:{}::9", port.0)] {
            rig.f.set_static_neighbor(rig.now, port, ip(&addr), Some(HOST));
        }
    }
    rig
}

/// The same, knowing nobody.
fn quiet_rig() -> Rig {
    let mut rig = Rig { f: Forwarder::new(7), fib: Fib::new(), now: Instant::from_secs(1000) };
    for port in [ETH1, ETH2, ETH3] {
        rig.f.set_port(rig.now, port, settings(port));
        for addr in settings(port).addresses {
            rig.local(addr, port);
            rig.route(addr.network(), port, None);
        }
    }
    rig.wait(secs(10));
    rig.sent();
    while rig.f.poll_event().is_some() {}
    rig.f.clear_counters(None);
    rig
}

impl Rig {
    fn local(&mut self, addr: IfAddr, port: PortId) {
        let entry = |kind| FibEntry::Local { kind, port: Some(port) };
        self.fib.set(TableId::LOCAL, Prefix::host(addr.addr()), entry(LocalKind::Host));
        if let Some(broadcast) = addr.network().broadcast() {
            let prefix = Prefix::host(IpAddr::V4(broadcast));
            self.fib.set(TableId::LOCAL, prefix, entry(LocalKind::Broadcast));
        }
        self.fib.commit();
    }

    fn route(&mut self, prefix: Prefix, port: PortId, gateway: Option<IpAddr>) {
        self.fib.set(TableId::MAIN, prefix, FibEntry::via(Adjacency { port, gateway }));
        self.fib.commit();
    }

    /// A static route by text: `10.9.0.0/16` through a gateway on a port.
    fn via(&mut self, prefix: &str, port: PortId, gateway: &str) {
        self.route(prefix.parse().unwrap(), port, Some(ip(gateway)));
    }

    fn change(&mut self, port: PortId, change: impl FnOnce(&mut PortSettings)) {
        let mut settings = self.f.port(port).unwrap().clone();
        change(&mut settings);
        self.f.set_port(self.now, port, settings);
        self.sent();
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.f.next_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.f.handle_timeout(self.now, self.fib.snapshot());
        }
        self.now = until;
    }

    fn frame(&mut self, port: PortId, frame: impl Into<Frame>) {
        self.f.handle_frame(self.now, port, frame.into(), self.fib.snapshot());
    }

    /// A packet from the host on `port` to the router's MAC address.
    fn packet(&mut self, port: PortId, packet: &[u8]) {
        self.frame(port, framed(own_mac(port), HOST, packet));
    }

    fn send(&mut self, packet: &[u8], meta: TxMeta) {
        self.f.send(self.now, BytesMut::from(packet), meta, self.fib.snapshot());
    }

    fn sent(&mut self) -> Vec<(PortId, Frame)> {
        core::iter::from_fn(|| self.f.poll_transmit()).collect()
    }

    /// The one frame sent, which must be alone.
    fn one(&mut self) -> (PortId, Vec<u8>) {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        let (port, frame) = sent.remove(0);
        (port, frame.data.to_vec())
    }

    /// The one delivery, which must be alone.
    fn delivered(&mut self) -> Delivery {
        let first = self.f.poll_deliver().expect("a delivery");
        assert_eq!(self.f.poll_deliver(), None);
        first
    }

    fn events(&mut self) -> Vec<ForwardEvent> {
        core::iter::from_fn(|| self.f.poll_event()).collect()
    }

    fn dropped(&self, reason: Drop) -> u64 {
        self.f.counters().dropped(reason)
    }

    /// Asserts that nothing left or arrived, and that `reason` alone counts it.
    #[track_caller]
    fn assert_dropped(&mut self, reason: Drop) {
        let moved: Vec<_> = Drop::ALL.iter().filter(|d| self.dropped(**d) != 0).collect();
        assert_eq!(moved, [&reason]);
        assert_eq!(self.sent(), []);
        assert_eq!(self.f.poll_deliver(), None);
    }

    /// The ICMPv4 error sent: its port, source, destination, type, code and second word.
    #[track_caller]
    fn icmp(&mut self) -> (PortId, String, String, (u8, u8), u32) {
        let (port, frame) = self.one();
        let h = ip4::Header::parse(&frame[14..]).expect("IPv4");
        let icmp = &frame[34..];
        assert_eq!((h.protocol, h.ttl, h.tos), (1, 64, 0xc0));
        assert!(verify(icmp));
        let word = u32::from_be_bytes(icmp[4..8].try_into().unwrap());
        (port, h.src.to_string(), h.dst.to_string(), (icmp[0], icmp[1]), word)
    }

    /// The ICMPv6 error sent, likewise.
    #[track_caller]
    fn icmpv6(&mut self) -> (PortId, String, String, (u8, u8), u32) {
        let (port, frame) = self.one();
        let h = ip6::Header::parse(&frame[14..]).expect("IPv6");
        let icmp = &frame[54..];
        assert_eq!(h.next_header, 58);
        let pseudo = Sum::ZERO.pseudo_header(IpAddr::V6(h.src), IpAddr::V6(h.dst), 58, icmp.len());
        assert_eq!(pseudo.bytes(icmp).fold(), 0xffff);
        let word = u32::from_be_bytes(icmp[4..8].try_into().unwrap());
        (port, h.src.to_string(), h.dst.to_string(), (icmp[0], icmp[1]), word)
    }
}

impl From<Vec<u8>> for Frame {
    fn from(data: Vec<u8>) -> Frame {
        Frame::new(BytesMut::from(&data[..]))
    }
}

fn framed(dst: Mac, src: Mac, packet: &[u8]) -> Vec<u8> {
    let kind = if packet[0] >> 4 == 6 { ethernet::IPV6 } else { ethernet::IPV4 };
    let mut frame = ethernet::wrap(packet, kind);
    ethernet::set_addresses(&mut frame, dst, src);
    frame.to_vec()
}

/// A UDP packet of `len` payload bytes, TTL 64, DF clear; IPv4 or IPv6 by its addresses.
fn udp(src: &str, dst: &str, len: usize) -> Vec<u8> {
    udp_ports(src, dst, 1000, 2000, len)
}

fn udp_ports(src: &str, dst: &str, from: u16, to: u16, len: usize) -> Vec<u8> {
    let (src, dst) = (ip(src), ip(dst));
    let mut l4 = [from.to_be_bytes(), to.to_be_bytes(), (8 + len as u16).to_be_bytes(), [0, 0]].concat();
    l4.extend((0..len).map(|n| n as u8));
    let sum = Sum::ZERO.pseudo_header(src, dst, 17, l4.len()).bytes(&l4).udp_checksum();
    l4[6..8].copy_from_slice(&sum.to_be_bytes());
    packet(src, dst, 17, &l4)
}

fn packet(src: IpAddr, dst: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let len = (20 + payload.len()) as u16;
            let mut p = ip4::header(src, dst, protocol, 64, 0, len).to_vec();
            p.extend_from_slice(payload);
            ip4::fill_checksum(&mut p);
            p
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            let mut p = ip6::header(src, dst, protocol, 64, payload.len() as u16).to_vec();
            p.extend_from_slice(payload);
            p
        }
        _ => panic!("mixed families"),
    }
}

fn with_ttl(mut p: Vec<u8>, ttl: u8) -> Vec<u8> {
    if p[0] >> 4 == 4 {
        ip4::stamp(&mut p, Some(ttl), None, None, None)
    } else {
        p[7] = ttl
    }
    p
}

fn with_df(mut p: Vec<u8>) -> Vec<u8> {
    ip4::stamp(&mut p, None, None, None, Some(true));
    p
}
