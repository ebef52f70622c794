//! What an operator writes about BGP. Plain data with FRR's meanings and defaults. What a neighbor does not say, its peer
//! group says, and what neither says has the default given here: every field of both is an `Option`.

mod text;

pub use text::asn;

use crate::Family;
use core::net::{IpAddr, Ipv4Addr};
use fib::{Prefix, Protocol};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The `bgp` section; its presence enables the process (`router bgp AS`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// `router bgp AS`, 1..=4294967295 (RFC 6793; RFC 7607: never 0).
    pub asn: u32,
    /// `bgp router-id A.B.C.D`; absent: the highest loopback address, else the highest interface address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub router_id: Option<Ipv4Addr>,
    /// `bgp cluster-id A.B.C.D`; absent: the router id (RFC 4456).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<Ipv4Addr>,
    /// `bgp confederation identifier AS` and `bgp confederation peers AS...` (RFC 5065).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confederation: Option<Confederation>,
    /// `bgp default ipv4-unicast`: neighbors are active for IPv4 without being told.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub default_ipv4_unicast: bool,
    /// `bgp default local-preference N`.
    #[serde(default = "local_preference", skip_serializing_if = "is_local_preference")]
    pub default_local_preference: u32,
    /// `bgp ebgp-requires-policy` (RFC 8212).
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub ebgp_requires_policy: bool,
    /// `bgp log-neighbor-changes`.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub log_neighbor_changes: bool,
    /// `bgp fast-external-failover`: a directly connected session ends with its port.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub fast_external_failover: bool,
    /// `bgp network import-check`: a `network` is announced only while the RIB has that very route.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub network_import_check: bool,
    /// `bgp reject-as-sets` (RFC 9774): routes with AS_SET or AS_CONFED_SET are treated as withdrawn.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reject_as_sets: bool,
    /// `bgp always-compare-med`, `bgp bestpath ...`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bestpath: Bestpath,
    /// `timers bgp KEEPALIVE HOLD`, seconds: of neighbors that say nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timers: Timers,
    /// `bgp graceful-restart ...` (RFC 4724, 8538).
    #[serde(default, skip_serializing_if = "is_default")]
    pub graceful_restart: GracefulRestart,
    /// `bgp graceful-shutdown`: everything leaves with GRACEFUL_SHUTDOWN and is taken with local preference 0 (RFC 8326).
    #[serde(default, skip_serializing_if = "is_default")]
    pub graceful_shutdown: bool,
    /// `bgp shutdown [message TEXT]`: every session is down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shutdown: Option<Shutdown>,
    /// `bgp no-rib`: nothing is installed (a route server or reflector that does not forward).
    #[serde(default, skip_serializing_if = "is_default")]
    pub no_rib: bool,
    /// `bgp listen limit N` and `bgp listen range PREFIX peer-group NAME`: dynamic neighbors.
    #[serde(default, skip_serializing_if = "is_default")]
    pub listen: Listen,
    /// `neighbor NAME peer-group`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub peer_groups: BTreeMap<String, NeighborConfig>,
    /// `neighbor A.B.C.D ...` or `neighbor IFNAME interface ...`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub neighbors: BTreeMap<PeerKey, NeighborConfig>,
    /// `address-family ipv4|ipv6 unicast`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub families: BTreeMap<Family, FamilyConfig>,
    /// `rpki`: validating caches (RFC 8210).
    #[serde(default, skip_serializing_if = "is_default")]
    pub rpki: Rpki,
    /// `bmp targets NAME`: monitoring stations (RFC 7854).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bmp: BTreeMap<String, BmpTarget>,
}

impl Config {
    /// `router bgp AS` and nothing else.
    pub fn new(asn: u32) -> Config {
        Config {
            asn,
            router_id: None,
            cluster_id: None,
            confederation: None,
            default_ipv4_unicast: true,
            default_local_preference: LOCAL_PREFERENCE,
            ebgp_requires_policy: true,
            log_neighbor_changes: true,
            fast_external_failover: true,
            network_import_check: true,
            reject_as_sets: false,
            bestpath: Bestpath::default(),
            timers: Timers::default(),
            graceful_restart: GracefulRestart::default(),
            graceful_shutdown: false,
            shutdown: None,
            no_rib: false,
            listen: Listen::default(),
            peer_groups: BTreeMap::new(),
            neighbors: BTreeMap::new(),
            families: BTreeMap::new(),
            rpki: Rpki::default(),
            bmp: BTreeMap::new(),
        }
    }
}

/// LOCAL_PREF of routes that come without one.
pub const LOCAL_PREFERENCE: u32 = 100;
/// FRR's default.
pub const MAX_PATHS: u8 = 64;

