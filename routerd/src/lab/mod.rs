//! Many routers in one process, joined by cables of memory, in virtual or in real time.
//!
//! A lab is to routers what a router is to protocols: bytes and time go in, and nothing inside reads a clock, draws a
//! random number or touches a socket. Equal topologies and seeds give equal bytes on every wire at equal times.

pub mod cable;
pub mod switch;
pub mod topology;
pub mod units;
pub mod yaml;

pub use topology::Topology;
