//! `router`: the shell of a running routerd.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::program::main("router", std::env::args().skip(1))
}
