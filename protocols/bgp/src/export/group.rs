//! An update group: peers that are told the same. What is to be looked at is a set of destinations, what was told is a
//! mark for each, what was written and not yet read by all is a log. Everything in it is bounded: a bit and a mark a
//! destination, and a log that [`MAX_BEHIND`] cuts.

use super::Profile;
use super::bits::Bits;
use super::log::{Audience, Cursor, Log};
use super::routes::Routes;
use super::sent::{Mark, Sent, SentPath, SentPaths};
use crate::PeerIx;
use crate::wire::{Refresh, RouteRefresh, Writer};
use bytes::{Bytes, BytesMut};
use fib::Instant;
use std::sync::Arc;

/// A member further behind than this, in bytes, goes on alone.
pub(super) const MAX_BEHIND: u64 = 1 << 20;

/// A member and how far it has read.
#[derive(Copy, Clone, Debug)]
pub(super) struct Member {
    pub(super) peer: PeerIx,
    pub(super) cursor: Cursor,
}

/// What was told of each destination.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// Its best route.
    Best(Sent),
    /// Several paths, each with its identifier.
    Paths(SentPaths),
}

impl Told {
    pub(super) fn new(profile: &Profile) -> Told {
        if profile.sends_path_ids() { Told::Paths(SentPaths::new()) } else { Told::Best(Sent::default()) }
    }

    /// Whether anything was told of `dest`.
    pub(super) fn contains(&self, dest: u32) -> bool {
        match self {
            Told::Best(sent) => sent.get(dest).is_some(),
            Told::Paths(paths) => paths.contains_key(&dest),
        }
    }

    /// Destinations told of.
    pub(super) fn len(&self) -> usize {
        match self {
            Told::Best(sent) => sent.len(),
            Told::Paths(paths) => paths.len(),
        }
    }

    /// What was told under this identifier.
    pub(super) fn get(&self, dest: u32, id: u32) -> Option<Mark> {
        match self {
            Told::Best(sent) => sent.get(dest),
            Told::Paths(paths) => paths.get(&dest)?.iter().find(|p| p.id == id).map(|p| p.mark),
        }
    }

    /// Changes that; returns what it was.
    pub(super) fn set(&mut self, dest: u32, id: u32, mark: Option<Mark>) -> Option<Mark> {
        let paths = match self {
            Told::Best(sent) => return sent.set(dest, mark),
            Told::Paths(paths) => paths,
        };
        let Some(mark) = mark else {
            let told = paths.get_mut(&dest)?;
            let old = told.iter().position(|p| p.id == id).map(|at| told.remove(at).mark);
            if told.is_empty() {
                paths.remove(&dest);
            }
            return old;
        };
        let told = paths.entry(dest).or_default();
        match told.iter_mut().find(|p| p.id == id) {
            Some(known) => Some(core::mem::replace(&mut known.mark, mark)),
            None => {
                told.push(SentPath { id, mark });
                None
            }
        }
    }

    /// Paths told of `dest`.
    pub(super) fn paths(&self, dest: u32) -> &[SentPath] {
        match self {
            Told::Best(_) => &[],
            Told::Paths(paths) => paths.get(&dest).map(Vec::as_slice).unwrap_or_default(),
        }
    }
}

/// An update group of one family.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) profile: Arc<Profile>,
    pub(super) members: Vec<Member>,
    pub(super) log: Log,
    /// To be looked at.
    pub(super) dirty: Bits,
    /// To be announced when the interval is over.
    pub(super) held: Bits,
    /// Where looking goes on.
    pub(super) position: u32,
    pub(super) told: Told,
    pub(super) writer: Writer,
    /// End-of-RIB is due when everything has been looked at once.
    pub(super) end_of_rib: bool,
    /// Everything is being told again, until everything has been looked at once; true: with BoRR and EoRR.
    pub(super) refreshing: Option<bool>,
    /// It was asked for once more.
    pub(super) refresh_again: Option<bool>,
    /// No announcements before (RFC 4271 9.2.1.1).
    pub(super) quiet_until: Instant,
    /// Something was announced since the last pause.
    pub(super) spoke: bool,
    /// `maximum-prefix-out` kept something back.
    pub(super) capped: bool,
    /// Nobody has asked yet since it began to hold routes back.
    pub(super) capped_news: bool,
    pub(super) default: Originated,
}

/// `default-originate`.
#[derive(Clone, Debug, Default)]
pub(super) struct Originated {
    /// What was told.
    pub(super) mark: Option<Mark>,
    /// Destinations that its route map permits.
    pub(super) permitted: Bits,
    /// It is to be seen whether it is to be told.
    pub(super) check: bool,
    /// It is to be told again.
    pub(super) again: bool,
}

impl Group {
    /// A group of one that has been told nothing: it is to be told everything below `ends`, then End-of-RIB.
    pub(super) fn new(profile: Arc<Profile>, peer: PeerIx, ends: u32) -> Group {
        let mut dirty = Bits::default();
        dirty.insert_below(ends);
        Group {
            writer: Writer::new(profile.codec, profile.family),
            told: Told::new(&profile),
            profile,
            members: vec![Member { peer, cursor: Cursor::default() }],
            log: Log::default(),
            dirty,
            held: Bits::default(),
            position: 0,
            end_of_rib: true,
            refreshing: None,
            refresh_again: None,
            quiet_until: Instant::ZERO,
            spoke: false,
            capped: false,
            capped_news: false,
            default: Originated::default(),
        }
    }

