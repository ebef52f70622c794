//! `show bgp dump`: MRT files that are written (RFC 6396). Filled in by whoever keeps the files.

use super::is_default;
use crate::config::DumpKind;
use serde::{Deserialize, Serialize};

/// `dump bgp ...`, and how it is going.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DumpView {
    /// What is written.
    pub kind: DumpKind,
    /// The name as it is configured.
    pub path: String,
    /// The file that is written now, or the table written last.
    pub file: String,
    /// Seconds between files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<u32>,
    /// Records taken.
    pub records: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Bytes that wait.
    #[serde(default, skip_serializing_if = "is_default")]
    pub waiting: u64,
    /// Records that found no room to wait.
    pub lost: u64,
    /// Attempts to write that failed.
    pub errors: u64,
    /// Why the last one did, until one succeeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}
