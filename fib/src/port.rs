//! A port as the forwarder sees it: addresses, MTU, and the switches an operator sets per interface.
//! No link and no name: what a cable or a socket is stays with the router.

use crate::IfAddr;
use crate::counters::PortCounters;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;
use core::time::Duration;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;

/// An Ethernet (EUI-48) address.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// `ff:ff:ff:ff:ff:ff`.
    pub const BROADCAST: Mac = Mac([0xff; 6]);
    /// `00:00:00:00:00:00`.
    pub const ZERO: Mac = Mac([0; 6]);

    /// Whether the group bit is set: multicast or broadcast.
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 != 0
    }

    /// Whether a station can have this address.
    pub fn is_station(self) -> bool {
        !self.is_group() && self != Mac::ZERO
    }

    /// The group address of an IPv4 (RFC 1112 section 6.4) or IPv6 (RFC 2464 section 7) multicast address.
    pub fn multicast(group: IpAddr) -> Mac {
        match group {
            IpAddr::V4(a) => {
                let [_, b, c, d] = a.octets();
                Mac([0x01, 0x00, 0x5e, b & 0x7f, c, d])
            }
            IpAddr::V6(a) => {
                let [.., w, x, y, z] = a.octets();
                Mac([0x33, 0x33, w, x, y, z])
            }
        }
    }

    /// The link-local address made from this MAC address by modified EUI-64 (RFC 4291 appendix A).
    pub fn link_local(self) -> Ipv6Addr {
        let [a, b, c, d, e, f] = self.0;
        Ipv6Addr::from_octets([0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f])
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        f.pad(&format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}"))
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Mac {
    type Err = String;

    /// Reads `52:54:00:12:34:56`, `52-54-00-12-34-56` or IOS's `5254.0012.3456`.
    fn from_str(s: &str) -> Result<Mac, String> {
        let wrong = || format!("`{s}` is not a MAC address: expected 52:54:00:12:34:56 or 5254.0012.3456");
        let (separator, digits) =
            if s.contains('.') { ('.', 4) } else { (if s.contains('-') { '-' } else { ':' }, 2) };
        let groups: Vec<&str> = s.split(separator).collect();
        if groups.len() * digits != 12 || !groups.iter().all(|g| g.len() == digits && g.is_ascii()) {
            return Err(wrong());
        }
        let hex: String = groups.concat();
        let bits = u64::from_str_radix(&hex, 16).map_err(|_| wrong())?;
        let [_, _, mac @ ..] = bits.to_be_bytes();
        if hex.starts_with('+') { Err(wrong()) } else { Ok(Mac(mac)) }
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mac {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Mac, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Reverse path filter (RFC 3704): is the source reachable the way the packet came?
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RpFilter {
    /// No check.
    #[default]
    Off,
    /// One of the routes to the source leaves by the ingress port (section 2.2; feasible with ECMP, 2.3).
    Strict,
    /// There is a route to the source (section 2.4).
    Loose,
}

/// How a port advertises this router (RFC 4861 section 6.2.1).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Advertise {
    /// The longest time between two advertisements (MaxRtrAdvInterval).
    pub interval: Duration,
    /// Seconds this router can be used without being heard again; 0: it is not to be used (AdvDefaultLifetime).
    pub lifetime: u16,
}

/// What the operator and the link say about a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PortSettings {
    /// The port's own Ethernet address.
    pub mac: Mac,
    /// Largest IP packet in bytes, 68..=65535.
    pub mtu: u32,
    /// Administratively and physically up.
    pub up: bool,
    /// A loopback or dummy: has addresses but no wire.
    pub loopback: bool,
    /// All addresses, the primary of each family first. Link-local IPv6 ones may be among them.
    pub addresses: Vec<IfAddr>,
    /// Reverse path filter, both families.
    pub rp_filter: RpFilter,
    /// Answer ARP requests for what is routed out of another port (RFC 1027).
    pub proxy_arp: bool,
    /// Send ICMP redirects.
    pub redirects: bool,
    /// Send ICMP unreachables for packets that came in here (IOS: `no ip unreachables` clears it).
    /// Fragmentation needed and packet too big are always sent: path MTU discovery depends on them.
    pub unreachables: bool,
    /// The link takes partial checksums and GSO frames as they are.
    pub offload: bool,
    /// IPv6 is on: a link-local address is made when `addresses` has none.
    pub ipv6: bool,
    /// Router advertisements; `None`: none are sent, and none heard.
    pub advertise: Option<Advertise>,
    /// How long a neighbor stays reachable without confirmation (RFC 4861 REACHABLE_TIME; Linux: 30 s).
    pub reachable_time: Duration,
    /// How long an unused neighbor is remembered (IOS `arp timeout`: 4 h).
    pub arp_timeout: Duration,
}

impl Default for PortSettings {
    fn default() -> PortSettings {
        PortSettings {
            mac: Mac::ZERO,
            mtu: 1500,
            up: false,
            loopback: false,
            addresses: Vec::new(),
            rp_filter: RpFilter::Off,
            proxy_arp: false,
            redirects: false,
            unreachables: true,
            offload: false,
            ipv6: true,
            advertise: None,
            reachable_time: Duration::from_secs(30),
            arp_timeout: Duration::from_secs(4 * 3600),
        }
    }
}

/// Settings of the router as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GlobalSettings {
    /// Forward IPv4 (`ip routing`).
    pub forward_v4: bool,
    /// Forward IPv6 (`ipv6 unicast-routing`).
    pub forward_v6: bool,
    /// TTL and hop limit of ICMP errors, 1..=255.
    pub default_ttl: u8,
    /// ICMP errors a second, and how many may come at once, over all destinations.
    pub icmp_rate: Rate,
    /// The same towards one destination. Packet-too-big is exempt: path MTU discovery waits for it.
    pub icmp_target_rate: Rate,
    /// Neighbors remembered, per port.
    pub neighbors_per_port: usize,
    /// Neighbors remembered, in all.
    pub neighbors: usize,
    /// Bytes held in reassembly, in all.
    pub reassembly_bytes: usize,
}

/// A token bucket's settings. A rate of 0 stops everything once the burst is spent.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Rate {
    /// Messages a second.
    pub per_second: u32,
    /// Messages at once.
    pub burst: u32,
}

