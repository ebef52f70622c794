//! What `show` tells of a running process, and what `clear` does to it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use bgp::Family;
use bgp::clear::{Clear, How, Whom};
use bgp::config::{Config, NeighborConfig, NeighborFamily, NetworkConfig, PeerKey, RemoteAs};
use bgp::show::{
    EntryQuery, Filter, Of, PeerState, Routes, RoutesQuery, SummaryQuery, SummaryState, Verdict, Which,
};
use core::net::IpAddr;
use core::time::Duration;
use fib::Prefix;
use policy::Policy;
use policy::config::{Action, Match, PrefixEntry, PrefixList, RouteMapEntry, Set};
use support::{Net, NodeId, loopback};

const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn prefix(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn config(asn: u32, id: NodeId, networks: &[&str]) -> Config {
    let mut config = Config::new(asn);
    config.router_id = Some(loopback(id));
    config.ebgp_requires_policy = false;
    config.network_import_check = false;
    let family = config.families.entry(Family::Ipv4).or_default();
    for network in networks {
        family.networks.insert(prefix(network), NetworkConfig::default());
    }
    config
}

/// External peers over a link of their own; answers their addresses.
fn peer(net: &mut Net, a: NodeId, b: NodeId) -> (IpAddr, IpAddr) {
    let (at_a, at_b) = net.link(a, b);
    for (node, there, other) in [(a, at_b, b), (b, at_a, a)] {
        let asn = Some(RemoteAs::Number(net.nodes[other].bgp.config().asn));
        let neighbor = NeighborConfig { remote_as: asn, ..NeighborConfig::default() };
        net.change(node, |c| drop(c.neighbors.insert(PeerKey::Address(there), neighbor)));
    }
    (at_a, at_b)
}

/// `route-map IN`: refuses 203.0.113.0/24, and makes the rest less preferred.
fn policy() -> Policy {
    let mut config = policy::Config::default();
    let entry = PrefixEntry {
        seq: 5,
        action: Action::Permit,
        prefix: Some(prefix("203.0.113.0/24")),
        ge: None,
        le: None,
    };
    config.prefix_lists.insert("NO".to_owned(), PrefixList { description: None, entries: vec![entry] });
    let refuse = RouteMapEntry {
        seq: 5,
        action: Action::Deny,
        matches: Match { address_prefix_list: Some("NO".to_owned()), ..Match::default() },
        ..entry_of(5)
    };
    let rest = RouteMapEntry {
        set: Set { local_preference: Some("50".parse().unwrap()), ..Set::default() },
        ..entry_of(10)
    };
    config.route_maps.insert("IN".to_owned(), vec![refuse, rest]);
    Policy::new(config)
}

fn entry_of(seq: u16) -> RouteMapEntry {
    RouteMapEntry {
        seq,
        action: Action::Permit,
        description: None,
        matches: Match::default(),
        set: Set::default(),
        call: None,
        on_match: None,
    }
}

/// A of AS 65001 hears of 198.51.100.0/24 from B (AS 65002), whose routes it judges by `route-map IN`, and from C
/// (AS 65003), who has it from B.
struct Triangle {
    net: Net,
    b: IpAddr,
    c: IpAddr,
}

const A: NodeId = 0;

fn triangle() -> Triangle {
    let mut net = Net::new(1);
    net.add(config(65_001, 0, &["192.0.2.0/24"]), policy());
    net.add(config(65_002, 1, &["198.51.100.0/24", "203.0.113.0/24"]), Policy::default());
    net.add(config(65_003, 2, &[]), Policy::default());
    let (_, b) = peer(&mut net, A, 1);
    let (_, c) = peer(&mut net, A, 2);
    peer(&mut net, 1, 2);
    net.change(A, |config| {
        let map = NeighborFamily { route_map_in: Some("IN".to_owned()), ..NeighborFamily::default() };
        config.neighbors.get_mut(&PeerKey::Address(b)).unwrap().families.insert(Family::Ipv4, map);
    });
    net.until(secs(10), "all is told", |net| net.has(A, "203.0.113.0/24") && net.has(2, "192.0.2.0/24"));
    net.run(secs(5));
    Triangle { net, b, c }
}

impl Triangle {
    fn routes(&self, of: Of, filter: Option<Filter>) -> Routes {
        let query = RoutesQuery { of, filter, ..RoutesQuery::all(Family::Ipv4) };
        self.net.nodes[A].bgp.show_routes(&query).unwrap()
    }

    /// `PREFIX PATH` of each line, the best with `>`, what policy refused with `!`.
    fn lines(&self, of: Of, filter: Option<Filter>) -> Vec<String> {
        let page = self.routes(of, filter);
        let mark = |s: bgp::show::Status| match () {
            () if s.refused => "! ",
            () if s.best => "> ",
            () => "",
        };
        let lines = page.destinations.iter().flat_map(|d| {
            d.paths
                .iter()
                .map(|p| format!("{}{} {}", mark(p.status), d.prefix, p.as_path).trim_end().to_owned())
        });
        lines.collect()
    }

    fn query(&self, text: &str) -> EntryQuery {
        EntryQuery { family: Family::Ipv4, prefix: prefix(text), exact: true, which: Which::All }
    }
}

#[test]
fn the_table_has_every_accepted_path_the_best_first() {
    let t = triangle();
    let expected = [
        "> 192.0.2.0/24",
        "> 198.51.100.0/24 65003 65002",
        "198.51.100.0/24 65002",
        "> 203.0.113.0/24 65003 65002",
    ];
    assert_eq!(t.lines(Of::Table, None), expected);
    let page = t.routes(Of::Table, None);
    assert_eq!((page.listed(), page.total_paths, page.more), ((3, 4, 0), 4, None));
    let own = &page.destinations[0].paths[0];
    assert_eq!((own.weight, own.peer.as_deref(), own.next_hop.is_unspecified()), (32_768, None, true));
    assert_eq!(page.destinations[1].paths[0].reason.as_deref(), Some("Local Pref"));
}

#[test]
fn what_a_neighbor_said_is_told_before_and_after_policy() {
    let t = triangle();
    let b = || PeerKey::Address(t.b);
    let received = t.lines(Of::Received(b()), None);
    let refused: Vec<_> = received.iter().filter(|l| l.starts_with('!')).collect();
    assert!(received.contains(&"198.51.100.0/24 65002".to_owned()), "{received:?}");
    assert!(refused.contains(&&"! 203.0.113.0/24 65002".to_owned()), "{received:?}");
    let page = t.routes(Of::Received(b()), None);
    assert_eq!(page.filtered, refused.len() as u64);
    let given = page.destinations.iter().find(|d| d.prefix == prefix("198.51.100.0/24")).unwrap();
    assert_eq!(given.paths[0].local_pref, None, "as it came");
    assert_eq!(t.lines(Of::Accepted(b()), None), ["198.51.100.0/24 65002"]);
    assert_eq!(t.routes(Of::Accepted(b()), None).destinations[0].paths[0].local_pref, Some(50));
    assert!(t.lines(Of::Filtered(b()), None).iter().all(|l| l.starts_with('!')));
    assert!(t.lines(Of::Best(b()), None).is_empty());
    assert_eq!(t.lines(Of::Best(PeerKey::Address(t.c)), None).len(), 2);
}

#[test]
fn what_a_neighbor_is_told_is_shown_as_it_leaves() {
    let t = triangle();
    let page = t.routes(Of::Advertised(PeerKey::Address(t.b)), None);
    let paths: Vec<_> =
        page.destinations.iter().map(|d| (d.prefix.to_string(), d.paths[0].as_path.clone())).collect();
    let expected = [
        ("192.0.2.0/24", "65001"),
        ("198.51.100.0/24", "65001 65003 65002"),
        ("203.0.113.0/24", "65001 65003 65002"),
    ];
    assert_eq!(paths, expected.map(|(p, path)| (p.to_owned(), path.to_owned())));
    assert!(!page.destinations[0].paths[0].next_hop.is_unspecified(), "our address on the link");
    let nobody = RoutesQuery {
        of: Of::Advertised(PeerKey::Interface("eth9".to_owned())),
        ..RoutesQuery::all(Family::Ipv4)
    };
    assert!(t.net.nodes[A].bgp.show_routes(&nobody).is_err());
}

#[test]
fn paths_are_chosen_by_as_path_list_or_community() {
    let t = triangle();
    let by = |filter: Filter| t.lines(Of::Table, Some(filter));
    assert_eq!(by(Filter::Regexp("^65003_".to_owned())).len(), 2);
    assert_eq!(by(Filter::Regexp("^$".to_owned())), ["> 192.0.2.0/24"]);
    assert_eq!(by(Filter::PrefixList("NO".to_owned())), ["> 203.0.113.0/24 65003 65002"]);
    assert_eq!(by(Filter::RouteMap("IN".to_owned())).len(), 3);
    assert!(by(Filter::Communities { all: vec![], exact: false }).is_empty());
    assert!(by(Filter::CidrOnly).is_empty());
    let wrong = |filter: Filter| {
        let query = RoutesQuery { filter: Some(filter), ..RoutesQuery::all(Family::Ipv4) };
        t.net.nodes[A].bgp.show_routes(&query).unwrap_err()
    };
    assert!(wrong(Filter::Regexp("(".to_owned())).contains("regexp"));
    assert!(wrong(Filter::PrefixList("none".to_owned())).contains("none"));
    assert!(!wrong(Filter::Communities { all: vec!["x:y".to_owned()], exact: false }).is_empty());
}

#[test]
fn one_network_is_shown_with_its_paths_and_whom_it_was_told() {
    let t = triangle();
    let entry = t.net.nodes[A].bgp.show_entry(t.net.now, &t.query("198.51.100.0/24")).found.unwrap();
    assert_eq!((entry.available, entry.best), (2, Some(1)));
    assert_eq!(entry.advertised_to, [t.b.to_string()], "not whom it comes from");
    assert_eq!(entry.paths[0].1.length, 2);
    let best = EntryQuery { which: Which::Best, ..t.query("198.51.100.0/24") };
    let best = t.net.nodes[A].bgp.show_entry(t.net.now, &best).found.unwrap();
    assert_eq!((best.paths.len(), best.available), (1, 2));
    let host = EntryQuery { exact: false, ..t.query("198.51.100.7/32") };
    let found = t.net.nodes[A].bgp.show_entry(t.net.now, &host).found.unwrap();
    assert_eq!(found.prefix, prefix("198.51.100.0/24"));
    assert_eq!(t.net.nodes[A].bgp.show_entry(t.net.now, &t.query("10.0.0.0/8")).found, None);
}

#[test]
fn an_explanation_names_the_step_the_policy_and_who_is_told() {
    let t = triangle();
    let bgp = &t.net.nodes[A].bgp;
    let e = bgp.show_explain(t.net.now, &t.query("198.51.100.0/24"));
    assert!(matches!(e.paths[0].verdict, Verdict::Best(_)), "{:?}", e.paths[0].verdict);
    let Verdict::Lost { to: 1, step, why } = &e.paths[1].verdict else { panic!("{:?}", e.paths[1].verdict) };
    assert_eq!(
        (step.as_str(), why.as_str()),
        ("Local Pref", "its local preference is lower: 50 against 100")
    );
    assert_eq!(e.paths[1].policy, "permitted by route-map IN entry 10; set local-preference 50");
    assert!(e.paths[0].next_hop.reachable && e.paths[0].next_hop.through.is_some());
    let told: Vec<_> = e.advertised.iter().map(|a| (a.peer.clone(), a.sent, a.why.as_str())).collect();
    let expected = [(t.b.to_string(), true, ""), (t.c.to_string(), false, "it comes from this peer")];
    assert_eq!(told, expected);
    let refused = bgp.show_explain(t.net.now, &t.query("203.0.113.0/24"));
    assert_eq!(refused.paths.len(), 2, "what policy refused is explained as well, last");
    assert_eq!(refused.paths[1].policy, "denied by route-map IN entry 5");
    assert_eq!(refused.paths[1].verdict, Verdict::Unusable("denied by import policy".to_owned()));
    assert_eq!(bgp.show_explain(t.net.now, &t.query("10.0.0.0/8")).prefix, None);
}

#[test]
fn neighbors_are_summed_up_and_described() {
    let t = triangle();
    let bgp = &t.net.nodes[A].bgp;
    let all = bgp.show_summary(t.net.now, &SummaryQuery::default());
    assert_eq!(all.families.len(), 1, "only families that have neighbors");
    let rows = &all.families[0].rows;
    assert_eq!(rows.iter().map(|r| r.remote_as).collect::<Vec<_>>(), [65_002, 65_003]);
    assert!(rows.iter().all(|r| r.state == PeerState::Established && r.since_ms.is_some()));
    assert_eq!((rows[0].accepted, rows[0].advertised, rows[1].accepted), (1, 3, 2));
    let failed = SummaryQuery { state: SummaryState::Failed, ..SummaryQuery::default() };
    let failed = bgp.show_summary(t.net.now, &failed);
    assert!(failed.families[0].rows.is_empty() && failed.families[0].peers == 2);
    let one = bgp.show_neighbors(t.net.now, None, Some(&PeerKey::Address(t.b))).neighbors;
    let [n] = one.as_slice() else { panic!("{one:?}") };
    assert_eq!((n.established, n.dropped, n.remote.map(|r| r.ip())), (1, 0, Some(t.b)));
    assert!(n.capabilities.as_ref().is_some_and(|c| c.as4.advertised && c.as4.received));
    assert_eq!(n.families[0].settings.import.route_map.as_deref(), Some("IN"));
    let end = n.restart.families[0].1;
    assert!(end.sent && end.received);
    let nobody = PeerKey::Address("10.9.9.9".parse().unwrap());
    assert!(bgp.show_neighbors(t.net.now, None, Some(&nobody)).neighbors.is_empty());
}

#[test]
fn a_long_table_comes_in_pages_without_gap_or_repetition() {
    let mut net = Net::new(1);
    let networks: Vec<String> = (0..2_500u32).map(|n| format!("100.{}.{}.0/24", n / 256, n % 256)).collect();
    let networks: Vec<&str> = networks.iter().map(String::as_str).collect();
    net.add(config(65_001, 0, &networks), Policy::default());
    net.run(secs(1));
    let bgp = &net.nodes[A].bgp;
    let mut query = RoutesQuery::all(Family::Ipv4);
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let page = bgp.show_routes(&query).unwrap();
        pages += 1;
        seen.extend(page.destinations.iter().map(|d| d.prefix));
        assert_eq!(page.listed().0, seen.len() as u64);
        query.after = page.more;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (2_500, 3));
    assert!(seen.is_sorted());
    let within = RoutesQuery { covered_by: Some(prefix("100.3.0.0/16")), ..RoutesQuery::all(Family::Ipv4) };
    assert_eq!(bgp.show_routes(&within).unwrap().destinations.len(), 256);
    let s = bgp.show_statistics(Family::Ipv4, None);
    assert_eq!((s.prefixes, s.paths, s.covered, s.space), (2_500, 2_500, 0, 2_500 * 256));
    assert_eq!(s.lengths, [(24, 2_500)]);
    assert!(!bgp.show_memory().is_empty() && bgp.show_attributes(None).total == 1);
}

