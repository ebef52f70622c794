//! iBGP over loopbacks with OSPF below, reflectors both ways, and eBGP over two hops.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── r1 (routerd) eth2 ── 10.0.12.0/24 ── eth1 r2 (FRR) eth2 ── 10.0.23.0/24 ── eth1 r3 (FRR)
//!                      10.255.0.1                           10.255.0.2                            10.255.0.3
//!                          eth3 ── 10.0.14.0/24 ── eth1 r4 (BIRD) 10.255.0.4
//! ```

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

use serde_json::json;
use std::time::Duration;
use tests::netns::{Bird, Capture, Frr, Net, Node, Router, ready, wait_established, wait_no_path, wait_path};

const SOON: Duration = Duration::from_secs(60);
const DAEMONS: [&str; 3] = ["ospfd", "staticd", "bgpd"];
const ADDRESSES: [&str; 4] = ["10.0.1.1", "10.0.12.1", "10.0.14.1", "10.255.0.1"];

/// Interfaces and OSPF.
const R1: &str = "
hostname r1
interface lo
 ip address 10.255.0.1/32
interface eth1
 ip address 10.0.1.1/24
interface eth2
 ip address 10.0.12.1/24
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
interface eth3
 ip address 10.0.14.1/24
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
ip route 203.0.113.0/24 blackhole
router ospf
 ospf router-id 10.255.0.1
 network 10.255.0.0/16 area 0
 network 10.0.12.0/24 area 0
 network 10.0.14.0/24 area 0
";

/// The same of FRR's.
fn below(name: &str, ports: &[&str]) -> String {
    let port = |port: &&str| {
        format!(
            "interface {port}
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
"
        )
    };
    let ports: String = ports.iter().map(port).collect();
    let id = name.trim_start_matches('r');
    format!(
        "
hostname {name}
{ports}router ospf
 ospf router-id 10.255.0.{id}
 network 10.0.0.0/8 area 0
 timers throttle spf 0 50 500
"
    )
}

const BIRD: &str = "
router id 10.255.0.4;
log stderr all;
protocol device {}
protocol direct { ipv4; interface \"lo\"; }
protocol kernel { ipv4 { export all; }; }
protocol static { ipv4; route 192.0.4.0/24 blackhole; }
protocol ospf v2 {
    ipv4 { import all; export none; };
    area 0 {
        interface \"lo\" { stub; };
        interface \"eth1\" { type ptp; hello 1; dead count 4; };
    };
}
";

struct Scene {
    r1: Node,
    r2: Node,
    r3: Node,
    r4: Node,
    a: Node,
    net: Net,
}

impl Scene {
    fn new(scenario: &str) -> Scene {
        let mut net = Net::new(scenario);
        let (r1, a) = (net.silent("r1"), net.host("a"));
        let [r2, r3, r4] = ["r2", "r3", "r4"].map(|name| net.kernel_router(name));
        net.cable((&a, "eth0"), (&r1, "eth1"), 1500);
        net.cable((&r1, "eth2"), (&r2, "eth1"), 1500);
        net.cable((&r2, "eth2"), (&r3, "eth1"), 1500);
        net.cable((&r1, "eth3"), (&r4, "eth1"), 1500);
        for (node, port, address) in [
            (&a, "eth0", "10.0.1.10/24"),
            (&r2, "eth1", "10.0.12.2/24"),
            (&r2, "eth2", "10.0.23.2/24"),
            (&r3, "eth1", "10.0.23.3/24"),
            (&r4, "eth1", "10.0.14.4/24"),
            (&r2, "lo", "10.255.0.2/32"),
            (&r3, "lo", "10.255.0.3/32"),
            (&r4, "lo", "10.255.0.4/32"),
        ] {
            node.address(port, address);
        }
        a.route("default via 10.0.1.1");
        Scene { r1, r2, r3, r4, a, net }
    }

