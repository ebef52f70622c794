//! Keys: the right one teaches, a wrong one teaches nothing and says why (RFC 2453 4.1, RFC 2082, RFC 4822).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use policy::config::{Algorithm, Key, Lifetime};
use rip::config::{Authentication, AuthenticationMode, Config};
use rip::wire::{Command, Rte, Signer, Version, encode};
use support::*;

fn string(mode: AuthenticationMode, key: &str) -> Config {
    let auth = Authentication { mode, key_string: Some(key.into()), key_chain: None };
    both_ports(config(), &auth)
}

fn chain() -> Config {
    let auth =
        Authentication { mode: AuthenticationMode::Md5, key_string: None, key_chain: Some("CHAIN".into()) };
    both_ports(config(), &auth)
}

fn both_ports(config: Config, auth: &Authentication) -> Config {
    let config = with_interface(config, "eth1", |i| i.authentication = Some(auth.clone()));
    with_interface(config, "eth2", |i| i.authentication = Some(auth.clone()))
}

fn key(id: u8, secret: &str, algorithm: Algorithm, lifetime: Option<(u64, u64)>) -> Key {
    let lifetime = lifetime.map(|(start, end)| Lifetime { start, end: Some(end) });
    Key {
        id,
        key_string: secret.into(),
        algorithm: Some(algorithm),
        accept_lifetime: lifetime,
        send_lifetime: lifetime,
    }
}

fn keys(keys: &[Key]) -> policy::Config {
    let mut config = policy::Config::default();
    config.key_chains.insert("CHAIN".into(), keys.to_vec());
    config
}

/// Two routers with these settings on the wire between them.
fn pair(a: (Config, policy::Config), b: (Config, policy::Config)) -> Net {
    pair_at(None, a, b)
}

/// The same, with a wall clock.
fn pair_at(wall: Option<u64>, a: (Config, policy::Config), b: (Config, policy::Config)) -> Net {
    let mut net = Net::new();
    net.add_with(a.0, a.1);
    net.add_with(b.0, b.1);
    net.nodes.iter_mut().for_each(|n| n.rip.set_wall_clock(wall));
    net.wire(&[(0, 2), (1, 1)]);
    net.port(0, 9, "10.1.0.1/24");
    net.port(0, 2, "10.0.1.1/24");
    net.port(1, 1, "10.0.1.2/24");
    net
}

fn no_lists() -> policy::Config {
    policy::Config::default()
}

#[test]
fn every_kind_of_authentication_teaches_with_the_right_key() {
    use Algorithm::*;
    for mode in [AuthenticationMode::Text, AuthenticationMode::Md5] {
        let both = (string(mode, "sesame"), no_lists());
        let mut net = pair(both.clone(), both);
        net.run_for(10);
        assert_eq!(net.metric(1, "10.1.0.0/24"), Some(2), "{mode:?}");
    }
    for algorithm in [Md5, HmacSha1, HmacSha256, HmacSha384, HmacSha512] {
        let both = (chain(), keys(&[key(7, "sesame", algorithm, None)]));
        let mut net = pair(both.clone(), both);
        net.run_for(10);
        assert_eq!(net.metric(1, "10.1.0.0/24"), Some(2), "{algorithm:?}");
        assert!(net.warnings(1).is_empty());
    }
}

#[test]
fn a_wrong_key_learns_nothing_and_says_why_once() {
    use AuthenticationMode::{Md5, Text};
    let md5 = |id, secret| (chain(), keys(&[key(id, secret, Algorithm::Md5, None)]));
    let sha = (chain(), keys(&[key(1, "right", Algorithm::HmacSha256, None)]));
    let cases = [
        (
            (string(Text, "right"), no_lists()),
            (string(Text, "wrong"), no_lists()),
            "authentication-password",
            "packet has another password than key-string",
        ),
        (
            (string(Md5, "right"), no_lists()),
            (string(Md5, "wrong"), no_lists()),
            "authentication-digest",
            "packet has md5 key 1, its digest does not fit the one of key-string",
        ),
        (
            md5(3, "same"),
            md5(4, "same"),
            "authentication-key",
            "packet has key 3, key chain CHAIN accepts now: md5 key 4",
        ),
        (
            sha,
            md5(1, "right"),
            "authentication-trailer",
            "packet has key 1 with a digest of 32 bytes, expected md5 (16 bytes)",
        ),
        (
            (string(Text, "right"), no_lists()),
            (string(Md5, "right"), no_lists()),
            "authentication-type",
            "packet has a plain password, expected a keyed digest (key-string)",
        ),
        (
            (string(Md5, "right"), no_lists()),
            (config(), no_lists()),
            "authentication-unexpected",
            "packet has key 1 with a digest of 16 bytes, none is configured",
        ),
    ];
    for (sender, receiver, counter, words) in cases {
        let mut net = pair(sender, receiver);
        net.run_for(100);
        assert!(net.nodes[1].rib.is_empty(), "{counter}");
        assert!(net.counter(1, counter) >= 3, "{counter}");
        let expected = format!("authentication mismatch: {words} neighbor=10.0.1.1 interface=eth1");
        assert_eq!(net.warnings(1), [expected], "{counter}");
        let source = &net.nodes[1].rip.status(net.now).sources[0];
        assert_eq!(source.last_error, Some(format!("authentication mismatch: {words}")));
    }
}

