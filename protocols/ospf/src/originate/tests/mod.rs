//! One router, its own LSAs read back from its database.

mod areas;
mod externals;

use crate::config::{
    AreaConfig, AreaKind, Config, DefaultInformation, InterfaceConfig, MetricType, NetworkType, NssaDefault,
    Range, Redistribute, SummaryAddress,
};
use crate::lsdb::{Entry, Scope};
use crate::neighbor::{Neighbor, State};
use crate::process::Ospf;
use crate::wire::lsa::{External, Lsa, external_body, flags, router_body};
use crate::wire::{Body, Kind, Link, LinkKind, LsaKey, options};
use crate::{AreaId, IfId};
use core::net::Ipv4Addr;
use core::time::Duration;
use fib::{Instant, NextHop, PortId, Prefix, Protocol, Route, Source, Target};
use policy::Policy;
use proto::{Event, Machine, Port, Redistributed};
use std::collections::BTreeMap;
use std::sync::Arc;

fn ip(s: &str) -> Ipv4Addr {
    s.parse().unwrap()
}

fn net(s: &str) -> Prefix {
    s.parse().unwrap()
}

/// A router 5.5.5.5 with point-to-point ports eth0.. of these addresses and areas, cost 10 each.
struct Lab {
    now: Instant,
    config: Config,
    ospf: Ospf,
    /// The RIB's view of it.
    rib: BTreeMap<Prefix, Route>,
}

fn lab(ports: &[(&str, u32)], edit: impl Fn(&mut Config)) -> Lab {
    let mut config = Config { router_id: Some(ip("5.5.5.5")), ..Config::default() };
    for (n, (_, area)) in ports.iter().enumerate() {
        let interface = InterfaceConfig {
            area: Some(AreaId(*area)),
            cost: Some(10),
            network: Some(NetworkType::PointToPoint),
            ..InterfaceConfig::default()
        };
        config.interfaces.insert(format!("eth{n}"), interface);
    }
    edit(&mut config);
    let ospf = Ospf::new(Instant::ZERO, config.clone(), Arc::default(), 1);
    let mut lab = Lab { now: Instant::ZERO, config, ospf, rib: BTreeMap::new() };
    for (n, (address, _)) in ports.iter().enumerate() {
        let port = Port {
            id: PortId(u32::try_from(n).unwrap()),
            name: format!("eth{n}"),
            up: true,
            mtu: 1500,
            addresses: vec![address.parse().unwrap()],
            loopback: false,
            bandwidth: 1000,
        };
        lab.ospf.set_port(lab.now, port);
    }
    lab.settle();
    lab
}

impl Lab {
    /// Time goes on until everything that waits has been done.
    fn settle(&mut self) {
        for _ in 0..120 {
            self.now += Duration::from_millis(500);
            self.ospf.handle_timeout(self.now);
            while self.ospf.poll_transmit().is_some() {}
            while let Some(event) = self.ospf.poll_event() {
                match event {
                    Event::Announce { prefix, route, .. } => drop(self.rib.insert(prefix, route)),
                    Event::Withdraw { prefix, .. } => drop(self.rib.remove(&prefix)),
                    _ => {}
                }
            }
            // The neighbors of these tests say no hello.
            let deaf = self.ospf.interfaces.values_mut().flat_map(|i| i.neighbors.values_mut());
            deaf.for_each(|n| n.heard = self.now);
        }
    }

    fn edit(&mut self, edit: impl Fn(&mut Config)) {
        edit(&mut self.config);
        self.ospf.apply(self.now, self.config.clone(), Arc::clone(&self.ospf.policy));
        self.settle();
    }

    fn policy(&mut self, policy: policy::Config) {
        self.ospf.apply(self.now, self.config.clone(), Arc::new(Policy::new(policy)));
        self.settle();
    }

    /// A static route, or that it is gone.
    fn stat(&mut self, prefix: &str, gateway: Option<&str>) {
        let route = gateway
            .map(|g| Route::new(Protocol::Static, Target::Via(vec![NextHop::via(g.parse().unwrap())])));
        let source = Source::new(Protocol::Static, 0);
        self.ospf.handle_route(self.now, Redistributed { source, prefix: net(prefix), route });
        self.settle();
    }

