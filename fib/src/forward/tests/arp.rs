//! ARP, and the life of a neighbor.

use super::*;
use crate::neighbor::{QUEUE_LEN, State};
use crate::packet::arp::{Arp, Op};

fn request(sender: &str, target: &str) -> Vec<u8> {
    arp(Op::Request, HOST, sender, Mac::ZERO, target, Mac::BROADCAST)
}

fn reply(mac: Mac, sender: &str, port: PortId) -> Vec<u8> {
    let target = format!("10.0.{}.1", port.0);
    arp(Op::Reply, mac, sender, own_mac(port), &target, own_mac(port))
}

fn arp(op: Op, sender_mac: Mac, sender: &str, target_mac: Mac, target: &str, to: Mac) -> Vec<u8> {
    let arp = Arp { op, sender_mac, sender: v4(sender), target_mac, target: v4(target) };
    arp.emit(to, sender_mac).to_vec()
}

/// The one ARP packet sent: its port, destination MAC address and content.
#[track_caller]
fn asked(rig: &mut Rig) -> (PortId, Mac, Arp) {
    let (port, frame) = rig.one();
    assert_eq!(frame[12..14], [8, 6]);
    (port, Mac(frame[..6].try_into().unwrap()), Arp::parse(&frame[14..]).unwrap())
}

fn state(rig: &Rig, addr: &str) -> Option<State> {
    rig.f.neighbors().find(|n| n.addr == ip(addr)).map(|n| n.state)
}

#[test]
fn a_request_for_us_is_answered_and_the_asker_remembered() {
    let mut rig = quiet_rig();
    rig.frame(ETH1, request("10.0.1.9", "10.0.1.1"));
    let (port, to, answer) = asked(&mut rig);
    assert_eq!((port, to, answer.op), (ETH1, HOST, Op::Reply));
    assert_eq!((answer.sender_mac, answer.sender), (own_mac(ETH1), v4("10.0.1.1")));
    assert_eq!((answer.target_mac, answer.target), (HOST, v4("10.0.1.9")));
    assert_eq!(state(&rig, "10.0.1.9"), Some(State::Stale));
}

#[test]
fn chatter_between_others_teaches_nothing() {
    let mut rig = quiet_rig();
    rig.frame(ETH1, request("10.0.1.9", "10.0.1.8"));
    rig.assert_dropped(Drop::ArpNotForUs);
    rig.frame(ETH1, reply(HOST, "10.0.1.9", ETH1));
    assert_eq!(rig.dropped(Drop::ArpUnsolicited), 1);
    assert_eq!(rig.f.neighbors().count(), 0);
}

#[test]
fn an_address_of_another_port_is_not_answered_for() {
    let mut rig = quiet_rig();
    rig.frame(ETH1, request("10.0.1.9", "10.0.2.1"));
    rig.assert_dropped(Drop::ArpNotForUs);
}

#[test]
fn the_first_packet_waits_for_the_answer() {
    let mut rig = quiet_rig();
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.9", 8));
    let (port, to, question) = asked(&mut rig);
    assert_eq!((port, to, question.op), (ETH2, Mac::BROADCAST, Op::Request));
    assert_eq!((question.sender, question.target), (v4("10.0.2.1"), v4("10.0.2.9")));
    assert_eq!(state(&rig, "10.0.2.9"), Some(State::Incomplete));

    rig.frame(ETH2, reply(HOST, "10.0.2.9", ETH2));
    let (port, frame) = rig.one();
    assert_eq!((port, &frame[..6], &frame[6..12]), (ETH2, &HOST.0[..], &own_mac(ETH2).0[..]));
    assert_eq!(state(&rig, "10.0.2.9"), Some(State::Reachable));
}

