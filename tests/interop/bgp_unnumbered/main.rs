//! BGP unnumbered with FRR: `neighbor IFNAME interface` on both sides of a link that has no address but link-local ones.
//! Each finds the other by its router advertisements; IPv4 goes by IPv6 next hops (RFC 8950). Our end of the link is not
//! configured at all: that BGP names it makes it a port.
//!
//! ```text
//!  a ── 10.0.1.0/24, 2001:db8:1::/64 ── r1 (routerd, AS 65001) eth2 ── eth1 r2 (FRR, AS 65002) ── 10.0.2.0/24, 2001:db8:2::/64 ── b
//! ```

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

use serde_json::json;
use std::time::Duration;
use tests::netns::{
    Capture, Frr, Line, Node, Owner, Router, link_local, poll_until, ready, selected, wait_established,
    wait_neighbor, wait_no_path, wait_path,
};

const SOON: Duration = Duration::from_secs(60);
/// Less than a router lifetime, a hold time, or any other time that something is waited for.
const AT_ONCE: Duration = Duration::from_secs(8);
const DAEMONS: [&str; 1] = ["bgpd"];

/// The same in both: only the AS, the router id and the port differ.
fn speaker(asn: u32, port: &str) -> String {
    let n = asn % 10;
    format!(
        "
router bgp {asn}
 bgp router-id {n}.{n}.{n}.{n}
 no bgp ebgp-requires-policy
 neighbor {port} interface remote-as external
 neighbor {port} timers connect 1
 address-family ipv4 unicast
  redistribute connected
 exit-address-family
 address-family ipv6 unicast
  redistribute connected
  neighbor {port} activate
 exit-address-family
"
    )
}

struct Scene {
    frr: Frr,
    router: Router,
    middle: Capture,
    line: Line,
    /// Link-local addresses of r1's and r2's ends.
    ends: (String, String),
}

impl Scene {
    fn new(scenario: &str) -> Scene {
        let line = Line::new(scenario, Owner::Routerd, Owner::Kernel);
        line.r2.ip("addr flush dev eth1 scope global");
        // The scene's static route may have gone with the addresses.
        line.r2.run("ip -6 route flush root 2001:db8:1::/64");
        let middle = Capture::start(&line.net, &line.r1, "eth2");
        let frr =
            Frr::start(&line.net, &line.r2, &DAEMONS, &format!("hostname r2\n{}", speaker(65002, "eth1")));
        let file = line.net.path("r1.conf");
        let lan = "hostname r1\ninterface eth1\n ip address 10.0.1.1/24\n ipv6 address 2001:db8:1::1/64\n";
        std::fs::write(&file, format!("{lan}{}", speaker(65001, "eth2"))).unwrap();
        let router = Router::start_file(&line.net, &line.r1, &file);
        let ends = (link_local(&line.r1.mac("eth2")), link_local(&line.r2.mac("eth1")));
        Scene { frr, router, middle, line, ends }
    }

    #[track_caller]
    fn wait_up(&self) {
        let (ours, theirs) = &self.ends;
        let up = |address: &str| json!({ "bgpState": "Established", "bgpNeighborAddr": address });
        wait_neighbor(&self.router, "eth2", &up(theirs), SOON);
        wait_neighbor(&self.frr, "eth1", &up(ours), SOON);
    }

    #[track_caller]
    fn wait_packets(&self) {
        self.line.a.wait_ping("10.0.2.10", SOON);
        self.line.a.wait_ping("2001:db8:2::10", SOON);
    }

    /// tshark has nothing to say against our frames.
    #[track_caller]
    fn assert_clean(&self) {
        self.middle.so_far().assert_clean(&[self.line.r1.mac("eth2")], &[&self.ends.0]);
    }
}

