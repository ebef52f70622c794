//! Programs under the names that lab scripts know: `ip`, `ping` and `traceroute`. They answer from the router and act on
//! it, not on the kernel, and print what iproute2, iputils and traceroute print. Every one of them ends by itself.
//! Exit status 0: done; 1: it could not be done, or nothing answered; 2: wrong arguments, or refused.

mod ip;
pub mod kernel;
mod ping;
mod traceroute;

use crate::command::Command;
use crate::reply::Reply;
use crate::session::Backend;
use crate::{program, render};
use kernel::Kernel;
use std::io::Write;
use std::process::ExitCode;

/// Wrong arguments, or something that was refused.
const REFUSED: u8 = 2;

/// Why an applet ends early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The arguments make no sense: said with the usage.
    Usage(String),
    /// It is refused or did not work; printed as it is, with this exit status.
    Failed(String, u8),
    /// This was asked for instead: usage or version.
    Print(String),
}

/// What came of an applet.
pub type Outcome = Result<u8, Stop>;

/// Where an applet prints; false: nobody reads any more.
pub type Out<'o> = &'o mut dyn FnMut(&str) -> bool;

/// Whether there is an applet of this name.
pub fn is_applet(name: &str) -> bool {
    usage(name).is_some()
}

fn usage(name: &str) -> Option<&'static str> {
    match name {
        "ip" => Some(ip::USAGE),
        "ping" | "ping6" => Some(ping::USAGE),
        "traceroute" | "traceroute6" => Some(traceroute::USAGE),
        _ => None,
    }
}

/// Runs an applet against the router of this host; `kernel` is asked only where it matters.
pub fn main(name: &str, arguments: &[String], kernel: impl FnOnce() -> Kernel) -> ExitCode {
    let mut print = |text: &str| {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
    };
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = parse_and_run(name, &words, kernel, &mut print);
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(Stop::Print(text)) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(Stop::Usage(why)) => {
            let why = if why.is_empty() { String::new() } else { format!("{name}: {why}\n") };
            eprint!("{}{}", render::harmless(&why), usage(name).unwrap_or_default());
            ExitCode::from(REFUSED)
        }
        Err(Stop::Failed(why, code)) => {
            eprintln!("{}", render::harmless(&why));
            ExitCode::from(code)
        }
    }
}

fn parse_and_run(name: &str, words: &[&str], kernel: impl FnOnce() -> Kernel, out: Out<'_>) -> Outcome {
    let connect = || {
        let path = program::socket_path(None);
        program::connect(&path).map_err(|why| Stop::Failed(format!("{name}: {why}"), 1))
    };
    // Arguments are judged before the router is looked for: wrong ones are wrong without it, too.
    match name {
        "ip" => {
            let wish = ip::parse(words)?;
            ip::run(&wish, &mut connect()?, &kernel(), out)
        }
        "ping" | "ping6" => {
            let wish = ping::parse(words, name == "ping6")?;
            ping::run(&wish, &mut connect()?, out)
        }
        _ => {
            let wish = traceroute::parse(words, name == "traceroute6")?;
            traceroute::run(&wish, &mut connect()?, out)
        }
    }
}

/// Asks the router; its refusal ends the applet.
fn ask(backend: &mut dyn Backend, command: Command) -> Result<Reply, Stop> {
    match backend.execute(command) {
        Reply::Error(why) => Err(Stop::Failed(why, REFUSED)),
        reply => Ok(reply),
    }
}

/// An answer that belongs to another question.
fn odd() -> Stop {
    Stop::Failed("the router is of another version".to_owned(), 1)
}

/// The word behind an option.
fn value<'w>(option: &str, words: &mut impl Iterator<Item = &'w str>) -> Result<&'w str, Stop> {
    words.next().ok_or_else(|| Stop::Usage(format!("{option} needs a value")))
}

/// A number behind an option.
fn number<T: core::str::FromStr>(option: &str, text: &str) -> Result<T, Stop> {
    text.parse().map_err(|_| Stop::Usage(format!("{option} {text}: not a number it takes")))
}

/// Seconds, possibly with a fraction, as milliseconds.
fn millis(option: &str, text: &str) -> Result<u32, Stop> {
    let seconds: f64 = number(option, text)?;
    if !(0.0..=3600.0).contains(&seconds) {
        return Err(Stop::Usage(format!("{option} {text}: 0 to 3600 seconds")));
    }
    // In range, so nothing is lost but a fraction of a millisecond.
    Ok((seconds * 1000.0).round() as u32)
}

#[cfg(test)]
mod fake;
