//! Timers as data: ordered by (time, key), so two due together always fire the same way round.

use crate::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// A set of one-shot timers named by `K`.
#[derive(Clone, Debug)]
pub struct Timers<K> {
    due: BTreeSet<(Instant, K)>,
    at: BTreeMap<K, Instant>,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Timers { due: BTreeSet::new(), at: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Timers<K> {
    /// No timers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fires `key` at `at`, instead of whenever it was to fire before.
    pub fn set(&mut self, key: K, at: Instant) {
        self.stop(&key);
        self.due.insert((at, key.clone()));
        self.at.insert(key, at);
    }

    /// Forgets `key`; says whether it was set.
    pub fn stop(&mut self, key: &K) -> bool {
        let Some(at) = self.at.remove(key) else { return false };
        self.due.remove(&(at, key.clone()))
    }

    /// When `key` fires.
    pub fn get(&self, key: &K) -> Option<Instant> {
        self.at.get(key).copied()
    }

    /// When the earliest timer fires.
    pub fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes the earliest timer due at or before `now`.
    pub fn pop(&mut self, now: Instant) -> Option<K> {
        if self.next()? > now {
            return None;
        }
        let (_, key) = self.due.pop_first()?;
        self.at.remove(&key);
        Some(key)
    }

    /// Forgets every timer whose key does not satisfy `keep`.
    pub fn retain(&mut self, mut keep: impl FnMut(&K) -> bool) {
        self.due.retain(|(_, k)| keep(k));
        self.at.retain(|k, _| keep(k));
    }

    /// The timers set, in order of their keys.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.at.keys()
    }

    /// Number of timers set.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_in_order_of_time_then_key_and_once() {
        let mut t = Timers::new();
        t.set("b", Instant::from_secs(2));
        t.set("a", Instant::from_secs(2));
        t.set("c", Instant::from_secs(1));
        assert_eq!(t.next(), Some(Instant::from_secs(1)));
        assert_eq!(t.pop(Instant::ZERO), None);
        let order: Vec<_> = std::iter::from_fn(|| t.pop(Instant::from_secs(2))).collect();
        assert_eq!(order, ["c", "a", "b"]);
        assert!(t.is_empty() && t.next().is_none());
    }

    #[test]
    fn setting_again_moves_a_timer_and_stopping_forgets_it() {
        let mut t = Timers::new();
        t.set(1, Instant::from_secs(1));
        t.set(1, Instant::from_secs(5));
        assert_eq!((t.len(), t.pop(Instant::from_secs(4))), (1, None));
        assert!(t.stop(&1) && !t.stop(&1));
        assert_eq!(t.pop(Instant::FAR_FUTURE), None);
    }
}
