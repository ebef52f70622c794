//! FRR and BIRD beside routerd in one topology.

use super::lab::{Lab, PATIENCE, kill9};
use tests::netns::{poll_until, ready};

const TOPOLOGY: &str = "\
name: @NAME@
topology:
  nodes:
    r1: {kind: linux, image: routerd, binds: [\"r1.yaml:/etc/routerd/routerd.yaml\"]}
    f1: {kind: linux, image: quay.io/frrouting/frr:8.4.4, binds: [\"f1.conf:/etc/frr/frr.conf\", \"daemons:/etc/frr/daemons\"]}
    b1: {kind: linux, image: bird:2.0, binds: [\"b1.conf:/etc/bird/bird.conf\"], exec: [\"ip addr add 10.0.3.3/24 dev eth1\"]}
  links:
    - endpoints: [r1:eth1, f1:eth1]
    - endpoints: [r1:eth2, b1:eth1]
";
const R1: &str = "\
hostname: r1
interfaces:
  lo: {addresses: [10.255.0.1/32]}
  eth1: {addresses: [10.0.2.1/24]}
  eth2: {addresses: [10.0.3.1/24]}
ospf:
  router-id: 10.255.0.1
  networks: [{prefix: 10.0.0.0/8, area: 0}]
  interfaces:
    eth1: {network: point-to-point, hello-interval: 1, dead-interval: 4}
    eth2: {network: point-to-point, hello-interval: 1, dead-interval: 4}
";
const F1: &str = "\
interface lo
 ip address 10.255.0.2/32
interface eth1
 ip address 10.0.2.2/24
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
router bgp 65002
 bgp router-id 10.255.0.2
 no bgp default ipv4-unicast
router rip
 network 10.0.2.0/24
router ospf
 ospf router-id 10.255.0.2
 network 10.0.0.0/8 area 0
";
const B1: &str = "\
router id 10.255.0.3;
protocol device { scan time 1; }
protocol direct { ipv4; }
protocol kernel { ipv4 { export all; }; }
protocol ospf v2 o { ipv4 { export none; }; area 0 {
  stubnet 10.255.0.3/32;
  interface \"eth1\" { type ptp; hello 1; dead 4; };
}; }
";

#[test]
#[ignore = "needs root"]
fn frr_and_bird_are_nodes_like_any_other() {
    if !ready(&["zebra", "bgpd", "ospfd", "vtysh", "bird", "birdc"]) {
        return;
    }
    let lab = Lab::empty("foreign");
    for (path, text) in [
        ("x.clab.yml", TOPOLOGY),
        ("r1.yaml", R1),
        ("f1.conf", F1),
        ("b1.conf", B1),
        ("daemons", "ospfd=yes\nbgpd=yes\n"),
    ] {
        lab.write(path, text);
    }
    lab.ok("deploy", &[]);
    lab.wait_route("r1", "10.255.0.2/32");
    lab.wait_route("r1", "10.255.0.3/32");
    poll_until(PATIENCE, "FRR knows BIRD's address", || {
        let text = lab.ok("cli", &["f1", "-c", "show ip route ospf"]);
        if text.contains("10.255.0.3/32") { Ok(()) } else { Err(text) }
    });
    poll_until(PATIENCE, "BIRD knows FRR's", || {
        let text = lab.ok("exec", &["b1", "birdc", "show", "route"]);
        if text.contains("10.255.0.2/32") { Ok(()) } else { Err(text) }
    });
    poll_until(PATIENCE, "and packets go through", || {
        let ping = lab.run("exec", &["b1", "ping", "-n", "-c", "1", "-W", "1", "10.255.0.2"]);
        if ping.success() { Ok(()) } else { Err(ping.stdout) }
    });
    // One file for several daemons: none takes what is another's for its own, also where that one does not run.
    let config = lab.ok("exec", &["f1", "vtysh", "-d", "bgpd", "-c", "show running-config"]);
    assert!(config.contains("router bgp 65002"), "{config}");
    assert!(!config.contains("network 10.0.2.0/24"), "{config}");
    // One that is killed comes back with its configuration.
    let ospfd = || {
        let text = std::fs::read_to_string(lab.runtime().join("f1/.ospfd.pid")).unwrap_or_default();
        text.split(' ').next().and_then(|pid| pid.parse::<i32>().ok())
    };
    let before = ospfd().unwrap();
    kill9(before);
    poll_until(PATIENCE, "another ospfd", || match ospfd() {
        Some(now) if now != before => Ok(()),
        other => Err(format!("{other:?}")),
    });
    poll_until(PATIENCE, "it knows what the one before knew", || {
        let text = lab.run("cli", &["f1", "-c", "show ip ospf neighbor"]).stdout;
        if text.contains("Full/") { Ok(()) } else { Err(text) }
    });
    lab.destroy();
}
