//! From changed LSAs to the RIB: when SPF runs, what of its results is announced, and which virtual links are up.

use crate::interface::Interface;
use crate::machine::Event as InterfaceEvent;
use crate::process::{Ospf, Timer, source};
use crate::settings;
use crate::spf::{Change, Hop, PathKind, Route, Settings};
use crate::{AreaId, IfId, RouterId};
use core::net::{IpAddr, Ipv4Addr};
use fib::{Instant, Kind, NextHop, Prefix, Target};
use proto::{Event, Level, Notice};

impl Ospf {
    /// SPF has something to do: it runs when the delay lets it.
    pub(crate) fn spf_soon(&mut self, now: Instant) {
        if self.timers.get(&Timer::Spf).is_some() {
            // RFC 8405 5.1: whatever happens, quiet begins anew.
            if let Some(holddown) = self.delay.holddown() {
                self.timers.set(Timer::Quiet, now + holddown);
            }
            return;
        }
        let (due, quiet) = self.delay.change(now);
        self.timers.set(Timer::Spf, due);
        match quiet {
            Some(at) => self.timers.set(Timer::Quiet, at),
            None => drop(self.timers.stop(&Timer::Quiet)),
        }
    }

    /// Nothing has changed for a while.
    pub(crate) fn spf_quiet(&mut self, _now: Instant) {
        self.delay.quiet();
    }

    /// Calculates the routing table and tells the RIB what changed.
    pub(crate) fn calculate(&mut self, now: Instant) {
        self.delay.ran(now);
        let Some(work) = self.spf.pending() else { return };
        let settings = self.spf_settings();
        let routers_before = self.spf.routers().clone();
        let changes = self.spf.run(now, &self.lsdb, &self.root, &settings);
        match work {
            crate::spf::Work::Full => {
                self.stats.spf_full = self.stats.spf_full.saturating_add(1);
                self.areas.values_mut().for_each(|a| a.spf_runs = a.spf_runs.saturating_add(1));
            }
            crate::spf::Work::Partial => self.stats.spf_partial = self.stats.spf_partial.saturating_add(1),
        }
        self.stats.spf_last = Some(now);
        let notice = Notice::new(Level::Debug, "ospf spf", "routes calculated")
            .with("work", format!("{work:?}").to_lowercase())
            .with("changes", changes.len());
        self.push_notice(notice);
        for Change { prefix, route } in changes {
            self.announce(prefix, route.as_ref());
            self.dirty.routes.insert(prefix);
        }
        if routers_before != *self.spf.routers() {
            self.dirty.routers = true;
        }
        self.reconcile_virtual_links(now);
    }

    fn announce(&mut self, prefix: Prefix, route: Option<&Route>) {
        let source = self.source();
        let event = match route.filter(|r| !r.hops.is_empty()) {
            Some(route) => Event::Announce { source, prefix, route: self.rib_route(route) },
            None => Event::Withdraw { source, prefix },
        };
        self.events.push_back(event);
    }

    /// What the configuration says of the calculation.
    pub(crate) fn spf_settings(&self) -> Settings {
        Settings {
            maximum_paths: self.config.maximum_paths,
            rfc1583_compatible: self.config.rfc1583_compatible,
            abr_type: self.config.abr_type,
        }
    }

    /// Every route again, with distances that have changed.
    pub(crate) fn announce_again(&mut self) {
        let all: Vec<(Prefix, Route)> = self.spf.routes().iter().map(|(p, r)| (*p, r.clone())).collect();
        for (prefix, route) in all {
            self.announce(prefix, Some(&route));
        }
        self.announce_discards();
    }

    fn rib_route(&self, route: &Route) -> fib::Route {
        let distance = &self.config.distance;
        let (own, kind, metric) = match route.kind {
            PathKind::Intra => (distance.intra_area, Kind::Plain, route.cost),
            PathKind::Inter => (distance.inter_area, Kind::InterArea, route.cost),
            PathKind::External1 { nssa: false } => (distance.external, Kind::External1, route.cost),
            PathKind::External1 { nssa: true } => (distance.external, Kind::Nssa1, route.cost),
            PathKind::External2 { nssa: false } => (distance.external, Kind::External2, route.type2),
            PathKind::External2 { nssa: true } => (distance.external, Kind::Nssa2, route.type2),
        };
        fib::Route {
            distance: own.or(distance.all).unwrap_or(fib::Protocol::Ospf.distance()),
            metric,
            tag: route.tag,
            kind,
            target: Target::Via(route.hops.iter().map(|hop| self.next_hop(hop)).collect()),
        }
    }

    fn next_hop(&self, hop: &Hop) -> NextHop {
        let onlink = self.interfaces.get(&IfId::Port(hop.port)).is_some_and(|i| i.settings.unnumbered);
        match hop.gateway {
            Some(gateway) => NextHop { onlink, ..NextHop::via_port(IpAddr::V4(gateway), hop.port) },
            None => NextHop::port(hop.port),
        }
    }

    /// Takes every route of this process out of the RIB.
    pub(crate) fn withdraw_all(&mut self, instance: Option<u16>) {
        let source = source(instance);
        let prefixes: Vec<Prefix> = self.spf.routes().keys().copied().collect();
        for prefix in prefixes {
            self.events.push_back(Event::Withdraw { source, prefix });
        }
        self.withdraw_discards(source);
    }

    /// Virtual links are up while their other end is reached through the transit area (RFC 2328 15).
    pub(crate) fn reconcile_virtual_links(&mut self, now: Instant) {
        let configured: Vec<(AreaId, RouterId)> = self
            .config
            .areas
            .iter()
            .flat_map(|(area, c)| c.virtual_links.keys().map(|router| (*area, *router)))
            .collect();
        let gone: Vec<IfId> = self
            .interfaces
            .keys()
            .filter(|id| matches!(id, IfId::Virtual(a, r) if !configured.contains(&(*a, *r))))
            .copied()
            .collect();
        for id in gone {
            self.remove_interface(now, id);
        }
        for (number, (area, router)) in configured.into_iter().enumerate() {
            self.reconcile_virtual_link(now, area, router, number);
        }
    }

    fn reconcile_virtual_link(&mut self, now: Instant, area: AreaId, router: RouterId, number: usize) {
        let id = IfId::Virtual(area, router);
        let Some(link) = self.config.areas.get(&area).and_then(|a| a.virtual_links.get(&router)) else {
            return;
        };
        let path = self.spf.virtual_path(area, router);
        let own = path.and_then(|p| self.interfaces.get(&IfId::Port(p.port))).map(|i| i.settings.address);
        let (Some(path), Some(address)) = (path, own) else {
            if self.interfaces.contains_key(&id) {
                self.interface_event(now, id, InterfaceEvent::Down);
            } else {
                let settings = settings::of_virtual_link(&self.config, link, Ipv4Addr::UNSPECIFIED, 0);
                let interface = Interface::new(id, fib::PortId(0), format!("VLINK{number}"), settings);
                self.interfaces.insert(id, interface);
            }
            return;
        };
        self.areas.entry(AreaId::BACKBONE).or_default();
        let settings = settings::of_virtual_link(&self.config, link, address, path.cost);
        let interface = self
            .interfaces
            .entry(id)
            .or_insert_with(|| Interface::new(id, path.port, format!("VLINK{number}"), settings.clone()));
        if interface.settings != settings {
            interface.settings = settings;
            self.dirty.areas.insert(AreaId::BACKBONE);
            self.dirty.root = true;
        }
        (interface.port, interface.peer) = (path.port, path.neighbor);
        self.interface_event(now, id, InterfaceEvent::Up);
    }
}
