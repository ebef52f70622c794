//! The shell `router`: reads lines from a terminal, a pipe or the command line and gives them to a session.
//! What a line means is not its business.

mod interactive;
mod pager;

use crate::session::{Backend, Failure, Screen, Session, Step};
use std::io::{BufRead, Read, Write};
use std::process::ExitCode;

pub use interactive::run_interactive;

/// How the shell looks.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Printed before the first prompt.
    pub banner: String,
    /// Where lines typed are kept between sessions; `None`: only in memory.
    pub history: Option<std::path::PathBuf>,
}

/// Bytes of a piped line that are looked at; a longer one is refused as a whole.
const MAX_INPUT: u64 = 1024 * 1024;

/// Runs these lines (`-c`), beginning in privileged mode. 0: all went well; 1: at least one did not.
pub fn run_oneshot<B: Backend>(
    backend: B,
    lines: &[String],
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitCode {
    let mut session = Session::privileged(backend);
    let mut failed = false;
    for line in lines.iter().flat_map(|l| l.lines()) {
        match run(&mut session, line, out) {
            Step::Exit => break,
            Step::Failed(failure) => {
                failed = true;
                report(err, "", line, &failure);
            }
            Step::Done | Step::Monitor(_) | Step::MonitorOff => {}
        }
    }
    let _ = out.flush();
    ExitCode::from(u8::from(failed))
}

/// Runs lines from a pipe or file, beginning in privileged mode, until `exit` or the end of it; errors carry
/// `line N:`. Same exit status.
pub fn run_piped<B: Backend>(
    backend: B,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitCode {
    let mut session = Session::privileged(backend);
    let mut failed = false;
    let mut number = 0u64;
    loop {
        let mut bytes = Vec::new();
        let read = input.take(MAX_INPUT).read_until(b'\n', &mut bytes);
        match read {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                let _ = writeln!(err, "% cannot read: {error}");
                failed = true;
                break;
            }
        }
        number = number.saturating_add(1);
        let place = format!("line {number}: ");
        if !bytes.ends_with(b"\n") && bytes.len() as u64 >= MAX_INPUT {
            skip_line(input);
        }
        let text = String::from_utf8_lossy(&bytes);
        let line = text.trim_end_matches(['\n', '\r']);
        match run(&mut session, line, out) {
            Step::Exit => break,
            Step::Failed(failure) => {
                failed = true;
                report(err, &place, line, &failure);
            }
            Step::Done | Step::Monitor(_) | Step::MonitorOff => {}
        }
    }
    let _ = out.flush();
    ExitCode::from(u8::from(failed))
}

fn run<B: Backend>(session: &mut Session<B>, line: &str, out: &mut dyn Write) -> Step {
    match session.line(line, &mut Plain { out }) {
        // A script ends; the log does not.
        Step::Monitor(_) => Step::Failed("the log is followed at a terminal only".to_owned().into()),
        step => step,
    }
}

/// Passes over the rest of a line that is too long.
fn skip_line(input: &mut dyn BufRead) {
    loop {
        let mut more = Vec::new();
        match input.take(MAX_INPUT).read_until(b'\n', &mut more) {
            Ok(n) if n > 0 && !more.ends_with(b"\n") => {}
            _ => return,
        }
    }
}

/// Says what is wrong with a line; with the line and a caret where it is about a place.
fn report(err: &mut dyn Write, place: &str, line: &str, failure: &Failure) {
    if failure.message.is_empty() {
        return;
    }
    let mut text = format!("{place}% {}\n", failure.message);
    if let Some(column) = failure.column {
        text += &format!("  {line}\n  {:column$}^\n", "");
    }
    let _ = err.write_all(crate::render::harmless(&text).as_bytes());
    let _ = err.flush();
}

/// Output that nobody pages.
struct Plain<'w> {
    out: &'w mut dyn Write,
}

impl Screen for Plain<'_> {
    fn write(&mut self, text: &str) -> bool {
        self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).is_ok()
    }
}

#[cfg(test)]
mod tests;
