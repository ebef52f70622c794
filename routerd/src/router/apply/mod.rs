//! From one configuration to the next. Everything here compares what is wanted with what is there and
//! touches only the difference, so applying the same configuration twice does nothing.

mod addresses;
mod protocols;
mod statics;

use super::Router;
use super::ports::{self, PortInfo};
use configs::Config;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::port::{GlobalSettings, Mac, Rate};
use fib::{Instant, LocalKind, PortId, Prefix, Route, Rule, TableId};
use proto::{Level, Notice};
use std::collections::{BTreeMap, BTreeSet};

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
    /// An address is not ours any more, or not on a port where it was.
    pub address_gone: bool,
}

impl Installed {
    /// Whether an address is the router's own; with a port, that port's.
    pub fn has_address(&self, address: IpAddr, port: Option<PortId>) -> bool {
        let owners = self.locals.get(&Prefix::host(address));
        owners.is_some_and(|owners| match port {
            Some(_) => owners.get(&port) == Some(&LocalKind::Host),
            None => owners.values().any(|kind| *kind == LocalKind::Host),
        })
    }
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
        self.apply_protocols(now, &old);
        self.tell_link_peers(now);
        self.follow_debug();
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
        let link_neighbor = self.config.has_link_neighbor(&port.info.name);
        let settings = ports::settings(&port.info, port.loopback, interface, link_neighbor);
        let shutdown = interface.is_some_and(|i| i.shutdown);
        let leaves = shutdown && port.info.carrier && port.up();
        let statics = interface.map(|i| i.neighbors.clone()).unwrap_or_default();
        port.settings = settings.clone();
        let port = port.clone();
        if leaves {
            self.forwarder.say_farewell(id);
        }
        self.forwarder.set_port(now, id, settings);
        self.install_neighbors(now, id, statics);
        self.rib.set_port_up(id, port.up());
        self.install_addresses(now, &port, shutdown);
        let link_local = self.forwarder.link_local(id);
        self.machines.set_port(now, &protocols::protocol_port(&self.config, &port, link_local));
    }

    /// Names have changed hands: what refers to ports by name is looked at again.
    pub(super) fn refresh_named(&mut self, now: Instant) {
        self.apply_statics(now);
        self.apply_rules();
    }

    /// Whether no protocol that could tell has anything under way.
    pub fn is_settled(&self, now: Instant) -> bool {
        self.machines.ospf.as_ref().is_none_or(|ospf| ospf.is_settled(now))
            && self.machines.bgp.as_ref().is_none_or(|bgp| {
                // A session that is not up may come up at any time.
                let neighbors = bgp.config().neighbors.values();
                let wanted = neighbors.filter(|n| n.shutdown.is_none()).count();
                bgp.is_at_rest(now) && self.tcp.open().count() >= wanted && !self.tcp.is_busy()
            })
    }

    /// The end is near: asks the neighbors to find other ways. Answers how long [`Router::shutdown`] should wait for that;
    /// zero unless the configuration says so (`max-metric router-lsa on-shutdown`).
    pub fn leave(&mut self, now: Instant) -> core::time::Duration {
        self.machines.stirred = true;
        let wait = self.machines.ospf.as_mut().map_or(core::time::Duration::ZERO, |ospf| ospf.leave(now));
        self.settle(now);
        wait
    }

    /// Says good-bye: neighbors learn that nothing is reachable here any more, but for those that are asked to keep routes
    /// over a restart.
    pub fn shutdown(&mut self, now: Instant) {
        if let Some(bgp) = &mut self.machines.bgp {
            bgp.part(now);
        }
        self.machines.shutdown(now);
        self.settle(now);
        // After the last words of protocols: whoever hears this asks for nothing more.
        self.ports.ids().into_iter().for_each(|id| self.forwarder.say_farewell(id));
    }
}
