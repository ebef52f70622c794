//! IPv4 through the router, and what is refused.

use super::*;
use crate::port::RpFilter;
use crate::{Resolved, ResolvedHop};

fn blocked(rig: &mut Rig, prefix: &str, resolved: Resolved) {
    rig.fib.set(TableId::MAIN, prefix.parse().unwrap(), FibEntry::Fixed(resolved));
    rig.fib.commit();
}

fn ecmp(rig: &mut Rig, prefix: &str) {
    let hop = |port: PortId| ResolvedHop {
        adjacency: Adjacency { port, gateway: Some(ip(&format!("10.0.{}.9", port.0))) },
        weight: 1,
    };
    blocked(rig, prefix, Resolved::via([hop(ETH2), hop(ETH3)]).unwrap());
}

#[test]
fn a_packet_in_transit_loses_one_ttl_and_changes_nothing_else() {
    let mut rig = rig();
    rig.via("10.9.0.0/16", ETH2, "10.0.2.9");
    let before = udp("10.0.1.9", "10.9.0.1", 100);
    rig.packet(ETH1, &before);
    let (port, frame) = rig.one();
    assert_eq!(port, ETH2);
    assert_eq!((&frame[..6], &frame[6..12]), (&HOST.0[..], &own_mac(ETH2).0[..]));
    assert_eq!(frame[14..], with_ttl(before, 63));
    assert_eq!(rig.f.counters().stat(Stat::Ipv4Forwarded), 1);
}

#[test]
fn ethernet_padding_is_not_forwarded() {
    let mut rig = rig();
    let mut frame = framed(own_mac(ETH1), HOST, &udp("10.0.1.9", "10.0.2.9", 1));
    frame.resize(60, 0);
    rig.frame(ETH1, frame);
    assert_eq!(rig.one().1.len(), 14 + 29);
}

#[test]
fn martians_are_dropped_by_name() {
    for src in [
        "0.0.0.0",
        "0.1.2.3",
        "127.0.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "10.0.2.1",
        "10.0.1.255",
    ] {
        let mut rig = rig();
        rig.packet(ETH1, &udp(src, "10.0.2.9", 8));
        rig.assert_dropped(Drop::MartianSource);
    }
    for dst in ["0.0.0.0", "0.1.2.3", "127.0.0.1", "240.0.0.1", "255.255.255.254"] {
        let mut rig = rig();
        rig.packet(ETH1, &udp("10.0.1.9", dst, 8));
        rig.assert_dropped(Drop::MartianDestination);
    }
}

#[test]
fn a_wrong_checksum_or_length_is_dropped_by_name() {
    let mut rig = rig();
    let mut bad = udp("10.0.1.9", "10.0.2.9", 8);
    bad[8] ^= 1;
    rig.packet(ETH1, &bad);
    rig.assert_dropped(Drop::Ipv4Checksum);

    let mut rig = super::rig();
    let good = udp("10.0.1.9", "10.0.2.9", 8);
    rig.packet(ETH1, &good[..good.len() - 1]);
    rig.assert_dropped(Drop::Ipv4Header);
}

#[test]
fn each_hop_of_a_traceroute_answers_from_the_near_side() {
    for ttl in [0, 1] {
        let mut rig = rig();
        rig.via("10.9.0.0/16", ETH2, "10.0.2.9");
        rig.packet(ETH1, &with_ttl(udp("10.0.1.9", "10.9.0.1", 8), ttl));
        assert_eq!(rig.icmp(), (ETH1, "10.0.1.1".into(), "10.0.1.9".into(), (11, 0), 0));
        assert_eq!(rig.dropped(Drop::TtlExceeded), 1);
    }
}

#[test]
fn a_packet_for_us_needs_no_ttl() {
    let mut rig = rig();
    rig.packet(ETH1, &with_ttl(udp("10.0.1.9", "10.0.2.1", 8), 1));
    let d = rig.delivered();
    assert_eq!(
        (d.ingress, d.kind, d.ttl, d.protocol, d.payload_at),
        (Some(ETH1), LocalKind::Host, 1, 17, 20)
    );
    assert_eq!((d.src, d.dst), (ip("10.0.1.9"), ip("10.0.2.1")));
}

#[test]
fn what_cannot_be_routed_is_answered_with_the_reason() {
    let cases = [
        (None, Drop::NoRoute, Some((3, 0))),
        (Some(Resolved::Unreachable), Drop::Unreachable, Some((3, 1))),
        (Some(Resolved::Prohibit), Drop::Prohibit, Some((3, 13))),
        (Some(Resolved::Blackhole), Drop::Blackhole, None),
    ];
    for (resolved, reason, answer) in cases {
        let mut rig = rig();
        if let Some(resolved) = resolved {
            blocked(&mut rig, "10.9.0.0/16", resolved);
        }
        rig.packet(ETH1, &udp("10.0.1.9", "10.9.0.1", 8));
        assert_eq!(rig.dropped(reason), 1);
        match answer {
            Some(code) => assert_eq!(rig.icmp().3, code),
            None => assert_eq!(rig.sent(), []),
        }
    }
}

