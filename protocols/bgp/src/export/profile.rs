//! Everything about a peer that decides what it is told. Peers whose profiles are equal are told the same, and share an
//! update group.

use crate::config::{
    AddPathTx, DefaultOriginate, NextHopSelf, RemovePrivateAs, Role, SendCommunity, Unchanged,
};
use crate::settings::{Filters, Identity, PeerKind, Settings};
use crate::wire::Codec;
use crate::{Family, PeerIx};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::Prefix;
use policy::Policy;

/// Our addresses on a session: what `next-hop-self` means there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Local {
    /// The IPv4 address of our end, or of its interface.
    pub v4: Option<Ipv4Addr>,
    /// The global IPv6 address of our end, or of its interface.
    pub v6: Option<Ipv6Addr>,
    /// The link-local address of the interface, when the peer is on its link.
    pub link_local: Option<Ipv6Addr>,
    /// The session itself is over IPv6.
    pub over_v6: bool,
    /// The networks of the interface, when the peer is on its link: next hops in these may stay (RFC 4271 5.1.3).
    pub shared: Vec<Prefix>,
}

impl Local {
    /// Whether `addr` is on the link we share with the peer.
    pub fn shares(&self, addr: IpAddr) -> bool {
        self.shared.iter().any(|network| network.contains(addr))
    }
}

/// What of the process's configuration decides what is told.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// RFC 8212.
    pub ebgp_requires_policy: bool,
    /// RFC 8326: everything leaves marked.
    pub graceful_shutdown: bool,
    /// LOCAL_PREF of what has none.
    pub default_local_preference: u32,
}

impl Options {
    /// As configured.
    pub fn of(config: &crate::config::Config) -> Options {
        Options {
            ebgp_requires_policy: config.ebgp_requires_policy,
            graceful_shutdown: config.graceful_shutdown,
            default_local_preference: config.default_local_preference,
        }
    }
}

/// What decides what a peer is told in one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Of which family this is.
    pub family: Family,
    /// What the peer is to us.
    pub kind: PeerKind,
    /// How UPDATEs are written. What is only about reading is cleared, so that it parts no group.
    pub codec: Codec,
    /// Our AS, or member AS.
    pub own_as: u32,
    /// What the world outside the confederation sees.
    pub outside_as: u32,
    /// The ASes put before a path that leaves the AS or confederation, nearest first: one, or two with `local-as`.
    pub prepend: Vec<u32>,
    /// RFC 4456.
    pub cluster_id: Ipv4Addr,
    /// The peer's AS where its own matters: with `as-override` and `remove-private-AS`.
    pub peer_as: Option<u32>,
    /// Our role, with a peer that has one too or not (RFC 9234).
    pub role: Option<Role>,
    /// The AS an OTC attribute of ours names.
    pub otc_as: u32,
    /// What lets through and changes.
    pub filters: Filters,
    /// Nothing passes without a filter (RFC 8212).
    pub requires_policy: bool,
    /// RFC 8326.
    pub graceful_shutdown: bool,
    /// LOCAL_PREF of what has none.
    pub default_local_preference: u32,
    /// `next-hop-self`.
    pub next_hop_self: Option<NextHopSelf>,
    /// `attribute-unchanged`.
    pub unchanged: Unchanged,
    /// `route-reflector-client`.
    pub reflector_client: bool,
    /// `route-server-client`.
    pub server_client: bool,
    /// `as-override`.
    pub as_override: bool,
    /// `remove-private-AS`.
    pub remove_private_as: Option<RemovePrivateAs>,
    /// Which communities are sent.
    pub send_community: SendCommunity,
    /// Several paths a prefix, when the peer takes them (RFC 7911).
    pub add_path: Option<AddPathTx>,
    /// Seconds between announcements (RFC 4271 9.2.1.1).
    pub interval: u16,
    /// `default-originate`.
    pub default_originate: Option<DefaultOriginate>,
    /// `maximum-prefix-out`.
    pub maximum_prefix_out: Option<u32>,
    /// Our addresses.
    pub local: Local,
    /// The peer's address, where the route map asks for it.
    pub peer_address: Option<IpAddr>,
    /// The interface of an unnumbered peer, where the route map asks for it.
    pub peer_interface: Option<String>,
    /// Set for a peer that shares no group.
    pub solo: Option<PeerIx>,
}

/// What a session agreed on, as far as it decides what is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The peer.
    pub peer: PeerIx,
    /// Its address.
    pub address: IpAddr,
    /// Its AS.
    pub peer_as: u32,
    /// What it is to us.
    pub kind: PeerKind,
    /// How UPDATEs are written.
    pub codec: Codec,
    /// Our addresses.
    pub local: Local,
}

impl Profile {
    /// The profile of a peer. `None`: the family is not configured for it.
    pub fn of(
        family: Family,
        identity: &Identity,
        options: Options,
        settings: &Settings,
        session: &Session,
        policy: &Policy,
    ) -> Option<Profile> {
        let own = settings.families.get(&family)?;
        let external = session.kind == PeerKind::External;
        let needs_as = external && (own.as_override || own.remove_private_as.is_some());
        let add_path = own.addpath_tx.filter(|_| session.codec.sends_path_ids(family));
        let asks = own.export.route_map.as_deref().is_some_and(|name| policy.looks(name).peer);
        // What a limit holds back depends on the order of events, so such a peer goes alone.
        let alone = settings.solo || own.maximum_prefix_out.is_some();
        let mut codec = Codec { add_path_rx: [false; 2], add_path_tx: [false; 2], ..session.codec };
        if let Some(sends) = codec.add_path_tx.get_mut(family as usize) {
            *sends = session.codec.sends_path_ids(family);
        }
        Some(Profile {
            family,
            kind: session.kind,
            codec,
            own_as: identity.asn,
            outside_as: identity.outside_as,
            prepend: prepend(identity, settings),
            cluster_id: identity.cluster_id,
            peer_as: needs_as.then_some(session.peer_as),
            role: settings.role.map(|r| r.role).filter(|_| external),
            otc_as: settings.local_as,
            filters: own.export.clone(),
            requires_policy: external && options.ebgp_requires_policy,
            graceful_shutdown: options.graceful_shutdown,
            default_local_preference: options.default_local_preference,
            next_hop_self: own.next_hop_self,
            unchanged: own.unchanged,
            reflector_client: own.reflector_client,
            server_client: own.server_client,
            as_override: own.as_override,
            remove_private_as: own.remove_private_as,
            send_community: own.send_community,
            add_path,
            interval: settings.advertisement_interval,
            default_originate: own.default_originate.clone(),
            maximum_prefix_out: own.maximum_prefix_out,
            local: session.local.clone(),
            peer_address: asks.then_some(session.address),
            peer_interface: settings.interface.clone().filter(|_| asks),
            solo: alone.then_some(session.peer),
        })
    }

