//! The routing information base: every source's candidates for every prefix, the best of them, and where its next
//! hops finally lead.
//!
//! Sources announce and withdraw; nothing happens until [`Rib::settle`], which looks again at what was touched, a bounded
//! piece at a time, and queues [`Change`]s: groups and best routes for the FIB and redistribution, reachability for
//! the protocols that track addresses. It forwards nothing, and knows no interface beyond "this port is up".
//!
//! A candidate is usable when its distance is below 255 and at least one next hop resolves; among the usable the lowest
//! (distance, metric, source) wins. So a floating static takes over when the better route's port goes down, though
//! nobody withdrew it.
//!
//! Reading list: `select` chooses, `resolve` follows next hops, `show` lists and explains, `entry` and `table` store,
//! `intern` shares.

mod entry;
mod intern;
mod resolve;
mod select;
mod show;
mod table;
#[cfg(test)]
mod tests;

pub use resolve::{MAX_DEPTH, Reason, Unresolved};
pub use select::Why;
pub use show::{CandidateView, HopView, Listing, Totals};

use crate::lpm::trie::LANES;
use crate::tables::{GroupId, Resolved};
use crate::{Instant, Kind, PortId, Prefix, Protocol, Route, Source, TableId, Target};
use core::net::IpAddr;
use entry::Candidate;
use intern::Interner;
use resolve::{Group, TrackKey, Tracked};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use table::Table;

/// The route that won for a prefix. Prefixes with the same source and route share one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Best {
    /// Whose it is.
    pub source: Source,
    /// What it says.
    pub route: Arc<Route>,
    /// Where it leads: see [`Change::Group`] and [`Rib::resolved`].
    pub group: GroupId,
}

/// How a tracked address is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reach {
    /// The longest usable prefix that contains it.
    pub prefix: Prefix,
    /// Whose route that is.
    pub protocol: Protocol,
    /// That route's distance.
    pub distance: u8,
    /// That route's metric (the IGP metric of a BGP next hop).
    pub metric: u32,
    /// Where it finally leads.
    pub resolved: Arc<Resolved>,
}

/// News from [`Rib::poll_change`], in an order that a FIB can apply as it comes: a group is defined before a best route uses
/// it, and forgotten after the last one stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A group leads elsewhere; `None`: nowhere (any more). All prefixes that use it move with it.
    Group {
        /// Which.
        id: GroupId,
        /// Where to.
        resolved: Option<Arc<Resolved>>,
    },
    /// The best route of a prefix changed: another source's, or the same source's with other attributes.
    Best {
        /// The table.
        table: TableId,
        /// The prefix.
        prefix: Prefix,
        /// What was told last.
        old: Option<Arc<Best>>,
        /// What holds now.
        new: Option<Arc<Best>>,
    },
    /// A tracked address became reachable (`Some`), unreachable (`None`), or is reached in another way.
    Reach {
        /// Which.
        addr: IpAddr,
        /// How.
        via: Option<Reach>,
    },
}

/// Prefixes looked at between two looks at what next hops depend on.
const CHUNK: usize = 1024;

/// All tables, with what is known of ports and own addresses. See the module's text.
#[derive(Debug, Default)]
pub struct Rib {
    tables: BTreeMap<TableId, Table>,
    routes: Interner<RouteKey, Arc<Route>>,
    /// Sources with their routes. Each candidate holds one, and each prefix the one it was told is best.
    paths: Interner<(Source, u32), Arc<Best>>,
    /// The path announced last: the next one is often the same again.
    recent: u32,
    groups: Interner<Target, Group>,
    tracked: Interner<TrackKey, Tracked>,
    port_groups: BTreeMap<PortId, BTreeSet<u32>>,
    /// The ports that are up.
    ports: BTreeSet<PortId>,
    /// This router's own addresses.
    locals: BTreeSet<IpAddr>,
    resolve_via_default: bool,

    queue: VecDeque<(TableId, Prefix)>,
    dirty_tracked: BTreeSet<u32>,
    dirty_groups: BTreeSet<u32>,
    /// Groups below which a path moved, even if they lead to the same adjacencies as before.
    moved_paths: BTreeSet<u32>,
    /// Groups with many users that became usable or unusable: the tables are to be searched for them.
    rescan: BTreeSet<u32>,
    scan: Option<Scan>,
    changes: VecDeque<Change>,
    /// Counts changes from outside.
    epoch: u64,
}

/// Equal routes are equal in this; the group stands for the target.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct RouteKey {
    distance: u8,
    metric: u32,
    tag: u32,
    kind: Kind,
    group: u32,
}

/// A walk over all tables in search of the users of some groups.
#[derive(Debug)]
struct Scan {
    groups: BTreeSet<u32>,
    at: Option<(TableId, Option<Prefix>)>,
}

