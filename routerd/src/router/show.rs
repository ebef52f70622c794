//! Typed snapshots for `show`. Nothing here formats: the asking side renders.

use super::{Router, ports};
use cli::Reply;
use cli::command::{Family, Show};
use cli::reply::{CounterView, InterfaceView, NeighborView, RuleView, Traffic, Version};
use core::net::IpAddr;
use fib::counters::Direction;
use fib::{Instant, PortId, RuleAction};
use std::collections::BTreeSet;

impl Router {
    pub(super) fn show(&self, now: Instant, show: Show) -> Reply {
        match show {
            Show::Version => Reply::Version(self.version(now)),
            Show::Health => Reply::Health(self.health(now)),
            Show::Interfaces(name) => self.interfaces(now, name.as_deref()),
            Show::InterfaceBrief(_) => self.interfaces(now, None),
            Show::Routes(query) => Reply::Routes(self.routes(now, &query)),
            Show::RoutesLinux { family, table } => Reply::Routes(self.routes_linux(now, family, table)),
            Show::Fib { family, table, address, after } => {
                Reply::Fib(self.fib_page(family, table, address, after))
            }
            Show::Rules => Reply::Rules(self.rules()),
            Show::Neighbors(family) => Reply::Neighbors(self.neighbors(now, family)),
            Show::Traffic => Reply::Traffic(self.traffic()),
            Show::RunningConfig => Reply::Config(Box::new(self.config.clone())),
            Show::StartupConfig => match &self.startup.config {
                Some(config) => Reply::Config(Box::new(config.clone())),
                None => Reply::Error("there is no startup configuration".to_owned()),
            },
            Show::Logging => Reply::Logging(self.log.view()),
            Show::Debugging => Reply::Debugging(self.log.debugging()),
            Show::RipTable => {
                Reply::RipTable(self.machines.rip.as_ref().map(|r| r.table(now)).unwrap_or_default())
            }
            Show::RipDatabase(prefix) => {
                let mut table = self.machines.rip.as_ref().map(|r| r.table(now)).unwrap_or_default();
                table.routes.retain(|route| prefix.is_none_or(|p| p.covers(&route.prefix)));
                Reply::RipTable(table)
            }
            Show::RipStatus => Reply::RipStatus(self.machines.rip.as_ref().map(|r| Box::new(r.status(now)))),
            Show::Ospf(show) => self.show_ospf(now, show),
            Show::Bgp(show) => self.show_bgp(now, show),
            Show::Protocols => Reply::Protocols(Box::new(self.protocols(now))),
            Show::Policy => Reply::Policy(Box::new(self.config.policy.clone())),
        }
    }

    fn version(&self, now: Instant) -> Version {
        Version {
            hostname: self.config.hostname.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_us: now.as_micros(),
            seed: self.seed,
            config_path: self.startup.path.clone(),
            fault: self.startup.fault.clone(),
        }
    }

    /// Present interfaces, then those that are configured but absent.
    fn interfaces(&self, now: Instant, name: Option<&str>) -> Reply {
        let mut views: Vec<InterfaceView> = self.ports.iter().map(|port| self.interface(now, port)).collect();
        let pending = self.config.interfaces.iter().filter(|(name, _)| self.ports.by_name(name).is_none());
        views.extend(pending.map(|(name, interface)| InterfaceView {
            name: name.clone(),
            index: None,
            description: interface.description.clone(),
            admin_up: !interface.shutdown,
            carrier: false,
            kind: "ethernet".to_owned(),
            mac: String::new(),
            mtu: interface.mtu.unwrap_or(1500),
            addresses: interface.addresses.clone(),
            link_local: None,
            last_change_us: None,
            transitions: 0,
            counters: Vec::new(),
        }));
        views.sort_by_key(|view| natural(&view.name));
        if let Some(name) = name {
            let by_altname = self.ports.by_name(name).map(|p| p.info.name.clone());
            views.retain(|v| v.name == name || Some(&v.name) == by_altname.as_ref());
            if views.is_empty() {
                return Reply::Error(format!("there is no interface {name}"));
            }
        }
        Reply::Interfaces(views)
    }

    fn interface(&self, now: Instant, port: &ports::Port) -> InterfaceView {
        let interface = ports::configured(&self.config, &port.info);
        InterfaceView {
            name: port.info.name.clone(),
            index: Some(port.id.0),
            description: interface.and_then(|i| i.description.clone()),
            admin_up: !interface.is_some_and(|i| i.shutdown),
            carrier: port.info.carrier,
            kind: if port.loopback { "loopback" } else { "ethernet" }.to_owned(),
            mac: if port.loopback { String::new() } else { port.settings.mac.to_string() },
            mtu: u16::try_from(port.settings.mtu).unwrap_or(u16::MAX),
            addresses: port.settings.addresses.clone(),
            link_local: self.forwarder.link_local(port.id),
            last_change_us: (!port.loopback).then(|| micros(now, port.changed)),
            transitions: port.transitions,
            counters: self.port_counters(port.id),
        }
    }

