//! eBGP with FRR between 4-octet ASes: IPv4 and IPv6 routes over a session of IPv4 and one of IPv6, all attributes both
//! ways, withdrawals, route refresh, passwords and TTL security, limits, words at parting, and connections that collide.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── r1 (routerd, AS 4200000001) eth2 ── 10.0.12.0/24 ── eth1 r2 (FRR, AS 4200000002) ── 10.0.2.0/24 ── b
//! ```

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

use serde_json::{Value, json};
use std::time::Duration;
use tests::netns::{
    BgpSpeaker, Capture, Frr, Line, Owner, Router, link_local, poll_until, ready, wait_established,
    wait_neighbor, wait_no_path, wait_path,
};

const SOON: Duration = Duration::from_secs(60);
const DAEMONS: [&str; 2] = ["staticd", "bgpd"];
const OURS: &str = "10.0.12.1";
const THEIRS: &str = "10.0.12.2";
const OURS_6: &str = "2001:db8:12::1";
const THEIRS_6: &str = "2001:db8:12::2";

/// Interfaces and static routes, then the policies both have: what is marked and what is not.
const R1: &str = "
hostname r1
interface eth1
 ip address 10.0.1.1/24
 ipv6 address 2001:db8:1::1/64
interface eth2
 ip address 10.0.12.1/24
 ipv6 address 2001:db8:12::1/64
";

const R1_ROUTES: &str = "
ip route 203.0.113.0/24 blackhole
ip route 203.0.114.0/24 blackhole
ip route 192.0.2.0/25 blackhole
ip route 192.0.2.128/25 blackhole
ipv6 route 2001:db8:a100::/48 blackhole
ipv6 route 2001:db8:a200::/48 blackhole
ip prefix-list MARK seq 5 permit 203.0.113.0/24
ipv6 prefix-list MARK6 seq 5 permit 2001:db8:a100::/48
";

const R2_ROUTES: &str = "
ip route 198.51.100.0/24 blackhole
ip route 198.51.101.0/24 blackhole
ip route 198.18.0.0/16 blackhole
ip route 198.19.0.0/16 blackhole
ipv6 route 2001:db8:b100::/48 blackhole
ipv6 route 2001:db8:b200::/48 blackhole
ip prefix-list MARK seq 5 permit 198.51.100.0/24
ipv6 prefix-list MARK6 seq 5 permit 2001:db8:b100::/48
";

/// The same policy in both, with the AS of whoever sends.
fn policy(asn: u32) -> String {
    let mark = format!(
        " set as-path prepend {asn} {asn}
 set community 65001:1 no-export
 set extcommunity rt 65001:77
 set large-community {asn}:1:2
 set metric 77
 set origin egp
"
    );
    format!(
        "
route-map OUT permit 10
 match ip address prefix-list MARK
{mark}route-map OUT permit 20
route-map OUT6 permit 10
 match ipv6 address prefix-list MARK6
{mark}route-map OUT6 permit 20
route-map IN permit 10
 set local-preference 150
"
    )
}

/// What a marked route looks like where it arrives.
fn marked(asn: u32, next_hop: &str) -> Value {
    json!({
        "aspath": { "string": format!("{asn} {asn} {asn}") },
        "origin": "EGP",
        "metric": 77,
        "locPrf": 150,
        "valid": true,
        "community": { "string": "65001:1 no-export" },
        "extendedCommunity": { "string": "RT:65001:77" },
        "largeCommunity": { "string": format!("{asn}:1:2") },
        "nexthops": [{ "ip": next_hop }],
    })
}

/// One that is not marked.
fn plain(asn: u32, next_hop: &str) -> Value {
    json!({
        "aspath": { "string": format!("{asn}") },
        "origin": "incomplete",
        "metric": 0,
        "locPrf": 150,
        "valid": true,
        "community": null,
        "extendedCommunity": null,
        "largeCommunity": null,
        "atomicAggregate": null,
        "nexthops": [{ "ip": next_hop }],
    })
}

