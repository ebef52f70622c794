//! Walks over the whole table, in slices: paths of peers that are gone, and paths to look at again because a peer, a knob,
//! a next hop or a policy changed. All walks of a family that change something share one cursor, so a hundred peers that
//! go down at once cost one walk; each ends where it began.

use super::path::GENERATIONS;
use super::slab::NONE;
use super::{DestId, From, PathId, Rejected, Rib, Table};
use crate::attrs::AttrId;
use crate::{Family, PeerIx};
use fib::Prefix;
use std::collections::VecDeque;

/// Destinations looked at before it is seen whether a walk is over.
const STRIDE: u32 = 256;

/// The walks of a family.
#[derive(Debug, Default)]
pub struct Jobs {
    cursor: u32,
    laps: Vec<Lap>,
    /// Every destination is to be decided on.
    everything: bool,
    /// Of the walk that asks policy again.
    policy_cursor: u32,
    policy: Vec<Lap>,
    /// Paths of the destination before its cursor.
    pending: VecDeque<(u32, u32)>,
}

/// Once around.
#[derive(Debug)]
struct Lap {
    what: What,
    start: u32,
    wrapped: bool,
}

impl Lap {
    /// The cursor comes to `at`, or to the end: whether it is around. A table that has shrunk meanwhile may end before the
    /// start.
    fn pass(&mut self, at: u32, end: u32) -> bool {
        let wraps = at >= end;
        if self.wrapped {
            return wraps || at >= self.start;
        }
        self.wrapped = wraps;
        wraps && self.start == 0
    }
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum What {
    Sweep(PeerIx),
    Redecide(Option<PeerIx>),
    Hop(u32),
    Policy(PeerIx),
}

/// What the walks look for at the paths of a peer.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Paths older than this generation go.
    sweep: Option<u8>,
    redecide: bool,
    policy: bool,
    /// No path is older than this many generations.
    span: u8,
}

/// A path to ask import policy about again.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Which table.
    pub family: Family,
    /// Its destination.
    pub dest: DestId,
    /// Its prefix.
    pub prefix: Prefix,
    /// Which path.
    pub path: PathId,
    /// Who sent it.
    pub from: From,
    /// What was received. Still held by the path.
    pub received: AttrId,
}

fn age(current: u8, generation: u8) -> u8 {
    current.wrapping_sub(generation) % GENERATIONS
}

impl Jobs {
    fn start(laps: &mut Vec<Lap>, what: What, cursor: u32) {
        laps.retain(|lap| lap.what != what);
        laps.push(Lap { what, start: cursor, wrapped: false });
    }

    pub fn is_empty(&self) -> bool {
        self.laps.is_empty()
    }
}

impl Rib {
    /// A next hop is reached otherwise.
    pub(super) fn stir(&mut self, hop: u32) {
        Jobs::start(&mut self.jobs.laps, What::Hop(hop), self.jobs.cursor);
    }
}

impl Table {
    /// What the peer sent until now is stale: it stays in use, but [`Table::sweep`] removes what is not sent again. At most
    /// 15 generations are told apart; of a still older one the paths go at once.
    pub fn new_generation(&mut self, peer: PeerIx, family: Family) {
        let of = &mut self.peer(peer).families[family as usize];
        if of.counts.received == 0 {
            of.jobs.span = 0;
            return;
        }
        if of.jobs.span == GENERATIONS - 1 {
            self.remove_oldest(peer, family);
        }
        let of = &mut self.peer(peer).families[family as usize];
        of.jobs.span = (of.jobs.span + 1).min(GENERATIONS - 1);
        of.generation = (of.generation + 1) % GENERATIONS;
    }

    /// Removes every stale path of a peer, in slices, as part of [`Table::decide`].
    pub fn sweep(&mut self, peer: PeerIx, family: Family) {
        let of = &mut self.peer(peer).families[family as usize];
        if of.counts.received == 0 {
            return;
        }
        of.jobs.sweep = Some(of.generation);
        let jobs = &mut self.ribs[family as usize].jobs;
        Jobs::start(&mut jobs.laps, What::Sweep(peer), jobs.cursor);
    }

    /// The session is gone, and nothing of it is kept: [`Table::new_generation`] and [`Table::sweep`] in both families.
    pub fn forget_peer(&mut self, peer: PeerIx) {
        for family in Family::ALL {
            self.new_generation(peer, family);
            self.sweep(peer, family);
        }
    }

