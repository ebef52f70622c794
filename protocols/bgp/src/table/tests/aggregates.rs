//! `aggregate-address`.

use super::*;
use crate::config::Aggregate;
use crate::table::aggregate::Aggregates;
use policy::bgp::{Aggregator, Community, Origin};

const WHOLE: &str = "10.0.0.0/8";

/// A router with aggregates.
struct Router {
    lab: Lab,
    aggregates: Aggregates,
    /// What would be sent: best paths that no aggregate stands for.
    sent: std::collections::BTreeSet<Prefix>,
}

fn identity() -> Aggregator {
    Aggregator { asn: 65000, router: Ipv4Addr::new(9, 9, 9, 9) }
}

/// The map `odd` takes prefixes with an odd third byte.
fn odd(map: &str, prefix: &Prefix, _: &crate::attrs::Entry) -> bool {
    assert_eq!(map, "odd");
    matches!(prefix.addr(), IpAddr::V4(a) if a.octets()[2] % 2 == 1)
}

impl Router {
    fn new(aggregates: &[(&str, Aggregate)]) -> Router {
        let mut router =
            Router { lab: Lab::new(), aggregates: Aggregates::default(), sent: Default::default() };
        router.lab.peer(1, external(65001, 1));
        router.configure(aggregates);
        router
    }

    fn configure(&mut self, aggregates: &[(&str, Aggregate)]) {
        let config = aggregates.iter().map(|(net, aggregate)| (p(net), aggregate.clone())).collect();
        self.aggregates.configure(&mut self.lab.table, &config);
        self.settle();
    }

    fn settle(&mut self) {
        loop {
            self.lab.answer();
            let mut more = self.lab.table.decide(3);
            more |= self.aggregates.walk(&mut self.lab.table, 2, &odd);
            while let Some(change) = self.lab.table.poll_change() {
                more = true;
                self.aggregates.changed(&mut self.lab.table, &change, &odd);
                let best = self.lab.table.best(change.family, change.dest).is_some();
                if best && !self.lab.table.is_suppressed(change.family, change.dest) {
                    self.sent.insert(change.prefix);
                } else {
                    self.sent.remove(&change.prefix);
                }
            }
            while let Some(told) = self.aggregates.poll(&self.lab.table, identity()) {
                more = true;
                match told.attributes {
                    Some(attributes) => {
                        self.lab.update_from(
                            told.prefix,
                            From::AGGREGATE,
                            &attributes,
                            Ok((&attributes, 32768)),
                        );
                    }
                    None => drop(self.lab.table.withdraw(told.prefix, From::AGGREGATE)),
                }
            }
            if !more && !self.aggregates.has_work() {
                break;
            }
        }
    }

    fn update(&mut self, prefix: &str, attributes: &Attributes) {
        self.lab.update(prefix, PeerIx(1), attributes);
        self.settle();
    }

    fn withdraw(&mut self, prefix: &str) {
        self.lab.withdraw(prefix, PeerIx(1));
        self.settle();
    }

    fn sent(&self) -> Vec<String> {
        self.sent.iter().map(ToString::to_string).collect()
    }

    fn aggregate(&self, prefix: &str) -> Option<Attributes> {
        let path = self.lab.table.path(&p(prefix), From::AGGREGATE)?;
        Some(self.lab.table.attrs.decode(path.used))
    }
}

fn path() -> Attributes {
    attributes(&[65001], "10.0.0.1")
}

#[test]
fn an_aggregate_lives_as_long_as_what_it_covers() {
    let mut router = Router::new(&[(WHOLE, Aggregate::default())]);
    assert_eq!(router.aggregate(WHOLE), None);
    router.update("10.1.0.0/24", &path());
    let aggregate = router.aggregate(WHOLE).unwrap();
    assert!(aggregate.atomic_aggregate && aggregate.as_path.segments.is_empty());
    assert_eq!(aggregate.aggregator, Some(identity()));
    assert_eq!(router.sent(), [WHOLE, "10.1.0.0/24"]);
    router.update("10.2.0.0/24", &path());
    router.withdraw("10.1.0.0/24");
    assert!(router.aggregate(WHOLE).is_some());
    assert_eq!(router.aggregates.parts(&p(WHOLE)), Some(1));
    router.withdraw("10.2.0.0/24");
    assert_eq!(router.aggregate(WHOLE), None);
    assert!(router.sent().is_empty() && router.lab.table.attrs.is_empty());
    assert_eq!(router.lab.table.prefix_count(Family::Ipv4), 0);
}

#[test]
fn the_same_prefix_from_a_peer_and_prefixes_outside_do_not_make_it() {
    let mut router = Router::new(&[(WHOLE, Aggregate::default())]);
    router.update(WHOLE, &path());
    router.update("11.0.0.0/24", &path());
    assert_eq!(router.aggregate(WHOLE), None);
}

