//! What this router announces of its own, and what becomes of what it learned.

use super::of_family;
use crate::validate::Checker;
use bgp::Family;
use bgp::config::{Config, FamilyConfig, MAX_PATHS};
use fib::Protocol;
use policy::config::Config as Policy;

pub(super) fn check(c: &mut Checker, family: Family, config: &FamilyConfig, bgp: &Config, policy: &Policy) {
    c.within("networks", |c| {
        for (prefix, network) in &config.networks {
            c.within(prefix.to_string().as_str(), |c| {
                of_family(c, family, *prefix);
                map(c, "route-map", network.route_map.as_ref(), policy);
            });
        }
    });
    c.within("redistribute", |c| {
        for (protocol, how) in &config.redistribute {
            c.within(protocol.name(), |c| {
                redistributed(c, family, *protocol);
                map(c, "route-map", how.route_map.as_ref(), policy);
            });
        }
    });
    c.within("aggregates", |c| {
        for (prefix, aggregate) in &config.aggregates {
            c.within(prefix.to_string().as_str(), |c| {
                of_family(c, family, *prefix);
                map(c, "suppress-map", aggregate.suppress_map.as_ref(), policy);
                map(c, "route-map", aggregate.route_map.as_ref(), policy);
                if aggregate.as_set && bgp.reject_as_sets {
                    c.within("as-set", |c| c.warning("has no effect beside `reject-as-sets`"));
                }
            });
        }
    });
    c.range("maximum-paths", config.maximum_paths, 1..=MAX_PATHS);
    c.range("maximum-paths-ibgp", config.maximum_paths_ibgp, 1..=MAX_PATHS);
    c.within("distance", |c| {
        let distance = config.distance;
        for (key, value) in
            [("external", distance.external), ("internal", distance.internal), ("local", distance.local)]
        {
            c.range(key, value, 1..=255);
        }
    });
    map(c, "table-map", config.table_map.as_ref(), policy);
}

fn map(c: &mut Checker, key: &str, name: Option<&String>, policy: &Policy) {
    if let Some(name) = name {
        c.within(key, |c| c.route_map(name, policy));
    }
}

fn redistributed(c: &mut Checker, family: Family, protocol: Protocol) {
    match protocol {
        Protocol::Bgp => {
            c.error("BGP's own routes cannot be redistributed into it", "connected, static, ospf, rip");
        }
        Protocol::Ospf | Protocol::Rip if family == Family::Ipv6 => {
            c.warning(format!("{protocol} has no IPv6 routes: there is nothing to redistribute"));
        }
        _ => {}
    }
}
