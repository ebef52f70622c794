//! A hostile neighbor: with an adjacency, without one, and with none of the keys. Honest adjacencies stay Full, routes
//! stay, what is kept is bounded, and every refusal has a name and a number.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use ospf::show::NeighborState;
use ospf::wire::lsa::{INITIAL_SEQUENCE, MAX_AGE, external_body, network_body, router_body};
use ospf::wire::options::{E, O};
use ospf::wire::packet::DatabaseDescription;
use ospf::wire::{External, Hello, Kind, Lsa, LsaKey, Packet};
use proto::Rng;
use std::net::Ipv4Addr;
use std::time::Duration;
use support::{Net, config, datagram, forge, ip, update};

/// The hostile router's ID and address.
const EVIL: Ipv4Addr = Ipv4Addr::new(66, 66, 66, 66);
const FROM: &str = "10.0.0.66";

/// Two honest routers on a LAN with networks behind them, and a third place on it.
fn lan() -> Net {
    let mut net = Net::new(1);
    for n in 1..=2u8 {
        let node = net.add(config(n));
        net.port(node, 9, &format!("10.9.{n}.1/24"));
    }
    net.wire(&[(0, 1), (1, 1)]);
    for n in 1..=2 {
        net.port(n - 1, 1, &format!("10.0.0.{n}/24"));
    }
    net.run_for(90);
    net
}

fn say(net: &mut Net, packet: &Packet) {
    net.inject(0, &datagram(1, FROM, forge(EVIL, 0, packet)));
}

fn hello(neighbors: Vec<Ipv4Addr>) -> Packet {
    Packet::Hello(Hello {
        mask: ip("255.255.255.0"),
        hello_interval: 10,
        options: E,
        priority: 0,
        dead_interval: 40,
        dr: ip("10.0.0.1"),
        bdr: ip("10.0.0.2"),
        neighbors,
    })
}

fn description(init: bool, more: bool, sequence: u32) -> Packet {
    Packet::DatabaseDescription(DatabaseDescription {
        mtu: 1500,
        options: E | O,
        init,
        more,
        master: true,
        sequence,
        headers: Vec::new(),
        unknown: false,
    })
}

/// The hostile router becomes fully adjacent to router 1.
fn befriend(net: &mut Net) {
    say(net, &hello(vec![ip("1.1.1.1")]));
    say(net, &description(true, true, 7000));
    say(net, &description(false, false, 7001));
    assert_eq!(net.state(0, 66), NeighborState::Full);
}

fn is_well(net: &Net, when: &str) {
    for (node, other) in [(0, 2), (1, 1)] {
        assert_eq!(net.state(node, other), NeighborState::Full, "{when}");
        assert_eq!(net.metric(node, &format!("10.9.{other}.0/24")), Some(20), "{when}");
    }
}

fn lsa(kind: Kind, id: &str, router: Ipv4Addr, sequence: i32, body: &[u8]) -> Lsa {
    Lsa::build(LsaKey { kind, id: ip(id), router }, E, sequence, body)
}

fn external(n: u32) -> Lsa {
    let body =
        external_body(&External { len: 32, type2: true, metric: 1, forward: Ipv4Addr::UNSPECIFIED, tag: 0 });
    lsa(Kind::External, &Ipv4Addr::from_bits(0x2d00_0000 + n).to_string(), EVIL, INITIAL_SEQUENCE, &body)
}

