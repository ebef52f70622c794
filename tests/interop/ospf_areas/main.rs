//! OSPF over areas: routerd, FRR and BIRD as area border routers and inside stub areas, NSSAs and transit areas.
//!
//! ```text
//!                     area 1                              area 0
//!  left ── eth0 10.0.12.0/24 eth1 ── middle ── eth2 10.0.13.0/24 eth0 ── right
//!   .2                            .1        .1                            .3
//!   eth1 10.1.2.0/24, 10.1.3.0/24                    eth1 10.0.3.0/24 (BIRD, ASBR)
//! ```
//!
//! The middle is routerd with FRR on its left, then FRR with routerd on its left. With a virtual link, left's eth1 is in
//! area 2.

use std::time::Duration;
use tests::netns::{
    Bird, Capture, Frr, Lsdb, Net, Node, Pcap, Router, Speaker, ready, wait_gone, wait_ospf, wait_same,
};

const SOON: Duration = Duration::from_secs(60);
const DAEMONS: [&str; 2] = ["ospfd", "staticd"];
const BACKBONE: &str = "0.0.0.0";
const AREA_1: &str = "0.0.0.1";
/// What the routers at both ends of area 1 call each other.
const TO_LEFT: &str = "10.0.12.2";
const TO_MIDDLE: &str = "10.0.12.1";
/// The same of the backbone.
const TO_RIGHT: &str = "10.0.13.3";
const FROM_RIGHT: &str = "10.0.13.1";

/// Area 1.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Kind {
    Normal,
    Stub,
    TotallyStubby,
    Nssa,
}

impl Kind {
    /// FRR's line.
    fn frr(self, is_border: bool) -> &'static str {
        match self {
            Kind::Normal => "",
            Kind::Stub => " area 1 stub\n",
            Kind::TotallyStubby if is_border => " area 1 stub no-summary\n",
            Kind::TotallyStubby => " area 1 stub\n",
            Kind::Nssa => " area 1 nssa\n",
        }
    }

    /// Ours, of the area.
    fn yaml(self, is_border: bool) -> &'static str {
        match self {
            Kind::Normal => "",
            Kind::Stub => "type: stub,",
            Kind::TotallyStubby if is_border => "type: stub, no-summary: true,",
            Kind::TotallyStubby => "type: stub,",
            Kind::Nssa if is_border => "type: nssa, nssa-default: {},",
            Kind::Nssa => "type: nssa,",
        }
    }
}

/// FRR on a router: point-to-point links called so, and what `router ospf` says.
fn frr(id: u8, links: &[&str], ospf: &str) -> String {
    let links: String = links
        .iter()
        .map(|link| {
            format!(
                "interface {link}\n ip ospf network point-to-point\n ip ospf hello-interval 1\n \
                 ip ospf dead-interval 4\n ip ospf cost 10\n"
            )
        })
        .collect();
    format!(
        "hostname frr
ip route 198.51.100.0/24 blackhole tag 77
{links}router ospf
 ospf router-id {id}.{id}.{id}.{id}
 timers throttle spf 0 50 500
{ospf}"
    )
}

/// FRR on the left.
fn frr_left(kind: Kind, redistributes: bool) -> String {
    let redistribute = if redistributes { " redistribute static metric 20\n" } else { "" };
    let ospf = format!(
        " network 10.0.12.0/24 area 1
 network 10.1.0.0/16 area 1
 passive-interface eth1
{redistribute}{}",
        kind.frr(false)
    );
    format!("interface eth1\n ip ospf cost 5\n{}", frr(2, &["eth0"], &ospf))
}

/// FRR in the middle.
fn frr_middle(kind: Kind, more: &str) -> String {
    let ospf =
        format!(" network 10.0.12.0/24 area 1\n network 10.0.13.0/24 area 0\n{}{more}", kind.frr(true));
    frr(1, &["eth1", "eth2"], &ospf)
}

