//! An interface and its states (RFC 2328 section 9). What is sent and received is in `hello`, `exchange` and `flood`.

pub(crate) use crate::show::InterfaceState as State;

use crate::counters::Refusal;
use crate::lsdb::Scope;
use crate::measure::Measure;
use crate::neighbor::{Neighbor, NeighborId};
use crate::settings::{LinkType, Settings};
use crate::wire::{LsaHeader, LsaKey};
use crate::{AreaId, IfId};
use core::net::Ipv4Addr;
use fib::{Instant, PortId};
use std::collections::BTreeMap;

/// An interface OSPF runs on.
#[derive(Clone, Debug)]
pub(crate) struct Interface {
    pub id: IfId,
    /// Its port; of a virtual link, the one packets leave by.
    pub port: PortId,
    pub name: String,
    pub settings: Settings,
    pub state: State,
    /// Addresses; unspecified is none.
    pub dr: Ipv4Addr,
    pub bdr: Ipv4Addr,
    pub neighbors: BTreeMap<NeighborId, Neighbor>,
    /// Of a virtual link: the other end's address.
    pub peer: Ipv4Addr,
    /// LSAs to be flooded with the next update, in order.
    pub queue: BTreeMap<(Scope, LsaKey), ()>,
    /// Acknowledgements to be sent together, a little later.
    pub acks: Vec<LsaHeader>,
    /// When the last update left, for pacing.
    pub flooded: Option<Instant>,
    pub state_changes: u32,
    /// When it last came up.
    pub up_since: Instant,
    /// Why packets of a source are refused, told once each.
    pub complaints: BTreeMap<Ipv4Addr, Refusal>,
    pub measure: Measure,
}

impl Interface {
    pub fn new(id: IfId, port: PortId, name: String, settings: Settings) -> Interface {
        Interface {
            id,
            port,
            name,
            settings,
            state: State::Down,
            dr: Ipv4Addr::UNSPECIFIED,
            bdr: Ipv4Addr::UNSPECIFIED,
            neighbors: BTreeMap::new(),
            peer: Ipv4Addr::UNSPECIFIED,
            queue: BTreeMap::new(),
            acks: Vec::new(),
            flooded: None,
            state_changes: 0,
            up_since: Instant::ZERO,
            complaints: BTreeMap::new(),
            measure: Measure::default(),
        }
    }

    pub fn area(&self) -> AreaId {
        self.settings.area
    }

    /// What a link over this interface costs now.
    pub fn cost(&self) -> u16 {
        self.measure.cost.filter(|_| self.settings.measured.is_some()).unwrap_or(self.settings.cost)
    }

    /// Whether it takes part at all.
    pub fn is_up(&self) -> bool {
        self.state != State::Down
    }

    /// Whether hellos are sent and taken.
    pub fn speaks(&self) -> bool {
        self.is_up() && !self.settings.passive && self.settings.kind != LinkType::Loopback
    }

    /// Whether the DR's duties are this router's.
    pub fn is_dr(&self) -> bool {
        self.state == State::Dr
    }

    pub fn is_dr_or_backup(&self) -> bool {
        matches!(self.state, State::Dr | State::Backup)
    }

    /// The neighbors with which this router is fully adjacent, or which it helps to restart.
    pub fn full(&self) -> impl Iterator<Item = &Neighbor> {
        self.neighbors.values().filter(|n| n.is_full())
    }

    /// Whether this router is, or will be, adjacent to the neighbor (RFC 2328 10.4).
    pub fn wants_adjacency(&self, neighbor: &Neighbor) -> bool {
        !self.settings.kind.has_dr()
            || self.is_dr_or_backup()
            || neighbor.address == self.dr
            || neighbor.address == self.bdr
    }
}
