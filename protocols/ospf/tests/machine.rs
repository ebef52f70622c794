//! The interface and neighbor state machines (RFC 2328 9.3, 10.3) on good and on bad cables, on every kind of network.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use ospf::config::{Authentication, Config, Measured, NbmaNeighbor, NetworkType, VirtualLink};
use ospf::show::{InterfaceState, NeighborState};
use ospf::wire::grace::Grace;
use ospf::wire::lsa::{INITIAL_SEQUENCE, MAX_AGE};
use ospf::wire::options::{E, O};
use ospf::wire::packet::DatabaseDescription;
use ospf::wire::{Kind, Lsa, LsaKey, Packet, PacketKind};
use ospf::{AreaId, Echo};
use std::net::Ipv4Addr;
use std::time::Duration;
use support::{Net, config, datagram, forge, ip, p2p, update, with};

/// Two routers on one cable, `eth1` each, with networks behind them.
fn pair(edit: impl Fn(u8, Config) -> Config) -> (Net, usize) {
    let mut net = Net::new(1);
    for n in 1..=2u8 {
        let node = net.add(edit(n, p2p(config(n), &["eth1"])));
        net.port(node, 9, &format!("10.9.{n}.1/24"));
    }
    let wire = net.link((0, 1), (1, 1));
    (net, wire)
}

fn full(net: &Net) -> bool {
    net.all_full(0, 1) && net.all_full(1, 1) && net.are_equal(&[0, 1])
}

fn of_kind(kind: NetworkType) -> impl Fn(u8, Config) -> Config {
    move |_, c| with(c, "eth1", |i| i.network = Some(kind))
}

fn spoken_by_2(net: &mut Net, packet: &Packet) {
    net.inject(0, &datagram(1, "10.0.0.2", forge(ip("2.2.2.2"), 0, packet)));
}

#[test]
fn loss_reordering_and_duplication_only_delay_full_adjacency_and_equal_databases() {
    for kind in [NetworkType::PointToPoint, NetworkType::Broadcast] {
        for seed in 0..25 {
            let mut net = Net::new(seed);
            net.weather.loss = 0.2;
            net.weather.jitter = Duration::from_millis(40);
            net.weather.duplication = 0.2;
            for n in 1..=2u8 {
                let mut one = with(config(n), "eth1", |i| i.network = Some(kind));
                one.redistribute.insert(fib::Protocol::Static, ospf::config::Redistribute::default());
                net.add(one);
                // More LSAs than one description holds.
                for e in 0..150 {
                    net.redistribute(usize::from(n) - 1, &format!("172.{}.{e}.0/24", 16 + n));
                }
            }
            net.link((0, 1), (1, 1));
            net.until(600, "full and equal in bad weather", full);
            assert_eq!(net.essence(0).len(), 302 + usize::from(kind == NetworkType::Broadcast));
            net.weather = support::Weather::default();
            net.run_for(60);
            assert!(full(&net), "and it stays so");
        }
    }
}

#[test]
fn a_point_to_point_neighbor_goes_through_all_states_in_order() {
    let (mut net, _) = pair(|_, mut c| {
        c.log_adjacency_changes = ospf::config::LogAdjacency::Detail;
        c
    });
    net.until(10, "full", full);
    let texts: Vec<String> = net.nodes[0].notices.iter().map(|(_, n)| n.to_string()).collect();
    let to = |state: &str| texts.iter().position(|t| t.contains(&format!("to={state}")));
    let order =
        ["Init", "ExStart", "Exchange", "Full"].map(|s| to(s).unwrap_or_else(|| panic!("{s}: {texts:?}")));
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(net.roles(0, "eth1").0, InterfaceState::PointToPoint);
}

fn strange_description(sequence: u32, init: bool, master: bool) -> Packet {
    let (mtu, options, headers) = (1500, E | O, Vec::new());
    let more = init;
    Packet::DatabaseDescription(DatabaseDescription {
        mtu,
        options,
        init,
        more,
        master,
        sequence,
        headers,
        unknown: false,
    })
}

