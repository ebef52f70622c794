//! BGP over links without addresses: neighbors are found by their router advertisements, and IPv4 goes by IPv6 next hops.

use super::Net;
use bgp::Family;
use bgp::show::{Neighbor, PeerState, SummaryQuery, SummaryState};
use cli::{Mode, Reply};
use core::net::IpAddr;
use core::time::Duration;
use fib::{PortId, Protocol, TableId};
use proto::Notice;

const SECOND: Duration = Duration::from_secs(1);

/// A router of AS 65000 + n with an IPv4 and an IPv6 loopback, and a neighbor on each of `links`.
fn config(n: u8, links: &[&str]) -> String {
    let neighbors: String = links
        .iter()
        .map(|link| {
            format!("    {link}: {{remote-as: external, families: {{ipv6-unicast: {{activate: true}}}}}}\n")
        })
        .collect();
    format!(
        "
interfaces:
  lo: {{addresses: [10.255.0.{n}/32, '2001:db8:ff::{n}/128']}}
bgp:
  asn: 6500{n}
  ebgp-requires-policy: false
  neighbors:
{neighbors}  families:
    ipv4-unicast: {{redistribute: {{connected: {{}}}}}}
    ipv6-unicast: {{redistribute: {{connected: {{}}}}}}
"
    )
}

/// `r1 eth1 -- eth1 r2`; the port is r1's.
fn pair() -> (Net, PortId) {
    let (a, b) = (config(1, &["eth1"]), config(2, &["eth1"]));
    let mut net = Net::new(&[&a, &b]);
    let port = net.wire((0, "eth1"), (1, "eth1"));
    net.pass(10 * SECOND);
    (net, port)
}

fn knows(net: &mut Net, router: usize, prefix: &str) -> bool {
    let prefix: fib::Prefix = prefix.parse().unwrap();
    let table = TableId::MAIN;
    net.routers[router].rib.best(table, prefix).is_some_and(|best| best.source.protocol == Protocol::Bgp)
}

fn connections(net: &Net, router: usize) -> usize {
    net.routers[router].tcp.open().count()
}

fn set(net: &mut Net, router: usize, mode: Mode, line: &str) {
    let reply = net.configure(router, mode, line);
    assert!(matches!(reply, Reply::Configured(_)), "{line}: {reply:?}");
}

fn neighbor(net: &mut Net, router: usize) -> Neighbor {
    let bgp = net.routers[router].machines.bgp.as_ref().unwrap();
    bgp.show_neighbors(net.now, None, None).neighbors.remove(0)
}

/// Why sessions have ended, by the log.
fn ends(net: &mut Net, router: usize) -> Vec<String> {
    let lines = std::iter::from_fn(|| net.routers[router].poll_log());
    let downs = lines.map(|line| line.notice).filter(|notice| notice.message == "neighbor is down");
    let reason = |notice: Notice| notice.fields.into_iter().find(|(name, _)| name == "reason");
    downs.filter_map(reason).map(|(_, why)| why).collect()
}

/// IPv6 networks that BGP knows.
fn entries(net: &Net, router: usize) -> u64 {
    let query = SummaryQuery { family: Some(Family::Ipv6), state: SummaryState::Any };
    let bgp = net.routers[router].machines.bgp.as_ref().unwrap();
    bgp.show_summary(net.now, &query).families.iter().map(|f| f.entries).sum()
}

#[test]
fn two_routers_find_each_other_and_reach_each_other_in_both_families() {
    let (mut net, _) = pair();
    for (router, far4, far6) in
        [(0, "10.255.0.2/32", "2001:db8:ff::2/128"), (1, "10.255.0.1/32", "2001:db8:ff::1/128")]
    {
        assert!(knows(&mut net, router, far4) && knows(&mut net, router, far6));
    }
    let routes = net.routes(0);
    let hop = routes.iter().find(|r| r.prefix.to_string() == "10.255.0.2/32").unwrap().next_hops[0].clone();
    assert_eq!(
        (hop.gateway, hop.interface.as_deref()),
        (Some("fe80::ff:fe00:2".parse().unwrap()), Some("eth1"))
    );
    assert_eq!(net.ping(0, "10.255.0.2", 100, false), 5);
    assert_eq!(net.ping(0, "2001:db8:ff::2", 100, false), 5);
    assert_eq!((connections(&net, 0), connections(&net, 1)), (1, 1));
}

#[test]
fn three_in_a_row_pass_on_what_they_hear() {
    let configs = [config(1, &["eth1"]), config(2, &["eth1", "eth2"]), config(3, &["eth1"])];
    let configs: Vec<&str> = configs.iter().map(String::as_str).collect();
    let mut net = Net::new(&configs);
    net.wire((0, "eth1"), (1, "eth1"));
    net.wire((1, "eth2"), (2, "eth1"));
    net.pass(20 * SECOND);
    assert!(knows(&mut net, 0, "10.255.0.3/32") && knows(&mut net, 2, "2001:db8:ff::1/128"));
    assert_eq!(net.ping(0, "10.255.0.3", 1000, false), 5);
    assert_eq!(net.ping(2, "2001:db8:ff::1", 1000, false), 5);
    assert_eq!(net.ping(0, "10.255.0.3", 9000, false), 5, "in fragments");
}

