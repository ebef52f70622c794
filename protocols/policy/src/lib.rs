//! Access lists, prefix lists, route maps and key chains: pure match and set, one object for all protocols.

pub mod config;
