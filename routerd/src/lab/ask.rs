//! Typing a line at a node's prompt in virtual time: the same grammar and the same text an operator would see, and jobs
//! that take no wall-clock time.

use super::sim::Lab;
use cli::{Backend, Command, Progress, Reply, shell};
use core::time::Duration;

/// What a node prints for a line. An error is what it prints when it refuses.
pub fn type_line(lab: &mut Lab, node: &str, line: &str) -> Result<String, String> {
    lab.find(node)?;
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let backend = Prompt { lab, node: node.to_owned() };
    shell::run_oneshot(backend, &[line.to_owned()], &mut out, &mut err);
    if err.is_empty() {
        Ok(String::from_utf8_lossy(&out).into_owned())
    } else {
        Err(String::from_utf8_lossy(&err).trim_end().to_owned())
    }
}

struct Prompt<'l> {
    lab: &'l mut Lab,
    node: String,
}

impl Backend for Prompt<'_> {
    fn execute(&mut self, command: Command) -> Reply {
        self.lab.execute(&self.node, command).unwrap_or_else(Reply::Error)
    }

    fn poll(&mut self, job: u64, timeout: Duration) -> Option<Progress> {
        let deadline = self.lab.now() + timeout;
        loop {
            if let Some(progress) = self.lab.poll_progress(&self.node, job) {
                return Some(progress);
            }
            match self.lab.next_event() {
                Some(at) if at <= deadline => self.lab.run_until(at),
                _ => {
                    self.lab.run_until(deadline);
                    return None;
                }
            }
        }
    }
}