#[test]
fn clear_ends_sessions_and_soft_clear_does_not() {
    let mut t = triangle();
    let clear = |whom: Whom, how: How| Clear { family: None, whom, how };
    let b = PeerKey::Address(t.b);
    let counted = |net: &Net, key: &PeerKey| {
        let n = net.nodes[A].bgp.show_neighbors(net.now, None, Some(key)).neighbors.remove(0);
        (n.established, n.dropped, n.messages.refreshes.0)
    };
    let now = t.net.now;
    t.net.nodes[A].bgp.clear(now, &clear(Whom::Peer(b.clone()), How::InOut)).unwrap();
    t.net.run(secs(5));
    assert_eq!(counted(&t.net, &b), (1, 0, 1), "asked again, without an end");
    let now = t.net.now;
    t.net.nodes[A].bgp.clear(now, &clear(Whom::As(65_002), How::Hard)).unwrap();
    t.net.run(secs(10));
    assert_eq!(counted(&t.net, &b), (2, 1, 1));
    assert_eq!(counted(&t.net, &PeerKey::Address(t.c)).1, 0, "of the AS that was named only");
    let now = t.net.now;
    let bgp = &mut t.net.nodes[A].bgp;
    assert!(bgp.clear(now, &clear(Whom::As(9), How::Hard)).is_err());
    assert!(bgp.clear(now, &clear(Whom::Group("G".to_owned()), How::In)).is_err());
    assert!(bgp.clear(now, &clear(Whom::All, How::Out)).is_ok());
    t.net.run(secs(5));
    assert!(t.net.has(1, "192.0.2.0/24") && t.net.has(A, "198.51.100.0/24"));
}
