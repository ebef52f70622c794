//! The attributes a peer is told, from those a route has: canonical bytes in, canonical bytes out, nothing decoded
//! (RFC 4271 5.1 and 9.2, 4456 8, 5065 4, 8326, 9234 5). Filters and route maps have had their say before.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::next_hop;
use super::relation::{Denied, Relation, Source};
use super::{Decided, Profile};
use crate::attrs::PathRef;
use crate::config::Role;
use crate::settings::PeerKind;
use crate::wire::attribute::{Code, Raw, put, put_header};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use policy::bgp::{Community, SegmentKind};

/// The values of the attributes that something is done with; the rest is copied.
#[derive(Default)]
struct Parts<'a> {
    origin: &'a [u8],
    as_path: &'a [u8],
    next_hop: &'a [u8],
    med: Option<&'a [u8]>,
    local_pref: Option<&'a [u8]>,
    atomic: bool,
    aggregator: Option<&'a [u8]>,
    communities: Option<&'a [u8]>,
    originator: Option<&'a [u8]>,
    clusters: &'a [u8],
    extended: Option<&'a [u8]>,
    large: Option<&'a [u8]>,
    only_to_customer: Option<&'a [u8]>,
    unknown: bool,
}

impl<'a> Parts<'a> {
    fn of(canonical: &'a [u8]) -> Parts<'a> {
        let mut parts = Parts::default();
        for raw in Raw::all(canonical) {
            let value = raw.value;
            match Code::from_wire(raw.code) {
                Some(Code::Origin) => parts.origin = value,
                Some(Code::AsPath) => parts.as_path = value,
                Some(Code::NextHop) => parts.next_hop = value,
                Some(Code::Med) => parts.med = Some(value),
                Some(Code::LocalPref) => parts.local_pref = Some(value),
                Some(Code::AtomicAggregate) => parts.atomic = true,
                Some(Code::Aggregator) => parts.aggregator = Some(value),
                Some(Code::Communities) => parts.communities = Some(value),
                Some(Code::OriginatorId) => parts.originator = Some(value),
                Some(Code::ClusterList) => parts.clusters = value,
                Some(Code::ExtendedCommunities) => parts.extended = Some(value),
                Some(Code::LargeCommunities) => parts.large = Some(value),
                Some(Code::OnlyToCustomer) => parts.only_to_customer = Some(value),
                Some(Code::MpReach | Code::MpUnreach | Code::As4Path | Code::As4Aggregator) => {}
                None => parts.unknown = true,
            }
        }
        parts
    }
}

fn put_known(out: &mut Vec<u8>, code: Code, value: &[u8]) {
    put(out, code.flags(), code as u8, value);
}

/// Writes to `out`, which is cleared, what peers of `profile` are told of a route of `source` with attributes `canonical`.
///
/// # Errors
/// There is no next hop to tell.
pub(super) fn outgoing(
    canonical: &[u8],
    source: &Source,
    relation: Relation,
    decided: &Decided,
    profile: &Profile,
    out: &mut Vec<u8>,
) -> Result<(), Denied> {
    out.clear();
    let parts = Parts::of(canonical);
    let inside = profile.kind != PeerKind::External;
    put_known(out, Code::Origin, parts.origin);
    as_path(parts.as_path, profile, out);
    let hop = next_hop::next_hop(read_next_hop(parts.next_hop), source, relation, decided, profile)?;
    write_next_hop(hop, out);
    if let Some(med) = parts.med
        && (inside || decided.keep_med || source.is_local() || relation.transparent || profile.unchanged.med)
    {
        put_known(out, Code::Med, med);
    }
    if inside {
        local_pref(parts.local_pref, profile, out);
    }
    if parts.atomic {
        put_known(out, Code::AtomicAggregate, &[]);
    }
    if let Some(aggregator) = parts.aggregator {
        put_known(out, Code::Aggregator, aggregator);
    }
    communities(parts.communities, profile, out);
    if relation.reflected {
        reflected(&parts, source, profile, out);
    }
    others(canonical, &parts, out, |code| code < Code::ExtendedCommunities as u8);
    extended_communities(parts.extended, profile, out);
    let between = Code::ExtendedCommunities as u8..Code::LargeCommunities as u8;
    others(canonical, &parts, out, |code| between.contains(&code));
    if let Some(large) = parts.large
        && profile.send_community.large
    {
        put_known(out, Code::LargeCommunities, large);
    }
    let between = Code::LargeCommunities as u8..Code::OnlyToCustomer as u8;
    others(canonical, &parts, out, |code| between.contains(&code));
    only_to_customer(parts.only_to_customer, profile, out);
    others(canonical, &parts, out, |code| code > Code::OnlyToCustomer as u8);
    Ok(())
}

/// Attributes we do not know and that may be passed on: canonical bytes have no others.
fn others(canonical: &[u8], parts: &Parts<'_>, out: &mut Vec<u8>, which: impl Fn(u8) -> bool) {
    if parts.unknown {
        let unknown =
            Raw::all(canonical).filter(|raw| Code::from_wire(raw.code).is_none() && which(raw.code));
        unknown.for_each(|raw| put(out, raw.flags, raw.code, raw.value));
    }
}

/// RFC 8326 4.3: inside the AS, as little preferred as can be.
fn local_pref(value: Option<&[u8]>, profile: &Profile, out: &mut Vec<u8>) {
    let default = profile.default_local_preference.to_be_bytes();
    let value = if profile.graceful_shutdown { &[0; 4] } else { value.unwrap_or(&default) };
    put_known(out, Code::LocalPref, value);
}

/// RFC 8326 4.1: towards other ASes everything is marked.
fn communities(value: Option<&[u8]>, profile: &Profile, out: &mut Vec<u8>) {
    let mark = Community::GRACEFUL_SHUTDOWN.0.to_be_bytes();
    let marked = profile.graceful_shutdown && profile.kind == PeerKind::External;
    let all = value.unwrap_or_default().as_chunks::<4>().0;
    if !profile.send_community.standard {
        return;
    }
    if !marked || all.contains(&mark) {
        if let Some(value) = value {
            put_known(out, Code::Communities, value);
        }
        return;
    }
    let (before, after) = all.split_at(all.partition_point(|c| *c < mark));
    put_known(out, Code::Communities, &[before, &[mark], after].concat().concat());
}

/// RFC 4360 6: what is not transitive stays inside the AS or confederation.
fn extended_communities(value: Option<&[u8]>, profile: &Profile, out: &mut Vec<u8>) {
    const NON_TRANSITIVE: u8 = 0x40;
    let Some(value) = value.filter(|_| profile.send_community.extended) else { return };
    let all = value.as_chunks::<8>().0;
    let stays = |c: &[u8; 8]| c.first().is_some_and(|kind| kind & NON_TRANSITIVE != 0);
    if profile.kind != PeerKind::External || !all.iter().any(stays) {
        return put_known(out, Code::ExtendedCommunities, value);
    }
    let transitive: Vec<u8> = all.iter().filter(|c| !stays(c)).flatten().copied().collect();
    if !transitive.is_empty() {
        put_known(out, Code::ExtendedCommunities, &transitive);
    }
}

/// RFC 4456 8: who brought it into the AS, and the clusters it passed.
fn reflected(parts: &Parts<'_>, source: &Source, profile: &Profile, out: &mut Vec<u8>) {
    let originator = source.router_id.octets();
    put_known(out, Code::OriginatorId, parts.originator.unwrap_or(&originator));
    let length = parts.clusters.len().saturating_add(4);
    put_header(out, Code::ClusterList.flags(), Code::ClusterList as u8, length);
    out.extend_from_slice(&profile.cluster_id.octets());
    out.extend_from_slice(parts.clusters);
}

/// RFC 9234 5, egress: towards customers, peers and clients of a route server it is added.
fn only_to_customer(value: Option<&[u8]>, profile: &Profile, out: &mut Vec<u8>) {
    let downwards = matches!(profile.role, Some(Role::Provider | Role::Peer | Role::RsServer));
    match value {
        Some(value) => put_known(out, Code::OnlyToCustomer, value),
        None if downwards => put_known(out, Code::OnlyToCustomer, &profile.otc_as.to_be_bytes()),
        None => {}
    }
}

fn read_next_hop(value: &[u8]) -> next_hop::Hop {
    if let Ok(v4) = <[u8; 4]>::try_from(value) {
        return (IpAddr::V4(v4.into()), None);
    }
    let Some((global, rest)) = value.split_first_chunk::<16>() else {
        return (IpAddr::V4(Ipv4Addr::UNSPECIFIED), None);
    };
    (IpAddr::V6((*global).into()), rest.first_chunk::<16>().map(|a| Ipv6Addr::from(*a)))
}

fn write_next_hop(hop: next_hop::Hop, out: &mut Vec<u8>) {
    match hop {
        (IpAddr::V4(addr), _) => put_known(out, Code::NextHop, &addr.octets()),
        (IpAddr::V6(addr), None) => put_known(out, Code::NextHop, &addr.octets()),
        (IpAddr::V6(addr), Some(beside)) => {
            put_header(out, Code::NextHop.flags(), Code::NextHop as u8, 32);
            out.extend_from_slice(&addr.octets());
            out.extend_from_slice(&beside.octets());
        }
    }
}

/// RFC 4271 5.1.2, RFC 5065 4.1.
fn as_path(value: &[u8], profile: &Profile, out: &mut Vec<u8>) {
    match profile.kind {
        PeerKind::Internal => put_known(out, Code::AsPath, value),
        PeerKind::Confederation => {
            prepended(value, SegmentKind::ConfedSequence, &[profile.own_as], out);
        }
        PeerKind::External => {
            let inner;
            let value = match confederation(value) {
                0 => value,
                _ => {
                    inner = without_confederation(value);
                    &inner
                }
            };
            // FRR: `attribute-unchanged as-path` does not hold for an empty path.
            let unchanged = profile.unchanged.as_path && !value.is_empty() || profile.server_client;
            if unchanged {
                put_known(out, Code::AsPath, value);
            } else {
                prepended(value, SegmentKind::Sequence, &profile.prepend, out);
            }
        }
    }
}

/// Segments of the confederation, which nobody outside may see (RFC 5065 5.3).
fn confederation(value: &[u8]) -> usize {
    PathRef(value).segments().filter(|s| is_confederation(s.kind)).count()
}

fn is_confederation(kind: SegmentKind) -> bool {
    matches!(kind, SegmentKind::ConfedSequence | SegmentKind::ConfedSet)
}

fn without_confederation(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    for segment in PathRef(value).segments().filter(|s| !is_confederation(s.kind)) {
        out.extend([segment.kind as u8, u8::try_from(segment.asns().len()).unwrap_or(u8::MAX)]);
        out.extend(segment.asns().flat_map(u32::to_be_bytes));
    }
    out
}

/// AS_PATH with `asns` before `value`: in its first segment where that is of this kind and has room, else in a new one.
fn prepended(value: &[u8], kind: SegmentKind, asns: &[u32], out: &mut Vec<u8>) {
    let added = u8::try_from(asns.len()).unwrap_or(0);
    let joined = match value {
        [first, count, ..] if *first == kind as u8 => count.checked_add(added),
        _ => None,
    };
    let rest = if joined.is_some() { value.get(2..).unwrap_or_default() } else { value };
    let length = asns.len().saturating_mul(4).saturating_add(rest.len()).saturating_add(2);
    put_header(out, Code::AsPath.flags(), Code::AsPath as u8, length);
    out.extend_from_slice(&[kind as u8, joined.unwrap_or(added)]);
    asns.iter().for_each(|asn| out.extend_from_slice(&asn.to_be_bytes()));
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests;
