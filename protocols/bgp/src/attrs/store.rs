//! Where attribute sets are kept: pages of slots with stable ids, and a hash index that is only looked up, never walked.
//! A page whose last set is released gives its memory back.

use super::{Entry, Local, codec};
use core::fmt;
use hashbrown::HashTable;
use policy::bgp::Attributes;

/// A stored attribute set. Valid until as many references are released as were taken.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttrId(pub u32);

impl AttrId {
    /// None.
    pub const NONE: AttrId = AttrId(u32::MAX);

    /// Whether it is one.
    pub fn is_some(self) -> bool {
        self != AttrId::NONE
    }
}

impl fmt::Debug for AttrId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

const PAGE_BITS: u32 = 10;
const PAGE: usize = 1 << PAGE_BITS;
const NO_SLOT: u32 = u32::MAX;
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

#[derive(Debug)]
struct Page {
    slots: Vec<Entry>,
    /// The first free slot among `slots`.
    free: u32,
    live: u32,
    /// It is in [`Store::open`].
    open: bool,
}

/// All attribute sets of a process.
#[derive(Debug, Default)]
pub struct Store {
    pages: Vec<Page>,
    /// Pages with room.
    open: Vec<u32>,
    index: HashTable<u32>,
    seed: u64,
    live: usize,
    bytes: usize,
    scratch: Vec<u8>,
}

impl Store {
    /// An empty one. `seed` keeps a peer from choosing sets that collide in the index; it changes no result.
    pub fn new(seed: u64) -> Store {
        Store { seed, ..Store::default() }
    }

    /// The id of these bytes, which must be canonical, with one more reference.
    pub fn intern(&mut self, canonical: &[u8], local: Local) -> AttrId {
        let hash = hash(canonical, local, self.seed);
        let pages = &self.pages;
        let same = |id: &u32| {
            let entry = entry(pages, *id);
            entry.hash == hash && entry.local() == local && entry.bytes() == canonical
        };
        if let Some(&id) = self.index.find(spread(hash), same) {
            self.hold(AttrId(id));
            return AttrId(id);
        }
        let id = self.place(Entry::new(canonical, local, hash));
        let pages = &self.pages;
        self.index.insert_unique(spread(hash), id, |id| spread(entry(pages, *id).hash));
        self.live += 1;
        self.bytes += canonical.len();
        AttrId(id)
    }

    /// The id of these values, with one more reference.
    pub fn intern_attributes(&mut self, attributes: &Attributes, local: Local) -> AttrId {
        let mut scratch = core::mem::take(&mut self.scratch);
        scratch.clear();
        codec::encode(attributes, &mut scratch);
        let id = self.intern(&scratch, local);
        self.scratch = scratch;
        id
    }

    /// The id of the same bytes beside another `local`, with one more reference. That of `id` stays.
    pub fn intern_local(&mut self, id: AttrId, local: Local) -> AttrId {
        if self.get(id).local() == local {
            self.hold(id);
            return id;
        }
        let mut scratch = core::mem::take(&mut self.scratch);
        scratch.clear();
        scratch.extend_from_slice(self.get(id).bytes());
        let other = self.intern(&scratch, local);
        self.scratch = scratch;
        other
    }

    /// One more reference to a set somebody holds.
    pub fn hold(&mut self, id: AttrId) {
        let entry = self.get_mut(id);
        debug_assert!(entry.refs > 0, "{id:?} is held by nobody");
        entry.refs = entry.refs.saturating_add(1);
    }

    /// One reference less; the last one ends the set. Nothing happens to [`AttrId::NONE`].
    pub fn release(&mut self, id: AttrId) {
        if id == AttrId::NONE {
            return;
        }
        let entry = self.get_mut(id);
        debug_assert!(entry.refs > 0, "{id:?} is held by nobody");
        entry.refs = entry.refs.saturating_sub(1);
        if entry.refs == 0 {
            self.forget(id.0);
        }
    }

    /// A set somebody holds.
    ///
    /// # Panics
    /// There is no such slot.
    pub fn get(&self, id: AttrId) -> &Entry {
        entry(&self.pages, id.0)
    }

