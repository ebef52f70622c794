//! Each rule on its own: a route with every attribute goes out, and what arrives is said.

use super::*;
use crate::attrs::{self, Store};
use crate::config::{NextHopSelf, RemovePrivateAs};
use crate::export::NextHop;
use crate::export::judge::Judge;
use crate::export::profile::tests::plain;
use crate::{Family, PeerIx};
use fib::Prefix;
use policy::Policy;
use policy::bgp::*;

fn sequence(asns: &[u32]) -> Segment {
    Segment { kind: SegmentKind::Sequence, asns: asns.to_vec() }
}

fn confed(asns: &[u32]) -> Segment {
    Segment { kind: SegmentKind::ConfedSequence, asns: asns.to_vec() }
}

fn path(segments: Vec<Segment>) -> AsPath {
    AsPath { segments }
}

/// A route with every attribute, of AS 65010 from 198.51.100.9.
fn full() -> Attributes {
    Attributes {
        origin: Origin::Egp,
        as_path: path(vec![sequence(&[65010, 65020])]),
        next_hop: "198.51.100.9".parse().unwrap(),
        link_local: None,
        med: Some(7),
        local_pref: Some(200),
        atomic_aggregate: true,
        aggregator: Some(Aggregator { asn: 65020, router: "10.9.9.9".parse().unwrap() }),
        communities: vec![Community(65010 << 16 | 1)],
        extended_communities: vec![
            ExtendedCommunity(0x0002_fde8_0000_0001),
            ExtendedCommunity(0x4002_fde8_0000_0002),
        ],
        large_communities: vec![LargeCommunity(1, 2, 3)],
        originator_id: None,
        cluster_list: Vec::new(),
        only_to_customer: None,
        unknown: vec![
            Unknown { flags: 0xe0, code: 20, value: vec![1].into() },
            Unknown { flags: 0xe0, code: 33, value: vec![2].into() },
            Unknown { flags: 0xe0, code: 99, value: vec![3].into() },
        ],
    }
}

fn from(kind: PeerKind) -> Source {
    Source {
        peer: PeerIx(9),
        kind: Some(kind),
        router_id: "10.0.0.9".parse().unwrap(),
        reflector_client: false,
        server_client: true,
    }
}

fn judged(
    all: &Attributes,
    source: &Source,
    profile: &Profile,
    policy: &Policy,
) -> Result<Attributes, Denied> {
    let mut store = Store::new(1);
    let id = store.intern_attributes(all, attrs::Local::default());
    let entry = store.get(id);
    let judge = Judge::new(profile, policy);
    let prefix: Prefix = "203.0.113.0/24".parse().unwrap();
    let relation = judge.set(entry, source)?;
    judge.prefix(&prefix)?;
    let mut out = vec![0xaa];
    judge.attributes(entry, source, relation, (&prefix, None), &mut out)?;
    let decoded = attrs::decode(&out);
    let mut again = Vec::new();
    attrs::encode(&decoded, &mut again);
    assert_eq!(out, again, "what goes out is canonical");
    Ok(decoded)
}

fn told(all: &Attributes, source: &Source, profile: &Profile) -> Result<Attributes, Denied> {
    judged(all, source, profile, &Policy::default())
}

fn next_hop(all: &Attributes, source: &Source, profile: &Profile) -> String {
    let all = told(all, source, profile).unwrap();
    match all.link_local {
        Some(beside) => format!("{} {beside}", all.next_hop),
        None => all.next_hop.to_string(),
    }
}

fn external() -> Profile {
    plain(Family::Ipv4, PeerKind::External)
}

fn internal() -> Profile {
    plain(Family::Ipv4, PeerKind::Internal)
}

#[test]
fn another_as_gets_our_as_in_front_our_address_and_nothing_that_is_ours_alone() {
    let mut want = full();
    want.as_path = path(vec![sequence(&[65000, 65010, 65020])]);
    want.next_hop = "192.0.2.1".parse().unwrap();
    (want.med, want.local_pref) = (None, None);
    want.extended_communities.pop();
    assert_eq!(told(&full(), &from(PeerKind::External), &external()), Ok(want));
}

