//! routerd under test, and its shell.

use super::net::{Net, Node};
use super::process::{Finished, Process};
use super::wait::poll_until;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A running routerd.
#[derive(Debug)]
pub struct Router {
    node: Node,
    socket: PathBuf,
    /// The daemon.
    pub process: Process,
}

/// A program of this workspace, beside the test's own executable.
///
/// # Panics
/// When it was not built: cargo builds the programs of other packages only when asked to.
#[track_caller]
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test knows its own path");
    // target/debug/deps/<test>-<hash>
    let found = test.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is not built: run `cargo build -p routerd -p cli --bins` first"))
}

impl Router {
    /// Starts routerd with a YAML configuration; returns when its shell answers.
    #[track_caller]
    pub fn start(net: &Net, node: &Node, yaml: &str) -> Router {
        let file = net.path(&format!("{}.yaml", node.name()));
        std::fs::write(&file, yaml).expect("the scenario's folder is writable");
        Router::start_file(net, node, &file)
    }

    /// The same with a file that is there already: `.yaml` or IOS-style `.conf`.
    #[track_caller]
    pub fn start_file(net: &Net, node: &Node, file: &Path) -> Router {
        let mut router = Router::launch(net, node, file);
        router.wait_ready();
        router
    }

    /// The same without waiting for anything.
    #[track_caller]
    pub fn launch(net: &Net, node: &Node, file: &Path) -> Router {
        let socket = net.path(&format!("{}.sock", node.name()));
        let words = [file, &socket].map(|p| p.display().to_string());
        let [file, path] = words.each_ref().map(String::as_str);
        let program = binary("routerd").display().to_string();
        let process = node.spawn("routerd", &program, &["run", file, "--socket", path]);
        Router { node: node.clone(), socket, process }
    }

    /// Takes over a routerd started in another way (`process`), with its control socket.
    pub fn adopt(node: &Node, socket: &Path, process: Process) -> Router {
        Router { node: node.clone(), socket: socket.to_path_buf(), process }
    }

    /// Waits until the shell answers.
    #[track_caller]
    pub fn wait_ready(&mut self) {
        poll_until(Duration::from_secs(10), &format!("routerd on {} answers", self.node.name()), || {
            self.process.assert_running();
            let done = self.ask(&["-c", "show version"]);
            if done.success() { Ok(()) } else { Err(done.stdout + &done.stderr) }
        });
    }

    /// Runs lines in one shell session: its exit status and what it printed.
    pub fn ask_lines(&self, lines: &[&str]) -> Finished {
        let words: Vec<&str> = lines.iter().flat_map(|line| ["-c", line]).collect();
        self.ask(&words)
    }

    /// One command's output; it must succeed.
    #[track_caller]
    pub fn show(&self, command: &str) -> String {
        self.ask(&["-c", command]).expect_success(&format!("{}: {command}", self.node.name()))
    }

    /// One command's output as JSON; it must be JSON and nothing else.
    #[track_caller]
    pub fn json(&self, command: &str) -> Value {
        let text = self.show(command);
        match serde_json::from_str(&text) {
            Ok(value) => value,
            Err(error) => panic!("{}: {command} did not print JSON: {error}\n{text}", self.node.name()),
        }
    }

    /// Types lines in configuration mode; all must be taken.
    #[track_caller]
    pub fn configure(&self, lines: &[&str]) {
        let mut all = vec!["enable", "configure terminal"];
        all.extend(lines);
        self.ask_lines(&all).expect_success(&format!("{}: configure {lines:?}", self.node.name()));
    }

    /// Waits until the selected route to `prefix` is this protocol's, and returns it.
    #[track_caller]
    pub fn wait_route(&self, prefix: &str, protocol: &str, limit: Duration) -> Value {
        let family = if prefix.contains(':') { "ipv6" } else { "ip" };
        poll_until(limit, &format!("{} has a {protocol} route to {prefix}", self.node.name()), || {
            let routes = self.json(&format!("show {family} route json"));
            match selected(&routes, prefix) {
                Some(route) if route["protocol"] == protocol => Ok(route.clone()),
                _ => Err(format!("{routes:#}")),
            }
        })
    }

    /// Waits until there is no selected route to `prefix`.
    #[track_caller]
    pub fn wait_no_route(&self, prefix: &str, limit: Duration) {
        poll_until(limit, &format!("{} forgets {prefix}", self.node.name()), || {
            let routes = self.json("show ip route json");
            if selected(&routes, prefix).is_none() { Ok(()) } else { Err(format!("{routes:#}")) }
        });
    }

    /// Waits until the log buffer (`show logging`) has a line with all of `words`; returns it.
    #[track_caller]
    pub fn wait_logged(&self, words: &[&str], limit: Duration) -> String {
        poll_until(limit, &format!("{} logs {words:?}", self.node.name()), || {
            let log = self.show("show logging");
            let line = log.lines().find(|line| words.iter().all(|word| line.contains(word)));
            line.map(str::to_owned).ok_or(log.clone())
        })
    }

    /// What it dropped, and how often.
    #[track_caller]
    pub fn drops(&self) -> BTreeMap<String, u64> {
        let traffic = self.json("show ip traffic json");
        let drops = traffic["drops"].as_object().into_iter().flatten();
        let counted = drops.filter_map(|(name, value)| Some((name.clone(), value.as_u64()?)));
        counted.filter(|(_, value)| *value > 0).collect()
    }

    /// Fails if it dropped anything for another reason than these.
    #[track_caller]
    pub fn assert_dropped_only(&self, reasons: &[&str]) {
        let mut drops = self.drops();
        drops.retain(|name, _| !reasons.contains(&name.as_str()));
        assert!(drops.is_empty(), "{} dropped without need: {drops:?}", self.node.name());
    }

    /// Everything it logged to stderr.
    pub fn log(&self) -> String {
        self.process.log()
    }

    fn ask(&self, words: &[&str]) -> Finished {
        let program = binary("router").display().to_string();
        let socket = self.socket.display().to_string();
        let mut list = vec!["--socket", socket.as_str()];
        list.extend(words);
        Finished::run(&program, &list)
    }
}

/// The selected route to exactly `prefix` in FRR's JSON of `show ip route`.
pub fn selected<'a>(routes: &'a Value, prefix: &str) -> Option<&'a Value> {
    routes.get(prefix)?.as_array()?.iter().find(|route| route["selected"] == true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_selected_route_to_the_very_prefix_counts() {
        let routes = serde_json::json!({
            "10.0.1.0/24": [{"protocol": "static"}, {"protocol": "rip", "selected": true}],
            "10.0.2.0/24": [{"protocol": "rip"}],
        });
        assert_eq!(selected(&routes, "10.0.1.0/24").map(|route| &route["protocol"]), Some(&"rip".into()));
        assert_eq!(selected(&routes, "10.0.2.0/24"), None);
        assert_eq!(selected(&routes, "10.0.3.0/24"), None);
    }
}
