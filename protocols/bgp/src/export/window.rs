//! How UPDATEs are made: a window of destinations is taken from those to be looked at, their routes are judged by
//! attribute set, and what differs from what was told is packed: withdrawals first, then announcements.

use super::group::Group;
use super::judge::Judge;
use super::log::Audience;
use super::relation::Denied;
use super::routes::{Context, Route, Routes};
use super::sent::Mark;
use super::{default, fingerprint};
use crate::PeerIx;
use crate::attrs::AttrId;
use bytes::BytesMut;
use core::ops::Range;
use fib::{Instant, Prefix};

/// Destinations in a window.
const WINDOW: usize = 4096;
/// Paths in a window: their numbers have 16 bits in the order of work.
const MAX_PICKS: usize = 1 << 15;
/// A window ends early when it has made so many bytes: attributes may be long.
const MAX_BYTES: usize = 256 << 10;

/// A route to be judged.
#[derive(Copy, Clone, Debug)]
struct Pick {
    dest: u32,
    /// The identifier it is told with; 0 without Add-Path.
    id: u32,
    prefix: Prefix,
    route: Route,
}

/// Writes what is told of a pick.
type Write<'a> = dyn Fn(&Pick, &mut Vec<u8>) -> Result<(), Denied> + 'a;

/// Where windows are worked on; empty between them.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    picks: Vec<Pick>,
    /// Attribute set, source and index into `picks`.
    order: Vec<u64>,
    attributes: Vec<u8>,
    /// What is to be withdrawn, from whom.
    gone: Vec<(Audience, u32, Prefix)>,
    /// One run of equal attributes.
    run: Vec<(u32, Prefix)>,
    /// Beside each: destination, and what was told before.
    before: Vec<(u32, Option<Mark>)>,
    out: BytesMut,
    runs: Vec<(Audience, Range<usize>)>,
    /// Destinations without anything told.
    pub(super) idle: Vec<u32>,
    /// With a map that looks at prefixes: what is told of each.
    told: Vec<(u64, u32, Range<usize>)>,
    arena: Vec<u8>,
}

impl Group {
    /// Makes the UPDATEs of one window. `seed` keeps peers from making attributes that look equal.
    pub(super) fn window<R: Routes>(
        &mut self,
        now: Instant,
        seed: u64,
        context: &Context<'_, R>,
        work: &mut Scratch,
    ) {
        work.idle.clear();
        let profile = self.profile.clone();
        let judge = Judge::new(&profile, context.policy);
        let mut around = self.collect(&*context.routes, work);
        work.order.sort_unstable();
        let hush = now < self.quiet_until && !self.end_of_rib && self.refreshing.is_none();
        around &= self.judge(&judge, &*context.routes, seed, hush, work);
        default::permit(self, context, work.picks.iter().map(|p| (p.dest, &p.prefix, &p.route)));
        self.write_window(work);
        default::originate(self, seed, context, &mut work.attributes);
        if around {
            self.came_around(&*context.routes);
        }
        work.picks.clear();
        work.order.clear();
    }

    /// Takes destinations; true: there are no more in this round.
    fn collect<R: Routes>(&mut self, routes: &R, work: &mut Scratch) -> bool {
        let family = self.profile.family;
        for _ in 0..WINDOW {
            if work.picks.len() >= MAX_PICKS {
                return false;
            }
            let Some(dest) = self.dirty.next(self.position) else { return true };
            self.dirty.remove(dest);
            self.position = dest.saturating_add(1);
            if self.profile.sends_path_ids() {
                self.collect_paths(routes, dest, work);
                continue;
            }
            match routes.best(family, dest).zip(routes.prefix(family, dest)) {
                Some((route, prefix)) => work.pick(Pick { dest, id: 0, prefix, route }),
                None => {
                    self.default.permitted.remove(dest);
                    self.withdraw(dest, 0, routes.prefix(family, dest), work);
                }
            }
        }
        self.dirty.next(self.position).is_none()
    }

    /// Add-Path: every path that is sent, and what was told of paths that are no longer.
    fn collect_paths<R: Routes>(&mut self, routes: &R, dest: u32, work: &mut Scratch) {
        let family = self.profile.family;
        let Some(prefix) = routes.prefix(family, dest) else { return };
        let first = work.picks.len();
        let mut pick = |route: Route| work.pick(Pick { dest, id: route.id, prefix, route });
        match self.profile.add_path {
            Some(which) => routes.paths(family, dest, which, &mut pick),
            None => routes.best(family, dest).into_iter().for_each(pick),
        }
        let now = work.picks.get(first..).unwrap_or_default();
        let stays = |id: u32| now.iter().any(|p| p.id == id);
        let gone: Vec<u32> = self.told.paths(dest).iter().map(|p| p.id).filter(|id| !stays(*id)).collect();
        if now.is_empty() {
            self.default.permitted.remove(dest);
            work.idle.push(dest);
        }
        for id in gone {
            self.withdraw(dest, id, Some(prefix), work);
        }
    }

