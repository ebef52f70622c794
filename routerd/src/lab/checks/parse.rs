//! Reading `checks.yaml`: every mistake with its place, all at once.

use super::super::cable::Impairment;
use super::super::operate::Change;
use super::super::units;
use super::super::yaml::{self, Fields, Node, Problems, Value, did_you_mean};
use super::{
    Action, ChaosCheck, Checks, MetricsCheck, OscillatesCheck, PathsCheck, RouteCheck, Scenario, Series,
    SettledCheck, ShowCheck, Step,
};
use core::time::Duration;
use fib::{Instant, Prefix, Protocol};

/// The keys that are actions or checks; a step has exactly one.
const ACTIONS: [&str; 19] = [
    "wait",
    "cut",
    "heal",
    "link",
    "kill",
    "revive",
    "configure",
    "ping",
    "traceroute",
    "route",
    "metrics",
    "paths",
    "oscillates",
    "settled",
    "chaos",
    "show",
    "no-loops",
    "reachable",
    "tables-equal-oracle",
];

/// Reads a file of checks.
pub fn parse(text: &str, file: &str) -> Result<Checks, Problems> {
    let mut problems = Problems::new(file);
    let checks = yaml::parse(text, &mut problems).map(|root| Reader(&mut problems).file(&root));
    match checks {
        Some(checks) if problems.errors.is_empty() => Ok(checks),
        _ => Err(problems),
    }
}

struct Reader<'p>(&'p mut Problems);

