//! YAML with positions: what lets a topology or a list of checks say *where* it is wrong.
//!
//! A small tree over the events of `saphyr-parser`, with aliases and merge keys resolved. It knows nothing of
//! labs, reads no file, and refuses what it cannot bound: deep nesting, alias bombs, several documents.

use core::fmt;
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::collections::BTreeMap;

/// Deepest nesting read.
const MAX_DEPTH: usize = 64;
/// Most values in a file once aliases are expanded.
const MAX_NODES: usize = 200_000;
/// Longest file read, bytes.
pub const MAX_BYTES: usize = 16 << 20;

/// A place in a file, counted from 1.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its first character.
    pub at: Position,
    /// What it is.
    pub value: Value,
}

/// What a YAML value can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, or `~`, or `null`.
    Null,
    /// One word or text. `plain`: written without quotes.
    Scalar {
        /// The text.
        text: String,
        /// Not quoted, so `1` and `true` mean a number and a truth value.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// Keys in the order of the file, each once.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Its text.
    pub text: String,
    /// Its place.
    pub at: Position,
}

/// One thing wrong, or worth a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as the user named it.
    pub file: String,
    /// Where; `None` when it is about the file as a whole.
    pub at: Option<Position>,
    /// What, with what would be accepted.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{}:{}:{}: {}", self.file, at.line, at.column, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// Everything wrong with a file: all of it, not the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// The file's name for messages.
    pub file: String,
    /// What makes it unusable.
    pub errors: Vec<Problem>,
    /// What is understood and ignored.
    pub warnings: Vec<Problem>,
}

impl Problems {
    /// No problems yet with `file`.
    pub fn new(file: &str) -> Problems {
        Problems { file: file.to_owned(), ..Problems::default() }
    }

    /// An error at a place.
    pub fn error(&mut self, at: Position, message: impl Into<String>) {
        self.errors.push(Problem { file: self.file.clone(), at: Some(at), message: message.into() });
    }

    /// A remark at a place.
    /// A remark made before is not made again.
    pub fn warn(&mut self, at: Position, message: impl Into<String>) {
        let message = message.into();
        if self.warnings.iter().all(|w| w.message != message) {
            self.warnings.push(Problem { file: self.file.clone(), at: Some(at), message });
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, e) in self.errors.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{e}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Problems {}

/// Reads one document. `None` when it is not YAML at all; the reason is then in `problems`.
pub fn parse(text: &str, problems: &mut Problems) -> Option<Node> {
    if text.len() > MAX_BYTES {
        problems.error(Position { line: 1, column: 1 }, format!("larger than {} MiB", MAX_BYTES >> 20));
        return None;
    }
    let mut builder = Builder { anchors: BTreeMap::new(), nodes: 0, problems };
    let mut events = Parser::new_from_str(text);
    let mut document = None;
    loop {
        let (event, at) = match events.next_event() {
            None => break,
            Some(Err(e)) => {
                let at = Position { line: e.marker().line(), column: e.marker().col() + 1 };
                builder.problems.error(at, format!("not valid YAML: {}", e.info()));
                return None;
            }
            Some(Ok((event, span))) => {
                (event, Position { line: span.start.line(), column: span.start.col() + 1 })
            }
        };
        match event {
            Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
            Event::StreamEnd => break,
            Event::DocumentStart(_) if document.is_some() => {
                builder.problems.error(at, "a second document: one file is one document");
                return None;
            }
            Event::DocumentStart(_) => {}
            event => match builder.node(event, at, &mut events, 0) {
                Ok(node) => document = Some(node),
                Err((at, message)) => {
                    builder.problems.error(at, message);
                    return None;
                }
            },
        }
    }
    Some(document.unwrap_or(Node { at: Position { line: 1, column: 1 }, value: Value::Null }))
}

struct Builder<'p> {
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
    problems: &'p mut Problems,
}

type Failure = (Position, String);

impl Builder<'_> {
    fn node<'i, T: saphyr_parser::Input>(
        &mut self,
        event: Event<'i>,
        at: Position,
        events: &mut Parser<'i, T>,
        depth: usize,
    ) -> Result<Node, Failure> {
        if depth > MAX_DEPTH {
            return Err((at, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let before = self.nodes;
        self.count(1, at)?;
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let null = plain && matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL");
                (if null { Value::Null } else { Value::Scalar { text: text.into_owned(), plain } }, anchor)
            }
            Event::SequenceStart(anchor, _) => {
                let mut list = Vec::new();
                loop {
                    match next(events)? {
                        (Event::SequenceEnd, _) => break,
                        (event, at) => list.push(self.node(event, at, events, depth + 1)?),
                    }
                }
                (Value::List(list), anchor)
            }
            Event::MappingStart(anchor, _) => (Value::Map(self.map(events, depth)?), anchor),
            Event::Alias(id) => {
                let Some((node, size)) = self.anchors.get(&id).cloned() else {
                    return Err((at, "an alias to an anchor that is not complete here".to_owned()));
                };
                self.count(size, at)?;
                return Ok(node);
            }
            _ => return Err((at, "expected a value".to_owned())),
        };
        let node = Node { at, value };
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn count(&mut self, n: usize, at: Position) -> Result<(), Failure> {
        self.nodes = self.nodes.saturating_add(n);
        if self.nodes > MAX_NODES { Err((at, format!("more than {MAX_NODES} values"))) } else { Ok(()) }
    }

    fn map<'i, T: saphyr_parser::Input>(
        &mut self,
        events: &mut Parser<'i, T>,
        depth: usize,
    ) -> Result<Vec<(Key, Node)>, Failure> {
        let mut map: Vec<(Key, Node)> = Vec::new();
        let mut merged: Vec<(Key, Node)> = Vec::new();
        loop {
            let key = match next(events)? {
                (Event::MappingEnd, _) => break,
                (Event::Scalar(text, ..), at) => Key { text: text.into_owned(), at },
                (_, at) => return Err((at, "a key must be a word".to_owned())),
            };
            let (event, at) = next(events)?;
            let value = self.node(event, at, events, depth + 1)?;
            if key.text == "<<" {
                merged.extend(merge(value)?);
            } else if let Some((first, _)) = map.iter().find(|(k, _)| k.text == key.text) {
                let line = first.at.line;
                self.problems.error(key.at, format!("`{}` again: it is already on line {line}", key.text));
            } else {
                map.push((key, value));
            }
        }
        for (key, value) in merged {
            if !map.iter().any(|(k, _)| k.text == key.text) {
                map.push((key, value));
            }
        }
        Ok(map)
    }
}