#[test]
fn the_networks_of_links_are_nobodys_business() {
    let (mut net, _) = pair();
    let routes = net.routers[1].rib.best_routes(TableId::MAIN);
    let by_bgp: Vec<String> = routes
        .filter(|(_, source, _)| source.protocol == Protocol::Bgp)
        .map(|(prefix, ..)| prefix.to_string())
        .collect();
    assert_eq!(by_bgp, ["10.255.0.1/32", "2001:db8:ff::1/128"]);
    assert_eq!(entries(&net, 0), 2, "ours and the neighbor's, and not fe80::/64");
    // A process that begins later hears what is there already.
    let config = net.routers[0].config().clone();
    set(&mut net, 0, Mode::Config, "no router bgp");
    let now = net.now;
    net.routers[0].apply(now, config).unwrap();
    net.pass(60 * SECOND);
    assert_eq!(entries(&net, 0), 2);
    assert!(knows(&mut net, 1, "10.255.0.1/32"), "and is found again");
}

#[test]
fn a_neighbor_that_says_good_bye_goes_at_once() {
    let (mut net, _) = pair();
    set(&mut net, 1, Mode::Interface("eth1".to_owned()), "shutdown");
    assert!(!knows(&mut net, 0, "10.255.0.2/32"));
    assert_eq!(connections(&net, 0), 0);
    let gone = neighbor(&mut net, 0);
    assert_eq!((gone.address, gone.state), (None, PeerState::Idle));
    assert_eq!(ends(&mut net, 0), ["Neighbor address lost"]);
    set(&mut net, 1, Mode::Interface("eth1".to_owned()), "no shutdown");
    net.pass(30 * SECOND);
    assert!(knows(&mut net, 0, "10.255.0.2/32"));
}

#[test]
fn a_neighbor_that_falls_silent_goes_with_its_router_lifetime() {
    let (mut net, port) = pair();
    let far = net.wires.remove(&(0, port)).unwrap();
    net.wires.remove(&far);
    net.pass(15 * SECOND);
    assert!(knows(&mut net, 0, "10.255.0.2/32"), "the lifetime is 30 s");
    net.pass(20 * SECOND);
    assert!(!knows(&mut net, 0, "10.255.0.2/32"), "and the hold time 180 s");
}

#[test]
fn a_lost_carrier_takes_the_neighbor_and_brings_it_back() {
    let (mut net, port) = pair();
    let now = net.now;
    net.routers[0].handle_carrier(now, port, false);
    assert!(!knows(&mut net, 0, "10.255.0.2/32"));
    assert_eq!(ends(&mut net, 0), ["Interface down"]);
    net.pass(60 * SECOND);
    let now = net.now;
    net.routers[0].handle_carrier(now, port, true);
    net.pass(60 * SECOND);
    assert!(knows(&mut net, 0, "10.255.0.2/32") && knows(&mut net, 1, "10.255.0.1/32"));
}

#[test]
fn another_router_at_the_other_end_is_another_neighbor() {
    let (mut net, _) = pair();
    let before = neighbor(&mut net, 0).address;
    let boot = Net::new(&[&config(2, &["eth1"])]);
    net.routers[1] = boot.routers.into_iter().next().unwrap();
    // Another MAC address, and so another link-local one.
    net.ports += 5;
    net.restart_port(1, "eth1");
    net.pass(60 * SECOND);
    let after = neighbor(&mut net, 0);
    assert!(after.address != before && after.state == PeerState::Established, "{after:?}");
    assert_eq!(net.ping(0, "10.255.0.2", 100, false), 5);
}

#[test]
fn a_neighbor_by_its_link_local_address_needs_no_address_of_ours() {
    let link = |n: u8, peer: &str, asn: u32| {
        let config = config(n, &["eth1"]);
        config
            .replace("    eth1: {", &format!("    '{peer}': {{interface: eth1, extended-nexthop: true, "))
            .replace("external", &asn.to_string())
    };
    let (a, b) = (link(1, "fe80::ff:fe00:2", 65002), link(2, "fe80::ff:fe00:1", 65001));
    let mut net = Net::new(&[&a, &b]);
    net.wire((0, "eth1"), (1, "eth1"));
    net.pass(10 * SECOND);
    assert!(knows(&mut net, 0, "10.255.0.2/32") && knows(&mut net, 1, "2001:db8:ff::1/128"));
    assert_eq!(net.counter(0, "router-advertisements-out"), 0, "nobody has to be found");
}

#[test]
fn a_neighbor_that_is_removed_is_told_and_the_port_keeps_silent() {
    let (mut net, port) = pair();
    set(&mut net, 0, Mode::Bgp, "no neighbor eth1 interface");
    assert!(!knows(&mut net, 1, "10.255.0.1/32"));
    let sent = net.counter(0, "router-advertisements-out");
    net.pass(60 * SECOND);
    assert_eq!(net.counter(0, "router-advertisements-out"), sent);
    assert_eq!(net.routers[0].forwarder.routers(port).count(), 0);
}

#[test]
fn advertisements_can_be_had_without_a_neighbor() {
    let (mut net, port) = pair();
    let address: IpAddr = neighbor(&mut net, 0).address.unwrap();
    set(&mut net, 0, Mode::Config, "no router bgp");
    assert_eq!(net.routers[0].forwarder.routers(port).count(), 0);
    set(&mut net, 0, Mode::Interface("eth1".to_owned()), "no ipv6 nd suppress-ra");
    set(&mut net, 0, Mode::Interface("eth1".to_owned()), "ipv6 nd ra-interval 5");
    net.pass(12 * SECOND);
    let heard: Vec<IpAddr> = net.routers[0].forwarder.routers(port).map(|(a, _)| a.into()).collect();
    assert_eq!(heard, [address]);
    let sent = net.counter(0, "router-advertisements-out");
    net.pass(60 * SECOND);
    assert!((11..20).contains(&(net.counter(0, "router-advertisements-out") - sent)));
}
