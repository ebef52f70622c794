//! Snapshots printed; the expected text was compared with ospfd 8.4 in the same topology: r1 and r2 on a LAN with
//! fast hellos and on a point-to-point link in area 0, r2 and r3 in the NSSA 0.0.0.1.

mod database;
mod interface;
mod neighbor;
mod process;
mod routes;

use super::*;
use core::net::Ipv4Addr;
use ospf::config::{AbrType, GracefulRestartHelper, MaxMetric, MetricType, Network, SpfDelay, Translator};
use ospf::show::*;
use ospf::wire::{Kind, LinkKind, LsaKey};

fn ip(text: &str) -> Ipv4Addr {
    text.parse().unwrap()
}

fn count(count: u64, checksum: u64) -> LsaCount {
    LsaCount { count, checksum }
}

fn view(view: OspfView) -> View {
    View::Ospf(view)
}

fn plain_text(reply: &OspfReply) -> String {
    text(Some(reply), &view(OspfView::Plain))
}

fn plain_json(reply: &OspfReply) -> Value {
    super::json(Some(reply), &view(OspfView::Plain))
}

#[test]
fn every_answer_survives_the_socket() {
    let all = [
        OspfReply::Process(process::process()),
        OspfReply::Interfaces(Interfaces { interfaces: vec![interface::interface()] }),
        OspfReply::Neighbors(Neighbors { neighbors: vec![neighbor::neighbor()] }),
        OspfReply::Database(database::database()),
        OspfReply::Routes(routes::routes()),
    ];
    for reply in all {
        let wire = serde_json::to_string(&reply).unwrap();
        assert_eq!(serde_json::from_str::<OspfReply>(&wire).unwrap(), reply);
    }
}

#[test]
fn spans_are_printed_as_ospfd_does() {
    assert_eq!(span(819), "0.819s");
    assert_eq!(span(37_318), "37.318s");
    assert_eq!(span(241_626), "4m01s");
    assert_eq!(span(3_723_000), "1h02m03s");
    assert_eq!(span(86_400_000 + 7_380_000), "1d02h03m");
    assert_eq!(span(9 * 86_400_000 + 10_800_000), "1w2d03h");
    assert_eq!(timer(None), "inactive");
}

#[test]
fn options_are_listed_in_frr_s_order() {
    assert_eq!(option_list(0x02), "*|-|-|-|-|-|E|-");
    assert_eq!(option_list(0x42), "*|O|-|-|-|-|E|-");
    assert_eq!(option_list(0x0a), "*|-|-|-|N/P|-|E|-");
}

#[test]
fn without_ospf_that_is_said() {
    assert_eq!(text(None, &View::Plain), "OSPF is not running\n");
    assert_eq!(json(None, &View::Plain)["running"], false);
}
