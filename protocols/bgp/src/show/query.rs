//! Which routes are asked for.

use super::Validity;
use crate::Family;
use crate::config::PeerKey;
use fib::Prefix;
use serde::{Deserialize, Serialize};

/// `show bgp [ipv4|ipv6] ...`, wherever the answer is a table of routes; answered page by page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutesQuery {
    /// Of which table.
    pub family: Family,
    /// Whose.
    pub of: Of,
    /// Only this prefix and what it covers (`longer-prefixes`).
    pub covered_by: Option<Prefix>,
    /// Only those that match.
    pub filter: Option<Filter>,
    /// Go on here; `None`: from the start.
    pub after: Option<Cursor>,
}

impl RoutesQuery {
    /// The whole table of a family.
    pub fn all(family: Family) -> RoutesQuery {
        RoutesQuery { family, of: Of::Table, covered_by: None, filter: None, after: None }
    }
}

/// Where a listing goes on.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// Behind this prefix.
    pub prefix: Prefix,
    /// Destinations listed so far.
    pub destinations: u64,
    /// Paths listed so far.
    pub paths: u64,
    /// Of these, refused by policy (`received-routes`).
    pub filtered: u64,
}

/// Whose routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// Everything that can be used.
    Table,
    /// `neighbors X routes`: of one neighbor, as policy left them.
    Accepted(PeerKey),
    /// `neighbors X bestpath-routes`: those of them that are best.
    Best(PeerKey),
    /// `neighbors X received-routes`: as they came.
    Received(PeerKey),
    /// `neighbors X filtered-routes`: those policy refused, as they came.
    Filtered(PeerKey),
    /// `neighbors X advertised-routes`: as they leave.
    Advertised(PeerKey),
}

impl Of {
    /// The neighbor.
    pub fn peer(&self) -> Option<&PeerKey> {
        match self {
            Of::Table => None,
            Of::Accepted(peer)
            | Of::Best(peer)
            | Of::Received(peer)
            | Of::Filtered(peer)
            | Of::Advertised(peer) => Some(peer),
        }
    }

    /// Whether it is what a neighbor said or is told (Adj-RIB-In, Adj-RIB-Out), rather than the Loc-RIB.
    pub fn is_adjacent(&self) -> bool {
        matches!(self, Of::Received(_) | Of::Filtered(_) | Of::Advertised(_))
    }
}

/// What a path must have to be listed. Names are looked up when the question is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// `regexp REGEX`: its AS path matches.
    Regexp(String),
    /// `community [AA:NN]... [exact-match]`: all of these; none named: any.
    Communities {
        /// As typed: `65000:1`, `no-export`.
        all: Vec<String>,
        /// And no others.
        exact: bool,
    },
    /// `large-community [AA:BB:CC]... [exact-match]`
    LargeCommunities {
        /// As typed.
        all: Vec<String>,
        /// And no others.
        exact: bool,
    },
    /// `community-list NAME [exact-match]`
    CommunityList {
        /// Its name.
        name: String,
        /// Its entries are compared whole.
        exact: bool,
    },
    /// `large-community-list NAME`
    LargeCommunityList(String),
    /// `extcommunity-list NAME`
    ExtendedCommunityList(String),
    /// `filter-list NAME`: an AS path access list permits it.
    FilterList(String),
    /// `route-map NAME`: permitted by it.
    RouteMap(String),
    /// `prefix-list NAME`
    PrefixList(String),
    /// `cidr-only`: not the natural mask of its class.
    CidrOnly,
    /// `rpki valid|invalid|notfound`
    Rpki(Validity),
    /// `rib-failure`: best, but the RIB has a better route of another protocol. The process lists every path; whoever
    /// has the RIB picks those out.
    RibFailure,
}
