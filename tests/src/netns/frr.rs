//! FRR as a peer: zebra and other daemons with one integrated configuration, in a folder of their own.

use super::net::{Net, Node};
use super::process::{Finished, Process};
use super::router::selected;
use super::wait::poll_until;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

const DAEMONS: &str = "/usr/lib/frr";
const START: Duration = Duration::from_secs(30);

/// Running FRR daemons.
#[derive(Debug)]
pub struct Frr {
    node: Node,
    folder: PathBuf,
    daemons: Vec<(String, Process)>,
}

impl Frr {
    /// The programs [`super::ready`] has to find.
    pub const NEEDS: [&'static str; 3] = ["zebra", "ripd", "vtysh"];

    /// Starts zebra, then `daemons`, all with `config`; returns when each one answers `vtysh`.
    #[track_caller]
    pub fn start(net: &Net, node: &Node, daemons: &[&str], config: &str) -> Frr {
        let folder = net.path(&format!("{}-frr", node.name()));
        std::fs::create_dir_all(&folder).expect("the scenario's folder is writable");
        std::fs::write(folder.join("frr.conf"), config).expect("the scenario's folder is writable");
        // The daemons drop their privileges before they open their sockets.
        Finished::run("chown", &["-R", "frr:frr", &folder.display().to_string()]).expect_success("chown");
        let mut frr = Frr { node: node.clone(), folder, daemons: Vec::new() };
        frr.spawn("zebra");
        poll_until(START, "zebra opens its socket", || {
            frr.path("zserv.api").exists().then_some(()).ok_or_else(|| frr.log("zebra"))
        });
        for daemon in daemons {
            frr.spawn(daemon);
        }
        for daemon in std::iter::once(&"zebra").chain(daemons) {
            frr.wait_answers(daemon);
        }
        frr
    }

    /// Kills a daemon at once, as a crash would.
    pub fn kill(&mut self, daemon: &str) {
        self.daemons.retain(|(name, _)| name != daemon);
    }

    /// Starts a daemon again that was killed; returns when it answers `vtysh`.
    #[track_caller]
    pub fn restart(&mut self, daemon: &str) {
        self.spawn(daemon);
        self.wait_answers(daemon);
    }

    /// Sends a signal to a daemon by name (`STOP`, `CONT`).
    pub fn signal(&self, daemon: &str, signal: &str) {
        self.daemons
            .iter()
            .filter(|(name, _)| name == daemon)
            .for_each(|(_, process)| process.signal(signal));
    }

    #[track_caller]
    fn wait_answers(&self, daemon: &str) {
        poll_until(START, &format!("{daemon} answers"), || {
            let done = self.ask(&["-d", daemon, "-c", "show version"]);
            if done.success() && done.stdout.contains("FRRouting") { Ok(()) } else { Err(done.stderr) }
        });
    }

    /// `vtysh -c COMMAND`, as text.
    #[track_caller]
    pub fn show(&self, command: &str) -> String {
        self.ask(&["-c", command]).expect_success(&format!("vtysh: {command}"))
    }

    /// `vtysh -c COMMAND`, parsed as JSON; null while it is none.
    #[track_caller]
    pub fn json(&self, command: &str) -> Value {
        serde_json::from_str(&self.show(command)).unwrap_or(Value::Null)
    }

    /// Waits until zebra's selected route to `prefix` is this protocol's, and returns it.
    #[track_caller]
    pub fn wait_route(&self, prefix: &str, protocol: &str, limit: Duration) -> Value {
        poll_until(limit, &format!("FRR has a {protocol} route to {prefix}"), || {
            let routes = self.json("show ip route json");
            match selected(&routes, prefix) {
                Some(route) if route["protocol"] == protocol => Ok(route.clone()),
                _ => Err(self.show("show ip route")),
            }
        })
    }

    /// Waits until zebra has no selected route to `prefix`.
    #[track_caller]
    pub fn wait_no_route(&self, prefix: &str, limit: Duration) {
        poll_until(limit, &format!("FRR forgets {prefix}"), || {
            let routes = self.json("show ip route json");
            if selected(&routes, prefix).is_none() { Ok(()) } else { Err(self.show("show ip route")) }
        });
    }

    /// Types lines in configuration mode.
    #[track_caller]
    pub fn configure(&self, lines: &[&str]) {
        let mut words = vec!["-c", "configure terminal"];
        for line in lines {
            words.extend(["-c", line]);
        }
        self.ask(&words).expect_success("vtysh: configure terminal");
    }

    /// What a daemon has logged.
    pub fn log(&self, daemon: &str) -> String {
        self.daemons
            .iter()
            .find(|(name, _)| name == daemon)
            .map(|(_, process)| process.log())
            .unwrap_or_default()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    fn ask(&self, words: &[&str]) -> Finished {
        let folder = self.folder.display().to_string();
        let mut list = vec!["netns", "exec", self.node.space(), "vtysh", "--vty_socket", &folder];
        list.extend(words);
        Finished::run("ip", &list)
    }

    #[track_caller]
    fn spawn(&mut self, daemon: &str) {
        let path = |file: &str| self.path(file).display().to_string();
        let folder = self.folder.display().to_string();
        // Without -d they stay in the foreground: our children, ended by our own hand. What they keep for a restart is in
        // /run/frr whatever is said: `ip netns exec` gave us mounts of our own, so each namespace has its own.
        let script = format!(
            "mkdir -p /run/frr && mount --bind {folder} /run/frr && exec {DAEMONS}/{daemon} -f {} -i {} -z {} \
             --vty_socket {folder} -P 0 --log stdout",
            path("frr.conf"),
            path(&format!("{daemon}.pid")),
            path("zserv.api"),
        );
        let process = self.node.spawn(daemon, "sh", &["-c", &script]);
        self.daemons.push((daemon.to_owned(), process));
    }
}

impl Drop for Frr {
    fn drop(&mut self) {
        // zebra last: the others take their routes back through it.
        while let Some((_, process)) = self.daemons.pop() {
            drop(process);
        }
    }
}
