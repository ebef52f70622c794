//! One operator's session: mode, privilege, prompt; a line in, its effect and text out. It reads no terminal:
//! [`crate::shell`] does, and tests do without.

mod backend;
mod pages;

use crate::command::{Command, Mode, Show};
use crate::config;
use crate::exec::{self, Action, Handler, View};
use crate::grammar::{Completion, Fault, Grammar, Help};
use crate::pipe::{self, Pipeline};
use crate::render;
use crate::reply::Reply;
use core::net::IpAddr;
use core::time::Duration;
use std::collections::BTreeSet;

pub use backend::{Backend, Extra, LogStream, Screen};

/// What came of a line.
pub enum Step {
    /// It was done.
    Done,
    /// It was refused, or did not work.
    Failed(Failure),
    /// The session is over.
    Exit,
    /// Print these lines as they come, until [`Step::MonitorOff`].
    Monitor(LogStream),
    /// No longer print the log.
    MonitorOff,
}

/// Why a line failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// In words, without `% `; empty: everything has been said already (a ping without an answer).
    pub message: String,
    /// The character of the line it is about, from 0.
    pub column: Option<usize>,
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure { message, column: None }
    }
}

/// Lines kept for `show history`.
const HISTORY: usize = 100;

/// How long one wait for a job lasts before Ctrl-C is looked at again.
const TICK: Duration = Duration::from_millis(100);

/// Waits for a cancelled job to sum up.
const PATIENCE: u32 = 10;

/// An operator at a backend.
pub struct Session<B> {
    backend: B,
    grammar: Grammar<Handler>,
    mode: Mode,
    hostname: String,
    length: Option<usize>,
    history: Vec<String>,
}

impl<B: Backend> Session<B> {
    /// A session in user mode (`r1>`).
    pub fn new(mut backend: B) -> Session<B> {
        let grammar = exec::grammar(&backend.extras());
        let hostname = backend.hostname();
        Session { backend, grammar, mode: Mode::User, hostname, length: None, history: Vec::new() }
    }

    /// A session in privileged mode, as scripts have it.
    pub fn privileged(backend: B) -> Session<B> {
        Session { mode: Mode::Privileged, ..Session::new(backend) }
    }

    /// The prompt, blank at the end included.
    pub fn prompt(&self) -> String {
        render::harmless(&format!("{}{} ", self.hostname, self.mode.prompt())).into_owned()
    }

    /// The mode.
    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    /// `terminal length`; `None`: never set, as high as the terminal.
    pub fn length(&self) -> Option<usize> {
        self.length
    }

    /// Ctrl-Z, and Ctrl-C in a configuration mode: back to privileged mode.
    pub fn end(&mut self) {
        if self.mode.is_config() {
            self.mode = Mode::Privileged;
        }
    }

    /// Ctrl-D: leaves the mode; true: the session is over.
    pub fn leave(&mut self) -> bool {
        match self.mode.parent() {
            Some(parent) => {
                self.mode = parent;
                false
            }
            None => true,
        }
    }

    /// Does what a line says.
    pub fn line(&mut self, line: &str, screen: &mut dyn Screen) -> Step {
        let line = line.trim_end();
        if config::is_comment(line) {
            return Step::Done;
        }
        self.remember(line);
        let result = match self.here(line) {
            Here::Config(line) => self.configure(line),
            Here::Exec { line, offset, mode } => self.run(line, &mode, screen).map_err(|mut failure| {
                failure.column = failure.column.map(|c| c.saturating_add(offset));
                failure
            }),
        };
        result.unwrap_or_else(Step::Failed)
    }

