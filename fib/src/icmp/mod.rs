//! The ICMP errors a router owes (RFC 1812 sections 4.3 and 5.2.7, RFC 4443): which, about what, how often.
//! Echo and everything else that is a conversation belongs to the host stack.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod build;
mod limit;
mod rules;

pub(crate) use build::{build, path_mtu};
pub(crate) use limit::Limiter;
pub(crate) use rules::may_answer;

use core::net::IpAddr;

/// What is wrong with a packet, in the terms of both families.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum IcmpError {
    /// TTL or hop limit ran out on the way.
    TtlExceeded,
    /// A packet could not be put together in time.
    ReassemblyTimeout,
    /// No route.
    NetUnreachable,
    /// The neighbor does not answer, or an `unreachable` route.
    HostUnreachable,
    /// Nobody here speaks this protocol (IPv6: parameter problem, unrecognized next header).
    ProtocolUnreachable {
        /// IPv6: offset of the byte that names the protocol.
        pointer: u32,
    },
    /// Nobody listens on this port.
    PortUnreachable,
    /// Refused by a rule.
    AdminProhibited,
    /// IPv6: link-local addresses do not leave their link (RFC 4443 section 3.1 code 2).
    BeyondScope,
    /// Too big for the next link and not to be fragmented.
    TooBig {
        /// The largest packet that fits, bytes.
        mtu: u32,
    },
    /// A header that cannot be.
    ParameterProblem {
        /// Offset of the wrong byte.
        pointer: u32,
    },
    /// There is a better first hop (IPv4).
    Redirect {
        /// That hop.
        gateway: IpAddr,
    },
}

impl IcmpError {
    /// Type, code and the 32 bits after the checksum, for IPv4. `None`: IPv4 has no such thing.
    fn v4(self) -> Option<(u8, u8, u32)> {
        Some(match self {
            IcmpError::NetUnreachable => (3, 0, 0),
            IcmpError::HostUnreachable => (3, 1, 0),
            IcmpError::ProtocolUnreachable { .. } => (3, 2, 0),
            IcmpError::PortUnreachable => (3, 3, 0),
            IcmpError::TooBig { mtu } => (3, 4, mtu.min(0xffff)),
            IcmpError::AdminProhibited => (3, 13, 0),
            IcmpError::Redirect { gateway: IpAddr::V4(gateway) } => (5, 1, gateway.to_bits()),
            IcmpError::TtlExceeded => (11, 0, 0),
            IcmpError::ReassemblyTimeout => (11, 1, 0),
            IcmpError::ParameterProblem { pointer } => (12, 0, pointer << 24),
            IcmpError::Redirect { .. } | IcmpError::BeyondScope => return None,
        })
    }

    /// The same for IPv6.
    fn v6(self) -> Option<(u8, u8, u32)> {
        Some(match self {
            IcmpError::NetUnreachable => (1, 0, 0),
            IcmpError::AdminProhibited => (1, 1, 0),
            IcmpError::BeyondScope => (1, 2, 0),
            IcmpError::HostUnreachable => (1, 3, 0),
            IcmpError::PortUnreachable => (1, 4, 0),
            IcmpError::TooBig { mtu } => (2, 0, mtu),
            IcmpError::TtlExceeded => (3, 0, 0),
            IcmpError::ReassemblyTimeout => (3, 1, 0),
            IcmpError::ParameterProblem { pointer } => (4, 0, pointer),
            IcmpError::ProtocolUnreachable { pointer } => (4, 1, pointer),
            IcmpError::Redirect { .. } => return None,
        })
    }

    /// Whether `no ip unreachables` silences it.
    pub(crate) fn is_unreachable(self) -> bool {
        matches!(
            self,
            IcmpError::NetUnreachable
                | IcmpError::HostUnreachable
                | IcmpError::AdminProhibited
                | IcmpError::ProtocolUnreachable { .. }
                | IcmpError::PortUnreachable
                | IcmpError::BeyondScope
        )
    }
}
