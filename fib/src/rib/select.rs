//! Which candidate of a prefix is best, and why the others are not.

use super::entry::{Candidate, Entry, NONE};
use super::resolve::{HopState, Reason, Unresolved, track_key, via};
use super::{Change, Rib};
use crate::{Prefix, Route, Source, TableId};
use core::fmt;
use std::sync::Arc;

/// The standing of a candidate.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// It is the best.
    Selected,
    /// The best one has this lower distance.
    Distance(u8),
    /// Equal distance; the best one has this lower metric.
    Metric(u32),
    /// Equal distance and metric; the best one's source comes first.
    Source(Source),
    /// Distance 255 is never used.
    Never,
    /// No next hop is usable.
    Unresolved(Unresolved),
    /// It will win at the next [`Rib::settle`].
    Pending,
}

/// In words, as `show ip route PREFIX` prints it.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Selected => f.write_str("best"),
            Why::Distance(d) => write!(f, "the best route has distance {d}"),
            Why::Metric(m) => write!(f, "the best route has metric {m}"),
            Why::Source(s) => write!(f, "equal to the best route, which is {} {}", s.protocol, s.instance),
            Why::Never => f.write_str("distance 255 is never used"),
            Why::Unresolved(Unresolved { gateway: Some(g), reason }) => write!(f, "next hop {g}: {reason}"),
            Why::Unresolved(Unresolved { gateway: None, reason }) => write!(f, "{reason}"),
            Why::Pending => f.write_str("not settled yet"),
        }
    }
}

impl Rib {
    /// Chooses again for one prefix and tells if it came out differently.
    pub(super) fn select(&mut self, table: TableId, prefix: Prefix) {
        let Some(entry) = self.tables.get(&table).and_then(|t| t.get(prefix)) else { return };
        let old = entry.best;
        let new = self.best_of(table, prefix, entry).map_or(NONE, |c| self.acquire_best(c));
        if let Some(entry) = self.tables.get_mut(&table).and_then(|t| t.get_mut(prefix)) {
            entry.queued = false;
            entry.best = new;
            if entry.is_idle()
                && let Some(t) = self.tables.get_mut(&table)
            {
                t.remove(prefix);
                if t.len() == 0 {
                    self.tables.remove(&table);
                }
            }
        }
        if old != new {
            let told = |id| self.bests.get(id).cloned();
            self.changes.push_back(Change::Best { table, prefix, old: told(old), new: told(new) });
            if table == TableId::MAIN {
                self.touch_tracked(prefix);
            }
        }
        // The hold of the old best goes; if the best is the same, the one just taken does.
        self.release_best(old);
    }

    fn best_of(&self, table: TableId, prefix: Prefix, entry: &Entry) -> Option<Candidate> {
        entry
            .candidates()
            .iter()
            .filter(|c| self.usable(table, prefix, c).is_ok())
            .min_by_key(|c| self.rank(c))
            .copied()
    }

    /// Lower is better.
    pub(super) fn rank(&self, candidate: &Candidate) -> Option<(u8, u32, Source)> {
        let route = self.route(candidate.route)?;
        Some((route.distance, route.metric, *self.sources.key(candidate.source)?))
    }

    /// Whether a candidate may be used, else why not.
    pub(super) fn usable(&self, table: TableId, prefix: Prefix, candidate: &Candidate) -> Result<(), Why> {
        let unknown = Why::Unresolved(Unresolved { gateway: None, reason: Reason::NoNextHop });
        let Some(key) = self.routes.key(candidate.route) else { return Err(unknown) };
        if key.distance == u8::MAX {
            return Err(Why::Never);
        }
        if let Err(unresolved) = &self.groups.get(key.group).ok_or(unknown)?.state {
            return Err(Why::Unresolved(*unresolved));
        }
        match self.route(candidate.route) {
            Some(route) if table == TableId::MAIN => self.not_through_itself(prefix, route),
            _ => Ok(()),
        }
    }

    /// A gateway inside the route's own prefix has to be found through something longer: through this prefix it
    /// would be found through itself. A host route may lead to its own address through something shorter.
    fn not_through_itself(&self, prefix: Prefix, route: &Arc<Route>) -> Result<(), Why> {
        let mut failure = None;
        for hop in via(&route.target) {
            let inside = hop.gateway.filter(|g| prefix.contains(*g) && !prefix.is_host());
            let (Some(gateway), Some((_, None))) = (inside, track_key(hop)) else { return Ok(()) };
            match self.hop_state(hop) {
                HopState::Through(Ok(reach)) if reach.prefix.len() <= prefix.len() => {
                    failure = Some(Unresolved { gateway: Some(gateway), reason: Reason::Loop });
                }
                HopState::Through(Err(_)) => {}
                _ => return Ok(()),
            }
        }
        failure.map_or(Ok(()), |u| Err(Why::Unresolved(u)))
    }
}
