//! The image under a real engine, wired as containerlab wires nodes: containers start without a link; veth pairs come
//! later, under other names, are moved in, renamed, given a MAC and raised. Two capabilities, a terminal nobody reads.
//!
//! ```text
//!  r1 (10.255.0.1) eth1 ── 10.0.12.0/24, mtu 9500 ── eth1 r2 (10.255.0.2)
//! ```
//!
//! Needs `target/image/plain.tar` (`routerd/image/build`). Where the engine does not run it says skipped, and why.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod engine;

use engine::Engine;
use std::time::Duration;
use tests::netns::{Finished, Net, poll_until, ready};

/// For whatever a node does by itself.
const LIMIT: Duration = Duration::from_secs(60);

fn config(n: u8) -> String {
    format!(
        "hostname: r{n}
interfaces:
  lo: {{ addresses: [10.255.0.{n}/32] }}
  eth1: {{ addresses: [10.0.12.{n}/24] }}
ospf:
  router-id: 10.255.0.{n}
  networks: [{{ prefix: 10.0.0.0/8, area: 0 }}]
  interfaces:
    eth1: {{ network: point-to-point, hello-interval: 1, dead-interval: 4 }}
"
    )
}

fn sh(script: &str) -> String {
    Finished::run("sh", &["-ec", script]).expect_success(script)
}

#[track_caller]
fn wait_status(engine: &Engine, name: &str, status: &str) {
    poll_until(LIMIT, &format!("{name} is {status}"), || {
        let found =
            engine.inspect(name, "{{.State.Health.Status}}: {{range .State.Health.Log}}{{.Output}}{{end}}");
        if found.starts_with(status) { Ok(()) } else { Err(found) }
    });
}

#[track_caller]
fn wait_route(engine: &Engine, name: &str, prefix: &str) {
    poll_until(LIMIT, &format!("{name} has {prefix}"), || {
        let done = engine.exec(name, &["ip", "-j", "route", "show", prefix, "proto", "ospf"]);
        let routes: serde_json::Value = serde_json::from_str(&done.stdout).unwrap_or_default();
        if routes[0]["dst"].is_string() { Ok(()) } else { Err(format!("{}{}", done.stdout, done.stderr)) }
    });
}

/// A cable as containerlab lays it.
fn wire(engine: &Engine, tag: &str, ends: [(&str, &str); 2]) {
    let [a, b] = [0, 1].map(|n| format!("{tag}{n}"));
    sh(&format!("ip link add {a} mtu 9500 type veth peer name {b} mtu 9500"));
    for ((node, mac), port) in ends.into_iter().zip([a, b]) {
        let pid = engine.inspect(node, "{{.State.Pid}}");
        sh(&format!("ip link set {port} netns {pid}"));
        let inside = format!("nsenter -t {pid} -n ip link set");
        sh(&format!("{inside} {port} name eth1 && {inside} eth1 address {mac} && {inside} eth1 up"));
    }
}

#[test]
#[ignore = "needs root and Docker's engine: run by .ci/run"]
fn two_nodes_of_the_image_wired_as_containerlab_does() {
    if !ready(&["dockerd", "docker", "nsenter", "ip"]) {
        return;
    }
    let net = Net::new("docker");
    let Some(engine) = Engine::start(&net) else { return };
    engine.load();
    println!("the image has {} bytes", engine.inspect_image("{{.Size}}"));

    for n in [1, 2] {
        let name = format!("r{n}");
        engine.run(&name, &config(n));
        let privileged = engine.inspect(&name, "{{.HostConfig.Privileged}} {{.HostConfig.CapAdd}}");
        // Newer engines spell them in full.
        assert_eq!(privileged.replace("CAP_", ""), "false [NET_ADMIN NET_RAW]");
    }
    let mistake = "hostname: r3\ninterfaces:\n  eth1: { adresses: [10.0.12.3/24] }\n";
    engine.run("r3", mistake);
    wait_status(&engine, "r1", "unhealthy");
    wire(&engine, "dk-a", [("r1", "aa:c1:ab:00:00:01"), ("r2", "aa:c1:ab:00:00:02")]);
    wait_route(&engine, "r1", "10.255.0.2");
    wait_route(&engine, "r2", "10.255.0.1");
    wait_status(&engine, "r1", "healthy");
    wait_status(&engine, "r2", "healthy");
    let ping = engine.exec("r1", &["ping", "-c", "2", "-i", "0.1", "-s", "9000", "10.255.0.2"]);
    assert!(ping.stdout.contains("2 received"), "{}{}", ping.stdout, ping.stderr);
    let log = engine.log("r1");
    assert_eq!(log.matches("sysctls:").count(), 1, "one warning: /proc/sys is read-only\n{log}");

    // The router is killed: its links stay.
    let pid = engine.inspect("r1", "{{.State.Pid}}");
    let router = sh(&format!("cat /proc/{pid}/task/{pid}/children"));
    sh(&format!("kill -9 {router}"));
    wait_route(&engine, "r1", "10.255.0.2");
    wait_status(&engine, "r1", "healthy");
    assert_eq!(engine.inspect("r1", "{{.State.Pid}} {{.RestartCount}}"), format!("{pid} 0"));

    // The cable goes, and another one comes.
    sh(&format!("nsenter -t {pid} -n ip link delete eth1"));
    wait_status(&engine, "r2", "unhealthy");
    wire(&engine, "dk-b", [("r1", "aa:c1:ab:00:00:03"), ("r2", "aa:c1:ab:00:00:04")]);
    wait_route(&engine, "r1", "10.255.0.2");

    // A bad configuration: reachable, unhealthy, says why; and takes a better one.
    wait_status(&engine, "r3", "unhealthy: unhealthy: configuration: /etc/routerd/routerd.yaml:3:11");
    let shell = engine.exec("r3", &["vtysh", "-c", "show version"]);
    assert!(shell.success() && shell.stderr.contains("/etc/routerd/routerd.yaml:3:11"), "{}", shell.stderr);
    std::fs::write(net.path("r3.yaml"), mistake.replace("eth1: { adresses", "lo: { addresses")).unwrap();
    wait_status(&engine, "r3", "healthy");
    let saved = engine.exec("r3", &["router", "-c", "write memory"]);
    assert!(saved.success(), "over the bind mount: {}", saved.stderr);

    let took = engine.stop("r2");
    assert_eq!(engine.inspect("r2", "{{.State.ExitCode}}"), "0");
    assert!(took < Duration::from_secs(5), "it does not wait to be killed: {took:?}");
}
