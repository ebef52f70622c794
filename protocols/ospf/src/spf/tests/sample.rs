//! The sample networks of RFC 2328: figure 2 as one area, and figure 6 with its areas, ranges and virtual link.
//!
//! ```text
//!  N1-RT1\                RT4---RT5--(N12, N13, N14)          N3: RT1 RT2 RT3 RT4     N6: RT7 RT8 RT10
//!         N3 (LAN)---RT4   |   /   \                          N8: RT10 RT11           N9: RT9 RT11 RT12
//!  N2-RT2/    \                     RT7--(N12, N15)           stubs: N1 N2 N4 N7 N10 N11, host H1
//!              RT3--RT6-------------RT10
//! ```

use super::*;

pub(super) const N: [&str; 12] = [
    "",
    "10.0.1.0/24",
    "10.0.2.0/24",
    "10.0.3.0/24",
    "10.0.4.0/24",
    "10.0.5.0/24",
    "10.0.6.0/24",
    "10.0.7.0/24",
    "10.0.8.0/24",
    "10.0.9.0/24",
    "10.0.10.0/24",
    "10.0.11.0/24",
];
const H1: &str = "10.1.0.1/32";
/// RT6's and RT10's interfaces to each other, announced by the other end each.
const IA: &str = "10.2.0.6/32";
const IB: &str = "10.2.0.10/32";
pub(super) const N12: &str = "172.16.12.0/24";
pub(super) const N13: &str = "172.16.13.0/24";
const N14: &str = "172.16.14.0/24";
const N15: &str = "172.16.15.0/24";

/// The external routes of RT5 and RT7.
fn externals(lab: &mut Lab) {
    for (by, net, metric) in [(5, N12, 8), (5, N13, 8), (5, N14, 8), (7, N12, 2), (7, N15, 9)] {
        lab.external(None, rt(by), net, External { metric, ..E1 });
    }
}

pub(super) fn figure_2(root: u32) -> Lab {
    let mut lab = Lab::new(rt(root), &[AREA0]);
    let mut r = |n: u32, flags: u8, links: &[Link]| lab.router(AREA0, rt(n), flags, links);
    r(1, 0, &[stub(N[1], 3), transit("10.0.3.1", "10.0.3.1", 1)]);
    r(2, 0, &[stub(N[2], 3), transit("10.0.3.1", "10.0.3.2", 1)]);
    r(3, 0, &[stub(N[4], 2), transit("10.0.3.1", "10.0.3.3", 1), p2p(rt(6), "0.0.0.1", 8)]);
    r(4, 0, &[transit("10.0.3.1", "10.0.3.4", 1), p2p(rt(5), "0.0.0.1", 8)]);
    r(5, flags::E, &[p2p(rt(4), "0.0.0.1", 8), p2p(rt(6), "0.0.0.2", 7), p2p(rt(7), "0.0.0.3", 6)]);
    r(6, 0, &[p2p(rt(3), "0.0.0.1", 6), p2p(rt(5), "0.0.0.2", 6), p2p(rt(10), "10.2.0.6", 7), stub(IB, 7)]);
    r(7, flags::E, &[p2p(rt(5), "0.0.0.1", 6), transit("10.0.6.7", "10.0.6.7", 1)]);
    r(8, 0, &[transit("10.0.6.7", "10.0.6.8", 1), stub(N[7], 4)]);
    r(9, 0, &[transit("10.0.9.9", "10.0.9.9", 1), stub(N[11], 3)]);
    let links = [p2p(rt(6), "10.2.0.10", 5), stub(IA, 5)];
    r(
        10,
        0,
        &[&links[..], &[transit("10.0.6.7", "10.0.6.10", 1), transit("10.0.8.10", "10.0.8.10", 3)]].concat(),
    );
    r(11, 0, &[transit("10.0.8.10", "10.0.8.11", 2), transit("10.0.9.9", "10.0.9.11", 1)]);
    r(12, 0, &[transit("10.0.9.9", "10.0.9.12", 1), stub(N[10], 2), stub(H1, 10)]);
    lab.network(AREA0, "10.0.3.1", 24, &[rt(1), rt(2), rt(3), rt(4)]);
    lab.network(AREA0, "10.0.6.7", 24, &[rt(7), rt(8), rt(10)]);
    lab.network(AREA0, "10.0.8.10", 24, &[rt(10), rt(11)]);
    lab.network(AREA0, "10.0.9.9", 24, &[rt(9), rt(11), rt(12)]);
    externals(&mut lab);
    lab.link_root();
    lab.run();
    lab
}

