//! Groups against a table of a few lines, and peers that believe what they read.

mod groups;
mod limits;
mod property;

use super::profile::tests::plain;
use super::*;
use crate::RouterId;
use crate::attrs::{self, AttrId, Entry, Store};
use crate::config::AddPathTx;
use crate::settings::PeerKind;
use crate::table::DestId;
use crate::wire::{Kind, Refresh, RouteRefresh, frame, update};
use fib::Prefix;
use policy::Policy;
use policy::bgp::{AsPath, Attributes, Origin, Segment, SegmentKind};

/// A table: paths by destination, best first. Numbers of destinations that are gone and not held are used again at once.
pub(super) struct Lines {
    pub(super) store: Store,
    pub(super) dests: Vec<Line>,
}

#[derive(Clone, Default)]
pub(super) struct Line {
    pub(super) prefix: Option<Prefix>,
    pub(super) paths: Vec<Route>,
    pub(super) holds: u32,
    pub(super) suppressed: bool,
}

impl Lines {
    fn new() -> Lines {
        Lines { store: Store::new(1), dests: Vec::new() }
    }

    fn find(&self, prefix: &Prefix) -> Option<u32> {
        let at = self.dests.iter().position(|d| d.prefix.as_ref() == Some(prefix))?;
        u32::try_from(at).ok()
    }

    fn make(&mut self, prefix: Prefix) -> u32 {
        let free = self.dests.iter().position(|d| d.prefix.is_none());
        let at = self.find(&prefix).map(|n| n as usize).or(free).unwrap_or(self.dests.len());
        if at == self.dests.len() {
            self.dests.push(Line::default());
        }
        self.dests[at].prefix = Some(prefix);
        u32::try_from(at).unwrap()
    }

    fn collect(&mut self, dest: u32) {
        let line = &mut self.dests[dest as usize];
        if line.paths.is_empty() && line.holds == 0 {
            *line = Line::default();
        }
    }
}

impl Routes for Lines {
    fn ends(&self, _: Family) -> u32 {
        u32::try_from(self.dests.len()).unwrap()
    }
    fn prefix(&self, _: Family, dest: u32) -> Option<Prefix> {
        self.dests.get(dest as usize)?.prefix
    }
    fn best(&self, _: Family, dest: u32) -> Option<Route> {
        let line = self.dests.get(dest as usize)?;
        line.paths.first().map(|r| Route { suppressed: line.suppressed, ..*r })
    }
    fn paths(&self, _: Family, dest: u32, _: AddPathTx, each: &mut dyn FnMut(Route)) {
        self.dests.get(dest as usize).into_iter().flat_map(|d| &d.paths).for_each(|r| each(*r));
    }
    fn entry(&self, attrs: AttrId) -> &Entry {
        self.store.get(attrs)
    }
    fn source(&self, _: Family, peer: PeerIx) -> Source {
        let router_id = RouterId::new(10, 0, 0, u8::try_from(peer.0).unwrap());
        match peer {
            PeerIx::SELF => Source::local(router_id),
            _ => Source {
                peer,
                kind: Some(PeerKind::External),
                router_id,
                reflector_client: false,
                server_client: false,
            },
        }
    }
    fn validity(&self, _: &Prefix, _: AttrId) -> Option<policy::config::Validity> {
        None
    }
    fn hold(&mut self, _: Family, dest: u32) {
        self.dests[dest as usize].holds += 1;
    }
    fn release(&mut self, _: Family, dest: u32) {
        self.dests[dest as usize].holds -= 1;
        self.collect(dest);
    }
}

/// A router with such a table, and its peers.
pub(super) struct Lab {
    pub(super) export: Export,
    pub(super) lines: Lines,
    pub(super) policy: Policy,
    pub(super) now: Instant,
    pub(super) peers: BTreeMap<PeerIx, Peer>,
}

/// A peer that keeps what it is told.
#[derive(Default)]
pub(super) struct Peer {
    pub(super) profile: Option<Profile>,
    pub(super) routes: BTreeMap<(Prefix, u32), Vec<u8>>,
    stale: std::collections::BTreeSet<(Prefix, u32)>,
    pub(super) log: Vec<Said>,
    pub(super) longest: usize,
}

