//! Routes that are our own: networks of `network` interfaces, `route`, the default, and what is redistributed.
//! One per prefix, in that order of preference; they hide what neighbors say of the same network.

use crate::filter::Filter;
use crate::interface::v4;
use crate::process::Rip;
use crate::table::{Entry, Kind, Origin, Own};
use core::net::{IpAddr, Ipv4Addr};
use fib::{Instant, NextHop, PortId, Prefix, Protocol, Route, Source, Target};
use policy::RouteView;
use proto::Redistributed;
use std::collections::{BTreeMap, BTreeSet};

/// The best routes of the other protocols, as handed in.
pub(crate) type External = BTreeMap<Prefix, BTreeMap<Source, Route>>;

impl Rip {
    /// Keeps what the router hands in, and tells whether something changed.
    pub(crate) fn remember(&mut self, route: Redistributed) -> bool {
        let Redistributed { source, prefix, route } = route;
        if !prefix.is_v4() || source.protocol == Protocol::Rip {
            return false;
        }
        let of_prefix = self.external.entry(prefix).or_default();
        let changed = match route {
            Some(route) => of_prefix.insert(source, route.clone()) != Some(route),
            None => of_prefix.remove(&source).is_some(),
        };
        if of_prefix.is_empty() {
            self.external.remove(&prefix);
        }
        changed
    }

    /// Makes the table say what is our own now, for every prefix that is or was.
    pub(crate) fn reconcile_all(&mut self, now: Instant) {
        let mut prefixes: BTreeSet<Prefix> = self.external.keys().copied().collect();
        prefixes.extend(self.ports.values().flat_map(|i| i.announced(&self.config)));
        prefixes.extend(&self.config.routes);
        prefixes.insert(Prefix::DEFAULT_V4);
        prefixes.extend(self.table.iter().filter(|(_, e)| e.own().is_some()).map(|(p, _)| *p));
        for prefix in prefixes {
            self.reconcile(now, prefix);
        }
    }

    /// Makes the table say what is our own now, for one prefix.
    pub(crate) fn reconcile(&mut self, now: Instant, prefix: Prefix) {
        let own = self.own(&prefix);
        let entry = self.table.get(&prefix);
        let current = entry.filter(|e| e.lost.is_none()).and_then(Entry::own).copied();
        if own == current {
            return;
        }
        let Some(own) = own else {
            self.lose(now, prefix);
            return;
        };
        self.retire(prefix);
        let entry = Entry {
            origin: Origin::Own(own),
            metric: own.metric,
            lost: None,
            changed: true,
            announced: false,
        };
        self.table.insert(prefix, entry);
        self.note_change(now, prefix, "own route");
    }

    /// What is our own for `prefix`.
    fn own(&self, prefix: &Prefix) -> Option<Own> {
        if !is_destination(prefix) {
            return None;
        }
        let plain = |kind, port| Own { kind, metric: 1, tag: 0, port, next_hop: None };
        let interface = self.ports.values().find(|i| i.announced(&self.config).any(|p| p == *prefix));
        if let Some(i) = interface {
            return Some(plain(Kind::Interface, Some(i.port.id)));
        }
        if self.config.routes.contains(prefix) {
            return Some(plain(Kind::Static, None));
        }
        if self.config.default_information_originate && prefix.is_default() {
            return Some(plain(Kind::Default, None));
        }
        self.redistributed(prefix)
    }

    /// The best of the other protocols' routes that `redistribute` and its route map let in.
    fn redistributed(&self, prefix: &Prefix) -> Option<Own> {
        let wanted = |s: &&Source| self.config.redistribute.contains_key(&s.protocol);
        let routes = self.external.get(prefix)?;
        let source = routes.keys().filter(wanted).min_by_key(|s| {
            let route = routes.get(*s);
            (route.map(|r| (r.distance, r.metric)), **s)
        })?;
        let (route, how) = (routes.get(source)?, self.config.redistribute.get(&source.protocol)?);
        let (port, next_hop) = self.first_hop(route);
        let own_metric = if source.protocol == Protocol::Connected { 1 } else { self.config.default_metric };
        let mut metric = u32::from(how.metric.unwrap_or(own_metric)).max(1);
        let mut tag = route.tag;
        let mut hop = next_hop;
        if let Some(map) = &how.route_map {
            let interface = port.and_then(|p| self.ports.get(&p)).map(|i| i.port.name.as_str());
            let view = RouteView {
                prefix: *prefix,
                next_hop: next_hop.map(IpAddr::V4),
                interface,
                metric: route.metric,
                tag: route.tag,
                source: source.protocol,
                kind: route.kind,
                bgp: None,
            };
            // A map that does not exist denies, as in FRR.
            let changes = self.policy.route_map(map, &view).permit?;
            metric = changes.metric(metric).unwrap_or(metric).max(1);
            tag = changes.tag.unwrap_or(tag);
            hop = changes.next_hop.and_then(v4).or(hop);
        }
        let tag = u16::try_from(tag & 0xffff).unwrap_or(0);
        let kind = Kind::Redistributed(source.protocol);
        (metric < self.infinity()).then_some(Own { kind, metric, tag, port, next_hop: hop })
    }

    /// Where a route's packets go first, as far as it says: the port, and the gateway if there is one.
    fn first_hop(&self, route: &Route) -> (Option<PortId>, Option<Ipv4Addr>) {
        let Target::Via(hops) = &route.target else { return (None, None) };
        let Some(NextHop { gateway, port, .. }) = hops.first() else { return (None, None) };
        let gateway = gateway.and_then(v4);
        let on_link = |g: Ipv4Addr| self.ports.values().find(|i| i.connected(g).is_some()).map(|i| i.port.id);
        (port.or_else(|| gateway.and_then(on_link)), gateway)
    }

    pub(crate) fn filter(&self) -> Filter<'_> {
        Filter { config: &self.config, policy: &self.policy }
    }
}

/// Whether RIP may carry it: the default, or unicast outside net 0 and net 127 (RFC 2453 3.9.2).
pub(crate) fn is_destination(prefix: &Prefix) -> bool {
    match prefix.addr() {
        IpAddr::V4(a) => {
            let first = a.octets().first().copied().unwrap_or(0);
            (prefix.is_default() && a.is_unspecified()) || (first != 0 && first != 127 && first < 224)
        }
        IpAddr::V6(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_unicast_networks_and_the_default() {
        let ok = |p: &str| is_destination(&p.parse().unwrap());
        assert!(ok("0.0.0.0/0") && ok("10.0.0.0/8") && ok("223.255.255.0/24") && ok("1.0.0.0/8"));
        assert!(!ok("0.0.0.0/8") && !ok("0.1.0.0/16") && !ok("127.0.0.0/8") && !ok("127.0.0.1/32"));
        assert!(!ok("224.0.0.0/4") && !ok("240.0.0.0/4") && !ok("255.255.255.255/32") && !ok("::/0"));
    }
}