#[test]
fn rt6_has_the_routing_table_of_rfc_2328_tables_2_and_3() {
    let lab = figure_2(6);
    let (rt3, rt5, rt10) = ("1 3.3.3.3", "2 5.5.5.5", "3 10.2.0.10");
    let local = [
        (N[1], rt3, 10),
        (N[2], rt3, 10),
        (N[3], rt3, 7),
        (N[4], rt3, 8),
        (IB, "4", 7),
        (IA, rt10, 12),
        (N[6], rt10, 8),
        (N[7], rt10, 12),
        (N[8], rt10, 10),
        (N[9], rt10, 11),
        (N[10], rt10, 13),
        (N[11], rt10, 14),
        (H1, rt10, 21),
    ];
    let external = [(N12, rt10, 10), (N13, rt5, 14), (N14, rt5, 14), (N15, rt10, 17)];
    for (net, hop, cost) in local.iter().chain(&external) {
        assert_eq!((lab.via(net), lab.cost(net)), (vec![(*hop).to_owned()], Some(*cost)), "{net}");
    }
    assert_eq!(lab.spf.routes().len(), local.len() + external.len());
    let router = |n| lab.spf.routers().get(&(AREA0, rt(n))).map(|r| (tell(&r.hops), r.cost));
    assert_eq!(router(5), Some((vec![rt5.to_owned()], 6)));
    assert_eq!(router(7), Some((vec![rt10.to_owned()], 8)));
    assert_eq!(lab.spf.routers().len(), 2);
}

/// Figure 6 as RT4, an area border router of areas 0 and 1, sees it. RT11 has the range of N9 to N11 and H1.
pub(super) fn figure_6_at_rt4() -> Lab {
    let mut lab = Lab::new(rt(4), &[AREA0, AREA1]);
    let b = flags::B;
    lab.router(AREA1, rt(1), 0, &[stub(N[1], 3), transit("10.0.3.1", "10.0.3.1", 1)]);
    lab.router(AREA1, rt(2), 0, &[stub(N[2], 3), transit("10.0.3.1", "10.0.3.2", 1)]);
    lab.router(AREA1, rt(3), b, &[stub(N[4], 2), transit("10.0.3.1", "10.0.3.3", 1)]);
    lab.router(AREA1, rt(4), b, &[transit("10.0.3.1", "10.0.3.4", 1)]);
    lab.network(AREA1, "10.0.3.1", 24, &[rt(1), rt(2), rt(3), rt(4)]);
    let mut r = |n: u32, flags: u8, links: &[Link]| lab.router(AREA0, rt(n), flags, links);
    r(3, b, &[p2p(rt(6), "0.0.0.1", 8)]);
    r(4, b, &[p2p(rt(5), "0.0.0.1", 8)]);
    r(5, flags::E, &[p2p(rt(4), "0.0.0.1", 8), p2p(rt(6), "0.0.0.2", 7), p2p(rt(7), "0.0.0.3", 6)]);
    r(6, 0, &[p2p(rt(3), "0.0.0.1", 6), p2p(rt(5), "0.0.0.2", 6), p2p(rt(10), "10.2.0.6", 7), stub(IB, 7)]);
    r(7, b | flags::E, &[p2p(rt(5), "0.0.0.1", 6)]);
    r(10, b, &[p2p(rt(6), "10.2.0.10", 5), stub(IA, 5), virtual_link(rt(11), "10.0.8.10", 3)]);
    r(11, b, &[virtual_link(rt(10), "10.0.8.11", 2)]);
    for (by, costs) in [(7, [1, 5, 4]), (10, [1, 5, 3]), (11, [3, 7, 2])] {
        for (net, cost) in [N[6], N[7], N[8]].iter().zip(costs) {
            lab.summary(AREA0, rt(by), net, cost);
        }
    }
    lab.summary(AREA0, rt(11), "10.0.9.0/20", 11);
    for by in [3, 4] {
        for (net, cost) in [(N[1], 4), (N[2], 4), (N[3], 1), (N[4], if by == 3 { 2 } else { 3 })] {
            lab.summary(AREA0, rt(by), net, cost);
        }
    }
    // What RT3 tells area 1 is not for border routers.
    lab.summary(AREA1, rt(3), N[6], 1);
    externals(&mut lab);
    lab.link_root();
    lab.run();
    lab
}

