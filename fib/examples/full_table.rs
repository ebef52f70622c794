//! A full Internet table through RIB and FIB, as BGP would bring it: announced over 64 gateways that resolve through
//! an IGP, one path moved, all withdrawn. Prints how long each took and what is held.
//!
//! `cargo run --release -p fib --example full_table`; the table is read from `ROUTERD_PREFIXES` or `../shared/data`.

#![allow(clippy::disallowed_methods, reason = "measuring time is what this is for")]

use fib::{Fib, Instant, NextHop, PortId, Prefix, Protocol, Rib, Route, Source, TableId, Target};
use std::io::Read;
use std::net::IpAddr;
use std::path::PathBuf;

const GATEWAYS: usize = 64;

fn main() {
    let Some(prefixes) = read_prefixes() else {
        println!("skipped: no table");
        return;
    };
    let (mut rib, mut fib) = (Rib::new(), Fib::new());
    let igp = Source::new(Protocol::Ospf, 1);
    let bgp = Source::new(Protocol::Bgp, 0);
    let announce = |rib: &mut Rib, source: Source, prefix, hop| {
        let route = Route::new(source.protocol, Target::Via(vec![hop]));
        rib.announce(Instant::ZERO, TableId::MAIN, source, prefix, route);
    };
    for port in [1, 2] {
        rib.set_port_up(PortId(port), true);
        let network = Prefix::new(IpAddr::from([10, 0, port as u8, 0]), 24);
        announce(&mut rib, Source::new(Protocol::Connected, port), network, NextHop::port(PortId(port)));
    }
    let loopbacks = Prefix::new(IpAddr::from([192, 168, 0, 0]), 24);
    announce(&mut rib, igp, loopbacks, NextHop::via([10, 0, 1, 2].into()));
    settle(&mut rib, &mut fib);

    let gateways: Vec<IpAddr> = (1..=GATEWAYS).map(|g| IpAddr::from([192, 168, 0, g as u8])).collect();
    timed("announced", || {
        for (prefix, gateway) in prefixes.iter().zip(gateways.iter().cycle()) {
            announce(&mut rib, bgp, *prefix, NextHop::via(*gateway));
        }
    });
    timed("settled and committed", || settle(&mut rib, &mut fib));
    println!("{:?}", rib.totals());
    timed("IGP path moved", || {
        announce(&mut rib, igp, loopbacks, NextHop::via([10, 0, 2, 2].into()));
        settle(&mut rib, &mut fib);
    });
    timed("IGP path lost: every prefix goes", || {
        rib.withdraw(TableId::MAIN, igp, loopbacks);
        settle(&mut rib, &mut fib);
    });
    timed("and comes back", || {
        announce(&mut rib, igp, loopbacks, NextHop::via([10, 0, 1, 2].into()));
        settle(&mut rib, &mut fib);
    });
    timed("withdrawn", || {
        prefixes.iter().for_each(|p| rib.withdraw(TableId::MAIN, bgp, *p));
        settle(&mut rib, &mut fib);
    });
    println!("{:?}, {} in the FIB", rib.totals(), fib.snapshot().len(TableId::MAIN));
}

fn settle(rib: &mut Rib, fib: &mut Fib) {
    let mut changes = 0;
    loop {
        let more = rib.settle(10_000);
        while let Some(change) = rib.poll_change() {
            fib.handle_change(&change);
            changes += 1;
        }
        if !more {
            break;
        }
    }
    fib.commit();
    println!("  {changes} changes");
}

fn timed(what: &str, run: impl FnOnce()) {
    let start = std::time::Instant::now();
    run();
    println!("{what}: {:.3} s", start.elapsed().as_secs_f64());
}

fn read_prefixes() -> Option<Vec<Prefix>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/prefixes.txt.gz");
    let path = std::env::var_os("ROUTERD_PREFIXES").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).ok()?).read_to_string(&mut text).ok()?;
    Some(text.lines().filter_map(|line| line.parse().ok()).collect())
}
