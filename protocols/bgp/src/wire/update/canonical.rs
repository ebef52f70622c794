//! Writes the canonical bytes of what was found; where the message has them already, points to them.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::super::Nlri;
use super::super::attribute::{Code, flag, put};
use super::check::ascending;
use super::found::Found;
use super::mp::Reach;
use super::{Context, Routes, Update, as4};
use crate::attrs::next_hops;
use core::net::{IpAddr, Ipv6Addr};
use smallvec::SmallVec;

/// Of an attribute nobody here knows: by passing it on we say so (RFC 4271 5).
pub(super) const UNKNOWN_FLAGS: u8 = flag::OPTIONAL | flag::TRANSITIVE | flag::PARTIAL;

fn put_next_hops(next_hop: IpAddr, link_local: Option<Ipv6Addr>, out: &mut SmallVec<[u8; 32]>) {
    match next_hop {
        IpAddr::V4(a) => out.extend_from_slice(&a.octets()),
        IpAddr::V6(a) => {
            out.extend_from_slice(&a.octets());
            if let Some(second) = link_local {
                out.extend_from_slice(&second.octets());
            }
        }
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

/// What is written, with 4-octet ASes.
pub(super) struct Source<'f, 'a> {
    found: &'f Found<'a>,
    received: &'a [u8],
    /// Of a 2-octet peer: AS_PATH and AGGREGATOR.
    widened: Option<(Option<as4::Bytes>, Option<[u8; 8]>)>,
}

impl<'f, 'a> Source<'f, 'a> {
    pub fn new(found: &'f Found<'a>, context: &Context, received: &'a [u8]) -> Source<'f, 'a> {
        Source { found, received, widened: (!context.codec.as4).then(|| as4::merge(found)) }
    }

    /// Sets what `update` announces.
    pub fn routes(
        &self,
        announced: Nlri<'a>,
        reach: Option<Reach<'a>>,
        scratch: &'a mut Vec<u8>,
        update: &mut Update<'a>,
    ) {
        let reach = reach.filter(|r| !r.nlri.is_empty());
        let as_is = self.found.as_is && self.found.mp_reach.is_none() && self.found.mp_unreach.is_none();
        let next_hop =
            Some(self.found.get(Code::NextHop).unwrap_or_default()).filter(|_| !announced.is_empty());
        scratch.clear();
        if let Some(next_hop) = next_hop.filter(|_| !as_is) {
            self.write(next_hop, scratch);
        }
        let split = scratch.len();
        if let Some(reach) = reach {
            let mut next_hop = SmallVec::new();
            put_next_hops(reach.next_hop, reach.link_local, &mut next_hop);
            self.write(&next_hop, scratch);
        }
        let (first, second) = scratch.split_at_checked(split).unwrap_or_default();
        update.announced = next_hop.map(|value| {
            let (next_hop, link_local) = next_hops(value);
            let attributes = if as_is { self.received } else { first };
            Routes { attributes, next_hop, link_local, nlri: announced }
        });
        update.reach = reach.map(|r| Routes {
            attributes: second,
            next_hop: r.next_hop,
            link_local: r.link_local,
            nlri: r.nlri,
        });
    }

    fn value(&self, code: Code) -> Option<&[u8]> {
        match (&self.widened, code) {
            (Some((path, _)), Code::AsPath) => path.as_deref(),
            (Some((_, aggregator)), Code::Aggregator) => aggregator.as_ref().map(|a| a.as_slice()),
            _ => self.found.get(code),
        }
    }

    fn write(&self, next_hop: &[u8], out: &mut Vec<u8>) {
        let mut unknown = self.found.unknown.iter().peekable();
        for code in WRITTEN {
            while let Some(raw) = unknown.next_if(|raw| raw.code < code as u8) {
                put(out, UNKNOWN_FLAGS, raw.code, raw.value);
            }
            let value = if code == Code::NextHop { Some(next_hop) } else { self.value(code) };
            let Some(value) = value else { continue };
            match code {
                Code::Communities => put_sorted::<4>(out, code, value),
                Code::ExtendedCommunities => put_sorted::<8>(out, code, value),
                Code::LargeCommunities => put_sorted::<12>(out, code, value),
                _ => put(out, code.flags(), code as u8, value),
            }
        }
        for raw in unknown {
            put(out, UNKNOWN_FLAGS, raw.code, raw.value);
        }
    }
}

/// Appends a list of values of `N` bytes, ascending and each once.
fn put_sorted<const N: usize>(out: &mut Vec<u8>, code: Code, value: &[u8]) {
    if ascending::<N>(value) {
        return put(out, code.flags(), code as u8, value);
    }
    let mut all: SmallVec<[[u8; N]; 32]> = SmallVec::from_slice(value.as_chunks::<N>().0);
    all.sort_unstable();
    all.dedup();
    put(out, code.flags(), code as u8, all.as_flattened());
}
