//! What an operator writes about policy: access lists, prefix lists, route maps, key chains.
//! Plain data; `lib.rs` compiles it into something that matches.

mod route_map;

pub use route_map::*;

use crate::bgp::{Community, ExtendedCommunity, LargeCommunity};
use fib::Prefix;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `policy` section of a configuration. Every list is named; numbered ones have digits for a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// `access-list NAME permit|deny PREFIX`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub access_lists: BTreeMap<String, Vec<AccessEntry>>,
    /// `ip prefix-list NAME seq N permit|deny PREFIX [ge N] [le N]`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub prefix_lists: BTreeMap<String, PrefixList>,
    /// `bgp as-path access-list NAME seq N permit|deny REGEX`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub as_path_lists: BTreeMap<String, Vec<AsPathEntry>>,
    /// `bgp community-list standard|expanded NAME seq N permit|deny ...`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub community_lists: BTreeMap<String, Vec<CommunityEntry<Community>>>,
    /// `bgp extcommunity-list standard|expanded NAME seq N permit|deny ...`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extcommunity_lists: BTreeMap<String, Vec<CommunityEntry<ExtendedCommunity>>>,
    /// `bgp large-community-list standard|expanded NAME seq N permit|deny ...`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub large_community_lists: BTreeMap<String, Vec<CommunityEntry<LargeCommunity>>>,
    /// `route-map NAME permit|deny SEQ`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub route_maps: BTreeMap<String, Vec<RouteMapEntry>>,
    /// `key chain NAME`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub key_chains: BTreeMap<String, Vec<Key>>,
}

/// What a matching entry does.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Let through.
    Permit,
    /// Refuse.
    Deny,
}

/// One line of an access list. The first match decides; no match is a deny.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AccessEntry {
    /// 1..=4294967295; entries are kept in this order. FRR's default step is 5.
    pub seq: u32,
    /// Permit or deny.
    pub action: Action,
    /// The network; absent is `any`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Prefix>,
    /// Only the very prefix, not what it covers.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exact_match: bool,
}

/// A prefix list. The first match by `seq` decides; no match is a deny; an empty list permits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PrefixList {
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// In order of `seq`.
    pub entries: Vec<PrefixEntry>,
}

/// One line of a prefix list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PrefixEntry {
    /// 1..=4294967295, unique in the list. The default step is 5.
    pub seq: u32,
    /// Permit or deny.
    pub action: Action,
    /// The network; absent is `any` (every prefix of every length).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Prefix>,
    /// Minimum prefix length; larger than the prefix's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ge: Option<u8>,
    /// Maximum prefix length; at least `ge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub le: Option<u8>,
}

/// One line of an AS-path access list. The first match decides; no match is a deny.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AsPathEntry {
    /// 1..=4294967295, unique in the list. The default step is 5.
    pub seq: u32,
    /// Permit or deny.
    pub action: Action,
    /// What the path looks like as text, in [`crate::regex`]'s dialect; 1 to 254 characters.
    pub regex: String,
}

/// One line of a community list of any kind: `C` is the kind of community. All lines of a list are either standard
/// or expanded. The first match decides; no match is a deny.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CommunityEntry<C> {
    /// 1..=4294967295, unique in the list. The default step is 5.
    pub seq: u32,
    /// Permit or deny.
    pub action: Action,
    /// Of a standard list: the route has all of these; none given: any route.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub communities: Vec<C>,
    /// Of an expanded list: what the route's communities look like as text, one blank between two of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
}

/// One key of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Key {
    /// 0..=255 on the wire of RIP and OSPF.
    pub id: u8,
    /// The secret, as typed.
    pub key_string: String,
    /// The algorithm; absent: keyed MD5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
    /// When received packets may use it; absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept_lifetime: Option<Lifetime>,
    /// When sent packets use it; absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_lifetime: Option<Lifetime>,
}

/// A span of wall-clock time.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lifetime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub start: u64,
    /// Seconds since 1970-01-01T00:00:00Z, exclusive; absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<u64>,
}

/// How a packet is authenticated with a key.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Keyed MD5 (RFC 2082, RFC 2328 D.4.3).
    Md5,
    /// HMAC-SHA-1 (RFC 4822, RFC 5709).
    HmacSha1,
    /// HMAC-SHA-256.
    HmacSha256,
    /// HMAC-SHA-384.
    HmacSha384,
    /// HMAC-SHA-512.
    HmacSha512,
}

fn is_false(b: &bool) -> bool {
    !*b
}
