//! eBGP with GoBGP, odd attributes from ExaBGP, and route origins from a validating cache (StayRTR).
//!
//! ```text
//!  a ── 10.0.1.0/24 ── r1 (routerd, AS 65001) eth2 ── 10.0.12.0/24 ── eth1 r2 (AS 65002) ── 10.0.2.0/24 ── b
//! ```

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

use serde_json::{Value, json};
use std::time::Duration;
use tests::netns::{
    Beside, BgpSpeaker, Capture, Process, poll_until, ready, wait_established, wait_no_path, wait_path,
};

const SOON: Duration = Duration::from_secs(60);
const THEIRS: &str = "10.0.12.2";

const R1: &str = "
hostname r1
interface eth1
 ip address 10.0.1.1/24
interface eth2
 ip address 10.0.12.1/24
ip route 203.0.113.0/24 blackhole
ip route 203.0.114.0/24 blackhole
ip prefix-list MARKED seq 5 permit 203.0.113.0/24
route-map OUT permit 10
 match ip address prefix-list MARKED
 set metric 77
 set community 65001:1 no-export
 set large-community 65001:1:2
 set as-path prepend 65001 65001
route-map OUT permit 20
";

const SESSION: &str = "
router bgp 65001
 bgp router-id 1.1.1.1
 no bgp ebgp-requires-policy
 neighbor 10.0.12.2 remote-as 65002
 neighbor 10.0.12.2 timers 3 9
 neighbor 10.0.12.2 timers connect 1
 address-family ipv4 unicast
  redistribute static
  neighbor 10.0.12.2 route-map OUT out
 exit-address-family
";

#[track_caller]
fn scene(scenario: &str, more: &str) -> Beside {
    Beside::new(scenario, &format!("{R1}{SESSION}{more}"))
}

/// Starts a program on r2 with a file of its own.
fn start(scene: &Beside, name: &str, text: &str, script: &str) -> Process {
    let file = scene.line.net.path(&format!("{name}.conf"));
    std::fs::write(&file, text).unwrap();
    let script = script.replace("FILE", &file.display().to_string());
    scene.line.r2.spawn(name, "sh", &["-c", &script])
}

const GOBGP: &str = "
[global.config]
  as = 65002
  router-id = \"2.2.2.2\"
[[neighbors]]
  [neighbors.config]
    neighbor-address = \"10.0.12.1\"
    peer-as = 65001
  [neighbors.timers.config]
    hold-time = 9
    keepalive-interval = 3
    connect-retry = 1
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = \"ipv4-unicast\"
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = \"ipv6-unicast\"
";

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn gobgp_and_we_exchange_routes_and_take_them_back() {
    if !ready(&[&["gobgpd", "gobgp"][..], &Capture::NEEDS].concat()) {
        return;
    }
    let scene = self::scene("bgpgo", "");
    let _daemon = start(&scene, "gobgpd", GOBGP, "exec gobgpd -f FILE -t toml");
    let Beside { router, line, .. } = &scene;
    wait_established(router, THEIRS, SOON);
    line.r2.ok("gobgp global rib add 198.51.100.0/24 nexthop 10.0.12.2 origin egp med 77 aspath 65010,65011 community 65001:1,no-export large-community 65002:1:2");
    line.r2.ok("gobgp global rib add 198.51.101.0/24 nexthop 10.0.12.2");
    let marked = json!({
        "aspath": { "string": "65002 65010 65011" },
        "origin": "EGP",
        "metric": 77,
        "community": { "string": "65001:1 no-export" },
        "largeCommunity": { "string": "65002:1:2" },
        "nexthops": [{ "ip": THEIRS }],
        "valid": true,
    });
    wait_path(router, "198.51.100.0/24", THEIRS, &marked, SOON);
    wait_path(router, "198.51.101.0/24", THEIRS, &json!({ "aspath": { "string": "65002" } }), SOON);
    let rib = |prefix: &str| line.r2.run(&format!("gobgp global rib {prefix}")).stdout;
    let words =
        ["65001 65001 65001", "10.0.12.1", "{Med: 77}", "65001:1, no-export", "65001:1:2", "{Origin: ?}"];
    poll_until(SOON, "GoBGP has our marked route", || {
        let text = rib("203.0.113.0/24");
        if words.iter().all(|word| text.contains(word)) { Ok(()) } else { Err(text) }
    });
    router.wait_route("198.51.100.0/24", "bgp", SOON);

    line.r2.ok("gobgp global rib del 198.51.100.0/24");
    wait_no_path(router, "198.51.100.0/24", THEIRS, SOON);
    router.configure(&["no ip route 203.0.113.0/24 blackhole"]);
    poll_until(SOON, "GoBGP forgets our route", || {
        let text = rib("203.0.113.0/24");
        if text.contains("10.0.12.1") { Err(text) } else { Ok(()) }
    });
    line.r2.ok("gobgp neighbor 10.0.12.1 softresetin");
    line.r2.ok("gobgp neighbor 10.0.12.1 shutdown enough");
    router.wait_no_route("198.51.101.0/24", SOON);
    line.r2.ok("gobgp neighbor 10.0.12.1 enable");
    wait_established(router, THEIRS, SOON);
    scene.assert_clean();
}

fn exabgp(routes: &str) -> String {
    format!(
        "
neighbor 10.0.12.1 {{
    router-id 2.2.2.2;
    local-address 10.0.12.2;
    local-as 65002;
    peer-as 65001;
    hold-time 9;
    family {{ ipv4 unicast; }}
    static {{
{routes}    }}
}}
"
    )
}

