//! What this router's LSAs say (RFC 2328 12.4, RFC 3101): the content, from state; `own` says when they are made.
//!
//! | file | what |
//! |---|---|
//! | `router` | router-LSAs, and the same links for the shortest paths |
//! | `network` | network-LSAs of the networks this router is DR of |
//! | `summary` | what a border router tells of other areas: networks, ranges, AS boundary routers; discard routes |
//! | `external` | what other protocols say, as type 5 and type 7 |
//! | `nssa` | who translates type 7 into type 5, and what comes out |
//! | `ids` | link state IDs of networks |
//! | `ranges` | address ranges |

mod external;
mod ids;
mod network;
mod nssa;
mod ranges;
mod router;
mod summary;
#[cfg(test)]
mod tests;

use crate::config::AreaKind;
use crate::interface::Interface;
use crate::lsdb::Scope;
use crate::process::{Dirty, Ospf};
use crate::settings::area_kind;
use crate::spf::AreaView;
use crate::wire::{Kind, LsaKey, options};
use crate::{AreaId, IfId};
use bytes::Bytes;
use core::net::Ipv4Addr;
use fib::{Instant, Prefix};
use ids::Ids;
use std::collections::{BTreeMap, BTreeSet};

/// What `originate` remembers from one time to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct External {
    /// The best routes of the other protocols, as handed in.
    routes: external::Routes,
    /// Networks that are told, with their link state IDs.
    ids: BTreeMap<(Scope, Kind), Ids>,
    view: View,
    ranges: summary::ActiveRanges,
    nssa_ranges: nssa::NssaRanges,
    /// What `summary-address` speaks for.
    summarized: BTreeMap<Prefix, BTreeSet<Prefix>>,
    /// Discard routes that were announced.
    discards: BTreeSet<Prefix>,
}

/// What everything depends on: when it changes, every summary and external is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct View {
    abr: bool,
    areas: BTreeMap<AreaId, AreaView>,
    /// Areas with a virtual link that is up.
    transit: BTreeSet<AreaId>,
    /// The networks OSPF runs on.
    networks: BTreeSet<(Prefix, AreaId)>,
}

/// What one round finds may make something else dirty; nothing needs more rounds than this.
const ROUNDS: usize = 8;

impl Ospf {
    /// Goes through what is dirty and wants or unwants LSAs (`want`, `unwant`).
    pub(crate) fn originate(&mut self, now: Instant) {
        for _ in 0..ROUNDS {
            let dirty = core::mem::take(&mut self.dirty);
            if is_clean(&dirty) {
                return;
            }
            self.originate_round(now, &dirty);
        }
    }

    fn originate_round(&mut self, now: Instant, dirty: &Dirty) {
        let links = dirty.all || dirty.root || !dirty.areas.is_empty();
        let root = links && self.refresh_root(now);
        let all = (links && self.refresh_view()) || dirty.all;
        for area in self.dirty_areas(dirty, root || all) {
            self.originate_router(now, area);
            self.originate_networks(now, area);
        }
        self.originate_routes(now, dirty, all);
        if all {
            self.forget_empty_ids();
        }
    }

    /// Summaries, translations and externals.
    fn originate_routes(&mut self, now: Instant, dirty: &Dirty, mut all: bool) {
        if all || dirty.routers {
            // Rare, and there is much that follows from it.
            all |= !self.elect_translators().is_empty();
        }
        let mut externals = self.refresh_translations(dirty, all);
        let mut destinations = self.refresh_ranges(dirty, all);
        destinations.extend(&dirty.routes);
        self.refresh_discards(destinations.union(&externals).copied().collect(), all);
        self.originate_summaries(now, dirty, destinations, all);
        externals.extend(&dirty.externals);
        if all || !externals.is_empty() {
            self.originate_externals(now, externals, all);
        }
    }

    /// Looks anew at what everything depends on; tells whether it changed.
    fn refresh_view(&mut self) -> bool {
        let up = |i: &&Interface| i.full().next().is_some();
        let through = |i: &Interface| match i.id {
            IfId::Virtual(transit, _) => Some(transit),
            IfId::Port(_) => None,
        };
        let view = View {
            abr: self.is_abr(),
            areas: self.root.areas.clone(),
            transit: self.interfaces.values().filter(up).filter_map(through).collect(),
            networks: self.own_networks(),
        };
        let changed = view != self.external.view;
        self.external.view = view;
        changed
    }

