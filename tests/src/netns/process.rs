//! Child processes: one-shot commands that always end, and daemons that die with their handle.

use super::wait::{Stopwatch, poll_until};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A one-shot command's outcome.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Exit status; `None`: ended by a signal.
    pub status: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Finished {
    /// Exit status 0.
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }

    /// Runs a command line to its end, at most 60 seconds.
    pub fn run(program: &str, args: &[&str]) -> Finished {
        // `timeout` rather than a thread of ours: it also ends what the command started.
        let output = Command::new("timeout")
            .args(["--kill-after=1", "60", program])
            .args(args)
            .stdin(Stdio::null())
            .output()
            .expect("coreutils' timeout is installed");
        Finished {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Its output, or the test fails with everything it said.
    #[track_caller]
    pub fn expect_success(self, what: &str) -> String {
        if !self.success() {
            panic!("{what}: status {:?}\nstdout: {}\nstderr: {}", self.status, self.stdout, self.stderr);
        }
        self.stdout
    }
}

/// A running child whose output goes to a file. Dropping it kills it; a failing test prints the end of its log.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program args..` with stdout and stderr in `log`. `name` is for messages.
    #[track_caller]
    pub fn spawn(name: &str, log: &Path, program: &str, args: &[&str]) -> Process {
        let file = File::create(log).expect("the scenario's folder is writable");
        let both = file.try_clone().expect("a file handle can be cloned");
        // The kernel kills it should the test itself be killed.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", program])
            .args(args)
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(both)
            .spawn()
            .expect("util-linux's setpriv is installed");
        Process { name: name.to_owned(), child, log: log.to_path_buf() }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it printed so far.
    pub fn log(&self) -> String {
        std::fs::read(&self.log).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()
    }

    /// Its exit status if it has ended: the code, or `None` inside for a signal.
    pub fn ended(&mut self) -> Option<Option<i32>> {
        self.child.try_wait().ok().flatten().map(|status| status.code())
    }

    /// Sends a signal by name (`TERM`, `INT`).
    pub fn signal(&self, signal: &str) {
        Finished::run("kill", &["-s", signal, &self.id().to_string()]).expect_success("kill");
    }

    /// Waits for its end and returns the exit code (`None`: a signal) and how long that took.
    #[track_caller]
    pub fn wait(&mut self, limit: Duration) -> (Option<i32>, Duration) {
        let watch = Stopwatch::start();
        let what = format!("{} ends", self.name);
        let code = poll_until(limit, &what, || self.ended().ok_or_else(|| "still running".to_owned()));
        (code, watch.elapsed())
    }

    /// Fails the test if the process has ended on its own.
    #[track_caller]
    pub fn assert_running(&mut self) {
        if let Some(status) = self.ended() {
            panic!("{} ended with status {status:?}\n{}", self.name, tail(&self.log(), 60));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the end of {}'s log\n{}", self.name, tail(&self.log(), 60));
        }
    }
}

/// The last `lines` lines.
fn tail(text: &str, lines: usize) -> &str {
    let mut starts: Vec<usize> =
        text.match_indices('\n').map(|(at, _)| at + 1).filter(|at| *at < text.len()).collect();
    starts.insert(0, 0);
    let first = starts.len().saturating_sub(lines);
    &text[starts.get(first).copied().unwrap_or(0)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_last_lines_and_never_more_than_there_are() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc\n");
        assert_eq!(tail("a\nb", 1), "b");
        assert_eq!(tail("a\nb", 9), "a\nb");
        assert_eq!(tail("", 3), "");
    }

    #[test]
    fn a_child_dies_with_its_handle() {
        let log = std::env::temp_dir().join(format!("rt{}-child.log", std::process::id()));
        let child = Process::spawn("a child", &log, "tail", &["-f", "/dev/null"]);
        let proc_entry = PathBuf::from(format!("/proc/{}", child.id()));
        assert!(proc_entry.exists());
        drop(child);
        assert!(!proc_entry.exists(), "killed and reaped");
        std::fs::remove_file(log).unwrap();
    }

    #[test]
    fn a_failing_command_shows_what_it_said() {
        let finished = Finished::run("sh", &["-c", "echo out; echo err >&2; exit 3"]);
        assert_eq!(
            (finished.status, finished.stdout.as_str(), finished.stderr.as_str()),
            (Some(3), "out\n", "err\n")
        );
    }
}
