//! `interface NAME`: addresses and what one port does differently.

use super::{Edit, Run, line, push_new};
use crate::grammar::token::parse_mac;
use crate::grammar::{Args, Modes, Row};
use configs::config::Interface;
use core::net::{IpAddr, Ipv4Addr};
use fib::{IfAddr, RpFilter};

pub(super) const ROWS: &[Row<Run>] = &[
    line("description LINE", "description [LINE]", Modes::INTERFACE, "A note for the reader", description)
        .help(&[("LINE", "Free text")]),
    line(
        "ip address <A.B.C.D/M$address|A.B.C.D$ip A.B.C.D$mask> [secondary]",
        "ip address [<A.B.C.D/M$address|A.B.C.D$ip A.B.C.D$mask>] [secondary]",
        Modes::INTERFACE,
        "Add an address; the first one is the primary. `no` without one removes them all",
        ip_address,
    )
    .help(&[
        ("address", "IP address of this interface"),
        ("mask", "Its network mask"),
        ("secondary", "Accepted as in IOS: every address after the first is"),
    ]),
    line(
        "ipv6 address X:X::X:X/M$address",
        "ipv6 address [X:X::X:X/M$address]",
        Modes::INTERFACE,
        "Add an address. `no` without one removes them all",
        ipv6_address,
    )
    .help(&[("address", "IPv6 address of this interface")]),
    line("shutdown", "shutdown", Modes::INTERFACE, "Take the interface down", shutdown)
        .help(&[("shutdown", "Take the interface down")]),
    line(
        "mtu <68-65535>$bytes",
        "mtu [<68-65535>$bytes]",
        Modes::INTERFACE,
        "Bytes of an IP packet; without it the link's own",
        mtu,
    )
    .help(&[("mtu", "Largest IP packet"), ("bytes", "Bytes; IPv6 needs 1280")]),
    line(
        "bandwidth <1-100000>$mbit",
        "bandwidth [<1-100000>$mbit]",
        Modes::INTERFACE,
        "Mbit/s that costs are computed from; without it the link's own. It limits nothing",
        bandwidth,
    )
    .help(&[("mbit", "Mbit/s")]),
    line(
        "ip rp-filter <strict|loose|off>",
        "ip rp-filter [<strict|loose|off>]",
        Modes::INTERFACE,
        "Drop packets whose source would not be routed back (RFC 3704)",
        rp_filter,
    )
    .help(&[
        ("rp-filter", "Check the source of packets"),
        ("strict", "It must be reached through this interface"),
        ("loose", "It must be reachable at all"),
        ("off", "No check"),
    ]),
    line(
        "ip verify unicast source reachable-via <rx|any>",
        "ip verify unicast source reachable-via [<rx|any>]",
        Modes::INTERFACE,
        "The same in IOS's words",
        verify,
    )
    .help(&[
        ("verify", "Check the source of packets"),
        ("unicast", "Of unicast packets"),
        ("source", "The source"),
        ("reachable-via", "Where it must be reached"),
        ("rx", "Through this interface"),
        ("any", "Through any"),
    ]),
    line(
        "ip proxy-arp",
        "ip proxy-arp",
        Modes::INTERFACE,
        "Answer ARP for addresses routed elsewhere",
        proxy_arp,
    )
    .help(&[("proxy-arp", "Answer ARP for addresses routed elsewhere")]),
    line("ip redirects", "ip redirects", Modes::INTERFACE, "Send ICMP redirects (off by default)", redirects)
        .help(&[("redirects", "Send ICMP redirects")]),
    line(
        "ip unreachables",
        "ip unreachables",
        Modes::INTERFACE,
        "Send ICMP unreachables (on by default)",
        unreachables,
    )
    .help(&[("unreachables", "Send ICMP unreachables")]),
    line(
        "arp timeout <1-65535>$seconds",
        "arp timeout [<1-65535>$seconds]",
        Modes::INTERFACE,
        "Seconds a resolved neighbor stays fresh (30)",
        arp_timeout,
    )
    .help(&[("timeout", "How long an entry stays fresh"), ("seconds", "Seconds")]),
    line(
        "ipv6 nd suppress-ra",
        "ipv6 nd suppress-ra",
        Modes::INTERFACE,
        "Send no router advertisements (the default); with an interface neighbor of BGP they are sent anyway",
        suppress_ra,
    )
    .help(ND),
    line(
        "ipv6 nd ra-interval <1-1800>$seconds",
        "ipv6 nd ra-interval [<1-1800>$seconds]",
        Modes::INTERFACE,
        "Seconds between router advertisements at most (600; 10 with an interface neighbor of BGP)",
        |edit, args| {
            let seconds = if args.no() { None } else { Some(args.need("seconds")?) };
            edit.interface(args, |i| i.ra_interval = seconds)
        },
    )
    .help(ND),
    line(
        "ipv6 nd ra-lifetime <0-9000>$seconds",
        "ipv6 nd ra-lifetime [<0-9000>$seconds]",
        Modes::INTERFACE,
        "Seconds this router can be used without being heard again (three intervals); 0: not at all",
        |edit, args| {
            let seconds = if args.no() { None } else { Some(args.need("seconds")?) };
            edit.interface(args, |i| i.ra_lifetime = seconds)
        },
    )
    .help(ND),
    line(
        "arp A.B.C.D MAC [arpa]",
        "arp A.B.C.D [MAC [arpa]]",
        Modes::INTERFACE,
        "A fixed ARP entry",
        neighbor,
    ),
    line(
        "ipv6 neighbor X:X::X:X MAC",
        "ipv6 neighbor X:X::X:X [MAC]",
        Modes::INTERFACE,
        "A fixed ND entry",
        neighbor,
    ),
    line("tap", "tap", Modes::INTERFACE, "Create this interface as a TAP device", tap)
        .help(&[("tap", "Create this interface as a TAP device")]),
];

