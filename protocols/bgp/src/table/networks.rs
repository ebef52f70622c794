//! Routes that this router takes from elsewhere: `network` and `redistribute`. Knows what is configured and the best routes
//! of other protocols; tells what is to be originated. Policy is asked and the table filled by the caller.

use super::From;
use crate::Family;
use crate::config::{FamilyConfig, NetworkConfig, Redistribute};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::{Prefix, Protocol, Route, Source, Target};
use policy::bgp::{Attributes, Origin};
use proto::Redistributed;
use std::collections::{BTreeMap, BTreeSet};

/// What to do about a prefix.
#[derive(Clone, Debug, PartialEq)]
pub struct Origination {
    /// Which.
    pub prefix: Prefix,
    /// As what: [`From::NETWORK`] or [`From::REDISTRIBUTED`].
    pub from: From,
    /// What the route begins with; `None`: it is withdrawn.
    pub route: Option<Local>,
}

/// A route of our own before policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Local {
    /// As FRR has it: `network` is IGP with MED 0, redistributed routes are incomplete with their metric as MED.
    pub attributes: Attributes,
    /// The tag of the route.
    pub tag: u32,
    /// The route of the RIB; `None`: a `network` without one.
    pub route: Option<(Source, Route)>,
    /// The route-map to ask.
    pub route_map: Option<String>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Networks {
    networks: BTreeMap<Prefix, NetworkConfig>,
    redistribute: [BTreeMap<Protocol, Redistribute>; 2],
    import_check: bool,
    /// Best routes of other protocols. There may be two of a prefix for a moment, while one follows the other.
    routes: BTreeMap<Prefix, BTreeMap<Source, Route>>,
    /// To look at.
    dirty: BTreeSet<(Prefix, From)>,
}

impl Networks {
    /// None.
    pub fn new() -> Networks {
        Networks::default()
    }

    /// What is configured now, by `family as usize`, and whether a `network` needs a route in the RIB.
    pub fn configure(&mut self, families: [&FamilyConfig; 2], import_check: bool) {
        let all = families.iter().flat_map(|f| &f.networks).map(|(p, n)| (*p, n.clone()));
        let new: BTreeMap<Prefix, NetworkConfig> = all.collect();
        let check = core::mem::replace(&mut self.import_check, import_check) != import_check;
        let old = core::mem::replace(&mut self.networks, new);
        for prefix in old.keys().chain(self.networks.keys()) {
            if check || old.get(prefix) != self.networks.get(prefix) {
                self.dirty.insert((*prefix, From::NETWORK));
            }
        }
        for (family, config) in families.iter().enumerate() {
            let old = core::mem::replace(&mut self.redistribute[family], config.redistribute.clone());
            let new = &self.redistribute[family];
            let differs = |protocol: &Protocol| old.get(protocol) != new.get(protocol);
            for (prefix, routes) in &self.routes {
                let here = Family::of(prefix.is_v4()) as usize == family;
                if here && routes.keys().any(|source| differs(&source.protocol)) {
                    self.dirty.insert((*prefix, From::REDISTRIBUTED));
                }
            }
        }
    }

    /// Route-maps changed: everything is told again.
    pub fn again(&mut self) {
        let networks = self.networks.keys().map(|prefix| (*prefix, From::NETWORK));
        let routes = self.routes.keys().map(|prefix| (*prefix, From::REDISTRIBUTED));
        self.dirty.extend(networks.chain(routes));
    }

    /// A best route of the RIB came, changed or went. BGP's own are of no interest.
    pub fn handle_route(&mut self, route: Redistributed) {
        if route.source.protocol == Protocol::Bgp {
            return;
        }
        match route.route {
            Some(new) => drop(self.routes.entry(route.prefix).or_default().insert(route.source, new)),
            None => {
                let Some(routes) = self.routes.get_mut(&route.prefix) else { return };
                routes.remove(&route.source);
                if routes.is_empty() {
                    self.routes.remove(&route.prefix);
                }
            }
        }
        if self.networks.contains_key(&route.prefix) {
            self.dirty.insert((route.prefix, From::NETWORK));
        }
        self.dirty.insert((route.prefix, From::REDISTRIBUTED));
    }

    /// The next thing to originate or to withdraw. What is told may be as it was: the table sees that.
    pub fn poll(&mut self) -> Option<Origination> {
        let (prefix, from) = self.dirty.pop_first()?;
        let route = if from == From::NETWORK { self.network(&prefix) } else { self.redistributed(&prefix) };
        Some(Origination { prefix, from, route })
    }

    /// Whether [`Networks::poll`] has something to tell.
    pub fn has_work(&self) -> bool {
        !self.dirty.is_empty()
    }

    fn network(&self, prefix: &Prefix) -> Option<Local> {
        let config = self.networks.get(prefix)?;
        let route = self.routes.get(prefix).and_then(|routes| routes.first_key_value());
        if self.import_check && route.is_none() {
            return None;
        }
        Some(Local {
            attributes: Attributes {
                origin: Origin::Igp,
                next_hop: unspecified(prefix),
                med: Some(0),
                ..Attributes::default()
            },
            tag: route.map_or(0, |(_, route)| route.tag),
            route: route.map(|(source, route)| (*source, route.clone())),
            route_map: config.route_map.clone(),
        })
    }

    fn redistributed(&self, prefix: &Prefix) -> Option<Local> {
        let wanted = &self.redistribute[Family::of(prefix.is_v4()) as usize];
        let of = |(source, route): (&Source, &Route)| {
            Some((*source, route.clone(), wanted.get(&source.protocol)?))
        };
        let (source, route, config) = self.routes.get(prefix)?.iter().find_map(of)?;
        Some(Local {
            attributes: Attributes {
                origin: Origin::Incomplete,
                next_hop: gateway(&route)
                    .filter(|a| a.is_ipv4() == prefix.is_v4())
                    .unwrap_or(unspecified(prefix)),
                med: Some(config.metric.unwrap_or(route.metric)),
                ..Attributes::default()
            },
            tag: route.tag,
            route: Some((source, route)),
            route_map: config.route_map.clone(),
        })
    }
}

fn unspecified(prefix: &Prefix) -> IpAddr {
    if prefix.is_v4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }
}

/// The first gateway of a route: a next hop that peers may use themselves.
fn gateway(route: &Route) -> Option<IpAddr> {
    let Target::Via(hops) = &route.target else { return None };
    let link_local = |a: &IpAddr| matches!(a, IpAddr::V6(a) if a.is_unicast_link_local());
    hops.iter().find_map(|hop| hop.gateway).filter(|a| !link_local(a))
}
