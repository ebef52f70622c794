//! BGP of whichever router: sessions and paths. FRR and routerd are asked for the same JSON; BIRD and others are asked
//! in their own words by the scenario.

use super::frr::Frr;
use super::router::Router;
use super::wait::poll_until;
use serde_json::Value;
use std::time::Duration;

/// A router whose `show bgp ... json` has FRR's names.
pub trait BgpSpeaker {
    /// Its name in messages.
    fn who(&self) -> &str;

    /// A command's JSON; null while it prints none.
    fn ask(&self, command: &str) -> Value;

    /// The neighbor of this address.
    fn bgp_neighbor(&self, peer: &str) -> Value {
        self.ask(&format!("show bgp neighbors {peer} json"))[peer].take()
    }

    /// Its paths to `prefix`.
    fn bgp_paths(&self, prefix: &str) -> Vec<Value> {
        let family = if prefix.contains(':') { "ipv6" } else { "ipv4" };
        let mut entry = self.ask(&format!("show bgp {family} unicast {prefix} json"));
        if entry["prefix"] != prefix {
            return Vec::new();
        }
        match entry["paths"].take() {
            Value::Array(paths) => paths,
            _ => Vec::new(),
        }
    }
}

impl BgpSpeaker for Frr {
    fn who(&self) -> &str {
        "FRR"
    }

    fn ask(&self, command: &str) -> Value {
        self.json(command)
    }
}

impl BgpSpeaker for Router {
    fn who(&self) -> &str {
        "routerd"
    }

    fn ask(&self, command: &str) -> Value {
        self.json(command)
    }
}

/// Waits until the session is established.
#[track_caller]
pub fn wait_established(who: &dyn BgpSpeaker, peer: &str, limit: Duration) -> Value {
    wait_neighbor(who, peer, &serde_json::json!({ "bgpState": "Established" }), limit)
}

/// Waits until what is said of a neighbor has all of `wanted`.
#[track_caller]
pub fn wait_neighbor(who: &dyn BgpSpeaker, peer: &str, wanted: &Value, limit: Duration) -> Value {
    poll_until(limit, &format!("{}: neighbor {peer} is {wanted}", who.who()), || {
        let neighbor = who.bgp_neighbor(peer);
        if has(&neighbor, wanted) { Ok(neighbor) } else { Err(format!("{neighbor:#}")) }
    })
}

/// Waits until there is a path from `peer` that has all of `wanted`, and returns it. Two texts are equal when they have
/// the same words: the order of communities means nothing.
#[track_caller]
pub fn wait_path(who: &dyn BgpSpeaker, prefix: &str, peer: &str, wanted: &Value, limit: Duration) -> Value {
    let what = format!("{}: a path to {prefix} from {peer} with {wanted:#}", who.who());
    poll_until(limit, &what, || {
        let paths = who.bgp_paths(prefix);
        let found = paths.iter().find(|path| path["peer"]["peerId"] == peer && has(path, wanted));
        found.cloned().ok_or_else(|| format!("{paths:#?}"))
    })
}

/// Waits until there is no path to `prefix` from `peer`.
#[track_caller]
pub fn wait_no_path(who: &dyn BgpSpeaker, prefix: &str, peer: &str, limit: Duration) {
    poll_until(limit, &format!("{}: no path to {prefix} from {peer}", who.who()), || {
        let paths = who.bgp_paths(prefix);
        let gone = paths.iter().all(|path| path["peer"]["peerId"] != peer);
        if gone { Ok(()) } else { Err(format!("{paths:#?}")) }
    });
}

/// Whether `value` has everything that `wanted` has. Null: it must be absent.
pub fn has(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(all), Value::Object(some)) => {
            some.iter().all(|(name, inner)| has(all.get(name).unwrap_or(&Value::Null), inner))
        }
        (Value::Array(all), Value::Array(some)) => {
            some.iter().all(|inner| all.iter().any(|one| has(one, inner)))
        }
        (Value::String(text), Value::String(words)) => sorted(text) == sorted(words),
        _ => value == wanted,
    }
}

fn sorted(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_has_what_is_wanted_however_much_more_it_has() {
        let path = json!({"metric": 5, "community": {"string": "1:2 no-export"}, "nexthops": [{"ip": "10.0.0.1", "used": true}]});
        assert!(has(&path, &json!({"metric": 5, "community": {"string": "no-export 1:2"}})));
        assert!(has(&path, &json!({"nexthops": [{"ip": "10.0.0.1"}], "locPrf": null})));
        assert!(!has(&path, &json!({"metric": 6})));
        assert!(!has(&path, &json!({"metric": null})));
        assert!(!has(&path, &json!({"nexthops": [{"ip": "10.0.0.2"}]})));
        assert!(!has(&path, &json!({"community": {"string": "1:2"}})));
    }
}
