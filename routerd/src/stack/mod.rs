//! smoltcp, held small: one stack per port for link-scoped sockets, one per router for the rest.
//! The forwarding plane owns Ethernet, neighbors, routes, fragments and errors; a stack here only
//! terminates what was punted to the router. It has no addresses, routes or group memberships.

mod core;
mod device;
mod host;
mod link;
mod raw;
pub mod tcp;

pub use host::HostStack;
pub use link::{LinkStack, Received, UdpDatagram};
pub use raw::RawPacket;
