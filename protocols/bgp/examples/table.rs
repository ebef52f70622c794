//! What a table of Internet size takes, in bytes and nanoseconds: 900,000 IPv4 and 160,000 IPv6 prefixes from one peer, then
//! from a second one, then the first one goes.
//!
//!     cargo run --release -p bgp --example table
#![allow(clippy::print_stdout, reason = "it measures, and says what it measured")]

use bgp::attrs::{AttrId, Local};
use bgp::settings::PeerKind;
use bgp::table::{From, PeerInfo, Table, Track};
use bgp::{Family, PeerIx};
use core::net::{Ipv4Addr, Ipv6Addr};
use fib::rib::Reach;
use fib::tables::Resolved;
use fib::{Instant, Prefix, Protocol};
use policy::bgp::{AsPath, Attributes, Origin, Segment, SegmentKind};
use std::sync::Arc;

const V4: u32 = 900_000;
const V6: u32 = 160_000;
/// Prefixes that share an attribute set, on average.
const SHARED: u32 = 5;

fn main() {
    let mut table = Table::new(1);
    let prefixes = prefixes();
    for peer in [1, 2] {
        let number = Ipv4Addr::new(10, 0, 0, peer);
        let info = PeerInfo {
            kind: PeerKind::External,
            router_id: number,
            address: number.into(),
            asn: 65000 + u32::from(peer),
            client: [false; 2],
            connected: false,
        };
        table.set_peer(PeerIx(peer.into()), info);
        let sets = sets(&mut table, peer);
        feed(&mut table, PeerIx(peer.into()), &prefixes, &sets);
    }
    let start = cpu();
    table.forget_peer(PeerIx(1));
    let told = settle(&mut table);
    println!("peer 1 goes: {told} changes, {} ms", (cpu() - start) / 1_000_000);
    table.forget_peer(PeerIx(2));
    let start = cpu();
    let told = settle(&mut table);
    println!("peer 2 goes: {told} changes, {} ms; {:?}", (cpu() - start) / 1_000_000, table.memory());
}

/// Nanoseconds this process has computed (Linux).
fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// In an order that is neither sorted nor random: runs of neighbors, as in real UPDATEs.
fn prefixes() -> Vec<Prefix> {
    let mut rng = proto::Rng::new(7);
    let mut all = Vec::new();
    let mut v4 = std::collections::BTreeSet::new();
    while (v4.len() as u32) < V4 {
        let len = [24, 24, 24, 24, 24, 24, 23, 22, 22, 21, 20, 19, 18, 16][rng.below(14) as usize];
        let addr = Ipv4Addr::from_bits(0x0100_0000 + (rng.bits() % 0xdf00_0000) as u32);
        v4.insert(Prefix::new(addr.into(), len));
    }
    let mut v6 = std::collections::BTreeSet::new();
    while (v6.len() as u32) < V6 {
        let len = [32, 36, 40, 44, 48, 48, 48][rng.below(7) as usize];
        let addr = 0x2000 << 112 | u128::from(rng.bits()) << 60;
        v6.insert(Prefix::new(Ipv6Addr::from_bits(addr).into(), len));
    }
    all.extend(v4);
    all.extend(v6);
    // Runs of 16 stay together.
    let mut runs: Vec<&[Prefix]> = all.chunks(16).collect();
    for i in (1..runs.len()).rev() {
        runs.swap(i, rng.below(i as u64 + 1) as usize);
    }
    runs.concat()
}

fn sets(table: &mut Table, peer: u8) -> Vec<AttrId> {
    let mut rng = proto::Rng::new(3);
    (0..(V4 + V6) / SHARED)
        .map(|n| {
            let asns = (0..2 + rng.below(4)).map(|_| 1 + rng.below(400_000) as u32).collect();
            let attributes = Attributes {
                origin: Origin::Igp,
                as_path: AsPath { segments: vec![Segment { kind: SegmentKind::Sequence, asns }] },
                next_hop: Ipv4Addr::new(10, 0, 0, peer).into(),
                med: Some(n),
                ..Attributes::default()
            };
            table.attrs.intern_attributes(&attributes, Local::default())
        })
        .collect()
}

fn feed(table: &mut Table, peer: PeerIx, prefixes: &[Prefix], sets: &[AttrId]) {
    let before = table.memory();
    let start = cpu();
    let mut told = 0;
    for (index, prefix) in prefixes.iter().enumerate() {
        let id = sets[index / SHARED as usize % sets.len()];
        table.attrs.hold(id);
        table.update(Instant::from_secs(1), *prefix, From::peer(peer), id, Ok(id));
        // As it happens between sockets: a few thousand come, then they are decided on.
        if index % 4096 == 0 {
            told += settle(table);
        }
    }
    told += settle(table);
    let took = cpu() - start;
    for id in sets {
        table.attrs.release(*id);
    }
    let (now, count) = (table.memory(), prefixes.len());
    println!("peer {}: {told} changes, {} ms, {} ns a prefix", peer.0, took / 1_000_000, took / count as u64);
    println!(
        "  more memory a prefix: {:.1} bytes of destinations, {:.1} of paths, {:.1} of attributes, {:.1} of next hops",
        more(now.destinations, before.destinations, count),
        more(now.paths, before.paths, count),
        more(now.attributes, before.attributes, count),
        more(now.next_hops, before.next_hops, count),
    );
    println!(
        "  {} IPv4 and {} IPv6 prefixes",
        table.prefix_count(Family::Ipv4),
        table.prefix_count(Family::Ipv6)
    );
}

fn more(now: usize, before: usize, count: usize) -> f64 {
    (now as f64 - before as f64) / count as f64
}

fn settle(table: &mut Table) -> usize {
    let mut told = 0;
    loop {
        while let Some(track) = table.poll_track() {
            if let Track::Start(addr) = track {
                let resolved = Arc::new(Resolved::Via(Vec::new()));
                let prefix = Prefix::new(addr, 24);
                let reach = Reach { prefix, protocol: Protocol::Connected, distance: 0, metric: 0, resolved };
                table.set_reach(addr, Some(reach));
            }
        }
        let more = table.decide(4096);
        while let Some(change) = table.poll_change() {
            told += usize::from(change.best);
            let _ = table.best_used(change.family, change.dest);
        }
        if !more {
            return told;
        }
    }
}
