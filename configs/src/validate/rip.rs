//! The RIP section: ranges, one family, nothing said twice, references that lead somewhere.

use super::Checker;
use super::interfaces::is_unicast;
use core::fmt::Display;
use core::net::IpAddr;
use fib::{Prefix, Protocol};
use policy::config::Config as Policy;
use rip::config::{
    Authentication, AuthenticationMode, Config, InterfaceConfig, ListName, Redistribute, TimersConfig,
    Versions,
};
use std::collections::BTreeSet;

/// The wire has room for so many bytes of a plain password or an MD5 key (RFC 2453 section 4.1, RFC 2082).
const KEY: usize = 16;

pub(super) fn check(c: &mut Checker, rip: &Config, policy: &Policy) {
    if let Some(version) = rip.version {
        c.range("version", version, 1..=2);
    }
    ipv4(c, "networks", &rip.networks);
    names(c, "network-interfaces", &rip.network_interfaces);
    c.unique("neighbors", &rip.neighbors);
    for (at, neighbor) in rip.neighbors.iter().enumerate() {
        if !is_unicast(IpAddr::V4(*neighbor)) {
            let message = format!("{neighbor} cannot be the address of a neighbor");
            c.within("neighbors", |c| c.within(at, |c| c.refuse(message)));
        }
    }
    names(c, "passive-interfaces", &rip.passive_interfaces);
    c.range("default-metric", rip.default_metric, 1..=16);
    if let Some(distance) = rip.distance {
        c.range("distance", distance, 1..=255);
    }
    distances(c, rip, policy);
    filters(c, rip, policy);
    c.within("redistribute", |c| {
        for (protocol, redistribute) in &rip.redistribute {
            c.within(protocol.name(), |c| redistributed(c, *protocol, redistribute, policy));
        }
    });
    ipv4(c, "routes", &rip.routes);
    c.within("timers", |c| timers(c, rip.timers));
    c.range("maximum-paths", rip.maximum_paths, 0..=64);
    c.range("infinity", rip.infinity, 2..=255);
    c.within("interfaces", |c| {
        for (name, interface) in &rip.interfaces {
            c.within(name.as_str(), |c| {
                c.interface_name(name);
                one(c, rip, interface, policy);
            });
        }
    });
}

fn ipv4(c: &mut Checker, key: &str, prefixes: &[Prefix]) {
    c.unique(key, prefixes);
    for (at, prefix) in prefixes.iter().enumerate() {
        if !prefix.is_v4() {
            c.within(key, |c| c.within(at, |c| c.error(format!("found `{prefix}`"), "an IPv4 prefix")));
        }
    }
}

fn names(c: &mut Checker, key: &str, names: &[String]) {
    c.unique(key, names);
    for (at, name) in names.iter().enumerate() {
        c.within(key, |c| c.within(at, |c| c.interface_name(name)));
    }
}

fn distances(c: &mut Checker, rip: &Config, policy: &Policy) {
    let sources: Vec<Prefix> = rip.distances.iter().map(|d| d.source).collect();
    ipv4(c, "distances", &sources);
    for (at, entry) in rip.distances.iter().enumerate() {
        c.within("distances", |c| {
            c.within(at, |c| {
                c.range("distance", entry.distance, 1..=255);
                if let Some(name) = &entry.access_list {
                    c.within("access-list", |c| c.access_list(name, policy));
                }
            });
        });
    }
}

/// Distribute lists, offset lists and route maps: FRR has one of each per direction and interface.
fn filters(c: &mut Checker, rip: &Config, policy: &Policy) {
    let mut seen = BTreeSet::new();
    c.within("distribute-lists", |c| {
        for (at, entry) in rip.distribute_lists.iter().enumerate() {
            let prefix = matches!(entry.list, ListName::PrefixList(_));
            c.within(at, |c| {
                c.within("list", |c| match &entry.list {
                    ListName::AccessList(name) => c.within("access-list", |c| c.access_list(name, policy)),
                    ListName::PrefixList(name) => c.within("prefix-list", |c| c.prefix_list(name, policy)),
                });
                optional_interface(c, entry.interface.as_deref());
                let kind = if prefix { "prefix list" } else { "access list" };
                once(c, kind, seen.insert((prefix, entry.direction, entry.interface.as_deref())));
            });
        }
    });
    let mut seen = BTreeSet::new();
    c.within("offset-lists", |c| {
        for (at, entry) in rip.offset_lists.iter().enumerate() {
            c.within(at, |c| {
                c.within("access-list", |c| c.access_list(&entry.access_list, policy));
                c.range("metric", entry.metric, 0..=16);
                optional_interface(c, entry.interface.as_deref());
                once(c, "offset list", seen.insert((entry.direction, entry.interface.as_deref())));
            });
        }
    });
    let mut seen = BTreeSet::new();
    c.within("route-maps", |c| {
        for (at, entry) in rip.route_maps.iter().enumerate() {
            c.within(at, |c| {
                c.within("route-map", |c| c.route_map(&entry.route_map, policy));
                optional_interface(c, Some(&entry.interface));
                once(c, "route map", seen.insert((entry.direction, entry.interface.as_str())));
            });
        }
    });
}

