//! The same router from YAML and from IOS-style text: one configuration, one behaviour.
//!
//! ```text
//!  a ── 10.0.1.0/24 ── r1 (routerd, YAML or text) ── 10.0.12.0/24 ── r2 (routerd) ── 10.0.2.0/24 ── b
//! ```

use std::time::Duration;
use tests::netns::{Line, Owner, Router};

const YAML: &str = "
hostname: r1
interfaces:
  eth1:
    description: the left LAN
    addresses: [10.0.1.1/24, \"2001:db8:1::1/64\"]
  eth2:
    addresses: [10.0.12.1/24, \"2001:db8:12::1/64\"]
routes:
  - { prefix: 203.0.113.0/24, type: blackhole, tag: 99 }
  - { prefix: \"2001:db8:2::/64\", via: \"2001:db8:12::2\" }
policy:
  route-maps:
    OUT:
      - { seq: 10, action: permit, set: { metric: 3 } }
  key-chains:
    K:
      - { id: 7, key-string: s3cret }
rip:
  networks: [10.0.0.0/8]
  redistribute: { static: { route-map: OUT } }
  timers: { update: 5, timeout: 15, garbage: 10 }
  interfaces:
    eth2: { authentication: { mode: md5, key-chain: K } }
";

const TEXT: &str = "
frr version 8.4.4
frr defaults traditional
hostname r1
!
key chain K
 key 7
  key-string s3cret
 exit
exit
!
interface eth1
 description the left LAN
 ip address 10.0.1.1/24
 ipv6 address 2001:db8:1::1/64
exit
!
interface eth2
 ip address 10.0.12.1/24
 ipv6 address 2001:db8:12::1/64
 ip rip authentication key-chain K
 ip rip authentication mode md5
exit
!
ip route 203.0.113.0/24 blackhole tag 99
ipv6 route 2001:db8:2::/64 2001:db8:12::2
!
router rip
 network 10.0.0.0/8
 redistribute static route-map OUT
 timers basic 5 15 10
exit
!
route-map OUT permit 10
 set metric 3
exit
!
end
";

const PEER: &str = "
policy:
  key-chains:
    K:
      - { id: 7, key-string: s3cret }
rip:
  networks: [10.0.0.0/8]
  timers: { update: 5, timeout: 15, garbage: 10 }
  interfaces:
    eth1: { authentication: { mode: md5, key-chain: K } }
";

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn a_router_from_ios_style_text_equals_the_one_from_yaml() {
    let line = Line::new("text", Owner::Routerd, Owner::Routerd);
    let peer = Router::start(&line.net, &line.r2, &format!("{}{PEER}", Line::R2));
    let forms = [("r1.yaml", YAML), ("r1.conf", TEXT)].map(|(name, content)| {
        let file = line.net.path(name);
        std::fs::write(&file, content).expect("the scenario's folder is ours");
        let router = Router::start_file(&line.net, &line.r1, &file);
        router.wait_route("10.0.2.0/24", "rip", Duration::from_secs(20));
        let told = peer.wait_route("203.0.113.0/24", "rip", Duration::from_secs(20));
        assert_eq!((&told["metric"], &told["tag"]), (&4.into(), &99.into()), "{name}: {told:#}");
        line.there().to_be_pinged();
        (router.show("show running-config"), router.show("show running-config yaml"))
    });
    assert_eq!(forms[0].0, forms[1].0, "as text");
    assert_eq!(forms[0].1, forms[1].1, "as YAML");
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn what_a_router_writes_as_text_or_yaml_starts_the_same_router() {
    let line = Line::new("written", Owner::Routerd, Owner::Routerd);
    let first = line.net.path("r1.yaml");
    std::fs::write(&first, YAML).expect("the scenario's folder is ours");
    let (text, yaml) = {
        let router = Router::start_file(&line.net, &line.r1, &first);
        (router.show("show running-config"), router.show("show running-config yaml"))
    };
    for (name, content) in [("again.conf", &text), ("again.yaml", &yaml)] {
        let file = line.net.path(name);
        std::fs::write(&file, content).expect("the scenario's folder is ours");
        let router = Router::start_file(&line.net, &line.r1, &file);
        assert_eq!(router.show("show running-config"), text, "{name}");
    }
}
