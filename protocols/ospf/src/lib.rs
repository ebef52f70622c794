//! OSPF version 2 (RFC 2328) as a machine: packets and time in, packets and route events out.
//!
//! [`Ospf`] is one process over all ports of a router. The router tells it of ports, of other protocols' best routes and of
//! time; it answers with packets to send and routes for the RIB. No socket, no clock, no randomness but a seed. OSPFv3,
//! segment routing, BFD and restarting gracefully itself are not here. `process` is the place to start reading.

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
