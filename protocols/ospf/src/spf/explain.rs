//! Why a network has the route it has: every LSA that announces it, with the path or the reason against it. The rules are
//! those of the passes; here they are asked once more, for one network.

use super::area::Area;
use super::external::{Candidate, Claim, Known};
use super::graph::Name;
use super::hops::SetId;
use super::inter::way;
use super::net::Net;
use super::table::Found;
use super::why::Why;
use super::{HopSets, PathKind, Root, Route, Settings, Spf, View, intra};
use crate::AreaId;
use crate::lsdb::{Lsdb, Scope};
use crate::show::{Candidate as Told, Explain, LsaRef, NextHop, Node, PathHop, Reason, Rejected};
use crate::wire::{Kind, LsaKey, RouterId};
use fib::{Instant, PortId, Prefix};
use petgraph::stable_graph::NodeIndex;

/// A candidate and what became of it.
struct Asked {
    kind: PathKind,
    area: Option<AreaId>,
    origin: (Scope, LsaKey),
    tag: u32,
    type2: Option<u32>,
    path: Vec<PathHop>,
    /// The LSAs the path rests on, each with its scope.
    rests_on: Vec<(Scope, LsaKey)>,
    found: Result<(Found, Option<Candidate>), Reason>,
}

/// What everything here needs.
struct Context<'a> {
    now: Instant,
    lsdb: &'a Lsdb,
    view: View<'a>,
    name: &'a dyn Fn(PortId) -> String,
    sets: HopSets,
    known: Known,
}

impl Spf {
    /// Explains the longest network that covers `prefix` among those announced by anybody, as of the last run. `root` and
    /// `settings` are those of that run; `name` tells a port's name.
    pub fn explain(
        &self,
        now: Instant,
        lsdb: &Lsdb,
        root: &Root,
        settings: &Settings,
        prefix: Prefix,
        name: &dyn Fn(PortId) -> String,
    ) -> Explain {
        let nothing = Explain { asked: prefix, prefix: None, winner: None, losers: Vec::new(), rib: None };
        let Some(net) = Net::from_prefix(&prefix).and_then(|net| self.announced(net)) else { return nothing };
        let view = self.view(root, settings);
        let mut c = Context { now, lsdb, view, name, sets: self.sets.clone(), known: Known::default() };
        let mut asked = self.intra_candidates(&mut c, net);
        asked.extend(self.inter_candidates(&c, net));
        asked.extend(self.external_candidates(&mut c, net));
        let route = self.table.get(net);
        let best = route.and_then(|r| asked.iter().position(|a| a.origin == r.origin && a.found.is_ok()));
        let best = best.map(|i| asked.remove(i));
        let winner = route.zip(best.as_ref()).map(|(route, best)| winner(&c, route, best));
        let compatible = settings.rfc1583_compatible;
        let mut losers: Vec<(bool, PathKind, u32, Rejected)> = Vec::new();
        for a in asked {
            let reason = match (&a.found, route, &best) {
                (Err(reason), ..) => Some(*reason),
                (Ok(own), Some(route), Some(best)) => lost(own, route, best, compatible),
                _ => None,
            };
            if let Some(reason) = reason {
                let cost = a.found.as_ref().map_or(u32::MAX, |(f, _)| f.cost);
                let candidate = told(&c, &a);
                losers.push((a.found.is_err(), a.kind, cost, Rejected { candidate, reason }));
            }
        }
        losers.sort_by_key(|(unusable, kind, cost, _)| (*unusable, *kind, *cost));
        let losers = losers.into_iter().map(|(.., rejected)| rejected).collect();
        Explain { prefix: Some(net.prefix()), winner, losers, ..nothing }
    }

    /// The longest announced network that covers `asked`.
    fn announced(&self, asked: Net) -> Option<Net> {
        let known = |net: &Net| {
            let inside = |a: &Area| a.graph.nets.contains_key(net) || a.summaries.contains_key(net);
            self.externals.nets.contains_key(net) || self.areas.values().any(inside)
        };
        let len = asked.prefix().len();
        (0..=len).rev().map(|len| Net::new(asked.first(), len)).find(known)
    }

    fn intra_candidates(&self, c: &mut Context<'_>, net: Net) -> Vec<Asked> {
        let mut all = Vec::new();
        for (id, area) in &self.areas {
            let links = c.view.root.links.get(id).map_or(&[][..], Vec::as_slice);
            for claim in area.graph.nets.get(&net).into_iter().flatten() {
                let Some(vertex) = area.graph.vertex(claim.node) else { continue };
                let origin = (Scope::Area(*id), vertex.key());
                let found = intra::way(area, net, claim, links, &mut c.sets);
                let found = found.map(|(cost, hops)| (inner(PathKind::Intra, *id, cost, hops, origin), None));
                let (mut path, rests_on) = steps(*id, area, claim.node);
                if matches!(vertex.name, Name::Router(_)) {
                    step(&mut path, Node::Prefix(net.prefix()), claim.metric.into());
                }
                all.push(Asked {
                    kind: PathKind::Intra,
                    area: Some(*id),
                    origin,
                    tag: 0,
                    type2: None,
                    path,
                    rests_on,
                    found: found.ok_or(Reason::NotOnTree),
                });
            }
        }
        all
    }

