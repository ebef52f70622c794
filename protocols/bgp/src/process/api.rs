//! What passes between the process and the TCP stack.

use bytes::Bytes;
use core::net::{IpAddr, SocketAddr};
use fib::PortId;

/// A TCP connection of the process: of the session of peer `owner`, or of something else above [`ConnId::OTHERS`].
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId {
    /// The index of the peer.
    pub owner: u16,
    /// Which of its connections, counted from the start and never reused.
    pub serial: u32,
}

impl ConnId {
    /// Owners from here on are not peers: RPKI caches, BMP stations.
    pub const OTHERS: u16 = 0xff00;
    /// The RPKI cache.
    pub const RPKI: u16 = 0xff00;
    /// BMP stations, one each from here on.
    pub const BMP: u16 = 0xff10;
}

/// How the segments of a connection are sent and taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcp {
    /// TTL or hop limit of everything sent: 1 to a direct eBGP peer, 255 with GTSM.
    pub ttl: u8,
    /// What arrives with less is dropped before TCP sees it (GTSM, RFC 5082); 0: anything is taken.
    pub min_ttl: u8,
    /// The key of TCP-MD5 (RFC 2385).
    pub md5: Option<Bytes>,
}

/// A connection to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// It is called this from now on.
    pub conn: ConnId,
    /// Our address; `None`: the one packets to the peer leave with.
    pub local: Option<IpAddr>,
    /// The peer.
    pub remote: SocketAddr,
    /// The port of a link-local peer.
    pub port: Option<PortId>,
    /// How.
    pub tcp: Tcp,
}

/// What is wanted of the TCP stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Socket {
    /// Open a connection. [`crate::Bgp::handle_connected`] or [`crate::Bgp::handle_closed`] is the answer.
    Connect(Connect),
    /// End it: after everything [`crate::Bgp::fill`] gave has been sent (FIN), or at once (`reset`). Nothing more is heard of it.
    Close {
        /// Which.
        conn: ConnId,
        /// With RST.
        reset: bool,
    },
}

/// Why a connection is gone.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Nobody listens: RST to our SYN.
    Refused,
    /// No answer, or no acknowledgement for long.
    TimedOut,
    /// The peer sent FIN.
    Finished,
    /// The peer sent RST.
    Reset,
    /// No route to it, or our address is gone.
    Unreachable,
}
