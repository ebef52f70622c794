//! Lists of every kind, route maps and key chains, in FRR's shapes. Secrets are not shown.

use super::object;
use crate::exec::{CommunityKind, View};
use crate::text::{Word, action, changes, conditions, entry_text, is_number};
use policy::config::{
    AsPathEntry, CommunityEntry, Config, Key, Lifetime, OnMatch, PrefixList, RouteMapEntry,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) fn text(config: &Config, view: &View) -> String {
    let mut out = String::new();
    match view {
        View::AccessLists(name) => {
            for (name, list) in chosen(&config.access_lists, name) {
                let _ = writeln!(
                    out,
                    "Zebra {} access list {name}",
                    family(list.iter().filter_map(|e| e.prefix))
                );
                for e in list {
                    let network = e.prefix.map_or_else(|| "any".to_owned(), |p| p.to_string());
                    let exact = if e.exact_match { " exact-match" } else { "" };
                    let _ = writeln!(out, "    seq {} {} {network}{exact}", e.seq, action(e.action));
                }
            }
        }
        View::PrefixLists(name) => {
            for (name, list) in chosen(&config.prefix_lists, name) {
                let ip = ip(list);
                let _ = writeln!(out, "{ip} prefix-list {name}: {} entries", list.entries.len());
                if let Some(note) = &list.description {
                    let _ = writeln!(out, "   Description: {note}");
                }
                for e in &list.entries {
                    let network = e.prefix.map_or_else(|| "any".to_owned(), |p| p.to_string());
                    let ge = e.ge.map_or_else(String::new, |n| format!(" ge {n}"));
                    let le = e.le.map_or_else(String::new, |n| format!(" le {n}"));
                    let _ = writeln!(out, "   seq {} {} {network}{ge}{le}", e.seq, action(e.action));
                }
            }
        }
        View::AsPathLists(name) => {
            for (name, list) in chosen(&config.as_path_lists, name) {
                let _ = writeln!(out, "AS path access list {name}");
                for AsPathEntry { action: what, regex, .. } in list {
                    let _ = writeln!(out, "    {} {regex}", action(*what));
                }
            }
        }
        View::CommunityLists(CommunityKind::Plain, name) => {
            communities(&mut out, "community", &config.community_lists, name);
        }
        View::CommunityLists(CommunityKind::Extended, name) => {
            communities(&mut out, "extended community", &config.extcommunity_lists, name);
        }
        View::CommunityLists(CommunityKind::Large, name) => {
            communities(&mut out, "large community", &config.large_community_lists, name);
        }
        View::RouteMaps(name) => {
            for (name, entries) in chosen(&config.route_maps, name) {
                let _ = writeln!(out, "route-map: {name}");
                entries.iter().for_each(|entry| map_entry(&mut out, entry));
            }
        }
        View::KeyChains(name) => {
            for (name, keys) in chosen(&config.key_chains, name) {
                let _ = writeln!(out, "Key-chain {name}:");
                for key in keys {
                    let _ = writeln!(out, "    key {} -- {}", key.id, algorithm(key));
                    let _ = writeln!(out, "        accept lifetime ({})", lifetime(key.accept_lifetime));
                    let _ = writeln!(out, "        send lifetime ({})", lifetime(key.send_lifetime));
                }
            }
        }
        _ => {}
    }
    out
}

