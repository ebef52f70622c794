//! Everything again that depends on configuration and policy.

use super::Bgp;
use super::import::Judge;
use super::peer::Peer;
use super::told::told;
use crate::config::Config;
use crate::export::{self, Options, Profile};
use crate::session::Negotiated;
use crate::settings::{FamilySettings, Filters, Settings};
use crate::table::{Knobs, PeerInfo};
use crate::{Family, PeerIx};
use core::net::{IpAddr, Ipv6Addr};
use fib::{IfAddr, Instant};
use policy::{Object, Policy};
use proto::Port;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Paths judged again in one go.
const JUDGED: usize = 4_096;

impl Bgp {
    /// Tells the table how to choose.
    pub(crate) fn configure_table(&mut self) {
        let each = |f: fn(&crate::config::FamilyConfig) -> u8| {
            Family::ALL.map(|family| self.config.families.get(&family).map_or(crate::config::MAX_PATHS, f))
        };
        let knobs = Knobs {
            bestpath: self.config.bestpath,
            local_preference: self.config.default_local_preference,
            maximum_paths: each(|f| f.maximum_paths),
            maximum_paths_ibgp: each(|f| f.maximum_paths_ibgp),
        };
        self.table.set_knobs(knobs);
    }

    /// Tells the table who a peer is.
    pub(crate) fn tell_table(&mut self, ix: PeerIx, negotiated: &Negotiated) {
        let Some(peer) = self.peers.get(&ix) else { return };
        let client = |f: Family| peer.settings.families.get(&f).is_some_and(|s| s.reflector_client);
        let info = PeerInfo {
            kind: negotiated.kind,
            router_id: negotiated.peer_id,
            address: negotiated.remote.ip(),
            asn: negotiated.peer_as,
            client: Family::ALL.map(client),
            connected: peer.settings.connected,
        };
        self.table.set_peer(ix, info);
    }

    /// What a peer is told, and how.
    pub(crate) fn profile(&self, ix: PeerIx, family: Family, negotiated: &Negotiated) -> Option<Profile> {
        let peer = self.peers.get(&ix)?;
        let session = export::Session {
            peer: ix,
            peer_as: negotiated.peer_as,
            kind: negotiated.kind,
            codec: negotiated.codec,
            address: negotiated.remote.ip(),
            local: self.ends(&peer.settings, negotiated),
        };
        Profile::of(
            family,
            self.identity.as_deref()?,
            Options::of(&self.config),
            &peer.settings,
            &session,
            &self.policy,
        )
    }

    /// Our addresses on a session.
    fn ends(&self, settings: &Settings, negotiated: &Negotiated) -> export::Local {
        let (local, remote) = (negotiated.local.ip(), negotiated.remote.ip());
        let has = |p: &&Port| p.addresses.iter().any(|a| a.addr() == local);
        let port = self.port_of(settings).or_else(|| self.ports.values().find(has));
        // On a link with the peer, not merely with the address of the session on some port.
        let link = self.port_of(settings).or_else(|| self.connected_port(remote));
        let addresses = || port.into_iter().flat_map(|p| p.addresses.iter());
        let v6 = |wanted: fn(&Ipv6Addr) -> bool| {
            addresses().find_map(|a| match a.addr() {
                IpAddr::V6(a) if wanted(&a) => Some(a),
                _ => None,
            })
        };
        let v4 = addresses().find_map(|a| match a.addr() {
            IpAddr::V4(a) => Some(a),
            IpAddr::V6(_) => None,
        });
        let own_v6 = match local {
            IpAddr::V6(a) if !a.is_unicast_link_local() => Some(a),
            _ => v6(|a| !a.is_unicast_link_local()),
        };
        export::Local {
            v4: match local {
                IpAddr::V4(a) => Some(a),
                IpAddr::V6(_) => v4,
            },
            v6: own_v6,
            link_local: v6(|a| a.is_unicast_link_local()).filter(|_| link.is_some()),
            over_v6: local.is_ipv6(),
            shared: link.map(|p| p.addresses.iter().map(IfAddr::network).collect()).unwrap_or_default(),
        }
    }

    /// Judges every route of a peer again, in slices.
    pub(crate) fn judge_again(&mut self, ix: PeerIx) {
        for family in Family::ALL {
            self.table.reevaluate(ix, family);
        }
        self.busy = true;
    }

