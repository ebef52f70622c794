//! Shortest paths from this router through an area (RFC 2328 16.1): distances on the graph, then one walk over the
//! vertices in the order in which they were reached, which hands next hops from parents to children (16.1.1).
//!
//! Buffers are kept from run to run. The order is by distance, then networks before routers (16.1 (3)), then by
//! number: where links cost nothing, a parent is who comes earlier, and the result does not depend on how the graph
//! came about.

use super::graph::{Edge, Graph, Name};
use super::hops::{HopSets, NOWHERE, SetId};
use super::{Hop, Hops, RootLink};
use crate::wire::{LinkKind, RouterId};
use core::cmp::Reverse;
use petgraph::stable_graph::NodeIndex;
use petgraph::visit::NodeIndexable;
use std::collections::BinaryHeap;

const UNREACHED: u32 = u32::MAX;

/// The shortest-path tree of an area.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    root: Option<NodeIndex>,
    /// By node; `UNREACHED` if there is no way.
    distances: Vec<u32>,
    /// By node: its place in `order`, once it has one.
    places: Vec<u32>,
    hops: Vec<SetId>,
    order: Vec<NodeIndex>,
    heap: BinaryHeap<Reverse<u128>>,
}

impl Tree {
    /// The distance of a vertex that can be reached.
    pub(super) fn distance(&self, node: NodeIndex) -> Option<u32> {
        self.distances.get(node.index()).copied().filter(|d| *d != UNREACHED)
    }

    /// The next hops towards a vertex; none to the root itself.
    pub(super) fn hops(&self, node: NodeIndex) -> SetId {
        self.hops.get(node.index()).copied().unwrap_or(NOWHERE)
    }

    pub(super) fn root(&self) -> Option<NodeIndex> {
        self.root
    }

    /// Calculates the tree. `links` are the root's in this area; `virtual_hops` answers the way through the transit
    /// area to the other end of a virtual link of this cost.
    pub(super) fn grow(
        &mut self,
        graph: &Graph,
        root: RouterId,
        links: &[RootLink],
        sets: &mut HopSets,
        virtual_hops: &dyn Fn(RouterId, u16) -> SetId,
    ) {
        self.root =
            graph.find(Name::Router(root)).filter(|r| graph.vertex(*r).is_some_and(|v| v.by.is_some()));
        let first = self.first_hops(graph, links, sets, virtual_hops);
        self.find_distances(graph, &first);
        self.hand_down_hops(graph, &first, sets);
    }

    /// Where the root's own links lead; a link whose port or neighbor is not known any more leads nowhere.
    fn first_hops(
        &self,
        graph: &Graph,
        links: &[RootLink],
        sets: &mut HopSets,
        virtual_hops: &dyn Fn(RouterId, u16) -> SetId,
    ) -> Vec<First> {
        let Some(root) = self.root else { return Vec::new() };
        let way = |(edge, to): (&Edge, NodeIndex)| {
            let name = graph.vertex(to).map(|v| v.name)?;
            let hops = match (edge.kind, name) {
                (LinkKind::Virtual, Name::Router(id)) => virtual_hops(id, edge.cost),
                _ => sets.intern(own_hops(edge, name, links)),
            };
            (edge.back && hops != NOWHERE).then_some(First { to, cost: edge.cost, hops })
        };
        graph.links(root).filter_map(way).collect()
    }

    fn find_distances(&mut self, graph: &Graph, first: &[First]) {
        let bound = graph.petgraph().node_bound();
        refill(&mut self.distances, bound, UNREACHED);
        refill(&mut self.places, bound, UNREACHED);
        self.order.clear();
        self.heap.clear();
        let Some(root) = self.root else { return };
        self.distances[root.index()] = 0;
        self.settle(root);
        for way in first {
            self.offer(graph, way.to, way.cost.into());
        }
        while let Some(Reverse(key)) = self.heap.pop() {
            let node = NodeIndex::new(key as u32 as usize);
            if self.places[node.index()] != UNREACHED {
                continue;
            }
            self.settle(node);
            let distance = self.distances[node.index()];
            for (edge, to) in graph.links(node).filter(|(edge, _)| edge.back) {
                self.offer(graph, to, distance.saturating_add(edge.cost.into()));
            }
        }
    }

