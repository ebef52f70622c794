//! Promises of the calculation, on networks built of LSAs.

mod areas;
mod explain;
mod externals;
mod first_hops;
mod random;
mod sample;

use super::*;
use crate::lsdb::Entry;
use crate::wire::lsa::{external_body, flags, network_body, router_body, summary_body};
use crate::wire::{External, options};
use bytes::Bytes;

pub(super) const AREA0: AreaId = AreaId::BACKBONE;
pub(super) const AREA1: AreaId = AreaId(1);
pub(super) const AREA2: AreaId = AreaId(2);

pub(super) fn ip(s: &str) -> Ipv4Addr {
    s.parse().unwrap()
}

/// Router N.
pub(super) fn rt(n: u32) -> RouterId {
    Ipv4Addr::from_bits(n << 24 | n << 16 | n << 8 | n)
}

pub(super) fn p2p(router: RouterId, data: &str, metric: u16) -> Link {
    Link { kind: LinkKind::PointToPoint, id: router, data: ip(data), metric }
}

pub(super) fn transit(dr: &str, data: &str, metric: u16) -> Link {
    Link { kind: LinkKind::Transit, id: ip(dr), data: ip(data), metric }
}

pub(super) fn stub(prefix: &str, metric: u16) -> Link {
    let prefix: Prefix = prefix.parse().unwrap();
    let id = Net::from_prefix(&prefix).unwrap().first();
    Link { kind: LinkKind::Stub, id, data: prefix.netmask().unwrap(), metric }
}

pub(super) fn virtual_link(router: RouterId, data: &str, metric: u16) -> Link {
    Link { kind: LinkKind::Virtual, id: router, data: ip(data), metric }
}

/// A database, and a calculation that was told of each of its changes.
pub(super) struct Lab {
    pub(super) lsdb: Lsdb,
    pub(super) spf: Spf,
    pub(super) root: Root,
    pub(super) settings: Settings,
    /// What the answered changes come to.
    pub(super) mirror: BTreeMap<Prefix, Route>,
    sequence: i32,
}

impl Lab {
    pub(super) fn new(router: RouterId, areas: &[AreaId]) -> Lab {
        let view = AreaView { active: true, adjacent: true, ..AreaView::default() };
        Lab {
            lsdb: Lsdb::default(),
            spf: Spf::default(),
            root: Root {
                router,
                links: BTreeMap::new(),
                areas: areas.iter().map(|a| (*a, view.clone())).collect(),
            },
            settings: Settings { maximum_paths: 64, rfc1583_compatible: false, abr_type: AbrType::default() },
            mirror: BTreeMap::new(),
            sequence: 0,
        }
    }

    pub(super) fn install(&mut self, scope: Scope, key: LsaKey, options: u8, body: Bytes) {
        self.sequence += 1;
        let lsa = Lsa::build(key, options, self.sequence, &body);
        let entry = Entry { lsa: lsa.clone(), installed: Instant::ZERO, own: false, flooded: false };
        let old = self.lsdb.insert(scope, entry);
        self.spf.note(scope, key, old.as_ref().map(|e| &e.lsa), Some(&lsa));
    }

    pub(super) fn withdraw(&mut self, scope: Scope, key: LsaKey) {
        let old = self.lsdb.remove(scope, &key);
        self.spf.note(scope, key, old.as_ref().map(|e| &e.lsa), None);
    }

    pub(super) fn router(&mut self, area: AreaId, router: RouterId, flags: u8, links: &[Link]) {
        let key = LsaKey { kind: Kind::Router, id: router, router };
        self.install(Scope::Area(area), key, options::E, router_body(flags, links));
    }

    pub(super) fn network(&mut self, area: AreaId, dr: &str, len: u8, routers: &[RouterId]) {
        let key = LsaKey { kind: Kind::Network, id: ip(dr), router: routers[0] };
        self.install(Scope::Area(area), key, options::E, network_body(len, routers));
    }

    pub(super) fn summary(&mut self, area: AreaId, by: RouterId, prefix: &str, metric: u32) {
        let net = Net::from_prefix(&prefix.parse().unwrap()).unwrap();
        let key = LsaKey { kind: Kind::Summary, id: net.first(), router: by };
        let len = net.prefix().len();
        self.install(Scope::Area(area), key, options::E, summary_body(len, metric));
    }

