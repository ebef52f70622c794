//! NOTIFICATION (RFC 4271 4.5 and 6): why a session ends, in bytes and in the words FRR has for it. Whatever code a peer
//! sends is kept: what nobody knows has a number for a name.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Kind, frame};
use crate::Family;
use bytes::{BufMut, Bytes, BytesMut};
use core::fmt;

/// The most bytes of a shutdown message (RFC 9003 2).
pub const MAX_SHUTDOWN_MESSAGE: usize = 255;

/// Error codes.
pub mod code {
    /// RFC 4271 6.1.
    pub const HEADER: u8 = 1;
    /// RFC 4271 6.2.
    pub const OPEN: u8 = 2;
    /// RFC 4271 6.3.
    pub const UPDATE: u8 = 3;
    /// RFC 4271 6.5.
    pub const HOLD_TIMER: u8 = 4;
    /// RFC 4271 6.6.
    pub const FSM: u8 = 5;
    /// RFC 4271 6.7, RFC 4486.
    pub const CEASE: u8 = 6;
    /// RFC 7313 5.
    pub const REFRESH: u8 = 7;
    /// RFC 9687.
    pub const SEND_HOLD_TIMER: u8 = 8;
}

/// Subcodes of Cease (RFC 4486, 8538, 9384).
pub mod cease {
    /// More prefixes than allowed.
    pub const MAXIMUM_PREFIXES: u8 = 1;
    /// `neighbor ... shutdown`.
    pub const SHUTDOWN: u8 = 2;
    /// The neighbor is no longer configured.
    pub const DECONFIGURED: u8 = 3;
    /// `clear bgp`.
    pub const RESET: u8 = 4;
    /// Not wanted now.
    pub const REJECTED: u8 = 5;
    /// Its configuration changed.
    pub const CHANGED: u8 = 6;
    /// The other connection stays (RFC 4271 6.8).
    pub const COLLISION: u8 = 7;
    /// No memory, no room.
    pub const RESOURCES: u8 = 8;
    /// RFC 8538: forget the routes, too.
    pub const HARD_RESET: u8 = 9;
    /// RFC 9384.
    pub const BFD: u8 = 10;
}

/// Subcodes of UPDATE Message Error (RFC 4271 6.3).
pub mod update {
    /// Lengths that do not add up, or an attribute that may be there once is there twice.
    pub const ATTRIBUTE_LIST: u8 = 1;
    /// A well-known attribute nobody knows.
    pub const UNRECOGNIZED: u8 = 2;
    /// A mandatory one is not there.
    pub const MISSING: u8 = 3;
    /// Flags that do not go with the type.
    pub const FLAGS: u8 = 4;
    /// A length that does not go with the type.
    pub const LENGTH: u8 = 5;
    /// ORIGIN.
    pub const ORIGIN: u8 = 6;
    /// NEXT_HOP.
    pub const NEXT_HOP: u8 = 8;
    /// An optional attribute, MP_REACH_NLRI among them.
    pub const OPTIONAL: u8 = 9;
    /// NLRI or withdrawn routes.
    pub const NETWORK: u8 = 10;
    /// AS_PATH.
    pub const AS_PATH: u8 = 11;
}

/// A NOTIFICATION message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The error code.
    pub code: u8,
    /// Its subcode; 0: unspecific.
    pub subcode: u8,
    /// What goes with it.
    pub data: Bytes,
}

impl Notification {
    /// Any code and subcode, without data.
    pub const fn new(code: u8, subcode: u8) -> Notification {
        Notification { code, subcode, data: Bytes::new() }
    }

    fn with(code: u8, subcode: u8, data: &[u8]) -> Notification {
        Notification { code, subcode, data: Bytes::copy_from_slice(data) }
    }

    /// The marker is not all ones (RFC 4271 6.1).
    pub fn not_synchronized() -> Notification {
        Notification::new(code::HEADER, 1)
    }

