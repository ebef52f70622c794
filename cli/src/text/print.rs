//! The lines of a configuration, in FRR's order: globals, key chains, static routes, interfaces, protocols,
//! lists, route maps. Defaults are not written.

use crate::config::time;
use crate::grammar::words::{quote, quote_beside};
use configs::Config;
use configs::config::{Discard, Forwarding, Interface, Logging, Rule, StaticRoute};
use core::fmt::Display;
use core::net::IpAddr;
use fib::{Prefix, RpFilter};
use policy::config::{Key, Lifetime};
use proto::Level;
use rip::config::{
    AuthenticationMode, Direction, InterfaceConfig, ListName, SplitHorizon, TimersConfig, Versions,
};
use std::collections::BTreeSet;

/// The lines that make this configuration of an empty one.
pub fn print(config: &Config) -> String {
    let mut out = Lines::default();
    globals(&mut out, config);
    key_chains(&mut out, config);
    out.section(config.routes.iter().map(route));
    out.section(config.rules.iter().map(rule));
    let rip_names = config.rip.iter().flat_map(|rip| rip.interfaces.keys());
    let ospf_names = config.ospf.iter().flat_map(|ospf| ospf.interfaces.keys());
    let names: BTreeSet<&String> = config.interfaces.keys().chain(rip_names).chain(ospf_names).collect();
    for name in names {
        out.line(0, format!("interface {}", quote(name)));
        if let Some(interface) = config.interfaces.get(name) {
            self::interface(&mut out, interface);
        }
        if let Some(rip) = config.rip.as_ref().and_then(|rip| rip.interfaces.get(name)) {
            rip_interface(&mut out, rip);
        }
        if let Some(ospf) = config.ospf.as_ref().and_then(|ospf| ospf.interfaces.get(name)) {
            super::ospf::interface(&mut out, ospf);
        }
        out.line(0, "exit");
        out.line(0, "!");
    }
    if let Some(rip) = &config.rip {
        self::rip(&mut out, rip);
    }
    if let Some(bgp) = &config.bgp {
        super::bgp::process(&mut out, bgp);
    }
    if let Some(ospf) = &config.ospf {
        super::ospf::process(&mut out, ospf);
    }
    super::policy::lists(&mut out, config);
    out.line(0, "end");
    out.text
}

#[derive(Default)]
pub(super) struct Lines {
    text: String,
}

impl Lines {
    pub(super) fn line(&mut self, depth: usize, line: impl Display) {
        self.text.extend(core::iter::repeat_n(' ', depth));
        self.text.push_str(&line.to_string());
        self.text.push('\n');
    }

    /// The line if it is wanted.
    pub(super) fn line_if(&mut self, wanted: bool, depth: usize, line: impl Display) {
        if wanted {
            self.line(depth, line);
        }
    }

    /// `words VALUE` if there is a value.
    pub(super) fn value(&mut self, depth: usize, words: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.line(depth, format_args!("{words} {value}"));
        }
    }

    /// Lines closed by `!` unless there are none.
    pub(super) fn section(&mut self, lines: impl Iterator<Item = String>) {
        let before = self.text.len();
        lines.for_each(|line| self.line(0, line));
        if self.text.len() > before {
            self.line(0, "!");
        }
    }
}

fn globals(out: &mut Lines, config: &Config) {
    out.line(0, format_args!("hostname {}", quote(&config.hostname)));
    out.line(0, "!");
    let Forwarding { ipv4, ipv6, icmp_rate, icmp_burst, resolve_via_default } = config.forwarding;
    let default = Forwarding::default();
    let forwarding = [
        (!ipv4, "no ip forwarding".to_owned()),
        (!ipv6, "no ipv6 forwarding".to_owned()),
        (icmp_rate != default.icmp_rate, format!("ip icmp rate-limit {icmp_rate}")),
        (icmp_burst != default.icmp_burst, format!("ip icmp burst {icmp_burst}")),
        (resolve_via_default, "ip nht resolve-via-default".to_owned()),
    ];
    out.section(forwarding.into_iter().filter(|(wanted, _)| *wanted).map(|(_, line)| line));
    let Logging { level, json, buffered, debug } = &config.logging;
    let default = Logging::default();
    let level_name = match level {
        Level::Error => "errors",
        Level::Warning => "warnings",
        Level::Info => "informational",
        Level::Debug => "debugging",
    };
    let logging = [
        (*level != default.level, format!("logging level {level_name}")),
        (*json, "logging json".to_owned()),
        (*buffered != default.buffered, format!("logging buffered {buffered}")),
    ];
    let debug = debug.iter().map(|topic| format!("debug {topic}"));
    out.section(logging.into_iter().filter(|(wanted, _)| *wanted).map(|(_, line)| line).chain(debug));
}

