//! All faults of a text at once. Serde stops at the first: so each fault is written down, mended in the tree,
//! and the tree read again, until it can be read or there are enough faults for one day.

use super::reader::{self, Misread, Place, What};
use super::tree::{Fault, Faults, MAX_FAULTS, NodeId, Tree, Value};
use crate::problem::DisplayPath;
use crate::{Config, Severity, nearest, validate};
use std::borrow::Cow;

/// Values visited in all readings together: bounds the time a large file full of faults takes to about a second.
const WORK: usize = 20_000_000;

/// A number in place of what was no number, so that validation names the range it must be in.
struct StandIn {
    node: NodeId,
    fault: usize,
    largest: &'static str,
}

/// Reads a configuration, or says everything that is wrong with it: `faults` and what else is found.
pub(super) fn read(tree: &mut Tree<'_>, mut faults: Faults) -> Result<Config, Faults> {
    let mut stand_ins = Vec::new();
    // Not every reading finds a fault: some only take out what an earlier one left behind.
    let readings = (WORK / tree.nodes.len().max(1)).clamp(2, 4 * MAX_FAULTS);
    for _ in 0..readings {
        match reader::read::<Config>(tree) {
            Ok(config) if faults.all.is_empty() => return Ok(config),
            Ok(config) => {
                also_validate(tree, &config, &mut faults, &mut stand_ins);
                return Err(faults);
            }
            Err(misread) => mend(tree, misread, &mut faults, &mut stand_ins),
        }
        if faults.more {
            break;
        }
    }
    faults.more = true;
    Err(faults)
}

/// Writes a fault down and takes it out of the tree.
fn mend(tree: &mut Tree<'_>, misread: Misread, faults: &mut Faults, stand_ins: &mut Vec<StandIn>) {
    let (place, id) = match misread.at.unwrap_or(Place::Node(Tree::ROOT)) {
        Place::Node(id) => (Place::Node(id), id),
        Place::Key(id) => (Place::Key(id), id),
    };
    // What is missing after a repair is no fault of the operator's: the whole goes, in silence.
    let repaired = tree.nodes.get(id).is_some_and(|n| n.repaired);
    let silent = repaired && matches!(misread.what, What::Missing(_) | What::Type(_));
    if !silent {
        faults.push(explain(tree, place, &misread.what));
    }
    if let (What::Type(expected), Place::Node(_), false) = (&misread.what, place, silent)
        && let Some(largest) = largest(expected)
    {
        stand_ins.push(StandIn { node: id, fault: faults.all.len().saturating_sub(1), largest });
        set(tree, id, "0");
    } else if let (What::UnknownChoice(_, accepted), Place::Node(_)) = (&misread.what, place)
        && let (Some(choice), Some(Value::Scalar { .. })) =
            (accepted.first(), tree.nodes.get(id).map(|n| &n.value))
    {
        set(tree, id, choice);
    } else if !tree.remove(id)
        && let Some(root) = tree.nodes.get_mut(id)
    {
        root.value = Value::Map(Vec::new());
    }
}

fn set(tree: &mut Tree<'_>, id: NodeId, text: &'static str) {
    if let Some(node) = tree.nodes.get_mut(id) {
        node.value = Value::Scalar { text: Cow::Borrowed(text), plain: true };
    }
}

/// The largest number of a type, by serde's name for it.
fn largest(expected: &str) -> Option<&'static str> {
    match expected {
        "u8" => Some("255"),
        "u16" => Some("65535"),
        "u32" => Some("4294967295"),
        "u64" => Some("18446744073709551615"),
        _ => None,
    }
}

/// Finds what is wrong beside what could not be read, and the true ranges of numbers that could not be.
fn also_validate(tree: &mut Tree<'_>, config: &Config, faults: &mut Faults, stand_ins: &mut [StandIn]) {
    let known = faults.all.len();
    for problem in validate(config).into_iter().filter(|p| p.severity == Severity::Error) {
        let (id, rest) = tree.find(&problem.path);
        if let Some(stand_in) = stand_ins.iter().find(|s| s.node == id && rest.is_empty()) {
            refine(faults, stand_in, problem.accepted);
        } else if !rest.is_empty() || !tree.nodes.get(id).is_some_and(|n| n.repaired) {
            // Of a value with a part taken out, nothing is said as a whole: the part may have made it right.
            if faults.is_full() {
                faults.more = true;
                break;
            }
            faults.push(tree.fault(problem));
        }
    }
    // 0 may be in range; then the largest number may be out of it.
    for stand_in in stand_ins.iter() {
        set(tree, stand_in.node, stand_in.largest);
    }
    let Ok(config) = reader::read::<Config>(tree) else { return };
    for problem in validate(&config).into_iter().filter(|p| p.severity == Severity::Error) {
        let (id, rest) = tree.find(&problem.path);
        if let Some(stand_in) = stand_ins.iter().find(|s| s.node == id && rest.is_empty() && s.fault < known)
        {
            refine(faults, stand_in, problem.accepted);
        }
    }
}

