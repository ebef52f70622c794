//! What FRR's files leave out depends on their first lines: `frr defaults datacenter` and `frr version` choose other
//! defaults of BGP. They are put into the configuration, which has one set of defaults only.

use bgp::config::{Config, Timers};

/// Which defaults a file was written for.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Profile {
    datacenter: bool,
    /// FRR before 7.4 took and told eBGP routes without policy.
    old: bool,
}

impl Profile {
    /// Looks whether a line tells it.
    pub(super) fn line(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("frr"), Some("defaults"), Some(name)) => self.datacenter = name == "datacenter",
            (Some("frr"), Some("version"), Some(version)) => self.old = is_old(version),
            _ => {}
        }
    }

    /// What holds in a process that has just begun.
    pub(super) fn begin(self, bgp: &mut Config) {
        if self.datacenter {
            bgp.bestpath.deterministic_med = true;
            bgp.timers = Timers { keepalive: 3, hold: 9 };
        }
        if self.datacenter || self.old {
            bgp.ebgp_requires_policy = false;
        }
    }

    /// What holds of neighbors that said nothing to the end.
    pub(super) fn end(self, bgp: &mut Config) {
        if !self.datacenter {
            return;
        }
        let single = bgp.neighbors.values_mut().filter(|n| n.peer_group.is_none());
        for peer in bgp.peer_groups.values_mut().chain(single) {
            peer.connect_retry.get_or_insert(10);
        }
    }
}

fn is_old(version: &str) -> bool {
    let mut numbers = version.split('.').map(|n| n.parse::<u32>());
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (7, 4),
        (Some(Ok(major)), _) => major < 7,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::text::parse;

    const LINES: &str = "router bgp 65001\n neighbor 10.0.0.2 remote-as 65002\n";

    #[test]
    fn a_file_for_datacenters_has_their_defaults() {
        let text = format!("frr version 8.4.4\nfrr defaults datacenter\n{LINES}");
        let bgp = parse(&text, "x").unwrap().bgp.unwrap();
        assert!(bgp.bestpath.deterministic_med && !bgp.ebgp_requires_policy);
        assert_eq!((bgp.timers.keepalive, bgp.timers.hold), (3, 9));
        assert!(bgp.neighbors.values().all(|n| n.connect_retry == Some(10)));
        let own = format!("{text} timers bgp 60 180\n bgp ebgp-requires-policy\n");
        let bgp = parse(&own, "x").unwrap().bgp.unwrap();
        assert_eq!((bgp.timers.hold, bgp.ebgp_requires_policy), (180, true), "what the file says holds");
    }

    #[test]
    fn only_an_old_file_does_without_policy() {
        let requires = |head: &str| {
            let bgp = parse(&format!("{head}\n{LINES}"), "x").unwrap().bgp.unwrap();
            bgp.ebgp_requires_policy
        };
        assert!(!requires("frr version 7.3.1"));
        for head in ["frr version 7.4", "frr version 10.1", "frr defaults traditional", "!"] {
            assert!(requires(head), "{head}");
        }
    }
}
