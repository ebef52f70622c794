use super::super::fake::{Fake, run_with};
use super::super::kernel;
use super::*;
use crate::reply::{InterfaceView, NeighborView, NextHopView, RouteView};
use fib::{Kind, Protocol};
use serde_json::json;

fn interface(name: &str, index: Option<u32>, addresses: &[&str]) -> InterfaceView {
    InterfaceView {
        name: name.to_owned(),
        index,
        description: None,
        admin_up: true,
        carrier: true,
        kind: if name == "lo" { "loopback" } else { "ethernet" }.to_owned(),
        mac: if name == "lo" { "" } else { "02:00:00:00:00:01" }.to_owned(),
        mtu: 9500,
        addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
        link_local: (name != "lo").then(|| "fe80::1".parse().unwrap()),
        last_change_us: None,
        transitions: 0,
        counters: vec![("rx-bytes".to_owned(), 42)],
    }
}

fn route(prefix: &str, protocol: Protocol, hops: &[(&str, &str)]) -> RouteView {
    let hop = |(gateway, interface): &(&str, &str)| NextHopView {
        gateway: gateway.parse().ok(),
        interface: Some((*interface).to_owned()),
        active: true,
        recursive: false,
        onlink: false,
        weight: 1,
        resolved: Vec::new(),
    };
    RouteView {
        prefix: prefix.parse().unwrap(),
        protocol,
        instance: 0,
        kind: Kind::Plain,
        distance: 0,
        metric: 0,
        tag: 0,
        selected: true,
        installed: true,
        age_us: 0,
        discard: None,
        local_kind: None,
        next_hops: hops.iter().map(hop).collect(),
        why_not: None,
        preferred_source: None,
    }
}

fn scene() -> (Fake, Kernel) {
    let mut fake = Fake {
        interfaces: vec![
            interface("lo", Some(1), &["10.255.0.1/32"]),
            interface("eth1", Some(4), &["10.0.0.1/24", "2001:db8::1/64"]),
            interface("eth9", None, &["10.9.0.1/24"]),
        ],
        routes: vec![
            route("10.0.0.0/24", Protocol::Connected, &[("", "eth1")]),
            route("10.7.0.0/16", Protocol::Rip, &[("10.0.0.2", "eth1")]),
            route("10.8.0.0/16", Protocol::Ospf, &[("10.0.0.2", "eth1"), ("10.0.1.2", "eth2")]),
        ],
        neighbors: vec![NeighborView {
            family: Family::V4,
            address: "10.0.0.2".parse().unwrap(),
            mac: Some("02:00:00:00:00:02".to_owned()),
            interface: "eth1".to_owned(),
            state: "reachable".to_owned(),
            age_us: None,
        }],
        ..Fake::default()
    };
    fake.config.interfaces.entry("eth1".to_owned()).or_default();
    let port = |index, name: &str, addresses: &[&str]| kernel::Port {
        index,
        name: name.to_owned(),
        mac: Some("02:42:ac:14:14:02".to_owned()),
        mtu: 1500,
        up: true,
        carrier: true,
        addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
    };
    let default = kernel::Route {
        prefix: "0.0.0.0/0".parse().unwrap(),
        gateway: "172.20.20.1".parse().ok(),
        interface: "eth0".to_owned(),
    };
    let ports = vec![
        port(1, "lo", &[]),
        port(7, "eth0", &["172.20.20.2/24"]),
        port(12, "eth1", &[]),
        port(13, "eth3", &["fe80::3/64"]),
    ];
    (fake, Kernel { ports, routes: vec![default] })
}

fn ip_in(fake: &mut Fake, kernel: &Kernel, line: &str) -> (String, Outcome) {
    let words: Vec<&str> = line.split_whitespace().collect();
    match parse(&words) {
        Ok(wish) => run_with(|out| run(&wish, fake, kernel, out)),
        Err(stop) => (String::new(), Err(stop)),
    }
}

fn ip(line: &str) -> String {
    let (mut fake, kernel) = scene();
    let (text, outcome) = ip_in(&mut fake, &kernel, line);
    assert_eq!(outcome, Ok(0), "{line}");
    text
}

fn ip_json(line: &str) -> Value {
    serde_json::from_str(&ip(line)).unwrap()
}

