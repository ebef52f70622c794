//! Frame buffers without an allocation per frame: frames are split off a chunk, and a chunk whose frames have
//! all been dropped is used again. It keeps at most one chunk; a frame somebody holds keeps its own alive.

use bytes::BytesMut;

/// Bytes of a chunk: some twenty frames of 1500 bytes.
const CHUNK: usize = 32 * 1024;

/// Longer frames get a buffer of their own, so that one GSO frame does not use up a chunk.
const LARGE: usize = CHUNK / 4;

/// Hands out buffers.
#[derive(Debug, Default)]
pub(super) struct Arena {
    chunk: BytesMut,
}

impl Arena {
    /// An empty buffer with room for at least `len` bytes.
    pub(super) fn room(&mut self, len: usize) -> &mut BytesMut {
        // `reserve` moves back to the start of the chunk when no frame of it is alive.
        if self.chunk.capacity() < len {
            self.chunk.reserve(len.max(CHUNK));
        }
        &mut self.chunk
    }

    /// What was written into `room`, as a buffer of its own.
    pub(super) fn take(&mut self) -> BytesMut {
        self.chunk.split()
    }

    /// The parts, one after the other, in a buffer of their own.
    pub(super) fn copy(&mut self, parts: &[&[u8]]) -> BytesMut {
        let len = parts.iter().map(|part| part.len()).sum();
        if len > LARGE {
            let mut own = BytesMut::with_capacity(len);
            parts.iter().for_each(|part| own.extend_from_slice(part));
            return own;
        }
        let room = self.room(len);
        parts.iter().for_each(|part| room.extend_from_slice(part));
        self.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_in_order_and_buffers_do_not_overlap() {
        let mut arena = Arena::default();
        let mut first = arena.copy(&[b"abc", b"", b"def"]);
        let second = arena.copy(&[b"ghi"]);
        first.extend_from_slice(b"-longer");
        assert_eq!((&first[..], &second[..]), (&b"abcdef-longer"[..], &b"ghi"[..]));
    }

    #[test]
    fn a_chunk_is_reused_once_its_frames_are_gone() {
        let mut arena = Arena::default();
        let frame = [7u8; 1500];
        let mut addresses = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let burst: Vec<BytesMut> = (0..CHUNK / 1500).map(|_| arena.copy(&[&frame])).collect();
            addresses.extend(burst.first().map(|buffer| buffer.as_ptr() as usize));
        }
        assert_eq!(addresses.len(), 1);
    }

    #[test]
    fn a_held_frame_stays_intact() {
        let mut arena = Arena::default();
        let held = arena.copy(&[&[1; 1000]]);
        for round in 0..200 {
            arena.copy(&[&[round; 1000]]);
        }
        assert_eq!(held, vec![1; 1000]);
    }

    #[test]
    fn a_large_frame_leaves_the_chunk_alone() {
        let mut arena = Arena::default();
        assert_eq!(arena.copy(&[&[3; 65_000], &[4; 10]]).len(), 65_010);
        assert_eq!(arena.chunk.capacity(), 0);
    }
}
