//! Routes, and why they are as they are.

use super::database::seq;
use super::*;

fn via(gateway: &str, interface: &str) -> NextHop {
    NextHop { gateway: gateway.parse().ok(), interface: interface.to_owned() }
}

pub(super) fn routes() -> Routes {
    let route = |prefix: &str, kind, cost, next_hops: &[NextHop]| NetworkRoute {
        prefix: prefix.parse().unwrap(),
        kind,
        cost,
        type2_cost: None,
        area: AreaId(0),
        tag: 0,
        next_hops: next_hops.to_vec(),
    };
    let ways = [via("10.0.0.2", "eth0"), via("10.0.1.2", "eth1")];
    let router = |id: &str, kind, cost, abr| RouterRoute {
        router: ip(id),
        kind,
        cost,
        area: AreaId(0),
        abr,
        asbr: true,
        next_hops: ways.to_vec(),
    };
    Routes {
        networks: vec![
            route("10.0.0.0/24", PathKind::IntraArea, 10, &[via("", "eth0")]),
            route("10.0.2.0/24", PathKind::InterArea, 20, &ways),
        ],
        routers: vec![
            router("2.2.2.2", PathKind::IntraArea, 10, true),
            router("3.3.3.3", PathKind::InterArea, 20, false),
        ],
        externals: vec![
            NetworkRoute { type2_cost: Some(50), ..route("0.0.0.0/0", PathKind::External2, 10, &ways[..1]) },
            NetworkRoute { tag: 7, ..route("192.0.2.0/24", PathKind::External1, 30, &ways[..1]) },
        ],
        ..Routes::default()
    }
}

const ROUTES: &str = "\
============ OSPF network routing table ============
N    10.0.0.0/24           [10] area: 0.0.0.0
                           directly attached to eth0
N IA 10.0.2.0/24           [20] area: 0.0.0.0
                           via 10.0.0.2, eth0
                           via 10.0.1.2, eth1

============ OSPF router routing table =============
R    2.2.2.2               [10] area: 0.0.0.0, ABR, ASBR
                           via 10.0.0.2, eth0
                           via 10.0.1.2, eth1
R    3.3.3.3            IA [20] area: 0.0.0.0, ASBR
                           via 10.0.0.2, eth0
                           via 10.0.1.2, eth1

============ OSPF external routing table ===========
N E2 0.0.0.0/0             [10/50] tag: 0
                           via 10.0.0.2, eth0
N E1 192.0.2.0/24          [30] tag: 7
                           via 10.0.0.2, eth0


";

#[test]
fn routes_read_as_ospfd_s() {
    let reply = OspfReply::Routes(routes());
    assert_eq!(plain_text(&reply), ROUTES);
    let json = plain_json(&reply);
    assert_eq!(json["10.0.0.0/24"]["nexthops"][0]["directlyAttachedTo"], "eth0");
    assert_eq!((&json["10.0.2.0/24"]["routeType"], &json["3.3.3.3"]["ia"]), (&json!("N IA"), &json!(true)));
    assert_eq!(
        (&json["0.0.0.0/0"]["type2cost"], &json["2.2.2.2"]["routerType"]),
        (&json!(50), &json!("abr"))
    );
    let border = OspfReply::BorderRouters(BorderRouters { routers: routes().routers });
    assert!(
        plain_text(&border).starts_with("============ OSPF router routing table =============\nR    2.2.2.2")
    );
    assert_eq!(plain_json(&border)["routers"]["2.2.2.2"]["nexthops"][1]["via"], "eth1");
}

#[test]
fn pages_of_routes_make_the_same_three_tables() {
    let all: Vec<(bool, fib::Prefix)> = [routes().networks, routes().externals]
        .concat()
        .iter()
        .map(|r| (r.kind.is_external(), r.prefix))
        .collect();
    for at in &all[..all.len() - 1] {
        let query = RoutesQuery { after: Some(*at) };
        let second = routes().page(&query);
        let mut first = routes();
        first.networks.retain(|r| (false, r.prefix) <= *at);
        first.externals.retain(|r| (true, r.prefix) <= *at);
        first.more = Some(*at);
        let pages = plain_text(&OspfReply::Routes(first)) + &plain_text(&OspfReply::Routes(second));
        assert_eq!(pages, ROUTES, "cut after {at:?}");
    }
}

#[test]
fn an_explanation_tells_the_path_its_lsas_and_the_losers() {
    let hop = |node, cost, total| PathHop { node, cost, total };
    let from = |kind, id: &str, router: &str, n| LsaRef {
        key: LsaKey { kind, id: ip(id), router: ip(router) },
        age: Some(12),
        sequence: seq(n),
    };
    let prefix: fib::Prefix = "192.0.2.0/24".parse().unwrap();
    let winner = Candidate {
        kind: PathKind::External1,
        area: Some(AreaId(0)),
        cost: Some(30),
        type2_cost: None,
        tag: 7,
        next_hops: vec![via("10.0.0.1", "eth0")],
        lsas: vec![
            from(Kind::External, "192.0.2.0", "1.1.1.1", 1),
            from(Kind::Router, "1.1.1.1", "1.1.1.1", 10),
        ],
        path: vec![
            hop(Node::Network(ip("10.0.0.1")), 10, 10),
            hop(Node::Router(ip("1.1.1.1")), 0, 10),
            hop(Node::Prefix(prefix), 20, 30),
        ],
    };
    let loser = Candidate {
        kind: PathKind::External2,
        cost: None,
        area: None,
        type2_cost: Some(5),
        tag: 0,
        next_hops: vec![],
        lsas: vec![from(Kind::External, "192.0.2.0", "9.9.9.9", 3)],
        path: vec![],
    };
    let explain = Explain {
        asked: "192.0.2.9/32".parse().unwrap(),
        prefix: Some(prefix),
        winner: Some(winner),
        losers: vec![Rejected {
            candidate: loser,
            reason: Reason::UnreachableAsbr { router: ip("9.9.9.9") },
        }],
        rib: Some(RibVerdict {
            distance: 110,
            selected: false,
            winner: Some((fib::Protocol::Static, 1)),
            why_not: Some("distance 110 > 1".to_owned()),
        }),
    };
    let expected = "\
192.0.2.9/32 is covered by 192.0.2.0/24
  Route: external type 1, cost 30, area 0.0.0.0, tag 7
    via 10.0.0.1, eth0
    Path:
      network of 10.0.0.1                +10      = 10
      router 1.1.1.1                     +0       = 10
      192.0.2.0/24                       +20      = 30
    From:
      AS-external-LSA 192.0.2.0 of 1.1.1.1, age 12, sequence 0x80000001
      router-LSA 1.1.1.1 of 1.1.1.1, age 12, sequence 0x8000000a
  Routing table: not chosen, static has distance 1, OSPF 110
    distance 110 > 1
  Not chosen:
    external type 2, type 2 metric 5: boundary router 9.9.9.9 cannot be reached
      From:
        AS-external-LSA 192.0.2.0 of 9.9.9.9, age 12, sequence 0x80000003
";
    assert_eq!(plain_text(&OspfReply::Explain(explain.clone())), expected);
    let json = plain_json(&OspfReply::Explain(explain.clone()));
    assert_eq!(json["losers"][0]["reason"]["unreachable-asbr"]["router"], "9.9.9.9");
    assert_eq!(json["winner"]["path"][1]["node"]["router"], "1.1.1.1");
    let unknown = Explain { prefix: None, winner: None, losers: vec![], rib: None, ..explain };
    assert_eq!(plain_text(&OspfReply::Explain(unknown)), "OSPF knows no network that covers 192.0.2.9/32\n");
}
