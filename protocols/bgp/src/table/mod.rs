//! What was received, what is best, and why: Adj-RIB-In and Loc-RIB in one (RFC 4271 3.2, 9.1).
//!
//! A destination has the paths that peers sent for its prefix, the best first. [`Table::update`] and [`Table::withdraw`]
//! only note what is to be looked at; [`Table::decide`] looks, a bounded piece at a time, and [`Table::poll_change`] tells
//! what became of it. Received attributes are always kept, beside those that import policy made of them.
//!
//! It parses nothing, filters nothing and sends nothing: policy has been asked before, export asks afterwards.
//!
//! Reading list: `decision` chooses between paths, `decide` asks it, `jobs` walks the table in slices (peers that are gone,
//! policies and next hops that changed), `hops` knows next hops; `dests`, `index`, `path` and `slab` store.
//! `networks` and `aggregate` make routes of our own.

pub mod aggregate;
mod decide;
pub mod decision;
mod dests;
mod explain;
mod hops;
mod index;
mod jobs;
mod map;
pub mod networks;
mod path;
mod slab;
#[cfg(test)]
mod tests;
mod view;
mod why;

pub use explain::{Explanation, Fate, PathReport};
pub use hops::Track;
pub use jobs::Received;
pub use view::{Counts, Memory, PathId, PathView};
pub use why::{Rejected, Why};

use crate::attrs::{AttrId, Store};
use crate::config::{Bestpath, LOCAL_PREFERENCE, MAX_PATHS};
use crate::settings::PeerKind;
use crate::{Family, PeerIx, RouterId};
use core::net::IpAddr;
use dests::Dests;
use fib::{Instant, Prefix};
use hops::Hops;
use jobs::Jobs;
use map::Map;
use path::{Pairs, Path, Word};
use slab::{NONE, Slab};
use std::collections::VecDeque;

/// A destination: dense from 0, per family. It belongs to one prefix as long as there are paths or somebody holds it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DestId(pub u32);

/// Where a path comes from: at most one path of a prefix comes from the same.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct From {
    /// Who sent it.
    pub peer: PeerIx,
    /// The path identifier (RFC 7911); 0 without. Of [`PeerIx::SELF`]: the kind, [`From::NETWORK`] and so on.
    pub path_id: u32,
}

impl From {
    /// `network`.
    pub const NETWORK: From = From { peer: PeerIx::SELF, path_id: 1 };
    /// Redistributed.
    pub const REDISTRIBUTED: From = From { peer: PeerIx::SELF, path_id: 2 };
    /// `aggregate-address`.
    pub const AGGREGATE: From = From { peer: PeerIx::SELF, path_id: 3 };

    /// Of a peer without path identifiers.
    pub fn peer(peer: PeerIx) -> From {
        From { peer, path_id: 0 }
    }
}

/// Weight of what this router originates, as in IOS and FRR.
pub const LOCAL_WEIGHT: u32 = 32_768;

/// What the decision process asks of a peer.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PeerInfo {
    /// What it is to us.
    pub kind: PeerKind,
    /// Its BGP identifier.
    pub router_id: RouterId,
    /// Its address.
    pub address: IpAddr,
    /// Its AS.
    pub asn: u32,
    /// It is a route reflector client, by `family as usize`.
    pub client: [bool; 2],
    /// Its next hops must be on a connected network: an eBGP peer with TTL 1 and the connected check on (FRR).
    pub connected: bool,
}

/// What configuration says about choosing.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// `bgp bestpath ...`
    pub bestpath: Bestpath,
    /// `bgp default local-preference N`: of paths without LOCAL_PREF.
    pub local_preference: u32,
    /// `maximum-paths N`, by `family as usize`.
    pub maximum_paths: [u8; 2],
    /// `maximum-paths ibgp N`, by `family as usize`.
    pub maximum_paths_ibgp: [u8; 2],
}

impl Default for Knobs {
    fn default() -> Knobs {
        Knobs {
            bestpath: Bestpath::default(),
            local_preference: LOCAL_PREFERENCE,
            maximum_paths: [MAX_PATHS; 2],
            maximum_paths_ibgp: [MAX_PATHS; 2],
        }
    }
}

/// Something to tell the RIB and the peers.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which table.
    pub family: Family,
    /// Which destination. Valid until the next [`Table::poll_change`], or as long as it is held.
    pub dest: DestId,
    /// Its prefix.
    pub prefix: Prefix,
    /// Another path is best, or the best has other attributes, or there is none any more.
    pub best: bool,
    /// The set of paths to use changed, or the attributes of one of them.
    pub multipath: bool,
    /// Any accepted path came, went or changed: for those who are sent several (RFC 7911).
    pub paths: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Table {
    /// The attribute sets of the process.
    pub attrs: Store,
    knobs: Knobs,
    peers: Vec<Peer>,
    ribs: [Rib; 2],
    paths: Slab<Path>,
    pairs: Pairs,
    /// Path identifiers of paths that have one.
    path_ids: Map<u32, u32>,
    hops: Hops,
    scratch: decide::Scratch,
    /// Paths that came, went or changed, while somebody asks.
    moved: Option<Vec<(Prefix, From)>>,
}

