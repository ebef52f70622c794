//! The lab as a whole: a notebook of what a network does when it is cut, killed, traced and asked.

mod bgp;
mod chaos;
mod health;
mod ospf;

use super::record::Format;
use super::*;
use cli::reply::PingOutcome;
use configs::Config;
use configs::config::Interface;
use core::time::Duration;
use fib::Instant;

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A router with these addresses and RIP with an update every 2 s on all of them.
fn router(interfaces: &[(&str, &str)]) -> Config {
    let mut config = Config::default();
    for (name, address) in interfaces {
        let addresses = vec![address.parse().unwrap()];
        config.interfaces.insert((*name).to_owned(), Interface { addresses, ..Interface::default() });
    }
    let timers = rip::config::TimersConfig { update: 2, timeout: 12, garbage: 8, holddown: 0 };
    let networks = vec!["10.0.0.0/8".parse().unwrap()];
    config.rip = Some(rip::config::Config { networks, timers, ..rip::config::Config::default() });
    config
}

/// h1 - r1 - r2 - h2, and a second way r1 - r3 - r2.
fn square() -> Topology {
    Topology::new("square")
        .router("r1", router(&[("h", "10.1.0.1/24"), ("a", "10.0.12.1/24"), ("b", "10.0.13.1/24")]))
        .router("r2", router(&[("h", "10.2.0.1/24"), ("a", "10.0.12.2/24"), ("b", "10.0.23.2/24")]))
        .router("r3", router(&[("a", "10.0.13.3/24"), ("b", "10.0.23.3/24")]))
        .host("h1", &["ip addr add 10.1.0.2/24 dev eth1", "ip route add default via 10.1.0.1"])
        .host("h2", &["ip addr add 10.2.0.2/24 dev eth1", "ip route add default via 10.2.0.1"])
        .link("r1:a", "r2:a")
        .link("r1:b", "r3:a")
        .link("r2:b", "r3:b")
        .link("r1:h", "h1:eth1")
        .link("r2:h", "h2:eth1")
}

fn lab() -> Lab {
    let mut lab = Lab::new(square(), 1).unwrap();
    lab.converge().unwrap();
    lab
}

#[test]
fn a_cut_cable_moves_the_route_and_hosts_still_talk() {
    let mut lab = lab();
    assert!(lab.ping("h1", "h2").answered());
    lab.cut("r1:a").unwrap();
    assert!(lab.ping("h1", "h2").within(secs(5)));
    let path = lab.tables().path(lab.find("h1").unwrap(), "10.2.0.2".parse().unwrap());
    assert_eq!(path.unwrap(), ["h1", "r1", "r3", "r2", "h2"]);
    lab.heal("r1:a").unwrap();
    lab.converge().unwrap();
    assert_eq!(lab.compare_with_oracle(), []);
    assert_eq!(lab.find_loop(), None);
}

#[test]
fn the_oracle_sees_a_table_that_is_behind() {
    let mut lab = lab();
    assert_eq!(lab.compare_with_oracle(), []);
    // Both ends keep their carrier, so r1 still believes in the short way: the tables are right for the graph. A cut far
    // away is not known here at once.
    lab.cut("r2:h").unwrap();
    let behind = lab.compare_with_oracle();
    assert!(
        behind.iter().any(|d| d.node == "r1" && d.expected.is_none() && d.found == Some(2)),
        "{behind:?}"
    );
}

#[test]
fn a_dead_node_is_silent_and_its_neighbors_lose_the_carrier() {
    let mut lab = lab();
    lab.kill("r2").unwrap();
    assert!(lab.execute("r2", cli::Command::Show(cli::Show::Version)).unwrap_err().contains("switched off"));
    assert!(lab.route("r1", "10.0.12.0/24".parse().unwrap()).is_none(), "the cable to r2 has no carrier");
    assert!(!lab.ping("h1", "10.2.0.2").within(secs(2)));
    lab.revive("r2").unwrap();
    assert!(lab.ping("h1", "10.2.0.2").within(secs(10)));
    let reply = lab.execute("r2", cli::Command::Show(cli::Show::Version)).unwrap();
    let cli::Reply::Version(version) = reply else { panic!("{reply:?}") };
    assert!(version.uptime_us < lab.now().as_micros(), "its clock began when it was switched on again");
}

