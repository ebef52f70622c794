//! Next hops, statistics, memory, update groups, peer groups, attribute sets.

use super::table::origin_code;
use super::{bytes, family_key, object};
use bgp::Family;
use bgp::config::RemoteAs;
use bgp::settings::PeerKind;
use bgp::show::{
    AttributeSet, Attributes, GroupView, MemoryLine, NextHop, PeerGroup, Statistics, UpdateGroup,
};
use core::net::IpAddr;
use serde_json::{Map, Value, json};
use std::fmt::Write;

pub(super) fn next_hops(all: &[NextHop]) -> String {
    let mut out = String::from("Current BGP nexthop cache:\n");
    for hop in all {
        let address = address(hop);
        let state = match (hop.valid, hop.metric) {
            (true, Some(metric)) => format!("valid [IGP metric {metric}]"),
            (true, None) => "valid".to_owned(),
            (false, _) if hop.pending => "pending".to_owned(),
            (false, _) => "invalid".to_owned(),
        };
        let peer = hop.peer.as_ref().map_or_else(String::new, |name| format!(", peer {name}"));
        let _ = writeln!(out, " {address} {state}, #attribute sets {}{peer}", hop.sets);
        if let Some(through) = hop.through {
            let _ = writeln!(out, "  through {through}");
        }
        for (gateway, interface) in &hop.ends {
            let _ = match gateway.filter(|g| Some(*g) != hop.address) {
                Some(gateway) => writeln!(out, "  gate {gateway}, if {interface}"),
                None => writeln!(out, "  if {interface}"),
            };
        }
    }
    out
}

fn address(hop: &NextHop) -> String {
    hop.address.map_or_else(|| "unknown".to_owned(), |a| a.to_string())
}

/// Later versions of FRR have this as JSON; with their names.
pub(super) fn next_hops_json(all: &[NextHop]) -> Value {
    let mut families: Map<String, Value> = Map::new();
    for hop in all {
        let key = if hop.address.is_some_and(|a| a.is_ipv6()) { "ipv6" } else { "ipv4" };
        let value = object(vec![
            ("valid", Some(json!(hop.valid))),
            ("complete", Some(json!(!hop.pending))),
            ("igpMetric", hop.metric.map(|n| json!(n))),
            ("attributeSets", Some(json!(hop.sets))),
            ("through", hop.through.map(|p| json!(p.to_string()))),
            ("peer", hop.peer.as_ref().map(|name| json!(name))),
            ("nexthops", Some(hop.ends.iter().map(end).collect())),
        ]);
        let family = families.entry(key.to_owned()).or_insert_with(|| json!({}));
        if let Value::Object(family) = family {
            family.insert(address(hop), value);
        }
    }
    Value::Object(families)
}

fn end((gateway, interface): &(Option<IpAddr>, String)) -> Value {
    object(vec![("ip", gateway.map(|a| json!(a.to_string()))), ("interfaceName", Some(json!(interface)))])
}

/// `a / b`, 0 where there is nothing.
fn average(sum: u64, count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "an average of a table, for the eye")]
    if count == 0 { 0.0 } else { sum as f64 / count as f64 }
}

fn length_sum(s: &Statistics) -> u64 {
    s.lengths.iter().map(|(len, n)| u64::from(*len).saturating_mul(*n)).fold(0, u64::saturating_add)
}

/// Blocks of `/len` that the space would fill; IPv6 space is counted in networks of 64 bits.
fn blocks(s: &Statistics, len: u32) -> f64 {
    let bits = if s.family == Family::Ipv4 { 32 } else { 64 };
    #[expect(clippy::cast_precision_loss, reason = "a share of a table, for the eye")]
    let space = s.space as f64;
    space / f64::from(bits - len.min(bits)).exp2()
}

