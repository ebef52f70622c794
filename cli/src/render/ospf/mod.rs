//! `show ip ospf ...`, in the columns, words and JSON of FRR 8.4's ospfd; `explain` is our own.
//!
//! | file | what |
//! |---|---|
//! | `process` | `show ip ospf`, and OSPF's part of `show ip protocols` |
//! | `interface` | `show ip ospf interface` |
//! | `neighbor` | `show ip ospf neighbor` |
//! | `database` | lists of LSAs: headings, pages |
//! | `lsa` | what one LSA says |
//! | `routes` | `show ip ospf route`, `border-routers` |
//! | `explain` | `show ip ospf explain` |

mod database;
mod explain;
mod interface;
mod lsa;
mod neighbor;
mod process;
mod routes;

use super::{object, plain};
use crate::exec::{OspfView, View};
use crate::reply::OspfReply;
use ospf::AreaId;
use ospf::config::AreaKind;
use ospf::wire::options;
use serde_json::{Value, json};

pub(super) use process::protocol;

/// An answer as text; `None`: OSPF does not run.
pub(super) fn text(reply: Option<&OspfReply>, view: &View) -> String {
    let Some(reply) = reply else { return "OSPF is not running\n".to_owned() };
    match (reply, face(view)) {
        (OspfReply::Process(process), _) => process::text(process),
        (OspfReply::Interfaces(all), OspfView::Brief) => interface::brief(all),
        (OspfReply::Interfaces(all), _) => interface::text(all),
        (OspfReply::Neighbors(all), OspfView::Neighbors { detail: true, .. }) => neighbor::detail(all),
        (OspfReply::Neighbors(all), _) => neighbor::text(all),
        (OspfReply::Database(page), OspfView::Database { max_age: true, .. }) => database::max_age(page),
        (OspfReply::Database(page), OspfView::Database { kind: Some(kind), .. }) => {
            database::detail(page, *kind)
        }
        (OspfReply::Database(page), _) => database::text(page),
        (OspfReply::Routes(page), _) => routes::text(page),
        (OspfReply::BorderRouters(all), _) => routes::border_routers(&all.routers),
        (OspfReply::Explain(explain), _) => explain::text(explain),
    }
}

/// An answer as JSON.
pub(super) fn json(reply: Option<&OspfReply>, view: &View) -> Value {
    let Some(reply) = reply else { return object(vec![("running", Some(json!(false)))]) };
    match (reply, face(view)) {
        (OspfReply::Process(process), _) => process::json(process),
        (OspfReply::Interfaces(all), _) => interface::json(all),
        (OspfReply::Neighbors(all), OspfView::Neighbors { detail, some }) => {
            neighbor::json(all, *detail, *some)
        }
        (OspfReply::Neighbors(all), _) => neighbor::json(all, false, false),
        (OspfReply::Database(page), OspfView::Database { max_age: true, .. }) => database::max_age_json(page),
        (OspfReply::Database(page), OspfView::Database { kind: Some(kind), .. }) => {
            database::detail_json(page, *kind)
        }
        (OspfReply::Database(page), _) => database::json(page),
        (OspfReply::Routes(page), _) => routes::json(page),
        (OspfReply::BorderRouters(all), _) => routes::border_routers_json(&all.routers),
        (OspfReply::Explain(explain), _) => plain(explain),
    }
}

fn face(view: &View) -> &OspfView {
    match view {
        View::Ospf(view) => view,
        _ => &OspfView::Plain,
    }
}

/// An area as FRR writes it where its kind matters: `0.0.0.1 [NSSA]`.
fn area(id: AreaId, kind: AreaKind) -> String {
    match kind {
        AreaKind::Normal => id.to_string(),
        AreaKind::Stub => format!("{id} [Stub]"),
        AreaKind::Nssa => format!("{id} [NSSA]"),
    }
}

/// Options in FRR's order: `*|O|DC|EA|N/P|MC|E|M/T`.
fn option_list(bits: u8) -> String {
    const NAMES: [(u8, &str); 7] = [
        (options::O, "O"),
        (options::DC, "DC"),
        (options::L, "EA"),
        (options::NP, "N/P"),
        (options::MC, "MC"),
        (options::E, "E"),
        (0x01, "M/T"),
    ];
    let shown = NAMES.map(|(bit, name)| if bits & bit != 0 { name } else { "-" });
    format!("*|{}", shown.join("|"))
}

/// A span as ospfd prints it: `0.819s`, `4m01s`, `1h02m03s`, `1d02h03m`, `1w2d03h`.
fn span(ms: u64) -> String {
    let s = ms / 1000;
    let (weeks, days, hours, minutes, seconds) =
        (s / 604_800, s / 86_400 % 7, s / 3600 % 24, s / 60 % 60, s % 60);
    match (weeks, days, hours, minutes) {
        (0, 0, 0, 0) => format!("{seconds}.{:03}s", ms % 1000),
        (0, 0, 0, _) => format!("{minutes}m{seconds:02}s"),
        (0, 0, _, _) => format!("{hours}h{minutes:02}m{seconds:02}s"),
        (0, _, _, _) => format!("{days}d{hours:02}h{minutes:02}m"),
        _ => format!("{weeks}w{days}d{hours:02}h"),
    }
}

/// A timer as ospfd prints it.
fn timer(ms: Option<u64>) -> String {
    ms.map_or_else(|| "inactive".to_owned(), span)
}

#[cfg(test)]
mod tests;
