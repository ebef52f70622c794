//! `router`: the shell of a running routerd. Arguments in, the shell in [`crate::shell`] does the rest. `vtysh` is
//! another name of it, for scripts that know FRR.

use crate::client::SocketBackend;
use crate::protocol::{DEFAULT_SOCKET, SOCKET_VARIABLE};
use crate::render;
use crate::session::Backend;
use crate::shell;
use crate::{Command, Reply, Show};
use std::io::{BufReader, IsTerminal, stderr, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
[--socket PATH] [-c COMMAND]...

  -s, --socket PATH  where the router listens (ROUTERD_SOCKET, else /run/routerd/routerd.sock)
  -c COMMAND         run this and end; may be given several times
  -h, --help         print this and end
  -V, --version      print the version and end

Without -c: a shell at a terminal, or the lines of standard input.
Exit status: 0 all went well, 1 a command did not, 2 wrong arguments.
";

#[derive(Debug, PartialEq, Eq)]
enum Wish {
    Help,
    Version,
    Run { socket: Option<PathBuf>, commands: Vec<String> },
}

fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Wish, String> {
    let (mut socket, mut commands) = (None, Vec::new());
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = |name: &str| arguments.next().ok_or_else(|| format!("{name} needs a value"));
        match argument.as_str() {
            "-h" | "--help" => return Ok(Wish::Help),
            "-V" | "--version" => return Ok(Wish::Version),
            "-s" | "--socket" => socket = Some(PathBuf::from(value("--socket")?)),
            "-c" | "--command" => commands.push(value("-c")?),
            other => match other.split_once('=') {
                Some(("--socket", path)) => socket = Some(PathBuf::from(path)),
                Some(("--command", command)) => commands.push(command.to_owned()),
                _ => return Err(format!("unknown argument `{other}`")),
            },
        }
    }
    Ok(Wish::Run { socket, commands })
}

/// Where the router listens: as asked, else as the environment says, else the usual place.
pub fn socket_path(asked: Option<PathBuf>) -> PathBuf {
    let named = std::env::var_os(SOCKET_VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from);
    asked.or(named).unwrap_or_else(|| PathBuf::from(DEFAULT_SOCKET))
}

/// Connects to the router; `Err`: why not, for people.
pub fn connect(path: &std::path::Path) -> Result<SocketBackend, String> {
    SocketBackend::connect(path).map_err(|error| format!("no router answers at {}: {error}", path.display()))
}

/// Why the router runs without its configuration, if it does, ready to print.
fn fault(backend: &mut impl Backend) -> Option<String> {
    match backend.execute(Command::Show(Show::Version)) {
        Reply::Version(version) => version.fault.map(|fault| render::fault_text(&fault)),
        _ => None,
    }
}

/// Runs the program under the name it was called by.
pub fn main(name: &str, arguments: impl IntoIterator<Item = String>) -> ExitCode {
    let (socket, commands) = match parse(arguments) {
        Ok(Wish::Run { socket, commands }) => (socket, commands),
        Ok(Wish::Help) => {
            print!("usage: {name} {USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Wish::Version) => {
            println!("{name} {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprint!("{name}: {why}\n\nusage: {name} {USAGE}");
            return ExitCode::from(2);
        }
    };
    let mut backend = match connect(&socket_path(socket)) {
        Ok(backend) => backend,
        Err(why) => {
            eprintln!("{name}: {why}");
            return ExitCode::FAILURE;
        }
    };
    let banner = fault(&mut backend).unwrap_or_default();
    if !commands.is_empty() || !stdin().is_terminal() {
        // Standard output is for answers alone.
        eprint!("{}", render::harmless(&banner));
    }
    if !commands.is_empty() {
        return shell::run_oneshot(backend, &commands, &mut stdout(), &mut stderr());
    }
    if !stdin().is_terminal() {
        return shell::run_piped(backend, &mut BufReader::new(stdin()), &mut stdout(), &mut stderr());
    }
    let history = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".router_history"));
    shell::run_interactive(backend, shell::Options { banner, history })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(line: &str) -> Result<Wish, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_are_understood() {
        let run = |socket: Option<&str>, commands: &[&str]| {
            let commands = commands.iter().map(|c| (*c).to_owned()).collect();
            Ok(Wish::Run { socket: socket.map(PathBuf::from), commands })
        };
        assert_eq!(wish(""), run(None, &[]));
        assert_eq!(wish("--socket /tmp/x -c a -c b"), run(Some("/tmp/x"), &["a", "b"]));
        assert_eq!(wish("--socket=/tmp/x"), run(Some("/tmp/x"), &[]));
        assert_eq!(wish("-c a --help"), Ok(Wish::Help));
    }

    #[test]
    fn wrong_arguments_are_named() {
        assert!(wish("--sokcet /x").unwrap_err().contains("--sokcet"));
        assert!(wish("show").unwrap_err().contains("show"));
        assert!(wish("-c").unwrap_err().contains("value"));
    }
}
