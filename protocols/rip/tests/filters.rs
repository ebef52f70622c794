//! Policy on the way in and out, and what other protocols bring.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use fib::{NextHop, PortId, Protocol, Route, Source, Target};
use policy::config::{AccessEntry, Action, Match, PrefixEntry, PrefixList, RouteMapEntry, Set};
use rip::Redistributed;
use rip::config::*;
use rip::wire::Rte;
use support::*;

fn lists() -> policy::Config {
    let mut config = policy::Config::default();
    let entry = |prefix: &str| AccessEntry {
        seq: 5,
        action: Action::Permit,
        prefix: Some(p(prefix)),
        exact_match: false,
    };
    config.access_lists.insert("SIXTEEN".into(), vec![entry("192.168.16.0/24")]);
    let prefix = PrefixEntry {
        seq: 5,
        action: Action::Permit,
        prefix: Some(p("192.168.0.0/16")),
        ge: Some(25),
        le: None,
    };
    config.prefix_lists.insert("LONG".into(), PrefixList { description: None, entries: vec![prefix] });
    config
}

fn map(entries: &[(Action, Match, Set)]) -> policy::Config {
    let mut config = lists();
    let entry = |(i, (action, matches, set)): (usize, &(Action, Match, Set))| RouteMapEntry {
        seq: (i as u16 + 1) * 10,
        action: *action,
        description: None,
        matches: matches.clone(),
        set: set.clone(),
        call: None,
        on_match: None,
    };
    config.route_maps.insert("MAP".into(), entries.iter().enumerate().map(entry).collect());
    config
}

/// A router with eth1 (10.0.1.1) and eth2 (10.0.2.1).
fn router(config: Config, policy: policy::Config) -> Net {
    let mut net = Net::new();
    net.add_with(config, policy);
    net.port(0, 1, "10.0.1.1/24");
    net.port(0, 2, "10.0.2.1/24");
    net
}

fn hear(net: &mut Net, entries: &[Rte]) {
    net.inject(0, 1, "10.0.1.2", response(entries));
}

/// What the last full update out of eth2 says: metric and tag.
fn told(net: &mut Net, prefix: &str) -> Option<(u32, u16)> {
    net.run_for(40);
    let last = net.responses(0, 2, secs(0)).pop().unwrap();
    last.entry(prefix).map(|e| (e.metric, e.tag))
}

fn static_route(tag: u32, metric: u32) -> Route {
    Route { tag, metric, ..Route::new(Protocol::Static, Target::Blackhole) }
}

fn bring(net: &mut Net, protocol: Protocol, prefix: &str, route: Option<Route>) {
    let route = Redistributed { source: Source::new(protocol, 0), prefix: p(prefix), route };
    net.nodes[0].rip.handle_route(net.now, route);
    net.drain();
}

fn redistribute(metric: Option<u8>, route_map: Option<&str>) -> Config {
    let mut c = config();
    let how = Redistribute { metric, route_map: route_map.map(str::to_owned) };
    c.redistribute.insert(Protocol::Static, how);
    c
}

fn distribute(list: ListName, direction: Direction, interface: Option<&str>) -> Config {
    let list = DistributeList { list, direction, interface: interface.map(str::to_owned) };
    Config { distribute_lists: vec![list], ..config() }
}

