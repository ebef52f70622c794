//! Neighbors and peer groups.

use super::paths::millis;
use super::{
    Both, Capabilities, GroupView, MessageCounts, Neighbor, NeighborFamily, Neighbors, PeerGroup, PeerState,
    Process, Reset, Summaries, Summary, SummaryPeer, SummaryQuery, SummaryState,
};
use crate::config::{NeighborConfig, PeerKey, RemoteAs};
use crate::process::{Bgp, Idle, Peer};
use crate::session::{Messages, Negotiated, State};
use crate::settings::{FamilySettings, PeerKind};
use crate::{Family, PeerIx};
use core::net::{IpAddr, Ipv4Addr};
use fib::Instant;

impl From<State> for PeerState {
    fn from(state: State) -> PeerState {
        match state {
            State::Idle => PeerState::Idle,
            State::Connect => PeerState::Connect,
            State::Active => PeerState::Active,
            State::OpenSent => PeerState::OpenSent,
            State::OpenConfirm => PeerState::OpenConfirm,
            State::Established => PeerState::Established,
        }
    }
}

impl Bgp {
    /// Neighbors, one line each.
    pub fn show_summary(&self, now: Instant, query: &SummaryQuery) -> Summaries {
        let wanted = |family: &Family| query.family.is_none_or(|f| f == *family);
        let families = Family::ALL.into_iter().filter(wanted).map(|f| self.summary(now, f, query.state));
        Summaries { state: query.state, families: families.filter(|s| s.peers > 0).collect() }
    }

    fn summary(&self, now: Instant, family: Family, state: SummaryState) -> Summary {
        let members: Vec<(PeerIx, &Peer)> = self.active_in(family).collect();
        let up = |peer: &Peer| peer.session.state() == State::Established;
        let asked = |(_, peer): &&(PeerIx, &Peer)| match state {
            SummaryState::Any => true,
            SummaryState::Established => up(peer),
            SummaryState::Failed => !up(peer),
        };
        let rows = members.iter().filter(asked).map(|(ix, peer)| self.summary_row(now, family, *ix, peer));
        let dynamic = self.peers.values().filter(|p| p.settings.dynamic).count();
        let entries = self.table.prefix_count(family);
        let all: usize = Family::ALL.iter().map(|f| self.table.prefix_count(*f)).sum();
        let memory = self.table.memory();
        let bytes = memory.destinations.saturating_add(memory.paths).saturating_mul(entries);
        let groups = self.config.peer_groups.len();
        Summary {
            family,
            router_id: self.router_id(),
            local_as: self.config.asn,
            confederation: self.config.confederation.as_ref().map(|c| c.identifier),
            version: self.table_head(family).version,
            entries: wide(entries),
            entry_bytes: wide(bytes.checked_div(all).unwrap_or(0)),
            peers: narrow(members.len()),
            peer_bytes: wide(members.len().saturating_mul(size_of::<Peer>())),
            groups: narrow(groups),
            group_bytes: wide(groups.saturating_mul(size_of::<NeighborConfig>())),
            dynamic: (narrow(dynamic), self.config.listen.limit.into()),
            listens: !self.config.listen.ranges.is_empty(),
            multipath_relax: self.config.bestpath.multipath_relax,
            rows: rows.collect(),
        }
    }

    /// The neighbors in whose configuration a family is active, in order.
    fn active_in(&self, family: Family) -> impl Iterator<Item = (PeerIx, &Peer)> {
        let known = self.by_key.values().filter_map(|ix| Some((*ix, self.peers.get(ix)?)));
        known.filter(move |(_, peer)| peer.settings.families.contains_key(&family))
    }

    fn summary_row(&self, now: Instant, family: Family, ix: PeerIx, peer: &Peer) -> SummaryPeer {
        let counters = peer.session.counters();
        let negotiated = peer.negotiated().is_some_and(|n| n.families.contains(&family));
        let (no_import, no_export) = self.lacks_policy(peer, family);
        let out_queue = self.waiting(ix, family);
        SummaryPeer {
            name: peer.settings.key.to_string(),
            dynamic: peer.settings.dynamic,
            remote_as: self.remote_as(peer),
            local_as: peer.settings.local_as,
            state: peer.session.state().into(),
            shutdown: peer.idle == Some(Idle::Shutdown),
            overflow: matches!(peer.idle, Some(Idle::TooManyPrefixes(_))),
            received: counters.received.total(),
            sent: counters.sent.total(),
            version: if negotiated && out_queue == 0 { self.table_head(family).version } else { 0 },
            in_queue: wide(peer.session.queued().0),
            out_queue,
            since_ms: since(now, peer),
            accepted: self.table.counts(ix, family).accepted.into(),
            advertised: wide(self.export.advertised_count(ix, family)),
            no_import_policy: no_import,
            no_export_policy: no_export,
            description: peer.settings.description.clone(),
            established: counters.established,
            dropped: counters.dropped,
            reset: reset(now, peer),
        }
    }

