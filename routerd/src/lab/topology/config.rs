//! The configuration a topology binds into a router: YAML, or IOS-style text when the file is named `*.conf`.

use super::super::yaml::{Position, Problem, Problems};
use configs::Config;
use std::path::Path;

/// Reads a router's configuration; what is wrong with it is added to `problems` under the configuration's own name.
pub fn load(path: &Path, bound_at: Position, problems: &mut Problems) -> Option<Config> {
    let name = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) => {
            problems.error(bound_at, format!("cannot read {name}: {e}"));
            return None;
        }
    };
    match serde_yaml::from_str(&text) {
        Ok(config) => Some(config),
        Err(e) => {
            let at = e.location().map(|l| Position { line: l.line(), column: l.column() });
            problems.errors.push(Problem { file: name, at, message: e.to_string() });
            None
        }
    }
}
