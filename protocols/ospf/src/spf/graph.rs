//! The graph of an area (RFC 2328 section 2): routers and transit networks, kept from run to run and changed only
//! where a router-LSA or network-LSA changed. Knows no distances: that is `tree`.

use super::net::Net;
use crate::lsdb::Database;
use crate::wire::lsa::flags;
use crate::wire::{Body, Kind, Link, LinkKind, LsaKey, RouterId};
use core::net::Ipv4Addr;
use fib::Instant;
use petgraph::Direction::{Incoming, Outgoing};
use petgraph::stable_graph::{EdgeIndex, NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};

/// What a vertex stands for. Several network-LSAs of one link state ID (a DR that changed its router ID) are one
/// vertex, with the routers of all of them.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// By the DR's address.
    Network(Ipv4Addr),
    Router(RouterId),
}

#[derive(Clone, Debug)]
pub(super) struct Vertex {
    pub(super) name: Name,
    /// Who made its LSA; `None`: others point at it, but its LSA is not there.
    pub(super) by: Option<RouterId>,
    /// Flags of its router-LSA.
    pub(super) flags: u8,
    /// The networks its LSA announces, with their costs from here.
    nets: Box<[(Net, u16)]>,
}

impl Vertex {
    /// Its LSA.
    pub(super) fn key(&self) -> LsaKey {
        match self.name {
            Name::Router(id) => LsaKey { kind: Kind::Router, id, router: id },
            Name::Network(id) => LsaKey { kind: Kind::Network, id, router: self.by.unwrap_or(id) },
        }
    }
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) cost: u16,
    /// The other end links back (16.1 (2)(b)).
    pub(super) back: bool,
    /// Of a router's link; from a network to a router: transit.
    pub(super) kind: LinkKind,
    /// Link data of a router's link.
    pub(super) data: Ipv4Addr,
}

/// A network announced by a vertex.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) node: NodeIndex,
    pub(super) metric: u16,
}

/// Routers and transit networks of an area, and the networks they announce.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    graph: StableDiGraph<Vertex, Edge>,
    names: BTreeMap<Name, NodeIndex>,
    /// Stub and transit networks, with all that announce them.
    pub(super) nets: BTreeMap<Net, SmallVec<[Claim; 2]>>,
    /// Area border and AS boundary routers.
    pub(super) borders: BTreeSet<RouterId>,
    /// Endpoints of virtual links.
    pub(super) endpoints: BTreeSet<RouterId>,
}

impl Graph {
    /// The graph of all that is in an area's database.
    pub(super) fn read(now: Instant, db: &Database) -> Graph {
        let mut graph = Graph::default();
        let names = |kind, name: fn(Ipv4Addr) -> Name| db.of_kind(kind).map(move |(key, _)| name(key.id));
        let all: BTreeSet<Name> =
            names(Kind::Router, Name::Router).chain(names(Kind::Network, Name::Network)).collect();
        for name in all {
            graph.update(name, true, now, Some(db), &mut Vec::new());
        }
        graph
    }

    pub(super) fn petgraph(&self) -> &StableDiGraph<Vertex, Edge> {
        &self.graph
    }

    pub(super) fn vertex(&self, node: NodeIndex) -> Option<&Vertex> {
        self.graph.node_weight(node)
    }

    pub(super) fn find(&self, name: Name) -> Option<NodeIndex> {
        self.names.get(&name).copied()
    }

    /// Links from a vertex: the edge and where it ends. In no order that means anything.
    pub(super) fn links(&self, node: NodeIndex) -> impl Iterator<Item = (&Edge, NodeIndex)> {
        self.graph.edges(node).map(|e| (e.weight(), e.target()))
    }

    /// Links from one vertex to another.
    pub(super) fn between(&self, from: NodeIndex, to: NodeIndex) -> impl Iterator<Item = &Edge> {
        self.graph.edges_connecting(from, to).map(|e| e.weight())
    }

    /// Links to a vertex: the edge and where it begins.
    pub(super) fn links_to(&self, node: NodeIndex) -> impl Iterator<Item = (&Edge, NodeIndex)> {
        self.graph.edges_directed(node, Incoming).map(|e| (e.weight(), e.source()))
    }

    /// Reads a vertex's LSAs anew; without `links`, only the networks they announce. Networks that came, changed
    /// or went are added to `touched`. Answers whether trees are to be grown again: not when a link came or went that
    /// the other end does not answer, such as the second end's part of a link that failed.
    pub(super) fn update(
        &mut self,
        name: Name,
        links: bool,
        now: Instant,
        db: Option<&Database>,
        touched: &mut Vec<Net>,
    ) -> bool {
        let seen = Seen::read(name, now, db);
        let node = match self.find(name) {
            Some(node) => node,
            None if seen.by.is_none() => return false,
            None => self.node(name),
        };
        self.set_nets(node, seen.nets, touched);
        if let Name::Router(router) = name {
            mark(&mut self.borders, router, seen.flags & (flags::B | flags::E) != 0);
            mark(&mut self.endpoints, router, seen.flags & flags::V != 0);
        }
        let mut moved = false;
        if let Some(vertex) = self.graph.node_weight_mut(node) {
            moved = (vertex.by, vertex.flags) != (seen.by, seen.flags);
            (vertex.by, vertex.flags) = (seen.by, seen.flags);
        }
        links && (self.set_edges(node, &seen.edges) || moved)
    }

    fn node(&mut self, name: Name) -> NodeIndex {
        let graph = &mut self.graph;
        *self
            .names
            .entry(name)
            .or_insert_with(|| graph.add_node(Vertex { name, by: None, flags: 0, nets: Box::default() }))
    }

