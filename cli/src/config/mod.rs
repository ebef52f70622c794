//! Configuration lines: a table of commands that edit a [`Config`], and nothing else. The shell uses the
//! same table to refuse a bad line before it reaches the router; a file is the same lines one by one.

mod bgp;
mod bgp_lists;
mod foreign;
mod global;
mod interface;
mod keys;
mod lists;
mod ospf;
mod rip;
mod rip_interface;
mod route_map;
mod routes;
pub mod time;

pub(crate) use keys::ALGORITHMS;
pub(crate) use ospf::process::number as area_number;
pub(crate) use route_map::{KINDS, VALIDITY};

use crate::command::Mode;
use crate::grammar::token::Fit;
use crate::grammar::{Args, Fault, Form, Found, Grammar, Modes, Row, row};
use configs::Config;
use std::sync::OnceLock;

/// Why a line was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditError {
    /// Character of the line it is about, from 0; `None`: the line as a whole.
    pub column: Option<usize>,
    /// In words, without the leading `% `.
    pub message: String,
}

impl core::fmt::Display for EditError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for EditError {}

/// Applies one line typed in `mode` and answers the mode after it. On an error nothing has changed.
/// A line that is nothing in this mode is tried in the modes around it, as in IOS; comments do nothing.
/// The configuration is left in normal form.
pub fn edit(config: &mut Config, mode: &Mode, line: &str) -> Result<Mode, EditError> {
    let mode = edit_line(config, mode, line).inspect_err(|_| config.normalize())?;
    if drop_nameless_bgp(config) {
        let message = "BGP is not configured: `router bgp AS` comes first".to_owned();
        return Err(EditError { column: None, message });
    }
    config.normalize();
    Ok(mode)
}

/// FRR's files say some of BGP outside of `router bgp`, possibly before it: what is still without AS is taken out.
/// Answers whether there was such.
pub(crate) fn drop_nameless_bgp(config: &mut Config) -> bool {
    config.bgp.take_if(|bgp| bgp.asn == 0).is_some()
}

/// The same without the normal form, for many lines on end.
pub(crate) fn edit_line(config: &mut Config, mode: &Mode, line: &str) -> Result<Mode, EditError> {
    if is_comment(line) {
        return Ok(mode.clone());
    }
    let (form, args, at) = find(mode, line)?;
    let mut edit = Edit { config, mode: at };
    (form.run)(&mut edit, &args).map_err(|message| EditError { column: None, message })?;
    Ok(edit.mode)
}

/// Whether a line is one the table knows in this mode or one around it; the values in it may still be
/// refused by [`edit`].
pub fn check(mode: &Mode, line: &str) -> Result<(), EditError> {
    if is_comment(line) { Ok(()) } else { find(mode, line).map(|_| ()) }
}

/// The mode that `exit`, `quit` or `end` leads to; `None`: the line is something else.
pub fn navigation(mode: &Mode, line: &str) -> Option<Mode> {
    let (_, args, at) = find(mode, line).ok()?;
    let mut words = args.values();
    match (words.next(), words.next()) {
        (Some("exit" | "quit"), None) => at.parent(),
        (Some("end"), None) => Some(Mode::Privileged),
        _ => None,
    }
}

/// A blank line, or one that begins with `!` or `#`.
pub fn is_comment(line: &str) -> bool {
    matches!(line.trim_start().chars().next(), None | Some('!' | '#'))
}

/// A handler of a configuration command.
pub type Run = fn(&mut Edit<'_>, &Args) -> Result<(), String>;

/// A row of the tables below.
const fn line(
    pattern: &'static str,
    no: &'static str,
    modes: Modes,
    about: &'static str,
    run: Run,
) -> Row<Run> {
    row(pattern, no, modes, about, run)
}

/// Every configuration command.
pub fn grammar() -> &'static Grammar<Run> {
    static GRAMMAR: OnceLock<Grammar<Run>> = OnceLock::new();
    GRAMMAR.get_or_init(|| {
        let tables: &[&[Row<Run>]] = &[
            global::ROWS,
            interface::ROWS,
            routes::ROWS,
            lists::ROWS,
            bgp_lists::AS_PATH,
            bgp_lists::COMMUNITY,
            bgp_lists::EXTCOMMUNITY,
            bgp_lists::LARGE,
            route_map::ROWS,
            route_map::matches::ROWS,
            route_map::sets::ROWS,
            keys::ROWS,
            rip::ROWS,
            rip_interface::ROWS,
            ospf::process::ROWS,
            ospf::external::ROWS,
            ospf::tuning::ROWS,
            ospf::area::ROWS,
            ospf::interface::ROWS,
            bgp::process::ROWS,
            bgp::bestpath::ROWS,
            bgp::restart::ROWS,
            bgp::neighbor::ROWS,
            bgp::session::ROWS,
            bgp::policy::ROWS,
            bgp::family::ROWS,
            bgp::monitor::ROWS,
            bgp::foreign::ROWS,
            foreign::ROWS,
        ];
        Grammar::of(tables)
    })
}

/// The table's name of a mode; the mode's own commands, not those of the modes around it.
pub fn modes(mode: &Mode) -> Modes {
    match mode {
        Mode::User => Modes::USER,
        Mode::Privileged => Modes::PRIVILEGED,
        Mode::Config => Modes::CONFIG,
        Mode::Interface(_) => Modes::INTERFACE,
        Mode::Rip => Modes::RIP,
        Mode::Ospf => Modes::OSPF,
        Mode::Bgp => Modes::BGP,
        Mode::BgpFamily(_) => Modes::BGP_FAMILY,
        Mode::Bmp(_) => Modes::BMP,
        Mode::Rpki => Modes::RPKI,
        Mode::RouteMap { .. } => Modes::ROUTE_MAP,
        Mode::KeyChain(_) => Modes::KEY_CHAIN,
        Mode::Key { .. } => Modes::KEY,
    }
}

