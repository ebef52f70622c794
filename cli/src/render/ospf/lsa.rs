//! What one LSA says: the long form of `show ip ospf database`.

use super::super::object;
use super::option_list;
use ospf::config::MetricType;
use ospf::show::{LsaBody, LsaView, RouterLink};
use ospf::wire::grace::{self, Grace};
use ospf::wire::lsa::flags;
use ospf::wire::{Kind, LinkKind};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Header and body, with a blank line behind.
pub(super) fn text(lsa: &LsaView) -> String {
    let mut out = format!("  LS age: {}\n", lsa.age);
    let _ = writeln!(out, "  Options: 0x{:<2x} : {}", lsa.options, option_list(lsa.options));
    let _ = writeln!(out, "  LS Flags: 0x{:x}", ls_flags(lsa));
    if let LsaBody::Router { flags, .. } = lsa.body {
        let words = router_flags(flags);
        let _ = writeln!(out, "  Flags: 0x{flags:x}{}{words}", if words.is_empty() { "" } else { " :" });
    }
    let _ = writeln!(out, "  LS Type: {}", type_name(lsa.key.kind));
    let meaning = id_meaning(lsa.key.kind);
    let _ = writeln!(out, "  Link State ID: {}{meaning}", lsa.key.id);
    let _ = writeln!(out, "  Advertising Router: {}", lsa.key.router);
    let _ = writeln!(out, "  LS Seq Number: {:08x}", lsa.sequence);
    let _ = writeln!(out, "  Checksum: 0x{:04x}", lsa.checksum);
    let _ = writeln!(out, "  Length: {}\n", lsa.length);
    body(&mut out, lsa);
    out.push('\n');
    out
}

fn body(out: &mut String, lsa: &LsaView) {
    match &lsa.body {
        LsaBody::Router { count, links, .. } => {
            let _ = writeln!(out, "   Number of Links: {count}\n");
            links.iter().for_each(|l| link(out, l));
        }
        LsaBody::Network { len, routers } => {
            let _ = writeln!(out, "  Network Mask: /{len}");
            for (n, router) in routers.iter().enumerate() {
                let blank = if n == 0 { "" } else { "\n" };
                let _ = writeln!(out, "{blank}        Attached Router: {router}");
            }
        }
        LsaBody::Summary { len, metric } => {
            let _ = writeln!(out, "  Network Mask: /{len}\n        TOS: 0  Metric: {metric}");
        }
        LsaBody::External { len, metric_type, metric, forward, tag } => {
            let words = match metric_type {
                MetricType::One => "1",
                MetricType::Two => "2 (Larger than any link state path)",
            };
            let nssa = if lsa.key.kind == Kind::NssaExternal { "NSSA: " } else { "" };
            let _ = writeln!(out, "  Network Mask: /{len}\n        Metric Type: {words}\n        TOS: 0");
            let _ = writeln!(out, "        Metric: {metric}\n        {nssa}Forward Address: {forward}");
            let _ = writeln!(out, "        External Route Tag: {tag}");
        }
        LsaBody::Opaque { length, data } => opaque(out, lsa, *length, data),
    }
}

fn link(out: &mut String, l: &RouterLink) {
    let words = link_words(l.kind);
    let _ = writeln!(out, "    Link connected to: {}", words.kind);
    let _ = writeln!(out, "     (Link ID) {}: {}", words.id, l.id);
    let _ = writeln!(out, "     (Link Data) {}: {}", words.data, l.data);
    let _ = writeln!(out, "      Number of TOS metrics: 0\n       TOS 0 Metric: {}\n", l.metric);
}

struct LinkWords {
    kind: &'static str,
    id: &'static str,
    data: &'static str,
    id_json: &'static str,
    data_json: &'static str,
}

fn link_words(kind: LinkKind) -> LinkWords {
    let interface = ("Router Interface address", "routerInterfaceAddress");
    let (kind, (id, id_json), (data, data_json)) = match kind {
        LinkKind::PointToPoint => {
            ("another Router (point-to-point)", ("Neighboring Router ID", "neighborRouterId"), interface)
        }
        LinkKind::Transit => {
            ("a Transit Network", ("Designated Router address", "designatedRouterAddress"), interface)
        }
        LinkKind::Stub => ("Stub Network", ("Net", "networkAddress"), ("Network Mask", "networkMask")),
        LinkKind::Virtual => ("a Virtual Link", ("Neighboring Router ID", "neighborRouterId"), interface),
    };
    LinkWords { kind, id, data, id_json, data_json }
}

fn opaque(out: &mut String, lsa: &LsaView, length: u16, data: &[u8]) {
    let [kind, id @ ..] = lsa.key.id.octets();
    let _ = writeln!(out, "  Opaque-Type {kind} ({})", opaque_name(kind));
    let _ = writeln!(out, "  Opaque-ID   0x{:x}", opaque_id(id));
    let _ = writeln!(out, "  Opaque-Info: {length} octets of data");
    match Grace::parse(data) {
        Ok(told) if kind == grace::OPAQUE_TYPE => {
            let _ = writeln!(out, "  TLV info:\n   Grace period:{}", told.period);
            let _ = writeln!(out, "   Restart reason:{}", restart_reason(told.reason));
            if let Some(address) = told.address {
                let _ = writeln!(out, "   Restarter address:{address}");
            }
        }
        _ => data.chunks(16).for_each(|row| {
            let bytes: Vec<String> = row.iter().map(|b| format!("{b:02x}")).collect();
            let _ = writeln!(out, "    {}", bytes.join(" "));
        }),
    }
}

