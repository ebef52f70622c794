//! One port as RIP sees it: whether it runs there, what it sends and accepts, who is on the link.
//! Pure questions over the port and the configuration; nothing here changes anything.

use crate::config::{Config, Direction, InterfaceConfig, SplitHorizon, Versions};
use crate::wire::Version;
use core::net::{IpAddr, Ipv4Addr};
use fib::{IfAddr, Prefix};
use proto::Port;

/// A port and whether RIP runs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interface {
    pub port: Port,
    /// A `network` statement names it or one of its addresses.
    pub enabled: bool,
    /// Already complained about keys (state, not time, limits the log).
    pub key_complaint: Option<String>,
}

impl Interface {
    pub fn new(port: Port, config: &Config) -> Interface {
        let enabled = addresses(&port).any(|a| is_announced(config, &port, a));
        Interface { port, enabled, key_complaint: None }
    }

    /// Up, with an IPv4 address, and a link to speak on.
    pub fn is_operative(&self) -> bool {
        self.port.up && !self.port.loopback && self.addresses().next().is_some()
    }

    /// RIP speaks and listens here.
    pub fn is_running(&self) -> bool {
        self.enabled && self.is_operative()
    }

    /// The IPv4 addresses, in the port's order.
    pub fn addresses(&self) -> impl Iterator<Item = IfAddr> + '_ {
        addresses(&self.port)
    }

    /// The networks announced as our own because of `network`, while the port is up.
    pub fn announced<'a>(&'a self, config: &'a Config) -> impl Iterator<Item = Prefix> + 'a {
        let up = self.enabled && self.port.up;
        self.addresses().filter(move |a| up && is_announced(config, &self.port, *a)).map(|a| a.network())
    }

    /// Our address on the network `addr` is a host of: the longest one, if there are several.
    pub fn connected(&self, addr: Ipv4Addr) -> Option<IfAddr> {
        self.addresses().filter(|a| is_host_of(addr, &a.network())).max_by_key(|a| a.len())
    }

    /// Whether `addr` is the port's own.
    pub fn owns(&self, addr: Ipv4Addr) -> bool {
        self.addresses().any(|a| a.addr() == IpAddr::V4(addr))
    }

    /// Says nothing by multicast or broadcast.
    pub fn is_passive(&self, config: &Config) -> bool {
        config.passive_interfaces.contains(&self.port.name) != config.passive_default
    }

    fn settings<'a>(&self, config: &'a Config) -> Option<&'a InterfaceConfig> {
        config.interfaces.get(&self.port.name)
    }

    /// Versions sent, version 1 first.
    pub fn sends(&self, config: &Config) -> Versions {
        self.settings(config).and_then(|s| s.send_version).unwrap_or(match config.version {
            Some(1) => Versions::V1,
            _ => Versions::V2,
        })
    }

    /// Versions accepted.
    pub fn receives(&self, config: &Config) -> Versions {
        self.settings(config).and_then(|s| s.receive_version).unwrap_or(match config.version {
            Some(1) => Versions::V1,
            Some(2) => Versions::V2,
            _ => Versions::Both,
        })
    }

    pub fn split_horizon(&self, config: &Config) -> SplitHorizon {
        self.settings(config).map(|s| s.split_horizon).unwrap_or_default()
    }

    pub fn authentication<'a>(&self, config: &'a Config) -> Option<&'a crate::config::Authentication> {
        self.settings(config).and_then(|s| s.authentication.as_ref())
    }

    /// Where a periodic update of `version` from `source` goes.
    pub fn group(&self, config: &Config, version: Version, source: IfAddr) -> Ipv4Addr {
        let broadcast = self.settings(config).is_some_and(|s| s.v2_broadcast);
        if version == Version::V2 && !broadcast {
            return crate::GROUP;
        }
        source.network().broadcast().unwrap_or(Ipv4Addr::BROADCAST)
    }

    /// Bytes of UDP payload in one packet of this link.
    pub fn payload_limit(&self) -> usize {
        const IP_AND_UDP: u16 = 28;
        usize::from(self.port.mtu.saturating_sub(IP_AND_UDP))
    }
}

impl Versions {
    /// The versions, in order.
    pub fn list(self) -> &'static [Version] {
        match self {
            Versions::V1 => &[Version::V1],
            Versions::V2 => &[Version::V2],
            Versions::Both => &[Version::V1, Version::V2],
            Versions::None => &[],
        }
    }
}

