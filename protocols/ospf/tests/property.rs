//! Random networks under random cuts, heals, deaths, restarts and cost changes. Whenever all has been quiet for a while the
//! databases of an area are equal, every table is what the graph says, and no packet circles. How long packets would
//! have circled or been lost before that is measured and printed.
//!
//! `ROUTERD_OSPF_SEEDS=N` tries more seeds, from `ROUTERD_OSPF_SEED` on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use fib::{Instant, PortId, Prefix, Target};
use ospf::config::Config;
use ospf::show::Scope;
use ospf::{AreaId, wire};
use petgraph::algo::dijkstra;
use petgraph::graph::{DiGraph, NodeIndex};
use proto::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use support::{Net, with};

/// A cable: which routers, by which of their ports, and what it costs each.
struct Link {
    area: u32,
    ends: Vec<(usize, u32)>,
    prefix: Prefix,
    /// Carrier is gone everywhere.
    down: bool,
    /// Packets are lost without anybody noticing.
    silent: bool,
}

/// Metrics by router and network.
type Table = BTreeMap<(usize, Prefix), u32>;

struct World {
    net: Net,
    configs: Vec<Config>,
    links: Vec<Link>,
    rng: Rng,
    /// The area of a router's stub network, 10.9.N.0/24.
    home: Vec<u32>,
    spent: Spent,
}

/// Router-destination pairs times milliseconds.
#[derive(Debug, Default, PartialEq, Eq, Clone)]
struct Spent {
    looping: u64,
    lost: u64,
    /// Milliseconds in which anything circled, and in which anything was lost that could have arrived.
    any_loop: u64,
    any_loss: u64,
    events: u64,
}

/// A network, its cost, and the routers with their costs that announce it.
type Told = (Prefix, u32, Vec<(usize, u32)>);

impl World {
    fn new(seed: u64) -> World {
        let mut rng = Rng::fork(seed, "world");
        let mut world = World {
            net: Net::new(seed),
            configs: Vec::new(),
            links: Vec::new(),
            rng: Rng::fork(seed, "events"),
            home: Vec::new(),
            spent: Spent::default(),
        };
        let routers = 4 + rng.below(6) as usize;
        let areas = [1, 1, 2, 3][rng.below(4) as usize];
        // Areas 1 and 2 hang on the backbone by routers of the latter.
        for node in 0..routers {
            let area = if node < 3 { 0 } else { node as u64 % areas };
            world.home.push(area as u32);
            let n = node as u8 + 1;
            let id = Ipv4Addr::new(n, n, n, n);
            world.configs.push(Config { router_id: Some(id), ..Config::default() });
        }
        for area in 0..areas as u32 {
            world.draw_area(&mut rng, area);
        }
        for node in 0..routers {
            let config = std::mem::take(&mut world.configs[node]);
            let home = AreaId(world.home[node]);
            let config = with(config, "eth900", |i| (i.area, i.cost) = (Some(home), Some(1)));
            world.configs[node] = config.clone();
            world.net.add(config);
        }
        world.net.weather.jitter = Duration::from_millis(rng.below(4));
        world.plug();
        world
    }

    /// A ring or tree of the area's routers, some chords, and perhaps a LAN.
    fn draw_area(&mut self, rng: &mut Rng, area: u32) {
        let mut inside: Vec<usize> = (0..self.home.len()).filter(|n| self.home[*n] == area).collect();
        if area > 0 {
            // One or two routers of the backbone.
            let first = rng.below(3) as usize;
            inside.push(first);
            if rng.chance(0.7) {
                inside.push((first + 1) % 3);
            }
        }
        for at in 1..inside.len() {
            let other = inside[rng.below(at as u64) as usize];
            self.draw(rng, area, &[inside[at], other], false);
        }
        for _ in 0..rng.below(inside.len() as u64 + 1) {
            let a = inside[rng.below(inside.len() as u64) as usize];
            let b = inside[rng.below(inside.len() as u64) as usize];
            if a != b {
                self.draw(rng, area, &[a, b], false);
            }
        }
        let on: Vec<usize> = inside.iter().copied().filter(|_| rng.chance(0.5)).collect();
        if on.len() > 1 {
            self.draw(rng, area, &on, true);
        }
    }

