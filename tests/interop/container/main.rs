//! A router as the first process of a container: its supervisor, the health check, management, the names it answers to,
//! and interfaces that come in containerlab's order. Without an engine: `unshare` makes the process namespace, `setpriv`
//! takes the capabilities away, and `/proc/sys` is read-only.
//!
//! ```text
//!  r1 (10.255.0.1) eth1 ── 10.0.12.0/24 ── eth1 r2 (10.255.0.2)
//! ```

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod scene;

use scene::{Container, LIMIT, sys};
use std::io::Write as _;
use std::time::Duration;
use tests::netns::{Finished, Net, poll_until, ready};

const NEEDS: [&str; 4] = ["unshare", "setpriv", "nsenter", "ip"];

const SECOND: Duration = Duration::from_secs(1);

/// One end of the cable.
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

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_router_killed_ten_times_comes_back_with_its_links_and_nothing_leaks() {
    if !ready(&NEEDS) {
        return;
    }
    let mut net = Net::new("killed");
    let (a, r1) = (net.host("a"), net.host("r1"));
    net.cable((&a, "eth0"), (&r1, "eth1"), 1500);
    a.address("eth0", "10.0.12.9/24");
    let node = Container::start(&net, &r1, &config(1), "");
    a.wait_ping("10.0.12.1", LIMIT);
    let (files, mut child) = (node.open_files(), node.child());
    for round in 0..10 {
        node.signal(child, "KILL");
        child = poll_until(LIMIT, "another router", || match node.children().as_slice() {
            [new] if *new != child => Ok(*new),
            others => Err(format!("round {round}: {others:?}")),
        });
        a.wait_ping("10.0.12.1", LIMIT);
    }
    assert_eq!(node.open_files(), files, "the supervisor holds nothing of the dead");
    let sockets = std::fs::read_dir(net.folder()).unwrap().filter_map(Result::ok);
    let sockets = sockets.filter(|f| f.file_name().to_string_lossy().ends_with(".sock"));
    assert_eq!(sockets.count(), 1);
    assert_eq!(node.router.log().matches("(signal 9)").count(), 10, "{}", node.router.log());
    assert_eq!(node.processes(), 2, "PID 1 and its router");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_bad_configuration_leaves_a_reachable_node_that_says_why_and_takes_a_better_file() {
    if !ready(&NEEDS) {
        return;
    }
    let mut net = Net::new("badconf");
    let r1 = net.host("r1");
    let bad = "hostname: r1\ninterfaces:\n  lo: { adresses: [10.255.0.1/32] }\n";
    let node = Container::start(&net, &r1, bad, "");
    let file = net.path("r1.yaml");
    let place = format!("{}:3:9", file.display());
    let (code, line) = node.health();
    assert_eq!(code, Some(1), "{line}");
    assert!(line.starts_with("unhealthy: configuration: ") && line.contains(&place), "{line}");
    let shell = node.router.ask_lines(&["show running-config"]);
    assert!(shell.success() && shell.stderr.contains(&place), "the shell says why:\n{}", shell.stderr);
    assert!(
        shell.stdout.starts_with("Current configuration:"),
        "and only answers on standard output:\n{}",
        shell.stdout
    );
    // What is in force is nothing: it must not replace what somebody wrote.
    let saved = node.router.ask_lines(&["write memory"]);
    assert!(!saved.success() && saved.stderr.contains("would be lost"), "{}", saved.stderr);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), bad);
    let child = node.child();

    std::fs::write(&file, bad.replace("adresses", "adresses2")).unwrap();
    poll_until(LIMIT, "the new mistake", || {
        let (_, line) = node.health();
        if line.contains("adresses2") { Ok(()) } else { Err(line) }
    });
    std::fs::write(&file, bad.replace("adresses", "addresses")).unwrap();
    poll_until(LIMIT, "a healthy node", || {
        let (code, line) = node.health();
        if code == Some(0) { Ok(()) } else { Err(line) }
    });
    assert!(node.router.show("show running-config").contains("10.255.0.1/32"));
    assert_eq!(node.child(), child, "no restart was needed");
    assert_eq!(node.router.ask_lines(&["show version"]).stderr, "", "nothing to complain about any more");

    // A file that is bad later is not taken: what is in force stays, and the node says so.
    std::fs::write(&file, "hostname: [").unwrap();
    node.signal(node.init(), "HUP");
    poll_until(LIMIT, "an unhealthy node", || {
        let (code, line) = node.health();
        if code == Some(1) { Ok(()) } else { Err(line) }
    });
    assert!(node.router.show("show running-config").contains("10.255.0.1/32"));
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_node_without_a_file_is_a_router_without_configuration_until_one_comes() {
    if !ready(&NEEDS) {
        return;
    }
    let mut net = Net::new("nofile");
    let r1 = net.host("r1");
    let file = net.path("r1.yaml");
    let node = Container::launch(&net, &r1, "");
    assert_eq!(node.health().0, Some(0));
    std::fs::write(&file, "hostname: late\n").unwrap();
    poll_until(LIMIT, "its name", || {
        let version = node.router.show("show version");
        if version.contains("(late)") { Ok(()) } else { Err(version) }
    });
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_router_that_panics_again_and_again_is_run_without_its_configuration() {
    if !ready(&NEEDS) {
        return;
    }
    let mut net = Net::new("panics");
    let r1 = net.host("r1");
    let node = Container::start(&net, &r1, "hostname: r1\n", "");
    for _ in 0..5 {
        let child = node.child();
        // What a panic comes to in the image's build.
        node.signal(child, "ABRT");
        poll_until(LIMIT, "another router", || match node.children().as_slice() {
            [new] if *new != child => Ok(()),
            others => Err(format!("{others:?}")),
        });
    }
    let unhealthy = poll_until(LIMIT, "an unhealthy node", || match node.health() {
        (Some(1), line) if line.contains("failed five times in a row") => Ok(line),
        (_, line) => Err(line),
    });
    assert!(unhealthy.contains("r1.yaml"), "{unhealthy}");
    // Somebody has looked: once more, with the configuration.
    node.signal(node.init(), "HUP");
    poll_until(LIMIT, "a healthy node", || {
        let (code, line) = node.health();
        if code == Some(0) { Ok(()) } else { Err(line) }
    });
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn sigterm_ends_it_within_a_second_even_when_the_router_hangs_and_sigint_does_not() {
    if !ready(&NEEDS) {
        return;
    }
    let mut net = Net::new("term");
    let r1 = net.host("r1");
    for hangs in [false, true] {
        let mut node = Container::start(&net, &r1, "hostname: r1\n", "");
        let (init, child) = (node.init(), node.child());
        for signal in ["INT", "QUIT", "USR1"] {
            node.signal(init, signal);
        }
        assert_eq!(node.router.ask_lines(&["show version"]).status, Some(0));
        assert_eq!(node.child(), child);
        let stdin = std::fs::read_link(format!("/proc/{child}/fd/0")).unwrap();
        assert_eq!(stdin.to_str(), Some("/dev/null"), "a terminal attached to the container is not read");
        if hangs {
            node.signal(child, "STOP");
        }
        node.signal(init, "TERM");
        let (code, took) = node.router.process.wait(LIMIT);
        assert_eq!(code, Some(0));
        let log = node.router.log();
        assert_eq!(log.contains("stopping signal=\"SIGTERM\""), !hangs, "it takes leave if it can:\n{log}");
        // The looking itself takes time on a busy machine.
        assert!(took < SECOND + Duration::from_millis(500), "it took {took:?}");
        assert!(!std::path::Path::new(&format!("/proc/{child}")).exists(), "nothing is left");
    }
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn orphans_are_reaped() {
    if !ready(&NEEDS) {
        return;
    }
    let mut net = Net::new("orphans");
    let r1 = net.host("r1");
    let node = Container::start(&net, &r1, "hostname: r1\n", "");
    for _ in 0..20 {
        // As `docker exec`: enters, leaves something behind, and ends.
        node.inside("sh -c \"sleep 0.05 & exec true\"").expect_success("exec");
    }
    poll_until(LIMIT, "only the router is left", || match node.processes() {
        2 => Ok(()),
        n => Err(format!("{n} processes")),
    });
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn interfaces_come_in_containerlab_s_order_with_two_capabilities_and_a_read_only_proc_sys() {
    if !ready(&NEEDS) {
        return;
    }
    let mut net = Net::new("clabrace");
    let nodes = [net.host("r1"), net.host("r2")];
    let [r1, r2] =
        [1, 2].map(|n: u8| Container::start(&net, &nodes[usize::from(n) - 1], &config(n), sys::READ_ONLY));
    let [n1, n2] = &nodes;
    for node in [&r1, &r2] {
        assert_eq!(node.capabilities(), "NET_ADMIN NET_RAW");
        // The first LSA is news for a moment.
        poll_until(LIMIT, "only the port is missing", || match node.health() {
            (Some(1), line) if line.trim_end() == "unhealthy: interface eth1 is configured and absent" => {
                Ok(())
            }
            other => Err(format!("{other:?}")),
        });
    }
    // As containerlab: made under other names, with its MTU, moved in, renamed, given a MAC, raised; the far end later.
    net.cable((n1, "clab-1a2b3c4d"), (n2, "clab-5e6f7a8b"), 9500);
    for (node, port, mac) in
        [(n1, "clab-1a2b3c4d", "aa:c1:ab:00:00:01"), (n2, "clab-5e6f7a8b", "aa:c1:ab:00:00:02")]
    {
        node.down(port);
        node.ip(&format!("link set {port} name eth1"));
        node.ip(&format!("link set eth1 address {mac}"));
        node.up("eth1");
    }
    r1.router.wait_route("10.255.0.2/32", "ospf", LIMIT);
    r2.router.wait_route("10.255.0.1/32", "ospf", LIMIT);
    let eth1 = r1.router.json("show interfaces json")["eth1"].clone();
    assert_eq!(
        (&eth1["mtu"], &eth1["hardwareAddress"]),
        (&9500.into(), &"aa:c1:ab:00:00:01".into()),
        "{eth1:#}"
    );
    for node in [&r1, &r2] {
        poll_until(LIMIT, "a healthy node", || {
            let (code, line) = node.health();
            if code == Some(0) { Ok(()) } else { Err(line) }
        });
        let log = node.router.log();
        assert_eq!(log.matches("sysctls:").count(), 1, "one warning:\n{log}");
        for line in sys::LINES {
            assert!(log.contains(&format!("\n  {line}")), "{line}:\n{log}");
        }
    }
    // Another MAC while it is up, then the cable goes on both ends and a new one comes.
    n2.ip("link set eth1 address aa:c1:ab:00:00:99");
    n1.ip("link delete eth1");
    r1.router.wait_no_route("10.255.0.2/32", LIMIT);
    assert_eq!(r2.health().0, Some(1));
    net.cable((n1, "eth1"), (n2, "clab-00000000"), 9500);
    n2.down("clab-00000000");
    n2.ip("link set clab-00000000 name eth1");
    n2.up("eth1");
    r1.router.wait_route("10.255.0.2/32", "ospf", LIMIT);
    assert!(!r1.router.log().contains("panicked") && !r2.router.log().contains("panicked"));
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn with_the_sysctls_it_asks_for_there_is_nothing_to_warn_of() {
    if !ready(&NEEDS) {
        return;
    }
    let mut net = Net::new("sysctls");
    let (a, r1) = (net.host("a"), net.host("r1"));
    // What an engine does with a node's `sysctls:` before any interface is there.
    let settings: Vec<String> = sys::LINES.iter().map(|line| line.replace(": ", "=")).collect();
    r1.sysctl(&settings.iter().map(String::as_str).collect::<Vec<_>>());
    let node = Container::start(&net, &r1, &config(1), sys::READ_ONLY);
    net.cable((&a, "eth0"), (&r1, "eth1"), 1500);
    a.address("eth0", "10.0.12.9/24");
    a.wait_ping("10.0.12.1", LIMIT);
    let log = node.router.log();
    assert!(!log.contains("WARN"), "{log}");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn management_is_the_kernel_s() {
    if !ready(&NEEDS) {
        return;
    }
    let mut net = Net::new("mgmt");
    let (host, r1) = (net.host("host"), net.host("r1"));
    net.cable((&host, "docker0"), (&r1, "eth0"), 1500);
    host.address("docker0", "172.20.20.1/24");
    r1.address("eth0", "172.20.20.2/24");
    r1.route("default via 172.20.20.1");
    let named = "hostname: r1\ninterfaces:\n  eth0: { addresses: [172.20.20.2/24] }\n  lo: { addresses: [10.255.0.1/32] }\n";
    let node = Container::start(&net, &r1, named, "");
    host.assert_ping("172.20.20.2", 1, "");
    assert!(node.router.log().contains("this is the management interface"), "{}", node.router.log());
    assert_eq!(node.router.json("show interfaces json")["eth0"]["present"], false);
    let main = node.applet("ip route").1;
    assert!(main.contains("10.255.0.1") && !main.contains("default") && !main.contains("172.20"), "{main}");
    let table = node.applet("ip route show table mgmt").1;
    assert!(table.contains("default via 172.20.20.1 dev eth0\n"), "{table}");
    let (code, addresses, why) = node.applet("ip -br -4 addr");
    assert!(addresses.contains("172.20.20.2/24"), "{code:?} {addresses}{why}");
    let (code, _, why) = node.applet("ip addr add 172.20.20.3/24 dev eth0");
    assert!(code == Some(2) && why.contains("left alone"), "{why}");
    assert!(r1.ip("addr show eth0").contains("172.20.20.2/24"), "nothing has changed");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn the_names_it_answers_to_serve_lab_scripts() {
    if !ready(&NEEDS) {
        return;
    }
    let mut net = Net::new("applets");
    let (a, r1) = (net.host("a"), net.host("r1"));
    net.cable((&a, "eth0"), (&r1, "eth1"), 1500);
    a.address("eth0", "10.0.1.9/24");
    let node = Container::launch(&net, &r1, "");
    // The `exec:` lines of a lab's host, one after the other.
    for line in
        ["ip addr add 10.0.1.1/24 dev eth1", "ip link set eth1 up", "ip route replace default via 10.0.1.9"]
    {
        let (code, out, why) = node.applet(line);
        assert_eq!((code, out.as_str(), why.as_str()), (Some(0), "", ""), "{line}");
    }
    a.wait_ping("10.0.1.1", LIMIT);
    let (code, out, _) = node.applet("ping -c 2 -i 0.1 10.0.1.9");
    assert!(code == Some(0) && out.contains("2 packets transmitted, 2 received, 0% packet loss"), "{out}");
    let (code, out, _) = node.applet("ping -c 1 -W 0.2 10.0.1.77");
    assert!(code == Some(1) && out.contains("100% packet loss"), "{out}");
    let (code, out, _) = node.applet("traceroute -n -q 1 10.0.1.9");
    assert!(code == Some(0) && out.contains(" 1  10.0.1.9  "), "{out}");
    let (_, out, _) = node.applet("ip -j route");
    let routes: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(routes[0]["dst"], "default");
    assert_eq!(routes[0]["gateway"], "10.0.1.9");
    let (_, out, _) = node.applet("ip -j neigh show 10.0.1.9");
    let neighbors: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(neighbors[0]["lladdr"], a.mac("eth0"));
    assert_eq!(node.applet("ip route get 10.0.1.9").1, "10.0.1.9 dev eth1 src 10.0.1.1 \n");
    let (_, running, _) = node.words("vtysh", &["-c", "show ip route json"]);
    assert!(
        serde_json::from_str::<serde_json::Value>(&running).unwrap()["0.0.0.0/0"].is_array(),
        "{running}"
    );
    // Wrong arguments: usage on standard error, nothing on standard output, status 2; it never waits for anything.
    for line in [
        "ip",
        "ip frob",
        "ip -j route frob",
        "ping",
        "ping -Z 10.0.1.9",
        "traceroute",
        "vtysh frob",
        "router --frob",
    ] {
        let (code, out, why) = node.applet(line);
        assert!(code == Some(2) && out.is_empty() && why.contains("usage"), "{line}: {code:?}\n{out}\n{why}");
    }
    assert_eq!(node.applet("ip route add 10.0.0.0/8 via 10.0.1.9").0, Some(0));
    assert_eq!(node.applet("ip route add 10.0.0.0/8 via 10.0.1.8").0, Some(2), "File exists");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn the_first_prompt_comes_soon() {
    if !ready(&NEEDS) {
        return;
    }
    let mut net = Net::new("prompt");
    let r1 = net.host("r1");
    std::fs::write(net.path("r1.yaml"), config(1)).unwrap();
    let mut times: Vec<Duration> = (0..5).map(|_| Container::first_prompt(&net, &r1)).collect();
    times.sort();
    let _ = writeln!(std::io::stderr(), "first prompt after {times:?}");
    // 100 ms are wanted of an idle machine; this one runs two scenarios at a time.
    assert!(times[0] < SECOND, "{times:?}");
    Finished::run("true", &[]).expect_success("true");
}
