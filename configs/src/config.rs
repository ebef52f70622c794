//! The whole configuration of a router as one value. Sections of protocols live with their protocols.

use bgp::config::PeerKey;
use core::net::IpAddr;
use fib::{IfAddr, Prefix, RpFilter, TableId};
use proto::Level;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A router's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// The name in the prompt: 1 to 63 letters, digits, `-`, `_` and `.`.
    pub hostname: String,
    /// By name. A configured interface that does not exist is pending, not an error.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub interfaces: BTreeMap<String, Interface>,
    /// `ip route` and `ipv6 route`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<StaticRoute>,
    /// `ip rule`: which table is asked for which packets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Settings of the forwarding plane as a whole.
    #[serde(skip_serializing_if = "is_default")]
    pub forwarding: Forwarding,
    /// Lists, maps and keys.
    #[serde(skip_serializing_if = "is_default")]
    pub policy: policy::config::Config,
    /// `router rip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rip: Option<rip::config::Config>,
    /// `router ospf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ospf: Option<ospf::config::Config>,
    /// `router bgp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bgp: Option<bgp::config::Config>,
    /// What is logged.
    #[serde(skip_serializing_if = "is_default")]
    pub logging: Logging,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            hostname: "router".to_owned(),
            interfaces: BTreeMap::new(),
            routes: Vec::new(),
            rules: Vec::new(),
            forwarding: Forwarding::default(),
            policy: policy::config::Config::default(),
            rip: None,
            ospf: None,
            bgp: None,
            logging: Logging::default(),
        }
    }
}

impl Config {
    /// Whether BGP has a neighbor at the other end of this interface, whoever that is (`neighbor IFNAME interface`).
    pub fn has_link_neighbor(&self, interface: &str) -> bool {
        self.link_neighbors().any(|name| name == interface)
    }

    /// Every interface for which that is true.
    pub(crate) fn link_neighbors(&self) -> impl Iterator<Item = &str> {
        self.bgp.iter().flat_map(|bgp| bgp.neighbors.keys()).filter_map(|key| match key {
            PeerKey::Interface(name) => Some(name.as_str()),
            PeerKey::Address(_) => None,
        })
    }

    /// Whether an interface is to be a port: it has a section of its own, or BGP has a neighbor on its link.
    pub fn names_port(&self, interface: &str) -> bool {
        let on_link = |bgp: &bgp::config::Config| {
            bgp.neighbors.values().any(|n| n.interface.as_deref() == Some(interface))
        };
        self.interfaces.contains_key(interface)
            || self.has_link_neighbor(interface)
            || self.bgp.as_ref().is_some_and(on_link)
    }
}

/// One interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Interface {
    /// Free text, one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// IPv4 and IPv6 addresses; the first IPv4 one is the primary.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IfAddr>,
    /// Bytes of an IP packet, 68..=65535 (1280 at least for IPv6); absent: the link's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u16>,
    /// Mbit/s, 1..=100000: what protocols compute costs from; absent: the link's own. It limits nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<u32>,
    /// Administratively down.
    #[serde(skip_serializing_if = "is_default")]
    pub shutdown: bool,
    /// Source validation (RFC 3704).
    #[serde(skip_serializing_if = "is_default")]
    pub rp_filter: RpFilter,
    /// Answer ARP for addresses routed elsewhere.
    #[serde(skip_serializing_if = "is_default")]
    pub proxy_arp: bool,
    /// Send ICMP redirects. Off by default.
    #[serde(skip_serializing_if = "is_default")]
    pub redirects: bool,
    /// Suppress ICMP unreachables (`no ip unreachables`).
    #[serde(skip_serializing_if = "is_default")]
    pub no_unreachables: bool,
    /// Seconds a resolved neighbor stays fresh, 1..=65535; absent: 30 as in Linux.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arp_timeout: Option<u16>,
    /// Send router advertisements (`no ipv6 nd suppress-ra`); an interface neighbor of BGP has them sent anyway.
    #[serde(skip_serializing_if = "is_default")]
    pub router_advertisements: bool,
    /// Seconds between router advertisements at most, 1..=1800; absent: 600, and 10 for an interface neighbor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ra_interval: Option<u16>,
    /// Seconds a router can be used without being heard again, 0..=9000; absent: three intervals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ra_lifetime: Option<u16>,
    /// Fixed ARP and ND entries: address to `aa:bb:cc:dd:ee:ff`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub neighbors: BTreeMap<IpAddr, String>,
    /// Create this interface as a TAP device rather than waiting for one of this name.
    #[serde(skip_serializing_if = "is_default")]
    pub tap: bool,
}

/// One static route; several of equal prefix and distance form an ECMP set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StaticRoute {
    /// Where to.
    pub prefix: Prefix,
    /// Next hop; resolved through other routes unless `interface` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<IpAddr>,
    /// Outgoing interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// `Null0`/`blackhole`, `reject`/`unreachable` or `prohibit` instead of a next hop.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Discard>,
    /// 1..=255; a higher one floats.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub distance: u8,
    /// Route tag.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tag: u32,
    /// A name for the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Share of traffic in an ECMP set, 1..=255.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: u8,
    /// The gateway is on the link whatever the interface's addresses say.
    #[serde(default, skip_serializing_if = "is_default")]
    pub onlink: bool,
    /// Another table than `main`: 1..=252.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableId>,
}

/// What a route without next hop does.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Discard {
    /// Drop in silence.
    Blackhole,
    /// Drop, ICMP host unreachable.
    Unreachable,
    /// Drop, ICMP administratively prohibited.
    Prohibit,
}

/// `ip rule`. The rules for `local` (0) and `main` (32766) are always there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// 1..=32765; lower first.
    pub priority: u16,
    /// Source network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Prefix>,
    /// Destination network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Prefix>,
    /// Ingress interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iif: Option<String>,
    /// Type of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos: Option<u8>,
    /// The table asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableId>,
    /// Discard instead of asking a table.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Discard>,
}

/// The forwarding plane as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Forwarding {
    /// Forward IPv4 (`ip forwarding`); off makes a host.
    pub ipv4: bool,
    /// Forward IPv6 (`ipv6 forwarding`).
    pub ipv6: bool,
    /// ICMP errors a second over all, 0..=1000000; 0 is none at all.
    pub icmp_rate: u32,
    /// ICMP errors allowed at once, 1..=1000000.
    pub icmp_burst: u32,
    /// Static routes may resolve through the default route (`ip nht resolve-via-default`).
    pub resolve_via_default: bool,
}

impl Default for Forwarding {
    fn default() -> Forwarding {
        Forwarding { ipv4: true, ipv6: true, icmp_rate: 1000, icmp_burst: 50, resolve_via_default: false }
    }
}

/// What is logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Logging {
    /// The least grave level written.
    pub level: Level,
    /// One JSON object a line instead of text.
    pub json: bool,
    /// Lines kept for `show logging`, 0..=100000.
    pub buffered: u32,
    /// `debug` topics on from the start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub debug: Vec<String>,
}

impl Default for Logging {
    fn default() -> Logging {
        Logging { level: Level::Info, json: false, buffered: 1000, debug: Vec::new() }
    }
}

fn is_default<T: Default + PartialEq>(v: &T) -> bool {
    *v == T::default()
}

fn is_one(v: &u8) -> bool {
    *v == 1
}

fn one() -> u8 {
    1
}