fn next<'i, T: saphyr_parser::Input>(events: &mut Parser<'i, T>) -> Result<(Event<'i>, Position), Failure> {
    match events.next_event() {
        Some(Ok((event, span))) => {
            Ok((event, Position { line: span.start.line(), column: span.start.col() + 1 }))
        }
        Some(Err(e)) => Err((
            Position { line: e.marker().line(), column: e.marker().col() + 1 },
            format!("not valid YAML: {}", e.info()),
        )),
        None => Err((Position::default(), "the file ends too early".to_owned())),
    }
}

/// The entries of a merge key `<<`: a mapping or a list of them.
fn merge(value: Node) -> Result<Vec<(Key, Node)>, Failure> {
    match value.value {
        Value::Map(entries) => Ok(entries),
        Value::List(list) => {
            let maps: Result<Vec<_>, _> = list.into_iter().map(merge).collect();
            Ok(maps?.into_iter().flatten().collect())
        }
        _ => Err((value.at, "`<<` merges mappings only".to_owned())),
    }
}

impl Node {
    /// In words, for messages.
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Scalar { text, .. } => format!("`{text}`"),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
        }
    }

    /// The text of a scalar; an error otherwise.
    pub fn text(&self, problems: &mut Problems, what: &str) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => {
                problems.error(self.at, format!("found {}, expected {what}", self.describe()));
                None
            }
        }
    }

    /// A scalar read with `FromStr`; an error otherwise.
    pub fn parse<T: core::str::FromStr>(&self, problems: &mut Problems, what: &str) -> Option<T> {
        let text = self.text(problems, what)?;
        let value = text.trim().parse().ok();
        if value.is_none() {
            problems.error(self.at, format!("found `{text}`, expected {what}"));
        }
        value
    }

    /// `true` or `false`.
    pub fn flag(&self, problems: &mut Problems) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, plain: true } if text == "true" || text == "false" => Some(text == "true"),
            _ => {
                problems.error(self.at, format!("found {}, expected true or false", self.describe()));
                None
            }
        }
    }

    /// The items of a list; nothing for null; an error otherwise.
    pub fn list(&self, problems: &mut Problems, what: &str) -> &[Node] {
        match &self.value {
            Value::List(list) => list,
            Value::Null => &[],
            _ => {
                problems.error(self.at, format!("found {}, expected a list of {what}", self.describe()));
                &[]
            }
        }
    }

    /// The entries of a mapping, to be taken one by one; nothing for null; an error otherwise.
    pub fn fields<'n>(&'n self, problems: &mut Problems, what: &'static str) -> Fields<'n> {
        let entries = match &self.value {
            Value::Map(entries) => entries.as_slice(),
            Value::Null => &[],
            _ => {
                problems.error(self.at, format!("found {}, expected {what}", self.describe()));
                &[]
            }
        };
        Fields { entries, taken: Vec::new(), what, at: self.at }
    }
}

/// A mapping being read: what is not asked for is unknown.
pub struct Fields<'n> {
    entries: &'n [(Key, Node)],
    taken: Vec<&'static str>,
    what: &'static str,
    /// Where the mapping begins.
    pub at: Position,
}

