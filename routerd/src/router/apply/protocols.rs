//! Protocol machines: made, changed and ended as the configuration says.

use super::super::Router;
use super::super::machines::{Configured, Machines, Speaker, is_told};
use super::super::ports::{self, Port};
use configs::Config;
use core::net::Ipv6Addr;
use fib::{IfAddr, Instant, Protocol, TableId};
use policy::Policy;
use proto::{Redistributed, Rng};
use std::sync::Arc;

/// Mbit/s of a port that says nothing of its own: what Linux says of a veth.
const DEFAULT_BANDWIDTH: u32 = 10_000;

/// What became of a machine.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Outcome {
    /// Nothing.
    Untouched,
    /// It has started, or may want other things than before.
    Changed,
    /// It has said good-bye: drain it, then drop it.
    Ended,
}

impl Router {
    pub(super) fn apply_protocols(&mut self, now: Instant, old: &Config) {
        let policy_changed = self.config.policy != old.policy;
        if policy_changed {
            self.policy = Arc::new(Policy::new(self.config.policy.clone()));
        }
        self.apply_protocol(now, policy_changed, |m| &mut m.rip, old.rip.as_ref(), |c| c.rip.as_ref());
        self.apply_protocol(now, policy_changed, |m| &mut m.ospf, old.ospf.as_ref(), |c| c.ospf.as_ref());
        self.apply_protocol(now, policy_changed, |m| &mut m.bgp, old.bgp.as_ref(), |c| c.bgp.as_ref());
    }

    /// Brings one machine in line with its section of the configuration.
    fn apply_protocol<M: Configured>(
        &mut self,
        now: Instant,
        policy_changed: bool,
        slot: fn(&mut Machines) -> &mut Option<M>,
        old: Option<&M::Config>,
        section: fn(&Config) -> Option<&M::Config>,
    ) {
        let policy = Arc::clone(&self.policy);
        let outcome = match (slot(&mut self.machines), section(&self.config)) {
            (None, None) => Outcome::Untouched,
            (Some(machine), None) => {
                machine.shutdown(now);
                Outcome::Ended
            }
            (Some(_), Some(config)) if !policy_changed && old == Some(config) => Outcome::Untouched,
            (Some(machine), Some(config)) => {
                machine.change(now, config.clone(), policy);
                Outcome::Changed
            }
            (empty, Some(config)) => {
                let seed = Rng::fork(self.seed, M::PROTOCOL.name()).bits();
                let mut machine = M::create(now, config.clone(), policy, seed);
                machine.set_wall_clock(self.wall);
                for port in self.ports.iter() {
                    machine
                        .set_port(now, protocol_port(&self.config, port, self.forwarder.link_local(port.id)));
                }
                *empty = Some(machine);
                Outcome::Changed
            }
        };
        self.machines.stirred |= outcome != Outcome::Untouched;
        match outcome {
            Outcome::Untouched => {}
            Outcome::Changed => {
                if let Some(machine) = slot(&mut self.machines) {
                    replay_routes(now, machine, &self.rib);
                }
            }
            Outcome::Ended => {
                // Its last words must be sent and its routes withdrawn before it is dropped.
                self.settle(now);
                *slot(&mut self.machines) = None;
                self.machines.stirred = true;
                if M::PROTOCOL == Protocol::Bgp {
                    self.tcp.abandon(now);
                }
            }
        }
    }
}

/// Tells a machine every best route that it wants: it has just started, or may want others than before.
fn replay_routes(now: Instant, machine: &mut dyn Speaker, rib: &fib::Rib) {
    let own = machine.protocol();
    for (prefix, source, route) in rib.best_routes(TableId::MAIN) {
        if source.protocol != own && machine.wants(source.protocol) && is_told(prefix) {
            machine.handle_route(now, Redistributed { source, prefix, route: Some(route) });
        }
    }
}

/// A port as protocols see it, with the link-local address that it has made for itself.
pub(super) fn protocol_port(config: &Config, port: &Port, link_local: Option<Ipv6Addr>) -> proto::Port {
    let mut addresses = port.settings.addresses.clone();
    if let Some(made) = link_local.map(|made| IfAddr::new(made.into(), 64))
        && !addresses.iter().any(|a| a.addr() == made.addr())
    {
        addresses.push(made);
    }
    let configured = ports::configured(config, &port.info).and_then(|interface| interface.bandwidth);
    proto::Port {
        id: port.id,
        name: port.info.name.clone(),
        up: port.up(),
        mtu: u16::try_from(port.settings.mtu).unwrap_or(u16::MAX),
        addresses,
        loopback: port.loopback,
        bandwidth: configured.unwrap_or(DEFAULT_BANDWIDTH).max(1),
    }
}