    /// RFC 8212: whether nothing is let in, and nothing told, for want of a policy.
    fn lacks_policy(&self, peer: &Peer, family: Family) -> (bool, bool) {
        let applies = self.config.ebgp_requires_policy && self.kind_of(peer) == PeerKind::External;
        let settings = peer.settings.families.get(&family).filter(|_| applies);
        settings.map_or((false, false), |s| (s.import.is_empty(), s.export.is_empty()))
    }

    /// Destinations a neighbor has not been told of yet.
    fn waiting(&self, ix: PeerIx, family: Family) -> u64 {
        let Some(id) = self.export.group_of(ix, family) else { return 0 };
        let group = self.export.groups().find(|g| g.id == id && g.profile.family == family);
        group.map_or(0, |g| wide(g.queued.saturating_add(g.held)))
    }

    /// What it is to us, as far as is known before it says its AS.
    pub(crate) fn kind_of(&self, peer: &Peer) -> PeerKind {
        match (peer.negotiated(), &self.identity) {
            (Some(negotiated), _) => negotiated.kind,
            (None, Some(identity)) => peer.settings.remote_as.kind(identity.asn, &identity.members),
            (None, None) => peer.settings.remote_as.kind(self.config.asn, &Default::default()),
        }
    }

    /// Its AS; 0: not known yet.
    pub(crate) fn remote_as(&self, peer: &Peer) -> u32 {
        match (peer.negotiated(), peer.settings.remote_as) {
            (Some(negotiated), _) => negotiated.peer_as,
            (None, RemoteAs::Number(asn)) => asn,
            (None, RemoteAs::Internal) => self.config.asn,
            (None, RemoteAs::External) => 0,
        }
    }

    /// Neighbors with all there is to say; of one that does not exist, none.
    pub fn show_neighbors(&self, now: Instant, family: Option<Family>, key: Option<&PeerKey>) -> Neighbors {
        let one = key.map(|key| self.by_name(key));
        let wanted = |(ix, peer): &(PeerIx, &Peer)| {
            one.is_none_or(|one| one == Some(*ix))
                && family.is_none_or(|f| peer.settings.families.contains_key(&f))
        };
        let all = self.by_key.values().filter_map(|ix| Some((*ix, self.peers.get(ix)?)));
        Neighbors {
            neighbors: all.filter(wanted).map(|(ix, peer)| self.neighbor_view(now, ix, peer)).collect(),
        }
    }