    fn captures(&self) -> [(&'static str, Capture); 2] {
        ["eth2", "eth3"].map(|port| (port, Capture::start(&self.net, &self.r1, port)))
    }

    fn router(&self, bgp: &str) -> Router {
        let file = self.net.path("r1.conf");
        std::fs::write(&file, format!("{R1}{bgp}")).unwrap();
        Router::start_file(&self.net, &self.r1, &file)
    }

    fn frr(&self, node: &Node, ports: &[&str], bgp: &str) -> Frr {
        Frr::start(&self.net, node, &DAEMONS, &format!("{}{bgp}", below(node.name(), ports)))
    }

    #[track_caller]
    fn assert_clean(&self, captures: [(&'static str, Capture); 2]) {
        for (port, capture) in captures {
            capture.stop().assert_clean(&[self.r1.mac(port)], &ADDRESSES);
        }
    }
}

fn programs() -> Vec<&'static str> {
    [&Frr::NEEDS[..], &DAEMONS, &Bird::NEEDS, &Capture::NEEDS].concat()
}

/// A neighbor over loopbacks, with fast timers.
fn neighbor(peer: u8, asn: u32, own: &str) -> String {
    format!(
        " neighbor 10.255.0.{peer} remote-as {asn}
 neighbor 10.255.0.{peer} update-source {own}
 neighbor 10.255.0.{peer} timers 3 9
 neighbor 10.255.0.{peer} timers connect 1
"
    )
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn we_reflect_between_clients_of_frr_and_bird() {
    if !ready(&programs()) {
        return;
    }
    let scene = Scene::new("bgprr");
    let captures = scene.captures();
    let (second, third, fourth) =
        (neighbor(2, 65001, "lo"), neighbor(3, 65001, "lo"), neighbor(4, 65001, "lo"));
    let router = scene.router(&format!(
        "
router bgp 65001
 bgp router-id 10.255.0.1
 bgp cluster-id 10.255.9.9
{second}{third}{fourth} address-family ipv4 unicast
  network 10.0.1.0/24
  neighbor 10.255.0.2 route-reflector-client
  neighbor 10.255.0.4 route-reflector-client
 exit-address-family
"
    ));
    let client = |id: u8, prefix: &str, more: &str| {
        format!(
            "
ip route {prefix} blackhole
router bgp 65001
 bgp router-id 10.255.0.{id}
{} address-family ipv4 unicast
  network {prefix}
{more} exit-address-family
",
            neighbor(1, 65001, "lo")
        )
    };
    let map = "
route-map LOW permit 10
 set local-preference 70
 set metric 7
";
    let two = client(2, "198.51.100.0/24", "  neighbor 10.255.0.1 route-map LOW out\n");
    let frr2 = scene.frr(&scene.r2, &["eth1", "eth2"], &format!("{map}{two}"));
    // Not a client: it hears of clients and they of it.
    let frr3 = scene.frr(&scene.r3, &["eth1"], &client(3, "198.51.101.0/24", ""));
    let bird = Bird::start(
        &scene.net,
        &scene.r4,
        &format!(
            "{BIRD}
protocol bgp r1 {{
    local 10.255.0.4 as 65001;
    neighbor 10.255.0.1 as 65001;
    multihop;
    hold time 9;
    connect delay time 1;
    ipv4 {{ import all; export where source = RTS_STATIC; next hop self; }};
}}
"
        ),
    );
    for peer in ["10.255.0.2", "10.255.0.3", "10.255.0.4"] {
        wait_established(&router, peer, SOON);
    }
    wait_path(
        &router,
        "198.51.100.0/24",
        "10.255.0.2",
        &json!({ "locPrf": 70, "metric": 7, "valid": true, "nexthops": [{ "ip": "10.255.0.2" }] }),
        SOON,
    );
    wait_path(&router, "192.0.4.0/24", "10.255.0.4", &json!({ "locPrf": 100, "valid": true }), SOON);
    // What we reflect says who made it and where it was.
    let reflected = |origin: u8| {
        json!({
            "originatorId": format!("10.255.0.{origin}"),
            "clusterList": { "list": ["10.255.9.9"] },
            "nexthops": [{ "ip": format!("10.255.0.{origin}") }],
            "valid": true,
        })
    };
    wait_path(&frr2, "198.51.101.0/24", "10.255.0.1", &reflected(3), SOON);
    wait_path(&frr2, "192.0.4.0/24", "10.255.0.1", &reflected(4), SOON);
    wait_path(&frr3, "192.0.4.0/24", "10.255.0.1", &reflected(4), SOON);
    wait_path(&frr3, "198.51.100.0/24", "10.255.0.1", &reflected(2), SOON);
    wait_path(&frr3, "198.51.100.0/24", "10.255.0.1", &json!({ "locPrf": 70, "metric": 7 }), SOON);
    // Our own is not reflected.
    let own = json!({ "originatorId": null, "clusterList": null, "nexthops": [{ "ip": "10.255.0.1" }], "origin": "IGP" });
    wait_path(&frr3, "10.0.1.0/24", "10.255.0.1", &own, SOON);
    bird.wait_route(
        "198.51.100.0/24",
        &[
            "BGP.originator_id: 10.255.0.2",
            "BGP.cluster_list: 10.255.9.9",
            "BGP.local_pref: 70",
            "BGP.med: 7",
            "BGP.next_hop: 10.255.0.2",
        ],
        SOON,
    );
    bird.wait_route("198.51.101.0/24", &["BGP.originator_id: 10.255.0.3"], SOON);
    bird.wait_route("10.0.1.0/24", &["BGP.next_hop: 10.255.0.1", "BGP.local_pref: 100"], SOON);
    // The way is found through OSPF.
    let route = router.wait_route("198.51.101.0/24", "bgp", SOON);
    assert_eq!(route["distance"], 200, "{route:#}");
    frr3.wait_route("10.0.1.0/24", "bgp", SOON);
    scene.a.wait_ping("10.255.0.3", SOON);

    // The next hop goes, and its routes with it, long before the session's hold time.
    scene.r3.down("lo");
    scene.r3.ip("addr del 10.255.0.3/32 dev lo");
    router.wait_no_route("198.51.101.0/24", SOON);
    wait_no_path(&frr2, "198.51.101.0/24", "10.255.0.1", SOON);
    scene.assert_clean(captures);
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn we_are_a_client_of_frr_as_reflector() {
    if !ready(&programs()) {
        return;
    }
    let scene = Scene::new("bgprrfrr");
    let captures = scene.captures();
    let router = scene.router(&format!(
        "
router bgp 65001
 bgp router-id 10.255.0.1
{} address-family ipv4 unicast
  network 10.0.1.0/24
  network 203.0.113.0/24
 exit-address-family
",
        neighbor(2, 65001, "10.255.0.1")
    ));
    let frr2 = scene.frr(
        &scene.r2,
        &["eth1", "eth2"],
        &format!(
            "
router bgp 65001
 bgp router-id 10.255.0.2
{}{} address-family ipv4 unicast
  neighbor 10.255.0.1 route-reflector-client
  neighbor 10.255.0.3 route-reflector-client
 exit-address-family
",
            neighbor(1, 65001, "lo"),
            neighbor(3, 65001, "lo")
        ),
    );
    let frr3 = scene.frr(
        &scene.r3,
        &["eth1"],
        &format!(
            "
ip route 198.51.101.0/24 blackhole
router bgp 65001
 bgp router-id 10.255.0.3
{} address-family ipv4 unicast
  network 198.51.101.0/24
 exit-address-family
",
            neighbor(2, 65001, "lo")
        ),
    );
    let reflected = json!({
        "originatorId": "10.255.0.3",
        "clusterList": { "list": ["10.255.0.2"] },
        "nexthops": [{ "ip": "10.255.0.3" }],
        "locPrf": 100,
        "valid": true,
    });
    wait_path(&router, "198.51.101.0/24", "10.255.0.2", &reflected, SOON);
    let ours = json!({ "originatorId": "10.255.0.1", "nexthops": [{ "ip": "10.255.0.1" }], "valid": true });
    wait_path(&frr3, "203.0.113.0/24", "10.255.0.2", &ours, SOON);
    frr3.wait_route("10.0.1.0/24", "bgp", SOON);
    router.wait_route("198.51.101.0/24", "bgp", SOON);
    router.configure(&["router bgp 65001", "address-family ipv4 unicast", "no network 203.0.113.0/24"]);
    wait_no_path(&frr3, "203.0.113.0/24", "10.255.0.2", SOON);
    drop(frr2);
    router.wait_no_route("198.51.101.0/24", SOON);
    scene.assert_clean(captures);
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn ebgp_spans_two_hops_between_loopbacks() {
    if !ready(&programs()) {
        return;
    }
    let scene = Scene::new("bgphops");
    let captures = scene.captures();
    let speaker = |id: u8, asn: u32, peer: u8, remote: u32, prefix: &str| {
        format!(
            "
router bgp {asn}
 bgp router-id 10.255.0.{id}
 no bgp ebgp-requires-policy
{} neighbor 10.255.0.{peer} ebgp-multihop 3
 address-family ipv4 unicast
  network {prefix}
 exit-address-family
",
            neighbor(peer, remote, "lo")
        )
    };
    let router = scene.router(&speaker(1, 65001, 3, 65003, "203.0.113.0/24"));
    let frr2 = scene.frr(&scene.r2, &["eth1", "eth2"], "");
    let three = speaker(3, 65003, 1, 65001, "198.51.101.0/24");
    let frr3 = scene.frr(&scene.r3, &["eth1"], &format!("ip route 198.51.101.0/24 blackhole\n{three}"));
    wait_established(&router, "10.255.0.3", SOON);
    let theirs =
        json!({ "aspath": { "string": "65003" }, "nexthops": [{ "ip": "10.255.0.3" }], "valid": true });
    wait_path(&router, "198.51.101.0/24", "10.255.0.3", &theirs, SOON);
    let ours =
        json!({ "aspath": { "string": "65001" }, "nexthops": [{ "ip": "10.255.0.1" }], "valid": true });
    wait_path(&frr3, "203.0.113.0/24", "10.255.0.1", &ours, SOON);
    let route = router.wait_route("198.51.101.0/24", "bgp", SOON);
    assert_eq!(route["distance"], 20, "{route:#}");
    assert_eq!(
        captures[0].1.so_far().count("bgp && ip.src == 10.255.0.1 && ip.ttl != 3"),
        0,
        "TTL of eBGP over hops"
    );
    drop(frr2);
    scene.assert_clean(captures);
}
