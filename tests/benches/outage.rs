//! How long packets are lost when a link of an OSPF network loses its carrier, and how long a network takes from the
//! start of its daemons until packets cross it: routerd, FRR and BIRD in turn, each router in a namespace of its own, all
//! with equal configurations.
//!
//! ```text
//!  a ── r0 ── r1 ══ r2 ── r3 ── r4 ── b        the ring of 9: r5 to r8 are the way round; ══ is cut
//!
//!  a ── r10 ── r11 ── r12 ══ r13 ── r14 ── b   the grid of 25: its middle row
//! ```
//!
//! Every millisecond a datagram with its time leaves a for b. What counts is the time from the last that arrived before
//! the cut to the first after it, as they were sent. The cable that is cut is a bridge, so that both routers lose
//! their carriers at once and nobody is told otherwise. Needs root, and the programs of the same profile:
//!
//! `cargo build --release --bins && cargo bench --package tests --bench outage [routerd|frr|bird] [ring|grid]
//! [default|tuned] [rounds=N]`

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};
use tests::netns::{Finished, Net, Node, Process, binary, poll_until, ready};

/// Between two datagrams.
const SPACING: Duration = Duration::from_millis(1);
/// Where b listens.
const TARGET: &str = "10.201.0.2:9000";
const FRR: &str = "/usr/lib/frr";
/// Nothing takes longer than this.
const LIMIT: Duration = Duration::from_secs(120);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| words.iter().any(|w| w == word);
    match words.first().map(String::as_str) {
        Some("send") => return send(),
        Some("listen") => return listen(),
        _ => {}
    }
    // `cargo test --benches` only wants to know that it builds.
    if !has("--bench") || !ready(&["ip", "zebra", "ospfd", "bird"]) {
        return;
    }
    let chosen = |all: [&'static str; 3]| -> Vec<&'static str> {
        let named: Vec<&str> = all.into_iter().filter(|w| has(w)).collect();
        if named.is_empty() { all.to_vec() } else { named }
    };
    let daemons = chosen(["routerd", "frr", "bird"]);
    let rounds = words.iter().find_map(|w| w.strip_prefix("rounds=")?.parse().ok()).unwrap_or(3);
    for shape in chosen(["ring", "grid", ""]).into_iter().filter(|s| !s.is_empty()) {
        for timers in chosen(["default", "tuned", ""]).into_iter().filter(|s| !s.is_empty()) {
            let results: BTreeMap<&str, (f64, f64)> =
                daemons.iter().map(|d| (*d, rounds_of(d, shape, timers, rounds))).collect();
            for (daemon, (start, outage)) in &results {
                let ratio = |own: f64, theirs: Option<f64>| {
                    theirs.map_or(String::new(), |t| format!("{:.2}", t / own))
                };
                let theirs = |other: &str| results.get(other).copied();
                println!(
                    "{shape:<5} {timers:<8} {daemon:<8} start {start:8.3} s   outage {outage:9.1} ms   \
                     FRR's over ours: {:>7} {:>7}   BIRD's: {:>7} {:>7}",
                    ratio(*start, theirs("frr").map(|t| t.0)),
                    ratio(*outage, theirs("frr").map(|t| t.1)),
                    ratio(*start, theirs("bird").map(|t| t.0)),
                    ratio(*outage, theirs("bird").map(|t| t.1)),
                );
            }
        }
    }
}

