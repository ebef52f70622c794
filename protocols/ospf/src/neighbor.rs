//! A neighbor and its states (RFC 2328 section 10). What the states do is in `interface`, `exchange` and `flood`.

pub(crate) use crate::show::NeighborState as State;

use crate::RouterId;
use crate::lsdb::Scope;
use crate::wire::{LsaHeader, LsaKey};
use bytes::Bytes;
use core::net::Ipv4Addr;
use fib::Instant;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a neighbor is known by on its interface: its address, on point-to-point and virtual links its router ID.
pub(crate) type NeighborId = Ipv4Addr;

/// What is waited for an acknowledgement of.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unacked {
    pub scope: Scope,
    pub sequence: i32,
    pub checksum: u16,
    pub max_age: bool,
    /// When it was sent last.
    pub sent: Instant,
}

/// Flags, options and number of the last description received, to know it again.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct LastDescription {
    pub init: bool,
    pub more: bool,
    pub master: bool,
    pub options: u8,
    pub sequence: u32,
}

/// Database exchange with one neighbor.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    /// This router is master.
    pub master: bool,
    pub sequence: u32,
    /// LSAs still to be described.
    pub summary: VecDeque<(Scope, LsaKey)>,
    /// More of ours follow what was sent last.
    pub more: bool,
    /// The last description sent, sealed anew when repeated.
    pub sent: Option<Bytes>,
    pub received: Option<LastDescription>,
    /// LSAs to be asked for, with the instance the neighbor has.
    pub requests: BTreeMap<LsaKey, LsaHeader>,
    /// Those asked for by the last request and not come yet.
    pub asked: BTreeSet<LsaKey>,
}

/// A neighbor on an interface.
#[derive(Clone, Debug)]
pub(crate) struct Neighbor {
    pub state: State,
    pub router: RouterId,
    pub address: Ipv4Addr,
    pub priority: u8,
    pub dr: Ipv4Addr,
    pub bdr: Ipv4Addr,
    /// Options of its hellos, and of its descriptions once it sent any.
    pub options: u8,
    /// It is described in the configuration (NBMA): it is never forgotten.
    pub configured: bool,
    pub exchange: Exchange,
    pub unacked: BTreeMap<LsaKey, Unacked>,
    /// When it was last given a newer LSA than the one it sent, within MinLSArrival.
    pub answered: BTreeMap<LsaKey, Instant>,
    /// The last cryptographic sequence number.
    pub crypto_sequence: u32,
    /// When the state last became what it is.
    pub since: Instant,
    pub changes: u32,
    /// When the last hello came.
    pub heard: Instant,
    /// It restarts, and is helped until then (RFC 3623).
    pub grace: Option<Grace>,
    /// Why it does not get further, in words, told once.
    pub complaint: Option<String>,
}

/// A neighbor that restarts.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grace {
    pub until: Instant,
    pub reason: u8,
}

impl Neighbor {
    pub fn new(now: Instant, router: RouterId, address: Ipv4Addr) -> Neighbor {
        Neighbor {
            state: State::Down,
            router,
            address,
            priority: 0,
            dr: Ipv4Addr::UNSPECIFIED,
            bdr: Ipv4Addr::UNSPECIFIED,
            options: 0,
            configured: false,
            exchange: Exchange::default(),
            unacked: BTreeMap::new(),
            answered: BTreeMap::new(),
            crypto_sequence: 0,
            since: now,
            changes: 0,
            heard: now,
            grace: None,
            complaint: None,
        }
    }

    /// Full, or held so while it restarts: it counts in LSAs and calculations.
    pub fn is_full(&self) -> bool {
        self.state == State::Full || self.grace.is_some()
    }

    /// Whether databases are being compared.
    pub fn is_exchanging(&self) -> bool {
        matches!(self.state, State::Exchange | State::Loading)
    }
}
