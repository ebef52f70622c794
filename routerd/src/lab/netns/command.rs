//! The commands for deployed labs. Flags are containerlab's where it has them.

use super::super::command::{Failure, print};
use super::super::operate::Change;
use super::super::topology::{self, Topology};
use super::plan::{Node, Plan};
use super::{deploy, enter, export, impair, place, rootless, runner};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The verbs this file knows.
pub const VERBS: [&str; 7] = ["deploy", "destroy", "inspect", "exec", "cli", "log", "link"];

/// Printed among the rest of the usage.
pub const USAGE: &str = "\
\x20      routerd lab deploy [TOPO] [--name LAB] [--reconfigure]
                                                     a namespace a node, a process a router; root or not
       routerd lab destroy [TOPO|--name LAB|--all]   take it down; nothing stays
       routerd lab inspect [TOPO|--name LAB|--all] [-f table|json]
       routerd lab exec TOPO NODE COMMAND...         run a command in a node
       routerd lab exec [-t TOPO] --cmd LINE... [--node NODE]... [-f plain|json]
                                                     run commands in nodes, in all of them if none is named
       routerd lab cli TOPO NODE [-c LINE]...        a node's shell: routerd's, vtysh, birdc or sh
       routerd lab log TOPO [NODE]... [-n LINES] [-f]
       routerd lab link TOPO NODE:IF up|down|KEY=VALUE...
                                                     pull a cable, plug it in, spoil it: delay=10ms, loss=1%
";

#[derive(Debug, Default)]
struct Options {
    topo: Option<PathBuf>,
    name: Option<String>,
    all: bool,
    reconfigure: bool,
    json: bool,
    follow: bool,
    lines: Option<usize>,
    nodes: Vec<String>,
    commands: Vec<String>,
    words: Vec<String>,
}

/// Runs a verb with the words after it.
pub fn main(verb: &str, args: &[String]) -> Result<ExitCode, Failure> {
    let options = Options::read(verb, args)?;
    match verb {
        "deploy" => options.deploy(),
        "destroy" => options.destroy(),
        "inspect" => options.inspect(),
        _ => options.on_deployed(verb),
    }
}

/// `routerd lab runner LAB`, which nobody types.
pub fn runner(lab: &str) -> ExitCode {
    runner::main(lab)
}

/// Waits for something on a runtime of one thread.
pub fn block_on<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Failure::Work(format!("no runtime: {e}")))?;
    runtime.block_on(work).map_err(Failure::Work)
}

