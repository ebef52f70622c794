//! Neighbors and peer groups. What a neighbor says and what its group says are judged together: the session has both.

use super::{asn, ip, message, timers};
use crate::validate::Checker;
use crate::validate::interfaces::{is_link_local, is_unicast};
use bgp::Family;
use bgp::config::{
    AllowAsIn, Config, LocalAs, MaximumPrefix, NeighborConfig, NeighborFamily, PeerKey, RemoteAs,
    UpdateSource,
};
use core::net::IpAddr;
use policy::config::Config as Policy;

/// Characters of a key of TCP-MD5.
const PASSWORD: usize = 80;

/// What a peer is to us; `None`: nobody said yet.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Sort {
    Internal,
    Confederation,
    External,
}

fn sort(bgp: &Config, remote_as: Option<RemoteAs>) -> Option<Sort> {
    let member = |asn: u32| bgp.confederation.as_ref().is_some_and(|c| c.peers.contains(&asn));
    Some(match remote_as? {
        RemoteAs::Internal => Sort::Internal,
        RemoteAs::External => Sort::External,
        RemoteAs::Number(asn) if asn == bgp.asn => Sort::Internal,
        RemoteAs::Number(asn) if member(asn) => Sort::Confederation,
        RemoteAs::Number(_) => Sort::External,
    })
}

pub(super) fn groups(c: &mut Checker, bgp: &Config, policy: &Policy) {
    for (name, group) in &bgp.peer_groups {
        c.within(name.as_str(), |c| {
            c.word("a peer group", name);
            if name.parse::<IpAddr>().is_ok() {
                c.refuse(format!("{name} is an address: a peer group needs another name"));
            }
            if group.peer_group.is_some() {
                c.within("peer-group", |c| c.refuse("a peer group is no member of another"));
            }
            if group.interface.is_some() {
                c.within("interface", |c| c.refuse("a peer group is on no link: say it of the neighbors"));
            }
            settings(c, bgp, group, &NeighborConfig::default(), policy);
        });
    }
}

pub(super) fn neighbors(c: &mut Checker, bgp: &Config, policy: &Policy) {
    let nobody = NeighborConfig::default();
    for (key, neighbor) in &bgp.neighbors {
        c.within(key.to_string().as_str(), |c| {
            peer(c, bgp, key, neighbor);
            let group = neighbor.peer_group.as_ref().and_then(|name| bgp.peer_groups.get(name));
            settings(c, bgp, neighbor, group.unwrap_or(&nobody), policy);
        });
    }
}

/// Who it is.
fn peer(c: &mut Checker, bgp: &Config, key: &PeerKey, neighbor: &NeighborConfig) {
    match key {
        PeerKey::Address(address) if !is_unicast(*address) => {
            c.refuse(format!("{address} cannot be the address of a neighbor"));
        }
        PeerKey::Address(address) => {
            source_fits(c, *address, neighbor);
            let link = neighbor.interface.is_some();
            if link && address.is_ipv4() {
                c.within("interface", |c| c.refuse("an IPv4 neighbor is found by its address alone"));
            }
            if address.is_ipv6() && is_link_local(*address) && !link {
                c.warning(format!("{address} is on every link: `interface` tells on which the neighbor is"));
            }
        }
        PeerKey::Interface(name) => {
            c.interface_name(name);
            if bgp.peer_groups.contains_key(name) {
                c.refuse(format!("`{name}` is a peer group as well: one of them needs another name"));
            }
            if neighbor.interface.is_some() {
                c.within("interface", |c| c.refuse("the neighbor is named by its interface already"));
            }
        }
    }
    let group = match &neighbor.peer_group {
        None => None,
        Some(name) => {
            let group = bgp.peer_groups.get(name);
            if group.is_none() {
                c.within("peer-group", |c| c.no_peer_group(name, bgp));
                return;
            }
            group
        }
    };
    if neighbor.remote_as.or_else(|| group?.remote_as).is_some() {
        return;
    }
    match key {
        PeerKey::Address(_) => c.refuse("has no `remote-as`, neither here nor in a peer group"),
        // FRR takes it, so that the AS may be told by another line.
        PeerKey::Interface(_) => c.warning("has no `remote-as`, neither here nor in a peer group"),
    }
}

fn source_fits(c: &mut Checker, peer: IpAddr, neighbor: &NeighborConfig) {
    if let Some(UpdateSource::Address(source)) = neighbor.update_source
        && source.is_ipv4() != peer.is_ipv4()
    {
        let family = ip(Family::of(peer.is_ipv4()));
        c.within("update-source", |c| c.error(format!("found {source}"), format!("an {family} address")));
    }
}

/// What is said of the session, with what the group says of it.
fn settings(c: &mut Checker, bgp: &Config, own: &NeighborConfig, group: &NeighborConfig, policy: &Policy) {
    let sort = sort(bgp, own.remote_as.or(group.remote_as));
    if let Some(RemoteAs::Number(number)) = own.remote_as {
        asn(c, "remote-as", number);
    }
    if let Some(text) = &own.description {
        c.within("description", |c| c.line("description", text));
    }
    if let Some(shutdown) = &own.shutdown {
        c.within("shutdown", |c| message(c, shutdown));
    }
    if let Some(password) = &own.password {
        c.within("password", |c| c.secret(password, PASSWORD));
    }
    if let Some(name) = &own.interface {
        c.within("interface", |c| c.interface_name(name));
    }
    match &own.update_source {
        Some(UpdateSource::Interface(name)) => c.within("update-source", |c| c.interface_name(name)),
        Some(UpdateSource::Address(address)) if !is_unicast(*address) => {
            c.within("update-source", |c| c.refuse(format!("{address} cannot be an address of this router")));
        }
        _ => {}
    }
    transport(c, own, group);
    if let Some(own) = own.timers {
        c.within("timers", |c| timers(c, own));
    }
    if let Some(local) = own.local_as {
        c.within("local-as", |c| local_as(c, bgp, local, own.remote_as.or(group.remote_as), sort));
    }
    if (own.role.is_some() || group.role.is_some()) && sort.is_some_and(|sort| sort != Sort::External) {
        c.within("role", |c| c.refuse("roles are for eBGP (RFC 9234), and this session is not"));
    }
    c.within("families", |c| {
        for (name, family) in &own.families {
            c.within(name.name(), |c| self::family(c, family, sort, policy));
        }
    });
}

