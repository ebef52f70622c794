//! Snapshots printed; the expected text was compared with bgpd 8.4 in the same topology: r1 (AS 65001) with an upstream
//! (AS 65002), another external peer (AS 65003) and a route reflector client.

use super::*;
use bgp::config::{GracefulRestartMode, MaximumPrefix, SendCommunity, Unchanged};
use bgp::settings::{FamilySettings, Filters, PeerKind};
use bgp::show::*;
use core::net::{IpAddr, Ipv4Addr};
use policy::bgp::{Aggregator, AsPath, Origin};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn v4(text: &str) -> Ipv4Addr {
    text.parse().unwrap()
}

fn prefix(text: &str) -> fib::Prefix {
    text.parse().unwrap()
}

fn printed(reply: &BgpReply) -> String {
    text(Some(reply), &View::Bgp(BgpView::default()), true)
}

fn as_json(reply: &BgpReply) -> Value {
    super::json(Some(reply), &View::Bgp(BgpView::default()))
}

fn head() -> Head {
    Head { version: 12, router_id: v4("1.1.1.1"), local_as: 65_001, local_pref: 100 }
}

fn valid() -> Status {
    Status { valid: true, ..Status::default() }
}

fn best() -> Status {
    Status { best: true, ..valid() }
}

fn row(status: Status, hop: &str, numbers: (Option<u32>, Option<u32>, u32), path: &str) -> PathRow {
    let (as_path, origin) = path.rsplit_once(' ').unwrap_or(("", path));
    let (med, local_pref, weight) = numbers;
    PathRow {
        status,
        peer: Some(hop.to_owned()),
        next_hop: ip(hop),
        link_local: None,
        med,
        local_pref,
        weight,
        as_path: as_path.to_owned(),
        origin: if origin == "i" { Origin::Igp } else { Origin::Incomplete },
        reason: None,
        rpki: None,
        path_id: None,
    }
}

fn own(hop: &str, origin: &str) -> PathRow {
    let reason = Some("First path received".to_owned());
    PathRow { peer: None, reason, ..row(best(), hop, (Some(0), None, 32_768), origin) }
}

fn destination(name: &str, paths: Vec<PathRow>) -> Destination {
    Destination { prefix: prefix(name), paths }
}

fn page(family: Family, of: Of, destinations: Vec<Destination>, total_paths: u64) -> Routes {
    Routes { family, of, head: head(), destinations, before: None, more: None, total_paths, filtered: 0 }
}

/// One of each shape of bgpd's table.
fn table() -> Routes {
    let internal = Status { internal: true, ..best() };
    let unreachable = Status { internal: true, ..Status::default() };
    let long = "65002 65100 65101 4200000000 ?";
    let destinations = vec![
        destination("10.0.1.0/24", vec![own("0.0.0.0", "?")]),
        destination("10.3.0.0/16", vec![row(internal, "10.0.2.3", (Some(0), Some(200), 0), "i")]),
        destination(
            "172.16.1.0/24",
            vec![
                row(best(), "10.0.1.2", (Some(0), None, 0), "65002 i"),
                row(valid(), "10.0.3.4", (None, None, 0), "65003 65002 i"),
            ],
        ),
        destination("172.31.7.0/24", vec![row(unreachable, "10.77.7.7", (Some(0), Some(100), 0), "i")]),
        destination(
            "203.0.113.0/24",
            vec![
                row(valid(), "10.0.1.2", (Some(0), None, 0), long),
                row(best(), "10.0.3.4", (Some(0), None, 0), "65003 i"),
            ],
        ),
    ];
    page(Family::Ipv4, Of::Table, destinations, 16)
}

const HEADING: &str = "\
BGP table version is 12, local router ID is 1.1.1.1, vrf id 0
Default local pref 100, local AS 65001
Status codes:  s suppressed, d damped, h history, * valid, > best, = multipath,
               i internal, r RIB-failure, S Stale, R Removed
Nexthop codes: @NNN nexthop's vrf id, < announce-nh-self
Origin codes:  i - IGP, e - EGP, ? - incomplete
RPKI validation codes: V valid, I invalid, N Not found

   Network          Next Hop            Metric LocPrf Weight Path
";

#[test]
fn the_table_is_bgpd_s() {
    let expected = "\
*> 10.0.1.0/24      0.0.0.0                  0         32768 ?
*>i10.3.0.0/16      10.0.2.3                 0    200      0 i
*> 172.16.1.0/24    10.0.1.2                 0             0 65002 i
*                   10.0.3.4                               0 65003 65002 i
  i172.31.7.0/24    10.77.7.7                0    100      0 i
*  203.0.113.0/24   10.0.1.2                 0             0 65002 65100 65101 4200000000 ?
*>                  10.0.3.4                 0             0 65003 i

Displayed  5 routes and 16 total paths
";
    assert_eq!(printed(&BgpReply::Routes(table())), format!("{HEADING}{expected}"));
    let nothing = page(Family::Ipv4, Of::Table, Vec::new(), 16);
    assert_eq!(printed(&BgpReply::Routes(nothing)), "", "as bgpd, where nothing matches");
}

