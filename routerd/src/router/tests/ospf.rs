//! OSPF through whole routers: sockets, tables and the other protocols.

use super::Net;
use cli::reply::RouteView;
use cli::{Mode, Reply};
use core::time::Duration;

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

const LEFT: &str = "
interfaces:
  lo: {addresses: [10.255.0.1/32]}
  eth1: {addresses: [10.0.12.1/24]}
routes: [{prefix: 198.51.100.0/24, type: blackhole}]
ospf:
  networks: [{prefix: 10.0.0.0/8, area: 0}]
";
const MIDDLE: &str = "
interfaces:
  lo: {addresses: [10.255.0.2/32]}
  eth1: {addresses: [10.0.12.2/24]}
  eth2: {addresses: [10.0.23.2/24]}
ospf:
  networks: [{prefix: 10.0.0.0/8, area: 0}]
";
const RIGHT: &str = "
interfaces:
  lo: {addresses: [10.255.0.3/32]}
  eth1: {addresses: [10.0.23.3/24]}
ospf:
  networks: [{prefix: 10.0.0.0/8, area: 0}]
";

fn chain() -> Net {
    let mut net = Net::new(&[LEFT, MIDDLE, RIGHT]);
    net.wire((0, "eth1"), (1, "eth1"));
    net.wire((1, "eth2"), (2, "eth1"));
    net.pass(secs(60));
    net
}

fn best(net: &mut Net, router: usize, prefix: &str) -> Option<RouteView> {
    net.routes(router).into_iter().find(|r| r.prefix.to_string() == prefix && r.selected)
}

fn metric(net: &mut Net, router: usize, prefix: &str) -> Option<(fib::Protocol, u32)> {
    best(net, router, prefix).map(|r| (r.protocol, r.metric))
}

fn set(net: &mut Net, router: usize, mode: Mode, line: &str) {
    let reply = net.configure(router, mode, line);
    assert!(matches!(reply, Reply::Configured(_)), "{line}: {reply:?}");
}

#[test]
fn routers_on_wires_learn_each_others_networks() {
    let mut net = chain();
    assert_eq!(metric(&mut net, 2, "10.255.0.1/32"), Some((fib::Protocol::Ospf, 20)));
    assert_eq!(metric(&mut net, 0, "10.0.23.0/24"), Some((fib::Protocol::Ospf, 20)));
    assert_eq!(net.ping(2, "10.255.0.1", 100, false), 5);
}

#[test]
fn the_group_of_designated_routers_is_joined_by_those_two() {
    let net = chain();
    for (router, name) in [(0, "eth1"), (1, "eth1"), (1, "eth2"), (2, "eth1")] {
        let port = net.routers[router].ports.by_name(name).unwrap().id;
        let joined: Vec<String> = net.routers[router].forwarder.joined(port).map(|g| g.to_string()).collect();
        assert_eq!(joined, ["224.0.0.5", "224.0.0.6"], "two routers on a wire: DR and backup");
    }
}

#[test]
fn the_end_of_the_process_is_told_and_takes_its_routes() {
    let mut net = chain();
    let mut config = net.routers[0].config().clone();
    config.ospf = None;
    let now = net.now;
    net.routers[0].apply(now, config).unwrap();
    net.pass(secs(15));
    assert_eq!(best(&mut net, 2, "10.255.0.1/32"), None, "before the dead interval");
    assert!(net.routers[0].links.is_empty() && best(&mut net, 0, "10.0.23.0/24").is_none());
}

#[test]
fn rip_and_ospf_tell_each_other_what_they_know() {
    // LEFT speaks OSPF, MIDDLE both, RIGHT RIP.
    let rip = "rip: {networks: [10.0.23.0/24], timers: {update: 5, timeout: 15, garbage: 10}";
    let middle = MIDDLE.replace("10.0.0.0/8", "10.0.12.0/24")
        + "  redistribute: {rip: {}}\n"
        + rip
        + ", redistribute: {ospf: {metric: 3}}}\n";
    let right = RIGHT.split("ospf:").next().unwrap().to_owned()
        + "rip: {networks: [10.0.0.0/8], timers: {update: 5, timeout: 15, garbage: 10}}\n";
    let mut net = Net::new(&[LEFT, &middle, &right]);
    net.wire((0, "eth1"), (1, "eth1"));
    net.wire((1, "eth2"), (2, "eth1"));
    net.pass(secs(60));
    assert_eq!(metric(&mut net, 0, "10.255.0.3/32"), Some((fib::Protocol::Ospf, 20)), "external");
    assert_eq!(metric(&mut net, 2, "10.255.0.1/32"), Some((fib::Protocol::Rip, 4)));
    assert_eq!(net.ping(0, "10.255.0.3", 100, false), 0, "the network between is in neither");
    // The same network in both: OSPF wins by distance, and RIP's is no longer told to OSPF.
    let mut config = net.routers[1].config().clone();
    config.rip = None;
    let now = net.now;
    net.routers[1].apply(now, config).unwrap();
    net.pass(secs(30));
    assert_eq!(metric(&mut net, 0, "10.255.0.3/32"), None);
}

#[test]
fn a_redistributed_static_route_comes_and_goes() {
    let mut net = chain();
    let mut config = net.routers[0].config().clone();
    let ospf = config.ospf.as_mut().unwrap();
    ospf.redistribute.insert(fib::Protocol::Static, Default::default());
    let now = net.now;
    net.routers[0].apply(now, config).unwrap();
    net.pass(secs(15));
    assert_eq!(metric(&mut net, 2, "198.51.100.0/24"), Some((fib::Protocol::Ospf, 20)));
    set(&mut net, 0, Mode::Config, "no ip route 198.51.100.0/24 blackhole");
    net.pass(secs(15));
    assert_eq!(metric(&mut net, 2, "198.51.100.0/24"), None);
}

#[test]
fn equal_seeds_and_inputs_give_equal_runs() {
    let run = || {
        let mut net = chain();
        (net.routes(0), net.routers[1].next_timeout(), net.routes(2))
    };
    assert_eq!(run(), run());
}
