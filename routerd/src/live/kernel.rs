//! What the kernel does beside the router on its ports, told once.
//!
//! In a container /proc/sys is often read-only, and the same settings are missing on every port: one warning names them
//! all, in the words of the topology file that can set them before the ports exist.

use crate::link::Warning;
use std::collections::BTreeSet;
use tracing::warn;

/// What has been told.
#[derive(Debug, Default)]
pub(super) struct Told {
    sysctls: BTreeSet<String>,
}

impl Told {
    /// Tells what `prepare_port` found about a port, unless another port's warning has said the same.
    pub(super) fn tell(&mut self, interface: &str, warnings: Vec<Warning>) {
        let (settings, others): (Vec<_>, Vec<_>) = warnings.into_iter().partition(|w| w.sysctl.is_some());
        for warning in others {
            warn!(interface, "{warning}");
        }
        if let Some(words) = self.words(&settings) {
            warn!(interface, "{words}");
        }
    }

    /// One text for all settings; `None`: nothing is new.
    fn words(&mut self, settings: &[Warning]) -> Option<String> {
        let lines: BTreeSet<String> = settings.iter().filter_map(|w| w.sysctl.clone()).collect();
        if lines.is_subset(&self.sysctls) {
            return None;
        }
        let problems: Vec<&str> = settings.iter().map(|w| w.problem.as_str()).collect();
        let cures: Vec<&str> = settings.iter().map(|w| w.cure.as_str()).collect();
        let node: String = lines.iter().map(|line| format!("\n  {line}")).collect();
        let (problems, cures) = (problems.join("; "), cures.join("; "));
        self.sysctls.extend(lines);
        Some(format!(
            "{problems}. To cure it for all ports of a container, give the node\nsysctls:{node}\n(here: {cures})"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(sysctl: &str) -> Warning {
        Warning {
            problem: format!("eth1: {sysctl} is not so"),
            cure: "sysctl -w it".to_owned(),
            sysctl: Some(sysctl.to_owned()),
        }
    }

    #[test]
    fn the_settings_of_all_ports_are_one_warning_with_the_lines_of_the_topology() {
        let mut told = Told::default();
        let all = [warning("net.ipv4.ip_forward: 0"), warning("net.ipv4.conf.default.arp_ignore: 8")];
        let words = told.words(&all).unwrap();
        let node = "sysctls:\n  net.ipv4.conf.default.arp_ignore: 8\n  net.ipv4.ip_forward: 0\n";
        assert!(words.contains(node), "{words}");
        assert_eq!(told.words(&all), None, "the next port has nothing new to tell");
        assert_eq!(told.words(&all[..1]), None);
        assert!(told.words(&[warning("net.ipv6.conf.default.disable_ipv6: 1")]).is_some());
        assert_eq!(told.words(&[]), None);
    }
}
