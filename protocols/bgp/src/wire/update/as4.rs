//! A peer without 4-octet ASes (RFC 6793): AS_PATH and AS4_PATH become one path, AGGREGATOR and AS4_AGGREGATOR one.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::super::attribute::Code;
use super::found::Found;
use crate::AS_TRANS;
use crate::attrs::PathRef;
use smallvec::SmallVec;

/// Bytes of a path; longer ones are rare.
pub(super) type Bytes = SmallVec<[u8; 256]>;

/// The number in two octets.
pub(crate) fn two_octets(asn: u32) -> u16 {
    u16::try_from(asn).unwrap_or(AS_TRANS)
}

/// The 4-octet AS_PATH and AGGREGATOR of a message of a 2-octet peer. RFC 6793 4.2.3: a true 2-octet AS in AGGREGATOR
/// says that whoever wrote AS4_PATH is not to be believed any more.
pub(super) fn merge(found: &Found<'_>) -> (Option<Bytes>, Option<[u8; 8]>) {
    let aggregator = found.get(Code::Aggregator).and_then(|value| value.split_first_chunk::<2>());
    let stale = aggregator.is_some_and(|(asn, _)| u16::from_be_bytes(*asn) != AS_TRANS)
        && found.get(Code::As4Aggregator).is_some();
    let path = found.get(Code::AsPath).map(|old| {
        let old = widen(old);
        let new = found.get(Code::As4Path).filter(|_| !stale).map(without_confed);
        match new {
            Some(new) => merge_paths(&old, &new).unwrap_or(old),
            None => old,
        }
    });
    let aggregator = aggregator.and_then(|(asn, router)| {
        let new = found.get(Code::As4Aggregator).filter(|_| !stale);
        if let Some(new) = new {
            return <[u8; 8]>::try_from(new).ok();
        }
        let ([a, b], &[w, x, y, z]) = (*asn, router) else { return None };
        Some([0, 0, a, b, w, x, y, z])
    });
    (path, aggregator)
}

/// Two octets to four.
fn widen(path: &[u8]) -> Bytes {
    let mut out = Bytes::new();
    let mut left = path;
    while let Some((&[kind, count], rest)) = left.split_first_chunk::<2>() {
        let Some((asns, rest)) = rest.split_at_checked(usize::from(count).saturating_mul(2)) else { break };
        out.extend_from_slice(&[kind, count]);
        for [a, b] in asns.as_chunks::<2>().0 {
            out.extend_from_slice(&[0, 0, *a, *b]);
        }
        left = rest;
    }
    out
}

/// RFC 6793 6: confederation segments do not belong into AS4_PATH.
fn without_confed(path: &[u8]) -> Bytes {
    let mut out = Bytes::new();
    for segment in PathRef(path).segments().filter(|s| !s.confed()) {
        put(&mut out, segment.kind as u8, segment.asns());
    }
    out
}

fn put(out: &mut Bytes, kind: u8, asns: impl ExactSizeIterator<Item = u32>) {
    out.extend_from_slice(&[kind, u8::try_from(asns.len()).unwrap_or(u8::MAX)]);
    for asn in asns.take(255) {
        out.extend_from_slice(&asn.to_be_bytes());
    }
}

/// As many ASes of the head of `old` as `new` has fewer, and then `new`. `None`: `old` is shorter, so `new` is not to be
/// believed.
fn merge_paths(old: &[u8], new: &[u8]) -> Option<Bytes> {
    let (old, new_length) = (PathRef(old), PathRef(new).length(false));
    let mut more = old.length(false).checked_sub(new_length)?;
    let mut out = Bytes::new();
    for segment in old.segments() {
        // Confederation segments count nothing: those at the head stay.
        let counts = segment.length(false);
        if more == 0 && counts > 0 {
            break;
        }
        if counts <= more {
            put(&mut out, segment.kind as u8, segment.asns());
            more = more.saturating_sub(counts);
        } else {
            let taken = usize::try_from(more).unwrap_or(usize::MAX);
            put(&mut out, segment.kind as u8, segment.asns().take(taken));
            break;
        }
    }
    let mut out = join(out, new);
    out.truncate(usize::from(u16::MAX));
    Some(out)
}

/// Puts `new` behind `head`; where one sequence meets another, they become one.
fn join(head: Bytes, new: &[u8]) -> Bytes {
    let last = PathRef(&head).segments().last().map(|s| (s.kind, s.asns().len()));
    let first = PathRef(new).segments().next().map(|s| (s.kind, s.asns().len()));
    let mut out = head;
    let (Some((kind, have)), Some((other, more))) = (last, first) else {
        out.extend_from_slice(new);
        return out;
    };
    let sum = have.saturating_add(more);
    let (Ok(sum), true) = (u8::try_from(sum), kind == other && kind == policy::bgp::SegmentKind::Sequence)
    else {
        out.extend_from_slice(new);
        return out;
    };
    let count = out.len().saturating_sub(have.saturating_mul(4)).saturating_sub(1);
    if let Some(count) = out.get_mut(count) {
        *count = sum;
    }
    out.extend_from_slice(new.get(2..).unwrap_or_default());
    out
}