impl Rib {
    /// Empty: no table, no port up.
    pub fn new() -> Rib {
        Rib::default()
    }

    /// Sets the route of `source` for `prefix`, in place of an earlier one. The same again is a no-op and keeps its age.
    /// Next hops are sorted and their duplicates dropped.
    pub fn announce(&mut self, now: Instant, table: TableId, source: Source, prefix: Prefix, route: Route) {
        let path = self.acquire_path(source, route);
        let paths = &self.paths;
        let of_source = |id| paths.get(id).is_some_and(|p: &Arc<Best>| p.source == source);
        let mut entry = self.tables.entry(table).or_default().entry(prefix);
        if entry.find(of_source).is_some_and(|c| c.path == path) {
            self.release_path(path);
            return;
        }
        let old = entry.put(Candidate::new(path, now), of_source);
        if entry.queue() {
            self.queue.push_back((table, prefix));
        }
        if let Some(group) = self.paths.get(path).map(|p| p.group.0) {
            self.add_user(group, table, prefix);
        }
        self.candidate_gone(table, prefix, old);
        self.touched(table, prefix, source);
    }

    /// Reads what is needed to announce or withdraw these prefixes, the first few at least, for all of them at once: a
    /// table of Internet size does not fit the processor's caches. Changes nothing; who is about to say much may call it
    /// before.
    pub fn warm(&self, table: TableId, prefixes: impl Iterator<Item = Prefix>) {
        if let Some(table) = self.tables.get(&table) {
            table.warm(prefixes);
        }
    }

    /// Removes the route of `source` for `prefix`, if there is one.
    pub fn withdraw(&mut self, table: TableId, source: Source, prefix: Prefix) {
        let paths = &self.paths;
        let of_source = |id| paths.get(id).is_some_and(|p: &Arc<Best>| p.source == source);
        let Some(mut entry) = self.tables.get_mut(&table).and_then(|t| t.get_mut(prefix)) else { return };
        let Some(old) = entry.remove(of_source) else { return };
        if entry.queue() {
            self.queue.push_back((table, prefix));
        }
        self.candidate_gone(table, prefix, Some(old));
        self.touched(table, prefix, source);
    }

    /// Removes every route of `source`, in all tables.
    pub fn withdraw_all(&mut self, source: Source) {
        let of_source = |c: Candidate| self.paths.get(c.path).is_some_and(|p| p.source == source);
        let mut all = Vec::new();
        for (table, entries) in &self.tables {
            let found = entries.range(None).filter(|(_, e)| e.candidates().any(of_source));
            all.extend(found.map(|(prefix, _)| (*table, prefix)));
        }
        for (table, prefix) in all {
            self.withdraw(table, source, prefix);
        }
    }

    /// Reports how `addr` is reached, now and whenever it changes, as [`Change::Reach`]. Counted: each needs its
    /// [`Rib::untrack`].
    pub fn track(&mut self, addr: IpAddr) {
        self.epoch = self.epoch.wrapping_add(1);
        self.watch(addr);
    }

    /// Takes one [`Rib::track`] back.
    pub fn untrack(&mut self, addr: IpAddr) {
        self.unwatch(addr);
    }

    /// A port came up or went down (or away). Next hops on a port that is not up are unusable; unknown ports are down.
    pub fn set_port_up(&mut self, port: PortId, up: bool) {
        let changed = if up { self.ports.insert(port) } else { self.ports.remove(&port) };
        if changed {
            self.epoch = self.epoch.wrapping_add(1);
            self.touch_port(port);
        }
    }

    /// An address became (or stopped being) this router's own: as a gateway it would be invalid.
    pub fn set_local(&mut self, addr: IpAddr, local: bool) {
        let changed = if local { self.locals.insert(addr) } else { self.locals.remove(&addr) };
        if changed {
            self.epoch = self.epoch.wrapping_add(1);
            self.touch_tracked(Prefix::host(addr));
        }
    }

    /// Whether gateways may resolve through a default route (`ip nht resolve-via-default`; FRR's default is no).
    pub fn set_resolve_via_default(&mut self, allowed: bool) {
        if self.resolve_via_default != allowed {
            self.resolve_via_default = allowed;
            self.epoch = self.epoch.wrapping_add(1);
            self.touch_tracked_on(|port| port.is_none());
        }
    }

    /// Works off what was touched: at most about `budget` prefixes and next hops. Returns whether more is left.
    pub fn settle(&mut self, budget: usize) -> bool {
        let mut left = budget;
        loop {
            self.settle_resolution(&mut left);
            let mut done = 0;
            while done < left.min(CHUNK)
                && let Some((table, prefix)) = self.queue.pop_front()
            {
                if done.is_multiple_of(LANES) {
                    let next = self.queue.iter().filter(|(t, _)| *t == table).map(|(_, prefix)| *prefix);
                    self.warm(table, next.take(LANES));
                }
                self.select(table, prefix);
                done += 1;
            }
            left -= done;
            if left == 0 || (done == 0 && !self.scan_some(&mut left)) {
                return !self.is_settled();
            }
        }
    }

