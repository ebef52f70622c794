//! Types 5 and 7, and from one to the other.

use super::*;

fn redistribute(config: &mut Config, how: Redistribute) {
    config.redistribute.insert(Protocol::Static, how);
}

#[test]
fn redistributed_routes_are_type_5_with_frrs_metric_and_a_forwarding_address_on_an_own_network() {
    let mut lab = lab(&[("10.0.0.5/24", 0)], |c| redistribute(c, Redistribute::default()));
    assert_eq!(lab.flags(0), flags::E);
    lab.stat("192.0.2.0/24", Some("10.0.0.9"));
    lab.stat("192.0.3.0/24", Some("172.16.0.1"));
    lab.stat("0.0.0.0/0", Some("10.0.0.9"));
    let (near, far) = ("192.0.2.0/24 20 E2 via 10.0.0.9 tag 0", "192.0.3.0/24 20 E2 via 0.0.0.0 tag 0");
    assert_eq!(lab.type5(), [near, far], "the default comes by default-information only");
    lab.stat("192.0.2.0/24", None);
    assert_eq!(lab.type5(), [far]);
    lab.edit(|c| {
        redistribute(
            c,
            Redistribute { metric: Some(5), metric_type: MetricType::One, tag: Some(9), route_map: None },
        );
    });
    assert_eq!(lab.type5(), ["192.0.3.0/24 5 E1 via 0.0.0.0 tag 9"]);
    lab.edit(|c| c.redistribute.clear());
    assert_eq!((lab.type5(), lab.flags(0)), (vec![], 0));
}

#[test]
fn what_ospf_runs_on_is_not_redistributed_as_connected() {
    let mut lab = lab(&[("10.0.0.5/24", 0)], |c| {
        c.redistribute.insert(Protocol::Connected, Redistribute::default());
    });
    for prefix in ["10.0.0.0/24", "10.7.0.0/24"] {
        let route = Route::new(Protocol::Connected, Target::Via(vec![NextHop::port(PortId(0))]));
        let source = Source::new(Protocol::Connected, 0);
        lab.ospf.handle_route(lab.now, Redistributed { source, prefix: net(prefix), route: Some(route) });
    }
    lab.settle();
    assert_eq!(lab.type5(), ["10.7.0.0/24 20 E2 via 0.0.0.0 tag 0"]);
}

#[test]
fn the_default_is_told_always_or_while_there_is_one() {
    let always = |always| Some(DefaultInformation { always, ..DefaultInformation::default() });
    let mut lab = lab(&[("10.0.0.5/24", 0)], |c| c.default_information = always(false));
    assert_eq!(lab.type5(), [""; 0]);
    lab.stat("0.0.0.0/0", Some("10.0.0.9"));
    assert_eq!(lab.type5(), ["0.0.0.0/0 10 E2 via 10.0.0.9 tag 0"]);
    lab.stat("0.0.0.0/0", None);
    assert_eq!(lab.type5(), [""; 0]);
    lab.edit(|c| c.default_information = always(true));
    assert_eq!(lab.type5(), ["0.0.0.0/0 1 E2 via 0.0.0.0 tag 0"]);
}

#[test]
fn a_route_map_lets_in_and_sets_metric_type_and_tag() {
    let mut lab = lab(&[("10.0.0.5/24", 0)], |c| {
        redistribute(c, Redistribute { route_map: Some("M".into()), ..Redistribute::default() });
    });
    lab.stat("192.0.2.0/24", Some("172.16.0.1"));
    lab.stat("198.51.100.0/24", Some("172.16.0.1"));
    assert_eq!(lab.type5(), [""; 0], "a map that does not exist denies");
    let mut config = policy::Config::default();
    let ten = policy::config::AccessEntry {
        seq: 5,
        action: policy::Action::Permit,
        prefix: Some(net("192.0.0.0/8")),
        exact_match: false,
    };
    config.access_lists.insert("A".into(), vec![ten]);
    let entry = policy::config::RouteMapEntry {
        seq: 10,
        action: policy::Action::Permit,
        description: None,
        matches: policy::config::Match { address: Some("A".into()), ..Default::default() },
        set: policy::config::Set {
            metric: Some(policy::config::SetMetric::To(3)),
            metric_type: Some(policy::config::MetricType::One),
            tag: Some(8),
            ..Default::default()
        },
        call: None,
        on_match: None,
    };
    config.route_maps.insert("M".into(), vec![entry]);
    lab.policy(config);
    assert_eq!(lab.type5(), ["192.0.2.0/24 3 E1 via 0.0.0.0 tag 8"]);
}

