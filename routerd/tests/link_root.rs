//! Links against the kernel they are made for: veth cables, TAP devices and netlink in network namespaces.
//! Needs root. Every wait is a poll(2) with a deadline.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should say where")]
#![allow(clippy::disallowed_methods, reason = "deadlines of tests that wait for the kernel")]

use bytes::BytesMut;
use fib::{Frame, Offload, PartialChecksum};
use routerd::link::af_packet::Options;
use routerd::link::{AfPacket, Link, Monitor, Port, PortEvent, Tap};
use routerd::link::{index_of, netlink, netns, prepare_port, vnet, wait};
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);

/// IEEE 802 local experimental: no kernel sends it by itself.
const EXPERIMENTAL: [u8; 2] = [0x88, 0xb5];

const A: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 1);
const B: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 2);
const A6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
const B6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2);
const MAC_A: [u8; 6] = [2, 0, 0, 0, 0, 0xa];
const MAC_B: [u8; 6] = [2, 0, 0, 0, 0, 0xb];

/// Runs a program that must succeed and returns what it printed.
fn run(program: &str, arguments: &str) -> String {
    let output = Command::new(program).args(arguments.split_whitespace()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments}: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A namespace of this test, gone with it.
struct Netns(String);

impl Netns {
    fn new(role: &str) -> Netns {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("lk-{}-{}-{role}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        run("ip", &format!("netns add {name}"));
        let netns = Netns(name);
        // Nothing speaks unless a test wants it to.
        netns.within(|| fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1").unwrap());
        netns
    }

    fn ip(&self, arguments: &str) {
        run("ip", &format!("-n {} {arguments}", self.0));
    }

    fn exec(&self, command: &str) -> String {
        run("ip", &format!("netns exec {} {command}", self.0))
    }

    fn within<T: Send>(&self, f: impl FnOnce() -> T + Send) -> T {
        netns::within(&netns::path(&self.0), f).unwrap()
    }

    fn open(&self, port: &str) -> AfPacket {
        self.within(|| AfPacket::open(index_of(port).unwrap()).unwrap())
    }

    fn port(&self, name: &str) -> Option<Port> {
        self.within(|| netlink::ports().unwrap()).into_iter().find(|port| port.name == name)
    }

    /// A kernel with address `ip`/24 on `port`, which finds `peer` at `peer_mac` without asking.
    fn host(&self, port: &str, ip: Ipv4Addr, peer: Ipv4Addr, peer_mac: [u8; 6]) {
        let [a, b, c, d, e, f] = peer_mac;
        self.ip(&format!("address add {ip}/24 dev {port}"));
        self.ip(&format!(
            "neighbour replace {peer} dev {port} lladdr {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}"
        ));
    }

    fn udp(&self, from: Ipv4Addr, to: Ipv4Addr) -> UdpSocket {
        self.within(|| {
            let socket = UdpSocket::bind((from, 0)).unwrap();
            socket.connect((to, 7)).unwrap();
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            socket
        })
    }
}

impl Drop for Netns {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).status();
    }
}

/// A cable between two namespaces, both ends up, with the MAC addresses A and B.
fn veth(left: &Netns, left_port: &str, right: &Netns, right_port: &str) {
    left.ip(&format!(
        "link add {left_port} address 02:00:00:00:00:0a type veth peer {right_port} address 02:00:00:00:00:0b netns {}",
        right.0
    ));
    left.ip(&format!("link set {left_port} up"));
    right.ip(&format!("link set {right_port} up"));
    carrier(left, left_port);
    carrier(right, right_port);
}

fn carrier(netns: &Netns, port: &str) {
    poll_until("carrier", || netns.port(port).is_some_and(|port| port.carrier));
}

/// Asks again and again; for conditions that give no descriptor to wait on, so it waits for nothing between.
fn poll_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "no {what} within {PATIENCE:?}");
        thread::yield_now();
    }
}

