//! Two hosts on a bad cable, in virtual time.

use super::*;
use core::time::Duration;
use fib::LocalKind;
use fib::forward::Delivery;
use smoltcp::wire::{Ipv4Packet, Ipv6Packet};

const A: usize = 0;
const B: usize = 1;
const CONN: ConnId = ConnId { owner: 1, serial: 1 };
const SERVER: ConnId = ConnId { owner: 2, serial: 7 };

fn plain() -> Tcp {
    Tcp { ttl: 64, min_ttl: 0, md5: None }
}

fn keyed(key: &'static str) -> Tcp {
    Tcp { md5: Some(key.as_bytes().into()), ..plain() }
}

/// What a cable does to packets, each with a probability.
#[derive(Copy, Clone, Default)]
struct Bad {
    loss: f64,
    twice: f64,
    late: f64,
}

struct Host {
    stack: TcpStack,
    /// How a SYN from the other side is taken; `None`: refused.
    takes: Option<Tcp>,
    accepted: u32,
    refused: Vec<Unfit>,
    events: Vec<Event>,
    received: Vec<u8>,
    to_send: Vec<u8>,
    /// Takes nothing that comes in.
    deaf: bool,
}

struct Pair {
    now: Instant,
    rng: Rng,
    bad: Bad,
    hosts: [Host; 2],
    wire: BTreeMap<(Instant, u64), (usize, BytesMut)>,
    sent: u64,
    mtu: u32,
    /// Everything sent: by whom, with which TTL, the packet.
    trace: Vec<(usize, u8, BytesMut)>,
    v6: bool,
}

fn host(seed: u64) -> Host {
    Host {
        stack: TcpStack::new(seed),
        takes: Some(plain()),
        accepted: 0,
        refused: Vec::new(),
        events: Vec::new(),
        received: Vec::new(),
        to_send: Vec::new(),
        deaf: false,
    }
}

impl Pair {
    fn new(seed: u64, bad: Bad) -> Pair {
        Pair {
            now: Instant::from_secs(1),
            rng: Rng::fork(seed, "cable"),
            bad,
            hosts: [host(seed), host(seed + 1)],
            wire: BTreeMap::new(),
            sent: 0,
            mtu: 1500,
            trace: Vec::new(),
            v6: false,
        }
    }

    fn address(&self, n: usize) -> IpAddr {
        let text = match (self.v6, n) {
            (false, A) => "10.0.0.1",
            (false, _) => "10.0.0.2",
            (true, A) => "2001:db8::1",
            (true, _) => "2001:db8::2",
        };
        text.parse().unwrap()
    }

    fn connect(&mut self, how: Tcp) {
        let (local, remote) = (self.address(A), SocketAddr::new(self.address(B), 179));
        self.hosts[A].stack.connect(self.now, CONN, local, remote, None, how, self.mtu);
    }

    fn transmit(&mut self, from: usize, output: Output) {
        self.trace.push((from, output.ttl, output.packet.clone()));
        assert!(output.packet.len() <= self.mtu as usize, "{} bytes", output.packet.len());
        if self.rng.chance(self.bad.loss) {
            return;
        }
        let copies = if self.rng.chance(self.bad.twice) { 2 } else { 1 };
        for _ in 0..copies {
            let late = self.rng.chance(self.bad.late);
            let most = if late { 20_000 } else { 0 };
            let delay = Duration::from_micros(1000 + self.rng.below(most + 1));
            self.sent += 1;
            self.wire.insert((self.now + delay, self.sent), (1 - from, output.packet.clone()));
        }
    }

    fn delivery(packet: BytesMut) -> Delivery {
        let (src, dst, payload_at): (IpAddr, IpAddr, usize) = match packet[0] >> 4 {
            4 => {
                let ip = Ipv4Packet::new_checked(&packet[..]).unwrap();
                assert!(ip.verify_checksum());
                assert_eq!(usize::from(ip.total_len()), packet.len());
                (ip.src_addr().into(), ip.dst_addr().into(), 20)
            }
            _ => {
                let ip = Ipv6Packet::new_checked(&packet[..]).unwrap();
                assert_eq!(ip.total_len(), packet.len());
                (ip.src_addr().into(), ip.dst_addr().into(), 40)
            }
        };
        let kind = LocalKind::Host;
        Delivery { ingress: None, packet, kind, src, dst, protocol: 6, payload_at, ttl: 64, l2_group: false }
    }

