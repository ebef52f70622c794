//! A lab's topology: nodes, cables, and what each node is configured to be.
//!
//! Read from a containerlab file, unchanged (see `parse.rs` for the subset), or built in code for tests.
//! Nothing runs here.

mod build;
mod config;
mod expand;
mod host;
mod parse;

pub use expand::{Environment, Magic, expand};
pub(super) use host::line as host_line;
pub(super) use host::{Done, empty as empty_host};
pub use parse::parse;

use super::cable::Impairment;
use super::yaml::{Problem, Problems};
use configs::Config;
use core::fmt;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// containerlab's prefix of container names.
const DEFAULT_PREFIX: &str = "clab";

/// containerlab's MTU for veth cables.
pub const DEFAULT_MTU: u16 = 9500;

/// A network of nodes and cables.
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    /// `name:`
    pub name: String,
    /// `prefix:` of the names of containers: `clab` unless the file says otherwise.
    pub prefix: String,
    /// The file, as the user named it; empty when built in code.
    pub file: PathBuf,
    /// In the order of the file.
    pub nodes: Vec<Node>,
    /// In the order of the file.
    pub links: Vec<Link>,
    /// What was read and ignored.
    pub warnings: Vec<Problem>,
}

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// What else a container engine would be told of it.
    pub container: Container,
}

/// What the file says of a node beyond its role. A lab in one process has no use for it, namespaces do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Container {
    /// `linux`, `bridge`, ...
    pub kind: String,
    /// The image's name; empty: none.
    pub image: String,
    /// The group's name; empty: none.
    pub group: String,
    /// The file that holds a router's configuration.
    pub config: Option<PathBuf>,
    /// What is bound where: paths of the host and of the node.
    pub binds: Vec<(PathBuf, String)>,
    /// Commands to run once it is up.
    pub exec: Vec<String>,
    /// Kernel settings of its namespace.
    pub sysctls: BTreeMap<String, String>,
    /// Variables of its processes.
    pub env: BTreeMap<String, String>,
    /// Free words.
    pub labels: BTreeMap<String, String>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Role {
    /// Runs routerd with this configuration.
    Router(Box<Config>),
    /// A Linux-like host: addresses, routes, ping; it forwards nothing.
    Host(Box<Config>),
    /// A learning Ethernet switch (`kind: bridge`).
    Switch,
    /// Something that cannot run in this process: the image's name.
    Foreign(String),
}

/// A cable of the topology.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Both ends.
    pub ends: [End; 2],
    /// Bytes of an IP packet.
    pub mtu: u16,
    /// What frames sent by the first and by the second end suffer.
    pub impairments: [Impairment; 2],
}

/// One end of a cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Index into [`Topology::nodes`].
    pub node: usize,
    /// `eth1`
    pub interface: String,
    /// A MAC address from the file; else one is made from the names.
    pub mac: Option<[u8; 6]>,
}

/// Why there is no topology.
#[derive(Debug)]
pub enum LoadError {
    /// No such file, or several to choose from; in words.
    Find(String),
    /// The files were read and are wrong.
    Problems(Problems),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Find(s) => f.write_str(s),
            LoadError::Problems(p) => p.fmt(f),
        }
    }
}

impl core::error::Error for LoadError {}

/// Finds, reads and checks a topology and the configurations it binds. `topo` is a file, a folder with exactly
/// one `*.clab.yml` or `*.clab.yaml`, or `None` for the current folder, as in containerlab.
pub fn load(topo: Option<&Path>) -> Result<Topology, LoadError> {
    let file = find(topo.unwrap_or(Path::new(".")))?;
    let text = std::fs::read_to_string(&file)
        .map_err(|e| LoadError::Find(format!("cannot read {}: {e}", file.display())))?;
    let environment = |name: &str| std::env::var(name).ok();
    parse(&text, &file, &environment).map_err(LoadError::Problems)
}

/// The topology file meant by `path`.
pub fn find(path: &Path) -> Result<PathBuf, LoadError> {
    if !path.is_dir() {
        if path.exists() {
            return Ok(path.to_owned());
        }
        return Err(LoadError::Find(format!("{}: no such file or folder", path.display())));
    }
    let entries = std::fs::read_dir(path)
        .map_err(|e| LoadError::Find(format!("cannot read {}: {e}", path.display())))?;
    let is_topology = |p: &Path| {
        let name = p.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        name.ends_with(".clab.yml") || name.ends_with(".clab.yaml")
    };
    let mut found: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| is_topology(p)).collect();
    found.sort();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(LoadError::Find(format!(
            "{}: no topology here: expected one file named *.clab.yml or *.clab.yaml",
            path.display()
        ))),
        several => {
            let names: Vec<_> = several.iter().map(|p| p.display().to_string()).collect();
            Err(LoadError::Find(format!("which of these? {}", names.join(", "))))
        }
    }
}

impl Topology {
    /// An empty topology to be built in code.
    pub fn new(name: &str) -> Topology {
        Topology {
            name: name.to_owned(),
            prefix: DEFAULT_PREFIX.to_owned(),
            file: PathBuf::new(),
            nodes: Vec::new(),
            links: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The index of a node.
    pub fn node(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|n| n.name == name)
    }

    /// Nodes that cannot run in this process, and what they would run.
    pub fn foreign(&self) -> impl Iterator<Item = (&str, &str)> {
        self.nodes.iter().filter_map(|n| match &n.role {
            Role::Foreign(image) => Some((n.name.as_str(), image.as_str())),
            Role::Router(_) | Role::Host(_) | Role::Switch => None,
        })
    }

    /// `r1:eth1`
    pub fn end_name(&self, end: &End) -> String {
        let node = self.nodes.get(end.node).map_or("?", |n| n.name.as_str());
        format!("{node}:{}", end.interface)
    }

    /// The folder of the file.
    pub fn folder(&self) -> &Path {
        folder_of(&self.file)
    }
}

impl Role {
    /// The configuration of a router or a host.
    pub fn config(&self) -> Option<&Config> {
        match self {
            Role::Router(c) | Role::Host(c) => Some(c),
            Role::Switch | Role::Foreign(_) => None,
        }
    }

    /// `router`, `host`, `switch` or `foreign`.
    pub fn name(&self) -> &'static str {
        match self {
            Role::Router(_) => "router",
            Role::Host(_) => "host",
            Role::Switch => "switch",
            Role::Foreign(_) => "foreign",
        }
    }
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(p) if p != Path::new("") => p,
        _ => Path::new("."),
    }
}

/// A container's hostname is its node's name, unless the configuration sets one.
fn named(mut config: Config, name: &str) -> Config {
    if config.hostname == Config::default().hostname {
        config.hostname = name.to_owned();
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_one_topology_is_enough_and_two_are_a_question() {
        let dir = std::env::temp_dir().join(format!("routerd-lab-find-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        assert!(find(&dir).unwrap_err().to_string().contains("no topology here"));
        std::fs::write(dir.join("a.clab.yml"), "").unwrap();
        assert_eq!(find(&dir).unwrap(), dir.join("a.clab.yml"));
        std::fs::write(dir.join("b.clab.yaml"), "").unwrap();
        assert!(find(&dir).unwrap_err().to_string().starts_with("which of these?"));
        std::fs::remove_dir_all(&dir).unwrap();
        assert!(find(&dir).unwrap_err().to_string().contains("no such file or folder"));
    }
}
