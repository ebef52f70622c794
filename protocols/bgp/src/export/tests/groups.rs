//! Who shares a group, when it parts and joins again, and what members cost each other.

use super::*;

fn groups(lab: &Lab) -> Vec<Vec<u16>> {
    lab.export.groups().map(|g| g.members.iter().map(|m| m.0).collect()).collect()
}

fn full(lab: &mut Lab, count: u32) {
    (0..count).for_each(|n| lab.announce(prefix(n), 9, &attributes(65_009, n % 50)));
}

#[test]
fn after_the_whole_table_comes_end_of_rib_once() {
    let mut lab = Lab::new();
    full(&mut lab, 10);
    lab.join(1, external());
    lab.drain();
    let said = lab.said(1);
    assert_eq!(said.len(), 11, "{said:?}");
    assert_eq!(said.last(), Some(&Said::EndOfRib));
    lab.check();
    lab.announce(prefix(3), 9, &attributes(65_009, 77));
    lab.drain();
    assert_eq!(lab.said(1), [Said::Announce(vec![(prefix(3), 0)])]);
    lab.check();
}

#[test]
fn an_empty_table_is_end_of_rib_alone() {
    let mut lab = Lab::new();
    lab.join(1, external());
    lab.drain();
    assert_eq!(lab.said(1), [Said::EndOfRib]);
    assert!(!lab.export.has_work(lab.now, PeerIx(1)));
}

#[test]
fn peers_that_begin_together_share_and_one_that_comes_later_joins_when_it_has_everything() {
    let mut lab = Lab::new();
    full(&mut lab, 100);
    lab.join(1, external());
    lab.join(2, external());
    assert_eq!(groups(&lab), [[1, 2]]);
    lab.drain();
    lab.join(3, external());
    assert_eq!(groups(&lab), [vec![1, 2], vec![3]]);
    lab.drain();
    assert_eq!(groups(&lab), [[1, 2, 3]]);
    let mut other = external();
    other.prepend = vec![64_999];
    lab.join(4, other);
    lab.drain();
    assert_eq!(groups(&lab), [vec![1, 2, 3], vec![4]], "another profile never joins");
    let mut solo = external();
    solo.solo = Some(PeerIx(5));
    lab.join(5, solo);
    lab.drain();
    assert_eq!(groups(&lab).len(), 3);
    lab.check();
}

#[test]
fn a_member_is_not_told_its_own_routes_and_loses_those_its_own_replace() {
    let mut lab = Lab::new();
    lab.join(1, external());
    lab.join(2, external());
    lab.announce(prefix(0), 9, &attributes(65_009, 0));
    lab.announce(prefix(1), 1, &attributes(65_001, 0));
    lab.drain();
    assert_eq!(groups(&lab), [[1, 2]]);
    lab.check();
    lab.announce(prefix(0), 1, &attributes(65_001, 0));
    lab.drain();
    assert_eq!(lab.said(1).last(), Some(&Said::Withdraw(vec![(prefix(0), 0)])));
    lab.check();
    lab.announce(prefix(0), 2, &attributes(65_002, 0));
    lab.announce(prefix(1), 2, &attributes(65_002, 0));
    lab.drain();
    lab.check();
    (0..2).for_each(|n| (1..10).for_each(|from| lab.withdraw(prefix(n), from)));
    lab.drain();
    lab.check();
    assert_eq!(lab.lines.dests.iter().filter(|d| d.prefix.is_some()).count(), 0, "no number is held");
}

#[test]
fn what_comes_and_goes_before_there_is_room_is_never_told() {
    let mut lab = Lab::new();
    lab.announce(prefix(1), 9, &attributes(65_009, 0));
    lab.join(1, external());
    lab.drain();
    lab.said(1);
    for round in 0..50 {
        lab.announce(prefix(0), 9, &attributes(65_009, round));
        lab.withdraw(prefix(0), 9);
        lab.announce(prefix(1), 9, &attributes(65_009, round));
        lab.announce(prefix(1), 9, &attributes(65_009, 0));
    }
    assert_eq!(lab.lines.dests.iter().filter(|d| d.prefix.is_some()).count(), 1, "nothing holds its number");
    lab.drain();
    assert_eq!(lab.said(1), []);
    for round in 1..50 {
        lab.announce(prefix(1), 9, &attributes(65_009, round));
    }
    lab.drain();
    assert_eq!(lab.said(1), [Said::Announce(vec![(prefix(1), 0)])], "the last word only");
    lab.check();
}

