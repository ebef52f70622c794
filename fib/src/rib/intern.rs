//! Equal things stored once, named by small numbers and counted: a million prefixes share a few thousand routes.

use std::collections::BTreeMap;

/// Values by key, each with an id that stays while somebody holds it.
#[derive(Debug)]
pub(super) struct Interner<K, V> {
    ids: BTreeMap<K, u32>,
    slots: Vec<Option<Slot<K, V>>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Slot<K, V> {
    key: K,
    users: usize,
    value: V,
}

impl<K, V> Default for Interner<K, V> {
    fn default() -> Self {
        Interner { ids: BTreeMap::new(), slots: Vec::new(), free: Vec::new() }
    }
}

impl<K: Ord + Clone, V> Interner<K, V> {
    /// The id of `key`, held once more, and whether it is new.
    pub(super) fn acquire(&mut self, key: &K, make: impl FnOnce() -> V) -> (u32, bool) {
        if let Some(&id) = self.ids.get(key) {
            self.hold(id);
            return (id, false);
        }
        let slot = Some(Slot { key: key.clone(), users: 1, value: make() });
        let id = match self.free.pop() {
            Some(id) => {
                self.slots[id as usize] = slot;
                id
            }
            None => {
                self.slots.push(slot);
                (self.slots.len() - 1) as u32
            }
        };
        self.ids.insert(key.clone(), id);
        (id, true)
    }

    /// The id of `key`, if anybody holds it.
    pub(super) fn find(&self, key: &K) -> Option<u32> {
        self.ids.get(key).copied()
    }

    /// Holds `id` once more.
    pub(super) fn hold(&mut self, id: u32) {
        if let Some(Some(slot)) = self.slots.get_mut(id as usize) {
            slot.users += 1;
        }
    }

    /// Lets go of `id` once; the last one to do so gets the value.
    pub(super) fn release(&mut self, id: u32) -> Option<(K, V)> {
        let place = self.slots.get_mut(id as usize)?;
        let slot = place.as_mut()?;
        slot.users = slot.users.saturating_sub(1);
        if slot.users > 0 {
            return None;
        }
        let slot = place.take()?;
        self.ids.remove(&slot.key);
        self.free.push(id);
        Some((slot.key, slot.value))
    }

    pub(super) fn get(&self, id: u32) -> Option<&V> {
        self.slots.get(id as usize)?.as_ref().map(|s| &s.value)
    }

    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut V> {
        self.slots.get_mut(id as usize)?.as_mut().map(|s| &mut s.value)
    }

    pub(super) fn key(&self, id: u32) -> Option<&K> {
        self.slots.get(id as usize)?.as_ref().map(|s| &s.key)
    }

    /// All ids with their keys, in order of key.
    pub(super) fn range<R: core::ops::RangeBounds<K>>(&self, keys: R) -> impl Iterator<Item = u32> + '_ {
        self.ids.range(keys).map(|(_, id)| *id)
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_share_an_id_until_the_last_lets_go() {
        let mut names: Interner<&str, u8> = Interner::default();
        let (a, new) = names.acquire(&"a", || 1);
        assert!(new);
        assert_eq!(names.acquire(&"a", || 2), (a, false));
        let (b, _) = names.acquire(&"b", || 3);
        assert_ne!(a, b);
        assert_eq!(names.release(a), None);
        assert_eq!(names.get(a), Some(&1));
        assert_eq!(names.release(a), Some(("a", 1)));
        assert_eq!(names.get(a), None);
        assert_eq!(names.acquire(&"c", || 4), (a, true), "a free id is used again");
    }
}
