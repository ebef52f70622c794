//! The vocabulary of routing: who says it, what it says, and where packets then go.

use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;
use serde::{Deserialize, Serialize};

/// A router's port, stable while the router runs: an index that is never reused. Names may change, this does not.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PortId(pub u32);

/// A routing table, numbered as in Linux: 255 `local`, 254 `main`, 1 to 252 free.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TableId(pub u32);

impl TableId {
    /// The router's own addresses, broadcasts and joined groups.
    pub const LOCAL: TableId = TableId(255);
    /// What the RIB chose.
    pub const MAIN: TableId = TableId(254);
}

impl fmt::Display for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            TableId::LOCAL => f.pad("local"),
            TableId::MAIN => f.pad("main"),
            TableId(n) => f.pad(&n.to_string()),
        }
    }
}

/// Where a route comes from.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// The network of an interface's own address.
    Connected,
    /// Configured by hand.
    Static,
    /// BGP (RFC 4271).
    Bgp,
    /// OSPFv2 (RFC 2328).
    Ospf,
    /// RIPv2 (RFC 2453).
    Rip,
}

impl Protocol {
    /// Every protocol, in order.
    pub const ALL: [Protocol; 5] =
        [Protocol::Connected, Protocol::Static, Protocol::Bgp, Protocol::Ospf, Protocol::Rip];

    /// The default administrative distance. BGP: external; internal is 200.
    pub fn distance(self) -> u8 {
        match self {
            Protocol::Connected => 0,
            Protocol::Static => 1,
            Protocol::Bgp => 20,
            Protocol::Ospf => 110,
            Protocol::Rip => 120,
        }
    }

    /// The name in configuration and `show`: `connected`, `static`, `bgp`, `ospf`, `rip`.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Connected => "connected",
            Protocol::Static => "static",
            Protocol::Bgp => "bgp",
            Protocol::Ospf => "ospf",
            Protocol::Rip => "rip",
        }
    }

    /// The letter in `show ip route`, as FRR prints it.
    pub fn letter(self) -> char {
        match self {
            Protocol::Connected => 'C',
            Protocol::Static => 'S',
            Protocol::Bgp => 'B',
            Protocol::Ospf => 'O',
            Protocol::Rip => 'R',
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Protocol {
    type Err = String;
    fn from_str(s: &str) -> Result<Protocol, String> {
        Protocol::ALL
            .into_iter()
            .find(|p| p.name() == s)
            .ok_or_else(|| format!("`{s}` is not a protocol: expected connected, static, bgp, ospf or rip"))
    }
}

/// One speaker of routes. A RIB entry is keyed by prefix and source; two sources of equal distance coexist.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Source {
    /// The protocol.
    pub protocol: Protocol,
    /// Tells several of one protocol apart: the process number of OSPF, the distance of a static route
    /// (so that a floating static is a candidate of its own), the port of a connected one.
    pub instance: u32,
}

impl Source {
    /// The source `instance` of `protocol`.
    pub const fn new(protocol: Protocol, instance: u32) -> Source {
        Source { protocol, instance }
    }

    /// Whether a route of it that leads out of a port without a gateway says what is on that port's link.
    pub(crate) fn puts_on_link(self) -> bool {
        matches!(self.protocol, Protocol::Connected | Protocol::Static)
    }
}

/// One way to forward: a gateway, a port, or a gateway on a given port.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct NextHop {
    /// The address to send to; `None`: the destination itself is on the link.
    pub gateway: Option<IpAddr>,
    /// The outgoing port; `None`: found by resolving the gateway (recursive).
    pub port: Option<PortId>,
    /// Share of the traffic relative to the other next hops, 1..=255.
    pub weight: u8,
    /// The gateway is reachable on `port` whatever the port's addresses say.
    pub onlink: bool,
}

impl NextHop {
    /// A gateway to be resolved through the table.
    pub const fn via(gateway: IpAddr) -> NextHop {
        NextHop { gateway: Some(gateway), port: None, weight: 1, onlink: false }
    }

    /// A gateway on a known port.
    pub const fn via_port(gateway: IpAddr, port: PortId) -> NextHop {
        NextHop { gateway: Some(gateway), port: Some(port), weight: 1, onlink: false }
    }

    /// Destinations directly on `port`.
    pub const fn port(port: PortId) -> NextHop {
        NextHop { gateway: None, port: Some(port), weight: 1, onlink: false }
    }
}

/// What a route does with a packet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Target {
    /// Forward to one of these (ECMP when several). Never empty; sorted and without duplicates in the RIB.
    Via(Vec<NextHop>),
    /// Drop in silence (`Null0`, `blackhole`).
    Blackhole,
    /// Drop and answer ICMP host unreachable (`reject`, `unreachable`).
    Unreachable,
    /// Drop and answer ICMP administratively prohibited.
    Prohibit,
}

/// A finer kind within a protocol, for display and for route-map `match route-type`.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nothing finer to say; for OSPF, intra-area.
    #[default]
    Plain,
    /// OSPF inter-area.
    InterArea,
    /// OSPF external type 1.
    External1,
    /// OSPF external type 2.
    External2,
    /// OSPF NSSA external type 1.
    Nssa1,
    /// OSPF NSSA external type 2.
    Nssa2,
    /// Learned inside the AS: iBGP.
    Internal,
}

/// One candidate for a prefix.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Route {
    /// Administrative distance, 0..=255; 255 is never used.
    pub distance: u8,
    /// The protocol's own metric; lower is better.
    pub metric: u32,
    /// Route tag, carried by redistribution; 0 is none.
    pub tag: u32,
    /// A finer kind within the protocol.
    pub kind: Kind,
    /// What happens to packets.
    pub target: Target,
}

impl Route {
    /// A route of `protocol` at its default distance with metric 0 and no tag.
    pub fn new(protocol: Protocol, target: Target) -> Route {
        Route { distance: protocol.distance(), metric: 0, tag: 0, kind: Kind::Plain, target }
    }
}
