//! The examples are the specification by example: each one is valid, none leaves a key out, and the reference
//! beside them names every key there is and no other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, in a file of nothing else")]

use configs::{Config, yaml};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn examples() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut examples: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e == "yaml")).collect();
    examples.sort();
    assert!(examples.len() > 10, "{examples:?}");
    examples
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn every_example_is_valid_without_a_warning_and_opens_with_what_it_shows() {
    for path in examples() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# "), "{} says what it is about", name(&path));
        match yaml::load_checked(&path) {
            Ok(checked) => assert!(checked.warnings.is_empty(), "{}", checked.warnings),
            Err(errors) => panic!("{errors}"),
        }
    }
}

#[test]
fn every_example_survives_printing() {
    for path in examples() {
        let config = yaml::load(&path).unwrap();
        assert_ne!(config, Config::default(), "{}", name(&path));
        let printed = yaml::print(&config);
        assert_eq!(yaml::parse(&printed, "printed").unwrap(), config, "{}\n{printed}", name(&path));
    }
}

#[test]
fn every_key_is_in_some_example() {
    let keys = keys();
    let mut shown = BTreeSet::new();
    for path in examples() {
        let text = fs::read_to_string(&path).unwrap();
        // Other tools read these files as well: no syntax that only our reader takes.
        let value = serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", name(&path)));
        collect(&keys, "", &value, &mut shown);
    }
    // What a peer group can say is what a neighbor can say: one of them shows it.
    let same = |keys: &BTreeSet<String>| -> BTreeSet<String> {
        keys.iter().map(|key| key.replacen("bgp.peer-groups", "bgp.neighbors", 1)).collect()
    };
    let (keys, shown) = (same(&keys), same(&shown));
    let missing: Vec<&String> = keys.difference(&shown).collect();
    assert!(missing.is_empty(), "no example shows {missing:#?}");
}

#[test]
fn the_reference_names_every_key_and_no_other() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut sections: Vec<String> = Vec::new();
    for line in readme.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            // "## `interfaces.NAME`", or several that have the same keys; the top level is "## The file".
            sections = heading.split('`').skip(1).step_by(2).map(|path| path.replace("NAME", "*")).collect();
            sections.extend((heading == "The file").then(String::new));
        } else if let Some(row) = line.strip_prefix("| `") {
            let key = row.split('`').next().unwrap();
            assert!(row.matches('|').count() >= 4, "key, default, accepted, meaning: {line}");
            for section in &sections {
                documented.entry(section.clone()).or_default().insert(key.to_owned());
            }
        }
    }
    let mut real: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for key in keys() {
        let (section, key) = key.rsplit_once('.').unwrap_or(("", &key));
        if key != "*" {
            real.entry(section.to_owned()).or_default().insert(key.to_owned());
        }
    }
    assert_eq!(documented, real);
}

#[test]
fn the_reference_lists_every_example() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    for path in examples() {
        assert!(readme.contains(&format!("[{0}]({0})", name(&path))), "{}", name(&path));
    }
}

#[test]
fn the_walk_finds_keys_of_every_depth() {
    let keys = keys();
    for key in [
        "hostname",
        "interfaces.*.mtu",
        "interfaces.*.neighbors",
        "policy.prefix-lists.*.entries.ge",
        "policy.key-chains.*.send-lifetime.end",
        "rip.redistribute.*.route-map",
        "rip.distribute-lists.list.prefix-list",
        "rip.interfaces.*.authentication.mode",
        "ospf.areas.*.ranges.*.substitute",
        "ospf.areas.*.virtual-links.*.message-digest-keys",
        "ospf.timers.spf.throttle.hold",
        "ospf.interfaces.*.authentication.key-chain",
        "bgp.peer-groups.*.families.*.maximum-prefix.threshold",
        "bgp.neighbors.*.local-as.no-prepend",
        "bgp.families.*.aggregates.*.suppress-map",
        "bgp.rpki.caches.*.port",
    ] {
        assert!(keys.contains(key), "{key} is not among {keys:#?}");
    }
}

/// Every key there is, as `interfaces.*.mtu`: found by asking the reader what it would accept instead of `?`.
fn keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    explore("", &|inner| inner, &mut keys);
    keys
}

/// What is accepted instead of the key `?` in `text`.
fn accepted(text: &str) -> Option<Vec<String>> {
    let errors = yaml::parse(text, "walk").err()?;
    let unknown = errors.all.iter().find(|e| e.message.starts_with("unknown key `?`"))?;
    Some(unknown.accepted.as_ref()?.split(", ").map(str::to_owned).collect())
}

/// Whether the innermost key of `text` is a word that stands alone, as in `on-match: next`.
fn is_word(text: &str) -> bool {
    let errors = yaml::parse(text, "walk").err();
    errors.is_some_and(|errors| errors.all.iter().any(|e| e.accepted.as_deref() == Some("nothing")))
}

/// Adds the keys of the section at `path`; `wrap` puts a text there.
fn explore(path: &str, wrap: &dyn Fn(String) -> String, keys: &mut BTreeSet<String>) {
    // A section by name, a list of sections, a list by name, or a section.
    for (name, open, close) in [
        ("", "{x: ", "}"),
        ("", "{10.0.0.1: ", "}"),
        ("", "{connected: ", "}"),
        ("", "{10.0.0.0/8: ", "}"),
        ("", "{ipv4-unicast: ", "}"),
        ("", "{1: ", "}"),
        ("", "{x: [", "]}"),
        ("-", "[", "]"),
        ("-", "", ""),
    ] {
        let wrap = |inner: String| wrap(format!("{open}{inner}{close}"));
        let Some(found) = accepted(&wrap("{'?': 0}".to_owned())) else { continue };
        if found.iter().all(|key| key.parse::<fib::Protocol>().is_ok()) {
            return; // Names of protocols rather than keys: a text for each.
        }
        let path = if name.is_empty() { join(path, "*") } else { path.to_owned() };
        if name.is_empty() {
            keys.insert(path.clone());
        }
        for key in found {
            let path = join(&path, &key);
            let wrap = |inner: String| wrap(format!("{{{key}: {inner}}}"));
            if !is_word(&wrap("0".to_owned())) {
                keys.insert(path.clone());
                explore(&path, &wrap, keys);
            }
        }
        return;
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Adds the keys used in `value`.
fn collect(keys: &BTreeSet<String>, path: &str, value: &serde_yaml::Value, shown: &mut BTreeSet<String>) {
    use serde_yaml::Value;
    match value {
        Value::Mapping(entries) => {
            for (key, value) in entries {
                let own = join(path, key.as_str().unwrap_or("*"));
                let path = if keys.contains(&own) { own } else { join(path, "*") };
                shown.insert(path.clone());
                collect(keys, &path, value, shown);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| collect(keys, path, item, shown)),
        _ => {}
    }
}
