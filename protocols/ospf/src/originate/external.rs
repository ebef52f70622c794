//! External LSAs (RFC 2328 12.4.4, RFC 3101 2.4): what other protocols say, as type 5 and, into each NSSA, as type 7.
//! Network by network: what did not change is not looked at.

use super::ranges::covering;
use crate::AreaId;
use crate::config::{AreaKind, DefaultInformation, MetricType, Redistribute};
use crate::interface::Interface;
use crate::lsdb::Scope;
use crate::process::Ospf;
use crate::settings::{LinkType, area_kind};
use crate::wire::lsa::external_body;
use crate::wire::{External, Kind, options};
use bytes::Bytes;
use core::net::{IpAddr, Ipv4Addr};
use fib::{Instant, NextHop, PortId, Prefix, Protocol, Route, Source, Target};
use policy::RouteView;
use proto::Redistributed;
use std::collections::{BTreeMap, BTreeSet};

/// The best routes of the other protocols, as handed in.
pub(super) type Routes = BTreeMap<Prefix, BTreeMap<Source, Route>>;

/// The most an external metric can be and still be a way (RFC 2328 LSInfinity less one).
const MAX_METRIC: u32 = crate::config::LS_INFINITY - 1;
/// FRR's metric of redistributed routes, of the default route, and of the default route that is always told.
const METRIC: u32 = 20;
const METRIC_DEFAULT: u32 = 10;
const METRIC_ALWAYS: u32 = 1;

/// A network this router brings into OSPF.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Import {
    metric: u32,
    type2: bool,
    tag: u32,
    /// Where its packets go next, if that is a router.
    next_hop: Option<Ipv4Addr>,
}

/// What `redistribute` and `default-information` say before a route map speaks.
struct Terms<'a> {
    metric: u32,
    metric_type: MetricType,
    tag: u32,
    route_map: Option<&'a str>,
}

impl Ospf {
    /// Keeps what the router hands in, and tells whether something changed.
    pub(crate) fn remember(&mut self, route: Redistributed) -> bool {
        let Redistributed { source, prefix, route } = route;
        if !is_destination(&prefix) || source.protocol == Protocol::Ospf {
            return false;
        }
        let of_prefix = self.external.routes.entry(prefix).or_default();
        let changed = match route {
            Some(route) => of_prefix.insert(source, route.clone()) != Some(route),
            None => of_prefix.remove(&source).is_some(),
        };
        if of_prefix.is_empty() {
            self.external.routes.remove(&prefix);
        }
        changed
    }

    /// Whether routes of this protocol are asked for (`redistribute`, or the default route's condition).
    pub fn wants(&self, protocol: Protocol) -> bool {
        let default =
            self.config.default_information.as_ref().is_some_and(|d| !d.always || d.route_map.is_some());
        protocol != Protocol::Ospf && (default || self.config.redistribute.contains_key(&protocol))
    }

    /// External LSAs of these destinations, or of all.
    pub(super) fn originate_externals(&mut self, now: Instant, mut prefixes: BTreeSet<Prefix>, all: bool) {
        if all {
            prefixes.extend(self.external.routes.keys());
            prefixes.extend(self.config.summary_addresses.keys());
            prefixes.insert(Prefix::DEFAULT_V4);
            prefixes.extend(self.told_prefixes(Scope::As, Kind::External));
            for area in self.known_areas(Kind::NssaExternal) {
                prefixes.extend(self.told_prefixes(Scope::Area(area), Kind::NssaExternal));
            }
        }
        let nssas = self.known_areas(Kind::NssaExternal);
        for prefix in self.note_imports(prefixes) {
            let import = self.import(&prefix);
            let content = self.type5(&prefix, import.as_ref());
            self.tell(now, Scope::As, Kind::External, prefix, content);
            for area in &nssas {
                let content = self.type7(*area, &prefix, import.as_ref());
                self.tell(now, Scope::Area(*area), Kind::NssaExternal, prefix, content);
            }
        }
    }

    /// Books which networks `summary-address` speaks for, and answers with the summaries that are touched.
    fn note_imports(&mut self, mut prefixes: BTreeSet<Prefix>) -> BTreeSet<Prefix> {
        if self.config.summary_addresses.is_empty() {
            self.external.summarized.clear();
            return prefixes;
        }
        let mut touched = BTreeSet::new();
        let gone = |s: &Prefix| !self.config.summary_addresses.contains_key(s);
        let gone: Vec<Prefix> = self.external.summarized.keys().copied().filter(gone).collect();
        gone.iter().for_each(|s| drop(self.external.summarized.remove(s)));
        for prefix in &prefixes {
            let Some((summary, _)) = covering(&self.config.summary_addresses, prefix) else { continue };
            let there = self.redistributed(prefix).is_some();
            let inside = self.external.summarized.entry(summary).or_default();
            if there {
                inside.insert(*prefix)
            } else {
                inside.remove(prefix)
            };
            touched.insert(summary);
        }
        prefixes.extend(touched);
        prefixes
    }

