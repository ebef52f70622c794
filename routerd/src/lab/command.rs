//! `routerd lab ...`: the command line.

use super::checks;
use super::record::Format;
use super::topology::{self, LoadError, Role, Topology};
use super::{Lab, generate, graph, k8s, netns, shell, units, view};
use fib::Instant;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Printed by `--help` and, with exit status 2, after a mistake.
pub const USAGE: &str = "\
usage: routerd lab [TOPO] [--seed N]                 start the lab here and open a shell
       routerd lab check [TOPO] [--seed N] [--junit FILE] [--mode sim|netns]
                                                     run its checks.yaml in virtual time, or deployed: exit 0 or 1,
                                                     or 77 for a lab that cannot be run so
       routerd lab sim TOPO --until TIME [--seed N] [--trace json|pcapng] [-o FILE]
                                                     run in virtual time; equal seeds, equal bytes
       routerd lab validate [TOPO]                   read topology, configurations and checks, and end
       routerd lab k8s [TOPO] [-o FILE]              a clabernetes manifest of it, for Kubernetes
       routerd lab graph [TOPO] [--mermaid|--dot]    draw it
       routerd lab graph [TOPO] --html [-o FILE]     as one page, with a run in it: of the checks, or --until TIME
       routerd lab view [TOPO] [--until TIME] [--seed N] [--port N]
                                                     the same on http://127.0.0.1, until Ctrl-C
       routerd lab view [TOPO] --live [--port N]     what the lab does now: the deployed one, or one that starts here with
                                                     a shell
";

const TOPO: &str = "
TOPO is a file, a folder with exactly one *.clab.yml, or absent: this folder.
";

/// Exit status of a check that could not be made here, as test harnesses have it: neither passed nor failed.
const SKIPPED: u8 = 77;
fn usage() -> String {
    [USAGE, netns::command::USAGE, generate::USAGE, TOPO].concat()
}

