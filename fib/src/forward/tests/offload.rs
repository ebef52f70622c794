//! Frames that Linux left unfinished: partial checksums and GSO.

use super::*;
use crate::packet::transport::Layout;
use crate::{Gso, GsoKind, Offload, PartialChecksum};

/// A TCP frame of `payload` bytes as a Linux peer sends it: pseudo-header sum only, to be cut at `size`.
fn gso(src: &str, dst: &str, payload: usize, size: u16) -> Frame {
    let (src, dst) = (ip(src), ip(dst));
    let mut tcp = vec![0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 9, 0x50, 0x18, 1, 0, 0, 0, 0, 0];
    tcp.extend((0..payload).map(|n| n as u8));
    let sum = Sum::ZERO.pseudo_header(src, dst, 6, tcp.len()).fold();
    tcp[16..18].copy_from_slice(&sum.to_be_bytes());
    let p = packet(src, dst, 6, &tcp);
    let p = if src.is_ipv4() { with_df(p) } else { p };
    let start = if src.is_ipv4() { 34 } else { 54 };
    let kind = if src.is_ipv4() { GsoKind::Tcp4 } else { GsoKind::Tcp6 };
    let mut frame = Frame::from(framed(own_mac(ETH1), HOST, &p));
    frame.offload = Offload {
        partial_checksum: Some(PartialChecksum { start, offset: 16 }),
        gso: (size != 0).then_some(Gso { kind, ecn: false, size, header_len: start + 20 }),
    };
    frame
}

#[track_caller]
fn assert_l4(frame: &[u8]) {
    let l = Layout::of(frame).unwrap();
    let covered = &frame[l.l4..];
    assert_eq!(
        Sum::ZERO.pseudo_header(l.src, l.dst, l.protocol, covered.len()).bytes(covered).fold(),
        0xffff
    );
}

const PAIRS: [(&str, &str); 2] = [("10.0.1.9", "10.0.2.9"), ("2001:db8:1::9", "2001:db8:2::9")];

#[test]
fn a_capable_port_gets_the_frame_whole_with_its_notes() {
    for (src, dst) in PAIRS {
        let mut rig = rig();
        rig.change(ETH2, |s| s.offload = true);
        let frame = gso(src, dst, 60_000, 1400);
        rig.frame(ETH1, frame.clone());
        let (port, out) = rig.sent().remove(0);
        assert_eq!((port, out.offload), (ETH2, frame.offload));
        assert_eq!(out.data.len(), frame.data.len());
        if src.contains('.') {
            assert_eq!(ip4::Header::parse(&out.data[14..]).map(|h| h.ttl), Ok(63));
        }
    }
}

#[test]
fn another_port_gets_finished_segments() {
    for (src, dst) in PAIRS {
        let mut rig = rig();
        let frame = gso(src, dst, 60_000, 1400);
        rig.frame(ETH1, frame.clone());
        let sent = rig.sent();
        assert_eq!(sent.len(), 43);
        let mut payload = Vec::new();
        for (port, out) in &sent {
            assert_eq!((*port, out.offload), (ETH2, Offload::default()));
            assert!(out.data.len() <= 14 + 1500);
            assert_eq!(out.data[..6], HOST.0);
            assert_l4(&out.data);
            payload.extend_from_slice(&out.data[Layout::of(&out.data).unwrap().payload..]);
        }
        assert_eq!(payload, frame.data[Layout::of(&frame.data).unwrap().payload..]);
        assert_eq!(rig.f.counters().stat(Stat::Segmented), 1);
    }
}

#[test]
fn a_partial_checksum_is_completed_for_a_port_that_cannot() {
    let mut rig = rig();
    rig.frame(ETH1, gso("10.0.1.9", "10.0.2.9", 100, 0));
    let (_, out) = rig.sent().remove(0);
    assert_eq!(out.offload, Offload::default());
    assert_l4(&out.data);
    assert_eq!(rig.f.counters().stat(Stat::ChecksumCompleted), 1);
}

#[test]
fn the_mtu_is_compared_with_the_segments_not_the_frame() {
    let mut rig = rig();
    rig.change(ETH2, |s| {
        s.offload = true;
        s.mtu = 1400;
    });
    rig.frame(ETH1, gso("10.0.1.9", "10.0.2.9", 60_000, 1360));
    assert_eq!(rig.sent().len(), 1);
    rig.frame(ETH1, gso("10.0.1.9", "10.0.2.9", 60_000, 1361));
    let (.., code, mtu) = rig.icmp();
    assert_eq!((code, mtu), ((3, 4), 1400));
}

#[test]
fn a_local_packet_is_finished_before_delivery() {
    for (src, dst) in [("10.0.1.9", "10.0.1.1"), ("2001:db8:1::9", "2001:db8:1::1")] {
        for size in [0, 1400] {
            let mut rig = rig();
            rig.frame(ETH1, gso(src, dst, 20_000, size));
            let packet = rig.delivered().packet;
            assert_l4(&framed(HOST, HOST, &packet));
        }
    }
}

#[test]
fn notes_that_do_not_fit_the_frame_are_dropped_by_name() {
    let mut rig = rig();
    let mut frame = gso("10.0.1.9", "10.0.2.9", 100, 50);
    frame.offload.partial_checksum = Some(PartialChecksum { start: 34, offset: 5000 });
    rig.frame(ETH1, frame);
    rig.assert_dropped(Drop::BadOffload);
}

#[test]
fn a_udp_datagram_left_whole_is_fragmented_for_its_sender() {
    for (src, dst) in PAIRS {
        let mut rig = rig();
        let mut frame = Frame::from(framed(own_mac(ETH1), HOST, &udp(src, dst, 5000)));
        frame.offload.gso = Some(Gso { kind: GsoKind::Udp, ecn: false, size: 1400, header_len: 0 });
        rig.frame(ETH1, frame);
        let sent = rig.sent();
        assert_eq!(sent.len(), 4);
        assert!(sent.iter().all(|(_, f)| f.data.len() <= 1514 && f.offload == Offload::default()));
    }
}
