//! What an operator is told of BGP by a whole router: tables, reasons, logs.

use super::Net;
use super::bgp::{A, B};
use bgp::Family;
use bgp::clear::{How, Whom};
use bgp::show::{EntryQuery, Filter, PeerState, RoutesQuery, SummaryQuery, Verdict, Which};
use cli::command::{BgpShow, Clear, Mode, Show};
use cli::reply::BgpReply;
use cli::{Command, Reply};
use core::time::Duration;

fn pair() -> Net {
    super::bgp::pair(A, B).0
}

/// What router B answers.
fn ask(net: &mut Net, show: BgpShow) -> BgpReply {
    match net.execute(1, Command::Show(Show::Bgp(show))) {
        Reply::Bgp(Some(reply)) => *reply,
        other => panic!("{other:?}"),
    }
}

fn query() -> EntryQuery {
    let prefix = "198.51.100.0/24".parse().unwrap();
    EntryQuery { family: Family::Ipv4, prefix, exact: true, which: Which::All }
}

fn clear(net: &mut Net, whom: Whom, how: How) -> Reply {
    net.execute(1, Command::Clear(Clear::Bgp(bgp::clear::Clear { family: None, whom, how })))
}

#[test]
fn the_table_the_neighbors_and_the_reason_can_be_asked_for() {
    let mut net = pair();
    let BgpReply::Routes(page) = ask(&mut net, BgpShow::Routes(RoutesQuery::all(Family::Ipv4))) else {
        panic!()
    };
    let rows: Vec<_> =
        page.destinations.iter().map(|d| (d.prefix.to_string(), d.paths[0].as_path.clone())).collect();
    assert_eq!(rows, [("198.51.100.0/24".to_owned(), "65001".to_owned())]);
    let BgpReply::Summary(all) = ask(&mut net, BgpShow::Summary(SummaryQuery::default())) else { panic!() };
    assert_eq!(all.families[0].rows[0].state, PeerState::Established);
    let BgpReply::Explain(e) = ask(&mut net, BgpShow::Explain(query())) else { panic!() };
    assert!(matches!(e.paths[0].verdict, Verdict::Best(_)));
    assert_eq!(e.paths[0].next_hop.through, "10.0.0.0/24".parse().ok());
    assert_eq!(e.paths[0].next_hop.ends, [(Some("10.0.0.1".parse().unwrap()), "eth1".to_owned())]);
    let rib = e.rib.unwrap();
    assert!((rib.distance, rib.selected) == (20, true), "{rib:?}");
    let Reply::Protocols(all) = net.execute(1, Command::Show(Show::Protocols)) else { panic!() };
    assert_eq!(all.bgp.unwrap().neighbors, [("10.0.0.1".to_owned(), 65_001, PeerState::Established)]);
}

#[test]
fn debug_tells_what_was_asked_for_and_a_clear_asks_again() {
    let mut net = pair();
    net.execute(1, Command::Debug { topic: "bgp updates".to_owned(), on: true });
    net.execute(1, Command::Debug { topic: "bgp bestpath".to_owned(), on: true });
    assert_eq!(clear(&mut net, Whom::All, How::Hard), Reply::Ok);
    net.pass(Duration::from_secs(30));
    let Reply::Logging(log) = net.execute(1, Command::Show(Show::Logging)) else { panic!() };
    let said = |topic: &str, words: &str| {
        log.lines.iter().any(|l| l.notice.topic == topic && l.notice.message == words)
    };
    assert!(said("bgp updates", "received") && said("bgp updates", "End-of-RIB"), "{log:?}");
    assert!(said("bgp bestpath", "no path is left") && said("bgp bestpath", "best path"), "{log:?}");
    assert!(!log.lines.iter().any(|l| l.notice.topic == "bgp keepalives"), "nobody asked for that");
    assert!(matches!(clear(&mut net, Whom::As(9), How::In), Reply::Error(_)));
}

#[test]
fn a_best_path_that_loses_to_another_protocol_is_marked_and_can_be_asked_for() {
    let mut net = pair();
    let marks = |net: &mut Net, filter: Option<Filter>| -> Vec<(String, bool)> {
        let query = RoutesQuery { filter, ..RoutesQuery::all(Family::Ipv4) };
        let BgpReply::Routes(page) = ask(net, BgpShow::Routes(query)) else { panic!() };
        let mark = |d: &bgp::show::Destination| (d.prefix.to_string(), d.paths[0].status.rib_failure);
        page.destinations.iter().map(mark).collect()
    };
    let prefix = || "198.51.100.0/24".to_owned();
    assert_eq!(marks(&mut net, None), [(prefix(), false)]);
    assert_eq!(marks(&mut net, Some(Filter::RibFailure)), []);
    let line = "ip route 198.51.100.0/24 blackhole".to_owned();
    let reply = net.execute(1, Command::Configure { mode: Mode::Config, line });
    assert_eq!(reply, Reply::Configured(Mode::Config));
    assert_eq!(marks(&mut net, None), [(prefix(), true)]);
    assert_eq!(marks(&mut net, Some(Filter::RibFailure)), [(prefix(), true)]);
    let BgpReply::Entry(entry) = ask(&mut net, BgpShow::Entry(query())) else { panic!() };
    assert!(entry.found.unwrap().paths[0].1.row.status.rib_failure);
}

#[test]
fn what_a_peer_can_do_about_restarts_is_told_when_it_is_asked_for() {
    let mut net = pair();
    net.execute(1, Command::Debug { topic: "bgp graceful-restart".to_owned(), on: true });
    assert_eq!(clear(&mut net, Whom::All, How::Hard), Reply::Ok);
    net.pass(Duration::from_secs(30));
    let Reply::Logging(log) = net.execute(1, Command::Show(Show::Logging)) else { panic!() };
    let said: Vec<&str> = log
        .lines
        .iter()
        .filter(|l| l.notice.topic == "bgp graceful-restart")
        .map(|l| l.notice.message.as_str())
        .collect();
    let wanted = ["the session ended and nothing is kept", "it can restart gracefully", "End-of-RIB"];
    assert_eq!(said, wanted);
}
