//! A table of routes: three columns of status, network, next hop, MED, local preference, weight and AS path.

use super::{object, yes};
use bgp::show::{Destination, Head, Of, PathRow, Routes, Validity};
use core::net::IpAddr;
use policy::bgp::Origin;
use serde_json::{Map, Value, json};
use std::fmt::Write;

const CODES: &str = "\
Status codes:  s suppressed, d damped, h history, * valid, > best, = multipath,
               i internal, r RIB-failure, S Stale, R Removed
Nexthop codes: @NNN nexthop's vrf id, < announce-nh-self
Origin codes:  i - IGP, e - EGP, ? - incomplete
RPKI validation codes: V valid, I invalid, N Not found

";

/// Widths of network and next hop.
const NARROW: (usize, usize) = (17, 16);
const WIDE: (usize, usize) = (45, 38);

pub(super) fn text(page: &Routes, wide: bool) -> String {
    let mut out = String::new();
    let (network, hop) = if wide { WIDE } else { NARROW };
    // What is validated has one more column in front.
    let validated = page.destinations.iter().flat_map(|d| &d.paths).any(|p| p.rpki.is_some());
    let (listed, _, filtered) = page.listed();
    // The heading goes above the first line there is: early pages may be empty where few routes match.
    if page.before.is_none_or(|b| b.destinations == 0) && !page.destinations.is_empty() {
        heading(&mut out, &page.head);
        let margin = if validated { 4 } else { 3 };
        let (margin, next) = (" ".repeat(margin), "Next Hop");
        let columns =
            format!("{margin}{:<network$}{next:<hop$}{:>10} LocPrf Weight Path\n", "Network", "Metric");
        out.push_str(&columns);
    }
    for destination in &page.destinations {
        lines(&mut out, destination, network, hop, validated);
    }
    if page.more.is_none() && listed > 0 {
        footer(&mut out, page, listed, filtered);
    }
    out
}

fn heading(out: &mut String, head: &Head) {
    let _ = writeln!(
        out,
        "BGP table version is {}, local router ID is {}, vrf id 0\nDefault local pref {}, local AS {}",
        head.version, head.router_id, head.local_pref, head.local_as
    );
    out.push_str(CODES);
}

fn footer(out: &mut String, page: &Routes, listed: u64, filtered: u64) {
    let _ = match page.of {
        Of::Received(_) if filtered > 0 => {
            writeln!(out, "\nTotal number of prefixes {listed} ({filtered} filtered)")
        }
        Of::Received(_) | Of::Filtered(_) | Of::Advertised(_) | Of::Best(_) => {
            writeln!(out, "\nTotal number of prefixes {listed}")
        }
        Of::Table | Of::Accepted(_) => {
            writeln!(out, "\nDisplayed  {listed} routes and {} total paths", page.total_paths)
        }
    };
}

/// The paths of a destination; the network stands before the first.
fn lines(out: &mut String, destination: &Destination, network: usize, hop: usize, validated: bool) {
    let mut name = destination.prefix.to_string();
    for path in &destination.paths {
        if validated {
            out.push(validation_code(path.rpki));
        }
        out.push_str(&status(path));
        let margin = if validated { 4 } else { 3 };
        cell(out, &name, network, network.saturating_add(margin));
        cell(out, &next_hop(path), hop, network.saturating_add(hop).saturating_add(margin));
        tail(out, path);
        name.clear();
    }
}

/// Text in a column; what leaves no blank behind it goes on a line of its own.
fn cell(out: &mut String, text: &str, width: usize, end: usize) {
    if text.len() < width {
        let _ = write!(out, "{text:<width$}");
    } else {
        let _ = write!(out, "{text}\n{:end$}", "");
    }
}

fn tail(out: &mut String, path: &PathRow) {
    let number = |n: Option<u32>| n.map_or_else(String::new, |n| n.to_string());
    let (med, local_pref) = (number(path.med), number(path.local_pref));
    let gap = if path.as_path.is_empty() { "" } else { " " };
    let (weight, as_path, origin) = (path.weight, &path.as_path, origin_code(path.origin));
    let _ = writeln!(out, "{med:>10}{local_pref:>7}{weight:>7} {as_path}{gap}{origin}");
}

