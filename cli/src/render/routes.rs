//! `show ip route` and `show ip fib`.

use super::{object, uptime};
use crate::reply::{FibPage, NextHopView, RouteView, RoutesPage};
use configs::config::Discard;
use fib::{Kind, Protocol};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

const CODES: &str = "\
Codes: C - connected, S - static, R - RIP, O - OSPF, B - BGP, L - local,
       > - selected route, * - FIB route

";

pub(super) fn text(page: &RoutesPage, first: bool) -> String {
    if page.detail {
        return detail(page, first);
    }
    let mut out = String::new();
    if first && !page.routes.is_empty() {
        out.push_str(CODES);
        if let Some(table) = page.table {
            let _ = writeln!(out, "Table {table}:");
        }
    }
    page.routes.iter().for_each(|route| line(&mut out, route));
    out
}

/// A route on a line, further next hops below it, aligned.
fn line(out: &mut String, route: &RouteView) {
    let letter = if route.local_kind.is_some() { 'L' } else { route.protocol.letter() };
    let selected = if route.selected { '>' } else { ' ' };
    let mut head = route.prefix.to_string();
    if route.protocol != Protocol::Connected && route.local_kind.is_none() {
        let _ = write!(head, " [{}/{}]", route.distance, route.metric);
    }
    let kind = route.local_kind.as_deref().filter(|k| *k != "local");
    let tail = format!("{}, {}", kind.map_or(String::new(), |k| format!(", {k}")), uptime(route.age_us));
    let mut start = format!("{letter}{selected}");
    if let Some(discard) = route.discard {
        let fib = mark(route.installed);
        let _ = writeln!(out, "{start}{fib} {head} unreachable ({}){tail}", discard_name(discard));
        return;
    }
    for hop in &route.next_hops {
        let fib = mark(route.installed && hop.active && !hop.recursive);
        let _ = writeln!(out, "{start}{fib} {head} {}{}{tail}", way(hop), weight(route, hop.weight));
        "  ".clone_into(&mut start);
        head = " ".repeat(head.len());
        for (gateway, interface) in ends(hop) {
            let fib = mark(route.installed && hop.active);
            let via = gateway.map_or_else(|| "is directly connected".to_owned(), |g| format!("via {g}"));
            let weight = weight(route, hop.weight);
            let _ = writeln!(out, "  {fib} {head}   {via}, {interface}{weight}{tail}");
        }
    }
    if route.next_hops.is_empty() {
        let _ = writeln!(out, "{start}{} {head}{tail}", mark(route.installed));
    }
}

/// What a recursive next hop ends at; others end at themselves.
fn ends(hop: &NextHopView) -> &[(Option<core::net::IpAddr>, String)] {
    if hop.recursive { &hop.resolved } else { &[] }
}

fn mark(installed: bool) -> char {
    if installed { '*' } else { ' ' }
}

fn weight(route: &RouteView, weight: u8) -> String {
    if route.protocol == Protocol::Connected { String::new() } else { format!(", weight {weight}") }
}

/// `via 10.0.0.1, eth1`, `is directly connected, eth1`.
fn way(hop: &NextHopView) -> String {
    let mut out = hop.gateway.map_or_else(|| "is directly connected".to_owned(), |g| format!("via {g}"));
    if hop.recursive {
        out.push_str(" (recursive)");
    } else if let Some(interface) = &hop.interface {
        let _ = write!(out, ", {interface}");
    }
    out.push_str(flags(hop));
    out
}

fn flags(hop: &NextHopView) -> &'static str {
    match (hop.active, hop.onlink) {
        (true, true) => " onlink",
        (true, false) => "",
        (false, true) => " inactive onlink",
        (false, false) => " inactive",
    }
}

fn discard_name(discard: Discard) -> &'static str {
    match discard {
        Discard::Blackhole => "blackhole",
        Discard::Unreachable => "ICMP unreachable",
        Discard::Prohibit => "ICMP admin-prohibited",
    }
}

