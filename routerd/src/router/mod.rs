//! One router: frames, carrier changes, commands and time in; frames and typed replies out.
//! No socket of the host, no thread, no clock.
//!
//! | file | what |
//! |---|---|
//! | `ports` | interfaces and what is configured for them |
//! | `apply` | from one configuration to the next, touching only what differs |
//! | `machines` | the protocols that run, and what is done with all of them alike |
//! | `sockets` | what the stacks have open because the machines want it |
//! | `connections` | what passes between TCP connections and BGP |
//! | `link_peers` | who is at the other end of a link, for neighbors named by theirs |
//! | `settle` | the order in which sockets, protocols, RIB and FIB hand things on |
//! | `execute`, `show`, `routes` | what the operator asks |
//! | `health` | whether all is well |
//! | `log` | what the router says by itself |

mod apply;
mod connections;
mod execute;
mod health;
mod link_peers;
mod log;
mod machines;
mod ports;
mod refused;
mod routes;
mod settle;
mod show;
mod show_bgp;
mod show_ospf;
mod sockets;
#[cfg(test)]
mod tests;

pub use ports::PortInfo;
pub(crate) use ports::is_loopback_name;
pub(crate) use show_bgp::answer as answer_bgp;

use crate::probe::{Echoes, Probes};
use crate::stack::tcp::TcpStack;
use crate::stack::{HostStack, LinkStack};
use bytes::BytesMut;
use cli::Progress;
use cli::reply::LogLine;
use configs::Config;
use fib::forward::Forwarder;
use fib::{Fib, Frame, Instant, PortId, Rib};
use refused::Refused;

use log::Log;
use machines::{Machines, Sockets};
use policy::Policy;
use ports::Ports;
use proto::{Level, Notice, Rng};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A whole router.
///
/// After any call that takes `now`, drain [`Router::poll_transmit`]; the rest ([`Router::poll_log`],
/// [`Router::poll_progress`]) may be drained whenever somebody cares.
pub struct Router {
    seed: u64,
    config: Config,
    startup: Startup,
    ports: Ports,
    rib: Rib,
    fib: Fib,
    forwarder: Forwarder,
    /// The stacks of ports with link-scoped sockets.
    links: BTreeMap<PortId, LinkStack>,
    /// Those of them that something was put into, until they have nothing more to do.
    stirred: BTreeSet<PortId>,
    /// What is open in them and joined on their ports.
    sockets: BTreeMap<PortId, Sockets>,
    host: HostStack,
    tcp: TcpStack,
    /// Bytes on their way from BGP to a connection; empty in between.
    filling: BytesMut,
    policy: Arc<Policy>,
    machines: Machines,
    probes: Probes,
    echoes: Echoes,
    log: Log,
    /// Unix seconds at [`Instant::ZERO`]; `None` where there is no such clock (virtual time).
    wall: Option<u64>,
    /// Work was left over by the last settle: it goes on at once.
    busy: bool,
    /// When a smoltcp stack wants to be polled.
    stacks_due: Option<Instant>,
    /// What the configuration has put into the tables.
    installed: apply::Installed,
    /// Warnings about the configuration that have been given.
    warned: Vec<String>,
    /// Bumped by every change of configuration.
    generation: u64,
    refused: Refused,
    told: connections::Told,
    /// How it goes with MRT files, which others write.
    dump_views: Vec<bgp::show::DumpView>,
}

/// Where the startup configuration is kept; the router itself writes nowhere.
#[derive(Clone, Debug, Default)]
pub struct Startup {
    /// The path it was read from.
    pub path: Option<String>,
    /// What `show startup-config` prints.
    pub config: Option<Config>,
    /// Why what is at `path` is not in force; the configuration in force must not be written over it.
    pub fault: Option<String>,
}

impl Router {
    /// A router at [`Instant::ZERO`] with no port but its loopbacks. Everything random in it comes from `seed`.
    pub fn new(config: Config, seed: u64) -> Router {
        let mut router = Router {
            seed,
            config: Config::default(),
            startup: Startup::default(),
            ports: Ports::default(),
            rib: Rib::default(),
            fib: Fib::default(),
            forwarder: Forwarder::new(Rng::fork(seed, "forwarder").bits()),
            links: BTreeMap::new(),
            stirred: BTreeSet::new(),
            sockets: BTreeMap::new(),
            host: HostStack::new(Instant::ZERO, Rng::fork(seed, "host stack").bits()),
            tcp: TcpStack::new(Rng::fork(seed, "tcp").bits()),
            filling: BytesMut::new(),
            policy: Arc::new(Policy::default()),
            machines: Machines::default(),
            probes: Probes::default(),
            echoes: Echoes::default(),
            log: Log::new(&config.logging),
            wall: None,
            busy: false,
            stacks_due: None,
            installed: apply::Installed::default(),
            warned: Vec::new(),
            generation: 0,
            refused: Refused::default(),
            told: connections::Told::default(),
            dump_views: Vec::new(),
        };
        router.start();
        if let Err(reason) = router.apply(Instant::ZERO, config) {
            router.notice(Instant::ZERO, Notice::new(Level::Error, "config", reason));
        }
        router
    }

    /// The running configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Changes with every change of configuration.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// While this stays the same, so do all routing tables; `None`: they are on the move.
    pub(crate) fn tables_epoch(&self) -> Option<u64> {
        self.rib.is_settled().then(|| self.rib.epoch())
    }

    /// Where `write memory` writes, and what is there.
    pub fn startup(&self) -> &Startup {
        &self.startup
    }

    /// Where `write memory` writes, and what is there now.
    pub fn set_startup(&mut self, startup: Startup) {
        self.startup = startup;
    }