    fn port_counters(&self, id: PortId) -> Vec<(String, u64)> {
        let Some(c) = self.forwarder.port_counters(id) else { return Vec::new() };
        let traffic = [
            ("rx-packets", c.rx_packets),
            ("rx-bytes", c.rx_bytes),
            ("rx-multicast", c.rx_multicast),
            ("tx-packets", c.tx_packets),
            ("tx-bytes", c.tx_bytes),
            ("drops", c.total_dropped()),
        ];
        let drops = c.drops().filter(|(_, n)| *n > 0).map(|(reason, n)| (reason.name(), n));
        let link = self.ports.get(id).map(|p| p.link_drops.as_slice()).unwrap_or_default();
        let link = link.iter().copied().filter(|(_, n)| *n > 0);
        traffic.into_iter().chain(drops).chain(link).map(|(name, n)| (name.to_owned(), n)).collect()
    }

    fn rules(&self) -> Vec<RuleView> {
        let view = |rule: &fib::Rule| {
            let mut selector =
                format!("from {}", rule.from.map_or_else(|| "all".to_owned(), |p| p.to_string()));
            if let Some(to) = rule.to {
                selector += &format!(" to {to}");
            }
            if let Some(tos) = rule.tos {
                selector += &format!(" tos {tos:#04x}");
            }
            if let Some(iif) = rule.iif {
                selector += &format!(" iif {}", self.ports.name(iif));
            }
            let action = match rule.action {
                RuleAction::Table(table) => format!("lookup {table}"),
                RuleAction::Blackhole => "blackhole".to_owned(),
                RuleAction::Unreachable => "unreachable".to_owned(),
                RuleAction::Prohibit => "prohibit".to_owned(),
            };
            RuleView { priority: rule.priority, selector, action }
        };
        self.fib.snapshot().rules().iter().map(view).collect()
    }

    /// The router's own addresses (as FRR and IOS list them), then the neighbors.
    fn neighbors(&self, now: Instant, family: Family) -> Vec<NeighborView> {
        let is_wanted = |address: &IpAddr| address.is_ipv4() == (family == Family::V4);
        let mut views = Vec::new();
        for port in self.ports.iter().filter(|p| p.up() && !p.loopback) {
            let configured = port.settings.addresses.iter().map(fib::IfAddr::addr);
            // Made from the MAC address, unless one is configured.
            let made = self.forwarder.link_local(port.id).map(IpAddr::V6);
            let own: BTreeSet<IpAddr> = configured.chain(made).filter(is_wanted).collect();
            for address in own {
                views.push(NeighborView {
                    family,
                    address,
                    mac: Some(port.settings.mac.to_string()),
                    interface: port.info.name.clone(),
                    state: "interface".to_owned(),
                    age_us: None,
                });
            }
        }
        for n in self.forwarder.neighbors().filter(|n| is_wanted(&n.addr)) {
            let is_fixed = n.state == fib::neighbor::State::Permanent;
            views.push(NeighborView {
                family,
                address: n.addr,
                mac: n.mac.map(|m| m.to_string()),
                interface: self.ports.name(n.port),
                state: n.state.name().to_ascii_lowercase(),
                age_us: (!is_fixed).then(|| micros(now, n.heard)),
            });
        }
        views.sort_by_key(|v| v.address);
        views
    }

    fn traffic(&self) -> Traffic {
        let counters = self.forwarder.counters();
        let view = |name: &str, value: u64, meaning: &str| CounterView {
            name: name.to_owned(),
            value,
            meaning: meaning.to_owned(),
        };
        let stats =
            fib::counters::Stat::ALL.iter().map(|s| view(s.name(), counters.stat(*s), s.doc())).collect();
        let drops =
            fib::counters::Drop::ALL.iter().map(|d| view(d.name(), counters.dropped(*d), d.doc())).collect();
        let icmp = |messages: Vec<(Direction, u8, u64)>, version: &str| {
            let named = messages.into_iter().map(|(direction, kind, n)| {
                let way = if direction == Direction::In { "in" } else { "out" };
                view(&format!("type-{kind}-{way}"), n, &format!("{version} messages of type {kind}, {way}"))
            });
            named.collect::<Vec<_>>()
        };
        let mut sections = vec![
            ("IP".to_owned(), stats),
            ("ICMP".to_owned(), icmp(counters.icmp().collect(), "ICMP")),
            ("ICMPv6".to_owned(), icmp(counters.icmpv6().collect(), "ICMPv6")),
            ("drops".to_owned(), drops),
        ];
        sections.push((
            "delivery".to_owned(),
            self.refused.iter().map(|(why, n)| view(why.name(), n, why.doc())).collect(),
        ));
        let rip = self.machines.rip.as_ref().map(|rip| ("RIP", rip.counters()));
        let ospf = self.machines.ospf.as_ref().map(|ospf| ("OSPF", ospf.counters()));
        for (title, counters) in rip.into_iter().chain(ospf) {
            sections.push((title.to_owned(), counters.iter().map(|(name, n)| view(name, *n, "")).collect()));
        }
        Traffic { sections }
    }
}

/// Microseconds from `then` until `now`.
pub(super) fn micros(now: Instant, then: Instant) -> u64 {
    u64::try_from(now.since(then).as_micros()).unwrap_or(u64::MAX)
}

/// `eth2` before `eth10`.
fn natural(name: &str) -> (String, u64, String) {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = name.get(stem.len()..).and_then(|n| n.parse().ok()).unwrap_or(0);
    (stem.to_owned(), number, name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn interfaces_are_listed_by_number_not_by_digit() {
        let mut names = ["eth10", "lo", "eth2", "eth1"];
        names.sort_by_key(|n| natural(n));
        assert_eq!(names, ["eth1", "eth2", "eth10", "lo"]);
    }
}
