//! OSPF of whichever router: its link state database, which all routers of an area must agree about, and its routes.
//!
//! An LSA is its header without its age. LSAs that reach only one link are left out.

use super::bird::Bird;
use super::frr::Frr;
use super::router::{Router, selected};
use super::wait::poll_until;
use core::net::Ipv4Addr;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What identifies an instance of an LSA (RFC 2328 section 12.1) but for its age.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lsa {
    /// LS type, 1..=11.
    pub kind: u8,
    /// Link state ID.
    pub id: Ipv4Addr,
    /// Who made it.
    pub router: Ipv4Addr,
    /// Sequence number.
    pub sequence: u32,
    /// Checksum.
    pub checksum: u16,
}

impl Lsa {
    /// Whether it has this type and ID. That of a network may have the host bits set (RFC 2328 appendix E), as BIRD's
    /// have every now and then; the tests' networks are /24 or end in zero further left.
    pub fn is(&self, kind: u8, id: &str) -> bool {
        let [a, b, c, d] = self.id.octets();
        let is_network = matches!(self.kind, 3 | 5 | 7);
        let network = if is_network && d == 255 { Ipv4Addr::new(a, b, c, 0) } else { self.id };
        self.kind == kind && network.to_string() == id
    }
}

/// A router's database: LSAs by area, those of the whole AS under [`Lsdb::AS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lsdb(BTreeMap<String, BTreeSet<Lsa>>);

/// A router that can be asked about its OSPF.
pub trait Speaker {
    /// Its database now.
    fn lsdb(&self) -> Lsdb;

    /// Whether the route it uses to `prefix` is OSPF's, of this cost (of the metric, for a type 2 external) and with this
    /// next hop; else what it has.
    fn has_route(&self, prefix: &str, cost: u32, via: &str) -> Result<(), String>;
}

/// Waits until a router has a route of OSPF with this cost and next hop.
#[track_caller]
pub fn wait_ospf(speaker: &dyn Speaker, prefix: &str, cost: u32, via: &str, limit: Duration) {
    poll_until(limit, &format!("a route of OSPF to {prefix} via {via}, cost {cost}"), || {
        speaker.has_route(prefix, cost, via)
    });
}

/// The same of FRR's JSON, and ours.
fn json_has_route(routes: &Value, prefix: &str, cost: u32, via: &str) -> Result<(), String> {
    let route = selected(routes, prefix).ok_or_else(|| format!("{routes:#}"))?;
    let hops = route["nexthops"].as_array();
    let hop = hops.is_some_and(|hops| hops.iter().any(|hop| hop["ip"] == via));
    let good = route["protocol"] == "ospf" && route["metric"] == cost && hop;
    if good { Ok(()) } else { Err(format!("{route:#}")) }
}

impl Lsdb {
    /// The place of LSAs flooded through the whole AS; areas are called `0.0.0.0`, `0.0.0.1`, ...
    pub const AS: &'static str = "as";

    /// The LSAs of one place.
    pub fn of(&self, place: &str) -> BTreeSet<Lsa> {
        self.0.get(place).cloned().unwrap_or_default()
    }

    /// FRR's JSON, and ours.
    fn from_json(json: &Value) -> Lsdb {
        let mut lsdb = Lsdb::default();
        for (area, lists) in json["areas"].as_object().into_iter().flatten() {
            lsdb.add_lists(area, lists);
        }
        lsdb.add_lists(Lsdb::AS, json);
        lsdb
    }

    fn add_lists(&mut self, place: &str, lists: &Value) {
        for (name, kind) in LISTS {
            let listed = lists[name].as_array().into_iter().flatten();
            let found: Vec<Lsa> = listed.filter_map(|row| lsa(kind, row)).collect();
            self.0.entry(place.to_owned()).or_default().extend(found);
        }
    }

    /// BIRD's `show ospf lsadb`.
    fn from_bird(text: &str) -> Lsdb {
        let mut lsdb = Lsdb::default();
        let mut place = None;
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["Global"] => place = Some(Lsdb::AS.to_owned()),
                ["Area", area] => place = Some((*area).to_owned()),
                ["Link", ..] => place = None,
                [kind, id, router, sequence, _age, checksum] => {
                    if let (Some(place), Some(lsa)) = (&place, row(kind, id, router, sequence, checksum)) {
                        lsdb.0.entry(place.clone()).or_default().insert(lsa);
                    }
                }
                _ => {}
            }
        }
        lsdb
    }
}

/// The lists of FRR's JSON that reach further than a link.
const LISTS: [(&str, &str); 6] = [
    ("routerLinkStates", "1"),
    ("networkLinkStates", "2"),
    ("summaryLinkStates", "3"),
    ("asbrSummaryLinkStates", "4"),
    ("asExternalLinkStates", "5"),
    ("nssaExternalLinkStates", "7"),
];

fn lsa(kind: &str, value: &Value) -> Option<Lsa> {
    let text = |name: &str| value[name].as_str();
    row(kind, text("lsId")?, text("advertisedRouter")?, text("sequenceNumber")?, text("checksum")?)
}

fn row(kind: &str, id: &str, router: &str, sequence: &str, checksum: &str) -> Option<Lsa> {
    Some(Lsa {
        kind: u8::from_str_radix(kind, 16).ok()?,
        id: id.parse().ok()?,
        router: router.parse().ok()?,
        sequence: u32::from_str_radix(sequence, 16).ok()?,
        checksum: u16::from_str_radix(checksum, 16).ok()?,
    })
}

