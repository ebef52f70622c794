//! What export asks of the table, and of policy: a seam, so that groups can be tried against a table of ten lines.

use super::relation::Source;
use crate::attrs::{AttrId, Entry};
use crate::config::AddPathTx;
use crate::{Family, PeerIx};
use fib::Prefix;
use policy::Policy;
use policy::config::Validity;

/// A path that is used, or could be.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its attributes, after import policy.
    pub attrs: AttrId,
    /// Whose it is.
    pub from: PeerIx,
    /// From 1: no other path of the prefix has it meanwhile. The path identifier where those are sent.
    pub id: u32,
    /// An aggregate stands for it: it is not told.
    pub suppressed: bool,
}

/// Destinations by dense number, their routes, and who told them.
pub trait Routes {
    /// One more than the highest number in use.
    fn ends(&self, family: Family) -> u32;
    /// The prefix of a destination that has routes or is held.
    fn prefix(&self, family: Family, dest: u32) -> Option<Prefix>;
    /// Its best route.
    fn best(&self, family: Family, dest: u32) -> Option<Route>;
    /// Calls `each` for every path that Add-Path sends in this way, the best first.
    fn paths(&self, family: Family, dest: u32, which: AddPathTx, each: &mut dyn FnMut(Route));
    /// The attributes of a route.
    fn entry(&self, attrs: AttrId) -> &Entry;
    /// What origin validation says of a route; `None`: it is not in use. Asked only for route maps that look at it.
    fn validity(&self, prefix: &Prefix, attrs: AttrId) -> Option<Validity>;
    /// Who a peer is.
    fn source(&self, family: Family, peer: PeerIx) -> Source;
    /// These destinations are about to be released: what that takes may be read for all of them at once.
    fn warm(&self, _family: Family, _dests: &[u32]) {}
    /// The number of a destination without routes is not given to another prefix until it is released.
    fn hold(&mut self, family: Family, dest: u32);
    /// Ends one [`Routes::hold`].
    fn release(&mut self, family: Family, dest: u32);
}

/// What is needed to make UPDATEs.
#[derive(Debug)]
pub struct Context<'a, R> {
    /// The table.
    pub routes: &'a mut R,
    /// Filters and route maps.
    pub policy: &'a Policy,
}
