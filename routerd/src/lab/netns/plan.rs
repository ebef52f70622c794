//! What a deployment consists of, worked out before anything is done: which namespaces, processes and cables there will
//! be, and everything that stands in the way, all at once. The plan is written to the runtime folder first, so that
//! whoever comes later can take down what was begun, also after a crash.

use super::super::cable::Impairment;
use super::super::sim;
use super::super::topology::{self, Role as Part, Topology};
use super::{foreign, place};
use core::fmt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a greeting is waited for before there is another look.
const GREETING: Duration = Duration::from_millis(100);

/// The plan's file in the runtime folder.
pub const FILE: &str = "plan.json";

/// A lab as it is deployed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The lab's name.
    pub lab: String,
    /// The topology's file, absolute.
    pub file: PathBuf,
    /// The lab folder.
    pub dir: PathBuf,
    /// The runtime folder.
    pub run: PathBuf,
    /// Who deployed it.
    pub owner: String,
    /// In the order of the topology.
    pub nodes: Vec<Node>,
    /// In the order of the topology.
    pub links: Vec<Link>,
}

/// What a node is made of.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// routerd.
    Router,
    /// The kernel alone.
    Host,
    /// A bridge of the kernel.
    Switch,
    /// FRR's daemons.
    Frr,
    /// BIRD.
    Bird,
}

/// A node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// `clab-LAB-NODE`
    pub long: String,
    /// Its kind in the topology.
    pub kind: String,
    /// Its image in the topology.
    pub image: String,
    /// Its group in the topology.
    pub group: String,
    /// What it is made of.
    pub role: Role,
    /// The file that stands for its network namespace.
    pub space: PathBuf,
    /// What it sees as `/run`.
    pub run: PathBuf,
    /// Its folder in the lab folder.
    pub dir: PathBuf,
    /// What is bound where.
    pub binds: Vec<(PathBuf, String)>,
    /// Lines that configure a host's interfaces.
    pub setup: Vec<String>,
    /// Commands to run once it is up.
    pub exec: Vec<String>,
    /// Kernel settings.
    pub sysctls: BTreeMap<String, String>,
    /// Variables of its processes.
    pub env: BTreeMap<String, String>,
    /// Labels of the topology.
    pub labels: BTreeMap<String, String>,
    /// Its processes.
    pub daemons: Vec<Daemon>,
}

/// A process that is started again when it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daemon {
    /// Its name within its node.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// It is up when this is there.
    pub socket: PathBuf,
    /// Whoever connects there is greeted by one that is up. BIRD takes connections before it has read its configuration.
    #[serde(default)]
    pub greets: bool,
    /// It starts when this is there.
    pub after: Option<PathBuf>,
    /// What gives it its configuration once it answers; empty: it reads that itself.
    #[serde(default)]
    pub load: Vec<String>,
}

/// A cable.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Link {
    /// Both ends.
    pub ends: [End; 2],
    /// Bytes of an IP packet.
    pub mtu: u16,
    /// What each end's frames suffer, as `KEY=VALUE`.
    pub impairments: [Vec<String>; 2],
}

/// One end of a cable.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct End {
    /// Index of the node.
    pub node: usize,
    /// `eth1`
    pub interface: String,
    /// Its address.
    pub mac: [u8; 6],
}

/// Something that stands in the way. The id stays the same from version to version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `program-missing`, ...
    pub id: &'static str,
    /// Node, link or lab.
    pub place: String,
    /// In words, with what would help.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}: {}", self.id, self.place, self.message)
    }
}

