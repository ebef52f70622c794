//! What an operator writes about policy: access lists, prefix lists, route maps, key chains.
//! Plain data; `lib.rs` compiles it into something that matches.

use core::net::IpAddr;
use fib::{Kind, Prefix, Protocol};
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

/// One entry of a route map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RouteMapEntry {
    /// 1..=65535, unique in the map; entries are tried in this order.
    pub seq: u16,
    /// What a match means.
    pub action: Action,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// All must hold; none: everything matches.
    #[serde(default, rename = "match", skip_serializing_if = "Match::is_empty")]
    pub matches: Match,
    /// Applied on a match of a permit entry.
    #[serde(default, skip_serializing_if = "Set::is_empty")]
    pub set: Set,
    /// `call NAME`: this map must permit as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Where to go on after a match; absent: stop here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_match: Option<OnMatch>,
}

/// `on-match next`, `on-match goto N` (`continue [N]` means the same).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnMatch {
    /// With the following entry.
    Next,
    /// With the first entry numbered at least this.
    Goto(u16),
}

/// The conditions of a route-map entry; all given ones must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Match {
    /// `match ip address ACL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// `match ip address prefix-list NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_prefix_list: Option<String>,
    /// `match ip next-hop ACL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop: Option<String>,
    /// `match ip next-hop prefix-list NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop_prefix_list: Option<String>,
    /// `match interface NAME`: the route's outgoing interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// `match metric N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<u32>,
    /// `match tag N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<u32>,
    /// `match source-protocol NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_protocol: Option<Protocol>,
    /// `match route-type`. `internal` is iBGP's and, of OSPF, what is not external (IOS).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_type: Option<Kind>,
}

impl Match {
    /// Whether no condition is given.
    pub fn is_empty(&self) -> bool {
        *self == Match::default()
    }
}

/// What a route-map entry changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Set {
    /// `set metric N`, `set metric +N`, `set metric -N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<SetMetric>,
    /// `set tag N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<u32>,
    /// `set ip next-hop A.B.C.D`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop: Option<IpAddr>,
    /// `set distance N` (where a route enters the RIB).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<u8>,
    /// `set metric-type type-1|type-2` (where a route enters OSPF).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_type: Option<MetricType>,
}

impl Set {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Set::default()
    }
}

/// Of an OSPF external route: type 1 adds the cost of the way to the metric, type 2 does not (RFC 2328 2.3).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MetricType {
    /// E1 / N1.
    #[serde(rename = "1")]
    One,
    /// E2 / N2.
    #[default]
    #[serde(rename = "2")]
    Two,
}

/// A new metric, or a change to the old one. In text: `5`, `+5`, `-5`. Changes saturate.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum SetMetric {
    /// This value.
    To(u32),
    /// More by this.
    Add(u32),
    /// Less by this.
    Subtract(u32),
}

impl core::fmt::Display for SetMetric {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            SetMetric::To(n) => write!(f, "{n}"),
            SetMetric::Add(n) => write!(f, "+{n}"),
            SetMetric::Subtract(n) => write!(f, "-{n}"),
        }
    }
}

impl core::str::FromStr for SetMetric {
    type Err = String;
    fn from_str(s: &str) -> Result<SetMetric, String> {
        let (make, digits): (fn(u32) -> SetMetric, &str) = match s.as_bytes().first() {
            Some(b'+') => (SetMetric::Add, s.get(1..).unwrap_or("")),
            Some(b'-') => (SetMetric::Subtract, s.get(1..).unwrap_or("")),
            _ => (SetMetric::To, s),
        };
        let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
        number.map(make).ok_or_else(|| format!("`{s}` is not a metric: expected N, +N or -N (0-4294967295)"))
    }
}

impl Serialize for SetMetric {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            SetMetric::To(n) => s.serialize_u32(*n),
            other => s.collect_str(other),
        }
    }
}

impl<'de> Deserialize<'de> for SetMetric {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<SetMetric, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Number(u32),
            Text(String),
        }
        match Raw::deserialize(d)? {
            Raw::Number(n) => Ok(SetMetric::To(n)),
            Raw::Text(t) => t.parse().map_err(serde::de::Error::custom),
        }
    }
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
