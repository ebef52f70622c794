use super::*;
use crate::config::*;
use fib::{Kind, Protocol};

fn view(prefix: &str) -> RouteView<'static> {
    RouteView {
        prefix: prefix.parse().unwrap(),
        next_hop: Some("10.9.9.9".parse().unwrap()),
        interface: Some("eth1"),
        metric: 3,
        tag: 7,
        source: Protocol::Static,
        kind: Kind::Plain,
        bgp: None,
    }
}

fn entry(seq: u16, action: Action) -> RouteMapEntry {
    RouteMapEntry {
        seq,
        action,
        description: None,
        matches: Match::default(),
        set: Set::default(),
        call: None,
        on_match: None,
    }
}

fn permit(seq: u16, metric: &str) -> RouteMapEntry {
    let metric = (!metric.is_empty()).then(|| metric.parse().unwrap());
    RouteMapEntry { set: Set { metric, ..Set::default() }, ..entry(seq, Action::Permit) }
}

fn policy(maps: &[(&str, Vec<RouteMapEntry>)]) -> Policy {
    let route_maps = maps.iter().map(|(n, m)| (n.to_string(), m.clone())).collect();
    let mut config = Config { route_maps, ..Config::default() };
    let acl = |p: &str, action| AccessEntry {
        seq: 5,
        action,
        prefix: Some(p.parse().unwrap()),
        exact_match: false,
    };
    config.access_lists.insert("TEN".into(), vec![acl("10.0.0.0/8", Action::Permit)]);
    config.prefix_lists.insert("EMPTY".into(), PrefixList::default());
    Policy::new(config)
}

fn metric(policy: &Policy, name: &str) -> Option<Option<u32>> {
    policy.route_map(name, &view("10.1.0.0/16")).permit.map(|c| c.metric(3))
}

#[test]
fn the_first_matching_entry_decides_and_no_match_is_a_deny() {
    let only_tag = |seq, action, tag| RouteMapEntry {
        matches: Match { tag: Some(tag), ..Match::default() },
        ..entry(seq, action)
    };
    let p = policy(&[("M", vec![only_tag(20, Action::Permit, 7), only_tag(10, Action::Deny, 8)])]);
    let decision = p.route_map("M", &view("10.0.0.0/8"));
    assert_eq!((decision.permits(), decision.by), (true, Why::Entry("M", 20)));
    let tagged = RouteView { tag: 8, ..view("10.0.0.0/8") };
    assert_eq!(p.route_map("M", &tagged).by, Why::Entry("M", 10));
    assert!(!p.route_map("M", &tagged).permits());
    let other = RouteView { tag: 9, ..view("10.0.0.0/8") };
    assert_eq!(p.route_map("M", &other), Decision { permit: None, by: Why::NoMatch("M") });
}

#[test]
fn a_map_that_does_not_exist_denies_and_says_so() {
    let p = policy(&[]);
    let decision = p.route_map("M", &view("10.0.0.0/8"));
    assert!(!decision.permits() && decision.is_undefined());
}

#[test]
fn metric_changes_add_up_and_saturate() {
    let next = |e: RouteMapEntry| RouteMapEntry { on_match: Some(OnMatch::Next), ..e };
    let p = policy(&[
        ("ADD", vec![permit(10, "+4")]),
        ("SUB", vec![permit(10, "-9")]),
        ("TO", vec![permit(10, "8")]),
        ("NONE", vec![permit(10, "")]),
        ("BOTH", vec![next(permit(10, "5")), permit(20, "+2")]),
        ("MAX", vec![next(permit(10, "4294967295")), permit(20, "+2")]),
    ]);
    assert_eq!(metric(&p, "ADD"), Some(Some(7)));
    assert_eq!(metric(&p, "SUB"), Some(Some(0)));
    assert_eq!(metric(&p, "TO"), Some(Some(8)));
    assert_eq!(metric(&p, "NONE"), Some(None));
    assert_eq!(metric(&p, "BOTH"), Some(Some(7)));
    assert_eq!(metric(&p, "MAX"), Some(Some(u32::MAX)));
}

#[test]
fn on_match_next_keeps_the_permit_when_nothing_else_matches_and_a_later_deny_overrules_it() {
    let next = RouteMapEntry { on_match: Some(OnMatch::Next), ..permit(10, "5") };
    let never =
        RouteMapEntry { matches: Match { tag: Some(99), ..Match::default() }, ..entry(20, Action::Permit) };
    let p = policy(&[("KEEP", vec![next.clone(), never]), ("DENY", vec![next, entry(20, Action::Deny)])]);
    assert_eq!(metric(&p, "KEEP"), Some(Some(5)));
    assert_eq!(metric(&p, "DENY"), None);
}