/// A neighbor as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerKey {
    /// `neighbor A.B.C.D`, `neighbor X:X::X:X`.
    Address(IpAddr),
    /// `neighbor IFNAME interface`: whoever is at the other end of the link (RFC 8950, by its link-local address).
    Interface(String),
}

impl core::fmt::Display for PeerKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            PeerKey::Address(address) => f.pad(&address.to_string()),
            PeerKey::Interface(name) => f.pad(name),
        }
    }
}

impl core::str::FromStr for PeerKey {
    type Err = core::convert::Infallible;
    /// An address if it is one, else the name of an interface.
    fn from_str(s: &str) -> Result<PeerKey, Self::Err> {
        Ok(s.parse().map_or_else(|_| PeerKey::Interface(s.to_owned()), PeerKey::Address))
    }
}

impl Serialize for PeerKey {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PeerKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<PeerKey, D::Error> {
        let text = String::deserialize(d)?;
        Ok(text.parse().unwrap_or(PeerKey::Interface(text)))
    }
}

/// RFC 5065.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Confederation {
    /// The AS the world outside sees.
    pub identifier: u32,
    /// The other member ASes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub peers: BTreeSet<u32>,
}

/// The knobs of the decision process. All off by default, as in FRR.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Bestpath {
    /// `bgp always-compare-med`: also between different neighboring ASes.
    #[serde(skip_serializing_if = "is_default")]
    pub always_compare_med: bool,
    /// `bgp deterministic-med`: the best of each neighboring AS first, then the best of those.
    #[serde(skip_serializing_if = "is_default")]
    pub deterministic_med: bool,
    /// `bgp bestpath as-path ignore`.
    #[serde(skip_serializing_if = "is_default")]
    pub as_path_ignore: bool,
    /// `bgp bestpath as-path confed`: confederation segments count in the length.
    #[serde(skip_serializing_if = "is_default")]
    pub as_path_confed: bool,
    /// `bgp bestpath as-path multipath-relax`: equal lengths suffice for multipath.
    #[serde(skip_serializing_if = "is_default")]
    pub multipath_relax: bool,
    /// `bgp bestpath compare-routerid`: the lower router id wins among eBGP paths, not the older one.
    #[serde(skip_serializing_if = "is_default")]
    pub compare_routerid: bool,
    /// `bgp bestpath med confed`: MED is compared among paths of the confederation.
    #[serde(skip_serializing_if = "is_default")]
    pub med_confed: bool,
    /// `bgp bestpath med missing-as-worst`.
    #[serde(skip_serializing_if = "is_default")]
    pub med_missing_as_worst: bool,
}

/// Seconds.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Timers {
    /// Between KEEPALIVEs, 0..=65535; never more than a third of the hold time agreed.
    pub keepalive: u16,
    /// Without a word the session ends after this: 0 (never), 3..=65535.
    pub hold: u16,
}

impl Default for Timers {
    fn default() -> Timers {
        Timers { keepalive: 60, hold: 180 }
    }
}

/// RFC 4724.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GracefulRestart {
    /// What is offered: helper by default, as in FRR.
    pub mode: GracefulRestartMode,
    /// `bgp graceful-restart restart-time N`: how long peers are to wait for us, and we for them after a start, seconds,
    /// 1..=4095.
    pub restart_time: u16,
    /// `bgp graceful-restart stalepath-time N`: how long a peer's stale routes live, seconds, 1..=4095.
    pub stalepath_time: u16,
    /// `bgp graceful-restart select-defer-time N`: after our restart, how long End-of-RIB is waited for.
    pub select_defer_time: u16,
    /// `bgp graceful-restart preserve-fw-state`: the F bit, but for the first session after a start: then nothing was
    /// preserved.
    pub preserve_fw_state: bool,
    /// `bgp graceful-restart notification` (RFC 8538): a NOTIFICATION is a restart as well, unless it is a hard reset.
    pub notification: bool,
}

impl Default for GracefulRestart {
    fn default() -> GracefulRestart {
        GracefulRestart {
            mode: GracefulRestartMode::Helper,
            restart_time: 120,
            stalepath_time: 360,
            select_defer_time: 360,
            preserve_fw_state: false,
            notification: true,
        }
    }
}

/// `bgp graceful-restart`, `bgp graceful-restart-disable`, `neighbor X graceful-restart[-helper|-disable]`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GracefulRestartMode {
    /// Neither.
    Disable,
    /// Keeps the routes of peers that restart.
    #[default]
    Helper,
    /// And asks peers to keep its own.
    Restarter,
}

