//! One destination with its paths.

use super::table::{origin_name, scope, validity};
use super::{object, span, yes};
use bgp::settings::PeerKind;
use bgp::show::{Entry, PathView, Sourced};
use core::net::IpAddr;
use policy::bgp::SegmentKind;
use serde_json::{Map, Value, json};
use std::fmt::Write;

pub(super) fn text(entry: &Entry) -> String {
    let Some(e) = &entry.found else { return "% Network not in table\n".to_owned() };
    let mut out = format!("BGP routing table entry for {}\n", e.prefix);
    let best = e.best.map_or_else(|| "no best path".to_owned(), |n| format!("best #{n}, table default"));
    let suppressed = if e.suppressed { ", Advertisements suppressed by an aggregate." } else { "" };
    let _ = writeln!(out, "Paths: ({} available, {best}{suppressed})", e.available);
    if e.advertised_to.is_empty() {
        out.push_str("  Not advertised to any peer\n");
    } else {
        let names = e.advertised_to.join(" ");
        let _ = writeln!(out, "  Advertised to non peer-group peers:\n  {names}");
    }
    e.paths.iter().for_each(|(_, path)| describe(&mut out, path, "  "));
    out
}

/// A path on several lines, as FRR describes it.
pub(super) fn describe(out: &mut String, path: &PathView, indent: &str) {
    let _ = writeln!(out, "{indent}{}", headline(path));
    let _ = writeln!(out, "{indent}  {}", way(path));
    if let Some(address) = path.row.link_local {
        let state = if path.accessible { "used" } else { "inaccessible" };
        let _ = writeln!(out, "{indent}  ({address}) ({state})");
    }
    let _ = writeln!(out, "{indent}    {}", attributes(path));
    let lists = [
        ("Community", &path.communities),
        ("Extended Community", &path.extended_communities),
        ("Large Community", &path.large_communities),
    ];
    for (name, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
        let _ = writeln!(out, "{indent}    {name}: {}", list.join(" "));
    }
    if let Some(line) = reflected(path) {
        let _ = writeln!(out, "{indent}    {line}");
    }
    for (flags, code, value) in &path.unknown {
        let _ = writeln!(out, "{indent}    Unknown attribute {code}, flags {flags:#04x}: {value}");
    }
    if let Some(id) = path.row.path_id {
        let _ = writeln!(out, "{indent}    AddPath ID: RX {id}");
    }
    if let Some(ms) = path.stale_ms {
        let _ = writeln!(out, "{indent}    Time until Graceful Restart stale route deleted: {}", ms / 1000);
    }
    let _ = writeln!(out, "{indent}    Last update: {} ago", span(path.age_ms));
}

/// `65001 65002, (aggregated by 65002 9.9.9.9), (Received from a RR-client)`
fn headline(path: &PathView) -> String {
    let mut line = match path.row.as_path.as_str() {
        "" => "Local".to_owned(),
        text => text.to_owned(),
    };
    if path.row.status.stale {
        line.push_str(", (stale)");
    }
    if let Some(a) = path.aggregator {
        let _ = write!(line, ", (aggregated by {} {})", a.asn, a.router);
    }
    if path.peer.reflector_client {
        line.push_str(", (Received from a RR-client)");
    }
    if path.peer.server_client {
        line.push_str(", (Received from a RS-client)");
    }
    if path.row.status.refused {
        line.push_str(", (refused by policy)");
    }
    line
}

/// `10.0.0.9 (metric 20) from 10.0.0.1 (1.1.1.1)`
fn way(path: &PathView) -> String {
    let mut line = path.row.next_hop.to_string();
    match path.igp_metric {
        _ if !path.accessible => line.push_str(" (inaccessible)"),
        Some(metric) if metric > 0 => {
            let _ = write!(line, " (metric {metric})");
        }
        _ => {}
    }
    let router = path.originator_id.unwrap_or(path.peer.router_id);
    let _ = write!(line, " from {} ({router})", path.peer.name);
    line
}

