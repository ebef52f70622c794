//! Attribute sets between canonical bytes and values. For canonical bytes and sorted values the two ways are exact
//! inverses. What comes from a peer was checked by [`crate::wire::update::parse`]; here nothing can fail: a value of the
//! wrong length reads as zero or as less.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::path::PathRef;
use crate::wire::attribute::{Code, Raw, flag, put};
use bytes::Bytes;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use policy::bgp::{
    Aggregator, AsPath, Attributes, Community, ExtendedCommunity, LargeCommunity, Origin, Unknown,
};

/// The values of canonical bytes.
pub fn decode(canonical: &[u8]) -> Attributes {
    let mut all = Attributes::default();
    for raw in Raw::all(canonical) {
        match Code::from_wire(raw.code) {
            Some(code) => read(&mut all, code, raw.value),
            None => all.unknown.push(Unknown {
                flags: raw.flags & !flag::EXTENDED,
                code: raw.code,
                value: Bytes::copy_from_slice(raw.value),
            }),
        }
    }
    all
}

fn read(all: &mut Attributes, code: Code, value: &[u8]) {
    let words = || value.as_chunks::<4>().0.iter().map(|w| u32::from_be_bytes(*w));
    match code {
        Code::Origin => all.origin = origin(value),
        Code::AsPath => all.as_path = PathRef(value).to_path(),
        Code::NextHop => (all.next_hop, all.link_local) = next_hops(value),
        Code::Med => all.med = Some(u32_of(value)),
        Code::LocalPref => all.local_pref = Some(u32_of(value)),
        Code::AtomicAggregate => all.atomic_aggregate = true,
        Code::Aggregator => {
            let mut two = words();
            let (asn, router) = (two.next().unwrap_or(0), two.next().unwrap_or(0));
            all.aggregator = Some(Aggregator { asn, router: Ipv4Addr::from_bits(router) });
        }
        Code::Communities => all.communities = words().map(Community).collect(),
        Code::OriginatorId => all.originator_id = Some(Ipv4Addr::from_bits(u32_of(value))),
        Code::ClusterList => all.cluster_list = words().map(Ipv4Addr::from_bits).collect(),
        Code::ExtendedCommunities => {
            let eight = value.as_chunks::<8>().0.iter();
            all.extended_communities = eight.map(|c| ExtendedCommunity(u64::from_be_bytes(*c))).collect();
        }
        Code::LargeCommunities => {
            let twelve = value.as_chunks::<4>().0.as_chunks::<3>().0.iter();
            let part = |word: [u8; 4]| u32::from_be_bytes(word);
            all.large_communities =
                twelve.map(|[a, b, c]| LargeCommunity(part(*a), part(*b), part(*c))).collect();
        }
        Code::OnlyToCustomer => all.only_to_customer = Some(u32_of(value)),
        // Never in canonical bytes.
        Code::MpReach | Code::MpUnreach | Code::As4Path | Code::As4Aggregator => {}
    }
}

pub(crate) fn u32_of(value: &[u8]) -> u32 {
    value.first_chunk::<4>().map_or(0, |word| u32::from_be_bytes(*word))
}

pub(crate) fn origin(value: &[u8]) -> Origin {
    match value {
        [0, ..] => Origin::Igp,
        [1, ..] => Origin::Egp,
        _ => Origin::Incomplete,
    }
}

/// The one or two addresses of a next hop of 4, 16 or 32 bytes.
pub(crate) fn next_hops(value: &[u8]) -> (IpAddr, Option<Ipv6Addr>) {
    if let Ok(v4) = <[u8; 4]>::try_from(value) {
        return (IpAddr::V4(v4.into()), None);
    }
    let Some((global, rest)) = value.split_first_chunk::<16>() else {
        return (IpAddr::V4(Ipv4Addr::UNSPECIFIED), None);
    };
    (IpAddr::V6((*global).into()), rest.first_chunk::<16>().map(|a| Ipv6Addr::from(*a)))
}