    fn arrive(&mut self, to: usize, packet: BytesMut) {
        let delivery = Pair::delivery(packet);
        let segment = Segment::received(&delivery).expect("a segment with a good checksum");
        let (now, mtu) = (self.now, self.mtu);
        let host = &mut self.hosts[to];
        match host.stack.input(now, delivery.packet, &segment, delivery.ttl, None) {
            Input::Taken => {}
            Input::Refused(why) => host.refused.push(why),
            Input::Stray(packet) => match host.takes.clone() {
                None => host.stack.refuse(&segment, None, None),
                Some(how) => {
                    if let Err(why) = check(&packet, &segment, delivery.ttl, &how) {
                        host.refused.push(why);
                    } else if segment.is_first() && segment.destination.port() == 179 {
                        host.accepted += 1;
                        let owner = ConnId { serial: SERVER.serial + host.accepted, ..SERVER };
                        host.stack.accept(now, owner, packet, &segment, None, how, mtu);
                    } else {
                        host.stack.refuse(&segment, None, Some(&how));
                    }
                }
            },
        }
    }

    /// Lets everybody do what there is to do now.
    fn settle(&mut self) {
        loop {
            let mut moved = false;
            for n in [A, B] {
                let now = self.now;
                let Host { stack, events, received, to_send, deaf, .. } = &mut self.hosts[n];
                stack.poll(now);
                for owner in stack.take_readable() {
                    moved = true;
                    let deaf = *deaf;
                    stack.read(now, owner, |data| {
                        let taken = if deaf { 0 } else { data.len() };
                        received.extend_from_slice(&data[..taken]);
                        taken
                    });
                }
                while let Some(event) = stack.poll_event() {
                    moved = true;
                    events.push(event);
                }
                for owner in stack.take_writable() {
                    while stack.room(owner) > 0 && !to_send.is_empty() {
                        moved = true;
                        let n = stack.room(owner).min(to_send.len());
                        stack.write(owner, &to_send[..n]);
                        to_send.drain(..n);
                        stack.poll(now);
                    }
                }
                stack.poll(now);
                let mut out = Vec::new();
                while let Some(output) = stack.output() {
                    out.push(output);
                }
                moved |= !out.is_empty();
                out.into_iter().for_each(|output| self.transmit(n, output));
            }
            if !moved {
                return;
            }
        }
    }

    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        for _ in 0..5_000_000 {
            self.settle();
            let now = self.now;
            let arrival = self.wire.first_key_value().map(|((at, _), _)| *at);
            let timers = self.hosts.iter().filter_map(|h| h.stack.next_timeout(now));
            let Some(next) = timers.chain(arrival).min().filter(|at| *at <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            while let Some(((at, n), _)) = self.wire.first_key_value()
                && *at <= self.now
            {
                let key = (*at, *n);
                let (to, packet) = self.wire.remove(&key).unwrap();
                self.arrive(to, packet);
            }
        }
        panic!("no end in sight at {}", self.now);
    }

    fn is_open(&self, n: usize) -> bool {
        self.hosts[n].stack.open().count() == 1
    }

    fn closed(&self, n: usize) -> Vec<Closed> {
        let why = |e: &Event| match e {
            Event::Closed(_, why) => Some(*why),
            Event::Connected(..) => None,
        };
        self.hosts[n].events.iter().filter_map(why).collect()
    }

    fn packets(&self, from: usize) -> impl Iterator<Item = Segment> + '_ {
        let of = move |(n, _, packet): &(usize, u8, BytesMut)| {
            (*n == from).then(|| Segment::emitted(packet).unwrap())
        };
        self.trace.iter().filter_map(of)
    }
}

fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    (0..len.div_ceil(8)).flat_map(|_| rng.bits().to_le_bytes()).take(len).collect()
}

fn exchange(pair: &mut Pair, how: Tcp, len: usize, span: Duration) {
    let (a, b) = (noise(1, len), noise(2, len));
    pair.hosts[A].to_send = a.clone();
    pair.hosts[B].to_send = b.clone();
    pair.hosts[B].takes = Some(how.clone());
    pair.connect(how);
    pair.run(span);
    assert_eq!((pair.hosts[A].received.len(), pair.hosts[B].received.len()), (len, len), "{}", pair.now);
    assert!(pair.hosts[A].received == b && pair.hosts[B].received == a);
}

