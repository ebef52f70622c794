//! Peers come and go as configuration, ports and reachability say; their sessions are let run when nothing stands against
//! it.

use super::api::{ConnId, Tcp};
use super::peer::{Idle, Peer};
use super::{Bgp, Timer};
use crate::config::{Config, PeerKey, UpdateSource};
use crate::session::{Own, Session, State};
use crate::settings::{Identity, Settings, resolve};
use crate::wire::Notification;
use crate::wire::notification::cease;
use crate::{Family, PeerIx, RouterId};
use bytes::Bytes;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use fib::{Instant, PortId};
use policy::Policy;
use proto::{Event, Level, Notice, Port};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Bgp {
    pub(crate) fn start(&mut self, now: Instant) {
        self.start_deferring(now);
        self.configure_table();
        self.rpki.configure(now, &self.config.rpki);
        self.bmp.configure(now, &self.config.bmp);
        self.cache_outputs();
        self.identity = self.choose_identity();
        self.reconcile(now);
        self.local_routes();
        self.drive(now);
    }

    /// The configuration or the policy is another.
    pub(crate) fn configuration_changed(&mut self, now: Instant, before: &Config, old_policy: &Policy) {
        if before.asn != self.config.asn {
            // Another AS is another process.
            self.end_all(now);
            self.start(now);
            return;
        }
        let old = self.all_settings();
        self.configure_table();
        self.rpki.configure(now, &self.config.rpki);
        self.bmp.configure(now, &self.config.bmp);
        self.cache_outputs();
        self.identity = self.choose_identity();
        self.reconcile(now);
        self.local_routes_again(before, old_policy);
        self.routes_again(now, before, old_policy, &old);
    }

    pub(crate) fn ports_changed(&mut self, now: Instant) {
        let identity = self.choose_identity();
        if identity != self.identity {
            self.identity = identity;
        }
        self.own = self.ports.values().flat_map(|p| p.addresses.iter().map(|a| a.addr())).collect();
        self.reconcile(now);
    }

    /// The router id by configuration, else the highest address of a loopback, else of an interface that is up. One that
    /// was chosen stays while an interface has it: sessions must not fall because an address was added.
    fn choose_identity(&self) -> Option<Arc<Identity>> {
        let router_id = self.config.router_id.or_else(|| self.kept_id()).or_else(|| self.highest_id())?;
        let identity = Identity::new(&self.config, router_id);
        match &self.identity {
            Some(same) if **same == identity => Some(Arc::clone(same)),
            _ => Some(Arc::new(identity)),
        }
    }

    fn kept_id(&self) -> Option<RouterId> {
        let id = self.identity.as_ref()?.router_id;
        let has = |p: &Port| p.addresses.iter().any(|a| a.addr() == IpAddr::V4(id));
        self.ports.values().any(has).then_some(id)
    }

    fn highest_id(&self) -> Option<RouterId> {
        let highest = |loopback: bool| {
            let ports = self.ports.values().filter(move |p| p.loopback == loopback && p.up);
            let v4 = |a: &fib::IfAddr| match a.addr() {
                IpAddr::V4(a) if !a.is_loopback() && !a.is_unspecified() => Some(a),
                _ => None,
            };
            ports.flat_map(|p| p.addresses.iter()).filter_map(v4).max()
        };
        highest(true).or_else(|| highest(false))
    }

    /// Makes the peers those of the configuration.
    pub(crate) fn reconcile(&mut self, now: Instant) {
        let wanted = self.wanted();
        let gone: Vec<PeerIx> =
            self.by_key.iter().filter(|(key, _)| !wanted.contains_key(*key)).map(|(_, ix)| *ix).collect();
        for ix in gone {
            self.remove_peer(now, ix, Notification::cease(cease::DECONFIGURED));
        }
        for (key, settings) in wanted {
            match self.by_key.get(&key) {
                Some(ix) => self.configure_peer(now, *ix, settings),
                None => drop(self.add_peer(now, key, settings)),
            }
        }
        let all: Vec<PeerIx> = self.by_key.values().copied().collect();
        all.into_iter().for_each(|ix| self.reconsider(now, ix));
    }

    /// The neighbors that are configured, and the dynamic ones that are there and still may be.
    fn wanted(&self) -> BTreeMap<PeerKey, Settings> {
        if self.identity.is_none() {
            return BTreeMap::new();
        }
        let configured = self.config.neighbors.keys().filter_map(|key| {
            let settings = resolve(&self.config, key, None)?;
            Some((key.clone(), settings))
        });
        let mut wanted: BTreeMap<PeerKey, Settings> = configured.collect();
        for (key, ix) in &self.by_key {
            let Some(peer) = self.peers.get(ix).filter(|p| p.settings.dynamic) else { continue };
            let range = peer.address.and_then(|a| self.listen_group(a));
            if let Some(settings) = range.and_then(|group| resolve(&self.config, key, Some(group))) {
                wanted.entry(key.clone()).or_insert(settings);
            }
        }
        wanted
    }

    /// The peer group of whoever connects from `address`: of the longest range.
    fn listen_group(&self, address: IpAddr) -> Option<&str> {
        let ranges = self.config.listen.ranges.iter().filter(|(range, _)| range.contains(address));
        ranges.max_by_key(|(range, _)| range.len()).map(|(_, group)| group.as_str())
    }

    fn add_peer(&mut self, now: Instant, key: PeerKey, settings: Settings) -> Option<PeerIx> {
        let identity = Arc::clone(self.identity.as_ref()?);
        let ix = (1..ConnId::OTHERS).map(PeerIx).find(|ix| !self.peers.contains_key(ix))?;
        let seed = self.peer_seed(&key);
        let settings = Arc::new(settings);
        let own_restart = self.own_restart();
        let session = Session::new(ix, now, Arc::clone(&settings), identity, own_restart, seed);
        let peer = Peer {
            address: self.address_of(&settings),
            settings,
            session,
            idle: Some(Idle::NoAddress),
            families: BTreeMap::new(),
            leaving: false,
            watching: None,
        };
        self.by_key.insert(key, ix);
        self.peers.insert(ix, peer);
        self.stirred.insert(ix);
        Some(ix)
    }

    fn configure_peer(&mut self, now: Instant, ix: PeerIx, settings: Settings) {
        let Some(identity) = self.identity.clone() else { return };
        let address = self.address_of(&settings);
        let is_down = settings.interface.is_some() && self.port_of(&settings).is_none();
        let Some(peer) = self.peers.get_mut(&ix) else { return };
        let own = Own { restarting: self.deferring, config: self.config.graceful_restart };
        let settings = Arc::new(settings);
        peer.settings = Arc::clone(&settings);
        // What its address was decides while its port is down.
        let moved = !settings.dynamic && address != peer.address && !is_down;
        if moved && core::mem::replace(&mut peer.address, address).is_some() {
            peer.session.address_lost(now);
        }
        peer.session.configure(now, settings, identity, own);
        if moved && address.is_some() {
            peer.session.hurry(now);
        }
        // A limit that is new counts what is there.
        let limited: Vec<Family> = match peer.negotiated() {
            Some(negotiated) => negotiated.families.iter().copied().collect(),
            None => Vec::new(),
        };
        limited.into_iter().for_each(|family| self.check_maximum(now, ix, family));
        self.stirred.insert(ix);
    }

    /// Ends its session and forgets it; its routes go in slices.
    pub(crate) fn remove_peer(&mut self, now: Instant, ix: PeerIx, why: Notification) {
        let Some(peer) = self.peers.get_mut(&ix) else { return };
        peer.leaving = true;
        peer.session.stop(now, why);
        let watching = peer.watching.take();
        self.by_key.retain(|_, known| *known != ix);
        self.unwatch(watching);
        self.stirred.insert(ix);
    }

    /// Lets the session of a peer run, or stops it.
    pub(crate) fn reconsider(&mut self, now: Instant, ix: PeerIx) {
        self.watch(ix);
        let idle = self.idle_reason(ix);
        let Some(peer) = self.peers.get_mut(&ix) else { return };
        let was = core::mem::replace(&mut peer.idle, idle.clone());
        match idle {
            None if was == Some(Idle::NoRoute) && peer.session.state() != State::Idle => {
                peer.session.hurry(now)
            }
            None if was.is_some() => peer.session.start(now),
            // The session has its settings and says the message itself.
            Some(Idle::Shutdown | Idle::NoFamily) => {}
            // A route that is lost ends no established session: its hold timer does. A lost port does, at once.
            Some(Idle::NoRoute) if peer.session.state() == State::Established => {}
            Some(Idle::NotConnected | Idle::NoAddress) if was.is_none() => {
                if self.config.fast_external_failover {
                    peer.session.port_down(now);
                }
                if peer.session.state() != State::Established {
                    peer.session.stop(now, Notification::cease(cease::RESET));
                }
            }
            Some(_) if was.is_none() => peer.session.stop(now, Notification::cease(cease::RESET)),
            _ => {}
        }
        self.stirred.insert(ix);
    }

    fn idle_reason(&self, ix: PeerIx) -> Option<Idle> {
        let peer = self.peers.get(&ix)?;
        let settings = &peer.settings;
        if self.identity.is_none() {
            return Some(Idle::NoRouterId);
        }
        if settings.shutdown.is_some() || self.config.shutdown.is_some() {
            return Some(Idle::Shutdown);
        }
        if settings.families.is_empty() {
            return Some(Idle::NoFamily);
        }
        if let Some(held @ Idle::TooManyPrefixes(_)) = &peer.idle {
            return Some(held.clone());
        }
        let Some(address) = peer.address else { return Some(Idle::NoAddress) };
        if settings.interface.is_some() {
            return self.port_of(settings).is_none().then_some(Idle::NoAddress);
        }
        if settings.connected {
            return self.connected_port(address).is_none().then_some(Idle::NotConnected);
        }
        let reached = self.connected_port(address).is_some() || self.watched.get(&address) == Some(&true);
        (!reached).then_some(Idle::NoRoute)
    }

    /// Where a peer is: as configured, or whoever is at the other end of its link.
    fn address_of(&self, settings: &Settings) -> Option<IpAddr> {
        let PeerKey::Interface(_) = settings.key else { return settings.address };
        self.port_of(settings).and_then(|port| self.link_peers.get(&port.id).copied())
    }

    /// Somebody else is at the other end of a link, or nobody.
    pub(crate) fn link_peer_changed(&mut self, now: Instant, port: PortId) {
        let Some(name) = self.ports.get(&port).map(|p| &p.name) else { return };
        let key = PeerKey::Interface(name.clone());
        let Some(ix) = self.by_key.get(&key).copied() else { return };
        let Some(settings) = resolve(&self.config, &key, None) else { return };
        self.configure_peer(now, ix, settings);
        self.reconsider(now, ix);
    }

    /// The port of a neighbor with a named interface, while it is up.
    pub(crate) fn port_of(&self, settings: &Settings) -> Option<&Port> {
        let name = settings.interface.as_deref()?;
        self.ports.values().find(|p| p.name == name && p.up)
    }

    /// The port that has `address` on a network of its own.
    pub(crate) fn connected_port(&self, address: IpAddr) -> Option<&Port> {
        let on = |p: &&Port| p.up && !p.loopback && p.addresses.iter().any(|a| a.network().contains(address));
        self.ports.values().find(on)
    }

    /// Watches the address of a peer that is not on a network of ours.
    fn watch(&mut self, ix: PeerIx) {
        let Some(peer) = self.peers.get(&ix) else { return };
        let far =
            peer.address.filter(|a| peer.settings.interface.is_none() && self.connected_port(*a).is_none());
        let wanted = far.filter(|_| !peer.leaving);
        let watching = peer.watching;
        if watching == wanted {
            return;
        }
        if let Some(peer) = self.peers.get_mut(&ix) {
            peer.watching = wanted;
        }
        self.unwatch(watching);
        if let Some(address) = wanted
            && !self.watched.contains_key(&address)
        {
            self.watched.insert(address, false);
            self.events.push_back(Event::Track(address));
        }
    }

    fn unwatch(&mut self, address: Option<IpAddr>) {
        let Some(address) = address else { return };
        if !self.peers.values().any(|p| p.watching == Some(address))
            && self.watched.remove(&address).is_some()
        {
            self.events.push_back(Event::Untrack(address));
        }
    }

    /// The RIB says how an address is reached: of a peer, of next hops, or of both.
    pub(crate) fn reach_changed(&mut self, now: Instant, addr: IpAddr, via: Option<fib::rib::Reach>) {
        if let Some(reached) = self.watched.get_mut(&addr) {
            *reached = via.is_some();
            let peers: Vec<PeerIx> =
                self.peers.iter().filter(|(_, p)| p.watching == Some(addr)).map(|(ix, _)| *ix).collect();
            peers.into_iter().for_each(|ix| self.reconsider(now, ix));
        }
        self.debug_reach(addr, via.as_ref());
        self.table.set_reach(addr, via);
    }

    /// The configured peer at an address, or the listen range that takes it.
    fn peer_at(&self, remote: IpAddr, ingress: Option<PortId>) -> Option<PeerIx> {
        let link_local = matches!(remote, IpAddr::V6(a) if a.is_unicast_link_local());
        let is_it = |p: &Peer| {
            let on_its_port = || self.port_of(&p.settings).map(|port| port.id) == ingress;
            !p.leaving && p.address == Some(remote) && (!link_local || on_its_port())
        };
        self.peers.iter().find(|(_, p)| is_it(p)).map(|(ix, _)| *ix)
    }

    /// See [`Bgp::accepts`].
    pub(crate) fn expected(&self, local: IpAddr, remote: IpAddr, ingress: Option<PortId>) -> Option<Tcp> {
        if let Some(peer) = self.peer_at(remote, ingress).and_then(|ix| self.peers.get(&ix)) {
            let wanted = peer.idle.is_none() && peer.session.wants_incoming();
            let ours = self.local_address(&peer.settings, remote).is_none_or(|a| a == local);
            return (wanted && ours).then(|| tcp(&peer.settings));
        }
        let group = self.listen_group(remote)?;
        let dynamic = self.peers.values().filter(|p| p.settings.dynamic).count();
        if dynamic >= usize::from(self.config.listen.limit) || self.identity.is_none() {
            return None;
        }
        resolve(&self.config, &PeerKey::Address(remote), Some(group)).map(|settings| tcp(&settings))
    }

    /// See [`Bgp::accept`].
    pub(crate) fn incoming(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        ingress: Option<PortId>,
    ) -> Option<ConnId> {
        self.expected(local.ip(), remote.ip(), ingress)?;
        let ix = match self.peer_at(remote.ip(), ingress) {
            Some(ix) => ix,
            None => {
                let key = PeerKey::Address(remote.ip());
                let group = self.listen_group(remote.ip())?.to_owned();
                let settings = resolve(&self.config, &key, Some(&group))?;
                let ix = self.add_peer(now, key, settings)?;
                self.reconsider(now, ix);
                ix
            }
        };
        self.stirred.insert(ix);
        self.peers.get_mut(&ix)?.session.incoming(now)
    }

    /// Our end of a session, where the configuration or the link decides it.
    pub(crate) fn local_address(&self, settings: &Settings, remote: IpAddr) -> Option<IpAddr> {
        let first = |port: &Port| {
            let of_family = |a: &&fib::IfAddr| a.is_v4() == remote.is_ipv4();
            port.addresses.iter().find(of_family).map(|a| a.addr())
        };
        match &settings.update_source {
            Some(UpdateSource::Address(address)) => Some(*address),
            Some(UpdateSource::Interface(name)) => {
                self.ports.values().find(|p| p.name == *name).and_then(first)
            }
            None => None,
        }
    }

    /// Ends everything: every session, every route in the RIB.
    pub(crate) fn end_all(&mut self, now: Instant) {
        let all: Vec<PeerIx> = self.peers.keys().copied().collect();
        for ix in all {
            self.remove_peer(now, ix, Notification::shutdown(""));
            self.session_outputs(now, ix);
            // Nothing is looked at again after this: the farewells are to be fetched.
            let farewells = self.peers.get(&ix).into_iter().flat_map(|p| p.session.writable());
            self.writable.extend(farewells);
        }
        self.withdraw_everything();
        self.timers = proto::Timers::new();
        self.due = proto::Timers::new();
        self.table = crate::table::Table::new(self.seed);
        self.export = crate::export::Export::new(self.seed);
        self.networks = crate::table::networks::Networks::new();
        self.aggregates = crate::table::aggregate::Aggregates::default();
        self.busy = false;
    }

    pub(crate) fn timer(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Restart(ix) => self.restart_over(ix),
            Timer::Stale(ix, family) => self.sweep_stale(ix, family, "stale paths lived long enough"),
            Timer::MaxPrefix(ix) => self.release_held(now, ix),
            // Whoever is there may be enough: the next look tells.
            Timer::ComeBack => {}
            Timer::Defer => self.stop_deferring(now, "End-of-RIB did not come from all in time"),
        }
    }

    /// `clear bgp X`, or the time of `maximum-prefix ... restart` is over.
    pub(crate) fn release_held(&mut self, now: Instant, ix: PeerIx) {
        self.timers.stop(&Timer::MaxPrefix(ix));
        if let Some(peer) = self.peers.get_mut(&ix)
            && matches!(peer.idle, Some(Idle::TooManyPrefixes(_)))
        {
            peer.idle = Some(Idle::NoAddress);
            self.reconsider(now, ix);
        }
    }

    /// The peer sent more than it may (RFC 4486 subcode 1).
    pub(crate) fn hold_down(
        &mut self,
        now: Instant,
        ix: PeerIx,
        notification: Notification,
        restart: Option<u16>,
    ) {
        let until = restart.map(|minutes| now + Duration::from_secs(u64::from(minutes).saturating_mul(60)));
        let Some(peer) = self.peers.get_mut(&ix) else { return };
        peer.idle = Some(Idle::TooManyPrefixes(until));
        peer.session.stop(now, notification);
        let name = peer.settings.key.to_string();
        if let Some(until) = until {
            self.timers.set(Timer::MaxPrefix(ix), until);
        }
        self.stirred.insert(ix);
        self.notice(
            Notice::new(Level::Error, "bgp", "the peer sent more prefixes than it may")
                .with("neighbor", name),
        );
    }
}

/// How segments to and from this peer go.
pub(crate) fn tcp(settings: &Settings) -> Tcp {
    let md5 = settings.password.as_ref().map(|p| Bytes::copy_from_slice(p.as_bytes()));
    Tcp { ttl: settings.ttl, min_ttl: settings.min_ttl, md5 }
}
