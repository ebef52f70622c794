//! Prefixes as UPDATEs carry them (RFC 4271 4.3), with a path identifier before each where that was negotiated
//! (RFC 7911 3). [`Nlri::check`] reads them once; what passed is iterated over without a way to fail.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::Family;
use bytes::{BufMut, BytesMut};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::Prefix;

/// Checked prefixes of one family, still in the message.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Nlri<'a> {
    bytes: &'a [u8],
    family: Family,
    path_ids: bool,
}

impl<'a> Nlri<'a> {
    /// No prefix.
    pub const fn empty(family: Family) -> Nlri<'a> {
        Nlri { bytes: &[], family, path_ids: false }
    }

    /// Reads `bytes` to their end. `None`: a length over 32 or 128, or the last prefix is not whole (RFC 7606 5.3).
    pub fn check(bytes: &'a [u8], family: Family, path_ids: bool) -> Option<Nlri<'a>> {
        let width = width(family);
        let mut left = bytes;
        while !left.is_empty() {
            if path_ids {
                left = left.get(4..)?;
            }
            let (&len, rest) = left.split_first()?;
            if len > width {
                return None;
            }
            left = rest.get(octets(len)..)?;
        }
        Some(Nlri { bytes, family, path_ids })
    }

    /// Whose prefixes these are.
    pub fn family(&self) -> Family {
        self.family
    }

    /// No prefix is here.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes they take.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Path identifier (0 without Add-Path) and prefix, in order. Multicast and, in IPv6, link-local prefixes mean
    /// nothing in a unicast family and are left out (RFC 4271 6.3).
    #[inline]
    pub fn iter(&self) -> Iter<'a> {
        Iter { left: self.bytes, family: self.family, path_ids: self.path_ids }
    }

    /// How many [`Nlri::iter`] gives.
    pub fn count(&self) -> usize {
        self.iter().count()
    }
}

impl<'a> IntoIterator for Nlri<'a> {
    type Item = (u32, Prefix);
    type IntoIter = Iter<'a>;
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// What [`Nlri::iter`] gives.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    left: &'a [u8],
    family: Family,
    path_ids: bool,
}

impl Iter<'_> {
    #[inline]
    fn read(&mut self) -> Option<(u32, Prefix)> {
        let mut id = 0;
        if self.path_ids {
            let (head, rest) = self.left.split_first_chunk::<4>()?;
            (id, self.left) = (u32::from_be_bytes(*head), rest);
        }
        let (&len, rest) = self.left.split_first()?;
        let (address, rest) = rest.split_at_checked(octets(len))?;
        self.left = rest;
        let address = match self.family {
            Family::Ipv4 => IpAddr::V4(Ipv4Addr::from(padded::<4>(address))),
            Family::Ipv6 => IpAddr::V6(Ipv6Addr::from(padded::<16>(address))),
        };
        Some((id, Prefix::new(address, len)))
    }
}

impl Iterator for Iter<'_> {
    type Item = (u32, Prefix);

    #[inline]
    fn next(&mut self) -> Option<(u32, Prefix)> {
        loop {
            let (id, prefix) = self.read()?;
            let wanted = match prefix.addr() {
                IpAddr::V4(a) => !a.is_multicast(),
                IpAddr::V6(a) => !a.is_multicast() && !a.is_unicast_link_local(),
            };
            if wanted {
                return Some((id, prefix));
            }
        }
    }
}

/// The first of `bytes`, and zeros.
#[inline]
pub(crate) fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut all = [0; N];
    for (to, from) in all.iter_mut().zip(bytes) {
        *to = *from;
    }
    all
}

/// Octets of a prefix of this length on the wire.
#[inline]
pub(crate) fn octets(len: u8) -> usize {
    usize::from(len.div_ceil(8))
}

/// Bits of an address.
pub(crate) fn width(family: Family) -> u8 {
    match family {
        Family::Ipv4 => 32,
        Family::Ipv6 => 128,
    }
}

/// Bytes of `prefix` on the wire.
#[inline]
pub fn size(prefix: &Prefix, path_ids: bool) -> usize {
    octets(prefix.len()).saturating_add(if path_ids { 5 } else { 1 })
}

/// Appends `prefix`, behind `path_id` when there are any.
#[inline]
pub fn put(out: &mut BytesMut, path_id: Option<u32>, prefix: &Prefix) {
    if let Some(id) = path_id {
        out.put_u32(id);
    }
    out.put_u8(prefix.len());
    let octets = octets(prefix.len());
    match prefix.addr() {
        IpAddr::V4(a) => out.put_slice(a.octets().get(..octets).unwrap_or_default()),
        IpAddr::V6(a) => out.put_slice(a.octets().get(..octets).unwrap_or_default()),
    }
}
