//! Packets that this router sends itself.

use super::*;

#[test]
fn a_packet_of_ours_follows_the_fib_without_losing_a_ttl() {
    let mut rig = rig();
    rig.via("10.9.0.0/16", ETH2, "10.0.2.9");
    rig.send(&with_df(udp("10.0.2.1", "10.9.0.1", 8)), TxMeta::default());
    let (port, frame) = rig.one();
    assert_eq!((port, frame[14..].to_vec()), (ETH2, with_df(udp("10.0.2.1", "10.9.0.1", 8))));
}

#[test]
fn what_is_for_ourselves_comes_back() {
    for (src, dst) in [("10.0.1.1", "10.0.2.1"), ("2001:db8:1::1", "2001:db8:2::1")] {
        let mut rig = rig();
        rig.send(&udp(src, dst, 8), TxMeta::default());
        let d = rig.delivered();
        assert_eq!((d.ingress, d.dst, d.kind), (None, ip(dst), LocalKind::Host));
        assert_eq!(rig.sent(), []);
    }
}

#[test]
fn ttl_tos_and_df_are_stamped() {
    let mut rig = rig();
    let meta = TxMeta { ttl: Some(1), tos: Some(0xc0), df: Df::Set, mark: 0 };
    rig.send(&udp("10.0.2.1", "10.0.2.9", 8), meta);
    let h = ip4::Header::parse(&rig.one().1[14..]).unwrap();
    assert_eq!((h.ttl, h.tos, h.df, h.ident), (1, 0xc0, true, 0));
    rig.send(&udp("2001:db8:2::1", "2001:db8:2::9", 8), meta);
    let h = ip6::Header::parse(&rig.one().1[14..]).unwrap();
    assert_eq!((h.hop_limit, h.traffic_class), (1, 0xc0));
}

#[test]
fn packets_that_may_be_cut_get_identifications_of_their_own() {
    let mut rig = rig();
    let mut idents = Vec::new();
    for _ in 0..3 {
        let meta = TxMeta { df: Df::Clear, ..TxMeta::default() };
        rig.send(&with_df(udp("10.0.2.1", "10.0.2.9", 8)), meta);
        idents.push(ip4::Header::parse(&rig.one().1[14..]).unwrap().ident);
    }
    assert!(idents[0] != idents[1] && idents[1] != idents[2]);
}

#[test]
fn a_large_packet_of_ours_is_fragmented_in_both_families() {
    for (src, dst) in [("10.0.2.1", "10.0.2.9"), ("2001:db8:2::1", "2001:db8:2::9")] {
        let mut rig = rig();
        rig.send(&udp(src, dst, 4000), TxMeta::default());
        let sent = rig.sent();
        assert_eq!(sent.len(), 3);
        assert!(sent.iter().all(|(_, f)| f.data.len() <= 1514));
    }
}

#[test]
fn what_must_not_be_fragmented_comes_back_as_an_error_to_ourselves() {
    let mut rig = rig();
    rig.send(&udp("10.0.2.1", "10.0.2.9", 4000), TxMeta { df: Df::Set, ..TxMeta::default() });
    let d = rig.delivered();
    assert_eq!((d.src, d.dst, d.protocol), (ip("10.0.2.1"), ip("10.0.2.1"), 1));
    assert_eq!((&d.packet[20..22], &d.packet[26..28]), (&[3, 4][..], &1500u16.to_be_bytes()[..]));
    assert_eq!(rig.dropped(Drop::TooBig), 1);
}

#[test]
fn no_route_and_no_neighbor_come_back_as_errors_to_ourselves() {
    let mut rig = rig();
    rig.send(&udp("10.0.2.1", "172.16.0.1", 8), TxMeta::default());
    assert_eq!(rig.delivered().packet[20..22], [3, 0]);
    rig.send(&udp("10.0.2.1", "10.0.2.77", 8), TxMeta::default());
    rig.wait(secs(3));
    assert_eq!(rig.delivered().packet[20..22], [3, 1]);
}

