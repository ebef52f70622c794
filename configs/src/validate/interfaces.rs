//! Interfaces: addresses a host can have, MTU, fixed neighbors.
//! The same network on two interfaces is allowed, as in FRR and Linux; the same address on two earns a warning.

use super::Checker;
use crate::config::Interface;
use core::net::{IpAddr, Ipv4Addr};
use fib::IfAddr;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(c: &mut Checker, interfaces: &BTreeMap<String, Interface>) {
    let mut owners: BTreeMap<IpAddr, &str> = BTreeMap::new();
    for (name, interface) in interfaces {
        c.within(name.as_str(), |c| {
            c.interface_name(name);
            one(c, name, interface);
            for (at, address) in interface.addresses.iter().enumerate() {
                let shared = !is_host(*address) && !is_link_local(address.addr());
                match owners.insert(address.addr(), name) {
                    Some(other) if other != name && shared => c.within("addresses", |c| {
                        c.within(at, |c| {
                            c.warning(format!("{} is also the address of {other}", address.addr()))
                        });
                    }),
                    _ => {}
                }
            }
        });
    }
}

fn one(c: &mut Checker, name: &str, interface: &Interface) {
    if let Some(text) = &interface.description {
        c.within("description", |c| c.line("description", text));
    }
    let mut seen = BTreeSet::new();
    for (at, address) in interface.addresses.iter().enumerate() {
        c.within("addresses", |c| c.within(at, |c| address_of_a_host(c, name, *address)));
        if !seen.insert(address.addr()) {
            c.within("addresses", |c| c.within(at, |c| c.refuse(format!("`{address}` is listed twice"))));
        }
    }
    if let Some(mtu) = interface.mtu {
        c.range("mtu", mtu, 68..=u16::MAX);
        let v6 = interface.addresses.iter().any(|a| !a.is_v4());
        if v6 && (68..1280).contains(&mtu) {
            let found = format!("found {mtu} on an interface with an IPv6 address (RFC 8200 section 5)");
            c.within("mtu", |c| c.error(found, "1280-65535"));
        }
    }
    if let Some(mbit) = interface.bandwidth {
        c.range("bandwidth", mbit, 1..=100_000);
    }
    if let Some(seconds) = interface.arp_timeout {
        c.range("arp-timeout", seconds, 1..=u16::MAX);
    }
    if let Some(seconds) = interface.ra_interval {
        c.range("ra-interval", seconds, 1..=1800);
    }
    if let Some(seconds) = interface.ra_lifetime {
        c.range("ra-lifetime", seconds, 0..=9000);
        // RFC 4861 section 6.2.1: between MaxRtrAdvInterval and 9000, or none at all.
        let interval = interface.ra_interval.unwrap_or(1);
        if seconds != 0 && seconds < interval {
            c.within("ra-lifetime", |c| c.error(format!("found {seconds}"), format!("0 or {interval}-9000")));
        }
    }
    for (address, mac) in &interface.neighbors {
        c.within("neighbors", |c| {
            c.within(address.to_string().as_str(), |c| {
                if !is_unicast(*address) {
                    c.refuse(format!("{address} cannot be the address of a neighbor"));
                }
                let accepted = "the address of one station: 52:54:00:12:34:56 or 5254.0012.3456";
                if !mac.parse::<fib::Mac>().is_ok_and(fib::Mac::is_station) {
                    c.error(format!("`{mac}` cannot be the MAC address of a neighbor"), accepted);
                }
            });
        });
    }
}

/// RFC 1122 section 3.2.1.3, RFC 4291 sections 2.5.2, 2.5.3 and 2.7; FRR's `ipv4_martian`.
fn address_of_a_host(c: &mut Checker, name: &str, address: IfAddr) {
    let (addr, network) = (address.addr(), address.network());
    let reason = if addr.is_multicast() {
        "is a multicast group"
    } else if addr.is_unspecified() {
        "is the unspecified address"
    } else if addr.is_loopback() && name != "lo" {
        "is a loopback address, which only `lo` can have"
    } else if !is_unicast(addr) {
        "is reserved"
    } else if address.len() == 0 {
        "would make the whole Internet on-link"
    } else if network.broadcast().is_some() && addr == network.addr() {
        "is the network's own address"
    } else if network.broadcast().is_some_and(|broadcast| addr == broadcast) {
        "is the network's broadcast address"
    } else {
        return;
    };
    c.error(format!("`{address}` {reason}"), "the address of a host with its prefix length: 10.0.0.1/24");
}

/// Whether `addr` can be one host's: not multicast, unspecified, "this network" (0/8) or class E, nor IPv4 in IPv6.
pub(super) fn is_unicast(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(a) => (1..224).contains(&a.octets()[0]) && a != Ipv4Addr::BROADCAST,
        IpAddr::V6(a) => !a.is_multicast() && !a.is_unspecified() && a.to_ipv4_mapped().is_none(),
    }
}

