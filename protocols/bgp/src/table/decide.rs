//! The decision process at work: which paths of a destination may be candidates (RFC 4271 9.1.2.1), which one wins, which
//! are used beside it, and what of that is news.

use super::decision::{self, Candidate};
use super::slab::NONE;
use super::{Rib, Table, dests, path};
use crate::attrs::{Entry, Flags};
use crate::settings::PeerKind;
use crate::{Family, PeerIx};
use core::cmp::Reverse;
use core::net::{IpAddr, Ipv4Addr};
use policy::bgp::SegmentKind;

/// Decisions whose memory is read ahead at once.
const AHEAD: usize = 16;

/// Reused from decision to decision.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Slot and metric of what may be chosen.
    eligible: Vec<(u32, u32)>,
    candidates: Vec<Candidate>,
    chosen: Vec<usize>,
}

impl Table {
    /// Decides on what was touched, and goes on with walks over the table: `budget` destinations at most. True: there is
    /// more to do, and it is to be called again soon, after more urgent things.
    pub fn decide(&mut self, budget: usize) -> bool {
        let mut more = false;
        for family in Family::ALL {
            let rib = family as usize;
            let walking = !self.ribs[rib].jobs.is_empty();
            let mut left = budget;
            // A walk is not to wait for peers that never stop talking.
            let reserve = if walking { budget / 4 } else { 0 };
            while left > reserve {
                if (budget - left).is_multiple_of(AHEAD) {
                    self.read_ahead(rib);
                }
                let Some(dest) = self.ribs[rib].dirty.pop_front() else { break };
                left -= 1;
                self.decide_one(rib, dest);
            }
            if walking {
                self.walk(family, left.max(1));
            }
            let rib = &mut self.ribs[rib];
            if rib.dirty.is_empty() && rib.dirty.capacity() > 8192 {
                rib.dirty = std::collections::VecDeque::new();
            }
            more |= !rib.dirty.is_empty() || !rib.jobs.is_empty();
        }
        more
    }

    /// Whether [`Table::decide`] has something to do.
    pub fn has_work(&self) -> bool {
        self.ribs.iter().any(|rib| !rib.dirty.is_empty() || !rib.jobs.is_empty())
    }

    /// Reads what the next decisions need, side by side. Changes nothing.
    fn read_ahead(&self, rib: usize) {
        let Rib { dests, dirty, .. } = &self.ribs[rib];
        let mut heads = [NONE; AHEAD];
        for (head, dest) in heads.iter_mut().zip(dirty) {
            *head = dests.get(*dest).head;
        }
        // The second path of a destination and its attribute set are one step further each.
        let mut seen = 0;
        for head in heads.iter_mut().filter(|head| **head != NONE) {
            let path = &self.paths[*head];
            *head = path.next;
            seen ^= self.attrs.get(self.pairs.used(path.attrs)).references();
        }
        for next in heads.iter().filter(|next| **next != NONE) {
            let path = &self.paths[*next];
            seen ^= self.attrs.get(self.pairs.used(path.attrs)).references();
        }
        core::hint::black_box(seen);
    }

    fn decide_one(&mut self, rib: usize, dest: u32) {
        self.ribs[rib].dests.get_mut(dest).clear(dests::DIRTY);
        let mut scratch = core::mem::take(&mut self.scratch);
        self.find_eligible(rib, dest, &mut scratch);
        let best = match scratch.eligible.as_slice() {
            [] => None,
            [(slot, _)] => {
                scratch.chosen.clear();
                Some(*slot)
            }
            _ => Some(self.choose(rib, &mut scratch)),
        };
        let news = self.mark(rib, dest, best, &scratch);
        self.scratch = scratch;
        let rib = &mut self.ribs[rib];
        if news | (rib.dests.get(dest).flags() & dests::ANY_CHANGED) != 0 {
            rib.tell(dest, news);
        } else {
            rib.collect(dest);
        }
    }

    fn find_eligible(&mut self, rib: usize, dest: u32, scratch: &mut Scratch) {
        scratch.eligible.clear();
        let family = self.ribs[rib].family;
        let mut next = self.ribs[rib].dests.get(dest).head;
        while next != NONE {
            let path = &self.paths[next];
            if !path.is_rejected() {
                let peer = self.peers.get(usize::from(path.peer.0)).and_then(|p| p.info.as_ref());
                let connected = peer.is_some_and(|p| p.connected);
                let used = self.pairs.used(path.attrs);
                let metric = match path.peer {
                    // What the router has itself it need not reach.
                    PeerIx::SELF => Some(0),
                    _ => self.hops.metric(used, connected, (family, dest)),
                };
                if let Some(metric) = metric {
                    scratch.eligible.push((next, metric));
                }
            }
            next = path.next;
        }
    }

    /// The best of several, and what is used beside it.
    fn choose(&self, rib: usize, scratch: &mut Scratch) -> u32 {
        self.order(&mut scratch.eligible);
        scratch.candidates.clear();
        for (slot, metric) in &scratch.eligible {
            scratch.candidates.push(self.candidate(*slot, *metric));
        }
        let knobs = &self.knobs.bestpath;
        let best = decision::choose(&scratch.candidates, knobs, None).map_or(0, |winner| winner.best);
        let limit = self.limit(rib, scratch.candidates[best].kind);
        let more = Sets { table: self, paths: &scratch.eligible };
        decision::multipath(&scratch.candidates, best, knobs, limit, &more, &mut scratch.chosen);
        scratch.eligible[best].0
    }

