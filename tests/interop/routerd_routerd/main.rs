//! Two routerd in a row between Linux hosts: RIP for IPv4, static routes for IPv6.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── r1 (routerd) ── 10.0.12.0/24, mtu 1400 ── r2 (routerd) ── 10.0.2.0/24 ── b
//!       2001:db8:1::/64                2001:db8:12::/64                          2001:db8:2::/64
//! ```

use std::time::Duration;
use tests::netns::{Capture, Line, Node, Owner, Router, poll_until, ready};

const RIP: &str = "
rip:
  networks: [10.0.0.0/8]
  timers: { update: 5, timeout: 15, garbage: 10 }
";

/// What a router may drop while traceroute and path MTU discovery pass, links come up, and hosts report the multicast
/// groups they are in to whom it may concern.
const EXPECTED_DROPS: [&str; 6] =
    ["ttl-exceeded", "too-big", "port-down", "arp-not-for-us", "nd-unsolicited", "not-joined"];

/// A converged scene.
struct Scene {
    r1: Router,
    r2: Router,
    line: Line,
}

impl Scene {
    fn new(scenario: &str) -> Scene {
        let line = Line::new(scenario, Owner::Routerd, Owner::Routerd);
        let route = |prefix: &str, via: &str| format!("routes: [{{ prefix: \"{prefix}\", via: \"{via}\" }}]");
        let left = format!("{}{}{RIP}", Line::R1, route("2001:db8:2::/64", "2001:db8:12::2"));
        let right = format!("{}{}{RIP}", Line::R2, route("2001:db8:1::/64", "2001:db8:12::1"));
        let r1 = Router::start(&line.net, &line.r1, &left);
        let r2 = Router::start(&line.net, &line.r2, &right);
        r1.wait_route("10.0.2.0/24", "rip", Duration::from_secs(15));
        r2.wait_route("10.0.1.0/24", "rip", Duration::from_secs(15));
        Scene { r1, r2, line }
    }
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn hosts_reach_each_other_across_two_routers_by_ipv4() {
    if !ready(&Capture::NEEDS) {
        return;
    }
    let scene = Scene::new("rr4");
    let line = &scene.line;
    let captures = [(&line.r1, "eth1"), (&line.r1, "eth2"), (&line.r2, "eth2")]
        .map(|(node, port)| (node, port, Capture::start(&line.net, node, port)));
    line.there().assert_all();
    line.back().assert_all();
    // Not the bulk port, so that it is captured.
    line.there().transfer(5002, 1 << 20);
    for router in [&scene.r1, &scene.r2] {
        assert!(router.drops().contains_key("ttl-exceeded"), "traceroute was seen");
        router.assert_dropped_only(&EXPECTED_DROPS);
    }
    let addresses = [Line::R1_ADDRESSES, Line::R2_ADDRESSES].concat();
    for (node, port, capture) in captures {
        let wire = capture.stop();
        let large = wire.count("tcp.port == 5002 && frame.len > 9000");
        assert!(large > 0, "{} {port}: kernels' large segments cross in one piece", node.name());
        wire.assert_clean(&[node.mac(port)], &addresses);
        if port == "eth2" {
            let fragments = wire.count("ip.flags.mf == 1 && ip.src == 10.0.1.10");
            assert!(fragments > 0, "{}: a's packets without DF were cut for the narrow link", node.name());
        }
    }
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn hosts_reach_each_other_across_two_routers_by_ipv6() {
    if !ready(&Capture::NEEDS) {
        return;
    }
    let scene = Scene::new("rr6");
    let line = &scene.line;
    let captures = [(&line.r1, "eth1"), (&line.r1, "eth2")]
        .map(|(node, port)| (node, port, Capture::start(&line.net, node, port)));
    line.there_v6().assert_all();
    line.back_v6().assert_all();
    for router in [&scene.r1, &scene.r2] {
        router.assert_dropped_only(&EXPECTED_DROPS);
    }
    let addresses = [Line::R1_ADDRESSES, Line::R2_ADDRESSES].concat();
    for (node, port, capture) in captures {
        capture.stop().assert_clean(&[node.mac(port)], &addresses);
    }
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_router_answers_for_itself() {
    if !ready(&Capture::NEEDS) {
        return;
    }
    let scene = Scene::new("self");
    let line = &scene.line;
    let near = Capture::start(&line.net, &line.r1, "eth1");
    for address in ["10.0.1.1", "10.0.12.1", "10.0.12.2", "10.0.2.1"] {
        line.a.assert_ping(address, 3, "");
        // Reassembled here, answered in fragments.
        line.a.assert_ping(address, 3, "-M dont -s 4000");
        line.a.assert_udp_refused(address, 9);
        assert_tcp_refused(&line.a, address);
    }
    for address in ["2001:db8:1::1", "2001:db8:12::1", "2001:db8:12::2", "2001:db8:2::1"] {
        line.a.wait_ping(address, Duration::from_secs(5));
        line.a.assert_ping(address, 3, "");
        let large = line.a.ping(address, 5, "-s 4000");
        assert!(large.received >= 4, "{address} answers large echo requests:\n{}", large.text);
        line.a.assert_udp_refused(address, 9);
        assert_tcp_refused(&line.a, address);
    }
    // Its link-local address, too.
    line.a.assert_ping(&format!("{}%eth0", link_local(&line.r1.mac("eth1"))), 3, "");
    // And it asks as well as it answers.
    for address in ["10.0.2.10", "10.0.1.10", "2001:db8:2::10", "10.0.12.1"] {
        let ping = scene.r1.show(&format!("ping {address}"));
        assert!(ping.contains("100 percent (5/5)"), "r1 pings {address}:\n{ping}");
    }
    let trace = scene.r1.show("traceroute 10.0.2.10");
    let hops: Vec<bool> = ["10.0.12.2", "10.0.2.10"].iter().map(|hop| trace.contains(hop)).collect();
    assert_eq!(hops, [true, true], "r1 traces to b:\n{trace}");
    assert!(scene.r2.show("show version").contains("r2"));
    near.stop().assert_clean(&[line.r1.mac("eth1")], &[Line::R1_ADDRESSES, Line::R2_ADDRESSES].concat());
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn neighbors_are_found_announced_and_missed() {
    if !ready(&Capture::NEEDS) {
        return;
    }
    let line = Line::new("neighbors", Owner::Routerd, Owner::Routerd);
    let near = Capture::start(&line.net, &line.r1, "eth1");
    let route = "routes: [{ prefix: 10.0.2.0/24, via: 10.0.12.2 }]";
    let back = "routes: [{ prefix: 10.0.1.0/24, via: 10.0.12.1 }, { prefix: 10.0.3.0/24, type: unreachable }, \
                { prefix: 10.0.4.0/24, type: prohibit }, { prefix: 10.0.5.0/24, type: blackhole }]";
    let r1 = Router::start(&line.net, &line.r1, &format!("{}{route}", Line::R1));
    let _r2 = Router::start(&line.net, &line.r2, &format!("{}{back}", Line::R2));
    let mac = line.r1.mac("eth1");

    // Coming up it told the link who it is (RFC 5227 section 3, RFC 4861 section 7.2.6).
    poll_until(Duration::from_secs(5), "gratuitous ARP and an unsolicited neighbor advertisement", || {
        let wire = near.so_far();
        let arp = wire.count(&format!(
            "eth.src == {mac} && arp.src.proto_ipv4 == 10.0.1.1 && arp.dst.proto_ipv4 == 10.0.1.1"
        ));
        let nd = wire.count(&format!("eth.src == {mac} && icmpv6.type == 136 && ipv6.dst == ff02::1"));
        if arp > 0 && nd > 0 { Ok(()) } else { Err(format!("{arp} ARP, {nd} ND")) }
    });

    line.there().to_be_pinged();
    let found = r1.show("show ip arp");
    assert!(
        found.contains("10.0.1.10") && found.contains(&line.a.mac("eth0")),
        "a is in r1's ARP table:\n{found}"
    );
    line.a.wait_ping("2001:db8:1::1", Duration::from_secs(5));
    let found = r1.show("show ipv6 neighbors");
    assert!(
        found.contains("2001:db8:1::10") && found.contains(&line.a.mac("eth0")),
        "and in the ND table:\n{found}"
    );

    // Forgotten on either side, found again.
    line.a.ip("neigh flush dev eth0");
    line.a.assert_ping("10.0.1.1", 1, "");
    r1.ask_lines(&["enable", "clear arp"]).expect_success("clear arp");
    line.b.assert_ping("10.0.1.10", 3, "");

    // Nobody there: the last router says so, after its ARP requests went unanswered.
    let missing = line.b.run("ping -n -c 5 -i 0.2 -W 6 10.0.1.77");
    assert!(
        missing.stdout.contains("From 10.0.12.1") && missing.stdout.contains("Destination Host Unreachable"),
        "{missing:?}"
    );
    let asked = near
        .so_far()
        .count(&format!("eth.src == {mac} && arp.opcode == 1 && arp.dst.proto_ipv4 == 10.0.1.77"));
    assert!((2..=8).contains(&asked), "{asked} ARP requests for a host that is not there");

    // No route, and routes that say no.
    for (address, says) in [
        ("192.0.2.1", "Destination Net Unreachable"),
        ("10.0.3.1", "Destination Host Unreachable"),
        ("10.0.4.1", "Packet filtered"),
    ] {
        let refused = line.b.run(&format!("ping -n -c 1 -W 2 {address}"));
        assert!(
            refused.stdout.contains("From 10.0.2.1") && refused.stdout.contains(says),
            "{address}: {refused:?}"
        );
    }
    let silent = line.b.run("ping -n -c 1 -W 1 10.0.5.1");
    assert!(!silent.stdout.contains("From") && silent.stdout.contains("100% packet loss"), "{silent:?}");

    // It does not speak for others (proxy ARP is off).
    let claimed = near
        .so_far()
        .count(&format!("eth.src == {mac} && arp.opcode == 2 && !(arp.src.proto_ipv4 == 10.0.1.1)"));
    assert_eq!(claimed, 0, "ARP replies for addresses of others");
    near.stop().assert_clean(&[mac], &Line::R1_ADDRESSES);
}

/// A connection to a closed port is reset, not ignored.
#[track_caller]
fn assert_tcp_refused(node: &Node, address: &str) {
    let done = node.shell(&format!("exec 3<>/dev/tcp/{address}/9"));
    assert!(done.stderr.contains("Connection refused"), "TCP to {address} port 9: {done:?}");
}

/// The EUI-64 link-local address of a MAC address (RFC 4291 appendix A).
fn link_local(mac: &str) -> String {
    let octets: Vec<u16> = mac.split(':').filter_map(|o| u16::from_str_radix(o, 16).ok()).collect();
    let [a, b, c, d, e, f] = octets.try_into().expect("a MAC address has six octets");
    let groups = [0xfe80, 0, 0, 0, ((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
    core::net::Ipv6Addr::from(groups).to_string()
}
