//! Translation of type 7 LSAs into type 5 (RFC 3101 section 3): who does it, and what comes out.
//!
//! What is translated is what the routing table uses, so that nothing unreachable is told. A translator that is no
//! longer elected stops at once: the other one has the same LSAs, and there is no TranslatorStabilityInterval.

use super::ranges::{covering, inside};
use crate::AreaId;
use crate::config::{AreaKind, Range, Translator};
use crate::lsdb::Scope;
use crate::process::{Dirty, Ospf};
use crate::settings::area_kind;
use crate::spf::{PathKind, Route};
use crate::wire::lsa::flags;
use crate::wire::{Body, External, Kind, options};
use core::net::Ipv4Addr;
use fib::Prefix;
use std::collections::{BTreeMap, BTreeSet};

/// NSSA ranges with a translated network inside that are told, with what is told of them.
#[derive(Clone, Debug, Default)]
pub(super) struct NssaRanges {
    active: BTreeMap<(AreaId, Prefix), External>,
}

impl NssaRanges {
    pub fn is_empty(&self) -> bool {
        self.active.is_empty()
    }

    pub fn prefixes(&self) -> impl Iterator<Item = Prefix> + '_ {
        self.active.keys().map(|(_, prefix)| *prefix)
    }

    pub fn is_active(&self, prefix: &Prefix) -> bool {
        self.prefixes().any(|p| p == *prefix)
    }
}

impl Ospf {
    /// Elects translators anew; the areas in which this router became one or ceased to be.
    pub(super) fn elect_translators(&mut self) -> BTreeSet<AreaId> {
        let areas: Vec<AreaId> = self.areas.keys().copied().collect();
        let mut changed = BTreeSet::new();
        for id in areas {
            let translates = self.is_translator(id);
            if let Some(area) = self.areas.get_mut(&id)
                && area.translator != translates
            {
                area.translator = translates;
                changed.insert(id);
            }
        }
        changed
    }

    /// RFC 3101 3.1: of the border routers of the NSSA, one that always translates, else that with the highest ID.
    fn is_translator(&self, area: AreaId) -> bool {
        if !self.external.view.abr || area_kind(&self.config, area) != AreaKind::Nssa {
            return false;
        }
        let (low, high) = ((area, Ipv4Addr::UNSPECIFIED), (area, Ipv4Addr::BROADCAST));
        let others = self.spf.routers().range(low..=high).filter(|(_, r)| r.kind == PathKind::Intra);
        let others = others.map(|((_, id), r)| (*id, r.flags));
        let role = self.config.areas.get(&area).map(|a| a.nssa_translator).unwrap_or_default();
        match role {
            Translator::Always => true,
            Translator::Never => false,
            Translator::Candidate => wins(self.router_id, others),
        }
    }

    /// Finds out which NSSA ranges are active; the networks whose type 5 LSA is to be looked at, with these.
    pub(super) fn refresh_translations(&mut self, dirty: &Dirty, all: bool) -> BTreeSet<Prefix> {
        let mut touched: BTreeSet<Prefix> = BTreeSet::new();
        let mut keys: BTreeSet<(AreaId, Prefix)> = BTreeSet::new();
        let configured = || self.config.areas.iter().filter(|(_, c)| !c.nssa_ranges.is_empty());
        if all {
            keys.extend(self.external.nssa_ranges.active.keys());
            keys.extend(configured().flat_map(|(area, c)| c.nssa_ranges.keys().map(|p| (*area, *p))));
            let used = self.spf.routes().iter().filter(|(_, r)| is_type7(r)).map(|(p, _)| *p);
            touched.extend(used);
        } else if self.areas.values().any(|a| a.translator) {
            touched.extend(&dirty.routes);
            for (area, config) in configured() {
                let hit = dirty.routes.iter().filter_map(|p| covering(&config.nssa_ranges, p));
                keys.extend(hit.map(|(range, _)| (*area, range)));
            }
        }
        for key in keys {
            let told = self.told_of_nssa_range(key.0, &key.1);
            let active = &mut self.external.nssa_ranges.active;
            let before = match told {
                Some(told) => active.insert(key, told),
                None => active.remove(&key),
            };
            if before != told {
                touched.insert(key.1);
            }
        }
        touched
    }

    /// The type 5 LSA that `prefix` is translated into, or that a range is told by.
    pub(super) fn translated(&self, prefix: &Prefix) -> Option<External> {
        let of_range = |id: &AreaId| self.external.nssa_ranges.active.get(&(*id, *prefix)).copied();
        if let Some(range) = self.areas.keys().find_map(of_range) {
            return Some(range);
        }
        let (area, external) = self.translatable(prefix, self.spf.routes().get(prefix)?)?;
        let config = self.config.areas.get(&area)?;
        if covering(&config.nssa_ranges, prefix).is_some() {
            return None;
        }
        let forward = if config.nssa_suppress_fa { Ipv4Addr::UNSPECIFIED } else { external.forward };
        Some(External { forward, ..external })
    }