impl Options {
    fn read(verb: &str, args: &[String]) -> Result<Options, Failure> {
        let mut o = Options::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let (arg, given) = match arg.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_owned())),
                _ => (arg.as_str(), None),
            };
            let mut value = || {
                let next = given.clone().or_else(|| args.next().cloned());
                next.ok_or_else(|| Failure::Usage(format!("{arg} needs a value")))
            };
            match (verb, arg) {
                (_, "-t" | "--topo") => o.topo = Some(PathBuf::from(value()?)),
                (_, "--name") => o.name = Some(value()?),
                ("deploy", "--reconfigure") | ("deploy", "-c") => o.reconfigure = true,
                ("destroy" | "inspect", "-a" | "--all") => o.all = true,
                // Nothing is ever left behind: containerlab's flag asks for what is done anyway.
                ("destroy", "-c" | "--cleanup" | "-y" | "--yes") => {}
                ("inspect" | "exec", "-f" | "--format") => o.json = format(verb, &value()?)?,
                ("exec", "--cmd") => o.commands.push(value()?),
                ("exec", "--node") => o.nodes.push(value()?),
                ("exec", "--label") => {
                    let label = value()?;
                    let node = label.strip_prefix("clab-node-name=");
                    o.nodes.push(
                        node.ok_or_else(|| {
                            Failure::Usage("--label: expected clab-node-name=NODE".to_owned())
                        })?
                        .to_owned(),
                    );
                }
                ("cli", "-c" | "--command") => o.commands.push(value()?),
                ("log", "-f" | "--follow") => o.follow = true,
                ("log", "-n" | "--lines") => {
                    let text = value()?;
                    o.lines = Some(
                        text.parse().map_err(|_| Failure::Usage(format!("-n: `{text}` is not a number")))?,
                    );
                }
                ("exec", "--") => o.words.extend(args.by_ref().cloned()),
                (_, word) if word.starts_with('-') => {
                    return Err(Failure::Usage(format!("unknown option {word}")));
                }
                (_, _) => {
                    let word = match given {
                        Some(value) => format!("{arg}={value}"),
                        None => arg.to_owned(),
                    };
                    o.words.push(word);
                    // What follows a node's name in `exec TOPO NODE COMMAND...` is the command's.
                    let named = o.topo.is_some() || o.name.is_some();
                    if verb == "exec" && o.words.len() >= if named { 1 } else { 2 } {
                        o.words.extend(args.by_ref().skip_while(|w| *w == "--").cloned());
                    }
                }
            }
        }
        if o.topo.is_none() && o.name.is_none() && !o.all && !o.words.is_empty() {
            o.topo = Some(PathBuf::from(o.words.remove(0)));
        }
        if matches!(verb, "deploy" | "destroy" | "inspect") && !o.words.is_empty() {
            return Err(Failure::Usage(format!("one topology at a time: what is `{}`?", o.words.join(" "))));
        }
        Ok(o)
    }

    fn topology(&self) -> Result<Topology, Failure> {
        let topology = topology::load(self.topo.as_deref())?;
        for warning in &topology.warnings {
            eprintln!("warning: {warning}");
        }
        Ok(topology)
    }

    fn deploy(self) -> Result<ExitCode, Failure> {
        let topology = self.topology()?;
        deploy_topology(&topology, self.name.as_deref(), self.reconfigure).map(|plan| {
            print_table(&[plan]);
            ExitCode::SUCCESS
        })
    }

    /// The lab meant: by its name, or by the topology's.
    fn lab(&self) -> Result<String, Failure> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        if let Some(word) = self.topo.as_ref().and_then(|t| t.to_str()).filter(|t| !Path::new(t).exists())
            && place::run_dir(word).is_dir()
        {
            return Ok(word.to_owned());
        }
        let file = topology::find(self.topo.as_deref().unwrap_or(Path::new(".")))?;
        // Deployed under another name, perhaps, and perhaps the file has changed since.
        match of_file(&file) {
            Some(plan) => Ok(plan.lab),
            None => Ok(topology::load(Some(&file))?.name),
        }
    }

    fn plan(&self) -> Result<Plan, Failure> {
        let lab = self.lab()?;
        load(&lab)?.ok_or_else(|| {
            Failure::Work(format!("error[not-deployed]: {lab}: is not deployed: routerd lab deploy"))
        })
    }

    fn destroy(self) -> Result<ExitCode, Failure> {
        let labs = if self.all { place::deployed() } else { vec![self.lab()?] };
        let mut code = ExitCode::SUCCESS;
        for lab in labs {
            let Some(plan) = load(&lab)? else {
                println!("{lab} is not deployed");
                continue;
            };
            let mine = || rootless::needed() && self.all;
            if mine() && place::deployed().len() > 1 {
                // A process can join the user namespace of one lab only.
                let done = std::process::Command::new(std::env::current_exe().unwrap_or_default())
                    .args(["lab", "destroy", "--name", &lab])
                    .status();
                if !done.is_ok_and(|s| s.success()) {
                    code = ExitCode::FAILURE;
                }
                continue;
            }
            join(&plan)?;
            destroy_plan(&plan)?;
            println!("{lab} is gone");
        }
        Ok(code)
    }

    fn inspect(self) -> Result<ExitCode, Failure> {
        let labs = if self.all { place::deployed() } else { vec![self.plan()?.lab] };
        let plans: Vec<Plan> = labs.iter().filter_map(|lab| load(lab).ok().flatten()).collect();
        if self.json {
            return print(format!("{:#}\n", export::inspect_json(&plans)).as_bytes());
        }
        print_table(&plans);
        Ok(ExitCode::SUCCESS)
    }

    fn on_deployed(mut self, verb: &str) -> Result<ExitCode, Failure> {
        let plan = self.plan()?;
        enter_lab(&plan)?;
        let first = |o: &mut Options| (!o.words.is_empty()).then(|| o.words.remove(0));
        match verb {
            "exec" if self.commands.is_empty() => {
                let node = first(&mut self).ok_or_else(|| Failure::Usage("exec: which node?".to_owned()))?;
                if self.words.is_empty() {
                    return Err(Failure::Usage("exec: which command?".to_owned()));
                }
                Ok(enter::attach(plan.find(&node).map_err(Failure::Work)?, &self.words))
            }
            "exec" => {
                self.nodes.append(&mut self.words);
                Ok(enter::exec(&self.chosen(&plan)?, &self.commands, self.json))
            }
            "cli" => {
                let node = first(&mut self).ok_or_else(|| Failure::Usage("cli: which node?".to_owned()))?;
                Ok(enter::cli(plan.find(&node).map_err(Failure::Work)?, &self.commands))
            }
            "log" => {
                self.nodes.append(&mut self.words);
                let nodes = self.chosen(&plan)?;
                let lines =
                    self.lines.unwrap_or(if std::io::stdout().is_terminal() { 40 } else { usize::MAX });
                block_on(async {
                    enter::log(&plan, &nodes, lines, self.follow).await.map_err(|e| e.to_string())
                })?;
                Ok(ExitCode::SUCCESS)
            }
            _ => {
                let end = first(&mut self)
                    .ok_or_else(|| Failure::Usage("link: which end? NODE:INTERFACE".to_owned()))?;
                let changes: Result<Vec<Change>, String> = self.words.iter().map(|w| w.parse()).collect();
                let changes = changes.map_err(Failure::Usage)?;
                if changes.is_empty() {
                    return Err(Failure::Usage("link: up, down, or KEY=VALUE such as delay=10ms".to_owned()));
                }
                block_on(async {
                    for change in &changes {
                        impair::change(&plan, &end, change).await?;
                    }
                    Ok(ExitCode::SUCCESS)
                })
            }
        }
    }

    /// The nodes named, or all.
    fn chosen<'p>(&self, plan: &'p Plan) -> Result<Vec<&'p Node>, Failure> {
        if self.nodes.is_empty() {
            return Ok(plan.nodes.iter().collect());
        }
        self.nodes.iter().map(|n| plan.find(n).map_err(Failure::Work)).collect()
    }
}

