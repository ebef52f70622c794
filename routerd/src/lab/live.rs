//! A lab that follows the wall clock, on a thread of its own.
//!
//! The only place of the lab that reads a real clock. The thread owns the [`Lab`]; whoever holds a [`Live`] sends it
//! closures to run between events, so no lock is held while a router works and nothing inside the lab knows.

use super::sim::Lab;
use core::time::Duration;
use fib::Instant;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

/// How long the thread sleeps at most: the pace of what is asked again and again.
const PACE: Duration = Duration::from_millis(50);
/// Between two looks at whether the tables have changed.
const LOOK: Duration = Duration::from_millis(500);

/// Something to do with the lab; true: it is done, false: ask again after whatever happens next.
type Task = Box<dyn FnMut(&mut Running) -> bool + Send>;

/// What the thread keeps.
pub struct Running {
    /// The lab.
    pub lab: Lab,
    /// When tables were last seen to change, in lab time.
    pub last_change: Instant,
    fingerprint: u64,
    looked: Instant,
}

/// A handle on the thread; when the last one is gone the thread ends.
#[derive(Clone)]
pub struct Live {
    tasks: Sender<Task>,
}

/// The lab's thread is gone.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Gone;

impl core::fmt::Display for Gone {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the lab has stopped")
    }
}

impl Live {
    /// Starts the clock.
    pub fn start(lab: Lab) -> std::io::Result<Live> {
        let (tasks, inbox) = channel();
        std::thread::Builder::new().name("lab".to_owned()).spawn(move || run(lab, &inbox))?;
        Ok(Live { tasks })
    }

    /// Runs `f` between two events and gives its answer.
    pub fn ask<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Running) -> T + Send + 'static,
    ) -> Result<T, Gone> {
        let (answer, answers) = channel();
        let mut f = Some(f);
        self.send(Box::new(move |running| {
            if let Some(f) = f.take() {
                // Nobody waits any more: not our concern.
                let _ = answer.send(f(running));
            }
            true
        }))?;
        answers.recv().map_err(|_| Gone)
    }

    /// Runs `f` until it has an answer, at most for `timeout` of real time. `None`: no answer in time.
    pub fn wait<T: Send + 'static>(
        &self,
        timeout: Duration,
        mut f: impl FnMut(&mut Running) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>, Gone> {
        let (answer, answers) = channel();
        let mut deadline = None;
        self.send(Box::new(move |running| {
            let now = running.lab.now();
            let deadline = *deadline.get_or_insert(now + timeout);
            match f(running) {
                Some(value) => {
                    let _ = answer.send(Some(value));
                    true
                }
                None if now >= deadline => {
                    let _ = answer.send(None);
                    true
                }
                None => false,
            }
        }))?;
        answers.recv().map_err(|_| Gone)
    }

    /// Runs `f` after everything that happens, until it says true.
    pub fn watch(&self, f: impl FnMut(&mut Running) -> bool + Send + 'static) -> Result<(), Gone> {
        self.send(Box::new(f))
    }

    fn send(&self, task: Task) -> Result<(), Gone> {
        self.tasks.send(task).map_err(|_| Gone)
    }
}

fn run(lab: Lab, inbox: &Receiver<Task>) {
    #[expect(clippy::disallowed_methods, reason = "here the lab's time is the wall clock's")]
    let clock = std::time::Instant::now;
    let started = clock();
    let mut running = Running { fingerprint: 0, last_change: lab.now(), looked: lab.now(), lab };
    running.fingerprint = running.lab.tables_fingerprint();
    let mut waiting: Vec<Task> = Vec::new();
    loop {
        running.lab.run_until(Instant::ZERO + clock().duration_since(started));
        running.look();
        waiting.retain_mut(|task| !task(&mut running));
        let now = Instant::ZERO + clock().duration_since(started);
        let next = running.lab.next_event().map_or(PACE, |at| at.since(now));
        match inbox.recv_timeout(next.min(PACE)) {
            Ok(mut task) => {
                running.lab.run_until(Instant::ZERO + clock().duration_since(started));
                if !task(&mut running) {
                    waiting.push(task);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl Running {
    /// Notes when tables change, by looking now and then.
    fn look(&mut self) {
        let now = self.lab.now();
        if now.since(self.looked) < LOOK {
            return;
        }
        self.looked = now;
        let fingerprint = self.lab.tables_fingerprint();
        if fingerprint != self.fingerprint {
            (self.fingerprint, self.last_change) = (fingerprint, now);
        }
    }

    /// How long the network has been at rest.
    pub fn resting(&self) -> Duration {
        self.lab.now().since(self.last_change)
    }

    /// Whether the network counts as converged: at rest for longer than its protocols keep news to themselves.
    pub fn is_converged(&self) -> bool {
        self.resting() >= self.lab.short_quiet_window()
    }

    /// Something was done that may change tables: what was at rest is so no longer, until it has proved itself again.
    pub fn disturbed(&mut self) {
        self.last_change = self.lab.now();
    }
}
