//! Prefixes in order, and the destination of each. Sorted pieces of at most 256 entries behind one sorted list of what
//! each piece begins with: a search is two binary searches, an insertion moves at most 2 KiB, and a walk is a loop over
//! arrays. An IPv4 entry is one 64-bit word, an IPv6 entry five 32-bit words.
//!
//! It knows nothing of what a destination is.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::Prefix;

/// Entries of a piece.
const PIECE: usize = 256;
/// A piece grows by this many.
const STEP: usize = 32;
/// Searches that go side by side.
pub const LANES: usize = 16;
/// Smaller than this, a piece joins its neighbor.
const SMALL: usize = 48;

/// A prefix and its number in one value. The order is that of prefixes: by address, then the shorter first.
pub trait Entry: Copy + Ord {
    /// More numbers than this do not fit.
    const LIMIT: u32;
    /// `id` must be below the limit, and the prefix of this family.
    fn new(prefix: &Prefix, id: u32) -> Self;
    /// The prefix.
    fn prefix(self) -> Prefix;
    /// The number.
    fn id(self) -> u32;
    /// With number 0: not above any entry of the prefix, and above all entries of earlier prefixes.
    fn key(self) -> Self;
}

/// Address, length (6 bits), number (26 bits).
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct V4(u64);

const V4_ID: u64 = (1 << 26) - 1;

impl Entry for V4 {
    const LIMIT: u32 = 1 << 26;

    fn new(prefix: &Prefix, id: u32) -> V4 {
        let bits = match prefix.addr() {
            IpAddr::V4(a) => a.to_bits(),
            IpAddr::V6(_) => 0,
        };
        V4(u64::from(bits) << 32 | u64::from(prefix.len()) << 26 | (u64::from(id) & V4_ID))
    }

    fn prefix(self) -> Prefix {
        let addr = Ipv4Addr::from_bits((self.0 >> 32) as u32);
        Prefix::new(addr.into(), (self.0 >> 26) as u8 & 63)
    }

    fn id(self) -> u32 {
        (self.0 & V4_ID) as u32
    }

    fn key(self) -> V4 {
        V4(self.0 & !V4_ID)
    }
}

/// Address, then length (8 bits) and number (24 bits).
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct V6([u32; 5]);

const V6_ID: u32 = (1 << 24) - 1;

impl Entry for V6 {
    const LIMIT: u32 = 1 << 24;

    fn new(prefix: &Prefix, id: u32) -> V6 {
        let bits = match prefix.addr() {
            IpAddr::V6(a) => a.to_bits(),
            IpAddr::V4(_) => 0,
        };
        let tail = u32::from(prefix.len()) << 24 | (id & V6_ID);
        V6([(bits >> 96) as u32, (bits >> 64) as u32, (bits >> 32) as u32, bits as u32, tail])
    }

    fn prefix(self) -> Prefix {
        let [a, b, c, d, tail] = self.0;
        let bits = u128::from(a) << 96 | u128::from(b) << 64 | u128::from(c) << 32 | u128::from(d);
        Prefix::new(Ipv6Addr::from_bits(bits).into(), (tail >> 24) as u8)
    }

    fn id(self) -> u32 {
        self.0[4] & V6_ID
    }

    fn key(self) -> V6 {
        let [a, b, c, d, tail] = self.0;
        V6([a, b, c, d, tail & !V6_ID])
    }
}

/// See the module.
#[derive(Debug)]
pub struct Index<E> {
    /// The first entry of each piece, or something smaller.
    heads: Vec<E>,
    pieces: Vec<Vec<E>>,
    len: usize,
}

impl<E> Default for Index<E> {
    fn default() -> Index<E> {
        Index { heads: Vec::new(), pieces: Vec::new(), len: 0 }
    }
}

/// A place in the order: of an entry, or where one would be.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    piece: usize,
    at: usize,
}

