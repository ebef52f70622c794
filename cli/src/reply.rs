//! What a router answers: typed snapshots. `render` turns them into text or JSON on the asking side.

use crate::command::{Family, Mode};
use configs::Config;
use core::net::{IpAddr, Ipv6Addr};
use fib::{IfAddr, Instant, Kind, Prefix, Protocol, TableId};
use proto::Notice;
use serde::{Deserialize, Serialize};

/// One answer. Jobs (ping, traceroute) answer with `Job`, then lines, then `Done`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// Done, nothing to print.
    Ok,
    /// Done, one remark to print.
    Remark(String),
    /// Refused, and why; printed after `% `.
    Error(String),
    /// A configuration line was applied; the session is now in this mode.
    Configured(Mode),
    /// A ping or traceroute has started.
    Job(u64),
    /// `show version`
    Version(Version),
    /// `show health`: what is not as it should be; nothing: all is well.
    Health(Vec<String>),
    /// `show interfaces`, `show ip interface brief`
    Interfaces(Vec<InterfaceView>),
    /// `show ip route`
    Routes(RoutesPage),
    /// `show ip fib`
    Fib(FibPage),
    /// `show ip rule`
    Rules(Vec<RuleView>),
    /// `show arp`
    Neighbors(Vec<NeighborView>),
    /// `show ip traffic`
    Traffic(Traffic),
    /// `show running-config`, `show startup-config`; printed as text of either form.
    Config(Box<Config>),
    /// `show logging`
    Logging(LoggingView),
    /// `show debugging`: topics that are on.
    Debugging(Vec<String>),
    /// `show ip rip`, `show ip rip database`
    RipTable(rip::show::Table),
    /// `show ip rip status`; `None`: RIP does not run.
    RipStatus(Option<Box<rip::show::Status>>),
    /// `show ip ospf ...`; `None`: OSPF does not run.
    Ospf(Option<Box<OspfReply>>),
    /// `show bgp ...`; `None`: BGP does not run.
    Bgp(Option<Box<BgpReply>>),
    /// `show ip protocols`
    Protocols(Box<Protocols>),
    /// The lists and maps.
    Policy(Box<policy::config::Config>),
}

/// `show ip ospf ...`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OspfReply {
    /// `show ip ospf`
    Process(ospf::show::Process),
    /// `show ip ospf interface`
    Interfaces(ospf::show::Interfaces),
    /// `show ip ospf neighbor`
    Neighbors(ospf::show::Neighbors),
    /// `show ip ospf database`
    Database(ospf::show::Database),
    /// `show ip ospf route`
    Routes(ospf::show::Routes),
    /// `show ip ospf border-routers`
    BorderRouters(ospf::show::BorderRouters),
    /// `show ip ospf explain`
    Explain(ospf::show::Explain),
}

/// `show bgp ...`, `show rpki ...`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BgpReply {
    /// `show bgp`, and whatever else lists routes
    Routes(bgp::show::Routes),
    /// `show bgp PREFIX`
    Entry(bgp::show::Entry),
    /// `show bgp PREFIX explain`
    Explain(bgp::show::Explain),
    /// `show bgp summary`
    Summary(bgp::show::Summaries),
    /// `show bgp neighbors`
    Neighbors(bgp::show::Neighbors),
    /// `show bgp nexthop`
    NextHops(Vec<bgp::show::NextHop>),
    /// `show bgp statistics`
    Statistics(bgp::show::Statistics),
    /// `show bgp memory`
    Memory(Vec<bgp::show::MemoryLine>),
    /// `show bgp update-groups`
    UpdateGroups(Vec<bgp::show::UpdateGroup>),
    /// `show bgp peer-group`
    PeerGroups(Vec<bgp::show::PeerGroup>),
    /// `show bgp attribute-info`
    Attributes(bgp::show::Attributes),
    /// `show bgp dump`
    Dumps(Vec<bgp::show::DumpView>),
    /// `show bmp`
    Bmp(bgp::show::BmpView),
    /// `show rpki cache-connection`
    Rpki(bgp::show::RpkiView),
    /// `show rpki prefix-table`
    RpkiTable(bgp::show::PrefixTable),
    /// The table as MRT records
    Mrt(bgp::mrt::Page),
}