    /// Judges what was taken, by attribute set; false: some of it was put back.
    fn judge<R: Routes>(
        &mut self,
        judge: &Judge<'_>,
        routes: &R,
        seed: u64,
        hush: bool,
        work: &mut Scratch,
    ) -> bool {
        let order = core::mem::take(&mut work.order);
        let mut left = order.as_slice();
        while let Some(first) = left.first() {
            if work.out.len() > MAX_BYTES {
                self.put_back(left, work);
                break;
            }
            let same = left.iter().take_while(|key| *key >> 16 == first >> 16).count();
            let (run, rest) = left.split_at(same);
            self.judge_set(judge, routes, seed, hush, run, work);
            left = rest;
        }
        let all = left.is_empty();
        work.order = order;
        all
    }

    fn put_back(&mut self, order: &[u64], work: &mut Scratch) {
        for pick in order.iter().filter_map(|key| work.picks.get(index(*key))) {
            self.dirty.insert(pick.dest);
            self.position = self.position.min(pick.dest);
        }
    }

    /// Routes of one source with one attribute set.
    fn judge_set<R: Routes>(
        &mut self,
        judge: &Judge<'_>,
        routes: &R,
        seed: u64,
        hush: bool,
        order: &[u64],
        work: &mut Scratch,
    ) {
        let Some(pick) = order.first().and_then(|key| work.picks.get(index(*key))).copied() else { return };
        let from = pick.route.from;
        let source = routes.source(self.profile.family, from);
        let entry = routes.entry(pick.route.attrs);
        let mut verdict = judge.set(entry, &source);
        if judge.by_prefix {
            return match verdict {
                Ok(relation) => {
                    let write = |pick: &Pick, out: &mut Vec<u8>| {
                        let validity = routes.validity(&pick.prefix, pick.route.attrs);
                        judge.attributes(entry, &source, relation, (&pick.prefix, validity), out)
                    };
                    self.judge_each(judge, seed, hush, order, &write, work);
                }
                Err(denied) => self.deny_all(order, &denied, work),
            };
        }
        if let Ok(relation) = verdict {
            let mut attributes = core::mem::take(&mut work.attributes);
            let written = judge.attributes(entry, &source, relation, (&pick.prefix, None), &mut attributes);
            work.attributes = attributes;
            verdict = written.map(|()| relation);
        }
        if let Err(denied) = verdict {
            return self.deny_all(order, &denied, work);
        }
        let mark = Mark::new(from, fingerprint(&work.attributes, seed));
        for key in order {
            let Some(pick) = work.picks.get(index(*key)).copied() else { continue };
            match self.passes(judge, &pick) {
                Ok(()) => self.announce(&pick, mark, hush, work),
                Err(denied) => self.deny(&pick, &denied, work),
            }
        }
        let attributes = core::mem::take(&mut work.attributes);
        self.finish_run(from, &attributes, work);
        work.attributes = attributes;
    }

    /// The same where the route map looks at prefixes: each is judged for itself, then those told the same go together.
    fn judge_each(
        &mut self,
        judge: &Judge<'_>,
        seed: u64,
        hush: bool,
        order: &[u64],
        write: &Write<'_>,
        work: &mut Scratch,
    ) {
        let (mut arena, mut told) = (core::mem::take(&mut work.arena), core::mem::take(&mut work.told));
        let mut out = core::mem::take(&mut work.attributes);
        for key in order {
            let Some(pick) = work.picks.get(index(*key)).copied() else { continue };
            let verdict = self.passes(judge, &pick).and_then(|()| write(&pick, &mut out));
            if let Err(denied) = verdict {
                self.deny(&pick, &denied, work);
                continue;
            }
            let start = arena.len();
            arena.extend_from_slice(&out);
            told.push((fingerprint(&out, seed), u32::try_from(index(*key)).unwrap_or(0), start..arena.len()));
        }
        told.sort_unstable_by_key(|(print, at, _)| (*print, *at));
        for same in told.chunk_by(|a, b| a.0 == b.0) {
            let Some((print, _, bytes)) = same.first() else { continue };
            let picks = same.iter().filter_map(|(_, at, _)| work.picks.get(*at as usize).copied());
            let picks: Vec<Pick> = picks.collect();
            let Some(from) = picks.first().map(|p| p.route.from) else { continue };
            for pick in &picks {
                self.announce(pick, Mark::new(from, *print), hush, work);
            }
            self.finish_run(from, arena.get(bytes.clone()).unwrap_or_default(), work);
        }
        arena.clear();
        told.clear();
        (work.arena, work.told, work.attributes) = (arena, told, out);
    }

