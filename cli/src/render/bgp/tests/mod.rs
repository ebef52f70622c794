//! Snapshots printed; the expected text was compared with bgpd 8.4 in the same topology: r1 (AS 65001) with an upstream
//! (AS 65002), another external peer (AS 65003) and a route reflector client.

use super::*;
use bgp::config::{GracefulRestartMode, MaximumPrefix, SendCommunity, Unchanged};
use bgp::settings::{FamilySettings, Filters, PeerKind};
use bgp::show::*;
use core::net::{IpAddr, Ipv4Addr};
use policy::bgp::{Aggregator, AsPath, Origin};

mod entry;
mod inside;
mod monitor;
mod neighbor;
mod summary;
mod table;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn v4(text: &str) -> Ipv4Addr {
    text.parse().unwrap()
}

fn prefix(text: &str) -> fib::Prefix {
    text.parse().unwrap()
}

fn printed(reply: &BgpReply) -> String {
    text(Some(reply), &View::Bgp(BgpView::default()), true)
}

fn as_json(reply: &BgpReply) -> Value {
    super::json(Some(reply), &View::Bgp(BgpView::default()))
}

fn head() -> Head {
    Head { version: 12, router_id: v4("1.1.1.1"), local_as: 65_001, local_pref: 100 }
}

fn valid() -> Status {
    Status { valid: true, ..Status::default() }
}

fn best() -> Status {
    Status { best: true, ..valid() }
}

fn row(status: Status, hop: &str, numbers: (Option<u32>, Option<u32>, u32), path: &str) -> PathRow {
    let (as_path, origin) = path.rsplit_once(' ').unwrap_or(("", path));
    let (med, local_pref, weight) = numbers;
    PathRow {
        status,
        peer: Some(hop.to_owned()),
        interface: None,
        next_hop: ip(hop),
        link_local: None,
        med,
        local_pref,
        weight,
        as_path: as_path.to_owned(),
        origin: if origin == "i" { Origin::Igp } else { Origin::Incomplete },
        reason: None,
        rpki: None,
        path_id: None,
    }
}

fn own(hop: &str, origin: &str) -> PathRow {
    let reason = Some("First path received".to_owned());
    PathRow { peer: None, reason, ..row(best(), hop, (Some(0), None, 32_768), origin) }
}

fn destination(name: &str, paths: Vec<PathRow>) -> Destination {
    Destination { prefix: prefix(name), paths }
}

fn page(family: Family, of: Of, destinations: Vec<Destination>, total_paths: u64) -> Routes {
    Routes { family, of, head: head(), destinations, before: None, more: None, total_paths, filtered: 0 }
}

/// One of each shape of bgpd's table.
fn table() -> Routes {
    let internal = Status { internal: true, ..best() };
    let unreachable = Status { internal: true, ..Status::default() };
    let long = "65002 65100 65101 4200000000 ?";
    let destinations = vec![
        destination("10.0.1.0/24", vec![own("0.0.0.0", "?")]),
        destination("10.3.0.0/16", vec![row(internal, "10.0.2.3", (Some(0), Some(200), 0), "i")]),
        destination(
            "172.16.1.0/24",
            vec![
                row(best(), "10.0.1.2", (Some(0), None, 0), "65002 i"),
                row(valid(), "10.0.3.4", (None, None, 0), "65003 65002 i"),
            ],
        ),
        destination("172.31.7.0/24", vec![row(unreachable, "10.77.7.7", (Some(0), Some(100), 0), "i")]),
        destination(
            "203.0.113.0/24",
            vec![
                row(valid(), "10.0.1.2", (Some(0), None, 0), long),
                row(best(), "10.0.3.4", (Some(0), None, 0), "65003 i"),
            ],
        ),
    ];
    page(Family::Ipv4, Of::Table, destinations, 16)
}

#[test]
fn without_a_process_it_is_said() {
    assert_eq!(text(None, &View::Bgp(BgpView::default()), true), "BGP is not running\n");
    assert_eq!(super::json(None, &View::Plain), json!({ "running": false }));
}

#[test]
fn bytes_are_printed_in_whole_units_from_eleven_on() {
    assert_eq!(bytes(4032), "4032 bytes");
    assert_eq!(bytes(3_707_320), "3620 KiB");
    assert_eq!(bytes(64 << 20), "64 MiB");
}
