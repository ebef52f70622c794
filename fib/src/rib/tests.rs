use super::*;
use crate::tables::{Adjacency, Decision, Fib, FlowKey, ResolvedHop};
use crate::{NextHop, Snapshot};

const CONNECTED: fn(u32) -> Source = |port| Source::new(Protocol::Connected, port);
const STATIC: Source = Source::new(Protocol::Static, 1);
const RIP: Source = Source::new(Protocol::Rip, 0);
const BGP: Source = Source::new(Protocol::Bgp, 0);

fn p(s: &str) -> Prefix {
    s.parse().unwrap()
}

fn ip(s: &str) -> IpAddr {
    s.parse().unwrap()
}

fn via(gateways: &[&str]) -> Target {
    Target::Via(gateways.iter().map(|g| NextHop::via(ip(g))).collect())
}

/// A RIB with a FIB behind it, as the router has them.
struct Bench {
    rib: Rib,
    fib: Fib,
    bests: usize,
    groups: usize,
    reach: Vec<(IpAddr, Option<Reach>)>,
}

impl Bench {
    /// Ports 1 to 9 are up, each with 10.0.N.0/24.
    fn new() -> Bench {
        let mut bench = Bench { rib: Rib::new(), fib: Fib::new(), bests: 0, groups: 0, reach: Vec::new() };
        for port in 1..=9 {
            bench.rib.set_port_up(PortId(port), true);
            bench.connected(&format!("10.0.{port}.0/24"), port);
        }
        bench.settle();
        bench
    }

    fn connected(&mut self, prefix: &str, port: u32) {
        let route = Route::new(Protocol::Connected, Target::Via(vec![NextHop::port(PortId(port))]));
        self.rib.announce(Instant::ZERO, TableId::MAIN, CONNECTED(port), p(prefix), route);
    }

    fn add(&mut self, source: Source, prefix: &str, target: Target) {
        let route = Route::new(source.protocol, target);
        self.rib.announce(Instant::ZERO, TableId::MAIN, source, p(prefix), route);
    }

    fn gone(&mut self, source: Source, prefix: &str) {
        self.rib.withdraw(TableId::MAIN, source, p(prefix));
    }

    /// Settles in pieces of `budget` and hands the news to the FIB.
    fn settle_by(&mut self, budget: usize) {
        (self.bests, self.groups) = (0, 0);
        let mut rounds = 0;
        loop {
            let more = self.rib.settle(budget);
            while let Some(change) = self.rib.poll_change() {
                self.fib.handle_change(&change);
                match change {
                    Change::Best { old, new, .. } => {
                        assert_ne!(old, new, "news that is none");
                        self.bests += 1;
                    }
                    Change::Group { .. } => self.groups += 1,
                    Change::Reach { addr, via } => self.reach.push((addr, via)),
                }
            }
            rounds += 1;
            assert!(rounds < 100_000, "it never settles");
            if !more {
                break;
            }
        }
        assert!(self.rib.is_settled());
        self.fib.commit();
    }

    fn settle(&mut self) {
        self.settle_by(usize::MAX);
    }

    fn snapshot(&self) -> &Snapshot {
        self.fib.snapshot()
    }

    /// Where packets go: `port via gateway` of each adjacency, or the name of another decision.
    fn way(&self, dst: &str) -> String {
        match self.snapshot().lookup(&FlowKey::to(ip(dst))) {
            Decision::Forward(group) => {
                let hop = |h: ResolvedHop| {
                    let Adjacency { port, gateway } = h.adjacency;
                    let to = gateway.map_or("link".into(), |g| g.to_string());
                    let times = if h.weight == 1 { String::new() } else { format!("*{}", h.weight) };
                    format!("{} {to}{times}", port.0)
                };
                group.hops().map(hop).collect::<Vec<_>>().join(", ")
            }
            other => format!("{other:?}"),
        }
    }

    fn why(&self, prefix: &str, source: Source) -> Why {
        let listing = self.rib.get(TableId::MAIN, p(prefix)).unwrap();
        listing.candidates.iter().find(|c| c.source == source).unwrap().why
    }
}

fn unresolved(gateway: &str, reason: Reason) -> Why {
    Why::Unresolved(Unresolved { gateway: Some(ip(gateway)), reason })
}

