//! What the kernel knows that the router does not: interfaces that are not the router's (management), the numbers of
//! those that are, and the routes of the former. Handed in: nothing here asks the kernel.

use core::net::IpAddr;
use fib::{IfAddr, Prefix};

/// A network namespace as its kernel sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kernel {
    /// Every interface, by index.
    pub ports: Vec<Port>,
    /// Every route of its main table.
    pub routes: Vec<Route>,
}

/// An interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Port {
    /// The kernel's number for it.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// `aa:bb:cc:dd:ee:ff`; `None`: it has none.
    pub mac: Option<String>,
    /// Bytes of payload.
    pub mtu: u32,
    /// Raised.
    pub up: bool,
    /// Frames leave.
    pub carrier: bool,
    /// The kernel's addresses on it.
    pub addresses: Vec<IfAddr>,
}

/// A route of the kernel's main table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Where to.
    pub prefix: Prefix,
    /// Through whom; `None`: directly.
    pub gateway: Option<IpAddr>,
    /// Out of this interface.
    pub interface: String,
}