    fn passes(&self, judge: &Judge<'_>, pick: &Pick) -> Result<(), Denied> {
        if pick.route.suppressed {
            return Err(Denied::Suppressed);
        }
        if self.default.mark.is_some() && pick.prefix.is_default() {
            return Err(Denied::DefaultOriginated);
        }
        judge.prefix(&pick.prefix)
    }

    fn deny_all(&mut self, order: &[u64], denied: &Denied, work: &mut Scratch) {
        for key in order {
            if let Some(pick) = work.picks.get(index(*key)).copied() {
                self.deny(&pick, denied, work);
            }
        }
    }

    fn deny(&mut self, pick: &Pick, denied: &Denied, work: &mut Scratch) {
        if *denied == Denied::DefaultOriginated {
            // The originated one has taken its place with the peers.
            self.told.set(pick.dest, pick.id, None);
            return;
        }
        self.withdraw(pick.dest, pick.id, Some(pick.prefix), work);
    }

    /// Withdraws what was told, if anything was.
    fn withdraw(&mut self, dest: u32, id: u32, prefix: Option<Prefix>, work: &mut Scratch) {
        if let Some((old, prefix)) = self.told.set(dest, id, None).zip(prefix) {
            work.gone.push((self.audience(old.from()), id, prefix));
        }
        work.idle.push(dest);
    }

    /// Everybody but the source.
    fn audience(&self, from: PeerIx) -> Audience {
        if self.has_member(from) { Audience::Except(from) } else { Audience::All }
    }

    /// Adds to the run what was not told before.
    fn announce(&mut self, pick: &Pick, mark: Mark, hush: bool, work: &mut Scratch) {
        let old = self.told.get(pick.dest, pick.id);
        let again = self.refreshing.is_some();
        if old == Some(mark) && !again {
            return;
        }
        if hush {
            self.held.insert(pick.dest);
            return;
        }
        let from = mark.from();
        if let Some(old) = old {
            let others = !self.has_member(from) && !self.has_member(old.from());
            if old.same_attributes(mark) && others && !again {
                self.told.set(pick.dest, pick.id, Some(mark));
                return;
            }
            if old.from() != from && self.has_member(from) {
                // It was told another's route; now that its own is best, it is told none.
                work.gone.push((Audience::Only(from), pick.id, pick.prefix));
            }
        } else if self.profile.maximum_prefix_out.is_some_and(|n| self.told.len() as u64 >= u64::from(n)) {
            self.capped_news |= !self.capped;
            self.capped = true;
            return;
        }
        self.told.set(pick.dest, pick.id, Some(mark));
        work.run.push((pick.id, pick.prefix));
        work.before.push((pick.dest, old));
    }

    /// Packs the run behind its attributes.
    fn finish_run(&mut self, from: PeerIx, attributes: &[u8], work: &mut Scratch) {
        if work.run.is_empty() {
            return;
        }
        let start = work.out.len();
        if self.writer.announce(&mut work.out, attributes, work.run.iter().copied()).is_ok() {
            self.spoke = true;
            let (to, end) = (self.audience(from), work.out.len());
            match work.runs.last_mut() {
                Some((last, range)) if *last == to => range.end = end,
                _ => work.runs.push((to, start..end)),
            }
        } else {
            // RFC 4271 9.2: what does not fit is not told, and what was told of it is withdrawn.
            for ((id, prefix), (dest, old)) in work.run.iter().zip(&work.before) {
                self.told.set(*dest, *id, None);
                if let Some(old) = old {
                    work.gone.push((self.audience(old.from()), *id, *prefix));
                }
            }
        }
        work.run.clear();
        work.before.clear();
    }

    /// Moves everything made to the log.
    fn write_window(&mut self, work: &mut Scratch) {
        work.gone.sort_by_key(|(to, ..)| *to);
        let mut gone = core::mem::take(&mut work.gone);
        let mut out = BytesMut::new();
        for same in gone.chunk_by(|a, b| a.0 == b.0) {
            let Some((to, ..)) = same.first() else { continue };
            self.writer.withdraw(&mut out, same.iter().map(|(_, id, prefix)| (*id, *prefix)));
            self.write(*to, &out);
            out.clear();
        }
        for (to, range) in &work.runs {
            self.write(*to, work.out.get(range.clone()).unwrap_or_default());
        }
        gone.clear();
        work.gone = gone;
        work.out.clear();
        work.runs.clear();
    }
}

impl Scratch {
    fn pick(&mut self, pick: Pick) {
        let AttrId(set) = pick.route.attrs;
        let at = u64::try_from(self.picks.len()).unwrap_or(0);
        self.order.push(u64::from(set) << 32 | u64::from(pick.route.from.0) << 16 | at);
        self.picks.push(pick);
    }
}

/// Which pick an element of the order of work is.
fn index(key: u64) -> usize {
    usize::try_from(key & 0xffff).unwrap_or(0)
}