#[test]
fn distribute_lists_filter_what_is_learned_and_what_is_told() {
    let both = [rte("192.168.16.0/24", 1), rte("192.168.17.128/25", 1)];
    let acl = || ListName::AccessList("SIXTEEN".into());
    let mut net = router(distribute(acl(), Direction::In, None), lists());
    hear(&mut net, &both);
    assert_eq!(net.nodes[0].rib.len(), 1);
    assert_eq!((net.metric(0, "192.168.16.0/24"), net.counter(0, "entry-denied")), (Some(2), 1));
    let long = ListName::PrefixList("LONG".into());
    let mut net = router(distribute(long, Direction::In, Some("eth1")), lists());
    hear(&mut net, &both);
    assert_eq!(net.nodes[0].rib.keys().next(), Some(&p("192.168.17.128/25")));
    let mut net = router(distribute(acl(), Direction::Out, Some("eth2")), lists());
    hear(&mut net, &both);
    assert_eq!((net.nodes[0].rib.len(), told(&mut net, "192.168.16.0/24")), (2, Some((2, 0))));
    assert_eq!(told(&mut net, "192.168.17.128/25"), None);
    assert_eq!(told(&mut net, "10.0.1.0/24"), None, "our own networks too");
}

#[test]
fn a_list_that_comes_later_takes_back_what_it_denies() {
    let c = distribute(ListName::AccessList("SIXTEEN".into()), Direction::In, None);
    let mut net = router(c.clone(), policy::Config::default());
    hear(&mut net, &[rte("192.168.17.0/24", 1)]);
    assert_eq!(net.metric(0, "192.168.17.0/24"), Some(2), "a list that does not exist filters nothing");
    net.log.clear();
    net.apply(0, c, lists());
    assert!(net.sent(0, 1, secs(0))[0].packet().asks_for_all(), "the neighbors are asked again");
    hear(&mut net, &[rte("192.168.17.0/24", 1)]);
    assert_eq!((net.metric(0, "192.168.17.0/24"), net.shown(0, "192.168.17.0/24")), (None, Some(16)));
}

#[test]
fn offset_lists_are_the_cost_of_the_link_inwards_and_added_outwards() {
    let offset =
        |direction, metric| OffsetList { access_list: "SIXTEEN".into(), direction, metric, interface: None };
    let both = [rte("192.168.16.0/24", 2), rte("192.168.17.0/24", 2), rte("192.168.18.0/24", 15)];
    let mut net = router(Config { offset_lists: vec![offset(Direction::In, 5)], ..config() }, lists());
    hear(&mut net, &both);
    assert_eq!((net.metric(0, "192.168.16.0/24"), net.metric(0, "192.168.17.0/24")), (Some(7), Some(3)));
    assert_eq!(net.metric(0, "192.168.18.0/24"), None, "15 and a hop are infinity");
    let mut net = router(Config { offset_lists: vec![offset(Direction::Out, 14)], ..config() }, lists());
    hear(&mut net, &both);
    assert_eq!(told(&mut net, "192.168.16.0/24"), Some((16, 0)), "never beyond infinity");
    assert_eq!(told(&mut net, "192.168.17.0/24"), Some((3, 0)));
}

#[test]
fn route_maps_change_and_deny_in_and_out() {
    let set = |metric: &str| Set { metric: Some(metric.parse().unwrap()), tag: Some(9), ..Set::default() };
    let sixteen = Match { address: Some("SIXTEEN".into()), ..Match::default() };
    let policy = map(&[(Action::Permit, sixteen, set("+4"))]);
    let both = [rte("192.168.16.0/24", 2), rte("192.168.17.0/24", 2)];
    for direction in [Direction::In, Direction::Out] {
        let interface = if direction == Direction::In { "eth1" } else { "eth2" };
        let map = InterfaceRouteMap { route_map: "MAP".into(), direction, interface: interface.into() };
        let mut net = router(Config { route_maps: vec![map], ..config() }, policy.clone());
        hear(&mut net, &both);
        let learned = (net.metric(0, "192.168.16.0/24"), net.metric(0, "192.168.17.0/24"));
        let expected = if direction == Direction::In { (Some(7), None) } else { (Some(3), Some(3)) };
        assert_eq!(learned, expected);
        assert_eq!(told(&mut net, "192.168.16.0/24"), Some((7, 9)), "{direction:?}");
        assert_eq!(told(&mut net, "192.168.17.0/24"), None, "{direction:?}");
    }
}