#[test]
fn a_summary_address_stands_for_what_it_covers() {
    let mut lab = lab(&[("10.0.0.5/24", 0)], |c| {
        redistribute(c, Redistribute { metric: Some(77), ..Redistribute::default() });
        c.summary_addresses.insert(net("192.0.0.0/16"), SummaryAddress { tag: 5, no_advertise: false });
    });
    assert_eq!(lab.type5(), [""; 0], "nothing inside");
    lab.stat("192.0.2.0/24", Some("10.0.0.9"));
    lab.stat("198.51.100.0/24", Some("172.16.0.1"));
    let outside = "198.51.100.0/24 77 E2 via 0.0.0.0 tag 0";
    assert_eq!(lab.type5(), ["192.0.0.0/16 20 E2 via 0.0.0.0 tag 5", outside]);
    lab.stat("192.0.2.0/24", None);
    assert_eq!(lab.type5(), [outside]);
    lab.stat("192.0.2.0/24", Some("10.0.0.9"));
    lab.edit(|c| c.summary_addresses.get_mut(&net("192.0.0.0/16")).unwrap().no_advertise = true);
    assert_eq!(lab.type5(), [outside]);
    lab.edit(|c| c.summary_addresses.clear());
    assert_eq!(lab.type5().len(), 2);
}

#[test]
fn networks_of_one_address_get_link_state_ids_of_their_own() {
    let mut lab = lab(&[("10.0.0.5/24", 0)], |c| redistribute(c, Redistribute::default()));
    for prefix in ["192.0.2.0/28", "192.0.2.0/24", "192.0.2.0/26"] {
        lab.stat(prefix, Some("172.16.0.1"));
    }
    let ids = |lab: &Lab| -> Vec<String> {
        lab.type5().iter().filter_map(|s| s.split(' ').next().map(str::to_owned)).collect()
    };
    assert_eq!(ids(&lab), ["192.0.2.0/24", "192.0.2.15/28", "192.0.2.63/26"]);
    lab.stat("192.0.2.0/24", None);
    assert_eq!(ids(&lab), ["192.0.2.0/26", "192.0.2.15/28"]);
}

#[test]
fn into_an_nssa_externals_go_as_type_7_to_be_translated_unless_by_a_border_router() {
    let mut lab = lab(&[("10.1.0.5/24", 1)], |c| {
        area(c, 1).kind = AreaKind::Nssa;
        redistribute(c, Redistribute::default());
    });
    lab.stat("192.0.2.0/24", Some("172.16.0.1"));
    lab.stat("192.0.3.0/24", Some("10.1.0.9"));
    assert_eq!(
        lab.type7(1),
        ["192.0.2.0/24 20 E2 via 10.1.0.5 tag 0 P", "192.0.3.0/24 20 E2 via 10.1.0.9 tag 0 P"]
    );
    assert_eq!(lab.type5(), [""; 0], "no area takes type 5");
    let mut lab = self::lab(&TWO, |c| {
        area(c, 1).kind = AreaKind::Nssa;
        redistribute(c, Redistribute::default());
    });
    lab.stat("192.0.2.0/24", Some("172.16.0.1"));
    lab.stat("192.0.4.0/24", Some("10.0.0.9"));
    let (own, other) = ("192.0.2.0/24 20 E2 via 0.0.0.0 tag 0", "192.0.4.0/24 20 E2 via 0.0.0.0 tag 0");
    assert_eq!(lab.type7(1), [own, other], "an address of another area is nothing to forward to");
    assert_eq!(lab.type5(), [own, "192.0.4.0/24 20 E2 via 10.0.0.9 tag 0"]);
}

