//! The RIP process: what the router calls.

use crate::{config::Config, show};
use core::net::Ipv4Addr;
use fib::{IfAddr, Instant, PortId, Prefix, Protocol, Route, Source};
use policy::Policy;
use proto::{Datagram, Event, Machine};
use std::sync::Arc;

/// UDP port of RIP (RFC 2453 3.1).
pub const UDP_PORT: u16 = 520;
/// The RIPv2 routers group, 224.0.0.9 (RFC 2453 4.5).
pub const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 9);

/// A port of the router, as RIP needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Which.
    pub id: PortId,
    /// Its name in the configuration.
    pub name: String,
    /// Administratively up and with carrier.
    pub up: bool,
    /// Largest IP packet in bytes.
    pub mtu: u16,
    /// Its addresses; IPv6 ones are ignored.
    pub addresses: Vec<IfAddr>,
    /// Never spoken on; its networks may be announced.
    pub loopback: bool,
}

/// The best route of another protocol, or that it is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redistributed {
    /// Who says it.
    pub source: Source,
    /// For which network.
    pub prefix: Prefix,
    /// `None`: no longer the best, or gone.
    pub route: Option<Route>,
}

/// RIP on all ports of one router. Created when `router rip` is configured, dropped after [`Rip::shutdown`].
#[derive(Debug)]
pub struct Rip {
    config: Config,
    policy: Arc<Policy>,
}

impl Rip {
    /// A process that knows no port yet. Equal seeds and inputs give equal outputs.
    pub fn new(_now: Instant, config: Config, policy: Arc<Policy>, _seed: u64) -> Rip {
        Rip { config, policy }
    }

    /// Changes the configuration, touching only what differs.
    pub fn apply(&mut self, _now: Instant, config: Config, policy: Arc<Policy>) {
        self.config = config;
        self.policy = policy;
    }

    /// A port appeared or changed in any way.
    pub fn set_port(&mut self, _now: Instant, _port: Port) {}

    /// A port vanished.
    pub fn remove_port(&mut self, _now: Instant, _port: PortId) {}

    /// A best route of another protocol came, changed or went. All of them may be handed in: only what
    /// `redistribute` names is used.
    pub fn handle_route(&mut self, _now: Instant, _route: Redistributed) {}

    /// Whether `redistribute` names this protocol.
    pub fn wants(&self, protocol: Protocol) -> bool {
        self.config.redistribute.contains_key(&protocol)
    }

    /// Unix seconds at [`Instant::ZERO`], for key lifetimes; `None`: unknown, so only keys without lifetimes work.
    pub fn set_wall_clock(&mut self, _offset: Option<u64>) {}

    /// Forgets everything learned and asks again (`clear ip rip`).
    pub fn clear(&mut self, _now: Instant) {}

    /// Tells every neighbor that all routes are unreachable and withdraws everything from the RIB.
    pub fn shutdown(&mut self, _now: Instant) {}

    /// Ports where 224.0.0.9 is joined and UDP port 520 open, in order.
    pub fn joined(&self) -> Vec<PortId> {
        Vec::new()
    }

    /// `show ip rip`.
    pub fn table(&self, _now: Instant) -> show::Table {
        show::Table::default()
    }

    /// `show ip rip status`.
    pub fn status(&self, _now: Instant) -> show::Status {
        show::Status::default()
    }

    /// Every counter with its name, in order.
    pub fn counters(&self) -> Vec<(String, u64)> {
        Vec::new()
    }
}

impl Machine for Rip {
    type Input<'a> = &'a Datagram;
    type Output = Datagram;

    fn handle_packet(&mut self, _now: Instant, _input: &Datagram) {}
    fn handle_timeout(&mut self, _now: Instant) {}
    fn next_timeout(&self) -> Option<Instant> {
        None
    }
    fn poll_transmit(&mut self) -> Option<Datagram> {
        None
    }
    fn poll_event(&mut self) -> Option<Event> {
        None
    }
}
