//! Authentication of OSPF with FRR and BIRD: plain passwords, keyed MD5, HMAC-SHA (RFC 5709); and what happens when the
//! keys differ.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── r1 (routerd) eth2 ── 10.0.12.0/24 ── eth1 r2 (FRR or BIRD) ── 10.0.2.0/24 ── b
//! ```

use std::time::Duration;
use tests::netns::{
    Bird, Capture, Frr, Line, Owner, Router, Speaker, poll_until, ready, wait_ospf, wait_same,
};

const SOON: Duration = Duration::from_secs(60);
const DAEMONS: [&str; 1] = ["ospfd"];

/// What r1 says of the interface.
const SIMPLE: &str = "authentication: simple, authentication-key: s3cret";
const MD5: &str = "authentication: message-digest, message-digest-keys: { 7: s3cret }";
const CHAIN: &str = "authentication: { key-chain: K }";

/// routerd; `algorithm` is that of the key chain.
fn ours(authentication: &str, algorithm: &str, key: &str) -> String {
    format!(
        "{}
policy:
  key-chains:
    K:
      - {{ id: 7, key-string: {key}, algorithm: {algorithm} }}
ospf:
  router-id: 1.1.1.1
  networks: [{{ prefix: 10.0.0.0/8, area: 0 }}]
  passive-interfaces: [eth1]
  interfaces:
    eth1: {{ cost: 5 }}
    eth2: {{ network: point-to-point, hello-interval: 1, dead-interval: 4, cost: 10, {authentication} }}
",
        Line::R1
    )
}

/// FRR; the lines are those of the interface.
fn frr(lines: &[&str]) -> String {
    format!(
        "
hostname r2
interface eth1
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf cost 10
 {}
interface eth2
 ip ospf cost 5
router ospf
 ospf router-id 2.2.2.2
 network 10.0.0.0/8 area 0
 passive-interface eth2
",
        lines.join("\n ")
    )
}

const FRR_SIMPLE: [&str; 2] = ["ip ospf authentication", "ip ospf authentication-key s3cret"];
const FRR_MD5: [&str; 2] =
    ["ip ospf authentication message-digest", "ip ospf message-digest-key 7 md5 s3cret"];

fn bird(authentication: &str) -> String {
    format!(
        "
router id 2.2.2.2;
log stderr all;
protocol device {{}}
protocol kernel {{ ipv4 {{ export all; }}; }}
protocol ospf v2 one {{
    tick 1;
    ipv4 {{ import all; }};
    area 0 {{
        interface \"eth1\" {{ type ptp; hello 1; dead 4; cost 10; {authentication} }};
        interface \"eth2\" {{ stub; cost 5; }};
    }};
}}
"
    )
}

const BIRD_SIMPLE: &str = "authentication simple; password \"s3cret\";";
const BIRD_MD5: &str = "authentication cryptographic; password \"s3cret\" { id 7; algorithm keyed md5; };";

fn bird_sha(bits: u16) -> String {
    format!("authentication cryptographic; password \"s3cret\" {{ id 7; algorithm hmac sha{bits}; }};")
}

/// A peer of either kind.
enum Peer {
    Frr(Frr),
    Bird(Bird),
}

impl Peer {
    fn speaker(&self) -> &dyn Speaker {
        match self {
            Peer::Frr(frr) => frr,
            Peer::Bird(bird) => bird,
        }
    }
}

/// How r2 is set up.
enum Theirs {
    Frr(String),
    Bird(String),
}

impl Theirs {
    fn is_ready(&self) -> bool {
        match self {
            Theirs::Frr(_) => ready(&[&Frr::NEEDS[..], &DAEMONS, &Capture::NEEDS].concat()),
            Theirs::Bird(_) => ready(&[&Bird::NEEDS[..], &Capture::NEEDS].concat()),
        }
    }

    fn start(&self, line: &Line) -> Peer {
        match self {
            Theirs::Frr(config) => Peer::Frr(Frr::start(&line.net, &line.r2, &DAEMONS, config)),
            Theirs::Bird(config) => Peer::Bird(Bird::start(&line.net, &line.r2, config)),
        }
    }
}

/// With the same key they are adjacent, and hosts reach each other.
fn learns(scenario: &str, ours: &str, theirs: &Theirs) {
    if !theirs.is_ready() {
        return;
    }
    let line = Line::new(scenario, Owner::Routerd, Owner::Kernel);
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let peer = theirs.start(&line);
    let router = Router::start(&line.net, &line.r1, ours);
    wait_ospf(&router, "10.0.2.0/24", 15, "10.0.12.2", SOON);
    wait_ospf(peer.speaker(), "10.0.1.0/24", 15, "10.0.12.1", SOON);
    let both = [("r1", &router as &dyn Speaker), ("r2", peer.speaker())];
    wait_same(&both, "0.0.0.0", &[(1, "1.1.1.1"), (1, "2.2.2.2")], SOON);
    line.a.wait_ping("10.0.2.10", SOON);
    let warnings = router.show("show logging");
    assert!(!warnings.contains("neighbor's digest") && !warnings.contains("password"), "{warnings}");
    middle.stop().assert_clean(&[line.r1.mac("eth2")], &Line::R1_ADDRESSES);
}