#[test]
fn a_route_map_cannot_bring_a_lost_route_to_life() {
    let set = Set { metric: Some(policy::config::SetMetric::To(3)), ..Set::default() };
    let out =
        InterfaceRouteMap { route_map: "MAP".into(), direction: Direction::Out, interface: "eth2".into() };
    let policy = map(&[(Action::Permit, Match::default(), set)]);
    let mut net = router(Config { route_maps: vec![out], ..config() }, policy);
    hear(&mut net, &[rte("192.168.16.0/24", 1)]);
    assert_eq!(told(&mut net, "192.168.16.0/24"), Some((3, 0)));
    hear(&mut net, &[rte("192.168.16.0/24", 16)]);
    assert_eq!(told(&mut net, "192.168.16.0/24"), Some((16, 0)));
}

#[test]
fn tags_are_carried_and_a_new_tag_is_news() {
    let mut net = router(config(), lists());
    hear(&mut net, &[Rte { tag: 77, ..rte("192.168.16.0/24", 1) }]);
    assert_eq!(
        (net.nodes[0].rib[&p("192.168.16.0/24")].tag, told(&mut net, "192.168.16.0/24")),
        (77, Some((2, 77)))
    );
    hear(&mut net, &[Rte { tag: 78, ..rte("192.168.16.0/24", 1) }]);
    assert_eq!(net.nodes[0].rib[&p("192.168.16.0/24")].tag, 78);
}

#[test]
fn redistributed_routes_have_the_metric_of_the_map_or_the_line_or_the_default() {
    let told_as = |config: Config, policy: policy::Config| {
        let mut net = router(config, policy);
        bring(&mut net, Protocol::Static, "192.168.16.0/24", Some(static_route(70_007, 0)));
        told(&mut net, "192.168.16.0/24")
    };
    let tag = 70_007u32 as u16;
    assert_eq!(told_as(redistribute(None, None), lists()), Some((1, tag)));
    assert_eq!(told_as(Config { default_metric: 4, ..redistribute(None, None) }, lists()), Some((4, tag)));
    let line = || Config { default_metric: 4, ..redistribute(Some(6), None) };
    assert_eq!(told_as(line(), lists()), Some((6, tag)));
    let set = Set { metric: Some(policy::config::SetMetric::Add(2)), tag: Some(5), ..Set::default() };
    let mapped = redistribute(Some(6), Some("MAP"));
    assert_eq!(told_as(mapped.clone(), map(&[(Action::Permit, Match::default(), set)])), Some((8, 5)));
    let only = Match { address_prefix_list: Some("LONG".into()), ..Match::default() };
    assert_eq!(told_as(mapped.clone(), map(&[(Action::Permit, only, Set::default())])), None);
    assert_eq!(told_as(mapped, lists()), None, "a route map that does not exist denies");
    assert_eq!(told_as(config(), lists()), None, "nobody asked for it");
}

#[test]
fn a_redistributed_route_hides_the_learned_one_and_is_poisoned_when_it_goes() {
    let mut net = router(redistribute(Some(5), None), lists());
    hear(&mut net, &[rte("192.168.16.0/24", 1)]);
    assert_eq!(net.metric(0, "192.168.16.0/24"), Some(2));
    bring(&mut net, Protocol::Static, "192.168.16.0/24", Some(static_route(0, 0)));
    assert_eq!((net.metric(0, "192.168.16.0/24"), net.shown(0, "192.168.16.0/24")), (None, Some(5)));
    hear(&mut net, &[rte("192.168.16.0/24", 1)]);
    assert_eq!(net.metric(0, "192.168.16.0/24"), None, "neighbors are not believed about our own");
    bring(&mut net, Protocol::Static, "192.168.16.0/24", None);
    assert_eq!(net.shown(0, "192.168.16.0/24"), Some(16));
    hear(&mut net, &[rte("192.168.16.0/24", 1)]);
    assert_eq!(net.metric(0, "192.168.16.0/24"), Some(2));
}

