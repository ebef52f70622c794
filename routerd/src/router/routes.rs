//! `show ip route` and `show ip fib`: pages of the RIB and the FIB as typed views.

use super::Router;
use super::show::micros;
use cli::command::{Family, RouteQuery};
use cli::reply::{FibPage, FibView, NextHopView, RouteView, RoutesPage};
use configs::config::Discard;
use core::net::IpAddr;
use fib::rib::{CandidateView, HopView, Listing};
use fib::{Adjacency, Decision, Instant, Kind, LocalKind, Mac, PortId, Prefix, Protocol, TableId, Target};
use std::collections::BTreeMap;

/// Prefixes in one page: an answer stays short, so that a long table never keeps the router from its packets.
const PAGE: usize = 1_000;

impl Router {
    /// The candidates that a query asks for.
    pub(super) fn routes(&self, now: Instant, query: &RouteQuery) -> RoutesPage {
        let table = query.table.unwrap_or(TableId::MAIN);
        let mut page = RoutesPage { table: query.table, ..RoutesPage::default() };
        if table == TableId::LOCAL {
            self.local_routes(query, &mut page);
            return page;
        }
        let single = match (query.address, query.prefix) {
            (Some(address), _) => Some(self.rib.lookup(table, address)),
            (None, Some(prefix)) if !query.longer => Some(self.rib.get(table, prefix)),
            _ => None,
        };
        if let Some(found) = single {
            page.detail = true;
            page.routes = found.map(|listing| self.views(now, &listing)).unwrap_or_default();
            page.routes.retain(|r| query.protocol.is_none_or(|p| p == r.protocol));
            return page;
        }
        let start = query.after.or_else(|| before_family(query.family));
        for (n, listing) in self.rib.range(table, start).enumerate() {
            if listing.prefix.is_v4() != (query.family == Family::V4) {
                break;
            }
            if n == PAGE {
                page.more = page.routes.last().map(|r| r.prefix).or(query.after);
                break;
            }
            if query.prefix.is_some_and(|p| !p.covers(&listing.prefix)) {
                continue;
            }
            let views = self.views(now, &listing);
            page.routes.extend(views.into_iter().filter(|r| query.protocol.is_none_or(|p| p == r.protocol)));
        }
        page
    }

    /// What the kernel would list: selected routes only.
    pub(super) fn routes_linux(&self, now: Instant, family: Family, table: Option<TableId>) -> RoutesPage {
        let mut query = RouteQuery {
            family,
            table,
            protocol: None,
            prefix: None,
            longer: false,
            address: None,
            after: None,
        };
        let mut all = RoutesPage { table, ..RoutesPage::default() };
        loop {
            let page = self.routes(now, &query);
            let is_listed = |r: &RouteView| r.installed || r.local_kind.is_some();
            all.routes.extend(page.routes.into_iter().filter(is_listed));
            query.after = page.more;
            if query.after.is_none() {
                return all;
            }
        }
    }

    fn local_routes(&self, query: &RouteQuery, page: &mut RoutesPage) {
        let start = query.after.or_else(|| before_family(query.family));
        let entries = self.fib.snapshot().entries(TableId::LOCAL, start);
        for (prefix, decision) in entries.take_while(|(p, _)| p.is_v4() == (query.family == Family::V4)) {
            let Decision::Local { kind, port } = decision else { continue };
            let is_asked = query.prefix.is_none_or(|p| p.covers(&prefix))
                && query.address.is_none_or(|address| prefix.contains(address));
            if !is_asked {
                continue;
            }
            let interface = port.map_or_else(|| "lo".to_owned(), |p| self.ports.name(p));
            page.routes.push(RouteView {
                prefix,
                protocol: Protocol::Connected,
                instance: 0,
                kind: Kind::Plain,
                distance: 0,
                metric: 0,
                tag: 0,
                selected: true,
                installed: true,
                age_us: 0,
                discard: None,
                local_kind: Some(kind_name(kind).to_owned()),
                next_hops: vec![NextHopView {
                    gateway: None,
                    interface: Some(interface),
                    active: true,
                    recursive: false,
                    onlink: false,
                    weight: 1,
                    resolved: Vec::new(),
                }],
                why_not: None,
                preferred_source: self.preferred_source(prefix, port),
            });
        }
    }

    pub(super) fn views(&self, now: Instant, listing: &Listing) -> Vec<RouteView> {
        listing.candidates.iter().map(|c| self.view(now, listing.prefix, c)).collect()
    }

    fn view(&self, now: Instant, prefix: Prefix, candidate: &CandidateView) -> RouteView {
        let route = &candidate.route;
        let selected = candidate.is_selected();
        let port = match &route.target {
            Target::Via(hops) => hops.first().and_then(|h| h.port),
            _ => None,
        };
        let is_connected = candidate.source.protocol == Protocol::Connected;
        RouteView {
            prefix,
            protocol: candidate.source.protocol,
            instance: candidate.source.instance,
            kind: route.kind,
            distance: route.distance,
            metric: route.metric,
            tag: route.tag,
            selected,
            installed: selected,
            age_us: micros(now, candidate.since),
            discard: match route.target {
                Target::Via(_) => None,
                Target::Blackhole => Some(Discard::Blackhole),
                Target::Unreachable => Some(Discard::Unreachable),
                Target::Prohibit => Some(Discard::Prohibit),
            },
            local_kind: None,
            next_hops: self.rib.next_hops(route).iter().map(|hop| self.hop_view(hop)).collect(),
            why_not: (!selected).then(|| candidate.why.to_string()),
            preferred_source: if is_connected { self.preferred_source(prefix, port) } else { None },
        }
    }

