//! What an operator writes about OSPF. Plain data with FRR's meanings and defaults.

use crate::AreaId;
use core::net::Ipv4Addr;
use fib::{Prefix, Protocol};
pub use policy::config::MetricType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `ospf` section; its presence enables the process (`router ospf [ID]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// `router ospf ID`, 1..=65535: the number of the process; of local meaning only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<u16>,
    /// `ospf router-id A.B.C.D`; absent: the highest loopback address, else the highest interface address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub router_id: Option<Ipv4Addr>,
    /// `network A.B.C.D/M area N`: the longest that contains an interface's address puts it into its area.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<Network>,
    /// What is said about areas. One that is only used by an interface need not be here.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub areas: BTreeMap<AreaId, AreaConfig>,
    /// `passive-interface default`.
    #[serde(skip_serializing_if = "is_default")]
    pub passive_default: bool,
    /// `passive-interface IFNAME`; with `passive-default`, the exceptions (`no passive-interface IFNAME`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passive_interfaces: Vec<String>,
    /// `neighbor A.B.C.D [priority N] [poll-interval N]`: neighbors on NBMA networks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub neighbors: BTreeMap<Ipv4Addr, NbmaNeighbor>,
    /// `redistribute PROTOCOL [metric N] [metric-type 1|2] [tag N] [route-map NAME]`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub redistribute: BTreeMap<Protocol, Redistribute>,
    /// `distribute-list ACL out PROTOCOL`: filters what is redistributed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub distribute_lists: BTreeMap<Protocol, String>,
    /// `default-information originate [always] [metric N] [metric-type 1|2] [route-map NAME]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_information: Option<DefaultInformation>,
    /// `default-metric N`, 0..=16777214: of redistributed routes without one of their own; absent: 20, and 10 for
    /// the default route (FRR).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_metric: Option<u32>,
    /// `summary-address A.B.C.D/M [tag N] [no-advertise]`: one external LSA for what it covers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub summary_addresses: BTreeMap<Prefix, SummaryAddress>,
    /// `distance N`, and by kind of route.
    #[serde(skip_serializing_if = "is_default")]
    pub distance: Distance,
    /// `auto-cost reference-bandwidth N`, Mbit/s, 1..=4294967: the bandwidth whose cost is 1.
    #[serde(skip_serializing_if = "is_reference")]
    pub reference_bandwidth: u32,
    /// `maximum-paths N`, 1..=64: next hops a route may have.
    #[serde(skip_serializing_if = "is_max_paths")]
    pub maximum_paths: u8,
    /// When SPF runs, how often LSAs are made and taken.
    #[serde(skip_serializing_if = "is_default")]
    pub timers: TimersConfig,
    /// `compatible rfc1583`: prefer external routes by cost alone (RFC 2328 16.4.1).
    #[serde(skip_serializing_if = "is_default")]
    pub rfc1583_compatible: bool,
    /// `ospf abr-type` (RFC 3509).
    #[serde(skip_serializing_if = "is_default")]
    pub abr_type: AbrType,
    /// `max-metric router-lsa`: the stub router of RFC 6987.
    #[serde(skip_serializing_if = "is_default")]
    pub max_metric: MaxMetric,
    /// `log-adjacency-changes [detail]`.
    #[serde(skip_serializing_if = "is_default")]
    pub log_adjacency_changes: LogAdjacency,
    /// `capability opaque`: transport of opaque LSAs (RFC 5250). On by default: a router that drops them splits the
    /// neighbors that use them.
    #[serde(skip_serializing_if = "is_true")]
    pub opaque: bool,
    /// `graceful-restart helper ...` (RFC 3623).
    #[serde(skip_serializing_if = "is_default")]
    pub graceful_restart_helper: GracefulRestartHelper,
    /// `prefix-suppression`: transit networks are not announced (RFC 6860).
    #[serde(skip_serializing_if = "is_default")]
    pub prefix_suppression: bool,
    /// What `interface` says about OSPF.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub interfaces: BTreeMap<String, InterfaceConfig>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            instance: None,
            router_id: None,
            networks: Vec::new(),
            areas: BTreeMap::new(),
            passive_default: false,
            passive_interfaces: Vec::new(),
            neighbors: BTreeMap::new(),
            redistribute: BTreeMap::new(),
            distribute_lists: BTreeMap::new(),
            default_information: None,
            default_metric: None,
            summary_addresses: BTreeMap::new(),
            distance: Distance::default(),
            reference_bandwidth: REFERENCE_BANDWIDTH,
            maximum_paths: MAX_PATHS,
            timers: TimersConfig::default(),
            rfc1583_compatible: false,
            abr_type: AbrType::default(),
            max_metric: MaxMetric::default(),
            log_adjacency_changes: LogAdjacency::default(),
            opaque: true,
            graceful_restart_helper: GracefulRestartHelper::default(),
            prefix_suppression: false,
            interfaces: BTreeMap::new(),
        }
    }
}

