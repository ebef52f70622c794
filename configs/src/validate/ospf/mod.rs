//! The OSPF section: ranges, IPv4 only, nothing said twice, references that lead somewhere. What is said about areas
//! and about interfaces is judged next door.

mod area;
mod interface;

use super::Checker;
use super::interfaces::is_unicast;
use core::net::{IpAddr, Ipv4Addr};
use fib::{Prefix, Protocol};
use ospf::config::{
    Config, DefaultInformation, Distance, LS_INFINITY, MaxMetric, Redistribute, SpfDelay, TimersConfig,
};
use ospf::{AreaId, config};
use policy::config::Config as Policy;
use std::collections::BTreeSet;

/// The largest metric of an external route: the one above means unreachable.
const METRIC: u32 = LS_INFINITY - 1;

pub(super) fn check(c: &mut Checker, ospf: &Config, policy: &Policy) {
    if let Some(instance) = ospf.instance {
        c.range("instance", instance, 1..=u16::MAX);
    }
    if ospf.router_id == Some(Ipv4Addr::UNSPECIFIED) {
        c.within("router-id", |c| c.error("found 0.0.0.0", "four numbers of which one is not 0"));
    }
    networks(c, &ospf.networks);
    c.within("areas", |c| area::check(c, ospf, policy));
    c.unique("passive-interfaces", &ospf.passive_interfaces);
    for (at, name) in ospf.passive_interfaces.iter().enumerate() {
        c.within("passive-interfaces", |c| c.within(at, |c| c.interface_name(name)));
    }
    c.within("neighbors", |c| {
        for (address, neighbor) in &ospf.neighbors {
            c.within(address.to_string().as_str(), |c| {
                if !is_unicast(IpAddr::V4(*address)) {
                    c.refuse(format!("{address} cannot be the address of a neighbor"));
                }
                c.range("poll-interval", neighbor.poll_interval, 1..=u16::MAX);
            });
        }
    });
    redistribution(c, ospf, policy);
    if let Some(metric) = ospf.default_metric {
        c.range("default-metric", metric, 0..=METRIC);
    }
    c.within("summary-addresses", |c| {
        for (prefix, summary) in &ospf.summary_addresses {
            c.within(prefix.to_string().as_str(), |c| {
                ipv4(c, *prefix);
                if summary.no_advertise && summary.tag != 0 {
                    c.within("tag", |c| c.warning("has no effect beside `no-advertise`"));
                }
            });
        }
    });
    c.within("distance", |c| distance(c, ospf.distance));
    c.range("reference-bandwidth", ospf.reference_bandwidth, 1..=4_294_967);
    c.range("maximum-paths", ospf.maximum_paths, 1..=config::MAX_PATHS);
    c.within("timers", |c| timers(c, ospf.timers));
    c.within("max-metric", |c| max_metric(c, ospf.max_metric));
    c.within("graceful-restart-helper", |c| {
        c.range("supported-grace-time", ospf.graceful_restart_helper.supported_grace_time, 10..=1800);
    });
    c.within("interfaces", |c| interface::check(c, &ospf.interfaces, policy));
}

/// OSPFv2 carries nothing else (RFC 2328).
fn ipv4(c: &mut Checker, prefix: Prefix) {
    if !prefix.is_v4() {
        c.error(format!("found `{prefix}`"), "an IPv4 prefix");
    }
}

/// One area for each prefix, as in FRR.
fn networks(c: &mut Checker, networks: &[config::Network]) {
    let mut seen = BTreeSet::new();
    for (at, network) in networks.iter().enumerate() {
        c.within("networks", |c| {
            c.within(at, |c| {
                c.within("prefix", |c| {
                    ipv4(c, network.prefix);
                    if !seen.insert(network.prefix) {
                        c.refuse(format!("`{}` is listed twice", network.prefix));
                    }
                });
            });
        });
    }
}