impl<E: Entry> Index<E> {
    /// How many prefixes there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        let entries: usize = self.pieces.iter().map(Vec::capacity).sum();
        (entries + self.heads.capacity()) * size_of::<E>() + self.pieces.capacity() * size_of::<Vec<E>>()
    }

    /// Where the first entry is that is not below `key`.
    fn seek(&self, key: E) -> Place {
        let piece = self.heads.partition_point(|head| *head <= key).saturating_sub(1);
        let at = self.pieces.get(piece).map_or(0, |entries| entries.partition_point(|e| *e < key));
        Place { piece, at }
    }

    fn at(&self, place: Place) -> Option<E> {
        self.pieces.get(place.piece)?.get(place.at).copied()
    }

    /// The numbers of the next of `prefixes`, as many as fit, as [`Index::find`] would give them; returns how many were
    /// taken. The searches go side by side: memory answers all of a step in the time it takes for one.
    pub fn find_many(
        &self,
        prefixes: &mut impl Iterator<Item = Prefix>,
        found: &mut [Option<u32>; LANES],
    ) -> usize {
        let mut lanes: [Option<(E, &[E])>; LANES] = [None; LANES];
        let mut count = 0;
        // The heads are few and lie in the cache; the pieces do not.
        for (lane, prefix) in lanes.iter_mut().zip(prefixes) {
            let key = E::new(&prefix, 0);
            let piece = self.heads.partition_point(|head| *head <= key).saturating_sub(1);
            *lane = Some((key, self.pieces.get(piece).map_or(&[], Vec::as_slice)));
            count += 1;
        }
        let mut longest = lanes.iter().flatten().map(|(_, rest)| rest.len()).max().unwrap_or(0);
        while longest > 1 {
            for (key, rest) in lanes.iter_mut().flatten() {
                let (lower, upper) = rest.split_at(rest.len() / 2);
                *rest = if upper.first().is_some_and(|e| e.key() <= *key) { upper } else { lower };
            }
            longest = longest.div_ceil(2);
        }
        for (found, lane) in found.iter_mut().zip(lanes) {
            let entry = lane.and_then(|(key, rest)| rest.first().copied().filter(|e| e.key() == key));
            *found = entry.map(E::id);
        }
        count
    }

    /// The number of a prefix; else where it belongs, for [`Index::insert`].
    pub fn find(&self, prefix: &Prefix) -> Result<u32, Place> {
        let key = E::new(prefix, 0);
        let place = self.seek(key);
        // The piece found begins at or below the key, so an equal entry is never at the head of the next one.
        self.at(place).filter(|e| e.key() == key).map(E::id).ok_or(place)
    }

    /// Adds a prefix at the place that [`Index::find`] gave. Nothing may have changed since.
    pub fn insert(&mut self, place: Place, prefix: &Prefix, id: u32) {
        let entry = E::new(prefix, id);
        self.len += 1;
        let Some(piece) = self.pieces.get_mut(place.piece) else {
            self.heads.push(entry.key());
            self.pieces.push(vec![entry]);
            return;
        };
        if piece.len() < PIECE {
            if piece.len() == piece.capacity() {
                piece.reserve_exact(piece.len().clamp(4, STEP));
            }
            piece.insert(place.at, entry);
            if place.at == 0 {
                self.heads[place.piece] = entry.key();
            }
            return;
        }
        // Prefixes that come in order fill their pieces.
        let last = place.piece + 1 == self.pieces.len();
        if last && place.at == PIECE {
            self.heads.push(entry.key());
            self.pieces.push(vec![entry]);
            return;
        }
        self.split(place.piece);
        let place = self.seek(entry);
        self.len -= 1;
        self.insert(place, prefix, id);
    }

    fn split(&mut self, number: usize) {
        let piece = &mut self.pieces[number];
        let upper = piece.split_off(PIECE / 2);
        piece.shrink_to(PIECE / 2 + STEP / 2);
        self.heads.insert(number + 1, upper[0].key());
        self.pieces.insert(number + 1, upper);
    }

    /// Forgets a prefix.
    pub fn remove(&mut self, prefix: &Prefix) -> bool {
        let key = E::new(prefix, 0);
        let place = self.seek(key);
        if self.at(place).is_none_or(|e| e.key() != key) {
            return false;
        }
        self.pieces[place.piece].remove(place.at);
        self.len -= 1;
        self.join(place.piece);
        if self.len == 0 {
            *self = Index::default();
        }
        true
    }

    /// Makes one piece of a small one and its neighbor.
    fn join(&mut self, number: usize) {
        let len = self.pieces[number].len();
        if len >= SMALL {
            return;
        }
        if len == 0 {
            self.pieces.remove(number);
            self.heads.remove(number);
            return;
        }
        let left = if number > 0 { number - 1 } else { 0 };
        let Some([a, b]) = self.pieces.get_mut(left..=left + 1) else { return };
        if a.len() + b.len() > PIECE - SMALL {
            return;
        }
        a.reserve_exact(b.len());
        a.append(b);
        self.pieces.remove(left + 1);
        self.heads.remove(left + 1);
        if self.pieces.capacity() > 4 * self.pieces.len() + 16 {
            self.pieces.shrink_to_fit();
            self.heads.shrink_to_fit();
        }
    }

    /// In order from `first` on, which need not be there. Stops after `last`.
    pub fn range(&self, first: &Prefix, last: Option<&Prefix>) -> Range<'_, E> {
        Range { index: self, place: self.seek(E::new(first, 0)), last: last.map(|p| E::new(p, E::LIMIT - 1)) }
    }

    /// The first prefix that is in order behind `after`.
    pub fn next(&self, after: Option<&Prefix>) -> Option<(Prefix, u32)> {
        let place = after.map_or(Place::default(), |p| self.seek(E::new(p, E::LIMIT - 1)));
        let mut range = Range { index: self, place, last: None };
        range.find(|(prefix, _)| after != Some(prefix))
    }
}

/// See [`Index::range`].
#[derive(Debug)]
pub struct Range<'a, E> {
    index: &'a Index<E>,
    place: Place,
    last: Option<E>,
}

