//! One address family of a table: the trie that is written to, and the packed table derived from it.
//! Updates come in batches: first all go into the trie, then each node they touched is packed once.

use super::key::{Key, STRIDE};
use super::packed::{MAX_VALUE, Packed, Ref, Slots};
use super::trie::{Mark, ROOT, Trie};

/// What the packed table knows about a trie node, and what changed since.
#[derive(Copy, Clone, Debug)]
pub(super) struct Hot {
    /// Where the node is packed; for nodes above the direct table meaningless.
    at: Ref,
    /// The value that slots without a longer match got when the node was packed.
    inherited: u32,
    own_changed: bool,
    below_changed: u64,
}

/// No value: the node was never packed.
const NEVER: u32 = u32::MAX;

impl Default for Hot {
    fn default() -> Hot {
        Hot { at: Ref::leaf(0), inherited: NEVER, own_changed: true, below_changed: 0 }
    }
}

impl Mark for Hot {
    fn own(&mut self) {
        self.own_changed = true;
    }
    fn below(&mut self, slot: u8) {
        self.below_changed |= 1 << slot;
    }
}

#[derive(Clone, Debug)]
pub(super) struct Family<K> {
    pub(super) trie: Trie<K, u32, Hot>,
    pub(super) packed: Packed,
}

impl<K: Key> Default for Family<K> {
    fn default() -> Self {
        Family { trie: Trie::default(), packed: Packed::new(0, false) }
    }
}

impl<K: Key> Family<K> {
    /// Sets, or with value 0 removes, one prefix in the trie; returns the value it had. [`Family::finish`] must follow.
    pub(super) fn write(&mut self, key: K, len: u8, value: u32) -> Option<u32> {
        debug_assert!(value <= MAX_VALUE);
        match value {
            0 => self.trie.take(key, len),
            value => self.trie.insert(key, len, value.min(MAX_VALUE)),
        }
    }

    /// Brings the packed table up to date. `largest` is the largest value written.
    pub(super) fn finish(&mut self, largest: u32) {
        let wide = self.packed.wide || largest > 0xffff;
        let bits = direct_bits(self.trie.len(), self.packed.direct_bits);
        if self.trie.is_empty() {
            *self = Family::default();
            return;
        }
        if bits != self.packed.direct_bits || wide != self.packed.wide || self.packed.is_sparse() {
            self.packed = Packed::new(bits, wide);
            for node in &mut self.trie.nodes {
                node.mark = Hot { below_changed: node.present, ..Hot::default() };
            }
        }
        let default = self.trie.default.unwrap_or(0);
        if self.trie.nodes.is_empty() {
            self.packed.direct.fill(Ref::leaf(default));
            return;
        }
        let root = self.refresh(ROOT, 0, 0, default);
        if bits == 0 {
            self.packed.direct[0] = root;
        }
        self.packed.shrink();
        self.trie.compact();
    }

    /// Packs a node again as far as it changed, kids first; returns where it is. `index` is where its part of the
    /// direct table begins, for nodes above it.
    fn refresh(&mut self, id: u32, depth: u8, index: usize, inherited: u32) -> Ref {
        let node = &mut self.trie.nodes[id as usize];
        let changed = core::mem::take(&mut node.mark.below_changed);
        let repaint = core::mem::take(&mut node.mark.own_changed) || node.mark.inherited != inherited;
        node.mark.inherited = inherited;
        if depth < self.packed.direct_bits {
            self.refresh_direct(id, depth, index, inherited, changed, repaint);
            return Ref::leaf(0);
        }
        if !repaint && self.relink_kids(id, depth, changed) {
            return self.trie.nodes[id as usize].mark.at;
        }
        let mut values = [inherited; 64];
        self.trie.paint(id, &mut values);
        let mut slots: Slots = values.map(Ref::leaf);
        for slot in bits_of(self.trie.nodes[id as usize].present) {
            if let Some(at) = self.refresh_kid(id, depth, slot, 0, values[usize::from(slot)], changed) {
                slots[usize::from(slot)] = at;
            }
        }
        let old = self.trie.nodes[id as usize].mark.at;
        let at = self.packed.write(old, &slots);
        self.trie.nodes[id as usize].mark.at = at;
        at
    }

