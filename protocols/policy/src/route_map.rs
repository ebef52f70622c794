//! Route maps: the first matching entry permits (and changes) or denies. Pure; says which entry decided.

use crate::Policy;
use crate::config::{Action, Match, MetricType, OnMatch, RouteMapEntry, Set, SetMetric};
use core::net::IpAddr;
use fib::{Kind, Prefix, Protocol};

/// How deep `call` may nest before the route is refused, as in FRR.
pub const RECURSION_LIMIT: usize = 10;

/// A route as a route map sees it. Conditions look at this and never at what earlier entries set.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct RouteView<'a> {
    /// The network.
    pub prefix: Prefix,
    /// Its next hop, if it has a single one.
    pub next_hop: Option<IpAddr>,
    /// The interface the caller matches on: where it was heard, or where it is told.
    pub interface: Option<&'a str>,
    /// Its metric.
    pub metric: u32,
    /// Its tag; 0 is none.
    pub tag: u32,
    /// Who it comes from.
    pub source: Protocol,
    /// A finer kind of that.
    pub kind: Kind,
}

/// What the permitting entries set, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Changes of the metric, to be applied one after the other; see [`Changes::metric`].
    pub metrics: Vec<SetMetric>,
    /// The new tag.
    pub tag: Option<u32>,
    /// The new next hop.
    pub next_hop: Option<IpAddr>,
    /// The new distance.
    pub distance: Option<u8>,
    /// The new type of an OSPF external route.
    pub metric_type: Option<MetricType>,
}

impl Changes {
    /// The metric after all changes to `base`, saturating at each; `None` when no entry sets the metric.
    pub fn metric(&self, base: u32) -> Option<u32> {
        let step = |metric: u32, change: &SetMetric| match *change {
            SetMetric::To(n) => n,
            SetMetric::Add(n) => metric.saturating_add(n),
            SetMetric::Subtract(n) => metric.saturating_sub(n),
        };
        (!self.metrics.is_empty()).then(|| self.metrics.iter().fold(base, step))
    }

    fn add(&mut self, set: &Set) {
        self.metrics.extend(set.metric);
        self.tag = set.tag.or(self.tag);
        self.next_hop = set.next_hop.or(self.next_hop);
        self.distance = set.distance.or(self.distance);
        self.metric_type = set.metric_type.or(self.metric_type);
    }
}

/// What a route map does with a route, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The changes to a permitted route; `None`: denied.
    pub permit: Option<Changes>,
    /// Why.
    pub by: Why<'a>,
}

/// Which part of a route map decided.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Why<'a> {
    /// The last matching entry of this map (the called one if that denied).
    Entry(&'a str, u16),
    /// No entry of this map matched: the implicit deny.
    NoMatch(&'a str),
    /// There is no such map: denied here, but see the crate's table for what each use makes of it.
    Undefined(&'a str),
    /// `call` nests deeper than [`RECURSION_LIMIT`]: denied.
    Recursion(&'a str),
}

impl Decision<'_> {
    /// Whether the map permits.
    pub fn permits(&self) -> bool {
        self.permit.is_some()
    }

    /// Whether there is no such map.
    pub fn is_undefined(&self) -> bool {
        matches!(self.by, Why::Undefined(_))
    }
}

/// Runs map `name` over `route`.
pub fn apply<'a>(policy: &'a Policy, name: &'a str, route: &RouteView<'_>) -> Decision<'a> {
    let mut changes = Changes::default();
    let (permitted, by) = run(policy, name, route, &mut changes, 0);
    Decision { permit: permitted.then_some(changes), by }
}

fn run<'a>(
    policy: &'a Policy,
    name: &'a str,
    route: &RouteView<'_>,
    changes: &mut Changes,
    depth: usize,
) -> (bool, Why<'a>) {
    if depth > RECURSION_LIMIT {
        return (false, Why::Recursion(name));
    }
    let Some(map) = policy.config().route_maps.get(name) else {
        return (false, Why::Undefined(name));
    };
    let mut verdict = (false, Why::NoMatch(name));
    let mut goto = 0;
    for entry in map {
        if entry.seq < goto || !matches(policy, &entry.matches, route) {
            continue;
        }
        verdict = (entry.action == Action::Permit, Why::Entry(name, entry.seq));
        if entry.action == Action::Deny {
            break;
        }
        changes.add(&entry.set);
        if let Some(denied) = call(policy, entry, route, changes, depth) {
            return denied;
        }
        match entry.on_match {
            None => break,
            Some(OnMatch::Next) => {}
            // Only forward: a target at or before this entry is the next one, so a map always ends.
            Some(OnMatch::Goto(seq)) => goto = seq,
        }
    }
    verdict
}

/// The called map's refusal, if it refuses. A map that does not exist is not called.
fn call<'a>(
    policy: &'a Policy,
    entry: &'a RouteMapEntry,
    route: &RouteView<'_>,
    changes: &mut Changes,
    depth: usize,
) -> Option<(bool, Why<'a>)> {
    let called = entry.call.as_deref().filter(|name| policy.config().route_maps.contains_key(*name))?;
    let (permitted, by) = run(policy, called, route, changes, depth.saturating_add(1));
    (!permitted).then_some((false, by))
}

fn matches(policy: &Policy, conditions: &Match, route: &RouteView<'_>) -> bool {
    let Match {
        address,
        address_prefix_list,
        next_hop,
        next_hop_prefix_list,
        interface,
        metric,
        tag,
        source_protocol,
        route_type,
    } = conditions;
    let hop = route.next_hop.map(Prefix::host);
    address.as_ref().is_none_or(|acl| policy.access(acl, &route.prefix).permits())
        && address_prefix_list.as_ref().is_none_or(|list| policy.prefix_list(list, &route.prefix).permits())
        && next_hop.as_ref().is_none_or(|acl| hop.is_some_and(|h| policy.access(acl, &h).permits()))
        && next_hop_prefix_list
            .as_ref()
            .is_none_or(|list| hop.is_some_and(|h| policy.prefix_list(list, &h).permits()))
        && interface.as_deref().is_none_or(|name| route.interface == Some(name))
        && metric.is_none_or(|m| m == route.metric)
        && tag.is_none_or(|t| t == route.tag)
        && source_protocol.is_none_or(|p| p == route.source)
        && route_type.is_none_or(|k| k == route.kind || k == Kind::Internal && is_internal(route))
}

/// What IOS calls internal in OSPF: learned inside the AS, in this area or another.
fn is_internal(route: &RouteView<'_>) -> bool {
    route.source == Protocol::Ospf && matches!(route.kind, Kind::Plain | Kind::InterArea)
}

#[cfg(test)]
mod tests;
