//! Bad packets: each kind moves its own counter, none panics, and the process goes on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use proto::{Machine, Rng};
use rip::Refusal;
use rip::config::{Authentication, AuthenticationMode, Config, Versions};
use rip::wire::{self, Command, Rte, Signer, Version, encode};
use std::collections::BTreeMap;
use support::*;

fn key(mode: AuthenticationMode) -> Option<Authentication> {
    Some(Authentication { mode, key_string: Some("sesame".into()), key_chain: None })
}

/// eth1 plain, eth2 with MD5, eth3 with a password, eth4 not in RIP, eth5 passive, eth6 version 2 only.
fn target() -> Net {
    let mut c = with_interface(config(), "eth2", |i| i.authentication = key(AuthenticationMode::Md5));
    c = with_interface(c, "eth3", |i| i.authentication = key(AuthenticationMode::Text));
    c = with_interface(c, "eth6", |i| i.receive_version = Some(Versions::V2));
    c.passive_interfaces = vec!["eth5".into()];
    c.timers.holddown = 60;
    c.distribute_lists = vec![rip::config::DistributeList {
        list: rip::config::ListName::AccessList("NOT".into()),
        direction: rip::config::Direction::In,
        interface: None,
    }];
    let mut lists = policy::Config::default();
    let entry = |seq, action, prefix: Option<&str>| policy::config::AccessEntry {
        seq,
        action,
        prefix: prefix.map(p),
        exact_match: false,
    };
    let not = vec![
        entry(5, policy::Action::Deny, Some("192.168.66.0/24")),
        entry(10, policy::Action::Permit, None),
    ];
    lists.access_lists.insert("NOT".into(), not);
    let mut net = Net::new();
    net.add_with(c, lists);
    for id in [1, 2, 3, 5, 6] {
        net.port(0, id, &format!("10.0.{id}.1/24"));
    }
    net.port(0, 4, "192.168.4.1/24");
    net.run_for(10);
    net
}

fn signed(key: &[u8], key_id: u8, sequence: u32, entries: &[Rte]) -> Vec<u8> {
    let signer = Signer::Digest { key, key_id, algorithm: policy::config::Algorithm::Md5, sequence };
    encode(Command::Response, Version::V2, &signer, entries).to_vec()
}

fn tampered(mut packet: Vec<u8>, at: usize, value: u8) -> Vec<u8> {
    packet[at] = value;
    packet
}

