//! The decision process step by step, through the table.

use super::*;
use crate::table::{Fate, Why};
use policy::bgp::{Community, Origin};

const NET: &str = "192.0.2.0/24";

/// Two iBGP or eBGP paths that are equal but for what a test changes: `a` has the lower router id.
struct Duel {
    lab: Lab,
    a: PeerIx,
    b: PeerIx,
    pa: Attributes,
    pb: Attributes,
    weights: (u32, u32),
}

fn duel(a: PeerInfo, b: PeerInfo) -> Duel {
    let mut lab = Lab::new();
    lab.knobs(|k| k.bestpath.compare_routerid = true);
    let (a, b) = (lab.peer(1, a), lab.peer(2, b));
    let pa = attributes(&[65001, 65009], "10.0.0.1");
    let pb = attributes(&[65001, 65009], "10.0.0.2");
    Duel { lab, a, b, pa, pb, weights: (0, 0) }
}

impl Duel {
    /// `b` wins at this step, whoever comes first.
    fn b_wins(mut self, why: Why) {
        self.fight(Some(self.b), why);
    }

    fn a_wins(mut self, why: Why) {
        self.fight(Some(self.a), why);
    }

    fn fight(&mut self, winner: Option<PeerIx>, why: Why) {
        for a_first in [true, false] {
            let (a, b) = (From::peer(self.a), From::peer(self.b));
            let turn_a = (a, self.pa.clone(), self.weights.0);
            let turn_b = (b, self.pb.clone(), self.weights.1);
            let turns = if a_first { [turn_a, turn_b] } else { [turn_b, turn_a] };
            for (from, attributes, weight) in &turns {
                self.lab.update_from(p(NET), *from, attributes, Ok((attributes, *weight)));
                self.lab.settle();
            }
            assert_eq!(self.lab.best(NET), winner, "a first: {a_first}");
            let explained = self.lab.table.explain(&p(NET)).unwrap();
            assert_eq!(explained.paths[0].fate, Fate::Best { why });
            assert_eq!(explained.paths[1].fate.why(), why);
            self.lab.withdraw(NET, self.a);
            self.lab.withdraw(NET, self.b);
            self.lab.settle();
        }
    }
}

fn ibgp() -> Duel {
    duel(internal(1), internal(2))
}

fn ebgp() -> Duel {
    duel(external(65001, 1), external(65001, 2))
}

#[test]
fn long_lived_stale_routes_lose_to_all_others() {
    let mut duel = ibgp();
    duel.pa.communities = vec![Community::LLGR_STALE];
    duel.weights = (100, 0);
    duel.b_wins(Why::LongLivedStale);
}

#[test]
fn the_higher_weight_wins() {
    let mut duel = ibgp();
    duel.pa.local_pref = Some(500);
    duel.weights = (0, 1);
    duel.b_wins(Why::Weight);
}

#[test]
fn the_higher_local_preference_wins_and_100_is_meant_where_none_is_given() {
    let mut high = ibgp();
    high.pb.local_pref = Some(101);
    high.pb.as_path = through(&[1, 2, 3, 4, 5]);
    high.b_wins(Why::LocalPreference);
    let mut low = ibgp();
    low.pa.local_pref = Some(99);
    low.b_wins(Why::LocalPreference);
    let mut knob = ibgp();
    knob.lab.knobs(|k| k.local_preference = 300);
    knob.pa.local_pref = Some(299);
    knob.b_wins(Why::LocalPreference);
}

#[test]
fn what_this_router_originates_wins_over_what_it_learned() {
    let mut lab = Lab::new();
    let a = lab.peer(1, internal(1));
    let ours = attributes(&[], "0.0.0.0");
    lab.update(NET, a, &attributes(&[], "10.0.0.1"));
    lab.update_from(p(NET), From::REDISTRIBUTED, &ours, Ok((&ours, 0)));
    lab.settle();
    assert_eq!(lab.best(NET), Some(PeerIx::SELF));
    let explained = lab.table.explain(&p(NET)).unwrap();
    assert_eq!(explained.paths[1].fate, Fate::Lost { why: Why::LocalRoute, to: 0 });
}

#[test]
fn the_shorter_as_path_wins_unless_it_is_ignored() {
    let mut duel = ibgp();
    duel.pa.as_path = through(&[65001, 65009, 65010]);
    duel.b_wins(Why::AsPathLength);
    let mut ignored = ibgp();
    ignored.lab.knobs(|k| k.bestpath.as_path_ignore = true);
    ignored.pa.as_path = through(&[65001, 65009, 65010]);
    ignored.a_wins(Why::RouterId);
}

