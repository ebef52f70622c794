//! Interfaces that come late, are renamed, change and go, as under containerlab; and the daemon's manners: signals,
//! exit codes, a configuration file that is a bind mount.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── eth1 ┐
//!                           ├ r1 (routerd)
//!  b ── 10.0.2.0/24 ── eth2 ┘
//! ```

use serde_json::Value;
use std::time::Duration;
use tests::netns::{Finished, Net, Node, Process, Router, binary, poll_until, ready};

const SOON: Duration = Duration::from_secs(5);

const CONFIG: &str = "
hostname: r1
interfaces:
  eth1: { addresses: [10.0.1.1/24] }
  eth2: { addresses: [10.0.2.1/24] }
";

/// Gives a host's `eth0` its address and default route (a veth that was made anew has none).
fn dress(host: &Node, lan: u8) {
    host.address("eth0", &format!("10.0.{lan}.10/24"));
    host.route(&format!("default via 10.0.{lan}.1"));
}

/// One interface in `show interfaces json`.
fn interface(router: &Router, name: &str) -> Value {
    router.json("show interfaces json")[name].clone()
}

#[track_caller]
fn wait_interface(router: &Router, name: &str, what: &str, holds: impl Fn(&Value) -> bool) {
    poll_until(SOON, what, || {
        let seen = interface(router, name);
        if holds(&seen) { Ok(()) } else { Err(format!("{seen:#}")) }
    });
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn an_interface_may_come_late_be_renamed_change_and_go() {
    let mut net = Net::new("hotplug");
    let (a, b, r1) = (net.host("a"), net.host("b"), net.silent("r1"));
    let router = Router::start(&net, &r1, CONFIG);
    let running = router.show("show running-config");
    assert!(running.contains("10.0.1.1/24"), "what is pending is configured:\n{running}");
    assert!(router.show("show ip route").lines().all(|l| !l.contains("10.0.1.0/24")), "and not routed");
    assert_eq!(interface(&router, "eth1")["present"], false);

    // As containerlab does: under a name nobody knows, then renamed, then up.
    net.cable((&a, "eth0"), (&r1, "clab-1a2b3c4d"), 1500);
    dress(&a, 1);
    r1.down("clab-1a2b3c4d");
    r1.ip("link set clab-1a2b3c4d name eth1");
    r1.up("eth1");
    a.wait_ping("10.0.1.1", SOON);
    net.cable((&b, "eth0"), (&r1, "eth2"), 1500);
    dress(&b, 2);
    b.wait_ping("10.0.1.10", SOON);

    // A larger index under the same name later; first the name goes to nobody.
    r1.down("eth1");
    r1.ip("link set eth1 name other");
    r1.up("other");
    wait_interface(&router, "eth1", "eth1 is pending again", |i| i["present"] == false);
    assert_eq!(a.ping("10.0.1.1", 1, "").received, 0, "an interface that is not named is not ours");
    // An alternative name is as good as the name.
    r1.ip("link property add dev other altname eth1");
    a.wait_ping("10.0.1.1", SOON);
    r1.ip("link property del dev other altname eth1");
    wait_interface(&router, "eth1", "without its alternative name it is pending", |i| i["present"] == false);
    r1.down("other");
    r1.ip("link set other name eth1");
    r1.up("eth1");
    a.wait_ping("10.0.1.1", SOON);

    // Another MTU: what no longer fits is refused with the new one.
    r1.ip("link set eth1 mtu 1300");
    wait_interface(&router, "eth1", "the new MTU", |i| i["mtu"] == 1300);
    let large = b.ping("10.0.1.10", 1, "-M do -s 1400");
    assert!(large.text.contains("Frag needed and DF set (mtu = 1300)"), "{}", large.text);
    r1.ip("link set eth1 mtu 1500");
    b.ip("route flush cache");
    wait_interface(&router, "eth1", "the old MTU", |i| i["mtu"] == 1500);
    b.assert_ping("10.0.1.10", 3, "-M do -s 1472");

    // Carrier lost: the connected route goes, and the far side is told; then all is as before.
    a.down("eth0");
    wait_interface(&router, "eth1", "no carrier", |i| i["operationalStatus"] == "down");
    router.wait_no_route("10.0.1.0/24", SOON);
    let told = b.run("ping -n -c 1 -W 2 10.0.1.10").stdout;
    assert!(
        told.contains("Destination Net Unreachable") || told.contains("Destination Host Unreachable"),
        "{told}"
    );
    a.up("eth0");
    a.route("default via 10.0.1.1");
    b.wait_ping("10.0.1.10", SOON);

    // The cable vanishes with the far namespace's end, and a new one comes.
    a.ip("link delete eth0");
    wait_interface(&router, "eth1", "vanished", |i| i["present"] == false);
    router.wait_no_route("10.0.1.0/24", SOON);
    net.cable((&a, "eth0"), (&r1, "eth1"), 1500);
    dress(&a, 1);
    b.wait_ping("10.0.1.10", SOON);

    // Shut down by its operator, the far end sees no carrier; and back.
    router.configure(&["interface eth1", "shutdown"]);
    poll_until(SOON, "a sees the link go down", || {
        let link = a.ip_json("link show dev eth0");
        if link[0]["operstate"] == "DOWN" { Ok(()) } else { Err(format!("{link:#}")) }
    });
    router.configure(&["interface eth1", "no shutdown"]);
    b.wait_ping("10.0.1.10", SOON);

    assert_eq!(router.show("show running-config"), running, "hot-plug changes no configuration");
    assert!(!router.log().contains("panicked"), "{}", router.log());
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn sigterm_and_sigint_end_the_router_within_a_second() {
    let mut net = Net::new("signals");
    let r1 = net.silent("r1");
    for signal in ["TERM", "INT"] {
        let mut router = Router::start(&net, &r1, CONFIG);
        router.process.signal(signal);
        let (status, took) = router.process.wait(SOON);
        assert_eq!(status, Some(0), "SIG{signal}");
        assert!(took < Duration::from_secs(1), "SIG{signal} took {took:?}");
        assert!(!net.path("r1.sock").exists(), "the control socket goes with it");
    }
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_killed_router_starts_again_over_its_old_socket() {
    let mut net = Net::new("killed");
    let r1 = net.silent("r1");
    // A handle that is dropped kills: SIGKILL, nothing is cleaned up.
    drop(Router::start(&net, &r1, CONFIG));
    assert!(net.path("r1.sock").exists(), "nobody could remove it");
    let router = Router::start(&net, &r1, CONFIG);
    assert!(router.show("show version").contains("r1"));
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn sighup_reads_the_file_again_and_keeps_the_old_configuration_when_it_is_bad() {
    let mut net = Net::new("reload");
    let (a, r1) = (net.host("a"), net.silent("r1"));
    net.cable((&a, "eth0"), (&r1, "eth1"), 1500);
    dress(&a, 1);
    let mut router = Router::start(&net, &r1, CONFIG);
    a.wait_ping("10.0.1.1", SOON);
    let file = net.path("r1.yaml");
    std::fs::write(&file, CONFIG.replace("hostname: r1", "hostname: renamed")).expect("our folder");
    router.process.signal("HUP");
    poll_until(SOON, "the new name", || {
        let version = router.show("show version");
        if version.contains("renamed") { Ok(()) } else { Err(version) }
    });
    a.assert_ping("10.0.1.1", 1, "");
    std::fs::write(&file, CONFIG.replace("addresses", "adresses")).expect("our folder");
    router.process.signal("HUP");
    poll_until(SOON, "the error is logged", || {
        let log = router.log();
        if log.contains("adresses") { Ok(()) } else { Err(log) }
    });
    router.process.assert_running();
    assert!(router.show("show version").contains("renamed"));
    a.assert_ping("10.0.1.1", 1, "");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_bad_configuration_ends_with_its_place_and_a_status() {
    let net = Net::new("badconfig");
    let program = binary("routerd").display().to_string();
    let bad = net.path("bad.yaml");
    std::fs::write(&bad, CONFIG.replacen("addresses", "adresses", 1).replace("10.0.2.1/24", "10.0.2.1/240"))
        .expect("our folder");
    let bad = bad.display().to_string();
    let socket = net.path("bad.sock").display().to_string();
    for words in [vec!["run", &bad, "--socket", &socket], vec!["check", &bad]] {
        let done = Finished::run(&program, &words);
        assert_eq!(done.status, Some(1), "{words:?}: {done:?}");
        for part in ["bad.yaml:4:11", "adresses", "did you mean `addresses`", "bad.yaml:5:", "10.0.2.1/240"] {
            assert!(done.stderr.contains(part), "{words:?} does not say `{part}`:\n{}", done.stderr);
        }
        assert_eq!(done.stdout, "", "{words:?}");
    }
    let text = net.path("bad.conf");
    std::fs::write(&text, "hostname r1\ninterface eth1\n ip adress 10.0.1.1/24\n").expect("our folder");
    let done = Finished::run(&program, &["check", &text.display().to_string()]);
    assert!(done.status == Some(1) && done.stderr.contains("bad.conf:3"), "{done:?}");
    let absent = Finished::run(&program, &["run", "/nonexistent.yaml", "--socket", &socket]);
    assert!(absent.status == Some(1) && absent.stderr.contains("/nonexistent.yaml"), "{absent:?}");
    for words in [vec![], vec!["run"], vec!["fly"], vec!["run", "--wings", &bad]] {
        let done = Finished::run(&program, &words);
        assert_eq!(done.status, Some(2), "{words:?}: {done:?}");
        assert!(done.stderr.contains("usage"), "{words:?}: {done:?}");
    }
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn the_shells_status_tells_success_error_and_usage_apart() {
    let mut net = Net::new("status");
    let r1 = net.silent("r1");
    let router = Router::start(&net, &r1, CONFIG);
    assert_eq!(router.ask_lines(&["show version", "show ip route json"]).status, Some(0));
    let refused = router.ask_lines(&["show ip nonsense"]);
    assert_eq!(refused.status, Some(1), "{refused:?}");
    assert_eq!(
        router.ask_lines(&["ping 192.0.2.1 repeat 1 timeout 1"]).status,
        Some(1),
        "a ping nobody answers"
    );
    let program = binary("router").display().to_string();
    assert_eq!(Finished::run(&program, &["--wings"]).status, Some(2));
    let nobody = net.path("nobody.sock").display().to_string();
    let done = Finished::run(&program, &["--socket", &nobody, "-c", "show version"]);
    assert!(done.status == Some(1) && done.stderr.contains("nobody.sock"), "{done:?}");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn write_memory_survives_a_bind_mounted_file() {
    if !ready(&["unshare"]) {
        return;
    }
    let mut net = Net::new("bindmount");
    let r1 = net.silent("r1");
    let (outside, inside, socket) = (net.path("outside.yaml"), net.path("inside.yaml"), net.path("r1.sock"));
    std::fs::write(&outside, CONFIG).expect("our folder");
    std::fs::write(&inside, "").expect("our folder");
    // As a container sees it: the file itself is the mount point, so nothing can be renamed over it.
    let script = format!(
        "mount --bind {outside} {inside} && exec ip netns exec {space} {routerd} run {inside} --socket {socket}",
        outside = outside.display(),
        inside = inside.display(),
        space = r1.space(),
        routerd = binary("routerd").display(),
        socket = socket.display(),
    );
    let process =
        Process::spawn("r1-bind", &net.path("r1-bind.log"), "unshare", &["-m", "bash", "-c", &script]);
    let mut router = Router::adopt(&r1, &socket, process);
    router.wait_ready();
    router.configure(&["hostname kept", "interface eth1", "description written"]);
    let said = router.ask_lines(&["enable", "write memory"]).expect_success("write memory");
    assert!(said.contains("[OK]"), "{said}");
    let written = std::fs::read_to_string(&outside).expect("it is still there");
    assert!(written.contains("hostname: kept") && written.contains("description: written"), "{written}");
    assert_eq!(std::fs::read_to_string(&inside).expect("it is still there"), "", "only the mount hides it");
    drop(router);
    let router = Router::start_file(&net, &r1, &outside);
    assert!(router.show("show running-config").contains("description written"));
}
