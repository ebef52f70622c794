//! Helping a neighbor through its restart (RFC 3623 section 3): it stays in our LSAs as fully adjacent, and packets go on
//! through it, while it says so in a grace LSA. Restarting itself gracefully is not here.

use crate::IfId;
use crate::lsdb::Scope;
use crate::neighbor::{Grace, NeighborId, State};
use crate::process::{Ospf, Timer};
use crate::wire::grace::{self, OPAQUE_TYPE};
use crate::wire::lsa::MAX_AGE;
use crate::wire::{Body, Kind, LsaKey};
use core::time::Duration;
use fib::Instant;
use proto::{Level, Notice};

/// `restart reason`: unknown, so an unplanned outage (RFC 3623 B.1).
const UNPLANNED: u8 = 0;

impl Ospf {
    /// Looks at an LSA that came in: is it a grace LSA of the neighbor's?
    pub(crate) fn notice_grace(
        &mut self,
        now: Instant,
        id: IfId,
        key: NeighborId,
        scope: Scope,
        lsa: LsaKey,
    ) {
        self.consider_grace(now, id, key, scope, lsa, true);
    }

    /// The same; a refusal may have been told before.
    fn consider_grace(
        &mut self,
        now: Instant,
        id: IfId,
        key: NeighborId,
        scope: Scope,
        lsa: LsaKey,
        tell: bool,
    ) {
        let [opaque_type, ..] = lsa.id.octets();
        if lsa.kind != Kind::OpaqueLink || opaque_type != OPAQUE_TYPE {
            return;
        }
        let Some(entry) = self.lsdb.get(scope, &lsa) else { return };
        // Of a neighbor on this link, whoever passed it on.
        let from = self
            .interfaces
            .get(&id)
            .and_then(|i| i.neighbors.iter().find(|(_, n)| n.router == lsa.router).map(|(k, _)| *k));
        let Some(from) =
            from.or(Some(key).filter(|k| self.neighbor(id, *k).is_some_and(|n| n.router == lsa.router)))
        else {
            return;
        };
        if entry.lsa.header.age >= MAX_AGE {
            return self.end_grace(now, id, from, "it has restarted");
        }
        let (age, body) = (entry.age(now), entry.lsa.body());
        let Body::Opaque(information) = body else { return };
        let Ok(grace) = grace::Grace::parse(information) else { return };
        let left = grace.period.saturating_sub(age.into());
        match self.may_help(id, from, &grace, left) {
            Ok(()) => self.begin_grace(now, id, from, left, grace.reason),
            Err(_) if !tell => {}
            Err(why) => {
                let notice = Notice::new(Level::Warning, "ospf adj", "no help for a restarting neighbor")
                    .with("neighbor", lsa.router)
                    .with("because", why);
                self.push_notice(notice);
            }
        }
    }

    /// A neighbor has acknowledged everything: help that was refused because the network was changing may be given now.
    pub(crate) fn reconsider_grace(&mut self, now: Instant, id: IfId, key: NeighborId) {
        let Some(neighbor) = self.neighbor(id, key).filter(|n| n.grace.is_none()) else { return };
        let router = neighbor.router;
        let scope = Scope::Link(id);
        let theirs = |k: &&LsaKey| k.kind == Kind::OpaqueLink && k.router == router;
        let all: Vec<LsaKey> = self
            .lsdb
            .scope(scope)
            .into_iter()
            .flat_map(|db| db.iter().map(|(k, _)| k))
            .filter(theirs)
            .copied()
            .collect();
        for lsa in all {
            self.consider_grace(now, id, key, scope, lsa, false);
        }
    }

    /// RFC 3623 3.1.
    fn may_help(
        &self,
        id: IfId,
        key: NeighborId,
        grace: &grace::Grace,
        left: u32,
    ) -> Result<(), &'static str> {
        let helper = &self.config.graceful_restart_helper;
        let Some(neighbor) = self.neighbor(id, key) else { return Err("it is not known") };
        let changed = neighbor.unacked.keys().any(|k| !k.kind.is_opaque());
        match () {
            () if !helper.enabled => Err("helping is off"),
            () if left == 0 => Err("its time is over"),
            () if grace.period > helper.supported_grace_time.into() => Err("it asks for too long"),
            () if helper.planned_only && grace.reason == UNPLANNED => Err("its restart was not planned"),
            () if neighbor.state != State::Full && neighbor.grace.is_none() => {
                Err("it is not fully adjacent")
            }
            () if helper.strict_lsa_checking && changed && neighbor.grace.is_none() => {
                Err("the network is changing")
            }
            () => Ok(()),
        }
    }

    fn begin_grace(&mut self, now: Instant, id: IfId, key: NeighborId, seconds: u32, reason: u8) {
        let until = now + Duration::from_secs(seconds.into());
        let Some(neighbor) = self.neighbor_mut(id, key) else { return };
        let first = neighbor.grace.replace(Grace { until, reason }).is_none();
        let router = neighbor.router;
        self.timers.set(Timer::Grace(id, key), until);
        if first {
            let notice = Notice::new(Level::Info, "ospf adj", "helping a neighbor to restart")
                .with("neighbor", router)
                .with("seconds", seconds);
            self.push_notice(notice);
        }
    }

    /// Helps no longer; unless the neighbor is back by now, it is lost.
    pub(crate) fn end_grace(&mut self, now: Instant, id: IfId, key: NeighborId, why: &str) {
        self.timers.stop(&Timer::Grace(id, key));
        let Some(neighbor) = self.neighbor_mut(id, key) else { return };
        if neighbor.grace.take().is_none() {
            return;
        }
        let (router, state) = (neighbor.router, neighbor.state);
        let notice = Notice::new(Level::Info, "ospf adj", "no longer helping a neighbor")
            .with("neighbor", router)
            .with("because", why);
        self.push_notice(notice);
        if state != State::Full {
            if let Some(area) = self.interfaces.get(&id).map(|i| i.area()) {
                self.dirty.areas.insert(area);
                self.dirty.networks.insert(id);
                self.dirty.root = true;
            }
            if state == State::Down {
                self.kill(now, id, key, why);
            }
        }
        self.interface_event(now, id, crate::machine::Event::NeighborChange);
    }

    /// RFC 3623 3.2 (3): the network changed, and the restarting neighbor does not know.
    pub(crate) fn end_grace_on_change(&mut self, now: Instant, scope: Scope, kind: Kind) {
        if !self.config.graceful_restart_helper.strict_lsa_checking || kind.is_opaque() {
            return;
        }
        let helped: Vec<(IfId, NeighborId)> = self
            .interfaces
            .values()
            .filter(|i| match scope {
                Scope::Area(area) => i.area() == area,
                Scope::As => true,
                Scope::Link(_) => false,
            })
            .flat_map(|i| i.neighbors.iter().filter(|(_, n)| n.grace.is_some()).map(|(k, _)| (i.id, *k)))
            .collect();
        for (id, key) in helped {
            self.end_grace(now, id, key, "the network has changed");
        }
    }
}
