//! The interactive lab: a session that can move from node to node, and commands for what is outside of any router.

use super::graph;
use super::live::{Gone, Live};
use super::operate::Change;
use super::topology::{Role, Topology};
use super::wheel::Watch;
use super::{units, view};
use cli::reply::LogLine;
use cli::session::{Extra, LogStream, Screen};
use cli::{Args, Backend, Command, Progress, Reply, shell};
use core::time::Duration;
use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};

/// The extra commands, in the order of [`Backend::extra`]'s index.
#[derive(Copy, Clone)]
enum Row {
    Node,
    Status,
    Time,
    Topology,
    Link,
    Kill,
    Revive,
    Configure,
    Path,
    Loops,
    Wheel,
    View,
    Wait,
    WaitConverged,
}

const ROWS: [(Row, &str, &str); 14] = [
    (Row::Node, "node NODE", "Go on at another node"),
    (Row::Status, "lab status", "Nodes, cables, and whether the network is at rest"),
    (Row::Time, "lab time", "How long the lab has been running"),
    (Row::Topology, "lab topology", "Cables and their state"),
    (Row::Link, "lab link END <up|down|LINE$change>", "Pull a cable, plug it in, or spoil it"),
    (Row::Kill, "lab kill NODE", "Switch a node off"),
    (Row::Revive, "lab revive NODE", "Switch a node on again, with its startup configuration"),
    (Row::Configure, "lab configure LINE", "Type configuration lines, separated by `;`, into every router"),
    (Row::Path, "lab path ADDRESS$to", "Walk the forwarding tables from this node, without sending anything"),
    (Row::Loops, "lab loops", "Look for a forwarding loop in all tables"),
    (
        Row::Wheel,
        "lab wheel PREFIX [<1-3600>$seconds]",
        "Watch whether BGP finds rest over a prefix, and say why not",
    ),
    (Row::View, "lab view [<0-65535>$port]", "Show the lab to a browser on this machine"),
    (Row::Wait, "lab wait TIME", "Let time pass, for scripts: 5s, 500ms"),
    (
        Row::WaitConverged,
        "lab wait converged [<1-3600>$seconds]",
        "Until no route changes any more, for scripts",
    ),
];

/// Words that need more help than the glossary gives.
const HELP: [(&str, &str); 16] = [
    ("lab", "The network around this node"),
    ("node", "Go on at another node"),
    ("NODE", "A node's name"),
    ("END", "One end of a cable, such as r1:eth1"),
    ("up", "Plug it in"),
    ("down", "Pull it out: both ends lose the carrier"),
    (
        "change",
        "delay=10ms jitter=1ms loss=1% duplicate=1% reorder=1% rate=10mbit limit=100; out.loss=1% one way",
    ),
    ("TIME", "A duration such as 5s or 500ms"),
    ("seconds", "Give up after this"),
    ("wheel", "Watch whether BGP finds rest over a prefix, and say why not"),
    ("view", "Show the lab to a browser on this machine"),
    ("port", "Of 127.0.0.1; any that is free, unless one says"),
    ("status", "Nodes, cables, and whether the network is at rest"),
    ("topology", "Cables and their state"),
    ("kill", "Switch a node off"),
    ("revive", "Switch a node on again"),
];

/// A session in a running lab.
pub struct Session {
    live: Live,
    node: Arc<Mutex<String>>,
    /// Cleared to end the present log stream.
    monitoring: Arc<AtomicBool>,
    names: Vec<String>,
    ends: Vec<String>,
    /// Where a browser finds the lab, once it is shown.
    shown: Option<String>,
}

impl Session {
    /// A session at the first router, or at the first node if there is no router.
    pub fn new(live: Live, topology: &Topology) -> Session {
        let first = topology.nodes.iter().find(|n| matches!(n.role, Role::Router(_)));
        let first = first.or(topology.nodes.first()).map_or_else(String::new, |n| n.name.clone());
        Session {
            live,
            node: Arc::new(Mutex::new(first)),
            monitoring: Arc::default(),
            names: topology.nodes.iter().map(|n| n.name.clone()).collect(),
            ends: topology.links.iter().flat_map(|l| &l.ends).map(|e| topology.end_name(e)).collect(),
            shown: None,
        }
    }

    /// Shows the lab to browsers on this machine: where.
    pub fn show(&mut self, port: u16) -> Result<String, String> {
        if let Some(url) = &self.shown {
            return Ok(url.clone());
        }
        let url = view::live(&self.live, port)?;
        self.shown = Some(url.clone());
        Ok(url)
    }

