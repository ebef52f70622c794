//! BGP in the lab: whole routers, bad cables, and when all is quiet.

use super::super::*;
use super::secs;
use crate::lab::operate::Change;
use crate::lab::record::Format;
use configs::Config;
use fib::Protocol;

fn parse(text: &str) -> Config {
    configs::yaml::parse(text, "lab.yaml").unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// Router `n` of a ring: it speaks eBGP with those before and after it, and has the loopback 10.255.0.N.
fn ring(size: u8) -> Topology {
    let link = |n: u8| (n - 1) % size + 1;
    let config = |n: u8| {
        let (left, right) = (link(n + size - 1), n);
        let (before, after) = (link(n + size - 1), link(n + 1));
        parse(&format!(
            "interfaces:
  a: {{addresses: [10.0.{left}.2/24]}}
  b: {{addresses: [10.0.{right}.1/24]}}
  lo: {{addresses: [10.255.0.{n}/32]}}
bgp:
  asn: 6500{n}
  ebgp-requires-policy: false
  neighbors:
    10.0.{left}.1: {{remote-as: 6500{before}}}
    10.0.{right}.2: {{remote-as: 6500{after}}}
  families:
    ipv4-unicast: {{networks: {{10.255.0.{n}/32: {{}}}}}}
"
        ))
    };
    let name = |n: u8| format!("r{n}");
    let nodes = (1..=size).fold(Topology::new("ring"), |t, n| t.router(&name(n), config(n)));
    (1..=size).fold(nodes, |t, n| t.link(&format!("r{n}:b"), &format!("r{}:a", link(n + 1))))
}

fn protocol(lab: &mut Lab, node: &str, prefix: &str) -> Option<Protocol> {
    lab.route(node, prefix.parse().unwrap()).map(|r| r.protocol)
}

fn all_know_all(lab: &mut Lab, size: u8) {
    for (n, m) in (1..=size).flat_map(|n| (1..=size).map(move |m| (n, m))).filter(|(n, m)| n != m) {
        let known = protocol(lab, &format!("r{n}"), &format!("10.255.0.{m}/32"));
        assert_eq!(known, Some(Protocol::Bgp), "r{n} about r{m} at {}", lab.now());
    }
}

#[test]
fn a_ring_of_autonomous_systems_finds_the_other_way_round() {
    let mut lab = Lab::new(ring(5), 1).unwrap();
    lab.start_trace(Format::Json);
    lab.converge().unwrap();
    all_know_all(&mut lab, 5);
    let trace = String::from_utf8(lab.take_trace()).unwrap();
    for what in
        ["TCP 179 > ", " SYN ACK", "BGP OPEN AS 65001 id 10.255.0.1 hold 180", "KEEPALIVE", "path [65001]"]
    {
        assert!(trace.contains(what), "{what}");
    }
    assert!(!trace.contains("unreadable"));
    lab.cut("r1:b").unwrap();
    lab.converge().unwrap();
    all_know_all(&mut lab, 5);
    assert_eq!(lab.find_loop(), None);
    lab.heal("r1:b").unwrap();
    lab.kill("r3").unwrap();
    lab.converge().unwrap();
    assert_eq!(protocol(&mut lab, "r2", "10.255.0.4/32"), Some(Protocol::Bgp));
    assert_eq!(protocol(&mut lab, "r2", "10.255.0.3/32"), None);
    lab.revive("r3").unwrap();
    lab.converge().unwrap();
    all_know_all(&mut lab, 5);
}

#[test]
fn bad_cables_delay_and_lose_nothing() {
    for seed in 1..4 {
        let mut lab = Lab::new(ring(4), seed).unwrap();
        for n in 1..=4 {
            for (key, value) in [("loss", "10%"), ("duplicate", "10%"), ("reorder", "10%"), ("delay", "5ms")]
            {
                lab.change_link(&format!("r{n}:b"), &Change::Set(key.to_owned(), value.to_owned())).unwrap();
            }
        }
        lab.converge().unwrap();
        all_know_all(&mut lab, 4);
    }
}

#[test]
fn equal_seeds_give_equal_labs() {
    let run = |seed| {
        let mut lab = Lab::new(ring(4), seed).unwrap();
        lab.run_for(secs(100));
        (lab.digest(), lab.frames())
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).0, run(8).0);
}

