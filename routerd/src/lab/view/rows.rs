//! What the page is told of a node: its tables as rows. What changes all the time and tells nobody anything is left out
//! (ages, timers that are restarted, counters), so that a network at rest makes no changes.

use super::super::sim::Lab;
use super::film::Rows;
use bgp::Family as BgpFamily;
use bgp::show::{RoutesQuery, SummaryQuery, SummaryState};
use cli::Reply;
use cli::command::{BgpShow, OspfShow, Show};
use cli::reply::{BgpReply, FibView, OspfReply, RouteView};
use core::time::Duration;
use fib::Instant;
use ospf::show::NeighborQuery;
use serde_json::{Value, json};
use std::sync::Arc;

/// Rows of one table of one node at most: the page is for looking at.
pub const MAX_ROWS: usize = 2_000;

fn put(rows: &mut Rows, key: String, row: Value) {
    if rows.len() < MAX_ROWS {
        rows.insert(key, Arc::from(row.to_string()));
    }
}

/// `[interface, address/length]`
pub fn addresses(lab: &Lab, node: usize) -> Rows {
    let mut rows = Rows::new();
    let interfaces = lab.config_of(node).into_iter().flat_map(|c| &c.interfaces);
    for (name, interface) in interfaces {
        for address in &interface.addresses {
            put(&mut rows, format!("{address} {name}"), json!([name, address.to_string()]));
        }
    }
    rows
}

/// `[action, [[gateway or null, interface]]]`
pub fn fib(views: &[FibView]) -> Rows {
    let mut rows = Rows::new();
    for view in views {
        let hops: Vec<Value> =
            view.adjacencies.iter().map(|(gateway, interface, _)| json!([gateway, interface])).collect();
        put(&mut rows, view.prefix.to_string(), json!([view.action, hops]));
    }
    rows
}

/// `[protocol, distance, metric, selected, [[gateway, interface, active]], since in microseconds, why not]`
pub fn routes(now: Instant, views: &[RouteView]) -> Rows {
    let mut rows = Rows::new();
    for (n, view) in views.iter().enumerate() {
        let hops: Vec<Value> =
            view.next_hops.iter().map(|h| json!([h.gateway, h.interface, h.active])).collect();
        let since = now.as_micros().saturating_sub(view.age_us);
        let protocol = view.protocol.to_string();
        let mut key = format!("{} {protocol}", view.prefix);
        if rows.contains_key(&key) {
            key = format!("{key} {n}");
        }
        let row = json!([protocol, view.distance, view.metric, view.selected, hops, since, view.why_not]);
        put(&mut rows, key, row);
    }
    rows
}

/// `[router ID, address, interface, state, what it is, area]`
pub fn ospf(lab: &mut Lab, node: usize) -> Rows {
    let mut rows = Rows::new();
    let query = NeighborQuery { all: true, ..NeighborQuery::default() };
    let Some(Reply::Ospf(Some(reply))) = lab.peek(node, Show::Ospf(OspfShow::Neighbors(query))) else {
        return rows;
    };
    let OspfReply::Neighbors(all) = *reply else { return rows };
    for n in all.neighbors {
        let row = json!([
            n.router_id.to_string(),
            n.address,
            n.interface,
            n.state.to_string(),
            n.role.to_string(),
            n.area.to_string(),
        ]);
        put(&mut rows, format!("{} {}", n.interface, n.address), row);
    }
    rows
}

/// BGP's sessions, and a number that changes when its table may have.
pub fn sessions(lab: &mut Lab, node: usize) -> (Rows, u64) {
    let mut rows = Rows::new();
    let mut version = 0u64;
    let query = SummaryQuery { family: None, state: SummaryState::Any };
    let Some(Reply::Bgp(Some(reply))) = lab.peek(node, Show::Bgp(BgpShow::Summary(query))) else {
        return (rows, version);
    };
    let BgpReply::Summary(all) = *reply else { return (rows, version) };
    for family in all.families {
        version = version.wrapping_mul(31).wrapping_add(family.version);
        for peer in family.rows {
            for n in [peer.received, peer.established, peer.dropped] {
                version = version.wrapping_mul(31).wrapping_add(n);
            }
            // `[peer, AS, state, prefixes it sent, prefixes it was told, family, our AS]`
            let row = json!([
                peer.name,
                peer.remote_as,
                peer.state.to_string(),
                peer.accepted,
                peer.advertised,
                if family.family == BgpFamily::Ipv4 { "IPv4" } else { "IPv6" },
                peer.local_as,
            ]);
            put(&mut rows, format!("{} {}", peer.name, family.family as u8), row);
        }
    }
    (rows, version)
}

/// `[prefix, marks, next hop, peer, AS path, local preference, MED, weight, what decided]`
pub fn bgp(lab: &mut Lab, node: usize) -> Rows {
    let mut rows = Rows::new();
    for family in [BgpFamily::Ipv4, BgpFamily::Ipv6] {
        let mut query = RoutesQuery::all(family);
        while let Some(Reply::Bgp(Some(reply))) = lab.peek(node, Show::Bgp(BgpShow::Routes(query.clone()))) {
            let BgpReply::Routes(page) = *reply else { break };
            for destination in page.destinations {
                for (n, path) in destination.paths.into_iter().enumerate() {
                    let s = path.status;
                    let marks = [(s.best, '>'), (s.multipath, '='), (s.internal, 'i'), (s.stale, 'S')];
                    let mut marks: String = marks.iter().filter(|(yes, _)| *yes).map(|(_, c)| *c).collect();
                    if !s.valid {
                        marks.push('!');
                    }
                    let row = json!([
                        destination.prefix.to_string(),
                        marks,
                        path.next_hop,
                        path.peer,
                        path.as_path,
                        path.local_pref,
                        path.med,
                        path.weight,
                        path.reason,
                    ]);
                    put(&mut rows, format!("{} {n}", destination.prefix), row);
                }
            }
            match page.more {
                Some(more) if rows.len() < MAX_ROWS => query.after = Some(more),
                _ => break,
            }
        }
    }
    rows
}

/// `[metric, [[gateway, interface]], in its garbage time]`
pub fn rip(lab: &mut Lab, node: usize) -> Rows {
    let mut rows = Rows::new();
    let Some(Reply::RipTable(table)) = lab.peek(node, Show::RipTable) else { return rows };
    for route in table.routes {
        let hops = route.next_hops.iter().filter(|h| !h.gateway.is_unspecified());
        let hops: Vec<Value> = hops.map(|h| json!([h.gateway, h.interface])).collect();
        put(&mut rows, route.prefix.to_string(), json!([route.metric, hops, route.garbage]));
    }
    rows
}

/// `[address, interface, heard of late]`: RIP has no adjacencies, only neighbors that speak.
pub fn heard(lab: &mut Lab, node: usize) -> Rows {
    let mut rows = Rows::new();
    let Some(Reply::RipStatus(Some(status))) = lab.peek(node, Show::RipStatus) else { return rows };
    // An update missed, its jitter and a little.
    let late = Duration::from_secs(u64::from(status.timers.update)).as_millis().saturating_mul(5) / 2;
    for source in status.sources {
        let fresh = u128::from(source.last_update_ms) <= late;
        put(&mut rows, source.address.to_string(), json!([source.address, source.interface, fresh]));
    }
    rows
}
