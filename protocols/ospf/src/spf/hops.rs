//! Sets of next hops, each kept once: a tree of thousands of routers has few of them, and most vertices share one
//! with their parent.

use super::{Hop, Hops};
use core::net::Ipv4Addr;
use std::collections::BTreeMap;

/// A set in [`HopSets`].
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SetId(u32);

/// No way.
pub(super) const NOWHERE: SetId = SetId(0);

/// All sets of next hops in use: sorted, without duplicates, at most `limit` in each.
#[derive(Clone, Debug)]
pub(super) struct HopSets {
    limit: usize,
    sets: Vec<Hops>,
    ids: BTreeMap<Hops, SetId>,
    unions: BTreeMap<(SetId, SetId), SetId>,
}

impl Default for HopSets {
    fn default() -> HopSets {
        HopSets::new(1)
    }
}

impl HopSets {
    pub(super) fn new(limit: u8) -> HopSets {
        let ids = BTreeMap::from([(Hops::new(), NOWHERE)]);
        HopSets { limit: usize::from(limit.max(1)), sets: vec![Hops::new()], ids, unions: BTreeMap::new() }
    }

    pub(super) fn get(&self, id: SetId) -> &Hops {
        &self.sets[id.0 as usize]
    }

    pub(super) fn intern(&mut self, mut hops: Hops) -> SetId {
        hops.sort_unstable();
        hops.dedup();
        hops.truncate(self.limit);
        if let Some(id) = self.ids.get(&hops) {
            return *id;
        }
        let id = SetId(self.sets.len() as u32);
        self.sets.push(hops.clone());
        self.ids.insert(hops, id);
        id
    }

    pub(super) fn union(&mut self, a: SetId, b: SetId) -> SetId {
        if a == b || b == NOWHERE {
            return a;
        }
        if a == NOWHERE {
            return b;
        }
        let pair = (a.min(b), a.max(b));
        if let Some(id) = self.unions.get(&pair) {
            return *id;
        }
        let both = self.get(a).iter().chain(self.get(b)).copied().collect();
        let id = self.intern(both);
        self.unions.insert(pair, id);
        id
    }

    /// The set with `gateway` where the destination was on the link (16.1.1: the router's address on a network that
    /// is directly attached; 16.4: a forwarding address on one).
    pub(super) fn through(&mut self, id: SetId, gateway: Ipv4Addr) -> SetId {
        if self.get(id).iter().all(|hop| hop.gateway.is_some()) {
            return id;
        }
        let onward = |hop: &Hop| Hop { port: hop.port, gateway: hop.gateway.or(Some(gateway)) };
        let hops = self.get(id).iter().map(onward).collect();
        self.intern(hops)
    }
}
