//! `show bmp`: monitoring stations (RFC 7854) and how far they are told.

use super::is_default;
use crate::Family;
use crate::process::Bgp;
use core::net::IpAddr;
use fib::Instant;
use serde::{Deserialize, Serialize};

/// `show bmp`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BmpView {
    /// By name.
    pub targets: Vec<BmpTargetView>,
}

/// `bmp targets NAME`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BmpTargetView {
    /// Its name.
    pub name: String,
    /// Families told as they were received.
    pub pre_policy: Vec<Family>,
    /// Families told as policy left them.
    pub post_policy: Vec<Family>,
    /// Milliseconds between statistics; `None`: there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats_interval_ms: Option<u32>,
    /// `None`: no `bmp connect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<BmpConnection>,
}

/// The connection to a station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BmpConnection {
    /// Where to.
    pub address: IpAddr,
    /// TCP port.
    pub port: u16,
    /// Whether there is one.
    pub state: BmpState,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Milliseconds: since it is up, or until it is tried again.
    pub timer_ms: u64,
    /// Route Monitoring messages made for it since it is up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub route_monitoring: u64,
    /// Bytes given to TCP since it is up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bytes: u64,
    /// Bytes made and not yet given to TCP.
    #[serde(default, skip_serializing_if = "is_default")]
    pub queued: u64,
}

/// Of a connection to a station.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BmpState {
    /// It is there.
    Up,
    /// TCP is at it.
    Connecting,
    /// It is tried again later.
    RetryWait,
}

impl BmpState {
    /// FRR's word.
    pub const fn name(self) -> &'static str {
        match self {
            BmpState::Up => "Up",
            BmpState::Connecting => "Connecting",
            BmpState::RetryWait => "RetryWait",
        }
    }
}

impl Bgp {
    /// `show bmp`
    pub fn show_bmp(&self, now: Instant) -> BmpView {
        self.bmp.view(now)
    }
}
