//! First hops (RFC 2328 16.1.1) and what the tree takes for a link.

use super::*;

const NET: &str = "10.9.0.0/24";

/// Router 1 is the root; `far` is the LSA of router 2 beside its stub network.
fn pair(own: &[Link], far: &[Link]) -> Lab {
    let mut lab = Lab::new(rt(1), &[AREA0]);
    lab.router(AREA0, rt(1), 0, own);
    lab.router(AREA0, rt(2), 0, &[far, &[stub(NET, 1)]].concat());
    lab.link_root();
    lab
}

#[test]
fn parallel_links_are_ways_of_their_own() {
    let own = [p2p(rt(2), "10.0.1.1", 5), p2p(rt(2), "10.0.2.1", 5), p2p(rt(2), "10.0.3.1", 6)];
    let far = [p2p(rt(1), "10.0.1.2", 5), p2p(rt(1), "10.0.2.2", 5), p2p(rt(1), "10.0.3.2", 5)];
    let mut lab = pair(&own, &far);
    for (link, neighbor) in lab.root.links.get_mut(&AREA0).unwrap().iter_mut().zip(far) {
        link.neighbor = Some(neighbor.data);
    }
    lab.run();
    assert_eq!(lab.via(NET), ["1 10.0.1.2", "2 10.0.2.2"]);
    lab.router(AREA0, rt(1), 0, &own[1..]);
    lab.run();
    assert_eq!(lab.via(NET), ["2 10.0.2.2"]);
}

#[test]
fn an_unnumbered_link_leads_to_the_address_heard_in_hellos() {
    let mut lab = pair(&[p2p(rt(2), "0.0.0.3", 5)], &[p2p(rt(1), "0.0.0.7", 5)]);
    lab.run();
    assert_eq!(lab.via(NET), ["1 2.2.2.2"]);
}

#[test]
fn point_to_multipoint_leads_to_each_neighbor_by_its_address() {
    let mut lab = pair(
        &[p2p(rt(2), "10.0.0.1", 5), p2p(rt(3), "10.0.0.1", 5), stub("10.0.0.1/32", 0)],
        &[p2p(rt(1), "10.0.0.2", 5), stub("10.0.0.2/32", 0)],
    );
    let three = [p2p(rt(1), "10.0.0.3", 5), stub("10.0.0.3/32", 0), stub(NET, 1)];
    lab.router(AREA0, rt(3), 0, &three);
    lab.link_root();
    for link in lab.root.links.get_mut(&AREA0).unwrap() {
        link.port = PortId(1);
    }
    lab.run();
    assert_eq!(lab.via(NET), ["1 10.0.0.2", "1 10.0.0.3"]);
    assert_eq!(lab.via("10.0.0.3/32"), ["1 10.0.0.3"]);
    assert_eq!(lab.via("10.0.0.1/32"), ["1"]);
}

#[test]
fn a_link_that_is_not_answered_is_none() {
    let mut lab = pair(&[p2p(rt(2), "10.0.1.1", 5)], &[]);
    lab.run();
    assert_eq!(lab.route(NET), None);
    lab.router(AREA0, rt(2), 0, &[p2p(rt(1), "10.0.1.2", 5), stub(NET, 1)]);
    lab.run();
    assert_eq!(lab.cost(NET), Some(6));
    lab.router(AREA0, rt(1), 0, &[]);
    lab.run();
    assert_eq!(lab.route(NET), None);
}

#[test]
fn a_network_that_does_not_list_a_router_does_not_lead_to_it() {
    let own = [transit("10.0.0.1", "10.0.0.1", 5)];
    let mut lab = pair(&own, &[transit("10.0.0.1", "10.0.0.2", 5)]);
    lab.network(AREA0, "10.0.0.1", 24, &[rt(1), rt(3)]);
    lab.run();
    assert_eq!((lab.route(NET), lab.via("10.0.0.0/24")), (None, vec!["1".to_owned()]));
    lab.network(AREA0, "10.0.0.1", 24, &[rt(1), rt(2), rt(3)]);
    lab.run();
    assert_eq!(lab.via(NET), ["1 10.0.0.2"]);
    // Router 2 does not link to it any more.
    lab.router(AREA0, rt(2), 0, &[stub(NET, 1)]);
    lab.run();
    assert_eq!(lab.route(NET), None);
}

