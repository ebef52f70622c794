//! Answers as an operator reads them: columns as FRR and IOS print them, or JSON with FRR's names.
//! Pure: nothing here asks, waits or prints.

mod bgp;
mod interfaces;
pub(crate) mod linux;
mod neighbors;
mod ospf;
mod policy;
mod progress;
mod protocols;
mod rip;
mod routes;
mod system;

use crate::exec::View;
use crate::reply::Reply;
use serde_json::{Map, Value, json};

pub use progress::Job;
pub use routes::Summary;
pub use system::{fault_text, log_line};

/// An answer as text, each line ended. `first` is false for the pages of a long table after its first.
pub fn text(reply: &Reply, view: &View, first: bool) -> String {
    match (reply, view) {
        (Reply::Routes(page), View::Linux { .. }) => linux::text(page),
        (Reply::Routes(page), View::RouteSummary(_)) => Summary::of(&page.routes).text(),
        (Reply::Routes(page), _) => routes::text(page, first),
        (Reply::Interfaces(all), View::Brief(family)) => interfaces::brief(all, *family),
        (Reply::Interfaces(all), _) => interfaces::text(all),
        (Reply::Neighbors(all), View::Neighbors(family)) => neighbors::text(all, *family),
        (Reply::Neighbors(all), _) => neighbors::text(all, crate::command::Family::V4),
        (Reply::Fib(page), _) => routes::fib(page, first),
        (Reply::Rules(rules), _) => system::rules(rules),
        (Reply::Traffic(traffic), _) => system::traffic(traffic),
        (Reply::Version(version), _) => system::version(version),
        (Reply::Health(problems), _) => system::health(problems),
        (Reply::Logging(log), _) => system::logging(log),
        (Reply::Debugging(topics), _) => system::debugging(topics),
        (Reply::Config(config), View::Yaml) => configs::yaml::print(config),
        (Reply::Config(config), _) => format!("Current configuration:\n!\n{}", crate::text::print(config)),
        (Reply::RipTable(table), View::RipDatabase) => rip::database(table),
        (Reply::RipTable(table), _) => rip::table(table),
        (Reply::RipStatus(status), View::RipStatus(config)) => {
            rip::status(status.as_deref(), config.as_deref())
        }
        (Reply::RipStatus(status), _) => rip::status(status.as_deref(), None),
        (Reply::Ospf(reply), view) => ospf::text(reply.as_deref(), view),
        (Reply::Bgp(reply), view) => bgp::text(reply.as_deref(), view, first),
        (Reply::Protocols(all), View::Protocols(config)) => protocols::text(all, config.as_deref()),
        (Reply::Protocols(all), _) => protocols::text(all, None),
        (Reply::Policy(config), view) => policy::text(config, view),
        (Reply::Remark(words), _) => format!("{words}\n"),
        (Reply::Error(why), _) => format!("% {why}\n"),
        (Reply::Ok | Reply::Configured(_) | Reply::Job(_), _) => String::new(),
    }
}

/// An answer as JSON; where FRR has the command, with its names.
pub fn json(reply: &Reply, view: &View) -> Value {
    match (reply, view) {
        (Reply::Routes(page), View::RouteSummary(_)) => Summary::of(&page.routes).json(),
        (Reply::Routes(page), View::Linux { .. }) => linux::json(page),
        (Reply::Routes(page), _) => routes::json(page),
        (Reply::Interfaces(all), View::Brief(_)) => interfaces::brief_json(all),
        (Reply::Interfaces(all), _) => interfaces::json(all),
        (Reply::Neighbors(all), _) => neighbors::json(all),
        (Reply::Fib(page), _) => routes::fib_json(page),
        (Reply::Rules(rules), _) => system::rules_json(rules),
        (Reply::Traffic(traffic), _) => system::traffic_json(traffic),
        (Reply::Version(version), _) => system::version_json(version),
        (Reply::Health(problems), _) => json!({ "healthy": problems.is_empty(), "problems": problems }),
        (Reply::Logging(log), _) => system::logging_json(log),
        (Reply::Debugging(topics), _) => json!({ "debugging": topics }),
        (Reply::Config(config), _) => plain(config),
        (Reply::RipTable(table), _) => rip::table_json(table),
        (Reply::RipStatus(status), _) => rip::status_json(status.as_deref()),
        (Reply::Ospf(reply), view) => ospf::json(reply.as_deref(), view),
        (Reply::Bgp(reply), view) => bgp::json(reply.as_deref(), view),
        (Reply::Protocols(all), _) => protocols::json(all),
        (Reply::Policy(config), view) => policy::json(config, view),
        (Reply::Remark(words), _) => json!({ "remark": words }),
        (Reply::Error(why), _) => json!({ "error": why }),
        (Reply::Ok | Reply::Configured(_) | Reply::Job(_), _) => json!({}),
    }
}

/// A value as its type says it.
fn plain<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// An object of those members that are there.
pub(crate) fn object(members: Vec<(&str, Option<Value>)>) -> Value {
    let known = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(known.collect::<Map<String, Value>>())
}

/// JSON as FRR prints it: indented, with a line end.
pub fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// A span as FRR prints it: `01:02:03`, `1d02h03m`, `01w2d03h`.
pub fn uptime(micros: u64) -> String {
    let s = micros / 1_000_000;
    let (days, hours, minutes, seconds) = (s / 86_400, s / 3600 % 24, s / 60 % 60, s % 60);
    match days {
        0 => format!("{hours:02}:{minutes:02}:{seconds:02}"),
        1..7 => format!("{days}d{hours:02}h{minutes:02}m"),
        _ => format!("{:02}w{}d{hours:02}h", days / 7, days % 7),
    }
}

/// Milliseconds with three decimals.
pub(crate) fn millis(micros: u64) -> String {
    format!("{}.{:03}", micros / 1000, micros % 1000)
}

/// Text without characters that would move the cursor or more: names and notes come from configurations.
pub fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    let harmful = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.contains(harmful) { text.replace(harmful, "?").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_printed_as_frr_does() {
        let s = |n: u64| uptime(n * 1_000_000);
        assert_eq!(s(59), "00:00:59");
        assert_eq!(s(86_399), "23:59:59");
        assert_eq!(s(86_400 + 7_380), "1d02h03m");
        assert_eq!(s(86_400 * 9 + 3 * 3600), "01w2d03h");
    }

    #[test]
    fn a_note_cannot_drive_the_terminal() {
        assert_eq!(harmless("a\x1b[2Jb\nc\u{9b}d"), "a?[2Jb\nc?d");
        assert!(matches!(harmless("plain\n"), std::borrow::Cow::Borrowed(_)));
    }
}
