//! The destinations of a family: numbered, found by prefix, walked in order.

use super::index::{Entry, Index, LANES, V4, V6, last_of};
use super::slab::{NONE, Slab, Slot};
use crate::Family;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::Prefix;

/// What a destination is beside its prefix.
#[derive(Copy, Clone, Debug)]
pub struct Dest {
    /// Its first path; of a free record, the next free one.
    pub head: u32,
    /// How many hold it.
    pub holds: u16,
    flags: u8,
    /// Prefix length.
    len: u8,
}

/// It is in the queue of those to decide on.
pub const DIRTY: u8 = 0x01;
/// It is in the queue of changes.
pub const QUEUED: u8 = 0x02;
/// What changed since a change was last told.
pub const BEST_CHANGED: u8 = 0x04;
pub const MULTIPATH_CHANGED: u8 = 0x08;
pub const PATHS_CHANGED: u8 = 0x10;
pub const ANY_CHANGED: u8 = BEST_CHANGED | MULTIPATH_CHANGED | PATHS_CHANGED;
/// An aggregate stands for it.
pub const SUPPRESSED: u8 = 0x20;

/// Stands where the length is in a free record.
const FREE: u8 = u8::MAX;

impl Dest {
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub fn set(&mut self, flags: u8) {
        self.flags |= flags;
    }

    pub fn clear(&mut self, flags: u8) {
        self.flags &= !flags;
    }

    pub fn flags(&self) -> u8 {
        self.flags
    }
}

/// A destination with the address of its prefix.
#[derive(Copy, Clone, Debug)]
struct Named<A> {
    dest: Dest,
    addr: A,
}

impl<A: Default> Default for Named<A> {
    fn default() -> Named<A> {
        Named { dest: Dest { head: NONE, holds: 0, flags: 0, len: FREE }, addr: A::default() }
    }
}

impl<A: Default> Slot for Named<A> {
    fn free(next: u32) -> Named<A> {
        let mut named = Named::default();
        named.dest.head = next;
        named
    }

    fn next_free(&self) -> Option<u32> {
        (self.dest.len == FREE).then_some(self.dest.head)
    }
}

/// See the module.
#[derive(Debug)]
pub enum Dests {
    V4 { index: Index<V4>, slab: Slab<NamedV4> },
    V6 { index: Index<V6>, slab: Slab<NamedV6> },
}

#[derive(Copy, Clone, Debug, Default)]
pub struct NamedV4(Named<u32>);

/// Aligned to four bytes.
#[derive(Copy, Clone, Debug, Default)]
pub struct NamedV6(Named<[u32; 4]>);

impl Slot for NamedV4 {
    fn free(next: u32) -> NamedV4 {
        NamedV4(Named::free(next))
    }
    fn next_free(&self) -> Option<u32> {
        self.0.next_free()
    }
}

impl Slot for NamedV6 {
    fn free(next: u32) -> NamedV6 {
        NamedV6(Named::free(next))
    }
    fn next_free(&self) -> Option<u32> {
        self.0.next_free()
    }
}

impl Dests {
    pub fn new(family: Family) -> Dests {
        match family {
            Family::Ipv4 => Dests::V4 { index: Index::default(), slab: Slab::default() },
            Family::Ipv6 => Dests::V6 { index: Index::default(), slab: Slab::default() },
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Dests::V4 { index, .. } => index.len(),
            Dests::V6 { index, .. } => index.len(),
        }
    }

    /// All numbers are below this.
    pub fn end(&self) -> u32 {
        match self {
            Dests::V4 { slab, .. } => slab.end(),
            Dests::V6 { slab, .. } => slab.end(),
        }
    }

    pub fn bytes(&self) -> usize {
        match self {
            Dests::V4 { index, slab } => index.bytes() + slab.bytes(),
            Dests::V6 { index, slab } => index.bytes() + slab.bytes(),
        }
    }

    pub fn find(&self, prefix: &Prefix) -> Option<u32> {
        match self {
            Dests::V4 { index, .. } => index.find(prefix).ok(),
            Dests::V6 { index, .. } => index.find(prefix).ok(),
        }
    }

    /// What will be asked of these prefixes soon is read ahead, for many of them at once; `head` is given the first path of
    /// each that is there.
    pub fn warm(&self, prefixes: impl Iterator<Item = Prefix>, mut head: impl FnMut(u32)) {
        let mut prefixes = prefixes;
        let mut found = [None; LANES];
        loop {
            let count = match self {
                Dests::V4 { index, .. } => index.find_many(&mut prefixes, &mut found),
                Dests::V6 { index, .. } => index.find_many(&mut prefixes, &mut found),
            };
            found.iter().flatten().for_each(|id| head(self.get(*id).head));
            if count < LANES {
                return;
            }
        }
    }

