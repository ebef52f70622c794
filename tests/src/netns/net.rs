//! A scenario's namespaces and cables.

use super::process::{Finished, Process};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// One scenario: a folder for its files and the namespaces it made. Dropping it deletes both (the folder stays when
/// the test fails, for a look at the captures and logs).
#[derive(Debug)]
pub struct Net {
    folder: PathBuf,
    prefix: String,
    spaces: Vec<String>,
}

impl Net {
    /// A new scene. Namespaces are called `rt<pid>-<scenario>-<name>`, so that tests side by side do not meet, whether of
    /// one process or of several.
    pub fn new(scenario: &str) -> Net {
        sweep();
        let scene = format!("rt{}-{scenario}", std::process::id());
        let folder = std::env::temp_dir().join(&scene);
        // A leftover of an earlier process with the same id.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
        Net { folder, prefix: format!("{scene}-"), spaces: Vec::new() }
    }

    /// The folder for the scenario's files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A path in that folder.
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// A Linux host: a namespace with `lo` up, no IPv6 address detection, which would only cost a second, and no limit
    /// on ICMP errors (traceroute alone uses up Linux's).
    #[track_caller]
    pub fn host(&mut self, name: &str) -> Node {
        let node = self.namespace(name);
        node.sysctl(&[
            "net.ipv6.conf.default.accept_dad=0",
            "net.ipv6.conf.all.accept_dad=0",
            "net.ipv6.conf.default.accept_ra=0",
            "net.ipv4.conf.default.rp_filter=0",
            "net.ipv4.icmp_ratelimit=0",
            "net.ipv6.icmp.ratelimit=0",
        ]);
        node.ip("link set lo up");
        node
    }

