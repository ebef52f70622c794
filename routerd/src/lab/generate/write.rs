//! A graph as a lab: topology, configurations, checks, README. Text out of text; nothing is read.

use super::shape::Graph;
use super::{Proto, Wish};
use core::net::Ipv4Addr;
use std::fmt::Write;

/// A file: its path within the lab's folder, and what is in it.
pub type File = (String, String);

/// From here on loopbacks; from `LINKS` on, four addresses a cable.
const LOOPBACKS: u32 = u32::from_be_bytes([10, 255, 0, 0]);
const LINKS: u32 = u32::from_be_bytes([10, 0, 0, 0]);
/// Hops RIP can count, less one for the redistributed and one to spare.
const RIP_REACH: usize = 14;
/// From here on checks of every pair of a router and an address take longer than they tell.
const MANY: usize = 200;

/// Every file of the lab.
pub fn lab(wish: &Wish, graph: &Graph) -> Vec<File> {
    let mut files = vec![
        (format!("{}.clab.yml", wish.name), topology(wish, graph)),
        ("checks.yaml".to_owned(), checks(wish, graph)),
        ("README.md".to_owned(), readme(wish, graph)),
    ];
    let ends = ends(graph);
    for (index, name) in graph.names.iter().enumerate() {
        let mine = ends.get(index).map(Vec::as_slice).unwrap_or_default();
        files.push((format!("configs/{name}.yaml"), config(wish, graph, index, mine)));
    }
    files
}

/// One end of a cable: its number, the interface, who is at the other end.
struct End {
    cable: usize,
    interface: String,
    far: usize,
    first: bool,
}

impl End {
    fn address(&self) -> Ipv4Addr {
        link_address(self.cable, self.first)
    }

    fn far_address(&self) -> Ipv4Addr {
        link_address(self.cable, !self.first)
    }
}

fn link_address(cable: usize, first: bool) -> Ipv4Addr {
    let offset = u32::try_from(cable).unwrap_or(u32::MAX).saturating_mul(4);
    Ipv4Addr::from(LINKS.saturating_add(offset).saturating_add(if first { 1 } else { 2 }))
}

fn loopback(router: usize) -> Ipv4Addr {
    Ipv4Addr::from(LOOPBACKS.saturating_add(u32::try_from(router).unwrap_or(0)).saturating_add(1))
}

fn ends(graph: &Graph) -> Vec<Vec<End>> {
    let mut all: Vec<Vec<End>> = graph.names.iter().map(|_| Vec::new()).collect();
    for (cable, (a, b)) in graph.cables.iter().enumerate() {
        for (here, far, first) in [(*a, *b, true), (*b, *a, false)] {
            if let Some(list) = all.get_mut(here) {
                let interface = format!("eth{}", list.len() + 1);
                list.push(End { cable, interface, far, first });
            }
        }
    }
    all
}

fn name(graph: &Graph, router: usize) -> &str {
    graph.names.get(router).map_or("?", String::as_str)
}

fn topology(wish: &Wish, graph: &Graph) -> String {
    let mut out = format!(
        "# {} routers, {} cables: routerd lab generate {}\nname: {}\n\ntopology:\n  defaults:\n    kind: linux\n    \
         image: routerd:latest\n    binds:\n      - configs/__clabNodeName__.yaml:/etc/routerd/routerd.yaml\n    \
         sysctls:\n      # The kernel of the container must not answer for the router.\n      net.ipv4.ip_forward: 0\n      \
         net.ipv6.conf.all.disable_ipv6: 1\n      net.ipv6.conf.default.disable_ipv6: 1\n  nodes:\n",
        graph.names.len(),
        graph.cables.len(),
        wish.words(),
        wish.name
    );
    graph.names.iter().for_each(|n| out.push_str(&format!("    {n}: {{}}\n")));
    out.push_str("  links:\n");
    let ends = ends(graph);
    let interface = |router: usize, cable: usize| {
        let found = ends.get(router).into_iter().flatten().find(|e| e.cable == cable);
        found.map_or("", |e| e.interface.as_str())
    };
    for (cable, (a, b)) in graph.cables.iter().enumerate() {
        let _ = writeln!(
            out,
            "    - {{endpoints: [\"{}:{}\", \"{}:{}\"], mtu: 1500}}",
            name(graph, *a),
            interface(*a, cable),
            name(graph, *b),
            interface(*b, cable)
        );
    }
    out
}

fn config(wish: &Wish, graph: &Graph, router: usize, ends: &[End]) -> String {
    let mut out = format!(
        "hostname: {}\ninterfaces:\n  lo: {{addresses: [{}/32]}}\n",
        name(graph, router),
        loopback(router)
    );
    for end in ends {
        let _ = writeln!(
            out,
            "  {}: {{description: to {}, addresses: [{}/30]}}",
            end.interface,
            name(graph, end.far),
            end.address()
        );
    }
    match wish.proto {
        Proto::Ospf => {
            let _ = write!(
                out,
                "ospf:\n  router-id: {}\n  networks:\n    - {{prefix: 10.0.0.0/8, area: 0}}\n  interfaces:\n",
                loopback(router)
            );
            for end in ends {
                let _ = writeln!(
                    out,
                    "    {}: {{network: point-to-point, cost: 10, hello-interval: 2, dead-interval: 8}}",
                    end.interface
                );
            }
        }
        Proto::Rip => out.push_str(
            "rip:\n  version: 2\n  networks: [10.0.0.0/8]\n  timers: {update: 2, timeout: 12, garbage: 8}\n",
        ),
        Proto::Bgp => {
            let system = |router: usize| asn(graph, router);
            let _ = write!(
                out,
                "bgp:\n  asn: {}\n  router-id: {}\n  ebgp-requires-policy: false\n  timers: {{keepalive: 3, hold: 9}}\n  \
                 bestpath: {{multipath-relax: true}}\n  neighbors:\n",
                system(router),
                loopback(router)
            );
            for end in ends {
                let _ = writeln!(
                    out,
                    "    {}: {{remote-as: {}, description: {}, connect-retry: 5}}",
                    end.far_address(),
                    system(end.far),
                    name(graph, end.far)
                );
            }
            let _ = write!(
                out,
                "  families:\n    ipv4-unicast:\n      networks:\n        {}/32: {{}}\n",
                loopback(router)
            );
            // Of a cable one end tells, so that nobody hears the same twice.
            for end in ends.iter().filter(|e| e.first) {
                let _ = writeln!(out, "        {}/30: {{}}", Ipv4Addr::from(u32::from(end.address()) & !3));
            }
        }
    }
    out
}

