//! What the router tells its protocols: its ports, and the best routes of the other protocols.

use fib::{IfAddr, PortId, Prefix, Route, Source};

/// A port of the router, as a protocol needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Which.
    pub id: PortId,
    /// Its name in the configuration.
    pub name: String,
    /// Administratively up and with carrier.
    pub up: bool,
    /// Largest IP packet in bytes.
    pub mtu: u16,
    /// Its addresses, the primary of each family first.
    pub addresses: Vec<IfAddr>,
    /// Never spoken on; its networks may be announced.
    pub loopback: bool,
    /// Mbit/s, for costs that follow the bandwidth; at least 1.
    pub bandwidth: u32,
}

/// The best route of another protocol, or that it is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redistributed {
    /// Who says it.
    pub source: Source,
    /// For which network.
    pub prefix: Prefix,
    /// `None`: no longer the best, or gone.
    pub route: Option<Route>,
}
