//! containerlab's topology file, the part of it that means something in one process.
//!
//! As strict as containerlab: an unknown key is an error with its place and a guess. Keys that containerlab knows
//! and that mean nothing here get one warning each. Kinds: `linux` (a router when routerd's configuration is bound
//! into it, else a host), `bridge` (a switch). Links: both forms, veth only.

use super::super::cable::Impairment;
use super::super::yaml::{self, Fields, Node as Yaml, Position, Problems, Value, did_you_mean};
use super::expand::{Environment, Magic, expand};
use super::{DEFAULT_MTU, End, Link, Node, Role, Topology, config, folder_of, host, named};
use container::is_config;
use fib::port::Mac;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Node settings that containerlab knows and this process has no use for.
const IGNORED_NODE_KEYS: &[&str] = &[
    "image-pull-policy",
    "restart-policy",
    "license",
    "type",
    "startup-config",
    "startup-delay",
    "enforce-startup-config",
    "suppress-startup-config",
    "auto-remove",
    "volumes",
    "ports",
    "credentials",
    "env-files",
    "user",
    "hostname",
    "entrypoint",
    "cmd",
    "runtime",
    "mgmt-ipv4",
    "mgmt-ipv6",
    "link-apply-mode",
    "cpu",
    "memory",
    "cpu-set",
    "extras",
    "config",
    "stages",
    "dns",
    "certificate",
    "healthcheck",
    "components",
    "aliases",
    "shm-size",
    "cap-add",
    "privileged",
    "cgroupns-mode",
    "cgroup-parent",
    "pid-mode",
    "tmpfs",
    "security-opts",
    "devices",
];

/// Kinds that are one word; a vendor's kind has an underscore.
const PLAIN_KINDS: [&str; 5] = ["linux", "bridge", "ovs-bridge", "host", "ext-container"];

/// Reads a topology and the configurations beside it. Every error of every file is reported.
pub fn parse(text: &str, file: &Path, environment: Environment<'_>) -> Result<Topology, Problems> {
    let mut problems = Problems::new(&file.display().to_string());
    let (text, unset) = expand(text, environment);
    for name in unset {
        problems.warn(
            Position { line: 1, column: 1 },
            format!("variable `{name}` is not set and has no default"),
        );
    }
    let topology = match yaml::parse(&text, &mut problems) {
        Some(root) => Reader { problems: &mut problems, folder: folder_of(file) }.file(&root, file),
        None => None,
    };
    match topology {
        Some(mut topology) if problems.errors.is_empty() => {
            topology.warnings = problems.warnings;
            Ok(topology)
        }
        _ => {
            problems.errors.sort_by_key(|e| (e.file != problems.file, e.at));
            Err(problems)
        }
    }
}

struct Reader<'r> {
    problems: &'r mut Problems,
    folder: &'r Path,
}

/// What defaults, kinds, groups and the node itself say together.
#[derive(Clone, Debug, Default)]
struct Settings {
    kind: Option<(String, Position)>,
    group: Option<String>,
    image: Option<String>,
    network_mode: Option<String>,
    /// Destination to source.
    binds: BTreeMap<String, (String, Position)>,
    exec: Vec<(String, Position)>,
    /// `net.ipv4.ip_forward=1`: about a container's kernel, which a host has and a router of ours does not.
    sysctls: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
}

impl Settings {
    /// These settings, over `base`.
    fn over(self, base: &Settings) -> Settings {
        let mut all = base.clone();
        all.kind = self.kind.or(all.kind);
        all.group = self.group.or(all.group);
        all.image = self.image.or(all.image);
        all.network_mode = self.network_mode.or(all.network_mode);
        all.binds.extend(self.binds);
        all.exec.extend(self.exec);
        all.sysctls.extend(self.sysctls);
        all.env.extend(self.env);
        all.labels.extend(self.labels);
        all
    }

    /// `container:sw`: the node whose namespace this one lives in.
    fn lives_in(&self) -> Option<&str> {
        self.network_mode.as_deref().and_then(|m| m.strip_prefix("container:"))
    }
}

