//! Random networks: an oracle that knows nothing of LSAs, and the kept calculation against one made afresh.

use super::*;
use petgraph::algo::dijkstra;
use petgraph::graph::{DiGraph, NodeIndex};
use proptest::prelude::*;
use proto::Rng;

/// A network as a picture, from which the LSAs are made.
#[derive(Clone, Debug, Default)]
struct Picture {
    routers: usize,
    /// From, to, cost there, cost back; numbered by their place.
    lines: Vec<(usize, usize, u16, u16)>,
    /// Routers on a LAN, each with its cost.
    lans: Vec<Vec<(usize, u16)>>,
    /// Router, number of the network, cost.
    stubs: Vec<(usize, u8, u16)>,
}

fn cost(rng: &mut Rng) -> u16 {
    1 + rng.below(4) as u16
}

impl Picture {
    fn random(rng: &mut Rng) -> Picture {
        let routers = 2 + rng.below(9) as usize;
        let any = |rng: &mut Rng| rng.below(routers as u64) as usize;
        let mut picture = Picture { routers, ..Picture::default() };
        for _ in 0..rng.below(2 * routers as u64 + 1) {
            let (a, b) = (any(rng), any(rng));
            if a != b {
                picture.lines.push((a, b, cost(rng), cost(rng)));
            }
        }
        for _ in 0..rng.below(4) {
            let on: Vec<usize> = (0..routers).filter(|_| rng.chance(0.4)).collect();
            if on.len() > 1 {
                picture.lans.push(on.into_iter().map(|r| (r, cost(rng))).collect());
            }
        }
        for _ in 0..rng.below(2 * routers as u64) {
            picture.stubs.push((any(rng), rng.below(routers as u64) as u8, cost(rng)));
        }
        picture
    }

    fn links(&self, router: usize) -> Vec<Link> {
        let mut links = Vec::new();
        for (i, (a, b, there, back)) in self.lines.iter().enumerate() {
            for (from, to, cost, end) in [(*a, *b, *there, 1), (*b, *a, *back, 2)] {
                if from == router {
                    links.push(p2p(rt(to as u32 + 1), &format!("10.1.{i}.{end}"), cost));
                }
            }
        }
        for (i, lan) in self.lans.iter().enumerate() {
            for (r, cost) in lan.iter().filter(|(r, _)| *r == router) {
                links.push(transit(&lan_address(i, lan[0].0), &lan_address(i, *r), *cost));
            }
        }
        let stubs = self.stubs.iter().filter(|(r, ..)| *r == router);
        links.extend(stubs.map(|(_, net, cost)| stub(&format!("10.3.{net}.0/24"), *cost)));
        links
    }

    /// The root's links, ports numbered by line (from 0) and LAN (from 1000).
    fn root_links(&self) -> Vec<RootLink> {
        let mut all = Vec::new();
        for link in self.links(0) {
            let [_, kind, i, end] = link.data.octets();
            let line = PortId(u32::from(i));
            all.push(match (link.kind, kind) {
                (LinkKind::Stub, _) => RootLink { link, port: PortId(2000), neighbor: None },
                (LinkKind::Transit, _) => {
                    RootLink { link, port: PortId(1000 + u32::from(i)), neighbor: None }
                }
                _ => RootLink { link, port: line, neighbor: Some(Ipv4Addr::new(10, 1, i, 3 - end)) },
            });
        }
        all
    }

