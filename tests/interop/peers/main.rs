//! The control experiment: FRR and BIRD on Linux stand where routerd stands in the other scenarios, and the same
//! checks pass. When this fails the machine or the harness is at fault, not we.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── frr ── 10.0.12.0/24, mtu 1400 ── bird ── 10.0.2.0/24 ── b
//!  .10               .1   .1          RIP, MD5          .2    .1              .10
//! ```

use std::time::Duration;
use tests::netns::{Bird, Capture, Crossing, Frr, Net, poll_until, ready};

const FRR: &str = "
key chain k
 key 1
  key-string s3cret
interface eth2
 ip rip authentication mode md5
 ip rip authentication key-chain k
router rip
 network eth2
 redistribute connected
 timers basic 5 15 10
";

const BIRD: &str = "
router id 10.0.12.2;
protocol device {}
protocol direct { ipv4; }
protocol kernel { ipv4 { export all; }; }
protocol rip {
    ipv4 { import all; export all; };
    interface \"eth1\" {
        update time 5; timeout time 15; garbage time 10;
        authentication cryptographic;
        password \"s3cret\" { id 1; algorithm keyed md5; };
    };
}
";

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn the_checks_pass_with_other_routers_in_our_place() {
    if !ready(&[&Frr::NEEDS[..], &Bird::NEEDS, &Capture::NEEDS].concat()) {
        return;
    }
    let mut net = Net::new("peers");
    let (a, b) = (net.host("a"), net.host("b"));
    let (r1, r2) = (net.kernel_router("frr"), net.kernel_router("bird"));
    net.cable((&a, "eth0"), (&r1, "eth1"), 1500);
    net.cable((&r1, "eth2"), (&r2, "eth1"), 1400);
    net.cable((&r2, "eth2"), (&b, "eth0"), 1500);
    for (node, port, address) in [
        (&a, "eth0", "10.0.1.10/24"),
        (&r1, "eth1", "10.0.1.1/24"),
        (&r1, "eth2", "10.0.12.1/24"),
        (&r2, "eth1", "10.0.12.2/24"),
        (&r2, "eth2", "10.0.2.1/24"),
        (&b, "eth0", "10.0.2.10/24"),
    ] {
        node.address(port, address);
    }
    a.route("default via 10.0.1.1");
    b.route("default via 10.0.2.1");
    let middle = Capture::start(&net, &r1, "eth2");

    let frr = Frr::start(&net, &r1, &["ripd"], FRR);
    let bird = Bird::start(&net, &r2, BIRD);
    poll_until(Duration::from_secs(20), "FRR learns b's network from BIRD", || {
        let route = frr.json("show ip route 10.0.2.0/24 json");
        (route["10.0.2.0/24"][0]["protocol"] == "rip").then_some(()).ok_or_else(|| frr.show("show ip rip"))
    });
    poll_until(Duration::from_secs(20), "BIRD learns a's network from FRR", || {
        let routes = bird.show("show route");
        if routes.contains("10.0.1.0/24") { Ok(()) } else { Err(routes) }
    });

    let crossing = Crossing {
        net: &net,
        from: &a,
        to: &b,
        address: "10.0.2.10",
        hops: &["10.0.1.1", "10.0.12.2"],
        mtu: 1400,
        narrow_after: "10.0.1.1",
    };
    crossing.assert_all();
    let wire = middle.stop();
    assert!(wire.count("rip") > 0, "RIP was captured");
    // No address is named: a kernel leaves the checksums of its own datagrams to hardware that a veth has not.
    wire.assert_clean(&[r1.mac("eth2")], &[]);
}
