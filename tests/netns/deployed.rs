//! The commands, one after the other.

use super::lab::{Lab, PATIENCE, routerd};
use serde_json::Value;
use tests::netns::{poll_until, ready};

#[test]
#[ignore = "needs root"]
fn a_lab_is_deployed_used_and_gone() {
    let lab = Lab::copy("ospf-triangle");
    lab.ok("deploy", &[]);
    let long = |node: &str| format!("clab-{}-{node}", lab.name);

    let inspected: Value = serde_json::from_str(&lab.ok("inspect", &["-f", "json"])).unwrap();
    let nodes = inspected[&lab.name].as_array().unwrap();
    assert_eq!(nodes.len(), 5);
    for node in nodes {
        for key in [
            "lab_name",
            "labPath",
            "absLabPath",
            "name",
            "container_id",
            "image",
            "kind",
            "state",
            "status",
            "ipv4_address",
            "ipv6_address",
            "owner",
        ] {
            assert!(node[key].is_string(), "{key}: {node}");
        }
        assert_eq!((node["state"].as_str(), node["kind"].as_str()), (Some("running"), Some("linux")));
    }
    assert_eq!(nodes[0]["name"], long("r1"));

    // A host reaches the other through the routers.
    lab.wait_route("r1", "10.2.0.0/24");
    poll_until(PATIENCE, "h1 pings h2", || {
        let ping = lab.run("exec", &["h1", "ping", "-n", "-c", "1", "-W", "1", "10.2.0.2"]);
        if ping.success() { Ok(()) } else { Err(ping.stdout + &ping.stderr) }
    });
    // In a node programs find things where they are in a container.
    let name = lab.ok("exec", &["h1", "hostname"]);
    assert_eq!(name.trim(), "h1");
    let neighbors =
        lab.ok("exec", &["--node", "r1", "--cmd", "router -c 'show ip ospf neighbor json'", "-f", "json"]);
    let neighbors: Value = serde_json::from_str(&neighbors).unwrap();
    let result = &neighbors[long("r1")][0];
    assert_eq!(
        (result["return-code"].as_i64(), result["cmd"][0].as_str()),
        (Some(0), Some("router")),
        "{result}"
    );
    assert!(result["stdout"].is_object(), "what is JSON is embedded as JSON: {result}");
    assert_eq!(lab.run("exec", &["h1", "false"]).status, Some(1), "a command's status is the command's");

    // A pulled cable moves the route; plugged in, it comes back.
    let by = |gateway: &str| {
        poll_until(PATIENCE, &format!("r1 goes by {gateway}"), || {
            let route = lab.routes("r1").remove("10.2.0.0/24").unwrap_or_default();
            if route.contains(gateway) { Ok(()) } else { Err(route) }
        });
    };
    by("10.0.12.2");
    lab.ok("link", &["r1:eth1", "down"]);
    by("10.0.13.2");
    lab.ok("link", &["r1:eth1", "up"]);
    by("10.0.12.2");

    assert!(lab.ok("log", &["r1"]).contains("started"), "the log begins with the start");
    let data = std::fs::read(lab.folder.join(format!("clab-{}/topology-data.json", lab.name))).unwrap();
    let data: Value = serde_json::from_slice(&data).unwrap();
    assert_eq!(data["name"], lab.name);
    assert_eq!(data["type"], "clab");
    assert_eq!(data["nodes"]["r1"]["longname"], long("r1"));
    assert_eq!(data["links"][0]["endpoints"]["a"]["interface"], "eth1");

    // Deployed is deployed; asked again explicitly, it begins anew.
    let again = lab.run("deploy", &[]);
    assert_eq!(again.status, Some(1));
    assert!(again.stderr.contains("error[already-deployed]"), "{}", again.stderr);
    let before = lab.pids("r1");
    lab.ok("deploy", &["--reconfigure"]);
    assert_ne!(lab.pids("r1"), before);

    // What was left running in a node goes, too.
    lab.ok("exec", &["h1", "sh", "-c", "sleep 600 >/dev/null 2>&1 &"]);
    assert_eq!(lab.pids("h1").len(), 1);
    lab.destroy();
    assert_eq!(lab.ok("destroy", &[]).trim(), format!("{} is not deployed", lab.name), "twice is no error");
}

#[test]
#[ignore = "needs root"]
fn a_deployment_that_fails_is_taken_back() {
    let lab = Lab::copy("triangle");
    let file = lab.folder.join("triangle.clab.yml");
    let text = std::fs::read_to_string(&file).unwrap();
    // Nobody is at that gateway, says the kernel.
    std::fs::write(&file, text.replace("default via 10.2.0.1", "default via 192.0.2.1")).unwrap();
    let failed = lab.run("deploy", &[]);
    assert_eq!(failed.status, Some(1));
    assert!(failed.stderr.contains("node h2"), "{}", failed.stderr);
    assert_eq!(lab.traces(), Vec::<String>::new());

    // The same lab without the mistake goes up: nothing of the attempt is in its way.
    std::fs::write(&file, &text).unwrap();
    lab.ok("deploy", &[]);
    lab.destroy();
}

#[test]
#[ignore = "needs root"]
fn a_daemon_that_does_not_stay_up_says_why_before_it_goes() {
    if !ready(&["bird"]) {
        return;
    }
    let lab = Lab::empty("stays");
    lab.write(
        "x.clab.yml",
        "name: @NAME@\ntopology:\n  nodes:\n    b: {kind: linux, image: bird, binds: [\"b.conf:/etc/bird/bird.conf\"]}\n",
    );
    lab.write("b.conf", "router id 10.0.0.1;\nprotocol nonsense {}\n");
    let failed = lab.run("deploy", &[]);
    assert_eq!(failed.status, Some(1));
    assert!(failed.stderr.contains("node b: bird ended with status 1"), "{}", failed.stderr);
    assert!(failed.stderr.contains("syntax error"), "what it said: {}", failed.stderr);
    assert_eq!(lab.traces(), Vec::<String>::new());
}

#[test]
#[ignore = "needs root"]
fn everything_in_the_way_is_told_at_once_with_an_id() {
    let lab = Lab::empty("faults");
    lab.write(
        "x.clab.yml",
        "name: @NAME@\ntopology:\n  nodes:\n    a: {kind: nokia_srlinux, image: srl}\n    b: {kind: linux, image: bird:2}\n    \
         c: {kind: linux, image: alpine, binds: [\"nowhere:/data\"]}\n",
    );
    let failed = lab.run("deploy", &[]);
    assert_eq!(failed.status, Some(1));
    for id in ["error[kind-unsupported]: a:", "error[config-missing]: b:", "error[bind-missing]: c:"] {
        assert!(failed.stderr.contains(id), "{id} in {}", failed.stderr);
    }
    let unknown = routerd(&["lab", "inspect", "--name", &lab.name]);
    assert!(unknown.stderr.contains("error[not-deployed]"), "{}", unknown.stderr);
    assert_eq!(lab.traces(), Vec::<String>::new());
}

#[test]
#[ignore = "needs root"]
fn a_bridge_joins_routers_as_a_lan() {
    let lab = Lab::copy("ospf-lan");
    lab.ok("deploy", &[]);
    poll_until(PATIENCE, "a designated router is elected", || {
        let text = lab.ok("cli", &["r1", "-c", "show ip ospf neighbor"]);
        if text.contains("Full/DR") || text.contains("Full/Backup") { Ok(()) } else { Err(text) }
    });
    lab.destroy();
}