pub(super) fn json(config: &Config, view: &View) -> Value {
    let mut all = Map::new();
    match view {
        View::AccessLists(name) => {
            for (name, list) in chosen(&config.access_lists, name) {
                let rules: Vec<Value> = list
                    .iter()
                    .map(|e| {
                        object(vec![
                            ("sequenceNumber", Some(json!(e.seq))),
                            ("filterType", Some(json!(action(e.action)))),
                            (
                                "prefix",
                                Some(json!(e.prefix.map_or_else(|| "any".to_owned(), |p| p.to_string()))),
                            ),
                            ("exact-match", Some(json!(e.exact_match))),
                        ])
                    })
                    .collect();
                let v4 = list.iter().filter_map(|e| e.prefix).all(|p| p.is_v4());
                let family = if v4 { "IPv4" } else { "IPv6" };
                all.insert(name.clone(), json!({ "type": "Zebra", "addressFamily": family, "rules": rules }));
            }
        }
        View::PrefixLists(name) => {
            for (name, list) in chosen(&config.prefix_lists, name) {
                let entries: Vec<Value> = list
                    .entries
                    .iter()
                    .map(|e| {
                        object(vec![
                            ("sequenceNumber", Some(json!(e.seq))),
                            ("type", Some(json!(action(e.action)))),
                            (
                                "prefix",
                                Some(json!(e.prefix.map_or_else(|| "any".to_owned(), |p| p.to_string()))),
                            ),
                            ("minimumPrefixLength", e.ge.map(|n| json!(n))),
                            ("maximumPrefixLength", e.le.map(|n| json!(n))),
                        ])
                    })
                    .collect();
                let family = if ip(list) == "ip" { "IPv4" } else { "IPv6" };
                let description = list.description.as_ref().map(|d| json!(d));
                let members = vec![
                    ("addressFamily", Some(json!(family))),
                    ("description", description),
                    ("entries", Some(Value::Array(entries))),
                ];
                all.insert(name.clone(), object(members));
            }
        }
        View::AsPathLists(name) => {
            for (name, list) in chosen(&config.as_path_lists, name) {
                let entry =
                    |e: &AsPathEntry| json!({ "seqNo": e.seq, "type": action(e.action), "regExp": e.regex });
                all.insert(name.clone(), list.iter().map(entry).collect());
            }
        }
        View::CommunityLists(CommunityKind::Plain, name) => {
            all.extend(communities_json(&config.community_lists, name));
        }
        View::CommunityLists(CommunityKind::Extended, name) => {
            all.extend(communities_json(&config.extcommunity_lists, name));
        }
        View::CommunityLists(CommunityKind::Large, name) => {
            all.extend(communities_json(&config.large_community_lists, name));
        }
        View::RouteMaps(name) => {
            for (name, entries) in chosen(&config.route_maps, name) {
                let rules: Vec<Value> = entries
                    .iter()
                    .map(|e| {
                        object(vec![
                            ("sequenceNumber", Some(json!(e.seq))),
                            ("type", Some(json!(action(e.action)))),
                            ("description", e.description.as_ref().map(|d| json!(d))),
                            ("matchClauses", Some(json!(conditions(&e.matches)))),
                            ("setClauses", Some(json!(changes(&e.set)))),
                            ("callClause", e.call.as_ref().map(|c| json!(c))),
                            ("action", Some(json!(then(e)))),
                        ])
                    })
                    .collect();
                all.insert(name.clone(), json!({ "rules": rules }));
            }
        }
        View::KeyChains(name) => {
            for (name, keys) in chosen(&config.key_chains, name) {
                let keys: Vec<Value> = keys
                    .iter()
                    .map(|k| {
                        json!({
                            "id": k.id,
                            "algorithm": algorithm(k),
                            "acceptLifetime": lifetime(k.accept_lifetime),
                            "sendLifetime": lifetime(k.send_lifetime),
                        })
                    })
                    .collect();
                all.insert(name.clone(), json!({ "keys": keys }));
            }
        }
        _ => {}
    }
    Value::Object(all)
}

/// All of them, or the one of this name.
fn chosen<'c, T>(
    all: &'c BTreeMap<String, T>,
    name: &'c Option<String>,
) -> impl Iterator<Item = (&'c String, &'c T)> {
    all.iter().filter(move |(n, _)| name.as_ref().is_none_or(|wanted| wanted == *n))
}

/// FRR's headings: of named lists, and of numbered ones as IOS has them.
fn communities<C: Word>(
    out: &mut String,
    kind: &str,
    lists: &BTreeMap<String, Vec<CommunityEntry<C>>>,
    name: &Option<String>,
) {
    for (name, list) in chosen(lists, name) {
        let expanded = list.iter().any(|e| e.regex.is_some());
        let style = match (expanded, is_number(name)) {
            (false, _) => "standard",
            (true, false) => "expanded",
            (true, true) => "(expanded) access",
        };
        let heading = if is_number(name) { kind.to_owned() } else { format!("named {kind}") };
        let _ = writeln!(out, "{} {style} list {name}", capital(&heading));
        for entry in list {
            let line = format!("    {} {}", action(entry.action), entry_text(entry));
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn communities_json<C: Word>(
    lists: &BTreeMap<String, Vec<CommunityEntry<C>>>,
    name: &Option<String>,
) -> Vec<(String, Value)> {
    let entry = |e: &CommunityEntry<C>| {
        let words: Vec<String> = e.communities.iter().map(Word::word).collect();
        object(vec![
            ("seqNo", Some(json!(e.seq))),
            ("type", Some(json!(action(e.action)))),
            ("communities", e.regex.is_none().then(|| json!(words))),
            ("regExp", e.regex.as_ref().map(|r| json!(r))),
        ])
    };
    chosen(lists, name).map(|(name, list)| (name.clone(), list.iter().map(entry).collect())).collect()
}

fn family(mut prefixes: impl Iterator<Item = fib::Prefix>) -> &'static str {
    if prefixes.all(|p| p.is_v4()) { "IP" } else { "IPv6" }
}

fn ip(list: &PrefixList) -> &'static str {
    if family(list.entries.iter().filter_map(|e| e.prefix)) == "IP" { "ip" } else { "ipv6" }
}

fn map_entry(out: &mut String, entry: &RouteMapEntry) {
    let _ = writeln!(out, " {}, sequence {}", action(entry.action), entry.seq);
    if let Some(note) = &entry.description {
        let _ = writeln!(out, "  Description:\n    {note}");
    }
    out.push_str("  Match clauses:\n");
    conditions(&entry.matches).iter().for_each(|m| out.extend(["    ", m, "\n"]));
    out.push_str("  Set clauses:\n");
    changes(&entry.set).iter().for_each(|s| out.extend(["    ", s, "\n"]));
    out.push_str("  Call clause:\n");
    entry.call.iter().for_each(|c| out.extend(["    Call ", c, "\n"]));
    let _ = writeln!(out, "  Action:\n    {}", then(entry));
}

fn then(entry: &RouteMapEntry) -> String {
    match entry.on_match {
        None => "Exit routemap".to_owned(),
        Some(OnMatch::Next) => "Continue to next entry".to_owned(),
        Some(OnMatch::Goto(n)) => format!("Goto {n}"),
    }
}

fn algorithm(key: &Key) -> &'static str {
    crate::config::ALGORITHMS.iter().find(|(a, _)| Some(*a) == key.algorithm).map_or("md5", |(_, name)| name)
}

