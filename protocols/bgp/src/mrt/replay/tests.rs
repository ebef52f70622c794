//! Records of FRR, and records made for it, run again.

use super::{Plan, Replay, Tally};
use crate::mrt::{Body, Entry, Message, Peer, PeerTable, Record, Rib, Session, StateChange};
use crate::show::{EntryQuery, SummaryQuery, Which};
use crate::wire::attribute::{Code, flag, put};
use crate::wire::{Codec, Notification, Writer};
use crate::{Bgp, Family};
use bytes::BytesMut;
use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;
use policy::Policy;
use std::sync::Arc;

const FRR_TABLE: &[u8] = include_bytes!("../../../tests/mrt/frr-rib.mrt");
const FRR_ALL: &[u8] = include_bytes!("../../../tests/mrt/frr-all.mrt");

/// When the records made here begin.
const START: u32 = 1_700_000_000;

fn run(files: &[&[u8]], until: Option<u32>) -> Replay {
    let mut plan = Plan::default();
    files.iter().for_each(|file| plan.read(file));
    assert_eq!(plan.faults(), []);
    let (config, policies) = plan.config(None);
    let mut replay = Replay::new(plan, config, Arc::new(Policy::new(policies)), 7);
    replay.run(until);
    replay
}

/// The accepted paths of a prefix: AS path, path identifier, and `*` for the best.
fn paths(replay: &Replay, prefix: &str) -> Vec<String> {
    let prefix: Prefix = prefix.parse().unwrap();
    let family = Family::of(prefix.is_v4());
    let query = EntryQuery { family, prefix, exact: true, which: Which::All };
    let entry = replay.bgp().show_entry(replay.now(), &query);
    let Some(found) = entry.found else { return Vec::new() };
    // Best first.
    let line = |(at, path): &(u32, crate::show::PathView)| {
        let best = if found.best == Some(*at) { "*" } else { "" };
        format!("{best}{}#{}", path.as_path, path.row.path_id.unwrap_or(0))
    };
    found.paths.iter().map(line).collect()
}

fn prefixes(bgp: &Bgp, family: Family) -> Vec<String> {
    bgp.table().after(family, None).map(|(prefix, _)| prefix.to_string()).collect()
}

/// A recording that is made up.
#[derive(Default)]
struct Tape(Vec<u8>);

fn peer(n: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, n).into()
}

fn session(n: u8, as4: bool) -> Session {
    let local = Ipv4Addr::new(192, 0, 2, 100).into();
    Session { as4, peer_as: 65_000 + u32::from(n), local_as: 64_999, interface: 0, peer: peer(n), local }
}

/// The attributes of a route over `path`.
fn attributes(next_hop: u8, path: &[u32], as4: bool) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, flag::TRANSITIVE, Code::Origin as u8, &[0]);
    let mut segment = vec![2, u8::try_from(path.len()).unwrap()];
    for asn in path {
        match as4 {
            true => segment.extend(asn.to_be_bytes()),
            false => segment.extend(u16::try_from(*asn).unwrap().to_be_bytes()),
        }
    }
    put(&mut out, flag::TRANSITIVE, Code::AsPath as u8, &segment);
    put(&mut out, flag::TRANSITIVE, Code::NextHop as u8, &[192, 0, 2, next_hop]);
    out
}

impl Tape {
    fn record(mut self, after: u32, body: Body) -> Tape {
        Record { at: START + after, micros: None, body }.encode(&mut self.0);
        self
    }

    fn message(self, after: u32, n: u8, as4: bool, add_path: bool, bytes: &[u8]) -> Tape {
        let body = Message { session: session(n, as4), add_path, bytes: bytes.to_vec() };
        self.record(after, Body::Message(body))
    }

    fn say(self, after: u32, n: u8, id: Option<u32>, prefix: &str, path: &[u32]) -> Tape {
        let codec = Codec {
            as4: true,
            extended_message: false,
            add_path_rx: [false; 2],
            add_path_tx: [id.is_some(); 2],
            extended_nexthop: false,
        };
        let mut bytes = BytesMut::new();
        let route = [(id.unwrap_or(0), prefix.parse().unwrap())];
        Writer::new(codec, Family::Ipv4).announce(&mut bytes, &attributes(n, path, true), route).unwrap();
        self.message(after, n, true, id.is_some(), &bytes)
    }

    fn state(self, after: u32, n: u8, old: u16, new: u16) -> Tape {
        self.record(after, Body::State(StateChange { session: session(n, true), old, new }))
    }
}

