//! From the link state database to the routing table (RFC 2328 section 16): distances on a petgraph graph per area,
//! one ordered walk for first hops, then summaries and externals. Pure: database and own links in, routes out.
//!
//! | file | what |
//! |---|---|
//! | `graph` | routers and transit networks of an area, kept up to date LSA by LSA |
//! | `tree` | distances and next hops on it |
//! | `intra` `inter` `external` | the three passes over networks, each over all of them or only over some |
//! | `table` | the networks of the routing table, and what changed |
//! | `view` | which areas and addresses count for what |
//! | `area` `hops` `net` `why` | what the above are made of |
//! | `explain` | the same, for one network and in words |
//!
//! Indexes by network over stub links, summaries and externals are kept as LSAs are noted, so that a change of one of
//! them costs what its network costs (16.5, 16.6). The database itself is read once, then only where vertices changed.

mod area;
mod explain;
mod external;
mod graph;
mod hops;
mod inter;
mod intra;
mod net;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod view;
mod why;

use crate::AreaId;
use crate::config::AbrType;
use crate::lsdb::{Lsdb, Scope};
use crate::wire::{Body, Kind, Link, LinkKind, Lsa, LsaKey, RouterId};
use area::Area;
use core::net::Ipv4Addr;
use external::Externals;
use fib::{Instant, PortId, Prefix};
use graph::Name;
use hops::{HopSets, NOWHERE};
use inter::Borders;
use net::Net;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};
use table::{Nets, Table};
use view::View;

/// This router, as the root of the trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Its router ID.
    pub router: RouterId,
    /// Its links by area: what its router-LSAs say, with the port each stands for.
    pub links: BTreeMap<AreaId, Vec<RootLink>>,
    /// Configured areas: an area is in here even without links. Stub and NSSA areas get no type 5.
    pub areas: BTreeMap<AreaId, AreaView>,
}

impl Root {
    /// A router without links.
    pub fn new(router: RouterId) -> Root {
        Root { router, links: BTreeMap::new(), areas: BTreeMap::new() }
    }
}

/// One link of this router.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct RootLink {
    /// As it stands in the router-LSA (kind, id and data are compared; the metric is the LSA's).
    pub link: Link,
    /// The port; of a virtual link: meaningless.
    pub port: PortId,
    /// Point-to-point and point-to-multipoint: the neighbor's address as heard in hellos.
    pub neighbor: Option<Ipv4Addr>,
}

/// What SPF must know of an area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AreaView {
    /// Type 5 LSAs are not looked at here; no AS boundary router is reached through it for them.
    pub stub: bool,
    /// Type 7 LSAs are looked at; type 5 LSAs as little as in a stub area.
    pub nssa: bool,
    /// Border routers announce no summaries here (`no-summary`).
    pub no_summary: bool,
    /// Its configured ranges: a summary that equals an active one of them is ignored (RFC 2328 16.2 (3)).
    pub ranges: Vec<Prefix>,
    /// Own addresses in it: external LSAs that forward to one are ignored. Those in the links need not be repeated.
    pub addresses: Vec<Ipv4Addr>,
    /// Some interface of the area is up (RFC 3509: "actively attached").
    pub active: bool,
    /// The area has a fully adjacent virtual link or interface (backbone: connection to the backbone, RFC 3509 2.2).
    pub adjacent: bool,
}

/// Knobs.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Next hops a route may have, 1..=64.
    pub maximum_paths: u8,
    /// RFC 2328 16.4.1 and 16.2 as in RFC 1583.
    pub rfc1583_compatible: bool,
    /// RFC 3509.
    pub abr_type: AbrType,
}

/// One way out.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hop {
    /// By this port.
    pub port: PortId,
    /// To this neighbor; `None`: the destination is on the link.
    pub gateway: Option<Ipv4Addr>,
}

/// Equal ways out, sorted, without duplicates, at most `maximum_paths`.
pub type Hops = SmallVec<[Hop; 2]>;

/// Path types in order of preference (RFC 2328 section 11).
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathKind {
    /// Within an area.
    Intra,
    /// Through the backbone.
    Inter,
    /// External, type 1.
    External1 {
        /// From a type 7 LSA.
        nssa: bool,
    },
    /// External, type 2.
    External2 {
        /// From a type 7 LSA.
        nssa: bool,
    },
}