#[test]
fn nobody_answers_three_questions_and_the_sender_is_told() {
    let mut rig = rig();
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.77", 8));
    let mut questions = 0;
    for _ in 0..3 {
        let (port, to, question) = asked(&mut rig);
        assert_eq!((port, to, question.target), (ETH2, Mac::BROADCAST, v4("10.0.2.77")));
        questions += 1;
        rig.wait(secs(1));
    }
    assert_eq!(questions, 3);
    assert_eq!(rig.icmp(), (ETH1, "10.0.1.1".into(), "10.0.1.9".into(), (3, 1), 0));
    assert_eq!(rig.dropped(Drop::NeighborFailed), 1);
    assert_eq!(state(&rig, "10.0.2.77"), Some(State::Failed));
    rig.wait(secs(60));
    assert_eq!(state(&rig, "10.0.2.77"), None);
    assert_eq!(rig.sent(), []);
}

#[test]
fn a_failed_neighbor_is_asked_again_for_the_next_packet() {
    let mut rig = rig();
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.77", 8));
    rig.wait(secs(5));
    rig.sent();
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.77", 8));
    assert_eq!(asked(&mut rig).2.target, v4("10.0.2.77"));
    rig.frame(ETH2, reply(HOST, "10.0.2.77", ETH2));
    assert_eq!(rig.one().0, ETH2);
}

#[test]
fn the_queue_keeps_the_newest_packets() {
    let mut rig = quiet_rig();
    for n in 0..QUEUE_LEN + 4 {
        rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.9", n));
    }
    assert_eq!(asked(&mut rig).2.op, Op::Request);
    assert_eq!(rig.dropped(Drop::NeighborQueueFull), 4);
    rig.frame(ETH2, reply(HOST, "10.0.2.9", ETH2));
    let lens: Vec<_> = rig.sent().iter().map(|(_, f)| f.data.len() - 42).collect();
    assert_eq!(lens, (4..QUEUE_LEN + 4).collect::<Vec<_>>());
}

#[test]
fn the_probes_of_a_traceroute_wait_together_for_a_neighbor() {
    let mut rig = quiet_rig();
    for ttl in 2..18 {
        rig.packet(ETH1, &with_ttl(udp("10.0.1.9", "10.0.2.9", 32), ttl));
    }
    assert_eq!(asked(&mut rig).2.op, Op::Request);
    rig.frame(ETH2, reply(HOST, "10.0.2.9", ETH2));
    let ttls: Vec<u8> = rig.sent().iter().map(|(_, f)| f.data[22]).collect();
    assert_eq!(ttls, (1..17).collect::<Vec<u8>>());
}

#[test]
fn a_stale_neighbor_in_use_is_probed_by_unicast_and_given_up_when_silent() {
    let mut rig = quiet_rig();
    rig.frame(ETH2, request("10.0.2.9", "10.0.2.1"));
    rig.sent();
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.9", 8));
    assert_eq!(rig.one().0, ETH2, "used at once");
    assert_eq!(state(&rig, "10.0.2.9"), Some(State::Delay));
    rig.wait(Duration::from_millis(4999));
    assert_eq!(rig.sent(), []);
    rig.wait(Duration::from_millis(1));
    for _ in 0..3 {
        let (_, to, question) = asked(&mut rig);
        assert_eq!((to, question.target_mac), (HOST, HOST));
        assert_eq!(state(&rig, "10.0.2.9"), Some(State::Probe));
        rig.wait(secs(1));
    }
    assert_eq!(state(&rig, "10.0.2.9"), Some(State::Failed));
}

#[test]
fn an_answered_probe_makes_the_neighbor_reachable_for_thirty_seconds() {
    let mut rig = quiet_rig();
    rig.frame(ETH2, request("10.0.2.9", "10.0.2.1"));
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.9", 8));
    rig.wait(secs(5));
    rig.frame(ETH2, reply(HOST, "10.0.2.9", ETH2));
    assert_eq!(state(&rig, "10.0.2.9"), Some(State::Reachable));
    rig.wait(Duration::from_millis(29_999));
    assert_eq!(state(&rig, "10.0.2.9"), Some(State::Reachable));
    rig.wait(Duration::from_millis(1));
    assert_eq!(state(&rig, "10.0.2.9"), Some(State::Stale));
    rig.wait(secs(4 * 3600));
    assert_eq!(state(&rig, "10.0.2.9"), None, "forgotten when unused");
}