#[test]
fn what_is_on_a_cable_when_it_is_cut_is_lost() {
    let mut slow = square();
    for link in &mut slow.links {
        for impairment in &mut link.impairments {
            impairment.delay = secs(1);
        }
    }
    let mut lab = Lab::new(slow, 1).unwrap();
    // RIP's first words are on the way, and arrive nowhere.
    lab.run_for(Duration::from_millis(500));
    for end in ["r1:a", "r1:b", "r1:h"] {
        lab.cut(end).unwrap();
        lab.heal(end).unwrap();
    }
    lab.run_for(Duration::from_millis(900));
    assert!(lab.rip("r1").routes.iter().all(|r| r.next_hops.is_empty()), "nothing was learned");
}

#[test]
fn equal_seeds_give_equal_bytes_and_other_seeds_do_not() {
    let run = |seed| {
        let mut lab = Lab::new(square(), seed).unwrap();
        lab.start_trace(Format::Json);
        lab.run_for(secs(20));
        lab.cut("r1:a").unwrap();
        lab.ping("h1", "h2").within(secs(20));
        (lab.take_trace(), lab.digest())
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5).1, run(6).1);
}

#[test]
fn a_trace_begins_with_the_first_frame_of_all() {
    let mut lab = Lab::new(square(), 1).unwrap();
    lab.start_trace(Format::Json);
    lab.run_for(Duration::from_millis(1));
    let frames = lab.frames();
    let trace = String::from_utf8(lab.take_trace()).unwrap();
    let traced = trace.lines().filter(|l| l.contains("\"event\":\"frame\"")).count();
    assert_eq!(u64::try_from(traced).unwrap(), frames);
    assert!(trace.contains("RIPv2 request [everything]"), "{trace}");
}

#[test]
fn how_time_is_cut_into_steps_does_not_matter() {
    let run = |step: Duration| {
        let mut lab = Lab::new(square(), 3).unwrap();
        while lab.now() < Instant::from_secs(30) {
            lab.run_for(step);
        }
        lab.digest()
    };
    assert_eq!(run(secs(30)), run(Duration::from_millis(1)));
}

#[test]
fn a_switch_joins_many_and_its_loss_is_told_by_the_timeout_alone() {
    let on = |n: u8| router(&[("lan", &format!("10.0.0.{n}/24")), ("lo", &format!("10.255.0.{n}/32"))]);
    let topology = Topology::new("lan")
        .router("r1", on(1))
        .router("r2", on(2))
        .router("r3", on(3))
        .switch("sw")
        .link("r1:lan", "sw:1")
        .link("r2:lan", "sw:2")
        .link("r3:lan", "sw:3");
    let mut lab = Lab::new(topology, 1).unwrap();
    lab.converge().unwrap();
    assert_eq!(lab.compare_with_oracle(), []);
    assert!(lab.ping("r1", "10.255.0.3").answered());
    lab.kill("r3").unwrap();
    let lo = "10.255.0.3/32".parse().unwrap();
    lab.run_for(secs(5));
    assert!(lab.route("r1", lo).is_some(), "r1 keeps its carrier and cannot know yet");
    lab.run_for(secs(12));
    assert!(lab.route("r1", lo).is_none(), "the timeout of 12 s has passed");
}

#[test]
fn a_storm_of_looped_switches_does_not_stop_the_clock() {
    let topology = Topology::new("storm")
        .switch("a")
        .switch("b")
        .host("h1", &["ip addr add 10.0.0.1/24 dev eth1"])
        .link("a:1", "b:1")
        .link("a:2", "b:2")
        .link("a:3", "b:3")
        .link("h1:eth1", "a:4");
    let mut lab = Lab::new(topology, 1).unwrap();
    let _ = lab.ping_once("h1", "10.0.0.9".parse().unwrap(), None);
    lab.run_until(Instant::from_secs(3));
    assert!((1_000..1_000_000).contains(&lab.frames()), "it storms, within bounds: {}", lab.frames());
}

