//! Neighbors and peer groups, and what makes any of them fit together.

use super::super::policy::list_name;
use super::super::{host, interface_name, secret, text};
use super::{OTHERS, OWN, mode, shutdown, timers};
use bgp::Family;
use bgp::config::{
    AddPathTx, AllowAsIn, Config, DefaultOriginate, LocalAs, LocalRole, MaximumPrefix, NeighborConfig,
    NeighborFamily, NextHopSelf, PeerKey, RemoteAs, RemovePrivateAs, Role, SendCommunity, Unchanged,
    UpdateSource,
};
use core::net::IpAddr;
use proptest::collection::btree_map;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

pub(super) fn group_name() -> impl Strategy<Value = String> {
    select(vec!["CORE", "clients", "peer-group", "10", "no", "i", "x:y"]).prop_map(str::to_owned)
}

pub(super) fn groups() -> impl Strategy<Value = BTreeMap<String, NeighborConfig>> {
    btree_map(group_name(), neighbor(), 0..3)
}

pub(super) fn neighbors() -> impl Strategy<Value = BTreeMap<PeerKey, NeighborConfig>> {
    let address = prop_oneof![
        4 => host(),
        1 => (1u16..).prop_map(|n| IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, n])),
    ];
    let key = prop_oneof![
        3 => address.prop_map(PeerKey::Address),
        1 => interface_name().prop_map(PeerKey::Interface),
    ];
    btree_map(key, (neighbor(), of(group_name())), 0..4).prop_map(|neighbors| {
        let grouped = |(key, (neighbor, peer_group))| (key, NeighborConfig { peer_group, ..neighbor });
        neighbors.into_iter().map(grouped).collect()
    })
}

fn remote_as() -> impl Strategy<Value = RemoteAs> {
    prop_oneof![
        1 => Just(RemoteAs::Internal),
        1 => Just(RemoteAs::External),
        1 => Just(RemoteAs::Number(OWN)),
        3 => select(OTHERS.to_vec()).prop_map(RemoteAs::Number),
    ]
}

/// One in four says something.
fn rarely<T: Clone + core::fmt::Debug>(what: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    proptest::option::weighted(0.25, what)
}

fn flag() -> impl Strategy<Value = Option<bool>> {
    rarely(any::<bool>())
}

fn neighbor() -> impl Strategy<Value = NeighborConfig> {
    let who = (of(remote_as()), rarely(text()), rarely(shutdown()), rarely(secret()), rarely(1u16..));
    let source = prop_oneof![
        host().prop_map(UpdateSource::Address),
        interface_name().prop_map(UpdateSource::Interface),
    ];
    let way = (rarely(interface_name()), rarely(source), rarely(1u8..), rarely(1u8..=254), flag(), flag());
    let times = (rarely(timers()), rarely(1u16..), rarely(1u16..=240), rarely(0u16..=600));
    let what = (rarely(local_as()), rarely(role()), rarely(mode()), flag());
    let capabilities = (flag(), flag(), flag(), flag(), flag());
    let families = btree_map(select(Family::ALL.to_vec()), family(), 0..=2);
    (who, way, times, what, capabilities, families).prop_map(
        |(who, way, times, what, capabilities, families)| {
            let (remote_as, description, shutdown, password, port) = who;
            let (interface, update_source, ebgp_multihop, ttl_security_hops, unchecked, passive) = way;
            let (timers, connect_retry, delay_open, advertisement_interval) = times;
            let (local_as, role, graceful_restart, solo) = what;
            let (enforce_first_as, extended_nexthop, silent, overriding, strict) = capabilities;
            NeighborConfig {
                peer_group: None,
                remote_as,
                description,
                shutdown,
                password,
                port,
                interface,
                update_source,
                ebgp_multihop,
                ttl_security_hops,
                disable_connected_check: unchecked,
                passive,
                timers,
                connect_retry,
                delay_open,
                advertisement_interval,
                local_as,
                enforce_first_as,
                extended_nexthop,
                dont_capability_negotiate: silent,
                override_capability: overriding,
                strict_capability_match: strict,
                role,
                graceful_restart,
                solo,
                families,
            }
        },
    )
}

fn local_as() -> impl Strategy<Value = LocalAs> {
    (70_000u32..70_010, any::<bool>(), any::<bool>()).prop_map(|(asn, no_prepend, replace)| LocalAs {
        asn,
        no_prepend,
        replace_as: no_prepend && replace,
    })
}

fn role() -> impl Strategy<Value = LocalRole> {
    (select(Role::ALL.to_vec()), any::<bool>()).prop_map(|(role, strict)| LocalRole { role, strict })
}