fn status(path: &PathRow) -> String {
    let s = path.status;
    let first = match () {
        () if s.stale => 'S',
        () if s.rib_failure && s.best => 'r',
        () if s.suppressed => 's',
        () if s.valid => '*',
        () => ' ',
    };
    let second = match () {
        () if s.best => '>',
        () if s.multipath => '=',
        () => ' ',
    };
    let third = if s.internal { 'i' } else { ' ' };
    [first, second, third].iter().collect()
}

/// What a path leaves by: its link-local address, where that is the one in use; of an interface neighbor the interface
/// says as much.
fn next_hop(path: &PathRow) -> String {
    let used = path.link_local.map_or(path.next_hop, IpAddr::V6);
    match &path.interface {
        Some(interface) if scope(used) == Some("link-local") => interface.clone(),
        _ => used.to_string(),
    }
}

pub(super) fn origin_code(origin: Origin) -> char {
    match origin {
        Origin::Igp => 'i',
        Origin::Egp => 'e',
        Origin::Incomplete => '?',
    }
}

pub(super) fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Igp => "IGP",
        Origin::Egp => "EGP",
        Origin::Incomplete => "incomplete",
    }
}

fn validation_code(state: Option<Validity>) -> char {
    match state {
        Some(Validity::Valid) => 'V',
        Some(Validity::Invalid) => 'I',
        Some(Validity::NotFound) => 'N',
        None => ' ',
    }
}

pub(super) fn validity(state: Validity) -> &'static str {
    match state {
        Validity::Valid => "valid",
        Validity::Invalid => "invalid",
        Validity::NotFound => "not found",
    }
}

/// FRR's object: the head, then an array of paths under each network.
pub(super) fn json(page: &Routes) -> Value {
    let mut routes = Map::new();
    for destination in &page.destinations {
        let paths: Vec<Value> = destination.paths.iter().map(|path| row(destination, path)).collect();
        routes.insert(destination.prefix.to_string(), Value::Array(paths));
    }
    json!({
        "vrfId": 0,
        "vrfName": "default",
        "tableVersion": page.head.version,
        "routerId": page.head.router_id.to_string(),
        "defaultLocPrf": page.head.local_pref,
        "localAS": page.head.local_as,
        "routes": routes,
    })
}

fn row(destination: &Destination, path: &PathRow) -> Value {
    let s = path.status;
    let prefix = destination.prefix;
    object(vec![
        ("valid", yes(s.valid)),
        ("stale", yes(s.stale)),
        ("suppressed", yes(s.suppressed)),
        ("multipath", yes(s.multipath)),
        ("bestpath", yes(s.best)),
        ("ribFailure", yes(s.rib_failure)),
        ("selectionReason", path.reason.as_ref().filter(|_| s.best).map(|why| json!(why))),
        ("pathFrom", Some(json!(if s.internal { "internal" } else { "external" }))),
        ("prefix", Some(json!(prefix.addr().to_string()))),
        ("prefixLen", Some(json!(prefix.len()))),
        ("network", Some(json!(prefix.to_string()))),
        ("metric", path.med.map(|n| json!(n))),
        ("locPrf", path.local_pref.map(|n| json!(n))),
        ("weight", Some(json!(path.weight))),
        ("peerId", Some(json!(path.peer.as_deref().unwrap_or("(unspec)")))),
        ("path", Some(json!(path.as_path))),
        ("origin", Some(json!(origin_name(path.origin)))),
        ("pathId", path.path_id.map(|n| json!(n))),
        ("rpkiValidationState", path.rpki.map(|state| json!(validity(state)))),
        ("nexthops", Some(Value::Array(next_hops(path)))),
    ])
}

/// The global next hop and, where there is one, the link-local one; one of them is used.
fn next_hops(path: &PathRow) -> Vec<Value> {
    let mut all = vec![hop(path.next_hop, path.link_local.is_none())];
    all.extend(path.link_local.map(|address| hop(IpAddr::V6(address), true)));
    all
}

fn hop(address: IpAddr, used: bool) -> Value {
    object(vec![
        ("ip", Some(json!(address.to_string()))),
        ("afi", Some(json!(if address.is_ipv4() { "ipv4" } else { "ipv6" }))),
        ("scope", scope(address).map(|scope| json!(scope))),
        ("used", yes(used)),
    ])
}

pub(super) fn scope(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(a) if a.is_unicast_link_local() => Some("link-local"),
        IpAddr::V6(_) => Some("global"),
    }
}