#[test]
fn a_network_reached_directly_and_around_leads_on_both_ways() {
    let own = [transit("10.0.0.2", "10.0.0.1", 10), p2p(rt(3), "10.0.1.1", 5)];
    let mut lab = pair(&own, &[transit("10.0.0.2", "10.0.0.2", 10)]);
    lab.router(AREA0, rt(3), 0, &[p2p(rt(1), "10.0.1.3", 5), transit("10.0.0.2", "10.0.0.3", 5)]);
    lab.network(AREA0, "10.0.0.2", 24, &[rt(2), rt(1), rt(3)]);
    lab.link_root();
    lab.run();
    assert_eq!(lab.via("10.0.0.0/24"), ["1", "2 10.0.1.3"]);
    assert_eq!(lab.via(NET), ["1 10.0.0.2", "2 10.0.1.3"]);
}

#[test]
fn links_that_cost_nothing_lead_around_no_circle() {
    let mut lab = pair(
        &[p2p(rt(2), "10.0.1.1", 1), p2p(rt(3), "10.0.2.1", 1)],
        &[p2p(rt(1), "10.0.1.2", 1), p2p(rt(3), "10.0.3.2", 0)],
    );
    lab.router(AREA0, rt(3), 0, &[p2p(rt(1), "10.0.2.3", 1), p2p(rt(2), "10.0.3.3", 0)]);
    lab.link_root();
    lab.run();
    assert!(lab.via(NET).contains(&"1 10.0.1.2".to_owned()));
    assert_eq!(lab.spf.routes(), lab.afresh().routes());
}

#[test]
fn a_port_that_is_gone_is_not_waited_for() {
    let own = [p2p(rt(2), "10.0.1.1", 5), p2p(rt(3), "10.0.2.1", 5)];
    let mut lab = pair(&own, &[p2p(rt(1), "10.0.1.2", 5), p2p(rt(3), "10.0.3.2", 5)]);
    lab.router(AREA0, rt(3), 0, &[p2p(rt(1), "10.0.2.3", 5), p2p(rt(2), "10.0.3.3", 5)]);
    lab.link_root();
    lab.run();
    assert_eq!(lab.via(NET), ["1 10.0.1.2"]);
    // The own LSA still has the link.
    lab.root.links.get_mut(&AREA0).unwrap().remove(0);
    lab.run();
    assert_eq!((lab.via(NET), lab.cost(NET)), (vec!["2 10.0.2.3".to_owned()], Some(11)));
}

#[test]
fn more_paths_than_allowed_are_cut_in_order() {
    let own = [1, 2, 3].map(|n| p2p(rt(2), &format!("10.0.{n}.1"), 5));
    let far = [1, 2, 3].map(|n| p2p(rt(1), &format!("10.0.{n}.2"), 5));
    let mut lab = pair(&own, &far);
    lab.settings.maximum_paths = 2;
    lab.run();
    assert_eq!(lab.via(NET).len(), 2);
    assert!(lab.via(NET)[0].starts_with('1') && lab.via(NET)[1].starts_with('2'));
}

#[test]
fn a_network_on_a_stub_link_and_as_transit_is_reached_both_ways() {
    let own = [p2p(rt(2), "10.0.1.1", 5), p2p(rt(3), "10.0.2.1", 5)];
    let mut lab = pair(&own, &[p2p(rt(1), "10.0.1.2", 5), transit("10.7.0.2", "10.7.0.2", 3)]);
    lab.network(AREA0, "10.7.0.2", 24, &[rt(2), rt(4)]);
    lab.router(AREA0, rt(3), 0, &[p2p(rt(1), "10.0.2.3", 5), stub("10.7.0.0/24", 3)]);
    lab.link_root();
    lab.run();
    assert_eq!(lab.via("10.7.0.0/24"), ["1 10.0.1.2", "2 10.0.2.3"]);
    assert_eq!(lab.cost("10.7.0.0/24"), Some(8));
}

#[test]
fn a_change_of_a_stub_network_leaves_the_tree_alone() {
    let far = [p2p(rt(1), "10.0.1.2", 5)];
    let mut lab = pair(&[p2p(rt(2), "10.0.1.1", 5)], &far);
    lab.run();
    lab.router(AREA0, rt(2), 0, &[far[0], stub(NET, 4), stub("10.8.0.0/16", 1)]);
    assert_eq!(lab.spf.pending(), Some(Work::Partial));
    assert_eq!(lab.run().len(), 2);
    lab.router(AREA0, rt(2), 0, &[p2p(rt(1), "10.0.1.2", 6), stub(NET, 4)]);
    assert_eq!(lab.spf.pending(), Some(Work::Full));
    // The same once more, as a refresh is.
    lab.run();
    lab.router(AREA0, rt(2), 0, &[p2p(rt(1), "10.0.1.2", 6), stub(NET, 4)]);
    assert_eq!(lab.spf.pending(), None);
}
