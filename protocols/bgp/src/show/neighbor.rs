//! `show bgp neighbors`: all there is to say of them.

use super::{PeerState, is_default};
use crate::Family;
use crate::RouterId;
use crate::config::{GracefulRestartMode, Role};
use crate::settings::{FamilySettings, PeerKind};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use serde::{Deserialize, Serialize};

/// Neighbors in the order of the configuration, dynamic ones behind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Neighbors {
    /// They.
    pub neighbors: Vec<Neighbor>,
}

/// A neighbor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Neighbor {
    /// Its name in the configuration.
    pub name: String,
    /// Where it is; `None`: an interface neighbor that has not been heard.
    pub address: Option<IpAddr>,
    /// Its AS; 0: not known yet.
    pub remote_as: u32,
    /// What it sees of us.
    pub local_as: u32,
    /// What it is to us.
    pub kind: PeerKind,
    /// Our role and its role (RFC 9234).
    pub roles: (Option<Role>, Option<Role>),
    /// `description`
    pub description: Option<String>,
    /// Its peer group.
    pub group: Option<String>,
    /// It came by `bgp listen range`.
    pub dynamic: bool,
    /// Shut down by the operator.
    pub shutdown: bool,
    /// Kept down because it sent too many prefixes; until then, if it is to be let up again.
    pub overflow: Option<Option<u64>>,
    /// Its router id; unspecified before its first OPEN.
    pub router_id: RouterId,
    /// Ours.
    pub local_router_id: RouterId,
    /// Of the session.
    pub state: PeerState,
    /// Since it came up.
    pub up_ms: Option<u64>,
    /// Since its last message.
    pub read_ms: Option<u64>,
    /// Since our last message.
    pub write_ms: Option<u64>,
    /// Since its last UPDATE.
    pub update_ms: Option<u64>,
    /// Seconds: hold time and keepalive interval in force; configured ones without a session.
    pub timers: (u16, u16),
    /// Seconds: as configured.
    pub configured_timers: (u16, u16),
    /// `None` before an OPEN was received.
    pub capabilities: Option<Capabilities>,
    /// RFC 4724.
    pub restart: NeighborRestart,
    /// Over all its sessions.
    pub messages: MessageCounts,
    /// Bytes read and not yet processed.
    pub in_queue: u64,
    /// Destinations it has not been told of yet.
    pub out_queue: u64,
    /// MRAI, seconds.
    pub advertisement_interval: u16,
    /// The families that are active.
    pub families: Vec<NeighborFamily>,
    /// Sessions that came up.
    pub established: u64,
    /// Sessions that went down.
    pub dropped: u64,
    /// The last failure; `None`: none yet.
    pub reset: Option<Reset>,
    /// Hops it may be away; with GTSM exactly so many at most, checked by TTL.
    pub hops: u8,
    /// GTSM is on.
    pub gtsm: bool,
    /// TCP-MD5 is on.
    pub md5: bool,
    /// Never connects.
    pub passive: bool,
    /// Our end of the connection.
    pub local: Option<SocketAddr>,
    /// Its end.
    pub remote: Option<SocketAddr>,
    /// What we put as next hop: IPv4, global IPv6, link-local.
    pub next_hops: (Option<Ipv4Addr>, Option<IpAddr>, Option<IpAddr>),
    /// It is on a connected network.
    pub shared_network: bool,
    /// Seconds between attempts.
    pub connect_retry: u16,
    /// Until the next attempt.
    pub next_attempt_ms: Option<u64>,
    /// Until the hold timer ends the session.
    pub hold_left_ms: Option<u64>,
    /// Until the next KEEPALIVE.
    pub keepalive_left_ms: Option<u64>,
    /// Errors in UPDATEs that did not end the session (RFC 7606): what, and how many.
    pub faults: Vec<(String, u64)>,
}

/// Of a capability: whether each side has it.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Both {
    /// We said so.
    #[serde(skip_serializing_if = "is_default")]
    pub advertised: bool,
    /// It said so.
    #[serde(skip_serializing_if = "is_default")]
    pub received: bool,
}