    fn draw(&mut self, rng: &mut Rng, area: u32, nodes: &[usize], is_lan: bool) {
        let number = self.links.len() as u32 + 1;
        for node in nodes {
            let cost = 1 + rng.below(5) as u16;
            let config = std::mem::take(&mut self.configs[*node]);
            self.configs[*node] = with(config, &format!("eth{number}"), |i| {
                (i.area, i.cost) = (Some(AreaId(area)), Some(cost));
                i.network = (!is_lan).then_some(ospf::config::NetworkType::PointToPoint);
            });
        }
        let prefix = format!("10.1.{number}.0/24").parse().unwrap();
        let ends = nodes.iter().map(|n| (*n, number)).collect();
        self.links.push(Link { area, ends, prefix, down: false, silent: false });
    }

    fn plug(&mut self) {
        for link in &self.links {
            self.net.wire(&link.ends);
        }
        let ends: Vec<(usize, u32)> = self.links.iter().flat_map(|l| l.ends.clone()).collect();
        for (node, number) in ends {
            self.net.port(node, number, &format!("10.1.{number}.{}/24", node + 1));
        }
        for node in 0..self.home.len() {
            self.net.port(node, 900, &format!("10.9.{}.1/24", node + 1));
        }
    }

    /// One thing happens.
    fn event(&mut self) {
        let link = self.rng.below(self.links.len() as u64) as usize;
        let node = self.rng.below(self.home.len() as u64) as usize;
        match self.rng.below(10) {
            0..=2 => {
                let up = self.links[link].down;
                self.links[link].down = !up;
                self.net.carrier(link, up);
            }
            3 | 4 => {
                self.links[link].silent = !self.links[link].silent;
                if self.links[link].silent { self.net.silence(link) } else { self.net.heal(link) }
            }
            5 | 6 if self.net.nodes[node].alive => self.net.kill(node),
            5..=7 if !self.net.nodes[node].alive => self.net.start(node, self.configs[node].clone()),
            _ => {
                let cost = 1 + self.rng.below(9) as u16;
                let (node, port) = self.links[link].ends[0];
                let config = std::mem::take(&mut self.configs[node]);
                self.configs[node] = with(config, &format!("eth{port}"), |i| i.cost = Some(cost));
                if self.net.nodes[node].alive {
                    self.net.apply(node, self.configs[node].clone());
                }
            }
        }
        self.spent.events += 1;
    }

    /// Lets time pass, walking the tables after every instant in which one changed.
    fn pass(&mut self, how_long: Duration) {
        let end = self.net.now + how_long;
        let mut changes = self.net.rib_changes;
        let (mut looping, mut lost) = self.walk();
        loop {
            let before = self.net.now;
            let more = self.net.step(end);
            let now = if more { self.net.now } else { end };
            let ms = (now - before).as_millis() as u64;
            self.spent.looping += ms * looping;
            self.spent.lost += ms * lost;
            self.spent.any_loop += ms * u64::from(looping > 0);
            self.spent.any_loss += ms * u64::from(lost > 0);
            if !more {
                break;
            }
            if self.net.rib_changes != changes {
                changes = self.net.rib_changes;
                (looping, lost) = self.walk();
            }
        }
        self.net.now = end;
    }

    fn is_alive(&self, node: usize) -> bool {
        self.net.nodes[node].alive
    }

    /// Ends of a link that can hear one another.
    fn live_ends(&self, link: &Link) -> Vec<(usize, u32)> {
        if link.down || link.silent {
            return Vec::new();
        }
        link.ends.iter().copied().filter(|(n, _)| self.is_alive(*n)).collect()
    }