/// Administratively down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Shutdown {
    /// Sent to the peer, at most 255 bytes of UTF-8 (RFC 9003).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Dynamic neighbors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Listen {
    /// How many there may be, 1..=65535.
    #[serde(skip_serializing_if = "is_listen_limit")]
    pub limit: u16,
    /// The peer group of whoever connects from inside.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ranges: BTreeMap<Prefix, String>,
}

impl Default for Listen {
    fn default() -> Listen {
        Listen { limit: LISTEN_LIMIT, ranges: BTreeMap::new() }
    }
}

const LISTEN_LIMIT: u16 = 100;

/// `neighbor X remote-as ...`.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum RemoteAs {
    /// `internal`: our own.
    Internal,
    /// `external`: any but our own.
    External,
    /// This very AS.
    Number(u32),
}

/// `neighbor X ...` outside an address family; of a neighbor or of a peer group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NeighborConfig {
    /// `peer-group NAME`: whose settings it inherits. Not of a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_group: Option<String>,
    /// `remote-as`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_as: Option<RemoteAs>,
    /// `description TEXT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `shutdown [message TEXT]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown: Option<Shutdown>,
    /// `password KEY`: TCP-MD5 (RFC 2385), 1 to 80 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// `port N`: the TCP port to connect to; absent: 179.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `interface IFNAME`: the link of a link-local address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// `update-source ADDRESS|IFNAME`: our end of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_source: Option<UpdateSource>,
    /// `ebgp-multihop [N]`, 1..=255: TTL of an eBGP session; absent: 1. Not with `ttl_security_hops`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ebgp_multihop: Option<u8>,
    /// `ttl-security hops N`, 1..=254: GTSM (RFC 5082): TTL 255 is sent, at least 256-N is demanded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_security_hops: Option<u8>,
    /// `disable-connected-check`: an eBGP peer with TTL 1 need not be on a connected network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_connected_check: Option<bool>,
    /// `passive`: never connects, only accepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passive: Option<bool>,
    /// `timers KEEPALIVE HOLD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timers: Option<Timers>,
    /// `timers connect N`, seconds, 1..=65535; absent: 120 (FRR); the first attempt is made at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_retry: Option<u16>,
    /// `timers delayopen N`, seconds, 1..=240.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_open: Option<u16>,
    /// `advertisement-interval N`, seconds, 0..=600: MRAI (RFC 4271 9.2.1.1); absent: 0 (FRR).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advertisement_interval: Option<u16>,
    /// `local-as AS [no-prepend [replace-as]]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_as: Option<LocalAs>,
    /// `enforce-first-as`: an eBGP peer's AS must be first in its paths (RFC 4271 6.3); absent: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforce_first_as: Option<bool>,
    /// `capability extended-nexthop` (RFC 8950); absent: only over interface neighbors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_nexthop: Option<bool>,
    /// `dont-capability-negotiate`: OPEN without optional parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dont_capability_negotiate: Option<bool>,
    /// `override-capability`: takes the families configured, whatever the peer says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_capability: Option<bool>,
    /// `strict-capability-match`: no session unless the peer has all we offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict_capability_match: Option<bool>,
    /// `local-role ROLE [strict-mode]` (RFC 9234).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<LocalRole>,
    /// `graceful-restart`, `graceful-restart-helper`, `graceful-restart-disable`; absent: the process's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graceful_restart: Option<GracefulRestartMode>,
    /// `solo`: never shares an update group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solo: Option<bool>,
    /// `address-family ...` of this neighbor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub families: BTreeMap<Family, NeighborFamily>,
}

/// Our end of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateSource {
    /// This address of ours.
    Address(IpAddr),
    /// The first address of the family on this interface.
    Interface(String),
}

/// `local-as`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LocalAs {
    /// The AS we pretend to be.
    pub asn: u32,
    /// It is not put before what the peer sends.
    #[serde(default, skip_serializing_if = "is_default")]
    pub no_prepend: bool,
    /// It stands in place of our own AS in what we send.
    #[serde(default, skip_serializing_if = "is_default")]
    pub replace_as: bool,
}

/// What we are to the peer (RFC 9234).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LocalRole {
    /// Our role.
    pub role: Role,
    /// No session with a peer that has no role.
    #[serde(default, skip_serializing_if = "is_default")]
    pub strict: bool,
}

/// RFC 9234 section 3; the discriminant is the value of the capability.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// We sell transit to the peer.
    Provider = 0,
    /// We are a route server.
    RsServer = 1,
    /// The peer is a route server.
    RsClient = 2,
    /// The peer sells us transit.
    Customer = 3,
    /// Neither.
    Peer = 4,
}