impl<'n> Fields<'n> {
    /// The value of `name`, which is thereby known.
    pub fn take(&mut self, name: &'static str) -> Option<&'n Node> {
        self.taken.push(name);
        self.entries.iter().find(|(k, _)| k.text == name).map(|(_, v)| v)
    }

    /// The value of `name`, or an error that it is missing.
    pub fn need(&mut self, problems: &mut Problems, name: &'static str) -> Option<&'n Node> {
        let found = self.take(name);
        if found.is_none() {
            problems.error(self.at, format!("{} needs `{name}`", self.what));
        }
        found
    }

    /// All entries, in order.
    pub fn entries(&self) -> &'n [(Key, Node)] {
        self.entries
    }

    /// Complains about every key nobody asked for; those in `ignored` get a warning instead.
    pub fn finish(self, problems: &mut Problems, ignored: &[&'static str]) {
        for (key, _) in self.entries {
            if self.taken.contains(&key.text.as_str()) {
                continue;
            }
            if ignored.contains(&key.text.as_str()) {
                problems.warn(
                    key.at,
                    format!("`{}` of {} means nothing here and is ignored", key.text, self.what),
                );
                continue;
            }
            let known = self.taken.iter().chain(ignored).copied();
            let hint = did_you_mean(&key.text, known);
            let accepted = self.taken.join(", ");
            problems.error(
                key.at,
                format!("unknown key `{}` in {}{hint}; accepted: {accepted}", key.text, self.what),
            );
        }
    }
}

/// `; did you mean `x`?` when something close is known, else nothing.
pub fn did_you_mean<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(found, k), k))
        .filter(|(d, k)| *d <= (k.chars().count() / 3).max(1) && *d < found.chars().count())
        .min()
        .map_or_else(String::new, |(_, k)| format!("; did you mean `{k}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Node>, Problems) {
        let mut problems = Problems::new("t.yml");
        let node = parse(text, &mut problems);
        (node, problems)
    }

    #[test]
    fn every_value_knows_its_line_and_column() {
        let (node, mut problems) = read("a: 1\nb:\n  - x\n  - {c: y}\n");
        let node = node.unwrap();
        let mut fields = node.fields(&mut problems, "a file");
        assert_eq!(fields.take("a").unwrap().at, Position { line: 1, column: 4 });
        let list = fields.take("b").unwrap().list(&mut problems, "things");
        assert_eq!(list[1].at, Position { line: 4, column: 5 });
        assert!(problems.errors.is_empty());
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_place_and_a_guess() {
        let (node, mut problems) = read("nodes: {}\nlinsk: []\n");
        let node = node.unwrap();
        let mut fields = node.fields(&mut problems, "topology");
        fields.take("nodes");
        fields.take("links");
        fields.finish(&mut problems, &[]);
        assert_eq!(
            problems.to_string(),
            "t.yml:2:1: unknown key `linsk` in topology; did you mean `links`?; accepted: nodes, links"
        );
    }

    #[test]
    fn a_key_twice_is_an_error_that_names_the_first() {
        let (_, problems) = read("a: 1\nb: 2\na: 3\n");
        assert_eq!(problems.to_string(), "t.yml:3:1: `a` again: it is already on line 1");
    }

    #[test]
    fn anchors_aliases_and_merge_keys_work_as_in_containerlab() {
        let (node, mut problems) = read("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n");
        let node = node.unwrap();
        let mut fields = node.fields(&mut problems, "a file");
        let y = fields.take("y").unwrap();
        let mut y = y.fields(&mut problems, "y");
        assert_eq!(y.take("a").unwrap().parse::<u8>(&mut problems, "n"), Some(1));
        assert_eq!(y.take("b").unwrap().parse::<u8>(&mut problems, "n"), Some(3));
    }

    #[test]
    fn an_alias_bomb_is_refused_in_no_time() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..20 {
            let alias = format!("*a{}", i - 1);
            let row = vec![alias; 10].join(", ");
            text.push_str(&format!("a{i}: &a{i} [{row}]\n"));
        }
        let (node, problems) = read(&text);
        assert!(node.is_none());
        assert!(problems.to_string().contains("more than 200000 values"), "{problems}");
    }

    #[test]
    fn deep_nesting_and_second_documents_are_refused() {
        let (node, problems) = read(&"[".repeat(200));
        assert!(node.is_none() && !problems.errors.is_empty());
        let (node, problems) = read("a: 1\n---\nb: 2\n");
        assert!(node.is_none());
        assert!(problems.to_string().contains("second document"), "{problems}");
    }

    #[test]
    fn broken_yaml_says_where() {
        let (node, problems) = read("a: 1\n\tb: 2\n");
        assert!(node.is_none());
        assert!(problems.errors[0].at.unwrap().line >= 1);
    }
}
