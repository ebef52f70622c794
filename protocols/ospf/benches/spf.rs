//! The routing table calculation on a grid of 100 x 100 routers with links of varied costs and a host route each, from
//! a corner: the whole of it after a link's cost changed far away, then parts of it, alone and beside 100,000
//! externals. Milliseconds, best and median of the rounds, one core.
//!
//! `cargo bench -p ospf --bench spf`

#![allow(clippy::unwrap_used, reason = "a benchmark's constants parse or it ends")]
#![allow(clippy::disallowed_methods, reason = "measuring time is what this is for")]

use bytes::Bytes;
use fib::{Instant, PortId};
use ospf::AreaId;
use ospf::config::AbrType;
use ospf::lsdb::{Entry, Lsdb, Scope};
use ospf::spf::{AreaView, Root, RootLink, Settings, Spf};
use ospf::wire::lsa::{external_body, flags, router_body, summary_body};
use ospf::wire::{External, Kind, Link, LinkKind, Lsa, LsaKey, RouterId};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

const AREA: Scope = Scope::Area(AreaId::BACKBONE);

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let quick = !std::env::args().any(|a| a == "--bench");
    let (side, externals, rounds) = if quick { (10, 100, 2) } else { (100, 100_000, 101) };
    let mut grid = Grid::new(side);
    let routers = side * side;

    let start = std::time::Instant::now();
    grid.run();
    report(&format!("{routers} routers read and calculated, once"), &mut [start.elapsed()]);
    assert_eq!(grid.spf.routes().len(), routers as usize);

    let far = routers - side / 2;
    report("full: a link changed", &mut grid.rounds(rounds, |grid, n| grid.router(far, 1 + n as u16 % 7, 0)));
    report("full: all is noted", &mut grid.rounds(rounds, |grid, _| grid.spf.note_all()));
    let stub = |grid: &mut Grid, n: u32| grid.router(far, 1, n);
    report("partial: a stub link", &mut grid.rounds(rounds, stub));
    let summary = |grid: &mut Grid, n: u32| grid.summary(far, n);
    report("partial: a summary", &mut grid.rounds(rounds, summary));

    let start = std::time::Instant::now();
    (0..externals).for_each(|n| grid.external(far, n, 20));
    let noted = start.elapsed();
    grid.run();
    report(&format!("{externals} externals built, stored and noted"), &mut [noted]);
    report(&format!("{externals} externals calculated"), &mut [start.elapsed() - noted]);
    assert_eq!(grid.spf.routes().len(), (routers + externals) as usize + 1);

    println!("beside {externals} externals:");
    let external = |grid: &mut Grid, n: u32| grid.external(far, n % externals, 21 + n / externals);
    report("partial: an external", &mut grid.rounds(rounds, external));
    report("partial: a stub link", &mut grid.rounds(rounds, stub));
    // A link beside the root's corner, the way to the boundary router staying as it is.
    let aside = |grid: &mut Grid, n: u32| grid.router(side - 1, 100 + n as u16 % 7, 0);
    report("full: a link changed", &mut grid.rounds(rounds, aside));
    let asbr = |grid: &mut Grid, n: u32| grid.router(far, 1 + n as u16 % 7, 0);
    report("full: and the way to their router", &mut grid.rounds(rounds.min(11), asbr));
}

fn report(label: &str, times: &mut [Duration]) {
    times.sort();
    let ms = |d: Duration| d.as_secs_f64() * 1e3;
    println!("{label:40} {:9.3} {:9.3}", ms(times[0]), ms(times[times.len() / 2]));
}

struct Grid {
    side: u32,
    lsdb: Lsdb,
    spf: Spf,
    root: Root,
    sequence: i32,
}

