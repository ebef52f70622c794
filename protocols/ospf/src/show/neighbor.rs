//! `show ip ospf neighbor`.

use crate::AreaId;
use crate::config::AreaKind;
use crate::wire::RouterId;
use core::fmt;
use core::net::Ipv4Addr;
use serde::{Deserialize, Serialize};

/// Which neighbors, and how much of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NeighborQuery {
    /// Only those heard on this interface.
    pub interface: Option<String>,
    /// Only the one with this router ID, or else this address.
    pub neighbor: Option<Ipv4Addr>,
    /// All there is to say: for the renderer, the answer is the same.
    pub detail: bool,
    /// Also those in state Down.
    pub all: bool,
}

impl NeighborQuery {
    /// Whether a neighbor is asked for.
    pub fn matches(&self, neighbor: &Neighbor) -> bool {
        (self.all || neighbor.state != NeighborState::Down)
            && self.interface.as_ref().is_none_or(|name| *name == neighbor.interface)
            && self.neighbor.is_none_or(|id| id == neighbor.router_id || id == neighbor.address)
    }
}

/// `show ip ospf neighbor`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Neighbors {
    /// By interface, then router ID.
    pub neighbors: Vec<Neighbor>,
}

/// One neighbor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Neighbor {
    /// Its router ID; 0.0.0.0 while an NBMA neighbor has not been heard.
    pub router_id: RouterId,
    /// Its address.
    pub address: Ipv4Addr,
    /// Our interface.
    pub interface: String,
    /// Our address there.
    pub local: Ipv4Addr,
    /// The interface's area.
    pub area: AreaId,
    /// The area's kind.
    pub area_kind: AreaKind,
    /// Its priority.
    pub priority: u8,
    /// State (RFC 2328 10.1).
    pub state: NeighborState,
    /// What it is on the network.
    pub role: Role,
    /// Changes of state.
    pub state_changes: u64,
    /// Since the last step forward.
    pub progress_ms: Option<u64>,
    /// Since the last step back, and what caused it.
    pub regress_ms: Option<(u64, String)>,
    /// Until it is declared dead; `None`: the timer does not run.
    pub dead_ms: Option<u64>,
    /// Designated router as it says.
    pub dr: Ipv4Addr,
    /// Backup as it says.
    pub bdr: Ipv4Addr,
    /// Its options: [`crate::wire::options`].
    pub options: u8,
    /// We are the master of the database exchange.
    pub master: bool,
    /// LSAs still to describe.
    pub summaries: u32,
    /// LSAs still to ask for.
    pub requests: u32,
    /// LSAs it has not acknowledged.
    pub retransmits: u32,
    /// The inactivity timer runs.
    pub inactivity_timer: bool,
    /// Database descriptions are being repeated.
    pub description_timer: bool,
    /// Requests are being repeated.
    pub request_timer: bool,
    /// Updates are being repeated.
    pub update_timer: bool,
    /// Its restart is being helped with.
    pub helper: Option<Helper>,
    /// Why no adjacency comes about, in words (`its MTU 1400 is not ours`).
    pub trouble: Option<String>,
}

/// A restart in progress (RFC 3623).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Helper {
    /// As in [`crate::wire::grace::Grace::reason`].
    pub reason: u8,
    /// Until the grace period ends.
    pub left_ms: u64,
}

/// Neighbor states (RFC 2328 10.1).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NeighborState {
    /// Nothing heard of late.
    #[default]
    Down,
    /// An NBMA neighbor that is being called.
    Attempt,
    /// Heard; it does not hear us.
    Init,
    /// Both hear.
    TwoWay,
    /// Master and slave are being settled.
    ExStart,
    /// Databases are described.
    Exchange,
    /// LSAs are asked for.
    Loading,
    /// Fully adjacent.
    Full,
}

impl fmt::Display for NeighborState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            NeighborState::Down => "Down",
            NeighborState::Attempt => "Attempt",
            NeighborState::Init => "Init",
            NeighborState::TwoWay => "2-Way",
            NeighborState::ExStart => "ExStart",
            NeighborState::Exchange => "Exchange",
            NeighborState::Loading => "Loading",
            NeighborState::Full => "Full",
        })
    }
}

/// What a neighbor is on its network.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The network has no designated router.
    #[default]
    None,
    /// Designated router.
    Dr,
    /// Backup.
    Backup,
    /// Neither.
    DrOther,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Role::None => "-",
            Role::Dr => "DR",
            Role::Backup => "Backup",
            Role::DrOther => "DROther",
        })
    }
}