impl Plan {
    /// Works out a deployment of `topology` under the name `lab`; everything in the way, if anything is.
    pub fn new(topology: &Topology, lab: &str) -> Result<Plan, Vec<Fault>> {
        let mut faults = Vec::new();
        let file = std::path::absolute(&topology.file).unwrap_or_else(|_| topology.file.clone());
        let folder = file.parent().unwrap_or(Path::new("/")).to_owned();
        let dir = place::lab_dir(&folder, lab);
        let mut plan = Plan {
            lab: lab.to_owned(),
            file,
            dir: std::path::absolute(&dir).unwrap_or(dir),
            run: place::run_dir(lab),
            owner: owner(),
            nodes: Vec::new(),
            links: Vec::new(),
        };
        for node in &topology.nodes {
            let node = plan.node(topology, node, &mut faults);
            plan.nodes.push(node);
        }
        for link in &topology.links {
            plan.links.push(plan_link(topology, link));
        }
        for node in &plan.nodes {
            let long = node.daemons.iter().map(|d| d.socket.as_os_str().len()).max().unwrap_or(0);
            if long > place::MAX_SOCKET_PATH {
                faults.push(Fault {
                    id: "path-too-long",
                    place: node.name.clone(),
                    message: format!(
                        "its socket's path has {long} bytes, at most {} are possible: shorter names help",
                        place::MAX_SOCKET_PATH
                    ),
                });
            }
        }
        if faults.is_empty() { Ok(plan) } else { Err(faults) }
    }

    fn node(&self, topology: &Topology, node: &topology::Node, faults: &mut Vec<Fault>) -> Node {
        let container = &node.container;
        let long = place::long_name(&topology.prefix, &self.lab, &node.name);
        let mut planned = Node {
            name: node.name.clone(),
            kind: container.kind.clone(),
            image: container.image.clone(),
            group: container.group.clone(),
            role: Role::Host,
            space: place::spaces(&self.lab).join(&long),
            run: self.run.join(&node.name),
            dir: self.dir.join(&node.name),
            binds: container.binds.clone(),
            setup: Vec::new(),
            exec: container.exec.clone(),
            sysctls: container.sysctls.clone(),
            env: container.env.clone(),
            labels: container.labels.clone(),
            daemons: Vec::new(),
            long,
        };
        match &node.role {
            Part::Switch => planned.role = Role::Switch,
            Part::Host(config) => {
                planned.setup = host_lines(container, config);
                planned.exec.retain(|line| !is_host_line(line));
            }
            Part::Router(_) => {
                planned.role = Role::Router;
                let config = container.config.clone();
                let config = config.unwrap_or_else(|| planned.dir.join("routerd.yaml"));
                planned.daemons.push(routerd(&planned, &config));
            }
            Part::Foreign(image) => {
                // Its daemons find addresses there when they start, which is sooner than in a container.
                planned.setup = host_lines(container, &topology::empty_host(""));
                planned.exec.retain(|line| !is_host_line(line));
                foreign::plan(&mut planned, image, faults);
            }
        }
        for (source, destination) in &planned.binds {
            if !source.exists() {
                faults.push(Fault {
                    id: "bind-missing",
                    place: node.name.clone(),
                    message: format!("{} is to be bound at {destination} and is not there", source.display()),
                });
            }
        }
        planned
    }

    /// Reads the plan of a deployed lab. `None`: no lab of this name is deployed.
    pub fn load(lab: &str) -> io::Result<Option<Plan>> {
        let file = place::run_dir(lab).join(FILE);
        let text = match std::fs::read(&file) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|e| io::Error::other(format!("{}: {e}", file.display())))
    }

    /// Writes it to the runtime folder.
    pub fn save(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.run)?;
        place::write_whole(&self.run.join(FILE), &serde_json::to_vec_pretty(self).map_err(io::Error::other)?)
    }

    /// A node by its name or its container's.
    pub fn find(&self, name: &str) -> Result<&Node, String> {
        let found = self.nodes.iter().find(|n| n.name == name || n.long == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = self.nodes.iter().map(|n| n.name.as_str()).collect();
            let hint = super::super::yaml::did_you_mean(name, names.iter().copied());
            format!("no node `{name}`{hint}; there are {}", names.join(", "))
        })
    }

    /// The cable at an end written `r1:eth1`, and which of its ends that is.
    pub fn find_end(&self, end: &str) -> Result<(&Link, usize), String> {
        let (name, interface) = end
            .split_once(':')
            .ok_or_else(|| format!("`{end}` is no end of a cable: expected NODE:INTERFACE"))?;
        let node = self.find(name)?;
        let is =
            |e: &End| self.nodes.get(e.node).is_some_and(|n| n.name == node.name) && e.interface == interface;
        let found = self.links.iter().find_map(|l| Some((l, l.ends.iter().position(is)?)));
        found.ok_or_else(|| format!("{name} has no cable at `{interface}`"))
    }

    /// Ends of cables at a node: interface, and the cable's number.
    pub fn ends_of(&self, name: &str) -> impl Iterator<Item = (&End, usize)> {
        let here = move |e: &&End| self.nodes.get(e.node).is_some_and(|n| n.name == name);
        self.links.iter().enumerate().flat_map(move |(n, l)| l.ends.iter().filter(here).map(move |e| (e, n)))
    }
}