    /// Of this prefix, new if need be; `None` when no more fit.
    pub fn find_or_insert(&mut self, prefix: &Prefix) -> Option<u32> {
        let dest = Dest { head: NONE, holds: 0, flags: 0, len: prefix.len() };
        match self {
            Dests::V4 { index, slab } => {
                let addr = if let IpAddr::V4(a) = prefix.addr() { a.to_bits() } else { 0 };
                find_or_insert(index, slab, prefix, NamedV4(Named { dest, addr }))
            }
            Dests::V6 { index, slab } => {
                let bits = if let IpAddr::V6(a) = prefix.addr() { a.to_bits() } else { 0 };
                let addr = [(bits >> 96) as u32, (bits >> 64) as u32, (bits >> 32) as u32, bits as u32];
                find_or_insert(index, slab, prefix, NamedV6(Named { dest, addr }))
            }
        }
    }

    pub fn remove(&mut self, id: u32) {
        let prefix = self.prefix(id);
        match self {
            Dests::V4 { index, slab } => {
                index.remove(&prefix);
                slab.remove(id);
            }
            Dests::V6 { index, slab } => {
                index.remove(&prefix);
                slab.remove(id);
            }
        }
    }

    /// Whether the number is in use.
    pub fn contains(&self, id: u32) -> bool {
        match self {
            Dests::V4 { slab, .. } => slab.get(id).is_some(),
            Dests::V6 { slab, .. } => slab.get(id).is_some(),
        }
    }

    pub fn get(&self, id: u32) -> &Dest {
        match self {
            Dests::V4 { slab, .. } => &slab[id].0.dest,
            Dests::V6 { slab, .. } => &slab[id].0.dest,
        }
    }

    pub fn get_mut(&mut self, id: u32) -> &mut Dest {
        match self {
            Dests::V4 { slab, .. } => &mut slab[id].0.dest,
            Dests::V6 { slab, .. } => &mut slab[id].0.dest,
        }
    }

    pub fn prefix(&self, id: u32) -> Prefix {
        match self {
            Dests::V4 { slab, .. } => {
                let NamedV4(Named { dest, addr }) = &slab[id];
                Prefix::new(Ipv4Addr::from_bits(*addr).into(), dest.len)
            }
            Dests::V6 { slab, .. } => {
                let NamedV6(Named { dest, addr: [a, b, c, d] }) = &slab[id];
                let bits =
                    u128::from(*a) << 96 | u128::from(*b) << 64 | u128::from(*c) << 32 | u128::from(*d);
                Prefix::new(Ipv6Addr::from_bits(bits).into(), dest.len)
            }
        }
    }

    /// The first that is in order behind `after`.
    pub fn next(&self, after: Option<&Prefix>) -> Option<(Prefix, u32)> {
        match self {
            Dests::V4 { index, .. } => index.next(after),
            Dests::V6 { index, .. } => index.next(after),
        }
    }

    /// Those behind `after`, in order.
    pub fn after<'a>(&'a self, after: Option<&Prefix>) -> impl Iterator<Item = (Prefix, u32)> + use<'a> {
        let default = match self {
            Dests::V4 { .. } => Prefix::DEFAULT_V4,
            Dests::V6 { .. } => Prefix::DEFAULT_V6,
        };
        let skip = after.copied();
        self.range(skip.unwrap_or(default), None).skip_while(move |(p, _)| skip.is_some_and(|s| s == *p))
    }

    /// Those that `within` covers, itself included, in order.
    pub fn within<'a>(&'a self, within: &Prefix) -> impl Iterator<Item = (Prefix, u32)> + use<'a> {
        self.range(*within, Some(last_of(within)))
    }

    fn range(&self, first: Prefix, last: Option<Prefix>) -> impl Iterator<Item = (Prefix, u32)> + '_ {
        let (v4, v6) = match self {
            Dests::V4 { index, .. } => (Some(index.range(&first, last.as_ref())), None),
            Dests::V6 { index, .. } => (None, Some(index.range(&first, last.as_ref()))),
        };
        v4.into_iter().flatten().chain(v6.into_iter().flatten())
    }
}

fn find_or_insert<E: Entry, T: Slot>(
    index: &mut Index<E>,
    slab: &mut Slab<T>,
    prefix: &Prefix,
    new: T,
) -> Option<u32> {
    match index.find(prefix) {
        Ok(id) => Some(id),
        Err(place) => {
            let id = slab.insert(new);
            if id >= E::LIMIT {
                slab.remove(id);
                return None;
            }
            index.insert(place, prefix, id);
            Some(id)
        }
    }
}