    fn cost(&self, node: usize, port: u32) -> u32 {
        self.configs[node].interfaces[&format!("eth{port}")].cost.unwrap().into()
    }

    /// Destinations with their area and the routers on them, each with its cost.
    fn networks(&self) -> Vec<Told> {
        let on_link = |l: &Link| {
            let there = l.ends.iter().filter(|(n, _)| self.is_alive(*n) && !l.down);
            (l.prefix, l.area, there.map(|(n, p)| (*n, self.cost(*n, *p))).collect())
        };
        let links = self.links.iter().map(on_link);
        let homes = (0..self.home.len())
            .filter(|n| self.is_alive(*n))
            .map(|n| (format!("10.9.{}.0/24", n + 1).parse().unwrap(), self.home[n], vec![(n, 1)]));
        links.chain(homes).collect()
    }

    /// The graph of an area: distances between all its routers.
    fn distances(&self, area: u32) -> BTreeMap<(usize, usize), u32> {
        let mut graph: DiGraph<usize, u32> = DiGraph::new();
        let nodes: Vec<NodeIndex> = (0..self.home.len()).map(|n| graph.add_node(n)).collect();
        for link in self.links.iter().filter(|l| l.area == area) {
            let ends = self.live_ends(link);
            for (a, port) in &ends {
                for (b, _) in ends.iter().filter(|(b, _)| b != a) {
                    graph.add_edge(nodes[*a], nodes[*b], self.cost(*a, *port));
                }
            }
        }
        let mut all = BTreeMap::new();
        for from in (0..self.home.len()).filter(|n| self.is_alive(*n)) {
            for (to, cost) in dijkstra(&graph, nodes[from], None, |e| *e.weight()) {
                all.insert((from, graph[to]), cost);
            }
        }
        all
    }

    /// Areas of a router: those of its ports that are up.
    fn areas_of(&self, node: usize) -> BTreeSet<u32> {
        let up = self.links.iter().filter(|l| !l.down && l.ends.iter().any(|(n, _)| *n == node));
        up.map(|l| l.area).chain([self.home[node]]).collect()
    }

    /// What every table is to be (RFC 2328 16.1, 16.2, RFC 3509 section 2), from the graph alone.
    fn oracle(&self) -> Table {
        let areas: BTreeSet<u32> = self.links.iter().map(|l| l.area).chain(self.home.clone()).collect();
        let distances: BTreeMap<u32, _> = areas.iter().map(|a| (*a, self.distances(*a))).collect();
        let alive: Vec<usize> = (0..self.home.len()).filter(|n| self.is_alive(*n)).collect();
        let of: Vec<BTreeSet<u32>> = (0..self.home.len()).map(|n| self.areas_of(n)).collect();
        let is_abr = |n: usize| of[n].len() > 1 && of[n].contains(&0);
        let on_backbone = |n: usize| distances[&0].keys().any(|(a, b)| *a == n && *b != n);
        let abrs = || alive.iter().copied().filter(|n| is_abr(*n));
        let mut table = BTreeMap::new();
        for (prefix, area, on) in self.networks() {
            let within = |u: usize| {
                let cost = |(v, c): &(usize, u32)| distances[&area].get(&(u, *v)).map(|d| d + c);
                on.iter().filter_map(cost).min().filter(|_| of[u].contains(&area))
            };
            // Over the backbone, as the border routers of the area tell it there.
            let over = |u: usize| {
                let tell = |b: usize| Some(distances[&0].get(&(u, b))? + within(b)?);
                abrs().filter(|b| *b != u && area != 0).filter_map(tell).min()
            };
            // What a border router tells in another area.
            let told = |b: usize, into: u32| match within(b) {
                Some(cost) => (area != into).then_some(cost),
                None => over(b),
            };
            for u in &alive {
                let through = |a: u32| {
                    let tell = |b: usize| {
                        let near = of[b].contains(&a).then(|| distances[&a].get(&(*u, b))).flatten()?;
                        Some(near + told(b, a)?)
                    };
                    abrs().filter(|b| b != u).filter_map(tell).min()
                };
                let inter = || match is_abr(*u) && on_backbone(*u) {
                    true => over(*u),
                    false => of[*u].iter().filter_map(|a| if *a == 0 { over(*u) } else { through(*a) }).min(),
                };
                if let Some(cost) = within(*u).or_else(inter) {
                    table.insert((*u, prefix), cost);
                }
            }
        }
        table
    }

