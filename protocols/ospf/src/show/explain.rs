//! `show ip ospf explain`: the path that won, what it came from, and what lost and why.

use super::{NextHop, PathKind};
use crate::AreaId;
use crate::wire::{Kind, LsaKey, RouterId};
use core::fmt;
use core::net::Ipv4Addr;
use fib::{Prefix, Protocol};
use serde::{Deserialize, Serialize};

/// `show ip ospf explain PREFIX`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explain {
    /// What was asked for.
    pub asked: Prefix,
    /// The longest network known to OSPF that covers it; `None`: there is none, not even an unusable one.
    pub prefix: Option<Prefix>,
    /// The path in the routing table; `None`: no candidate is usable.
    pub winner: Option<Candidate>,
    /// The other candidates for `prefix`, best first.
    pub losers: Vec<Rejected>,
    /// What the RIB made of it; the process leaves it `None`, the router fills it in.
    pub rib: Option<RibVerdict>,
}

/// One way a network could be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// Path type.
    pub kind: PathKind,
    /// The area of the path; of externals, of the way to the boundary router or forwarding address.
    pub area: Option<AreaId>,
    /// Cost of the way; as in [`super::NetworkRoute::cost`]. `None`: there is no way.
    pub cost: Option<u32>,
    /// The metric of type 2.
    pub type2_cost: Option<u32>,
    /// Route tag.
    pub tag: u32,
    /// Ways; empty if it cannot be reached.
    pub next_hops: Vec<NextHop>,
    /// What it came from: the LSA that announces it first, then those of the path.
    pub lsas: Vec<LsaRef>,
    /// The shortest path, from this router on; with several of equal cost, the first.
    pub path: Vec<PathHop>,
}

/// An LSA a path rests on.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LsaRef {
    /// Which.
    pub key: LsaKey,
    /// Seconds; `None` where that was not asked.
    pub age: Option<u16>,
    /// Sequence number.
    pub sequence: i32,
}

/// One step of a shortest path.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathHop {
    /// What is reached.
    pub node: Node,
    /// Cost of this step.
    pub cost: u32,
    /// Cost from this router to here.
    pub total: u32,
}

/// A vertex of the shortest-path tree, or what hangs on it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Node {
    /// A router.
    Router(RouterId),
    /// A network with this designated router's address.
    Network(Ipv4Addr),
    /// The destination itself: a stub network, or one of another area or AS.
    Prefix(Prefix),
    /// A forwarding address.
    Forward(Ipv4Addr),
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Router(id) => write!(f, "router {id}"),
            Node::Network(dr) => write!(f, "network of {dr}"),
            Node::Prefix(prefix) => write!(f, "{prefix}"),
            Node::Forward(address) => write!(f, "forwarding address {address}"),
        }
    }
}

/// A candidate that lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejected {
    /// It.
    pub candidate: Candidate,
    /// Why.
    pub reason: Reason,
}

