//! `show ip ospf neighbor`.

use super::super::object;
use super::{area, option_list, span, timer};
use ospf::show::{Helper, Neighbor, Neighbors, Role};
use serde_json::{Map, Value, json};
use std::fmt::Write;

pub(super) fn text(all: &Neighbors) -> String {
    let mut out = String::from(
        "\nNeighbor ID     Pri State           Up Time         Dead Time Address         \
         Interface                        RXmtL RqstL DBsmL\n",
    );
    for n in &all.neighbors {
        let (id, address) = (n.router_id.to_string(), n.address.to_string());
        let (up, dead, interface) = (timer(n.progress_ms), timer(n.dead_ms), interface(n));
        let _ = write!(out, "{id:<15} {:>3} {:<15} {up:<15} {dead:>9} ", n.priority, state(n));
        let (again, asked, summaries) = (n.retransmits, n.requests, n.summaries);
        let _ = writeln!(out, "{address:<15} {interface:<32} {again:>5} {asked:>5} {summaries:>5}");
    }
    out.push('\n');
    out
}

/// `Full/DR`
fn state(n: &Neighbor) -> String {
    format!("{}/{}", n.state, n.role)
}

/// `eth0:10.0.0.2`
fn interface(n: &Neighbor) -> String {
    format!("{}:{}", n.interface, n.local)
}

pub(super) fn detail(all: &Neighbors) -> String {
    let mut out = String::new();
    all.neighbors.iter().for_each(|n| one(&mut out, n));
    out.push('\n');
    out
}

fn one(out: &mut String, n: &Neighbor) {
    let _ = writeln!(out, " Neighbor {}, interface address {}", n.router_id, n.address);
    let area = area(n.area, n.area_kind);
    let _ = writeln!(out, "    In the area {area} via interface {}", n.interface);
    let (priority, state, changes) = (n.priority, state(n), n.state_changes);
    let _ = writeln!(out, "    Neighbor priority is {priority}, State is {state}, {changes} state changes");
    if n.progress_ms.is_some() || n.regress_ms.is_some() {
        out.push_str("    Most recent state change statistics:\n");
    }
    if let Some(ms) = n.progress_ms {
        let _ = writeln!(out, "      Progressive change {} ago", span(ms));
    }
    if let Some((ms, why)) = &n.regress_ms {
        let _ = writeln!(out, "      Regressive change {} ago, due to {why}", span(*ms));
    }
    if let Some(trouble) = &n.trouble {
        let _ = writeln!(out, "    Trouble: {trouble}");
    }
    let _ = writeln!(out, "    DR is {}, BDR is {}", n.dr, n.bdr);
    let _ = writeln!(out, "    Options {} {}", n.options, option_list(n.options));
    let _ = writeln!(out, "    Dead timer due in {}", timer(n.dead_ms));
    let _ = writeln!(out, "    Database Summary List {}", n.summaries);
    let _ = writeln!(out, "    Link State Request List {}", n.requests);
    let _ = writeln!(out, "    Link State Retransmission List {}", n.retransmits);
    for (name, on) in [
        ("Inactivity Timer", n.inactivity_timer),
        // FRR's spelling, which scripts look for.
        ("Database Description Retransmision", n.description_timer),
        ("Link State Request Retransmission", n.request_timer),
        ("Link State Update Retransmission", n.update_timer),
    ] {
        let _ = writeln!(out, "    Thread {name} {}", if on { "on" } else { "off" });
    }
    out.push_str("\n    Graceful restart Helper info:\n");
    match n.helper {
        None => out.push_str("      Graceful Restart HELPER Status : None\n"),
        Some(h) => {
            out.push_str("      Graceful Restart HELPER Status : Inprogress.\n");
            let _ = writeln!(
                out,
                "      Graceful Restart grace period time: {} (seconds).",
                h.left_ms.div_ceil(1000)
            );
            let _ = writeln!(out, "      Graceful Restart reason: {}.", reason(h));
        }
    }
    out.push('\n');
}

fn reason(helper: Helper) -> &'static str {
    match helper.reason {
        1 => "Software restart",
        2 => "Software reload/upgrade",
        3 => "Switch to redundant control processor",
        _ => "Unknown restart",
    }
}

