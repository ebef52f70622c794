//! Validating caches, and monitoring stations.

use crate::Family;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// `rpki`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Rpki {
    /// `rpki cache ADDRESS PORT preference N`, by preference: the first that answers is used.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub caches: BTreeMap<u8, RpkiCache>,
    /// `rpki polling_period N`, seconds, 1..=86400; absent: 3600 until the cache says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<u32>,
    /// `rpki retry_interval N`, seconds, 1..=7200; absent: 600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<u32>,
    /// `rpki expire_interval N`, seconds, 600..=172800; absent: 7200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire: Option<u32>,
}

/// A validating cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RpkiCache {
    /// Where.
    pub address: IpAddr,
    /// TCP port.
    pub port: u16,
}

/// `bmp targets NAME`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct BmpTarget {
    /// `bmp connect ADDRESS port N`: the station; without it nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect: Option<BmpStation>,
    /// `bmp monitor ipv4|ipv6 unicast pre-policy`: routes as they were received.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub pre_policy: BTreeSet<Family>,
    /// `bmp monitor ipv4|ipv6 unicast post-policy`: routes as policy left them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub post_policy: BTreeSet<Family>,
    /// `bmp stats interval N`, milliseconds, 100..=86400000; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats_interval: Option<u32>,
}

/// Where monitoring messages go.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BmpStation {
    /// The address.
    pub address: IpAddr,
    /// TCP port, 1..=65535.
    pub port: u16,
}