fn redistribution(c: &mut Checker, ospf: &Config, policy: &Policy) {
    c.within("redistribute", |c| {
        for (protocol, how) in &ospf.redistribute {
            c.within(protocol.name(), |c| redistributed(c, *protocol, how, policy));
        }
    });
    c.within("distribute-lists", |c| {
        for (protocol, list) in &ospf.distribute_lists {
            c.within(protocol.name(), |c| {
                not_itself(c, *protocol);
                c.access_list(list, policy);
                if !ospf.redistribute.contains_key(protocol) {
                    c.warning(format!("{protocol} is not redistributed: there is nothing to filter"));
                }
            });
        }
    });
    let Some(DefaultInformation { metric, route_map, .. }) = &ospf.default_information else { return };
    c.within("default-information", |c| {
        if let Some(metric) = metric {
            c.range("metric", *metric, 0..=METRIC);
        }
        if let Some(name) = route_map {
            c.within("route-map", |c| c.route_map(name, policy));
        }
    });
}

fn not_itself(c: &mut Checker, protocol: Protocol) {
    if protocol == Protocol::Ospf {
        c.error("OSPF's own routes cannot be redistributed into it", "connected, static, bgp, rip");
    }
}

fn redistributed(c: &mut Checker, protocol: Protocol, how: &Redistribute, policy: &Policy) {
    not_itself(c, protocol);
    if let Some(metric) = how.metric {
        c.range("metric", metric, 0..=METRIC);
    }
    if let Some(name) = &how.route_map {
        c.within("route-map", |c| c.route_map(name, policy));
    }
}

fn distance(c: &mut Checker, distance: Distance) {
    let Distance { all, intra_area, inter_area, external } = distance;
    for (key, value) in
        [("all", all), ("intra-area", intra_area), ("inter-area", inter_area), ("external", external)]
    {
        if let Some(value) = value {
            c.range(key, value, 1..=255);
        }
    }
}

fn timers(c: &mut Checker, timers: TimersConfig) {
    let TimersConfig { spf, lsa_interval, lsa_arrival, flood_pacing } = timers;
    c.within("spf", |c| match spf {
        SpfDelay::Throttle { delay, hold, max } => c.within("throttle", |c| {
            for (key, value) in [("delay", delay), ("hold", hold), ("max", max)] {
                c.range(key, value, 0..=600_000);
            }
            if max < hold {
                let message = format!("{max} ms is less than the {hold} ms it grows from");
                c.within("max", |c| c.warning(message));
            }
        }),
        SpfDelay::Ietf { initial, short, long, holddown, learn } => c.within("ietf", |c| {
            let all = [
                ("initial", initial),
                ("short", short),
                ("long", long),
                ("holddown", holddown),
                ("learn", learn),
            ];
            for (key, value) in all {
                c.range(key, value, 0..=60_000);
            }
        }),
    });
    c.range("lsa-interval", lsa_interval, 0..=5000);
    c.range("lsa-arrival", lsa_arrival, 0..=600_000);
    c.range("flood-pacing", flood_pacing, 0..=1000);
}

fn max_metric(c: &mut Checker, max_metric: MaxMetric) {
    if let Some(seconds) = max_metric.on_startup {
        c.range("on-startup", seconds, 5..=86_400);
    }
    if let Some(seconds) = max_metric.on_shutdown {
        c.range("on-shutdown", seconds, 5..=100);
    }
}

/// Whether `network` or an interface puts anything into this area.
fn is_used(ospf: &Config, area: AreaId) -> bool {
    ospf.networks.iter().any(|n| n.area == area) || ospf.interfaces.values().any(|i| i.area == Some(area))
}

#[cfg(test)]
mod tests {
    use crate::validate::tests::{errors, is_valid, warnings};

    fn ospf(keys: &str) -> String {
        format!("ospf: {{{keys}}}")
    }

