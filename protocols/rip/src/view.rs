//! Snapshots for `show`. Reads everything, changes nothing.

use crate::advertise::protocol;
use crate::authentication::source_of;
use crate::process::{Rip, Timer};
use crate::show::{InterfaceView, NextHopView, RouteView, SourceView, Status, Table};
use crate::table::{Entry, Kind};
use core::net::{IpAddr, Ipv4Addr};
use fib::{Instant, Prefix, Protocol};

/// `show ip rip`.
pub(crate) fn table(rip: &Rip, now: Instant) -> Table {
    Table { routes: rip.table.iter().map(|(prefix, entry)| route(rip, now, prefix, entry)).collect() }
}

fn route(rip: &Rip, now: Instant, prefix: &Prefix, entry: &Entry) -> RouteView {
    RouteView {
        prefix: *prefix,
        protocol: protocol(entry),
        sub_type: sub_type(entry).to_owned(),
        metric: entry.metric,
        tag: entry.tag(),
        distance: entry.distance(),
        next_hops: next_hops(rip, now, prefix, entry),
        garbage: entry.lost.is_some(),
        holddown: entry.is_held(now),
        changed: entry.changed,
    }
}

fn sub_type(entry: &Entry) -> &'static str {
    match entry.own().map(|own| own.kind) {
        None => "normal",
        Some(Kind::Interface) => "interface",
        Some(Kind::Static) => "static",
        Some(Kind::Default) => "default",
        Some(Kind::Redistributed(_)) => "redistribute",
    }
}

fn next_hops(rip: &Rip, now: Instant, prefix: &Prefix, entry: &Entry) -> Vec<NextHopView> {
    let left = |timer| rip.timers.get(&timer).map(|at| millis(at.since(now)));
    let garbage = left(Timer::Garbage(*prefix));
    if let Some(own) = entry.own() {
        // Ours: shown only where there is something to tell, as for a redistributed route's gateway.
        let interface = own.port.map(|p| rip.port_name(p).to_owned());
        let hop = own.next_hop.map(|gateway| NextHopView {
            gateway,
            from: Ipv4Addr::UNSPECIFIED,
            interface: interface.unwrap_or_default(),
            metric: entry.metric,
            expires_ms: garbage,
        });
        return hop.into_iter().collect();
    }
    let view = |p: &crate::table::Path| NextHopView {
        gateway: p.gateway,
        from: p.via.from,
        interface: rip.port_name(p.via.port).to_owned(),
        metric: entry.metric,
        expires_ms: garbage.or_else(|| left(Timer::Timeout(*prefix, p.via))),
    };
    entry.paths().iter().map(view).collect()
}

/// `show ip rip status`.
pub(crate) fn status(rip: &Rip, now: Instant) -> Status {
    let config = &rip.config;
    let running = || rip.ports.values().filter(|i| i.is_running());
    let networks = config.networks.iter().map(Prefix::to_string);
    Status {
        timers: config.timers,
        next_update_ms: rip.timers.get(&Timer::Update).map_or(0, |at| millis(at.since(now))),
        distance: config.distance.unwrap_or(Protocol::Rip.distance()),
        default_metric: config.default_metric,
        infinity: config.infinity,
        redistribute: config.redistribute.keys().copied().collect(),
        networks: networks.chain(config.network_interfaces.iter().cloned()).collect(),
        neighbors_configured: config.neighbors.clone(),
        interfaces: running()
            .map(|i| InterfaceView {
                name: i.port.name.clone(),
                send: i.sends(config),
                receive: i.receives(config),
                split_horizon: i.split_horizon(config),
                authentication: i.authentication(config).map(source_of),
                passive: i.is_passive(config),
            })
            .collect(),
        passive: running().filter(|i| i.is_passive(config)).map(|i| i.port.name.clone()).collect(),
        sources: rip
            .neighbors
            .iter()
            .map(|(via, n)| SourceView {
                address: IpAddr::V4(via.from),
                interface: rip.port_name(via.port).to_owned(),
                bad_packets: n.bad_packets,
                bad_routes: n.bad_routes,
                distance: rip.filter().distance(via.from, &Prefix::DEFAULT_V4),
                last_update_ms: millis(now.since(n.heard.unwrap_or(n.seen))),
                last_error: n.last_error.clone(),
            })
            .collect(),
        counters: rip.counters(),
    }
}

fn millis(d: core::time::Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}