    /// What `?` shows behind `line`.
    pub fn help(&self, line: &str) -> String {
        let found = match self.place(line) {
            Place::Pipe(part) => pipe::grammar().help(crate::grammar::Modes::PIPE, part),
            Place::Exec(part, mode) => self.grammar.help(config::modes(&mode), part).map(|mut help| {
                if help.enter && part.trim_start().starts_with('s') {
                    help.entries.push(("|".to_owned(), "Filter what is printed".to_owned()));
                }
                help
            }),
            Place::Config(part) => self.config_help(part),
        };
        match found {
            Ok(help) => help_text(&help),
            Err(fault) => format!("% {}\n", unhelpful(fault, line)),
        }
    }

    /// What TAB may put in place of the word that begins at the byte offset.
    pub fn complete(&mut self, line: &str) -> (usize, Vec<String>) {
        let (part, found) = match self.place(line) {
            Place::Pipe(part) => (part, pipe::grammar().complete(crate::grammar::Modes::PIPE, part)),
            Place::Exec(part, mode) => (part, self.grammar.complete(config::modes(&mode), part)),
            Place::Config(part) => (part, self.config_complete(part)),
        };
        let Completion { start, mut keywords, labels } = found;
        let typed = part.get(start..).unwrap_or("");
        for label in labels {
            keywords.extend(self.values(part, &label).into_iter().filter(|v| v.starts_with(typed)));
        }
        let before = line.len().saturating_sub(part.len());
        (before.saturating_add(start), keywords)
    }

    fn remember(&mut self, line: &str) {
        if self.history.len() >= HISTORY {
            self.history.remove(0);
        }
        self.history.push(line.chars().take(crate::grammar::MAX_LINE).collect());
    }

