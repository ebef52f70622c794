//! `show ip ospf database`: LSAs with what they say, a page at a time.

use crate::config::{AreaKind, MetricType};
use crate::lsdb::{self, Lsdb};
use crate::wire::{Body, Kind, LinkKind, Lsa, LsaKey, RouterId};
use crate::{AreaId, IfId};
use core::net::Ipv4Addr;
use fib::Instant;
use serde::{Deserialize, Serialize};

/// Which LSAs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseQuery {
    /// Of this kind, with their bodies; `None`: all, in short.
    pub kind: Option<Kind>,
    /// With this link state ID.
    pub id: Option<Ipv4Addr>,
    /// Of this router.
    pub router: Option<RouterId>,
    /// Of ourselves.
    pub self_originate: bool,
    /// Only those of MaxAge that are still being flushed.
    pub max_age: bool,
    /// Go on after this one; `None`: from the start.
    pub after: Option<Position>,
}

impl DatabaseQuery {
    /// LSAs of one answer at most.
    pub const PAGE: usize = 1_000;

    /// Whether an LSA of this age is asked for, wherever it is. `own` is the router ID in force.
    pub fn matches(&self, key: &LsaKey, age: u16, own: RouterId) -> bool {
        self.kind.is_none_or(|kind| kind == key.kind)
            && self.id.is_none_or(|id| id == key.id)
            && self.router.is_none_or(|router| router == key.router)
            && (!self.self_originate || key.router == own)
            && (!self.max_age || age >= crate::wire::lsa::MAX_AGE)
    }

    /// Whether the page begins behind this LSA.
    pub fn is_past(&self, scope: &Scope, key: &LsaKey) -> bool {
        self.after.as_ref().is_some_and(|after| (scope, key) <= (&after.scope, &after.key))
    }
}

/// How far an LSA is flooded; ordered as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One area.
    Area(AreaId),
    /// One link.
    Link {
        /// The interface's area.
        area: AreaId,
        /// The interface.
        interface: String,
    },
    /// The whole AS, but for stub areas and NSSAs.
    As,
}

/// Where a listing goes on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The scope of the last one told.
    pub scope: Scope,
    /// The last one told.
    pub key: LsaKey,
}

/// `show ip ospf database`: a page of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    /// The router ID in force.
    pub router_id: RouterId,
    /// All areas with their kinds, by number; also those without an LSA here.
    pub areas: Vec<(AreaId, AreaKind)>,
    /// Ordered by scope, then key.
    pub lsas: Vec<LsaView>,
    /// Where this page went on; `None`: it is the first.
    pub after: Option<Position>,
    /// Ask again with `after` set to this; `None`: that was all.
    pub more: Option<Position>,
}

/// One LSA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LsaView {
    /// How far it is flooded.
    pub scope: Scope,
    /// Which it is.
    pub key: LsaKey,
    /// Seconds, 0..=3600.
    pub age: u16,
    /// Options: [`crate::wire::options`].
    pub options: u8,
    /// Sequence number.
    pub sequence: i32,
    /// Checksum.
    pub checksum: u16,
    /// Bytes, header included.
    pub length: u16,
    /// We originated it.
    pub own: bool,
    /// What it says.
    pub body: LsaBody,
}

/// What an LSA says. Lists are empty unless the body was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LsaBody {
    /// Type 1.
    Router {
        /// Flags: [`crate::wire::lsa::flags`].
        flags: u8,
        /// How many links.
        count: u16,
        /// The links.
        links: Vec<RouterLink>,
    },
    /// Type 2.
    Network {
        /// Length of the network mask.
        len: u8,
        /// The attached routers.
        routers: Vec<RouterId>,
    },
    /// Types 3 and 4.
    Summary {
        /// Length of the network mask; 0 in type 4.
        len: u8,
        /// Cost, 0..=0xffffff (unreachable).
        metric: u32,
    },
    /// Types 5 and 7.
    External {
        /// Length of the network mask.
        len: u8,
        /// Metric type.
        metric_type: MetricType,
        /// 0..=0xffffff (unreachable).
        metric: u32,
        /// Forwarding address; 0.0.0.0: the originator.
        forward: Ipv4Addr,
        /// Route tag.
        tag: u32,
    },
    /// Types 9 to 11.
    Opaque {
        /// Bytes of information, header left out.
        length: u16,
        /// The information.
        data: Vec<u8>,
    },
}

