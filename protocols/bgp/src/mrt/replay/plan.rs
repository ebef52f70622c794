//! Files into events in the order of their times, and what must be known of the recorded peers before the first of them
//! happens: their ASes, families, and how their UPDATEs are to be read.

use super::super::{
    Body, Entry, Fault, Message, Peer, PeerTable, Record, Records, Rib, Session, StateChange, families,
};
use crate::config::{Config, NeighborConfig, NeighborFamily, PeerKey, RemoteAs};
use crate::wire::{HEADER, Kind, Open, frame};
use crate::{Family, RouterId};
use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;
use policy::config::{self as policies, Action, RouteMapEntry};
use std::collections::{BTreeMap, BTreeSet};

/// The port on which peers with link-local addresses are.
pub(super) const PORT: &str = "recorded";
/// The map of a router made for the replay: it tells nobody anything.
const NOTHING: &str = "nothing";
/// The AS of a router of which the record tells none: the last one for private use (RFC 6996).
const LOCAL_AS: u32 = 4_294_967_294;

/// A peer as the record has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Its AS; 0: not known.
    pub asn: u32,
    /// Its BGP identifier; unspecified: not known.
    pub router_id: Option<RouterId>,
    /// The address of the router that recorded it, where known.
    pub local: Option<IpAddr>,
    /// The families of its routes.
    pub families: BTreeSet<Family>,
    /// Its prefixes have path identifiers, by `family as usize`.
    pub path_ids: [bool; 2],
    /// Its UPDATEs have two octets of an AS.
    pub as2: bool,
    /// An UPDATE of the family has been seen, by `family as usize`: it says more of path identifiers than a table.
    pub(super) told: [bool; 2],
    /// There are records of its states: they, not its OPENs, tell when a session begins.
    pub(super) states: bool,
}

/// What happens to a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It said this.
    Message(Kind, Vec<u8>),
    /// The session went from one state to another.
    State(u16, u16),
    /// A route of a table.
    Route(Prefix, u32, Vec<u8>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Happening {
    /// Microseconds since 1970.
    pub at: u64,
    pub peer: IpAddr,
    pub what: What,
}

/// What the files say.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub(super) peers: BTreeMap<IpAddr, Recorded>,
    pub(super) happenings: Vec<Happening>,
    /// Networks of the recording router's own.
    own: BTreeSet<Prefix>,
    collector: Option<RouterId>,
    local_as: Option<u32>,
    /// The time of the last record, seconds since 1970.
    last: u32,
    records: u64,
    others: u64,
    faults: Vec<Fault>,
}

impl Plan {
    /// Takes in one file more. What cannot be read is remembered, and the rest goes on.
    pub fn read(&mut self, bytes: &[u8]) {
        let mut table: Option<PeerTable> = None;
        for record in Records::new(bytes) {
            match record {
                Ok(record) => self.take(record, &mut table),
                Err(fault) => self.faults.push(fault),
            }
        }
        self.happenings.sort_by_key(|happening| happening.at);
    }

    /// Records that were read.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Those of them that are of no type known here.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// What could not be read.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The recorded peers.
    pub fn peers(&self) -> &BTreeMap<IpAddr, Recorded> {
        &self.peers
    }

    /// From when to when something happens, seconds since 1970; `None`: nothing does.
    pub fn span(&self) -> Option<(u32, u32)> {
        let seconds = |micros: u64| u32::try_from(micros / 1_000_000).unwrap_or(u32::MAX);
        let first = seconds(self.happenings.first()?.at);
        Some((first, seconds(self.happenings.last()?.at).max(self.last)))
    }

    fn take(&mut self, record: Record, table: &mut Option<PeerTable>) {
        self.records = self.records.saturating_add(1);
        self.last = self.last.max(record.at);
        let at = micros(record.at, record.micros);
        match record.body {
            Body::Peers(peers) => {
                self.collector = Some(peers.collector).filter(|id| !id.is_unspecified()).or(self.collector);
                peers.peers.iter().for_each(|peer| self.listed(peer));
                *table = Some(peers);
            }
            Body::Rib(rib) => self.rib(record.at, rib, table.as_ref()),
            Body::Message(message) => self.message(at, message),
            Body::State(StateChange { session, old, new }) => {
                self.seen(&session, session.as4).states = true;
                self.happenings.push(Happening { at, peer: session.peer, what: What::State(old, new) });
            }
            Body::Other { .. } => self.others = self.others.saturating_add(1),
        }
    }

    fn listed(&mut self, peer: &Peer) {
        if peer.address.is_unspecified() {
            return;
        }
        let known = self.peers.entry(peer.address).or_default();
        if peer.asn != 0 {
            known.asn = peer.asn;
        }
        known.router_id = Some(peer.router_id).filter(|id| !id.is_unspecified()).or(known.router_id);
    }

