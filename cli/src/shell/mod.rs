//! The shell `router`: reads lines from a terminal, a pipe or the command line and gives them to a session.

use crate::session::Backend;
use std::io::{BufRead, Write};
use std::process::ExitCode;

/// How the shell looks.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Printed before the first prompt.
    pub banner: String,
    /// Where lines typed are kept between sessions; `None`: only in memory.
    pub history: Option<std::path::PathBuf>,
}

/// Runs at a terminal until `exit` or end of input.
pub fn run_interactive<B: Backend>(backend: B, options: Options) -> ExitCode {
    let _ = (backend, options);
    ExitCode::SUCCESS
}

/// Runs these lines (`-c`). 0: all went well; 1: at least one was refused.
pub fn run_oneshot<B: Backend>(
    backend: B,
    lines: &[String],
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitCode {
    let _ = (backend, lines, out, err);
    ExitCode::SUCCESS
}

/// Runs lines from a pipe or file; errors carry `line N:`. Same exit status.
pub fn run_piped<B: Backend>(
    backend: B,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitCode {
    let _ = (backend, input, out, err);
    ExitCode::SUCCESS
}
