//! What `show ip rip ...` can tell: plain snapshots, rendered elsewhere.

use crate::config::{SplitHorizon, TimersConfig, Versions};
use core::net::{IpAddr, Ipv4Addr};
use fib::{Prefix, Protocol};
use serde::{Deserialize, Serialize};

/// `show ip rip`: the table with what each route is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// In prefix order.
    pub routes: Vec<RouteView>,
}

/// One RIP route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteView {
    /// The network.
    pub prefix: Prefix,
    /// Rip for learned ones, `route` and the originated default; connected for those of `network` interfaces (FRR's
    /// `C(i)`); else where it was redistributed from.
    pub protocol: Protocol,
    /// As FRR: `normal`, `static`, `default`, `redistribute`, `interface`.
    pub sub_type: String,
    /// Metric, 1..=infinity.
    pub metric: u32,
    /// Route tag.
    pub tag: u16,
    /// The distance it enters the RIB with.
    pub distance: u8,
    /// Ways to it; none for what is our own, but the gateway of a redistributed route that has one.
    pub next_hops: Vec<NextHopView>,
    /// Whether it is in its garbage time (unreachable, still announced).
    pub garbage: bool,
    /// Whether it is held down.
    pub holddown: bool,
    /// Changed since the last update.
    pub changed: bool,
}

/// One way to a RIP route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NextHopView {
    /// Next hop; unspecified for our own routes.
    pub gateway: Ipv4Addr,
    /// The neighbor that told us.
    pub from: Ipv4Addr,
    /// Outgoing interface.
    pub interface: String,
    /// Metric through this one.
    pub metric: u32,
    /// Milliseconds until timeout (or garbage collection); `None`: does not age.
    pub expires_ms: Option<u64>,
}

/// `show ip rip status`: the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Timers in force, seconds.
    pub timers: TimersConfig,
    /// Milliseconds until the next periodic update.
    pub next_update_ms: u64,
    /// Default administrative distance.
    pub distance: u8,
    /// `default-metric`.
    pub default_metric: u8,
    /// The metric that means unreachable.
    pub infinity: u8,
    /// What is redistributed.
    pub redistribute: Vec<Protocol>,
    /// `network` statements as written.
    pub networks: Vec<String>,
    /// `neighbor` statements.
    pub neighbors_configured: Vec<Ipv4Addr>,
    /// Interfaces RIP runs on.
    pub interfaces: Vec<InterfaceView>,
    /// Passive ones.
    pub passive: Vec<String>,
    /// Where routes come from.
    pub sources: Vec<SourceView>,
    /// Every counter with its name, in order.
    pub counters: Vec<(String, u64)>,
}

/// One interface RIP runs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InterfaceView {
    /// Its name.
    pub name: String,
    /// Sent versions.
    pub send: Versions,
    /// Accepted versions.
    pub receive: Versions,
    /// Split horizon.
    pub split_horizon: SplitHorizon,
    /// Key chain or `string`, if authenticated; never the key itself.
    pub authentication: Option<String>,
    /// Receives but does not send.
    pub passive: bool,
}

/// One neighbor heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceView {
    /// Its address.
    pub address: IpAddr,
    /// The interface it is heard on.
    pub interface: String,
    /// Packets refused.
    pub bad_packets: u64,
    /// Routes refused.
    pub bad_routes: u64,
    /// Its distance.
    pub distance: u8,
    /// Milliseconds since it was last heard.
    pub last_update_ms: u64,
    /// Why its last refused packet was refused, in words.
    pub last_error: Option<String>,
}
