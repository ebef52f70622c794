//! Summary-LSAs (RFC 2328 12.4.3): what an area border router tells an area about the others.
//!
//! Intra-area routes of every area go into every other; inter-area routes, which are the backbone's word, only away
//! from the backbone. Nothing goes back into the area packets would be sent through. Only what changed is looked at.

use super::External;
use super::ranges::{covering, inside};
use crate::config::{AreaConfig, AreaKind, LS_INFINITY, Range};
use crate::interface::Interface;
use crate::lsdb::Scope;
use crate::process::{Dirty, Ospf};
use crate::settings::area_kind;
use crate::spf::{Hops, PathKind, Route};
use crate::wire::lsa::{flags, summary_body};
use crate::wire::{Kind, RouterId};
use crate::{AreaId, IfId};
use fib::{Instant, Prefix, Source};
use proto::Event;
use std::collections::{BTreeMap, BTreeSet};

/// Ranges with a network inside that are told, by area and range.
#[derive(Clone, Debug, Default)]
pub(super) struct ActiveRanges {
    active: BTreeMap<(AreaId, Prefix), Told>,
    /// The same by what is told in their place.
    by_told: BTreeMap<Prefix, BTreeSet<(AreaId, Prefix)>>,
}

/// What is told of a range.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Told {
    /// The range, or its substitute.
    prefix: Prefix,
    cost: u32,
}

impl ActiveRanges {
    fn set(&mut self, key: (AreaId, Prefix), told: Option<Told>) -> Option<Told> {
        let before = match told {
            Some(told) => self.active.insert(key, told),
            None => self.active.remove(&key),
        };
        if let Some(before) = before
            && let Some(ranges) = self.by_told.get_mut(&before.prefix)
        {
            ranges.remove(&key);
            if ranges.is_empty() {
                self.by_told.remove(&before.prefix);
            }
        }
        if let Some(told) = told {
            self.by_told.entry(told.prefix).or_default().insert(key);
        }
        before
    }

    /// Whether a range of some area is active.
    fn is_active(&self, prefix: &Prefix) -> bool {
        self.active.keys().any(|(_, p)| p == prefix)
    }
}

impl Ospf {
    /// Summaries of these destinations, or of all; those of AS boundary routers if they are dirty.
    pub(super) fn originate_summaries(
        &mut self,
        now: Instant,
        dirty: &Dirty,
        mut destinations: BTreeSet<Prefix>,
        all: bool,
    ) {
        if !all && !self.external.view.abr {
            return;
        }
        if all {
            destinations.extend(self.spf.routes().keys());
            destinations.insert(Prefix::DEFAULT_V4);
        }
        for area in self.known_areas(Kind::Summary) {
            let scope = Scope::Area(area);
            let old = if all { self.told_prefixes(scope, Kind::Summary) } else { Vec::new() };
            for prefix in
                destinations.iter().copied().chain(old.into_iter().filter(|p| !destinations.contains(p)))
            {
                let metric = self.summary_metric(area, &prefix);
                let content = metric.map(|m| (self.area_options(area), summary_body(prefix.len(), m)));
                self.tell(now, scope, Kind::Summary, prefix, content);
            }
        }
        if all || dirty.routers {
            for area in self.known_areas(Kind::Summary) {
                self.originate_asbr_summaries(now, area);
            }
        }
    }

    /// The metric of the summary of `prefix` in an area; `None`: none is told there.
    fn summary_metric(&self, area: AreaId, prefix: &Prefix) -> Option<u32> {
        let view = self.external.view.areas.get(&area)?;
        if !self.external.view.abr || !view.active {
            return None;
        }
        let nothing = AreaConfig::default();
        let config = self.config.areas.get(&area).unwrap_or(&nothing);
        if view.stub && prefix.is_default() {
            return default_metric(config, area);
        }
        if view.stub && config.no_summary {
            return None;
        }
        let route = self.spf.routes().get(prefix).and_then(|r| self.route_metric(area, prefix, r));
        let metric = route.into_iter().chain(self.range_metrics(area, prefix)).min()?;
        (metric < LS_INFINITY && self.may_enter(config, prefix)).then_some(metric)
    }

    /// What a single route says: nothing where a range speaks for it.
    fn route_metric(&self, area: AreaId, prefix: &Prefix, route: &Route) -> Option<u32> {
        let goes_there = match route.kind {
            PathKind::Intra => true,
            PathKind::Inter => route.area.is_backbone() && !area.is_backbone(),
            PathKind::External1 { .. } | PathKind::External2 { .. } => false,
        };
        if !goes_there || route.area == area || self.leaves_through(&route.hops, area) {
            return None;
        }
        let in_range = route.kind == PathKind::Intra
            && self.ranges_count(route.area, area)
            && covering(self.ranges(route.area), prefix).is_some();
        (!in_range && self.may_leave(route.area, prefix)).then_some(route.cost)
    }

