//! Doing what `checks.yaml` says, step by step in virtual time. A failed check does not end the scenario: what comes
//! after it is still worth knowing.

use super::super::record::hex;
use super::super::sim::Lab;
use super::super::topology::Topology;
use super::super::units;
use super::super::wheel::Watch;
use super::{
    Action, Bench, Checks, MetricsCheck, OscillatesCheck, PathsCheck, RouteCheck, Series, SettledCheck,
    ShowCheck, Step,
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
    /// It was left out: it needs virtual time, or what this network cannot do.
    pub skipped: bool,
    /// What was seen.
    pub evidence: String,
    /// Lab time when it was decided.
    pub at: Instant,
    /// Lab time it took.
    pub took: Duration,
}

/// What came of a file of checks in virtual time.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Of every step, in order.
    pub verdicts: Vec<Verdict>,
    /// SHA-256 over what every scenario put on its cables: equal for equal topologies, checks and seeds.
    pub digest: String,
}

/// Whoever is there while scenarios run on a network of kind `B`.
pub trait Audience<B = Lab> {
    /// The network was switched on for a scenario.
    fn begins(&mut self, _lab: &mut B) {}
    /// A step is decided.
    fn hears(&mut self, lab: &mut B, verdict: &Verdict);
    /// The scenario of this name is over.
    fn ends(&mut self, _scenario: &str, _lab: &mut B) {}
}

/// An audience that only wants the verdicts.
pub struct Report<F>(pub F);

impl<B, F: FnMut(&Verdict)> Audience<B> for Report<F> {
    fn hears(&mut self, _lab: &mut B, verdict: &Verdict) {
        self.0(verdict);
    }
}

/// Adds up what was on the cables, and passes everything on.
struct Digesting<'a> {
    audience: &'a mut dyn Audience,
    digest: Sha256,
}

impl Audience for Digesting<'_> {
    fn begins(&mut self, lab: &mut Lab) {
        self.audience.begins(lab);
    }

    fn hears(&mut self, lab: &mut Lab, verdict: &Verdict) {
        self.audience.hears(lab, verdict);
    }

    fn ends(&mut self, scenario: &str, lab: &mut Lab) {
        self.digest.update(lab.digest());
        self.audience.ends(scenario, lab);
    }
}

/// Runs every scenario in virtual time; `report` hears of each step as it is decided.
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
    let mut all = Digesting { audience, digest: Sha256::new() };
    let verdicts = run_on(checks, || Lab::new(topology.clone(), seed), &mut all)?;
    Ok(Outcome { verdicts, digest: hex(&all.digest.finalize()) })
}

/// Runs every scenario on a network that `switch_on` makes anew for each.
pub fn run_on<B: Bench>(
    checks: &Checks,
    mut switch_on: impl FnMut() -> Result<B, String>,
    audience: &mut dyn Audience<B>,
) -> Result<Vec<Verdict>, String> {
    let mut all = Vec::new();
    for scenario in &checks.scenarios {
        let mut lab = switch_on()?;
        audience.begins(&mut lab);
        for step in &scenario.steps {
            if let Some(at) = step.at {
                lab.run_until(at);
            }
            let began = lab.now();
            let skipped = step.action.is_watched() && lab.virtual_time().is_none();
            let done = if skipped { skip(&mut lab, step) } else { perform(&mut lab, step) };
            let (passed, skipped, evidence) = match done {
                Ok(evidence) => (true, skipped, evidence),
                Err(reason) if lab.is_beyond(&reason) => (true, true, format!("skipped: {reason}")),
                Err(evidence) => (false, skipped, evidence),
            };
            let verdict = Verdict {
                scenario: scenario.name.clone(),
                step: step.name.clone(),
                is_check: step.action.demands(),
                passed,
                skipped,
                evidence,
                at: lab.now(),
                took: lab.now().since(began),
            };
            audience.hears(&mut lab, &verdict);
            all.push(verdict);
        }
        audience.ends(&scenario.name, &mut lab);
    }
    Ok(all)
}