mod best {
    use super::*;

    #[test]
    fn the_lowest_distance_wins_and_the_others_know_why() {
        let mut b = Bench::new();
        b.add(RIP, "192.168.0.0/16", via(&["10.0.1.2"]));
        b.add(STATIC, "192.168.0.0/16", via(&["10.0.2.2"]));
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "2 10.0.2.2");
        assert_eq!(b.why("192.168.0.0/16", STATIC), Why::Selected);
        assert_eq!(b.why("192.168.0.0/16", RIP), Why::Distance(1));
        b.gone(STATIC, "192.168.0.0/16");
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "1 10.0.1.2");
        b.gone(RIP, "192.168.0.0/16");
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "NoRoute");
        assert_eq!(b.rib.get(TableId::MAIN, p("192.168.0.0/16")), None);
    }

    #[test]
    fn then_the_metric_then_the_source() {
        let mut b = Bench::new();
        let route = |metric, gateway| Route { metric, ..Route::new(Protocol::Rip, via(&[gateway])) };
        let [first, second, third] = [1, 2, 3].map(|i| Source::new(Protocol::Rip, i));
        let at = p("192.168.0.0/16");
        b.rib.announce(Instant::ZERO, TableId::MAIN, third, at, route(5, "10.0.3.2"));
        b.rib.announce(Instant::ZERO, TableId::MAIN, second, at, route(5, "10.0.2.2"));
        b.rib.announce(Instant::ZERO, TableId::MAIN, first, at, route(6, "10.0.1.2"));
        b.settle();
        assert_eq!(b.why("192.168.0.0/16", second), Why::Selected);
        assert_eq!(b.why("192.168.0.0/16", third), Why::Source(second));
        assert_eq!(b.why("192.168.0.0/16", first), Why::Metric(5));
        let order: Vec<_> =
            b.rib.get(TableId::MAIN, at).unwrap().candidates.iter().map(|c| c.source).collect();
        assert_eq!(order, [second, third, first], "the selected one first, then by rank");
    }

    #[test]
    fn distance_255_is_never_used() {
        let mut b = Bench::new();
        let route = Route { distance: 255, ..Route::new(Protocol::Rip, via(&["10.0.1.2"])) };
        b.rib.announce(Instant::ZERO, TableId::MAIN, RIP, p("192.168.0.0/16"), route);
        b.settle();
        assert_eq!(b.why("192.168.0.0/16", RIP), Why::Never);
        assert_eq!(b.way("192.168.1.1"), "NoRoute");
    }

    #[test]
    fn a_floating_static_takes_over_when_the_port_goes_down_and_gives_back() {
        let mut b = Bench::new();
        let floating = Source::new(Protocol::Static, 250);
        b.add(STATIC, "192.168.0.0/16", via(&["10.0.1.2"]));
        let route = Route { distance: 250, ..Route::new(Protocol::Static, via(&["10.0.2.2"])) };
        b.rib.announce(Instant::ZERO, TableId::MAIN, floating, p("192.168.0.0/16"), route);
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "1 10.0.1.2");
        b.rib.set_port_up(PortId(1), false);
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "2 10.0.2.2");
        assert_eq!(b.why("192.168.0.0/16", STATIC), unresolved("10.0.1.2", Reason::NoRoute));
        assert_eq!(b.way("10.0.1.9"), "NoRoute", "the connected route of a port that is down is inactive");
        b.rib.set_port_up(PortId(1), true);
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "1 10.0.1.2");
    }

    #[test]
    fn the_same_again_is_no_news_and_keeps_its_age() {
        let mut b = Bench::new();
        b.add(STATIC, "192.168.0.0/16", via(&["10.0.1.2", "10.0.2.2"]));
        b.settle();
        let later = Instant::from_secs(50);
        let shuffled = Route::new(Protocol::Static, via(&["10.0.2.2", "10.0.1.2", "10.0.2.2"]));
        b.rib.announce(later, TableId::MAIN, STATIC, p("192.168.0.0/16"), shuffled);
        assert!(b.rib.is_settled());
        let c = &b.rib.get(TableId::MAIN, p("192.168.0.0/16")).unwrap().candidates[0];
        assert_eq!(c.since, Instant::ZERO);
        let other = Route { metric: 3, ..Route::new(Protocol::Static, via(&["10.0.2.2"])) };
        b.rib.announce(later, TableId::MAIN, STATIC, p("192.168.0.0/16"), other);
        b.settle();
        assert_eq!(b.bests, 1);
        assert_eq!(b.rib.get(TableId::MAIN, p("192.168.0.0/16")).unwrap().candidates[0].since, later);
    }

    #[test]
    fn two_ports_on_one_network_coexist() {
        let mut b = Bench::new();
        b.connected("10.0.1.0/24", 2);
        b.settle();
        assert_eq!(b.way("10.0.1.7"), "1 link");
        assert_eq!(b.why("10.0.1.0/24", CONNECTED(2)), Why::Source(CONNECTED(1)));
        b.rib.set_port_up(PortId(1), false);
        b.settle();
        assert_eq!(b.way("10.0.1.7"), "2 link");
    }

    #[test]
    fn changes_within_a_burst_are_told_once_and_a_round_trip_not_at_all() {
        let mut b = Bench::new();
        for i in 0..10 {
            b.add(RIP, "192.168.0.0/16", via(&[&format!("10.0.1.{}", 2 + i)]));
        }
        b.settle();
        assert_eq!(b.bests, 1);
        b.gone(RIP, "192.168.0.0/16");
        b.add(RIP, "192.168.0.0/16", via(&["10.0.1.11"]));
        b.settle();
        assert_eq!(b.bests, 0);
    }

    #[test]
    fn withdrawing_a_source_leaves_the_others_and_nothing_behind() {
        let mut b = Bench::new();
        let held = |b: &Bench| Totals { bytes: 0, ..b.rib.totals() };
        let empty = held(&b);
        for i in 0..100 {
            b.add(RIP, &format!("172.16.{i}.0/24"), via(&["10.0.1.2"]));
            b.add(BGP, &format!("172.16.{i}.0/24"), via(&["10.0.2.2"]));
            b.rib.announce(
                Instant::ZERO,
                TableId(7),
                BGP,
                p("1.0.0.0/8"),
                Route::new(Protocol::Bgp, Target::Blackhole),
            );
        }
        b.settle();
        assert_eq!(b.way("172.16.5.1"), "2 10.0.2.2");
        b.rib.withdraw_all(BGP);
        b.settle();
        assert_eq!(b.way("172.16.5.1"), "1 10.0.1.2");
        b.rib.withdraw_all(RIP);
        b.settle();
        assert_eq!(held(&b), empty);
        assert_eq!(b.rib.tables().collect::<Vec<_>>(), [TableId::MAIN]);
        assert_eq!(b.snapshot().tables(), [TableId::MAIN]);
    }

    #[test]
    fn discards_are_routes() {
        let mut b = Bench::new();
        b.add(STATIC, "1.0.0.0/8", Target::Blackhole);
        b.add(STATIC, "2.0.0.0/8", Target::Unreachable);
        b.add(STATIC, "3.0.0.0/8", Target::Prohibit);
        b.settle();
        assert_eq!(
            [b.way("1.1.1.1"), b.way("2.1.1.1"), b.way("3.1.1.1")],
            ["Blackhole", "Unreachable", "Prohibit"]
        );
    }
}