    /// `sure`: the ASes are all there is of them.
    fn seen(&mut self, session: &Session, sure: bool) -> &mut Recorded {
        if session.local_as != 0 && (sure || self.local_as.is_none()) {
            self.local_as = Some(session.local_as);
        }
        let known = self.peers.entry(session.peer).or_default();
        if session.peer_as != 0 && (sure || known.asn == 0) {
            known.asn = session.peer_as;
        }
        known.local = Some(session.local).filter(|a| !a.is_unspecified()).or(known.local);
        known
    }

    fn message(&mut self, at: u64, message: Message) {
        let session = message.session;
        let Ok(Some((kind, length))) = frame(&message.bytes, usize::from(u16::MAX)) else {
            self.faults.push(Fault::Bad("no message of BGP is in it"));
            return;
        };
        let body = message.bytes.get(HEADER..length).unwrap_or_default();
        let known = self.seen(&session, session.as4);
        match kind {
            Kind::Update => {
                known.as2 |= !session.as4;
                for family in families(body) {
                    known.families.insert(family);
                    let at = family as usize;
                    if let (Some(ids), Some(told)) = (known.path_ids.get_mut(at), known.told.get_mut(at)) {
                        *ids = message.add_path || *ids && *told;
                        *told = true;
                    }
                }
            }
            Kind::Open => {
                if let Ok(open) = Open::parse(body) {
                    known.asn = open.asn;
                    known.router_id = Some(open.router_id);
                    let all = open.capabilities.families.iter();
                    known.families.extend(all);
                }
            }
            _ => {}
        }
        let mut bytes = message.bytes;
        bytes.truncate(length);
        self.happenings.push(Happening { at, peer: session.peer, what: What::Message(kind, bytes) });
    }

    fn rib(&mut self, at: u32, rib: Rib, table: Option<&PeerTable>) {
        let family = Family::of(rib.prefix.is_v4());
        for Entry { peer, originated, path_id, attributes } in rib.entries {
            let Some(peer) = table.and_then(|t| t.peers.get(usize::from(peer))) else {
                self.faults.push(Fault::Bad("a route of a peer that is in no table"));
                continue;
            };
            if peer.address.is_unspecified() {
                self.own.insert(rib.prefix);
                continue;
            }
            let known = self.peers.entry(peer.address).or_default();
            known.families.insert(family);
            let place = family as usize;
            if let (Some(ids), Some(false)) = (known.path_ids.get_mut(place), known.told.get(place)) {
                *ids |= path_id != 0;
            }
            let since = if originated == 0 { at } else { originated.min(at) };
            let what = What::Route(rib.prefix, path_id, attributes);
            self.happenings.push(Happening { at: micros(since, None), peer: peer.address, what });
        }
    }

    /// A router that has the recorded peers, takes everything from them and tells nobody anything; `asn` where the record
    /// has none, or another one is wanted.
    pub fn config(&self, asn: Option<u32>) -> (Config, policies::Config) {
        let mut config = Config::new(asn.or(self.local_as).unwrap_or(LOCAL_AS));
        config.router_id = self.collector.or_else(|| self.local_v4()).or(Some(Ipv4Addr::new(0, 0, 0, 1)));
        config.ebgp_requires_policy = false;
        config.network_import_check = false;
        config.default_ipv4_unicast = false;
        for (address, peer) in &self.peers {
            config.neighbors.insert(PeerKey::Address(*address), neighbor(*address, peer));
        }
        for prefix in &self.own {
            let family = config.families.entry(Family::of(prefix.is_v4())).or_default();
            family.networks.insert(*prefix, Default::default());
        }
        let mut policies = policies::Config::default();
        let deny = RouteMapEntry {
            seq: 10,
            action: Action::Deny,
            description: None,
            matches: policies::Match::default(),
            set: policies::Set::default(),
            call: None,
            on_match: None,
        };
        policies.route_maps.insert(NOTHING.to_owned(), vec![deny]);
        (config, policies)
    }

    fn local_v4(&self) -> Option<Ipv4Addr> {
        self.peers.values().find_map(|peer| match peer.local {
            Some(IpAddr::V4(address)) => Some(address),
            _ => None,
        })
    }
}

fn neighbor(address: IpAddr, peer: &Recorded) -> NeighborConfig {
    let active = NeighborFamily {
        activate: Some(true),
        route_map_out: Some(NOTHING.to_owned()),
        ..NeighborFamily::default()
    };
    let mut families = peer.families.clone();
    if families.is_empty() {
        families.insert(Family::of(address.is_ipv4()));
    }
    NeighborConfig {
        remote_as: Some(RemoteAs::Number(peer.asn.max(1))),
        interface: is_link_local(address).then(|| PORT.to_owned()),
        ebgp_multihop: Some(u8::MAX),
        // A route server's AS is not in its paths.
        enforce_first_as: Some(false),
        extended_nexthop: Some(true),
        families: families.into_iter().map(|family| (family, active.clone())).collect(),
        ..NeighborConfig::default()
    }
}

pub(super) fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(a) if a.is_unicast_link_local())
}

fn micros(seconds: u32, micros: Option<u32>) -> u64 {
    u64::from(seconds).saturating_mul(1_000_000).saturating_add(micros.unwrap_or(0).min(999_999).into())
}
