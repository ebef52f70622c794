//! Reading the table: the best path, all paths, walks in order, numbers.

use super::slab::NONE;
use super::{DestId, From, Path, Rejected, Table, decision, dests, path};
use crate::attrs::AttrId;
use crate::{Family, PeerIx};
use core::net::IpAddr;
use fib::Prefix;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A path, as long as it exists: no other path of the same prefix has the number meanwhile. Fit as the path identifier of
/// RFC 7911 when one is added.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub u32);

/// A path as others see it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PathView {
    /// Which.
    pub id: PathId,
    /// Who sent it.
    pub from: From,
    /// As it is used: after import policy. Of a rejected one, as received.
    pub used: AttrId,
    /// As it came.
    pub received: AttrId,
    /// Since when it is what it is, seconds of uptime.
    pub since: u32,
    /// Why it may not be used.
    pub rejected: Option<Rejected>,
    /// It won.
    pub best: bool,
    /// It is used together with others, of which one is best.
    pub multipath: bool,
    /// Its peer has not sent it again since its session or its refresh began.
    pub stale: bool,
    /// What [`Table::set_validity`] said: 0..=3.
    pub validity: u8,
}

impl PathView {
    /// It is the best, or used beside it.
    pub fn is_used(&self) -> bool {
        self.best || self.multipath
    }
}

/// Paths of a peer in one family.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All, rejected ones included.
    pub received: u32,
    /// Those that policy accepted.
    pub accepted: u32,
}

/// Bytes.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Memory {
    /// Prefixes: index and destinations.
    pub destinations: usize,
    /// Paths.
    pub paths: usize,
    /// Attribute sets, and pairs of received and used ones.
    pub attributes: usize,
    /// Next hops, and which attribute sets name them.
    pub next_hops: usize,
}

impl Table {
    /// The path that won, as of the last decision.
    pub fn best(&self, family: Family, dest: DestId) -> Option<PathView> {
        let head = self.ribs[family as usize].head(dest.0)?;
        self.paths[head].has(path::BEST).then(|| self.view(family, head))
    }

    /// Who sent the best path and what it is used as: what export asks most.
    pub fn best_used(&self, family: Family, dest: DestId) -> Option<(PeerIx, AttrId)> {
        let path = &self.paths[self.ribs[family as usize].head(dest.0)?];
        path.has(path::BEST).then(|| (path.peer, self.pairs.used(path.attrs)))
    }

