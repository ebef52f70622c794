//! The router: protocol speakers over smoltcp sockets, RIB, FIB and forwarding, alone or many in one process.

pub mod applets;
pub mod appliance;
pub mod health;
pub mod lab;
pub mod link;
pub mod live;
pub mod mrt;
mod probe;
pub mod router;
mod stack;
pub mod storage;
pub mod supervise;

pub use router::{PortInfo, Router, Startup};
