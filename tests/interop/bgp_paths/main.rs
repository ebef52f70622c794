//! We between two others: a confederation (RFC 5065) with FRR and with BIRD in it and the other one outside, and several
//! paths a prefix (RFC 7911) from BIRD to FRR and back.
//!
//! ```text
//!  a (BIRD or FRR, AS 65100) ── 10.0.1.0/24 ── r1 (routerd) ── 10.0.12.0/24 ── r2 (FRR or BIRD) ── 10.0.2.0/24 ── b
//! ```

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tests::netns::{
    Beside, BgpSpeaker, Bird, Capture, Frr, poll_until, ready, wait_established, wait_neighbor, wait_no_path,
    wait_path,
};

const SOON: Duration = Duration::from_secs(60);
/// r1 on either side, and its neighbors.
const LEFT: &str = "10.0.1.1";
const RIGHT: &str = "10.0.12.1";
const A: &str = "10.0.1.10";
const R2: &str = "10.0.12.2";

const PORTS: &str = "
hostname r1
interface eth1
 ip address 10.0.1.1/24
interface eth2
 ip address 10.0.12.1/24
";

fn programs() -> Vec<&'static str> {
    [&Frr::NEEDS[..], &Bird::NEEDS, &Capture::NEEDS].concat()
}

/// FRR: `more` is in `router bgp`, `family` in its IPv4.
fn frr(asn: u32, (peer, remote): (&str, u32), more: &str, family: &str) -> String {
    format!(
        "
hostname frr
ip route 203.0.113.0/24 blackhole
ip route 203.0.114.0/24 blackhole
ip prefix-list KEPT permit 203.0.114.0/24
route-map OUT permit 10
 match ip address prefix-list KEPT
 set community no-export
route-map OUT permit 20
router bgp {asn}
 bgp router-id 9.9.9.9
 no bgp ebgp-requires-policy
 neighbor {peer} remote-as {remote}
 neighbor {peer} timers 3 9
 neighbor {peer} timers connect 1
{more} address-family ipv4 unicast
  redistribute static
{family} exit-address-family
"
    )
}

/// BIRD: `more` is in the session, `rest` behind it.
fn bird((own, asn): (&str, u32), (peer, remote): (&str, u32), more: &str, rest: &str) -> String {
    format!(
        "
router id 8.8.8.8;
log stderr all;
protocol device {{}}
protocol direct {{ ipv4; }}
protocol static lan {{ ipv4; route 10.0.1.0/24 via {peer}; }}
filter told {{
    if source != RTS_STATIC || proto = \"lan\" then reject;
    if net = 203.0.114.0/24 then bgp_community.add((65535, 65281));
    if proto = \"s1\" then bgp_path.prepend(65021);
    if proto = \"s2\" then bgp_path.prepend(65022);
    if proto = \"s3\" then {{ bgp_path.prepend(65022); bgp_path.prepend(65022); }}
    accept;
}}
protocol bgp r1 {{
    local {own} as {asn};
    neighbor {peer} as {remote};
    hold time 9;
    connect delay time 1;
    connect retry time 1;
    error wait time 1, 2;
    {more}
}}
{rest}
"
    )
}

const ROUTES: &str =
    "protocol static nets { ipv4; route 203.0.113.0/24 blackhole; route 203.0.114.0/24 blackhole; }";
const CHANNEL: &str = "ipv4 { import all; export filter told; };";

/// We are AS 64512 of the confederation 65000.
const CONFEDERATION: &str = "
router bgp 64512
 bgp router-id 1.1.1.1
 bgp confederation identifier 65000
 bgp confederation peers 64513
 no bgp ebgp-requires-policy
 neighbor 10.0.12.2 remote-as 64513
 neighbor 10.0.12.2 timers 3 9
 neighbor 10.0.12.2 timers connect 1
 neighbor 10.0.1.10 remote-as 65100
 neighbor 10.0.1.10 timers 3 9
 neighbor 10.0.1.10 timers connect 1
 address-family ipv4 unicast
  network 10.0.1.0/24
 exit-address-family
";