    /// Whether a path belongs to an older generation.
    pub(super) fn is_stale(&self, family: usize, slot: u32) -> bool {
        let path = &self.paths[slot];
        let of = self.peers.get(usize::from(path.peer.0)).map(|p| &p.families[family]);
        of.is_some_and(|of| of.generation != path.generation())
    }

    fn remove_oldest(&mut self, peer: PeerIx, family: Family) {
        let family = family as usize;
        let current = self.peer(peer).families[family].generation;
        for dest in 0..self.ribs[family].dests.end() {
            for slot in self.chain(family, dest) {
                let path = self.paths[slot];
                if path.peer == peer && age(current, path.generation()) == GENERATIONS - 1 {
                    self.remove(family, dest, slot);
                }
            }
        }
    }

    fn chain(&self, family: usize, dest: u32) -> smallvec::SmallVec<[u32; 8]> {
        let dests = &self.ribs[family].dests;
        let mut next = if dests.contains(dest) { dests.get(dest).head } else { NONE };
        let mut slots = smallvec::SmallVec::new();
        while next != NONE {
            slots.push(next);
            next = self.paths[next].next;
        }
        slots
    }

    /// Decides again on everything the peer has a path to, or on everything.
    pub fn redecide(&mut self, peer: Option<PeerIx>) {
        for family in Family::ALL {
            match peer {
                Some(peer) => self.peer(peer).families[family as usize].jobs.redecide = true,
                None => self.ribs[family as usize].jobs.everything = true,
            }
            let jobs = &mut self.ribs[family as usize].jobs;
            Jobs::start(&mut jobs.laps, What::Redecide(peer), jobs.cursor);
        }
    }

    /// One slice of the walks of a family: `budget` destinations at most. True: there is more.
    pub(super) fn walk(&mut self, family: Family, budget: usize) -> bool {
        let rib = family as usize;
        let mut left = u32::try_from(budget).unwrap_or(u32::MAX);
        while left > 0 && !self.ribs[rib].jobs.is_empty() {
            let first = self.ribs[rib].jobs.cursor;
            let end = self.ribs[rib].dests.end();
            let last = first.saturating_add(STRIDE.min(left)).min(end);
            for dest in first..last {
                self.visit(rib, dest);
            }
            left = left.saturating_sub(last.saturating_sub(first).max(1));
            self.pass(rib, last, end);
        }
        !self.ribs[rib].jobs.is_empty()
    }

    /// The cursor has come to `at`: walks that are around are over.
    fn pass(&mut self, rib: usize, at: u32, end: u32) {
        let jobs = &mut self.ribs[rib].jobs;
        let wraps = at >= end;
        jobs.cursor = if wraps { 0 } else { at };
        let over = |lap: &mut Lap| lap.pass(at, end);
        let done: smallvec::SmallVec<[What; 4]> =
            jobs.laps.extract_if(.., over).map(|lap| lap.what).collect();
        for what in done {
            self.finish(rib, what);
        }
    }

    fn finish(&mut self, rib: usize, what: What) {
        match what {
            What::Sweep(peer) => {
                let of = &mut self.peer(peer).families[rib];
                if let Some(generation) = of.jobs.sweep.take() {
                    of.jobs.span = age(of.generation, generation);
                }
                if self.paths.len() == 0 {
                    self.hops.shrink();
                }
            }
            What::Redecide(Some(peer)) => self.peer(peer).families[rib].jobs.redecide = false,
            What::Redecide(None) => self.ribs[rib].jobs.everything = false,
            What::Hop(hop) => {
                let elsewhere = self.ribs.iter().any(|r| r.jobs.laps.iter().any(|l| l.what == what));
                if !elsewhere {
                    self.hops.settle(hop);
                }
            }
            What::Policy(peer) => self.peer(peer).families[rib].jobs.policy = false,
        }
    }

