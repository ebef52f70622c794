//! `show bgp PREFIX explain`: each path and the step at which it lost, what policy did to it, how its next hop is
//! reached, and who is told of the best.

use super::span;
use bgp::show::{AdvertisementView, Explain, ExplainPath, NextHopView, RibVerdict, Sourced, Verdict};
use std::fmt::Write;

pub(super) fn text(e: &Explain) -> String {
    let Some(prefix) = e.prefix else {
        return format!("BGP knows no network that covers {}\n", e.asked);
    };
    let mut out = match prefix == e.asked {
        true => format!("{prefix}\n"),
        false => format!("{} is covered by {prefix}\n", e.asked),
    };
    let paths = e.paths.len();
    let _ = match e.paths.iter().position(|p| matches!(p.verdict, Verdict::Best(_))) {
        Some(best) => writeln!(out, "  Paths: {paths}, best #{}", best.saturating_add(1)),
        None => writeln!(out, "  Paths: {paths}, none can be used"),
    };
    for (n, path) in e.paths.iter().enumerate() {
        one(&mut out, n.saturating_add(1), path);
    }
    if let Some(rib) = &e.rib {
        verdict(&mut out, rib);
    }
    if !e.advertised.is_empty() {
        out.push_str("  Advertised:\n");
    }
    let width = e.advertised.iter().map(|a| a.peer.len()).max().unwrap_or(0);
    e.advertised.iter().for_each(|a| told(&mut out, a, width));
    out
}

fn one(out: &mut String, n: usize, path: &ExplainPath) {
    let p = &path.path;
    let as_path = if p.row.as_path.is_empty() { "Local" } else { p.row.as_path.as_str() };
    let from = match (p.peer.kind, p.sourced) {
        (Some(_), _) => format!("from {} ({})", p.peer.name, p.peer.router_id),
        (None, Some(Sourced::Network)) => "by `network`".to_owned(),
        (None, Some(Sourced::Aggregate)) => "by `aggregate-address`".to_owned(),
        (None, Some(Sourced::Redistributed)) => "by `redistribute`".to_owned(),
        (None, None) => "of this router".to_owned(),
    };
    let _ = writeln!(out, "  #{n}  {as_path}, {from}, {} ago", span(p.age_ms));
    let _ = match &path.verdict {
        Verdict::Best(why) => writeln!(out, "      Best: {why}"),
        Verdict::Multipath(why) => writeln!(out, "      Used beside the best: {why}"),
        Verdict::Lost { to, step, why } => writeln!(out, "      Lost to #{to} ({step}): {why}"),
        Verdict::Unusable(why) => writeln!(out, "      Not usable: {why}"),
    };
    if !path.policy.is_empty() {
        let _ = writeln!(out, "      Policy: {}", path.policy);
    }
    if let Some(line) = reached(&path.next_hop) {
        let _ = writeln!(out, "      Next hop: {line}");
    }
}

/// `10.0.0.9 through 10.0.0.0/24 (ospf, metric 20) by 10.0.1.2, eth1`
fn reached(hop: &NextHopView) -> Option<String> {
    let mut line = hop.address?.to_string();
    if !hop.reachable {
        line.push_str(" is not reached");
        return Some(line);
    }
    if let Some(through) = hop.through {
        let _ = write!(line, " through {through}");
    }
    let metric = hop.metric.map(|metric| format!("metric {metric}"));
    let known: Vec<String> = hop.protocol.map(|p| p.to_string()).into_iter().chain(metric).collect();
    if !known.is_empty() {
        let _ = write!(line, " ({})", known.join(", "));
    }
    let end = |(gateway, interface): &(Option<core::net::IpAddr>, String)| match gateway {
        Some(gateway) => format!("{gateway}, {interface}"),
        None => format!("directly on {interface}"),
    };
    let ends: Vec<String> = hop.ends.iter().map(end).collect();
    if !ends.is_empty() {
        let _ = write!(line, " by {}", ends.join(" and "));
    }
    Some(line)
}

fn verdict(out: &mut String, rib: &RibVerdict) {
    let _ = match (rib.selected, &rib.winner) {
        (true, _) => writeln!(out, "  Routing table: chosen, distance {}", rib.distance),
        (false, Some((protocol, distance))) => writeln!(
            out,
            "  Routing table: not chosen, {protocol} has distance {distance}, BGP {}",
            rib.distance
        ),
        (false, None) => writeln!(out, "  Routing table: not chosen"),
    };
    if let Some(why) = &rib.why_not {
        let _ = writeln!(out, "    {why}");
    }
}

fn told(out: &mut String, a: &AdvertisementView, width: usize) {
    let sent = if a.sent { "yes" } else { "no" };
    let why = if a.why.is_empty() { String::new() } else { format!(": {}", a.why) };
    let _ = writeln!(out, "    {:<width$}  {sent}{why}", a.peer);
}