fn key_chains(out: &mut Lines, config: &Config) {
    for (name, keys) in &config.policy.key_chains {
        out.line(0, format_args!("key chain {}", quote(name)));
        for Key { id, key_string, algorithm, accept_lifetime, send_lifetime } in keys {
            out.line(1, format_args!("key {id}"));
            out.line_if(!key_string.is_empty(), 2, format_args!("key-string {key_string}"));
            let algorithm = crate::config::ALGORITHMS.iter().find(|(a, _)| Some(*a) == *algorithm);
            out.value(2, "cryptographic-algorithm", algorithm.map(|(_, name)| name));
            out.value(2, "accept-lifetime", accept_lifetime.and_then(lifetime));
            out.value(2, "send-lifetime", send_lifetime.and_then(lifetime));
            out.line(1, "exit");
        }
        out.line(0, "exit");
        out.line(0, "!");
    }
}

/// `None`: the dates are beyond what the notation can say.
fn lifetime(Lifetime { start, end }: Lifetime) -> Option<String> {
    let start = time::print(start)?;
    Some(match end {
        None => format!("{start} infinite"),
        Some(end) => format!("{start} {}", time::print(end)?),
    })
}

fn discard(kind: Discard) -> &'static str {
    match kind {
        Discard::Blackhole => "blackhole",
        Discard::Unreachable => "reject",
        Discard::Prohibit => "prohibit",
    }
}

pub(super) fn ip(v4: bool) -> &'static str {
    if v4 { "ip" } else { "ipv6" }
}

fn route(route: &StaticRoute) -> String {
    let mut line = format!("{} route {}", ip(route.prefix.is_v4()), route.prefix);
    let mut add = |word: String| line.extend([" ", &word]);
    route.via.iter().for_each(|via| add(via.to_string()));
    let targets = ["null0", "blackhole", "reject", "prohibit", "onlink", "tag", "name", "table", "weight"];
    route.interface.iter().for_each(|name| add(quote_beside(name, &targets).into_owned()));
    route.kind.iter().for_each(|kind| add(discard(*kind).to_owned()));
    if route.onlink {
        add("onlink".to_owned());
    }
    if route.distance != 1 {
        add(route.distance.to_string());
    }
    if route.tag != 0 {
        add(format!("tag {}", route.tag));
    }
    route.name.iter().for_each(|name| add(format!("name {}", quote(name))));
    if route.weight != 1 {
        add(format!("weight {}", route.weight));
    }
    route.table.iter().for_each(|table| add(format!("table {}", table.0)));
    line
}

fn rule(rule: &Rule) -> String {
    let Rule { priority, from, to, iif, tos, table, kind } = rule;
    let v4 = from.iter().chain(to).all(Prefix::is_v4);
    let mut line = format!("{} rule {priority}", ip(v4));
    let mut add = |word: String| line.extend([" ", &word]);
    from.iter().for_each(|p| add(format!("from {p}")));
    to.iter().for_each(|p| add(format!("to {p}")));
    iif.iter().for_each(|name| add(format!("iif {}", quote(name))));
    tos.iter().for_each(|tos| add(format!("tos {tos}")));
    table.iter().for_each(|table| add(format!("table {table}")));
    kind.iter().for_each(|kind| match kind {
        Discard::Unreachable => add("unreachable".to_owned()),
        other => add(discard(*other).to_owned()),
    });
    line
}