/// An aggregate.
fn aggregate(asn: u32, id: &str, next_hop: &str) -> Value {
    json!({
        "aspath": { "string": format!("{asn}") },
        "aggregatorAs": asn,
        "aggregatorId": id,
        "atomicAggregate": true,
        "locPrf": 150,
        "nexthops": [{ "ip": next_hop }],
    })
}

fn bgp(asn: u32, id: &str, peer: (&str, &str, u32), lan: u8, covers: &str) -> String {
    let (v4, v6, remote) = peer;
    format!(
        "
router bgp {asn}
 bgp router-id {id}
 no bgp default ipv4-unicast
 neighbor {v4} remote-as {remote}
 neighbor {v4} timers 3 9
 neighbor {v4} timers connect 1
 neighbor {v6} remote-as external
 neighbor {v6} timers 3 9
 neighbor {v6} timers connect 1
 address-family ipv4 unicast
  network 10.0.{lan}.0/24
  aggregate-address {covers} summary-only
  redistribute static
  neighbor {v4} activate
  neighbor {v4} route-map OUT out
  neighbor {v4} route-map IN in
 exit-address-family
 address-family ipv6 unicast
  redistribute static
  neighbor {v4} activate
  neighbor {v4} route-map OUT6 out
  neighbor {v4} route-map IN in
  neighbor {v6} activate
  neighbor {v6} route-map OUT6 out
  neighbor {v6} route-map IN in
 exit-address-family
"
    )
}

/// Both with a session, and a capture of it.
struct Scene {
    frr: Frr,
    router: Router,
    middle: Capture,
    line: Line,
}

impl Scene {
    fn new(scenario: &str, ours: &str, theirs: &str) -> Scene {
        let line = Line::new(scenario, Owner::Routerd, Owner::Kernel);
        let middle = Capture::start(&line.net, &line.r1, "eth2");
        let frr = Frr::start(&line.net, &line.r2, &DAEMONS, &format!("hostname r2\n{theirs}"));
        let file = line.net.path("r1.conf");
        std::fs::write(&file, format!("{R1}{ours}")).unwrap();
        let router = Router::start_file(&line.net, &line.r1, &file);
        Scene { frr, router, middle, line }
    }