impl Default for GlobalSettings {
    /// Linux allows 1000 ICMP errors a second with bursts of 50, and one a second with a burst of 6 towards one
    /// destination. Six is too few for a traceroute that sends sixteen probes at once: here it is 20 and 40.
    fn default() -> GlobalSettings {
        GlobalSettings {
            forward_v4: true,
            forward_v6: true,
            default_ttl: 64,
            icmp_rate: Rate { per_second: 1000, burst: 200 },
            icmp_target_rate: Rate { per_second: 20, burst: 40 },
            neighbors_per_port: 4096,
            neighbors: 16384,
            reassembly_bytes: 4 << 20,
        }
    }
}

/// A port in the forwarder: its settings, what follows from them, its groups and counters.
#[derive(Debug)]
pub(crate) struct Port {
    pub settings: PortSettings,
    pub link_local: Option<Ipv6Addr>,
    pub joined: BTreeSet<IpAddr>,
    pub counters: PortCounters,
}

impl Port {
    pub fn new(settings: PortSettings) -> Port {
        let mut port =
            Port { settings, link_local: None, joined: BTreeSet::new(), counters: PortCounters::default() };
        port.derive();
        port
    }

    /// Works out what follows from changed settings.
    pub fn derive(&mut self) {
        let configured = self.v6().find(|a| a.is_unicast_link_local());
        let made = self.settings.mac.is_station().then(|| self.settings.mac.link_local());
        self.link_local = self.settings.ipv6.then_some(configured.or(made)).flatten();
        // A loopback has no link to be local to.
        if self.settings.loopback {
            self.link_local = configured.filter(|_| self.settings.ipv6);
        }
    }

