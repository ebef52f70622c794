//! What comes, stays, goes and is told.

use super::*;

const NET: &str = "192.0.2.0/24";

fn told(lab: &Lab, prefix: &str) -> Option<PeerIx> {
    lab.told.get(&p(prefix)).map(|(peer, _)| *peer)
}

#[test]
fn a_path_wins_is_told_and_its_withdrawal_as_well() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    lab.update(NET, a, &attributes(&[65001], "10.0.0.1"));
    lab.settle();
    assert_eq!(told(&lab, NET), Some(a));
    assert_eq!(lab.changes.len(), 1, "{:?}", lab.changes);
    assert!(lab.withdraw(NET, a));
    assert!(!lab.withdraw(NET, a), "it is gone already");
    lab.settle();
    assert_eq!(told(&lab, NET), None);
    assert_eq!(lab.table.prefix_count(Family::Ipv4), 0);
    assert!(lab.table.attrs.is_empty());
    assert!(lab.table.is_gone(a));
    assert!(lab.tracked.is_empty(), "{:?}", lab.tracked);
}

#[test]
fn the_same_again_changes_nothing() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    for _ in 0..3 {
        lab.update(NET, a, &attributes(&[65001], "10.0.0.1"));
        lab.settle();
    }
    assert_eq!(lab.changes.len(), 1);
    let path = lab.table.path(&p(NET), From::peer(a)).unwrap();
    assert_eq!(path.since, 2, "since the first time");
    assert_eq!(lab.table.attrs.get(path.used).references(), 1);
}

#[test]
fn a_path_that_loses_is_no_news_but_to_those_who_take_several() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    let b = lab.peer(2, external(65002, 2));
    lab.update(NET, a, &attributes(&[65001], "10.0.0.1"));
    lab.settle();
    lab.changes.clear();
    lab.update(NET, b, &attributes(&[65002, 65003], "10.0.0.2"));
    lab.settle();
    let change = lab.changes[0];
    assert!(!change.best && !change.multipath && change.paths, "{change:?}");
    let dest = change.dest;
    assert_eq!(lab.table.accepted(Family::Ipv4, dest).count(), 2);
    lab.changes.clear();
    lab.withdraw(NET, b);
    lab.settle();
    assert!(!lab.changes[0].best && lab.changes[0].paths);
}

#[test]
fn what_policy_rejects_is_kept_as_it_came_but_never_used() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    let came = attributes(&[65001], "10.0.0.1");
    lab.update_from(p(NET), From::peer(a), &came, Err(Rejected::Policy));
    lab.settle();
    assert_eq!(told(&lab, NET), None);
    assert!(lab.changes.is_empty());
    assert!(lab.tracked.is_empty(), "nobody asks for the next hop of a rejected path");
    let path = lab.table.path(&p(NET), From::peer(a)).unwrap();
    assert_eq!(path.rejected, Some(Rejected::Policy));
    assert_eq!(lab.table.attrs.decode(path.received), came);
    let counts = lab.table.counts(a, Family::Ipv4);
    assert_eq!((counts.received, counts.accepted), (1, 0));
}

#[test]
fn what_policy_changed_is_used_and_what_came_is_kept_beside_it() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    let came = attributes(&[65001], "10.0.0.1");
    let used = Attributes { local_pref: Some(200), ..came.clone() };
    for net in [NET, "198.51.100.0/24"] {
        lab.update_from(p(net), From::peer(a), &came, Ok((&used, 0)));
    }
    lab.settle();
    assert_eq!(lab.told[&p(NET)].1, used);
    let path = lab.table.path(&p(NET), From::peer(a)).unwrap();
    assert_eq!(lab.table.attrs.decode(path.received), came);
    assert_eq!(lab.table.attrs.get(path.used).references(), 1, "both prefixes share the pair");
    lab.withdraw(NET, a);
    lab.withdraw("198.51.100.0/24", a);
    lab.settle();
    assert!(lab.table.attrs.is_empty());
}

