//! Reading and writing network byte order with every length checked. No read can panic.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::{BufMut, Bytes, BytesMut};
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

/// Why bytes are not the thing they claim to be. `what` is a field or packet name for counters and logs.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WireError {
    /// Fewer bytes than the field needs.
    Short(&'static str),
    /// More bytes than the packet may have.
    Long(&'static str),
    /// A value outside what the RFC allows.
    Value(&'static str),
    /// A checksum or digest does not match.
    Checksum(&'static str),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(w) => write!(f, "{w}: too short"),
            Self::Long(w) => write!(f, "{w}: too long"),
            Self::Value(w) => write!(f, "{w}: invalid value"),
            Self::Checksum(w) => write!(f, "{w}: bad checksum"),
        }
    }
}

impl core::error::Error for WireError {}

/// A cursor over received bytes.
#[derive(Copy, Clone, Debug)]
pub struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads `bytes` from the start.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { left: bytes }
    }

    /// Bytes not yet read.
    pub fn remaining(&self) -> usize {
        self.left.len()
    }

    /// Whether all has been read.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// The unread rest, left in place.
    pub fn rest(&self) -> &'a [u8] {
        self.left
    }

    /// The next `n` bytes.
    pub fn bytes(&mut self, n: usize, what: &'static str) -> Result<&'a [u8], WireError> {
        let (head, tail) = self.left.split_at_checked(n).ok_or(WireError::Short(what))?;
        self.left = tail;
        Ok(head)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], WireError> {
        let (head, tail) = self.left.split_first_chunk::<N>().ok_or(WireError::Short(what))?;
        self.left = tail;
        Ok(*head)
    }

    /// A reader over the next `n` bytes alone.
    pub fn sub(&mut self, n: usize, what: &'static str) -> Result<Reader<'a>, WireError> {
        self.bytes(n, what).map(Reader::new)
    }

    /// One byte.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, WireError> {
        self.array::<1>(what).map(u8::from_be_bytes)
    }

    /// Two bytes.
    pub fn u16(&mut self, what: &'static str) -> Result<u16, WireError> {
        self.array(what).map(u16::from_be_bytes)
    }

    /// Three bytes, as the low 24 bits.
    pub fn u24(&mut self, what: &'static str) -> Result<u32, WireError> {
        self.array::<3>(what).map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// Four bytes.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, WireError> {
        self.array(what).map(u32::from_be_bytes)
    }

    /// Eight bytes.
    pub fn u64(&mut self, what: &'static str) -> Result<u64, WireError> {
        self.array(what).map(u64::from_be_bytes)
    }

    /// An IPv4 address.
    pub fn ipv4(&mut self, what: &'static str) -> Result<Ipv4Addr, WireError> {
        self.array::<4>(what).map(Ipv4Addr::from)
    }

    /// An IPv6 address.
    pub fn ipv6(&mut self, what: &'static str) -> Result<Ipv6Addr, WireError> {
        self.array::<16>(what).map(Ipv6Addr::from)
    }
}

/// Builds a packet. Fields are appended in network byte order; lengths and checksums are patched in later.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    out: BytesMut,
}

impl Writer {
    /// An empty packet with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Writer {
        Writer { out: BytesMut::with_capacity(capacity) }
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing has been written.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Appends one byte.
    pub fn u8(&mut self, v: u8) -> &mut Self {
        self.out.put_u8(v);
        self
    }

    /// Appends two bytes.
    pub fn u16(&mut self, v: u16) -> &mut Self {
        self.out.put_u16(v);
        self
    }

    /// Appends the low 24 bits.
    pub fn u24(&mut self, v: u32) -> &mut Self {
        self.out.put_uint(u64::from(v & 0x00ff_ffff), 3);
        self
    }

    /// Appends four bytes.
    pub fn u32(&mut self, v: u32) -> &mut Self {
        self.out.put_u32(v);
        self
    }

    /// Appends eight bytes.
    pub fn u64(&mut self, v: u64) -> &mut Self {
        self.out.put_u64(v);
        self
    }

    /// Appends raw bytes.
    pub fn bytes(&mut self, v: &[u8]) -> &mut Self {
        self.out.extend_from_slice(v);
        self
    }

    /// Appends `n` zero bytes.
    pub fn zeros(&mut self, n: usize) -> &mut Self {
        self.out.put_bytes(0, n);
        self
    }

    /// Appends an IPv4 address.
    pub fn ipv4(&mut self, v: Ipv4Addr) -> &mut Self {
        self.bytes(&v.octets())
    }

    /// Appends an IPv6 address.
    pub fn ipv6(&mut self, v: Ipv6Addr) -> &mut Self {
        self.bytes(&v.octets())
    }

    /// Overwrites two bytes at `at`. Does nothing when `at` is not within what was written.
    pub fn patch_u16(&mut self, at: usize, v: u16) {
        if let Some(slot) = self.out.get_mut(at..).and_then(|s| s.first_chunk_mut::<2>()) {
            *slot = v.to_be_bytes();
        }
    }

    /// What has been written.
    pub fn as_slice(&self) -> &[u8] {
        &self.out
    }

    /// The finished packet.
    pub fn finish(self) -> Bytes {
        self.out.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut w = Writer::with_capacity(32);
        w.u8(1).u16(0x0203).u24(0x04_0506).u32(7).u64(8).ipv4(Ipv4Addr::LOCALHOST).zeros(2);
        w.patch_u16(1, 0xbeef);
        w.patch_u16(999, 1);
        let bytes = w.finish();
        let mut r = Reader::new(&bytes);
        assert_eq!((r.u8("a"), r.u16("b"), r.u24("c")), (Ok(1), Ok(0xbeef), Ok(0x04_0506)));
        assert_eq!((r.u32("d"), r.u64("e"), r.ipv4("f")), (Ok(7), Ok(8), Ok(Ipv4Addr::LOCALHOST)));
        assert_eq!((r.remaining(), r.sub(3, "g").map(|_| ())), (2, Err(WireError::Short("g"))));
        assert_eq!(r.u24("h"), Err(WireError::Short("h")));
        assert_eq!((r.u16("i"), r.is_empty()), (Ok(0), true));
    }
}
