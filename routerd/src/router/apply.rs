//! From one configuration to the next. Everything here compares what is wanted with what is there and
//! touches only the difference, so applying the same configuration twice does nothing.

use super::ports::{self, PortInfo};
use super::{Router, ports::Port};
use configs::Config;
use configs::config::{Discard, StaticRoute};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::port::{GlobalSettings, Mac, Rate};
use fib::{
    FibEntry, Instant, Kind, LocalKind, NextHop, PortId, Prefix, Protocol, Route, Rule, RuleAction, Source,
    TableId, Target,
};
use policy::Policy;
use proto::{Level, Notice, Rng};
use rip::{Redistributed, Rip};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is in the tables because of the configuration, to compare with the next one.
#[derive(Default)]
pub(super) struct Installed {
    /// Per port: its own addresses and its networks.
    ports: BTreeMap<PortId, (BTreeMap<Prefix, LocalKind>, BTreeSet<Prefix>)>,
    /// Who has an address: several ports may have the same one.
    locals: BTreeMap<Prefix, BTreeMap<Option<PortId>, LocalKind>>,
    /// Static routes by table, prefix and distance.
    statics: BTreeMap<(TableId, Prefix, u8), Route>,
    rules: Vec<Rule>,
    neighbors: BTreeMap<PortId, BTreeMap<IpAddr, Mac>>,
}

/// What every router has before it has any configuration: as the kernel's `local` table of a new namespace.
const ALWAYS_LOCAL: [(IpAddr, u8, LocalKind); 3] = [
    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8, LocalKind::Host),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128, LocalKind::Host),
    (IpAddr::V4(Ipv4Addr::BROADCAST), 32, LocalKind::Broadcast),
];

impl Router {
    /// What is there before the first configuration.
    pub(super) fn start(&mut self) {
        self.add_loopback(Instant::ZERO, "lo");
        for (addr, len, kind) in ALWAYS_LOCAL {
            self.set_local(Prefix::new(addr, len), None, Some(kind));
        }
    }

    /// Changes the configuration, touching only what differs. `Err`: refused as a whole, with every reason.
    pub fn apply(&mut self, now: Instant, config: Config) -> Result<(), String> {
        let problems = configs::validate(&config);
        let errors: Vec<String> = problems.iter().filter(|p| p.is_error()).map(ToString::to_string).collect();
        if !errors.is_empty() {
            return Err(errors.join("\n"));
        }
        for warning in problems.iter().filter(|p| !self.warned.contains(&p.to_string())) {
            self.log.push(now, Notice::new(Level::Warning, "config", warning.to_string()));
        }
        self.warned = problems.iter().map(ToString::to_string).collect();
        let old = std::mem::replace(&mut self.config, config);
        self.generation = self.generation.wrapping_add(1);
        self.log.apply(&self.config.logging);
        self.log.apply_debug(&old.logging, &self.config.logging);
        self.apply_forwarding();
        self.apply_loopbacks(now, &old);
        for id in self.ports.ids() {
            self.configure_port(now, id);
        }
        self.apply_statics(now);
        self.apply_rules();
        self.apply_rip(now, &old);
        self.settle(now);
        Ok(())
    }

    fn apply_forwarding(&mut self) {
        let forwarding = &self.config.forwarding;
        self.forwarder.set_global(GlobalSettings {
            forward_v4: forwarding.ipv4,
            forward_v6: forwarding.ipv6,
            icmp_rate: Rate { per_second: forwarding.icmp_rate, burst: forwarding.icmp_burst },
            ..GlobalSettings::default()
        });
        self.rib.set_resolve_via_default(forwarding.resolve_via_default);
    }

    /// Loopbacks exist because they are configured; `lo` always does.
    fn apply_loopbacks(&mut self, now: Instant, old: &Config) {
        let wanted: Vec<String> =
            self.config.interfaces.keys().filter(|n| ports::is_loopback_name(n)).cloned().collect();
        for name in &wanted {
            if self.ports.by_name(name).is_none() {
                self.add_loopback(now, name);
            }
        }
        for name in old.interfaces.keys().filter(|n| ports::is_loopback_name(n) && *n != "lo") {
            let gone =
                self.ports.by_name(name).filter(|p| p.loopback && !wanted.contains(name)).map(|p| p.id);
            if let Some(id) = gone {
                self.remove_port(now, id);
            }
        }
    }