#[test]
fn unicast_in_a_link_layer_broadcast_goes_nowhere() {
    for dst in ["10.0.2.9", "10.0.1.1", "10.9.9.9"] {
        let mut rig = rig();
        rig.frame(ETH1, framed(Mac::BROADCAST, HOST, &udp("10.0.1.9", dst, 8)));
        rig.assert_dropped(Drop::L2Broadcast);
    }
}

#[test]
fn broadcasts_are_for_their_own_network() {
    for dst in ["10.0.1.255", "255.255.255.255"] {
        let mut rig = rig();
        rig.frame(ETH1, framed(Mac::BROADCAST, HOST, &udp("10.0.1.9", dst, 8)));
        let d = rig.delivered();
        assert_eq!((d.kind, d.ingress, d.l2_group), (LocalKind::Broadcast, Some(ETH1), true), "{dst}");
    }
    let mut rig = rig();
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.255", 8));
    rig.assert_dropped(Drop::DirectedBroadcast);
}

#[test]
fn a_host_without_an_address_may_broadcast() {
    let mut rig = rig();
    rig.frame(ETH1, framed(Mac::BROADCAST, HOST, &udp_ports("0.0.0.0", "255.255.255.255", 68, 67, 300)));
    assert_eq!(rig.delivered().kind, LocalKind::Broadcast);
}

#[test]
fn multicast_is_delivered_where_it_was_joined_and_never_forwarded() {
    let group = ip("224.0.0.9");
    let frame = || framed(Mac::multicast(group), HOST, &udp("10.0.1.9", "224.0.0.9", 8));
    let mut rig = rig();
    rig.f.join(ETH2, group);
    rig.frame(ETH1, frame());
    rig.assert_dropped(Drop::NotJoined);
    rig.f.join(ETH1, group);
    rig.frame(ETH1, frame());
    assert_eq!(rig.delivered().kind, LocalKind::Multicast);
    rig.f.leave(ETH1, group);
    rig.frame(ETH1, frame());
    assert_eq!(rig.dropped(Drop::NotJoined), 2);
    assert_eq!(rig.sent(), []);
}

fn with_options(options: &[u8]) -> Vec<u8> {
    let plain = udp("10.0.1.9", "10.0.2.9", 8);
    let mut p = [&plain[..20], options, &plain[20..]].concat();
    p[0] = 0x45 + (options.len() / 4) as u8;
    let len = p.len() as u16;
    p[2..4].copy_from_slice(&len.to_be_bytes());
    ip4::fill_checksum(&mut p);
    p
}

#[test]
fn options_pass_except_source_routes() {
    let mut rig = rig();
    let alert = with_options(&[148, 4, 0, 0]);
    rig.packet(ETH1, &alert);
    assert_eq!(rig.one().1[14..], with_ttl(alert, 63));
    for kind in [131, 137] {
        let mut rig = super::rig();
        rig.packet(ETH1, &with_options(&[kind, 7, 4, 10, 0, 0, 1, 0]));
        rig.assert_dropped(Drop::SourceRoute);
    }
}

#[test]
fn malformed_options_are_answered_with_a_pointer() {
    let mut rig = rig();
    rig.packet(ETH1, &with_options(&[1, 148, 9, 0]));
    assert_eq!(rig.icmp(), (ETH1, "10.0.1.1".into(), "10.0.1.9".into(), (12, 0), 21 << 24));
    assert_eq!(rig.dropped(Drop::Ipv4Options), 1);
}

#[test]
fn strict_reverse_path_wants_the_same_port_and_loose_any() {
    let spoofed = udp("10.0.3.9", "10.0.2.9", 8);
    let unrouted = udp("172.16.0.1", "10.0.2.9", 8);
    let honest = udp("10.0.1.9", "10.0.2.9", 8);
    for (filter, passes) in [
        (RpFilter::Off, [true, true, true]),
        (RpFilter::Loose, [true, false, true]),
        (RpFilter::Strict, [false, false, true]),
    ] {
        for (packet, pass) in [&spoofed, &unrouted, &honest].into_iter().zip(passes) {
            let mut rig = rig();
            rig.change(ETH1, |s| s.rp_filter = filter);
            rig.packet(ETH1, packet);
            assert_eq!(rig.sent().len(), usize::from(pass), "{filter:?}");
            assert_eq!(rig.dropped(Drop::ReversePath), u64::from(!pass));
        }
    }
}

#[test]
fn strict_reverse_path_takes_any_of_several_equal_ways() {
    let mut rig = rig();
    ecmp(&mut rig, "10.9.0.0/16");
    for port in [ETH1, ETH2, ETH3] {
        rig.change(port, |s| s.rp_filter = RpFilter::Strict);
        rig.packet(port, &udp("10.9.0.1", "10.0.1.1", 8));
    }
    assert_eq!(rig.dropped(Drop::ReversePath), 1, "eth1 alone is no way back");
}

