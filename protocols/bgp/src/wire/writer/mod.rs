//! UPDATE out: as many prefixes behind the same attributes as a message takes (RFC 4271 4.3, RFC 4760). IPv4 behind an IPv4
//! next hop goes into the old fields, everything else into MP_REACH_NLRI, which comes first (RFC 7606 5.1).
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod narrow;

use super::attribute::{Code, Raw, flag};
use super::nlri::{self, size};
use super::{Codec, Kind, frame};
use crate::Family;
use bytes::{BufMut, BytesMut};
use core::iter::Peekable;
use fib::Prefix;

/// Attributes so long that a prefix may not fit behind them (RFC 4271 9.2: the route is not to be sent; what was sent of
/// it is to be withdrawn).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct TooLong;

/// Writes UPDATEs of one family for sessions of one codec. Keeps what it needs for that, no routes.
#[derive(Debug)]
pub struct Writer {
    codec: Codec,
    family: Family,
    scratch: Vec<u8>,
}

impl Writer {
    /// For this codec and family.
    pub fn new(codec: Codec, family: Family) -> Writer {
        Writer { codec, family, scratch: Vec::new() }
    }

    /// Appends whole messages to `out` that announce `routes` with `attributes` (canonical, with the next hop to send).
    /// The path identifier is written where they were negotiated. Returns how many messages that took.
    ///
    /// # Errors
    /// [`TooLong`]; then nothing was appended.
    pub fn announce(
        &mut self,
        out: &mut BytesMut,
        attributes: &[u8],
        routes: impl IntoIterator<Item = (u32, Prefix)>,
    ) -> Result<usize, TooLong> {
        let mut scratch = core::mem::take(&mut self.scratch);
        let attributes = if self.codec.as4 {
            attributes
        } else {
            scratch.clear();
            narrow::to_two_octets(attributes, &mut scratch);
            &scratch
        };
        let parts = Parts::of(attributes, self.family);
        let mut routes = routes.into_iter().peekable();
        let mut messages = 0_usize;
        let fits = parts.fixed().saturating_add(self.longest()) <= self.codec.max_message();
        while fits && routes.peek().is_some() {
            self.announcement(out, &parts, &mut routes);
            messages = messages.saturating_add(1);
        }
        self.scratch = scratch;
        if fits { Ok(messages) } else { Err(TooLong) }
    }

    /// Bytes of the longest prefix.
    fn longest(&self) -> usize {
        let address = usize::from(nlri::width(self.family)).div_ceil(8);
        address.saturating_add(if self.codec.sends_path_ids(self.family) { 5 } else { 1 })
    }

    fn announcement(
        &self,
        out: &mut BytesMut,
        parts: &Parts<'_>,
        routes: &mut Peekable<impl Iterator<Item = (u32, Prefix)>>,
    ) {
        let at = frame::begin(out, Kind::Update);
        out.put_u16(0);
        let length = Length::begin(out);
        let room = self.codec.max_message().saturating_sub(parts.fixed());
        match parts.next_hop {
            None => {
                out.put_slice(parts.before);
                length.finish(out);
                self.prefixes(out, room, routes);
            }
            Some(next_hop) => {
                out.put_slice(&[flag::OPTIONAL | flag::EXTENDED, Code::MpReach as u8]);
                let reach = Length::begin(out);
                out.put_u16(self.family.afi());
                out.put_slice(&[self.family.safi(), u8::try_from(next_hop.len()).unwrap_or(u8::MAX)]);
                out.put_slice(next_hop);
                out.put_u8(0);
                self.prefixes(out, room, routes);
                reach.finish(out);
                out.put_slice(parts.before);
                out.put_slice(parts.after);
                length.finish(out);
            }
        }
        frame::finish(out, at);
    }

