//! Short arrays in one piece of memory: what the nodes of a trie hold. A million vectors of their own would cost more in
//! headers and in the allocator's rounding than in what they hold, and would be given back to nobody when they go.
//!
//! An array knows its place and not its neighbors; what is freed is used again by the next array of that size. When too
//! much lies free, the owner moves all that it has into a new piece: [`Blocks::is_sparse`], [`Blocks::adopt`].

/// An array: where it is, how long, and the room it has.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Run {
    at: u32,
    len: u8,
    room: u8,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Blocks<T> {
    items: Vec<T>,
    /// Freed places by their room.
    free: Vec<Vec<u32>>,
    free_items: usize,
}

/// Fewer free items than this are not worth moving the others.
const WORTH_MOVING: usize = 4096;

/// The room for `len`: one more, or an eighth more, at most.
fn room_for(len: usize) -> usize {
    let least = if len > 2 { 2 } else { 1 };
    let step = (len.next_power_of_two() / 8).max(least);
    len.div_ceil(step) * step
}

impl<T> Default for Blocks<T> {
    fn default() -> Blocks<T> {
        Blocks { items: Vec::new(), free: Vec::new(), free_items: 0 }
    }
}

impl<T: Copy + Default> Blocks<T> {
    pub(super) fn get(&self, run: Run) -> &[T] {
        let at = run.at as usize;
        &self.items[at..at + usize::from(run.len)]
    }

    pub(super) fn get_mut(&mut self, run: Run) -> &mut [T] {
        let at = run.at as usize;
        &mut self.items[at..at + usize::from(run.len)]
    }

    /// Puts `item` before the one at `index`. No array may become longer than 248.
    pub(super) fn insert(&mut self, run: &mut Run, index: usize, item: T) {
        let len = usize::from(run.len);
        if run.len == run.room {
            let room = room_for(len + 1);
            let new = self.take(room);
            let old = run.at as usize;
            self.items.copy_within(old..old + len, new as usize);
            self.give_back(*run);
            *run = Run { at: new, len: run.len, room: u8::try_from(room).expect("arrays are short") };
        }
        let at = run.at as usize;
        self.items.copy_within(at + index..at + len, at + index + 1);
        self.items[at + index] = item;
        run.len += 1;
    }

    /// Takes the one at `index` out.
    pub(super) fn remove(&mut self, run: &mut Run, index: usize) -> T {
        let (at, len) = (run.at as usize, usize::from(run.len));
        let item = self.items[at + index];
        self.items.copy_within(at + index + 1..at + len, at + index);
        run.len -= 1;
        if run.len == 0 {
            self.give_back(*run);
            *run = Run::default();
        } else if room_for(len) * 2 <= usize::from(run.room) {
            let small = self.adopt_within(*run);
            self.give_back(*run);
            *run = small;
        }
        item
    }

    fn adopt_within(&mut self, run: Run) -> Run {
        let (at, len) = (run.at as usize, usize::from(run.len));
        let room = room_for(len);
        let new = self.take(room);
        self.items.copy_within(at..at + len, new as usize);
        Run { at: new, len: run.len, room: u8::try_from(room).expect("smaller than before") }
    }

    /// Whether so much lies free that all arrays had better be moved elsewhere.
    pub(super) fn is_sparse(&self) -> bool {
        self.free_items > WORTH_MOVING && self.free_items > self.items.len() / 4
    }

    /// Room for as many items as `other` has in use.
    pub(super) fn with_room_of(other: &Blocks<T>) -> Blocks<T> {
        Blocks { items: Vec::with_capacity(other.items.len() - other.free_items), ..Blocks::default() }
    }

    /// A copy of an array of another piece, here, with little more room than it needs.
    pub(super) fn adopt(&mut self, from: &Blocks<T>, run: Run) -> Run {
        if run.len == 0 {
            return Run::default();
        }
        let room = room_for(usize::from(run.len) + 1);
        let at = self.take(room);
        let new = Run { at, len: run.len, room: u8::try_from(room).expect("arrays are short") };
        self.get_mut(new).copy_from_slice(from.get(run));
        new
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        let free: usize = self.free.iter().map(|f| f.capacity() * 4 + size_of::<Vec<u32>>()).sum();
        self.items.capacity() * size_of::<T>() + free
    }

    fn take(&mut self, room: usize) -> u32 {
        if let Some(at) = self.free.get_mut(room).and_then(Vec::pop) {
            self.free_items -= room;
            return at;
        }
        let at = self.items.len();
        if self.items.capacity() - at < room {
            // An eighth more, not twice as much.
            self.items.reserve_exact(room.max(at / 8));
        }
        self.items.resize(at + room, T::default());
        u32::try_from(at).expect("four billion items")
    }

    fn give_back(&mut self, run: Run) {
        let room = usize::from(run.room);
        if room == 0 {
            return;
        }
        if self.free.len() <= room {
            self.free.resize(room + 1, Vec::new());
        }
        self.free[room].push(run.at);
        self.free_items += room;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The arrays are those of vectors, whatever happens to their neighbors, and also after a move.
        #[test]
        fn arrays_are_what_vectors_would_be(
            steps in prop::collection::vec((0usize..12, any::<u8>(), any::<u16>(), prop::bool::weighted(0.65)), 0..4000)
        ) {
            let mut blocks = Blocks::<u16>::default();
            let mut runs = [Run::default(); 12];
            let mut model = vec![Vec::new(); 12];
            for (which, at, item, add) in steps {
                let len = model[which].len();
                if add && len < 126 {
                    let at = usize::from(at) % (len + 1);
                    blocks.insert(&mut runs[which], at, item);
                    model[which].insert(at, item);
                } else if len > 0 {
                    let at = usize::from(at) % len;
                    prop_assert_eq!(blocks.remove(&mut runs[which], at), model[which].remove(at));
                }
                prop_assert_eq!(blocks.get(runs[which]), &model[which][..]);
            }
            let mut moved = Blocks::with_room_of(&blocks);
            for (run, model) in runs.iter_mut().zip(&model) {
                prop_assert_eq!(blocks.get(*run), &model[..]);
                *run = moved.adopt(&blocks, *run);
                prop_assert_eq!(moved.get(*run), &model[..]);
            }
            prop_assert!(moved.memory() <= model.iter().map(Vec::len).sum::<usize>() * 4 + 64);
        }
    }

    #[test]
    fn what_is_freed_is_used_again() {
        let mut blocks = Blocks::<u32>::default();
        let mut runs = vec![Run::default(); 1000];
        for n in 0..40 {
            runs.iter_mut().for_each(|run| blocks.insert(run, 0, n));
        }
        let full = blocks.memory();
        for _ in 0..3 {
            runs.iter_mut().for_each(|run| (0..40).for_each(|_| assert!(blocks.remove(run, 0) < 40)));
            runs.iter_mut().for_each(|run| (0..40).for_each(|n| blocks.insert(run, 0, n)));
        }
        assert!(blocks.memory() < full + full / 4, "{} after {full}", blocks.memory());
    }
}
