//! External paths (RFC 2328 16.4, RFC 3101 2.5).

use super::*;

const NET: &str = "172.16.0.0/16";

/// The root, router 1, with AS boundary routers 2 (cost 10) and 3 (cost 20) in one area, and a network behind each.
fn boundary(area: AreaId) -> Lab {
    let mut lab = Lab::new(rt(1), &[area]);
    lab.router(area, rt(1), 0, &[p2p(rt(2), "10.0.2.1", 10), p2p(rt(3), "10.0.3.1", 20)]);
    lab.router(area, rt(2), flags::E, &[p2p(rt(1), "10.0.2.2", 10), stub("10.2.0.0/24", 5)]);
    lab.router(area, rt(3), flags::E, &[p2p(rt(1), "10.0.3.3", 10), stub("10.3.0.0/24", 5)]);
    lab.link_root();
    lab
}

fn kind(lab: &Lab) -> PathKind {
    lab.route(NET).unwrap().kind
}

#[test]
fn type_1_comes_first_then_the_lower_type_2_metric_then_the_nearer_router() {
    let mut lab = boundary(AREA0);
    lab.external(None, rt(3), NET, External { metric: 5, tag: 7, ..E2 });
    lab.run();
    let route = lab.route(NET).unwrap().clone();
    assert_eq!((route.cost, route.type2, route.tag), (20, 5, 7));
    lab.external(None, rt(2), NET, External { metric: 6, ..E2 });
    assert_eq!((lab.spf.pending(), lab.run().len()), (Some(Work::Partial), 0));
    lab.external(None, rt(2), NET, External { metric: 5, ..E2 });
    lab.run();
    assert_eq!(lab.via(NET), ["1 10.0.2.2"]);
    lab.external(None, rt(3), NET, External { metric: 1000, ..E1 });
    lab.run();
    assert_eq!((kind(&lab), lab.cost(NET)), (PathKind::External1 { nssa: false }, Some(1020)));
    lab.external(None, rt(2), NET, External { metric: 1010, ..E1 });
    lab.run();
    assert_eq!(lab.via(NET), ["1 10.0.2.2", "2 10.0.3.3"]);
    assert_eq!(lab.spf.routes(), lab.afresh().routes());
}

#[test]
fn what_is_infinite_or_own_or_of_no_boundary_router_is_none() {
    let mut lab = boundary(AREA0);
    lab.external(None, rt(2), "172.17.0.0/16", External { metric: 0x00ff_ffff, ..E2 });
    lab.external(None, rt(1), "172.18.0.0/16", E2);
    lab.external(None, rt(9), "172.19.0.0/16", E2);
    lab.run();
    assert!(lab.spf.routes().values().all(|r| r.kind == PathKind::Intra));
}

#[test]
fn a_forwarding_address_is_the_way_and_must_be_inside_the_as() {
    let mut lab = boundary(AREA0);
    let to = |address: &str| External { metric: 5, forward: ip(address), ..E2 };
    lab.external(None, rt(2), NET, to("10.3.0.9"));
    lab.run();
    assert_eq!((lab.cost(NET), lab.via(NET)), (Some(25), vec!["2 10.0.3.3".to_owned()]));
    lab.external(None, rt(2), NET, to("192.0.2.1"));
    lab.run();
    assert_eq!(lab.route(NET), None);
    // An external route to it does not help.
    lab.external(None, rt(3), "192.0.2.0/24", E2);
    lab.run();
    assert_eq!(lab.route(NET), None);
    lab.external(None, rt(2), NET, to("10.0.2.1"));
    lab.run();
    assert_eq!(lab.route(NET), None, "it is our own");
    // A longer external route does not hide the way inside the AS.
    lab.external(None, rt(3), "10.3.0.8/29", E2);
    lab.external(None, rt(2), NET, to("10.3.0.9"));
    lab.run();
    assert_eq!(lab.cost(NET), Some(25));
}

#[test]
fn a_forwarding_address_on_an_own_network_is_the_gateway() {
    let mut lab = boundary(AREA0);
    let own = [p2p(rt(2), "10.0.2.1", 10), stub("10.5.0.0/24", 3)];
    lab.router(AREA0, rt(1), 0, &own);
    lab.link_root();
    lab.external(None, rt(2), NET, External { forward: ip("10.5.0.77"), ..E2 });
    lab.run();
    assert_eq!((lab.cost(NET), lab.via(NET)), (Some(3), vec!["2 10.5.0.77".to_owned()]));
}