    /// Every path, rejected ones included: the best first, then the newer first.
    pub fn paths(&self, family: Family, dest: DestId) -> impl Iterator<Item = PathView> + '_ {
        self.slots(family, dest.0).map(move |slot| self.view(family, slot))
    }

    /// Paths that policy accepted and whose next hop is reachable: what may be sent to those who take several.
    pub fn accepted(&self, family: Family, dest: DestId) -> impl Iterator<Item = PathView> + '_ {
        let usable = move |slot: &u32| {
            let path = &self.paths[*slot];
            !path.is_rejected() && self.reaches(path)
        };
        self.slots(family, dest.0).filter(usable).map(move |slot| self.view(family, slot))
    }

    /// The best of the usable paths of each neighboring AS, the best of all first: what Add-Path sends by
    /// `addpath-tx-bestpath-per-AS`.
    pub fn best_per_as(&self, family: Family, dest: DestId) -> Vec<PathView> {
        let mut groups: BTreeMap<Option<u32>, Vec<(u32, u32)>> = BTreeMap::new();
        for slot in self.slots(family, dest.0).filter(|slot| !self.paths[*slot].is_rejected()) {
            let path = &self.paths[slot];
            let connected = self.peer_info(path.peer).is_some_and(|p| p.connected);
            let used = self.pairs.used(path.attrs);
            if let Some(metric) = self.hops.peek(used, connected).0 {
                groups.entry(self.attrs.get(used).neighbor_as()).or_default().push((slot, metric));
            }
        }
        let best = groups.into_values().filter_map(|mut group| {
            self.order(&mut group);
            let candidates: Vec<_> =
                group.iter().map(|(slot, metric)| self.candidate(*slot, *metric)).collect();
            let winner = decision::choose(&candidates, &self.knobs.bestpath, None)?;
            Some(self.view(family, group.get(winner.best)?.0))
        });
        let mut best: Vec<PathView> = best.collect();
        best.sort_by_key(|path| !path.best);
        best
    }

    /// The paths to use: the best first, then those that are as good.
    pub fn multipath(&self, family: Family, dest: DestId) -> impl Iterator<Item = PathView> + '_ {
        let used = move |slot: &u32| {
            let path = &self.paths[*slot];
            path.has(path::BEST) || path.has(path::MULTIPATH)
        };
        self.slots(family, dest.0).filter(used).map(move |slot| self.view(family, slot))
    }

    /// The path of this origin.
    pub fn path(&self, prefix: &Prefix, from: From) -> Option<PathView> {
        let family = Family::of(prefix.is_v4());
        let dest = self.ribs[family as usize].dests.find(prefix)?;
        let slot = self.find(family as usize, dest, from)?;
        Some(self.view(family, slot))
    }

    /// The destination of a prefix, if there is one; it may have no paths.
    pub fn dest(&self, prefix: &Prefix) -> Option<DestId> {
        self.ribs[Family::of(prefix.is_v4()) as usize].dests.find(prefix).map(DestId)
    }

    /// The prefix of a destination.
    pub fn prefix(&self, family: Family, dest: DestId) -> Prefix {
        self.ribs[family as usize].dests.prefix(dest.0)
    }

    /// The longest prefix that contains `addr` and has paths.
    pub fn lookup(&self, addr: IpAddr) -> Option<(Prefix, DestId)> {
        let rib = &self.ribs[Family::of(addr.is_ipv4()) as usize];
        (0..=Prefix::host(addr).len()).rev().find_map(|len| {
            let prefix = Prefix::new(addr, len);
            let dest = rib.dests.find(&prefix)?;
            (rib.dests.get(dest).head != NONE).then_some((prefix, DestId(dest)))
        })
    }

    /// Destinations with paths, in order of their prefixes, behind `after`.
    pub fn after<'a>(
        &'a self,
        family: Family,
        after: Option<&Prefix>,
    ) -> impl Iterator<Item = (Prefix, DestId)> + use<'a> {
        let rib = &self.ribs[family as usize];
        let used = move |(_, dest): &(Prefix, u32)| rib.dests.get(*dest).head != NONE;
        rib.dests.after(after).filter(used).map(|(prefix, dest)| (prefix, DestId(dest)))
    }

    /// Destinations with paths that `within` covers, itself included, in order.
    pub fn within<'a>(&'a self, within: &Prefix) -> impl Iterator<Item = (Prefix, DestId)> + use<'a> {
        let rib = &self.ribs[Family::of(within.is_v4()) as usize];
        let used = move |(_, dest): &(Prefix, u32)| rib.dests.get(*dest).head != NONE;
        rib.dests.within(within).filter(used).map(|(prefix, dest)| (prefix, DestId(dest)))
    }

    /// The destination that is in order behind `after`, with paths or without: a walk that goes on later.
    pub fn next_dest(&self, family: Family, after: Option<&Prefix>) -> Option<(Prefix, DestId)> {
        self.ribs[family as usize].dests.next(after).map(|(prefix, dest)| (prefix, DestId(dest)))
    }

    /// All numbers of destinations are below this: the size of a bitmap.
    pub fn dest_end(&self, family: Family) -> u32 {
        self.ribs[family as usize].dests.end()
    }

    /// Whether this number is that of a destination now.
    pub fn is_dest(&self, family: Family, dest: DestId) -> bool {
        self.ribs[family as usize].dests.contains(dest.0)
    }

    /// Whether an aggregate stands for it.
    pub fn is_suppressed(&self, family: Family, dest: DestId) -> bool {
        self.ribs[family as usize].dests.get(dest.0).has(dests::SUPPRESSED)
    }

    /// Paths of a peer.
    pub fn counts(&self, peer: PeerIx, family: Family) -> Counts {
        let peer = self.peers.get(usize::from(peer.0));
        peer.map_or(Counts::default(), |p| p.families[family as usize].counts)
    }

    /// Whether nothing of a peer is left: its index may be given to another.
    pub fn is_gone(&self, peer: PeerIx) -> bool {
        Family::ALL.into_iter().all(|family| self.counts(peer, family).received == 0)
    }

    /// Prefixes of a family, those included that have no paths any more and are held.
    pub fn prefix_count(&self, family: Family) -> usize {
        self.ribs[family as usize].dests.len()
    }

    /// Paths of a family.
    pub fn path_count(&self, family: Family) -> usize {
        self.ribs[family as usize].paths
    }

    /// Next hops and how they are reached: `show bgp nexthop`. `None` in the second place: the RIB has not answered yet.
    pub fn next_hops(&self) -> impl Iterator<Item = (IpAddr, Option<Option<&fib::rib::Reach>>)> + '_ {
        self.hops.iter()
    }

    /// Attribute sets in use that name this next hop.
    pub fn next_hop_sets(&self, addr: IpAddr) -> u32 {
        self.hops.sets(addr)
    }

    /// What it takes.
    pub fn memory(&self) -> Memory {
        Memory {
            destinations: self.ribs.iter().map(|rib| rib.dests.bytes()).sum(),
            paths: self.paths.bytes() + self.path_ids.capacity() * size_of::<(u32, u32, u8)>(),
            attributes: self.attrs.bytes() + self.pairs.bytes(),
            next_hops: self.hops.bytes(),
        }
    }

    pub(super) fn slots(&self, family: Family, dest: u32) -> impl Iterator<Item = u32> + '_ {
        let head = self.ribs[family as usize].head(dest);
        core::iter::successors(head, |slot| {
            let next = self.paths[*slot].next;
            (next != NONE).then_some(next)
        })
    }

    pub(super) fn reaches(&self, path: &Path) -> bool {
        let connected = self.peer_info(path.peer).is_some_and(|p| p.connected);
        path.peer == PeerIx::SELF || self.hops.peek(self.pairs.used(path.attrs), connected).0.is_some()
    }

    pub(super) fn view(&self, family: Family, slot: u32) -> PathView {
        let path = &self.paths[slot];
        PathView {
            id: PathId(slot),
            from: From { peer: path.peer, path_id: self.path_id(slot) },
            used: self.pairs.used(path.attrs),
            received: self.pairs.received(path.attrs),
            since: path.since,
            rejected: path.rejected(),
            best: path.has(path::BEST),
            multipath: path.has(path::MULTIPATH),
            stale: self.is_stale(family as usize, slot),
            validity: path.validity(),
        }
    }
}
