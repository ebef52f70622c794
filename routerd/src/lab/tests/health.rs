//! What `show health` says while a network starts, when it has converged, and when something is lost.

use super::super::*;
use super::secs;
use cli::{Command, Reply, Show};
use configs::Config;

fn parse(text: &str) -> Config {
    configs::yaml::parse(text, "lab.yaml").unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// Two routers and a cable; what they speak over it.
fn pair(speak: impl Fn(u8) -> String) -> Lab {
    let config = |n: u8| parse(&format!("interfaces:\n  a: {{addresses: [10.0.12.{n}/24]}}\n{}", speak(n)));
    let topology = Topology::new("pair").router("r1", config(1)).router("r2", config(2)).link("r1:a", "r2:a");
    Lab::new(topology, 1).unwrap()
}

fn problems(lab: &mut Lab, node: &str) -> Vec<String> {
    match lab.execute(node, Command::Show(Show::Health)).unwrap() {
        Reply::Health(problems) => problems,
        other => panic!("{other:?}"),
    }
}

#[test]
fn ospf_is_healthy_once_neighbors_are_full_and_again_when_a_dead_one_is_forgotten() {
    let mut lab = pair(|_| {
        "ospf:\n  networks: [{prefix: 10.0.0.0/8, area: 0}]\n  interfaces: {a: {network: point-to-point}}\n"
            .to_owned()
    });
    assert_eq!(problems(&mut lab, "r1"), ["OSPF: listens on a for neighbors"], "nothing is known yet");
    lab.converge().unwrap();
    assert_eq!(problems(&mut lab, "r1"), [""; 0]);
    lab.kill("r2").unwrap();
    lab.run_for(secs(120));
    assert_eq!(problems(&mut lab, "r1"), [""; 0], "the network has come to terms with it");
}

#[test]
fn bgp_is_healthy_while_every_neighbor_is_established() {
    let mut lab = pair(|n| {
        let other = 3 - n;
        format!(
            "bgp:\n  asn: 6500{n}\n  ebgp-requires-policy: false\n  neighbors: {{10.0.12.{other}: {{remote-as: 6500{other}}}}}\n"
        )
    });
    let early = problems(&mut lab, "r1");
    assert!(early[0].starts_with("BGP: neighbor 10.0.12.2 is "), "{early:?}");
    lab.converge().unwrap();
    assert_eq!(problems(&mut lab, "r1"), [""; 0]);
    lab.cut("r1:a").unwrap();
    lab.run_for(secs(5));
    let late = problems(&mut lab, "r1");
    assert!(late[0].starts_with("BGP: neighbor 10.0.12.2 is "), "{late:?}");
}

#[test]
fn an_interface_that_is_configured_and_absent_is_a_problem_unless_it_is_shut_down() {
    let absent = |shutdown: &str| {
        let text = format!("interfaces:\n  lo: {{addresses: [10.255.0.1/32]}}\n  eth7: {{{shutdown}}}\n");
        let topology = Topology::new("one").router("r1", parse(&text));
        let mut lab = Lab::new(topology, 1).unwrap();
        problems(&mut lab, "r1")
    };
    assert_eq!(absent(""), ["interface eth7 is configured and absent"]);
    assert_eq!(absent("shutdown: true"), [""; 0]);
}
