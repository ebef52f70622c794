//! Networks of RIP routers built in code, and a way to watch a metric event by event.

use configs::Config;
use configs::config::Interface;
use core::time::Duration;
use fib::{IfAddr, Instant, Prefix};
use rip::config::SplitHorizon;
use routerd::lab::{Lab, Topology};

/// What is the same on every router of a network.
#[derive(Copy, Clone, Debug)]
pub struct Habits {
    /// On every interface.
    pub split_horizon: SplitHorizon,
    /// Tell changes at once.
    pub triggered_updates: bool,
    /// The metric that means unreachable.
    pub infinity: u8,
}

impl Default for Habits {
    fn default() -> Habits {
        Habits { split_horizon: SplitHorizon::Simple, triggered_updates: true, infinity: 16 }
    }
}

/// The network that hangs on the first router of a chain or ring, and is lost.
pub const STUB: &str = "10.1.0.0/24";

/// A router's configuration: interfaces with their addresses, RIP on all of them.
pub fn router(interfaces: &[(&str, String)], habits: Habits) -> Config {
    let mut config = Config::default();
    let mut rip = rip::config::Config {
        version: Some(2),
        networks: vec![prefix("10.0.0.0/8")],
        triggered_updates: habits.triggered_updates,
        infinity: habits.infinity,
        ..rip::config::Config::default()
    };
    for (name, address) in interfaces {
        let interface: &mut Interface = config.interfaces.entry((*name).to_owned()).or_default();
        interface.addresses.push(address.parse::<IfAddr>().expect("an address of a test"));
        if *name != "lo" {
            rip.interfaces.entry((*name).to_owned()).or_default().split_horizon = habits.split_horizon;
        }
    }
    config.rip = Some(rip);
    config
}

/// A prefix that is written in a test.
pub fn prefix(text: &str) -> Prefix {
    text.parse().expect("a prefix of a test")
}

/// `r1 - r2 - ... - rN`, the stub on r1 behind `r1:stub`.
pub fn chain(length: usize, habits: Habits) -> Topology {
    line(length, false, habits)
}

/// A chain whose ends are joined.
pub fn ring(length: usize, habits: Habits) -> Topology {
    line(length, true, habits)
}

fn line(length: usize, closed: bool, habits: Habits) -> Topology {
    let mut topology = Topology::new("line").host("h1", &["ip addr add 10.1.0.2/24 dev eth1"]);
    let links: Vec<(usize, usize)> =
        (1..length).map(|n| (n, n + 1)).chain(closed.then_some((length, 1))).collect();
    for n in 1..=length {
        // On link k the nearer end is .1, the farther .2; `next` leads on, `back` leads back.
        let ends = links.iter().enumerate().filter_map(|(k, (a, b))| {
            if *a == n {
                Some(("next", format!("10.0.{k}.1/24")))
            } else {
                (*b == n).then(|| ("back", format!("10.0.{k}.2/24")))
            }
        });
        let stub = (n == 1).then(|| ("stub", "10.1.0.1/24".to_owned()));
        let interfaces: Vec<(&str, String)> = ends.chain(stub).collect();
        topology = topology.router(&format!("r{n}"), router(&interfaces, habits));
    }
    for (a, b) in links {
        topology = topology.link(&format!("r{a}:next"), &format!("r{b}:back"));
    }
    topology.link("r1:stub", "h1:eth1")
}

/// `rows` times `columns` routers named `r<row>x<column>` from 0, each joined to its neighbors, each with a loopback.
/// The second value are the cables, by their upper or left end.
pub fn grid(rows: usize, columns: usize, habits: Habits) -> (Topology, Vec<String>) {
    let mut topology = Topology::new("grid");
    let mut cables = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let mut interfaces = vec![("lo", format!("10.255.{row}.{column}/32"))];
            // The cable to the right of (row, column) is 10.1.row.4*column/30, the one below it 10.2...
            if column + 1 < columns {
                interfaces.push(("east", format!("10.1.{row}.{}/30", column * 4 + 1)));
            }
            if column > 0 {
                interfaces.push(("west", format!("10.1.{row}.{}/30", (column - 1) * 4 + 2)));
            }
            if row + 1 < rows {
                interfaces.push(("south", format!("10.2.{row}.{}/30", column * 4 + 1)));
            }
            if row > 0 {
                interfaces.push(("north", format!("10.2.{}.{}/30", row - 1, column * 4 + 2)));
            }
            topology = topology.router(&format!("r{row}x{column}"), router(&interfaces, habits));
        }
    }
    for row in 0..rows {
        for column in 0..columns {
            if column + 1 < columns {
                cables.push(format!("r{row}x{column}:east"));
                topology =
                    topology.link(&format!("r{row}x{column}:east"), &format!("r{row}x{}:west", column + 1));
            }
            if row + 1 < rows {
                cables.push(format!("r{row}x{column}:south"));
                topology =
                    topology.link(&format!("r{row}x{column}:south"), &format!("r{}x{column}:north", row + 1));
            }
        }
    }
    (topology, cables)
}

/// What RIP's metric for a network is on a node; `None`: it has none.
pub fn metric(lab: &mut Lab, node: &str, network: Prefix) -> Option<u32> {
    lab.rip(node).routes.into_iter().find(|r| r.prefix == network).map(|r| r.metric)
}

/// A metric that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Instant,
    /// On which node.
    pub node: String,
    /// To what; `None`: the route is forgotten.
    pub metric: Option<u32>,
}

/// Lets `d` pass and notes every change of the metric of `network` on these nodes, at the very event that caused it.
pub fn watch(lab: &mut Lab, nodes: &[&str], network: Prefix, d: Duration) -> Vec<Change> {
    let end = lab.now() + d;
    let mut known: Vec<Option<u32>> = nodes.iter().map(|n| metric(lab, n, network)).collect();
    let mut changes = Vec::new();
    while let Some(at) = lab.next_event().filter(|at| *at <= end) {
        lab.run_until(at);
        for (node, known) in nodes.iter().zip(&mut known) {
            let now = metric(lab, node, network);
            if now != *known {
                *known = now;
                changes.push(Change { at, node: (*node).to_owned(), metric: now });
            }
        }
    }
    lab.run_until(end);
    changes
}

/// When a node will send its next periodic update; never, if RIP does not run there.
pub fn next_update(lab: &mut Lab, node: &str) -> Instant {
    use cli::command::{Command, Show};
    use cli::reply::Reply;
    match lab.execute(node, Command::Show(Show::RipStatus)) {
        Ok(Reply::RipStatus(Some(status))) => lab.now() + Duration::from_millis(status.next_update_ms),
        _ => Instant::FAR_FUTURE,
    }
}