#[test]
fn the_same_is_not_said_twice() {
    let mut lab = Lab::new();
    lab.join(1, external());
    lab.announce(prefix(0), 9, &attributes(65_009, 0));
    lab.drain();
    lab.said(1);
    let mut other = attributes(65_009, 0);
    (other.med, other.local_pref) = (Some(5), Some(500));
    lab.announce(prefix(0), 9, &other);
    lab.drain();
    assert_eq!(lab.said(1), [], "neither attribute goes to another AS");
    lab.announce(prefix(0), 8, &other);
    lab.drain();
    assert_eq!(lab.said(1), [], "nor is it told whose the route is");
    lab.check();
}

#[test]
fn a_stuck_member_stalls_nobody_and_its_memory_is_bounded() {
    let mut lab = Lab::new();
    full(&mut lab, 2000);
    (1..=3).for_each(|peer| lab.join(peer, external()));
    lab.drain();
    assert_eq!(groups(&lab), [[1, 2, 3]]);
    let mut most = 0;
    for round in 0..400 {
        (0..2000).for_each(|n| lab.announce(prefix(n), 9, &attributes(65_009, 100 + round * 7 + n % 90)));
        for peer in [1, 2] {
            while lab.export.has_work(lab.now, PeerIx(peer)) {
                lab.fill(peer, 100_000);
            }
        }
        assert_eq!(lab.peers[&PeerIx(1)].routes, lab.expected(PeerIx(1)));
        most = most.max(lab.export.groups().map(|g| g.memory).sum());
    }
    assert_eq!(groups(&lab), [vec![1, 2], vec![3]]);
    assert!(most < 3 << 20, "{most} bytes");
    lab.drain();
    assert_eq!(groups(&lab), [[1, 2, 3]], "it has caught up");
    lab.check();
}

#[test]
fn a_stuck_member_that_leaves_lets_go_of_everything() {
    let mut lab = Lab::new();
    full(&mut lab, 100);
    lab.join(1, external());
    lab.drain();
    (0..100).for_each(|n| lab.withdraw(prefix(n), 9));
    assert_eq!(lab.lines.dests.iter().filter(|d| d.holds > 0).count(), 100);
    lab.leave(1);
    assert!(lab.lines.dests.iter().all(|d| d.holds == 0 && d.prefix.is_none()));
    assert_eq!(groups(&lab), Vec::<Vec<u16>>::new());
}

#[test]
fn a_refresh_repeats_everything_to_who_asked_and_to_nobody_else() {
    let mut lab = Lab::new();
    full(&mut lab, 10);
    lab.join(1, external());
    lab.join(2, external());
    lab.drain();
    [1, 2].into_iter().for_each(|peer| drop(lab.said(peer)));
    lab.export.refresh(PeerIx(1), Family::Ipv4, false, &lab.lines);
    lab.drain();
    assert_eq!(lab.said(1).len(), 10);
    assert_eq!(lab.said(2), []);
    lab.export.refresh(PeerIx(1), Family::Ipv4, true, &lab.lines);
    lab.withdraw(prefix(4), 9);
    lab.drain();
    let said = lab.said(1);
    assert_eq!(said.first(), Some(&Said::Refresh(Refresh::Begin)));
    assert_eq!(said.get(1), Some(&Said::Withdraw(vec![(prefix(4), 0)])));
    assert_eq!(said.last(), Some(&Said::Refresh(Refresh::End)));
    assert_eq!(said.len(), 12);
    assert_eq!(groups(&lab), [[1, 2]], "one group again");
    lab.check();
}

#[test]
fn a_refresh_asked_for_at_the_beginning_waits_for_end_of_rib() {
    let mut lab = Lab::new();
    full(&mut lab, 3);
    lab.join(1, external());
    lab.export.refresh(PeerIx(1), Family::Ipv4, true, &lab.lines);
    lab.drain();
    let said = lab.said(1);
    assert_eq!(said[3..5], [Said::EndOfRib, Said::Refresh(Refresh::Begin)]);
    assert_eq!((said.len(), said.last()), (9, Some(&Said::Refresh(Refresh::End))));
}

