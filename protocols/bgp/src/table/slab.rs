//! Numbered records in pages. A number stays with its record until it is freed; a page of which nothing is left gives its
//! memory back. No record is moved, so growing never copies what is there nor doubles it.

/// Records a page holds: 1024.
const PAGE_BITS: u32 = 10;
const PAGE: usize = 1 << PAGE_BITS;
/// No record.
pub const NONE: u32 = u32::MAX;

/// A record that can remember the next free one while it is free itself.
pub trait Slot: Default {
    /// Becomes a free record that links to `next`.
    fn free(next: u32) -> Self;
    /// The link, if this is a free record.
    fn next_free(&self) -> Option<u32>;
}

/// See the module.
#[derive(Debug)]
pub struct Slab<T> {
    pages: Vec<Page<T>>,
    /// Pages that have room, the one to fill on top. A page is in it at most once.
    open: Vec<u32>,
    len: usize,
}

#[derive(Debug)]
struct Page<T> {
    items: Vec<T>,
    /// The first free record, as an index into the page.
    free: u32,
    used: u32,
    open: bool,
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { pages: Vec::new(), open: Vec::new(), len: 0 }
    }
}

fn split(id: u32) -> (usize, usize) {
    ((id >> PAGE_BITS) as usize, id as usize & (PAGE - 1))
}

impl<T: Slot> Slab<T> {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// All numbers in use are below this.
    pub fn end(&self) -> u32 {
        u32::try_from(self.pages.len() << PAGE_BITS).unwrap_or(NONE)
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        let items: usize = self.pages.iter().map(|p| p.items.capacity() * size_of::<T>()).sum();
        items + self.pages.capacity() * size_of::<Page<T>>() + self.open.capacity() * size_of::<u32>()
    }

    /// Keeps `value`; its number is the lowest free one of a page that has room.
    pub fn insert(&mut self, value: T) -> u32 {
        let number = self.page_with_room();
        let page = &mut self.pages[number as usize];
        page.used += 1;
        self.len += 1;
        let index = if page.free == NONE {
            if page.items.len() == page.items.capacity() {
                // The first page of a table grows with it: most routers of a lab have a handful of routes.
                let more =
                    if number == 0 { page.items.len().max(8).min(PAGE - page.items.len()) } else { PAGE };
                page.items.reserve_exact(more);
            }
            page.items.push(value);
            page.items.len() - 1
        } else {
            let index = page.free as usize;
            page.free = page.items[index].next_free().unwrap_or(NONE);
            page.items[index] = value;
            index
        };
        if page.used as usize == PAGE {
            page.open = false;
            self.open.pop();
        }
        (number << PAGE_BITS) | index as u32
    }

    fn page_with_room(&mut self) -> u32 {
        if let Some(&top) = self.open.last() {
            return top;
        }
        let number = u32::try_from(self.pages.len()).unwrap_or(NONE);
        self.pages.push(Page { items: Vec::new(), free: NONE, used: 0, open: true });
        self.open.push(number);
        number
    }

    /// Forgets a record; its number may be used again.
    pub fn remove(&mut self, id: u32) {
        let (number, index) = split(id);
        let page = &mut self.pages[number];
        debug_assert!(page.items[index].next_free().is_none(), "a record is freed once");
        page.items[index] = T::free(page.free);
        page.free = index as u32;
        page.used -= 1;
        self.len -= 1;
        if page.used == 0 {
            page.items = Vec::new();
            page.free = NONE;
        }
        if !page.open {
            page.open = true;
            self.open.push(number as u32);
        }
        if self.len == 0 {
            *self = Slab::default();
        }
    }

    /// The record, unless the number is free.
    pub fn get(&self, id: u32) -> Option<&T> {
        let (page, index) = split(id);
        self.pages.get(page)?.items.get(index).filter(|item| item.next_free().is_none())
    }
}

/// Of a number in use: anything else is a bug of the table.
impl<T> core::ops::Index<u32> for Slab<T> {
    type Output = T;
    fn index(&self, id: u32) -> &T {
        let (page, index) = split(id);
        &self.pages[page].items[index]
    }
}

impl<T> core::ops::IndexMut<u32> for Slab<T> {
    fn index_mut(&mut self, id: u32) -> &mut T {
        let (page, index) = split(id);
        &mut self.pages[page].items[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default, Debug, PartialEq)]
    enum Thing {
        #[default]
        Empty,
        Free(u32),
        Full(u32),
    }

    impl Slot for Thing {
        fn free(next: u32) -> Thing {
            Thing::Free(next)
        }
        fn next_free(&self) -> Option<u32> {
            if let Thing::Free(next) = self { Some(*next) } else { None }
        }
    }

    #[test]
    fn a_number_stays_with_its_record_and_is_reused_after_it() {
        let mut slab = Slab::default();
        let ids: Vec<u32> = (0..5000).map(|n| slab.insert(Thing::Full(n))).collect();
        assert_eq!(ids, (0..5000).collect::<Vec<_>>());
        slab.remove(17);
        slab.remove(3000);
        assert_eq!(slab.get(17), None);
        assert_eq!(slab.len(), 4998);
        let mut again = [slab.insert(Thing::Full(1)), slab.insert(Thing::Full(2))];
        again.sort_unstable();
        assert!(again.contains(&3000) || again.contains(&17), "{again:?}");
        assert_eq!(slab[4999], Thing::Full(4999));
    }

    #[test]
    fn memory_comes_back_though_a_few_records_stay() {
        let mut slab = Slab::default();
        let ids: Vec<u32> = (0..100_000).map(|n| slab.insert(Thing::Full(n))).collect();
        let full = slab.bytes();
        for id in &ids[2..] {
            slab.remove(*id);
        }
        assert!(slab.bytes() < full / 20, "{} of {full}", slab.bytes());
        slab.remove(0);
        slab.remove(1);
        assert_eq!(slab.bytes(), 0);
    }

    #[test]
    fn a_small_one_is_small() {
        let mut slab = Slab::default();
        slab.insert(Thing::Full(1));
        assert!(slab.bytes() < 300, "{}", slab.bytes());
    }
}
