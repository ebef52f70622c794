//! Films of real labs: that they say what was, that they are the same again, and that filming changes nothing.

use super::super::checks;
use super::super::sim::Lab;
use super::super::topology::{self, Topology};
use super::film::Table;
use super::{Wish, page, record};
use core::time::Duration;
use fib::Instant;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../labs").join(name)
}

fn load(name: &str) -> Topology {
    topology::load(Some(&folder(name))).unwrap()
}

/// The run of a lab on which something is done, with or without a camera: its digest, and the film.
fn run(name: &str, filmed: bool) -> (String, Option<String>, Lab) {
    let mut lab = Lab::new(load(name), 7).unwrap();
    if filmed {
        lab.start_film(1 << 24);
    }
    lab.run_for(Duration::from_secs(20));
    let end = lab.topology().end_name(&lab.topology().links[0].ends[0]);
    lab.cut(&end).unwrap();
    lab.run_for(Duration::from_secs(15));
    let victim = lab.topology().nodes[1].name.clone();
    lab.kill(&victim).unwrap();
    lab.heal(&end).unwrap();
    lab.run_for(Duration::from_secs(10));
    lab.revive(&victim).unwrap();
    lab.run_for(Duration::from_secs(25));
    lab.look();
    let film = lab.film().map(|f| f.json("f", None));
    (lab.digest(), film, lab)
}

/// The state at the end of a film: (table, subject, key) to row.
fn last(film: &Value) -> BTreeMap<(u64, u64, String), Value> {
    let mut state = BTreeMap::new();
    let mut put = |table: &Value, subject: &Value, key: &Value, row: &Value| {
        let place = (table.as_u64().unwrap(), subject.as_u64().unwrap(), key.as_str().unwrap().to_owned());
        if row.is_null() {
            assert!(state.remove(&place).is_some(), "what goes was there: {place:?}");
        } else {
            state.insert(place, row.clone());
        }
    };
    for row in film["base"].as_array().unwrap() {
        put(&row[0], &row[1], &row[2], &row[3]);
    }
    let mut time = 0;
    for change in film["changes"].as_array().unwrap() {
        assert!(change[0].as_u64().unwrap() >= time, "time goes on");
        time = change[0].as_u64().unwrap();
        put(&change[1], &change[2], &change[3], &change[4]);
    }
    state
}

#[test]
fn a_filmed_run_is_the_run_that_was_not_and_the_film_is_the_same_again() {
    for name in ["rip-ring", "ospf-lan", "clos"] {
        let (plain, none, _) = run(name, false);
        let (digest, film, _) = run(name, true);
        assert!(none.is_none());
        assert_eq!(plain, digest, "{name}: filming changed the run");
        assert_eq!(run(name, true).1, film, "{name}: another film of the same run");
    }
}

#[test]
fn a_film_ends_with_what_the_routers_say() {
    for name in ["rip-ring", "ospf-multiarea", "clos"] {
        let (_, film, mut lab) = run(name, true);
        let film: Value = serde_json::from_str(&film.unwrap()).unwrap();
        let state = last(&film);
        for node in 0..lab.nodes.len() {
            for (table, rows) in [
                (Table::Fib, super::rows::fib(&lab.fib(node))),
                (Table::Ospf, super::rows::ospf(&mut lab, node)),
                (Table::Session, super::rows::sessions(&mut lab, node).0),
                (Table::Bgp, super::rows::bgp(&mut lab, node)),
                (Table::Rip, super::rows::rip(&mut lab, node)),
                (Table::Address, super::rows::addresses(&lab, node)),
            ] {
                let number = table as u64;
                let told: BTreeMap<&str, &Value> = state
                    .range((number, node as u64, String::new())..(number, node as u64 + 1, String::new()))
                    .map(|((_, _, key), row)| (key.as_str(), row))
                    .collect();
                let asked: BTreeMap<&str, Value> =
                    rows.iter().map(|(k, row)| (k.as_str(), serde_json::from_str(row).unwrap())).collect();
                let asked: BTreeMap<&str, &Value> = asked.iter().map(|(k, v)| (*k, v)).collect();
                assert_eq!(told, asked, "{name} node {node} {table:?}");
            }
        }
    }
}

#[test]
fn a_network_at_rest_makes_no_film() {
    let mut lab = Lab::new(load("clos"), 1).unwrap();
    lab.start_film(1 << 24);
    lab.converge().unwrap();
    lab.look();
    let film: Value = serde_json::from_str(&lab.film().unwrap().json("f", None)).unwrap();
    let changes = film["changes"].as_array().unwrap().len();
    lab.run_for(Duration::from_secs(120));
    lab.look();
    let film: Value = serde_json::from_str(&lab.film().unwrap().json("f", None)).unwrap();
    assert_eq!(film["changes"].as_array().unwrap().len(), changes);
    assert_eq!(film["to"].as_u64().unwrap(), lab.now().as_micros());
}

#[test]
fn the_checks_of_a_lab_are_scenes_with_their_loops_and_verdicts() {
    let topology = load("rip-ring");
    let text = std::fs::read_to_string(folder("rip-ring").join("checks.yaml")).unwrap();
    let checks = checks::parse(&text, "checks.yaml").unwrap();
    let run = record(&topology, Wish::Checks(&checks), 1).unwrap();
    assert!(run.verdicts.iter().all(|v| v.passed));
    let doc: Value = serde_json::from_str(&run.json).unwrap();
    let scenes = doc["scenes"].as_array().unwrap();
    assert_eq!(scenes.len(), checks.scenarios.len());
    let ring = scenes.iter().find(|s| s["name"] == "a ring with poison reverse").unwrap();
    let events = ring["events"].as_array().unwrap();
    let of = |kind: &str| events.iter().filter(|e| e[1] == kind).count();
    assert!(of("loop") >= 2 && of("check") >= 3 && of("operation") >= 3, "{events:?}");
    assert!(events.iter().any(|e| e[3] == "packets to 10.1.0.2 circle: r1 > r2 > r3 > r4 > r1"));
    let rest = scenes.iter().find(|s| s["name"] == "at rest").unwrap();
    assert!(rest["events"].as_array().unwrap().iter().all(|e| e[1] != "loop"));
    // And what is over is over.
    let at_end = last(ring);
    let troubles =
        at_end.keys().filter(|(table, ..)| [Table::Loop as u64, Table::Hole as u64].contains(table));
    assert_eq!(troubles.count(), 0);
}

#[test]
fn a_name_cannot_break_out_of_the_page() {
    let evil = "</script><script>alert(1)</script>";
    let topology = Topology::new(evil).router("r1", configs::Config::default());
    let run = record(&topology, Wish::Until(Instant::from_secs(1)), 1).unwrap();
    let html = page(Some(&run.json));
    assert!(!html.contains(evil));
    assert_eq!(html.matches("</script>").count(), 2, "the film's and the program's");
    for mark in ["/*STYLE*/", "/*FILM*/", "/*SCRIPT*/"] {
        assert!(!html.contains(mark), "{mark}");
    }
    for outside in ["http://", "https://", "//cdn", "@import", "url("] {
        let there = html.replace("http://www.w3.org/2000/svg", "").contains(outside);
        assert!(!there, "the page asks for nothing from elsewhere: {outside}");
    }
}
