//! The table of a running process as MRT records, and what a route map would do to them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use bgp::config::{NeighborFamily, PeerKey};
use bgp::mrt::{Body, Page, PeerTable, Query, Records, Rib, WhatIf, Which};
use bgp::{Bgp, Family};
use policy::Policy;
use support::{Net, config, peer, policy, secs};

const MAP: &str = "
prefix-lists:
  no: {entries: [{seq: 5, action: permit, prefix: 203.0.113.0/24}]}
route-maps:
  in:
    - {seq: 5, action: deny, match: {address-prefix-list: 'no'}}
    - {seq: 10, action: permit, set: {local-preference: 50}}
";

/// The first has a route of its own, and two of the second, of which its map refuses one.
fn pair(map: Policy) -> Net {
    let mut net = Net::new(1);
    net.add(config(65_001, 0, &["192.0.2.0/24"]), map);
    net.add(config(65_002, 1, &["198.51.100.0/24", "203.0.113.0/24"]), Policy::default());
    peer(&mut net, 0, 1);
    net.change(0, |config| {
        let map = NeighborFamily { route_map_in: Some("in".to_owned()), ..NeighborFamily::default() };
        let neighbor = config.neighbors.values_mut().next().unwrap();
        neighbor.families.insert(Family::Ipv4, map);
    });
    net.until(secs(20), "the routes are there", |net| net.has(0, "198.51.100.0/24"));
    net.run(secs(5));
    net
}

fn read(page: &Page) -> (Option<PeerTable>, Vec<Rib>) {
    let (mut peers, mut ribs) = (None, Vec::new());
    for record in Records::new(&page.bytes) {
        match record.unwrap().body {
            Body::Peers(table) => peers = Some(table),
            Body::Rib(rib) => ribs.push(rib),
            other => panic!("{other:?}"),
        }
    }
    (peers, ribs)
}

fn dump(net: &Net, which: Which) -> (PeerTable, Vec<Rib>) {
    let page = net.nodes[0].bgp.mrt_page(net.now, &Query { which, after: None });
    assert_eq!(page.more, None);
    let (peers, ribs) = read(&page);
    (peers.unwrap(), ribs)
}

fn prefixes(ribs: &[Rib]) -> Vec<String> {
    ribs.iter().map(|rib| rib.prefix.to_string()).collect()
}

fn peer_address(bgp: &Bgp) -> core::net::IpAddr {
    match bgp.config().neighbors.keys().next().unwrap() {
        PeerKey::Address(address) => *address,
        PeerKey::Interface(name) => panic!("{name}"),
    }
}

#[test]
fn a_dump_has_the_peers_and_then_the_accepted_routes_as_policy_left_them() {
    let net = pair(policy(MAP));
    let (peers, ribs) = dump(&net, Which::Accepted);
    let asns: Vec<u32> = peers.peers.iter().map(|p| p.asn).collect();
    assert_eq!(asns, [0, 65_002]);
    assert_eq!(peers.peers[1].address, peer_address(&net.nodes[0].bgp));
    assert_eq!(prefixes(&ribs), ["192.0.2.0/24", "198.51.100.0/24"]);
    assert_eq!(ribs.iter().map(|rib| rib.sequence).collect::<Vec<_>>(), [0, 1]);
    let [own] = &ribs[0].entries[..] else { panic!("{ribs:?}") };
    let [learned] = &ribs[1].entries[..] else { panic!("{ribs:?}") };
    assert_eq!((own.peer, learned.peer), (0, 1));
    assert_eq!(learned.decode().local_pref, Some(50));
    assert_eq!(learned.decode().as_path.to_string(), "65002");
}

#[test]
fn a_dump_of_received_routes_has_the_refused_ones_and_all_as_they_came() {
    let net = pair(policy(MAP));
    let (_, ribs) = dump(&net, Which::Received);
    assert_eq!(prefixes(&ribs), ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]);
    assert_eq!(ribs[1].entries[0].decode().local_pref, None);
}

#[test]
fn the_next_page_goes_on_behind_the_last_prefix_without_a_table_of_peers() {
    let net = pair(policy(MAP));
    let bgp = &net.nodes[0].bgp;
    let names = bgp.config().neighbors.keys().map(ToString::to_string).collect();
    let after = bgp::mrt::Cursor { prefix: "192.0.2.0/24".parse().unwrap(), sequence: 1, peers: names };
    let page = bgp.mrt_page(net.now, &Query { which: Which::Accepted, after: Some(after.clone()) });
    let (peers, ribs) = read(&page);
    assert_eq!((peers, page.more), (None, None));
    assert_eq!(prefixes(&ribs), ["198.51.100.0/24"]);
    assert_eq!((ribs[0].sequence, ribs[0].entries[0].peer), (1, 1));

    let before_it_came = bgp::mrt::Cursor { peers: Vec::new(), ..after };
    let page = bgp.mrt_page(net.now, &Query { which: Which::Accepted, after: Some(before_it_came) });
    assert_eq!(read(&page).1, [], "a peer that is not in the table of the file has no place there");
}

#[test]
fn a_route_map_does_to_the_received_routes_of_a_dump_what_it_did_to_them_in_the_router() {
    let net = pair(policy(MAP));
    let (peers, ribs) = dump(&net, Which::Received);
    let map = policy(MAP);
    let what_if = WhatIf { policy: &map, route_map: "in", local_as: 65_001, local_preference: 100 };
    let outcomes: Vec<_> = ribs[1..].iter().flat_map(|rib| what_if.routes(7, rib, Some(&peers))).collect();
    let [good, bad] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(good.attributes.as_ref().and_then(|a| a.local_pref), Some(50));
    assert!(good.line.starts_with("permit|route-map in entry 10|TABLE_DUMP2|7|B|"), "{}", good.line);
    assert_eq!(bad.attributes, None);
    assert!(bad.line.starts_with("deny|route-map in entry 5|"), "{}", bad.line);
}