    fn settle(&mut self, node: NodeIndex) {
        self.places[node.index()] = self.order.len() as u32;
        self.order.push(node);
    }

    fn offer(&mut self, graph: &Graph, node: NodeIndex, distance: u32) {
        let known = &mut self.distances[node.index()];
        if distance < *known {
            *known = distance;
            let (after, number) = match graph.petgraph()[node].name {
                Name::Network(id) => (0, id),
                Name::Router(id) => (1, id),
            };
            let rank = u128::from(distance) << 72 | after << 64 | u128::from(number.to_bits()) << 32;
            self.heap.push(Reverse(rank | node.index() as u128));
        }
    }

    fn hand_down_hops(&mut self, graph: &Graph, first: &[First], sets: &mut HopSets) {
        refill(&mut self.hops, self.distances.len(), NOWHERE);
        for way in first.iter().filter(|way| self.distances[way.to.index()] == u32::from(way.cost)) {
            let hops = &mut self.hops[way.to.index()];
            *hops = sets.union(*hops, way.hops);
        }
        for place in 1..self.order.len() {
            let node = self.order[place];
            let (distance, own) = (self.distances[node.index()], self.hops[node.index()]);
            let on_link = matches!(graph.petgraph()[node].name, Name::Network(_))
                && sets.get(own).iter().any(|hop| hop.gateway.is_none());
            for (edge, to) in graph.links(node).filter(|(edge, _)| edge.back) {
                let nearest = self.distances[to.index()] == distance.saturating_add(edge.cost.into());
                if !nearest || (self.places[to.index()] as usize) <= place {
                    continue;
                }
                let given = if on_link { on_network(graph, node, to, own, sets) } else { own };
                let hops = &mut self.hops[to.index()];
                *hops = sets.union(*hops, given);
            }
        }
    }

    /// A parent on a shortest path to `node`: of several, the lowest network, else the lowest router.
    pub(super) fn parent(&self, graph: &Graph, node: NodeIndex) -> Option<NodeIndex> {
        let place = |n: NodeIndex| self.places.get(n.index()).copied().filter(|p| *p != UNREACHED);
        let (distance, own) = (self.distance(node)?, place(node)?);
        let on_path = |(edge, from): &(&Edge, NodeIndex)| {
            edge.back
                && place(*from).is_some_and(|p| p < own)
                && self.distance(*from).map(|d| d.saturating_add(edge.cost.into())) == Some(distance)
        };
        let parents = graph.links_to(node).filter(on_path).map(|(_, from)| from);
        parents.min_by_key(|n| graph.vertex(*n).map(|v| v.name))
    }
}

/// A link of the root that can be used.
struct First {
    to: NodeIndex,
    cost: u16,
    hops: SetId,
}

/// The ways out by the root's own link. Parallel links are told apart by their data.
fn own_hops(edge: &Edge, to: Name, links: &[RootLink]) -> Hops {
    let (Name::Network(id) | Name::Router(id)) = to;
    let same = |l: &&RootLink| l.link.kind == edge.kind && l.link.id == id && l.link.data == edge.data;
    let hop = |l: &RootLink| match edge.kind {
        LinkKind::Transit => Some(Hop { port: l.port, gateway: None }),
        // Numbered or not: the neighbor's address is what its hellos came from.
        LinkKind::PointToPoint => l.neighbor.map(|n| Hop { port: l.port, gateway: Some(n) }),
        LinkKind::Stub | LinkKind::Virtual => None,
    };
    links.iter().filter(same).filter_map(hop).collect()
}

/// 16.1.1: behind a directly attached network, the next hop is the router's address there, from its own link.
fn on_network(graph: &Graph, network: NodeIndex, router: NodeIndex, own: SetId, sets: &mut HopSets) -> SetId {
    let mut all = NOWHERE;
    for edge in graph.between(router, network) {
        let through = sets.through(own, edge.data);
        all = sets.union(all, through);
    }
    all
}

fn refill<T: Clone>(buffer: &mut Vec<T>, len: usize, value: T) {
    buffer.clear();
    buffer.resize(len, value);
}
