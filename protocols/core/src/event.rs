//! What a protocol tells the router.

use core::fmt;
use core::net::IpAddr;
use fib::{Prefix, Route, Source};
use serde::{Deserialize, Serialize};

/// A protocol's word to the router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// This source's route for the prefix; replaces its earlier one.
    Announce {
        /// Who says it.
        source: Source,
        /// For which network.
        prefix: Prefix,
        /// What.
        route: Route,
    },
    /// This source has no route for the prefix any more.
    Withdraw {
        /// Who says it.
        source: Source,
        /// For which network.
        prefix: Prefix,
    },
    /// Report reachability of this address from now on.
    Track(IpAddr),
    /// No longer report it.
    Untrack(IpAddr),
    /// Something to log.
    Notice(Notice),
}

impl Event {
    /// The network of a route that comes or goes.
    pub fn prefix(&self) -> Option<Prefix> {
        match self {
            Event::Announce { prefix, .. } | Event::Withdraw { prefix, .. } => Some(*prefix),
            Event::Track(_) | Event::Untrack(_) | Event::Notice(_) => None,
        }
    }
}

/// How much a notice matters. Ordered: `Error` is the gravest.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Something is broken and stays so until somebody acts.
    Error,
    /// Something is wrong but the router goes on.
    Warning,
    /// A normal event worth a line.
    #[default]
    Info,
    /// Shown only where a `debug` command asked for it.
    Debug,
}

impl Level {
    /// `error`, `warning`, `info` or `debug`.
    pub fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "info",
            Level::Debug => "debug",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One log line, structured: a topic that `debug` commands select, a message, and fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Severity.
    pub level: Level,
    /// What it belongs to, as the debug commands name it: `rip events`, `rip packet`, `arp`.
    pub topic: String,
    /// The sentence.
    pub message: String,
    /// Names and values, in the order they are printed.
    pub fields: Vec<(String, String)>,
}

impl Notice {
    /// A notice without fields.
    pub fn new(level: Level, topic: &str, message: impl Into<String>) -> Notice {
        Notice { level, topic: topic.to_owned(), message: message.into(), fields: Vec::new() }
    }

    /// The same with one more field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Notice {
        self.fields.push((name.to_owned(), value.to_string()));
        self
    }
}

/// `message name=value name=value`
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.fields.iter().try_for_each(|(n, v)| write!(f, " {n}={v}"))
    }
}
