//! PDUs of the RPKI-to-router protocol, versions 0 and 1 (RFC 6810, RFC 8210 5).
//!
//! ```text
//! 0          8          16         24        31
//! | version  | type     | session or zero     |
//! | length, header included                   |
//! ```
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::Vrp;
use bytes::{BufMut, BytesMut};
use core::net::IpAddr;
use fib::Prefix;
use proto::{Reader, WireError};

/// Bytes of a header.
const HEADER: usize = 8;
/// No PDU of ours or of a sane cache is longer: an Error Report carries one PDU and a text.
pub const MAX: usize = 4_096;

/// What a cache says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pdu {
    /// There is something new.
    SerialNotify {
        /// Of the cache's data.
        session: u16,
        /// Of its newest state.
        serial: u32,
    },
    /// What was asked for follows.
    CacheResponse {
        /// Of the cache's data.
        session: u16,
    },
    /// A payload is announced (or withdrawn).
    Prefix {
        /// Announced, not withdrawn.
        announce: bool,
        /// Which.
        vrp: Vrp,
    },
    /// That was all.
    EndOfData {
        /// Of the cache's data.
        session: u16,
        /// Of the state now told.
        serial: u32,
        /// Refresh, retry and expire intervals in seconds (version 1).
        intervals: Option<(u32, u32, u32)>,
    },
    /// The cache cannot tell the difference: ask for all.
    CacheReset,
    /// A router key, of no use here.
    RouterKey,
    /// The cache did not understand us, or cannot serve.
    Error {
        /// RFC 8210 12.
        code: u16,
        /// In words.
        text: String,
    },
}

/// Error codes (RFC 8210 12).
pub mod error {
    /// The PDU does not read.
    pub const CORRUPT: u16 = 0;
    /// The cache has no data yet.
    pub const NO_DATA: u16 = 2;
    /// The version is not spoken.
    pub const VERSION: u16 = 4;
    /// The type is not known.
    pub const TYPE: u16 = 5;
    /// A withdrawal of what was never announced.
    pub const UNKNOWN_WITHDRAWAL: u16 = 6;
    /// An announcement of what is there.
    pub const DUPLICATE: u16 = 7;
    /// Versions change within a session.
    pub const UNEXPECTED_VERSION: u16 = 8;
}

/// Why bytes are no PDU: the code to report.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub u16);

impl From<WireError> for Fault {
    fn from(_: WireError) -> Fault {
        Fault(error::CORRUPT)
    }
}

/// The next PDU of a stream with its version and whole length. `Ok(None)`: it is incomplete.
///
/// # Errors
/// The code to report to the cache before the connection is closed.
pub fn parse(input: &[u8]) -> Result<Option<(u8, Pdu, usize)>, Fault> {
    let mut r = Reader::new(input);
    if r.remaining() < HEADER {
        return Ok(None);
    }
    let (version, kind, session) = (r.u8("version")?, r.u8("type")?, r.u16("session")?);
    let length = usize::try_from(r.u32("length")?).unwrap_or(usize::MAX);
    if version > 1 {
        return Err(Fault(error::VERSION));
    }
    if !(HEADER..=MAX).contains(&length) {
        return Err(Fault(error::CORRUPT));
    }
    if input.len() < length {
        return Ok(None);
    }
    let mut body = r.sub(length.saturating_sub(HEADER), "body")?;
    let pdu = match kind {
        0 => Pdu::SerialNotify { session, serial: body.u32("serial")? },
        3 => Pdu::CacheResponse { session },
        4 | 6 => prefix(kind == 4, &mut body)?,
        7 => {
            let serial = body.u32("serial")?;
            let intervals = match version {
                0 => None,
                _ => Some((body.u32("refresh")?, body.u32("retry")?, body.u32("expire")?)),
            };
            Pdu::EndOfData { session, serial, intervals }
        }
        8 => Pdu::CacheReset,
        9 if version == 1 => {
            body.bytes(body.remaining(), "key")?;
            Pdu::RouterKey
        }
        10 => {
            let len = usize::try_from(body.u32("length of PDU")?).unwrap_or(usize::MAX);
            body.bytes(len, "PDU")?;
            let len = usize::try_from(body.u32("length of text")?).unwrap_or(usize::MAX);
            let text = String::from_utf8_lossy(body.bytes(len, "text")?);
            Pdu::Error { code: session, text: text.chars().filter(|c| !c.is_control()).collect() }
        }
        _ => return Err(Fault(error::TYPE)),
    };
    if !body.is_empty() {
        return Err(Fault(error::CORRUPT));
    }
    Ok(Some((version, pdu, length)))
}

fn prefix(v4: bool, body: &mut Reader<'_>) -> Result<Pdu, Fault> {
    let (flags, length, max_length, _) =
        (body.u8("flags")?, body.u8("length")?, body.u8("max length")?, body.u8("zero")?);
    let addr: IpAddr = if v4 { body.ipv4("prefix")?.into() } else { body.ipv6("prefix")?.into() };
    let asn = body.u32("AS")?;
    let width = if v4 { 32 } else { 128 };
    if length > max_length || max_length > width {
        return Err(Fault(error::CORRUPT));
    }
    Ok(Pdu::Prefix {
        announce: flags & 1 == 1,
        vrp: Vrp { prefix: Prefix::new(addr, length), max_length, asn },
    })
}

/// Asks for what is newer than `serial`.
pub fn serial_query(version: u8, session: u16, serial: u32, out: &mut BytesMut) {
    header(version, 1, session, 12, out);
    out.put_u32(serial);
}

/// Asks for everything.
pub fn reset_query(version: u8, out: &mut BytesMut) {
    header(version, 2, 0, 8, out);
}

/// Tells the cache what was wrong.
pub fn error_report(version: u8, fault: Fault, out: &mut BytesMut) {
    header(version, 10, fault.0, 16, out);
    out.put_u32(0);
    out.put_u32(0);
}

fn header(version: u8, kind: u8, session: u16, length: u32, out: &mut BytesMut) {
    out.put_u8(version);
    out.put_u8(kind);
    out.put_u16(session);
    out.put_u32(length);
}
