//! Many routers in one process, joined by cables of memory, in virtual or in real time.
//!
//! A lab is to routers what a router is to protocols: bytes and time go in, and nothing inside reads a clock, draws a
//! random number or touches a socket. Equal topologies and seeds give equal bytes on every wire at equal times.

pub mod cable;
mod dissect;
mod observe;
mod operate;
mod oracle;
pub mod record;
mod sim;
pub mod switch;
pub mod topology;
pub mod units;
mod walk;
pub mod yaml;

pub use observe::{LinkView, NodeView, Pinging};
pub use operate::Change;
pub use oracle::Difference;
pub use sim::Lab;
pub use topology::Topology;
pub use walk::{ForwardingLoop, Tables};