/// Why a candidate is not the route.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// RFC 2328 11: intra-area before inter-area before external 1 before external 2.
    LessPreferred {
        /// The kind that won.
        winner: PathKind,
    },
    /// A greater cost.
    LongerPath {
        /// Its cost.
        cost: u32,
        /// The winner's.
        best: u32,
    },
    /// A greater type 2 metric.
    GreaterMetric {
        /// Its metric.
        metric: u32,
        /// The winner's.
        best: u32,
    },
    /// RFC 2328 16.4.1: non-backbone intra-area paths to the boundary router come first, without `compatible rfc1583`.
    BackboneAsbrPath,
    /// RFC 2328 16.4.1: of intra-area paths to the boundary router, that of the greater area number is kept.
    SmallerArea,
    /// The boundary router has no route.
    UnreachableAsbr {
        /// It.
        router: RouterId,
    },
    /// The area border router has no route in the area.
    UnreachableAbr {
        /// It.
        router: RouterId,
    },
    /// The router or network that announces it is not on the shortest-path tree.
    NotOnTree,
    /// The forwarding address has no intra-area or inter-area route (type 7: in the NSSA).
    UnreachableForward {
        /// It.
        address: Ipv4Addr,
    },
    /// The forwarding address is our own.
    OwnForward,
    /// Age 3600: it is being flushed.
    MaxAge,
    /// LSInfinity.
    InfiniteMetric,
    /// We originated it: no way for ourselves.
    OwnLsa,
    /// RFC 2328 16.2: a border router only believes summaries of the backbone (RFC 3509 says when another area's).
    NotFromBackbone,
    /// RFC 3101 2.5 (6)(e): of equal type 5 and 7, a type 7 with the P-bit and then type 5 come first.
    NssaPreference,
    /// RFC 3101 2.5 (6)(e): equal in all; the greater router ID is kept.
    SmallerRouterId {
        /// The one that is kept.
        kept: RouterId,
    },
    /// RFC 3101 2.5 (3): a type 7 default route without the P-bit, or of another border router, is no business of ours.
    NssaDefault,
    /// It lies in one of our own active ranges (RFC 2328 16.2 (3)).
    OwnRange,
    /// `maximum-paths` are already in use.
    TooManyPaths,
    /// The area does not take such LSAs.
    NotInThisArea,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::LessPreferred { winner } => write!(f, "{winner} paths are preferred"),
            Reason::LongerPath { cost, best } => write!(f, "longer path: cost {cost} > {best}"),
            Reason::GreaterMetric { metric, best } => write!(f, "greater type 2 metric: {metric} > {best}"),
            Reason::BackboneAsbrPath => {
                f.write_str("its boundary router is reached through the backbone, not within another area")
            }
            Reason::SmallerArea => {
                f.write_str("its boundary router is reached in an area with a smaller number")
            }
            Reason::UnreachableAsbr { router } => write!(f, "boundary router {router} cannot be reached"),
            Reason::UnreachableAbr { router } => write!(f, "border router {router} cannot be reached"),
            Reason::NotOnTree => f.write_str("who announces it cannot be reached"),
            Reason::UnreachableForward { address } => {
                write!(f, "no route inside the AS to the forwarding address {address}")
            }
            Reason::OwnForward => f.write_str("its forwarding address is this router's own"),
            Reason::MaxAge => f.write_str("MaxAge: it is being flushed"),
            Reason::InfiniteMetric => f.write_str("infinite metric"),
            Reason::OwnLsa => f.write_str("this router announces it itself"),
            Reason::NotFromBackbone => {
                f.write_str("not from the backbone: a border router does not believe it")
            }
            Reason::NssaPreference => f.write_str("of equal externals, another LSA type is preferred"),
            Reason::SmallerRouterId { kept } => {
                write!(f, "equal in all; router {kept} with the greater ID is kept")
            }
            Reason::NssaDefault => f.write_str("a default route of type 7 that border routers leave alone"),
            Reason::OwnRange => f.write_str("it lies in an address range of this router"),
            Reason::TooManyPaths => f.write_str("maximum-paths are in use"),
            Reason::NotInThisArea => f.write_str("the area does not take such LSAs"),
        }
    }
}

/// What the routing table made of OSPF's route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RibVerdict {
    /// OSPF's distance for it.
    pub distance: u8,
    /// It was chosen.
    pub selected: bool,
    /// If it was not: who won, with its distance.
    pub winner: Option<(Protocol, u8)>,
    /// In words, why it was not.
    pub why_not: Option<String>,
}

impl fmt::Display for LsaRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LsaKey { kind, id, router } = self.key;
        write!(f, "{kind} {id} of {router}")?;
        if let Some(age) = self.age {
            write!(f, ", age {age}")?;
        }
        write!(f, ", sequence 0x{:08x}", self.sequence)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Router => "router-LSA",
            Kind::Network => "network-LSA",
            Kind::Summary => "summary-LSA",
            Kind::AsbrSummary => "ASBR-summary-LSA",
            Kind::External => "AS-external-LSA",
            Kind::NssaExternal => "NSSA-LSA",
            Kind::OpaqueLink => "Link-Local Opaque-LSA",
            Kind::OpaqueArea => "Area-Local Opaque-LSA",
            Kind::OpaqueAs => "AS-external Opaque-LSA",
        })
    }
}