#[test]
fn our_own_as_gets_everything_as_it_is() {
    assert_eq!(told(&full(), &from(PeerKind::External), &internal()), Ok(full()));
    let mut bare = full();
    bare.local_pref = None;
    let told = told(&bare, &from(PeerKind::External), &internal()).unwrap();
    assert_eq!(told.local_pref, Some(100), "the default goes where there is none");
}

#[test]
fn our_own_route_leaves_with_our_address_and_its_med() {
    let own = Attributes { origin: Origin::Igp, med: Some(5), ..Attributes::default() };
    let source = Source::local("10.0.0.1".parse().unwrap());
    let got = told(&own, &source, &external()).unwrap();
    assert_eq!(got.as_path, path(vec![sequence(&[65000])]));
    assert_eq!((got.next_hop.to_string().as_str(), got.med), ("192.0.2.1", Some(5)));
    let got = told(&own, &source, &internal()).unwrap();
    assert_eq!((got.as_path, got.next_hop.to_string().as_str()), (AsPath::default(), "192.0.2.1"));
}

#[test]
fn a_next_hop_on_the_shared_network_stays_towards_another_as() {
    let mut profile = external();
    profile.local.shared = vec!["198.51.100.0/24".parse().unwrap()];
    assert_eq!(next_hop(&full(), &from(PeerKind::External), &profile), "198.51.100.9");
    profile.next_hop_self = Some(NextHopSelf { force: false });
    assert_eq!(next_hop(&full(), &from(PeerKind::External), &profile), "192.0.2.1");
}

#[test]
fn next_hop_self_holds_for_reflected_routes_only_by_force() {
    let mut profile = internal();
    profile.reflector_client = true;
    let reflected = from(PeerKind::Internal);
    profile.next_hop_self = Some(NextHopSelf { force: false });
    assert_eq!(next_hop(&full(), &from(PeerKind::External), &profile), "192.0.2.1");
    assert_eq!(next_hop(&full(), &reflected, &profile), "198.51.100.9");
    profile.next_hop_self = Some(NextHopSelf { force: true });
    assert_eq!(next_hop(&full(), &reflected, &profile), "192.0.2.1");
}

#[test]
fn attribute_unchanged_keeps_next_hop_path_and_med_each() {
    let source = from(PeerKind::External);
    let mut profile = external();
    profile.unchanged.next_hop = true;
    let got = told(&full(), &source, &profile).unwrap();
    assert_eq!((got.next_hop, got.med, got.as_path.length(false)), (full().next_hop, None, 3));
    profile = external();
    profile.unchanged.as_path = true;
    let got = told(&full(), &source, &profile).unwrap();
    assert_eq!((got.as_path, got.med), (full().as_path, None));
    let mut own = full();
    own.as_path = AsPath::default();
    assert_eq!(told(&own, &source, &profile).unwrap().as_path.length(false), 1, "but not an empty path");
    profile = external();
    profile.unchanged.med = true;
    assert_eq!(told(&full(), &source, &profile).unwrap().med, Some(7));
}

#[test]
fn a_route_server_is_not_in_what_its_clients_get() {
    let mut profile = external();
    profile.server_client = true;
    let got = told(&full(), &from(PeerKind::External), &profile).unwrap();
    assert_eq!((got.as_path, got.next_hop, got.med), (full().as_path, full().next_hop, Some(7)));
    let mut kept = full();
    kept.communities = vec![Community::NO_EXPORT];
    assert!(told(&kept, &from(PeerKind::External), &profile).is_ok(), "communities are between its clients");
    let other = Source { server_client: false, ..from(PeerKind::External) };
    assert_eq!(told(&kept, &other, &profile), Err(Denied::NoExport), "but not for who is none");
}

fn six(next_hop: &str, link_local: Option<&str>) -> Attributes {
    let link_local = link_local.map(|a| a.parse().unwrap());
    Attributes { next_hop: next_hop.parse().unwrap(), link_local, ..full() }
}

