//! Attribute by attribute: what makes it malformed (RFC 7606 7, and the RFC of each).
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::super::Nlri;
use super::super::attribute::{Code, Fault, Reason};
use super::super::notification::{Notification, update};
use super::Context;
use super::found::Found;
use super::mp::Reach;
use crate::attrs::path::kind_from_wire;
use crate::settings::PeerKind;
use core::net::{IpAddr, Ipv4Addr};
use policy::bgp::SegmentKind;

/// Judges every attribute that is there but NEXT_HOP and those of multiprotocol BGP.
pub(super) fn attributes(found: &mut Found<'_>, context: &Context) {
    scope(found, context);
    for code in JUDGED {
        if let Some(reason) = found.get(code).and_then(|value| malformed(code, value, context)) {
            found.fault(code, reason);
        }
    }
    for (code, sorted) in SORTED {
        found.as_is &= found.get(code).is_none_or(sorted);
    }
}

const JUDGED: [Code; 14] = [
    Code::Origin,
    Code::AsPath,
    Code::Med,
    Code::LocalPref,
    Code::AtomicAggregate,
    Code::Aggregator,
    Code::Communities,
    Code::OriginatorId,
    Code::ClusterList,
    Code::ExtendedCommunities,
    Code::As4Path,
    Code::As4Aggregator,
    Code::LargeCommunities,
    Code::OnlyToCustomer,
];

type Check = fn(&[u8]) -> bool;

const SORTED: [(Code, Check); 3] = [
    (Code::Communities, ascending::<4>),
    (Code::ExtendedCommunities, ascending::<8>),
    (Code::LargeCommunities, ascending::<12>),
];

/// Whether values of `N` bytes ascend, each once.
pub(super) fn ascending<const N: usize>(value: &[u8]) -> bool {
    value.as_chunks::<N>().0.is_sorted_by(|a, b| a < b)
}

/// Leaves out what this peer has no business to send: quietly, whatever it says.
fn scope(found: &mut Found<'_>, context: &Context) {
    if context.kind == PeerKind::External {
        // RFC 7606 7.5, 7.9, 7.10.
        for code in [Code::LocalPref, Code::OriginatorId, Code::ClusterList] {
            found.drop(code);
        }
    }
    if context.codec.as4 {
        // RFC 6793 4.1.
        found.drop(Code::As4Path);
        found.drop(Code::As4Aggregator);
    } else {
        found.as_is = false;
    }
}

fn malformed(code: Code, value: &[u8], context: &Context) -> Option<Reason> {
    let length = |right: bool| (!right).then_some(Reason::Length);
    let some_of = |size: usize| length(!value.is_empty() && value.len().checked_rem(size) == Some(0));
    match code {
        Code::Origin => match value {
            [0..=2] => None,
            [_] => Some(Reason::Value),
            _ => Some(Reason::Length),
        },
        Code::AsPath => as_path(value, context),
        Code::As4Path => as4_path(value),
        Code::Med | Code::LocalPref | Code::OriginatorId | Code::OnlyToCustomer => length(value.len() == 4),
        Code::AtomicAggregate => length(value.is_empty()),
        Code::Aggregator => aggregator(value, if context.codec.as4 { 4 } else { 2 }),
        Code::As4Aggregator => aggregator(value, 4),
        Code::Communities | Code::ClusterList => some_of(4),
        Code::ExtendedCommunities => some_of(8),
        Code::LargeCommunities => some_of(12),
        Code::NextHop | Code::MpReach | Code::MpUnreach => None,
    }
}

/// RFC 7606 7.7, RFC 7607 2.
fn aggregator(value: &[u8], width: usize) -> Option<Reason> {
    match value.split_at_checked(width) {
        Some((asn, [_, _, _, _])) => asn.iter().all(|b| *b == 0).then_some(Reason::AsZero),
        _ => Some(Reason::Length),
    }
}

/// What an AS path looks like from outside.
#[derive(Default)]
struct Shape {
    first: Option<(SegmentKind, u32)>,
    confed: bool,
    zero: bool,
}

