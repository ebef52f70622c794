//! Route maps: the first matching entry permits (and changes) or denies. Pure; says which entry decided.

mod changes;
mod matches;

pub use changes::{BgpChanges, Changes, NewNextHop};

use crate::Policy;
use crate::bgp::Attributes;
use crate::config::{Action, OnMatch, RouteMapEntry, Validity};
use core::net::IpAddr;
use fib::{Kind, Prefix, Protocol};

/// How deep `call` may nest before the route is refused, as in FRR.
pub const RECURSION_LIMIT: usize = 10;

/// A route as a route map sees it. Conditions look at this and never at what earlier entries set, but for the
/// attributes of BGP routes: those are seen as earlier entries have left them, as in FRR.
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
    /// Of a BGP route, in and out: what else there is to see.
    pub bgp: Option<BgpView<'a>>,
}

/// What is special to a BGP route.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct BgpView<'a> {
    /// Its path attributes; `match metric` looks at the MED here, `match ip next-hop` at the next hop.
    pub attributes: &'a Attributes,
    /// Where it comes from or, on the way out, goes to; `None`: the router itself (`match peer local`).
    pub peer: Option<IpAddr>,
    /// The interface of an unnumbered neighbor.
    pub peer_interface: Option<&'a str>,
    /// What origin validation says; `None`: it is not in use.
    pub rpki: Option<Validity>,
    /// What changes refer to.
    pub context: BgpContext,
}

/// What changes to BGP routes refer to.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct BgpContext {
    /// `set as-path replace` puts it in.
    pub local_as: u32,
    /// LOCAL_PREF of a route without one.
    pub default_local_pref: u32,
    /// `set ip next-hop peer-address`: in: the neighbor's address; out: our own end of the session.
    pub peer_address: Option<IpAddr>,
}

/// What a route map does with a route, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The changes to a permitted route; `None`: denied.
    pub permit: Option<Changes<'a>>,
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
    let mut run = Run { policy, route, changes: Changes::default(), changed: None };
    let (permitted, by) = run.map(name, 0);
    Decision { permit: permitted.then_some(run.changes), by }
}

struct Run<'a, 'r> {
    policy: &'a Policy,
    route: &'r RouteView<'r>,
    changes: Changes<'a>,
    /// The attributes of a BGP route after the changes so far, once another entry may look at them.
    changed: Option<Box<Attributes>>,
}

impl<'a> Run<'a, '_> {
    fn map(&mut self, name: &'a str, depth: usize) -> (bool, Why<'a>) {
        if depth > RECURSION_LIMIT {
            return (false, Why::Recursion(name));
        }
        let Some(map) = self.policy.config().route_maps.get(name) else {
            return (false, Why::Undefined(name));
        };
        let mut verdict = (false, Why::NoMatch(name));
        let mut goto = 0;
        for entry in map {
            if entry.seq < goto || !self.matches(entry) {
                continue;
            }
            verdict = (entry.action == Action::Permit, Why::Entry(name, entry.seq));
            if entry.action == Action::Deny {
                break;
            }
            self.changes.add(&entry.set, self.route.prefix.is_v4());
            if let Some(denied) = self.call(entry, depth) {
                return denied;
            }
            match entry.on_match {
                None => break,
                Some(OnMatch::Next) => self.changed = None,
                // Only forward: a target at or before this entry is the next one, so a map always ends.
                Some(OnMatch::Goto(seq)) => (goto, self.changed) = (seq, None),
            }
        }
        verdict
    }

    fn matches(&mut self, entry: &RouteMapEntry) -> bool {
        let Some(view) = &self.route.bgp else {
            return matches::all(self.policy, &entry.matches, self.route, None);
        };
        if self.changed.is_none() && self.changes.bgp.changes_attributes() {
            let mut attributes = Box::new(view.attributes.clone());
            self.changes.apply_bgp(self.policy, &mut attributes, &view.context);
            self.changed = Some(attributes);
        }
        let attributes = self.changed.as_deref().unwrap_or(view.attributes);
        matches::all(self.policy, &entry.matches, self.route, Some(attributes))
    }

    /// The called map's refusal, if it refuses. A map that does not exist is not called.
    fn call(&mut self, entry: &'a RouteMapEntry, depth: usize) -> Option<(bool, Why<'a>)> {
        let called =
            entry.call.as_deref().filter(|name| self.policy.config().route_maps.contains_key(*name))?;
        self.changed = None;
        let (permitted, by) = self.map(called, depth.saturating_add(1));
        (!permitted).then_some((false, by))
    }
}

#[cfg(test)]
mod bgp_tests;
#[cfg(test)]
mod tests;