/// FRR's default, Mbit/s.
pub const REFERENCE_BANDWIDTH: u32 = 100_000;
/// FRR's default.
pub const MAX_PATHS: u8 = 64;
/// LSInfinity (RFC 2328 B): an unreachable destination in a summary or external LSA.
pub const LS_INFINITY: u32 = 0x00ff_ffff;

/// `network A.B.C.D/M area N`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Network {
    /// Interfaces with an address inside.
    pub prefix: Prefix,
    /// Their area.
    pub area: AreaId,
}

/// `area N ...`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AreaConfig {
    /// `area N stub|nssa`; a transit area by default.
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    pub kind: AreaKind,
    /// `no-summary`: totally stubby, or totally NSSA. On area border routers.
    #[serde(skip_serializing_if = "is_default")]
    pub no_summary: bool,
    /// `area N default-cost N`, 0..=16777215: of the default route into a stub or NSSA area; absent: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_cost: Option<u32>,
    /// `area N nssa translate-candidate|translate-always|translate-never` (RFC 3101).
    #[serde(skip_serializing_if = "is_default")]
    pub nssa_translator: Translator,
    /// `area N nssa suppress-fa`: translated LSAs lose their forwarding address.
    #[serde(skip_serializing_if = "is_default")]
    pub nssa_suppress_fa: bool,
    /// `area N nssa default-information-originate [metric N] [metric-type 1|2]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nssa_default: Option<NssaDefault>,
    /// `area N range A.B.C.D/M ...`: what leaves the area as one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ranges: BTreeMap<Prefix, Range>,
    /// `area N nssa range A.B.C.D/M ...`: what is translated as one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub nssa_ranges: BTreeMap<Prefix, Range>,
    /// `area N virtual-link A.B.C.D ...`: by the router at the other end.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub virtual_links: BTreeMap<Ipv4Addr, VirtualLink>,
    /// `area N authentication [message-digest]`: of the interfaces that say nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<AuthenticationMode>,
    /// `area N filter-list prefix NAME in`: type-3 LSAs that may enter the area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_list_in: Option<String>,
    /// `area N filter-list prefix NAME out`: networks of the area that may leave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_list_out: Option<String>,
    /// `area N import-list ACL`: type-3 LSAs that may enter the area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import_list: Option<String>,
    /// `area N export-list ACL`: networks of the area that may leave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_list: Option<String>,
}

/// What LSAs an area takes.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AreaKind {
    /// All.
    #[default]
    Normal,
    /// No externals (RFC 2328 3.6).
    Stub,
    /// No type 5 but its own type 7 (RFC 3101).
    Nssa,
}

/// Who translates type 7 into type 5 (RFC 3101 3.1).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Translator {
    /// The elected border router.
    #[default]
    Candidate,
    /// This one.
    Always,
    /// Not this one.
    Never,
}

/// A default route as type 7 into an NSSA.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NssaDefault {
    /// 0..=16777214; absent: the area's default cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<u32>,
    /// Type.
    #[serde(skip_serializing_if = "is_default")]
    pub metric_type: MetricType,
}

/// `area N range`, `area N nssa range`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Range {
    /// `not-advertise`: what it covers stays inside.
    #[serde(skip_serializing_if = "is_default")]
    pub not_advertise: bool,
    /// `cost N`, 0..=16777215; absent: the largest of what it covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<u32>,
    /// `substitute A.B.C.D/M`: announced in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substitute: Option<Prefix>,
}

/// `area N virtual-link A.B.C.D`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct VirtualLink {
    /// Seconds, 1..=65535; absent: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hello_interval: Option<u16>,
    /// Seconds, 1..=65535; absent: 40.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_interval: Option<u16>,
    /// Seconds, 1..=65535; absent: 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retransmit_interval: Option<u16>,
    /// Seconds, 1..=65535; absent: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transmit_delay: Option<u16>,
    /// Absent: area 0's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,
    /// `authentication-key`, 1 to 8 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_key: Option<String>,
    /// `message-digest-key N md5 KEY`, N 1..=255, 1 to 16 characters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub message_digest_keys: BTreeMap<u8, String>,
}

/// `neighbor A.B.C.D`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NbmaNeighbor {
    /// Its priority as far as is known, 0..=255.
    pub priority: u8,
    /// Seconds between hellos while it is down, 1..=65535.
    pub poll_interval: u16,
}

impl Default for NbmaNeighbor {
    fn default() -> NbmaNeighbor {
        NbmaNeighbor { priority: 0, poll_interval: 60 }
    }
}