    fn node(&self) -> String {
        self.node.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn run_extra(&mut self, row: Row, args: &Args) -> Result<String, String> {
        match row {
            Row::Node => {
                let name: String = args.need("NODE")?;
                let wanted = name.clone();
                let role = self.live.ask(move |r| {
                    let index = r.lab.find(&wanted)?;
                    Ok(r.lab.topology().nodes.get(index).map(|n| n.role.name()))
                });
                if role.map_err(gone)?.map_err(|e: String| e)? == Some("switch") {
                    return Err(format!("{name} is a switch: it has no prompt"));
                }
                *self.node.lock().unwrap_or_else(PoisonError::into_inner) = name;
                Ok(String::new())
            }
            Row::Status => self.status(),
            Row::Time => {
                let now = self.live.ask(|r| r.lab.now()).map_err(gone)?;
                Ok(format!("{} since the lab was switched on\n", units::show(now.since(fib::Instant::ZERO))))
            }
            Row::Topology => self.live.ask(|r| graph::links(&r.lab.links())).map_err(gone),
            Row::Link => {
                let end: String = args.need("END")?;
                let changes = link_changes(args)?;
                self.disturb(move |lab| changes.iter().try_for_each(|c| lab.change_link(&end, c)))
            }
            Row::Kill => {
                let name: String = args.need("NODE")?;
                self.disturb(move |lab| lab.kill(&name))
            }
            Row::Revive => {
                let name: String = args.need("NODE")?;
                self.disturb(move |lab| lab.revive(&name))
            }
            Row::Configure => {
                let text: String = args.need("LINE")?;
                self.disturb(move |lab| {
                    let lines: Vec<&str> = text.split(';').map(str::trim).filter(|l| !l.is_empty()).collect();
                    lab.configure_all(&lines)
                })
            }
            Row::Path => {
                let to = args.need("to")?;
                let from = self.node();
                let path = self.live.ask(move |r| {
                    let from = r.lab.find(&from)?;
                    Ok::<_, String>(r.lab.tables().path(from, to))
                });
                match path.map_err(gone)?? {
                    Ok(path) => Ok(format!("{}\n", path.join(" > "))),
                    Err((path, why)) => Err(format!("{} and no further: {why}", path.join(" > "))),
                }
            }
            Row::Loops => {
                let found = self.live.ask(|r| r.lab.find_loop()).map_err(gone)?;
                Ok(found.map_or_else(|| "no forwarding loop\n".to_owned(), |l| format!("{l}\n")))
            }
            Row::Wheel => {
                let prefix = args.need("PREFIX")?;
                let spent = Duration::from_secs(args.get("seconds").unwrap_or(30));
                let mut watch = None;
                let done = self.live.wait(spent + Duration::from_secs(1), move |r| {
                    let watch = watch.get_or_insert_with(|| Watch::new(&mut r.lab, prefix));
                    watch.look(&mut r.lab);
                    watch.has_watched(&r.lab, spent).then(|| format!("{}\n", watch.report(&r.lab)))
                });
                done.map_err(gone)?.ok_or_else(|| "nothing happened at all".to_owned())
            }
            Row::View => {
                let url = self.show(args.get("port").unwrap_or(0))?;
                Ok(format!("{url}\n"))
            }
            Row::Wait => {
                let d = units::duration(args.text("TIME").unwrap_or_default())?;
                self.live.wait(d, |_| None::<()>).map_err(gone)?;
                Ok(String::new())
            }
            Row::WaitConverged => {
                let limit = Duration::from_secs(args.get("seconds").unwrap_or(60));
                let done = self.live.wait(limit, |r| r.is_converged().then_some(())).map_err(gone)?;
                match done {
                    Some(()) => Ok(String::new()),
                    None => Err(format!("routes still change after {}", units::show(limit))),
                }
            }
        }
    }

    /// Does something to the lab after which nothing counts as converged until it has proved itself.
    fn disturb(
        &self,
        f: impl FnOnce(&mut super::Lab) -> Result<(), String> + Send + 'static,
    ) -> Result<String, String> {
        let done = self.live.ask(|r| {
            r.disturbed();
            f(&mut r.lab)
        });
        done.map_err(gone)?.map(|()| String::new())
    }

    fn status(&self) -> Result<String, String> {
        let (nodes, links, resting, converged, now) = self
            .live
            .ask(|r| (r.lab.nodes(), r.lab.links(), r.resting(), r.is_converged(), r.lab.now()))
            .map_err(gone)?;
        let state = if converged { "converged" } else { "settling" };
        Ok(format!(
            "up for {}, {state}: no route has changed for {}\n\n{}\n{}",
            graph::uptime(now.since(fib::Instant::ZERO)),
            units::show(resting),
            graph::nodes(&nodes),
            graph::links(&links)
        ))
    }
}

fn gone(_: Gone) -> String {
    Gone.to_string()
}

fn link_changes(args: &Args) -> Result<Vec<Change>, String> {
    if args.has("up") {
        return Ok(vec![Change::Up]);
    }
    if args.has("down") {
        return Ok(vec![Change::Down]);
    }
    let text: String = args.need("change")?;
    text.split_whitespace().map(str::parse).collect()
}

impl Backend for Session {
    fn execute(&mut self, command: Command) -> Reply {
        let node = self.node();
        let answer = self.live.ask(move |r| {
            if matches!(command, Command::Configure { .. } | Command::Clear(_)) {
                r.disturbed();
            }
            r.lab.execute(&node, command).unwrap_or_else(Reply::Error)
        });
        answer.unwrap_or_else(|e| Reply::Error(e.to_string()))
    }

