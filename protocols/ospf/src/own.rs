//! This router's own LSAs: what is wanted, and when it may be told (RFC 2328 12.4, 13.4, 14.1).
//! `originate` says what; here are sequence numbers, MinLSInterval, refresh and flushing.

use crate::interface::{Interface, State};
use crate::lsdb::{Entry, Scope};
use crate::process::{Ospf, Timer};
use crate::settings::LinkType;
use crate::wire::lsa::{INITIAL_SEQUENCE, MAX_AGE, MAX_SEQUENCE};
use crate::wire::{Kind, Lsa, LsaKey};
use bytes::Bytes;
use core::time::Duration;
use fib::Instant;
use std::collections::BTreeMap;

/// After an instance has left, its successor waits at least so long, for the sake of neighbors that drop what comes
/// within MinLSArrival (RFC 2328 B: 1 s).
const AFTER_SENT: Duration = Duration::from_millis(1050);
/// How long a point-to-point link may take to find its neighbor before it is told without one.
const MEETING: Duration = Duration::from_millis(100);
/// Successors that need not wait for MinLSInterval after quiet: a link that comes up changes its LSA a few times.
const BURST: u8 = 3;

/// One LSA this router wants to exist.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub options: u8,
    pub body: Bytes,
    /// When the instance that is out was made.
    originated: Option<Instant>,
    /// When an instance was last sent to anybody.
    pub sent: Option<Instant>,
    /// How many instances have followed one another without quiet between.
    burst: u8,
}

/// Every LSA this router wants to exist.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    wanted: BTreeMap<(Scope, LsaKey), Wanted>,
    /// Wanted no longer, to be flushed in a moment.
    leaving: BTreeMap<(Scope, LsaKey), Wanted>,
}

impl Own {
    pub fn get(&self, scope: Scope, key: &LsaKey) -> Option<&Wanted> {
        self.wanted.get(&(scope, *key))
    }

    /// The keys of a scope in `from..=to`.
    pub fn range(&self, scope: Scope, from: LsaKey, to: LsaKey) -> impl Iterator<Item = (&LsaKey, &Wanted)> {
        self.wanted.range((scope, from)..=(scope, to)).map(|((_, key), wanted)| (key, wanted))
    }

    pub fn keys(&self) -> impl Iterator<Item = (Scope, LsaKey)> + '_ {
        self.wanted.keys().copied()
    }

    /// An instance left this router.
    pub fn note_sent(&mut self, now: Instant, scope: Scope, key: &LsaKey) {
        if let Some(wanted) = self.wanted.get_mut(&(scope, *key)) {
            wanted.sent = Some(now);
        }
    }
}

impl Ospf {
    /// This LSA is to exist with this body. The same again is a no-op; a change waits for MinLSInterval.
    pub(crate) fn want(&mut self, now: Instant, scope: Scope, key: LsaKey, options: u8, body: Bytes) {
        match self.own.wanted.get_mut(&(scope, key)) {
            Some(old) if old.options == options && old.body == body => return,
            Some(old) => (old.options, old.body) = (options, body),
            None => {
                let wanted = match self.own.leaving.remove(&(scope, key)) {
                    Some(left) => Wanted { options, body, ..left },
                    None => Wanted { options, body, originated: None, sent: None, burst: 0 },
                };
                self.own.wanted.insert((scope, key), wanted);
            }
        }
        self.originate_soon(now, scope, key);
    }

    /// This LSA is not to exist any more: if it does, it is flushed (RFC 2328 14.1), though not on the heels of an
    /// instance that has just left: neighbors would not take it within MinLSArrival, and if it overtook that instance they
    /// would keep that for an hour.
    pub(crate) fn unwant(&mut self, now: Instant, scope: Scope, key: LsaKey) {
        let Some(wanted) = self.own.wanted.remove(&(scope, key)) else { return };
        let interval = Duration::from_millis(self.config.timers.lsa_interval.into());
        match wanted.sent.map(|sent| sent + AFTER_SENT.min(interval)).filter(|due| *due > now) {
            Some(due) => {
                self.own.leaving.insert((scope, key), wanted);
                self.timers.set(Timer::Originate(scope, key), due);
            }
            None => {
                self.timers.stop(&Timer::Originate(scope, key));
                self.flush(now, scope, key);
            }
        }
    }