#[test]
fn ten_megabytes_each_way_arrive_unharmed_over_a_bad_cable() {
    let bad = Bad { loss: 0.01, twice: 0.01, late: 0.02 };
    let mut pair = Pair::new(1, bad);
    exchange(&mut pair, plain(), 10_000_000, Duration::from_secs(2000));
}

#[test]
fn signed_segments_arrive_unharmed_over_either_family() {
    for v6 in [false, true] {
        let mut pair = Pair::new(3, Bad { loss: 0.02, twice: 0.02, late: 0.05 });
        pair.v6 = v6;
        exchange(&mut pair, keyed("secret"), 300_000, Duration::from_secs(600));
        assert!(pair.hosts.iter().all(|h| h.refused.is_empty()));
        let longest = pair.trace.iter().map(|(_, _, packet)| packet.len()).max();
        assert_eq!(longest, Some(1500), "the signature has its place, and no more");
    }
}

#[test]
fn another_key_or_none_never_opens_and_is_not_answered() {
    let (a, b) = (keyed("one"), keyed("two"));
    for (connects, takes, fault) in
        [(a.clone(), b, Fault::Wrong), (plain(), a.clone(), Fault::Missing), (a, plain(), Fault::Unexpected)]
    {
        let mut pair = Pair::new(4, Bad::default());
        pair.hosts[B].takes = Some(takes);
        pair.connect(connects);
        pair.run(Duration::from_secs(200));
        assert!(pair.hosts[B].refused.iter().all(|why| *why == Unfit::Signature(fault)));
        assert!(pair.hosts[B].refused.len() > 3, "every retransmission");
        assert_eq!(pair.packets(B).count(), 0);
        assert_eq!(pair.closed(A), [Closed::TimedOut]);
        assert!(pair.hosts.iter().all(|h| h.stack.len() == 0));
    }
}

#[test]
fn nothing_listens_and_a_flood_leaves_no_trace() {
    let mut pair = Pair::new(5, Bad::default());
    pair.hosts[B].takes = None;
    pair.connect(plain());
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.closed(A), [Closed::Refused]);
    for n in 0..10_000u32 {
        let syn = Segment {
            destination: "10.0.0.2:179".parse().unwrap(),
            source: SocketAddr::new(IpAddr::from(n.to_be_bytes()), 1024),
            ..pair.packets(A).next().unwrap()
        };
        pair.hosts[B].stack.refuse(&syn, None, None);
    }
    assert_eq!(pair.hosts[B].stack.len(), 0);
    assert_eq!(std::iter::from_fn(|| pair.hosts[B].stack.output()).count(), 10_000, "each got its RST");
    assert_eq!(pair.hosts[B].stack.next_timeout(pair.now), None);
}

#[test]
fn what_was_written_is_sent_before_a_connection_ends_and_everything_is_forgotten_soon() {
    let mut pair = Pair::new(6, Bad { loss: 0.05, ..Bad::default() });
    pair.connect(plain());
    pair.run(Duration::from_secs(20));
    assert!(pair.is_open(A) && pair.is_open(B));
    let words = noise(9, 150_000);
    pair.hosts[A].stack.write(CONN, &words);
    pair.hosts[A].stack.close(pair.now, CONN, false);
    pair.run(Duration::from_secs(60));
    assert_eq!(pair.hosts[B].received, words);
    assert_eq!(pair.closed(B), [Closed::Finished]);
    assert_eq!(pair.closed(A), [], "nobody is told what he asked for");
    assert!(pair.hosts.iter().all(|h| h.stack.len() == 0));
}

#[test]
fn last_words_to_a_dead_peer_are_given_up() {
    let mut pair = Pair::new(7, Bad::default());
    pair.connect(plain());
    pair.run(Duration::from_secs(1));
    pair.bad.loss = 1.0;
    pair.hosts[A].stack.write(CONN, &[1; 100]);
    pair.hosts[A].stack.close(pair.now, CONN, false);
    pair.run(Duration::from_secs(31));
    assert_eq!(pair.hosts[A].stack.len(), 0);
}

#[test]
fn a_reset_reaches_the_reader_after_what_came_before_it() {
    let mut pair = Pair::new(8, Bad::default());
    pair.connect(plain());
    pair.run(Duration::from_secs(1));
    pair.hosts[B].deaf = true;
    pair.hosts[A].stack.write(CONN, b"words");
    pair.run(Duration::from_secs(1));
    pair.hosts[A].stack.close(pair.now, CONN, true);
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.closed(B), [], "the words first");
    pair.hosts[B].deaf = false;
    pair.hosts[B].stack.resume();
    pair.run(Duration::from_secs(1));
    assert_eq!((&pair.hosts[B].received[..], pair.closed(B)), (&b"words"[..], vec![Closed::Reset]));
}

