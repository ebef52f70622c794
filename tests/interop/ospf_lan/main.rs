//! OSPF on a LAN of four: two routerd, FRR and BIRD. All agree about the designated router, the database and the
//! routes; and go on when the designated router is killed.
//!
//! ```text
//!  h1 ── 10.0.1.0/24 ── r1 (routerd) .1 ─┐                  ┌─ .3 r3 (FRR)  ── 10.0.3.0/24 ── h3
//!                                        ├─ 10.0.0.0/24 sw ─┤
//!  h2 ── 10.0.2.0/24 ── r2 (routerd) .2 ─┘     area 0       └─ .4 r4 (BIRD) ── 10.0.4.0/24 ── h4
//!             eth1                 eth0                       eth0           eth1
//! ```

use std::time::Duration;
use tests::netns::{
    Bird, Capture, Frr, Lsdb, Net, Node, Router, Speaker, poll_until, ready, wait_ospf, wait_same,
};

const SOON: Duration = Duration::from_secs(60);
const DAEMONS: [&str; 2] = ["ospfd", "staticd"];
const ADDRESSES: [&str; 4] = ["10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.2.1"];

/// A routerd's configuration. Dead intervals are short of 10 s to lose no time, hellos as with fast failure detection.
fn ours(n: u8) -> String {
    format!(
        "
hostname: r{n}
interfaces:
  eth0: {{ addresses: [10.0.0.{n}/24] }}
  eth1: {{ addresses: [10.0.{n}.1/24] }}
ospf:
  router-id: {n}.{n}.{n}.{n}
  networks: [{{ prefix: 10.0.0.0/16, area: 0 }}]
  passive-interfaces: [eth1]
  interfaces:
    eth0: {{ hello-interval: 1, dead-interval: 4, cost: 10, retransmit-interval: 2 }}
    eth1: {{ cost: 5 }}
"
    )
}

const FRR: &str = "
hostname r3
ip route 198.51.100.0/24 blackhole tag 77
interface eth0
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf cost 10
 ip ospf retransmit-interval 2
interface eth1
 ip ospf cost 5
router ospf
 ospf router-id 3.3.3.3
 network 10.0.0.0/16 area 0
 passive-interface eth1
 redistribute static
 timers throttle spf 0 50 500
";

const BIRD: &str = "
router id 4.4.4.4;
log stderr all;
protocol device {}
protocol kernel { ipv4 { export all; }; }
protocol static { ipv4; route 203.0.113.0/24 blackhole; }
protocol ospf v2 lan {
    tick 1;
    ipv4 { import all; export where source = RTS_STATIC; };
    area 0 {
        interface \"eth0\" { hello 1; dead 4; cost 10; retransmit 2; };
        interface \"eth1\" { stub; cost 5; };
    };
}
";

/// Nodes and cables; routers by number.
struct Scene {
    routers: Vec<Node>,
    hosts: Vec<Node>,
    net: Net,
}

impl Scene {
    fn new(scenario: &str) -> Scene {
        let mut net = Net::new(scenario);
        let hosts: Vec<Node> = (1..=4).map(|n| net.host(&format!("h{n}"))).collect();
        let mut routers: Vec<Node> = (1..=2).map(|n| net.silent(&format!("r{n}"))).collect();
        routers.extend((3..=4).map(|n| net.kernel_router(&format!("r{n}"))));
        let ports: Vec<(&Node, &str)> = routers.iter().map(|router| (router, "eth0")).collect();
        net.lan("sw", &ports, 1500);
        for (n, (router, host)) in (1..).zip(routers.iter().zip(&hosts)) {
            net.cable((router, "eth1"), (host, "eth0"), 1500);
            host.address("eth0", &format!("10.0.{n}.10/24"));
            host.route(&format!("default via 10.0.{n}.1"));
            if n > 2 {
                router.address("eth0", &format!("10.0.0.{n}/24"));
                router.address("eth1", &format!("10.0.{n}.1/24"));
            }
        }
        Scene { routers, hosts, net }
    }