#[test]
fn addresses_are_the_router_s_and_management_is_the_kernel_s() {
    let eth1 = "\
12: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth1
       valid_lft forever preferred_lft forever
    inet6 2001:db8::1/64 scope global 
       valid_lft forever preferred_lft forever
    inet6 fe80::1/64 scope link 
       valid_lft forever preferred_lft forever
";
    assert_eq!(ip("addr show dev eth1"), eth1);
    assert_eq!(ip("a s eth1"), eth1);
    assert_eq!(
        ip("-br -4 addr"),
        "\
lo               UNKNOWN        10.255.0.1/32 
eth0             UP             172.20.20.2/24 
eth1             UP             10.0.0.1/24 
"
    );
    let all = ip_json("-j addr");
    let names: Vec<&str> = all.as_array().unwrap().iter().map(|i| i["ifname"].as_str().unwrap()).collect();
    assert_eq!(names, ["lo", "eth0", "eth1", "eth3"], "by the kernel's index; what is absent is not there");
    assert_eq!(all[2]["addr_info"][0]["local"], "10.0.0.1");
    assert_eq!(all[2]["addr_info"][0]["prefixlen"], 24);
    assert_eq!(all[2]["ifindex"], 12);
    let lines = ip("-o -4 addr show eth1");
    assert_eq!(
        lines,
        "12: eth1    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth1\\       valid_lft forever preferred_lft forever\n"
    );
}

