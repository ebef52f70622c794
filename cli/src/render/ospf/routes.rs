//! `show ip ospf route` and `show ip ospf border-routers`.

use super::super::object;
use ospf::show::{NetworkRoute, NextHop, PathKind, RouterRoute, Routes};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The three tables. A page that has only external routes goes on in the third.
pub(super) fn text(page: &Routes) -> String {
    let mut out = String::new();
    if page.after.is_none() {
        out.push_str("============ OSPF network routing table ============\n");
    }
    page.networks.iter().for_each(|route| network(&mut out, route));
    let is_begun = page.after.is_some_and(|(external, _)| external);
    if is_begun || (page.more.is_some() && page.externals.is_empty()) {
        page.externals.iter().for_each(|route| external(&mut out, route));
    } else {
        out.push('\n');
        out += &routers(&page.routers);
        out.push_str("============ OSPF external routing table ===========\n");
        page.externals.iter().for_each(|route| external(&mut out, route));
    }
    if page.more.is_none() {
        out.push_str("\n\n");
    }
    out
}

fn network(out: &mut String, route: &NetworkRoute) {
    let kind = if route.kind == PathKind::InterArea { "IA" } else { "  " };
    let prefix = route.prefix.to_string();
    let _ = writeln!(out, "N {kind} {prefix:<18}    [{}] area: {}", route.cost, route.area);
    ways(out, &route.next_hops);
}

fn external(out: &mut String, route: &NetworkRoute) {
    let prefix = route.prefix.to_string();
    let cost = match route.type2_cost {
        Some(metric) => format!("{}/{metric}", route.cost),
        None => route.cost.to_string(),
    };
    let _ = writeln!(out, "N {} {prefix:<18}    [{cost}] tag: {}", letters(route.kind), route.tag);
    ways(out, &route.next_hops);
}

fn letters(kind: PathKind) -> &'static str {
    if kind.is_type2() { "E2" } else { "E1" }
}

pub(super) fn border_routers(all: &[RouterRoute]) -> String {
    format!("{}\n", routers(all))
}

fn routers(all: &[RouterRoute]) -> String {
    let mut out = String::from("============ OSPF router routing table =============\n");
    for r in all {
        let id = r.router.to_string();
        let kind = if r.kind == PathKind::InterArea { "IA" } else { "  " };
        let abr = if r.abr { ", ABR" } else { "" };
        let asbr = if r.asbr { ", ASBR" } else { "" };
        let _ = writeln!(out, "R    {id:<15}    {kind} [{}] area: {}{abr}{asbr}", r.cost, r.area);
        ways(&mut out, &r.next_hops);
    }
    out.push('\n');
    out
}

fn ways(out: &mut String, hops: &[NextHop]) {
    for hop in hops {
        let _ = match hop.gateway {
            Some(gateway) => writeln!(out, "{:27}via {gateway}, {}", "", hop.interface),
            None => writeln!(out, "{:27}directly attached to {}", "", hop.interface),
        };
    }
}

/// One object for all three tables, by prefix or router ID.
pub(super) fn json(page: &Routes) -> Value {
    let mut all = Map::new();
    for route in &page.networks {
        let kind = if route.kind == PathKind::InterArea { "N IA" } else { "N" };
        let value = object(vec![
            ("routeType", Some(json!(kind))),
            ("cost", Some(json!(route.cost))),
            ("area", Some(json!(route.area))),
            ("nexthops", Some(ways_json(&route.next_hops))),
        ]);
        all.insert(route.prefix.to_string(), value);
    }
    for route in &page.routers {
        all.insert(route.router.to_string(), router_json(route));
    }
    for route in &page.externals {
        let is_nssa = matches!(route.kind, PathKind::Nssa1 | PathKind::Nssa2);
        let value = object(vec![
            ("routeType", Some(json!(format!("N {}", letters(route.kind))))),
            ("cost", Some(json!(route.cost))),
            ("type2cost", route.type2_cost.map(|c| json!(c))),
            ("tag", Some(json!(route.tag))),
            ("nssa", is_nssa.then_some(json!(true))),
            ("nexthops", Some(ways_json(&route.next_hops))),
        ]);
        all.insert(route.prefix.to_string(), value);
    }
    Value::Object(all)
}

pub(super) fn border_routers_json(all: &[RouterRoute]) -> Value {
    let routers: Map<String, Value> = all.iter().map(|r| (r.router.to_string(), router_json(r))).collect();
    json!({ "routers": routers })
}

fn router_json(r: &RouterRoute) -> Value {
    let inter = (r.kind == PathKind::InterArea).then_some(json!(true));
    object(vec![
        ("routeType", Some(json!("R "))),
        ("cost", Some(json!(r.cost))),
        ("area", Some(json!(r.area))),
        ("IA", inter.clone()),
        ("ia", inter),
        ("routerType", Some(json!(if r.abr { "abr" } else { "asbr" }))),
        ("abr", r.abr.then_some(json!(true))),
        ("asbr", r.asbr.then_some(json!(true))),
        ("nexthops", Some(ways_json(&r.next_hops))),
    ])
}

fn ways_json(hops: &[NextHop]) -> Value {
    let way = |hop: &NextHop| match hop.gateway {
        Some(gateway) => json!({ "ip": gateway, "via": hop.interface }),
        // A blank for an address, and both names: as ospfd has them.
        None => {
            json!({ "ip": " ", "directly attached to": hop.interface, "directlyAttachedTo": hop.interface })
        }
    };
    Value::Array(hops.iter().map(way).collect())
}
