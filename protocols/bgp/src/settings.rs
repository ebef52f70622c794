//! What holds for one peer: its own words, then its group's, then the process's, then the defaults.

use crate::config::{
    AddPathTx, AllowAsIn, Config, DefaultOriginate, GracefulRestartMode, LocalAs, LocalRole, MaximumPrefix,
    NeighborConfig, NeighborFamily, NextHopSelf, PeerKey, RemoteAs, RemovePrivateAs, SendCommunity, Shutdown,
    Timers, Unchanged, UpdateSource,
};
use crate::{Family, RouterId, TCP_PORT};
use core::net::IpAddr;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Who the router is to all of its peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `router bgp AS`; inside a confederation, the member AS.
    pub asn: u32,
    /// What peers outside the confederation see; equal to `asn` without one.
    pub outside_as: u32,
    /// The other member ASes.
    pub members: BTreeSet<u32>,
    /// Never unspecified: without one no session starts.
    pub router_id: RouterId,
    /// RFC 4456.
    pub cluster_id: RouterId,
}

/// What a peer is to us.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerKind {
    /// Of our own AS: iBGP.
    Internal,
    /// Of another member AS of our confederation (RFC 5065).
    Confederation,
    /// Of another AS: eBGP.
    External,
}

/// A peer's configuration with nothing left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its name in the configuration; a dynamic neighbor's is its address.
    pub key: PeerKey,
    /// Its peer group.
    pub group: Option<String>,
    /// It came by `bgp listen range`.
    pub dynamic: bool,
    /// Where it is; `None` for an interface neighbor whose address is not known yet.
    pub address: Option<IpAddr>,
    /// The interface of a link-local address.
    pub interface: Option<String>,
    /// Its AS.
    pub remote_as: RemoteAs,
    /// The AS in our OPEN: `local-as`, or the member AS inside and the identifier outside of a confederation.
    pub local_as: u32,
    /// `local-as` as written.
    pub pretend: Option<LocalAs>,
    /// Free text.
    pub description: Option<String>,
    /// The session is not to be.
    pub shutdown: Option<Shutdown>,
    /// TCP-MD5.
    pub password: Option<String>,
    /// TCP port to connect to.
    pub port: u16,
    /// Our end.
    pub update_source: Option<UpdateSource>,
    /// TTL of what we send.
    pub ttl: u8,
    /// GTSM: the least TTL taken; 0: any.
    pub min_ttl: u8,
    /// It must be on a connected network.
    pub connected: bool,
    /// Only accepts.
    pub passive: bool,
    /// Keepalive and hold time offered, seconds.
    pub timers: Timers,
    /// Seconds between attempts.
    pub connect_retry: u16,
    /// Seconds, 0: none.
    pub delay_open: u16,
    /// MRAI in seconds.
    pub advertisement_interval: u16,
    /// RFC 4271 6.3.
    pub enforce_first_as: bool,
    /// RFC 8950 is offered.
    pub extended_nexthop: bool,
    /// OPEN goes without capabilities.
    pub dont_capability_negotiate: bool,
    /// What the peer offers does not matter.
    pub override_capability: bool,
    /// The peer must have all we offer.
    pub strict_capability_match: bool,
    /// RFC 9234.
    pub role: Option<LocalRole>,
    /// RFC 4724.
    pub graceful_restart: GracefulRestartMode,
    /// An update group of its own.
    pub solo: bool,
    /// The families that are active.
    pub families: BTreeMap<Family, FamilySettings>,
}

/// What holds for a peer in one family.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Filters {
    /// `route-map`.
    pub route_map: Option<String>,
    /// `prefix-list`.
    pub prefix_list: Option<String>,
    /// `distribute-list`.
    pub distribute_list: Option<String>,
    /// `filter-list`.
    pub filter_list: Option<String>,
}

impl Filters {
    /// Whether there is none: RFC 8212 then lets nothing through at an eBGP peer.
    pub fn is_empty(&self) -> bool {
        *self == Filters::default()
    }
}

/// What holds for a peer in one family. See [`crate::config::NeighborFamily`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each is described where it is configured")]
pub struct FamilySettings {
    pub import: Filters,
    pub export: Filters,
    pub next_hop_self: Option<NextHopSelf>,
    pub unchanged: Unchanged,
    pub reflector_client: bool,
    pub server_client: bool,
    pub default_originate: Option<DefaultOriginate>,
    pub maximum_prefix: Option<MaximumPrefix>,
    pub maximum_prefix_out: Option<u32>,
    pub allowas_in: Option<AllowAsIn>,
    pub as_override: bool,
    pub remove_private_as: Option<RemovePrivateAs>,
    pub send_community: SendCommunity,
    pub weight: u16,
    pub addpath_tx: Option<AddPathTx>,
    pub addpath_rx: bool,
}