/// RFC 7606 7.2: segments of a known type, none empty, that fill the value. `None`: they do not.
fn shape(value: &[u8], as4: bool) -> Option<Shape> {
    let mut shape = Shape::default();
    let mut left = value;
    while !left.is_empty() {
        let (&[kind, count], rest) = left.split_first_chunk::<2>()?;
        let kind = kind_from_wire(kind)?;
        let width = if as4 { 4 } else { 2 };
        let (asns, rest) = rest.split_at_checked(usize::from(count).saturating_mul(width))?;
        let first = if as4 {
            let asns = asns.as_chunks::<4>().0;
            shape.zero |= asns.contains(&[0; 4]);
            asns.first().map(|a| u32::from_be_bytes(*a))
        } else {
            let asns = asns.as_chunks::<2>().0;
            shape.zero |= asns.contains(&[0; 2]);
            asns.first().map(|a| u32::from(u16::from_be_bytes(*a)))
        };
        shape.first.get_or_insert((kind, first?));
        shape.confed |= matches!(kind, SegmentKind::ConfedSequence | SegmentKind::ConfedSet);
        left = rest;
    }
    Some(shape)
}

fn as_path(value: &[u8], context: &Context) -> Option<Reason> {
    let Some(shape) = shape(value, context.codec.as4) else { return Some(Reason::Segment) };
    if shape.zero {
        return Some(Reason::AsZero);
    }
    match context.kind {
        PeerKind::Internal => None,
        // RFC 5065 5.
        PeerKind::Confederation => match shape.first {
            Some((SegmentKind::ConfedSequence, _)) => None,
            _ => Some(Reason::Confederation),
        },
        PeerKind::External if shape.confed => Some(Reason::Confederation),
        PeerKind::External => {
            let wanted = context.first_as?;
            // A 2-octet peer of a large number stands there as AS_TRANS until AS4_PATH is merged.
            let wanted = if context.codec.as4 { wanted } else { u32::from(super::as4::two_octets(wanted)) };
            (shape.first != Some((SegmentKind::Sequence, wanted))).then_some(Reason::FirstAs)
        }
    }
}

/// RFC 6793 6. Confederation segments in it are left out when it is merged.
fn as4_path(value: &[u8]) -> Option<Reason> {
    match shape(value, true) {
        None => Some(Reason::Segment),
        Some(_) if value.is_empty() => Some(Reason::Length),
        Some(shape) => shape.zero.then_some(Reason::AsZero),
    }
}

/// RFC 7606 7.3, RFC 4271 6.3. NEXT_HOP says nothing where no IPv4 prefix is in the old field, but must be well-formed.
pub(super) fn next_hops(found: &mut Found<'_>, announced: &Nlri<'_>, reach: Option<&Reach<'_>>) {
    match found.get(Code::NextHop) {
        None => {}
        Some(value) => match <[u8; 4]>::try_from(value) {
            Err(_) => found.fault(Code::NextHop, Reason::Length),
            Ok(a) if !announced.is_empty() && !is_host_v4(a.into()) => {
                found.fault(Code::NextHop, Reason::Value);
            }
            Ok(_) => {}
        },
    }
    let bad = |next_hop: IpAddr| match next_hop {
        IpAddr::V4(a) => !is_host_v4(a),
        IpAddr::V6(a) => a.is_unspecified() || a.is_loopback() || a.is_multicast(),
    };
    if reach.is_some_and(|r| bad(r.next_hop)) {
        found.withdraw(Code::MpReach as u8, Reason::Value);
    }
}

/// Not 0/8, 127/8, multicast or reserved.
fn is_host_v4(a: Ipv4Addr) -> bool {
    !matches!(a.octets(), [0 | 127 | 224..=255, ..])
}

/// RFC 7606 3 d: what every announcement has. LOCAL_PREF is asked of internal peers, as FRR does.
pub(super) fn mandatory(found: &mut Found<'_>, context: &Context, old_field: bool) {
    let wanted = [
        (Code::Origin, true),
        (Code::AsPath, true),
        (Code::NextHop, old_field),
        (Code::LocalPref, context.kind == PeerKind::Internal),
    ];
    for (code, wanted) in wanted {
        if wanted && found.get(code).is_none() {
            found.withdraw(code as u8, Reason::Missing);
        }
    }
}

impl Fault {
    /// What a session that must end because of it is told (RFC 4271 6.3).
    pub fn notification(self) -> Notification {
        let code = Code::from_wire(self.attribute);
        let subcode = match (self.reason, code) {
            (Reason::Length | Reason::Overrun, _) => update::LENGTH,
            (Reason::Flags, _) => update::FLAGS,
            (Reason::Repeated, _) => update::ATTRIBUTE_LIST,
            (Reason::Missing, _) => return Notification::update(update::MISSING, &[self.attribute]),
            (Reason::Value, Some(Code::Origin)) => update::ORIGIN,
            (Reason::Value, Some(Code::NextHop)) => update::NEXT_HOP,
            (_, Some(Code::AsPath)) => update::AS_PATH,
            _ => update::OPTIONAL,
        };
        Notification::update(subcode, &[])
    }
}
