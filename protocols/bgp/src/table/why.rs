//! The reasons of the decision process, as values and as words.

use core::fmt;
use serde::{Deserialize, Serialize};

/// The step at which a path lost, or at which the best path beat the last other one. The steps are in the order in which
/// they are tried: RFC 4271 9.1.2.2 with what RFC 4456, 5065, 5004 and 9494 put in between, and FRR's weight.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// There is no other.
    OnlyPath,
    /// It may not be used: policy, a loop, ...
    Rejected,
    /// Its next hop is not reachable (RFC 4271 9.1.2.1).
    NextHopUnreachable,
    /// LLGR_STALE (RFC 9494): last of all.
    LongLivedStale,
    /// The higher weight.
    Weight,
    /// The higher LOCAL_PREF.
    LocalPreference,
    /// This router originates it.
    LocalRoute,
    /// The shorter AS_PATH.
    AsPathLength,
    /// The lower ORIGIN.
    Origin,
    /// The lower MULTI_EXIT_DISC, where they may be compared.
    Med,
    /// eBGP over iBGP and confederation.
    PeerKind,
    /// The lower metric to the next hop.
    IgpMetric,
    /// A peer of the confederation over iBGP.
    ConfederationPeer,
    /// Of eBGP paths, the one that is already best (RFC 5004).
    Older,
    /// The lower ORIGINATOR_ID or BGP identifier.
    RouterId,
    /// The shorter CLUSTER_LIST (RFC 4456 9).
    ClusterList,
    /// The lower peer address.
    PeerAddress,
    /// The lower path identifier of one peer (RFC 7911).
    PathId,
}

impl Why {
    /// All, in order.
    pub const ALL: [Why; 18] = [
        Why::OnlyPath,
        Why::Rejected,
        Why::NextHopUnreachable,
        Why::LongLivedStale,
        Why::Weight,
        Why::LocalPreference,
        Why::LocalRoute,
        Why::AsPathLength,
        Why::Origin,
        Why::Med,
        Why::PeerKind,
        Why::IgpMetric,
        Why::ConfederationPeer,
        Why::Older,
        Why::RouterId,
        Why::ClusterList,
        Why::PeerAddress,
        Why::PathId,
    ];

    /// In a few words, FRR's where it has the step: `best (Router ID)`.
    pub const fn name(self) -> &'static str {
        match self {
            Why::OnlyPath => "First path received",
            Why::Rejected => "Rejected",
            Why::NextHopUnreachable => "Next hop unreachable",
            Why::LongLivedStale => "Long-lived stale",
            Why::Weight => "Weight",
            Why::LocalPreference => "Local Pref",
            Why::LocalRoute => "Local Route",
            Why::AsPathLength => "AS Path",
            Why::Origin => "Origin",
            Why::Med => "MED",
            Why::PeerKind => "Peer Type",
            Why::IgpMetric => "IGP Metric",
            Why::ConfederationPeer => "Confed Peer Type",
            Why::Older => "Older Path",
            Why::RouterId => "Router ID",
            Why::ClusterList => "Cluster length",
            Why::PeerAddress => "Neighbor IP",
            Why::PathId => "Path ID",
        }
    }

    /// Why a path lost, as half a sentence about it.
    pub const fn sentence(self) -> &'static str {
        match self {
            Why::OnlyPath => "it is the only usable path",
            Why::Rejected => "it was not accepted",
            Why::NextHopUnreachable => "its next hop is not reachable",
            Why::LongLivedStale => "its peer has been gone for long",
            Why::Weight => "its weight is lower",
            Why::LocalPreference => "its local preference is lower",
            Why::LocalRoute => "it is not one of this router's own",
            Why::AsPathLength => "its AS path is longer",
            Why::Origin => "its origin is less preferred",
            Why::Med => "its MED is higher than that of a path of the same neighboring AS",
            Why::PeerKind => "it was not learned over eBGP",
            Why::IgpMetric => "its next hop is farther away",
            Why::ConfederationPeer => "it was learned inside the member AS",
            Why::Older => "it came after an eBGP path that is as good",
            Why::RouterId => "its originator or peer has the higher router id",
            Why::ClusterList => "its cluster list is longer",
            Why::PeerAddress => "its peer has the higher address",
            Why::PathId => "its path identifier is higher",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a received path may not be used.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rejected {
    /// A filter or route-map said no.
    Policy = 1,
    /// An eBGP peer without import policy (RFC 8212).
    NoPolicy = 2,
    /// Our own AS is in the path (RFC 4271 9.1.2).
    AsLoop = 3,
    /// We originated it (RFC 4456 8).
    OriginatorLoop = 4,
    /// Our cluster is in the list (RFC 4456 8).
    ClusterLoop = 5,
    /// The peer's AS is not first (RFC 4271 6.3).
    FirstAs = 6,
    /// AS_SET or AS_CONFED_SET (RFC 9774).
    AsSet = 7,
    /// The roles of RFC 9234 say that it leaked.
    Leak = 8,
    /// The next hop is one of our addresses, or none that can be one (RFC 4271 5.1.3, 6.3).
    NextHop = 9,
    /// RPKI says it is invalid.
    RpkiInvalid = 10,
    /// NO_LLGR (RFC 9494): it is not kept for long.
    NoLlgr = 11,
}

impl Rejected {
    /// All, in order.
    pub const ALL: [Rejected; 11] = [
        Rejected::Policy,
        Rejected::NoPolicy,
        Rejected::AsLoop,
        Rejected::OriginatorLoop,
        Rejected::ClusterLoop,
        Rejected::FirstAs,
        Rejected::AsSet,
        Rejected::Leak,
        Rejected::NextHop,
        Rejected::RpkiInvalid,
        Rejected::NoLlgr,
    ];

    /// Of the discriminant.
    pub fn from_bits(bits: u8) -> Option<Rejected> {
        Rejected::ALL.into_iter().find(|r| *r as u8 == bits)
    }

    /// In a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Rejected::Policy => "denied by import policy",
            Rejected::NoPolicy => "no import policy (RFC 8212)",
            Rejected::AsLoop => "own AS in the path",
            Rejected::OriginatorLoop => "own router id as originator",
            Rejected::ClusterLoop => "own cluster in the cluster list",
            Rejected::FirstAs => "first AS is not the peer's",
            Rejected::AsSet => "AS_SET in the path (RFC 9774)",
            Rejected::Leak => "route leak (RFC 9234)",
            Rejected::NextHop => "next hop is not acceptable",
            Rejected::RpkiInvalid => "invalid by RPKI",
            Rejected::NoLlgr => "not to be kept for long (NO_LLGR)",
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
