//! What `show bgp ...` can tell: plain snapshots, rendered elsewhere. Times are milliseconds.
//! Nothing here formats: columns and the names of FRR's JSON are the renderer's.
//!
//! | file | what |
//! |---|---|
//! | `query` | which routes are asked for, and what a page of them is |
//! | `routes` | `show bgp`: a page of the table, of what a neighbor said or is told |
//! | `entry` | `show bgp PREFIX`: everything about one destination; `explain` |
//! | `summary` | `show bgp summary` |
//! | `neighbor` | `show bgp neighbors` |
//! | `internals` | next hops, statistics, memory, update groups, peer groups, attributes |
//! | `rpki` | `show rpki ...` |
//! | `bmp` | `show bmp` |
//! | `dump` | `show bgp dump` |
//!
//! What fills them in, of a running process:
//!
//! | file | what |
//! |---|---|
//! | `listing`, `matcher`, `advertised` | pages of routes, which are listed, and what a peer is told |
//! | `paths` | one path, on a line and in full |
//! | `explain` | one destination, and why it is as it is |
//! | `peers` | neighbors and peer groups |
//! | `restart` | of a neighbor: graceful restarts |
//! | `inside` | the rest |

mod advertised;
mod bmp;
mod dump;
mod entry;
mod explain;
mod inside;
mod internals;
mod listing;
mod matcher;
mod neighbor;
mod paths;
mod peers;
mod query;
mod restart;
mod routes;
mod rpki;
mod summary;

pub use bmp::{BmpConnection, BmpState, BmpTargetView, BmpView};
pub use dump::DumpView;
pub use entry::{
    AdvertisementView, Entry, EntryQuery, EntryView, Explain, ExplainPath, NextHopView, PathView, PeerView,
    RibVerdict, Sourced, Verdict, Which,
};
pub use internals::{
    AttributeSet, Attributes, GroupView, MemoryLine, NextHop, PeerGroup, Statistics, UpdateGroup,
};
pub use neighbor::{
    Both, Capabilities, EndOfRib, MessageCounts, Neighbor, NeighborFamily, NeighborRestart, Neighbors, Reset,
};
pub use policy::config::Validity;
pub use query::{Cursor, Filter, Of, RoutesQuery};
pub use routes::{Destination, Head, PathRow, Routes, Status};
pub use rpki::{CacheView, PrefixTable, RoaView, RpkiView};
pub use summary::{PeerState, Process, Summaries, Summary, SummaryPeer, SummaryQuery, SummaryState};

/// `skip_serializing_if` of values that are mostly absent: a long table stays short on its way to the shell.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
