//! Static routes and rules: exactly one way to forward, one family, no line twice.

use super::Checker;
use super::interfaces::{is_link_local, is_unicast};
use crate::config::{Rule, StaticRoute};
use fib::TableId;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check_routes(c: &mut Checker, routes: &[StaticRoute]) {
    let mut seen = BTreeSet::new();
    let mut discards = BTreeMap::new();
    for (at, route) in routes.iter().enumerate() {
        c.within(at, |c| {
            next_hop(c, route);
            c.range("distance", route.distance, 1..=255);
            c.range("weight", route.weight, 1..=255);
            if let Some(TableId(table)) = route.table {
                c.range("table", table, 1..=252);
            }
            if let Some(name) = &route.name {
                c.within("name", |c| c.word("a route", name));
            }
            let kind = route.kind.map(|k| k as u8);
            if !seen.insert((route.prefix, route.table, route.via, route.interface.as_deref(), kind)) {
                c.refuse(format!("the same route to {} by the same way is listed twice", route.prefix));
            }
            let set = (route.prefix, route.table, route.distance);
            if *discards.entry(set).or_insert(kind) != kind {
                let (prefix, distance) = (route.prefix, route.distance);
                c.warning(format!("{prefix} is both forwarded and discarded at distance {distance}"));
            }
        });
    }
}

fn next_hop(c: &mut Checker, route: &StaticRoute) {
    let accepted = "`via`, `interface` or both, or else `type` alone";
    match (route.via, &route.interface, route.kind) {
        (None, None, None) => c.error("this route leads nowhere", accepted),
        (None, None, Some(_)) if route.weight != 1 => c.refuse("a route that discards has no `weight`"),
        (None, None, Some(_)) => {}
        (_, _, Some(_)) => c.error("this route both forwards and discards", accepted),
        _ => {}
    }
    if let Some(name) = &route.interface {
        c.within("interface", |c| c.interface_name(name));
    }
    if route.onlink && (route.via.is_none() || route.interface.is_none()) {
        c.within("onlink", |c| c.error("found true", "both `via` and `interface` beside it"));
    }
    let Some(via) = route.via else { return };
    c.within("via", |c| {
        if via.is_ipv4() != route.prefix.is_v4() {
            let family = if route.prefix.is_v4() { "an IPv4 address" } else { "an IPv6 address" };
            c.error(format!("found {via} as the next hop to {}", route.prefix), family);
        } else if !is_unicast(via) || via.is_loopback() {
            c.error(format!("{via} cannot be a next hop"), "the address of a router");
        } else if is_link_local(via) && via.is_ipv6() && route.interface.is_none() {
            c.error(format!("{via} exists on every link"), "an `interface` beside it");
        }
    });
}

