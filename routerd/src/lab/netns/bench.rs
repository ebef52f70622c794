//! Checks on a deployed lab. Time passes by itself here; what an operator does is done to the nodes, and to a lab in this
//! process that stands still: from its wiring and configurations follows what the tables must be.
//!
//! What is watched event by event (`metrics`, `paths`, `oscillates`) is only for virtual time: a poll would miss events.

use super::super::checks::Bench;
use super::super::checks::bench::{all_fib, all_routes};
use super::super::operate::Change;
use super::super::oracle::Difference;
use super::super::probe;
use super::super::sim::Lab;
use super::super::topology::{Role as Part, Topology};
use super::super::walk::Tables;
use super::impair;
use super::nodes::{Nodes, clock};
use super::plan::Plan;
use cli::command::Mode;
use cli::reply::{HopOutcome, PingOutcome, RouteView};
use cli::{Command, Reply};
use core::hash::{Hash, Hasher};
use core::net::IpAddr;
use core::time::Duration;
use fib::{Instant, Protocol};
use std::collections::BTreeMap;
use std::hash::DefaultHasher;
use tokio::runtime::Runtime;

/// How often tables are looked at while they are waited for.
const LOOK: Duration = Duration::from_millis(200);
/// How long tables stay as they are before settled routers are believed to be at rest: OSPF may hold back what it has to say
/// of itself for five seconds (MinLSInterval, RFC 2328 B).
const AT_REST: Duration = Duration::from_secs(6);

/// Linux tells of a lost carrier up to a second late when others went down with it (`linkwatch`), and the machine is shared.
const GRACE: Duration = Duration::from_secs(2);

/// A deployed lab, as checks see it.
pub struct Deployed {
    nodes: Nodes,
    still: Lab,
    runtime: Runtime,
    began: tokio::time::Instant,
}

impl Deployed {
    /// A lab that was just deployed.
    pub fn new(plan: Plan, topology: &Topology) -> Result<Deployed, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Deployed {
            still: Lab::still(topology.clone()),
            nodes: Nodes::new(plan),
            runtime: runtime.map_err(|e| format!("no runtime: {e}"))?,
            began: clock(),
        })
    }

    fn routers(&self) -> Vec<String> {
        let nodes = self.still.topology().nodes.iter();
        nodes.filter(|n| matches!(n.role, Part::Router(_))).map(|n| n.name.clone()).collect()
    }

    fn alive(&self) -> Vec<String> {
        self.routers()
            .into_iter()
            .filter(|n| self.still.find(n).is_ok_and(|i| self.still.is_alive(i)))
            .collect()
    }

    fn fingerprint(&mut self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for name in self.alive() {
            for route in self.routes(&name) {
                (&name, route.prefix, route.protocol, route.distance, route.metric, route.selected)
                    .hash(&mut hasher);
                for hop in &route.next_hops {
                    (hop.gateway, &hop.interface, hop.active).hash(&mut hasher);
                }
            }
        }
        hasher.finish()
    }

    /// Whether no router has anything under way that it shows: a database half exchanged, a LAN that waits to elect, a
    /// session that is not up.
    fn settled(&mut self) -> bool {
        self.alive().iter().all(|name| {
            let config = self.still.config(name);
            let (ospf, bgp) = config.map_or((false, false), |c| (c.ospf.is_some(), c.bgp.is_some()));
            let mut says = |command: &str, words: &[&str]| {
                self.type_line(name, command).is_ok_and(|text| words.iter().any(|w| text.contains(w)))
            };
            let busy = ["Waiting", "Init/", "ExStart", "Exchange", "Loading"];
            let down = ["\"Idle\"", "\"Connect\"", "\"Active\"", "\"OpenSent\"", "\"OpenConfirm\""];
            !(ospf && (says("show ip ospf interface", &busy) || says("show ip ospf neighbor", &busy))
                || bgp && says("show bgp summary json", &down))
        })
    }
}

impl Bench for Deployed {
    fn topology(&self) -> &Topology {
        self.still.topology()
    }

    fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    fn run_until(&mut self, at: Instant) {
        let until = self.began + at.since(Instant::ZERO);
        self.runtime.block_on(async { tokio::time::sleep_until(until).await });
    }