/// `neighbor X ...` inside an address family; of a neighbor or of a peer group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NeighborFamily {
    /// `activate`; absent: IPv4 as `default-ipv4-unicast` says, others no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activate: Option<bool>,
    /// `route-map NAME in`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map_in: Option<String>,
    /// `route-map NAME out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map_out: Option<String>,
    /// `prefix-list NAME in`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_list_in: Option<String>,
    /// `prefix-list NAME out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_list_out: Option<String>,
    /// `distribute-list ACL in`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribute_list_in: Option<String>,
    /// `distribute-list ACL out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribute_list_out: Option<String>,
    /// `filter-list ASPATH in`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_list_in: Option<String>,
    /// `filter-list ASPATH out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_list_out: Option<String>,
    /// `next-hop-self [force]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop_self: Option<NextHopSelf>,
    /// `attribute-unchanged [as-path] [next-hop] [med]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_unchanged: Option<Unchanged>,
    /// `route-reflector-client`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_reflector_client: Option<bool>,
    /// `route-server-client`: neither our AS nor our address is put into what it gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_server_client: Option<bool>,
    /// `soft-reconfiguration inbound`. Received routes are always kept as they came; accepted for its users' sake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_reconfiguration: Option<bool>,
    /// `default-originate [route-map NAME]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_originate: Option<DefaultOriginate>,
    /// `maximum-prefix N ...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_prefix: Option<MaximumPrefix>,
    /// `maximum-prefix-out N`: no more than this are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_prefix_out: Option<u32>,
    /// `allowas-in [N|origin]`: how often our own AS may be in a path; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowas_in: Option<AllowAsIn>,
    /// `as-override`: the peer's AS is replaced by ours in what it gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_override: Option<bool>,
    /// `remove-private-AS [all] [replace-AS]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove_private_as: Option<RemovePrivateAs>,
    /// `send-community ...`; absent: all kinds (FRR).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_community: Option<SendCommunity>,
    /// `weight N`, of what comes from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
    /// `addpath-tx-all-paths`, `addpath-tx-bestpath-per-AS`; absent: the best only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addpath_tx: Option<AddPathTx>,
    /// `disable-addpath-rx`: we do not offer to take several paths; absent: we do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_addpath_rx: Option<bool>,
}

/// `next-hop-self`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NextHopSelf {
    /// Of reflected routes as well.
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
}

/// `attribute-unchanged`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Unchanged {
    /// AS_PATH is sent as it is.
    #[serde(skip_serializing_if = "is_default")]
    pub as_path: bool,
    /// NEXT_HOP is sent as it is.
    #[serde(skip_serializing_if = "is_default")]
    pub next_hop: bool,
    /// MED is sent as it is.
    #[serde(skip_serializing_if = "is_default")]
    pub med: bool,
}

/// `default-originate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DefaultOriginate {
    /// Only while some route passes it; what it sets is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map: Option<String>,
}

/// `maximum-prefix N [THRESHOLD] [restart MINUTES|warning-only] [force]`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MaximumPrefix {
    /// More than this end the session.
    pub limit: u32,
    /// Percent of the limit at which a warning is given, 1..=100; absent: 75.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u8>,
    /// Minutes after which the session is tried again; absent: by `clear bgp` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<u16>,
    /// Only say so.
    #[serde(default, skip_serializing_if = "is_default")]
    pub warning_only: bool,
    /// Those that policy refused count as well.
    #[serde(default, skip_serializing_if = "is_default")]
    pub force: bool,
}

/// `allowas-in`.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum AllowAsIn {
    /// Only as the origin.
    Origin,
    /// This often, 1..=10.
    Times(u8),
}

/// `remove-private-AS`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RemovePrivateAs {
    /// Even where public ones are in the path.
    #[serde(skip_serializing_if = "is_default")]
    pub all: bool,
    /// Ours takes their place.
    #[serde(skip_serializing_if = "is_default")]
    pub replace_as: bool,
}

/// Which communities are sent.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SendCommunity {
    /// RFC 1997.
    pub standard: bool,
    /// RFC 4360.
    pub extended: bool,
    /// RFC 8092.
    pub large: bool,
}

impl Default for SendCommunity {
    fn default() -> SendCommunity {
        SendCommunity { standard: true, extended: true, large: true }
    }
}

/// Several paths a prefix (RFC 7911).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddPathTx {
    /// Every path.
    All,
    /// The best of each neighboring AS.
    BestPerAs,
}

