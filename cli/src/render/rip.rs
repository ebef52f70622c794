//! `show ip rip`, its database and status, exactly in FRR's columns (the database in IOS's).

use super::{object, plain, uptime};
use crate::text::versions;
use rip::config::{Config, Direction, ListName};
use rip::show::{NextHopView, RouteView, Status, Table};
use serde_json::{Value, json};
use std::fmt::Write;

const CODES: &str = "\
Codes: R - RIP, C - connected, S - Static, O - OSPF, B - BGP
Sub-codes:
      (n) - normal, (s) - static, (d) - default, (r) - redistribute,
      (i) - interface

     Network            Next Hop         Metric From            Tag Time
";

pub(super) fn table(table: &Table) -> String {
    let mut out = CODES.to_owned();
    for route in &table.routes {
        let letter = route.protocol.letter();
        let sub = route.sub_type.chars().next().unwrap_or('n');
        let prefix = route.prefix.to_string();
        let start = format!("{letter}({sub}) {prefix:<18}");
        if route.next_hops.is_empty() {
            row(&mut out, &start, "0.0.0.0", route.metric, "self", route.tag, None);
        }
        for hop in &route.next_hops {
            let gateway = hop.gateway.to_string();
            let from = if hop.from.is_unspecified() { "self".to_owned() } else { hop.from.to_string() };
            row(&mut out, &start, &gateway, hop.metric, &from, route.tag, hop.expires_ms);
        }
    }
    out
}