impl Identity {
    /// Who the router is by `config`; `router_id` and `cluster_id` are what the process found for those left open.
    pub fn new(config: &Config, router_id: RouterId) -> Identity {
        let confederation = config.confederation.as_ref();
        Identity {
            asn: config.asn,
            outside_as: confederation.map_or(config.asn, |c| c.identifier),
            members: confederation.map(|c| c.peers.clone()).unwrap_or_default(),
            router_id,
            cluster_id: config.cluster_id.unwrap_or(router_id),
        }
    }

    /// What a peer of AS `asn` is to us (RFC 5065 section 4).
    pub fn kind_of(&self, asn: u32) -> PeerKind {
        if asn == self.asn {
            PeerKind::Internal
        } else if self.members.contains(&asn) {
            PeerKind::Confederation
        } else {
            PeerKind::External
        }
    }
}

impl RemoteAs {
    /// What a peer configured like this is to a router of AS `asn` whose confederation has these other `members`, as far
    /// as is known before it says its AS.
    pub fn kind(self, asn: u32, members: &BTreeSet<u32>) -> PeerKind {
        match self {
            RemoteAs::Internal => PeerKind::Internal,
            RemoteAs::External => PeerKind::External,
            RemoteAs::Number(n) if n == asn => PeerKind::Internal,
            RemoteAs::Number(n) if members.contains(&n) => PeerKind::Confederation,
            RemoteAs::Number(_) => PeerKind::External,
        }
    }
}

/// The largest TTL: of internal peers, and of all peers with GTSM.
const TTL_MAX: u8 = 255;
/// `timers connect`, seconds.
const CONNECT_RETRY: u16 = 120;

/// The settings of a peer of `config`: of `key` itself, or of a dynamic neighbor of `group`. `None`: there is no such peer,
/// or nobody says its AS.
pub fn resolve(config: &Config, key: &PeerKey, dynamic: Option<&str>) -> Option<Settings> {
    let unsaid = NeighborConfig::default();
    let own = match dynamic {
        Some(_) => config.neighbors.get(key).unwrap_or(&unsaid),
        None => config.neighbors.get(key)?,
    };
    let group = dynamic.or(own.peer_group.as_deref());
    let from = Layers { own, group: group.and_then(|name| config.peer_groups.get(name)).unwrap_or(&unsaid) };
    let remote_as = from.get(|n| n.remote_as)?;
    let no_members = BTreeSet::new();
    let members = config.confederation.as_ref().map_or(&no_members, |c| &c.peers);
    let kind = remote_as.kind(config.asn, members);
    let pretend = from.get(|n| n.local_as);
    let (ttl, min_ttl, one_hop) = reach(&from, kind);
    Some(Settings {
        key: key.clone(),
        group: group.map(str::to_owned),
        dynamic: dynamic.is_some(),
        address: match key {
            PeerKey::Address(address) => Some(*address),
            PeerKey::Interface(_) => None,
        },
        interface: match key {
            PeerKey::Address(_) => from.get(|n| n.interface.clone()),
            PeerKey::Interface(name) => Some(name.clone()),
        },
        remote_as,
        local_as: pretend.map_or_else(|| local_as(config, kind), |p| p.asn),
        pretend,
        description: from.get(|n| n.description.clone()),
        shutdown: from.get(|n| n.shutdown.clone()).or_else(|| config.shutdown.clone()),
        password: from.get(|n| n.password.clone()),
        port: from.get(|n| n.port).unwrap_or(TCP_PORT),
        update_source: from.get(|n| n.update_source.clone()),
        ttl,
        min_ttl,
        connected: kind == PeerKind::External && one_hop && !from.flag(|n| n.disable_connected_check),
        // FRR never connects to a dynamic neighbor.
        passive: dynamic.is_some() || from.flag(|n| n.passive),
        timers: from.get(|n| n.timers).unwrap_or(config.timers),
        connect_retry: from.get(|n| n.connect_retry).unwrap_or(CONNECT_RETRY),
        delay_open: from.get(|n| n.delay_open).unwrap_or(0),
        advertisement_interval: from.get(|n| n.advertisement_interval).unwrap_or(0),
        enforce_first_as: from.get(|n| n.enforce_first_as).unwrap_or(true),
        extended_nexthop: from.get(|n| n.extended_nexthop).unwrap_or(matches!(key, PeerKey::Interface(_))),
        dont_capability_negotiate: from.flag(|n| n.dont_capability_negotiate),
        override_capability: from.flag(|n| n.override_capability),
        strict_capability_match: from.flag(|n| n.strict_capability_match),
        role: from.get(|n| n.role),
        graceful_restart: from.get(|n| n.graceful_restart).unwrap_or(config.graceful_restart.mode),
        solo: from.flag(|n| n.solo),
        families: Family::ALL
            .into_iter()
            .filter(|f| {
                let default = *f == Family::Ipv4 && config.default_ipv4_unicast;
                from.family(*f, |n| n.activate).unwrap_or(default)
            })
            .map(|f| (f, family_settings(&from, f)))
            .collect(),
    })
}

