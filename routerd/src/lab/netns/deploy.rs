//! Deploying a lab and taking it down. What is to be made is written down first; what fails is taken back.

use super::super::topology;
use super::plan::{End, Node, Plan, Role};
use super::wire::Wire;
use super::{export, foreign, impair, place, runner, space};
use crate::router::is_loopback_name;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// How long processes may take until the next one of them answers.
const READY: Duration = Duration::from_secs(30);
/// How long killed processes may take to be gone.
const GONE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(10);

/// Only one command at a time makes or removes a lab. Held until dropped.
pub struct Lock(#[expect(dead_code, reason = "it is held, not read")] File);

impl Lock {
    /// Takes the lock of all labs of this user.
    pub fn take() -> Result<Lock, String> {
        let folder = place::runtime();
        let lock = || {
            std::fs::create_dir_all(&folder)?;
            let file = File::create(folder.join(".lock"))?;
            file.lock()?;
            Ok::<_, std::io::Error>(Lock(file))
        };
        lock().map_err(|e| format!("cannot lock {}: {e}", folder.display()))
    }
}

/// Makes everything the plan says and waits until it answers. Fails leaving nothing behind.
pub async fn deploy(plan: &Plan) -> Result<(), String> {
    let result = tokio::select! {
        result = make(plan) => result,
        _ = tokio::signal::ctrl_c() => Err("interrupted".to_owned()),
    };
    if let Err(reason) = result {
        // Logs say why, and go with the rest.
        destroy(plan).await.map_err(|e| format!("{reason}\nand taking it back failed: {e}"))?;
        return Err(reason);
    }
    Ok(())
}

async fn make(plan: &Plan) -> Result<(), String> {
    let at = |what: &str| {
        let what = what.to_owned();
        move |e: std::io::Error| format!("{what}: {e}")
    };
    plan.save().map_err(at("the plan"))?;
    let folder = place::spaces(&plan.lab);
    space::prepare(&folder).map_err(at(&format!("namespaces in {}", folder.display())))?;
    for node in &plan.nodes {
        let place = format!("node {}", node.name);
        std::fs::create_dir_all(&node.run).map_err(at(&place))?;
        std::fs::create_dir_all(&node.dir).map_err(at(&place))?;
        space::create(&node.space).map_err(at(&place))?;
        foreign::prepare(node).map_err(at(&place))?;
        default_config(node).map_err(at(&place))?;
        let refused = space::sysctl(&node.space, &settings(node)).map_err(at(&place))?;
        for why in refused {
            eprintln!("warning: {}: {why}", node.name);
        }
    }
    cables(plan).await?;
    for node in &plan.nodes {
        if matches!(node.role, Role::Host | Role::Frr | Role::Bird) {
            host(node).await.map_err(|e| format!("node {}: {e}", node.name))?;
        }
    }
    runner::ensure(plan).map_err(at("the runner"))?;
    ready(plan).await?;
    for node in &plan.nodes {
        for line in &node.exec {
            run_line(node, line);
        }
    }
    export::write(plan).map_err(at("topology-data.json"))
}

/// Kernel settings of a node: what containers have by default, then what the topology says.
fn settings(node: &Node) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: &str| drop(all.insert(name.to_owned(), value.to_owned()));
    match node.role {
        Role::Router => set("net.ipv6.conf.default.disable_ipv6", "1"),
        Role::Host | Role::Switch => set("net.ipv6.conf.default.accept_dad", "0"),
        Role::Frr | Role::Bird => {
            set("net.ipv6.conf.default.accept_dad", "0");
            set("net.ipv6.conf.default.keep_addr_on_down", "1");
            set("net.ipv4.ip_forward", "1");
            set("net.ipv6.conf.all.forwarding", "1");
        }
    }
    if node.role == Role::Switch {
        set("net.ipv6.conf.default.disable_ipv6", "1");
    }
    all.extend(node.sysctls.clone());
    all
}

/// A router whose topology binds no configuration has an empty one.
fn default_config(node: &Node) -> std::io::Result<()> {
    let file = node.dir.join("routerd.yaml");
    let uses = node.daemons.iter().flat_map(|d| &d.args).any(|a| Path::new(a) == file);
    if uses && !file.exists() {
        std::fs::write(file, format!("hostname: {}\n", node.name))?;
    }
    Ok(())
}

async fn cables(plan: &Plan) -> Result<(), String> {
    let spaces: Result<Vec<File>, _> = plan.nodes.iter().map(|n| File::open(&n.space)).collect();
    let spaces = spaces.map_err(|e| format!("namespaces: {e}"))?;
    let mut wires = Vec::new();
    for node in &plan.nodes {
        let wire = Wire::open(&node.space).map_err(|e| format!("node {}: netlink: {e}", node.name))?;
        let failed = |what: &str| {
            let place = format!("node {}: {what}", node.name);
            move |e: std::io::Error| format!("{place}: {e}")
        };
        wire.set_up(1, true).await.map_err(failed("lo"))?;
        if node.role == Role::Switch {
            wire.bridge(&super::bridge_name(&node.name)).await.map_err(failed("bridge"))?;
        }
        wires.push(wire);
    }
    for link in &plan.links {
        let space = |at: usize| spaces.get(link.ends.get(at)?.node);
        let [first, second] = &link.ends;
        let (Some(a), Some(b), Some(wire)) = (space(0), space(1), wires.get(first.node)) else { continue };
        let named =
            |e: &End| format!("{}:{}", plan.nodes.get(e.node).map_or("?", |n| n.name.as_str()), e.interface);
        let made = wire.cable(link, [a, b]).await;
        made.map_err(|e| format!("link {} - {}: {e}", named(first), named(second)))?;
        for end in &link.ends {
            let (Some(node), Some(wire)) = (plan.nodes.get(end.node), wires.get(end.node)) else { continue };
            plug(node, wire, end).await.map_err(|e| format!("{}: {e}", named(end)))?;
        }
    }
    impair::initial(plan).await
}

