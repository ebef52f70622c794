//! The command line of the daemon.

use routerd::live::{self, Options};
use routerd::storage;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: routerd run FILE [--socket PATH] [--seed N]   run a router in this network namespace
       routerd check FILE...                         validate configuration files
       routerd lab [TOPO]                            a network of routers in this process, and a shell
       routerd lab check|sim|view|graph ...          see routerd lab --help
       routerd mrt dump -o FILE [--socket PATH] [--received]
                                                     the BGP table of a running router as an MRT file (RFC 6396)
       routerd mrt show FILE [--config CONFIG --route-map NAME]
                                                     an MRT file as lines, or what a route map would do to its routes
       routerd --version | --help

FILE is YAML, or IOS/FRR-style text where its name ends in .conf, .cfg or .ios.
The shell is the program `router`; it finds the router by --socket PATH or $ROUTERD_SOCKET.
";

/// The arguments do not make sense (as in sysexits and most tools: 2).
const USAGE_ERROR: u8 = 2;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match args.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => return usage("no command"),
    };
    match command {
        "run" => match run_options(rest) {
            Ok(options) => live::run(&options),
            Err(reason) => usage(&reason),
        },
        "check" if rest.is_empty() => usage("check: which file?"),
        "check" if rest.iter().any(|a| a.starts_with('-')) => usage("check takes files only"),
        "check" => check(rest),
        "lab" => routerd::lab::main(rest),
        "mrt" => match routerd::mrt::Wish::parse(rest) {
            Ok(wish) => routerd::mrt::main(&wish),
            Err(reason) => usage(&reason),
        },
        "--version" | "-V" => {
            println!("routerd {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        "--help" | "-h" | "help" => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        other => usage(&format!("unknown command `{other}`")),
    }
}

fn usage(reason: &str) -> ExitCode {
    eprint!("routerd: {reason}\n{USAGE}");
    ExitCode::from(USAGE_ERROR)
}

fn run_options(args: &[String]) -> Result<Options, String> {
    let socket = std::env::var(cli::protocol::SOCKET_VARIABLE).ok();
    let mut options = Options {
        file: PathBuf::new(),
        socket: PathBuf::from(socket.unwrap_or_else(|| cli::protocol::DEFAULT_SOCKET.to_owned())),
        seed: None,
    };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--socket" => options.socket = PathBuf::from(value()?),
            "--seed" => {
                let text = value()?;
                options.seed = Some(text.parse().map_err(|_| format!("--seed {text}: not a number"))?);
            }
            flag if flag.starts_with('-') => return Err(format!("unknown option `{flag}`")),
            file if options.file.as_os_str().is_empty() => options.file = PathBuf::from(file),
            more => return Err(format!("one configuration file only, not also `{more}`")),
        }
    }
    if options.file.as_os_str().is_empty() {
        return Err("run: which configuration file?".to_owned());
    }
    Ok(options)
}

/// Reads each file and says what is wrong with it. 0: nothing; 1: something.
fn check(files: &[String]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for file in files {
        match storage::read(file) {
            Ok(_) => println!("{file}: ok"),
            Err(reason) => {
                eprintln!("{reason}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