/// What a handler works on: the configuration and the mode, which it may change.
pub struct Edit<'a> {
    config: &'a mut Config,
    mode: Mode,
}

impl Edit<'_> {
    /// The name of the interface being configured.
    fn interface_name(&self) -> Result<String, String> {
        match &self.mode {
            Mode::Interface(name) => Ok(name.clone()),
            _ => Err("no interface is being configured".to_owned()),
        }
    }
}

/// The command a line means in a mode or one around it. The best fit wins, the innermost mode where they
/// are equal: in the mode of a key, `key 2` is the next key and not the beginning of `key-string 2`.
fn find(mode: &Mode, line: &str) -> Result<(&'static Form<Run>, Args, Mode), EditError> {
    let mut best: Option<(Found<'static, Run>, Mode)> = None;
    let mut deepest = 0;
    let mut fault = None;
    let mut at = Some(mode.clone());
    while let Some(here) = at.filter(Mode::is_config) {
        match grammar().best(modes(&here), line) {
            // An inner mode's fault stands unless what an outer one found begins with a whole keyword.
            Ok(found) if fault.is_some() && found.fits.first() != Some(&Fit::Exact) => {}
            Ok(found) => {
                if best.as_ref().is_none_or(|(known, _)| found.fits > known.fits) {
                    best = Some((found, here.clone()));
                }
            }
            Err(Fault::Invalid { column }) => deepest = deepest.max(column),
            Err(other) => fault = fault.or(Some(other)),
        }
        at = here.parent();
    }
    match best {
        Some((found, mode)) => Ok((found.form, found.args, mode)),
        None => Err(explain(fault.unwrap_or(Fault::Invalid { column: deepest }), line)),
    }
}

/// A fault in IOS's words.
pub fn explain(fault: Fault, line: &str) -> EditError {
    let (column, message) = match fault {
        Fault::Empty => (None, "Empty command.".to_owned()),
        Fault::TooLong => (None, format!("Line too long: {} characters at most.", crate::grammar::MAX_LINE)),
        Fault::Invalid { column } => (Some(column), "Invalid input detected at '^' marker.".to_owned()),
        Fault::Incomplete => (None, "Incomplete command.".to_owned()),
        Fault::Ambiguous { .. } => (None, format!("Ambiguous command:  \"{}\"", line.trim())),
    };
    EditError { column, message }
}

/// Takes the first element that is so out of a list.
fn remove_first<T>(list: &mut Vec<T>, is_so: impl Fn(&T) -> bool) -> Option<T> {
    list.iter().position(is_so).map(|at| list.remove(at))
}

/// An error unless something was there.
fn gone<T>(removed: Option<T>, what: impl FnOnce() -> String) -> Result<(), String> {
    removed.map(|_| ()).ok_or_else(what)
}

/// Adds what is not there yet.
fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The configuration these lines make of an empty one.
    pub(crate) fn after(lines: &[&str]) -> Config {
        let mut config = Config::default();
        let mut mode = Mode::Config;
        for line in lines {
            mode = edit(&mut config, &mode, line).unwrap_or_else(|e| panic!("`{line}`: {e}"));
        }
        config
    }

    /// What the last of these lines is refused with.
    pub(crate) fn refusal(lines: &[&str]) -> EditError {
        let (last, before) = lines.split_last().unwrap();
        let mut config = Config::default();
        let mut mode = Mode::Config;
        for line in before {
            mode = edit(&mut config, &mode, line).unwrap_or_else(|e| panic!("`{line}`: {e}"));
        }
        let unchanged = config.clone();
        let error = edit(&mut config, &mode, last).expect_err(last);
        assert_eq!(config, unchanged, "a refused line changes nothing");
        error
    }

    #[test]
    fn a_line_unknown_in_a_mode_is_tried_in_the_mode_around_it() {
        let mut config = Config::default();
        let mode = Mode::Interface("eth1".into());
        assert_eq!(edit(&mut config, &mode, "router rip").unwrap(), Mode::Rip);
        assert_eq!(edit(&mut config, &mode, "interface eth2").unwrap(), Mode::Interface("eth2".into()));
        assert_eq!(edit(&mut config, &mode, "hostname r9").unwrap(), Mode::Config);
        assert_eq!(edit(&mut config, &mode, "exit").unwrap(), Mode::Config);
        assert_eq!(edit(&mut config, &mode, "end").unwrap(), Mode::Privileged);
        let mut key = Mode::Config;
        for line in ["key chain k", "key 1"] {
            key = edit(&mut config, &key, line).unwrap();
        }
        assert_eq!(edit(&mut config, &key, "key 2").unwrap(), Mode::Key { chain: "k".into(), id: 2 });
    }

    #[test]
    fn the_caret_is_where_the_best_mode_gave_up() {
        let e = refusal(&["interface eth1", "ip address 10.0.0.300/24"]);
        assert_eq!((e.column, e.message.as_str()), (Some(11), "Invalid input detected at '^' marker."));
        let e = refusal(&["router rip", "network"]);
        assert_eq!(e.message, "Incomplete command.");
        let e = refusal(&["i"]);
        assert_eq!(e.message, "Ambiguous command:  \"i\"");
    }

    #[test]
    fn comments_and_blank_lines_do_nothing() {
        assert_eq!(after(&["", "!", " ! x", "# y"]), Config::default());
    }
}