fn format(verb: &str, text: &str) -> Result<bool, Failure> {
    match (verb, text) {
        (_, "json") => Ok(true),
        ("inspect", "table") | ("exec", "plain") => Ok(false),
        (_, other) => Err(Failure::Usage(format!(
            "-f: `{other}`: expected json or {}",
            if verb == "exec" { "plain" } else { "table" }
        ))),
    }
}

fn print_table(plans: &[Plan]) {
    print!("{}", export::inspect_table(plans));
}

/// The plan of the lab of this name; `None`: it is not deployed.
pub fn load(lab: &str) -> Result<Option<Plan>, Failure> {
    Plan::load(lab).map_err(|e| Failure::Work(format!("{lab}: {e}")))
}

/// The plan of the lab that was deployed from a file, under whatever name, if there is exactly one.
fn of_file(file: &Path) -> Option<Plan> {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let plans = place::deployed().into_iter().filter_map(|lab| Plan::load(&lab).ok().flatten());
    let mut plans = plans.filter(|p| p.file == file);
    plans.next().filter(|_| plans.next().is_none())
}

/// The plan of a topology that is deployed, under its own name or another.
pub fn deployed(topology: &Topology) -> Result<Option<Plan>, Failure> {
    match of_file(&topology.file) {
        Some(plan) => Ok(Some(plan)),
        None => load(&topology.name),
    }
}

