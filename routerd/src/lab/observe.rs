//! What can be asked of a lab: commands to its nodes, ping and traceroute, the state of cables.

use super::cable::{Counters, Impairment, Side};
use super::checks::bench::all_routes;
use super::probe;
use super::sim::{Engine, Lab};
use cli::command::Show;
use cli::reply::{HopOutcome, PingOutcome, RouteView};
use cli::{Command, Progress, Reply};
use configs::Config;
use core::net::IpAddr;
use core::time::Duration;
use fib::{Prefix, Protocol};

/// The state of one cable, for tables and graphs.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkView {
    /// `r1:eth1` and `r2:eth1`.
    pub ends: [String; 2],
    /// Plugged in.
    pub up: bool,
    /// In force from the first and from the second end.
    pub impairments: [Impairment; 2],
    /// What the first and the second end sent.
    pub counters: [Counters; 2],
}

/// The state of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeView {
    /// Its name.
    pub name: String,
    /// `router`, `host` or `switch`.
    pub role: &'static str,
    /// Switched on.
    pub alive: bool,
    /// Selected routes of table main, both families.
    pub routes: usize,
    /// Those of them learned by a protocol.
    pub learned: usize,
}

impl Lab {
    /// Runs one typed command on a node. An error: there is no such node, or it is off, or it is a switch.
    pub fn execute(&mut self, node: &str, command: Command) -> Result<Reply, String> {
        let index = self.find(node)?;
        let now = self.now;
        let Some(node) = self.nodes.get_mut(index) else { return Err("no such node".to_owned()) };
        let local = node.local(now);
        let reply = match &mut node.engine {
            Engine::Router(router) => router.execute(local, command),
            Engine::Switch(_) => return Err(format!("{} is a switch: nobody is at home", node.name)),
            Engine::Off => return Err(format!("{} is switched off", node.name)),
        };
        self.touch(index, false);
        Ok(reply)
    }

    /// The answer of a node to a question, which has no effect on the run whatsoever. `None`: the node is off, or a switch.
    pub(super) fn peek(&mut self, node: usize, show: Show) -> Option<Reply> {
        if let Some(name) = self.far_router(node) {
            return self.ask_far(&name, show);
        }
        let now = self.now;
        let node = self.nodes.get_mut(node)?;
        let local = node.local(now);
        match &mut node.engine {
            Engine::Router(router) => Some(router.execute(local, Command::Show(show))),
            Engine::Switch(_) | Engine::Off => None,
        }
    }

    /// What a job of a node has to say.
    pub fn poll_progress(&mut self, node: &str, job: u64) -> Option<Progress> {
        let index = self.find(node).ok()?;
        let now = self.now;
        let node = self.nodes.get_mut(index)?;
        let local = node.local(now);
        let Engine::Router(router) = &mut node.engine else {
            return Some(Progress::Failed("the node is switched off".to_owned()));
        };
        let progress = router.poll_progress(local, job);
        self.touch(index, false);
        progress
    }

    /// The running configuration of a node.
    pub fn config(&self, node: &str) -> Option<&Config> {
        self.config_of(self.find(node).ok()?)
    }

    pub(super) fn config_of(&self, index: usize) -> Option<&Config> {
        match &self.nodes.get(index)?.engine {
            Engine::Router(router) => Some(router.config()),
            Engine::Switch(_) | Engine::Off => None,
        }
    }

    /// All candidate routes of table main, IPv4 first. Empty for what is no router or is off.
    pub fn routes(&mut self, node: &str) -> Vec<RouteView> {
        let Ok(index) = self.find(node) else { return Vec::new() };
        all_routes(|show| self.peek(index, show))
    }

    /// The selected route for exactly this prefix.
    pub fn route(&mut self, node: &str, prefix: Prefix) -> Option<RouteView> {
        self.routes(node).into_iter().find(|r| r.prefix == prefix && r.selected)
    }

    /// The RIP table of a node; empty when RIP does not run there.
    pub fn rip(&mut self, node: &str) -> rip::show::Table {
        match self.execute(node, Command::Show(Show::RipTable)) {
            Ok(Reply::RipTable(table)) => table,
            _ => rip::show::Table::default(),
        }
    }

    /// Every node's state.
    pub fn nodes(&mut self) -> Vec<NodeView> {
        let names: Vec<String> = self.nodes.iter().map(|n| n.name.clone()).collect();
        let mut views = Vec::new();
        for (index, name) in names.into_iter().enumerate() {
            let selected: Vec<RouteView> = self.routes(&name).into_iter().filter(|r| r.selected).collect();
            let own = |p: Protocol| matches!(p, Protocol::Connected | Protocol::Static);
            views.push(NodeView {
                role: self.topology.nodes.get(index).map_or("?", |n| n.role.name()),
                alive: self.is_alive(index),
                routes: selected.len(),
                learned: selected.iter().filter(|r| !own(r.protocol)).count(),
                name,
            });
        }
        views
    }

