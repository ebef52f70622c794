//! Attribute sets: each stored once, as canonical wire bytes, and reference counted.
//!
//! Canonical means: attributes in the order of their type codes, each once, 4-octet ASes, the flags of the type and no
//! others (an unknown attribute is Optional, Transitive and Partial), the extended length only where it is needed,
//! communities sorted and without duplicates, neither MP_REACH_NLRI nor MP_UNREACH_NLRI. The next hop of either family is
//! attribute 3, with 4, 16 or 32 bytes (RFC 2545: global, link-local). Equal sets are then equal bytes.

mod codec;
mod entry;
pub mod path;
mod store;

pub(crate) use codec::next_hops;
pub use codec::{decode, encode};
pub use entry::{Entry, Flags};
pub use path::PathRef;
pub use store::{AttrId, Store};

/// What belongs to a route we use but is no attribute on the wire.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Local {
    /// `set weight`, `neighbor weight`; larger is better.
    pub weight: u32,
    /// For the RIB and redistribution.
    pub tag: u32,
    /// Administrative distance; 0: as configured.
    pub distance: u8,
}

#[cfg(test)]
pub(crate) mod arbitrary;
#[cfg(test)]
mod tests;
