//! Longest-prefix match for IPv4 and IPv6: prefixes in, the value of the longest one that contains an address out.
//! Values are the business of the caller; 0 means "none". An empty table costs about a hundred bytes, a full Internet table a
//! few megabytes on the lookup path.
//!
//! Reading list: `trie` holds the prefixes (in `blocks`), `packed` answers lookups, `family` keeps the second equal to the first.

mod blocks;
mod family;
mod key;
mod packed;
mod range;
#[cfg(test)]
mod tests;
pub(crate) mod trie;

pub(crate) use key::Key;

use crate::Prefix;
use core::net::IpAddr;
use family::Family;
use smallvec::SmallVec;
use trie::LANES;

/// Prefixes with their length, by family.
type ByFamily = (SmallVec<[(u32, u8); LANES]>, SmallVec<[(u128, u8); LANES]>);

/// Prefixes as tries want them.
pub(crate) fn split(prefixes: impl Iterator<Item = Prefix>) -> ByFamily {
    let mut all = ByFamily::default();
    for prefix in prefixes {
        match prefix.addr() {
            IpAddr::V4(a) => all.0.push((a.to_bits(), prefix.len())),
            IpAddr::V6(a) => all.1.push((a.to_bits(), prefix.len())),
        }
    }
    all
}

/// Prefixes of both families, each with a value of `1..=MAX_VALUE`.
#[derive(Clone, Debug, Default)]
pub struct Lpm {
    v4: Family<u32>,
    v6: Family<u128>,
}

/// Bytes that a table uses.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Memory {
    /// What lookups may read.
    pub touched: usize,
    /// Everything.
    pub total: usize,
}

impl Lpm {
    /// The largest value a prefix may have.
    pub const MAX_VALUE: u32 = packed::MAX_VALUE;

    /// An empty table.
    pub fn new() -> Lpm {
        Lpm::default()
    }

    /// The value of the longest prefix that contains `addr`; 0 when none does.
    #[inline]
    pub fn lookup(&self, addr: IpAddr) -> u32 {
        match addr {
            IpAddr::V4(a) => self.lookup_v4(a.to_bits()),
            IpAddr::V6(a) => self.lookup_v6(a.to_bits()),
        }
    }

    /// [`Lpm::lookup`] of an IPv4 address in host byte order.
    #[inline]
    pub fn lookup_v4(&self, addr: u32) -> u32 {
        self.v4.packed.lookup(addr)
    }

    /// [`Lpm::lookup`] of an IPv6 address in host byte order.
    #[inline]
    pub fn lookup_v6(&self, addr: u128) -> u32 {
        self.v6.packed.lookup(addr)
    }

    /// Many IPv4 lookups at once; faster than one after the other. Fills `out` up to the shorter of the two.
    #[inline]
    pub fn lookup_batch_v4(&self, addrs: &[u32], out: &mut [u32]) {
        self.v4.packed.lookup_batch(addrs, out);
    }

    /// Many IPv6 lookups at once; faster than one after the other. Fills `out` up to the shorter of the two.
    #[inline]
    pub fn lookup_batch_v6(&self, addrs: &[u128], out: &mut [u32]) {
        self.v6.packed.lookup_batch(addrs, out);
    }

    /// The longest prefix that contains `addr`, with its value. Slower than [`Lpm::lookup`].
    pub fn longest(&self, addr: IpAddr) -> Option<(Prefix, u32)> {
        let (len, value) = match addr {
            IpAddr::V4(a) => self.v4.trie.longest(a.to_bits())?,
            IpAddr::V6(a) => self.v6.trie.longest(a.to_bits())?,
        };
        Some((Prefix::new(addr, len), *value))
    }

    /// The value of exactly this prefix.
    pub fn get(&self, prefix: Prefix) -> Option<u32> {
        match prefix.addr() {
            IpAddr::V4(a) => self.v4.trie.get(a.to_bits(), prefix.len()),
            IpAddr::V6(a) => self.v6.trie.get(a.to_bits(), prefix.len()),
        }
        .copied()
    }

    /// Sets (or with value 0 removes) many prefixes, in order; the last word on a prefix counts. `replaced` hears each
    /// value that went. One call with a thousand updates is far cheaper than a thousand calls.
    pub fn update(
        &mut self,
        updates: impl IntoIterator<Item = (Prefix, u32)>,
        mut replaced: impl FnMut(u32),
    ) {
        let (mut v4, mut v6) = (None, None);
        let mut updates = updates.into_iter();
        loop {
            let some: SmallVec<[(Prefix, u32); LANES]> = updates.by_ref().take(LANES).collect();
            self.warm(&some);
            for &(prefix, value) in &some {
                let (old, largest) = match prefix.addr() {
                    IpAddr::V4(a) => (self.v4.write(a.to_bits(), prefix.len(), value), &mut v4),
                    IpAddr::V6(a) => (self.v6.write(a.to_bits(), prefix.len(), value), &mut v6),
                };
                *largest = Some(largest.unwrap_or(0).max(value));
                if let Some(old) = old {
                    replaced(old);
                }
            }
            if some.len() < LANES {
                break;
            }
        }
        if let Some(largest) = v4 {
            self.v4.finish(largest);
        }
        if let Some(largest) = v6 {
            self.v6.finish(largest);
        }
    }

    /// Reads what is about to be written.
    fn warm(&self, updates: &[(Prefix, u32)]) {
        let (v4, v6) = split(updates.iter().map(|(prefix, _)| *prefix));
        self.v4.trie.warm(&v4);
        self.v6.trie.warm(&v6);
    }

    /// The prefixes in order, from the start or from after one (which need not be there any more).
    pub fn range(&self, after: Option<Prefix>) -> impl Iterator<Item = (Prefix, u32)> + '_ {
        let key =
            |p: Prefix| (u32::of(p.addr()).map(|a| (a, p.len())), u128::of(p.addr()).map(|a| (a, p.len())));
        let (after4, after6) = after.map_or((None, None), key);
        let v4 = after6.is_none().then(|| self.v4.trie.range(after4));
        let v6 = self.v6.trie.range(after6);
        v4.into_iter()
            .flatten()
            .map(|(key, len, value)| (key.prefix(len), *value))
            .chain(v6.map(|(key, len, value)| (key.prefix(len), *value)))
    }

    /// How many prefixes there are.
    pub fn len(&self) -> usize {
        self.v4.trie.len() + self.v6.trie.len()
    }

    /// Whether there is no prefix.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes in use.
    pub fn memory(&self) -> Memory {
        let packed = self.v4.packed.memory() + self.v6.packed.memory();
        Memory {
            touched: self.v4.packed.touched() + self.v6.packed.touched(),
            total: packed + self.v4.trie.memory() + self.v6.trie.memory() + size_of::<Lpm>(),
        }
    }
}
