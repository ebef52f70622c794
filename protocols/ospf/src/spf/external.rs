//! Paths out of the AS: type 5 (RFC 2328 16.4) and type 7 LSAs (RFC 3101 2.5).

use super::hops::{HopSets, SetId};
use super::net::Net;
use super::table::{Found, Nets, Pass};
use super::why::Why;
use super::{PathKind, Spf, View};
use crate::AreaId;
use crate::config::LS_INFINITY;
use crate::lsdb::{Database, Scope};
use crate::wire::lsa::flags;
use crate::wire::{Body, External, Kind, Lsa, LsaKey, RouterId, options};
use core::cmp::Reverse;
use core::net::Ipv4Addr;
use fib::Instant;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};

/// A type 5 or 7 LSA.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// Of type 7: the NSSA.
    pub(super) area: Option<AreaId>,
    pub(super) id: Ipv4Addr,
    pub(super) router: RouterId,
    pub(super) external: External,
    /// Type 7: it may be translated.
    pub(super) propagate: bool,
}

impl Claim {
    pub(super) fn origin(&self) -> (Scope, LsaKey) {
        let (scope, kind) = match self.area {
            Some(area) => (Scope::Area(area), Kind::NssaExternal),
            None => (Scope::As, Kind::External),
        };
        (scope, LsaKey { kind, id: self.id, router: self.router })
    }

    pub(super) fn forward(&self) -> Option<Ipv4Addr> {
        Some(self.external.forward).filter(|f| !f.is_unspecified())
    }

    /// RFC 3101 2.5 (6)(e): of equal ones, who comes first.
    pub(super) fn rank(&self) -> (u8, Reverse<RouterId>, Ipv4Addr) {
        let class = match (self.area, self.propagate) {
            (Some(_), true) => 0,
            (None, _) => 1,
            (Some(_), false) => 2,
        };
        (class, Reverse(self.router), self.id)
    }
}

/// All of them, by network.
#[derive(Clone, Debug, Default)]
pub(super) struct Externals {
    pub(super) nets: BTreeMap<Net, SmallVec<[Claim; 1]>>,
    /// Which networks depend on a forwarding address, and how many LSAs of each.
    forwards: BTreeMap<(Ipv4Addr, Net), usize>,
}

impl Externals {
    /// Reads what a database holds of them.
    pub(super) fn read(&mut self, now: Instant, area: Option<AreaId>, db: &Database) {
        let kind = if area.is_some() { Kind::NssaExternal } else { Kind::External };
        for (_, entry) in db.of_kind(kind).filter(|(_, e)| !e.is_max_age(now)) {
            self.set(area, &entry.lsa, true);
        }
    }

    /// Adds an LSA in place of its earlier instance, or takes it away. Answers its network.
    pub(super) fn set(&mut self, area: Option<AreaId>, lsa: &Lsa, there: bool) -> Option<Net> {
        let (LsaKey { id, router, .. }, Body::External(external)) = (lsa.key(), lsa.body()) else {
            return None;
        };
        let net = Net::new(id, external.len);
        let propagate = lsa.header.options & options::NP != 0;
        let claim = Claim { area, id, router, external, propagate };
        self.remove(net, |c| (c.area, c.id, c.router) == (area, id, router));
        if there {
            self.nets.entry(net).or_default().push(claim);
            if let Some(forward) = claim.forward() {
                *self.forwards.entry((forward, net)).or_default() += 1;
            }
        }
        Some(net)
    }

    /// Forgets all of a database.
    pub(super) fn forget(&mut self, area: Option<AreaId>) {
        let nets: Vec<Net> = self.nets.keys().copied().collect();
        for net in nets {
            self.remove(net, |c| c.area == area);
        }
    }

    fn remove(&mut self, net: Net, which: impl Fn(&Claim) -> bool) {
        let Some(claims) = self.nets.get_mut(&net) else { return };
        for forward in claims.iter().filter(|c| which(c)).filter_map(Claim::forward) {
            if let Some(count) = self.forwards.get_mut(&(forward, net)) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.forwards.remove(&(forward, net));
                }
            }
        }
        claims.retain(|c| !which(c));
        if claims.is_empty() {
            self.nets.remove(&net);
        }
    }

    /// The networks with a forwarding address in `net`.
    pub(super) fn forwarded_into(&self, net: Net) -> impl Iterator<Item = Net> {
        let (low, high) = (
            (net.first(), Net::new(Ipv4Addr::UNSPECIFIED, 0)),
            (net.last(), Net::new(Ipv4Addr::BROADCAST, 32)),
        );
        self.forwards.range(low..=high).map(|((_, net), _)| *net)
    }

    /// The networks announced by one of these routers.
    pub(super) fn by(&self, routers: &BTreeSet<RouterId>) -> impl Iterator<Item = Net> {
        self.nets
            .iter()
            .filter(|(_, claims)| claims.iter().any(|c| routers.contains(&c.router)))
            .map(|(net, _)| *net)
    }
}

/// The way to a boundary router or forwarding address.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// 16.4.1: not within an area other than the backbone.
    pub(super) second_class: bool,
    pub(super) cost: u32,
    pub(super) area: AreaId,
    hops: SetId,
}

/// An external path, and all it is compared by (16.4 (6), RFC 3101 2.5 (6)).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) path: Found,
    pub(super) second_class: bool,
    pub(super) claim: Claim,
}

impl Candidate {
    /// Lower is better; equal ones are used together.
    pub(super) fn preference(&self, rfc1583_compatible: bool) -> (bool, u32, bool, u32) {
        let type2 = self.claim.external.type2;
        (type2, self.path.type2, self.second_class && !rfc1583_compatible, self.path.cost)
    }
}

