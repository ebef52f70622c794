//! One network, and why it is as it is.

use super::*;

fn peer(name: &str, router_id: &str, kind: PeerKind) -> PeerView {
    PeerView {
        name: name.to_owned(),
        address: ip(name),
        on_interface: false,
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

/// What FRR 8.4 prints of a path of `neighbor eth0 interface`.
#[test]
fn of_an_interface_neighbor_the_interface_is_the_next_hop() {
    let link_local = "fe80::ff:fe00:b01";
    let unnumbered = PathRow {
        interface: Some("eth0".to_owned()),
        link_local: Some(link_local.parse().unwrap()),
        ..row(best(), link_local, (Some(0), None, 0), "65002 ?")
    };
    let listed =
        page(Family::Ipv4, Of::Table, vec![destination("198.51.102.0/24", vec![unnumbered.clone()])], 1);
    let line = "*> 198.51.102.0/24  eth0                     0             0 65002 ?\n";
    assert!(super::super::table::text(&listed, false).contains(line));
    let named = PeerView {
        name: "eth0".to_owned(),
        on_interface: true,
        ..peer(link_local, "2.2.2.2", PeerKind::External)
    };
    let path = path(unnumbered, named, 0);
    let mut text = String::new();
    super::super::entry::describe(&mut text, &path, "  ");
    let lines = "  65002\n    fe80::ff:fe00:b01 from eth0 (2.2.2.2)\n    (fe80::ff:fe00:b01) (used)\n";
    assert!(text.starts_with(lines), "{text}");
    let expected =
        json!({ "peerId": link_local, "routerId": "2.2.2.2", "interface": "eth0", "type": "external" });
    assert_eq!(super::super::entry::peer(&path), expected);
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
