//! Key chains: which key signs, which keys are believed, at a given wall-clock time.
//!
//! Sending uses the lowest-numbered key whose send lifetime holds (FRR, RFC 2082 section 4.3); receiving accepts
//! any key whose accept lifetime holds. Lifetimes without a known wall clock are taken as not holding, except
//! by the rule of the last key: RFC 2082 section 4.3 forbids falling back to no authentication, so when no key is
//! valid the one that expired last goes on in use and the caller is told to complain.

use crate::config::{Key, Lifetime};

/// The keys of a chain, by id.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct KeyChain<'a> {
    keys: &'a [Key],
}

/// The key to use, and whether it should no longer be.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Chosen<'a> {
    /// The key.
    pub key: &'a Key,
    /// Its lifetime is over (or has not begun): it is used only because there is no better one. Worth a warning.
    pub expired: bool,
}

impl<'a> KeyChain<'a> {
    /// A chain over `keys`, which are in order of id.
    pub fn new(keys: &'a [Key]) -> KeyChain<'a> {
        KeyChain { keys }
    }

    /// Every key, by id.
    pub fn keys(&self) -> &'a [Key] {
        self.keys
    }

    /// The key to sign with at `wall` (Unix seconds; `None`: unknown). `None` only for a chain that has no key
    /// with a secret.
    pub fn send_key(&self, wall: Option<u64>) -> Option<Chosen<'a>> {
        self.first(wall, |k| k.send_lifetime)
    }

    /// The keys believed at `wall`, by id. Never empty unless no key has a secret.
    pub fn accept_keys(&self, wall: Option<u64>) -> Vec<Chosen<'a>> {
        let valid: Vec<_> = self
            .secret()
            .filter(|k| holds(k.accept_lifetime, wall))
            .map(|key| Chosen { key, expired: false })
            .collect();
        if valid.is_empty() { self.first(wall, |k| k.accept_lifetime).into_iter().collect() } else { valid }
    }

    /// Key `id`, if it is believed at `wall`.
    pub fn accept_key(&self, wall: Option<u64>, id: u8) -> Option<Chosen<'a>> {
        self.accept_keys(wall).into_iter().find(|c| c.key.id == id)
    }

    fn secret(&self) -> impl Iterator<Item = &'a Key> {
        self.keys.iter().filter(|k| !k.key_string.is_empty())
    }

    fn first(&self, wall: Option<u64>, lifetime: fn(&Key) -> Option<Lifetime>) -> Option<Chosen<'a>> {
        if let Some(key) = self.secret().find(|k| holds(lifetime(k), wall)) {
            return Some(Chosen { key, expired: false });
        }
        let end = |k: &&Key| lifetime(k).map_or(u64::MAX, |l| l.end.unwrap_or(u64::MAX));
        // Of those already begun if any: a key for next year must not be shown early.
        let begun = |k: &&Key| wall.is_none_or(|w| lifetime(k).is_none_or(|l| l.start <= w));
        let last = self.secret().filter(begun).max_by_key(end).or_else(|| self.secret().max_by_key(end));
        last.map(|key| Chosen { key, expired: true })
    }
}

fn holds(lifetime: Option<Lifetime>, wall: Option<u64>) -> bool {
    match (lifetime, wall) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(l), Some(wall)) => l.start <= wall && l.end.is_none_or(|end| wall < end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: u8, lifetime: Option<(u64, Option<u64>)>) -> Key {
        let lifetime = lifetime.map(|(start, end)| Lifetime { start, end });
        let key_string = format!("secret{id}");
        Key { id, key_string, algorithm: None, accept_lifetime: lifetime, send_lifetime: lifetime }
    }

    fn sends(keys: &[Key], wall: Option<u64>) -> Option<(u8, bool)> {
        KeyChain::new(keys).send_key(wall).map(|c| (c.key.id, c.expired))
    }

    fn accepts(keys: &[Key], wall: Option<u64>) -> Vec<(u8, bool)> {
        KeyChain::new(keys).accept_keys(wall).iter().map(|c| (c.key.id, c.expired)).collect()
    }

    #[test]
    fn the_lowest_valid_key_signs_and_every_valid_key_is_believed() {
        let keys = [key(1, Some((100, Some(200)))), key(2, Some((150, Some(300)))), key(3, None)];
        assert_eq!(sends(&keys, Some(150)), Some((1, false)));
        assert_eq!(sends(&keys, Some(200)), Some((2, false)), "the end is exclusive");
        assert_eq!(sends(&keys, Some(300)), Some((3, false)));
        assert_eq!(accepts(&keys, Some(150)), [(1, false), (2, false), (3, false)]);
        assert_eq!(accepts(&keys, Some(250)), [(2, false), (3, false)]);
        assert!(KeyChain::new(&keys).accept_key(Some(250), 1).is_none());
    }

    #[test]
    fn the_last_key_to_expire_goes_on_in_use_and_is_marked() {
        let keys =
            [key(1, Some((100, Some(200)))), key(2, Some((150, Some(300)))), key(3, Some((900, None)))];
        assert_eq!(sends(&keys, Some(500)), Some((2, true)));
        assert_eq!(accepts(&keys, Some(500)), [(2, true)]);
        assert_eq!(sends(&keys, Some(50)), Some((3, true)), "none has begun: still never without a key");
    }

    #[test]
    fn without_a_wall_clock_keys_without_lifetimes_come_first() {
        assert_eq!(sends(&[key(1, Some((0, None))), key(2, None)], None), Some((2, false)));
        assert_eq!(sends(&[key(1, Some((0, None)))], None), Some((1, true)));
    }

    #[test]
    fn a_chain_without_secrets_has_no_key() {
        assert_eq!(sends(&[], Some(0)), None);
        let hollow = Key { key_string: String::new(), ..key(1, None) };
        let keys = [hollow];
        assert_eq!((sends(&keys, Some(0)), accepts(&keys, Some(0))), (None, vec![]));
    }
}
