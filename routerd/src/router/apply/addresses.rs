//! What a port brings with it: its own addresses in `local`, its networks in the RIB, its fixed neighbors.

use super::super::Router;
use super::super::ports::Port;
use core::net::IpAddr;
use fib::port::Mac;
use fib::{FibEntry, Instant, LocalKind, NextHop, PortId, Prefix, Protocol, Route, Source, TableId, Target};
use std::collections::{BTreeMap, BTreeSet};

impl Router {
    /// The fixed neighbors of a port, as configured.
    pub(super) fn install_neighbors(
        &mut self,
        now: Instant,
        id: PortId,
        configured: BTreeMap<IpAddr, String>,
    ) {
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
    pub(super) fn install_addresses(&mut self, now: Instant, port: &Port, shutdown: bool) {
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
    pub(in crate::router) fn withdraw_port(&mut self, now: Instant, id: PortId) {
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
    pub(super) fn set_local(&mut self, prefix: Prefix, port: Option<PortId>, kind: Option<LocalKind>) {
        let owners = self.installed.locals.entry(prefix).or_default();
        match kind {
            Some(kind) => owners.insert(port, kind),
            None => {
                self.installed.address_gone = true;
                owners.remove(&port)
            }
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
}