/// Runs `routerd lab` with the words after `lab`. Exit status 2: the words are wrong.
pub fn main(args: &[String]) -> ExitCode {
    let first = args.first().map(String::as_str);
    let (verb, rest) = match first {
        Some(verb @ ("check" | "sim" | "validate" | "graph" | "k8s" | "view")) => {
            (verb, args.get(1..).unwrap_or_default())
        }
        Some("runner") => return netns::command::runner(args.get(1).map_or("", String::as_str)),
        Some(verb) if netns::command::VERBS.contains(&verb) => (verb, args.get(1..).unwrap_or_default()),
        Some("generate") => ("generate", args.get(1..).unwrap_or_default()),
        Some("help" | "--help" | "-h") => {
            print!("{}", usage());
            return ExitCode::SUCCESS;
        }
        _ => ("run", args),
    };
    let done = if netns::command::VERBS.contains(&verb) {
        netns::command::main(verb, rest)
    } else if verb == "generate" {
        generate::main(rest)
    } else {
        Options::read(verb, rest).and_then(|options| options.run(verb))
    };
    match done {
        Ok(code) => code,
        Err(Failure::Usage(reason)) => {
            eprintln!("routerd lab: {reason}\n\n{}", usage());
            ExitCode::from(2)
        }
        Err(Failure::Work(reason)) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Why a command did not do its work.
pub(super) enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// The work could not be done.
    Work(String),
}

impl Failure {
    /// What is said of it.
    pub fn words(self) -> String {
        match self {
            Failure::Usage(words) | Failure::Work(words) => words,
        }
    }
}

impl From<LoadError> for Failure {
    fn from(e: LoadError) -> Failure {
        Failure::Work(e.to_string())
    }
}

#[derive(Debug, Default, PartialEq)]
struct Options {
    topo: Option<PathBuf>,
    seed: Option<u64>,
    junit: Option<PathBuf>,
    until: Option<Instant>,
    trace: Option<Format>,
    out: Option<PathBuf>,
    drawing: Drawing,
    netns: bool,
    port: Option<u16>,
    live: bool,
}

/// What `graph` draws.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
enum Drawing {
    #[default]
    Mermaid,
    Dot,
    Html,
}

impl Options {
    fn read(verb: &str, args: &[String]) -> Result<Options, Failure> {
        let mut options = Options::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| Failure::Usage(format!("{arg} needs a value")));
            match (verb, arg.as_str()) {
                ("run" | "check" | "sim" | "graph" | "view", "--seed") => {
                    let text = value()?;
                    let seed = text
                        .parse()
                        .map_err(|_| Failure::Usage(format!("--seed: `{text}` is not a number")))?;
                    options.seed = Some(seed);
                }
                ("check", "--junit") => options.junit = Some(PathBuf::from(value()?)),
                ("check", "--mode") => match value()?.as_str() {
                    "sim" => {}
                    "netns" => options.netns = true,
                    other => return Err(Failure::Usage(format!("--mode: `{other}`: expected sim or netns"))),
                },
                ("sim" | "graph" | "view", "--until") => {
                    let d = units::duration(value()?).map_err(Failure::Usage)?;
                    options.until = Some(Instant::ZERO + d);
                }
                ("sim", "--trace") => options.trace = Some(value()?.parse().map_err(Failure::Usage)?),
                ("sim" | "graph" | "k8s", "-o" | "--output") => options.out = Some(PathBuf::from(value()?)),
                ("graph", "--mermaid") => options.drawing = Drawing::Mermaid,
                ("graph", "--dot") => options.drawing = Drawing::Dot,
                ("graph", "--html") => options.drawing = Drawing::Html,
                ("view", "--live") => options.live = true,
                ("view", "--port") => {
                    let text = value()?;
                    let port = text.parse();
                    options.port =
                        Some(port.map_err(|_| Failure::Usage(format!("--port: `{text}` is no port")))?);
                }
                (_, word) if word.starts_with('-') => {
                    return Err(Failure::Usage(format!("unknown option {word}")));
                }
                (_, word) if options.topo.is_none() => options.topo = Some(PathBuf::from(word)),
                (_, word) => {
                    return Err(Failure::Usage(format!("one topology at a time: what is `{word}`?")));
                }
            }
        }
        Ok(options)
    }

    fn run(self, verb: &str) -> Result<ExitCode, Failure> {
        if verb == "sim" && self.until.is_none() {
            return Err(Failure::Usage("sim needs --until TIME, such as --until 300s".to_owned()));
        }
        if verb == "graph" && self.drawing != Drawing::Html && (self.until.is_some() || self.seed.is_some()) {
            return Err(Failure::Usage(
                "--until and --seed are for --html: the others draw no run".to_owned(),
            ));
        }
        if self.live && self.until.is_some() {
            return Err(Failure::Usage("--live has no end: --until is for virtual time".to_owned()));
        }
        let topology = topology::load(self.topo.as_deref())?;
        for warning in &topology.warnings {
            eprintln!("warning: {warning}");
        }
        match verb {
            "check" => self.check(topology),
            "sim" => self.sim(topology),
            "validate" => validate(&topology),
            "k8s" => {
                let text = k8s::manifest(&topology).map_err(Failure::Work)?;
                match &self.out {
                    Some(path) => write(path, text.as_bytes()).map(|()| ExitCode::SUCCESS),
                    None => print(text.as_bytes()),
                }
            }
            "graph" => self.graph(&topology),
            "view" if !self.live => {
                let run = self.record(&topology)?;
                let told = |url: &str| println!("{url}");
                view::hand_out(run.json, self.port.unwrap_or(0), told).map_err(Failure::Work)?;
                Ok(ExitCode::SUCCESS)
            }
            _ => self.live(topology),
        }
    }

    /// The shell; with `--live` also the page. Of a lab that is deployed the page alone: its nodes have shells of their own.
    fn live(&self, topology: Topology) -> Result<ExitCode, Failure> {
        if self.live
            && let Some(plan) = netns::command::deployed(&topology)?
        {
            let (lab, clock) = netns::watch::lab(plan, &topology);
            let told = |url: &str| println!("{url}");
            view::elsewhere(lab, self.port.unwrap_or(0), clock, told).map_err(Failure::Work)?;
            return Ok(ExitCode::SUCCESS);
        }
        let lab = Lab::new(topology, self.seed.unwrap_or(1)).map_err(Failure::Work)?;
        let port = self.live.then(|| self.port.unwrap_or(0));
        Ok(shell::run(lab, std::io::stdin().is_terminal(), port))
    }

    fn graph(&self, topology: &Topology) -> Result<ExitCode, Failure> {
        let text = match self.drawing {
            Drawing::Mermaid => graph::mermaid(topology),
            Drawing::Dot => graph::dot(topology),
            Drawing::Html => view::page(Some(&self.record(topology)?.json)),
        };
        match &self.out {
            Some(path) => write(path, text.as_bytes()).map(|()| ExitCode::SUCCESS),
            None => print(text.as_bytes()),
        }
    }

    /// What the page shows: the network alone until `--until`, or what the checks do to it, or else its first minute. Of a
    /// network that does not run in this process, the map.
    fn record(&self, topology: &Topology) -> Result<view::Run, Failure> {
        let checks = if self.until.is_some() { None } else { read_checks(topology)? };
        let foreign = topology.nodes.iter().any(|n| matches!(n.role, Role::Foreign(_)));
        let wish = match (self.until, &checks) {
            _ if foreign => view::Wish::Map,
            (Some(until), _) => view::Wish::Until(until),
            (None, Some(checks)) => view::Wish::Checks(checks),
            (None, None) => view::Wish::Until(Instant::from_secs(60)),
        };
        let seed = self.seed.or(checks.as_ref().and_then(|c| c.seed)).unwrap_or(1);
        let run = view::record(topology, wish, seed).map_err(Failure::Work)?;
        let failed = run.verdicts.iter().filter(|v| !v.passed).count();
        if failed > 0 {
            eprintln!("{}: {failed} checks failed, seed {seed}; the page shows which", topology.name);
        }
        Ok(run)
    }

    fn check(self, topology: Topology) -> Result<ExitCode, Failure> {
        let Some(list) = read_checks(&topology)? else {
            let folder = topology.folder().display();
            return Err(Failure::Work(format!("{folder} has no checks.yaml: nothing to check")));
        };
        let foreign: Vec<String> = topology.foreign().map(|(n, image)| format!("{n} runs {image}")).collect();
        if !foreign.is_empty() && !self.netns {
            let reason = format!("{}: namespaces or containerlab only", foreign.join(", "));
            if let Some(path) = &self.junit {
                write(path, checks::junit_skipped(&topology.name, &list, &reason).as_bytes())?;
            }
            println!("{}: skipped: {reason}", topology.name);
            return Ok(ExitCode::from(SKIPPED));
        }
        let seed = self.seed.or(list.seed).unwrap_or(1);
        let report = |v: &checks::Verdict| println!("{}", checks::print_line(v));
        let (verdicts, digest) = if self.netns {
            (netns::check::run(&topology, &list, report)?, None)
        } else {
            let outcome = checks::run(&topology, &list, seed, report).map_err(Failure::Work)?;
            (outcome.verdicts, Some(outcome.digest))
        };
        let failed = verdicts.iter().filter(|v| !v.passed).count();
        let skipped = verdicts.iter().filter(|v| v.skipped).count();
        let done = verdicts.iter().filter(|v| v.is_check).count() - skipped;
        if let Some(path) = &self.junit {
            write(path, checks::junit(&topology.name, seed, &verdicts).as_bytes())?;
        }
        if failed > 0 {
            let how = if self.netns { "--mode netns".to_owned() } else { format!("--seed {seed}") };
            println!("{}: {failed} of {} failed, {how}", topology.name, done.max(failed));
            println!("again: routerd lab check {} {how}", topology.file.display());
            return Ok(ExitCode::FAILURE);
        }
        let left_out = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
        // What real time puts on a cable is never the same twice.
        let digest = digest.map(|d| format!(", seed {seed}, sha256 {d}")).unwrap_or_default();
        println!("{}: {done} checks ok{left_out}{digest}", topology.name);
        Ok(ExitCode::SUCCESS)
    }

    fn sim(self, topology: Topology) -> Result<ExitCode, Failure> {
        let seed = self.seed.unwrap_or(1);
        let until = self.until.unwrap_or(Instant::ZERO);
        let mut lab = Lab::new(topology, seed).map_err(Failure::Work)?;
        let mut out: Box<dyn Write> = match &self.out {
            None => Box::new(std::io::stdout().lock()),
            Some(path) => {
                let file = std::fs::File::create(path)
                    .map_err(|e| Failure::Work(format!("cannot write {}: {e}", path.display())))?;
                Box::new(std::io::BufWriter::new(file))
            }
        };
        if let Some(format) = self.trace {
            lab.start_trace(format);
        }
        while lab.now() < until {
            let next = (lab.now() + core::time::Duration::from_secs(1)).min(until);
            lab.run_until(next);
            let written = out.write_all(&lab.take_trace());
            written.map_err(|e| Failure::Work(format!("cannot write the trace: {e}")))?;
        }
        out.flush().map_err(|e| Failure::Work(format!("cannot write the trace: {e}")))?;
        eprintln!("seed {seed}, {} frames in {until} s, sha256 {}", lab.frames(), lab.digest());
        Ok(ExitCode::SUCCESS)
    }
}

