//! Sockets, groups and redistribution, as the machines of a router want them.

use super::super::machines::Sockets;
use super::Net;
use crate::stack::{LinkStack, RawPacket};
use bytes::BytesMut;
use cli::{Mode, Reply};
use core::net::IpAddr;
use core::time::Duration;
use fib::{Frame, PortId};

const A: &str = "
interfaces:
  eth1: {addresses: [10.0.0.1/24]}
  lo: {addresses: [10.255.0.1/32]}
routes:
  - {prefix: 198.51.100.0/24, type: blackhole}
rip: {networks: [10.0.0.0/24], timers: {update: 5, timeout: 15, garbage: 10}}
";
const B: &str = "
interfaces:
  eth1: {addresses: [10.0.0.2/24]}
rip: {networks: [10.0.0.0/24], timers: {update: 5, timeout: 15, garbage: 10}}
";

fn pair() -> (Net, PortId) {
    let mut net = Net::new(&[A, B]);
    let port = net.wire((0, "eth1"), (1, "eth1"));
    net.pass(Duration::from_secs(10));
    (net, port)
}

fn joined(net: &Net, port: PortId) -> Vec<String> {
    net.routers[0].forwarder.joined(port).map(|g: IpAddr| g.to_string()).collect()
}

fn set(net: &mut Net, mode: Mode, line: &str) {
    assert!(matches!(net.configure(0, mode, line), Reply::Configured(_)), "{line}");
}

fn knows(net: &mut Net, prefix: &str) -> bool {
    net.routes(1).iter().any(|r| r.prefix.to_string() == prefix && r.selected)
}

#[test]
fn sockets_and_groups_come_and_go_with_the_protocol() {
    let (mut net, port) = pair();
    assert_eq!(joined(&net, port), ["224.0.0.9"]);
    assert!(net.routers[0].links[&port].has_udp(520) && !net.routers[0].links[&port].has_raw());
    set(&mut net, Mode::Config, "no router rip");
    assert!(joined(&net, port).is_empty() && net.routers[0].links.is_empty());
    set(&mut net, Mode::Config, "router rip");
    set(&mut net, Mode::Rip, "network 10.0.0.0/24");
    assert_eq!(joined(&net, port), ["224.0.0.9"]);
    let now = net.now;
    net.routers[0].handle_carrier(now, port, false);
    assert!(joined(&net, port).is_empty() && net.routers[0].links.is_empty());
}

#[test]
fn a_port_may_have_either_protocol_or_both() {
    let (mut net, port) = pair();
    let (now, router) = (net.now, &mut net.routers[0]);
    let rip = Sockets { rip: true, ..Sockets::default() };
    let ospf = Sockets { ospf: true, all_routers: true, designated: true, ..Sockets::default() };
    let both = Sockets { rip: true, ..ospf };
    for (have, want, groups) in [
        (rip, both, vec!["224.0.0.5", "224.0.0.6", "224.0.0.9"]),
        (both, ospf, vec!["224.0.0.5", "224.0.0.6"]),
        (ospf, Sockets { designated: false, ..ospf }, vec!["224.0.0.5"]),
        (Sockets { designated: false, ..ospf }, rip, vec!["224.0.0.9"]),
    ] {
        router.set_sockets(now, port, have, want);
        let joined: Vec<String> = router.forwarder.joined(port).map(|g| g.to_string()).collect();
        assert_eq!(joined, groups);
        assert_eq!((router.links[&port].has_udp(520), router.links[&port].has_raw()), (want.rip, want.ospf));
    }
    router.set_sockets(now, port, rip, Sockets::default());
    assert!(router.links.is_empty() && router.sockets.is_empty());
}

#[test]
fn the_last_words_of_a_protocol_are_heard() {
    let (mut net, _) = pair();
    set(&mut net, Mode::Rip, "network 10.255.0.1/32");
    net.pass(Duration::from_secs(10));
    assert!(knows(&mut net, "10.255.0.1/32"));
    set(&mut net, Mode::Config, "no router rip");
    assert!(!knows(&mut net, "10.255.0.1/32"), "at once, not after the timeout");
}