impl Daemon {
    /// Whether it is up.
    pub fn answers(&self) -> bool {
        let Ok(mut stream) = UnixStream::connect(&self.socket) else { return false };
        let heard = |stream: &mut UnixStream| {
            stream.set_read_timeout(Some(GREETING))?;
            stream.read(&mut [0; 1])
        };
        !self.greets || heard(&mut stream).is_ok_and(|n| n > 0)
    }
}

impl Node {
    /// The control socket of a routerd node.
    pub fn socket(&self) -> PathBuf {
        self.run.join("routerd/routerd.sock")
    }

    /// The mark of a node that is switched off.
    pub fn off_mark(&self) -> PathBuf {
        self.run.join(".off")
    }

    /// Where the number of a process is kept.
    pub fn pid_file(&self, daemon: &Daemon) -> PathBuf {
        self.run.join(format!(".{}.pid", daemon.name))
    }

    /// Why a process did not stay, if it did not.
    pub fn failure_file(&self, daemon: &Daemon) -> PathBuf {
        self.run.join(format!(".{}.failed", daemon.name))
    }

    /// Whether a daemon that answers also has its configuration.
    pub fn is_loaded(&self, daemon: &Daemon) -> bool {
        daemon.load.is_empty() || self.loaded_mark(daemon).exists()
    }

    /// The mark of a process that was given its configuration.
    pub fn loaded_mark(&self, daemon: &Daemon) -> PathBuf {
        self.run.join(format!(".{}.loaded", daemon.name))
    }

    /// What its processes print.
    pub fn log_file(&self, daemon: &Daemon) -> PathBuf {
        self.dir.join(format!("{}.log", daemon.name))
    }
}

fn routerd(node: &Node, config: &Path) -> Daemon {
    let config = std::path::absolute(config).unwrap_or_else(|_| config.to_owned());
    let socket = node.socket();
    let words = ["run", &config.display().to_string(), "--socket", &socket.display().to_string()];
    Daemon {
        name: "routerd".to_owned(),
        program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/proc/self/exe")),
        args: words.map(str::to_owned).to_vec(),
        socket,
        greets: false,
        after: None,
        load: Vec::new(),
    }
}

fn is_host_line(line: &str) -> bool {
    matches!(topology::host_line(&mut topology::empty_host(""), line), Ok(topology::Done::Applied))
}

/// Lines that set up a host's interfaces: those of the file, and the addresses that links give.
fn host_lines(container: &topology::Container, config: &configs::Config) -> Vec<String> {
    let mut lines: Vec<String> = container.exec.iter().filter(|l| is_host_line(l)).cloned().collect();
    let mut known = topology::empty_host("");
    for line in &lines {
        let _ = topology::host_line(&mut known, line);
    }
    for (name, interface) in &config.interfaces {
        let has = |a| known.interfaces.get(name).is_some_and(|i| i.addresses.contains(a));
        lines.extend(
            interface.addresses.iter().filter(|a| !has(a)).map(|a| format!("ip addr add {a} dev {name}")),
        );
    }
    lines
}

fn plan_link(topology: &Topology, link: &topology::Link) -> Link {
    let end = |e: &topology::End| End {
        node: e.node,
        interface: e.interface.clone(),
        mac: e.mac.unwrap_or_else(|| sim::mac(&topology.end_name(e))),
    };
    let words = |i: &Impairment| i.settings();
    Link {
        ends: link.ends.each_ref().map(end),
        mtu: link.mtu,
        impairments: link.impairments.each_ref().map(words),
    }
}

fn owner() -> String {
    let uid = nix::unistd::Uid::from_raw(place::host_uid());
    let user = nix::unistd::User::from_uid(uid).ok().flatten();
    std::env::var("SUDO_USER").ok().or(user.map(|u| u.name)).unwrap_or_else(|| uid.to_string())
}