    fn inter_candidates(&self, c: &Context<'_>, net: Net) -> Vec<Asked> {
        let mut all = Vec::new();
        for (id, area) in &self.areas {
            for claim in area.summaries.get(&net).into_iter().flatten() {
                let origin = (Scope::Area(*id), claim.key(Kind::Summary));
                let found = match c.view.sources.contains(id) {
                    true => self.summary(&c.view, *id, net, claim).map_err(reason),
                    false => Err(Reason::NotFromBackbone),
                };
                let (mut path, rests_on) = self.to_router(*id, claim.router);
                if !path.is_empty() {
                    step(&mut path, Node::Prefix(net.prefix()), claim.metric);
                }
                all.push(Asked {
                    kind: PathKind::Inter,
                    area: Some(*id),
                    origin,
                    tag: 0,
                    type2: None,
                    path,
                    rests_on,
                    found: found.map(|f| (f, None)),
                });
            }
        }
        all
    }

    fn external_candidates(&self, c: &mut Context<'_>, net: Net) -> Vec<Asked> {
        let claims: Vec<Claim> = self.externals.nets.get(&net).into_iter().flatten().copied().collect();
        let mut all = Vec::new();
        for claim in claims {
            let nssa = claim.area.is_some();
            let (kind, type2) = match claim.external.type2 {
                true => (PathKind::External2 { nssa }, Some(claim.external.metric)),
                false => (PathKind::External1 { nssa }, None),
            };
            let found = self.candidate(&c.view, net, &claim, &mut c.known, &mut c.sets);
            let (mut path, rests_on) = match &found {
                Ok(candidate) => self.way_out(c, &claim, candidate.path.area),
                Err(_) => Default::default(),
            };
            if !path.is_empty() {
                let metric = if type2.is_some() { 0 } else { claim.external.metric };
                step(&mut path, Node::Prefix(net.prefix()), metric);
            }
            all.push(Asked {
                kind,
                area: found.as_ref().ok().map(|f| f.path.area),
                origin: claim.origin(),
                tag: claim.external.tag,
                type2,
                path,
                rests_on,
                found: found.map(|f| (f.path, Some(f))).map_err(reason),
            });
        }
        all
    }

    /// The path to an external's boundary router or forwarding address.
    fn way_out(&self, c: &Context<'_>, claim: &Claim, area: AreaId) -> (Vec<PathHop>, Vec<(Scope, LsaKey)>) {
        let Some(forward) = claim.forward() else { return self.to_boundary(c, area, claim.router) };
        let Some((_, route)) = self.table.lookup(forward) else { return Default::default() };
        let (mut path, mut rests_on) = match route.origin.1.kind {
            Kind::Summary | Kind::Router => self.to_router(route.area, route.origin.1.router),
            _ => self.to(route.area, Name::Network(route.origin.1.id)),
        };
        rests_on.insert(0, route.origin);
        rests_on.dedup();
        let so_far = path.last().map_or(0, |p| p.total);
        step(&mut path, Node::Forward(forward), route.cost.saturating_sub(so_far));
        (path, rests_on)
    }

    /// The path to a boundary router: within the area, or behind a border router that announces it.
    fn to_boundary(
        &self,
        c: &Context<'_>,
        id: AreaId,
        router: RouterId,
    ) -> (Vec<PathHop>, Vec<(Scope, LsaKey)>) {
        let border = self.borders.get(&(id, router));
        if border.is_some_and(|b| b.kind == PathKind::Intra) {
            return self.to_router(id, router);
        }
        let claims = self.areas.get(&id).and_then(|a| a.asbrs.get(&router)).into_iter().flatten();
        let with_cost = |claim| Some((way(&c.view, &self.borders, id, claim).ok()?.0, claim));
        let best = claims.filter_map(with_cost).min_by_key(|(cost, claim)| (*cost, claim.router));
        let Some((_, claim)) = best else { return Default::default() };
        let (mut path, mut rests_on) = self.to_router(id, claim.router);
        step(&mut path, Node::Router(router), claim.metric);
        rests_on.insert(0, (Scope::Area(id), claim.key(Kind::AsbrSummary)));
        (path, rests_on)
    }

    fn to_router(&self, id: AreaId, router: RouterId) -> (Vec<PathHop>, Vec<(Scope, LsaKey)>) {
        self.to(id, Name::Router(router))
    }

    fn to(&self, id: AreaId, name: Name) -> (Vec<PathHop>, Vec<(Scope, LsaKey)>) {
        let Some(area) = self.areas.get(&id) else { return Default::default() };
        area.graph.find(name).map(|node| steps(id, area, node)).unwrap_or_default()
    }
}