    fn set_nets(&mut self, node: NodeIndex, nets: Vec<(Net, u16)>, touched: &mut Vec<Net>) {
        let Some(vertex) = self.graph.node_weight_mut(node) else { return };
        if *vertex.nets == *nets {
            return;
        }
        let old = core::mem::replace(&mut vertex.nets, nets.into_boxed_slice());
        for (net, _) in &old {
            touched.push(*net);
            if let Some(claims) = self.nets.get_mut(net) {
                claims.retain(|claim| claim.node != node);
                if claims.is_empty() {
                    self.nets.remove(net);
                }
            }
        }
        for (net, metric) in &vertex.nets {
            touched.push(*net);
            self.nets.entry(*net).or_default().push(Claim { node, metric: *metric });
        }
    }

    /// The links from a vertex that are answered, in order.
    fn answered(&self, node: NodeIndex) -> Vec<(NodeIndex, Edge)> {
        let mut all: Vec<(NodeIndex, Edge)> =
            self.links(node).filter(|(edge, _)| edge.back).map(|(edge, to)| (to, *edge)).collect();
        all.sort_unstable_by_key(|(to, edge)| (*to, edge.kind, edge.cost, edge.data));
        all
    }

    /// Puts these links in place of the old ones, and settles which links are answered by one back. Answers whether
    /// those that are answered are others now.
    fn set_edges(&mut self, node: NodeIndex, edges: &[(Name, Edge)]) -> bool {
        let before = self.answered(node);
        let old: Vec<(EdgeIndex, NodeIndex)> = self.graph.edges(node).map(|e| (e.id(), e.target())).collect();
        for (edge, _) in &old {
            self.graph.remove_edge(*edge);
        }
        let sources: Vec<NodeIndex> = sorted(self.graph.neighbors_directed(node, Incoming).collect());
        let mut targets = Vec::with_capacity(edges.len());
        for (name, edge) in edges {
            let target = self.node(*name);
            if target != node {
                let back = sources.binary_search(&target).is_ok();
                self.graph.add_edge(node, target, Edge { back, ..*edge });
                targets.push(target);
            }
        }
        let targets = sorted(targets);
        // Links to here are answered or not with those from here: if these stay, so do those.
        let changed = self.answered(node) != before;
        let mut incoming = self.graph.neighbors_directed(node, Incoming).detach();
        while let Some((edge, source)) = incoming.next(&self.graph) {
            if let Some(edge) = self.graph.edge_weight_mut(edge) {
                edge.back = targets.binary_search(&source).is_ok();
            }
        }
        for node in old.into_iter().map(|(_, target)| target).chain([node]) {
            self.tidy(node);
        }
        changed
    }

    /// Forgets a vertex without LSA at which nobody points any more.
    fn tidy(&mut self, node: NodeIndex) {
        let Some(vertex) = self.graph.node_weight(node) else { return };
        let linked = |way| self.graph.neighbors_directed(node, way).next().is_some();
        if vertex.by.is_none() && !linked(Incoming) && !linked(Outgoing) {
            self.names.remove(&vertex.name);
            self.graph.remove_node(node);
        }
    }
}

/// What the LSAs of a vertex say.
#[derive(Default)]
struct Seen {
    by: Option<RouterId>,
    flags: u8,
    edges: Vec<(Name, Edge)>,
    nets: Vec<(Net, u16)>,
}

impl Seen {
    fn read(name: Name, now: Instant, db: Option<&Database>) -> Seen {
        let mut seen = Seen::default();
        match (name, db) {
            (_, None) => {}
            (Name::Router(id), Some(db)) => {
                if let Some(entry) = db.router(id).filter(|e| !e.is_max_age(now))
                    && let Body::Router { flags, links } = entry.lsa.body()
                {
                    (seen.by, seen.flags) = (Some(id), flags);
                    links.for_each(|link| seen.link(&link));
                }
            }
            (Name::Network(id), Some(db)) => {
                for (key, entry) in db.of_id(Kind::Network, id).filter(|(_, e)| !e.is_max_age(now)) {
                    if let Body::Network { len, routers } = entry.lsa.body() {
                        seen.by.get_or_insert(key.router);
                        seen.nets.push((Net::new(id, len), 0));
                        seen.edges.extend(routers.map(attached));
                    }
                }
                seen.edges.sort_unstable_by_key(|(name, _)| *name);
                seen.edges.dedup_by_key(|(name, _)| *name);
            }
        }
        // The cheapest of a network announced twice is what counts.
        seen.nets.sort_unstable();
        seen
    }

    fn link(&mut self, link: &Link) {
        let to = match link.kind {
            LinkKind::PointToPoint | LinkKind::Virtual => Name::Router(link.id),
            LinkKind::Transit => Name::Network(link.id),
            LinkKind::Stub => {
                self.nets.extend(Net::masked(link.id, link.data).map(|net| (net, link.metric)));
                return;
            }
        };
        self.edges.push((to, Edge { cost: link.metric, back: false, kind: link.kind, data: link.data }));
    }
}

fn attached(router: RouterId) -> (Name, Edge) {
    let edge = Edge { cost: 0, back: false, kind: LinkKind::Transit, data: Ipv4Addr::UNSPECIFIED };
    (Name::Router(router), edge)
}

fn mark(set: &mut BTreeSet<RouterId>, router: RouterId, on: bool) {
    if on {
        set.insert(router)
    } else {
        set.remove(&router)
    };
}

fn sorted(mut nodes: Vec<NodeIndex>) -> Vec<NodeIndex> {
    nodes.sort_unstable();
    nodes
}
