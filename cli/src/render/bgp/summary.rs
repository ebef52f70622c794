//! Neighbors, one line each, by family.

use super::{bytes, family_key, object, span, yes};
use bgp::show::{PeerState, Process, Summaries, Summary, SummaryPeer, SummaryState};
use core::net::IpAddr;
use serde_json::{Map, Value, json};
use std::fmt::Write;

pub(super) fn text(all: &Summaries) -> String {
    if all.families.is_empty() {
        return "% No BGP neighbors found in VRF default\n".to_owned();
    }
    let one = |summary: &Summary| {
        let mut out = format!("\n{} Summary (VRF default):\n", summary.family);
        section(&mut out, all.state, summary);
        out
    };
    all.families.iter().map(one).collect()
}

fn section(out: &mut String, state: SummaryState, s: &Summary) {
    if s.rows.is_empty() && state != SummaryState::Any {
        let kind = if state == SummaryState::Failed { "failed" } else { "established" };
        let _ = writeln!(out, "% No {kind} BGP neighbors found");
        return;
    }
    head(out, s);
    // The longest name and a blank, but no less than an IPv4 address takes.
    let width = s.rows.iter().map(|p| name(p).len().saturating_add(1)).max().unwrap_or(0).max(16);
    match state {
        SummaryState::Failed => {
            let _ = writeln!(out, "{:<width$}EstdCnt DropCnt ResetTime Reason", "Neighbor");
            s.rows.iter().for_each(|p| failed(out, p, width));
        }
        SummaryState::Any | SummaryState::Established => {
            let columns =
                "V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc";
            let _ = writeln!(out, "{:<width$}{columns}", "Neighbor");
            s.rows.iter().for_each(|p| row(out, p, width));
        }
    }
    out.push('\n');
    if state != SummaryState::Any {
        let _ = writeln!(out, "Displayed neighbors {}", s.rows.len());
    }
    let _ = writeln!(out, "Total number of neighbors {}", s.peers);
    if s.listens {
        let (count, limit) = s.dynamic;
        let _ = writeln!(out, "* - dynamic neighbor\n{count} dynamic neighbor(s), limit {limit}");
    }
}

fn head(out: &mut String, s: &Summary) {
    let (router, asn) = (s.router_id, s.local_as);
    let _ = writeln!(out, "BGP router identifier {router}, local AS number {asn} vrf-id 0");
    if let Some(confederation) = s.confederation {
        let _ = writeln!(out, "Confederation AS number {confederation}");
    }
    let _ = writeln!(out, "BGP table version {}", s.version);
    let _ = writeln!(out, "RIB entries {}, using {} of memory", s.entries, bytes(s.entry_bytes));
    let _ = writeln!(out, "Peers {}, using {} of memory", s.peers, bytes(s.peer_bytes));
    if s.groups > 0 {
        let _ = writeln!(out, "Peer groups {}, using {} of memory", s.groups, bytes(s.group_bytes));
    }
    out.push('\n');
}

fn name(p: &SummaryPeer) -> String {
    if p.dynamic { format!("*{}", p.name) } else { p.name.clone() }
}

fn row(out: &mut String, p: &SummaryPeer, width: usize) {
    let since = p.since_ms.map_or_else(|| "never".to_owned(), span);
    let _ = write!(
        out,
        "{:<width$}4 {:>10} {:>9} {:>9} {:>8} {:>4} {:>4} {since:>8}",
        name(p),
        p.remote_as,
        p.received,
        p.sent,
        p.version,
        p.in_queue,
        p.out_queue
    );
    let policy = "(Policy)".to_owned();
    let (received, sent) = match p.state {
        PeerState::Established => (
            if p.no_import_policy { policy.clone() } else { p.accepted.to_string() },
            if p.no_export_policy { policy } else { p.advertised.to_string() },
        ),
        _ => (state(p), p.advertised.to_string()),
    };
    let description = p.description.as_deref().unwrap_or("N/A");
    let _ = writeln!(out, " {received:>12} {sent:>8} {description}");
}

/// The state, and who keeps it so.
fn state(p: &SummaryPeer) -> String {
    match () {
        () if p.shutdown => "Idle (Admin)".to_owned(),
        () if p.overflow => "Idle (PfxCt)".to_owned(),
        () => p.state.to_string(),
    }
}

fn failed(out: &mut String, p: &SummaryPeer, width: usize) {
    let since = p.since_ms.map_or_else(|| "never".to_owned(), span);
    let reason = p.reset.as_ref().map_or("", |r| r.reason.as_str());
    let line = format!("{:<width$}{:>7} {:>7} {since:>9} {reason}", name(p), p.established, p.dropped);
    out.extend([line.trim_end(), "\n"]);
}

pub(super) fn json(all: &Summaries) -> Value {
    let one = |s: &Summary| (family_key(s.family).to_owned(), family(all.state, s));
    Value::Object(all.families.iter().map(one).collect())
}