mod recursion {
    use super::*;

    #[test]
    fn a_gateway_on_a_connected_network_is_the_neighbor() {
        let mut b = Bench::new();
        b.add(STATIC, "192.168.0.0/16", via(&["10.0.1.2"]));
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "1 10.0.1.2");
        let listing = b.rib.get(TableId::MAIN, p("192.168.0.0/16")).unwrap();
        let hops = b.rib.next_hops(&listing.candidates[0].route);
        assert!(!hops[0].recursive);
        assert_eq!(hops[0].through, Some(p("10.0.1.0/24")));
    }

    #[test]
    fn next_hops_resolve_through_many_levels_and_no_more() {
        let mut b = Bench::new();
        b.add(STATIC, "20.0.0.0/24", via(&["10.0.1.2"]));
        for level in 1..20 {
            b.add(STATIC, &format!("20.0.{level}.0/24"), via(&[&format!("20.0.{}.1", level - 1)]));
        }
        b.settle();
        assert_eq!(b.way("20.0.5.1"), "1 10.0.1.2");
        let deepest = (1..20).rev().find(|l| b.way(&format!("20.0.{l}.1")) != "NoRoute").unwrap();
        assert_eq!(deepest, usize::from(MAX_DEPTH) - 1);
        assert_eq!(
            b.why(&format!("20.0.{}.0/24", deepest + 1), STATIC),
            unresolved(&format!("20.0.{deepest}.1"), Reason::TooDeep)
        );
        let listing = b.rib.get(TableId::MAIN, p("20.0.5.0/24")).unwrap();
        assert!(b.rib.next_hops(&listing.candidates[0].route)[0].recursive);
        // Cut at the root: everything falls; restored: everything is back.
        b.rib.set_port_up(PortId(1), false);
        b.settle();
        assert_eq!(b.way("20.0.5.1"), "NoRoute");
        b.rib.set_port_up(PortId(1), true);
        b.settle();
        assert_eq!(b.way("20.0.5.1"), "1 10.0.1.2");
    }

    #[test]
    fn ecmp_is_flattened_with_weights_multiplied() {
        let mut b = Bench::new();
        b.add(STATIC, "20.0.0.0/24", via(&["10.0.1.2", "10.0.2.2"]));
        let double = NextHop { weight: 2, ..NextHop::via(ip("10.0.2.2")) };
        b.add(STATIC, "192.168.0.0/16", Target::Via(vec![NextHop::via(ip("20.0.0.1")), double]));
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "1 10.0.1.2, 2 10.0.2.2*3");
        b.rib.set_port_up(PortId(2), false);
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "1 10.0.1.2", "next hops that fail are left out while others work");
    }

    #[test]
    fn one_group_is_rewritten_not_each_of_its_prefixes() {
        let mut b = Bench::new();
        b.add(RIP, "20.0.0.0/24", via(&["10.0.1.2"]));
        for i in 0..2000 {
            b.add(BGP, &format!("100.{}.{}.0/24", i / 250, i % 250), via(&["20.0.0.1"]));
        }
        b.settle();
        assert_eq!(b.way("100.3.7.1"), "1 10.0.1.2");
        b.add(RIP, "20.0.0.0/24", via(&["10.0.2.2"]));
        b.settle();
        assert_eq!(b.way("100.3.7.1"), "2 10.0.2.2");
        assert_eq!(b.bests, 1, "only the IGP route itself");
        assert!(b.groups <= 3, "{} groups", b.groups);
    }

    #[test]
    fn many_prefixes_follow_when_their_group_dies_and_revives() {
        for budget in [7, usize::MAX] {
            let mut b = Bench::new();
            b.add(RIP, "20.0.0.0/24", via(&["10.0.1.2"]));
            let backup = Source::new(Protocol::Bgp, 2);
            for i in 0..500 {
                let prefix = format!("100.0.{}.0/25", i % 250);
                b.add(BGP, &prefix, via(&["20.0.0.1"]));
                let route = Route { distance: 200, ..Route::new(Protocol::Bgp, via(&["10.0.3.2"])) };
                b.rib.announce(Instant::ZERO, TableId(9), backup, p(&prefix), route.clone());
                b.rib.announce(Instant::ZERO, TableId::MAIN, backup, p(&prefix), route);
            }
            b.settle_by(budget);
            assert_eq!(b.way("100.0.77.1"), "1 10.0.1.2");
            b.gone(RIP, "20.0.0.0/24");
            b.settle_by(budget);
            for i in 0..250 {
                assert_eq!(b.way(&format!("100.0.{i}.1")), "3 10.0.3.2");
            }
            b.add(RIP, "20.0.0.0/24", via(&["10.0.2.2"]));
            b.settle_by(budget);
            assert_eq!(b.way("100.0.249.1"), "2 10.0.2.2");
            assert_eq!(b.why("100.0.1.0/25", backup), Why::Distance(20));
        }
    }

    #[test]
    fn a_route_does_not_resolve_through_itself() {
        let mut b = Bench::new();
        b.add(STATIC, "50.0.0.0/8", via(&["50.0.0.1"]));
        b.settle();
        assert_eq!(b.way("50.1.1.1"), "NoRoute");
        assert_eq!(b.why("50.0.0.0/8", STATIC), unresolved("50.0.0.1", Reason::NoRoute));
        // Not even when a shorter route contains the gateway ...
        b.add(STATIC, "50.0.0.0/7", via(&["10.0.1.2"]));
        b.settle();
        assert_eq!(b.why("50.0.0.0/8", STATIC), unresolved("50.0.0.1", Reason::Loop));
        assert_eq!(b.way("50.1.1.1"), "1 10.0.1.2", "by the shorter route");
        // ... but a longer one will do,
        b.add(STATIC, "50.0.0.0/24", via(&["10.0.2.2"]));
        b.settle();
        assert_eq!(b.way("50.1.1.1"), "2 10.0.2.2");
        // and a host route may lead to its own address.
        b.add(STATIC, "60.0.0.0/8", via(&["10.0.3.2"]));
        b.add(RIP, "60.0.0.1/32", via(&["60.0.0.1"]));
        b.settle();
        assert_eq!(b.way("60.0.0.1"), "3 10.0.3.2");
    }

    #[test]
    fn a_cycle_of_routes_resolves_nothing_and_settles() {
        let mut b = Bench::new();
        b.add(STATIC, "50.0.0.0/8", via(&["60.0.0.1"]));
        b.add(STATIC, "60.0.0.0/8", via(&["70.0.0.1"]));
        b.add(STATIC, "70.0.0.0/8", via(&["50.0.0.1"]));
        b.settle();
        assert_eq!(b.way("50.1.1.1"), "NoRoute");
        // A way out for one of them is a way out for all,
        b.add(STATIC, "70.0.0.1/32", via(&["10.0.1.2"]));
        b.settle();
        for dst in ["50.1.1.1", "60.1.1.1", "70.1.1.1"] {
            assert_eq!(b.way(dst), "1 10.0.1.2");
        }
        // and when it goes, all fall again.
        b.gone(STATIC, "70.0.0.1/32");
        b.settle();
        for dst in ["50.1.1.1", "60.1.1.1", "70.1.1.1"] {
            assert_eq!(b.way(dst), "NoRoute");
        }
    }

    #[test]
    fn routes_that_would_each_resolve_through_the_other_use_what_lies_beneath() {
        let mut b = Bench::new();
        b.add(STATIC, "50.0.0.0/7", via(&["10.0.1.2"]));
        b.add(STATIC, "60.0.0.0/7", via(&["10.0.2.2"]));
        b.settle();
        b.add(RIP, "50.0.0.0/8", via(&["60.0.0.1"]));
        b.add(RIP, "60.0.0.0/8", via(&["50.0.0.1"]));
        b.settle();
        // Which of the two goes first is a matter of order; none may point at the other in a circle.
        let ways = [b.way("50.0.0.1"), b.way("60.0.0.1")];
        for way in &ways {
            assert!(way == "1 10.0.1.2" || way == "2 10.0.2.2", "{ways:?}");
        }
    }

    #[test]
    fn the_default_route_resolves_only_when_allowed() {
        let mut b = Bench::new();
        b.add(STATIC, "0.0.0.0/0", via(&["10.0.1.2"]));
        b.add(STATIC, "192.168.0.0/16", via(&["9.9.9.9"]));
        b.settle();
        assert_eq!(b.why("192.168.0.0/16", STATIC), unresolved("9.9.9.9", Reason::OnlyDefault));
        b.rib.set_resolve_via_default(true);
        b.settle();
        assert_eq!(b.why("192.168.0.0/16", STATIC), Why::Selected);
        b.rib.set_resolve_via_default(false);
        b.settle();
        assert_eq!(b.why("192.168.0.0/16", STATIC), unresolved("9.9.9.9", Reason::OnlyDefault));
    }

    #[test]
    fn an_own_address_is_no_gateway() {
        let mut b = Bench::new();
        b.add(STATIC, "192.168.0.0/16", via(&["10.0.1.1"]));
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "1 10.0.1.1");
        b.rib.set_local(ip("10.0.1.1"), true);
        b.settle();
        assert_eq!(b.why("192.168.0.0/16", STATIC), unresolved("10.0.1.1", Reason::OwnAddress));
        b.rib.set_local(ip("10.0.1.1"), false);
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "1 10.0.1.1");
    }

    #[test]
    fn a_gateway_on_a_port_has_to_be_on_its_link_unless_onlink() {
        let mut b = Bench::new();
        let hop = NextHop::via_port(ip("10.0.1.2"), PortId(2));
        b.add(STATIC, "192.168.0.0/16", Target::Via(vec![hop]));
        b.settle();
        assert_eq!(b.why("192.168.0.0/16", STATIC), unresolved("10.0.1.2", Reason::NotOnLink(PortId(2))));
        b.connected("10.0.0.0/16", 2);
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "2 10.0.1.2");
        b.gone(CONNECTED(2), "10.0.0.0/16");
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "NoRoute");
        b.add(STATIC, "192.168.0.0/16", Target::Via(vec![NextHop { onlink: true, ..hop }]));
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "2 10.0.1.2");
        b.rib.set_port_up(PortId(2), false);
        b.settle();
        assert_eq!(b.why("192.168.0.0/16", STATIC), unresolved("10.0.1.2", Reason::PortDown(PortId(2))));
    }

    #[test]
    fn a_static_route_out_of_a_port_puts_its_gateway_on_the_link() {
        let mut b = Bench::new();
        let gateway = ip("169.254.1.1");
        b.add(STATIC, "0.0.0.0/0", Target::Via(vec![NextHop::via_port(gateway, PortId(2))]));
        b.settle();
        assert_eq!(b.why("0.0.0.0/0", STATIC), unresolved("169.254.1.1", Reason::NotOnLink(PortId(2))));
        let out_of = |port| NextHop { gateway: None, ..NextHop::via_port(gateway, PortId(port)) };
        b.add(STATIC, "169.254.1.1/32", Target::Via(vec![out_of(2)]));
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "2 169.254.1.1");
        b.add(STATIC, "169.254.1.1/32", Target::Via(vec![out_of(1)]));
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "NoRoute", "it is on another link now");
    }

    #[test]
    fn a_link_local_gateway_needs_only_its_port() {
        let mut b = Bench::new();
        let hop = NextHop::via_port(ip("fe80::2"), PortId(3));
        b.add(STATIC, "2001:db8::/32", Target::Via(vec![hop]));
        b.settle();
        assert_eq!(b.way("2001:db8::1"), "3 fe80::2");
        b.rib.set_port_up(PortId(3), false);
        b.settle();
        assert_eq!(b.way("2001:db8::1"), "NoRoute");
    }

    #[test]
    fn a_next_hop_may_lead_into_a_discard() {
        let mut b = Bench::new();
        b.add(STATIC, "192.0.2.1/32", Target::Blackhole);
        b.add(BGP, "66.6.6.0/24", via(&["192.0.2.1"]));
        b.settle();
        assert_eq!(b.way("66.6.6.6"), "Blackhole");
        b.add(BGP, "66.6.6.0/24", via(&["192.0.2.1", "10.0.1.2"]));
        b.settle();
        assert_eq!(b.way("66.6.6.6"), "1 10.0.1.2", "a discard counts only when nothing forwards");
    }

    #[test]
    fn a_group_that_falls_and_recovers_within_a_burst_is_found_again() {
        let mut b = Bench::new();
        b.add(STATIC, "20.0.0.0/8", via(&["10.0.1.2"]));
        b.add(STATIC, "30.0.0.0/8", via(&["20.0.0.1"]));
        b.add(STATIC, "40.0.0.0/8", via(&["30.0.0.1"]));
        b.settle();
        for (down, up) in [(1, 1), (2, 1), (1, 2), (3, 3)] {
            b.rib.set_port_up(PortId(1), false);
            b.rib.settle(2 * down);
            b.rib.set_port_up(PortId(1), true);
            b.rib.settle(up);
            b.settle();
            assert_eq!(b.way("40.1.1.1"), "1 10.0.1.2");
        }
    }

    #[test]
    fn resolution_follows_the_longest_match_as_it_comes_and_goes() {
        let mut b = Bench::new();
        b.add(STATIC, "192.168.0.0/16", via(&["20.0.0.1"]));
        b.add(RIP, "20.0.0.0/8", via(&["10.0.1.2"]));
        b.add(RIP, "20.0.0.0/16", via(&["10.0.2.2"]));
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "2 10.0.2.2");
        b.add(RIP, "20.0.0.0/24", via(&["10.0.3.2"]));
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "3 10.0.3.2");
        b.gone(RIP, "20.0.0.0/24");
        b.gone(RIP, "20.0.0.0/16");
        b.settle();
        assert_eq!(b.way("192.168.1.1"), "1 10.0.1.2");
    }
}