fn transport(c: &mut Checker, own: &NeighborConfig, group: &NeighborConfig) {
    let any = 1..=u16::MAX;
    for (key, value, range) in [
        ("port", own.port, any.clone()),
        ("connect-retry", own.connect_retry, any),
        ("delay-open", own.delay_open, 1..=240),
        ("advertisement-interval", own.advertisement_interval, 0..=600),
    ] {
        if let Some(value) = value {
            c.range(key, value, range);
        }
    }
    if let Some(ttl) = own.ebgp_multihop {
        c.range("ebgp-multihop", ttl, 1..=255);
    }
    if let Some(hops) = own.ttl_security_hops {
        c.range("ttl-security-hops", hops, 1..=254);
    }
    let multihop = own.ebgp_multihop.or(group.ebgp_multihop).is_some();
    if multihop && own.ttl_security_hops.or(group.ttl_security_hops).is_some() {
        c.refuse("`ebgp-multihop` and `ttl-security-hops` exclude each other");
    }
    let silent = own.dont_capability_negotiate.or(group.dont_capability_negotiate) == Some(true);
    if silent && own.strict_capability_match.or(group.strict_capability_match) == Some(true) {
        c.refuse("`dont-capability-negotiate` and `strict-capability-match` exclude each other");
    }
}

fn local_as(c: &mut Checker, bgp: &Config, local: LocalAs, remote: Option<RemoteAs>, sort: Option<Sort>) {
    asn(c, "asn", local.asn);
    if local.asn == bgp.asn {
        c.within("asn", |c| c.refuse(format!("{} is the router's own AS already", bgp.asn)));
    } else if sort == Some(Sort::Internal) {
        c.refuse("is for eBGP, and this session is not");
    } else if remote == Some(RemoteAs::Number(local.asn)) {
        c.within("asn", |c| c.refuse(format!("{} is the AS of the neighbor", local.asn)));
    }
    if local.replace_as && !local.no_prepend {
        c.within("replace-as", |c| c.error("found true", "`no-prepend` beside it"));
    }
}

fn family(c: &mut Checker, family: &NeighborFamily, sort: Option<Sort>, policy: &Policy) {
    for (key, name) in [("route-map-in", &family.route_map_in), ("route-map-out", &family.route_map_out)] {
        if let Some(name) = name {
            c.within(key, |c| c.route_map(name, policy));
        }
    }
    for (key, other, prefix_list, acl) in [
        ("prefix-list-in", "distribute-list-in", &family.prefix_list_in, &family.distribute_list_in),
        ("prefix-list-out", "distribute-list-out", &family.prefix_list_out, &family.distribute_list_out),
    ] {
        if let Some(name) = prefix_list {
            c.within(key, |c| c.prefix_list(name, policy));
        }
        if let Some(name) = acl {
            c.within(other, |c| c.access_list(name, policy));
        }
        if prefix_list.is_some() && acl.is_some() {
            c.refuse(format!("`{key}` and `{other}` exclude each other"));
        }
    }
    for (key, name) in
        [("filter-list-in", &family.filter_list_in), ("filter-list-out", &family.filter_list_out)]
    {
        if let Some(name) = name {
            c.within(key, |c| c.as_path_list(name, policy));
        }
    }
    if let Some(name) = family.default_originate.as_ref().and_then(|d| d.route_map.as_ref()) {
        c.within("default-originate", |c| c.within("route-map", |c| c.route_map(name, policy)));
    }
    if let Some(AllowAsIn::Times(times)) = family.allowas_in {
        c.range("allowas-in", times, 1..=10);
    }
    if let Some(limit) = family.maximum_prefix {
        c.within("maximum-prefix", |c| maximum_prefix(c, limit));
    }
    if let Some(limit) = family.maximum_prefix_out {
        c.range("maximum-prefix-out", limit, 1..=u32::MAX);
    }
    let reflector = family.route_reflector_client == Some(true);
    if reflector && sort.is_some_and(|sort| sort != Sort::Internal) {
        c.within("route-reflector-client", |c| c.refuse("is for iBGP (RFC 4456), and this session is not"));
    }
    if reflector && family.route_server_client == Some(true) {
        c.refuse("`route-reflector-client` and `route-server-client` exclude each other");
    }
    if sort == Some(Sort::Internal) {
        for (key, wanted) in [
            ("as-override", family.as_override == Some(true)),
            ("remove-private-as", family.remove_private_as.is_some()),
        ] {
            if wanted {
                c.within(key, |c| c.refuse("is for eBGP, and this session is not"));
            }
        }
    }
}

fn maximum_prefix(c: &mut Checker, maximum: MaximumPrefix) {
    let MaximumPrefix { limit, threshold, restart, warning_only, force: _ } = maximum;
    c.range("limit", limit, 1..=u32::MAX);
    if let Some(percent) = threshold {
        c.range("threshold", percent, 1..=100);
    }
    if let Some(minutes) = restart {
        c.range("restart", minutes, 1..=u16::MAX);
    }
    if restart.is_some() && warning_only {
        c.refuse("`restart` and `warning-only` exclude each other: a session that stays need not come back");
    }
}
