//! Routes in, forwarding decisions out. No clock, no I/O, no socket.

pub mod checksum;
pub mod counters;
pub mod forward;
mod frag;
pub mod frame;
pub mod icmp;
pub mod lpm;
pub mod neighbor;
pub mod packet;
pub mod port;
pub mod prefix;
pub mod rib;
pub mod route;
pub mod tables;
pub mod time;

pub use counters::{Counters, Direction, Drop, PortCounters, Stat};
pub use forward::{Delivery, Df, ForwardEvent, Forwarder, TxMeta};
pub use frame::{Frame, Gso, GsoKind, Offload, PartialChecksum};
pub use icmp::IcmpError;
pub use neighbor::{Neighbor, State as NeighborState};
pub use port::{Advertise, GlobalSettings, Mac, PortSettings, Rate, RpFilter};
pub use prefix::{IfAddr, ParsePrefixError, Prefix};
pub use rib::{Best, Change, Reach, Rib};
pub use route::{Kind, NextHop, PortId, Protocol, Route, Source, TableId, Target};
pub use tables::{
    Adjacency, Decision, Fib, FibEntry, FlowKey, Group, GroupId, LocalKind, Resolved, ResolvedHop, Rule,
    RuleAction, Snapshot,
};
pub use time::Instant;
