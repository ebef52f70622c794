//! What crosses the boundary between the forwarder and the router.

use crate::neighbor::Change;
use crate::port::Mac;
use crate::{LocalKind, PortId};
use bytes::BytesMut;
use core::net::{IpAddr, Ipv6Addr};

/// A packet for this router.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// The port it came in on; `None`: this router sent it to itself.
    pub ingress: Option<PortId>,
    /// The whole IP packet: reassembled, IP header verified, a partial L4 checksum completed. L4 checksums that
    /// came complete are for the stack to verify.
    pub packet: BytesMut,
    /// Which kind of address of ours it was sent to.
    pub kind: LocalKind,
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// The upper-layer protocol number, behind IPv6 extension headers.
    pub protocol: u8,
    /// Where the upper-layer header begins in `packet`, bytes.
    pub payload_at: usize,
    /// TTL or hop limit as it arrived: GTSM (RFC 5082) is the router's to check.
    pub ttl: u8,
    /// The frame was addressed to a link-layer group.
    pub l2_group: bool,
}

/// What becomes of "don't fragment".
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Df {
    /// As the packet says.
    #[default]
    Keep,
    /// The packet may be fragmented.
    Clear,
    /// The packet must not be fragmented.
    Set,
}

/// How to stamp a packet of this router: what smoltcp's sockets cannot say.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct TxMeta {
    /// TTL or hop limit, instead of the packet's own.
    pub ttl: Option<u8>,
    /// TOS or traffic class, instead of the packet's own.
    pub tos: Option<u8>,
    /// IPv4 "don't fragment"; IPv6: `Set` forbids fragmentation by this router.
    pub df: Df,
    /// Firewall mark, for rules.
    pub mark: u32,
}

/// Something to know, to log, or to act on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ForwardEvent {
    /// A neighbor changed state.
    Neighbor(Change),
    /// Another station uses our address.
    AddressConflict {
        /// On which port.
        port: PortId,
        /// The address.
        addr: IpAddr,
        /// The other station.
        mac: Mac,
    },
    /// Another router advertises itself on the link of a port, or does so no longer.
    Router {
        /// On which port.
        port: PortId,
        /// Its link-local address.
        addr: Ipv6Addr,
        /// It was not known before. `false`: it has said good-bye, was not heard for its lifetime, or the port is down.
        heard: bool,
    },
    /// The path to a destination takes no larger packets.
    PathMtu {
        /// The destination.
        dst: IpAddr,
        /// Bytes.
        mtu: u32,
    },
}
