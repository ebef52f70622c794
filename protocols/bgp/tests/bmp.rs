//! What a BMP station (RFC 7854) knows after having read everything is what the router has received and what it uses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use bgp::config::{BmpStation, BmpTarget, NeighborFamily, PeerKey};
use bgp::settings::PeerKind;
use bgp::wire::{self, Codec, Context, Open};
use bgp::{Closed, ConnId, Family, Socket};
use bytes::{Buf, BytesMut};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::Prefix;
use policy::Policy;
use std::collections::{BTreeMap, BTreeSet};
use support::{Net, NodeId, config, peer, policy, secs};

const NETWORKS: [&str; 3] = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"];

/// A monitoring station, read as RFC 7854 says.
#[derive(Default)]
struct Station {
    input: BytesMut,
    /// Types in order of arrival.
    kinds: Vec<u8>,
    system: Vec<(u16, String)>,
    /// Peers that are up: their address and AS.
    up: BTreeMap<IpAddr, u32>,
    /// Why peers went down: reason and what follows it.
    downs: Vec<(u8, Vec<u8>)>,
    /// Routes by peer and by whether they are post-policy.
    routes: BTreeMap<(IpAddr, bool), BTreeSet<Prefix>>,
    ends: Vec<(IpAddr, bool, Family)>,
    /// Statistics by type.
    stats: BTreeMap<u16, Vec<u8>>,
    stamps: Vec<u32>,
}

impl Station {
    fn read(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        while let Some(header) = self.input.get(..6) {
            assert_eq!(header[0], 3, "the version");
            let length = u32::from_be_bytes(header[1..5].try_into().unwrap()) as usize;
            if self.input.len() < length {
                return;
            }
            let mut message = self.input.split_to(length);
            let kind = message[5];
            message.advance(6);
            self.kinds.push(kind);
            match kind {
                4 => self.system = tlvs(&message).map(|(k, v)| (k, String::from_utf8(v).unwrap())).collect(),
                5 => assert_eq!(tlvs(&message).collect::<Vec<_>>(), [(1, vec![0, 0])]),
                _ => self.of_peer(kind, &message),
            }
        }
    }

    fn of_peer(&mut self, kind: u8, message: &[u8]) {
        assert_eq!(message[0], 0, "a global instance peer");
        let flags = message[1];
        let address = address(&message[10..26]);
        assert_eq!(flags & 0x80 != 0, address.is_ipv6());
        let asn = u32::from_be_bytes(message[26..30].try_into().unwrap());
        self.stamps.push(u32::from_be_bytes(message[34..38].try_into().unwrap()));
        let body = &message[42..];
        match kind {
            0 => self.update(address, flags & 0x40 != 0, body),
            1 => {
                let count = u32::from_be_bytes(body[..4].try_into().unwrap());
                self.stats = tlvs(&body[4..]).collect();
                assert_eq!(self.stats.len(), count as usize);
            }
            2 => {
                assert!(self.up.remove(&address).is_some(), "down without up");
                self.routes.retain(|(peer, _), _| *peer != address);
                self.downs.push((body[0], body[1..].to_vec()));
            }
            3 => {
                assert!(self.up.insert(address, asn).is_none(), "up twice");
                let mut opens = &body[20..];
                for _ in 0..2 {
                    let length = usize::from(u16::from_be_bytes([opens[16], opens[17]]));
                    Open::parse(&opens[19..length]).unwrap();
                    opens = &opens[length..];
                }
                assert!(opens.is_empty());
            }
            _ => panic!("message of type {kind}"),
        }
    }

