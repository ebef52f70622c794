//! Errors as people read them: file, line, column, what was found, what would be accepted, and the line itself.

use super::tree::{Faults, Mark};
use crate::Severity;
use core::fmt;
use std::fmt::Write as _;

/// A place in a text, both from 1; columns count characters.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Refused, or merely doubtful.
    pub severity: Severity,
    /// Where; `None` is the file as a whole.
    pub position: Option<Position>,
    /// What is wrong, in one line: `interfaces.eth1.mtu: found 60`.
    pub message: String,
    /// What was probably meant.
    pub near: Option<String>,
    /// What would be accepted.
    pub accepted: Option<String>,
    /// The line with a caret under the place, in two lines; left out where it would show a key.
    pub excerpt: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        f.write_str(&self.message)?;
        match (&self.near, &self.accepted) {
            (Some(near), Some(accepted)) => write!(f, "; did you mean `{near}`? accepted: {accepted}")?,
            (Some(near), None) => write!(f, "; did you mean `{near}`?")?,
            (None, Some(accepted)) => write!(f, ", expected {accepted}")?,
            (None, None) => {}
        }
        match &self.excerpt {
            Some(excerpt) => write!(f, "\n{excerpt}"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with one file, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errors {
    /// The file's name as given.
    pub file: String,
    /// In the order of lines and columns, at most 100.
    pub all: Vec<Diagnostic>,
    /// There are more than these, or may be.
    pub more: bool,
}

impl Errors {
    /// One error about the file as a whole.
    pub(super) fn of_file(file: &str, message: String, accepted: Option<String>) -> Errors {
        let (severity, position, near, excerpt) = (Severity::Error, None, None, None);
        let diagnostic = Diagnostic { severity, position, message, near, accepted, excerpt };
        Errors { file: file.to_owned(), all: vec![diagnostic], more: false }
    }

    /// Puts faults next to their lines.
    pub(super) fn locate(file: &str, text: &str, mut faults: Faults) -> Errors {
        faults.all.sort_by_key(|fault| fault.at);
        let mut lines = text.lines().zip(1..).peekable();
        let mut all = Vec::new();
        for fault in faults.all {
            while lines.next_if(|(_, number)| *number < fault.at.line).is_some() {}
            let line = lines.peek().filter(|(_, number)| *number == fault.at.line).map(|(line, _)| *line);
            all.push(Diagnostic {
                severity: fault.severity,
                position: Some(Position { line: fault.at.line, column: fault.at.column }),
                excerpt: line.and_then(|line| excerpt(line, fault.at)),
                message: fault.message,
                near: fault.near,
                accepted: fault.accepted,
            });
        }
        Errors { file: file.to_owned(), all, more: faults.more }
    }

    /// Whether nothing is wrong (of warnings: errors are never empty).
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// `r1.yaml:12:5: message`, the line and a caret, for each.
impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, diagnostic) in self.all.iter().enumerate() {
            if at > 0 {
                f.write_char('\n')?;
            }
            match diagnostic.position {
                Some(Position { line, column }) => write!(f, "{}:{line}:{column}: {diagnostic}", self.file)?,
                None => write!(f, "{}: {diagnostic}", self.file)?,
            }
        }
        match self.more {
            true => write!(f, "\n{}: there is more; these first", self.file),
            false => Ok(()),
        }
    }
}

impl core::error::Error for Errors {}

/// How much of a long line is shown, in characters, and where in it the caret comes at most.
const WIDTH: usize = 100;
const LEAD: usize = 60;

fn excerpt(line: &str, at: Mark) -> Option<String> {
    if shows_a_key(line) {
        return None;
    }
    let column = at.column.saturating_sub(1);
    let skip = column.saturating_sub(LEAD);
    let shown: String = line.chars().skip(skip).take(WIDTH).map(visible).collect();
    let room = WIDTH.saturating_sub(column.saturating_sub(skip));
    let carets = "^".repeat(at.length.min(room).max(1));
    let indent = " ".repeat(column.saturating_sub(skip));
    let number = at.line;
    Some(format!("{number:5} | {}\n      | {indent}{carets}", shown.trim_end()))
}

/// Errors end in logs, where keys must not be. Misspelt ones count, too: they are what errors are about.
fn shows_a_key(line: &str) -> bool {
    let letters = line.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase());
    let letters: String = letters.collect();
    ["keystr", "password", "secret"].iter().any(|word| letters.contains(word))
}

/// Terminals obey control characters; a tab would shift the caret.
fn visible(c: char) -> char {
    if c == '\t' {
        ' '
    } else if c.is_control() {
        '\u{fffd}'
    } else {
        c
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place_even_in_a_long_line() {
        let line = format!("{}bad{}", "x".repeat(500), "y".repeat(500));
        let excerpt = excerpt(&line, Mark { line: 7, column: 501, length: 3 }).unwrap();
        let (shown, carets) = excerpt.split_once('\n').unwrap();
        assert_eq!(shown.find("bad"), carets.find("^^^"));
        assert!(shown.len() < 120);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let excerpt = excerpt("a: \u{1b}[31m\tx", Mark { line: 1, column: 4, length: 1 }).unwrap();
        assert!(!excerpt.contains('\u{1b}') && !excerpt.contains('\t'));
    }

    #[test]
    fn a_line_with_a_key_is_not_shown() {
        for line in [
            "  - key-string: hunter2",
            "    Key_String: hunter2",
            "  - {id: 1, keystrng: x, password: hunter2}",
        ] {
            assert_eq!(excerpt(line, Mark { line: 1, column: 5, length: 1 }), None, "{line}");
        }
    }
}
