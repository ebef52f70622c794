//! Ports and configuration that change under way, clearing, and the end.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use rip::config::Config;
use support::*;

#[test]
fn the_same_configuration_again_does_nothing() {
    let mut net = Net::chain(vec![config(); 2]);
    net.run_for(60);
    net.log.clear();
    net.apply(0, config(), policy::Config::default());
    assert!(net.log.is_empty());
}

#[test]
fn a_network_statement_taken_away_stops_rip_there_and_poisons_its_network() {
    let two = Config { networks: vec![p("10.0.0.0/16"), p("10.1.0.0/16")], ..config() };
    let mut net = Net::chain(vec![two.clone(), config()]);
    net.run_for(60);
    assert_eq!(net.metric(1, "10.1.0.0/24"), Some(2));
    net.apply(0, Config { networks: vec![p("10.0.0.0/16")], ..two.clone() }, policy::Config::default());
    net.run_for(1);
    assert_eq!((net.metric(1, "10.1.0.0/24"), net.shown(1, "10.1.0.0/24")), (None, Some(16)));
    net.apply(0, Config { networks: vec![], ..two.clone() }, policy::Config::default());
    assert!(net.nodes[0].rib.is_empty(), "what was learned there is gone");
    assert!(net.nodes[0].rip.joined().is_empty());
    net.apply(0, two, policy::Config::default());
    net.run_for(1);
    assert_eq!(net.metric(0, "10.1.1.0/24"), Some(2), "it asks when it starts again");
}

#[test]
fn a_port_that_vanishes_takes_its_routes_and_its_network_with_it() {
    let mut net = Net::chain(vec![config(); 3]);
    net.run_for(60);
    net.nodes[1].rip.remove_port(net.now, fib::PortId(1));
    net.drain();
    assert_eq!(net.metric(1, "10.1.0.0/24"), None);
    assert!(net.nodes[1].rip.status(net.now).sources.iter().all(|s| s.interface != "eth1"));
    net.run_for(6);
    assert_eq!((net.metric(2, "10.1.0.0/24"), net.metric(2, "10.0.1.0/24")), (None, None));
}

#[test]
fn a_new_address_changes_what_is_connected_and_who_is_a_neighbor() {
    let mut net = Net::chain(vec![config(); 2]);
    net.run_for(60);
    net.change_port(1, 1, |port| port.addresses = vec!["10.0.7.2/24".parse().unwrap()]);
    assert_eq!(net.metric(1, "10.1.0.0/24"), None, "its gateway is no longer on the link");
    net.change_port(0, 2, |port| port.addresses = vec!["10.0.7.1/24".parse().unwrap()]);
    net.run_for(1);
    assert_eq!(net.gateways(1, "10.1.0.0/24"), ["10.0.7.1"]);
    assert_eq!(net.shown(1, "10.0.1.0/24"), Some(16), "the old network is in its garbage time");
}

#[test]
fn a_changed_update_timer_holds_at_once() {
    let mut net = Net::chain(vec![config(); 2]);
    net.run_for(60);
    net.apply(0, Config { timers: timers(2, 12, 8), ..config() }, policy::Config::default());
    net.log.clear();
    net.run_for(20);
    assert!((8..=13).contains(&net.responses(0, 2, secs(0)).len()), "{}", net.responses(0, 2, secs(0)).len());
}

#[test]
fn a_lower_infinity_loses_what_is_beyond_it() {
    let mut net = Net::chain(vec![config(); 4]);
    net.run_for(60);
    assert_eq!(net.metric(0, "10.1.3.0/24"), Some(4));
    net.apply(0, Config { infinity: 4, ..config() }, policy::Config::default());
    assert_eq!((net.metric(0, "10.1.3.0/24"), net.shown(0, "10.1.3.0/24")), (None, Some(4)));
    assert_eq!(net.metric(0, "10.1.2.0/24"), Some(3));
}

#[test]
fn clearing_forgets_and_asks_so_that_all_is_back_at_once() {
    let mut net = Net::chain(vec![config(); 3]);
    net.run_for(60);
    let before = net.nodes[0].rib.clone();
    net.nodes[0].rip.clear(net.now);
    net.drain();
    assert!(net.nodes[0].rib.is_empty() && net.shown(0, "10.1.2.0/24").is_none());
    assert_eq!(net.shown(0, "10.1.0.0/24"), Some(1), "our own stay");
    net.run_for(1);
    assert_eq!(net.nodes[0].rib, before);
}

#[test]
fn shutting_down_poisons_everything_and_empties_the_rib() {
    let mut net = Net::chain(vec![config(); 3]);
    net.run_for(60);
    let end = net.now;
    net.nodes[1].rip.shutdown(net.now);
    net.drain();
    assert!(net.nodes[1].rib.is_empty() && net.nodes[1].rip.joined().is_empty());
    let last = net.responses(1, 1, end).pop().unwrap();
    assert!(last.packet().entries.iter().all(|e| e.metric == 16) && last.packet().entries.len() >= 3);
    net.run_for(1);
    assert_eq!((net.metric(0, "10.1.1.0/24"), net.metric(0, "10.1.2.0/24")), (None, None));
    net.run_for(60);
    assert_eq!(net.sent(1, 1, end).len(), 1, "and nothing is said afterwards");
    assert!(proto::Machine::next_timeout(&net.nodes[1].rip).is_none());
}

#[test]
fn status_says_what_is_in_force() {
    let c = Config { passive_interfaces: vec!["eth9".into()], distance: Some(99), ..config() };
    let mut net = Net::chain(vec![c, config()]);
    net.run_for(60);
    let status = net.nodes[0].rip.status(net.now);
    assert_eq!((status.distance, status.infinity, status.passive), (99, 16, vec!["eth9".to_owned()]));
    assert_eq!(status.networks, ["10.0.0.0/8"]);
    let names: Vec<&str> = status.interfaces.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["eth2", "eth9"]);
    assert!(status.next_update_ms <= 35_000);
    assert_eq!(status.sources[0].address.to_string(), "10.0.1.2");
    assert!(status.sources[0].last_update_ms <= 35_000 && status.sources[0].last_error.is_none());
    assert!(status.counters.iter().any(|(name, n)| name == "responses-received" && *n > 0));
    let table = net.nodes[0].rip.table(net.now);
    let learned = table.routes.iter().find(|r| r.sub_type == "normal").unwrap();
    let hop = &learned.next_hops[0];
    assert_eq!((hop.gateway, hop.from, hop.interface.as_str()), (ip("10.0.1.2"), ip("10.0.1.2"), "eth2"));
    assert!((145_000..=180_000).contains(&hop.expires_ms.unwrap()));
}
