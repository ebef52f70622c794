//! Router-LSAs and summaries.

use super::*;

#[test]
fn a_border_router_tells_each_area_of_the_others_and_no_area_of_itself() {
    let mut lab = lab(&TWO, |_| {});
    assert_eq!(lab.summaries(0, Kind::Summary), summary(&[("10.1.0.0/24", 10)]));
    assert_eq!(lab.summaries(1, Kind::Summary), summary(&[("10.0.0.0/24", 10)]));
    assert_eq!(lab.flags(0), flags::B);
    lab.neighbor(1, 7, 0, "10.1.0.7", Some("10.77.0.0/16"));
    assert_eq!(lab.summaries(0, Kind::Summary), summary(&[("10.1.0.0/24", 10), ("10.77.0.0/16", 11)]));
    assert_eq!(lab.summaries(1, Kind::Summary), summary(&[("10.0.0.0/24", 10)]));
}

#[test]
fn a_router_of_one_area_tells_no_summaries() {
    let mut lab = lab(&[("10.0.0.5/24", 0), ("10.1.0.5/24", 0)], |_| {});
    assert_eq!((lab.summaries(0, Kind::Summary), lab.flags(0)), (vec![], 0));
    lab.edit(|c| c.interfaces.get_mut("eth1").unwrap().area = Some(AreaId(1)));
    assert_eq!(lab.summaries(0, Kind::Summary), summary(&[("10.1.0.0/24", 10)]));
    lab.edit(|c| c.interfaces.get_mut("eth1").unwrap().area = Some(AreaId(0)));
    assert_eq!(lab.summaries(0, Kind::Summary), summary(&[]));
}

#[test]
fn inter_area_routes_go_away_from_the_backbone_only() {
    let mut lab = lab(&[("10.0.0.5/24", 0), ("10.1.0.5/24", 1), ("10.2.0.5/24", 2)], |_| {});
    lab.neighbor(0, 7, flags::B, "10.0.0.7", None);
    let far = LsaKey { kind: Kind::Summary, id: ip("10.9.0.0"), router: ip("7.7.7.7") };
    lab.hear(Scope::Area(AreaId(0)), far, options::E, &crate::wire::lsa::summary_body(16, 4));
    let told = |area| lab.summaries(area, Kind::Summary).contains(&("10.9.0.0/16".to_owned(), 14));
    assert_eq!((told(0), told(1), told(2)), (false, true, true));
}

#[test]
fn a_range_speaks_for_what_is_inside_and_discards_the_rest() {
    let ports = [("10.0.0.5/24", 0), ("10.1.1.5/24", 1), ("10.1.2.5/24", 1), ("10.5.0.5/24", 1)];
    let mut lab = lab(&ports, |c| {
        c.interfaces.get_mut("eth2").unwrap().cost = Some(30);
        area(c, 1).ranges.insert(net("10.1.0.0/16"), Range::default());
    });
    assert_eq!(lab.summaries(0, Kind::Summary), summary(&[("10.1.0.0/16", 30), ("10.5.0.0/24", 10)]));
    assert_eq!(lab.rib.get(&net("10.1.0.0/16")).map(|r| &r.target), Some(&Target::Blackhole));
    lab.edit(|c| area(c, 1).ranges.get_mut(&net("10.1.0.0/16")).unwrap().cost = Some(3));
    assert_eq!(lab.summaries(0, Kind::Summary)[0], ("10.1.0.0/16".to_owned(), 3));
    lab.edit(|c| {
        area(c, 1).ranges.get_mut(&net("10.1.0.0/16")).unwrap().substitute = Some(net("172.16.0.0/12"))
    });
    assert_eq!(lab.summaries(0, Kind::Summary), summary(&[("10.5.0.0/24", 10), ("172.16.0.0/12", 3)]));
    lab.edit(|c| area(c, 1).ranges.get_mut(&net("10.1.0.0/16")).unwrap().not_advertise = true);
    assert_eq!(lab.summaries(0, Kind::Summary), summary(&[("10.5.0.0/24", 10)]));
    assert_eq!(lab.rib.get(&net("10.1.0.0/16")), None);
    lab.edit(|c| area(c, 1).ranges.clear());
    assert_eq!(lab.summaries(0, Kind::Summary).len(), 3);
}

