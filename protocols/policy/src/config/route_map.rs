//! Route maps as an operator writes them.

use super::Action;
use crate::bgp::{Aggregator, Community, ExtendedCommunity, LargeCommunity, Origin};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;
use fib::{Kind, Protocol};
use serde::{Deserialize, Serialize};

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
    /// `match ip address ACL`. This and the next two hold for IPv4 networks only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// `match ip address prefix-list NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_prefix_list: Option<String>,
    /// `match ip address prefix-len N`, 0..=32.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_prefix_len: Option<u8>,
    /// `match ipv6 address ACL`. This and the next two hold for IPv6 networks only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_address: Option<String>,
    /// `match ipv6 address prefix-list NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_address_prefix_list: Option<String>,
    /// `match ipv6 address prefix-len N`, 0..=128.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_address_prefix_len: Option<u8>,
    /// `match ip next-hop ACL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop: Option<String>,
    /// `match ip next-hop prefix-list NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop_prefix_list: Option<String>,
    /// `match ip next-hop address A.B.C.D`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop_address: Option<Ipv4Addr>,
    /// `match ipv6 next-hop ACL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_next_hop: Option<String>,
    /// `match ipv6 next-hop prefix-list NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_next_hop_prefix_list: Option<String>,
    /// `match ipv6 next-hop address X:X::X:X`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_next_hop_address: Option<Ipv6Addr>,
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
    /// `match as-path NAME`: this and what follows hold for BGP routes only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_path: Option<String>,
    /// `match community NAME [exact-match|any]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub community: Option<CommunityMatch>,
    /// `match extcommunity NAME [exact-match|any]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extcommunity: Option<CommunityMatch>,
    /// `match large-community NAME [exact-match|any]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub large_community: Option<CommunityMatch>,
    /// `match local-preference N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_preference: Option<u32>,
    /// `match origin igp|egp|incomplete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// `match peer ADDRESS|IFNAME|local`: who the route comes from or, on the way out, goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<PeerMatch>,
    /// `match rpki valid|invalid|notfound`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpki: Option<Validity>,
}

impl Match {
    /// Whether no condition is given.
    pub fn is_empty(&self) -> bool {
        *self == Match::default()
    }
}

/// A condition on communities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CommunityMatch {
    /// The community list.
    pub list: String,
    /// How it is asked.
    #[serde(default, skip_serializing_if = "Asked::is_all")]
    pub mode: Asked,
}

/// How a community list is asked about a route.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// A standard entry holds when the route has all its communities, and perhaps others.
    #[default]
    All,
    /// `exact-match`: and no others.
    ExactMatch,
    /// `any`: one of them is enough.
    Any,
}

impl Asked {
    fn is_all(&self) -> bool {
        *self == Asked::All
    }
}

/// Who a route comes from or goes to. In text: `local`, an address, or the name of an interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeerMatch {
    /// The router itself: `network`, redistribution, aggregates.
    Local,
    /// The neighbor at this address.
    Address(IpAddr),
    /// The neighbor on this interface (unnumbered).
    Interface(String),
}

impl fmt::Display for PeerMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeerMatch::Local => f.pad("local"),
            PeerMatch::Address(address) => f.pad(&address.to_string()),
            PeerMatch::Interface(name) => f.pad(name),
        }
    }
}

impl FromStr for PeerMatch {
    type Err = core::convert::Infallible;
    fn from_str(s: &str) -> Result<PeerMatch, Self::Err> {
        Ok(match s {
            "local" => PeerMatch::Local,
            _ => s.parse().map_or_else(|_| PeerMatch::Interface(s.to_owned()), PeerMatch::Address),
        })
    }
}