/// routerd in the middle; `area` is what is said about area 1.
fn ours_middle(area: &str) -> String {
    format!(
        "
hostname: middle
interfaces:
  eth1: {{ addresses: [10.0.12.1/24] }}
  eth2: {{ addresses: [10.0.13.1/24] }}
ospf:
  router-id: 1.1.1.1
  networks: [{{ prefix: 10.0.12.0/24, area: 1 }}, {{ prefix: 10.0.13.0/24, area: 0 }}]
  areas: {{ 0.0.0.1: {{ {area} }} }}
  interfaces:
    eth1: {{ network: point-to-point, hello-interval: 1, dead-interval: 4, cost: 10 }}
    eth2: {{ network: point-to-point, hello-interval: 1, dead-interval: 4, cost: 10 }}
"
    )
}

/// routerd on the left, its networks in area `of_networks`; `more` is said about OSPF.
fn ours_left(area: &str, of_networks: u8, more: &str) -> String {
    format!(
        "
hostname: left
interfaces:
  eth0: {{ addresses: [10.0.12.2/24] }}
  eth1: {{ addresses: [10.1.2.1/24, 10.1.3.1/24] }}
routes:
  - {{ prefix: 203.0.113.0/24, type: blackhole, tag: 99 }}
ospf:
  router-id: 2.2.2.2
  networks: [{{ prefix: 10.0.12.0/24, area: 1 }}, {{ prefix: 10.1.0.0/16, area: {of_networks} }}]
  areas: {{ 0.0.0.1: {{ {area} }} }}
  passive-interfaces: [eth1]
{more}  interfaces:
    eth0: {{ network: point-to-point, hello-interval: 1, dead-interval: 4, cost: 10 }}
    eth1: {{ cost: 5 }}
"
    )
}

const REDISTRIBUTE: &str = "  redistribute: { static: { metric: 30 } }\n";

const BIRD: &str = "
router id 3.3.3.3;
log stderr all;
protocol device {}
protocol kernel { ipv4 { export all; }; }
protocol static { ipv4; route 192.0.2.0/24 blackhole; }
protocol ospf v2 right {
    tick 1;
    ipv4 { import all; export where source = RTS_STATIC; };
    area 0 {
        interface \"eth0\" { type ptp; hello 1; dead 4; cost 10; };
        interface \"eth1\" { stub; cost 5; };
    };
}
";

/// Nodes and cables.
struct Scene {
    left: Node,
    middle: Node,
    right: Node,
    /// Behind left and right, so that their networks are up.
    _host: Node,
    net: Net,
}

/// Who is routerd; the other is FRR.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Ours {
    Left,
    Middle,
}

impl Scene {
    fn new(scenario: &str, ours: Ours) -> Scene {
        let mut net = Net::new(scenario);
        let mut router =
            |name: &str, is_ours| if is_ours { net.silent(name) } else { net.kernel_router(name) };
        let (left, middle) = (router("left", ours == Ours::Left), router("middle", ours == Ours::Middle));
        let (right, host) = (net.kernel_router("right"), net.host("host"));
        net.cable((&left, "eth0"), (&middle, "eth1"), 1500);
        net.cable((&middle, "eth2"), (&right, "eth0"), 1500);
        net.cable((&left, "eth1"), (&host, "left"), 1500);
        net.cable((&right, "eth1"), (&host, "right"), 1500);
        if ours == Ours::Middle {
            left.address("eth0", "10.0.12.2/24");
            left.address("eth1", "10.1.2.1/24");
            left.address("eth1", "10.1.3.1/24");
        } else {
            middle.address("eth1", "10.0.12.1/24");
            middle.address("eth2", "10.0.13.1/24");
        }
        right.address("eth0", "10.0.13.3/24");
        right.address("eth1", "10.0.3.1/24");
        Scene { left, middle, right, _host: host, net }
    }

    fn bird(&self) -> Bird {
        Bird::start(&self.net, &self.right, BIRD)
    }
}