/// One packet for each refusal: port, sender, bytes.
fn offenders() -> BTreeMap<Refusal, (u32, &'static str, Vec<u8>)> {
    use Refusal::{
        AuthDigest, AuthMissing, AuthMissingRequest, AuthPassword, AuthTrailer, AuthType, AuthUnexpected,
        Denied, Destination, Family, HostBits, Long, Mask, Metric, Misaligned, MustBeZero, NextHop,
        NextHopSelf, NotEnabled, NotNeighbor, ObsoleteCommand, OwnPacket, Passive, Short, VersionNotAccepted,
        VersionZero,
    };
    let good = response(&[rte("192.168.1.0/24", 1)]).to_vec();
    let entry = |e: Rte| response(&[e]).to_vec();
    let base = rte("192.168.1.0/24", 1);
    let text = encode(Command::Response, Version::V2, &Signer::Text(*b"wrong password!!"), &[base]).to_vec();
    let list: Vec<(Refusal, u32, &'static str, Vec<u8>)> = vec![
        (NotEnabled, 4, "192.168.4.2", good.clone()),
        (OwnPacket, 1, "10.0.1.1", good.clone()),
        (NotNeighbor, 1, "10.0.9.2", good.clone()),
        (Short, 1, "10.0.1.2", vec![2, 2, 0]),
        (Long, 1, "10.0.1.2", [&good[..4], &[0; 26 * 20]].concat()),
        (Misaligned, 1, "10.0.1.2", [&good[..], &[0]].concat()),
        (VersionZero, 1, "10.0.1.2", tampered(good.clone(), 1, 0)),
        (Refusal::Command, 1, "10.0.1.2", tampered(good.clone(), 0, 99)),
        (ObsoleteCommand, 1, "10.0.1.2", tampered(good.clone(), 0, 3)),
        (MustBeZero, 1, "10.0.1.2", tampered(good.clone(), 1, 1)),
        (
            VersionNotAccepted,
            6,
            "10.0.6.2",
            encode(Command::Response, Version::V1, &Signer::None, &[base]).to_vec(),
        ),
        (Passive, 5, "10.0.5.2", request(&[Rte::WHOLE_TABLE]).to_vec()),
        (AuthUnexpected, 1, "10.0.1.2", text.clone()),
        (AuthMissing, 2, "10.0.2.2", good.clone()),
        (AuthMissingRequest, 2, "10.0.2.2", request(&[Rte::WHOLE_TABLE]).to_vec()),
        (AuthType, 2, "10.0.2.2", text.clone()),
        (AuthTrailer, 2, "10.0.2.2", tampered(signed(b"sesame", 1, 9, &[base]), 9, 200)),
        (AuthPassword, 3, "10.0.3.2", text),
        (AuthDigest, 2, "10.0.2.2", signed(b"wrong", 1, 9, &[base])),
        (Family, 1, "10.0.1.2", entry(Rte { family: 10, ..base })),
        (Destination, 1, "10.0.1.2", entry(rte("127.0.0.0/8", 1))),
        (Metric, 1, "10.0.1.2", entry(Rte { metric: 17, ..base })),
        (Mask, 1, "10.0.1.2", entry(Rte { mask: ip("255.0.255.0"), ..base })),
        (HostBits, 1, "10.0.1.2", entry(Rte { address: ip("192.168.1.7"), ..base })),
        (NextHop, 1, "10.0.1.2", entry(Rte { next_hop: ip("224.0.0.9"), ..base })),
        (NextHopSelf, 1, "10.0.1.2", entry(Rte { next_hop: ip("10.0.1.1"), ..base })),
        (Denied, 1, "10.0.1.2", entry(rte("192.168.66.0/24", 1))),
    ];
    list.into_iter().map(|(r, port, from, packet)| (r, (port, from, packet))).collect()
}

#[test]
fn each_kind_of_bad_packet_moves_its_own_counter_and_no_other_and_teaches_nothing() {
    for (refusal, (port, from, packet)) in offenders() {
        let mut net = target();
        net.inject(0, port, from, packet);
        for other in Refusal::ALL {
            assert_eq!(
                net.counter(0, other.name()),
                u64::from(*other == refusal),
                "{} by {}",
                other.name(),
                refusal.name()
            );
        }
        assert!(net.nodes[0].rib.is_empty(), "{}", refusal.name());
    }
}

#[test]
fn the_refusals_without_an_offender_here_are_tested_elsewhere() {
    // SourcePort needs a port of its own and HeldDown and AuthReplay a history; AuthKey a key chain (authenticate.rs).
    let offenders = offenders();
    let rest: Vec<_> = Refusal::ALL.iter().filter(|r| !offenders.contains_key(r)).collect();
    assert_eq!(rest, [&Refusal::SourcePort, &Refusal::AuthKey, &Refusal::AuthReplay, &Refusal::HeldDown]);
}

#[test]
fn a_response_from_another_port_than_520_is_refused() {
    let mut net = target();
    net.inject_from(0, 1, "10.0.1.2:521".parse().unwrap(), response(&[rte("192.168.1.0/24", 1)]));
    assert_eq!((net.counter(0, "source-port"), net.nodes[0].rib.len()), (1, 0));
}

#[test]
fn a_neighbor_is_remembered_with_what_it_did_wrong_last() {
    let mut net = target();
    net.inject(0, 1, "10.0.1.2", vec![2, 2, 0]);
    net.inject(0, 1, "10.0.1.2", response(&[rte("127.0.0.0/8", 1), rte("192.168.1.0/24", 1)]));
    let status = net.nodes[0].rip.status(net.now);
    let source = &status.sources[0];
    assert_eq!((source.address.to_string().as_str(), source.interface.as_str()), ("10.0.1.2", "eth1"));
    assert_eq!((source.bad_packets, source.bad_routes), (1, 1));
    assert_eq!(source.last_error.as_deref(), Some("127.0.0.0/255.0.0.0: entry-destination"));
    assert_eq!(net.metric(0, "192.168.1.0/24"), Some(2), "good entries beside a bad one are learned");
    net.run_for(200);
    assert!(net.nodes[0].rip.status(net.now).sources.is_empty(), "the silent are forgotten");
}