#[test]
fn without_an_adjacency_a_stranger_achieves_nothing() {
    let mut net = lan();
    let before = net.essence(0);
    let own = lsa(Kind::Router, "1.1.1.1", ip("1.1.1.1"), 1000, &router_body(0, &[]));
    let others = lsa(Kind::Router, "2.2.2.2", ip("2.2.2.2"), 1000, &router_body(0, &[]));
    for greeted in [false, true] {
        if greeted {
            // A hello that does not list the victim: Init, and no further.
            say(&mut net, &hello(vec![]));
        }
        for round in 0..200 {
            say(&mut net, &update(vec![own.clone(), others.with_age(MAX_AGE), external(round)]));
            // A description says by itself that its sender hears us (10.6): with that an adjacency would begin.
            if !greeted {
                say(&mut net, &description(true, true, round));
            }
            say(&mut net, &Packet::LinkStateRequest(vec![own.key()]));
            say(&mut net, &Packet::LinkStateAck(vec![own.header]));
        }
        let (counter, expected) =
            if greeted { ("refused-neighbor-state", 600) } else { ("refused-unknown-neighbor", 800) };
        assert_eq!(net.counter(0, counter), expected);
    }
    assert_eq!(net.essence(0), before);
    net.run_for(100);
    is_well(&net, "after it");
    assert_eq!(net.state(0, 66), NeighborState::Down, "and forgotten");
}

#[test]
fn garbage_and_bad_checksums_are_counted_and_nothing_else() {
    let mut net = lan();
    let mut rng = Rng::new(3);
    let good: Vec<_> = net.log.iter().map(|s| s.datagram.payload.clone()).collect();
    let total = |net: &Net| {
        let refused = net.nodes[0].ospf.counters().into_iter().filter(|(n, _)| n.starts_with("refused-"));
        refused.map(|(_, v)| v).sum::<u64>()
    };
    let before = total(&net);
    for _ in 0..5_000 {
        let mut bytes = good[rng.below(good.len() as u64) as usize].to_vec();
        // One bit anywhere but in the authentication field, which no checksum covers.
        let at = rng.below(bytes.len() as u64) as usize;
        if (16..24).contains(&at) {
            continue;
        }
        bytes[at] ^= 1 << rng.below(8);
        let counted = total(&net);
        net.inject(0, &datagram(1, FROM, bytes.into()));
        assert!(total(&net) > counted, "each is refused under a name");
    }
    for _ in 0..5_000 {
        let noise: Vec<u8> = (0..rng.below(200)).map(|_| rng.bits() as u8).collect();
        net.inject(0, &datagram(1, FROM, noise.into()));
    }
    assert!(total(&net) > before + 9_000);
    assert!(net.counter(0, "refused-packet-checksum") > 1_000);
    assert!(net.counter(0, "refused-malformed") > 1_000);
    net.run_for(60);
    is_well(&net, "after it");
}

#[test]
fn a_bad_lsa_is_left_out_and_counted_and_its_neighbors_in_the_packet_are_taken() {
    let mut net = lan();
    befriend(&mut net);
    let good = external(1);
    let mut bytes = forge(EVIL, 0, &update(vec![external(0), good.clone()])).to_vec();
    // A bit of the first LSA's body, with the packet's checksum made right by hand: header 24, count 4, header 20.
    bytes[24 + 4 + 20 + 6] ^= 1;
    let body = bytes::Bytes::from(bytes.split_off(24));
    let header = ospf::wire::PacketHeader {
        kind: ospf::wire::PacketKind::LinkStateUpdate,
        router: EVIL,
        area: ospf::AreaId(0),
    };
    let packet = ospf::wire::auth::seal(header, &body, &ospf::wire::auth::Seal::Null);
    net.inject(0, &datagram(1, FROM, packet));
    assert_eq!(net.counter(0, "refused-lsa-checksum"), 1);
    assert!(net.lsa(0, external(0).key()).is_none() && net.lsa(0, good.key()).is_some());
}

/// Lets the hostile router go on saying something, ten times a second for a minute, hellos included.
fn harass(net: &mut Net, mut what: impl FnMut(&mut Net, u32)) {
    for tick in 0..600 {
        if tick % 50 == 0 {
            say(net, &hello(vec![ip("1.1.1.1")]));
        }
        what(net, tick);
        net.run_to(net.now + Duration::from_millis(100));
    }
}

