//! PID 1 of a container: keeps one router running and the node reachable, whatever happens.
//!
//! The links of a container live as long as its network namespace, and that lives as long as PID 1. So this process does
//! next to nothing: it starts the router as its child, starts it again when it ends, reaps what else is left to it, and
//! ends within a second when asked. It reads no file, no configuration and no input, and knows nothing of networks.

mod backoff;
mod ended;

use backoff::Backoff;
use ended::Ended;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// After SIGTERM the router takes leave of its neighbors; then it is reminded that there is no more time.
const REMINDER: Duration = Duration::from_millis(500);

/// After that it is killed.
const LAST: Duration = Duration::from_millis(350);

/// The signals that mean something here. SIGINT and SIGQUIT do not: a terminal attached to a container sends them.
const SIGNALS: [Signal; 5] =
    [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT];

/// Runs `routerd run ARGUMENTS` for ever. Ends with 0 after SIGTERM, with 1 only where the system gives no signals.
pub fn main(arguments: &[String]) -> ExitCode {
    let mut mask = SigSet::empty();
    SIGNALS.into_iter().for_each(|signal| mask.add(signal));
    // Blocked before the first child is started, so that no news of one is lost.
    let signals = mask
        .thread_block()
        .and_then(|()| SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC));
    let signals = match signals {
        Ok(signals) => signals,
        Err(reason) => {
            say(&format!("cannot receive signals: {reason}"));
            return ExitCode::FAILURE;
        }
    };
    if std::process::id() != 1 {
        // Outside of a container the orphans of the router would go to somebody else.
        let _ = prctl::set_child_subreaper(true);
    }
    let mut supervisor = Supervisor {
        arguments: arguments.to_vec(),
        backoff: Backoff::default(),
        state: State::Waiting(now()),
    };
    loop {
        supervisor.handle_timeout(now());
        if matches!(supervisor.state, State::Over) {
            return ExitCode::SUCCESS;
        }
        wait(&signals, supervisor.next_timeout());
        while let Ok(Some(signal)) = signals.read_signal() {
            supervisor.handle_signal(signal.ssi_signo);
        }
        supervisor.reap();
    }
}

enum State {
    /// The child and when it was started.
    Running(Pid, Instant),
    /// Until the next start.
    Waiting(Instant),
    /// The child is to end; when it is told again, and how. `None`: there is nothing stronger.
    Stopping { child: Pid, next: Option<(Instant, Signal)> },
    /// Nothing is left to do.
    Over,
}

struct Supervisor {
    arguments: Vec<String>,
    backoff: Backoff,
    state: State,
}

impl Supervisor {
    fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Running(..) => None,
            State::Waiting(until) => Some(until),
            State::Stopping { next, .. } => next.map(|(at, _)| at),
            State::Over => Some(now()),
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        match &mut self.state {
            State::Waiting(until) if *until <= now => self.start(now),
            State::Stopping { child, next } => {
                if let Some((at, signal)) = next.take_if(|(at, _)| *at <= now) {
                    let _ = kill(*child, signal);
                    *next = (signal == Signal::SIGTERM).then_some((at + LAST, Signal::SIGKILL));
                }
            }
            _ => {}
        }
    }

    fn handle_signal(&mut self, signal: u32) {
        match (Signal::try_from(signal.cast_signed()), &self.state) {
            (Ok(Signal::SIGTERM), State::Running(child, _)) => {
                let child = *child;
                let _ = kill(child, Signal::SIGTERM);
                self.state = State::Stopping { child, next: Some((now() + REMINDER, Signal::SIGTERM)) };
            }
            (Ok(Signal::SIGTERM), State::Waiting(_)) => self.state = State::Over,
            (Ok(Signal::SIGHUP), State::Running(child, _)) => {
                self.backoff.forget();
                let _ = kill(*child, Signal::SIGHUP);
            }
            (Ok(Signal::SIGHUP), State::Waiting(_)) => {
                self.backoff.forget();
                self.state = State::Waiting(now());
            }
            _ => {}
        }
    }

    /// Takes the exit status of every child that has ended, our own or one that was left to us.
    fn reap(&mut self) {
        loop {
            let status = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(status) => status,
                Err(Errno::EINTR) => continue,
                // A signal that has no name here.
                Err(Errno::EINVAL) => {
                    self.miss();
                    continue;
                }
                // ECHILD: there are none.
                Err(_) => return,
            };
            let (Some(pid), Some(ended)) = (status.pid(), Ended::of(status)) else { return };
            match self.state {
                State::Running(child, since) if child == pid => self.ended(ended, since),
                State::Stopping { child, .. } if child == pid => self.state = State::Over,
                _ => {}
            }
        }
    }

    /// A child has ended and it is not known which: ours, if it is not there any more.
    fn miss(&mut self) {
        let gone = |child| kill(child, None::<Signal>) == Err(Errno::ESRCH);
        match self.state {
            State::Running(child, since) if gone(child) => self.ended(Ended::Signal(0), since),
            State::Stopping { child, .. } if gone(child) => self.state = State::Over,
            _ => {}
        }
    }

    fn ended(&mut self, ended: Ended, since: Instant) {
        let wait = self.backoff.after(ended, since.elapsed());
        say(&format!("the router has ended ({ended}); it is started again in {} ms", wait.as_millis()));
        self.state = State::Waiting(now() + wait);
    }

    fn start(&mut self, now: Instant) {
        // Not by name: the file may have been replaced, and an image need not have it where it was built.
        let mut command = Command::new("/proc/self/exe");
        command.arg0("routerd").args(["run", "--supervised"]).args(&self.arguments);
        if self.backoff.is_hopeless() {
            command.args(["--fault", "the router has failed five times in a row with it; its log says why"]);
        }
        // In a group of its own: Ctrl-C at a terminal attached to the container is not for the router.
        command.stdin(Stdio::null()).process_group(0);
        self.state = match command.spawn() {
            Ok(child) => State::Running(Pid::from_raw(child.id().cast_signed()), now),
            Err(reason) => {
                say(&format!("cannot start the router: {reason}"));
                State::Waiting(now + self.backoff.after(Ended::Signal(libc::SIGKILL), Duration::ZERO))
            }
        };
    }
}

/// Waits for a signal or the instant; interruptions and errors only look again early.
fn wait(signals: &SignalFd, until: Option<Instant>) {
    let timeout = match until {
        None => PollTimeout::NONE,
        // Rounded up: waking before the time would spin.
        Some(until) => {
            let left = until.saturating_duration_since(now()) + Duration::from_micros(999);
            PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
        }
    };
    let _ = poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], timeout);
}

/// To standard error, which may be gone: `eprintln!` would panic.
fn say(words: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "routerd: {words}");
}

#[expect(clippy::disallowed_methods, reason = "restarts happen in real time")]
fn now() -> Instant {
    Instant::now()
}
