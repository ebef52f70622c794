//! Many routers in one process, joined by cables of memory, in virtual or in real time.
//!
//! A lab is to routers what a router is to protocols: bytes and time go in, and nothing inside reads a clock, draws a
//! random number or touches a socket. Equal topologies and seeds give equal bytes on every wire at equal times.

mod ask;
pub mod cable;
pub mod checks;
mod command;
mod dissect;
mod far;
mod generate;
mod graph;
mod k8s;
mod live;
mod netns;
mod observe;
mod operate;
mod oracle;
mod probe;
pub mod record;
mod rest;
mod shell;
mod sim;
pub mod switch;
pub mod topology;
pub mod units;
pub mod view;
mod walk;
pub mod wheel;
pub mod yaml;

pub use ask::type_line;
pub use command::main;
pub use observe::{LinkView, NodeView, Pinging};
pub use operate::Change;
pub use oracle::Difference;
pub use sim::Lab;
pub use topology::Topology;
pub use walk::{ForwardingLoop, Tables};

#[cfg(test)]
mod tests;
