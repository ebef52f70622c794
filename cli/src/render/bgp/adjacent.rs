//! What a neighbor said or is told, as JSON; the text is the table's.

use super::object;
use super::table::{origin_code, scope};
use bgp::show::{Destination, Of, PathRow, Routes};
use serde_json::{Map, Value, json};

pub(super) fn json(page: &Routes) -> Value {
    let mut routes = Map::new();
    for destination in &page.destinations {
        let Some(path) = destination.paths.first() else { continue };
        routes.insert(destination.prefix.to_string(), row(destination, path));
    }
    let (listed, _, filtered) = page.listed();
    let name = if matches!(page.of, Of::Advertised(_)) { "advertisedRoutes" } else { "receivedRoutes" };
    object(vec![
        ("bgpTableVersion", Some(json!(page.head.version))),
        ("bgpLocalRouterId", Some(json!(page.head.router_id.to_string()))),
        ("defaultLocPrf", Some(json!(page.head.local_pref))),
        ("localAS", Some(json!(page.head.local_as))),
        ("bgpStatusCodes", Some(status_codes())),
        ("bgpOriginCodes", Some(json!({ "igp": "i", "egp": "e", "incomplete": "?" }))),
        (name, Some(Value::Object(routes))),
        ("totalPrefixCounter", Some(json!(listed))),
        ("filteredPrefixCounter", Some(json!(filtered))),
    ])
}

fn status_codes() -> Value {
    json!({
        "suppressed": "s",
        "damped": "d",
        "history": "h",
        "valid": "*",
        "best": ">",
        "multipath": "=",
        "internal": "i",
        "ribFailure": "r",
        "stale": "S",
        "removed": "R",
    })
}

fn row(destination: &Destination, path: &PathRow) -> Value {
    let prefix = destination.prefix;
    let hop = path.next_hop.to_string();
    let by_family = if scope(path.next_hop).is_some() { "nextHopGlobal" } else { "nextHop" };
    let marks = [
        ("*", path.status.valid),
        (">", path.status.best),
        ("=", path.status.multipath),
        ("i", path.status.internal),
        ("S", path.status.stale),
    ];
    let symbols: Map<String, Value> =
        marks.iter().filter(|(_, on)| *on).map(|(mark, _)| ((*mark).to_owned(), json!(true))).collect();
    object(vec![
        ("addrPrefix", Some(json!(prefix.addr().to_string()))),
        ("prefixLen", Some(json!(prefix.len()))),
        ("network", Some(json!(prefix.to_string()))),
        (by_family, Some(json!(hop))),
        ("metric", path.med.map(|n| json!(n))),
        ("locPrf", path.local_pref.map(|n| json!(n))),
        ("weight", Some(json!(path.weight))),
        ("path", Some(json!(path.as_path))),
        ("bgpOriginCode", Some(json!(origin_code(path.origin).to_string()))),
        ("appliedStatusSymbols", Some(Value::Object(symbols))),
    ])
}