fn optional_interface(c: &mut Checker, name: Option<&str>) {
    if let Some(name) = name {
        c.within("interface", |c| c.interface_name(name));
    }
}

fn once(c: &mut Checker, what: impl Display, first: bool) {
    if !first {
        c.refuse(format!("another {what} is set for this direction and interface"));
    }
}

fn redistributed(c: &mut Checker, protocol: Protocol, redistribute: &Redistribute, policy: &Policy) {
    if protocol == Protocol::Rip {
        c.error("RIP's own routes cannot be redistributed into it", "connected, static, ospf, bgp");
    }
    if let Some(metric) = redistribute.metric {
        c.range("metric", metric, 0..=16);
    }
    if let Some(name) = &redistribute.route_map {
        c.within("route-map", |c| c.route_map(name, policy));
    }
}

fn timers(c: &mut Checker, timers: TimersConfig) {
    for (key, value) in [("update", timers.update), ("timeout", timers.timeout), ("garbage", timers.garbage)]
    {
        c.range(key, value, 1..=u16::MAX);
    }
    if timers.timeout <= timers.update {
        let message = format!(
            "routes time out after {} s although updates come every {} s only",
            timers.timeout, timers.update
        );
        c.within("timeout", |c| c.warning(message));
    }
}

fn one(c: &mut Checker, rip: &Config, interface: &InterfaceConfig, policy: &Policy) {
    let Some(authentication) = &interface.authentication else { return };
    c.within("authentication", |c| {
        authenticated(c, authentication, policy);
        let sends_v1 = match interface.send_version {
            Some(versions) => matches!(versions, Versions::V1 | Versions::Both),
            None => rip.version == Some(1),
        };
        if sends_v1 {
            c.warning("version 1 cannot be authenticated: what it sends here goes out bare");
        }
    });
}

