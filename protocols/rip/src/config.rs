//! What an operator writes about RIP. Plain data with FRR's meanings and defaults.

use core::net::Ipv4Addr;
use fib::{Prefix, Protocol};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `rip` section; its presence enables the process (`router rip`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// `version 1|2`: both what is sent and what is accepted. Absent: send 2, accept 1 and 2, as FRR.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u8>,
    /// `network A.B.C.D/M`: RIP runs on the interfaces with an address inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<Prefix>,
    /// `network IFNAME`: RIP runs on these interfaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub network_interfaces: Vec<String>,
    /// `neighbor A.B.C.D`: also send to these by unicast.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub neighbors: Vec<Ipv4Addr>,
    /// `passive-interface default`.
    #[serde(skip_serializing_if = "is_default")]
    pub passive_default: bool,
    /// `passive-interface IFNAME`; with `passive-default`, the exceptions (`no passive-interface IFNAME`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passive_interfaces: Vec<String>,
    /// `default-information originate`.
    #[serde(skip_serializing_if = "is_default")]
    pub default_information_originate: bool,
    /// `default-metric N`, 1..=16: metric of redistributed routes without one of their own.
    #[serde(skip_serializing_if = "is_one")]
    pub default_metric: u8,
    /// `distance N`, 1..=255.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<u8>,
    /// `distance N A.B.C.D/M [ACL]`: by the neighbor that sent the route, and what it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distances: Vec<SourceDistance>,
    /// `distribute-list`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distribute_lists: Vec<DistributeList>,
    /// `offset-list`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offset_lists: Vec<OffsetList>,
    /// `route-map NAME in|out IFNAME`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub route_maps: Vec<InterfaceRouteMap>,
    /// `redistribute PROTOCOL [metric N] [route-map NAME]`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub redistribute: BTreeMap<Protocol, Redistribute>,
    /// `route A.B.C.D/M`: announce this prefix as if learned here with metric 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Prefix>,
    /// `timers basic UPDATE TIMEOUT GARBAGE`.
    #[serde(skip_serializing_if = "is_default")]
    pub timers: TimersConfig,
    /// `allow-ecmp [N]`: how many next hops a route may have; 1 (the default) is no ECMP, 0 no limit but 64.
    #[serde(skip_serializing_if = "is_one")]
    pub maximum_paths: u8,
    /// `infinity N`, 2..=255: the metric that means unreachable. For teaching; 16 is the protocol's (RFC 2453 3.6).
    #[serde(skip_serializing_if = "is_sixteen")]
    pub infinity: u8,
    /// `triggered-updates`: false sends only periodic ones. For teaching; RFC 2453 3.10.1 wants them.
    #[serde(skip_serializing_if = "is_true")]
    pub triggered_updates: bool,
    /// What `interface` says about RIP.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub interfaces: BTreeMap<String, InterfaceConfig>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            version: None,
            networks: Vec::new(),
            network_interfaces: Vec::new(),
            neighbors: Vec::new(),
            passive_default: false,
            passive_interfaces: Vec::new(),
            default_information_originate: false,
            default_metric: 1,
            distance: None,
            distances: Vec::new(),
            distribute_lists: Vec::new(),
            offset_lists: Vec::new(),
            route_maps: Vec::new(),
            redistribute: BTreeMap::new(),
            routes: Vec::new(),
            timers: TimersConfig::default(),
            maximum_paths: 1,
            infinity: 16,
            triggered_updates: true,
            interfaces: BTreeMap::new(),
        }
    }
}

/// `timers basic`, seconds, each 1..=65535 (FRR: 5..; short ones are for labs).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TimersConfig {
    /// Between periodic updates, jittered (RFC 2453 3.8).
    pub update: u16,
    /// Without an update a route is unreachable after this.
    pub timeout: u16,
    /// An unreachable route is forgotten after this.
    pub garbage: u16,
    /// Cisco-style holddown after a route is lost: no other news believed. 0 is off (the default).
    #[serde(skip_serializing_if = "is_default")]
    pub holddown: u16,
}

