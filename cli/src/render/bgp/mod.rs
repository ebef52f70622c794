//! `show bgp ...`, in the columns, words and JSON of FRR 8.4's bgpd; `explain` is our own. FRR tells when something
//! happened by its wall clock; a router here has none, and tells how long ago it was.
//!
//! | file | what |
//! |---|---|
//! | `table` | a table of routes, paths on lines |
//! | `adjacent` | the same of what a neighbor said or is told, as JSON |
//! | `entry` | one destination with its paths |
//! | `explain` | why it is as it is |
//! | `summary` | neighbors, one line each |
//! | `neighbor` | all there is to say of them |
//! | `neighbor_json` | the same as JSON |
//! | `restart` | of it, graceful restarts |
//! | `internals` | next hops, statistics, memory, groups, attributes |
//! | `bmp`, `dump` | monitoring stations, files that are written |
//! | `rpki` | validating caches |

mod adjacent;
mod bmp;
mod dump;
mod entry;
mod explain;
mod internals;
mod neighbor;
mod neighbor_json;
mod restart;
mod rpki;
mod summary;
mod table;

use super::{object, plain, uptime};
use crate::exec::{BgpView, View};
use crate::reply::BgpReply;
use bgp::Family;
use serde_json::{Value, json};

pub(super) use summary::protocol;

/// An answer as text; `None`: BGP does not run.
pub(super) fn text(reply: Option<&BgpReply>, view: &View, first: bool) -> String {
    let Some(reply) = reply else { return "BGP is not running\n".to_owned() };
    match reply {
        BgpReply::Routes(page) => table::text(page, face(view).wide),
        BgpReply::Entry(entry) => entry::text(entry),
        BgpReply::Explain(explain) => explain::text(explain),
        BgpReply::Summary(all) => summary::text(all),
        BgpReply::Neighbors(all) if face(view).restarts => restart::text(all),
        BgpReply::Neighbors(all) => neighbor::text(all),
        BgpReply::NextHops(all) => internals::next_hops(all),
        BgpReply::Statistics(statistics) => internals::statistics(statistics),
        BgpReply::Memory(lines) => internals::memory(lines),
        BgpReply::UpdateGroups(groups) => internals::update_groups(groups),
        BgpReply::PeerGroups(groups) => internals::peer_groups(groups),
        BgpReply::Attributes(page) => internals::attributes(page, first),
        BgpReply::Dumps(all) => dump::text(all),
        BgpReply::Bmp(view) => bmp::text(view),
        BgpReply::Rpki(view) => rpki::caches(view),
        BgpReply::RpkiTable(page) => rpki::table(page, first),
        BgpReply::Mrt(page) => records(page),
    }
}

/// An answer as JSON.
pub(super) fn json(reply: Option<&BgpReply>, view: &View) -> Value {
    let Some(reply) = reply else { return object(vec![("running", Some(json!(false)))]) };
    match reply {
        BgpReply::Routes(page) if page.of.is_adjacent() => adjacent::json(page),
        BgpReply::Routes(page) => table::json(page),
        BgpReply::Entry(entry) => entry::json(entry),
        BgpReply::Explain(explain) => plain(explain),
        BgpReply::Summary(all) => summary::json(all),
        BgpReply::Neighbors(all) if face(view).restarts => restart::json(all),
        BgpReply::Neighbors(all) => neighbor_json::json(all),
        BgpReply::NextHops(all) => internals::next_hops_json(all),
        BgpReply::Statistics(statistics) => internals::statistics_json(statistics),
        BgpReply::Memory(lines) => plain(lines),
        BgpReply::UpdateGroups(groups) => plain(groups),
        BgpReply::PeerGroups(groups) => internals::peer_groups_json(groups),
        BgpReply::Attributes(page) => plain(page),
        BgpReply::Dumps(all) => plain(all),
        BgpReply::Bmp(view) => plain(view),
        BgpReply::Rpki(view) => rpki::caches_json(view),
        BgpReply::RpkiTable(page) => rpki::table_json(page),
        BgpReply::Mrt(page) => plain(page),
    }
}

/// MRT records as lines. No command asks for them: `routerd mrt` keeps the bytes.
fn records(page: &bgp::mrt::Page) -> String {
    let records = bgp::mrt::Records::new(&page.bytes).flatten();
    records.flat_map(|record| record.lines(None)).map(|line| line + "\n").collect()
}

fn face(view: &View) -> BgpView {
    match view {
        View::Bgp(view) => *view,
        _ => BgpView::default(),
    }
}

/// `ipv4Unicast`, as FRR's JSON names families.
fn family_key(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "ipv4Unicast",
        Family::Ipv6 => "ipv6Unicast",
    }
}

/// A span as FRR prints it.
fn span(ms: u64) -> String {
    uptime(ms.saturating_mul(1000))
}

/// Some if it is true: FRR's JSON leaves out what is not.
fn yes(b: bool) -> Option<Value> {
    b.then(|| json!(true))
}

/// Bytes as FRR prints them: whole units from eleven on.
fn bytes(n: u64) -> String {
    let rounded = |unit: u64| n.saturating_add(unit / 2) / unit;
    let (kib, mib, gib) = (rounded(1 << 10), rounded(1 << 20), rounded(1 << 30));
    match (gib, mib, kib) {
        (11.., _, _) => format!("{gib} GiB"),
        (_, 11.., _) => format!("{mib} MiB"),
        (_, _, 11..) => format!("{kib} KiB"),
        _ => format!("{n} bytes"),
    }
}

#[cfg(test)]
mod tests;