/// By router ID, each an array; FRR leaves out the outer object where only some were asked for.
pub(super) fn json(all: &Neighbors, detail: bool, some: bool) -> Value {
    let mut by_id: Map<String, Value> = Map::new();
    for n in &all.neighbors {
        let list = by_id.entry(n.router_id.to_string()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(if detail { detail_json(n) } else { row_json(n) });
        }
    }
    if some { Value::Object(by_id) } else { json!({ "neighbors": by_id }) }
}

fn row_json(n: &Neighbor) -> Value {
    let role = if n.role == Role::None { Role::DrOther } else { n.role };
    object(vec![
        ("priority", Some(json!(n.priority))),
        ("state", Some(json!(state(n)))),
        ("nbrPriority", Some(json!(n.priority))),
        ("nbrState", Some(json!(state(n)))),
        ("converged", Some(json!(n.state.to_string()))),
        ("role", Some(json!(role.to_string()))),
        ("upTimeInMsec", n.progress_ms.map(|ms| json!(ms))),
        ("deadTimeMsecs", n.dead_ms.map(|ms| json!(ms))),
        ("routerDeadIntervalTimerDueMsec", n.dead_ms.map(|ms| json!(ms))),
        ("upTime", Some(json!(timer(n.progress_ms)))),
        ("deadTime", Some(json!(timer(n.dead_ms)))),
        ("address", Some(json!(n.address))),
        ("ifaceAddress", Some(json!(n.address))),
        ("ifaceName", Some(json!(interface(n)))),
        ("retransmitCounter", Some(json!(n.retransmits))),
        ("linkStateRetransmissionListCounter", Some(json!(n.retransmits))),
        ("requestCounter", Some(json!(n.requests))),
        ("linkStateRequestListCounter", Some(json!(n.requests))),
        ("dbSummaryCounter", Some(json!(n.summaries))),
        ("databaseSummaryListCounter", Some(json!(n.summaries))),
    ])
}

fn detail_json(n: &Neighbor) -> Value {
    let on = |b: bool| b.then_some(json!("on"));
    let regress = n.regress_ms.as_ref();
    object(vec![
        ("ifaceAddress", Some(json!(n.address))),
        ("areaId", Some(json!(area(n.area, n.area_kind)))),
        ("ifaceName", Some(json!(n.interface))),
        ("localIfaceAddress", Some(json!(n.local))),
        ("nbrPriority", Some(json!(n.priority))),
        ("nbrState", Some(json!(state(n)))),
        ("stateChangeCounter", Some(json!(n.state_changes))),
        ("lastPrgrsvChangeMsec", n.progress_ms.map(|ms| json!(ms))),
        ("lastRegressiveChangeMsec", regress.map(|(ms, _)| json!(ms))),
        ("lastRegressiveChangeReason", regress.map(|(_, why)| json!(why))),
        ("trouble", n.trouble.as_ref().map(|why| json!(why))),
        ("routerDesignatedId", Some(json!(n.dr))),
        ("routerDesignatedBackupId", Some(json!(n.bdr))),
        ("optionsCounter", Some(json!(n.options))),
        ("optionsList", Some(json!(option_list(n.options)))),
        ("routerDeadIntervalTimerDueMsec", n.dead_ms.map(|ms| json!(ms))),
        ("databaseSummaryListCounter", Some(json!(n.summaries))),
        ("linkStateRequestListCounter", Some(json!(n.requests))),
        ("linkStateRetransmissionListCounter", Some(json!(n.retransmits))),
        ("threadInactivityTimer", on(n.inactivity_timer)),
        ("threadDatabaseDescriptionRetransmission", on(n.description_timer)),
        ("threadLinkStateRequestRetransmission", on(n.request_timer)),
        ("threadLinkStateUpdateRetransmission", on(n.update_timer)),
        ("grHelperStatus", Some(json!(if n.helper.is_some() { "Inprogress" } else { "None" }))),
        ("graceInterval", n.helper.map(|h| json!(h.left_ms.div_ceil(1000)))),
        ("grRestartReason", n.helper.map(|h| json!(reason(h)))),
    ])
}
