//! OSPF in the lab, compared with the graph.

use super::super::*;
use super::secs;
use crate::lab::record::Format;
use crate::lab::topology::Role;
use configs::Config;
use fib::Protocol;

/// A router whose interfaces are `(name, address)`, with more lines of its OSPF section.
fn router(interfaces: &[(&str, &str)], ospf: &str) -> Config {
    let each = interfaces.iter().map(|(name, address)| format!("  {name}: {{addresses: [{address}]}}\n"));
    let text = format!(
        "interfaces:\n{}ospf:\n  networks: [{{prefix: 10.0.0.0/8, area: 0}}]\n{ospf}",
        each.collect::<String>()
    );
    configs::yaml::parse(&text, "lab.yaml").unwrap_or_else(|e| panic!("{e}"))
}

/// A square with a dear side, and a loopback on each corner.
fn square() -> Topology {
    let costs = "  interfaces: {a: {cost: 100}}\n";
    Topology::new("square")
        .router("r1", router(&[("a", "10.0.12.1/24"), ("b", "10.0.14.1/24"), ("lo", "10.255.0.1/32")], costs))
        .router("r2", router(&[("a", "10.0.12.2/24"), ("b", "10.0.23.2/24"), ("lo", "10.255.0.2/32")], costs))
        .router("r3", router(&[("a", "10.0.34.3/24"), ("b", "10.0.23.3/24"), ("lo", "10.255.0.3/32")], ""))
        .router("r4", router(&[("a", "10.0.34.4/24"), ("b", "10.0.14.4/24"), ("lo", "10.255.0.4/32")], ""))
        .link("r1:a", "r2:a")
        .link("r2:b", "r3:b")
        .link("r3:a", "r4:a")
        .link("r4:b", "r1:b")
}

fn lab(topology: Topology) -> Lab {
    let mut lab = Lab::new(topology, 1).unwrap();
    lab.converge().unwrap();
    lab
}

fn metric(lab: &mut Lab, node: &str, prefix: &str) -> Option<(Protocol, u32)> {
    lab.route(node, prefix.parse().unwrap()).map(|r| (r.protocol, r.metric))
}

#[test]
fn tables_equal_the_weighted_graph_before_and_after_a_cut() {
    let mut lab = lab(square());
    assert_eq!(lab.compare_with_oracle(), []);
    assert_eq!(
        metric(&mut lab, "r1", "10.255.0.2/32"),
        Some((Protocol::Ospf, 30)),
        "the long way is cheaper"
    );
    assert!(lab.ping("r1", "r2").answered());
    lab.cut("r3:a").unwrap();
    assert!(lab.ping("r1", "r2").within(secs(2)));
    lab.converge().unwrap();
    assert_eq!(metric(&mut lab, "r1", "10.255.0.2/32"), Some((Protocol::Ospf, 100)));
    assert_eq!((lab.compare_with_oracle(), lab.find_loop()), (vec![], None));
    lab.kill("r2").unwrap();
    lab.converge().unwrap();
    assert_eq!(lab.compare_with_oracle(), []);
}

#[test]
fn tables_equal_the_graph_on_a_lan_when_its_designated_router_dies() {
    let on = |n: u8| router(&[("lan", &format!("10.0.0.{n}/24")), ("lo", &format!("10.255.0.{n}/32"))], "");
    let topology = (1..=4).fold(Topology::new("lan").switch("sw"), |t, n| {
        let name = format!("r{n}");
        t.router(&name, on(n)).link(&format!("{name}:lan"), &format!("sw:{n}"))
    });
    let mut lab = lab(topology);
    assert_eq!(lab.compare_with_oracle(), []);
    lab.kill("r4").unwrap();
    lab.converge().unwrap();
    assert_eq!(lab.compare_with_oracle(), []);
    assert_eq!(metric(&mut lab, "r1", "10.255.0.4/32"), None);
}

/// Backbone r2 - r3; r1 hangs on r2 in area 1, r4 on r3 in area 2.
fn areas() -> Topology {
    let area = |names: &str| format!("  interfaces: {{{names}}}\n");
    Topology::new("areas")
        .router(
            "r1",
            router(&[("a", "10.0.12.1/24"), ("lo", "10.255.0.1/32")], &area("a: {area: 1}, lo: {area: 1}")),
        )
        .router(
            "r2",
            router(
                &[("a", "10.0.12.2/24"), ("b", "10.0.23.2/24"), ("lo", "10.255.0.2/32")],
                &area("a: {area: 1}"),
            ),
        )
        .router(
            "r3",
            router(
                &[("a", "10.0.34.3/24"), ("b", "10.0.23.3/24"), ("lo", "10.255.0.3/32")],
                &area("a: {area: 2}"),
            ),
        )
        .router(
            "r4",
            router(&[("a", "10.0.34.4/24"), ("lo", "10.255.0.4/32")], &area("a: {area: 2}, lo: {area: 2}")),
        )
        .link("r1:a", "r2:a")
        .link("r2:b", "r3:b")
        .link("r3:a", "r4:a")
}

