//! What the process has inside: next hops, statistics, memory, update groups, peer groups, attribute sets.

use super::PeerState;
use crate::Family;
use crate::settings::PeerKind;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// `show bgp nexthop`: a next hop that is tracked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NextHop {
    /// Its address.
    pub address: Option<IpAddr>,
    /// It is reached.
    pub valid: bool,
    /// Cost of the way.
    pub metric: Option<u32>,
    /// Attribute sets in use that name it.
    pub sets: u64,
    /// The RIB has not answered yet.
    pub pending: bool,
    /// The route it is reached by.
    pub through: Option<fib::Prefix>,
    /// It is the address of this neighbor.
    pub peer: Option<String>,
    /// Gateways and interfaces of the way.
    pub ends: Vec<(Option<IpAddr>, String)>,
}

/// `show bgp statistics`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// Of which table.
    pub family: Family,
    /// Paths.
    pub paths: u64,
    /// Destinations.
    pub prefixes: u64,
    /// By prefix length.
    pub lengths: Vec<(u8, u64)>,
    /// Destinations under another one.
    pub covered: u64,
    /// Destinations that cover others.
    pub covering: u64,
    /// Addresses (IPv4), or networks of 64 bits (IPv6), that are covered.
    pub space: u64,
    /// Paths with an AS path, be it empty.
    pub with_as_path: u64,
    /// ASes of the longest.
    pub longest: u32,
    /// ASes of all together.
    pub total_length: u64,
    /// Bytes of the largest.
    pub largest: u32,
    /// Bytes of all together.
    pub total_bytes: u64,
    /// The highest AS that is not private.
    pub highest_public_as: u32,
    /// Ask again after this prefix and add up; `None`: that was all.
    pub more: Option<fib::Prefix>,
}

impl Statistics {
    /// Destinations counted for one page at most.
    pub const PAGE: usize = 50_000;

    /// Adds those of the next page.
    pub fn add(&mut self, next: &Statistics) {
        let sums = [
            (&mut self.paths, next.paths),
            (&mut self.prefixes, next.prefixes),
            (&mut self.covered, next.covered),
            (&mut self.covering, next.covering),
            (&mut self.space, next.space),
            (&mut self.with_as_path, next.with_as_path),
            (&mut self.total_length, next.total_length),
            (&mut self.total_bytes, next.total_bytes),
        ];
        sums.into_iter().for_each(|(sum, n)| *sum = sum.saturating_add(n));
        let mut lengths: std::collections::BTreeMap<u8, u64> = self.lengths.iter().copied().collect();
        for (len, n) in &next.lengths {
            let sum = lengths.entry(*len).or_default();
            *sum = sum.saturating_add(*n);
        }
        self.lengths = lengths.into_iter().collect();
        self.longest = self.longest.max(next.longest);
        self.largest = self.largest.max(next.largest);
        self.highest_public_as = self.highest_public_as.max(next.highest_public_as);
        self.more = next.more;
    }
}

/// `show bgp memory`: one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemoryLine {
    /// What: `RIB nodes`.
    pub what: String,
    /// How many.
    pub count: u64,
    /// In bytes.
    pub bytes: u64,
}

/// `show bgp update-groups`: peers that are told the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateGroup {
    /// Its number.
    pub id: u32,
    /// Of which table.
    pub family: Family,
    /// What its members are to us.
    pub kind: PeerKind,
    /// MRAI, seconds.
    pub mrai: u16,
    /// Bytes of the longest message.
    pub max_message: u32,
    /// Policy, as in the configuration: route map, prefix list, distribute list, filter list.
    pub filters: crate::settings::Filters,
    /// Destinations to be looked at.
    pub queued: u64,
    /// Destinations that wait for the advertisement interval.
    pub held: u64,
    /// Destinations advertised.
    pub advertised: u64,
    /// Bytes of memory.
    pub bytes: u64,
    /// Members.
    pub members: Vec<String>,
}

/// `show bgp peer-group`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerGroup {
    /// Its name.
    pub name: String,
    /// Its AS, as in the configuration; `None`: each member's own.
    pub remote_as: Option<crate::config::RemoteAs>,
    /// What its members are to us; `None`: not known from the group alone.
    pub kind: Option<PeerKind>,
    /// The families that are active.
    pub families: Vec<Family>,
    /// `bgp listen range`
    pub ranges: Vec<fib::Prefix>,
    /// Neighbors, whether dynamic, and their states.
    pub members: Vec<GroupView>,
}

/// A member of a peer group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupView {
    /// Its name.
    pub name: String,
    /// It came by `bgp listen range`.
    pub dynamic: bool,
    /// Its state.
    pub state: PeerState,
}

/// `show bgp attribute-info`: sets of attributes and how many paths share each; a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attributes {
    /// Those of this page.
    pub sets: Vec<AttributeSet>,
    /// All there are.
    pub total: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Ask again after this one; `None`: that was all.
    pub more: Option<u32>,
}

impl Attributes {
    /// Sets of one page at most.
    pub const PAGE: usize = 1_000;
}

/// A set of attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributeSet {
    /// Its number.
    pub id: u32,
    /// References.
    pub references: u64,
    /// Bytes on the wire.
    pub bytes: u32,
    /// The AS path as text.
    pub as_path: String,
    /// ORIGIN.
    pub origin: policy::bgp::Origin,
    /// The next hop.
    pub next_hop: IpAddr,
    /// MED.
    pub med: Option<u32>,
    /// LOCAL_PREF.
    pub local_pref: Option<u32>,
    /// COMMUNITIES as text.
    pub communities: Vec<String>,
}
