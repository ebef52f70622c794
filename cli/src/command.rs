//! What an operator asks of a router: typed, so that nothing behind this crate parses text.

use bgp::config::PeerKey;
use core::net::IpAddr;
use fib::{Prefix, Protocol, TableId};
use serde::{Deserialize, Serialize};

/// One request to a router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Print something.
    Show(Show),
    /// Apply one configuration line in a mode; answered with [`crate::Reply::Configured`].
    Configure {
        /// The mode the line is typed in.
        mode: Mode,
        /// The line, in full or abbreviated.
        line: String,
    },
    /// Echo requests; answers arrive as lines of a job.
    Ping(Ping),
    /// Probes with growing TTL; answers arrive as lines of a job.
    Traceroute(Traceroute),
    /// Stop the running ping or traceroute.
    Cancel {
        /// The job.
        job: u64,
    },
    /// Forget or reset something.
    Clear(Clear),
    /// Turn a debug topic on or off.
    Debug {
        /// The topic, as in [`proto::Notice::topic`]: `rip events`, `rip packet`, `arp`, ...; `all` is every one.
        topic: String,
        /// On or off.
        on: bool,
    },
    /// Store the running configuration as the startup one.
    WriteMemory,
    /// `copy FROM TO`: `running-config`, `startup-config` or a file path.
    Copy {
        /// Source.
        from: String,
        /// Destination.
        to: String,
    },
    /// `reload`, `poweroff`: of an appliance, the machine.
    EndMachine {
        /// It starts again; otherwise it is switched off.
        restart: bool,
    },
    /// `terminal monitor`: stream log lines into this session, or stop doing so.
    Monitor(bool),
}

/// The mode of a shell session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// `r1>`
    #[default]
    User,
    /// `r1#`
    Privileged,
    /// `r1(config)#`
    Config,
    /// `r1(config-if)#`
    Interface(String),
    /// `r1(config-router)#`
    Rip,
    /// `r1(config-router)#`
    Ospf,
    /// `r1(config-router)#`
    Bgp,
    /// `r1(config-router-af)#`
    BgpFamily(bgp::Family),
    /// `r1(config-bgp-bmp)#`, with the name of the target
    Bmp(String),
    /// `r1(config-rpki)#`
    Rpki,
    /// `r1(config-route-map)#`
    RouteMap {
        /// Its name.
        name: String,
        /// The entry.
        seq: u16,
    },
    /// `r1(config-keychain)#`
    KeyChain(String),
    /// `r1(config-keychain-key)#`
    Key {
        /// The chain.
        chain: String,
        /// The key's id.
        id: u8,
    },
}

/// IPv4 or IPv6.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// `ip`
    V4,
    /// `ipv6`
    V6,
}

/// What `show` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Show {
    /// `show version`
    Version,
    /// `show health`
    Health,
    /// `show interfaces [NAME]`
    Interfaces(Option<String>),
    /// `show ip interface brief`, `show ipv6 interface brief`
    InterfaceBrief(Family),
    /// `show ip route ...`, `show ipv6 route ...`; answered page by page.
    Routes(RouteQuery),
    /// `show ip route linux`: selected routes of a table for printing as `ip route`.
    RoutesLinux {
        /// Family.
        family: Family,
        /// `None`: main.
        table: Option<TableId>,
    },
    /// `show ip fib`, `show ipv6 fib`: prefixes with groups and adjacencies.
    Fib {
        /// Family.
        family: Family,
        /// `None`: main.
        table: Option<TableId>,
        /// Longest match of this address only.
        address: Option<IpAddr>,
        /// Go on after this prefix.
        after: Option<Prefix>,
    },
    /// `show ip rule`
    Rules,
    /// `show ip arp`/`show arp`, `show ipv6 neighbors`
    Neighbors(Family),
    /// `show ip traffic`: all counters.
    Traffic,
    /// `show running-config`
    RunningConfig,
    /// `show startup-config`
    StartupConfig,
    /// `show logging`
    Logging,
    /// `show debugging`
    Debugging,
    /// `show ip rip`
    RipTable,
    /// `show ip rip database [PREFIX]`
    RipDatabase(Option<Prefix>),
    /// `show ip rip status`
    RipStatus,
    /// `show ip ospf ...`
    Ospf(OspfShow),
    /// `show bgp ...`
    Bgp(BgpShow),
    /// `show ip protocols`
    Protocols,
    /// `show ip access-list`, `show ip prefix-list`, `show route-map`, `show key chain`: the policy section with hit counts left out.
    Policy,
}

/// `show ip ospf ...`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OspfShow {
    /// `show ip ospf`
    Process,
    /// `show ip ospf interface [NAME]`
    Interfaces(Option<String>),
    /// `show ip ospf neighbor ...`
    Neighbors(ospf::show::NeighborQuery),
    /// `show ip ospf database ...`; answered page by page.
    Database(ospf::show::DatabaseQuery),
    /// `show ip ospf route`; answered page by page.
    Routes(ospf::show::RoutesQuery),
    /// `show ip ospf border-routers`
    BorderRouters,
    /// `show ip ospf explain PREFIX`
    Explain(Prefix),
}