impl Default for TimersConfig {
    fn default() -> TimersConfig {
        TimersConfig { update: 30, timeout: 180, garbage: 120, holddown: 0 }
    }
}

/// `distance N A.B.C.D/M [ACL]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SourceDistance {
    /// 1..=255.
    pub distance: u8,
    /// Neighbors it holds for.
    pub source: Prefix,
    /// Access list over the routes; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_list: Option<String>,
}

/// Received or sent.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// On received routes.
    In,
    /// On sent routes.
    Out,
}

/// Which list a filter uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListName {
    /// An access list.
    AccessList(String),
    /// A prefix list.
    PrefixList(String),
}

/// `distribute-list [prefix] NAME in|out [IFNAME]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DistributeList {
    /// The list; what it denies is not learned or not told.
    pub list: ListName,
    /// In or out.
    pub direction: Direction,
    /// Absent: every interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
}

/// `offset-list ACL in|out METRIC [IFNAME]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OffsetList {
    /// Routes it holds for.
    pub access_list: String,
    /// In or out.
    pub direction: Direction,
    /// Added to the metric, 0..=16.
    pub metric: u8,
    /// Absent: every interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
}

/// `route-map NAME in|out IFNAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InterfaceRouteMap {
    /// The map.
    pub route_map: String,
    /// In or out.
    pub direction: Direction,
    /// The interface.
    pub interface: String,
}

/// How another protocol's routes enter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Redistribute {
    /// 0..=16; absent: default-metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<u8>,
    /// Filter and change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map: Option<String>,
}

/// What one interface does differently.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct InterfaceConfig {
    /// `ip rip send version`; absent: the process's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_version: Option<Versions>,
    /// `ip rip receive version`; absent: the process's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receive_version: Option<Versions>,
    /// `ip rip v2-broadcast`: send version 2 to the broadcast address.
    #[serde(skip_serializing_if = "is_default")]
    pub v2_broadcast: bool,
    /// `ip rip split-horizon [poisoned-reverse]`.
    #[serde(skip_serializing_if = "is_default")]
    pub split_horizon: SplitHorizon,
    /// `ip rip authentication ...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,
}

/// What is told back to where it was learned (RFC 2453 3.4.3).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitHorizon {
    /// Everything: `no ip rip split-horizon`.
    Off,
    /// Nothing.
    #[default]
    Simple,
    /// Unreachable: `ip rip split-horizon poisoned-reverse`.
    PoisonedReverse,
}

/// Protocol versions sent or accepted on an interface.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Versions {
    /// Version 1 only.
    #[serde(rename = "1")]
    V1,
    /// Version 2 only.
    #[serde(rename = "2")]
    V2,
    /// Both: `1 2`.
    #[serde(rename = "1 2")]
    Both,
    /// Neither (receive only).
    #[serde(rename = "none")]
    None,
}

/// How packets of an interface are authenticated. At most one of `key-string` and `key-chain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Authentication {
    /// Plain password or keyed digest; the digest's algorithm is the key's (MD5 unless it says otherwise).
    pub mode: AuthenticationMode,
    /// `ip rip authentication string`, 1 to 16 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_string: Option<String>,
    /// `ip rip authentication key-chain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_chain: Option<String>,
}

/// `ip rip authentication mode text|md5`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthenticationMode {
    /// Simple password (RFC 2453 4.1).
    Text,
    /// Keyed digest (RFC 2082 and RFC 4822): MD5 or HMAC-SHA by the key's algorithm.
    Md5,
}

fn is_default<T: Default + PartialEq>(v: &T) -> bool {
    *v == T::default()
}

fn is_one(v: &u8) -> bool {
    *v == 1
}

fn is_sixteen(v: &u8) -> bool {
    *v == 16
}

fn is_true(v: &bool) -> bool {
    *v
}