/// Two octets where they are enough, private ones of four otherwise (RFC 6996).
fn asn(graph: &Graph, router: usize) -> u32 {
    let systems = graph.systems.iter().max().map_or(0, |m| m + 1);
    let first: u32 = if systems <= 1000 { 64_512 } else { 4_200_000_000 };
    let number = graph.systems.get(router).copied().unwrap_or(router);
    first.saturating_add(u32::try_from(number).unwrap_or(0))
}

/// Whether every router can reach every other by this protocol.
fn in_reach(wish: &Wish, graph: &Graph) -> bool {
    wish.proto != Proto::Rip || graph.reach() <= RIP_REACH
}

/// Whether neighbors in one autonomous system refuse each other's paths: only what goes up and down the tree arrives.
fn every_path_is_told(wish: &Wish, graph: &Graph) -> bool {
    let distinct = graph.systems.iter().collect::<std::collections::BTreeSet<_>>().len();
    wish.proto != Proto::Bgp || distinct == graph.systems.len()
}

fn checks(wish: &Wish, graph: &Graph) -> String {
    let oracle = match wish.proto {
        Proto::Ospf => "ospf",
        Proto::Rip => "rip",
        Proto::Bgp => "",
    };
    let mut at_rest = String::from("      - {wait: converged, within: 600s}\n");
    if !oracle.is_empty() {
        let _ = writeln!(at_rest, "      - tables-equal-oracle: {oracle}");
    }
    at_rest.push_str("      - no-loops: true\n");
    if in_reach(wish, graph) && every_path_is_told(wish, graph) && graph.names.len() <= MANY {
        at_rest.push_str("      - reachable: all\n");
    }
    let last = graph.names.len().saturating_sub(1);
    let ping = format!(
        "      - {{within: 5s, ping: {{from: {}, to: {}, source: {}}}}}\n",
        name(graph, 0),
        loopback(last),
        loopback(0)
    );
    let far = graph.hops(0, None).get(last).copied().flatten().unwrap_or(0);
    let can_ping = wish.proto != Proto::Rip || far < 15;
    let mut out = format!(
        "# routerd lab check: what this lab promises.\nseed: 1\nscenarios:\n  - name: at rest\n    steps:\n{at_rest}"
    );
    if can_ping {
        out.push_str(&ping);
    }
    if let Some(cut) = (0..graph.cables.len().min(MANY)).find(|c| graph.is_connected(Some(*c)))
        && let Some((a, _)) = graph.cables.get(cut)
        && let Some(end) = ends(graph).get(*a).into_iter().flatten().find(|e| e.cable == cut)
    {
        let end = format!("{}:{}", name(graph, *a), end.interface);
        let without = graph.hops(0, Some(cut)).get(last).copied().flatten().unwrap_or(0);
        let _ = write!(
            out,
            "\n  - name: a cable is pulled\n    steps:\n      - {{wait: converged, within: 600s}}\n      - cut: {end}\n      \
             - {{wait: converged, within: 600s}}\n      - no-loops: true\n"
        );
        if !oracle.is_empty() {
            let _ = writeln!(out, "      - tables-equal-oracle: {oracle}");
        }
        if wish.proto != Proto::Rip || without < 15 {
            out.push_str(&ping);
        }
        let _ = write!(out, "      - heal: {end}\n{at_rest}");
    }
    out
}

fn readme(wish: &Wish, graph: &Graph) -> String {
    let proto = wish.proto.title();
    let mut out = format!(
        "# {}\n\nA {} of {} routers and {} cables that speak {proto}, made by\n\n```\nrouterd lab generate {}\n```\n\n",
        wish.name,
        wish.kind,
        graph.names.len(),
        graph.cables.len(),
        wish.words()
    );
    out.push_str(
        "Router number N has the loopback 10.255.0.0 + N; cable number N, counted from 0, has the four addresses from \
         10.0.0.0 + 4 N on. Timers are short, so that nothing has to be waited for.\n\n```\n",
    );
    let file = format!("{}.clab.yml", wish.name);
    let first = name(graph, 0);
    let _ = write!(
        out,
        "routerd lab {file}                     in one process\nrouterd lab check {file}               its checks, in virtual time\n\
         routerd lab deploy {file}              namespaces and processes\nrouterd lab cli {file} {first} -c 'show ip route'\n\
         routerd lab check {file} --mode netns  the same checks on them\nrouterd lab destroy {file}\n```\n"
    );
    if !in_reach(wish, graph) {
        out.push_str(
            "\nThe network is wider than RIP can count: what is 16 hops away is unreachable, and the checks expect that.\n",
        );
    }
    if !every_path_is_told(wish, graph) {
        out.push_str(
            "\nRouters of one tier share an autonomous system, so none of them takes a path that has been at another of \
             them: nothing goes down and up again.\n",
        );
    }
    out
}