#[test]
fn what_breaks_an_exchange_begins_it_anew_and_it_recovers() {
    // SeqNumberMismatch by each of its causes, BadLSReq, 1-Way.
    let unknown = LsaKey { kind: Kind::Router, id: ip("7.7.7.7"), router: ip("7.7.7.7") };
    let breakers = [
        ("anew", strange_description(12345, false, true)),
        ("anew", strange_description(12345, true, true)),
        ("do not have", Packet::LinkStateRequest(vec![unknown])),
    ];
    for (why, packet) in breakers {
        let (mut net, _) = pair(|_, mut c| {
            c.log_adjacency_changes = ospf::config::LogAdjacency::Detail;
            c
        });
        net.until(10, "full", full);
        spoken_by_2(&mut net, &packet);
        assert_eq!(net.state(0, 2), NeighborState::ExStart, "{why}");
        let told = net.nodes[0].notices.iter().filter(|(_, n)| n.to_string().contains(why)).count();
        assert_eq!(told, 1, "{why}");
        net.run_for(20);
        assert!(full(&net), "{why}: {:?} {:?}", net.state(0, 2), net.state(1, 1));
    }
}

#[test]
fn one_way_takes_the_adjacency_back_to_init() {
    let (mut net, wire) = pair(|_, c| c);
    net.until(10, "full", full);
    net.silence(wire);
    let Some(hello) = net.log.iter().find(|s| s.node == 1 && s.datagram.payload[1] == 1) else {
        panic!("no hello")
    };
    // The first hello of router 2 lists nobody.
    let early = hello.datagram.payload.clone();
    net.inject(0, &datagram(1, "10.0.0.2", early));
    assert_eq!(net.state(0, 2), NeighborState::Init);
    net.heal(wire);
    net.until(40, "full again", full);
}

#[test]
fn an_mtu_mismatch_is_explained_once_and_mtu_ignore_ends_it() {
    let (mut net, _) = pair(|_, c| c);
    net.change_port(0, 1, |p| p.mtu = 1400);
    net.run_for(120);
    assert_eq!(net.state(0, 2), NeighborState::ExStart);
    assert_eq!(net.warned(0, "MTU of 1500 is larger than ours of 1400"), 1, "{:?}", net.warnings(0));
    assert!(net.counter(0, "refused-mtu-mismatch") > 5);
    assert_eq!(net.warned(1, "MTU of 1400 is smaller than ours of 1500"), 1, "{:?}", net.warnings(1));
    net.apply(0, with(p2p(config(1), &["eth1"]), "eth1", |i| i.mtu_ignore = true));
    net.until(60, "full", full);
}

#[test]
fn every_mismatch_of_hellos_has_a_counter_and_is_warned_of_once() {
    type Edit = fn(Config) -> Config;
    let cases: [(&str, &str, Edit); 4] = [
        ("hello-interval-mismatch", "another hello interval", |c| {
            with(c, "eth1", |i| (i.hello_interval, i.dead_interval) = (Some(5), Some(40)))
        }),
        ("dead-interval-mismatch", "another dead interval", |c| {
            with(c, "eth1", |i| i.dead_interval = Some(20))
        }),
        ("area-mismatch", "another area", |c| with(c, "eth1", |i| i.area = Some(AreaId(5)))),
        ("area-type-mismatch", "as another type", |c| {
            let mut c = with(c, "eth1", |i| i.area = Some(AreaId(7)));
            c.areas.entry(AreaId(7)).or_default().kind = ospf::config::AreaKind::Stub;
            c
        }),
    ];
    for (counter, words, edit) in cases {
        let (mut net, _) = pair(|n, c| match (n, counter) {
            (1, "area-type-mismatch") => with(c, "eth1", |i| i.area = Some(AreaId(7))),
            (1, _) => c,
            _ => edit(c),
        });
        net.run_for(120);
        for node in 0..2 {
            assert!(net.counter(node, &format!("refused-{counter}")) >= 5, "{counter}");
            assert_eq!(net.warned(node, words), 1, "{:?}", net.warnings(node));
            assert!(net.neighbors(node).is_empty());
        }
    }
    // On a LAN the mask and the network count, too.
    for (address, counter, words) in [
        ("10.0.0.2/25", "mask-mismatch", "another network mask"),
        ("10.0.1.2/24", "network-mismatch", "not of this network"),
    ] {
        let mut net = Net::new(1);
        for n in 1..=2 {
            net.add(config(n));
        }
        net.wire(&[(0, 1), (1, 1)]);
        net.port(0, 1, "10.0.0.1/24");
        net.port(1, 1, address);
        net.run_for(100);
        assert!(net.counter(0, &format!("refused-{counter}")) >= 5, "{counter}");
        assert_eq!(net.warned(0, words), 1, "{:?}", net.warnings(0));
    }
}