#[test]
fn a_border_router_brings_a_default_into_an_nssa() {
    let mut lab = lab(&TWO, |c| area(c, 1).kind = AreaKind::Nssa);
    assert_eq!(lab.summaries(1, Kind::Summary), summary(&[("0.0.0.0/0", 1), ("10.0.0.0/24", 10)]));
    lab.edit(|c| area(c, 1).nssa_default = Some(NssaDefault::default()));
    assert_eq!(lab.summaries(1, Kind::Summary), summary(&[("10.0.0.0/24", 10)]));
    assert_eq!(lab.type7(1), ["0.0.0.0/0 1 E2 via 0.0.0.0 tag 0"]);
    assert_eq!(lab.type5(), [""; 0]);
}

/// An NSSA 1 with an AS boundary router 7.7.7.7 that says these networks.
fn nssa(networks: &[(&str, u8)], edit: impl Fn(&mut Config)) -> Lab {
    let mut lab = lab(&TWO, |c| {
        area(c, 1).kind = AreaKind::Nssa;
        edit(c);
    });
    lab.neighbor(1, 7, flags::E, "10.1.0.7", None);
    for (network, options) in networks {
        lab.type7_heard(network, *options);
    }
    lab
}

impl Lab {
    fn type7_heard(&mut self, network: &str, options: u8) {
        let prefix = net(network);
        let key = LsaKey {
            kind: Kind::NssaExternal,
            id: crate::originate::ids::address(&prefix),
            router: ip("7.7.7.7"),
        };
        let forward = ip("10.1.0.7");
        let body = External { len: prefix.len(), type2: true, metric: 30, forward, tag: 4 };
        self.hear(Scope::Area(AreaId(1)), key, options, &external_body(&body));
    }
}

#[test]
fn the_translator_tells_the_other_areas_what_may_be_told() {
    let mut lab = nssa(&[("192.0.2.0/24", options::NP), ("192.0.3.0/24", 0)], |_| {});
    assert_eq!(lab.type5(), ["192.0.2.0/24 30 E2 via 10.1.0.7 tag 4"]);
    assert_eq!(lab.flags(0), flags::B | flags::E, "it is a boundary router then");
    lab.type7_heard("192.0.3.0/24", options::NP);
    assert_eq!(lab.type5().len(), 2, "the bit is looked at when it alone changes");
    lab.type7_heard("192.0.3.0/24", 0);
    assert_eq!(lab.type5().len(), 1);
    lab.edit(|c| area(c, 1).nssa_suppress_fa = true);
    assert_eq!(lab.type5(), ["192.0.2.0/24 30 E2 via 0.0.0.0 tag 4"]);
    lab.edit(|c| area(c, 1).nssa_translator = crate::config::Translator::Never);
    assert_eq!(lab.type5(), [""; 0]);
    lab.edit(|c| area(c, 1).nssa_translator = crate::config::Translator::Always);
    assert_eq!((lab.type5().len(), lab.flags(1)), (1, flags::B | flags::E | flags::NT));
}

#[test]
fn a_translator_gives_way_to_a_border_router_with_a_higher_id() {
    let mut lab = nssa(&[("192.0.2.0/24", options::NP)], |_| {});
    assert_eq!(lab.type5().len(), 1);
    lab.neighbor(1, 7, flags::E | flags::B, "10.1.0.7", None);
    assert_eq!(lab.type5(), [""; 0]);
}

#[test]
fn an_nssa_range_is_translated_as_one() {
    let range =
        |c: &mut Config| area(c, 1).nssa_ranges = BTreeMap::from([(net("192.0.0.0/16"), Range::default())]);
    let mut lab = nssa(&[("192.0.2.0/24", options::NP), ("198.51.100.0/24", options::NP)], range);
    let single = "198.51.100.0/24 30 E2 via 10.1.0.7 tag 4";
    assert_eq!(lab.type5(), ["192.0.0.0/16 31 E2 via 0.0.0.0 tag 0", single]);
    assert_eq!(lab.rib.get(&net("192.0.0.0/16")).map(|r| &r.target), Some(&Target::Blackhole));
    lab.type7_heard("192.0.2.0/24", 0);
    assert_eq!(lab.type5(), [single]);
    assert_eq!(lab.rib.get(&net("192.0.0.0/16")), None);
}