    fn add_loopback(&mut self, now: Instant, name: &str) {
        let info = PortInfo {
            name: name.to_owned(),
            altnames: Vec::new(),
            mac: [0; 6],
            mtu: u16::MAX,
            carrier: true,
            offload: true,
        };
        let id = self.ports.add(now, info, true);
        self.configure_port(now, id);
    }

    /// Brings a port in line with what the link and the configuration say of it.
    pub(super) fn configure_port(&mut self, now: Instant, id: PortId) {
        let Some(port) = self.ports.get_mut(id) else { return };
        let interface = ports::configured(&self.config, &port.info);
        let settings = ports::settings(&port.info, port.loopback, interface);
        let shutdown = interface.is_some_and(|i| i.shutdown);
        let statics = interface.map(|i| i.neighbors.clone()).unwrap_or_default();
        port.settings = settings.clone();
        let port = port.clone();
        self.forwarder.set_port(now, id, settings);
        self.install_neighbors(now, id, statics);
        self.rib.set_port_up(id, port.up());
        self.install_addresses(now, &port, shutdown);
        if let Some(rip) = &mut self.rip {
            rip.set_port(now, rip_port(&port));
        }
        self.sync_sockets(now);
    }

    /// The fixed neighbors of a port, as configured.
    fn install_neighbors(&mut self, now: Instant, id: PortId, configured: BTreeMap<IpAddr, String>) {
        let wanted: BTreeMap<IpAddr, Mac> =
            configured.into_iter().filter_map(|(addr, mac)| Some((addr, mac.parse().ok()?))).collect();
        let old = self.installed.neighbors.insert(id, wanted.clone()).unwrap_or_default();
        for addr in old.keys().filter(|addr| !wanted.contains_key(addr)) {
            self.forwarder.set_static_neighbor(now, id, *addr, None);
        }
        for (addr, mac) in wanted {
            if old.get(&addr) != Some(&mac) {
                self.forwarder.set_static_neighbor(now, id, addr, Some(mac));
            }
        }
    }

    /// The port's addresses into `local`, its networks into the RIB as connected.
    fn install_addresses(&mut self, now: Instant, port: &Port, shutdown: bool) {
        let mut locals = BTreeMap::new();
        let mut networks = BTreeSet::new();
        let link_local = self.forwarder.link_local(port.id);
        if !shutdown {
            for address in &port.settings.addresses {
                locals.insert(Prefix::host(address.addr()), LocalKind::Host);
                if let Some(broadcast) = address.network().broadcast() {
                    locals.insert(Prefix::host(broadcast.into()), LocalKind::Broadcast);
                }
                if port.up() {
                    networks.insert(address.network());
                }
            }
            if let Some(address) = link_local {
                locals.insert(Prefix::host(address.into()), LocalKind::Host);
                if port.up() {
                    networks.insert(Prefix::new(address.into(), 64));
                }
            }
        }
        self.replace_installed(now, port.id, locals, networks);
    }

    /// Takes everything of the port out of the tables.
    pub(super) fn withdraw_port(&mut self, now: Instant, id: PortId) {
        self.replace_installed(now, id, BTreeMap::new(), BTreeSet::new());
        self.installed.ports.remove(&id);
        self.installed.neighbors.remove(&id);
    }