fn detail(page: &RoutesPage, first: bool) -> String {
    let mut out = String::new();
    if first && page.routes.is_empty() {
        out.push_str("% Network not in table\n");
    }
    for route in &page.routes {
        let tag = if route.tag == 0 { String::new() } else { format!(", tag {}", route.tag) };
        let best = if route.selected { ", best" } else { "" };
        let (protocol, distance, metric) = (route.protocol, route.distance, route.metric);
        let _ = writeln!(out, "Routing entry for {}", route.prefix);
        let _ = writeln!(out, "  Known via \"{protocol}\", distance {distance}, metric {metric}{tag}{best}");
        if let Some(why) = &route.why_not {
            let _ = writeln!(out, "  Not best: {why}");
        }
        if let Some(kind) = ospf_kind(route) {
            let _ = writeln!(out, "  OSPF route type: {kind}");
        }
        let _ = writeln!(out, "  Last update {} ago", uptime(route.age_us));
        if let Some(discard) = route.discard {
            let _ = writeln!(out, "  {} unreachable ({})", mark(route.installed), discard_name(discard));
        }
        for hop in &route.next_hops {
            let fib = mark(route.installed && hop.active && !hop.recursive);
            let to = match (hop.gateway, &hop.interface) {
                (Some(gateway), _) if hop.recursive => format!("{gateway} (recursive)"),
                (Some(gateway), Some(interface)) => format!("{gateway}, via {interface}"),
                (Some(gateway), None) => gateway.to_string(),
                (None, interface) => format!("directly connected, {}", interface.as_deref().unwrap_or("?")),
            };
            let (flags, weight) = (flags(hop), weight(route, hop.weight));
            let _ = writeln!(out, "  {fib} {to}{flags}{weight}");
            for (gateway, interface) in ends(hop) {
                let to = gateway.map_or_else(
                    || format!("directly connected, {interface}"),
                    |gateway| format!("{gateway}, via {interface}"),
                );
                let _ = writeln!(out, "  {}   {to}{weight}", mark(route.installed && hop.active));
            }
        }
        out.push('\n');
    }
    out
}

/// What IOS tells by letters behind the `O`; FRR's table does not.
fn ospf_kind(route: &RouteView) -> Option<&'static str> {
    (route.protocol == Protocol::Ospf).then_some(match route.kind {
        Kind::InterArea => "inter-area",
        Kind::External1 => "external type 1",
        Kind::External2 => "external type 2",
        Kind::Nssa1 => "NSSA external type 1",
        Kind::Nssa2 => "NSSA external type 2",
        Kind::Plain | Kind::Internal => "intra-area",
    })
}

/// An object by prefix, each an array of candidates, as FRR's.
pub(super) fn json(page: &RoutesPage) -> Value {
    let mut all: Map<String, Value> = Map::new();
    let table = page.table.map_or(254, |t| t.0);
    for route in &page.routes {
        let candidates = all.entry(route.prefix.to_string()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(candidates) = candidates {
            candidates.push(candidate(route, table));
        }
    }
    Value::Object(all)
}

fn candidate(route: &RouteView, table: u32) -> Value {
    let yes = |b: bool| b.then(|| json!(true));
    let hops: Vec<Value> = match route.discard {
        Some(discard) => vec![object(vec![
            ("fib", yes(route.installed)),
            ("unreachable", Some(json!(true))),
            ("blackhole", yes(discard == Discard::Blackhole)),
            ("reject", yes(discard == Discard::Unreachable)),
            ("admin-prohibited", yes(discard == Discard::Prohibit)),
            ("active", Some(json!(true))),
        ])],
        None => route.next_hops.iter().flat_map(|hop| next_hop(route, hop)).collect(),
    };
    object(vec![
        ("prefix", Some(json!(route.prefix.to_string()))),
        ("prefixLen", Some(json!(route.prefix.len()))),
        ("protocol", Some(json!(route.local_kind.as_deref().unwrap_or(route.protocol.name())))),
        ("vrfId", Some(json!(0))),
        ("vrfName", Some(json!("default"))),
        ("selected", yes(route.selected)),
        ("destSelected", yes(route.selected)),
        ("distance", Some(json!(route.distance))),
        ("metric", Some(json!(route.metric))),
        ("tag", (route.tag != 0).then(|| json!(route.tag))),
        ("installed", yes(route.installed)),
        ("table", Some(json!(table))),
        ("internalNextHopNum", Some(json!(hops.len()))),
        ("internalNextHopActiveNum", Some(json!(hops.iter().filter(|h| h.get("active").is_some()).count()))),
        ("uptime", Some(json!(uptime(route.age_us)))),
        ("ospfRouteType", ospf_kind(route).map(|kind| json!(kind))),
        ("reason", route.why_not.as_ref().map(|why| json!(why))),
        ("nexthops", Some(Value::Array(hops))),
    ])
}

/// A next hop, followed by what it resolves to.
fn next_hop(route: &RouteView, hop: &NextHopView) -> Vec<Value> {
    let yes = |b: bool| b.then(|| json!(true));
    let afi = |v4: bool| json!(if v4 { "ipv4" } else { "ipv6" });
    let weight = (route.protocol != Protocol::Connected).then(|| json!(hop.weight));
    let mut all = vec![object(vec![
        ("fib", yes(route.installed && hop.active && !hop.recursive)),
        ("directlyConnected", yes(hop.gateway.is_none())),
        ("ip", hop.gateway.map(|g| json!(g.to_string()))),
        ("afi", hop.gateway.map(|g| afi(g.is_ipv4()))),
        ("interfaceName", hop.interface.as_ref().map(|i| json!(i))),
        ("active", yes(hop.active)),
        ("recursive", yes(hop.recursive)),
        ("onLink", yes(hop.onlink)),
        ("weight", weight.clone()),
    ])];
    all.extend(ends(hop).iter().map(|(gateway, interface)| {
        object(vec![
            ("fib", yes(route.installed && hop.active)),
            ("directlyConnected", yes(gateway.is_none())),
            ("ip", gateway.map(|g| json!(g.to_string()))),
            ("afi", gateway.map(|g| afi(g.is_ipv4()))),
            ("interfaceName", Some(json!(interface))),
            ("resolver", Some(json!(true))),
            ("active", yes(hop.active)),
            ("weight", weight.clone()),
        ])
    }));
    all
}

/// How many routes of which source, gathered page by page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Of each protocol: known, installed.
    counts: BTreeMap<Protocol, (u64, u64)>,
}

