//! Doing what `checks.yaml` says, step by step in virtual time. A failed check does not end the scenario: what comes
//! after it is still worth knowing.

use super::super::record::hex;
use super::super::sim::Lab;
use super::super::topology::Topology;
use super::super::wheel::{self, Watch};
use super::super::{ask, units};
use super::{
    Action, Checks, MetricsCheck, OscillatesCheck, PathsCheck, RouteCheck, Series, SettledCheck, ShowCheck,
    Step,
};
use cli::reply::PingOutcome;
use core::time::Duration;
use fib::Instant;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// How often a check with a deadline is tried again.
const RETRY: Duration = Duration::from_millis(500);
/// How long `wait: converged` waits when the step does not say.
const CONVERGE: Duration = Duration::from_secs(600);

/// What came of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The scenario's name; empty when there is only one.
    pub scenario: String,
    /// The step's name.
    pub step: String,
    /// Whether the step demands something, rather than doing it.
    pub is_check: bool,
    /// It holds, or was done.
    pub passed: bool,
    /// What was seen.
    pub evidence: String,
    /// Lab time when it was decided.
    pub at: Instant,
    /// Lab time it took.
    pub took: Duration,
}

/// What came of a file of checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Of every step, in order.
    pub verdicts: Vec<Verdict>,
    /// SHA-256 over what every scenario put on its cables: equal for equal topologies, checks and seeds.
    pub digest: String,
}

/// Whoever is there while scenarios run.
pub trait Audience {
    /// The network was switched on for a scenario.
    fn begins(&mut self, _lab: &mut Lab) {}
    /// A step is decided.
    fn hears(&mut self, lab: &mut Lab, verdict: &Verdict);
    /// The scenario of this name is over.
    fn ends(&mut self, _scenario: &str, _lab: &mut Lab) {}
}

struct Report<F>(F);

impl<F: FnMut(&Verdict)> Audience for Report<F> {
    fn hears(&mut self, _lab: &mut Lab, verdict: &Verdict) {
        self.0(verdict);
    }
}

/// Runs every scenario; `report` hears of each step as it is decided.
pub fn run(
    topology: &Topology,
    checks: &Checks,
    seed: u64,
    report: impl FnMut(&Verdict),
) -> Result<Outcome, String> {
    run_before(topology, checks, seed, &mut Report(report))
}

/// The same before an audience.
pub fn run_before(
    topology: &Topology,
    checks: &Checks,
    seed: u64,
    audience: &mut dyn Audience,
) -> Result<Outcome, String> {
    let mut all = Vec::new();
    let mut digest = Sha256::new();
    for scenario in &checks.scenarios {
        let mut lab = Lab::new(topology.clone(), seed)?;
        audience.begins(&mut lab);
        for step in &scenario.steps {
            if let Some(at) = step.at {
                lab.run_until(at);
            }
            let began = lab.now();
            let (passed, evidence) = match perform(&mut lab, step) {
                Ok(evidence) => (true, evidence),
                Err(evidence) => (false, evidence),
            };
            let verdict = Verdict {
                scenario: scenario.name.clone(),
                step: step.name.clone(),
                is_check: step.action.demands(),
                passed,
                evidence,
                at: lab.now(),
                took: lab.now().since(began),
            };
            audience.hears(&mut lab, &verdict);
            all.push(verdict);
        }
        digest.update(lab.digest());
        audience.ends(&scenario.name, &mut lab);
    }
    Ok(Outcome { verdicts: all, digest: hex(&digest.finalize()) })
}

/// Does one step: what was seen, as success or as failure.
fn perform(lab: &mut Lab, step: &Step) -> Result<String, String> {
    if !step.action.is_check() {
        return act(lab, &step.action, step.within);
    }
    let deadline = lab.now() + step.within.unwrap_or(Duration::ZERO);
    let evidence = loop {
        match check(lab, &step.action) {
            Ok(evidence) => break evidence,
            Err(evidence) if lab.now() >= deadline => return Err(evidence),
            Err(_) => {
                let next = (lab.now() + RETRY).min(deadline);
                lab.run_until(next);
            }
        }
    };
    let Some(lasting) = step.lasting else { return Ok(evidence) };
    let end = lab.now() + lasting;
    while lab.now() < end {
        let next = (lab.now() + RETRY).min(end);
        lab.run_until(next);
        check(lab, &step.action)
            .map_err(|e| format!("it held, but not for {}: {e}", units::show(lasting)))?;
    }
    Ok(format!("{evidence}, for {}", units::show(lasting)))
}

