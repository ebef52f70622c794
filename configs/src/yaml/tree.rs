//! A YAML text as a tree that knows the line and column of everything in it.
//!
//! One document of maps, lists and scalars. What no configuration needs is a fault: anchors, aliases, tags, keys that
//! are not words, a key twice. Depth and number of nodes are bounded, so no text makes the tree larger than about 16
//! times itself.

use crate::problem::DisplayPath;
use crate::{PathElement, Problem, Severity};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Deeper than any configuration goes.
const MAX_DEPTH: usize = 32;
/// Values in a file: a million, some 200000 static routes.
const MAX_NODES: usize = 1 << 20;

/// A place: line and column from 1, and a length, all in characters.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub line: usize,
    pub column: usize,
    pub length: usize,
}

impl From<Span> for Mark {
    fn from(span: Span) -> Mark {
        let one_line = span.start.line() == span.end.line();
        let length = if one_line { span.end.col().saturating_sub(span.start.col()) } else { 1 };
        Mark { line: span.start.line(), column: span.start.col().saturating_add(1), length: length.max(1) }
    }
}

/// What is wrong at a place. `errors.rs` makes it readable.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub severity: Severity,
    pub at: Mark,
    pub message: String,
    pub near: Option<String>,
    pub accepted: Option<String>,
}

impl Fault {
    pub fn new(at: Mark, message: impl Into<String>) -> Fault {
        Fault { severity: Severity::Error, at, message: message.into(), near: None, accepted: None }
    }

    pub fn accepting(self, accepted: impl Into<String>) -> Fault {
        Fault { accepted: Some(accepted.into()), ..self }
    }
}

/// As many faults as anybody reads at once.
pub(super) const MAX_FAULTS: usize = 100;

/// The faults of a text, up to [`MAX_FAULTS`].
#[derive(Default)]
pub(super) struct Faults {
    pub all: Vec<Fault>,
    /// There are more, or the search for more was given up.
    pub more: bool,
}

impl Faults {
    pub fn push(&mut self, fault: Fault) {
        if self.is_full() {
            self.more = true;
        } else {
            self.all.push(fault);
        }
    }

    pub fn is_full(&self) -> bool {
        self.all.len() >= MAX_FAULTS
    }
}

/// An index into [`Tree::nodes`].
pub(super) type NodeId = usize;

/// One value.
pub(super) struct Node<'t> {
    pub value: Value<'t>,
    pub at: Mark,
    /// The key or index it has in its parent in the file; repairs do not change it. The root has none.
    pub place: Option<(NodeId, PathElement)>,
    /// Something was taken out below: what is missing here is not the operator's fault.
    pub repaired: bool,
}

pub(super) enum Value<'t> {
    /// `plain` is without quotes: the text may then mean a number, a boolean or nothing.
    Scalar {
        text: Cow<'t, str>,
        plain: bool,
    },
    List(Vec<NodeId>),
    Map(Vec<Entry<'t>>),
}

pub(super) struct Entry<'t> {
    pub key: Cow<'t, str>,
    pub at: Mark,
    pub value: NodeId,
}

/// A document.
pub(super) struct Tree<'t> {
    pub nodes: Vec<Node<'t>>,
}

impl<'t> Tree<'t> {
    /// The document itself; an empty text is an empty map.
    pub const ROOT: NodeId = 0;

    /// Reads a text. Without a tree there is at least one fault; with one, faults tell what was left out of it.
    pub fn parse(text: &'t str) -> (Option<Tree<'t>>, Faults) {
        let mut builder =
            Builder { nodes: Vec::new(), open: Vec::new(), faults: Faults::default(), documents: 0 };
        for event in Parser::new_from_str(text) {
            let goes_on = match event {
                Ok((event, span)) => builder.event(event, span.into()),
                Err(error) => {
                    builder.faults.push(syntax(text, &error));
                    false
                }
            };
            if !goes_on {
                return (None, builder.faults);
            }
        }
        if builder.nodes.is_empty() {
            builder.push(Value::Map(Vec::new()), Mark { line: 1, column: 1, length: 1 });
        }
        (Some(Tree { nodes: builder.nodes }), builder.faults)
    }