    /// Makes the wanted instance now, or as soon as it may be.
    fn originate_soon(&mut self, now: Instant, scope: Scope, key: LsaKey) {
        let interval = Duration::from_millis(self.config.timers.lsa_interval.into());
        let expecting = self.expecting(now, scope, key.kind);
        let Some(wanted) = self.own.wanted.get_mut(&(scope, key)) else { return };
        let quiet = |at: Instant| now.since(at) >= interval.saturating_mul(2);
        if wanted.originated.is_none_or(quiet) {
            wanted.burst = 0;
        }
        let due = match (wanted.originated, wanted.sent) {
            // Nobody has seen the instance that is out: its successor need not wait.
            (None, _) | (_, None) => now,
            (Some(_), Some(sent)) if wanted.burst < BURST => sent + AFTER_SENT.min(interval),
            (Some(originated), Some(sent)) => (originated + interval).max(sent + AFTER_SENT.min(interval)),
        };
        let due = expecting.map_or(due, |until| due.max(until));
        if due <= now {
            self.originate_due(now, scope, key);
        } else {
            self.timers.set(Timer::Originate(scope, key), due);
        }
    }

    /// A point-to-point link that has just come up finds its neighbor within milliseconds, if there is one: a router-LSA
    /// waits so long for it, and at the start of the process for all of them. Otherwise it would be told twice, and the
    /// second time only after MinLSArrival.
    fn expecting(&self, now: Instant, scope: Scope, kind: Kind) -> Option<Instant> {
        let (Scope::Area(area), Kind::Router) = (scope, kind) else { return None };
        let links = || {
            let here =
                self.interfaces.values().filter(|i| i.area() == area && i.state == State::PointToPoint);
            here.filter(|i| i.settings.kind == LinkType::PointToPoint && i.speaks())
        };
        let alone = |i: &&Interface| i.full().next().is_none();
        let met = links().next().is_some() && !links().any(|i| alone(&i));
        let start = (!met).then_some(self.started);
        let since = links().filter(alone).map(|i| i.up_since).chain(start).max()?;
        Some(since + MEETING).filter(|until| *until > now)
    }

    /// Makes the wanted instance if it differs from the one that is out.
    pub(crate) fn originate_due(&mut self, now: Instant, scope: Scope, key: LsaKey) {
        self.timers.stop(&Timer::Originate(scope, key));
        if self.own.leaving.remove(&(scope, key)).is_some() {
            return self.flush(now, scope, key);
        }
        let Some(wanted) = self.own.wanted.get(&(scope, key)) else { return };
        let out = self.lsdb.get(scope, &key).filter(|e| e.own && !e.is_max_age(now));
        let same = out.is_some_and(|e| {
            e.lsa.header.options == wanted.options && e.lsa.body_bytes() == &wanted.body[..]
        });
        if !same {
            self.make(now, scope, key);
        }
    }

