//! `router`: the shell of a running routerd. Arguments in, the shell in `cli::shell` does the rest.

use cli::client::SocketBackend;
use cli::protocol::{DEFAULT_SOCKET, SOCKET_VARIABLE};
use cli::shell;
use std::io::{BufReader, IsTerminal, stderr, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: router [--socket PATH] [-c COMMAND]...

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

fn main() -> ExitCode {
    let (socket, commands) = match parse(std::env::args().skip(1)) {
        Ok(Wish::Run { socket, commands }) => (socket, commands),
        Ok(Wish::Help) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Wish::Version) => {
            println!("router {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprint!("router: {why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let named = std::env::var_os(SOCKET_VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from);
    let path = socket.or(named).unwrap_or_else(|| PathBuf::from(DEFAULT_SOCKET));
    let backend = match SocketBackend::connect(&path) {
        Ok(backend) => backend,
        Err(error) => {
            eprintln!("router: no router answers at {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    };
    if !commands.is_empty() {
        return shell::run_oneshot(backend, &commands, &mut stdout(), &mut stderr());
    }
    if !stdin().is_terminal() {
        return shell::run_piped(backend, &mut BufReader::new(stdin()), &mut stdout(), &mut stderr());
    }
    let history = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".router_history"));
    shell::run_interactive(backend, shell::Options { banner: String::new(), history })
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