    fn execute(&mut self, node: &str, command: Command) -> Result<Reply, String> {
        self.nodes.execute(node, command)
    }

    fn type_line(&mut self, node: &str, line: &str) -> Result<String, String> {
        self.nodes.type_line(node, line)
    }

    fn ping_once(&mut self, from: &str, to: IpAddr, source: Option<IpAddr>) -> Result<PingOutcome, String> {
        if !self.nodes.is_router(from) {
            let (to, source) = (to.to_string(), source.map(|s| s.to_string()));
            let mut words = vec!["ping", "-n", "-c", "1", "-W", "1"];
            words.extend(source.iter().flat_map(|s| ["-I", s.as_str()]));
            words.push(&to);
            return Ok(ping_answer(&self.nodes.program(from, &words)?));
        }
        let nodes = &mut self.nodes;
        probe::ping_once(|command, limit, hear| nodes.job(from, command, limit, hear), to, source)
    }

    fn traceroute(&mut self, from: &str, to: IpAddr) -> Result<Vec<HopOutcome>, String> {
        if !self.nodes.is_router(from) {
            let to = to.to_string();
            let text =
                self.nodes.program(from, &["traceroute", "-n", "-q", "1", "-w", "1", "-m", "30", &to])?;
            return Ok(text.lines().filter_map(hop).collect());
        }
        let nodes = &mut self.nodes;
        probe::traceroute(|command, limit, hear| nodes.job(from, command, limit, hear), to)
            .map(|(hops, _)| hops)
    }

    fn change_link(&mut self, end: &str, change: &Change) -> Result<(), String> {
        self.still.change_link(end, change)?;
        self.runtime.block_on(impair::change(&self.nodes.plan, end, change))
    }

    fn kill(&mut self, node: &str) -> Result<(), String> {
        self.still.kill(node)?;
        self.nodes.hang_up(node);
        self.runtime.block_on(impair::switch_off(&self.nodes.plan, self.nodes.plan.find(node)?))
    }

    fn revive(&mut self, node: &str) -> Result<(), String> {
        self.still.revive(node)?;
        self.runtime.block_on(impair::switch_on(&self.nodes.plan, self.nodes.plan.find(node)?))
    }

