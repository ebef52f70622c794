//! Frames on their way to the kernel: first in, first out, bounded in frames and in bytes.

use super::vnet;
use bytes::BytesMut;
use fib::Frame;
use std::collections::VecDeque;

/// Frames; a Linux device's default transmit queue is 1000.
const FRAMES: usize = 1000;

/// Bytes; sixteen segmentation offload frames of the largest size.
const BYTES: usize = 1 << 20;

/// A frame with its header already encoded.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) header: [u8; vnet::LEN],
    pub(super) data: BytesMut,
    /// Somebody has to cut it into segments.
    pub(super) gso: bool,
}

/// Why a frame was not queued.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// No room.
    Full,
    /// Its offload notes contradict it.
    Offload,
}

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Queue {
    frames: VecDeque<Outgoing>,
    bytes: usize,
}

impl Queue {
    pub(super) fn push(&mut self, frame: Frame) -> Result<(), Refused> {
        let header = vnet::encode(&frame.offload, frame.data.len()).map_err(|_| Refused::Offload)?;
        if self.is_full_for(frame.data.len()) {
            return Err(Refused::Full);
        }
        self.bytes = self.bytes.saturating_add(frame.data.len());
        self.frames.push_back(Outgoing { header, data: frame.data, gso: frame.offload.gso.is_some() });
        Ok(())
    }

    /// True when a frame of this length has no room.
    pub(super) fn is_full_for(&self, len: usize) -> bool {
        self.frames.len() >= FRAMES || self.bytes.saturating_add(len) > BYTES
    }

    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    pub(super) fn front(&self) -> Option<&Outgoing> {
        self.frames.front()
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Outgoing> {
        self.frames.iter()
    }

    pub(super) fn pop(&mut self) -> Option<Outgoing> {
        let frame = self.frames.pop_front()?;
        self.bytes = self.bytes.saturating_sub(frame.data.len());
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fib::{Offload, PartialChecksum};

    fn frame(len: usize) -> Frame {
        Frame::new(BytesMut::zeroed(len))
    }

    #[test]
    fn frames_leave_in_the_order_they_came() {
        let mut queue = Queue::default();
        for len in [60, 61, 62] {
            queue.push(frame(len)).unwrap();
        }
        let lens: Vec<usize> = std::iter::from_fn(|| queue.pop()).map(|frame| frame.data.len()).collect();
        assert_eq!(lens, [60, 61, 62]);
        assert_eq!(queue.bytes, 0);
    }

    #[test]
    fn the_queue_is_bounded_in_frames_and_in_bytes() {
        let mut queue = Queue::default();
        let taken = (0..2 * FRAMES).take_while(|_| queue.push(frame(60)).is_ok()).count();
        assert_eq!((taken, queue.push(frame(60))), (FRAMES, Err(Refused::Full)));
        let mut queue = Queue::default();
        let taken = (0..2 * FRAMES).take_while(|_| queue.push(frame(65_000)).is_ok()).count();
        assert_eq!(taken, BYTES / 65_000);
        queue.push(frame(60)).expect("a short frame still fits");
    }

    #[test]
    fn nonsense_is_refused_before_it_takes_room() {
        let mut queue = Queue::default();
        let partial_checksum = Some(PartialChecksum { start: 34, offset: 100 });
        let bad = Frame { offload: Offload { partial_checksum, gso: None }, ..frame(60) };
        assert_eq!((queue.push(bad), queue.len()), (Err(Refused::Offload), 0));
    }
}