#[test]
fn a_set_counts_as_one_and_confederation_segments_only_when_told_so() {
    let segment = |kind, asns: &[u32]| Segment { kind, asns: asns.to_vec() };
    let mut set = ibgp();
    set.pa.as_path = through(&[65001, 65009, 65010]);
    set.pb.as_path.segments =
        vec![segment(SegmentKind::Sequence, &[65001]), segment(SegmentKind::Set, &[1, 2, 3, 4, 5])];
    set.b_wins(Why::AsPathLength);
    for (count, why) in [(false, Why::RouterId), (true, Why::AsPathLength)] {
        let mut confed = duel(internal(1), internal(2));
        confed.lab.knobs(|k| k.bestpath.as_path_confed = count);
        confed.pa.as_path.segments.insert(0, segment(SegmentKind::ConfedSequence, &[64512, 64513]));
        if count { confed.b_wins(why) } else { confed.a_wins(why) }
    }
}

#[test]
fn the_lower_origin_wins() {
    let mut duel = ibgp();
    duel.pa.origin = Origin::Incomplete;
    duel.pb.origin = Origin::Egp;
    duel.b_wins(Why::Origin);
}

#[test]
fn the_lower_med_wins_between_paths_of_one_neighboring_as() {
    let mut same = ibgp();
    same.pa.med = Some(20);
    same.pb.med = Some(10);
    same.b_wins(Why::Med);
    let mut missing = ibgp();
    missing.pa.med = Some(20);
    missing.b_wins(Why::Med);
    let mut worst = ibgp();
    worst.lab.knobs(|k| k.bestpath.med_missing_as_worst = true);
    worst.pb.med = Some(20);
    worst.b_wins(Why::Med);
}

#[test]
fn med_of_different_neighboring_ases_counts_only_when_told_so() {
    for always in [false, true] {
        let mut duel = ibgp();
        duel.lab.knobs(|k| k.bestpath.always_compare_med = always);
        duel.pa.as_path = through(&[65002, 65009]);
        duel.pa.med = Some(20);
        duel.pb.med = Some(10);
        if always { duel.b_wins(Why::Med) } else { duel.a_wins(Why::RouterId) }
    }
}

#[test]
fn med_counts_between_paths_that_begin_inside_our_as() {
    let mut inside = ibgp();
    inside.pa.as_path = through(&[]);
    inside.pb.as_path = through(&[]);
    inside.pa.med = Some(1);
    inside.b_wins(Why::Med);
}

#[test]
fn med_inside_a_confederation_counts_by_member_as_or_when_told_so() {
    let confed =
        |asn: u32| AsPath { segments: vec![Segment { kind: SegmentKind::ConfedSequence, asns: vec![asn] }] };
    // RFC 5065 5.3: behind the member AS lies the same neighbor.
    let mut behind = ibgp();
    for (path, member) in [(&mut behind.pa, 64512), (&mut behind.pb, 64513)] {
        path.as_path.segments.insert(0, confed(member).segments.remove(0));
    }
    behind.pa.med = Some(1);
    behind.b_wins(Why::Med);
    let mut other = ibgp();
    other.pa.as_path = AsPath { segments: [confed(64512).segments, through(&[65002]).segments].concat() };
    other.pb.as_path = AsPath { segments: [confed(64513).segments, through(&[65003]).segments].concat() };
    other.pa.med = Some(1);
    other.a_wins(Why::RouterId);
}

#[test]
fn external_paths_win_over_internal_ones_and_those_of_the_confederation() {
    duel(internal(1), external(65001, 2)).b_wins(Why::PeerKind);
    let member = PeerInfo { kind: PeerKind::Confederation, ..internal(1) };
    duel(member, external(65001, 2)).b_wins(Why::PeerKind);
    let member = PeerInfo { kind: PeerKind::Confederation, ..internal(2) };
    duel(internal(1), member).b_wins(Why::ConfederationPeer);
}

#[test]
fn the_nearer_next_hop_wins() {
    let mut near = ibgp();
    near.lab.set_reach(ip("10.0.0.2"), Some(reach(9, Protocol::Ospf)));
    near.b_wins(Why::IgpMetric);
    let mut moves = ibgp();
    moves.lab.update(NET, moves.a, &moves.pa.clone());
    moves.lab.update(NET, moves.b, &moves.pb.clone());
    moves.lab.settle();
    assert_eq!(moves.lab.best(NET), Some(moves.a));
    moves.lab.set_reach(ip("10.0.0.1"), Some(reach(11, Protocol::Ospf)));
    moves.lab.settle();
    assert_eq!(moves.lab.best(NET), Some(moves.b), "the IGP moved");
}

