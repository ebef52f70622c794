//! `show ip ospf database`: sections of LSAs with their headings, also where a section goes on in the next page.

use super::super::object;
use super::{area, lsa};
use fib::Prefix;
use ospf::AreaId;
use ospf::config::{AreaKind, MetricType};
use ospf::show::{Database, LsaBody, LsaView, Scope};
use ospf::wire::Kind;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Where an LSA is listed: with its area, or with those of the AS.
type Place = Option<AreaId>;

fn place(scope: &Scope) -> Place {
    match scope {
        Scope::Area(area) | Scope::Link { area, .. } => Some(*area),
        Scope::As => None,
    }
}

fn head(page: &Database) -> String {
    match page.after {
        None => format!("\n       OSPF Router with ID ({})\n\n", page.router_id),
        Some(_) => String::new(),
    }
}

/// In short: a section for each area and type that has LSAs.
pub(super) fn text(page: &Database) -> String {
    let mut out = head(page);
    let mut section = page.after.as_ref().map(|a| (place(&a.scope), a.key.kind));
    let mut is_open = section.is_some();
    for l in &page.lsas {
        let own = (place(&l.scope), l.key.kind);
        if section != Some(own) {
            if is_open {
                out.push('\n');
            }
            let _ = writeln!(out, "                {}\n\n{}", title(page, own), columns(l.key.kind));
            (section, is_open) = (Some(own), true);
        }
        row(&mut out, l);
    }
    if page.more.is_none() {
        out.push_str(if is_open { "\n\n" } else { "\n" });
    }
    out
}

fn title(page: &Database, (place, kind): (Place, Kind)) -> String {
    let name = section_name(kind);
    match place {
        None => name.to_owned(),
        Some(id) => format!("{name} (Area {})", area(id, area_kind(page, id))),
    }
}

fn area_kind(page: &Database, id: AreaId) -> AreaKind {
    page.areas.iter().find(|(a, _)| *a == id).map(|(_, kind)| *kind).unwrap_or_default()
}

fn section_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Router => "Router Link States",
        Kind::Network => "Net Link States",
        Kind::Summary => "Summary Link States",
        Kind::AsbrSummary => "ASBR-Summary Link States",
        Kind::External => "AS External Link States",
        Kind::NssaExternal => "NSSA-external Link States",
        Kind::OpaqueLink => "Link-Local Opaque-LSA",
        Kind::OpaqueArea => "Area-Local Opaque-LSA",
        Kind::OpaqueAs => "AS-external Opaque-LSA",
    }
}

fn columns(kind: Kind) -> &'static str {
    match kind {
        Kind::Router => "Link ID         ADV Router      Age  Seq#       CkSum  Link count",
        Kind::Network | Kind::AsbrSummary => "Link ID         ADV Router      Age  Seq#       CkSum",
        Kind::Summary | Kind::External | Kind::NssaExternal => {
            "Link ID         ADV Router      Age  Seq#       CkSum  Route"
        }
        Kind::OpaqueLink | Kind::OpaqueArea | Kind::OpaqueAs => {
            "Opaque-Type/Id  ADV Router      Age  Seq#       CkSum"
        }
    }
}

fn row(out: &mut String, l: &LsaView) {
    let (id, router) = (l.key.id.to_string(), l.key.router.to_string());
    let _ = write!(out, "{id:<14} {router:<15} {:>4} 0x{:08x} 0x{:04x}", l.age, l.sequence, l.checksum);
    let _ = match &l.body {
        LsaBody::Router { count, .. } => writeln!(out, " {count}"),
        LsaBody::Summary { len, .. } if l.key.kind == Kind::Summary => writeln!(out, " {}", network(l, *len)),
        LsaBody::External { len, metric_type, tag, .. } => {
            writeln!(out, " {} {} [0x{tag:x}]", letters(*metric_type), network(l, *len))
        }
        _ => writeln!(out),
    };
}

/// The network an LSA is about: RFC 2328 appendix E may have set host bits in its ID.
fn network(l: &LsaView, len: u8) -> Prefix {
    Prefix::new(l.key.id.into(), len)
}

fn letters(metric_type: MetricType) -> &'static str {
    match metric_type {
        MetricType::One => "E1",
        MetricType::Two => "E2",
    }
}

fn is_of_area(kind: Kind) -> bool {
    !matches!(kind, Kind::External | Kind::OpaqueAs)
}

/// One type in full: every area has its heading, even without LSAs.
pub(super) fn detail(page: &Database, kind: Kind) -> String {
    let mut out = head(page);
    if !is_of_area(kind) {
        if page.after.is_none() {
            let _ = writeln!(out, "                {}\n", section_name(kind));
        }
        page.lsas.iter().for_each(|l| out += &lsa::text(l));
        return out;
    }
    let begun = page.after.as_ref().and_then(|a| place(&a.scope));
    let last = page.more.as_ref().and_then(|m| place(&m.scope));
    for (id, area_kind) in &page.areas {
        if begun.is_some_and(|b| *id < b) || last.is_some_and(|l| *id > l) {
            continue;
        }
        if begun != Some(*id) {
            let area = area(*id, *area_kind);
            let _ = writeln!(out, "\n                {} (Area {area})\n", section_name(kind));
        }
        page.lsas.iter().filter(|l| place(&l.scope) == Some(*id)).for_each(|l| out += &lsa::text(l));
    }
    out
}