    fn replace_installed(
        &mut self,
        now: Instant,
        id: PortId,
        locals: BTreeMap<Prefix, LocalKind>,
        networks: BTreeSet<Prefix>,
    ) {
        let (old_locals, old_networks) =
            self.installed.ports.insert(id, (locals.clone(), networks.clone())).unwrap_or_default();
        for prefix in old_locals.keys().filter(|p| !locals.contains_key(p)) {
            self.set_local(*prefix, Some(id), None);
        }
        for (prefix, kind) in locals.iter().filter(|(p, k)| old_locals.get(p) != Some(k)) {
            self.set_local(*prefix, Some(id), Some(*kind));
        }
        let source = Source::new(Protocol::Connected, id.0);
        for prefix in old_networks.difference(&networks) {
            self.rib.withdraw(TableId::MAIN, source, *prefix);
        }
        for prefix in networks.difference(&old_networks) {
            let route = Route::new(Protocol::Connected, Target::Via(vec![NextHop::port(id)]));
            self.rib.announce(now, TableId::MAIN, source, *prefix, route);
        }
    }

    /// One owner of a local address comes (`Some`) or goes (`None`); the table shows the first owner.
    fn set_local(&mut self, prefix: Prefix, port: Option<PortId>, kind: Option<LocalKind>) {
        let owners = self.installed.locals.entry(prefix).or_default();
        match kind {
            Some(kind) => owners.insert(port, kind),
            None => owners.remove(&port),
        };
        match owners.first_key_value() {
            Some((port, kind)) => {
                let entry = FibEntry::Local { kind: *kind, port: *port };
                self.fib.set(TableId::LOCAL, prefix, entry);
                self.rib.set_local(prefix.addr(), *kind == LocalKind::Host && prefix.is_host());
            }
            None => {
                self.installed.locals.remove(&prefix);
                self.fib.remove(TableId::LOCAL, prefix);
                self.rib.set_local(prefix.addr(), false);
            }
        }
    }

    /// Names have changed hands: what refers to ports by name is looked at again.
    pub(super) fn refresh_named(&mut self, now: Instant) {
        self.apply_statics(now);
        self.apply_rules();
    }

    fn apply_statics(&mut self, now: Instant) {
        let mut wanted: BTreeMap<(TableId, Prefix, u8), Route> = BTreeMap::new();
        for route in &self.config.routes {
            let table = route.table.unwrap_or(TableId::MAIN);
            let Some(target) = self.static_target(route) else { continue };
            let key = (table, route.prefix, route.distance);
            let entry = wanted.entry(key).or_insert_with(|| Route {
                distance: route.distance,
                metric: 0,
                tag: route.tag,
                kind: Kind::Plain,
                target: Target::Via(Vec::new()),
            });
            match (&mut entry.target, target) {
                (Target::Via(hops), Target::Via(more)) => hops.extend(more),
                // A discard beside next hops of the same distance is of no use while they work: the hops win.
                (Target::Via(hops), discard) if hops.is_empty() => entry.target = discard,
                (discard, Target::Via(more)) if !more.is_empty() => *discard = Target::Via(more),
                _ => {}
            }
        }
        wanted.retain(|_, route| route.target != Target::Via(Vec::new()));
        let source = |distance: u8| Source::new(Protocol::Static, distance.into());
        let old = std::mem::replace(&mut self.installed.statics, wanted.clone());
        for (table, prefix, distance) in old.keys().filter(|k| !wanted.contains_key(k)) {
            self.rib.withdraw(*table, source(*distance), *prefix);
        }
        for ((table, prefix, distance), route) in wanted {
            if old.get(&(table, prefix, distance)) != Some(&route) {
                self.rib.announce(now, table, source(distance), prefix, route);
            }
        }
    }

    /// Where a static route leads; `None` while its interface is absent.
    fn static_target(&self, route: &StaticRoute) -> Option<Target> {
        if let Some(kind) = route.kind {
            return Some(match kind {
                Discard::Blackhole => Target::Blackhole,
                Discard::Unreachable => Target::Unreachable,
                Discard::Prohibit => Target::Prohibit,
            });
        }
        let port = match &route.interface {
            Some(name) => Some(self.ports.by_name(name)?.id),
            None => None,
        };
        let hop = NextHop { gateway: route.via, port, weight: route.weight.max(1), onlink: route.onlink };
        Some(Target::Via(vec![hop]))
    }

