//! A monitoring station (BMP, RFC 7854) is told what FRR tells us. The station is a plain TCP sink; what it was sent is
//! read by tshark, which knows BMP: it must find every kind of message, the right prefixes in them and nothing to complain
//! about. Beside it, the same router writes MRT files of the same messages.
//!
//! ```text
//!  a (station) ── 10.0.1.0/24 ── eth1 r1 (routerd, AS 65001) eth2 ── 10.0.12.0/24 ── eth1 r2 (FRR, AS 65002)
//! ```

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tests::netns::{
    Capture, Finished, Frr, Line, Owner, Pcap, Process, Router, binary, poll_until, ready, wait_established,
};

const SOON: Duration = Duration::from_secs(60);
const DAEMONS: [&str; 2] = ["staticd", "bgpd"];
const THEIRS: &str = "10.0.12.2";
const STATION: u16 = 11_019;

const R1: &str = "
hostname r1
interface eth1
 ip address 10.0.1.1/24
interface eth2
 ip address 10.0.12.1/24
 ipv6 address 2001:db8:12::1/64
router bgp 65001
 bgp router-id 1.1.1.1
 no bgp ebgp-requires-policy
 neighbor 10.0.12.2 remote-as 65002
 neighbor 10.0.12.2 timers connect 1
 address-family ipv4 unicast
  neighbor 10.0.12.2 route-map IN in
 exit-address-family
 address-family ipv6 unicast
  neighbor 10.0.12.2 activate
 exit-address-family
 bmp targets T
  bmp stats interval 1000
  bmp monitor ipv4 unicast pre-policy
  bmp monitor ipv4 unicast post-policy
  bmp monitor ipv6 unicast post-policy
  bmp connect 10.0.1.10 port 11019
 exit
exit
ip prefix-list NOT seq 5 permit 198.51.101.0/24
route-map IN deny 5
 match ip address prefix-list NOT
route-map IN permit 10
";

const R2: &str = "
hostname r2
ip route 198.51.100.0/24 blackhole
ip route 198.51.101.0/24 blackhole
ipv6 route 2001:db8:b100::/48 blackhole
router bgp 65002
 bgp router-id 2.2.2.2
 no bgp ebgp-requires-policy
 neighbor 10.0.12.1 remote-as 65001
 neighbor 10.0.12.1 timers connect 1
 address-family ipv4 unicast
  redistribute static
 exit-address-family
 address-family ipv6 unicast
  redistribute static
  neighbor 10.0.12.1 activate
 exit-address-family
";