impl Reader<'_> {
    fn file(&mut self, root: &Node) -> Checks {
        let mut fields = root.fields(self.0, "a file of checks");
        let seed = fields.take("seed").and_then(|n| n.parse(self.0, "a number"));
        let steps = fields.take("steps");
        let list = fields.take("scenarios");
        fields.finish(self.0, &[]);
        let scenarios = match (steps, list) {
            (Some(steps), None) => vec![Scenario { name: String::new(), steps: self.steps(steps) }],
            (None, Some(list)) => list.list(self.0, "scenarios").iter().map(|s| self.scenario(s)).collect(),
            _ => {
                self.0.error(root.at, "expected either `steps` or `scenarios`");
                Vec::new()
            }
        };
        Checks { seed, scenarios }
    }

    fn scenario(&mut self, node: &Node) -> Scenario {
        let mut fields = node.fields(self.0, "a scenario");
        let name = fields.need(self.0, "name").and_then(|n| self.word(n)).unwrap_or_default();
        let steps = fields.need(self.0, "steps");
        fields.finish(self.0, &[]);
        Scenario { name, steps: steps.map(|s| self.steps(s)).unwrap_or_default() }
    }

    fn steps(&mut self, node: &Node) -> Vec<Step> {
        let steps: Vec<Step> = node.list(self.0, "steps").iter().filter_map(|s| self.step(s)).collect();
        if steps.is_empty() && self.0.errors.is_empty() {
            self.0.error(node.at, "no steps: nothing would be checked");
        }
        steps
    }

    fn step(&mut self, node: &Node) -> Option<Step> {
        let mut fields = node.fields(self.0, "a step");
        let name = fields.take("name").and_then(|n| self.word(n));
        let at = fields.take("at").and_then(|n| self.duration(n)).map(|d| Instant::ZERO + d);
        let within = fields.take("within").and_then(|n| self.duration(n));
        let lasting = fields.take("for").and_then(|n| self.duration(n));
        let found: Vec<(&'static str, &Node)> =
            ACTIONS.into_iter().filter_map(|a| fields.take(a).map(|n| (a, n))).collect();
        let entries = fields.entries();
        fields.finish(self.0, &[]);
        let (key, value) = match found.as_slice() {
            [one] => *one,
            [] => {
                let hint: String = entries.iter().map(|(k, _)| did_you_mean(&k.text, ACTIONS)).collect();
                let all = ACTIONS.join(", ");
                self.0.error(node.at, format!("a step does nothing{hint}; expected one of {all}"));
                return None;
            }
            [(first, _), (second, n), ..] => {
                self.0.error(n.at, format!("one thing a step: found `{first}` and `{second}`"));
                return None;
            }
        };
        let action = self.action(key, value)?;
        let waits = matches!(action, Action::Converged);
        if (within.is_some() && !action.is_check() && !waits) || (lasting.is_some() && !action.is_check()) {
            self.0.error(value.at, format!("`{key}` is done once: `within` and `for` are for checks"));
        }
        let name = name.unwrap_or_else(|| action.to_string());
        Some(Step { name, position: node.at, at, within, lasting, action })
    }

    fn action(&mut self, key: &str, node: &Node) -> Option<Action> {
        Some(match key {
            "wait" => match self.word(node)?.as_str() {
                "converged" => Action::Converged,
                _ => Action::Wait(self.duration(node)?),
            },
            "cut" => Action::Link(self.word(node)?, vec![Change::Down]),
            "heal" => Action::Link(self.word(node)?, vec![Change::Up]),
            "link" => self.link(node)?,
            "kill" => Action::Kill(self.word(node)?),
            "revive" => Action::Revive(self.word(node)?),
            "configure" => {
                let mut fields = node.fields(self.0, "`configure`");
                let target = self.need_word(&mut fields, "node");
                let lines = fields.need(self.0, "lines");
                fields.finish(self.0, &[]);
                Action::Configure(target?, self.words(lines?))
            }
            "ping" => self.ping(node)?,
            "traceroute" => {
                let mut fields = node.fields(self.0, "`traceroute`");
                let from = self.need_word(&mut fields, "from");
                let to = self.need_word(&mut fields, "to");
                let path = fields.need(self.0, "path");
                fields.finish(self.0, &[]);
                Action::Traceroute { from: from?, to: to?, path: self.words(path?) }
            }
            "route" => Action::Route(self.route(node)?),
            "metrics" => Action::Metrics(self.metrics(node)?),
            "paths" => Action::Paths(self.paths(node)?),
            "oscillates" => Action::Oscillates(self.oscillates(node)?),
            "settled" => Action::Settled(self.settled(node)?),
            "chaos" => Action::Chaos(ChaosCheck::read(node, self.0)?),
            "show" => Action::Show(self.show(node)?),
            "no-loops" => self.only(node, "true", Action::NoLoops)?,
            "reachable" => self.only(node, "all", Action::Reachable)?,
            _ => match self.word(node)?.as_str() {
                "rip" => Action::Oracle(Protocol::Rip),
                "ospf" => Action::Oracle(Protocol::Ospf),
                "bgp" => Action::Oracle(Protocol::Bgp),
                _ => {
                    self.0.error(node.at, format!("found {}, expected rip, ospf or bgp", node.describe()));
                    return None;
                }
            },
        })
    }

    fn only(&mut self, node: &Node, word: &str, action: Action) -> Option<Action> {
        if matches!(&node.value, Value::Scalar { text, .. } if text == word) {
            return Some(action);
        }
        self.0.error(node.at, format!("found {}, expected `{word}`", node.describe()));
        None
    }

    fn link(&mut self, node: &Node) -> Option<Action> {
        let mut fields = node.fields(self.0, "`link`");
        let end = self.need_word(&mut fields, "end");
        let way = match fields.take("direction") {
            None => "",
            Some(n) if n.text(self.0, "`out`").is_some_and(|t| t == "out") => "out.",
            Some(n) => {
                self.0.error(n.at, format!("found {}, expected `out`: what this end sends", n.describe()));
                ""
            }
        };
        let mut changes = Vec::new();
        for key in Impairment::KEYS {
            let Some(node) = fields.take(key) else { continue };
            let Some(value) = self.word(node) else { continue };
            match format!("{way}{key}={value}").parse() {
                Ok(change) => changes.push(change),
                Err(e) => self.0.error(node.at, e),
            }
        }
        fields.finish(self.0, &[]);
        if changes.is_empty() {
            self.0.error(
                node.at,
                format!("nothing to change: expected one of {}", Impairment::KEYS.join(", ")),
            );
        }
        Some(Action::Link(end?, changes))
    }

    fn ping(&mut self, node: &Node) -> Option<Action> {
        let mut fields = node.fields(self.0, "`ping`");
        let from = self.need_word(&mut fields, "from");
        let to = self.need_word(&mut fields, "to");
        let source = fields.take("source").and_then(|n| n.parse(self.0, "an address"));
        let answer = match fields.take("expect") {
            None => true,
            Some(n) => match self.word(n)?.as_str() {
                "ok" => true,
                "fail" => false,
                _ => {
                    self.0.error(n.at, format!("found {}, expected ok or fail", n.describe()));
                    true
                }
            },
        };
        fields.finish(self.0, &[]);
        Some(Action::Ping { from: from?, to: to?, source, answer })
    }

    fn route(&mut self, node: &Node) -> Option<RouteCheck> {
        let mut fields = node.fields(self.0, "`route`");
        let name = self.need_word(&mut fields, "node");
        let prefix =
            fields.need(self.0, "prefix").and_then(|n| n.parse(self.0, "a prefix such as 10.0.0.0/8"));
        let absent = fields.take("absent").and_then(|n| n.flag(self.0)).unwrap_or(false);
        let via = fields.take("via").and_then(|n| n.parse(self.0, "an address"));
        let interface = fields.take("interface").and_then(|n| self.word(n));
        let metric = fields.take("metric").and_then(|n| n.parse(self.0, "a metric"));
        let protocol =
            fields.take("protocol").and_then(|n| n.parse(self.0, "connected, static, bgp, ospf or rip"));
        let next_hops = fields.take("next-hops").and_then(|n| n.parse(self.0, "a number of next hops"));
        let says_more = via.is_some() || interface.is_some() || metric.is_some() || protocol.is_some();
        if absent && (says_more || next_hops.is_some()) {
            self.0.error(node.at, "a route that is absent has no properties");
        }
        fields.finish(self.0, &[]);
        Some(RouteCheck { node: name?, prefix: prefix?, absent, via, interface, metric, protocol, next_hops })
    }

    fn metrics(&mut self, node: &Node) -> Option<MetricsCheck> {
        let mut fields = node.fields(self.0, "`metrics`");
        let name = self.need_word(&mut fields, "node");
        let prefix =
            fields.need(self.0, "prefix").and_then(|n| n.parse(self.0, "a prefix such as 10.0.0.0/8"));
        let during = fields.need(self.0, "during").and_then(|n| self.duration(n));
        let climbs = fields.take("climbs-to").and_then(|n| n.parse(self.0, "a metric")).map(Series::ClimbsTo);
        let below =
            fields.take("stays-below").and_then(|n| n.parse(self.0, "a metric")).map(Series::StaysBelow);
        let equals = fields.take("equals").map(|n| {
            let values =
                n.list(self.0, "metrics").iter().filter_map(|m| m.parse(self.0, "a metric")).collect();
            Series::Equals(values)
        });
        fields.finish(self.0, &[]);
        let mut expect = [climbs, below, equals].into_iter().flatten();
        let (Some(series), None) = (expect.next(), expect.next()) else {
            self.0.error(node.at, "expected one of climbs-to, stays-below, equals");
            return None;
        };
        Some(MetricsCheck { node: name?, prefix: prefix?, during: during?, expect: series })
    }

    fn paths(&mut self, node: &Node) -> Option<PathsCheck> {
        let mut fields = node.fields(self.0, "`paths`");
        let name = self.need_word(&mut fields, "node");
        let prefix = self.prefix(&mut fields);
        let during = fields.need(self.0, "during").and_then(|n| self.duration(n));
        let equals = fields.need(self.0, "equals").map(|n| self.words(n));
        fields.finish(self.0, &[]);
        Some(PathsCheck { node: name?, prefix: prefix?, during: during?, equals: equals? })
    }

    fn oscillates(&mut self, node: &Node) -> Option<OscillatesCheck> {
        let mut fields = node.fields(self.0, "`oscillates`");
        let prefix = self.prefix(&mut fields);
        let during = fields.need(self.0, "during").and_then(|n| self.duration(n));
        let wheel = fields.take("wheel").map(|n| self.words(n)).unwrap_or_default();
        fields.finish(self.0, &[]);
        Some(OscillatesCheck { prefix: prefix?, during: during?, wheel })
    }

    fn settled(&mut self, node: &Node) -> Option<SettledCheck> {
        let mut fields = node.fields(self.0, "`settled`");
        let prefix = self.prefix(&mut fields);
        let states = fields.need(self.0, "states");
        fields.finish(self.0, &[]);
        let states = states?;
        let mut all = Vec::new();
        for state in states.list(self.0, "states") {
            let Value::Map(entries) = &state.value else {
                self.0.error(state.at, format!("found {}, expected AS paths by node", state.describe()));
                continue;
            };
            let paths = entries.iter().filter_map(|(node, path)| Some((node.text.clone(), self.word(path)?)));
            let paths: Vec<(String, String)> = paths.collect();
            all.push(paths);
        }
        if all.iter().all(Vec::is_empty) {
            self.0.error(states.at, "nothing is demanded: expected AS paths by node");
        }
        Some(SettledCheck { prefix: prefix?, states: all })
    }

    fn prefix(&mut self, fields: &mut Fields<'_>) -> Option<Prefix> {
        fields.need(self.0, "prefix").and_then(|n| n.parse(self.0, "a prefix such as 10.0.0.0/8"))
    }

    fn show(&mut self, node: &Node) -> Option<ShowCheck> {
        let mut fields = node.fields(self.0, "`show`");
        let name = self.need_word(&mut fields, "node");
        let command = self.need_word(&mut fields, "command");
        let contains = fields.take("contains").map(|n| self.words(n)).unwrap_or_default();
        let lacks = fields.take("lacks").map(|n| self.words(n)).unwrap_or_default();
        let pointer = fields.take("json").and_then(|n| self.word(n));
        let equals = fields.take("equals").map(json);
        fields.finish(self.0, &[]);
        let json = match (pointer, equals) {
            (Some(pointer), Some(value)) => Some((pointer, value)),
            (None, None) => None,
            _ => {
                self.0.error(node.at, "`json` (a pointer such as /0/metric) and `equals` go together");
                None
            }
        };
        if contains.is_empty() && lacks.is_empty() && json.is_none() {
            self.0.error(node.at, "nothing is demanded: expected contains, lacks, or json and equals");
        }
        Some(ShowCheck { node: name?, command: command?, contains, lacks, json })
    }

    fn need_word(&mut self, fields: &mut Fields<'_>, name: &'static str) -> Option<String> {
        fields.need(self.0, name).and_then(|n| self.word(n))
    }

    fn word(&mut self, node: &Node) -> Option<String> {
        node.text(self.0, "a word").map(str::to_owned)
    }

    /// A list of words, or one word.
    fn words(&mut self, node: &Node) -> Vec<String> {
        match &node.value {
            Value::Scalar { text, .. } => vec![text.clone()],
            _ => node.list(self.0, "words").iter().filter_map(|n| self.word(n)).collect(),
        }
    }

    fn duration(&mut self, node: &Node) -> Option<Duration> {
        let text = self.word(node)?;
        units::duration(&text).map_err(|e| self.0.error(node.at, e)).ok()
    }
}