    /// Every set from this number on, by number: for `show`.
    pub fn from(&self, first: u32) -> impl Iterator<Item = (AttrId, &Entry)> {
        let pages = self.pages.iter().enumerate().skip(page_of(first));
        let slots = pages.flat_map(|(at, page)| {
            page.slots.iter().enumerate().map(move |(slot, entry)| (at << PAGE_BITS | slot, entry))
        });
        let live = move |(id, entry): &(u32, &Entry)| *id >= first && entry.references() > 0;
        let numbered = |(id, entry)| (u32::try_from(id).unwrap_or(u32::MAX), entry);
        slots.map(numbered).filter(live).map(|(id, entry)| (AttrId(id), entry))
    }

    /// Its values.
    pub fn decode(&self, id: AttrId) -> Attributes {
        self.get(id).decode()
    }

    /// Sets stored.
    pub fn len(&self) -> usize {
        self.live
    }

    /// None is stored.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Bytes of memory: sets, slots and index.
    pub fn bytes(&self) -> usize {
        let slots: usize = self.pages.iter().map(|p| p.slots.capacity() * size_of::<Entry>()).sum();
        self.bytes + slots + self.index.allocation_size()
    }

    fn get_mut(&mut self, id: AttrId) -> &mut Entry {
        &mut self.pages[page_of(id.0)].slots[slot_of(id.0)]
    }

    fn place(&mut self, entry: Entry) -> u32 {
        let at = match self.open.last() {
            Some(at) => *at,
            None => self.open_page(),
        };
        let page = &mut self.pages[at as usize];
        let slot = if page.free == NO_SLOT {
            page.slots.push(entry);
            page.slots.len() - 1
        } else {
            let slot = page.free as usize;
            page.free = page.slots[slot].hash;
            page.slots[slot] = entry;
            slot
        };
        page.live += 1;
        if page.live as usize == PAGE {
            page.open = false;
            self.open.pop();
        }
        at << PAGE_BITS | u32::try_from(slot).expect("a page has few slots")
    }

    fn open_page(&mut self) -> u32 {
        let at = u32::try_from(self.pages.len()).expect("fewer pages than ids");
        self.pages.push(Page { slots: Vec::new(), free: NO_SLOT, live: 0, open: true });
        self.open.push(at);
        at
    }

    fn forget(&mut self, id: u32) {
        let page = &mut self.pages[page_of(id)];
        let old = core::mem::replace(&mut page.slots[slot_of(id)], Entry::free(page.free));
        page.free = id & (PAGE as u32 - 1);
        page.live -= 1;
        if page.live == 0 {
            (page.slots, page.free) = (Vec::new(), NO_SLOT);
        }
        if !page.open {
            page.open = true;
            self.open.push(id >> PAGE_BITS);
        }
        self.live -= 1;
        self.bytes -= old.bytes().len();
        if let Ok(found) = self.index.find_entry(spread(old.hash), |other| *other == id) {
            found.remove();
        }
        if self.index.capacity() > 4 * PAGE && self.live < self.index.capacity() / 8 {
            let pages = &self.pages;
            self.index.shrink_to(self.live * 2, |id| spread(entry(pages, *id).hash));
        }
    }
}

fn page_of(id: u32) -> usize {
    (id >> PAGE_BITS) as usize
}

fn slot_of(id: u32) -> usize {
    id as usize & (PAGE - 1)
}

fn entry(pages: &[Page], id: u32) -> &Entry {
    &pages[page_of(id)].slots[slot_of(id)]
}

/// The index wants 64 bits of which the highest count, too.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(GOLDEN)
}

/// A multiply-and-fold hash over words of eight bytes. It need not be strong, only unknown to who chooses the bytes.
fn hash(bytes: &[u8], local: Local, seed: u64) -> u32 {
    let fold = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * u128::from(GOLDEN);
        (product as u64) ^ (product >> 64) as u64
    };
    let start = seed ^ GOLDEN ^ bytes.len() as u64;
    let (words, tail) = bytes.as_chunks::<8>();
    let mut state = words.iter().fold(start, |state, word| fold(state, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..tail.len()].copy_from_slice(tail);
    state = fold(state, u64::from_le_bytes(last));
    if local != Local::default() {
        state = fold(state, u64::from(local.weight) << 32 | u64::from(local.tag));
        state = fold(state, u64::from(local.distance));
    }
    (state ^ state >> 32) as u32
}
