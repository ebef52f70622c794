//! BGP between whole routers: frames, ARP, TCP and all.

use super::Net;
use bytes::BytesMut;
use cli::{Mode, Reply};
use core::net::IpAddr;
use core::time::Duration;
use fib::{Frame, PortId};

/// What has a network, and what learns it.
pub(super) const A: &str = "
interfaces:
  eth1: {addresses: [10.0.0.1/24, 2001:db8::1/64]}
  lo: {addresses: [192.0.2.1/32]}
routes:
  - {prefix: 198.51.100.0/24, type: blackhole}
bgp:
  asn: 65001
  ebgp-requires-policy: false
  neighbors:
    10.0.0.2: {remote-as: 65002}
  families:
    ipv4-unicast: {networks: {198.51.100.0/24: {}}}
";
pub(super) const B: &str = "
interfaces:
  eth1: {addresses: [10.0.0.2/24, 2001:db8::2/64]}
bgp:
  asn: 65002
  ebgp-requires-policy: false
  neighbors:
    10.0.0.1: {remote-as: 65001}
";

/// Both on a cable, after ten seconds; with the port of the first.
pub(super) fn pair(a: &str, b: &str) -> (Net, PortId) {
    let mut net = Net::new(&[a, b]);
    let port = net.wire((0, "eth1"), (1, "eth1"));
    net.pass(Duration::from_secs(10));
    (net, port)
}

fn knows(net: &mut Net, router: usize, prefix: &str) -> bool {
    net.routes(router).iter().any(|r| r.prefix.to_string() == prefix && r.selected)
}

fn set(net: &mut Net, router: usize, mode: Mode, line: &str) {
    let reply = net.configure(router, mode, line);
    assert!(matches!(reply, Reply::Configured(_)), "{line}: {reply:?}");
}

fn connections(net: &Net, router: usize) -> usize {
    net.routers[router].tcp.open().count()
}

fn edit(config: &str, from: &str, to: &str) -> String {
    assert!(config.contains(from), "{from}");
    config.replace(from, to)
}

#[test]
fn a_network_crosses_a_session_and_goes_with_it() {
    let (mut net, port) = pair(A, B);
    assert!(knows(&mut net, 1, "198.51.100.0/24"));
    assert_eq!((connections(&net, 0), connections(&net, 1)), (1, 1), "collisions are settled");
    let now = net.now;
    net.routers[0].handle_carrier(now, port, false);
    net.pass(Duration::from_secs(200));
    assert!(!knows(&mut net, 1, "198.51.100.0/24"), "the hold time is over");
    net.routers[0].handle_carrier(now, port, true);
    net.pass(Duration::from_secs(200));
    assert!(knows(&mut net, 1, "198.51.100.0/24"));
}

#[test]
fn the_farewell_of_a_process_is_heard() {
    let (mut net, _) = pair(A, B);
    set(&mut net, 0, Mode::Config, "no router bgp");
    assert!(!knows(&mut net, 1, "198.51.100.0/24"), "at once, not after the hold time");
    net.pass(Duration::from_secs(60));
    assert_eq!((net.routers[0].tcp.len(), connections(&net, 1)), (0, 0));
}

#[test]
fn the_farewell_of_a_router_is_heard() {
    let (mut net, _) = pair(A, B);
    net.pass(Duration::from_secs(30));
    let now = net.now;
    net.routers[0].shutdown(now);
    net.pass(Duration::ZERO);
    assert!(!knows(&mut net, 1, "198.51.100.0/24"), "at once, not after the hold time");
    let why = std::iter::from_fn(|| net.routers[1].poll_log())
        .find(|line| line.notice.message == "neighbor is down");
    assert!(why.is_some_and(|line| line.notice.to_string().contains("Administrative Shutdown")));
}

#[test]
fn a_router_that_lost_its_power_is_back_at_once_and_not_after_the_hold_time() {
    let (mut net, _) = pair(A, B);
    let (now, boot) = (net.now, Net::new(&[A]));
    net.routers[0] = boot.routers.into_iter().next().unwrap();
    net.restart_port(0, "eth1");
    assert!(net.now.since(now) < Duration::from_secs(1));
    net.pass(Duration::from_secs(60));
    assert!(knows(&mut net, 1, "198.51.100.0/24"));
    assert_eq!((connections(&net, 0), connections(&net, 1)), (1, 1));
}

