//! Time and the database (RFC 2328 section 14): refreshing our own LSAs, flushing the others at MaxAge, and forgetting what
//! everybody has acknowledged.

use crate::IfId;
use crate::lsdb::{Entry, Scope};
use crate::process::{Ospf, Timer};
use crate::wire::LsaKey;
use crate::wire::lsa::MAX_AGE;
use fib::Instant;

impl Ospf {
    /// Something in the database is due.
    pub(crate) fn age(&mut self, now: Instant) {
        while let Some((scope, key)) = self.lsdb.pop_due(now) {
            let Some(entry) = self.lsdb.get(scope, &key) else { continue };
            match () {
                () if entry.lsa.header.age >= MAX_AGE => {}
                () if self.own.get(scope, &key).is_some() => self.make(now, scope, key),
                () => self.expire(now, scope, key),
            }
        }
    }

    /// An LSA that nobody has refreshed reaches MaxAge: it is flooded once more, as that.
    fn expire(&mut self, now: Instant, scope: Scope, key: LsaKey) {
        let Some(entry) = self.lsdb.get(scope, &key) else { return };
        let lsa = entry.lsa.with_age(MAX_AGE);
        let own = entry.own;
        self.tell_lsa("too old", &lsa.header);
        self.install(now, scope, Entry { lsa, installed: now, own, flooded: false });
        self.flushing.insert((scope, key));
        self.flood(now, scope, key, None);
        self.end_grace_on_change(now, scope, key.kind);
        self.sweep_one(now, scope, key);
    }

    /// Forgets what is at MaxAge and awaited by nobody (RFC 2328 14).
    pub(crate) fn sweep(&mut self, now: Instant) {
        let all: Vec<(Scope, LsaKey)> = self.flushing.iter().copied().collect();
        for (scope, key) in all {
            self.sweep_one(now, scope, key);
        }
    }

    /// The same for one LSA.
    pub(crate) fn sweep_one(&mut self, now: Instant, scope: Scope, key: LsaKey) {
        let busy =
            self.interfaces.values().flat_map(|i| i.neighbors.values()).any(|n| {
                n.is_exchanging() || n.unacked.get(&key).is_some_and(|u| u.scope == scope && u.max_age)
            });
        // What has not left yet must leave first.
        let queued = self.interfaces.values().any(|i| i.queue.contains_key(&(scope, key)));
        if busy || queued || !self.flushing.remove(&(scope, key)) {
            return;
        }
        self.lsdb.remove(scope, &key);
        self.flushed(now, scope, key);
    }

    /// The LSAs of a link that went down are of no use.
    pub(crate) fn drop_scope_of_link(&mut self, id: IfId) {
        self.drop_scope(Scope::Link(id));
        self.timers.stop(&Timer::Flood(id));
    }
}