    fn visit(&mut self, rib: usize, dest: u32) {
        if !self.ribs[rib].dests.contains(dest) {
            return;
        }
        let mut next = self.ribs[rib].dests.get(dest).head;
        while next != NONE {
            let slot = next;
            let path = self.paths[slot];
            next = path.next;
            let of = &self.peers[usize::from(path.peer.0)].families[rib];
            let older = |than: u8| age(of.generation, path.generation()) > age(of.generation, than);
            if of.jobs.sweep.is_some_and(older) {
                self.remove(rib, dest, slot);
            } else if !path.is_rejected() {
                let again = self.ribs[rib].jobs.everything
                    || of.jobs.redecide
                    || self.hops.is_stirred(self.pairs.used(path.attrs));
                if again {
                    self.ribs[rib].touch(dest);
                }
            }
        }
    }

    /// Import policy changed: [`Table::poll_received`] gives every path of the peer, once.
    pub fn reevaluate(&mut self, peer: PeerIx, family: Family) {
        let of = &mut self.peer(peer).families[family as usize];
        if of.counts.received == 0 {
            return;
        }
        of.jobs.policy = true;
        let jobs = &mut self.ribs[family as usize].jobs;
        Jobs::start(&mut jobs.policy, What::Policy(peer), jobs.policy_cursor);
    }

    /// Whether [`Table::poll_received`] has more to give, now or in the next slice.
    pub fn is_reevaluating(&self) -> bool {
        self.ribs.iter().any(|rib| !rib.jobs.policy.is_empty() || !rib.jobs.pending.is_empty())
    }

    /// The next path to ask import policy about again; [`Table::reuse`] is the answer. `budget` counts down by the
    /// destinations walked over. `None`: it is spent, or there is no more.
    pub fn poll_received(&mut self, budget: &mut usize) -> Option<Received> {
        Family::ALL.into_iter().find_map(|family| self.poll_received_of(family, budget))
    }

    fn poll_received_of(&mut self, family: Family, budget: &mut usize) -> Option<Received> {
        let rib = family as usize;
        loop {
            while let Some((dest, slot)) = self.ribs[rib].jobs.pending.pop_front() {
                if self.chain(rib, dest).contains(&slot) {
                    return Some(self.received(family, dest, slot));
                }
            }
            if *budget == 0 || self.ribs[rib].jobs.policy.is_empty() {
                return None;
            }
            *budget -= 1;
            self.step_policy(rib);
        }
    }

    fn received(&self, family: Family, dest: u32, slot: u32) -> Received {
        let path = &self.paths[slot];
        Received {
            family,
            dest: DestId(dest),
            prefix: self.ribs[family as usize].dests.prefix(dest),
            path: PathId(slot),
            from: From { peer: path.peer, path_id: self.path_id(slot) },
            received: self.pairs.received(path.attrs),
        }
    }

    fn step_policy(&mut self, rib: usize) {
        let dest = self.ribs[rib].jobs.policy_cursor;
        for slot in self.chain(rib, dest) {
            let peer = self.paths[slot].peer;
            if self.peer(peer).families[rib].jobs.policy {
                self.ribs[rib].jobs.pending.push_back((dest, slot));
            }
        }
        let end = self.ribs[rib].dests.end();
        let at = dest + 1;
        let jobs = &mut self.ribs[rib].jobs;
        jobs.policy_cursor = if at >= end { 0 } else { at };
        let over = |lap: &mut Lap| lap.pass(at, end);
        let done: smallvec::SmallVec<[What; 4]> =
            jobs.policy.extract_if(.., over).map(|lap| lap.what).collect();
        for what in done {
            self.finish(rib, what);
        }
    }

    /// What import policy made of a path now. A reference to `used` is taken over, unless that is what was received. It
    /// stays stale if it was.
    pub fn reuse(&mut self, of: &Received, used: Result<AttrId, Rejected>) {
        let rib = of.family as usize;
        let slot = of.path.0;
        let received = self.pairs.received(self.paths[slot].attrs);
        self.attrs.hold(received);
        let word = self.pairs.join(&mut self.attrs, received, used.ok());
        if self.paths[slot].attrs == word && self.paths[slot].rejected() == used.err() {
            self.pairs.release(&mut self.attrs, word);
            return;
        }
        self.detach(rib, of.dest.0, slot);
        self.attach(rib, of.dest.0, slot, word, used.err());
    }

    /// What RPKI says of a path: kept with it, for display and for policy.
    pub fn set_validity(&mut self, of: &Received, bits: u8) {
        self.paths[of.path.0].set_validity(bits);
    }
}