    /// `member` leaves, and goes on alone from where it is.
    pub(super) fn split(&mut self, peer: PeerIx) -> Option<Group> {
        let at = self.members.iter().position(|m| m.peer == peer)?;
        let member = self.members.remove(at);
        Some(Group {
            profile: self.profile.clone(),
            members: vec![member],
            log: self.log.split(member.cursor),
            dirty: self.dirty.clone(),
            held: self.held.clone(),
            position: self.position,
            told: self.told.clone(),
            writer: Writer::new(self.profile.codec, self.profile.family),
            end_of_rib: self.end_of_rib,
            refreshing: self.refreshing,
            refresh_again: self.refresh_again,
            quiet_until: self.quiet_until,
            spoke: self.spoke,
            capped: self.capped,
            capped_news: self.capped_news,
            default: self.default.clone(),
        })
    }

    /// Nothing has been looked at yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.end_of_rib && self.position == 0 && self.log.end() == Cursor::default() && self.told.len() == 0
    }

    /// Everything has been looked at, written and read: what was told follows from the table alone.
    pub(super) fn is_at_rest(&self) -> bool {
        !self.is_busy() && self.held.is_empty() && self.log.is_empty()
    }

    /// Something is to be looked at or written.
    pub(super) fn is_busy(&self) -> bool {
        !self.dirty.is_empty() || self.end_of_rib || self.refreshing.is_some() || self.default.check
    }

    /// Whether `peer` is a member: routes of its own are not told to it.
    pub(super) fn has_member(&self, peer: PeerIx) -> bool {
        self.members.iter().any(|m| m.peer == peer)
    }

    /// Whether anything here still needs the number of `dest`.
    pub(super) fn needs(&self, dest: u32) -> bool {
        self.dirty.contains(dest) || self.held.contains(dest) || self.told.contains(dest)
    }

    /// The routes of `dest` have changed. Returns whether its number is needed. A destination that is gone and was never
    /// told of is not looked at: it came and went between two looks.
    pub(super) fn changed(&mut self, dest: u32, gone: bool) -> bool {
        if gone && !self.told.contains(dest) && !self.default.permitted.contains(dest) {
            self.dirty.remove(dest);
            self.held.remove(dest);
            return false;
        }
        self.dirty.insert(dest);
        true
    }

    /// Everything is to be looked at again; only differences will be told.
    pub(super) fn look_again(&mut self, ends: u32) {
        self.dirty.insert_below(ends);
        self.default.check = true;
    }

    /// Everything is to be told again (RFC 2918, RFC 7313). Not before the End-of-RIB of the beginning (RFC 7313 4).
    pub(super) fn refresh(&mut self, enhanced: bool, ends: u32) {
        if self.end_of_rib || self.refreshing.is_some() {
            self.refresh_again = Some(enhanced || self.refresh_again == Some(true));
            return;
        }
        if enhanced {
            self.log.push(Audience::All, RouteRefresh::new(self.profile.family, Refresh::Begin).encode());
        }
        self.refreshing = Some(enhanced);
        self.position = 0;
        self.look_again(ends);
        self.default.again = true;
    }

    /// Everything has been looked at once: what was waiting for that.
    pub(super) fn came_around<R: Routes>(&mut self, routes: &R) {
        self.position = 0;
        let ends = routes.ends(self.profile.family);
        if core::mem::take(&mut self.end_of_rib) {
            let mut out = BytesMut::new();
            self.writer.end_of_rib(&mut out);
            self.log.push(Audience::All, out.freeze());
        }
        if self.refreshing.take() == Some(true) {
            self.log.push(Audience::All, RouteRefresh::new(self.profile.family, Refresh::End).encode());
        }
        if let Some(enhanced) = self.refresh_again.take() {
            self.refresh(enhanced, ends);
        }
        let room = |limit: u32| (self.told.len() as u64) < u64::from(limit);
        if self.capped && self.profile.maximum_prefix_out.is_some_and(room) {
            self.capped = false;
            self.look_again(ends);
        }
    }

    /// The interval is over: what waited for that is looked at.
    pub(super) fn wake(&mut self, now: Instant) {
        if now >= self.quiet_until && !self.held.is_empty() {
            self.dirty.take(&mut self.held);
        }
    }

    /// Forgets what everybody has read.
    pub(super) fn trim(&mut self) {
        for member in &mut self.members {
            self.log.skip(&mut member.cursor, member.peer);
        }
        if let Some(slowest) = self.members.iter().map(|m| m.cursor).min() {
            self.log.trim(slowest);
        }
    }

    /// Who is too far behind to stay.
    pub(super) fn laggard(&self) -> Option<PeerIx> {
        let late = |m: &&Member| self.members.len() > 1 && self.log.behind(m.cursor) > MAX_BEHIND;
        self.members.iter().find(late).map(|m| m.peer)
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        let told = match &self.told {
            Told::Best(sent) => sent.memory(),
            Told::Paths(paths) => {
                paths.values().map(|p| p.capacity().saturating_mul(16).saturating_add(32)).sum()
            }
        };
        self.log
            .memory()
            .saturating_add(told)
            .saturating_add(self.dirty.memory())
            .saturating_add(self.held.memory())
    }

    /// Writes a run of messages.
    pub(super) fn write(&mut self, to: Audience, bytes: &[u8]) {
        self.log.push(to, Bytes::copy_from_slice(bytes));
    }
}
