//! Tables of routes.

use super::*;

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