fn authenticated(c: &mut Checker, authentication: &Authentication, policy: &Policy) {
    match (&authentication.key_string, &authentication.key_chain) {
        (Some(_), Some(_)) => c.error("found both `key-string` and `key-chain`", "one of them"),
        (None, None) => c.warning("there is no `key-string` and no `key-chain`: nothing can be accepted"),
        (Some(key), None) => c.within("key-string", |c| c.secret(key, KEY)),
        (None, Some(name)) => c.within("key-chain", |c| {
            c.key_chain(name, policy);
            let keys = policy.key_chains.get(name).into_iter().flatten();
            let too_long = keys.filter(|k| k.key_string.len() > KEY).map(|k| k.id).next();
            if let (Some(id), AuthenticationMode::Text) = (too_long, authentication.mode) {
                c.warning(format!("key {id} of `{name}` is longer than the {KEY} bytes of a plain password"));
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use crate::validate::tests::{errors, is_valid, warnings};

    fn rip(keys: &str) -> String {
        format!("rip: {{{keys}}}")
    }

    #[test]
    fn ranges_hold() {
        for (bad, expected) in [
            ("version: 3", "version: found 3, expected 1-2"),
            ("default-metric: 0", "default-metric: found 0, expected 1-16"),
            ("default-metric: 17", "default-metric: found 17, expected 1-16"),
            ("distance: 0", "distance: found 0, expected 1-255"),
            ("timers: {update: 0}", "timers.update: found 0, expected 1-65535"),
            ("timers: {garbage: 0}", "timers.garbage: found 0, expected 1-65535"),
            ("maximum-paths: 65", "maximum-paths: found 65, expected 0-64"),
            ("infinity: 1", "infinity: found 1, expected 2-255"),
            ("redistribute: {static: {metric: 17}}", "redistribute.static.metric: found 17, expected 0-16"),
            (
                "distances: [{distance: 0, source: 10.0.0.0/8}]",
                "distances[0].distance: found 0, expected 1-255",
            ),
            (
                "offset-lists: [{access-list: A, direction: in, metric: 17}]",
                "offset-lists[0].metric: found 17, expected 0-16",
            ),
        ] {
            assert_eq!(errors(&rip(bad)), [format!("rip.{expected}")]);
        }
    }

    #[test]
    fn rip_is_ipv4() {
        assert_eq!(
            errors(&rip("networks: ['2001:db8::/32']")),
            ["rip.networks[0]: found `2001:db8::/32`, expected an IPv4 prefix"]
        );
        assert_eq!(errors(&rip("routes: ['::/0']")).len(), 1);
        assert_eq!(errors(&rip("distances: [{distance: 1, source: '::/0'}]")).len(), 1);
        assert_eq!(errors(&rip("neighbors: [224.0.0.9]")).len(), 1);
    }

    #[test]
    fn nothing_is_said_twice() {
        for bad in [
            "networks: [10.0.0.0/8, 10.0.0.0/8]",
            "network-interfaces: [eth1, eth1]",
            "neighbors: [10.0.0.1, 10.0.0.1]",
            "passive-interfaces: [eth1, eth1]",
            "routes: [10.0.0.0/8, 10.0.0.0/8]",
            "distances: [{distance: 1, source: 10.0.0.0/8}, {distance: 2, source: 10.0.0.0/8}]",
            "distribute-lists: [{list: {access-list: A}, direction: in}, {list: {access-list: B}, direction: in}]",
            "offset-lists: [{access-list: A, direction: in, metric: 1}, {access-list: B, direction: in, metric: 1}]",
            "route-maps: [{route-map: A, direction: in, interface: e}, {route-map: B, direction: in, interface: e}]",
        ] {
            assert_eq!(errors(&rip(bad)).len(), 1, "{bad}");
        }
        assert!(is_valid(&rip(
            "distribute-lists: [{list: {access-list: A}, direction: in}, {list: {prefix-list: A}, direction: in}]"
        )));
    }

    #[test]
    fn rip_does_not_redistribute_itself() {
        assert_eq!(errors(&rip("redistribute: {rip: {}}")).len(), 1);
        assert!(is_valid(&rip("redistribute: {connected: {}, ospf: {metric: 5}}")));
    }

    #[test]
    fn a_password_fits_its_16_bytes() {
        let on = |keys: &str| rip(&format!("interfaces: {{eth1: {{authentication: {{{keys}}}}}}}"));
        assert!(is_valid(&on("mode: text, key-string: 0123456789abcdef")));
        assert_eq!(errors(&on("mode: md5, key-string: 0123456789abcdefg")).len(), 1);
        assert_eq!(errors(&on("mode: md5, key-string: x, key-chain: K")).len(), 1);
        assert_eq!(warnings(&on("mode: md5")).len(), 1);
        assert_eq!(warnings(&on("mode: md5, key-chain: K")).len(), 1, "K is not defined");
        let chain = "\npolicy: {key-chains: {K: [{id: 7, key-string: 0123456789abcdefg}]}}";
        assert_eq!(warnings(&(on("mode: text, key-chain: K") + chain)).len(), 1);
        assert_eq!(warnings(&(on("mode: md5, key-chain: K") + chain)).len(), 0);
    }

    #[test]
    fn version_1_with_authentication_is_doubtful() {
        let on = "version: V, interfaces: {eth1: {authentication: {mode: text, key-string: x}}}";
        assert_eq!(warnings(&rip(&on.replace('V', "1"))).len(), 1);
        assert_eq!(warnings(&rip(&on.replace('V', "2"))).len(), 0);
    }

    #[test]
    fn a_timeout_shorter_than_an_update_is_doubtful() {
        assert_eq!(warnings(&rip("timers: {update: 30, timeout: 30}")).len(), 1);
    }

    #[test]
    fn every_reference_is_looked_up() {
        let text = rip("distances: [{distance: 1, source: 10.0.0.0/8, access-list: A}], \
             distribute-lists: [{list: {access-list: B}, direction: in}, {list: {prefix-list: C}, direction: out}], \
             offset-lists: [{access-list: D, direction: in, metric: 1}], \
             route-maps: [{route-map: E, direction: in, interface: e}], \
             redistribute: {static: {route-map: F}}");
        assert_eq!(warnings(&text).len(), 6, "{:?}", warnings(&text));
        assert!(is_valid(&text));
    }
}
