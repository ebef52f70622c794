//! Looking at the RIB: everything it holds, in order and resumable, with the reasons.

use super::entry::{Candidate, View};
use super::resolve::{HopState, Reason, via};
use super::{Best, Rib, Why};
use crate::tables::{GroupId, Resolved, ResolvedHop};
use crate::{Instant, NextHop, Prefix, Route, Source, TableId};
use core::net::IpAddr;
use std::sync::Arc;

/// A prefix with all its candidates, the selected one first, then by rank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// The prefix.
    pub prefix: Prefix,
    /// Never empty.
    pub candidates: Vec<CandidateView>,
}

/// One candidate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CandidateView {
    /// Whose it is.
    pub source: Source,
    /// What it says.
    pub route: Arc<Route>,
    /// When it came, to a tenth of a second.
    pub since: Instant,
    /// Why it is selected or not.
    pub why: Why,
    /// Where it leads.
    pub group: GroupId,
    /// Where that leads in the end, if anywhere.
    pub resolved: Option<Arc<Resolved>>,
}

impl CandidateView {
    /// It is the best (`>`), and thus in the FIB (`*`).
    pub fn is_selected(&self) -> bool {
        self.why == Why::Selected
    }
}

/// One next hop of a route, followed to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HopView {
    /// As announced.
    pub hop: NextHop,
    /// It leads to another gateway than its own.
    pub recursive: bool,
    /// The prefix it resolves through; `None` when it names its port, or fails.
    pub through: Option<Prefix>,
    /// Where it ends, or why it does not.
    pub resolved: Result<Resolved, Reason>,
}

/// How much the RIB holds.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Prefixes in all tables.
    pub prefixes: usize,
    /// Distinct routes that they share.
    pub routes: usize,
    /// Distinct sets of next hops.
    pub groups: usize,
    /// Bytes of the tables, without what is shared.
    pub bytes: usize,
}

impl Rib {
    /// The prefixes of a table in order, from the start or from after one (which need not exist any more).
    pub fn range(&self, table: TableId, after: Option<Prefix>) -> impl Iterator<Item = Listing> + '_ {
        self.tables
            .get(&table)
            .into_iter()
            .flat_map(move |t| t.range(after))
            .filter(|(_, entry)| !entry.is_empty())
            .map(move |(prefix, entry)| self.listing(table, prefix, entry))
    }

    /// The candidates of exactly this prefix.
    pub fn get(&self, table: TableId, prefix: Prefix) -> Option<Listing> {
        let entry = self.tables.get(&table)?.get(prefix).filter(|e| !e.is_empty())?;
        Some(self.listing(table, prefix, entry))
    }

    /// The longest prefix that contains `addr` and has a best route.
    pub fn lookup(&self, table: TableId, addr: IpAddr) -> Option<Listing> {
        let all = self.tables.get(&table)?.covering(addr);
        let (len, entry) = all.into_iter().rev().find(|(_, e)| self.told(*e).is_some())?;
        Some(self.listing(table, Prefix::new(addr, len), entry))
    }

    /// The best route of exactly this prefix.
    pub fn best(&self, table: TableId, prefix: Prefix) -> Option<&Arc<Best>> {
        self.told(self.tables.get(&table)?.get(prefix)?)
    }

    /// Every best route of a table, in prefix order: what a protocol needs that starts to redistribute.
    pub fn best_routes(&self, table: TableId) -> impl Iterator<Item = (Prefix, Source, Route)> + '_ {
        self.tables
            .get(&table)
            .into_iter()
            .flat_map(|t| t.range(None))
            .filter_map(|(prefix, entry)| Some((prefix, self.told(entry)?)))
            .map(|(prefix, best)| (prefix, best.source, (*best.route).clone()))
    }

    /// The tables that hold anything.
    pub fn tables(&self) -> impl Iterator<Item = TableId> + '_ {
        self.tables.keys().copied()
    }

    /// The next hops of a route, each followed to its end.
    pub fn next_hops(&self, route: &Route) -> Vec<HopView> {
        via(&route.target).iter().map(|hop| self.hop_view(hop)).collect()
    }

    /// The prefixes in all tables, those included that are about to go.
    pub fn len(&self) -> usize {
        self.tables.values().map(|t| t.len()).sum()
    }

    /// Whether there is no prefix in any table.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much is held.
    pub fn totals(&self) -> Totals {
        Totals {
            prefixes: self.len(),
            routes: self.routes.len(),
            groups: self.groups.len(),
            bytes: self.tables.values().map(|t| t.memory()).sum(),
        }
    }

    /// What everybody was told is best.
    pub(super) fn told(&self, entry: View<'_>) -> Option<&Arc<Best>> {
        self.paths.get(entry.told()?)
    }

    fn listing(&self, table: TableId, prefix: Prefix, entry: View<'_>) -> Listing {
        let best = entry.told();
        let mut all: Vec<_> = entry.candidates().collect();
        all.sort_by_key(|c| (best != Some(c.path), self.rank(c)));
        let best_rank = all.first().filter(|c| best == Some(c.path)).and_then(|c| self.rank(c));
        let view = |c: Candidate| {
            let Best { source, ref route, group } = **self.paths.get(c.path)?;
            let why = match (self.usable(table, prefix, &c), best_rank) {
                _ if best == Some(c.path) => Why::Selected,
                (Err(why), _) => why,
                (Ok(()), None) => Why::Pending,
                (Ok(()), Some((distance, ..))) if distance < route.distance => Why::Distance(distance),
                (Ok(()), Some((distance, metric, _)))
                    if (distance, metric) < (route.distance, route.metric) =>
                {
                    Why::Metric(metric)
                }
                (Ok(()), Some(rank)) if rank < (route.distance, route.metric, source) => Why::Source(rank.2),
                (Ok(()), Some(_)) => Why::Pending,
            };
            let resolved = self.resolved(group).cloned();
            Some(CandidateView { source, route: Arc::clone(route), since: c.since(), why, group, resolved })
        };
        Listing { prefix, candidates: all.into_iter().filter_map(view).collect() }
    }

    fn hop_view(&self, hop: &NextHop) -> HopView {
        let (through, resolved) = match self.hop_state(hop) {
            HopState::Direct(Ok(end)) => (None, Ok(Resolved::Via(vec![end]))),
            HopState::Direct(Err(reason)) => (None, Err(reason)),
            HopState::Through(Ok(reach)) => (Some(reach.prefix), Ok((*reach.resolved).clone())),
            HopState::Through(Err(reason)) => (None, Err(*reason)),
        };
        let elsewhere = |end: &ResolvedHop| end.adjacency.gateway != hop.gateway;
        let recursive =
            resolved.as_ref().is_ok_and(|r| r.hops().is_empty() || r.hops().iter().any(elsewhere));
        HopView { hop: *hop, recursive: recursive && hop.port.is_none(), through, resolved }
    }
}
