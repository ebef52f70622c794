//! The BGP Monitoring Protocol (RFC 7854): what peers tell, told on to monitoring stations.
//!
//! `wire` writes the messages, `station` is one connection to one station, and `client` keeps those that are configured.
//! What a station is told is made when there is room for it: a walk over the table when a peer comes up, and then the
//! paths that moved since, each as it is by then. A station that does not read costs a set of prefixes; when that grows too
//! large, its connection ends and everything begins anew. Route Mirroring is not spoken, and nothing a station says is
//! read.

mod client;
mod station;
pub mod wire;

pub use client::{Client, Output};
pub use wire::PeerHeader;

use crate::Family;
use crate::table::Table;
use bytes::Bytes;
use fib::Instant;

/// A peer whose session is established.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitored {
    /// Who it is.
    pub header: PeerHeader,
    /// Path identifiers come with its prefixes (RFC 7911), by `family as usize`.
    pub path_ids: [bool; 2],
    /// The families of the session, by `family as usize`.
    pub families: [bool; 2],
    /// The Peer Up message, whole.
    pub up: Bytes,
}

/// What messages are made of.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Now.
    pub now: Instant,
    /// Unix seconds at [`Instant::ZERO`], where known: without it, timestamps are zero.
    pub wall_clock: Option<u64>,
    /// The routes.
    pub table: &'a Table,
}

impl View<'_> {
    /// Unix seconds and microseconds now.
    pub fn stamp(&self) -> (u32, u32) {
        stamp(self.wall_clock, self.now)
    }
}

/// Unix seconds and microseconds of an instant; zero where the wall clock is not known.
pub fn stamp(wall_clock: Option<u64>, at: Instant) -> (u32, u32) {
    let Some(offset) = wall_clock else { return (0, 0) };
    let seconds = u32::try_from(offset.saturating_add(at.as_secs())).unwrap_or(u32::MAX);
    (seconds, u32::try_from(at.as_micros().checked_rem(1_000_000).unwrap_or(0)).unwrap_or(0))
}

/// The policies a route is told at: before import policy and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// As it came.
    Pre,
    /// As it is used: the L flag.
    Post,
}

/// Whether a target is told of a family at this side.
fn tells(target: &crate::config::BmpTarget, side: Side, family: Family) -> bool {
    match side {
        Side::Pre => target.pre_policy.contains(&family),
        Side::Post => target.post_policy.contains(&family),
    }
}
