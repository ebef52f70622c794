//! What the RIB keeps for one prefix: eight bytes, since nearly every prefix has exactly one candidate, and that is what
//! everybody was told of. What does not fit goes into a record beside, as long as it does not.

use crate::Instant;
use smallvec::SmallVec;

/// One source's route for a prefix.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Candidate {
    /// Id of the interned path: a source and a route.
    pub(super) path: u32,
    /// When it came, in tenths of a second: enough for display, and half the size.
    since: u32,
}

impl Candidate {
    pub(super) fn new(path: u32, now: Instant) -> Candidate {
        let since = u32::try_from(now.as_micros() / 100_000).unwrap_or(u32::MAX);
        Candidate { path, since }
    }

    pub(super) fn since(&self) -> Instant {
        Instant::from_millis(u64::from(self.since) * 100)
    }
}

/// All about one prefix in one table. By itself it can say: nothing; one candidate that nobody was told of; one that
/// everybody was told of; what was told before the only candidate went.
#[derive(Copy, Clone, Default, Debug)]
pub(super) struct Entry {
    /// A path, or the number of a [`Wide`] record, below flags.
    word: u32,
    since: u32,
}

/// It waits for its turn to be looked at again.
const QUEUED: u32 = 1 << 31;
/// The number is that of a record.
const WIDE: u32 = 1 << 30;
/// The path is a candidate.
const HERE: u32 = 1 << 29;
/// The path was told.
const TOLD: u32 = 1 << 28;
const NUMBER: u32 = TOLD - 1;

/// What does not fit an entry.
#[derive(Debug, Default)]
struct Wide {
    /// In no order that means anything.
    candidates: SmallVec<[Candidate; 2]>,
    told: Option<u32>,
}

/// The records of the entries of a table that need one.
#[derive(Debug, Default)]
pub(super) struct Wides {
    records: Vec<Wide>,
    free: Vec<u32>,
}

impl Wides {
    fn of(&self, entry: Entry) -> Option<&Wide> {
        if entry.word & WIDE == 0 {
            return None;
        }
        self.records.get((entry.word & NUMBER) as usize)
    }

    fn keep(&mut self, wide: Wide) -> u32 {
        if let Some(number) = self.free.pop() {
            self.records[number as usize] = wide;
            return number;
        }
        self.records.push(wide);
        (self.records.len() - 1) as u32
    }

    fn take(&mut self, number: u32) -> Wide {
        let wide = core::mem::take(&mut self.records[number as usize]);
        self.free.push(number);
        if self.free.len() == self.records.len() {
            *self = Wides::default();
        }
        wide
    }

    /// Bytes held, allocator overhead aside.
    pub(super) fn memory(&self) -> usize {
        let spilled = |w: &&Wide| w.candidates.spilled();
        let candidates: usize = self.records.iter().filter(spilled).map(|w| w.candidates.capacity()).sum();
        self.records.capacity() * size_of::<Wide>()
            + self.free.capacity() * 4
            + candidates * size_of::<Candidate>()
    }
}

/// An entry to read.
#[derive(Copy, Clone, Debug)]
pub(super) struct View<'a> {
    entry: Entry,
    wide: Option<&'a Wide>,
}

impl<'a> View<'a> {
    pub(super) fn new(entry: Entry, wides: &'a Wides) -> View<'a> {
        View { entry, wide: wides.of(entry) }
    }

    pub(super) fn candidates(self) -> impl Iterator<Item = Candidate> + 'a {
        let Entry { word, since } = self.entry;
        let one = (word & HERE != 0).then_some(Candidate { path: word & NUMBER, since });
        one.into_iter().chain(self.wide.into_iter().flat_map(|w| w.candidates.iter().copied()))
    }

    /// The path that everybody was told is best.
    pub(super) fn told(self) -> Option<u32> {
        match self.wide {
            Some(wide) => wide.told,
            None => (self.entry.word & TOLD != 0).then_some(self.entry.word & NUMBER),
        }
    }

    /// There is no candidate.
    pub(super) fn is_empty(self) -> bool {
        self.candidates().next().is_none()
    }
}

/// An entry to change.
#[derive(Debug)]
pub(super) struct Edit<'a> {
    pub(super) entry: &'a mut Entry,
    pub(super) wides: &'a mut Wides,
}

