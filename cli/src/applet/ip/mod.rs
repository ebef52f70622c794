//! `ip` as in iproute2: addresses, links, neighbors, routes and rules of the router, shown and changed. What is not the
//! router's (management) is shown as the kernel has it, and left alone.
//!
//! | file | what |
//! |---|---|
//! | `iface`, `device` | `ip link`, `ip addr`: asked for and changed, printed |
//! | `neigh` | `ip neigh` |
//! | `route`, `statics` | `ip route`, `ip rule`: printed, changed |

mod device;
mod iface;
mod neigh;
mod route;
mod statics;
#[cfg(test)]
mod tests;

use super::kernel::Kernel;
use super::{Out, Outcome, REFUSED, Stop, ask, odd};
use crate::command::{Command, Family, Mode};
use crate::render;
use crate::reply::Reply;
use crate::session::Backend;
use serde_json::Value;

pub(super) const USAGE: &str = "\
usage: ip [-4|-6] [-j [-p]] [-br] [-o] [-s] OBJECT COMMAND

  ip addr  [show [[dev] DEV] [up]]          ip addr add|replace|del ADDRESS/LEN dev DEV
           flush dev DEV
  ip link  [show [[dev] DEV] [up]]          ip link set [dev] DEV [up|down] [mtu BYTES]
  ip neigh [show [ADDRESS] [dev DEV]]       ip neigh add|replace|del ADDRESS [lladdr MAC] dev DEV
           flush [dev DEV | all]
  ip route [show [table main|local|all|mgmt|NUMBER] [PREFIX] [dev DEV] [via ADDRESS] [proto NAME]]
           get ADDRESS
           add|replace|append|del [blackhole|unreachable|prohibit] PREFIX [via ADDRESS] [dev DEV]
               [metric DISTANCE] [onlink] [table NUMBER] [nexthop via ADDRESS [dev DEV] [weight N]]...
  ip rule  [show]

These are the router's own, and changes are changes of its running configuration. A metric is
an administrative distance (1 to 255). Table `mgmt` is the kernel's, of the management interface.
";

/// How to print.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
struct Look {
    json: bool,
    pretty: bool,
    brief: bool,
    oneline: bool,
    statistics: bool,
    family: Option<Family>,
}

/// What `ip` is about.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Object {
    Address,
    Link,
    Neighbor,
    Route,
    Rule,
}

/// What is to be done with it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Verb {
    Show,
    Get,
    Add,
    Append,
    Replace,
    Delete,
    Flush,
    Set,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    look: Look,
    task: Task,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Task {
    Links(iface::Filter),
    Addresses(iface::Filter),
    SetLink(iface::Settings),
    Address(Verb, iface::Change),
    FlushAddresses(String),
    Neighbors(neigh::Filter),
    Neighbor(Verb, neigh::Entry),
    FlushNeighbors(Option<String>),
    Routes(route::Filter),
    GetRoute(core::net::IpAddr),
    Route(Verb, statics::Spec),
    /// There is no cache.
    Nothing,
    Rules,
}

pub(super) fn parse(words: &[&str]) -> Result<Wish, Stop> {
    let mut look = Look::default();
    let mut words = words.iter().copied().peekable();
    while let Some(option) = words.next_if(|w| w.starts_with('-')) {
        let option = option.strip_prefix("--").or(option.strip_prefix('-')).unwrap_or(option);
        match option {
            "j" | "js" | "json" => look.json = true,
            "p" | "pretty" => look.pretty = true,
            "br" | "brief" => look.brief = true,
            "o" | "oneline" => look.oneline = true,
            "s" | "stats" | "statistics" => look.statistics = true,
            "4" => look.family = Some(Family::V4),
            "6" => look.family = Some(Family::V6),
            "f" | "family" => {
                look.family = Some(match words.next() {
                    Some("inet") => Family::V4,
                    Some("inet6") => Family::V6,
                    other => return Err(unknown("family", other)),
                });
            }
            // Details and colours: there are none; addresses are never turned into names.
            "d" | "details" | "c" | "color" | "color=never" | "color=auto" | "N" | "Numeric" => {}
            "h" | "help" => return Err(Stop::Print(USAGE.to_owned())),
            "V" | "Version" => {
                return Err(Stop::Print(format!("ip utility, routerd {}\n", env!("CARGO_PKG_VERSION"))));
            }
            other => return Err(unknown("option", Some(other))),
        }
    }
    let object = match words.next() {
        None => return Err(Stop::Usage(String::new())),
        Some("help") => return Err(Stop::Print(USAGE.to_owned())),
        Some(word) => begins(
            word,
            &[
                ("address", Object::Address),
                ("link", Object::Link),
                ("neighbour", Object::Neighbor),
                ("neighbor", Object::Neighbor),
                ("route", Object::Route),
                ("rule", Object::Rule),
            ],
        )
        .ok_or_else(|| unknown("object", Some(word)))?,
    };
    let verb = match words.peek() {
        None => Verb::Show,
        Some(&"help") => return Err(Stop::Print(USAGE.to_owned())),
        Some(word) => match begins(word, VERBS) {
            Some(verb) => {
                words.next();
                verb
            }
            None => return Err(unknown("command", Some(word))),
        },
    };
    let rest: Vec<&str> = words.collect();
    let mut rest = rest.into_iter();
    let rest: &mut Words<'_> = &mut rest;
    let task = match (object, verb) {
        (Object::Link, Verb::Show) => Task::Links(iface::filter(rest)?),
        (Object::Link, Verb::Set) => Task::SetLink(iface::settings(rest)?),
        (Object::Address, Verb::Show) => Task::Addresses(iface::filter(rest)?),
        (Object::Address, Verb::Add | Verb::Replace | Verb::Delete) => {
            Task::Address(verb, iface::change(rest)?)
        }
        (Object::Address, Verb::Flush) => Task::FlushAddresses(iface::device(rest)?),
        (Object::Neighbor, Verb::Show) => Task::Neighbors(neigh::filter(rest)?),
        (Object::Neighbor, Verb::Add | Verb::Replace | Verb::Delete) => {
            Task::Neighbor(verb, neigh::entry(verb, rest)?)
        }
        (Object::Neighbor, Verb::Flush) => Task::FlushNeighbors(neigh::flush(rest)?),
        (Object::Route, Verb::Show) => Task::Routes(route::filter(rest)?),
        (Object::Route, Verb::Get) => Task::GetRoute(route::destination(rest)?),
        (Object::Route, Verb::Add | Verb::Append | Verb::Replace | Verb::Delete) => {
            Task::Route(verb, statics::spec(verb, look.family, rest)?)
        }
        (Object::Route, Verb::Flush) => match rest.next() {
            Some("cache") => Task::Nothing,
            other => return Err(unknown("flush", other)),
        },
        (Object::Rule, Verb::Show) => Task::Rules,
        _ => return Err(Stop::Usage("this cannot be done here".to_owned())),
    };
    match rest.next() {
        Some(word) => Err(unknown("argument", Some(word))),
        None => Ok(Wish { look, task }),
    }
}