#[test]
fn what_does_not_fit_into_its_column_goes_on_below() {
    let client = Status { internal: true, ..best() };
    let far = |status, hop: &str, link_local: &str, numbers, path| PathRow {
        link_local: link_local.parse().ok(),
        ..row(status, hop, numbers, path)
    };
    let destinations = vec![
        destination("2001:db8:1000::/36", vec![own("::", "i")]),
        destination(
            "2001:db8:2000::/36",
            vec![
                far(valid(), "2001:db8:1::2", "fe80::341a:66ff:fee7:8c1c", (Some(50), None, 0), "65002 i"),
                far(client, "2001:db8:2::3", "fe80::2451:85ff:fea5:dfa8", (Some(0), Some(100), 0), "i"),
            ],
        ),
    ];
    let reply = BgpReply::Routes(page(Family::Ipv6, Of::Table, destinations, 4));
    let expected = "\
*> 2001:db8:1000::/36
                    ::                       0         32768 i
*  2001:db8:2000::/36
                    fe80::341a:66ff:fee7:8c1c
                                            50             0 65002 i
*>i                 fe80::2451:85ff:fea5:dfa8
                                             0    100      0 i

Displayed  2 routes and 4 total paths
";
    assert_eq!(printed(&reply), format!("{HEADING}{expected}"));
    let wide = text(Some(&reply), &View::Bgp(BgpView { wide: true, ..BgpView::default() }), true);
    let line = "   Network                                      Next Hop                                  Metric LocPrf Weight Path";
    assert!(wide.contains(line), "{wide}");
    let line = "*> 2001:db8:1000::/36                           ::                                             0         32768 i";
    assert!(wide.contains(line), "{wide}");
    let hops = &as_json(&reply)["routes"]["2001:db8:2000::/36"][0]["nexthops"];
    assert_eq!(hops[0], json!({ "ip": "2001:db8:1::2", "afi": "ipv6", "scope": "global" }));
    assert_eq!(hops[1]["scope"], "link-local");
    assert_eq!(hops[1]["used"], true);
}

#[test]
fn pages_are_one_table_with_one_heading_and_one_sum() {
    let all = table();
    let (first, second) = all.destinations.split_at(2);
    let cursor = Cursor { prefix: first[1].prefix, destinations: 2, paths: 2, filtered: 0 };
    let empty = Routes {
        more: Some(Cursor { destinations: 0, paths: 0, ..cursor }),
        ..page(Family::Ipv4, Of::Table, vec![], 16)
    };
    let one = Routes { destinations: first.to_vec(), before: empty.more, more: Some(cursor), ..all.clone() };
    let two = Routes { destinations: second.to_vec(), before: Some(cursor), ..all.clone() };
    let pages: String = [empty, one, two].into_iter().map(|p| printed(&BgpReply::Routes(p))).collect();
    assert_eq!(pages, printed(&BgpReply::Routes(all)));
}

#[test]
fn the_table_as_json_has_bgpd_s_names() {
    let value = as_json(&BgpReply::Routes(table()));
    let head: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(head, ["vrfId", "vrfName", "tableVersion", "routerId", "defaultLocPrf", "localAS", "routes"]);
    let own = &value["routes"]["10.0.1.0/24"][0];
    let expected = json!({
        "valid": true, "bestpath": true, "selectionReason": "First path received", "pathFrom": "external",
        "prefix": "10.0.1.0", "prefixLen": 24, "network": "10.0.1.0/24", "metric": 0, "weight": 32768,
        "peerId": "(unspec)", "path": "", "origin": "incomplete",
        "nexthops": [{ "ip": "0.0.0.0", "afi": "ipv4", "used": true }],
    });
    assert_eq!(*own, expected);
    let client = &value["routes"]["10.3.0.0/16"][0];
    assert_eq!((&client["pathFrom"], &client["locPrf"]), (&json!("internal"), &json!(200)));
    assert_eq!(value["routes"]["172.31.7.0/24"][0].get("valid"), None);
}

#[test]
fn what_a_neighbor_said_is_counted_with_what_policy_refused() {
    let key = "10.0.1.2".parse().unwrap();
    let refused = Status { refused: true, ..Status::default() };
    let destinations = vec![
        destination("172.16.1.0/24", vec![row(best(), "10.0.1.2", (Some(0), None, 0), "65002 i")]),
        destination("192.0.2.0/24", vec![row(refused, "10.0.1.2", (Some(0), None, 0), "65002 i")]),
    ];
    let received = Routes { filtered: 1, ..page(Family::Ipv4, Of::Received(key), destinations, 16) };
    let reply = BgpReply::Routes(received);
    let expected = "\
*> 172.16.1.0/24    10.0.1.2                 0             0 65002 i
   192.0.2.0/24     10.0.1.2                 0             0 65002 i

Total number of prefixes 2 (1 filtered)
";
    assert_eq!(printed(&reply), format!("{HEADING}{expected}"));
    let value = as_json(&reply);
    assert_eq!((&value["totalPrefixCounter"], &value["filteredPrefixCounter"]), (&json!(2), &json!(1)));
    let route = json!({
        "addrPrefix": "172.16.1.0", "prefixLen": 24, "network": "172.16.1.0/24", "nextHop": "10.0.1.2",
        "metric": 0, "weight": 0, "path": "65002", "bgpOriginCode": "i",
        "appliedStatusSymbols": { "*": true, ">": true },
    });
    assert_eq!(value["receivedRoutes"]["172.16.1.0/24"], route);
}

fn peer(name: &str, router_id: &str, kind: PeerKind) -> PeerView {
    PeerView {
        name: name.to_owned(),
        address: ip(name),
        router_id: v4(router_id),
        kind: Some(kind),
        reflector_client: false,
        server_client: false,
    }
}

fn path(row: PathRow, peer: PeerView, age_ms: u64) -> PathView {
    let as_path: AsPath = row.as_path.parse().unwrap();
    PathView {
        length: as_path.length(false),
        as_path,
        row,
        peer,
        sourced: None,
        accessible: true,
        igp_metric: Some(0),
        atomic_aggregate: false,
        aggregator: None,
        communities: Vec::new(),
        extended_communities: Vec::new(),
        large_communities: Vec::new(),
        originator_id: None,
        cluster_list: Vec::new(),
        only_to_customer: None,
        tag: 0,
        unknown: Vec::new(),
        stale_ms: None,
        age_ms,
    }
}