    /// Refreshes the child of a slot if it needs it; one that is empty is removed. `None`: no child any more.
    fn refresh_kid(
        &mut self,
        id: u32,
        depth: u8,
        slot: u8,
        index: usize,
        inherited: u32,
        changed: u64,
    ) -> Option<Ref> {
        let kid = self.trie.kid(id, slot)?;
        let mark = self.trie.nodes[kid as usize].mark;
        if changed >> slot & 1 == 0 && mark.inherited == inherited {
            return Some(mark.at);
        }
        let at = self.refresh(kid, depth + STRIDE, index, inherited);
        if self.trie.is_bare(kid) {
            // An empty node is one leaf already, or part of the direct table: nothing is left to release.
            self.trie.drop_kid(id, slot);
            return None;
        }
        Some(at)
    }

    /// The short way when only kids changed: if each was a node and still is, links are all that changes.
    /// Returns false when the node has to be packed again.
    fn relink_kids(&mut self, id: u32, depth: u8, changed: u64) -> bool {
        let mut linked = true;
        for slot in bits_of(changed) {
            let Some(kid) = self.trie.kid(id, slot) else {
                linked = false;
                continue;
            };
            let Hot { at: before, inherited, .. } = self.trie.nodes[kid as usize].mark;
            if inherited == NEVER || before.is_leaf() {
                // Not packed yet, or no node: the long way.
                linked = false;
                continue;
            }
            match self.refresh_kid(id, depth, slot, 0, inherited, changed) {
                Some(after) if !after.is_leaf() => {
                    let node = self.trie.nodes[id as usize].mark.at;
                    if after != before && linked && !node.is_leaf() {
                        self.packed.relink(node, slot, after);
                    }
                }
                _ => linked = false,
            }
        }
        linked
    }

    fn refresh_direct(
        &mut self,
        id: u32,
        depth: u8,
        index: usize,
        inherited: u32,
        changed: u64,
        repaint: bool,
    ) {
        let span = 1usize << (self.packed.direct_bits - depth - STRIDE);
        let last = span == 1;
        let mut values = [inherited; 64];
        self.trie.paint(id, &mut values);
        let look_at = if repaint { u64::MAX } else { changed };
        for slot in bits_of(look_at) {
            let value = values[usize::from(slot)];
            let begin = index + usize::from(slot) * span;
            let had_kid = self.trie.kid(id, slot).is_some();
            match self.refresh_kid(id, depth, slot, begin, value, changed) {
                Some(at) if last => self.packed.direct[begin] = at,
                Some(_) => {}
                // A slot without a child is uniform: its first entry tells whether anything is to be written.
                None if !had_kid && self.packed.direct[begin] == Ref::leaf(value) => {}
                None => self.packed.direct[begin..begin + span].fill(Ref::leaf(value)),
            }
        }
    }
}

/// The slots whose bit is set, in order.
fn bits_of(mut map: u64) -> impl Iterator<Item = u8> {
    core::iter::from_fn(move || {
        let slot = (map != 0).then(|| map.trailing_zeros() as u8)?;
        map &= map - 1;
        Some(slot)
    })
}

/// How many bits to index directly for `len` prefixes: the table costs four bytes a slot and saves a step for
/// each six bits. It shrinks only when far too large, so that a table at the border is not rebuilt back and forth.
fn direct_bits(len: usize, now: u8) -> u8 {
    const GROW: [(u8, usize); 3] = [(6, 16), (12, 1024), (18, 20_000)];
    let wanted = GROW.iter().rev().find(|(_, least)| len >= *least).map_or(0, |(bits, _)| *bits);
    let keep = GROW.iter().rev().find(|(_, least)| len >= *least / 4).map_or(0, |(bits, _)| *bits);
    if now > wanted { now.min(keep) } else { wanted }
}