const EXABGP: &str =
    "exec env exabgp.daemon.user=root exabgp.api.cli=false exabgp.log.packets=true exabgp FILE";

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn odd_attributes_cost_routes_at_most_and_never_the_session() {
    if !ready(&[&["exabgp"][..], &Capture::NEEDS].concat()) {
        return;
    }
    let scene = self::scene("bgpexa", "");
    let routes = "
        route 198.51.100.0/24 next-hop 10.0.12.2 attribute [ 0x63 0xc0 0x0102030405 ];
        route 198.51.101.0/24 next-hop 10.0.12.2 attribute [ 0x64 0x80 0x00 ];
        route 198.51.102.0/24 next-hop 10.0.12.2 aggregator ( 65009:9.9.9.9 ) atomic-aggregate med 4294967295;
        route 198.51.103.0/24 next-hop 10.0.12.2 as-path [ 65002 65003 ( 1 2 3 ) ];
        route 198.51.104.0/24 next-hop 10.0.12.2 as-path [ 65002 65001 65003 ];
        route 198.51.105.0/24 next-hop 10.0.12.2 attribute [ 0x08 0xc0 0x010203 ];
        route 198.51.106.0/24 next-hop 10.0.12.1;
        route 198.51.107.0/24 next-hop 10.0.12.2;
";
    let _exabgp = start(&scene, "exabgp", &exabgp(routes), EXABGP);
    let Beside { router, .. } = &scene;
    wait_established(router, THEIRS, SOON);
    wait_path(
        router,
        "198.51.107.0/24",
        THEIRS,
        &json!({ "aspath": { "string": "65002" }, "valid": true }),
        SOON,
    );
    // What we do not know but may pass on, with the partial bit; what we may not.
    let unknown = json!({ "unknownAttributes": [{ "type": 99, "value": "0102030405" }], "valid": true });
    wait_path(router, "198.51.100.0/24", THEIRS, &unknown, SOON);
    wait_path(router, "198.51.101.0/24", THEIRS, &json!({ "unknownAttributes": null, "valid": true }), SOON);
    let aggregate = json!({
        "aggregatorAs": 65009, "aggregatorId": "9.9.9.9", "atomicAggregate": true, "metric": u32::MAX, "valid": true,
    });
    wait_path(router, "198.51.102.0/24", THEIRS, &aggregate, SOON);
    wait_path(router, "198.51.103.0/24", THEIRS, &json!({ "valid": true }), SOON);
    // A loop, communities of three bytes (RFC 7606: treated as withdrawn), and our own address as next hop.
    for prefix in ["198.51.104.0/24", "198.51.105.0/24", "198.51.106.0/24"] {
        let used = router.bgp_paths(prefix).iter().any(|path| path["valid"] == true);
        assert!(!used, "{prefix}: {:#?}", router.bgp_paths(prefix));
    }
    router.wait_logged(&["treated as withdrawn", THEIRS], SOON);
    let neighbor = router.bgp_neighbor(THEIRS);
    assert_eq!(neighbor["connectionsDropped"], 0, "{neighbor:#}");
    scene.assert_clean();
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn origins_are_validated_by_a_cache() {
    if !ready(&[&["exabgp", "stayrtr"][..], &Capture::NEEDS].concat()) {
        return;
    }
    let rpki = "
rpki
 rpki polling_period 1
 rpki retry_interval 1
 rpki cache 10.0.12.2 3323 preference 1
exit
route-map IN deny 10
 match rpki invalid
route-map IN permit 20
router bgp 65001
 address-family ipv4 unicast
  neighbor 10.0.12.2 route-map IN in
";
    let scene = self::scene("bgprpki", rpki);
    let routes = "
        route 198.51.100.0/24 next-hop 10.0.12.2;
        route 198.51.101.0/24 next-hop 10.0.12.2;
        route 198.51.102.0/24 next-hop 10.0.12.2;
";
    let roas = |other: u32| {
        let roa = |asn: u32, prefix: &str| json!({ "asn": format!("AS{asn}"), "prefix": prefix, "maxLength": 24, "ta": "t" });
        json!({ "metadata": {}, "roas": [roa(65002, "198.51.100.0/24"), roa(other, "198.51.101.0/24")] })
            .to_string()
    };
    let cache = scene.line.net.path("roas.json");
    std::fs::write(&cache, roas(65003)).unwrap();
    let script = format!(
        "exec stayrtr -cache {} -bind :3323 -checktime=false -refresh 1 -metrics.addr 127.0.0.1:9847",
        cache.display()
    );
    let _cache = start(&scene, "stayrtr", "", &script);
    scene.line.r2.wait_listening(3323);
    let _exabgp = start(&scene, "exabgp", &exabgp(routes), EXABGP);
    let Beside { router, .. } = &scene;
    let state = |prefix: &str, wanted: Value| wait_path(router, prefix, THEIRS, &wanted, SOON);
    state("198.51.100.0/24", json!({ "rpkiValidationState": "valid", "valid": true }));
    state("198.51.102.0/24", json!({ "rpkiValidationState": "not found", "valid": true }));
    router.wait_no_route("198.51.101.0/24", SOON);
    assert_eq!(router.show("show rpki prefix-table").matches("198.51.10").count(), 2);

    // The owner says otherwise.
    std::fs::write(&cache, roas(65002)).unwrap();
    state("198.51.101.0/24", json!({ "rpkiValidationState": "valid", "valid": true }));
    router.wait_route("198.51.101.0/24", "bgp", SOON);
    scene.assert_clean();
}