#[test]
fn a_reader_that_takes_nothing_stops_the_writer_and_bounds_what_is_kept() {
    let mut pair = Pair::new(9, Bad::default());
    pair.hosts[B].deaf = true;
    pair.hosts[A].to_send = noise(3, 1_000_000);
    pair.connect(plain());
    pair.run(Duration::from_secs(100));
    let left = pair.hosts[A].to_send.len();
    assert!(left > 1_000_000 - 4 * 65_536, "{left}");
    pair.hosts[B].deaf = false;
    pair.hosts[B].stack.resume();
    pair.run(Duration::from_secs(100));
    assert_eq!(pair.hosts[B].received, noise(3, 1_000_000));
}

/// The same host again after a power cut: it knows nothing.
fn reboot(pair: &mut Pair, n: usize) {
    let old = &pair.hosts[n];
    pair.hosts[n] = Host { takes: old.takes.clone(), ..host(99) };
}

#[test]
fn a_peer_that_forgot_a_connection_ends_it_with_its_first_answer() {
    for how in [plain(), keyed("secret")] {
        let mut pair = Pair::new(10, Bad::default());
        pair.hosts[B].takes = Some(how.clone());
        pair.connect(how);
        pair.run(Duration::from_secs(1));
        reboot(&mut pair, B);
        pair.hosts[B].takes = pair.hosts[B].takes.clone();
        pair.hosts[A].stack.write(CONN, b"keepalive");
        pair.run(Duration::from_secs(1));
        assert_eq!(pair.closed(A), [Closed::Reset]);
    }
}

#[test]
fn a_peer_that_comes_back_with_the_same_port_is_challenged_and_then_served() {
    let mut pair = Pair::new(11, Bad::default());
    pair.connect(plain());
    pair.run(Duration::from_secs(1));
    // The same seed gives the same ephemeral port; the sequence numbers have moved on.
    pair.hosts[A] = Host { takes: None, ..host(11) };
    pair.hosts[A].stack.made = 50;
    pair.connect(plain());
    pair.run(Duration::from_secs(5));
    assert_eq!(pair.closed(B), [Closed::Reset]);
    assert!(pair.is_open(A) && pair.is_open(B));
    assert_eq!(pair.hosts[B].accepted, 2);
}

#[test]
fn a_syn_in_time_wait_begins_a_new_connection() {
    let mut pair = Pair::new(12, Bad::default());
    pair.connect(plain());
    pair.run(Duration::from_secs(1));
    let server = pair.hosts[B].stack.open().next().unwrap();
    pair.hosts[B].stack.close(pair.now, server, false);
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.hosts[B].stack.len(), 1, "TIME-WAIT");
    pair.hosts[A] = host(12);
    pair.hosts[A].stack.made = 50;
    pair.connect(plain());
    pair.run(Duration::from_secs(2));
    assert!(pair.is_open(A) && pair.is_open(B));
}

#[test]
fn a_forged_reset_or_syn_does_not_end_a_connection() {
    let mut pair = Pair::new(13, Bad::default());
    pair.connect(plain());
    pair.run(Duration::from_secs(1));
    let real = pair.packets(A).last().unwrap();
    for off in [1, 1000, 30_000] {
        // In the window, but not the next number.
        let syn = Segment { seq: real.seq.wrapping_add(off), ack: None, ..real };
        let forged = Segment { source: real.destination, destination: real.source, ..syn };
        let rst = Segment { ack: Some(syn.seq), ..forged }.refusal().unwrap();
        pair.arrive(B, rst);
        pair.run(Duration::from_secs(2));
    }
    assert!(pair.is_open(A) && pair.is_open(B));
    assert_eq!(pair.closed(B), []);
    pair.hosts[A].stack.write(CONN, b"alive");
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.hosts[B].received, b"alive");
}

#[test]
fn what_comes_from_too_far_is_not_taken() {
    let mut pair = Pair::new(14, Bad::default());
    let gtsm = Tcp { ttl: 255, min_ttl: 254, md5: None };
    pair.hosts[B].takes = Some(gtsm);
    pair.connect(plain());
    pair.run(Duration::from_secs(10));
    assert!(pair.hosts[B].refused.len() > 1 && pair.hosts[B].refused.iter().all(|why| *why == Unfit::Far));
    assert_eq!(pair.packets(B).count(), 0);
}