#[test]
fn a_path_mtu_learned_from_icmp_bounds_our_packets() {
    let mut rig = rig();
    rig.via("10.9.0.0/16", ETH2, "10.0.2.9");
    let ours = with_df(udp("10.0.2.1", "10.9.0.1", 1400));
    let (error, _) = crate::icmp::build(IcmpError::TooBig { mtu: 1000 }, &ours, ip("10.0.2.9"), 64).unwrap();
    rig.packet(ETH2, &error[14..]);
    assert_eq!(rig.delivered().protocol, 1);
    let learned = ForwardEvent::PathMtu { dst: ip("10.9.0.1"), mtu: 1000 };
    assert!(rig.events().contains(&learned));
    assert_eq!(rig.f.path_mtu(rig.now, ip("10.9.0.1")), Some(1000));
    rig.send(&ours, TxMeta { df: Df::Clear, ..TxMeta::default() });
    let sent = rig.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|(_, f)| f.data.len() <= 1014));
}

#[test]
fn a_forged_path_mtu_about_a_packet_of_others_teaches_nothing() {
    let mut rig = rig();
    let others = with_df(udp("10.0.3.9", "10.9.0.1", 1400));
    let (mut error, _) =
        crate::icmp::build(IcmpError::TooBig { mtu: 600 }, &others, ip("10.0.2.9"), 64).unwrap();
    error[14 + 16..14 + 20].copy_from_slice(&[10, 0, 2, 1]);
    ip4::fill_checksum(&mut error[14..]);
    rig.packet(ETH2, &error[14..]);
    assert_eq!(rig.delivered().protocol, 1);
    assert_eq!(rig.f.path_mtu(rig.now, ip("10.9.0.1")), None);
}

#[test]
fn send_on_reaches_groups_broadcasts_and_neighbors_of_its_port() {
    let cases = [
        ("224.0.0.9", Mac([0x01, 0x00, 0x5e, 0, 0, 9])),
        ("255.255.255.255", Mac::BROADCAST),
        ("10.0.3.255", Mac::BROADCAST),
        ("10.0.3.9", HOST),
    ];
    for (dst, mac) in cases {
        let mut rig = rig();
        let p = udp("10.0.3.1", dst, 8);
        rig.f.send_on(rig.now, ETH3, None, BytesMut::from(&p[..]), TxMeta::default());
        let (port, frame) = rig.one();
        assert_eq!((port, &frame[..6]), (ETH3, &mac.0[..]), "{dst}");
    }
    let mut rig = rig();
    let p = udp("2001:db8:3::1", "ff02::9", 8);
    rig.f.send_on(rig.now, ETH3, None, BytesMut::from(&p[..]), TxMeta::default());
    assert_eq!(rig.one().1[..6], [0x33, 0x33, 0, 0, 0, 9]);
}

#[test]
fn a_broadcast_along_the_fib_leaves_by_the_port_it_belongs_to() {
    let mut rig = rig();
    rig.send(&udp("10.0.3.1", "10.0.3.255", 8), TxMeta::default());
    let (port, frame) = rig.one();
    assert_eq!((port, &frame[..6]), (ETH3, &[0xff; 6][..]));
}

#[test]
fn what_is_no_packet_is_counted() {
    for bytes in [&[][..], &[0x45, 0, 0], &[0x60], &[0x12, 0, 0, 0]] {
        let mut rig = rig();
        rig.send(bytes, TxMeta::default());
        rig.assert_dropped(Drop::BadOutput);
    }
}

#[test]
fn the_source_is_an_address_of_the_port_the_route_leaves_by() {
    let mut rig = rig();
    rig.via("10.9.0.0/16", ETH3, "10.0.3.9");
    let from = |rig: &Rig, dst: &str| rig.f.source_for(ip(dst), rig.fib.snapshot()).map(|a| a.to_string());
    assert_eq!(from(&rig, "10.9.0.1").as_deref(), Some("10.0.3.1"));
    assert_eq!(from(&rig, "10.0.2.9").as_deref(), Some("10.0.2.1"));
    assert_eq!(from(&rig, "10.0.1.1").as_deref(), Some("10.0.1.1"));
    assert_eq!(from(&rig, "2001:db8:2::9").as_deref(), Some("2001:db8:2::1"));
    assert_eq!(from(&rig, "172.16.0.1"), None);
}