const ND: &[(&str, &str)] = &[
    ("nd", "Neighbor discovery"),
    ("suppress-ra", "Send no router advertisements"),
    ("ra-interval", "Time between router advertisements"),
    ("ra-lifetime", "How long they hold"),
    ("seconds", "Seconds"),
];

impl Edit<'_> {
    /// Changes the interface of this mode; an entry that a `no` form has emptied is dropped.
    fn interface(&mut self, args: &Args, change: impl FnOnce(&mut Interface)) -> Result<(), String> {
        let name = self.interface_name()?;
        change(self.config.interfaces.entry(name.clone()).or_default());
        let empty = self.config.interfaces.get(&name) == Some(&Interface::default());
        if args.no() && !args.has("shutdown") && empty {
            self.config.interfaces.remove(&name);
        }
        Ok(())
    }
}

fn description(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let text = args.text("LINE").filter(|_| !args.no()).map(str::to_owned);
    edit.interface(args, |i| i.description = text)
}

fn ip_address(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let address = match (args.get::<IfAddr>("address"), args.get("ip"), args.get("mask")) {
        (Some(address), ..) => Some(address),
        (None, Some(ip), Some(mask)) => Some(IfAddr::new(IpAddr::V4(ip), mask_len(mask)?)),
        _ => None,
    };
    change_address(edit, args, address, IfAddr::is_v4)
}

fn ipv6_address(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    change_address(edit, args, args.get("address"), |a| !a.is_v4())
}

fn change_address(
    edit: &mut Edit<'_>,
    args: &Args,
    address: Option<IfAddr>,
    family: fn(&IfAddr) -> bool,
) -> Result<(), String> {
    if args.no() {
        let name = edit.interface_name()?;
        let known = edit.config.interfaces.get(&name).map(|i| i.addresses.as_slice()).unwrap_or_default();
        if let Some(a) = address.filter(|a| !known.contains(a)) {
            return Err(format!("{name} does not have the address {a}"));
        }
        return edit.interface(args, |i| i.addresses.retain(|a| address.map_or(!family(a), |x| *a != x)));
    }
    let address = address.ok_or("an address is missing")?;
    edit.interface(args, |i| {
        // The same address with another mask is the address moved, not a second one.
        match i.addresses.iter_mut().find(|a| a.addr() == address.addr()) {
            Some(same) => *same = address,
            None => push_new(&mut i.addresses, address),
        }
    })
}

/// The length of a contiguous network mask.
pub(super) fn mask_len(mask: Ipv4Addr) -> Result<u8, String> {
    let ones = mask.to_bits().leading_ones();
    let contiguous = mask.to_bits().count_ones() == ones;
    let len = u8::try_from(ones).ok().filter(|_| contiguous);
    len.ok_or_else(|| format!("{mask} is not a network mask: its ones must be contiguous"))
}

fn shutdown(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.interface(args, |i| i.shutdown = !args.no())
}

fn mtu(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let bytes = if args.no() { None } else { Some(args.need("bytes")?) };
    edit.interface(args, |i| i.mtu = bytes)
}

fn bandwidth(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let mbit = if args.no() { None } else { Some(args.need("mbit")?) };
    edit.interface(args, |i| i.bandwidth = mbit)
}

fn rp_filter(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let filter = match () {
        () if args.no() || args.has("off") => RpFilter::Off,
        () if args.has("strict") => RpFilter::Strict,
        () => RpFilter::Loose,
    };
    edit.interface(args, |i| i.rp_filter = filter)
}

