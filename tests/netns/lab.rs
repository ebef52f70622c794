//! A copy of a lab in a folder of its own, deployed by the program under test.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tests::netns::{Finished, binary, poll_until};

/// Long enough for the busiest machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A lab that is taken down when it is dropped.
pub struct Lab {
    /// Its name: different for every test, so that they can run side by side.
    pub name: String,
    /// Where its files are.
    pub folder: PathBuf,
}

/// `routerd ARGS...`
pub fn routerd(args: &[&str]) -> Finished {
    let program = binary("routerd").display().to_string();
    Finished::run(&program, args)
}

/// The labs of this repository.
pub fn labs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("labs")
}

impl Lab {
    /// A copy of one of this repository's labs.
    pub fn copy(of: &str) -> Lab {
        let lab = Lab::empty(of);
        copy(&labs().join(of), &lab.folder);
        lab.rename(of);
        lab
    }

    /// A generated one: `ring 5 --proto ospf`.
    pub fn generated(words: &str) -> Lab {
        let lab = Lab::empty("gen");
        let folder = lab.folder.display().to_string();
        let mut args = vec!["lab", "generate"];
        args.extend(words.split(' '));
        args.extend(["--name", &lab.name, "-o", &folder, "--force"]);
        routerd(&args).expect_success("generate");
        lab
    }

    /// A folder for a lab's files.
    pub fn empty(about: &str) -> Lab {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}x{}-{about}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(format!("routerd-netns-{name}"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Lab { name, folder }
    }

    /// Gives the topology's `name:` this lab's.
    fn rename(&self, of: &str) {
        let file = self.folder.join(format!("{of}.clab.yml"));
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace(&format!("name: {of}\n"), &format!("name: {}\n", self.name)))
            .unwrap();
    }

    /// Writes a file of the lab.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.replace("@NAME@", &self.name)).unwrap();
    }

    /// `routerd lab VERB FOLDER ARGS...`
    pub fn run(&self, verb: &str, args: &[&str]) -> Finished {
        let folder = self.folder.display().to_string();
        let mut all = vec!["lab", verb, &folder];
        all.extend(args);
        routerd(&all)
    }

    /// The same, which must succeed.
    #[track_caller]
    pub fn ok(&self, verb: &str, args: &[&str]) -> String {
        self.run(verb, args).expect_success(&format!("lab {verb} {args:?}"))
    }

    /// `show` on a node, as JSON; null while it does not answer.
    pub fn show(&self, node: &str, command: &str) -> Value {
        let done = self.run("cli", &[node, "-c", &format!("{command} json")]);
        serde_json::from_str(&done.stdout).unwrap_or(Value::Null)
    }

    /// Selected routes: prefix to protocol, metric and gateways.
    pub fn routes(&self, node: &str) -> BTreeMap<String, String> {
        let all = self.show(node, "show ip route");
        let Value::Object(all) = all else { return BTreeMap::new() };
        let mut routes = BTreeMap::new();
        for (prefix, candidates) in all {
            for route in candidates.as_array().into_iter().flatten().filter(|r| r["selected"] == true) {
                let mut hops: Vec<String> = route["nexthops"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|h| format!("{} {}", h["ip"], h["interfaceName"]))
                    .collect();
                hops.sort();
                routes.insert(prefix.clone(), format!("{} {} {hops:?}", route["protocol"], route["metric"]));
            }
        }
        routes
    }

    /// Waits for a selected route.
    #[track_caller]
    pub fn wait_route(&self, node: &str, prefix: &str) {
        poll_until(PATIENCE, &format!("{node} has {prefix}"), || {
            let routes = self.routes(node);
            if routes.contains_key(prefix) { Ok(()) } else { Err(format!("{routes:#?}")) }
        });
    }

    /// The numbers of a node's processes, by what is in its namespace.
    pub fn pids(&self, node: &str) -> Vec<i32> {
        inhabitants(&self.space(node))
    }

    /// The file that stands for a node's namespace.
    pub fn space(&self, node: &str) -> PathBuf {
        PathBuf::from(format!("/run/netns/clab-{}-{node}", self.name))
    }

    /// The runtime folder.
    pub fn runtime(&self) -> PathBuf {
        Path::new("/run/routerd/labs").join(&self.name)
    }

    /// Everything that is there because of this lab: namespaces, folders, processes.
    pub fn traces(&self) -> Vec<String> {
        let mut found = Vec::new();
        let prefix = format!("clab-{}-", self.name);
        for entry in std::fs::read_dir("/run/netns").into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(&prefix) {
                found.push(format!("namespace {name}"));
            }
        }
        for path in [self.runtime(), self.folder.join(format!("clab-{}", self.name))] {
            if path.exists() {
                found.push(format!("{}", path.display()));
            }
        }
        let words = [
            self.folder.display().to_string(),
            self.runtime().display().to_string(),
            format!("runner\0{}\0", self.name),
        ];
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            if pid != std::process::id() && words.iter().any(|w| line.contains(w.as_str())) {
                found.push(format!("process {pid}: {}", line.replace('\0', " ")));
            }
        }
        found
    }

    /// Takes it down and demands that nothing is left.
    #[track_caller]
    pub fn destroy(&self) {
        routerd(&["lab", "destroy", "--name", &self.name]).expect_success("destroy");
        // A runner that came too late sees that, and ends.
        poll_until(Duration::from_secs(5), "nothing is left", || {
            let traces = self.traces();
            if traces.is_empty() { Ok(()) } else { Err(format!("{traces:#?}")) }
        });
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = routerd(&["lab", "destroy", "--name", &self.name]);
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Processes in a network namespace.
pub fn inhabitants(space: &Path) -> Vec<i32> {
    use std::os::unix::fs::MetadataExt;
    let id = |p: &Path| std::fs::metadata(p).ok().map(|m| (m.dev(), m.ino()));
    let Some(wanted) = id(space) else { return Vec::new() };
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|e| e.file_name().to_str()?.parse().ok());
    pids.filter(|pid| id(Path::new(&format!("/proc/{pid}/ns/net"))) == Some(wanted)).collect()
}

/// `kill -9`
pub fn kill9(pid: i32) {
    Finished::run("kill", &["-9", &pid.to_string()]);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