/// What tshark reads as BMP: the fields of every frame that passes the filter.
fn decoded(pcap: &Pcap, filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
    let path = pcap.path().display().to_string();
    let decode = format!("tcp.port=={STATION},bmp");
    let mut words =
        vec!["-n", "-r", &path, "-d", &decode, "-Y", filter, "-T", "fields", "-E", "separator=/t"];
    for field in fields {
        words.extend(["-e", field]);
    }
    let text = Finished::run("tshark", &words).expect_success(&format!("tshark -Y {filter}"));
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// All values of a field in frames that pass the filter.
fn values(pcap: &Pcap, filter: &str, field: &str) -> BTreeSet<String> {
    let frames = decoded(pcap, filter, &[field]);
    frames.iter().flatten().flat_map(|f| f.split(',')).filter(|v| !v.is_empty()).map(str::to_owned).collect()
}

/// Until a field has had all these values.
#[track_caller]
fn wait_values(capture: &Capture, field: &str, wanted: &[&str]) {
    poll_until(SOON, &format!("{field} has been {wanted:?}"), || {
        let seen = values(&capture.so_far(), "bmp", field);
        let all = wanted.iter().all(|w| seen.contains(*w));
        if all { Ok(()) } else { Err(format!("{seen:?}")) }
    });
}

fn sink(line: &Line) -> Process {
    let listen = format!("TCP-LISTEN:{STATION},reuseaddr,fork");
    let process = line.a.spawn("station", "socat", &["-u", &listen, "OPEN:/dev/null"]);
    line.a.wait_listening(STATION);
    process
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_station_is_told_all_that_frr_tells_and_tshark_finds_nothing_wrong() {
    if !ready(&[&Frr::NEEDS[..], &DAEMONS, &Capture::NEEDS, &["socat"]].concat()) {
        return;
    }
    let line = Line::new("bgp_bmp", Owner::Routerd, Owner::Kernel);
    let station = sink(&line);
    let capture = Capture::start(&line.net, &line.a, "eth0");
    let frr = Frr::start(&line.net, &line.r2, &DAEMONS, R2);
    let file = line.net.path("r1.conf");
    let dumps = ["all", "updates", "rib"].map(|name| line.net.path(&format!("{name}.mrt")));
    std::fs::write(&file, format!("{R1}{}", dump_lines(&dumps))).unwrap();
    let router = Router::start_file(&line.net, &line.r1, &file);
    wait_established(&router, THEIRS, SOON);

    // Initiation, Peer Up, Route Monitoring and Statistics; the prefix that policy refuses is told before policy only.
    wait_values(&capture, "bmp.type", &["4", "3", "0", "1"]);
    wait_values(&capture, "bgp.nlri_prefix", &["198.51.100.0", "198.51.101.0"]);
    wait_values(&capture, "bgp.mp_reach_nlri_ipv6_prefix", &["2001:db8:b100::"]);
    wait_values(&capture, "bmp.stats.data.routes_adj_rib_in", &["3"]);
    let seen = |filter: &str, field: &str| values(&capture.so_far(), filter, field);
    assert!(seen("bmp.type == 3", "bmp.peer.asn").contains("65002"));
    assert!(seen("bmp.type == 3", "bmp.peer.id").contains("2.2.2.2"));
    assert!(seen("bmp.type == 4", "bmp.init.info").iter().any(|info| info.starts_with("routerd ")));
    let shown = router.json("show bmp json");
    let connection = &shown["targets"][0]["connection"];
    assert_eq!(connection["state"], "Up", "{shown}");
    assert!(
        connection["bytes"].as_u64() > Some(0) && connection["routeMonitoring"].as_u64() > Some(3),
        "{shown}"
    );
    let text = router.show("show bmp");
    assert!(text.contains("10.0.1.10:11019") && text.contains("1 connected clients"), "{text}");

    let whole = line.net.path("live.mrt").display().to_string();
    mrt(&["dump", "-o", &whole, "--socket", &line.net.path("r1.sock").display().to_string(), "--received"]);
    let live = mrt(&["show", &whole]);
    for prefix in ["198.51.100.0/24", "198.51.101.0/24", "2001:db8:b100::/48"] {
        assert!(live.contains(&format!("|{prefix}|65002|")), "{live}");
    }

    // A withdrawal, the end of the session, and our own farewell.
    frr.configure(&["no ip route 198.51.100.0/24 blackhole"]);
    wait_values(&capture, "bgp.withdrawn_prefix", &["198.51.100.0"]);
    frr.configure(&["router bgp 65002", "neighbor 10.0.12.1 shutdown"]);
    wait_values(&capture, "bmp.type", &["2"]);
    // The peer's NOTIFICATION, as it came.
    assert!(seen("bmp.type == 2", "bmp.peer.down.reason").contains("3"));
    router.configure(&["router bgp 65001", "no bmp targets T"]);
    wait_values(&capture, "bmp.type", &["5"]);
    assert_eq!(router.show("show bmp"), "No BMP targets are configured\n");

    let bad = decoded(
        &capture.so_far(),
        "bmp && (_ws.malformed || _ws.expert.severity >= 0x600000)",
        &["frame.number", "_ws.expert.message"],
    );
    assert!(bad.is_empty(), "tshark complains: {bad:?}");
    check_dumps(&line, &router, &dumps);
    drop((router, frr, station));
}

fn dump_lines([all, updates, rib]: &[PathBuf; 3]) -> String {
    format!(
        "dump bgp all-et {}\ndump bgp updates {}\ndump bgp routes-mrt {} 2\n",
        all.display(),
        updates.display(),
        rib.display()
    )
}

fn mrt(words: &[&str]) -> String {
    let program = binary("routerd").display().to_string();
    Finished::run(&program, &[&["mrt"], words].concat()).expect_success(&format!("routerd mrt {words:?}"))
}

/// What the router wrote is what happened: by our own reader and, where there is one, by somebody else's.
fn check_dumps(line: &Line, router: &Router, [all, updates, rib]: &[PathBuf; 3]) {
    let name = |path: &Path| path.display().to_string();
    let text = mrt(&["show", &name(updates)]);
    let has = |text: &str, kind: &str, prefix: &str| {
        text.lines()
            .any(|l| l.split('|').nth(2) == Some(kind) && l.split('|').nth(5).unwrap_or_default() == prefix)
    };
    assert!(has(&text, "A", "198.51.100.0/24") && has(&text, "W", "198.51.100.0/24"), "{text}");
    assert!(has(&text, "A", "2001:db8:b100::/48") && !text.contains("|STATE|"), "{text}");
    let text = mrt(&["show", &name(all)]);
    for kind in ["OPEN", "KEEPALIVE", "STATE", "NOTIFICATION", "A"] {
        assert!(text.lines().any(|l| l.split('|').nth(2) == Some(kind)), "no {kind} in {text}");
    }
    poll_until(SOON, "a table is there", || std::fs::metadata(rib).map(drop).map_err(|e| e.to_string()));
    // Run again: what was there last and before the withdrawal.
    let first = text.lines().find(|l| l.contains("|A|") && l.contains("198.51.100.0/24")).unwrap();
    let at = first.split('|').nth(1).unwrap().split('.').next().unwrap().to_owned();
    let shown = mrt(&["replay", &name(all), "--until", &at, "-c", "show bgp 198.51.100.0/24"]);
    assert!(shown.contains("65002") && shown.contains("best"), "{shown}");
    let shown = mrt(&["replay", &name(all), "-c", "show bgp ipv4 unicast"]);
    assert!(!shown.contains("198.51.100.0/24"), "{shown}");
    let dumps = router.json("show bgp dump json");
    assert!(
        dumps.as_array().is_some_and(|all| all.iter().all(|d| d["lost"] == 0 && d["errors"] == 0)),
        "{dumps}"
    );
    // An independent reader, where there is one.
    if ready(&["bgpdump"]) {
        let read = line.r1.ok(&format!("bgpdump -m {}", name(updates)));
        assert!(has(&read, "A", "198.51.100.0/24") && has(&read, "W", "198.51.100.0/24"), "{read}");
        let read = line.r1.run(&format!("bgpdump -m {}", name(all)));
        assert!(read.success(), "{read:?}");
    }
}