impl<E: Entry> Iterator for Range<'_, E> {
    type Item = (Prefix, u32);

    fn next(&mut self) -> Option<(Prefix, u32)> {
        let entry = loop {
            let piece = self.index.pieces.get(self.place.piece)?;
            if let Some(entry) = piece.get(self.place.at) {
                break *entry;
            }
            self.place = Place { piece: self.place.piece + 1, at: 0 };
        };
        if self.last.is_some_and(|last| entry > last) {
            return None;
        }
        self.place.at += 1;
        Some((entry.prefix(), entry.id()))
    }
}

/// The last prefix that `within` covers, in order.
pub fn last_of(within: &Prefix) -> Prefix {
    match within.addr() {
        IpAddr::V4(a) => {
            let host = u32::MAX.checked_shr(within.len().into()).unwrap_or(0);
            Prefix::host(Ipv4Addr::from_bits(a.to_bits() | host).into())
        }
        IpAddr::V6(a) => {
            let host = u128::MAX.checked_shr(within.len().into()).unwrap_or(0);
            Prefix::host(Ipv6Addr::from_bits(a.to_bits() | host).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn v4() -> impl Strategy<Value = Prefix> {
        (0u32..4000, 8u8..=32).prop_map(|(a, len)| Prefix::new(Ipv4Addr::from_bits(a << 20).into(), len))
    }

    fn v6() -> impl Strategy<Value = Prefix> {
        (0u128..300, prop::sample::select(vec![0u8, 19, 32, 48, 64, 127, 128]))
            .prop_map(|(a, len)| Prefix::new(Ipv6Addr::from_bits(a << 90 | a).into(), len))
    }

    fn agrees<E: Entry>(steps: Vec<(Prefix, bool)>) {
        let mut index = Index::<E>::default();
        let mut model: BTreeMap<Prefix, u32> = BTreeMap::new();
        let asked: Vec<Prefix> = steps.iter().map(|(prefix, _)| *prefix).collect();
        for (n, (prefix, add)) in steps.into_iter().enumerate() {
            if add {
                if let Err(place) = index.find(&prefix) {
                    index.insert(place, &prefix, n as u32);
                    model.insert(prefix, n as u32);
                }
            } else {
                assert_eq!(index.remove(&prefix), model.remove(&prefix).is_some());
            }
            assert_eq!(index.find(&prefix).ok(), model.get(&prefix).copied());
        }
        assert_eq!(index.len(), model.len());
        let (mut all, mut found) = (asked.iter().copied(), [None; LANES]);
        for asked in asked.chunks(LANES) {
            assert_eq!(index.find_many(&mut all, &mut found), asked.len());
            let expected: Vec<_> = asked.iter().map(|p| model.get(p).copied()).collect();
            assert_eq!(found[..asked.len()], expected);
            assert!(found[asked.len()..].iter().all(Option::is_none));
        }
        assert_eq!(index.find_many(&mut all, &mut found), 0);
        let Some(first) = model.keys().next().copied() else { return };
        let all: Vec<_> = index.range(&first, None).collect();
        assert_eq!(all, model.iter().map(|(p, id)| (*p, *id)).collect::<Vec<_>>());
        for prefix in model.keys().step_by(7) {
            let inside: Vec<_> = index.range(prefix, Some(&last_of(prefix))).map(|(p, _)| p).collect();
            assert_eq!(inside, model.keys().filter(|p| prefix.covers(p)).copied().collect::<Vec<_>>());
            let after =
                model.range((core::ops::Bound::Excluded(*prefix), core::ops::Bound::Unbounded)).next();
            assert_eq!(index.next(Some(prefix)), after.map(|(p, id)| (*p, *id)));
        }
        assert_eq!(index.next(None).map(|(p, _)| p), Some(first));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn ipv4_prefixes_are_found_and_stay_in_order(steps in prop::collection::vec((v4(), prop::bool::weighted(0.7)), 0..3000)) {
            agrees::<V4>(steps);
        }

        #[test]
        fn ipv6_prefixes_are_found_and_stay_in_order(steps in prop::collection::vec((v6(), prop::bool::weighted(0.7)), 0..1500)) {
            agrees::<V6>(steps);
        }
    }

    #[test]
    fn an_index_that_is_emptied_holds_no_memory() {
        let mut index = Index::<V4>::default();
        let prefix =
            |n: u32| Prefix::new(Ipv4Addr::from_bits(n.wrapping_mul(2_654_435_761) & !0xff).into(), 24);
        for n in 0..20_000 {
            if let Err(place) = index.find(&prefix(n)) {
                index.insert(place, &prefix(n), n);
            }
        }
        let full = index.bytes();
        assert!(full < index.len() * 11, "{full} bytes for {}", index.len());
        for n in 100..20_000 {
            index.remove(&prefix(n));
        }
        assert!(index.bytes() < full / 10, "{} of {full}", index.bytes());
        for n in 0..100 {
            index.remove(&prefix(n));
        }
        assert_eq!(index.bytes(), 0);
    }
}
