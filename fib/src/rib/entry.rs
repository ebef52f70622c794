//! What the RIB keeps for one prefix, kept small: nearly every prefix has exactly one candidate.

use crate::Instant;

/// One source's route for a prefix.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Candidate {
    /// Id of the interned route.
    pub(super) route: u32,
    /// Id of the interned source.
    pub(super) source: u32,
    /// When it came, in tenths of a second: enough for display, and half the size.
    since: u32,
}

impl Candidate {
    pub(super) fn new(route: u32, source: u32, now: Instant) -> Candidate {
        let since = u32::try_from(now.as_micros() / 100_000).unwrap_or(u32::MAX);
        Candidate { route, source, since }
    }

    pub(super) fn since(&self) -> Instant {
        Instant::from_millis(u64::from(self.since) * 100)
    }
}

/// The candidates of a prefix, in no order that means anything.
#[derive(Debug)]
enum Candidates {
    One(Candidate),
    #[expect(clippy::box_collection, reason = "a bare Vec would make the common case half as large again")]
    Many(Box<Vec<Candidate>>),
}

/// No best: the value of [`Entry::best`] when nothing is selected.
pub(super) const NONE: u32 = u32::MAX;

/// All about one prefix in one table.
#[derive(Debug)]
pub(super) struct Entry {
    candidates: Candidates,
    /// Id of the interned best route that everybody was told of, or [`NONE`].
    pub(super) best: u32,
    /// It waits for its turn to be looked at again.
    pub(super) queued: bool,
}

impl Entry {
    pub(super) fn new() -> Entry {
        Entry { candidates: Candidates::Many(Box::default()), best: NONE, queued: false }
    }

    pub(super) fn candidates(&self) -> &[Candidate] {
        match &self.candidates {
            Candidates::One(one) => core::slice::from_ref(one),
            Candidates::Many(many) => many,
        }
    }

    pub(super) fn find(&self, source: u32) -> Option<Candidate> {
        self.candidates().iter().find(|c| c.source == source).copied()
    }

    /// Adds a candidate or replaces the one of the same source, which is returned.
    pub(super) fn put(&mut self, new: Candidate) -> Option<Candidate> {
        match &mut self.candidates {
            Candidates::One(one) if one.source == new.source => Some(core::mem::replace(one, new)),
            Candidates::One(one) => {
                self.candidates = Candidates::Many(Box::new(vec![*one, new]));
                None
            }
            Candidates::Many(many) => {
                if let Some(old) = many.iter_mut().find(|c| c.source == new.source) {
                    return Some(core::mem::replace(old, new));
                }
                if many.is_empty() {
                    self.candidates = Candidates::One(new);
                } else {
                    many.push(new);
                }
                None
            }
        }
    }

    pub(super) fn remove(&mut self, source: u32) -> Option<Candidate> {
        match &mut self.candidates {
            Candidates::One(one) if one.source == source => {
                let old = *one;
                self.candidates = Candidates::Many(Box::default());
                Some(old)
            }
            Candidates::One(_) => None,
            Candidates::Many(many) => {
                let at = many.iter().position(|c| c.source == source)?;
                let old = many.remove(at);
                if let [last] = many[..] {
                    self.candidates = Candidates::One(last);
                }
                Some(old)
            }
        }
    }

    /// Nothing is known of the prefix and nobody is left to be told.
    pub(super) fn is_idle(&self) -> bool {
        self.candidates().is_empty() && self.best == NONE && !self.queued
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn c(source: u32, route: u32) -> Candidate {
        Candidate::new(route, source, Instant::from_secs(7))
    }

    #[test]
    fn a_source_has_one_candidate() {
        let mut e = Entry::new();
        assert_eq!(e.put(c(1, 10)), None);
        assert_eq!(e.put(c(1, 11)), Some(c(1, 10)));
        assert_eq!(e.put(c(2, 20)), None);
        assert_eq!(e.put(c(2, 21)), Some(c(2, 20)));
        assert_eq!(e.candidates(), [c(1, 11), c(2, 21)]);
        assert_eq!(e.remove(3), None);
        assert_eq!(e.remove(1), Some(c(1, 11)));
        assert_eq!(e.remove(1), None);
        assert_eq!(e.remove(2), Some(c(2, 21)));
        assert!(e.is_idle());
    }

    #[test]
    fn an_entry_is_small() {
        assert!(size_of::<Entry>() <= 24);
        assert_eq!(c(1, 1).since(), Instant::from_secs(7));
    }
}