fn validate(topology: &Topology) -> Result<ExitCode, Failure> {
    let checks = read_checks(topology)?;
    let steps: usize = checks.iter().flat_map(|c| &c.scenarios).map(|s| s.steps.len()).sum();
    println!(
        "{}: {} nodes, {} links, {steps} steps of checks: ok",
        topology.name,
        topology.nodes.len(),
        topology.links.len()
    );
    Ok(ExitCode::SUCCESS)
}

/// The lab's `checks.yaml`; `None`: it has none.
fn read_checks(topology: &Topology) -> Result<Option<checks::Checks>, Failure> {
    let path = topology.folder().join("checks.yaml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Failure::Work(format!("cannot read {}: {e}", path.display()))),
    };
    checks::parse(&text, &path.display().to_string()).map(Some).map_err(|e| Failure::Work(e.to_string()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|e| Failure::Work(format!("cannot write {}: {e}", path.display())))
}

pub(super) fn print(bytes: &[u8]) -> Result<ExitCode, Failure> {
    let done = std::io::stdout().lock().write_all(bytes);
    done.map(|()| ExitCode::SUCCESS).map_err(|e| Failure::Work(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_is_one_table() {
        let all = usage();
        let commands: Vec<&str> =
            all.lines().filter(|l| l.trim_start().starts_with("routerd lab ")).collect();
        assert!(commands.len() > 15);
        for line in commands {
            assert!(line.starts_with("       routerd lab "), "{line}");
        }
    }

    fn read(verb: &str, line: &str) -> Result<Options, String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::read(verb, &args).map_err(Failure::words)
    }

    #[test]
    fn options_are_read_where_they_belong() {
        let sim = read("sim", "labs/x --until 300s --seed 7 --trace pcapng -o out.pcapng").unwrap();
        assert_eq!(
            (sim.until, sim.seed, sim.trace),
            (Some(Instant::from_secs(300)), Some(7), Some(Format::Pcapng))
        );
        assert_eq!(read("check", "--junit j.xml").unwrap().junit, Some(PathBuf::from("j.xml")));
        assert_eq!(read("graph", "--dot").unwrap().drawing, Drawing::Dot);
        let view = read("view", "labs/x --live --port 8080").unwrap();
        assert_eq!((view.live, view.port), (true, Some(8080)));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (verb, line) in [
            ("run", "--until 3s"),
            ("run", "a b"),
            ("check", "--mode docker"),
            ("sim", "x --until 3"),
            ("sim", "x --trace xml"),
            ("sim", "x --seed"),
            ("check", "--seed many"),
            ("view", "--port 70000"),
            ("graph", "--port 80"),
        ] {
            assert!(read(verb, line).is_err(), "{verb} {line}");
        }
    }
}