#[test]
fn unauthenticated_packets_are_refused_where_keys_are_expected() {
    let mut net = pair((config(), no_lists()), (string(AuthenticationMode::Md5, "right"), no_lists()));
    net.run_for(40);
    assert!(net.nodes[1].rib.is_empty());
    assert!(net.counter(1, "authentication-missing") >= 2);
    let words = net.nodes[1].rip.status(net.now).sources[0].last_error.clone().unwrap();
    assert_eq!(words, "authentication mismatch: packet has none, expected a keyed digest (key-string)");
    assert_eq!(net.warnings(1).len(), 1, "once");
}

#[test]
fn an_unauthenticated_request_is_refused_without_a_warning() {
    let mut net = pair((string(AuthenticationMode::Md5, "right"), no_lists()), (config(), no_lists()));
    net.run_for(1);
    let before = net.counter(0, "authentication-missing-request");
    net.inject(0, 2, "10.0.1.2", request(&[Rte::WHOLE_TABLE]));
    assert_eq!(net.counter(0, "authentication-missing-request"), before + 1);
    assert_eq!(net.counter(0, "queries"), 0);
    assert!(net.warnings(0).iter().all(|w| !w.contains("has none")), "{:?}", net.warnings(0));
}

#[test]
fn a_version_1_request_is_answered_whatever_the_keys_but_a_version_1_response_is_not_believed() {
    let mut net = Net::new();
    net.add(string(AuthenticationMode::Md5, "right"));
    net.port(0, 9, "172.16.0.1/16");
    net.port(0, 1, "10.0.1.1/24");
    net.run_for(5);
    let v1 = |command, entries: &[Rte]| encode(command, Version::V1, &Signer::None, entries);
    let before = net.now;
    net.inject(0, 1, "10.0.1.2", v1(Command::Response, &[rte("192.168.1.0/24", 1)]));
    assert_eq!((net.nodes[0].rib.len(), net.counter(0, "authentication-missing")), (0, 1));
    net.inject(0, 1, "10.0.1.2", v1(Command::Request, &[rte("10.0.1.0/24", 16)]));
    assert_eq!(net.responses(0, 1, before)[0].packet().entries[0].metric, 1);
}

fn signed(secret: &str, key_id: u8, sequence: u32) -> bytes::Bytes {
    let key = secret.as_bytes();
    let signer = Signer::Digest { key, key_id, algorithm: Algorithm::Md5, sequence };
    encode(Command::Response, Version::V2, &signer, &[rte("192.168.1.0/24", 1)])
}

#[test]
fn an_old_packet_again_is_refused_until_the_neighbor_has_been_silent_for_the_timeout() {
    let mut net = Net::new();
    net.add_with(chain(), keys(&[key(1, "one", Algorithm::Md5, None), key(2, "two", Algorithm::Md5, None)]));
    net.port(0, 1, "10.0.1.1/24");
    net.inject(0, 1, "10.0.1.2", signed("one", 1, 100));
    net.inject(0, 1, "10.0.1.2", signed("one", 1, 100));
    assert_eq!(net.counter(0, "authentication-replay"), 0, "the same number again is allowed");
    net.inject(0, 1, "10.0.1.2", signed("one", 1, 99));
    assert_eq!(net.counter(0, "authentication-replay"), 1);
    assert!(net.warnings(0)[0].contains("sequence number 99 of key 1 is below 100"), "{:?}", net.warnings(0));
    net.inject(0, 1, "10.0.1.2", signed("two", 2, 5));
    assert_eq!(net.counter(0, "authentication-replay"), 1, "each key counts for itself");
    net.run_for(181);
    net.inject(0, 1, "10.0.1.2", signed("one", 1, 1));
    assert_eq!((net.counter(0, "authentication-replay"), net.metric(0, "192.168.1.0/24")), (1, Some(2)));
}

