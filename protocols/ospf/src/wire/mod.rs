//! OSPF version 2 on the wire (RFC 2328 appendix A): checked bytes to plain values and back.
//! Knows no state: what is expected from whom is for `interface`, `neighbor` and `flood`.
//!
//! | file | what |
//! |---|---|
//! | `packet` | the common header and the five packets |
//! | `lsa` | link state advertisements: header, bodies, checksum, age |
//! | `auth` | authentication of packets |
//! | `grace` | grace LSAs (RFC 3623 appendix B) |
//! | `text` | packets in a line, for logs and traces |

pub mod auth;
pub mod grace;
pub mod lsa;
pub mod packet;
pub mod text;

pub use lsa::{Body, External, Kind, Link, LinkKind, Lsa, LsaHeader, LsaKey};
pub use packet::{DatabaseDescription, Hello, Packet, PacketHeader, PacketKind};

use core::net::Ipv4Addr;

/// A router's number (RFC 2328 C.1).
pub type RouterId = Ipv4Addr;

/// IP protocol number of OSPF.
pub const PROTOCOL: u8 = 89;
/// AllSPFRouters (RFC 2328 A.1).
pub const ALL_SPF_ROUTERS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 5);
/// AllDRouters (RFC 2328 A.1).
pub const ALL_D_ROUTERS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 6);

/// Options (RFC 2328 A.2, RFC 3101, RFC 5250).
pub mod options {
    /// External LSAs are taken: not a stub area.
    pub const E: u8 = 0x02;
    /// Multicast OSPF; never set.
    pub const MC: u8 = 0x04;
    /// Type 7 LSAs are taken (in hellos); may be translated (in type 7 LSAs: the P-bit).
    pub const NP: u8 = 0x08;
    /// Link-local signaling data follows the packet (RFC 5613).
    pub const L: u8 = 0x10;
    /// Demand circuits; never set.
    pub const DC: u8 = 0x20;
    /// Opaque LSAs are taken (in database descriptions).
    pub const O: u8 = 0x40;
}