/// How another protocol's routes enter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Redistribute {
    /// 0..=16777214; absent: `default-metric`, else 20 (FRR).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<u32>,
    /// Type of the external LSAs.
    #[serde(skip_serializing_if = "is_default")]
    pub metric_type: MetricType,
    /// Absent: the route's own tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<u32>,
    /// Filter and change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map: Option<String>,
}

/// `default-information originate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DefaultInformation {
    /// Even without a default route in the table.
    #[serde(skip_serializing_if = "is_default")]
    pub always: bool,
    /// 0..=16777214; absent: 10 (FRR; with `always` 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<u32>,
    /// Type.
    #[serde(skip_serializing_if = "is_default")]
    pub metric_type: MetricType,
    /// Filter and change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map: Option<String>,
}

/// `summary-address A.B.C.D/M`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SummaryAddress {
    /// Its tag.
    #[serde(skip_serializing_if = "is_default")]
    pub tag: u32,
    /// What it covers is not announced, nor is it.
    #[serde(skip_serializing_if = "is_default")]
    pub no_advertise: bool,
}

/// Administrative distances, 1..=255 each; absent: the one for all, else 110.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Distance {
    /// `distance N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<u8>,
    /// `distance ospf intra-area N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intra_area: Option<u8>,
    /// `distance ospf inter-area N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inter_area: Option<u8>,
    /// `distance ospf external N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<u8>,
}

/// When things happen, milliseconds.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TimersConfig {
    /// What delays SPF.
    #[serde(skip_serializing_if = "is_default")]
    pub spf: SpfDelay,
    /// `timers throttle lsa all N`, 0..=5000: MinLSInterval, between two instances of a self-originated LSA
    /// (RFC 2328 B: 5000). The first change after quiet is told at once.
    pub lsa_interval: u32,
    /// `timers lsa min-arrival N`, 0..=600000: MinLSArrival (RFC 2328 B: 1000).
    pub lsa_arrival: u32,
    /// `timers lsa flood-pacing N`, 0..=1000: between Link State Updates of one interface while more wait.
    #[serde(skip_serializing_if = "is_default")]
    pub flood_pacing: u32,
}

impl Default for TimersConfig {
    fn default() -> TimersConfig {
        TimersConfig { spf: SpfDelay::default(), lsa_interval: 5000, lsa_arrival: 1000, flood_pacing: 0 }
    }
}

/// What delays SPF after a change.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum SpfDelay {
    /// `timers throttle spf DELAY HOLD MAX`: exponential back-off, each 0..=600000 ms.
    Throttle {
        /// From the first change after quiet to SPF.
        delay: u32,
        /// The least time between two SPFs at first; doubles while changes go on.
        hold: u32,
        /// The most it grows to.
        max: u32,
    },
    /// `timers spf-delay-ietf`: the state machine of RFC 8405, each 0..=60000 ms.
    Ietf {
        /// INITIAL_SPF_DELAY.
        initial: u32,
        /// SHORT_SPF_DELAY.
        short: u32,
        /// LONG_SPF_DELAY.
        long: u32,
        /// HOLDDOWN_INTERVAL.
        holddown: u32,
        /// TIME_TO_LEARN_INTERVAL.
        learn: u32,
    },
}

impl Default for SpfDelay {
    /// The state machine of RFC 8405 with delays for routers that calculate in milliseconds: the first change is acted on
    /// at once, and a storm costs at most three calculations a second. Its section 6 leaves the values to the operator;
    /// all routers of a network had better have the same.
    fn default() -> SpfDelay {
        SpfDelay::Ietf { initial: 0, short: 50, long: 300, holddown: 3000, learn: 500 }
    }
}

/// Which border router looks at whose summaries (RFC 3509).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbrType {
    /// Border router only with the backbone configured; FRR's and Cisco's.
    #[default]
    Cisco,
    /// Only with an active backbone connection.
    Ibm,
    /// Uses the shortest way through any area.
    Shortcut,
    /// RFC 2328 to the letter.
    Standard,
}

/// `max-metric router-lsa` (RFC 6987).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct MaxMetric {
    /// `administrative`: until it is taken back.
    #[serde(skip_serializing_if = "is_default")]
    pub administrative: bool,
    /// `on-startup N`: so many seconds after the start, 5..=86400.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_startup: Option<u32>,
    /// `on-shutdown N`: so many seconds before the end, 5..=100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_shutdown: Option<u32>,
}

/// `log-adjacency-changes`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogAdjacency {
    /// Nothing.
    Off,
    /// Full reached and lost.
    #[default]
    On,
    /// Every change of state.
    Detail,
}