    fn attached(&self, node: usize, prefix: Prefix) -> bool {
        let up = self.net.nodes[node].ports.values().filter(|p| p.up);
        up.flat_map(|p| p.addresses.iter()).any(|a| a.network() == prefix)
    }

    /// Where packets for a network may go next from a router: `None` is a hole.
    fn next(&self, node: usize, prefix: Prefix) -> Vec<Option<usize>> {
        let Some(route) = self.net.nodes[node].rib.get(&prefix) else { return vec![None] };
        let Target::Via(hops) = &route.target else { return vec![None] };
        let step = |hop: &fib::NextHop| {
            let (port, gateway) = (hop.port?, hop.gateway?);
            let link = &self.links[usize::try_from(port.0).ok()?.checked_sub(1)?];
            let IpAddr::V4(gateway) = gateway else { return None };
            let ends = self.live_ends(link);
            let here = ends.iter().any(|(n, p)| *n == node && PortId(*p) == port);
            let there = usize::from(gateway.octets()[3]) - 1;
            (here && ends.iter().any(|(n, _)| *n == there)).then_some(there)
        };
        hops.iter().map(step).collect()
    }

    /// What becomes of packets from a router to a network: whether one of them circles, and whether one is lost. A border
    /// router that has lost a part of the backbone has no route by right, though others may lead to it (RFC 3509 2.2): what
    /// is lost there is no fault.
    fn fate(&self, from: usize, prefix: Prefix, expected: &Table) -> (bool, bool) {
        let (mut looping, mut lost) = (false, false);
        let mut paths = vec![(from, vec![from])];
        let mut seen = BTreeSet::new();
        while let Some((node, path)) = paths.pop() {
            if self.attached(node, prefix) {
                continue;
            }
            for next in self.next(node, prefix) {
                match next {
                    None => lost |= expected.contains_key(&(node, prefix)),
                    Some(next) if path.contains(&next) => looping = true,
                    Some(next) if seen.insert((node, next)) => {
                        paths.push((next, path.iter().copied().chain([next]).collect()));
                    }
                    Some(_) => {}
                }
            }
        }
        (looping, lost)
    }

    /// How many router-destination pairs circle now, and how many lose what could arrive.
    fn walk(&self) -> (u64, u64) {
        let expected = self.oracle();
        let (mut looping, mut lost) = (0, 0);
        for (prefix, ..) in self.networks() {
            for from in (0..self.home.len()).filter(|n| self.is_alive(*n) && !self.attached(*n, prefix)) {
                let (circles, is_lost) = self.fate(from, prefix, &expected);
                looping += u64::from(circles);
                lost += u64::from(is_lost && expected.contains_key(&(from, prefix)));
            }
        }
        (looping, lost)
    }

    /// The quiet network is what it must be.
    fn judge(&self, when: &str) {
        self.judge_databases(when);
        let expected = self.oracle();
        for (prefix, ..) in self.networks() {
            for node in (0..self.home.len()).filter(|n| self.is_alive(*n) && !self.attached(*n, prefix)) {
                let found = self.net.nodes[node].rib.get(&prefix).map(|r| r.metric);
                let wanted = expected.get(&(node, prefix)).copied();
                assert_eq!(found, wanted, "{when}: the metric of {prefix} on router {}", node + 1);
                let (circles, lost) = self.fate(node, prefix, &expected);
                assert!(!circles, "{when}: packets of router {} to {prefix} circle", node + 1);
                assert!(!lost || found.is_none(), "{when}: router {} to {prefix} loses", node + 1);
            }
        }
        let known: BTreeSet<Prefix> = self.networks().iter().map(|n| n.0).collect();
        for (n, node) in self.net.nodes.iter().enumerate().filter(|(_, n)| n.alive) {
            let stray: Vec<_> = node.rib.keys().filter(|p| !known.contains(p)).collect();
            assert!(stray.is_empty(), "{when}: router {} has {stray:?}", n + 1);
        }
    }

