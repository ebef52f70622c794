//! What the operator asks, other than `show`.

use super::Router;
use cli::command::{Clear, Family, Mode, Ping, Traceroute};
use cli::{Command, Reply};
use core::net::IpAddr;
use fib::Instant;

impl Router {
    /// Does what the operator asks. Commands that need files (`write memory`, `copy`) are for whoever
    /// keeps the files: see [`crate::storage`].
    pub fn execute(&mut self, now: Instant, command: Command) -> Reply {
        let reply = match command {
            Command::Show(show) => return self.show(now, show),
            Command::Configure { mode, line } => self.configure(now, &mode, &line),
            Command::Ping(ping) => self.ping(now, ping),
            Command::Traceroute(traceroute) => self.traceroute(now, traceroute),
            Command::Cancel { job } => {
                self.probes.cancel(now, job);
                Reply::Ok
            }
            Command::Clear(clear) => self.clear(now, clear),
            Command::Debug { topic, on } => {
                self.log.set_debug(&topic, on);
                self.follow_debug();
                Reply::Ok
            }
            Command::Monitor(_) => Reply::Ok,
            Command::WriteMemory | Command::Copy { .. } => {
                Reply::Error("this router keeps no files".to_owned())
            }
            Command::EndMachine { .. } => Reply::Error("this router has no machine of its own".to_owned()),
        };
        self.settle(now);
        reply
    }

    /// Tells the machines which of their details the log takes.
    pub(super) fn follow_debug(&mut self) {
        let verbose = ospf::Verbose {
            packets: self.log.debugs("ospf packet"),
            lsas: self.log.debugs("ospf lsa"),
            flooding: self.log.debugs("ospf flood"),
        };
        if let Some(ospf) = &mut self.machines.ospf {
            ospf.set_verbose(verbose);
        }
        let verbose = bgp::process::Verbose {
            events: self.log.debugs("bgp neighbor-events"),
            updates: self.log.debugs("bgp updates"),
            keepalives: self.log.debugs("bgp keepalives"),
            bestpath: self.log.debugs("bgp bestpath"),
            next_hops: self.log.debugs("bgp nht"),
            restarts: self.log.debugs("bgp graceful-restart"),
        };
        if let Some(bgp) = &mut self.machines.bgp {
            bgp.set_verbose(verbose);
        }
    }

    /// One configuration line: tried on a copy, applied only if the whole still makes sense.
    fn configure(&mut self, now: Instant, mode: &Mode, line: &str) -> Reply {
        let mut config = self.config.clone();
        let next = match cli::config::edit(&mut config, mode, line) {
            Ok(next) => next,
            Err(error) => return Reply::Error(error.to_string()),
        };
        if config == self.config {
            return Reply::Configured(next);
        }
        match self.apply(now, config) {
            Ok(()) => Reply::Configured(next),
            Err(reason) => Reply::Error(reason),
        }
    }

    fn ping(&mut self, now: Instant, ask: Ping) -> Reply {
        match self.probe_source(ask.destination, ask.source) {
            Ok(source) => started(self.probes.ping(now, ask, source)),
            Err(reason) => Reply::Error(reason),
        }
    }

    fn traceroute(&mut self, now: Instant, ask: Traceroute) -> Reply {
        match self.probe_source(ask.destination, ask.source) {
            Ok(source) => started(self.probes.traceroute(now, ask, source)),
            Err(reason) => Reply::Error(reason),
        }
    }

    /// The source address of a probe: the one asked for, if it is ours, or the one the route suggests.
    fn probe_source(&self, destination: IpAddr, asked: Option<IpAddr>) -> Result<IpAddr, String> {
        if let Some(source) = asked {
            if source.is_ipv4() != destination.is_ipv4() {
                return Err(format!("source {source} and destination {destination} differ in family"));
            }
            if !self.owns(source) {
                return Err(format!("{source} is not an address of this router"));
            }
            return Ok(source);
        }
        self.forwarder
            .source_for(destination, self.fib.snapshot())
            .ok_or_else(|| format!("no route to {destination}, or no address to send from"))
    }

    /// Whether an address is the router's own.
    pub(super) fn owns(&self, address: IpAddr) -> bool {
        self.fib.snapshot().is_local(address) == Some(fib::LocalKind::Host)
    }

    fn clear(&mut self, now: Instant, clear: Clear) -> Reply {
        match clear {
            Clear::Neighbors { family, address } => {
                let is_wanted =
                    |a: IpAddr| a.is_ipv4() == (family == Family::V4) && address.is_none_or(|w| w == a);
                let wanted: Vec<_> = self.forwarder.neighbors().filter(|n| is_wanted(n.addr)).collect();
                for neighbor in wanted {
                    self.forwarder.clear_neighbors(Some(neighbor.port), Some(neighbor.addr));
                }
            }
            Clear::Counters(None) => {
                self.forwarder.clear_counters(None);
                self.refused = super::Refused::default();
            }
            Clear::Counters(Some(name)) => match self.ports.by_name(&name).map(|p| p.id) {
                Some(port) => self.forwarder.clear_counters(Some(port)),
                None => return Reply::Error(format!("there is no interface {name}")),
            },
            Clear::Logging => self.log.clear(),
            Clear::Rip => {
                self.machines.stirred = true;
                match &mut self.machines.rip {
                    Some(rip) => rip.clear(now),
                    None => return Reply::Error("RIP is not running".to_owned()),
                }
            }
            Clear::Ospf => {
                self.machines.stirred = true;
                match &mut self.machines.ospf {
                    Some(ospf) => ospf.clear(now),
                    None => return Reply::Error("OSPF is not running".to_owned()),
                }
            }
            Clear::Bgp(clear) => {
                self.machines.stirred = true;
                let cleared = self.machines.bgp.as_mut().map(|bgp| bgp.clear(now, &clear));
                match cleared {
                    None => return Reply::Error("BGP is not running".to_owned()),
                    Some(Err(reason)) => return Reply::Error(reason),
                    Some(Ok(())) => {}
                }
            }
        }
        Reply::Ok
    }
}

fn started(job: Option<u64>) -> Reply {
    job.map_or_else(|| Reply::Error("too many pings and traceroutes are running".to_owned()), Reply::Job)
}
