//! What OSPF's routes must cost, from the graph alone.
//!
//! A router reaches its neighbors at the cost of its interface, and a network at that of the router on it: the designated
//! router's part in this costs nothing. Between areas all ways lead over the backbone (RFC 2328 3.3). It knows costs,
//! bandwidths, passive interfaces, loopbacks, unnumbered point-to-point links, areas, and connected and static routes
//! redistributed with their metrics and types. It knows no stub area, range, filter, virtual link, measured or maximum
//! metric, nor timers that keep neighbors apart: a lab that uses them has no such oracle.

use super::super::sim::Lab;
use super::Metrics;
use crate::router::is_loopback_name;
use configs::Config;
use configs::config::Interface;
use core::net::IpAddr;
use fib::{Prefix, Protocol};
use ospf::AreaId;
use ospf::config::{MetricType, NetworkType, Redistribute};
use petgraph::algo::dijkstra;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};

/// The metric of a redistributed route that says nothing.
const EXTERNAL_METRIC: u32 = 20;
/// Mbit/s of an interface that says nothing.
const BANDWIDTH: u32 = 10_000;

/// An interface on which OSPF runs.
struct Speaker<'c> {
    node: usize,
    name: &'c str,
    area: AreaId,
    cost: u32,
    /// Sends no hellos.
    silent: bool,
    unnumbered: bool,
    /// What it announces, and at which cost.
    networks: BTreeSet<Prefix>,
}

/// What is looked for: a network, or a router that announces external routes.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Network(Prefix),
    Router(usize),
}

/// Costs by target.
type Costs = BTreeMap<Target, u32>;

impl Lab {
    /// By prefix and node: the metric OSPF must find.
    pub(super) fn ospf_oracle(&self) -> Metrics {
        let speakers = self.speakers();
        let best = self.internal(&speakers);
        let mut metrics = Metrics::new();
        for (node, costs) in &best {
            for (target, cost) in costs {
                if let Target::Network(prefix) = target {
                    metrics.entry(*prefix).or_default().insert(*node, *cost);
                }
            }
        }
        for (prefix, announced) in self.externals(&speakers) {
            // A network of OSPF's own is nearer than any external route to it.
            if metrics.contains_key(&prefix) {
                continue;
            }
            for (node, costs) in &best {
                let way = |(asbr, metric, kind): &(usize, u32, MetricType)| {
                    let distance = if asbr == node { 0 } else { *costs.get(&Target::Router(*asbr))? };
                    Some(match kind {
                        MetricType::One => (0, distance.saturating_add(*metric), 0),
                        MetricType::Two => (1, *metric, distance),
                    })
                };
                if let Some((_, metric, _)) = announced.iter().filter_map(way).min() {
                    metrics.entry(prefix).or_default().insert(*node, metric);
                }
            }
        }
        metrics
    }