/// A neighbor's words, and its group's behind them.
struct Layers<'a> {
    own: &'a NeighborConfig,
    group: &'a NeighborConfig,
}

impl Layers<'_> {
    fn get<T>(&self, field: impl Fn(&NeighborConfig) -> Option<T>) -> Option<T> {
        field(self.own).or_else(|| field(self.group))
    }

    fn flag(&self, field: impl Fn(&NeighborConfig) -> Option<bool>) -> bool {
        self.get(field).unwrap_or(false)
    }

    fn family<T>(&self, family: Family, field: impl Fn(&NeighborFamily) -> Option<T>) -> Option<T> {
        self.get(|n| n.families.get(&family).and_then(&field))
    }
}

/// TTL, the least TTL taken, and whether the peer is one hop away. A neighbor's own word on either of multihop and GTSM
/// goes before its group's word on both, because they exclude each other.
fn reach(from: &Layers<'_>, kind: PeerKind) -> (u8, u8, bool) {
    let said = |n: &NeighborConfig| n.ttl_security_hops.is_some() || n.ebgp_multihop.is_some();
    let by = if said(from.own) { from.own } else { from.group };
    match (by.ttl_security_hops, by.ebgp_multihop, kind) {
        // RFC 5082: a packet that crossed N-1 routers arrives with 256-N.
        (Some(hops), ..) => (TTL_MAX, TTL_MAX.saturating_sub(hops.saturating_sub(1)), hops <= 1),
        (None, _, PeerKind::Internal) => (TTL_MAX, 0, false),
        (None, Some(ttl), _) => (ttl, 0, ttl <= 1),
        (None, None, _) => (1, 0, true),
    }
}

fn local_as(config: &Config, kind: PeerKind) -> u32 {
    match (&config.confederation, kind) {
        (Some(confederation), PeerKind::External) => confederation.identifier,
        _ => config.asn,
    }
}