mod tracking {
    use super::*;

    #[test]
    fn a_watcher_hears_at_once_and_then_of_every_change() {
        let mut b = Bench::new();
        b.rib.track(ip("20.0.0.1"));
        b.settle();
        assert_eq!(b.reach, [(ip("20.0.0.1"), None)]);
        let route = Route { metric: 7, ..Route::new(Protocol::Rip, via(&["10.0.1.2"])) };
        b.rib.announce(Instant::ZERO, TableId::MAIN, RIP, p("20.0.0.0/24"), route.clone());
        b.settle();
        let reach = b.reach.pop().unwrap().1.unwrap();
        assert_eq!((reach.prefix, reach.metric, reach.distance), (p("20.0.0.0/24"), 7, 120));
        assert_eq!(reach.resolved.hops()[0].adjacency.port, PortId(1));
        // Only the metric differs: that is news as well.
        b.rib.announce(Instant::ZERO, TableId::MAIN, RIP, p("20.0.0.0/24"), Route { metric: 8, ..route });
        b.settle();
        assert_eq!(b.reach.pop().unwrap().1.unwrap().metric, 8);
        b.gone(RIP, "20.0.0.0/24");
        b.settle();
        assert_eq!(b.reach.pop().unwrap().1, None);
    }

    #[test]
    fn what_does_not_concern_it_is_no_news() {
        let mut b = Bench::new();
        b.rib.track(ip("10.0.1.2"));
        b.settle();
        b.reach.clear();
        b.add(STATIC, "192.168.0.0/16", via(&["10.0.1.2"]));
        b.add(STATIC, "10.0.0.0/8", via(&["10.0.2.2"]));
        b.settle();
        assert_eq!(b.reach, []);
    }