    /// Bad Message Length: the length is the data.
    pub fn bad_length(length: u16) -> Notification {
        Notification::with(code::HEADER, 2, &length.to_be_bytes())
    }

    /// Bad Message Type: the type is the data.
    pub fn bad_type(kind: u8) -> Notification {
        Notification::with(code::HEADER, 3, &[kind])
    }

    /// An OPEN that does not read (RFC 4271 6.2: subcode 0).
    pub fn malformed_open() -> Notification {
        Notification::new(code::OPEN, 0)
    }

    /// Unsupported Version Number: we speak 4.
    pub fn unsupported_version() -> Notification {
        Notification::with(code::OPEN, 1, &[0, 4])
    }

    /// Bad Peer AS. FRR sends the AS it saw as data; RFC 4271 has none, and so have we.
    pub fn bad_peer_as() -> Notification {
        Notification::new(code::OPEN, 2)
    }

    /// Bad BGP Identifier (RFC 6286 2.2).
    pub fn bad_identifier() -> Notification {
        Notification::new(code::OPEN, 3)
    }

    /// Unsupported Optional Parameter.
    pub fn unsupported_parameter() -> Notification {
        Notification::new(code::OPEN, 4)
    }

    /// Unacceptable Hold Time: 1 or 2 seconds.
    pub fn unacceptable_hold_time() -> Notification {
        Notification::new(code::OPEN, 6)
    }

    /// Unsupported Capability (RFC 5492 5): `missing` are the capabilities the peer must have, as encoded in an OPEN.
    pub fn unsupported_capability(missing: &[u8]) -> Notification {
        Notification::with(code::OPEN, 7, missing)
    }

    /// Role Mismatch (RFC 9234 4.2).
    pub fn role_mismatch() -> Notification {
        Notification::new(code::OPEN, 11)
    }

    /// An UPDATE Message Error; `data` is the attribute at fault, from its flags on, where there is one.
    pub fn update(subcode: u8, data: &[u8]) -> Notification {
        Notification::with(code::UPDATE, subcode, data)
    }

    /// Hold Timer Expired.
    pub fn hold_timer_expired() -> Notification {
        Notification::new(code::HOLD_TIMER, 0)
    }

    /// Send Hold Timer Expired (RFC 9687).
    pub fn send_hold_timer_expired() -> Notification {
        Notification::new(code::SEND_HOLD_TIMER, 0)
    }

    /// A message that does not belong into OpenSent (RFC 6608).
    pub fn unexpected_in_open_sent(kind: Kind) -> Notification {
        Notification::with(code::FSM, 1, &[kind as u8])
    }

    /// A message that does not belong into OpenConfirm (RFC 6608).
    pub fn unexpected_in_open_confirm(kind: Kind) -> Notification {
        Notification::with(code::FSM, 2, &[kind as u8])
    }

    /// A message that does not belong into Established (RFC 6608).
    pub fn unexpected_in_established(kind: Kind) -> Notification {
        Notification::with(code::FSM, 3, &[kind as u8])
    }

    /// Cease with one of the subcodes of [`cease`].
    pub const fn cease(subcode: u8) -> Notification {
        Notification::new(code::CEASE, subcode)
    }

    /// Maximum Number of Prefixes Reached: the family and the limit are the data (RFC 4486 4).
    pub fn maximum_prefixes(family: Family, limit: u32) -> Notification {
        let mut data = BytesMut::with_capacity(7);
        data.put_u16(family.afi());
        data.put_u8(family.safi());
        data.put_u32(limit);
        Notification { code: code::CEASE, subcode: cease::MAXIMUM_PREFIXES, data: data.freeze() }
    }

    /// Administrative Shutdown with the operator's words, cut to 255 bytes between two characters (RFC 9003). No words: no
    /// data.
    pub fn shutdown(message: &str) -> Notification {
        Notification::spoken(cease::SHUTDOWN, message)
    }

