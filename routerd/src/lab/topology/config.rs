//! The configuration a topology binds into a router: YAML, or IOS-style text when the file is named `*.conf`.
//! What is wrong with it is told under its own name and lines.

use super::super::yaml::{Position, Problem, Problems};
use configs::Config;
use std::path::Path;

/// Reads a router's configuration; `None` when there is none to be had.
pub fn load(path: &Path, bound_at: Position, problems: &mut Problems) -> Option<Config> {
    let file = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) => {
            problems.error(bound_at, format!("cannot read {file}: {e}"));
            return None;
        }
    };
    if path.extension().is_some_and(|e| e == "conf") {
        return cli::text::parse(&text, &file)
            .map_err(|errors| {
                problems.errors.extend(errors.into_iter().map(|e| Problem {
                    file: file.clone(),
                    at: Some(Position { line: e.line, column: e.column }),
                    message: e.message,
                }));
            })
            .ok();
    }
    let problem = |d: &configs::yaml::Diagnostic| Problem {
        file: file.clone(),
        at: d.position.map(|p| Position { line: p.line, column: p.column }),
        message: d.to_string(),
    };
    match configs::yaml::check(&text, &file) {
        Ok(checked) => {
            problems.warnings.extend(checked.warnings.all.iter().map(problem));
            Some(checked.config)
        }
        Err(errors) => {
            problems.errors.extend(errors.all.iter().map(problem));
            None
        }
    }
}