fn verify(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let filter = match () {
        () if args.no() => RpFilter::Off,
        () if args.has("rx") => RpFilter::Strict,
        () => RpFilter::Loose,
    };
    edit.interface(args, |i| i.rp_filter = filter)
}

fn proxy_arp(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.interface(args, |i| i.proxy_arp = !args.no())
}

fn redirects(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.interface(args, |i| i.redirects = !args.no())
}

fn unreachables(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.interface(args, |i| i.no_unreachables = args.no())
}

fn arp_timeout(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let seconds = if args.no() { None } else { Some(args.need("seconds")?) };
    edit.interface(args, |i| i.arp_timeout = seconds)
}

fn suppress_ra(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.interface(args, |i| i.router_advertisements = args.no())
}

fn neighbor(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let address: IpAddr = match args.get("A.B.C.D") {
        Some(v4) => v4,
        None => args.need("X:X::X:X")?,
    };
    if args.no() {
        let name = edit.interface_name()?;
        let known = edit.config.interfaces.get(&name).is_some_and(|i| i.neighbors.contains_key(&address));
        if !known {
            return Err(format!("no fixed entry for {address} on {name}"));
        }
        return edit.interface(args, |i| {
            i.neighbors.remove(&address);
        });
    }
    let mac = args.text("MAC").and_then(parse_mac).ok_or("MAC is missing")?;
    edit.interface(args, |i| {
        i.neighbors.insert(address, mac);
    })
}

fn tap(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.interface(args, |i| i.tap = !args.no())
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{after, refusal};
    use configs::config::Interface;
    use fib::RpFilter;

    fn eth1(lines: &[&str]) -> Interface {
        let mut all = vec!["interface eth1"];
        all.extend(lines);
        after(&all).interfaces.remove("eth1").unwrap_or_default()
    }

    #[test]
    fn addresses_add_up_in_either_notation() {
        let i = eth1(&[
            "ip address 10.0.0.1 255.255.255.0",
            "ip add 10.0.1.1/24 sec",
            "ipv6 addr 2001:db8::1/64",
        ]);
        let texts: Vec<String> = i.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["10.0.0.1/24", "10.0.1.1/24", "2001:db8::1/64"]);
    }

    #[test]
    fn the_same_address_with_another_mask_moves() {
        let i = eth1(&["ip address 10.0.0.1/24", "ip address 10.0.0.1/25"]);
        assert_eq!(i.addresses.len(), 1);
        assert_eq!(i.addresses[0].len(), 25);
    }

    #[test]
    fn no_address_removes_one_or_all_of_its_family() {
        let lines = ["ip address 10.0.0.1/24", "ip address 10.0.1.1/24", "ipv6 address ::1/128"];
        let with = |last: &'static str| eth1(&[lines[0], lines[1], lines[2], last]).addresses.len();
        assert_eq!(with("no ip address 10.0.0.1/24"), 2);
        assert_eq!(with("no ip address"), 1);
        assert_eq!(with("no ipv6 address"), 2);
        assert!(refusal(&["interface eth1", "no ip address 10.9.9.9/24"]).message.contains("10.9.9.9/24"));
    }

    #[test]
    fn a_mask_with_holes_is_refused() {
        let e = refusal(&["interface eth1", "ip address 10.0.0.1 255.0.255.0"]);
        assert!(e.message.contains("contiguous"), "{e}");
    }

    #[test]
    fn every_setting_has_a_way_back() {
        for (set, unset) in [
            ("description to the core", "no description"),
            ("mtu 1400", "no mtu"),
            ("ip rp-filter strict", "no ip rp-filter"),
            ("ip verify unicast source reachable-via any", "no ip verify unicast source reachable-via any"),
            ("ip proxy-arp", "no ip proxy-arp"),
            ("ip redirects", "no ip redirects"),
            ("no ip unreachables", "ip unreachables"),
            ("arp timeout 60", "no arp timeout"),
            ("no ipv6 nd suppress-ra", "ipv6 nd suppress-ra"),
            ("ipv6 nd ra-interval 10", "no ipv6 nd ra-interval"),
            ("ipv6 nd ra-lifetime 0", "no ipv6 nd ra-lifetime"),
            ("arp 10.0.0.9 00:11:22:33:44:55", "no arp 10.0.0.9"),
            ("tap", "no tap"),
            ("shutdown", "no shutdown"),
        ] {
            assert_ne!(eth1(&[set]), Interface::default(), "{set}");
            assert_eq!(eth1(&[set, unset]), Interface::default(), "{unset}");
        }
    }

    #[test]
    fn reverse_path_filters_have_two_spellings() {
        assert_eq!(eth1(&["ip verify unicast source reachable-via rx"]).rp_filter, RpFilter::Strict);
        assert_eq!(eth1(&["ip rp-filter loose"]).rp_filter, RpFilter::Loose);
    }
}
