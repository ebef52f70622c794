//! `routerd mrt replay`: files run again through a process of BGP, and a shell that asks it.

use crate::router::answer_bgp;
use crate::storage;
use bgp::mrt::replay::{Plan, Replay};
use cli::command::{Command, Show};
use cli::reply::{Reply, Version};
use cli::session::Backend;
use cli::{Progress, shell};
use policy::Policy;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Nothing that is shown depends on it.
const SEED: u64 = 1;

/// What is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The files, in any order.
    pub files: Vec<PathBuf>,
    /// Whose policies and neighbors; absent: a router that takes everything.
    pub config: Option<String>,
    /// `router bgp AS` of that router.
    pub asn: Option<u32>,
    /// Seconds since 1970 at which to stop; absent: at the last record.
    pub until: Option<u32>,
    /// Commands to run; none: a shell, or lines from a pipe.
    pub commands: Vec<String>,
}

/// Reads the arguments behind `mrt replay`.
///
/// # Errors
/// What is wrong with them, in words.
pub fn options(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        let number = |text: &String| text.parse().map_err(|_| format!("{arg} {text}: not a number"));
        match arg.as_str() {
            "--config" => options.config = Some(value()?.clone()),
            "--as" => options.asn = Some(value().and_then(number)?),
            "--until" => options.until = Some(value().and_then(number)?),
            "-c" | "--command" => options.commands.push(value()?.clone()),
            flag if flag.starts_with('-') => return Err(format!("mrt replay: unknown option `{flag}`")),
            file => options.files.push(file.into()),
        }
    }
    if options.files.is_empty() {
        return Err("mrt replay: which files?".to_owned());
    }
    if options.asn == Some(0) {
        return Err("mrt replay: AS 0 is nobody's".to_owned());
    }
    if options.config.is_some() && options.asn.is_some() {
        return Err("mrt replay: the configuration says the AS".to_owned());
    }
    Ok(options)
}

/// Does it. 1: a file could not be read, or a command failed.
///
/// # Errors
/// What could not be done, in words.
pub fn run(options: &Options) -> Result<ExitCode, String> {
    let mut plan = Plan::default();
    for file in &options.files {
        let bytes = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
        plan.read(&bytes);
    }
    for fault in plan.faults() {
        eprintln!("routerd: {fault}");
    }
    let whole = plan.faults().is_empty();
    let (hostname, config, policies) = match &options.config {
        None => {
            let (config, policies) = plan.config(options.asn);
            ("replay".to_owned(), config, policies)
        }
        Some(path) => {
            let all = storage::read(path)?;
            let config = all.bgp.ok_or_else(|| format!("{path}: there is no `router bgp` in it"))?;
            (all.hostname, config, all.policy)
        }
    };
    let mut replay = Replay::new(plan, config, Arc::new(Policy::new(policies)), SEED);
    replay.run(options.until);
    eprint!("{}", told(&replay));
    let backend = Replayed { replay, hostname };
    let code = converse(backend, &options.commands);
    Ok(if whole { code } else { ExitCode::FAILURE })
}

fn converse(backend: Replayed, commands: &[String]) -> ExitCode {
    if !commands.is_empty() {
        return shell::run_oneshot(backend, commands, &mut std::io::stdout(), &mut std::io::stderr());
    }
    if !std::io::stdin().is_terminal() {
        let mut input = std::io::BufReader::new(std::io::stdin());
        return shell::run_piped(backend, &mut input, &mut std::io::stdout(), &mut std::io::stderr());
    }
    let history = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".routerd_replay_history"));
    shell::run_interactive(backend, shell::Options { banner: String::new(), history })
}

/// Two lines: what was read, and what came of it.
fn told(replay: &Replay) -> String {
    let (plan, tally) = (replay.plan(), replay.tally());
    let mut text = format!(
        "{} records of {} peers; {} updates and {} routes taken, {} sessions came up\n",
        plan.records(),
        plan.peers().len(),
        tally.updates,
        tally.routes,
        tally.sessions
    );
    if tally.refused > 0 {
        text += &format!("{} messages and routes of peers that are not taken\n", tally.refused);
    }
    if plan.others() > 0 {
        text += &format!("{} records of another type passed over\n", plan.others());
    }
    text + &format!("it is {} (UTC) now: {}\n", utc(replay.unix()), replay.unix())
}

/// `2026-11-26 05:00:00`
fn utc(unix: u64) -> String {
    super::strftime::format("%F %T", unix)
}

/// A process that is asked and told nothing.
struct Replayed {
    replay: Replay,
    hostname: String,
}

impl Backend for Replayed {
    fn execute(&mut self, command: Command) -> Reply {
        match command {
            Command::Show(Show::Bgp(show)) => answer_bgp(self.replay.bgp(), self.replay.now(), show),
            Command::Show(Show::Version) => Reply::Version(Version {
                hostname: self.hostname.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                uptime_us: self.replay.now().as_micros(),
                seed: SEED,
                config_path: None,
                fault: None,
            }),
            _ => Reply::Error("a replay answers `show bgp ...` only".to_owned()),
        }
    }

    fn poll(&mut self, _job: u64, _timeout: Duration) -> Option<Progress> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        options(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_are_understood() {
        let options = parse("a.mrt b.mrt --as 65000 --until 1700000000 -c x -c y").unwrap();
        assert_eq!(options.files, [PathBuf::from("a.mrt"), PathBuf::from("b.mrt")]);
        assert_eq!((options.asn, options.until), (Some(65_000), Some(1_700_000_000)));
        assert_eq!(options.commands, ["x", "y"]);
        assert!(parse("a --as 0").is_err() && parse("--as 1").is_err() && parse("a --wat").is_err());
        assert!(parse("a --as 1 --config c").unwrap_err().contains("says the AS"));
    }
}
