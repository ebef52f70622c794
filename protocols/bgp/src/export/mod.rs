//! What each peer is told (RFC 4271 9.2): update groups, and UPDATEs that are made when there is room.
//!
//! Peers whose [`Profile`]s are equal share a group: their UPDATEs are made once. A change of the table only marks its
//! destination; when a socket has room, [`Export::fill`] takes a window of marked destinations, asks for their routes as
//! they are by then, judges them by attribute set and packs what differs from what was told. So what comes and goes between
//! two looks costs nothing, and a peer that does not read costs no more than a bit and a mark a destination and a bounded
//! log.
//!
//! | file | what |
//! |---|---|
//! | `profile` | what decides what a peer is told |
//! | `relation`, `judge`, `map` | whether it is told: between whom, filters, route maps |
//! | `attributes`, `next_hop` | with which attributes |
//! | `group`, `window` | what is to be looked at, what was told, and how UPDATEs are made of the difference |
//! | `log` | what was written and not yet read by every member |
//! | `bits`, `sent` | sets of destinations, and marks of what was told |
//! | `default` | `default-originate` |
//! | `routes` | what is asked of the table |
//! | `view` | what `show` asks |
//!
//! What was told of a route follows from the table, the profile and policy, not from the order of events. That is why two
//! groups of equal profiles can become one when both are at rest, why a change of policy sends differences only, and why
//! refusing again what was refused before needs no memory.

mod attributes;
mod bits;
mod default;
mod group;
mod judge;
mod log;
mod map;
mod next_hop;
mod profile;
mod relation;
mod routes;
mod sent;
mod view;
mod window;

pub use profile::{Local, Options, Profile, Session};
pub use relation::{Denied, Source};
pub use routes::{Context, Route, Routes};
pub use view::GroupView;

use crate::table::DestId;
use crate::{Family, PeerIx};
use bits::Bits;
use bytes::BytesMut;
use core::net::{IpAddr, Ipv6Addr};
use core::time::Duration;
use fib::Instant;
use group::{Group, Told};
use proto::Rng;
use std::collections::BTreeMap;
use std::sync::Arc;
use window::Scratch;

/// What route maps decided about a route, beside the attributes they changed.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decided {
    /// A route map has seen the MED: it is sent whatever it is.
    pub keep_med: bool,
    /// The next hop.
    pub next_hop: NextHop,
}

/// What route maps say of the next hop.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum NextHop {
    /// Nothing.
    #[default]
    AsUsual,
    /// This one, and the link-local one beside it.
    Set(IpAddr, Option<Ipv6Addr>),
    /// As it came.
    Unchanged,
    /// Ours.
    Ours,
}

/// Windows one [`Export::fill`] makes at most, so that nobody waits behind a long table that filters keep back.
const WINDOWS: usize = 4;

/// What all peers are told.
#[derive(Debug)]
pub struct Export {
    families: [Groups; 2],
    /// Of each peer, by family: its group.
    peers: BTreeMap<PeerIx, [Option<u32>; 2]>,
    next_group: u32,
    rng: Rng,
    seed: u64,
    work: Scratch,
}

/// The groups of a family.
#[derive(Debug, Default)]
struct Groups {
    all: BTreeMap<u32, Group>,
    /// Destinations that are gone but that a group still has to withdraw: their numbers are held.
    gone: Bits,
}

impl Export {
    /// Nobody is told anything. `seed` is of the timers and of fingerprints; it changes no route.
    pub fn new(seed: u64) -> Export {
        let mut rng = Rng::fork(seed, "export");
        Export {
            families: Default::default(),
            peers: BTreeMap::new(),
            next_group: 0,
            seed: rng.bits(),
            rng,
            work: Scratch::default(),
        }
    }

    /// A session is up in the family of `profile`: the peer is told everything, then End-of-RIB (RFC 4724).
    pub fn join<R: Routes>(&mut self, peer: PeerIx, profile: Profile, routes: &mut R) {
        let family = profile.family;
        self.leave_family(peer, family, routes);
        let groups = &mut self.families[family as usize];
        let fresh = groups.all.iter_mut().find(|(_, g)| g.is_fresh() && *g.profile == profile);
        let id = match fresh {
            Some((id, group)) => {
                group.members.push(group::Member { peer, cursor: group.log.end() });
                *id
            }
            None => {
                let id = self.next_group;
                self.next_group = id.wrapping_add(1);
                groups.all.insert(id, Group::new(Arc::new(profile), peer, routes.ends(family)));
                id
            }
        };
        self.peers.entry(peer).or_default()[family as usize] = Some(id);
    }

    /// The session is gone.
    pub fn leave<R: Routes>(&mut self, peer: PeerIx, routes: &mut R) {
        for family in Family::ALL {
            self.leave_family(peer, family, routes);
        }
        self.peers.remove(&peer);
    }

