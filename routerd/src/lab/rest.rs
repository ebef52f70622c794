//! Whether the network has come to rest: no route of any node has changed for longer than its protocols can keep news to
//! themselves. Packets do not count: hellos and periodic updates never end.

use super::sim::{Engine, Lab};
use crate::router::is_loopback_name;
use bgp::config::NeighborConfig;
use configs::Config;
use core::hash::{Hash, Hasher};
use core::time::Duration;
use fib::{IfAddr, Instant};
use ospf::config::{InterfaceConfig, NetworkType, SpfDelay};
use std::hash::DefaultHasher;

/// Nodes from which on tables are compared less often: each look reads every route of every node.
const LARGE: usize = 30;

/// Seconds between two attempts of BGP to connect, where a neighbor says nothing (RFC 4271 10).
const CONNECT_RETRY: u16 = 120;

/// How long tables stay as they are before a network with nothing under way is believed to be at rest.
const AT_REST: Duration = Duration::from_secs(2);

impl Lab {
    /// A number that changes when any selected or candidate route of any node changes, ages left out.
    pub fn tables_fingerprint(&mut self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for index in 0..self.nodes.len() {
            self.table_fingerprint(index).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The same of one node. Its routes are only read again when something may have changed them.
    fn table_fingerprint(&mut self, index: usize) -> u64 {
        let Some(node) = self.nodes.get(index) else { return 0 };
        let epoch = match &node.engine {
            Engine::Router(router) => router.tables_epoch().map(|epoch| (node.boots, epoch)),
            Engine::Switch(_) | Engine::Off => None,
        };
        if let Some((known, fingerprint)) = node.fingerprint
            && Some(known) == epoch
        {
            return fingerprint;
        }
        let name = node.name.clone();
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        for route in self.routes(&name) {
            (route.prefix, route.protocol, route.distance, route.metric, route.selected).hash(&mut hasher);
            for hop in &route.next_hops {
                (hop.gateway, &hop.interface, hop.active).hash(&mut hasher);
            }
        }
        let fingerprint = hasher.finish();
        if let Some(node) = self.nodes.get_mut(index) {
            node.fingerprint = epoch.map(|epoch| (epoch, fingerprint));
        }
        fingerprint
    }

    /// How long nothing may change before the network counts as being at rest: longer than its protocols can keep news
    /// to themselves. For RIP an update interval with its jitter, and the hold of a triggered update (RFC 2453 3.8,
    /// 3.10.1). For OSPF a dead interval, which is also how long a router waits before it elects a designated router
    /// (RFC 2328 9.1), then an exchange with its retransmissions, and the longest delay before routes follow. For BGP a
    /// hold time, or the time between two attempts to connect, and the interval between advertisements (RFC 4271 10).
    pub fn quiet_window(&self) -> Duration {
        let configs = || (0..self.nodes.len()).filter_map(|n| self.config_of(n));
        let rip = configs().filter_map(|c| c.rip.as_ref()).map(|rip| u64::from(rip.timers.update) * 1200);
        let ospf = configs().filter_map(|c| Some(ospf_silence(c, c.ospf.as_ref()?)));
        let bgp = configs().filter_map(|c| c.bgp.as_ref()).map(bgp_silence);
        let slowest = rip.chain(ospf).chain(bgp).max().unwrap_or(0);
        Duration::from_secs(5).max(Duration::from_millis(slowest) + Duration::from_secs(5))
    }

    /// The same for somebody who waits in real time. That OSPF and BGP have nothing under way can be seen, and is believed:
    /// only what fails in silence, which nobody here does in secret, would still change the tables.
    pub fn short_quiet_window(&self) -> Duration {
        let routers = || {
            self.nodes.iter().filter_map(|n| match &n.engine {
                Engine::Router(router) => Some((router, n.local(self.now))),
                Engine::Switch(_) | Engine::Off => None,
            })
        };
        let rip = routers().any(|(router, _)| router.config().rip.is_some());
        if rip || !routers().all(|(router, now)| router.is_settled(now)) {
            return self.quiet_window();
        }
        AT_REST
    }

    /// Runs until no route of any node has changed for `window`, at most for `limit`. The instant of the last change
    /// (as seen by samples, ten to a window, three in a large network), or `None` when the limit was reached first.
    pub fn run_until_quiet(&mut self, window: Duration, limit: Duration) -> Option<Instant> {
        let deadline = self.now + limit;
        let samples = if self.nodes.len() > LARGE { 3 } else { 10 };
        let step = (window / samples).max(Duration::from_millis(100));
        let mut last_change = self.now;
        let mut known = self.tables_fingerprint();
        loop {
            if self.now.since(last_change) >= window {
                return Some(last_change);
            }
            if self.now >= deadline {
                return None;
            }
            self.run_for(step);
            let tables = self.tables_fingerprint();
            if tables != known {
                (known, last_change) = (tables, self.now);
            }
        }
    }

    /// Runs until the network is at rest: [`Lab::quiet_window`], within an hour of lab time. The instant of the last
    /// change; an error names the time and the seed.
    pub fn converge(&mut self) -> Result<Instant, String> {
        let started = self.now;
        let window = self.quiet_window();
        self.run_until_quiet(window, Duration::from_secs(3600)).ok_or_else(|| {
            format!("routes still change an hour after {started} (seed {}, now {})", self.seed, self.now)
        })
    }
}

/// Milliseconds for which OSPF can keep news to itself on the slowest of its interfaces.
fn ospf_silence(config: &Config, ospf: &ospf::config::Config) -> u64 {
    let none = InterfaceConfig::default();
    let spoken_on = config.interfaces.iter().filter(|(name, interface)| {
        let named = ospf.interfaces.get(*name).is_some_and(|i| i.area.is_some());
        let covers = |a: &IfAddr| ospf.networks.iter().any(|n| n.prefix.contains(a.addr()));
        !is_loopback_name(name) && (named || interface.addresses.iter().any(covers))
    });
    let dead = spoken_on.map(|(name, _)| dead_interval(ospf.interfaces.get(name).unwrap_or(&none)));
    let spf = match ospf.timers.spf {
        SpfDelay::Throttle { max, .. } => max,
        SpfDelay::Ietf { long, .. } => long,
    };
    dead.max().unwrap_or(0) * 1000 + u64::from(spf.max(ospf.timers.lsa_interval))
}

/// Milliseconds for which BGP can keep news to itself: the slowest of its neighbors, as it or its group says.
fn bgp_silence(config: &bgp::config::Config) -> u64 {
    let none = NeighborConfig::default();
    let dynamic = config.listen.ranges.values().map(|group| (&none, Some(group)));
    let named = config.neighbors.values().map(|n| (n, n.peer_group.as_ref()));
    let slowest = named.chain(dynamic).map(|(own, group)| {
        let group = group.and_then(|g| config.peer_groups.get(g)).unwrap_or(&none);
        let hold = own.timers.or(group.timers).unwrap_or(config.timers).hold;
        let retry = own.connect_retry.or(group.connect_retry).unwrap_or(CONNECT_RETRY);
        let interval = own.advertisement_interval.or(group.advertisement_interval).unwrap_or(0);
        u64::from(hold.max(retry)) + u64::from(interval)
    });
    slowest.max().unwrap_or(0) * 1000
}

/// Seconds.
fn dead_interval(interface: &InterfaceConfig) -> u64 {
    match (interface.hello_multiplier, interface.dead_interval, interface.hello_interval) {
        (Some(_), ..) => 1,
        (None, Some(dead), _) => u64::from(dead),
        (None, None, Some(hello)) => u64::from(hello) * 4,
        (None, None, None) => match interface.network {
            Some(NetworkType::NonBroadcast | NetworkType::PointToMultipoint) => 120,
            Some(NetworkType::Broadcast | NetworkType::PointToPoint) | None => 40,
        },
    }
}
