//! Our OPEN, theirs, and what follows from both (RFC 4271 section 6.2, 5492, 6286, 6793, 9234). Pure.
//! What the bytes alone can tell has been checked when the OPEN was parsed; here it meets the configuration.

use super::{Negotiated, Own};
use crate::config::{GracefulRestartMode, RemoteAs, Role};
use crate::settings::{Identity, PeerKind, Settings};
use crate::wire::{AddPath, Capabilities, Codec, Notification, Open, Restart};
use crate::{ConnId, Family};
use core::net::SocketAddr;
use std::collections::BTreeSet;

/// The OPEN we send. `bare`: the peer cannot stand capabilities (RFC 5492 section 3).
pub(super) fn offer(settings: &Settings, identity: &Identity, own: &Own, bare: bool) -> Open {
    let bare = bare || settings.dont_capability_negotiate;
    Open {
        asn: settings.local_as,
        hold: settings.timers.hold,
        router_id: identity.router_id,
        capabilities: if bare { Capabilities::default() } else { capabilities(settings, identity, own) },
        has_capabilities: !bare,
    }
}

fn capabilities(settings: &Settings, identity: &Identity, own: &Own) -> Capabilities {
    let external = settings.remote_as.kind(identity.asn, &identity.members) == PeerKind::External;
    Capabilities {
        families: settings.families.keys().copied().collect(),
        route_refresh: true,
        enhanced_refresh: true,
        extended_message: true,
        as4: Some(settings.local_as),
        graceful_restart: restart(settings, own),
        add_path: settings
            .families
            .iter()
            .map(|(family, s)| (*family, AddPath { receive: s.addpath_rx, send: s.addpath_tx.is_some() }))
            .filter(|(_, a)| a.receive || a.send)
            .collect(),
        extended_nexthop: settings.extended_nexthop && settings.families.contains_key(&Family::Ipv4),
        // RFC 9234 section 4.1: of eBGP sessions only.
        role: settings.role.filter(|_| external).map(|r| r.role as u8),
        ..Capabilities::default()
    }
}

/// RFC 4724 section 3: a helper lists no family, because nothing of its own survives its restart.
fn restart(settings: &Settings, own: &Own) -> Option<Restart> {
    let families = match settings.graceful_restart {
        GracefulRestartMode::Disable => return None,
        GracefulRestartMode::Helper => Default::default(),
        GracefulRestartMode::Restarter => {
            settings.families.keys().map(|f| (*f, own.config.preserve_fw_state)).collect()
        }
    };
    Some(Restart {
        restarting: own.restarting,
        notification: own.config.notification,
        time: own.config.restart_time,
        families,
    })
}

/// A connection both OPENs of which are there.
pub(super) struct Meeting<'a> {
    pub settings: &'a Settings,
    pub identity: &'a Identity,
    pub conn: ConnId,
    pub ends: (SocketAddr, SocketAddr),
    /// What ours offered.
    pub sent: &'a Capabilities,
}