#[test]
fn nbma_neighbors_are_polled_when_silent_and_adjacent_when_there() {
    let nbma = |n: u8, mut c: Config| {
        c = with(c, "eth1", |i| i.network = Some(NetworkType::NonBroadcast));
        let other = Ipv4Addr::new(10, 0, 0, 3 - n);
        c.neighbors.insert(other, NbmaNeighbor { priority: 1, poll_interval: 120 });
        c
    };
    let (mut net, wire) = pair(nbma);
    net.run_for(180);
    assert!(full(&net), "{:?}", net.state(0, 2));
    assert_eq!(net.metric(0, "10.9.2.0/24"), Some(20));
    assert!(
        net.log
            .iter()
            .all(|s| s.datagram.port != Some(fib::PortId(1)) || !s.datagram.destination.is_multicast()),
        "nothing is multicast"
    );
    // Silent for longer than the dead interval: hellos at the poll interval only (9.5.1).
    net.silence(wire);
    net.run_for(300);
    let from = net.now;
    net.run_for(1200);
    let on_eth1 = |s: &&support::Sent| s.datagram.port == Some(fib::PortId(1));
    let polls = net.sent(0, PacketKind::Hello, from).into_iter().filter(on_eth1).count();
    assert!((9..=11).contains(&polls), "{polls} hellos in twenty minutes");
    net.heal(wire);
    net.until(400, "full again", full);
    // Nor does a flap of the carrier stop the polling.
    net.carrier(wire, false);
    net.run_for(10);
    net.carrier(wire, true);
    net.until(400, "full after the flap", full);
}

#[test]
fn point_to_multipoint_joins_a_hub_and_spokes_that_do_not_hear_one_another() {
    let mut net = Net::new(1);
    for n in 1..=3u8 {
        let node = net.add(with(config(n), "eth1", |i| i.network = Some(NetworkType::PointToMultipoint)));
        net.port(node, 9, &format!("10.9.{n}.1/24"));
        net.port(node, 1, &format!("10.0.0.{n}/24"));
    }
    net.wire(&[(0, 1), (1, 1)]);
    net.wire(&[(0, 1), (2, 1)]);
    net.run_for(120);
    assert!(net.all_full(0, 2) && net.all_full(1, 1) && net.all_full(2, 1));
    assert_eq!(net.metric(1, "10.9.3.0/24"), Some(30), "spoke to spoke by way of the hub");
    assert_eq!(net.gateways(1, "10.9.3.0/24"), ["10.0.0.1"]);
    assert!(net.are_equal(&[0, 1, 2]));
}

#[test]
fn unnumbered_links_route() {
    let (mut net, _) = pair(|_, c| c);
    net.change_port(0, 1, |p| p.addresses = vec!["10.255.0.1/32".parse().unwrap()]);
    net.change_port(1, 1, |p| p.addresses = vec!["10.255.0.2/32".parse().unwrap()]);
    net.until(100, "full", |net| {
        net.state(0, 2) == NeighborState::Full && net.state(1, 1) == NeighborState::Full
    });
    net.run_for(15);
    assert_eq!(net.gateways(0, "10.9.2.0/24"), ["10.255.0.2"], "{:?}", net.nodes[0].rib);
}

#[test]
fn a_passive_interface_is_told_of_and_silent() {
    let (mut net, _) = pair(|n, c| with(c, "eth1", |i| i.passive = Some(n == 1)));
    net.run_for(60);
    assert!(net.neighbors(0).is_empty() && net.neighbors(1).is_empty());
    assert!(
        net.sent(0, PacketKind::Hello, support::secs(0))
            .iter()
            .all(|s| s.datagram.port != Some(fib::PortId(1)))
    );
    let hello = net.sent(1, PacketKind::Hello, support::secs(0))[0].datagram.payload.clone();
    net.inject(0, &datagram(1, "10.0.0.2", hello));
    assert_eq!(net.counter(0, "refused-passive"), 1);
    net.apply(0, p2p(config(1), &["eth1"]));
    net.until(20, "full", full);
}

#[test]
fn fast_hellos_notice_a_silent_death_within_a_second() {
    let (mut net, wire) = pair(|n, c| with(c, "eth1", |i| i.hello_multiplier = Some(4 + n)));
    net.until(5, "full", full);
    net.run_for(10);
    net.silence(wire);
    let took = net.until(5, "gone", |net| net.metric(0, "10.9.2.0/24").is_none());
    assert!(took <= Duration::from_millis(1001), "{took:?}");
}

fn signed(c: Config, mode: &str, key: &str) -> Config {
    with(c, "eth1", |i| match mode {
        "simple" => {
            i.authentication = Some(Authentication::Simple);
            i.authentication_key = Some(key.into());
        }
        _ => {
            i.authentication = Some(Authentication::MessageDigest);
            i.message_digest_keys.insert(1, key.into());
        }
    })
}