/// A client's path, an external one with everything, and an aggregate of our own.
fn paths() -> Vec<(u32, PathView)> {
    let reason = Some("AS Path".to_owned());
    let internal = Status { internal: true, ..best() };
    let client = PeerView { reflector_client: true, ..peer("10.0.2.3", "3.3.3.3", PeerKind::Internal) };
    let reflected = PathView {
        originator_id: Some(v4("7.7.7.7")),
        cluster_list: vec![v4("3.3.3.3"), v4("8.8.8.8")],
        igp_metric: Some(20),
        ..path(PathRow { reason, ..row(internal, "10.0.2.3", (Some(0), Some(100), 0), "i") }, client, 12_000)
    };
    let upstream = peer("10.0.1.2", "2.2.2.2", PeerKind::External);
    let rich = PathView {
        atomic_aggregate: true,
        aggregator: Some(Aggregator { asn: 65_102, router: v4("9.9.9.9") }),
        communities: vec!["65002:1".to_owned(), "no-export".to_owned()],
        extended_communities: vec!["RT:65002:77".to_owned()],
        large_communities: vec!["65002:1:2".to_owned()],
        ..path(row(valid(), "10.0.1.2", (Some(50), None, 0), "65003 65002 i"), upstream, 3_600_000)
    };
    let ours =
        PeerView { name: "0.0.0.0".to_owned(), kind: None, ..peer("0.0.0.0", "1.1.1.1", PeerKind::Internal) };
    let unreachable = PathView {
        accessible: false,
        ..path(
            row(Status { internal: true, ..Status::default() }, "10.77.7.7", (Some(0), Some(100), 0), "i"),
            peer("10.0.2.3", "3.3.3.3", PeerKind::Internal),
            0,
        )
    };
    let aggregate = PathView { sourced: Some(Sourced::Aggregate), ..path(own("0.0.0.0", "i"), ours, 0) };
    (1..).zip([reflected, rich, unreachable, aggregate]).collect()
}

fn entry() -> BgpReply {
    BgpReply::Entry(Entry {
        family: Family::Ipv4,
        head: head(),
        found: Some(EntryView {
            prefix: prefix("198.51.100.0/24"),
            available: 4,
            best: Some(1),
            suppressed: false,
            advertised_to: vec!["10.0.2.3".to_owned(), "10.0.1.2".to_owned()],
            paths: paths(),
        }),
    })
}

