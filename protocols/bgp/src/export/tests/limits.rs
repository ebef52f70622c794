//! Sizes: messages, prefixes, attributes; and what is told in the place of the table.

use super::*;
use crate::config::DefaultOriginate;
use policy::bgp::Community;
use policy::config::{Action, Match, RouteMapEntry, Set};

#[test]
fn prefixes_of_equal_attributes_fill_messages_of_4096_and_of_65535_bytes() {
    for (extended, longest, messages) in [(false, 4093..=4096, 3), (true, 8_000..=65_535, 1)] {
        let mut lab = Lab::new();
        (0..2500).for_each(|n| lab.announce(prefix(n), 9, &attributes(65_009, 0)));
        let mut profile = external();
        profile.codec.extended_message = extended;
        lab.join(1, profile);
        lab.drain();
        assert_eq!(lab.said(1).len(), messages + 1, "and End-of-RIB");
        let peer = &lab.peers[&PeerIx(1)];
        assert!(longest.contains(&peer.longest), "{}", peer.longest);
        lab.check();
    }
}

#[test]
fn a_route_that_does_not_fit_into_a_message_is_withdrawn() {
    let mut lab = Lab::new();
    lab.announce(prefix(0), 9, &attributes(65_009, 0));
    lab.announce(prefix(1), 9, &attributes(65_009, 0));
    lab.join(1, external());
    let mut extended = external();
    extended.codec.extended_message = true;
    lab.join(2, extended);
    lab.drain();
    let long = Attributes { communities: (0..1100).map(Community).collect(), ..attributes(65_009, 0) };
    lab.announce(prefix(0), 9, &long);
    lab.announce(prefix(2), 9, &long);
    lab.drain();
    assert_eq!(lab.said(1).last(), Some(&Said::Withdraw(vec![(prefix(0), 0)])));
    assert_eq!(lab.peers[&PeerIx(1)].routes.len(), 1);
    assert_eq!(lab.peers[&PeerIx(2)].routes.len(), 3, "who takes longer ones has it");
}

#[test]
fn no_more_prefixes_are_told_than_maximum_prefix_out_and_others_take_places_that_are_free() {
    let mut lab = Lab::new();
    (0..10).for_each(|n| lab.announce(prefix(n), 9, &attributes(65_009, 0)));
    let mut profile = external();
    (profile.maximum_prefix_out, profile.solo) = (Some(4), Some(PeerIx(1)));
    lab.join(1, profile);
    lab.drain();
    assert_eq!(lab.peers[&PeerIx(1)].routes.len(), 4);
    assert_eq!(lab.export.take_capped(PeerIx(1)), [Family::Ipv4], "told once");
    assert_eq!(lab.export.take_capped(PeerIx(1)), []);
    lab.announce(prefix(2), 9, &attributes(65_009, 1));
    lab.withdraw(prefix(0), 9);
    lab.drain();
    let has: Vec<Prefix> = lab.peers[&PeerIx(1)].routes.keys().map(|k| k.0).collect();
    assert_eq!(has, [1, 2, 3, 4].map(prefix));
}

#[test]
fn a_route_map_by_prefix_and_attributes_changes_what_is_told() {
    let mut config = policy::Config::default();
    let entry = |seq, action, matches, set| RouteMapEntry {
        seq,
        action,
        description: None,
        matches,
        set,
        call: None,
        on_match: None,
    };
    let only = Match { address_prefix_list: Some("P".into()), ..Match::default() };
    let set = Set { as_path_prepend: vec![65_000, 65_000], ..Set::default() };
    let map = vec![
        entry(10, Action::Permit, only, set),
        entry(
            20,
            Action::Deny,
            Match { origin: Some(Origin::Incomplete), ..Match::default() },
            Set::default(),
        ),
        entry(30, Action::Permit, Match::default(), Set::default()),
    ];
    config.route_maps.insert("OUT".into(), map);
    let first = policy::config::PrefixEntry {
        seq: 5,
        action: Action::Permit,
        prefix: Some(prefix(0)),
        ge: None,
        le: None,
    };
    let list = policy::config::PrefixList { description: None, entries: vec![first] };
    config.prefix_lists.insert("P".into(), list);
    let mut lab = Lab::new();
    lab.policy = Policy::new(config);
    (0..3).for_each(|n| lab.announce(prefix(n), 9, &attributes(65_009, 0)));
    lab.announce(prefix(3), 9, &Attributes { origin: Origin::Incomplete, ..attributes(65_009, 0) });
    let mut profile = external();
    profile.filters.route_map = Some("OUT".into());
    lab.join(1, profile);
    lab.drain();
    let routes = &lab.peers[&PeerIx(1)].routes;
    let lengths: Vec<u32> = routes.values().map(|b| attrs::decode(b).as_path.length(false)).collect();
    assert_eq!(lengths, [5, 3, 3]);
    assert_eq!(lab.said(1).len(), 3, "those told alike go together");
    let route = lab.lines.dests[3].paths[0];
    let why = lab.would_send(PeerIx(1), DestId(3), &route);
    assert_eq!(why, Err(Denied::RouteMap("OUT".into(), Some(20))));
    lab.check();
}