#[test]
fn summary_only_keeps_what_it_covers_back_and_gives_it_free_again() {
    let only = Aggregate { summary_only: true, ..Aggregate::default() };
    let mut router = Router::new(&[(WHOLE, only)]);
    router.update("10.1.0.0/24", &path());
    router.update("10.2.0.0/24", &path());
    assert_eq!(router.sent(), [WHOLE]);
    router.configure(&[(WHOLE, Aggregate::default())]);
    assert_eq!(router.sent(), [WHOLE, "10.1.0.0/24", "10.2.0.0/24"]);
    router.configure(&[]);
    assert_eq!(router.sent(), ["10.1.0.0/24", "10.2.0.0/24"]);
}

#[test]
fn an_aggregate_configured_late_finds_what_is_there() {
    let only = Aggregate { summary_only: true, ..Aggregate::default() };
    let mut router = Router::new(&[]);
    for n in 0..20 {
        router.update(&format!("10.{n}.0.0/16"), &path());
    }
    router.configure(&[(WHOLE, only)]);
    assert_eq!(router.sent(), [WHOLE]);
    assert_eq!(router.aggregates.parts(&p(WHOLE)), Some(20));
}

#[test]
fn a_suppress_map_chooses() {
    let map = Aggregate { suppress_map: Some("odd".into()), ..Aggregate::default() };
    let mut router = Router::new(&[(WHOLE, map)]);
    router.update("10.0.1.0/24", &path());
    router.update("10.0.2.0/24", &path());
    assert_eq!(router.sent(), [WHOLE, "10.0.2.0/24"]);
    router.aggregates.again(&mut router.lab.table);
    router.settle();
    assert_eq!(router.sent(), [WHOLE, "10.0.2.0/24"]);
}

#[test]
fn of_two_aggregates_either_suppresses() {
    let only = || Aggregate { summary_only: true, ..Aggregate::default() };
    let mut router = Router::new(&[(WHOLE, only()), ("10.1.0.0/16", only())]);
    router.update("10.1.1.0/24", &path());
    assert_eq!(router.sent(), [WHOLE, "10.1.0.0/16"], "aggregates are no part of aggregates");
    router.configure(&[(WHOLE, only())]);
    assert_eq!(router.sent(), [WHOLE]);
    router.configure(&[]);
    assert_eq!(router.sent(), ["10.1.1.0/24"]);
}

#[test]
fn the_origin_is_the_worst_unless_it_is_given() {
    let mut router = Router::new(&[(WHOLE, Aggregate::default())]);
    router.update("10.1.0.0/24", &path());
    router.update("10.2.0.0/24", &Attributes { origin: Origin::Incomplete, ..path() });
    assert_eq!(router.aggregate(WHOLE).unwrap().origin, Origin::Incomplete);
    router.withdraw("10.2.0.0/24");
    assert_eq!(router.aggregate(WHOLE).unwrap().origin, Origin::Igp);
    router.configure(&[(WHOLE, Aggregate { origin: Some(Origin::Egp), ..Aggregate::default() })]);
    assert_eq!(router.aggregate(WHOLE).unwrap().origin, Origin::Egp);
}

#[test]
fn as_set_has_the_common_head_then_all_others_and_the_communities() {
    let mut router = Router::new(&[(WHOLE, Aggregate { as_set: true, ..Aggregate::default() })]);
    let community = |n| vec![Community(n)];
    let one = Attributes { communities: community(2), ..attributes(&[65001, 65002, 65004], "10.0.0.1") };
    let two = Attributes { communities: community(1), ..attributes(&[65001, 65003], "10.0.0.1") };
    router.update("10.1.0.0/24", &one);
    assert_eq!(router.aggregate(WHOLE).unwrap().as_path, through(&[65001, 65002, 65004]));
    router.update("10.2.0.0/24", &two);
    let aggregate = router.aggregate(WHOLE).unwrap();
    let segments: Vec<_> = aggregate.as_path.segments.iter().map(|s| (s.kind, s.asns.clone())).collect();
    assert_eq!(
        segments,
        [(SegmentKind::Sequence, vec![65001]), (SegmentKind::Set, vec![65002, 65003, 65004])]
    );
    assert_eq!(aggregate.communities, [Community(1), Community(2)]);
    assert!(!aggregate.atomic_aggregate, "nothing is lost");
}

#[test]
fn matching_med_only_waits_until_all_meds_are_one() {
    let config = Aggregate { matching_med_only: true, summary_only: true, ..Aggregate::default() };
    let mut router = Router::new(&[(WHOLE, config)]);
    router.update("10.1.0.0/24", &Attributes { med: Some(5), ..path() });
    assert_eq!(router.sent(), [WHOLE]);
    router.update("10.2.0.0/24", &Attributes { med: Some(6), ..path() });
    assert_eq!(router.sent(), ["10.1.0.0/24", "10.2.0.0/24"]);
    router.update("10.2.0.0/24", &Attributes { med: Some(5), ..path() });
    assert_eq!(router.sent(), [WHOLE]);
}
