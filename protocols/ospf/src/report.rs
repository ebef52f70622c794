//! From the state of the process to what `show` tells. Changes nothing.

use crate::config::AreaKind;
use crate::interface::{Interface, State as InterfaceState};
use crate::lsdb::Database;
use crate::neighbor::{Neighbor, State as NeighborState};
use crate::process::{Ospf, Timer};
use crate::settings::{Auth, LinkType, area_kind};
use crate::show::{self, NetworkRoute, RouterRoute};
use crate::spf::PathKind;
use crate::{AreaId, IfId};
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use fib::{IfAddr, Instant, PortId, Prefix};

impl Ospf {
    /// `show ip ospf`
    pub fn process(&self, now: Instant) -> show::Process {
        let (config, timers) = (&self.config, &self.config.timers);
        let mut external = show::LsaCount::default();
        let mut opaque_as = show::LsaCount::default();
        for (key, entry) in self.lsdb.externals().iter() {
            let of_kind =
                if key.kind == crate::wire::Kind::External { &mut external } else { &mut opaque_as };
            of_kind.add(entry.lsa.header.checksum);
        }
        let passive = self.interfaces.values().filter(|i| i.settings.passive);
        show::Process {
            router_id: self.router_id,
            instance: config.instance,
            opaque: config.opaque,
            rfc1583_compatible: config.rfc1583_compatible,
            spf_delay: timers.spf,
            spf_hold_ms: millis(self.delay.current(now)),
            spf_last_ms: self.stats.spf_last.map(|at| millis(now.since(at))),
            spf_duration_us: None,
            spf_due_ms: self.left(now, &Timer::Spf),
            spf_runs: self.stats.spf_full,
            spf_partial_runs: self.stats.spf_partial,
            lsa_interval_ms: timers.lsa_interval.into(),
            lsa_arrival_ms: timers.lsa_arrival.into(),
            flood_pacing_ms: timers.flood_pacing.into(),
            maximum_paths: config.maximum_paths,
            distance: config.distance.all.unwrap_or(fib::Protocol::Ospf.distance()),
            distances: (config.distance.intra_area, config.distance.inter_area, config.distance.external),
            abr: self.is_abr(),
            abr_type: config.abr_type,
            asbr: self.is_asbr(),
            max_metric: config.max_metric,
            stub_router: self.is_stub_router(),
            helper: config.graceful_restart_helper,
            external,
            opaque_as,
            networks: config.networks.clone(),
            redistribute: config.redistribute.keys().copied().collect(),
            passive: passive.map(|i| i.name.clone()).collect(),
            summaries: config
                .summary_addresses
                .iter()
                .map(|(p, s)| self.summary(*p, s.no_advertise))
                .collect(),
            areas: self.areas.keys().map(|id| self.area_report(*id)).collect(),
            counters: self.counters(),
        }
    }

    fn summary(&self, prefix: Prefix, no_advertise: bool) -> show::SummaryView {
        let own = self.own.keys().filter(|(_, key)| key.kind == crate::wire::Kind::External);
        let covered = own.filter(|(_, key)| prefix.contains(IpAddr::V4(key.id))).count();
        show::SummaryView {
            prefix,
            covered: covered.try_into().unwrap_or(u64::MAX),
            advertise: !no_advertise,
        }
    }