    /// Administrative Reset with words (RFC 9003).
    pub fn reset(message: &str) -> Notification {
        Notification::spoken(cease::RESET, message)
    }

    fn spoken(subcode: u8, message: &str) -> Notification {
        let words = message.get(..message.floor_char_boundary(MAX_SHUTDOWN_MESSAGE)).unwrap_or("");
        let Some(length) = u8::try_from(words.len()).ok().filter(|n| *n > 0) else {
            return Notification::cease(subcode);
        };
        let mut data = BytesMut::with_capacity(words.len().saturating_add(1));
        data.put_u8(length);
        data.put_slice(words.as_bytes());
        Notification { code: code::CEASE, subcode, data: data.freeze() }
    }

    /// This one inside a Hard Reset (RFC 8538 3): the peer is not to keep our routes.
    #[must_use]
    pub fn hard(self) -> Notification {
        let mut data = BytesMut::with_capacity(self.data.len().saturating_add(2));
        data.put_u8(self.code);
        data.put_u8(self.subcode);
        data.put_slice(&self.data);
        Notification { code: code::CEASE, subcode: cease::HARD_RESET, data: data.freeze() }
    }

    /// What a Hard Reset carries; `None`: it is no Hard Reset, or carries nothing.
    pub fn hardened(&self) -> Option<Notification> {
        match self.data.as_ref() {
            [code, subcode, ..] if self.is_hard_reset() => {
                Some(Notification { code: *code, subcode: *subcode, data: self.data.slice(2..) })
            }
            _ => None,
        }
    }

    /// RFC 8538: routes are not to be kept.
    pub fn is_hard_reset(&self) -> bool {
        (self.code, self.subcode) == (code::CEASE, cease::HARD_RESET)
    }

    /// Invalid Message Length of a ROUTE-REFRESH with this body (RFC 7313 5): the whole message is the data.
    pub fn refresh_length(body: &[u8]) -> Notification {
        let mut data = BytesMut::with_capacity(body.len().saturating_add(frame::HEADER));
        let at = frame::begin(&mut data, Kind::RouteRefresh);
        data.put_slice(body);
        frame::finish(&mut data, at);
        Notification { code: code::REFRESH, subcode: 1, data: data.freeze() }
    }

    /// The words of a shutdown or reset (RFC 9003), also those inside a Hard Reset. What is no UTF-8 is replaced, control
    /// characters are left out. `None`: it has none, or a length that is not right.
    pub fn message(&self) -> Option<String> {
        if self.is_hard_reset() {
            return self.hardened().filter(|inner| !inner.is_hard_reset())?.message();
        }
        if self.code != code::CEASE || !matches!(self.subcode, cease::SHUTDOWN | cease::RESET) {
            return None;
        }
        let (length, rest) = self.data.split_first()?;
        let words = rest.get(..usize::from(*length)).filter(|w| !w.is_empty())?;
        Some(String::from_utf8_lossy(words).chars().filter(|c| !c.is_control()).collect())
    }

    /// Reads the body of a message. One shorter than two bytes does not pass [`frame::frame`]; what is missing reads as 0.
    pub fn parse(body: &[u8]) -> Notification {
        let at = |i: usize| body.get(i).copied().unwrap_or(0);
        let data = body.get(2..).map(Bytes::copy_from_slice).unwrap_or_default();
        Notification { code: at(0), subcode: at(1), data }
    }

    /// The whole message, cut to 4,096 bytes.
    pub fn encode(&self) -> Bytes {
        let room = frame::MAX.saturating_sub(frame::HEADER).saturating_sub(2);
        let data = self.data.get(..room).unwrap_or(&self.data);
        let mut out = BytesMut::with_capacity(data.len().saturating_add(frame::HEADER).saturating_add(2));
        let at = frame::begin(&mut out, Kind::Notification);
        out.put_u8(self.code);
        out.put_u8(self.subcode);
        out.put_slice(data);
        frame::finish(&mut out, at);
        out.freeze()
    }