    fn both(&self) -> [(&dyn BgpSpeaker, &'static str); 2] {
        [(&self.router, THEIRS), (&self.frr, OURS)]
    }

    #[track_caller]
    fn wait_up(&self) {
        for (who, peer) in self.both() {
            wait_established(who, peer, SOON);
        }
    }

    /// tshark has nothing to say against our frames.
    #[track_caller]
    fn assert_clean(&self) {
        self.middle.so_far().assert_clean(&[self.line.r1.mac("eth2")], &Line::R1_ADDRESSES);
    }
}

/// ROUTE-REFRESH and UPDATE messages received.
fn messages(who: &dyn BgpSpeaker, peer: &str) -> (u64, u64) {
    let neighbor = who.bgp_neighbor(peer);
    let count = |name: &str| neighbor["messageStats"][name].as_u64().unwrap_or(0);
    (count("routeRefreshRecv"), count("updatesRecv"))
}

fn programs() -> Vec<&'static str> {
    [&Frr::NEEDS[..], &DAEMONS, &Capture::NEEDS].concat()
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn routes_of_both_families_pass_both_ways_with_all_their_attributes() {
    if !ready(&programs()) {
        return;
    }
    let (us, them) = (4_200_000_001, 4_200_000_002);
    let ours =
        [R1_ROUTES, &policy(us), &bgp(us, "1.1.1.1", (THEIRS, THEIRS_6, them), 1, "192.0.2.0/24")].concat();
    let theirs =
        [R2_ROUTES, &policy(them), &bgp(them, "2.2.2.2", (OURS, OURS_6, us), 2, "198.18.0.0/15")].concat();
    let scene = Scene::new("bgpfrr", &ours, &theirs);
    let Scene { frr, router, line, .. } = &scene;
    scene.wait_up();
    wait_established(router, THEIRS_6, SOON);
    wait_established(frr, OURS_6, SOON);

    // IPv4 over IPv4.
    wait_path(router, "198.51.100.0/24", THEIRS, &marked(them, THEIRS), SOON);
    wait_path(router, "198.51.101.0/24", THEIRS, &plain(them, THEIRS), SOON);
    wait_path(router, "198.18.0.0/15", THEIRS, &aggregate(them, "2.2.2.2", THEIRS), SOON);
    wait_path(frr, "203.0.113.0/24", OURS, &marked(us, OURS), SOON);
    wait_path(frr, "203.0.114.0/24", OURS, &plain(us, OURS), SOON);
    wait_path(frr, "192.0.2.0/24", OURS, &aggregate(us, "1.1.1.1", OURS), SOON);
    assert_eq!(router.bgp_paths("198.18.0.0/16"), Vec::<Value>::new(), "FRR suppresses it");
    assert_eq!(frr.bgp_paths("192.0.2.0/25"), Vec::<Value>::new(), "we suppress it");
    // IPv6 over either.
    for (peer, own) in [(THEIRS, OURS), (THEIRS_6, OURS_6)] {
        wait_path(router, "2001:db8:b100::/48", peer, &marked(them, THEIRS_6), SOON);
        wait_path(router, "2001:db8:b200::/48", peer, &plain(them, THEIRS_6), SOON);
        wait_path(frr, "2001:db8:a100::/48", own, &marked(us, OURS_6), SOON);
        wait_path(frr, "2001:db8:a200::/48", own, &plain(us, OURS_6), SOON);
    }
    // Packets.
    router.wait_route("10.0.2.0/24", "bgp", SOON);
    router.wait_route("2001:db8:b100::/48", "bgp", SOON);
    frr.wait_route("10.0.1.0/24", "bgp", SOON);
    line.a.wait_ping("10.0.2.10", SOON);

    // Changes and withdrawals.
    frr.configure(&["route-map OUT permit 20", "set metric 5"]);
    wait_path(router, "198.51.101.0/24", THEIRS, &json!({ "metric": 5 }), SOON);
    router.configure(&["route-map OUT permit 20", "set metric 6"]);
    wait_path(frr, "203.0.114.0/24", OURS, &json!({ "metric": 6 }), SOON);
    frr.configure(&["no ip route 198.51.100.0/24 blackhole", "no ipv6 route 2001:db8:b200::/48 blackhole"]);
    router.configure(&["no ip route 203.0.113.0/24 blackhole", "no ipv6 route 2001:db8:a200::/48 blackhole"]);
    wait_no_path(router, "198.51.100.0/24", THEIRS, SOON);
    wait_no_path(frr, "203.0.113.0/24", OURS, SOON);
    for (peer, own) in [(THEIRS, OURS), (THEIRS_6, OURS_6)] {
        wait_no_path(router, "2001:db8:b200::/48", peer, SOON);
        wait_no_path(frr, "2001:db8:a200::/48", own, SOON);
    }
    router.wait_no_route("198.51.100.0/24", SOON);
    frr.wait_no_route("203.0.113.0/24", SOON);

    // Everything is asked for and told again.
    let before = scene.both().map(|(who, peer)| messages(who, peer));
    frr.show("clear bgp ipv4 unicast 10.0.12.1 in");
    router.show("clear ip bgp 10.0.12.2 in");
    poll_until(SOON, "a refresh asked for by either, and updates from either", || {
        let after = scene.both().map(|(who, peer)| messages(who, peer));
        let more = after.iter().zip(&before).all(|(after, before)| after.0 > before.0 && after.1 > before.1);
        if more { Ok(()) } else { Err(format!("{before:?} {after:?}")) }
    });
    wait_path(router, "198.51.101.0/24", THEIRS, &json!({ "metric": 5, "valid": true }), SOON);
    wait_path(frr, "203.0.114.0/24", OURS, &json!({ "metric": 6, "valid": true }), SOON);

    // A cable is pulled: the routes go with it, long before the hold time, and come back with it.
    line.r2.down("eth1");
    router.wait_no_route("10.0.2.0/24", Duration::from_secs(5));
    line.r2.up("eth1");
    // Linux has forgotten it with the link.
    line.r2.address("eth1", "2001:db8:12::2/64");
    line.a.wait_ping("10.0.2.10", SOON);
    for (who, peer) in scene.both() {
        let neighbor = who.bgp_neighbor(peer);
        assert_eq!(neighbor["messageStats"]["notificationsRecv"], 0, "{}: {neighbor:#}", who.who());
    }
    scene.assert_clean();
}

/// The least for a session with one peer.
fn least(asn: u32, id: &str, peer: &str, remote: u32, routes: &str) -> String {
    format!(
        "
{routes}
router bgp {asn}
 bgp router-id {id}
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor {peer} remote-as {remote}
 neighbor {peer} timers 3 9
 neighbor {peer} timers connect 1
 address-family ipv4 unicast
  redistribute static
 exit-address-family
"
    )
}

const OUR_ROUTES: &str = "
ip route 203.0.113.0/24 blackhole
ip route 203.0.114.0/24 blackhole
ip route 203.0.115.0/24 blackhole
";
const THEIR_ROUTES: &str = "
ip route 198.51.100.0/24 blackhole
ip route 198.51.101.0/24 blackhole
ip route 198.51.102.0/24 blackhole
";

impl Scene {
    fn least(scenario: &str) -> Scene {
        let ours = least(65001, "1.1.1.1", THEIRS, 65002, OUR_ROUTES);
        Scene::new(scenario, &ours, &least(65002, "2.2.2.2", OURS, 65001, THEIR_ROUTES))
    }