impl Edit<'_> {
    /// Adds a candidate or replaces the one of the same source, which is returned. `same` knows its paths.
    pub(super) fn put(&mut self, new: Candidate, same: impl Fn(u32) -> bool) -> Option<Candidate> {
        let mut wide = self.open();
        let known = wide.candidates.iter_mut().find(|c| same(c.path));
        let old = known.map(|c| core::mem::replace(c, new));
        if old.is_none() {
            wide.candidates.push(new);
        }
        self.close(wide);
        old
    }

    /// The candidate of this source.
    pub(super) fn find(&self, same: impl Fn(u32) -> bool) -> Option<Candidate> {
        View::new(*self.entry, self.wides).candidates().find(|c| same(c.path))
    }

    /// Takes the candidate of this source away.
    pub(super) fn remove(&mut self, same: impl Fn(u32) -> bool) -> Option<Candidate> {
        self.find(&same)?;
        let mut wide = self.open();
        let at = wide.candidates.iter().position(|c| same(c.path));
        let old = at.map(|at| wide.candidates.remove(at));
        self.close(wide);
        old
    }

    /// Everybody was told that this path is best, or that none is.
    pub(super) fn tell(&mut self, told: Option<u32>) {
        if View::new(*self.entry, self.wides).told() != told {
            let wide = Wide { told, ..self.open() };
            self.close(wide);
        }
    }

    /// It waits for its turn; false: it did already.
    pub(super) fn queue(&mut self) -> bool {
        let queued = self.entry.word & QUEUED != 0;
        self.entry.word |= QUEUED;
        !queued
    }

    /// Its turn has come.
    pub(super) fn unqueue(&mut self) {
        self.entry.word &= !QUEUED;
    }

    /// Nothing is known of the prefix and nobody is left to be told.
    pub(super) fn is_idle(&self) -> bool {
        self.entry.word == 0
    }

    fn open(&mut self) -> Wide {
        if self.entry.word & WIDE != 0 {
            return self.wides.take(self.entry.word & NUMBER);
        }
        let view = View::new(*self.entry, self.wides);
        Wide { candidates: view.candidates().collect(), told: view.told() }
    }

    fn close(&mut self, wide: Wide) {
        let queued = self.entry.word & QUEUED;
        let (word, since) = match (&wide.candidates[..], wide.told) {
            ([], None) => (0, 0),
            ([], Some(told)) => (told | TOLD, 0),
            ([one], None) => (one.path | HERE, one.since),
            ([one], Some(told)) if told == one.path => (told | HERE | TOLD, one.since),
            _ => (self.wides.keep(wide) | WIDE, 0),
        };
        assert!(word & NUMBER < NUMBER, "a quarter of a billion distinct routes");
        *self.entry = Entry { word: word | queued, since };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn c(path: u32) -> Candidate {
        Candidate::new(path, Instant::from_secs(7))
    }

    /// The source of a path, as it were.
    fn of(source: u32) -> impl Fn(u32) -> bool + Copy {
        move |path| path / 10 == source
    }

    #[test]
    fn a_source_has_one_candidate() {
        let (mut entry, mut wides) = (Entry::default(), Wides::default());
        let mut e = Edit { entry: &mut entry, wides: &mut wides };
        assert_eq!(e.put(c(10), of(1)), None);
        assert_eq!(e.put(c(11), of(1)), Some(c(10)));
        assert_eq!(e.put(c(20), of(2)), None);
        assert_eq!(e.put(c(21), of(2)), Some(c(20)));
        assert_eq!(View::new(*e.entry, e.wides).candidates().collect::<Vec<_>>(), [c(11), c(21)]);
        assert_eq!(e.remove(of(3)), None);
        assert_eq!(e.remove(of(1)), Some(c(11)));
        assert_eq!(e.remove(of(1)), None);
        assert_eq!(e.remove(of(2)), Some(c(21)));
        assert!(e.is_idle());
        assert_eq!(wides.memory(), 0);
    }

    #[test]
    fn an_entry_is_small() {
        assert_eq!(size_of::<Entry>(), 8);
        assert_eq!(c(1).since(), Instant::from_secs(7));
    }

    proptest! {
        /// Whatever is done to many entries that share their records, each is what a map and an option would be.
        #[test]
        fn entries_are_what_was_put_into_them(
            steps in prop::collection::vec((0usize..6, 0u32..4, 0u32..3, 0u8..5), 0..400)
        ) {
            let mut wides = Wides::default();
            let mut entries = [Entry::default(); 6];
            let mut model: Vec<(BTreeMap<u32, u32>, Option<u32>, bool)> = vec![Default::default(); 6];
            for (which, source, variant, what) in steps {
                let mut e = Edit { entry: &mut entries[which], wides: &mut wides };
                let (candidates, told, queued) = &mut model[which];
                let path = source * 10 + variant;
                match what {
                    0 | 1 => {
                        let old = e.put(c(path), of(source)).map(|c| c.path);
                        prop_assert_eq!(old, candidates.insert(source, path));
                    }
                    2 => prop_assert_eq!(e.remove(of(source)).map(|c| c.path), candidates.remove(&source)),
                    3 => {
                        *told = (variant > 0).then_some(path);
                        e.tell(*told);
                    }
                    _ if variant == 0 => {
                        e.unqueue();
                        *queued = false;
                    }
                    _ => {
                        prop_assert_eq!(e.queue(), !*queued);
                        *queued = true;
                    }
                }
                prop_assert_eq!(e.is_idle(), candidates.is_empty() && told.is_none() && !*queued);
                for (entry, (candidates, told, _)) in entries.iter().zip(&model) {
                    let view = View::new(*entry, &wides);
                    let mut found: Vec<u32> = view.candidates().map(|c| c.path).collect();
                    found.sort_unstable();
                    prop_assert_eq!(found, candidates.values().copied().collect::<Vec<_>>());
                    prop_assert_eq!(view.told(), *told);
                    prop_assert_eq!(view.is_empty(), candidates.is_empty());
                }
            }
            // One candidate that was told needs no record.
            let needed = model.iter().filter(|(c, told, _)| match (c.len(), told) {
                (0, _) | (1, None) => false,
                (1, Some(told)) => c.values().next() != Some(told),
                _ => true,
            });
            prop_assert_eq!(wides.records.len() - wides.free.len(), needed.count());
        }
    }
}
