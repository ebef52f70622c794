//! Graceful restarts of neighbors: a section of `show bgp neighbors`, and `show bgp neighbors graceful-restart`.

use super::{family_key, object};
use bgp::config::GracefulRestartMode;
use bgp::show::{EndOfRib, Neighbor, NeighborRestart, Neighbors};
use serde_json::{Map, Value, json};
use std::fmt::Write;

const CODES: &str = "
Codes: GR - Graceful Restart, * -  Inheriting Global GR Config,
       Restart - GR Mode-Restarting, Helper - GR Mode-Helper,
       Disable - GR Mode-Disable.

";

pub(super) fn text(all: &Neighbors) -> String {
    let mut out = CODES.to_owned();
    if let Some(n) = all.neighbors.first() {
        let _ = writeln!(out, "Global BGP GR Mode :  {}", mode(Some(n.restart.global)));
    }
    for n in &all.neighbors {
        let _ = writeln!(out, "\nBGP neighbor is {}", address(n));
        details(&mut out, &n.restart);
    }
    out
}

pub(super) fn json(all: &Neighbors) -> Value {
    let one = |n: &Neighbor| {
        let mut members = vec![("neighborAddr", Some(json!(address(n))))];
        members.extend(details_json(&n.restart));
        (n.name.clone(), object(members))
    };
    Value::Object(all.neighbors.iter().map(one).collect())
}

fn address(n: &Neighbor) -> String {
    n.address.map_or_else(|| n.name.clone(), |a| a.to_string())
}

fn mode(mode: Option<GracefulRestartMode>) -> &'static str {
    match mode {
        None => "NotApplicable",
        Some(GracefulRestartMode::Disable) => "Disable",
        Some(GracefulRestartMode::Helper) => "Helper",
        Some(GracefulRestartMode::Restarter) => "Restart",
    }
}

/// Ours of a neighbor: with a star where it is that of the process.
fn local(r: &NeighborRestart) -> String {
    format!("{}{}", mode(Some(r.local)), if r.inherited { "*" } else { "" })
}

/// FRR tells of selection deferral only where it is done.
fn defers(r: &NeighborRestart) -> bool {
    r.local == GracefulRestartMode::Restarter
}

/// Its section of `show bgp neighbors`.
pub(super) fn section(out: &mut String, n: &Neighbor) {
    out.push_str("  Graceful restart information:\n");
    let named = |pick: fn(&EndOfRib) -> bool| -> Vec<String> {
        let all = n.restart.families.iter().filter(|(_, end)| pick(end));
        all.map(|(family, _)| family.to_string()).collect()
    };
    let (sent, received) = (named(|end| end.sent), named(|end| end.received));
    if !sent.is_empty() {
        let _ = writeln!(out, "    End-of-RIB send: {}", sent.join(", "));
    }
    if !received.is_empty() {
        let _ = writeln!(out, "    End-of-RIB received: {}", received.join(", "));
    }
    details(out, &n.restart);
}

fn details(out: &mut String, r: &NeighborRestart) {
    let truth = |b: bool| if b { "True" } else { "False" };
    let _ = writeln!(out, "    Local GR Mode: {}\n    Remote GR Mode: {}", local(r), mode(r.remote));
    let _ = writeln!(out, "    R bit: {}\n    N bit: {}", truth(r.restarting), truth(r.notification));
    let (ours, its) = r.times;
    let _ = writeln!(out, "    Timers:\n      Configured Restart Time(sec): {ours}");
    let _ = writeln!(out, "      Received Restart Time(sec): {its}");
    if let Some(ms) = r.waiting_ms {
        let _ = writeln!(out, "      Restart Time Remaining(sec): {}", ms / 1000);
    }
    for (family, end) in &r.families {
        let yes = |b: bool| if b { "Yes" } else { "No" };
        let _ = writeln!(out, "    {family}:\n      F bit: {}", truth(end.forwarding));
        let _ = writeln!(out, "      End-of-RIB sent: {}", yes(end.sent));
        if defers(r) {
            // Ours never goes before the updates.
            let _ = writeln!(out, "      End-of-RIB sent after update: {}", yes(end.sent));
        }
        let _ = writeln!(out, "      End-of-RIB received: {}", yes(end.received));
        let _ = writeln!(out, "      Timers:\n        Configured Stale Path Time(sec): {}", r.stalepath_time);
        if defers(r) {
            let _ = writeln!(out, "        Configured Selection Deferral Time(sec): {}", r.select_defer_time);
        }
    }
}

/// The same as JSON.
pub(super) fn section_json(n: &Neighbor) -> Value {
    let named = |pick: fn(&EndOfRib) -> bool| -> Value {
        let all = n.restart.families.iter().filter(|(_, end)| pick(end));
        let all: Map<String, Value> =
            all.map(|(family, _)| (family_key(*family).to_owned(), json!(true))).collect();
        Value::Object(all)
    };
    let mut members = vec![
        ("endOfRibSend", Some(named(|end| end.sent))),
        ("endOfRibRecv", Some(named(|end| end.received))),
    ];
    members.extend(details_json(&n.restart));
    object(members)
}

fn details_json(r: &NeighborRestart) -> Vec<(&'static str, Option<Value>)> {
    let timers = vec![
        ("configuredRestartTimer", Some(json!(r.times.0))),
        ("receivedRestartTimer", Some(json!(r.times.1))),
        ("restartTimerRemaining", r.waiting_ms.map(|ms| json!(ms / 1000))),
    ];
    let mut members = vec![
        ("localGrMode", Some(json!(local(r)))),
        ("remoteGrMode", Some(json!(mode(r.remote)))),
        ("rBit", Some(json!(r.restarting))),
        ("nBit", Some(json!(r.notification))),
        ("timers", Some(object(timers))),
    ];
    members.extend(r.families.iter().map(|(family, end)| {
        let after = defers(r).then(|| json!(end.sent));
        let status = object(vec![
            ("endOfRibSend", Some(json!(end.sent))),
            ("endOfRibSentAfterUpdate", after),
            ("endOfRibRecv", Some(json!(end.received))),
        ]);
        let deferral = defers(r).then(|| json!(r.select_defer_time));
        let timers = object(vec![
            ("stalePathTimer", Some(json!(r.stalepath_time))),
            ("selectionDeferralTimer", deferral),
        ]);
        let value = json!({ "fBit": end.forwarding, "endOfRibStatus": status, "timers": timers });
        (family_key(*family), Some(value))
    }));
    members
}