    /// What the active ranges that are told as `prefix` say.
    fn range_metrics<'a>(&'a self, area: AreaId, prefix: &'a Prefix) -> impl Iterator<Item = u32> + 'a {
        let ranges = &self.external.ranges;
        let here = ranges.by_told.get(prefix).into_iter().flatten();
        here.filter(move |(of, _)| *of != area && self.ranges_count(*of, area) && self.may_leave(*of, prefix))
            .filter_map(|key| ranges.active.get(key).map(|told| told.cost))
    }

    /// Whether ranges of `from` are heeded when `to` is told. RFC 2328 12.4.3: those of the backbone are not in transit
    /// areas, whose routers need the backbone's networks one by one.
    fn ranges_count(&self, from: AreaId, to: AreaId) -> bool {
        !(from.is_backbone() && self.external.view.transit.contains(&to))
    }

    /// Split horizon: whether packets to there leave through the area itself.
    fn leaves_through(&self, hops: &Hops, area: AreaId) -> bool {
        let of = |port| self.interfaces.get(&IfId::Port(port)).map(Interface::area);
        hops.iter().any(|hop| of(hop.port) == Some(area))
    }

    fn ranges(&self, area: AreaId) -> &BTreeMap<Prefix, Range> {
        static NONE: BTreeMap<Prefix, Range> = BTreeMap::new();
        self.config.areas.get(&area).map_or(&NONE, |a| &a.ranges)
    }

    /// `filter-list ... out` and `export-list` of the area a network is in. A list that does not exist filters nothing.
    fn may_leave(&self, area: AreaId, prefix: &Prefix) -> bool {
        let Some(config) = self.config.areas.get(&area) else { return true };
        passes(self, config.filter_list_out.as_deref(), config.export_list.as_deref(), prefix)
    }

    /// `filter-list ... in` and `import-list` of the area that is told.
    fn may_enter(&self, config: &AreaConfig, prefix: &Prefix) -> bool {
        passes(self, config.filter_list_in.as_deref(), config.import_list.as_deref(), prefix)
    }

    /// Finds out which ranges are active, and answers what is told of those that changed.
    pub(super) fn refresh_ranges(&mut self, dirty: &Dirty, all: bool) -> BTreeSet<Prefix> {
        let configured = || self.config.areas.iter().filter(|(_, c)| !c.ranges.is_empty());
        let mut keys: BTreeSet<(AreaId, Prefix)> = BTreeSet::new();
        if all {
            keys.extend(self.external.ranges.active.keys());
            keys.extend(configured().flat_map(|(area, c)| c.ranges.keys().map(|p| (*area, *p))));
        }
        for (area, config) in configured().filter(|_| !all) {
            let hit = dirty.routes.iter().filter_map(|p| covering(&config.ranges, p));
            keys.extend(hit.map(|(range, _)| (*area, range)));
        }
        let mut changed = BTreeSet::new();
        for key in keys {
            let told = self.told_of_range(key.0, &key.1);
            let before = self.external.ranges.set(key, told);
            if before != told {
                changed.extend(before.into_iter().chain(told).map(|t| t.prefix));
                changed.insert(key.1);
            }
        }
        changed
    }

    /// What is told of a range: the largest cost inside, or the configured one. `None`: it is empty or not advertised.
    fn told_of_range(&self, area: AreaId, prefix: &Prefix) -> Option<Told> {
        let ranges = self.ranges(area);
        let range = ranges.get(prefix).filter(|r| self.external.view.abr && !r.not_advertise)?;
        let within = self.spf.routes().range(inside(prefix));
        let here = within
            .filter(|(_, r)| r.kind == PathKind::Intra && r.area == area)
            .filter(|(p, _)| covering(ranges, p).is_some_and(|(nearest, _)| nearest == *prefix));
        let largest = here.map(|(_, r)| r.cost).max()?;
        Some(Told { prefix: range.substitute.unwrap_or(*prefix), cost: range.cost.unwrap_or(largest) })
    }

    /// Takes every discard route out of the RIB, before the process ends or starts anew.
    pub(crate) fn withdraw_discards(&mut self, source: Source) {
        for prefix in core::mem::take(&mut self.external.discards) {
            self.events.push_back(Event::Withdraw { source, prefix });
        }
    }

    /// Every discard route again, with a distance that has changed.
    pub(crate) fn announce_discards(&mut self) {
        for prefix in self.external.discards.clone() {
            self.announce_discard(prefix);
        }
    }