    fn configure(&mut self, node: &str, lines: &[&str]) -> Result<(), String> {
        let nodes = if node == "*" { self.alive() } else { vec![node.to_owned()] };
        for node in nodes {
            self.still.configure(&node, lines)?;
            let mut mode = Mode::Config;
            for line in lines {
                let command = Command::Configure { mode: mode.clone(), line: (*line).to_owned() };
                match self.execute(&node, command)? {
                    Reply::Configured(next) => mode = next,
                    Reply::Error(e) => return Err(format!("{node}: `{line}`: {e}")),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn converge(&mut self, limit: Duration) -> Option<Duration> {
        let began = self.now();
        let rip = self.routers().iter().any(|r| self.still.config(r).is_some_and(|c| c.rip.is_some()));
        let patient = self.still.quiet_window();
        let window = if rip { patient } else { AT_REST };
        let mut known = self.fingerprint();
        let mut last = self.now();
        loop {
            let quiet = self.now().since(last);
            // What is down on purpose is waited for as long as it could take to come up.
            if quiet >= patient || quiet >= window && self.settled() {
                return Some(last.since(began));
            }
            if last.since(began) > limit || self.now().since(began) > limit + patient {
                return None;
            }
            self.run_for(LOOK);
            let tables = self.fingerprint();
            if tables != known {
                (known, last) = (tables, self.now());
            }
        }
    }

    fn tables(&mut self) -> Tables {
        let mut fibs = BTreeMap::new();
        for name in self.alive() {
            let fib = all_fib(|show| self.execute(&name, Command::Show(show)).ok());
            fibs.insert(name, fib);
        }
        self.still.tables_with(|lab, node| match fibs.remove(node) {
            Some(fib) => fib,
            None => lab.find(node).map(|n| lab.fib(n)).unwrap_or_default(),
        })
    }

    fn differences(&mut self, protocol: Protocol) -> Vec<Difference> {
        let Deployed { still, nodes, .. } = self;
        still.compare_with(protocol, |_, node, show| nodes.execute(node, Command::Show(show)).ok())
    }

    fn routes(&mut self, node: &str) -> Vec<RouteView> {
        all_routes(|show| self.execute(node, Command::Show(show)).ok())
    }

    fn owner_of(&self, address: IpAddr) -> Option<String> {
        let owner = self.still.owner_of(address)?;
        self.still.topology().nodes.get(owner).map(|n| n.name.clone())
    }

    fn resolve(&self, to: &str) -> Result<IpAddr, String> {
        self.still.resolve(to)
    }

    fn grace(&self) -> Duration {
        GRACE
    }

    fn is_beyond(&self, reason: &str) -> bool {
        reason == impair::NO_NETEM
    }

    fn virtual_time(&mut self) -> Option<&mut Lab> {
        None
    }
}

/// What iputils' or busybox's ping says of one request.
fn ping_answer(text: &str) -> PingOutcome {
    let number = |line: &str, key: &str| {
        let rest = line.split_once(key)?.1;
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        rest.get(..end)?.parse::<f64>().ok()
    };
    for line in text.lines() {
        let from =
            line.split_whitespace().find_map(|w| w.trim_matches([':', '(', ')']).parse::<IpAddr>().ok());
        let Some(from) = from else { continue };
        if let (Some(rtt), Some(ttl)) = (number(line, "time="), number(line, "ttl=")) {
            let (rtt_us, ttl) = ((rtt * 1000.0) as u64, ttl as u8);
            return PingOutcome::Reply { seq: 0, from, ttl, rtt_us };
        }
        if line.starts_with("From ") || line.contains("nreachable") {
            let reason = line.rsplit_once("seq=").map_or(line, |(_, rest)| rest);
            let reason = reason.trim_start_matches(|c: char| c.is_ascii_digit()).trim().to_owned();
            return PingOutcome::Unreachable { seq: 0, from, reason };
        }
    }
    PingOutcome::Timeout { seq: 0 }
}

/// ` 1  10.0.0.1  0.05 ms` of traceroute.
fn hop(line: &str) -> Option<HopOutcome> {
    let mut words = line.split_whitespace();
    let ttl = words.next()?.parse().ok()?;
    let answer = words.next()?.parse::<IpAddr>().ok();
    let rtt = words.next().and_then(|w| w.parse::<f64>().ok()).unwrap_or(0.0);
    Some(HopOutcome {
        ttl,
        answer: answer.map(|a| (a, (rtt * 1000.0) as u64)),
        probe: 0,
        note: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ping_says_is_understood() {
        let reply = "PING 10.2.0.2 (10.2.0.2) 56(84) bytes of data.\n64 bytes from 10.2.0.2: icmp_seq=1 ttl=62 time=0.180 ms\n";
        assert!(matches!(ping_answer(reply), PingOutcome::Reply { ttl: 62, rtt_us: 180, .. }));
        let refused = "PING 10.9.0.1 (10.9.0.1) 56(84) bytes of data.\nFrom 10.1.0.1 icmp_seq=1 Destination Net Unreachable\n";
        let PingOutcome::Unreachable { from, reason, .. } = ping_answer(refused) else { panic!("{refused}") };
        assert_eq!((from.to_string().as_str(), reason.as_str()), ("10.1.0.1", "Destination Net Unreachable"));
        let silence = "PING 10.2.0.2 (10.2.0.2) 56(84) bytes of data.\n\n1 packets transmitted, 0 received\n";
        assert!(matches!(ping_answer(silence), PingOutcome::Timeout { .. }));
    }

    #[test]
    fn what_traceroute_says_is_understood() {
        let text = "traceroute to 10.2.0.2 (10.2.0.2), 30 hops max\n 1  10.1.0.1  0.050 ms\n 2  *\n";
        let hops: Vec<HopOutcome> = text.lines().filter_map(hop).collect();
        assert_eq!(hops.len(), 2);
        assert_eq!(hops[0].answer.map(|(a, _)| a.to_string()), Some("10.1.0.1".to_owned()));
        assert_eq!(hops[1].answer, None);
    }
}