fn family(state: SummaryState, s: &Summary) -> Value {
    let peers: Map<String, Value> = s.rows.iter().map(|p| (p.name.clone(), peer(state, p))).collect();
    let down = s.rows.iter().filter(|p| p.state != PeerState::Established).count();
    object(vec![
        ("routerId", Some(json!(s.router_id.to_string()))),
        ("as", Some(json!(s.local_as))),
        ("confederationIdentifier", s.confederation.map(|asn| json!(asn))),
        ("vrfId", Some(json!(0))),
        ("vrfName", Some(json!("default"))),
        ("tableVersion", Some(json!(s.version))),
        ("ribCount", Some(json!(s.entries))),
        ("ribMemory", Some(json!(s.entry_bytes))),
        ("peerCount", Some(json!(s.peers))),
        ("peerMemory", Some(json!(s.peer_bytes))),
        ("peerGroupCount", (s.groups > 0).then(|| json!(s.groups))),
        ("peerGroupMemory", (s.groups > 0).then(|| json!(s.group_bytes))),
        ("peers", Some(Value::Object(peers))),
        ("failedPeers", Some(json!(down))),
        ("displayedPeers", Some(json!(s.rows.len()))),
        ("totalPeers", Some(json!(s.peers))),
        ("dynamicPeers", Some(json!(s.dynamic.0))),
        ("bestPath", Some(json!({ "multiPathRelax": s.multipath_relax.to_string() }))),
    ])
}

fn peer(state: SummaryState, p: &SummaryPeer) -> Value {
    if state == SummaryState::Failed {
        return failed_json(p);
    }
    let up = p.state == PeerState::Established;
    let peer_state = match () {
        () if p.shutdown => "Admin",
        () if p.overflow => "PfxCt",
        () if up && (p.no_import_policy || p.no_export_policy) => "Policy",
        () => "OK",
    };
    object(vec![
        ("dynamicPeer", yes(p.dynamic)),
        ("remoteAs", Some(json!(p.remote_as))),
        ("localAs", Some(json!(p.local_as))),
        ("version", Some(json!(4))),
        ("msgRcvd", Some(json!(p.received))),
        ("msgSent", Some(json!(p.sent))),
        ("tableVersion", Some(json!(p.version))),
        ("outq", Some(json!(p.out_queue))),
        ("inq", Some(json!(p.in_queue))),
        ("peerUptime", Some(json!(p.since_ms.map_or_else(|| "never".to_owned(), span)))),
        ("peerUptimeMsec", Some(json!(p.since_ms.unwrap_or(0)))),
        ("pfxRcd", Some(json!(p.accepted))),
        ("pfxSnt", Some(json!(p.advertised))),
        ("state", Some(json!(if up { p.state.to_string() } else { self::state(p) }))),
        ("peerState", Some(json!(peer_state))),
        ("connectionsEstablished", Some(json!(p.established))),
        ("connectionsDropped", Some(json!(p.dropped))),
        ("desc", p.description.as_ref().map(|text| json!(text))),
        ("idType", Some(json!(id_type(p)))),
    ])
}

fn failed_json(p: &SummaryPeer) -> Value {
    object(vec![
        ("connectionsEstablished", Some(json!(p.established))),
        ("connectionsDropped", Some(json!(p.dropped))),
        ("peerUptime", Some(json!(p.since_ms.map_or_else(|| "never".to_owned(), span)))),
        ("peerUptimeMsec", Some(json!(p.since_ms.unwrap_or(0)))),
        ("lastResetDueTo", p.reset.as_ref().map(|r| json!(r.reason))),
        ("idType", Some(json!(id_type(p)))),
    ])
}

fn id_type(p: &SummaryPeer) -> &'static str {
    match p.name.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => "ipv4",
        Ok(IpAddr::V6(_)) => "ipv6",
        Err(_) => "interface",
    }
}

/// BGP's part of `show ip protocols`.
pub fn protocol(p: &Process) -> String {
    let mut out = format!("Routing Protocol is \"bgp {}\"\n  Router ID {}\n", p.local_as, p.router_id);
    for (family, protocols) in &p.redistribute {
        let all: String = protocols.iter().map(|p| format!(" {p}")).collect();
        let _ = writeln!(out, "  Redistributing into {family}:{all}");
    }
    for (family, external, internal) in &p.maximum_paths {
        let _ = writeln!(out, "  Maximum path: {family} {external}, iBGP {internal}");
    }
    if !p.neighbors.is_empty() {
        out.push_str("  Neighbor(s):\n");
    }
    for (name, asn, state) in &p.neighbors {
        let _ = writeln!(out, "    {name}, AS {asn}, {state}");
    }
    let d = p.distance;
    let _ = writeln!(out, "  Distance: external {} internal {} local {}", d.external, d.internal, d.local);
    out
}
