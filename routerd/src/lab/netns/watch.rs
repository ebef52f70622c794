//! Looking at a deployed lab, for `routerd lab view --live`: routers are asked, and their logs are read along.

use super::super::far::Far;
use super::super::sim::Lab;
use super::super::topology::Topology;
use super::export;
use super::nodes::{Nodes, clock};
use super::plan::{Plan, Role};
use cli::command::Show;
use cli::{Command, Reply};
use fib::{Instant, Prefix};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

/// Ages of routes come from another clock and over a socket: what differs by less is the same moment, microseconds.
const SAME_MOMENT: u64 = 1_000_000;
/// Bytes of a log read at once.
const MOST_NEWS: u64 = 64 * 1024;

/// The lab as it is wired, with the routers that run elsewhere in it, and what tells how long it has been looked at.
pub fn lab(plan: Plan, topology: &Topology) -> (Lab, impl Fn() -> Instant + Send + 'static) {
    let mut lab = Lab::still(topology.clone());
    lab.stand_for(Box::new(Eyes::new(plan)));
    let began = clock();
    (lab, move || Instant::from_micros(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)))
}

struct Log {
    node: String,
    path: PathBuf,
    read: u64,
}

struct Eyes {
    nodes: Nodes,
    logs: Vec<Log>,
    /// Since when routes have been as they are: by node, prefix, protocol and which of several, microseconds.
    since: BTreeMap<(String, Prefix, String, usize), u64>,
    /// Carriers of a router's ports, and when it was asked.
    carriers: BTreeMap<String, (Instant, BTreeMap<String, bool>)>,
}

impl Eyes {
    fn new(plan: Plan) -> Eyes {
        let files = plan.nodes.iter().flat_map(|n| n.daemons.iter().map(move |d| (n, n.log_file(d))));
        let logs = files
            .map(|(node, path)| Log {
                node: node.name.clone(),
                read: std::fs::metadata(&path).map_or(0, |m| m.len()),
                path,
            })
            .collect();
        Eyes { nodes: Nodes::new(plan), logs, since: BTreeMap::new(), carriers: BTreeMap::new() }
    }

    /// Makes routes that did not change say so.
    fn steady(&mut self, now: Instant, node: &str, reply: &mut Reply) {
        let Reply::Routes(page) = reply else { return };
        let mut seen = BTreeMap::new();
        for route in &mut page.routes {
            let protocol = route.protocol.to_string();
            let nth: &mut usize = seen.entry((route.prefix, protocol.clone())).or_default();
            let key = (node.to_owned(), route.prefix, protocol, *nth);
            *nth += 1;
            let since = now.as_micros().saturating_sub(route.age_us);
            let known = self.since.entry(key).or_insert(since);
            if known.abs_diff(since) >= SAME_MOMENT {
                *known = since;
            }
            route.age_us = now.as_micros().saturating_sub(*known);
        }
    }
}

impl Far for Eyes {
    fn ask(&mut self, now: Instant, node: &str, show: Show) -> Option<Reply> {
        let mut reply = self.nodes.execute(node, Command::Show(show)).ok()?;
        self.steady(now, node, &mut reply);
        Some(reply)
    }

    fn is_on(&mut self, node: &str) -> bool {
        self.nodes.plan.find(node).is_ok_and(export::is_running)
    }

    fn has_carrier(&mut self, now: Instant, node: &str, interface: &str) -> Option<bool> {
        if !self.nodes.plan.find(node).is_ok_and(|n| n.role == Role::Router) {
            return None;
        }
        let asked = self.carriers.get(node).is_some_and(|(at, _)| *at == now);
        if !asked {
            let reply = self.nodes.execute(node, Command::Show(Show::Interfaces(None)));
            let Ok(Reply::Interfaces(all)) = reply else { return None };
            let carriers = all.into_iter().map(|i| (i.name, i.carrier)).collect();
            self.carriers.insert(node.to_owned(), (now, carriers));
        }
        self.carriers.get(node)?.1.get(interface).copied()
    }

    fn news(&mut self) -> Vec<(String, String)> {
        let mut news = Vec::new();
        for log in &mut self.logs {
            let Ok(mut file) = File::open(&log.path) else { continue };
            let length = file.metadata().map_or(0, |m| m.len());
            if length < log.read {
                log.read = 0;
            }
            let mut text = Vec::new();
            let read = file
                .seek(SeekFrom::Start(log.read))
                .and_then(|_| file.take(MOST_NEWS).read_to_end(&mut text));
            // A line that is still being written comes the next time.
            let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            if read.is_err() || whole == 0 {
                continue;
            }
            log.read += u64::try_from(whole).unwrap_or(0);
            let text = String::from_utf8_lossy(text.get(..whole).unwrap_or_default()).into_owned();
            news.extend(text.lines().map(|l| (log.node.clone(), without_time(l).to_owned())));
        }
        news
    }
}

/// A line of a log without the time at its beginning: that is told otherwise.
fn without_time(line: &str) -> &str {
    match line.split_once(' ') {
        Some((time, rest)) if time.starts_with(|c: char| c.is_ascii_digit()) => rest.trim_start(),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::without_time;

    #[test]
    fn only_the_time_is_cut_off() {
        assert_eq!(
            without_time("2026-11-26T09:24:34.677748Z  INFO started hostname=r1"),
            "INFO started hostname=r1"
        );
        assert_eq!(without_time("BIRD started"), "BIRD started");
        assert_eq!(without_time(""), "");
    }
}