/// What is left of the command line.
type Words<'w> = std::vec::IntoIter<&'w str>;

const VERBS: &[(&str, Verb)] = &[
    ("show", Verb::Show),
    ("list", Verb::Show),
    ("lst", Verb::Show),
    ("ls", Verb::Show),
    ("set", Verb::Set),
    ("add", Verb::Add),
    ("append", Verb::Append),
    ("replace", Verb::Replace),
    ("change", Verb::Replace),
    ("chg", Verb::Replace),
    ("delete", Verb::Delete),
    ("flush", Verb::Flush),
    ("get", Verb::Get),
];

/// The first name that begins with the word, as iproute2 chooses.
fn begins<T: Copy>(word: &str, names: &[(&str, T)]) -> Option<T> {
    names.iter().find(|(name, _)| !word.is_empty() && name.starts_with(word)).map(|(_, what)| *what)
}

fn unknown(what: &str, word: Option<&str>) -> Stop {
    match word {
        Some(word) => Stop::Usage(format!("{what} `{word}` is not known")),
        None => Stop::Usage(format!("{what}: a word is missing")),
    }
}

/// The next word, which must be there.
fn next<'w>(what: &str, words: &mut Words<'w>) -> Result<&'w str, Stop> {
    words.next().ok_or_else(|| unknown(what, None))
}

pub(super) fn run(wish: &Wish, backend: &mut dyn Backend, kernel: &Kernel, out: Out<'_>) -> Outcome {
    let look = wish.look;
    match &wish.task {
        Task::Links(filter) => device::show(look, filter, false, backend, kernel, out),
        Task::Addresses(filter) => device::show(look, filter, true, backend, kernel, out),
        Task::SetLink(settings) => iface::set(settings, backend, kernel),
        Task::Address(verb, change) => iface::change_address(*verb, change, backend, kernel),
        Task::FlushAddresses(device) => iface::flush(device, look.family, backend, kernel),
        Task::Neighbors(filter) => neigh::show(look, filter, backend, out),
        Task::Neighbor(verb, entry) => neigh::change(*verb, entry, backend, kernel),
        Task::FlushNeighbors(device) => neigh::clear(device.as_deref(), look.family, backend),
        Task::Routes(filter) => route::show(look, filter, backend, kernel, out),
        Task::GetRoute(address) => route::get(look, *address, backend, out),
        Task::Route(verb, spec) => statics::change(*verb, spec, backend, kernel),
        Task::Nothing => Ok(0),
        Task::Rules => route::rules(look, backend, out),
    }
}

/// Prints JSON as iproute2: on one line unless it is to be pretty.
fn print_json(look: Look, value: &Value, out: Out<'_>) -> Outcome {
    let text = if look.pretty { render::pretty(value) } else { format!("{value}\n") };
    out(&text);
    Ok(0)
}

/// One line of configuration; the router's refusal ends the applet.
fn configure(backend: &mut dyn Backend, mode: Mode, line: String) -> Result<(), Stop> {
    match ask(backend, Command::Configure { mode, line })? {
        Reply::Configured(_) => Ok(()),
        _ => Err(odd()),
    }
}

/// What a kernel would say of a request that makes no sense now.
fn refused(why: &str) -> Stop {
    Stop::Failed(format!("RTNETLINK answers: {why}"), REFUSED)
}

/// An interface that is not the router's stays as it is.
fn ours(device: &str, backend: &mut dyn Backend, kernel: &Kernel) -> Result<(), Stop> {
    // Configured and absent: the router waits for what the kernel has kept.
    let known = device::of_router(backend)?.iter().any(|i| i.name == device && i.index.is_some());
    // One that nobody has configured yet may become ours; the management interface has an address that somebody gave it.
    let given =
        |a: &fib::IfAddr| !matches!(a.addr(), core::net::IpAddr::V6(v6) if v6.is_unicast_link_local());
    let management = kernel.ports.iter().any(|p| p.name == device && p.addresses.iter().any(given));
    match management && !known {
        true => Err(Stop::Failed(format!("{device} is the kernel's, not the router's: left alone"), REFUSED)),
        false => Ok(()),
    }
}
