//! FRR's ospfd restarts gracefully (RFC 3623) and routerd helps: adjacency, routes and packets stay.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── r1 (routerd) eth2 ── 10.0.12.0/24 ── eth1 r2 (FRR) ── 10.0.2.0/24 ── b
//! ```

use std::time::Duration;
use tests::netns::{Capture, Frr, Line, Owner, Router, Speaker, poll_until, ready, wait_ospf, wait_same};

const SOON: Duration = Duration::from_secs(60);
const DAEMONS: [&str; 1] = ["ospfd"];

fn ours(network: &str) -> String {
    format!(
        "{}
ospf:
  router-id: 1.1.1.1
  networks: [{{ prefix: 10.0.0.0/8, area: 0 }}]
  passive-interfaces: [eth1]
  interfaces:
    eth1: {{ cost: 5 }}
    eth2: {{ network: {network}, hello-interval: 1, dead-interval: 4, cost: 10 }}
",
        Line::R1
    )
}

/// `seconds` is how long FRR asks for.
fn theirs(network: &str, seconds: u8) -> String {
    format!(
        "
hostname r2
interface eth1
 ip ospf network {network}
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf cost 10
interface eth2
 ip ospf cost 5
router ospf
 ospf router-id 2.2.2.2
 capability opaque
 graceful-restart grace-period {seconds}
 network 10.0.0.0/8 area 0
 passive-interface eth2
"
    )
}

fn programs() -> Vec<&'static str> {
    [&Frr::NEEDS[..], &DAEMONS, &Capture::NEEDS].concat()
}

/// A scene with both adjacent and all routes there.
struct Scene {
    frr: Frr,
    router: Router,
    middle: Capture,
    line: Line,
}

impl Scene {
    fn new(scenario: &str, network: &str, seconds: u8) -> Scene {
        let line = Line::new(scenario, Owner::Routerd, Owner::Kernel);
        let middle = Capture::start(&line.net, &line.r1, "eth2");
        let frr = Frr::start(&line.net, &line.r2, &DAEMONS, &theirs(network, seconds));
        let router = Router::start(&line.net, &line.r1, &ours(network));
        let scene = Scene { frr, router, middle, line };
        scene.wait_settled();
        scene
    }

    fn wait_settled(&self) {
        wait_ospf(&self.router, "10.0.2.0/24", 15, "10.0.12.2", SOON);
        wait_ospf(&self.frr, "10.0.1.0/24", 15, "10.0.12.1", SOON);
        let both: [(&str, &dyn Speaker); 2] = [("r1", &self.router), ("r2", &self.frr)];
        wait_same(&both, "0.0.0.0", &[(1, "1.1.1.1"), (1, "2.2.2.2")], SOON);
        self.line.a.wait_ping("10.0.2.10", SOON);
        // A change that the neighbor has not yet acknowledged forbids to help it (RFC 3623 section 3.1).
        poll_until(SOON, "nothing is left to be acknowledged", || {
            let neighbors = self.router.json("show ip ospf neighbor json");
            let neighbor = &neighbors["neighbors"]["2.2.2.2"][0];
            let good = neighbor["linkStateRetransmissionListCounter"] == 0;
            if good { Ok(()) } else { Err(format!("{neighbors:#}")) }
        });
    }

    /// The sequence number of our router LSA.
    fn sequence(&self) -> Option<u32> {
        let held = self.router.lsdb().of("0.0.0.0");
        held.iter().find(|lsa| lsa.kind == 1 && lsa.router.to_string() == "1.1.1.1").map(|lsa| lsa.sequence)
    }

    /// FRR asks for grace and is killed.
    fn restart_begins(&mut self) {
        self.frr.show("graceful-restart prepare ip ospf");
        self.router.wait_logged(&["helping a neighbor to restart", "2.2.2.2"], SOON);
        self.frr.kill("ospfd");
    }
}

fn helps(scenario: &str, network: &str) {
    if !ready(&programs()) {
        return;
    }
    let mut scene = Scene::new(scenario, network, 120);
    let before = scene.sequence();
    scene.restart_begins();
    // Six seconds, longer than the dead interval, without an ospfd: no packet is lost, nothing is told anew.
    scene.line.a.assert_ping("10.0.2.10", 120, "");
    wait_ospf(&scene.router, "10.0.2.0/24", 15, "10.0.12.2", Duration::ZERO);
    assert_eq!(scene.sequence(), before, "our router LSA still has the link");

    scene.frr.restart("ospfd");
    scene.line.a.assert_ping("10.0.2.10", 40, "");
    scene.router.wait_logged(&["no longer helping a neighbor", "2.2.2.2", "it has restarted"], SOON);
    scene.line.a.assert_ping("10.0.2.10", 40, "");
    scene.wait_settled();
    let text = scene.router.show("show ip ospf neighbor");
    assert!(text.contains("2.2.2.2") && text.contains("Full"), "{text}");
    let Scene { middle, line, .. } = &scene;
    middle.so_far().assert_clean(&[line.r1.mac("eth2")], &Line::R1_ADDRESSES);
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_graceful_restart_over_a_point_to_point_link_loses_nothing() {
    helps("ospfgrp2p", "point-to-point");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_graceful_restart_on_a_lan_loses_nothing() {
    helps("ospfgrlan", "broadcast");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_neighbor_that_does_not_come_back_is_given_up_when_its_grace_is_over() {
    if !ready(&programs()) {
        return;
    }
    let mut scene = Scene::new("ospfgrend", "point-to-point", 10);
    scene.restart_begins();
    wait_ospf(&scene.router, "10.0.2.0/24", 15, "10.0.12.2", Duration::ZERO);
    scene.router.wait_no_route("10.0.2.0/24", SOON);
    scene.router.wait_logged(&["no longer helping a neighbor", "2.2.2.2"], SOON);
    poll_until(SOON, "the neighbor is forgotten", || {
        let text = scene.router.show("show ip ospf neighbor");
        if text.contains("2.2.2.2") { Err(text) } else { Ok(()) }
    });
}
