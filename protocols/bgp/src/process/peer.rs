//! A peer as the process keeps it: its settings, its session, and what is remembered of it while the session is down.

use crate::Family;
use crate::config::Role;
use crate::session::{Negotiated, Session};
use crate::settings::{PeerKind, Settings};
use crate::wire;
use core::net::IpAddr;
use fib::Instant;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a session is not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Idle {
    /// No router id is known.
    NoRouterId,
    /// `shutdown`.
    Shutdown,
    /// No family is active.
    NoFamily,
    /// The peer is not on a connected network (and its TTL is 1).
    NotConnected,
    /// No route leads to it.
    NoRoute,
    /// An interface neighbor whose address is not known, or whose port is down.
    NoAddress,
    /// It sent more prefixes than it may; tried again then, or never.
    TooManyPrefixes(Option<Instant>),
}

impl Idle {
    /// The sentence.
    pub fn text(&self) -> &'static str {
        match self {
            Idle::NoRouterId => "no router id is known",
            Idle::Shutdown => "administratively shut down",
            Idle::NoFamily => "no address family is active",
            Idle::NotConnected => "the peer is not on a connected network",
            Idle::NoRoute => "no route leads to the peer",
            Idle::NoAddress => "the peer's address is not known",
            Idle::TooManyPrefixes(_) => "the peer sent more prefixes than it may",
        }
    }
}

/// One neighbor.
#[derive(Debug)]
pub(crate) struct Peer {
    pub settings: Arc<Settings>,
    pub session: Session,
    /// `None`: the session is let run.
    pub idle: Option<Idle>,
    /// Where it is now.
    pub address: Option<IpAddr>,
    /// The table has been told who it is.
    pub families: BTreeMap<Family, PeerFamily>,
    /// It is to be forgotten once its routes are gone.
    pub leaving: bool,
    /// Its address is watched in the RIB.
    pub watching: Option<IpAddr>,
}

/// What is remembered of a peer in one family.
#[derive(Clone, Debug, Default)]
pub(crate) struct PeerFamily {
    /// End-of-RIB came in this session.
    pub end_of_rib: bool,
    /// Routes of an earlier session are still used (RFC 4724).
    pub stale: bool,
    /// The warning of `maximum-prefix` was given.
    pub warned: bool,
    /// UPDATEs by what became of their routes.
    pub counters: FamilyCounters,
}

/// Counted by prefix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FamilyCounters {
    pub announced: u64,
    pub withdrawn: u64,
    pub treated_as_withdrawn: u64,
}

impl Peer {
    /// What was agreed, while the session is established.
    pub fn negotiated(&self) -> Option<&Negotiated> {
        self.session.negotiated().map(|n| &**n)
    }

    /// How its UPDATEs are to be read.
    pub fn context(&self) -> Option<wire::Context> {
        let negotiated = self.negotiated()?;
        // A route server is not in the paths it tells.
        let transparent = self.settings.role.is_some_and(|r| r.role == Role::RsClient);
        let enforced =
            self.settings.enforce_first_as && negotiated.kind == PeerKind::External && !transparent;
        Some(wire::Context {
            codec: negotiated.codec,
            kind: negotiated.kind,
            families: Family::ALL.map(|f| negotiated.families.contains(&f)),
            first_as: enforced.then_some(negotiated.peer_as),
        })
    }

    /// We are a route server to it.
    pub fn is_server_client(&self) -> bool {
        self.settings.families.values().any(|f| f.server_client)
    }
}
