//! Bytes from the wire.

use crate::Budget;
use bytes::{Bytes, BytesMut};
use cli::command::Ping;
use cli::{Command, Progress, Reply};
use fib::{Frame, Instant, PortId};
use proto::{Datagram, Machine, Rng};
use rip::Rip;
use routerd::{PortInfo, Router};
use std::sync::Arc;
use std::time::Duration;
use tests::mutate::Mutator;

const CONFIG: &str = "
hostname: victim
interfaces:
  lo: {addresses: [10.255.0.1/32]}
  eth1: {addresses: [10.0.1.1/24, '2001:db8:1::1/64'], router-advertisements: true, ra-interval: 4}
  eth2: {addresses: [10.0.2.1/24, '2001:db8:2::1/64'], proxy-arp: true, rp-filter: strict}
routes:
  - {prefix: 0.0.0.0/0, via: 10.0.2.2}
rip:
  networks: [10.0.0.0/8]
  timers: {update: 5, timeout: 15, garbage: 10}
  interfaces:
    eth2: {authentication: {mode: md5, key-string: secret}}
";

const PEER: &str = "
hostname: peer
interfaces:
  lo: {addresses: [10.255.0.2/32]}
  eth1: {addresses: [10.0.1.2/24, '2001:db8:1::2/64'], router-advertisements: true, ra-interval: 4}
routes:
  - {prefix: 10.0.2.0/24, via: 10.0.1.1}
  - {prefix: '2001:db8:2::/64', via: '2001:db8:1::1'}
rip:
  networks: [10.0.0.0/8]
  timers: {update: 5, timeout: 15, garbage: 10}
";

fn port(name: &str, last: u8) -> PortInfo {
    PortInfo {
        name: name.to_owned(),
        altnames: Vec::new(),
        mac: [2, 0, 0, 0, 0, last],
        mtu: 1500,
        carrier: true,
        offload: last.is_multiple_of(2),
    }
}

/// A router under attack on both ports, and a well-behaved neighbor on the first.
struct Scene {
    now: Instant,
    victim: Router,
    ports: [PortId; 2],
    peer: Router,
    peer_port: PortId,
    /// Frames the two have exchanged.
    seen: Vec<Vec<u8>>,
}

impl Scene {
    fn new(seed: u64) -> Scene {
        let router =
            |text: &str, seed| Router::new(configs::yaml::parse(text, "fuzz.yaml").expect("valid"), seed);
        let (mut victim, mut peer) = (router(CONFIG, seed), router(PEER, seed + 1));
        let now = Instant::from_secs(1);
        let ports = [victim.add_port(now, port("eth1", 1)), victim.add_port(now, port("eth2", 2))];
        let peer_port = peer.add_port(now, port("eth1", 3));
        Scene { now, victim, ports, peer, peer_port, seen: Vec::new() }
    }

    /// Carries frames until both are quiet.
    fn carry(&mut self) {
        for _ in 0..10_000 {
            let mut moved = false;
            while let Some((from, frame)) = self.victim.poll_transmit() {
                moved = true;
                if from == self.ports[0] {
                    self.seen.push(frame.data.to_vec());
                    self.peer.handle_frame(self.now, self.peer_port, frame);
                }
            }
            while let Some((_, frame)) = self.peer.poll_transmit() {
                moved = true;
                self.seen.push(frame.data.to_vec());
                self.victim.handle_frame(self.now, self.ports[0], frame);
            }
            if !moved {
                return;
            }
        }
        panic!("the routers never stop talking");
    }

    /// Lets time pass, with every timer that falls in it.
    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        for _ in 0..100_000 {
            self.carry();
            let next = [self.victim.next_timeout(), self.peer.next_timeout()].into_iter().flatten().min();
            match next.filter(|t| *t <= end) {
                Some(t) => {
                    self.now = self.now.max(t);
                    self.victim.handle_timeout(self.now);
                    self.peer.handle_timeout(self.now);
                }
                None => {
                    self.now = end;
                    return;
                }
            }
        }
        panic!("timers never rest");
    }

    /// Whether the neighbor's ping is answered.
    fn serves(&mut self, destination: &str) -> bool {
        let ask = Ping {
            destination: destination.parse().expect("an address"),
            source: None,
            count: 3,
            size: 100,
            df: false,
            timeout_ms: 2000,
            interval_ms: 0,
        };
        let Reply::Job(job) = self.peer.execute(self.now, Command::Ping(ask)) else { return false };
        self.pass(Duration::from_secs(7));
        let said: Vec<Progress> = std::iter::from_fn(|| self.peer.poll_progress(self.now, job)).collect();
        said.iter().any(|p| matches!(p, Progress::PingDone(sum) if sum.received > 0))
    }
}

