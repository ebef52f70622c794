//! A container without an engine.

use std::path::{Path, PathBuf};
use std::time::Duration;
use tests::netns::{Finished, Net, Node, Router, binary, poll_until};

/// For whatever a node does by itself; restarts back off to five seconds.
pub const LIMIT: Duration = Duration::from_secs(20);

/// `/proc/sys` in a container.
pub mod sys {
    /// A shell command that makes it what engines make it.
    pub const READ_ONLY: &str =
        "mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys /proc/sys";

    /// What a node must be given then.
    pub const LINES: [&str; 3] = [
        "net.ipv4.conf.default.arp_ignore: 8",
        "net.ipv4.ip_forward: 0",
        "net.ipv6.conf.default.disable_ipv6: 1",
    ];
}

/// A node whose first process is `routerd supervise`.
pub struct Container {
    /// Its process is `unshare`, which ends with PID 1 and takes it along.
    pub router: Router,
    socket: PathBuf,
    links: PathBuf,
}

impl Container {
    /// With a configuration file; returns when the shell answers. `first`: a shell command run before.
    #[track_caller]
    pub fn start(net: &Net, node: &Node, yaml: &str, first: &str) -> Container {
        std::fs::write(net.path(&format!("{}.yaml", node.name())), yaml).unwrap();
        Container::launch(net, node, first)
    }

    /// With whatever file is there.
    #[track_caller]
    pub fn launch(net: &Net, node: &Node, first: &str) -> Container {
        let mut container = Container::begin(net, node, first);
        container.router.wait_ready();
        container
    }

    fn begin(net: &Net, node: &Node, first: &str) -> Container {
        let [file, socket] = ["yaml", "sock"].map(|end| net.path(&format!("{}.{end}", node.name())));
        let first = if first.is_empty() { "true" } else { first };
        let program = binary("routerd");
        let script = format!(
            "{first} && exec setpriv --bounding-set=-all,+net_admin,+net_raw --inh-caps=-all --no-new-privs \
             {} supervise {} --socket {}",
            program.display(),
            file.display(),
            socket.display()
        );
        // Should the test be killed, PID 1 is, and with it everything inside.
        let words = ["--pid", "--mount-proc", "--fork", "--kill-child=KILL", "sh", "-c", &script];
        let process = node.spawn("supervisor", "unshare", &words);
        let links = net.path("bin");
        if !links.exists() {
            std::fs::create_dir(&links).unwrap();
            for name in ["router", "vtysh", "ip", "ping", "traceroute"] {
                std::os::unix::fs::symlink(&program, links.join(name)).unwrap();
            }
        }
        Container { router: Router::adopt(node, &socket, process), socket, links }
    }

    /// How long it takes from the start to the first answer of the shell.
    #[track_caller]
    pub fn first_prompt(net: &Net, node: &Node) -> Duration {
        let socket = net.path(&format!("{}.sock", node.name()));
        let _ = std::fs::remove_file(&socket);
        let watch = tests::netns::Stopwatch::start();
        let mut container = Container::begin(net, node, "");
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(watch.elapsed() < LIMIT, "it never answers: {}", container.router.log());
            std::thread::yield_now();
        }
        container.router.wait_ready();
        watch.elapsed()
    }

    /// PID 1, by its number outside.
    #[track_caller]
    pub fn init(&self) -> u32 {
        poll_until(LIMIT, "unshare has a child", || {
            children(self.router.process.id()).first().copied().ok_or_else(String::new)
        })
    }

    /// The router, by its number outside.
    #[track_caller]
    pub fn child(&self) -> u32 {
        poll_until(LIMIT, "PID 1 has one child", || match self.children().as_slice() {
            [child] => Ok(*child),
            others => Err(format!("{others:?}")),
        })
    }

    /// The children of PID 1, dead ones that nobody has reaped included.
    pub fn children(&self) -> Vec<u32> {
        children(self.init())
    }

    /// How many processes there are inside, dead ones included.
    pub fn processes(&self) -> usize {
        let namespace = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
        let own = namespace(&self.init().to_string());
        let all = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let pids = all.filter_map(|entry| entry.file_name().into_string().ok());
        // The namespace of a dead process can no longer be read; its parent tells.
        let inside = pids.filter(|pid| namespace(pid) == own && own.is_some()).count();
        let dead = self.children().iter().filter(|pid| namespace(&pid.to_string()).is_none()).count();
        inside + dead
    }

    /// What PID 1 has open.
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.init())).unwrap().count()
    }

    /// The capabilities PID 1 can have, of those that matter here.
    pub fn capabilities(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.init())).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("CapEff:")).unwrap();
        match u64::from_str_radix(line.trim(), 16).unwrap() {
            // CAP_NET_ADMIN is 12, CAP_NET_RAW 13 (capabilities(7)).
            0x3000 => "NET_ADMIN NET_RAW".to_owned(),
            other => format!("{other:#x}"),
        }
    }

    /// Sends a signal to a process, by its number outside.
    #[track_caller]
    pub fn signal(&self, pid: u32, signal: &str) {
        Finished::run("kill", &["-s", signal, &pid.to_string()]).expect_success("kill");
    }

    /// Runs a command line inside, as `docker exec` would.
    pub fn inside(&self, line: &str) -> Finished {
        let init = self.init().to_string();
        Finished::run("bash", &["-c", &format!("exec nsenter -t {init} -p -n -m {line}")])
    }

    /// `routerd health`: exit status and line.
    pub fn health(&self) -> (Option<i32>, String) {
        let program = binary("routerd").display().to_string();
        let done = Finished::run(&program, &["health", "--socket", &self.socket.display().to_string()]);
        (done.status, done.stdout)
    }

    /// A command line under one of the names the program answers to: exit status, output, complaints.
    pub fn applet(&self, line: &str) -> (Option<i32>, String, String) {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap();
        self.words(name, &words.collect::<Vec<_>>())
    }

    /// The same with the words as they are.
    pub fn words(&self, name: &str, words: &[&str]) -> (Option<i32>, String, String) {
        let init = self.init().to_string();
        let program = self.links.join(name).display().to_string();
        let socket = format!("ROUTERD_SOCKET={}", self.socket.display());
        let mut all = vec!["-t", &init, "-n", "env", &socket, &program];
        all.extend(words);
        let done = Finished::run("nsenter", &all);
        (done.status, done.stdout, done.stderr)
    }
}

fn children(pid: u32) -> Vec<u32> {
    let path = PathBuf::from(format!("/proc/{pid}/task/{pid}/children"));
    let text = std::fs::read_to_string(Path::new(&path)).unwrap_or_default();
    text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}