    #[test]
    fn tracking_is_counted() {
        let mut b = Bench::new();
        b.rib.track(ip("10.0.1.2"));
        b.rib.track(ip("10.0.1.2"));
        b.rib.untrack(ip("10.0.1.2"));
        b.settle();
        b.reach.clear();
        b.rib.set_port_up(PortId(1), false);
        b.settle();
        assert_eq!(b.reach, [(ip("10.0.1.2"), None)]);
        b.rib.untrack(ip("10.0.1.2"));
        b.rib.untrack(ip("10.0.1.2"));
        b.rib.set_port_up(PortId(1), true);
        b.settle();
        assert_eq!(b.reach.len(), 1);
        assert_eq!(b.rib.tracked.len(), 0);
    }
}

mod against_scratch {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Op {
        Announce { level: u8, len: u8, source: u32, gateways: Vec<u8> },
        Withdraw { level: u8, len: u8, source: u32 },
        Port(u32, bool),
        Settle(usize),
    }

    fn op() -> impl Strategy<Value = Op> {
        let place = (0..4u8, 13..17u8, 1..4u32);
        prop_oneof![
            6 => (place.clone(), prop::collection::vec(any::<u8>(), 1..4))
                .prop_map(|((level, len, source), gateways)| Op::Announce { level, len, source, gateways }),
            3 => place.prop_map(|(level, len, source)| Op::Withdraw { level, len, source }),
            2 => (1..4u32, any::<bool>()).prop_map(|(port, up)| Op::Port(port, up)),
            2 => (1..20usize).prop_map(Op::Settle),
        ]
    }

