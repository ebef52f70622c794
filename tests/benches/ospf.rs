//! What OSPF costs in one process: labs of many routers from nothing to tables at rest, then without one link; and
//! 100,000 external LSAs on their way from one router to another. Prints a table of CPU time (not what a clock on the
//! wall says), virtual time and memory. `cargo test --bench ospf` runs small ones only.
//!
//! `cargo bench --package tests --bench ospf [grid|tree|externals] [side=32] [ports=16] [count=100000]`

use cli::command::{Command, OspfShow, Show};
use cli::reply::{OspfReply, Reply};
use core::time::Duration;
use fib::Protocol;
use routerd::lab::{Lab, Topology};
use std::collections::{BTreeMap, VecDeque};

/// The cost of every link: 10,000 Mbit/s against a reference of 100,000.
const COST: u32 = 10;
/// Steps of virtual time between two looks at whether anything still happens.
const STEP: Duration = Duration::from_millis(500);
/// Nothing was calculated for so long: at rest.
const QUIET: Duration = Duration::from_secs(20);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let smoke = !arguments.iter().any(|a| a == "--bench");
    let wanted = |name: &str| {
        let named = |a: &&String| ["grid", "tree", "externals"].contains(&a.as_str());
        arguments.iter().find(named).is_none_or(|a| a == name)
    };
    let size = |name: &str, small: usize, large: usize| {
        let said = arguments.iter().find_map(|a| a.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
        said.unwrap_or(if smoke { small } else { large })
    };
    println!("{:<52} {:>12}", "ospf", "measured");
    if wanted("grid") {
        run(&grid(size("side", 4, 32)));
    }
    if wanted("tree") {
        run(&fat_tree(size("ports", 4, 16)));
    }
    if wanted("externals") {
        externals(size("count", 1000, 100_000));
    }
}

fn row(name: &str, value: String) {
    println!("{name:<52} {value:>12}");
}

fn ms(d: Duration) -> String {
    format!("{:.1}", d.as_secs_f64() * 1e3)
}

/// CPU time of this thread, which does all the work.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split_whitespace().next().and_then(|n| n.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// Kilobytes, as the kernel counts them in `/proc/self/status`.
fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(field));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Routers joined by point-to-point links of equal cost.
struct Network {
    name: String,
    routers: usize,
    links: Vec<(usize, usize)>,
    /// The link to be cut.
    cut: usize,
}

/// A square of routers.
fn grid(side: usize) -> Network {
    let mut links = Vec::new();
    for (x, y) in (0..side).flat_map(|y| (0..side).map(move |x| (x, y))) {
        let at = y * side + x;
        links.extend((x + 1 < side).then_some((at, at + 1)));
        links.extend((y + 1 < side).then_some((at, at + side)));
    }
    let cut = links.len() / 2;
    Network { name: format!("grid of {}", side * side), routers: side * side, links, cut }
}

/// A fat tree of switches with `k` ports: `k` pods of `k`/2 edge and `k`/2 aggregation switches below `k`²/4 cores.
fn fat_tree(k: usize) -> Network {
    let half = k / 2;
    let (cores, pod) = (half * half, |p: usize| half * half + p * k);
    let mut links = Vec::new();
    for p in 0..k {
        for aggregation in 0..half {
            let at = pod(p) + half + aggregation;
            links.extend((0..half).map(|edge| (pod(p) + edge, at)));
            links.extend((0..half).map(|n| (at, aggregation * half + n)));
        }
    }
    let routers = cores + k * k;
    Network { name: format!("fat tree of {routers} (k={k})"), routers, links, cut: 0 }
}