#[test]
fn what_frr_recorded_comes_out_as_frr_had_it() {
    let up = run(&[FRR_ALL], Some(1_795_661_300));
    assert_eq!(up.tally(), Tally { updates: 6, routes: 0, sessions: 2, refused: 0 });
    let v4 = ["0.0.0.0/0", "10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/25"];
    assert_eq!(prefixes(up.bgp(), Family::Ipv4), v4);
    assert_eq!(prefixes(up.bgp(), Family::Ipv6), ["2001:db8:1::/48", "2001:db8:2::/48"]);
    assert_eq!(paths(&up, "198.51.100.0/25"), ["*4200000001 4200000002 65001#0"]);
    let summary = up.bgp().show_summary(up.now(), &SummaryQuery::default());
    assert_eq!(summary.families.iter().map(|f| f.peers).collect::<Vec<_>>(), [1, 1]);
    // The peer went away at 1795661328.
    let down = run(&[FRR_ALL], None);
    assert_eq!(prefixes(down.bgp(), Family::Ipv4), [] as [&str; 0]);
}

#[test]
fn a_table_of_frr_comes_out_with_the_routes_of_its_peers_and_its_own() {
    let replay = run(&[FRR_TABLE], None);
    assert_eq!(paths(&replay, "10.0.0.0/8"), ["*4200000001 4200000002 65001#0"]);
    assert_eq!(paths(&replay, "2001:db8:2::/48"), ["*4200000001 4200000002 65001#0"]);
    assert_eq!(paths(&replay, "192.0.2.0/24"), ["*#0"], "its own");
    assert_eq!(replay.tally().routes, 4);
    assert_eq!(replay.unix(), 1_795_661_355);
}

#[test]
fn time_is_that_of_the_record_and_equal_paths_go_by_who_came_first() {
    let tape = Tape::default()
        .say(0, 2, None, "203.0.113.0/24", &[65_002, 65_100])
        .say(50, 1, None, "203.0.113.0/24", &[65_001, 65_100])
        .say(100, 1, None, "198.51.100.0/24", &[65_001]);
    let replay = run(&[&tape.0], None);
    // Peer 1 has the lower router id; peer 2 was there before it.
    assert_eq!(paths(&replay, "203.0.113.0/24"), ["*65002 65100#0", "65001 65100#0"]);
    assert_eq!(replay.unix(), u64::from(START) + 100);
    let before = run(&[&tape.0], Some(START + 70));
    assert_eq!(prefixes(before.bgp(), Family::Ipv4), ["203.0.113.0/24"]);
    assert_eq!(before.unix(), u64::from(START) + 70);
}

#[test]
fn path_identifiers_are_read_where_the_record_has_them() {
    let tape = Tape::default()
        .say(0, 1, Some(3), "203.0.113.0/24", &[65_001, 65_100])
        .say(0, 1, Some(9), "203.0.113.0/24", &[65_001, 65_200, 65_100])
        .say(1, 2, None, "203.0.113.0/24", &[65_002, 65_300, 65_100]);
    let replay = run(&[&tape.0], None);
    let mut all = paths(&replay, "203.0.113.0/24");
    all.sort();
    assert_eq!(all, ["*65001 65100#3", "65001 65200 65100#9", "65002 65300 65100#0"]);
}

#[test]
fn two_octets_of_an_as_are_read_where_the_record_has_them() {
    let mut bytes = BytesMut::new();
    let codec = Codec {
        as4: false,
        extended_message: false,
        add_path_rx: [false; 2],
        add_path_tx: [false; 2],
        extended_nexthop: false,
    };
    let prefix = "203.0.113.0/24".parse().unwrap();
    let set = attributes(1, &[65_001, 4_200_000_000], true);
    Writer::new(codec, Family::Ipv4).announce(&mut bytes, &set, [(0, prefix)]).unwrap();
    let replay = run(&[&Tape::default().message(0, 1, false, false, &bytes).0], None);
    assert_eq!(paths(&replay, "203.0.113.0/24"), ["*65001 4200000000#0"]);
}

