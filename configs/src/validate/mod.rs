//! What types cannot refuse: ranges, combinations, addresses no interface can have, numbers used twice.
//!
//! A reference to a list or map that is not defined is a warning: FRR takes it, and the order of typing is free.
//! An interface that is not there is nothing at all: it may come (see [`crate::config`]).

mod bgp;
mod interfaces;
mod ospf;
mod policy;
mod rip;
mod routes;

use crate::{Config, PathElement, Problem, Severity};
use core::fmt::Display;
use core::ops::RangeInclusive;
use std::collections::BTreeSet;

/// Judges a configuration as a whole. In the order of the file; no [`Severity::Error`] among them: it can be applied.
pub fn validate(config: &Config) -> Vec<Problem> {
    let mut check = Checker { path: Vec::new(), problems: Vec::new(), comparisons: 20_000 };
    check.within("hostname", |c| hostname(c, &config.hostname));
    check.within("interfaces", |c| interfaces::check(c, &config.interfaces));
    check.within("routes", |c| routes::check_routes(c, &config.routes));
    check.within("rules", |c| routes::check_rules(c, &config.rules));
    check.within("forwarding", |c| {
        let forwarding = &config.forwarding;
        c.range("icmp-rate", forwarding.icmp_rate, 0..=1_000_000);
        c.range("icmp-burst", forwarding.icmp_burst, 1..=1_000_000);
        // RFC 4861 section 6.2.5: only a router advertises itself.
        if let Some(name) = config.link_neighbors().next().filter(|_| !forwarding.ipv6) {
            c.within("ipv6", |c| {
                c.warning(format!(
                    "the neighbor on {name} cannot find us: a host sends no router advertisements"
                ));
            });
        }
    });
    check.within("policy", |c| policy::check(c, &config.policy));
    if let Some(rip) = &config.rip {
        check.within("rip", |c| rip::check(c, rip, &config.policy));
    }
    if let Some(ospf) = &config.ospf {
        check.within("ospf", |c| ospf::check(c, ospf, &config.policy));
    }
    if let Some(bgp) = &config.bgp {
        check.within("bgp", |c| bgp::check(c, bgp, &config.policy));
    }
    check.within("logging", |c| {
        c.range("buffered", config.logging.buffered, 0..=100_000);
        c.unique("debug", &config.logging.debug);
        for (at, topic) in config.logging.debug.iter().enumerate() {
            c.within("debug", |c| c.within(at, |c| c.line("topic", topic)));
        }
    });
    check.problems
}

/// RFC 1123 section 2.1, with `_` as everybody allows it.
fn hostname(c: &mut Checker, name: &str) {
    let ok = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !ok || name.is_empty() || name.len() > 63 {
        c.error(format!("`{name}` is not a host name"), "1 to 63 letters, digits, `-`, `_` and `.`");
    }
}

/// Walks a configuration, knows where it is, and writes down what is wrong there.
struct Checker {
    path: Vec<PathElement>,
    problems: Vec<Problem>,
    /// How many more names may be compared for "did you mean": a thousand missing lists among a thousand others
    /// would take longer than anybody wants to wait for advice.
    comparisons: usize,
}

impl Checker {
    /// Runs `check` one step further down.
    fn within(&mut self, element: impl Into<PathElement>, check: impl FnOnce(&mut Checker)) {
        self.path.push(element.into());
        check(self);
        self.path.pop();
    }

    /// Something that cannot be, and what could.
    fn error(&mut self, message: impl Into<String>, accepted: impl Into<String>) {
        self.problem(Severity::Error, message.into(), Some(accepted.into()));
    }

    /// Something that cannot be, where the message says it all.
    fn refuse(&mut self, message: impl Into<String>) {
        self.problem(Severity::Error, message.into(), None);
    }

    /// Something that is hardly meant.
    fn warning(&mut self, message: impl Into<String>) {
        self.problem(Severity::Warning, message.into(), None);
    }

