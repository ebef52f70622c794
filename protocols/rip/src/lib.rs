//! RIP version 2 (RFC 2453) as a machine: datagrams and time in, datagrams and route events out.

pub mod config;
mod process;
pub mod show;

pub use process::{GROUP, Port, Redistributed, Rip, UDP_PORT};