#[test]
fn a_gratuitous_request_moves_a_known_neighbor_and_makes_no_new_one() {
    let other = Mac([2, 0, 0, 0, 2, 2]);
    let gratuitous = |addr: &str| arp(Op::Request, other, addr, Mac::ZERO, addr, Mac::BROADCAST);
    let mut rig = quiet_rig();
    rig.frame(ETH1, request("10.0.1.9", "10.0.1.1"));
    rig.frame(ETH1, gratuitous("10.0.1.9"));
    rig.frame(ETH1, gratuitous("10.0.1.8"));
    let known: Vec<_> = rig.f.neighbors().map(|n| (n.addr, n.mac)).collect();
    assert_eq!(known, [(ip("10.0.1.9"), Some(other))]);
}

#[test]
fn a_static_neighbor_is_not_overwritten() {
    let mut rig = rig();
    let other = Mac([2, 0, 0, 0, 2, 2]);
    rig.frame(ETH1, arp(Op::Request, other, "10.0.1.9", Mac::ZERO, "10.0.1.1", Mac::BROADCAST));
    assert_eq!(rig.f.neighbors().find(|n| n.addr == ip("10.0.1.9")).and_then(|n| n.mac), Some(HOST));
    rig.f.clear_neighbors(None, None);
    assert_eq!(state(&rig, "10.0.1.9"), Some(State::Permanent));
    rig.f.set_static_neighbor(rig.now, ETH1, ip("10.0.1.9"), None);
    assert_eq!(state(&rig, "10.0.1.9"), None);
}

#[test]
fn a_port_that_comes_up_announces_its_addresses_twice() {
    let mut rig = quiet_rig();
    rig.change(ETH1, |s| s.up = false);
    let mut up = rig.f.port(ETH1).unwrap().clone();
    up.up = true;
    rig.f.set_port(rig.now, ETH1, up.clone());
    for _ in 0..2 {
        let first = rig.sent().remove(0).1.data;
        let arp = Arp::parse(&first[14..]).unwrap();
        assert_eq!((arp.sender, arp.target, arp.op), (v4("10.0.1.1"), v4("10.0.1.1"), Op::Request));
        rig.wait(secs(2));
    }
    assert_eq!(rig.sent(), []);
    rig.f.set_port(rig.now, ETH1, up.clone());
    assert_eq!(rig.sent(), [], "nothing new, nothing said");
    up.addresses.push("10.0.9.1/24".parse().unwrap());
    rig.f.set_port(rig.now, ETH1, up);
    assert!(!rig.sent().is_empty());
}

#[test]
fn a_port_that_goes_down_forgets_whom_it_learned() {
    let mut rig = quiet_rig();
    rig.frame(ETH2, request("10.0.2.9", "10.0.2.1"));
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.8", 8));
    rig.change(ETH2, |s| s.up = false);
    assert_eq!(rig.f.neighbors().count(), 0);
    assert_eq!(rig.dropped(Drop::PortDown), 1, "the packet that waited");
}

#[test]
fn a_conflict_is_reported_and_the_address_defended_at_most_every_ten_seconds() {
    let mut rig = quiet_rig();
    let theft = || arp(Op::Reply, HOST, "10.0.1.1", Mac::ZERO, "10.0.1.1", Mac::BROADCAST);
    for _ in 0..5 {
        rig.frame(ETH1, theft());
    }
    assert_eq!(rig.dropped(Drop::AddressConflict), 5);
    let (_, to, defence) = asked(&mut rig);
    assert_eq!((to, defence.sender, defence.sender_mac), (Mac::BROADCAST, v4("10.0.1.1"), own_mac(ETH1)));
    let conflict = ForwardEvent::AddressConflict { port: ETH1, addr: ip("10.0.1.1"), mac: HOST };
    assert_eq!(rig.events(), [conflict]);
    rig.wait(secs(10));
    rig.frame(ETH1, theft());
    assert_eq!(rig.sent().len(), 1);
}