    /// One slice of that. True: there is more.
    pub(crate) fn judge_some(&mut self) -> bool {
        let mut budget = JUDGED;
        while let Some(received) = self.table.poll_received(&mut budget) {
            let judge =
                self.peers.get(&received.from.peer).and_then(|p| Judge::new(self, p, received.family));
            // Of a peer that is away nothing is known any more to judge by: what it left stays as it is.
            if judge.is_none() {
                continue;
            }
            let used = self.used(received.from.peer, received.family, received.prefix, received.received);
            // `used` holds a reference of ours even where it is the received set; the table takes only another one.
            if used == Ok(received.received) {
                self.table.attrs.release(received.received);
            }
            self.table.reuse(&received, used);
        }
        self.table.is_reevaluating()
    }

    /// The settings of all peers, to be compared with later ones.
    pub(crate) fn all_settings(&self) -> BTreeMap<PeerIx, Arc<Settings>> {
        self.peers.iter().map(|(ix, p)| (*ix, Arc::clone(&p.settings))).collect()
    }

    /// Routes are judged, told and installed again where configuration or policy make that another thing.
    pub(crate) fn routes_again(
        &mut self,
        now: Instant,
        before: &Config,
        old_policy: &Policy,
        old: &BTreeMap<PeerIx, Arc<Settings>>,
    ) {
        let all_in = before.ebgp_requires_policy != self.config.ebgp_requires_policy
            || before.reject_as_sets != self.config.reject_as_sets
            || before.confederation != self.config.confederation
            || before.cluster_id != self.config.cluster_id;
        let all_out = all_in
            || before.graceful_shutdown != self.config.graceful_shutdown
            || before.default_local_preference != self.config.default_local_preference;
        let peers: Vec<PeerIx> = self.peers.keys().copied().collect();
        for ix in peers {
            let (import, export) = self.concerned(ix, old_policy, old.get(&ix).map(|s| &**s));
            if all_in || import {
                self.judge_again(ix);
            }
            self.profiles_again(now, ix, all_out || export);
        }
        let map = |c: &Config, f: Family| c.families.get(&f).map(|f| (f.table_map.clone(), f.distance));
        let maps = Family::ALL.iter().any(|f| {
            let name = self.config.families.get(f).and_then(|x| x.table_map.as_deref());
            let differs = |name| self.policy.differs(old_policy, Object::RouteMap(name));
            map(before, *f) != map(&self.config, *f) || name.is_some_and(differs)
        });
        if maps || before.no_rib != self.config.no_rib {
            self.install_all();
        }
    }

    /// Whether what a peer sends, and what it is sent, may come out differently.
    fn concerned(&self, ix: PeerIx, old_policy: &Policy, old: Option<&Settings>) -> (bool, bool) {
        let Some(peer) = self.peers.get(&ix) else { return (false, false) };
        let new = &*peer.settings;
        let differs = |f: &Filters| objects(f).any(|object| self.policy.differs(old_policy, object));
        let import = new.families.values().any(|f| differs(&f.import));
        let export = new.families.values().any(|f| {
            let map = f.default_originate.as_ref().and_then(|d| d.route_map.as_deref());
            let by_default = map.is_some_and(|name| self.policy.differs(old_policy, Object::RouteMap(name)));
            differs(&f.export) || by_default
        });
        let inside = |f: &FamilySettings| (f.import.clone(), f.allowas_in, f.weight);
        let said = |s: &Settings| {
            let families: Vec<_> = s.families.iter().map(|(family, f)| (*family, inside(f))).collect();
            (families, s.role, s.pretend)
        };
        (import || old.is_some_and(|old| said(old) != said(new)), export)
    }

    /// The export groups learn what is another now; `again`: policy is, though the profile may be the same.
    pub(crate) fn profiles_again(&mut self, now: Instant, ix: PeerIx, again: bool) {
        let Some(negotiated) = self.peers.get(&ix).and_then(Peer::negotiated).cloned() else { return };
        self.tell_table(ix, &negotiated);
        for family in &negotiated.families {
            if let Some(profile) = self.profile(ix, *family, &negotiated)
                && (again || self.export.profile(ix, *family) != Some(&profile))
            {
                self.export.reprofile(ix, profile, &told!(self));
            }
        }
        self.note_writable(now);
    }
}

/// The lists and maps of filters.
fn objects(filters: &Filters) -> impl Iterator<Item = Object<'_>> {
    let Filters { route_map, prefix_list, distribute_list, filter_list } = filters;
    (route_map.iter().map(|n| Object::RouteMap(n)))
        .chain(prefix_list.iter().map(|n| Object::PrefixList(n)))
        .chain(distribute_list.iter().map(|n| Object::AccessList(n)))
        .chain(filter_list.iter().map(|n| Object::AsPathList(n)))
}
