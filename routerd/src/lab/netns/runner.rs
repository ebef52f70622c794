//! The runner: one process a lab that starts the nodes' processes and starts them again when they end, as a container
//! engine does with `restart: always`. Nothing depends on it: when it is killed the routers go on, and the next command
//! that looks at the lab starts another one, which adopts them.

use super::plan::{Daemon, Node, Plan};
use super::{foreign, place, rootless, space};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

/// How long a process must live to be started again at once.
const STEADY: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often what sends no signal is looked at: adopted processes, files that are waited for.
const LOOK: Duration = Duration::from_millis(50);
const LOOK_AT_ADOPTED: Duration = Duration::from_millis(200);

fn lock_file(plan: &Plan) -> PathBuf {
    plan.run.join(".runner")
}

/// Whether there is a runner: whoever holds the lock is alive.
pub fn is_alive(plan: &Plan) -> bool {
    File::open(lock_file(plan)).is_ok_and(|file| file.try_lock_shared().is_err())
}

/// The runner's process number, while there is one and it has written it down.
pub fn pid(plan: &Plan) -> Option<i32> {
    if !is_alive(plan) {
        return None;
    }
    std::fs::read_to_string(lock_file(plan)).ok()?.trim().parse().ok()
}

/// The mark of a lab that is being taken down: a runner that is late must not begin.
pub fn end_mark(plan: &Plan) -> PathBuf {
    plan.run.join(".end")
}

/// The process number of a daemon that is alive, whoever started it.
pub fn living(node: &Node, daemon: &Daemon) -> Option<i32> {
    let text = std::fs::read_to_string(node.pid_file(daemon)).ok()?;
    let (pid, since) = text.trim().split_once(' ')?;
    let pid = pid.parse().ok()?;
    (space::started(pid)? == since.parse::<u64>().ok()?).then_some(pid)
}

/// Writes down the daemons that run and that no file knows of.
fn find_strays(plan: &Plan) {
    for node in &plan.nodes {
        for daemon in node.daemons.iter().filter(|d| living(node, d).is_none()) {
            let Ok(program) = daemon.program.canonicalize() else { continue };
            let is_it =
                |pid: &i32| std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|p| p == program);
            let here = space::inhabitants(core::iter::once(node.space.as_path()));
            if let Some(pid) = here.into_iter().find(is_it)
                && let Some(since) = space::started(pid)
            {
                let _ = place::write_whole(&node.pid_file(daemon), format!("{pid} {since}").as_bytes());
            }
        }
    }
}

/// Starts the runner of a lab, unless there is one.
pub fn ensure(plan: &Plan) -> io::Result<()> {
    if is_alive(plan) || plan.nodes.iter().all(|n| n.daemons.is_empty()) {
        return Ok(());
    }
    let log = OpenOptions::new().create(true).append(true).open(plan.run.join(".runner.log"))?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["lab", "runner", &plan.lab]).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    if let Some(uid) = rootless::outside() {
        command.env(rootless::USER, uid.to_string());
    }
    // Nobody waits for it: it outlives this process.
    command.spawn().map(drop)
}

/// Tells the runner to look at everything again.
pub fn nudge(plan: &Plan) {
    if let Some(pid) = pid(plan) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGHUP);
    }
}

/// `routerd lab runner LAB`: until SIGTERM.
pub fn main(lab: &str) -> ExitCode {
    let plan = match Plan::load(lab) {
        Ok(Some(plan)) => plan,
        Ok(None) => return ExitCode::FAILURE,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::FAILURE;
        }
    };
    // Away from the terminal of whoever deployed.
    let _ = nix::unistd::setsid();
    let lock = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(lock_file(&plan));
    let Ok(mut lock) = lock else { return ExitCode::FAILURE };
    if lock.try_lock().is_err() {
        // Another one was faster.
        return ExitCode::SUCCESS;
    }
    if end_mark(&plan).exists() {
        return ExitCode::SUCCESS;
    }
    // A runner that was killed may have started what it had no time to write down.
    if lock.metadata().is_ok_and(|m| m.len() > 0) {
        find_strays(&plan);
    }
    let written = lock.set_len(0).and_then(|()| write!(lock, "{}", std::process::id()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match (written, runtime) {
        (Ok(()), Ok(runtime)) => {
            runtime.block_on(Runner::new(&plan).run());
            ExitCode::SUCCESS
        }
        _ => ExitCode::FAILURE,
    }
}

enum State {
    /// To be started then, or when what it waits for is there.
    Waiting(Instant),
    /// A child of this process.
    Running(Child, Instant),
    /// Alive, and a child of a runner that is gone.
    Adopted(Instant),
}

struct Charge<'p> {
    node: &'p Node,
    daemon: &'p Daemon,
    state: State,
    pause: Duration,
    /// What gives it its configuration, while that is at it.
    loading: Option<Child>,
}

struct Runner<'p> {
    charges: Vec<Charge<'p>>,
}

#[expect(clippy::disallowed_methods, reason = "processes live in real time")]
fn now() -> Instant {
    Instant::now()
}