/// Joins the namespaces of a lab without root. False: its last process is gone, and with it everything but files.
fn join(plan: &Plan) -> Result<bool, Failure> {
    if !rootless::needed() {
        return Ok(true);
    }
    rootless::join(plan).map_err(|e| Failure::Work(format!("{}: {e}", plan.lab)))
}

/// The same, and sees to it that the lab has a runner.
fn enter_lab(plan: &Plan) -> Result<(), Failure> {
    if !join(plan)? {
        return Ok(());
    }
    runner::ensure(plan).map_err(|e| Failure::Work(format!("{}: {e}", plan.lab)))
}

/// Deploys a topology. Deployed already: an error, or taken down first.
pub fn deploy_topology(topology: &Topology, name: Option<&str>, reconfigure: bool) -> Result<Plan, Failure> {
    let lab = name.unwrap_or(&topology.name);
    let _lock = deploy::Lock::take().map_err(Failure::Work)?;
    if let Some(old) = load(lab)? {
        if !reconfigure {
            enter_lab(&old)?;
            return Err(Failure::Work(format!(
                "error[already-deployed]: {lab}: is deployed already, from {}: --reconfigure takes it down first",
                old.file.display()
            )));
        }
        if rootless::needed() {
            // A process can be in one user namespace only, and the new lab needs one of its own.
            let exe = std::env::current_exe().unwrap_or_default();
            drop(_lock);
            let done = std::process::Command::new(exe).args(["lab", "destroy", "--name", lab]).status();
            if !done.is_ok_and(|s| s.success()) {
                return Err(Failure::Work(format!("{lab} could not be taken down")));
            }
            return deploy_topology(topology, name, false);
        }
        block_on(deploy::destroy(&old))?;
    }
    let plan = Plan::new(topology, lab).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::Work(lines.join("\n"))
    })?;
    if rootless::needed() {
        rootless::create().map_err(|e| Failure::Work(format!("error[no-permission]: {lab}: {e}")))?;
    }
    block_on(deploy::deploy(&plan))?;
    Ok(plan)
}

/// Takes a deployed lab down.
pub fn destroy_plan(plan: &Plan) -> Result<(), Failure> {
    let _lock = deploy::Lock::take().map_err(Failure::Work)?;
    block_on(deploy::destroy(plan))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(verb: &str, line: &str) -> Result<Options, String> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::read(verb, &args).map_err(Failure::words)
    }

    #[test]
    fn a_command_keeps_its_own_flags() {
        let exec = read("exec", "labs/x r1 ip -j addr --all").unwrap();
        assert_eq!(exec.topo, Some(PathBuf::from("labs/x")));
        assert_eq!(exec.words, ["r1", "ip", "-j", "addr", "--all"]);
        let exec = read("exec", "--name x r1 -- ip -j addr").unwrap();
        assert_eq!(exec.words, ["r1", "ip", "-j", "addr"]);
    }

    #[test]
    fn containerlabs_flags_are_understood() {
        let exec = read("exec", "-t labs/x --label clab-node-name=r1 --cmd hostname -f json").unwrap();
        assert_eq!(
            (exec.nodes, exec.commands, exec.json),
            (vec!["r1".to_owned()], vec!["hostname".to_owned()], true)
        );
        assert!(read("destroy", "labs/x --cleanup").is_ok());
        assert!(read("deploy", "labs/x --reconfigure").unwrap().reconfigure);
        assert_eq!(
            read("link", "labs/x r1:eth1 delay=10ms loss=1%").unwrap().words,
            ["r1:eth1", "delay=10ms", "loss=1%"]
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (verb, line) in [
            ("deploy", "a b"),
            ("inspect", "-f xml"),
            ("exec", "--label x=y"),
            ("log", "-n many"),
            ("cli", "--bogus"),
        ] {
            assert!(read(verb, line).is_err(), "{verb} {line}");
        }
    }
}