impl Grid {
    fn new(side: u32) -> Grid {
        let view = AreaView { active: true, adjacent: true, ..AreaView::default() };
        let areas = BTreeMap::from([(AreaId::BACKBONE, view)]);
        let root = Root { router: id(0), links: BTreeMap::new(), areas };
        let mut grid = Grid { side, lsdb: Lsdb::default(), spf: Spf::default(), root, sequence: 0 };
        (0..side * side).for_each(|n| grid.router(n, 0, 0));
        let link = |(i, link): (usize, Link)| {
            let neighbor = (link.kind == LinkKind::PointToPoint).then_some(link.id);
            RootLink { link, port: PortId(i as u32), neighbor }
        };
        let links = grid.links(0, 0, 0).into_iter().enumerate().map(link).collect();
        grid.root.links.insert(AreaId::BACKBONE, links);
        grid
    }

    /// What router `n` says: links to its neighbors, each `more` expensive than usual, and its host route.
    fn links(&self, n: u32, more: u16, stub: u32) -> Vec<Link> {
        let (x, y, last) = (n % self.side, n / self.side, self.side - 1);
        let mut links = Vec::new();
        let mut to = |m: u32| {
            let metric = more + 1 + (n.min(m).wrapping_mul(0x9e37_79b1) >> 28) as u16;
            links.push(Link { kind: LinkKind::PointToPoint, id: id(m), data: id(m | 0x10000), metric });
        };
        (x < last).then(|| to(n + 1));
        (x > 0).then(|| to(n - 1));
        (y < last).then(|| to(n + self.side));
        (y > 0).then(|| to(n - self.side));
        let metric = (stub % 50) as u16;
        links.push(Link { kind: LinkKind::Stub, id: id(n), data: Ipv4Addr::BROADCAST, metric });
        links
    }

    fn router(&mut self, n: u32, more: u16, stub: u32) {
        let key = LsaKey { kind: Kind::Router, id: id(n), router: id(n) };
        let body = router_body(flags::B | flags::E, &self.links(n, more, stub));
        // Only some are border routers.
        let body =
            if n % self.side == self.side / 2 { body } else { router_body(0, &self.links(n, more, stub)) };
        self.install(AREA, key, body);
    }

    fn summary(&mut self, by: u32, metric: u32) {
        let key = LsaKey { kind: Kind::Summary, id: Ipv4Addr::new(192, 0, 2, 0), router: id(by) };
        self.install(AREA, key, summary_body(24, metric));
    }

    fn external(&mut self, by: u32, n: u32, metric: u32) {
        let key =
            LsaKey { kind: Kind::External, id: Ipv4Addr::from_bits(0x2000_0000 + n * 256), router: id(by) };
        let external = External { len: 24, type2: true, metric, forward: Ipv4Addr::UNSPECIFIED, tag: 0 };
        self.install(Scope::As, key, external_body(&external));
    }

    fn install(&mut self, scope: Scope, key: LsaKey, body: Bytes) {
        self.sequence += 1;
        let lsa = Lsa::build(key, 2, self.sequence, &body);
        let entry = Entry { lsa, installed: Instant::ZERO, own: false, flooded: false };
        let old = self.lsdb.insert(scope, entry);
        let new = self.lsdb.get(scope, &key).map(|e| &e.lsa);
        self.spf.note(scope, key, old.as_ref().map(|e| &e.lsa), new);
    }

    fn run(&mut self) -> usize {
        let settings = Settings { maximum_paths: 64, rfc1583_compatible: false, abr_type: AbrType::Cisco };
        self.spf.run(Instant::ZERO, &self.lsdb, &self.root, &settings).len()
    }

    /// The time of each run; what leads to it is not measured.
    fn rounds(&mut self, rounds: u32, change: impl Fn(&mut Grid, u32)) -> Vec<Duration> {
        let round = |n: u32| {
            change(self, n + 1);
            let start = std::time::Instant::now();
            std::hint::black_box(self.run());
            start.elapsed()
        };
        (0..rounds).map(round).collect()
    }
}

fn id(n: u32) -> RouterId {
    Ipv4Addr::from_bits(0x0a00_0000 + n)
}