impl Network {
    fn topology(&self) -> Topology {
        let mut ports: Vec<Vec<String>> = vec![Vec::new(); self.routers];
        for (n, (a, b)) in self.links.iter().enumerate() {
            for (router, last) in [(a, 1), (b, 2)] {
                let address = core::net::Ipv4Addr::from_bits(0x0a00_0000 + 4 * n as u32 + last);
                ports[*router].push(format!("l{n}: {{addresses: [{address}/30]}}"));
            }
        }
        let mut topology = Topology::new("network");
        for (n, ports) in ports.iter().enumerate() {
            let mut text = format!("interfaces:\n  lo: {{addresses: [{}/32]}}\n", loopback(n));
            let mut each = String::new();
            for port in ports {
                text += &format!("  {port}\n");
                let name = port.split(':').next().unwrap_or_default();
                each += &format!("    {name}: {{network: point-to-point}}\n");
            }
            text += "ospf:\n  networks: [{prefix: 10.0.0.0/8, area: 0}]\n  interfaces:\n";
            text += &each;
            let config = configs::yaml::parse(&text, "network.yaml").expect("a configuration that is valid");
            topology = topology.router(&format!("r{n}"), config);
        }
        for (n, (a, b)) in self.links.iter().enumerate() {
            topology = topology.link(&format!("r{a}:l{n}"), &format!("r{b}:l{n}"));
        }
        topology
    }

    /// Links from a router to each it can reach, `without` one link.
    fn distances(&self, from: usize, without: Option<usize>) -> BTreeMap<usize, u32> {
        let mut neighbors: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (_, (a, b)) in self.links.iter().enumerate().filter(|(n, _)| Some(*n) != without) {
            neighbors.entry(*a).or_default().push(*b);
            neighbors.entry(*b).or_default().push(*a);
        }
        let mut found = BTreeMap::from([(from, 0)]);
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            let next = found[&at] + 1;
            for to in neighbors.get(&at).into_iter().flatten() {
                if !found.contains_key(to) {
                    found.insert(*to, next);
                    queue.push_back(*to);
                }
            }
        }
        found
    }
}

fn loopback(n: usize) -> core::net::Ipv4Addr {
    core::net::Ipv4Addr::from_bits(0x0aff_0000 + n as u32 + 1)
}

/// How often all routers together have calculated.
fn calculations(lab: &mut Lab, routers: usize) -> u64 {
    (0..routers).map(|n| process(lab, n)).sum()
}

fn process(lab: &mut Lab, n: usize) -> u64 {
    match lab.execute(&format!("r{n}"), Command::Show(Show::Ospf(OspfShow::Process))) {
        Ok(Reply::Ospf(Some(reply))) => match *reply {
            OspfReply::Process(p) => p.spf_runs + p.spf_partial_runs,
            _ => 0,
        },
        _ => 0,
    }
}

/// Lets the lab run until no router calculates any more: CPU time up to then, and when the last of them did (give or take
/// a step). The CPU time of the quiet time is not counted, nor that of looking.
fn settle(lab: &mut Lab, routers: usize) -> (Duration, Duration, u64) {
    let start = lab.now();
    let mut known = calculations(lab, routers);
    let first = known;
    let (mut spent, mut until_then, mut last) = (Duration::ZERO, Duration::ZERO, start);
    while lab.now().since(last) < QUIET {
        let before = cpu();
        lab.run_for(STEP);
        spent += cpu() - before;
        let now = calculations(lab, routers);
        if now != known {
            (known, until_then, last) = (now, spent, lab.now());
        }
    }
    (until_then, last.since(start), known - first)
}

/// Compares the tables of some routers with the graph.
fn check(lab: &mut Lab, network: &Network, without: Option<usize>) {
    for from in (0..network.routers).step_by((network.routers / 7).max(1)) {
        let distances = network.distances(from, without);
        assert_eq!(distances.len(), network.routers, "the network holds together");
        let table: BTreeMap<_, _> = lab
            .routes(&format!("r{from}"))
            .into_iter()
            .filter(|r| r.selected)
            .map(|r| (r.prefix, r))
            .collect();
        for (to, links) in distances.iter().filter(|(to, _)| **to != from) {
            let route = table.get(&fib::Prefix::host(loopback(*to).into()));
            let found = route.map(|r| (r.protocol, r.metric));
            let wanted = Some((Protocol::Ospf, links * COST));
            let told = found.map(|(p, m)| (p, m - m % COST));
            assert_eq!(told, wanted, "from r{from} to r{to}");
        }
    }
}

