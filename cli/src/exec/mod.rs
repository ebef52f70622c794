//! Commands of the user and privileged modes: what each line asks for, as a typed [`Action`]. Nothing here
//! talks to a router or prints; [`crate::session`] does.

mod bgp;
mod ospf;
mod show;
mod tools;

use crate::command::{Command, Ping, Show, Traceroute};
use crate::grammar::{Args, Grammar, Modes, Row, row};
use crate::session::Extra;
use std::collections::BTreeMap;

pub use bgp::BgpView;
pub use ospf::OspfView;
pub use show::{CommunityKind, View};

/// What a line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask and print.
    Show {
        /// What to ask.
        show: Show,
        /// How to print it.
        view: View,
        /// As JSON.
        json: bool,
    },
    /// Ask for something to be done.
    Send(Command),
    /// Start a ping; the source may be an interface's name.
    Ping(Ping, Option<String>),
    /// Start a traceroute; the source may be an interface's name.
    Traceroute(Traceroute, Option<String>),
    /// To privileged mode.
    Enable,
    /// To user mode.
    Disable,
    /// To configuration mode.
    Configure,
    /// Leave this mode.
    Exit,
    /// `help`
    Help,
    /// `list`: commands of this mode.
    List,
    /// `show history`
    History {
        /// As JSON.
        json: bool,
    },
    /// `terminal length`; 0: no paging.
    Length(usize),
    /// `terminal monitor`
    Monitor(bool),
}

/// A handler of a command.
pub type Run = fn(&Args) -> Result<Action, String>;

/// What runs a command: the router's own, or one that a backend adds.
#[derive(Copy, Clone, Debug)]
pub enum Handler {
    /// From the tables here.
    Own(Run),
    /// The backend's, by index.
    Extra(usize),
}

/// Every command, with those a backend adds.
pub fn grammar(extras: &[Extra]) -> Grammar<Handler> {
    let mut grammar = Grammar::new();
    for row in show::ROWS.iter().chain(ospf::ROWS).chain(bgp::ROWS).chain(tools::ROWS) {
        let help: BTreeMap<&str, &str> = row.help.iter().copied().collect();
        let own = Handler::Own(row.run);
        // Everything that is shown can be had as JSON; FRR's tooling asks like this.
        let json = if row.pattern.starts_with("show ") { " [json]" } else { "" };
        grammar.add(&format!("{}{json}", row.pattern), row.modes, row.about, &help, own, false);
        if !row.no.is_empty() {
            grammar.add(&format!("no {}", row.no), row.modes, row.about, &help, own, true);
        }
    }
    for (index, extra) in extras.iter().enumerate() {
        let help = extra.help.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        grammar.add(&extra.pattern, Modes::EXEC, &extra.about, &help, Handler::Extra(index), false);
    }
    grammar
}

/// A row of the tables here.
const fn line(
    pattern: &'static str,
    no: &'static str,
    modes: Modes,
    about: &'static str,
    run: Run,
) -> Row<Run> {
    row(pattern, no, modes, about, run)
}