fn family() -> impl Strategy<Value = NeighborFamily> {
    let name = || rarely(list_name());
    let lists = (name(), name(), name(), name(), name(), name(), name(), name());
    let flags = (flag(), flag(), flag(), flag(), flag(), flag());
    let changes = (
        rarely(any::<bool>().prop_map(|force| NextHopSelf { force })),
        rarely(unchanged()),
        rarely(any::<[bool; 2]>().prop_map(|[all, replace_as]| RemovePrivateAs { all, replace_as })),
        rarely(any::<[bool; 3]>().prop_map(|[standard, extended, large]| SendCommunity {
            standard,
            extended,
            large,
        })),
        rarely(any::<u16>()),
    );
    let limits = (
        rarely(of(list_name()).prop_map(|route_map| DefaultOriginate { route_map })),
        rarely(maximum_prefix()),
        rarely(1u32..),
        rarely(prop_oneof![Just(AllowAsIn::Origin), (1u8..=10).prop_map(AllowAsIn::Times)]),
        rarely(select(vec![AddPathTx::All, AddPathTx::BestPerAs])),
    );
    (lists, flags, changes, limits).prop_map(|(lists, flags, changes, limits)| {
        let (map_in, map_out, prefix_in, prefix_out, acl_in, acl_out, filter_in, filter_out) = lists;
        let (activate, reflector, server, soft_reconfiguration, as_override, disable_addpath_rx) = flags;
        let (next_hop_self, attribute_unchanged, remove_private_as, send_community, weight) = changes;
        let (default_originate, maximum_prefix, maximum_prefix_out, allowas_in, addpath_tx) = limits;
        NeighborFamily {
            activate,
            route_map_in: map_in,
            route_map_out: map_out,
            distribute_list_in: acl_in.filter(|_| prefix_in.is_none()),
            distribute_list_out: acl_out.filter(|_| prefix_out.is_none()),
            prefix_list_in: prefix_in,
            prefix_list_out: prefix_out,
            filter_list_in: filter_in,
            filter_list_out: filter_out,
            next_hop_self,
            attribute_unchanged,
            route_reflector_client: reflector,
            route_server_client: server.filter(|_| reflector.is_none()),
            soft_reconfiguration,
            default_originate,
            maximum_prefix,
            maximum_prefix_out,
            allowas_in,
            as_override,
            remove_private_as,
            send_community,
            weight,
            addpath_tx,
            disable_addpath_rx,
        }
    })
}

/// At least one: none is not said.
fn unchanged() -> impl Strategy<Value = Unchanged> {
    (1u8..8).prop_map(|n| Unchanged { as_path: n & 1 != 0, next_hop: n & 2 != 0, med: n & 4 != 0 })
}

fn maximum_prefix() -> impl Strategy<Value = MaximumPrefix> {
    (1u32.., of(1u8..=100), of(of(1u16..)), any::<bool>()).prop_map(|(limit, threshold, then, force)| {
        MaximumPrefix { limit, threshold, restart: then.flatten(), warning_only: then == Some(None), force }
    })
}

/// Takes out what does not go together, of each with its group and of all with the process.
pub(super) fn reconcile(bgp: &mut Config) {
    if let Some(confederation) = &mut bgp.confederation {
        confederation.peers.remove(&OWN);
    }
    let members = bgp.confederation.as_ref().map(|c| c.peers.clone()).unwrap_or_default();
    let external = |remote: Option<RemoteAs>| match remote {
        None | Some(RemoteAs::External) => true,
        Some(RemoteAs::Internal) => false,
        Some(RemoteAs::Number(asn)) => asn != OWN && !members.contains(&asn),
    };
    let internal =
        |remote: Option<RemoteAs>| matches!(remote, Some(RemoteAs::Internal | RemoteAs::Number(OWN)));
    for group in bgp.peer_groups.values_mut() {
        // A group may be of either kind for its members: nothing of one kind only, unless it says which.
        let remote = group.remote_as.or(Some(RemoteAs::Internal));
        group.interface = None;
        fit(group, external(group.remote_as) && group.remote_as.is_some(), internal(remote));
    }
    let groups = &bgp.peer_groups;
    for (key, neighbor) in &mut bgp.neighbors {
        let group = neighbor.peer_group.as_ref().and_then(|name| groups.get(name));
        if group.is_none() {
            neighbor.peer_group = None;
        }
        let inherited = group.and_then(|g| g.remote_as);
        // The group's roles and the like suit the group's AS only.
        if inherited.is_some() || matches!(key, PeerKey::Address(_)) {
            let needed = neighbor.remote_as.unwrap_or(RemoteAs::External);
            neighbor.remote_as = if inherited.is_some() { None } else { Some(needed) };
        }
        let remote = neighbor.remote_as.or(inherited);
        fit(neighbor, external(remote) && remote.is_some(), internal(remote));
        if group.is_some_and(|g| g.ebgp_multihop.is_some() || g.ttl_security_hops.is_some()) {
            neighbor.ebgp_multihop = None;
            neighbor.ttl_security_hops = None;
        }
        if group.is_some_and(|g| g.strict_capability_match.is_some()) {
            neighbor.dont_capability_negotiate = None;
        }
        if group.is_some_and(|g| g.dont_capability_negotiate.is_some()) {
            neighbor.strict_capability_match = None;
        }
        match key {
            PeerKey::Interface(_) => neighbor.interface = None,
            PeerKey::Address(address) => {
                // Only an IPv6 address may need to be told its link.
                neighbor.interface = neighbor.interface.take().filter(|_| address.is_ipv6());
                neighbor.update_source = neighbor.update_source.take().filter(|source| match source {
                    UpdateSource::Address(source) => source.is_ipv4() == address.is_ipv4(),
                    UpdateSource::Interface(_) => true,
                });
            }
        }
    }
    bgp.listen.ranges.retain(|_, name| groups.get(name).is_some_and(|g| g.remote_as.is_some()));
}

fn fit(peer: &mut NeighborConfig, external: bool, internal: bool) {
    if !external {
        peer.role = None;
    }
    if internal {
        peer.local_as = None;
    }
    if peer.ebgp_multihop.is_some() {
        peer.ttl_security_hops = None;
    }
    if peer.dont_capability_negotiate.is_some() {
        peer.strict_capability_match = None;
    }
    for family in peer.families.values_mut() {
        if !internal {
            family.route_reflector_client = None;
        } else {
            family.as_override = None;
            family.remove_private_as = None;
        }
    }
}