fn attributes(path: &PathView) -> String {
    let row = &path.row;
    let mut line = format!("Origin {}", origin_name(row.origin));
    let numbers = [
        ("metric", row.med),
        ("localpref", row.local_pref),
        ("weight", Some(row.weight).filter(|n| *n != 0)),
        ("tag", Some(path.tag).filter(|n| *n != 0)),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            let _ = write!(line, ", {name} {number}");
        }
    }
    line.push_str(if row.status.valid { ", valid" } else { ", invalid" });
    line.push_str(match (path.peer.kind, path.sourced) {
        (Some(PeerKind::Internal), _) => ", internal",
        (Some(PeerKind::Confederation), _) => ", confed-external",
        (Some(PeerKind::External), _) => ", external",
        (None, Some(Sourced::Aggregate)) => ", aggregated, local",
        (None, Some(Sourced::Network)) => ", sourced, local",
        (None, _) => ", sourced",
    });
    if path.atomic_aggregate {
        line.push_str(", atomic-aggregate");
    }
    if let Some(asn) = path.only_to_customer {
        let _ = write!(line, ", otc {asn}");
    }
    if row.status.multipath {
        line.push_str(", multipath");
    }
    if row.status.best {
        line.push_str(", best");
        if let Some(reason) = &row.reason {
            let _ = write!(line, " ({reason})");
        }
    }
    if let Some(state) = row.rpki {
        let _ = write!(line, ", rpki validation-state: {}", validity(state));
    }
    line
}

