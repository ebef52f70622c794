//! Path exploration after a withdrawal (Labovitz, Ahuja, Bose and Jahanian 2000): in a full mesh of n ASes every router
//! tries ever longer paths that no longer exist. Without an advertisement interval that is over in a few round trips at
//! the price of many UPDATEs; with one, it takes about one interval for each length of path, n - 3 in all.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use core::time::Duration;
use fib::Prefix;
use policy::Policy;
use support::{Net, config, path_of, peer, secs};

const LOST: &str = "192.0.2.0/24";

/// How long it took until the last change, how many changes of best routes there were, and the longest path tried.
struct Explored {
    took: Duration,
    changes: u32,
    longest: usize,
}

/// A full mesh of `n` ASes and one more that hangs on the first of them alone, announces a network, and goes.
fn explore(seed: u64, n: usize, interval: u16) -> Explored {
    let mut net = Net::new(seed);
    for i in 0..n {
        net.add(config(65_001 + i as u32, i, &[]), Policy::default());
    }
    let origin = net.add(config(65_100, n, &[LOST]), Policy::default());
    for a in 0..n {
        for b in a + 1..n {
            peer(&mut net, a, b);
        }
    }
    let stub = peer(&mut net, 0, origin);
    for i in 0..n {
        net.change(i, |c| c.neighbors.values_mut().for_each(|p| p.advertisement_interval = Some(interval)));
    }
    net.settle(secs(100), secs(900));
    assert!((0..n).all(|i| net.has(i, LOST)));
    let prefix: Prefix = LOST.parse().unwrap();
    let before: u32 = net.nodes.iter().filter_map(|n| n.changes.get(&prefix)).sum();
    let start = net.now;
    net.set_link(stub, false);
    let (mut longest, mut last, mut seen) = (0, start, before);
    while net.now < start + secs(60) + secs(40) * n as u32 {
        if !net.step() {
            break;
        }
        let changes: u32 = net.nodes.iter().filter_map(|n| n.changes.get(&prefix)).sum();
        if changes != seen {
            (seen, last) = (changes, net.now);
            let lengths = net.nodes[..n].iter().filter_map(|n| path_of(&n.bgp, &prefix)).map(|p| p.len());
            longest = longest.max(lengths.max().unwrap_or(0));
        }
    }
    assert!(!(0..n).any(|i| net.has(i, LOST)), "a route that nobody announces any more stays");
    Explored { took: last.since(start), changes: seen - before, longest }
}

#[test]
fn without_an_interval_exploration_is_short_and_grows_with_the_mesh() {
    let mut changes = Vec::new();
    for n in [4, 6, 8] {
        let explored = explore(1, n, 0);
        assert!(explored.took < secs(2), "{n} ASes took {:?}", explored.took);
        assert!(explored.longest > 2, "{n} ASes tried no path but the lost one");
        assert!(explored.longest <= n + 1, "a path of {} in a mesh of {n}", explored.longest);
        changes.push(explored.changes);
    }
    assert!(changes.is_sorted_by(|a, b| a < b), "{changes:?}");
}

#[test]
fn with_an_interval_exploration_takes_about_an_interval_for_each_length_of_path() {
    for n in [5, 7] {
        let explored = explore(1, n, 30);
        let rounds = n as u32 - 3;
        // An interval is 22.5 to 30 s; the first round begins within one that may be half over.
        let (least, most) = (secs(10) * rounds, secs(30) * (rounds + 2));
        assert!(explored.took > least && explored.took < most, "{n} ASes took {:?}", explored.took);
        assert!(explored.longest <= n + 1);
    }
}

#[test]
fn an_interval_saves_updates() {
    let (fast, slow) = (explore(2, 8, 0), explore(2, 8, 30));
    assert!(slow.took > fast.took);
    assert!(slow.changes <= fast.changes, "{} with, {} without", slow.changes, fast.changes);
}
