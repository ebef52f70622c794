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
        Bird::launch(net, node, config, &[])
    }

    /// The same after a crash: it takes up what it left in the kernel (RFC 4724).
    #[track_caller]
    pub fn recover(net: &Net, node: &Node, config: &str) -> Bird {
        Bird::launch(net, node, config, &["-R"])
    }

    #[track_caller]
    fn launch(net: &Net, node: &Node, config: &str, options: &[&str]) -> Bird {
        let path = |end: &str| net.path(&format!("{}-bird.{end}", node.name()));
        let (file, control, pid) = (path("conf"), path("ctl"), path("pid"));
        std::fs::write(&file, config).expect("the scenario's folder is writable");
        let words = [&file, &control, &pid].map(|p| p.display().to_string());
        let [file, socket, pid] = words.each_ref().map(String::as_str);
        let words = [&["-f", "-c", file, "-s", socket, "-P", pid], options].concat();
        let process = node.spawn("bird", "bird", &words);
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

    /// Waits until it says all of `words` of the routes to `prefix`.
    #[track_caller]
    pub fn wait_route(&self, prefix: &str, words: &[&str], limit: Duration) {
        poll_until(limit, &format!("BIRD has {prefix} with {words:?}"), || {
            let text = self.ask(&format!("show route {prefix} all")).stdout;
            if words.iter().all(|word| text.contains(word)) { Ok(()) } else { Err(text) }
        });
    }

    /// Waits until it has no route to `prefix`.
    #[track_caller]
    pub fn wait_no_route(&self, prefix: &str, limit: Duration) {
        poll_until(limit, &format!("BIRD forgets {prefix}"), || {
            let text = self.ask(&format!("show route {prefix}")).stdout;
            if text.contains(prefix) { Err(text) } else { Ok(()) }
        });
    }

    /// Waits until it has none from this protocol of its.
    #[track_caller]
    pub fn wait_no_route_of(&self, prefix: &str, protocol: &str, limit: Duration) {
        poll_until(limit, &format!("BIRD forgets {prefix} of {protocol}"), || {
            let text = self.ask(&format!("show route {prefix} protocol {protocol}")).stdout;
            if text.contains(prefix) { Err(text) } else { Ok(()) }
        });
    }

    /// What it has logged to stderr.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// `birdc COMMAND` of those that change something.
    #[track_caller]
    pub fn ok(&self, command: &str) {
        let line = format!("birdc -s {} {command}", self.control.display());
        self.node.ok(&line);
    }

    /// `birdc COMMAND`, which may fail: it does so where it finds nothing to show.
    pub fn ask(&self, command: &str) -> Finished {
        self.node.run(&format!("birdc -r -s {} {command}", self.control.display()))
    }
}