    /// Whether a line is configuration or a command; `do` makes a command of it.
    fn here<'l>(&self, line: &'l str) -> Here<'l> {
        if !self.mode.is_config() {
            return Here::Exec { line, offset: 0, mode: self.mode.clone() };
        }
        let inner = line.trim_start();
        match inner.split_once(char::is_whitespace) {
            Some((first, rest)) if first.eq_ignore_ascii_case("do") => {
                let before = line.len().saturating_sub(rest.len());
                let offset = line.get(..before).map_or(0, |head| head.chars().count());
                Here::Exec { line: rest, offset, mode: Mode::Privileged }
            }
            _ => Here::Config(line),
        }
    }

    /// The same for an unfinished line: the last part of it, and what it belongs to.
    fn place<'l>(&self, line: &'l str) -> Place<'l> {
        match self.here(line) {
            Here::Config(line) => Place::Config(line),
            Here::Exec { line, mode, .. } => {
                let parts = pipe::split(line);
                match parts.last() {
                    Some((_, part)) if parts.len() > 1 => Place::Pipe(part),
                    _ => Place::Exec(line, mode),
                }
            }
        }
    }

    fn config_help(&self, part: &str) -> Result<Help, Fault> {
        let mut at = self.mode.clone();
        loop {
            match config::grammar().help(config::modes(&at), part) {
                Ok(mut help) => {
                    if part.trim().is_empty() {
                        help.entries.push(("do".to_owned(), "Run a command of privileged mode".to_owned()));
                    }
                    return Ok(help);
                }
                Err(fault) => match at.parent().filter(Mode::is_config) {
                    Some(parent) => at = parent,
                    None => return Err(fault),
                },
            }
        }
    }

    fn config_complete(&self, part: &str) -> Completion {
        let mut at = self.mode.clone();
        loop {
            let found = config::grammar().complete(config::modes(&at), part);
            match at.parent().filter(Mode::is_config) {
                Some(parent) if found.keywords.is_empty() && found.labels.is_empty() => at = parent,
                _ => return found,
            }
        }
    }

    /// Values of an argument: interfaces and lists are asked of the router, the rest of the backend.
    fn values(&mut self, line: &str, label: &str) -> Vec<String> {
        let mut values: BTreeSet<String> = self.backend.values(label).into_iter().collect();
        if label == "IFNAME" {
            if let Reply::Interfaces(all) = self.backend.execute(Command::Show(Show::Interfaces(None))) {
                values.extend(all.into_iter().map(|i| i.name));
            }
        } else if matches!(label, "NAME" | "LIST" | "ACL")
            && let Reply::Policy(policy) = self.backend.execute(Command::Show(Show::Policy))
        {
            let has = |word: &str| line.contains(word);
            match () {
                () if has("route-map") || has("call") => values.extend(policy.route_maps.into_keys()),
                () if has("key") => values.extend(policy.key_chains.into_keys()),
                () if has("as-path") => values.extend(policy.as_path_lists.into_keys()),
                () if has("large-comm") => values.extend(policy.large_community_lists.into_keys()),
                () if has("extcommunity") || has("extended-comm") => {
                    values.extend(policy.extcommunity_lists.into_keys());
                }
                () if has("comm") => values.extend(policy.community_lists.into_keys()),
                () if has("prefix") => values.extend(policy.prefix_lists.into_keys()),
                () if has("list") || has("distance") || has("match") => {
                    values.extend(policy.access_lists.into_keys());
                }
                () => {}
            }
        }
        values.into_iter().map(|v| crate::grammar::words::quote(&v).into_owned()).collect()
    }

    fn configure(&mut self, line: &str) -> Result<Step, Failure> {
        config::check(&self.mode, line).map_err(|e| Failure { message: e.message, column: e.column })?;
        if let Some(mode) = config::navigation(&self.mode, line) {
            self.mode = mode;
            return Ok(Step::Done);
        }
        let command = Command::Configure { mode: self.mode.clone(), line: line.to_owned() };
        match self.backend.execute(command) {
            Reply::Configured(mode) => {
                self.mode = mode;
                // Only lines about the name can change it; any beginning of the word may stand for it.
                if line.split_whitespace().any(|w| w.len() > 1 && "hostname".starts_with(&w.to_lowercase())) {
                    self.hostname = self.backend.hostname();
                }
                Ok(Step::Done)
            }
            Reply::Error(why) => Err(why.into()),
            other => Err(format!("unexpected answer: {}", kind(&other)).into()),
        }
    }

    fn run(&mut self, line: &str, mode: &Mode, screen: &mut dyn Screen) -> Result<Step, Failure> {
        let parts = pipe::split(line);
        let (command, filters) = match parts.split_first() {
            Some(((_, command), filters)) => (*command, filters),
            None => (line, parts.as_slice()),
        };
        let found = self.grammar.parse(config::modes(mode), command);
        let (handler, args) = match found {
            Ok((form, args)) => (form.run, args),
            Err(fault) => {
                let error = config::explain(fault, command);
                return Err(Failure { message: error.message, column: error.column });
            }
        };
        let mut pipeline = Pipeline::parse(filters).map_err(|(at, message)| {
            let column = at.and_then(|at| line.get(..at)).map(|head| head.chars().count());
            Failure { message, column }
        })?;
        let action = match handler {
            Handler::Own(run) => run(&args).map_err(Failure::from)?,
            Handler::Extra(index) => {
                let text = self.backend.extra(index, &args, screen).map_err(Failure::from)?;
                self.hostname = self.backend.hostname();
                let text = pipeline.push(&text) + &pipeline.finish();
                screen.page(&render::harmless(&text));
                return Ok(Step::Done);
            }
        };
        if !filters.is_empty()
            && !matches!(action, Action::Show { .. } | Action::History { .. } | Action::List)
        {
            return Err("only what is shown can be filtered".to_owned().into());
        }
        self.act(action, pipeline, screen)
    }

    fn act(
        &mut self,
        action: Action,
        mut pipeline: Pipeline,
        screen: &mut dyn Screen,
    ) -> Result<Step, Failure> {
        match action {
            Action::Show { show, view, json } => {
                pipeline.json |= json;
                let view = if pipeline.json { view } else { self.informed(view) };
                return self.show(show, &view, pipeline, screen);
            }
            Action::Send(command) => match self.backend.execute(command) {
                Reply::Error(why) => return Err(why.into()),
                reply => {
                    screen.page(&render::harmless(&render::text(&reply, &View::Plain, true)));
                    self.hostname = self.backend.hostname();
                }
            },
            Action::Ping(mut ping, interface) => {
                if let Some(name) = interface {
                    ping.source = Some(self.address_of(&name, ping.destination)?);
                }
                let (job, head) = render::Job::ping(&ping);
                return self.job(Command::Ping(ping), job, &head, screen);
            }
            Action::Traceroute(mut trace, interface) => {
                if let Some(name) = interface {
                    trace.source = Some(self.address_of(&name, trace.destination)?);
                }
                let (job, head) = render::Job::traceroute(&trace);
                return self.job(Command::Traceroute(trace), job, &head, screen);
            }
            Action::Enable => self.mode = Mode::Privileged,
            Action::Disable => self.mode = Mode::User,
            Action::Configure => self.mode = Mode::Config,
            Action::Exit if self.mode.is_config() => self.end(),
            Action::Exit => return Ok(Step::Exit),
            Action::Help => {
                screen.page(HOW_TO);
            }
            Action::List => {
                let mut lines: Vec<&str> = self.grammar.patterns(config::modes(&self.mode)).collect();
                lines.sort_unstable();
                let text: String = lines.iter().map(|l| format!("  {l}\n")).collect();
                let text = pipeline.push(&text) + &pipeline.finish();
                screen.page(&text);
            }
            Action::History { json } => {
                let text = match json || pipeline.json {
                    true => render::pretty(&self.history.iter().map(String::as_str).collect()),
                    false => self.history.iter().map(|l| format!("  {l}\n")).collect(),
                };
                let text = pipeline.push(&text) + &pipeline.finish();
                screen.page(&render::harmless(&text));
            }
            Action::Length(lines) => self.length = Some(lines),
            Action::Monitor(true) => {
                let stream = self.backend.monitor(true);
                return stream
                    .map(Step::Monitor)
                    .ok_or_else(|| "the log cannot be followed here".to_owned().into());
            }
            Action::Monitor(false) => {
                self.backend.monitor(false);
                return Ok(Step::MonitorOff);
            }
        }
        Ok(Step::Done)
    }

    /// FRR's status of RIP also says what is configured.
    fn informed(&mut self, view: View) -> View {
        match view {
            View::RipStatus(_) => View::RipStatus(self.rip_config()),
            View::Protocols(_) => View::Protocols(self.rip_config()),
            other => other,
        }
    }

    fn rip_config(&mut self) -> Option<Box<rip::config::Config>> {
        match self.backend.execute(Command::Show(Show::RunningConfig)) {
            Reply::Config(config) => config.rip.map(Box::new),
            _ => None,
        }
    }

    /// Asks page by page and prints.
    fn show(
        &mut self,
        mut show: Show,
        view: &View,
        mut pipeline: Pipeline,
        screen: &mut dyn Screen,
    ) -> Result<Step, Failure> {
        let whole = pipeline.json || matches!(view, View::RouteSummary(_)) || pages::adds_up(&show);
        let mut first = true;
        let mut gathered: Option<Reply> = None;
        loop {
            let reply = self.backend.execute(Command::Show(show.clone()));
            if let Reply::Error(why) = reply {
                return Err(why.into());
            }
            let more = pages::after(&reply);
            if whole {
                gathered = Some(match gathered.take() {
                    Some(before) => pages::join(before, reply),
                    None => reply,
                });
            } else {
                let text = pipeline.push(&render::text(&reply, view, first));
                if !screen.page(&render::harmless(&text)) {
                    return Ok(Step::Done);
                }
            }
            first = false;
            match more {
                Some(place) if pages::go_on(&mut show, &place) && !screen.interrupted() => {}
                _ => break,
            }
        }
        let mut text = String::new();
        if let Some(reply) = gathered {
            let all = match pipeline.json {
                true => render::pretty(&render::json(&reply, view)),
                false => render::text(&reply, view, true),
            };
            text = pipeline.push(&all);
        }
        text += &pipeline.finish();
        screen.page(&render::harmless(&text));
        Ok(Step::Done)
    }

    fn job(
        &mut self,
        command: Command,
        mut printed: render::Job,
        head: &str,
        screen: &mut dyn Screen,
    ) -> Result<Step, Failure> {
        let job = match self.backend.execute(command) {
            Reply::Job(job) => job,
            Reply::Error(why) => return Err(why.into()),
            other => return Err(format!("unexpected answer: {}", kind(&other)).into()),
        };
        let mut wanted = screen.write(head);
        let mut cancelled = 0;
        loop {
            if (!wanted || screen.interrupted()) && cancelled == 0 {
                self.backend.execute(Command::Cancel { job });
                cancelled = 1;
            }
            match self.backend.poll(job, TICK) {
                Some(progress) => {
                    let (text, over) = printed.step(&progress);
                    wanted &= screen.write(&render::harmless(&text));
                    match over {
                        Some(true) => return Ok(Step::Done),
                        Some(false) => return Err(Failure::default()),
                        None => {}
                    }
                }
                // A cancelled job sums up at once, or never.
                None if cancelled > PATIENCE => {
                    screen.write("\n");
                    return Err(Failure::default());
                }
                None if cancelled > 0 => cancelled = cancelled.saturating_add(1),
                None => {}
            }
        }
    }

    /// An interface's address to send from.
    fn address_of(&mut self, name: &str, destination: IpAddr) -> Result<IpAddr, Failure> {
        let all = match self.backend.execute(Command::Show(Show::Interfaces(Some(name.to_owned())))) {
            Reply::Interfaces(all) => all,
            Reply::Error(why) => return Err(why.into()),
            other => return Err(format!("unexpected answer: {}", kind(&other)).into()),
        };
        let v4 = destination.is_ipv4();
        let link_local = |i: &crate::reply::InterfaceView| i.link_local.map(IpAddr::V6).filter(|_| !v4);
        all.iter()
            .find_map(|i| {
                i.addresses.iter().map(fib::IfAddr::addr).find(|a| a.is_ipv4() == v4).or(link_local(i))
            })
            .ok_or_else(|| format!("interface {name} has no address to send from").into())
    }
}