#[test]
fn rt4_has_the_routing_table_of_rfc_2328_section_11_3() {
    use PathKind::{External1, Inter, Intra};
    let lab = figure_6_at_rt4();
    let (external, rt5) = (External1 { nssa: false }, "1 5.5.5.5");
    let expected = [
        (N[1], AREA1, Intra, 4, "101 10.0.3.1"),
        (N[2], AREA1, Intra, 4, "101 10.0.3.2"),
        (N[3], AREA1, Intra, 1, "101"),
        (N[4], AREA1, Intra, 3, "101 10.0.3.3"),
        (IB, AREA0, Intra, 22, rt5),
        (IA, AREA0, Intra, 27, rt5),
        (N[6], AREA0, Inter, 15, rt5),
        (N[7], AREA0, Inter, 19, rt5),
        (N[8], AREA0, Inter, 18, rt5),
        ("10.0.9.0/20", AREA0, Inter, 36, rt5),
        (N12, AREA0, external, 16, rt5),
        (N13, AREA0, external, 16, rt5),
        (N14, AREA0, external, 16, rt5),
        (N15, AREA0, external, 23, rt5),
    ];
    for (net, area, kind, cost, hop) in expected {
        let route = lab.route(net).unwrap();
        assert_eq!(
            (route.area, route.kind, route.cost, lab.via(net)),
            (area, kind, cost, vec![hop.to_owned()])
        );
    }
    assert_eq!(lab.spf.routes().len(), expected.len());
    let routers: Vec<_> = lab.spf.routers().iter().map(|((a, r), route)| (*a, *r, route.cost)).collect();
    let backbone = [(3, 21), (5, 8), (7, 14), (10, 22), (11, 25)].map(|(n, cost)| (AREA0, rt(n), cost));
    assert_eq!(routers, [&backbone[..], &[(AREA1, rt(3), 1)]].concat());
}

/// Area 2 of figure 6, as RT10 and RT11 see it.
fn figure_6_area_2(root: u32) -> Lab {
    let mut lab = Lab::new(rt(root), &[AREA0, AREA2]);
    let b = flags::B;
    lab.router(AREA2, rt(7), b | flags::E, &[transit("10.0.6.7", "10.0.6.7", 1)]);
    lab.router(AREA2, rt(8), 0, &[transit("10.0.6.7", "10.0.6.8", 1), stub(N[7], 4)]);
    let rt10 = [transit("10.0.6.7", "10.0.6.10", 1), transit("10.0.8.10", "10.0.8.10", 3)];
    lab.router(AREA2, rt(10), b | flags::V, &rt10);
    lab.router(AREA2, rt(11), b | flags::V, &[transit("10.0.8.10", "10.0.8.11", 2)]);
    lab.network(AREA2, "10.0.6.7", 24, &[rt(7), rt(8), rt(10)]);
    lab.network(AREA2, "10.0.8.10", 24, &[rt(10), rt(11)]);
    let mut r = |n: u32, flags: u8, links: &[Link]| lab.router(AREA0, rt(n), flags, links);
    r(6, 0, &[p2p(rt(10), "10.2.0.6", 7), stub(IB, 7)]);
    r(10, b, &[p2p(rt(6), "10.2.0.10", 5), stub(IA, 5), virtual_link(rt(11), "10.0.8.10", 3)]);
    r(11, b, &[virtual_link(rt(10), "10.0.8.11", 2)]);
    lab.summary(AREA0, rt(11), "10.0.9.0/20", 11);
    lab.link_root();
    lab.run();
    lab
}

#[test]
fn the_virtual_link_of_figure_6_leads_through_area_2() {
    let rt10 = figure_6_area_2(10);
    let expected = VirtualPath { cost: 3, port: PortId(102), neighbor: ip("10.0.8.11") };
    assert_eq!(rt10.spf.virtual_path(AREA2, rt(11)), Some(expected));
    assert_eq!((rt10.cost("10.0.9.0/20"), rt10.via("10.0.9.0/20")), (Some(14), vec!["102 10.0.8.11".into()]));

    let rt11 = figure_6_area_2(11);
    let expected = VirtualPath { cost: 2, port: PortId(101), neighbor: ip("10.0.8.10") };
    assert_eq!(rt11.spf.virtual_path(AREA2, rt(10)), Some(expected));
    assert_eq!((rt11.cost(IB), rt11.via(IB)), (Some(14), vec!["101 10.0.8.10".into()]));
    assert_eq!(rt11.spf.virtual_path(AREA2, rt(99)), None);
}
