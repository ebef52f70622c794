//! What a topology file may say and how it is told when it is wrong.

use super::*;
use core::time::Duration;

fn read(text: &str) -> Result<Topology, Problems> {
    parse(text, Path::new("t.clab.yml"), &|_| None)
}

fn errors(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

const PAIR: &str = r#"
name: pair
topology:
  defaults: {kind: linux}
  nodes:
    r1: {image: "routerd:latest"}
    h1:
      image: alpine:3
      exec: ["ip addr add 10.0.1.2/24 dev eth1", "ip route add default via 10.0.1.1"]
  links:
    - endpoints: ["r1:eth1", "h1:eth1"]
"#;

#[test]
fn a_router_a_host_and_a_cable_are_read() {
    let t = read(PAIR).unwrap();
    assert_eq!((t.name.as_str(), t.nodes.len(), t.links.len()), ("pair", 2, 1));
    assert!(matches!(&t.nodes[0].role, Role::Router(c) if c.hostname == "r1"));
    assert!(matches!(&t.nodes[1].role, Role::Host(c) if c.routes.len() == 1 && !c.forwarding.ipv4));
    assert_eq!(t.end_name(&t.links[0].ends[1]), "h1:eth1");
    assert_eq!(t.links[0].mtu, DEFAULT_MTU);
    assert!(t.warnings.is_empty());
}

#[test]
fn both_forms_of_links_carry_our_extras() {
    let text = r#"
name: x
topology:
  nodes: {a: {kind: bridge}, b: {kind: bridge}}
  links:
    - endpoints: ["a:eth1", "b:eth1"]
      mtu: 1400
      vars: {delay: 10ms, color: red}
    - type: veth
      endpoints:
        - {node: a, interface: eth2, mac: "02:00:00:00:00:09", vars: {loss: 1%}}
        - {node: b, interface: eth2}
      labels: {rate: 10mbit}
"#;
    let t = read(text).unwrap();
    assert_eq!((t.links[0].mtu, t.links[0].impairments[0].delay), (1400, Duration::from_millis(10)));
    let second = &t.links[1];
    assert_eq!(second.ends[0].mac, Some([2, 0, 0, 0, 0, 9]));
    assert_eq!(second.impairments.map(|i| i.loss), [0.01, 0.0]);
    assert_eq!(second.impairments.map(|i| i.rate), [Some(10_000_000); 2]);
}

#[test]
fn every_error_is_reported_with_its_place() {
    let text = r#"name: x
topology:
  nodes:
    r1: {kind: linx}
    r2: {kind: bridge, imagge: y}
  links:
    - endpoints: ["r2:eth1", "r9:eth1"]
    - endpoints: ["r2:eth0", "r1:eth1"]
    - endpoints: ["r2"]
    - endpoint: []
"#;
    let all = errors(text);
    for expected in [
        "t.clab.yml:4:16: unknown kind `linx`; did you mean `linux`?",
        "t.clab.yml:5:24: unknown key `imagge` in a node; did you mean `image`?",
        "t.clab.yml:7:30: no node `r9`; did you mean `r1`?",
        "t.clab.yml:8:19: `eth0` is the management interface",
        "t.clab.yml:9:18: found 1 endpoints, a cable has 2",
        "t.clab.yml:10:7: a link needs `endpoints`",
        "t.clab.yml:10:7: unknown key `endpoint` in a link; did you mean `endpoints`?",
    ] {
        assert!(all.contains(expected), "{expected}\nnot in\n{all}");
    }
}

#[test]
fn an_interface_has_one_cable() {
    let text = r#"
name: x
topology:
  nodes: {a: {kind: bridge}, b: {kind: bridge}}
  links:
    - endpoints: ["a:eth1", "b:eth1"]
    - endpoints: ["b:eth2", "a:eth1"]
"#;
    assert_eq!(errors(text), "t.clab.yml:7:7: `a:eth1` already has a cable");
}

#[test]
fn known_keys_without_meaning_here_get_one_warning() {
    let text = PAIR.replace("{kind: linux}", "{kind: linux, memory: 1gb}");
    let t = read(&text).unwrap();
    assert_eq!(t.warnings.len(), 1);
    assert!(t.warnings[0].to_string().contains("`memory`"));
}

#[test]
fn a_bridge_in_a_container_needs_no_host() {
    let text = r#"
name: lan
topology:
  nodes:
    sw: {kind: linux, image: "alpine:3"}
    "br0|sw": {kind: bridge, network-mode: "container:sw"}
    h1: {kind: linux, image: "alpine:3"}
  links:
    - endpoints: ["h1:eth1", "br0|sw:h1-eth1"]
"#;
    let t = read(text).unwrap();
    let names: Vec<_> = t.nodes.iter().map(|n| (n.name.as_str(), n.role.name())).collect();
    assert_eq!(names, [("br0|sw", "switch"), ("h1", "host")]);
}

#[test]
fn settings_are_inherited_from_defaults_kinds_and_groups() {
    let text = r#"
name: x
topology:
  defaults: {kind: linux, exec: ["ip link set eth1 up"]}
  kinds: {linux: {image: "routerd:latest"}}
  groups: {hosts: {image: "alpine:3"}}
  nodes:
    r1:
    h1: {group: hosts, exec: ["ip addr add 10.0.0.2/24 dev eth1"]}
"#;
    let t = read(text).unwrap();
    assert_eq!(t.nodes.iter().map(|n| n.role.name()).collect::<Vec<_>>(), ["router", "host"]);
    assert_eq!(t.nodes[1].role.config().unwrap().interfaces["eth1"].addresses.len(), 1);
}

#[test]
fn a_host_forwards_when_its_kernel_is_told_to() {
    let text =
        PAIR.replace("image: alpine:3\n", "image: alpine:3\n      sysctls: {net.ipv4.ip_forward: 1}\n");
    let t = read(&text).unwrap();
    assert!(t.nodes[1].role.config().unwrap().forwarding.ipv4);
}

#[test]
fn other_daemons_are_known_to_be_foreign() {
    let text = r#"
name: x
topology:
  nodes:
    f: {kind: linux, image: "quay.io/frrouting/frr:10.2"}
    b: {kind: linux, image: mine, binds: ["b.conf:/etc/bird/bird.conf"]}
    s: {kind: nokia_srlinux, image: srl}
"#;
    let t = read(text).unwrap();
    assert!(t.nodes.iter().all(|n| matches!(n.role, Role::Foreign(_))));
}

#[test]
fn a_configuration_that_cannot_be_read_is_an_error_at_its_bind() {
    let text = r#"name: x
topology:
  nodes:
    r1: {kind: linux, binds: ["configs/__clabNodeName__.yaml:/etc/routerd/routerd.yaml"]}
"#;
    assert!(errors(text).starts_with("t.clab.yml:4:31: cannot read ./configs/r1.yaml"), "{}", errors(text));
}

#[test]
fn link_addresses_configure_hosts() {
    let text = PAIR
        .replace("[\"r1:eth1\", \"h1:eth1\"]", "[\"r1:eth1\", \"h1:eth1\"]\n      ipv4: [\"\", 10.7.0.2/24]");
    let t = read(&text).unwrap();
    let addresses = &t.nodes[1].role.config().unwrap().interfaces["eth1"].addresses;
    assert!(addresses.iter().any(|a| a.to_string() == "10.7.0.2/24"));
}

/// Every key of containerlab's own schema is either read or known to be ignored; none is unknown to us.
#[test]
fn every_key_of_the_schema_is_known() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/containerlab/clab.schema.json");
    let Ok(schema) = std::fs::read_to_string(schema) else { return };
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let keys = schema["definitions"]["node-config"]["properties"].as_object().unwrap();
    assert!(keys.len() > 40);
    let read = ["kind", "group", "image", "network-mode", "binds", "exec", "sysctls", "labels", "env"];
    for key in keys.keys() {
        assert!(read.contains(&key.as_str()) || IGNORED_NODE_KEYS.contains(&key.as_str()), "{key}");
    }
}

#[test]
fn mutated_topologies_never_panic() {
    let mut rng = proto::Rng::new(11);
    for _ in 0..3000 {
        let mut bytes = PAIR.as_bytes().to_vec();
        for _ in 0..1 + rng.below(8) {
            let at = usize::try_from(rng.below(bytes.len() as u64)).unwrap();
            match rng.below(3) {
                0 => bytes[at] = b" :-{}[]\"'&*#!|>\n\ta0"[usize::try_from(rng.below(19)).unwrap()],
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, bytes[at]),
            }
        }
        let _ = read(&String::from_utf8_lossy(&bytes));
    }
}