impl Summary {
    /// Of these routes.
    pub fn of(routes: &[RouteView]) -> Summary {
        let mut summary = Summary::default();
        summary.add(routes);
        summary
    }

    /// These as well.
    pub fn add(&mut self, routes: &[RouteView]) {
        for route in routes {
            let (known, installed) = self.counts.entry(route.protocol).or_default();
            *known = known.saturating_add(1);
            *installed = installed.saturating_add(u64::from(route.installed));
        }
    }

    fn totals(&self) -> (u64, u64) {
        self.counts.values().fold((0, 0), |(a, b), (x, y)| (a.saturating_add(*x), b.saturating_add(*y)))
    }

    /// As FRR prints it.
    pub fn text(&self) -> String {
        let (known, installed) = self.totals();
        let mut out = format!("{:<20} {:<20} {}\n", "Route Source", "Routes", "FIB  (vrf default)");
        for (protocol, (known, installed)) in &self.counts {
            let _ = writeln!(out, "{protocol:<20} {known:<20} {installed}");
        }
        let _ = writeln!(out, "------\n{:<20} {known:<20} {installed}", "Totals");
        out
    }

    /// As FRR names it.
    pub fn json(&self) -> Value {
        let (known, installed) = self.totals();
        let one =
            |(p, (rib, fib)): (&Protocol, &(u64, u64))| json!({ "fib": fib, "rib": rib, "type": p.name() });
        let routes: Vec<Value> = self.counts.iter().map(one).collect();
        json!({ "routes": routes, "routesTotal": known, "routesTotalFib": installed })
    }
}

pub(super) fn fib(page: &FibPage, first: bool) -> String {
    let mut out = String::new();
    if first {
        let _ = writeln!(out, "{:<20} {:<12} {:>6}  Adjacency", "Prefix", "Action", "Group");
    }
    for entry in &page.entries {
        let prefix = entry.prefix.to_string();
        let group = entry.group.map_or_else(|| "-".to_owned(), |g| g.to_string());
        let mut start = format!("{prefix:<20} {:<12} {group:>6}", entry.action);
        if entry.adjacencies.is_empty() {
            let _ = writeln!(out, "{start}");
        }
        for (gateway, interface, mac) in &entry.adjacencies {
            let via = gateway.map_or_else(|| "connected".to_owned(), |g| format!("via {g}"));
            let mac = mac.as_ref().map_or_else(String::new, |mac| format!(" {mac}"));
            let _ = writeln!(out, "{start}  {via} {interface}{mac}");
            start = " ".repeat(start.len());
        }
    }
    out
}