#[test]
fn a_one_way_loss_is_one_way() {
    let mut lab = lab();
    lab.change_link("r1:a", &"out.loss=100%".parse().unwrap()).unwrap();
    let links = lab.links();
    assert_eq!(links[0].impairments.map(|i| i.loss), [1.0, 0.0]);
    assert!(matches!(
        lab.ping_once("r1", "10.0.12.2".parse().unwrap(), None),
        Ok(PingOutcome::Timeout { .. } | PingOutcome::Unreachable { .. })
    ));
}

#[test]
fn names_that_do_not_exist_are_answered_with_those_that_do() {
    let mut lab = lab();
    assert!(lab.cut("r1:c").unwrap_err().contains("it has a, b, h"));
    assert!(lab.cut("r1").unwrap_err().contains("expected NODE:INTERFACE"));
    assert!(lab.kill("r11").unwrap_err().contains("did you mean `r1`?"));
    assert!("sideways".parse::<Change>().is_err());
    assert!("los=1%".parse::<Change>().unwrap_err().contains("did you mean `loss`?"));
}

#[test]
fn a_refused_configuration_line_is_named() {
    let mut lab = lab();
    lab.configure("r1", &["interface lo", "ip address 10.255.0.1/32"]).unwrap();
    assert!(lab.ping("h2", "10.255.0.1").within(secs(5)));
    let error = lab.configure("r1", &["interface lo", "no such thing"]).unwrap_err();
    assert!(error.starts_with("r1: `no such thing`"), "{error}");
}

#[test]
fn a_link_local_address_that_is_configured_is_listed_once() {
    let topology = Topology::new("pair")
        .router("r1", router(&[("a", "fe80::1/64")]))
        .router("r2", router(&[("a", "fe80::2/64")]))
        .link("r1:a", "r2:a");
    let mut lab = Lab::new(topology, 1).unwrap();
    lab.run_for(secs(1));
    let text = type_line(&mut lab, "r1", "show ipv6 neighbors").unwrap();
    assert_eq!(text.matches("fe80::1 ").count(), 1, "{text}");
}

#[test]
fn a_foreign_node_is_refused_by_name() {
    let mut topology = square();
    topology.nodes[2].role = topology::Role::Foreign("frr:10".to_owned());
    assert!(Lab::new(topology, 1).err().unwrap().contains("node r3 runs `frr:10`"));
}

/// Every lab of the repository: its topology is read, nothing in it is ignored, and its checks hold.
#[test]
fn every_lab_keeps_its_promises() {
    let labs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../labs");
    let mut folders: Vec<_> = std::fs::read_dir(labs).unwrap().map(|e| e.unwrap().path()).collect();
    // labs/k8s is no lab.
    folders.retain(|p| p.is_dir() && !p.ends_with("k8s"));
    folders.sort();
    assert!(folders.len() >= 2, "{folders:?}");
    for folder in folders {
        let topology = topology::load(Some(&folder)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(topology.warnings, []);
        let file = folder.join("checks.yaml").display().to_string();
        let list =
            checks::parse(&std::fs::read_to_string(&file).unwrap(), &file).unwrap_or_else(|e| panic!("{e}"));
        if topology.foreign().next().is_some() {
            assert!(Lab::new(topology, 1).is_err(), "{file}: nothing runs, nothing passes");
            continue;
        }
        let verdicts = checks::run(&topology, &list, list.seed.unwrap_or(1), |_| ()).unwrap().verdicts;
        let failed: Vec<String> = verdicts.iter().filter(|v| !v.passed).map(checks::print_line).collect();
        assert!(failed.is_empty(), "{file}:\n{}", failed.join("\n"));
    }
}
