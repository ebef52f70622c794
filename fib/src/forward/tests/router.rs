//! Router discovery: two routers on a link find each other.

use super::*;
use crate::packet::router::{Advertisement, RouterMessage};
use crate::port::{ALL_NODES, ALL_ROUTERS, Advertise};

const INTERVAL: Duration = Duration::from_secs(10);
const PEER: &str = "fe80::9";

/// The rig with a port that advertises, and what it said first.
fn advertising() -> (Rig, Vec<RouterMessage>) {
    advertising_every(INTERVAL)
}

fn advertising_every(interval: Duration) -> (Rig, Vec<RouterMessage>) {
    let mut rig = quiet_rig();
    let mut settings = rig.f.port(ETH1).unwrap().clone();
    settings.advertise = Some(Advertise { interval, lifetime: 30 });
    rig.f.set_port(rig.now, ETH1, settings);
    let first = said(&mut rig);
    (rig, first)
}

/// The router messages sent, all by ETH1 from its link-local address.
#[track_caller]
fn said(rig: &mut Rig) -> Vec<RouterMessage> {
    let message = |(port, frame): (PortId, Frame)| {
        let h = ip6::Header::parse(&frame.data[14..]).unwrap();
        assert_eq!((port, h.src), (ETH1, own_mac(ETH1).link_local()));
        let message = RouterMessage::parse(&frame.data[54..], h.src, h.dst, h.hop_limit).unwrap();
        let group = match message {
            RouterMessage::Advertisement(_) => ALL_NODES,
            RouterMessage::Solicitation { .. } => ALL_ROUTERS,
        };
        assert_eq!((h.dst, &frame.data[..6]), (group, &Mac::multicast(IpAddr::V6(group)).0[..]));
        message
    };
    rig.sent().into_iter().map(message).collect()
}

fn own(lifetime: u16) -> RouterMessage {
    let source = Some(own_mac(ETH1));
    RouterMessage::Advertisement(Advertisement { hop_limit: 64, lifetime, source, ..Default::default() })
}

/// An advertisement of a router at `from`.
fn told(from: &str, lifetime: u16) -> Vec<u8> {
    let source = Some(HOST);
    let it = RouterMessage::Advertisement(Advertisement { lifetime, source, ..Default::default() });
    it.emit(HOST, v6(from), Mac::multicast(IpAddr::V6(ALL_NODES)), ALL_NODES).to_vec()
}

fn asked() -> Vec<u8> {
    let it = RouterMessage::Solicitation { source: Some(HOST) };
    it.emit(HOST, v6(PEER), Mac::multicast(IpAddr::V6(ALL_ROUTERS)), ALL_ROUTERS).to_vec()
}

fn routers(rig: &Rig) -> Vec<String> {
    rig.f.routers(ETH1).map(|(addr, _)| addr.to_string()).collect()
}

fn event(addr: &str, heard: bool) -> ForwardEvent {
    ForwardEvent::Router { port: ETH1, addr: v6(addr), heard }
}

/// What happened to routers: neighbors come and go as well.
fn router_events(rig: &mut Rig) -> Vec<ForwardEvent> {
    rig.events().into_iter().filter(|e| matches!(e, ForwardEvent::Router { .. })).collect()
}

#[test]
fn a_port_advertises_at_once_and_then_at_irregular_intervals() {
    let (mut rig, first) = advertising();
    assert_eq!(first, [own(30)]);
    rig.frame(ETH1, told(PEER, 9000));
    let start = rig.now;
    let mut times = vec![];
    while rig.now.since(start) < secs(200) {
        rig.wait(Duration::from_millis(100));
        times.extend(said(&mut rig).iter().map(|_| rig.now));
    }
    let gaps: Vec<Duration> = times.windows(2).map(|w| w[1].since(w[0])).collect();
    assert!(gaps.iter().all(|gap| (secs(3)..=INTERVAL + secs(1)).contains(gap)), "{gaps:?}");
    assert!(gaps.len() >= 20 && gaps.iter().max() > gaps.iter().min(), "{gaps:?}");
}

#[test]
fn other_ports_keep_silent_and_hear_nothing() {
    let mut rig = quiet_rig();
    rig.frame(ETH1, told(PEER, 30));
    rig.assert_dropped(Drop::NdIgnored);
    rig.wait(secs(2000));
    assert_eq!(rig.sent(), []);
    assert_eq!(routers(&rig), [""; 0]);
}

#[test]
fn whoever_asks_is_answered_soon_but_not_too_often() {
    let (mut rig, _) = advertising_every(secs(600));
    rig.frame(ETH1, told(PEER, 9000));
    rig.wait(secs(4));
    said(&mut rig);
    let after = |rig: &mut Rig| {
        rig.frame(ETH1, asked());
        let start = rig.now;
        while said(rig).is_empty() {
            rig.wait(Duration::from_millis(10));
        }
        rig.now.since(start)
    };
    rig.frame(ETH1, asked());
    rig.frame(ETH1, asked());
    rig.wait(Duration::from_millis(600));
    assert_eq!(said(&mut rig), [own(30)], "one answer is for all");
    let again = after(&mut rig);
    assert!((secs(2)..=Duration::from_millis(3600)).contains(&again), "{again:?}");
}

#[test]
fn a_port_asks_three_times_who_is_there_unless_it_hears_somebody() {
    let asks = |messages: Vec<RouterMessage>| {
        let source = Some(own_mac(ETH1));
        messages.iter().filter(|m| **m == RouterMessage::Solicitation { source }).count()
    };
    let (mut rig, _) = advertising();
    rig.wait(secs(60));
    assert_eq!(asks(said(&mut rig)), 3);
    let (mut rig, _) = advertising();
    rig.frame(ETH1, told(PEER, 9000));
    rig.wait(secs(60));
    assert_eq!(asks(said(&mut rig)), 0);
}