/// What BIRD outside announces to us in the test with FRR inside.
const OUTSIDE: &str = "protocol static nets { ipv4; route 198.51.100.0/24 blackhole; }";

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_confederation_with_frr_looks_like_one_as_from_outside() {
    if !ready(&programs()) {
        return;
    }
    let scene = Beside::new("bgpconfed1", &format!("{PORTS}{CONFEDERATION}"));
    let members = " bgp confederation identifier 65000\n bgp confederation peers 64512\n";
    let inside =
        scene.frr(&frr(64_513, (RIGHT, 64_512), members, "  neighbor 10.0.12.1 route-map OUT out\n"));
    let config = bird((A, 65_100), (LEFT, 65_000), CHANNEL, OUTSIDE);
    let outside = Bird::start(&scene.line.net, &scene.line.a, &config);
    let Beside { router, .. } = &scene;
    wait_neighbor(router, R2, &json!({ "bgpState": "Established", "nbrConfedExternalLink": true }), SOON);
    wait_neighbor(&inside, RIGHT, &json!({ "bgpState": "Established", "nbrConfedExternalLink": true }), SOON);
    wait_neighbor(router, A, &json!({ "bgpState": "Established", "nbrExternalLink": true }), SOON);
    // Inside, members are in the path in parentheses, LOCAL_PREF passes and the next hop stays.
    let path = |path: &str, next_hop: &str| json!({ "aspath": { "string": path }, "locPrf": 100, "valid": true, "nexthops": [{ "ip": next_hop }] });
    wait_path(&inside, "10.0.1.0/24", RIGHT, &path("(64512)", RIGHT), SOON);
    wait_path(&inside, "198.51.100.0/24", RIGHT, &path("(64512) 65100", A), SOON);
    wait_path(router, "203.0.113.0/24", R2, &path("(64513)", R2), SOON);
    let kept = json!({ "aspath": { "string": "(64513)" }, "community": { "string": "no-export" } });
    wait_path(router, "203.0.114.0/24", R2, &kept, SOON);
    // Outside, there is one AS.
    outside.wait_route("203.0.113.0/24", &["BGP.as_path: 65000\n", "BGP.next_hop: 10.0.1.1"], SOON);
    outside.wait_route("10.0.1.0/24", &["BGP.as_path: 65000\n"], SOON);
    outside.wait_no_route("203.0.114.0/24", SOON);
    let local = outside.show("show route 203.0.113.0/24 all");
    assert!(local.contains("BGP.local_pref: 100"), "BIRD's own default: {local}");
    // They go as they came.
    inside.configure(&["no ip route 203.0.113.0/24 blackhole"]);
    outside.wait_no_route("203.0.113.0/24", SOON);
    outside.ok("disable nets");
    wait_no_path(&inside, "198.51.100.0/24", RIGHT, SOON);
    scene.assert_clean();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_confederation_with_bird_looks_like_one_as_from_outside() {
    if !ready(&programs()) {
        return;
    }
    let scene = Beside::new("bgpconfed2", &format!("{PORTS}{CONFEDERATION}"));
    let member = "confederation 65000; confederation member yes;
    ipv4 { import all; export filter told; gateway recursive; };";
    let inside = scene.bird(&bird((R2, 64_513), (RIGHT, 64_512), member, ROUTES));
    let outside = frr(65_100, (LEFT, 65_000), "", "").replace("203.0.11", "198.51.10");
    let outside = Frr::start(&scene.line.net, &scene.line.a, &["staticd", "bgpd"], &outside);
    let Beside { router, .. } = &scene;
    wait_neighbor(router, R2, &json!({ "bgpState": "Established", "nbrConfedExternalLink": true }), SOON);
    wait_established(&outside, LEFT, SOON);
    let words = ["BGP.as_path: (64512) 65100", "BGP.local_pref: 100", "BGP.next_hop: 10.0.1.10"];
    inside.wait_route("198.51.103.0/24", &words, SOON);
    inside.wait_route("10.0.1.0/24", &["BGP.as_path: (64512)\n", "BGP.next_hop: 10.0.12.1"], SOON);
    let path = |path: &str| json!({ "aspath": { "string": path }, "valid": true });
    wait_path(router, "203.0.113.0/24", R2, &path("(64513)"), SOON);
    wait_path(router, "203.0.114.0/24", R2, &path("(64513)"), SOON);
    let seen = json!({ "aspath": { "string": "65000" }, "locPrf": null, "nexthops": [{ "ip": LEFT }] });
    wait_path(&outside, "203.0.113.0/24", LEFT, &seen, SOON);
    wait_no_path(&outside, "203.0.114.0/24", LEFT, SOON);
    inside.ok("disable nets");
    wait_no_path(&outside, "203.0.113.0/24", LEFT, SOON);
    scene.assert_clean();
}

/// The AS paths a speaker has to `prefix`, each as often as it is there.
#[track_caller]
fn wait_paths(who: &dyn BgpSpeaker, prefix: &str, wanted: &[&str]) {
    poll_until(SOON, &format!("{}: paths {wanted:?} to {prefix}", who.who()), || {
        let paths = who.bgp_paths(prefix);
        let mut have: Vec<&str> = paths.iter().filter_map(|p| p["aspath"]["string"].as_str()).collect();
        have.sort_unstable();
        if have == wanted { Ok(()) } else { Err(format!("{have:?}")) }
    });
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn all_paths_or_one_of_every_as_pass_us_between_bird_and_frr() {
    if !ready(&programs()) {
        return;
    }
    let ours = "
router bgp 65001
 bgp router-id 1.1.1.1
 no bgp ebgp-requires-policy
 neighbor 10.0.12.2 remote-as 65002
 neighbor 10.0.12.2 timers 3 9
 neighbor 10.0.12.2 timers connect 1
 neighbor 10.0.1.10 remote-as 65100
 no neighbor 10.0.1.10 enforce-first-as
 neighbor 10.0.1.10 timers 3 9
 neighbor 10.0.1.10 timers connect 1
 address-family ipv4 unicast
  neighbor 10.0.12.2 addpath-tx-all-paths
  neighbor 10.0.1.10 addpath-tx-all-paths
 exit-address-family
";
    let scene = Beside::new("bgpaddpath", &format!("{PORTS}{ours}"));
    // A route server of BIRD's, which is in no path itself: so paths have different neighbor ASes.
    let sources: String = (1..=3)
        .map(|n| {
            format!(
                "protocol static s{n} {{ ipv4 {{ preference 20{n}; }}; route 198.51.100.0/24 blackhole; }}\n"
            )
        })
        .collect();
    let channel = "rs client; ipv4 { import all; export filter told; add paths on; };";
    let bird =
        Bird::start(&scene.line.net, &scene.line.a, &bird((A, 65_100), (LEFT, 65_001), channel, &sources));
    let two = "  network 203.0.113.0/24 route-map METRIC\n  neighbor 10.0.12.1 addpath-tx-all-paths\n";
    let map = "route-map METRIC permit 10\n set metric 33\n";
    let frr = scene.frr(&format!("{map}{}", frr(65_002, (RIGHT, 65_001), "", two)));
    let Beside { router, .. } = &scene;
    for peer in [A, R2] {
        let both = json!({ "neighborCapabilities": { "addPath": { "ipv4Unicast": {
            "txAdvertisedAndReceived": true, "rxAdvertisedAndReceived": true,
        } } } });
        wait_neighbor(router, peer, &both, SOON);
    }
    // From BIRD to FRR: all.
    let far = "198.51.100.0/24";
    wait_paths(router, far, &["65021", "65022", "65022 65022"]);
    wait_paths(&frr, far, &["65001 65021", "65001 65022", "65001 65022 65022"]);
    let told = scene.middle.so_far().fields("bgp.type == 2 && ip.src == 10.0.12.1", &["bgp.nlri_path_id"]);
    let told: BTreeSet<&str> = told.iter().flatten().flat_map(|ids| ids.split(',')).collect();
    assert!(told.len() >= 3, "different path identifiers: {told:?}");

    // One goes and comes back.
    bird.ok("disable s1");
    wait_paths(&frr, far, &["65001 65022", "65001 65022 65022"]);
    bird.ok("enable s1");
    wait_paths(&frr, far, &["65001 65021", "65001 65022", "65001 65022 65022"]);

    // From FRR to BIRD: a network and the same redistributed.
    poll_until(SOON, "both paths of FRR's", || {
        let mut metrics: Vec<Value> =
            router.bgp_paths("203.0.113.0/24").iter().map(|p| p["metric"].clone()).collect();
        metrics.sort_by_key(Value::as_u64);
        if metrics == [json!(0), json!(33)] { Ok(()) } else { Err(format!("{metrics:?}")) }
    });
    let count = |wanted: usize| {
        poll_until(SOON, &format!("BIRD has {wanted} paths"), || {
            let text = bird.show("show route 203.0.113.0/24 all");
            let have = text.matches("BGP.as_path: 65001 65002").count();
            if have == wanted { Ok(()) } else { Err(text) }
        });
    };
    count(2);
    frr.configure(&["router bgp 65002", "address-family ipv4 unicast", "no redistribute static"]);
    count(1);
    wait_path(router, "203.0.113.0/24", R2, &json!({ "metric": 33 }), SOON);

    // The best of every AS, then the best.
    let family = ["router bgp 65001", "address-family ipv4 unicast"];
    let all = "no neighbor 10.0.12.2 addpath-tx-all-paths";
    let each = "neighbor 10.0.12.2 addpath-tx-bestpath-per-AS";
    router.configure(&[&family[..], &[all, each]].concat());
    wait_paths(&frr, far, &["65001 65021", "65001 65022"]);
    router.configure(&[&family[..], &["no neighbor 10.0.12.2 addpath-tx-bestpath-per-AS"]].concat());
    poll_until(SOON, "one path", || {
        let paths = frr.bgp_paths(far);
        if paths.len() == 1 { Ok(()) } else { Err(format!("{paths:#?}")) }
    });
    scene.assert_clean();
}
