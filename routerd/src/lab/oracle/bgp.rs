//! How long BGP's AS paths must be, from the graph alone.
//!
//! Where every router is an AS of its own and nobody has a policy, a network's best path is as long as the shortest way to
//! whoever announces it. It knows IPv4 sessions between addresses on a common link, and networks that are announced because
//! a port or a static route has them. It knows no iBGP, policy, prepending, aggregation, multihop session nor filter: a lab
//! that uses them has no such oracle.

use super::super::sim::Lab;
use super::super::wheel::best_path;
use super::{Difference, Metrics};
use ::bgp::Family;
use ::bgp::config::PeerKey;
use cli::Reply;
use cli::command::Show;
use configs::Config;
use core::net::IpAddr;
use fib::Prefix;
use petgraph::algo::dijkstra;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};

impl Lab {
    /// Compares the lengths of every router's best AS paths with the graph.
    pub(super) fn compare_bgp(
        &mut self,
        mut ask: impl FnMut(&mut Lab, &str, Show) -> Option<Reply>,
    ) -> Vec<Difference> {
        let best = self.bgp_oracle();
        let speakers: Vec<(usize, String)> = (0..self.nodes.len())
            .filter(|n| self.config_of(*n).is_some_and(|c| c.bgp.is_some()))
            .filter_map(|n| Some((n, self.nodes.get(n)?.name.clone())))
            .collect();
        let mut differences = Vec::new();
        for (prefix, lengths) in &best {
            for (index, node) in &speakers {
                let path = best_path(|show| ask(self, node, show), *prefix);
                let length = |p: &String| u32::try_from(p.split_whitespace().count()).unwrap_or(u32::MAX);
                let (found, expected) = (path.as_ref().map(length), lengths.get(index).copied());
                if found != expected {
                    let note = path.map(|p| format!("AS path {p}")).unwrap_or_default();
                    let (node, prefix) = (node.clone(), *prefix);
                    differences.push(Difference { node, prefix, expected, found, note });
                }
            }
        }
        differences
    }

    /// By prefix and node: ASes in the best path; 0 where it is announced.
    fn bgp_oracle(&self) -> Metrics {
        let sessions = self.sessions();
        let mut graph = DiGraph::<(), u32>::new();
        for _ in &self.nodes {
            graph.add_node(());
        }
        for (a, b) in sessions.iter().filter(|(a, b)| sessions.contains(&(*b, *a))) {
            graph.update_edge(NodeIndex::new(*a), NodeIndex::new(*b), 1);
        }
        let mut best = Metrics::new();
        for node in 0..self.nodes.len() {
            let Some(config) = self.config_of(node) else { continue };
            let reached = dijkstra(&graph, NodeIndex::new(node), None, |edge| *edge.weight());
            for prefix in self.announced(node, config) {
                let lengths = best.entry(prefix).or_default();
                for (at, hops) in &reached {
                    let slot = lengths.entry(at.index()).or_insert(u32::MAX);
                    *slot = (*slot).min(*hops);
                }
            }
        }
        best
    }

    /// Who names whom as an external neighbor on a link that they share.
    fn sessions(&self) -> BTreeSet<(usize, usize)> {
        let (owners, wired) = (self.owners(), self.neighbors());
        let mut all = BTreeSet::new();
        for node in 0..self.nodes.len() {
            let Some((config, bgp)) = self.config_of(node).and_then(|c| Some((c, c.bgp.as_ref()?))) else {
                continue;
            };
            for key in bgp.neighbors.keys() {
                let PeerKey::Address(address) = key else { continue };
                let Some(peer) = owners.get(address).copied() else { continue };
                let external =
                    self.config_of(peer).and_then(|c| c.bgp.as_ref()).is_some_and(|b| b.asn != bgp.asn);
                if external && self.shares_link(node, config, *address, peer, &wired) {
                    all.insert((node, peer));
                }
            }
        }
        all
    }

    fn shares_link(
        &self,
        node: usize,
        config: &Config,
        address: IpAddr,
        peer: usize,
        wired: &BTreeMap<(usize, String), BTreeSet<usize>>,
    ) -> bool {
        config.interfaces.iter().any(|(name, interface)| {
            interface.addresses.iter().any(|a| a.network().contains(address))
                && self.is_up(node, config, name)
                && wired.get(&(node, name.clone())).is_some_and(|w| w.contains(&peer))
        })
    }

    /// The networks a router announces and has.
    fn announced(&self, node: usize, config: &Config) -> Vec<Prefix> {
        let Some(family) = config.bgp.as_ref().and_then(|b| b.families.get(&Family::of(true))) else {
            return Vec::new();
        };
        let has = |prefix: &&Prefix| {
            let connected = config.interfaces.iter().any(|(name, interface)| {
                interface.addresses.iter().any(|a| a.network() == **prefix) && self.is_up(node, config, name)
            });
            connected || config.routes.iter().any(|r| r.prefix == **prefix)
        };
        family.networks.keys().filter(has).copied().collect()
    }
}
