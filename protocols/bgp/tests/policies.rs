//! Policies and what comes of them: networks of customers, peers and providers always converge (Gao and Rexford); the
//! gadgets of Griffin, Shepherd and Wilfong do what is proved of them; the MED oscillation of RFC 3345 and the wedgie of
//! RFC 4264 are shown.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use bgp::Family;
use bgp::config::{NeighborConfig, NeighborFamily, PeerKey, RemoteAs};
use fib::Prefix;
use policy::Policy;
use proto::Rng;
use std::collections::BTreeSet;
use support::{Net, NodeId, config, path_of, policy, secs};

/// What a neighbor is to a network that follows Gao and Rexford.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Is {
    Customer,
    Peer,
    Provider,
}

/// Customers before peers before providers; to peers and providers only what customers sent.
const GAO_REXFORD: &str = "
community-lists:
  not-from-customers:
    - {seq: 5, action: permit, communities: ['65000:2']}
    - {seq: 10, action: permit, communities: ['65000:3']}
route-maps:
  from-customer: [{seq: 10, action: permit, set: {local-preference: 200, community: {set: ['65000:1']}}}]
  from-peer: [{seq: 10, action: permit, set: {local-preference: 150, community: {set: ['65000:2']}}}]
  from-provider: [{seq: 10, action: permit, set: {local-preference: 100, community: {set: ['65000:3']}}}]
  to-customer: [{seq: 10, action: permit}]
  to-others:
    - {seq: 5, action: deny, match: {community: {list: not-from-customers}}}
    - {seq: 10, action: permit}
";

fn maps(is: Is) -> NeighborFamily {
    let (import, export) = match is {
        Is::Customer => ("from-customer", "to-customer"),
        Is::Peer => ("from-peer", "to-others"),
        Is::Provider => ("from-provider", "to-others"),
    };
    NeighborFamily {
        route_map_in: Some(import.into()),
        route_map_out: Some(export.into()),
        ..NeighborFamily::default()
    }
}

/// A session over a link of its own: to `a`, `b` is `is`.
fn relate(net: &mut Net, a: NodeId, b: NodeId, is: Is) {
    let other = match is {
        Is::Customer => Is::Provider,
        Is::Peer => Is::Peer,
        Is::Provider => Is::Customer,
    };
    let (at_a, at_b) = net.link(a, b);
    for (here, there, address, is) in [(a, b, at_b, is), (b, a, at_a, other)] {
        let asn = net.nodes[there].bgp.config().asn;
        net.change(here, |c| drop(c.neighbors.insert(PeerKey::Address(address), with(asn, maps(is)))));
    }
}

fn with(asn: u32, family: NeighborFamily) -> NeighborConfig {
    NeighborConfig {
        remote_as: Some(RemoteAs::Number(asn)),
        families: [(Family::Ipv4, family)].into(),
        ..NeighborConfig::default()
    }
}

/// An internet of `n` ASes: four at the top that peer with each other, below each with one to three providers further up,
/// and some peers beside. Every fourth AS announces a network.
fn internet(seed: u64, n: usize) -> Net {
    let mut rng = Rng::fork(seed, "internet");
    let mut net = Net::new(seed);
    for i in 0..n {
        let network = format!("10.{}.{}.0/24", 100 + i / 250, i % 250);
        let networks = if i % 4 == 0 { vec![network.as_str()] } else { Vec::new() };
        net.add(config(64_512 + i as u32, i, &networks), policy(GAO_REXFORD));
    }
    let mut related = BTreeSet::new();
    for i in 0..4.min(n) {
        for j in 0..i {
            related.insert((j, i));
            relate(&mut net, j, i, Is::Peer);
        }
    }
    for i in 4..n {
        for _ in 0..1 + rng.below(3) {
            let provider = rng.below(i as u64) as usize;
            if related.insert((provider, i)) {
                relate(&mut net, i, provider, Is::Provider);
            }
        }
        if rng.chance(0.3) {
            let peer = rng.below(i as u64) as usize;
            if related.insert((peer, i)) {
                relate(&mut net, i, peer, Is::Peer);
            }
        }
    }
    net
}

