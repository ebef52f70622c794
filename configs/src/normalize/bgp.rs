//! The BGP section: what a neighbor says and what would hold anyway is left out. `no neighbor X passive` is a setting
//! of its own where the peer group says `passive`, and nothing elsewhere.

use bgp::Family;
use bgp::config::{Config, FamilyConfig, NeighborConfig, NeighborFamily, PeerKey, SendCommunity, Unchanged};

pub(super) fn normalize(bgp: &mut Config) {
    let default_ipv4 = bgp.default_ipv4_unicast;
    for group in bgp.peer_groups.values_mut() {
        settle(group, None, default_ipv4);
    }
    let groups = &bgp.peer_groups;
    for (key, neighbor) in &mut bgp.neighbors {
        let group = neighbor.peer_group.as_ref().and_then(|name| groups.get(name));
        settle(neighbor, group, default_ipv4);
        // What a group says of this means different things to members of either kind: it is kept there.
        let own = &mut neighbor.extended_nexthop;
        drop_default(own, group.and_then(|g| g.extended_nexthop), matches!(key, PeerKey::Interface(_)));
    }
    bgp.families.retain(|_, family| *family != FamilyConfig::default());
}

/// Drops what is inherited from `group` or the default anyway.
fn settle(own: &mut NeighborConfig, group: Option<&NeighborConfig>, default_ipv4: bool) {
    let flags: [(&mut Option<bool>, Option<bool>, bool); 7] = [
        (&mut own.disable_connected_check, group.and_then(|g| g.disable_connected_check), false),
        (&mut own.passive, group.and_then(|g| g.passive), false),
        (&mut own.enforce_first_as, group.and_then(|g| g.enforce_first_as), true),
        (&mut own.dont_capability_negotiate, group.and_then(|g| g.dont_capability_negotiate), false),
        (&mut own.override_capability, group.and_then(|g| g.override_capability), false),
        (&mut own.strict_capability_match, group.and_then(|g| g.strict_capability_match), false),
        (&mut own.solo, group.and_then(|g| g.solo), false),
    ];
    for (own, group, default) in flags {
        drop_default(own, group, default);
    }
    let nothing = NeighborFamily::default();
    for (family, own) in &mut own.families {
        let group = group.and_then(|g| g.families.get(family)).unwrap_or(&nothing);
        let active = *family == Family::Ipv4 && default_ipv4;
        settle_family(own, group, active);
    }
    own.families.retain(|_, family| *family != NeighborFamily::default());
}

fn settle_family(own: &mut NeighborFamily, group: &NeighborFamily, active: bool) {
    let flags: [(&mut Option<bool>, Option<bool>, bool); 6] = [
        (&mut own.activate, group.activate, active),
        (&mut own.route_reflector_client, group.route_reflector_client, false),
        (&mut own.route_server_client, group.route_server_client, false),
        (&mut own.soft_reconfiguration, group.soft_reconfiguration, false),
        (&mut own.as_override, group.as_override, false),
        (&mut own.disable_addpath_rx, group.disable_addpath_rx, false),
    ];
    for (own, group, default) in flags {
        drop_default(own, group, default);
    }
    // Nothing unchanged is not said: without names, the line means all three.
    own.attribute_unchanged = own.attribute_unchanged.filter(|own| *own != Unchanged::default());
    let inherited: SendCommunity = group.send_community.unwrap_or_default();
    own.send_community = own.send_community.filter(|own| *own != inherited);
}

/// Says the default where the group does not say otherwise.
fn drop_default(own: &mut Option<bool>, group: Option<bool>, default: bool) {
    if *own == Some(default) && group.is_none_or(|group| group == default) {
        *own = None;
    }
}
