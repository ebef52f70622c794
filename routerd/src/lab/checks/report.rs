//! Verdicts as lines for people and as JUnit XML for machines.

use super::super::units;
use super::{Checks, Scenario, Step, Verdict};

/// `ok    12.5s  h1 reaches h2: 10.0.3.2 answered in 60us, ttl 62`
pub fn print_line(verdict: &Verdict) -> String {
    let mark = match (verdict.passed, verdict.is_check) {
        _ if verdict.skipped => "skip",
        (true, true) => "ok",
        (true, false) => "--",
        (false, _) => "FAIL",
    };
    let time = verdict.at.since(fib::Instant::ZERO);
    let mut line = format!("{mark:<4} {:>9}  ", units::show(time));
    if !verdict.scenario.is_empty() {
        line.push_str(&format!("{}: ", verdict.scenario));
    }
    line.push_str(&verdict.step);
    if verdict.is_check && !verdict.took.is_zero() {
        line.push_str(&format!(" (after {})", units::show(verdict.took)));
    }
    if !verdict.evidence.is_empty() {
        line.push_str(&format!(": {}", verdict.evidence));
    }
    line
}

/// JUnit XML as CI systems read it: a suite for the lab, a case for every check; times are lab time in seconds.
pub fn junit(lab: &str, seed: u64, verdicts: &[Verdict]) -> String {
    let cases: Vec<&Verdict> = verdicts.iter().filter(|v| v.is_check || !v.passed).collect();
    let failures = cases.iter().filter(|v| !v.passed).count();
    let skipped = cases.iter().filter(|v| v.skipped).count();
    let total: f64 = cases.iter().map(|v| v.took.as_secs_f64()).sum();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!(
        "<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{total:.6}\">\n\
         <properties><property name=\"seed\" value=\"{seed}\"/></properties>\n",
        escape(lab),
        cases.len()
    ));
    for case in cases {
        let class =
            if case.scenario.is_empty() { lab.to_owned() } else { format!("{lab}.{}", case.scenario) };
        out.push_str(&format!(
            "<testcase classname=\"{}\" name=\"{}\" time=\"{:.6}\"",
            escape(&class),
            escape(&case.step),
            case.took.as_secs_f64()
        ));
        if case.skipped {
            out.push_str(&format!("><skipped message=\"{}\"/></testcase>\n", escape(&case.evidence)));
        } else if case.passed {
            out.push_str("/>\n");
        } else {
            let text = format!("at {}: {} (seed {seed})", case.at, case.evidence);
            out.push_str(&format!("><failure message=\"{}\"/></testcase>\n", escape(&text)));
        }
    }
    out.push_str("</testsuite>\n</testsuites>\n");
    out
}

/// The same for a lab that could not be run here: every check skipped, none passed.
pub fn junit_skipped(lab: &str, checks: &Checks, reason: &str) -> String {
    let steps = || checks.scenarios.iter().flat_map(|s| s.steps.iter().map(move |step| (s, step)));
    let cases: Vec<(&Scenario, &Step)> = steps().filter(|(_, step)| step.action.demands()).collect();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!(
        "<testsuites>\n<testsuite name=\"{0}\" tests=\"{1}\" failures=\"0\" errors=\"0\" skipped=\"{1}\">\n",
        escape(lab),
        cases.len()
    ));
    for (scenario, step) in cases {
        let class = match scenario.name.as_str() {
            "" => lab.to_owned(),
            name => format!("{lab}.{name}"),
        };
        out.push_str(&format!(
            "<testcase classname=\"{}\" name=\"{}\"><skipped message=\"{}\"/></testcase>\n",
            escape(&class),
            escape(&step.name),
            escape(reason)
        ));
    }
    out.push_str("</testsuite>\n</testsuites>\n");
    out
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            // XML 1.0 has no way to write most control characters.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;
    use fib::Instant;

    fn verdict(passed: bool, evidence: &str) -> Verdict {
        Verdict {
            scenario: String::new(),
            step: "h1 reaches <h2>".to_owned(),
            is_check: true,
            passed,
            skipped: false,
            evidence: evidence.to_owned(),
            at: Instant::from_secs(12),
            took: Duration::from_millis(1500),
        }
    }

    #[test]
    fn a_line_says_what_when_and_why() {
        assert_eq!(print_line(&verdict(true, "yes")), "ok         12s  h1 reaches <h2> (after 1.5s): yes");
        assert!(print_line(&verdict(false, "no")).starts_with("FAIL"));
    }

    #[test]
    fn junit_counts_failures_and_escapes_what_xml_cannot_hold() {
        let xml = junit("t", 9, &[verdict(true, ""), verdict(false, "a \"b\"\u{7}\nc")]);
        assert!(xml.contains("tests=\"2\" failures=\"1\""));
        assert!(xml.contains("h1 reaches &lt;h2&gt;"));
        assert!(!xml.contains("<skipped"));
        assert!(xml.contains("message=\"at 12.000000: a &quot;b&quot; &#10;c (seed 9)\""), "{xml}");
    }

    #[test]
    fn what_was_not_run_is_skipped_and_not_passed() {
        let checks = super::super::parse("steps: [{wait: 5s}, {ping: {from: a, to: b}}]", "c.yaml").unwrap();
        let xml = junit_skipped("t", &checks, "b runs <frr>");
        assert!(xml.contains("tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\""), "{xml}");
        assert!(xml.contains("name=\"a reaches b\"><skipped message=\"b runs &lt;frr&gt;\"/>"), "{xml}");
    }
}
