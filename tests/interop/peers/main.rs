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

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_broken_packet_on_the_wire_is_seen() {
    if !ready(&Capture::NEEDS) {
        return;
    }
    let line = Line::new("broken", Owner::Kernel, Owner::Kernel);
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let macs = [line.r1.mac("eth2")];
    line.r1.assert_ping("10.0.12.2", 1, "");
    poll_until(Duration::from_secs(5), "the ping is captured", || {
        if middle.so_far().count("icmp") == 2 { Ok(()) } else { Err("not yet".to_owned()) }
    });
    assert_eq!(middle.so_far().complaints(&macs, &[]), Vec::<Vec<String>>::new());

    // A RIP response that ends in the middle of its first entry, with the checksum left to hardware.
    line.r1.shell("printf '\\x02\\x02\\x00\\x00\\x00\\x02' >/dev/udp/10.0.12.2/520").expect_success("printf");
    let seen = poll_until(Duration::from_secs(5), "tshark complains", || {
        let seen = middle.so_far().complaints(&macs, &[]);
        if seen.is_empty() { Err("nothing".to_owned()) } else { Ok(seen) }
    });
    assert!(seen.len() == 1 && seen[0][3].contains("Malformed"), "{seen:?}");
    line.r1.shell("printf x >/dev/udp/10.0.12.2/9").expect_success("printf");
    poll_until(Duration::from_secs(5), "a bad checksum is complained of where it is ours", || {
        let ours = middle.so_far().complaints(&macs, &["10.0.12.1"]).len();
        let transit = middle.so_far().complaints(&macs, &[]).len();
        if (ours, transit) == (2, 1) { Ok(()) } else { Err(format!("{ours} and {transit}")) }
    });
}