    /// Makes a new instance of an own LSA, whatever the last one said.
    pub(crate) fn make(&mut self, now: Instant, scope: Scope, key: LsaKey) {
        let last = self.lsdb.get(scope, &key).map(|e| e.lsa.header.sequence);
        if last == Some(MAX_SEQUENCE) {
            // RFC 2328 12.1.6: the last number is flushed first; the first follows when that is acknowledged.
            self.flush(now, scope, key);
            return;
        }
        let Some(wanted) = self.own.wanted.get_mut(&(scope, key)) else { return };
        let sequence = last.map_or(INITIAL_SEQUENCE, |s| s.saturating_add(1));
        wanted.originated = Some(now);
        // An instance that nobody saw does not count.
        if wanted.sent.take().is_some() {
            wanted.burst = wanted.burst.saturating_add(1);
        }
        let lsa = Lsa::build(key, wanted.options, sequence, &wanted.body);
        let changed = self.lsdb.get(scope, &key).is_none_or(|e| !e.lsa.same_content(&lsa));
        self.stats.lsas_originated = self.stats.lsas_originated.saturating_add(1);
        self.flushing.remove(&(scope, key));
        self.tell_lsa("made", &lsa.header);
        self.install(now, scope, Entry { lsa, installed: now, own: true, flooded: false });
        self.flood(now, scope, key, None);
        if changed {
            self.end_grace_on_change(now, scope, key.kind);
        }
    }

    /// Ages an LSA prematurely and floods that; it is forgotten when everybody has acknowledged (RFC 2328 14.1).
    pub(crate) fn flush(&mut self, now: Instant, scope: Scope, key: LsaKey) {
        let Some(entry) = self.lsdb.get(scope, &key) else { return };
        if entry.lsa.header.age >= MAX_AGE {
            // Flushed by somebody else, and flooded as that; a successor that was to follow no longer will.
            self.flushing.insert((scope, key));
            return self.sweep_one(now, scope, key);
        }
        let lsa = entry.lsa.with_age(MAX_AGE);
        let own = entry.own;
        self.tell_lsa("flushed before its time", &lsa.header);
        self.install(now, scope, Entry { lsa, installed: now, own, flooded: false });
        self.flushing.insert((scope, key));
        self.flood(now, scope, key, None);
        self.sweep(now);
    }

    /// An own LSA is gone from everywhere: it is made again if it is wanted (after a sequence wrap).
    pub(crate) fn flushed(&mut self, now: Instant, scope: Scope, key: LsaKey) {
        if let Some(wanted) = self.own.wanted.get_mut(&(scope, key)) {
            wanted.originated = None;
            self.make(now, scope, key);
        }
    }

    /// Somebody has a newer instance of an LSA of ours: from before a restart, or forged (RFC 2328 13.4). What was flooded
    /// to us has just been flooded to others as well, who take no answer within MinLSArrival: it waits so long.
    pub(crate) fn reclaim(&mut self, now: Instant, scope: Scope, key: LsaKey, flooded: bool) {
        let timer = Timer::Originate(scope, key);
        if self.own.wanted.contains_key(&(scope, key)) {
            let interval = Duration::from_millis(self.config.timers.lsa_interval.into());
            match flooded {
                true if self.timers.get(&timer).is_some_and(|at| at <= now + AFTER_SENT) => {}
                true => self.timers.set(timer, now + AFTER_SENT.min(interval)),
                false => self.make(now, scope, key),
            }
        } else {
            self.flush(now, scope, key);
        }
    }

    /// Flushes everything of ours, before the process ends.
    pub(crate) fn flush_own(&mut self, now: Instant) {
        let own = core::mem::take(&mut self.own);
        for (scope, key) in own.wanted.into_keys().chain(own.leaving.into_keys()) {
            self.timers.stop(&Timer::Originate(scope, key));
            self.flush(now, scope, key);
        }
    }

    /// Forgets a whole scope, ours included.
    pub(crate) fn drop_scope(&mut self, scope: Scope) {
        self.own.wanted.retain(|(s, _), _| *s != scope);
        self.own.leaving.retain(|(s, _), _| *s != scope);
        self.flushing.retain(|(s, _)| *s != scope);
        self.timers.retain(|t| !matches!(t, Timer::Originate(s, _) if *s == scope));
        for interface in self.interfaces.values_mut() {
            interface.queue.retain(|(s, _), ()| *s != scope);
            for neighbor in interface.neighbors.values_mut() {
                neighbor.unacked.retain(|_, u| u.scope != scope);
            }
        }
        self.lsdb.remove_scope(scope);
        self.spf.note_scope(scope);
    }
}
