//! `show rpki ...`: validating caches and what they say (RFC 6811, RFC 8210).

use core::net::IpAddr;
use fib::Prefix;
use serde::{Deserialize, Serialize};

/// `show rpki cache-connection`, `show rpki cache-server`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RpkiView {
    /// Configured caches, by preference.
    pub caches: Vec<CacheView>,
    /// Prefixes known: IPv4, IPv6.
    pub prefixes: (u64, u64),
    /// Seconds: refresh, retry, expire.
    pub timers: (u32, u32, u32),
}

/// A cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheView {
    /// Lower first.
    pub preference: u8,
    /// Where.
    pub address: IpAddr,
    /// TCP port.
    pub port: u16,
    /// It is the one in use.
    pub connected: bool,
    /// In words: `idle`, `connecting`, `synchronizing`, `synchronized`.
    pub state: String,
}

/// `show rpki prefix-table`; a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrefixTable {
    /// In order.
    pub roas: Vec<RoaView>,
    /// Prefixes known: IPv4, IPv6.
    pub totals: (u64, u64),
    /// Ask again after this one; `None`: that was all.
    pub more: Option<(Prefix, u8, u32)>,
}

impl PrefixTable {
    /// Entries of one page at most.
    pub const PAGE: usize = 2_000;
}

/// A validated ROA payload.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoaView {
    /// The network.
    pub prefix: Prefix,
    /// The longest prefix that may be announced.
    pub max_len: u8,
    /// Who may.
    pub asn: u32,
}
