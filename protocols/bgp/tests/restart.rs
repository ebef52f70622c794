//! Restarts of our own, in virtual time: for whom nothing is chosen yet, for how long, and what peers are told
//! (RFC 4724 sections 3 and 4.1).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use bgp::Family;
use bgp::config::{Config, GracefulRestart, GracefulRestartMode, NeighborConfig, PeerKey};
use bgp::show::NeighborRestart;
use policy::Policy;
use support::{Net, NodeId, config, neighbor, peer, secs};

const FAR: &str = "198.51.100.0/24";

fn restarter(mut config: Config) -> Config {
    config.graceful_restart =
        GracefulRestart { mode: GracefulRestartMode::Restarter, restart_time: 30, ..config.graceful_restart };
    config
}

/// a, as it is or as `change` makes it, and b with a network.
fn two(change: impl FnOnce(Config) -> Config) -> (Net, NodeId, NodeId) {
    let mut net = Net::new(1);
    let a = net.add(change(config(65_001, 0, &["192.0.2.0/24"])), Policy::default());
    let b = net.add(config(65_002, 1, &[FAR]), Policy::default());
    peer(&mut net, a, b);
    (net, a, b)
}

/// Every neighbor of `node` is now like this.
fn each(net: &mut Net, node: NodeId, change: impl Fn(&mut NeighborConfig)) {
    net.change(node, |c| c.neighbors.values_mut().for_each(&change));
}

/// `node` crashes and begins anew with what it has.
fn reboot(net: &mut Net, node: NodeId) {
    let config = net.nodes[node].bgp.config().clone();
    net.reboot(node, config, Policy::default());
}

/// A neighbor of a's that is on a link and never answers.
fn absent(net: &mut Net, a: NodeId) {
    let c = net.add(config(65_003, 2, &[]), Policy::default());
    let (_, at_c) = net.link(a, c);
    net.change(a, |config| drop(config.neighbors.insert(PeerKey::Address(at_c), neighbor(65_003))));
}

/// What `node` says of the restarts of its only neighbor.
fn restart(net: &Net, node: NodeId) -> NeighborRestart {
    net.nodes[node].bgp.show_neighbors(net.now, None, None).neighbors[0].restart.clone()
}

#[test]
fn nothing_is_chosen_before_every_peer_has_told_everything() {
    let (mut net, a, b) = two(restarter);
    net.until(secs(10), "both are up", |n| n.has(a, FAR));
    absent(&mut net, a);
    reboot(&mut net, a);
    net.until(secs(20), "b sees a restart", |n| restart(n, b).restarting);
    net.run(secs(5));
    assert!(!net.has(a, FAR), "another one may still come back");
    // Nobody waits for us longer than that, so we wait for nobody longer who is not there.
    net.until(secs(26), "the restart time is over", |n| n.has(a, FAR));
}

#[test]
fn one_neighbor_that_is_asked_to_keep_our_routes_is_enough_to_wait() {
    let (mut net, a, b) = two(|mut c| {
        c.graceful_restart.restart_time = 30;
        c
    });
    absent(&mut net, a);
    each(&mut net, a, |n| n.graceful_restart = Some(GracefulRestartMode::Restarter));
    reboot(&mut net, a);
    net.until(secs(20), "b sees a restart", |n| restart(n, b).restarting);
    net.run(secs(5));
    assert!(!net.has(a, FAR));
    net.until(secs(26), "the restart time is over", |n| n.has(a, FAR));
}

#[test]
fn who_only_helps_waits_for_nobody() {
    let (mut net, a, b) = two(|c| c);
    absent(&mut net, a);
    reboot(&mut net, a);
    net.until(secs(10), "a has it at once", |n| n.has(a, FAR));
    assert!(!restart(&net, b).restarting);
}