/// Ways already looked up in this run.
#[derive(Default)]
pub(super) struct Known {
    asbrs: BTreeMap<(Option<AreaId>, RouterId), Option<Way>>,
    forwards: BTreeMap<(Option<AreaId>, Ipv4Addr), Option<Way>>,
}

impl Spf {
    /// External paths to these networks.
    pub(super) fn external(&mut self, view: &View<'_>, nets: Nets<'_>) {
        let mut known = Known::default();
        let mut found = Vec::new();
        let mut sets = core::mem::take(&mut self.sets);
        let mut add = |net: Net, claims: &[Claim]| {
            found
                .extend(self.best_external(view, net, claims, &mut known, &mut sets).map(|path| (net, path)));
        };
        match nets {
            Nets::All => self.externals.nets.iter().for_each(|(net, claims)| add(*net, claims)),
            Nets::These(nets) => {
                nets.iter().for_each(|net| add(*net, self.externals.nets.get(net).map_or(&[], |c| c)));
            }
        }
        self.sets = sets;
        self.table.settle(Pass::External, nets, &found, &self.sets);
    }

    fn best_external(
        &self,
        view: &View<'_>,
        net: Net,
        claims: &[Claim],
        known: &mut Known,
        sets: &mut HopSets,
    ) -> Option<Found> {
        let compatible = view.settings.rfc1583_compatible;
        let mut best: Option<Candidate> = None;
        for claim in claims {
            let Ok(new) = self.candidate(view, net, claim, known, sets) else { continue };
            let Some(old) = best else {
                best = Some(new);
                continue;
            };
            match new.preference(compatible).cmp(&old.preference(compatible)) {
                core::cmp::Ordering::Less => best = Some(new),
                core::cmp::Ordering::Greater => {}
                core::cmp::Ordering::Equal => {
                    let hops = sets.union(old.path.hops, new.path.hops);
                    let first = if new.claim.rank() < old.claim.rank() { new } else { old };
                    best = Some(Candidate { path: Found { hops, ..first.path }, ..first });
                }
            }
        }
        best.map(|best| best.path)
    }

    /// The path that an LSA makes, or why it makes none (16.4 (1) to (5), RFC 3101 2.5 (1) to (5)).
    pub(super) fn candidate(
        &self,
        view: &View<'_>,
        net: Net,
        claim: &Claim,
        known: &mut Known,
        sets: &mut HopSets,
    ) -> Result<Candidate, Why> {
        let External { type2, metric, tag, .. } = claim.external;
        if metric >= LS_INFINITY {
            return Err(Why::Infinite);
        }
        if claim.router == view.root.router {
            return Err(Why::Own);
        }
        if let Some(area) = claim.area {
            let area = view.root.areas.get(&area).filter(|a| a.nssa).ok_or(Why::NotInThisArea)?;
            if net.is_default() && view.abr && (!claim.propagate || area.no_summary) {
                return Err(Why::NssaDefault);
            }
        }
        let key = (claim.area, claim.router);
        let asbr = *known.asbrs.entry(key).or_insert_with(|| self.asbr(view, claim.area, claim.router));
        let asbr = asbr.ok_or(Why::NoAsbr(claim.router))?;
        let way = match claim.forward() {
            None => asbr,
            Some(forward) if view.addresses.contains(&forward) => return Err(Why::OwnForward),
            Some(forward) => {
                let key = (claim.area, forward);
                let way = known
                    .forwards
                    .entry(key)
                    .or_insert_with(|| self.forward(view, claim.area, forward, sets));
                way.ok_or(Why::NoForward(forward))?
            }
        };
        let nssa = claim.area.is_some();
        let (kind, cost, type2) = match type2 {
            true => (PathKind::External2 { nssa }, way.cost, metric),
            false => (PathKind::External1 { nssa }, way.cost.saturating_add(metric), 0),
        };
        let path = Found { kind, area: way.area, cost, type2, tag, hops: way.hops, origin: claim.origin() };
        Ok(Candidate { path, second_class: way.second_class, claim: *claim })
    }

    /// The way to a boundary router, of several areas as 16.4.1 chooses; of a type 7 LSA in its area only.
    fn asbr(&self, view: &View<'_>, nssa: Option<AreaId>, router: RouterId) -> Option<Way> {
        let areas = view.root.areas.iter().filter(|(id, area)| match nssa {
            Some(nssa) => **id == nssa,
            None => area.takes_externals(),
        });
        let way = |id: AreaId| {
            let border = self.borders.get(&(id, router)).filter(|b| b.flags & flags::E != 0)?;
            let second_class = border.kind != PathKind::Intra || id.is_backbone();
            Some(Way { second_class, cost: border.cost, area: id, hops: border.hops })
        };
        let compatible = view.settings.rfc1583_compatible;
        let order = |w: &Way| (w.second_class && !compatible, w.cost, Reverse(w.area));
        areas.filter_map(|(id, _)| way(*id)).min_by_key(order)
    }

    /// The way to a forwarding address: type 5: inside the AS, through an area that takes type 5; type 7: within its
    /// area. On a network of our own, it is the gateway itself.
    fn forward(
        &self,
        view: &View<'_>,
        nssa: Option<AreaId>,
        address: Ipv4Addr,
        sets: &mut HopSets,
    ) -> Option<Way> {
        let (_, route) = self.table.lookup(address)?;
        let fits = match nssa {
            Some(area) => route.kind == PathKind::Intra && route.area == area,
            None => view.root.areas.get(&route.area).is_some_and(super::AreaView::takes_externals),
        };
        if !fits {
            return None;
        }
        let second_class = route.kind != PathKind::Intra || route.area.is_backbone();
        let own = sets.intern(route.hops.clone());
        let hops = sets.through(own, address);
        Some(Way { second_class, cost: route.cost, area: route.area, hops })
    }
}