/// `graceful-restart helper` (RFC 3623 section 3).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GracefulRestartHelper {
    /// Help at all. On, unlike in FRR 8: a neighbor that asks for help in its restart gets it, as in IOS.
    pub enabled: bool,
    /// `strict-lsa-checking`: stop helping when an LSA changes that the neighbor would get.
    pub strict_lsa_checking: bool,
    /// `supported-grace-time N`, 10..=1800 seconds: the longest grace period granted.
    pub supported_grace_time: u16,
    /// `planned-only`: not after a crash.
    pub planned_only: bool,
}

impl Default for GracefulRestartHelper {
    fn default() -> GracefulRestartHelper {
        GracefulRestartHelper {
            enabled: true,
            strict_lsa_checking: true,
            supported_grace_time: 1800,
            planned_only: false,
        }
    }
}

/// What one interface says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct InterfaceConfig {
    /// `ip ospf area N`; wins over `network`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaId>,
    /// `ip ospf cost N`, 1..=65535; absent: reference bandwidth over the interface's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<u16>,
    /// `ip ospf cost measured ...`: half an echo's round trip, instead of a fixed cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// `ip ospf priority N`, 0..=255; absent: 1. 0 is never DR.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// `ip ospf network ...`; absent: broadcast, on a loopback stub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkType>,
    /// `ip ospf hello-interval N`, 1..=65535 seconds; absent: 10, on NBMA and point-to-multipoint 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hello_interval: Option<u16>,
    /// `ip ospf dead-interval N`, 1..=65535 seconds; absent: four hellos.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_interval: Option<u16>,
    /// `ip ospf dead-interval minimal hello-multiplier N`, 2..=20: dead after one second, N hellos in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hello_multiplier: Option<u8>,
    /// `ip ospf retransmit-interval N`, 1..=65535 seconds; absent: 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retransmit_interval: Option<u16>,
    /// `ip ospf transmit-delay N`, 1..=65535 seconds added to the age of what is flooded; absent: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transmit_delay: Option<u16>,
    /// `ip ospf mtu-ignore`.
    #[serde(skip_serializing_if = "is_default")]
    pub mtu_ignore: bool,
    /// `ip ospf passive`, `no ip ospf passive` (as FRR takes and prints it); absent: as the process says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passive: Option<bool>,
    /// `ip ospf authentication [null|message-digest|key-chain NAME]`; absent: the area's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,
    /// `ip ospf authentication-key KEY`, 1 to 8 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_key: Option<String>,
    /// `ip ospf message-digest-key N md5 KEY`, 1 to 16 characters; the youngest (last) key signs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub message_digest_keys: BTreeMap<u8, String>,
    /// `ip ospf prefix-suppression [disable]`; absent: as the process says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_suppression: Option<bool>,
}

/// Kinds of network (RFC 2328 section 1.2, 9).
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkType {
    /// Many routers, multicast, a designated router.
    Broadcast,
    /// Two routers.
    PointToPoint,
    /// Many routers, no multicast, a designated router.
    NonBroadcast,
    /// A set of point-to-point links, no designated router.
    PointToMultipoint,
}

/// `authentication` with its parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authentication {
    /// None, whatever the area says; `none` in YAML, where `null` means that nothing is said.
    #[serde(rename = "none")]
    Null,
    /// Plain password.
    Simple,
    /// Keyed MD5 with `message-digest-key`.
    MessageDigest,
    /// The keys of a chain: MD5 or HMAC-SHA as each key says (RFC 5709, 7474).
    KeyChain(String),
}

/// `area N authentication`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthenticationMode {
    /// Plain password.
    Simple,
    /// Keyed MD5.
    MessageDigest,
}

/// A cost that is measured: half the round trip of an echo to the neighbor, smoothed; changed only when it has moved by
/// more than the hysteresis for several probes on end.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Measured {
    /// Seconds between echoes, 1..=3600.
    pub interval: u16,
    /// Microseconds of one-way delay that cost 1, 1..=1000000.
    pub unit: u32,
    /// Percent by which the smoothed delay must leave that of the announced cost, 1..=100.
    pub hysteresis: u8,
    /// The least cost, 1..=65535.
    pub minimum: u16,
    /// The most, 1..=65535.
    pub maximum: u16,
}

impl Default for Measured {
    fn default() -> Measured {
        Measured { interval: 10, unit: 100, hysteresis: 25, minimum: 1, maximum: 65_535 }
    }
}

fn is_default<T: Default + PartialEq>(v: &T) -> bool {
    *v == T::default()
}

fn is_true(v: &bool) -> bool {
    *v
}

fn is_reference(v: &u32) -> bool {
    *v == REFERENCE_BANDWIDTH
}

fn is_max_paths(v: &u8) -> bool {
    *v == MAX_PATHS
}