/// The path from the root, which is not told, to a vertex, and the LSAs of its vertices from there back.
fn steps(id: AreaId, area: &Area, node: NodeIndex) -> (Vec<PathHop>, Vec<(Scope, LsaKey)>) {
    let (mut path, mut lsas, mut at) = (Vec::new(), Vec::new(), Some(node));
    while let Some(node) = at {
        let (Some(vertex), Some(total)) = (area.graph.vertex(node), area.tree.distance(node)) else { break };
        lsas.push((Scope::Area(id), vertex.key()));
        at = area.tree.parent(&area.graph, node);
        if let Some(parent) = at {
            let cost = total.saturating_sub(area.tree.distance(parent).unwrap_or(0));
            let node = match vertex.name {
                Name::Router(id) => Node::Router(id),
                Name::Network(id) => Node::Network(id),
            };
            path.push(PathHop { node, cost, total });
        }
    }
    path.reverse();
    (path, lsas)
}

fn step(path: &mut Vec<PathHop>, node: Node, cost: u32) {
    let total = path.last().map_or(0, |p| p.total).saturating_add(cost);
    path.push(PathHop { node, cost, total });
}

fn inner(kind: PathKind, area: AreaId, cost: u32, hops: SetId, origin: (Scope, LsaKey)) -> Found {
    Found { kind, area, cost, type2: 0, tag: 0, hops, origin }
}

fn told(c: &Context<'_>, a: &Asked) -> Told {
    let found = a.found.as_ref().ok().map(|(f, _)| f);
    let hops = found.map(|f| c.sets.get(f.hops).as_slice()).unwrap_or_default();
    let refs = core::iter::once(&a.origin).chain(a.rests_on.iter().filter(|o| **o != a.origin));
    Told {
        kind: a.kind.into(),
        area: a.area,
        cost: found.map(|f| f.cost),
        type2_cost: a.type2,
        tag: a.tag,
        next_hops: hops.iter().map(|h| next_hop(c, h)).collect(),
        lsas: refs.filter_map(|(scope, key)| lsa_ref(c, *scope, key)).collect(),
        path: a.path.clone(),
    }
}

/// The route as it is: several candidates, or a transit area, may have had a part in it.
fn winner(c: &Context<'_>, route: &Route, best: &Asked) -> Told {
    let next_hops = route.hops.iter().map(|h| next_hop(c, h)).collect();
    Told { cost: Some(route.cost), next_hops, ..told(c, best) }
}

fn next_hop(c: &Context<'_>, hop: &super::Hop) -> NextHop {
    NextHop { interface: (c.name)(hop.port), gateway: hop.gateway }
}

fn lsa_ref(c: &Context<'_>, scope: Scope, key: &LsaKey) -> Option<LsaRef> {
    let entry = c.lsdb.get(scope, key)?;
    Some(LsaRef { key: *key, age: Some(entry.age(c.now)), sequence: entry.lsa.header.sequence })
}

/// Why a usable candidate is not the route; `None`: it has a part in it.
fn lost(
    (own, external): &(Found, Option<Candidate>),
    route: &Route,
    best: &Asked,
    compatible: bool,
) -> Option<Reason> {
    let class = |kind: PathKind| match kind {
        PathKind::Intra => 0,
        PathKind::Inter => 1,
        PathKind::External1 { .. } => 2,
        PathKind::External2 { .. } => 3,
    };
    if class(own.kind) != class(route.kind) {
        return Some(Reason::LessPreferred { winner: route.kind.into() });
    }
    if own.type2 != route.type2 {
        return Some(Reason::GreaterMetric { metric: own.type2, best: route.type2 });
    }
    let other = best.found.as_ref().ok().and_then(|(_, external)| external.as_ref());
    if let (Some(own), Some(other)) = (external, other) {
        if own.second_class && !other.second_class && !compatible {
            return Some(Reason::BackboneAsbrPath);
        }
        let same = own.claim.forward().is_some() && own.claim.forward() == other.claim.forward();
        if same && own.path.cost == other.path.cost {
            let class = own.claim.rank().0 == other.claim.rank().0;
            let kept = other.claim.router;
            return Some(if class { Reason::SmallerRouterId { kept } } else { Reason::NssaPreference });
        }
    }
    if own.cost > route.cost {
        return Some(Reason::LongerPath { cost: own.cost, best: route.cost });
    }
    (external.is_none() && own.area != route.area)
        .then_some(Reason::LessPreferred { winner: route.kind.into() })
}

fn reason(why: Why) -> Reason {
    match why {
        Why::Infinite => Reason::InfiniteMetric,
        Why::Own => Reason::OwnLsa,
        Why::OwnRange => Reason::OwnRange,
        Why::NoAbr(router) => Reason::UnreachableAbr { router },
        Why::NoAsbr(router) => Reason::UnreachableAsbr { router },
        Why::NoForward(address) => Reason::UnreachableForward { address },
        Why::OwnForward => Reason::OwnForward,
        Why::NssaDefault => Reason::NssaDefault,
        Why::NotInThisArea => Reason::NotInThisArea,
    }
}
