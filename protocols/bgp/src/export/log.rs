//! What a group has written and not yet given to all members: runs of whole messages, each for everybody, for everybody
//! but one, or for one. Members read at their own pace; what all have read is forgotten.

use crate::PeerIx;
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;

/// Whom a run of messages is for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Audience {
    /// Every member.
    All,
    /// Every member but the one whose route it is.
    Except(PeerIx),
    /// The one whose route has taken another's place.
    Only(PeerIx),
}

impl Audience {
    fn includes(self, peer: PeerIx) -> bool {
        match self {
            Audience::All => true,
            Audience::Except(other) => other != peer,
            Audience::Only(one) => one == peer,
        }
    }
}

#[derive(Clone, Debug)]
struct Run {
    to: Audience,
    /// Bytes written before it.
    start: u64,
    bytes: Bytes,
}

/// The log.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    runs: VecDeque<Run>,
    /// Runs forgotten so far.
    first: u64,
    /// Bytes written so far.
    end: u64,
}

/// How far a member has read.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    run: u64,
    offset: usize,
}

impl Log {
    /// Where the next run will be.
    pub(super) fn end(&self) -> Cursor {
        Cursor { run: self.first.saturating_add(self.runs.len() as u64), offset: 0 }
    }

    /// Whether everything has been read.
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Bytes kept.
    pub(super) fn memory(&self) -> usize {
        self.runs.iter().map(|r| r.bytes.len().saturating_add(size_of::<Run>())).sum()
    }

    /// Adds whole messages.
    pub(super) fn push(&mut self, to: Audience, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        let start = self.end;
        self.end = self.end.saturating_add(bytes.len() as u64);
        self.runs.push_back(Run { to, start, bytes });
    }

    fn run(&self, number: u64) -> Option<&Run> {
        self.runs.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Bytes written that `cursor` has not passed.
    pub(super) fn behind(&self, cursor: Cursor) -> u64 {
        self.run(cursor.run)
            .map_or(0, |run| self.end.saturating_sub(run.start).saturating_sub(cursor.offset as u64))
    }

    /// Copies whole messages for `peer` to `out`, at most `room` bytes; returns how many.
    pub(super) fn read(&self, cursor: &mut Cursor, peer: PeerIx, room: usize, out: &mut BytesMut) -> usize {
        let mut copied = 0usize;
        while let Some(run) = self.run(cursor.run) {
            let rest = run.bytes.get(cursor.offset..).unwrap_or_default();
            if run.to.includes(peer) {
                let fits = whole_messages(rest, room.saturating_sub(copied));
                out.extend_from_slice(rest.get(..fits).unwrap_or_default());
                copied = copied.saturating_add(fits);
                if fits < rest.len() {
                    cursor.offset = cursor.offset.saturating_add(fits);
                    return copied;
                }
            }
            *cursor = Cursor { run: cursor.run.saturating_add(1), offset: 0 };
        }
        copied
    }

    /// Passes runs that are not for `peer`, so that who has nothing to read keeps nothing alive.
    pub(super) fn skip(&self, cursor: &mut Cursor, peer: PeerIx) {
        while self.run(cursor.run).is_some_and(|run| !run.to.includes(peer)) {
            *cursor = Cursor { run: cursor.run.saturating_add(1), offset: 0 };
        }
    }

    /// Forgets what everybody has read; `slowest` is the least cursor.
    pub(super) fn trim(&mut self, slowest: Cursor) {
        while self.first < slowest.run && self.runs.pop_front().is_some() {
            self.first = self.first.saturating_add(1);
        }
        if self.runs.is_empty() && self.runs.capacity() > 64 {
            self.runs = VecDeque::new();
        }
    }

    /// The log of somebody who goes alone from `cursor` on. The bytes are shared.
    pub(super) fn split(&self, cursor: Cursor) -> Log {
        let mut log = self.clone();
        log.trim(cursor);
        log
    }
}

impl PartialOrd for Cursor {
    fn partial_cmp(&self, other: &Cursor) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cursor {
    fn cmp(&self, other: &Cursor) -> core::cmp::Ordering {
        (self.run, self.offset).cmp(&(other.run, other.offset))
    }
}

/// How many of `bytes`, which begin with a message and end with one, are whole messages of at most `room` bytes together.
fn whole_messages(bytes: &[u8], room: usize) -> usize {
    if bytes.len() <= room {
        return bytes.len();
    }
    let mut whole = 0usize;
    while let Some([high, low]) = bytes.get(whole.saturating_add(16)..whole.saturating_add(18)) {
        let next = whole.saturating_add(usize::from(u16::from_be_bytes([*high, *low])).max(19));
        if next > room {
            break;
        }
        whole = next;
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(n: u8, len: u16) -> Vec<u8> {
        let mut m = vec![0xff; 16];
        m.extend(len.to_be_bytes());
        m.resize(usize::from(len), n);
        m
    }

    #[test]
    fn a_member_reads_whole_messages_that_are_for_it_and_what_all_have_read_is_forgotten() {
        let mut log = Log::default();
        log.push(Audience::All, [message(1, 30), message(2, 40)].concat().into());
        log.push(Audience::Except(PeerIx(1)), message(3, 50).into());
        log.push(Audience::Only(PeerIx(1)), message(4, 20).into());
        let (mut one, mut two) = (Cursor::default(), Cursor::default());
        let mut out = BytesMut::new();
        assert_eq!(log.read(&mut one, PeerIx(1), 69, &mut out), 30, "never half a message");
        assert_eq!((log.behind(one), log.behind(two)), (110, 140));
        assert_eq!(log.read(&mut one, PeerIx(1), 1000, &mut out), 60);
        assert_eq!(out, [message(1, 30), message(2, 40), message(4, 20)].concat());
        assert_eq!(one, log.end());
        log.trim(one.min(two));
        assert!(!log.is_empty());
        out.clear();
        assert_eq!(log.read(&mut two, PeerIx(2), 10, &mut out), 0);
        let alone = log.split(one);
        assert!(alone.is_empty());
        log.read(&mut two, PeerIx(2), 1000, &mut out);
        assert_eq!(out, [message(1, 30), message(2, 40), message(3, 50)].concat());
        log.trim(one.min(two));
        assert!(log.is_empty());
    }
}