impl Meeting<'_> {
    /// What follows from the peer's OPEN.
    ///
    /// # Errors
    /// The NOTIFICATION that tells the peer what is wrong with it: an OPEN Message Error.
    pub fn agree(&self, open: Open) -> Result<Negotiated, Notification> {
        let kind = self.kind(&open)?;
        let role = self.role(&open, kind)?;
        let families = self.families(&open.capabilities)?;
        let (sent, received) = (self.sent, &open.capabilities);
        let route_refresh = sent.route_refresh && received.route_refresh;
        let hold = self.settings.timers.hold.min(open.hold);
        Ok(Negotiated {
            conn: self.conn,
            local: self.ends.0,
            remote: self.ends.1,
            peer_as: open.asn,
            peer_id: open.router_id,
            peer_hold: open.hold,
            kind,
            hold,
            keepalive: keepalive(self.settings.timers.keepalive, hold),
            codec: codec(sent, received, &families),
            families,
            route_refresh,
            enhanced_refresh: route_refresh && sent.enhanced_refresh && received.enhanced_refresh,
            restart: received.graceful_restart.clone().filter(|_| sent.graceful_restart.is_some()),
            role,
            sent: sent.clone(),
            received: open.capabilities,
        })
    }

    fn kind(&self, open: &Open) -> Result<PeerKind, Notification> {
        let kind = self.identity.kind_of(open.asn);
        let right = match self.settings.remote_as {
            RemoteAs::Number(n) => n == open.asn,
            RemoteAs::Internal => kind == PeerKind::Internal,
            RemoteAs::External => kind != PeerKind::Internal,
        };
        if !right || open.asn == 0 {
            return Err(Notification::bad_peer_as());
        }
        // RFC 6286 section 2.2: inside an AS an identifier belongs to one speaker.
        let ours = kind == PeerKind::Internal && open.router_id == self.identity.router_id;
        if ours || open.router_id.is_unspecified() {
            return Err(Notification::bad_identifier());
        }
        Ok(kind)
    }

    /// RFC 9234 section 4.2.
    fn role(&self, open: &Open, kind: PeerKind) -> Result<Option<Role>, Notification> {
        let Some(ours) = self.settings.role.filter(|_| kind == PeerKind::External) else { return Ok(None) };
        let Some(theirs) = open.capabilities.role else {
            return if ours.strict { Err(Notification::role_mismatch()) } else { Ok(None) };
        };
        let counterpart = counterpart(ours.role);
        if counterpart as u8 == theirs { Ok(Some(counterpart)) } else { Err(Notification::role_mismatch()) }
    }

    fn families(&self, received: &Capabilities) -> Result<BTreeSet<Family>, Notification> {
        let ours: BTreeSet<Family> = self.settings.families.keys().copied().collect();
        let offered = if self.sent.families.is_empty() { unsaid(&ours) } else { self.sent.families.clone() };
        let theirs = if received.families.is_empty() && received.other_families.is_empty() {
            unsaid(&ours)
        } else {
            received.families.clone()
        };
        let common: BTreeSet<Family> = if self.settings.override_capability {
            ours.clone()
        } else {
            offered.intersection(&theirs).copied().collect()
        };
        // As in FRR, strictness is about families.
        let strict = self.settings.strict_capability_match && theirs != offered;
        if common.is_empty() || strict {
            let missing: Vec<u8> =
                ours.iter().filter(|f| !theirs.contains(f)).flat_map(multiprotocol).collect();
            return Err(Notification::unsupported_capability(&missing));
        }
        Ok(common)
    }
}

/// A speaker that names no family has IPv4 unicast (RFC 4760 section 8).
fn unsaid(active: &BTreeSet<Family>) -> BTreeSet<Family> {
    active.iter().copied().filter(|f| *f == Family::Ipv4).collect()
}

/// The Multiprotocol capability of a family in bytes (RFC 4760 section 8).
fn multiprotocol(family: &Family) -> [u8; 6] {
    let [high, low] = family.afi().to_be_bytes();
    [1, 4, high, low, 0, family.safi()]
}

/// Whom a role talks to (RFC 9234 section 4.2, table 2).
const fn counterpart(role: Role) -> Role {
    match role {
        Role::Provider => Role::Customer,
        Role::Customer => Role::Provider,
        Role::RsServer => Role::RsClient,
        Role::RsClient => Role::RsServer,
        Role::Peer => Role::Peer,
    }
}

/// A third of the hold time, or what is configured if that is less (RFC 4271 section 4.4). A configured 0 cannot mean
/// "none" when there is a hold time.
fn keepalive(configured: u16, hold: u16) -> u16 {
    match (configured, hold / 3) {
        (0, third) => third,
        (configured, third) => configured.min(third),
    }
}

fn codec(sent: &Capabilities, received: &Capabilities, families: &BTreeSet<Family>) -> Codec {
    let add_path = |ours: fn(&AddPath) -> bool, theirs: fn(&AddPath) -> bool| {
        Family::ALL.map(|f| {
            families.contains(&f)
                && sent.add_path.get(&f).is_some_and(ours)
                && received.add_path.get(&f).is_some_and(theirs)
        })
    };
    Codec {
        as4: sent.as4.is_some() && received.as4.is_some(),
        extended_message: sent.extended_message && received.extended_message,
        add_path_rx: add_path(|a| a.receive, |a| a.send),
        add_path_tx: add_path(|a| a.send, |a| a.receive),
        extended_nexthop: sent.extended_nexthop && received.extended_nexthop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keepalive_is_due_three_times_in_a_hold_time_at_least() {
        assert_eq!(keepalive(60, 180), 60);
        assert_eq!(keepalive(60, 9), 3);
        assert_eq!(keepalive(2, 9), 2);
        assert_eq!(keepalive(0, 9), 3);
        assert_eq!(keepalive(60, 0), 0);
        assert_eq!(keepalive(60, 3), 1);
    }

    #[test]
    fn every_role_has_one_counterpart() {
        for role in [Role::Provider, Role::RsServer, Role::RsClient, Role::Customer, Role::Peer] {
            assert_eq!(counterpart(counterpart(role)), role);
        }
    }
}
