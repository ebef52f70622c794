//! What tables must be once the network is quiet, computed from the graph alone by petgraph's shortest paths: `rip`,
//! `ospf` and `bgp` say what each protocol makes of the graph, and what they know nothing of.

mod bgp;
mod ospf;
mod rip;

use super::checks::bench::all_routes;
use super::sim::Lab;
use cli::Reply;
use cli::command::Show;
use cli::reply::RouteView;
use configs::Config;
use fib::{Prefix, Protocol};
use std::collections::BTreeMap;

/// By prefix and node: the metric in the table.
type Metrics = BTreeMap<Prefix, BTreeMap<usize, u32>>;

/// A table that differs from the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub node: String,
    /// For which network.
    pub prefix: Prefix,
    /// What the graph says.
    pub expected: Option<u32>,
    /// The metric in the table; `None`: no route.
    pub found: Option<u32>,
    /// More to say, such as a next hop that is not on a shortest path.
    pub note: String,
}

impl core::fmt::Display for Difference {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let metric = |m: Option<u32>| m.map_or_else(|| "no route".to_owned(), |m| format!("metric {m}"));
        write!(
            f,
            "{}: {} has {}, the graph says {}",
            self.node,
            self.prefix,
            metric(self.found),
            metric(self.expected)
        )?;
        if !self.note.is_empty() {
            write!(f, " ({})", self.note)?;
        }
        Ok(())
    }
}

impl Lab {
    /// Compares every router's RIP and OSPF routes with the shortest paths of the graph as it is now.
    pub fn compare_with_oracle(&mut self) -> Vec<Difference> {
        let mut all = self.compare_protocol_with_oracle(Protocol::Rip);
        all.extend(self.compare_protocol_with_oracle(Protocol::Ospf));
        all
    }

    /// Compares the routes of one protocol: RIP, OSPF, or BGP by the lengths of its paths.
    pub fn compare_protocol_with_oracle(&mut self, protocol: Protocol) -> Vec<Difference> {
        self.compare_with(protocol, |lab, node, show| lab.peek(lab.find(node).ok()?, show))
    }

    /// The same of routers that are elsewhere: `ask` asks the one of that name.
    pub(super) fn compare_with(
        &mut self,
        protocol: Protocol,
        mut ask: impl FnMut(&mut Lab, &str, Show) -> Option<Reply>,
    ) -> Vec<Difference> {
        let best = match protocol {
            Protocol::Bgp => return self.compare_bgp(ask),
            Protocol::Rip => self.rip_oracle(),
            _ => self.ospf_oracle(),
        };
        let owners = self.owners();
        let names: Vec<String> = self.nodes.iter().map(|n| n.name.clone()).collect();
        let mut differences = Vec::new();
        for (node, name) in names.iter().enumerate() {
            let Some(infinity) = self.config_of(node).and_then(|c| infinity(c, protocol)) else { continue };
            let mut found: BTreeMap<Prefix, RouteView> = BTreeMap::new();
            for route in all_routes(|show| ask(self, name, show))
                .into_iter()
                .filter(|r| r.selected && r.prefix.is_v4())
            {
                found.insert(route.prefix, route);
            }
            for (prefix, metrics) in &best {
                let expected = metrics.get(&node).copied().filter(|m| *m < infinity);
                let route = found.remove(prefix);
                // Its own network, or a static route, wins by distance: nothing to compare.
                if route.as_ref().is_some_and(|r| r.protocol != protocol) {
                    continue;
                }
                let metric = route.as_ref().map(|r| r.metric);
                let hops = route.filter(|_| protocol == Protocol::Rip);
                let note = hops.map(|r| rip::wrong_hops(&r, metrics, &owners)).unwrap_or_default();
                if metric != expected || !note.is_empty() {
                    let (node, prefix) = (name.clone(), *prefix);
                    differences.push(Difference { node, prefix, expected, found: metric, note });
                }
            }
            for route in found.into_values().filter(|r| r.protocol == protocol) {
                differences.push(Difference {
                    node: name.clone(),
                    prefix: route.prefix,
                    expected: None,
                    found: Some(route.metric),
                    note: "nobody announces it".to_owned(),
                });
            }
        }
        differences
    }

    fn is_up(&self, node: usize, config: &Config, name: &str) -> bool {
        let cabled = self.nodes.get(node).and_then(|n| n.interfaces.iter().position(|i| i.name == name));
        let carrier = match cabled {
            Some(index) => self.carriers(node).get(index).copied().unwrap_or(false),
            None => name.starts_with("lo") || name.starts_with("dummy"),
        };
        carrier && config.interfaces.get(name).is_none_or(|i| !i.shutdown)
    }
}

/// The metric from which on a protocol of this router has no route; `None`: it does not run.
fn infinity(config: &Config, protocol: Protocol) -> Option<u32> {
    match protocol {
        Protocol::Rip => config.rip.as_ref().map(|rip| u32::from(rip.infinity)),
        _ => config.ospf.as_ref().map(|_| u32::MAX),
    }
}