    fn hop_view(&self, hop: &HopView) -> NextHopView {
        let ends: &[fib::ResolvedHop] = hop.resolved.as_ref().map(fib::Resolved::hops).unwrap_or_default();
        // A gateway on a connected network leaves by that network's port, though nobody named it.
        let found = || ends.first().filter(|_| !hop.recursive).map(|end| end.adjacency.port);
        NextHopView {
            gateway: hop.hop.gateway,
            interface: hop.hop.port.or_else(found).map(|p| self.ports.name(p)),
            active: hop.resolved.is_ok(),
            recursive: hop.recursive,
            onlink: hop.hop.onlink,
            weight: hop.hop.weight,
            resolved: ends
                .iter()
                .filter(|_| hop.recursive)
                .map(|e| (e.adjacency.gateway, self.ports.name(e.adjacency.port)))
                .collect(),
        }
    }

    /// The address that packets of ours to `prefix` leave with: the port's own address in it, or its primary.
    fn preferred_source(&self, prefix: Prefix, port: Option<PortId>) -> Option<IpAddr> {
        let Some(port) = port.and_then(|id| self.ports.get(id)) else {
            return prefix.addr().is_loopback().then(|| match prefix.addr() {
                IpAddr::V4(_) => IpAddr::V4(core::net::Ipv4Addr::LOCALHOST),
                IpAddr::V6(a) => IpAddr::V6(a),
            });
        };
        let own = || port.settings.addresses.iter().map(fib::IfAddr::addr);
        let link_local = self.forwarder.link_local(port.id).map(IpAddr::V6);
        own()
            .chain(link_local)
            .find(|a| prefix.contains(*a))
            .or_else(|| own().find(|a| a.is_ipv4() == prefix.is_v4()))
    }

    /// A page of one table of the FIB.
    pub(super) fn fib_page(
        &self,
        family: Family,
        table: Option<TableId>,
        address: Option<IpAddr>,
        after: Option<Prefix>,
    ) -> FibPage {
        let table = table.unwrap_or(TableId::MAIN);
        let snapshot = self.fib.snapshot();
        let macs: BTreeMap<(PortId, IpAddr), Mac> =
            self.forwarder.neighbors().filter_map(|n| Some(((n.port, n.addr), n.mac?))).collect();
        if let Some(address) = address {
            let found = snapshot.lookup_in(table, address);
            let entries = found.map(|(prefix, decision)| self.fib_view(table, prefix, &decision, &macs));
            return FibPage { entries: entries.into_iter().collect(), more: None };
        }
        let mut page = FibPage::default();
        let start = after.or_else(|| before_family(family));
        for (prefix, decision) in snapshot.entries(table, start) {
            if prefix.is_v4() != (family == Family::V4) {
                break;
            }
            if page.entries.len() == PAGE {
                page.more = page.entries.last().map(|e| e.prefix);
                break;
            }
            page.entries.push(self.fib_view(table, prefix, &decision, &macs));
        }
        page
    }

    fn fib_view(
        &self,
        table: TableId,
        prefix: Prefix,
        decision: &Decision<'_>,
        macs: &BTreeMap<(PortId, IpAddr), Mac>,
    ) -> FibView {
        let adjacency = |a: &Adjacency| {
            let mac = a.gateway.and_then(|gateway| macs.get(&(a.port, gateway)));
            (a.gateway, self.ports.name(a.port), mac.map(Mac::to_string))
        };
        let (action, adjacencies) = match decision {
            Decision::Forward(group) => ("forward", group.adjacencies().iter().map(adjacency).collect()),
            Decision::Local { kind: LocalKind::Host, port } => {
                let interface = port.map_or_else(|| "lo".to_owned(), |p| self.ports.name(p));
                ("local", vec![(None, interface, None)])
            }
            Decision::Local { kind, port } => {
                let interface = port.map_or_else(|| "lo".to_owned(), |p| self.ports.name(p));
                (kind_name(*kind), vec![(None, interface, None)])
            }
            Decision::Blackhole => ("blackhole", Vec::new()),
            Decision::Unreachable | Decision::NoRoute => ("unreachable", Vec::new()),
            Decision::Prohibit => ("prohibit", Vec::new()),
        };
        let group = matches!(decision, Decision::Forward(_))
            .then(|| self.rib.best(table, prefix).map(|best| best.group.0))
            .flatten();
        FibView { prefix, group, action: action.to_owned(), adjacencies }
    }
}

/// Where a listing of a family starts: IPv4 prefixes are ordered before all IPv6 ones.
fn before_family(family: Family) -> Option<Prefix> {
    match family {
        Family::V4 => None,
        // The last IPv4 prefix there can be; listings go on after it.
        Family::V6 => Some(Prefix::host(IpAddr::V4(core::net::Ipv4Addr::BROADCAST))),
    }
}

fn kind_name(kind: LocalKind) -> &'static str {
    match kind {
        LocalKind::Host => "local",
        LocalKind::Broadcast => "broadcast",
        LocalKind::Multicast => "multicast",
    }
}