    /// The name of the code; `None`: nobody knows it.
    pub fn code_name(&self) -> Option<&'static str> {
        Some(match self.code {
            code::HEADER => "Message Header Error",
            code::OPEN => "OPEN Message Error",
            code::UPDATE => "UPDATE Message Error",
            code::HOLD_TIMER => "Hold Timer Expired",
            code::FSM => "Neighbor Events Error",
            code::CEASE => "Cease",
            code::REFRESH => "ROUTE-REFRESH Message Error",
            code::SEND_HOLD_TIMER => "Send Hold Timer Expired",
            _ => return None,
        })
    }

    /// The name of the subcode; `None`: nobody knows it, or the code has none.
    pub fn subcode_name(&self) -> Option<&'static str> {
        let names: &[(u8, &str)] = match self.code {
            code::HEADER => HEADER_NAMES,
            code::OPEN => OPEN_NAMES,
            code::UPDATE => UPDATE_NAMES,
            code::FSM => FSM_NAMES,
            code::CEASE => CEASE_NAMES,
            code::REFRESH => &[(1, "Invalid Message Length")],
            _ => return None,
        };
        let known = names.iter().find(|(number, _)| *number == self.subcode).map(|(_, name)| *name);
        known.or((self.subcode == 0).then_some("Unspecific"))
    }
}

const HEADER_NAMES: &[(u8, &str)] =
    &[(1, "Connection Not Synchronized"), (2, "Bad Message Length"), (3, "Bad Message Type")];

const OPEN_NAMES: &[(u8, &str)] = &[
    (1, "Unsupported Version Number"),
    (2, "Bad Peer AS"),
    (3, "Bad BGP Identifier"),
    (4, "Unsupported Optional Parameter"),
    (5, "Authentication Failure"),
    (6, "Unacceptable Hold Time"),
    (7, "Unsupported Capability"),
    (11, "Role Mismatch"),
];

const UPDATE_NAMES: &[(u8, &str)] = &[
    (1, "Malformed Attribute List"),
    (2, "Unrecognized Well-known Attribute"),
    (3, "Missing Well-known Attribute"),
    (4, "Attribute Flags Error"),
    (5, "Attribute Length Error"),
    (6, "Invalid ORIGIN Attribute"),
    (7, "AS Routing Loop"),
    (8, "Invalid NEXT_HOP Attribute"),
    (9, "Optional Attribute Error"),
    (10, "Invalid Network Field"),
    (11, "Malformed AS_PATH"),
];

const FSM_NAMES: &[(u8, &str)] = &[
    (1, "Receive Unexpected Message in OpenSent State"),
    (2, "Receive Unexpected Message in OpenConfirm State"),
    (3, "Receive Unexpected Message in Established State"),
];

const CEASE_NAMES: &[(u8, &str)] = &[
    (1, "Maximum Number of Prefixes Reached"),
    (2, "Administrative Shutdown"),
    (3, "Peer De-configured"),
    (4, "Administrative Reset"),
    (5, "Connection Rejected"),
    (6, "Other Configuration Change"),
    (7, "Connection Collision Resolution"),
    (8, "Out of Resources"),
    (9, "Hard Reset"),
    (10, "BFD Down"),
];

/// `Cease/Administrative Shutdown`; `Hold Timer Expired`; `UPDATE Message Error/77`; `code 99/1`. Without the message.
impl fmt::Display for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code_name() {
            Some(name) => f.write_str(name)?,
            None => write!(f, "code {}", self.code)?,
        }
        match self.subcode_name() {
            Some(name) => write!(f, "/{name}"),
            None if self.subcode == 0 => Ok(()),
            None => write!(f, "/{}", self.subcode),
        }
    }
}

#[cfg(test)]
mod tests;