fn run(network: &Network) {
    let Network { name, routers, .. } = network;
    let topology = network.topology();
    let before = memory("VmRSS:");
    let start = cpu();
    let mut lab = Lab::new(topology, 1).expect("only routers");
    let made = cpu() - start;
    let idle = memory("VmRSS:");
    let (converged, virtual_time, runs) = settle(&mut lab, *routers);
    let (resident, peak) = (memory("VmRSS:"), memory("VmHWM:"));
    let megabytes = |kilobytes: u64| format!("{:.2}", kilobytes as f64 / 1024.0 / *routers as f64);
    row(&format!("{name}: {} links, made, CPU s", network.links.len()), format!("{:.2}", made.as_secs_f64()));
    row(&format!("{name}: to tables at rest, CPU s"), format!("{:.2}", converged.as_secs_f64()));
    row(&format!("{name}: the same in virtual s"), format!("{:.1}", virtual_time.as_secs_f64()));
    row(&format!("{name}: calculations, frames"), format!("{runs} {}", lab.frames()));
    row(&format!("{name}: resident MiB a router, before it speaks"), megabytes(idle - before));
    row(&format!("{name}: resident MiB a router"), megabytes(resident - before));
    row(&format!("{name}: at its peak, MiB a router"), megabytes(peak - before));
    check(&mut lab, network, None);

    let cut = format!("r{}:l{}", network.links[network.cut].0, network.cut);
    // As long as nothing else goes on, hellos cost this much.
    let before = cpu();
    lab.run_for(Duration::from_secs(10));
    let hellos = cpu() - before;
    let frames = lab.frames();
    let start = cpu();
    lab.cut(&cut).expect("the cable is there");
    let telling = cpu() - start;
    let (spent, virtual_time, runs) = settle(&mut lab, *routers);
    row(&format!("{name}: a link fails, CPU ms"), ms(telling + spent));
    row(&format!("{name}: the same in virtual s"), format!("{:.1}", virtual_time.as_secs_f64()));
    row(&format!("{name}: calculations, frames"), format!("{runs} {}", lab.frames() - frames));
    row(&format!("{name}: 10 s of quiet, CPU ms"), ms(hellos));
    check(&mut lab, network, Some(network.cut));
}

/// r1 redistributes static routes; r2 learns them.
fn externals(count: usize) {
    let text = |own: u8| {
        let port =
            format!("  e: {{addresses: [10.0.0.{own}/24]}}\n  lo: {{addresses: [10.255.0.{own}/32]}}\n");
        let ospf = "ospf:\n  networks: [{prefix: 10.0.0.0/8, area: 0}]\n  interfaces: {e: {network: point-to-point}}\n";
        format!("interfaces:\n{port}{ospf}")
    };
    let mut first = text(1) + "  redistribute: {static: {}}\nroutes:\n";
    for n in 0..count {
        let prefix = core::net::Ipv4Addr::from_bits(0x2000_0000 + 256 * n as u32);
        first += &format!("  - {{prefix: {prefix}/24, type: blackhole}}\n");
    }
    let config =
        |text: &str| configs::yaml::parse(text, "externals.yaml").expect("a configuration of our own");
    let topology = Topology::new("externals")
        .router("r0", config(&first))
        .router("r1", config(&text(2)))
        .link("r0:e", "r1:e");
    drop(first);
    let before = memory("VmRSS:");
    let start = cpu();
    let mut lab = Lab::new(topology, 1).expect("only routers");
    let made = cpu() - start;
    let idle = memory("VmRSS:");
    let (converged, virtual_time, runs) = settle(&mut lab, 2);
    let resident = memory("VmRSS:");
    let learned = lab.routes("r1").into_iter().filter(|r| r.selected && r.protocol == Protocol::Ospf).count();
    assert_eq!(learned, count + 1, "r1 has all of them and a loopback");
    let name = format!("{count} externals");
    let mib = |kilobytes: u64| format!("{:.1}", kilobytes as f64 / 1024.0);
    row(&format!("{name}: static routes and their LSAs, CPU s"), format!("{:.2}", made.as_secs_f64()));
    row(&format!("{name}: to the neighbor's table, CPU s"), format!("{:.2}", converged.as_secs_f64()));
    row(&format!("{name}: the same in virtual s"), format!("{:.1}", virtual_time.as_secs_f64()));
    row(&format!("{name}: calculations, frames"), format!("{runs} {}", lab.frames()));
    row(&format!("{name}: resident MiB of r0 alone"), mib(idle - before));
    row(&format!("{name}: resident MiB of both"), mib(resident - before));
}