/// Frames of a link until one satisfies the caller.
fn expect(link: &mut dyn Link, mut wanted: impl FnMut(&Frame) -> bool) -> Frame {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut found = None;
        link.recv(1, &mut |frame| found = Some(frame)).unwrap();
        match found {
            Some(frame) if wanted(&frame) => return frame,
            Some(_) => {}
            None => {
                assert!(Instant::now() < deadline, "no such frame within {PATIENCE:?}");
                wait(&[&link.as_raw_fd()], Duration::from_millis(100)).unwrap();
            }
        }
    }
}

fn experimental(len: usize, number: u32) -> Frame {
    let mut data = BytesMut::with_capacity(len);
    data.extend_from_slice(&MAC_B);
    data.extend_from_slice(&MAC_A);
    data.extend_from_slice(&EXPERIMENTAL);
    data.extend_from_slice(&number.to_be_bytes());
    data.resize(len, number as u8);
    Frame::new(data)
}

fn is_experimental(frame: &Frame) -> bool {
    frame.data.get(12..14) == Some(&EXPERIMENTAL[..])
}

fn is_udp(frame: &Frame) -> bool {
    frame.data.get(12..14) == Some(&[8, 0]) && frame.data.get(23) == Some(&17)
}

/// Sends a UDP frame back to where it came from. Swapping addresses and ports changes no checksum, finished
/// or not: they are sums.
fn echo(mut frame: Frame) -> Frame {
    for (left, right, len) in [(0, 6, 6), (26, 30, 4), (34, 36, 2)] {
        for at in 0..len {
            frame.data.swap(left + at, right + at);
        }
    }
    frame
}

/// The same frame with a VLAN tag.
fn tagged(frame: Frame, tag: [u8; 4]) -> Frame {
    let (addresses, rest) = frame.data.split_at(12);
    let data = [addresses, &tag, rest].concat().as_slice().into();
    Frame { data, offload: vnet::shift(frame.offload, 4).unwrap() }
}

