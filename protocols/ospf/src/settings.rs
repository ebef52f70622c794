//! What is in force on an interface: its own words, else its area's, else the process's, else the defaults.
//! Pure; `interface` acts on it.

use crate::AreaId;
use crate::config::{
    AreaKind, Authentication, AuthenticationMode, Config, InterfaceConfig, Measured, NetworkType, VirtualLink,
};
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use fib::{IfAddr, Prefix};
use proto::Port;
use std::collections::BTreeMap;

/// How packets of an interface are authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// Not at all.
    Null,
    /// Plain password.
    Simple(String),
    /// Keyed MD5 by key ID; the last signs.
    Md5(BTreeMap<u8, String>),
    /// A key chain.
    Chain(String),
}

/// Kind of link, virtual ones included.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum LinkType {
    Broadcast,
    PointToPoint,
    NonBroadcast,
    PointToMultipoint,
    Virtual,
    Loopback,
}

impl LinkType {
    /// Whether a designated router is elected.
    pub fn has_dr(self) -> bool {
        matches!(self, LinkType::Broadcast | LinkType::NonBroadcast)
    }

    /// Whether neighbors are known by their router ID rather than their address (RFC 2328 10).
    pub fn is_to_one(self) -> bool {
        matches!(self, LinkType::PointToPoint | LinkType::Virtual)
    }
}

/// Everything that configuration and port say of one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub area: AreaId,
    pub kind: LinkType,
    /// The address spoken from.
    pub address: Ipv4Addr,
    /// Length of its mask, 0..=32.
    pub len: u8,
    /// Networks of further addresses of the interface in the same area.
    pub secondary: Vec<Prefix>,
    /// Point-to-point without a subnet of its own: the link is named by the port's number.
    pub unnumbered: bool,
    pub cost: u16,
    pub measured: Option<Measured>,
    pub priority: u8,
    /// Seconds as sent in hellos; 0 with fast hellos.
    pub hello_seconds: u16,
    pub hello: Duration,
    /// Seconds as sent in hellos.
    pub dead: u32,
    pub retransmit: Duration,
    /// Seconds.
    pub transmit_delay: u16,
    pub mtu: u16,
    pub mtu_ignore: bool,
    pub passive: bool,
    pub auth: Auth,
    pub prefix_suppression: bool,
}

impl Settings {
    /// The network of the interface's own address.
    pub fn network(&self) -> Prefix {
        Prefix::new(IpAddr::V4(self.address), self.len)
    }

    /// Its mask.
    pub fn mask(&self) -> Ipv4Addr {
        mask(self.len)
    }

    /// Whether a change to `new` is more than the neighbors can bear: the interface starts anew.
    pub fn is_restart(&self, new: &Settings) -> bool {
        let what = |s: &Settings| (s.area, s.kind, s.address, s.len, s.passive);
        what(self) != what(new)
    }

    /// Whether an address is on the link, as far as its network says.
    pub fn on_link(&self, address: Ipv4Addr) -> bool {
        self.unnumbered || self.network().contains(IpAddr::V4(address))
    }
}

/// The mask of a length.
pub(crate) fn mask(len: u8) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::MAX.checked_shl(32u32.saturating_sub(u32::from(len))).unwrap_or(0))
}

/// Seconds between hellos where nothing is said.
const HELLO: u16 = 10;
/// The same on NBMA and point-to-multipoint networks (RFC 2328 C.3 by way of IOS).
const HELLO_NBMA: u16 = 30;
const RETRANSMIT: u16 = 5;

/// The area an interface is in: its own word, else that of the longest `network` that contains its primary address.
pub(crate) fn area_of(config: &Config, name: &str, addresses: &[IfAddr]) -> Option<(AreaId, IfAddr)> {
    let v4 = || addresses.iter().filter(|a| a.is_v4());
    if let Some(area) = config.interfaces.get(name).and_then(|i| i.area) {
        return Some((area, *v4().next()?));
    }
    v4().find_map(|a| network_area(config, a).map(|area| (area, *a)))
}

fn network_area(config: &Config, address: &IfAddr) -> Option<AreaId> {
    let inside = config
        .networks
        .iter()
        .filter(|n| n.prefix.contains(address.addr()) && n.prefix.len() <= address.len());
    inside.max_by_key(|n| n.prefix.len()).map(|n| n.area)
}