#[test]
fn another_profile_sends_the_differences_without_a_new_session() {
    let mut lab = Lab::new();
    full(&mut lab, 10);
    (1..=2).for_each(|peer| lab.join(peer, external()));
    lab.drain();
    [1, 2].into_iter().for_each(|peer| drop(lab.said(peer)));
    lab.export.reprofile(PeerIx(1), external(), &lab.lines);
    lab.drain();
    assert_eq!((lab.said(1), lab.said(2)), (vec![], vec![]), "nothing differs");
    let mut other = external();
    other.requires_policy = true;
    lab.export.reprofile(PeerIx(1), other.clone(), &lab.lines);
    lab.peers.get_mut(&PeerIx(1)).unwrap().profile = Some(other);
    lab.drain();
    assert_eq!(lab.said(1).len(), 1, "one message withdraws all");
    assert_eq!(lab.said(2), []);
    lab.check();
    lab.export.reprofile(PeerIx(1), external(), &lab.lines);
    lab.drain();
    assert_eq!((lab.said(1).len(), groups(&lab)), (10, vec![vec![1, 2]]));
    lab.check();
}

#[test]
fn announcements_keep_their_distance_and_withdrawals_do_not() {
    let mut lab = Lab::new();
    let mut profile = external();
    profile.interval = 30;
    full(&mut lab, 2);
    lab.join(1, profile);
    lab.drain();
    lab.said(1);
    lab.announce(prefix(0), 9, &attributes(65_009, 70));
    lab.withdraw(prefix(1), 9);
    lab.drain();
    assert_eq!(lab.said(1), [Said::Withdraw(vec![(prefix(1), 0)])]);
    lab.announce(prefix(0), 9, &attributes(65_009, 71));
    let at = lab.export.next_timeout().expect("something waits");
    let pause = at.since(lab.now).as_secs_f64();
    assert!((22.5..=30.0).contains(&pause), "{pause}");
    lab.drain();
    assert_eq!(lab.said(1), []);
    lab.now = at;
    lab.drain();
    assert_eq!(lab.said(1), [Said::Announce(vec![(prefix(0), 0)])]);
    assert_eq!(lab.export.next_timeout(), None);
    lab.check();
}

#[test]
fn a_route_that_goes_while_it_waits_is_not_announced() {
    let mut lab = Lab::new();
    let mut profile = external();
    profile.interval = 30;
    full(&mut lab, 1);
    lab.join(1, profile);
    lab.drain();
    lab.said(1);
    lab.announce(prefix(5), 9, &attributes(65_009, 70));
    lab.drain();
    lab.withdraw(prefix(5), 9);
    assert_eq!(lab.export.next_timeout(), None);
    lab.now = Instant::from_secs(100);
    lab.drain();
    assert_eq!(lab.said(1), []);
    assert_eq!(lab.lines.find(&prefix(5)), None);
}

#[test]
fn all_paths_go_to_who_takes_several_each_under_its_identifier() {
    let mut lab = Lab::new();
    lab.join(1, add_path());
    lab.announce(prefix(0), 8, &attributes(65_008, 0));
    lab.announce(prefix(0), 9, &attributes(65_009, 0));
    lab.announce(prefix(0), 1, &attributes(65_001, 0));
    lab.drain();
    let ids = |lab: &Lab| lab.peers[&PeerIx(1)].routes.keys().map(|k| k.1).collect::<Vec<_>>();
    assert_eq!(ids(&lab), [9, 10], "its own left out");
    lab.check();
    lab.said(1);
    lab.withdraw(prefix(0), 9);
    lab.drain();
    assert_eq!(lab.said(1), [Said::Withdraw(vec![(prefix(0), 10)])]);
    lab.withdraw(prefix(0), 8);
    lab.withdraw(prefix(0), 1);
    lab.drain();
    assert!(lab.peers[&PeerIx(1)].routes.is_empty());
    assert_eq!(lab.lines.find(&prefix(0)), None);
}

#[test]
fn a_suppressed_route_is_withdrawn_and_comes_back() {
    let mut lab = Lab::new();
    full(&mut lab, 2);
    lab.join(1, external());
    lab.drain();
    lab.said(1);
    for suppressed in [true, false] {
        lab.lines.dests[1].suppressed = suppressed;
        lab.export.changed(Family::Ipv4, DestId(1), &mut lab.lines);
        lab.drain();
        let at = vec![(prefix(1), 0)];
        let want = if suppressed { Said::Withdraw(at) } else { Said::Announce(at) };
        assert_eq!(lab.said(1), [want]);
    }
}