    /// The longest message.
    pub fn max_message(&self) -> usize {
        self.codec.max_message()
    }

    /// Whether each prefix goes with a path identifier.
    pub fn sends_path_ids(&self) -> bool {
        self.codec.sends_path_ids(self.family)
    }
}

/// Towards the outside a confederation is its identifier; `local-as` stands before our own AS, or in its place.
fn prepend(identity: &Identity, settings: &Settings) -> Vec<u32> {
    match settings.pretend {
        _ if identity.outside_as != identity.asn => vec![identity.outside_as],
        Some(pretend) if pretend.replace_as => vec![pretend.asn],
        Some(pretend) => vec![pretend.asn, identity.asn],
        None => vec![identity.asn],
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config::{self, Config, NeighborConfig, NeighborFamily, RemoteAs};
    use crate::settings::resolve;

    /// A peer of AS 65001 without any settings, in AS 65000 at 192.0.2.1 and 2001:db8::1.
    pub(crate) fn plain(family: Family, kind: PeerKind) -> Profile {
        Profile {
            family,
            kind,
            codec: Codec {
                as4: true,
                extended_message: false,
                add_path_rx: [false; 2],
                add_path_tx: [false; 2],
                extended_nexthop: false,
            },
            own_as: 65000,
            outside_as: 65000,
            prepend: vec![65000],
            cluster_id: Ipv4Addr::new(10, 0, 0, 1),
            peer_as: None,
            role: None,
            otc_as: 65000,
            filters: Filters::default(),
            requires_policy: false,
            graceful_shutdown: false,
            default_local_preference: 100,
            next_hop_self: None,
            unchanged: Unchanged::default(),
            reflector_client: false,
            server_client: false,
            as_override: false,
            remove_private_as: None,
            send_community: SendCommunity::default(),
            add_path: None,
            interval: 0,
            default_originate: None,
            maximum_prefix_out: None,
            local: Local {
                v4: Some(Ipv4Addr::new(192, 0, 2, 1)),
                v6: Some("2001:db8::1".parse().unwrap()),
                link_local: None,
                over_v6: false,
                shared: Vec::new(),
            },
            peer_address: None,
            peer_interface: None,
            solo: None,
        }
    }

    #[test]
    fn what_only_reading_needs_and_what_is_not_asked_for_parts_no_group() {
        let mut config = Config::new(65000);
        let family = NeighborFamily { activate: Some(true), ..NeighborFamily::default() };
        for (address, asn) in [("192.0.2.2", 65001), ("192.0.2.3", 65002)] {
            let families = [(Family::Ipv4, family.clone())].into();
            let remote_as = Some(RemoteAs::Number(asn));
            let neighbor = NeighborConfig { remote_as, families, ..NeighborConfig::default() };
            config.neighbors.insert(address.parse().unwrap(), neighbor);
        }
        let profile = |config: &Config, address: &str, peer_as, add_path_rx| {
            let settings = resolve(config, &address.parse().unwrap(), None).unwrap();
            let identity = Identity {
                asn: 65000,
                outside_as: 65000,
                members: Default::default(),
                router_id: Ipv4Addr::new(10, 0, 0, 1),
                cluster_id: Ipv4Addr::new(10, 0, 0, 1),
            };
            let codec =
                Codec { add_path_rx: [add_path_rx; 2], ..plain(Family::Ipv4, PeerKind::External).codec };
            let address = address.parse().unwrap();
            let kind = PeerKind::External;
            let session = Session { peer: PeerIx(1), address, peer_as, kind, codec, local: Local::default() };
            let options = Options::of(config);
            Profile::of(Family::Ipv4, &identity, options, &settings, &session, &Policy::default()).unwrap()
        };
        let two = |config: &Config| {
            (profile(config, "192.0.2.2", 65001, false), profile(config, "192.0.2.3", 65002, true))
        };
        let (a, b) = two(&config);
        assert_eq!(a, b);
        assert!(a.requires_policy && a.solo.is_none());
        for neighbor in config.neighbors.values_mut() {
            neighbor.families.get_mut(&Family::Ipv4).unwrap().as_override = Some(true);
        }
        let (a, b) = two(&config);
        assert_ne!(a, b, "with as-override their ASes differ");
        let pretend = config::LocalAs { asn: 64999, no_prepend: false, replace_as: false };
        config.neighbors.values_mut().for_each(|n| n.local_as = Some(pretend));
        assert_eq!(two(&config).0.prepend, [64999, 65000]);
        config
            .neighbors
            .values_mut()
            .for_each(|n| n.local_as = Some(config::LocalAs { replace_as: true, ..pretend }));
        assert_eq!(two(&config).0.prepend, [64999]);
    }
}
