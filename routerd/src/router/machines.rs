//! The protocol machines of a router, and what is done with all of them alike. Which of them exist is decided by
//! `apply`; what passes between them and the rest is moved by `settle`.

use crate::stack::{RawPacket, UdpDatagram};
use bgp::Bgp;
use core::net::IpAddr;
use core::time::Duration;
use fib::rib::Best;
use fib::{Instant, PortId, Prefix, Protocol};
use ospf::Ospf;
use policy::Policy;
use proto::{Datagram, Event, Machine, Port, Redistributed};
use rip::Rip;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The machines that run.
#[derive(Default)]
pub(super) struct Machines {
    /// `router rip`
    pub rip: Option<Rip>,
    /// `router ospf`
    pub ospf: Option<Ospf>,
    /// `router bgp`
    pub bgp: Option<Bgp>,
    /// Something was done with one of them since sockets were last compared with what they want.
    pub stirred: bool,
}

/// What a port's stack has open because of the machines.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sockets {
    /// UDP 520, and 224.0.0.9 joined.
    pub rip: bool,
    /// Raw protocol 89.
    pub ospf: bool,
    /// 224.0.0.5 is joined.
    pub all_routers: bool,
    /// 224.0.0.6 is joined.
    pub designated: bool,
}

impl From<ospf::Joined> for Sockets {
    fn from(joined: ospf::Joined) -> Sockets {
        let ospf::Joined { all_routers, designated, .. } = joined;
        Sockets { rip: false, ospf: true, all_routers, designated }
    }
}

impl Sockets {
    /// The groups joined.
    pub fn groups(self) -> BTreeSet<IpAddr> {
        let all = [
            (self.rip, rip::GROUP),
            (self.all_routers, ospf::wire::ALL_SPF_ROUTERS),
            (self.designated, ospf::wire::ALL_D_ROUTERS),
        ];
        all.into_iter().filter(|(joined, _)| *joined).map(|(_, group)| group.into()).collect()
    }
}

/// Whether other protocols hear of a network: those of one link (fe80::/10) are nobody's business elsewhere.
pub(super) fn is_told(prefix: Prefix) -> bool {
    !matches!(prefix.addr(), IpAddr::V6(addr) if addr.is_unicast_link_local())
}

/// What the router does with every protocol alike.
pub(super) trait Speaker {
    fn protocol(&self) -> Protocol;
    fn set_port(&mut self, now: Instant, port: Port);
    fn remove_port(&mut self, now: Instant, port: PortId);
    fn set_wall_clock(&mut self, offset: Option<u64>);
    fn handle_route(&mut self, now: Instant, route: Redistributed);
    fn wants(&self, protocol: Protocol) -> bool;
    fn shutdown(&mut self, now: Instant);
    fn handle_timeout(&mut self, now: Instant);
    fn next_timeout(&self) -> Option<Instant>;
    fn poll_event(&mut self) -> Option<Event>;
}

/// How a machine comes from its section of the configuration.
pub(super) trait Configured: Speaker + Sized {
    type Config: Clone + PartialEq;
    const PROTOCOL: Protocol;
    fn create(now: Instant, config: Self::Config, policy: Arc<Policy>, seed: u64) -> Self;
    fn change(&mut self, now: Instant, config: Self::Config, policy: Arc<Policy>);
}

/// The machines have equal methods of their own: the traits only name them.
macro_rules! speaker {
    ($machine:ident, $by:ident, $protocol:expr, $config:ty) => {
        impl Speaker for $machine {
            fn protocol(&self) -> Protocol {
                $protocol
            }
            fn set_port(&mut self, now: Instant, port: Port) {
                $machine::set_port(self, now, port);
            }
            fn remove_port(&mut self, now: Instant, port: PortId) {
                $machine::remove_port(self, now, port);
            }
            fn set_wall_clock(&mut self, offset: Option<u64>) {
                $machine::set_wall_clock(self, offset);
            }
            fn handle_route(&mut self, now: Instant, route: Redistributed) {
                $machine::handle_route(self, now, route);
            }
            fn wants(&self, protocol: Protocol) -> bool {
                $machine::wants(self, protocol)
            }
            fn shutdown(&mut self, now: Instant) {
                $machine::shutdown(self, now);
            }
            fn handle_timeout(&mut self, now: Instant) {
                $by::handle_timeout(self, now);
            }
            fn next_timeout(&self) -> Option<Instant> {
                $by::next_timeout(self)
            }
            fn poll_event(&mut self) -> Option<Event> {
                $by::poll_event(self)
            }
        }

        impl Configured for $machine {
            type Config = $config;
            const PROTOCOL: Protocol = $protocol;
            fn create(now: Instant, config: $config, policy: Arc<Policy>, seed: u64) -> $machine {
                $machine::new(now, config, policy, seed)
            }
            fn change(&mut self, now: Instant, config: $config, policy: Arc<Policy>) {
                self.apply(now, config, policy);
            }
        }
    };
}

speaker!(Rip, Machine, Protocol::Rip, rip::config::Config);
speaker!(Ospf, Machine, Protocol::Ospf, ospf::config::Config);
// What comes and goes in connections is no datagram: it has the methods of a machine, but not the trait.
speaker!(Bgp, Bgp, Protocol::Bgp, bgp::config::Config);