    fn area_report(&self, id: AreaId) -> show::Area {
        let config = self.config.areas.get(&id);
        let inside = || self.interfaces.values().filter(move |i| i.area() == id);
        let full = inside().map(|i| i.full().count()).fold(0, usize::saturating_add);
        let through =
            self.interfaces.values().filter(|i| matches!(i.id, IfId::Virtual(area, _) if area == id));
        let state = self.areas.get(&id);
        let kind = area_kind(&self.config, id);
        let nssa_state = (kind == AreaKind::Nssa).then(|| show::NssaState {
            role: config.map(|c| c.nssa_translator).unwrap_or_default(),
            translates: state.is_some_and(|s| s.translator),
        });
        let mut area = show::Area {
            id,
            kind,
            no_summary: config.is_some_and(|c| c.no_summary),
            default_cost: config.and_then(|c| c.default_cost).unwrap_or(1),
            interfaces: number(inside().count()),
            active: number(inside().filter(|i| i.is_up()).count()),
            full_neighbors: number(full),
            authentication: config.and_then(|c| c.authentication),
            virtual_adjacencies: number(through.filter(|i| i.full().next().is_some()).count()),
            spf_runs: state.map_or(0, |s| s.spf_runs.into()),
            nssa_state,
            ranges: config
                .map(|c| c.ranges.iter().map(|(p, r)| self.range(id, *p, r)).collect())
                .unwrap_or_default(),
            ..show::Area::default()
        };
        let links = self.lsdb.links().filter(|(i, _)| self.interfaces.get(i).is_some_and(|i| i.area() == id));
        for database in self.lsdb.area(id).into_iter().chain(links.map(|(_, database)| database)) {
            count(&mut area, database);
        }
        area
    }

    fn range(&self, id: AreaId, prefix: Prefix, range: &crate::config::Range) -> show::RangeView {
        let routes = self.spf.routes().iter();
        let inside = routes.filter(|(p, r)| r.kind == PathKind::Intra && r.area == id && prefix.covers(p));
        let cost = inside.map(|(_, r)| r.cost).max();
        let advertise = !range.not_advertise;
        show::RangeView { prefix, active: cost.is_some(), advertise, cost: range.cost.or(cost) }
    }

    /// `show ip ospf interface [IFNAME]`
    pub fn interfaces(&self, now: Instant, name: Option<&str>) -> show::Interfaces {
        let asked = self.interfaces.values().filter(|i| name.is_none_or(|name| i.name == name));
        let mut interfaces: Vec<show::Interface> = asked.map(|i| self.interface_report(now, i)).collect();
        interfaces.sort_by(|a, b| (&a.name, a.index).cmp(&(&b.name, b.index)));
        show::Interfaces { interfaces }
    }

    fn interface_report(&self, now: Instant, i: &Interface) -> show::Interface {
        let s = &i.settings;
        let port = self.ports.get(&i.port);
        let is_none = s.address.is_unspecified();
        let is_virtual = matches!(i.id, IfId::Virtual(..));
        show::Interface {
            name: i.name.clone(),
            index: i.port.0,
            up: port.is_some_and(|p| p.up) && (!is_virtual || i.is_up()),
            mtu: s.mtu.into(),
            bandwidth: port.map_or(0, |p| p.bandwidth),
            address: (!is_none).then(|| IfAddr::new(IpAddr::V4(s.address), s.len)),
            unnumbered: s.unnumbered && !is_virtual,
            area: s.area,
            area_kind: area_kind(&self.config, s.area),
            router_id: self.router_id,
            network: match s.kind {
                LinkType::Broadcast => show::NetworkKind::Broadcast,
                LinkType::PointToPoint => show::NetworkKind::PointToPoint,
                LinkType::NonBroadcast => show::NetworkKind::NonBroadcast,
                LinkType::PointToMultipoint => show::NetworkKind::PointToMultipoint,
                LinkType::Virtual => show::NetworkKind::VirtualLink,
                LinkType::Loopback => show::NetworkKind::Loopback,
            },
            cost: i.cost(),
            transmit_delay: s.transmit_delay,
            state: i.state,
            priority: s.priority,
            dr: self.designated(i, i.dr),
            bdr: self.designated(i, i.bdr),
            all_routers: i.speaks() && !is_virtual,
            designated_routers: i.speaks() && i.is_dr_or_backup(),
            hello_ms: millis(s.hello),
            dead_ms: u64::from(s.dead).saturating_mul(1000),
            wait_ms: u64::from(s.dead).saturating_mul(1000),
            retransmit_ms: millis(s.retransmit),
            hello_due_ms: self.left(now, &Timer::Hello(i.id)),
            passive: s.passive,
            neighbors: number(i.neighbors.values().filter(|n| n.state > NeighborState::Attempt).count()),
            adjacent: number(i.full().count()),
            mtu_ignore: s.mtu_ignore,
            authentication: self.authentication(now, &s.auth),
            measured: s.measured.map(|_| i.measure.report()),
            prefix_suppression: s.prefix_suppression,
            virtual_link: match i.id {
                IfId::Virtual(area, router) => Some((area, router)),
                IfId::Port(_) => None,
            },
        }
    }