/// What the OPENs said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// RFC 6793.
    pub as4: Both,
    /// RFC 8654.
    pub extended_message: Both,
    /// RFC 7911, by family: to receive, and to send.
    pub add_path: Vec<(Family, Both, Both)>,
    /// RFC 8950.
    pub extended_next_hop: Both,
    /// RFC 2918.
    pub route_refresh: Both,
    /// RFC 7313.
    pub enhanced_refresh: Both,
    /// RFC 4760.
    pub families: Vec<(Family, Both)>,
    /// RFC 4724.
    pub graceful_restart: Both,
    /// RFC 9494.
    pub long_lived: Both,
    /// RFC 9234.
    pub role: Both,
    /// Codes it has that we do not know.
    pub unknown: Vec<u8>,
}

/// Graceful restart of a neighbor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NeighborRestart {
    /// Ours.
    pub local: GracefulRestartMode,
    /// That of the process, which a neighbor may have its own of.
    pub global: GracefulRestartMode,
    /// The neighbor has none of its own.
    pub inherited: bool,
    /// Its own; `None`: it has said nothing.
    pub remote: Option<GracefulRestartMode>,
    /// The R bit of its OPEN: it has restarted.
    pub restarting: bool,
    /// The N bit (RFC 8538).
    pub notification: bool,
    /// Seconds: what we ask for, what it asks for.
    pub times: (u16, u16),
    /// Seconds its stale routes live.
    pub stalepath_time: u16,
    /// Seconds its End-of-RIB is waited for after our own restart.
    pub select_defer_time: u16,
    /// It is being waited for: until its routes are forgotten.
    pub waiting_ms: Option<u64>,
    /// By family.
    pub families: Vec<(Family, EndOfRib)>,
}

/// End-of-RIB of a family.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndOfRib {
    /// The F bit of its OPEN: it kept forwarding.
    pub forwarding: bool,
    /// Of its OPEN's capability at all.
    pub announced: bool,
    /// Sent.
    pub sent: bool,
    /// Received.
    pub received: bool,
}

/// Messages sent and received.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MessageCounts {
    /// OPEN.
    pub opens: (u64, u64),
    /// NOTIFICATION.
    pub notifications: (u64, u64),
    /// UPDATE.
    pub updates: (u64, u64),
    /// KEEPALIVE.
    pub keepalives: (u64, u64),
    /// ROUTE-REFRESH.
    pub refreshes: (u64, u64),
}

impl MessageCounts {
    /// All of them.
    pub fn total(&self) -> (u64, u64) {
        [self.opens, self.notifications, self.updates, self.keepalives, self.refreshes]
            .into_iter()
            .fold((0, 0), |(s, r), (sent, received)| (s.saturating_add(sent), r.saturating_add(received)))
    }
}

/// A neighbor in a family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NeighborFamily {
    /// Which.
    pub family: Family,
    /// Both have it, and the session is up.
    pub negotiated: bool,
    /// Its update group.
    pub update_group: Option<u32>,
    /// It inherits from its peer group.
    pub group_member: bool,
    /// What is configured.
    pub settings: FamilySettings,
    /// The default route has been sent.
    pub default_sent: bool,
    /// RFC 8212 applies: no policy towards us, none towards it.
    pub no_policy: (bool, bool),
    /// Prefixes received.
    pub received: u64,
    /// Those that policy let in.
    pub accepted: u64,
    /// Some of them are stale: it is away, or has not sent them again since (RFC 4724).
    pub stale: bool,
    /// Prefixes sent.
    pub sent: u64,
}

/// Why a session ended, or does not begin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reset {
    /// How long ago.
    pub ago_ms: u64,
    /// In FRR's words: `Peer closed the session`, `Notification received (Cease/Administrative Reset)`.
    pub reason: String,
    /// Code and subcode of a NOTIFICATION.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<(u8, u8)>,
    /// The same in words: `Cease/Administrative Reset`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification_reason: Option<String>,
    /// It came as a Hard Reset (RFC 8538).
    #[serde(skip_serializing_if = "is_default")]
    pub hard_reset: bool,
    /// It was the neighbor's.
    #[serde(skip_serializing_if = "is_default")]
    pub received: bool,
    /// What it said beside (RFC 9003).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
