//! The routing table's networks, and what became of them in a run. Three passes write to it, each better than the
//! next: within the areas, between areas, outside of the AS.

use super::hops::{HopSets, NOWHERE, SetId};
use super::net::Net;
use super::{Change, PathKind, Route};
use crate::AreaId;
use crate::lsdb::Scope;
use crate::wire::LsaKey;
use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;
use std::collections::{BTreeMap, BTreeSet};

/// A path that was found, before it is a route.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: PathKind,
    pub(super) area: AreaId,
    pub(super) cost: u32,
    pub(super) type2: u32,
    pub(super) tag: u32,
    pub(super) hops: SetId,
    pub(super) origin: (Scope, LsaKey),
}

impl Found {
    fn is(&self, route: &Route, sets: &HopSets) -> bool {
        (self.kind, self.area, self.cost, self.type2, self.tag, self.origin)
            == (route.kind, route.area, route.cost, route.type2, route.tag, route.origin)
            && sets.get(self.hops) == &route.hops
    }

    fn route(&self, sets: &HopSets) -> Route {
        let Found { kind, area, cost, type2, tag, hops, origin } = *self;
        Route { kind, area, cost, type2, hops: sets.get(hops).clone(), tag, origin }
    }
}

/// The networks a pass looks at.
#[derive(Copy, Clone, Debug)]
pub(super) enum Nets<'a> {
    All,
    /// In order.
    These(&'a [Net]),
}

/// One of the three passes.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pass {
    Intra,
    Inter,
    External,
}

impl Pass {
    fn inner(self) -> Option<usize> {
        match self {
            Pass::Intra => Some(0),
            Pass::Inter => Some(1),
            Pass::External => None,
        }
    }
}

impl PathKind {
    fn pass(self) -> Pass {
        match self {
            PathKind::Intra => Pass::Intra,
            PathKind::Inter => Pass::Inter,
            PathKind::External1 { .. } | PathKind::External2 { .. } => Pass::External,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    routes: BTreeMap<Prefix, Route>,
    /// Those of the first two passes, so that they are found beside many externals.
    inner: [BTreeSet<Net>; 2],
    /// What was there before this run.
    before: BTreeMap<Net, Option<Route>>,
}

impl Table {
    pub(super) fn routes(&self) -> &BTreeMap<Prefix, Route> {
        &self.routes
    }

    pub(super) fn get(&self, net: Net) -> Option<&Route> {
        self.routes.get(&net.prefix())
    }

    /// The networks that were written to in this run, in order.
    pub(super) fn written(&self) -> Vec<Net> {
        self.before.keys().copied().collect()
    }

    /// Ends the run.
    pub(super) fn changes(&mut self) -> Vec<Change> {
        let before = core::mem::take(&mut self.before);
        let changed = |(net, old): (Net, Option<Route>)| {
            let (prefix, new) = (net.prefix(), self.get(net));
            (new != old.as_ref()).then(|| Change { prefix, route: new.cloned() })
        };
        before.into_iter().filter_map(changed).collect()
    }

    pub(super) fn put(&mut self, net: Net, route: Option<Route>) {
        let prefix = net.prefix();
        let new = route.as_ref().and_then(|r| r.kind.pass().inner());
        for (i, nets) in self.inner.iter_mut().enumerate() {
            if new == Some(i) {
                nets.insert(net)
            } else {
                nets.remove(&net)
            };
        }
        let old = match route {
            Some(route) => self.routes.insert(prefix, route),
            None => self.routes.remove(&prefix),
        };
        self.before.entry(net).or_insert(old);
    }

    /// Takes what a pass found among these networks (in order, each once). What an earlier pass found stays; what this
    /// pass had found before and did not find again goes.
    pub(super) fn settle(&mut self, pass: Pass, nets: Nets<'_>, found: &[(Net, Found)], sets: &HopSets) {
        if let (Nets::All, Some(inner)) = (nets, pass.inner())
            && self.routes.len() > 4 * (self.inner[inner].len() + found.len())
        {
            let mut nets: Vec<Net> = found.iter().map(|(net, _)| *net).collect();
            nets.extend(&self.inner[inner]);
            nets.sort();
            nets.dedup();
            return self.settle(pass, Nets::These(&nets), found, sets);
        }
        let mut edits: Vec<(Net, Option<Route>)> = Vec::new();
        let mut found = found.iter().peekable();
        let mut edit = |net: Net, new: Option<&Found>, old: Option<&Route>| {
            let new = new.filter(|f| f.hops != NOWHERE);
            match (new, old) {
                (_, Some(old)) if old.kind.pass() < pass => {}
                (Some(new), Some(old)) if new.is(old, sets) => {}
                (Some(new), _) => edits.push((net, Some(new.route(sets)))),
                (None, Some(old)) if old.kind.pass() == pass => edits.push((net, None)),
                (None, _) => {}
            }
        };
        match nets {
            Nets::All => {
                for (prefix, old) in &self.routes {
                    let Some(net) = Net::from_prefix(prefix) else { continue };
                    while let Some((earlier, new)) = found.next_if(|(n, _)| *n < net) {
                        edit(*earlier, Some(new), None);
                    }
                    edit(net, found.next_if(|(n, _)| *n == net).map(|(_, new)| new), Some(old));
                }
                found.for_each(|(net, new)| edit(*net, Some(new), None));
            }
            Nets::These(nets) => {
                for net in nets {
                    let new = found.next_if(|(n, _)| n == net).map(|(_, new)| new);
                    edit(*net, new, self.routes.get(&net.prefix()));
                }
            }
        }
        for (net, route) in edits {
            self.put(net, route);
        }
    }

    /// The longest network within the AS that contains an address.
    pub(super) fn lookup(&self, address: Ipv4Addr) -> Option<(Net, &Route)> {
        let mut longest = Net::new(address, 32);
        loop {
            let (prefix, route) = self.routes.range(..=longest.prefix()).next_back()?;
            let IpAddr::V4(_) = prefix.addr() else { return None };
            let net = Net::from_prefix(prefix)?;
            if net.contains(address) && route.kind.pass() < Pass::External {
                return Some((net, route));
            }
            longest = net.shortened_to(address)?;
        }
    }

    /// Whether some network in this range is reached within `area`: the range is active (RFC 2328 3.5).
    pub(super) fn is_active(&self, range: Net, area: AreaId) -> bool {
        let inside = self.routes.range(range.prefix()..=Net::new(range.last(), 32).prefix());
        inside
            .filter(|(prefix, _)| Net::from_prefix(prefix).is_some_and(|net| range.covers(net)))
            .any(|(_, route)| route.kind == PathKind::Intra && route.area == area)
    }
}

/// Makes one of the paths found for each network: the cheapest; equal ones in one area together (ECMP); of those in
/// several areas the first. The result is in order of networks.
pub(super) fn best(mut found: Vec<(Net, Found)>, sets: &mut HopSets) -> Vec<(Net, Found)> {
    found.sort_by_key(|(net, _)| *net);
    found.dedup_by(|(net, new), (kept_net, kept)| {
        if net != kept_net {
            return false;
        }
        if new.cost < kept.cost {
            *kept = *new;
        } else if new.cost == kept.cost && new.area == kept.area {
            kept.hops = sets.union(kept.hops, new.hops);
            kept.origin = kept.origin.min(new.origin);
        }
        true
    });
    found
}
