use super::*;
use crate::bgp::*;
use crate::config::*;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::{Kind, Protocol};

const CONTEXT: BgpContext = BgpContext {
    local_as: 65000,
    default_local_pref: 100,
    peer_address: Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 9))),
};

fn attributes() -> Attributes {
    Attributes {
        origin: Origin::Igp,
        as_path: "65001 65002".parse().unwrap(),
        next_hop: "10.9.9.9".parse().unwrap(),
        med: Some(50),
        communities: vec!["65001:1".parse().unwrap(), "65001:2".parse().unwrap()],
        extended_communities: vec!["rt 65001:1".parse().unwrap()],
        large_communities: vec!["1:2:3".parse().unwrap()],
        ..Attributes::default()
    }
}

fn view<'a>(attributes: &'a Attributes, prefix: &str) -> RouteView<'a> {
    RouteView {
        prefix: prefix.parse().unwrap(),
        next_hop: None,
        interface: None,
        metric: 0,
        tag: 0,
        source: Protocol::Bgp,
        kind: Kind::Plain,
        bgp: Some(BgpView {
            attributes,
            peer: Some("10.0.0.2".parse().unwrap()),
            peer_interface: None,
            rpki: Some(Validity::Valid),
            context: CONTEXT,
        }),
    }
}

fn entry(seq: u16, matches: Match, set: Set) -> RouteMapEntry {
    RouteMapEntry { seq, action: Action::Permit, description: None, matches, set, call: None, on_match: None }
}

/// One map, and a list of each kind: path `P` (^65001_), communities `C` (65001:1), extended `E`, large `L`.
fn policy(map: Vec<RouteMapEntry>) -> Policy {
    let mut config = Config::default();
    let regex = "^65001_".to_owned();
    config.as_path_lists.insert("P".into(), vec![AsPathEntry { seq: 5, action: Action::Permit, regex }]);
    fn line<C: core::str::FromStr<Err = String>>(text: &str) -> Vec<CommunityEntry<C>> {
        let communities = vec![text.parse().unwrap()];
        vec![CommunityEntry { seq: 5, action: Action::Permit, communities, regex: None }]
    }
    config.community_lists.insert("C".into(), line("65001:1"));
    config.extcommunity_lists.insert("E".into(), line("rt 65001:1"));
    config.large_community_lists.insert("L".into(), line("1:2:3"));
    config.route_maps.insert("M".into(), map);
    Policy::new(config)
}

fn matches(condition: Match, route: &RouteView<'_>) -> bool {
    policy(vec![entry(10, condition, Set::default())]).route_map("M", route).permits()
}

fn applied_to(set: Set, mut attributes: Attributes, prefix: &str) -> Attributes {
    let policy = policy(vec![entry(10, Match::default(), set)]);
    let before = attributes.clone();
    let changes = policy.route_map("M", &view(&before, prefix)).permit.unwrap();
    changes.apply_bgp(&policy, &mut attributes, &CONTEXT);
    attributes
}

fn applied(set: Set) -> Attributes {
    applied_to(set, attributes(), "10.0.0.0/8")
}

fn list(name: &str, mode: Asked) -> Option<CommunityMatch> {
    Some(CommunityMatch { list: name.into(), mode })
}

#[test]
fn every_condition_on_attributes_looks_at_its_own() {
    let m = Match::default;
    let a = attributes();
    let other = Attributes {
        origin: Origin::Egp,
        as_path: "65002".parse().unwrap(),
        next_hop: "10.8.8.8".parse().unwrap(),
        med: None,
        local_pref: Some(7),
        communities: Vec::new(),
        extended_communities: Vec::new(),
        large_communities: Vec::new(),
        ..Attributes::default()
    };
    let (here, mut there) = (view(&a, "10.0.0.0/8"), view(&other, "10.0.0.0/8"));
    if let Some(bgp) = &mut there.bgp {
        (bgp.peer, bgp.rpki) = (None, None);
    }
    for condition in [
        Match { as_path: Some("P".into()), ..m() },
        Match { community: list("C", Asked::All), ..m() },
        Match { community: list("C", Asked::Any), ..m() },
        Match { extcommunity: list("E", Asked::ExactMatch), ..m() },
        Match { large_community: list("L", Asked::ExactMatch), ..m() },
        Match { local_preference: Some(100), ..m() },
        Match { origin: Some(Origin::Igp), ..m() },
        Match { metric: Some(50), ..m() },
        Match { next_hop_address: Some(Ipv4Addr::new(10, 9, 9, 9)), ..m() },
        Match { peer: Some("10.0.0.2".parse().unwrap()), ..m() },
        Match { rpki: Some(Validity::Valid), ..m() },
    ] {
        assert!(matches(condition.clone(), &here), "{condition:?}");
        assert!(!matches(condition.clone(), &there), "{condition:?}");
        assert!(!matches(condition.clone(), &RouteView { bgp: None, ..here }), "no BGP route: {condition:?}");
    }
    assert!(
        !matches(Match { community: list("C", Asked::ExactMatch), ..m() }, &here),
        "there is 65001:2 as well"
    );
    assert!(matches(Match { peer: Some(PeerMatch::Local), ..m() }, &there));
    assert!(!matches(Match { as_path: Some("nobody".into()), ..m() }, &here), "no such list");
}