#[test]
fn a_peer_without_the_capability_is_not_waited_for() {
    let (mut net, a, b) = two(|c| c);
    each(&mut net, b, |n| n.graceful_restart = Some(GracefulRestartMode::Disable));
    net.change(a, |c| *c = restarter(c.clone()));
    reboot(&mut net, a);
    net.until(secs(10), "nobody is waited for", |n| n.has(a, FAR));
}

#[test]
fn two_that_restart_do_not_wait_for_each_other() {
    let (mut net, a, b) = two(restarter);
    net.change(b, |c| *c = restarter(c.clone()));
    for node in [a, b] {
        reboot(&mut net, node);
    }
    net.until(secs(10), "no deadlock", |n| n.has(a, FAR) && n.has(b, "192.0.2.0/24"));
}

#[test]
fn the_timer_ends_it_whoever_is_missing() {
    let (mut net, a, b) = two(|c| {
        let mut c = restarter(c);
        c.graceful_restart.select_defer_time = 15;
        c
    });
    absent(&mut net, a);
    reboot(&mut net, a);
    let at = net.now;
    net.until(secs(20), "the timer", |n| n.has(a, FAR));
    assert!(net.now.since(at) >= secs(15), "not before");
    net.until(secs(1), "and b is told", |n| n.has(b, "192.0.2.0/24"));
}

#[test]
fn forwarding_is_not_said_to_have_gone_on_over_a_crash_but_over_the_loss_of_a_session() {
    let (mut net, a, b) = two(|c| {
        let mut c = restarter(c);
        c.graceful_restart.preserve_fw_state = true;
        c
    });
    let forwarding =
        |n: &Net| restart(n, b).families.iter().any(|(f, end)| *f == Family::Ipv4 && end.forwarding);
    net.until(secs(10), "both are up", |n| n.has(b, "192.0.2.0/24"));
    assert!(!forwarding(&net), "of the first session there is nothing to keep");
    reboot(&mut net, a);
    let told = |n: &Net| restart(n, b).families.iter().any(|(_, end)| end.received);
    net.until(secs(60), "a is back", |n| restart(n, b).restarting && told(n));
    assert!(!forwarding(&net), "what a router that forwards itself has lost with its process");
    // No second connection is under way any more.
    net.run(secs(5));
    net.cut_connection(a);
    net.until(secs(1), "the session ends", |n| restart(n, b).families.is_empty());
    assert!(net.has(b, "192.0.2.0/24"), "kept as stale");
    net.until(secs(60), "it is back", told);
    let restart = restart(&net, b);
    assert!(forwarding(&net) && !restart.restarting, "{restart:?}");
}

#[test]
fn a_restarter_that_ends_says_nothing_and_is_waited_for_and_a_helper_takes_leave() {
    let ends = |mode: fn(Config) -> Config| {
        let (mut net, a, b) = two(mode);
        net.until(secs(10), "both are up", |n| n.has(b, "192.0.2.0/24"));
        let now = net.now;
        net.nodes[a].bgp.part(now);
        net.run(secs(1));
        let kept = net.has(b, "192.0.2.0/24");
        net.run(secs(31));
        assert!(!net.has(b, "192.0.2.0/24"), "not for ever: {:#?}", net.nodes[b].notices);
        kept
    };
    assert!(ends(restarter));
    assert!(!ends(|c| c));
}

#[test]
fn who_has_nothing_to_tell_says_end_of_rib_all_the_same() {
    let mut net = Net::new(1);
    let a = net.add(restarter(config(65_001, 0, &[])), Policy::default());
    let (b, c) = (
        net.add(config(65_002, 1, &[]), Policy::default()),
        net.add(config(65_003, 2, &[]), Policy::default()),
    );
    peer(&mut net, a, b);
    peer(&mut net, a, c);
    reboot(&mut net, a);
    let told = |n: &Net, node| restart(n, node).families.iter().any(|(_, end)| end.received);
    net.until(secs(10), "both hear it before any KEEPALIVE", |n| told(n, b) && told(n, c));
}