#[test]
fn of_external_paths_the_best_stays_unless_router_ids_are_compared() {
    let mut old = ebgp();
    old.lab.knobs(|k| k.bestpath.compare_routerid = false);
    let (pa, pb) = (old.pa.clone(), old.pb.clone());
    old.lab.update(NET, old.b, &pb);
    old.lab.settle();
    old.lab.update(NET, old.a, &pa);
    old.lab.settle();
    assert_eq!(old.lab.best(NET), Some(old.b), "it was there first");
    let fate = old.lab.table.explain(&p(NET)).unwrap().paths[0].fate;
    assert_eq!(fate, Fate::Best { why: Why::Older });
    old.lab.knobs(|k| k.bestpath.compare_routerid = true);
    old.lab.settle();
    assert_eq!(old.lab.best(NET), Some(old.a));
    ebgp().a_wins(Why::RouterId);
}

#[test]
fn internal_paths_do_not_care_who_was_first() {
    let mut duel = ibgp();
    duel.lab.knobs(|k| k.bestpath.compare_routerid = false);
    duel.a_wins(Why::RouterId);
}

#[test]
fn the_originator_stands_for_the_router_id_of_a_reflected_path() {
    let mut duel = ibgp();
    duel.pb.originator_id = Some(Ipv4Addr::new(1, 0, 0, 0));
    duel.b_wins(Why::RouterId);
}

#[test]
fn the_shorter_cluster_list_and_then_the_lower_address_wins() {
    let same = Some(Ipv4Addr::new(9, 9, 9, 9));
    let mut clusters = ibgp();
    (clusters.pa.originator_id, clusters.pb.originator_id) = (same, same);
    clusters.pa.cluster_list = vec![Ipv4Addr::new(2, 2, 2, 2)];
    clusters.b_wins(Why::ClusterList);
    let mut address = ibgp();
    (address.pa.originator_id, address.pb.originator_id) = (same, same);
    address.a_wins(Why::PeerAddress);
}

#[test]
fn of_one_peer_the_lower_path_identifier_wins() {
    let mut lab = Lab::new();
    let a = lab.peer(1, internal(1));
    let path = attributes(&[65001], "10.0.0.1");
    for path_id in [5, 3, 4] {
        lab.update_from(p(NET), From { peer: a, path_id }, &path, Ok((&path, 0)));
    }
    lab.settle();
    let dest = lab.table.dest(&p(NET)).unwrap();
    assert_eq!(lab.table.best(Family::Ipv4, dest).unwrap().from.path_id, 3);
    assert_eq!(lab.table.why_best(Family::Ipv4, dest), Some(Why::PathId));
}

/// RFC 3345 section 2: AS 65010 sends A with MED 5 and B with MED 10, AS 65020 sends C. By metric C is nearer than A, and B
/// nearer than C: A beats B, B beats C, C beats A.
fn circle(deterministic: bool, order: [u16; 3]) -> (PeerIx, Lab) {
    let mut lab = Lab::new();
    lab.knobs(|k| k.bestpath.deterministic_med = deterministic);
    for number in 1..=3u16 {
        lab.peer(number, internal(number as u8));
        let metric = [30, 10, 20][usize::from(number) - 1];
        lab.set_reach(ip(&format!("10.0.0.{number}")), Some(reach(metric, Protocol::Ospf)));
    }
    for number in order {
        let (asn, med) = [(65010, 5), (65010, 10), (65020, 0)][usize::from(number) - 1];
        let path = Attributes { med: Some(med), ..attributes(&[asn], &format!("10.0.0.{number}")) };
        lab.update(NET, PeerIx(number), &path);
        lab.settle();
    }
    (lab.best(NET).unwrap(), lab)
}

const ORDERS: [[u16; 3]; 6] = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];

#[test]
fn with_deterministic_med_the_order_of_arrival_does_not_matter() {
    for order in ORDERS {
        let (best, lab) = circle(true, order);
        assert_eq!(best, PeerIx(3), "{order:?}: B falls to A by MED, and C is nearer than A");
        let explained = lab.table.explain(&p(NET)).unwrap();
        let fate = |peer: u16| explained.paths.iter().find(|r| r.path.from.peer.0 == peer).unwrap().fate;
        assert_eq!(fate(2).why(), Why::Med);
        assert_eq!(fate(1).why(), Why::IgpMetric);
    }
}