/// The same frame without its tag.
fn untagged(frame: &Frame) -> Frame {
    let (addresses, rest) = frame.data.split_at(12);
    let mut offload = frame.offload;
    if let Some(sum) = &mut offload.partial_checksum {
        sum.start -= 4;
    }
    if let Some(gso) = &mut offload.gso {
        gso.header_len -= 4;
    }
    Frame { data: [addresses, &rest[4..]].concat().as_slice().into(), offload }
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn frames_cross_a_veth_in_order() {
    let (left, right) = (Netns::new("a"), Netns::new("b"));
    veth(&left, "eth1", &right, "eth1");
    let (mut a, mut b) = (left.open("eth1"), right.open("eth1"));
    for number in 0..100 {
        a.send(experimental(60 + number as usize * 14, number));
    }
    assert_eq!(a.flush().unwrap(), 0);
    for number in 0..100 {
        let frame = expect(&mut b, is_experimental);
        assert_eq!(frame, experimental(60 + number as usize * 14, number));
    }
    b.send(experimental(60, 1000));
    b.flush().unwrap();
    assert_eq!(expect(&mut a, is_experimental), experimental(60, 1000));
    let counters = a.counters();
    assert_eq!((counters.tx_frames, counters.tx_bytes), (100, 100 * 60 + 14 * 4950));
    assert_eq!(b.counters().rx_overruns, 0);
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn what_leaves_a_port_does_not_come_back_whoever_sent_it() {
    let (left, right) = (Netns::new("a"), Netns::new("b"));
    veth(&left, "eth1", &right, "eth1");
    let (mut a, mut other, mut b) = (left.open("eth1"), left.open("eth1"), right.open("eth1"));
    left.host("eth1", A, B, MAC_B);
    left.udp(A, B).send(b"from the kernel").unwrap();
    other.send(experimental(60, 1));
    other.flush().unwrap();
    a.send(experimental(60, 2));
    a.flush().unwrap();
    expect(&mut b, |frame| *frame == experimental(60, 2));
    // All of that would be before it.
    b.send(experimental(60, 3));
    b.flush().unwrap();
    assert_eq!(expect(&mut a, |_| true), experimental(60, 3));
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn jumbo_frames_come_through_the_sockets_queue_in_order_with_short_ones() {
    let (left, right) = (Netns::new("a"), Netns::new("b"));
    veth(&left, "eth1", &right, "eth1");
    left.ip("link set eth1 mtu 9500");
    right.ip("link set eth1 mtu 9500");
    let (mut a, mut b) = (left.open("eth1"), right.open("eth1"));
    // Around the room in a slot, and up to the MTU.
    let lens = [60, 9514, 1971, 1972, 1973, 60, 2048, 9514, 4000, 61];
    for (number, len) in lens.into_iter().enumerate() {
        a.send(experimental(len, number as u32));
    }
    assert_eq!(a.flush().unwrap(), 0);
    for (number, len) in lens.into_iter().enumerate() {
        assert_eq!(expect(&mut b, is_experimental), experimental(len, number as u32));
    }
    a.send(experimental(9600, 0));
    assert_eq!(a.flush().unwrap(), 0);
    assert_eq!(a.counters().tx_too_long, 1);
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn every_frame_that_does_not_fit_the_ring_is_counted() {
    let (left, right) = (Netns::new("a"), Netns::new("b"));
    veth(&left, "eth1", &right, "eth1");
    let mut a = left.open("eth1");
    let options = Options { ring: 32 * 1024, ..Options::default() };
    let mut b = right.within(|| AfPacket::with_options(index_of("eth1").unwrap(), options).unwrap());
    for number in 0..1000 {
        a.send(experimental(60, number));
    }
    poll_until("room to send", || a.flush().unwrap() == 0);
    let mut received = 0;
    expect(&mut b, |frame| {
        received += 1;
        is_experimental(frame)
    });
    while b.recv(64, &mut |_| received += 1).unwrap() > 0 {}
    let counters = b.counters();
    assert_eq!(counters.rx_frames, received);
    assert!(counters.rx_overruns > 0, "16 slots cannot hold 1000 frames");
    assert_eq!(counters.rx_frames + counters.rx_overruns, 1000);
    // Reading does not start the totals anew.
    assert_eq!(b.counters(), counters);
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn an_unfinished_udp_checksum_arrives_with_its_note_and_leaves_with_it() {
    let (host, router) = (Netns::new("h"), Netns::new("r"));
    veth(&host, "eth1", &router, "eth1");
    host.host("eth1", A, B, MAC_B);
    let mut port = router.open("eth1");
    let socket = host.udp(A, B);
    socket.send(b"partial").unwrap();
    let frame = expect(&mut port, is_udp);
    let sum = frame.offload.partial_checksum.expect("a kernel peer leaves the checksum to the hardware");
    assert_eq!((sum.start, sum.offset), (34, 6));
    port.send(echo(frame));
    port.flush().unwrap();
    let mut answer = [0; 64];
    assert_eq!(socket.recv(&mut answer).unwrap(), 7);
    assert_eq!(&answer[..7], b"partial");
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn a_vlan_tag_is_where_it_was_on_the_wire() {
    let (left, right) = (Netns::new("a"), Netns::new("b"));
    veth(&left, "eth1", &right, "eth1");
    left.ip("link set eth1 mtu 9500");
    right.ip("link set eth1 mtu 9500");
    let (mut a, mut b) = (left.open("eth1"), right.open("eth1"));
    // Short and long, 802.1Q with priority 5, 802.1ad, VLAN 0, and unfinished checksums.
    for tag in [[0x81, 0, 0xa0, 100], [0x88, 0xa8, 0x0f, 0xfe], [0x81, 0, 0, 0]] {
        for len in [60, 1500, 1968, 1969, 9000] {
            for partial_checksum in [None, Some(PartialChecksum { start: 34, offset: 6 })] {
                let offload = Offload { partial_checksum, gso: None };
                let frame = tagged(Frame { offload, ..experimental(len, 7) }, tag);
                a.send(frame.clone());
                assert_eq!(a.flush().unwrap(), 0);
                assert_eq!(expect(&mut b, |frame| frame.data.get(12..14) == Some(&tag[..2])), frame);
            }
        }
    }
}

/// What a transfer looked like on the way.
#[derive(Default)]
struct Crossed {
    longest: usize,
    gso: u64,
}

/// Hands on what arrives, changed by `change`.
fn forward(
    from: &mut dyn Link,
    to: &mut dyn Link,
    crossed: &mut Crossed,
    change: impl Fn(Frame) -> Frame,
) -> usize {
    let take = &mut |frame: Frame| {
        crossed.longest = crossed.longest.max(frame.data.len());
        crossed.gso += u64::from(frame.offload.gso.is_some());
        to.send(change(frame));
    };
    let taken = from.recv(64, take).unwrap();
    to.flush().unwrap();
    taken
}

/// Sends `bytes` over TCP from one namespace to `address` in another, while `step` carries the frames and says
/// how many it moved; asserts that they arrive.
fn transfer(from: &Netns, to: &Netns, address: IpAddr, bytes: u32, mut step: impl FnMut() -> usize) {
    let listener = to.within(|| TcpListener::bind((address, 5001)).unwrap());
    let receiver = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut received = Vec::new();
        stream.read_to_end(&mut received).unwrap();
        received
    });
    let sent: Vec<u8> = (0..bytes).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (copy, path) = (sent.clone(), netns::path(&from.0));
    let sender = thread::spawn(move || {
        let connect = || TcpStream::connect_timeout(&SocketAddr::from((address, 5001)), PATIENCE).unwrap();
        netns::within(&path, connect).unwrap().write_all(&copy).unwrap();
    });
    let deadline = Instant::now() + 3 * PATIENCE;
    while !receiver.is_finished() {
        assert!(Instant::now() < deadline, "the transfer hangs");
        if step() == 0 {
            thread::yield_now();
        }
    }
    sender.join().unwrap();
    let received = receiver.join().unwrap();
    assert_eq!(received.len(), sent.len());
    assert!(received == sent, "some byte was changed on the way");
}

/// No frame was lost by us: TCP would hide it.
fn assert_nothing_lost(ports: &mut [AfPacket]) {
    for port in ports {
        let lost: Vec<_> = port.counters().drops().into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(lost, []);
    }
}

/// left eth1 - eth1 middle eth2 - eth1 right; `prepare` is the last chance before the transfer.
fn bridge(to: IpAddr, bytes: u32, qdisc_bypass: bool, prepare: impl FnOnce(&Netns)) -> Crossed {
    let (left, middle, right) = (Netns::new("a"), Netns::new("m"), Netns::new("b"));
    veth(&left, "eth1", &middle, "eth1");
    veth(&middle, "eth2", &right, "eth1");
    for (host, ipv4, ipv6) in [(&left, A, A6), (&right, B, B6)] {
        host.ip(&format!("address add {ipv4}/24 dev eth1"));
        host.within(|| fs::write("/proc/sys/net/ipv6/conf/eth1/disable_ipv6", "0").unwrap());
        host.ip(&format!("address add {ipv6}/64 dev eth1 nodad"));
    }
    prepare(&middle);
    // A burst of TCP may be longer than the default ring before this loop gets its turn.
    let options = Options { ring: 4 << 20, queue: 32 << 20, qdisc_bypass, ..Options::default() };
    let open = |port| middle.within(|| AfPacket::with_options(index_of(port).unwrap(), options).unwrap());
    let (mut one, mut two) = (open("eth1"), open("eth2"));
    let mut crossed = Crossed::default();
    transfer(&left, &right, to, bytes, || {
        let moved = forward(&mut one, &mut two, &mut crossed, |frame| frame)
            + forward(&mut two, &mut one, &mut crossed, |frame| frame);
        if moved == 0 {
            wait(&[&one, &two], Duration::from_millis(10)).unwrap();
        }
        moved
    });
    assert_nothing_lost(&mut [one, two]);
    crossed
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn a_tcp_transfer_with_segmentation_offload_crosses_two_ports_unharmed() {
    for qdisc_bypass in [false, true] {
        let crossed = bridge(B.into(), 20_000_000, qdisc_bypass, |_| {});
        assert!(crossed.gso > 0 && crossed.longest > 1514, "the kernel did not use segmentation offload");
    }
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn ipv6_segmentation_offload_crosses_two_ports_unharmed() {
    let crossed = bridge(B6.into(), 5_000_000, false, |_| {});
    assert!(crossed.gso > 0 && crossed.longest > 1514, "the kernel did not use segmentation offload");
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn a_device_that_cannot_segment_gets_its_segments_cut_by_the_kernel() {
    for qdisc_bypass in [false, true] {
        let incapable = |middle: &Netns| drop(middle.exec("ethtool -K eth2 tso off gso off tx off"));
        let crossed = bridge(B.into(), 5_000_000, qdisc_bypass, incapable);
        assert!(crossed.gso > 0, "the kernel did not use segmentation offload");
    }
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn traffic_control_applies_unless_bypassed() {
    let (left, right) = (Netns::new("a"), Netns::new("b"));
    veth(&left, "eth1", &right, "eth1");
    left.exec("tc qdisc add dev eth1 root pfifo limit 1000");
    // The ten frames of the second round are not among them.
    let queued = "Sent 600 bytes 10 pkt";
    for qdisc_bypass in [false, true] {
        let options = Options { qdisc_bypass, ..Options::default() };
        let mut a = left.within(|| AfPacket::with_options(index_of("eth1").unwrap(), options).unwrap());
        (0..10).for_each(|number| a.send(experimental(60, number)));
        assert_eq!(a.flush().unwrap(), 0);
        let statistics = left.exec("tc -s qdisc show dev eth1");
        assert!(statistics.contains(queued), "bypass {qdisc_bypass}: {statistics}");
    }
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn segmentation_offload_and_a_vlan_tag_cross_together() {
    // left - [ tag - trunk - untag ] - right, and back.
    let (left, middle, right) = (Netns::new("a"), Netns::new("m"), Netns::new("b"));
    veth(&left, "eth1", &middle, "eth1");
    veth(&middle, "trunk1", &middle, "trunk2");
    veth(&middle, "eth2", &right, "eth1");
    left.ip(&format!("address add {A}/24 dev eth1"));
    right.ip(&format!("address add {B}/24 dev eth1"));
    let [mut one, mut trunk1, mut trunk2, mut two] =
        ["eth1", "trunk1", "trunk2", "eth2"].map(|port| middle.open(port));
    let tag = |frame| tagged(frame, [0x81, 0, 0, 100]);
    let untag = |frame: Frame| {
        assert_eq!(frame.data[12..16], [0x81, 0, 0, 100]);
        untagged(&frame)
    };
    let mut crossed = Crossed::default();
    transfer(&left, &right, B.into(), 5_000_000, || {
        let mut plain = Crossed::default();
        forward(&mut one, &mut trunk1, &mut plain, tag)
            + forward(&mut trunk2, &mut two, &mut crossed, untag)
            + forward(&mut two, &mut trunk2, &mut plain, tag)
            + forward(&mut trunk1, &mut one, &mut crossed, untag)
    });
    assert!(crossed.gso > 0 && crossed.longest > 1518, "no tagged segmentation offload was seen");
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn a_port_that_goes_down_is_silent_and_works_again_when_it_is_up() {
    let (left, right) = (Netns::new("a"), Netns::new("b"));
    veth(&left, "eth1", &right, "eth1");
    let (mut a, mut b) = (left.open("eth1"), right.open("eth1"));
    left.ip("link set eth1 down");
    a.send(experimental(60, 1));
    assert_eq!(a.flush().unwrap(), 0);
    assert_eq!(a.recv(64, &mut |_| {}).unwrap(), 0);
    assert_eq!(a.counters().tx_down, 1);
    assert!(!wait(&[&a], Duration::ZERO).unwrap(), "a port that went down keeps no poller awake");
    // Once more, without anybody noticing that it was down.
    left.ip("link set eth1 up");
    left.ip("link set eth1 down");
    left.ip("link set eth1 up");
    carrier(&left, "eth1");
    carrier(&right, "eth1");
    a.send(experimental(60, 2));
    assert_eq!(a.flush().unwrap(), 0);
    assert_eq!(expect(&mut b, is_experimental), experimental(60, 2));
    assert_eq!(a.counters().tx_down, 1);
    // And a port that is gone.
    left.ip("link del eth1");
    a.send(experimental(60, 3));
    assert_eq!(a.flush().unwrap(), 0);
    assert_eq!(a.recv(64, &mut |_| {}).unwrap(), 0);
    assert_eq!(a.counters().tx_down, 2);
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn a_port_opened_before_it_is_up_works_once_it_is() {
    let (left, right) = (Netns::new("a"), Netns::new("b"));
    veth(&left, "eth1", &right, "eth1");
    left.ip("link set eth1 down");
    let (mut a, mut b) = (left.open("eth1"), right.open("eth1"));
    assert!(!wait(&[&a], Duration::ZERO).unwrap(), "a port that is down keeps no poller awake");
    let ifindex = left.port("eth1").unwrap().ifindex;
    left.within(|| netlink::set_up(ifindex, true)).unwrap();
    carrier(&left, "eth1");
    carrier(&right, "eth1");
    b.send(experimental(60, 1));
    b.flush().unwrap();
    assert_eq!(expect(&mut a, is_experimental), experimental(60, 1));
    a.send(experimental(60, 2));
    a.flush().unwrap();
    assert_eq!(expect(&mut b, is_experimental), experimental(60, 2));
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn a_tap_carries_frames_both_ways() {
    let netns = Netns::new("t");
    let mut tap = netns.within(|| Tap::open("tap%d").unwrap());
    assert_eq!(tap.name(), "tap0");
    tap.send(experimental(60, 1));
    assert_eq!(tap.flush().unwrap(), 0);
    assert_eq!(tap.counters().tx_down, 1, "the kernel's end is down at first");
    let ifindex = netns.port("tap0").unwrap().ifindex;
    netns.within(|| netlink::set_up(ifindex, true)).unwrap();
    netns.host("tap0", A, B, MAC_B);
    let socket = netns.udp(A, B);
    for len in [7, 1400] {
        let payload: Vec<u8> = (0..len).map(|n| n as u8).collect();
        socket.send(&payload).unwrap();
        let frame = expect(&mut tap, is_udp);
        assert_eq!(frame.data.len(), 42 + len);
        assert!(frame.offload.partial_checksum.is_some(), "the kernel was told that we take it unfinished");
        tap.send(echo(frame));
        assert_eq!(tap.flush().unwrap(), 0);
        let mut answer = [0; 2000];
        assert_eq!(socket.recv(&mut answer).unwrap(), len);
        assert_eq!(answer[..len], payload);
    }
    assert_eq!(tap.recv(64, &mut |_| {}).unwrap(), 0);
    netns.ip("link del tap0");
    assert!(tap.recv(64, &mut |_| {}).is_err(), "a deleted TAP never works again");
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn a_tap_takes_and_gives_oversized_segments() {
    // left kernel - TAP - us - veth - right kernel
    let (left, right, middle) = (Netns::new("a"), Netns::new("b"), Netns::new("m"));
    veth(&middle, "eth1", &right, "eth1");
    let mut tap = left.within(|| Tap::open("tap0").unwrap());
    let mut port = middle.open("eth1");
    left.ip("link set tap0 up");
    left.ip(&format!("address add {A}/24 dev tap0"));
    right.ip(&format!("address add {B}/24 dev eth1"));
    let (mut from_tap, mut to_tap) = (Crossed::default(), Crossed::default());
    for (from, to, address) in [(&left, &right, B), (&right, &left, A)] {
        transfer(from, to, address.into(), 5_000_000, || {
            forward(&mut tap, &mut port, &mut from_tap, |frame| frame)
                + forward(&mut port, &mut tap, &mut to_tap, |frame| frame)
        });
    }
    assert!(from_tap.longest > 2048 && to_tap.longest > 2048, "no oversized segments were seen");
}

/// Reads events until one satisfies the caller; the ones before it are returned too.
fn events_until(monitor: &mut Monitor, mut wanted: impl FnMut(&PortEvent) -> bool) -> Vec<PortEvent> {
    let deadline = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    loop {
        monitor.recv(&mut |event| seen.push(event)).unwrap();
        if seen.iter().any(&mut wanted) {
            return seen;
        }
        assert!(Instant::now() < deadline, "only: {seen:#?}");
        wait(&[&*monitor], Duration::from_millis(100)).unwrap();
    }
}

fn changed(event: &PortEvent, name: &str, is: impl Fn(&Port) -> bool) -> bool {
    matches!(event, PortEvent::Changed(port) if port.name == name && is(port))
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn a_port_is_followed_from_its_appearance_to_its_end() {
    let (left, right) = (Netns::new("a"), Netns::new("b"));
    let mut monitor = left.within(|| Monitor::open().unwrap());
    events_until(&mut monitor, |event| matches!(event, PortEvent::Appeared(port) if port.name == "lo"));
    // As containerlab does it: a random name, then the right one, then up; the far end later.
    left.ip(&format!("link add clab-1f2e address 02:00:00:00:00:0a type veth peer eth1 netns {}", right.0));
    let seen = events_until(&mut monitor, |event| matches!(event, PortEvent::Appeared(_)));
    let Some(PortEvent::Appeared(port)) = seen.first() else { panic!("{seen:?}") };
    assert_eq!((port.name.as_str(), port.mac, port.mtu), ("clab-1f2e", Some(MAC_A), 1500));
    assert_eq!(
        (port.up, port.carrier, port.ethernet, port.kind.as_deref()),
        (false, false, true, Some("veth"))
    );
    let ifindex = port.ifindex;

    left.ip("link set clab-1f2e name eth1");
    let seen = events_until(&mut monitor, |event| matches!(event, PortEvent::Renamed { .. }));
    let renamed = |event: &PortEvent| matches!(event, PortEvent::Renamed { old, port } if old == "clab-1f2e" && port.name == "eth1" && port.ifindex == ifindex);
    assert!(seen.iter().any(renamed), "{seen:?}");

    left.ip("link property add dev eth1 altname to-right");
    left.within(|| netlink::set_up(ifindex, true)).unwrap();
    events_until(&mut monitor, |event| {
        changed(event, "eth1", |port| port.up && !port.carrier && port.altnames == ["to-right"])
    });
    right.ip("link set eth1 up");
    events_until(&mut monitor, |event| changed(event, "eth1", |port| port.carrier));
    left.within(|| netlink::set_mtu(ifindex, 9500)).unwrap();
    events_until(&mut monitor, |event| changed(event, "eth1", |port| port.mtu == 9500));
    right.ip("link set eth1 down");
    events_until(&mut monitor, |event| changed(event, "eth1", |port| port.up && !port.carrier));
    left.within(|| netlink::set_up(ifindex, false)).unwrap();
    events_until(&mut monitor, |event| changed(event, "eth1", |port| !port.up));
    // Moved away is gone.
    left.ip(&format!("link set eth1 netns {} name moved", right.0));
    let gone = PortEvent::Vanished { ifindex, name: "eth1".into() };
    events_until(&mut monitor, |event| *event == gone);
    let too_small = right.within(|| netlink::set_mtu(index_of("moved").unwrap(), 10));
    assert_eq!(too_small.unwrap_err().raw_os_error(), Some(libc::EINVAL));
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn a_port_that_joins_and_leaves_a_bridge_does_not_vanish() {
    let netns = Netns::new("a");
    netns.ip("link add br0 type bridge");
    netns.ip("link add eth1 type veth peer eth2");
    let mut monitor = netns.within(|| Monitor::open().unwrap());
    events_until(&mut monitor, |event| matches!(event, PortEvent::Appeared(port) if port.name == "eth1"));
    netns.ip("link set eth1 master br0");
    netns.ip("link set eth1 nomaster");
    netns.ip("link set br0 mtu 1400");
    let seen = events_until(&mut monitor, |event| changed(event, "br0", |port| port.mtu == 1400));
    assert!(!seen.iter().any(|event| matches!(event, PortEvent::Vanished { .. })), "{seen:?}");
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn lost_notifications_are_made_good_by_asking_again() {
    let netns = Netns::new("a");
    netns.ip("link add eth1 type veth peer eth2");
    netns.ip("link add eth3 type veth peer eth4");
    let mut monitor = netns.within(|| Monitor::open().unwrap());
    events_until(&mut monitor, |event| matches!(event, PortEvent::Appeared(port) if port.name == "eth4"));
    poll_until("end of the dump", || {
        monitor.recv(&mut |_| {}).unwrap();
        monitor.is_synced()
    });
    // More than its queue holds, then the changes that matter.
    let mut batch = String::new();
    for n in 0..5000 {
        batch.push_str(&format!("link set eth1 mtu {}\n", 1000 + n % 500));
    }
    batch.push_str("link del eth3\nlink set eth2 name renamed\nlink add eth5 type veth peer eth6\n");
    let file = std::env::temp_dir().join(&netns.0);
    fs::write(&file, batch).unwrap();
    netns.ip(&format!("-batch {}", file.display()));
    fs::remove_file(&file).unwrap();
    let mut seen = Vec::new();
    poll_until("event", || {
        monitor.recv(&mut |event| seen.push(event)).unwrap();
        let vanished = |name: &str| {
            seen.iter().any(|event| matches!(event, PortEvent::Vanished { name: gone, .. } if gone == name))
        };
        let appeared = |name: &str| {
            seen.iter().any(|event| matches!(event, PortEvent::Appeared(port) if port.name == name))
        };
        let renamed =
            seen.iter().any(|event| matches!(event, PortEvent::Renamed { old, .. } if old == "eth2"));
        vanished("eth3") && vanished("eth4") && appeared("eth5") && appeared("eth6") && renamed
    });
    assert!(seen.len() < 5000, "nothing was lost, so nothing was shown");
    let mut names: Vec<&str> = monitor.ports().map(|port| port.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["eth1", "eth5", "eth6", "lo", "renamed"]);
}

#[test]
#[ignore = "needs root: run by .ci/run"]
fn a_prepared_port_is_left_alone_by_the_kernel() {
    let netns = Netns::new("a");
    netns.within(|| fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "0").unwrap());
    netns.within(|| fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap());
    netns.ip("link add eth1 type veth peer eth2");
    assert_eq!(netns.within(|| prepare_port("eth1")), []);
    let read = |port: &str, name: &str| {
        netns.within(|| fs::read_to_string(format!("/proc/sys/net/{}", name.replace("IF", port))).unwrap())
    };
    assert_eq!(read("eth1", "ipv6/conf/IF/disable_ipv6").trim(), "1");
    assert_eq!(read("eth1", "ipv4/conf/IF/arp_ignore").trim(), "8");
    assert_eq!(read("eth1", "ipv4/conf/IF/forwarding").trim(), "0");
    // Its neighbour is none of our business.
    assert_eq!(read("eth2", "ipv6/conf/IF/disable_ipv6").trim(), "0");
    assert_eq!(read("eth2", "ipv4/conf/IF/forwarding").trim(), "1");
    netns.ip("address add 192.0.2.1/24 dev eth1");
    let warnings = netns.within(|| prepare_port("eth1"));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].cure, "ip address del 192.0.2.1/24 dev eth1");
}