/// `show ip protocols`: those that run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Protocols {
    /// RIP.
    pub rip: Option<rip::show::Status>,
    /// OSPF.
    pub ospf: Option<ospf::show::Process>,
    /// BGP.
    pub bgp: Option<bgp::show::Process>,
}

/// What a running job says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// One echo request's outcome.
    Ping(PingOutcome),
    /// The ping is over.
    PingDone(PingSummary),
    /// One probe's outcome.
    Hop(HopOutcome),
    /// The traceroute is over; whether the destination answered.
    TracerouteDone {
        /// The destination answered.
        reached: bool,
    },
    /// It could not start or go on.
    Failed(String),
}

/// What came of one echo request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PingOutcome {
    /// An answer.
    Reply {
        /// Sequence number from 0.
        seq: u32,
        /// Who answered.
        from: IpAddr,
        /// Round trip, microseconds.
        rtt_us: u64,
        /// TTL or hop limit of the answer.
        ttl: u8,
    },
    /// No answer in time.
    Timeout {
        /// Sequence number.
        seq: u32,
    },
    /// An ICMP error instead.
    Unreachable {
        /// Sequence number.
        seq: u32,
        /// Who said so.
        from: IpAddr,
        /// In words: `host unreachable`, `fragmentation needed, mtu 1400`, `time exceeded`.
        reason: String,
    },
}

/// A ping's sum.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PingSummary {
    /// Requests sent.
    pub sent: u32,
    /// Answers received.
    pub received: u32,
    /// Microseconds.
    pub min_us: u64,
    /// Microseconds.
    pub avg_us: u64,
    /// Microseconds.
    pub max_us: u64,
}

/// What came of one traceroute probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HopOutcome {
    /// TTL it was sent with.
    pub ttl: u8,
    /// Which probe of this TTL, from 0.
    pub probe: u8,
    /// Who answered and after how many microseconds; `None`: nobody (`*`).
    pub answer: Option<(IpAddr, u64)>,
    /// `!H`, `!N`, `!P`, `!F`, `!A` or nothing.
    pub note: String,
}

/// `show version`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// Of the router.
    pub hostname: String,
    /// Of routerd, as in Cargo.toml.
    pub version: String,
    /// Time since start, microseconds.
    pub uptime_us: u64,
    /// Seed of this router's randomness.
    pub seed: u64,
    /// Where the startup configuration is, if anywhere.
    pub config_path: Option<String>,
    /// Why the startup configuration is not in force: `FILE:LINE:COLUMN: ...`, a problem a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// One interface with all there is to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InterfaceView {
    /// Its name.
    pub name: String,
    /// Port index; `None`: configured but absent (pending).
    pub index: Option<u32>,
    /// `description`.
    pub description: Option<String>,
    /// Not shut down.
    pub admin_up: bool,
    /// Carrier is there.
    pub carrier: bool,
    /// `ethernet` or `loopback`.
    pub kind: String,
    /// `aa:bb:cc:dd:ee:ff`; empty for the loopback.
    pub mac: String,
    /// IP packet bytes.
    pub mtu: u16,
    /// Configured addresses.
    pub addresses: Vec<IfAddr>,
    /// The automatic IPv6 link-local address.
    pub link_local: Option<Ipv6Addr>,
    /// Time since the last change of carrier, microseconds.
    pub last_change_us: Option<u64>,
    /// Changes of carrier.
    pub transitions: u32,
    /// Names and values, in order: `rx-packets`, `rx-bytes`, `tx-packets`, `tx-bytes`, then drops by name.
    pub counters: Vec<(String, u64)>,
}