    fn neighbor_view(&self, now: Instant, ix: PeerIx, peer: &Peer) -> Neighbor {
        let (settings, counters) = (&peer.settings, peer.session.counters());
        let negotiated = peer.negotiated();
        let ago = |at: Option<Instant>| at.map(|at| millis(now, at));
        let left = |at: Option<Instant>| at.map(|at| millis(at, now));
        let (hold, keepalive) = peer.session.timers();
        let overflow = match peer.idle {
            Some(Idle::TooManyPrefixes(until)) => Some(left(until)),
            _ => None,
        };
        let configured = (settings.timers.hold, settings.timers.keepalive);
        let families: Vec<NeighborFamily> =
            settings.families.iter().map(|(family, s)| self.family_view(ix, peer, *family, s)).collect();
        Neighbor {
            name: settings.key.to_string(),
            address: peer.address,
            remote_as: self.remote_as(peer),
            local_as: settings.local_as,
            kind: self.kind_of(peer),
            roles: (settings.role.map(|r| r.role), negotiated.and_then(|n| n.role)),
            description: settings.description.clone(),
            group: settings.group.clone(),
            dynamic: settings.dynamic,
            shutdown: peer.idle == Some(Idle::Shutdown),
            overflow,
            router_id: negotiated.map_or(Ipv4Addr::UNSPECIFIED, |n| n.peer_id),
            local_router_id: self.router_id(),
            state: peer.session.state().into(),
            up_ms: ago(counters.established_at.filter(|_| negotiated.is_some())),
            read_ms: ago(counters.last_read),
            write_ms: ago(counters.last_write),
            update_ms: None,
            timers: negotiated.map_or(configured, |n| (n.hold, n.keepalive)),
            configured_timers: configured,
            capabilities: negotiated.map(capabilities),
            restart: self.restart_view(now, ix, peer),
            messages: messages(&counters.sent, &counters.received),
            in_queue: wide(peer.session.queued().0),
            out_queue: settings.families.keys().map(|f| self.waiting(ix, *f)).sum(),
            advertisement_interval: settings.advertisement_interval,
            families,
            established: counters.established,
            dropped: counters.dropped,
            reset: reset(now, peer),
            hops: if settings.min_ttl > 0 { 0u8.wrapping_sub(settings.min_ttl) } else { settings.ttl },
            gtsm: settings.min_ttl > 0,
            md5: settings.password.is_some(),
            passive: settings.passive,
            local: negotiated.map(|n| n.local),
            remote: negotiated.map(|n| n.remote),
            next_hops: self.next_hops_to(ix),
            shared_network: peer.address.is_some_and(|a| self.connected_port(a).is_some()),
            connect_retry: settings.connect_retry,
            next_attempt_ms: left(peer.session.retries_at().or(peer.session.rests_until())),
            hold_left_ms: left(hold),
            keepalive_left_ms: left(keepalive),
            faults: faults(peer),
        }
    }

    fn next_hops_to(&self, ix: PeerIx) -> (Option<Ipv4Addr>, Option<IpAddr>, Option<IpAddr>) {
        let profile = Family::ALL.into_iter().find_map(|family| self.export.profile(ix, family));
        profile.map_or((None, None, None), |p| {
            (p.local.v4, p.local.v6.map(IpAddr::V6), p.local.link_local.map(IpAddr::V6))
        })
    }

    fn family_view(&self, ix: PeerIx, peer: &Peer, family: Family, s: &FamilySettings) -> NeighborFamily {
        let counts = self.table.counts(ix, family);
        NeighborFamily {
            family,
            negotiated: peer.negotiated().is_some_and(|n| n.families.contains(&family)),
            update_group: self.export.group_of(ix, family),
            group_member: peer.settings.group.is_some(),
            settings: s.clone(),
            default_sent: self.export.default_route(ix, family, &self.policy).is_some(),
            no_policy: self.lacks_policy(peer, family),
            received: counts.received.into(),
            accepted: counts.accepted.into(),
            stale: peer.families.get(&family).is_some_and(|f| f.stale),
            sent: wide(self.export.advertised_count(ix, family)),
        }
    }

    /// BGP's part of `show ip protocols`.
    pub fn show_process(&self) -> Process {
        let families = &self.config.families;
        let neighbor = |(key, ix): (&PeerKey, &PeerIx)| {
            let peer = self.peers.get(ix)?;
            Some((key.to_string(), self.remote_as(peer), peer.session.state().into()))
        };
        Process {
            local_as: self.config.asn,
            router_id: self.router_id(),
            redistribute: families
                .iter()
                .filter(|(_, f)| !f.redistribute.is_empty())
                .map(|(family, f)| (*family, f.redistribute.keys().copied().collect()))
                .collect(),
            maximum_paths: families
                .iter()
                .map(|(n, f)| (*n, f.maximum_paths, f.maximum_paths_ibgp))
                .collect(),
            neighbors: self.by_key.iter().filter_map(neighbor).collect(),
            distance: families.get(&Family::Ipv4).map(|f| f.distance).unwrap_or_default(),
        }
    }

    /// Peer groups; of this name only.
    pub fn show_peer_groups(&self, name: Option<&str>) -> Vec<PeerGroup> {
        let wanted = self.config.peer_groups.iter().filter(|(n, _)| name.is_none_or(|name| name == *n));
        wanted.map(|(name, config)| self.group_view(name, config)).collect()
    }