/// What origin validation says of a route (RFC 6811 2).
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validity {
    /// The origin AS may announce the prefix.
    Valid,
    /// Another AS may, or not at this length.
    Invalid,
    /// Nothing is known of the prefix.
    NotFound,
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
    /// `set ip next-hop A.B.C.D|peer-address|unchanged`: of IPv4 routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop: Option<NextHopSet>,
    /// `set ipv6 next-hop ...`: of IPv6 routes.
    #[serde(skip_serializing_if = "NextHop6Set::is_empty")]
    pub ipv6_next_hop: NextHop6Set,
    /// `set distance N` (where a route enters the RIB).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<u8>,
    /// `set metric-type type-1|type-2` (where a route enters OSPF).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_type: Option<MetricType>,
    /// `set as-path prepend AS...`: the rightmost is nearest to the old path. This and what follows concern BGP only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub as_path_prepend: Vec<u32>,
    /// `set as-path prepend last-as N`, 1..=10: the leftmost AS so many times more. Not with `as_path_prepend`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_path_prepend_last_as: Option<u8>,
    /// `set as-path exclude AS...|all`: these go from the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_path_exclude: Option<Exclude>,
    /// `set as-path replace any|AS [AS]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_path_replace: Option<Replace>,
    /// `set community COMMUNITY... [additive]`, `set community none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub community: Option<CommunitySet<Community>>,
    /// `set comm-list NAME delete`: communities the list permits go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub community_delete: Option<String>,
    /// `set extcommunity rt|soo ...`, `set extcommunity none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extcommunity: Option<ExtcommunitySet>,
    /// `set extended-comm-list NAME delete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extcommunity_delete: Option<String>,
    /// `set large-community COMMUNITY... [additive]`, `set large-community none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub large_community: Option<CommunitySet<LargeCommunity>>,
    /// `set large-comm-list NAME delete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub large_community_delete: Option<String>,
    /// `set local-preference N|+N|-N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_preference: Option<SetMetric>,
    /// `set origin igp|egp|incomplete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// `set weight N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// `set aggregator as AS A.B.C.D`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregator: Option<Aggregator>,
    /// `set atomic-aggregate`.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub atomic_aggregate: bool,
    /// `set originator-id A.B.C.D`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub originator_id: Option<Ipv4Addr>,
}

impl Set {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Set::default()
    }
}

/// New communities. No community at all removes those of the route (`none`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CommunitySet<C> {
    /// These.
    pub set: Vec<C>,
    /// Beside those of the route, not in place of them.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub additive: bool,
}

/// New extended communities: route targets and sites of origin. They come beside those of the route, as in FRR; no
/// community at all removes those of the route (`none`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExtcommunitySet {
    /// These.
    pub set: Vec<ExtendedCommunity>,
}

/// What goes from an AS path. In text: `all`, or a list of ASes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exclude {
    /// Every AS.
    All,
    /// These, wherever they are; at least one.
    Asns(Vec<u32>),
}

/// Which ASes of a path are replaced, and by what.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Replace {
    /// This one; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asn: Option<u32>,
    /// By this one; absent: the local AS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<u32>,
}

/// A new next hop of an IPv4 route. In text: an address, `peer-address` or `unchanged`.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum NextHopSet {
    /// This.
    Address(Ipv4Addr),
    /// In: the neighbor; out: our own end of the session.
    PeerAddress,
    /// Out: as it came, where it would be replaced by our own.
    Unchanged,
}

/// A new next hop of an IPv6 route.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NextHop6Set {
    /// `set ipv6 next-hop global X:X::X:X`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global: Option<Ipv6Addr>,
    /// `set ipv6 next-hop local X:X::X:X`: the link-local address beside it (RFC 2545 3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<Ipv6Addr>,
    /// `set ipv6 next-hop peer-address`. Not with `global`.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub peer_address: bool,
    /// `set ipv6 next-hop prefer-global`: in: packets go to the global address, not to the link-local one.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub prefer_global: bool,
    /// `set ipv6 next-hop unchanged`: out: as it came.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub unchanged: bool,
}

impl NextHop6Set {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == NextHop6Set::default()
    }
}

impl fmt::Display for NextHopSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NextHopSet::Address(address) => address.fmt(f),
            NextHopSet::PeerAddress => f.pad("peer-address"),
            NextHopSet::Unchanged => f.pad("unchanged"),
        }
    }
}

impl FromStr for NextHopSet {
    type Err = String;
    fn from_str(s: &str) -> Result<NextHopSet, String> {
        match s {
            "peer-address" => Ok(NextHopSet::PeerAddress),
            "unchanged" => Ok(NextHopSet::Unchanged),
            _ => s
                .parse()
                .map(NextHopSet::Address)
                .map_err(|_| format!("`{s}` is not a next hop: expected A.B.C.D, peer-address or unchanged")),
        }
    }
}

crate::bgp::as_text!(PeerMatch, NextHopSet);

impl Serialize for Exclude {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Exclude::All => s.serialize_str("all"),
            Exclude::Asns(asns) => asns.serialize(s),
        }
    }
}

impl<'de> Deserialize<'de> for Exclude {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Exclude, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Asns(Vec<u32>),
            Text(String),
        }
        match Raw::deserialize(d) {
            Ok(Raw::Asns(asns)) => Ok(Exclude::Asns(asns)),
            Ok(Raw::Text(text)) if text == "all" => Ok(Exclude::All),
            _ => Err(serde::de::Error::custom("expected `all` or a list of AS numbers")),
        }
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

impl fmt::Display for SetMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetMetric::To(n) => write!(f, "{n}"),
            SetMetric::Add(n) => write!(f, "+{n}"),
            SetMetric::Subtract(n) => write!(f, "-{n}"),
        }
    }
}

impl FromStr for SetMetric {
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