    /// Prefixes of level N are inside 20+N.0.0.0/8; their gateways are in lower levels, or on ports 1 to 3.
    fn prefix(level: u8, len: u8) -> Prefix {
        Prefix::new(IpAddr::from([20 + level, 7, 7, 7]), len)
    }

    fn gateway(level: u8, pick: u8) -> NextHop {
        let below = pick % (level + 1);
        let port = 1 + pick / 4 % 3;
        if below == 0 {
            NextHop::via(IpAddr::from([10, 0, port, 2]))
        } else {
            NextHop::via(IpAddr::from([20 + below - 1, 7 - pick / 64, 7, 7]))
        }
    }

    fn apply(b: &mut Bench, op: &Op) {
        match op {
            Op::Announce { level, len, source, gateways } => {
                let hops = gateways.iter().map(|g| gateway(*level, *g)).collect();
                let route = Route { metric: *source, ..Route::new(Protocol::Rip, Target::Via(hops)) };
                let source = Source::new(Protocol::Rip, *source);
                b.rib.announce(Instant::ZERO, TableId::MAIN, source, prefix(*level, *len), route);
            }
            Op::Withdraw { level, len, source } => {
                b.rib.withdraw(TableId::MAIN, Source::new(Protocol::Rip, *source), prefix(*level, *len));
            }
            Op::Port(port, up) => b.rib.set_port_up(PortId(*port), *up),
            Op::Settle(budget) => b.settle_by(*budget),
        }
    }