/// A peer, by [`PeerIx`].
#[derive(Debug, Default)]
struct Peer {
    info: Option<PeerInfo>,
    families: [PeerFamily; 2],
}

#[derive(Debug, Default)]
struct PeerFamily {
    /// Of paths that come now; others are stale.
    generation: u8,
    counts: Counts,
    jobs: jobs::Wanted,
}

/// One family.
#[derive(Debug)]
struct Rib {
    family: Family,
    dests: Dests,
    /// To decide on.
    dirty: VecDeque<u32>,
    /// To tell.
    changes: VecDeque<u32>,
    /// The one told last: it may be forgotten with the next.
    told: Option<u32>,
    paths: usize,
    jobs: Jobs,
}

impl Table {
    /// An empty one. `seed` is [`Store::new`]'s.
    pub fn new(seed: u64) -> Table {
        let rib = |family| Rib {
            family,
            dests: Dests::new(family),
            dirty: VecDeque::new(),
            changes: VecDeque::new(),
            told: None,
            paths: 0,
            jobs: Jobs::default(),
        };
        Table {
            attrs: Store::new(seed),
            knobs: Knobs::default(),
            peers: Vec::new(),
            ribs: Family::ALL.map(rib),
            paths: Slab::default(),
            pairs: Pairs::default(),
            path_ids: Map::default(),
            hops: Hops::default(),
            scratch: decide::Scratch::default(),
            moved: None,
        }
    }

    /// Whether somebody wants to know which paths move: [`Table::take_moved`].
    pub fn watch(&mut self, on: bool) {
        match (on, &self.moved) {
            (true, None) => self.moved = Some(Vec::new()),
            (false, Some(_)) => self.moved = None,
            _ => {}
        }
    }

    /// Paths that came, went or changed since, in any way: the same one several times as well. Empty unless
    /// [`Table::watch`] is on.
    pub fn take_moved(&mut self) -> Vec<(Prefix, From)> {
        self.moved.as_mut().map(core::mem::take).unwrap_or_default()
    }

    fn note_moved(&mut self, family: usize, dest: u32, slot: u32) {
        if self.moved.is_some() {
            let from = From { peer: self.paths[slot].peer, path_id: self.path_id(slot) };
            let prefix = self.ribs[family].dests.prefix(dest);
            self.moved.iter_mut().for_each(|moved| moved.push((prefix, from)));
        }
    }

    /// A path, new or instead of the earlier one of the same origin. `received` is what the peer said, `used` what import
    /// policy made of it. One reference to `received` is taken over, and one to `used` where that is another set. The same
    /// again only ends its being stale.
    ///
    /// Returns false when the table can number no more prefixes of the family (2^26 and 2^24): the path is dropped.
    pub fn update(
        &mut self,
        now: Instant,
        prefix: Prefix,
        from: From,
        received: AttrId,
        used: Result<AttrId, Rejected>,
    ) -> bool {
        let family = Family::of(prefix.is_v4()) as usize;
        let word = self.pairs.join(&mut self.attrs, received, used.ok());
        let Some(dest) = self.ribs[family].dests.find_or_insert(&prefix) else {
            self.pairs.release(&mut self.attrs, word);
            return false;
        };
        let generation = self.peer(from.peer).families[family].generation;
        let seconds = u32::try_from(now.as_secs()).unwrap_or(u32::MAX);
        let slot = match self.find(family, dest, from) {
            Some(slot) => {
                self.paths[slot].set_generation(generation);
                if self.paths[slot].attrs == word && self.paths[slot].rejected() == used.err() {
                    self.pairs.release(&mut self.attrs, word);
                    return true;
                }
                self.detach(family, dest, slot);
                self.paths[slot].since = seconds;
                slot
            }
            None => {
                let path = Path::new(from.peer, generation, seconds);
                self.link(family, dest, path, from.path_id)
            }
        };
        self.attach(family, dest, slot, word, used.err());
        true
    }

    /// Reads what [`Table::update`] and [`Table::withdraw`] of these prefixes will need, for all of them side by side: a
    /// table of Internet size does not fit the processor's caches, and most of the time would go into waiting for it.
    /// Changes nothing.
    pub fn warm(&self, family: Family, prefixes: impl Iterator<Item = Prefix>) {
        let mut seen = 0u32;
        let mut path = |head: u32| {
            if head != NONE {
                seen ^= self.paths[head].attrs.0;
            }
        };
        self.ribs[family as usize].dests.warm(prefixes, &mut path);
        core::hint::black_box(seen);
    }

