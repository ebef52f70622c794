//! OSPF on point-to-point links with FRR and BIRD: redistribution both ways, changes of cost, unnumbered links, and an
//! MTU that does not fit.
//!
//! ```text
//!                    ┌─ eth1 10.0.12.0/24 eth0 ── r2 (FRR)  ── eth1 10.0.2.0/24
//!  r1 (routerd) ─────┤
//!  eth0 10.0.1.0/24  └─ eth2 10.0.13.0/24 eth0 ── r3 (BIRD) ── eth1 10.0.3.0/24
//! ```
//!
//! The stub networks are ports whose cable leads to a host, `h`.

use std::time::Duration;
use tests::netns::{
    Bird, Capture, Frr, Lsdb, Net, Node, Router, Speaker, poll_until, ready, wait_gone, wait_ospf, wait_same,
};

const SOON: Duration = Duration::from_secs(60);
const DAEMONS: [&str; 2] = ["ospfd", "staticd"];
const ADDRESSES: [&str; 4] = ["10.0.1.1", "10.0.12.1", "10.0.13.1", "192.0.2.1"];

const ROUTERD: &str = "
hostname: r1
interfaces:
  eth0: { addresses: [10.0.1.1/24] }
  eth1: { addresses: [10.0.12.1/24] }
  eth2: { addresses: [10.0.13.1/24] }
routes:
  - { prefix: 203.0.113.0/24, type: blackhole, tag: 99 }
  - { prefix: 203.0.114.0/24, type: blackhole, tag: 98 }
policy:
  route-maps:
    OUT:
      - { seq: 10, action: permit, match: { tag: 99 }, set: { metric: 30, metric-type: 1 } }
      - { seq: 20, action: permit, set: { metric: 40, tag: 97 } }
ospf:
  router-id: 1.1.1.1
  networks: [{ prefix: 10.0.0.0/16, area: 0 }]
  passive-interfaces: [eth0]
  redistribute: { static: { route-map: OUT } }
  interfaces:
    eth0: { cost: 5 }
    eth1: { network: point-to-point, hello-interval: 1, dead-interval: 4, cost: 10 }
    eth2: { network: point-to-point, hello-interval: 1, dead-interval: 4, cost: 10 }
";

const FRR: &str = "
hostname r2
ip route 198.51.100.0/24 blackhole tag 77
ip route 198.51.101.0/24 blackhole tag 78
route-map OUT permit 10
 match tag 77
 set metric 25
 set metric-type type-1
route-map OUT permit 20
 set metric 26
interface eth0
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf cost 10
interface eth1
 ip ospf cost 5
router ospf
 ospf router-id 2.2.2.2
 network 10.0.0.0/16 area 0
 passive-interface eth1
 redistribute static route-map OUT
 timers throttle spf 0 50 500
";

const BIRD: &str = "
router id 3.3.3.3;
log stderr all;
protocol device {}
protocol kernel { ipv4 { export all; }; }
protocol static { ipv4; route 192.0.3.0/24 blackhole; route 192.0.4.0/24 blackhole; }
filter told {
    if net = 192.0.3.0/24 then { ospf_metric1 = 35; ospf_tag = 66; accept; }
    if net = 192.0.4.0/24 then { ospf_metric2 = 36; ospf_tag = 67; accept; }
    reject;
}
protocol ospf v2 p2p {
    tick 1;
    ipv4 { import all; export filter told; };
    area 0 {
        interface \"eth0\" { type ptp; hello 1; dead 4; cost 10; };
        interface \"eth1\" { stub; cost 5; };
    };
}
";

/// Nodes and cables.
struct Scene {
    r1: Node,
    r2: Node,
    r3: Node,
    h: Node,
    net: Net,
}

impl Scene {
    fn new(scenario: &str) -> Scene {
        let mut net = Net::new(scenario);
        let (r1, h) = (net.silent("r1"), net.host("h"));
        let (r2, r3) = (net.kernel_router("r2"), net.kernel_router("r3"));
        for (router, port) in [(&r2, "eth1"), (&r3, "eth2")] {
            net.cable((&r1, port), (router, "eth0"), 1500);
        }
        for (n, router, port) in [(1, &r1, "eth0"), (2, &r2, "eth1"), (3, &r3, "eth1")] {
            net.cable((router, port), (&h, &format!("p{n}")), 1500);
        }
        Scene { r1, r2, r3, h, net }
    }

    fn numbered(scenario: &str) -> Scene {
        let scene = Scene::new(scenario);
        for (n, router) in [(2, &scene.r2), (3, &scene.r3)] {
            router.address("eth0", &format!("10.0.1{n}.{n}/24"));
            router.address("eth1", &format!("10.0.{n}.1/24"));
        }
        // The host stands behind r1.
        scene.h.address("p1", "10.0.1.10/24");
        scene.h.route("default via 10.0.1.1");
        scene
    }

