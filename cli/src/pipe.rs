//! What may follow a `show` behind `|`: include, exclude, begin, section, count, json. Works line by line, so
//! that a long table is never held whole.

use crate::config::explain;
use crate::grammar::{Args, Grammar, Modes, Row, row};
use regex_lite::Regex;
use std::sync::OnceLock;

/// Makes a filter of its arguments.
pub type Make = fn(&Args) -> Result<Stage, String>;

const fn line(pattern: &'static str, about: &'static str, run: Make) -> Row<Make> {
    row(pattern, "", Modes::PIPE, about, run).help(HELP)
}

const HELP: &[(&str, &str)] = &[
    ("include", "Lines that match"),
    ("exclude", "Lines that do not match"),
    ("begin", "From the first line that matches"),
    ("section", "Lines that match, each with what is indented below it"),
    ("count", "How many lines match"),
    ("json", "As JSON"),
    ("LINE", "A regular expression"),
];

const ROWS: &[Row<Make>] = &[
    line("include LINE", "Lines that match a regular expression", |a| Ok(Stage::Include(pattern(a)?))),
    line("exclude LINE", "Lines that do not match", |a| Ok(Stage::Exclude(pattern(a)?))),
    line("begin LINE", "From the first line that matches", |a| Ok(Stage::Begin(pattern(a)?, false))),
    line("section LINE", "Lines that match, each with what is indented below it", |a| {
        Ok(Stage::Section(pattern(a)?, None))
    }),
    line("count [LINE]", "How many lines match", |a| {
        let pattern = if a.text("LINE").is_some() { Some(pattern(a)?) } else { None };
        Ok(Stage::Count(pattern, 0))
    }),
    line("json", "As JSON; right behind the command", |_| Ok(Stage::Json)),
];

/// The commands that may follow `|`.
pub fn grammar() -> &'static Grammar<Make> {
    static GRAMMAR: OnceLock<Grammar<Make>> = OnceLock::new();
    GRAMMAR.get_or_init(|| Grammar::of(&[ROWS]))
}

fn pattern(args: &Args) -> Result<Regex, String> {
    let text = args.text("LINE").unwrap_or_default();
    let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    Regex::new(bare).map_err(|e| format!("`{bare}` is no regular expression: {e}"))
}

/// One filter and what it remembers.
#[derive(Debug)]
pub enum Stage {
    /// Keep what matches.
    Include(Regex),
    /// Drop what matches.
    Exclude(Regex),
    /// Keep all from the first match; whether it came.
    Begin(Regex, bool),
    /// Keep what matches and what is indented deeper below it; the indent of the section.
    Section(Regex, Option<usize>),
    /// Count what matches.
    Count(Option<Regex>, u64),
    /// Ask for JSON rather than text.
    Json,
}

/// Filters in a row.
#[derive(Debug, Default)]
pub struct Pipeline {
    stages: Vec<Stage>,
    /// A line whose end has not come yet.
    unfinished: String,
    /// Whether JSON is wanted.
    pub json: bool,
}

/// The command of a line and what follows each `|`, with byte offsets. A `|` parts only behind a blank, so that
/// `include a|b` is one pattern.
pub fn split(line: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut blank = false;
    for (at, c) in line.char_indices() {
        if c == '|' && blank {
            parts.push((start, line.get(start..at).unwrap_or("")));
            start = at.saturating_add(1);
        }
        blank = c.is_whitespace();
    }
    parts.push((start, line.get(start..).unwrap_or("")));
    parts
}

impl Pipeline {
    /// The filters of these parts. The error has its byte offset in the line, if it is about a place.
    pub fn parse(parts: &[(usize, &str)]) -> Result<Pipeline, (Option<usize>, String)> {
        let mut pipeline = Pipeline::default();
        for (n, (start, part)) in parts.iter().enumerate() {
            let (form, args) = grammar().parse(Modes::PIPE, part).map_err(|fault| {
                let error = explain(fault, part);
                (error.column.map(|c| c.saturating_add(*start)), error.message)
            })?;
            match (form.run)(&args).map_err(|why| (None, why))? {
                Stage::Json if n == 0 => pipeline.json = true,
                Stage::Json => return Err((Some(*start), "json comes right behind the command".to_owned())),
                stage => pipeline.stages.push(stage),
            }
        }
        Ok(pipeline)
    }

