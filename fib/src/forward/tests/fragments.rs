//! Reassembly for this router.

use super::*;
use crate::frag::{split_v4, split_v6};

fn pieces(whole: &[u8], mtu: usize) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let frame = framed(own_mac(ETH1), HOST, whole);
    let cut = match whole[0] >> 4 {
        4 => split_v4(&frame, mtu, &mut |f| out.push(f.to_vec())),
        _ => split_v6(&frame, mtu, 7, &mut |f| out.push(f.to_vec())),
    };
    assert!(cut);
    out
}

#[test]
fn fragments_for_us_are_delivered_as_one_packet() {
    for (src, dst) in [("10.0.1.9", "10.0.2.1"), ("2001:db8:1::9", "2001:db8:1::1")] {
        let mut rig = rig();
        let whole = udp(src, dst, 5000);
        for piece in pieces(&whole, 1300) {
            assert_eq!(rig.f.poll_deliver(), None);
            rig.frame(ETH1, piece);
        }
        let d = rig.delivered();
        assert_eq!((d.packet, d.ingress, d.protocol), (BytesMut::from(&whole[..]), Some(ETH1), 17));
        let c = rig.f.counters();
        assert_eq!((c.stat(Stat::Reassembled), c.total_dropped()), (1, 0));
    }
}

#[test]
fn fragments_in_transit_are_not_put_together() {
    let mut rig = rig();
    for piece in pieces(&udp("10.0.1.9", "10.0.2.9", 3000), 1300) {
        rig.frame(ETH1, piece);
    }
    assert_eq!(rig.sent().len(), 3);
}

#[test]
fn a_packet_not_completed_in_time_is_answered_if_its_first_fragment_came() {
    for (src, dst, time) in [("10.0.1.9", "10.0.1.1", 30), ("2001:db8:1::9", "2001:db8:1::1", 60)] {
        let mut rig = rig();
        rig.frame(ETH1, pieces(&udp(src, dst, 3000), 1300).remove(0));
        rig.wait(secs(time));
        let (.., code, _) = if src.contains(':') { rig.icmpv6() } else { rig.icmp() };
        assert_eq!(code, if src.contains(':') { (3, 1) } else { (11, 1) });
        assert_eq!(rig.dropped(Drop::ReassemblyTimeout), 1);

        let mut rig = super::rig();
        rig.frame(ETH1, pieces(&udp(src, dst, 3000), 1300).remove(1));
        rig.wait(secs(time));
        rig.assert_dropped(Drop::ReassemblyTimeout);
    }
}

#[test]
fn every_fragment_lost_is_counted() {
    let mut rig = rig();
    rig.f.set_global(GlobalSettings { reassembly_bytes: 8_000, ..GlobalSettings::default() });
    for ident in 0..20u16 {
        let mut whole = udp("10.0.1.9", "10.0.1.1", 3000);
        ip4::stamp(&mut whole, None, None, Some(ident), None);
        rig.frame(ETH1, pieces(&whole, 1300).remove(0));
    }
    assert_eq!(rig.dropped(Drop::ReassemblyFull), 15);
}

#[test]
fn an_atomic_ipv6_fragment_is_delivered_at_once() {
    let mut rig = rig();
    let whole = udp("2001:db8:1::9", "2001:db8:1::1", 8);
    let mut p = [&whole[..40], &[17, 0, 0, 0, 0, 0, 0, 9], &whole[40..]].concat();
    p[6] = 44;
    p[5] += 8;
    rig.packet(ETH1, &p);
    assert_eq!(rig.delivered().packet, BytesMut::from(&whole[..]));
}

#[test]
fn a_fragment_inside_a_fragment_is_refused() {
    let mut rig = rig();
    let inner = [&[17u8, 0, 0, 1, 0, 0, 0, 9][..], &[0; 16]].concat();
    let mut p =
        [&udp("2001:db8:1::9", "2001:db8:1::1", 0)[..40], &[44, 0, 0, 0, 0, 0, 0, 9], &inner].concat();
    p[6] = 44;
    p[5] = (p.len() - 40) as u8;
    rig.packet(ETH1, &p);
    rig.assert_dropped(Drop::Ipv6Extension);

    // Hidden until the outer one is whole.
    let mut rig = super::rig();
    let (head, tail) = inner.split_at(8);
    for (field, data) in [(1, head), (8, tail)] {
        let mut p = [&p[..40], &[44, 0, 0, field, 0, 0, 0, 9], data].concat();
        p[5] = (p.len() - 40) as u8;
        rig.packet(ETH1, &p);
    }
    assert_eq!(rig.dropped(Drop::FragmentInvalid) + rig.dropped(Drop::Ipv6Extension), 1);
    assert_eq!(rig.f.poll_deliver(), None);
}

#[test]
fn discovery_in_fragments_is_refused() {
    let mut rig = rig();
    let mut p =
        [&udp("2001:db8:1::9", "2001:db8:1::1", 0)[..40], &[58, 0, 0, 0, 0, 0, 0, 9], &[135; 24]].concat();
    p[6] = 44;
    p[5] = (p.len() - 40) as u8;
    rig.packet(ETH1, &p);
    rig.assert_dropped(Drop::FragmentInvalid);
}