impl Reader<'_> {
    fn file(&mut self, root: &Yaml, file: &Path) -> Option<Topology> {
        let mut fields = root.fields(self.problems, "a topology file");
        let name = fields.need(self.problems, "name");
        let name = name.and_then(|n| n.text(self.problems, "the lab's name").map(|t| (t.to_owned(), n.at)));
        let section = fields.need(self.problems, "topology");
        let prefix = fields.take("prefix");
        let prefix = prefix.map(|p| match &p.value {
            Value::Scalar { text, .. } => text.clone(),
            _ => String::new(),
        });
        for silent in ["mgmt", "settings", "debug"] {
            fields.take(silent);
        }
        fields.finish(self.problems, &[]);
        let (name, at) = name?;
        if !is_name(&name, "-._") {
            self.problems.error(at, format!("`{name}` is no lab name: letters, digits, `-`, `.`, `_`"));
        }
        let mut fields = section?.fields(self.problems, "`topology`");
        let defaults = fields.take("defaults").map(|n| self.settings(n, "defaults")).unwrap_or_default();
        let kinds = self.each(fields.take("kinds"), "a kind");
        let groups = self.each(fields.take("groups"), "a group");
        let nodes = fields.need(self.problems, "nodes");
        let links = fields.take("links");
        fields.finish(self.problems, &[]);

        let mut topology = Topology::new(&name);
        topology.file = file.to_owned();
        topology.prefix = prefix.unwrap_or(topology.prefix);
        let mut settings = Vec::new();
        let node_entries = nodes?.fields(self.problems, "`nodes`").entries();
        for (key, value) in node_entries {
            if !is_name(&key.text, "-._|") {
                self.problems
                    .error(key.at, format!("`{}` is no node name: letters, digits, `-`, `.`, `_`", key.text));
            }
            let own = self.settings(value, "a node");
            let group = own.group.as_ref().and_then(|g| groups.get(g)).cloned().unwrap_or_default();
            let kind_of = |s: &Settings| s.kind.clone();
            let kind = kind_of(&own).or_else(|| kind_of(&group)).or_else(|| kind_of(&defaults));
            let of_kind = kind.as_ref().and_then(|(k, _)| kinds.get(k)).cloned().unwrap_or_default();
            let mut all = own.over(&group.over(&of_kind.over(&defaults)));
            all.kind = kind;
            settings.push((key, all));
        }
        if settings.is_empty() {
            self.problems.error(nodes?.at, "no nodes: a lab needs one at least");
        }
        let holders: BTreeSet<String> = settings
            .iter()
            .filter(|(_, s)| s.kind.as_ref().is_some_and(|(k, _)| k.contains("bridge")))
            .filter_map(|(_, s)| s.lives_in().map(str::to_owned))
            .collect();
        let mut management = BTreeSet::new();
        for (key, settings) in settings {
            // `sw` in `"br0|sw": {kind: bridge, network-mode: "container:sw"}` only lends its namespace.
            if holders.contains(&key.text) {
                continue;
            }
            if settings.network_mode.as_deref() != Some("none") {
                management.insert(topology.nodes.len());
            }
            let role = self.role(&key.text, key.at, &settings, &name);
            let container = self.container(&key.text, &settings, &name);
            topology.nodes.push(Node { name: key.text.clone(), role, container });
        }
        for link in links.map(|l| l.list(self.problems, "links")).unwrap_or_default() {
            if let Some(link) = self.link(link, &mut topology, &management) {
                topology.links.push(link);
            }
        }
        Some(topology)
    }

    fn each(&mut self, section: Option<&Yaml>, what: &'static str) -> BTreeMap<String, Settings> {
        let Some(section) = section else { return BTreeMap::new() };
        let entries = section.fields(self.problems, "a mapping of names").entries();
        entries.iter().map(|(k, v)| (k.text.clone(), self.settings(v, what))).collect()
    }

    fn settings(&mut self, node: &Yaml, what: &'static str) -> Settings {
        let mut fields = node.fields(self.problems, what);
        let mut settings = Settings::default();
        if let Some(kind) = fields.take("kind") {
            settings.kind = kind.text(self.problems, "a kind").map(|t| (t.to_owned(), kind.at));
        }
        let mut word = |fields: &mut Fields<'_>, name: &'static str| {
            fields.take(name).and_then(|n| n.text(self.problems, "a word")).map(str::to_owned)
        };
        settings.group = word(&mut fields, "group");
        settings.image = word(&mut fields, "image");
        settings.network_mode = word(&mut fields, "network-mode");
        for bind in fields.take("binds").map(|b| b.list(self.problems, "binds")).unwrap_or_default() {
            let Some(text) = bind.text(self.problems, "a bind") else { continue };
            match text.split_once(':') {
                Some((source, rest)) => {
                    let destination = rest.split(':').next().unwrap_or(rest);
                    settings.binds.insert(destination.to_owned(), (source.to_owned(), bind.at));
                }
                None => self
                    .problems
                    .error(bind.at, format!("found `{text}`, expected SOURCE:DESTINATION[:OPTIONS]")),
            }
        }
        for exec in fields.take("exec").map(|e| e.list(self.problems, "commands")).unwrap_or_default() {
            if let Some(text) = exec.text(self.problems, "a command") {
                settings.exec.push((text.to_owned(), exec.at));
            }
        }
        settings.sysctls = self.words(fields.take("sysctls"), "a mapping of kernel settings");
        // Free for everyone: labels and variables of other tools.
        settings.labels = self.words(fields.take("labels"), "a mapping of labels");
        settings.env = self.words(fields.take("env"), "a mapping of variables");
        fields.finish(self.problems, IGNORED_NODE_KEYS);
        settings
    }

    fn role(&mut self, name: &str, at: Position, settings: &Settings, lab: &str) -> Role {
        let Some((kind, kind_at)) = &settings.kind else {
            self.problems
                .error(at, format!("node `{name}` has no kind: expected `kind: linux` or `kind: bridge`"));
            return Role::Switch;
        };
        match kind.as_str() {
            "linux" => self.linux(name, settings, lab),
            "bridge" | "ovs-bridge" => Role::Switch,
            other if PLAIN_KINDS.contains(&other) || other.contains('_') => Role::Foreign(other.to_owned()),
            other => {
                let hint = did_you_mean(other, PLAIN_KINDS);
                self.problems
                    .error(*kind_at, format!("unknown kind `{other}`{hint}; accepted: linux, bridge"));
                Role::Switch
            }
        }
    }

    fn linux(&mut self, name: &str, settings: &Settings, lab: &str) -> Role {
        let dir = self.lab_dir(lab);
        let magic = Magic { node: name, lab, dir: &dir };
        if let Some((_, (source, at))) = settings.binds.iter().find(|(d, _)| is_config(d)) {
            let path = self.folder.join(magic.replace(source));
            let config = config::load(&path, *at, self.problems).unwrap_or_default();
            return Role::Router(Box::new(named(config, name)));
        }
        let image = settings.image.as_deref().unwrap_or_default();
        let daemon = settings.binds.keys().find(|d| d.starts_with("/etc/frr") || d.starts_with("/etc/bird"));
        if daemon.is_some() || ["frr", "bird"].iter().any(|n| image_name(image).starts_with(n)) {
            return Role::Foreign(image.to_owned());
        }
        if image_name(image).starts_with("routerd") {
            return Role::Router(Box::new(named(configs::Config::default(), name)));
        }
        let mut config = host::empty(name);
        for (key, value) in &settings.sysctls {
            // Those that mean nothing here change nothing.
            let _ = host::line(&mut config, &format!("sysctl {key}={value}"));
        }
        for (line, at) in &settings.exec {
            if let Err(e) = host::line(&mut config, &magic.replace(line)) {
                self.problems.error(*at, e);
            }
        }
        Role::Host(Box::new(config))
    }

    fn link(&mut self, node: &Yaml, topology: &mut Topology, management: &BTreeSet<usize>) -> Option<Link> {
        let mut fields = node.fields(self.problems, "a link");
        if let Some(kind) = fields.take("type") {
            let text = kind.text(self.problems, "a link type")?;
            match text {
                "veth" | "veth-stitch" => {}
                "mgmt-net" | "macvlan" | "host" | "vxlan" | "vxlan-stitch" | "dummy" => {
                    self.problems.warn(
                        kind.at,
                        format!("a link of type `{text}` exists only beside a host: left out"),
                    );
                    return None;
                }
                _ => {
                    let hint = did_you_mean(text, ["veth", "mgmt-net", "macvlan", "host", "vxlan", "dummy"]);
                    self.problems.error(kind.at, format!("unknown link type `{text}`{hint}; accepted: veth"));
                    return None;
                }
            }
        }
        let endpoints = fields.need(self.problems, "endpoints");
        let mut impairment = Impairment::default();
        let mtu = fields.take("mtu").map_or(Some(DEFAULT_MTU), |n| self.mtu(n));
        let addresses = [fields.take("ipv4"), fields.take("ipv6")];
        for place in ["vars", "labels"] {
            if let Some(extras) = fields.take(place) {
                self.extras(extras, &mut impairment);
            }
        }
        fields.finish(self.problems, &[]);
        let endpoints = endpoints?;
        let list = endpoints.list(self.problems, "two endpoints");
        let [a, b] = list else {
            self.problems.error(endpoints.at, format!("found {} endpoints, a cable has 2", list.len()));
            return None;
        };
        let mut impairments = [impairment; 2];
        let [first, second] = &mut impairments;
        let a = self.end(a, topology, management, first);
        let b = self.end(b, topology, management, second);
        let ends = [a?, b?];
        self.check_ends(node.at, &ends, topology);
        for list in addresses.into_iter().flatten() {
            for (address, end) in list.list(self.problems, "addresses").iter().zip(&ends) {
                self.assign(address, end, topology);
            }
        }
        Some(Link { ends, mtu: mtu?, impairments })
    }

    fn check_ends(&mut self, at: Position, ends: &[End; 2], topology: &Topology) {
        let [a, b] = ends;
        let same = |x: &End, y: &End| x.node == y.node && x.interface == y.interface;
        let taken = |end: &End| topology.links.iter().flat_map(|l| &l.ends).any(|e| same(e, end));
        for end in ends {
            if taken(end) || same(a, b) {
                self.problems.error(at, format!("`{}` already has a cable", topology.end_name(end)));
                return;
            }
        }
    }

    fn mtu(&mut self, node: &Yaml) -> Option<u16> {
        let mtu = node.parse::<u16>(self.problems, "an MTU from 68 to 65535")?;
        if mtu < 68 {
            self.problems.error(node.at, format!("found `{mtu}`, expected an MTU from 68 to 65535"));
        }
        Some(mtu)
    }

    /// `delay`, `loss`, ... among the variables of other tools.
    fn extras(&mut self, node: &Yaml, impairment: &mut Impairment) {
        for (key, value) in node.fields(self.problems, "a mapping").entries() {
            if Impairment::KEYS.contains(&key.text.as_str()) {
                let Some(text) = value.text(self.problems, "a value such as 10ms, 1% or 10mbit") else {
                    continue;
                };
                if let Err(e) = impairment.set(&key.text, text) {
                    self.problems.error(value.at, e);
                }
            } else if let hint = did_you_mean(&key.text, Impairment::KEYS)
                && !hint.is_empty()
            {
                self.problems.error(key.at, format!("a cable has no `{}`{hint}", key.text));
            }
        }
    }

    fn end(
        &mut self,
        node: &Yaml,
        topology: &mut Topology,
        management: &BTreeSet<usize>,
        impairment: &mut Impairment,
    ) -> Option<End> {
        let (name, name_at, interface, interface_at, mac) = match &node.value {
            Value::Scalar { text, .. } => match text.split_once(':') {
                Some((name, interface)) => (name.to_owned(), node.at, interface.to_owned(), node.at, None),
                None => {
                    self.problems.error(node.at, format!("found `{text}`, expected NODE:INTERFACE"));
                    return None;
                }
            },
            _ => {
                let mut fields = node.fields(self.problems, "an endpoint: NODE:INTERFACE or a mapping");
                let name = fields.need(self.problems, "node");
                let interface = fields.need(self.problems, "interface");
                let mac = fields.take("mac").and_then(|m| m.parse::<Mac>(self.problems, "a MAC address"));
                let addresses = [fields.take("ipv4"), fields.take("ipv6")];
                if let Some(vars) = fields.take("vars") {
                    self.extras(vars, impairment);
                }
                fields.finish(self.problems, &[]);
                let (name, interface) = (name?, interface?);
                let name_text = name.text(self.problems, "a node's name")?.to_owned();
                let interface_text = interface.text(self.problems, "an interface")?.to_owned();
                if let Some(index) = topology.node(&name_text) {
                    let end = End { node: index, interface: interface_text.clone(), mac: None };
                    for address in addresses.into_iter().flatten() {
                        self.assign(address, &end, topology);
                    }
                }
                (name_text, name.at, interface_text, interface.at, mac.map(|m| m.0))
            }
        };
        let Some(index) = topology.node(&name) else {
            let hint = did_you_mean(&name, topology.nodes.iter().map(|n| n.name.as_str()));
            self.problems.error(name_at, format!("no node `{name}`{hint}"));
            return None;
        };
        let usable = |c: char| c.is_ascii_graphic() && c != '/' && c != ':';
        if interface.is_empty() || interface.len() > 15 || !interface.chars().all(usable) {
            self.problems
                .error(interface_at, format!("`{interface}` is no interface name: 1 to 15 characters"));
            return None;
        }
        if interface == "eth0" && management.contains(&index) {
            self.problems.error(interface_at, "`eth0` is the management interface: cables start at eth1");
        }
        Some(End { node: index, interface, mac })
    }

    /// `ipv4:` and `ipv6:` of links: containerlab sets them on the kernel's interface, which a host uses and a
    /// router of ours does not.
    fn assign(&mut self, node: &Yaml, end: &End, topology: &mut Topology) {
        let Some(text) = node.text(self.problems, "an address with its prefix length").map(str::to_owned)
        else {
            return;
        };
        if text.is_empty() {
            return;
        }
        match topology.nodes.get_mut(end.node).map(|n| &mut n.role) {
            Some(Role::Host(config)) => {
                let line = format!("ip addr add {text} dev {}", end.interface);
                if let Err(e) = host::line(config, &line) {
                    self.problems.error(node.at, e);
                }
            }
            _ => self
                .problems
                .warn(node.at, "addresses of a router come from its configuration: this one is ignored"),
        }
    }
}

fn is_name(text: &str, also: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
}

/// `frr` of `quay.io/frrouting/frr:10.2`.
fn image_name(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last)
}

mod container;
#[cfg(test)]
mod tests;