    fn update(&mut self, peer: IpAddr, post: bool, message: &[u8]) {
        assert!(self.up.contains_key(&peer), "a route of a peer that is not up");
        let (kind, length) = wire::frame(message, 65_535).unwrap().unwrap();
        assert_eq!((kind, length), (wire::Kind::Update, message.len()));
        let codec = Codec {
            as4: true,
            extended_message: true,
            add_path_rx: [false; 2],
            add_path_tx: [false; 2],
            extended_nexthop: true,
        };
        let context = Context { codec, kind: PeerKind::Internal, families: [true; 2], first_as: None };
        let mut scratch = Vec::new();
        let update = wire::update::parse(&message[wire::HEADER..], &context, &mut scratch).unwrap();
        if let Some(family) = update.end_of_rib {
            return self.ends.push((peer, post, family));
        }
        let routes = self.routes.entry((peer, post)).or_default();
        for (_, prefix) in update.withdrawn.iter().chain(update.unreach.iter().flat_map(|n| n.iter())) {
            routes.remove(&prefix);
        }
        for said in update.announced.iter().chain(&update.reach) {
            routes.extend(said.nlri.iter().map(|(_, prefix)| prefix));
        }
    }

    fn knows(&self, post: bool) -> Vec<String> {
        let routes = self.routes.iter().filter(|((_, p), _)| *p == post);
        routes.flat_map(|(_, prefixes)| prefixes.iter().map(Prefix::to_string)).collect()
    }
}

fn address(bytes: &[u8]) -> IpAddr {
    let bytes: [u8; 16] = bytes.try_into().unwrap();
    match bytes.split_last_chunk::<4>().unwrap() {
        (start, v4) if start.iter().all(|b| *b == 0) => Ipv4Addr::from(*v4).into(),
        _ => Ipv6Addr::from(bytes).into(),
    }
}

fn tlvs(mut bytes: &[u8]) -> impl Iterator<Item = (u16, Vec<u8>)> {
    core::iter::from_fn(move || {
        let header: [u8; 4] = bytes.get(..4)?.try_into().unwrap();
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let value = bytes[4..4 + length].to_vec();
        bytes = &bytes[4 + length..];
        Some((u16::from_be_bytes([header[0], header[1]]), value))
    })
}

/// Two routers, of which the first is monitored and the second announces; the station is connected.
struct Lab {
    net: Net,
    conn: ConnId,
    station: Station,
}

const A: NodeId = 0;
const B: NodeId = 1;

fn target() -> BmpTarget {
    BmpTarget {
        connect: Some(BmpStation { address: "192.0.2.200".parse().unwrap(), port: 5000 }),
        pre_policy: Family::ALL.into(),
        post_policy: Family::ALL.into(),
        stats_interval: None,
    }
}

impl Lab {
    fn new(target: BmpTarget) -> Lab {
        let mut net = Net::new(7);
        net.add(
            config(65_001, A, &[]),
            policy("prefix-lists: {some: {entries: [{seq: 5, action: permit, prefix: 192.0.2.0/24}]}}"),
        );
        net.nodes[A].bgp.set_wall_clock(Some(1_700_000_000));
        net.add(config(65_002, B, &NETWORKS), Policy::default());
        peer(&mut net, A, B);
        net.until(secs(5), "a has everything", |n| NETWORKS.iter().all(|p| n.has(A, p)));
        net.change(A, |c| drop(c.bmp.insert("T".into(), target)));
        let conn = connect(&mut net);
        let mut lab = Lab { net, conn, station: Station::default() };
        lab.established();
        lab
    }

    fn established(&mut self) {
        let ends = ["10.0.0.1:33000".parse().unwrap(), "192.0.2.200:5000".parse().unwrap()];
        self.net.nodes[A].bgp.handle_connected(self.net.now, self.conn, ends[0], ends[1]);
    }

    /// The station reads everything there is, in pieces of this size.
    fn read(&mut self, room: usize) {
        loop {
            let mut out = BytesMut::new();
            self.net.nodes[A].bgp.fill(self.net.now, self.conn, room, &mut out);
            assert!(out.len() <= room);
            if out.is_empty() {
                return;
            }
            self.station.read(&out);
        }
    }

    /// Time passes, then the station reads.
    fn run(&mut self, seconds: u64) {
        self.net.run(secs(seconds));
        self.read(4096);
    }
}

/// The connection that is wanted of the world.
fn connect(net: &mut Net) -> ConnId {
    match net.nodes[A].bgp.poll_socket() {
        Some(Socket::Connect(connect)) => {
            assert!(connect.conn.owner >= ConnId::BMP);
            assert_eq!(connect.remote, "192.0.2.200:5000".parse().unwrap());
            connect.conn
        }
        other => panic!("{other:?} is no connection"),
    }
}