#[test]
fn a_forged_packet_does_not_raise_the_sequence_number() {
    let mut net = Net::new();
    net.add_with(chain(), keys(&[key(1, "one", Algorithm::Md5, None)]));
    net.port(0, 1, "10.0.1.1/24");
    net.inject(0, 1, "10.0.1.2", signed("one", 1, 100));
    net.inject(0, 1, "10.0.1.2", signed("forged", 1, u32::MAX));
    net.inject(0, 1, "10.0.1.2", signed("one", 1, 101));
    assert_eq!((net.counter(0, "authentication-replay"), net.counter(0, "responses-received")), (0, 2));
}

#[test]
fn sequence_numbers_follow_the_wall_clock_so_a_restart_is_believed_at_once() {
    let sequences = |net: &Net| -> Vec<u32> {
        let number = |s: &Sent| match s.packet().auth {
            Some(rip::wire::Auth::Digest { sequence, .. }) => sequence,
            other => panic!("signed, not {other:?}"),
        };
        net.sent(0, 2, secs(0)).iter().map(number).collect()
    };
    let both = (string(AuthenticationMode::Md5, "right"), no_lists());
    let mut net = pair(both.clone(), both);
    net.nodes[0].rip.set_wall_clock(Some(1_800_000_000));
    net.run_for(100);
    let seen = sequences(&net);
    assert!(seen.windows(2).all(|w| w[0] <= w[1]), "{seen:?}");
    let last = *seen.last().unwrap();
    assert!((1_800_000_000..=1_800_000_100).contains(&last), "{last}");
    let mut net = pair((string(AuthenticationMode::Md5, "right"), no_lists()), (config(), no_lists()));
    net.run_for(100);
    let seen = sequences(&net);
    assert!(seen.windows(2).all(|w| w[0] < w[1]), "without a wall clock they count: {seen:?}");
}

#[test]
fn keys_roll_over_by_their_lifetimes_without_a_gap() {
    let rolling = keys(&[
        key(1, "old", Algorithm::Md5, Some((0, 1_100))),
        key(2, "new", Algorithm::HmacSha256, Some((1_050, 9_999))),
    ]);
    let mut net = pair_at(Some(1_000), (chain(), rolling.clone()), (chain(), rolling));
    net.run_for(300);
    assert_eq!(net.metric(1, "10.1.0.0/24"), Some(2));
    let used = |from, to| {
        let id = |s: &Sent| match s.packet().auth {
            Some(rip::wire::Auth::Digest { key_id, .. }) => key_id,
            _ => 0,
        };
        let range = secs(from)..secs(to);
        let mut ids: Vec<u8> =
            net.sent(0, 2, secs(from)).iter().filter(|s| range.contains(&s.at)).map(id).collect();
        ids.dedup();
        ids
    };
    assert_eq!((used(3, 100), used(100, 300)), (vec![1], vec![2]));
    for n in 0..2 {
        assert!(net.warnings(n).is_empty(), "{:?}", net.warnings(n));
        assert_eq!(net.counter(n, "authentication-key"), 0);
    }
}

#[test]
fn the_last_key_goes_on_after_its_end_and_that_is_said_once() {
    let ending = keys(&[key(1, "old", Algorithm::Md5, Some((0, 1_050)))]);
    let mut net = pair_at(Some(1_000), (chain(), ending.clone()), (chain(), ending));
    net.run_for(400);
    assert_eq!(net.metric(1, "10.1.0.0/24"), Some(2), "never without a key, never cut off");
    assert_eq!(net.warnings(0), ["eth2: no send lifetime of key chain CHAIN holds now; going on with key 1"]);
}

#[test]
fn without_any_key_nothing_is_sent_and_that_is_said_once() {
    let mut net = pair((chain(), no_lists()), (config(), no_lists()));
    net.run_for(100);
    assert!(net.sent(0, 2, secs(0)).is_empty());
    assert_eq!(net.warnings(0), ["eth2: nothing is sent: key chain CHAIN is not defined"]);
    net.apply(0, chain(), keys(&[key(1, "now", Algorithm::Md5, None)]));
    net.run_for(100);
    assert!(!net.sent(0, 2, secs(100)).is_empty());
    assert_eq!(net.warnings(0).len(), 1);
}

#[test]
fn correcting_the_key_is_enough() {
    let right = (chain(), keys(&[key(1, "right", Algorithm::Md5, None)]));
    let wrong = (chain(), keys(&[key(1, "wrong", Algorithm::Md5, None)]));
    let mut net = pair(right.clone(), wrong);
    net.run_for(60);
    assert!(net.nodes[1].rib.is_empty());
    net.apply(1, right.0, right.1);
    net.run_for(1);
    assert_eq!(net.metric(1, "10.1.0.0/24"), Some(2), "it asks again at once");
    let notices: Vec<String> = net.nodes[1].notices.iter().map(|(_, n)| n.to_string()).collect();
    assert!(notices.iter().any(|n| n.starts_with("its packets are accepted again")), "{notices:?}");
}
