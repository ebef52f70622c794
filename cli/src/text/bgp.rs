//! The lines of `router bgp`, as FRR writes them.

mod family;
mod neighbor;

use super::print::Lines;
use crate::grammar::words::quote;
use bgp::config::{
    Bestpath, BmpTarget, Confederation, Config, GracefulRestart, GracefulRestartMode, LOCAL_PREFERENCE,
    Listen, Rpki, Shutdown, Timers,
};
use bgp::{Family, config};
use core::fmt::Display;

pub(super) fn process(out: &mut Lines, bgp: &Config) {
    out.line(0, format_args!("router bgp {}", bgp.asn));
    globals(out, bgp);
    graceful_restart(out, bgp.graceful_restart);
    bestpath(out, bgp.bestpath);
    out.line_if(!bgp.network_import_check, 1, "no bgp network import-check");
    let Timers { keepalive, hold } = bgp.timers;
    out.line_if(bgp.timers != Timers::default(), 1, format_args!("timers bgp {keepalive} {hold}"));
    for (name, group) in &bgp.peer_groups {
        neighbor::group(out, name, group);
    }
    for (key, neighbor) in &bgp.neighbors {
        neighbor::neighbor(out, key, neighbor);
    }
    let Listen { limit, ranges } = &bgp.listen;
    out.value(1, "bgp listen limit", (*limit != Listen::default().limit).then_some(limit));
    for (range, group) in ranges {
        out.line(1, format_args!("bgp listen range {range} peer-group {}", quote(group)));
    }
    if let Some(shutdown) = &bgp.shutdown {
        out.line(1, format_args!("bgp shutdown{}", message(shutdown)));
    }
    for family in Family::ALL {
        family::family(out, family, bgp);
    }
    for (name, target) in &bgp.bmp {
        bmp(out, name, target);
    }
    out.line(0, "exit");
    out.line(0, "!");
    rpki(out, &bgp.rpki);
    for (kind, dump) in &bgp.dump {
        let et = if dump.microseconds { "-et" } else { "" };
        let interval = dump.interval.map_or_else(String::new, |seconds| format!(" {seconds}"));
        out.line(0, format_args!("dump bgp {}{et} {}{interval}", kind.name(), quote(&dump.path)));
    }
    out.line_if(!bgp.dump.is_empty(), 0, "!");
}

fn globals(out: &mut Lines, bgp: &Config) {
    out.line_if(bgp.no_rib, 1, "bgp no-rib");
    out.line_if(!bgp.fast_external_failover, 1, "no bgp fast-external-failover");
    out.value(1, "bgp router-id", bgp.router_id);
    out.line_if(!bgp.log_neighbor_changes, 1, "no bgp log-neighbor-changes");
    out.line_if(bgp.bestpath.always_compare_med, 1, "bgp always-compare-med");
    out.line_if(!bgp.ebgp_requires_policy, 1, "no bgp ebgp-requires-policy");
    out.line_if(bgp.reject_as_sets, 1, "bgp reject-as-sets");
    out.line_if(!bgp.default_ipv4_unicast, 1, "no bgp default ipv4-unicast");
    let preference = bgp.default_local_preference;
    out.value(1, "bgp default local-preference", (preference != LOCAL_PREFERENCE).then_some(preference));
    out.value(1, "bgp cluster-id", bgp.cluster_id);
    if let Some(Confederation { identifier, peers }) = &bgp.confederation {
        out.line(1, format_args!("bgp confederation identifier {identifier}"));
        let peers: String = peers.iter().map(|asn| format!(" {asn}")).collect();
        out.line_if(!peers.is_empty(), 1, format_args!("bgp confederation peers{peers}"));
    }
    out.line_if(bgp.bestpath.deterministic_med, 1, "bgp deterministic-med");
    out.line_if(bgp.graceful_shutdown, 1, "bgp graceful-shutdown");
}

/// ` message TEXT`, or nothing.
fn message(shutdown: &Shutdown) -> String {
    tail("message", shutdown.message.as_ref())
}

/// ` words VALUE`, or nothing.
fn tail(words: &str, value: Option<impl Display>) -> String {
    value.map_or(String::new(), |value| format!(" {words} {value}"))
}

/// ` word`, or nothing.
fn word(wanted: bool, word: &str) -> String {
    if wanted { format!(" {word}") } else { String::new() }
}

fn graceful_restart(out: &mut Lines, restart: GracefulRestart) {
    let default = GracefulRestart::default();
    let changed = |value: u16, default: u16| (value != default).then_some(value);
    let stale = changed(restart.stalepath_time, default.stalepath_time);
    out.value(1, "bgp graceful-restart stalepath-time", stale);
    let time = changed(restart.restart_time, default.restart_time);
    out.value(1, "bgp graceful-restart restart-time", time);
    out.line_if(!restart.notification, 1, "no bgp graceful-restart notification");
    let defer = changed(restart.select_defer_time, default.select_defer_time);
    out.value(1, "bgp graceful-restart select-defer-time", defer);
    match restart.mode {
        GracefulRestartMode::Helper => {}
        GracefulRestartMode::Restarter => out.line(1, "bgp graceful-restart"),
        GracefulRestartMode::Disable => out.line(1, "bgp graceful-restart-disable"),
    }
    out.line_if(restart.preserve_fw_state, 1, "bgp graceful-restart preserve-fw-state");
}

fn bestpath(out: &mut Lines, knobs: Bestpath) {
    out.line_if(knobs.as_path_ignore, 1, "bgp bestpath as-path ignore");
    out.line_if(knobs.as_path_confed, 1, "bgp bestpath as-path confed");
    out.line_if(knobs.multipath_relax, 1, "bgp bestpath as-path multipath-relax");
    out.line_if(knobs.compare_routerid, 1, "bgp bestpath compare-routerid");
    let med = word(knobs.med_confed, "confed") + &word(knobs.med_missing_as_worst, "missing-as-worst");
    out.line_if(!med.is_empty(), 1, format_args!("bgp bestpath med{med}"));
}

fn ip(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "ipv4",
        Family::Ipv6 => "ipv6",
    }
}

fn bmp(out: &mut Lines, name: &str, target: &BmpTarget) {
    let BmpTarget { connect, pre_policy, post_policy, stats_interval } = target;
    out.line(1, "!");
    out.line(1, format_args!("bmp targets {}", quote(name)));
    out.value(2, "bmp stats interval", *stats_interval);
    for family in Family::ALL {
        for (told, what) in [(pre_policy, "pre-policy"), (post_policy, "post-policy")] {
            let ip = ip(family);
            out.line_if(told.contains(&family), 2, format_args!("bmp monitor {ip} unicast {what}"));
        }
    }
    if let Some(config::BmpStation { address, port }) = connect {
        out.line(2, format_args!("bmp connect {address} port {port}"));
    }
    out.line(1, "exit");
}

fn rpki(out: &mut Lines, rpki: &Rpki) {
    let Rpki { caches, refresh, retry, expire } = rpki;
    if *rpki == Rpki::default() {
        return;
    }
    out.line(0, "rpki");
    out.value(1, "rpki polling_period", *refresh);
    out.value(1, "rpki retry_interval", *retry);
    out.value(1, "rpki expire_interval", *expire);
    for (rank, cache) in caches {
        out.line(1, format_args!("rpki cache {} {} preference {rank}", cache.address, cache.port));
    }
    out.line(0, "exit");
    out.line(0, "!");
}

#[cfg(test)]
mod tests;
