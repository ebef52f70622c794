//! Routes of the router's own: `network`, `redistribute` and `aggregate-address`, through their route maps into the table.

use super::Bgp;
use crate::Family;
use crate::attrs::{self, Entry};
use crate::config::{Config, FamilyConfig};
use crate::table::aggregate::Aggregates;
use crate::table::{From, LOCAL_WEIGHT, networks};
use fib::{Instant, Kind, NextHop, Prefix, Protocol, Target};
use policy::bgp::{Aggregator, Attributes};
use policy::{BgpContext, BgpView, Policy, RouteView};
use proto::Redistributed;

/// Routes originated, and destinations looked at for aggregates, in one go.
const SLICE: usize = 4_096;

impl Bgp {
    /// From the start: the table is new.
    pub(crate) fn local_routes(&mut self) {
        self.aggregates = Aggregates::default();
        self.configure_local();
        self.networks.again();
    }

    /// The configuration or the policy is another.
    pub(crate) fn local_routes_again(&mut self, before: &Config, old_policy: &Policy) {
        self.configure_local();
        let preference = before.default_local_preference != self.config.default_local_preference;
        if preference || *old_policy != *self.policy {
            self.networks.again();
            self.aggregates.again(&mut self.table);
        }
    }

    fn configure_local(&mut self) {
        let none = FamilyConfig::default();
        let families = Family::ALL.map(|family| self.config.families.get(&family).unwrap_or(&none));
        self.networks.configure(families, self.config.network_import_check);
        let all = families.iter().flat_map(|f| &f.aggregates).map(|(prefix, a)| (*prefix, a.clone()));
        self.aggregates.configure(&mut self.table, &all.collect());
    }

    /// A best route of another protocol came, changed or went.
    pub(crate) fn take_route(&mut self, route: Redistributed) {
        self.networks.handle_route(route);
    }

    /// Originates what is to be originated. True: there is more.
    pub(crate) fn originate(&mut self, now: Instant) -> bool {
        for _ in 0..SLICE {
            let Some(next) = self.networks.poll() else { break };
            let route = next.route.and_then(|route| self.through_map(&next.prefix, route));
            self.set_local(now, next.prefix, next.from, route);
        }
        self.aggregates.walk(&mut self.table, SLICE, &suppress_map(&self.policy));
        if let Some(identity) = self.identity.clone() {
            let identity = Aggregator { asn: identity.outside_as, router: identity.router_id };
            while let Some(next) = self.aggregates.poll(&self.table, identity) {
                let route = next.attributes.and_then(|attributes| {
                    let route_map = next.route_map.clone();
                    self.through_map(
                        &next.prefix,
                        networks::Local { attributes, tag: 0, route: None, route_map },
                    )
                });
                self.set_local(now, next.prefix, From::AGGREGATE, route);
            }
        }
        self.networks.has_work() || (self.aggregates.has_work() && self.identity.is_some())
    }

    fn set_local(
        &mut self,
        now: Instant,
        prefix: Prefix,
        from: From,
        route: Option<(Attributes, attrs::Local)>,
    ) {
        match route {
            Some((attributes, local)) => {
                let id = self.table.attrs.intern_attributes(&attributes, local);
                self.table.update(now, prefix, from, id, Ok(id));
            }
            None => drop(self.table.withdraw(prefix, from)),
        }
    }

    /// What its route map makes of a route; `None`: nothing. A route map that is not defined denies, as in FRR.
    fn through_map(&self, prefix: &Prefix, route: networks::Local) -> Option<(Attributes, attrs::Local)> {
        let mut attributes = route.attributes;
        let mut local = attrs::Local { weight: LOCAL_WEIGHT, tag: route.tag, distance: 0 };
        let Some(name) = &route.route_map else { return Some((attributes, local)) };
        let context = BgpContext {
            local_as: self.config.asn,
            default_local_pref: self.config.default_local_preference,
            peer_address: None,
        };
        let of = route.route.as_ref();
        let hop = of.and_then(|(_, route)| only_hop(&route.target));
        let port = hop.and_then(|hop| hop.port).and_then(|id| self.ports.get(&id));
        let view = RouteView {
            prefix: *prefix,
            next_hop: hop.map_or(Some(attributes.next_hop), |hop| hop.gateway),
            interface: port.map(|port| port.name.as_str()),
            metric: of.map_or(0, |(_, route)| route.metric),
            tag: route.tag,
            source: of.map_or(Protocol::Bgp, |(source, _)| source.protocol),
            kind: of.map_or(Kind::Plain, |(_, route)| route.kind),
            bgp: Some(BgpView {
                attributes: &attributes,
                peer: None,
                peer_interface: None,
                rpki: self.validity(*prefix, attributes.as_path.origin()),
                context,
            }),
        };
        let decision = self.policy.route_map(name, &view);
        let changes = decision.permit?;
        let mut changed = attributes.clone();
        changes.apply_bgp(&self.policy, &mut changed, &context);
        attributes = changed;
        local.weight = changes.bgp.weight.unwrap_or(local.weight);
        local.tag = changes.tag.unwrap_or(local.tag);
        local.distance = changes.distance.unwrap_or(0);
        Some((attributes, local))
    }
}

/// The next hop of a route that has one.
fn only_hop(target: &Target) -> Option<NextHop> {
    match target {
        Target::Via(hops) => hops.first().copied().filter(|_| hops.len() == 1),
        _ => None,
    }
}

/// Whether a `suppress-map` takes a route out: it permits it.
pub(crate) fn suppress_map(policy: &Policy) -> impl Fn(&str, &Prefix, &Entry) -> bool {
    |name, prefix, entry| {
        let attributes = entry.decode();
        let view = RouteView {
            prefix: *prefix,
            next_hop: Some(attributes.next_hop),
            interface: None,
            metric: attributes.med.unwrap_or(0),
            tag: entry.local().tag,
            source: Protocol::Bgp,
            kind: Kind::Plain,
            bgp: Some(BgpView {
                attributes: &attributes,
                peer: None,
                peer_interface: None,
                rpki: None,
                context: BgpContext::default(),
            }),
        };
        policy.route_map(name, &view).permits()
    }
}
