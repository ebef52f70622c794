//! What checks are done on: a lab in virtual time, or one deployed for real. What can be worked out from routes and
//! configurations is worked out here, the same for both.

use super::super::ask;
use super::super::operate::Change;
use super::super::oracle::Difference;
use super::super::sim::Lab;
use super::super::topology::Topology;
use super::super::walk::{ForwardingLoop, Tables};
use super::super::wheel;
use cli::command::Show;
use cli::reply::{HopOutcome, PingOutcome, RouteView};
use cli::{Command, Reply};
use core::net::IpAddr;
use core::time::Duration;
use fib::{Instant, Prefix, Protocol};

/// A network on which steps can be done.
pub trait Bench {
    /// What it was made from.
    fn topology(&self) -> &Topology;
    /// Time since it was switched on.
    fn now(&self) -> Instant;
    /// Lets time pass.
    fn run_until(&mut self, at: Instant);
    /// Runs one typed command on a node.
    fn execute(&mut self, node: &str, command: Command) -> Result<Reply, String>;
    /// What a node prints for a line.
    fn type_line(&mut self, node: &str, line: &str) -> Result<String, String>;
    /// One echo request, and what came of it within a second.
    fn ping_once(&mut self, from: &str, to: IpAddr, source: Option<IpAddr>) -> Result<PingOutcome, String>;
    /// One probe per hop; the hops in order.
    fn traceroute(&mut self, from: &str, to: IpAddr) -> Result<Vec<HopOutcome>, String>;
    /// Changes the cable at an end.
    fn change_link(&mut self, end: &str, change: &Change) -> Result<(), String>;
    /// Switches a node off.
    fn kill(&mut self, node: &str) -> Result<(), String>;
    /// Switches a node on.
    fn revive(&mut self, node: &str) -> Result<(), String>;
    /// Types configuration lines into a node; `*`: into every router.
    fn configure(&mut self, node: &str, lines: &[&str]) -> Result<(), String>;
    /// Lets time pass until no route changes any more; how long the last change took, or `None` after `limit`.
    fn converge(&mut self, limit: Duration) -> Option<Duration>;
    /// The forwarding tables.
    fn tables(&mut self) -> Tables;
    /// Routes of a protocol that differ from what the graph says.
    fn differences(&mut self, protocol: Protocol) -> Vec<Difference>;
    /// All candidate routes of table main of a node.
    fn routes(&mut self, node: &str) -> Vec<RouteView>;
    /// The node that owns an address.
    fn owner_of(&self, address: IpAddr) -> Option<String>;
    /// An address, or a node's best one.
    fn resolve(&self, to: &str) -> Result<IpAddr, String>;
    /// The lab in virtual time behind it, where there is one: what is watched event by event needs that.
    fn virtual_time(&mut self) -> Option<&mut Lab>;

    /// What a check is given beyond its `within`, because this network is slower than its protocols are.
    fn grace(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether a step failed because this network cannot do that at all.
    fn is_beyond(&self, _reason: &str) -> bool {
        false
    }

    /// Whether there is such a node; an error says who else it might be.
    fn find(&self, node: &str) -> Result<usize, String> {
        let names = || self.topology().nodes.iter().map(|n| n.name.as_str());
        names().position(|n| n == node).ok_or_else(|| {
            let hint = super::super::yaml::did_you_mean(node, names());
            format!("no node `{node}`{hint}")
        })
    }

    /// Lets time pass.
    fn run_for(&mut self, d: Duration) {
        let end = self.now() + d;
        self.run_until(end);
    }

    /// The selected route for exactly this prefix.
    fn route(&mut self, node: &str, prefix: Prefix) -> Option<RouteView> {
        self.routes(node).into_iter().find(|r| r.prefix == prefix && r.selected)
    }

    /// The AS path of a router's best path; `None`: it has none.
    fn best_path(&mut self, node: &str, prefix: Prefix) -> Option<String> {
        wheel::best_path(|show| self.execute(node, Command::Show(show)).ok(), prefix)
    }

    /// The first forwarding loop.
    fn find_loop(&mut self) -> Option<ForwardingLoop> {
        self.tables().find_loop()
    }
}

impl Bench for Lab {
    fn topology(&self) -> &Topology {
        Lab::topology(self)
    }