#[test]
fn without_it_the_newest_path_meets_the_others_one_by_one() {
    let bests: Vec<u16> = ORDERS.iter().map(|order| circle(false, *order).0.0).collect();
    // The newest first: it meets the next older, and the winner meets the oldest.
    assert_eq!(bests, [1, 1, 2, 2, 3, 3]);
}

#[test]
fn a_decision_made_again_comes_out_the_same() {
    for order in ORDERS {
        let (best, mut lab) = circle(false, order);
        for _ in 0..3 {
            lab.table.redecide(None);
            lab.changes.clear();
            lab.settle();
            assert_eq!(lab.best(NET), Some(best), "{order:?}");
            assert!(lab.changes.is_empty(), "{:?}", lab.changes);
            let explained = lab.table.explain(&p(NET)).unwrap();
            assert_eq!(explained.best, Some(0));
        }
    }
}

#[test]
fn equally_good_external_paths_are_used_together() {
    let mut lab = Lab::new();
    for number in 1..=4u8 {
        let peer = lab.peer(number.into(), external(65000 + u32::from(number == 4), number));
        let path = attributes(&[65000 + u32::from(number == 4), 65100], &format!("10.0.0.{number}"));
        lab.update(NET, peer, &path);
    }
    lab.settle();
    let best = lab.best(NET).unwrap();
    assert_eq!(lab.used(NET), [1, 2, 3], "the fourth is of another AS");
    assert_ne!(best, PeerIx(4));
    lab.knobs(|k| k.bestpath.multipath_relax = true);
    lab.settle();
    assert_eq!(lab.used(NET), [1, 2, 3, 4]);
    lab.knobs(|k| k.maximum_paths = [2, 2]);
    lab.settle();
    assert_eq!(lab.used(NET).len(), 2);
    lab.knobs(|k| k.maximum_paths = [1, 1]);
    lab.settle();
    assert_eq!(lab.used(NET), [best.0]);
}

#[test]
fn internal_paths_are_used_together_up_to_the_metric_and_with_the_same_as_path() {
    let mut lab = Lab::new();
    for number in 1..=4u8 {
        let peer = lab.peer(number.into(), internal(number));
        let asn = if number == 4 { 65200 } else { 65100 };
        lab.update(NET, peer, &attributes(&[asn], &format!("10.0.0.{number}")));
    }
    lab.set_reach(ip("10.0.0.3"), Some(reach(11, Protocol::Ospf)));
    lab.settle();
    assert_eq!(lab.used(NET), [1, 2], "the third is farther, the fourth another way");
    lab.changes.clear();
    lab.set_reach(ip("10.0.0.3"), Some(reach(10, Protocol::Ospf)));
    lab.settle();
    assert_eq!(lab.used(NET), [1, 2, 3]);
    assert!(lab.changes[0].multipath && !lab.changes[0].best, "{:?}", lab.changes);
    lab.knobs(|k| k.maximum_paths_ibgp = [1, 1]);
    lab.settle();
    assert_eq!(lab.used(NET), [1]);
}

#[test]
fn paths_over_one_next_hop_are_no_multipath() {
    let mut lab = Lab::new();
    let a = lab.peer(1, internal(1));
    let b = lab.peer(2, internal(2));
    for peer in [a, b] {
        lab.update(NET, peer, &attributes(&[65100], "10.0.0.9"));
    }
    lab.settle();
    assert_eq!(lab.used(NET), [1]);
}

#[test]
fn one_link_local_address_on_two_links_is_two_next_hops() {
    let mut lab = Lab::new();
    for number in 1..=2u8 {
        let peer = lab.peer(number.into(), external(65001, number));
        lab.update(NET, peer, &attributes(&[65001], "fe80::1"));
    }
    lab.settle();
    assert_eq!(lab.used(NET), [1, 2]);
}

#[test]
fn reasons_have_names_and_say_them_in_json() {
    let names: std::collections::BTreeSet<&str> = Why::ALL.iter().map(|w| w.name()).collect();
    assert_eq!(names.len(), Why::ALL.len());
    for why in Why::ALL {
        assert!(why.sentence().starts_with("it"), "{}", why.sentence());
    }
    for rejected in Rejected::ALL {
        assert_eq!(Rejected::from_bits(rejected as u8), Some(rejected));
    }
}