fn restart_reason(reason: u8) -> &'static str {
    match reason {
        1 => "Software restart",
        2 => "Software reload/upgrade",
        3 => "Switch to redundant control processor",
        _ => "Unknown restart",
    }
}

fn opaque_id([a, b, c]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, a, b, c])
}

fn opaque_name(kind: u8) -> &'static str {
    match kind {
        1 => "Traffic Engineering LSA",
        2 => "Sycamore optical topology description",
        3 => "Grace-LSA",
        4 => "Router Information LSA",
        7 => "Extended Prefix Opaque LSA",
        8 => "Extended Link Opaque LSA",
        128.. => "Private Use",
        _ => "Unassigned",
    }
}

/// What ospfd notes of an LSA: its own (1), found to be so (2), received (4), approved (8).
fn ls_flags(lsa: &LsaView) -> u8 {
    match lsa.key.kind {
        _ if !lsa.own => 0x6,
        Kind::Router | Kind::Network => 0x3,
        Kind::OpaqueLink | Kind::OpaqueArea | Kind::OpaqueAs => 0x1,
        _ => 0xb,
    }
}

fn router_flags(bits: u8) -> String {
    let all = [
        (flags::B, " ABR"),
        (flags::E, " ASBR"),
        (flags::V, " VL-endpoint"),
        (flags::NT, " NSSA-translator"),
    ];
    all.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect()
}

/// ospfd's name of a type: types 3 and 4 have the same.
fn type_name(kind: Kind) -> String {
    if kind == Kind::AsbrSummary { Kind::Summary.to_string() } else { kind.to_string() }
}

fn id_meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Router => "",
        Kind::Network => " (address of Designated Router)",
        Kind::Summary => " (summary Network Number)",
        Kind::AsbrSummary => " (AS Boundary Router address)",
        Kind::External => " (External Network Number)",
        Kind::NssaExternal => " (External Network Number for NSSA)",
        Kind::OpaqueLink => " (Link-Local Opaque-Type/ID)",
        Kind::OpaqueArea => " (Area-Local Opaque-Type/ID)",
        Kind::OpaqueAs => " (AS-external Opaque-Type/ID)",
    }
}

/// Header and body with ospfd's names, their spelling included.
pub(super) fn json(lsa: &LsaView) -> Value {
    let yes = |b: bool| b.then_some(json!(true));
    let bits = if let LsaBody::Router { flags, .. } = lsa.body { Some(flags) } else { None };
    let has = |bit: u8| bits.is_some_and(|bits| bits & bit != 0);
    let mut members = vec![
        ("lsaAge", Some(json!(lsa.age))),
        ("options", Some(json!(option_list(lsa.options)))),
        ("lsaFlags", Some(json!(ls_flags(lsa)))),
        ("flags", bits.map(|bits| json!(bits))),
        ("abr", yes(has(flags::B))),
        ("asbr", yes(has(flags::E))),
        ("vlEndpoint", yes(has(flags::V))),
        ("lsaType", Some(json!(type_name(lsa.key.kind)))),
        ("linkStateId", Some(json!(lsa.key.id))),
        ("advertisingRouter", Some(json!(lsa.key.router))),
        ("lsaSeqNumber", Some(json!(format!("{:08x}", lsa.sequence)))),
        ("checksum", Some(json!(format!("{:x}", lsa.checksum)))),
        ("length", Some(json!(lsa.length))),
    ];
    body_json(&mut members, lsa);
    object(members)
}

fn body_json(members: &mut Vec<(&str, Option<Value>)>, lsa: &LsaView) {
    let mut put = |name, value: Value| members.push((name, Some(value)));
    match &lsa.body {
        LsaBody::Router { count, links, .. } => {
            let links: Map<String, Value> =
                links.iter().enumerate().map(|(n, l)| (format!("link{n}"), link_json(l))).collect();
            put("numOfLinks", json!(count));
            put("routerLinks", Value::Object(links));
        }
        LsaBody::Network { len, routers } => {
            let attached: Map<String, Value> =
                routers.iter().map(|r| (r.to_string(), json!({ "attachedRouterId": r }))).collect();
            put("networkMask", json!(len));
            put("attchedRouters", Value::Object(attached));
        }
        LsaBody::Summary { len, metric } => {
            put("networkMask", json!(len));
            put("tos0Metric", json!(metric));
        }
        LsaBody::External { len, metric_type, metric, forward, tag } => {
            let words = match metric_type {
                MetricType::One => "E1",
                MetricType::Two => "E2 (Larger than any link state path)",
            };
            let is_nssa = lsa.key.kind == Kind::NssaExternal;
            put("networkMask", json!(len));
            put("metricType", json!(words));
            put("tos", json!(0));
            put("metric", json!(metric));
            put(if is_nssa { "nssaForwardAddress" } else { "forwardAddress" }, json!(forward));
            put("externalRouteTag", json!(tag));
        }
        LsaBody::Opaque { length, data } => {
            let [kind, id @ ..] = lsa.key.id.octets();
            let hex: String = data.iter().map(|b| format!("{b:02x}")).collect();
            put("opaqueType", json!(opaque_name(kind)));
            put("opaqueId", json!(opaque_id(id)));
            put("opaqueDataLength", json!(length));
            put("opaqueDataLengthValid", json!(true));
            put("opaqueData", json!(hex));
        }
    }
}

fn link_json(l: &RouterLink) -> Value {
    let words = link_words(l.kind);
    object(vec![
        ("linkType", Some(json!(words.kind))),
        (words.id_json, Some(json!(l.id))),
        (words.data_json, Some(json!(l.data))),
        ("numOfTosMetrics", Some(json!(0))),
        ("tos0Metric", Some(json!(l.metric))),
    ])
}
