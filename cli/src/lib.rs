//! The language between operator and router: a grammar of commands, typed requests and replies, and the shell.

pub mod applet;
pub mod client;
pub mod command;
pub mod config;
pub mod exec;
pub mod grammar;
pub mod pipe;
pub mod program;
pub mod protocol;
mod reference;
pub mod render;
pub mod reply;
pub mod session;
pub mod shell;
pub mod text;

pub use command::{Command, Mode, Show};
pub use grammar::Args;
pub use reference::reference;
pub use reply::{Progress, Reply};
pub use session::{Backend, Extra, LogStream, Screen, Session, Step};
