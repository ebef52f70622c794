use super::*;
use crate::PortId;
use core::net::IpAddr;

fn p(s: &str) -> Prefix {
    s.parse().unwrap()
}

fn ip(s: &str) -> IpAddr {
    s.parse().unwrap()
}

fn via(port: u32) -> FibEntry {
    FibEntry::via(Adjacency { port: PortId(port), gateway: None })
}

fn port_of(d: Decision<'_>) -> Option<u32> {
    match d {
        Decision::Forward(g) => Some(g.select(0).port.0),
        _ => None,
    }
}

fn look(fib: &Fib, dst: &str) -> Option<u32> {
    port_of(fib.snapshot().lookup(&FlowKey::to(ip(dst))))
}

#[test]
fn nothing_is_visible_before_the_commit() {
    let mut fib = Fib::new();
    fib.set(TableId::MAIN, p("10.0.0.0/8"), via(1));
    assert_eq!(fib.snapshot().lookup(&FlowKey::to(ip("10.1.1.1"))), Decision::NoRoute);
    assert!(fib.commit());
    assert_eq!(look(&fib, "10.1.1.1"), Some(1));
    assert!(!fib.commit(), "a second commit has nothing to do");
}

#[test]
fn a_hit_in_local_ends_the_search() {
    let mut fib = Fib::new();
    let host = FibEntry::Local { kind: LocalKind::Host, port: Some(PortId(3)) };
    fib.set(TableId::LOCAL, p("10.0.0.1/32"), host);
    fib.set(TableId::MAIN, p("10.0.0.0/24"), via(1));
    fib.commit();
    let snapshot = fib.snapshot();
    let own = snapshot.lookup(&FlowKey::to(ip("10.0.0.1")));
    assert_eq!(own, Decision::Local { kind: LocalKind::Host, port: Some(PortId(3)) });
    assert_eq!(look(&fib, "10.0.0.2"), Some(1));
    assert_eq!(snapshot.is_local(ip("10.0.0.1")), Some(LocalKind::Host));
    assert_eq!(snapshot.is_local(ip("10.0.0.2")), None);
}

#[test]
fn the_longest_match_wins_and_names_its_prefix() {
    let mut fib = Fib::new();
    fib.set(TableId::MAIN, p("0.0.0.0/0"), via(1));
    fib.set(TableId::MAIN, p("10.0.0.0/8"), FibEntry::Fixed(Resolved::Blackhole));
    fib.set(TableId::MAIN, p("10.1.0.0/16"), via(2));
    fib.set(TableId::MAIN, p("2001:db8::/32"), via(3));
    fib.commit();
    let s = fib.snapshot();
    let (prefix, decision) = s.lookup_in(TableId::MAIN, ip("10.1.2.3")).unwrap();
    assert_eq!((prefix, port_of(decision)), (p("10.1.0.0/16"), Some(2)));
    assert_eq!(s.lookup(&FlowKey::to(ip("10.2.0.1"))), Decision::Blackhole);
    assert_eq!(look(&fib, "9.9.9.9"), Some(1));
    assert_eq!(look(&fib, "2001:db8::7"), Some(3));
    assert_eq!(s.lookup(&FlowKey::to(ip("::1"))), Decision::NoRoute);
    let listed: Vec<Prefix> = s.entries(TableId::MAIN, Some(p("0.0.0.0/0"))).map(|e| e.0).collect();
    assert_eq!(listed, [p("10.0.0.0/8"), p("10.1.0.0/16"), p("2001:db8::/32")]);
}

#[test]
fn rewriting_a_group_moves_every_prefix_that_uses_it() {
    let mut fib = Fib::new();
    let hop = |port| ResolvedHop { adjacency: Adjacency { port: PortId(port), gateway: None }, weight: 1 };
    fib.set_group(GroupId(7), Resolved::via([hop(1)]).unwrap());
    for i in 0..200 {
        fib.set(TableId::MAIN, p(&format!("10.{i}.0.0/16")), FibEntry::Group(GroupId(7)));
    }
    fib.commit();
    assert_eq!(look(&fib, "10.77.0.1"), Some(1));
    fib.set_group(GroupId(7), Resolved::via([hop(2)]).unwrap());
    assert_eq!(look(&fib, "10.77.0.1"), Some(1));
    fib.commit();
    assert!((0..200).all(|i| look(&fib, &format!("10.{i}.0.1")) == Some(2)));
    fib.remove_group(GroupId(7));
    fib.commit();
    assert_eq!(fib.snapshot().lookup(&FlowKey::to(ip("10.1.0.1"))), Decision::Unreachable);
}