    fn leave_family<R: Routes>(&mut self, peer: PeerIx, family: Family, routes: &mut R) {
        let Some(id) = self.peers.get_mut(&peer).and_then(|ids| ids[family as usize].take()) else { return };
        let groups = &mut self.families[family as usize];
        let Some(group) = groups.all.get_mut(&id) else { return };
        group.members.retain(|m| m.peer != peer);
        group.trim();
        if group.members.is_empty() {
            groups.all.remove(&id);
            groups.release_all(family, routes);
        }
    }

    /// The settings of a peer, or policy that its profile names, have changed: what it is told is looked at again, and
    /// the differences are sent. So is what others are told, where it is about whose client the peer is.
    pub fn reprofile<R: Routes>(&mut self, peer: PeerIx, profile: Profile, routes: &R) {
        let family = profile.family;
        let Some(id) = self.group_of(peer, family) else { return };
        let groups = &mut self.families[family as usize];
        let Some(group) = groups.all.get_mut(&id) else { return };
        if *group.profile == profile {
            return group.look_again(routes.ends(family));
        }
        let client = |p: &Profile| (p.reflector_client, p.server_client);
        let everybody = client(&group.profile) != client(&profile);
        let id = self.alone(peer, family, id);
        let groups = &mut self.families[family as usize];
        if let Some(group) = groups.all.get_mut(&id) {
            group.quiet_until = Instant::ZERO;
            group.profile = Arc::new(profile);
            group.look_again(routes.ends(family));
        }
        if everybody {
            groups.all.values_mut().for_each(|group| group.look_again(routes.ends(family)));
        }
    }

    /// The peer asked for everything again (RFC 2918), or `clear bgp soft out` did. `enhanced`: with the demarcation of
    /// RFC 7313.
    pub fn refresh<R: Routes>(&mut self, peer: PeerIx, family: Family, enhanced: bool, routes: &R) {
        let Some(id) = self.group_of(peer, family) else { return };
        let id = self.alone(peer, family, id);
        if let Some(group) = self.families[family as usize].all.get_mut(&id) {
            group.refresh(enhanced, routes.ends(family));
        }
    }

    /// The best route of a destination, or with Add-Path any usable path, has changed or is gone.
    pub fn changed<R: Routes>(&mut self, family: Family, DestId(dest): DestId, routes: &mut R) {
        let groups = &mut self.families[family as usize];
        let gone = routes.best(family, dest).is_none();
        let mut needed = false;
        for group in groups.all.values_mut() {
            needed |= group.changed(dest, gone);
        }
        if gone && needed && groups.gone.insert(dest) {
            routes.hold(family, dest);
        } else if !(gone && needed) && groups.gone.remove(dest) {
            routes.release(family, dest);
        }
    }

    /// Appends UPDATEs for `peer`, at most `room` bytes and whole messages only. The room of a socket that is empty must
    /// be as much as the longest message.
    pub fn fill<R: Routes>(
        &mut self,
        now: Instant,
        peer: PeerIx,
        room: usize,
        out: &mut BytesMut,
        context: &mut Context<'_, R>,
    ) {
        let start = out.len();
        for family in Family::ALL {
            let Some(id) = self.group_of(peer, family) else { continue };
            let left = room.saturating_sub(out.len().saturating_sub(start));
            self.fill_family(now, peer, (family, id), left, out, context);
            self.settle(family, id);
        }
    }

    /// The families in which `maximum-prefix-out` has begun to hold routes back since this was last asked.
    pub fn take_capped(&mut self, peer: PeerIx) -> Vec<Family> {
        let Some(ids) = self.peers.get(&peer).copied() else { return Vec::new() };
        let mut begun = |(family, id): &(Family, u32)| {
            let groups = &mut self.families[*family as usize];
            groups.all.get_mut(id).is_some_and(|group| core::mem::take(&mut group.capped_news))
        };
        let known = Family::ALL.into_iter().filter_map(|f| Some((f, (*ids.get(f as usize)?)?)));
        known.filter(|known| begun(known)).map(|(family, _)| family).collect()
    }

    fn fill_family<R: Routes>(
        &mut self,
        now: Instant,
        peer: PeerIx,
        (family, id): (Family, u32),
        room: usize,
        out: &mut BytesMut,
        context: &mut Context<'_, R>,
    ) {
        let groups = &mut self.families[family as usize];
        let mut left = room;
        for round in 0..=WINDOWS {
            let Some(group) = groups.all.get_mut(&id) else { return };
            let Some(member) = group.members.iter_mut().find(|m| m.peer == peer) else { return };
            let read = group.log.read(&mut member.cursor, peer, left, out);
            left = left.saturating_sub(read);
            let done = member.cursor == group.log.end();
            group.wake(now);
            if !done || left == 0 || round == WINDOWS || !group.is_busy() {
                return;
            }
            group.trim();
            group.window(now, self.seed, context, &mut self.work);
            if group.spoke && (group.position == 0 || group.dirty.is_empty()) {
                group.spoke = false;
                group.quiet_until = pause(now, group.profile.interval, &mut self.rng);
            }
            groups.release(family, &self.work.idle, context.routes);
        }
    }