fn refine(faults: &mut Faults, stand_in: &StandIn, accepted: Option<String>) {
    if let (Some(fault), Some(accepted)) = (faults.all.get_mut(stand_in.fault), accepted) {
        fault.accepted = Some(accepted);
    }
}

/// Serde's error in an operator's words.
fn explain(tree: &Tree<'_>, place: Place, what: &What) -> Fault {
    let (at, path) = match place {
        Place::Node(id) => (tree.mark(id), tree.path(id)),
        Place::Key(id) => {
            let parent = tree.nodes.get(id).and_then(|n| n.place.as_ref()).map(|(parent, _)| *parent);
            let entries = match parent.and_then(|p| tree.nodes.get(p)).map(|n| &n.value) {
                Some(Value::Map(entries)) => entries.as_slice(),
                _ => &[],
            };
            let entry = entries.iter().find(|e| e.value == id);
            (entry.map_or_else(Default::default, |e| e.at), parent.map(|p| tree.path(p)).unwrap_or_default())
        }
    };
    let of = |message: String| {
        if path.is_empty() { message } else { format!("{}: {message}", DisplayPath(&path)) }
    };
    let inside = if path.is_empty() { String::new() } else { format!(" in {}", DisplayPath(&path)) };
    match (what, place) {
        (What::UnknownKey(key, accepted), _) | (What::UnknownChoice(key, accepted), Place::Key(_)) => Fault {
            near: nearest(key, accepted.iter().copied()).map(str::to_owned),
            ..Fault::new(at, format!("unknown key `{}`{inside}", key.escape_debug()))
        }
        .accepting(accepted.join(", ")),
        (What::UnknownChoice(choice, accepted), Place::Node(id)) => Fault {
            near: nearest(choice, accepted.iter().copied()).map(str::to_owned),
            ..Fault::new(at, of(found(tree, id)))
        }
        .accepting(accepted.join(", ")),
        (What::Missing(key), _) => Fault::new(at, format!("key `{key}` is missing{inside}")),
        (What::Type(expected), Place::Node(id)) => {
            Fault::new(at, of(found(tree, id))).accepting(in_words(expected))
        }
        (What::Type(expected), Place::Key(_)) => {
            Fault::new(at, format!("a key of the wrong kind{inside}")).accepting(in_words(expected))
        }
        (What::Value(message), place) => match (address(message), place) {
            (Some(family), Place::Node(id)) => Fault::new(at, of(found(tree, id))).accepting(family),
            (Some(family), Place::Key(_)) => {
                Fault::new(at, format!("a key{inside} is no address")).accepting(family)
            }
            (None, Place::Node(id)) if message.starts_with("data did not match") => {
                Fault::new(at, of(found(tree, id)))
            }
            (None, _) => Fault::new(at, of(message.clone())),
        },
    }
}

/// What stands at a node, shortly.
fn found(tree: &Tree<'_>, id: NodeId) -> String {
    match tree.nodes.get(id).map(|n| &n.value) {
        Some(Value::List(_)) => "found a list".to_owned(),
        Some(Value::Map(_)) => "found a section".to_owned(),
        Some(Value::Scalar { text, plain: true }) if super::tree::is_null(text) => "found nothing".to_owned(),
        Some(Value::Scalar { text, .. }) if text.chars().count() > 60 => {
            let start: String = text.chars().take(60).collect();
            format!("found {start:?}...")
        }
        Some(Value::Scalar { text, plain: true }) => format!("found `{}`", text.escape_debug()),
        Some(Value::Scalar { text, .. }) => format!("found {text:?}"),
        None => "found nothing".to_owned(),
    }
}

/// The standard library's words for a bad address, and ours.
fn address(message: &str) -> Option<&'static str> {
    match message {
        "invalid IP address syntax" => Some("an IP address: 10.0.0.1 or 2001:db8::1"),
        "invalid IPv4 address syntax" => Some("an IPv4 address: 10.0.0.1"),
        "invalid IPv6 address syntax" => Some("an IPv6 address: 2001:db8::1"),
        _ => None,
    }
}

/// Serde's name of a type, for people.
fn in_words(expected: &str) -> String {
    match (largest(expected), expected) {
        (Some(largest), _) => format!("a number 0-{largest}"),
        (None, "a boolean") => "true or false".to_owned(),
        (None, "a string") => "text".to_owned(),
        (None, "a sequence") => "a list".to_owned(),
        (None, "a map") => "a section of names".to_owned(),
        (None, text) if text.starts_with("struct ") => "a section of keys".to_owned(),
        (None, text) if text.contains("IP address") => "an IP address: 10.0.0.1 or 2001:db8::1".to_owned(),
        (None, text) if text.contains("IPv4 address") => "an IPv4 address: 10.0.0.1".to_owned(),
        (None, text) => text.to_owned(),
    }
}