    /// Whether text goes through unchanged.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// What comes out for this piece of text; a line is judged when it is whole.
    pub fn push(&mut self, text: &str) -> String {
        if self.is_empty() {
            return text.to_owned();
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some((line, more)) = rest.split_once('\n') {
            let whole = core::mem::take(&mut self.unfinished) + line;
            self.line(&whole, &mut out);
            rest = more;
        }
        self.unfinished.push_str(rest);
        out
    }

    /// What comes out at the end.
    pub fn finish(&mut self) -> String {
        let mut out = String::new();
        if !self.unfinished.is_empty() {
            let last = core::mem::take(&mut self.unfinished);
            self.line(&last, &mut out);
        }
        for at in 0..self.stages.len() {
            let Some(Stage::Count(pattern, n)) = self.stages.get(at) else { continue };
            let what = if pattern.is_some() { "lines which match regexp" } else { "lines" };
            let sum = format!("Number of {what} = {n}");
            // What a count says goes through the filters behind it.
            let behind = self.stages.get_mut(at.saturating_add(1)..).unwrap_or_default();
            if behind.iter_mut().all(|stage| stage.keeps(&sum)) {
                out.extend([&sum, "\n"]);
            }
        }
        out
    }

    fn line(&mut self, line: &str, out: &mut String) {
        if self.stages.iter_mut().all(|stage| stage.keeps(line)) {
            out.extend([line, "\n"]);
        }
    }
}

impl Stage {
    fn keeps(&mut self, line: &str) -> bool {
        match self {
            Stage::Include(pattern) => pattern.is_match(line),
            Stage::Exclude(pattern) => !pattern.is_match(line),
            Stage::Begin(pattern, begun) => {
                *begun |= pattern.is_match(line);
                *begun
            }
            Stage::Section(pattern, section) => {
                let indent = line.chars().take_while(|c| *c == ' ').count();
                let inside = section.is_some_and(|outer| indent > outer);
                if !inside {
                    *section = pattern.is_match(line).then_some(indent);
                }
                section.is_some()
            }
            Stage::Count(pattern, n) => {
                *n = n.saturating_add(u64::from(pattern.as_ref().is_none_or(|p| p.is_match(line))));
                false
            }
            Stage::Json => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "hostname r1\ninterface eth1\n ip address 10.0.0.1/24\n  deeper\n!\nrouter rip\n network 10.0.0.0/8\nexit\n";

    fn through(filters: &str) -> String {
        let line = format!("show x {filters}");
        let parts = split(&line);
        let mut pipeline = Pipeline::parse(&parts[1..]).unwrap();
        // In pieces that do not end with lines.
        let (a, b) = TEXT.split_at(37);
        pipeline.push(a) + &pipeline.push(b) + &pipeline.finish()
    }

    #[test]
    fn lines_are_chosen_by_regular_expressions() {
        assert_eq!(through("| include ^ ip|host"), "hostname r1\n ip address 10.0.0.1/24\n");
        assert_eq!(through("| inc \"rip\""), "router rip\n");
        assert_eq!(through("| exclude [aeiou]"), "!\n");
        assert_eq!(through("| begin router"), "router rip\n network 10.0.0.0/8\nexit\n");
        assert_eq!(through("| section interface"), "interface eth1\n ip address 10.0.0.1/24\n  deeper\n");
    }

    #[test]
    fn counts_are_told_at_the_end() {
        assert_eq!(through("| count ip"), "Number of lines which match regexp = 2\n");
        assert_eq!(through("| count"), "Number of lines = 8\n");
    }

    #[test]
    fn filters_follow_one_another() {
        assert_eq!(through("| section router | include net | count"), "Number of lines = 1\n");
        assert_eq!(through("| include r |exclude o"), "interface eth1\n ip address 10.0.0.1/24\n  deeper\n");
    }

    #[test]
    fn a_bad_filter_says_where_and_why() {
        let parse = |line: &str| Pipeline::parse(&split(line)[1..]).map(|_| ()).unwrap_err();
        assert_eq!(parse("show x | foo").0, Some(9));
        assert_eq!(parse("show x | include").1, "Incomplete command.");
        assert!(parse("show x | include (").1.contains("regular expression"));
        assert!(parse("show x | count | json").1.contains("right behind"));
        assert!(Pipeline::parse(&split("show x | json")[1..]).unwrap().json);
    }
}
