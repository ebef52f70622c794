//! What a group has told its members, by destination: whose route, and a fingerprint of the attributes. It answers three
//! questions: is there anything to withdraw, who was left out because the route was its own, and would the same be said
//! twice. Chunks are shared between groups that were one until somebody changes them.

use crate::PeerIx;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was said of a route: its source and the fingerprint of its attributes. Never 0.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark(u64);

impl Mark {
    /// Source in the upper 16 bits, 48 bits of the fingerprint below.
    pub(super) fn new(from: PeerIx, fingerprint: u64) -> Mark {
        Mark(u64::from(from.0) << 48 | (fingerprint >> 16).max(1))
    }

    /// Whose route it was.
    pub(super) fn from(self) -> PeerIx {
        PeerIx(u16::try_from(self.0 >> 48).unwrap_or(u16::MAX))
    }

    /// Whether the attributes were the same, whoever it came from.
    pub(super) fn same_attributes(self, other: Mark) -> bool {
        (self.0 ^ other.0) << 16 == 0
    }
}

const CHUNK: usize = 256;
type Chunk = [u64; CHUNK];

/// Marks by destination.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    chunks: Vec<Option<Arc<Chunk>>>,
    len: usize,
}

impl Sent {
    /// How many destinations have a mark.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes of memory, shared ones included.
    pub(super) fn memory(&self) -> usize {
        let chunks = self.chunks.iter().flatten().count();
        chunks.saturating_mul(size_of::<Chunk>()).saturating_add(self.chunks.capacity().saturating_mul(8))
    }

    /// What was said of `dest`.
    pub(super) fn get(&self, dest: u32) -> Option<Mark> {
        let chunk = self.chunks.get(dest as usize / CHUNK)?.as_deref()?;
        chunk.get(dest as usize % CHUNK).filter(|m| **m != 0).map(|m| Mark(*m))
    }

    /// Says `mark` of `dest`, or that it was withdrawn; returns what was said before.
    pub(super) fn set(&mut self, dest: u32, mark: Option<Mark>) -> Option<Mark> {
        let (index, offset) = (dest as usize / CHUNK, dest as usize % CHUNK);
        if mark.is_none() && self.chunks.get(index).is_none_or(Option::is_none) {
            return None;
        }
        if self.chunks.len() <= index {
            self.chunks.resize(index.saturating_add(1), None);
        }
        let chunk = self.chunks.get_mut(index)?.get_or_insert_with(|| Arc::new([0; CHUNK]));
        let old = *chunk.get(offset)?;
        let new = mark.map_or(0, |m| m.0);
        if old != new {
            *Arc::make_mut(chunk).get_mut(offset)? = new;
        }
        match (old == 0, new == 0) {
            (true, false) => self.len = self.len.saturating_add(1),
            (false, true) => self.len = self.len.saturating_sub(1),
            _ => {}
        }
        (old != 0).then_some(Mark(old))
    }

    /// The least destination with a mark that is at least `from`.
    pub(super) fn next(&self, from: u32) -> Option<u32> {
        let (mut index, mut offset) = (from as usize / CHUNK, from as usize % CHUNK);
        while let Some(chunk) = self.chunks.get(index) {
            let found = chunk.as_deref().and_then(|c| c.iter().skip(offset).position(|m| *m != 0));
            if let Some(found) = found {
                let n = index.checked_mul(CHUNK)?.checked_add(offset)?.checked_add(found)?;
                return u32::try_from(n).ok();
            }
            (index, offset) = (index.saturating_add(1), 0);
        }
        None
    }

    /// Whether both say the same of every destination.
    pub(super) fn same(&self, other: &Sent) -> bool {
        let longest = self.chunks.len().max(other.chunks.len());
        let empty = [0; CHUNK];
        self.len == other.len
            && (0..longest).all(|i| {
                let (a, b) = (self.chunks.get(i).cloned().flatten(), other.chunks.get(i).cloned().flatten());
                match (&a, &b) {
                    (Some(a), Some(b)) if Arc::ptr_eq(a, b) => true,
                    _ => a.as_deref().unwrap_or(&empty) == b.as_deref().unwrap_or(&empty),
                }
            })
    }
}

/// One path of a destination as told with Add-Path.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct SentPath {
    /// The path identifier it was told with, from 1.
    pub id: u32,
    /// What was said.
    pub mark: Mark,
}

/// Paths by destination, of groups that send several (RFC 7911).
pub(super) type SentPaths = BTreeMap<u32, Vec<SentPath>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_whose_and_whether_the_same() {
        let (a, b) =
            (Mark::new(PeerIx(7), 0xfeed_beef_dead_0000), Mark::new(PeerIx(8), 0xfeed_beef_dead_0000));
        assert_eq!((a.from(), b.from()), (PeerIx(7), PeerIx(8)));
        assert!(a.same_attributes(b) && a != b);
        assert!(!a.same_attributes(Mark::new(PeerIx(7), 0xfeed_beef_deae_0000)));
        assert_eq!(Mark::new(PeerIx(0), 0).from(), PeerIx::SELF, "and is never nothing");
    }

    #[test]
    fn a_copy_shares_until_it_changes() {
        let mark = |n: u64| Some(Mark::new(PeerIx(1), n << 32));
        let mut a = Sent::default();
        assert_eq!(a.set(1000, None), None);
        assert_eq!(a.memory(), 0, "to withdraw what was never said costs nothing");
        for dest in [3, 4, 300, 1000] {
            assert_eq!(a.set(dest, mark(1)), None);
        }
        let mut b = a.clone();
        assert!(a.same(&b));
        assert_eq!(b.set(300, None), mark(1));
        assert_eq!((a.get(300), b.get(300)), (mark(1), None));
        assert!(!a.same(&b));
        assert_eq!((a.len(), b.len()), (4, 3));
        assert_eq!((a.next(5), b.next(5), b.next(1001)), (Some(300), Some(1000), None));
        b.set(300, mark(1));
        assert!(a.same(&b));
    }
}