    fn designated(&self, i: &Interface, address: Ipv4Addr) -> Option<show::Designated> {
        let neighbor = || i.neighbors.values().find(|n| n.address == address).map(|n| n.router);
        let router = if address == i.settings.address { Some(self.router_id) } else { neighbor() };
        let router = router.unwrap_or(Ipv4Addr::UNSPECIFIED);
        (!address.is_unspecified()).then_some(show::Designated { router, address })
    }

    fn authentication(&self, now: Instant, auth: &Auth) -> Option<show::Authentication> {
        Some(match auth {
            Auth::Null => return None,
            Auth::Simple(_) => show::Authentication::Simple,
            Auth::Md5(keys) => show::Authentication::MessageDigest { key: keys.keys().last().copied() },
            Auth::Chain(name) => {
                let chain = self.policy.key_chain(name);
                let chosen = chain.and_then(|chain| chain.send_key(self.wall(now)));
                let algorithm = |a: Option<policy::config::Algorithm>| a.map_or("md5", |a| a.name());
                show::Authentication::KeyChain {
                    name: name.clone(),
                    key: chosen.as_ref().map(|c| c.key.id),
                    algorithm: chosen.map(|c| algorithm(c.key.algorithm).to_owned()),
                }
            }
        })
    }

    /// `show ip ospf neighbor [detail] [A.B.C.D]`: all that is known; the renderer chooses.
    pub fn neighbors(&self, now: Instant, query: &show::NeighborQuery) -> show::Neighbors {
        let all = self.interfaces.values().flat_map(|i| i.neighbors.iter().map(move |n| (i, n)));
        let mut neighbors: Vec<show::Neighbor> =
            all.map(|(i, (id, n))| self.neighbor_report(now, i, *id, n)).collect();
        neighbors.retain(|n| query.matches(n));
        let key = |n: &show::Neighbor| (n.interface.clone(), n.router_id, n.address);
        neighbors.sort_by_key(key);
        show::Neighbors { neighbors }
    }

    fn neighbor_report(&self, now: Instant, i: &Interface, id: Ipv4Addr, n: &Neighbor) -> show::Neighbor {
        let left = |timer: Timer| self.left(now, &timer);
        let dead_ms = left(Timer::Dead(i.id, id));
        show::Neighbor {
            router_id: n.router,
            address: n.address,
            interface: i.name.clone(),
            local: i.settings.address,
            area: i.settings.area,
            area_kind: area_kind(&self.config, i.settings.area),
            priority: n.priority,
            state: n.state,
            role: match () {
                () if !i.settings.kind.has_dr() => show::Role::None,
                () if n.address == i.dr => show::Role::Dr,
                () if n.address == i.bdr => show::Role::Backup,
                () => show::Role::DrOther,
            },
            state_changes: n.changes.into(),
            progress_ms: (n.state > NeighborState::Down).then(|| millis(now.since(n.since))),
            regress_ms: None,
            dead_ms,
            dr: n.dr,
            bdr: n.bdr,
            options: n.options,
            master: n.exchange.master,
            summaries: number(n.exchange.summary.len()),
            requests: number(n.exchange.requests.len()),
            retransmits: number(n.unacked.len()),
            inactivity_timer: dead_ms.is_some(),
            description_timer: left(Timer::Description(i.id, id)).is_some(),
            request_timer: left(Timer::Request(i.id, id)).is_some(),
            update_timer: left(Timer::Retransmit(i.id, id)).is_some(),
            helper: n.grace.map(|g| show::Helper { reason: g.reason, left_ms: millis(g.until.since(now)) }),
            trouble: n.complaint.clone(),
        }
    }

