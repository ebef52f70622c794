//! What `show` tells of two routers on a point-to-point link and a LAN.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use ospf::AreaId;
use ospf::show::{DatabaseQuery, InterfaceState, NeighborQuery, NeighborState, NetworkKind, PathKind, Role};
use ospf::wire::Kind;
use support::{Net, config, ip, p, p2p};

/// eth1 point-to-point, eth2 a LAN, eth9 a network of each router's own.
fn pair() -> Net {
    let mut net = Net::new(1);
    for n in 1..=2 {
        net.add(p2p(config(n), &["eth1"]));
        net.port(usize::from(n) - 1, 9, &format!("10.9.{n}.1/24"));
    }
    net.link((0, 1), (1, 1));
    net.wire(&[(0, 2), (1, 2)]);
    for n in 1..=2 {
        net.port(n - 1, 2, &format!("10.2.0.{n}/24"));
    }
    net.run_for(60);
    net
}

#[test]
fn neighbors_are_told_with_their_roles() {
    let net = pair();
    let ospf = &net.nodes[0].ospf;
    let all = ospf.neighbors(net.now, &NeighborQuery::default()).neighbors;
    let what: Vec<_> = all.iter().map(|n| (n.interface.as_str(), n.router_id, n.state, n.role)).collect();
    let two = ip("2.2.2.2");
    let lan = if all.last().is_some_and(|n| n.dr == ip("10.2.0.2")) { Role::Dr } else { Role::Backup };
    assert_eq!(
        what,
        [("eth1", two, NeighborState::Full, Role::None), ("eth2", two, NeighborState::Full, lan)]
    );
    assert!(all.iter().all(|n| n.dead_ms.is_some_and(|ms| (29_000..=40_000).contains(&ms))), "{all:?}");
    assert!(all.iter().all(|n| n.retransmits == 0 && n.requests == 0 && n.summaries == 0));
    let one = NeighborQuery { interface: Some("eth2".to_owned()), ..NeighborQuery::default() };
    assert_eq!(ospf.neighbors(net.now, &one).neighbors.len(), 1);
    let none = NeighborQuery { neighbor: Some(ip("3.3.3.3")), ..NeighborQuery::default() };
    assert_eq!(ospf.neighbors(net.now, &none).neighbors, []);
}

#[test]
fn interfaces_are_told_with_their_states_and_timers() {
    let net = pair();
    let all = net.nodes[0].ospf.interfaces(net.now, None).interfaces;
    let names: Vec<&str> = all.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["eth1", "eth2", "eth9"]);
    assert_eq!((all[0].network, all[0].state), (NetworkKind::PointToPoint, InterfaceState::PointToPoint));
    assert!(matches!(all[1].state, InterfaceState::Dr | InterfaceState::Backup));
    let dr = all[1].dr.unwrap();
    assert_eq!(dr.router.octets()[3], dr.address.octets()[3], "the DR's ID and address belong together");
    assert!(all[1].bdr.is_some() && all[0].dr.is_none());
    assert_eq!((all[1].hello_ms, all[1].dead_ms, all[1].neighbors, all[1].adjacent), (10_000, 40_000, 1, 1));
    assert!(all[1].hello_due_ms.is_some_and(|ms| ms <= 10_000));
    assert_eq!(net.nodes[0].ospf.interfaces(net.now, Some("eth9")).interfaces.len(), 1);
}

#[test]
fn equal_databases_have_equal_counts_and_checksums() {
    let net = pair();
    let of = |n: usize| {
        let process = net.nodes[n].ospf.process(net.now);
        let area = &process.areas[0];
        (area.id, area.router, area.network, area.total())
    };
    assert_eq!(of(0), of(1));
    let (id, router, network, total) = of(0);
    assert_eq!((id, router.count, network.count, total), (AreaId(0), 2, 1, 3));
    let process = net.nodes[0].ospf.process(net.now);
    assert_eq!((process.areas[0].interfaces, process.areas[0].full_neighbors), (3, 2));
    assert!(process.spf_runs > 0 && process.spf_last_ms.is_some() && !process.abr);
}

#[test]
fn lsas_routes_and_their_origin_are_told() {
    let net = pair();
    let ospf = &net.nodes[0].ospf;
    let all = ospf.database(net.now, &DatabaseQuery::default());
    let kinds: Vec<Kind> = all.lsas.iter().map(|l| l.key.kind).collect();
    assert_eq!(kinds, [Kind::Router, Kind::Router, Kind::Network]);
    assert_eq!(all.lsas.iter().filter(|l| l.own && l.key.kind == Kind::Router).count(), 1);
    let routes = ospf.routes();
    let far = routes.networks.iter().find(|r| r.prefix == p("10.9.2.0/24")).unwrap();
    assert_eq!((far.kind, far.next_hops.len()), (PathKind::IntraArea, 2));
    assert!(far.next_hops.iter().all(|h| h.gateway.is_some_and(|g| g.octets()[3] == 2)));
    assert_eq!(routes.routers, [], "neither is a border router");
    let why = ospf.explain(net.now, p("10.9.2.7/32"));
    let winner = why.winner.unwrap();
    assert_eq!((why.prefix, winner.cost), (Some(p("10.9.2.0/24")), Some(far.cost)));
    assert_eq!(winner.lsas[0].key.router, ip("2.2.2.2"));
    assert_eq!(ospf.explain(net.now, p("192.0.2.0/24")).prefix, None);
}