    /// Routers of an area that reach one another have the same of it, and nothing at MaxAge is left.
    fn judge_databases(&self, when: &str) {
        let areas: BTreeSet<u32> = self.links.iter().map(|l| l.area).collect();
        for area in areas {
            let of_area = |node: usize| {
                let lsas = self.net.lsas(node).into_iter().filter(|l| l.scope == Scope::Area(AreaId(area)));
                lsas.map(|l| (l.key, l.sequence, l.checksum)).collect::<Vec<_>>()
            };
            for ((a, b), _) in self.distances(area) {
                if a < b {
                    assert_eq!(
                        of_area(a),
                        of_area(b),
                        "{when}: area {area} on routers {} and {}",
                        a + 1,
                        b + 1
                    );
                }
            }
        }
        for node in (0..self.home.len()).filter(|n| self.is_alive(*n)) {
            for lsa in self.net.lsas(node) {
                assert!(lsa.age < wire::lsa::MAX_AGE, "{when}: router {} keeps {:?}", node + 1, lsa.key);
            }
            for n in self.net.neighbors(node) {
                assert_eq!(n.retransmits, 0, "{when}: router {} of {}", node + 1, n.router_id);
            }
        }
    }

    fn live(seed: u64) -> World {
        let mut world = World::new(seed);
        world.pass(Duration::from_secs(120));
        world.judge(&format!("seed {seed}, at the start"));
        for round in 0..4 {
            let storms = 1 + world.rng.below(6);
            for _ in 0..storms {
                world.event();
                let pause = if world.rng.chance(0.5) { 500 } else { 45_000 };
                let pause = world.rng.between(Duration::ZERO, Duration::from_millis(pause));
                world.pass(pause);
            }
            world.pass(Duration::from_secs(150));
            world.judge(&format!("seed {seed}, after round {round}"));
        }
        world
    }
}

fn variable(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn whatever_happens_quiet_databases_are_equal_and_tables_are_the_graphs() {
    let first = variable("ROUTERD_OSPF_SEED", 1);
    let mut all = Spent::default();
    let (mut time, mut packets) = (Instant::ZERO, 0);
    for seed in first..first + variable("ROUTERD_OSPF_SEEDS", 60) {
        let world = World::live(seed);
        let spent = &world.spent;
        all.looping += spent.looping;
        all.lost += spent.lost;
        all.any_loop += spent.any_loop;
        all.any_loss += spent.any_loss;
        all.events += spent.events;
        time += world.net.now - Instant::ZERO;
        packets += world.net.log.len();
    }
    println!(
        "{} events in {} virtual seconds, {packets} packets: {} ms with a transient loop ({} pair-ms), \
         {} ms with something lost that could arrive ({} pair-ms), dead intervals included",
        all.events,
        time.as_secs(),
        all.any_loop,
        all.looping,
        all.any_loss,
        all.lost
    );
    assert!(all.any_loop < 1_000 * all.events, "packets circle for more than a second an event");
}

#[test]
fn equal_seeds_put_equal_packets_on_the_wires_and_others_do_not() {
    let logs: Vec<_> = [5, 5, 6].into_iter().map(|seed| World::live(seed).net.log).collect();
    assert!(!logs[0].is_empty());
    assert!(logs[0] == logs[1]);
    assert!(logs[0] != logs[2]);
}