/// `fe80::/10` or `169.254.0.0/16`: meaningful on one link only.
pub(super) fn is_link_local(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(a) => a.is_link_local(),
        IpAddr::V6(a) => a.is_unicast_link_local(),
    }
}

/// A /32 or /128: the mark of unnumbered interfaces, which share one address on purpose.
fn is_host(address: IfAddr) -> bool {
    address.network().is_host()
}

#[cfg(test)]
mod tests {
    use crate::validate::tests::{errors, is_valid, warnings};

    fn on_eth1(address: &str) -> String {
        format!("interfaces: {{eth1: {{addresses: ['{address}']}}}}")
    }

    #[test]
    fn an_interface_takes_the_address_of_a_host() {
        for ok in ["10.0.0.1/24", "10.0.0.0/31", "10.0.0.1/31", "10.0.0.0/32", "fe80::1/64", "2001:db8::/64"]
        {
            assert!(is_valid(&on_eth1(ok)), "{ok}");
        }
        for bad in [
            "10.0.0.0/24",
            "10.0.0.255/24",
            "10.0.0.3/30",
            "224.0.0.9/24",
            "0.0.0.0/8",
            "0.1.2.3/8",
            "127.0.0.1/8",
            "::1/128",
            "240.0.0.1/4",
            "255.255.255.255/32",
            "10.0.0.1/0",
            "ff02::9/64",
            "::/64",
            "::ffff:10.0.0.1/128",
        ] {
            let found = errors(&on_eth1(bad));
            assert_eq!(found.len(), 1, "{bad}: {found:?}");
            assert!(found[0].starts_with("interfaces.eth1.addresses[0]: "), "{}", found[0]);
        }
        assert!(is_valid("interfaces: {lo: {addresses: [127.0.0.1/8, '::1/128']}}"));
    }

    #[test]
    fn one_address_twice_on_an_interface_is_an_error_and_on_two_a_warning() {
        let twice = "interfaces: {eth1: {addresses: [10.0.0.1/24, 10.0.0.1/16]}}";
        assert_eq!(errors(twice), ["interfaces.eth1.addresses[1]: `10.0.0.1/16` is listed twice"]);
        let two = "interfaces: {eth1: {addresses: [10.0.0.1/24]}, eth2: {addresses: [10.0.0.1/24]}}";
        assert_eq!(
            warnings(two),
            ["interfaces.eth2.addresses[0]: warning: 10.0.0.1 is also the address of eth1"]
        );
        let overlap = "interfaces: {eth1: {addresses: [10.0.0.1/24]}, eth2: {addresses: [10.0.0.2/16]}}";
        assert_eq!(warnings(overlap), [""; 0], "FRR allows overlapping networks");
        let unnumbered = "interfaces: {eth1: {addresses: [10.0.0.1/32]}, eth2: {addresses: [10.0.0.1/32]}}";
        assert_eq!(warnings(unnumbered), [""; 0]);
    }

    #[test]
    fn ipv6_wants_an_mtu_of_1280() {
        assert_eq!(errors("interfaces: {e: {mtu: 67}}"), ["interfaces.e.mtu: found 67, expected 68-65535"]);
        assert!(is_valid("interfaces: {e: {mtu: 68}}"));
        assert_eq!(errors("interfaces: {e: {mtu: 1279, addresses: ['2001:db8::1/64']}}").len(), 1);
        assert!(is_valid("interfaces: {e: {mtu: 1280, addresses: ['2001:db8::1/64']}}"));
    }

    #[test]
    fn a_fixed_neighbor_is_one_station() {
        assert!(is_valid("interfaces: {e: {neighbors: {10.0.0.2: '52:54:00:12:34:56'}}}"));
        for bad in ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:09", "00:00:00:00:00:00", "52:54:00:12:34", "x"] {
            let text = format!("interfaces: {{e: {{neighbors: {{10.0.0.2: '{bad}'}}}}}}");
            assert_eq!(errors(&text).len(), 1, "{bad}");
        }
        assert_eq!(errors("interfaces: {e: {neighbors: {224.0.0.9: '52:54:00:12:34:56'}}}").len(), 1);
    }

    #[test]
    fn other_ranges_of_an_interface_hold() {
        assert_eq!(errors("interfaces: {e: {arp-timeout: 0}}").len(), 1);
        assert_eq!(errors("interfaces: {e: {description: ' x'}}").len(), 1);
        assert_eq!(errors("interfaces: {e: {description: \"a\\nb\"}}").len(), 1);
        for bad in ["'a b'", "a/b", "Null0", "..", "''"] {
            assert_eq!(errors(&format!("interfaces: {{{bad}: {{}}}}")).len(), 1, "{bad}");
        }
    }
}
