//! Cryptographic authentication between routerd and BIRD: HMAC-SHA (RFC 4822), keyed MD5, and what happens when the
//! keys differ.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── r1 (routerd) ── 10.0.12.0/24 ── r2 (BIRD) ── 10.0.2.0/24 ── b
//! ```

use std::time::Duration;
use tests::netns::{Bird, Capture, Line, Owner, Router, poll_until, ready};

const SOON: Duration = Duration::from_secs(20);

/// routerd with one key.
fn ours(algorithm: &str, key: &str) -> String {
    format!(
        "{}
policy:
  key-chains:
    K:
      - {{ id: 7, key-string: {key}, algorithm: {algorithm} }}
rip:
  networks: [10.0.0.0/8]
  timers: {{ update: 2, timeout: 10, garbage: 5 }}
  interfaces:
    eth2: {{ authentication: {{ mode: md5, key-chain: K }} }}
",
        Line::R1
    )
}

/// BIRD with one key.
fn theirs(algorithm: &str) -> String {
    format!(
        "
router id 10.0.12.2;
log stderr all;
protocol device {{}}
protocol direct {{ ipv4; }}
protocol kernel {{ ipv4 {{ export all; }}; }}
protocol rip {{
    debug {{ packets }};
    ipv4 {{ import all; export all; }};
    interface \"eth1\" {{
        update time 2; timeout time 10; garbage time 5;
        authentication cryptographic;
        password \"s3cret\" {{ id 7; algorithm {algorithm}; }};
    }};
}}
"
    )
}

/// With the same key both learn and hosts reach each other.
fn learns(scenario: &str, our_algorithm: &str, their_algorithm: &str) {
    if !ready(&[&Bird::NEEDS[..], &Capture::NEEDS].concat()) {
        return;
    }
    let line = Line::new(scenario, Owner::Routerd, Owner::Kernel);
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let bird = Bird::start(&line.net, &line.r2, &theirs(their_algorithm));
    let router = Router::start(&line.net, &line.r1, &ours(our_algorithm, "s3cret"));
    let learned = router.wait_route("10.0.2.0/24", "rip", SOON);
    assert_eq!(learned["nexthops"][0]["ip"], "10.0.12.2", "{learned:#}");
    wait_bird(&bird, true);
    line.there().to_be_pinged();
    line.back().traced();

    // A lost link is told, and believed.
    line.a.down("eth0");
    wait_bird(&bird, false);

    let wire = middle.stop();
    wire.assert_clean(&[line.r1.mac("eth2")], &Line::R1_ADDRESSES);
    assert!(wire.count("rip && ip.src == 10.0.12.1") > 0);
    assert!(!bird.log().contains("Authentication failed"), "BIRD refused something:\n{}", bird.log());
}

/// Waits until BIRD has a's network from RIP, or has it no more.
#[track_caller]
fn wait_bird(bird: &Bird, wanted: bool) {
    poll_until(SOON, &format!("BIRD has a's network from us: {wanted}"), || {
        let routes = bird.show("show route protocol rip1");
        if routes.contains("10.0.1.0/24") == wanted {
            Ok(())
        } else {
            Err(format!("{routes}\n{}", bird.log()))
        }
    });
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_shared_hmac_sha_256_key_lets_both_learn() {
    learns("sha256", "hmac-sha256", "hmac sha256");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_shared_hmac_sha_512_key_lets_both_learn() {
    learns("sha512", "hmac-sha512", "hmac sha512");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_shared_hmac_sha_1_key_lets_both_learn() {
    learns("sha1", "hmac-sha1", "hmac sha1");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_shared_md5_key_lets_both_learn() {
    learns("birdmd5", "md5", "keyed md5");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_wrong_key_learns_nothing_and_says_why() {
    refuses("shawrong", &ours("hmac-sha256", "other"), "digest does not fit");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn another_algorithm_learns_nothing_and_says_why() {
    refuses("shaother", &ours("hmac-sha512", "s3cret"), "digest of 32 bytes");
}

/// Against BIRD with HMAC-SHA-256, neither learns, and routerd says why.
fn refuses(scenario: &str, ours: &str, words: &str) {
    if !ready(&[&Bird::NEEDS[..], &Capture::NEEDS].concat()) {
        return;
    }
    let line = Line::new(scenario, Owner::Routerd, Owner::Kernel);
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let bird = Bird::start(&line.net, &line.r2, &theirs("hmac sha256"));
    let router = Router::start(&line.net, &line.r1, ours);
    router.wait_logged(&[words, "authentication mismatch", "10.0.12.2"], SOON);
    poll_until(SOON, "the status says why", || {
        let status = router.json("show ip rip status json");
        let text = status.to_string();
        if text.contains(words) && text.contains("10.0.12.2") { Ok(()) } else { Err(format!("{status:#}")) }
    });
    poll_until(SOON, "BIRD refuses ours", || {
        let log = bird.log();
        if log.contains("Authentication failed") { Ok(()) } else { Err(log) }
    });
    let (learned, told) = (router.json("show ip route rip json"), bird.show("show route protocol rip1"));
    assert_eq!(learned.to_string(), "{}", "routerd learned from a packet it cannot trust");
    assert!(!told.contains("10.0.1.0/24"), "{told}");
    middle.stop().assert_clean(&[line.r1.mac("eth2")], &Line::R1_ADDRESSES);
}