/// With keys that differ there is no neighbor, and routerd says why; with `cure` (lines of interface eth2) there is.
fn refuses(scenario: &str, ours: &str, theirs: &Theirs, words: &str, cure: &[&str]) {
    if !theirs.is_ready() {
        return;
    }
    let line = Line::new(scenario, Owner::Routerd, Owner::Kernel);
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let peer = theirs.start(&line);
    let router = Router::start(&line.net, &line.r1, ours);
    router.wait_logged(&[words, "10.0.12.2", "eth2"], SOON);
    // The peer has sent and heard some more hellos, and still they are no neighbors.
    poll_until(SOON, "five hellos from each side", || {
        let wire = middle.so_far();
        let heard = |source| wire.count(&format!("ospf.msg == 1 && ip.src == 10.0.12.{source}"));
        let counts = (heard(1), heard(2));
        if counts.0 >= 5 && counts.1 >= 5 { Ok(()) } else { Err(format!("{counts:?}")) }
    });
    let neighbors = router.show("show ip ospf neighbor");
    assert!(!neighbors.contains("2.2.2.2"), "{neighbors}");
    assert!(peer.speaker().has_route("10.0.1.0/24", 15, "10.0.12.1").is_err());
    let warned = router.show("show logging");
    assert_eq!(warned.matches(words).count(), 1, "said once, not with each packet:\n{warned}");

    if !cure.is_empty() {
        router.configure(&[&["interface eth2"], cure].concat());
        wait_ospf(&router, "10.0.2.0/24", 15, "10.0.12.2", SOON);
        wait_ospf(peer.speaker(), "10.0.1.0/24", 15, "10.0.12.1", SOON);
    }
    middle.stop().assert_clean(&[line.r1.mac("eth2")], &Line::R1_ADDRESSES);
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_shared_password_lets_both_learn() {
    let ours = ours(SIMPLE, "md5", "unused");
    learns("ospfplain", &ours, &Theirs::Frr(frr(&FRR_SIMPLE)));
    learns("ospfbplain", &ours, &Theirs::Bird(bird(BIRD_SIMPLE)));
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_shared_md5_key_lets_both_learn() {
    let direct = ours(MD5, "md5", "unused");
    learns("ospfmd5", &direct, &Theirs::Frr(frr(&FRR_MD5)));
    learns("ospfbmd5", &direct, &Theirs::Bird(bird(BIRD_MD5)));
    learns("ospfcmd5", &ours(CHAIN, "md5", "s3cret"), &Theirs::Frr(frr(&FRR_MD5)));
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_shared_hmac_sha_key_lets_both_learn() {
    for (bits, algorithm) in [(1, "hmac-sha1"), (256, "hmac-sha256"), (512, "hmac-sha512")] {
        let ours = ours(CHAIN, algorithm, "s3cret");
        learns(&format!("ospfsha{bits}"), &ours, &Theirs::Bird(bird(&bird_sha(bits))));
    }
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_wrong_password_makes_no_neighbor_and_is_explained() {
    let ours = ours(SIMPLE, "md5", "unused");
    let theirs = frr(&["ip ospf authentication", "ip ospf authentication-key other"]);
    let cure = ["ip ospf authentication-key other"];
    refuses("ospfbadpw", &ours, &Theirs::Frr(theirs), "another password", &cure);
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_wrong_md5_key_makes_no_neighbor_and_is_explained() {
    let ours = ours(MD5, "md5", "unused");
    let theirs = |key: &str| {
        Theirs::Frr(frr(&[
            "ip ospf authentication message-digest",
            &format!("ip ospf message-digest-key {key}"),
        ]))
    };
    refuses("ospfbadmd5", &ours, &theirs("7 md5 other"), "digest is wrong", &[]);
    let cure = ["ip ospf message-digest-key 8 md5 s3cret"];
    refuses("ospfbadid", &ours, &theirs("8 md5 s3cret"), "a key that is not known here", &cure);
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn another_kind_of_authentication_makes_no_neighbor_and_is_explained() {
    let cure = ["no ip ospf authentication"];
    let nothing = Theirs::Frr(frr(&[]));
    refuses("ospftype", &ours(MD5, "md5", "unused"), &nothing, "another authentication type", &cure);
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_wrong_hmac_key_or_algorithm_makes_no_neighbor_and_is_explained() {
    let theirs = Theirs::Bird(bird(&bird_sha(256)));
    refuses("ospfbadsha", &ours(CHAIN, "hmac-sha256", "other"), &theirs, "digest is wrong", &[]);
    refuses("ospfothersha", &ours(CHAIN, "hmac-sha512", "s3cret"), &theirs, "digest is wrong", &[]);
}