#[test]
fn a_session_ends_with_its_state_its_notification_or_the_next_open() {
    let route = || Tape::default().say(0, 1, None, "203.0.113.0/24", &[65_001]);
    assert_eq!(prefixes(run(&[&route().0], None).bgp(), Family::Ipv4), ["203.0.113.0/24"]);
    let gone = route().state(5, 1, 6, 1);
    assert_eq!(prefixes(run(&[&gone.0], None).bgp(), Family::Ipv4), [] as [&str; 0]);
    let told = route().message(5, 1, true, false, &Notification::shutdown("").encode());
    assert_eq!(prefixes(run(&[&told.0], None).bgp(), Family::Ipv4), [] as [&str; 0]);
    let open = super::open(peer(1), &super::Recorded { asn: 65_001, ..Default::default() }).encode();
    let again = route().message(5, 1, true, false, &open);
    assert_eq!(prefixes(run(&[&again.0], None).bgp(), Family::Ipv4), [] as [&str; 0]);
    // Where states are recorded, an OPEN may be that of a connection that lost against this one.
    let lost = route().state(1, 1, 5, 6).message(5, 1, true, false, &open);
    assert_eq!(prefixes(run(&[&lost.0], None).bgp(), Family::Ipv4), ["203.0.113.0/24"]);
}

#[test]
fn a_session_that_comes_and_goes_is_there_whenever_it_was() {
    let mut tape = Tape::default();
    for flap in 0..6 {
        tape = tape.state(flap * 2, 1, 5, 6).say(flap * 2, 1, None, "203.0.113.0/24", &[65_001]).state(
            flap * 2 + 1,
            1,
            6,
            1,
        );
    }
    let back = tape.state(12, 1, 5, 6).say(12, 1, None, "198.51.100.0/24", &[65_001]);
    let replay = run(&[&back.0], None);
    assert_eq!(prefixes(replay.bgp(), Family::Ipv4), ["198.51.100.0/24"]);
    assert_eq!(replay.tally(), Tally { updates: 7, routes: 0, sessions: 7, refused: 0 });
}

#[test]
fn a_table_and_the_updates_behind_it_are_one_record() {
    let table = PeerTable {
        collector: Ipv4Addr::new(192, 0, 2, 100),
        view: String::new(),
        peers: vec![Peer { router_id: Ipv4Addr::new(1, 1, 1, 1), address: peer(1), asn: 65_001 }],
    };
    let entry = |path: &[u32], originated: u32| Entry {
        peer: 0,
        originated,
        path_id: 0,
        attributes: attributes(1, path, true),
    };
    let rib = |sequence, prefix: &str, entry| Rib {
        sequence,
        prefix: prefix.parse().unwrap(),
        add_path: false,
        entries: vec![entry],
    };
    let table = Tape::default()
        .record(0, Body::Peers(table))
        .record(0, Body::Rib(rib(0, "198.51.100.0/24", entry(&[65_001], START - 900))))
        .record(0, Body::Rib(rib(1, "203.0.113.0/24", entry(&[65_001, 65_009], 0))));
    let updates = Tape::default().say(60, 1, None, "203.0.113.0/24", &[65_001, 65_005]);
    // The order of the files is of no matter.
    for files in [[&table.0[..], &updates.0], [&updates.0, &table.0]] {
        let replay = run(&files, None);
        assert_eq!(paths(&replay, "198.51.100.0/24"), ["*65001#0"]);
        assert_eq!(paths(&replay, "203.0.113.0/24"), ["*65001 65005#0"]);
        let query = EntryQuery {
            family: Family::Ipv4,
            prefix: "198.51.100.0/24".parse().unwrap(),
            exact: true,
            which: Which::All,
        };
        let entry = replay.bgp().show_entry(replay.now(), &query);
        assert_eq!(entry.found.unwrap().paths[0].1.age_ms, 960_000, "since it was originated");
    }
}

#[test]
fn the_same_record_gives_the_same_to_the_last_byte() {
    let all = || {
        let replay = run(&[FRR_ALL, FRR_TABLE], Some(1_795_661_320));
        let now = replay.now();
        let neighbors = replay.bgp().show_neighbors(now, None, None);
        let summary = replay.bgp().show_summary(now, &SummaryQuery::default());
        format!("{neighbors:?} {summary:?} {:?}", replay.bgp().mrt_page(now, &Default::default()))
    };
    assert_eq!(all(), all());
}

#[test]
fn bytes_that_mean_nothing_are_told_and_the_rest_is_run() {
    let mut tape = Tape::default().say(0, 1, None, "203.0.113.0/24", &[65_001]).0;
    tape.extend([0; 7]);
    let mut plan = Plan::default();
    plan.read(&tape);
    assert_eq!((plan.records(), plan.faults().len()), (1, 1));
}
