//! The same checks give the same verdicts, and the same tables, whether time is virtual or real.

use super::lab::Lab;
use std::collections::BTreeMap;
use std::time::Duration;
use tests::netns::poll_until;

/// Deploys a lab, waits, and compares every router's selected routes with those of virtual time.
#[track_caller]
fn tables_agree(of: &str) {
    let lab = Lab::copy(of);
    let topology = routerd::lab::topology::load(Some(&lab.folder)).unwrap();
    let mut sim = routerd::lab::Lab::new(topology.clone(), 1).unwrap();
    sim.converge().unwrap();
    lab.ok("deploy", &[]);
    for node in &topology.nodes {
        if !matches!(node.role, routerd::lab::topology::Role::Router(_)) {
            continue;
        }
        let json = routerd::lab::type_line(&mut sim, &node.name, "show ip route json").unwrap();
        let expected = routes(&serde_json::from_str(&json).unwrap());
        assert!(expected.len() > 3, "{}: {expected:?}", node.name);
        poll_until(
            Duration::from_secs(120),
            &format!("{of}: {} has the routes of virtual time", node.name),
            || {
                let found = routes(&lab.show(&node.name, "show ip route"));
                if found == expected {
                    Ok(())
                } else {
                    Err(format!("found {found:#?}\nexpected {expected:#?}"))
                }
            },
        );
    }
    lab.destroy();
}

/// Prefix to protocol, distance, metric and next hops. Of equally good routes RIP and BGP keep the one that came first,
/// which is chance in real time: of theirs only the number of next hops counts here. That they are on shortest paths is what
/// the labs' checks say.
fn routes(all: &serde_json::Value) -> BTreeMap<String, String> {
    let mut routes = BTreeMap::new();
    for (prefix, candidates) in all.as_object().into_iter().flatten() {
        for route in candidates.as_array().into_iter().flatten().filter(|r| r["selected"] == true) {
            let hops = route["nexthops"].as_array().into_iter().flatten();
            let mut hops: Vec<String> = hops.map(|h| format!("{} {}", h["ip"], h["interfaceName"])).collect();
            hops.sort();
            let protocol = route["protocol"].as_str().unwrap_or_default();
            let hops =
                if matches!(protocol, "rip" | "bgp") { hops.len().to_string() } else { format!("{hops:?}") };
            let text = format!("{protocol} {} {} {hops}", route["distance"], route["metric"]);
            routes.insert(prefix.clone(), text);
        }
    }
    routes
}

#[test]
#[ignore = "needs root"]
fn rip_tables_are_those_of_virtual_time() {
    tables_agree("triangle");
}

#[test]
#[ignore = "needs root"]
fn ospf_tables_are_those_of_virtual_time() {
    tables_agree("ospf-triangle");
}

#[test]
#[ignore = "needs root"]
fn bgp_tables_are_those_of_virtual_time() {
    tables_agree("bgp-triangle");
}

#[test]
#[ignore = "needs root"]
fn a_fabrics_tables_are_those_of_virtual_time() {
    tables_agree("clos");
}

/// Runs a lab's checks on deployed nodes.
#[track_caller]
fn checks_hold(of: &str) {
    let lab = Lab::copy(of);
    let folder = lab.folder.display().to_string();
    let program = tests::netns::binary("routerd").display().to_string();
    // More than the harness gives to one command.
    let done = std::process::Command::new(program)
        .args(["lab", "check", &folder, "--mode", "netns"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    let failed: Vec<&str> = said.lines().filter(|l| l.starts_with("FAIL")).collect();
    assert!(done.status.success(), "{of}: {failed:#?}\n{said}");
    assert_eq!(lab.traces(), Vec::<String>::new(), "a lab that was not deployed is gone after its checks");
}

#[test]
#[ignore = "needs root"]
fn the_checks_of_rip_hold_in_namespaces() {
    checks_hold("triangle");
}

#[test]
#[ignore = "needs root"]
fn the_checks_of_ospf_hold_in_namespaces() {
    checks_hold("ospf-triangle");
}

#[test]
#[ignore = "needs root"]
fn the_checks_of_bgp_hold_in_namespaces() {
    checks_hold("bgp-triangle");
}

#[test]
#[ignore = "needs root"]
fn the_checks_beside_frr_and_bird_hold_in_namespaces() {
    checks_hold("interop");
}