    /// What is told of `prefix` as far as it comes from outside: the default, a summary, or a route.
    fn import(&self, prefix: &Prefix) -> Option<Import> {
        if prefix.is_default() {
            return self.default_route();
        }
        let Some((summary, how)) = covering(&self.config.summary_addresses, prefix) else {
            return self.redistributed(prefix);
        };
        let filled = self.external.summarized.get(&summary).is_some_and(|inside| !inside.is_empty());
        // FRR: type 2 and the metric of redistribution, whatever is inside.
        let import = Import { metric: METRIC, type2: true, tag: how.tag, next_hop: None };
        (summary == *prefix && filled && !how.no_advertise).then_some(import)
    }

    /// The best of the other protocols' routes that `redistribute`, its lists and its route map let in.
    fn redistributed(&self, prefix: &Prefix) -> Option<Import> {
        // FRR: the default route comes by `default-information` only.
        let routes = self.external.routes.get(prefix).filter(|_| !prefix.is_default())?;
        let wanted = |s: &&Source| self.config.redistribute.contains_key(&s.protocol);
        let best = routes.iter().filter(|(s, _)| wanted(s)).min_by_key(|(s, r)| (r.distance, r.metric, **s));
        let (source, route) = best?;
        let how = self.config.redistribute.get(&source.protocol)?;
        if source.protocol == Protocol::Connected && self.runs_on(prefix) {
            return None;
        }
        let list = self.config.distribute_lists.get(&source.protocol);
        if list.is_some_and(|name| !self.policy.access(name, prefix).passes()) {
            return None;
        }
        self.on_terms(prefix, Some((source.protocol, route)), &self.terms(how, route))
    }

