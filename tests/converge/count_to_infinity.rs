//! Count to infinity, and what each cure does about it. Virtual time, FRR's timers: an update every 30 s, jittered,
//! timeout 180 s, garbage 120 s.
//!
//! A chain r1 - r2 - r3 with a network on r1, which r1 loses. Whatever r1 then hears about the network can only be its
//! own old news. Observed is the metric in each router's RIP table at the very event that changes it; expected is what
//! ten lines of Bellman and Ford make of the times at which routers speak.

use core::time::Duration;
use fib::Instant;
use rip::config::SplitHorizon;
use routerd::lab::record::Format;
use routerd::lab::{Change as LinkChange, Lab};
use std::collections::BTreeMap;
use tests::networks::{Change, Habits, STUB, chain, metric, next_update, prefix, ring, watch};

const MINUTE: Duration = Duration::from_secs(60);
const SILENT: Habits = Habits { split_horizon: SplitHorizon::Off, triggered_updates: false, infinity: 16 };

/// Lets the network converge; then waits for a moment at which `first` speaks before r1 does: the
/// moment at which losing the stub hurts.
fn before_the_loss(mut lab: Lab, first: &str) -> Lab {
    lab.converge().expect("it converges");
    loop {
        let (r1, other) = (next_update(&mut lab, "r1"), next_update(&mut lab, first));
        if other + Duration::from_secs(1) < r1 {
            return lab;
        }
        lab.run_until(r1 + Duration::from_millis(100));
    }
}

fn lab(topology: routerd::lab::Topology, seed: u64) -> Lab {
    Lab::new(topology, seed).expect("only routers and hosts")
}

/// When each router sent a RIP response, out of a JSON trace.
fn speeches(trace: &[u8]) -> Vec<(Instant, String)> {
    let mut all: Vec<(Instant, String)> = Vec::new();
    for line in std::str::from_utf8(trace).expect("JSON is text").lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("one object a line");
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        if !text("what").starts_with("RIPv2 response") || text("from").ends_with(":stub") {
            continue;
        }
        let (seconds, micros) =
            text("at").split_once('.').map(|(s, m)| (s.to_owned(), m.to_owned())).expect("a time");
        let at = Instant::from_secs(seconds.parse().expect("seconds"))
            + Duration::from_micros(micros.parse().expect("microseconds"));
        let node = text("from").split(':').next().unwrap_or_default().to_owned();
        // One update leaves by several interfaces at once.
        if all.last() != Some(&(at, node.clone())) {
            all.push((at, node));
        }
    }
    all
}

/// What the metrics must become: each router believes the neighbor it routes by, and anyone who offers less.
fn bellman_ford(speeches: &[(Instant, String)], neighbors: &BTreeMap<&str, Vec<&str>>) -> Vec<Change> {
    let cable = Duration::from_micros(10);
    let mut state: BTreeMap<&str, (u32, &str)> =
        BTreeMap::from([("r1", (16, "")), ("r2", (2, "r1")), ("r3", (3, "r2"))]);
    let mut changes = Vec::new();
    for (at, speaker) in speeches {
        let told = state[speaker.as_str()].0;
        for listener in &neighbors[speaker.as_str()] {
            let (known, via) = state[listener];
            let offered = (told + 1).min(16);
            if offered < known || (via == speaker && offered != known) {
                let from = neighbors.keys().find(|n| **n == speaker.as_str()).copied().unwrap_or_default();
                state.insert(listener, (offered, from));
                changes.push(Change { at: *at + cable, node: (*listener).to_owned(), metric: Some(offered) });
            }
        }
    }
    changes
}

/// Metrics a node went through.
fn metrics(changes: &[Change], node: &str) -> Vec<u32> {
    changes.iter().filter(|c| c.node == node).filter_map(|c| c.metric).collect()
}

/// From the loss until every node knows.
fn all_know(changes: &[Change], from: Instant) -> Duration {
    let last = changes.iter().filter(|c| c.metric == Some(16)).map(|c| c.at).max().expect("somebody noticed");
    last.since(from)
}

#[test]
fn with_split_horizon_off_a_chain_counts_to_sixteen_at_every_update() {
    for seed in [1, 2, 3] {
        let mut lab = before_the_loss(lab(chain(3, SILENT), seed), "r2");
        let lost = lab.now();
        lab.start_trace(Format::Json);
        lab.cut("r1:stub").expect("it is there");
        // From here r1 has the network at 16, r2 at 2 and r3 at 3.
        let changes = watch(&mut lab, &["r1", "r2", "r3"], prefix(STUB), 8 * MINUTE);
        let counted: Vec<Change> =
            changes.into_iter().filter(|c| c.at > lost && c.metric.is_some()).collect();
        let neighbors = BTreeMap::from([("r1", vec!["r2"]), ("r2", vec!["r1", "r3"]), ("r3", vec!["r2"])]);
        let expected = bellman_ford(&speeches(&lab.take_trace()), &neighbors);
        assert_eq!(counted, expected, "seed {seed}");

        // r1 and r2 lead each other on: 2 3 4 ... 16, odd ones on r1, even ones on r2.
        assert_eq!(metrics(&counted, "r1"), [3, 5, 7, 9, 11, 13, 15, 16], "seed {seed}");
        assert_eq!(metrics(&counted, "r2"), [4, 6, 8, 10, 12, 14, 16], "seed {seed}");
        let slow = all_know(&counted, lost);
        assert!((3 * MINUTE..=5 * MINUTE).contains(&slow), "seed {seed}: {slow:?}");
    }
}

#[test]
fn with_split_horizon_a_chain_does_not_count() {
    the_chain_does_not_count(SplitHorizon::Simple);
}