fn lifetime(lifetime: Option<Lifetime>) -> String {
    let date = |s: u64| crate::config::time::print(s).unwrap_or_else(|| s.to_string());
    match lifetime {
        None => "always valid".to_owned(),
        Some(Lifetime { start, end: None }) => format!("{} infinite", date(start)),
        Some(Lifetime { start, end: Some(end) }) => format!("{} - {}", date(start), date(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let lines = "access-list A permit 10.0.0.0/8\naccess-list B permit any\nip prefix-list P permit 10.0.0.0/8 le 24\n\
                     route-map M permit 10\n match ip address prefix-list P\n set metric 3\n\
                     key chain K\n key 1\n key-string secret\n";
        crate::text::parse(lines, "x").unwrap().policy
    }

    /// Compared with FRR 8.4.
    #[test]
    fn lists_are_in_frr_s_shape() {
        let c = config();
        assert_eq!(
            text(&c, &View::AccessLists(Some("A".into()))),
            "Zebra IP access list A\n    seq 5 permit 10.0.0.0/8\n"
        );
        assert_eq!(
            text(&c, &View::PrefixLists(None)),
            "ip prefix-list P: 1 entries\n   seq 5 permit 10.0.0.0/8 le 24\n"
        );
        let expected = "\
route-map: M
 permit, sequence 10
  Match clauses:
    ip address prefix-list P
  Set clauses:
    metric 3
  Call clause:
  Action:
    Exit routemap
";
        assert_eq!(text(&c, &View::RouteMaps(None)), expected);
    }

    #[test]
    fn json_has_frr_s_names() {
        let c = config();
        let rule = json!({ "sequenceNumber": 5, "filterType": "permit", "prefix": "10.0.0.0/8", "exact-match": false });
        assert_eq!(json(&c, &View::AccessLists(None))["A"]["rules"][0], rule);
        assert_eq!(json(&c, &View::PrefixLists(None))["P"]["entries"][0]["maximumPrefixLength"], 24);
        let map = json(&c, &View::RouteMaps(None));
        assert_eq!(map["M"]["rules"][0]["matchClauses"], json!(["ip address prefix-list P"]));
    }

    /// The headings are FRR's.
    #[test]
    fn lists_of_bgp_are_in_frr_s_shape() {
        let lines = "bgp as-path access-list A permit ^65001_\nbgp as-path access-list A deny .*\n\
                     bgp community-list 1 permit 65001:1 no-export\nbgp community-list 1 deny\n\
                     bgp community-list 100 permit _65001:1_\nbgp community-list standard C permit local-AS\n\
                     bgp extcommunity-list standard X permit rt 65001:1\nbgp large-community-list expanded L deny x\n";
        let c = crate::text::parse(lines, "x").unwrap().policy;
        assert_eq!(
            text(&c, &View::AsPathLists(None)),
            "AS path access list A\n    permit ^65001_\n    deny .*\n"
        );
        let expected = "\
Community standard list 1
    permit 65001:1 no-export
    deny
Community (expanded) access list 100
    permit _65001:1_
Named community standard list C
    permit local-AS
";
        assert_eq!(text(&c, &View::CommunityLists(CommunityKind::Plain, None)), expected);
        let x = text(&c, &View::CommunityLists(CommunityKind::Extended, None));
        assert_eq!(x, "Named extended community standard list X\n    permit rt 65001:1\n");
        let l = text(&c, &View::CommunityLists(CommunityKind::Large, Some("L".into())));
        assert_eq!(l, "Named large community expanded list L\n    deny x\n");
        let entry = json!([{ "seqNo": 5, "type": "permit", "communities": ["local-AS"] }]);
        let some = View::CommunityLists(CommunityKind::Plain, Some("C".into()));
        assert_eq!(json(&c, &some), json!({ "C": entry }));
        assert_eq!(json(&c, &View::AsPathLists(None))["A"][1]["regExp"], ".*");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let c = config();
        let seen = text(&c, &View::KeyChains(None)) + &json(&c, &View::KeyChains(None)).to_string();
        assert!(seen.contains("always valid") && !seen.contains("secret"), "{seen}");
    }
}
