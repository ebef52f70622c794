//! eBGP with BIRD: attributes both ways, several paths a prefix, IPv4 over IPv6 next hops, roles and passwords.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── r1 (routerd, AS 65001) eth2 ── 10.0.12.0/24 ── eth1 r2 (BIRD, AS 65002) ── 10.0.2.0/24 ── b
//! ```

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

use serde_json::json;
use std::time::Duration;
use tests::netns::{
    Beside, BgpSpeaker, Bird, Capture, poll_until, ready, wait_established, wait_neighbor, wait_path,
};

const SOON: Duration = Duration::from_secs(60);
const THEIRS: &str = "10.0.12.2";
const THEIRS_6: &str = "2001:db8:12::2";

/// Interfaces and routes.
const R1: &str = "
hostname r1
interface eth1
 ip address 10.0.1.1/24
 ipv6 address 2001:db8:1::1/64
interface eth2
 ip address 10.0.12.1/24
 ipv6 address 2001:db8:12::1/64
ip route 203.0.113.0/24 blackhole
ip route 203.0.114.0/24 blackhole
ipv6 route 2001:db8:a100::/48 blackhole
";

const BIRD: &str = "
router id 2.2.2.2;
log stderr all;
protocol device {}
protocol direct { ipv4; interface \"eth2\"; }
protocol kernel { graceful restart on; ipv4 { export where source = RTS_BGP; }; }
protocol kernel { graceful restart on; ipv6 { export where source = RTS_BGP; }; }
";

/// One marked route, and two paths to another.
const BIRD_ROUTES: &str = "
protocol static s1 { ipv4; route 198.51.100.0/24 blackhole; route 198.51.101.0/24 blackhole; }
protocol static s2 { ipv4 { preference 150; }; route 198.51.101.0/24 blackhole; }
protocol static s6 { ipv6; route 2001:db8:b100::/48 blackhole; }
filter told {
    if source = RTS_BGP then reject;
    if proto = \"s1\" then bgp_med = 11;
    if proto = \"s2\" then bgp_med = 22;
    if net = 198.51.100.0/24 then {
        bgp_med = 77;
        bgp_origin = ORIGIN_EGP;
        bgp_path.prepend(65002);
        bgp_community.add((65001, 1));
        bgp_ext_community.add((rt, 65001, 77));
        bgp_large_community.add((65002, 1, 2));
    }
    accept;
}
";

/// A session of BIRD's over IPv4.
fn bird_session(more: &str, channel: &str) -> String {
    format!(
        "
protocol bgp v4 {{
    local 10.0.12.2 as 65002;
    neighbor 10.0.12.1 as 65001;
    hold time 9;
    connect delay time 1;
    connect retry time 1;
    error wait time 1, 2;
    {more}
    ipv4 {{ import all; export filter told; {channel} }};
}}
"
    )
}

fn ours(more: &str, v4: &str) -> String {
    format!(
        "
router bgp 65001
 bgp router-id 1.1.1.1
 no bgp ebgp-requires-policy
 neighbor 10.0.12.2 remote-as 65002
 neighbor 10.0.12.2 timers 3 9
 neighbor 10.0.12.2 timers connect 1
{more} address-family ipv4 unicast
  network 10.0.1.0/24
  redistribute static
{v4} exit-address-family
"
    )
}

#[track_caller]
fn scene(scenario: &str, ours: &str) -> Beside {
    Beside::new(scenario, &format!("{R1}{ours}"))
}

fn programs() -> Vec<&'static str> {
    [&Bird::NEEDS[..], &Capture::NEEDS].concat()
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn routes_pass_both_ways_with_several_paths_a_prefix() {
    if !ready(&programs()) {
        return;
    }
    let map = "
ip prefix-list MARKED seq 5 permit 203.0.113.0/24
route-map NETWORK permit 10
 set metric 33
route-map OUT permit 10
 match ip address prefix-list MARKED
 set metric 77
 set community 65001:1 no-export
 set extcommunity rt 65001:77
 set large-community 65001:1:2
 set as-path prepend 65001 65001
route-map OUT permit 20
";
    let v4 = "  network 203.0.114.0/24 route-map NETWORK
  neighbor 10.0.12.2 route-map OUT out
  neighbor 10.0.12.2 addpath-tx-all-paths
";
    let scene = self::scene("bgpbird", &format!("{map}{}", ours("", v4)));
    let bird = scene.bird(&format!("{BIRD}{BIRD_ROUTES}{}", bird_session("", "add paths on;")));
    let Beside { router, line, .. } = &scene;
    wait_established(router, THEIRS, SOON);
    let marked = json!({
        "aspath": { "string": "65002 65002" },
        "origin": "EGP",
        "metric": 77,
        "community": { "string": "65001:1" },
        "extendedCommunity": { "string": "RT:65001:77" },
        "largeCommunity": { "string": "65002:1:2" },
        "nexthops": [{ "ip": THEIRS }],
        "valid": true,
    });
    wait_path(router, "198.51.100.0/24", THEIRS, &marked, SOON);
    for metric in [11, 22] {
        wait_path(router, "198.51.101.0/24", THEIRS, &json!({ "metric": metric, "valid": true }), SOON);
    }
    assert_eq!(router.bgp_paths("198.51.101.0/24").len(), 2);
    let marked = [
        "BGP.as_path: 65001 65001 65001",
        "BGP.origin: Incomplete",
        "BGP.next_hop: 10.0.12.1",
        "BGP.med: 77",
        "BGP.community: (65001,1) (65535,65281)",
        "BGP.ext_community: (rt, 65001, 77)",
        "BGP.large_community: (65001, 1, 2)",
    ];
    bird.wait_route("203.0.113.0/24", &marked, SOON);
    // `network` and `redistribute` are a path each.
    bird.wait_route("203.0.114.0/24", &["BGP.med: 33", "BGP.med: 0"], SOON);
    router.wait_route("10.0.2.0/24", "bgp", SOON);
    line.a.wait_ping("10.0.2.10", SOON);

    // One path of two goes.
    bird.ok("disable s2");
    poll_until(SOON, "one path is left", || {
        let paths = router.bgp_paths("198.51.101.0/24");
        if paths.len() == 1 && paths[0]["metric"] == 11 { Ok(()) } else { Err(format!("{paths:#?}")) }
    });
    router.configure(&["no ip route 203.0.113.0/24 blackhole"]);
    bird.wait_no_route("203.0.113.0/24", SOON);
    router.configure(&["router bgp 65001", "address-family ipv4 unicast", "no redistribute static"]);
    poll_until(SOON, "BIRD has one path", || {
        let text = bird.ask("show route 203.0.114.0/24 all").stdout;
        if text.contains("BGP.med: 33") && !text.contains("BGP.med: 0") { Ok(()) } else { Err(text) }
    });

    // BIRD asks for everything again, and so do we.
    let before = router.bgp_neighbor(THEIRS)["messageStats"]["routeRefreshRecv"].as_u64();
    bird.ok("reload in v4");
    poll_until(SOON, "BIRD asks for a refresh", || {
        let count = router.bgp_neighbor(THEIRS)["messageStats"]["routeRefreshRecv"].as_u64();
        if count > before { Ok(()) } else { Err(format!("{count:?}")) }
    });
    router.show("clear ip bgp 10.0.12.2 in");
    poll_until(SOON, "a refresh of ours", || {
        let count = scene.middle.so_far().count("bgp.type == 5 && ip.src == 10.0.12.1");
        if count > 0 { Ok(()) } else { Err(format!("{count}")) }
    });
    bird.wait_route("203.0.114.0/24", &["BGP.med: 33"], SOON);
    wait_path(router, "198.51.100.0/24", THEIRS, &json!({ "valid": true }), SOON);
    scene.assert_clean();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn ipv4_packets_take_ipv6_next_hops() {
    if !ready(&programs()) {
        return;
    }
    let scene = self::scene(
        "bgpbird6",
        "
router bgp 65001
 bgp router-id 1.1.1.1
 no bgp ebgp-requires-policy
 neighbor 2001:db8:12::2 remote-as 65002
 neighbor 2001:db8:12::2 timers 3 9
 neighbor 2001:db8:12::2 timers connect 1
 neighbor 2001:db8:12::2 capability extended-nexthop
 address-family ipv4 unicast
  network 10.0.1.0/24
 exit-address-family
 address-family ipv6 unicast
  neighbor 2001:db8:12::2 activate
  redistribute static
 exit-address-family
",
    );
    let bird = scene.bird(&format!(
        "{BIRD}{BIRD_ROUTES}
filter told6 {{ if source = RTS_BGP then reject; accept; }}
protocol bgp v6 {{
    local 2001:db8:12::2 as 65002;
    neighbor 2001:db8:12::1 as 65001;
    hold time 9;
    connect delay time 1;
    ipv4 {{ import all; export filter told; extended next hop on; }};
    ipv6 {{ import all; export filter told6; }};
}}
"
    ));
    let Beside { router, line, .. } = &scene;
    wait_established(router, THEIRS_6, SOON);
    let theirs = json!({ "nexthops": [{ "ip": THEIRS_6 }], "valid": true });
    wait_path(router, "2001:db8:b100::/48", THEIRS_6, &theirs, SOON);
    wait_path(router, "10.0.2.0/24", THEIRS_6, &theirs, SOON);
    bird.wait_route("2001:db8:a100::/48", &["BGP.as_path: 65001", "BGP.next_hop: 2001:db8:12::1"], SOON);
    bird.wait_route("10.0.1.0/24", &["BGP.as_path: 65001", "BGP.next_hop: 2001:db8:12::1"], SOON);
    router.wait_route("10.0.2.0/24", "bgp", SOON);
    line.a.wait_ping("10.0.2.10", SOON);
    line.b.wait_ping("10.0.1.10", SOON);
    scene.assert_clean();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn roles_mark_routes_and_refuse_peers_that_see_it_otherwise() {
    if !ready(&programs()) {
        return;
    }
    let role = " neighbor 10.0.12.2 local-role customer\n neighbor 10.0.12.2 password s3cret\n";
    let scene = self::scene("bgprole", &ours(role, ""));
    let config = |role: &str| {
        format!(
            "{BIRD}{BIRD_ROUTES}{}",
            bird_session(&format!("local role {role}; password \"s3cret\";"), "")
        )
    };
    let bird = scene.bird(&config("provider"));
    let Beside { router, .. } = &scene;
    wait_established(router, THEIRS, SOON);
    // What a provider says goes to customers only (RFC 9234).
    wait_path(router, "198.51.100.0/24", THEIRS, &json!({ "otc": 65002, "valid": true }), SOON);
    bird.wait_route("10.0.1.0/24", &["BGP.as_path: 65001"], SOON);
    wait_neighbor(router, THEIRS, &json!({ "localRole": "customer", "remoteRole": "provider" }), SOON);
    drop(bird);
    let bird = scene.bird(&config("peer"));
    poll_until(SOON, "a role mismatch is told", || {
        let count =
            scene.middle.so_far().count("bgp.notify.major_error == 2 && bgp.notify.minor_error_open == 11");
        if count > 0 { Ok(()) } else { Err(format!("{count}\n{}", bird.log())) }
    });
    router.wait_no_route("198.51.100.0/24", SOON);
    router.configure(&["router bgp 65001", "neighbor 10.0.12.2 local-role peer"]);
    wait_established(router, THEIRS, SOON);
    scene.assert_clean();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_speaker_of_two_octet_as_numbers_puts_the_path_together() {
    if !ready(&programs()) {
        return;
    }
    let silent = " neighbor 10.0.12.2 dont-capability-negotiate\n";
    let ours = ours(silent, "").replace("router bgp 65001", "router bgp 4200000001");
    let scene = self::scene("bgpold", &ours);
    let old = bird_session("enable as4 off;", "").replace("as 65001", "as 23456");
    let bird = scene.bird(&format!("{BIRD}{BIRD_ROUTES}{old}"));
    let Beside { router, line, .. } = &scene;
    wait_established(router, THEIRS, SOON);
    wait_path(
        router,
        "10.0.2.0/24",
        THEIRS,
        &json!({ "aspath": { "string": "65002" }, "valid": true }),
        SOON,
    );
    bird.wait_route("10.0.1.0/24", &["BGP.as_path: 4200000001", "BGP.next_hop: 10.0.12.1"], SOON);
    line.a.wait_ping("10.0.2.10", SOON);
    // What we are is told beside the path (RFC 6793): AS_TRANS in AS_PATH, the number in AS4_PATH.
    let told = "bgp.update.path_attribute.type_code == 17 && ip.src == 10.0.12.1";
    let trans = "bgp.update.path_attribute.as_path_segment.as2 == 23456";
    let number = "bgp.update.path_attribute.as_path_segment.as4 == 4200000001";
    let pcap = scene.middle.so_far();
    assert!(pcap.count(&format!("{told} && {trans} && {number}")) > 0, "no UPDATE has both");
    scene.assert_clean();
}

/// Prefixes that pass through.
const MANY: u32 = 20_000;

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn many_routes_pass_through_us_and_go_again() {
    if !ready(&programs()) {
        return;
    }
    let third = " neighbor 10.0.1.10 remote-as 65003\n neighbor 10.0.1.10 timers connect 1\n";
    let scene = self::scene("bgpmany", &ours(third, ""));
    let routes: String =
        (0..MANY).map(|n| format!("route 100.{}.{}.0/24 blackhole;\n", n / 256, n % 256)).collect();
    let config =
        format!("{BIRD}{BIRD_ROUTES}protocol static many {{ ipv4;\n{routes}}}\n{}", bird_session("", ""));
    let source = scene.bird(&config);
    let sink = Bird::start(
        &scene.line.net,
        &scene.line.a,
        "
router id 3.3.3.3;
log stderr all;
protocol device {}
protocol bgp v4 {
    local 10.0.1.10 as 65003;
    neighbor 10.0.1.1 as 65001;
    connect delay time 1;
    ipv4 { import all; export none; };
}
",
    );
    let count = |wanted: usize| {
        poll_until(SOON, &format!("{wanted} routes arrive"), || {
            let text = sink.ask("show route where net ~ 100.0.0.0/8 count").stdout;
            if text.contains(&format!("{wanted} of ")) { Ok(()) } else { Err(text) }
        });
    };
    count(MANY as usize);
    sink.wait_route("100.1.2.0/24", &["BGP.as_path: 65001 65002", "BGP.next_hop: 10.0.1.1"], SOON);
    sink.ok("restart v4");
    count(MANY as usize);
    source.ok("disable many");
    count(0);
    source.ok("enable many");
    count(MANY as usize);
    drop(source);
    count(0);
    scene.assert_clean();
}
