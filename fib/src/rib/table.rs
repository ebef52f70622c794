//! One table of the RIB: entries by prefix, both families.

use super::entry::Entry;
use crate::Prefix;
use crate::lpm::Key;
use crate::lpm::trie::Trie;
use core::net::IpAddr;

#[derive(Debug, Default)]
pub(super) struct Table {
    v4: Trie<u32, Entry>,
    v6: Trie<u128, Entry>,
}

impl Table {
    /// The entry of `prefix`, made if there is none.
    pub(super) fn entry(&mut self, prefix: Prefix) -> &mut Entry {
        match prefix.addr() {
            IpAddr::V4(a) => self.v4.entry(a.to_bits(), prefix.len(), Entry::new),
            IpAddr::V6(a) => self.v6.entry(a.to_bits(), prefix.len(), Entry::new),
        }
    }

    pub(super) fn get(&self, prefix: Prefix) -> Option<&Entry> {
        match prefix.addr() {
            IpAddr::V4(a) => self.v4.get(a.to_bits(), prefix.len()),
            IpAddr::V6(a) => self.v6.get(a.to_bits(), prefix.len()),
        }
    }

    pub(super) fn get_mut(&mut self, prefix: Prefix) -> Option<&mut Entry> {
        match prefix.addr() {
            IpAddr::V4(a) => self.v4.get_mut(a.to_bits(), prefix.len()),
            IpAddr::V6(a) => self.v6.get_mut(a.to_bits(), prefix.len()),
        }
    }

    pub(super) fn remove(&mut self, prefix: Prefix) {
        match prefix.addr() {
            IpAddr::V4(a) => drop(self.v4.remove(a.to_bits(), prefix.len())),
            IpAddr::V6(a) => drop(self.v6.remove(a.to_bits(), prefix.len())),
        }
    }

    /// The prefixes that contain `addr`, by length, shortest first.
    pub(super) fn covering(&self, addr: IpAddr) -> Vec<(u8, &Entry)> {
        let mut all = Vec::new();
        match addr {
            IpAddr::V4(a) => self.v4.covering(a.to_bits(), |len, e| all.push((len, e))),
            IpAddr::V6(a) => self.v6.covering(a.to_bits(), |len, e| all.push((len, e))),
        }
        all
    }

    /// The entries in prefix order, from the start or from after a prefix.
    pub(super) fn range(&self, after: Option<Prefix>) -> impl Iterator<Item = (Prefix, &Entry)> {
        let after4 = after.and_then(|p| Some((u32::of(p.addr())?, p.len())));
        let after6 = after.and_then(|p| Some((u128::of(p.addr())?, p.len())));
        let v4 = after6.is_none().then(|| self.v4.range(after4));
        let v6 = self.v6.range(after6);
        v4.into_iter()
            .flatten()
            .map(|(key, len, e)| (key.prefix(len), e))
            .chain(v6.map(|(key, len, e)| (key.prefix(len), e)))
    }

    pub(super) fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// Bytes held, allocator overhead aside.
    pub(super) fn memory(&self) -> usize {
        self.v4.memory() + self.v6.memory()
    }
}