/// Raises a new end of a cable, in its bridge where there is one. A router raises its own ports when it has them.
async fn plug(node: &Node, wire: &Wire, end: &End) -> std::io::Result<()> {
    let index = |name: &str| super::wire::index(&node.space, name);
    match node.role {
        Role::Router => Ok(()),
        Role::Switch => wire.enslave(index(&end.interface)?, index(&super::bridge_name(&node.name))?).await,
        Role::Host | Role::Frr | Role::Bird => wire.set_up(index(&end.interface)?, true).await,
    }
}

/// Addresses, routes and MTUs of a host, from the lines that say them.
pub async fn host(node: &Node) -> Result<(), String> {
    let mut config = topology::empty_host(&node.name);
    for line in &node.setup {
        topology::host_line(&mut config, line)?;
    }
    let wire = Wire::open(&node.space).map_err(|e| e.to_string())?;
    let index = |name: &str| super::wire::index(&node.space, name).map_err(|e| format!("{name}: {e}"));
    for (name, interface) in &config.interfaces {
        let port = index(name)?;
        let failed = |e: std::io::Error| format!("{name}: {e}");
        if let Some(mtu) = interface.mtu {
            wire.set_mtu(port, u32::from(mtu)).await.map_err(failed)?;
        }
        wire.set_up(port, !interface.shutdown || is_loopback_name(name)).await.map_err(failed)?;
        for address in &interface.addresses {
            wire.address(port, *address).await.map_err(|e| format!("{name}: {address}: {e}"))?;
        }
    }
    for route in &config.routes {
        let port = route.interface.as_deref().map(index).transpose()?;
        wire.route(route, port).await.map_err(|e| format!("route to {}: {e}", route.prefix))?;
    }
    Ok(())
}

/// Waits until every process answers; a process that ends instead is an error, with what it said.
pub async fn ready(plan: &Plan) -> Result<(), String> {
    let all = plan.nodes.iter().flat_map(|n| n.daemons.iter().map(move |d| (n, d)));
    let mut waiting: Vec<_> = all.filter(|(n, _)| !n.off_mark().exists()).collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        let wait = async {
            while waiting.len() == before {
                for (node, daemon) in &waiting {
                    if let Ok(how) = std::fs::read_to_string(node.failure_file(daemon)) {
                        let log = std::fs::read_to_string(node.log_file(daemon)).unwrap_or_default();
                        let tail: Vec<&str> = log.lines().rev().take(10).collect();
                        let tail: Vec<&str> = tail.into_iter().rev().collect();
                        let tail = tail.join("\n  ");
                        return Err(format!("node {}: {} {how}\n  {tail}", node.name, daemon.name));
                    }
                }
                waiting.retain(|(n, d)| !d.answers() || !n.is_loaded(d));
                if waiting.len() == before {
                    tokio::time::sleep(LOOK).await;
                }
            }
            Ok(())
        };
        let result = tokio::time::timeout(READY, wait).await;
        result.unwrap_or_else(|_| {
            let names: Vec<&str> = waiting.iter().map(|(n, _)| n.name.as_str()).collect();
            Err(format!("no answer within {} s from {}", READY.as_secs(), names.join(", ")))
        })?;
    }
    Ok(())
}

fn run_line(node: &Node, line: &str) {
    let words = super::enter::split(line);
    match super::enter::run(node, &words, Stdio::null()) {
        Ok(done) if done.status.success() => {}
        Ok(done) => {
            let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
            eprintln!("warning: {}: `{line}`: {}: {said}", node.name, done.status);
        }
        Err(e) => eprintln!("warning: {}: `{line}`: {e}", node.name),
    }
}

/// Takes a lab down, whatever state it is in: processes, namespaces with their cables, sockets, files.
pub async fn destroy(plan: &Plan) -> Result<(), String> {
    // Either a runner that just begins sees the mark, or we see that it is there.
    match std::fs::write(runner::end_mark(plan), "") {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(format!("{}: {e}", plan.run.display()));
        }
        _ => {}
    }
    let mut told = None;
    let empty = tokio::time::timeout(GONE, async {
        loop {
            // Also what commands left running in the nodes; and daemons of a runner that was killed.
            let left = space::inhabitants(plan.nodes.iter().map(|n| n.space.as_path()));
            if left.is_empty() && !runner::is_alive(plan) {
                break;
            }
            let runner = runner::pid(plan);
            if let Some(pid) = runner.filter(|_| told != runner) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
                told = runner;
            }
            for pid in left {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            tokio::time::sleep(LOOK).await;
        }
    });
    if empty.await.is_err() {
        if let Some(pid) = runner::pid(plan) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        return Err("some of its processes do not end".to_owned());
    }
    let mut failed = Vec::new();
    for node in &plan.nodes {
        if let Err(e) = space::delete(&node.space) {
            failed.push(format!("{}: {e}", node.space.display()));
        }
    }
    let folder = place::spaces(&plan.lab);
    if folder.starts_with(&plan.run) {
        space::release(&folder);
    }
    let gone = |path: &Path| match std::fs::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Some(format!("{}: {e}", path.display())),
        _ => None,
    };
    failed.extend(gone(&plan.dir));
    // Last: as long as it is there, the lab can be found and destroyed again.
    if failed.is_empty() {
        failed.extend(gone(&plan.run));
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}