#[test]
fn a_reader_keeps_the_snapshot_it_took() {
    let mut fib = Fib::new();
    fib.set(TableId::MAIN, p("10.0.0.0/8"), via(1));
    fib.commit();
    let before = Arc::clone(fib.snapshot());
    fib.set(TableId::MAIN, p("10.0.0.0/8"), via(2));
    fib.set(TableId::MAIN, p("11.0.0.0/8"), via(2));
    fib.commit();
    assert_eq!(port_of(before.lookup(&FlowKey::to(ip("10.0.0.1")))), Some(1));
    assert_eq!(before.lookup(&FlowKey::to(ip("11.0.0.1"))), Decision::NoRoute);
    assert_eq!(look(&fib, "10.0.0.1"), Some(2));
}

#[test]
fn values_are_shared_and_freed() {
    let mut fib = Fib::new();
    for round in 0..100u32 {
        for i in 0..50 {
            fib.set(TableId::MAIN, p(&format!("10.{i}.0.0/16")), via(round));
        }
        fib.commit();
    }
    assert!(fib.slots.slots.len() <= 4, "{} values for one entry", fib.slots.slots.len());
    for i in 0..50 {
        fib.remove(TableId::MAIN, p(&format!("10.{i}.0.0/16")));
    }
    fib.remove(TableId::MAIN, p("99.0.0.0/8"));
    fib.commit();
    assert!(fib.slots.by_entry.is_empty());
    assert!(fib.snapshot().is_empty());
}

#[test]
fn set_and_remove_in_one_burst_leave_the_last_word() {
    let mut fib = Fib::new();
    fib.set(TableId::MAIN, p("10.0.0.0/8"), via(1));
    fib.remove(TableId::MAIN, p("10.0.0.0/8"));
    fib.set(TableId::MAIN, p("10.0.0.0/8"), via(2));
    fib.set(TableId::MAIN, p("11.0.0.0/8"), via(1));
    fib.remove(TableId::MAIN, p("11.0.0.0/8"));
    fib.commit();
    assert_eq!(look(&fib, "10.0.0.1"), Some(2));
    assert_eq!(look(&fib, "11.0.0.1"), None);
    assert_eq!(fib.slots.by_entry.len(), 1, "the entry that lost is freed");
}

#[test]
fn rules_are_searched_in_order_and_a_miss_goes_on() {
    let mut fib = Fib::new();
    fib.set(TableId::MAIN, p("0.0.0.0/0"), via(1));
    fib.set(TableId(100), p("10.0.0.0/8"), via(2));
    let mut rules = Rule::defaults().to_vec();
    rules.push(Rule { iif: Some(PortId(9)), ..Rule::any(5, RuleAction::Prohibit) });
    rules.push(Rule { from: Some(p("192.168.0.0/16")), ..Rule::any(10, RuleAction::Table(TableId(100))) });
    rules.push(Rule { mark: Some((0x10, 0xf0)), ..Rule::any(20, RuleAction::Blackhole) });
    rules.push(Rule { tos: Some(0xb8), ..Rule::any(30, RuleAction::Unreachable) });
    fib.set_rules(rules);
    fib.commit();
    let s = fib.snapshot();
    let key = FlowKey { src: ip("192.168.1.1"), ..FlowKey::to(ip("10.1.1.1")) };
    assert_eq!(port_of(s.lookup(&key)), Some(2));
    assert_eq!(port_of(s.lookup(&FlowKey { dst: ip("11.1.1.1"), ..key })), Some(1), "table 100 misses: main");
    assert_eq!(port_of(s.lookup(&FlowKey { src: ip("1.1.1.1"), ..key })), Some(1));
    assert_eq!(s.lookup(&FlowKey { iif: Some(PortId(9)), ..key }), Decision::Prohibit);
    let other = FlowKey::to(ip("11.1.1.1"));
    assert_eq!(s.lookup(&FlowKey { mark: 0x1f, ..other }), Decision::Blackhole);
    assert_eq!(s.lookup(&FlowKey { tos: 0xb9, ..other }), Decision::Unreachable, "ECN bits do not count");
}

#[test]
fn table_default_is_searched_last() {
    let mut fib = Fib::new();
    fib.set(TABLE_DEFAULT, p("0.0.0.0/0"), via(4));
    fib.set(TableId::MAIN, p("10.0.0.0/8"), via(1));
    fib.commit();
    assert_eq!(look(&fib, "10.0.0.1"), Some(1));
    assert_eq!(look(&fib, "8.8.8.8"), Some(4));
    fib.remove(TABLE_DEFAULT, p("0.0.0.0/0"));
    fib.commit();
    assert_eq!(look(&fib, "8.8.8.8"), None);
}

#[test]
fn a_snapshot_may_cross_threads() {
    fn check<T: Send + Sync>() {}
    check::<Snapshot>();
}
