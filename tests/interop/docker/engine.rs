//! Docker's engine, one of our own: it knows nothing of another, and goes with the test.

use std::path::{Path, PathBuf};
use std::time::Duration;
use tests::netns::{Finished, Net, Process, Stopwatch, poll_until, skip};

/// What the engine may take to start.
const STARTS: Duration = Duration::from_secs(30);

/// A running engine.
pub struct Engine {
    folder: PathBuf,
    host: String,
    daemon: Process,
    image: PathBuf,
}

impl Engine {
    /// `None`: it does not run here; it is said why.
    pub fn start(net: &Net) -> Option<Engine> {
        let image = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/image/plain.tar");
        if !image.exists() {
            skip("there is no image: run `routerd/image/build`");
            return None;
        }
        let [data, exec, socket, pid, log] =
            ["data", "exec", "docker.sock", "docker.pid", "docker.log"].map(|file| net.path(file));
        let option = |name: &str, path: &Path| format!("--{name}={}", path.display());
        let host = format!("unix://{}", socket.display());
        let words = [
            option("data-root", &data),
            option("exec-root", &exec),
            option("pidfile", &pid),
            format!("--host={host}"),
            "--storage-driver=vfs".to_owned(),
            "--iptables=false".to_owned(),
            "--ip6tables=false".to_owned(),
            "--bridge=none".to_owned(),
        ];
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let daemon = Process::spawn("dockerd", &log, "dockerd", &words);
        let mut engine = Engine { folder: net.folder().to_path_buf(), host, daemon, image };
        let started = poll_until(STARTS, "the engine answers, or ends", || {
            if engine.daemon.ended().is_some() {
                return Ok(false);
            }
            let done = engine.docker(&["version"]);
            if done.success() { Ok(true) } else { Err(done.stderr) }
        });
        if !started {
            let log = engine.daemon.log();
            skip(&format!("dockerd does not run here: {}", log.lines().last().unwrap_or_default()));
            return None;
        }
        Some(engine)
    }

    fn docker(&self, words: &[&str]) -> Finished {
        let mut all = vec!["--host", self.host.as_str()];
        all.extend(words);
        Finished::run("docker", &all)
    }

    #[track_caller]
    fn ok(&self, words: &[&str]) -> String {
        self.docker(words).expect_success(&format!("docker {words:?}")).trim().to_owned()
    }

    /// The image, from its archive.
    #[track_caller]
    pub fn load(&self) {
        let said = self.ok(&["load", "--input", &self.image.display().to_string()]);
        assert!(said.contains("routerd:latest"), "{said}");
    }

    /// A node as containerlab starts one, but for its capabilities: it needs two.
    #[track_caller]
    pub fn run(&self, name: &str, yaml: &str) {
        let file = self.folder.join(format!("{name}.yaml"));
        std::fs::write(&file, yaml).unwrap();
        let volume = format!("{}:/etc/routerd/routerd.yaml", file.display());
        let words = "run --detach --tty --network none --restart always --cap-drop ALL --cap-add NET_ADMIN \
                     --cap-add NET_RAW --health-interval 1s --hostname";
        let mut all: Vec<&str> = words.split_whitespace().collect();
        all.extend([name, "--name", name, "--volume", &volume, "routerd:latest"]);
        self.ok(&all);
    }

    /// A field of a container, in Go's template language.
    #[track_caller]
    pub fn inspect(&self, name: &str, format: &str) -> String {
        self.ok(&["inspect", "--format", format, name])
    }

    /// A field of the image.
    #[track_caller]
    pub fn inspect_image(&self, format: &str) -> String {
        self.ok(&["image", "inspect", "--format", format, "routerd:latest"])
    }

    /// Runs a program inside.
    pub fn exec(&self, name: &str, words: &[&str]) -> Finished {
        let mut all = vec!["exec", name];
        all.extend(words);
        self.docker(&all)
    }

    /// What its first process has said.
    #[track_caller]
    pub fn log(&self, name: &str) -> String {
        let done = self.docker(&["logs", name]);
        done.stdout + &done.stderr
    }

    /// `docker stop`, and how long it took.
    #[track_caller]
    pub fn stop(&self, name: &str) -> Duration {
        let watch = Stopwatch::start();
        self.ok(&["stop", name]);
        watch.elapsed()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Containers first: they would outlive an engine that is killed.
        let all = self.docker(&["ps", "--all", "--quiet"]).stdout;
        for id in all.split_whitespace() {
            if std::thread::panicking() {
                let done = self.docker(&["logs", id]);
                eprintln!("--- container {id}\n{}{}", done.stdout, done.stderr);
            }
            let _ = self.docker(&["rm", "--force", id]);
        }
        if self.daemon.ended().is_none() {
            self.daemon.signal("TERM");
            let _ = self.daemon.wait(STARTS);
        }
    }
}
