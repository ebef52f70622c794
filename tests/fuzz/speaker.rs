//! A whole BGP process with two peers: one says what was captured from FRR and BIRD with changes, at any pace, hangs up and
//! comes back; the other is honest, and must not notice.

use crate::Budget;
use crate::bgp::captured;
use ::bgp::attrs::encode;
use ::bgp::config::{Config, NeighborConfig, NeighborFamily, PeerKey, RemoteAs, Timers};
use ::bgp::wire::{Capabilities, Codec, KEEPALIVE, Open, Writer};
use ::bgp::{Bgp, Closed, ConnId, Family, Port, Socket};
use bytes::BytesMut;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use fib::{Instant, PortId, Prefix};
use policy::bgp::{AsPath, Attributes, Origin, Segment, SegmentKind};
use std::collections::BTreeSet;
use std::sync::Arc;
use tests::mutate::Mutator;

const US: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const HOSTILE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const HONEST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 3);
/// Inputs between two looks at whether the honest peer is served.
const CALM: u64 = 200;

struct Scene {
    now: Instant,
    bgp: Bgp,
    hostile: Option<ConnId>,
    port: u16,
    /// What is to be told to the honest peer is read by it.
    honest: Option<ConnId>,
}

fn config() -> Config {
    let mut config = Config::new(65_000);
    config.router_id = Some(US);
    config.ebgp_requires_policy = false;
    for (address, asn) in [(HOSTILE, 65_001), (HONEST, 65_002)] {
        let active = NeighborFamily { activate: Some(true), ..NeighborFamily::default() };
        let neighbor = NeighborConfig {
            remote_as: Some(RemoteAs::Number(asn)),
            passive: Some(true),
            timers: Some(Timers { keepalive: 0, hold: 0 }),
            enforce_first_as: Some(false),
            families: [(Family::Ipv6, active)].into(),
            ..NeighborConfig::default()
        };
        config.neighbors.insert(PeerKey::Address(IpAddr::V4(address)), neighbor);
    }
    config
}

fn open(asn: u32, id: Ipv4Addr) -> Vec<u8> {
    let capabilities = Capabilities {
        families: [Family::Ipv4, Family::Ipv6].into(),
        route_refresh: true,
        enhanced_refresh: true,
        as4: Some(asn),
        ..Capabilities::default()
    };
    let open = Open { asn, hold: 0, router_id: id, capabilities, has_capabilities: true };
    [&open.encode()[..], &KEEPALIVE[..]].concat()
}

fn honest_prefix() -> Prefix {
    "203.0.113.0/24".parse().expect("a prefix")
}

impl Scene {
    fn new(seed: u64) -> Scene {
        let now = Instant::from_secs(1);
        let mut bgp = Bgp::new(now, config(), Arc::default(), seed);
        bgp.set_port(
            now,
            Port {
                id: PortId(1),
                name: "eth1".into(),
                up: true,
                mtu: 1500,
                addresses: vec!["10.0.0.1/24".parse().expect("an address")],
                loopback: false,
                bandwidth: 1000,
            },
        );
        let mut scene = Scene { now, bgp, hostile: None, port: 20_000, honest: None };
        scene.honest = scene.connect(HONEST, 65_002);
        scene.announce_honestly();
        scene
    }

    fn connect(&mut self, from: Ipv4Addr, asn: u32) -> Option<ConnId> {
        self.port = self.port.wrapping_add(1).max(1024);
        let (local, remote) = (SocketAddr::from((US, 179)), SocketAddr::from((from, self.port)));
        let conn = self.bgp.accept(self.now, local, remote, None)?;
        self.bgp.handle_connected(self.now, conn, local, remote);
        self.drain();
        self.bgp.handle_stream(self.now, conn, &open(asn, from));
        self.drain();
        Some(conn)
    }

