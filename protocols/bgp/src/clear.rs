//! What `clear bgp ...` asks for.

use crate::Family;
use crate::config::PeerKey;
use serde::{Deserialize, Serialize};

/// `clear [ip] bgp [ipv4|ipv6] [unicast] WHOM [soft [in|out]|in|out]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Clear {
    /// Neighbors that are active in it, and of soft ones only its routes; `None`: every family.
    pub family: Option<Family>,
    /// Which neighbors.
    pub whom: Whom,
    /// What is done.
    pub how: How,
}

/// Which neighbors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whom {
    /// `*`
    All,
    /// One.
    Peer(PeerKey),
    /// All of an AS.
    As(u32),
    /// All of other ASes.
    External,
    /// All of a peer group.
    Group(String),
}

/// What is done.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// The session ends (Cease, Administrative Reset) and begins anew.
    Hard,
    /// Policy is applied anew to what was received, or the neighbor is asked for it again.
    In,
    /// Everything is sent again.
    Out,
    /// Both.
    InOut,
}