    fn apply_rules(&mut self) {
        let mut rules = Rule::defaults().to_vec();
        for rule in &self.config.rules {
            let iif = match &rule.iif {
                // A rule for an absent interface matches nothing.
                Some(name) => match self.ports.by_name(name) {
                    Some(port) => Some(port.id),
                    None => continue,
                },
                None => None,
            };
            let action = match (rule.table, rule.kind) {
                (_, Some(Discard::Blackhole)) => RuleAction::Blackhole,
                (_, Some(Discard::Unreachable)) => RuleAction::Unreachable,
                (_, Some(Discard::Prohibit)) => RuleAction::Prohibit,
                (table, None) => RuleAction::Table(table.unwrap_or(TableId::MAIN)),
            };
            rules.push(Rule {
                priority: rule.priority.into(),
                from: rule.from,
                to: rule.to,
                iif,
                mark: None,
                tos: rule.tos,
                action,
            });
        }
        if rules != self.installed.rules {
            self.installed.rules.clone_from(&rules);
            self.fib.set_rules(rules);
        }
    }

    fn apply_rip(&mut self, now: Instant, old: &Config) {
        let policy_changed = self.config.policy != old.policy;
        if policy_changed || Arc::strong_count(&self.policy) == 0 {
            self.policy = Arc::new(Policy::new(self.config.policy.clone()));
        }
        match (&mut self.rip, &self.config.rip) {
            (None, None) => return,
            (Some(rip), None) => {
                rip.shutdown(now);
                // Its last words must be sent and its routes withdrawn before it is dropped.
                self.settle(now);
                self.rip = None;
            }
            (Some(rip), Some(config)) => {
                if !policy_changed && old.rip.as_ref() == Some(config) {
                    return;
                }
                rip.apply(now, config.clone(), Arc::clone(&self.policy));
            }
            (None, Some(config)) => {
                let seed = Rng::fork(self.seed, "rip").bits();
                let mut rip = Rip::new(now, config.clone(), Arc::clone(&self.policy), seed);
                rip.set_wall_clock(self.wall);
                for port in self.ports.iter() {
                    rip.set_port(now, rip_port(port));
                }
                self.rip = Some(rip);
            }
        }
        self.replay_routes(now);
        self.sync_sockets(now);
    }

    /// Tells RIP every best route there is: it has just started, or may want others than before.
    fn replay_routes(&mut self, now: Instant) {
        let Some(rip) = &mut self.rip else { return };
        for (prefix, source, route) in self.rib.best_routes(TableId::MAIN) {
            if source.protocol != Protocol::Rip {
                rip.handle_route(now, Redistributed { source, prefix, route: Some(route) });
            }
        }
    }

    /// Opens the sockets and joins the groups that protocols want on each port, and closes the others.
    pub(super) fn sync_sockets(&mut self, now: Instant) {
        let wanted: BTreeSet<PortId> = self.rip.iter().flat_map(Rip::joined).collect();
        let open: BTreeSet<PortId> = self.links.keys().copied().collect();
        for id in open.difference(&wanted) {
            self.links.remove(id);
            self.forwarder.leave(*id, rip::GROUP.into());
        }
        for id in wanted.difference(&open) {
            let seed = Rng::fork(self.seed, &format!("link stack {}", id.0)).bits();
            let mut stack = crate::stack::LinkStack::new(now, seed);
            stack.open_udp(rip::UDP_PORT);
            self.links.insert(*id, stack);
            self.forwarder.join(*id, rip::GROUP.into());
        }
    }

    /// Says good-bye: neighbors learn that nothing is reachable here any more.
    pub fn shutdown(&mut self, now: Instant) {
        if let Some(rip) = &mut self.rip {
            rip.shutdown(now);
        }
        self.settle(now);
    }
}

fn rip_port(port: &Port) -> rip::Port {
    rip::Port {
        id: port.id,
        name: port.info.name.clone(),
        up: port.up(),
        mtu: u16::try_from(port.settings.mtu).unwrap_or(u16::MAX),
        addresses: port.settings.addresses.clone(),
        loopback: port.loopback,
    }
}
