//! The language between operator and router: a grammar of commands, typed requests and replies, and the shell.

pub mod command;
pub mod reply;

pub use command::{Command, Mode, Show};
pub use reply::{Progress, Reply};