/// A route of the OSPF routing table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// How preferred.
    pub kind: PathKind,
    /// The area it is reached through (externals: of the ASBR or forwarding address).
    pub area: AreaId,
    /// Cost; of a type 2 external: of the way to the ASBR or forwarding address.
    pub cost: u32,
    /// The type 2 metric, else 0.
    pub type2: u32,
    /// Where packets go.
    pub hops: Hops,
    /// External route tag.
    pub tag: u32,
    /// The LSA it comes from (of several of equal cost, the first).
    pub origin: (Scope, LsaKey),
}

/// A router of the OSPF routing table: an area border or AS boundary router, or any, per area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterRoute {
    /// Flags of its router-LSA (`wire::lsa::flags`); for an inter-area entry (type 4) only `E`.
    pub flags: u8,
    /// Intra or Inter.
    pub kind: PathKind,
    /// Cost.
    pub cost: u32,
    /// Where packets go.
    pub hops: Hops,
}

/// How a virtual link's other end is reached through its transit area (RFC 2328 section 15, 16.1).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct VirtualPath {
    /// Cost of the way, below 0xffff.
    pub cost: u16,
    /// The port packets leave by; its address is our end.
    pub port: PortId,
    /// The other end's address.
    pub neighbor: Ipv4Addr,
}

/// A route came, changed or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The destination.
    pub prefix: Prefix,
    /// `None`: it went.
    pub route: Option<Route>,
}

/// How much of the calculation is needed.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Only stub networks, summaries or externals changed (RFC 2328 16.5, 16.6).
    Partial,
    /// The graph of an area changed.
    Full,
}

/// The calculation and its results.
#[derive(Clone, Debug, Default)]
pub struct Spf {
    areas: BTreeMap<AreaId, Area>,
    externals: Externals,
    sets: HopSets,
    borders: Borders,
    routers: BTreeMap<(AreaId, RouterId), RouterRoute>,
    table: Table,
    /// What the results are of.
    last: Option<(Root, Settings)>,
    due: Due,
}

/// What is to be calculated.
#[derive(Clone, Debug, Default)]
struct Due {
    full: bool,
    /// Scopes to be read anew.
    scopes: BTreeSet<Scope>,
    /// Type 4 LSAs changed.
    asbrs: bool,
    /// Networks of stub links, summaries and externals that changed.
    nets: BTreeSet<Net>,
}

impl Spf {
    /// Takes note of a changed LSA; `None`: absent or at MaxAge. Cheap; nothing is calculated yet. Router-LSAs and
    /// network-LSAs are read from the database when [`Spf::run`] is called, the others here: each change is to be
    /// noted, with the instance noted before (or one of the same networks) as `old`.
    pub fn note(&mut self, scope: Scope, key: LsaKey, old: Option<&Lsa>, new: Option<&Lsa>) {
        if let (Some(old), Some(new)) = (old, new)
            && old.header.options == new.header.options
            && old.body_bytes() == new.body_bytes()
        {
            return;
        }
        match (scope, key.kind) {
            (Scope::As, Kind::External) => self.note_external(None, old, new),
            (Scope::Area(id), Kind::NssaExternal) => self.note_external(Some(id), old, new),
            (Scope::Area(id), Kind::Router | Kind::Network | Kind::Summary | Kind::AsbrSummary) => {
                self.note_in_area(id, key, old, new);
            }
            _ => {}
        }
    }

    /// Everything is to be calculated again: own links, areas or settings changed. The database is not read again.
    pub fn note_all(&mut self) {
        self.due.full = true;
    }

    /// The LSAs of a scope were replaced or removed all together: they are read anew.
    pub fn note_scope(&mut self, scope: Scope) {
        if matches!(scope, Scope::Link(_)) {
            return;
        }
        self.due.full = true;
        self.due.scopes.insert(scope);
    }