#[test]
fn a_blackholed_source_fails_even_the_loose_filter() {
    let mut rig = rig();
    rig.change(ETH1, |s| s.rp_filter = RpFilter::Loose);
    blocked(&mut rig, "10.9.0.0/16", Resolved::Blackhole);
    rig.packet(ETH1, &udp("10.9.0.1", "10.0.2.9", 8));
    rig.assert_dropped(Drop::ReversePath);
}

#[test]
fn a_flow_keeps_its_path_and_flows_use_both() {
    let mut rig = rig();
    ecmp(&mut rig, "10.9.0.0/16");
    let mut left = 0;
    for port in 0..200 {
        let packet = udp_ports("10.0.1.9", "10.9.0.1", port, 53, 8);
        rig.packet(ETH1, &packet);
        rig.packet(ETH1, &packet);
        let sent = rig.sent();
        assert_eq!(sent[0].0, sent[1].0);
        left += usize::from(sent[0].0 == ETH2);
    }
    assert!((60..140).contains(&left), "{left} of 200");
}

#[test]
fn all_fragments_of_a_packet_go_one_way() {
    let mut rig = rig();
    ecmp(&mut rig, "10.9.0.0/16");
    for port in 0..50 {
        let whole = udp_ports("10.0.1.9", "10.9.0.1", port, 53, 100);
        let mut first = whole.clone();
        ip4::set_fragment(&mut first, 128, false, true, 0);
        let mut second = whole;
        ip4::set_fragment(&mut second, 128, false, false, 104);
        rig.packet(ETH1, &first);
        rig.packet(ETH1, &second);
        let sent = rig.sent();
        assert_eq!(sent[0].0, sent[1].0);
    }
}

#[test]
fn redirects_are_sent_only_where_they_are_wanted() {
    let mut rig = rig();
    rig.via("10.9.0.0/16", ETH1, "10.0.1.8");
    rig.f.set_static_neighbor(rig.now, ETH1, ip("10.0.1.8"), Some(HOST));
    rig.packet(ETH1, &udp("10.0.1.9", "10.9.0.1", 8));
    assert_eq!(rig.sent().len(), 1, "forwarded, nothing said");
    rig.change(ETH1, |s| s.redirects = true);
    rig.packet(ETH1, &udp("10.0.1.9", "10.9.0.1", 8));
    let mut sent = rig.sent();
    assert_eq!(sent.len(), 2, "forwarded all the same");
    let icmp = &sent.remove(0).1.data[34..];
    assert_eq!((&icmp[..2], &icmp[4..8]), (&[5, 1][..], &[10, 0, 1, 8][..]));
    assert_eq!(rig.f.counters().stat(Stat::RedirectsOut), 1);
}

#[test]
fn too_big_with_df_is_answered_with_the_mtu() {
    let mut rig = rig();
    rig.change(ETH2, |s| s.mtu = 1400);
    rig.packet(ETH1, &with_df(udp("10.0.1.9", "10.0.2.9", 1373)));
    assert_eq!(rig.icmp(), (ETH1, "10.0.1.1".into(), "10.0.1.9".into(), (3, 4), 1400));
    assert_eq!(rig.dropped(Drop::TooBig), 1);
    rig.packet(ETH1, &with_df(udp("10.0.1.9", "10.0.2.9", 1372)));
    assert_eq!(rig.one().1.len(), 14 + 1400);
}

#[test]
fn too_big_without_df_is_fragmented() {
    let mut rig = rig();
    rig.change(ETH2, |s| s.mtu = 576);
    let whole = udp("10.0.1.9", "10.0.2.9", 1400);
    rig.packet(ETH1, &whole);
    let sent = rig.sent();
    let mut payload = Vec::new();
    for (port, frame) in &sent {
        let h = ip4::Header::parse(&frame.data[14..]).unwrap();
        assert!(*port == ETH2 && h.total_len <= 576 && h.ttl == 63);
        assert_eq!(frame.data[..6], HOST.0);
        assert_eq!(h.offset, payload.len());
        payload.extend_from_slice(&frame.data[34..]);
    }
    assert_eq!((sent.len(), payload), (3, whole[20..].to_vec()));
    assert_eq!(rig.f.counters().stat(Stat::FragmentsOut), 3);
}

#[test]
fn with_forwarding_off_only_what_is_for_us_gets_in() {
    let mut rig = rig();
    rig.f.set_global(GlobalSettings { forward_v4: false, ..GlobalSettings::default() });
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.9", 8));
    rig.assert_dropped(Drop::ForwardingOff);
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.1", 8));
    assert_eq!(rig.delivered().dst, ip("10.0.2.1"));
}
