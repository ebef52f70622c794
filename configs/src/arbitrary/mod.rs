//! Valid configurations for property tests: everything that can be configured, in every combination that
//! [`crate::validate()`] takes, in normal form. Names come from small pools, so that references mostly lead somewhere.

mod bgp;
mod ospf;
mod policy;
mod rip;

use crate::Config;
use crate::config::{Discard, Forwarding, Interface, Logging, Rule, StaticRoute};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::{IfAddr, Mac, Prefix, RpFilter, TableId};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use proto::Level;
use std::collections::BTreeSet;

/// Any valid configuration, normalized.
pub fn config() -> impl Strategy<Value = Config> {
    (
        "[A-Za-z0-9][A-Za-z0-9_.-]{0,20}",
        btree_map(interface_name(), interface(), 0..4),
        vec(static_route(), 0..6),
        vec(rule(), 0..4),
        forwarding(),
        policy::section(),
        (of(rip::section()), of(ospf::section()), of(bgp::section())),
        logging(),
    )
        .prop_map(
            |(hostname, interfaces, routes, rules, forwarding, policy, (rip, ospf, bgp), logging)| {
                let routes = unique(routes, |r| {
                    (r.prefix, r.table, r.via, r.interface.clone(), r.kind.map(|kind| kind as u8))
                });
                let rules = unique(rules, |r| r.priority);
                let mut config = Config {
                    hostname,
                    interfaces,
                    routes,
                    rules,
                    forwarding,
                    policy,
                    rip,
                    ospf,
                    bgp,
                    logging,
                };
                config.normalize();
                config
            },
        )
}

/// The first of each key.
fn unique<T, K: Ord>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = BTreeSet::new();
    items.into_iter().filter(|item| seen.insert(key(item))).collect()
}

fn interface_name() -> impl Strategy<Value = String> {
    select(vec!["lo", "eth0", "eth1", "eth2", "eth1.100", "br-lan", "r1_wan", "clab-ab12cd34"])
        .prop_map(str::to_owned)
}

/// Free text of one line, with what YAML and command lines find hard.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Za-z0-9]([A-Za-z0-9 #:!'\"|{}\\[\\],&*%@`?<>=-]{0,24}[A-Za-z0-9.!])?",
        1 => select(vec!["null", "~", "true", "no", "1e3", "0x10", "-1", "Über 10 Gbit/s", "- dash", "a: b", "# x"])
            .prop_map(str::to_owned),
    ]
    // Words of a line are parted by one blank: a command line keeps no more.
    .prop_map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A key: printable, without blanks inside for the sake of a command line.
fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z0-9#:'\"&*%@,=-]{1,16}"
}

fn prefix4() -> impl Strategy<Value = Prefix> {
    (any::<[u8; 4]>(), 0u8..=32).prop_map(|(a, len)| Prefix::new(IpAddr::from(a), len))
}

fn prefix6() -> impl Strategy<Value = Prefix> {
    (any::<[u16; 4]>(), 0u8..=128).prop_map(|([a, b, c, d], len)| {
        Prefix::new(IpAddr::V6(Ipv6Addr::new(0x2001, a, b, c, 0, 0, 0, d)), len)
    })
}

fn prefix() -> impl Strategy<Value = Prefix> {
    prop_oneof![3 => prefix4(), 1 => prefix6()]
}

fn host4() -> impl Strategy<Value = Ipv4Addr> {
    (1u8..=126, any::<[u8; 2]>(), 1u8..=126).prop_map(|(a, [b, c], d)| Ipv4Addr::new(a, b, c, d))
}

fn host6() -> impl Strategy<Value = Ipv6Addr> {
    (any::<[u16; 2]>(), 1u16..).prop_map(|([a, b], c)| Ipv6Addr::new(0x2001, 0xdb8, a, b, 0, 0, 0, c))
}

fn host() -> impl Strategy<Value = IpAddr> {
    prop_oneof![3 => host4().prop_map(IpAddr::V4), 1 => host6().prop_map(IpAddr::V6)]
}

fn address() -> impl Strategy<Value = IfAddr> {
    prop_oneof![
        // The last octet is 1 to 126: never all zeros or ones in a /24 or shorter, nor in a /31 or /32.
        3 => (host4(), prop_oneof![8u8..=24, 31u8..=32]).prop_map(|(a, len)| IfAddr::new(IpAddr::V4(a), len)),
        1 => (host6(), 1u8..=128).prop_map(|(a, len)| IfAddr::new(IpAddr::V6(a), len)),
    ]
}

