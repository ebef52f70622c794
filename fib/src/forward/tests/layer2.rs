//! Which frames get in.

use super::*;

#[test]
fn each_kind_of_frame_that_is_not_for_us_moves_its_own_counter() {
    let good = framed(own_mac(ETH1), HOST, &udp("10.0.1.9", "10.0.2.9", 8));
    let with = |at: usize, bytes: &[u8]| {
        let mut frame = good.clone();
        frame[at..at + bytes.len()].copy_from_slice(bytes);
        frame
    };
    let cases = [
        (good[..13].to_vec(), Drop::Runt),
        (Vec::new(), Drop::Runt),
        (with(0, &[2, 9, 9, 9, 9, 9]), Drop::OtherHost),
        (with(6, &own_mac(ETH1).0), Drop::BadSourceMac),
        (with(6, &[3]), Drop::BadSourceMac),
        (with(12, &[0x81, 0x00]), Drop::VlanTagged),
        (with(12, &[0x00, 0x26]), Drop::Llc),
        (with(12, &[0x88, 0xcc]), Drop::UnknownEtherType),
        (good[..14].to_vec(), Drop::Ipv4Header),
    ];
    for (frame, reason) in cases {
        let mut rig = rig();
        rig.frame(ETH1, frame);
        rig.assert_dropped(reason);
        assert_eq!(rig.f.port_counters(ETH1).unwrap().dropped(reason), 1);
    }
}

#[test]
fn a_port_that_is_down_or_unknown_takes_nothing() {
    let mut rig = rig();
    rig.change(ETH1, |s| s.up = false);
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.9", 8));
    rig.assert_dropped(Drop::PortDown);

    let mut rig = super::rig();
    rig.frame(PortId(77), framed(own_mac(ETH1), HOST, &udp("10.0.1.9", "10.0.2.9", 8)));
    rig.assert_dropped(Drop::UnknownPort);
}

#[test]
fn a_removed_port_neither_takes_nor_sends() {
    let mut rig = rig();
    rig.f.remove_port(rig.now, ETH2);
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.9", 8));
    rig.assert_dropped(Drop::PortDown);
    assert_eq!(rig.f.port_counters(ETH2), None);
}

#[test]
fn frames_and_bytes_are_counted_both_ways() {
    let mut rig = rig();
    let frame = framed(own_mac(ETH1), HOST, &udp("10.0.1.9", "10.0.2.9", 100));
    rig.frame(ETH1, frame.clone());
    rig.frame(ETH1, framed(Mac::BROADCAST, HOST, &udp("10.0.1.9", "10.0.1.255", 0)));
    let rx = rig.f.port_counters(ETH1).unwrap();
    assert_eq!((rx.rx_packets, rx.rx_bytes, rx.rx_multicast), (2, frame.len() as u64 + 42, 1));
    let tx = rig.f.port_counters(ETH2).unwrap();
    assert_eq!((tx.tx_packets, tx.tx_bytes), (1, frame.len() as u64));
    rig.f.clear_counters(None);
    assert_eq!(rig.f.port_counters(ETH1).unwrap().rx_packets, 0);
}