#[test]
fn externals_follow_when_the_way_to_a_forwarding_address_changes() {
    let mut lab = boundary(AREA0);
    lab.external(None, rt(2), NET, External { forward: ip("10.3.0.9"), ..E2 });
    lab.run();
    let far = [p2p(rt(1), "10.0.3.3", 10), stub("10.3.0.0/24", 50)];
    lab.router(AREA0, rt(3), flags::E, &far);
    assert_eq!((lab.spf.pending(), lab.run().len()), (Some(Work::Partial), 2));
    assert_eq!(lab.cost(NET), Some(70));
    lab.router(AREA0, rt(3), flags::E, &far[..1]);
    lab.run();
    assert_eq!(lab.route(NET), None);
}

/// The root is in areas 0 and 1; router 2 is reached in both: 30 through area 1, 10 through area 0.
fn two_areas() -> Lab {
    let mut lab = Lab::new(rt(1), &[AREA0, AREA1]);
    for (area, n, cost) in [(AREA0, 0, 10), (AREA1, 1, 30)] {
        lab.router(area, rt(1), flags::B, &[p2p(rt(2), &format!("10.{n}.0.1"), cost)]);
        lab.router(area, rt(2), flags::B | flags::E, &[p2p(rt(1), &format!("10.{n}.0.2"), cost)]);
    }
    lab.link_root();
    lab.external(None, rt(2), NET, E1);
    lab
}

#[test]
fn the_way_to_a_boundary_router_is_chosen_by_16_4_1() {
    let mut lab = two_areas();
    lab.run();
    assert_eq!((lab.cost(NET), lab.route(NET).unwrap().area), (Some(40), AREA1), "not the backbone");
    lab.settings.rfc1583_compatible = true;
    lab.run();
    assert_eq!((lab.cost(NET), lab.route(NET).unwrap().area), (Some(20), AREA0), "by cost alone");
    lab.settings.rfc1583_compatible = false;
    lab.root.areas.get_mut(&AREA1).unwrap().stub = true;
    lab.run();
    assert_eq!(lab.route(NET).unwrap().area, AREA0, "a stub area leads to no boundary router");
}

#[test]
fn boundary_routers_of_other_areas_are_known_from_type_4() {
    let mut lab = Lab::new(rt(1), &[AREA1]);
    lab.router(AREA1, rt(1), 0, &[p2p(rt(2), "10.0.2.1", 10)]);
    lab.router(AREA1, rt(2), flags::B, &[p2p(rt(1), "10.0.2.2", 10)]);
    lab.link_root();
    lab.external(None, rt(8), NET, E1);
    lab.run();
    assert_eq!(lab.route(NET), None);
    lab.asbr_summary(AREA1, rt(2), rt(8), 7);
    assert_eq!(lab.spf.pending(), Some(Work::Partial));
    lab.run();
    assert_eq!((lab.cost(NET), lab.via(NET)), (Some(27), vec!["1 10.0.2.2".to_owned()]));
    assert_eq!(lab.spf.routers()[&(AREA1, rt(8))].kind, PathKind::Inter);
    lab.asbr_summary(AREA1, rt(2), rt(8), 9);
    lab.run();
    assert_eq!(lab.cost(NET), Some(29));
    let key = LsaKey { kind: Kind::AsbrSummary, id: rt(8), router: rt(2) };
    lab.withdraw(Scope::Area(AREA1), key);
    lab.run();
    assert_eq!(lab.route(NET), None);
}

/// [`boundary`] in an NSSA.
fn nssa() -> Lab {
    let mut lab = boundary(AREA1);
    lab.root.areas.get_mut(&AREA1).unwrap().nssa = true;
    lab
}