fn interface(out: &mut Lines, interface: &Interface) {
    let Interface {
        description,
        addresses,
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
    } = interface;
    // An interface of which nothing is said is still a configured one.
    out.line_if(*interface == Interface::default(), 1, "no shutdown");
    out.value(1, "description", description.as_ref());
    out.line_if(*tap, 1, "tap");
    for address in addresses {
        out.line(1, format_args!("{} address {address}", ip(address.is_v4())));
    }
    out.value(1, "mtu", *mtu);
    out.value(1, "bandwidth", *bandwidth);
    match rp_filter {
        RpFilter::Off => {}
        RpFilter::Strict => out.line(1, "ip rp-filter strict"),
        RpFilter::Loose => out.line(1, "ip rp-filter loose"),
    }
    out.line_if(*proxy_arp, 1, "ip proxy-arp");
    out.line_if(*redirects, 1, "ip redirects");
    out.line_if(*no_unreachables, 1, "no ip unreachables");
    out.value(1, "arp timeout", *arp_timeout);
    out.line_if(*router_advertisements, 1, "no ipv6 nd suppress-ra");
    out.value(1, "ipv6 nd ra-interval", *ra_interval);
    out.value(1, "ipv6 nd ra-lifetime", *ra_lifetime);
    for (address, mac) in neighbors {
        match address {
            IpAddr::V4(v4) => out.line(1, format_args!("arp {v4} {mac}")),
            IpAddr::V6(v6) => out.line(1, format_args!("ipv6 neighbor {v6} {mac}")),
        }
    }
    out.line_if(*shutdown, 1, "shutdown");
}

fn rip_interface(out: &mut Lines, config: &InterfaceConfig) {
    let InterfaceConfig { send_version, receive_version, v2_broadcast, split_horizon, authentication } =
        config;
    out.value(1, "ip rip send version", send_version.map(versions));
    out.value(1, "ip rip receive version", receive_version.map(versions));
    out.line_if(*v2_broadcast, 1, "ip rip v2-broadcast");
    match split_horizon {
        SplitHorizon::Simple => {}
        SplitHorizon::Off => out.line(1, "no ip rip split-horizon"),
        SplitHorizon::PoisonedReverse => out.line(1, "ip rip split-horizon poisoned-reverse"),
    }
    if let Some(authentication) = authentication {
        let mode = match authentication.mode {
            AuthenticationMode::Text => "text",
            AuthenticationMode::Md5 => "md5",
        };
        out.line(1, format_args!("ip rip authentication mode {mode}"));
        out.value(1, "ip rip authentication string", authentication.key_string.as_ref());
        out.value(1, "ip rip authentication key-chain", authentication.key_chain.as_deref().map(quote));
    }
}

pub(crate) fn versions(versions: Versions) -> &'static str {
    match versions {
        Versions::V1 => "1",
        Versions::V2 => "2",
        Versions::Both => "1 2",
        Versions::None => "none",
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
    }
}

