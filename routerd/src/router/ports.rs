//! The router's ports: what the outside says about an interface, what the operator says about it, and
//! the id it keeps for life.

use configs::Config;
use configs::config::Interface;
use core::time::Duration;
use fib::port::{Advertise, Mac, PortSettings};
use fib::{IfAddr, Instant, PortId};
use std::collections::BTreeMap;

/// What a link tells about one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortInfo {
    /// Its present name; configuration finds it by this or an alternative name.
    pub name: String,
    /// Other names it answers to.
    pub altnames: Vec<String>,
    /// Its Ethernet address.
    pub mac: [u8; 6],
    /// Bytes of an IP packet the link carries.
    pub mtu: u16,
    /// Whether there is a carrier.
    pub carrier: bool,
    /// Whether frames may leave with partial checksums and unsegmented (see [`fib::Offload`]).
    pub offload: bool,
}

/// One port of the router.
#[derive(Clone, Debug)]
pub(super) struct Port {
    pub id: PortId,
    pub info: PortInfo,
    /// A loopback has no link: it is up unless shut down.
    pub loopback: bool,
    /// What is in force; follows `info` and the configuration.
    pub settings: PortSettings,
    /// When the carrier last changed.
    pub changed: Instant,
    /// How often the carrier changed.
    pub transitions: u32,
    /// What the link dropped, by name.
    pub link_drops: Vec<(&'static str, u64)>,
}

impl Port {
    /// Administratively and physically up.
    pub fn up(&self) -> bool {
        self.settings.up
    }
}

/// All ports, by id and by name.
#[derive(Default)]
pub(super) struct Ports {
    ports: BTreeMap<PortId, Port>,
    next: u32,
}

impl Ports {
    pub fn add(&mut self, now: Instant, info: PortInfo, loopback: bool) -> PortId {
        // As in Linux, 1 is the first and belongs to `lo`.
        self.next = self.next.saturating_add(1);
        let id = PortId(self.next);
        let settings = PortSettings::default();
        let port =
            Port { id, info, loopback, settings, changed: now, transitions: 0, link_drops: Vec::new() };
        self.ports.insert(id, port);
        id
    }

    pub fn remove(&mut self, id: PortId) -> Option<Port> {
        self.ports.remove(&id)
    }

    pub fn get(&self, id: PortId) -> Option<&Port> {
        self.ports.get(&id)
    }

    pub fn get_mut(&mut self, id: PortId) -> Option<&mut Port> {
        self.ports.get_mut(&id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Port> {
        self.ports.values()
    }

    pub fn ids(&self) -> Vec<PortId> {
        self.ports.keys().copied().collect()
    }

    /// The port with this name, or else with this alternative name.
    pub fn by_name(&self, name: &str) -> Option<&Port> {
        let by_altname = || self.iter().find(|p| p.info.altnames.iter().any(|a| a == name));
        self.iter().find(|p| p.info.name == name).or_else(by_altname)
    }

    pub fn name(&self, id: PortId) -> String {
        self.get(id).map_or_else(|| format!("port{}", id.0), |p| p.info.name.clone())
    }
}

/// Whether an interface of this name is made by the router itself and has no link: `lo`, `lo1`,
/// `Loopback0`, `dummy0`.
pub(crate) fn is_loopback_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit());
    matches!(stem, "lo" | "loopback" | "dummy")
}

/// The configuration of the port, found by its name or an alternative name.
pub(super) fn configured<'c>(config: &'c Config, info: &PortInfo) -> Option<&'c Interface> {
    let names = std::iter::once(&info.name).chain(&info.altnames);
    names.into_iter().find_map(|name| config.interfaces.get(name))
}

/// Seconds between router advertisements at most (RFC 4861 section 6.2.1).
const ADVERTISE_INTERVAL: u16 = 600;
/// The same where a neighbor of BGP is found by them: FRR's.
const LINK_NEIGHBOR_INTERVAL: u16 = 10;