#[test]
fn one_network_is_described_as_bgpd_does() {
    let expected = "\
BGP routing table entry for 198.51.100.0/24
Paths: (4 available, best #1, table default)
  Advertised to non peer-group peers:
  10.0.2.3 10.0.1.2
  Local, (Received from a RR-client)
    10.0.2.3 (metric 20) from 10.0.2.3 (7.7.7.7)
      Origin IGP, metric 0, localpref 100, valid, internal, best (AS Path)
      Originator: 7.7.7.7, Cluster list: 3.3.3.3 8.8.8.8
      Last update: 00:00:12 ago
  65003 65002, (aggregated by 65102 9.9.9.9)
    10.0.1.2 from 10.0.1.2 (2.2.2.2)
      Origin IGP, metric 50, valid, external, atomic-aggregate
      Community: 65002:1 no-export
      Extended Community: RT:65002:77
      Large Community: 65002:1:2
      Last update: 01:00:00 ago
  Local
    10.77.7.7 (inaccessible) from 10.0.2.3 (3.3.3.3)
      Origin IGP, metric 0, localpref 100, invalid, internal
      Last update: 00:00:00 ago
  Local
    0.0.0.0 from 0.0.0.0 (1.1.1.1)
      Origin IGP, metric 0, weight 32768, valid, aggregated, local, best (First path received)
      Last update: 00:00:00 ago
";
    assert_eq!(printed(&entry()), expected);
    let none = Entry { family: Family::Ipv4, head: head(), found: None };
    assert_eq!(printed(&BgpReply::Entry(none.clone())), "% Network not in table\n");
    assert_eq!(as_json(&BgpReply::Entry(none)), json!({}));
}

#[test]
fn one_network_as_json_has_bgpd_s_names() {
    let value = as_json(&entry());
    assert_eq!(value["prefix"], "198.51.100.0/24");
    assert_eq!(value["advertisedTo"], json!({ "10.0.2.3": {}, "10.0.1.2": {} }));
    let client = &value["paths"][0];
    assert_eq!(client["aspath"], json!({ "string": "Local", "segments": [], "length": 0 }));
    assert_eq!(client["rxedFromRrClient"], true);
    assert_eq!(client["bestpath"], json!({ "overall": true, "selectionReason": "AS Path" }));
    assert_eq!(client["clusterList"], json!({ "string": "3.3.3.3 8.8.8.8", "list": ["3.3.3.3", "8.8.8.8"] }));
    assert_eq!(client["peer"], json!({ "peerId": "10.0.2.3", "routerId": "3.3.3.3", "type": "internal" }));
    let rich = &value["paths"][1];
    let segments = json!([{ "type": "as-sequence", "list": [65003, 65002] }]);
    assert_eq!(rich["aspath"], json!({ "string": "65003 65002", "segments": segments, "length": 2 }));
    assert_eq!((&rich["aggregatorAs"], &rich["aggregatorId"]), (&json!(65102), &json!("9.9.9.9")));
    assert_eq!(rich["community"], json!({ "string": "65002:1 no-export", "list": ["65002:1", "no-export"] }));
    assert_eq!(rich["extendedCommunity"], json!({ "string": "RT:65002:77" }));
    let hop = json!({ "ip": "10.0.1.2", "afi": "ipv4", "metric": 0, "accessible": true, "used": true });
    assert_eq!(rich["nexthops"], json!([hop]));
    assert_eq!(
        (&value["paths"][2]["valid"], &value["paths"][2]["nexthops"][0]["accessible"]),
        (&json!(false), &json!(false))
    );
    let ours = &value["paths"][3];
    assert_eq!(
        (&ours["aggregated"], &ours["local"], ours.get("sourced")),
        (&json!(true), &json!(true), None)
    );
}

#[test]
fn an_explanation_tells_each_path_s_fate() {
    let all = paths();
    let hop = NextHopView {
        address: Some(ip("10.0.2.3")),
        reachable: true,
        through: Some(prefix("10.0.2.0/24")),
        protocol: Some(fib::Protocol::Connected),
        metric: Some(0),
        ends: vec![(None, "eth2".to_owned())],
    };
    let e = Explain {
        asked: prefix("198.51.100.7/32"),
        prefix: Some(prefix("198.51.100.0/24")),
        paths: vec![
            ExplainPath {
                path: all[0].1.clone(),
                verdict: Verdict::Best("AS Path decided against the last other path".to_owned()),
                policy: "permitted".to_owned(),
                next_hop: hop.clone(),
            },
            ExplainPath {
                path: all[1].1.clone(),
                verdict: Verdict::Lost {
                    to: 1,
                    step: "AS Path".to_owned(),
                    why: "its AS path is longer: 2 against 0".to_owned(),
                },
                policy: "permitted by route-map IN entry 10; set metric 50".to_owned(),
                next_hop: NextHopView {
                    address: Some(ip("10.0.1.2")),
                    through: Some(prefix("10.0.0.0/16")),
                    protocol: Some(fib::Protocol::Ospf),
                    metric: Some(20),
                    ends: vec![(Some(ip("10.0.3.4")), "eth3".to_owned())],
                    ..hop.clone()
                },
            },
            ExplainPath {
                path: all[2].1.clone(),
                verdict: Verdict::Unusable("its next hop is not reachable".to_owned()),
                policy: String::new(),
                next_hop: NextHopView { address: Some(ip("10.77.7.7")), ..NextHopView::default() },
            },
        ],
        advertised: vec![
            AdvertisementView { peer: "10.0.1.2".to_owned(), sent: true, why: String::new() },
            AdvertisementView {
                peer: "10.0.2.13".to_owned(),
                sent: false,
                why: "community no-export".to_owned(),
            },
        ],
        rib: Some(RibVerdict {
            distance: 200,
            selected: false,
            winner: Some((fib::Protocol::Ospf, 110)),
            why_not: None,
        }),
    };
    let expected = "\
198.51.100.7/32 is covered by 198.51.100.0/24
  Paths: 3, best #1
  #1  Local, from 10.0.2.3 (3.3.3.3), 00:00:12 ago
      Best: AS Path decided against the last other path
      Policy: permitted
      Next hop: 10.0.2.3 through 10.0.2.0/24 (connected, metric 0) by directly on eth2
  #2  65003 65002, from 10.0.1.2 (2.2.2.2), 01:00:00 ago
      Lost to #1 (AS Path): its AS path is longer: 2 against 0
      Policy: permitted by route-map IN entry 10; set metric 50
      Next hop: 10.0.1.2 through 10.0.0.0/16 (ospf, metric 20) by 10.0.3.4, eth3
  #3  Local, from 10.0.2.3 (3.3.3.3), 00:00:00 ago
      Not usable: its next hop is not reachable
      Next hop: 10.77.7.7 is not reached
  Routing table: not chosen, ospf has distance 110, BGP 200
  Advertised:
    10.0.1.2   yes
    10.0.2.13  no: community no-export
";
    assert_eq!(printed(&BgpReply::Explain(e.clone())), expected);
    let none = Explain { prefix: None, paths: Vec::new(), ..e };
    assert_eq!(printed(&BgpReply::Explain(none)), "BGP knows no network that covers 198.51.100.7/32\n");
}

fn summary_row(name: &str, asn: u32) -> SummaryPeer {
    SummaryPeer { name: name.to_owned(), remote_as: asn, local_as: 65_001, ..SummaryPeer::default() }
}

fn summary(state: SummaryState) -> BgpReply {
    let up = SummaryPeer {
        state: PeerState::Established,
        received: 12,
        sent: 14,
        since_ms: Some(10_000),
        accepted: 3,
        advertised: 11,
        established: 1,
        description: Some("upstream".to_owned()),
        ..summary_row("10.0.1.2", 65_002)
    };
    let bare = SummaryPeer {
        no_import_policy: true,
        no_export_policy: true,
        description: None,
        ..SummaryPeer { name: "10.0.3.4".to_owned(), remote_as: 65_003, ..up.clone() }
    };
    let shut = SummaryPeer {
        shutdown: true,
        reset: Some(Reset { reason: "Admin. shutdown".to_owned(), ..Reset::default() }),
        ..summary_row("10.0.1.99", 65_010)
    };
    let waits = SummaryPeer {
        state: PeerState::Active,
        reset: Some(Reset { reason: "no route leads to the peer".to_owned(), ..Reset::default() }),
        ..summary_row("10.9.9.9", 65_009)
    };
    let rows = match state {
        SummaryState::Failed => vec![shut, waits],
        _ => vec![up, bare, shut, waits],
    };
    BgpReply::Summary(Summaries {
        state,
        families: vec![Summary {
            family: Family::Ipv4,
            router_id: v4("1.1.1.1"),
            local_as: 65_001,
            confederation: None,
            version: 12,
            entries: 21,
            entry_bytes: 4032,
            peers: 4,
            peer_bytes: 3_707_320,
            groups: 1,
            group_bytes: 64,
            dynamic: (0, 100),
            listens: false,
            multipath_relax: false,
            rows,
        }],
    })
}

const SUMMARY: &str = "
IPv4 Unicast Summary (VRF default):
BGP router identifier 1.1.1.1, local AS number 65001 vrf-id 0
BGP table version 12
RIB entries 21, using 4032 bytes of memory
Peers 4, using 3620 KiB of memory
Peer groups 1, using 64 bytes of memory

";

#[test]
fn the_summary_is_bgpd_s() {
    let expected = "\
Neighbor        V         AS   MsgRcvd   MsgSent   TblVer  InQ OutQ  Up/Down State/PfxRcd   PfxSnt Desc
10.0.1.2        4      65002        12        14        0    0    0 00:00:10            3       11 upstream
10.0.3.4        4      65003        12        14        0    0    0 00:00:10     (Policy) (Policy) N/A
10.0.1.99       4      65010         0         0        0    0    0    never Idle (Admin)        0 N/A
10.9.9.9        4      65009         0         0        0    0    0    never       Active        0 N/A

Total number of neighbors 4
";
    assert_eq!(printed(&summary(SummaryState::Any)), format!("{SUMMARY}{expected}"));
    let failed = "\
Neighbor        EstdCnt DropCnt ResetTime Reason
10.0.1.99             0       0     never Admin. shutdown
10.9.9.9              0       0     never no route leads to the peer

Displayed neighbors 2
Total number of neighbors 4
";
    assert_eq!(printed(&summary(SummaryState::Failed)), format!("{SUMMARY}{failed}"));
    let none = BgpReply::Summary(Summaries::default());
    assert_eq!(printed(&none), "% No BGP neighbors found in VRF default\n");
    let value = as_json(&summary(SummaryState::Any));
    let family = &value["ipv4Unicast"];
    assert_eq!(
        (&family["ribCount"], &family["failedPeers"], &family["totalPeers"]),
        (&json!(21), &json!(2), &json!(4))
    );
    let expected = json!({
        "remoteAs": 65002, "localAs": 65001, "version": 4, "msgRcvd": 12, "msgSent": 14, "tableVersion": 0,
        "outq": 0, "inq": 0, "peerUptime": "00:00:10", "peerUptimeMsec": 10000, "pfxRcd": 3, "pfxSnt": 11,
        "state": "Established", "peerState": "OK", "connectionsEstablished": 1, "connectionsDropped": 0,
        "desc": "upstream", "idType": "ipv4",
    });
    assert_eq!(family["peers"]["10.0.1.2"], expected);
    let shut = &family["peers"]["10.0.1.99"];
    assert_eq!((&shut["state"], &shut["peerState"]), (&json!("Idle (Admin)"), &json!("Admin")));
}

fn family_settings() -> FamilySettings {
    FamilySettings {
        import: Filters { route_map: Some("B-IN".to_owned()), ..Filters::default() },
        export: Filters { prefix_list: Some("ALL".to_owned()), ..Filters::default() },
        next_hop_self: None,
        unchanged: Unchanged::default(),
        reflector_client: false,
        server_client: false,
        default_originate: None,
        maximum_prefix: Some(MaximumPrefix {
            limit: 1000,
            threshold: Some(80),
            restart: None,
            warning_only: false,
            force: false,
        }),
        maximum_prefix_out: None,
        allowas_in: None,
        as_override: false,
        remove_private_as: None,
        send_community: SendCommunity::default(),
        weight: 0,
        addpath_tx: None,
        addpath_rx: true,
    }
}

/// What FRR 8.4 prints of a neighbor that has restarted and kept forwarding, both restarters.
#[test]
fn graceful_restarts_alone_read_as_in_frr() {
    let mut restarted = neighbor();
    restarted.restart = NeighborRestart {
        local: GracefulRestartMode::Restarter,
        global: GracefulRestartMode::Restarter,
        remote: Some(GracefulRestartMode::Restarter),
        ..restarted.restart
    };
    restarted.restart.families[0].1.forwarding = true;
    let reply = BgpReply::Neighbors(Neighbors { neighbors: vec![restarted] });
    let view = View::Bgp(BgpView { restarts: true, ..BgpView::default() });
    let wanted = "
Codes: GR - Graceful Restart, * -  Inheriting Global GR Config,
       Restart - GR Mode-Restarting, Helper - GR Mode-Helper,
       Disable - GR Mode-Disable.

Global BGP GR Mode :  Restart

BGP neighbor is 10.0.1.2
    Local GR Mode: Restart*
    Remote GR Mode: Restart
    R bit: True
    N bit: True
    Timers:
      Configured Restart Time(sec): 120
      Received Restart Time(sec): 120
    IPv4 Unicast:
      F bit: True
      End-of-RIB sent: Yes
      End-of-RIB sent after update: Yes
      End-of-RIB received: Yes
      Timers:
        Configured Stale Path Time(sec): 360
        Configured Selection Deferral Time(sec): 360
";
    assert_eq!(text(Some(&reply), &view, true), wanted);
    let wanted = json!({ "10.0.1.2": {
        "neighborAddr": "10.0.1.2",
        "localGrMode": "Restart*",
        "remoteGrMode": "Restart",
        "rBit": true,
        "nBit": true,
        "timers": { "configuredRestartTimer": 120, "receivedRestartTimer": 120 },
        "ipv4Unicast": {
            "fBit": true,
            "endOfRibStatus": { "endOfRibSend": true, "endOfRibSentAfterUpdate": true, "endOfRibRecv": true },
            "timers": { "stalePathTimer": 360, "selectionDeferralTimer": 360 },
        },
    } });
    assert_eq!(super::json(Some(&reply), &view), wanted);
}

fn neighbor() -> Neighbor {
    let both = Both { advertised: true, received: true };
    Neighbor {
        name: "10.0.1.2".to_owned(),
        address: Some(ip("10.0.1.2")),
        remote_as: 65_002,
        local_as: 65_001,
        kind: PeerKind::External,
        roles: (None, None),
        description: Some("upstream".to_owned()),
        group: None,
        dynamic: false,
        shutdown: false,
        overflow: None,
        router_id: v4("2.2.2.2"),
        local_router_id: v4("1.1.1.1"),
        state: PeerState::Established,
        up_ms: Some(41_000),
        read_ms: Some(0),
        write_ms: Some(37_000),
        update_ms: None,
        timers: (180, 60),
        configured_timers: (180, 60),
        capabilities: Some(Capabilities {
            as4: both,
            extended_message: both,
            add_path: vec![(Family::Ipv4, both, Both::default())],
            route_refresh: both,
            enhanced_refresh: both,
            families: vec![(Family::Ipv4, both)],
            graceful_restart: both,
            ..Capabilities::default()
        }),
        restart: NeighborRestart {
            local: GracefulRestartMode::Helper,
            global: GracefulRestartMode::Helper,
            inherited: true,
            remote: Some(GracefulRestartMode::Helper),
            restarting: true,
            notification: true,
            times: (120, 120),
            stalepath_time: 360,
            select_defer_time: 360,
            waiting_ms: None,
            families: vec![(
                Family::Ipv4,
                EndOfRib { forwarding: false, announced: false, sent: true, received: true },
            )],
        },
        messages: MessageCounts {
            opens: (1, 1),
            updates: (12, 17),
            keepalives: (1, 1),
            ..MessageCounts::default()
        },
        in_queue: 0,
        out_queue: 0,
        advertisement_interval: 0,
        families: vec![NeighborFamily {
            family: Family::Ipv4,
            negotiated: true,
            update_group: Some(3),
            group_member: false,
            settings: family_settings(),
            default_sent: false,
            no_policy: (false, false),
            received: 11,
            accepted: 4,
            stale: false,
            sent: 11,
        }],
        established: 1,
        dropped: 0,
        reset: Some(Reset {
            ago_ms: 43_000,
            reason: "Notification sent (Cease/Administrative Reset)".to_owned(),
            notification: Some((6, 4)),
            ..Reset::default()
        }),
        hops: 1,
        gtsm: false,
        md5: false,
        passive: false,
        local: "10.0.1.1:38802".parse().ok(),
        remote: "10.0.1.2:179".parse().ok(),
        next_hops: (Some(v4("10.0.1.1")), Some(ip("2001:db8:1::1")), None),
        shared_network: true,
        connect_retry: 120,
        next_attempt_ms: None,
        hold_left_ms: Some(179_000),
        keepalive_left_ms: Some(19_000),
        faults: Vec::new(),
    }
}

#[test]
fn a_neighbor_is_described_as_bgpd_does() {
    let expected = "\
BGP neighbor is 10.0.1.2, remote AS 65002, local AS 65001, external link
  Local Role: undefined
  Remote Role: undefined
 Description: upstream
  BGP version 4, remote router ID 2.2.2.2, local router ID 1.1.1.1
  BGP state = Established, up for 00:00:41
  Last read 00:00:00, Last write 00:00:37
  Hold time is 180 seconds, keepalive interval is 60 seconds
  Configured hold time is 180 seconds, keepalive interval is 60 seconds
  Hold timer expires in 179 seconds, next KEEPALIVE in 19 seconds
  Neighbor capabilities:
    4 Byte AS: advertised and received
    Extended Message: advertised and received
    AddPath:
      IPv4 Unicast: RX advertised and received
    Route refresh: advertised and received
    Enhanced Route Refresh: advertised and received
    Address Family IPv4 Unicast: advertised and received
    Graceful Restart Capability: advertised and received
      Remote Restart timer is 120 seconds
      Address families by peer:
        none
  Graceful restart information:
    End-of-RIB send: IPv4 Unicast
    End-of-RIB received: IPv4 Unicast
    Local GR Mode: Helper*
    Remote GR Mode: Helper
    R bit: True
    N bit: True
    Timers:
      Configured Restart Time(sec): 120
      Received Restart Time(sec): 120
    IPv4 Unicast:
      F bit: False
      End-of-RIB sent: Yes
      End-of-RIB received: Yes
      Timers:
        Configured Stale Path Time(sec): 360
  Message statistics:
    Inq depth is 0
    Outq depth is 0
                         Sent       Rcvd
    Opens:                  1          1
    Notifications:          0          0
    Updates:               12         17
    Keepalives:             1          1
    Route Refresh:          0          0
    Total:                 14         19
  Minimum time between advertisement runs is 0 seconds

 For address family: IPv4 Unicast
  Update group 3
  Community attribute sent to this neighbor(all)
  Inbound path policy configured
  Outbound path policy configured
  Outgoing update prefix filter list is *ALL
  Route map for incoming advertisements is *B-IN
  4 accepted prefixes
  11 received prefixes, 7 refused
  11 sent prefixes
  Maximum prefixes allowed 1000
  Threshold for warning message 80%

  Connections established 1; dropped 0
  Last reset 00:00:43,  Notification sent (Cease/Administrative Reset)
  External BGP neighbor may be up to 1 hops away.
Local host: 10.0.1.1, Local port: 38802
Foreign host: 10.0.1.2, Foreign port: 179
Nexthop: 10.0.1.1
Nexthop global: 2001:db8:1::1
BGP connection: shared network
BGP Connect Retry Timer in Seconds: 120

";
    assert_eq!(printed(&BgpReply::Neighbors(Neighbors { neighbors: vec![neighbor()] })), expected);
    let none = BgpReply::Neighbors(Neighbors::default());
    assert_eq!(printed(&none), "% No such neighbor in this view/vrf\n");
    assert_eq!(as_json(&none), json!({ "bgpNoSuchNeighbor": true }));
}

#[test]
fn a_neighbor_as_json_has_bgpd_s_names() {
    let value = as_json(&BgpReply::Neighbors(Neighbors { neighbors: vec![neighbor()] }));
    let n = &value["10.0.1.2"];
    assert_eq!(
        (&n["remoteAs"], &n["nbrExternalLink"], &n["bgpState"]),
        (&json!(65002), &json!(true), &json!("Established"))
    );
    assert_eq!((&n["bgpTimerUpMsec"], &n["bgpTimerUpString"]), (&json!(41000), &json!("00:00:41")));
    let c = &n["neighborCapabilities"];
    assert_eq!(c["4byteAs"], "advertisedAndReceived");
    assert_eq!(c["addPath"], json!({ "ipv4Unicast": { "rxAdvertisedAndReceived": true } }));
    assert_eq!(c["multiprotocolExtensions"], json!({ "ipv4Unicast": { "advertisedAndReceived": true } }));
    assert_eq!(
        (&c["gracefulRestartRemoteTimerMsecs"], &c["addressFamiliesByPeer"]),
        (&json!(120000), &json!("none"))
    );
    assert_eq!(n["gracefulRestartInfo"]["endOfRibSend"], json!({ "ipv4Unicast": true }));
    assert_eq!((&n["messageStats"]["totalSent"], &n["messageStats"]["totalRecv"]), (&json!(14), &json!(19)));
    let f = &n["addressFamilyInfo"]["ipv4Unicast"];
    assert_eq!((&f["acceptedPrefixCounter"], &f["sentPrefixCounter"]), (&json!(4), &json!(11)));
    assert_eq!((&f["prefixAllowedMax"], &f["prefixAllowedWarningThresh"]), (&json!(1000), &json!(80)));
    assert_eq!(f["routeMapForIncomingAdvertisements"], "B-IN");
    assert_eq!(f["commAttriSentToNbr"], "extendedAndStandard");
    assert_eq!(n["lastErrorCodeSubcode"], "0604");
    assert_eq!((&n["portLocal"], &n["hostForeign"]), (&json!(38802), &json!("10.0.1.2")));
    let down =
        Neighbor { state: PeerState::Active, local: None, remote: None, capabilities: None, ..neighbor() };
    let value = as_json(&BgpReply::Neighbors(Neighbors { neighbors: vec![down] }));
    let n = &value["10.0.1.2"];
    assert_eq!(
        (&n["hostLocal"], &n["portLocal"], n.get("bgpTimerUpMsec")),
        (&json!("Unknown"), &json!(-1), None)
    );
}

#[test]
fn what_is_configured_of_a_neighbor_is_told_in_words() {
    let settings = FamilySettings {
        reflector_client: true,
        next_hop_self: Some(Default::default()),
        allowas_in: Some(bgp::config::AllowAsIn::Times(3)),
        remove_private_as: Some(bgp::config::RemovePrivateAs { all: true, replace_as: false }),
        default_originate: Some(bgp::config::DefaultOriginate { route_map: Some("D".to_owned()) }),
        send_community: SendCommunity { standard: true, extended: true, large: false },
        ..family_settings()
    };
    let mut n = Neighbor {
        dynamic: true,
        gtsm: true,
        md5: true,
        passive: true,
        shutdown: true,
        overflow: Some(Some(60_000)),
        group: Some("INT".to_owned()),
        reset: Some(Reset { message: Some("see you".to_owned()), received: true, ..Reset::default() }),
        ..neighbor()
    };
    n.families[0].settings = settings;
    n.families[0].group_member = true;
    n.families[0].no_policy = (true, false);
    let text = printed(&BgpReply::Neighbors(Neighbors { neighbors: vec![n] }));
    for line in [
        "BGP neighbor is *10.0.1.2, remote AS 65002, local AS 65001, external link\n",
        " Member of peer-group INT for session parameters\n",
        " Administratively shut down\n",
        "  Too many prefixes; the session is tried again in 60 seconds\n",
        "  INT peer-group member\n",
        "  Route-Reflector Client\n",
        "  NEXT_HOP is always this router\n",
        "  Private AS numbers (all) removed in updates to this neighbor\n",
        "  Community attribute sent to this neighbor(both)\n",
        "  Default information originate\n  Default route-map D\n  Default route was not sent\n",
        "  Our own AS may be 3 times in what is received\n",
        "  Inbound updates discarded due to missing policy\n",
        "    Message received: \"see you\"\n",
        "  External BGP neighbor may be up to 1 hops away, which its TTL proves.\n",
        "  Peer Authentication Enabled\n",
        "  Connections are accepted, not made\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn what_is_inside_is_told() {
    let hops = vec![
        NextHop {
            address: Some(ip("10.0.1.2")),
            valid: true,
            metric: Some(0),
            sets: 4,
            through: Some(prefix("10.0.1.0/24")),
            peer: Some("10.0.1.2".to_owned()),
            ends: vec![(None, "eth1".to_owned())],
            ..NextHop::default()
        },
        NextHop { address: Some(ip("10.77.7.7")), sets: 1, ..NextHop::default() },
    ];
    let expected = "\
Current BGP nexthop cache:
 10.0.1.2 valid [IGP metric 0], #attribute sets 4, peer 10.0.1.2
  through 10.0.1.0/24
  if eth1
 10.77.7.7 invalid, #attribute sets 1
";
    assert_eq!(printed(&BgpReply::NextHops(hops)), expected);
    let groups = vec![PeerGroup {
        name: "INT".to_owned(),
        remote_as: Some(bgp::config::RemoteAs::Number(65_001)),
        kind: Some(PeerKind::Internal),
        families: vec![Family::Ipv4],
        ranges: Vec::new(),
        members: vec![GroupView {
            name: "10.0.2.3".to_owned(),
            dynamic: false,
            state: PeerState::Established,
        }],
    }];
    let expected = "
BGP peer-group INT, remote AS 65001
  Peer-group type is internal
  Configured address-families: IPv4 Unicast;
  Peer-group members:
    10.0.2.3  Established
";
    assert_eq!(printed(&BgpReply::PeerGroups(groups.clone())), expected);
    let value = as_json(&BgpReply::PeerGroups(groups));
    assert_eq!(value["INT"]["members"]["10.0.2.3"]["status"], "Established");
    let memory = vec![MemoryLine { what: "BGP routes".to_owned(), count: 21, bytes: 2352 }];
    assert_eq!(printed(&BgpReply::Memory(memory)), "21 BGP routes, using 2352 bytes of memory\n");
}

#[test]
fn statistics_are_bgpd_s() {
    let s = Statistics {
        family: Family::Ipv4,
        paths: 17,
        prefixes: 12,
        lengths: vec![(12, 1), (16, 3), (24, 8)],
        covered: 3,
        covering: 1,
        space: 1_181_184,
        with_as_path: 17,
        longest: 4,
        total_length: 15,
        largest: 18,
        total_bytes: 78,
        highest_public_as: 0,
        more: None,
    };
    let expected = "\
BGP IPv4 Unicast RIB statistics (VRF default)
Total Advertisements          :           17
Total Prefixes                :           12
Average prefix length         :        21.00
Unaggregateable prefixes      :            9
Maximum aggregateable prefixes:            3
BGP Aggregate advertisements  :            1
Address space advertised      :      1181184
                  % announced :         0.03
                /8 equivalent :         0.07
               /24 equivalent :      4614.00

Advertisements with paths     :           17
Longest AS-Path (hops)        :            4
Average AS-Path length (hops) :         0.88
Largest AS-Path (bytes)       :           18
Average AS-Path size (bytes)  :         4.59
Highest public ASN            :            0
";
    let text = printed(&BgpReply::Statistics(s.clone()));
    assert!(text.starts_with(expected), "{text}");
    let value = as_json(&BgpReply::Statistics(s.clone()));
    assert_eq!(value["ipv4Unicast"][0]["/24equivalent"], 4614.0);
    assert_eq!(value["ipv4Unicast"][0]["prefixLength"][0], json!({ "12": 1 }));
    let mut sum = s.clone();
    sum.add(&s);
    assert_eq!((sum.paths, sum.longest, sum.lengths), (34, 4, vec![(12, 2), (16, 6), (24, 16)]));
}

#[test]
fn validating_caches_and_their_payloads_are_listed() {
    let cache = |preference, connected| CacheView {
        preference,
        address: ip("192.0.2.53"),
        port: 8282,
        connected,
        state: if connected { "synchronized" } else { "idle" }.to_owned(),
    };
    let view = RpkiView {
        caches: vec![cache(1, true), cache(2, false)],
        prefixes: (2, 1),
        timers: (3600, 600, 7200),
    };
    let expected = "\
Connected to group 1
rpki tcp cache 192.0.2.53 8282 pref 1 (connected)
  synchronized
rpki tcp cache 192.0.2.53 8282 pref 2
  idle
Number of IPv4 Prefixes: 2
Number of IPv6 Prefixes: 1
Refresh every 3600 seconds, retry after 600, expire after 7200
";
    assert_eq!(printed(&BgpReply::Rpki(view)), expected);
    let roa = RoaView { prefix: prefix("198.51.100.0/24"), max_len: 25, asn: 65_002 };
    let table = BgpReply::RpkiTable(PrefixTable { roas: vec![roa], totals: (1, 0), more: None });
    let lines = printed(&table);
    assert!(lines.contains("198.51.100.0                              24 -  25          65002\n"), "{lines}");
    assert_eq!(as_json(&table)["prefixes"][0]["prefixLenMax"], 25);
}

#[test]
fn without_a_process_it_is_said() {
    assert_eq!(text(None, &View::Bgp(BgpView::default()), true), "BGP is not running\n");
    assert_eq!(super::json(None, &View::Plain), json!({ "running": false }));
}

#[test]
fn a_validated_table_has_one_more_column() {
    let mut all = table();
    all.destinations.truncate(1);
    all.destinations[0].paths[0].rpki = Some(Validity::Valid);
    let text = printed(&BgpReply::Routes(all));
    assert!(
        text.contains("\n    Network          Next Hop            Metric LocPrf Weight Path\n"),
        "{text}"
    );
    assert!(text.contains("\nV*> 10.0.1.0/24      0.0.0.0                  0         32768 ?\n"), "{text}");
}

#[test]
fn bytes_are_printed_in_whole_units_from_eleven_on() {
    assert_eq!(bytes(4032), "4032 bytes");
    assert_eq!(bytes(3_707_320), "3620 KiB");
    assert_eq!(bytes(64 << 20), "64 MiB");
}
