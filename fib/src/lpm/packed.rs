//! The table that packets are looked up in: a multibit trie compressed by counting bits, after the idea of Asai and
//! Ohara ("Poptrie", SIGCOMM 2015), with a layout of its own.
//!
//! The first bits of an address index `direct`; each entry is a leaf or the place of a node. A node covers six bits.
//! Everything that belongs to it lies together, so that one step down costs one or two neighboring cache lines:
//!
//! ```text
//!   words of 64 bits      ...  kid 3 2 | kid 1 0 | vector | leafvec | leaf 3 2 1 0 | leaf 7 6 5 4 ...
//!                                                  ^ a reference to the node points here
//! ```
//!
//! Bit `s` of `vector` says that slot `s` goes on to a kid: the one with as many kids before it as there are bits set
//! below `s`. Otherwise the slot is a leaf, and bit `s` of `leafvec` says that it starts a run of equal leaves: its
//! value is the one with as many bits set at and below `s`, less one. Nodes whose 64 slots are all one leaf do
//! not exist. Leaves are 16 bits wide until a value needs more.

use super::key::{Key, STRIDE};

/// A leaf with its value, or a node with its place: what `direct` and kids hold.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Ref(u32);

const LEAF: u32 = 1 << 31;

/// The largest value that fits a leaf.
pub(super) const MAX_VALUE: u32 = LEAF - 1;

/// A node has at most 32 words of kids, 2 of header and 32 of leaves.
const CLASSES: usize = 67;

impl Ref {
    pub(super) const fn leaf(value: u32) -> Ref {
        Ref(value | LEAF)
    }

    #[inline(always)]
    pub(super) const fn is_leaf(self) -> bool {
        self.0 & LEAF != 0
    }

    #[inline(always)]
    pub(super) const fn value(self) -> u32 {
        self.0 & !LEAF
    }
}

/// What the 64 slots of a node lead to.
pub(super) type Slots = [Ref; 64];

#[derive(Clone, Debug)]
pub(super) struct Packed {
    /// How many leading bits index `direct`: a multiple of six.
    pub(super) direct_bits: u8,
    pub(super) direct: Vec<Ref>,
    /// Leaves are 32 bits wide instead of 16.
    pub(super) wide: bool,
    words: Vec<u64>,
    /// Freed blocks by their size in words.
    free: Vec<Vec<u32>>,
    free_words: usize,
}

impl Packed {
    /// An empty table.
    pub(super) fn new(direct_bits: u8, wide: bool) -> Packed {
        Packed {
            direct_bits,
            direct: vec![Ref::leaf(0); 1 << direct_bits],
            wide,
            words: Vec::new(),
            free: Vec::new(),
            free_words: 0,
        }
    }

    /// The leaf for an address.
    #[inline(always)]
    pub(super) fn lookup<K: Key>(&self, key: K) -> u32 {
        let mut at = self.direct[key.top(self.direct_bits)];
        let mut depth = self.direct_bits;
        while !at.is_leaf() {
            at = self.step(at, key.slot(depth));
            depth += STRIDE;
        }
        at.value()
    }

    /// One node down.
    #[inline(always)]
    fn step(&self, node: Ref, slot: u8) -> Ref {
        let at = node.0 as usize;
        let header = &self.words[at..at + 2];
        let (vector, leafvec) = (header[0], header[1]);
        if vector >> slot & 1 != 0 {
            let rank = (vector & !(u64::MAX << slot)).count_ones();
            let word = self.words[at - 1 - (rank / 2) as usize];
            return Ref((word >> (rank % 2 * 32)) as u32);
        }
        let rank = (leafvec & (u64::MAX >> (63 - slot))).count_ones().wrapping_sub(1);
        Ref::leaf(self.leaf(at, rank))
    }

    #[inline(always)]
    fn leaf(&self, at: usize, rank: u32) -> u32 {
        if self.wide {
            (self.words[at + 2 + (rank / 2) as usize] >> (rank % 2 * 32)) as u32
        } else {
            (self.words[at + 2 + (rank / 4) as usize] >> (rank % 4 * 16)) as u32 & 0xffff
        }
    }

    /// Looks up many addresses; `out` is filled up to the shorter of the two. Several walks advance side by side, so
    /// that their cache misses overlap. (Measured: a step without branches is slower, and IPv4 walks are too short
    /// to gain anything.)
    #[inline]
    pub(super) fn lookup_batch<K: Key>(&self, keys: &[K], out: &mut [u32]) {
        if K::WIDTH <= 32 {
            keys.iter().zip(out).for_each(|(key, out)| *out = self.lookup(*key));
            return;
        }
        const LANES: usize = 16;
        for (keys, out) in keys.chunks(LANES).zip(out.chunks_mut(LANES)) {
            let mut at = [Ref::leaf(0); LANES];
            // The lanes that are not at a leaf yet: the first `active` of `lanes`.
            let mut lanes = [0u8; LANES];
            let mut active = 0;
            for (lane, key) in keys.iter().enumerate() {
                at[lane] = self.direct[key.top(self.direct_bits)];
                lanes[active % LANES] = lane as u8;
                active += usize::from(!at[lane].is_leaf());
            }
            let mut depth = self.direct_bits;
            while active > 0 {
                let walking = active;
                active = 0;
                for i in 0..walking {
                    let lane = usize::from(lanes[i % LANES]) % LANES;
                    let Some(key) = keys.get(lane) else { break };
                    at[lane] = self.step(at[lane], key.slot(depth));
                    lanes[active % LANES] = lane as u8;
                    active += usize::from(!at[lane].is_leaf());
                }
                depth += STRIDE;
            }
            for (out, at) in out.iter_mut().zip(at) {
                *out = at.value();
            }
        }
    }