    /// Every cable's state.
    pub fn links(&self) -> Vec<LinkView> {
        let view = |(index, wire): (usize, &super::sim::Wire)| {
            let ends =
                self.topology.links.get(index).map(|l| l.ends.each_ref().map(|e| self.topology.end_name(e)));
            LinkView {
                ends: ends.unwrap_or_default(),
                up: wire.cable.is_up(),
                impairments: [Side::A, Side::B].map(|s| wire.cable.impairment(s)),
                counters: [Side::A, Side::B].map(|s| wire.cable.counters(s)),
            }
        };
        self.cables.iter().enumerate().map(view).collect()
    }

    /// The address by which a node is best reached: one of its loopback, else its first.
    pub fn address_of(&self, node: &str) -> Option<IpAddr> {
        let config = self.config(node)?;
        let all = |name: &str| config.interfaces.get(name).into_iter().flat_map(|i| &i.addresses);
        let others = config.interfaces.values().flat_map(|i| &i.addresses);
        all("lo").chain(others).map(|a| a.addr()).find(|a| !a.is_loopback())
    }

    /// The node that owns an address.
    pub fn owner_of(&self, address: IpAddr) -> Option<usize> {
        (0..self.nodes.len()).find(|n| self.owns(*n, address))
    }

    pub(super) fn owns(&self, node: usize, address: IpAddr) -> bool {
        let interfaces = self.config_of(node).into_iter().flat_map(|c| c.interfaces.values());
        interfaces.flat_map(|i| &i.addresses).any(|a| a.addr() == address)
    }

    /// Sends pings from a node until the builder's deadline; see [`Pinging`].
    pub fn ping<'l>(&'l mut self, from: &str, to: &str) -> Pinging<'l> {
        Pinging { lab: self, from: from.to_owned(), to: to.to_owned(), source: None }
    }

    /// One echo request, and what came of it within a second. One that could not even be sent counts as unreachable, as
    /// the node itself says; an error is no answer of the network at all.
    pub fn ping_once(
        &mut self,
        from: &str,
        to: IpAddr,
        source: Option<IpAddr>,
    ) -> Result<PingOutcome, String> {
        probe::ping_once(|command, limit, hear| self.job(from, command, limit, hear), to, source)
    }

    /// One probe per hop; the hops in order and whether the destination answered.
    pub fn traceroute(&mut self, from: &str, to: IpAddr) -> Result<(Vec<HopOutcome>, bool), String> {
        probe::traceroute(|command, limit, hear| self.job(from, command, limit, hear), to)
    }

    /// Starts a job and lets time pass until `done` says so, or `limit` has passed.
    fn job(
        &mut self,
        node: &str,
        command: Command,
        limit: Duration,
        done: probe::Listener<'_>,
    ) -> Result<(), String> {
        let job = probe::number(self.execute(node, command)?)?;
        let deadline = self.now + limit;
        loop {
            while let Some(progress) = self.poll_progress(node, job) {
                if done(progress) {
                    return Ok(());
                }
            }
            match self.next_event() {
                Some(at) if at <= deadline => self.run_until(at),
                _ => {
                    self.run_until(deadline);
                    self.execute(node, Command::Cancel { job })?;
                    return Ok(());
                }
            }
        }
    }

    /// The digest of every byte on every wire so far, with times and ends.
    pub fn digest(&self) -> String {
        self.recorder.digest()
    }

    /// Frames put on cables so far.
    pub fn frames(&self) -> u64 {
        self.recorder.frames()
    }

    /// Traces from now on.
    pub fn start_trace(&mut self, format: super::record::Format) {
        self.recorder.start(format);
    }

    /// What was traced since the last call.
    pub fn take_trace(&mut self) -> Vec<u8> {
        self.recorder.take()
    }
}

/// A ping about to be sent, again and again until it is answered or the time is up.
pub struct Pinging<'l> {
    lab: &'l mut Lab,
    from: String,
    to: String,
    source: Option<IpAddr>,
}

impl Pinging<'_> {
    /// Sends from this address of the node.
    #[must_use]
    pub fn source(mut self, source: IpAddr) -> Self {
        self.source = Some(source);
        self
    }

    /// Whether an answer came within `d`, asking once a second.
    pub fn within(self, d: Duration) -> bool {
        let deadline = self.lab.now() + d;
        let Ok(to) = self.lab.resolve(&self.to) else { return false };
        loop {
            let asked = self.lab.now();
            if matches!(self.lab.ping_once(&self.from, to, self.source), Ok(PingOutcome::Reply { .. })) {
                return true;
            }
            if self.lab.now() >= deadline {
                return false;
            }
            self.lab.run_until((asked + Duration::from_secs(1)).min(deadline));
        }
    }

    /// Whether one request is answered.
    pub fn answered(self) -> bool {
        self.within(Duration::ZERO)
    }
}

impl Lab {
    /// An address, or a node's best one.
    pub fn resolve(&self, to: &str) -> Result<IpAddr, String> {
        if let Ok(address) = to.parse() {
            return Ok(address);
        }
        self.find(to)?;
        self.address_of(to).ok_or_else(|| format!("{to} has no address"))
    }
}