impl Speaker for Router {
    fn lsdb(&self) -> Lsdb {
        Lsdb::from_json(&self.json("show ip ospf database json"))
    }

    fn has_route(&self, prefix: &str, cost: u32, via: &str) -> Result<(), String> {
        json_has_route(&self.json("show ip route json"), prefix, cost, via)
    }
}

impl Speaker for Frr {
    fn lsdb(&self) -> Lsdb {
        Lsdb::from_json(&self.json("show ip ospf database json"))
    }

    fn has_route(&self, prefix: &str, cost: u32, via: &str) -> Result<(), String> {
        json_has_route(&self.json("show ip route json"), prefix, cost, via)
    }
}

impl Speaker for Bird {
    fn lsdb(&self) -> Lsdb {
        Lsdb::from_bird(&self.show("show ospf lsadb"))
    }

    fn has_route(&self, prefix: &str, cost: u32, via: &str) -> Result<(), String> {
        // `I (150/20)`, `E1 (150/35)`, `E2 (150/10/10000)`.
        let text = self.ask(&format!("show route {prefix} primary")).stdout;
        let good = text.contains(&format!("/{cost})")) && text.contains(&format!("via {via} "));
        if good { Ok(()) } else { Err(text + &self.show("show route")) }
    }
}

/// Waits until all `speakers` hold the same LSAs of `place`, more than none and all that `wanted` names (type, ID);
/// returns them.
#[track_caller]
pub fn wait_same(
    speakers: &[(&str, &dyn Speaker)],
    place: &str,
    wanted: &[(u8, &str)],
    limit: Duration,
) -> BTreeSet<Lsa> {
    poll_until(limit, &format!("the same LSAs of {place} in all databases, among them {wanted:?}"), || {
        let held: Vec<(&str, BTreeSet<Lsa>)> =
            speakers.iter().map(|(name, speaker)| (*name, speaker.lsdb().of(place))).collect();
        let first = held.first().map(|(_, lsas)| lsas.clone()).unwrap_or_default();
        let named = |(kind, id): &(u8, &str)| first.iter().any(|lsa| lsa.is(*kind, id));
        let same = held.iter().all(|(_, lsas)| *lsas == first);
        if same && !first.is_empty() && wanted.iter().all(named) {
            Ok(first)
        } else {
            Err(differences(&held))
        }
    })
}

/// Waits until no speaker holds an LSA of `place` with one of these types and IDs; flushing takes a moment.
#[track_caller]
pub fn wait_gone(speakers: &[(&str, &dyn Speaker)], place: &str, gone: &[(u8, &str)], limit: Duration) {
    poll_until(limit, &format!("{gone:?} gone from {place}"), || {
        for (name, speaker) in speakers {
            let held = speaker.lsdb().of(place);
            let kept = held.iter().find(|lsa| gone.iter().any(|(kind, id)| lsa.is(*kind, id)));
            if let Some(lsa) = kept {
                return Err(format!("{name} holds {lsa:?}"));
            }
        }
        Ok(())
    });
}

/// Who holds what not all hold; all of it when they agree.
fn differences(held: &[(&str, BTreeSet<Lsa>)]) -> String {
    let mut all: BTreeMap<&Lsa, Vec<&str>> = BTreeMap::new();
    for (name, lsas) in held {
        lsas.iter().for_each(|lsa| all.entry(lsa).or_default().push(name));
    }
    let same = all.values().all(|names| names.len() == held.len());
    let told = all.iter().filter(|(_, names)| same || names.len() < held.len());
    told.map(|(lsa, names)| {
        let Lsa { kind, id, router, sequence, checksum } = lsa;
        format!("\n  type {kind} {id} of {router}, {sequence:08x}, {checksum:04x}: held by {names:?}")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTER: Lsa = Lsa {
        kind: 1,
        id: Ipv4Addr::new(3, 3, 3, 3),
        router: Ipv4Addr::new(3, 3, 3, 3),
        sequence: 0x8000_0004,
        checksum: 0x927,
    };

    #[test]
    fn frr_and_bird_are_read_into_the_same() {
        let frr = serde_json::json!({
            "areas": { "0.0.0.0": { "routerLinkStates": [{
                "lsId": "3.3.3.3", "advertisedRouter": "3.3.3.3", "lsaAge": 5,
                "sequenceNumber": "80000004", "checksum": "927",
            }] } },
        });
        let bird = "
BIRD 2.0.12 ready.

Global

 Type   LS ID           Router          Sequence   Age  Checksum
 0005  198.51.100.0    3.3.3.3          80000001    10    f115

Area 0.0.0.0

 Type   LS ID           Router          Sequence   Age  Checksum
 0001  3.3.3.3         3.3.3.3          80000004     6    0927
Link eth0
 0009  3.0.0.0         3.3.3.3          80000001     6    0927
";
        let (frr, bird) = (Lsdb::from_json(&frr), Lsdb::from_bird(bird));
        assert_eq!(frr.of("0.0.0.0"), [ROUTER].into());
        assert_eq!(bird.of("0.0.0.0"), [ROUTER].into());
        assert_eq!(bird.of(Lsdb::AS).first().map(|lsa| lsa.kind), Some(5));
    }

    #[test]
    fn a_difference_names_who_holds_what() {
        let held = [("a", [ROUTER].into()), ("b", BTreeSet::new())];
        assert!(differences(&held).contains("type 1 3.3.3.3 of 3.3.3.3, 80000004, 0927: held by [\"a\"]"));
    }
}