/// `show bgp ...`, `show rpki ...`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BgpShow {
    /// `show bgp`, and whatever else lists routes; answered page by page.
    Routes(bgp::show::RoutesQuery),
    /// `show bgp PREFIX|ADDRESS [bestpath|multipath]`
    Entry(bgp::show::EntryQuery),
    /// `show bgp PREFIX|ADDRESS explain`
    Explain(bgp::show::EntryQuery),
    /// `show bgp summary`
    Summary(bgp::show::SummaryQuery),
    /// `show bgp neighbors [X]`
    Neighbors {
        /// Only those that are active in it.
        family: Option<bgp::Family>,
        /// Only this one.
        peer: Option<PeerKey>,
    },
    /// `show bgp nexthop`
    NextHops(Option<bgp::Family>),
    /// `show bgp statistics`; answered page by page.
    Statistics {
        /// Of which table.
        family: bgp::Family,
        /// Go on after this prefix; `None`: from the start.
        after: Option<Prefix>,
    },
    /// `show bgp memory`
    Memory,
    /// `show bgp update-groups`
    UpdateGroups(Option<bgp::Family>),
    /// `show bgp peer-group [NAME]`
    PeerGroups(Option<String>),
    /// `show bgp attribute-info`; answered page by page.
    Attributes {
        /// Go on after this set; `None`: from the start.
        after: Option<u32>,
    },
    /// `show bgp dump`
    Dumps,
    /// `show bmp`
    Bmp,
    /// `show rpki cache-connection`
    Rpki,
    /// `show rpki prefix-table`; answered page by page.
    RpkiTable {
        /// Go on after this one; `None`: from the start.
        after: Option<(Prefix, u8, u32)>,
    },
    /// The table as MRT records (RFC 6396), for `routerd mrt dump`; answered page by page.
    Mrt(bgp::mrt::Query),
}

/// Which routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteQuery {
    /// Family.
    pub family: Family,
    /// `None`: main. `local` is the local table.
    pub table: Option<TableId>,
    /// Only this protocol's.
    pub protocol: Option<Protocol>,
    /// Only this prefix (all its candidates, in detail).
    pub prefix: Option<Prefix>,
    /// With `prefix`: also what it covers.
    pub longer: bool,
    /// Longest match of this address (all its candidates, in detail).
    pub address: Option<IpAddr>,
    /// Go on after this prefix; `None`: from the start.
    pub after: Option<Prefix>,
}

/// `ping HOST [repeat N] [size N] [source A] [df-bit] [timeout S] [interval MS]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// Where to.
    pub destination: IpAddr,
    /// Source address; `None`: by the route.
    pub source: Option<IpAddr>,
    /// Echo requests, 1..=2147483647; 5.
    pub count: u32,
    /// Bytes of the whole IP packet, 36..=18024 (IPv6 from 56); 100.
    pub size: u16,
    /// Don't Fragment.
    pub df: bool,
    /// Milliseconds to wait for each answer; 2000.
    pub timeout_ms: u32,
    /// Milliseconds between requests; 0: the next as soon as the answer is there (as IOS).
    pub interval_ms: u32,
}

/// `traceroute HOST [source A] [probe N] [timeout S] [ttl MIN MAX] [port N] [size N] [df-bit]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traceroute {
    /// Where to.
    pub destination: IpAddr,
    /// Source address; `None`: by the route.
    pub source: Option<IpAddr>,
    /// Probes for each TTL, 1..=10; 3.
    pub probes: u8,
    /// Milliseconds to wait for each answer; 3000.
    pub timeout_ms: u32,
    /// First TTL, 1..=255; 1.
    pub min_ttl: u8,
    /// Last TTL; 30.
    pub max_ttl: u8,
    /// First UDP destination port; 33434.
    pub port: u16,
    /// Bytes of the whole IP packet; 60.
    pub size: u16,
    /// Don't Fragment.
    pub df: bool,
}

/// What `clear` resets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clear {
    /// `clear arp [ADDRESS]`, `clear ipv6 neighbors [ADDRESS]`: dynamic entries.
    Neighbors {
        /// Family.
        family: Family,
        /// One entry only.
        address: Option<IpAddr>,
    },
    /// `clear counters [INTERFACE]`
    Counters(Option<String>),
    /// `clear logging`
    Logging,
    /// `clear ip rip process`: forget what was learned and ask again.
    Rip,
    /// `clear ip ospf process`: forget every adjacency and LSA and begin anew.
    Ospf,
    /// `clear bgp ...`: end sessions and begin anew, or exchange routes again.
    Bgp(bgp::clear::Clear),
}

impl Mode {
    /// The mode `exit` leads to; `None`: the session ends.
    pub fn parent(&self) -> Option<Mode> {
        match self {
            Mode::User | Mode::Privileged => None,
            Mode::Config => Some(Mode::Privileged),
            Mode::Interface(_) | Mode::Rip | Mode::Ospf | Mode::Bgp | Mode::Rpki => Some(Mode::Config),
            Mode::RouteMap { .. } | Mode::KeyChain(_) => Some(Mode::Config),
            Mode::BgpFamily(_) | Mode::Bmp(_) => Some(Mode::Bgp),
            Mode::Key { chain, .. } => Some(Mode::KeyChain(chain.clone())),
        }
    }

    /// Whether lines are configuration.
    pub fn is_config(&self) -> bool {
        !matches!(self, Mode::User | Mode::Privileged)
    }

    /// What follows the name of the router in the prompt, without the last blank.
    pub fn prompt(&self) -> &'static str {
        match self {
            Mode::User => ">",
            Mode::Privileged => "#",
            Mode::Config => "(config)#",
            Mode::Interface(_) => "(config-if)#",
            Mode::Rip | Mode::Ospf | Mode::Bgp => "(config-router)#",
            Mode::BgpFamily(_) => "(config-router-af)#",
            Mode::Bmp(_) => "(config-bgp-bmp)#",
            Mode::Rpki => "(config-rpki)#",
            Mode::RouteMap { .. } => "(config-route-map)#",
            Mode::KeyChain(_) => "(config-keychain)#",
            Mode::Key { .. } => "(config-keychain-key)#",
        }
    }
}
