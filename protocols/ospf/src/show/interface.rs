//! `show ip ospf interface`.

use crate::AreaId;
use crate::config::AreaKind;
use crate::wire::RouterId;
use core::fmt;
use core::net::Ipv4Addr;
use fib::IfAddr;
use serde::{Deserialize, Serialize};

/// `show ip ospf interface [IFNAME]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interfaces {
    /// By name, then address.
    pub interfaces: Vec<Interface>,
}

/// One interface OSPF runs on, or a virtual link (named `VLINK0`, ... as in FRR).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Port index.
    pub index: u32,
    /// It can carry packets.
    pub up: bool,
    /// IP packet bytes.
    pub mtu: u32,
    /// Mbit/s; 0: not known.
    pub bandwidth: u32,
    /// Its address; unnumbered: the one it borrows. `None`: it has none, OSPF waits for it.
    pub address: Option<IfAddr>,
    /// The address is another interface's.
    pub unnumbered: bool,
    /// Its area.
    pub area: AreaId,
    /// The area's kind.
    pub area_kind: AreaKind,
    /// The router ID in force.
    pub router_id: RouterId,
    /// Kind of network.
    pub network: NetworkKind,
    /// The cost announced.
    pub cost: u16,
    /// Seconds added to the age of what is flooded.
    pub transmit_delay: u16,
    /// State (RFC 2328 9.1).
    pub state: InterfaceState,
    /// Router priority.
    pub priority: u8,
    /// Designated router.
    pub dr: Option<Designated>,
    /// Backup designated router.
    pub bdr: Option<Designated>,
    /// 224.0.0.5 is joined.
    pub all_routers: bool,
    /// 224.0.0.6 is joined.
    pub designated_routers: bool,
    /// Between hellos; below 1000 with fast hellos.
    pub hello_ms: u64,
    /// RouterDeadInterval.
    pub dead_ms: u64,
    /// Wait timer.
    pub wait_ms: u64,
    /// Between retransmissions.
    pub retransmit_ms: u64,
    /// Until the next hello; `None`: none is sent.
    pub hello_due_ms: Option<u64>,
    /// Neither sends nor takes packets.
    pub passive: bool,
    /// Neighbors known.
    pub neighbors: u32,
    /// Of these, fully adjacent.
    pub adjacent: u32,
    /// `ip ospf mtu-ignore`.
    pub mtu_ignore: bool,
    /// How packets are authenticated; `None`: not.
    pub authentication: Option<Authentication>,
    /// With `ip ospf cost measured`.
    pub measured: Option<MeasuredCost>,
    /// The network is not announced (RFC 6860).
    pub prefix_suppression: bool,
    /// Of a virtual link: its transit area and the router at the other end.
    pub virtual_link: Option<(AreaId, RouterId)>,
}

/// Kinds of network as they are shown.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkKind {
    /// Many routers, multicast, a designated router.
    Broadcast,
    /// Two routers.
    PointToPoint,
    /// Many routers, no multicast, a designated router.
    NonBroadcast,
    /// A set of point-to-point links.
    PointToMultipoint,
    /// A loopback interface.
    Loopback,
    /// A virtual link.
    VirtualLink,
}

impl From<crate::config::NetworkType> for NetworkKind {
    fn from(kind: crate::config::NetworkType) -> NetworkKind {
        use crate::config::NetworkType as N;
        match kind {
            N::Broadcast => NetworkKind::Broadcast,
            N::PointToPoint => NetworkKind::PointToPoint,
            N::NonBroadcast => NetworkKind::NonBroadcast,
            N::PointToMultipoint => NetworkKind::PointToMultipoint,
        }
    }
}

/// Interface states (RFC 2328 9.1).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterfaceState {
    /// Unusable.
    #[default]
    Down,
    /// A loopback interface, or looped back.
    Loopback,
    /// Listens for a designated router.
    Waiting,
    /// Of point-to-point, point-to-multipoint and virtual links.
    PointToPoint,
    /// Neither DR nor backup.
    DrOther,
    /// Backup designated router.
    Backup,
    /// Designated router.
    Dr,
}

/// As FRR prints it.
impl fmt::Display for InterfaceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            InterfaceState::Down => "Down",
            InterfaceState::Loopback => "Loopback",
            InterfaceState::Waiting => "Waiting",
            InterfaceState::PointToPoint => "Point-To-Point",
            InterfaceState::DrOther => "DROther",
            InterfaceState::Backup => "Backup",
            InterfaceState::Dr => "DR",
        })
    }
}

/// A designated router or its backup.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Designated {
    /// Its router ID; 0.0.0.0 while it is only known from hellos of others.
    pub router: RouterId,
    /// Its interface address.
    pub address: Ipv4Addr,
}

/// How packets are authenticated; never the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authentication {
    /// Plain password.
    Simple,
    /// Keyed MD5 with this key.
    MessageDigest {
        /// The key that signs; `None`: none is configured.
        key: Option<u8>,
    },
    /// Of a key chain.
    KeyChain {
        /// Its name.
        name: String,
        /// The key that signs; `None`: none is alive.
        key: Option<u8>,
        /// `md5`, `hmac-sha-256`, ...; `None` with the key.
        algorithm: Option<String>,
    },
}

/// What `ip ospf cost measured` knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeasuredCost {
    /// Smoothed one-way delay, microseconds; `None`: no echo came back yet.
    pub delay_us: Option<u64>,
    /// Probes on end that lay beyond the hysteresis.
    pub beyond: u8,
}