pub(super) fn statistics(s: &Statistics) -> String {
    let mut out = format!("BGP {} RIB statistics (VRF default)\n", s.family);
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, "{name:<30}: {value:>12}");
    };
    line("Total Advertisements", s.paths.to_string());
    line("Total Prefixes", s.prefixes.to_string());
    line("Average prefix length", format!("{:.2}", average(length_sum(s), s.prefixes)));
    line("Unaggregateable prefixes", s.prefixes.saturating_sub(s.covered).to_string());
    line("Maximum aggregateable prefixes", s.covered.to_string());
    line("BGP Aggregate advertisements", s.covering.to_string());
    line("Address space advertised", s.space.to_string());
    line("                  % announced", format!("{:.2}", blocks(s, 0) * 100.0));
    if s.family == Family::Ipv4 {
        line("                /8 equivalent", format!("{:.2}", blocks(s, 8)));
        line("               /24 equivalent", format!("{:.2}", blocks(s, 24)));
    } else {
        line("               /32 equivalent", format!("{:.2}", blocks(s, 32)));
        line("               /48 equivalent", format!("{:.2}", blocks(s, 48)));
    }
    out.push('\n');
    let mut line = |name: &str, value: String| {
        let _ = writeln!(out, "{name:<30}: {value:>12}");
    };
    line("Advertisements with paths", s.with_as_path.to_string());
    line("Longest AS-Path (hops)", s.longest.to_string());
    line("Average AS-Path length (hops)", format!("{:.2}", average(s.total_length, s.with_as_path)));
    line("Largest AS-Path (bytes)", s.largest.to_string());
    line("Average AS-Path size (bytes)", format!("{:.2}", average(s.total_bytes, s.with_as_path)));
    line("Highest public ASN", s.highest_public_as.to_string());
    if !s.lengths.is_empty() {
        out.push_str("\nPrefix length\n");
    }
    for (len, count) in &s.lengths {
        let _ = writeln!(out, "{:<30}: {count:>12}", format!("  /{len}"));
    }
    out
}

pub(super) fn statistics_json(s: &Statistics) -> Value {
    let lengths: Vec<Value> = s.lengths.iter().map(|(len, n)| json!({ len.to_string(): n })).collect();
    let (large, small) = if s.family == Family::Ipv4 { (8, 24) } else { (32, 48) };
    let (large_name, small_name) = (format!("/{large}equivalent"), format!("/{small}equivalent"));
    let all = object(vec![
        ("instance", Some(json!("VRF default"))),
        ("totalAdvertisements", Some(json!(s.paths))),
        ("totalPrefixes", Some(json!(s.prefixes))),
        ("averagePrefixLength", Some(json!(average(length_sum(s), s.prefixes)))),
        ("unaggregateablePrefixes", Some(json!(s.prefixes.saturating_sub(s.covered)))),
        ("maximumAggregateablePrefixes", Some(json!(s.covered))),
        ("bgpAggregateAdvertisements", Some(json!(s.covering))),
        ("addressSpaceAdvertised", Some(json!(s.space))),
        ("%announced", Some(json!(blocks(s, 0) * 100.0))),
        (&large_name, Some(json!(blocks(s, large)))),
        (&small_name, Some(json!(blocks(s, small)))),
        ("advertisementsWithPaths", Some(json!(s.with_as_path))),
        ("longestAsPath", Some(json!(s.longest))),
        ("averageAsPathLengthHops", Some(json!(average(s.total_length, s.with_as_path)))),
        ("largestAsPath", Some(json!(s.largest))),
        ("averageAsPathSizeBytes", Some(json!(average(s.total_bytes, s.with_as_path)))),
        ("highestPublicAsn", Some(json!(s.highest_public_as))),
        ("prefixLength", Some(Value::Array(lengths))),
    ]);
    json!({ family_key(s.family): [all] })
}

pub(super) fn memory(lines: &[MemoryLine]) -> String {
    let one = |l: &MemoryLine| format!("{} {}, using {} of memory\n", l.count, l.what, bytes(l.bytes));
    lines.iter().map(one).collect()
}

pub(super) fn update_groups(groups: &[UpdateGroup]) -> String {
    let mut out = String::new();
    for g in groups {
        let kind = kind(g.kind);
        let _ = writeln!(out, "Update-group {}:\n  Family: {}, {kind} peers", g.id, g.family);
        let _ = writeln!(out, "  MRAI value (seconds): {}", g.mrai);
        let f = &g.filters;
        let named = [
            ("route map", &f.route_map),
            ("prefix list", &f.prefix_list),
            ("distribute list", &f.distribute_list),
            ("filter list", &f.filter_list),
        ];
        for (what, name) in named {
            if let Some(name) = name {
                let _ = writeln!(out, "  Outgoing {what}: {name}");
            }
        }
        let _ = writeln!(out, "  Destinations advertised: {}", g.advertised);
        let _ = writeln!(out, "  Destinations to be looked at: {}", g.queued);
        let _ = writeln!(out, "  Destinations that wait for the interval: {}", g.held);
        let _ = writeln!(out, "  Memory: {}", bytes(g.bytes));
        let _ = writeln!(out, "  Max packet size: {}\n  Peers:", g.max_message);
        g.members.iter().for_each(|name| {
            let _ = writeln!(out, "    - {name}");
        });
    }
    out
}