#[test]
fn an_unnumbered_neighbor_is_known_by_its_interface() {
    let a = attributes();
    let mut route = view(&a, "10.0.0.0/8");
    if let Some(bgp) = &mut route.bgp {
        (bgp.peer, bgp.peer_interface) = (None, Some("eth1"));
    }
    let peer = |text: &str| Match { peer: Some(text.parse().unwrap()), ..Match::default() };
    assert!(
        matches(peer("eth1"), &route) && !matches(peer("eth2"), &route) && !matches(peer("local"), &route)
    );
}

#[test]
fn conditions_of_one_family_do_not_hold_for_the_other() {
    let a = attributes();
    let len = Match { address_prefix_len: Some(32), ..Match::default() };
    let len6 = Match { ipv6_address_prefix_len: Some(32), ..Match::default() };
    let (four, six) = (view(&a, "10.0.0.1/32"), view(&a, "2001:db8::/32"));
    assert!(matches(len.clone(), &four) && !matches(len, &six));
    assert!(matches(len6.clone(), &six) && !matches(len6, &four));
}

#[test]
fn a_path_loses_changes_and_gains_ases_in_this_order() {
    let path = |set: Set| applied(set).as_path.to_string();
    let s = Set::default;
    assert_eq!(path(Set { as_path_prepend: vec![1, 2], ..s() }), "1 2 65001 65002");
    assert_eq!(path(Set { as_path_prepend_last_as: Some(2), ..s() }), "65001 65001 65001 65002");
    assert_eq!(path(Set { as_path_exclude: Some(Exclude::Asns(vec![65001])), ..s() }), "65002");
    let all = Set { as_path_exclude: Some(Exclude::All), as_path_prepend: vec![7], ..s() };
    assert_eq!(path(all), "7");
    let replace = |asn, with| Set { as_path_replace: Some(Replace { asn, with }), ..s() };
    assert_eq!(path(replace(None, None)), "65000 65000");
    assert_eq!(path(replace(Some(65002), Some(9))), "65001 9");
    let empty = Attributes::default();
    let last = Set { as_path_prepend_last_as: Some(2), ..s() };
    assert_eq!(applied_to(last, empty, "10.0.0.0/8").as_path, AsPath::default());
}

#[test]
fn communities_are_deleted_before_new_ones_come_and_stay_in_order() {
    let new = |text: &str, additive| {
        Some(CommunitySet { set: text.split_whitespace().map(|c| c.parse().unwrap()).collect(), additive })
    };
    let shown =
        |set: Set| applied(set).communities.iter().map(Community::to_string).collect::<Vec<_>>().join(" ");
    let s = Set::default;
    assert_eq!(shown(Set { community: new("9:9 1:1", false), ..s() }), "1:1 9:9");
    assert_eq!(shown(Set { community: new("1:1 65001:2", true), ..s() }), "1:1 65001:1 65001:2");
    assert_eq!(shown(Set { community: new("", false), ..s() }), "");
    assert_eq!(shown(Set { community_delete: Some("C".into()), ..s() }), "65001:2");
    assert_eq!(shown(Set { community_delete: Some("nobody".into()), ..s() }), "65001:1 65001:2");
    let both = Set { community_delete: Some("C".into()), community: new("65001:1", true), ..s() };
    assert_eq!(shown(both), "65001:1 65001:2");
}

#[test]
fn extended_and_large_communities_change_likewise() {
    let s = Set::default;
    let more = ExtcommunitySet { set: vec!["soo 1:1".parse().unwrap()] };
    assert_eq!(
        applied(Set { extcommunity: Some(more), ..s() }).extended_communities.len(),
        2,
        "beside the old"
    );
    let none = ExtcommunitySet { set: Vec::new() };
    assert!(applied(Set { extcommunity: Some(none), ..s() }).extended_communities.is_empty());
    assert!(applied(Set { extcommunity_delete: Some("E".into()), ..s() }).extended_communities.is_empty());
    assert!(applied(Set { large_community_delete: Some("L".into()), ..s() }).large_communities.is_empty());
    let large = CommunitySet { set: vec!["9:9:9".parse().unwrap()], additive: true };
    assert_eq!(applied(Set { large_community: Some(large), ..s() }).large_communities.len(), 2);
}

#[test]
fn numbers_are_set_or_changed_and_what_is_missing_has_a_base() {
    let s = Set::default;
    let preference = |text: &str| applied(Set { local_preference: text.parse().ok(), ..s() }).local_pref;
    assert_eq!((preference("200"), preference("+5"), preference("-500")), (Some(200), Some(105), Some(0)));
    let med = |text: &str| applied(Set { metric: text.parse().ok(), ..s() }).med;
    assert_eq!((med("7"), med("+7"), med("-7")), (Some(7), Some(57), Some(43)));
    let none = Attributes { med: None, ..attributes() };
    let more = Set { metric: Some(SetMetric::Add(3)), ..s() };
    assert_eq!(applied_to(more, none, "10.0.0.0/8").med, Some(3));
}

