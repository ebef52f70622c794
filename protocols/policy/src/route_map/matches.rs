//! The conditions of a route-map entry.

use super::RouteView;
use crate::Policy;
use crate::bgp::Attributes;
use crate::config::{CommunityMatch, Match, PeerMatch};
use core::net::IpAddr;
use fib::{Kind, Prefix, Protocol};

/// Whether all conditions hold. `attributes` are those of a BGP route as earlier entries have left them.
pub(super) fn all(
    policy: &Policy,
    conditions: &Match,
    route: &RouteView<'_>,
    attributes: Option<&Attributes>,
) -> bool {
    let Match { interface, metric, tag, source_protocol, route_type, .. } = conditions;
    let known = attributes.map_or(route.metric, |a| a.med.unwrap_or(0));
    metric.is_none_or(|m| m == known)
        && tag.is_none_or(|t| t == route.tag)
        && interface.as_deref().is_none_or(|name| route.interface == Some(name))
        && source_protocol.is_none_or(|p| p == route.source)
        && route_type.is_none_or(|k| k == route.kind || k == Kind::Internal && is_internal(route))
        && address(policy, conditions, &route.prefix)
        && next_hop(policy, conditions, attributes.map_or(route.next_hop, |a| Some(a.next_hop)))
        && bgp(policy, conditions, route, attributes)
}

/// What IOS calls internal in OSPF: learned inside the AS, in this area or another.
fn is_internal(route: &RouteView<'_>) -> bool {
    route.source == Protocol::Ospf && matches!(route.kind, Kind::Plain | Kind::InterArea)
}

/// A list that does not exist does not match; `ip` conditions hold for IPv4 networks only, `ipv6` ones for IPv6.
fn address(policy: &Policy, conditions: &Match, prefix: &Prefix) -> bool {
    let Match {
        address,
        address_prefix_list,
        address_prefix_len,
        ipv6_address,
        ipv6_address_prefix_list,
        ipv6_address_prefix_len,
        ..
    } = conditions;
    let (four, six) = (prefix.is_v4(), !prefix.is_v4());
    let acl = |name: &Option<String>, family: bool| {
        name.as_ref().is_none_or(|name| family && policy.access(name, prefix).permits())
    };
    let list = |name: &Option<String>, family: bool| {
        name.as_ref().is_none_or(|name| family && policy.prefix_list(name, prefix).permits())
    };
    let len = |len: &Option<u8>, family: bool| len.is_none_or(|len| family && prefix.len() == len);
    len(address_prefix_len, four)
        && len(ipv6_address_prefix_len, six)
        && acl(address, four)
        && acl(ipv6_address, six)
        && list(address_prefix_list, four)
        && list(ipv6_address_prefix_list, six)
}

fn next_hop(policy: &Policy, conditions: &Match, hop: Option<IpAddr>) -> bool {
    let Match {
        next_hop,
        next_hop_prefix_list,
        next_hop_address,
        ipv6_next_hop,
        ipv6_next_hop_prefix_list,
        ipv6_next_hop_address,
        ..
    } = conditions;
    let four = hop.filter(IpAddr::is_ipv4).map(Prefix::host);
    let six = hop.filter(IpAddr::is_ipv6).map(Prefix::host);
    let acl = |name: &Option<String>, hop: Option<Prefix>| {
        name.as_ref().is_none_or(|name| hop.is_some_and(|hop| policy.access(name, &hop).permits()))
    };
    let list = |name: &Option<String>, hop: Option<Prefix>| {
        name.as_ref().is_none_or(|name| hop.is_some_and(|hop| policy.prefix_list(name, &hop).permits()))
    };
    next_hop_address.is_none_or(|address| hop == Some(IpAddr::V4(address)))
        && ipv6_next_hop_address.is_none_or(|address| hop == Some(IpAddr::V6(address)))
        && acl(next_hop, four)
        && acl(ipv6_next_hop, six)
        && list(next_hop_prefix_list, four)
        && list(ipv6_next_hop_prefix_list, six)
}

/// What only BGP routes can meet.
fn bgp(policy: &Policy, conditions: &Match, route: &RouteView<'_>, attributes: Option<&Attributes>) -> bool {
    let Match {
        as_path, community, extcommunity, large_community, local_preference, origin, peer, rpki, ..
    } = conditions;
    let (Some(view), Some(attributes)) = (&route.bgp, attributes) else {
        return !conditions.concerns_bgp();
    };
    let preference = attributes.local_pref.unwrap_or(view.context.default_local_pref);
    origin.is_none_or(|origin| origin == attributes.origin)
        && local_preference.is_none_or(|n| n == preference)
        && rpki.is_none_or(|state| view.rpki == Some(state))
        && peer.as_ref().is_none_or(|peer| match peer {
            PeerMatch::Local => view.peer.is_none() && view.peer_interface.is_none(),
            PeerMatch::Address(address) => view.peer == Some(*address),
            PeerMatch::Interface(name) => view.peer_interface == Some(name.as_str()),
        })
        && as_path.as_ref().is_none_or(|list| policy.as_path_list(list, &attributes.as_path).permits())
        && community.as_ref().is_none_or(|CommunityMatch { list, mode }| {
            policy.community_list(list, &attributes.communities, *mode).permits()
        })
        && extcommunity.as_ref().is_none_or(|CommunityMatch { list, mode }| {
            policy.extcommunity_list(list, &attributes.extended_communities, *mode).permits()
        })
        && large_community.as_ref().is_none_or(|CommunityMatch { list, mode }| {
            policy.large_community_list(list, &attributes.large_communities, *mode).permits()
        })
}

impl Match {
    /// Whether a condition is given that no route but BGP's can meet.
    fn concerns_bgp(&self) -> bool {
        self.as_path.is_some()
            || self.community.is_some()
            || self.extcommunity.is_some()
            || self.large_community.is_some()
            || self.local_preference.is_some()
            || self.origin.is_some()
            || self.peer.is_some()
            || self.rpki.is_some()
    }
}