#[test]
fn a_router_is_remembered_for_its_lifetime_and_so_is_its_mac_address() {
    let (mut rig, _) = advertising();
    rig.frame(ETH1, told(PEER, 30));
    assert_eq!((routers(&rig), router_events(&mut rig)), (vec![PEER.to_owned()], vec![event(PEER, true)]));
    assert_eq!(rig.f.neighbors().find(|n| n.addr == ip(PEER)).and_then(|n| n.mac), Some(HOST));
    rig.wait(secs(29));
    rig.frame(ETH1, told(PEER, 30));
    assert_eq!(router_events(&mut rig), [], "it is known");
    rig.wait(secs(29));
    assert_eq!(routers(&rig), [PEER]);
    rig.wait(secs(2));
    assert_eq!((routers(&rig), router_events(&mut rig)), (vec![], vec![event(PEER, false)]));
}

#[test]
fn a_router_that_says_good_bye_or_whose_link_goes_is_forgotten_at_once() {
    let (mut rig, _) = advertising();
    rig.frame(ETH1, told(PEER, 0));
    assert_eq!(router_events(&mut rig), [], "nobody knew it");
    rig.frame(ETH1, told(PEER, 30));
    rig.frame(ETH1, told(PEER, 0));
    assert_eq!(
        (routers(&rig), router_events(&mut rig)),
        (vec![], vec![event(PEER, true), event(PEER, false)])
    );
    rig.frame(ETH1, told(PEER, 30));
    rig.change(ETH1, |s| s.up = false);
    assert_eq!(
        (routers(&rig), router_events(&mut rig)),
        (vec![], vec![event(PEER, true), event(PEER, false)])
    );
    rig.change(ETH1, |s| s.up = true);
    rig.frame(ETH1, told(PEER, 30));
    rig.f.remove_port(rig.now, ETH1);
    assert_eq!(router_events(&mut rig), [event(PEER, true), event(PEER, false)]);
}

#[test]
fn a_link_full_of_routers_is_counted() {
    let (mut rig, _) = advertising();
    for n in 1..=20 {
        rig.frame(ETH1, told(&format!("fe80::{n}"), 30));
    }
    assert_eq!((routers(&rig).len(), rig.dropped(Drop::RaFull)), (8, 12));
    rig.frame(ETH1, told("fe80::1", 0));
    rig.frame(ETH1, told("fe80::20", 30));
    assert!(routers(&rig).contains(&"fe80::20".to_owned()), "there is room again");
}

#[test]
fn what_is_malformed_is_counted() {
    let (mut rig, _) = advertising();
    let mut far = told(PEER, 30);
    far[14 + 7] = 254;
    rig.frame(ETH1, far);
    let mut flipped = told(PEER, 30);
    flipped[60] ^= 1;
    rig.frame(ETH1, flipped);
    rig.frame(ETH1, told("2001:db8:1::9", 30));
    rig.assert_dropped(Drop::RaMalformed);
    assert_eq!((rig.dropped(Drop::RaMalformed), routers(&rig)), (3, vec![]));
}

#[test]
fn the_last_word_has_lifetime_zero() {
    let (mut rig, _) = advertising();
    let mut settings = rig.f.port(ETH1).unwrap().clone();
    settings.advertise = None;
    rig.f.set_port(rig.now, ETH1, settings.clone());
    assert_eq!(said(&mut rig), [own(0)], "discovery ends");
    rig.wait(secs(60));
    assert_eq!(said(&mut rig), []);

    let (mut rig, _) = advertising();
    rig.f.say_farewell(ETH1);
    assert_eq!(said(&mut rig), [own(0)], "the port is about to be taken down");
    rig.f.say_farewell(ETH2);
    assert_eq!(said(&mut rig), [], "this one never said anything");

    let (mut rig, _) = advertising();
    rig.f.set_global(GlobalSettings { forward_v6: false, ..GlobalSettings::default() });
    let settings = rig.f.port(ETH1).unwrap().clone();
    rig.f.set_port(rig.now, ETH1, settings);
    assert_eq!(said(&mut rig), [own(0)], "it is no router any more");
}

#[test]
fn another_interval_or_lifetime_is_told_soon() {
    let (mut rig, _) = advertising();
    rig.frame(ETH1, told(PEER, 9000));
    rig.change(ETH1, |s| s.advertise = Some(Advertise { interval: secs(600), lifetime: 1800 }));
    rig.wait(secs(4));
    assert_eq!(said(&mut rig), [own(1800)]);
}

#[test]
fn ipv4_leaves_through_a_link_local_gateway() {
    let (mut rig, _) = advertising();
    rig.frame(ETH1, told(PEER, 9000));
    rig.via("198.51.100.0/24", ETH1, PEER);
    rig.packet(ETH2, &udp("10.0.2.9", "198.51.100.1", 8));
    let (port, frame) = rig.one();
    assert_eq!((port, &frame[..6], &frame[12..14]), (ETH1, &HOST.0[..], &[8, 0][..]));
    let h = ip4::Header::parse(&frame[14..]).unwrap();
    assert_eq!((h.dst, h.ttl), (v4("198.51.100.1"), 63));
}

#[test]
fn a_link_local_address_may_be_ours_on_another_link() {
    let (mut rig, _) = advertising();
    let twin = own_mac(ETH2).link_local().to_string();
    rig.frame(ETH1, told(&twin, 30));
    assert_eq!(routers(&rig), [twin]);
    assert_eq!(rig.dropped(Drop::MartianSource), 0);
}
