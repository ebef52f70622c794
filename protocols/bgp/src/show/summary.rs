//! `show bgp summary`: a line for every neighbor.

use super::{Reset, is_default};
use crate::{Family, RouterId};
use core::fmt;
use serde::{Deserialize, Serialize};

/// `show bgp [ipv4|ipv6] summary [established|failed]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SummaryQuery {
    /// `None`: every family that has neighbors.
    pub family: Option<Family>,
    /// Which neighbors.
    pub state: SummaryState,
}

/// Which neighbors.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SummaryState {
    /// All.
    #[default]
    Any,
    /// `established`
    Established,
    /// `failed`: with their last reset.
    Failed,
}

/// One for every family.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summaries {
    /// What was asked.
    pub state: SummaryState,
    /// In order of the families.
    pub families: Vec<Summary>,
}

/// The neighbors of a family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Which.
    pub family: Family,
    /// Ours.
    pub router_id: RouterId,
    /// Ours: in a confederation, the member AS.
    pub local_as: u32,
    /// What the world outside of the confederation sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confederation: Option<u32>,
    /// Counts changes of best paths.
    pub version: u64,
    /// Destinations.
    pub entries: u64,
    /// Bytes of the table.
    pub entry_bytes: u64,
    /// Neighbors of the family, shown or not.
    pub peers: u32,
    /// Bytes of sessions.
    pub peer_bytes: u64,
    /// Peer groups.
    pub groups: u32,
    /// Bytes of update groups.
    pub group_bytes: u64,
    /// Dynamic neighbors, and how many there may be.
    pub dynamic: (u32, u32),
    /// `bgp listen range` is in use.
    #[serde(default, skip_serializing_if = "is_default")]
    pub listens: bool,
    /// `bgp bestpath as-path multipath-relax`
    #[serde(default, skip_serializing_if = "is_default")]
    pub multipath_relax: bool,
    /// The neighbors that were asked for, in order.
    pub rows: Vec<SummaryPeer>,
}

/// States of a session (RFC 4271 8.2.2).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PeerState {
    /// Refuses everything, waits to start.
    #[default]
    Idle,
    /// A TCP connection is being opened.
    Connect,
    /// Waits for the neighbor to connect, or to try again.
    Active,
    /// OPEN is sent.
    OpenSent,
    /// OPENs are exchanged.
    OpenConfirm,
    /// UPDATEs flow.
    Established,
}

impl fmt::Display for PeerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            PeerState::Idle => "Idle",
            PeerState::Connect => "Connect",
            PeerState::Active => "Active",
            PeerState::OpenSent => "OpenSent",
            PeerState::OpenConfirm => "OpenConfirm",
            PeerState::Established => "Established",
        })
    }
}

/// A neighbor on a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SummaryPeer {
    /// Its name in the configuration.
    pub name: String,
    /// It came by `bgp listen range`.
    #[serde(skip_serializing_if = "is_default")]
    pub dynamic: bool,
    /// Its AS; 0: not known yet.
    pub remote_as: u32,
    /// What it sees of us.
    pub local_as: u32,
    /// Of its session.
    pub state: PeerState,
    /// Shut down by the operator.
    #[serde(skip_serializing_if = "is_default")]
    pub shutdown: bool,
    /// Kept down because it sent too many prefixes.
    #[serde(skip_serializing_if = "is_default")]
    pub overflow: bool,
    /// Messages received, over all its sessions.
    pub received: u64,
    /// Messages sent.
    pub sent: u64,
    /// The table version it has been told of.
    pub version: u64,
    /// Bytes read and not yet processed.
    pub in_queue: u64,
    /// Destinations it has not been told of yet.
    pub out_queue: u64,
    /// Since it came up or went down; `None`: never up.
    pub since_ms: Option<u64>,
    /// Prefixes it sent that policy let in.
    pub accepted: u64,
    /// Prefixes it was told.
    pub advertised: u64,
    /// RFC 8212: nothing is let in, for want of a policy.
    #[serde(skip_serializing_if = "is_default")]
    pub no_import_policy: bool,
    /// RFC 8212: nothing is told.
    #[serde(skip_serializing_if = "is_default")]
    pub no_export_policy: bool,
    /// `description`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Sessions that came up.
    pub established: u64,
    /// Sessions that went down.
    pub dropped: u64,
    /// Why it is down, or was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<Reset>,
}

/// BGP's part of `show ip protocols`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// Ours: in a confederation, the member AS.
    pub local_as: u32,
    /// Ours; unspecified while none is known.
    pub router_id: RouterId,
    /// What is redistributed, by family.
    pub redistribute: Vec<(Family, Vec<fib::Protocol>)>,
    /// `maximum-paths`, of eBGP and of iBGP, by family.
    pub maximum_paths: Vec<(Family, u8, u8)>,
    /// Names of neighbors with their ASes (0: not known yet) and states.
    pub neighbors: Vec<(String, u32, PeerState)>,
    /// Of eBGP, iBGP and local routes, of IPv4.
    pub distance: crate::config::Distance,
}