#[test]
fn a_station_is_told_who_we_are_who_is_up_and_all_routes_and_then_that_this_is_all() {
    let mut lab = Lab::new(target());
    lab.read(7);
    let station = &lab.station;
    assert_eq!(station.system[1], (2, "10.255.0.1".to_owned()));
    assert!(station.system[0].1.starts_with("routerd "));
    assert_eq!(station.kinds[..2], [4, 3]);
    assert_eq!(station.up.values().collect::<Vec<_>>(), [&65_002]);
    assert_eq!(station.knows(false), NETWORKS);
    assert_eq!(station.knows(true), NETWORKS);
    let peer = *station.up.keys().next().unwrap();
    assert_eq!(station.ends, [(peer, false, Family::Ipv4), (peer, true, Family::Ipv4)]);
    let stamps = &station.stamps;
    assert!(stamps.iter().all(|s| (1_700_000_000..1_700_000_100).contains(s)), "{stamps:?}");
    let said = station.kinds.len();
    lab.run(100);
    assert_eq!(lab.station.kinds.len(), said, "nothing is said while nothing changes");
}

#[test]
fn changes_are_told_as_they_come() {
    let mut lab = Lab::new(target());
    lab.read(4096);
    lab.net.change(B, |c| {
        drop(c.families.get_mut(&Family::Ipv4).unwrap().networks.remove(&NETWORKS[1].parse().unwrap()))
    });
    lab.run(5);
    assert_eq!(lab.station.knows(false), [NETWORKS[0], NETWORKS[2]]);
    assert_eq!(lab.station.knows(true), [NETWORKS[0], NETWORKS[2]]);
    let back = config(65_002, B, &NETWORKS).families;
    lab.net.change(B, |c| c.families = back);
    lab.run(5);
    assert_eq!(lab.station.knows(true), NETWORKS);
}

#[test]
fn what_policy_rejects_is_told_before_policy_only() {
    let mut lab = Lab::new(target());
    lab.read(4096);
    lab.net.change(A, |c| {
        let filter = NeighborFamily { prefix_list_in: Some("some".into()), ..NeighborFamily::default() };
        c.neighbors.values_mut().for_each(|n| drop(n.families.insert(Family::Ipv4, filter.clone())));
    });
    lab.run(5);
    assert_eq!(lab.station.knows(false), NETWORKS);
    assert_eq!(lab.station.knows(true), [NETWORKS[0]]);
}

#[test]
fn a_station_that_wants_one_side_of_one_family_is_told_no_more() {
    let wanted = BmpTarget { pre_policy: BTreeSet::new(), post_policy: [Family::Ipv4].into(), ..target() };
    let mut lab = Lab::new(wanted);
    lab.read(4096);
    assert_eq!(lab.station.knows(false), [""; 0]);
    assert_eq!(lab.station.knows(true), NETWORKS);
    assert_eq!(lab.station.ends.len(), 1);
}

#[test]
fn a_peer_that_goes_is_told_with_the_notification_and_one_that_comes_back_with_its_routes() {
    let mut lab = Lab::new(target());
    lab.read(4096);
    lab.net.change(B, |c| {
        c.neighbors.values_mut().for_each(|n| n.shutdown = Some(Default::default()));
    });
    lab.run(5);
    assert!(lab.station.up.is_empty());
    let (reason, data) = lab.station.downs.pop().unwrap();
    // Both can keep routes over a notification, so a shutdown leaves inside a Hard Reset (RFC 8538).
    assert_eq!((reason, data[18], &data[19..23]), (3, 3, &[6, 9, 6, 2][..]), "the peer's Cease");
    lab.net.change(B, |c| c.neighbors.values_mut().for_each(|n| n.shutdown = None));
    lab.run(130);
    assert_eq!(lab.station.knows(false), NETWORKS);
    let key = lab.net.nodes[A].bgp.config().neighbors.keys().next().cloned();
    lab.net.change(A, |c| drop(c.neighbors.remove(&key.unwrap())));
    lab.run(5);
    let (reason, data) = lab.station.downs.pop().unwrap();
    assert_eq!((reason, &data[19..23]), (1, &[6, 9, 6, 3][..]), "our Cease");
}