fn act(lab: &mut Lab, action: &Action, within: Option<Duration>) -> Result<String, String> {
    match action {
        Action::Wait(d) => {
            lab.run_for(*d);
            Ok(String::new())
        }
        Action::Converged => {
            let began = lab.now();
            let limit = within.unwrap_or(CONVERGE);
            let window = lab.quiet_window();
            match lab.run_until_quiet(window, limit + window) {
                Some(last) if last.since(began) <= limit => {
                    Ok(format!("last change after {}", units::show(last.since(began))))
                }
                _ => Err(format!("routes still change after {}", units::show(limit))),
            }
        }
        Action::Link(end, changes) => {
            changes.iter().try_for_each(|c| lab.change_link(end, c)).map(|()| String::new())
        }
        Action::Kill(node) => lab.kill(node).map(|()| String::new()),
        Action::Revive(node) => lab.revive(node).map(|()| String::new()),
        Action::Configure(node, lines) => {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let done = if node == "*" { lab.configure_all(&lines) } else { lab.configure(node, &lines) };
            done.map(|()| String::new())
        }
        Action::Metrics(check) => metrics(lab, check),
        Action::Paths(check) => paths(lab, check),
        Action::Oscillates(check) => oscillates(lab, check),
        Action::Chaos(check) => check.run(lab),
        _ => Ok(String::new()),
    }
}

fn check(lab: &mut Lab, action: &Action) -> Result<String, String> {
    match action {
        Action::Ping { from, to, source, answer } => {
            let to = lab.resolve(to)?;
            let (answered, seen) = match lab.ping_once(from, to, *source)? {
                PingOutcome::Reply { from, rtt_us, ttl, .. } => (
                    true,
                    format!("{from} answered in {}, ttl {ttl}", units::show(Duration::from_micros(rtt_us))),
                ),
                PingOutcome::Timeout { .. } => (false, format!("no answer from {to}")),
                PingOutcome::Unreachable { from, reason, .. } => (false, format!("{from}: {reason}")),
            };
            if answered == *answer { Ok(seen) } else { Err(seen) }
        }
        Action::Traceroute { from, to, path } => traceroute(lab, from, to, path),
        Action::Route(check) => route(lab, check),
        Action::Show(check) => show(lab, check),
        Action::Settled(check) => settled(lab, check),
        Action::NoLoops => match lab.find_loop() {
            None => Ok("none".to_owned()),
            Some(found) => Err(found.to_string()),
        },
        Action::Reachable => {
            let missing = lab.tables().unreachable();
            match missing.first() {
                None => Ok("from every node".to_owned()),
                Some((node, to, why)) => {
                    Err(format!("{node} does not get to {to}: {why} ({} such)", missing.len()))
                }
            }
        }
        Action::Oracle(protocol) => {
            let differences = lab.compare_protocol_with_oracle(*protocol);
            match differences.first() {
                None => Ok("every table".to_owned()),
                Some(first) => Err(format!("{first} ({} such)", differences.len())),
            }
        }
        _ => Ok(String::new()),
    }
}

fn traceroute(lab: &mut Lab, from: &str, to: &str, path: &[String]) -> Result<String, String> {
    let to = lab.resolve(to)?;
    let (hops, _) = lab.traceroute(from, to)?;
    let mut seen = Vec::new();
    for hop in hops {
        let name = hop.answer.map(|(address, _)| {
            let owner = lab.owner_of(address).and_then(|n| lab.topology().nodes.get(n));
            (owner.map_or_else(|| address.to_string(), |n| n.name.clone()), address)
        });
        let name = match name {
            // Written as an address in the file: compared as an address.
            Some((_, address)) if path.get(seen.len()).is_some_and(|p| *p == address.to_string()) => {
                address.to_string()
            }
            Some((name, _)) => name,
            None => "*".to_owned(),
        };
        seen.push(name);
    }
    let text = seen.join(", ");
    if seen == path { Ok(text) } else { Err(format!("it goes by {text}")) }
}

fn route(lab: &mut Lab, check: &RouteCheck) -> Result<String, String> {
    lab.find(&check.node)?;
    let Some(route) = lab.route(&check.node, check.prefix) else {
        return if check.absent { Ok("no route".to_owned()) } else { Err("no route".to_owned()) };
    };
    let hops: Vec<String> = route
        .next_hops
        .iter()
        .map(|h| {
            let via = h.gateway.map(|g| format!("via {g}"));
            let dev = h.interface.as_ref().map(|i| format!("dev {i}"));
            [via, dev].into_iter().flatten().collect::<Vec<_>>().join(" ")
        })
        .collect();
    let seen = format!("{} metric {} {}", route.protocol, route.metric, hops.join(", "));
    let wrong = check.absent
        || check.via.is_some_and(|via| route.next_hops.iter().all(|h| h.gateway != Some(via)))
        || check
            .interface
            .as_ref()
            .is_some_and(|i| route.next_hops.iter().all(|h| h.interface.as_ref() != Some(i)))
        || check.metric.is_some_and(|m| route.metric != m)
        || check.protocol.is_some_and(|p| route.protocol != p)
        || check.next_hops.is_some_and(|n| route.next_hops.len() != n);
    if wrong { Err(seen) } else { Ok(seen) }
}

