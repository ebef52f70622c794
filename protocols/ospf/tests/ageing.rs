//! The life of an LSA (RFC 2328 12.1, 12.4, 13, 14): made, refreshed, wrapped, aged, flushed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use ospf::config::Config;
use ospf::wire::lsa::{INITIAL_SEQUENCE, MAX_AGE, MAX_SEQUENCE, router_body};
use ospf::wire::options::E;
use ospf::wire::{Kind, Lsa, LsaKey, Packet, PacketKind, packet};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;
use support::{Net, Sent, config, datagram, forge, p2p, update, with};

fn router_key(n: u8) -> LsaKey {
    let id = Ipv4Addr::new(n, n, n, n);
    LsaKey { kind: Kind::Router, id, router: id }
}

/// Three routers, each joined to both others, each with a network behind it; `edit` has the last word.
fn triangle(edit: impl Fn(Config) -> Config) -> Net {
    let mut net = Net::new(1);
    for n in 1..=3u8 {
        let node = net.add(edit(p2p(config(n), &["eth1", "eth2"])));
        net.port(node, 9, &format!("10.9.{n}.1/24"));
    }
    net.link((0, 1), (1, 2));
    net.link((1, 1), (2, 2));
    net.link((2, 1), (0, 2));
    net.run_for(60);
    net
}

/// A LAN of three whose DR makes a network-LSA.
fn lan() -> Net {
    let mut net = Net::new(1);
    for n in 1..=3u8 {
        let node = net.add(config(n));
        net.port(node, 9, &format!("10.9.{n}.1/24"));
    }
    net.wire(&[(0, 1), (1, 1), (2, 1)]);
    for n in 1..=3 {
        net.port(n - 1, 1, &format!("10.0.0.{n}/24"));
    }
    net.run_for(90);
    net
}

#[test]
fn over_two_hours_everything_is_refreshed_and_nothing_expires() {
    for mut net in [triangle(|c| c), lan()] {
        let before: Vec<_> = (0..3).map(|n| net.essence(n)).collect();
        let changes = net.rib_changes;
        for _ in 0..720 {
            net.run_for(10);
            for node in 0..3 {
                let oldest = net.lsas(node).iter().map(|l| l.age).max().unwrap();
                assert!(oldest <= 1805, "{oldest} s on {node} at {:?}", net.now);
            }
        }
        for (node, before) in before.iter().enumerate() {
            let after = net.essence(node);
            assert_eq!(after.len(), before.len());
            for (then, now) in before.iter().zip(&after) {
                assert_eq!(then.1, now.1);
                assert!((3..=4).contains(&(now.2 - then.2)), "{:?}: {} to {}", then.1, then.2, now.2);
            }
        }
        assert!(net.are_equal(&[0, 1, 2]));
        assert_eq!(net.rib_changes, changes, "a refresh moves no route");
        assert!((0..3).all(|n| net.all_full(n, 2)));
    }
}

#[test]
fn the_lsas_of_the_dead_stay_for_an_hour_and_are_then_gone_everywhere() {
    let mut net = triangle(|c| c);
    let made = net.lsa(0, router_key(3)).unwrap();
    let left = u64::from(MAX_AGE - made.age);
    net.kill(2);
    net.run_for(left - 5);
    assert!((0..2).all(|n| net.lsa(n, router_key(3)).is_some()), "not before its time");
    assert_eq!(net.metric(0, "10.9.3.0/24"), None, "but it counts for nothing");
    net.run_for(15);
    assert!((0..2).all(|n| net.lsa(n, router_key(3)).is_none()), "forgotten by all");
    assert!(net.are_equal(&[0, 1]));
    assert!(net.all_full(0, 1) && net.all_full(1, 1));
    // Back from the dead, it starts with the first number.
    net.start(2, p2p(config(3), &["eth1", "eth2"]));
    net.run_for(60);
    assert!(net.are_equal(&[0, 1, 2]) && net.metric(0, "10.9.3.0/24").is_some());
    assert!(net.lsa(0, router_key(3)).unwrap().sequence < INITIAL_SEQUENCE + 10);
}

#[test]
fn a_restarted_router_continues_where_its_former_self_ended() {
    let mut net = triangle(|c| c);
    net.run_for(2000);
    let before = net.lsa(0, router_key(3)).unwrap().sequence;
    net.kill(2);
    net.run_for(5);
    net.start(2, p2p(config(3), &["eth1", "eth2"]));
    net.run_for(90);
    assert!(net.lsa(0, router_key(3)).unwrap().sequence > before);
    assert!(net.are_equal(&[0, 1, 2]) && net.metric(0, "10.9.3.0/24").is_some());
}

/// Router 2 is told by somebody who speaks as router 3 that router 1 made an instance with this number.
fn pretend(net: &mut Net, sequence: i32, age: u16) {
    let lsa = Lsa::build(router_key(1), E, sequence, &router_body(0, &[])).with_age(age);
    let payload = forge(Ipv4Addr::new(3, 3, 3, 3), 0, &update(vec![lsa]));
    net.inject(1, &datagram(1, "10.0.0.6", payload));
}