    fn frr(&self, config: &str) -> Frr {
        Frr::start(&self.net, &self.r2, &DAEMONS, config)
    }
}

fn programs() -> Vec<&'static str> {
    [&Frr::NEEDS[..], &DAEMONS, &Bird::NEEDS, &Capture::NEEDS].concat()
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn point_to_point_links_carry_routes_of_all_kinds_both_ways() {
    if !ready(&programs()) {
        return;
    }
    let scene = Scene::numbered("ospfp2p");
    let captures = ["eth1", "eth2"].map(|port| (port, Capture::start(&scene.net, &scene.r1, port)));
    let frr = scene.frr(FRR);
    let bird = Bird::start(&scene.net, &scene.r3, BIRD);
    let router = Router::start(&scene.net, &scene.r1, ROUTERD);

    let all: [(&str, &dyn Speaker); 3] = [("r1", &router), ("r2", &frr), ("r3", &bird)];
    wait_same(&all, "0.0.0.0", &[(1, "1.1.1.1"), (1, "2.2.2.2"), (1, "3.3.3.3")], SOON);
    let externals = ["203.0.113.0", "203.0.114.0", "198.51.100.0", "198.51.101.0", "192.0.3.0", "192.0.4.0"];
    wait_same(&all, Lsdb::AS, &externals.map(|id| (5, id)), SOON);

    // Ways within the area; type 1 adds the way, type 2 does not.
    let (to_2, to_3) = ("10.0.12.2", "10.0.13.3");
    wait_ospf(&router, "10.0.2.0/24", 15, to_2, SOON);
    wait_ospf(&router, "10.0.3.0/24", 15, to_3, SOON);
    wait_ospf(&router, "198.51.100.0/24", 35, to_2, SOON);
    wait_ospf(&router, "198.51.101.0/24", 26, to_2, SOON);
    wait_ospf(&router, "192.0.3.0/24", 45, to_3, SOON);
    wait_ospf(&router, "192.0.4.0/24", 36, to_3, SOON);
    for (peer, via) in [(&frr as &dyn Speaker, "10.0.12.1"), (&bird, "10.0.13.1")] {
        wait_ospf(peer, "10.0.1.0/24", 15, via, SOON);
        wait_ospf(peer, "203.0.113.0/24", 40, via, SOON);
        wait_ospf(peer, "203.0.114.0/24", 40, via, SOON);
    }
    wait_ospf(&frr, "10.0.3.0/24", 25, "10.0.12.1", SOON);
    wait_ospf(&bird, "10.0.2.0/24", 25, "10.0.13.1", SOON);

    // Tags.
    for (prefix, tag) in
        [("198.51.100.0/24", 77), ("198.51.101.0/24", 78), ("192.0.3.0/24", 66), ("192.0.4.0/24", 67)]
    {
        let route = router.wait_route(prefix, "ospf", SOON);
        assert_eq!(route["tag"], tag, "{route:#}");
    }
    for (prefix, tag, hex) in [("203.0.113.0/24", 99, "0x00000063"), ("203.0.114.0/24", 97, "0x00000061")] {
        let route = frr.wait_route(prefix, "ospf", SOON);
        assert_eq!(route["tag"], tag, "{route:#}");
        let text = bird.show(&format!("show route {prefix} all"));
        assert!(text.contains(&format!("OSPF.tag: {hex}")), "{text}");
    }
    scene.h.wait_ping("10.0.2.1", SOON);
    scene.h.wait_ping("10.0.3.1", SOON);

    // Ours changes a cost, then FRR does.
    router.configure(&["interface eth1", "ip ospf cost 50"]);
    wait_ospf(&router, "10.0.2.0/24", 55, to_2, SOON);
    wait_ospf(&bird, "10.0.2.0/24", 65, "10.0.13.1", SOON);
    frr.configure(&["interface eth1", "ip ospf cost 105"]);
    wait_ospf(&router, "10.0.2.0/24", 155, to_2, SOON);
    wait_ospf(&bird, "10.0.2.0/24", 165, "10.0.13.1", SOON);

    // What is no longer redistributed goes from all tables.
    router.configure(&["no ip route 203.0.113.0/24 blackhole tag 99"]);
    frr.wait_no_route("203.0.113.0/24", SOON);
    frr.configure(&["no ip route 198.51.100.0/24 blackhole tag 77"]);
    router.wait_no_route("198.51.100.0/24", SOON);
    wait_gone(&all, Lsdb::AS, &[(5, "203.0.113.0"), (5, "198.51.100.0")], SOON);
    wait_same(&all, Lsdb::AS, &[(5, "203.0.114.0")], SOON);
    wait_same(&all, "0.0.0.0", &[(1, "1.1.1.1"), (1, "2.2.2.2"), (1, "3.3.3.3")], SOON);

    // A cable is pulled and put back.
    scene.r2.down("eth0");
    router.wait_no_route("10.0.2.0/24", SOON);
    scene.r2.up("eth0");
    wait_ospf(&router, "10.0.2.0/24", 155, to_2, SOON);
    wait_ospf(&frr, "10.0.3.0/24", 25, "10.0.12.1", SOON);
    wait_same(&all, "0.0.0.0", &[(1, "1.1.1.1"), (1, "2.2.2.2"), (1, "3.3.3.3")], SOON);

    for (port, capture) in captures {
        capture.stop().assert_clean(&[scene.r1.mac(port)], &ADDRESSES);
    }
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn an_unnumbered_link_with_frr_carries_routes() {
    if !ready(&programs()) {
        return;
    }
    let scene = Scene::new("ospfunnum");
    let capture = Capture::start(&scene.net, &scene.r1, "eth1");
    scene.r2.address("eth0", "192.0.2.2/32");
    scene.r2.address("eth1", "10.0.2.1/24");
    scene.h.address("p1", "10.0.1.10/24");
    scene.h.route("default via 10.0.1.1");
    let frr = scene.frr(
        "
hostname r2
interface eth0
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf cost 10
interface eth1
 ip ospf cost 5
router ospf
 ospf router-id 2.2.2.2
 network 10.0.0.0/16 area 0
 network 192.0.2.2/32 area 0
 passive-interface eth1
",
    );
    let router = Router::start(
        &scene.net,
        &scene.r1,
        "
hostname: r1
interfaces:
  eth0: { addresses: [10.0.1.1/24] }
  eth1: { addresses: [192.0.2.1/32] }
ospf:
  router-id: 1.1.1.1
  networks: [{ prefix: 10.0.0.0/16, area: 0 }, { prefix: 192.0.2.1/32, area: 0 }]
  passive-interfaces: [eth0]
  interfaces:
    eth0: { cost: 5 }
    eth1: { network: point-to-point, hello-interval: 1, dead-interval: 4, cost: 10 }
",
    );
    wait_ospf(&router, "10.0.2.0/24", 15, "192.0.2.2", SOON);
    wait_ospf(&frr, "10.0.1.0/24", 15, "192.0.2.1", SOON);
    let both: [(&str, &dyn Speaker); 2] = [("r1", &router), ("r2", &frr)];
    wait_same(&both, "0.0.0.0", &[(1, "1.1.1.1"), (1, "2.2.2.2")], SOON);
    scene.h.wait_ping("10.0.2.1", SOON);
    capture.stop().assert_clean(&[scene.r1.mac("eth1")], &ADDRESSES);
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn an_mtu_that_does_not_fit_is_explained_and_may_be_ignored() {
    if !ready(&programs()) {
        return;
    }
    let scene = Scene::numbered("ospfmtu");
    scene.r1.ip("link set eth1 mtu 1400");
    let capture = Capture::start(&scene.net, &scene.r1, "eth1");
    let frr = scene.frr(FRR);
    let router = Router::start(&scene.net, &scene.r1, ROUTERD);
    router.wait_logged(&["MTU of 1500", "ours of 1400", "2.2.2.2", "eth1"], SOON);
    let neighbor = router.show("show ip ospf neighbor");
    assert!(neighbor.contains("2.2.2.2") && neighbor.contains("ExStart"), "{neighbor}");
    router.wait_no_route("10.0.2.0/24", SOON);
    frr.wait_no_route("10.0.1.0/24", SOON);

    router.configure(&["interface eth1", "ip ospf mtu-ignore"]);
    wait_ospf(&router, "10.0.2.0/24", 15, "10.0.12.2", SOON);
    wait_ospf(&frr, "10.0.1.0/24", 15, "10.0.12.1", SOON);
    let both: [(&str, &dyn Speaker); 2] = [("r1", &router), ("r2", &frr)];
    wait_same(&both, "0.0.0.0", &[(1, "1.1.1.1"), (1, "2.2.2.2")], SOON);
    poll_until(SOON, "the neighbor is full", || {
        let text = router.show("show ip ospf neighbor");
        if text.contains("Full") { Ok(()) } else { Err(text) }
    });
    capture.stop().assert_clean(&[scene.r1.mac("eth1")], &ADDRESSES);
}