    /// What is to be done.
    pub fn pending(&self) -> Option<Work> {
        let dirty = |links: bool| self.areas.values().flat_map(|a| a.dirty.values()).any(|l| *l == links);
        if self.due.full || dirty(true) {
            Some(Work::Full)
        } else if self.due.asbrs || !self.due.nets.is_empty() || dirty(false) {
            Some(Work::Partial)
        } else {
            None
        }
    }

    /// Does it, and answers what changed, in order of prefixes. Also finds out by itself that root or settings are not
    /// those of the last run.
    pub fn run(&mut self, now: Instant, lsdb: &Lsdb, root: &Root, settings: &Settings) -> Vec<Change> {
        let anew = self.read(now, lsdb, root, settings);
        let mut due = core::mem::take(&mut self.due);
        if due.full {
            self.grow_trees(root, settings);
        }
        let view = self.view(root, settings);
        let moved = if due.full || due.asbrs { self.find_routers(&view) } else { BTreeSet::new() };
        let covering = view.ranges.keys().filter(|r| due.nets.iter().any(|net| r.covers(*net)));
        let covering: Vec<Net> = covering.copied().collect();
        due.nets.extend(covering);
        let touched: Vec<Net> = due.nets.iter().copied().collect();
        let nets = if due.full { Nets::All } else { Nets::These(&touched) };
        self.intra_area(&view, nets);
        self.inter_area(&view, nets);
        if anew {
            self.external(&view, Nets::All);
        } else {
            let nets = self.external_nets(due.nets, &moved);
            self.external(&view, Nets::These(&nets));
        }
        if self.last.as_ref().is_none_or(|(r, s)| (r, s) != (root, settings)) {
            self.last = Some((root.clone(), *settings));
        }
        self.table.changes()
    }

    /// The routing table's networks.
    pub fn routes(&self) -> &BTreeMap<Prefix, Route> {
        self.table.routes()
    }

    /// The routing table's area border and AS boundary routers, of each area in which they can be reached.
    pub fn routers(&self) -> &BTreeMap<(AreaId, RouterId), RouterRoute> {
        &self.routers
    }

    /// The way to the other end of a virtual link. The other end's address is that of its interface by which it is
    /// left on the way back (16.1), or of any other if that has none.
    pub fn virtual_path(&self, transit: AreaId, router: RouterId) -> Option<VirtualPath> {
        let area = self.areas.get(&transit)?;
        let (node, cost, hops) = area.router(router)?;
        let parent = area.tree.parent(&area.graph, node)?;
        let numbered = |a: &Ipv4Addr| a.octets()[0] != 0;
        let back = area.graph.between(node, parent).min_by_key(|e| (e.cost, e.data)).map(|e| e.data);
        let any = || area.graph.links(node).map(|(e, _)| e.data).filter(numbered).min();
        let neighbor = back.filter(numbered).or_else(any)?;
        let cost = u16::try_from(cost).ok().filter(|c| *c < u16::MAX)?;
        let port = self.sets.get(hops).first()?.port;
        Some(VirtualPath { cost, port, neighbor })
    }

    fn note_external(&mut self, area: Option<AreaId>, old: Option<&Lsa>, new: Option<&Lsa>) {
        for (lsa, there) in [(old, false), (new, true)] {
            let net = lsa.and_then(|lsa| self.externals.set(area, lsa, there));
            self.due.nets.extend(net);
        }
    }

    fn note_in_area(&mut self, id: AreaId, key: LsaKey, old: Option<&Lsa>, new: Option<&Lsa>) {
        let Some(area) = self.areas.get_mut(&id) else {
            self.due.full = true;
            return;
        };
        match key.kind {
            Kind::Router if key.id == key.router => {
                let links = old.map(graph_part) != new.map(graph_part);
                *area.dirty.entry(Name::Router(key.id)).or_default() |= links;
            }
            Kind::Router => {}
            Kind::Network => drop(area.dirty.insert(Name::Network(key.id), true)),
            kind => {
                self.due.asbrs |= kind == Kind::AsbrSummary;
                for (lsa, there) in [(old, false), (new, true)] {
                    let Some(lsa) = lsa else { continue };
                    area.set_summary(lsa, there);
                    if let (Kind::Summary, Body::Summary { len, .. }) = (kind, lsa.body()) {
                        self.due.nets.insert(Net::new(key.id, len));
                    }
                }
            }
        }
    }