#[test]
fn ipv6_goes_with_the_global_address_and_on_the_link_with_the_link_local_one_beside() {
    let mut profile = plain(Family::Ipv6, PeerKind::External);
    let source = from(PeerKind::External);
    let route = six("2001:db8:9::9", Some("fe80::9"));
    assert_eq!(next_hop(&route, &source, &profile), "2001:db8::1");
    profile.local.link_local = Some("fe80::1".parse().unwrap());
    profile.local.shared = vec!["2001:db8::/64".parse().unwrap()];
    assert_eq!(next_hop(&route, &source, &profile), "2001:db8::1 fe80::1");
    let third = six("2001:db8::7", Some("fe80::7"));
    assert_eq!(next_hop(&third, &source, &profile), "2001:db8::7 fe80::7", "RFC 2545 3: all share the link");
    profile.local.v6 = None;
    assert_eq!(next_hop(&route, &source, &profile), "fe80::1 fe80::1", "unnumbered: it takes both places");
}

#[test]
fn inside_the_as_ipv6_keeps_the_global_next_hop_and_drops_the_link_local_one() {
    let profile = plain(Family::Ipv6, PeerKind::Internal);
    let source = from(PeerKind::External);
    assert_eq!(next_hop(&six("2001:db8:9::9", Some("fe80::9")), &source, &profile), "2001:db8:9::9");
    assert_eq!(
        next_hop(&six("fe80::9", None), &source, &profile),
        "2001:db8::1",
        "foreign links mean nothing"
    );
}

#[test]
fn ipv4_has_an_ipv6_next_hop_only_where_that_was_agreed() {
    let mut profile = internal();
    let source = from(PeerKind::External);
    let route = six("2001:db8:9::9", None);
    assert_eq!(next_hop(&route, &source, &profile), "192.0.2.1");
    profile.codec.extended_nexthop = true;
    assert_eq!(next_hop(&route, &source, &profile), "2001:db8:9::9");
    let mut profile = external();
    profile.codec.extended_nexthop = true;
    assert_eq!(next_hop(&full(), &source, &profile), "192.0.2.1", "over IPv4 as ever");
    profile.local.over_v6 = true;
    assert_eq!(next_hop(&full(), &source, &profile), "2001:db8::1");
    profile.codec.extended_nexthop = false;
    profile.local.v4 = None;
    assert_eq!(told(&full(), &source, &profile), Err(Denied::NoNextHop));
}

#[test]
fn a_route_map_decides_the_next_hop_before_all_rules() {
    let hop = |next_hop| {
        let (profile, source) = (external(), from(PeerKind::External));
        let relation = Relation { reflected: false, transparent: false };
        let decided = Decided { keep_med: false, next_hop };
        let (mut canonical, mut out) = (Vec::new(), Vec::new());
        attrs::encode(&full(), &mut canonical);
        outgoing(&canonical, &source, relation, &decided, &profile, &mut out).unwrap();
        attrs::decode(&out).next_hop.to_string()
    };
    assert_eq!(hop(NextHop::Unchanged), "198.51.100.9");
    assert_eq!(hop(NextHop::Set("203.0.113.5".parse().unwrap(), None)), "203.0.113.5");
    assert_eq!(hop(NextHop::Ours), "192.0.2.1");
}

#[test]
fn a_confederation_is_seen_inside_and_is_one_as_outside() {
    let mut route = full();
    route.as_path = path(vec![confed(&[65501, 65502]), sequence(&[65010])]);
    let mut profile = plain(Family::Ipv4, PeerKind::Confederation);
    (profile.own_as, profile.outside_as, profile.prepend) = (65500, 100, vec![100]);
    let got = told(&route, &from(PeerKind::Confederation), &profile).unwrap();
    assert_eq!(got.as_path, path(vec![confed(&[65500, 65501, 65502]), sequence(&[65010])]));
    assert_eq!((got.local_pref, got.med, got.next_hop), (Some(200), Some(7), route.next_hop));
    let got = told(&full(), &from(PeerKind::External), &profile).unwrap();
    assert_eq!(got.as_path, path(vec![confed(&[65500]), sequence(&[65010, 65020])]));
    profile.kind = PeerKind::External;
    let got = told(&route, &from(PeerKind::Confederation), &profile).unwrap();
    assert_eq!(got.as_path, path(vec![sequence(&[100, 65010])]));
}