/// A page of routes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutesPage {
    /// In prefix order; candidates of a prefix are adjacent, the selected one first.
    pub routes: Vec<RouteView>,
    /// Ask again with `after` set to this; `None`: that was all.
    pub more: Option<Prefix>,
    /// The table they are from; `None`: main.
    pub table: Option<TableId>,
    /// A single prefix or address was asked: print in detail.
    pub detail: bool,
}

/// One candidate route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteView {
    /// The network.
    pub prefix: Prefix,
    /// Whose it is.
    pub protocol: Protocol,
    /// Process number or other instance.
    pub instance: u32,
    /// Finer kind.
    pub kind: Kind,
    /// Administrative distance.
    pub distance: u8,
    /// Metric.
    pub metric: u32,
    /// Tag.
    pub tag: u32,
    /// Won (`>`).
    pub selected: bool,
    /// In the FIB (`*`).
    pub installed: bool,
    /// Time since it came, microseconds.
    pub age_us: u64,
    /// `None` for a normal route.
    pub discard: Option<configs::config::Discard>,
    /// For table `local`: `local`, `broadcast` or `multicast`.
    pub local_kind: Option<String>,
    /// As given, with what each resolves to.
    pub next_hops: Vec<NextHopView>,
    /// Why it is not selected, in words.
    pub why_not: Option<String>,
    /// Source address the router would use (`src` of `ip route`).
    pub preferred_source: Option<IpAddr>,
}

/// One next hop of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextHopView {
    /// `None`: directly connected.
    pub gateway: Option<IpAddr>,
    /// Outgoing interface; `None` when recursive.
    pub interface: Option<String>,
    /// Usable now.
    pub active: bool,
    /// Found through another route.
    pub recursive: bool,
    /// Configured `onlink`.
    pub onlink: bool,
    /// ECMP weight.
    pub weight: u8,
    /// In detail: what a recursive one ends at.
    pub resolved: Vec<(Option<IpAddr>, String)>,
}

/// A page of the FIB.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FibPage {
    /// In prefix order.
    pub entries: Vec<FibView>,
    /// Ask again after this.
    pub more: Option<Prefix>,
}

/// One forwarding entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FibView {
    /// The network.
    pub prefix: Prefix,
    /// Group number shared by prefixes with equal next hops; `None` for local and discards.
    pub group: Option<u32>,
    /// `forward`, `local`, `broadcast`, `multicast`, `blackhole`, `unreachable` or `prohibit`.
    pub action: String,
    /// Gateway, interface, and the neighbor's MAC if it is resolved.
    pub adjacencies: Vec<(Option<IpAddr>, String, Option<String>)>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    /// Lower first.
    pub priority: u32,
    /// As `ip rule` prints the selector: `from all`, `from 10.0.0.0/8 iif eth1`.
    pub selector: String,
    /// As `ip rule` prints the action: `lookup main`, `blackhole`.
    pub action: String,
}

/// One ARP or ND entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeighborView {
    /// Family of the address.
    pub family: Family,
    /// The neighbor.
    pub address: IpAddr,
    /// `aa:bb:cc:dd:ee:ff`; `None` while incomplete.
    pub mac: Option<String>,
    /// Interface.
    pub interface: String,
    /// `incomplete`, `reachable`, `stale`, `delay`, `probe`, `failed`, `permanent` or `interface` (our own).
    pub state: String,
    /// Microseconds since it was last confirmed.
    pub age_us: Option<u64>,
}

/// Every counter of the router.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Sections (`IP`, `ICMP`, `ARP`, `drops`, `RIP`, ...), each with names, values and meanings.
    pub sections: Vec<(String, Vec<CounterView>)>,
}

/// One counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterView {
    /// Its stable name, kebab-case.
    pub name: String,
    /// Its value.
    pub value: u64,
    /// What it counts.
    pub meaning: String,
}

/// `show logging`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggingView {
    /// Lines kept at most.
    pub capacity: u32,
    /// Lines dropped because it was full.
    pub dropped: u64,
    /// Oldest first.
    pub lines: Vec<LogLine>,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When, since start.
    pub at: Instant,
    /// What.
    pub notice: Notice,
}