/// LSAs that are being flushed.
pub(super) fn max_age(page: &Database) -> String {
    let mut out = head(page);
    if page.after.is_none() {
        out.push_str("\n                MaxAge Link States:\n\n");
    }
    for l in &page.lsas {
        let _ = writeln!(out, "Link type: {}", l.key.kind as u8);
        let _ = writeln!(out, "Link State ID: {}\nAdvertising Router: {}\n", l.key.id, l.key.router);
    }
    out
}

/// Short form: by area, each type an array with its count.
pub(super) fn json(page: &Database) -> Value {
    let mut areas: Map<String, Value> =
        page.areas.iter().map(|(id, _)| (id.to_string(), json!({}))).collect();
    let mut of_as = Map::new();
    for l in &page.lsas {
        match place(&l.scope) {
            Some(id) => {
                if let Value::Object(area) = areas.entry(id.to_string()).or_insert_with(|| json!({})) {
                    push(area, l);
                }
            }
            None => push(&mut of_as, l),
        }
    }
    areas.values_mut().filter_map(Value::as_object_mut).for_each(counted);
    counted(&mut of_as);
    let mut all = Map::new();
    all.insert("routerId".to_owned(), json!(page.router_id));
    all.insert("areas".to_owned(), Value::Object(areas));
    all.extend(of_as);
    Value::Object(all)
}

fn push(map: &mut Map<String, Value>, l: &LsaView) {
    let list = map.entry(list_name(l.key.kind)).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(list) = list {
        list.push(row_json(l));
    }
}

/// Each list followed by how long it is.
fn counted(map: &mut Map<String, Value>) {
    let lists = std::mem::take(map);
    for (name, list) in lists {
        let count = list.as_array().map_or(0, Vec::len);
        map.insert(name.clone(), list);
        map.insert(format!("{name}Count"), json!(count));
    }
}

fn list_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Router => "routerLinkStates",
        Kind::Network => "networkLinkStates",
        Kind::Summary => "summaryLinkStates",
        Kind::AsbrSummary => "asbrSummaryLinkStates",
        Kind::External => "asExternalLinkStates",
        Kind::NssaExternal => "nssaExternalLinkStates",
        Kind::OpaqueLink => "linkLocalOpaqueLsa",
        Kind::OpaqueArea => "areaLocalOpaqueLsa",
        Kind::OpaqueAs => "asExternalOpaqueLsa",
    }
}

fn row_json(l: &LsaView) -> Value {
    let mut members = vec![
        ("lsId", Some(json!(l.key.id))),
        ("advertisedRouter", Some(json!(l.key.router))),
        ("lsaAge", Some(json!(l.age))),
        ("sequenceNumber", Some(json!(format!("{:08x}", l.sequence)))),
        ("checksum", Some(json!(format!("{:x}", l.checksum)))),
    ];
    match &l.body {
        LsaBody::Router { count, .. } => members.push(("numOfRouterLinks", Some(json!(count)))),
        LsaBody::Summary { len, .. } if l.key.kind == Kind::Summary => {
            members.push(("summaryAddress", Some(json!(network(l, *len)))));
        }
        LsaBody::External { len, metric_type, tag, .. } => members.extend([
            ("metricType", Some(json!(letters(*metric_type)))),
            ("route", Some(json!(network(l, *len)))),
            ("tag", Some(json!(tag))),
        ]),
        _ => {}
    }
    object(members)
}

/// One type in full: by area, or of the AS an array.
pub(super) fn detail_json(page: &Database, kind: Kind) -> Value {
    let of = |id: AreaId| -> Vec<Value> {
        page.lsas.iter().filter(|l| place(&l.scope) == Some(id)).map(lsa::json).collect()
    };
    let body = if is_of_area(kind) {
        let areas: Map<String, Value> =
            page.areas.iter().map(|(id, _)| (id.to_string(), Value::Array(of(*id)))).collect();
        json!({ "areas": areas })
    } else {
        Value::Array(page.lsas.iter().map(lsa::json).collect())
    };
    object(vec![("routerId", Some(json!(page.router_id))), (list_name(kind), Some(body))])
}

pub(super) fn max_age_json(page: &Database) -> Value {
    let all: Vec<Value> = page
        .lsas
        .iter()
        .map(|l| {
            json!({
                "linkType": l.key.kind as u8,
                "linkStateId": l.key.id,
                "advertisingRouter": l.key.router,
                "lsaAge": l.age,
            })
        })
        .collect();
    let by_number: Map<String, Value> =
        all.into_iter().enumerate().map(|(n, v)| (n.to_string(), v)).collect();
    json!({ "routerId": page.router_id, "maxAgeLinkStates": by_number })
}
