//! `show bgp` and its kin: a page of a table of routes.

use super::{Cursor, Of, Validity, is_default};
use crate::{Family, RouterId};
use core::net::{IpAddr, Ipv6Addr};
use fib::Prefix;
use policy::bgp::Origin;
use serde::{Deserialize, Serialize};

/// What stands above every table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// Counts changes of best paths of the family.
    pub version: u64,
    /// Ours.
    pub router_id: RouterId,
    /// Ours: in a confederation, the member AS.
    pub local_as: u32,
    /// `bgp default local-preference`
    pub local_pref: u32,
}

/// A page of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Routes {
    /// Of which table.
    pub family: Family,
    /// Whose.
    pub of: Of,
    /// What stands above it.
    pub head: Head,
    /// In prefix order.
    pub destinations: Vec<Destination>,
    /// What earlier pages had; `None`: this is the first.
    pub before: Option<Cursor>,
    /// Ask again with this; `None`: that was all. A page may be empty and not the last: where few routes match, the
    /// search is sliced.
    pub more: Option<Cursor>,
    /// Paths of the whole table, matching or not.
    pub total_paths: u64,
    /// Paths of this page that policy refused (`received-routes`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub filtered: u64,
}

impl Routes {
    /// Destinations of one page at most.
    pub const PAGE: usize = 1_000;
    /// Destinations looked at for one page at most.
    pub const SCAN: usize = 20_000;

    /// Destinations, paths and refused paths of this page and all before.
    pub fn listed(&self) -> (u64, u64, u64) {
        let paths = self.destinations.iter().map(|d| count(&d.paths)).fold(0, u64::saturating_add);
        let (d, p, f) = self.before.map_or((0, 0, 0), |b| (b.destinations, b.paths, b.filtered));
        (
            d.saturating_add(count(&self.destinations)),
            p.saturating_add(paths),
            f.saturating_add(self.filtered),
        )
    }
}

fn count<T>(all: &[T]) -> u64 {
    u64::try_from(all.len()).unwrap_or(u64::MAX)
}

/// A destination with those of its paths that were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    /// The network.
    pub prefix: Prefix,
    /// Best first.
    pub paths: Vec<PathRow>,
}

/// What is true of a path.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// Could be used: its next hop is reachable, policy let it in.
    #[serde(skip_serializing_if = "is_default")]
    pub valid: bool,
    /// Won.
    #[serde(skip_serializing_if = "is_default")]
    pub best: bool,
    /// Used beside the best.
    #[serde(skip_serializing_if = "is_default")]
    pub multipath: bool,
    /// Of an iBGP peer.
    #[serde(skip_serializing_if = "is_default")]
    pub internal: bool,
    /// An aggregate keeps it from being sent.
    #[serde(skip_serializing_if = "is_default")]
    pub suppressed: bool,
    /// Kept while its peer restarts (RFC 4724).
    #[serde(skip_serializing_if = "is_default")]
    pub stale: bool,
    /// The RIB has a better route of another protocol.
    #[serde(skip_serializing_if = "is_default")]
    pub rib_failure: bool,
    /// Policy refused it; it is listed as received.
    #[serde(skip_serializing_if = "is_default")]
    pub refused: bool,
}

/// A path on a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathRow {
    /// What is true of it.
    pub status: Status,
    /// Who sent it; `None`: ourselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The interface it is named by, of an interface neighbor; `peer` is its address then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// As used; unspecified for our own.
    pub next_hop: IpAddr,
    /// Beside a global one (RFC 2545), if it is the one that is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_local: Option<Ipv6Addr>,
    /// MED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub med: Option<u32>,
    /// LOCAL_PREF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_pref: Option<u32>,
    /// Weight.
    #[serde(default, skip_serializing_if = "is_default")]
    pub weight: u32,
    /// The AS path as text: `65001 65002 {65003,65004}`; empty for a route of our own AS.
    pub as_path: String,
    /// ORIGIN.
    pub origin: Origin,
    /// Of the best: what decided, in FRR's words (`AS Path`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// RFC 6811; `None`: nothing is validated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpki: Option<Validity>,
    /// Received with this path identifier (RFC 7911).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_id: Option<u32>,
}