#[test]
fn a_full_segment_gets_another_before_it() {
    let mut route = full();
    route.as_path = path(vec![sequence(&[1; 255])]);
    let got = told(&route, &from(PeerKind::External), &external()).unwrap();
    assert_eq!(got.as_path, path(vec![sequence(&[65000]), sequence(&[1; 255])]));
    route.as_path = path(vec![Segment { kind: SegmentKind::Set, asns: vec![1, 2] }]);
    let got = told(&route, &from(PeerKind::External), &external()).unwrap();
    assert_eq!(got.as_path.segments[0], sequence(&[65000]), "and so does a set");
}

#[test]
fn a_reflector_says_who_brought_the_route_and_which_clusters_it_passed() {
    let mut profile = internal();
    let mut source = from(PeerKind::Internal);
    assert_eq!(told(&full(), &source, &profile), Err(Denied::NotReflected));
    source.reflector_client = true;
    let got = told(&full(), &source, &profile).unwrap();
    let ids = |text: &[&str]| text.iter().map(|t| t.parse().unwrap()).collect::<Vec<_>>();
    assert_eq!((got.originator_id, got.cluster_list), (Some(source.router_id), ids(&["10.0.0.1"])));
    source.reflector_client = false;
    profile.reflector_client = true;
    let mut known = full();
    known.originator_id = Some("10.7.7.7".parse().unwrap());
    known.cluster_list = ids(&["10.8.8.8"]);
    let got = told(&known, &source, &profile).unwrap();
    assert_eq!(got.originator_id, known.originator_id);
    assert_eq!(got.cluster_list, ids(&["10.0.0.1", "10.8.8.8"]));
    let got = told(&known, &source, &external()).unwrap();
    assert_eq!((got.originator_id, got.cluster_list), (None, vec![]), "neither leaves the AS");
}

#[test]
fn communities_keep_a_route_from_those_it_is_not_for() {
    let with = |community| Attributes { communities: vec![community], ..full() };
    let source = from(PeerKind::External);
    let member = plain(Family::Ipv4, PeerKind::Confederation);
    let ask = |community, profile: &Profile| told(&with(community), &source, profile).err();
    for profile in [&internal(), &member, &external()] {
        assert_eq!(ask(Community::NO_ADVERTISE, profile), Some(Denied::NoAdvertise));
    }
    assert_eq!(ask(Community::NO_EXPORT, &internal()), None);
    assert_eq!(ask(Community::NO_EXPORT, &member), None);
    assert_eq!(ask(Community::NO_EXPORT, &external()), Some(Denied::NoExport));
    assert_eq!(ask(Community::NO_EXPORT_SUBCONFED, &internal()), None);
    assert_eq!(ask(Community::NO_EXPORT_SUBCONFED, &member), Some(Denied::NoExportSubconfed));
    assert_eq!(ask(Community::NO_EXPORT_SUBCONFED, &external()), Some(Denied::NoExportSubconfed));
}

#[test]
fn communities_that_are_not_sent_are_left_out() {
    let mut profile = internal();
    profile.send_community.standard = false;
    profile.send_community.extended = false;
    profile.send_community.large = false;
    let got = told(&full(), &from(PeerKind::External), &profile).unwrap();
    assert!(got.communities.is_empty() && got.extended_communities.is_empty());
    assert!(got.large_communities.is_empty());
}

#[test]
fn local_as_stands_before_our_own_or_in_its_place() {
    let mut profile = external();
    profile.prepend = vec![64999, 65000];
    let got = told(&full(), &from(PeerKind::External), &profile).unwrap();
    assert_eq!(got.as_path, path(vec![sequence(&[64999, 65000, 65010, 65020])]));
    profile.prepend = vec![64999];
    let got = told(&full(), &from(PeerKind::External), &profile).unwrap();
    assert_eq!(got.as_path, path(vec![sequence(&[64999, 65010, 65020])]));
}

