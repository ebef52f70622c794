//! Policy as export uses it: AS path lists and route maps over what a route says of itself.

use super::judge::pass;
use super::relation::Denied;
use super::{NextHop, Profile};
use crate::attrs::Entry;
use core::net::IpAddr;
use fib::{Kind, Prefix, Protocol};
use policy::bgp::Attributes;
use policy::config::Validity;
use policy::route_map::{NewNextHop, Why};
use policy::{BgpContext, BgpView, Policy, RouteView};

/// What a route map sees beside attributes.
#[derive(Copy, Clone)]
pub(super) struct Seen<'a> {
    pub(super) prefix: &'a Prefix,
    pub(super) validity: Option<Validity>,
    pub(super) tag: u32,
    pub(super) profile: &'a Profile,
}

/// An AS path list.
pub(super) fn as_path_list(policy: &Policy, name: &str, entry: &Entry) -> Result<(), Denied> {
    let verdict = policy.as_path_list(name, &entry.as_path().to_path());
    pass(verdict).map_err(|by| Denied::FilterList(name.to_owned(), by))
}

/// Runs a map over `all` and changes it; says what it decided of the next hop.
pub(super) fn run(
    policy: &Policy,
    name: &str,
    seen: &Seen<'_>,
    all: &mut Attributes,
) -> Result<NextHop, Denied> {
    let profile = seen.profile;
    let context = BgpContext {
        local_as: profile.outside_as,
        default_local_pref: profile.default_local_preference,
        peer_address: our_end(profile, seen.prefix),
    };
    let view = BgpView {
        attributes: all,
        peer: profile.peer_address,
        peer_interface: profile.peer_interface.as_deref(),
        rpki: seen.validity,
        context,
    };
    let route = RouteView {
        prefix: *seen.prefix,
        next_hop: Some(all.next_hop),
        interface: None,
        metric: all.med.unwrap_or(0),
        tag: seen.tag,
        source: Protocol::Bgp,
        kind: Kind::Plain,
        bgp: Some(view),
    };
    let decision = policy.route_map(name, &route);
    let denied = |why: Why<'_>| match why {
        Why::Entry(name, seq) => Denied::RouteMap(name.to_owned(), Some(seq)),
        Why::NoMatch(name) | Why::Undefined(name) | Why::Recursion(name) => {
            Denied::RouteMap(name.to_owned(), None)
        }
    };
    let Some(changes) = decision.permit else { return Err(denied(decision.by)) };
    changes.apply_bgp(policy, all, &context);
    Ok(match changes.bgp.next_hop {
        None => NextHop::AsUsual,
        Some(NewNextHop::Address(address)) => NextHop::Set(address, changes.bgp.link_local),
        Some(NewNextHop::PeerAddress) => NextHop::Ours,
        Some(NewNextHop::Unchanged) => NextHop::Unchanged,
    })
}

fn our_end(profile: &Profile, prefix: &Prefix) -> Option<IpAddr> {
    let local = &profile.local;
    if prefix.is_v4() { local.v4.map(IpAddr::V4) } else { local.v6.or(local.link_local).map(IpAddr::V6) }
}