fn interface() -> impl Strategy<Value = Interface> {
    (
        (of(text()), vec(address(), 0..4), of(1280u16..), of(1u32..=100_000), any::<bool>()),
        (select(vec![RpFilter::Off, RpFilter::Strict, RpFilter::Loose]), any::<[bool; 4]>()),
        (of(1u16..), btree_map(host(), mac(), 0..3)),
        (any::<bool>(), of(1u16..=1800), of(prop_oneof![Just(0u16), 1800u16..=9000])),
    )
        .prop_map(
            |(
                (description, addresses, mtu, bandwidth, shutdown),
                (rp_filter, flags),
                (arp_timeout, neighbors),
                (router_advertisements, ra_interval, ra_lifetime),
            )| {
                let [proxy_arp, redirects, no_unreachables, tap] = flags;
                Interface {
                    description,
                    addresses: unique(addresses, IfAddr::addr),
                    mtu,
                    bandwidth,
                    shutdown,
                    rp_filter,
                    proxy_arp,
                    redirects,
                    no_unreachables,
                    arp_timeout,
                    router_advertisements,
                    ra_interval,
                    ra_lifetime,
                    neighbors,
                    tap,
                }
            },
        )
}

fn mac() -> impl Strategy<Value = String> {
    any::<[u8; 5]>().prop_map(|[b, c, d, e, f]| Mac([2, b, c, d, e, f]).to_string())
}

fn discard() -> impl Strategy<Value = Discard> {
    select(vec![Discard::Blackhole, Discard::Unreachable, Discard::Prohibit])
}

fn static_route() -> impl Strategy<Value = StaticRoute> {
    #[derive(Clone, Debug)]
    enum Way {
        Via,
        Interface(String),
        Both(String, bool),
        Discard(Discard),
    }
    let way = prop_oneof![
        3 => Just(Way::Via),
        1 => interface_name().prop_map(Way::Interface),
        2 => (interface_name(), any::<bool>()).prop_map(|(name, onlink)| Way::Both(name, onlink)),
        1 => discard().prop_map(Way::Discard),
    ];
    let options =
        (1u8.., prop_oneof![Just(0u32), any::<u32>()], of("[A-Za-z0-9_-]{1,12}"), 1u8.., of(1u32..=252));
    (prefix(), host4(), host6(), way, options).prop_map(|(prefix, v4, v6, way, options)| {
        let (distance, tag, name, weight, table) = options;
        let gateway = if prefix.is_v4() { IpAddr::V4(v4) } else { IpAddr::V6(v6) };
        let (via, interface, kind, onlink) = match way {
            Way::Via => (Some(gateway), None, None, false),
            Way::Interface(name) => (None, Some(name), None, false),
            Way::Both(name, onlink) => (Some(gateway), Some(name), None, onlink),
            Way::Discard(kind) => (None, None, Some(kind), false),
        };
        let weight = if kind.is_some() { 1 } else { weight };
        let table = table.map(TableId);
        StaticRoute { prefix, via, interface, kind, distance, tag, name, weight, onlink, table }
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let networks = prop_oneof![(of(prefix4()), of(prefix4())), (of(prefix6()), of(prefix6())),];
    let verdict = prop_oneof![(1u32..=255).prop_map(Ok), discard().prop_map(Err)];
    (1u16..=32765, networks, of(interface_name()), of((0u8..64).prop_map(|n| n * 4)), verdict).prop_map(
        |(priority, (from, to), iif, tos, verdict)| Rule {
            priority,
            from,
            to,
            iif,
            tos,
            table: verdict.ok().map(TableId),
            kind: verdict.err(),
        },
    )
}

fn forwarding() -> impl Strategy<Value = Forwarding> {
    (any::<[bool; 3]>(), 0u32..=1_000_000, 1u32..=1_000_000).prop_map(
        |([ipv4, ipv6, resolve_via_default], icmp_rate, icmp_burst)| Forwarding {
            ipv4,
            ipv6,
            icmp_rate,
            icmp_burst,
            resolve_via_default,
        },
    )
}

fn logging() -> impl Strategy<Value = Logging> {
    let level = select(vec![Level::Error, Level::Warning, Level::Info, Level::Debug]);
    let topics =
        vec(select(vec!["rip events", "rip packet", "ospf spf", "rib", "arp"]).prop_map(str::to_owned), 0..3);
    (level, any::<bool>(), 0u32..=100_000, topics).prop_map(|(level, json, buffered, topics)| Logging {
        level,
        json,
        buffered,
        debug: unique(topics, String::clone),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Problem, validate};

    proptest! {
        #[test]
        fn what_is_generated_is_valid_and_normal(config in config()) {
            let errors: Vec<Problem> = validate(&config).into_iter().filter(Problem::is_error).collect();
            prop_assert_eq!(errors, vec![]);
            let mut normal = config.clone();
            normal.normalize();
            prop_assert_eq!(normal, config);
        }
    }
}
