//! IPv6 through the router, and what is refused.

use super::*;
use crate::port::RpFilter;

#[test]
fn a_packet_in_transit_loses_one_hop_and_changes_nothing_else() {
    let mut rig = rig();
    let before = udp("2001:db8:1::9", "2001:db8:2::9", 100);
    rig.packet(ETH1, &before);
    let (port, frame) = rig.one();
    assert_eq!((port, &frame[..6]), (ETH2, &HOST.0[..]));
    assert_eq!(frame[14..], with_ttl(before, 63));
    assert_eq!(rig.f.counters().stat(Stat::Ipv6Forwarded), 1);
}

#[test]
fn a_link_local_next_hop_is_found_on_its_port() {
    let mut rig = rig();
    rig.f.set_static_neighbor(rig.now, ETH2, ip("fe80::9"), Some(HOST));
    rig.via("2001:db8:9::/48", ETH2, "fe80::9");
    rig.packet(ETH1, &udp("2001:db8:1::9", "2001:db8:9::1", 8));
    assert_eq!(rig.one().0, ETH2);
}

#[test]
fn errors_come_from_the_near_side() {
    let from_host = |dst: &str| udp("2001:db8:1::9", dst, 1400);
    let mut rig = rig();
    rig.packet(ETH1, &with_ttl(from_host("2001:db8:2::9"), 1));
    assert_eq!(rig.icmpv6(), (ETH1, "2001:db8:1::1".into(), "2001:db8:1::9".into(), (3, 0), 0));
    rig.packet(ETH1, &from_host("2001:db8:9::1"));
    assert_eq!(rig.icmpv6().3, (1, 0));
    rig.change(ETH2, |s| s.mtu = 1280);
    rig.packet(ETH1, &from_host("2001:db8:2::9"));
    let (.., code, mtu) = rig.icmpv6();
    assert_eq!((code, mtu), ((2, 0), 1280));
    assert_eq!(rig.dropped(Drop::TooBig), 1);
}

#[test]
fn link_local_stays_on_its_link() {
    let mut rig = rig();
    rig.packet(ETH1, &udp("2001:db8:1::9", "fe80::77", 8));
    rig.assert_dropped(Drop::BeyondScope);

    let mut rig = super::rig();
    rig.f.set_static_neighbor(rig.now, ETH1, ip("fe80::9"), Some(HOST));
    rig.packet(ETH1, &udp("fe80::9", "2001:db8:2::9", 8));
    let (port, src, dst, code, _) = rig.icmpv6();
    let own = own_mac(ETH1).link_local().to_string();
    assert_eq!((port, src, dst, code), (ETH1, own, "fe80::9".into(), (1, 2)));

    let mut rig = super::rig();
    rig.packet(ETH1, &udp("fe80::9", &own_mac(ETH1).link_local().to_string(), 8));
    assert_eq!(rig.delivered().ingress, Some(ETH1));
}

#[test]
fn martians_are_dropped_by_name() {
    for src in ["::", "::1", "ff02::1", "::ffff:10.0.0.1", "2001:db8:2::1"] {
        let mut rig = rig();
        rig.packet(ETH1, &udp(src, "2001:db8:2::9", 8));
        rig.assert_dropped(Drop::MartianSource);
    }
    for dst in ["::", "::1", "ff01::1", "::ffff:10.0.0.1"] {
        let mut rig = rig();
        rig.packet(ETH1, &udp("2001:db8:1::9", dst, 8));
        rig.assert_dropped(Drop::MartianDestination);
    }
}

#[test]
fn multicast_is_delivered_where_it_was_joined() {
    let frame = |group: &str| framed(Mac::multicast(ip(group)), HOST, &udp("fe80::9", group, 8));
    let mut rig = rig();
    rig.frame(ETH1, frame("ff02::9"));
    rig.assert_dropped(Drop::NotJoined);
    rig.f.join(ETH1, ip("ff02::9"));
    rig.frame(ETH1, frame("ff02::9"));
    assert_eq!(rig.delivered().kind, LocalKind::Multicast);
    rig.frame(ETH1, frame("ff02::1"));
    assert_eq!(rig.delivered().dst, ip("ff02::1"));
}

#[test]
fn strict_reverse_path_wants_the_same_port() {
    let mut rig = rig();
    rig.change(ETH1, |s| s.rp_filter = RpFilter::Strict);
    rig.packet(ETH1, &udp("2001:db8:3::9", "2001:db8:2::9", 8));
    rig.assert_dropped(Drop::ReversePath);
    rig.packet(ETH1, &udp("2001:db8:1::9", "2001:db8:2::9", 8));
    assert_eq!(rig.sent().len(), 1);
}

#[test]
fn a_port_without_ipv6_takes_none_and_sends_none() {
    let mut rig = rig();
    rig.change(ETH1, |s| s.ipv6 = false);
    rig.packet(ETH1, &udp("2001:db8:1::9", "2001:db8:2::9", 8));
    rig.assert_dropped(Drop::Ipv6Disabled);
    rig.packet(ETH2, &udp("2001:db8:2::9", "2001:db8:1::9", 8));
    assert_eq!(rig.dropped(Drop::NoNextHop), 1);
    assert_eq!(rig.f.link_local(ETH1), None);
}

#[test]
fn a_truncated_packet_is_dropped_by_name() {
    let mut rig = rig();
    let good = udp("2001:db8:1::9", "2001:db8:2::9", 8);
    rig.packet(ETH1, &good[..good.len() - 1]);
    rig.assert_dropped(Drop::Ipv6Header);
}

#[test]
fn a_routing_header_for_us_is_refused_with_a_pointer() {
    let mut rig = rig();
    let mut p = packet(ip("2001:db8:1::9"), ip("2001:db8:1::1"), 43, &[0; 24]);
    p[40..44].copy_from_slice(&[59, 2, 0, 1]);
    rig.packet(ETH1, &p);
    let (.., code, pointer) = rig.icmpv6();
    assert_eq!((code, pointer), ((4, 0), 42));
    assert_eq!(rig.dropped(Drop::SourceRoute), 1);
}

#[test]
fn extension_headers_that_do_not_end_are_dropped_by_name() {
    let mut rig = rig();
    rig.packet(ETH1, &packet(ip("2001:db8:1::9"), ip("2001:db8:1::1"), 60, &[60, 9, 0, 0, 0, 0, 0, 0]));
    rig.assert_dropped(Drop::Ipv6Extension);
}
