//! The message header (RFC 4271 4.1): 16 bytes of ones, length, type. Finds message boundaries in a stream and refuses
//! what is not BGP; the bodies are others'.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Kind, Notification};
use bytes::{BufMut, BytesMut};

/// Bytes of the header.
pub const HEADER: usize = 19;

/// A whole KEEPALIVE.
pub const KEEPALIVE: [u8; HEADER] =
    [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 19, 4];

/// The longest OPEN and KEEPALIVE, and everything until [`super::Codec::extended_message`] holds (RFC 4271 4.1).
pub const MAX: usize = 4_096;

/// The first message of `input`: its type and its length with the header. `None`: more bytes are needed. `max` is the
/// longest message of the session; an OPEN or KEEPALIVE is never longer than 4,096 (RFC 8654 4).
///
/// # Errors
/// Message Header Error: Connection Not Synchronized, Bad Message Length (with the length), Bad Message Type (with the type).
/// A header is judged as soon as its bytes are there.
pub fn frame(input: &[u8], max: usize) -> Result<Option<(Kind, usize)>, Notification> {
    let marker = input.get(..16).unwrap_or(input);
    if marker.iter().any(|b| *b != 255) {
        return Err(Notification::not_synchronized());
    }
    let Some(&[high, low, kind]) = input.get(16..HEADER) else { return Ok(None) };
    let length = u16::from_be_bytes([high, low]);
    let whole = usize::from(length);
    let bad_length = || Err(Notification::bad_length(length));
    if whole < HEADER || whole > max {
        return bad_length();
    }
    let Some(kind) = Kind::from_wire(kind) else { return Err(Notification::bad_type(kind)) };
    let (least, most) = match kind {
        Kind::Open => (29, MAX),
        Kind::Update => (23, max),
        Kind::Notification => (21, max),
        Kind::Keepalive => (HEADER, HEADER),
        // RFC 7313 5: a refresh of a wrong length is an error of its own, told by `refresh`.
        Kind::RouteRefresh => (HEADER, max),
    };
    if whole < least || whole > most {
        return bad_length();
    }
    Ok((input.len() >= whole).then_some((kind, whole)))
}

/// Begins a message in `out`; [`finish`] writes its length. Returns where it begins.
pub(crate) fn begin(out: &mut BytesMut, kind: Kind) -> usize {
    let at = out.len();
    out.put_bytes(255, 16);
    out.put_u16(0);
    out.put_u8(kind as u8);
    at
}

/// The message that began at `at` ends here. At most 65,535 bytes, which callers see to.
pub(crate) fn finish(out: &mut BytesMut, at: usize) {
    let length = out.len().saturating_sub(at);
    let length = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    patch(out, at.saturating_add(16), length);
}

/// Overwrites two bytes at `at`.
pub(crate) fn patch(out: &mut [u8], at: usize, value: [u8; 2]) {
    if let Some(field) = out.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<2>()) {
        *field = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(length: u16, kind: u8) -> Vec<u8> {
        let [high, low] = length.to_be_bytes();
        [&[255; 16][..], &[high, low, kind]].concat()
    }

    fn whole(length: u16, kind: u8) -> Vec<u8> {
        let mut bytes = header(length, kind);
        bytes.resize(usize::from(length), 0);
        bytes
    }

    #[test]
    fn a_message_is_found_when_its_last_byte_is_there() {
        let mut bytes = whole(30, 2);
        bytes.extend(KEEPALIVE);
        for end in 0..30 {
            assert_eq!(frame(&bytes[..end], MAX), Ok(None), "{end} bytes");
        }
        assert_eq!(frame(&bytes, MAX), Ok(Some((Kind::Update, 30))));
        assert_eq!(frame(&bytes[30..], MAX), Ok(Some((Kind::Keepalive, 19))));
    }

    /// RFC 4271 6.1. The first wrong byte is enough.
    #[test]
    fn a_marker_that_is_not_all_ones_is_not_synchronized() {
        let mut bytes = KEEPALIVE;
        bytes[15] = 254;
        assert_eq!(frame(&bytes, MAX), Err(Notification::not_synchronized()));
        assert_eq!(frame(b"GET / HTTP/1.1\r\n", MAX), Err(Notification::not_synchronized()));
        assert_eq!(frame(&[0], MAX), Err(Notification::not_synchronized()));
    }

    /// RFC 4271 6.1: the length is the data.
    #[test]
    fn a_length_that_does_not_go_with_the_type_is_refused() {
        for (length, kind) in [(18, 4), (0, 2), (4097, 2), (28, 1), (22, 2), (20, 3), (20, 4), (4097, 1)] {
            assert_eq!(frame(&header(length, kind), MAX), Err(Notification::bad_length(length)), "{kind}");
        }
        for (length, kind) in [(29, 1), (23, 2), (21, 3), (19, 4), (4096, 2)] {
            assert!(frame(&whole(length, kind), MAX).unwrap().is_some());
        }
    }

    /// RFC 7313 5: not a header error.
    #[test]
    fn a_refresh_of_any_length_is_left_to_who_reads_it() {
        assert_eq!(frame(&whole(20, 5), MAX), Ok(Some((Kind::RouteRefresh, 20))));
        assert_eq!(frame(&whole(900, 5), MAX), Ok(Some((Kind::RouteRefresh, 900))));
    }

    /// RFC 8654 4.
    #[test]
    fn extended_messages_are_for_all_but_open_and_keepalive() {
        assert!(frame(&whole(60_000, 2), 65_535).unwrap().is_some());
        assert!(frame(&whole(60_000, 3), 65_535).unwrap().is_some());
        assert_eq!(frame(&header(4097, 1), 65_535), Err(Notification::bad_length(4097)));
    }

    /// RFC 4271 6.1: the type is the data.
    #[test]
    fn an_unknown_type_is_refused() {
        for kind in [0, 6, 255] {
            assert_eq!(frame(&header(19, kind), MAX), Err(Notification::bad_type(kind)));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_framed_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(Some((_, whole))) = frame(&bytes, MAX) {
                prop_assert!((HEADER..=bytes.len()).contains(&whole));
            }
        }
    }
}
