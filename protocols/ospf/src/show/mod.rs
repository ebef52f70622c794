//! What `show ip ospf ...` can tell: plain snapshots, rendered elsewhere. Times are milliseconds.
//! Nothing here formats: names of FRR's JSON and columns are the renderer's.

mod database;
mod explain;
mod interface;
mod neighbor;
mod process;
mod routes;

pub use database::{Database, DatabaseQuery, LsaBody, LsaView, Position, RouterLink, Scope};
pub use explain::{Candidate, Explain, LsaRef, Node, PathHop, Reason, Rejected, RibVerdict};
pub use interface::{
    Authentication, Designated, Interface, InterfaceState, Interfaces, MeasuredCost, NetworkKind,
};
pub use neighbor::{Helper, Neighbor, NeighborQuery, NeighborState, Neighbors, Role};
pub use process::{Area, LsaCount, NssaState, Process, RangeView, SummaryView};
pub use routes::{
    BorderRouters, NetworkRoute, NextHop, PathKind, RouterRoute, Routes, RoutesQuery, ordered_before,
};