    /// Announces and withdraws discard routes: a network that is told as one, but of which parts may be missing, goes
    /// nowhere itself, lest packets to those parts loop (RFC 2328 does not ask for it; FRR and IOS do it). Looked at
    /// are networks whose ranges or routes have changed.
    pub(super) fn refresh_discards(&mut self, mut prefixes: BTreeSet<Prefix>, all: bool) {
        let External { ranges, nssa_ranges, discards, .. } = &self.external;
        if discards.is_empty() && ranges.active.is_empty() && nssa_ranges.is_empty() {
            return;
        }
        if all {
            prefixes.extend(discards.iter().copied().chain(ranges.active.keys().map(|(_, p)| *p)));
            prefixes.extend(nssa_ranges.prefixes());
        }
        for prefix in &prefixes {
            let routed = self.spf.routes().contains_key(prefix);
            let active =
                self.external.ranges.is_active(prefix) || self.external.nssa_ranges.is_active(prefix);
            let wanted = !routed && active;
            if wanted && self.external.discards.insert(*prefix) {
                self.announce_discard(*prefix);
            } else if !wanted && self.external.discards.remove(prefix) && !routed {
                // A route to the very network has already taken its place.
                self.events.push_back(Event::Withdraw { source: self.source(), prefix: *prefix });
            }
        }
    }

    fn announce_discard(&mut self, prefix: Prefix) {
        let distance = self.config.distance;
        let distance = distance.inter_area.or(distance.all).unwrap_or(fib::Protocol::Ospf.distance());
        let kind = fib::Kind::InterArea;
        let route =
            fib::Route { distance, kind, ..fib::Route::new(fib::Protocol::Ospf, fib::Target::Blackhole) };
        self.events.push_back(Event::Announce { source: self.source(), prefix, route });
    }

    /// Type 4: the AS boundary routers of other areas, for areas that take external routes.
    fn originate_asbr_summaries(&mut self, now: Instant, area: AreaId) {
        let scope = Scope::Area(area);
        let wanted = self.asbr_metrics(area);
        for id in self.own_ids(scope, Kind::AsbrSummary) {
            if !wanted.contains_key(&id) {
                self.unwant(now, scope, self.own_key(Kind::AsbrSummary, id));
            }
        }
        for (router, metric) in wanted {
            let key = self.own_key(Kind::AsbrSummary, router);
            self.want(now, scope, key, self.area_options(area), summary_body(0, metric));
        }
    }

    fn asbr_metrics(&self, area: AreaId) -> BTreeMap<RouterId, u32> {
        let view = self.external.view.areas.get(&area);
        if !self.external.view.abr || !view.is_some_and(|v| v.active && !v.stub) {
            return BTreeMap::new();
        }
        // The best way to each: within an area before through the backbone, then the shorter.
        let mut best: BTreeMap<RouterId, (PathKind, u32, AreaId)> = BTreeMap::new();
        for ((of, router), entry) in self.spf.routers() {
            // What routers of an NSSA bring in leaves it translated, under the translator's name.
            if entry.flags & flags::E == 0 || area_kind(&self.config, *of) != AreaKind::Normal {
                continue;
            }
            let this = (entry.kind, entry.cost, *of);
            best.entry(*router).and_modify(|b| *b = (*b).min(this)).or_insert(this);
        }
        let told = |(router, (kind, cost, of)): (RouterId, (PathKind, u32, AreaId))| {
            let goes_there = kind == PathKind::Intra || (of.is_backbone() && !area.is_backbone());
            let entry = self.spf.routers().get(&(of, router))?;
            let ok =
                goes_there && of != area && cost < LS_INFINITY && !self.leaves_through(&entry.hops, area);
            ok.then_some((router, cost))
        };
        best.into_iter().filter_map(told).collect()
    }
}

/// The default route into a stub area or NSSA. An NSSA whose border routers are told to bring it as type 7 gets it so,
/// except where it is all there is (RFC 3101 2.7). FRR's default cost is 1.
fn default_metric(config: &AreaConfig, area: AreaId) -> Option<u32> {
    let as_type_7 = config.kind == AreaKind::Nssa && config.nssa_default.is_some() && !config.no_summary;
    (!as_type_7 && !area.is_backbone()).then_some(config.default_cost.unwrap_or(1))
}

fn passes(ospf: &Ospf, prefix_list: Option<&str>, access_list: Option<&str>, prefix: &Prefix) -> bool {
    prefix_list.is_none_or(|name| ospf.policy.prefix_list(name, prefix).passes())
        && access_list.is_none_or(|name| ospf.policy.access(name, prefix).passes())
}