    /// The FIB written along the way, and what the RIB says now.
    type State = Vec<(Prefix, String, Vec<(Source, Why)>)>;

    fn state(b: &Bench) -> State {
        let mut all = Vec::new();
        for listing in b.rib.range(TableId::MAIN, None) {
            let fib = b.snapshot().lookup_in(TableId::MAIN, listing.prefix.addr());
            let fib = format!("{:?}", fib.filter(|(p, _)| *p == listing.prefix));
            let whys = listing.candidates.iter().map(|c| (c.source, c.why)).collect();
            all.push((listing.prefix, fib, whys));
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

        #[test]
        fn whatever_the_history_the_outcome_is_that_of_the_final_state(ops in prop::collection::vec(op(), 1..60)) {
            let mut b = Bench::new();
            for op in &ops {
                apply(&mut b, op);
            }
            b.settle_by(3);
            // The last word on each place and port, told to a new RIB at once.
            let mut last = BTreeMap::new();
            for op in &ops {
                match op {
                    Op::Announce { level, len, source, .. } | Op::Withdraw { level, len, source } => {
                        last.insert((prefix(*level, *len), *source, 0), op.clone());
                    }
                    Op::Port(port, _) => {
                        last.insert((Prefix::DEFAULT_V4, 0, *port), op.clone());
                    }
                    Op::Settle(_) => {}
                }
            }
            let mut fresh = Bench::new();
            last.values().rev().for_each(|op| apply(&mut fresh, op));
            fresh.settle();
            prop_assert_eq!(state(&b), state(&fresh));
            prop_assert_eq!(b.rib.totals().groups, fresh.rib.totals().groups);
        }
    }
}

mod listing {
    use super::*;