fn programs() -> Vec<&'static str> {
    [&Frr::NEEDS[..], &DAEMONS, &Capture::NEEDS].concat()
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn both_families_pass_both_ways_over_a_link_without_addresses() {
    if !ready(&programs()) {
        return;
    }
    let scene = Scene::new("bgpunnumbered");
    let Scene { frr, router, line, ends: (ours, theirs), .. } = &scene;
    scene.wait_up();

    // Routes, by each one's own view.
    for (prefix, family) in [("10.0.2.0/24", "ip"), ("2001:db8:2::/64", "ipv6")] {
        wait_path(router, prefix, theirs, &json!({ "valid": true, "aspath": { "string": "65002" } }), SOON);
        let route = router.wait_route(prefix, "bgp", SOON);
        assert_eq!(route["nexthops"][0]["ip"], json!(theirs), "{family}: {route:#}");
        assert_eq!(route["nexthops"][0]["interfaceName"], "eth2", "{family}: {route:#}");
    }
    for (prefix, family) in [("10.0.1.0/24", "ip"), ("2001:db8:1::/64", "ipv6")] {
        wait_path(frr, prefix, ours, &json!({ "valid": true, "aspath": { "string": "65001" } }), SOON);
        poll_until(SOON, &format!("FRR goes by our link-local address to {prefix}"), || {
            let routes = frr.json(&format!("show {family} route json"));
            let route = selected(&routes, prefix).cloned().unwrap_or_default();
            let hop = &route["nexthops"][0];
            let right = hop["ip"] == json!(ours) && hop["interfaceName"] == "eth1" && hop["fib"] == true;
            if right { Ok(()) } else { Err(format!("{routes:#}")) }
        });
    }
    wait_no_path(frr, "fe80::/64", ours, SOON);
    scene.wait_packets();
    line.b.assert_ping("10.0.1.10", 5, "-s 1000");
    line.b.assert_ping("2001:db8:1::10", 5, "-s 1000");

    // What is printed is what FRR prints.
    let told = |text: &str, word: &str| text.lines().find(|line| line.contains(word)).map(str::to_owned);
    let head = format!("BGP neighbor on eth2: {theirs}, remote AS 65002, local AS 65001, external link");
    assert!(router.show("show bgp neighbors eth2").starts_with(&head));
    let head = head.replace("eth2", "eth1").replace(theirs.as_str(), ours);
    let head = head.replace("65001", "@").replace("65002", "65001").replace('@', "65002");
    assert!(frr.show("show bgp neighbors eth1").starts_with(&head), "the control experiment");
    let row = told(&router.show("show bgp summary"), "eth2 ").unwrap();
    assert!(row.starts_with("eth2            4      65002 "), "{row}");
    for (network, other) in [("10.0.2.0/24", "10.0.1.0/24"), ("2001:db8:2::/64", "2001:db8:1::/64")] {
        let family = if network.contains(':') { "ipv6" } else { "ipv4" };
        let command = format!("show bgp {family} unicast");
        let (we, they) = (told(&router.show(&command), network), told(&frr.show(&command), other));
        let they = they.unwrap().replace(other, network).replace("eth1", "eth2").replace("65001", "65002");
        assert_eq!(we.unwrap(), they);
    }

    // The advertisements, in tshark's and in FRR's eyes.
    let pcap = scene.middle.so_far();
    let mac = line.r1.mac("eth2");
    let sound = format!(
        "eth.src == {mac} && icmpv6.type == 134 && icmpv6.checksum.status == 1 && ipv6.hlim == 255 \
         && ipv6.src == {ours} && ipv6.dst == ff02::1 && icmpv6.nd.ra.router_lifetime == 30 \
         && icmpv6.opt.linkaddr == {mac}"
    );
    let all = pcap.count(&format!("eth.src == {mac} && icmpv6.type == 134"));
    assert!(all > 0);
    assert_eq!(pcap.count(&sound), all);
    assert!(frr.show("show interface eth1").contains(&format!("inet6 {ours}/128")));
    let drops = router.drops();
    assert!(!drops.keys().any(|name| name.starts_with("ra-")), "{drops:?}");
    scene.assert_clean();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_session_goes_with_the_peers_advertisements_and_comes_back_with_them() {
    if !ready(&programs()) {
        return;
    }
    let mut scene = Scene::new("bgpfarewell");
    scene.wait_up();
    scene.wait_packets();

    // FRR's last advertisement has lifetime 0.
    let Scene { frr, router, line, ends: (ours, _), .. } = &scene;
    frr.configure(&["router bgp 65002", "no neighbor eth1 interface"]);
    router.wait_no_route("10.0.2.0/24", AT_ONCE);
    wait_neighbor(router, "eth2", &json!({ "bgpState": "Idle", "bgpNeighborAddr": null }), AT_ONCE);
    frr.configure(&[
        "router bgp 65002",
        "neighbor eth1 interface remote-as external",
        "neighbor eth1 timers connect 1",
        "address-family ipv6 unicast",
        "neighbor eth1 activate",
    ]);
    scene.wait_up();
    scene.wait_packets();

    // A cable is pulled, and plugged in again.
    line.r2.down("eth1");
    router.wait_no_route("10.0.2.0/24", AT_ONCE);
    // Both have noticed: bgpd that is told of both at once, on a busy machine, does not begin again for minutes.
    frr.wait_no_route("10.0.1.0/24", AT_ONCE);
    line.r2.up("eth1");
    scene.wait_up();
    scene.wait_packets();

    // The port is taken down by its operator: FRR is told.
    router.configure(&["interface eth2", "shutdown"]);
    frr.wait_no_route("10.0.1.0/24", AT_ONCE);
    router.configure(&["interface eth2", "no shutdown"]);
    scene.wait_up();
    scene.wait_packets();

    // When the router ends there is a NOTIFICATION, which FRR heeds, and a last advertisement (FRR 8.4 keeps the neighbor).
    let last = format!("icmpv6.type == 134 && icmpv6.nd.ra.router_lifetime == 0 && ipv6.src == {ours}");
    let before = scene.middle.so_far().count(&last);
    scene.router.process.signal("TERM");
    scene.router.process.wait(SOON);
    scene.frr.wait_no_route("10.0.1.0/24", AT_ONCE);
    poll_until(AT_ONCE, "a last advertisement", || {
        let after = scene.middle.so_far().count(&last);
        if after > before { Ok(()) } else { Err(format!("{before} before, {after} after")) }
    });
    scene.assert_clean();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn two_routerd_find_each_other() {
    if !ready(&Capture::NEEDS) {
        return;
    }
    let line = Line::new("bgpunnumtwo", Owner::Routerd, Owner::Routerd);
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let start = |node: &Node, name: &str, port: &str, lan: &str, asn: u32| {
        let file = line.net.path(&format!("{name}.conf"));
        let n = asn % 10;
        let ports = format!(
            "hostname {name}\ninterface {lan}\n ip address 10.0.{n}.1/24\n ipv6 address 2001:db8:{n}::1/64\n"
        );
        std::fs::write(&file, format!("{ports}{}", speaker(asn, port))).unwrap();
        Router::start_file(&line.net, node, &file)
    };
    let r1 = start(&line.r1, "r1", "eth2", "eth1", 65001);
    let r2 = start(&line.r2, "r2", "eth1", "eth2", 65002);
    wait_established(&r1, "eth2", SOON);
    wait_established(&r2, "eth1", SOON);
    line.a.wait_ping("10.0.2.10", SOON);
    line.a.wait_ping("2001:db8:2::10", SOON);
    let (one, other) = (line.r1.mac("eth2"), line.r2.mac("eth1"));
    let addresses = [link_local(&one), link_local(&other)];
    middle.so_far().assert_clean(&[one, other], &addresses.each_ref().map(String::as_str));
}