    /// After members have read: what all have read goes, who is late goes alone, groups that say the same become one.
    fn settle(&mut self, family: Family, id: u32) {
        let Some(group) = self.families[family as usize].all.get_mut(&id) else { return };
        group.trim();
        while let Some(late) = self.families[family as usize].all.get(&id).and_then(Group::laggard) {
            self.alone(late, family, id);
        }
        self.merge(family, id);
    }

    /// The number of the group of one that `peer` is in from now on.
    fn alone(&mut self, peer: PeerIx, family: Family, id: u32) -> u32 {
        let groups = &mut self.families[family as usize];
        let Some(group) = groups.all.get_mut(&id).filter(|g| g.members.len() > 1) else { return id };
        let Some(split) = group.split(peer) else { return id };
        group.trim();
        let new = self.next_group;
        self.next_group = new.wrapping_add(1);
        groups.all.insert(new, split);
        self.peers.entry(peer).or_default()[family as usize] = Some(new);
        new
    }

    fn merge(&mut self, family: Family, id: u32) {
        let groups = &mut self.families[family as usize];
        let Some(group) = groups.all.get(&id).filter(|g| g.is_at_rest() && g.profile.solo.is_none()) else {
            return;
        };
        let Told::Best(told) = &group.told else { return };
        let like = |other: &Group| {
            let same = matches!(&other.told, Told::Best(sent) if sent.same(told));
            other.is_at_rest()
                && other.profile == group.profile
                && same
                && other.default.mark == group.default.mark
        };
        let Some(other) = groups.all.iter().find(|(n, g)| **n != id && like(g)).map(|(n, _)| *n) else {
            return;
        };
        let (keep, go) = (id.min(other), id.max(other));
        let Some(gone) = groups.all.remove(&go) else { return };
        let Some(kept) = groups.all.get_mut(&keep) else { return };
        kept.quiet_until = kept.quiet_until.max(gone.quiet_until);
        for member in gone.members {
            kept.members.push(group::Member { peer: member.peer, cursor: kept.log.end() });
            self.peers.entry(member.peer).or_default()[family as usize] = Some(keep);
        }
    }

    /// The profile by which `peer` is told.
    pub fn profile(&self, peer: PeerIx, family: Family) -> Option<&Profile> {
        self.group(peer, family).map(|group| &*group.profile)
    }

    /// The number of its group.
    pub fn group_of(&self, peer: PeerIx, family: Family) -> Option<u32> {
        self.peers.get(&peer)?[family as usize]
    }

    fn group(&self, peer: PeerIx, family: Family) -> Option<&Group> {
        self.families[family as usize].all.get(&self.group_of(peer, family)?)
    }

    /// Whether [`Export::fill`] would have something for `peer`, given room.
    pub fn has_work(&self, now: Instant, peer: PeerIx) -> bool {
        Family::ALL.into_iter().filter_map(|family| self.group(peer, family)).any(|group| {
            let waits = group.members.iter().any(|m| m.peer == peer && m.cursor != group.log.end());
            waits || group.is_busy() || !group.held.is_empty() && now >= group.quiet_until
        })
    }

    /// When an advertisement interval ends for which something waits: peers of which [`Export::has_work`] says so are to be
    /// filled then.
    pub fn next_timeout(&self) -> Option<Instant> {
        let groups = self.families.iter().flat_map(|f| f.all.values());
        groups.filter(|g| !g.held.is_empty()).map(|g| g.quiet_until).min()
    }
}

impl Groups {
    /// Lets go of those of `idle` that nobody needs any more.
    fn release<R: Routes>(&mut self, family: Family, idle: &[u32], routes: &mut R) {
        if self.gone.is_empty() {
            return;
        }
        routes.warm(family, idle);
        for dest in idle {
            if self.gone.contains(*dest) && !self.all.values().any(|g| g.needs(*dest)) {
                self.gone.remove(*dest);
                routes.release(family, *dest);
            }
        }
    }

    fn release_all<R: Routes>(&mut self, family: Family, routes: &mut R) {
        let mut next = self.gone.next(0);
        while let Some(dest) = next {
            self.release(family, &[dest], routes);
            next = self.gone.next(dest.saturating_add(1));
        }
    }
}

/// RFC 4271 10: a pause is up to a quarter shorter than configured, so that routers do not speak in step.
fn pause(now: Instant, seconds: u16, rng: &mut Rng) -> Instant {
    let full = Duration::from_secs(u64::from(seconds));
    now + rng.between(full.saturating_mul(3) / 4, full)
}

/// A fingerprint of attributes. `seed` is not known to peers, so none can make two that look the same.
fn fingerprint(bytes: &[u8], seed: u64) -> u64 {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |state: u64, word: u64| {
        let product = u128::from(state ^ word).wrapping_mul(u128::from(MULTIPLIER));
        u64::try_from(product & u128::from(u64::MAX)).unwrap_or(0) ^ u64::try_from(product >> 64).unwrap_or(0)
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let state =
        words.iter().fold(seed ^ bytes.len() as u64, |state, word| fold(state, u64::from_le_bytes(*word)));
    fold(fold(state, u64::from_le_bytes(last)), seed.rotate_left(32))
}

#[cfg(test)]
mod tests;