    /// A host that forwards: the place for FRR or BIRD.
    #[track_caller]
    pub fn kernel_router(&mut self, name: &str) -> Node {
        let node = self.host(name);
        node.sysctl(&["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]);
        node
    }

    /// A namespace whose ports belong to routerd: the kernel has no address there and keeps silent.
    #[track_caller]
    pub fn silent(&mut self, name: &str) -> Node {
        let node = self.namespace(name);
        node.sysctl(&[
            "net.ipv6.conf.all.disable_ipv6=1",
            "net.ipv6.conf.default.disable_ipv6=1",
            "net.ipv4.ip_forward=0",
            "net.ipv4.conf.all.arp_ignore=8",
        ]);
        node
    }

    /// A cable: a veth pair of this MTU between two nodes, both ends up.
    #[track_caller]
    pub fn cable(&self, (a, port_a): (&Node, &str), (b, port_b): (&Node, &str), mtu: u16) {
        let words = format!(
            "link add {port_a} mtu {mtu} netns {} type veth peer name {port_b} mtu {mtu} netns {}",
            a.space, b.space
        );
        ip(&words);
        a.up(port_a);
        b.up(port_b);
    }

    /// A LAN: a switch in a namespace of its own with a cable to each node's port.
    #[track_caller]
    pub fn lan(&mut self, name: &str, ports: &[(&Node, &str)], mtu: u16) -> Node {
        let switch = self.silent(name);
        // Without a querier on the LAN, snooping would lose multicast.
        switch.ip("link add lan type bridge mcast_snooping 0 forward_delay 0");
        switch.up("lan");
        for (at, (node, port)) in ports.iter().enumerate() {
            let end = format!("p{at}");
            self.cable((node, port), (&switch, &end), mtu);
            switch.ip(&format!("link set {end} master lan"));
        }
        switch
    }

    #[track_caller]
    fn namespace(&mut self, name: &str) -> Node {
        let space = format!("{}{name}", self.prefix);
        ip(&format!("netns add {space}"));
        self.spaces.push(space.clone());
        Node { name: name.to_owned(), space, folder: self.folder.clone() }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for space in &self.spaces {
            // One that is already gone is as good.
            let _ = Finished::run("ip", &["netns", "delete", space]);
        }
        if std::thread::panicking() {
            eprintln!("--- captures and logs are kept in {}", self.folder.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A namespace of a scenario.
#[derive(Clone, Debug)]
pub struct Node {
    name: String,
    space: String,
    folder: PathBuf,
}

impl Node {
    /// Its short name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The namespace's name.
    pub fn space(&self) -> &str {
        &self.space
    }

    /// Runs a command line inside (split at blanks), to its end.
    pub fn run(&self, line: &str) -> Finished {
        let mut words = vec!["netns", "exec", self.space.as_str()];
        words.extend(line.split_whitespace());
        Finished::run("ip", &words)
    }

    /// Runs a `bash` script inside, to its end.
    pub fn shell(&self, script: &str) -> Finished {
        Finished::run("ip", &["netns", "exec", &self.space, "bash", "-c", script])
    }

    /// Runs a command line inside that must succeed; returns what it printed.
    #[track_caller]
    pub fn ok(&self, line: &str) -> String {
        self.run(line).expect_success(&format!("{}: {line}", self.name))
    }

    /// Starts a daemon inside (it must stay in the foreground). Its log is `<node>-<what>.log`.
    #[track_caller]
    pub fn spawn(&self, what: &str, program: &str, args: &[&str]) -> Process {
        let name = format!("{}-{what}", self.name);
        let log = self.folder.join(format!("{name}.log"));
        // `ip netns exec` replaces itself by the program: the child is the daemon, not a wrapper.
        let mut words = vec!["netns", "exec", self.space.as_str(), program];
        words.extend(args);
        Process::spawn(&name, &log, "ip", &words)
    }

    /// `ip -n NODE ...`
    #[track_caller]
    pub fn ip(&self, words: &str) -> String {
        ip(&format!("-n {} {words}", self.space))
    }

    /// `ip -json -n NODE ...`
    #[track_caller]
    pub fn ip_json(&self, words: &str) -> Value {
        let text = self.ip(&format!("-json {words}"));
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Sets kernel parameters of the namespace.
    #[track_caller]
    pub fn sysctl(&self, settings: &[&str]) {
        self.ok(&format!("sysctl -qw {}", settings.join(" ")));
    }

    /// Adds an address.
    #[track_caller]
    pub fn address(&self, port: &str, address: &str) {
        let nodad = if address.contains(':') { "nodad" } else { "brd +" };
        self.ip(&format!("addr add {address} {nodad} dev {port}"));
    }

    /// Adds a route: `route("default via 10.0.1.1")`; the family follows from the text.
    #[track_caller]
    pub fn route(&self, words: &str) {
        let family = if words.contains(':') { "-6" } else { "-4" };
        self.ip(&format!("{family} route add {words}"));
    }

    /// Link up.
    #[track_caller]
    pub fn up(&self, port: &str) {
        self.ip(&format!("link set {port} up"));
    }

    /// Link down: on a veth the other end loses its carrier.
    #[track_caller]
    pub fn down(&self, port: &str) {
        self.ip(&format!("link set {port} down"));
    }

    /// The port's MAC address.
    #[track_caller]
    pub fn mac(&self, port: &str) -> String {
        let link = self.ip_json(&format!("link show dev {port}"));
        link[0]["address"].as_str().expect("every veth has an address").to_owned()
    }
}

/// The link-local address a MAC address makes (RFC 4291 appendix A).
#[track_caller]
pub fn link_local(mac: &str) -> String {
    let octet = |octet| u8::from_str_radix(octet, 16).expect("a MAC address is six bytes in hex");
    let octets: Vec<u8> = mac.split(':').map(octet).collect();
    let &[a, b, c, d, e, f] = octets.as_slice() else { panic!("{mac} is no MAC address") };
    let word = |high, low| u16::from_be_bytes([high, low]);
    let words = [0xfe80, 0, 0, 0, word(a ^ 2, b), word(c, 0xff), word(0xfe, d), word(e, f)];
    core::net::Ipv6Addr::from(words).to_string()
}

/// `ip ...`, which must succeed.
#[track_caller]
fn ip(words: &str) -> String {
    let list: Vec<&str> = words.split_whitespace().collect();
    Finished::run("ip", &list).expect_success(&format!("ip {words}"))
}

/// Deletes namespaces whose test process is gone: one that was killed could not clean up.
fn sweep() {
    let listed = Finished::run("ip", &["netns", "list"]);
    for line in listed.stdout.lines() {
        let space = line.split_whitespace().next().unwrap_or("");
        let Some(owner) = owner(space) else { continue };
        if !Path::new("/proc").join(owner.to_string()).exists() {
            let _ = Finished::run("ip", &["netns", "delete", space]);
        }
    }
}

/// The process that made a namespace of ours.
fn owner(space: &str) -> Option<u32> {
    let (pid, _) = space.strip_prefix("rt")?.split_once('-')?;
    pid.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_address_makes_a_link_local_address() {
        assert_eq!(link_local("52:54:00:12:34:56"), "fe80::5054:ff:fe12:3456");
    }

    #[test]
    fn only_our_own_names_have_an_owner() {
        assert_eq!(owner("rt123-a"), Some(123));
        assert_eq!(owner("rt-a"), None);
        assert_eq!(owner("rtx-a"), None);
        assert_eq!(owner("other"), None);
    }
}