#[test]
fn every_segment_carries_the_ttl_of_its_peer() {
    let mut pair = Pair::new(15, Bad::default());
    let how = Tcp { ttl: 1, ..plain() };
    exchange(&mut pair, how, 10_000, Duration::from_secs(1));
    let server = pair.hosts[B].stack.open().next().unwrap();
    pair.hosts[B].stack.close(pair.now, server, true);
    pair.run(Duration::from_secs(1));
    assert!(pair.packets(B).any(|s| s.rst));
    assert!(pair.trace.iter().all(|(_, ttl, _)| *ttl == 1));
}

#[test]
fn a_smaller_path_mtu_holds_from_then_on() {
    let mut pair = Pair::new(16, Bad::default());
    exchange(&mut pair, plain(), 100_000, Duration::from_secs(10));
    let (a, b) = (pair.address(A), pair.address(B));
    pair.hosts[A].stack.set_path_mtu(pair.now, b, 1000);
    pair.hosts[B].stack.set_path_mtu(pair.now, a, 1000);
    pair.mtu = 1000;
    pair.hosts[A].stack.write(CONN, &[7; 20_000]);
    pair.run(Duration::from_secs(10));
    assert_eq!(pair.hosts[B].received.len(), 120_000);
}

#[test]
fn connections_from_an_address_that_is_gone_end_without_a_word() {
    let mut pair = Pair::new(17, Bad::default());
    pair.connect(plain());
    pair.run(Duration::from_secs(1));
    let sent = pair.trace.len();
    pair.hosts[A].stack.keep_local(|_, _| false);
    pair.run(Duration::from_secs(1));
    assert_eq!((pair.closed(A), pair.hosts[A].stack.len()), (vec![Closed::Unreachable], 0));
    assert_eq!(pair.trace.len(), sent);
}

#[test]
fn a_peer_that_connects_and_leaves_without_end_costs_bounded_memory() {
    let mut pair = Pair::new(19, Bad::default());
    for n in 0..200 {
        let remote = SocketAddr::new(pair.address(B), 179);
        let owner = ConnId { owner: 3, serial: n };
        pair.hosts[A].stack.connect(pair.now, owner, pair.address(A), remote, None, plain(), 1500);
        pair.run(Duration::from_millis(10));
        let server = pair.hosts[B].stack.open().next().unwrap();
        pair.hosts[B].stack.close(pair.now, server, false);
        pair.run(Duration::from_millis(10));
    }
    assert_eq!(pair.hosts[B].stack.len(), CLOSING);
    pair.run(Duration::from_secs(31));
    assert_eq!(pair.hosts[B].stack.len(), 0);
}

/// Seconds that a stream of 64 MB takes the processor while `idle` other connections are open.
fn seconds_with(idle: u32) -> f64 {
    let mut pair = Pair::new(18, Bad::default());
    pair.connect(plain());
    pair.run(Duration::from_secs(1));
    for n in 0..idle {
        let remote = SocketAddr::new(pair.address(B), 179);
        let owner = ConnId { owner: 3, serial: n };
        pair.hosts[A].stack.connect(pair.now, owner, pair.address(A), remote, None, plain(), 1500);
    }
    pair.run(Duration::from_secs(10));
    assert_eq!(pair.hosts[B].stack.open().count(), 1 + idle as usize);
    pair.trace.clear();
    #[expect(clippy::disallowed_methods, reason = "it is the processor's time that is measured")]
    let start = std::time::Instant::now();
    for _ in 0..64 {
        pair.hosts[A].stack.write(CONN, &[1; 1_000_000]);
        pair.run(Duration::from_secs(5));
        pair.trace.clear();
        pair.hosts[B].received.clear();
    }
    start.elapsed().as_secs_f64()
}

/// `cargo test --release -p routerd --lib -- --ignored --nocapture idle_connections`
#[test]
#[ignore = "a measurement"]
fn idle_connections_cost_a_busy_one_little() {
    let (alone, among) = (seconds_with(0), seconds_with(1000));
    println!("64 MB: {alone:.3} s alone, {among:.3} s among 1000 idle connections");
    assert!(among < 2.0 * alone, "{among} {alone}");
}
