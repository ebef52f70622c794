//! Messages captured from FRR 8.4.4 and BIRD 2.0.12 on a veth: read, looked at, and written again. The files in `golden/`
//! say what each is.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

use bgp::Family;
use bgp::attrs::{decode, encode};
use bgp::settings::PeerKind;
use bgp::wire::{
    AddPath, Codec, Context, HEADER, Kind, Notification, Open, Refresh, Restart, RouteRefresh, Update,
    Writer, frame, update,
};
use bytes::BytesMut;
use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;
use policy::bgp::{
    Aggregator, Attributes, Community, ExtendedCommunity, LargeCommunity, Origin, SegmentKind,
};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: String = text.lines().filter(|l| !l.starts_with('#')).collect();
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|d| u8::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap()).collect()
}

/// A whole message and its type.
fn golden(name: &str) -> (Kind, Vec<u8>) {
    let bytes = unhex(&std::fs::read_to_string(folder().join(name).with_extension("hex")).unwrap());
    let (kind, whole) = frame(&bytes, 4096).unwrap().unwrap();
    assert_eq!(whole, bytes.len(), "{name}");
    (kind, bytes)
}

fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap();
    let mut all: Vec<String> =
        files.map(|f| f.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

/// What the session of a file was like, as its name tells.
fn context(name: &str) -> Context {
    let has = |part: &str| name.contains(part);
    let codec = Codec {
        as4: !has("as4") && !has("-old"),
        extended_message: false,
        add_path_rx: [has("add-path") || has("bird-update-aggregate"), false],
        add_path_tx: [has("add-path") || has("bird-update-aggregate"), false],
        extended_nexthop: has("ipv4-over-ipv6"),
    };
    Context { codec, kind: PeerKind::External, families: [true; 2], first_as: None }
}

fn internal(name: &str) -> Context {
    Context { kind: PeerKind::Internal, ..context(name) }
}

/// Reads an UPDATE that must be without fault, and lets `look` see it.
fn with_update<T>(name: &str, context: &Context, look: impl FnOnce(&Update<'_>) -> T) -> T {
    let (kind, bytes) = golden(name);
    assert_eq!(kind, Kind::Update, "{name}");
    let mut scratch = Vec::new();
    let update = update::parse(&bytes[HEADER..], context, &mut scratch).unwrap();
    assert_eq!((update.treat_as_withdraw, update.discarded.len()), (None, 0), "{name}");
    look(&update)
}

/// The attributes and routes of an announcement.
fn announced(name: &str, context: &Context) -> (Attributes, Vec<(u32, Prefix)>) {
    with_update(name, context, |update| {
        let routes = update.announcements().next().unwrap();
        let mut again = Vec::new();
        let all = decode(routes.attributes);
        encode(&all, &mut again);
        assert_eq!(again, routes.attributes, "{name}");
        (all, routes.nlri.iter().collect())
    })
}

fn withdrawn(name: &str) -> Vec<(u32, Prefix)> {
    with_update(name, &context(name), |update| update.withdrawals().collect())
}

fn open(name: &str) -> Open {
    let (kind, bytes) = golden(name);
    assert_eq!(kind, Kind::Open);
    Open::parse(&bytes[HEADER..]).unwrap()
}

fn notification(name: &str) -> Notification {
    let (kind, bytes) = golden(name);
    assert_eq!(kind, Kind::Notification);
    Notification::parse(&bytes[HEADER..])
}

fn p(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn prefixes(routes: &[(u32, Prefix)]) -> Vec<String> {
    routes.iter().map(|(_, p)| p.to_string()).collect()
}

fn path(all: &Attributes) -> Vec<u32> {
    assert!(all.as_path.segments.iter().all(|s| s.kind == SegmentKind::Sequence));
    all.as_path.asns().collect()
}

/// Writes an UPDATE from what was read of it.
fn rewrite(name: &str) -> BytesMut {
    let context = if name.contains("internal") { internal(name) } else { context(name) };
    with_update(name, &context, |update| {
        let mut out = BytesMut::new();
        if let Some(family) = update.end_of_rib {
            Writer::new(context.codec, family).end_of_rib(&mut out);
        }
        for routes in update.announcements() {
            let mut writer = Writer::new(context.codec, routes.nlri.family());
            assert_eq!(writer.announce(&mut out, routes.attributes, routes.nlri), Ok(1), "{name}");
        }
        let gone = [Some(update.withdrawn), update.unreach];
        for nlri in gone.into_iter().flatten().filter(|nlri| !nlri.is_empty()) {
            assert_eq!(Writer::new(context.codec, nlri.family()).withdraw(&mut out, nlri), 1, "{name}");
        }
        out
    })
}

/// BIRD orders attributes as we do. FRR gives AS_PATH the long length, and puts LARGE_COMMUNITY before
/// EXTENDED_COMMUNITIES; and has one parameter for each capability.
#[test]
fn what_bird_says_is_written_again_byte_for_byte() {
    let mut updates = 0;
    for name in names() {
        let (kind, bytes) = golden(&name);
        let exact = match kind {
            Kind::Open if name.starts_with("frr") => continue,
            Kind::Update if name.starts_with("frr-update") => continue,
            Kind::Open => open(&name).encode().to_vec(),
            Kind::Update => rewrite(&name).to_vec(),
            Kind::Notification => notification(&name).encode().to_vec(),
            Kind::RouteRefresh => RouteRefresh::parse(&bytes[HEADER..], true).unwrap().encode().to_vec(),
            Kind::Keepalive => bgp::wire::KEEPALIVE.to_vec(),
        };
        updates += usize::from(kind == Kind::Update);
        assert_eq!(exact, bytes, "{name}");
    }
    assert!(updates >= 15);
}

#[test]
fn what_frr_announces_reads_the_same_after_it_is_written_again() {
    let names: Vec<String> = names().into_iter().filter(|n| n.starts_with("frr-update")).collect();
    assert!(names.len() >= 8);
    for name in names {
        let context = context(&name);
        let again = rewrite(&name);
        let mut scratch = Vec::new();
        let update = update::parse(&again[HEADER..], &context, &mut scratch).unwrap();
        let routes = update.announcements().next().expect(&name);
        let first = announced(&name, &context);
        assert_eq!((decode(routes.attributes), routes.nlri.iter().collect()), first, "{name}");
    }
}

#[test]
fn capabilities_of_frr_are_read() {
    let open = open("frr-open-role");
    assert_eq!((open.asn, open.hold, open.router_id), (65001, 90, Ipv4Addr::new(1, 1, 1, 1)));
    let can = open.capabilities;
    assert!(can.families.iter().eq(&Family::ALL));
    assert!(can.route_refresh && can.enhanced_refresh && can.extended_message && !can.extended_nexthop);
    assert_eq!((can.as4, can.role), (Some(65001), Some(0)));
    assert_eq!(can.add_path[&Family::Ipv4], AddPath { receive: true, send: true });
    assert_eq!(can.add_path[&Family::Ipv6], AddPath { receive: true, send: true });
    let families = Family::ALL.map(|f| (f, true)).into();
    let restart = Restart { restarting: true, notification: true, time: 120, families };
    assert_eq!(
        can.graceful_restart,
        Some(Restart { families: Family::ALL.map(|f| (f, false)).into(), ..restart })
    );
    let codes: Vec<u8> = can.unknown.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [73, 71], "host name and long-lived graceful restart");
}

#[test]
fn capabilities_of_bird_are_read() {
    let old = open("bird-open");
    assert_eq!((old.asn, old.capabilities.as4, old.has_capabilities), (65002, None, true));
    let large = open("bird-open-role");
    assert_eq!((large.asn, large.hold, large.capabilities.role), (70_000, 60, Some(3)));
    assert!(large.capabilities.extended_message);
    let next_hop = open("bird-open-extended-next-hop").capabilities;
    assert!(next_hop.extended_nexthop && next_hop.families.len() == 2);
    assert!(open("frr-open-extended-next-hop").capabilities.extended_nexthop);
}

#[test]
fn communities_of_all_three_kinds_are_read() {
    let name = "frr-update-communities";
    let (all, routes) = announced(name, &internal(name));
    assert_eq!(prefixes(&routes), ["203.0.113.0/24"]);
    assert_eq!(path(&all), [65010, 65011]);
    assert_eq!((all.origin, all.med, all.local_pref), (Origin::Egp, Some(77), Some(250)));
    assert_eq!(all.communities, [Community(0xfde9_0001), Community(0xfde9_0002), Community::NO_EXPORT]);
    assert_eq!(all.extended_communities, [ExtendedCommunity(0x0002_fde9_0000_0064)]);
    assert_eq!(all.large_communities, [LargeCommunity(65001, 1, 2), LargeCommunity(65001, 3, 4)]);
}

#[test]
fn a_reflected_route_says_where_it_was() {
    let name = "frr-update-reflected";
    let (all, _) = announced(name, &internal(name));
    assert_eq!(all.originator_id, Some(Ipv4Addr::new(2, 2, 2, 2)));
    assert_eq!(all.cluster_list, [Ipv4Addr::new(9, 9, 9, 9)]);
    assert_eq!((all.local_pref, all.next_hop), (Some(300), ip("10.9.0.6")));
}

#[test]
fn large_ases_of_a_two_octet_peer_are_found_again() {
    let (all, routes) = announced("frr-update-as4-path", &context("frr-update-as4-path"));
    assert_eq!(prefixes(&routes), ["198.51.100.0/24"]);
    assert_eq!(path(&all), [65001, 4_200_000_001, 65020]);
    assert!(all.atomic_aggregate);
    assert_eq!(all.aggregator, Some(Aggregator { asn: 65001, router: Ipv4Addr::new(1, 1, 1, 1) }));
    let (all, _) = announced("bird-update-as4-path", &context("bird-update-as4-path"));
    assert_eq!(path(&all), [65002, 4_200_000_000]);
}

#[test]
fn ipv6_routes_have_one_or_two_next_hops() {
    let (all, routes) = announced("frr-update-ipv6", &context("frr-update-ipv6"));
    assert_eq!(prefixes(&routes), ["2001:db8:100::/48"]);
    assert_eq!(all.next_hop, ip("2001:db8:9::1"));
    assert!(all.link_local.unwrap().is_unicast_link_local());
    let (all, routes) = announced("bird-update-ipv6", &context("bird-update-ipv6"));
    assert_eq!(prefixes(&routes), ["2001:db8:200::/48", "2001:db8:201::/64"]);
    assert_eq!((all.next_hop, all.link_local), (ip("2001:db8:9::2"), None));
}

#[test]
fn ipv4_routes_may_have_ipv6_next_hops() {
    for (name, next_hop) in
        [("frr-update-ipv4-over-ipv6", "2001:db8:9::1"), ("bird-update-ipv4-over-ipv6", "2001:db8:9::2")]
    {
        let (all, routes) = announced(name, &context(name));
        assert_eq!((prefixes(&routes), all.next_hop), (vec!["172.20.0.0/16".to_owned()], ip(next_hop)));
    }
}

#[test]
fn path_identifiers_and_otc_are_read() {
    let name = "frr-update-add-path";
    let (all, routes) = announced(name, &context(name));
    assert_eq!((routes, all.only_to_customer), (vec![(8, p("172.20.0.0/16"))], Some(65001)));
    let ids: Vec<u32> = withdrawn("frr-withdraw-add-path").iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [10, 6, 11, 7, 12, 8, 13, 9]);
}

#[test]
fn withdrawals_are_read() {
    let v4 = ["172.21.0.0/16", "172.23.0.0/16", "172.20.0.0/16", "172.22.128.0/17"];
    assert_eq!(prefixes(&withdrawn("frr-withdraw")), v4);
    assert_eq!(prefixes(&withdrawn("bird-withdraw")), v4);
    let v6 = ["2001:db8:200::/48", "2001:db8:201::/64"];
    assert_eq!(prefixes(&withdrawn("frr-withdraw-ipv6")), v6);
    assert_eq!(prefixes(&withdrawn("bird-withdraw-ipv6")), v6);
}

#[test]
fn ends_of_rib_are_seen() {
    let rib = |name| with_update(name, &context(name), |update| update.end_of_rib);
    assert_eq!(rib("frr-end-of-rib"), Some(Family::Ipv4));
    assert_eq!(rib("frr-end-of-rib-ipv6"), Some(Family::Ipv6));
    assert_eq!(rib("bird-end-of-rib-ipv6"), Some(Family::Ipv6));
    assert_eq!(rib("bird-withdraw"), None);
}

#[test]
fn reasons_are_read_and_named_as_frr_names_them() {
    let shutdown = notification("frr-notification-shutdown");
    assert_eq!(shutdown.to_string(), "Cease/Administrative Shutdown");
    assert_eq!(shutdown, Notification::shutdown("moving to the new rack"));
    assert_eq!(notification("bird-notification-shutdown").message().as_deref(), Some("wartung heute nacht"));
    assert_eq!(notification("bird-notification-plain").message(), None);
    assert_eq!(notification("frr-notification-deconfigured").to_string(), "Cease/Peer De-configured");
    let hard = notification("frr-notification-hard-reset");
    assert_eq!(hard.to_string(), "Cease/Hard Reset");
    assert_eq!(hard.hardened().unwrap().to_string(), "Cease/Administrative Reset");
    assert_eq!(hard, Notification::reset("").hard());
}

#[test]
fn refreshes_are_read() {
    for (name, family, kind) in [
        ("frr-refresh", Family::Ipv4, Refresh::Request),
        ("frr-refresh-begin", Family::Ipv4, Refresh::Begin),
        ("frr-refresh-end", Family::Ipv4, Refresh::End),
        ("bird-refresh-ipv6", Family::Ipv6, Refresh::Request),
        ("bird-refresh-begin-ipv6", Family::Ipv6, Refresh::Begin),
    ] {
        let (_, bytes) = golden(name);
        assert_eq!(RouteRefresh::parse(&bytes[HEADER..], true), Ok(RouteRefresh::new(family, kind)));
    }
}
