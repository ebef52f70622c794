//! `show bgp PREFIX`: a destination with all there is to say of its paths, and `explain`.

use super::{Head, PathRow, is_default};
use crate::settings::PeerKind;
use crate::{Family, RouterId};
use core::net::{IpAddr, Ipv4Addr};
use fib::{Prefix, Protocol};
use policy::bgp::{Aggregator, AsPath};
use serde::{Deserialize, Serialize};

/// `show bgp PREFIX|ADDRESS [bestpath|multipath]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryQuery {
    /// Of which table.
    pub family: Family,
    /// The network, or an address as a host prefix.
    pub prefix: Prefix,
    /// This very network; else the longest that covers it.
    pub exact: bool,
    /// Which of its paths.
    pub which: Which,
}

/// Which paths of a destination.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// All.
    #[default]
    All,
    /// `bestpath`
    Best,
    /// `multipath`: the best and those used beside it.
    Multipath,
}

/// One destination, if it is in the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Of which table.
    pub family: Family,
    /// Of the table.
    pub head: Head,
    /// `None`: there is none.
    pub found: Option<EntryView>,
}

/// A destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryView {
    /// The network.
    pub prefix: Prefix,
    /// Paths there are, asked for or not.
    pub available: u32,
    /// Which is best, counted from 1; `None`: none is.
    pub best: Option<u32>,
    /// An aggregate keeps it from being sent.
    pub suppressed: bool,
    /// Names of the peers that were told, in order.
    pub advertised_to: Vec<String>,
    /// Best first; with their number, counted from 1.
    pub paths: Vec<(u32, PathView)>,
}

/// Where a route of our own comes from.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sourced {
    /// `network`
    Network,
    /// `redistribute`
    Redistributed,
    /// `aggregate-address`
    Aggregate,
}

/// Who sent a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerView {
    /// Its name in the configuration.
    pub name: String,
    /// Its address; unspecified for ourselves.
    pub address: IpAddr,
    /// It is named by the interface it is on.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_interface: bool,
    /// Its router id; ours for our own routes.
    pub router_id: RouterId,
    /// `None`: ourselves.
    pub kind: Option<PeerKind>,
    /// It is a client of ours (RFC 4456).
    #[serde(default, skip_serializing_if = "is_default")]
    pub reflector_client: bool,
    /// It is a client of the route server.
    #[serde(default, skip_serializing_if = "is_default")]
    pub server_client: bool,
}

/// A path with all there is to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathView {
    /// What a line of the table says.
    pub row: PathRow,
    /// The AS path in segments.
    pub as_path: AsPath,
    /// What the decision process counts of it.
    pub length: u32,
    /// Who sent it.
    pub peer: PeerView,
    /// How a route of our own came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sourced: Option<Sourced>,
    /// The next hop can be reached; always so for our own.
    pub accessible: bool,
    /// Cost of the way to the next hop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub igp_metric: Option<u32>,
    /// ATOMIC_AGGREGATE.
    #[serde(default, skip_serializing_if = "is_default")]
    pub atomic_aggregate: bool,
    /// AGGREGATOR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregator: Option<Aggregator>,
    /// COMMUNITIES as text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub communities: Vec<String>,
    /// EXTENDED COMMUNITIES as text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extended_communities: Vec<String>,
    /// LARGE_COMMUNITY as text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub large_communities: Vec<String>,
    /// ORIGINATOR_ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub originator_id: Option<Ipv4Addr>,
    /// CLUSTER_LIST.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cluster_list: Vec<Ipv4Addr>,
    /// OTC (RFC 9234).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_to_customer: Option<u32>,
    /// The tag of a redistributed route, or one that a route map set.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tag: u32,
    /// Attributes that are not known: flags, type code, value in hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<(u8, u8, String)>,
    /// Until it is forgotten, for a stale one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_ms: Option<u64>,
    /// Since it came or changed.
    pub age_ms: u64,
}

/// `show bgp PREFIX explain`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explain {
    /// What was asked for.
    pub asked: Prefix,
    /// The network of the table that answers; `None`: there is none.
    pub prefix: Option<Prefix>,
    /// Every path, best first, those that policy refused last.
    pub paths: Vec<ExplainPath>,
    /// Peers, and whether they are told.
    pub advertised: Vec<AdvertisementView>,
    /// What the RIB made of the best; `None`: it was not offered one. Filled in by the router.
    pub rib: Option<RibVerdict>,
}

/// A path and its fate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainPath {
    /// The path.
    pub path: PathView,
    /// Its fate.
    pub verdict: Verdict,
    /// What import policy did, in words: `permitted by route-map IN entry 10, which set local-preference 200`.
    pub policy: String,
    /// How its next hop is reached.
    pub next_hop: NextHopView,
}

/// What became of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is the best; what decided, in words.
    Best(String),
    /// Used beside the best.
    Multipath(String),
    /// It lost: to the path of this number, counted from 1, at this step, in words.
    Lost {
        /// Number of the winner.
        to: u32,
        /// The step as FRR names it.
        step: String,
        /// In words: `longer AS path: 3 against 2`.
        why: String,
    },
    /// It took no part, and why.
    Unusable(String),
}

/// How a next hop is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NextHopView {
    /// `None`: a route of our own has none.
    pub address: Option<IpAddr>,
    /// It can be.
    pub reachable: bool,
    /// The route it is reached by.
    pub through: Option<Prefix>,
    /// Whose route that is.
    pub protocol: Option<Protocol>,
    /// Its metric.
    pub metric: Option<u32>,
    /// Gateways and interfaces it ends at.
    pub ends: Vec<(Option<IpAddr>, String)>,
}

/// Whether a peer is told, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdvertisementView {
    /// The peer.
    pub peer: String,
    /// It is, or is about to be.
    pub sent: bool,
    /// Why not, or by which entry of which map; in words.
    pub why: String,
}

/// What the RIB made of the best path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RibVerdict {
    /// Our distance.
    pub distance: u8,
    /// Ours is chosen.
    pub selected: bool,
    /// Who was, and its distance, where it is another.
    pub winner: Option<(Protocol, u8)>,
    /// Why ours is not, in words.
    pub why_not: Option<String>,
}
