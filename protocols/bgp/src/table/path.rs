//! What a peer said of a prefix, in 16 bytes, and pairs of attribute sets.

use super::slab::{NONE, Slab, Slot};
use super::why::Rejected;
use crate::PeerIx;
use crate::attrs::{AttrId, Store};

/// A path. Those of a destination are chained by `next`, the best first.
#[derive(Copy, Clone, Debug)]
pub struct Path {
    /// An attribute set, or a pair of them: see [`Word`].
    pub attrs: Word,
    pub next: u32,
    /// Seconds of uptime.
    pub since: u32,
    pub peer: PeerIx,
    flags: u16,
}

/// Stands where a peer is in a free record. Peers are below `ConnId::OTHERS`.
const FREE: PeerIx = PeerIx(u16::MAX);

const GENERATION: u16 = 0x000f;
const REJECTED: u16 = 0x00f0;
const VALIDITY: u16 = 0x0300;
/// Chosen by the last decision.
pub const BEST: u16 = 0x0400;
/// Used beside the best, or the best itself where others are.
pub const MULTIPATH: u16 = 0x0800;
/// Its attributes are not those the last decision saw.
pub const CHANGED: u16 = 0x1000;
/// It has a path identifier (RFC 7911), in a map beside.
pub const HAS_ID: u16 = 0x2000;

/// How many generations can be told apart.
pub const GENERATIONS: u8 = 16;

impl Default for Path {
    fn default() -> Path {
        Path { attrs: Word(NONE), next: NONE, since: 0, peer: FREE, flags: 0 }
    }
}

impl Slot for Path {
    fn free(next: u32) -> Path {
        Path { next, ..Path::default() }
    }

    fn next_free(&self) -> Option<u32> {
        (self.peer == FREE).then_some(self.next)
    }
}

impl Path {
    pub fn new(peer: PeerIx, generation: u8, since: u32) -> Path {
        let mut path = Path { peer, since, ..Path::default() };
        path.set_generation(generation);
        path
    }

    pub fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    pub fn set(&mut self, flag: u16, on: bool) {
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
    }

    pub fn generation(&self) -> u8 {
        (self.flags & GENERATION) as u8
    }

    pub fn set_generation(&mut self, generation: u8) {
        self.flags = self.flags & !GENERATION | u16::from(generation) & GENERATION;
    }

    pub fn rejected(&self) -> Option<Rejected> {
        Rejected::from_bits((self.flags & REJECTED) as u8 >> 4)
    }

    pub fn is_rejected(&self) -> bool {
        self.flags & REJECTED != 0
    }

    pub fn set_rejected(&mut self, why: Option<Rejected>) {
        let bits = why.map_or(0, |r| u16::from(r as u8) << 4);
        self.flags = self.flags & !REJECTED | bits & REJECTED;
    }

    pub fn validity(&self) -> u8 {
        ((self.flags & VALIDITY) >> 8) as u8
    }

    pub fn set_validity(&mut self, bits: u8) {
        self.flags = self.flags & !VALIDITY | u16::from(bits) << 8 & VALIDITY;
    }
}

/// An attribute set that is used as it was received, or the number of a pair of what was received and what is used.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Word(pub u32);

const PAIR: u32 = 1 << 31;

impl Word {
    fn pair(self) -> Option<u32> {
        (self.0 & PAIR != 0 && self.0 != NONE).then_some(self.0 & !PAIR)
    }
}

/// Pairs of attribute sets, each once, reference counted. A pair holds one reference to each of its sets.
#[derive(Debug, Default)]
pub struct Pairs {
    slab: Slab<Pair>,
    numbers: super::Map<(u32, u32), u32>,
}

#[derive(Copy, Clone, Debug)]
struct Pair {
    received: AttrId,
    used: AttrId,
    /// 0: a free record, whose link is in `received`.
    references: u32,
}

impl Default for Pair {
    fn default() -> Pair {
        Pair { received: AttrId(NONE), used: AttrId(NONE), references: 0 }
    }
}

impl Slot for Pair {
    fn free(next: u32) -> Pair {
        Pair { received: AttrId(next), ..Pair::default() }
    }

    fn next_free(&self) -> Option<u32> {
        (self.references == 0).then_some(self.received.0)
    }
}

impl Pairs {
    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.slab.bytes() + self.numbers.capacity() * size_of::<((u32, u32), u32)>()
    }

    /// Takes over a reference to each of two different sets, or the one to a set that is used as received, and gives one
    /// to the word.
    pub fn join(&mut self, store: &mut Store, received: AttrId, used: Option<AttrId>) -> Word {
        let Some(used) = used.filter(|u| *u != received) else { return Word(received.0) };
        if let Some(&number) = self.numbers.get(&(received.0, used.0)) {
            self.slab[number].references += 1;
            store.release(received);
            store.release(used);
            return Word(number | PAIR);
        }
        let number = self.slab.insert(Pair { received, used, references: 1 });
        self.numbers.insert((received.0, used.0), number);
        Word(number | PAIR)
    }

    /// Gives back the reference of a word.
    pub fn release(&mut self, store: &mut Store, word: Word) {
        let Some(number) = word.pair() else {
            store.release(AttrId(word.0));
            return;
        };
        let pair = &mut self.slab[number];
        if pair.references > 1 {
            pair.references -= 1;
            return;
        }
        let Pair { received, used, .. } = *pair;
        self.numbers.remove(&(received.0, used.0));
        self.slab.remove(number);
        if self.slab.len() == 0 {
            self.numbers = super::Map::default();
        }
        store.release(received);
        store.release(used);
    }

    pub fn received(&self, word: Word) -> AttrId {
        word.pair().map_or(AttrId(word.0), |number| self.slab[number].received)
    }

    pub fn used(&self, word: Word) -> AttrId {
        word.pair().map_or(AttrId(word.0), |number| self.slab[number].used)
    }
}