/// What a message was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Announce(Vec<(Prefix, u32)>),
    Withdraw(Vec<(Prefix, u32)>),
    EndOfRib,
    Refresh(Refresh),
}

impl Peer {
    fn hear(&mut self, bytes: &[u8]) {
        let profile = self.profile.clone().expect("a session");
        let mut left = bytes;
        while let Some((kind, length)) = frame(left, profile.max_message()).expect("well formed") {
            let (message, rest) = left.split_at(length);
            left = rest;
            self.longest = self.longest.max(length);
            let body = &message[19..];
            match kind {
                Kind::Update => self.update(body, &profile),
                Kind::RouteRefresh => {
                    let kind = RouteRefresh::parse(body, true).unwrap().kind.unwrap();
                    self.refresh(kind);
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(left.is_empty(), "whole messages only");
    }

    fn update(&mut self, body: &[u8], profile: &Profile) {
        let codec = crate::wire::Codec { add_path_rx: profile.codec.add_path_tx, ..profile.codec };
        let context = update::Context { codec, kind: profile.kind, families: [true; 2], first_as: None };
        let mut scratch = Vec::new();
        let update = update::parse(body, &context, &mut scratch).expect("well formed");
        assert_eq!(update.treat_as_withdraw, None);
        if update.end_of_rib.is_some() {
            self.log.push(Said::EndOfRib);
            return;
        }
        let gone: Vec<(Prefix, u32)> = update
            .withdrawn
            .iter()
            .chain(update.unreach.into_iter().flatten())
            .map(|(id, p)| (p, id))
            .collect();
        if !gone.is_empty() {
            for key in &gone {
                assert!(self.routes.remove(key).is_some(), "{key:?} is withdrawn and was never announced");
                self.stale.remove(key);
            }
            self.log.push(Said::Withdraw(gone));
        }
        for routes in update.announced.into_iter().chain(update.reach) {
            let keys: Vec<(Prefix, u32)> = routes.nlri.iter().map(|(id, p)| (p, id)).collect();
            for key in &keys {
                self.routes.insert(*key, routes.attributes.to_vec());
                self.stale.remove(key);
            }
            self.log.push(Said::Announce(keys));
        }
    }

    fn refresh(&mut self, kind: Refresh) {
        match kind {
            Refresh::Begin => self.stale = self.routes.keys().copied().collect(),
            Refresh::End => {
                assert_eq!(std::mem::take(&mut self.stale), Default::default(), "all was repeated");
            }
            Refresh::Request => panic!("we send no requests"),
        }
        self.log.push(Said::Refresh(kind));
    }
}

pub(super) fn prefix(n: u32) -> Prefix {
    Prefix::new(IpAddr::V4((0x0a00_0000 | n << 8).into()), 24)
}

/// A route of `asn`, told apart by `variant`.
pub(super) fn attributes(asn: u32, variant: u32) -> Attributes {
    Attributes {
        origin: Origin::Igp,
        as_path: AsPath {
            segments: vec![Segment {
                kind: SegmentKind::Sequence,
                asns: vec![asn, if variant == 3 { 4_200_000_000 } else { 65_100 + variant }],
            }],
        },
        next_hop: "198.51.100.9".parse().unwrap(),
        ..Attributes::default()
    }
}

impl Lab {
    pub(super) fn new() -> Lab {
        Lab {
            export: Export::new(7),
            lines: Lines::new(),
            policy: Policy::default(),
            now: Instant::from_secs(1),
            peers: BTreeMap::new(),
        }
    }

    /// `from`'s path of a prefix; the latest is the best.
    pub(super) fn announce(&mut self, prefix: Prefix, from: u16, all: &Attributes) {
        let dest = self.lines.make(prefix);
        let attrs = self.lines.store.intern_attributes(all, attrs::Local::default());
        let line = &mut self.lines.dests[dest as usize];
        line.paths.retain(|r| r.from != PeerIx(from));
        let route = Route { attrs, from: PeerIx(from), id: u32::from(from) + 1, suppressed: false };
        line.paths.insert(0, route);
        self.export.changed(Family::of(prefix.is_v4()), DestId(dest), &mut self.lines);
    }

    pub(super) fn withdraw(&mut self, prefix: Prefix, from: u16) {
        let Some(dest) = self.lines.find(&prefix) else { return };
        self.lines.dests[dest as usize].paths.retain(|r| r.from != PeerIx(from));
        self.export.changed(Family::of(prefix.is_v4()), DestId(dest), &mut self.lines);
        self.lines.collect(dest);
    }

    pub(super) fn join(&mut self, peer: u16, profile: Profile) {
        let peer = PeerIx(peer);
        self.peers.insert(peer, Peer { profile: Some(profile.clone()), ..Peer::default() });
        self.export.join(peer, profile, &mut self.lines);
    }

    pub(super) fn leave(&mut self, peer: u16) {
        self.peers.remove(&PeerIx(peer));
        self.export.leave(PeerIx(peer), &mut self.lines);
    }

    pub(super) fn fill(&mut self, peer: u16, room: usize) -> usize {
        let peer = PeerIx(peer);
        let mut out = BytesMut::new();
        let mut context = Context { routes: &mut self.lines, policy: &self.policy };
        self.export.fill(self.now, peer, room, &mut out, &mut context);
        assert!(out.len() <= room);
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.hear(&out);
        }
        out.len()
    }

    /// Every peer reads until there is nothing to read.
    pub(super) fn drain(&mut self) {
        let peers: Vec<PeerIx> = self.peers.keys().copied().collect();
        let mut rounds = 0;
        while peers.iter().any(|p| self.export.has_work(self.now, *p)) {
            for peer in &peers {
                self.fill(peer.0, 100_000);
            }
            rounds += 1;
            assert!(rounds < 1000, "it comes to an end");
        }
    }

    pub(super) fn said(&mut self, peer: u16) -> Vec<Said> {
        std::mem::take(&mut self.peers.get_mut(&PeerIx(peer)).unwrap().log)
    }

    /// What a peer should have by now.
    pub(super) fn expected(&self, peer: PeerIx) -> BTreeMap<(Prefix, u32), Vec<u8>> {
        let mut all = BTreeMap::new();
        let ids = self.peers[&peer].profile.as_ref().unwrap().sends_path_ids();
        for (n, line) in self.lines.dests.iter().enumerate() {
            let paths = if ids { line.paths.as_slice() } else { line.paths.get(..1).unwrap_or_default() };
            for route in paths {
                let route = Route { suppressed: line.suppressed, ..*route };
                let dest = DestId(u32::try_from(n).unwrap());
                let sent = self.would_send(peer, dest, &route);
                if let Ok(bytes) = sent {
                    all.insert((line.prefix.unwrap(), if ids { route.id } else { 0 }), bytes);
                }
            }
        }
        all
    }

    pub(super) fn would_send(&self, peer: PeerIx, dest: DestId, route: &Route) -> Result<Vec<u8>, Denied> {
        self.export.would_send(peer, Family::Ipv4, dest, route, &self.lines, &self.policy).expect("a session")
    }

    pub(super) fn check(&self) {
        for (peer, state) in &self.peers {
            assert_eq!(state.routes, self.expected(*peer), "{peer:?}");
            let told = self.export.advertised_count(*peer, Family::Ipv4);
            let prefixes: std::collections::BTreeSet<Prefix> = state.routes.keys().map(|k| k.0).collect();
            assert_eq!(told, prefixes.len(), "{peer:?}");
        }
    }
}

pub(super) fn external() -> Profile {
    plain(Family::Ipv4, PeerKind::External)
}

pub(super) fn add_path() -> Profile {
    let mut profile = external();
    profile.codec.add_path_tx = [true, false];
    profile.add_path = Some(AddPathTx::All);
    profile
}