    /// Writes a node in the place of `old` (a node, or a leaf for none). Slots that are all one leaf become that leaf.
    pub(super) fn write(&mut self, old: Ref, slots: &Slots) -> Ref {
        let mut vector = 0u64;
        let mut leafvec = 0u64;
        let mut leaves = [0u32; 64];
        let mut kids = [0u32; 64];
        let (mut leaf_count, mut kid_count) = (0, 0);
        for (slot, to) in slots.iter().enumerate() {
            if !to.is_leaf() {
                vector |= 1 << slot;
                kids[kid_count] = to.0;
                kid_count += 1;
            } else if leaf_count == 0 || leaves[leaf_count - 1] != to.value() {
                leafvec |= 1 << slot;
                leaves[leaf_count] = to.value();
                leaf_count += 1;
            }
        }
        if vector == 0 && leaf_count == 1 {
            self.release(old);
            return Ref::leaf(leaves[0]);
        }
        let kid_words = kid_count.div_ceil(2);
        let at = self.place(old, kid_words, leaf_count);
        self.words[at] = vector;
        self.words[at + 1] = leafvec;
        for (i, pair) in kids[..kid_count].chunks(2).enumerate() {
            let high = pair.get(1).copied().unwrap_or(0);
            self.words[at - 1 - i] = u64::from(pair[0]) | u64::from(high) << 32;
        }
        let (per_word, bits) = self.leaf_layout();
        for (i, chunk) in leaves[..leaf_count].chunks(per_word).enumerate() {
            let word = chunk.iter().rev().fold(0u64, |w, leaf| w << bits | u64::from(*leaf));
            self.words[at + 2 + i] = word;
        }
        Ref(at as u32)
    }

    /// Changes where one slot of a node leads; both before and after it is a kid.
    pub(super) fn relink(&mut self, node: Ref, slot: u8, kid: Ref) {
        let at = node.0 as usize;
        let rank = (self.words[at] & !(u64::MAX << slot)).count_ones();
        let word = &mut self.words[at - 1 - (rank / 2) as usize];
        let shift = rank % 2 * 32;
        *word = *word & !(0xffff_ffff << shift) | u64::from(kid.0) << shift;
    }

    /// Frees a node's block; its kids are their owner's affair. A leaf has none.
    pub(super) fn release(&mut self, node: Ref) {
        if let Some((start, size)) = self.block(node) {
            self.give_back(start, size);
        }
    }

    /// Whether more than half of the arena is unused.
    pub(super) fn is_sparse(&self) -> bool {
        self.free_words > 4096 && self.free_words * 2 > self.words.len()
    }

    /// Gives back what the vectors grew beyond their content.
    pub(super) fn shrink(&mut self) {
        if self.words.capacity() > self.words.len() + self.words.len() / 4 {
            self.words.shrink_to_fit();
        }
    }

    /// Bytes a lookup may touch.
    pub(super) fn touched(&self) -> usize {
        self.direct.len() * 4 + (self.words.len() - self.free_words) * 8
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        let free: usize = self.free.iter().map(|f| f.capacity() * 4 + size_of::<Vec<u32>>()).sum();
        self.direct.capacity() * 4 + self.words.capacity() * 8 + free
    }

    /// Leaves in a word, and the bits of each.
    fn leaf_layout(&self) -> (usize, u32) {
        if self.wide { (2, 32) } else { (4, 16) }
    }

    /// Where a node's block begins and its size in words.
    fn block(&self, node: Ref) -> Option<(usize, usize)> {
        if node.is_leaf() {
            return None;
        }
        let at = node.0 as usize;
        let kid_words = (self.words[at].count_ones() as usize).div_ceil(2);
        let leaf_words = (self.words[at + 1].count_ones() as usize).div_ceil(self.leaf_layout().0);
        Some((at - kid_words, kid_words + 2 + leaf_words))
    }

    /// Room for a node, the old one's if it fits exactly. Returns the place of its header.
    fn place(&mut self, old: Ref, kid_words: usize, leaves: usize) -> usize {
        let size = kid_words + 2 + leaves.div_ceil(self.leaf_layout().0);
        let start = match self.block(old) {
            Some((start, old_size)) if old_size == size => start,
            Some((start, old_size)) => {
                self.give_back(start, old_size);
                self.take(size)
            }
            None => self.take(size),
        };
        start + kid_words
    }

    fn take(&mut self, size: usize) -> usize {
        if let Some(start) = self.free.get_mut(size).and_then(Vec::pop) {
            self.free_words -= size;
            return start as usize;
        }
        let start = self.words.len();
        assert!(start + size < LEAF as usize, "sixteen gigabytes of nodes");
        self.words.resize(start + size, 0);
        start
    }

    fn give_back(&mut self, start: usize, size: usize) {
        if self.free.is_empty() {
            self.free.resize(CLASSES, Vec::new());
        }
        self.free[size].push(start as u32);
        self.free_words += size;
    }
}
