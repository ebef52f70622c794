//! The command line of the daemon.

use routerd::live::{self, Options};
use routerd::storage;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: routerd run FILE [--socket PATH] [--seed N] [--management NAME]
                                                     run a router in this network namespace
       routerd supervise [FILE] [OPTIONS OF run]     the same for ever, as the first process of a container
       routerd health [--socket PATH]                is it well? exit status 0 or 1, and one line that says why
       routerd check FILE...                         validate configuration files
       routerd lab [TOPO]                            a network of routers in this process, and a shell
       routerd lab check|sim|view|graph ...          see routerd lab --help
       routerd mrt dump -o FILE [--socket PATH] [--received]
                                                     the BGP table of a running router as an MRT file (RFC 6396)
       routerd mrt show FILE [--config CONFIG --route-map NAME]
                                                     an MRT file as lines, or what a route map would do to its routes
       routerd mrt replay FILE... [--config CONFIG | --as N] [--until TIME] [-c COMMAND]...
                                                     MRT files run again; then `show bgp ...`, by -c or in a shell
       routerd --version | --help

FILE is YAML, or IOS/FRR-style text where its name ends in .conf, .cfg or .ios.
NAME is an interface that stays the kernel's (ROUTERD_MANAGEMENT; `supervise`: eth0); `none`: there is none.
The shell is the program `router`; it finds the router by --socket PATH or $ROUTERD_SOCKET.
";

/// The arguments do not make sense (as in sysexits and most tools: 2).
const USAGE_ERROR: u8 = 2;

fn main() -> ExitCode {
    let mut args = std::env::args();
    let called = args.next().unwrap_or_default();
    let args: Vec<String> = args.collect();
    if routerd::appliance::is_wanted(&called) {
        return routerd::appliance::main();
    }
    if let Some(code) = routerd::applets::main(&called, &args) {
        return code;
    }
    let (command, rest) = match args.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None if std::process::id() == 1 => ("supervise", &[][..]),
        None => return usage("no command"),
    };
    match command {
        "run" => match run_options(rest, None) {
            Ok(options) => live::run(&options),
            Err(reason) => usage(&reason),
        },
        "supervise" => match supervised(rest) {
            Ok(arguments) => routerd::supervise::main(&arguments),
            Err(reason) => usage(&reason),
        },
        // Said by an appliance alone.
        "console" if rest.is_empty() => routerd::appliance::console(),
        "health" => match run_options(rest, Some("")) {
            Ok(options) if options.file.as_os_str().is_empty() => routerd::health::main(&options.socket),
            Ok(_) => usage("health takes no file"),
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

/// The file of a container, unless its command says otherwise.
const CONTAINER_FILE: &str = "/etc/routerd/routerd.yaml";

/// The interface that container engines make.
const CONTAINER_MANAGEMENT: &str = "eth0";

/// What `supervise` was told, checked, with the defaults of a container spelled out for `run`.
fn supervised(args: &[String]) -> Result<Vec<String>, String> {
    let options = run_options(args, Some(CONTAINER_FILE))?;
    let named = args.iter().any(|a| a == "--management") || std::env::var_os(MANAGEMENT_VARIABLE).is_some();
    let mut arguments = vec![options.file.to_string_lossy().into_owned()];
    arguments.extend(["--socket".to_owned(), options.socket.to_string_lossy().into_owned()]);
    if let Some(seed) = options.seed {
        arguments.extend(["--seed".to_owned(), seed.to_string()]);
    }
    let default = if named { "none" } else { CONTAINER_MANAGEMENT };
    let management = options.management.as_deref().unwrap_or(default);
    arguments.extend(["--management".to_owned(), management.to_owned()]);
    Ok(arguments)
}

/// Names the management interface when `--management` does not.
const MANAGEMENT_VARIABLE: &str = "ROUTERD_MANAGEMENT";

/// `none` and nothing at all are no interface.
fn interface(name: String) -> Option<String> {
    Some(name).filter(|name| !name.is_empty() && name != "none")
}

/// `file`: what to read when no file is named; `None`: that is an error.
fn run_options(args: &[String], file: Option<&str>) -> Result<Options, String> {
    let socket = std::env::var(cli::protocol::SOCKET_VARIABLE).ok();
    let mut options = Options {
        file: PathBuf::new(),
        socket: PathBuf::from(socket.unwrap_or_else(|| cli::protocol::DEFAULT_SOCKET.to_owned())),
        seed: None,
        management: std::env::var(MANAGEMENT_VARIABLE).ok().and_then(interface),
        supervised: false,
        fault: None,
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
            "--management" => options.management = interface(value()?.clone()),
            // Said by `supervise` alone.
            "--supervised" => options.supervised = true,
            "--fault" => options.fault = Some(value()?.clone()),
            flag if flag.starts_with('-') => return Err(format!("unknown option `{flag}`")),
            file if options.file.as_os_str().is_empty() => options.file = PathBuf::from(file),
            more => return Err(format!("one configuration file only, not also `{more}`")),
        }
    }
    if options.file.as_os_str().is_empty() {
        options.file = PathBuf::from(file.ok_or("run: which configuration file?")?);
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