    /// How many paths may be used.
    pub(super) fn limit(&self, rib: usize, kind: PeerKind) -> usize {
        usize::from(match kind {
            PeerKind::Internal => self.knobs.maximum_paths_ibgp[rib],
            PeerKind::Confederation | PeerKind::External => self.knobs.maximum_paths[rib],
        })
    }

    /// The order in which paths are compared where that matters: the newer first. It does not depend on which one is best,
    /// so a decision made again comes out the same.
    pub(super) fn order(&self, paths: &mut [(u32, u32)]) {
        if paths.len() > 2 {
            paths.sort_by_key(|(slot, _)| (Reverse(self.paths[*slot].since), Reverse(*slot)));
        }
    }

    /// What the decision process asks of a path.
    pub(super) fn candidate(&self, slot: u32, metric: u32) -> Candidate {
        let path = &self.paths[slot];
        let entry = self.attrs.get(self.pairs.used(path.attrs));
        let peer = self.peer_info(path.peer);
        let local = path.peer == PeerIx::SELF;
        let confed = u32::from(entry.path_length_confed()).saturating_sub(entry.path_length().into());
        let confed_as = if confed > 0 { first_of_confederation(entry) } else { None };
        let unknown = Ipv4Addr::UNSPECIFIED;
        Candidate {
            long_lived_stale: entry.flags().any(Flags::LLGR_STALE),
            weight: entry.local().weight,
            local_pref: entry.local_pref().unwrap_or(self.knobs.local_preference),
            local,
            length: entry.path_length().into(),
            confed_length: confed,
            origin: entry.origin(),
            med: entry.med(),
            neighbor_as: entry.neighbor_as(),
            confed_as,
            kind: peer.map_or(PeerKind::Internal, |p| p.kind),
            metric,
            selected: path.has(path::BEST),
            router_id: entry.originator().or(peer.map(|p| p.router_id)).unwrap_or(unknown),
            clusters: entry.cluster_len().into(),
            address: peer.map_or(IpAddr::V4(unknown), |p| p.address),
            path_id: self.path_id(slot),
        }
    }

    /// Notes on the paths what was decided, and says what is new.
    fn mark(&mut self, rib: usize, dest: u32, best: Option<u32>, scratch: &Scratch) -> u8 {
        let several = scratch.eligible.len() > 1 && scratch.chosen.len() > 1;
        let chosen = |slot| several && scratch.chosen.iter().any(|i| scratch.eligible[*i].0 == slot);
        let mut news = 0;
        let mut before = NONE;
        let mut next = self.ribs[rib].dests.get(dest).head;
        let mut at = NONE;
        while next != NONE {
            let slot = next;
            let path = &mut self.paths[slot];
            let is_best = best == Some(slot);
            let is_chosen = chosen(slot);
            let changed = path.has(path::CHANGED);
            if path.has(path::BEST) != is_best || (is_best && changed) {
                news |= dests::BEST_CHANGED;
            }
            if path.has(path::MULTIPATH) != is_chosen || (is_chosen && changed) {
                news |= dests::MULTIPATH_CHANGED;
            }
            path.set(path::BEST, is_best);
            path.set(path::MULTIPATH, is_chosen);
            path.set(path::CHANGED, false);
            next = path.next;
            if is_best {
                before = at;
            }
            at = slot;
        }
        if let Some(best) = best.filter(|_| before != NONE) {
            self.lead(rib, dest, best, before);
        }
        news
    }

    /// Puts the best path first.
    fn lead(&mut self, rib: usize, dest: u32, best: u32, before: u32) {
        self.paths[before].next = self.paths[best].next;
        let record = self.ribs[rib].dests.get_mut(dest);
        self.paths[best].next = record.head;
        record.head = best;
    }
}

/// The attribute sets of candidates.
pub(super) struct Sets<'a> {
    pub table: &'a Table,
    /// Slot and metric of each.
    pub paths: &'a [(u32, u32)],
}

impl Sets<'_> {
    fn entry(&self, index: usize) -> &Entry {
        let path = &self.table.paths[self.paths[index].0];
        self.table.attrs.get(self.table.pairs.used(path.attrs))
    }
}

impl decision::More for Sets<'_> {
    fn next_hop(&self, index: usize) -> (IpAddr, Option<PeerIx>) {
        let hop = self.entry(index).next_hop();
        let on_link = matches!(hop, IpAddr::V6(a) if a.is_unicast_link_local());
        (hop, on_link.then(|| self.table.paths[self.paths[index].0].peer))
    }

    fn same_as_path(&self, a: usize, b: usize) -> bool {
        self.entry(a).as_path() == self.entry(b).as_path()
    }
}

impl Rib {
    /// The path that won, if one did.
    pub(super) fn head(&self, dest: u32) -> Option<u32> {
        if !self.dests.contains(dest) {
            return None;
        }
        let head = self.dests.get(dest).head;
        (head != NONE).then_some(head)
    }
}

fn first_of_confederation(entry: &Entry) -> Option<u32> {
    let first = entry.as_path().segments().next()?;
    (first.kind == SegmentKind::ConfedSequence).then(|| first.asns().next()).flatten()
}
