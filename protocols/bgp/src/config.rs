//! What an operator writes about BGP. Plain data with FRR's meanings and defaults. What a neighbor does not say, its peer
//! group says, and what neither says has the default given here: every field of both is an `Option`.

mod dump;
mod family;
mod monitor;
mod neighbor;
mod neighbor_family;
mod text;

pub use dump::{Dump, DumpKind};
pub use family::*;
pub use monitor::*;
pub use neighbor::*;
pub use neighbor_family::*;
pub use text::asn;

use crate::Family;
use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;
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
    /// `dump bgp ...`: what is written to MRT files (RFC 6396).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dump: BTreeMap<DumpKind, Dump>,
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
            dump: BTreeMap::new(),
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

fn is_listen_limit(n: &u16) -> bool {
    *n == LISTEN_LIMIT
}
