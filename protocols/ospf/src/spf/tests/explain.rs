//! `explain` tells the path, its LSAs, and why the others lost.

use super::sample::{N, N12, N13, figure_2, figure_6_at_rt4};
use super::*;
use crate::show::{Explain, Node, Reason};

fn explain(lab: &Lab, prefix: &str) -> Explain {
    let name = |port: PortId| format!("eth{}", port.0);
    let prefix = prefix.parse().unwrap();
    lab.spf.explain(Instant::ZERO, &lab.lsdb, &lab.root, &lab.settings, prefix, &name)
}

fn path(e: &Explain) -> Vec<(Node, u32)> {
    e.winner.iter().flat_map(|w| &w.path).map(|p| (p.node, p.total)).collect()
}

#[test]
fn a_network_is_explained_by_the_path_to_it() {
    let lab = figure_2(6);
    let e = explain(&lab, "10.0.10.77/32");
    let routers = [(10, 7), (11, 10), (12, 11)].map(|(n, cost)| (Node::Router(rt(n)), cost));
    let n10: Prefix = N[10].parse().unwrap();
    let expected = [
        routers[0],
        (Node::Network(ip("10.0.8.10")), 10),
        routers[1],
        (Node::Network(ip("10.0.9.9")), 11),
        routers[2],
        (Node::Prefix(n10), 13),
    ];
    assert_eq!((e.prefix, path(&e)), (Some(n10), expected.to_vec()));
    let winner = e.winner.unwrap();
    let lsas: Vec<Ipv4Addr> = winner.lsas.iter().map(|l| l.key.id).collect();
    assert_eq!(lsas, [rt(12), ip("10.0.9.9"), rt(11), ip("10.0.8.10"), rt(10), rt(6)]);
    assert_eq!((winner.next_hops[0].interface.as_str(), winner.cost), ("eth3", Some(13)));
    assert_eq!(explain(&lab, "192.0.2.0/24").prefix, None);
}

#[test]
fn the_losers_are_told_with_their_reasons() {
    let mut lab = figure_2(6);
    let e = explain(&lab, N12);
    assert_eq!(path(&e).last(), Some(&(Node::Prefix(N12.parse().unwrap()), 10)));
    let [loser] = &e.losers[..] else { panic!("RT5's") };
    assert_eq!((loser.candidate.cost, loser.reason), (Some(14), Reason::LongerPath { cost: 14, best: 10 }));

    lab.external(None, rt(7), N13, E2);
    lab.external(None, rt(8), N13, E2);
    lab.external(None, rt(9), N13, External { metric: 0x00ff_ffff, ..E2 });
    lab.run();
    let e = explain(&lab, N13);
    let reasons: Vec<Reason> = e.losers.iter().map(|l| l.reason).collect();
    let winner = PathKind::External1 { nssa: false }.into();
    assert!(reasons.contains(&Reason::LessPreferred { winner }));
    assert!(reasons.contains(&Reason::UnreachableAsbr { router: rt(8) }));
    assert!(reasons.contains(&Reason::InfiniteMetric));
    assert_eq!(reasons.len(), 3);
}

#[test]
fn a_summary_of_another_area_is_told_not_to_be_believed() {
    let lab = figure_6_at_rt4();
    let e = explain(&lab, N[6]);
    let expected =
        [(Node::Router(rt(5)), 8), (Node::Router(rt(7)), 14), (Node::Prefix(N[6].parse().unwrap()), 15)];
    assert_eq!(path(&e), expected);
    let reasons: Vec<Reason> = e.losers.iter().map(|l| l.reason).collect();
    let longer = |cost| Reason::LongerPath { cost, best: 15 };
    assert_eq!(reasons, [longer(23), longer(28), Reason::NotFromBackbone]);
    let e = explain(&lab, N[1]);
    assert!(e.losers.iter().any(|l| l.reason == Reason::LessPreferred { winner: PathKind::Intra.into() }));
    assert!(e.losers.iter().any(|l| l.reason == Reason::OwnLsa));
}

#[test]
fn a_forwarding_address_is_a_step_of_the_path() {
    let mut lab = figure_2(6);
    let forward = ip("10.0.7.9");
    lab.external(None, rt(7), "172.31.0.0/16", External { forward, ..E2 });
    lab.run();
    let e = explain(&lab, "172.31.0.0/16");
    let last = [(Node::Forward(forward), 12), (Node::Prefix("172.31.0.0/16".parse().unwrap()), 12)];
    assert!(path(&e).ends_with(&last));
    lab.external(None, rt(7), "172.31.0.0/16", External { forward: ip("192.0.2.1"), ..E2 });
    lab.run();
    let e = explain(&lab, "172.31.0.0/16");
    assert_eq!(
        (e.winner, e.losers[0].reason),
        (None, Reason::UnreachableForward { address: ip("192.0.2.1") })
    );
}