#[test]
fn a_link_that_fails_is_told_without_a_notification() {
    let mut lab = Lab::new(target());
    lab.read(4096);
    lab.net.set_link(0, false);
    lab.run(1);
    assert_eq!(lab.station.downs, [(2, vec![0, 0])]);
    assert_eq!(lab.station.knows(false), [""; 0]);
}

#[test]
fn a_peer_that_fell_and_rose_before_the_station_read_is_told_down_and_up() {
    let mut lab = Lab::new(target());
    lab.read(4096);
    for _ in 0..5 {
        lab.net.set_link(0, false);
        lab.net.run(secs(1));
        lab.net.set_link(0, true);
        lab.net.run(secs(200));
    }
    lab.read(4096);
    assert_eq!(lab.station.downs.len(), 1, "what the station missed is not repeated");
    assert_eq!(lab.station.up.len(), 1);
    assert_eq!(lab.station.knows(true), NETWORKS);
}

#[test]
fn numbers_are_told_at_every_interval_and_not_piled_up() {
    let mut lab = Lab::new(BmpTarget { stats_interval: Some(10_000), ..target() });
    lab.read(4096);
    let count = |lab: &Lab| lab.station.kinds.iter().filter(|k| **k == 1).count();
    assert_eq!(count(&lab), 0);
    lab.run(11);
    assert_eq!(count(&lab), 1);
    lab.run(100);
    assert_eq!(count(&lab), 2, "a station that did not read is told once");
    assert_eq!(lab.station.stats[&7], 3u64.to_be_bytes());
    assert_eq!(lab.station.stats[&9], [&[0, 1, 1][..], &3u64.to_be_bytes()].concat());
}

#[test]
fn the_last_message_is_termination() {
    let mut lab = Lab::new(target());
    lab.read(4096);
    lab.net.nodes[A].bgp.shutdown(lab.net.now);
    lab.read(10);
    assert_eq!(lab.station.kinds.last(), Some(&5));
    assert!(lab.station.up.is_empty());
    let mut closed = false;
    while let Some(socket) = lab.net.nodes[A].bgp.poll_socket() {
        closed |= matches!(socket, Socket::Close { conn, reset: false } if conn == lab.conn);
    }
    assert!(closed);
}

#[test]
fn a_target_that_is_removed_is_terminated_too() {
    let mut lab = Lab::new(target());
    lab.read(4096);
    lab.net.change(A, |c| c.bmp.clear());
    lab.read(4096);
    assert_eq!(lab.station.kinds.last(), Some(&5));
    lab.read(4096);
    assert_eq!(lab.station.kinds.iter().filter(|k| **k == 5).count(), 1);
}

#[test]
fn a_station_that_is_lost_is_told_everything_again() {
    let mut lab = Lab::new(target());
    lab.read(100);
    lab.net.nodes[A].bgp.handle_closed(lab.net.now, lab.conn, Closed::Reset);
    let due = lab.net.nodes[A].bgp.next_timeout().unwrap();
    assert!(due <= lab.net.now + secs(30));
    lab.net.now += secs(30);
    lab.net.nodes[A].bgp.handle_timeout(lab.net.now);
    let before = core::mem::replace(&mut lab.conn, connect(&mut lab.net));
    assert_ne!(before, lab.conn);
    lab.established();
    lab.station = Station::default();
    lab.read(4096);
    assert_eq!(lab.station.knows(false), NETWORKS);
}

#[test]
fn a_key_of_a_neighbor_is_its_address_in_the_header() {
    let mut lab = Lab::new(target());
    lab.read(4096);
    let keys: Vec<PeerKey> = lab.net.nodes[A].bgp.config().neighbors.keys().cloned().collect();
    let told: Vec<PeerKey> = lab.station.up.keys().map(|a| PeerKey::Address(*a)).collect();
    assert_eq!(keys, told);
}
