//! RIP version 2 (RFC 2453) as a machine: datagrams and time in, datagrams and route events out.
//!
//! [`Rip`] is one process over all ports of a router. The router tells it of ports, of other protocols' best
//! routes and of time; it answers with packets to send and routes for the RIB. No socket, no clock, no randomness but
//! a seed. RIPng, BFD and summaries are not here.

mod advertise;
mod authentication;
pub mod config;
mod counters;
mod filter;
mod interface;
mod learn;
mod neighbor;
mod originate;
mod process;
mod receive;
pub mod show;
mod table;
mod view;
pub mod wire;

pub use counters::{Refusal, Traffic};
pub use process::{GROUP, Rip, UDP_PORT};
pub use proto::{Port, Redistributed};
pub use wire::decode;