    fn terms<'a>(&self, how: &'a Redistribute, route: &Route) -> Terms<'a> {
        Terms {
            metric: how.metric.or(self.config.default_metric).unwrap_or(METRIC),
            metric_type: how.metric_type,
            tag: how.tag.unwrap_or(route.tag),
            route_map: how.route_map.as_deref(),
        }
    }

    /// The default route by `default-information originate`: always, or while another protocol has one.
    fn default_route(&self) -> Option<Import> {
        let how = self.config.default_information.as_ref()?;
        let routes = self.external.routes.get(&Prefix::DEFAULT_V4);
        let best = routes.and_then(|r| r.iter().min_by_key(|(s, r)| (r.distance, r.metric, **s)));
        if best.is_none() && !how.always {
            return None;
        }
        let DefaultInformation { always, metric, metric_type, route_map } = how;
        let own = if *always { METRIC_ALWAYS } else { METRIC_DEFAULT };
        let terms = Terms {
            // FRR: `default-metric` is not for the default route.
            metric: metric.unwrap_or(own),
            metric_type: *metric_type,
            tag: best.map_or(0, |(_, r)| r.tag),
            route_map: route_map.as_deref(),
        };
        // One that is always told comes from this router, not from where another default points.
        let route = best.filter(|_| !always || route_map.is_some()).map(|(s, r)| (s.protocol, r));
        self.on_terms(&Prefix::DEFAULT_V4, route, &terms)
    }

    fn on_terms(
        &self,
        prefix: &Prefix,
        route: Option<(Protocol, &Route)>,
        terms: &Terms<'_>,
    ) -> Option<Import> {
        let (port, next_hop) = route.map_or((None, None), |(_, r)| self.first_hop(r));
        let Terms { metric, metric_type, tag, route_map } = *terms;
        let import =
            Import { metric: metric.min(MAX_METRIC), type2: metric_type == MetricType::Two, tag, next_hop };
        let Some(map) = route_map else { return Some(import) };
        let view = RouteView {
            prefix: *prefix,
            next_hop: next_hop.map(IpAddr::V4),
            interface: port.and_then(|p| self.ports.get(&p)).map(|p| p.name.as_str()),
            metric: route.map_or(metric, |(_, r)| r.metric),
            tag: route.map_or(tag, |(_, r)| r.tag),
            source: route.map_or(Protocol::Ospf, |(p, _)| p),
            kind: route.map_or(fib::Kind::Plain, |(_, r)| r.kind),
            bgp: None,
        };
        // A map that does not exist denies, as in FRR.
        let changes = self.policy.route_map(map, &view).permit?;
        Some(Import {
            metric: changes.metric(metric).unwrap_or(metric).min(MAX_METRIC),
            type2: changes.metric_type.map_or(import.type2, |t| t == policy::config::MetricType::Two),
            tag: changes.tag.unwrap_or(tag),
            next_hop: changes.next_hop.and_then(v4).or(next_hop),
        })
    }

    /// Where a route's packets go first, as far as it says: the port, and the gateway if there is one.
    fn first_hop(&self, route: &Route) -> (Option<PortId>, Option<Ipv4Addr>) {
        let Target::Via(hops) = &route.target else { return (None, None) };
        let Some(NextHop { gateway, port, .. }) = hops.first() else { return (None, None) };
        (*port, gateway.and_then(v4))
    }

    /// Whether OSPF itself runs on this network: then it is no external one.
    fn runs_on(&self, prefix: &Prefix) -> bool {
        self.external.view.networks.iter().any(|(network, _)| network.covers(prefix))
    }

    /// The type 5 LSA of a network: of what this router brings in, else of what it translates.
    fn type5(&self, prefix: &Prefix, import: Option<&Import>) -> Option<(u8, Bytes)> {
        let normal = |id: &AreaId| area_kind(&self.config, *id) == AreaKind::Normal;
        if !self.external.view.areas.iter().any(|(id, view)| view.active && normal(id)) {
            return None;
        }
        let external = match import {
            Some(import) => {
                let forward = import.next_hop.filter(|hop| self.is_forward(*hop, normal));
                body(prefix, import, forward.unwrap_or(Ipv4Addr::UNSPECIFIED))
            }
            None => self.translated(prefix)?,
        };
        Some((options::E, external_body(&external)))
    }

    /// The type 7 LSA of a network in an NSSA.
    fn type7(&self, area: AreaId, prefix: &Prefix, import: Option<&Import>) -> Option<(u8, Bytes)> {
        let view = self.external.view.areas.get(&area).filter(|v| v.active && v.nssa)?;
        let abr = self.external.view.abr;
        debug_assert!(view.stub, "an NSSA takes no type 5");
        if prefix.is_default()
            && let Some(default) = self.nssa_default(area).filter(|_| abr)
        {
            return Some((0, external_body(&default)));
        }
        let import = import?;
        let hop = import.next_hop.filter(|hop| self.is_forward(*hop, |id| *id == area));
        // RFC 3101 2.4: border routers tell the rest of the AS themselves, so nobody is to translate theirs.
        // What is to be translated must have a forwarding address.
        let forward = hop.or_else(|| if abr { None } else { self.own_address_in(area) });
        let option = if !abr && forward.is_some() { options::NP } else { 0 };
        let external = body(prefix, import, forward.unwrap_or(Ipv4Addr::UNSPECIFIED));
        Some((option, external_body(&external)))
    }

    /// The default route a border router is told to bring into an NSSA.
    fn nssa_default(&self, area: AreaId) -> Option<External> {
        let config = self.config.areas.get(&area)?;
        let default = config.nssa_default?;
        let metric = default.metric.or(config.default_cost).unwrap_or(1).min(MAX_METRIC);
        let type2 = default.metric_type == MetricType::Two;
        Some(External { len: 0, type2, metric, forward: Ipv4Addr::UNSPECIFIED, tag: 0 })
    }

    /// Whether packets may go straight to `hop` (RFC 2328 12.4.4.1): it is on a network of the areas that this router
    /// tells, so that everybody knows a way there.
    fn is_forward(&self, hop: Ipv4Addr, areas: impl Fn(&AreaId) -> bool) -> bool {
        let networks = &self.external.view.networks;
        networks.iter().any(|(network, area)| areas(area) && network.contains(IpAddr::V4(hop)))
    }

    /// An own address in an area: the highest of a loopback, else of an interface (RFC 3101 2.3).
    fn own_address_in(&self, area: AreaId) -> Option<Ipv4Addr> {
        let here = self.interfaces.values().filter(|i| i.area() == area && i.is_up());
        here.filter(|i| i.settings.kind != LinkType::Virtual)
            .map(|i| (i.settings.kind == LinkType::Loopback, i.settings.address))
            .max()
            .map(|(_, address)| address)
    }

    /// The networks OSPF runs on and tells, with their areas.
    pub(super) fn own_networks(&self) -> BTreeSet<(Prefix, AreaId)> {
        let whole = |i: &&Interface| {
            let kind = i.settings.kind;
            i.is_up()
                && !i.settings.unnumbered
                && !matches!(kind, LinkType::Virtual | LinkType::PointToMultipoint)
        };
        let told = self.interfaces.values().filter(whole).filter(|i| !self.is_suppressed(i));
        told.flat_map(|i| {
            let loopback = i.settings.kind == LinkType::Loopback;
            let primary =
                if loopback { Prefix::host(IpAddr::V4(i.settings.address)) } else { i.settings.network() };
            let secondary = i.settings.secondary.iter().copied().filter(move |_| !loopback);
            secondary.chain([primary]).map(|network| (network, i.area()))
        })
        .collect()
    }
}

fn body(prefix: &Prefix, import: &Import, forward: Ipv4Addr) -> External {
    let Import { metric, type2, tag, next_hop: _ } = *import;
    External { len: prefix.len(), type2, metric, forward, tag }
}

fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(a) => Some(a),
        IpAddr::V6(_) => None,
    }
}

/// Whether OSPF may carry it: the default, or unicast outside net 0 and net 127.
fn is_destination(prefix: &Prefix) -> bool {
    let IpAddr::V4(address) = prefix.addr() else { return false };
    let first = address.octets().first().copied().unwrap_or(0);
    prefix.is_default() || (first != 0 && first != 127 && first < 224)
}
