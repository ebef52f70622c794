//! Two and three routers on wires of memory.

mod bgp;
mod ospf;
mod protocols;
mod show_bgp;
mod unnumbered;

use super::{PortInfo, Router};
use cli::command::{Family, Ping, RouteQuery, Show, Traceroute};
use cli::reply::{InterfaceView, PingOutcome, RouteView};
use cli::{Command, Mode, Progress, Reply};
use core::net::IpAddr;
use core::time::Duration;
use fib::{Instant, PortId};
use std::collections::BTreeMap;

/// Routers and the wires between them: an end is a router's index and port.
pub(super) struct Net {
    pub now: Instant,
    pub routers: Vec<Router>,
    wires: BTreeMap<(usize, PortId), (usize, PortId)>,
    ports: u8,
}

impl Net {
    pub fn new(configs: &[&str]) -> Net {
        let router = |(n, text): (usize, &&str)| {
            let config = configs::yaml::parse(text, "test.yaml").unwrap_or_else(|e| panic!("{e}"));
            Router::new(config, n as u64)
        };
        let routers = configs.iter().enumerate().map(router).collect();
        Net { now: Instant::from_secs(1), routers, wires: BTreeMap::new(), ports: 0 }
    }

    fn port(&mut self, router: usize, name: &str) -> PortId {
        self.ports += 1;
        let info = PortInfo {
            name: name.to_owned(),
            altnames: Vec::new(),
            mac: [2, 0, 0, 0, 0, self.ports],
            mtu: 1500,
            carrier: true,
            offload: false,
        };
        self.routers[router].add_port(self.now, info)
    }

    pub fn wire(&mut self, a: (usize, &str), b: (usize, &str)) -> PortId {
        let (pa, pb) = (self.port(a.0, a.1), self.port(b.0, b.1));
        self.wires.insert((a.0, pa), (b.0, pb));
        self.wires.insert((b.0, pb), (a.0, pa));
        self.pass(Duration::ZERO);
        pa
    }

    /// A router that has just booted gets the port it had before, at the same end of the wire.
    pub fn restart_port(&mut self, router: usize, name: &str) {
        let ((at, old), far) =
            self.wires.iter().find(|((r, _), _)| *r == router).map(|(a, b)| (*a, *b)).unwrap();
        self.wires.remove(&(at, old));
        self.ports -= 2;
        let new = self.port(router, name);
        self.ports += 1;
        self.wires.insert((router, new), far);
        self.wires.insert(far, (router, new));
        self.pass(Duration::ZERO);
    }

    pub fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        for _ in 0..1_000_000 {
            let mut frames = Vec::new();
            for (n, router) in self.routers.iter_mut().enumerate() {
                while let Some((port, frame)) = router.poll_transmit() {
                    frames.push((n, port, frame));
                }
            }
            if !frames.is_empty() {
                for (n, port, frame) in frames {
                    if let Some(&(to, port)) = self.wires.get(&(n, port)) {
                        self.routers[to].handle_frame(self.now, port, frame);
                    }
                }
                continue;
            }
            let next = self.routers.iter().filter_map(Router::next_timeout).min();
            let Some(next) = next.filter(|t| *t <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            let now = self.now;
            for router in self.routers.iter_mut().filter(|r| r.next_timeout().is_some_and(|t| t <= now)) {
                router.handle_timeout(now);
            }
        }
        panic!("the routers never come to rest");
    }

    pub fn execute(&mut self, router: usize, command: Command) -> Reply {
        let reply = self.routers[router].execute(self.now, command);
        self.pass(Duration::ZERO);
        reply
    }