fn family_settings(from: &Layers<'_>, family: Family) -> FamilySettings {
    // A filter of one kind inherited from the group stands beside those of other kinds of the neighbor's own, as in FRR.
    FamilySettings {
        import: Filters {
            route_map: from.family(family, |n| n.route_map_in.clone()),
            prefix_list: from.family(family, |n| n.prefix_list_in.clone()),
            distribute_list: from.family(family, |n| n.distribute_list_in.clone()),
            filter_list: from.family(family, |n| n.filter_list_in.clone()),
        },
        export: Filters {
            route_map: from.family(family, |n| n.route_map_out.clone()),
            prefix_list: from.family(family, |n| n.prefix_list_out.clone()),
            distribute_list: from.family(family, |n| n.distribute_list_out.clone()),
            filter_list: from.family(family, |n| n.filter_list_out.clone()),
        },
        next_hop_self: from.family(family, |n| n.next_hop_self),
        unchanged: from.family(family, |n| n.attribute_unchanged).unwrap_or_default(),
        reflector_client: from.family(family, |n| n.route_reflector_client).unwrap_or(false),
        server_client: from.family(family, |n| n.route_server_client).unwrap_or(false),
        default_originate: from.family(family, |n| n.default_originate.clone()),
        maximum_prefix: from.family(family, |n| n.maximum_prefix),
        maximum_prefix_out: from.family(family, |n| n.maximum_prefix_out),
        allowas_in: from.family(family, |n| n.allowas_in),
        as_override: from.family(family, |n| n.as_override).unwrap_or(false),
        remove_private_as: from.family(family, |n| n.remove_private_as),
        send_community: from.family(family, |n| n.send_community).unwrap_or_default(),
        weight: from.family(family, |n| n.weight).unwrap_or(0),
        addpath_tx: from.family(family, |n| n.addpath_tx),
        addpath_rx: !from.family(family, |n| n.disable_addpath_rx).unwrap_or(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Confederation;

    fn key(s: &str) -> PeerKey {
        s.parse().unwrap_or_else(|e| match e {})
    }

    fn config(neighbor: NeighborConfig, group: NeighborConfig) -> Config {
        let mut config = Config::new(65_001);
        config.neighbors.insert(key("10.0.0.2"), neighbor);
        config.peer_groups.insert("core".into(), group);
        config
    }

    fn peer(remote_as: RemoteAs) -> NeighborConfig {
        NeighborConfig { remote_as: Some(remote_as), ..NeighborConfig::default() }
    }

    fn settings(neighbor: NeighborConfig) -> Settings {
        resolve(&config(neighbor, NeighborConfig::default()), &key("10.0.0.2"), None).expect("it has an AS")
    }

    #[test]
    fn what_a_neighbor_leaves_open_its_group_says_then_the_process_then_the_default() {
        let neighbor =
            NeighborConfig { peer_group: Some("core".into()), port: Some(1790), ..NeighborConfig::default() };
        let group = NeighborConfig {
            description: Some("a core router".into()),
            port: Some(1791),
            ..peer(RemoteAs::Number(65_002))
        };
        let mut config = config(neighbor, group);
        config.timers = Timers { keepalive: 3, hold: 9 };
        let s = resolve(&config, &key("10.0.0.2"), None).expect("the group has an AS");
        assert_eq!((s.port, s.remote_as), (1790, RemoteAs::Number(65_002)));
        assert_eq!(s.description.as_deref(), Some("a core router"));
        assert_eq!((s.timers.hold, s.connect_retry, s.enforce_first_as), (9, 120, true));
    }

    #[test]
    fn a_neighbor_without_an_as_is_none() {
        let config = config(NeighborConfig::default(), NeighborConfig::default());
        assert_eq!(resolve(&config, &key("10.0.0.2"), None), None);
        assert_eq!(resolve(&config, &key("10.0.0.3"), None), None);
        assert_eq!(resolve(&config, &key("10.0.0.3"), Some("core")), None);
    }

    #[test]
    fn a_dynamic_neighbor_is_its_group_and_never_connects() {
        let config = config(NeighborConfig::default(), peer(RemoteAs::External));
        let s = resolve(&config, &key("10.9.9.9"), Some("core")).expect("the group has an AS");
        assert!(s.dynamic && s.passive);
        assert_eq!(s.address, "10.9.9.9".parse().ok());
    }

    #[test]
    fn an_external_peer_is_one_hop_away_unless_told_otherwise() {
        let external = peer(RemoteAs::Number(65_002));
        let s = settings(external.clone());
        assert_eq!((s.ttl, s.min_ttl, s.connected), (1, 0, true));
        let s = settings(NeighborConfig { ebgp_multihop: Some(255), ..external.clone() });
        assert_eq!((s.ttl, s.min_ttl, s.connected), (255, 0, false));
        let s = settings(NeighborConfig { disable_connected_check: Some(true), ..external.clone() });
        assert_eq!((s.ttl, s.connected), (1, false));
        let s = settings(NeighborConfig { ttl_security_hops: Some(1), ..external.clone() });
        assert_eq!((s.ttl, s.min_ttl, s.connected), (255, 255, true));
        let s = settings(NeighborConfig { ttl_security_hops: Some(2), ..external });
        assert_eq!((s.ttl, s.min_ttl, s.connected), (255, 254, false));
        let s = settings(peer(RemoteAs::Internal));
        assert_eq!((s.ttl, s.min_ttl, s.connected), (255, 0, false));
    }

    #[test]
    fn gtsm_of_a_neighbor_goes_before_multihop_of_its_group() {
        let neighbor = NeighborConfig {
            peer_group: Some("core".into()),
            ttl_security_hops: Some(3),
            ..NeighborConfig::default()
        };
        let group = NeighborConfig { ebgp_multihop: Some(5), ..peer(RemoteAs::External) };
        let s = resolve(&config(neighbor, group.clone()), &key("10.0.0.2"), None).expect("an AS");
        assert_eq!((s.ttl, s.min_ttl), (255, 253));
        let neighbor = NeighborConfig {
            peer_group: Some("core".into()),
            ebgp_multihop: Some(4),
            ..NeighborConfig::default()
        };
        let group = NeighborConfig { ttl_security_hops: Some(2), ebgp_multihop: None, ..group };
        let s = resolve(&config(neighbor, group), &key("10.0.0.2"), None).expect("an AS");
        assert_eq!((s.ttl, s.min_ttl), (4, 0));
    }

    #[test]
    fn a_confederation_shows_its_identifier_outside_and_its_member_as_inside() {
        let mut config = config(peer(RemoteAs::Number(3)), NeighborConfig::default());
        config.confederation = Some(Confederation { identifier: 100, peers: [65_002].into() });
        for (neighbor, asn, local) in
            [("10.0.0.3", 65_002, 65_001), ("10.0.0.4", 65_001, 65_001), ("10.0.0.2", 3, 100)]
        {
            config.neighbors.insert(key(neighbor), peer(RemoteAs::Number(asn)));
            assert_eq!(resolve(&config, &key(neighbor), None).map(|s| s.local_as), Some(local));
        }
        let identity = Identity::new(&config, RouterId::new(1, 1, 1, 1));
        assert_eq!(identity.kind_of(65_002), PeerKind::Confederation);
        assert_eq!(identity.kind_of(65_001), PeerKind::Internal);
        assert_eq!((identity.kind_of(3), identity.outside_as), (PeerKind::External, 100));
    }

    #[test]
    fn local_as_is_what_the_peer_is_told() {
        let pretend = LocalAs { asn: 64_999, no_prepend: true, replace_as: false };
        let s = settings(NeighborConfig { local_as: Some(pretend), ..peer(RemoteAs::Number(3)) });
        assert_eq!((s.local_as, s.pretend), (64_999, Some(pretend)));
    }

    #[test]
    fn ipv4_is_active_by_default_and_other_families_when_activated() {
        let mut neighbor = peer(RemoteAs::External);
        let on = NeighborFamily { activate: Some(true), ..NeighborFamily::default() };
        neighbor.families.insert(Family::Ipv6, on);
        let mut config = config(neighbor, NeighborConfig::default());
        let families = |config: &Config| -> Vec<Family> {
            let s = resolve(config, &key("10.0.0.2"), None).expect("an AS");
            s.families.into_keys().collect()
        };
        assert_eq!(families(&config), [Family::Ipv4, Family::Ipv6]);
        config.default_ipv4_unicast = false;
        assert_eq!(families(&config), [Family::Ipv6]);
    }

    #[test]
    fn an_interface_neighbor_offers_extended_next_hops() {
        let mut config = Config::new(65_001);
        config.neighbors.insert(key("eth0"), peer(RemoteAs::External));
        let s = resolve(&config, &key("eth0"), None).expect("an AS");
        assert!(s.extended_nexthop && s.address.is_none());
        assert_eq!(s.interface.as_deref(), Some("eth0"));
        assert!(!settings(peer(RemoteAs::External)).extended_nexthop);
    }

    #[test]
    fn bgp_shutdown_is_for_everyone_and_a_neighbors_own_message_is_kept() {
        let message = |m: &str| Some(Shutdown { message: Some(m.into()) });
        let mut config = config(peer(RemoteAs::External), NeighborConfig::default());
        config.shutdown = message("moving house");
        assert_eq!(
            resolve(&config, &key("10.0.0.2"), None).and_then(|s| s.shutdown),
            message("moving house")
        );
        if let Some(n) = config.neighbors.get_mut(&key("10.0.0.2")) {
            n.shutdown = message("only you");
        }
        assert_eq!(resolve(&config, &key("10.0.0.2"), None).and_then(|s| s.shutdown), message("only you"));
    }

    #[test]
    fn filters_of_group_and_neighbor_stand_side_by_side() {
        let family = |f: NeighborFamily| [(Family::Ipv4, f)].into();
        let neighbor = NeighborConfig {
            peer_group: Some("core".into()),
            families: family(NeighborFamily { route_map_in: Some("mine".into()), ..Default::default() }),
            ..NeighborConfig::default()
        };
        let group = NeighborConfig {
            families: family(NeighborFamily {
                route_map_in: Some("theirs".into()),
                prefix_list_in: Some("martians".into()),
                ..Default::default()
            }),
            ..peer(RemoteAs::External)
        };
        let s = resolve(&config(neighbor, group), &key("10.0.0.2"), None).expect("an AS");
        let import = s.families.get(&Family::Ipv4).map(|f| f.import.clone()).unwrap_or_default();
        assert_eq!(import.route_map.as_deref(), Some("mine"));
        assert_eq!(import.prefix_list.as_deref(), Some("martians"));
    }
}