    /// Whether [`Rib::settle`] has nothing to do.
    pub fn is_settled(&self) -> bool {
        self.queue.is_empty()
            && self.dirty_tracked.is_empty()
            && self.dirty_groups.is_empty()
            && self.rescan.is_empty()
            && self.scan.is_none()
    }

    /// The next piece of news.
    pub fn poll_change(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    /// Changes whenever something is told that may change a table: while it stays (and [`Rib::is_settled`]), all tables do.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Where a group leads now.
    pub fn resolved(&self, group: GroupId) -> Option<&Arc<Resolved>> {
        self.groups.get(group.0)?.state.as_ref().ok()
    }

    fn enqueue(&mut self, table: TableId, prefix: Prefix) {
        let entry = self.tables.get_mut(&table).and_then(|t| t.get_mut(prefix));
        if entry.is_some_and(|mut e| e.queue()) {
            self.queue.push_back((table, prefix));
        }
    }

    /// The candidates of a prefix, which is queued, changed.
    fn touched(&mut self, table: TableId, prefix: Prefix, source: Source) {
        self.epoch = self.epoch.wrapping_add(1);
        // Gateways on a named port look at these candidates directly, best or not.
        if table == TableId::MAIN && source.puts_on_link() {
            self.touch_tracked(prefix);
        }
    }

    fn candidate_gone(&mut self, table: TableId, prefix: Prefix, old: Option<Candidate>) {
        let Some(old) = old else { return };
        if let Some(group) = self.paths.get(old.path).map(|p| p.group.0) {
            self.remove_user(group, table, prefix);
        }
        self.release_path(old.path);
    }

    /// The path of a source over a route, held once more.
    fn acquire_path(&mut self, source: Source, mut route: Route) -> u32 {
        if let Target::Via(hops) = &mut route.target {
            hops.sort();
            hops.dedup();
        }
        if self.paths.get(self.recent).is_some_and(|p| p.source == source && *p.route == route) {
            self.paths.hold(self.recent);
            return self.recent;
        }
        let route_id = self.acquire_route(route);
        let parts = self.routes.get(route_id).zip(self.routes.key(route_id));
        let (route, RouteKey { group, .. }) = parts.expect("a route that is held is there");
        let make = || Arc::new(Best { source, route: Arc::clone(route), group: GroupId(*group) });
        let (id, new) = self.paths.acquire(&(source, route_id), make);
        if !new {
            // The path holds its route already.
            self.release_route(route_id);
        }
        self.recent = id;
        id
    }

    fn release_path(&mut self, id: u32) {
        if let Some(((_, route), _)) = self.paths.release(id) {
            self.release_route(route);
        }
    }

    fn acquire_route(&mut self, route: Route) -> u32 {
        let group = self.acquire_group(&route.target);
        let Route { distance, metric, tag, kind, .. } = route;
        let key = RouteKey { distance, metric, tag, kind, group };
        let (id, new) = self.routes.acquire(&key, || Arc::new(route));
        if !new {
            // The route holds its group already.
            self.release_group(group);
        }
        id
    }

    fn release_route(&mut self, id: u32) {
        if let Some((key, _)) = self.routes.release(id) {
            self.release_group(key.group);
        }
    }

    /// Goes on with the search for users of groups that flipped. Returns whether there was anything to do.
    fn scan_some(&mut self, left: &mut usize) -> bool {
        if self.scan.is_none() && !self.rescan.is_empty() {
            let at = self.tables.keys().next().map(|t| (*t, None));
            self.scan = Some(Scan { groups: core::mem::take(&mut self.rescan), at });
        }
        let Some(Scan { groups, at: Some((table, after)) }) = self.scan.take() else { return false };
        let take = (*left).min(CHUNK);
        let mut found = Vec::new();
        let (mut last, mut seen) = (None, 0);
        if let Some(t) = self.tables.get(&table) {
            for (prefix, entry) in t.range(after).take(take) {
                (last, seen) = (Some(prefix), seen + 1);
                let group = |c: Candidate| self.paths.get(c.path).map(|p| p.group.0);
                if entry.candidates().filter_map(group).any(|g| groups.contains(&g)) {
                    found.push(prefix);
                }
            }
        }
        let after_table = (core::ops::Bound::Excluded(table), core::ops::Bound::Unbounded);
        let at = if seen == take {
            Some((table, last))
        } else {
            self.tables.range(after_table).next().map(|(t, _)| (*t, None))
        };
        self.scan = at.is_some().then_some(Scan { groups, at });
        *left = left.saturating_sub(seen.max(1));
        for prefix in found {
            self.enqueue(table, prefix);
        }
        true
    }
}