/// Appends the canonical bytes of `all` to `out`. Communities are sorted on the way; a segment of more than 255 ASes is
/// split; an unknown attribute with a code we know, and one that repeats a code, is left out.
pub fn encode(all: &Attributes, out: &mut Vec<u8>) {
    let mut unknown: Vec<&Unknown> =
        all.unknown.iter().filter(|u| Code::from_wire(u.code).is_none()).collect();
    unknown.sort_by_key(|u| u.code);
    unknown.dedup_by_key(|u| u.code);
    let mut unknown = unknown.into_iter().peekable();
    let mut value = Vec::new();
    for code in WRITTEN {
        while let Some(other) = unknown.next_if(|u| u.code < code as u8) {
            put(out, other.flags, other.code, &other.value);
        }
        value.clear();
        if write(all, code, &mut value) {
            put(out, code.flags(), code as u8, &value);
        }
    }
    for other in unknown {
        put(out, other.flags, other.code, &other.value);
    }
}

/// In the order of their codes.
const WRITTEN: [Code; 13] = [
    Code::Origin,
    Code::AsPath,
    Code::NextHop,
    Code::Med,
    Code::LocalPref,
    Code::AtomicAggregate,
    Code::Aggregator,
    Code::Communities,
    Code::OriginatorId,
    Code::ClusterList,
    Code::ExtendedCommunities,
    Code::LargeCommunities,
    Code::OnlyToCustomer,
];

/// Writes the value of one attribute; answers whether it is there.
fn write(all: &Attributes, code: Code, out: &mut Vec<u8>) -> bool {
    let word = |out: &mut Vec<u8>, word: Option<u32>| {
        out.extend(word.into_iter().flat_map(u32::to_be_bytes));
        word.is_some()
    };
    match code {
        Code::Origin => out.push(all.origin as u8),
        Code::AsPath => write_path(&all.as_path, out),
        Code::NextHop => write_next_hops(all.next_hop, all.link_local, out),
        Code::Med => return word(out, all.med),
        Code::LocalPref => return word(out, all.local_pref),
        Code::AtomicAggregate => return all.atomic_aggregate,
        Code::Aggregator => {
            let Some(aggregator) = all.aggregator else { return false };
            out.extend(aggregator.asn.to_be_bytes());
            out.extend(aggregator.router.octets());
        }
        Code::Communities => {
            return sorted(&all.communities, |c| out.extend(c.0.to_be_bytes()));
        }
        Code::OriginatorId => return word(out, all.originator_id.map(Ipv4Addr::to_bits)),
        Code::ClusterList => {
            out.extend(all.cluster_list.iter().flat_map(|id| id.octets()));
            return !all.cluster_list.is_empty();
        }
        Code::ExtendedCommunities => {
            return sorted(&all.extended_communities, |c| out.extend(c.0.to_be_bytes()));
        }
        Code::LargeCommunities => {
            return sorted(&all.large_communities, |c| {
                out.extend([c.0, c.1, c.2].into_iter().flat_map(u32::to_be_bytes));
            });
        }
        Code::OnlyToCustomer => return word(out, all.only_to_customer),
        Code::MpReach | Code::MpUnreach | Code::As4Path | Code::As4Aggregator => return false,
    }
    true
}

/// Each once and ascending; answers whether there is any.
fn sorted<T: Ord + Copy>(all: &[T], mut write: impl FnMut(T)) -> bool {
    if all.is_sorted_by(|a, b| a < b) {
        all.iter().copied().for_each(write);
    } else {
        let mut copy = all.to_vec();
        copy.sort_unstable();
        copy.dedup();
        copy.into_iter().for_each(&mut write);
    }
    !all.is_empty()
}

pub(crate) fn write_next_hops(next_hop: IpAddr, link_local: Option<Ipv6Addr>, out: &mut Vec<u8>) {
    match next_hop {
        IpAddr::V4(a) => out.extend(a.octets()),
        IpAddr::V6(a) => {
            out.extend(a.octets());
            out.extend(link_local.iter().flat_map(Ipv6Addr::octets));
        }
    }
}

/// The value of an AS_PATH with 4-octet ASes; whole segments as long as they fit into an attribute.
fn write_path(path: &AsPath, out: &mut Vec<u8>) {
    for segment in &path.segments {
        for part in segment.asns.chunks(255) {
            let size = part.len().saturating_mul(4).saturating_add(2);
            if out.len().saturating_add(size) > usize::from(u16::MAX) {
                return;
            }
            out.extend([segment.kind as u8, u8::try_from(part.len()).unwrap_or(u8::MAX)]);
            out.extend(part.iter().flat_map(|asn| asn.to_be_bytes()));
        }
    }
}