#[test]
fn a_lab_rests_when_its_sessions_are_up_and_nothing_is_on_its_way() {
    let mut lab = Lab::new(ring(3), 1).unwrap();
    assert!(lab.short_quiet_window() > secs(180), "sessions may come up at any time");
    lab.run_for(secs(60));
    assert_eq!(lab.short_quiet_window(), secs(2));
    lab.kill("r2").unwrap();
    lab.run_for(secs(60));
    assert!(lab.short_quiet_window() > secs(180), "its neighbors go on calling it");
}

/// r1 and r3 speak iBGP between loopbacks that OSPF carries through r2, which knows nothing of BGP.
fn over_ospf() -> Topology {
    let config = |n: u8, ports: &str, bgp: &str| {
        parse(&format!(
            "interfaces: {{{ports}, lo: {{addresses: [10.255.0.{n}/32]}}}}
ospf: {{networks: [{{prefix: 10.0.0.0/8, area: 0}}]}}
{bgp}"
        ))
    };
    let bgp = |peer: u8, network: &str| {
        format!(
            "routes: [{{prefix: {network}, type: blackhole}}]
bgp:
  asn: 65000
  neighbors:
    10.255.0.{peer}: {{remote-as: internal, update-source: lo}}
  families:
    ipv4-unicast: {{networks: {{{network}: {{}}}}}}
"
        )
    };
    Topology::new("over-ospf")
        .router("r1", config(1, "a: {addresses: [10.0.12.1/24]}", &bgp(3, "198.51.100.0/24")))
        .router("r2", config(2, "a: {addresses: [10.0.12.2/24]}, b: {addresses: [10.0.23.2/24]}", ""))
        .router("r3", config(3, "b: {addresses: [10.0.23.3/24]}", &bgp(1, "203.0.113.0/24")))
        .link("r1:a", "r2:a")
        .link("r2:b", "r3:b")
}

#[test]
fn sessions_between_loopbacks_follow_the_igp() {
    let mut lab = Lab::new(over_ospf(), 1).unwrap();
    lab.converge().unwrap();
    assert_eq!(protocol(&mut lab, "r1", "203.0.113.0/24"), Some(Protocol::Bgp));
    assert_eq!(protocol(&mut lab, "r3", "198.51.100.0/24"), Some(Protocol::Bgp));
    lab.cut("r2:b").unwrap();
    lab.run_for(secs(5));
    assert_eq!(
        protocol(&mut lab, "r1", "203.0.113.0/24"),
        None,
        "its next hop is gone, before the session is"
    );
    lab.heal("r2:b").unwrap();
    lab.converge().unwrap();
    assert_eq!(protocol(&mut lab, "r1", "203.0.113.0/24"), Some(Protocol::Bgp));
}

#[test]
fn as_paths_are_as_long_as_the_graph_says() {
    let mut lab = Lab::new(ring(5), 1).unwrap();
    lab.converge().unwrap();
    assert_eq!(lab.compare_protocol_with_oracle(Protocol::Bgp), []);
    // The tables know nothing of the cut yet; the graph does.
    lab.cut("r1:b").unwrap();
    let behind = lab.compare_protocol_with_oracle(Protocol::Bgp);
    let wanted = "r1: 10.255.0.2/32 has no route, the graph says metric 4";
    assert!(behind.iter().any(|d| d.to_string() == wanted), "{behind:?}");
    lab.converge().unwrap();
    assert_eq!(lab.compare_protocol_with_oracle(Protocol::Bgp), []);
    lab.configure(
        "r3",
        &[
            "route-map long permit 10",
            "set as-path prepend 65003",
            "router bgp 65003",
            "neighbor 10.0.3.2 route-map long out",
        ],
    )
    .unwrap();
    lab.converge().unwrap();
    let longer = lab.compare_protocol_with_oracle(Protocol::Bgp);
    assert!(
        longer.iter().any(|d| d.note == "AS path 65003 65003"),
        "a policy is no matter of the graph: {longer:?}"
    );
}