    fn problem(&mut self, severity: Severity, message: String, accepted: Option<String>) {
        self.problems.push(Problem { severity, path: self.path.clone(), message, accepted });
    }

    /// `value` of `key` must be in `range`.
    fn range<N: Display + PartialOrd + Copy>(&mut self, key: &str, value: N, range: RangeInclusive<N>) {
        if !range.contains(&value) {
            let accepted = format!("{}-{}", range.start(), range.end());
            self.within(key, |c| c.error(format!("found {value}"), accepted));
        }
    }

    /// No value may occur twice under `key`.
    fn unique<T: Ord + Display>(&mut self, key: &str, values: &[T]) {
        let mut seen = BTreeSet::new();
        for (at, value) in values.iter().enumerate() {
            if !seen.insert(value) {
                self.within(key, |c| c.within(at, |c| c.refuse(format!("`{value}` is listed twice"))));
            }
        }
    }

    /// Free text of one line that a command line can carry: no control characters, no outer blanks, 1 to 255 bytes.
    fn line(&mut self, what: &str, text: &str) {
        if text.is_empty() || text.len() > 255 || text.trim() != text || text.contains(char::is_control) {
            self.error(
                format!("{text:?} cannot be a {what}"),
                "one line of 1 to 255 bytes without blanks at its ends",
            );
        }
    }

    /// One word of a command line, as the name of a list.
    fn word(&mut self, what: &str, text: &str) {
        let bad = |c: char| c.is_whitespace() || c.is_control();
        if text.is_empty() || text.len() > 128 || text.contains(bad) {
            self.error(format!("{text:?} cannot be the name of {what}"), "one word of 1 to 128 bytes");
        }
    }

    /// A name Linux takes for an interface or its altname (ALTIFNAMSIZ is 128 with the final zero), other than the
    /// names of nowhere.
    fn interface_name(&mut self, name: &str) {
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '/' || c == ':';
        if name.is_empty() || name.len() > 127 || name == "." || name == ".." || name.contains(bad) {
            self.error(
                format!("{name:?} cannot be the name of an interface"),
                "1 to 127 bytes without blanks, `/` and `:`",
            );
        } else if ["null0", "blackhole", "reject"].contains(&name.to_ascii_lowercase().as_str()) {
            self.refuse(format!("`{name}` is no interface: a route that discards says `type: blackhole`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn problems(text: &str, severity: Severity) -> Vec<String> {
        let config: Config = yaml::read_unchecked(text);
        validate(&config).iter().filter(|p| p.severity == severity).map(|p| p.to_string()).collect()
    }

    /// The errors of a text whose syntax and types are right.
    pub(super) fn errors(text: &str) -> Vec<String> {
        problems(text, Severity::Error)
    }

    pub(super) fn warnings(text: &str) -> Vec<String> {
        problems(text, Severity::Warning)
    }

    pub(super) fn is_valid(text: &str) -> bool {
        errors(text).is_empty()
    }

    #[test]
    fn the_default_configuration_is_valid() {
        assert_eq!(validate(&Config::default()), []);
    }

    #[test]
    fn a_host_name_is_one_for_the_prompt() {
        for ok in ["r1", "R-1_a.example", &"x".repeat(63)] {
            assert!(is_valid(&format!("hostname: {ok}")), "{ok}");
        }
        for bad in ["''", "'r 1'", "r1#", &"x".repeat(64), "é"] {
            assert_eq!(errors(&format!("hostname: {bad}")).len(), 1, "{bad}");
        }
    }

    #[test]
    fn ranges_of_forwarding_and_logging_hold() {
        let text = "forwarding: {icmp-rate: 1000001, icmp-burst: 0}\nlogging: {buffered: 100001}";
        assert_eq!(
            errors(text),
            [
                "forwarding.icmp-rate: found 1000001, expected 0-1000000",
                "forwarding.icmp-burst: found 0, expected 1-1000000",
                "logging.buffered: found 100001, expected 0-100000",
            ]
        );
        assert_eq!(errors("logging: {debug: ['rip events', 'rip events']}").len(), 1);
    }
}