    /// Reads what is new or changed. Answers whether all externals are to be looked at.
    fn read(&mut self, now: Instant, lsdb: &Lsdb, root: &Root, settings: &Settings) -> bool {
        let last = self.last.as_ref();
        let same_root = last.is_some_and(|(r, _)| r == root);
        let same_rules =
            last.is_some_and(|(r, s)| s == settings && view::same_rules(r, root, settings.abr_type));
        self.due.full |= !same_root || !same_rules;
        let mut anew = !same_rules;
        if last.is_none() {
            self.due.scopes.insert(Scope::As);
        }
        let scopes = core::mem::take(&mut self.due.scopes);
        let gone = |id: &AreaId| !root.areas.contains_key(id) || scopes.contains(&Scope::Area(*id));
        let gone: Vec<AreaId> = self.areas.keys().copied().filter(gone).collect();
        for id in gone {
            self.areas.remove(&id);
            self.externals.forget(Some(id));
        }
        if scopes.contains(&Scope::As) {
            self.externals.forget(None);
            self.externals.read(now, None, lsdb.externals());
            anew = true;
        }
        for id in root.areas.keys() {
            if !self.areas.contains_key(id) {
                let area = lsdb.area(*id).map(|db| Area::read(now, db)).unwrap_or_default();
                self.areas.insert(*id, area);
                lsdb.area(*id).into_iter().for_each(|db| self.externals.read(now, Some(*id), db));
                self.due.full = true;
                anew = true;
            }
        }
        for (id, area) in &mut self.areas {
            let mut touched = Vec::new();
            for (name, links) in core::mem::take(&mut area.dirty) {
                self.due.full |= area.graph.update(name, links, now, lsdb.area(*id), &mut touched);
            }
            self.due.nets.extend(touched);
        }
        anew
    }

    /// The backbone's tree comes last: its virtual links lead through the others.
    fn grow_trees(&mut self, root: &Root, settings: &Settings) {
        self.sets = HopSets::new(settings.maximum_paths);
        let links = |id: &AreaId| root.links.get(id).map_or(&[][..], Vec::as_slice);
        let mut backbone = self.areas.remove(&AreaId::BACKBONE);
        for (id, area) in &mut self.areas {
            area.tree.grow(&area.graph, root.router, links(id), &mut self.sets, &|_, _| NOWHERE);
        }
        if let Some(area) = &mut backbone {
            let areas = &self.areas;
            // The link's cost is that of the way through its transit area; of several areas, that tells which.
            let through = |router: RouterId, cost: u16| {
                let ways =
                    areas.values().filter_map(|a| a.router(router)).filter(|w| w.1 < u32::from(u16::MAX));
                ways.min_by_key(|w| (w.1 != u32::from(cost), w.1)).map_or(NOWHERE, |w| w.2)
            };
            let links = links(&AreaId::BACKBONE);
            area.tree.grow(&area.graph, root.router, links, &mut self.sets, &through);
        }
        self.areas.extend(backbone.map(|area| (AreaId::BACKBONE, area)));
    }

    /// The networks whose external paths may be others: what changed in itself, what an earlier pass wrote to, and what
    /// depends on routers or forwarding addresses to which the way changed.
    fn external_nets(&self, touched: BTreeSet<Net>, moved: &BTreeSet<RouterId>) -> Vec<Net> {
        let mut nets: Vec<Net> = touched.into_iter().collect();
        for net in self.table.written() {
            nets.push(net);
            nets.extend(self.externals.forwarded_into(net));
        }
        if !moved.is_empty() {
            nets.extend(self.externals.by(moved));
        }
        nets.sort_unstable();
        nets.dedup();
        nets
    }
}

/// What of a router-LSA makes the graph: all but its stub links.
fn graph_part(lsa: &Lsa) -> (u8, SmallVec<[Link; 8]>) {
    match lsa.body() {
        Body::Router { flags, links } => (flags, links.filter(|l| l.kind != LinkKind::Stub).collect()),
        _ => (0, SmallVec::new()),
    }
}