#[test]
fn forged_lsas_of_the_victims_are_fought_back_without_a_storm() {
    let mut net = lan();
    befriend(&mut net);
    let start = net.now;
    let victims = [ip("1.1.1.1"), ip("2.2.2.2")];
    harass(&mut net, |net, tick| {
        for victim in victims {
            let known = net.lsa(0, LsaKey { kind: Kind::Router, id: victim, router: victim });
            let sequence = known.map_or(INITIAL_SEQUENCE, |l| l.sequence) + 1 + tick as i32;
            let forged = lsa(Kind::Router, &victim.to_string(), victim, sequence, &router_body(0, &[]));
            say(net, &update(vec![forged]));
        }
    });
    let kind = ospf::wire::PacketKind::LinkStateUpdate;
    let packets = net.sent(0, kind, start).len() + net.sent(1, kind, start).len();
    assert!(packets < 1_500, "{packets} updates in answer to 1200 forged LSAs");
    net.run_for(60);
    is_well(&net, "after it");
    assert!(net.are_equal(&[0, 1]));
    for victim in victims {
        let lsa = net.lsa(0, LsaKey { kind: Kind::Router, id: victim, router: victim }).unwrap();
        assert!(lsa.length > 24, "the true one is back");
    }
}

#[test]
fn lsas_with_the_victims_address_or_of_no_use_to_it_are_flushed() {
    let mut net = lan();
    befriend(&mut net);
    let network =
        |id: &str, router| lsa(Kind::Network, id, router, INITIAL_SEQUENCE + 5, &network_body(24, &[EVIL]));
    let forged = [
        // A network-LSA for the victim's interface, by somebody else; one by the victim that it never made.
        network("10.0.0.1", EVIL),
        network("10.77.0.1", ip("1.1.1.1")),
        lsa(Kind::External, "9.9.9.9", ip("1.1.1.1"), INITIAL_SEQUENCE, external(0).body_bytes()),
    ];
    for lsa in &forged {
        say(&mut net, &update(vec![lsa.clone()]));
    }
    // The hostile router acknowledges like anybody.
    net.run_for(2);
    let flushed: Vec<_> = forged.iter().map(|l| l.with_age(MAX_AGE).header).collect();
    say(&mut net, &Packet::LinkStateAck(flushed));
    net.run_for(20);
    for lsa in &forged {
        assert!((0..2).all(|n| net.lsa(n, lsa.key()).is_none()), "{:?}", lsa.key());
    }
    is_well(&net, "after it");
}

#[test]
fn max_age_floods_empty_nothing_for_longer_than_the_answer_takes() {
    let mut net = lan();
    befriend(&mut net);
    harass(&mut net, |net, _| {
        for victim in [ip("1.1.1.1"), ip("2.2.2.2")] {
            let key = LsaKey { kind: Kind::Router, id: victim, router: victim };
            let Some(known) = net.lsa(0, key) else { continue };
            let dead = lsa(Kind::Router, &victim.to_string(), victim, known.sequence, &router_body(0, &[]));
            say(net, &update(vec![dead.with_age(MAX_AGE)]));
        }
        // And of what nobody has: there is nothing to keep.
        let all = (0..20).map(|n| external(n).with_age(MAX_AGE)).collect();
        say(net, &update(all));
    });
    assert!(net.lsas(0).len() < 10, "{}", net.lsas(0).len());
    net.run_for(60);
    is_well(&net, "after it");
    assert!(net.are_equal(&[0, 1]));
}

#[test]
fn old_lsas_are_answered_with_the_newer_one_at_most_once_a_second() {
    let mut net = lan();
    befriend(&mut net);
    let old = lsa(Kind::Router, "2.2.2.2", ip("2.2.2.2"), INITIAL_SEQUENCE - 1 + 1, &router_body(0, &[]));
    let start = net.now;
    for _ in 0..1_000 {
        say(&mut net, &update(vec![old.clone(); 10]));
        net.run_to(net.now + Duration::from_millis(10));
    }
    assert!(net.counter(0, "refused-lsa-old") >= 9_990);
    let answers = net.sent(0, ospf::wire::PacketKind::LinkStateUpdate, start).len();
    assert!(answers <= 12, "{answers} answers in ten seconds (RFC 2328 13 (8))");
}