#[test]
fn a_gateway_on_the_same_link_is_named_as_next_hop() {
    let mut net = router(redistribute(None, None), lists());
    let via = |gateway: &str, port| {
        Route::new(
            Protocol::Static,
            Target::Via(vec![NextHop::via_port(gateway.parse().unwrap(), PortId(port))]),
        )
    };
    bring(&mut net, Protocol::Static, "192.168.16.0/24", Some(via("10.0.2.9", 2)));
    bring(&mut net, Protocol::Static, "192.168.17.0/24", Some(via("10.0.1.9", 1)));
    net.run_for(40);
    let last = net.responses(0, 2, secs(0)).pop().unwrap();
    assert_eq!(last.entry("192.168.16.0/24").unwrap().next_hop, ip("10.0.2.9"));
    assert_eq!(last.entry("192.168.17.0/24").unwrap().next_hop, ip("0.0.0.0"));
}

#[test]
fn redistribution_configured_later_finds_what_was_handed_in_before() {
    let mut net = router(config(), lists());
    bring(&mut net, Protocol::Static, "192.168.16.0/24", Some(static_route(0, 0)));
    assert!(!net.nodes[0].rip.wants(Protocol::Static));
    assert_eq!(told(&mut net, "192.168.16.0/24"), None);
    net.apply(0, redistribute(None, None), lists());
    assert!(net.nodes[0].rip.wants(Protocol::Static));
    assert_eq!(told(&mut net, "192.168.16.0/24"), Some((1, 0)));
    net.apply(0, config(), lists());
    assert_eq!(told(&mut net, "192.168.16.0/24"), Some((16, 0)));
}

#[test]
fn our_own_networks_are_told_by_network_default_and_route() {
    let c = Config { default_information_originate: true, routes: vec![p("192.168.99.0/24")], ..config() };
    let mut net = router(c, lists());
    assert_eq!(told(&mut net, "0.0.0.0/0"), Some((1, 0)));
    assert_eq!(told(&mut net, "192.168.99.0/24"), Some((1, 0)));
    let kinds: Vec<(String, String, Protocol)> = net.nodes[0]
        .rip
        .table(net.now)
        .routes
        .into_iter()
        .map(|r| (r.prefix.to_string(), r.sub_type, r.protocol))
        .collect();
    let is = |prefix: &str, sub_type: &str, protocol| (prefix.to_owned(), sub_type.to_owned(), protocol);
    assert_eq!(
        kinds,
        [
            is("0.0.0.0/0", "default", Protocol::Rip),
            is("10.0.1.0/24", "interface", Protocol::Connected),
            is("10.0.2.0/24", "interface", Protocol::Connected),
            is("192.168.99.0/24", "static", Protocol::Rip),
        ]
    );
}

#[test]
fn distance_goes_into_the_rib_and_a_new_one_with_the_next_update() {
    let of = SourceDistance { distance: 77, source: p("10.0.1.2/32"), access_list: Some("SIXTEEN".into()) };
    let mut net = router(Config { distance: Some(99), distances: vec![of], ..config() }, lists());
    hear(&mut net, &[rte("192.168.16.0/24", 1), rte("192.168.17.0/24", 1)]);
    net.inject(0, 2, "10.0.2.2", response(&[rte("192.168.18.0/24", 1)]));
    let distance = |net: &Net, prefix: &str| net.nodes[0].rib[&p(prefix)].distance;
    assert_eq!((distance(&net, "192.168.16.0/24"), distance(&net, "192.168.17.0/24")), (77, 120));
    assert_eq!(distance(&net, "192.168.18.0/24"), 99);
    net.apply(0, config(), lists());
    hear(&mut net, &[rte("192.168.16.0/24", 1)]);
    assert_eq!(distance(&net, "192.168.16.0/24"), 120);
}