/// A value of YAML as JSON has it.
fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Scalar { text, plain: true } => {
            serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.clone()))
        }
        Value::Scalar { text, .. } => serde_json::Value::String(text.clone()),
        Value::List(list) => list.iter().map(json).collect(),
        Value::Map(map) => map.iter().map(|(k, v)| (k.text.clone(), json(v))).collect(),
    }
}

impl Action {
    /// Whether this demands something: what is counted and reported.
    pub fn demands(&self) -> bool {
        *self == Action::Converged || self.is_watched() || self.is_check()
    }

    /// Whether this is watched event by event, which only virtual time allows.
    pub fn is_watched(&self) -> bool {
        matches!(self, Action::Metrics(_) | Action::Paths(_) | Action::Oscillates(_) | Action::Chaos(_))
    }

    /// Whether this demands something that may hold later.
    pub fn is_check(&self) -> bool {
        match self {
            Action::Ping { .. }
            | Action::Traceroute { .. }
            | Action::Route(_)
            | Action::Show(_)
            | Action::Settled(_)
            | Action::NoLoops
            | Action::Reachable
            | Action::Oracle(_) => true,
            Action::Wait(_)
            | Action::Converged
            | Action::Link(..)
            | Action::Kill(_)
            | Action::Revive(_)
            | Action::Configure(..)
            | Action::Metrics(_)
            | Action::Paths(_)
            | Action::Oscillates(_)
            | Action::Chaos(_) => false,
        }
    }
}