    #[test]
    fn a_table_is_listed_in_order_and_resumed_anywhere() {
        let mut b = Bench::new();
        b.add(STATIC, "0.0.0.0/0", via(&["10.0.1.2"]));
        b.add(STATIC, "2001:db8::/32", Target::Blackhole);
        b.settle();
        let all: Vec<Prefix> = b.rib.range(TableId::MAIN, None).map(|l| l.prefix).collect();
        assert_eq!(all.len(), 11);
        assert!(all.is_sorted());
        let mut paged = Vec::new();
        while let Some(page) = Some(
            b.rib.range(TableId::MAIN, paged.last().copied()).take(3).map(|l| l.prefix).collect::<Vec<_>>(),
        )
        .filter(|page| !page.is_empty())
        {
            paged.extend(page);
        }
        assert_eq!(paged, all);
        assert_eq!(b.rib.lookup(TableId::MAIN, ip("10.0.3.3")).unwrap().prefix, p("10.0.3.0/24"));
        assert_eq!(b.rib.lookup(TableId::MAIN, ip("99.0.0.1")).unwrap().prefix, p("0.0.0.0/0"));
        assert_eq!(b.rib.best_routes(TableId::MAIN).count(), 11);
        assert_eq!(b.rib.best(TableId::MAIN, p("0.0.0.0/0")).unwrap().source, STATIC);
    }

    #[test]
    fn reasons_read_as_sentences() {
        let why = unresolved("9.9.9.9", Reason::OnlyDefault);
        assert_eq!(
            why.to_string(),
            "next hop 9.9.9.9: only the default route leads to it, and resolve-via-default is off"
        );
        assert_eq!(Why::Distance(1).to_string(), "the best route has distance 1");
    }
}
