//! Packets of the wrong size: fragmentation for a small MTU, reassembly for local delivery, and the software
//! side of offload (segments and checksums) for sinks that take only finished frames.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod offload;
mod reassembly;
mod split;

pub(crate) use offload::{finish_checksum, is_sound, segment, wire_len};
pub(crate) use reassembly::{Outcome, Piece, Reassembly};
pub(crate) use split::{split_v4, split_v6};