#[test]
fn a_next_hop_that_is_gone_takes_its_paths_out_and_brings_them_back() {
    let mut lab = Lab::new();
    let a = lab.peer(1, internal(1));
    let b = lab.peer(2, internal(2));
    lab.update(NET, a, &attributes(&[65009], "10.0.0.1"));
    lab.update(NET, b, &attributes(&[65009, 65010], "10.0.0.2"));
    lab.settle();
    assert_eq!(told(&lab, NET), Some(a));
    lab.set_reach(ip("10.0.0.1"), None);
    lab.settle();
    assert_eq!(told(&lab, NET), Some(b));
    lab.set_reach(ip("10.0.0.2"), None);
    lab.settle();
    assert_eq!(told(&lab, NET), None);
    lab.set_reach(ip("10.0.0.1"), Some(reach(5, Protocol::Ospf)));
    lab.settle();
    assert_eq!(told(&lab, NET), Some(a));
}

#[test]
fn a_path_waits_for_the_first_answer_about_its_next_hop() {
    let mut lab = Lab::new();
    let a = lab.peer(1, internal(1));
    lab.update(NET, a, &attributes(&[65009], "10.0.0.1"));
    while lab.table.decide(10) {}
    lab.listen();
    assert_eq!(told(&lab, NET), None);
    lab.settle();
    assert_eq!(told(&lab, NET), Some(a));
}

#[test]
fn a_direct_peer_must_name_a_next_hop_on_a_connected_network() {
    let mut lab = Lab::new();
    let a = lab.peer(1, PeerInfo { connected: true, ..external(65001, 1) });
    lab.update(NET, a, &attributes(&[65001], "10.0.0.1"));
    lab.settle();
    assert_eq!(told(&lab, NET), None, "the IGP leads there");
    lab.set_reach(ip("10.0.0.1"), Some(reach(0, Protocol::Connected)));
    lab.settle();
    assert_eq!(told(&lab, NET), Some(a));
}

#[test]
fn link_local_next_hops_and_our_own_routes_need_no_route() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    lab.update("2001:db8::/32", a, &attributes(&[65001], "fe80::1"));
    lab.update_from(
        p(NET),
        From::NETWORK,
        &attributes(&[], "0.0.0.0"),
        Ok((&attributes(&[], "0.0.0.0"), 32768)),
    );
    lab.settle();
    assert_eq!(told(&lab, "2001:db8::/32"), Some(a));
    assert_eq!(told(&lab, NET), Some(PeerIx::SELF));
    assert!(lab.tracked.is_empty());
}

#[test]
fn stale_paths_stay_in_use_until_they_are_swept() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    for net in [NET, "198.51.100.0/24", "2001:db8::/32"] {
        lab.update(net, a, &attributes(&[65001], "10.0.0.1"));
    }
    lab.settle();
    lab.table.new_generation(a, Family::Ipv4);
    assert!(lab.table.path(&p(NET), From::peer(a)).unwrap().stale);
    lab.update(NET, a, &attributes(&[65001], "10.0.0.1"));
    assert!(!lab.table.path(&p(NET), From::peer(a)).unwrap().stale);
    lab.settle();
    assert_eq!(told(&lab, "198.51.100.0/24"), Some(a));
    lab.table.sweep(a, Family::Ipv4);
    lab.settle();
    assert_eq!(told(&lab, "198.51.100.0/24"), None, "it was not sent again");
    assert_eq!(told(&lab, NET), Some(a));
    assert_eq!(told(&lab, "2001:db8::/32"), Some(a), "the other family is another matter");
    lab.table.forget_peer(a);
    lab.settle();
    assert!(lab.table.is_gone(a) && lab.told.is_empty());
}