#[test]
fn with_poison_reverse_a_chain_does_not_count() {
    the_chain_does_not_count(SplitHorizon::PoisonedReverse);
}

fn the_chain_does_not_count(split_horizon: SplitHorizon) {
    for seed in [1, 2, 3] {
        let habits = Habits { split_horizon, ..SILENT };
        let mut lab = before_the_loss(lab(chain(3, habits), seed), "r2");
        let lost = lab.now();
        lab.cut("r1:stub").expect("it is there");
        let changes = watch(&mut lab, &["r1", "r2", "r3"], prefix(STUB), 8 * MINUTE);
        for node in ["r2", "r3"] {
            assert_eq!(metrics(&changes, node), [16], "seed {seed}, {node}: {changes:?}");
        }
        assert!(metrics(&changes, "r1").is_empty(), "seed {seed}: r1 learned its own news: {changes:?}");
        // One update of r1, one of r2.
        assert!(all_know(&changes, lost) <= Duration::from_secs(70), "seed {seed}");
        assert!(
            ["r1", "r2", "r3"].iter().all(|n| metric(&mut lab, n, prefix(STUB)).is_none()),
            "it is forgotten"
        );
    }
}

/// A ring r1, r2, r3. r1 loses the network and says so; r2 hears it, but r3 does not: one update is lost. r3 still
/// believes in r1 and tells r2, to whom it owes no poison; r2 tells r1, r1 tells r3, and round it goes by threes.
#[test]
fn poison_reverse_alone_fails_in_a_ring_of_three_when_one_update_is_lost() {
    let habits = Habits { split_horizon: SplitHorizon::PoisonedReverse, ..SILENT };
    for seed in [1, 2, 3] {
        let mut lab = lab(ring(3, habits), seed);
        lab.converge().expect("it converges");
        // The rumor must get round before r1 speaks again: r1, then r3, then r2, within the least interval of 25 s.
        let said = loop {
            let [r1, r2, r3] = ["r1", "r2", "r3"].map(|n| next_update(&mut lab, n));
            if r1 < r3 && r3 < r2 && r2 < r1 + Duration::from_secs(25) {
                break r1;
            }
            lab.run_until(r1.min(r2).min(r3) + Duration::from_millis(100));
        };
        lab.cut("r1:stub").expect("it is there");
        // The ring's last cable is r3:next to r1:back. One update of r1 is lost on it.
        lab.change_link("r1:back", &LinkChange::Set("loss".into(), "100%".into())).expect("it is there");
        lab.run_until(said + Duration::from_millis(10));
        assert_eq!(metric(&mut lab, "r2", prefix(STUB)), Some(16), "seed {seed}: r2 heard of the loss");
        assert_eq!(metric(&mut lab, "r3", prefix(STUB)), Some(2), "seed {seed}: r3 did not");
        lab.change_link("r1:back", &LinkChange::Set("loss".into(), "0".into())).expect("it is there");

        let changes = watch(&mut lab, &["r1", "r2", "r3"], prefix(STUB), 8 * MINUTE);
        assert_eq!(metrics(&changes, "r2"), [3, 6, 9, 12, 15, 16], "seed {seed}: {changes:?}");
        assert_eq!(metrics(&changes, "r1"), [4, 7, 10, 13, 16], "seed {seed}: {changes:?}");
        assert_eq!(metrics(&changes, "r3"), [5, 8, 11, 14, 16], "seed {seed}: {changes:?}");
    }
}

/// The same chain without split horizon, triggered updates on, and the one triggered update that tells of the loss lost
/// itself. It still counts, but each step takes the 1 to 5 s of RFC 2453 3.10.1 instead of an update interval's share.
#[test]
fn triggered_updates_count_at_least_four_times_as_fast() {
    let climb = |habits: Habits, seed: u64| {
        let mut lab = before_the_loss(lab(chain(3, habits), seed), "r2");
        let spoil = |lab: &mut Lab, loss: &str| {
            lab.change_link("r1:next", &LinkChange::Set("loss".into(), loss.into())).expect("it is there");
        };
        spoil(&mut lab, "100%");
        lab.cut("r1:stub").expect("it is there");
        lab.run_for(Duration::from_millis(1));
        spoil(&mut lab, "0");
        let changes = watch(&mut lab, &["r1", "r2", "r3"], prefix(STUB), 8 * MINUTE);
        let first = changes.iter().find(|c| c.metric == Some(3)).expect("r1 believes r2").at;
        (all_know(&changes, first), metrics(&changes, "r1"))
    };
    for seed in [1, 2, 3] {
        let (slow, _) = climb(SILENT, seed);
        let (fast, counted) = climb(Habits { triggered_updates: true, ..SILENT }, seed);
        assert!(counted.starts_with(&[3, 5, 7]), "seed {seed}: it does count: {counted:?}");
        assert!(fast * 4 <= slow, "seed {seed}: {fast:?} against {slow:?}");
    }
}

/// With triggered updates and none of them lost there is nothing to count: the news outruns the rumor.
#[test]
fn a_triggered_update_that_arrives_prevents_the_count() {
    for seed in [1, 2, 3] {
        let mut lab =
            before_the_loss(lab(chain(3, Habits { triggered_updates: true, ..SILENT }), seed), "r2");
        let lost = lab.now();
        lab.cut("r1:stub").expect("it is there");
        let changes = watch(&mut lab, &["r1", "r2", "r3"], prefix(STUB), MINUTE);
        assert_eq!(metrics(&changes, "r2"), [16], "seed {seed}: {changes:?}");
        assert!(all_know(&changes, lost) <= Duration::from_secs(5), "seed {seed}");
    }
}