/// What the forwarder shall do with a port of this nature and configuration.
pub(super) fn settings(
    info: &PortInfo,
    loopback: bool,
    interface: Option<&Interface>,
    link_neighbor: bool,
) -> PortSettings {
    let default = PortSettings::default();
    let none = Interface::default();
    let interface = interface.unwrap_or(&none);
    let link_mtu = if loopback { 65_535 } else { info.mtu };
    PortSettings {
        mac: if loopback { Mac::ZERO } else { Mac(info.mac) },
        mtu: u32::from(interface.mtu.unwrap_or(link_mtu)),
        up: !interface.shutdown && (loopback || info.carrier),
        loopback,
        addresses: primary_first(&interface.addresses),
        rp_filter: interface.rp_filter,
        proxy_arp: interface.proxy_arp,
        redirects: interface.redirects,
        unreachables: !interface.no_unreachables,
        offload: info.offload,
        advertise: advertise(interface, link_neighbor),
        reachable_time: interface
            .arp_timeout
            .map_or(default.reachable_time, |seconds| Duration::from_secs(u64::from(seconds))),
        ..default
    }
}

/// The router advertisements of a port, if it sends any. As in FRR, a neighbor at the other end of the link has them sent.
fn advertise(interface: &Interface, link_neighbor: bool) -> Option<Advertise> {
    let usual = match (link_neighbor, interface.router_advertisements) {
        (true, _) => LINK_NEIGHBOR_INTERVAL,
        (false, true) => ADVERTISE_INTERVAL,
        (false, false) => return None,
    };
    // Often enough for the lifetime, where only that is said.
    let often = interface.ra_lifetime.filter(|seconds| *seconds > 0).map(|seconds| (seconds / 3).max(1));
    let interval = interface.ra_interval.unwrap_or_else(|| often.unwrap_or(usual).min(usual));
    let lifetime = interface.ra_lifetime.unwrap_or_else(|| interval.saturating_mul(3));
    Some(Advertise { interval: Duration::from_secs(interval.into()), lifetime })
}

/// Duplicates out, order kept.
fn primary_first(addresses: &[IfAddr]) -> Vec<IfAddr> {
    let mut out: Vec<IfAddr> = Vec::with_capacity(addresses.len());
    for a in addresses {
        if !out.contains(a) {
            out.push(*a);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(name: &str) -> PortInfo {
        PortInfo {
            name: name.to_owned(),
            altnames: vec!["wan".to_owned()],
            mac: [2, 0, 0, 0, 0, 1],
            mtu: 1500,
            carrier: true,
            offload: false,
        }
    }

    #[test]
    fn a_port_is_found_by_its_name_before_an_alternative_name() {
        let mut ports = Ports::default();
        let a = ports.add(Instant::ZERO, info("eth0"), false);
        let b = ports.add(Instant::ZERO, info("wan"), false);
        assert_eq!(ports.by_name("wan").map(|p| p.id), Some(b));
        ports.remove(b);
        assert_eq!(ports.by_name("wan").map(|p| p.id), Some(a));
        assert!(ports.by_name("eth1").is_none());
        assert_ne!(ports.add(Instant::ZERO, info("eth2"), false), b, "ids are not reused");
    }

    #[test]
    fn a_port_is_up_with_a_carrier_and_without_shutdown() {
        let up = |carrier, shutdown| {
            let info = PortInfo { carrier, ..info("eth0") };
            settings(&info, false, Some(&Interface { shutdown, ..Interface::default() }), false).up
        };
        assert!(up(true, false) && !up(false, false) && !up(true, true));
        assert!(settings(&PortInfo { carrier: false, ..info("lo") }, true, None, false).up);
    }

    #[test]
    fn advertisements_are_frequent_where_a_neighbor_is_found_by_them() {
        let of = |interface: Interface, neighbor| {
            let how = settings(&info("eth0"), false, Some(&interface), neighbor).advertise?;
            Some((how.interval.as_secs(), how.lifetime))
        };
        let on = Interface { router_advertisements: true, ..Interface::default() };
        assert_eq!(of(Interface::default(), false), None);
        assert_eq!(of(on.clone(), false), Some((600, 1800)));
        assert_eq!(of(Interface::default(), true), Some((10, 30)));
        assert_eq!(of(on.clone(), true), Some((10, 30)));
        assert_eq!(of(Interface { ra_interval: Some(4), ..on.clone() }, true), Some((4, 12)));
        assert_eq!(of(Interface { ra_lifetime: Some(60), ..on.clone() }, false), Some((20, 60)));
        assert_eq!(of(Interface { ra_lifetime: Some(0), ..on }, false), Some((600, 0)));
    }

    #[test]
    fn loopback_names() {
        assert!(["lo", "lo0", "Loopback12", "dummy1"].iter().all(|n| is_loopback_name(n)));
        assert!(!["eth0", "lobby", "lo-wan"].iter().any(|n| is_loopback_name(n)));
    }
}
