//! OSPF version 2 (RFC 2328) as a machine: packets and time in, packets and route events out.

mod ack;
mod adjacency;
mod age;
pub mod area;
pub mod config;
mod counters;
mod delay;
mod election;
mod exchange;
mod flood;
mod grace;
mod hello;
mod interface;
pub mod lsdb;
mod machine;
mod measure;
mod neighbor;
mod originate;
mod own;
mod process;
mod queue;
mod receive;
mod report;
mod routes;
mod settings;
pub mod show;
pub mod spf;
mod transmit;
pub mod wire;

pub use area::AreaId;
pub use process::{Datagram, Echo, Joined, Ospf, Verbose};
pub use proto::{Port, Redistributed};
pub use wire::RouterId;

use core::fmt;
use fib::PortId;

/// An interface OSPF runs on (RFC 2328 section 9).
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IfId {
    /// A port of the router.
    Port(PortId),
    /// A virtual link through a transit area to a router.
    Virtual(AreaId, RouterId),
}

impl fmt::Display for IfId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IfId::Port(port) => write!(f, "port {}", port.0),
            IfId::Virtual(area, router) => write!(f, "virtual link {area} {router}"),
        }
    }
}