fn converges(seed: u64, n: usize) {
    let mut net = internet(seed, n);
    // That no AS ever installs a path with itself in it is checked at every single change.
    net.settle(secs(60), secs(900));
    for origin in (0..n).step_by(4) {
        let prefix: Prefix = format!("10.{}.{}.0/24", 100 + origin / 250, origin % 250).parse().unwrap();
        for (id, node) in net.nodes.iter().enumerate() {
            let path = path_of(&node.bgp, &prefix);
            assert!(path.is_some(), "seed {seed}: {id} does not know {prefix}");
            assert_eq!(path.unwrap().last().copied(), (id != origin).then_some(64_512 + origin as u32));
        }
    }
    // Cables fail and come back: it converges again, and to the same.
    let before: Vec<_> = net.nodes.iter().map(|n| n.routes.clone()).collect();
    let mut rng = Rng::fork(seed, "failures");
    let links: BTreeSet<usize> = (0..5).map(|_| rng.below(net.links.len() as u64) as usize).collect();
    links.iter().for_each(|link| net.set_link(*link, false));
    net.settle(secs(60), secs(900));
    links.iter().for_each(|link| net.set_link(*link, true));
    net.settle(secs(150), secs(900));
    for (id, (node, before)) in net.nodes.iter().zip(&before).enumerate() {
        let prefixes =
            |r: &std::collections::BTreeMap<Prefix, fib::Route>| r.keys().copied().collect::<Vec<_>>();
        assert_eq!(prefixes(&node.routes), prefixes(before), "seed {seed}: node {id}");
    }
}

#[test]
fn customers_peers_and_providers_always_converge() {
    for seed in 1..=8 {
        converges(seed, 30);
    }
}

#[test]
fn two_hundred_ases_of_customers_peers_and_providers_converge() {
    converges(11, 200);
}

/// A gadget: node 0 announces 192.0.2.0/24; every other node takes only the paths named, the earlier the rather.
fn gadget(seed: u64, permitted: &[&[&[u32]]], links: &[(NodeId, NodeId)]) -> Net {
    let mut net = Net::new(seed);
    net.add(config(65_000, 0, &["192.0.2.0/24"]), Policy::default());
    for (i, paths) in permitted.iter().enumerate() {
        let (mut lists, mut map) = (String::from("as-path-lists:\n"), String::from("route-maps:\n  in:\n"));
        for (rank, path) in paths.iter().enumerate() {
            let path: Vec<String> = path.iter().map(|n| (65_000 + n).to_string()).collect();
            lists += &format!("  p{rank}: [{{seq: 5, action: permit, regex: '^{}$'}}]\n", path.join("_"));
            map += &format!(
                "    - {{seq: {}, action: permit, match: {{as-path: p{rank}}}, set: {{local-preference: {}}}}}\n",
                10 + rank,
                200 - rank
            );
        }
        net.add(config(65_001 + i as u32, i + 1, &[]), policy(&(lists + &map)));
    }
    for (a, b) in links {
        let (at_a, at_b) = net.link(*a, *b);
        for (here, there, address) in [(*a, *b, at_b), (*b, *a, at_a)] {
            let map = (here != 0).then(|| "in".to_owned());
            let family = NeighborFamily { route_map_in: map, ..NeighborFamily::default() };
            let key = PeerKey::Address(address);
            net.change(here, |c| drop(c.neighbors.insert(key, with(65_000 + there as u32, family))));
        }
    }
    net
}

fn paths(net: &Net) -> Vec<Option<Vec<u32>>> {
    let prefix = "192.0.2.0/24".parse().unwrap();
    let own = |path: Vec<u32>| path.into_iter().map(|asn| asn - 65_000).collect();
    net.nodes.iter().skip(1).map(|n| path_of(&n.bgp, &prefix).map(own)).collect()
}

#[test]
fn the_good_gadget_has_one_solution_and_finds_it() {
    for seed in 1..=10 {
        let permitted: &[&[&[u32]]] = &[&[&[3, 0], &[0]], &[&[1, 0], &[0]], &[&[0]], &[&[3, 0], &[2, 0]]];
        let links = [(0, 1), (0, 2), (0, 3), (1, 3), (1, 2), (3, 4), (2, 4)];
        let mut net = gadget(seed, permitted, &links);
        net.settle(secs(60), secs(600));
        let found = paths(&net);
        assert_eq!(found, [Some(vec![3, 0]), Some(vec![0]), Some(vec![0]), Some(vec![3, 0])], "seed {seed}");
    }
}

#[test]
fn the_bad_gadget_has_no_solution_and_never_rests() {
    for seed in 1..=5 {
        // Each of three takes the way by the next one rather than its own.
        let permitted: &[&[&[u32]]] = &[&[&[2, 0], &[0]], &[&[3, 0], &[0]], &[&[1, 0], &[0]]];
        let mut net = gadget(seed, permitted, &[(0, 1), (0, 2), (0, 3), (1, 2), (2, 3), (3, 1)]);
        net.run(secs(60));
        for _ in 0..10 {
            let before = net.total_changes();
            net.run(secs(10));
            assert!(net.total_changes() > before, "seed {seed}: it rests with {:?}", paths(&net));
        }
    }
}