fn kind(kind: PeerKind) -> &'static str {
    match kind {
        PeerKind::Internal => "internal",
        PeerKind::Confederation => "confed-external",
        PeerKind::External => "external",
    }
}

pub(super) fn peer_groups(groups: &[PeerGroup]) -> String {
    let mut out = String::new();
    for g in groups {
        let _ = match g.remote_as {
            Some(RemoteAs::Number(asn)) => writeln!(out, "\nBGP peer-group {}, remote AS {asn}", g.name),
            _ => writeln!(out, "\nBGP peer-group {}", g.name),
        };
        if let Some(kind) = group_type(g) {
            let _ = writeln!(out, "  Peer-group type is {kind}");
        }
        let families: String = g.families.iter().map(|f| format!(" {f};")).collect();
        let _ = writeln!(out, "  Configured address-families:{families}");
        if !g.ranges.is_empty() {
            let _ = writeln!(out, "  {} listen range(s)", g.ranges.len());
            g.ranges.iter().for_each(|range| {
                let _ = writeln!(out, "    {range}");
            });
        }
        if !g.members.is_empty() {
            out.push_str("  Peer-group members:\n");
        }
        for m in &g.members {
            let dynamic = if m.dynamic { " (dynamic)" } else { "" };
            let line = format!("    {}{dynamic}  {}", m.name, m.state);
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

fn group_type(g: &PeerGroup) -> Option<&'static str> {
    match (g.kind, g.remote_as) {
        (Some(kind), _) => Some(self::kind(kind)),
        (None, Some(RemoteAs::Internal)) => Some("internal"),
        (None, Some(RemoteAs::External)) => Some("external"),
        (None, _) => None,
    }
}

pub(super) fn peer_groups_json(groups: &[PeerGroup]) -> Value {
    let member = |m: &GroupView| {
        let value = object(vec![
            ("status", Some(json!(m.state.to_string()))),
            ("dynamic", m.dynamic.then(|| json!(true))),
        ]);
        (m.name.clone(), value)
    };
    let one = |g: &PeerGroup| {
        let asn = match g.remote_as {
            Some(RemoteAs::Number(asn)) => Some(json!(asn)),
            _ => None,
        };
        let families: Vec<String> = g.families.iter().map(ToString::to_string).collect();
        let ranges: Vec<String> = g.ranges.iter().map(ToString::to_string).collect();
        let members: Map<String, Value> = g.members.iter().map(member).collect();
        let value = object(vec![
            ("remoteAs", asn),
            ("type", group_type(g).map(|kind| json!(kind))),
            ("addressFamiliesConfigured", Some(json!(families))),
            (
                "dynamicRanges",
                (!ranges.is_empty()).then(|| json!({ "count": ranges.len(), "ranges": ranges })),
            ),
            ("members", (!members.is_empty()).then_some(Value::Object(members))),
        ]);
        (g.name.clone(), value)
    };
    Value::Object(groups.iter().map(one).collect())
}

pub(super) fn attributes(page: &Attributes, first: bool) -> String {
    let mut out = String::new();
    if first {
        let _ = writeln!(out, "{} sets of attributes, {}", page.total, bytes(page.bytes));
    }
    for set in &page.sets {
        attribute_set(&mut out, set);
    }
    out
}

fn attribute_set(out: &mut String, set: &AttributeSet) {
    let _ = write!(out, "attr[{}] nexthop {}, {} bytes", set.references, set.next_hop, set.bytes);
    for (name, number) in [("med", set.med), ("local_pref", set.local_pref)] {
        if let Some(number) = number {
            let _ = write!(out, ", {name} {number}");
        }
    }
    let gap = if set.as_path.is_empty() { "" } else { " " };
    let _ = writeln!(out, ", path {}{gap}{}", set.as_path, origin_code(set.origin));
    if !set.communities.is_empty() {
        let _ = writeln!(out, "\tcommunity {}", set.communities.join(" "));
    }
}