#[test]
fn authentication_lets_in_who_knows_the_key_and_nobody_else() {
    for (mode, counter) in [("simple", "authentication-password"), ("md5", "authentication-digest")] {
        let (mut net, _) = pair(|_, c| signed(c, mode, "secret"));
        net.until(10, "full", full);
        let (mut net, _) = pair(|n, c| signed(c, mode, if n == 1 { "secret" } else { "guess" }));
        net.run_for(100);
        assert!(net.neighbors(0).is_empty());
        assert!(net.counter(0, &format!("refused-{counter}")) >= 5);
        assert_eq!(net.warnings(0).len(), 1, "{:?}", net.warnings(0));
        let (mut net, _) = pair(|n, c| if n == 1 { signed(c, mode, "secret") } else { c });
        net.run_for(100);
        assert!(net.neighbors(0).is_empty() && net.neighbors(1).is_empty());
        assert!(
            net.counter(0, "refused-authentication-type") >= 5
                && net.counter(1, "refused-authentication-type") >= 5
        );
    }
}

#[test]
fn replayed_packets_are_refused_and_the_adjacency_stays() {
    let (mut net, _) = pair(|_, c| signed(c, "md5", "secret"));
    net.until(10, "full", full);
    net.run_for(100);
    let old: Vec<_> = net
        .log
        .iter()
        .filter(|s| s.node == 1 && s.datagram.port == Some(fib::PortId(1)))
        .filter(|s| s.at + Duration::from_secs(15) < net.now)
        .cloned()
        .collect();
    for sent in &old {
        net.inject(0, &datagram(1, "10.0.0.2", sent.datagram.payload.clone()));
    }
    assert_eq!(net.counter(0, "refused-authentication-replay"), old.len() as u64);
    assert_eq!(net.warned(0, "replayed?"), 1);
    assert!(full(&net));
}

/// Router 2 announces a restart of `period` seconds.
fn grace(period: u32, sequence: i32, age: u16) -> Packet {
    let id = ip("2.2.2.2");
    let key = LsaKey { kind: Kind::OpaqueLink, id: ip("3.0.0.0"), router: id };
    let body = Grace { period, reason: 1, address: None }.write();
    update(vec![Lsa::build(key, E | O, INITIAL_SEQUENCE + sequence, &body).with_age(age)])
}

#[test]
fn a_restarting_neighbor_is_helped_and_its_return_costs_no_route() {
    let (mut net, wire) = pair(|_, c| c);
    net.until(10, "full", full);
    net.run_for(30);
    spoken_by_2(&mut net, &grace(120, 0, 0));
    net.silence(wire);
    let rib = net.nodes[0].rib.clone();
    net.run_for(90);
    assert_eq!(net.metric(0, "10.9.2.0/24"), Some(20), "beyond the dead interval");
    assert_eq!(net.nodes[0].rib, rib);
    net.heal(wire);
    net.until(40, "full", full);
    spoken_by_2(&mut net, &grace(120, 0, MAX_AGE));
    net.run_for(200);
    assert!(full(&net) && net.metric(0, "10.9.2.0/24") == Some(20));
}

#[test]
fn help_ends_with_its_time_and_with_any_change_of_the_network_our_own_included() {
    let start = || {
        let (mut net, wire) = pair(|_, c| c);
        net.until(10, "full", full);
        net.run_for(30);
        spoken_by_2(&mut net, &grace(120, 0, 0));
        net.silence(wire);
        net.run_for(60);
        assert!(net.metric(0, "10.9.2.0/24").is_some());
        net
    };
    let mut net = start();
    net.run_for(70);
    assert_eq!(net.metric(0, "10.9.2.0/24"), None, "its time is over");
    let mut net = start();
    net.port(0, 5, "10.5.0.1/24");
    net.run_for(10);
    assert_eq!(net.metric(0, "10.9.2.0/24"), None, "it does not know of our new network (RFC 3623 3.2 (3))");
}

#[test]
fn help_is_refused_when_off_or_for_too_long() {
    for (enabled, period) in [(false, 60), (true, 1801)] {
        let (mut net, wire) = pair(|_, mut c| {
            c.graceful_restart_helper.enabled = enabled;
            c
        });
        net.until(10, "full", full);
        net.run_for(30);
        spoken_by_2(&mut net, &grace(period, 0, 0));
        assert_eq!(net.warned(0, "no help"), 1);
        net.silence(wire);
        net.run_for(45);
        assert_eq!(net.metric(0, "10.9.2.0/24"), None);
    }
}

