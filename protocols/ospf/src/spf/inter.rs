//! Paths between areas (RFC 2328 16.2, 16.3, RFC 3509): summaries, and the border and boundary routers.

use super::area::{Area, Summary};
use super::hops::{HopSets, SetId};
use super::net::Net;
use super::table::{Found, Nets, Pass, best};
use super::why::Why;
use super::{PathKind, RouterRoute, Spf, View};
use crate::AreaId;
use crate::config::LS_INFINITY;
use crate::lsdb::Scope;
use crate::wire::lsa::flags;
use crate::wire::{Kind, RouterId};
use core::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// An area border or AS boundary router that can be reached.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Border {
    pub(super) flags: u8,
    pub(super) kind: PathKind,
    pub(super) cost: u32,
    pub(super) hops: SetId,
}

pub(super) type Borders = BTreeMap<(AreaId, RouterId), Border>;

impl Spf {
    /// Calculates the routing table's routers anew. Answers the AS boundary routers to which the way changed.
    pub(super) fn find_routers(&mut self, view: &View<'_>) -> BTreeSet<RouterId> {
        self.borders = Borders::new();
        for (id, area) in &self.areas {
            self.borders.extend(within(area, view).map(|(router, border)| ((*id, router), border)));
        }
        for id in &view.sources {
            self.asbrs_behind(*id, view);
        }
        for id in &view.transits {
            self.improve_asbrs(*id, view);
        }
        let route = |b: &Border| RouterRoute {
            flags: b.flags,
            kind: b.kind,
            cost: b.cost,
            hops: self.sets.get(b.hops).clone(),
        };
        let new: BTreeMap<_, _> = self.borders.iter().map(|(key, border)| (*key, route(border))).collect();
        let old = core::mem::replace(&mut self.routers, new);
        let new = &self.routers;
        let gone = old.iter().filter(|(key, was)| new.get(key) != Some(was));
        let come = new.iter().filter(|(key, is)| old.get(key) != Some(is));
        gone.chain(come).filter(|(_, r)| r.flags & flags::E != 0).map(|((_, router), _)| *router).collect()
    }

    /// Type 4 LSAs (16.2). A way within the area stays.
    fn asbrs_behind(&mut self, id: AreaId, view: &View<'_>) {
        let Some(area) = self.areas.get(&id) else { return };
        for (router, claims) in area.asbrs.iter().filter(|(router, _)| **router != view.root.router) {
            let key = (id, *router);
            if self.borders.get(&key).is_some_and(|b| b.kind == PathKind::Intra) {
                continue;
            }
            let ways = claims.iter().filter_map(|claim| way(view, &self.borders, id, claim).ok());
            let best = ways.reduce(|a, b| shorter(a, b, &mut self.sets));
            if let Some((cost, hops)) = best {
                let border = Border { flags: flags::E, kind: PathKind::Inter, cost, hops };
                self.borders.insert(key, border);
            }
        }
    }

    /// 16.3: a backbone path to a boundary router may be shorter through a transit area.
    fn improve_asbrs(&mut self, id: AreaId, view: &View<'_>) {
        let Some(area) = self.areas.get(&id) else { return };
        for (router, claims) in &area.asbrs {
            let key = (AreaId::BACKBONE, *router);
            for claim in claims {
                let (Some(old), Ok(way)) =
                    (self.borders.get(&key).copied(), way(view, &self.borders, id, claim))
                else {
                    continue;
                };
                let (cost, hops) = shorter((old.cost, old.hops), way, &mut self.sets);
                self.borders.insert(key, Border { cost, hops, ..old });
            }
        }
    }

