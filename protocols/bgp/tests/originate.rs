//! Routes of the router's own: `network`, `redistribute`, `aggregate-address`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use bgp::Family;
use bgp::config::{Aggregate, Config, Redistribute};
use fib::{NextHop, Prefix, Protocol, Route, Source, Target};
use policy::Policy;
use proto::Redistributed;
use support::{Net, NodeId, config, peer, secs};

fn p(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn ospf(prefix: &str, metric: Option<u32>) -> Redistributed {
    let target = Target::Via(vec![NextHop::via("10.99.0.1".parse().unwrap())]);
    let route = metric.map(|metric| Route { metric, ..Route::new(Protocol::Ospf, target) });
    Redistributed { source: Source::new(Protocol::Ospf, 1), prefix: p(prefix), route }
}

/// Two external peers: `a` with this configuration, and one that listens.
fn pair(a: Config) -> (Net, NodeId, NodeId) {
    let mut net = Net::new(11);
    let a = net.add(a, Policy::default());
    let b = net.add(config(65_002, 1, &[]), Policy::default());
    peer(&mut net, a, b);
    net.run(secs(5));
    (net, a, b)
}

#[test]
fn a_network_waits_for_its_route_in_the_rib() {
    let mut checked = config(65_001, 0, &["192.0.2.0/24"]);
    checked.network_import_check = true;
    let (mut net, a, b) = pair(checked);
    assert!(!net.has(b, "192.0.2.0/24"));
    net.route(a, ospf("192.0.2.0/24", Some(10)));
    net.until(secs(5), "b has it", |n| n.has(b, "192.0.2.0/24"));
    net.route(a, ospf("192.0.2.0/24", None));
    net.until(secs(5), "b has lost it", |n| !n.has(b, "192.0.2.0/24"));
}

#[test]
fn redistributed_routes_come_and_go_with_the_configuration_and_carry_their_metric() {
    let (mut net, a, b) = pair(config(65_001, 0, &[]));
    net.route(a, ospf("192.0.2.0/24", Some(10)));
    net.run(secs(1));
    assert!(!net.has(b, "192.0.2.0/24"));
    let redistribute = |metric| {
        move |c: &mut Config| {
            let family = c.families.entry(Family::Ipv4).or_default();
            family.redistribute.insert(Protocol::Ospf, Redistribute { metric, route_map: None });
        }
    };
    net.change(a, redistribute(None));
    net.until(secs(5), "b has it", |n| n.has(b, "192.0.2.0/24"));
    assert_eq!(net.nodes[b].routes[&p("192.0.2.0/24")].metric, 10);
    net.change(a, redistribute(Some(77)));
    net.until(secs(5), "the MED is new", |n| n.nodes[b].routes[&p("192.0.2.0/24")].metric == 77);
    net.change(a, |c| c.families.clear());
    net.until(secs(5), "b has lost it", |n| !n.has(b, "192.0.2.0/24"));
}

#[test]
fn a_route_map_that_is_not_defined_lets_nothing_be_redistributed() {
    let mut mapped = config(65_001, 0, &[]);
    let redistribute = Redistribute { metric: None, route_map: Some("none".into()) };
    mapped.families.entry(Family::Ipv4).or_default().redistribute.insert(Protocol::Ospf, redistribute);
    let (mut net, a, b) = pair(mapped);
    net.route(a, ospf("192.0.2.0/24", Some(10)));
    net.run(secs(5));
    assert!(!net.has(b, "192.0.2.0/24"));
}

#[test]
fn an_aggregate_is_told_in_place_of_what_it_covers() {
    let (mut net, a, b) = pair(config(65_001, 0, &["10.1.1.0/24", "10.1.2.0/24"]));
    assert!(net.has(b, "10.1.1.0/24"));
    net.change(a, |c| {
        let only = Aggregate { summary_only: true, ..Aggregate::default() };
        c.families.entry(Family::Ipv4).or_default().aggregates.insert(p("10.1.0.0/16"), only);
    });
    net.until(secs(5), "only the aggregate", |n| {
        n.has(b, "10.1.0.0/16") && !n.has(b, "10.1.1.0/24") && !n.has(b, "10.1.2.0/24")
    });
    let discard = &net.nodes[a].routes[&p("10.1.0.0/16")];
    assert_eq!(discard.target, Target::Blackhole, "what is not there goes nowhere");
    net.change(a, |c| c.families.get_mut(&Family::Ipv4).unwrap().networks.clear());
    net.until(secs(5), "nothing is left", |n| n.nodes[b].routes.is_empty());
    assert!(!net.has(a, "10.1.0.0/16"));
}
