//! `checks.yaml`: what a lab promises, as a list of steps in virtual time.
//!
//! ```yaml
//! steps:
//!   - wait: converged                 # or a duration: `wait: 30s`
//!   - ping: {from: h1, to: h2}
//!   - cut: r1:eth1
//!   - within: 45s                     # try again until it holds or the time is up
//!     route: {node: r1, prefix: 10.3.3.3/32, via: 10.0.12.2}
//! ```
//!
//! A file has `steps`, or `scenarios` which each begin with the network just switched on. A step is one action or one
//! check, with `name`, `at` (not before this lab time), `within` (until it holds) and `for` (then for so long). The whole
//! language is in `labs/README.md`; `parse.rs` refuses anything else, `run.rs` does it.

pub(super) mod bench;
mod chaos;
mod parse;
mod report;
mod run;

pub(super) use bench::Bench;
pub use chaos::{ChaosCheck, Fault};
pub use parse::parse;
pub use report::{junit, junit_skipped, print_line};
pub use run::{Audience, Outcome, Report, Verdict, run, run_before, run_on};

use super::operate::Change;
use super::yaml::Position;
use core::net::IpAddr;
use core::time::Duration;
use fib::{Instant, Prefix, Protocol};

/// A file of checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Checks {
    /// Used unless the command line says otherwise.
    pub seed: Option<u64>,
    /// At least one.
    pub scenarios: Vec<Scenario>,
}

/// One run of the lab from the start.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name; empty for a file that has only `steps`.
    pub name: String,
    /// In order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What the file calls it, or what it does in words.
    pub name: String,
    /// Where it stands.
    pub position: Position,
    /// Not before this lab time.
    pub at: Option<Instant>,
    /// A check is tried again until it holds, for so long.
    pub within: Option<Duration>,
    /// Once it holds, a check must go on holding for so long.
    pub lasting: Option<Duration>,
    /// What to do.
    pub action: Action,
}

/// What a step does or demands.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `wait: 30s`
    Wait(Duration),
    /// `wait: converged`: no route changes any more.
    Converged,
    /// `cut: r1:eth1`, `heal: r1:eth1`, `link: {end: r1:eth1, delay: 10ms}`
    Link(String, Vec<Change>),
    /// `kill: r1`
    Kill(String),
    /// `revive: r1`
    Revive(String),
    /// `configure: {node: r1, lines: [...]}`; node `*` is every router.
    Configure(String, Vec<String>),
    /// `ping: {from, to, source, expect: ok|fail}`
    Ping {
        /// Node.
        from: String,
        /// Node or address.
        to: String,
        /// Address of `from`.
        source: Option<IpAddr>,
        /// An answer is wanted, or none.
        answer: bool,
    },
    /// `traceroute: {from, to, path: [r1, r2, h2]}`: the nodes that answer, in order.
    Traceroute {
        /// Node.
        from: String,
        /// Node or address.
        to: String,
        /// Names of nodes or addresses.
        path: Vec<String>,
    },
    /// `route: {node, prefix, ...}`
    Route(RouteCheck),
    /// `metrics: {node, prefix, during, climbs-to|stays-below|equals}`
    Metrics(MetricsCheck),
    /// `paths: {node, prefix, during, equals}`: best paths of BGP one after the other.
    Paths(PathsCheck),
    /// `oscillates: {prefix, during, wheel}`: best paths come and go for ever, and why.
    Oscillates(OscillatesCheck),
    /// `settled: {prefix, states}`: best paths are as one of these states says.
    Settled(SettledCheck),
    /// `chaos: {during, every, heal-within, faults, among, loops-end-within}`: faults at random.
    Chaos(ChaosCheck),
    /// `show: {node, command, contains, lacks, json, equals}`
    Show(ShowCheck),
    /// `no-loops: true`: no address of any node is forwarded in a circle.
    NoLoops,
    /// `reachable: all`: every node's tables lead to every address of the network.
    Reachable,
    /// `tables-equal-oracle: rip`, `ospf` or `bgp`
    Oracle(Protocol),
}

/// The selected route of a node for exactly this prefix.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteCheck {
    /// Node.
    pub node: String,
    /// Prefix.
    pub prefix: Prefix,
    /// There must be none.
    pub absent: bool,
    /// One of its gateways.
    pub via: Option<IpAddr>,
    /// One of its interfaces.
    pub interface: Option<String>,
    /// Its metric.
    pub metric: Option<u32>,
    /// Its protocol.
    pub protocol: Option<Protocol>,
    /// How many next hops.
    pub next_hops: Option<usize>,
}

/// What a RIP metric does over a stretch of time, watched event by event.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsCheck {
    /// Node.
    pub node: String,
    /// Prefix.
    pub prefix: Prefix,
    /// How long to watch.
    pub during: Duration,
    /// What must be seen.
    pub expect: Series,
}

/// A series of metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Series {
    /// Rises in small steps until it is at least this.
    ClimbsTo(u32),
    /// Is never this or more, except infinity itself.
    StaysBelow(u32),
    /// Takes exactly these values one after the other; 0 stands for no route.
    Equals(Vec<u32>),
}

/// What a router's best AS path is over a stretch of time, watched event by event.
#[derive(Clone, Debug, PartialEq)]
pub struct PathsCheck {
    /// Node.
    pub node: String,
    /// Prefix.
    pub prefix: Prefix,
    /// How long to watch.
    pub during: Duration,
    /// One after the other, as `show bgp` has them; `none` for no path, empty for its own.
    pub equals: Vec<String>,
}

/// A prefix of BGP that finds no rest, watched event by event.
#[derive(Clone, Debug, PartialEq)]
pub struct OscillatesCheck {
    /// Prefix.
    pub prefix: Prefix,
    /// How long to watch.
    pub during: Duration,
    /// The pivots of the dispute wheel, in order from any of them; empty: whatever it is.
    pub wheel: Vec<String>,
}

/// The best AS path of routers for a prefix.
#[derive(Clone, Debug, PartialEq)]
pub struct SettledCheck {
    /// Prefix.
    pub prefix: Prefix,
    /// One of these must be so: nodes and their AS paths as `show bgp` has them, `none` for no path, empty for their own.
    pub states: Vec<Vec<(String, String)>>,
}

/// What a command prints.
#[derive(Clone, Debug, PartialEq)]
pub struct ShowCheck {
    /// Node.
    pub node: String,
    /// As typed at the prompt.
    pub command: String,
    /// Must be printed.
    pub contains: Vec<String>,
    /// Must not be printed.
    pub lacks: Vec<String>,
    /// A JSON pointer (RFC 6901) into the command's JSON, and the value there.
    pub json: Option<(String, serde_json::Value)>,
}