fn show(lab: &mut Lab, check: &ShowCheck) -> Result<String, String> {
    let text = ask::type_line(lab, &check.node, &check.command)?;
    for wanted in &check.contains {
        if !text.contains(wanted.as_str()) {
            return Err(format!("`{wanted}` is not in:\n{text}"));
        }
    }
    for unwanted in &check.lacks {
        if text.contains(unwanted.as_str()) {
            return Err(format!("`{unwanted}` is in:\n{text}"));
        }
    }
    if let Some((pointer, wanted)) = &check.json {
        let text = ask::type_line(lab, &check.node, &format!("{} | json", check.command))?;
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|e| format!("no JSON: {e}: {text}"))?;
        let found = value.pointer(pointer);
        if found != Some(wanted) {
            let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            return Err(format!("at {pointer} there is {found}, expected {wanted}"));
        }
    }
    Ok("as printed".to_owned())
}

/// Watches a best path event by event.
fn paths(lab: &mut Lab, check: &PathsCheck) -> Result<String, String> {
    lab.find(&check.node)?;
    let end = lab.now() + check.during;
    let mut seen: Vec<String> = Vec::new();
    loop {
        let path = wheel::best_path(lab, &check.node, check.prefix).unwrap_or_else(|| "none".to_owned());
        if seen.last() != Some(&path) {
            seen.push(path);
        }
        match lab.next_event() {
            Some(at) if at <= end => lab.run_until(at),
            _ => break,
        }
    }
    lab.run_until(end);
    let text = seen.join(", then ");
    if seen == check.equals { Ok(text) } else { Err(text) }
}

fn oscillates(lab: &mut Lab, check: &OscillatesCheck) -> Result<String, String> {
    let report = Watch::during(lab, check.prefix, check.during);
    let right = check.wheel.is_empty() || report.wheel.as_ref().is_some_and(|w| w.is(&check.wheel));
    if report.oscillates() && right { Ok(report.to_string()) } else { Err(report.to_string()) }
}

fn settled(lab: &mut Lab, check: &SettledCheck) -> Result<String, String> {
    let nodes: BTreeSet<&String> = check.states.iter().flatten().map(|(node, _)| node).collect();
    let mut found = BTreeMap::new();
    for node in nodes {
        lab.find(node)?;
        let path = wheel::best_path(lab, node, check.prefix).unwrap_or_else(|| "none".to_owned());
        found.insert(node, path);
    }
    let text: Vec<String> = found.iter().map(|(node, path)| format!("{node} by {path}")).collect();
    let is = |state: &Vec<(String, String)>| state.iter().all(|(node, path)| found.get(node) == Some(path));
    if check.states.iter().any(is) { Ok(text.join(", ")) } else { Err(text.join(", ")) }
}

/// Watches a metric event by event. What RIP holds in its garbage time counts as unreachable, 16.
fn metrics(lab: &mut Lab, check: &MetricsCheck) -> Result<String, String> {
    lab.find(&check.node)?;
    let end = lab.now() + check.during;
    let mut seen: Vec<u32> = Vec::new();
    loop {
        let metric = lab
            .rip(&check.node)
            .routes
            .into_iter()
            .find(|r| r.prefix == check.prefix)
            .map_or(0, |r| r.metric);
        if seen.last() != Some(&metric) {
            seen.push(metric);
        }
        match lab.next_event() {
            Some(at) if at <= end => lab.run_until(at),
            _ => break,
        }
    }
    lab.run_until(end);
    let text: Vec<String> = seen.iter().map(ToString::to_string).collect();
    let text = text.join(" ");
    let infinity = lab.config(&check.node).and_then(|c| c.rip.as_ref()).map_or(16, |r| u32::from(r.infinity));
    let holds = match &check.expect {
        Series::ClimbsTo(top) => {
            let climb = longest_climb(&seen);
            climb.last().is_some_and(|m| m >= top) && climb.len() > 3
        }
        Series::StaysBelow(limit) => seen.iter().all(|m| m < limit || *m == infinity),
        Series::Equals(expected) => seen == *expected,
    };
    if holds { Ok(format!("metrics {text}")) } else { Err(format!("metrics {text}")) }
}

/// The longest stretch in which each value is greater than the one before.
fn longest_climb(values: &[u32]) -> &[u32] {
    values.chunk_by(|a, b| a < b).max_by_key(|c| c.len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_climb_is_found_between_other_things() {
        assert_eq!(longest_climb(&[2, 16, 3, 5, 7, 16, 0]), [3, 5, 7, 16]);
        assert!(longest_climb(&[]).is_empty());
    }
}