#[test]
fn goto_skips_what_is_numbered_lower_and_never_goes_back() {
    let goto = |seq, to, m| RouteMapEntry { on_match: Some(OnMatch::Goto(to)), ..permit(seq, m) };
    let p = policy(&[
        ("SKIP", vec![goto(10, 25, "1"), entry(20, Action::Deny), permit(30, "+1")]),
        ("BACK", vec![permit(5, "9"), goto(10, 5, "1"), permit(20, "+1")]),
        ("END", vec![goto(10, 99, "4"), entry(20, Action::Deny)]),
    ]);
    assert_eq!(metric(&p, "SKIP"), Some(Some(2)));
    assert_eq!(metric(&p, "BACK"), Some(Some(9)), "the first entry already stops");
    assert_eq!(metric(&p, "END"), Some(Some(4)));
    let back = policy(&[("M", vec![goto(10, 5, "1"), permit(20, "+1")])]);
    assert_eq!(metric(&back, "M"), Some(Some(2)));
}

#[test]
fn a_called_map_must_permit_too_and_its_changes_count() {
    let call = |name: &str, m| RouteMapEntry { call: Some(name.into()), ..permit(10, m) };
    let p = policy(&[
        ("M", vec![call("SUB", "5")]),
        ("SUB", vec![permit(10, "+1")]),
        ("D", vec![call("NO", "5")]),
        ("NO", vec![entry(7, Action::Deny)]),
        ("MISSING", vec![call("NOBODY", "5")]),
    ]);
    assert_eq!(metric(&p, "M"), Some(Some(6)));
    let denied = p.route_map("D", &view("10.0.0.0/8"));
    assert_eq!((denied.permits(), denied.by), (false, Why::Entry("NO", 7)));
    assert_eq!(metric(&p, "MISSING"), Some(Some(5)));
}

#[test]
fn a_map_that_calls_itself_ends_in_a_deny() {
    let p = policy(&[("LOOP", vec![RouteMapEntry { call: Some("LOOP".into()), ..permit(10, "") }])]);
    let decision = p.route_map("LOOP", &view("10.0.0.0/8"));
    assert_eq!((decision.permits(), decision.by), (false, Why::Recursion("LOOP")));
}

#[test]
fn every_condition_must_hold_and_each_looks_at_its_field() {
    let is = |m: Match, v: &RouteView<'_>| {
        let e = RouteMapEntry { matches: m, ..entry(10, Action::Permit) };
        policy(&[("M", vec![e])]).route_map("M", v).permits()
    };
    let v = view("10.1.0.0/16");
    let m = Match::default;
    let other = RouteView {
        prefix: "11.0.0.0/8".parse().unwrap(),
        next_hop: Some("11.1.1.1".parse().unwrap()),
        interface: Some("eth2"),
        metric: 4,
        tag: 0,
        source: Protocol::Bgp,
        kind: Kind::Internal,
        bgp: None,
    };
    let conditions = [
        Match { address: Some("TEN".into()), ..m() },
        Match { next_hop: Some("TEN".into()), ..m() },
        Match { interface: Some("eth1".into()), ..m() },
        Match { metric: Some(3), ..m() },
        Match { tag: Some(7), ..m() },
        Match { source_protocol: Some(Protocol::Static), ..m() },
        Match { route_type: Some(Kind::Plain), ..m() },
    ];
    for condition in conditions {
        assert!(is(condition.clone(), &v), "{condition:?}");
        assert!(!is(condition.clone(), &other), "{condition:?}");
    }
    assert!(is(Match { address_prefix_list: Some("EMPTY".into()), ..m() }, &v));
    assert!(!is(Match { address_prefix_list: Some("NOBODY".into()), ..m() }, &v), "undefined does not match");
    assert!(!is(Match { address: Some("NOBODY".into()), ..m() }, &v));
    assert!(!is(Match { address: Some("TEN".into()), tag: Some(8), ..m() }, &v), "all must hold");
    assert!(!is(Match { next_hop: Some("TEN".into()), ..m() }, &RouteView { next_hop: None, ..v }));
}

#[test]
fn the_type_of_an_external_route_is_set_by_the_last_entry_that_says_one() {
    let set = |seq, metric_type| RouteMapEntry {
        set: Set { metric_type, ..Set::default() },
        on_match: Some(OnMatch::Next),
        ..entry(seq, Action::Permit)
    };
    let p =
        policy(&[("M", vec![set(10, Some(MetricType::Two)), set(20, Some(MetricType::One)), set(30, None)])]);
    let changes = p.route_map("M", &view("10.0.0.0/8")).permit.unwrap();
    assert_eq!(changes.metric_type, Some(MetricType::One));
}

#[test]
fn internal_is_what_ospf_learned_inside_the_as() {
    let internal = Match { route_type: Some(Kind::Internal), ..Match::default() };
    let p = policy(&[("M", vec![RouteMapEntry { matches: internal, ..entry(10, Action::Permit) }])]);
    let permits =
        |source, kind| p.route_map("M", &RouteView { source, kind, ..view("10.0.0.0/8") }).permits();
    assert!(permits(Protocol::Ospf, Kind::Plain) && permits(Protocol::Ospf, Kind::InterArea));
    assert!(permits(Protocol::Bgp, Kind::Internal));
    assert!(!permits(Protocol::Ospf, Kind::External1) && !permits(Protocol::Static, Kind::Plain));
}