#[test]
fn type_7_is_read_in_an_nssa_only_and_type_5_is_not() {
    let mut lab = nssa();
    lab.external(Some((AREA1, true)), rt(2), NET, E2);
    lab.external(None, rt(2), "172.20.0.0/16", E2);
    lab.run();
    assert_eq!((kind(&lab), lab.cost(NET)), (PathKind::External2 { nssa: true }, Some(10)));
    assert_eq!(lab.route("172.20.0.0/16"), None);
    lab.root.areas.get_mut(&AREA1).unwrap().nssa = false;
    lab.run();
    assert_eq!(lab.route(NET), None);
    assert_eq!(lab.cost("172.20.0.0/16"), Some(10));
}

#[test]
fn of_equal_externals_type_7_with_the_p_bit_comes_first_then_type_5() {
    // Router 2 is in the backbone and router 3 in the NSSA; the forwarding address is in both cases router 3's.
    let mut lab = Lab::new(rt(1), &[AREA0, AREA1]);
    lab.router(AREA0, rt(1), flags::B, &[p2p(rt(2), "10.0.0.1", 10)]);
    lab.router(AREA0, rt(2), flags::E, &[p2p(rt(1), "10.0.0.2", 10), stub("10.3.0.0/24", 20)]);
    lab.router(AREA1, rt(1), flags::B, &[p2p(rt(3), "10.1.0.1", 20)]);
    lab.router(AREA1, rt(3), flags::E, &[p2p(rt(1), "10.1.0.3", 20)]);
    lab.root.areas.get_mut(&AREA1).unwrap().nssa = true;
    lab.settings.rfc1583_compatible = true;
    lab.link_root();
    // E1 of 30 by each.
    lab.external(None, rt(2), NET, External { metric: 20, ..E1 });
    lab.external(Some((AREA1, false)), rt(3), NET, E1);
    lab.run();
    assert_eq!((lab.cost(NET), kind(&lab)), (Some(30), PathKind::External1 { nssa: false }));
    lab.external(Some((AREA1, true)), rt(3), NET, E1);
    lab.run();
    assert_eq!(kind(&lab), PathKind::External1 { nssa: true });
    assert_eq!(lab.via(NET), ["1 10.0.0.2", "101 10.1.0.3"]);
    assert_eq!(lab.spf.routes(), lab.afresh().routes());
}

#[test]
fn a_type_7_forwarding_address_is_reached_within_its_area() {
    let mut lab = nssa();
    let e = External { forward: ip("10.3.0.9"), ..E2 };
    lab.external(Some((AREA1, true)), rt(2), NET, e);
    lab.run();
    assert_eq!(lab.cost(NET), Some(25));
    lab.router(AREA1, rt(2), flags::B | flags::E, &[p2p(rt(1), "10.0.2.2", 10)]);
    lab.router(AREA1, rt(3), flags::E, &[p2p(rt(1), "10.0.3.3", 10)]);
    lab.summary(AREA1, rt(2), "10.3.0.0/24", 1);
    lab.run();
    assert_eq!((lab.cost("10.3.0.0/24"), lab.route(NET)), (Some(11), None));
}

#[test]
fn border_routers_leave_type_7_defaults_without_the_p_bit_alone() {
    let mut lab = nssa();
    lab.external(Some((AREA1, false)), rt(2), "0.0.0.0/0", E2);
    lab.run();
    assert_eq!(lab.cost("0.0.0.0/0"), Some(10));
    let backbone = AreaView { active: true, adjacent: true, ..AreaView::default() };
    lab.root.areas.insert(AREA0, backbone);
    lab.run();
    assert_eq!(lab.route("0.0.0.0/0"), None);
    lab.external(Some((AREA1, true)), rt(2), "0.0.0.0/0", E2);
    lab.run();
    assert_eq!(lab.cost("0.0.0.0/0"), Some(10));
    lab.root.areas.get_mut(&AREA1).unwrap().no_summary = true;
    lab.run();
    assert_eq!(lab.route("0.0.0.0/0"), None);
}

#[test]
fn an_inner_route_comes_before_an_external_and_gives_way_to_it() {
    let mut lab = boundary(AREA0);
    lab.external(None, rt(3), "10.2.0.0/24", E1);
    lab.run();
    assert_eq!(lab.route("10.2.0.0/24").unwrap().kind, PathKind::Intra);
    lab.router(AREA0, rt(2), flags::E, &[p2p(rt(1), "10.0.2.2", 10)]);
    lab.run();
    assert_eq!(lab.cost("10.2.0.0/24"), Some(30));
}