#[test]
fn equal_passwords_open_and_others_are_counted_and_logged_once() {
    let with = |config: &str, asn: &str, password: &str| {
        edit(config, &format!("remote-as: {asn}}}"), &format!("remote-as: {asn}, password: {password}}}"))
    };
    let (mut net, _) = pair(&with(A, "65002", "secret"), &with(B, "65001", "secret"));
    assert!(knows(&mut net, 1, "198.51.100.0/24"));
    for (b, counter) in [(with(B, "65001", "other"), "md5-wrong"), (B.to_owned(), "md5-unexpected")] {
        let (mut net, _) = pair(&with(A, "65002", "secret"), &b);
        net.pass(Duration::from_secs(50));
        assert!(!knows(&mut net, 1, "198.51.100.0/24"));
        assert_eq!((connections(&net, 0), connections(&net, 1)), (0, 0));
        assert!(net.counter(1, counter) > 2, "{}", net.counter(1, counter));
        let lines = std::iter::from_fn(|| net.routers[1].poll_log());
        let told = lines.filter(|line| line.notice.topic == "tcp").count();
        assert_eq!(told, 1, "a minute has not passed");
    }
}

#[test]
fn gtsm_takes_what_is_near_and_counts_what_is_not() {
    let near = |config: &str, asn: &str| {
        edit(config, &format!("remote-as: {asn}}}"), &format!("remote-as: {asn}, ttl-security-hops: 1}}"))
    };
    let (mut net, _) = pair(&near(A, "65002"), &near(B, "65001"));
    assert!(knows(&mut net, 1, "198.51.100.0/24"));
    let (mut net, _) = pair(&near(A, "65002"), B);
    net.pass(Duration::from_secs(50));
    assert!(!knows(&mut net, 1, "198.51.100.0/24"));
    assert!(net.counter(0, "gtsm") > 2);
}

#[test]
fn a_session_over_ipv6_comes_up() {
    let over = |config: &str, from: &str, to: &str| edit(config, from, to);
    let a = over(A, "10.0.0.2: {", "2001:db8::2: {");
    let b = over(B, "10.0.0.1: {", "2001:db8::1: {");
    let (net, _) = pair(&a, &b);
    assert_eq!((connections(&net, 0), connections(&net, 1)), (1, 1));
}

#[test]
fn an_address_that_goes_takes_its_sessions_along() {
    let (mut net, _) = pair(A, B);
    set(&mut net, 0, Mode::Interface("eth1".to_owned()), "no ip address 10.0.0.1/24");
    assert_eq!(connections(&net, 0), 0);
    set(&mut net, 0, Mode::Interface("eth1".to_owned()), "ip address 10.0.0.1/24");
    net.pass(Duration::from_secs(200));
    assert!(knows(&mut net, 1, "198.51.100.0/24"));
}

#[test]
fn what_other_protocols_know_is_redistributed() {
    let a = edit(A, "networks: {198.51.100.0/24: {}}", "redistribute: {static: {}, connected: {}}");
    let (mut net, _) = pair(&a, B);
    assert!(knows(&mut net, 1, "198.51.100.0/24"), "static");
    assert!(knows(&mut net, 1, "192.0.2.1/32"), "connected");
    set(&mut net, 0, Mode::Config, "no ip route 198.51.100.0/24 blackhole");
    net.pass(Duration::from_secs(1));
    assert!(!knows(&mut net, 1, "198.51.100.0/24"));
}

#[test]
fn a_syn_to_nobody_is_refused_and_forgotten() {
    let (mut net, port) = pair(A, B);
    let before = net.routers[0].tcp.len();
    let syn = crate::stack::tcp::Segment {
        destination: "10.0.0.77:1024".parse().unwrap(),
        source: "10.0.0.1:179".parse().unwrap(),
        seq: 0,
        ack: Some(5),
        syn: true,
        fin: false,
        rst: false,
        window: 0,
        len: 1,
        at: 20,
    };
    // A RST for a segment that never was: from 10.0.0.77 to 10.0.0.1, and without ACK and RST it is a SYN.
    let mut packet = syn.refusal().unwrap();
    packet[20 + 13] = 2;
    packet[20 + 16..20 + 18].fill(0);
    let mut frame = BytesMut::from(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0][..]);
    frame.extend_from_slice(&packet);
    let now = net.now;
    let sum = fib::checksum::Sum::default().pseudo_header(
        "10.0.0.77".parse::<IpAddr>().unwrap(),
        "10.0.0.1".parse().unwrap(),
        6,
        packet.len() - 20,
    );
    let sum = sum.bytes(&packet[20..]).checksum();
    frame[14 + 36..14 + 38].copy_from_slice(&sum.to_be_bytes());
    net.routers[0].handle_frame(now, port, Frame::new(frame));
    assert_eq!(net.counter(0, "bad-segment"), 0);
    assert_eq!(net.routers[0].tcp.len(), before);
    net.pass(Duration::from_secs(1));
}