#[test]
fn what_is_redistributed_follows_the_configuration_and_is_never_stale() {
    let (mut net, _) = pair();
    let mut is_known_after = |mode: Mode, line: &str| {
        set(&mut net, mode, line);
        net.pass(Duration::from_secs(10));
        knows(&mut net, "198.51.100.0/24")
    };
    assert!(is_known_after(Mode::Rip, "redistribute static"), "a route that was there before");
    assert!(!is_known_after(Mode::Rip, "no redistribute static"));
    assert!(is_known_after(Mode::Rip, "redistribute static"));
    assert!(!is_known_after(Mode::Config, "no ip route 198.51.100.0/24 blackhole"));
    assert!(is_known_after(Mode::Config, "ip route 198.51.100.0/24 blackhole"));
    is_known_after(Mode::Rip, "no redistribute static");
    is_known_after(Mode::Config, "no ip route 198.51.100.0/24 blackhole");
    assert!(!is_known_after(Mode::Rip, "redistribute static"), "it went while nobody asked for it");
}

/// A packet of protocol 89 comes to the second router; how many its port's stack and its own stack make of it.
fn receive(net: &mut Net, destination: [u8; 4]) -> (usize, usize) {
    let packet = RawPacket {
        source: [10, 0, 0, 1].into(),
        destination: destination.into(),
        payload: vec![0; 44].into(),
    };
    let mut sender = LinkStack::new(net.now, 1);
    sender.set_raw(Some(89));
    sender.send_raw(&packet).unwrap();
    sender.poll(net.now);
    let mac = if destination[0] == 224 { [1, 0, 0x5e, 0, 0, destination[3]] } else { [2, 0, 0, 0, 0, 2] };
    let mut frame = BytesMut::from(&mac[..]);
    frame.extend_from_slice(&[2, 0, 0, 0, 0, 1, 8, 0]);
    frame.extend_from_slice(&sender.output().unwrap());

    let (now, router) = (net.now, &mut net.routers[1]);
    let port = *router.links.keys().next().unwrap();
    router.forwarder.handle_frame(now, port, Frame::new(frame), router.fib.snapshot());
    router.forwarder_to_sockets(now);
    router.host.poll(now);
    let stack = router.links.get_mut(&port).unwrap();
    stack.poll(now);
    let link = std::iter::from_fn(|| stack.receive()).count();
    (link, std::iter::from_fn(|| router.host.receive()).count())
}

#[test]
fn ospf_goes_to_the_port_it_is_for_and_else_to_the_virtual_links() {
    let (mut net, _) = pair();
    net.configure(1, Mode::Interface("lo".to_owned()), "ip address 10.255.0.2/32");
    let (own, loopback) = ([10, 0, 0, 2], [10, 255, 0, 2]);
    assert_eq!(receive(&mut net, own), (0, 0), "nobody speaks OSPF");
    assert_eq!(net.counter(1, "no-protocol"), 1);

    let (now, router) = (net.now, &mut net.routers[1]);
    let port = *router.links.keys().next().unwrap();
    let ospf = Sockets { rip: true, ospf: true, all_routers: true, designated: false };
    router.set_sockets(now, port, router.sockets[&port], ospf);
    assert_eq!(receive(&mut net, own), (1, 0), "an address of the port");
    assert_eq!(receive(&mut net, [224, 0, 0, 5]), (1, 0), "a group that is joined");
    assert_eq!(receive(&mut net, [224, 0, 0, 6]), (0, 0), "a group that is not");
    assert_eq!(receive(&mut net, loopback), (0, 0), "no virtual link");

    net.routers[1].host.set_raw(Some(89));
    assert_eq!(receive(&mut net, loopback), (0, 1), "an address of another port");
    assert_eq!(receive(&mut net, own), (1, 0));
    assert_eq!(receive(&mut net, [224, 0, 0, 5]), (1, 0));
}
