//! A hash map for numbers this software gave out itself. Only looked up, never walked.

use core::hash::{BuildHasherDefault, Hasher};

/// See the module.
pub type Map<K, V> = hashbrown::HashMap<K, V, BuildHasherDefault<Fold>>;

/// Multiplies and folds. Keys are slab numbers, which nobody outside chooses.
#[derive(Default)]
pub struct Fold(u64);

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, word: u32) {
        let product = u128::from(self.0 ^ u64::from(word)) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product as u64) ^ (product >> 64) as u64 ^ u64::from(word).rotate_left(32);
    }
}
