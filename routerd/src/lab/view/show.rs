//! From a topology to the page: what is recorded, and how it is handed out.

use super::super::checks::{self, Audience, Checks, Verdict};
use super::super::live::Live;
use super::super::sim::Lab;
use super::super::topology::{Role, Topology};
use super::film::{Table, quoted};
use super::layout;
use super::rows::MAX_ROWS;
use super::serve::{Answer, Server, Source};
use core::time::Duration;
use fib::Instant;
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes a film of a run keeps, about; those of all scenarios together.
const RUN: usize = 96 << 20;
/// Bytes the film of a running lab keeps, about.
const LIVE: usize = 24 << 20;
/// How often a lab that is elsewhere is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// What is to be recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish<'a> {
    /// Nothing: only the map.
    Map,
    /// The network alone, until then.
    Until(Instant),
    /// What the checks do to it.
    Checks(&'a Checks),
}

/// A recorded run.
pub struct Run {
    /// As the page reads it: a JSON object.
    pub json: String,
    /// What came of the checks.
    pub verdicts: Vec<Verdict>,
}

/// Runs a network in virtual time before a camera.
pub fn record(topology: &Topology, wish: Wish<'_>, seed: u64) -> Result<Run, String> {
    let mut scenes = Vec::new();
    let mut verdicts = Vec::new();
    match wish {
        Wish::Map => {}
        Wish::Until(until) => {
            let mut lab = Lab::new(topology.clone(), seed)?;
            lab.start_film(RUN);
            lab.run_until(until);
            lab.look();
            scenes.extend(lab.film().map(|f| f.json("run", None)));
        }
        Wish::Checks(checks) => {
            let limit = RUN / checks.scenarios.len().max(1);
            let mut director = Director { scenes: Vec::new(), limit };
            verdicts = checks::run_before(topology, checks, seed, &mut director)?.verdicts;
            scenes = director.scenes;
        }
    }
    Ok(Run { json: document(topology, seed, false, &scenes), verdicts })
}

struct Director {
    scenes: Vec<String>,
    limit: usize,
}

impl Audience for Director {
    fn begins(&mut self, lab: &mut Lab) {
        lab.start_film(self.limit);
    }

    fn hears(&mut self, lab: &mut Lab, verdict: &Verdict) {
        lab.look();
        if verdict.is_check {
            let first = verdict.evidence.lines().next().unwrap_or_default();
            let evidence = if first.is_empty() { String::new() } else { format!(": {first}") };
            let kind = if verdict.passed { "check" } else { "failed" };
            lab.remark(kind, format!("{}{evidence}", verdict.step));
        }
    }

    fn ends(&mut self, scenario: &str, lab: &mut Lab) {
        lab.look();
        let name = if scenario.is_empty() { "checks" } else { scenario };
        self.scenes.extend(lab.film().map(|f| f.json(name, None)));
    }
}

/// Everything the page needs.
fn document(topology: &Topology, seed: u64, live: bool, scenes: &[String]) -> String {
    let places = layout::layout(topology);
    let nodes: Vec<_> = topology
        .nodes
        .iter()
        .zip(places)
        .map(|(node, at)| {
            let role = match &node.role {
                Role::Foreign(image) => image.as_str(),
                role => role.name(),
            };
            json!({"name": node.name, "role": role, "x": at.x, "y": at.y})
        })
        .collect();
    let links: Vec<_> = topology
        .links
        .iter()
        .map(|link| {
            let [a, b] = &link.ends;
            json!([a.node, a.interface, b.node, b.interface])
        })
        .collect();
    let tables: Vec<&str> = Table::ALL.iter().map(|(_, name)| *name).collect();
    format!(
        "{{\"lab\":{},\"seed\":{seed},\"live\":{live},\"most\":{MAX_ROWS},\"tables\":{},\n\"nodes\":{},\n\"links\":{},\n\"scenes\":[{}]}}\n",
        quoted(&topology.name),
        json!(tables),
        json!(nodes),
        json!(links),
        scenes.join(",\n")
    )
}

const HTML: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPTS: [&str; 6] = [
    include_str!("page/film.js"),
    include_str!("page/walk.js"),
    include_str!("page/map.js"),
    include_str!("page/tables.js"),
    include_str!("page/time.js"),
    include_str!("page/main.js"),
];