#[test]
fn a_stub_router_carries_no_transit_until_its_start_is_over() {
    // 1 - 2 - 3 is short, 1 - 4 - 3 is long; 2 has just started.
    let mut net = Net::new(1);
    for n in 1..=4u8 {
        let mut c = p2p(config(n), &["eth1", "eth2"]);
        c.max_metric.on_startup = (n == 2).then_some(300);
        if n == 4 {
            c = with(with(c, "eth1", |i| i.cost = Some(50)), "eth2", |i| i.cost = Some(50));
        }
        let node = net.add(c);
        net.port(node, 9, &format!("10.9.{n}.1/24"));
    }
    net.link((0, 1), (1, 1));
    net.link((1, 2), (2, 1));
    net.link((0, 2), (3, 1));
    net.link((3, 2), (2, 2));
    net.run_for(200);
    assert_eq!(net.metric(0, "10.9.3.0/24"), Some(70), "around");
    assert_eq!(net.metric(0, "10.9.2.0/24"), Some(20), "its own networks are reached");
    net.run_for(110);
    assert_eq!(net.metric(0, "10.9.3.0/24"), Some(30), "through");
}

#[test]
fn a_measured_cost_follows_echoes_and_rests() {
    let measured =
        |_, c| with(c, "eth1", |i| i.measured = Some(Measured { interval: 1, ..Measured::default() }));
    let (mut net, _) = pair(measured);
    net.until(10, "full", full);
    let answer = |net: &mut Net, us: u64, seconds: u64| {
        for _ in 0..seconds {
            net.run_for(1);
            let now = net.now;
            for echo in std::mem::take(&mut net.nodes[0].echoes) {
                assert_eq!(echo, Echo { port: fib::PortId(1), address: ip("10.0.0.2") });
                net.nodes[0].ospf.handle_echo(now, echo, Some(Duration::from_micros(us)));
            }
            net.drain();
        }
        net.run_for(10);
        net.metric(0, "10.9.2.0/24")
    };
    assert_eq!(answer(&mut net, 10_000, 5), Some(60));
    assert_eq!(answer(&mut net, 11_000, 60), Some(60), "within the band");
    let moved = answer(&mut net, 40_000, 60).unwrap();
    assert!((160..=210).contains(&moved), "{moved}");
    let originated = net.essence(0);
    for n in 0..50 {
        answer(&mut net, if n % 2 == 0 { 38_000 } else { 43_000 }, 1);
    }
    assert_eq!(net.essence(0), originated, "it never oscillates");
}

#[test]
fn a_virtual_link_joins_a_distant_area_and_goes_with_its_path() {
    // Backbone 1 - 2, transit area 1: 2 - 3, and area 2 behind 3.
    let mut net = Net::new(1);
    let area = |c: Config, port: &str, a: u32| with(c, port, |i| i.area = Some(AreaId(a)));
    let mut configs: Vec<Config> = (1..=3).map(|n| p2p(config(n), &["eth1", "eth2"])).collect();
    configs[1] = area(configs[1].clone(), "eth2", 1);
    configs[2] = area(area(configs[2].clone(), "eth1", 1), "eth9", 2);
    for (node, end) in [(1, "3.3.3.3"), (2, "2.2.2.2")] {
        let links = &mut configs[node].areas.entry(AreaId(1)).or_default().virtual_links;
        links.insert(ip(end), VirtualLink::default());
    }
    for (node, c) in configs.into_iter().enumerate() {
        net.add(c);
        net.port(node, 9, &format!("10.9.{}.1/24", node + 1));
    }
    net.link((0, 1), (1, 1));
    let transit = net.link((1, 2), (2, 1));
    net.run_for(90);
    assert_eq!(net.metric(0, "10.9.3.0/24"), Some(30));
    assert_eq!(net.metric(2, "10.9.1.0/24"), Some(30));
    net.carrier(transit, false);
    net.run_for(60);
    assert_eq!(net.metric(0, "10.9.3.0/24"), None);
    net.carrier(transit, true);
    net.run_for(90);
    assert_eq!(net.metric(0, "10.9.3.0/24"), Some(30), "and returns with it");
}

#[test]
fn the_kinds_of_network_that_elect_nobody_have_no_dr() {
    for kind in [NetworkType::PointToPoint, NetworkType::PointToMultipoint] {
        let (mut net, _) = pair(of_kind(kind));
        net.until(60, "full", full);
        net.run_for(10);
        assert_eq!(net.roles(0, "eth1"), (InterfaceState::PointToPoint, 0, 0));
        assert!(net.lsas(0).iter().all(|l| l.key.kind != Kind::Network));
        assert!(net.metric(0, "10.9.2.0/24").is_some());
    }
}