    #[test]
    fn ranges_hold() {
        for (bad, expected) in [
            ("instance: 0", "instance: found 0, expected 1-65535"),
            ("router-id: 0.0.0.0", "router-id: found 0.0.0.0, expected four numbers of which one is not 0"),
            ("default-metric: 16777215", "default-metric: found 16777215, expected 0-16777214"),
            (
                "redistribute: {static: {metric: 16777215}}",
                "redistribute.static.metric: found 16777215, expected 0-16777214",
            ),
            (
                "default-information: {metric: 16777215}",
                "default-information.metric: found 16777215, expected 0-16777214",
            ),
            ("distance: {external: 0}", "distance.external: found 0, expected 1-255"),
            ("reference-bandwidth: 0", "reference-bandwidth: found 0, expected 1-4294967"),
            ("maximum-paths: 65", "maximum-paths: found 65, expected 1-64"),
            ("timers: {lsa-interval: 5001}", "timers.lsa-interval: found 5001, expected 0-5000"),
            (
                "timers: {spf: {throttle: {delay: 0, hold: 1, max: 600001}}}",
                "timers.spf.throttle.max: found 600001, expected 0-600000",
            ),
            (
                "timers: {spf: {ietf: {initial: 0, short: 1, long: 60001, holddown: 1, learn: 1}}}",
                "timers.spf.ietf.long: found 60001, expected 0-60000",
            ),
            ("max-metric: {on-startup: 4}", "max-metric.on-startup: found 4, expected 5-86400"),
            ("max-metric: {on-shutdown: 101}", "max-metric.on-shutdown: found 101, expected 5-100"),
            (
                "graceful-restart-helper: {supported-grace-time: 9}",
                "graceful-restart-helper.supported-grace-time: found 9, expected 10-1800",
            ),
            (
                "neighbors: {10.0.0.1: {poll-interval: 0}}",
                "neighbors.\"10.0.0.1\".poll-interval: found 0, expected 1-65535",
            ),
        ] {
            assert_eq!(errors(&ospf(bad)), [format!("ospf.{expected}")]);
        }
    }

    #[test]
    fn ospf_is_ipv4() {
        for bad in [
            "networks: [{prefix: '2001:db8::/32', area: 0}]",
            "summary-addresses: {'2001:db8::/32': {}}",
            "areas: {0: {ranges: {'2001:db8::/32': {}}}}",
            "areas: {1: {ranges: {10.0.0.0/8: {substitute: '2001:db8::/32'}}}}",
            "neighbors: {224.0.0.5: {}}",
        ] {
            assert_eq!(errors(&ospf(bad)).len(), 1, "{bad}");
        }
    }

    #[test]
    fn nothing_is_said_twice() {
        for bad in [
            "networks: [{prefix: 10.0.0.0/8, area: 0}, {prefix: 10.0.0.0/8, area: 1}]",
            "passive-interfaces: [eth1, eth1]",
        ] {
            assert_eq!(errors(&ospf(bad)).len(), 1, "{bad}");
        }
        assert!(is_valid(&ospf("networks: [{prefix: 10.0.0.0/8, area: 0}, {prefix: 10.0.0.0/9, area: 1}]")));
    }

    #[test]
    fn ospf_does_not_redistribute_itself() {
        assert_eq!(errors(&ospf("redistribute: {ospf: {}}")).len(), 1);
        assert_eq!(errors(&ospf("distribute-lists: {ospf: A}")).len(), 1);
        assert!(is_valid(&ospf("redistribute: {connected: {}, rip: {metric: 5, metric-type: 1}}")));
    }

    #[test]
    fn every_reference_is_looked_up() {
        let text = ospf(
            "redistribute: {static: {route-map: A}}, distribute-lists: {static: B}, \
             default-information: {route-map: C}, networks: [{prefix: 10.0.0.0/8, area: 1}], \
             areas: {1: {filter-list-in: D, filter-list-out: E, import-list: F, export-list: G}}, \
             interfaces: {eth1: {authentication: {key-chain: H}}}",
        );
        assert_eq!(warnings(&text).len(), 8, "{:?}", warnings(&text));
        assert!(is_valid(&text));
    }

    #[test]
    fn what_has_no_effect_is_doubtful() {
        for doubtful in [
            "summary-addresses: {10.0.0.0/8: {tag: 5, no-advertise: true}}",
            "timers: {spf: {throttle: {delay: 0, hold: 50, max: 40}}}",
        ] {
            assert_eq!(warnings(&ospf(doubtful)).len(), 1, "{doubtful}");
        }
        let policy = "\npolicy: {access-lists: {A: [{seq: 5, action: permit}]}}";
        assert_eq!(warnings(&(ospf("distribute-lists: {rip: A}") + policy)).len(), 1);
    }
}