/// `Originator: 7.7.7.7, Cluster list: 1.1.1.1 2.2.2.2`
fn reflected(path: &PathView) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(path.originator_id.map(|id| format!("Originator: {id}")));
    if !path.cluster_list.is_empty() {
        let ids: Vec<String> = path.cluster_list.iter().map(ToString::to_string).collect();
        parts.push(format!("Cluster list: {}", ids.join(" ")));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

pub(super) fn json(entry: &Entry) -> Value {
    let Some(e) = &entry.found else { return Value::Object(Map::new()) };
    let told: Map<String, Value> = e.advertised_to.iter().map(|name| (name.clone(), json!({}))).collect();
    object(vec![
        ("prefix", Some(json!(e.prefix.to_string()))),
        ("advertisedTo", Some(Value::Object(told)).filter(|_| !e.advertised_to.is_empty())),
        ("paths", Some(e.paths.iter().map(|(_, path)| path_json(path)).collect())),
    ])
}

fn path_json(path: &PathView) -> Value {
    let row = &path.row;
    let s = row.status;
    let number = |n: u32| Some(n).filter(|n| *n != 0).map(|n| json!(n));
    let own = path.peer.kind.is_none();
    let aggregated = own && path.sourced == Some(Sourced::Aggregate);
    let network = own && path.sourced == Some(Sourced::Network);
    let best = s.best.then(|| {
        object(vec![
            ("overall", Some(json!(true))),
            ("selectionReason", row.reason.as_ref().map(|why| json!(why))),
        ])
    });
    object(vec![
        ("aspath", Some(as_path(path))),
        ("stale", yes(s.stale)),
        ("aggregatorAs", path.aggregator.map(|a| json!(a.asn))),
        ("aggregatorId", path.aggregator.map(|a| json!(a.router.to_string()))),
        ("rxedFromRrClient", yes(path.peer.reflector_client)),
        ("rxedFromRsClient", yes(path.peer.server_client)),
        ("refusedByPolicy", yes(s.refused)),
        ("origin", Some(json!(origin_name(row.origin)))),
        ("metric", row.med.map(|n| json!(n))),
        ("locPrf", row.local_pref.map(|n| json!(n))),
        ("weight", number(row.weight)),
        ("tag", number(path.tag)),
        ("valid", Some(json!(s.valid))),
        ("aggregated", yes(aggregated)),
        ("sourced", yes(own && !aggregated)),
        ("local", yes(aggregated || network)),
        ("atomicAggregate", yes(path.atomic_aggregate)),
        ("otc", path.only_to_customer.map(|n| json!(n))),
        ("multipath", yes(s.multipath)),
        ("bestpath", best),
        ("rpkiValidationState", row.rpki.map(|state| json!(validity(state)))),
        ("community", list(&path.communities)),
        ("extendedCommunity", strings(&path.extended_communities)),
        ("largeCommunity", list(&path.large_communities)),
        ("originatorId", path.originator_id.map(|id| json!(id.to_string()))),
        ("clusterList", cluster_list(path)),
        ("unknownAttributes", unknown(path)),
        ("addpathRxId", row.path_id.map(|id| json!(id))),
        ("gracefulRestartStaleSecs", path.stale_ms.map(|ms| json!(ms / 1000))),
        (
            "lastUpdate",
            Some(json!({ "agoMsec": path.age_ms, "string": format!("{} ago", span(path.age_ms)) })),
        ),
        ("nexthops", Some(Value::Array(next_hops(path)))),
        ("peer", Some(peer(path))),
    ])
}

fn as_path(path: &PathView) -> Value {
    let kind = |kind: SegmentKind| match kind {
        SegmentKind::Set => "as-set",
        SegmentKind::Sequence => "as-sequence",
        SegmentKind::ConfedSequence => "as-confed-sequence",
        SegmentKind::ConfedSet => "as-confed-set",
    };
    let segments: Vec<Value> =
        path.as_path.segments.iter().map(|s| json!({ "type": kind(s.kind), "list": s.asns })).collect();
    let text = if path.row.as_path.is_empty() { "Local" } else { path.row.as_path.as_str() };
    json!({ "string": text, "segments": segments, "length": path.length })
}

fn strings(all: &[String]) -> Option<Value> {
    (!all.is_empty()).then(|| json!({ "string": all.join(" ") }))
}

fn list(all: &[String]) -> Option<Value> {
    (!all.is_empty()).then(|| json!({ "string": all.join(" "), "list": all }))
}

fn cluster_list(path: &PathView) -> Option<Value> {
    let ids: Vec<String> = path.cluster_list.iter().map(ToString::to_string).collect();
    (!ids.is_empty()).then(|| json!({ "string": ids.join(" "), "list": ids }))
}

fn unknown(path: &PathView) -> Option<Value> {
    let one =
        |(flags, code, value): &(u8, u8, String)| json!({ "type": code, "flags": flags, "value": value });
    (!path.unknown.is_empty()).then(|| path.unknown.iter().map(one).collect())
}

fn next_hops(path: &PathView) -> Vec<Value> {
    let hop = |address: IpAddr, used: bool, metric: Option<u32>| {
        object(vec![
            ("ip", Some(json!(address.to_string()))),
            ("afi", Some(json!(if address.is_ipv4() { "ipv4" } else { "ipv6" }))),
            ("scope", scope(address).map(|scope| json!(scope))),
            ("metric", metric.filter(|_| path.accessible).map(|n| json!(n))),
            ("accessible", Some(json!(path.accessible))),
            ("used", yes(used)),
        ])
    };
    let metric = Some(path.igp_metric.unwrap_or(0));
    let mut all = vec![hop(path.row.next_hop, path.row.link_local.is_none(), metric)];
    all.extend(path.row.link_local.map(|address| hop(IpAddr::V6(address), true, None)));
    all
}

pub(super) fn peer(path: &PathView) -> Value {
    let kind = path.peer.kind.map(|kind| match kind {
        PeerKind::Internal => "internal",
        PeerKind::Confederation => "confed-external",
        PeerKind::External => "external",
    });
    object(vec![
        (
            "peerId",
            Some(if path.peer.on_interface { json!(path.peer.address) } else { json!(path.peer.name) }),
        ),
        ("routerId", Some(json!(path.peer.router_id.to_string()))),
        ("interface", path.peer.on_interface.then(|| json!(path.peer.name))),
        ("type", kind.map(|kind| json!(kind))),
    ])
}
