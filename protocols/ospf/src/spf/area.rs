//! What is kept of an area from run to run: its graph, its tree, and the summaries that came with it.

use super::graph::{Graph, Name};
use super::hops::{NOWHERE, SetId};
use super::net::Net;
use super::tree::Tree;
use crate::lsdb::Database;
use crate::wire::{Body, Kind, Lsa, LsaKey, RouterId};
use core::net::Ipv4Addr;
use fib::Instant;
use petgraph::stable_graph::NodeIndex;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// A type 3 or 4 LSA.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) id: Ipv4Addr,
    pub(super) router: RouterId,
    pub(super) metric: u32,
}

impl Summary {
    pub(super) fn key(&self, kind: Kind) -> LsaKey {
        LsaKey { kind, id: self.id, router: self.router }
    }
}

type Summaries = SmallVec<[Summary; 1]>;

/// An area.
#[derive(Clone, Debug, Default)]
pub(super) struct Area {
    pub(super) graph: Graph,
    pub(super) tree: Tree,
    pub(super) summaries: BTreeMap<Net, Summaries>,
    pub(super) asbrs: BTreeMap<RouterId, Summaries>,
    /// Vertices whose LSAs changed; whether their links did.
    pub(super) dirty: BTreeMap<Name, bool>,
}

impl Area {
    /// Reads all but type 7.
    pub(super) fn read(now: Instant, db: &Database) -> Area {
        let mut area = Area { graph: Graph::read(now, db), ..Area::default() };
        for kind in [Kind::Summary, Kind::AsbrSummary] {
            for (_, entry) in db.of_kind(kind).filter(|(_, e)| !e.is_max_age(now)) {
                area.set_summary(&entry.lsa, true);
            }
        }
        area
    }

    /// Adds a type 3 or 4 LSA in place of its earlier instance, or takes it away.
    pub(super) fn set_summary(&mut self, lsa: &Lsa, there: bool) {
        let (LsaKey { kind, id, router }, Body::Summary { len, metric }) = (lsa.key(), lsa.body()) else {
            return;
        };
        let summary = Summary { id, router, metric };
        match kind {
            Kind::AsbrSummary => set(&mut self.asbrs, id, summary, there),
            _ => set(&mut self.summaries, Net::new(id, len), summary, there),
        }
    }

    /// A router that can be reached: where it is, how far, and the way there.
    pub(super) fn router(&self, router: RouterId) -> Option<(NodeIndex, u32, SetId)> {
        let node = self.graph.find(Name::Router(router))?;
        let (distance, hops) = (self.tree.distance(node)?, self.tree.hops(node));
        (hops != NOWHERE).then_some((node, distance, hops))
    }

    /// TransitCapability (16.1): some router that is on the tree is an endpoint of virtual links through this area.
    pub(super) fn is_transit(&self) -> bool {
        let on_tree =
            |r: &RouterId| self.graph.find(Name::Router(*r)).and_then(|n| self.tree.distance(n)).is_some();
        self.graph.endpoints.iter().any(on_tree)
    }
}

fn set<K: Ord + Copy>(map: &mut BTreeMap<K, Summaries>, key: K, summary: Summary, there: bool) {
    let list = map.entry(key).or_default();
    list.retain(|s| (s.id, s.router) != (summary.id, summary.router));
    if there {
        list.push(summary);
    }
    if list.is_empty() {
        map.remove(&key);
    }
}
