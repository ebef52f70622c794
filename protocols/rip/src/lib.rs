//! RIP version 2 (RFC 2453) as a machine: datagrams and time in, datagrams and route events out.

pub mod config;
pub mod show;