    fn speakers(&self) -> Vec<Speaker<'_>> {
        let mut all = Vec::new();
        for node in 0..self.nodes.len() {
            let Some(config) = self.config_of(node) else { continue };
            for (name, interface) in &config.interfaces {
                if self.is_up(node, config, name) {
                    all.extend(speaker(node, config, name, interface));
                }
            }
        }
        all
    }

    /// Per node, the best cost of every network and router inside the autonomous system.
    fn internal(&self, speakers: &[Speaker<'_>]) -> BTreeMap<usize, Costs> {
        let areas: BTreeSet<AreaId> = speakers.iter().map(|s| s.area).collect();
        let here: BTreeMap<AreaId, BTreeMap<usize, BTreeMap<usize, u32>>> =
            areas.iter().map(|area| (*area, self.distances(speakers, *area))).collect();
        let mut attached: BTreeMap<AreaId, Vec<(usize, Target, u32)>> = BTreeMap::new();
        for s in speakers {
            let list = attached.entry(s.area).or_default();
            list.push((s.node, Target::Router(s.node), 0));
            list.extend(s.networks.iter().map(|n| (s.node, Target::Network(*n), s.cost)));
        }
        // Within an area.
        let mut intra: BTreeMap<usize, BTreeMap<Target, (u32, AreaId)>> = BTreeMap::new();
        for (area, distances) in &here {
            for (node, reached) in distances {
                for (at, target, cost) in attached.get(area).into_iter().flatten() {
                    let Some(cost) = reached.get(at).map(|d| d.saturating_add(*cost)) else { continue };
                    let slot = intra.entry(*node).or_default().entry(*target).or_insert((cost, *area));
                    *slot = (*slot).min((cost, *area));
                }
            }
        }
        let none = BTreeMap::new();
        let backbone = here.get(&AreaId::BACKBONE).unwrap_or(&none);
        let is_border = |node: &usize| here.iter().any(|(a, d)| !a.is_backbone() && d.contains_key(node));
        let borders: Vec<usize> = backbone.keys().copied().filter(is_border).collect();
        // Into the backbone, and from it into the other areas.
        let mut best = intra.clone();
        for node in backbone.keys() {
            summaries(*node, backbone, &borders, &intra, AreaId::BACKBONE, &mut best);
        }
        let known = best.clone();
        for (area, distances) in here.iter().filter(|(area, _)| !area.is_backbone()) {
            for node in distances.keys().filter(|node| !backbone.contains_key(node)) {
                summaries(*node, distances, &borders, &known, *area, &mut best);
            }
        }
        let costs =
            |all: BTreeMap<Target, (u32, AreaId)>| all.into_iter().map(|(t, (c, _))| (t, c)).collect();
        best.into_iter().map(|(node, all)| (node, costs(all))).collect()
    }

    /// From every router of an area to every other.
    fn distances(&self, speakers: &[Speaker<'_>], area: AreaId) -> BTreeMap<usize, BTreeMap<usize, u32>> {
        let neighbors = self.neighbors();
        let here = || speakers.iter().filter(|s| s.area == area);
        let mut graph = DiGraph::<(), u32>::new();
        for _ in &self.nodes {
            graph.add_node(());
        }
        for s in here().filter(|s| !s.silent) {
            let wired = neighbors.get(&(s.node, s.name.to_owned()));
            let meets =
                |o: &&Speaker<'_>| wired.is_some_and(|w| w.contains(&o.node)) && !o.silent && s.hears(o);
            for other in here().filter(meets) {
                let (from, to) = (NodeIndex::new(s.node), NodeIndex::new(other.node));
                let cost = graph.find_edge(from, to).and_then(|e| graph.edge_weight(e)).copied();
                graph.update_edge(from, to, cost.unwrap_or(u32::MAX).min(s.cost));
            }
        }
        let routers: BTreeSet<usize> = here().map(|s| s.node).collect();
        let from = |node: &usize| {
            let found = dijkstra(&graph, NodeIndex::new(*node), None, |edge| *edge.weight());
            (*node, found.into_iter().map(|(n, d)| (n.index(), d)).collect())
        };
        routers.iter().map(from).collect()
    }

    /// By prefix: who redistributes it, at which metric and type.
    fn externals(&self, speakers: &[Speaker<'_>]) -> BTreeMap<Prefix, Vec<(usize, u32, MetricType)>> {
        let mut all: BTreeMap<Prefix, Vec<(usize, u32, MetricType)>> = BTreeMap::new();
        for node in 0..self.nodes.len() {
            let Some(config) = self.config_of(node) else { continue };
            let Some(ospf) = &config.ospf else { continue };
            let mut add = |prefix: Prefix, how: &Redistribute| {
                let metric = how.metric.or(ospf.default_metric).unwrap_or(EXTERNAL_METRIC);
                if prefix.is_v4() {
                    all.entry(prefix).or_default().push((node, metric, how.metric_type));
                }
            };
            if let Some(how) = ospf.redistribute.get(&Protocol::Static) {
                config.routes.iter().for_each(|route| add(route.prefix, how));
            }
            if let Some(how) = ospf.redistribute.get(&Protocol::Connected) {
                for (name, interface) in &config.interfaces {
                    let spoken = speakers.iter().any(|s| s.node == node && s.name == name);
                    if !spoken && self.is_up(node, config, name) {
                        interface.addresses.iter().for_each(|a| add(a.network(), how));
                    }
                }
            }
        }
        all
    }
}

impl Speaker<'_> {
    /// Whether two interfaces on one wire become neighbors.
    fn hears(&self, other: &Speaker<'_>) -> bool {
        (self.unnumbered && other.unnumbered) || !self.networks.is_disjoint(&other.networks)
    }
}

/// Adds what border routers tell in an area, where nothing nearer is known: what they know by other areas.
fn summaries(
    node: usize,
    distances: &BTreeMap<usize, BTreeMap<usize, u32>>,
    borders: &[usize],
    known: &BTreeMap<usize, BTreeMap<Target, (u32, AreaId)>>,
    area: AreaId,
    best: &mut BTreeMap<usize, BTreeMap<Target, (u32, AreaId)>>,
) {
    let Some(reached) = distances.get(&node) else { return };
    let mut told: BTreeMap<Target, u32> = BTreeMap::new();
    for border in borders.iter().filter(|b| **b != node) {
        let Some(distance) = reached.get(border) else { continue };
        let elsewhere = known.get(border).into_iter().flatten().filter(|(_, (_, by))| *by != area);
        for (target, (cost, _)) in elsewhere {
            let cost = distance.saturating_add(*cost);
            told.entry(*target).and_modify(|c| *c = (*c).min(cost)).or_insert(cost);
        }
    }
    let own = best.entry(node).or_default();
    for (target, cost) in told {
        own.entry(target).or_insert((cost, area));
    }
}

fn speaker<'c>(node: usize, config: &'c Config, name: &'c str, interface: &Interface) -> Option<Speaker<'c>> {
    let ospf = config.ospf.as_ref()?;
    let said = ospf.interfaces.get(name).cloned().unwrap_or_default();
    let addresses: Vec<_> = interface.addresses.iter().filter(|a| a.is_v4()).collect();
    let network_area = |address: IpAddr| {
        let inside = ospf.networks.iter().filter(|n| n.prefix.contains(address));
        inside.max_by_key(|n| n.prefix.len()).map(|n| n.area)
    };
    let area = said.area.or_else(|| addresses.iter().find_map(|a| network_area(a.addr())))?;
    let loopback = is_loopback_name(name);
    let point_to_point = said.network == Some(NetworkType::PointToPoint);
    let unnumbered = point_to_point && addresses.first().is_some_and(|a| a.len() == 32);
    let in_area = |a: &&&fib::IfAddr| said.area.is_some() || network_area(a.addr()) == Some(area);
    let announced = addresses.iter().filter(in_area).filter(|_| !unnumbered);
    let network = |a: &&fib::IfAddr| if loopback { Prefix::host(a.addr()) } else { a.network() };
    let bandwidth = interface.bandwidth.unwrap_or(BANDWIDTH).max(1);
    let auto = if loopback { 0 } else { (ospf.reference_bandwidth / bandwidth).clamp(1, 65_535) };
    let listed = ospf.passive_interfaces.iter().any(|n| n == name);
    Some(Speaker {
        node,
        name,
        area,
        cost: said.cost.map_or(auto, u32::from),
        silent: loopback || said.passive.unwrap_or(listed != ospf.passive_default),
        unnumbered,
        networks: announced.map(network).collect(),
    })
}