fn row(
    out: &mut String,
    start: &str,
    gateway: &str,
    metric: u32,
    from: &str,
    tag: u16,
    expires: Option<u64>,
) {
    let _ = write!(out, "{start} {gateway:<20} {metric:>2} {from:<15} {tag:>3}");
    if let Some(ms) = expires {
        let seconds = ms / 1000;
        let _ = match seconds / 3600 {
            0 => write!(out, " {:02}:{:02}", seconds / 60, seconds % 60),
            hours => write!(out, " {hours:02}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
        };
    }
    out.push('\n');
}

pub(super) fn database(table: &Table) -> String {
    let mut out = String::new();
    for route in &table.routes {
        let mut state = String::new();
        if route.garbage {
            state.push_str("  is possibly down");
        }
        if route.holddown {
            state.push_str("  held down");
        }
        if route.tag != 0 {
            let _ = write!(state, "  tag {}", route.tag);
        }
        let learned: Vec<&NextHopView> =
            route.next_hops.iter().filter(|h| !h.from.is_unspecified()).collect();
        if learned.is_empty() {
            let what = own(route);
            let _ = writeln!(out, "{}    {what}{state}", route.prefix);
            continue;
        }
        let _ = writeln!(out, "{}{state}", route.prefix);
        for hop in learned {
            let left = hop.expires_ms.map_or_else(|| "-".to_owned(), |ms| uptime(ms.saturating_mul(1000)));
            let _ = writeln!(out, "    [{}] via {}, {left} left, {}", hop.metric, hop.gateway, hop.interface);
        }
    }
    out
}

/// What a route of our own is.
fn own(route: &RouteView) -> String {
    let interface = route.next_hops.iter().map(|h| h.interface.as_str()).find(|i| !i.is_empty());
    match (route.sub_type.as_str(), interface) {
        ("interface", Some(name)) => format!("directly connected, {name}"),
        ("interface", None) => "directly connected".to_owned(),
        ("redistribute", _) => format!("redistributed from {}, metric {}", route.protocol, route.metric),
        (other, _) => format!("{other}, metric {}", route.metric),
    }
}

/// FRR has no JSON here; the names are the snapshot's own.
pub(super) fn table_json(table: &Table) -> Value {
    plain(table)
}

pub(super) fn status_json(status: Option<&Status>) -> Value {
    match status {
        Some(status) => plain(status),
        None => object(vec![("running", Some(json!(false)))]),
    }
}

/// The process; with what is configured, also its filters, versions and distances.
pub(super) fn status(status: Option<&Status>, config: Option<&Config>) -> String {
    let Some(s) = status else { return "RIP is not running\n".to_owned() };
    let mut out = String::from("Routing Protocol is \"rip\"\n");
    let (update, timeout, garbage) = (s.timers.update, s.timers.timeout, s.timers.garbage);
    let due = s.next_update_ms / 1000;
    let _ = writeln!(out, "  Sending updates every {update} seconds with +/-50%, next due in {due} seconds");
    let _ = writeln!(out, "  Timeout after {timeout} seconds, garbage collect after {garbage} seconds");
    if s.timers.holddown != 0 {
        let _ = writeln!(out, "  Hold down for {} seconds", s.timers.holddown);
    }
    config.iter().for_each(|config| filters(&mut out, config));
    let _ = writeln!(out, "  Default redistribution metric is {}", s.default_metric);
    let redistributed: String = s.redistribute.iter().map(|p| format!(" {p}")).collect();
    let _ = writeln!(out, "  Redistributing:{redistributed}");
    if s.infinity != 16 {
        let _ = writeln!(out, "  Infinity is {}", s.infinity);
    }
    if let Some(config) = config {
        let _ = match config.version {
            None => writeln!(out, "  Default version control: send version 2, receive any version"),
            Some(v) => writeln!(out, "  Default version control: send version {v}, receive version {v}"),
        };
    }
    out.push_str("    Interface        Send  Recv   Key-chain\n");
    for i in &s.interfaces {
        let (send, receive) = (versions(i.send), versions(i.receive));
        let key = i.authentication.as_deref().unwrap_or("");
        let line = format!("    {:<17}{send:<6}{receive:<7}{key}", i.name);
        out.extend([line.trim_end(), "\n"]);
    }
    out.push_str("  Routing for Networks:\n");
    s.networks.iter().for_each(|n| out.extend(["    ", n, "\n"]));
    s.neighbors_configured.iter().for_each(|n| out.extend(["    ", &n.to_string(), "\n"]));
    if !s.passive.is_empty() {
        out.push_str("  Passive Interface(s):\n");
        s.passive.iter().for_each(|n| out.extend(["    ", n, "\n"]));
    }
    out.push_str("  Routing Information Sources:\n");
    out.push_str("    Gateway          BadPackets BadRoutes  Distance Last Update\n");
    for source in &s.sources {
        let ago = uptime(source.last_update_ms.saturating_mul(1000));
        let (address, packets, routes) = (source.address.to_string(), source.bad_packets, source.bad_routes);
        let _ = writeln!(out, "    {address:<15} {packets:>10} {routes:>9} {:>9}   {ago}", source.distance);
        if let Some(why) = &source.last_error {
            let _ = writeln!(out, "      last refused: {why}");
        }
    }
    let _ = writeln!(out, "  Distance: (default is {})", s.distance);
    let distances = config.map(|c| c.distances.as_slice()).unwrap_or_default();
    if !distances.is_empty() {
        out.push_str("    Address           Distance  List\n");
    }
    for d in distances {
        let line =
            format!("    {:<20}  {:>4}  {}", d.source, d.distance, d.access_list.as_deref().unwrap_or(""));
        out.extend([line.trim_end(), "\n"]);
    }
    out
}

/// Distribute lists: those of every interface, then those of one.
fn filters(out: &mut String, config: &Config) {
    for (words, direction) in [("Outgoing", Direction::Out), ("Incoming", Direction::In)] {
        let lists = || config.distribute_lists.iter().filter(move |d| d.direction == direction);
        let all: String = lists().filter(|d| d.interface.is_none()).map(|d| list(&d.list)).collect();
        let all = if all.is_empty() { " not set" } else { &all };
        let _ = writeln!(out, "  {words} update filter list for all interface is{all}");
        for (name, d) in lists().filter_map(|d| Some((d.interface.as_ref()?, d))) {
            let _ = writeln!(out, "    {name} filtered by{}", list(&d.list));
        }
    }
}

fn list(list: &ListName) -> String {
    match list {
        ListName::AccessList(name) => format!(" {name}"),
        ListName::PrefixList(name) => format!(" (prefix-list) {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::Ipv4Addr;
    use fib::Protocol;
    use rip::config::{SplitHorizon, TimersConfig, Versions};
    use rip::show::{InterfaceView, SourceView};

    fn route(prefix: &str, protocol: Protocol, sub_type: &str, next_hops: Vec<NextHopView>) -> RouteView {
        RouteView {
            prefix: prefix.parse().unwrap(),
            protocol,
            sub_type: sub_type.to_owned(),
            metric: next_hops.first().map_or(1, |h| h.metric),
            tag: 0,
            distance: 120,
            next_hops,
            garbage: false,
            holddown: false,
            changed: false,
        }
    }

    fn routes() -> Table {
        let neighbor = Ipv4Addr::new(10, 0, 12, 2);
        let hop = NextHopView {
            gateway: neighbor,
            from: neighbor,
            interface: "eth1".to_owned(),
            metric: 2,
            expires_ms: Some(13_200),
        };
        Table {
            routes: vec![
                route("0.0.0.0/0", Protocol::Rip, "default", vec![]),
                route("10.0.12.0/24", Protocol::Connected, "interface", vec![]),
                route("10.2.2.2/32", Protocol::Rip, "normal", vec![hop]),
                route("10.9.0.0/16", Protocol::Static, "redistribute", vec![]),
            ],
        }
    }

    /// Compared with ripd 8.4.
    #[test]
    fn the_table_is_frr_s_to_the_column() {
        let expected = "\
     Network            Next Hop         Metric From            Tag Time
R(d) 0.0.0.0/0          0.0.0.0               1 self              0
C(i) 10.0.12.0/24       0.0.0.0               1 self              0
R(n) 10.2.2.2/32        10.0.12.2             2 10.0.12.2         0 00:13
S(r) 10.9.0.0/16        0.0.0.0               1 self              0
";
        assert!(table(&routes()).ends_with(expected), "{}", table(&routes()));
    }

    #[test]
    fn the_database_tells_where_routes_are_from() {
        let expected = "\
0.0.0.0/0    default, metric 1
10.0.12.0/24    directly connected
10.2.2.2/32
    [2] via 10.0.12.2, 00:00:13 left, eth1
10.9.0.0/16    redistributed from static, metric 1
";
        assert_eq!(database(&routes()), expected);
    }

    /// Compared with ripd 8.4.
    #[test]
    fn the_status_is_frr_s() {
        let interface = |name: &str, send, authentication: Option<&str>| InterfaceView {
            name: name.to_owned(),
            send,
            receive: Versions::Both,
            split_horizon: SplitHorizon::Simple,
            authentication: authentication.map(str::to_owned),
            passive: false,
        };
        let s = Status {
            timers: TimersConfig { update: 5, timeout: 15, garbage: 10, holddown: 0 },
            next_update_ms: 2_300,
            distance: 120,
            default_metric: 1,
            infinity: 16,
            redistribute: vec![Protocol::Static],
            networks: vec!["10.0.0.0/8".to_owned()],
            neighbors_configured: vec![Ipv4Addr::new(10, 0, 12, 7)],
            interfaces: vec![
                interface("lo", Versions::V2, None),
                interface("ve1", Versions::Both, Some("K")),
            ],
            passive: vec!["lo".to_owned()],
            sources: vec![SourceView {
                address: "10.0.12.2".parse().unwrap(),
                interface: "ve1".to_owned(),
                bad_packets: 0,
                bad_routes: 0,
                distance: 120,
                last_update_ms: 1_000,
                last_error: None,
            }],
            counters: vec![],
        };
        let expected = "\
Routing Protocol is \"rip\"
  Sending updates every 5 seconds with +/-50%, next due in 2 seconds
  Timeout after 15 seconds, garbage collect after 10 seconds
  Outgoing update filter list for all interface is (prefix-list) P
  Incoming update filter list for all interface is not set
  Default redistribution metric is 1
  Redistributing: static
  Default version control: send version 2, receive any version
    Interface        Send  Recv   Key-chain
    lo               2     1 2
    ve1              1 2   1 2    K
  Routing for Networks:
    10.0.0.0/8
    10.0.12.7
  Passive Interface(s):
    lo
  Routing Information Sources:
    Gateway          BadPackets BadRoutes  Distance Last Update
    10.0.12.2                0         0       120   00:00:01
  Distance: (default is 120)
    Address           Distance  List
    10.0.12.2/32            99  A
";
        let lines = "router rip\n distribute-list prefix P out\n distance 99 10.0.12.2/32 A\n";
        let config = crate::text::parse(lines, "x").unwrap().rip;
        assert_eq!(status(Some(&s), config.as_ref()), expected);
        assert!(!status(Some(&s), None).contains("filter"), "what is not known is not claimed");
        assert_eq!(status(None, None), "RIP is not running\n");
        assert_eq!(status_json(Some(&s))["nextUpdateMs"], 2_300);
    }
}