pub(super) fn fib_json(page: &FibPage) -> Value {
    let mut all = Map::new();
    for entry in &page.entries {
        let adjacency = |(gateway, interface, mac): &(Option<core::net::IpAddr>, String, Option<String>)| {
            object(vec![
                ("ip", gateway.map(|g| json!(g.to_string()))),
                ("interfaceName", Some(json!(interface))),
                ("mac", mac.as_ref().map(|m| json!(m))),
            ])
        };
        let adjacencies: Vec<Value> = entry.adjacencies.iter().map(adjacency).collect();
        let value = object(vec![
            ("prefix", Some(json!(entry.prefix.to_string()))),
            ("action", Some(json!(entry.action))),
            ("group", entry.group.map(|g| json!(g))),
            ("adjacencies", Some(Value::Array(adjacencies))),
        ]);
        all.insert(entry.prefix.to_string(), value);
    }
    Value::Object(all)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::render) fn route(prefix: &str, protocol: Protocol, hops: Vec<NextHopView>) -> RouteView {
        RouteView {
            prefix: prefix.parse().unwrap(),
            protocol,
            instance: 0,
            kind: Kind::Plain,
            distance: protocol.distance(),
            metric: 0,
            tag: 0,
            selected: true,
            installed: true,
            age_us: 12_000_000,
            discard: None,
            local_kind: None,
            next_hops: hops,
            why_not: None,
            preferred_source: None,
        }
    }

    pub(in crate::render) fn hop(gateway: &str, interface: &str) -> NextHopView {
        NextHopView {
            gateway: gateway.parse().ok(),
            interface: Some(interface.to_owned()).filter(|i| !i.is_empty()),
            active: true,
            recursive: false,
            onlink: false,
            weight: 1,
            resolved: Vec::new(),
        }
    }

    /// One of each shape.
    pub(in crate::render) fn page() -> RoutesPage {
        let rip =
            RouteView { metric: 2, ..route("10.0.3.0/24", Protocol::Rip, vec![hop("10.0.12.2", "eth1")]) };
        let floating = RouteView {
            distance: 250,
            selected: false,
            installed: false,
            why_not: Some("distance 250 > 120".to_owned()),
            ..route("10.0.3.0/24", Protocol::Static, vec![hop("10.0.12.9", "eth1")])
        };
        let recursive = NextHopView {
            recursive: true,
            interface: None,
            resolved: vec![("10.0.12.2".parse().ok(), "eth1".to_owned())],
            ..hop("10.2.2.2", "")
        };
        RoutesPage {
            routes: vec![
                rip,
                floating,
                route("10.0.12.0/24", Protocol::Connected, vec![hop("", "eth1")]),
                route("10.6.0.0/16", Protocol::Static, vec![recursive]),
                RouteView {
                    discard: Some(Discard::Blackhole),
                    ..route("10.8.0.0/16", Protocol::Static, vec![])
                },
                route(
                    "10.9.0.0/16",
                    Protocol::Static,
                    vec![hop("10.0.12.2", "eth1"), hop("10.0.12.3", "eth1")],
                ),
            ],
            ..RoutesPage::default()
        }
    }

    #[test]
    fn the_table_looks_like_frr_s() {
        let expected = "\
R>* 10.0.3.0/24 [120/2] via 10.0.12.2, eth1, weight 1, 00:00:12
S   10.0.3.0/24 [250/0] via 10.0.12.9, eth1, weight 1, 00:00:12
C>* 10.0.12.0/24 is directly connected, eth1, 00:00:12
S>  10.6.0.0/16 [1/0] via 10.2.2.2 (recursive), weight 1, 00:00:12
  *                     via 10.0.12.2, eth1, weight 1, 00:00:12
S>* 10.8.0.0/16 [1/0] unreachable (blackhole), 00:00:12
S>* 10.9.0.0/16 [1/0] via 10.0.12.2, eth1, weight 1, 00:00:12
  *                   via 10.0.12.3, eth1, weight 1, 00:00:12
";
        assert_eq!(text(&page(), true), format!("{CODES}{expected}"));
        assert_eq!(text(&page(), false), expected, "the codes are said once");
    }

    #[test]
    fn a_next_hop_on_the_link_is_told_once_whatever_it_resolves_to() {
        let direct = NextHopView { resolved: vec![(None, "eth1".to_owned())], ..hop("10.0.12.2", "eth1") };
        let page = RoutesPage { routes: vec![route("10.0.3.0/24", Protocol::Rip, vec![direct])], ..page() };
        assert_eq!(text(&page, false).lines().count(), 1);
        assert_eq!(json(&page)["10.0.3.0/24"][0]["nexthops"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn one_network_is_told_in_detail() {
        let mut page = page();
        page.detail = true;
        page.routes.truncate(2);
        let expected = "\
Routing entry for 10.0.3.0/24
  Known via \"rip\", distance 120, metric 2, best
  Last update 00:00:12 ago
  * 10.0.12.2, via eth1, weight 1

Routing entry for 10.0.3.0/24
  Known via \"static\", distance 250, metric 0
  Not best: distance 250 > 120
  Last update 00:00:12 ago
    10.0.12.9, via eth1, weight 1

";
        assert_eq!(text(&page, true), expected);
        let none = RoutesPage { detail: true, ..RoutesPage::default() };
        assert_eq!(text(&none, true), "% Network not in table\n");
    }

    #[test]
    fn the_type_of_an_ospf_route_is_told_beside_frr_s_letter() {
        let far = RouteView {
            metric: 20,
            kind: Kind::InterArea,
            ..route("10.0.2.0/24", Protocol::Ospf, vec![hop("10.0.0.2", "eth0")])
        };
        let page = RoutesPage { routes: vec![far], ..RoutesPage::default() };
        let line = "O>* 10.0.2.0/24 [110/20] via 10.0.0.2, eth0, weight 1, 00:00:12\n";
        assert_eq!(text(&page, false), line);
        assert_eq!(json(&page)["10.0.2.0/24"][0]["ospfRouteType"], "inter-area");
        let detail = RoutesPage { detail: true, ..page };
        assert!(text(&detail, true).contains("  OSPF route type: inter-area\n"));
    }

    #[test]
    fn json_has_frr_s_shape_and_names() {
        let value = json(&page());
        let rip = &value["10.0.3.0/24"][0];
        assert_eq!(rip["protocol"], "rip");
        assert_eq!(
            (&rip["selected"], &rip["destSelected"], &rip["installed"]),
            (&json!(true), &json!(true), &json!(true))
        );
        assert_eq!(
            (&rip["distance"], &rip["metric"], &rip["prefixLen"]),
            (&json!(120), &json!(2), &json!(24))
        );
        assert_eq!(rip["uptime"], "00:00:12");
        let hop = &rip["nexthops"][0];
        assert_eq!(
            (&hop["ip"], &hop["afi"], &hop["interfaceName"]),
            (&json!("10.0.12.2"), &json!("ipv4"), &json!("eth1"))
        );
        assert_eq!((&hop["fib"], &hop["active"], &hop["weight"]), (&json!(true), &json!(true), &json!(1)));
        assert_eq!(value["10.0.3.0/24"][1].get("selected"), None);
        assert_eq!(value["10.0.12.0/24"][0]["nexthops"][0]["directlyConnected"], true);
        assert_eq!(value["10.6.0.0/16"][0]["nexthops"][1]["resolver"], true);
        assert_eq!(value["10.8.0.0/16"][0]["nexthops"][0]["blackhole"], true);
    }

    #[test]
    fn the_summary_counts_by_source() {
        let summary = Summary::of(&page().routes);
        assert!(
            summary.text().contains("static               4                    3\n"),
            "{}",
            summary.text()
        );
        assert_eq!(summary.json()["routesTotal"], 6);
    }

    #[test]
    fn the_fib_lists_adjacencies() {
        let entry = crate::reply::FibView {
            prefix: "10.0.3.0/24".parse().unwrap(),
            group: Some(7),
            action: "forward".to_owned(),
            adjacencies: vec![(
                "10.0.12.2".parse().ok(),
                "eth1".to_owned(),
                Some("02:00:00:00:00:02".to_owned()),
            )],
        };
        let page = FibPage { entries: vec![entry], more: None };
        let line = "10.0.3.0/24          forward           7  via 10.0.12.2 eth1 02:00:00:00:00:02\n";
        assert_eq!(fib(&page, false), line);
        assert_eq!(fib_json(&page)["10.0.3.0/24"]["adjacencies"][0]["mac"], "02:00:00:00:00:02");
    }
}