    /// Unix seconds at [`Instant::ZERO`], for key lifetimes.
    pub fn set_wall_clock(&mut self, offset: Option<u64>) {
        self.wall = offset;
        self.machines.set_wall_clock(offset);
    }

    /// A new interface.
    pub fn add_port(&mut self, now: Instant, info: PortInfo) -> PortId {
        let id = self.ports.add(now, info, false);
        let name = self.ports.name(id);
        let pending = self.config.interfaces.contains_key(&name);
        self.notice(
            now,
            Notice::new(Level::Info, "interface", "appeared")
                .with("interface", name)
                .with("configured", pending),
        );
        self.configure_port(now, id);
        self.refresh_named(now);
        self.settle(now);
        id
    }

    /// An interface changed its name, MAC, MTU or carrier.
    pub fn change_port(&mut self, now: Instant, id: PortId, info: PortInfo) {
        let Some(port) = self.ports.get_mut(id) else { return };
        if port.info == info {
            return;
        }
        let old = std::mem::replace(&mut port.info, info.clone());
        if old.carrier != info.carrier {
            port.changed = now;
            port.transitions = port.transitions.saturating_add(1);
            let state = if info.carrier { "up" } else { "down" };
            self.notice(
                now,
                Notice::new(Level::Info, "interface", format!("line protocol {state}"))
                    .with("interface", &info.name),
            );
        }
        if old.name != info.name {
            self.notice(
                now,
                Notice::new(Level::Info, "interface", "renamed")
                    .with("from", &old.name)
                    .with("to", &info.name),
            );
        }
        self.configure_port(now, id);
        if old.name != info.name || old.altnames != info.altnames {
            self.refresh_named(now);
        }
        self.settle(now);
    }

    /// An interface is gone. Its configuration stays and is pending until it returns.
    pub fn remove_port(&mut self, now: Instant, id: PortId) {
        let name = self.ports.name(id);
        self.withdraw_port(now, id);
        self.forwarder.remove_port(now, id);
        self.links.remove(&id);
        self.sockets.remove(&id);
        self.machines.remove_port(now, id);
        self.rib.set_port_up(id, false);
        self.ports.remove(id);
        self.refresh_named(now);
        self.notice(now, Notice::new(Level::Info, "interface", "vanished").with("interface", name));
        self.settle(now);
    }

    /// The carrier came or went.
    pub fn handle_carrier(&mut self, now: Instant, id: PortId, up: bool) {
        if let Some(port) = self.ports.get(id) {
            let info = PortInfo { carrier: up, ..port.info.clone() };
            self.change_port(now, id, info);
        }
    }

    /// What the link of a port has dropped, by name: totals since it was opened.
    pub fn set_link_drops(&mut self, id: PortId, drops: Vec<(&'static str, u64)>) {
        if let Some(port) = self.ports.get_mut(id) {
            port.link_drops = drops;
        }
    }

    /// A frame arrived.
    pub fn handle_frame(&mut self, now: Instant, port: PortId, frame: Frame) {
        self.forwarder.handle_frame(now, port, frame, self.fib.snapshot());
        self.settle(now);
    }

    /// Frames arrived, in this order. The same as [`Router::handle_frame`] for each, with less work between.
    pub fn handle_frames(&mut self, now: Instant, port: PortId, frames: impl IntoIterator<Item = Frame>) {
        for frame in frames {
            self.forwarder.handle_frame(now, port, frame, self.fib.snapshot());
        }
        self.settle(now);
    }

    /// How many routes are held: prefixes of the RIB, and paths of BGP.
    pub fn routes_held(&self) -> usize {
        let paths = |bgp: &bgp::Bgp| bgp::Family::ALL.map(|family| bgp.table().path_count(family));
        let bgp: usize = self.machines.bgp.iter().flat_map(paths).sum();
        bgp + self.rib.len()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.forwarder.next_timeout().is_some_and(|t| t <= now) {
            self.forwarder.handle_timeout(now, self.fib.snapshot());
        }
        self.machines.handle_timeout(now);
        self.tcp.resume();
        if self.probes.next_timeout().is_some_and(|t| t <= now) {
            self.probes.handle_timeout(now);
        }
        self.echoes.handle_timeout(now);
        self.settle(now);
    }

    /// When [`Router::handle_timeout`] is wanted; an instant in the past means at once.
    pub fn next_timeout(&self) -> Option<Instant> {
        if self.busy {
            return Some(Instant::ZERO);
        }
        let own = [
            self.forwarder.next_timeout(),
            self.machines.next_timeout(),
            self.probes.next_timeout(),
            self.echoes.next_timeout(),
            self.stacks_due,
        ];
        own.into_iter().flatten().min()
    }

    /// The next frame to send.
    pub fn poll_transmit(&mut self) -> Option<(PortId, Frame)> {
        self.forwarder.poll_transmit()
    }

    /// A frame from [`Router::poll_transmit`] found no link to leave by: it is counted.
    pub fn count_no_link(&mut self) {
        self.refused.count(refused::Refusal::NoLink);
    }

    /// What a running job (ping, traceroute) has to say.
    pub fn poll_progress(&mut self, now: Instant, job: u64) -> Option<Progress> {
        let progress = self.probes.poll_progress(now, job);
        if progress.is_some() {
            self.settle(now);
        }
        progress
    }

    /// The next line for whoever follows the log.
    pub fn poll_log(&mut self) -> Option<LogLine> {
        self.log.poll()
    }

    /// Somebody outside has something for the log.
    pub(crate) fn note(&mut self, now: Instant, notice: Notice) {
        self.notice(now, notice);
    }

    fn notice(&mut self, now: Instant, notice: Notice) {
        self.log.push(now, notice);
    }
}
