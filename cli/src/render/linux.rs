//! `show ip route linux`: the table as iproute2 prints a kernel's, so that what is known of one helps with the
//! other.

use super::object;
use crate::reply::{NextHopView, RouteView, RoutesPage};
use configs::config::Discard;
use core::net::IpAddr;
use fib::Protocol;
use serde_json::{Value, json};
use std::fmt::Write;

/// The metric FRR gives its routes in a kernel.
const METRIC: u32 = 20;

pub(super) fn text(page: &RoutesPage) -> String {
    page.routes.iter().map(|route| Words::of(route).text()).collect()
}

/// As `ip -json route` has them.
pub(super) fn json(page: &RoutesPage) -> Value {
    page.routes.iter().map(|route| Words::of(route).json()).collect()
}

/// A way out: gateway, interface, weight, onlink.
type End<'r> = (Option<IpAddr>, &'r str, u8, bool);

/// What iproute2 says of a route.
pub(crate) struct Words<'r> {
    /// `local`, `broadcast`, `blackhole`, ...; `None`: an ordinary route.
    kind: Option<&'r str>,
    /// `default`, `10.0.0.1` for a host, or the prefix.
    destination: String,
    hops: Vec<End<'r>>,
    protocol: &'r str,
    scope: Option<&'static str>,
    source: Option<IpAddr>,
    metric: Option<u32>,
    v4: bool,
    discards: bool,
}

impl<'r> Words<'r> {
    pub(crate) fn of(route: &'r RouteView) -> Words<'r> {
        let v4 = route.prefix.is_v4();
        let kernel = route.local_kind.is_some() || route.protocol == Protocol::Connected;
        let hops: Vec<End<'r>> = route.next_hops.iter().flat_map(ends).collect();
        let direct = matches!(hops.as_slice(), [(None, ..)]);
        Words {
            kind: match route.discard {
                Some(Discard::Blackhole) => Some("blackhole"),
                Some(Discard::Unreachable) => Some("unreachable"),
                Some(Discard::Prohibit) => Some("prohibit"),
                None => route.local_kind.as_deref(),
            },
            destination: match route.prefix {
                p if p.is_default() => "default".to_owned(),
                p if p.is_host() => p.addr().to_string(),
                p => p.to_string(),
            },
            protocol: if kernel { "kernel" } else { route.protocol.name() },
            scope: match route.local_kind.as_deref() {
                Some("local") if v4 => Some("host"),
                _ if v4 && direct => Some("link"),
                _ => None,
            },
            source: route.preferred_source.filter(|_| v4),
            metric: match (kernel, v4, route.local_kind.is_some()) {
                (false, ..) => Some(METRIC),
                (true, false, true) => Some(0),
                (true, false, false) => Some(256),
                (true, true, _) => None,
            },
            v4,
            discards: route.discard.is_some(),
            hops,
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut out = self.kind.map(|kind| format!("{kind} ")).unwrap_or_default();
        out.push_str(&self.destination);
        let only = match self.hops.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        if let Some((gateway, interface, ..)) = only {
            way(&mut out, *gateway, interface);
        }
        let _ = write!(out, " proto {}", self.protocol);
        if let Some(scope) = self.scope {
            let _ = write!(out, " scope {scope}");
        }
        if let Some(source) = self.source {
            let _ = write!(out, " src {source}");
        }
        if let Some(metric) = self.metric {
            let _ = write!(out, " metric {metric}");
        }
        if only.is_some_and(|(.., onlink)| *onlink) {
            out.push_str(" onlink");
        }
        if !self.v4 && !self.discards {
            out.push_str(" pref medium");
        }
        out.push('\n');
        for (gateway, interface, weight, onlink) in self.hops.iter().filter(|_| only.is_none()) {
            out.push_str("\tnexthop");
            way(&mut out, *gateway, interface);
            let _ = writeln!(out, " weight {weight}{}", if *onlink { " onlink" } else { "" });
        }
        out
    }

    pub(crate) fn json(&self) -> Value {
        let flags = |onlink: bool| if onlink { json!(["onlink"]) } else { json!([]) };
        let name = |interface: &str| (!interface.is_empty()).then(|| json!(interface));
        let mut members =
            vec![("type", self.kind.map(|kind| json!(kind))), ("dst", Some(json!(self.destination)))];
        let mut own = json!([]);
        if let [(gateway, interface, _, onlink)] = self.hops.as_slice() {
            members.push(("gateway", gateway.map(|g| json!(g.to_string()))));
            members.push(("dev", name(interface)));
            own = flags(*onlink);
        }
        members.extend([
            ("protocol", Some(json!(self.protocol))),
            ("scope", self.scope.map(|scope| json!(scope))),
            ("prefsrc", self.source.map(|source| json!(source.to_string()))),
            ("metric", self.metric.map(|metric| json!(metric))),
            ("flags", Some(own)),
            ("pref", (!self.v4 && !self.discards).then(|| json!("medium"))),
        ]);
        let hop = |(gateway, interface, weight, onlink): &End<'_>| {
            object(vec![
                ("gateway", gateway.map(|g| json!(g.to_string()))),
                ("dev", name(interface)),
                ("weight", Some(json!(weight))),
                ("flags", Some(flags(*onlink))),
            ])
        };
        if self.hops.len() > 1 {
            members.push(("nexthops", Some(self.hops.iter().map(hop).collect())));
        }
        object(members)
    }

    /// Whether a packet may leave by this interface.
    pub(crate) fn leaves_by(&self, name: &str) -> bool {
        self.hops.iter().any(|(_, interface, ..)| *interface == name)
    }

    /// Whether this is its gateway.
    pub(crate) fn goes_via(&self, address: IpAddr) -> bool {
        self.hops.iter().any(|(gateway, ..)| *gateway == Some(address))
    }

    /// `rip`, `static`, `kernel`, ...
    pub(crate) fn protocol(&self) -> &str {
        self.protocol
    }

    /// Where one packet goes: gateway and interface.
    pub(crate) fn first(&self) -> Option<(Option<IpAddr>, &str)> {
        self.hops.first().map(|(gateway, interface, ..)| (*gateway, *interface))
    }

    /// `blackhole`, `unreachable`, `prohibit`, or of the local table `local`, `broadcast`, `multicast`.
    pub(crate) fn kind(&self) -> Option<&str> {
        self.kind
    }
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
fn ends(hop: &NextHopView) -> Vec<End<'_>> {
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