#[test]
fn replays_of_everything_ever_said_change_nothing() {
    let mut net = lan();
    net.run_for(4000);
    let log = std::mem::take(&mut net.log);
    net.record = false;
    let before = net.essence(0);
    for sent in log.iter().filter(|s| s.node == 1 && s.datagram.payload[1] == 4) {
        net.inject(0, &datagram(1, "10.0.0.2", sent.datagram.payload.clone()));
    }
    assert_eq!(net.essence(0), before);
    is_well(&net, "after the replay of old updates");
    // Hellos of before it had heard us, and descriptions, do break an adjacency without authentication; it returns.
    for sent in log.iter().filter(|s| s.node == 1) {
        net.inject(0, &datagram(1, "10.0.0.2", sent.datagram.payload.clone()));
    }
    net.run_for(60);
    is_well(&net, "after the replay of everything");
    assert!(net.are_equal(&[0, 1]));
}

#[test]
fn requests_for_what_does_not_exist_and_storms_of_descriptions_concern_the_hostile_alone() {
    let mut net = lan();
    befriend(&mut net);
    let key = LsaKey { kind: Kind::Router, id: EVIL, router: ip("9.9.9.9") };
    harass(&mut net, |net, tick| {
        for n in 0..10 {
            say(net, &Packet::LinkStateRequest(vec![key; 100]));
            say(net, &description(true, true, tick * 100 + n));
            say(net, &description(false, true, tick * 100 + n + 1));
        }
        is_well(net, "meanwhile");
    });
    is_well(&net, "after it");
    assert!(net.lsas(0).len() < 10);
}

#[test]
fn a_description_of_lsas_that_are_not_taken_does_not_keep_the_adjacency_loading() {
    let mut net = Net::new(1);
    let mut of_one = config(1);
    of_one.opaque = false;
    net.add(of_one);
    net.wire(&[(0, 1)]);
    net.port(0, 1, "10.0.0.1/24");
    net.run_for(60);
    say(&mut net, &hello(vec![ip("1.1.1.1")]));
    say(&mut net, &description(true, true, 7000));
    let opaque = lsa(Kind::OpaqueArea, "4.0.0.1", EVIL, INITIAL_SEQUENCE, &[0; 4]);
    let seven = lsa(Kind::NssaExternal, "45.0.0.0", EVIL, INITIAL_SEQUENCE, external(0).body_bytes());
    let mut last = description(false, false, 7001);
    if let Packet::DatabaseDescription(dd) = &mut last {
        dd.headers = vec![opaque.header, seven.header];
    }
    say(&mut net, &last);
    assert_eq!(net.state(0, 66), NeighborState::Full);
}

#[test]
fn hellos_of_thousands_of_routers_do_not_fill_the_memory_nor_the_log() {
    use ospf::config::NetworkType::PointToPoint;
    for kind in [None, Some(PointToPoint)] {
        let mut net = lan();
        let node = net.add(support::with(config(3), "eth1", |i| i.network = kind));
        net.port(node, 1, "10.128.0.1/9");
        for n in 0..5_000u32 {
            let Packet::Hello(mut packet) = hello(vec![]) else { unreachable!() };
            packet.mask = ip("255.128.0.0");
            let router = Ipv4Addr::from_bits(0x4200_0000 + n);
            let source = Ipv4Addr::from_bits(0x0a80_0100 + n).to_string();
            let payload = forge(router, 0, &Packet::Hello(packet.clone()));
            net.inject(node, &datagram(1, &source, payload));
            packet.hello_interval = 11;
            let source = Ipv4Addr::from_bits(0x0a90_0100 + n).to_string();
            net.inject(node, &datagram(1, &source, forge(router, 0, &Packet::Hello(packet))));
            net.log.clear();
        }
        assert_eq!(net.counter(node, "refused-hello-interval-mismatch"), 5_000);
        assert!(net.warnings(node).len() <= 200, "{}", net.warnings(node).len());
        let kept = net.neighbors(node).len();
        assert!(kept <= 400, "{kept}");
        assert_eq!(net.counter(node, "refused-too-many-neighbors"), 5_000 - kept as u64);
    }
}
