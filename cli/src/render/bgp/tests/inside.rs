//! What is inside, and validating caches.

use super::*;

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