    /// The type 7 LSA a route comes from, if this router is to translate it: of an NSSA whose translator it is, from
    /// somebody else, with the P-bit and a forwarding address.
    fn translatable(&self, prefix: &Prefix, route: &Route) -> Option<(AreaId, External)> {
        let (scope, key) = &route.origin;
        let Scope::Area(area) = *scope else { return None };
        let used = is_type7(route) && key.kind == Kind::NssaExternal && key.router != self.router_id;
        if !used || !self.areas.get(&area)?.translator {
            return None;
        }
        let lsa = &self.lsdb.get(*scope, key)?.lsa;
        let Body::External(external) = lsa.body() else { return None };
        let asked = lsa.header.options & options::NP != 0 && !external.forward.is_unspecified();
        (asked && external.len == prefix.len()).then_some((area, external))
    }

    /// What is told of an NSSA range (RFC 3101 3.2): the larger type and metric inside; `None`: nothing is.
    fn told_of_nssa_range(&self, area: AreaId, prefix: &Prefix) -> Option<External> {
        let ranges = &self.config.areas.get(&area)?.nssa_ranges;
        let range = ranges.get(prefix).filter(|r| !r.not_advertise)?;
        let within = self.spf.routes().range(inside(prefix));
        let here = within
            .filter(|(p, _)| covering(ranges, p).is_some_and(|(nearest, _)| nearest == *prefix))
            .filter_map(|(p, r)| self.translatable(p, r))
            .filter(|(of, _)| *of == area)
            .map(|(_, external)| external);
        aggregate(prefix, range, here)
    }
}

/// Whether this router is elected among the border routers of an NSSA, given the others with their flags.
fn wins(own: Ipv4Addr, others: impl Iterator<Item = (Ipv4Addr, u8)>) -> bool {
    let mut rivals = others.filter(|(_, f)| f & flags::B != 0);
    !rivals.any(|(id, f)| f & flags::NT != 0 || id > own)
}

/// The LSA of a range over what is inside. Of type 2, its metric is one more than the largest, so that a single route
/// that somebody tells beside it is preferred.
fn aggregate(prefix: &Prefix, range: &Range, inside: impl Iterator<Item = External>) -> Option<External> {
    let worst = inside.max_by_key(|e| (e.type2, e.metric))?;
    let own = if worst.type2 { worst.metric.saturating_add(1) } else { worst.metric };
    let metric = range.cost.unwrap_or(own).min(crate::config::LS_INFINITY.saturating_sub(1));
    Some(External { len: prefix.len(), type2: worst.type2, metric, forward: Ipv4Addr::UNSPECIFIED, tag: 0 })
}

fn is_type7(route: &Route) -> bool {
    matches!(route.kind, PathKind::External1 { nssa: true } | PathKind::External2 { nssa: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(n: u8) -> Ipv4Addr {
        Ipv4Addr::new(n, n, n, n)
    }

    #[test]
    fn the_border_router_with_the_highest_id_translates_unless_one_always_does() {
        let wins = |others: &[(u8, u8)]| wins(router(5), others.iter().map(|(n, f)| (router(*n), *f)));
        assert!(wins(&[]));
        assert!(wins(&[(4, flags::B | flags::E)]));
        assert!(!wins(&[(6, flags::B | flags::E)]));
        assert!(wins(&[(6, flags::E)]), "an ASBR is no border router");
        assert!(!wins(&[(4, flags::B | flags::NT)]));
    }

    #[test]
    fn a_range_is_of_the_larger_type_and_metric() {
        let prefix: Prefix = "10.0.0.0/8".parse().unwrap();
        let e = |type2, metric| External { len: 24, type2, metric, forward: router(1), tag: 7 };
        let of = |all: &[External], cost| {
            let range = Range { cost, ..Range::default() };
            aggregate(&prefix, &range, all.iter().copied()).map(|e| (e.len, e.type2, e.metric, e.tag))
        };
        assert_eq!(of(&[e(false, 30), e(false, 20)], None), Some((8, false, 30, 0)));
        assert_eq!(of(&[e(false, 30), e(true, 20)], None), Some((8, true, 21, 0)));
        assert_eq!(of(&[e(true, 20)], Some(5)), Some((8, true, 5, 0)));
        assert_eq!(of(&[], None), None);
    }
}