fn with_path(asns: &[u32]) -> Attributes {
    Attributes { as_path: path(vec![sequence(asns)]), ..full() }
}

#[test]
fn as_override_puts_ours_where_the_peers_own_as_was() {
    let mut profile = external();
    (profile.as_override, profile.peer_as) = (true, Some(65001));
    let got = told(&with_path(&[65010, 65001, 65001]), &from(PeerKind::External), &profile).unwrap();
    assert_eq!(got.as_path, path(vec![sequence(&[65000, 65010, 65000, 65000])]));
}

#[test]
fn private_ases_are_removed_or_replaced_as_frr_does() {
    let ask = |all, replace_as, asns: &[u32]| {
        let mut profile = external();
        profile.prepend = vec![100];
        profile.outside_as = 100;
        profile.peer_as = Some(65001);
        profile.remove_private_as = Some(RemovePrivateAs { all, replace_as });
        let got = told(&with_path(asns), &from(PeerKind::External), &profile).unwrap();
        got.as_path.asns().collect::<Vec<_>>()
    };
    assert_eq!(ask(false, false, &[65010, 4_200_000_000]), [100], "nothing but private ones");
    assert_eq!(ask(false, false, &[65010, 3356]), [100, 65010, 3356], "a public one: untouched");
    assert_eq!(ask(false, true, &[65010, 65011]), [100, 100, 100]);
    assert_eq!(ask(true, false, &[65010, 3356, 65011]), [100, 3356]);
    assert_eq!(ask(true, true, &[65010, 3356, 65011]), [100, 100, 3356, 100]);
    assert_eq!(ask(true, false, &[65010, 65001]), [100, 65001], "the peer sees its own AS");
    assert_eq!(ask(true, false, &[65535, 64511]), [100, 65535, 64511], "neither is private");
}

#[test]
fn without_policy_nothing_is_told_to_another_as() {
    let mut profile = external();
    profile.requires_policy = true;
    assert_eq!(told(&full(), &from(PeerKind::External), &profile), Err(Denied::NoPolicy));
    let source = Source::local("10.0.0.1".parse().unwrap());
    assert_eq!(told(&full(), &source, &profile), Err(Denied::NoPolicy), "not even our own");
}

#[test]
fn otc_is_added_downwards_and_stops_upwards() {
    let ask = |role, otc| {
        let mut profile = external();
        profile.role = Some(role);
        let route = Attributes { only_to_customer: otc, ..full() };
        told(&route, &from(PeerKind::External), &profile).map(|a| a.only_to_customer)
    };
    for role in [Role::Provider, Role::Peer, Role::RsServer] {
        assert_eq!(ask(role, None), Ok(Some(65000)), "{role:?}");
    }
    for role in [Role::Customer, Role::RsClient] {
        assert_eq!(ask(role, None), Ok(None), "{role:?}");
    }
    for role in [Role::Customer, Role::Peer, Role::RsClient] {
        assert_eq!(ask(role, Some(65010)), Err(Denied::OnlyToCustomer), "{role:?}");
    }
    for role in [Role::Provider, Role::RsServer] {
        assert_eq!(ask(role, Some(65010)), Ok(Some(65010)), "{role:?}");
    }
}

#[test]
fn before_a_shutdown_routes_are_marked_outside_and_unwanted_inside() {
    let mut profile = external();
    profile.graceful_shutdown = true;
    let source = from(PeerKind::External);
    let got = told(&full(), &source, &profile).unwrap();
    assert_eq!(got.communities, [full().communities[0], Community::GRACEFUL_SHUTDOWN]);
    let mut bare = full();
    bare.communities.clear();
    assert_eq!(told(&bare, &source, &profile).unwrap().communities, [Community::GRACEFUL_SHUTDOWN]);
    profile.kind = PeerKind::Internal;
    let got = told(&full(), &source, &profile).unwrap();
    assert_eq!((got.local_pref, got.communities), (Some(0), full().communities));
}