#[test]
fn nets_that_look_like_traps_are_handled() {
    let mut net = target();
    let default = Rte { mask: ip("255.0.0.0"), ..rte("0.0.0.0/0", 1) };
    let elsewhere = Rte { next_hop: ip("10.0.77.7"), ..rte("192.168.2.0/24", 1) };
    let here = Rte { next_hop: ip("10.0.1.7"), ..rte("192.168.3.0/24", 1) };
    net.inject(0, 1, "10.0.1.2", response(&[default, elsewhere, here]));
    assert_eq!(net.gateways(0, "0.0.0.0/0"), ["10.0.1.2"], "the default's mask is ignored");
    assert_eq!(net.gateways(0, "192.168.2.0/24"), ["10.0.1.2"], "a next hop off the link is the sender");
    assert_eq!(net.gateways(0, "192.168.3.0/24"), ["10.0.1.7"]);
}

#[test]
fn version_3_is_read_as_version_2() {
    let mut net = target();
    net.inject(0, 1, "10.0.1.2", tampered(response(&[rte("192.168.1.0/24", 1)]).to_vec(), 1, 3));
    assert_eq!(net.metric(0, "192.168.1.0/24"), Some(2));
}

/// Mutates good packets of every kind by a seed. A panic is a failure; so is a table out of its bounds.
#[test]
fn mutated_packets_never_panic_and_the_process_keeps_serving() {
    let mut rng = Rng::new(20_261_120);
    let mut net = target();
    let entries: Vec<Rte> = (0..20).map(|i| rte(&format!("192.168.{i}.0/24"), 1 + i)).collect();
    let seeds: Vec<(u32, Vec<u8>)> = vec![
        (1, response(&entries).to_vec()),
        (1, request(&[Rte::WHOLE_TABLE]).to_vec()),
        (1, request(&entries).to_vec()),
        (1, encode(Command::Response, Version::V1, &Signer::None, &entries).to_vec()),
        (2, signed(b"sesame", 1, 1, &entries)),
        (
            3,
            encode(Command::Response, Version::V2, &Signer::Text(policy::auth::padded(b"sesame")), &entries)
                .to_vec(),
        ),
    ];
    for round in 0..60_000u64 {
        let (port, seed) = &seeds[rng.below(seeds.len() as u64) as usize];
        let mut packet = seed.clone();
        for _ in 0..rng.below(6) {
            let at = rng.below(packet.len() as u64) as usize;
            match rng.below(5) {
                0 => packet[at] = rng.bits() as u8,
                1 => packet[at] ^= 1 << rng.below(8),
                2 => packet.truncate(at.max(1)),
                3 => packet.extend_from_slice(&rng.bits().to_be_bytes()),
                _ => packet[at] = [0, 1, 0x7f, 0x80, 0xff][rng.below(5) as usize],
            }
        }
        let _ = wire::decode(&packet);
        net.inject(0, *port, &format!("10.0.{port}.{}", 2 + rng.below(3)), packet);
        if round % 1000 == 0 {
            net.run_for(3);
            net.log.clear();
            net.nodes[0].notices.clear();
        }
    }
    for route in net.nodes[0].rip.table(net.now).routes {
        assert!(
            (1..=16).contains(&route.metric) && !route.prefix.to_string().starts_with("127."),
            "{route:?}"
        );
    }
    let refused: u64 = Refusal::ALL.iter().map(|r| net.counter(0, r.name())).sum();
    assert!(refused > 10_000, "{refused}");
    net.inject(0, 1, "10.0.1.9", response(&[rte("172.16.0.0/12", 1)]));
    assert_eq!(net.metric(0, "172.16.0.0/12"), Some(2), "still serving");
    assert!(net.nodes[0].rip.next_timeout().is_some());
}

#[test]
fn random_bytes_never_panic() {
    let mut rng = Rng::new(7);
    let mut net = target();
    for _ in 0..20_000 {
        let packet: Vec<u8> = (0..rng.below(600)).map(|_| rng.bits() as u8).collect();
        net.inject(0, 1 + rng.below(6) as u32, "10.0.1.2", packet);
    }
    let quiet = Config::default();
    net.apply(0, quiet, policy::Config::default());
}
