//! `network` and `redistribute`.

use super::*;
use crate::config::{FamilyConfig, NetworkConfig, Redistribute};
use crate::table::networks::{Local, Networks};
use fib::{NextHop, Route, Source, Target};
use policy::bgp::Origin;
use proto::Redistributed;

const NET: &str = "192.0.2.0/24";

fn ospf(prefix: &str, metric: Option<u32>) -> Redistributed {
    let target = Target::Via(vec![NextHop::via(ip("10.0.0.9"))]);
    let route = metric.map(|metric| Route { metric, tag: 7, ..Route::new(Protocol::Ospf, target) });
    Redistributed { source: Source::new(Protocol::Ospf, 1), prefix: p(prefix), route }
}

fn config(networks: &[&str], redistribute: Option<Option<u32>>) -> FamilyConfig {
    FamilyConfig {
        networks: networks.iter().map(|net| (p(net), NetworkConfig::default())).collect(),
        redistribute: redistribute
            .map(|metric| (Protocol::Ospf, Redistribute { metric, route_map: None }))
            .into_iter()
            .collect(),
        ..FamilyConfig::default()
    }
}

fn told(networks: &mut Networks) -> BTreeMap<(Prefix, From), Option<Local>> {
    core::iter::from_fn(|| networks.poll()).map(|o| ((o.prefix, o.from), o.route)).collect()
}

#[test]
fn a_network_is_announced_while_the_rib_has_that_very_route() {
    let mut networks = Networks::new();
    networks.configure([&config(&[NET], None), &FamilyConfig::default()], true);
    let key = (p(NET), From::NETWORK);
    assert_eq!(told(&mut networks)[&key], None);
    networks.handle_route(ospf("192.0.2.0/25", Some(20)));
    assert!(!told(&mut networks).contains_key(&key), "a longer one is another");
    networks.handle_route(ospf(NET, Some(20)));
    let route = told(&mut networks).remove(&key).flatten().unwrap();
    assert_eq!((route.attributes.origin, route.attributes.med), (Origin::Igp, Some(0)));
    networks.handle_route(ospf(NET, None));
    assert_eq!(told(&mut networks)[&key], None);
    networks.configure([&config(&[NET], None), &FamilyConfig::default()], false);
    assert!(told(&mut networks)[&key].is_some(), "without the check it needs no route");
    networks.configure([&config(&[], None), &FamilyConfig::default()], false);
    assert_eq!(told(&mut networks)[&key], None);
}

#[test]
fn redistributed_routes_bring_metric_tag_and_gateway() {
    let mut networks = Networks::new();
    networks.handle_route(ospf(NET, Some(20)));
    told(&mut networks);
    let key = (p(NET), From::REDISTRIBUTED);
    networks.configure([&config(&[], Some(None)), &FamilyConfig::default()], true);
    let route = told(&mut networks).remove(&key).flatten().unwrap();
    assert_eq!(route.attributes.origin, Origin::Incomplete);
    assert_eq!((route.attributes.med, route.tag), (Some(20), 7));
    assert_eq!(route.attributes.next_hop, ip("10.0.0.9"));
    networks.configure([&config(&[], Some(Some(5))), &FamilyConfig::default()], true);
    assert_eq!(told(&mut networks)[&key].as_ref().unwrap().attributes.med, Some(5));
    networks.configure([&config(&[], None), &FamilyConfig::default()], true);
    assert_eq!(told(&mut networks)[&key], None);
}

#[test]
fn bgp_does_not_take_its_own_routes() {
    let mut networks = Networks::new();
    let own = Redistributed { source: Source::new(Protocol::Bgp, 0), ..ospf(NET, Some(1)) };
    networks.configure([&config(&[NET], None), &FamilyConfig::default()], true);
    told(&mut networks);
    networks.handle_route(own);
    assert!(told(&mut networks).is_empty());
}

#[test]
fn one_protocol_may_follow_another_in_any_order() {
    let mut networks = Networks::new();
    networks.configure([&config(&[NET], Some(None)), &FamilyConfig::default()], true);
    let fixed = Redistributed { source: Source::new(Protocol::Static, 1), ..ospf(NET, Some(0)) };
    networks.handle_route(ospf(NET, Some(20)));
    networks.handle_route(fixed);
    networks.handle_route(ospf(NET, None));
    let told = told(&mut networks);
    assert!(told[&(p(NET), From::NETWORK)].is_some());
    assert_eq!(told[&(p(NET), From::REDISTRIBUTED)], None, "static routes are not redistributed");
}

#[test]
fn our_own_routes_need_no_reachable_next_hop() {
    let mut lab = Lab::new();
    lab.world.insert(ip("10.0.0.9"), None);
    let ours = attributes(&[], "10.0.0.9");
    lab.update_from(p(NET), From::REDISTRIBUTED, &ours, Ok((&ours, 32768)));
    lab.settle();
    assert_eq!(lab.best(NET), Some(PeerIx::SELF));
    assert_eq!(lab.table.explain(&p(NET)).unwrap().best, Some(0));
}
