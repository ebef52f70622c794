//! `show ip route linux`: the table as iproute2 prints a kernel's, so that what is known of one helps with the
//! other.

use crate::reply::{NextHopView, RouteView, RoutesPage};
use configs::config::Discard;
use core::net::IpAddr;
use fib::Protocol;
use serde_json::{Value, json};
use std::fmt::Write;

/// The metric FRR gives its routes in a kernel.
const METRIC: u32 = 20;

pub(super) fn text(page: &RoutesPage) -> String {
    page.routes.iter().map(line).collect()
}

pub(super) fn json(page: &RoutesPage) -> Value {
    let words = |route: &RouteView| json!({ "dst": destination(route), "line": line(route).trim_end() });
    Value::Array(page.routes.iter().map(words).collect())
}

/// `default`, `10.0.0.1` for a host, or the prefix.
fn destination(route: &RouteView) -> String {
    match route.prefix {
        p if p.is_default() => "default".to_owned(),
        p if p.is_host() => p.addr().to_string(),
        p => p.to_string(),
    }
}

fn line(route: &RouteView) -> String {
    let v4 = route.prefix.is_v4();
    let kernel = route.local_kind.is_some() || route.protocol == Protocol::Connected;
    let mut out = String::new();
    let kind = match route.discard {
        Some(Discard::Blackhole) => Some("blackhole"),
        Some(Discard::Unreachable) => Some("unreachable"),
        Some(Discard::Prohibit) => Some("prohibit"),
        None => route.local_kind.as_deref(),
    };
    kind.iter().for_each(|kind| out.extend([kind, " "]));
    out.push_str(&destination(route));
    let hops: Vec<(Option<IpAddr>, &str, u8, bool)> = route.next_hops.iter().flat_map(ends).collect();
    let several = hops.len() > 1;
    if let Some((gateway, interface, ..)) = hops.first().filter(|_| !several) {
        way(&mut out, *gateway, interface);
    }
    let _ = write!(out, " proto {}", if kernel { "kernel" } else { route.protocol.name() });
    let direct = !several && hops.first().is_some_and(|(gateway, ..)| gateway.is_none());
    match route.local_kind.as_deref() {
        Some("local") if v4 => out.push_str(" scope host"),
        _ if v4 && direct => out.push_str(" scope link"),
        _ => {}
    }
    if let Some(source) = route.preferred_source.filter(|_| v4) {
        let _ = write!(out, " src {source}");
    }
    match (kernel, v4, route.local_kind.is_some()) {
        (false, ..) => {
            let _ = write!(out, " metric {METRIC}");
        }
        (true, false, true) => out.push_str(" metric 0"),
        (true, false, false) => out.push_str(" metric 256"),
        (true, true, _) => {}
    }
    if hops.iter().any(|(.., onlink)| *onlink) && !several {
        out.push_str(" onlink");
    }
    if !v4 && route.discard.is_none() {
        out.push_str(" pref medium");
    }
    out.push('\n');
    for (gateway, interface, weight, onlink) in hops.iter().filter(|_| several) {
        out.push_str("\tnexthop");
        way(&mut out, *gateway, interface);
        let _ = writeln!(out, " weight {weight}{}", if *onlink { " onlink" } else { "" });
    }
    out
}

fn way(out: &mut String, gateway: Option<IpAddr>, interface: &str) {
    if let Some(gateway) = gateway {
        let _ = write!(out, " via {gateway}");
    }
    if !interface.is_empty() {
        let _ = write!(out, " dev {interface}");
    }
}

/// A kernel knows only where packets go in the end.
fn ends(hop: &NextHopView) -> Vec<(Option<IpAddr>, &str, u8, bool)> {
    if hop.recursive && !hop.resolved.is_empty() {
        return hop.resolved.iter().map(|(g, i)| (*g, i.as_str(), hop.weight, false)).collect();
    }
    vec![(hop.gateway, hop.interface.as_deref().unwrap_or(""), hop.weight, hop.onlink)]
}

#[cfg(test)]
mod tests {
    use super::super::routes::tests::{hop, page, route};
    use super::*;

    #[test]
    fn routes_look_as_iproute2_prints_them() {
        let mut page = page();
        page.routes.retain(|r| r.selected);
        page.routes.push(route("0.0.0.0/0", Protocol::Static, vec![hop("10.0.12.2", "eth1")]));
        page.routes[1].preferred_source = "10.0.12.1".parse().ok();
        let expected = "\
10.0.3.0/24 via 10.0.12.2 dev eth1 proto rip metric 20
10.0.12.0/24 dev eth1 proto kernel scope link src 10.0.12.1
10.6.0.0/16 via 10.0.12.2 dev eth1 proto static metric 20
blackhole 10.8.0.0/16 proto static metric 20
10.9.0.0/16 proto static metric 20
\tnexthop via 10.0.12.2 dev eth1 weight 1
\tnexthop via 10.0.12.3 dev eth1 weight 1
default via 10.0.12.2 dev eth1 proto static metric 20
";
        assert_eq!(text(&page), expected);
    }

    #[test]
    fn the_local_table_has_scopes() {
        let own = |prefix: &str, kind: &str| RouteView {
            local_kind: Some(kind.to_owned()),
            preferred_source: "10.0.0.1".parse().ok(),
            ..route(prefix, Protocol::Connected, vec![hop("", "eth1")])
        };
        let page = RoutesPage {
            routes: vec![
                own("10.0.0.1/32", "local"),
                own("10.0.0.255/32", "broadcast"),
                own("2001:db8::1/128", "local"),
            ],
            ..RoutesPage::default()
        };
        let expected = "\
local 10.0.0.1 dev eth1 proto kernel scope host src 10.0.0.1
broadcast 10.0.0.255 dev eth1 proto kernel scope link src 10.0.0.1
local 2001:db8::1 dev eth1 proto kernel metric 0 pref medium
";
        assert_eq!(text(&page), expected);
    }
}