    /// A neighbor N.N.N.N on eth`port`, full, with a router-LSA that has these flags and a stub network.
    fn neighbor(&mut self, port: u32, n: u8, flags: u8, address: &str, stub: Option<&str>) {
        let (router, address) = (Ipv4Addr::new(n, n, n, n), ip(address));
        let id = IfId::Port(PortId(port));
        let interface = self.ospf.interfaces.get_mut(&id).unwrap();
        let area = interface.area();
        let neighbor = Neighbor { state: State::Full, ..Neighbor::new(self.now, router, address) };
        interface.neighbors.insert(router, neighbor);
        let own = ip("5.5.5.5");
        let mut links = vec![Link { kind: LinkKind::PointToPoint, id: own, data: address, metric: 10 }];
        links.extend(stub.map(net).map(|s| Link {
            kind: LinkKind::Stub,
            id: super::ids::address(&s),
            data: s.netmask().unwrap(),
            metric: 1,
        }));
        let key = LsaKey { kind: Kind::Router, id: router, router };
        self.hear(Scope::Area(area), key, 0, &router_body(flags, &links));
        self.ospf.dirty.areas.insert(area);
        self.ospf.dirty.root = true;
        self.ospf.rest(self.now);
        self.settle();
    }

    fn hear(&mut self, scope: Scope, key: LsaKey, options: u8, body: &[u8]) {
        let sequence = self.ospf.lsdb.get(scope, &key).map_or(1, |e| e.lsa.header.sequence + 1);
        let lsa = Lsa::build(key, options, sequence, body);
        self.ospf.install(self.now, scope, Entry { lsa, installed: self.now, own: false, flooded: true });
        self.ospf.rest(self.now);
        self.settle();
    }

    /// Own summaries (type 3 or 4) of an area: network or router, and metric.
    fn summaries(&self, area: u32, kind: Kind) -> Vec<(String, u32)> {
        let own = self.own(Scope::Area(AreaId(area)), kind);
        let said = |e: &&Entry| match e.lsa.body() {
            Body::Summary { len, metric } => Some((format!("{}/{len}", e.lsa.key().id), metric)),
            _ => None,
        };
        own.iter().filter_map(said).collect()
    }

    /// Own externals of a scope: ID and length, metric with its type, forwarding address, tag and P-bit.
    fn externals(&self, scope: Scope, kind: Kind) -> Vec<String> {
        let said = |e: &&Entry| match e.lsa.body() {
            Body::External(x) => {
                let (type2, p) =
                    (u8::from(x.type2) + 1, if e.lsa.header.options & options::NP != 0 { " P" } else { "" });
                let id = e.lsa.key().id;
                Some(format!("{id}/{} {} E{type2} via {} tag {}{p}", x.len, x.metric, x.forward, x.tag))
            }
            _ => None,
        };
        self.own(scope, kind).iter().filter_map(said).collect()
    }

    fn type5(&self) -> Vec<String> {
        self.externals(Scope::As, Kind::External)
    }

    fn type7(&self, area: u32) -> Vec<String> {
        self.externals(Scope::Area(AreaId(area)), Kind::NssaExternal)
    }

    fn own(&self, scope: Scope, kind: Kind) -> Vec<&Entry> {
        let all = self.ospf.lsdb.scope(scope).into_iter().flat_map(|db| db.of_kind(kind));
        all.map(|(_, e)| e)
            .filter(|e| e.lsa.key().router == ip("5.5.5.5") && !e.is_max_age(self.now))
            .collect()
    }

    fn flags(&self, area: u32) -> u8 {
        match self.own(Scope::Area(AreaId(area)), Kind::Router)[0].lsa.body() {
            Body::Router { flags, .. } => flags,
            _ => panic!("a router-LSA"),
        }
    }
}

fn area(config: &mut Config, id: u32) -> &mut AreaConfig {
    config.areas.entry(AreaId(id)).or_default()
}

fn summary(of: &[(&str, u32)]) -> Vec<(String, u32)> {
    of.iter().map(|(p, m)| ((*p).to_owned(), *m)).collect()
}

const TWO: [(&str, u32); 2] = [("10.0.0.5/24", 0), ("10.1.0.5/24", 1)];
