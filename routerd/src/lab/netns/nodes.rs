//! Talking to the nodes of a deployed lab: to routers by their control sockets, to the others by programs.

use super::super::probe::{self, Listener};
use super::enter;
use super::plan::{Plan, Role};
use cli::client::SocketBackend;
use cli::{Backend, Command, Reply, shell};
use core::time::Duration;
use std::collections::BTreeMap;
use std::process::Stdio;

/// How long one look at a job takes when it has nothing to say.
const LOOK: Duration = Duration::from_millis(200);

/// Now, where time passes by itself.
#[expect(clippy::disallowed_methods, reason = "a deployed lab lives in real time")]
pub fn clock() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// The nodes, and connections to those that have been asked something.
pub struct Nodes {
    /// What was deployed.
    pub plan: Plan,
    backends: BTreeMap<String, SocketBackend>,
}

impl Nodes {
    /// Nobody has been asked yet.
    pub fn new(plan: Plan) -> Nodes {
        Nodes { plan, backends: BTreeMap::new() }
    }

    /// Forgets the connection to a router that is about to go.
    pub fn hang_up(&mut self, name: &str) {
        self.backends.remove(name);
    }

    /// Whether it runs routerd.
    pub fn is_router(&self, name: &str) -> bool {
        self.plan.find(name).is_ok_and(|n| n.role == Role::Router)
    }

    /// The connection to a router; a broken one is made again.
    fn backend(&mut self, name: &str) -> Result<&mut SocketBackend, String> {
        if !self.is_router(name) {
            return Err(format!("{name} runs no routerd"));
        }
        if !self.backends.contains_key(name) {
            let socket = self.plan.find(name)?.socket();
            let backend =
                SocketBackend::connect(socket).map_err(|e| format!("{name} does not answer: {e}"))?;
            self.backends.insert(name.to_owned(), backend);
        }
        self.backends.get_mut(name).ok_or_else(|| format!("{name} does not answer"))
    }

    /// What a job of a router says until `done` says so, or `limit` has passed.
    pub fn job(
        &mut self,
        name: &str,
        command: Command,
        limit: Duration,
        done: Listener<'_>,
    ) -> Result<(), String> {
        let job = probe::number(self.execute(name, command)?)?;
        let deadline = clock() + limit;
        while clock() < deadline {
            let backend = self.backend(name)?;
            if let Some(progress) = backend.poll(job, LOOK)
                && done(progress)
            {
                return Ok(());
            }
        }
        self.execute(name, Command::Cancel { job }).map(drop)
    }

    /// Runs one typed command.
    pub fn execute(&mut self, node: &str, command: Command) -> Result<Reply, String> {
        let reply = self.backend(node)?.execute(command);
        // One that was killed answers on a new socket when it is back.
        if let Reply::Error(_) = &reply {
            self.backends.remove(node);
        }
        Ok(reply)
    }

    /// What a router prints for a line.
    pub fn type_line(&mut self, node: &str, line: &str) -> Result<String, String> {
        self.backends.remove(node);
        let backend =
            SocketBackend::connect(self.plan.find(node)?.socket()).map_err(|e| format!("{node}: {e}"))?;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        shell::run_oneshot(backend, &[line.to_owned()], &mut out, &mut err);
        if err.is_empty() {
            Ok(String::from_utf8_lossy(&out).into_owned())
        } else {
            Err(String::from_utf8_lossy(&err).trim_end().to_owned())
        }
    }

    /// What a program in a host prints.
    pub fn program(&self, node: &str, words: &[&str]) -> Result<String, String> {
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        let done = enter::run(self.plan.find(node)?, &words, Stdio::null());
        let done = done.map_err(|e| format!("{}: {e}", words.first().map_or("", String::as_str)))?;
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }
}
