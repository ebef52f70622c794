//! One path: on a line, and in full.

use super::{Head, PathRow, PathView, PeerView, Sourced, Status};
use crate::attrs::Local;
use crate::config::PeerKey;
use crate::process::{Bgp, Timer};
use crate::settings::PeerKind;
use crate::table::{Fate, From, PathReport};
use crate::{Family, PeerIx};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::{Instant, Prefix};
use policy::bgp::Attributes;
use std::fmt::Write;

/// A path with the attributes that are shown of it: as used, as received, or as they leave.
pub(super) struct Shown<'a> {
    pub prefix: Prefix,
    pub from: From,
    pub attributes: &'a Attributes,
    pub local: Local,
    pub status: Status,
    /// Of the best: the step that decided.
    pub reason: Option<&'static str>,
}

impl Bgp {
    pub(super) fn table_head(&self, family: Family) -> Head {
        Head {
            version: self.versions.get(family as usize).copied().unwrap_or(0),
            router_id: self.router_id(),
            local_as: self.config.asn,
            local_pref: self.config.default_local_preference,
        }
    }

    pub(super) fn router_id(&self) -> Ipv4Addr {
        self.identity.as_ref().map_or(Ipv4Addr::UNSPECIFIED, |i| i.router_id)
    }

    /// The name of a peer in the configuration.
    pub(super) fn peer_name(&self, ix: PeerIx) -> Option<String> {
        self.peers.get(&ix).map(|p| p.settings.key.to_string())
    }

    /// The interface a peer is named by.
    fn peer_interface(&self, ix: PeerIx) -> Option<String> {
        match &self.peers.get(&ix)?.settings.key {
            PeerKey::Interface(name) => Some(name.clone()),
            PeerKey::Address(_) => None,
        }
    }

    /// The address of a peer, or its name while that is not known.
    fn peer_id(&self, ix: PeerIx) -> Option<String> {
        let address = self.table.peer_info(ix).map(|p| p.address.to_string());
        address.filter(|_| self.peer_interface(ix).is_some()).or_else(|| self.peer_name(ix))
    }

    pub(super) fn is_internal(&self, ix: PeerIx) -> bool {
        self.table.peer_info(ix).is_some_and(|p| p.kind == PeerKind::Internal)
    }

    /// What the decision made of a path.
    pub(super) fn path_status(&self, suppressed: bool, report: &PathReport) -> Status {
        let path = &report.path;
        let refused = matches!(report.fate, Fate::Rejected { .. });
        Status {
            valid: !refused && !matches!(report.fate, Fate::Unreachable),
            best: matches!(report.fate, Fate::Best { .. }),
            multipath: matches!(report.fate, Fate::Multipath { .. }),
            internal: self.is_internal(path.from.peer),
            suppressed,
            stale: path.stale,
            rib_failure: false,
            refused,
        }
    }

    pub(super) fn path_row(&self, shown: &Shown<'_>) -> PathRow {
        let a = shown.attributes;
        let ours = shown.from.peer == PeerIx::SELF;
        PathRow {
            status: shown.status,
            peer: if ours { None } else { self.peer_id(shown.from.peer) },
            interface: self.peer_interface(shown.from.peer),
            next_hop: a.next_hop,
            link_local: a.link_local.filter(|_| self.uses_link_local(a.next_hop)),
            med: a.med,
            local_pref: a.local_pref,
            weight: shown.local.weight,
            as_path: a.as_path.to_string(),
            origin: a.origin,
            reason: shown.reason.map(str::to_owned),
            rpki: self.validity(shown.prefix, a.as_path.origin()),
            path_id: Some(shown.from.path_id).filter(|id| !ours && *id != 0),
        }
    }

    /// RFC 2545: the link-local next hop is used while the global one is of a connected network.
    fn uses_link_local(&self, global: IpAddr) -> bool {
        global.is_ipv6() && self.connected_port(global).is_some()
    }

    /// Everything about a path.
    pub(super) fn path_view(&self, now: Instant, report: &PathReport, shown: &Shown<'_>) -> PathView {
        let a = shown.attributes;
        let own = report.path.from.peer == PeerIx::SELF;
        let since = Instant::from_secs(u64::from(report.path.since));
        let known = |u: &policy::bgp::Unknown| (u.flags, u.code, hex(&u.value));
        PathView {
            row: self.path_row(shown),
            length: a.as_path.length(self.config.bestpath.as_path_confed),
            as_path: a.as_path.clone(),
            peer: self.peer_view(report.path.from.peer, Family::of(shown.prefix.is_v4())),
            sourced: own.then(|| sourced(report.path.from)),
            accessible: own || report.metric.is_some(),
            igp_metric: report.metric.filter(|_| !own),
            atomic_aggregate: a.atomic_aggregate,
            aggregator: a.aggregator,
            communities: a.communities.iter().map(ToString::to_string).collect(),
            extended_communities: a.extended_communities.iter().map(ToString::to_string).collect(),
            large_communities: a.large_communities.iter().map(ToString::to_string).collect(),
            originator_id: a.originator_id,
            cluster_list: a.cluster_list.clone(),
            only_to_customer: a.only_to_customer,
            tag: shown.local.tag,
            unknown: a.unknown.iter().map(known).collect(),
            stale_ms: self.stale_ms(now, Family::of(shown.prefix.is_v4()), report),
            age_ms: millis(now, since),
        }
    }

    /// Until a stale path is forgotten: while its peer is away, and then until it has said everything again.
    fn stale_ms(&self, now: Instant, family: Family, report: &PathReport) -> Option<u64> {
        let ix = report.path.from.peer;
        let away = self.timers.get(&Timer::Restart(ix));
        let left = away.or_else(|| self.timers.get(&Timer::Stale(ix, family)));
        report.path.stale.then(|| left.map(|at| millis(at, now))).flatten()
    }

    fn peer_view(&self, ix: PeerIx, family: Family) -> PeerView {
        let unspecified = match family {
            Family::Ipv4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Family::Ipv6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let peer = self.peers.get(&ix);
        let info = self.table.peer_info(ix).filter(|_| ix != PeerIx::SELF);
        let settings = peer.and_then(|p| p.settings.families.get(&family));
        PeerView {
            name: self.peer_name(ix).unwrap_or_else(|| unspecified.to_string()),
            address: info.map_or(unspecified, |p| p.address),
            on_interface: self.peer_interface(ix).is_some(),
            router_id: info.map_or_else(|| self.router_id(), |p| p.router_id),
            kind: info.map(|p| p.kind),
            reflector_client: settings.is_some_and(|s| s.reflector_client),
            server_client: settings.is_some_and(|s| s.server_client),
        }
    }
}

fn sourced(from: From) -> Sourced {
    match from {
        From::AGGREGATE => Sourced::Aggregate,
        From::REDISTRIBUTED => Sourced::Redistributed,
        _ => Sourced::Network,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Milliseconds from `then` until `now`.
pub(super) fn millis(now: Instant, then: Instant) -> u64 {
    u64::try_from(now.since(then).as_millis()).unwrap_or(u64::MAX)
}
