//! Which candidate of a prefix is best, and why the others are not.

use super::entry::{Candidate, View};
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
        let Some(entries) = self.tables.get(&table) else { return };
        let Some((place, view)) = entries.find(prefix).and_then(|p| Some((p, entries.at(p)?))) else {
            return;
        };
        let (old, new) = (view.told(), self.best_of(table, prefix, view).map(|c| c.path));
        if let Some(new) = new.filter(|new| old != Some(*new)) {
            self.paths.hold(new);
        }
        if let Some(entries) = self.tables.get_mut(&table)
            && let Some(mut entry) = entries.at_mut(place)
        {
            entry.unqueue();
            entry.tell(new);
            if entry.is_idle() {
                entries.remove(prefix);
                if entries.len() == 0 {
                    self.tables.remove(&table);
                }
            }
        }
        if old == new {
            return;
        }
        let told = |id: Option<u32>| self.paths.get(id?).cloned();
        self.changes.push_back(Change::Best { table, prefix, old: told(old), new: told(new) });
        if table == TableId::MAIN {
            self.touch_tracked(prefix);
        }
        if let Some(old) = old {
            self.release_path(old);
        }
    }

    fn best_of(&self, table: TableId, prefix: Prefix, entry: View<'_>) -> Option<Candidate> {
        let usable = |c: &Candidate| self.usable(table, prefix, c).is_ok();
        entry.candidates().filter(usable).min_by_key(|c| self.rank(c))
    }

    /// Lower is better.
    pub(super) fn rank(&self, candidate: &Candidate) -> Option<(u8, u32, Source)> {
        let path = self.paths.get(candidate.path)?;
        Some((path.route.distance, path.route.metric, path.source))
    }

    /// Whether a candidate may be used, else why not.
    pub(super) fn usable(&self, table: TableId, prefix: Prefix, candidate: &Candidate) -> Result<(), Why> {
        let unknown = Why::Unresolved(Unresolved { gateway: None, reason: Reason::NoNextHop });
        let path = self.paths.get(candidate.path).ok_or(unknown)?;
        if path.route.distance == u8::MAX {
            return Err(Why::Never);
        }
        if let Err(unresolved) = &self.groups.get(path.group.0).ok_or(unknown)?.state {
            return Err(Why::Unresolved(*unresolved));
        }
        if table == TableId::MAIN { self.not_through_itself(prefix, &path.route) } else { Ok(()) }
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