    fn job(&mut self, router: usize, command: Command) -> Vec<Progress> {
        match self.execute(router, command) {
            Reply::Job(job) => {
                self.pass(Duration::from_secs(60));
                std::iter::from_fn(|| self.routers[router].poll_progress(self.now, job)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    /// Echo replies to five requests of `size` bytes.
    pub fn ping(&mut self, router: usize, destination: &str, size: u16, df: bool) -> usize {
        let ask = Ping {
            destination: destination.parse().unwrap(),
            source: None,
            count: 5,
            size,
            df,
            timeout_ms: 2000,
            interval_ms: 0,
        };
        let said = self.job(router, Command::Ping(ask));
        assert!(matches!(said.last(), Some(Progress::PingDone(sum)) if sum.sent == 5), "{said:?}");
        said.iter().filter(|p| matches!(p, Progress::Ping(PingOutcome::Reply { .. }))).count()
    }

    pub fn routes(&mut self, router: usize) -> Vec<RouteView> {
        let query = RouteQuery {
            family: Family::V4,
            table: None,
            protocol: None,
            prefix: None,
            longer: false,
            address: None,
            after: None,
        };
        match self.execute(router, Command::Show(Show::Routes(query))) {
            Reply::Routes(page) => page.routes,
            other => panic!("{other:?}"),
        }
    }

    /// The value of a counter of `show ip traffic`.
    fn counter(&mut self, router: usize, name: &str) -> u64 {
        let Reply::Traffic(traffic) = self.execute(router, Command::Show(Show::Traffic)) else {
            panic!("traffic")
        };
        traffic.sections.iter().flat_map(|(_, c)| c).filter(|c| c.name == name).map(|c| c.value).sum()
    }

    pub fn configure(&mut self, router: usize, mode: Mode, line: &str) -> Reply {
        self.execute(router, Command::Configure { mode, line: line.to_owned() })
    }

    fn interfaces(&mut self, router: usize) -> Vec<InterfaceView> {
        match self.execute(router, Command::Show(Show::Interfaces(None))) {
            Reply::Interfaces(views) => views,
            other => panic!("{other:?}"),
        }
    }
}

const LEFT: &str = "
hostname: left
interfaces:
  lo: {addresses: [10.255.0.1/32]}
  eth1: {addresses: [10.0.12.1/24, '2001:db8:12::1/64']}
routes:
  - {prefix: 10.0.23.0/24, via: 10.0.12.2}
  - {prefix: '2001:db8:23::/64', via: '2001:db8:12::2'}
";

const MIDDLE: &str = "
hostname: middle
interfaces:
  eth1: {addresses: [10.0.12.2/24, '2001:db8:12::2/64']}
  eth2: {addresses: [10.0.23.2/24, '2001:db8:23::2/64']}
";

const RIGHT: &str = "
hostname: right
interfaces:
  eth1: {addresses: [10.0.23.3/24, '2001:db8:23::3/64']}
routes:
  - {prefix: 0.0.0.0/0, via: 10.0.23.2}
  - {prefix: '::/0', via: '2001:db8:23::2'}
";

fn chain() -> Net {
    let mut net = Net::new(&[LEFT, MIDDLE, RIGHT]);
    net.wire((0, "eth1"), (1, "eth1"));
    net.wire((1, "eth2"), (2, "eth1"));
    net
}

#[test]
fn packets_cross_a_router_both_ways_in_both_families() {
    let mut net = chain();
    assert_eq!(net.ping(0, "10.0.23.3", 100, false), 5);
    assert_eq!(net.ping(2, "10.0.12.1", 100, false), 5);
    assert_eq!(net.ping(0, "2001:db8:23::3", 100, false), 5);
    assert_eq!(net.ping(0, "10.255.0.1", 100, false), 5, "its own loopback");
    assert_eq!(net.ping(0, "127.0.0.1", 100, false), 5);
}

#[test]
fn a_long_ping_is_fragmented_and_put_together_again() {
    let mut net = chain();
    assert_eq!(net.ping(0, "10.0.23.3", 9000, false), 5);
    assert_eq!(net.ping(0, "2001:db8:23::3", 9000, false), 5);
    assert_eq!(net.ping(0, "10.0.23.3", 9000, true), 0, "DF forbids it");
}

#[test]
fn traceroute_names_each_hop() {
    let mut net = chain();
    for (destination, middle) in [("10.0.23.3", "10.0.12.2"), ("2001:db8:23::3", "2001:db8:12::2")] {
        let ask = Traceroute {
            destination: destination.parse().unwrap(),
            source: None,
            probes: 3,
            timeout_ms: 3000,
            min_ttl: 1,
            max_ttl: 30,
            port: 33434,
            size: 60,
            df: false,
        };
        let said = net.job(0, Command::Traceroute(ask));
        let hops: Vec<(u8, Option<IpAddr>)> = said
            .iter()
            .filter_map(|p| match p {
                Progress::Hop(hop) => Some((hop.ttl, hop.answer.map(|(from, _)| from))),
                _ => None,
            })
            .collect();
        let wanted = |ttl, from: &str| vec![(ttl, Some(from.parse().unwrap())); 3];
        assert_eq!(hops, [wanted(1, middle), wanted(2, destination)].concat());
        assert_eq!(said.last(), Some(&Progress::TracerouteDone { reached: true }));
    }
}

#[test]
fn a_lost_carrier_takes_its_routes_and_brings_them_back() {
    let mut net = chain();
    let port = *net.wires.keys().find(|(n, _)| *n == 0).map(|(_, p)| p).unwrap();
    let active = |routes: &[RouteView]| routes.iter().filter(|r| r.selected).count();
    assert_eq!(active(&net.routes(0)), 3);
    let now = net.now;
    net.routers[0].handle_carrier(now, port, false);
    let routes = net.routes(0);
    assert_eq!(active(&routes), 1, "{routes:?}");
    net.routers[0].handle_carrier(now, port, true);
    assert_eq!(active(&net.routes(0)), 3);
    assert_eq!(net.ping(0, "10.0.23.3", 100, false), 5);
}

#[test]
fn rip_teaches_each_router_the_networks_of_the_others_and_unlearns_them() {
    let rip = "rip: {networks: [10.0.0.0/8], timers: {update: 5, timeout: 15, garbage: 10}}";
    let no_statics = |text: &str| format!("{}\n{rip}", text.split("routes:").next().unwrap());
    let configs: Vec<String> = [LEFT, MIDDLE, RIGHT].into_iter().map(no_statics).collect();
    let configs: Vec<&str> = configs.iter().map(String::as_str).collect();
    let mut net = Net::new(&configs);
    let port = net.wire((0, "eth1"), (1, "eth1"));
    net.wire((1, "eth2"), (2, "eth1"));
    net.pass(Duration::from_secs(15));
    let learned = |routes: &[RouteView], prefix: &str| {
        routes.iter().find(|r| r.prefix.to_string() == prefix && r.selected).map(|r| r.metric)
    };
    assert_eq!(learned(&net.routes(2), "10.255.0.1/32"), Some(3));
    assert_eq!(learned(&net.routes(2), "10.0.12.0/24"), Some(2));
    assert_eq!(net.ping(2, "10.255.0.1", 100, false), 5);
    let now = net.now;
    net.routers[0].handle_carrier(now, port, false);
    let (&near, &far) = net.wires.iter().find(|((n, p), _)| (*n, *p) == (0, port)).unwrap();
    assert_eq!(near, (0, port));
    net.routers[1].handle_carrier(now, far.1, false);
    net.pass(Duration::from_secs(10));
    assert_eq!(learned(&net.routes(2), "10.255.0.1/32"), None, "a triggered update poisons it");
}

#[test]
fn configuration_for_an_absent_interface_is_pending_and_applies_when_it_appears() {
    let mut net = Net::new(&[LEFT]);
    let eth1 = net.interfaces(0).into_iter().find(|i| i.name == "eth1").unwrap();
    assert_eq!((eth1.index, eth1.addresses.len()), (None, 2));
    assert!(!net.routes(0).iter().any(|r| r.prefix.to_string() == "10.0.12.0/24"));
    net.port(0, "clab-1234");
    assert!(!net.routes(0).iter().any(|r| r.prefix.to_string() == "10.0.12.0/24"));
    let (id, info) = net.routers[0]
        .ports
        .iter()
        .find(|p| p.info.name == "clab-1234")
        .map(|p| (p.id, p.info.clone()))
        .unwrap();
    let now = net.now;
    net.routers[0].change_port(now, id, PortInfo { name: "eth1".to_owned(), ..info });
    assert!(net.routes(0).iter().any(|r| r.prefix.to_string() == "10.0.12.0/24" && r.selected));
    net.routers[0].remove_port(now, id);
    assert!(!net.routes(0).iter().any(|r| r.prefix.to_string() == "10.0.12.0/24"));
}

#[test]
fn a_static_route_waits_for_its_interface() {
    let mut net = Net::new(&[LEFT]);
    let reply = net.configure(0, Mode::Config, "ip route 10.77.0.1/32 eth7");
    assert_eq!(reply, Reply::Configured(Mode::Config));
    let installed =
        |net: &mut Net| net.routes(0).iter().any(|r| r.prefix.to_string() == "10.77.0.1/32" && r.selected);
    assert!(!installed(&mut net));
    net.port(0, "eth7");
    assert!(installed(&mut net));
}

#[test]
fn a_line_is_applied_at_once_or_refused_as_a_whole() {
    let mut net = chain();
    let mode = Mode::Interface("eth1".to_owned());
    let reply = net.configure(0, mode.clone(), "ip address 10.9.9.9/24");
    assert_eq!(reply, Reply::Configured(mode.clone()));
    assert!(net.routes(0).iter().any(|r| r.prefix.to_string() == "10.9.9.0/24"));
    assert_eq!(net.configure(0, mode.clone(), "no ip address 10.9.9.9/24"), Reply::Configured(mode.clone()));
    assert!(!net.routes(0).iter().any(|r| r.prefix.to_string() == "10.9.9.0/24"));
    let before = net.routers[0].config().clone();
    assert!(matches!(net.configure(0, mode, "mtu 5"), Reply::Error(_)));
    assert_eq!(*net.routers[0].config(), before);
}

#[test]
fn applying_the_same_configuration_again_changes_nothing() {
    let mut net = chain();
    net.ping(0, "10.0.23.3", 100, false);
    let before = net.routes(0);
    let config = net.routers[0].config().clone();
    let now = net.now;
    net.routers[0].apply(now, config).unwrap();
    assert!(net.routers[0].poll_transmit().is_none(), "nothing is announced again");
    let strip = |routes: Vec<RouteView>| routes.into_iter().map(|r| (r.prefix, r.age_us)).collect::<Vec<_>>();
    assert_eq!(strip(before), strip(net.routes(0)), "routes keep their age");
}

#[test]
fn the_local_table_lists_addresses_and_broadcasts() {
    let mut net = chain();
    let query = RouteQuery {
        family: Family::V4,
        table: Some(fib::TableId::LOCAL),
        protocol: None,
        prefix: None,
        longer: false,
        address: None,
        after: None,
    };
    let Reply::Routes(page) = net.execute(0, Command::Show(Show::Routes(query))) else { panic!("routes") };
    let has = |prefix: &str, kind: &str| {
        page.routes.iter().any(|r| r.prefix.to_string() == prefix && r.local_kind.as_deref() == Some(kind))
    };
    assert!(
        has("10.0.12.1/32", "local") && has("10.0.12.255/32", "broadcast") && has("127.0.0.0/8", "local")
    );
}

#[test]
fn equal_seeds_and_inputs_give_equal_frames() {
    let run = || {
        let mut net = chain();
        let mut frames = Vec::new();
        net.routers[0].handle_timeout(net.now);
        while let Some((port, frame)) = net.routers[0].poll_transmit() {
            frames.push((port, frame));
        }
        net.ping(0, "10.0.23.3", 500, false);
        (frames, net.routes(0).len(), net.now)
    };
    assert_eq!(run(), run());
}

#[test]
fn udp_to_a_closed_port_is_refused_and_counted() {
    let mut net = chain();
    let ask = Traceroute {
        destination: "10.0.12.2".parse().unwrap(),
        source: None,
        probes: 1,
        timeout_ms: 1000,
        min_ttl: 5,
        max_ttl: 5,
        port: 9,
        size: 60,
        df: true,
    };
    let said = net.job(0, Command::Traceroute(ask));
    assert_eq!(said.last(), Some(&Progress::TracerouteDone { reached: true }));
    assert_eq!(net.counter(1, "no-listener"), 1);
}

#[test]
fn only_a_recursive_next_hop_says_what_it_ends_at() {
    let mut net = chain();
    let reply = net.configure(0, Mode::Config, "ip route 203.0.113.0/24 10.0.23.3");
    assert_eq!(reply, Reply::Configured(Mode::Config));
    let routes = net.routes(0);
    let hop = |prefix: &str| {
        routes
            .iter()
            .find(|r| r.prefix.to_string() == prefix)
            .and_then(|r| r.next_hops.first())
            .cloned()
            .unwrap()
    };
    let direct = hop("10.0.23.0/24");
    assert_eq!(
        (direct.recursive, direct.interface.as_deref(), direct.resolved.len()),
        (false, Some("eth1"), 0)
    );
    let recursive = hop("203.0.113.0/24");
    let end = (Some("10.0.12.2".parse().unwrap()), "eth1".to_owned());
    assert_eq!((recursive.recursive, recursive.interface, recursive.resolved), (true, None, vec![end]));
}

#[test]
fn a_frame_without_a_link_is_counted() {
    let mut net = chain();
    net.routers[0].count_no_link();
    assert_eq!(net.counter(0, "no-link"), 1);
    net.execute(0, Command::Clear(cli::command::Clear::Counters(None)));
    assert_eq!(net.counter(0, "no-link"), 0);
}

#[test]
fn a_ping_that_fails_says_why_in_the_words_that_the_shell_marks() {
    let mut net = chain();
    let mut reasons = |destination: &str, size: u16| -> Vec<String> {
        let ask = Ping {
            destination: destination.parse().unwrap(),
            source: None,
            count: 1,
            size,
            df: true,
            timeout_ms: 5000,
            interval_ms: 0,
        };
        let said = net.job(0, Command::Ping(ask));
        let reason = |p: &Progress| match p {
            Progress::Ping(PingOutcome::Unreachable { reason, .. }) => Some(reason.clone()),
            _ => None,
        };
        said.iter().filter_map(reason).collect()
    };
    assert_eq!(reasons("10.0.23.3", 9000), ["fragmentation needed, mtu 1500"]);
    assert_eq!(reasons("10.0.23.99", 100), ["host unreachable"]);
}