    fn group_view(&self, name: &str, config: &NeighborConfig) -> PeerGroup {
        let active = |family: &Family| match config.families.get(family).and_then(|f| f.activate) {
            Some(active) => active,
            None => *family == Family::Ipv4 && self.config.default_ipv4_unicast,
        };
        let members = self.by_key.values().filter_map(|ix| self.peers.get(ix));
        let members = members.filter(|p| p.settings.group.as_deref() == Some(name)).map(|p| GroupView {
            name: p.settings.key.to_string(),
            dynamic: p.settings.dynamic,
            state: p.session.state().into(),
        });
        let members_of = self.identity.as_ref().map(|i| i.members.clone()).unwrap_or_default();
        let ranges = self.config.listen.ranges.iter().filter(|(_, group)| *group == name);
        PeerGroup {
            name: name.to_owned(),
            remote_as: config.remote_as,
            kind: config.remote_as.map(|asn| asn.kind(self.config.asn, &members_of)),
            families: Family::ALL.into_iter().filter(active).collect(),
            ranges: ranges.map(|(prefix, _)| *prefix).collect(),
            members: members.collect(),
        }
    }
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Since when it is up or, after it was, down.
fn since(now: Instant, peer: &Peer) -> Option<u64> {
    let counters = peer.session.counters();
    let at = match peer.session.state() {
        State::Established => counters.established_at,
        _ => counters.down_at.filter(|_| counters.established > 0),
    };
    at.map(|at| millis(now, at))
}

/// Why it is down: what keeps it so now, or else how it went down last.
fn reset(now: Instant, peer: &Peer) -> Option<Reset> {
    let counters = peer.session.counters();
    let ago = |at: Option<Instant>| at.map_or(0, |at| millis(now, at));
    if let Some(idle) = peer.idle.as_ref().filter(|_| peer.session.state() != State::Established) {
        let at = counters.last_reset.as_ref().map(|r| r.at).or(counters.down_at);
        return Some(Reset { ago_ms: ago(at), reason: idle.text().to_owned(), ..Reset::default() });
    }
    let last = counters.last_reset.as_ref()?;
    Some(Reset {
        ago_ms: ago(Some(last.at)),
        reason: last.reason.to_string(),
        notification: last.reason.notification().map(|n| (n.code, n.subcode)),
        notification_reason: last.reason.notification().map(|n| n.to_string()),
        hard_reset: last.reason.is_hard_reset(),
        received: matches!(last.reason, crate::session::Reason::Received(_)),
        message: last.reason.message(),
    })
}

fn messages(sent: &Messages, received: &Messages) -> MessageCounts {
    MessageCounts {
        opens: (sent.opens, received.opens),
        notifications: (sent.notifications, received.notifications),
        updates: (sent.updates, received.updates),
        keepalives: (sent.keepalives, received.keepalives),
        refreshes: (sent.refreshes, received.refreshes),
    }
}

/// Prefixes of UPDATEs that were wrong and did not end the session.
fn faults(peer: &Peer) -> Vec<(String, u64)> {
    let treated = |(family, f): (&Family, &crate::process::PeerFamily)| {
        (format!("{family} prefixes treated as withdrawn"), f.counters.treated_as_withdrawn)
    };
    peer.families.iter().map(treated).filter(|(_, n)| *n > 0).collect()
}

fn capabilities(n: &Negotiated) -> Capabilities {
    let both = |has: fn(&crate::wire::Capabilities) -> bool| Both {
        advertised: has(&n.sent),
        received: has(&n.received),
    };
    let family = |family: Family| Both {
        advertised: n.sent.families.contains(&family),
        received: n.received.families.contains(&family),
    };
    let way = |family: Family, receive: bool| {
        let has = |c: &crate::wire::Capabilities| {
            c.add_path.get(&family).is_some_and(|a| if receive { a.receive } else { a.send })
        };
        Both { advertised: has(&n.sent), received: has(&n.received) }
    };
    let any = |both: &Both| both.advertised || both.received;
    Capabilities {
        as4: both(|c| c.as4.is_some()),
        extended_message: both(|c| c.extended_message),
        add_path: Family::ALL.map(|f| (f, way(f, true), way(f, false))).to_vec(),
        extended_next_hop: both(|c| c.extended_nexthop),
        route_refresh: both(|c| c.route_refresh),
        enhanced_refresh: both(|c| c.enhanced_refresh),
        families: Family::ALL.map(|f| (f, family(f))).into_iter().filter(|(_, b)| any(b)).collect(),
        graceful_restart: both(|c| c.graceful_restart.is_some()),
        long_lived: Both::default(),
        role: both(|c| c.role.is_some()),
        unknown: n.received.unknown.iter().map(|(code, _)| *code).collect(),
    }
}