    /// The path of this origin is gone. Returns false when there was none.
    pub fn withdraw(&mut self, prefix: Prefix, from: From) -> bool {
        let family = Family::of(prefix.is_v4()) as usize;
        let Some(dest) = self.ribs[family].dests.find(&prefix) else { return false };
        let Some(slot) = self.find(family, dest, from) else { return false };
        self.remove(family, dest, slot);
        true
    }

    /// Says what a peer is. Must be said before its first path; said again, its paths are decided on again if it changed.
    pub fn set_peer(&mut self, peer: PeerIx, info: PeerInfo) {
        let known = self.peer(peer).info.replace(info);
        if known.is_some_and(|known| known != info) {
            self.redecide(Some(peer));
        }
    }

    /// What a peer was said to be.
    pub fn peer_info(&self, peer: PeerIx) -> Option<&PeerInfo> {
        self.peers.get(usize::from(peer.0))?.info.as_ref()
    }

    /// Says how to choose. Everything is decided on again if that changed.
    pub fn set_knobs(&mut self, knobs: Knobs) {
        if core::mem::replace(&mut self.knobs, knobs) != knobs {
            self.redecide(None);
        }
    }

    /// How paths are chosen.
    pub fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    /// How an address that [`Table::poll_track`] asked for is reached; `None`: not at all.
    pub fn set_reach(&mut self, addr: IpAddr, reach: Option<fib::rib::Reach>) {
        match self.hops.set_reach(addr, reach) {
            hops::Stir::None => {}
            hops::Stir::These(waiting) => {
                for (family, dest) in waiting {
                    self.ribs[family as usize].touch(dest);
                }
            }
            hops::Stir::All(hop) => self.ribs.iter_mut().for_each(|rib| rib.stir(hop)),
        }
    }

    /// Which next hops the router is to report on from now on, or no longer.
    pub fn poll_track(&mut self) -> Option<Track> {
        self.hops.poll_track()
    }

    /// What changed, in the order of decisions. `None`: nothing until more is decided.
    pub fn poll_change(&mut self) -> Option<Change> {
        self.ribs.iter_mut().find_map(Rib::poll_change)
    }

    /// The destination is needed, though its paths may go: its number is not used for another prefix before as many
    /// [`Table::release`].
    pub fn hold(&mut self, family: Family, dest: DestId) {
        let dest = self.ribs[family as usize].dests.get_mut(dest.0);
        dest.holds = dest.holds.saturating_add(1);
    }

    /// Ends one [`Table::hold`].
    pub fn release(&mut self, family: Family, dest: DestId) {
        let rib = &mut self.ribs[family as usize];
        let held = rib.dests.get_mut(dest.0);
        debug_assert!(held.holds > 0, "{dest:?} is released as often as it is held");
        // At the highest count nobody knows any more how many there are: it stays.
        if held.holds != u16::MAX {
            held.holds = held.holds.saturating_sub(1);
        }
        rib.collect(dest.0);
    }

    /// An aggregate stands for the destination, or no longer: peers are not told of it.
    pub fn suppress(&mut self, family: Family, dest: DestId, on: bool) {
        let rib = &mut self.ribs[family as usize];
        if rib.dests.get(dest.0).has(dests::SUPPRESSED) == on {
            return;
        }
        let held = rib.dests.get_mut(dest.0);
        if on {
            held.set(dests::SUPPRESSED)
        } else {
            held.clear(dests::SUPPRESSED)
        }
        rib.tell(dest.0, dests::BEST_CHANGED | dests::PATHS_CHANGED);
    }

    fn peer(&mut self, peer: PeerIx) -> &mut Peer {
        let index = usize::from(peer.0);
        if self.peers.len() <= index {
            self.peers.resize_with(index + 1, Peer::default);
        }
        &mut self.peers[index]
    }

    fn find(&self, family: usize, dest: u32, from: From) -> Option<u32> {
        let mut next = self.ribs[family].dests.get(dest).head;
        while next != NONE {
            let path = &self.paths[next];
            if path.peer == from.peer && self.path_id(next) == from.path_id {
                return Some(next);
            }
            next = path.next;
        }
        None
    }

    fn path_id(&self, slot: u32) -> u32 {
        if self.paths[slot].has(path::HAS_ID) { self.path_ids.get(&slot).copied().unwrap_or(0) } else { 0 }
    }