    pub(super) fn asbr_summary(&mut self, area: AreaId, by: RouterId, asbr: RouterId, metric: u32) {
        let key = LsaKey { kind: Kind::AsbrSummary, id: asbr, router: by };
        self.install(Scope::Area(area), key, options::E, summary_body(0, metric));
    }

    /// Type 5, or type 7 with the P-bit in `nssa`.
    pub(super) fn external(&mut self, nssa: Option<(AreaId, bool)>, by: RouterId, prefix: &str, e: External) {
        let net = Net::from_prefix(&prefix.parse().unwrap()).unwrap();
        let (scope, kind) = match nssa {
            Some((area, _)) => (Scope::Area(area), Kind::NssaExternal),
            None => (Scope::As, Kind::External),
        };
        let options = if nssa.is_some_and(|(_, p)| p) { options::NP } else { 0 };
        let key = LsaKey { kind, id: net.first(), router: by };
        let external = External { len: net.prefix().len(), ..e };
        self.install(scope, key, options, external_body(&external));
    }

    /// The root's links: those of its own LSAs, on ports 1, 2, ... of each area's hundred; the neighbor's address
    /// from its link back, or its router ID.
    pub(super) fn link_root(&mut self) {
        self.root.links.clear();
        for (n, area) in self.root.areas.keys().enumerate() {
            let Some(db) = self.lsdb.area(*area) else { continue };
            let links = links_of(db, self.root.router);
            let root_link = |(i, link): (usize, &Link)| {
                let port = PortId((n * 100 + i + 1) as u32);
                let back = links_of(db, link.id);
                let back = back.iter().find(|l| l.id == self.root.router && l.data.octets()[0] != 0);
                let neighbor =
                    (link.kind == LinkKind::PointToPoint).then(|| back.map_or(link.id, |l| l.data));
                RootLink { link: *link, port, neighbor }
            };
            let links = links.iter().enumerate().map(root_link).collect();
            self.root.links.insert(*area, links);
        }
    }

    pub(super) fn run(&mut self) -> Vec<Change> {
        let changes = self.spf.run(Instant::ZERO, &self.lsdb, &self.root, &self.settings);
        assert!(changes.is_sorted_by_key(|c| c.prefix));
        for change in &changes {
            let old = match &change.route {
                Some(route) => self.mirror.insert(change.prefix, route.clone()),
                None => self.mirror.remove(&change.prefix),
            };
            assert_ne!(old, change.route, "{} did not change", change.prefix);
        }
        assert_eq!(&self.mirror, self.spf.routes());
        assert_eq!(self.spf.pending(), None);
        changes
    }

    /// The same by a calculation that knows only what is in the database now.
    pub(super) fn afresh(&self) -> Spf {
        let mut spf = Spf::default();
        spf.run(Instant::ZERO, &self.lsdb, &self.root, &self.settings);
        spf
    }

    pub(super) fn route(&self, prefix: &str) -> Option<&Route> {
        self.spf.routes().get(&prefix.parse().unwrap())
    }

    pub(super) fn cost(&self, prefix: &str) -> Option<u32> {
        self.route(prefix).map(|r| r.cost)
    }

    /// `port gateway` of each next hop.
    pub(super) fn via(&self, prefix: &str) -> Vec<String> {
        self.route(prefix).map(|r| tell(&r.hops)).unwrap_or_default()
    }
}

pub(super) fn tell(hops: &[Hop]) -> Vec<String> {
    let tell = |h: &Hop| h.gateway.map_or(format!("{}", h.port.0), |g| format!("{} {g}", h.port.0));
    hops.iter().map(tell).collect()
}

pub(super) fn links_of(db: &crate::lsdb::Database, router: RouterId) -> Vec<Link> {
    match db.router(router).map(|e| e.lsa.body()) {
        Some(Body::Router { links, .. }) => links.collect(),
        _ => Vec::new(),
    }
}

pub(super) const E1: External =
    External { len: 0, type2: false, metric: 10, forward: Ipv4Addr::UNSPECIFIED, tag: 0 };
pub(super) const E2: External = External { type2: true, ..E1 };