#[test]
fn a_probe_for_our_address_is_answered_and_teaches_nothing() {
    let mut rig = quiet_rig();
    rig.frame(ETH1, request("0.0.0.0", "10.0.1.1"));
    assert_eq!(asked(&mut rig).2.op, Op::Reply);
    assert_eq!(rig.f.neighbors().count(), 0);
}

#[test]
fn proxy_arp_answers_for_what_is_behind_another_port_only() {
    let mut rig = quiet_rig();
    rig.via("10.9.0.0/16", ETH2, "10.0.2.9");
    rig.frame(ETH1, request("10.0.1.9", "10.9.0.1"));
    rig.assert_dropped(Drop::ArpNotForUs);
    rig.change(ETH1, |s| s.proxy_arp = true);
    rig.frame(ETH1, request("10.0.1.9", "10.9.0.1"));
    let (port, to, answer) = asked(&mut rig);
    assert_eq!((port, to, answer.sender, answer.sender_mac), (ETH1, HOST, v4("10.9.0.1"), own_mac(ETH1)));
    rig.frame(ETH1, request("10.0.1.9", "10.0.1.77"));
    rig.frame(ETH1, request("10.0.1.9", "172.16.0.1"));
    assert_eq!(rig.sent(), [], "on its own link, and nowhere");
    assert_eq!(rig.f.counters().stat(Stat::ArpProxyReplies), 1);
}

#[test]
fn on_an_unnumbered_port_any_sender_is_answered_and_any_answer_taken() {
    let mut rig = quiet_rig();
    rig.change(ETH1, |s| s.addresses = vec!["192.0.2.1/32".parse().unwrap()]);
    rig.local("192.0.2.1/32".parse().unwrap(), ETH1);
    rig.sent();
    rig.frame(ETH1, request("192.0.2.2", "192.0.2.1"));
    assert_eq!(asked(&mut rig).2.op, Op::Reply);

    rig.via("10.9.0.0/16", ETH1, "192.0.2.3");
    rig.packet(ETH2, &udp("10.0.2.9", "10.9.0.1", 8));
    assert_eq!(asked(&mut rig).2.target, v4("192.0.2.3"));
    rig.frame(ETH1, arp(Op::Reply, HOST, "192.0.2.3", own_mac(ETH1), "192.0.2.1", own_mac(ETH1)));
    assert_eq!(rig.one().0, ETH1, "what waited is sent");
}

#[test]
fn a_sender_off_the_link_is_refused_unless_a_route_leads_there() {
    let mut rig = quiet_rig();
    rig.frame(ETH1, request("192.168.7.7", "10.0.1.1"));
    rig.assert_dropped(Drop::ArpOffLink);
    rig.route("192.168.7.7/32".parse().unwrap(), ETH1, None);
    rig.frame(ETH1, request("192.168.7.7", "10.0.1.1"));
    assert_eq!(asked(&mut rig).2.op, Op::Reply);
}

#[test]
fn malformed_arp_is_counted() {
    let mut rig = quiet_rig();
    rig.frame(ETH1, request("10.0.1.9", "10.0.1.1")[..41].to_vec());
    rig.assert_dropped(Drop::ArpMalformed);
}

#[test]
fn every_change_of_state_is_an_event() {
    let mut rig = quiet_rig();
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.9", 8));
    rig.frame(ETH2, reply(HOST, "10.0.2.9", ETH2));
    let states: Vec<_> = rig
        .events()
        .into_iter()
        .map(|e| match e {
            ForwardEvent::Neighbor(change) => (change.from, change.to, change.mac),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (None, Some(State::Incomplete), None),
        (Some(State::Incomplete), Some(State::Reachable), Some(HOST)),
    ];
    assert_eq!(states, expected);
}