    /// As many prefixes as go into `room` bytes.
    fn prefixes(
        &self,
        out: &mut BytesMut,
        room: usize,
        routes: &mut Peekable<impl Iterator<Item = (u32, Prefix)>>,
    ) {
        let path_ids = self.codec.sends_path_ids(self.family);
        let mut left = room;
        let fits = |left: usize, prefix: &Prefix| left.checked_sub(size(prefix, path_ids));
        while let Some((id, prefix)) = routes.next_if(|(_, prefix)| fits(left, prefix).is_some()) {
            left = fits(left, &prefix).unwrap_or(0);
            nlri::put(out, path_ids.then_some(id), &prefix);
        }
    }

    /// Appends whole messages to `out` that withdraw `routes`. Returns how many messages that took.
    pub fn withdraw(&self, out: &mut BytesMut, routes: impl IntoIterator<Item = (u32, Prefix)>) -> usize {
        let mut routes = routes.into_iter().peekable();
        let mut messages = 0_usize;
        while routes.peek().is_some() {
            self.withdrawal(out, &mut routes);
            messages = messages.saturating_add(1);
        }
        messages
    }

    fn withdrawal(&self, out: &mut BytesMut, routes: &mut Peekable<impl Iterator<Item = (u32, Prefix)>>) {
        let room = |fixed: usize| self.codec.max_message().saturating_sub(fixed);
        let at = frame::begin(out, Kind::Update);
        let first = Length::begin(out);
        match self.family {
            Family::Ipv4 => {
                self.prefixes(out, room(EMPTY), routes);
                first.finish(out);
                out.put_u16(0);
            }
            Family::Ipv6 => {
                let length = Length::begin(out);
                out.put_slice(&[flag::OPTIONAL | flag::EXTENDED, Code::MpUnreach as u8]);
                let unreach = Length::begin(out);
                out.put_u16(self.family.afi());
                out.put_u8(self.family.safi());
                self.prefixes(out, room(EMPTY.saturating_add(7)), routes);
                unreach.finish(out);
                length.finish(out);
            }
        }
        frame::finish(out, at);
    }

    /// Appends an End-of-RIB (RFC 4724 2).
    pub fn end_of_rib(&self, out: &mut BytesMut) {
        let at = frame::begin(out, Kind::Update);
        match self.family {
            Family::Ipv4 => out.put_u32(0),
            Family::Ipv6 => {
                out.put_slice(&[0, 0, 0, 6, flag::OPTIONAL, Code::MpUnreach as u8, 3]);
                out.put_u16(self.family.afi());
                out.put_u8(self.family.safi());
            }
        }
        frame::finish(out, at);
    }
}

/// Bytes of an UPDATE without anything in it.
const EMPTY: usize = frame::HEADER + 4;

/// Attributes around the place of the next hop.
struct Parts<'a> {
    /// All of them, when there is no MP_REACH_NLRI.
    before: &'a [u8],
    after: &'a [u8],
    /// Of MP_REACH_NLRI.
    next_hop: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn of(attributes: &'a [u8], family: Family) -> Parts<'a> {
        let mut left = attributes;
        while let Some((raw, rest)) = Raw::split(left) {
            if raw.code == Code::NextHop as u8 && (family == Family::Ipv6 || raw.value.len() != 4) {
                let before = attributes.len().saturating_sub(left.len());
                let before = attributes.get(..before).unwrap_or_default();
                return Parts { before, after: rest, next_hop: Some(raw.value) };
            }
            left = rest;
        }
        Parts { before: attributes, after: &[], next_hop: None }
    }

    /// Bytes of a message without its prefixes.
    fn fixed(&self) -> usize {
        let reach = self.next_hop.map_or(0, |next_hop| next_hop.len().saturating_add(9));
        EMPTY.saturating_add(self.before.len()).saturating_add(self.after.len()).saturating_add(reach)
    }
}

/// A length field of two bytes, written when what it counts is there.
struct Length(usize);

impl Length {
    fn begin(out: &mut BytesMut) -> Length {
        let at = out.len();
        out.put_u16(0);
        Length(at)
    }

    fn finish(self, out: &mut BytesMut) {
        let length = out.len().saturating_sub(self.0).saturating_sub(2);
        frame::patch(out, self.0, u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
    }
}

#[cfg(test)]
mod tests;
