//! A trie in prefix order, from the start or from anywhere.

use super::key::{Key, STRIDE};
use super::trie::{CHILD, Mark, Place, ROOT, Trie, place};

impl<K: Key, V: Copy + Default, M: Mark> Trie<K, V, M> {
    /// All entries in prefix order, from the start or from after (address, length).
    pub(crate) fn range(&self, after: Option<(K, u8)>) -> Range<'_, K, V, M> {
        let mut range = Range { trie: self, default: false, stack: Vec::new() };
        let Some((key, len)) = after else {
            range.default = true;
            range.push(ROOT, 0, K::default(), 0);
            return range;
        };
        let (mut node, mut depth, mut base) = (ROOT, 0, K::default());
        loop {
            if len <= depth + STRIDE {
                let from = if len == 0 { 0 } else { place(key, len, depth) + 1 };
                range.push(node, depth, base, from);
                return range;
            }
            let slot = key.slot(depth);
            range.push(node, depth, base, (Place::from(slot) << 3 | CHILD) + 1);
            let Some(kid) = self.kid(node, slot) else { return range };
            base = base.with_slot(depth, slot);
            (node, depth) = (kid, depth + STRIDE);
        }
    }
}

/// Iterator over a trie in prefix order.
pub(crate) struct Range<'a, K, V, M> {
    trie: &'a Trie<K, V, M>,
    default: bool,
    stack: Vec<Frame<K>>,
}

struct Frame<K> {
    node: u32,
    depth: u8,
    base: K,
    /// The first place not yet seen.
    from: Place,
}

impl<K: Key, V: Copy + Default, M: Mark> Range<'_, K, V, M> {
    fn push(&mut self, node: u32, depth: u8, base: K, from: Place) {
        self.stack.push(Frame { node, depth, base, from });
    }
}

impl<'a, K: Key, V: Copy + Default, M: Mark> Iterator for Range<'a, K, V, M> {
    type Item = (K, u8, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        if core::mem::take(&mut self.default)
            && let Some(v) = &self.trie.default
        {
            return Some((K::default(), 0, v));
        }
        while let Some(frame) = self.stack.last_mut() {
            let node = self.trie.nodes.get(frame.node as usize)?;
            let own = self.trie.own.get(node.own);
            let own = own.get(own.partition_point(|o| o.0 < frame.from));
            let kid_slot = next_kid(node.present, frame.from);
            match (own, kid_slot) {
                (Some((place, value)), slot) if slot.is_none_or(|s| *place < Place::from(s) << 3 | CHILD) => {
                    frame.from = place + 1;
                    let key = frame.base.with_slot(frame.depth, (place >> 3) as u8);
                    return Some((key, frame.depth + (place & 7) as u8, value));
                }
                (_, Some(slot)) => {
                    frame.from = (Place::from(slot) << 3 | CHILD) + 1;
                    let (depth, base) = (frame.depth + STRIDE, frame.base.with_slot(frame.depth, slot));
                    if let Some(kid) = self.trie.kid(frame.node, slot) {
                        self.push(kid, depth, base, 0);
                    }
                }
                _ => {
                    self.stack.pop();
                }
            }
        }
        None
    }
}

/// The first slot with a child whose place is at or after `from`.
fn next_kid(present: u64, from: Place) -> Option<u8> {
    let slot = from >> 3;
    let rest = if slot > 63 { 0 } else { present & (u64::MAX << slot) };
    (rest != 0).then(|| rest.trailing_zeros() as u8)
}