/// `address-family ipv4|ipv6 unicast`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct FamilyConfig {
    /// `network PREFIX [route-map NAME]`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub networks: BTreeMap<Prefix, NetworkConfig>,
    /// `redistribute PROTOCOL [metric N] [route-map NAME]`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub redistribute: BTreeMap<Protocol, Redistribute>,
    /// `aggregate-address PREFIX ...`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub aggregates: BTreeMap<Prefix, Aggregate>,
    /// `maximum-paths N`, 1..=64: equally good eBGP paths a route may use; absent: 64 (FRR).
    #[serde(skip_serializing_if = "is_max_paths")]
    pub maximum_paths: u8,
    /// `maximum-paths ibgp N`, 1..=64.
    #[serde(skip_serializing_if = "is_max_paths")]
    pub maximum_paths_ibgp: u8,
    /// `distance bgp EXTERNAL INTERNAL LOCAL`, 1..=255 each.
    #[serde(skip_serializing_if = "is_default")]
    pub distance: Distance,
    /// `table-map NAME`: what may enter the RIB, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_map: Option<String>,
}

impl Default for FamilyConfig {
    fn default() -> FamilyConfig {
        FamilyConfig {
            networks: BTreeMap::new(),
            redistribute: BTreeMap::new(),
            aggregates: BTreeMap::new(),
            maximum_paths: MAX_PATHS,
            maximum_paths_ibgp: MAX_PATHS,
            distance: Distance::default(),
            table_map: None,
        }
    }
}

/// `network`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NetworkConfig {
    /// Changes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map: Option<String>,
}

/// How another protocol's routes enter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Redistribute {
    /// Their MED; absent: the route's own metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<u32>,
    /// Filter and change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map: Option<String>,
}

/// `aggregate-address PREFIX [as-set] [summary-only] [route-map NAME] [origin O] [matching-MED-only] [suppress-map NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Aggregate {
    /// The ASes of what it covers form an AS_SET. Deprecated by RFC 9774.
    #[serde(skip_serializing_if = "is_default")]
    pub as_set: bool,
    /// What it covers is not sent.
    #[serde(skip_serializing_if = "is_default")]
    pub summary_only: bool,
    /// Which of what it covers is not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppress_map: Option<String>,
    /// Changes the aggregate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map: Option<String>,
    /// Of the aggregate; absent: the worst of what it covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<policy::bgp::Origin>,
    /// Only while all have one MED.
    #[serde(skip_serializing_if = "is_default")]
    pub matching_med_only: bool,
}

/// Administrative distances, 1..=255.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Distance {
    /// Of eBGP routes.
    pub external: u8,
    /// Of iBGP routes.
    pub internal: u8,
    /// Of aggregates and the like.
    pub local: u8,
}

impl Default for Distance {
    fn default() -> Distance {
        Distance { external: 20, internal: 200, local: 200 }
    }
}

/// `rpki`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Rpki {
    /// `rpki cache ADDRESS PORT preference N`, by preference: the first that answers is used.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub caches: BTreeMap<u8, RpkiCache>,
    /// `rpki polling_period N`, seconds, 1..=86400; absent: 3600 until the cache says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<u32>,
    /// `rpki retry_interval N`, seconds, 1..=7200; absent: 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<u32>,
    /// `rpki expire_interval N`, seconds, 600..=172800; absent: 7200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire: Option<u32>,
}

/// A validating cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RpkiCache {
    /// Where.
    pub address: IpAddr,
    /// TCP port.
    pub port: u16,
}

/// `bmp targets NAME`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct BmpTarget {
    /// `bmp connect ADDRESS port N`: the station; without it nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect: Option<BmpStation>,
    /// `bmp monitor ipv4|ipv6 unicast pre-policy`: routes as they were received.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub pre_policy: BTreeSet<Family>,
    /// `bmp monitor ipv4|ipv6 unicast post-policy`: routes as policy left them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub post_policy: BTreeSet<Family>,
    /// `bmp stats interval N`, milliseconds, 100..=86400000; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats_interval: Option<u32>,
}

/// Where monitoring messages go.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BmpStation {
    /// The address.
    pub address: IpAddr,
    /// TCP port, 1..=65535.
    pub port: u16,
}

fn yes() -> bool {
    true
}

fn is_true(b: &bool) -> bool {
    *b
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn local_preference() -> u32 {
    LOCAL_PREFERENCE
}

fn is_local_preference(n: &u32) -> bool {
    *n == LOCAL_PREFERENCE
}

fn is_max_paths(n: &u8) -> bool {
    *n == MAX_PATHS
}

fn is_listen_limit(n: &u16) -> bool {
    *n == LISTEN_LIMIT
}