#[test]
fn the_last_sequence_number_is_flushed_and_the_first_follows() {
    for age in [0, MAX_AGE] {
        for sequence in [MAX_SEQUENCE - 1, MAX_SEQUENCE] {
            let mut net = triangle(|c| c);
            net.run_for(20);
            pretend(&mut net, sequence, age);
            net.run_for(2);
            if sequence < MAX_SEQUENCE {
                assert_eq!(
                    net.lsa(1, router_key(1)).unwrap().sequence,
                    MAX_SEQUENCE,
                    "one beyond the forged"
                );
                assert!(net.metric(1, "10.9.1.0/24").is_some());
                // The next change, or the refresh, has to wrap.
                if age == 0 {
                    net.apply(0, with(p2p(config(1), &["eth1", "eth2"]), "eth1", |i| i.cost = Some(77)));
                    net.run_for(15);
                } else {
                    net.run_for(1810);
                }
            }
            net.run_for(10);
            for node in 0..3 {
                let lsa = net.lsa(node, router_key(1)).unwrap();
                assert!(lsa.sequence <= INITIAL_SEQUENCE + 1, "{:#x} on {node}", lsa.sequence);
                assert!(lsa.age < 1800);
            }
            assert!(net.are_equal(&[0, 1, 2]));
            assert!(net.metric(1, "10.9.1.0/24").is_some() && net.metric(2, "10.9.1.0/24").is_some());
        }
    }
}

/// Instances of an LSA in the updates a router sent from an instant on.
fn instances(net: &Net, node: usize, key: LsaKey, from: fib::Instant) -> Vec<(fib::Instant, i32, u16)> {
    let lsas = |s: &Sent| {
        let body = s.datagram.payload.slice(24..);
        match packet::parse(PacketKind::LinkStateUpdate, &body).unwrap() {
            Packet::LinkStateUpdate { lsas, .. } => lsas,
            _ => Vec::new(),
        }
    };
    let all = net.sent(node, PacketKind::LinkStateUpdate, from);
    let of = |s: &Sent| {
        let ours = lsas(s).into_iter().filter(|l| l.key() == key);
        ours.map(|l| (s.at, l.header.sequence, l.header.age)).collect::<Vec<_>>()
    };
    all.into_iter().flat_map(of).collect()
}

#[test]
fn a_restless_interface_is_told_of_once_per_min_ls_interval() {
    let mut net = triangle(|c| c);
    net.run_for(60);
    let start = net.now;
    for flap in 0..600u16 {
        net.apply(0, with(p2p(config(1), &["eth1", "eth2"]), "eth1", |i| i.cost = Some(1 + flap)));
        net.run_to(net.now + Duration::from_millis(100));
    }
    let all = instances(&net, 0, router_key(1), start);
    let numbers: BTreeSet<i32> = all.iter().map(|(_, s, _)| *s).collect();
    assert!((10..=17).contains(&numbers.len()), "{} in a minute", numbers.len());
    net.run_for(10);
    assert_eq!(net.metric(0, "10.9.2.0/24"), Some(30), "the last word counts: around");
    let told = net.lsa(2, router_key(1)).unwrap();
    assert_eq!(Some(told.sequence), instances(&net, 0, router_key(1), start).iter().map(|i| i.1).max());
    // None was lost for coming too soon.
    assert_eq!(net.counter(1, "refused-lsa-too-soon") + net.counter(2, "refused-lsa-too-soon"), 0);
}

#[test]
fn an_instance_within_min_ls_arrival_of_its_predecessor_is_not_taken() {
    let mut net = triangle(|c| c);
    let stranger = router_key(8);
    let tell = |net: &mut Net, n: i32| {
        let lsa = Lsa::build(stranger, E, INITIAL_SEQUENCE + n, &router_body(0, &[]));
        net.inject(1, &datagram(1, "10.0.0.6", forge(Ipv4Addr::new(3, 3, 3, 3), 0, &update(vec![lsa]))));
        net.lsa(1, stranger).unwrap().sequence - INITIAL_SEQUENCE
    };
    assert_eq!(tell(&mut net, 0), 0);
    net.run_to(net.now + Duration::from_millis(900));
    assert_eq!((tell(&mut net, 1), net.counter(1, "refused-lsa-too-soon")), (0, 1));
    net.run_to(net.now + Duration::from_millis(101));
    assert_eq!((tell(&mut net, 2), net.counter(1, "refused-lsa-too-soon")), (2, 1));
}

#[test]
fn a_process_that_ends_takes_its_lsas_with_it() {
    for pacing in [0, 50] {
        let mut net = triangle(|mut c| {
            c.timers.flood_pacing = pacing;
            c.redistribute.insert(fib::Protocol::Static, ospf::config::Redistribute::default());
            c
        });
        for n in 0..200u8 {
            net.redistribute(2, &format!("172.16.{n}.0/24"));
        }
        net.run_for(60);
        assert!(net.metric(0, "172.16.199.0/24").is_some());
        let now = net.now;
        net.nodes[2].ospf.shutdown(now);
        net.run_for(1);
        assert_eq!(net.metric(0, "172.16.199.0/24"), None);
        net.run_for(20);
        for node in 0..2 {
            let left = net.lsas(node).iter().filter(|l| l.key.router == router_key(3).router).count();
            assert_eq!(left, 0, "pacing {pacing}, on {node}");
        }
    }
}

#[test]
fn a_withdrawn_external_is_flushed_and_may_return_at_once() {
    let mut net = triangle(|mut c| {
        c.redistribute.insert(fib::Protocol::Static, ospf::config::Redistribute::default());
        c
    });
    net.redistribute(2, "172.16.0.0/24");
    net.run_for(10);
    assert!(net.metric(0, "172.16.0.0/24").is_some());
    for _ in 0..5 {
        net.unredistribute(2, "172.16.0.0/24");
        net.run_to(net.now + Duration::from_millis(1));
        net.redistribute(2, "172.16.0.0/24");
        net.run_to(net.now + Duration::from_millis(300));
    }
    net.run_for(20);
    assert!(net.metric(0, "172.16.0.0/24").is_some() && net.metric(1, "172.16.0.0/24").is_some());
    net.unredistribute(2, "172.16.0.0/24");
    net.run_for(20);
    assert!(net.are_equal(&[0, 1, 2]));
    assert!(net.lsas(0).iter().all(|l| l.key.kind != Kind::External));
}
