//! Routes in, forwarding decisions out. No clock, no I/O, no socket.

pub mod frame;
pub mod prefix;
pub mod route;
pub mod time;

pub use frame::{Frame, Gso, GsoKind, Offload, PartialChecksum};
pub use prefix::{IfAddr, ParsePrefixError, Prefix};
pub use route::{Kind, NextHop, PortId, Protocol, Route, Source, TableId, Target};
pub use time::Instant;