    /// Types a line below `router bgp` in both.
    #[track_caller]
    fn configure(&self, ours: &[&str], theirs: &[&str]) {
        self.frr.configure(&[&["router bgp 65002"], theirs].concat());
        self.router.configure(&[&["router bgp 65001"], ours].concat());
    }

    #[track_caller]
    fn wait_routes(&self) {
        wait_path(&self.router, "198.51.102.0/24", THEIRS, &json!({ "valid": true }), SOON);
        wait_path(&self.frr, "203.0.115.0/24", OURS, &json!({ "valid": true }), SOON);
    }
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn passwords_and_ttl_security_let_in_only_who_has_them() {
    if !ready(&programs()) {
        return;
    }
    let scene = Scene::least("bgpmd5");
    scene.wait_up();
    scene.configure(&["neighbor 10.0.12.2 password s3cret"], &["neighbor 10.0.12.1 password s3cret"]);
    poll_until(SOON, "every segment is signed", || {
        let pcap = scene.middle.so_far();
        let signed = pcap.count("bgp.type == 2 && tcp.options.md5 && ip.src == 10.0.12.1");
        let theirs = pcap.count("bgp.type == 2 && tcp.options.md5 && ip.src == 10.0.12.2");
        if signed > 0 && theirs > 0 { Ok(()) } else { Err(format!("{signed} {theirs}")) }
    });
    scene.wait_up();
    scene.wait_routes();

    // A wrong one.
    scene.frr.configure(&["router bgp 65002", "neighbor 10.0.12.1 password other"]);
    for (who, peer) in scene.both() {
        poll_until(SOON, "the session ends", || {
            let neighbor = who.bgp_neighbor(peer);
            if neighbor["bgpState"] == "Established" { Err(format!("{neighbor:#}")) } else { Ok(()) }
        });
    }
    scene.router.wait_no_route("198.51.102.0/24", SOON);
    scene.router.configure(&["router bgp 65001", "neighbor 10.0.12.2 password other"]);
    scene.wait_up();
    scene.wait_routes();

    // TTL security.
    scene.configure(&["neighbor 10.0.12.2 ttl-security hops 1"], &["neighbor 10.0.12.1 ttl-security hops 1"]);
    poll_until(SOON, "updates with TTL 255", || {
        let pcap = scene.middle.so_far();
        let far = |source| pcap.count(&format!("bgp.type == 2 && ip.ttl == 255 && ip.src == {source}"));
        let (ours, theirs) = (far(OURS), far(THEIRS));
        if ours > 0 && theirs > 0 { Ok(()) } else { Err(format!("{ours} {theirs}")) }
    });
    scene.wait_up();
    scene.wait_routes();
    scene.assert_clean();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn limits_and_shutdowns_are_told_to_the_other_side() {
    if !ready(&programs()) {
        return;
    }
    let scene = Scene::least("bgplimit");
    let Scene { frr, router, .. } = &scene;
    scene.wait_up();
    scene.wait_routes();

    // They say more than we take.
    router.configure(&[
        "router bgp 65001",
        "address-family ipv4 unicast",
        "neighbor 10.0.12.2 maximum-prefix 2",
    ]);
    wait_reset(frr, OURS, MAX_PREFIX);
    router.wait_no_route("198.51.100.0/24", SOON);
    router.configure(&[
        "router bgp 65001",
        "address-family ipv4 unicast",
        "no neighbor 10.0.12.2 maximum-prefix 2",
    ]);
    router.show("clear ip bgp 10.0.12.2");
    scene.wait_up();
    scene.wait_routes();

    // We say more than they take.
    frr.configure(&[
        "router bgp 65002",
        "address-family ipv4 unicast",
        "neighbor 10.0.12.1 maximum-prefix 2",
    ]);
    wait_reset(router, THEIRS, MAX_PREFIX);
    frr.configure(&[
        "router bgp 65002",
        "address-family ipv4 unicast",
        "no neighbor 10.0.12.1 maximum-prefix 2",
    ]);
    frr.show("clear bgp ipv4 unicast 10.0.12.1");
    scene.wait_up();
    scene.wait_routes();

    // Farewells.
    frr.configure(&["router bgp 65002", "neighbor 10.0.12.1 shutdown message lunch at noon"]);
    wait_reset(router, THEIRS, SHUTDOWN);
    wait_neighbor(router, THEIRS, &json!({ "lastShutdownDescription": "lunch at noon" }), SOON);
    router.wait_no_route("198.51.100.0/24", SOON);
    frr.configure(&["router bgp 65002", "no neighbor 10.0.12.1 shutdown"]);
    scene.wait_up();
    router.configure(&["router bgp 65001", "neighbor 10.0.12.2 shutdown message für heute genug"]);
    wait_reset(frr, OURS, SHUTDOWN);
    // So FRR prints what is not ASCII.
    wait_neighbor(frr, OURS, &json!({ "lastShutdownDescription": r"f\xc3\xbcr heute genug" }), SOON);
    frr.wait_no_route("203.0.113.0/24", SOON);
    router.configure(&["router bgp 65001", "no neighbor 10.0.12.2 shutdown"]);
    scene.wait_up();
    scene.wait_routes();
    scene.assert_clean();
}

/// Code and subcode of a NOTIFICATION: too many prefixes, shut down (RFC 4486).
const MAX_PREFIX: &str = "0601";
const SHUTDOWN: &str = "0602";

/// Waits until the session has ended with this NOTIFICATION.
#[track_caller]
fn wait_reset(who: &dyn BgpSpeaker, peer: &str, code: &str) {
    poll_until(SOON, &format!("{}: the session ends with {code}", who.who()), || {
        let neighbor = who.bgp_neighbor(peer);
        let told = neighbor["lastErrorCodeSubcode"] == code && neighbor["bgpState"] != "Established";
        if told { Ok(()) } else { Err(format!("{neighbor:#}")) }
    });
}

/// FRR connects again and again to nobody. It is stopped; routerd appears, and the kernels complete the connections of
/// both; it goes on and finds two. `theirs` is FRR's router id.
fn collide(scenario: &str, theirs: &str) {
    if !ready(&programs()) {
        return;
    }
    let ours = least(65001, "5.5.5.5", THEIRS, 65002, OUR_ROUTES);
    let mut scene = Scene::new(scenario, &ours, &least(65002, theirs, OURS, 65001, THEIR_ROUTES));
    scene.wait_up();
    let file = scene.line.net.path("r1.conf");
    for attempt in 1.. {
        scene.router.process.signal("KILL");
        scene.router.process.wait(SOON);
        poll_until(SOON, "FRR tries to connect", || {
            let neighbor = scene.frr.bgp_neighbor(OURS);
            if neighbor["bgpState"] == "Connect" { Ok(()) } else { Err(format!("{neighbor:#}")) }
        });
        scene.frr.signal("bgpd", "STOP");
        scene.router = Router::start_file(&scene.line.net, &scene.line.r1, &file);
        poll_until(SOON, "two connections", || {
            let sockets = scene.line.r2.ok("ss -Htn state established");
            let ours = sockets.lines().filter(|line| line.contains(OURS)).count();
            if ours >= 2 { Ok(()) } else { Err(sockets) }
        });
        scene.frr.signal("bgpd", "CONT");
        scene.wait_up();
        scene.wait_routes();
        // The loser is told so (RFC 4271 section 6.8).
        let pcap = scene.middle.so_far();
        if pcap.count("bgp.notify.major_error == 6 && bgp.notify.minor_error_cease == 7") > 0 {
            break;
        }
        assert!(attempt < 5, "no collision");
    }
    poll_until(SOON, "one connection is left", || {
        let sockets = scene.line.r2.ok("ss -Htn state established");
        let bgp = sockets.lines().filter(|line| line.contains(OURS)).count();
        if bgp == 1 { Ok(()) } else { Err(sockets) }
    });
    scene.wait_up();
    scene.wait_routes();
    scene.assert_clean();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn of_two_connections_that_collide_ours_is_left_when_our_id_is_higher() {
    collide("bgpcollide1", "2.2.2.2");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn of_two_connections_that_collide_theirs_is_left_when_their_id_is_higher() {
    collide("bgpcollide2", "9.9.9.9");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_session_between_link_local_addresses_carries_both_families() {
    if !ready(&programs()) {
        return;
    }
    let speaker = |asn: u32, id: &str, peer: (&str, &str, u32), routes: &str| {
        let (address, port, remote) = peer;
        format!(
            "
{routes}
router bgp {asn}
 bgp router-id {id}
 no bgp ebgp-requires-policy
 neighbor {address} remote-as {remote}
 neighbor {address} interface {port}
 neighbor {address} capability extended-nexthop
 neighbor {address} timers 3 9
 neighbor {address} timers connect 1
 address-family ipv4 unicast
  redistribute static
  redistribute connected
 exit-address-family
 address-family ipv6 unicast
  redistribute static
  neighbor {address} activate
 exit-address-family
"
        )
    };
    let line = Line::new("bgpunnum", Owner::Routerd, Owner::Kernel);
    line.r2.ip("addr flush dev eth1 scope global");
    line.r2.address("eth1", "fe80::2/64");
    let link_local = link_local(&line.r1.mac("eth2"));
    let middle = Capture::start(&line.net, &line.r1, "eth2");
    let six = "ipv6 route 2001:db8:b100::/48 blackhole\n";
    let theirs = speaker(65002, "2.2.2.2", (&link_local, "eth1", 65001), &format!("{THEIR_ROUTES}{six}"));
    let frr = Frr::start(&line.net, &line.r2, &DAEMONS, &format!("hostname r2\n{theirs}"));
    let file = line.net.path("r1.conf");
    let ports = "hostname r1\ninterface eth1\n ip address 10.0.1.1/24\ninterface eth2\n ipv6 address 2001:db8:12::1/64\n";
    let six = "ipv6 route 2001:db8:a100::/48 blackhole\n";
    let ours = speaker(65001, "1.1.1.1", ("fe80::2", "eth2", 65002), &format!("{OUR_ROUTES}{six}"));
    std::fs::write(&file, format!("{ports}{ours}")).unwrap();
    let router = Router::start_file(&line.net, &line.r1, &file);
    let scene = Scene { frr, router, middle, line };
    wait_established(&scene.router, "fe80::2", SOON);
    wait_established(&scene.frr, &link_local, SOON);
    scene.router.wait_route("10.0.2.0/24", "bgp", SOON);
    scene.router.wait_route("2001:db8:b100::/48", "bgp", SOON);
    scene.frr.wait_route("10.0.1.0/24", "bgp", SOON);
    scene.line.a.wait_ping("10.0.2.10", SOON);
    scene.assert_clean();
}