#[test]
fn links_look_as_iproute2_prints_them() {
    assert_eq!(ip("link show eth1"), "\
12: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9500 qdisc noqueue state UP mode DEFAULT group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
");
    assert_eq!(
        ip("-br link show dev eth1"),
        "eth1             UP             02:00:00:00:00:01 <BROADCAST,MULTICAST,UP,LOWER_UP> \n"
    );
    assert_eq!(ip_json("-j -s link show eth1")[0]["stats64"]["rx"]["bytes"], 42);
    let (mut fake, kernel) = scene();
    let (text, outcome) = ip_in(&mut fake, &kernel, "-j link show eth7");
    assert_eq!(
        (text.as_str(), outcome),
        ("", Err(Stop::Failed("Device \"eth7\" does not exist.".to_owned(), 1)))
    );
}

#[test]
fn routes_are_those_of_main_and_others_have_tables_of_their_own() {
    assert_eq!(
        ip("route"),
        "\
10.0.0.0/24 dev eth1 proto kernel scope link
10.7.0.0/16 via 10.0.0.2 dev eth1 proto rip metric 20
10.8.0.0/16 proto ospf metric 20
\tnexthop via 10.0.0.2 dev eth1 weight 1
\tnexthop via 10.0.1.2 dev eth2 weight 1
"
    );
    assert_eq!(ip("r show proto rip").lines().count(), 1);
    assert_eq!(ip("r show 10.0.0.0/24 dev eth1").lines().count(), 1);
    assert_eq!(ip("r show via 10.0.1.2").lines().count(), 3);
    assert_eq!(ip("route show table mgmt"), "default via 172.20.20.1 dev eth0\n");
    let json = ip_json("-j route");
    assert_eq!(
        json[1],
        json!({
            "dst": "10.7.0.0/16", "gateway": "10.0.0.2", "dev": "eth1", "protocol": "rip", "metric": 20, "flags": [],
        })
    );
    assert_eq!(
        json[2]["nexthops"][1],
        json!({"gateway": "10.0.1.2", "dev": "eth2", "weight": 1, "flags": []})
    );
    assert_eq!(ip_json("-j -6 route show proto bgp"), json!([]));
    assert_eq!(ip("route get 10.0.0.77"), "10.0.0.77 dev eth1 src 10.0.0.1 \n");
}

#[test]
fn neighbors_are_shown_and_fixed() {
    assert_eq!(ip("neigh"), "10.0.0.2 dev eth1 lladdr 02:00:00:00:00:02 REACHABLE \n");
    let expected =
        json!([{"dst": "10.0.0.2", "dev": "eth1", "lladdr": "02:00:00:00:00:02", "state": ["REACHABLE"]}]);
    assert_eq!(ip_json("-j n show dev eth1"), expected);
    assert_eq!(ip_json("-j n show dev eth2"), json!([]));
    let (mut fake, kernel) = scene();
    let (_, outcome) =
        ip_in(&mut fake, &kernel, "neigh replace 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth1 nud permanent");
    assert_eq!(outcome, Ok(0));
    assert_eq!(fake.lines, ["eth1: arp 10.0.0.9 02:00:00:00:00:09"]);
}

/// The lines that commands come to, and what the last one said.
fn lines(commands: &[&str]) -> (Vec<String>, Outcome) {
    let (mut fake, kernel) = scene();
    let mut last = Ok(0);
    for command in commands {
        last = ip_in(&mut fake, &kernel, command).1;
        for i in &mut fake.interfaces {
            i.addresses =
                fake.config.interfaces.get(&i.name).map(|c| c.addresses.clone()).unwrap_or_default();
        }
    }
    (fake.lines, last)
}

#[test]
fn changes_are_changes_of_the_configuration() {
    let (changed, last) = lines(&[
        "addr add 10.1.0.2/24 dev eth3",
        "link set dev eth3 mtu 1400 up",
        "link set lo up",
        "-6 addr replace 2001:db8:1::2/64 dev eth3 nodad",
        "route replace default via 10.1.0.1",
        "route replace default via 10.1.0.9 dev eth3",
        "route add blackhole 10.66.0.0/16 metric 250",
        "route add 10.67.0.0/16 nexthop via 10.1.0.1 weight 2 nexthop via 10.1.0.9 dev eth3",
        "route add default via 2001:db8:1::1",
        "route del default",
    ]);
    assert_eq!(last, Ok(0));
    assert_eq!(
        changed,
        [
            "eth3: ip address 10.1.0.2/24",
            "eth3: mtu 1400",
            "eth3: no shutdown",
            "lo: no shutdown",
            "eth3: ipv6 address 2001:db8:1::2/64",
            "ip route 0.0.0.0/0 10.1.0.1",
            "ip route 0.0.0.0/0 10.1.0.9 eth3",
            "no ip route 0.0.0.0/0 10.1.0.1",
            "ip route 10.66.0.0/16 blackhole 250",
            "ip route 10.67.0.0/16 10.1.0.1 weight 2",
            "ip route 10.67.0.0/16 10.1.0.9 eth3",
            "ipv6 route ::/0 2001:db8:1::1",
            "no ip route 0.0.0.0/0 10.1.0.9 eth3",
        ]
    );
}

#[test]
fn what_a_kernel_would_refuse_is_refused_in_its_words() {
    let refusal = |commands: &[&str], why: &str| {
        let (_, last) = lines(commands);
        assert_eq!(last, Err(Stop::Failed(why.to_owned(), 2)), "{commands:?}");
    };
    refusal(&["a add 10.1.0.2/24 dev eth1", "a add 10.1.0.2/24 dev eth1"], "RTNETLINK answers: File exists");
    refusal(&["a del 10.1.0.2/24 dev eth1"], "RTNETLINK answers: Cannot assign requested address");
    refusal(
        &["r add 10.0.0.0/8 via 10.0.0.2", "r add 10.0.0.0/8 via 10.0.0.3"],
        "RTNETLINK answers: File exists",
    );
    refusal(&["r del 10.0.0.0/8"], "RTNETLINK answers: No such process");
    refusal(&["addr add 172.20.20.9/24 dev eth0"], "eth0 is the kernel's, not the router's: left alone");
    refusal(&["link set eth0 down"], "eth0 is the kernel's, not the router's: left alone");
    assert_eq!(lines(&["link set eth0 up"]), (Vec::new(), Ok(0)), "it is up");
    let (_, last) = lines(&["link set eth7 up"]);
    assert_eq!(last, Err(Stop::Failed("Cannot find device \"eth7\"".to_owned(), 1)));
}

#[test]
fn what_is_not_understood_is_a_question_of_usage() {
    for line in [
        "",
        "frob",
        "addr frob",
        "route show frob",
        "-x addr",
        "addr add 10.0.0.1/24",
        "addr add dev eth1",
        "link add x type dummy",
        "link set eth1 address 02:00:00:00:00:01",
        "route get",
        "neigh add 10.0.0.9 dev eth1",
        "rule add from all",
        "addr show eth1 eth2",
        "route flush table main",
        "-f ipx addr",
    ] {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(matches!(parse(&words), Err(Stop::Usage(_) | Stop::Failed(_, 2))), "{line}");
    }
    assert!(matches!(parse(&["addr", "help"]), Err(Stop::Print(_))));
}