fn drops(router: &mut Router, now: Instant) -> u64 {
    match router.execute(now, Command::Show(cli::Show::Traffic)) {
        Reply::Traffic(traffic) => {
            traffic.sections.iter().filter(|(s, _)| s == "drops").flat_map(|(_, c)| c).map(|c| c.value).sum()
        }
        other => panic!("{other:?}"),
    }
}

/// Mutated frames into a running router.
pub fn wire(budget: &Budget) {
    let mut scene = Scene::new(budget.seed);
    scene.pass(Duration::from_secs(12));
    assert!(scene.serves("10.0.1.1") && scene.serves("2001:db8:1::1") && scene.serves("10.255.0.1"));
    let mut mutator = Mutator::new(budget.seed, scene.seen.clone());
    let mut rng = Rng::new(budget.seed);
    let before = drops(&mut scene.victim, scene.now);
    budget.spend("wire", |n| {
        let input = mutator.make();
        let port = scene.ports[usize::try_from(n % 2).unwrap_or(0)];
        scene.victim.handle_frame(scene.now, port, Frame::new(BytesMut::from(&input[..])));
        scene.seen.clear();
        scene.carry();
        if n % 16 == 0 {
            scene.pass(rng.between(Duration::ZERO, Duration::from_millis(500)));
        }
        if n % 1_000 == 999 {
            // A forged ARP or RIP message may have turned the neighbor's address or route: that heals by itself.
            let healed = (0..20).any(|_| {
                scene.pass(Duration::from_secs(10));
                scene.serves("10.0.1.1") && scene.serves("2001:db8:1::1")
            });
            assert!(healed, "the router serves its neighbor again within 200 s of silence");
        }
    });
    assert!(drops(&mut scene.victim, scene.now) > before, "bad frames are counted");
}

/// Mutated RIP datagrams into the decoder and a process, without a stack before it that would check anything.
pub fn rip_process(budget: &Budget) {
    let mut scene = Scene::new(budget.seed);
    scene.pass(Duration::from_secs(30));
    // UDP payloads of RIP: behind Ethernet, IPv4 and UDP headers.
    let corpus: Vec<Vec<u8>> = scene
        .seen
        .iter()
        .filter(|f| f.get(23) == Some(&17) && f.get(36..38) == Some(&520u16.to_be_bytes()))
        .filter_map(|f| f.get(42..).map(<[u8]>::to_vec))
        .collect();
    assert!(corpus.len() > 3, "RIP was spoken");
    let mut mutator = Mutator::new(budget.seed, corpus);
    let config = configs::yaml::parse(CONFIG, "fuzz.yaml").expect("valid");
    let policy = Arc::new(policy::Policy::new(config.policy.clone()));
    let mut now = Instant::from_secs(1);
    let mut rip = Rip::new(now, config.rip.clone().expect("RIP is configured"), policy, budget.seed);
    for (id, name) in [(PortId(1), "eth1"), (PortId(2), "eth2")] {
        let addresses = config.interfaces[name].addresses.clone();
        let name = name.to_owned();
        let port = rip::Port { id, name, up: true, mtu: 1500, addresses, loopback: false, bandwidth: 1000 };
        rip.set_port(now, port);
    }
    budget.spend("rip", |n| {
        let payload = Bytes::from(mutator.make());
        let _ = rip::decode(&payload);
        let net = 1 + (n % 2);
        let source = format!("10.0.{net}.{}:520", 2 + n % 5).parse().expect("an address");
        let destination = "224.0.0.9:520".parse().expect("an address");
        let port = PortId(u32::try_from(net).unwrap_or(1));
        rip.handle_packet(now, &Datagram { port, source, destination, payload });
        now += Duration::from_millis(n % 300);
        if rip.next_timeout().is_some_and(|t| t <= now) {
            rip.handle_timeout(now);
        }
        while rip.poll_transmit().is_some() {}
        while rip.poll_event().is_some() {}
        let table = rip.table(now);
        assert!(table.routes.iter().all(|r| r.metric >= 1 && r.metric <= 16), "metrics stay within 1..=16");
    });
}