    pub fn v4(&self) -> impl Iterator<Item = Ipv4Addr> + '_ {
        self.settings.addresses.iter().filter_map(|a| match a.addr() {
            IpAddr::V4(a) => Some(a),
            IpAddr::V6(_) => None,
        })
    }

    fn v6(&self) -> impl Iterator<Item = Ipv6Addr> + '_ {
        self.settings.addresses.iter().filter_map(|a| match a.addr() {
            IpAddr::V6(a) => Some(a),
            IpAddr::V4(_) => None,
        })
    }

    /// Configured IPv6 addresses, then the made link-local one.
    pub fn v6_all(&self) -> impl Iterator<Item = Ipv6Addr> + '_ {
        let made = self.link_local.filter(|made| !self.v6().any(|a| a == *made));
        let on = self.settings.ipv6;
        self.v6().chain(made).filter(move |_| on)
    }

    /// Every address of this port, the made link-local one last.
    pub fn own_addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.v4().map(IpAddr::V4).chain(self.v6_all().map(IpAddr::V6))
    }

    /// The broadcast addresses of this port: all ones, and that of each network.
    pub fn broadcasts(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let directed = self.settings.addresses.iter().filter_map(|a| a.network().broadcast());
        core::iter::once(Ipv4Addr::BROADCAST).chain(directed).map(IpAddr::V4)
    }

    /// Whether `addr` is one of this port's own, link-local included.
    pub fn owns(&self, addr: IpAddr) -> bool {
        match addr {
            IpAddr::V4(a) => self.v4().any(|own| own == a),
            IpAddr::V6(a) => self.v6_all().any(|own| own == a),
        }
    }

    /// Whether `addr` is inside a network of this port.
    pub fn on_link(&self, addr: IpAddr) -> bool {
        let link_local =
            matches!(addr, IpAddr::V6(a) if a.is_unicast_link_local()) && self.link_local.is_some();
        link_local || self.settings.addresses.iter().any(|a| a.network().contains(addr))
    }

    /// Whether no IPv4 address here has a network: each is a /32, of this router rather than of the link.
    pub fn is_unnumbered(&self) -> bool {
        let mut v4 = self.settings.addresses.iter().filter(|a| a.is_v4()).peekable();
        v4.peek().is_some() && v4.all(|a| a.len() == 32)
    }

    /// Whether packets to the group are received here: all hosts, all nodes, all routers, the solicited-node
    /// groups of our addresses, and what was joined.
    pub fn has_joined(&self, group: IpAddr) -> bool {
        let always = match group {
            IpAddr::V4(ALL_HOSTS) => true,
            IpAddr::V6(ALL_NODES | ALL_ROUTERS) => self.settings.ipv6,
            IpAddr::V6(a) if is_solicited_node(a) => self.v6_all().any(|own| solicited_node(own) == a),
            _ => false,
        };
        always || self.joined.contains(&group)
    }

    /// The address to speak to `peer` from: one in the same network, else the primary of the family; for IPv6
    /// the same scope, then the longest common prefix (RFC 6724 rules 2 and 8).
    pub fn source_for(&self, peer: IpAddr) -> Option<IpAddr> {
        let same_network = |a: &&IfAddr| a.network().contains(peer);
        match peer {
            IpAddr::V4(_) => {
                let mut own = self.settings.addresses.iter().filter(|a| a.is_v4());
                own.clone().find(same_network).or_else(|| own.next()).map(|a| a.addr())
            }
            IpAddr::V6(peer) if is_link_scoped(peer) => self.link_local.map(IpAddr::V6),
            IpAddr::V6(peer) => {
                let common = |a: Ipv6Addr| (a.to_bits() ^ peer.to_bits()).leading_zeros();
                let global = self.v6().filter(|a| self.settings.ipv6 && !a.is_unicast_link_local());
                // The first of equals: `max_by_key` would take the last.
                global.reduce(|best, a| if common(a) > common(best) { a } else { best }).map(IpAddr::V6)
            }
        }
    }
}

/// What no honest packet from a wire has as its source: all addresses and broadcasts of this router. Asked once
/// per packet, so it is a sorted list and not a look at the FIB.
#[derive(Debug, Default)]
pub(crate) struct OwnAddresses {
    v4: Vec<Ipv4Addr>,
    v6: Vec<Ipv6Addr>,
}

