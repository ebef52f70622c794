//! Routes from neighbors: believing news, forgetting the silent, and keeping the RIB told.
//! `table.rs` decides; here it happens.

use crate::counters::{Refusal, Traffic};
use crate::process::{Rip, Timer};
use crate::table::{Entry, Lost, News, Origin, Path, Rules, Verdict, Via, decide};
use core::net::IpAddr;
use core::time::Duration;
use fib::{Instant, Kind, NextHop, Prefix, Protocol, Route, Source, Target};
use proto::{Event, Level};

/// RIP is one process: its routes have one source.
pub(crate) const SOURCE: Source = Source::new(Protocol::Rip, 0);
/// `allow-ecmp` without a number.
const PATHS_LIMIT: usize = 64;

impl Rip {
    /// The metric that means unreachable.
    pub(crate) fn infinity(&self) -> u32 {
        u32::from(self.config.infinity)
    }

    pub(crate) fn maximum_paths(&self) -> usize {
        match self.config.maximum_paths {
            0 => PATHS_LIMIT,
            n => usize::from(n).min(PATHS_LIMIT),
        }
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.config.timers.timeout))
    }

    /// A neighbor's word about a network, filtered and with the cost of the link.
    pub(crate) fn learn(&mut self, now: Instant, prefix: Prefix, news: News) {
        let rules = Rules { now, infinity: self.infinity(), maximum_paths: self.maximum_paths() };
        let half = self.timeout() / 2;
        let stale =
            |via: Via| self.timers.get(&Timer::Timeout(prefix, via)).is_some_and(|at| at.since(now) < half);
        let verdict = decide(self.table.get(&prefix), &news, rules, stale);
        match verdict {
            Verdict::Ignore => {}
            Verdict::HeldDown => self.counters.refuse(Refusal::HeldDown),
            Verdict::Refresh => self.refresh(now, prefix, news.path.via),
            Verdict::Lose => self.lose_path(now, prefix, news.path.via),
            Verdict::Replace => {
                self.retire_timers(prefix);
                let announced = self.table.get(&prefix).is_some_and(|e| e.announced);
                let origin = Origin::Learned(vec![news.path]);
                let entry = Entry { origin, metric: news.metric, lost: None, changed: true, announced };
                self.table.insert(prefix, entry);
                self.refresh(now, prefix, news.path.via);
                self.announce(prefix);
                self.note_change(now, prefix, "learned");
            }
            Verdict::Update | Verdict::Join => {
                self.put_path(prefix, None, news.path);
                self.refresh(now, prefix, news.path.via);
                self.announce(prefix);
                self.note_change(now, prefix, "updated");
            }
            Verdict::Relieve(old) => {
                self.timers.stop(&Timer::Timeout(prefix, old));
                self.put_path(prefix, Some(old), news.path);
                self.refresh(now, prefix, news.path.via);
                self.announce(prefix);
                self.note_change(now, prefix, "updated");
            }
        }
    }

    /// What our filters deny now is no longer believed, even if it was before.
    pub(crate) fn deny(&mut self, now: Instant, prefix: Prefix, via: Via) {
        self.counters.refuse(Refusal::Denied);
        if self.table.get(&prefix).is_some_and(|e| e.lost.is_none()) {
            self.lose_path(now, prefix, via);
        }
    }

    /// A path has not been confirmed in time, is withdrawn, or its link is gone.
    pub(crate) fn lose_path(&mut self, now: Instant, prefix: Prefix, via: Via) {
        let Some(entry) = self.table.get_mut(&prefix) else { return };
        let Origin::Learned(paths) = &mut entry.origin else { return };
        if !paths.iter().any(|p| p.via == via) {
            return;
        }
        if paths.len() == 1 {
            self.lose(now, prefix);
            return;
        }
        paths.retain(|p| p.via != via);
        self.timers.stop(&Timer::Timeout(prefix, via));
        self.announce(prefix);
        self.note_change(now, prefix, "one way less");
    }

    /// The route is gone: unreachable to everyone until its garbage time is over.
    pub(crate) fn lose(&mut self, now: Instant, prefix: Prefix) {
        self.retire(prefix);
        let infinity = self.infinity();
        let seconds = |s: u16| Duration::from_secs(u64::from(s));
        let (garbage, hold) = (seconds(self.config.timers.garbage), seconds(self.config.timers.holddown));
        let Some(entry) = self.table.get_mut(&prefix) else { return };
        if entry.lost.is_some() {
            return;
        }
        let learned = entry.own().is_none();
        let held_until = (learned && !hold.is_zero()).then(|| now + hold);
        entry.lost = Some(Lost { metric: entry.metric, held_until });
        entry.metric = infinity;
        let rest = if learned { garbage.max(hold) } else { garbage };
        self.timers.set(Timer::Garbage(prefix), now + rest);
        self.note_change(now, prefix, "unreachable");
    }

    /// Every way over a port for which `gone` holds.
    pub(crate) fn lose_paths(&mut self, now: Instant, gone: impl Fn(&Path) -> bool) {
        let lost: Vec<(Prefix, Via)> = self
            .table
            .iter()
            .filter(|(_, e)| e.lost.is_none())
            .flat_map(|(prefix, e)| e.paths().iter().filter(|p| gone(p)).map(|p| (*prefix, p.via)))
            .collect();
        for (prefix, via) in lost {
            self.lose_path(now, prefix, via);
        }
    }

    /// Forgets a prefix at the end of its garbage time.
    pub(crate) fn collect(&mut self, prefix: Prefix) {
        self.retire(prefix);
        if self.table.remove(&prefix).is_some() {
            self.debug("rip events", || format!("{prefix} forgotten"));
        }
    }

    /// Takes a prefix out of the RIB and stops its timers, before it becomes something else.
    pub(crate) fn retire(&mut self, prefix: Prefix) {
        self.retire_timers(prefix);
        if let Some(entry) = self.table.get_mut(&prefix).filter(|e| e.announced) {
            entry.announced = false;
            self.events.push_back(Event::Withdraw { source: SOURCE, prefix });
        }
    }

    /// Tells the RIB what the table says of a learned route.
    pub(crate) fn announce(&mut self, prefix: Prefix) {
        let Some(entry) = self.table.get_mut(&prefix) else { return };
        let Origin::Learned(paths) = &entry.origin else { return };
        let mut hops: Vec<NextHop> =
            paths.iter().map(|p| NextHop::via_port(IpAddr::V4(p.gateway), p.via.port)).collect();
        hops.sort_unstable();
        hops.dedup();
        let route = Route {
            distance: entry.distance(),
            metric: entry.metric,
            tag: u32::from(entry.tag()),
            kind: Kind::Plain,
            target: Target::Via(hops),
        };
        entry.announced = true;
        self.events.push_back(Event::Announce { source: SOURCE, prefix, route });
    }

    /// The table changed: neighbors will be told soon.
    pub(crate) fn note_change(&mut self, now: Instant, prefix: Prefix, what: &'static str) {
        self.counters.add(Traffic::RouteChanges, 1);
        let Some(entry) = self.table.get_mut(&prefix) else { return };
        entry.changed = true;
        let metric = entry.metric;
        self.debug("rip events", || format!("{prefix} {what}, metric {metric}"));
        self.trigger(now);
    }

    fn refresh(&mut self, now: Instant, prefix: Prefix, via: Via) {
        self.timers.set(Timer::Timeout(prefix, via), now + self.timeout());
    }

    /// Puts `path` in the place of `old`, of its own earlier word, or beside the others.
    fn put_path(&mut self, prefix: Prefix, old: Option<Via>, path: Path) {
        let Some(Entry { origin: Origin::Learned(paths), .. }) = self.table.get_mut(&prefix) else { return };
        paths.retain(|p| p.via != path.via && Some(p.via) != old);
        let place = paths.partition_point(|p| p.via < path.via);
        paths.insert(place, path);
    }

    fn retire_timers(&mut self, prefix: Prefix) {
        self.timers.stop(&Timer::Garbage(prefix));
        let vias: Vec<Via> =
            self.table.get(&prefix).map(|e| e.paths().iter().map(|p| p.via).collect()).unwrap_or_default();
        for via in vias {
            self.timers.stop(&Timer::Timeout(prefix, via));
        }
    }

    /// A line for `debug rip ...`.
    pub(crate) fn debug(&mut self, topic: &str, words: impl FnOnce() -> String) {
        self.notice(Level::Debug, topic, words());
    }
}
