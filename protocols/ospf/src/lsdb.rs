//! The link state database (RFC 2328 section 12.2): who is stored, since when, and when it is due.
//! Decides nothing: `flood` says what is taken, `originate` what is made, `spf` what it means.
#![warn(clippy::indexing_slicing)]

use crate::wire::lsa::{LS_REFRESH_TIME, MAX_AGE};
use crate::wire::{Kind, Lsa, LsaHeader, LsaKey, RouterId};
use crate::{AreaId, IfId};
use core::net::Ipv4Addr;
use core::time::Duration;
use fib::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// How far an LSA is flooded, and so where it is stored.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// On one link: type 9.
    Link(IfId),
    /// In one area: types 1 to 4, 7 and 10.
    Area(AreaId),
    /// Everywhere but in stub areas: types 5 and 11.
    As,
}

impl Kind {
    /// The scope of an LSA of this type that came in on an interface of an area.
    pub fn scope(self, interface: IfId, area: AreaId) -> Scope {
        match self {
            Kind::OpaqueLink => Scope::Link(interface),
            Kind::External | Kind::OpaqueAs => Scope::As,
            _ => Scope::Area(area),
        }
    }
}

/// A stored LSA.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The LSA; the age in its header is what it was at `installed`.
    pub lsa: Lsa,
    /// When it was installed.
    pub installed: Instant,
    /// It was made by this router, in this life.
    pub own: bool,
    /// It came unasked: MinLSArrival holds for its successor.
    pub flooded: bool,
}

impl Entry {
    /// Its age in seconds, 0..=3600.
    pub fn age(&self, now: Instant) -> u16 {
        let since = now.since(self.installed).as_secs();
        u16::try_from(since.saturating_add(self.lsa.header.age.into())).unwrap_or(MAX_AGE).min(MAX_AGE)
    }

    /// Whether it has reached MaxAge: it is being flushed, and counts for nothing in calculations.
    pub fn is_max_age(&self, now: Instant) -> bool {
        self.age(now) >= MAX_AGE
    }

    /// Its header with its age at `now`.
    pub fn header(&self, now: Instant) -> LsaHeader {
        LsaHeader { age: self.age(now), ..self.lsa.header }
    }

    /// When something is to be done about it: our own are refreshed, the others expire.
    fn due(&self) -> Instant {
        let at = if self.own && self.lsa.header.age < MAX_AGE { LS_REFRESH_TIME } else { MAX_AGE };
        let left = at.saturating_sub(self.lsa.header.age);
        self.installed + Duration::from_secs(left.into())
    }
}

/// The LSAs of one scope.
#[derive(Clone, Debug, Default)]
pub struct Database {
    entries: BTreeMap<LsaKey, Entry>,
}

impl Database {
    /// The LSA of this key.
    pub fn get(&self, key: &LsaKey) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// All, in order of type, link state ID and originator.
    pub fn iter(&self) -> impl Iterator<Item = (&LsaKey, &Entry)> {
        self.entries.iter()
    }

    /// All of one type, in order.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&LsaKey, &Entry)> {
        let (low, high) = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST);
        self.entries.range(LsaKey { kind, id: low, router: low }..=LsaKey { kind, id: high, router: high })
    }

    /// All of one type and link state ID, whoever made them.
    pub fn of_id(&self, kind: Kind, id: Ipv4Addr) -> impl Iterator<Item = (&LsaKey, &Entry)> {
        let (low, high) = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST);
        self.entries.range(LsaKey { kind, id, router: low }..=LsaKey { kind, id, router: high })
    }

    /// The router-LSA of `router`.
    pub fn router(&self, router: RouterId) -> Option<&Entry> {
        self.get(&LsaKey { kind: Kind::Router, id: router, router })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Everything this router stores.
#[derive(Clone, Debug, Default)]
pub struct Lsdb {
    areas: BTreeMap<AreaId, Database>,
    externals: Database,
    links: BTreeMap<IfId, Database>,
    due: BTreeSet<(Instant, Scope, LsaKey)>,
}

impl Lsdb {
    /// The LSAs of a scope; `None`: nothing was ever stored there.
    pub fn scope(&self, scope: Scope) -> Option<&Database> {
        match scope {
            Scope::Link(interface) => self.links.get(&interface),
            Scope::Area(area) => self.areas.get(&area),
            Scope::As => Some(&self.externals),
        }
    }

    /// The LSAs of an area.
    pub fn area(&self, area: AreaId) -> Option<&Database> {
        self.areas.get(&area)
    }

    /// Areas with LSAs, in order.
    pub fn areas(&self) -> impl Iterator<Item = (AreaId, &Database)> {
        self.areas.iter().map(|(id, db)| (*id, db))
    }

    /// The LSAs of AS scope.
    pub fn externals(&self) -> &Database {
        &self.externals
    }

    /// The LSAs of link scope, by interface.
    pub fn links(&self) -> impl Iterator<Item = (IfId, &Database)> {
        self.links.iter().map(|(id, db)| (*id, db))
    }

    /// The LSA of this key in a scope.
    pub fn get(&self, scope: Scope, key: &LsaKey) -> Option<&Entry> {
        self.scope(scope)?.get(key)
    }

    /// Stores an LSA in place of an earlier instance, which is answered.
    pub fn insert(&mut self, scope: Scope, entry: Entry) -> Option<Entry> {
        let key = entry.lsa.key();
        self.due.insert((entry.due(), scope, key));
        let due = entry.due();
        let old = self.scope_mut(scope).entries.insert(key, entry);
        if let Some(old) = &old
            && old.due() != due
        {
            self.due.remove(&(old.due(), scope, key));
        }
        old
    }

    /// Forgets an LSA.
    pub fn remove(&mut self, scope: Scope, key: &LsaKey) -> Option<Entry> {
        let old = self.scope_mut(scope).entries.remove(key)?;
        self.due.remove(&(old.due(), scope, *key));
        Some(old)
    }

    /// Forgets all of a scope.
    pub fn remove_scope(&mut self, scope: Scope) {
        self.due.retain(|(_, s, _)| *s != scope);
        match scope {
            Scope::Link(interface) => drop(self.links.remove(&interface)),
            Scope::Area(area) => drop(self.areas.remove(&area)),
            Scope::As => self.externals = Database::default(),
        }
    }

    /// When the next LSA is to be refreshed or flushed.
    pub fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(at, _, _)| *at)
    }

    /// Takes the next LSA to be refreshed or flushed at `now`. It is not due again until it is installed again.
    pub fn pop_due(&mut self, now: Instant) -> Option<(Scope, LsaKey)> {
        if self.next_due()? > now {
            return None;
        }
        self.due.pop_first().map(|(_, scope, key)| (scope, key))
    }

    fn scope_mut(&mut self, scope: Scope) -> &mut Database {
        match scope {
            Scope::Link(interface) => self.links.entry(interface).or_default(),
            Scope::Area(area) => self.areas.entry(area).or_default(),
            Scope::As => &mut self.externals,
        }
    }
}
