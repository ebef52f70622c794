//! `dump bgp ...`

use super::is_default;
use serde::{Deserialize, Serialize};

/// What is written.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DumpKind {
    /// Every message that comes, and every change of a session's state.
    All,
    /// UPDATEs that come.
    Updates,
    /// The whole table, again and again.
    RoutesMrt,
}

impl DumpKind {
    /// In order.
    pub const ALL: [DumpKind; 3] = [DumpKind::All, DumpKind::Updates, DumpKind::RoutesMrt];

    /// FRR's word.
    pub const fn name(self) -> &'static str {
        match self {
            DumpKind::All => "all",
            DumpKind::Updates => "updates",
            DumpKind::RoutesMrt => "routes-mrt",
        }
    }
}

/// A file, or one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dump {
    /// Its name, with the conversions of strftime(3); the time is UTC.
    pub path: String,
    /// Seconds, 1..=86400: a new file is begun, or the table written, that often; absent: one file, one table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<u32>,
    /// Times have microseconds (BGP4MP_ET): `all-et`, `updates-et`. Not of a table.
    #[serde(default, skip_serializing_if = "is_default")]
    pub microseconds: bool,
}
