//! Summaries, area border routers, ranges and transit areas (RFC 2328 16.2, 16.3, RFC 3509).

use super::*;

const NET: &str = "10.9.0.0/24";

/// The root, router 1, has router 2 (a border router) as its neighbor in area 0 and router 3 (one too) in area 1.
fn border() -> Lab {
    let mut lab = Lab::new(rt(1), &[AREA0, AREA1]);
    let b = flags::B;
    lab.router(AREA0, rt(1), b, &[p2p(rt(2), "10.0.0.1", 10)]);
    lab.router(AREA0, rt(2), b, &[p2p(rt(1), "10.0.0.2", 10)]);
    lab.router(AREA1, rt(1), b, &[p2p(rt(3), "10.1.0.1", 10)]);
    lab.router(AREA1, rt(3), b, &[p2p(rt(1), "10.1.0.3", 10)]);
    lab.link_root();
    lab
}

#[test]
fn a_border_router_believes_only_the_backbone() {
    let mut lab = border();
    lab.summary(AREA0, rt(2), NET, 20);
    lab.summary(AREA1, rt(3), NET, 1);
    lab.run();
    let route = lab.route(NET).unwrap();
    assert_eq!((route.kind, route.area, route.cost), (PathKind::Inter, AREA0, 30));
}

#[test]
fn without_a_neighbor_on_the_backbone_other_areas_are_believed() {
    for (abr_type, cost) in [(AbrType::Cisco, Some(11)), (AbrType::Ibm, Some(11)), (AbrType::Standard, None)]
    {
        let mut lab = border();
        lab.settings.abr_type = abr_type;
        lab.summary(AREA1, rt(3), NET, 1);
        lab.root.areas.get_mut(&AREA0).unwrap().adjacent = false;
        lab.run();
        assert_eq!(lab.cost(NET), cost, "{abr_type:?}");
        lab.root.areas.get_mut(&AREA0).unwrap().adjacent = true;
        lab.run();
        assert_eq!(lab.cost(NET), None, "{abr_type:?}");
    }
}

#[test]
fn who_is_a_border_router_depends_on_the_kind() {
    let lab = |areas: &[(AreaId, bool)]| {
        let mut root = Lab::new(rt(1), &areas.iter().map(|a| a.0).collect::<Vec<_>>()).root;
        for (area, up) in areas {
            let view = root.areas.get_mut(area).unwrap();
            (view.active, view.adjacent) = (*up, *up);
        }
        let kinds = [AbrType::Standard, AbrType::Ibm, AbrType::Cisco];
        kinds.map(|kind| Spf::is_abr(&root, kind))
    };
    assert_eq!(lab(&[(AREA1, true), (AREA2, true)]), [true, false, false]);
    assert_eq!(lab(&[(AREA0, false), (AREA1, true), (AREA2, true)]), [true, true, false]);
    assert_eq!(lab(&[(AREA0, true), (AREA1, true)]), [true, true, true]);
    assert_eq!(lab(&[(AREA0, true), (AREA1, false)]), [false, false, false]);
}

#[test]
fn summaries_that_are_infinite_or_own_or_of_no_border_router_are_none() {
    let mut lab = border();
    lab.summary(AREA0, rt(2), NET, 0x00ff_ffff);
    lab.summary(AREA0, rt(1), "10.9.1.0/24", 1);
    lab.summary(AREA0, rt(7), "10.9.2.0/24", 1);
    lab.run();
    assert!(lab.spf.routes().is_empty());
    lab.router(AREA0, rt(2), 0, &[p2p(rt(1), "10.0.0.2", 10)]);
    lab.summary(AREA0, rt(2), NET, 1);
    lab.run();
    assert!(lab.spf.routes().is_empty(), "router 2 does not say that it is a border router");
}

#[test]
fn equal_summaries_are_used_together_and_an_intra_area_path_before_them() {
    let mut lab = border();
    let own = [p2p(rt(2), "10.0.0.1", 10), p2p(rt(4), "10.0.4.1", 15)];
    lab.router(AREA0, rt(1), flags::B, &own);
    lab.router(AREA0, rt(4), flags::B, &[p2p(rt(1), "10.0.4.4", 15)]);
    lab.link_root();
    lab.summary(AREA0, rt(2), NET, 10);
    lab.summary(AREA0, rt(4), NET, 5);
    lab.run();
    assert_eq!((lab.cost(NET), lab.via(NET).len()), (Some(20), 2));
    assert_eq!(lab.route(NET).unwrap().origin.1.router, rt(2));
    lab.router(AREA1, rt(3), flags::B, &[p2p(rt(1), "10.1.0.3", 10), stub(NET, 1000)]);
    assert_eq!(lab.spf.pending(), Some(Work::Partial));
    lab.run();
    assert_eq!((lab.cost(NET), lab.route(NET).unwrap().kind), (Some(1010), PathKind::Intra));
    lab.router(AREA1, rt(3), flags::B, &[p2p(rt(1), "10.1.0.3", 10)]);
    lab.run();
    assert_eq!(lab.cost(NET), Some(20));
}

#[test]
fn a_summary_of_an_own_active_range_is_ignored() {
    let mut lab = border();
    lab.root.areas.get_mut(&AREA1).unwrap().ranges = vec!["10.9.0.0/16".parse().unwrap()];
    lab.summary(AREA0, rt(2), "10.9.0.0/16", 10);
    lab.run();
    assert_eq!(lab.cost("10.9.0.0/16"), Some(20), "no network of the range is in area 1");
    let far = [p2p(rt(1), "10.1.0.3", 10), stub(NET, 1)];
    lab.router(AREA1, rt(3), flags::B, &far);
    assert_eq!(lab.spf.pending(), Some(Work::Partial));
    lab.run();
    assert_eq!(lab.cost("10.9.0.0/16"), None);
    lab.router(AREA1, rt(3), flags::B, &far[..1]);
    lab.run();
    assert_eq!(lab.cost("10.9.0.0/16"), Some(20));
}

#[test]
fn a_transit_area_may_know_a_shorter_way() {
    let mut lab = border();
    lab.summary(AREA0, rt(2), NET, 20);
    lab.summary(AREA1, rt(3), NET, 5);
    lab.run();
    assert_eq!(lab.cost(NET), Some(30));
    lab.router(AREA1, rt(1), flags::B | flags::V, &[p2p(rt(3), "10.1.0.1", 10)]);
    lab.run();
    let route = lab.route(NET).unwrap();
    assert_eq!((route.cost, route.area, route.kind), (15, AREA0, PathKind::Inter));
    assert_eq!(lab.via(NET), ["101 10.1.0.3"]);
    // Nothing changes when all is calculated once more.
    lab.spf.note_all();
    assert_eq!(lab.run(), []);
    lab.summary(AREA1, rt(3), NET, 20);
    lab.run();
    assert_eq!((lab.cost(NET), lab.via(NET).len()), (Some(30), 2));
}

#[test]
fn a_scope_that_was_removed_is_read_anew() {
    let mut lab = border();
    lab.summary(AREA0, rt(2), NET, 20);
    lab.run();
    lab.lsdb.remove_scope(Scope::Area(AREA0));
    lab.spf.note_scope(Scope::Area(AREA0));
    lab.run();
    assert_eq!(lab.spf.routes().len(), 0);
    assert_eq!(lab.spf.routers().keys().collect::<Vec<_>>(), [&(AREA1, rt(3))]);
}