impl Machines {
    /// Every machine, always in the same order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut dyn Speaker> {
        let rip = self.rip.as_mut().map(|m| m as &mut dyn Speaker);
        let ospf = self.ospf.as_mut().map(|m| m as &mut dyn Speaker);
        let bgp = self.bgp.as_mut().map(|m| m as &mut dyn Speaker);
        rip.into_iter().chain(ospf).chain(bgp)
    }

    /// A port appeared or changed in any way.
    pub fn set_port(&mut self, now: Instant, port: &Port) {
        self.stirred = true;
        self.iter_mut().for_each(|machine| machine.set_port(now, port.clone()));
    }

    /// A port vanished.
    pub fn remove_port(&mut self, now: Instant, port: PortId) {
        self.stirred = true;
        self.iter_mut().for_each(|machine| machine.remove_port(now, port));
    }

    /// Unix seconds at [`Instant::ZERO`].
    pub fn set_wall_clock(&mut self, offset: Option<u64>) {
        self.iter_mut().for_each(|machine| machine.set_wall_clock(offset));
    }

    /// All say good-bye.
    pub fn shutdown(&mut self, now: Instant) {
        self.stirred = true;
        self.iter_mut().for_each(|machine| machine.shutdown(now));
    }

    /// Lets those do what is due that have something due.
    pub fn handle_timeout(&mut self, now: Instant) {
        let mut stirred = false;
        for machine in self.iter_mut().filter(|m| m.next_timeout().is_some_and(|t| t <= now)) {
            machine.handle_timeout(now);
            stirred = true;
        }
        self.stirred |= stirred;
    }

    /// When [`Machines::handle_timeout`] is wanted.
    pub fn next_timeout(&self) -> Option<Instant> {
        let rip = self.rip.as_ref().and_then(Machine::next_timeout);
        let ospf = self.ospf.as_ref().and_then(Machine::next_timeout);
        let bgp = self.bgp.as_ref().and_then(Bgp::next_timeout);
        rip.into_iter().chain(ospf).chain(bgp).min()
    }

    /// A UDP datagram came in.
    pub fn handle_udp(&mut self, now: Instant, port: PortId, datagram: UdpDatagram) {
        let UdpDatagram { source, destination, payload } = datagram;
        if let Some(rip) = self.rip.as_mut().filter(|_| destination.port() == rip::UDP_PORT) {
            self.stirred = true;
            rip.handle_packet(now, &Datagram { port, source, destination, payload });
        }
    }

    /// A packet of protocol 89 came in; with no port, it is not of the ingress link.
    pub fn handle_ospf(&mut self, now: Instant, port: Option<PortId>, packet: RawPacket) {
        let RawPacket { source, destination, payload } = packet;
        if let Some(ospf) = &mut self.ospf {
            self.stirred = true;
            ospf.handle_packet(now, &ospf::Datagram { port, source, destination, payload });
        }
    }

    /// An echo was answered, or not in time.
    pub fn handle_echo(&mut self, now: Instant, echo: ospf::Echo, round_trip: Option<Duration>) {
        if let Some(ospf) = &mut self.ospf {
            self.stirred = true;
            ospf.handle_echo(now, echo, round_trip);
        }
    }

    /// The next thing one of them must tell the router.
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.iter_mut().find_map(|machine| machine.poll_event());
        self.stirred |= event.is_some();
        event
    }

    /// Tells the protocols that the best route of a prefix has changed hands. Nobody is told of its own.
    pub fn redistribute(&mut self, now: Instant, prefix: Prefix, old: Option<&Best>, new: Option<&Best>) {
        if !is_told(prefix) {
            return;
        }
        let mut stirred = false;
        for machine in self.iter_mut() {
            let protocol = machine.protocol();
            let is_others = |best: &&Best| best.source.protocol != protocol;
            let new = new.filter(is_others);
            let old = old.filter(is_others).filter(|old| new.is_none_or(|new| new.source != old.source));
            // What is gone is told even to those who do not want it now: they may have wanted it before.
            if let Some(old) = old {
                machine.handle_route(now, Redistributed { source: old.source, prefix, route: None });
                stirred = true;
            }
            if let Some(Best { source, route, .. }) = new.filter(|new| machine.wants(new.source.protocol)) {
                let route = Some((**route).clone());
                machine.handle_route(now, Redistributed { source: *source, prefix, route });
                stirred = true;
            }
        }
        self.stirred |= stirred;
    }

    /// The sockets that are wanted, by port.
    pub fn sockets(&self) -> BTreeMap<PortId, Sockets> {
        let mut wanted: BTreeMap<PortId, Sockets> = BTreeMap::new();
        for port in self.rip.iter().flat_map(Rip::joined) {
            wanted.entry(port).or_default().rip = true;
        }
        for joined in self.ospf.iter().flat_map(Ospf::joined) {
            let rip = wanted.get(&joined.port).is_some_and(|s| s.rip);
            wanted.insert(joined.port, Sockets { rip, ..Sockets::from(joined) });
        }
        wanted
    }

    /// Whether the sockets that are wanted are these. Asked after every packet.
    pub fn want_only(&self, open: &BTreeMap<PortId, Sockets>) -> bool {
        match &self.rip {
            Some(_) => self.sockets() == *open,
            None => {
                let wanted = self.ospf.iter().flat_map(Ospf::joined);
                wanted
                    .map(|joined| (joined.port, joined.into()))
                    .eq(open.iter().map(|(id, have)| (*id, *have)))
            }
        }
    }
}
