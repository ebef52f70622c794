//! `neighbor X ...` outside of address families.

use super::{GracefulRestartMode, NeighborFamily, Shutdown, Timers, is_default};
use crate::Family;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `neighbor X remote-as ...`.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum RemoteAs {
    /// `internal`: our own.
    Internal,
    /// `external`: any but our own.
    External,
    /// This very AS.
    Number(u32),
}

/// `neighbor X ...` outside an address family; of a neighbor or of a peer group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NeighborConfig {
    /// `peer-group NAME`: whose settings it inherits. Not of a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_group: Option<String>,
    /// `remote-as`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_as: Option<RemoteAs>,
    /// `description TEXT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `shutdown [message TEXT]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown: Option<Shutdown>,
    /// `password KEY`: TCP-MD5 (RFC 2385), 1 to 80 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// `port N`: the TCP port to connect to; absent: 179.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `interface IFNAME`: the link of a link-local address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// `update-source ADDRESS|IFNAME`: our end of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_source: Option<UpdateSource>,
    /// `ebgp-multihop [N]`, 1..=255: TTL of an eBGP session; absent: 1. Not with `ttl_security_hops`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ebgp_multihop: Option<u8>,
    /// `ttl-security hops N`, 1..=254: GTSM (RFC 5082): TTL 255 is sent, at least 256-N is demanded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_security_hops: Option<u8>,
    /// `disable-connected-check`: an eBGP peer with TTL 1 need not be on a connected network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_connected_check: Option<bool>,
    /// `passive`: never connects, only accepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passive: Option<bool>,
    /// `timers KEEPALIVE HOLD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timers: Option<Timers>,
    /// `timers connect N`, seconds, 1..=65535; absent: 120 (FRR); the first attempt is made at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_retry: Option<u16>,
    /// `timers delayopen N`, seconds, 1..=240.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_open: Option<u16>,
    /// `advertisement-interval N`, seconds, 0..=600: MRAI (RFC 4271 9.2.1.1); absent: 0 (FRR).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advertisement_interval: Option<u16>,
    /// `local-as AS [no-prepend [replace-as]]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_as: Option<LocalAs>,
    /// `enforce-first-as`: an eBGP peer's AS must be first in its paths (RFC 4271 6.3); absent: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforce_first_as: Option<bool>,
    /// `capability extended-nexthop` (RFC 8950); absent: only over interface neighbors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_nexthop: Option<bool>,
    /// `dont-capability-negotiate`: OPEN without optional parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dont_capability_negotiate: Option<bool>,
    /// `override-capability`: takes the families configured, whatever the peer says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_capability: Option<bool>,
    /// `strict-capability-match`: no session unless the peer has all we offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict_capability_match: Option<bool>,
    /// `local-role ROLE [strict-mode]` (RFC 9234).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<LocalRole>,
    /// `graceful-restart`, `graceful-restart-helper`, `graceful-restart-disable`; absent: the process's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graceful_restart: Option<GracefulRestartMode>,
    /// `solo`: never shares an update group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solo: Option<bool>,
    /// `address-family ...` of this neighbor.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub families: BTreeMap<Family, NeighborFamily>,
}

/// Our end of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateSource {
    /// This address of ours.
    Address(IpAddr),
    /// The first address of the family on this interface.
    Interface(String),
}

/// `local-as`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LocalAs {
    /// The AS we pretend to be.
    pub asn: u32,
    /// It is not put before what the peer sends.
    #[serde(default, skip_serializing_if = "is_default")]
    pub no_prepend: bool,
    /// It stands in place of our own AS in what we send.
    #[serde(default, skip_serializing_if = "is_default")]
    pub replace_as: bool,
}

/// What we are to the peer (RFC 9234).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LocalRole {
    /// Our role.
    pub role: Role,
    /// No session with a peer that has no role.
    #[serde(default, skip_serializing_if = "is_default")]
    pub strict: bool,
}

/// RFC 9234 section 3; the discriminant is the value of the capability.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// We sell transit to the peer.
    Provider = 0,
    /// We are a route server.
    RsServer = 1,
    /// The peer is a route server.
    RsClient = 2,
    /// The peer sells us transit.
    Customer = 3,
    /// Neither.
    Peer = 4,
}
