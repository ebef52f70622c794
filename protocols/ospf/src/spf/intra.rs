//! Paths within the areas (RFC 2328 16.1, second stage): transit networks, stub networks and hosts.

use super::area::Area;
use super::graph::Claim;
use super::hops::{HopSets, NOWHERE, SetId};
use super::net::Net;
use super::table::{Found, Nets, Pass, best};
use super::{Hop, PathKind, RootLink, Spf, View};
use crate::AreaId;
use crate::lsdb::Scope;
use crate::wire::LinkKind;

impl Spf {
    pub(super) fn intra_area(&mut self, view: &View<'_>, nets: Nets<'_>) {
        let mut found = Vec::new();
        let sets = &mut self.sets;
        for (id, area) in &self.areas {
            let links = view.root.links.get(id).map_or(&[][..], Vec::as_slice);
            let mut add = |net: Net, claims: &[Claim]| {
                found.extend(nearest(*id, area, net, claims, links, sets).map(|path| (net, path)));
            };
            match nets {
                Nets::All => area.graph.nets.iter().for_each(|(net, claims)| add(*net, claims)),
                Nets::These(nets) => {
                    nets.iter().for_each(|net| add(*net, area.graph.nets.get(net).map_or(&[], |c| c)));
                }
            }
        }
        let found = if self.areas.len() > 1 { best(found, &mut self.sets) } else { found };
        self.table.settle(Pass::Intra, nets, &found, &self.sets);
    }
}

/// The shortest path to a network in an area; several equal ones together, the origin being the first LSA.
fn nearest(
    id: AreaId,
    area: &Area,
    net: Net,
    claims: &[Claim],
    links: &[RootLink],
    sets: &mut HopSets,
) -> Option<Found> {
    let origin = |claim: &Claim| area.graph.vertex(claim.node).map(|v| (Scope::Area(id), v.key()));
    let mut best: Option<(u32, SetId, &Claim)> = None;
    for claim in claims {
        let Some((cost, hops)) = way(area, net, claim, links, sets) else { continue };
        best = match best {
            Some((least, ..)) if cost > least => continue,
            Some((least, old, first)) if cost == least => {
                let first = if origin(claim) < origin(first) { claim } else { first };
                Some((cost, sets.union(old, hops), first))
            }
            _ => Some((cost, hops, claim)),
        };
    }
    let (cost, hops, first) = best?;
    Some(Found { kind: PathKind::Intra, area: id, cost, type2: 0, tag: 0, hops, origin: origin(first)? })
}

/// The way to a network through who announces it; `None`: it is not on the tree.
pub(super) fn way(
    area: &Area,
    net: Net,
    claim: &Claim,
    links: &[RootLink],
    sets: &mut HopSets,
) -> Option<(u32, SetId)> {
    let distance = area.tree.distance(claim.node)?;
    let hops = if area.tree.root() == Some(claim.node) {
        let stub =
            |l: &&RootLink| l.link.kind == LinkKind::Stub && Net::masked(l.link.id, l.link.data) == Some(net);
        sets.intern(links.iter().filter(stub).map(|l| Hop { port: l.port, gateway: None }).collect())
    } else {
        area.tree.hops(claim.node)
    };
    (hops != NOWHERE).then_some((distance.saturating_add(claim.metric.into()), hops))
}