    fn router(&self, n: u8) -> Router {
        Router::start(&self.net, &self.routers[usize::from(n) - 1], &ours(n))
    }

    fn frr(&self) -> Frr {
        Frr::start(&self.net, &self.routers[2], &DAEMONS, FRR)
    }

    fn bird(&self) -> Bird {
        Bird::start(&self.net, &self.routers[3], BIRD)
    }

    /// Every host of these reaches every other.
    fn assert_mesh(&self, numbers: &[usize]) {
        for from in numbers {
            for to in numbers.iter().filter(|to| *to != from) {
                self.hosts[from - 1].wait_ping(&format!("10.0.{to}.10"), SOON);
            }
        }
    }
}

fn programs() -> Vec<&'static str> {
    [&Frr::NEEDS[..], &DAEMONS, &Bird::NEEDS, &Capture::NEEDS].concat()
}

fn wait_state(show: impl Fn(&str) -> String, state: &str) {
    poll_until(SOON, &format!("State {state} on eth0"), || {
        let text = show("show ip ospf interface eth0");
        if text.contains(&format!("State {state},")) { Ok(()) } else { Err(text) }
    });
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_lan_of_four_agrees_and_survives_the_death_of_our_designated_router() {
    if !ready(&programs()) {
        return;
    }
    let scene = Scene::new("ospflan1");
    let captures = [0, 1].map(|n| Capture::start(&scene.net, &scene.routers[n], "eth0"));
    // The first on the LAN is its designated router; the next one the backup.
    let r1 = scene.router(1);
    wait_state(|command| r1.show(command), "DR");
    let r2 = scene.router(2);
    wait_state(|command| r2.show(command), "Backup");
    let (frr, bird) = (scene.frr(), scene.bird());

    let all: [(&str, &dyn Speaker); 4] = [("r1", &r1), ("r2", &r2), ("r3", &frr), ("r4", &bird)];
    let routers = [(1, "1.1.1.1"), (1, "2.2.2.2"), (1, "3.3.3.3"), (1, "4.4.4.4")];
    let mut wanted = routers.to_vec();
    wanted.push((2, "10.0.0.1"));
    wait_same(&all, "0.0.0.0", &wanted, SOON);
    wait_same(&all, Lsdb::AS, &[(5, "198.51.100.0"), (5, "203.0.113.0")], SOON);

    for (router, other) in [(&r1, 2), (&r2, 1)] {
        for n in [other, 3, 4] {
            wait_ospf(router, &format!("10.0.{n}.0/24"), 15, &format!("10.0.0.{n}"), SOON);
        }
        wait_ospf(router, "198.51.100.0/24", 20, "10.0.0.3", SOON);
        wait_ospf(router, "203.0.113.0/24", 10000, "10.0.0.4", SOON);
    }
    for n in [1, 2, 4] {
        wait_ospf(&frr, &format!("10.0.{n}.0/24"), 15, &format!("10.0.0.{n}"), SOON);
    }
    for n in [1, 2, 3] {
        wait_ospf(&bird, &format!("10.0.{n}.0/24"), 15, &format!("10.0.0.{n}"), SOON);
    }
    assert_eq!(r2.wait_route("198.51.100.0/24", "ospf", SOON)["tag"], 77);
    scene.assert_mesh(&[1, 2, 3, 4]);

    // Killed, it says nothing and its carrier stays: the others notice by its silence.
    drop(r1);
    wait_state(|command| r2.show(command), "DR");
    r2.wait_no_route("10.0.1.0/24", SOON);
    frr.wait_no_route("10.0.1.0/24", SOON);
    let rest = &all_but_first(&r2, &frr, &bird);
    wait_same(rest, "0.0.0.0", &[(1, "2.2.2.2"), (2, "10.0.0.2")], SOON);
    for n in [3, 4] {
        wait_ospf(&r2, &format!("10.0.{n}.0/24"), 15, &format!("10.0.0.{n}"), SOON);
    }
    wait_ospf(&frr, "10.0.2.0/24", 15, "10.0.0.2", SOON);
    wait_ospf(&bird, "10.0.2.0/24", 15, "10.0.0.2", SOON);
    scene.assert_mesh(&[2, 3, 4]);

    // Started again, it finds the instance of its LSA that it left behind, and outdoes it.
    let r1 = scene.router(1);
    let all: [(&str, &dyn Speaker); 4] = [("r1", &r1), ("r2", &r2), ("r3", &frr), ("r4", &bird)];
    wait_ospf(&r1, "10.0.4.0/24", 15, "10.0.0.4", SOON);
    wait_ospf(&bird, "10.0.1.0/24", 15, "10.0.0.1", SOON);
    wait_same(&all, "0.0.0.0", &[(1, "1.1.1.1"), (2, "10.0.0.2")], SOON);
    scene.assert_mesh(&[1, 2, 3, 4]);

    for (n, capture) in captures.into_iter().enumerate() {
        capture.stop().assert_clean(&[scene.routers[n].mac("eth0")], &ADDRESSES);
    }
}

fn all_but_first<'a>(r2: &'a Router, frr: &'a Frr, bird: &'a Bird) -> [(&'static str, &'a dyn Speaker); 3] {
    [("r2", r2), ("r3", frr), ("r4", bird)]
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_lan_of_four_survives_the_death_of_frr_as_its_designated_router() {
    if !ready(&programs()) {
        return;
    }
    let scene = Scene::new("ospflan2");
    let captures = [0, 1].map(|n| Capture::start(&scene.net, &scene.routers[n], "eth0"));
    let mut frr = scene.frr();
    wait_state(|command| frr.show(command), "DR");
    let r1 = scene.router(1);
    wait_state(|command| r1.show(command), "Backup");
    let (r2, bird) = (scene.router(2), scene.bird());
    wait_state(|command| r2.show(command), "DROther");
    let all: [(&str, &dyn Speaker); 4] = [("r1", &r1), ("r2", &r2), ("r3", &frr), ("r4", &bird)];
    let wanted = [(1, "1.1.1.1"), (1, "2.2.2.2"), (1, "3.3.3.3"), (1, "4.4.4.4"), (2, "10.0.0.3")];
    wait_same(&all, "0.0.0.0", &wanted, SOON);
    for n in [2, 3, 4] {
        wait_ospf(&r1, &format!("10.0.{n}.0/24"), 15, &format!("10.0.0.{n}"), SOON);
    }
    scene.assert_mesh(&[1, 2, 3, 4]);

    frr.kill("ospfd");
    wait_state(|command| r1.show(command), "DR");
    r1.wait_no_route("10.0.3.0/24", SOON);
    r2.wait_no_route("10.0.3.0/24", SOON);
    let rest: [(&str, &dyn Speaker); 3] = [("r1", &r1), ("r2", &r2), ("r4", &bird)];
    wait_same(&rest, "0.0.0.0", &[(2, "10.0.0.1")], SOON);
    scene.assert_mesh(&[1, 2, 4]);

    // It comes back and takes its old LSAs for its own again.
    frr.restart("ospfd");
    let all: [(&str, &dyn Speaker); 4] = [("r1", &r1), ("r2", &r2), ("r3", &frr), ("r4", &bird)];
    wait_ospf(&r1, "10.0.3.0/24", 15, "10.0.0.3", SOON);
    wait_ospf(&frr, "10.0.1.0/24", 15, "10.0.0.1", SOON);
    wait_same(&all, "0.0.0.0", &[(1, "3.3.3.3"), (2, "10.0.0.1")], SOON);
    scene.assert_mesh(&[1, 2, 3, 4]);

    for (n, capture) in captures.into_iter().enumerate() {
        capture.stop().assert_clean(&[scene.routers[n].mac("eth0")], &ADDRESSES);
    }
}