#[test]
fn disagree_ends_in_one_of_its_two_states() {
    let mut seen = BTreeSet::new();
    for seed in 1..=30 {
        let permitted: &[&[&[u32]]] = &[&[&[2, 0], &[0]], &[&[1, 0], &[0]]];
        let mut net = gadget(seed, permitted, &[(0, 1), (0, 2), (1, 2)]);
        net.settle(secs(60), secs(3600));
        seen.insert(paths(&net));
    }
    let either = [vec![Some(vec![0]), Some(vec![1, 0])], vec![Some(vec![2, 0]), Some(vec![0])]];
    assert_eq!(seen, either.into(), "both, and nothing else");
}

/// RFC 4264 section 3: AS 1 buys from 2 (backup) and from 4 (primary), marks the backup so that 2 likes it least; 2 buys
/// from 3, and 3 and 4 peer. Intended: everybody reaches 1 by 4.
#[test]
fn a_wedgie_stays_in_the_state_that_nobody_wanted() {
    const POLICY: &str = "
community-lists:
  backup: [{seq: 5, action: permit, communities: ['65002:1']}]
route-maps:
  mark: [{seq: 10, action: permit, set: {community: {set: ['65002:1']}}}]
  customer:
    - {seq: 5, action: permit, match: {community: {list: backup}}, set: {local-preference: 50}}
    - {seq: 10, action: permit, set: {local-preference: 200}}
  # The mark means something to AS 2 alone.
  unmarked-customer: [{seq: 10, action: permit, set: {local-preference: 200}}]
  provider: [{seq: 10, action: permit, set: {local-preference: 100}}]
  peer: [{seq: 10, action: permit, set: {local-preference: 150}}]
";
    let mut net = Net::new(5);
    net.add(config(65_001, 0, &["192.0.2.0/24"]), policy(POLICY));
    for i in 1..4 {
        net.add(config(65_001 + i as u32, i, &[]), policy(POLICY));
    }
    let session = |net: &mut Net, a: NodeId, b: NodeId, into: [&str; 2], out: Option<&str>| {
        let (at_a, at_b) = net.link(a, b);
        for (here, there, address, import, export) in
            [(a, b, at_b, into[0], out), (b, a, at_a, into[1], None)]
        {
            let family = NeighborFamily {
                route_map_in: Some(import.into()),
                route_map_out: export.map(str::to_owned),
                ..NeighborFamily::default()
            };
            let key = PeerKey::Address(address);
            net.change(here, |c| drop(c.neighbors.insert(key, with(65_001 + there as u32, family))));
        }
        net.links.len() - 1
    };
    session(&mut net, 0, 1, ["provider", "customer"], Some("mark"));
    session(&mut net, 1, 2, ["provider", "unmarked-customer"], None);
    session(&mut net, 2, 3, ["peer", "peer"], None);
    let primary = session(&mut net, 0, 3, ["provider", "customer"], None);
    let at = |net: &Net, id: NodeId| path_of(&net.nodes[id].bgp, &"192.0.2.0/24".parse().unwrap());
    net.set_link(primary, true);
    net.settle(secs(60), secs(600));
    // By which of its two stable states it came up depends on who was first; the primary alone gives the one intended.
    net.set_link(0, false);
    net.settle(secs(60), secs(600));
    net.set_link(0, true);
    net.settle(secs(150), secs(600));
    assert_eq!(at(&net, 1), Some(vec![65_003, 65_004, 65_001]), "AS 2 goes by its provider");
    assert_eq!(at(&net, 2), Some(vec![65_004, 65_001]), "AS 3 goes by its peer");
    // The primary fails: everybody goes by the backup. It comes back, and nothing else does: 3 hears of its customer's way
    // and likes it better than its peer's, and so 2 never hears of another way than the backup.
    net.set_link(primary, false);
    net.settle(secs(60), secs(600));
    assert_eq!(at(&net, 1), Some(vec![65_001]));
    net.set_link(primary, true);
    net.settle(secs(150), secs(600));
    assert_eq!(at(&net, 2), Some(vec![65_002, 65_001]), "wedged: AS 3 still goes by its customer");
    assert_eq!(at(&net, 1), Some(vec![65_001]), "and AS 2 by the backup");
    // Only the operator of the backup gets it out again.
    net.set_link(0, false);
    net.settle(secs(60), secs(600));
    net.set_link(0, true);
    net.settle(secs(150), secs(600));
    assert_eq!(at(&net, 2), Some(vec![65_004, 65_001]));
}
