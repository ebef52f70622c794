//! AS paths as bytes: counted and searched without being decoded. 4-octet ASes; what is not whole at the end is not there.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use policy::bgp::{AsPath, Segment, SegmentKind};

/// The value of a canonical AS_PATH.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct PathRef<'a>(pub &'a [u8]);

/// One segment of it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct SegmentRef<'a> {
    /// Which kind.
    pub kind: SegmentKind,
    asns: &'a [[u8; 4]],
}

impl<'a> SegmentRef<'a> {
    /// Its ASes, in order.
    pub fn asns(&self) -> impl ExactSizeIterator<Item = u32> + DoubleEndedIterator + use<'a> {
        self.asns.iter().map(|asn| u32::from_be_bytes(*asn))
    }

    /// What the decision process counts of it: a set is one; confederation segments only when `confed`.
    pub fn length(&self, confed: bool) -> u32 {
        match self.kind {
            SegmentKind::Sequence => u32::try_from(self.asns.len()).unwrap_or(u32::MAX),
            SegmentKind::Set => 1,
            SegmentKind::ConfedSequence if confed => u32::try_from(self.asns.len()).unwrap_or(u32::MAX),
            SegmentKind::ConfedSet if confed => 1,
            SegmentKind::ConfedSequence | SegmentKind::ConfedSet => 0,
        }
    }

    /// AS_CONFED_SEQUENCE or AS_CONFED_SET.
    pub fn confed(&self) -> bool {
        matches!(self.kind, SegmentKind::ConfedSequence | SegmentKind::ConfedSet)
    }
}

/// The kind of this number.
pub fn kind_from_wire(kind: u8) -> Option<SegmentKind> {
    Some(match kind {
        1 => SegmentKind::Set,
        2 => SegmentKind::Sequence,
        3 => SegmentKind::ConfedSequence,
        4 => SegmentKind::ConfedSet,
        _ => return None,
    })
}

impl<'a> PathRef<'a> {
    /// In order.
    pub fn segments(self) -> impl Iterator<Item = SegmentRef<'a>> {
        let mut left = self.0;
        core::iter::from_fn(move || {
            let (&[kind, count], rest) = left.split_first_chunk::<2>()?;
            let (asns, rest) = rest.split_at_checked(usize::from(count).saturating_mul(4))?;
            left = rest;
            Some(SegmentRef { kind: kind_from_wire(kind)?, asns: asns.as_chunks::<4>().0 })
        })
    }

    /// Every AS in it, in order, sets and confederation segments included.
    pub fn asns(self) -> impl Iterator<Item = u32> {
        self.segments().flat_map(|s| s.asns())
    }

    /// How often `asn` is in it: loop detection (RFC 4271 9.1.2) and `allowas-in`.
    pub fn occurrences(self, asn: u32) -> usize {
        self.asns().filter(|a| *a == asn).count()
    }

    /// What the decision process counts (RFC 4271 9.1.2.2 a).
    pub fn length(self, confed: bool) -> u32 {
        self.segments().map(|s| s.length(confed)).fold(0, u32::saturating_add)
    }

    /// The neighboring AS, as [`AsPath::neighbor`] has it.
    pub fn neighbor(self) -> Option<u32> {
        let first = self.segments().find(|s| !s.confed())?;
        (first.kind == SegmentKind::Sequence).then(|| first.asns().next()).flatten()
    }

    /// The AS the route comes from, as [`AsPath::origin`] has it.
    pub fn origin(self) -> Option<u32> {
        let last = self.segments().last()?;
        (last.kind == SegmentKind::Sequence).then(|| last.asns().next_back()).flatten()
    }

    /// No segment at all: a route of our own AS.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Has an AS_SET or AS_CONFED_SET (RFC 9774).
    pub fn has_set(self) -> bool {
        self.segments().any(|s| matches!(s.kind, SegmentKind::Set | SegmentKind::ConfedSet))
    }

    /// Decoded.
    pub fn to_path(self) -> AsPath {
        let segments = self.segments().map(|s| Segment { kind: s.kind, asns: s.asns().collect() });
        AsPath { segments: segments.collect() }
    }
}