#[test]
fn filters_that_do_not_exist_let_nothing_through() {
    let filters: [fn(&mut crate::settings::Filters, String); 4] = [
        |f, name| f.route_map = Some(name),
        |f, name| f.prefix_list = Some(name),
        |f, name| f.distribute_list = Some(name),
        |f, name| f.filter_list = Some(name),
    ];
    for set in filters {
        let mut lab = Lab::new();
        lab.announce(prefix(0), 9, &attributes(65_009, 0));
        let mut profile = external();
        set(&mut profile.filters, "nobody".into());
        lab.join(1, profile);
        lab.drain();
        assert!(lab.peers[&PeerIx(1)].routes.is_empty());
    }
}

fn originating(route_map: Option<&str>) -> Profile {
    let route_map = route_map.map(str::to_owned);
    Profile { default_originate: Some(DefaultOriginate { route_map }), ..external() }
}

#[test]
fn a_default_route_is_originated_in_the_place_of_the_tables_and_goes_with_the_setting() {
    let default = (Prefix::DEFAULT_V4, 0);
    let mut lab = Lab::new();
    lab.join(1, originating(None));
    lab.drain();
    assert_eq!(lab.said(1), [Said::Announce(vec![default]), Said::EndOfRib]);
    lab.announce(Prefix::DEFAULT_V4, 9, &attributes(65_009, 0));
    lab.drain();
    assert_eq!(lab.said(1), []);
    lab.export.refresh(PeerIx(1), Family::Ipv4, true, &lab.lines);
    lab.drain();
    assert_eq!(lab.said(1).len(), 3);
    lab.export.reprofile(PeerIx(1), external(), &lab.lines);
    lab.drain();
    assert_eq!(lab.said(1), [Said::Withdraw(vec![default]), Said::Announce(vec![default])]);
    lab.check();
    lab.export.reprofile(PeerIx(1), originating(None), &lab.lines);
    lab.drain();
    let path = |lab: &Lab| attrs::decode(&lab.peers[&PeerIx(1)].routes[&default]).as_path.length(false);
    assert_eq!(path(&lab), 1, "ours alone is in its path");
    lab.withdraw(Prefix::DEFAULT_V4, 9);
    lab.drain();
    assert_eq!(path(&lab), 1);
    assert!(lab.lines.dests.iter().all(|d| d.holds == 0));
}

#[test]
fn a_default_route_with_a_condition_is_there_while_the_condition_holds() {
    let mut lab = Lab::new();
    let mut config = policy::Config::default();
    let matches = Match { origin: Some(Origin::Egp), ..Match::default() };
    let (action, set) = (Action::Permit, Set { metric: None, ..Set::default() });
    let entry =
        RouteMapEntry { seq: 10, action, description: None, matches, set, call: None, on_match: None };
    config.route_maps.insert("COND".into(), vec![entry]);
    lab.policy = Policy::new(config);
    lab.announce(prefix(0), 9, &attributes(65_009, 0));
    lab.join(1, originating(Some("COND")));
    lab.drain();
    let has = |lab: &Lab| lab.peers[&PeerIx(1)].routes.contains_key(&(Prefix::DEFAULT_V4, 0));
    assert!(!has(&lab));
    let yes = Attributes { origin: Origin::Egp, ..attributes(65_009, 0) };
    lab.announce(prefix(1), 9, &yes);
    lab.announce(prefix(2), 9, &yes);
    lab.drain();
    assert!(has(&lab));
    lab.withdraw(prefix(1), 9);
    lab.drain();
    assert!(has(&lab), "another still permits it");
    lab.announce(prefix(2), 9, &attributes(65_009, 0));
    lab.drain();
    assert!(!has(&lab));
}

#[test]
fn ipv6_goes_in_mp_reach_as_full_as_can_be_and_leaves_in_mp_unreach() {
    let mut lab = Lab::new();
    let prefix = |n: u16| Prefix::new(IpAddr::V6([0x2001, 0xdb8, n, 0, 0, 0, 0, 0].into()), 48);
    let next_hop = "2001:db8:ffff::9".parse().unwrap();
    let route = Attributes { next_hop, ..attributes(65_009, 0) };
    (0..1200).for_each(|n| lab.announce(prefix(n), 9, &route));
    lab.join(1, plain(Family::Ipv6, PeerKind::External));
    lab.drain();
    let peer = &lab.peers[&PeerIx(1)];
    assert_eq!(peer.routes.len(), 1200);
    assert!((4090..=4096).contains(&peer.longest), "{}", peer.longest);
    assert_eq!(lab.said(1).len(), 4, "three full ones and End-of-RIB");
    let told = lab.peers[&PeerIx(1)].routes.values().next().map(|b| attrs::decode(b).next_hop.to_string());
    assert_eq!(told.as_deref(), Some("2001:db8::1"));
    (0..1200).for_each(|n| lab.withdraw(prefix(n), 9));
    lab.drain();
    assert!(lab.peers[&PeerIx(1)].routes.is_empty());
    assert_eq!(lab.said(1).len(), 3);
    assert!(lab.lines.dests.iter().all(|d| d.prefix.is_none()));
}