/// What is watched event by event takes its time also where nobody can watch: what comes after it relies on that.
fn skip(lab: &mut dyn Bench, step: &Step) -> Result<String, String> {
    lab.run_for(match &step.action {
        Action::Metrics(check) => check.during,
        Action::Paths(check) => check.during,
        Action::Oscillates(check) => check.during,
        Action::Chaos(check) => check.during,
        _ => Duration::ZERO,
    });
    Ok("skipped: only virtual time can be watched event by event".to_owned())
}

/// Does one step: what was seen, as success or as failure.
fn perform(lab: &mut dyn Bench, step: &Step) -> Result<String, String> {
    if !step.action.is_check() {
        return act(lab, &step.action, step.within);
    }
    let deadline = lab.now() + step.within.unwrap_or(Duration::ZERO) + lab.grace();
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

fn act(lab: &mut dyn Bench, action: &Action, within: Option<Duration>) -> Result<String, String> {
    match action {
        Action::Wait(d) => {
            lab.run_for(*d);
            Ok(String::new())
        }
        Action::Converged => {
            let limit = within.unwrap_or(CONVERGE);
            match lab.converge(limit) {
                Some(took) => Ok(format!("last change after {}", units::show(took))),
                None => Err(format!("routes still change after {}", units::show(limit))),
            }
        }
        Action::Link(end, changes) => {
            changes.iter().try_for_each(|c| lab.change_link(end, c)).map(|()| String::new())
        }
        Action::Kill(node) => lab.kill(node).map(|()| String::new()),
        Action::Revive(node) => lab.revive(node).map(|()| String::new()),
        Action::Configure(node, lines) => {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            lab.configure(node, &lines).map(|()| String::new())
        }
        _ => match lab.virtual_time() {
            Some(lab) => watch(lab, action),
            None => Err("only virtual time can be watched event by event".to_owned()),
        },
    }
}

fn watch(lab: &mut Lab, action: &Action) -> Result<String, String> {
    match action {
        Action::Metrics(check) => metrics(lab, check),
        Action::Paths(check) => paths(lab, check),
        Action::Oscillates(check) => oscillates(lab, check),
        Action::Chaos(check) => check.run(lab),
        _ => Ok(String::new()),
    }
}

fn check(lab: &mut dyn Bench, action: &Action) -> Result<String, String> {
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
            let differences = lab.differences(*protocol);
            match differences.first() {
                None => Ok("every table".to_owned()),
                Some(first) => Err(format!("{first} ({} such)", differences.len())),
            }
        }
        _ => Ok(String::new()),
    }
}

fn traceroute(lab: &mut dyn Bench, from: &str, to: &str, path: &[String]) -> Result<String, String> {
    let to = lab.resolve(to)?;
    let hops = lab.traceroute(from, to)?;
    let mut seen = Vec::new();
    for hop in hops {
        let name = hop
            .answer
            .map(|(address, _)| (lab.owner_of(address).unwrap_or_else(|| address.to_string()), address));
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

fn route(lab: &mut dyn Bench, check: &RouteCheck) -> Result<String, String> {
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

fn show(lab: &mut dyn Bench, check: &ShowCheck) -> Result<String, String> {
    let text = lab.type_line(&check.node, &check.command)?;
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
        let text = lab.type_line(&check.node, &format!("{} | json", check.command))?;
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
        let path = lab.best_path(&check.node, check.prefix).unwrap_or_else(|| "none".to_owned());
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

fn settled(lab: &mut dyn Bench, check: &SettledCheck) -> Result<String, String> {
    let nodes: BTreeSet<&String> = check.states.iter().flatten().map(|(node, _)| node).collect();
    let mut found = BTreeMap::new();
    for node in nodes {
        lab.find(node)?;
        let path = lab.best_path(node, check.prefix).unwrap_or_else(|| "none".to_owned());
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