#[test]
fn a_range_goes_with_the_last_network_inside() {
    let mut lab =
        lab(&TWO, |c| area(c, 1).ranges = BTreeMap::from([(net("10.77.0.0/16"), Range::default())]));
    assert_eq!(lab.summaries(0, Kind::Summary), summary(&[("10.1.0.0/24", 10)]));
    lab.neighbor(1, 7, 0, "10.1.0.7", Some("10.77.1.0/24"));
    assert_eq!(lab.summaries(0, Kind::Summary)[1], ("10.77.0.0/16".to_owned(), 11));
    assert!(lab.rib.contains_key(&net("10.77.0.0/16")));
    lab.neighbor(1, 7, 0, "10.1.0.7", None);
    assert_eq!(lab.summaries(0, Kind::Summary), summary(&[("10.1.0.0/24", 10)]));
    assert!(!lab.rib.contains_key(&net("10.77.0.0/16")));
    lab.neighbor(1, 7, 0, "10.1.0.7", Some("10.77.0.0/16"));
    let route = &lab.rib[&net("10.77.0.0/16")];
    assert!(matches!(route.target, Target::Via(_)), "a route to the very network is no discard route");
    lab.neighbor(1, 7, 0, "10.1.0.7", Some("10.77.2.0/24"));
    assert_eq!(lab.rib[&net("10.77.0.0/16")].target, Target::Blackhole, "and makes room for one again");
}

#[test]
fn a_stub_area_gets_a_default_and_with_no_summary_nothing_else() {
    let mut lab = lab(&TWO, |c| area(c, 1).kind = AreaKind::Stub);
    assert_eq!(lab.summaries(1, Kind::Summary), summary(&[("0.0.0.0/0", 1), ("10.0.0.0/24", 10)]));
    lab.edit(|c| (area(c, 1).no_summary, area(c, 1).default_cost) = (true, Some(7)));
    assert_eq!(lab.summaries(1, Kind::Summary), summary(&[("0.0.0.0/0", 7)]));
    assert_eq!(lab.summaries(0, Kind::Summary), summary(&[("10.1.0.0/24", 10)]));
}

#[test]
fn filter_lists_hold_networks_in_and_out() {
    let mut lab = lab(&TWO, |c| {
        area(c, 1).filter_list_out = Some("L".into());
        area(c, 1).filter_list_in = Some("L".into());
    });
    assert_eq!(lab.summaries(0, Kind::Summary).len(), 1, "a list that does not exist filters nothing");
    let mut lists = policy::Config::default();
    let entry = policy::config::PrefixEntry {
        seq: 5,
        action: policy::Action::Permit,
        prefix: Some(net("192.0.2.0/24")),
        ge: None,
        le: None,
    };
    let list = policy::config::PrefixList { description: None, entries: vec![entry] };
    lists.prefix_lists.insert("L".into(), list);
    lab.policy(lists);
    assert_eq!((lab.summaries(0, Kind::Summary), lab.summaries(1, Kind::Summary)), (vec![], vec![]));
}

#[test]
fn boundary_routers_of_other_areas_are_told_where_externals_go() {
    let ports = [("10.0.0.5/24", 0), ("10.1.0.5/24", 1), ("10.2.0.5/24", 2)];
    let mut lab = lab(&ports, |c| area(c, 2).kind = AreaKind::Stub);
    lab.neighbor(0, 7, flags::E, "10.0.0.7", None);
    assert_eq!(lab.summaries(0, Kind::AsbrSummary), summary(&[]));
    assert_eq!(lab.summaries(1, Kind::AsbrSummary), summary(&[("7.7.7.7/0", 10)]));
    assert_eq!(lab.summaries(2, Kind::AsbrSummary), summary(&[]));
    lab.neighbor(0, 7, 0, "10.0.0.7", None);
    assert_eq!(lab.summaries(1, Kind::AsbrSummary), summary(&[]), "it is one no longer");
}

#[test]
fn a_stub_router_tells_its_networks_as_they_are_and_its_links_as_the_last_resort() {
    let mut lab = lab(&[("10.0.0.5/24", 0)], |c| c.max_metric.administrative = true);
    lab.neighbor(0, 7, 0, "10.0.0.7", None);
    let metrics = |lab: &Lab| match lab.own(Scope::Area(AreaId(0)), Kind::Router)[0].lsa.body() {
        Body::Router { links, .. } => links.map(|l| (l.kind, l.metric)).collect::<Vec<_>>(),
        _ => panic!("a router-LSA"),
    };
    assert_eq!(metrics(&lab), [(LinkKind::PointToPoint, 0xffff), (LinkKind::Stub, 10)]);
    lab.edit(|c| c.max_metric.administrative = false);
    assert_eq!(metrics(&lab), [(LinkKind::PointToPoint, 10), (LinkKind::Stub, 10)]);
}
