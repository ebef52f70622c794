//! The next hop a peer is told (RFC 4271 5.1.3, RFC 2545 3, RFC 8950), with FRR's knobs. Addresses only; how they are
//! written is the writer's.

use super::relation::{Denied, Relation, Source};
use super::{Decided, NextHop, Profile};
use crate::Family;
use crate::settings::PeerKind;
use core::net::{IpAddr, Ipv6Addr};

/// One or two addresses.
pub(super) type Hop = (IpAddr, Option<Ipv6Addr>);

/// The next hop of a route that came with `hop`.
pub(super) fn next_hop(
    hop: Hop,
    source: &Source,
    relation: Relation,
    decided: &Decided,
    profile: &Profile,
) -> Result<Hop, Denied> {
    let hop = match decided.next_hop {
        NextHop::Set(addr, beside) => Some((addr, beside)),
        NextHop::Unchanged => Some(hop),
        NextHop::Ours => None,
        NextHop::AsUsual => usual(hop, source, relation, profile),
    };
    // What cannot be said in this family, or not on this session, is our own address instead.
    let hop = hop.filter(|(addr, _)| !addr.is_unspecified() && speakable(*addr, profile));
    hop.or_else(|| ours(source, relation, profile)).ok_or(Denied::NoNextHop)
}

/// `None`: our own.
fn usual(hop: Hop, source: &Source, relation: Relation, profile: &Profile) -> Option<Hop> {
    let (addr, link_local) = hop;
    let shared = profile.local.shares(addr);
    let own = match profile.next_hop_self {
        Some(how) => !relation.reflected || how.force,
        None if profile.unchanged.next_hop || profile.server_client => false,
        None => profile.kind == PeerKind::External && !shared,
    };
    // Another router's link-local address means something on our own link only (RFC 2545 3).
    let foreign = matches!(addr, IpAddr::V6(a) if a.is_unicast_link_local()) && !profile.unchanged.next_hop;
    let keep = !(own || foreign || source.is_local() && addr.is_unspecified());
    let stays = profile.kind == PeerKind::External && shared || profile.unchanged.next_hop;
    keep.then_some((addr, link_local.filter(|_| stays)))
}

fn speakable(addr: IpAddr, profile: &Profile) -> bool {
    match profile.family {
        Family::Ipv4 => addr.is_ipv4() || profile.codec.extended_nexthop,
        Family::Ipv6 => addr.is_ipv6(),
    }
}

fn ours(source: &Source, relation: Relation, profile: &Profile) -> Option<Hop> {
    let local = &profile.local;
    let v6 = || ours_v6(source, relation, profile);
    let v4 = || Some((IpAddr::V4(local.v4?), None));
    match profile.family {
        Family::Ipv6 => v6(),
        Family::Ipv4 if !profile.codec.extended_nexthop => v4(),
        Family::Ipv4 if local.over_v6 => v6().or_else(v4),
        Family::Ipv4 => v4().or_else(v6),
    }
}

/// The link-local address goes along only where the peer is on its link, and hears of the route from its own AS's border
/// or of our own routes: FRR's reading of RFC 2545 3. Where there is no other, it takes both places.
fn ours_v6(source: &Source, relation: Relation, profile: &Profile) -> Option<Hop> {
    let local = &profile.local;
    let Some(global) = local.v6 else {
        return local.link_local.map(|a| (IpAddr::V6(a), Some(a)));
    };
    let beside = !relation.reflected
        && !relation.transparent
        && (source.is_local() || profile.kind == PeerKind::External);
    Some((IpAddr::V6(global), local.link_local.filter(|_| beside)))
}