impl<'p> Runner<'p> {
    fn new(plan: &'p Plan) -> Runner<'p> {
        let all = plan.nodes.iter().flat_map(|n| n.daemons.iter().map(move |d| (n, d)));
        let charge = |(node, daemon): (&'p Node, &'p Daemon)| {
            let state = match living(node, daemon) {
                Some(_) => State::Adopted(now()),
                None => State::Waiting(now()),
            };
            Charge { node, daemon, state, pause: FIRST_PAUSE, loading: None }
        };
        Runner { charges: all.map(charge).collect() }
    }

    async fn run(&mut self) {
        let kinds = [SignalKind::child(), SignalKind::hangup(), SignalKind::terminate()];
        let [Ok(mut child), Ok(mut hangup), Ok(mut term)] = kinds.map(signal) else { return };
        loop {
            self.charges.iter_mut().for_each(Charge::tend);
            let next = self.charges.iter().filter_map(Charge::next_look).min();
            let wait = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = child.recv() => {}
                _ = hangup.recv() => self.charges.iter_mut().for_each(Charge::hurry),
                _ = term.recv() => break,
                () = wait => {}
            }
        }
        for charge in &mut self.charges {
            if let Some(pid) = living(charge.node, charge.daemon) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
        for charge in &mut self.charges {
            if let State::Running(child, _) = &mut charge.state {
                let _ = child.wait();
            }
        }
    }
}

impl Charge<'_> {
    /// Starts it, buries it, or leaves it alone.
    fn tend(&mut self) {
        let ended = match &mut self.state {
            State::Running(child, since) => match child.try_wait() {
                Ok(Some(status)) => {
                    let how = match (status.code(), status.signal()) {
                        (Some(code), _) => format!("ended with status {code}"),
                        (None, signal) => format!("was ended by signal {}", signal.unwrap_or(0)),
                    };
                    Some((how, *since))
                }
                _ => None,
            },
            State::Adopted(since) if living(self.node, self.daemon).is_none() => {
                Some(("ended".to_owned(), *since))
            }
            State::Adopted(_) | State::Waiting(_) => None,
        };
        if let Some((how, since)) = ended {
            let _ = std::fs::remove_file(self.node.pid_file(self.daemon));
            if since.elapsed() >= STEADY {
                self.pause = FIRST_PAUSE;
            }
            if !self.node.off_mark().exists() {
                let _ = place::write_whole(&self.node.failure_file(self.daemon), how.as_bytes());
                eprintln!("{} {}: {how}", self.node.long, self.daemon.name);
            }
            self.state = State::Waiting(now() + self.pause);
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
        if let State::Waiting(at) = self.state
            && at <= now()
            && !self.node.off_mark().exists()
            && self.daemon.after.as_ref().is_none_or(|f| f.exists())
        {
            match self.start() {
                Ok(child) => self.state = State::Running(child, now()),
                Err(e) => {
                    let _ =
                        place::write_whole(&self.node.failure_file(self.daemon), e.to_string().as_bytes());
                    eprintln!("{} {}: {e}", self.node.long, self.daemon.name);
                    self.state = State::Waiting(now() + self.pause);
                    self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        if matches!(self.state, State::Running(..) | State::Adopted(_)) {
            self.load();
        } else if let Some(mut loader) = self.loading.take() {
            // It was at one that is gone.
            let _ = loader.kill().and_then(|()| loader.wait());
        }
    }

    /// Gives it its configuration when it answers; several are given theirs at a time.
    fn load(&mut self) {
        let (node, daemon) = (self.node, self.daemon);
        if node.is_loaded(daemon) {
            return;
        }
        let begun = match &mut self.loading {
            Some(child) => child.try_wait().map(|status| status.is_some()),
            None if !daemon.answers() => return,
            None => {
                let log = OpenOptions::new().create(true).append(true).open(node.log_file(daemon));
                // Lines that it refuses are told where a user looks, and it goes on without them, as FRR's own start does.
                log.and_then(|log| super::enter::begin(node, &daemon.load, log)).map(|child| {
                    self.loading = Some(child);
                    false
                })
            }
        };
        match begun {
            Ok(false) => return,
            Ok(true) => {}
            Err(e) => eprintln!("{} {}: its configuration: {e}", node.long, daemon.name),
        }
        self.loading = None;
        let _ = place::write_whole(&node.loaded_mark(daemon), b"");
    }

    fn start(&self) -> io::Result<Child> {
        let (node, daemon) = (self.node, self.daemon);
        foreign::prepare(node)?;
        // What a killed one left behind answers nobody, and must not look as if it did.
        let _ = std::fs::remove_file(&daemon.socket);
        let _ = std::fs::remove_file(node.failure_file(daemon));
        let _ = std::fs::remove_file(node.loaded_mark(daemon));
        std::fs::create_dir_all(&node.dir)?;
        let log = OpenOptions::new().create(true).append(true).open(node.log_file(daemon))?;
        let mut command = Command::new(&daemon.program);
        command.args(&daemon.args).envs(&node.env);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = space::spawn(node, &mut command)?;
        let pid = i32::try_from(child.id()).unwrap_or(0);
        let since = space::started(pid).unwrap_or(0);
        place::write_whole(&node.pid_file(daemon), format!("{pid} {since}").as_bytes())?;
        Ok(child)
    }

    /// When it has to be looked at without a signal.
    fn next_look(&self) -> Option<Instant> {
        match self.state {
            State::Running(..) if self.node.is_loaded(self.daemon) => None,
            State::Running(..) => Some(now() + LOOK),
            State::Adopted(_) => Some(now() + LOOK_AT_ADOPTED),
            State::Waiting(_) if self.node.off_mark().exists() => None,
            State::Waiting(at) => Some(at.max(now() + LOOK)),
        }
    }

    /// Does not make what waits wait any longer.
    fn hurry(&mut self) {
        if let State::Waiting(at) = &mut self.state {
            *at = now();
            self.pause = FIRST_PAUSE;
        }
    }
}