/// A link of a router-LSA.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouterLink {
    /// Link type.
    pub kind: LinkKind,
    /// Link ID.
    pub id: Ipv4Addr,
    /// Link data.
    pub data: Ipv4Addr,
    /// Cost.
    pub metric: u16,
}

impl Database {
    /// A page of the database. `areas`: all there are, with their kinds; `interface` tells an interface's area and
    /// name, `None` for one that is gone.
    pub fn page(
        lsdb: &Lsdb,
        now: Instant,
        router_id: RouterId,
        areas: Vec<(AreaId, AreaKind)>,
        interface: impl Fn(IfId) -> Option<(AreaId, String)>,
        query: &DatabaseQuery,
    ) -> Database {
        let mut scopes: Vec<(Scope, &lsdb::Database)> =
            lsdb.areas().map(|(id, db)| (Scope::Area(id), db)).collect();
        scopes.extend(lsdb.links().filter_map(|(id, db)| {
            let (area, interface) = interface(id)?;
            Some((Scope::Link { area, interface }, db))
        }));
        scopes.push((Scope::As, lsdb.externals()));
        scopes.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut page =
            Database { router_id, areas, lsas: Vec::new(), after: query.after.clone(), more: None };
        for (scope, database) in scopes {
            for (key, entry) in database.iter().skip_while(|(key, _)| query.is_past(&scope, key)) {
                let age = entry.age(now);
                if !query.matches(key, age, router_id) {
                    continue;
                }
                if page.lsas.len() >= DatabaseQuery::PAGE {
                    page.more = page.lsas.last().map(|l| Position { scope: l.scope.clone(), key: l.key });
                    return page;
                }
                let own = key.router == router_id;
                page.lsas.push(LsaView::new(scope.clone(), &entry.lsa, age, own, query.kind.is_some()));
            }
        }
        page
    }
}

impl LsaView {
    /// An LSA as it is now; with `detail`, its lists too.
    pub fn new(scope: Scope, lsa: &Lsa, age: u16, own: bool, detail: bool) -> LsaView {
        let header = lsa.header;
        LsaView {
            scope,
            key: header.key,
            age,
            options: header.options,
            sequence: header.sequence,
            checksum: header.checksum,
            length: header.length,
            own,
            body: LsaBody::new(&lsa.body(), detail),
        }
    }
}