    fn announce_honestly(&mut self) {
        let path = Segment { kind: SegmentKind::Sequence, asns: vec![65_002] };
        let attributes = Attributes {
            origin: Origin::Igp,
            as_path: AsPath { segments: vec![path] },
            next_hop: HONEST.into(),
            ..Attributes::default()
        };
        let mut canonical = Vec::new();
        encode(&attributes, &mut canonical);
        let codec = Codec {
            as4: true,
            extended_message: false,
            add_path_rx: [false; 2],
            add_path_tx: [false; 2],
            extended_nexthop: false,
        };
        let mut out = BytesMut::new();
        let written = Writer::new(codec, Family::Ipv4).announce(&mut out, &canonical, [(0, honest_prefix())]);
        assert_eq!(written, Ok(1));
        let conn = self.honest.expect("the honest peer is connected");
        assert_eq!(self.bgp.handle_stream(self.now, conn, &out), out.len());
        self.drain();
    }

    /// Takes everything the process has to say. The honest peer reads, the other at times.
    fn drain(&mut self) {
        while self.bgp.next_timeout().is_some_and(|t| t <= self.now) {
            self.bgp.handle_timeout(self.now);
        }
        while self.bgp.poll_event().is_some() {}
        while let Some(socket) = self.bgp.poll_socket() {
            if let Socket::Close { conn, .. } = socket
                && self.hostile == Some(conn)
            {
                self.hostile = None;
            }
        }
        let mut writable = BTreeSet::new();
        while let Some(conn) = self.bgp.poll_writable() {
            writable.insert(conn);
        }
        for conn in writable {
            let mut out = BytesMut::new();
            self.bgp.fill(self.now, conn, 65_535, &mut out);
            assert!(out.len() <= 65_535, "no more than there is room for");
        }
    }

    fn hostile(&mut self) -> Option<ConnId> {
        if self.hostile.is_none() {
            self.hostile = self.connect(HOSTILE, 65_001);
        }
        self.hostile
    }

    /// One message, in pieces of any size.
    fn say(&mut self, message: &[u8], piece: usize) {
        for part in message.chunks(piece.max(1)) {
            let Some(conn) = self.hostile else { return };
            self.bgp.handle_stream(self.now, conn, part);
            self.drain();
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.drain();
    }

    fn check(&mut self) {
        self.pass(Duration::from_secs(1));
        let table = self.bgp.table();
        let dest = table.dest(&honest_prefix()).expect("the honest peer's network is known");
        let own = table.paths(Family::Ipv4, dest).any(|path| path.rejected.is_none() && !path.stale);
        assert!(own, "the honest peer's route is used");
        assert!(table.path_count(Family::Ipv4) < 100_000, "what one peer says stays bounded by what it said");
    }
}

/// A marker and a length that are right, so that what is behind them is looked at.
fn set_right(message: &mut [u8]) {
    let Ok(length) = u16::try_from(message.len()) else { return };
    if let Some((head, [high, low, ..])) = message.split_at_mut_checked(16) {
        head.fill(0xff);
        [*high, *low] = length.to_be_bytes();
    }
}

/// See the module.
pub fn speaker(budget: &Budget) {
    let mut scene = Scene::new(budget.seed);
    let mut mutator = Mutator::new(budget.seed, captured());
    budget.spend("bgp speaker", |count| {
        let mut message = mutator.make();
        if mutator.pick(8) > 0 {
            set_right(&mut message);
        }
        if scene.hostile().is_none() {
            // It rests after a session that ended badly.
            scene.pass(Duration::from_secs(130));
        }
        let piece = [1, 7, 100, 5_000][mutator.pick(4)];
        scene.say(&message, piece);
        match mutator.pick(97) {
            0 => scene.pass(Duration::from_secs(mutator.pick(300) as u64)),
            1 => {
                if let Some(conn) = scene.hostile.take() {
                    scene.bgp.handle_closed(scene.now, conn, Closed::Reset);
                    scene.drain();
                }
            }
            _ => {}
        }
        if count % CALM == 0 {
            scene.check();
        }
    });
    scene.check();
}
