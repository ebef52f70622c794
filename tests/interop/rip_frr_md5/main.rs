//! Authentication between routerd and FRR's ripd: a keyed digest (RFC 2082), a plain password (RFC 2453 section 4.1),
//! and what happens when the keys differ.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── r1 (routerd) ── 10.0.12.0/24 ── r2 (FRR: zebra, ripd) ── 10.0.2.0/24 ── b
//! ```

use std::time::Duration;
use tests::netns::{Capture, Frr, Line, Owner, Router, poll_until, ready};

const SOON: Duration = Duration::from_secs(20);

/// routerd with keyed MD5.
fn digest(id: u8, key: &str) -> String {
    format!(
        "{}
policy:
  key-chains:
    K:
      - {{ id: {id}, key-string: {key} }}
rip:
  networks: [10.0.0.0/8]
  timers: {{ update: 2, timeout: 10, garbage: 5 }}
  interfaces:
    eth2: {{ authentication: {{ mode: md5, key-chain: K }} }}
",
        Line::R1
    )
}

/// routerd with a plain password.
fn text(key: &str) -> String {
    format!(
        "{}
rip:
  networks: [10.0.0.0/8]
  timers: {{ update: 2, timeout: 10, garbage: 5 }}
  interfaces:
    eth2: {{ authentication: {{ mode: text, key-string: {key} }} }}
",
        Line::R1
    )
}

const FRR_DIGEST: &str = "
key chain K
 key 7
  key-string s3cret
interface eth1
 ip rip authentication mode md5 auth-length rfc
 ip rip authentication key-chain K
router rip
 network 10.0.0.0/8
 timers basic 5 10 5
";

const FRR_TEXT: &str = "
interface eth1
 ip rip authentication mode text
 ip rip authentication string s3cret
router rip
 network 10.0.0.0/8
 timers basic 5 10 5
";

/// Both learn, hosts reach each other, and on demand each is restarted; returns these fields of every packet of ours.
fn learns(scenario: &str, ours: &str, theirs: &str, restart: bool, fields: &[&str]) -> Vec<Vec<String>> {
    let line = Line::new(scenario, Owner::Routerd, Owner::Kernel);
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let frr = Frr::start(&line.net, &line.r2, &["ripd"], theirs);
    let router = Router::start(&line.net, &line.r1, ours);
    router.wait_route("10.0.2.0/24", "rip", SOON);
    frr.wait_route("10.0.1.0/24", "rip", SOON);
    line.there().to_be_pinged();

    if restart {
        // A new process behind the same address is believed: its sequence numbers do not start over. Both are told a
        // network they cannot have from before.
        drop(router);
        let router = Router::start(&line.net, &line.r1, ours);
        router.configure(&["interface eth1", "ip address 10.0.11.1/24"]);
        frr.wait_route("10.0.11.0/24", "rip", SOON);
        drop(frr);
        let _frr = Frr::start(&line.net, &line.r2, &["ripd"], theirs);
        line.r2.address("eth2", "10.0.22.1/24");
        router.wait_route("10.0.22.0/24", "rip", SOON);
    }
    let wire = middle.stop();
    wire.assert_clean(&[line.r1.mac("eth2")], &Line::R1_ADDRESSES);
    let sent = wire.fields("rip && ip.src == 10.0.12.1", fields);
    assert!(!sent.is_empty());
    sent
}

/// Neither learns, and routerd says why: with `words` in `show logging` and in `show ip rip status`.
fn learns_nothing(scenario: &str, ours: &str, theirs: &str, words: &[&str]) {
    let line = Line::new(scenario, Owner::Routerd, Owner::Kernel);
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let frr = Frr::start(&line.net, &line.r2, &["ripd"], theirs);
    let router = Router::start(&line.net, &line.r1, ours);
    let logged = router.wait_logged(words, SOON);
    assert!(logged.contains("10.0.12.2"), "names the neighbor: {logged}");
    poll_until(SOON, "the status says why", || {
        let status = router.json("show ip rip status json");
        let text = status.to_string();
        let why = words.iter().all(|word| text.contains(word)) && text.contains("10.0.12.2");
        if why { Ok(()) } else { Err(format!("{status:#}")) }
    });
    poll_until(SOON, "several updates of each side", || {
        let wire = middle.so_far();
        let [ours, theirs] = ["10.0.12.1", "10.0.12.2"]
            .map(|source| wire.count(&format!("rip.command == 2 && ip.src == {source}")));
        if ours >= 3 && theirs >= 2 { Ok(()) } else { Err(format!("{ours} and {theirs}")) }
    });
    let (learned, told) = (router.json("show ip route rip json"), frr.json("show ip route rip json"));
    assert_eq!(
        (learned.to_string().as_str(), told.to_string().as_str()),
        ("{}", "{}"),
        "nobody learned anything"
    );
    middle.stop().assert_clean(&[line.r1.mac("eth2")], &Line::R1_ADDRESSES);
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_shared_md5_key_lets_both_learn_also_after_a_restart() {
    if !ready(&[&Frr::NEEDS[..], &Capture::NEEDS].concat()) {
        return;
    }
    let ours = learns("md5", &digest(7, "s3cret"), FRR_DIGEST, true, &["rip.auth.type", "rip.key_id"]);
    // RFC 2082 section 3.2.1: authentication type 3, and the key is named in every packet.
    assert!(ours.iter().all(|f| f[0] == "3" && f[1] == "7"), "{ours:?}");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_shared_password_lets_both_learn() {
    if !ready(&[&Frr::NEEDS[..], &Capture::NEEDS].concat()) {
        return;
    }
    let ours = learns("text", &text("s3cret"), FRR_TEXT, false, &["rip.auth.type"]);
    assert!(ours.iter().all(|f| f[0] == "2"), "{ours:?}");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_wrong_md5_key_learns_nothing_and_says_why() {
    if !ready(&[&Frr::NEEDS[..], &Capture::NEEDS].concat()) {
        return;
    }
    learns_nothing(
        "md5wrong",
        &digest(7, "other"),
        FRR_DIGEST,
        &["authentication mismatch", "key 7", "digest does not fit"],
    );
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn an_unknown_key_id_learns_nothing_and_says_why() {
    if !ready(&[&Frr::NEEDS[..], &Capture::NEEDS].concat()) {
        return;
    }
    learns_nothing(
        "md5id",
        &digest(8, "s3cret"),
        FRR_DIGEST,
        &["authentication mismatch", "packet has key 7", "key 8"],
    );
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_wrong_password_learns_nothing_and_says_why() {
    if !ready(&[&Frr::NEEDS[..], &Capture::NEEDS].concat()) {
        return;
    }
    learns_nothing("textwrong", &text("other"), FRR_TEXT, &["authentication mismatch", "another password"]);
}