enum Here<'l> {
    Config(&'l str),
    Exec { line: &'l str, offset: usize, mode: Mode },
}

enum Place<'l> {
    Config(&'l str),
    Exec(&'l str, Mode),
    Pipe(&'l str),
}

/// A reply's variant, for a message about a router of another version.
fn kind(reply: &Reply) -> String {
    let text = format!("{reply:?}");
    text.chars().take_while(|c| c.is_alphanumeric()).collect()
}

fn help_text(help: &Help) -> String {
    let enter = help.enter.then(|| ("<cr>".to_owned(), String::new()));
    let entries: Vec<_> = help.entries.iter().cloned().chain(enter).collect();
    let width = entries.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let line =
        |(label, words): &(String, String)| format!("{}\n", format!("  {label:<width$}  {words}").trim_end());
    entries.iter().map(line).collect()
}

fn unhelpful(fault: Fault, line: &str) -> String {
    match fault {
        Fault::Invalid { .. } => "Unrecognized command".to_owned(),
        other => config::explain(other, line).message,
    }
}

const HOW_TO: &str = "\
Type ? anywhere for what may come next, TAB to complete a word; any unique
beginning of a word will do. `configure terminal` changes the configuration,
`do` runs other commands from there, `no` in front of a line takes it back,
`exit` leaves a mode and `end` all of them; `write memory` keeps the changes.
What `show` prints can be filtered: | include, exclude, begin, section, count,
json. Ctrl-C stops a ping, Ctrl-Z leaves the configuration.
";
