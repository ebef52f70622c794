//! Longest-prefix match for IPv4 and IPv6.

use crate::Prefix;
use core::net::IpAddr;
use std::collections::BTreeMap;

/// Prefixes of both families, each with a value of 1 or more.
#[derive(Clone, Debug, Default)]
pub struct Lpm {
    entries: BTreeMap<Prefix, u32>,
}

impl Lpm {
    /// The value of the longest prefix that contains `addr`; 0 when none does.
    #[inline]
    pub fn lookup(&self, addr: IpAddr) -> u32 {
        self.longest(addr).map_or(0, |e| e.1)
    }

    /// The longest prefix that contains `addr`, with its value.
    pub fn longest(&self, addr: IpAddr) -> Option<(Prefix, u32)> {
        (0..=Prefix::host(addr).len()).rev().find_map(|len| {
            let prefix = Prefix::new(addr, len);
            Some((prefix, *self.entries.get(&prefix)?))
        })
    }

    /// Sets (or with value 0 removes) many prefixes, in order. `replaced` hears every value that is gone.
    pub fn update(&mut self, updates: Vec<(Prefix, u32)>, mut replaced: impl FnMut(u32)) {
        for (prefix, value) in updates {
            let old = match value {
                0 => self.entries.remove(&prefix),
                value => self.entries.insert(prefix, value),
            };
            if let Some(old) = old {
                replaced(old);
            }
        }
    }

    /// The prefixes in order, from the start or from after one.
    pub fn range(&self, after: Option<Prefix>) -> impl Iterator<Item = (Prefix, u32)> + '_ {
        use core::ops::Bound;
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.entries.range((start, Bound::Unbounded)).map(|(p, v)| (*p, *v))
    }

    /// How many prefixes there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no prefix.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