#[test]
fn a_sweep_under_way_leaves_what_became_stale_later() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    lab.update(NET, a, &attributes(&[65001], "10.0.0.1"));
    lab.settle();
    lab.table.new_generation(a, Family::Ipv4);
    lab.update("198.51.100.0/24", a, &attributes(&[65001], "10.0.0.1"));
    lab.table.sweep(a, Family::Ipv4);
    lab.table.new_generation(a, Family::Ipv4);
    lab.settle();
    assert_eq!(told(&lab, NET), None, "two generations old");
    assert_eq!(told(&lab, "198.51.100.0/24"), Some(a), "stale, but not swept");
}

#[test]
fn generations_never_become_young_again() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    lab.update(NET, a, &attributes(&[65001], "10.0.0.1"));
    for n in 0..40 {
        lab.table.new_generation(a, Family::Ipv4);
        let stale = lab.table.path(&p(NET), From::peer(a)).map(|path| path.stale);
        assert!(stale.is_none_or(|stale| stale), "after {n}");
    }
    lab.settle();
    assert_eq!(told(&lab, NET), None, "the oldest go at once");
}

#[test]
fn a_destination_that_is_held_keeps_its_number() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    lab.update(NET, a, &attributes(&[65001], "10.0.0.1"));
    lab.settle();
    let dest = lab.table.dest(&p(NET)).unwrap();
    lab.table.hold(Family::Ipv4, dest);
    lab.withdraw(NET, a);
    lab.settle();
    lab.update("198.51.100.0/24", a, &attributes(&[65001], "10.0.0.1"));
    lab.settle();
    assert_eq!(lab.table.prefix(Family::Ipv4, dest), p(NET));
    assert_ne!(lab.table.dest(&p("198.51.100.0/24")), Some(dest));
    assert_eq!(lab.table.after(Family::Ipv4, None).count(), 1, "one without paths is not listed");
    assert_eq!(lab.table.next_dest(Family::Ipv4, None), Some((p(NET), dest)), "but a walk meets it");
    lab.table.release(Family::Ipv4, dest);
    assert!(!lab.table.is_dest(Family::Ipv4, dest));
}

#[test]
fn a_change_can_be_looked_at_and_held_until_the_next() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    lab.update(NET, a, &attributes(&[65001], "10.0.0.1"));
    lab.settle();
    lab.withdraw(NET, a);
    while lab.table.decide(1) {}
    let change = lab.table.poll_change().unwrap();
    assert_eq!(lab.table.best(Family::Ipv4, change.dest), None);
    lab.table.hold(Family::Ipv4, change.dest);
    assert_eq!(lab.table.poll_change(), None);
    assert!(lab.table.is_dest(Family::Ipv4, change.dest));
    lab.table.release(Family::Ipv4, change.dest);
    assert!(!lab.table.is_dest(Family::Ipv4, change.dest));
}

#[test]
fn paths_of_one_peer_with_different_identifiers_live_beside_each_other() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    let one = attributes(&[65001], "10.0.0.1");
    let two = attributes(&[65001, 65002], "10.0.0.1");
    let from = |path_id| From { peer: a, path_id };
    lab.update_from(p(NET), from(7), &two, Ok((&two, 0)));
    lab.update_from(p(NET), from(9), &one, Ok((&one, 0)));
    lab.settle();
    let dest = lab.table.dest(&p(NET)).unwrap();
    let ids: Vec<u32> = lab.table.paths(Family::Ipv4, dest).map(|path| path.from.path_id).collect();
    assert_eq!(ids, [9, 7], "the best first");
    assert!(lab.table.withdraw(p(NET), from(9)));
    assert!(!lab.table.withdraw(p(NET), from(0)));
    lab.settle();
    assert_eq!(lab.table.best(Family::Ipv4, dest).map(|path| path.from.path_id), Some(7));
}

