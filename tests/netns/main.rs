//! Labs deployed for real: every command, the verdicts beside virtual time's, and what must not be lost or left behind when
//! things are killed. Needs root; see `tests/interop/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod agree;
mod clock;
mod deployed;
mod faults;
mod foreign;
mod generated;
mod lab;
mod rootless;
mod view;