/// What is in force on a port; `None`: OSPF does not run there.
pub(crate) fn of_port(config: &Config, port: &Port) -> Option<Settings> {
    let (area, primary) = area_of(config, &port.name, &port.addresses)?;
    let IpAddr::V4(address) = primary.addr() else { return None };
    let nothing = InterfaceConfig::default();
    let own = config.interfaces.get(&port.name).unwrap_or(&nothing);
    let kind = link_type(port, own.network);
    let slow = matches!(kind, LinkType::NonBroadcast | LinkType::PointToMultipoint);
    let hello_seconds = own.hello_interval.unwrap_or(if slow { HELLO_NBMA } else { HELLO }).max(1);
    let dead = own.dead_interval.map_or(u32::from(hello_seconds).saturating_mul(4), u32::from);
    let listed = config.passive_interfaces.contains(&port.name);
    let fast = own.hello_multiplier.map(|n| Duration::from_secs(1) / u32::from(n.clamp(1, 20)));
    let in_area = |a: &&IfAddr| own.area.is_some() || network_area(config, a) == Some(area);
    Some(Settings {
        area,
        kind,
        address,
        len: primary.len(),
        secondary: port
            .addresses
            .iter()
            .filter(|a| a.is_v4() && a.addr() != primary.addr() && a.network() != primary.network())
            .filter(in_area)
            .map(IfAddr::network)
            .collect(),
        unnumbered: kind == LinkType::PointToPoint && primary.len() == 32,
        cost: own.cost.unwrap_or_else(|| auto_cost(config.reference_bandwidth, port)),
        measured: own.measured.filter(|_| kind != LinkType::Loopback),
        priority: own.priority.unwrap_or(1),
        hello_seconds: if fast.is_some() { 0 } else { hello_seconds },
        hello: fast.unwrap_or(Duration::from_secs(hello_seconds.into())),
        dead: if fast.is_some() { 1 } else { dead },
        retransmit: Duration::from_secs(own.retransmit_interval.unwrap_or(RETRANSMIT).max(1).into()),
        transmit_delay: own.transmit_delay.unwrap_or(1).max(1),
        mtu: port.mtu,
        mtu_ignore: own.mtu_ignore,
        passive: own.passive.unwrap_or(listed != config.passive_default),
        auth: authentication(
            config,
            area,
            own.authentication.as_ref(),
            own.authentication_key.as_deref(),
            &own.message_digest_keys,
        ),
        prefix_suppression: own.prefix_suppression.unwrap_or(config.prefix_suppression),
    })
}

fn link_type(port: &Port, said: Option<NetworkType>) -> LinkType {
    match said {
        _ if port.loopback => LinkType::Loopback,
        None | Some(NetworkType::Broadcast) => LinkType::Broadcast,
        Some(NetworkType::PointToPoint) => LinkType::PointToPoint,
        Some(NetworkType::NonBroadcast) => LinkType::NonBroadcast,
        Some(NetworkType::PointToMultipoint) => LinkType::PointToMultipoint,
    }
}

/// Reference bandwidth over the port's, at least 1 (FRR; a loopback costs what the fastest link costs).
fn auto_cost(reference: u32, port: &Port) -> u16 {
    if port.loopback {
        return 0;
    }
    u16::try_from(reference.checked_div(port.bandwidth.max(1)).unwrap_or(1)).unwrap_or(u16::MAX).max(1)
}

fn authentication(
    config: &Config,
    area: AreaId,
    said: Option<&Authentication>,
    password: Option<&str>,
    keys: &BTreeMap<u8, String>,
) -> Auth {
    let of_area = config.areas.get(&area).and_then(|a| a.authentication);
    match (said, of_area) {
        (Some(Authentication::Null), _) | (None, None) => Auth::Null,
        (Some(Authentication::Simple), _) | (None, Some(AuthenticationMode::Simple)) => {
            Auth::Simple(password.unwrap_or_default().to_owned())
        }
        (Some(Authentication::MessageDigest), _) | (None, Some(AuthenticationMode::MessageDigest)) => {
            Auth::Md5(keys.clone())
        }
        (Some(Authentication::KeyChain(name)), _) => Auth::Chain(name.clone()),
    }
}

/// What is in force on a virtual link whose way is known.
pub(crate) fn of_virtual_link(config: &Config, link: &VirtualLink, address: Ipv4Addr, cost: u16) -> Settings {
    let hello_seconds = link.hello_interval.unwrap_or(HELLO).max(1);
    Settings {
        area: AreaId::BACKBONE,
        kind: LinkType::Virtual,
        address,
        len: 32,
        secondary: Vec::new(),
        unnumbered: true,
        cost,
        measured: None,
        priority: 0,
        hello_seconds,
        hello: Duration::from_secs(hello_seconds.into()),
        dead: link.dead_interval.map_or(u32::from(hello_seconds).saturating_mul(4), u32::from),
        retransmit: Duration::from_secs(link.retransmit_interval.unwrap_or(RETRANSMIT).max(1).into()),
        transmit_delay: link.transmit_delay.unwrap_or(1).max(1),
        mtu: 576,
        mtu_ignore: true,
        passive: false,
        auth: authentication(
            config,
            AreaId::BACKBONE,
            link.authentication.as_ref(),
            link.authentication_key.as_deref(),
            &link.message_digest_keys,
        ),
        prefix_suppression: false,
    }
}

/// The kind of an area.
pub(crate) fn area_kind(config: &Config, area: AreaId) -> AreaKind {
    config.areas.get(&area).map_or(AreaKind::Normal, |a| a.kind)
}