fn programs() -> Vec<&'static str> {
    [&Frr::NEEDS[..], &DAEMONS, &Bird::NEEDS, &Capture::NEEDS].concat()
}

/// routerd in the middle, FRR on its left.
struct Between {
    frr: Frr,
    router: Router,
    bird: Bird,
    captures: Vec<(&'static str, Capture)>,
    scene: Scene,
}

impl Between {
    fn start(scenario: &str, left: &str, area: &str) -> Between {
        let scene = Scene::new(scenario, Ours::Middle);
        let captures =
            ["eth1", "eth2"].map(|port| (port, Capture::start(&scene.net, &scene.middle, port))).into();
        let frr = Frr::start(&scene.net, &scene.left, &DAEMONS, left);
        let bird = scene.bird();
        let router = Router::start(&scene.net, &scene.middle, &ours_middle(area));
        Between { frr, router, bird, captures, scene }
    }

    fn area_1(&self) -> [(&str, &dyn Speaker); 2] {
        [("middle", &self.router), ("left", &self.frr)]
    }

    fn backbone(&self) -> [(&str, &dyn Speaker); 2] {
        [("middle", &self.router), ("right", &self.bird)]
    }

    /// Nothing to complain about on the wire.
    fn finish(self) {
        for (port, capture) in self.captures {
            clean(&capture.stop(), &self.scene.middle, port);
        }
    }
}

/// FRR in the middle, routerd on its left.
struct Beside {
    frr: Frr,
    router: Router,
    bird: Bird,
    capture: Capture,
    scene: Scene,
}

impl Beside {
    fn start(scenario: &str, left: &str, middle: &str) -> Beside {
        let scene = Scene::new(scenario, Ours::Left);
        let capture = Capture::start(&scene.net, &scene.left, "eth0");
        let frr = Frr::start(&scene.net, &scene.middle, &DAEMONS, middle);
        let bird = scene.bird();
        let router = Router::start(&scene.net, &scene.left, left);
        Beside { frr, router, bird, capture, scene }
    }

    fn area_1(&self) -> [(&str, &dyn Speaker); 2] {
        [("left", &self.router), ("middle", &self.frr)]
    }

    fn backbone(&self) -> [(&str, &dyn Speaker); 2] {
        [("middle", &self.frr), ("right", &self.bird)]
    }

