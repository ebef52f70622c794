//! Attributes for a peer without 4-octet ASes (RFC 6793 4.2.2): what does not fit is AS_TRANS, and is told in AS4_PATH and
//! AS4_AGGREGATOR.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::super::attribute::{Code, Raw, put, put_header};
use super::super::update::two_octets;
use crate::attrs::PathRef;

/// Appends the attributes of `canonical` in their order, with 2-octet ASes.
pub(super) fn to_two_octets(canonical: &[u8], out: &mut Vec<u8>) {
    let mut extra = Extra::default();
    for raw in Raw::all(canonical) {
        if raw.code > Code::As4Aggregator as u8 {
            extra.flush(out);
        }
        match Code::from_wire(raw.code) {
            Some(Code::AsPath) => as_path(PathRef(raw.value), out, &mut extra),
            Some(Code::Aggregator) => aggregator(raw.value, out, &mut extra),
            _ => put(out, raw.flags, raw.code, raw.value),
        }
    }
    extra.flush(out);
}

/// What goes between the attributes up to 18 and those after.
#[derive(Default)]
struct Extra<'a> {
    path: Option<PathRef<'a>>,
    aggregator: Option<&'a [u8]>,
}

impl Extra<'_> {
    fn flush(&mut self, out: &mut Vec<u8>) {
        if let Some(path) = self.path.take() {
            // RFC 6793 3: without confederation segments.
            let segments = || path.segments().filter(|s| !s.confed());
            let length = segments().map(|s| s.asns().len().saturating_mul(4).saturating_add(2));
            put_header(out, Code::As4Path.flags(), Code::As4Path as u8, length.sum());
            for segment in segments() {
                out.extend([segment.kind as u8, u8::try_from(segment.asns().len()).unwrap_or(u8::MAX)]);
                out.extend(segment.asns().flat_map(u32::to_be_bytes));
            }
        }
        if let Some(value) = self.aggregator.take() {
            put(out, Code::As4Aggregator.flags(), Code::As4Aggregator as u8, value);
        }
    }
}

fn as_path<'a>(path: PathRef<'a>, out: &mut Vec<u8>, extra: &mut Extra<'a>) {
    let length = path.segments().map(|s| s.asns().len().saturating_mul(2).saturating_add(2));
    put_header(out, Code::AsPath.flags(), Code::AsPath as u8, length.sum());
    for segment in path.segments() {
        out.extend([segment.kind as u8, u8::try_from(segment.asns().len()).unwrap_or(u8::MAX)]);
        out.extend(segment.asns().flat_map(|asn| two_octets(asn).to_be_bytes()));
        if !segment.confed() && segment.asns().any(large) {
            extra.path = Some(path);
        }
    }
}

fn aggregator<'a>(value: &'a [u8], out: &mut Vec<u8>, extra: &mut Extra<'a>) {
    let Some((asn, router)) = value.split_first_chunk::<4>() else { return };
    let asn = u32::from_be_bytes(*asn);
    if large(asn) {
        extra.aggregator = Some(value);
    }
    put_header(out, Code::Aggregator.flags(), Code::Aggregator as u8, router.len().saturating_add(2));
    out.extend(two_octets(asn).to_be_bytes());
    out.extend_from_slice(router);
}

fn large(asn: u32) -> bool {
    u16::try_from(asn).is_err()
}