    fn oracle(&self) -> BTreeMap<Prefix, (u32, Hops)> {
        let mut graph: DiGraph<(), u32> = DiGraph::new();
        let nodes: Vec<NodeIndex> = (0..self.routers + self.lans.len()).map(|_| graph.add_node(())).collect();
        for (a, b, there, back) in &self.lines {
            graph.add_edge(nodes[*a], nodes[*b], (*there).into());
            graph.add_edge(nodes[*b], nodes[*a], (*back).into());
        }
        for (i, lan) in self.lans.iter().enumerate() {
            for (r, cost) in lan {
                graph.add_edge(nodes[*r], nodes[self.routers + i], (*cost).into());
                graph.add_edge(nodes[self.routers + i], nodes[*r], 0);
            }
        }
        let from: Vec<_> = nodes.iter().map(|n| dijkstra(&graph, *n, None, |e| *e.weight())).collect();
        let mut first: Vec<(u32, usize, Hop)> = Vec::new();
        for (i, (a, b, there, back)) in self.lines.iter().enumerate() {
            for (here, to, cost, end) in [(*a, *b, *there, 2), (*b, *a, *back, 1)] {
                let hop = Hop { port: PortId(i as u32), gateway: Some(Ipv4Addr::new(10, 1, i as u8, end)) };
                first.extend((here == 0).then_some((u32::from(cost), to, hop)));
            }
        }
        for (i, lan) in self.lans.iter().enumerate() {
            let Some((_, cost)) = lan.iter().find(|(r, _)| *r == 0) else { continue };
            let port = PortId(1000 + i as u32);
            for (r, _) in lan.iter().filter(|(r, _)| *r != 0) {
                let gateway = Some(ip(&lan_address(i, *r)));
                first.push((u32::from(*cost), *r, Hop { port, gateway }));
            }
        }
        let direct = |n: usize| {
            let lan = n.checked_sub(self.routers)?;
            let (_, cost) = self.lans[lan].iter().find(|(r, _)| *r == 0)?;
            Some((u32::from(*cost), Hop { port: PortId(1000 + lan as u32), gateway: None }))
        };
        let way = |n: usize| {
            let distance = *from[0].get(&nodes[n])?;
            // Over a LAN to itself is no way around: that is the direct one.
            let over = |(cost, to, hop): &(u32, usize, Hop)| {
                let rest = from[*to].get(&nodes[n])?;
                let own_lan = n.checked_sub(self.routers).is_some_and(|l| hop.port.0 == 1000 + l as u32);
                (cost + rest == distance && !own_lan).then_some(*hop)
            };
            let direct = direct(n).filter(|(cost, _)| *cost == distance).map(|(_, hop)| hop);
            let mut hops: Hops = first.iter().filter_map(over).chain(direct).collect();
            hops.sort();
            hops.dedup();
            Some((distance, hops))
        };
        let mut routes: BTreeMap<Prefix, (u32, Hops)> = BTreeMap::new();
        let mut add = |prefix: String, cost: u32, hops: Hops| {
            let route = routes.entry(prefix.parse().unwrap()).or_insert((u32::MAX, Hops::new()));
            match cost.cmp(&route.0) {
                core::cmp::Ordering::Less => *route = (cost, hops),
                core::cmp::Ordering::Equal => {
                    route.1.extend(hops);
                    route.1.sort();
                    route.1.dedup();
                }
                core::cmp::Ordering::Greater => {}
            }
        };
        for i in 0..self.lans.len() {
            if let Some((cost, hops)) = way(self.routers + i) {
                add(format!("10.2.{i}.0/24"), cost, hops);
            }
        }
        for (router, net, metric) in &self.stubs {
            let own = Hops::from_slice(&[Hop { port: PortId(2000), gateway: None }]);
            let way = if *router == 0 { Some((0, own)) } else { way(*router) };
            if let Some((cost, hops)) = way {
                add(format!("10.3.{net}.0/24"), cost + u32::from(*metric), hops);
            }
        }
        routes
    }

    fn install(&self, lab: &mut Lab, router: usize) {
        lab.router(AREA0, rt(router as u32 + 1), 0, &self.links(router));
    }

    fn install_all(&self, lab: &mut Lab) {
        (0..self.routers).for_each(|r| self.install(lab, r));
        for (i, lan) in self.lans.iter().enumerate() {
            let on: Vec<RouterId> = lan.iter().map(|(r, _)| rt(*r as u32 + 1)).collect();
            lab.network(AREA0, &lan_address(i, lan[0].0), 24, &on);
        }
        lab.root.links.insert(AREA0, self.root_links());
    }
}

fn lan_address(lan: usize, router: usize) -> String {
    format!("10.2.{lan}.{}", router + 1)
}