/// The page, with the film in it, or without: then it asks where it came from.
pub fn page(film: Option<&str>) -> String {
    // Within a script element only `<` could end it; in JSON it can be written otherwise.
    let film = film.map(|f| f.replace('<', "\\u003c")).unwrap_or_default();
    let mut out = String::with_capacity(HTML.len() + STYLE.len() + film.len() + 100_000);
    let mut rest = HTML;
    for (mark, text) in
        [("/*STYLE*/", STYLE), ("/*FILM*/", film.as_str()), ("/*SCRIPT*/", SCRIPTS.concat().as_str())]
    {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        out.push_str(before);
        out.push_str(text);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn html(body: String) -> Answer {
    Answer { kind: "text/html; charset=utf-8", body: body.into_bytes() }
}

fn film(body: String) -> Answer {
    Answer { kind: "application/json", body: body.into_bytes() }
}

/// The film of a lab that goes on: all of it, or what is new.
fn so_far(lab: &Lab, path: &str, query: &str) -> Option<Answer> {
    let so_far = lab.film()?;
    match path {
        "/film.json" => {
            let scene = so_far.json("live", None);
            Some(film(document(lab.topology(), lab.seed(), true, &[scene])))
        }
        "/news.json" => Some(film(so_far.json("live", Some(since(query)?)))),
        _ => None,
    }
}

/// Hands out the page and a film that is finished.
pub fn finished(json: String) -> Source {
    Arc::new(move |path, _| match path {
        "/" => Some(html(page(None))),
        "/film.json" => Some(film(json.clone())),
        _ => None,
    })
}

/// Films a running lab from now on and hands out the page, on a thread of its own. The page's address.
pub fn live(lab: &Live, port: u16) -> Result<String, String> {
    let server = Server::bind(port).map_err(|e| format!("cannot listen on 127.0.0.1:{port}: {e}"))?;
    let url = server.url();
    let begin = |r: &mut super::super::live::Running| {
        if r.lab.film().is_none() {
            r.lab.start_film(LIVE);
        }
        r.lab.look();
    };
    lab.ask(begin).map_err(|e| e.to_string())?;
    let lab = Mutex::new(lab.clone());
    let source: Source = Arc::new(move |path, query| {
        let lab = lab.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match path {
            "/" => Some(html(page(None))),
            path => {
                let (path, query) = (path.to_owned(), query.to_owned());
                let answer = move |r: &mut super::super::live::Running| {
                    r.lab.look();
                    so_far(&r.lab, &path, &query)
                };
                lab.ask(answer).ok().flatten()
            }
        }
    });
    server.spawn(source).map_err(|e| format!("cannot start the server: {e}"))?;
    Ok(url)
}

/// Films a lab whose routers are elsewhere and hands out the page, until the process ends. `clock` says how long.
pub fn elsewhere(
    mut lab: Lab,
    port: u16,
    clock: impl Fn() -> Instant + Send + 'static,
    told: impl FnOnce(&str),
) -> Result<(), String> {
    let server = Server::bind(port).map_err(|e| format!("cannot listen on 127.0.0.1:{port}: {e}"))?;
    lab.start_film(LIVE);
    lab.look_elsewhere(clock());
    told(&server.url());
    let lab = Arc::new(Mutex::new(lab));
    let filmed = Arc::clone(&lab);
    let camera = move || {
        loop {
            filmed.lock().unwrap_or_else(PoisonError::into_inner).look_elsewhere(clock());
            pause();
        }
    };
    let thread = std::thread::Builder::new().name("camera".to_owned()).spawn(camera);
    thread.map_err(|e| format!("cannot start the camera: {e}"))?;
    let source: Source = Arc::new(move |path, query| match path {
        "/" => Some(html(page(None))),
        path => so_far(&lab.lock().unwrap_or_else(PoisonError::into_inner), path, query),
    });
    server.run(source).map_err(|e| e.to_string())
}

#[expect(clippy::disallowed_methods, reason = "on a thread that does nothing else")]
fn pause() {
    std::thread::sleep(LOOK);
}

/// `since=CHANGES,EVENTS`
fn since(query: &str) -> Option<(usize, usize)> {
    let (changes, events) = query.strip_prefix("since=")?.split_once(',')?;
    Some((changes.parse().ok()?, events.parse().ok()?))
}

/// Serves a finished film until the process ends.
pub fn hand_out(json: String, port: u16, told: impl FnOnce(&str)) -> Result<(), String> {
    let server = Server::bind(port).map_err(|e| format!("cannot listen on 127.0.0.1:{port}: {e}"))?;
    told(&server.url());
    server.run(finished(json)).map_err(|e| e.to_string())
}
