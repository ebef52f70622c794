//! What a whole router costs: boot until its shell answers, memory when idle, and the CPU time a lab of a
//! hundred RIP routers needs to converge. Prints a table; `cargo test --bench system` runs a small lab only.
//!
//! `cargo bench --package tests --bench system`

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn clock() -> Instant {
    Instant::now()
}

fn main() {
    let smoke = !std::env::args().any(|a| a == "--bench");
    println!("{:<44} {:>12}", "system", "measured");
    match binaries() {
        Some((routerd, router)) => {
            boot(&routerd, &router);
            lab_prompt(&routerd);
        }
        None => {
            println!("boot and memory: skipped, run `cargo build --workspace --bins` in this profile first")
        }
    }
    grid(if smoke { 3 } else { 10 });
}

fn row(name: &str, value: String) {
    println!("{name:<44} {value:>12}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The daemon and the shell of the same profile as this benchmark.
fn binaries() -> Option<(PathBuf, PathBuf)> {
    let deps = std::env::current_exe().ok()?;
    let folder = deps.parent()?.parent()?.to_owned();
    let pair = (folder.join("routerd"), folder.join("router"));
    (pair.0.exists() && pair.1.exists()).then_some(pair)
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// From exec of the daemon until `show version` is answered, and what it then holds in memory.
fn boot(routerd: &Path, router: &Path) {
    let folder = std::env::temp_dir().join(format!("routerd-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let socket = folder.join("routerd.sock");
    let config = root().join("configs/rip-basic.yaml");
    let mut times = Vec::new();
    let mut resident = 0;
    for _ in 0..11 {
        let start = clock();
        let child = Command::new(routerd)
            .args([Path::new("run"), &config, Path::new("--socket"), &socket])
            .stderr(Stdio::null())
            .spawn();
        let child = Running(child.expect("routerd starts"));
        let deadline = start + Duration::from_secs(10);
        while !answers(router, &socket) {
            assert!(clock() < deadline, "routerd answers within 10 s");
        }
        times.push(start.elapsed());
        resident = kilobytes(child.0.id(), "VmRSS:");
    }
    let _ = std::fs::remove_dir_all(&folder);
    row("boot until `show version` is answered, ms", format!("{:.1}", median(times).as_secs_f64() * 1e3));
    row("resident memory of an idle router, MiB", format!("{:.1}", resident as f64 / 1024.0));
}

fn answers(router: &Path, socket: &Path) -> bool {
    if !socket.exists() {
        return false;
    }
    let status = Command::new(router)
        .args([Path::new("--socket"), socket, Path::new("-c"), Path::new("show version")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|s| s.success())
}

fn kilobytes(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(field));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// From exec of a lab of five nodes until its shell has answered a command.
fn lab_prompt(routerd: &Path) {
    let times = (0..11).map(|_| {
        let start = clock();
        let mut child = Command::new(routerd)
            .args([Path::new("lab"), &root().join("labs/triangle")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the lab starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        std::io::Write::write_all(&mut stdin, b"show version\n").expect("the lab reads");
        drop(stdin);
        assert!(child.wait().expect("the lab ends").success());
        start.elapsed()
    });
    let times = times.collect();
    row("lab of five nodes: start, answer, end, ms", format!("{:.1}", median(times).as_secs_f64() * 1e3));
}

/// A square of RIP routers from nothing to tables at rest: virtual time, and the CPU time that took.
fn grid(side: usize) {
    let name = |x: usize, y: usize| format!("r{x}-{y}");
    let mut ports = vec![Vec::new(); side * side];
    let mut cables = Vec::new();
    for (x, y) in (0..side).flat_map(|y| (0..side).map(move |x| (x, y))) {
        for (tx, ty) in [(x + 1, y), (x, y + 1)] {
            if tx < side && ty < side {
                let net = cables.len();
                let (a, b) = (y * side + x, ty * side + tx);
                let mut end = |node: usize, last: usize| {
                    let port = format!("eth{}", ports[node].len() + 1);
                    ports[node].push((port.clone(), format!("10.{}.{}.{last}/24", net / 256, net % 256)));
                    port
                };
                let (pa, pb) = (end(a, 1), end(b, 2));
                cables.push((format!("{}:{pa}", name(x, y)), format!("{}:{pb}", name(tx, ty))));
            }
        }
    }
    let mut topology = routerd::lab::Topology::new("grid");
    for (n, ports) in ports.iter().enumerate() {
        let mut text = String::from("interfaces:\n");
        for (port, address) in ports {
            text += &format!("  {port}: {{addresses: [{address}]}}\n");
        }
        text += &format!("  lo: {{addresses: [10.255.{}.{}/32]}}\n", n / 250, n % 250 + 1);
        text += "rip:\n  networks: [10.0.0.0/8]\n  maximum-paths: 0\n";
        let config = configs::yaml::parse(&text, "grid.yaml").expect("the grid's configuration is valid");
        topology = topology.router(&name(n % side, n / side), config);
    }
    for (a, b) in &cables {
        topology = topology.link(a, b);
    }
    let start = clock();
    let mut lab = routerd::lab::Lab::new(topology, 1).expect("the grid is a lab");
    let at_rest = lab.converge().expect("the grid converges");
    let cpu = start.elapsed();
    let routers = side * side;
    let prefixes = cables.len() + routers;
    row(
        &format!("RIP grid of {routers}, {prefixes} prefixes: virtual s"),
        format!("{:.1}", at_rest.as_micros() as f64 / 1e6),
    );
    row(&format!("RIP grid of {routers}: CPU ms to converge"), format!("{:.0}", cpu.as_secs_f64() * 1e3));
    row(&format!("RIP grid of {routers}: frames carried"), format!("{}", lab.frames()));
}