fn found(lab: &Lab) -> BTreeMap<Prefix, (u32, Hops)> {
    lab.spf.routes().iter().map(|(p, r)| (*p, (r.cost, r.hops.clone()))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn routes_are_those_of_an_independent_calculation(seed: u64) {
        let mut rng = Rng::new(seed);
        let picture = Picture::random(&mut rng);
        let mut lab = Lab::new(rt(1), &[AREA0]);
        picture.install_all(&mut lab);
        lab.run();
        prop_assert_eq!(found(&lab), picture.oracle());
    }

    #[test]
    fn routes_follow_a_network_that_changes(seed: u64) {
        let mut rng = Rng::new(seed);
        let mut picture = Picture::random(&mut rng);
        let mut lab = Lab::new(rt(1), &[AREA0]);
        picture.install_all(&mut lab);
        for _ in 0..8 {
            for _ in 0..=rng.below(2) {
                match rng.below(3) {
                    0 if !picture.lines.is_empty() => {
                        let i = rng.below(picture.lines.len() as u64) as usize;
                        (picture.lines[i].2, picture.lines[i].3) = (cost(&mut rng), cost(&mut rng));
                    }
                    1 if !picture.stubs.is_empty() => {
                        let i = rng.below(picture.stubs.len() as u64) as usize;
                        picture.stubs[i].2 = cost(&mut rng);
                    }
                    _ => picture.stubs.push((
                        rng.below(picture.routers as u64) as usize,
                        rng.below(9) as u8,
                        cost(&mut rng),
                    )),
                }
            }
            picture.install_all(&mut lab);
            lab.run();
            prop_assert_eq!(found(&lab), picture.oracle());
        }
    }

    #[test]
    fn a_kept_calculation_equals_one_made_afresh(seed: u64) {
        let mut rng = Rng::new(seed);
        let mut lab = Lab::new(rt(1), &[AREA0, AREA1, AREA2]);
        lab.settings.rfc1583_compatible = rng.chance(0.3);
        lab.root.areas.get_mut(&AREA2).unwrap().nssa = true;
        lab.root.areas.get_mut(&AREA0).unwrap().ranges = vec!["10.4.0.0/16".parse().unwrap()];
        for _ in 0..25 {
            for _ in 0..=rng.below(4) {
                disturb(&mut lab, &mut rng);
            }
            if rng.chance(0.3) {
                lab.link_root();
            }
            if rng.chance(0.3) {
                let view = lab.root.areas.get_mut(&AREA0).unwrap();
                (view.active, view.adjacent) = (rng.chance(0.7), rng.chance(0.5));
                lab.root.areas.get_mut(&AREA1).unwrap().active = rng.chance(0.7);
            }
            lab.run();
            let afresh = lab.afresh();
            prop_assert_eq!(lab.spf.routes(), afresh.routes());
            prop_assert_eq!(lab.spf.routers(), afresh.routers());
            for area in [AREA1, AREA2] {
                for n in 2..8 {
                    prop_assert_eq!(lab.spf.virtual_path(area, rt(n)), afresh.virtual_path(area, rt(n)));
                }
            }
        }
    }
}

/// Changes any LSA of any kind, without much sense.
fn disturb(lab: &mut Lab, rng: &mut Rng) {
    let area = [AREA0, AREA1, AREA2][rng.below(3) as usize];
    let router = |rng: &mut Rng| rt(1 + rng.below(7) as u32);
    let by = router(rng);
    let net =
        |rng: &mut Rng| ["10.4.0.0/16", "10.4.1.0/24", "10.5.0.0/16", "0.0.0.0/0"][rng.below(4) as usize];
    let metric = rng.below(5) as u32;
    match rng.below(8) {
        0..3 => {
            let link = |rng: &mut Rng| {
                let (to, data, cost) =
                    (router(rng), format!("10.1.0.{}", by.octets()[0]), rng.below(4) as u16);
                match rng.below(6) {
                    0 => transit("10.2.0.1", &format!("10.2.0.{}", by.octets()[0]), cost),
                    1 => stub(net(rng), cost),
                    2 if area == AREA0 => virtual_link(to, &data, cost),
                    _ => p2p(to, &data, cost),
                }
            };
            let links: Vec<Link> = (0..rng.below(6)).map(|_| link(rng)).collect();
            let mut all = links_of(lab.lsdb.area(area).unwrap_or(&Default::default()), by);
            all.retain(|_| rng.chance(0.8));
            all.extend(links);
            lab.router(area, by, rng.below(8) as u8, &all);
        }
        3 => {
            let mut on: Vec<RouterId> = (1..8).map(rt).filter(|_| rng.chance(0.5)).collect();
            on.push(by);
            lab.network(area, "10.2.0.1", 24, &on);
        }
        4 => lab.summary(area, by, net(rng), metric),
        5 => lab.asbr_summary(area, by, router(rng), metric),
        6 => {
            let forward = if rng.chance(0.5) { ip("10.5.0.1") } else { Ipv4Addr::UNSPECIFIED };
            let e = External { type2: rng.chance(0.5), metric, forward, ..E1 };
            let nssa = rng.chance(0.5).then(|| (AREA2, rng.chance(0.5)));
            lab.external(nssa, by, net(rng), e);
        }
        _ => {
            let scope = if rng.chance(0.3) { Scope::As } else { Scope::Area(area) };
            let keys: Vec<LsaKey> =
                lab.lsdb.scope(scope).into_iter().flat_map(|d| d.iter()).map(|e| *e.0).collect();
            if !keys.is_empty() {
                lab.withdraw(scope, keys[rng.below(keys.len() as u64) as usize]);
            }
        }
    }
}
