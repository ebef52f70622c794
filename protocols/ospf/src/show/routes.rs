//! `show ip ospf route` and `show ip ospf border-routers`.

use crate::AreaId;
use crate::spf;
use crate::wire::RouterId;
use crate::wire::lsa::flags;
use core::fmt;
use core::net::Ipv4Addr;
use fib::{PortId, Prefix};
use serde::{Deserialize, Serialize};

/// Path types in order of preference (RFC 2328 11, RFC 3101 2.5).
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathKind {
    /// Within an area.
    IntraArea,
    /// Through another area.
    InterArea,
    /// Type 5, metric type 1.
    External1,
    /// Type 7, metric type 1.
    Nssa1,
    /// Type 5, metric type 2.
    External2,
    /// Type 7, metric type 2.
    Nssa2,
}

impl PathKind {
    /// From outside of the AS.
    pub fn is_external(self) -> bool {
        !matches!(self, PathKind::IntraArea | PathKind::InterArea)
    }

    /// Of metric type 2.
    pub fn is_type2(self) -> bool {
        matches!(self, PathKind::External2 | PathKind::Nssa2)
    }
}

impl From<spf::PathKind> for PathKind {
    fn from(kind: spf::PathKind) -> PathKind {
        use spf::PathKind as K;
        match kind {
            K::Intra => PathKind::IntraArea,
            K::Inter => PathKind::InterArea,
            K::External1 { nssa: false } => PathKind::External1,
            K::External1 { nssa: true } => PathKind::Nssa1,
            K::External2 { nssa: false } => PathKind::External2,
            K::External2 { nssa: true } => PathKind::Nssa2,
        }
    }
}

impl fmt::Display for PathKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            PathKind::IntraArea => "intra-area",
            PathKind::InterArea => "inter-area",
            PathKind::External1 => "external type 1",
            PathKind::Nssa1 => "NSSA external type 1",
            PathKind::External2 => "external type 2",
            PathKind::Nssa2 => "NSSA external type 2",
        })
    }
}

/// Where a listing of routes goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutesQuery {
    /// Go on after this route: whether it is external, and its prefix. `None`: from the start.
    pub after: Option<(bool, Prefix)>,
}

/// `show ip ospf route`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Routes {
    /// Intra-area and inter-area, by prefix.
    pub networks: Vec<NetworkRoute>,
    /// Border routers, by router ID, then area.
    pub routers: Vec<RouterRoute>,
    /// External, by prefix.
    pub externals: Vec<NetworkRoute>,
    /// Where this page went on; `None`: it is the first.
    pub after: Option<(bool, Prefix)>,
    /// Ask again after this one; `None`: that was all. The process leaves it `None`; who pages sets it.
    pub more: Option<(bool, Prefix)>,
}

/// A route to a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkRoute {
    /// The network.
    pub prefix: Prefix,
    /// Path type.
    pub kind: PathKind,
    /// Cost of the way; of type 2, to the boundary router or forwarding address. External type 1: with its metric.
    pub cost: u32,
    /// The metric of type 2.
    pub type2_cost: Option<u32>,
    /// The area of the path; of externals, of the way to the boundary router or forwarding address.
    pub area: AreaId,
    /// Route tag; 0 but for externals.
    pub tag: u32,
    /// Ways to it.
    pub next_hops: Vec<NextHop>,
}

/// A route to a border router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouterRoute {
    /// Its router ID.
    pub router: RouterId,
    /// Intra-area or inter-area.
    pub kind: PathKind,
    /// Cost.
    pub cost: u32,
    /// The area of the path.
    pub area: AreaId,
    /// It is an area border router.
    pub abr: bool,
    /// It is an AS boundary router.
    pub asbr: bool,
    /// Ways to it.
    pub next_hops: Vec<NextHop>,
}

/// One way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NextHop {
    /// Outgoing interface.
    pub interface: String,
    /// `None`: directly attached.
    pub gateway: Option<Ipv4Addr>,
}

/// `show ip ospf border-routers`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BorderRouters {
    /// By router ID, then area.
    pub routers: Vec<RouterRoute>,
}

/// Whether a route is at or before the place where a listing goes on.
pub fn ordered_before(route: &NetworkRoute, after: Option<(bool, Prefix)>) -> bool {
    after.is_some_and(|after| (route.kind.is_external(), route.prefix) <= after)
}

impl NetworkRoute {
    /// A route of the routing table; `name` tells a port's name.
    pub fn new(prefix: Prefix, route: &spf::Route, name: impl Fn(PortId) -> String) -> NetworkRoute {
        let kind = PathKind::from(route.kind);
        NetworkRoute {
            prefix,
            kind,
            cost: route.cost,
            type2_cost: kind.is_type2().then_some(route.type2),
            area: route.area,
            tag: route.tag,
            next_hops: next_hops(&route.hops, name),
        }
    }
}

impl RouterRoute {
    /// A border router of the routing table; `name` tells a port's name.
    pub fn new(
        (area, router): (AreaId, RouterId),
        route: &spf::RouterRoute,
        name: impl Fn(PortId) -> String,
    ) -> RouterRoute {
        RouterRoute {
            router,
            kind: route.kind.into(),
            cost: route.cost,
            area,
            abr: route.flags & flags::B != 0,
            asbr: route.flags & flags::E != 0,
            next_hops: next_hops(&route.hops, name),
        }
    }
}

fn next_hops(hops: &[spf::Hop], name: impl Fn(PortId) -> String) -> Vec<NextHop> {
    hops.iter().map(|hop| NextHop { interface: name(hop.port), gateway: hop.gateway }).collect()
}

impl Routes {
    /// Routes of one answer at most.
    pub const PAGE: usize = 2_000;

    /// The part that follows `query`, at most [`Routes::PAGE`] networks; border routers are on every page.
    pub fn page(mut self, query: &RoutesQuery) -> Routes {
        self.after = query.after;
        let mut all: Vec<NetworkRoute> = self.networks.drain(..).chain(self.externals.drain(..)).collect();
        all.retain(|route| !ordered_before(route, query.after));
        if all.len() > Routes::PAGE {
            all.truncate(Routes::PAGE);
            self.more = all.last().map(|route| (route.kind.is_external(), route.prefix));
        }
        (self.externals, self.networks) = all.into_iter().partition(|route| route.kind.is_external());
        self
    }
}
