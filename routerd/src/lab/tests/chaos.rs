//! Faults at random: equal for equal seeds, all undone, and a loop that lasts does not go unseen.

use super::*;

fn run(topology: &Topology, seed: u64, chaos: &str) -> (Lab, Result<String, String>) {
    let mut lab = Lab::new(topology.clone(), seed).unwrap();
    let checks = checks::parse(&format!("steps: [{{chaos: {chaos}}}]"), "c.yaml").unwrap();
    let checks::Action::Chaos(chaos) = &checks.scenarios[0].steps[0].action else { panic!("{checks:?}") };
    let outcome = chaos.run(&mut lab);
    (lab, outcome)
}

const ALL: &str = "{during: 120s, every: 2s, heal-within: 10s, loops-end-within: 30s}";

#[test]
fn equal_seeds_break_the_same_things_and_other_seeds_others() {
    let run = |seed| {
        let (lab, outcome) = run(&square(), seed, ALL);
        (outcome.unwrap(), lab.digest())
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5).1, run(6).1);
}

#[test]
fn afterwards_everything_is_whole_and_as_it_was() {
    let mut topology = square();
    topology.links[0].impairments[0].loss = 0.01;
    let (mut lab, outcome) = run(&topology, 1, ALL);
    let said = outcome.unwrap();
    for kind in ["cut", "deaf", "kill"] {
        assert!(said.contains(kind), "{said}");
    }
    for (link, view) in topology.links.iter().zip(lab.links()) {
        assert_eq!((view.up, view.impairments), (true, link.impairments));
    }
    assert!(lab.nodes().iter().all(|n| n.alive));
    // Hosts were left alone, routers were not.
    let boots = |name: &str| lab.nodes.iter().find(|n| n.name == name).unwrap().boots;
    assert_eq!((boots("h1"), boots("h2")), (1, 1));
    assert!(boots("r1") + boots("r2") + boots("r3") > 3);
    lab.converge().unwrap();
    assert_eq!(lab.compare_with_oracle(), []);
    assert!(lab.tables().unreachable().is_empty());
}

#[test]
fn who_is_not_meant_is_left_alone() {
    let chaos = "{during: 60s, every: 1s, heal-within: 5s, faults: [cut, kill], among: [r1, r3], loops-end-within: 30s}";
    let (lab, outcome) = run(&square(), 1, chaos);
    let said = outcome.unwrap();
    assert!(said.contains("cut") && said.contains("kill"), "{said}");
    let boots = |name: &str| lab.nodes.iter().find(|n| n.name == name).unwrap().boots;
    assert_eq!(boots("r2"), 1);
    assert!(boots("r1") > 1 && boots("r3") > 1);
    let (_, error) = run(&square(), 1, &chaos.replace("r3", "r9"));
    assert!(error.unwrap_err().contains("no node `r9`"));
}

#[test]
fn a_loop_that_lasts_is_told_with_its_way() {
    let mut topology = square();
    for (node, via) in [(0, "10.0.12.2"), (1, "10.0.12.1")] {
        let topology::Role::Router(config) = &mut topology.nodes[node].role else { panic!() };
        config.routes =
            configs::yaml::check(&format!("routes: [{{prefix: 192.0.2.0/24, via: {via}}}]"), "r.yaml")
                .unwrap()
                .config
                .routes;
    }
    let chaos = "{during: 10s, every: 5s, heal-within: 1s, faults: [deaf], loops-end-within: 2s}";
    let (_, outcome) = run(&topology, 1, chaos);
    let said = outcome.unwrap_err();
    assert!(said.contains("packets to 192.0.2.0 circle: r1 > r2 > r1"), "{said}");
}