pub(super) fn check_rules(c: &mut Checker, rules: &[Rule]) {
    let mut seen = BTreeSet::new();
    for (at, rule) in rules.iter().enumerate() {
        c.within(at, |c| {
            c.range("priority", rule.priority, 1..=32765);
            if !seen.insert(rule.priority) {
                let message = format!("another rule has priority {} already", rule.priority);
                c.within("priority", |c| c.refuse(message));
            }
            match (rule.table, rule.kind) {
                (Some(_), None) | (None, Some(_)) => {}
                (None, None) => c.error("this rule decides nothing", "`table` or `type`"),
                (Some(_), Some(_)) => {
                    c.error("this rule both asks a table and discards", "`table` or `type`")
                }
            }
            if let Some(TableId(table)) = rule.table {
                c.range("table", table, 1..=255);
            }
            if let (Some(from), Some(to)) = (rule.from, rule.to)
                && from.is_v4() != to.is_v4()
            {
                c.refuse(format!("no packet goes from {from} to {to}: one is IPv4, the other IPv6"));
            }
            if let Some(name) = &rule.iif {
                c.within("iif", |c| c.interface_name(name));
            }
            // The lower two bits are ECN (RFC 3168 section 5); Linux refuses them in a rule as well.
            if rule.tos.is_some_and(|tos| tos & 3 != 0) {
                let tos = rule.tos.unwrap_or_default();
                c.within("tos", |c| c.error(format!("found {tos}"), "a multiple of 4, 0-252"));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::validate::tests::{errors, is_valid, warnings};

    fn route(keys: &str) -> String {
        format!("routes: [{{prefix: 10.0.0.0/8, {keys}}}]")
    }

    #[test]
    fn a_route_forwards_or_discards() {
        for ok in ["via: 10.9.0.1", "interface: eth1", "via: 10.9.0.1, interface: eth1", "type: blackhole"] {
            assert!(is_valid(&route(ok)), "{ok}");
        }
        for bad in ["", "via: 10.9.0.1, type: blackhole", "interface: eth1, type: prohibit"] {
            assert_eq!(errors(&route(bad)).len(), 1, "{bad}");
        }
        assert_eq!(errors(&route("type: blackhole, weight: 2")).len(), 1);
    }

    #[test]
    fn a_next_hop_is_a_router_of_the_same_family() {
        for bad in ["'2001:db8::1'", "224.0.0.1", "0.0.0.0", "127.0.0.1", "255.255.255.255"] {
            let found = errors(&route(&format!("via: {bad}")));
            assert_eq!(found.len(), 1, "{bad}");
            assert!(found[0].starts_with("routes[0].via: "), "{}", found[0]);
        }
        assert_eq!(errors("routes: [{prefix: '::/0', via: 'fe80::1'}]").len(), 1);
        assert!(is_valid("routes: [{prefix: '::/0', via: 'fe80::1', interface: eth1}]"));
    }

    #[test]
    fn ranges_of_a_route_hold() {
        for (bad, path) in [
            ("distance: 0", "distance: found 0, expected 1-255"),
            ("weight: 0", "weight: found 0, expected 1-255"),
            ("table: 0", "table: found 0, expected 1-252"),
            ("table: 253", "table: found 253, expected 1-252"),
            ("onlink: true", "onlink: found true, expected both `via` and `interface` beside it"),
        ] {
            assert_eq!(errors(&route(&format!("via: 10.9.0.1, {bad}"))), [format!("routes[0].{path}")]);
        }
        assert!(is_valid(&route("via: 10.9.0.1, interface: eth1, onlink: true, table: 252, distance: 255")));
    }

    #[test]
    fn the_same_way_twice_is_refused_even_at_another_distance() {
        let text =
            "routes: [{prefix: 10.0.0.0/8, via: 10.9.0.1}, {prefix: 10.0.0.0/8, via: 10.9.0.1, distance: 9}]";
        assert_eq!(errors(text).len(), 1);
        let ecmp = "routes: [{prefix: 10.0.0.0/8, via: 10.9.0.1}, {prefix: 10.0.0.0/8, via: 10.9.0.2}]";
        assert!(is_valid(ecmp));
    }

    #[test]
    fn forwarding_and_discarding_at_one_distance_is_doubtful() {
        let text = "routes: [{prefix: 10.0.0.0/8, via: 10.9.0.1}, {prefix: 10.0.0.0/8, type: blackhole, distance: D}]";
        assert_eq!(warnings(&text.replace('D', "1")).len(), 1);
        assert_eq!(warnings(&text.replace('D', "250")).len(), 0, "this is a floating discard");
    }

    #[test]
    fn a_rule_asks_a_table_or_discards() {
        for ok in ["table: 100", "table: 254", "type: unreachable", "table: 1, tos: 16, from: 10.0.0.0/8"] {
            assert!(is_valid(&format!("rules: [{{priority: 1, {ok}}}]")), "{ok}");
        }
        for bad in [
            "",
            "table: 1, type: blackhole",
            "table: 0",
            "table: 256",
            "table: 1, tos: 3",
            "table: 1, from: 10.0.0.0/8, to: '2001:db8::/32'",
            "table: 1, iif: a/b",
        ] {
            assert_eq!(errors(&format!("rules: [{{priority: 1, {bad}}}]")).len(), 1, "{bad}");
        }
        assert_eq!(errors("rules: [{priority: 0, table: 1}]").len(), 1);
        assert_eq!(errors("rules: [{priority: 32766, table: 1}]").len(), 1);
        assert_eq!(errors("rules: [{priority: 7, table: 1}, {priority: 7, table: 2}]").len(), 1);
    }
}