/// Medians of seconds from start to the first datagram, and of milliseconds without any.
fn rounds_of(daemon: &str, shape: &str, timers: &str, rounds: usize) -> (f64, f64) {
    let mut starts = Vec::new();
    let mut outages = Vec::new();
    for round in 0..rounds {
        let (start, mut cuts) = once(daemon, shape, timers == "tuned", round);
        println!("{shape} {timers} {daemon}: start {start:.3} s, outages {cuts:.1?} ms");
        starts.push(start);
        outages.append(&mut cuts);
    }
    (median(starts), median(outages))
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How a network is laid out.
struct Plan {
    routers: usize,
    /// The first end has the lower address.
    links: Vec<(usize, usize)>,
    /// By index.
    cut: usize,
    /// The routers of the hosts a and b.
    ends: [usize; 2],
}

impl Plan {
    fn new(shape: &str) -> Plan {
        if shape == "ring" {
            let links = (0..9).map(|n| (n, (n + 1) % 9)).collect();
            return Plan { routers: 9, links, cut: 1, ends: [0, 4] };
        }
        let mut links = Vec::new();
        for n in 0..25 {
            links.extend((n % 5 < 4).then_some((n, n + 1)));
            links.extend((n < 20).then_some((n, n + 5)));
        }
        let cut = links.iter().position(|l| *l == (12, 13)).unwrap_or(0);
        Plan { routers: 25, links, cut, ends: [10, 14] }
    }

    /// Port, address with length; the hosts' ports are passive.
    fn ports(&self, router: usize) -> Vec<(String, String)> {
        let mut ports = Vec::new();
        for (n, (a, b)) in self.links.iter().enumerate() {
            let last = if *a == router { 1 } else { 2 };
            if *a == router || *b == router {
                ports.push((format!("l{n}"), format!("10.0.{n}.{last}/30")));
            }
        }
        let host = |(n, _): (usize, &usize)| ("host".to_owned(), format!("10.20{n}.0.1/24"));
        ports.extend(self.ends.iter().enumerate().filter(|(_, end)| **end == router).map(host));
        ports
    }
}

/// Namespaces and cables of a plan.
struct Scene {
    plan: Plan,
    nodes: Vec<Node>,
    hosts: [Node; 2],
    fabric: Node,
    net: Net,
}

impl Scene {
    fn new(daemon: &str, shape: &str) -> Scene {
        let plan = Plan::new(shape);
        let mut net = Net::new(&format!("outage-{daemon}"));
        let is_ours = daemon == "routerd";
        let nodes: Vec<Node> = (0..plan.routers)
            .map(|n| {
                let name = format!("r{n}");
                if is_ours { net.silent(&name) } else { net.kernel_router(&name) }
            })
            .collect();
        let hosts = [net.host("a"), net.host("b")];
        let fabric = net.host("f");
        fabric.ip("link add br0 type bridge");
        fabric.up("br0");
        for (n, (a, b)) in plan.links.iter().enumerate() {
            let port = format!("l{n}");
            if n == plan.cut {
                for (end, far) in [(a, "x"), (b, "y")] {
                    net.cable((&nodes[*end], &port), (&fabric, far), 1500);
                    fabric.ip(&format!("link set {far} master br0"));
                }
            } else {
                net.cable((&nodes[*a], &port), (&nodes[*b], &port), 1500);
            }
        }
        for (n, (host, end)) in hosts.iter().zip(plan.ends).enumerate() {
            net.cable((host, "eth0"), (&nodes[end], "host"), 1500);
            host.address("eth0", &format!("10.20{n}.0.2/24"));
            host.route(&format!("default via 10.20{n}.0.1"));
        }
        if !is_ours {
            for (n, node) in nodes.iter().enumerate() {
                node.address("lo", &format!("10.255.0.{}/32", n + 1));
                for (port, address) in plan.ports(n) {
                    node.address(&port, &address);
                }
            }
        }
        Scene { plan, nodes, hosts, fabric, net }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.net.path(name);
        std::fs::write(&path, text).expect("the scenario's folder is writable");
        path
    }

    /// Starts all daemons, none waiting for another but where FRR must.
    fn start(&self, daemon: &str, tuned: bool) -> Vec<Process> {
        let mut all = Vec::new();
        match daemon {
            "routerd" => {
                let program = shown(&binary("routerd"));
                for (n, node) in self.nodes.iter().enumerate() {
                    let file = self.write(&format!("r{n}.yaml"), &self.routerd(n, tuned));
                    let socket = self.net.path(&format!("r{n}.sock"));
                    all.push(node.spawn(
                        "routerd",
                        &program,
                        &["run", &shown(&file), "--socket", &shown(&socket)],
                    ));
                }
            }
            "bird" => {
                for (n, node) in self.nodes.iter().enumerate() {
                    let file = self.write(&format!("r{n}.conf"), &self.bird(n, tuned));
                    let end = |end: &str| shown(&self.net.path(&format!("r{n}.{end}")));
                    let words = ["-f", "-c", &shown(&file), "-s", &end("ctl"), "-P", &end("pid")];
                    all.push(node.spawn("bird", "bird", &words));
                }
            }
            _ => {
                for what in ["zebra", "ospfd"] {
                    for (n, node) in self.nodes.iter().enumerate() {
                        let folder = self.net.path(&format!("r{n}"));
                        if what == "zebra" {
                            std::fs::create_dir_all(&folder).expect("the scenario's folder is writable");
                            self.write(&format!("r{n}/frr.conf"), &self.frr(n, tuned));
                            Finished::run("chown", &["-R", "frr:frr", &shown(&folder)])
                                .expect_success("chown");
                        }
                        let path = |file: &str| shown(&folder.join(file));
                        let (config, pid, api) =
                            (path("frr.conf"), path(&format!("{what}.pid")), path("zserv.api"));
                        let words = [
                            "-f",
                            &config,
                            "-i",
                            &pid,
                            "-z",
                            &api,
                            "--vty_socket",
                            &shown(&folder),
                            "-P",
                            "0",
                        ];
                        all.push(node.spawn(what, &format!("{FRR}/{what}"), &words));
                    }
                    let api = |n: usize| self.net.path(&format!("r{n}/zserv.api"));
                    poll_until(LIMIT, "zebra opens its socket", || {
                        (0..self.plan.routers)
                            .find(|n| !api(*n).exists())
                            .map_or(Ok(()), |n| Err(format!("r{n}")))
                    });
                }
            }
        }
        all
    }

    fn routerd(&self, n: usize, tuned: bool) -> String {
        let mut interfaces = format!("  lo: {{addresses: [10.255.0.{}/32]}}\n", n + 1);
        let mut ospf = String::new();
        for (port, address) in self.plan.ports(n) {
            interfaces += &format!("  {port}: {{addresses: [{address}]}}\n");
            let hello = if tuned { ", hello-interval: 1, dead-interval: 4" } else { "" };
            if port != "host" {
                ospf += &format!("    {port}: {{network: point-to-point{hello}}}\n");
            }
        }
        let timers =
            "  timers: {spf: {throttle: {delay: 0, hold: 0, max: 0}}, lsa-interval: 0, lsa-arrival: 0}\n";
        format!(
            "interfaces:\n{interfaces}ospf:\n  networks: [{{prefix: 10.0.0.0/8, area: 0}}]\n  \
             passive-interfaces: [host]\n{}  interfaces:\n{ospf}",
            if tuned { timers } else { "" }
        )
    }

    fn frr(&self, n: usize, tuned: bool) -> String {
        let mut text = String::from("hostname r\nlog stdout errors\n");
        for (port, _) in self.plan.ports(n) {
            text += &format!("interface {port}\n ip ospf area 0\n ip ospf network point-to-point\n");
            if tuned {
                text += " ip ospf hello-interval 1\n ip ospf dead-interval 4\n";
            }
            if port == "host" {
                text += " ip ospf passive\n";
            }
        }
        text += &format!("interface lo\n ip ospf area 0\nrouter ospf\n ospf router-id 10.255.0.{}\n", n + 1);
        if tuned {
            text += " timers throttle spf 0 0 0\n timers throttle lsa all 0\n timers lsa min-arrival 0\n";
        }
        text
    }

    fn bird(&self, n: usize, tuned: bool) -> String {
        let hello = if tuned { "hello 1; dead 4;" } else { "" };
        format!(
            "log stderr {{ warning, error, fatal }};\nrouter id 10.255.0.{};\nprotocol device {{ }}\n\
             protocol kernel {{ metric 64; ipv4 {{ import none; export where source ~ [RTS_OSPF, RTS_OSPF_IA]; }}; }}\n\
             protocol ospf v2 o1 {{ tick 1; area 0 {{\n interface \"l*\" {{ type ptp; {hello} }};\n \
             interface \"lo\", \"host\" {{ stub; }};\n }}; }}\n",
            n + 1
        )
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// One network: seconds to the first datagram that arrives, and milliseconds without any for each of three cuts.
fn once(daemon: &str, shape: &str, tuned: bool, round: usize) -> (f64, Vec<f64>) {
    let scene = Scene::new(daemon, shape);
    let own = shown(&std::env::current_exe().expect("the benchmark knows its own path"));
    let [a, b] = &scene.hosts;
    let listener = b.spawn("listen", &own, &["listen"]);
    let _sender = a.spawn("send", &own, &["send"]);
    let begin = unix();
    let mut daemons = scene.start(daemon, tuned);
    let first = poll_until(LIMIT, &format!("{daemon}, round {round}: a datagram arrives"), || {
        arrivals(&listener).first().copied().ok_or_else(String::new)
    });
    let mut outages = Vec::new();
    for cut in 0..3 {
        // The other routers' tables settle, and timers that count from the last change run out.
        pause(Duration::from_secs(if tuned { 6 } else { 15 }));
        let at = unix();
        scene.fabric.shell("ip -batch - <<< $'link set x down\\nlink set y down'").expect_success("the cut");
        let over = poll_until(LIMIT, &format!("{daemon}, cut {cut}: datagrams arrive again"), || {
            pause(Duration::from_secs(2));
            let all = arrivals(&listener);
            // Two seconds in which nothing was missed.
            let gap = all.iter().filter(|g| g.from < g.to).map(|g| g.to).max().unwrap_or(0).max(at);
            let last = all.last().map_or(0, |g| g.to);
            if last > gap + 2_000_000 { Ok(all) } else { Err(format!("a datagram of {last} after {gap}")) }
        });
        let lost: u64 = over.iter().filter(|g| g.from + 5000 > at).map(|g| g.to - g.from).sum();
        outages.push(lost as f64 / 1e3);
        scene.fabric.shell("ip -batch - <<< $'link set x up\\nlink set y up'").expect_success("the heal");
    }
    daemons.iter_mut().for_each(Process::assert_running);
    (first.to.saturating_sub(begin) as f64 / 1e6, outages)
}

/// From the last datagram that arrived to the next that did, microseconds since 1970 at which they were sent; the first
/// of all is from 0. Equal: nothing was missed.
#[derive(Copy, Clone, Debug)]
struct Gap {
    from: u64,
    to: u64,
}

fn arrivals(listener: &Process) -> Vec<Gap> {
    let gap = |line: &str| {
        let mut words = line.split_whitespace().filter_map(|w| w.parse().ok());
        Some(Gap { from: words.next()?, to: words.next()? })
    };
    listener.log().lines().filter_map(gap).collect()
}

#[expect(clippy::disallowed_methods, reason = "two processes of a benchmark compare their clocks")]
fn unix() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(0)
}

fn pause(time: Duration) {
    let (_keep_open, nobody_sends) = mpsc::channel::<()>();
    let _ = nobody_sends.recv_timeout(time);
}

/// Sends number and time in every datagram, for ever.
fn send() {
    let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
    for number in 0u64.. {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        bytes[8..].copy_from_slice(&unix().to_be_bytes());
        // As long as there is no way this fails.
        let _ = socket.send_to(&bytes, TARGET);
        pause(SPACING);
    }
}

/// Says when datagrams are missing: when the last before and the first after them were sent. Says also now and then that
/// none is.
fn listen() {
    let socket = UdpSocket::bind(TARGET).expect("a socket");
    let (mut next, mut last, mut told) = (u64::MAX, 0, 0);
    let mut bytes = [0; 16];
    let mut out = std::io::stdout();
    while socket.recv(&mut bytes).is_ok() {
        let number = u64::from_be_bytes(bytes[..8].try_into().unwrap_or_default());
        let sent = u64::from_be_bytes(bytes[8..].try_into().unwrap_or_default());
        let missed = number > next || next == u64::MAX;
        if missed || sent > told + 100_000 {
            let _ = writeln!(out, "{} {sent}", if missed { last } else { sent });
            let _ = out.flush();
            told = sent;
        }
        if number >= next || next == u64::MAX {
            (next, last) = (number + 1, sent);
        }
    }
}
