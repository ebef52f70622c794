//! Configuration files. `serde_yaml` prints them and reads them into the type; what it cannot tell, a tree of
//! the same text with positions can: every fault at once, each with line and column.
//!
//! What is YAML but no configuration is refused: several documents, anchors, aliases and tags, a key twice.

mod errors;
mod faults;
mod key;
mod reader;
#[cfg(test)]
mod tests;
mod tree;

pub use errors::{Diagnostic, Errors, Position};

use crate::{Config, validate};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use tree::{Faults, Tree};

/// The largest file read, in bytes: 16 MiB.
pub const MAX_SIZE: usize = 16 << 20;

/// A configuration that can be applied, and what is doubtful about it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Valid: [`crate::validate()`] finds no error.
    pub config: Config,
    /// What works but is hardly meant, such as a list that is not defined.
    pub warnings: Errors,
}

/// Reads a configuration. `file` is a name for messages only. All errors are returned at once.
pub fn parse(text: &str, file: &str) -> Result<Config, Errors> {
    check(text, file).map(|checked| checked.config)
}

/// Reads a configuration and keeps the warnings. Errors contain no warnings: first things first.
pub fn check(text: &str, file: &str) -> Result<Checked, Errors> {
    if text.len() > MAX_SIZE {
        let message = format!("the file has {} bytes", text.len());
        let accepted = format!("at most {MAX_SIZE}");
        return Err(Errors::of_file(file, message, Some(accepted)));
    }
    let (tree, faults) = Tree::parse(text);
    let errors = |faults| Errors::locate(file, text, faults);
    let Some(mut tree) = tree else { return Err(errors(faults)) };
    let clean = faults.all.is_empty() && !tree.wants_patience();
    let mut config = match clean.then(|| with_serde_yaml(text)) {
        Some(Ok(config)) => config,
        _ => faults::read(&mut tree, faults).map_err(errors)?,
    };
    let (mut refused, mut doubtful) = (Faults::default(), Faults::default());
    for problem in validate(&config) {
        let faults = if problem.is_error() { &mut refused } else { &mut doubtful };
        match faults.is_full() {
            true => faults.more = true,
            false => faults.push(tree.fault(problem)),
        }
    }
    if !refused.all.is_empty() {
        return Err(errors(refused));
    }
    let warnings = errors(doubtful);
    config.normalize();
    Ok(Checked { config, warnings })
}

/// Reads a configuration file: [`parse`] with the file's name.
pub fn load(path: impl AsRef<Path>) -> Result<Config, Errors> {
    load_checked(path).map(|checked| checked.config)
}

/// Reads a configuration file and keeps the warnings.
pub fn load_checked(path: impl AsRef<Path>) -> Result<Checked, Errors> {
    let path = path.as_ref();
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    // One byte more than is allowed tells a file that is too large, without reading all of it.
    let read = File::open(path).and_then(|f| f.take(MAX_SIZE as u64 + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(Errors::of_file(&file, format!("cannot be read: {error}"), None));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => check(text, &file),
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = 1 + good.iter().filter(|b| **b == b'\n').count();
            Err(Errors::of_file(&file, format!("line {line} is not UTF-8 text"), None))
        }
    }
}

/// The configuration as a file: what is left at its default is left out. [`parse`] of it gives an equal value.
pub fn print(config: &Config) -> String {
    let mut out = Vec::new();
    let mut serializer = serde_yaml::Serializer::new(&mut out);
    serde_yaml::with::singleton_map_recursive::serialize(config, &mut serializer)
        .expect("every part of a configuration has a YAML form");
    drop(serializer);
    String::from_utf8(out).expect("serde_yaml writes UTF-8")
}

/// Enums with a value are maps of one key (`on-match: {goto: 20}`) rather than YAML tags.
fn with_serde_yaml(text: &str) -> Result<Config, serde_yaml::Error> {
    serde_yaml::with::singleton_map_recursive::deserialize(serde_yaml::Deserializer::from_str(text))
}

/// For tests of [`crate::validate()`]: a text of right syntax and types.
#[cfg(test)]
pub(crate) fn read_unchecked(text: &str) -> Config {
    let (tree, faults) = Tree::parse(text);
    let mut tree = tree.expect("well-formed YAML");
    match faults::read(&mut tree, faults) {
        Ok(config) => config,
        Err(faults) => panic!("{}", Errors::locate("test", text, faults)),
    }
}