    /// Looks at the own links again; tells whether they are others than the last calculation knew.
    fn refresh_root(&mut self, now: Instant) -> bool {
        let root = self.own_root();
        if root == self.root {
            return false;
        }
        self.root = root;
        self.spf.note_all();
        self.spf_soon(now);
        true
    }

    /// Areas whose router- and network-LSAs are looked at. Flags are the same in all areas: all, when links changed.
    fn dirty_areas(&self, dirty: &Dirty, all: bool) -> BTreeSet<AreaId> {
        if all || dirty.all || dirty.root {
            let stored = self.lsdb.areas().map(|(id, _)| id);
            return self.areas.keys().copied().chain(stored).collect();
        }
        let of = |id: &IfId| self.interfaces.get(id).map(|i| i.area());
        dirty.areas.iter().copied().chain(dirty.networks.iter().filter_map(of)).collect()
    }

    /// Options in the headers of LSAs of an area (RFC 2328 12.1.2). The N-bit is FRR's custom.
    fn area_options(&self, area: AreaId) -> u8 {
        match area_kind(&self.config, area) {
            AreaKind::Normal => options::E,
            AreaKind::Stub => 0,
            AreaKind::Nssa => options::NP,
        }
    }

    /// Areas there are, or for which LSAs of this type are wanted.
    fn known_areas(&self, kind: Kind) -> BTreeSet<AreaId> {
        let told = self.external.ids.keys().filter_map(|(scope, k)| match scope {
            Scope::Area(area) if *k == kind => Some(*area),
            _ => None,
        });
        self.external.view.areas.keys().copied().chain(told).collect()
    }

    /// Networks of which an LSA of this type is wanted in a scope.
    fn told_prefixes(&self, scope: Scope, kind: Kind) -> Vec<Prefix> {
        self.external.ids.get(&(scope, kind)).into_iter().flat_map(Ids::prefixes).collect()
    }

    /// Wants an LSA of a network, or does not any more, under the link state ID that is its turn. `what`: options and
    /// body.
    fn tell(&mut self, now: Instant, scope: Scope, kind: Kind, prefix: Prefix, what: Option<(u8, Bytes)>) {
        let id = self.external.ids.get(&(scope, kind)).and_then(|ids| ids.get(&prefix));
        match (what, id) {
            (None, None) => {}
            (Some((options, body)), Some(id)) => self.want(now, scope, self.own_key(kind, id), options, body),
            (what, _) => self.tell_anew(now, scope, kind, prefix, what),
        }
    }

    /// A network comes or goes: others of the same address may have to change their IDs.
    fn tell_anew(
        &mut self,
        now: Instant,
        scope: Scope,
        kind: Kind,
        prefix: Prefix,
        what: Option<(u8, Bytes)>,
    ) {
        let moves = self.external.ids.entry((scope, kind)).or_default().change(prefix, what.is_some());
        let told = |id| self.own.get(scope, &self.own_key(kind, id)).map(|w| (w.options, w.body.clone()));
        let content = |m: &ids::Move| if m.prefix == prefix { what.clone() } else { m.from.and_then(told) };
        let wanted: Vec<(Ipv4Addr, (u8, Bytes))> =
            moves.iter().filter_map(|m| Some((m.to?, content(m)?))).collect();
        for left in moves.iter().filter_map(|m| m.from) {
            if !wanted.iter().any(|(id, _)| *id == left) {
                self.unwant(now, scope, self.own_key(kind, left));
            }
        }
        for (id, (options, body)) in wanted {
            self.want(now, scope, self.own_key(kind, id), options, body);
        }
    }

    fn forget_empty_ids(&mut self) {
        self.external.ids.retain(|_, ids| ids.prefixes().next().is_some());
    }

    /// Own wanted LSAs of one type in a scope, in order.
    fn own_ids(&self, scope: Scope, kind: Kind) -> Vec<Ipv4Addr> {
        let key = |id| LsaKey { kind, id, router: self.router_id };
        let all = self.own.range(scope, key(Ipv4Addr::UNSPECIFIED), key(Ipv4Addr::BROADCAST));
        all.map(|(k, _)| k.id).collect()
    }

    fn own_key(&self, kind: Kind, id: Ipv4Addr) -> LsaKey {
        LsaKey { kind, id, router: self.router_id }
    }
}

fn is_clean(dirty: &Dirty) -> bool {
    let Dirty { areas, networks, routes, routers, externals, all, root } = dirty;
    let sets = areas.is_empty() && networks.is_empty() && routes.is_empty() && externals.is_empty();
    sets && !routers && !all && !root
}
