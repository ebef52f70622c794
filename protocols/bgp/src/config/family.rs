//! `address-family ipv4|ipv6 unicast`.

use super::{MAX_PATHS, is_default};
use fib::{Prefix, Protocol};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `address-family ipv4|ipv6 unicast`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct FamilyConfig {
    /// `network PREFIX [route-map NAME]`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub networks: BTreeMap<Prefix, NetworkConfig>,
    /// `redistribute PROTOCOL [metric N] [route-map NAME]`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub redistribute: BTreeMap<Protocol, Redistribute>,
    /// `aggregate-address PREFIX ...`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub aggregates: BTreeMap<Prefix, Aggregate>,
    /// `maximum-paths N`, 1..=64: equally good eBGP paths a route may use; absent: 64 (FRR).
    #[serde(skip_serializing_if = "is_max_paths")]
    pub maximum_paths: u8,
    /// `maximum-paths ibgp N`, 1..=64.
    #[serde(skip_serializing_if = "is_max_paths")]
    pub maximum_paths_ibgp: u8,
    /// `distance bgp EXTERNAL INTERNAL LOCAL`, 1..=255 each.
    #[serde(skip_serializing_if = "is_default")]
    pub distance: Distance,
    /// `table-map NAME`: what may enter the RIB, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_map: Option<String>,
}

impl Default for FamilyConfig {
    fn default() -> FamilyConfig {
        FamilyConfig {
            networks: BTreeMap::new(),
            redistribute: BTreeMap::new(),
            aggregates: BTreeMap::new(),
            maximum_paths: MAX_PATHS,
            maximum_paths_ibgp: MAX_PATHS,
            distance: Distance::default(),
            table_map: None,
        }
    }
}

/// `network`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NetworkConfig {
    /// Changes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map: Option<String>,
}

/// How another protocol's routes enter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Redistribute {
    /// Their MED; absent: the route's own metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<u32>,
    /// Filter and change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map: Option<String>,
}

/// `aggregate-address PREFIX [as-set] [summary-only] [route-map NAME] [origin O] [matching-MED-only] [suppress-map NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Aggregate {
    /// The ASes of what it covers form an AS_SET. Deprecated by RFC 9774.
    #[serde(skip_serializing_if = "is_default")]
    pub as_set: bool,
    /// What it covers is not sent.
    #[serde(skip_serializing_if = "is_default")]
    pub summary_only: bool,
    /// Which of what it covers is not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppress_map: Option<String>,
    /// Changes the aggregate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_map: Option<String>,
    /// Of the aggregate; absent: the worst of what it covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<policy::bgp::Origin>,
    /// Only while all have one MED.
    #[serde(skip_serializing_if = "is_default")]
    pub matching_med_only: bool,
}

/// Administrative distances, 1..=255.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Distance {
    /// Of eBGP routes.
    pub external: u8,
    /// Of iBGP routes.
    pub internal: u8,
    /// Of aggregates and the like.
    pub local: u8,
}

impl Default for Distance {
    fn default() -> Distance {
        Distance { external: 20, internal: 200, local: 200 }
    }
}

fn is_max_paths(n: &u8) -> bool {
    *n == MAX_PATHS
}
