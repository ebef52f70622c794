//! The kernel must not own a port that the router owns: two IP stacks on one wire both answer ARP, both send
//! "port unreachable", both forward.
//!
//! Sets what it may and reads what it may not (in a container /proc/sys is often read-only). It never fails
//! and never removes an address: somebody put it there. It says what to do instead.

use super::{index_of, netlink};
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Something about a port that will make kernel and router answer side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What is wrong, for a log line.
    pub problem: String,
    /// The commands that cure it, one a line.
    pub cure: String,
    /// The same for a containerlab node: a line under `sysctls:`.
    pub sysctl: Option<String>,
}

/// `problem; to cure it: cure`
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; to cure it: {}", self.problem, self.cure)?;
        match &self.sysctl {
            Some(line) => write!(f, " (containerlab: \"sysctls: {{ {line} }}\")"),
            None => Ok(()),
        }
    }
}

/// A per-interface setting under /proc/sys/net.
struct Rule {
    family: &'static str,
    name: &'static str,
    value: &'static str,
    /// What goes wrong otherwise.
    otherwise: &'static str,
    /// The setting a container can be started with, before its interfaces exist.
    sysctl: &'static str,
}

const RULES: [Rule; 3] = [
    Rule {
        family: "ipv6",
        name: "disable_ipv6",
        value: "1",
        otherwise: "the kernel speaks IPv6 on it",
        sysctl: "net.ipv6.conf.default.disable_ipv6: 1",
    },
    Rule {
        family: "ipv4",
        name: "arp_ignore",
        value: "8",
        otherwise: "the kernel answers ARP on it for addresses of other ports",
        sysctl: "net.ipv4.conf.default.arp_ignore: 8",
    },
    // The port's own switch, not net.ipv4.ip_forward: that one belongs to the whole namespace, which may be a
    // host that routes for its containers. The kernel asks the port a packet came in by.
    Rule {
        family: "ipv4",
        name: "forwarding",
        value: "0",
        otherwise: "the kernel forwards what the router forwards too",
        sysctl: "net.ipv4.ip_forward: 0",
    },
];

/// Makes the kernel leave a port alone, as far as allowed, and says what is left to do. Call it when the port
/// appears, before raising it: an IPv6 stack sends as soon as the link is up.
///
/// In the calling thread's network namespace, whose /proc/sys/net this must be.
pub fn prepare_port(name: &str) -> Vec<Warning> {
    let mut warnings = Vec::new();
    match addresses(name) {
        Ok(list) => warnings.extend(list),
        Err(e) => warnings.push(Warning {
            problem: format!("{name}: its kernel addresses are unknown: {e}"),
            cure: format!("ip address show dev {name}"),
            sysctl: None,
        }),
    }
    let settings = Path::new("/proc/sys/net");
    warnings.extend(RULES.iter().filter_map(|rule| enforce(settings, rule, name)));
    warnings
}

fn addresses(name: &str) -> io::Result<Vec<Warning>> {
    let found = netlink::ipv4_addresses(index_of(name)?)?;
    let warning = |(address, len)| Warning {
        problem: format!(
            "{name}: the kernel has address {address}/{len} on it and answers beside the router"
        ),
        cure: format!("ip address del {address}/{len} dev {name}"),
        sysctl: None,
    };
    Ok(found.into_iter().map(warning).collect())
}

/// `None`: it is as it should be.
fn enforce(settings: &Path, rule: &Rule, name: &str) -> Option<Warning> {
    let family = settings.join(rule.family);
    if !family.exists() {
        // A kernel without this protocol does no harm with it.
        return None;
    }
    let file: PathBuf = family.join("conf").join(name).join(rule.name);
    let reads = || fs::read_to_string(&file).map(|value| value.trim() == rule.value);
    // Read first: where it is right already, a read-only /proc/sys is no problem. And read back.
    if reads().unwrap_or(false) {
        return None;
    }
    // Only what exists: creating the file would not create the setting.
    let open = fs::OpenOptions::new().write(true).open(&file);
    let written = open.and_then(|mut file| file.write_all(rule.value.as_bytes()));
    if written.is_ok() && reads().unwrap_or(false) {
        return None;
    }
    let Rule { family, name: key, value, otherwise, sysctl } = rule;
    let why = written.err().map(|e| format!(" ({e})")).unwrap_or_default();
    Some(Warning {
        problem: format!("{name}: {key} is not {value}: {otherwise}{why}"),
        cure: format!("sysctl -w net/{family}/conf/{name}/{key}={value}"),
        sysctl: Some((*sysctl).to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(test: &str, value: &str) -> PathBuf {
        let root = std::env::temp_dir().join(format!("routerd-prepare-{}-{test}", std::process::id()));
        let port = root.join("ipv4/conf/eth1.100");
        fs::create_dir_all(&port).unwrap();
        fs::write(port.join("arp_ignore"), value).unwrap();
        root
    }

    #[test]
    fn a_setting_is_written_where_it_may_be() {
        let root = tree("write", "0\n");
        assert_eq!(enforce(&root, &RULES[1], "eth1.100"), None);
        assert_eq!(fs::read_to_string(root.join("ipv4/conf/eth1.100/arp_ignore")).unwrap().trim(), "8");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn what_cannot_be_set_is_a_warning_with_the_exact_command() {
        let root = tree("missing", "8");
        let warning = enforce(&root, &RULES[2], "eth1.100").unwrap();
        assert_eq!(warning.cure, "sysctl -w net/ipv4/conf/eth1.100/forwarding=0");
        assert_eq!(warning.sysctl.as_deref(), Some("net.ipv4.ip_forward: 0"));
        assert!(warning.problem.starts_with("eth1.100: forwarding is not 0"), "{warning}");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_protocol_the_kernel_lacks_needs_no_setting() {
        let root = tree("family", "8");
        assert_eq!(enforce(&root, &RULES[0], "eth1.100"), None);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_port_that_is_not_there_warns_and_does_not_fail() {
        let warnings = prepare_port("lk-nowhere");
        assert!(warnings.iter().any(|warning| warning.problem.contains("lk-nowhere")));
    }
}