    /// Type 3 LSAs (16.2), and what transit areas know better (16.3).
    pub(super) fn inter_area(&mut self, view: &View<'_>, nets: Nets<'_>) {
        let mut found = Vec::new();
        for id in &view.sources {
            let Some(area) = self.areas.get(id) else { continue };
            let mut add = |net: Net, claims: &[Summary]| {
                let path = |claim| self.summary(view, *id, net, claim).ok();
                found.extend(claims.iter().filter_map(path).map(|path| (net, path)));
            };
            match nets {
                Nets::All => area.summaries.iter().for_each(|(net, claims)| add(*net, claims)),
                Nets::These(nets) => {
                    nets.iter().for_each(|net| add(*net, area.summaries.get(net).map_or(&[], |c| c)));
                }
            }
        }
        let found = best(found, &mut self.sets);
        self.table.settle(Pass::Inter, nets, &found, &self.sets);
        for id in &view.transits {
            self.improve(view, *id, nets);
        }
    }

    /// The path that a type 3 LSA of an area makes, or why it makes none.
    pub(super) fn summary(
        &self,
        view: &View<'_>,
        area: AreaId,
        net: Net,
        claim: &Summary,
    ) -> Result<Found, Why> {
        let own =
            view.ranges.get(&net).is_some_and(|areas| areas.iter().any(|a| self.table.is_active(net, *a)));
        if own {
            return Err(Why::OwnRange);
        }
        let (cost, hops) = way(view, &self.borders, area, claim)?;
        let origin = (Scope::Area(area), claim.key(Kind::Summary));
        Ok(Found { kind: PathKind::Inter, area, cost, type2: 0, tag: 0, hops, origin })
    }

    fn improve(&mut self, view: &View<'_>, id: AreaId, nets: Nets<'_>) {
        let Some(area) = self.areas.get(&id) else { return };
        let mut better = Vec::new();
        let mut look = |net: Net, claims: &[Summary]| {
            let Some(route) = self.table.get(net) else { return };
            if !route.area.is_backbone() || !matches!(route.kind, PathKind::Intra | PathKind::Inter) {
                return;
            }
            let old = (route.cost, self.sets.intern(route.hops.clone()));
            let ways = claims.iter().filter_map(|claim| way(view, &self.borders, id, claim).ok());
            let new = ways.fold(old, |a, b| shorter(a, b, &mut self.sets));
            if new != old {
                let (cost, hops) = (new.0, self.sets.get(new.1).clone());
                better.push((net, super::Route { cost, hops, ..route.clone() }));
            }
        };
        match nets {
            Nets::All => area.summaries.iter().for_each(|(net, claims)| look(*net, claims)),
            Nets::These(nets) => {
                nets.iter().for_each(|net| look(*net, area.summaries.get(net).map_or(&[], |c| c)));
            }
        }
        for (net, route) in better {
            self.table.put(net, Some(route));
        }
    }
}

/// Border and boundary routers on an area's tree.
fn within<'a>(area: &'a Area, view: &'a View<'_>) -> impl Iterator<Item = (RouterId, Border)> + use<'a> {
    let others = area.graph.borders.iter().filter(|r| **r != view.root.router);
    others.filter_map(|router| {
        let (node, cost, hops) = area.router(*router)?;
        let flags = area.graph.vertex(node)?.flags;
        Some((*router, Border { flags, kind: PathKind::Intra, cost, hops }))
    })
}

/// The way to where a summary leads, through the border router that made it (16.2 (1), (2), (4)).
pub(super) fn way(
    view: &View<'_>,
    borders: &Borders,
    area: AreaId,
    claim: &Summary,
) -> Result<(u32, SetId), Why> {
    if claim.metric >= LS_INFINITY {
        return Err(Why::Infinite);
    }
    if claim.router == view.root.router {
        return Err(Why::Own);
    }
    let border = borders
        .get(&(area, claim.router))
        .filter(|b| b.kind == PathKind::Intra && b.flags & flags::B != 0)
        .ok_or(Why::NoAbr(claim.router))?;
    Ok((border.cost.saturating_add(claim.metric), border.hops))
}

/// The shorter of two ways; both, if they are equal.
fn shorter(a: (u32, SetId), b: (u32, SetId), sets: &mut HopSets) -> (u32, SetId) {
    match a.0.cmp(&b.0) {
        Ordering::Less => a,
        Ordering::Greater => b,
        Ordering::Equal => (a.0, sets.union(a.1, b.1)),
    }
}
