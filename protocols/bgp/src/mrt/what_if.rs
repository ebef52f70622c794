//! What a route map on the way in would do to the routes of a dump. Only the map is asked: no loops are looked for, no
//! next hop is resolved and no origin validated.

use super::text::{RouteLine, nobody};
use super::{Entry, Peer, PeerTable, Rib};
use fib::{Kind, Prefix, Protocol};
use policy::bgp::Attributes;
use policy::route_map::Why;
use policy::{BgpContext, BgpView, Policy, RouteView};

/// A route map, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct WhatIf<'a> {
    /// The maps and lists.
    pub policy: &'a Policy,
    /// The map's name; one that is not defined denies everything.
    pub route_map: &'a str,
    /// `router bgp AS`: routes of a peer in it are internal.
    pub local_as: u32,
    /// LOCAL_PREF of a route without one.
    pub local_preference: u32,
}

/// What becomes of a route.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The attributes it has then; `None`: it is refused.
    pub attributes: Option<Attributes>,
    /// `route-map NAME entry N`
    pub by: String,
    /// `permit|BY|LINE`, with the attributes it has then, or `deny|BY|LINE`, with those it had.
    pub line: String,
}

impl WhatIf<'_> {
    /// Of every route of `rib`, in order. `at` is the time of its record, `peers` the table that came last.
    pub fn routes(&self, at: u32, rib: &Rib, peers: Option<&PeerTable>) -> Vec<Outcome> {
        rib.entries.iter().map(|entry| self.route(at, &rib.prefix, entry, peers)).collect()
    }

    fn route(&self, at: u32, prefix: &Prefix, entry: &Entry, peers: Option<&PeerTable>) -> Outcome {
        let peer = peers.and_then(|t| t.peers.get(usize::from(entry.peer))).copied().unwrap_or(nobody());
        let before = entry.decode();
        let (attributes, by) = self.ask(prefix, &peer, &before);
        let word = if attributes.is_some() { "permit" } else { "deny" };
        let line = RouteLine {
            head: &format!("{word}|{by}|TABLE_DUMP2|{at}|B|{}|{}", peer.address, peer.asn),
            prefix,
            attributes: attributes.as_ref().unwrap_or(&before),
        }
        .to_string();
        Outcome { attributes, by, line }
    }

    fn ask(&self, prefix: &Prefix, peer: &Peer, before: &Attributes) -> (Option<Attributes>, String) {
        let context = BgpContext {
            local_as: self.local_as,
            default_local_pref: self.local_preference,
            peer_address: Some(peer.address),
        };
        let view = RouteView {
            prefix: *prefix,
            next_hop: Some(before.next_hop),
            interface: None,
            metric: before.med.unwrap_or(0),
            tag: 0,
            source: Protocol::Bgp,
            kind: if peer.asn == self.local_as { Kind::Internal } else { Kind::Plain },
            bgp: Some(BgpView {
                attributes: before,
                peer: Some(peer.address),
                peer_interface: None,
                rpki: None,
                context,
            }),
        };
        let decision = self.policy.route_map(self.route_map, &view);
        let by = match decision.by {
            Why::Entry(map, seq) => format!("route-map {map} entry {seq}"),
            Why::NoMatch(map) => format!("route-map {map}: no entry matches"),
            Why::Undefined(map) => format!("route-map {map} is not defined"),
            Why::Recursion(map) => format!("route-map {map} calls too deep"),
        };
        let after = decision.permit.map(|changes| {
            let mut after = before.clone();
            changes.apply_bgp(self.policy, &mut after, &context);
            after
        });
        (after, by)
    }
}
