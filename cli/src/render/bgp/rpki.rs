//! Validating caches, and which AS may announce what.

use super::object;
use bgp::show::{CacheView, PrefixTable, RoaView, RpkiView};
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) fn caches(view: &RpkiView) -> String {
    if view.caches.is_empty() {
        return "No RPKI cache is configured\n".to_owned();
    }
    let mut out = match view.caches.iter().find(|c| c.connected) {
        Some(cache) => format!("Connected to group {}\n", cache.preference),
        None => "No connection to RPKI cache server.\n".to_owned(),
    };
    view.caches.iter().for_each(|cache| one(&mut out, cache));
    let (v4, v6) = view.prefixes;
    let (refresh, retry, expire) = view.timers;
    let _ = writeln!(out, "Number of IPv4 Prefixes: {v4}\nNumber of IPv6 Prefixes: {v6}");
    let _ = writeln!(out, "Refresh every {refresh} seconds, retry after {retry}, expire after {expire}");
    out
}

fn one(out: &mut String, cache: &CacheView) {
    let state = if cache.connected { " (connected)" } else { "" };
    let (address, port, preference) = (cache.address, cache.port, cache.preference);
    let _ = writeln!(out, "rpki tcp cache {address} {port} pref {preference}{state}");
    let _ = writeln!(out, "  {}", cache.state);
}

pub(super) fn caches_json(view: &RpkiView) -> Value {
    let one = |c: &CacheView| {
        object(vec![
            ("mode", Some(json!("tcp"))),
            ("host", Some(json!(c.address.to_string()))),
            ("port", Some(json!(c.port.to_string()))),
            ("preference", Some(json!(c.preference))),
            ("state", Some(json!(if c.connected { "connected" } else { "disconnected" }))),
            ("detail", Some(json!(c.state))),
        ])
    };
    let group = view.caches.iter().find(|c| c.connected).map(|c| json!(c.preference));
    object(vec![
        ("connectedGroup", group),
        ("connections", Some(view.caches.iter().map(one).collect())),
        ("ipv4PrefixCount", Some(json!(view.prefixes.0))),
        ("ipv6PrefixCount", Some(json!(view.prefixes.1))),
    ])
}

pub(super) fn table(page: &PrefixTable, first: bool) -> String {
    let mut out = String::new();
    if first {
        let _ = writeln!(out, "RPKI/RTR prefix table");
        let _ = writeln!(out, "{:<40} {:<13} Origin-AS", "Prefix", "Prefix Length");
    }
    for RoaView { prefix, max_len, asn } in &page.roas {
        let (network, lengths) = (prefix.addr().to_string(), format!("{:>3} - {max_len:>3}", prefix.len()));
        let _ = writeln!(out, "{network:<40} {lengths:<13} {asn:>10}");
    }
    if page.more.is_none() {
        let (v4, v6) = page.totals;
        let _ = writeln!(out, "Number of IPv4 Prefixes: {v4}\nNumber of IPv6 Prefixes: {v6}");
    }
    out
}

pub(super) fn table_json(page: &PrefixTable) -> Value {
    let one = |RoaView { prefix, max_len, asn }: &RoaView| {
        json!({
            "prefix": prefix.addr().to_string(),
            "prefixLenMin": prefix.len(),
            "prefixLenMax": max_len,
            "asn": asn,
        })
    };
    let prefixes: Vec<Value> = page.roas.iter().map(one).collect();
    json!({
        "prefixes": prefixes,
        "ipv4PrefixCount": page.totals.0,
        "ipv6PrefixCount": page.totals.1,
    })
}