#[test]
fn import_policy_can_be_asked_again_without_the_peer() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    let b = lab.peer(2, external(65002, 2));
    let nets: Vec<String> = (0..50).map(|n| format!("10.1.{n}.0/24")).collect();
    for net in &nets {
        lab.update(net, a, &attributes(&[65001], "10.0.0.1"));
        lab.update(net, b, &attributes(&[65002], "10.0.0.2"));
    }
    lab.settle();
    lab.table.reevaluate(a, Family::Ipv4);
    let mut seen = 0;
    while lab.table.is_reevaluating() {
        let mut budget = 7;
        while let Some(received) = lab.table.poll_received(&mut budget) {
            assert_eq!(received.from.peer, a);
            seen += 1;
            let verdict = if received.prefix == p("10.1.3.0/24") {
                Err(Rejected::Policy)
            } else {
                Ok(received.received)
            };
            lab.table.reuse(&received, verdict);
        }
    }
    assert_eq!(seen, 50);
    lab.changes.clear();
    lab.settle();
    assert_eq!(lab.changes.len(), 1);
    assert_eq!(told(&lab, "10.1.3.0/24"), Some(b));
    assert_eq!(lab.table.counts(a, Family::Ipv4).accepted, 49);
}

#[test]
fn a_suppressed_destination_is_told_again() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    lab.update(NET, a, &attributes(&[65001], "10.0.0.1"));
    lab.settle();
    lab.changes.clear();
    let dest = lab.table.dest(&p(NET)).unwrap();
    lab.table.suppress(Family::Ipv4, dest, true);
    lab.table.suppress(Family::Ipv4, dest, true);
    lab.listen();
    assert_eq!(lab.changes.len(), 1);
    assert!(lab.changes[0].best && lab.table.is_suppressed(Family::Ipv4, dest));
}

#[test]
fn lookups_find_the_longest_prefix_with_paths() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    for net in ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24"] {
        lab.update(net, a, &attributes(&[65001], "10.0.0.1"));
    }
    let found = |lab: &Lab, addr: &str| lab.table.lookup(ip(addr)).map(|(prefix, _)| prefix);
    assert_eq!(found(&lab, "10.1.1.77"), Some(p("10.1.1.0/24")));
    assert_eq!(found(&lab, "10.1.2.1"), Some(p("10.1.0.0/16")));
    assert_eq!(found(&lab, "11.0.0.1"), Some(p("0.0.0.0/0")));
    assert_eq!(found(&lab, "2001:db8::1"), None);
    let longer: Vec<_> = lab.table.within(&p("10.1.0.0/16")).map(|(prefix, _)| prefix).collect();
    assert_eq!(longer, [p("10.1.0.0/16"), p("10.1.1.0/24")]);
    let after: Vec<_> =
        lab.table.after(Family::Ipv4, Some(&p("10.0.0.0/8"))).map(|(prefix, _)| prefix).collect();
    assert_eq!(after, [p("10.1.0.0/16"), p("10.1.1.0/24")]);
}

#[test]
fn a_walk_ends_though_the_table_has_shrunk_behind_its_start() {
    let mut lab = Lab::new();
    let a = lab.peer(1, external(65001, 1));
    let nets: Vec<String> = (0..3000).map(|n| format!("10.{}.{}.0/24", n >> 8, n & 255)).collect();
    for net in &nets {
        lab.update(net, a, &attributes(&[65001], "10.0.0.1"));
    }
    lab.settle();
    lab.table.redecide(None);
    lab.table.decide(512);
    lab.table.redecide(Some(a));
    lab.table.reevaluate(a, Family::Ipv4);
    assert!(lab.table.poll_received(&mut 2000).is_some());
    lab.table.reevaluate(a, Family::Ipv4);
    for net in &nets {
        lab.withdraw(net, a);
    }
    lab.settle();
    let mut budget = 10_000;
    while lab.table.poll_received(&mut budget).is_some() {}
    assert!(!lab.table.is_reevaluating() && lab.table.prefix_count(Family::Ipv4) == 0);
}