    /// Whether the text has something that `serde_yaml` would take for another thing than meant: a key without a value
    /// (`rip:`), or a signed number (`metric: +5`, which is YAML for 5).
    pub fn wants_patience(&self) -> bool {
        self.nodes.iter().any(|node| match &node.value {
            Value::Scalar { text, plain: true } => is_null(text) || is_signed(text),
            Value::Map(entries) => entries.is_empty() && node.place.is_none(),
            _ => false,
        })
    }

    /// The keys and indices from the root to `id`, as in the file.
    pub fn path(&self, id: NodeId) -> Vec<PathElement> {
        let mut path = Vec::new();
        let mut node = self.nodes.get(id);
        while let Some((parent, element)) = node.and_then(|n| n.place.as_ref()) {
            path.push(element.clone());
            node = self.nodes.get(*parent);
        }
        path.reverse();
        path
    }

    /// The node at `path`, or the deepest one on the way, and what of `path` is left.
    pub fn find<'p>(&self, path: &'p [PathElement]) -> (NodeId, &'p [PathElement]) {
        let (mut id, mut rest) = (Tree::ROOT, path);
        while let Some((first, others)) = rest.split_first() {
            let child = match (self.nodes.get(id).map(|n| &n.value), first) {
                (Some(Value::Map(entries)), PathElement::Key(key)) => {
                    entries.iter().find(|e| means(&e.key, key)).map(|e| e.value)
                }
                (Some(Value::List(items)), PathElement::Index(index)) => items.get(*index).copied(),
                _ => None,
            };
            let Some(child) = child else { break };
            (id, rest) = (child, others);
        }
        (id, rest)
    }

    /// Where to point at for a fault of `id`: at a scalar itself, but at the key of a section.
    pub fn mark(&self, id: NodeId) -> Mark {
        let Some(node) = self.nodes.get(id) else { return Mark::default() };
        let parent = node.place.as_ref().and_then(|(parent, _)| self.nodes.get(*parent));
        match (&node.value, parent.map(|p| &p.value)) {
            (Value::Map(_) | Value::List(_), Some(Value::Map(entries))) => {
                entries.iter().find(|e| e.value == id).map_or(node.at, |e| e.at)
            }
            _ => node.at,
        }
    }

    /// Gives a problem found in the typed configuration its place in the text.
    pub fn fault(&self, problem: Problem) -> Fault {
        let (id, rest) = self.find(&problem.path);
        let mut path = self.path(id);
        path.extend_from_slice(rest);
        let message = if path.is_empty() {
            problem.message
        } else {
            format!("{}: {}", DisplayPath(&path), problem.message)
        };
        let (near, accepted) = (None, problem.accepted);
        Fault { severity: problem.severity, at: self.mark(id), message, near, accepted }
    }

    /// Takes `id` out of its parent. False for the root.
    pub fn remove(&mut self, id: NodeId) -> bool {
        let parent = self.nodes.get(id).and_then(|n| n.place.as_ref()).map(|(parent, _)| *parent);
        let Some(parent) = parent.and_then(|p| self.nodes.get_mut(p)) else { return false };
        match &mut parent.value {
            Value::Map(entries) => entries.retain(|e| e.value != id),
            Value::List(items) => items.retain(|item| *item != id),
            Value::Scalar { .. } => {}
        }
        parent.repaired = true;
        true
    }
}

/// Whether a key as typed is this one as we write it: an area `1` is `0.0.0.1`, a prefix loses its host bits.
fn means(typed: &str, key: &str) -> bool {
    let area = || typed.parse::<u32>().ok().map(|n| core::net::Ipv4Addr::from_bits(n).to_string());
    let prefix = || typed.contains('/').then(|| typed.parse::<fib::Prefix>().ok()).flatten();
    typed == key
        || key.contains('.')
            && (area().is_some_and(|a| a == key) || prefix().is_some_and(|p| p.to_string() == key))
}

