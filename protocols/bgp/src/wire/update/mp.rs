//! MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760 3 and 4). What cannot be read ends the session (RFC 7606 5.3, 7.11): the
//! prefixes in it would be lost. A family that was not negotiated is left out.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::super::{Nlri, Notification};
use super::found::{Found, Multi};
use super::{Context, code};
use crate::Family;
use crate::attrs::next_hops;
use core::net::{IpAddr, Ipv6Addr};
use proto::{Reader, WireError};

/// MP_REACH_NLRI.
#[derive(Copy, Clone)]
pub(super) struct Reach<'a> {
    pub next_hop: IpAddr,
    pub link_local: Option<Ipv6Addr>,
    pub nlri: Nlri<'a>,
}

pub(super) fn reach<'a>(
    found: &Found<'a>,
    context: &Context,
    ignored: &mut Option<(u16, u8)>,
) -> Result<Option<Reach<'a>>, Notification> {
    let Some(multi) = found.mp_reach else { return Ok(None) };
    let Some((family, mut r)) = family(multi, 5, context, ignored)? else { return Ok(None) };
    let mut read = || -> Result<(&'a [u8], &'a [u8]), WireError> {
        let length = r.u8("next hop length")?;
        let next_hop = r.bytes(usize::from(length), "next hop")?;
        r.u8("reserved")?;
        Ok((next_hop, r.rest()))
    };
    let (next_hop, nlri) = read().map_err(|_| optional(multi))?;
    let expected = match family {
        Family::Ipv4 => {
            next_hop.len() == 4 || context.codec.extended_nexthop && matches!(next_hop.len(), 16 | 32)
        }
        Family::Ipv6 => matches!(next_hop.len(), 16 | 32),
    };
    if !expected {
        return Err(optional(multi));
    }
    let nlri = prefixes(multi, nlri, family, context)?;
    let (next_hop, link_local) = usable(next_hops(next_hop));
    Ok(Some(Reach { next_hop, link_local, nlri }))
}

/// A second address that is not link-local is left out, as FRR does; beside no global one, the link-local one is the only.
fn usable((global, second): (IpAddr, Option<Ipv6Addr>)) -> (IpAddr, Option<Ipv6Addr>) {
    match second.filter(Ipv6Addr::is_unicast_link_local) {
        Some(link_local) if global.is_unspecified() || global == IpAddr::V6(link_local) => {
            (IpAddr::V6(link_local), None)
        }
        second => (global, second),
    }
}

pub(super) fn unreach<'a>(
    found: &Found<'a>,
    context: &Context,
    ignored: &mut Option<(u16, u8)>,
) -> Result<Option<Nlri<'a>>, Notification> {
    let Some(multi) = found.mp_unreach else { return Ok(None) };
    let Some((family, r)) = family(multi, 3, context, ignored)? else { return Ok(None) };
    prefixes(multi, r.rest(), family, context).map(Some)
}

/// The family, if it was negotiated, and what is behind it.
fn family<'a>(
    multi: Multi<'a>,
    least: usize,
    context: &Context,
    ignored: &mut Option<(u16, u8)>,
) -> Result<Option<(Family, Reader<'a>)>, Notification> {
    let mut r = Reader::new(multi.value);
    if r.remaining() < least {
        return Err(optional(multi));
    }
    let (Ok(afi), Ok(safi)) = (r.u16("AFI"), r.u8("SAFI")) else { return Err(optional(multi)) };
    let family = Family::from_wire(afi, safi).filter(|f| context.speaks(*f));
    if family.is_none() {
        *ignored = Some((afi, safi));
    }
    Ok(family.map(|f| (f, r)))
}

fn prefixes<'a>(
    multi: Multi<'a>,
    bytes: &'a [u8],
    family: Family,
    context: &Context,
) -> Result<Nlri<'a>, Notification> {
    Nlri::check(bytes, family, context.codec.receives_path_ids(family)).ok_or_else(|| optional(multi))
}

fn optional(multi: Multi<'_>) -> Notification {
    Notification::update(code::OPTIONAL, multi.whole)
}
