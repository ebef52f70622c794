//! BIRD as a peer.

use super::net::{Net, Node};
use super::process::{Finished, Process};
use super::wait::poll_until;
use std::path::PathBuf;
use std::time::Duration;

/// A running BIRD.
#[derive(Debug)]
pub struct Bird {
    node: Node,
    control: PathBuf,
    process: Process,
}

impl Bird {
    /// The programs [`super::ready`] has to find.
    pub const NEEDS: [&'static str; 2] = ["bird", "birdc"];

    /// Starts BIRD with `config`; returns when it answers `birdc`.
    #[track_caller]
    pub fn start(net: &Net, node: &Node, config: &str) -> Bird {
        let path = |end: &str| net.path(&format!("{}-bird.{end}", node.name()));
        let (file, control, pid) = (path("conf"), path("ctl"), path("pid"));
        std::fs::write(&file, config).expect("the scenario's folder is writable");
        let words = [&file, &control, &pid].map(|p| p.display().to_string());
        let [file, socket, pid] = words.each_ref().map(String::as_str);
        let process = node.spawn("bird", "bird", &["-f", "-c", file, "-s", socket, "-P", pid]);
        let bird = Bird { node: node.clone(), control, process };
        poll_until(Duration::from_secs(30), "bird answers", || {
            let done = bird.ask("show status");
            if done.success() { Ok(()) } else { Err(format!("{}\n{}", done.stderr, bird.log())) }
        });
        bird
    }

    /// `birdc COMMAND`
    #[track_caller]
    pub fn show(&self, command: &str) -> String {
        self.ask(command).expect_success(&format!("birdc {command}"))
    }

    /// What it has logged to stderr.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// `birdc COMMAND`, which may fail: it does so where it finds nothing to show.
    pub fn ask(&self, command: &str) -> Finished {
        self.node.run(&format!("birdc -r -s {} {command}", self.control.display()))
    }
}
