//! The reference of all commands, as Markdown, made from the tables.

use super::{Form, Grammar, Modes};
use std::fmt::Write;

impl<H: Copy> Grammar<H> {
    /// The commands of these modes, one paragraph each, in the order of the tables.
    pub(crate) fn markdown(&self, modes: Modes) -> String {
        let mut out = String::new();
        let here: Vec<&Form<H>> = self.forms.iter().filter(|f| f.modes.meets(modes)).collect();
        for (at, form) in here.iter().enumerate() {
            // A `no` form is told with the command it takes back.
            if form.no {
                continue;
            }
            let _ = writeln!(out, "- `{}`  ", plain(&form.text));
            if let Some(no) = here.get(at.saturating_add(1)).filter(|next| next.no) {
                let _ = writeln!(out, "  `{}`  ", plain(&no.text));
            }
            let _ = writeln!(out, "  {}.", form.about.trim_end_matches('.'));
        }
        out
    }
}

/// A pattern without the names its handler uses.
fn plain(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '$' => while chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_').is_some() {},
            other => out.push(other),
        }
    }
    out
}