#[test]
fn the_other_attributes_are_set() {
    let aggregator = Some(Aggregator { asn: 7, router: Ipv4Addr::new(1, 1, 1, 1) });
    let originator_id = Some(Ipv4Addr::new(2, 2, 2, 2));
    let set = Set {
        origin: Some(Origin::Incomplete),
        atomic_aggregate: true,
        aggregator,
        originator_id,
        ..Set::default()
    };
    let expected = Attributes {
        origin: Origin::Incomplete,
        atomic_aggregate: true,
        aggregator,
        originator_id,
        ..attributes()
    };
    assert_eq!(applied(set), expected);
}

#[test]
fn what_is_no_attribute_is_told_apart() {
    let set = Set { weight: Some(9), tag: Some(8), distance: Some(7), ..Set::default() };
    let p = policy(vec![entry(10, Match::default(), set)]);
    let a = attributes();
    let changes = p.route_map("M", &view(&a, "10.0.0.0/8")).permit.unwrap();
    assert_eq!((changes.bgp.weight, changes.tag, changes.distance), (Some(9), Some(8), Some(7)));
    assert!(!changes.bgp.changes_attributes());
}

#[test]
fn next_hops_are_of_the_route_s_family() {
    let global: Ipv6Addr = "2001:db8::1".parse().unwrap();
    let local: Ipv6Addr = "fe80::1".parse().unwrap();
    let set = Set {
        next_hop: Some(NextHopSet::Address(Ipv4Addr::new(1, 2, 3, 4))),
        ipv6_next_hop: NextHop6Set { global: Some(global), local: Some(local), ..NextHop6Set::default() },
        ..Set::default()
    };
    let four = applied_to(set.clone(), attributes(), "10.0.0.0/8");
    assert_eq!((four.next_hop, four.link_local), (IpAddr::V4(Ipv4Addr::new(1, 2, 3, 4)), None));
    let six = applied_to(set, attributes(), "2001:db8::/32");
    assert_eq!((six.next_hop, six.link_local), (IpAddr::V6(global), Some(local)));
}

#[test]
fn the_neighbor_s_address_is_the_caller_s_to_say_and_unchanged_changes_nothing() {
    let set = |next_hop| Set { next_hop: Some(next_hop), ..Set::default() };
    assert_eq!(applied(set(NextHopSet::PeerAddress)).next_hop, CONTEXT.peer_address.unwrap());
    assert_eq!(applied(set(NextHopSet::Unchanged)), attributes());
    let p = policy(vec![entry(10, Match::default(), set(NextHopSet::Unchanged))]);
    let a = attributes();
    let changes = p.route_map("M", &view(&a, "10.0.0.0/8")).permit.unwrap();
    assert_eq!((changes.bgp.next_hop, changes.next_hop), (Some(NewNextHop::Unchanged), None));
}

#[test]
fn later_entries_see_what_earlier_ones_have_set() {
    let add = |text: &str| Set {
        community: Some(CommunitySet { set: vec![text.parse().unwrap()], additive: true }),
        ..Set::default()
    };
    let first = RouteMapEntry { on_match: Some(OnMatch::Next), ..entry(10, Match::default(), add("9:9")) };
    let seen = Match { community: list("NINE", Asked::All), ..Match::default() };
    let second = entry(20, seen, add("8:8"));
    let mut config = policy(vec![first, second]).config().clone();
    let nine = CommunityEntry {
        seq: 5,
        action: Action::Permit,
        communities: vec!["9:9".parse().unwrap()],
        regex: None,
    };
    config.community_lists.insert("NINE".into(), vec![nine]);
    let p = Policy::new(config);
    let mut a = attributes();
    let before = a.clone();
    let decision = p.route_map("M", &view(&before, "10.0.0.0/8"));
    assert_eq!(decision.by, Why::Entry("M", 20));
    decision.permit.unwrap().apply_bgp(&p, &mut a, &CONTEXT);
    assert_eq!(a.communities.len(), 4);
}

#[test]
fn a_called_map_sees_the_changes_of_its_caller() {
    let caller = RouteMapEntry {
        call: Some("SUB".into()),
        ..entry(10, Match::default(), Set { metric: Some(SetMetric::To(5)), ..Set::default() })
    };
    let mut config = policy(vec![caller]).config().clone();
    let five = Match { metric: Some(5), ..Match::default() };
    config.route_maps.insert("SUB".into(), vec![entry(10, five, Set::default())]);
    let p = Policy::new(config);
    let a = attributes();
    assert!(p.route_map("M", &view(&a, "10.0.0.0/8")).permits());
}
