//! A set of small numbers: the destinations a group has yet to look at. Two levels of 64-bit words, so that finding the
//! next member of a sparse set of a million costs little, and its size is a bit a destination whatever is queued.

/// A set of `u32`, as small as its largest member asks.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
    /// Bit `i`: `words[i]` is not 0.
    summary: Vec<u64>,
    len: usize,
}

const fn place(n: usize) -> (usize, u64) {
    (n >> 6, 1 << (n & 63))
}

impl Bits {
    /// How many members.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        (self.words.capacity().saturating_add(self.summary.capacity())).saturating_mul(8)
    }

    fn reserve(&mut self, words: usize) {
        if self.words.len() < words {
            // A quarter more, not twice as much.
            let room = words.saturating_add(words >> 2).saturating_sub(self.words.len());
            self.words.reserve_exact(room);
            self.words.resize(words, 0);
            self.summary.resize(words.div_ceil(64), 0);
        }
    }

    /// Whether `n` is a member.
    pub(super) fn contains(&self, n: u32) -> bool {
        let (word, bit) = place(n as usize);
        self.words.get(word).is_some_and(|w| w & bit != 0)
    }

    /// Adds `n`; false: it was there.
    pub(super) fn insert(&mut self, n: u32) -> bool {
        let (index, bit) = place(n as usize);
        self.reserve(index.saturating_add(1));
        let Some(word) = self.words.get_mut(index) else { return false };
        if *word & bit != 0 {
            return false;
        }
        *word |= bit;
        self.len = self.len.saturating_add(1);
        let (index, bit) = place(index);
        if let Some(word) = self.summary.get_mut(index) {
            *word |= bit;
        }
        true
    }

    /// Removes `n`; false: it was not there.
    pub(super) fn remove(&mut self, n: u32) -> bool {
        let (index, bit) = place(n as usize);
        let Some(word) = self.words.get_mut(index) else { return false };
        if *word & bit == 0 {
            return false;
        }
        *word &= !bit;
        self.len = self.len.saturating_sub(1);
        if *word == 0 {
            let (index, bit) = place(index);
            if let Some(word) = self.summary.get_mut(index) {
                *word &= !bit;
            }
        }
        true
    }

    /// All of `0..end` are members from now on.
    pub(super) fn insert_below(&mut self, end: u32) {
        let (full, rest) = (end as usize >> 6, end & 63);
        self.reserve((end as usize).div_ceil(64));
        self.words.iter_mut().take(full).for_each(|w| *w = u64::MAX);
        if rest != 0
            && let Some(word) = self.words.get_mut(full)
        {
            *word |= (1u64 << rest).wrapping_sub(1);
        }
        self.recount();
    }

    /// Everything of `other` is moved here.
    pub(super) fn take(&mut self, other: &mut Bits) {
        self.reserve(other.words.len());
        self.words.iter_mut().zip(&other.words).for_each(|(w, o)| *w |= o);
        *other = Bits::default();
        self.recount();
    }

    fn recount(&mut self) {
        self.len = self.words.iter().map(|w| w.count_ones() as usize).sum();
        for (chunk, word) in self.words.chunks(64).zip(&mut self.summary) {
            *word = chunk.iter().enumerate().fold(0, |s, (i, w)| s | u64::from(*w != 0) << i);
        }
    }

    /// The least member that is at least `from`.
    pub(super) fn next(&self, from: u32) -> Option<u32> {
        let (index, _) = place(from as usize);
        let here = self.words.get(index)? & (u64::MAX << (from & 63));
        if here != 0 {
            return number(index, here);
        }
        let index = next_in(&self.summary, index.checked_add(1)?)?;
        number(index, *self.words.get(index)?)
    }
}

fn number(index: usize, word: u64) -> Option<u32> {
    u32::try_from(index).ok()?.checked_mul(64)?.checked_add(word.trailing_zeros())
}

/// The least set bit of `words` that is at least `from`.
fn next_in(words: &[u64], from: usize) -> Option<usize> {
    let first = from >> 6;
    let mut mask = u64::MAX << (from & 63);
    for (index, word) in words.iter().enumerate().skip(first) {
        let here = word & mask;
        mask = u64::MAX;
        if here != 0 {
            return index.checked_mul(64)?.checked_add(here.trailing_zeros() as usize);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn members(bits: &Bits) -> Vec<u32> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(n) = bits.next(from) {
            found.push(n);
            from = n + 1;
        }
        found
    }

    proptest! {
        #[test]
        fn it_is_the_set_of_what_was_put_in_and_not_taken_out(
            steps in prop::collection::vec((any::<bool>(), 0u32..20_000), 0..200), below in 0u32..300
        ) {
            let (mut bits, mut set) = (Bits::default(), BTreeSet::new());
            for (add, n) in steps {
                if add {
                    prop_assert_eq!(bits.insert(n), set.insert(n));
                } else {
                    prop_assert_eq!(bits.remove(n), set.remove(&n));
                }
            }
            prop_assert_eq!(members(&bits), set.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(bits.len(), set.len());
            bits.insert_below(below);
            set.extend(0..below);
            let mut other = Bits::default();
            other.insert(77_777);
            bits.take(&mut other);
            set.insert(77_777);
            prop_assert_eq!(members(&bits), set.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(bits.len(), set.len());
            prop_assert!(other.is_empty());
        }
    }
}