fn rip(out: &mut Lines, rip: &rip::config::Config) {
    let default = rip::config::Config::default();
    // Of an interface's name, quoted where it is none of these keywords or a beginning of one.
    let on =
        |interface: &Option<String>| interface.as_ref().map_or(String::new(), |i| format!(" {}", quote(i)));
    out.line(0, "router rip");
    out.value(1, "version", rip.version);
    out.line_if(rip.default_information_originate, 1, "default-information originate");
    out.line_if(
        rip.default_metric != default.default_metric,
        1,
        format_args!("default-metric {}", rip.default_metric),
    );
    out.value(1, "distance", rip.distance);
    for d in &rip.distances {
        let list = d.access_list.as_ref().map_or(String::new(), |list| format!(" {}", quote(list)));
        out.line(1, format_args!("distance {} {}{list}", d.distance, d.source));
    }
    rip.networks.iter().for_each(|n| out.line(1, format_args!("network {n}")));
    rip.network_interfaces.iter().for_each(|n| out.line(1, format_args!("network {}", quote(n))));
    rip.neighbors.iter().for_each(|n| out.line(1, format_args!("neighbor {n}")));
    out.line_if(rip.passive_default, 1, "passive-interface default");
    let no = if rip.passive_default { "no " } else { "" };
    for name in &rip.passive_interfaces {
        out.line(1, format_args!("{no}passive-interface {}", quote_beside(name, &["default"])));
    }
    for (protocol, how) in &rip.redistribute {
        let metric = how.metric.map_or(String::new(), |m| format!(" metric {m}"));
        let map = how.route_map.as_ref().map_or(String::new(), |m| format!(" route-map {}", quote(m)));
        out.line(1, format_args!("redistribute {protocol}{metric}{map}"));
    }
    rip.routes.iter().for_each(|r| out.line(1, format_args!("route {r}")));
    for d in &rip.distribute_lists {
        let (prefix, name) = match &d.list {
            ListName::AccessList(name) => ("", name),
            ListName::PrefixList(name) => ("prefix ", name),
        };
        let name = quote_beside(name, &["prefix"]);
        out.line(
            1,
            format_args!("distribute-list {prefix}{name} {}{}", direction(d.direction), on(&d.interface)),
        );
    }
    for o in &rip.offset_lists {
        let (name, direction) = (quote(&o.access_list), direction(o.direction));
        out.line(1, format_args!("offset-list {name} {direction} {}{}", o.metric, on(&o.interface)));
    }
    for r in &rip.route_maps {
        let (name, interface) = (quote(&r.route_map), quote(&r.interface));
        out.line(1, format_args!("route-map {name} {} {interface}", direction(r.direction)));
    }
    let TimersConfig { update, timeout, garbage, holddown } = rip.timers;
    let basic = TimersConfig { holddown: 0, ..rip.timers } != TimersConfig::default();
    out.line_if(basic, 1, format_args!("timers basic {update} {timeout} {garbage}"));
    out.line_if(holddown != 0, 1, format_args!("timers holddown {holddown}"));
    match rip.maximum_paths {
        1 => {}
        0 => out.line(1, "allow-ecmp"),
        n => out.line(1, format_args!("allow-ecmp {n}")),
    }
    out.line_if(rip.infinity != default.infinity, 1, format_args!("infinity {}", rip.infinity));
    out.line_if(!rip.triggered_updates, 1, "no triggered-updates");
    out.line(0, "exit");
    out.line(0, "!");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::parse;

    #[test]
    fn an_empty_configuration_is_its_name() {
        assert_eq!(print(&Config::default()), "hostname router\n!\nend\n");
    }

    #[test]
    fn the_order_is_frr_s() {
        let lines = "hostname r1\nrouter rip\n network 10.0.0.0/8\n no triggered-updates\n passive-interface default\n \
                     no passive-interface eth1\ninterface eth1\n ip rip split-horizon poisoned-reverse\n \
                     ip address 10.0.0.1/24\n description to r2\nip route 10.9.0.0/16 Null0 250\nno ip forwarding\n\
                     key chain K\n key 1\n  key-string s\nip rule 5 from 10.0.0.0/8 table 10\n\
                     access-list A permit any\nroute-map M deny 10\n match ip address prefix-list A\n";
        let golden = "\
hostname r1
!
no ip forwarding
!
key chain K
 key 1
  key-string s
 exit
exit
!
ip route 10.9.0.0/16 blackhole 250
!
ip rule 5 from 10.0.0.0/8 table 10
!
interface eth1
 description to r2
 ip address 10.0.0.1/24
 ip rip split-horizon poisoned-reverse
exit
!
router rip
 network 10.0.0.0/8
 passive-interface default
 no passive-interface eth1
 no triggered-updates
exit
!
access-list A seq 5 permit any
!
route-map M deny 10
 match ip address prefix-list A
exit
!
end
";
        assert_eq!(print(&parse(lines, "x").unwrap()), golden);
    }

    #[test]
    fn names_that_look_like_keywords_survive() {
        let text = "ip route 10.0.0.0/8 \"reject\"\nrouter rip\n passive-interface \"default\"\n distribute-list \"prefix\" in\n";
        let config = parse(text, "x").unwrap();
        assert_eq!(config.routes[0].interface.as_deref(), Some("reject"));
        assert_eq!(parse(&print(&config), "again").unwrap(), config);
    }
}