    fn now(&self) -> Instant {
        Lab::now(self)
    }

    fn run_until(&mut self, at: Instant) {
        Lab::run_until(self, at);
    }

    fn execute(&mut self, node: &str, command: Command) -> Result<Reply, String> {
        Lab::execute(self, node, command)
    }

    fn type_line(&mut self, node: &str, line: &str) -> Result<String, String> {
        ask::type_line(self, node, line)
    }

    fn ping_once(&mut self, from: &str, to: IpAddr, source: Option<IpAddr>) -> Result<PingOutcome, String> {
        Lab::ping_once(self, from, to, source)
    }

    fn traceroute(&mut self, from: &str, to: IpAddr) -> Result<Vec<HopOutcome>, String> {
        Lab::traceroute(self, from, to).map(|(hops, _)| hops)
    }

    fn change_link(&mut self, end: &str, change: &Change) -> Result<(), String> {
        Lab::change_link(self, end, change)
    }

    fn kill(&mut self, node: &str) -> Result<(), String> {
        Lab::kill(self, node)
    }

    fn revive(&mut self, node: &str) -> Result<(), String> {
        Lab::revive(self, node)
    }

    fn configure(&mut self, node: &str, lines: &[&str]) -> Result<(), String> {
        if node == "*" { self.configure_all(lines) } else { Lab::configure(self, node, lines) }
    }

    fn converge(&mut self, limit: Duration) -> Option<Duration> {
        let began = self.now;
        let window = self.quiet_window();
        self.run_until_quiet(window, limit + window)
            .map(|last| last.since(began))
            .filter(|took| *took <= limit)
    }

    fn tables(&mut self) -> Tables {
        Lab::tables(self)
    }

    fn differences(&mut self, protocol: Protocol) -> Vec<Difference> {
        self.compare_protocol_with_oracle(protocol)
    }

    fn routes(&mut self, node: &str) -> Vec<RouteView> {
        Lab::routes(self, node)
    }

    fn owner_of(&self, address: IpAddr) -> Option<String> {
        let owner = Lab::owner_of(self, address)?;
        self.nodes.get(owner).map(|n| n.name.clone())
    }

    fn resolve(&self, to: &str) -> Result<IpAddr, String> {
        Lab::resolve(self, to)
    }

    fn virtual_time(&mut self) -> Option<&mut Lab> {
        Some(self)
    }
}

/// Asks for a table page by page: `page` gets the prefix to go on after and says where the next page is.
pub fn pages(mut page: impl FnMut(Option<Prefix>) -> Option<Option<Prefix>>) {
    let mut after = None;
    while let Some(Some(more)) = page(after) {
        if Some(more) == after {
            break;
        }
        after = Some(more);
    }
}

/// Every route of table main, by a router that answers `ask`.
pub fn all_routes(mut ask: impl FnMut(Show) -> Option<Reply>) -> Vec<RouteView> {
    use cli::command::{Family, RouteQuery};
    let mut all = Vec::new();
    for family in [Family::V4, Family::V6] {
        pages(|after| {
            let query = RouteQuery {
                family,
                table: None,
                protocol: None,
                prefix: None,
                longer: false,
                address: None,
                after,
            };
            let Some(Reply::Routes(page)) = ask(Show::Routes(query)) else { return None };
            all.extend(page.routes);
            Some(page.more)
        });
    }
    all
}

/// Every entry of the forwarding table, by a router that answers `ask`.
pub fn all_fib(mut ask: impl FnMut(Show) -> Option<Reply>) -> Vec<cli::reply::FibView> {
    use cli::command::Family;
    let mut all = Vec::new();
    for family in [Family::V4, Family::V6] {
        pages(|after| {
            let show = Show::Fib { family, table: None, address: None, after };
            let Some(Reply::Fib(page)) = ask(show) else { return None };
            all.extend(page.entries);
            Some(page.more)
        });
    }
    all
}