impl LsaBody {
    fn new(body: &Body<'_>, detail: bool) -> LsaBody {
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let kept = if detail { usize::MAX } else { 0 };
        match body {
            Body::Router { flags, links } => LsaBody::Router {
                flags: *flags,
                count: count(links.clone().count()),
                links: links
                    .clone()
                    .take(kept)
                    .map(|l| RouterLink { kind: l.kind, id: l.id, data: l.data, metric: l.metric })
                    .collect(),
            },
            Body::Network { len, routers } => {
                LsaBody::Network { len: *len, routers: routers.clone().take(kept).collect() }
            }
            Body::Summary { len, metric } => LsaBody::Summary { len: *len, metric: *metric },
            Body::External(e) => LsaBody::External {
                len: e.len,
                metric_type: if e.type2 { MetricType::Two } else { MetricType::One },
                metric: e.metric,
                forward: e.forward,
                tag: e.tag,
            },
            Body::Opaque(data) => {
                LsaBody::Opaque { length: count(data.len()), data: data.iter().copied().take(kept).collect() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsdb::Entry;
    use fib::PortId;

    const OWN: RouterId = Ipv4Addr::new(2, 2, 2, 2);
    const OTHER: RouterId = Ipv4Addr::new(1, 1, 1, 1);

    fn insert(lsdb: &mut Lsdb, scope: lsdb::Scope, kind: Kind, id: u32, router: RouterId, body: &[u8]) {
        let key = LsaKey { kind, id: Ipv4Addr::from_bits(id), router };
        let lsa = Lsa::build(key, 2, 1, body);
        lsdb.insert(scope, Entry { lsa, installed: Instant::ZERO, own: router == OWN, flooded: true });
    }

    /// 2,500 externals, router-LSAs in two areas, an opaque LSA on a link.
    fn lsdb() -> Lsdb {
        let mut lsdb = Lsdb::default();
        let external = [255, 255, 255, 0, 0x80, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 7];
        for n in 0..2_500 {
            insert(&mut lsdb, lsdb::Scope::As, Kind::External, 0x0a00_0000 + (n << 8), OTHER, &external);
        }
        // One stub link.
        let router = [0, 2, 0, 1, 10, 0, 1, 0, 255, 255, 255, 0, 3, 0, 0, 10];
        for (area, id) in [(0, OWN), (0, OTHER), (1, OWN)] {
            insert(&mut lsdb, lsdb::Scope::Area(AreaId(area)), Kind::Router, id.to_bits(), id, &router);
        }
        let link = lsdb::Scope::Link(IfId::Port(PortId(4)));
        insert(&mut lsdb, link, Kind::OpaqueLink, 0x0300_0000, OTHER, &[1, 2, 3, 4]);
        lsdb
    }

    fn page(query: &DatabaseQuery) -> Database {
        let areas = vec![(AreaId(0), AreaKind::Normal), (AreaId(1), AreaKind::Stub)];
        let name = |id| (id == IfId::Port(PortId(4))).then(|| (AreaId(0), "eth0".to_owned()));
        Database::page(&lsdb(), Instant::ZERO, OWN, areas, name, query)
    }

    #[test]
    fn pages_tell_every_lsa_once_and_in_order() {
        let mut query = DatabaseQuery::default();
        let mut told = Vec::new();
        let mut pages = 0;
        loop {
            let page = page(&query);
            assert!(page.lsas.len() <= DatabaseQuery::PAGE);
            assert_eq!(page.after, query.after);
            told.extend(page.lsas.into_iter().map(|l| (l.scope, l.key)));
            pages += 1;
            if page.more.is_none() {
                break;
            }
            query.after = page.more;
        }
        assert_eq!((told.len(), pages), (2_504, 3));
        assert!(told.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn a_query_chooses_by_kind_originator_and_id() {
        let routers = page(&DatabaseQuery { kind: Some(Kind::Router), ..DatabaseQuery::default() });
        assert_eq!(routers.lsas.len(), 3);
        let expected = RouterLink {
            kind: LinkKind::Stub,
            id: Ipv4Addr::new(10, 0, 1, 0),
            data: Ipv4Addr::new(255, 255, 255, 0),
            metric: 10,
        };
        let links = |l: &LsaView| match &l.body {
            LsaBody::Router { count, links, .. } => (*count, links.clone()),
            other => panic!("{other:?}"),
        };
        assert_eq!(links(&routers.lsas[0]), (1, vec![expected]));
        let own = page(&DatabaseQuery { self_originate: true, ..DatabaseQuery::default() });
        assert_eq!(own.lsas.len(), 2);
        assert!(own.lsas.iter().all(|l| l.own));
        assert_eq!(links(&own.lsas[0]), (1, vec![]), "in short");
        let one = DatabaseQuery {
            kind: Some(Kind::External),
            id: Some(Ipv4Addr::new(10, 0, 9, 0)),
            router: Some(OTHER),
            ..DatabaseQuery::default()
        };
        let one = page(&one).lsas;
        let body = LsaBody::External {
            len: 24,
            metric_type: MetricType::Two,
            metric: 20,
            forward: Ipv4Addr::UNSPECIFIED,
            tag: 7,
        };
        assert_eq!((one.len(), &one[0].body), (1, &body));
        assert!(page(&DatabaseQuery { max_age: true, ..DatabaseQuery::default() }).lsas.is_empty());
    }
}
