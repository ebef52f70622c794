//! One table of the RIB: entries by prefix, both families.

use super::entry::{Edit, Entry, View, Wides};
use crate::Prefix;
use crate::lpm::trie::{LANES, Spot, Trie};
use crate::lpm::{Key, split};
use core::net::IpAddr;

#[derive(Debug, Default)]
pub(super) struct Table {
    v4: Trie<u32, Entry>,
    v6: Trie<u128, Entry>,
    wides: Wides,
}

/// Where an entry is. Valid until the table changes.
#[derive(Copy, Clone, Debug)]
pub(super) struct Place {
    v4: bool,
    spot: Spot,
}

impl Table {
    /// The entry of `prefix`, made if there is none.
    pub(super) fn entry(&mut self, prefix: Prefix) -> Edit<'_> {
        let entry = match prefix.addr() {
            IpAddr::V4(a) => self.v4.entry(a.to_bits(), prefix.len(), Entry::default),
            IpAddr::V6(a) => self.v6.entry(a.to_bits(), prefix.len(), Entry::default),
        };
        Edit { entry, wides: &mut self.wides }
    }

    /// Where the entry of `prefix` is.
    pub(super) fn find(&self, prefix: Prefix) -> Option<Place> {
        let spot = match prefix.addr() {
            IpAddr::V4(a) => self.v4.find(a.to_bits(), prefix.len())?,
            IpAddr::V6(a) => self.v6.find(a.to_bits(), prefix.len())?,
        };
        Some(Place { v4: prefix.is_v4(), spot })
    }

    /// Reads ahead what is about to be looked at: at most [`LANES`] prefixes.
    pub(super) fn warm(&self, prefixes: impl Iterator<Item = Prefix>) {
        let (v4, v6) = split(prefixes.take(LANES));
        self.v4.warm(&v4);
        self.v6.warm(&v6);
    }

    pub(super) fn at(&self, place: Place) -> Option<View<'_>> {
        let entry = if place.v4 { self.v4.at(place.spot) } else { self.v6.at(place.spot) }?;
        Some(View::new(*entry, &self.wides))
    }

    pub(super) fn at_mut(&mut self, place: Place) -> Option<Edit<'_>> {
        let entry = if place.v4 { self.v4.at_mut(place.spot) } else { self.v6.at_mut(place.spot) }?;
        Some(Edit { entry, wides: &mut self.wides })
    }

    pub(super) fn get(&self, prefix: Prefix) -> Option<View<'_>> {
        self.at(self.find(prefix)?)
    }

    pub(super) fn get_mut(&mut self, prefix: Prefix) -> Option<Edit<'_>> {
        self.at_mut(self.find(prefix)?)
    }

    pub(super) fn remove(&mut self, prefix: Prefix) {
        match prefix.addr() {
            IpAddr::V4(a) => drop(self.v4.remove(a.to_bits(), prefix.len())),
            IpAddr::V6(a) => drop(self.v6.remove(a.to_bits(), prefix.len())),
        }
    }

    /// The prefixes that contain `addr`, by length, shortest first.
    pub(super) fn covering(&self, addr: IpAddr) -> Vec<(u8, View<'_>)> {
        let mut all = Vec::new();
        let mut visit = |len, entry: &Entry| all.push((len, View::new(*entry, &self.wides)));
        match addr {
            IpAddr::V4(a) => self.v4.covering(a.to_bits(), &mut visit),
            IpAddr::V6(a) => self.v6.covering(a.to_bits(), &mut visit),
        }
        all
    }

    /// The entries in prefix order, from the start or from after a prefix.
    pub(super) fn range(&self, after: Option<Prefix>) -> impl Iterator<Item = (Prefix, View<'_>)> {
        let after4 = after.and_then(|p| Some((u32::of(p.addr())?, p.len())));
        let after6 = after.and_then(|p| Some((u128::of(p.addr())?, p.len())));
        let v4 = after6.is_none().then(|| self.v4.range(after4));
        let v6 = self.v6.range(after6);
        v4.into_iter()
            .flatten()
            .map(|(key, len, e)| (key.prefix(len), *e))
            .chain(v6.map(|(key, len, e)| (key.prefix(len), *e)))
            .map(|(prefix, e)| (prefix, View::new(e, &self.wides)))
    }

    pub(super) fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// Bytes held, allocator overhead aside.
    pub(super) fn memory(&self) -> usize {
        self.v4.memory() + self.v6.memory() + self.wides.memory()
    }
}
