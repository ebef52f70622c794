//! What RIP's metrics must be.
//!
//! It knows networks, passive interfaces, redistribution of connected and static routes with their metrics, and the
//! metric that is infinity. It knows no filter, offset or route map: a lab that uses them has no such oracle.

use super::super::sim::Lab;
use super::Metrics;
use cli::reply::RouteView;
use configs::Config;
use core::net::IpAddr;
use fib::{Prefix, Protocol};
use petgraph::algo::dijkstra;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::BTreeMap;

impl Lab {
    /// By prefix and node: the metric RIP must find.
    pub(super) fn rip_oracle(&self) -> Metrics {
        let neighbors = self.neighbors();
        // An edge from the teller to the listener: news flow along it, and cost 1 where they arrive.
        let mut graph = DiGraph::<(), u32>::new();
        for _ in &self.nodes {
            graph.add_node(());
        }
        let mut origins: Vec<(usize, Prefix, u32)> = Vec::new();
        for node in 0..self.nodes.len() {
            let Some(config) = self.config_of(node) else { continue };
            origins.extend(self.origins(node, config).into_iter().map(|(p, m)| (node, p, m)));
            for ((_, interface), others) in neighbors.iter().filter(|((n, _), _)| *n == node) {
                if !tells(config, interface) || !self.is_up(node, config, interface) {
                    continue;
                }
                for other in others {
                    if self.listens_to(*other, config, interface) {
                        graph.update_edge(NodeIndex::new(node), NodeIndex::new(*other), 1);
                    }
                }
            }
        }
        let mut best = Metrics::new();
        for (origin, prefix, metric) in origins {
            for (node, hops) in dijkstra(&graph, NodeIndex::new(origin), None, |edge| *edge.weight()) {
                let slot = best.entry(prefix).or_default().entry(node.index()).or_insert(u32::MAX);
                *slot = (*slot).min(metric + hops);
            }
        }
        best
    }

    /// What a node announces of its own.
    fn origins(&self, node: usize, config: &Config) -> Vec<(Prefix, u32)> {
        let Some(rip) = &config.rip else { return Vec::new() };
        let mut all: Vec<(Prefix, u32)> = rip.routes.iter().map(|p| (*p, 1)).collect();
        let redistributed =
            |p: Protocol| rip.redistribute.get(&p).map(|r| u32::from(r.metric.unwrap_or(rip.default_metric)));
        for (name, interface) in &config.interfaces {
            if !self.is_up(node, config, name) {
                continue;
            }
            for network in interface.addresses.iter().filter(|a| a.is_v4()).map(|a| a.network()) {
                match enabled(config, name) {
                    true => all.push((network, 1)),
                    false => all.extend(redistributed(Protocol::Connected).map(|m| (network, m))),
                }
            }
        }
        if let Some(metric) = redistributed(Protocol::Static) {
            all.extend(config.routes.iter().filter(|r| r.prefix.is_v4()).map(|r| (r.prefix, metric)));
        }
        all
    }

    /// Whether `listener` runs RIP on an interface of the same network.
    fn listens_to(&self, listener: usize, teller: &Config, interface: &str) -> bool {
        let Some(config) = self.config_of(listener) else { return false };
        let networks: Vec<Prefix> = teller
            .interfaces
            .get(interface)
            .into_iter()
            .flat_map(|i| &i.addresses)
            .map(|a| a.network())
            .collect();
        config.interfaces.iter().any(|(name, i)| {
            enabled(config, name)
                && self.is_up(listener, config, name)
                && i.addresses.iter().any(|a| networks.contains(&a.network()))
        })
    }
}

/// Next hops that are not one hop nearer, in words.
pub(super) fn wrong_hops(
    route: &RouteView,
    metrics: &BTreeMap<usize, u32>,
    owners: &BTreeMap<IpAddr, usize>,
) -> String {
    let wrong = |g: &IpAddr| {
        owners.get(g).and_then(|o| metrics.get(o)).is_none_or(|m| m.saturating_add(1) != route.metric)
    };
    let bad: Vec<String> =
        route.next_hops.iter().filter_map(|h| h.gateway).filter(wrong).map(|g| g.to_string()).collect();
    if bad.is_empty() { String::new() } else { format!("next hop {} is not nearer", bad.join(", ")) }
}

/// Whether RIP runs on an interface.
fn enabled(config: &Config, name: &str) -> bool {
    let Some(rip) = &config.rip else { return false };
    let addresses = config.interfaces.get(name).into_iter().flat_map(|i| &i.addresses);
    rip.network_interfaces.iter().any(|n| n == name)
        || addresses.into_iter().any(|a| rip.networks.iter().any(|n| n.contains(a.addr())))
}

/// Whether RIP speaks on an interface.
fn tells(config: &Config, name: &str) -> bool {
    let Some(rip) = &config.rip else { return false };
    let named = rip.passive_interfaces.iter().any(|n| n == name);
    enabled(config, name) && named == rip.passive_default
}
