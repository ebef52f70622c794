//! The bytes of one connection that were received and not yet processed: a bounded buffer in which messages are found and
//! judged by their header at once, while UPDATEs and ROUTE-REFRESHes wait until somebody has time for them.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::wire::{HEADER, Kind, Notification, frame};
use bytes::{Buf, Bytes, BytesMut};

/// Bytes that may wait; more stays in the socket, and its window closes. Room for two of the longest messages.
pub(super) const LIMIT: usize = 128 * 1024;

/// A message was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It has been put in line.
    Waits(Kind),
    /// Here it is, without header.
    Now(Kind, Bytes),
}

#[derive(Debug, Default)]
pub(super) struct Input {
    /// Whole messages that wait, then what was not looked at or is not complete.
    buffer: BytesMut,
    /// Length of the former.
    ready: usize,
    /// How many UPDATEs and ROUTE-REFRESHes are in it; KEEPALIVEs between them do not count.
    waiting: usize,
    /// The last bytes offered were not all taken: more may be in the socket.
    refused: bool,
}

impl Input {
    /// Takes what there is room for and says how much.
    pub fn push(&mut self, data: &[u8]) -> usize {
        let room = LIMIT.saturating_sub(self.buffer.len());
        let taken = data.get(..room).unwrap_or(data);
        self.buffer.extend_from_slice(taken);
        self.refused = taken.len() < data.len();
        taken.len()
    }

    /// Whether more bytes may be in the socket than this had room for: then silence is ours, not the peer's.
    pub fn refused(&self) -> bool {
        self.refused
    }

    /// Whether something waits.
    pub fn has_backlog(&self) -> bool {
        self.waiting > 0
    }

    /// Bytes held.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// The next whole message not looked at yet, of at most `max` bytes. With `established`, UPDATEs and ROUTE-REFRESHes are
    /// put in line, and other messages are found ahead of those that wait.
    pub fn find(&mut self, established: bool, max: usize) -> Result<Option<Found>, Notification> {
        let unseen = self.buffer.get(self.ready..).unwrap_or_default();
        let Some((kind, length)) = frame(unseen, max)? else { return Ok(None) };
        let waits = established && matches!(kind, Kind::Update | Kind::RouteRefresh);
        if self.ready == 0 && !waits {
            let body = self.take(length);
            return Ok(Some(Found::Now(kind, body)));
        }
        let end = self.ready.saturating_add(length);
        let body = match kind {
            _ if waits => Bytes::new(),
            _ => Bytes::copy_from_slice(
                self.buffer.get(self.ready.saturating_add(HEADER)..end).unwrap_or_default(),
            ),
        };
        // What is handed out from behind others stays in line as well and is skipped there.
        self.ready = end;
        self.waiting = self.waiting.saturating_add(usize::from(waits));
        Ok(Some(if waits { Found::Waits(kind) } else { Found::Now(kind, body) }))
    }

    /// The first message that waits.
    pub fn pop(&mut self) -> Option<(Kind, Bytes)> {
        while self.waiting > 0 {
            let (kind, length) = self.first()?;
            self.ready = self.ready.saturating_sub(length);
            let body = self.take(length);
            if matches!(kind, Kind::Update | Kind::RouteRefresh) {
                self.waiting = self.waiting.saturating_sub(1);
                if self.waiting == 0 {
                    self.skip();
                }
                return Some((kind, body));
            }
        }
        None
    }

    /// Type and length of the first message in line, which has been judged when it was put there.
    fn first(&self) -> Option<(Kind, usize)> {
        let &[high, low, kind] = self.buffer.get(16..HEADER)? else { return None };
        Some((Kind::from_wire(kind)?, usize::from(u16::from_be_bytes([high, low]))))
    }

    /// Drops what is in line without being waited for.
    fn skip(&mut self) {
        self.buffer.advance(self.ready.min(self.buffer.len()));
        self.ready = 0;
        self.shrink();
    }

    /// Cuts off the first message and returns its body.
    fn take(&mut self, length: usize) -> Bytes {
        let mut message = self.buffer.split_to(length.min(self.buffer.len()));
        message.advance(HEADER.min(message.len()));
        self.shrink();
        message.freeze()
    }

    /// An idle session holds no buffer.
    fn shrink(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "small numbers of a test")]
    use super::*;
    use crate::wire::KEEPALIVE;

    fn update(fill: u8, body: usize) -> Vec<u8> {
        let mut m = vec![255; 16];
        m.extend_from_slice(&u16::try_from(HEADER + body).unwrap_or(0).to_be_bytes());
        m.push(Kind::Update as u8);
        m.resize(HEADER + body, fill);
        m
    }

    #[test]
    fn updates_wait_and_a_keepalive_behind_them_is_heard_at_once() {
        let mut input = Input::default();
        input.push(&[update(1, 10), KEEPALIVE.to_vec(), update(2, 10), KEEPALIVE.to_vec()].concat());
        assert_eq!(input.find(true, 4096), Ok(Some(Found::Waits(Kind::Update))));
        assert_eq!(input.find(true, 4096), Ok(Some(Found::Now(Kind::Keepalive, Bytes::new()))));
        assert_eq!(input.find(true, 4096), Ok(Some(Found::Waits(Kind::Update))));
        assert_eq!(input.find(true, 4096), Ok(Some(Found::Now(Kind::Keepalive, Bytes::new()))));
        assert_eq!(input.find(true, 4096), Ok(None));
        assert_eq!(input.pop(), Some((Kind::Update, Bytes::from_static(&[1; 10]))));
        assert!(input.has_backlog());
        assert_eq!(input.pop(), Some((Kind::Update, Bytes::from_static(&[2; 10]))));
        assert!(!input.has_backlog() && input.len() == 0);
        assert_eq!(input.pop(), None);
    }

    #[test]
    fn a_message_in_pieces_is_found_when_it_is_whole() {
        let mut input = Input::default();
        let message = update(7, 30);
        for byte in &message[..48] {
            input.push(&[*byte]);
            assert_eq!(input.find(true, 4096), Ok(None));
        }
        input.push(&message[48..]);
        assert_eq!(input.find(true, 4096), Ok(Some(Found::Waits(Kind::Update))));
        assert_eq!(input.pop().map(|(_, body)| body.len()), Some(30));
    }

    #[test]
    fn no_more_is_taken_than_there_is_room_for() {
        let mut input = Input::default();
        let many = update(0, 1000).repeat(200);
        assert_eq!(input.push(&many), LIMIT);
        assert!(input.refused());
        while let Ok(Some(_)) = input.find(true, 4096) {}
        assert_eq!(input.push(&many[LIMIT..]), 0);
        while input.pop().is_some() {}
        assert_eq!(input.push(&many[LIMIT..]), many.len() - LIMIT);
        assert!(!input.refused());
        while let Ok(Some(_)) = input.find(true, 4096) {}
        while input.pop().is_some() {}
        assert_eq!(input.len(), 0);
    }
}
