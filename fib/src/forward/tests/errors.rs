//! How often, from where and about what ICMP errors are sent.

use super::*;
use crate::port::Rate;

#[test]
fn one_destination_gets_a_burst_and_then_the_rate() {
    let mut rig = rig();
    for _ in 0..100 {
        rig.packet(ETH1, &with_ttl(udp("10.0.1.9", "10.0.2.9", 8), 1));
    }
    assert_eq!(rig.sent().len(), 40);
    assert_eq!(rig.dropped(Drop::IcmpRateLimited), 60);
    rig.wait(secs(1));
    for _ in 0..100 {
        rig.packet(ETH1, &with_ttl(udp("10.0.1.9", "10.0.2.9", 8), 1));
    }
    assert_eq!(rig.sent().len(), 20);
}

#[test]
fn path_mtu_discovery_is_held_to_the_limit_of_the_router_only() {
    let mut rig = rig();
    rig.f.set_global(GlobalSettings {
        icmp_rate: Rate { per_second: 1, burst: 60 },
        ..GlobalSettings::default()
    });
    rig.change(ETH2, |s| s.mtu = 1400);
    for _ in 0..100 {
        rig.packet(ETH1, &with_df(udp("10.0.1.9", "10.0.2.9", 1400)));
    }
    assert_eq!(rig.sent().len(), 60);
}

#[test]
fn no_unreachables_silences_unreachables_but_not_path_mtu_discovery() {
    let mut rig = rig();
    rig.change(ETH1, |s| s.unreachables = false);
    rig.packet(ETH1, &udp("10.0.1.9", "172.16.0.1", 8));
    rig.assert_dropped(Drop::NoRoute);
    rig.change(ETH2, |s| s.mtu = 1400);
    rig.packet(ETH1, &with_df(udp("10.0.1.9", "10.0.2.9", 1400)));
    assert_eq!(rig.icmp().3, (3, 4));
}

#[test]
fn port_unreachable_comes_from_the_address_that_was_asked() {
    let mut rig = rig();
    rig.packet(ETH1, &udp("10.0.1.9", "10.0.2.1", 8));
    let delivery = rig.delivered();
    rig.f.icmp_error(rig.now, IcmpError::PortUnreachable, &delivery, rig.fib.snapshot());
    assert_eq!(rig.icmp(), (ETH1, "10.0.2.1".into(), "10.0.1.9".into(), (3, 3), 0));
}

#[test]
fn broadcasts_are_never_answered_with_an_error() {
    let mut rig = rig();
    rig.frame(ETH1, framed(own_mac(ETH1), HOST, &udp("10.0.1.9", "10.0.1.255", 8)));
    let delivery = rig.delivered();
    rig.f.icmp_error(rig.now, IcmpError::PortUnreachable, &delivery, rig.fib.snapshot());
    assert_eq!(rig.sent(), []);
}

#[test]
fn an_icmp_error_in_transit_causes_no_other() {
    let mut rig = rig();
    let error = [11, 0, 0xf4, 0xff, 0, 0, 0, 0];
    rig.packet(ETH1, &with_ttl(packet(ip("10.0.1.9"), ip("10.0.2.9"), 1, &error), 1));
    rig.assert_dropped(Drop::TtlExceeded);
}

#[test]
fn an_unnumbered_port_speaks_from_a_loopback() {
    let mut rig = rig();
    let lo = PortId(9);
    let addresses = vec!["10.255.0.1/32".parse().unwrap()];
    rig.f.set_port(
        rig.now,
        lo,
        PortSettings { up: true, loopback: true, addresses, ..PortSettings::default() },
    );
    rig.local("10.255.0.1/32".parse().unwrap(), lo);
    rig.change(ETH1, |s| s.addresses.clear());
    rig.packet(ETH1, &with_ttl(udp("10.0.1.9", "10.0.2.9", 8), 1));
    assert_eq!(rig.icmp().1, "10.255.0.1");
}

#[test]
fn the_quotation_is_the_packet_as_it_came() {
    let mut rig = rig();
    let offender = with_ttl(udp("10.0.1.9", "10.0.2.9", 100), 1);
    rig.packet(ETH1, &offender);
    assert_eq!(rig.one().1[42..], offender);
}

#[test]
fn messages_are_counted_by_type() {
    let mut rig = rig();
    rig.packet(ETH1, &with_ttl(udp("10.0.1.9", "10.0.2.9", 8), 1));
    rig.packet(ETH1, &packet(ip("10.0.1.9"), ip("10.0.1.1"), 1, &[8, 0, 0xf7, 0xff, 0, 0, 0, 0]));
    let counted: Vec<_> = rig.f.counters().icmp().collect();
    assert_eq!(counted, [(Direction::In, 8, 1), (Direction::Out, 11, 1)]);
}
