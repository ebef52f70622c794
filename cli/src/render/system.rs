//! The router itself: version, rules, counters, log.

use super::{object, uptime};
use crate::reply::{CounterView, LogLine, LoggingView, RuleView, Traffic, Version};
use serde_json::{Map, Value, json};
use std::fmt::Write;

pub(super) fn version(v: &Version) -> String {
    let mut out = format!("routerd {} ({})\n", v.version, v.hostname);
    let _ = writeln!(out, "Uptime {}", uptime(v.uptime_us));
    let _ = writeln!(out, "Seed {}", v.seed);
    let _ = writeln!(out, "Startup configuration {}", v.config_path.as_deref().unwrap_or("not set"));
    if let Some(fault) = &v.fault {
        out += &fault_text(fault);
    }
    out
}

/// That the startup configuration is not in force, and why.
pub fn fault_text(fault: &str) -> String {
    let lines: String = fault.lines().map(|line| format!("  {line}\n")).collect();
    format!("The startup configuration is not in force:\n{lines}")
}

pub(super) fn health(problems: &[String]) -> String {
    match problems {
        [] => "healthy\n".to_owned(),
        problems => problems.iter().map(|problem| format!("unhealthy: {problem}\n")).collect(),
    }
}

pub(super) fn version_json(v: &Version) -> Value {
    object(vec![
        ("hostname", Some(json!(v.hostname))),
        ("version", Some(json!(v.version))),
        ("uptime", Some(json!(uptime(v.uptime_us)))),
        ("uptimeMsecs", Some(json!(v.uptime_us / 1000))),
        ("seed", Some(json!(v.seed))),
        ("configPath", v.config_path.as_ref().map(|p| json!(p))),
        ("fault", v.fault.as_ref().map(|f| json!(f))),
    ])
}

/// As `ip rule` prints them.
pub(super) fn rules(all: &[RuleView]) -> String {
    all.iter().map(|r| format!("{}:\t{} {}\n", r.priority, r.selector, r.action)).collect()
}

pub(super) fn rules_json(all: &[RuleView]) -> Value {
    let one = |r: &RuleView| json!({ "priority": r.priority, "selector": r.selector, "action": r.action });
    Value::Array(all.iter().map(one).collect())
}

pub(super) fn traffic(traffic: &Traffic) -> String {
    let mut out = String::new();
    for (section, counters) in &traffic.sections {
        let _ = writeln!(out, "{section}:");
        let width = counters.iter().map(|c| c.name.chars().count()).max().unwrap_or(0);
        for CounterView { name, value, meaning } in counters {
            let line = format!("  {name:<width$} {value:>12}  {meaning}");
            out.extend([line.trim_end(), "\n"]);
        }
    }
    out
}

pub(super) fn traffic_json(traffic: &Traffic) -> Value {
    let section = |(name, counters): &(String, Vec<CounterView>)| {
        let values: Map<String, Value> = counters.iter().map(|c| (c.name.clone(), json!(c.value))).collect();
        (name.clone(), Value::Object(values))
    };
    Value::Object(traffic.sections.iter().map(section).collect::<Map<String, Value>>())
}

/// One line of the log as the shell prints it.
pub fn log_line(line: &LogLine) -> String {
    let LogLine { at, notice } = line;
    let level = notice.level.name();
    let clock = format!("{}.{:03}", uptime(at.as_micros()), at.as_micros() / 1000 % 1000);
    format!("{clock} {level:<7} {}: {notice}\n", notice.topic)
}

pub(super) fn logging(log: &LoggingView) -> String {
    let mut out = format!("Log buffer ({} lines at most, {} dropped):\n", log.capacity, log.dropped);
    log.lines.iter().for_each(|line| out.push_str(&log_line(line)));
    out
}

pub(super) fn logging_json(log: &LoggingView) -> Value {
    let one = |LogLine { at, notice }: &LogLine| {
        let fields: Map<String, Value> = notice.fields.iter().map(|(n, v)| (n.clone(), json!(v))).collect();
        object(vec![
            ("time", Some(json!(at.to_string()))),
            ("level", Some(json!(notice.level.name()))),
            ("topic", Some(json!(notice.topic))),
            ("message", Some(json!(notice.message))),
            ("fields", Some(Value::Object(fields))),
        ])
    };
    let lines: Vec<Value> = log.lines.iter().map(one).collect();
    json!({ "capacity": log.capacity, "dropped": log.dropped, "lines": lines })
}

pub(super) fn debugging(topics: &[String]) -> String {
    if topics.is_empty() {
        return "No debugging is on\n".to_owned();
    }
    topics.iter().map(|t| format!("{t} debugging is on\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fib::Instant;
    use proto::{Level, Notice};

    #[test]
    fn rules_look_as_ip_rule_prints_them() {
        let rule = RuleView { priority: 0, selector: "from all".into(), action: "lookup local".into() };
        assert_eq!(rules(&[rule]), "0:\tfrom all lookup local\n");
    }

    #[test]
    fn a_log_line_has_its_time_level_and_topic() {
        let notice = Notice::new(Level::Warning, "rip events", "wrong key").with("interface", "eth1");
        let line = LogLine { at: Instant::from_millis(61_250), notice };
        assert_eq!(log_line(&line), "00:01:01.250 warning rip events: wrong key interface=eth1\n");
        let log = LoggingView { capacity: 10, dropped: 0, lines: vec![line] };
        assert_eq!(logging_json(&log)["lines"][0]["fields"]["interface"], "eth1");
    }

    #[test]
    fn counters_are_aligned_and_explained() {
        let counter = |name: &str, value| CounterView { name: name.into(), value, meaning: "what".into() };
        let t = Traffic { sections: vec![("IP".into(), vec![counter("a", 1), counter("long", 20)])] };
        assert_eq!(traffic(&t), "IP:\n  a               1  what\n  long           20  what\n");
        assert_eq!(traffic_json(&t)["IP"]["long"], 20);
    }
}