impl Direction {
    /// `in` or `out`.
    pub fn name(self) -> &'static str {
        match self {
            Direction::In => "in",
            Direction::Out => "out",
        }
    }
}

/// The IPv4 address of `addr`.
pub(crate) fn v4(addr: IpAddr) -> Option<Ipv4Addr> {
    match addr {
        IpAddr::V4(a) => Some(a),
        IpAddr::V6(_) => None,
    }
}

fn addresses(port: &Port) -> impl Iterator<Item = IfAddr> + '_ {
    port.addresses.iter().copied().filter(IfAddr::is_v4)
}

/// By the name of its interface, or because a `network` prefix contains the address.
fn is_announced(config: &Config, port: &Port, address: IfAddr) -> bool {
    config.network_interfaces.contains(&port.name)
        || config.networks.iter().any(|n| n.contains(address.addr()))
}

/// Inside, and neither the network's own address nor its broadcast (RFC 3021: a /31 has neither).
fn is_host_of(addr: Ipv4Addr, network: &Prefix) -> bool {
    let inside = network.contains(IpAddr::V4(addr));
    let named = network.broadcast().is_some_and(|b| addr == b || IpAddr::V4(addr) == network.addr());
    inside && !named
}

#[cfg(test)]
mod tests {
    use super::*;
    use fib::PortId;

    fn interface(config: &Config, addresses: &[&str]) -> Interface {
        let addresses = addresses.iter().map(|a| a.parse().unwrap()).collect();
        let port = Port {
            id: PortId(1),
            name: "eth1".into(),
            up: true,
            mtu: 1500,
            addresses,
            loopback: false,
            bandwidth: 1000,
        };
        Interface::new(port, config)
    }

    #[test]
    fn a_network_statement_enables_the_interfaces_with_an_address_inside_and_announces_only_those() {
        let config = Config { networks: vec!["10.0.0.0/8".parse().unwrap()], ..Config::default() };
        let inside = interface(&config, &["192.168.1.1/24", "10.0.12.1/24"]);
        assert!(inside.is_running());
        assert_eq!(inside.announced(&config).collect::<Vec<_>>(), ["10.0.12.0/24".parse().unwrap()]);
        assert!(!interface(&config, &["192.168.1.1/24"]).enabled);
        let named = Config { network_interfaces: vec!["eth1".into()], ..Config::default() };
        assert_eq!(interface(&named, &["192.168.1.1/24", "10.0.12.1/24"]).announced(&named).count(), 2);
    }

    #[test]
    fn passive_lists_turn_round_with_passive_default() {
        let mut config = Config { passive_interfaces: vec!["eth1".into()], ..Config::default() };
        let eth1 = interface(&config, &["10.0.12.1/24"]);
        assert!(eth1.is_passive(&config));
        config.passive_default = true;
        assert!(!eth1.is_passive(&config));
        config.passive_interfaces.clear();
        assert!(eth1.is_passive(&config));
    }

    #[test]
    fn a_neighbor_is_a_host_of_a_connected_network() {
        let i = interface(&Config::default(), &["10.0.12.1/24", "10.0.13.0/31"]);
        let connected = |a: &str| i.connected(a.parse().unwrap()).map(|a| a.to_string());
        assert_eq!(connected("10.0.12.9").as_deref(), Some("10.0.12.1/24"));
        assert_eq!(connected("10.0.13.1").as_deref(), Some("10.0.13.0/31"));
        assert_eq!(
            (connected("10.0.12.0"), connected("10.0.12.255"), connected("10.0.14.1")),
            (None, None, None)
        );
    }

    #[test]
    fn versions_default_to_sending_2_and_accepting_both() {
        let i = interface(&Config::default(), &["10.0.12.1/24"]);
        let versions = |c: &Config| (i.sends(c), i.receives(c));
        assert_eq!(versions(&Config::default()), (Versions::V2, Versions::Both));
        let one = Config { version: Some(1), ..Config::default() };
        assert_eq!(versions(&one), (Versions::V1, Versions::V1));
        let mut own = Config { version: Some(2), ..Config::default() };
        let settings = InterfaceConfig { send_version: Some(Versions::Both), ..InterfaceConfig::default() };
        own.interfaces.insert("eth1".into(), settings);
        assert_eq!(versions(&own), (Versions::Both, Versions::V2));
    }
}
