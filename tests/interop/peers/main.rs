//! The control experiment: FRR and BIRD on Linux stand where routerd stands in the other scenarios, and the same
//! checks pass. When this fails the machine or the harness is at fault, not we.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── r1 (FRR) ── 10.0.12.0/24, mtu 1400 ── r2 (BIRD) ── 10.0.2.0/24 ── b
//!                                     RIP, keyed MD5
//! ```

use std::time::Duration;
use tests::netns::{Bird, Capture, Frr, Line, Owner, poll_until, ready};

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
    let line = Line::new("peers", Owner::Kernel, Owner::Kernel);
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let frr = Frr::start(&line.net, &line.r1, &["ripd"], FRR);
    let bird = Bird::start(&line.net, &line.r2, BIRD);
    frr.wait_route("10.0.2.0/24", "rip", Duration::from_secs(20));
    poll_until(Duration::from_secs(20), "BIRD learns a's network from FRR", || {
        let routes = bird.show("show route");
        if routes.contains("10.0.1.0/24") { Ok(()) } else { Err(routes) }
    });

    line.there().assert_all();
    line.back().traced();
    line.there_v6().assert_all();
    line.back_v6().traced();

    let wire = middle.stop();
    assert!(wire.count("rip") > 0, "RIP was captured");
    // No address is named: a kernel leaves the checksums of its own datagrams to hardware that a veth has not.
    wire.assert_clean(&[line.r1.mac("eth2")], &[]);
}