    fn poll(&mut self, job: u64, timeout: Duration) -> Option<Progress> {
        let node = self.node();
        match self.live.wait(timeout, move |r| r.lab.poll_progress(&node, job)) {
            Ok(progress) => progress,
            Err(e) => Some(Progress::Failed(e.to_string())),
        }
    }

    fn monitor(&mut self, on: bool) -> Option<LogStream> {
        self.monitoring.store(false, Ordering::Relaxed);
        if !on {
            return None;
        }
        let (lines, stream) = channel::<LogLine>();
        let node = Arc::clone(&self.node);
        let wanted = Arc::new(AtomicBool::new(true));
        self.monitoring = Arc::clone(&wanted);
        let watching = self.live.watch(move |r| {
            if !wanted.load(Ordering::Relaxed) {
                return true;
            }
            r.lab.follow_log();
            let here = node.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let mut log = r.lab.take_log().into_iter().filter(|(name, _)| *name == here);
            // A send that fails: the listener has gone, and so does this watch.
            log.any(|(_, line)| lines.send(line).is_err())
        });
        watching.ok()?;
        Some(Box::new(stream.into_iter()))
    }

    fn extras(&self) -> Vec<Extra> {
        let help: Vec<(String, String)> =
            HELP.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let extra = |(_, pattern, about): &(Row, &str, &str)| Extra {
            pattern: (*pattern).to_owned(),
            about: (*about).to_owned(),
            help: help.clone(),
        };
        ROWS.iter().map(extra).collect()
    }

    fn extra(&mut self, index: usize, args: &Args, _screen: &mut dyn Screen) -> Result<String, String> {
        let (row, _, _) = ROWS.get(index).ok_or("no such command")?;
        self.run_extra(*row, args)
    }

    fn values(&mut self, label: &str) -> Vec<String> {
        match label {
            "NODE" => self.names.clone(),
            "END" => self.ends.clone(),
            _ => Vec::new(),
        }
    }
}

/// Starts the lab and gives the operator a prompt, or runs what comes from a pipe. With a port, browsers see it, too.
pub fn run(lab: super::Lab, terminal: bool, port: Option<u16>) -> ExitCode {
    let topology = lab.topology().clone();
    let live = match Live::start(lab) {
        Ok(live) => live,
        Err(e) => {
            eprintln!("cannot start the lab: {e}");
            return ExitCode::FAILURE;
        }
    };
    let mut session = Session::new(live, &topology);
    if let Some(port) = port {
        match session.show(port) {
            Ok(url) => println!("{url}"),
            Err(reason) => {
                eprintln!("{reason}");
                return ExitCode::FAILURE;
            }
        }
    }
    if terminal {
        let options = shell::Options { banner: banner(&topology), history: history() };
        shell::run_interactive(session, options)
    } else {
        let mut out = std::io::stdout().lock();
        let mut err = std::io::stderr().lock();
        let mut input = std::io::stdin().lock();
        piped(session, &mut input, &mut out, &mut err)
    }
}

fn piped(session: Session, input: &mut dyn BufRead, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    shell::run_piped(session, input, out, err)
}

/// Three lines: what runs, what to try, how to leave.
fn banner(topology: &Topology) -> String {
    let of = |role: &str| -> Vec<String> {
        topology.nodes.iter().filter(|n| n.role.name() == role).map(|n| n.name.clone()).collect()
    };
    let (routers, hosts) = (of("router"), of("host"));
    let mut who = few(&routers);
    if !hosts.is_empty() {
        who = format!("{who} and {}", few(&hosts));
    }
    let other = routers.get(1).or(hosts.first()).cloned().unwrap_or_else(|| "r1".to_owned());
    let end = topology.links.first().map(|l| topology.end_name(&l.ends[0])).unwrap_or_default();
    format!(
        "Lab {}: {who} are running in this process.\n\
         Try: show ip route | ping, traceroute | node {other} | lab link {end} down | lab status | ?\n\
         `exit` or Ctrl-D ends the lab; nothing of it stays.\n",
        topology.name
    )
}

/// `r1, r2, r3`, or `r1 to r100 (100)`.
fn few(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [first, .., last] if names.len() > 6 => format!("{first} to {last} ({})", names.len()),
        names => names.join(", "),
    }
}

fn history() -> Option<std::path::PathBuf> {
    std::env::var_os("HOME").map(|home| std::path::PathBuf::from(home).join(".routerd_lab_history"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_has_three_lines_and_names_what_is_there() {
        let t = Topology::new("t")
            .router("r1", configs::Config::default())
            .router("r2", configs::Config::default())
            .host("h1", &[])
            .link("r1:eth1", "r2:eth1");
        let text = banner(&t);
        assert_eq!(text.lines().count(), 3);
        assert!(
            text.contains("r1, r2 and h1")
                && text.contains("lab link r1:eth1 down")
                && text.contains("node r2")
        );
    }

    #[test]
    fn every_extra_command_has_a_pattern_the_grammar_understands() {
        for (_, pattern, about) in ROWS {
            assert!(cli::grammar::pattern::Pattern::parse(pattern).is_ok(), "{pattern}");
            assert!(!about.is_empty());
        }
    }
}
