//! Helping a neighbor through its graceful restart (RFC 3623 section 3). The neighbor is killed, and what it would say is
//! said in its name.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use ospf::show::InterfaceState;
use ospf::wire::auth::Sealed;
use ospf::wire::grace::Grace;
use ospf::wire::lsa::{INITIAL_SEQUENCE, MAX_AGE};
use ospf::wire::options::{E, O};
use ospf::wire::packet::parse;
use ospf::wire::{Hello, Kind, Lsa, LsaHeader, LsaKey, Packet};
use std::net::Ipv4Addr;
use support::{Net, config, datagram, forge, ip, update};

const RESTARTING: Ipv4Addr = Ipv4Addr::new(1, 1, 1, 1);

/// Router 1 is DR of a LAN, router 2 its BDR; each has a network behind it.
fn lan() -> Net {
    let mut net = Net::new(1);
    for n in 1..=2u8 {
        let node = net.add(config(n));
        net.port(node, 9, &format!("10.9.{n}.1/24"));
    }
    net.wire(&[(0, 1), (1, 1)]);
    net.port(0, 1, "10.0.0.1/24");
    net.run_for(60);
    net.port(1, 1, "10.0.0.2/24");
    net.run_for(60);
    assert_eq!(net.roles(1, "eth1"), (InterfaceState::Backup, 1, 2));
    assert_eq!(net.metric(1, "10.9.1.0/24"), Some(20));
    net
}

fn say(net: &mut Net, packet: &Packet) {
    net.inject(1, &datagram(1, "10.0.0.1", forge(RESTARTING, 0, packet)));
}

fn grace(seconds: u32) -> Lsa {
    let says = Grace { period: seconds, reason: 1, address: Some(ip("10.0.0.1")) };
    let key = LsaKey { kind: Kind::OpaqueLink, id: ip("3.0.0.0"), router: RESTARTING };
    Lsa::build(key, E | O, INITIAL_SEQUENCE, &says.write())
}

/// A router that has just started and knows nobody.
fn first_hello() -> Packet {
    Packet::Hello(Hello {
        mask: ip("255.255.255.0"),
        hello_interval: 10,
        options: E,
        priority: 1,
        dead_interval: 40,
        dr: Ipv4Addr::UNSPECIFIED,
        bdr: Ipv4Addr::UNSPECIFIED,
        neighbors: vec![],
    })
}

#[test]
fn a_dr_that_restarts_stays_dr_although_its_first_hello_names_none() {
    let mut net = lan();
    net.kill(0);
    say(&mut net, &update(vec![grace(300)]));
    // Longer than the dead interval.
    net.run_for(60);
    assert_eq!(net.metric(1, "10.9.1.0/24"), Some(20));
    say(&mut net, &first_hello());
    net.run_for(1);
    assert_eq!(net.roles(1, "eth1"), (InterfaceState::Backup, 1, 2));
    // It flushes its grace LSA before its next hello.
    say(&mut net, &update(vec![grace(300).with_age(MAX_AGE)]));
    net.run_for(1);
    assert_eq!(net.roles(1, "eth1"), (InterfaceState::Backup, 1, 2), "nobody else has the office meanwhile");
}

#[test]
fn a_neighbor_that_does_not_come_back_is_lost_when_its_grace_is_over() {
    let mut net = lan();
    net.kill(0);
    say(&mut net, &update(vec![grace(100)]));
    net.run_for(90);
    assert_eq!(net.metric(1, "10.9.1.0/24"), Some(20));
    let took = net.until(30, "the route goes", |net| net.metric(1, "10.9.1.0/24").is_none());
    assert!((8..=12).contains(&took.as_secs()), "{took:?}");
    assert_eq!(net.roles(1, "eth1").1, 2, "and with it the office");
}

/// What a router has flooded last.
fn last_flooded(net: &Net, node: usize) -> Vec<LsaHeader> {
    let update = |s: &support::Sent| {
        let sealed = Sealed::open(&s.datagram.payload).unwrap();
        match parse(sealed.header.kind, &sealed.body).unwrap() {
            Packet::LinkStateUpdate { lsas, .. } if s.node == node => Some(lsas),
            _ => None,
        }
    };
    net.log.iter().rev().find_map(update).unwrap().iter().map(|lsa| lsa.header).collect()
}

#[test]
fn help_refused_while_a_change_was_not_acknowledged_is_given_when_it_is() {
    let mut net = lan();
    net.kill(0);
    net.change_port(1, 9, |p| p.addresses = vec!["10.9.22.1/24".parse().unwrap()]);
    net.run_for(1);
    say(&mut net, &update(vec![grace(300)]));
    let helps = |net: &Net| net.warned(1, "no help for a restarting neighbor");
    assert_eq!(helps(&net), 1, "{:?}", net.warnings(1));
    let told = last_flooded(&net, 1);
    say(&mut net, &Packet::LinkStateAck(told));
    net.run_for(60);
    assert_eq!(net.metric(1, "10.9.1.0/24"), Some(20), "longer than the dead interval");
}

#[test]
fn a_lasting_refusal_is_told_once_however_often_the_network_changes() {
    let mut net = lan();
    let mut config = config(2);
    config.graceful_restart_helper.supported_grace_time = 100;
    net.apply(1, config);
    net.kill(0);
    say(&mut net, &update(vec![grace(300)]));
    for third in [22, 23, 24] {
        net.change_port(1, 9, |p| p.addresses = vec![format!("10.9.{third}.1/24").parse().unwrap()]);
        net.run_for(6);
        let told = last_flooded(&net, 1);
        say(&mut net, &Packet::LinkStateAck(told));
    }
    assert_eq!(net.warned(1, "no help for a restarting neighbor"), 1, "{:?}", net.warnings(1));
}