/// YAML's words for nothing.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// `+5`, `-5`: changes to a number rather than numbers.
pub(super) fn is_signed(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or("");
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A container whose end has not come yet.
struct Open<'t> {
    id: NodeId,
    keys: BTreeSet<Cow<'t, str>>,
    /// In a map, the key whose value comes next.
    key: Option<Key<'t>>,
}

struct Key<'t> {
    text: Cow<'t, str>,
    at: Mark,
    first: bool,
}

struct Builder<'t> {
    nodes: Vec<Node<'t>>,
    open: Vec<Open<'t>>,
    faults: Faults,
    documents: usize,
}

impl<'t> Builder<'t> {
    /// False: reading on makes no sense.
    fn event(&mut self, event: Event<'t>, at: Mark) -> bool {
        if self.faults.more {
            return false;
        }
        if self.nodes.len() >= MAX_NODES {
            self.faults.push(Fault::new(at, format!("more than {MAX_NODES} values")));
            return false;
        }
        match event {
            Event::DocumentStart(_) => {
                self.documents = self.documents.saturating_add(1);
                if self.documents > 1 {
                    self.faults.push(Fault::new(at, "found a second document").accepting("one in a file"));
                    return false;
                }
            }
            Event::Alias(_) => {
                self.faults.push(Fault::new(at, "found an alias").accepting("the value written out"));
                return self.leave_out();
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.plain_yaml(at, anchor, tag.is_some());
                if self.wants_key() {
                    return self.key(text, at);
                }
                self.push(Value::Scalar { text, plain: style == ScalarStyle::Plain }, at);
            }
            Event::SequenceStart(anchor, tag) => {
                self.plain_yaml(at, anchor, tag.is_some());
                return self.open(Value::List(Vec::new()), at);
            }
            Event::MappingStart(anchor, tag) => {
                self.plain_yaml(at, anchor, tag.is_some());
                return self.open(Value::Map(Vec::new()), at);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        true
    }

    fn plain_yaml(&mut self, at: Mark, anchor: usize, tag: bool) {
        if anchor != 0 {
            self.faults.push(Fault::new(at, "found an anchor (`&`)").accepting("the value alone"));
        }
        if tag {
            self.faults.push(Fault::new(at, "found a tag (`!`)").accepting("the value alone"));
        }
    }

    fn wants_key(&self) -> bool {
        let Some(open) = self.open.last() else { return false };
        open.key.is_none() && matches!(self.nodes.get(open.id).map(|n| &n.value), Some(Value::Map(_)))
    }

    fn key(&mut self, key: Cow<'t, str>, at: Mark) -> bool {
        let Some(open) = self.open.last_mut() else { return false };
        let first = open.keys.insert(key.clone());
        if !first {
            self.faults.push(Fault::new(at, format!("key `{}` is here a second time", key.escape_debug())));
        }
        open.key = Some(Key { text: key, at, first });
        true
    }

    fn open(&mut self, value: Value<'t>, at: Mark) -> bool {
        if self.wants_key() {
            self.faults.push(Fault::new(at, "found a list or section as a key").accepting("a word"));
            return false;
        }
        if self.open.len() >= MAX_DEPTH {
            self.faults.push(Fault::new(at, format!("nested deeper than {MAX_DEPTH} levels")));
            return false;
        }
        let id = self.push(value, at);
        self.open.push(Open { id, keys: BTreeSet::new(), key: None });
        true
    }

    /// Adds a value to the innermost open container. A second value of one key is kept out.
    fn push(&mut self, value: Value<'t>, at: Mark) -> NodeId {
        let id = self.nodes.len();
        let mut place = None;
        if let Some(open) = self.open.last_mut()
            && let Some(parent) = self.nodes.get_mut(open.id)
        {
            place = match &mut parent.value {
                Value::List(items) => {
                    items.push(id);
                    Some((open.id, PathElement::Index(items.len().saturating_sub(1))))
                }
                Value::Map(entries) => open.key.take().map(|key| {
                    let element = PathElement::Key(key.text.clone().into_owned());
                    if key.first {
                        entries.push(Entry { key: key.text, at: key.at, value: id });
                    }
                    (open.id, element)
                }),
                Value::Scalar { .. } => None,
            };
        }
        self.nodes.push(Node { value, at, place, repaired: false });
        id
    }

    /// An alias stands for something that is not looked up: its place stays empty. False where a key should be.
    fn leave_out(&mut self) -> bool {
        let wants_key = self.wants_key();
        let Some(open) = self.open.last_mut() else { return false };
        open.key = None;
        if let Some(parent) = self.nodes.get_mut(open.id) {
            parent.repaired = true;
        }
        !wants_key
    }
}

/// The scanner's words, made plainer where people stumble most.
fn syntax(text: &str, error: &ScanError) -> Fault {
    let marker = error.marker();
    let at = Mark { line: marker.line(), column: marker.col().saturating_add(1), length: 1 };
    let line = text.lines().nth(at.line.saturating_sub(1)).unwrap_or_default();
    let indent = line.get(..line.len().saturating_sub(line.trim_start().len())).unwrap_or_default();
    if let Some(tab) = indent.find('\t') {
        let at = Mark { column: tab.saturating_add(1), ..at };
        return Fault::new(at, "found a tab in the indentation").accepting("blanks");
    }
    Fault::new(at, format!("this is not YAML: {}", error.info()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(usize, usize, String)> {
        let (_, faults) = Tree::parse(text);
        faults.all.into_iter().map(|f| (f.at.line, f.at.column, f.message)).collect()
    }

    #[test]
    fn every_value_knows_its_line_and_column() {
        let (tree, faults) = Tree::parse("a: 1\nb:\n  - x\n  - {c: \"é\", d: y}\n");
        assert!(faults.all.is_empty());
        let tree = tree.unwrap();
        let path = ["b".into(), 1.into(), "d".into()];
        let (id, rest) = tree.find(&path);
        assert!(rest.is_empty());
        assert_eq!(tree.nodes[id].at, Mark { line: 4, column: 17, length: 1 });
        assert_eq!(tree.path(id), path);
        let (list, _) = tree.find(&["b".into()]);
        assert_eq!(tree.mark(list), Mark { line: 2, column: 1, length: 1 }, "a section is shown by its key");
    }

    #[test]
    fn what_no_configuration_needs_is_refused_where_it_stands() {
        assert_eq!(faults("a: 1\nb: 2\na: 3\n"), [(3, 1, "key `a` is here a second time".into())]);
        assert_eq!(faults("a: &x 1\nb: *x\n").len(), 2);
        assert_eq!(faults("a: !!str 1\n").len(), 1);
        assert_eq!(faults("a: 1\n---\nb: 1\n"), [(2, 1, "found a second document".into())]);
        assert_eq!(faults("[a, b]: 1\n").len(), 1);
        assert_eq!(faults("a:\n\tb: 1\n"), [(2, 1, "found a tab in the indentation".into())]);
        assert_eq!(faults("a: [1, 2\nb: 1\n").len(), 1);
        assert_eq!(faults("---\na: 1\n...\n").len(), 0);
    }

    #[test]
    fn depth_and_size_are_bounded() {
        assert!(Tree::parse(&"[".repeat(1_000_000)).0.is_none());
        assert!(Tree::parse(&"- ".repeat(100_000)).0.is_none());
        assert!(Tree::parse(&"{a: ".repeat(100_000)).0.is_none());
        let text = format!("[{}]", "[],".repeat(MAX_NODES + 1));
        let (tree, faults) = Tree::parse(&text);
        assert!(tree.is_none());
        assert!(faults.all[0].message.starts_with("more than"));
    }

    #[test]
    fn an_empty_text_is_an_empty_map() {
        for text in ["", "\n\n", "# nothing\n", "---\n"] {
            let (tree, faults) = Tree::parse(text);
            assert!(faults.all.is_empty(), "{text:?}");
            assert!(tree.unwrap().wants_patience(), "{text:?}");
        }
    }
}