#[test]
fn tables_equal_the_graph_over_areas() {
    let mut lab = lab(areas());
    assert_eq!(lab.compare_with_oracle(), []);
    assert_eq!(metric(&mut lab, "r1", "10.255.0.4/32"), Some((Protocol::Ospf, 30)));
    assert!(lab.ping("r1", "r4").answered());
}

#[test]
fn a_virtual_link_carries_the_backbone_through_an_area() {
    // Area 2 hangs on r3, which has the backbone only by its virtual link to r1 through area 1.
    let link = |to: u8| format!("  areas: {{1: {{virtual-links: {{10.255.0.{to}: {{}}}}}}}}\n");
    let area = |names: &str| format!("  interfaces: {{{names}}}\n");
    let topology = Topology::new("virtual")
        .router(
            "r1",
            router(&[("a", "10.0.12.1/24"), ("lo", "10.255.0.1/32")], &(area("a: {area: 1}") + &link(3))),
        )
        .router(
            "r2",
            router(&[("a", "10.0.12.2/24"), ("b", "10.0.23.2/24")], &area("a: {area: 1}, b: {area: 1}")),
        )
        .router(
            "r3",
            router(
                &[("b", "10.0.23.3/24"), ("c", "10.0.34.3/24"), ("lo", "10.255.0.3/32")],
                &(area("b: {area: 1}, c: {area: 2}, lo: {area: 2}") + &link(1)),
            ),
        )
        .router(
            "r4",
            router(&[("c", "10.0.34.4/24"), ("lo", "10.255.0.4/32")], &area("c: {area: 2}, lo: {area: 2}")),
        )
        .link("r1:a", "r2:a")
        .link("r2:b", "r3:b")
        .link("r3:c", "r4:c");
    let mut lab = lab(topology);
    lab.run_for(secs(60));
    assert_eq!(metric(&mut lab, "r1", "10.255.0.4/32"), Some((Protocol::Ospf, 30)));
    assert_eq!(metric(&mut lab, "r4", "10.255.0.1/32"), Some((Protocol::Ospf, 30)));
    assert!(lab.ping("r1", "r4").answered());
}

#[test]
fn links_without_numbers_carry_packets() {
    let on = |n: u8| {
        let address = format!("10.255.0.{n}/32");
        let links = "  interfaces: {a: {network: point-to-point}, b: {network: point-to-point}}\n";
        router(&[("a", &address), ("b", &address), ("lo", &address)], links)
    };
    let topology = Topology::new("unnumbered")
        .router("r1", on(1))
        .router("r2", on(2))
        .router("r3", on(3))
        .link("r1:b", "r2:a")
        .link("r2:b", "r3:a");
    let mut lab = lab(topology);
    assert_eq!(metric(&mut lab, "r1", "10.255.0.3/32"), Some((Protocol::Ospf, 20)));
    assert_eq!(lab.compare_with_oracle(), []);
    assert!(lab.ping("r1", "r3").answered());
}

#[test]
fn tables_equal_the_graph_with_external_routes_of_both_types() {
    let mut topology = areas();
    for (node, kind) in [("r1", "1"), ("r4", "2")] {
        let node = topology.nodes.iter_mut().find(|n| n.name == node).unwrap();
        let Role::Router(config) = &mut node.role else { panic!("a router") };
        let text = format!("ospf: {{redistribute: {{static: {{metric-type: {kind}, metric: 7}}}}}}");
        let more = configs::yaml::parse(&text, "lab.yaml").unwrap();
        config.ospf.as_mut().unwrap().redistribute = more.ospf.unwrap().redistribute;
        let route = format!("routes: [{{prefix: 198.51.10{kind}.0/24, type: blackhole}}]");
        config.routes = configs::yaml::parse(&route, "lab.yaml").unwrap().routes;
    }
    let mut lab = lab(topology);
    assert_eq!(metric(&mut lab, "r4", "198.51.101.0/24"), Some((Protocol::Ospf, 37)), "type 1 adds the way");
    assert_eq!(metric(&mut lab, "r1", "198.51.102.0/24"), Some((Protocol::Ospf, 7)), "type 2 does not");
    assert_eq!(lab.compare_with_oracle(), []);
}

#[test]
fn a_trace_tells_what_ospf_says() {
    let mut lab = Lab::new(square(), 1).unwrap();
    lab.start_trace(Format::Json);
    lab.run_for(secs(60));
    let trace = String::from_utf8(lab.take_trace()).unwrap();
    for what in ["OSPF hello 10.255.0.1 area 0.0.0.0", "OSPF database description", "OSPF link state update"]
    {
        assert!(trace.contains(what), "{what}");
    }
    assert!(!trace.contains("unreadable"));
}

#[test]
fn equal_seeds_give_equal_bytes_on_every_wire() {
    let run = |seed| {
        let mut lab = Lab::new(square(), seed).unwrap();
        lab.run_for(secs(90));
        (lab.digest(), lab.frames())
    };
    assert_eq!(run(7), run(7));
}
