//! routerd and FRR's ripd teach each other, and packets follow.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── r1 (routerd) ── 10.0.12.0/24, mtu 1400 ── r2 (FRR: zebra, ripd) ── 10.0.2.0/24 ── b
//!         static 203.0.113.0/24, tag 99                  static 198.51.100.0/24, tag 77
//! ```

use std::time::Duration;
use tests::netns::{Capture, Frr, Line, Owner, Router, poll_until, ready, selected};

const SOON: Duration = Duration::from_secs(20);

/// A lost route is gone by a triggered update: sooner than the timeout of 15 s could do it, even if the last periodic
/// update was 7.5 s ago (5 s and FRR's jitter of half of it).
const TRIGGERED: Duration = Duration::from_secs(7);

/// A route nobody tells any more is gone by its timeout.
const TIMED_OUT: Duration = Duration::from_secs(30);

const ROUTERD: &str = "
routes:
  - { prefix: 203.0.113.0/24, type: blackhole, tag: 99 }
  - { prefix: \"2001:db8:2::/64\", via: \"2001:db8:12::2\" }
policy:
  route-maps:
    OUT:
      - { seq: 10, action: permit, set: { metric: 3 } }
rip:
  networks: [10.0.12.0/24, 10.0.1.0/24]
  redistribute:
    static: { route-map: OUT }
  timers: { update: 5, timeout: 15, garbage: 10 }
";

const FRR: &str = "
hostname r2
ip route 198.51.100.0/24 blackhole tag 77
route-map OUT permit 10
 set metric 5
router rip
 network 10.0.12.0/24
 network 10.0.2.0/24
 redistribute static route-map OUT
 timers basic 5 15 10
";

/// What the peers need beside [`Capture`].
const DAEMONS: [&str; 2] = ["ripd", "staticd"];

fn programs() -> Vec<&'static str> {
    [&Frr::NEEDS[..], &DAEMONS, &Capture::NEEDS].concat()
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn routes_and_packets_cross_between_routerd_and_frr() {
    if !ready(&programs()) {
        return;
    }
    let line = Line::new("frr", Owner::Routerd, Owner::Kernel);
    let captures = ["eth1", "eth2"].map(|port| (port, Capture::start(&line.net, &line.r1, port)));
    let frr = Frr::start(&line.net, &line.r2, &DAEMONS, FRR);
    let router = Router::start(&line.net, &line.r1, &format!("{}{ROUTERD}", Line::R1));

    // Each has what the other told, one hop further.
    let learned = router.wait_route("10.0.2.0/24", "rip", SOON);
    assert_eq!((&learned["metric"], &learned["distance"]), (&2.into(), &120.into()), "{learned:#}");
    assert_eq!(learned["nexthops"][0]["ip"], "10.0.12.2", "{learned:#}");
    assert_eq!(learned["nexthops"][0]["interfaceName"], "eth2", "{learned:#}");
    let learned = router.wait_route("198.51.100.0/24", "rip", SOON);
    assert_eq!((&learned["metric"], &learned["tag"]), (&6.into(), &77.into()), "{learned:#}");
    let learned = frr.wait_route("10.0.1.0/24", "rip", SOON);
    assert_eq!((&learned["metric"], &learned["distance"]), (&2.into(), &120.into()), "{learned:#}");
    assert_eq!(learned["nexthops"][0]["ip"], "10.0.12.1", "{learned:#}");
    let learned = frr.wait_route("203.0.113.0/24", "rip", SOON);
    assert_eq!((&learned["metric"], &learned["tag"]), (&4.into(), &99.into()), "{learned:#}");

    // The two tables of RIP hold the same networks with the same metrics but for the hop between.
    assert_eq!(rip_networks(&router.show("show ip rip")), rip_networks(&frr.show("show ip rip")));

    line.there().assert_all();
    line.back().assert_all();
    line.there_v6().traced();
    line.there_v6().path_mtu_found();

    for (port, capture) in captures {
        let wire = capture.stop();
        wire.assert_clean(&[line.r1.mac(port)], &Line::R1_ADDRESSES);
        if port == "eth2" {
            let updates =
                wire.fields("rip.command == 2 && ip.src == 10.0.12.1", &["ip.dst", "ip.ttl", "rip.version"]);
            assert!(!updates.is_empty());
            let (group, answers): (Vec<_>, Vec<_>) = updates.iter().partition(|u| u[0] == "224.0.0.9");
            assert!(
                !group.is_empty() && group.iter().all(|u| u[1..] == ["1", "2"]),
                "one hop, version 2: {group:?}"
            );
            assert!(
                answers.iter().all(|u| u[0] == "10.0.12.2" && u[2] == "2"),
                "answers to requests: {answers:?}"
            );
            assert!(wire.count("rip.command == 1 && ip.src == 10.0.12.1") > 0, "it asked when it came up");
            let told = wire.count("rip.command == 2 && ip.src == 10.0.12.1 && rip.ip == 10.0.2.0");
            assert_eq!(told, 0, "split horizon: what FRR told is not told back");
        }
    }
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_cut_link_withdraws_its_routes_on_both_sides_at_once() {
    if !ready(&programs()) {
        return;
    }
    let line = Line::new("frrcut", Owner::Routerd, Owner::Kernel);
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let frr = Frr::start(&line.net, &line.r2, &DAEMONS, FRR);
    let router = Router::start(&line.net, &line.r1, &format!("{}{ROUTERD}", Line::R1));
    router.wait_route("10.0.2.0/24", "rip", SOON);
    frr.wait_route("10.0.1.0/24", "rip", SOON);

    // b's link: FRR poisons, routerd forgets.
    line.b.down("eth0");
    router.wait_no_route("10.0.2.0/24", TRIGGERED);
    // a's link: routerd poisons, FRR forgets.
    line.a.down("eth0");
    frr.wait_no_route("10.0.1.0/24", TRIGGERED);
    poll_until(SOON, "a poisoned route on the wire", || {
        let poisoned = middle.so_far().count("rip.ip == 10.0.1.0 && rip.metric == 16 && ip.src == 10.0.12.1");
        if poisoned > 0 { Ok(()) } else { Err("no metric 16".to_owned()) }
    });
    // Healed, both come back.
    for (host, lan) in [(&line.a, 1), (&line.b, 2)] {
        host.up("eth0");
        host.route(&format!("default via 10.0.{lan}.1"));
    }
    router.wait_route("10.0.2.0/24", "rip", SOON);
    frr.wait_route("10.0.1.0/24", "rip", SOON);
    line.there().to_be_pinged();

    // The link between them: no carrier, nothing left of what came over it.
    line.r2.down("eth1");
    router.wait_no_route("198.51.100.0/24", Duration::from_secs(2));
    let routes = router.json("show ip route json");
    assert!(
        selected(&routes, "10.0.12.0/24").is_none() && selected(&routes, "10.0.2.0/24").is_none(),
        "{routes:#}"
    );
    line.r2.up("eth1");
    router.wait_route("198.51.100.0/24", "rip", SOON);
    frr.wait_route("203.0.113.0/24", "rip", SOON);

    // A clean end says goodbye: FRR does not have to wait for its timeout.
    router.process.signal("TERM");
    frr.wait_no_route("203.0.113.0/24", TRIGGERED);
    middle.stop().assert_clean(&[line.r1.mac("eth2")], &Line::R1_ADDRESSES);
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn filters_and_passive_interfaces_keep_routes_from_frr() {
    if !ready(&programs()) {
        return;
    }
    let line = Line::new("frrfilter", Owner::Routerd, Owner::Kernel);
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let frr = Frr::start(&line.net, &line.r2, &DAEMONS, FRR);
    let router = Router::start(&line.net, &line.r1, &format!("{}{ROUTERD}", Line::R1));
    frr.wait_route("10.0.1.0/24", "rip", SOON);
    frr.wait_route("203.0.113.0/24", "rip", SOON);
    router.wait_route("198.51.100.0/24", "rip", SOON);

    // Out: a list is put in the way while running. What it denies is told no more; the rest is.
    router.configure(&[
        "ip prefix-list LAN seq 5 deny 203.0.113.0/24",
        "ip prefix-list LAN seq 10 permit any",
        "router rip",
        "distribute-list prefix LAN out eth2",
    ]);
    frr.wait_no_route("203.0.113.0/24", TIMED_OUT);
    frr.wait_route("10.0.1.0/24", "rip", SOON);

    // In: the same for what FRR tells.
    router.configure(&[
        "access-list NOT-TEST seq 5 deny 198.51.100.0/24",
        "access-list NOT-TEST seq 10 permit any",
        "router rip",
        "distribute-list NOT-TEST in eth2",
    ]);
    router.wait_no_route("198.51.100.0/24", TIMED_OUT);
    router.wait_route("10.0.2.0/24", "rip", SOON);

    // An offset makes a way longer.
    router.configure(&["access-list ALL seq 5 permit any", "router rip", "offset-list ALL out 4 eth2"]);
    poll_until(SOON, "FRR sees the offset", || {
        let route = frr.wait_route("10.0.1.0/24", "rip", SOON);
        if route["metric"] == 6 { Ok(()) } else { Err(format!("{route:#}")) }
    });

    // Passive: it listens, and tells nothing.
    router.configure(&["router rip", "passive-interface eth2"]);
    frr.wait_no_route("10.0.1.0/24", TIMED_OUT);
    router.wait_route("10.0.2.0/24", "rip", SOON);
    middle.stop().assert_clean(&[line.r1.mac("eth2")], &Line::R1_ADDRESSES);
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn version_1_is_spoken_with_a_peer_that_knows_no_other() {
    if !ready(&programs()) {
        return;
    }
    let line = Line::new("frrv1", Owner::Routerd, Owner::Kernel);
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let frr = Frr::start(
        &line.net,
        &line.r2,
        &DAEMONS,
        "
ip route 198.51.100.0/24 blackhole
router rip
 version 1
 network 10.0.12.0/24
 network 10.0.2.0/24
 redistribute static
 timers basic 5 15 10
",
    );
    let version_1 = "
routes:
  - { prefix: 203.0.113.0/24, type: blackhole }
rip:
  version: 1
  networks: [10.0.12.0/24, 10.0.1.0/24]
  redistribute: { static: {} }
  timers: { update: 5, timeout: 15, garbage: 10 }
";
    let router = Router::start(&line.net, &line.r1, &format!("{}{version_1}", Line::R1));
    // Subnets of the link's own classful network keep the link's mask, others are classful (RFC 2453 section 3.4.2).
    router.wait_route("10.0.2.0/24", "rip", SOON);
    router.wait_route("198.51.100.0/24", "rip", SOON);
    frr.wait_route("10.0.1.0/24", "rip", SOON);
    frr.wait_route("203.0.113.0/24", "rip", SOON);
    line.there().to_be_pinged();
    let wire = middle.stop();
    let sent = wire.fields("rip && ip.src == 10.0.12.1", &["rip.version", "ip.dst"]);
    assert!(!sent.is_empty());
    let known = |f: &Vec<String>| f[0] == "1" && ["10.0.12.255", "10.0.12.2"].contains(&f[1].as_str());
    assert!(sent.iter().all(known), "version 1, broadcast or an answer: {sent:?}");
    assert!(sent.iter().any(|f| f[1] == "10.0.12.255"), "{sent:?}");
    wire.assert_clean(&[line.r1.mac("eth2")], &Line::R1_ADDRESSES);
}

/// The networks `show ip rip` lists, in FRR's format on both sides, without those of the link between.
fn rip_networks(text: &str) -> Vec<String> {
    let lines =
        text.lines().filter(|line| line.starts_with(['R', 'C', 'S', 'K', 'O', 'B']) && line.contains('/'));
    let mut found: Vec<String> =
        lines.filter_map(|line| line.split_whitespace().nth(1).map(str::to_owned)).collect();
    found.sort();
    found
}