impl OwnAddresses {
    pub fn of<'a>(ports: impl Iterator<Item = &'a Port>) -> OwnAddresses {
        let mut own = OwnAddresses::default();
        for addr in ports.flat_map(|p| p.own_addresses().chain(p.broadcasts())) {
            match addr {
                IpAddr::V4(a) => own.v4.push(a),
                IpAddr::V6(a) => own.v6.push(a),
            }
        }
        own.v4.sort_unstable();
        own.v6.sort_unstable();
        own
    }

    pub fn has_v4(&self, addr: Ipv4Addr) -> bool {
        self.v4.binary_search(&addr).is_ok()
    }

    pub fn has_v6(&self, addr: Ipv6Addr) -> bool {
        self.v6.binary_search(&addr).is_ok()
    }
}

const ALL_HOSTS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 1);
pub(crate) const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
pub(crate) const ALL_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);
const SOLICITED_NODE: u128 = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00, 0).to_bits();

/// The group a host listens to for solicitations of `addr` (RFC 4291 section 2.7.1).
pub(crate) fn solicited_node(addr: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from_bits(SOLICITED_NODE | (addr.to_bits() & 0xff_ffff))
}

fn is_solicited_node(group: Ipv6Addr) -> bool {
    group.to_bits() & !0xff_ffff == SOLICITED_NODE
}

/// Link-local unicast, or multicast of interface or link scope.
pub(crate) fn is_link_scoped(addr: Ipv6Addr) -> bool {
    let [first, second, ..] = addr.octets();
    addr.is_unicast_link_local() || (first == 0xff && second & 0x0f <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(addresses: &[&str]) -> Port {
        let addresses = addresses.iter().map(|a| a.parse().unwrap()).collect();
        let mac = Mac([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
        Port::new(PortSettings { mac, up: true, addresses, ..PortSettings::default() })
    }

    #[test]
    fn a_link_local_address_is_made_from_the_mac() {
        assert_eq!(port(&[]).link_local, Some("fe80::5054:ff:fe12:3456".parse().unwrap()));
        assert_eq!(port(&["fe80::1/64"]).link_local, Some("fe80::1".parse().unwrap()));
    }

    #[test]
    fn the_source_is_in_the_network_of_the_peer_or_else_the_primary() {
        let port = port(&["10.0.0.1/24", "10.0.1.1/24", "2001:db8:1::1/64", "2001:db8:2::1/64"]);
        let from = |peer: &str| port.source_for(peer.parse().unwrap()).map(|a| a.to_string());
        assert_eq!(from("10.0.1.7").as_deref(), Some("10.0.1.1"));
        assert_eq!(from("8.8.8.8").as_deref(), Some("10.0.0.1"));
        assert_eq!(from("2001:db8:2::9").as_deref(), Some("2001:db8:2::1"));
        assert_eq!(from("2001:db8:8000::9").as_deref(), Some("2001:db8:1::1"));
        assert_eq!(from("fe80::9").as_deref(), Some("fe80::5054:ff:fe12:3456"));
    }

    #[test]
    fn the_groups_every_router_listens_to_need_no_join() {
        let port = port(&["2001:db8::1:2/64"]);
        for group in ["224.0.0.1", "ff02::1", "ff02::2", "ff02::1:ff01:2", "ff02::1:ff12:3456"] {
            assert!(port.has_joined(group.parse().unwrap()), "{group}");
        }
        for group in ["224.0.0.9", "ff02::9", "ff02::1:ff01:3"] {
            assert!(!port.has_joined(group.parse().unwrap()), "{group}");
        }
    }

    #[test]
    fn a_mac_is_read_in_the_three_usual_forms() {
        let mac = Mac([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
        for text in ["52:54:00:12:34:56", "52-54-00-12-34-56", "5254.0012.3456"] {
            assert_eq!(text.parse(), Ok(mac), "{text}");
        }
        for text in ["", "52:54:00:12:34", "52:54:00:12:34:5g", "525400123456", "+2:54:00:12:34:56"] {
            assert!(text.parse::<Mac>().is_err(), "{text}");
        }
        assert_eq!(mac.to_string(), "52:54:00:12:34:56");
    }
}
