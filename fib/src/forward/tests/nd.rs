//! Neighbor discovery.

use super::*;
use crate::neighbor::State;
use crate::packet::nd::Message;
use crate::port::{ALL_NODES, solicited_node};

fn group_mac(group: Ipv6Addr) -> Mac {
    Mac::multicast(IpAddr::V6(group))
}

fn solicitation(src: &str, target: &str, source: Option<Mac>) -> Vec<u8> {
    let group = solicited_node(v6(target));
    let ask = Message::Solicitation { target: v6(target), source };
    ask.emit(HOST, v6(src), group_mac(group), group).to_vec()
}

fn advertisement(target: &str, to: &str, port: PortId, solicited: bool) -> Vec<u8> {
    let tell = Message::Advertisement {
        target: v6(target),
        mac: Some(HOST),
        router: false,
        solicited,
        overrides: true,
    };
    tell.emit(HOST, v6(target), own_mac(port), v6(to)).to_vec()
}

/// The one discovery message sent: port, destination MAC address and address, source, content.
#[track_caller]
fn said(rig: &mut Rig) -> (PortId, Mac, Ipv6Addr, Ipv6Addr, Message) {
    let (port, frame) = rig.one();
    let h = ip6::Header::parse(&frame[14..]).unwrap();
    let message = Message::parse(&frame[54..], h.src, h.dst, h.hop_limit).unwrap();
    (port, Mac(frame[..6].try_into().unwrap()), h.dst, h.src, message)
}

fn state(rig: &Rig, addr: &str) -> Option<State> {
    rig.f.neighbors().find(|n| n.addr == ip(addr)).map(|n| n.state)
}

#[test]
fn a_solicitation_for_us_is_answered_and_the_asker_remembered() {
    let mut rig = quiet_rig();
    rig.frame(ETH1, solicitation("2001:db8:1::9", "2001:db8:1::1", Some(HOST)));
    let (port, to, dst, src, message) = said(&mut rig);
    assert_eq!((port, to, dst, src), (ETH1, HOST, v6("2001:db8:1::9"), v6("2001:db8:1::1")));
    let expected = Message::Advertisement {
        target: v6("2001:db8:1::1"),
        mac: Some(own_mac(ETH1)),
        router: true,
        solicited: true,
        overrides: true,
    };
    assert_eq!(message, expected);
    assert_eq!(state(&rig, "2001:db8:1::9"), Some(State::Stale));
}

#[test]
fn the_made_link_local_address_is_ours_too() {
    let mut rig = quiet_rig();
    let own = own_mac(ETH1).link_local().to_string();
    rig.frame(ETH1, solicitation("fe80::9", &own, Some(HOST)));
    assert_eq!(said(&mut rig).2, v6("fe80::9"));
}

#[test]
fn the_first_packet_waits_for_the_advertisement() {
    let mut rig = quiet_rig();
    rig.packet(ETH1, &udp("2001:db8:1::9", "2001:db8:2::9", 8));
    let (port, to, dst, src, message) = said(&mut rig);
    let group = solicited_node(v6("2001:db8:2::9"));
    assert_eq!((port, to, dst, src), (ETH2, group_mac(group), group, own_mac(ETH2).link_local()));
    let question = Message::Solicitation { target: v6("2001:db8:2::9"), source: Some(own_mac(ETH2)) };
    assert_eq!(message, question);
    rig.frame(ETH2, advertisement("2001:db8:2::9", &own_mac(ETH2).link_local().to_string(), ETH2, true));
    assert_eq!(rig.one().0, ETH2);
    assert_eq!(state(&rig, "2001:db8:2::9"), Some(State::Reachable));
}

#[test]
fn a_neighbor_that_never_answers_is_reported_as_address_unreachable() {
    let mut rig = rig();
    rig.packet(ETH1, &udp("2001:db8:1::9", "2001:db8:2::77", 8));
    rig.wait(secs(2));
    assert_eq!(rig.sent().len(), 3);
    rig.wait(secs(1));
    assert_eq!(rig.icmpv6(), (ETH1, "2001:db8:1::1".into(), "2001:db8:1::9".into(), (1, 3), 0));
}

#[test]
fn somebody_about_to_take_our_address_hears_that_it_is_taken() {
    let mut rig = quiet_rig();
    rig.frame(ETH1, solicitation("::", "2001:db8:1::1", None));
    let (_, to, dst, ..) = said(&mut rig);
    assert_eq!((to, dst), (group_mac(ALL_NODES), ALL_NODES));
    assert_eq!(rig.f.neighbors().count(), 0);
}

#[test]
fn somebody_advertising_our_address_is_a_conflict() {
    let mut rig = quiet_rig();
    let tell = Message::Advertisement {
        target: v6("2001:db8:1::1"),
        mac: Some(HOST),
        router: false,
        solicited: false,
        overrides: true,
    };
    let frame = tell.emit(HOST, v6("fe80::9"), group_mac(ALL_NODES), ALL_NODES);
    rig.frame(ETH1, frame.to_vec());
    assert_eq!(rig.dropped(Drop::AddressConflict), 1);
    let conflict = ForwardEvent::AddressConflict { port: ETH1, addr: ip("2001:db8:1::1"), mac: HOST };
    assert_eq!(rig.events(), [conflict]);
    assert_eq!(said(&mut rig).2, ALL_NODES, "defended");
}

#[test]
fn what_crossed_a_router_or_was_not_asked_for_is_counted() {
    let mut rig = quiet_rig();
    let mut far = solicitation("2001:db8:1::9", "2001:db8:1::1", Some(HOST));
    far[14 + 7] = 254;
    rig.frame(ETH1, far);
    rig.assert_dropped(Drop::NdMalformed);

    let mut rig = quiet_rig();
    rig.frame(ETH1, advertisement("2001:db8:1::9", "2001:db8:1::1", ETH1, true));
    rig.assert_dropped(Drop::NdUnsolicited);
}

#[test]
fn router_discovery_and_redirects_are_ignored() {
    for kind in [133u8, 134, 137] {
        let mut rig = quiet_rig();
        let icmp = [kind, 0, 0, 0, 0, 0, 0, 0];
        rig.packet(ETH1, &packet(ip("fe80::9"), ip("2001:db8:1::1"), 58, &icmp));
        rig.assert_dropped(Drop::NdIgnored);
    }
}

#[test]
fn another_mac_without_override_only_casts_doubt() {
    let mut rig = quiet_rig();
    rig.packet(ETH1, &udp("2001:db8:1::9", "2001:db8:2::9", 8));
    let own = own_mac(ETH2).link_local();
    rig.frame(ETH2, advertisement("2001:db8:2::9", &own.to_string(), ETH2, true));
    let other = Mac([2, 0, 0, 0, 2, 2]);
    let claim = Message::Advertisement {
        target: v6("2001:db8:2::9"),
        mac: Some(other),
        router: false,
        solicited: true,
        overrides: false,
    };
    rig.frame(ETH2, claim.emit(other, v6("2001:db8:2::9"), own_mac(ETH2), own).to_vec());
    assert_eq!(state(&rig, "2001:db8:2::9"), Some(State::Stale));
    assert_eq!(rig.f.neighbors().next().and_then(|n| n.mac), Some(HOST));
}