    fn finish(self) {
        clean(&self.capture.stop(), &self.scene.left, "eth0");
    }
}

fn clean(wire: &Pcap, node: &Node, port: &str) {
    wire.assert_clean(&[node.mac(port)], &["10.0.12.1", "10.0.12.2", "10.0.13.1"]);
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn we_border_a_normal_area_and_tell_its_range() {
    if !ready(&programs()) {
        return;
    }
    let scene = Between::start("ospfabr", &frr_left(Kind::Normal, true), "ranges: { 10.1.0.0/16: {} }");
    let Between { frr, router, bird, .. } = &scene;
    wait_same(&scene.area_1(), AREA_1, &[(1, "2.2.2.2"), (3, "10.0.3.0"), (4, "3.3.3.3")], SOON);
    wait_same(&scene.backbone(), BACKBONE, &[(1, "3.3.3.3"), (3, "10.1.0.0"), (4, "2.2.2.2")], SOON);
    let all: [(&str, &dyn Speaker); 3] = [("left", frr), ("middle", router), ("right", bird)];
    wait_same(&all, Lsdb::AS, &[(5, "198.51.100.0"), (5, "192.0.2.0")], SOON);

    wait_ospf(router, "10.1.2.0/24", 15, TO_LEFT, SOON);
    wait_ospf(router, "10.0.3.0/24", 15, TO_RIGHT, SOON);
    wait_ospf(router, "198.51.100.0/24", 20, TO_LEFT, SOON);
    wait_ospf(frr, "10.0.3.0/24", 25, TO_MIDDLE, SOON);
    wait_ospf(frr, "192.0.2.0/24", 10000, TO_MIDDLE, SOON);
    wait_ospf(bird, "10.1.0.0/16", 25, FROM_RIGHT, SOON);
    wait_ospf(bird, "198.51.100.0/24", 20, FROM_RIGHT, SOON);
    let held = bird.show("show route");
    assert!(!held.contains("10.1.2.0/24"), "the range hides what it covers:\n{held}");

    // Without the range, each network by itself.
    router.configure(&["router ospf", "no area 1 range 10.1.0.0/16"]);
    wait_ospf(bird, "10.1.2.0/24", 25, FROM_RIGHT, SOON);
    wait_ospf(bird, "10.1.3.0/24", 25, FROM_RIGHT, SOON);
    wait_gone(&scene.backbone(), BACKBONE, &[(3, "10.1.0.0")], SOON);
    wait_same(&scene.backbone(), BACKBONE, &[(3, "10.1.2.0"), (3, "10.1.3.0")], SOON);
    scene.finish();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn we_border_a_stub_area() {
    if !ready(&programs()) {
        return;
    }
    let kind = Kind::Stub;
    let scene = Between::start("ospfstub", &frr_left(kind, false), kind.yaml(true));
    let Between { frr, router, bird, .. } = &scene;
    wait_same(&scene.area_1(), AREA_1, &[(1, "2.2.2.2"), (3, "10.0.3.0"), (3, "0.0.0.0")], SOON);
    wait_same(&scene.backbone(), BACKBONE, &[(1, "3.3.3.3"), (3, "10.1.2.0")], SOON);
    wait_same(&scene.backbone(), Lsdb::AS, &[(5, "192.0.2.0")], SOON);
    wait_ospf(frr, "0.0.0.0/0", 11, TO_MIDDLE, SOON);
    wait_ospf(frr, "10.0.3.0/24", 25, TO_MIDDLE, SOON);
    wait_ospf(router, "10.1.2.0/24", 15, TO_LEFT, SOON);
    wait_ospf(bird, "10.1.2.0/24", 25, FROM_RIGHT, SOON);
    assert!(frr.lsdb().of(Lsdb::AS).is_empty(), "no externals in a stub area");
    wait_gone(&scene.area_1(), AREA_1, &[(4, "3.3.3.3")], SOON);
    scene.finish();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn we_border_a_totally_stubby_area() {
    if !ready(&programs()) {
        return;
    }
    let kind = Kind::TotallyStubby;
    let scene = Between::start("ospftotal", &frr_left(kind, false), kind.yaml(true));
    let Between { frr, bird, .. } = &scene;
    let held = wait_same(&scene.area_1(), AREA_1, &[(1, "2.2.2.2"), (3, "0.0.0.0")], SOON);
    assert_eq!(held.iter().filter(|lsa| lsa.kind == 3).count(), 1, "the default and no other: {held:?}");
    wait_same(&scene.backbone(), BACKBONE, &[(1, "3.3.3.3"), (3, "10.1.2.0")], SOON);
    wait_ospf(frr, "0.0.0.0/0", 11, TO_MIDDLE, SOON);
    wait_ospf(bird, "10.1.2.0/24", 25, FROM_RIGHT, SOON);
    frr.wait_no_route("10.0.3.0/24", SOON);
    scene.finish();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn we_translate_for_an_nssa() {
    if !ready(&programs()) {
        return;
    }
    let kind = Kind::Nssa;
    let scene = Between::start("ospfnssa", &frr_left(kind, true), kind.yaml(true));
    let Between { frr, router, bird, .. } = &scene;
    wait_same(&scene.area_1(), AREA_1, &[(1, "2.2.2.2"), (7, "198.51.100.0"), (7, "0.0.0.0")], SOON);
    wait_same(&scene.backbone(), BACKBONE, &[(1, "3.3.3.3"), (3, "10.1.2.0")], SOON);
    let externals = wait_same(&scene.backbone(), Lsdb::AS, &[(5, "198.51.100.0"), (5, "192.0.2.0")], SOON);
    let translated = externals.iter().find(|lsa| lsa.is(5, "198.51.100.0"));
    assert_eq!(translated.map(|lsa| lsa.router.to_string()).as_deref(), Some("1.1.1.1"), "{externals:?}");

    wait_ospf(router, "198.51.100.0/24", 20, TO_LEFT, SOON);
    wait_ospf(bird, "198.51.100.0/24", 20, FROM_RIGHT, SOON);
    wait_ospf(frr, "0.0.0.0/0", 1, TO_MIDDLE, SOON);
    wait_ospf(frr, "10.0.3.0/24", 25, TO_MIDDLE, SOON);
    frr.wait_no_route("192.0.2.0/24", SOON);
    let text = bird.show("show route 198.51.100.0/24 all");
    assert!(text.contains("OSPF.tag: 0x0000004d"), "the tag stays in translation:\n{text}");

    frr.configure(&["no ip route 198.51.100.0/24 blackhole tag 77"]);
    wait_gone(&scene.backbone(), Lsdb::AS, &[(5, "198.51.100.0")], SOON);
    wait_gone(&scene.area_1(), AREA_1, &[(7, "198.51.100.0")], SOON);
    scene.finish();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn we_live_in_a_normal_area_that_frr_borders() {
    if !ready(&programs()) {
        return;
    }
    let middle = frr_middle(Kind::Normal, " area 1 range 10.1.0.0/16\n");
    let scene = Beside::start("ospfin", &ours_left("", 1, REDISTRIBUTE), &middle);
    let Beside { router, bird, frr, .. } = &scene;
    wait_same(&scene.area_1(), AREA_1, &[(1, "2.2.2.2"), (3, "10.0.3.0"), (4, "3.3.3.3")], SOON);
    wait_same(&scene.backbone(), BACKBONE, &[(3, "10.1.0.0"), (4, "2.2.2.2")], SOON);
    let all: [(&str, &dyn Speaker); 3] = [("left", router), ("middle", frr), ("right", bird)];
    wait_same(&all, Lsdb::AS, &[(5, "203.0.113.0"), (5, "192.0.2.0")], SOON);
    wait_ospf(router, "10.0.3.0/24", 25, TO_MIDDLE, SOON);
    wait_ospf(router, "192.0.2.0/24", 10000, TO_MIDDLE, SOON);
    wait_ospf(frr, "203.0.113.0/24", 30, TO_LEFT, SOON);
    wait_ospf(bird, "10.1.0.0/16", 25, FROM_RIGHT, SOON);
    wait_ospf(bird, "203.0.113.0/24", 30, FROM_RIGHT, SOON);
    scene.finish();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn we_live_in_a_stub_area_that_frr_borders() {
    if !ready(&programs()) {
        return;
    }
    for (scenario, kind) in [("ospfinstub", Kind::Stub), ("ospfintotal", Kind::TotallyStubby)] {
        let left = ours_left(kind.yaml(false), 1, "");
        let scene = Beside::start(scenario, &left, &frr_middle(kind, ""));
        let Beside { router, bird, .. } = &scene;
        wait_same(&scene.area_1(), AREA_1, &[(1, "2.2.2.2"), (3, "0.0.0.0")], SOON);
        wait_ospf(router, "0.0.0.0/0", 11, TO_MIDDLE, SOON);
        wait_ospf(bird, "10.1.2.0/24", 25, FROM_RIGHT, SOON);
        match kind {
            Kind::Stub => wait_ospf(router, "10.0.3.0/24", 25, TO_MIDDLE, SOON),
            _ => router.wait_no_route("10.0.3.0/24", SOON),
        }
        router.wait_no_route("192.0.2.0/24", SOON);
        assert!(router.lsdb().of(Lsdb::AS).is_empty(), "no externals in a stub area");
        scene.finish();
    }
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn we_are_the_asbr_of_an_nssa_that_frr_translates() {
    if !ready(&programs()) {
        return;
    }
    let kind = Kind::Nssa;
    let left = ours_left(kind.yaml(false), 1, REDISTRIBUTE);
    let scene = Beside::start("ospfinnssa", &left, &frr_middle(kind, ""));
    let Beside { router, bird, frr, .. } = &scene;
    wait_same(&scene.area_1(), AREA_1, &[(1, "2.2.2.2"), (7, "203.0.113.0")], SOON);
    wait_same(&scene.backbone(), Lsdb::AS, &[(5, "203.0.113.0"), (5, "192.0.2.0")], SOON);
    wait_ospf(frr, "203.0.113.0/24", 30, TO_LEFT, SOON);
    // FRR 8 gives what it translates its own default metric.
    wait_ospf(bird, "203.0.113.0/24", 20, FROM_RIGHT, SOON);
    wait_ospf(router, "10.0.3.0/24", 25, TO_MIDDLE, SOON);
    router.wait_no_route("192.0.2.0/24", SOON);
    scene.finish();
}

const OUR_VIRTUAL_LINK: &str = "virtual-links: { 2.2.2.2: { hello-interval: 1, dead-interval: 4 } }";

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_virtual_link_from_us_to_frr_joins_a_far_area() {
    if !ready(&programs()) {
        return;
    }
    let left = "interface eth1\n ip ospf cost 5\n".to_owned()
        + &frr(
            2,
            &["eth0"],
            " network 10.0.12.0/24 area 1
 network 10.1.0.0/16 area 2
 passive-interface eth1
 area 1 virtual-link 1.1.1.1 hello-interval 1 dead-interval 4
",
        );
    let scene = Between::start("ospfvlink", &left, OUR_VIRTUAL_LINK);
    let Between { frr, router, bird, .. } = &scene;
    let all: [(&str, &dyn Speaker); 3] = [("left", frr), ("middle", router), ("right", bird)];
    wait_same(&all, BACKBONE, &[(1, "1.1.1.1"), (1, "2.2.2.2"), (1, "3.3.3.3"), (3, "10.1.2.0")], SOON);
    wait_same(&scene.area_1(), AREA_1, &[(1, "1.1.1.1"), (1, "2.2.2.2")], SOON);
    wait_ospf(router, "10.1.2.0/24", 15, TO_LEFT, SOON);
    wait_ospf(bird, "10.1.2.0/24", 25, FROM_RIGHT, SOON);
    wait_ospf(frr, "10.0.3.0/24", 25, TO_MIDDLE, SOON);
    wait_ospf(frr, "192.0.2.0/24", 10000, TO_MIDDLE, SOON);
    scene.finish();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_virtual_link_from_frr_joins_our_far_area() {
    if !ready(&programs()) {
        return;
    }
    let link = OUR_VIRTUAL_LINK.replace("2.2.2.2", "1.1.1.1");
    let middle = frr_middle(Kind::Normal, " area 1 virtual-link 2.2.2.2 hello-interval 1 dead-interval 4\n");
    let scene = Beside::start("ospfvfar", &ours_left(&link, 2, ""), &middle);
    let Beside { router, bird, frr, .. } = &scene;
    let all: [(&str, &dyn Speaker); 3] = [("left", router), ("middle", frr), ("right", bird)];
    wait_same(&all, BACKBONE, &[(1, "1.1.1.1"), (1, "2.2.2.2"), (1, "3.3.3.3"), (3, "10.1.2.0")], SOON);
    wait_same(&scene.area_1(), AREA_1, &[(1, "1.1.1.1"), (1, "2.2.2.2")], SOON);
    wait_ospf(frr, "10.1.2.0/24", 15, TO_LEFT, SOON);
    wait_ospf(bird, "10.1.2.0/24", 25, FROM_RIGHT, SOON);
    wait_ospf(router, "10.0.3.0/24", 25, TO_MIDDLE, SOON);
    wait_ospf(router, "192.0.2.0/24", 10000, TO_MIDDLE, SOON);
    scene.finish();
}