    /// `show ip ospf database ...`
    pub fn database(&self, now: Instant, query: &show::DatabaseQuery) -> show::Database {
        let areas = self.areas.keys().map(|id| (*id, area_kind(&self.config, *id))).collect();
        let interface = |id: IfId| self.interfaces.get(&id).map(|i| (i.area(), i.name.clone()));
        show::Database::page(&self.lsdb, now, self.router_id, areas, interface, query)
    }

    /// `show ip ospf route`
    pub fn routes(&self) -> show::Routes {
        let name = |port: PortId| self.port_name(port);
        let all = self.spf.routes().iter().map(|(prefix, route)| NetworkRoute::new(*prefix, route, name));
        let (externals, networks) = all.partition(|route| route.kind.is_external());
        show::Routes {
            networks,
            routers: self.border_routers().routers,
            externals,
            ..show::Routes::default()
        }
    }

    /// `show ip ospf border-routers`
    pub fn border_routers(&self) -> show::BorderRouters {
        let name = |port: PortId| self.port_name(port);
        let all = self.spf.routers().iter();
        let mut routers: Vec<RouterRoute> = all.map(|(key, r)| RouterRoute::new(*key, r, name)).collect();
        routers.retain(|r| r.abr || r.asbr);
        routers.sort_by_key(|r| (r.router, r.area));
        show::BorderRouters { routers }
    }

    /// Whether nothing is under way: every neighbor is heard in time and either fully adjacent or not to be, everything
    /// flooded is acknowledged, and the routing table is that of the database. What fails in silence shows only when
    /// its hello is overdue.
    pub fn is_settled(&self, now: Instant) -> bool {
        let waits = |i: &Interface| {
            let late = i.settings.hello.saturating_mul(3) / 2;
            let busy = |n: &Neighbor| {
                let halfway =
                    !matches!(n.state, NeighborState::Attempt | NeighborState::TwoWay | NeighborState::Full);
                halfway
                    || n.grace.is_some()
                    || !n.unacked.is_empty()
                    || (n.state >= NeighborState::Init && now.since(n.heard) > late)
            };
            (i.state == InterfaceState::Waiting && !i.neighbors.is_empty())
                || !i.queue.is_empty()
                || i.neighbors.values().any(busy)
        };
        let due = |t: &Timer| matches!(t, Timer::Originate(..) | Timer::Spf | Timer::Flood(_));
        self.flushing.is_empty() && !self.timers.keys().any(due) && !self.interfaces.values().any(waits)
    }

    /// `show ip ospf explain PREFIX`: the route, the way and the LSAs it comes from, and what lost to it.
    pub fn explain(&self, now: Instant, asked: Prefix) -> show::Explain {
        let settings = self.spf_settings();
        self.spf.explain(now, &self.lsdb, &self.root, &settings, asked, &|port| self.port_name(port))
    }

    /// A port's name, as messages call it.
    fn port_name(&self, port: PortId) -> String {
        self.ports.get(&port).map_or_else(|| format!("port {}", port.0), |p| p.name.clone())
    }

    /// Milliseconds until a timer; `None`: it does not run.
    fn left(&self, now: Instant, timer: &Timer) -> Option<u64> {
        self.timers.get(timer).map(|at| millis(at.since(now)))
    }
}

fn count(area: &mut show::Area, database: &Database) {
    for (key, entry) in database.iter() {
        if let Some(of_kind) = area.count_mut(key.kind) {
            of_kind.add(entry.lsa.header.checksum);
        }
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