/// In words, for a step without a name.
impl core::fmt::Display for Action {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Action::Wait(d) => write!(f, "wait {}", units::show(*d)),
            Action::Converged => f.write_str("the network converges"),
            Action::Link(end, changes) => match changes.as_slice() {
                [Change::Up] => write!(f, "heal {end}"),
                [Change::Down] => write!(f, "cut {end}"),
                _ => write!(f, "impair {end}"),
            },
            Action::Kill(node) => write!(f, "kill {node}"),
            Action::Revive(node) => write!(f, "revive {node}"),
            Action::Configure(node, lines) => write!(f, "configure {node}: {}", lines.join("; ")),
            Action::Ping { from, to, answer: true, .. } => write!(f, "{from} reaches {to}"),
            Action::Ping { from, to, answer: false, .. } => write!(f, "{from} does not reach {to}"),
            Action::Traceroute { from, to, path } => write!(f, "{from} reaches {to} by {}", path.join(", ")),
            Action::Route(r) if r.absent => write!(f, "{} has no route to {}", r.node, r.prefix),
            Action::Route(r) => write!(f, "{} has its route to {}", r.node, r.prefix),
            Action::Metrics(m) => match &m.expect {
                Series::ClimbsTo(n) => write!(f, "the metric of {} on {} climbs to {n}", m.prefix, m.node),
                Series::StaysBelow(n) => {
                    write!(f, "the metric of {} on {} stays below {n}", m.prefix, m.node)
                }
                Series::Equals(_) => write!(f, "the metric of {} on {} goes as expected", m.prefix, m.node),
            },
            Action::Paths(p) => write!(f, "the paths of {} on {} go as expected", p.prefix, p.node),
            Action::Chaos(c) => c.fmt(f),
            Action::Oscillates(o) => write!(f, "{} finds no rest", o.prefix),
            Action::Settled(s) if s.states.len() > 1 => {
                write!(f, "{} is in one of {} states", s.prefix, s.states.len())
            }
            Action::Settled(s) => write!(f, "{} has the paths expected", s.prefix),
            Action::Show(s) => write!(f, "{}> {}", s.node, s.command),
            Action::NoLoops => f.write_str("no forwarding loop"),
            Action::Reachable => f.write_str("every address is reachable from everywhere"),
            Action::Oracle(of) => write!(f, "{of} tables equal the graph's shortest paths"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_step_is_read() {
        let text = r#"
seed: 7
steps:
  - wait: converged
    within: 60s
  - wait: 5s
  - {cut: "r1:eth1", at: 100s}
  - heal: r1:eth1
  - link: {end: r1:eth1, delay: 10ms, loss: 1%}
  - link: {end: r1:eth1, loss: 100%, direction: out}
  - kill: r2
  - revive: r2
  - configure: {node: "*", lines: [interface eth1, no ip rip split-horizon]}
  - name: hosts talk
    ping: {from: h1, to: h2, expect: ok}
    for: 3s
  - ping: {from: h1, to: 10.9.9.9, expect: fail}
  - traceroute: {from: h1, to: h2, path: [r1, r2, h2]}
  - route: {node: r1, prefix: 10.3.3.3/32, via: 10.0.12.2, interface: eth1, metric: 2, protocol: rip, next-hops: 1}
    within: 45s
  - route: {node: r1, prefix: 10.3.3.3/32, absent: true}
  - metrics: {node: r1, prefix: 10.3.3.3/32, during: 60s, climbs-to: 16}
  - metrics: {node: r1, prefix: 10.3.3.3/32, during: 60s, equals: [2, 3, 0]}
  - paths: {node: r1, prefix: 192.0.2.0/24, during: 5s, equals: [65002 65000, "65000", none]}
  - oscillates: {prefix: 192.0.2.0/24, during: 120s, wheel: [r1, r2, r3]}
  - settled: {prefix: 192.0.2.0/24, states: [{r1: 65002 65000, r2: "65000"}, {r1: "65000"}]}
    within: 5s
  - chaos: {during: 60s, every: 2s, heal-within: 10s, faults: [kill, cut], among: [r1, r2], loops-end-within: 1s}
  - show: {node: r1, command: show ip route, contains: "10.3.3.3", lacks: [x, y], json: /0/metric, equals: 2}
  - no-loops: true
  - reachable: all
  - tables-equal-oracle: rip
  - tables-equal-oracle: ospf
  - tables-equal-oracle: bgp
"#;
        let checks = parse(text, "c.yaml").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((checks.seed, checks.scenarios.len()), (Some(7), 1));
        let steps = &checks.scenarios[0].steps;
        assert_eq!(steps.len(), 26);
        let one_way = Change::SetOut("loss".into(), "100%".into());
        assert!(matches!(&steps[5].action, Action::Link(_, changes) if *changes == [one_way]));
        assert_eq!(steps[2].at, Some(Instant::from_secs(100)));
        assert_eq!(steps[19].name, "chaos for 1m00s: cut, kill");
        assert_eq!(steps[9].name, "hosts talk");
        assert_eq!(steps[10].name, "h1 does not reach 10.9.9.9");
        assert!(matches!(&steps[12].action, Action::Route(r) if r.metric == Some(2)));
        assert!(
            matches!(&steps[20].action, Action::Show(s) if s.json == Some(("/0/metric".into(), 2.into())))
        );
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let text = "steps:\n  - pingg: {from: a, to: b}\n  - wait: 5\n  - ping: {from: a}\n  - {cut: x, heal: y}\n  - {cut: x, within: 3s}\n  - chaos: {during: 0s, every: 1s, heal-within: 2s, faults: [kil]}\n";
        let all = parse(text, "c.yaml").unwrap_err().to_string();
        for expected in [
            "c.yaml:2:5: unknown key `pingg` in a step; did you mean `ping`?",
            "c.yaml:3:11: `5` is not a duration",
            "c.yaml:4:11: `ping` needs `to`",
            "one thing a step: found `cut` and `heal`",
            "`cut` is done once",
            "c.yaml:7:21: `during` is longer than nothing",
            "`chaos` needs `loops-end-within`",
            "unknown fault `kil`; did you mean `kill`?",
        ] {
            assert!(all.contains(expected), "{expected}\nnot in\n{all}");
        }
    }

    #[test]
    fn a_file_that_would_check_nothing_is_refused() {
        for text in
            ["", "steps: []", "scenarios: [{name: x, steps: []}]", "steps:\n  - show: {node: r1, command: x}"]
        {
            assert!(parse(text, "c.yaml").is_err(), "{text}");
        }
    }
}
