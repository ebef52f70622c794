//! Whether all is well: the configuration is in force, its interfaces are there, and the protocols have nothing under
//! way. It tells what a container's orchestrator waits for, so it never calls a network converged that has only just begun.

use super::{Router, is_loopback_name};
use bgp::show::PeerState;
use fib::Instant;
use ospf::show::{InterfaceState, NeighborQuery, NeighborState, NetworkKind};

impl Router {
    /// What is not as it should be, the gravest first, each in one line; nothing: all is well.
    pub fn health(&self, now: Instant) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(fault) = &self.startup.fault {
            // The lines of the file that are quoted below each problem are indented.
            let said = fault.lines().filter(|line| !line.starts_with(' '));
            problems.extend(said.map(|line| format!("configuration: {line}")));
        }
        let configured =
            self.config.interfaces.iter().filter(|(name, i)| !i.shutdown && !is_loopback_name(name));
        let absent = configured.filter(|(name, _)| self.ports.by_name(name).is_none());
        problems.extend(absent.map(|(name, _)| format!("interface {name} is configured and absent")));
        self.ospf_health(now, &mut problems);
        self.bgp_health(now, &mut problems);
        if self.tables_epoch().is_none() {
            problems.push("routes are being computed".to_owned());
        }
        problems
    }

    fn ospf_health(&self, now: Instant, problems: &mut Vec<String>) {
        let Some(ospf) = &self.machines.ospf else { return };
        let before = problems.len();
        for neighbor in ospf.neighbors(now, &NeighborQuery::default()).neighbors {
            if !matches!(neighbor.state, NeighborState::Attempt | NeighborState::TwoWay | NeighborState::Full)
            {
                let (router, interface, state) = (neighbor.router_id, neighbor.interface, neighbor.state);
                problems.push(format!("OSPF: neighbor {router} on {interface} is {state}"));
            }
        }
        for interface in ospf.interfaces(now, None).interfaces {
            let speaks = interface.up && !interface.passive && interface.network != NetworkKind::Loopback;
            // A neighbor that is there is heard within the dead interval, or counts as dead.
            let port = self.ports.by_name(&interface.name);
            let listened = port.map(|p| now.since(p.changed).as_millis());
            let early = listened.is_some_and(|ms| ms < u128::from(interface.dead_ms));
            if speaks && (interface.state == InterfaceState::Waiting || interface.neighbors == 0 && early) {
                problems.push(format!("OSPF: listens on {} for neighbors", interface.name));
            }
        }
        if problems.len() == before && !ospf.is_settled(now) {
            problems.push("OSPF: news is under way".to_owned());
        }
    }

    fn bgp_health(&self, now: Instant, problems: &mut Vec<String>) {
        let Some(bgp) = &self.machines.bgp else { return };
        let before = problems.len();
        for peer in bgp.show_neighbors(now, None, None).neighbors {
            if !peer.shutdown && peer.state != PeerState::Established {
                problems.push(format!("BGP: neighbor {} is {}", peer.name, peer.state));
            }
            // One that speaks graceful restart says when it has told all (RFC 4724 2).
            let tells = peer.state == PeerState::Established && peer.restart.remote.is_some();
            if tells && peer.restart.families.iter().any(|(_, end)| !end.received) {
                problems.push(format!("BGP: neighbor {} has not told all its routes", peer.name));
            }
        }
        if problems.len() == before && (self.tcp.is_busy() || !bgp.is_at_rest(now)) {
            problems.push("BGP: routes are being exchanged".to_owned());
        }
    }
}