    /// Adds a path without attributes: behind the best, before the others.
    fn link(&mut self, family: usize, dest: u32, mut path: Path, path_id: u32) -> u32 {
        let head = self.ribs[family].dests.get(dest).head;
        let best = head != NONE && self.paths[head].has(path::BEST);
        path.next = if best { self.paths[head].next } else { head };
        path.set(path::HAS_ID, path_id != 0);
        let peer = path.peer;
        let slot = self.paths.insert(path);
        if path_id != 0 {
            self.path_ids.insert(slot, path_id);
        }
        if best {
            self.paths[head].next = slot;
        } else {
            self.ribs[family].dests.get_mut(dest).head = slot;
        }
        self.ribs[family].paths += 1;
        self.peer(peer).families[family].counts.received += 1;
        slot
    }

    /// Gives a path its attributes.
    fn attach(&mut self, family: usize, dest: u32, slot: u32, word: Word, rejected: Option<Rejected>) {
        let path = &mut self.paths[slot];
        path.attrs = word;
        path.set_rejected(rejected);
        path.set(path::CHANGED, true);
        let peer = path.peer;
        self.note_moved(family, dest, slot);
        if rejected.is_none() {
            self.hops.take(&self.attrs, self.pairs.used(word));
            self.peer(peer).families[family].counts.accepted += 1;
            self.ribs[family].dests.get_mut(dest).set(dests::PATHS_CHANGED);
            self.ribs[family].touch(dest);
        }
    }

    /// Takes them away.
    fn detach(&mut self, family: usize, dest: u32, slot: u32) {
        let path = self.paths[slot];
        if !path.is_rejected() {
            self.hops.give(self.pairs.used(path.attrs));
            self.peer(path.peer).families[family].counts.accepted -= 1;
            self.ribs[family].dests.get_mut(dest).set(dests::PATHS_CHANGED);
            self.ribs[family].touch(dest);
        }
        self.pairs.release(&mut self.attrs, path.attrs);
    }

    /// Takes a path out of the table.
    fn remove(&mut self, family: usize, dest: u32, slot: u32) {
        self.note_moved(family, dest, slot);
        self.detach(family, dest, slot);
        let path = self.paths[slot];
        let rib = &mut self.ribs[family];
        let record = rib.dests.get_mut(dest);
        if path.has(path::BEST) {
            record.set(dests::BEST_CHANGED);
        }
        if path.has(path::MULTIPATH) {
            record.set(dests::MULTIPATH_CHANGED);
        }
        if record.head == slot {
            record.head = path.next;
        } else {
            let mut at = record.head;
            while self.paths[at].next != slot {
                at = self.paths[at].next;
            }
            self.paths[at].next = path.next;
        }
        rib.paths -= 1;
        rib.collect(dest);
        if path.has(path::HAS_ID) {
            self.path_ids.remove(&slot);
            if self.path_ids.is_empty() {
                self.path_ids = Map::default();
            }
        }
        self.paths.remove(slot);
        self.peer(path.peer).families[family].counts.received -= 1;
    }
}

impl Rib {
    /// A destination is to be decided on.
    fn touch(&mut self, dest: u32) {
        if !self.dests.contains(dest) {
            return;
        }
        let record = self.dests.get_mut(dest);
        if !record.has(dests::DIRTY) {
            record.set(dests::DIRTY);
            self.dirty.push_back(dest);
        }
    }

    /// There is something to tell about a destination.
    fn tell(&mut self, dest: u32, flags: u8) {
        let record = self.dests.get_mut(dest);
        record.set(flags);
        if !record.has(dests::QUEUED) {
            record.set(dests::QUEUED);
            self.changes.push_back(dest);
        }
    }

    fn poll_change(&mut self) -> Option<Change> {
        if let Some(told) = self.told.take() {
            self.collect(told);
        }
        while let Some(dest) = self.changes.pop_front() {
            let record = self.dests.get_mut(dest);
            record.clear(dests::QUEUED);
            // What is decided on soon is told then.
            if record.has(dests::DIRTY) {
                continue;
            }
            let what = record.flags();
            record.clear(dests::ANY_CHANGED);
            self.told = Some(dest);
            return Some(Change {
                family: self.family,
                dest: DestId(dest),
                prefix: self.dests.prefix(dest),
                best: what & dests::BEST_CHANGED != 0,
                multipath: what & dests::MULTIPATH_CHANGED != 0,
                paths: what & dests::PATHS_CHANGED != 0,
            });
        }
        if self.changes.capacity() > 8192 {
            self.changes = VecDeque::new();
        }
        None
    }

    /// Forgets a destination nobody needs.
    fn collect(&mut self, dest: u32) {
        let record = self.dests.get(dest);
        let needed = record.head != NONE || record.holds > 0 || record.has(dests::DIRTY | dests::QUEUED);
        if !needed && self.told != Some(dest) {
            self.dests.remove(dest);
        }
    }
}
