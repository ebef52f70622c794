//! The router's ports: what the outside says about an interface, and the id it keeps for life.

/// What a link tells about one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortInfo {
    /// Its present name; configuration finds it by this or an alternative name.
    pub name: String,
    /// Other names it answers to.
    pub altnames: Vec<String>,
    /// Its Ethernet address.
    pub mac: [u8; 6],
    /// Bytes of an IP packet the link carries.
    pub mtu: u16,
    /// Whether there is a carrier.
    pub carrier: bool,
    /// Whether frames may leave with partial checksums and unsegmented (see [`fib::Offload`]).
    pub offload: bool,
}
