//! An ordered map from prefixes to small values: a trie of six bits a node, in an arena. It can say what is exactly
//! there, what covers an address, and what comes next in order. It is the table that is written to; `packed.rs`
//! derives from it the one that packets are looked up in.

use super::blocks::{Blocks, Run};
use super::key::{Key, STRIDE};
use core::marker::PhantomData;

/// A place within a node, ordered as prefixes are: 8 times the first slot covered, plus the length beyond the
/// node's depth (1..=6). The child of a slot comes after the prefixes that begin there: `slot * 8 + 7`.
pub(super) type Place = u16;

pub(super) const CHILD: Place = 7;

/// Walks that go side by side.
pub(crate) const LANES: usize = 16;

/// What a user of the trie keeps in each node; told about every change on its way down.
pub(crate) trait Mark: Copy + Default {
    /// A prefix of this node changed.
    fn own(&mut self) {}
    /// Something below `slot` changed.
    fn below(&mut self, _slot: u8) {}
}

impl Mark for () {}

/// A node `d` bits down holds the prefixes of `d+1..=d+6` bits; the trie itself holds the default route.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct Node<M> {
    /// Sorted by place; in [`Trie::own`].
    pub(super) own: Run,
    /// Children by slot: the bit map, and their ids in order of slot, in [`Trie::kids`].
    pub(super) present: u64,
    kids: Run,
    pub(super) mark: M,
}

/// The map. Prefixes are given as (address with zero host bits, length).
#[derive(Clone, Debug)]
pub(crate) struct Trie<K, V, M = ()> {
    pub(super) nodes: Vec<Node<M>>,
    free: Vec<u32>,
    /// The prefixes of all nodes, with their values.
    pub(super) own: Blocks<(Place, V)>,
    /// The children of all nodes.
    kids: Blocks<u32>,
    pub(super) default: Option<V>,
    len: usize,
    key: PhantomData<K>,
}

pub(super) const ROOT: u32 = 0;

impl<M> Node<M> {
    #[inline]
    fn rank(&self, slot: u8) -> usize {
        (self.present & ((1u64 << slot) - 1)).count_ones() as usize
    }

    #[inline]
    fn has(&self, slot: u8) -> bool {
        self.present >> slot & 1 != 0
    }
}

/// Where an entry is. Valid until the trie changes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Spot {
    /// The default route.
    Default,
    /// One of a node's own.
    Own {
        /// Which node.
        node: u32,
        /// Which of them.
        at: u8,
    },
}

#[inline]
pub(super) fn place<K: Key>(key: K, len: u8, depth: u8) -> Place {
    Place::from(key.slot(depth)) << 3 | Place::from(len - depth)
}

impl<K: Key, V, M: Mark> Default for Trie<K, V, M> {
    fn default() -> Self {
        Trie {
            nodes: Vec::new(),
            free: Vec::new(),
            own: Blocks::default(),
            kids: Blocks::default(),
            default: None,
            len: 0,
            key: PhantomData,
        }
    }
}

impl<K: Key, V: Copy + Default, M: Mark> Trie<K, V, M> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The child of a node in a slot.
    #[inline]
    pub(super) fn kid(&self, id: u32, slot: u8) -> Option<u32> {
        let node = self.nodes.get(id as usize)?;
        if node.has(slot) { self.kids.get(node.kids).get(node.rank(slot)).copied() } else { None }
    }

    /// Whether a node has neither prefixes nor children.
    pub(super) fn is_bare(&self, id: u32) -> bool {
        let node = &self.nodes[id as usize];
        node.present == 0 && self.own.get(node.own).is_empty()
    }

    /// Paints `slots` with the values of a node's own prefixes, longer over shorter.
    pub(super) fn paint(&self, id: u32, slots: &mut [u32; 64])
    where
        V: Into<u32>,
    {
        for &(place, value) in self.own.get(self.nodes[id as usize].own) {
            let first = usize::from(place >> 3);
            let span = 1usize << (6 - (place & 7));
            slots[first..first + span].fill(value.into());
        }
    }

    /// Reads what [`Trie::find`] of these prefixes, at most [`LANES`], will read: a step of all walks at a time, so that
    /// memory answers them together. Changes nothing.
    pub(crate) fn warm(&self, prefixes: &[(K, u8)]) {
        let mut at = [Some(ROOT); LANES];
        let mut seen = 0;
        let mut depth = 0;
        let mut walking = !self.nodes.is_empty();
        while walking {
            walking = false;
            for ((key, len), at) in prefixes.iter().zip(&mut at) {
                let Some(node) = *at else { continue };
                if *len > depth + STRIDE {
                    *at = self.kid(node, key.slot(depth));
                    walking |= at.is_some();
                } else {
                    let own = self.nodes.get(node as usize).map(|n| self.own.get(n.own));
                    seen ^= own.and_then(|own| own.get(own.len() / 2)).map_or(0, |(place, _)| *place);
                    *at = None;
                }
            }
            depth += STRIDE;
        }
        core::hint::black_box(seen);
    }

    /// Where exactly this prefix is.
    pub(crate) fn find(&self, key: K, len: u8) -> Option<Spot> {
        if len == 0 {
            return self.default.is_some().then_some(Spot::Default);
        }
        let (node, depth) = self.node_of(key, len)?;
        let own = self.own.get(self.nodes[node as usize].own);
        let at = own.binary_search_by_key(&place(key, len, depth), |o| o.0).ok()?;
        Some(Spot::Own { node, at: at as u8 })
    }

    /// The value there.
    pub(crate) fn at(&self, spot: Spot) -> Option<&V> {
        match spot {
            Spot::Default => self.default.as_ref(),
            Spot::Own { node, at } => {
                let own = self.own.get(self.nodes.get(node as usize)?.own);
                own.get(usize::from(at)).map(|(_, value)| value)
            }
        }
    }

    /// The value there, to change; marks nothing.
    pub(crate) fn at_mut(&mut self, spot: Spot) -> Option<&mut V> {
        match spot {
            Spot::Default => self.default.as_mut(),
            Spot::Own { node, at } => {
                let own = self.own.get_mut(self.nodes.get(node as usize)?.own);
                own.get_mut(usize::from(at)).map(|(_, value)| value)
            }
        }
    }

    /// The value of exactly this prefix.
    pub(crate) fn get(&self, key: K, len: u8) -> Option<&V> {
        self.at(self.find(key, len)?)
    }

    /// The value of this prefix, made by `make` if there is none.
    pub(crate) fn entry(&mut self, key: K, len: u8, make: impl FnOnce() -> V) -> &mut V {
        if len == 0 {
            if self.default.is_none() {
                self.len += 1;
            }
            return self.default.get_or_insert_with(make);
        }
        let (node, depth) = self.walk_or_create(key, len);
        let place = place(key, len, depth);
        let own = &mut self.nodes[node as usize].own;
        let at = match self.own.get(*own).binary_search_by_key(&place, |o| o.0) {
            Ok(at) => at,
            Err(at) => {
                self.own.insert(own, at, (place, make()));
                self.len += 1;
                at
            }
        };
        &mut self.own.get_mut(*own)[at].1
    }

    /// Sets a value; returns the previous one.
    pub(crate) fn insert(&mut self, key: K, len: u8, value: V) -> Option<V> {
        let before = self.len;
        let place = self.entry(key, len, || value);
        let old = core::mem::replace(place, value);
        (self.len == before).then_some(old)
    }

    /// Removes a value, and the nodes that are empty without it.
    pub(crate) fn remove(&mut self, key: K, len: u8) -> Option<V> {
        let old = self.take(key, len)?;
        self.prune(key, len);
        Some(old)
    }

    /// Removes a value but no node.
    pub(super) fn take(&mut self, key: K, len: u8) -> Option<V> {
        let old = if len == 0 {
            self.default.take()?
        } else {
            let (node, depth) = self.node_of(key, len)?;
            let own = &mut self.nodes[node as usize].own;
            let at = self.own.get(*own).binary_search_by_key(&place(key, len, depth), |o| o.0).ok()?;
            let old = self.own.remove(own, at).1;
            self.mark_path(key, len);
            old
        };
        self.len -= 1;
        Some(old)
    }

    /// Tells `visit` every prefix that contains `key`, shortest first.
    pub(crate) fn covering<'a>(&'a self, key: K, mut visit: impl FnMut(u8, &'a V)) {
        if let Some(v) = &self.default {
            visit(0, v);
        }
        let (mut node, mut depth) = (ROOT, 0);
        while let Some(n) = self.nodes.get(node as usize) {
            let slot = key.slot(depth);
            for beyond in 1..=STRIDE.min(K::WIDTH - depth) {
                let covering = Place::from(slot & (0xffu8 << (STRIDE - beyond))) << 3 | Place::from(beyond);
                let own = self.own.get(n.own);
                if let Ok(at) = own.binary_search_by_key(&covering, |o| o.0) {
                    visit(depth + beyond, &own[at].1);
                }
            }
            let Some(kid) = self.kid(node, slot) else { return };
            (node, depth) = (kid, depth + STRIDE);
        }
    }

    /// The longest prefix that contains `key`.
    pub(crate) fn longest(&self, key: K) -> Option<(u8, &V)> {
        let mut best = None;
        self.covering(key, |len, v| best = Some((len, v)));
        best
    }

    /// Bytes held, allocator overhead aside.
    pub(crate) fn memory(&self) -> usize {
        self.nodes.capacity() * size_of::<Node<M>>()
            + self.free.capacity() * 4
            + self.own.memory()
            + self.kids.memory()
    }

    /// The node that would hold the prefix.
    fn node_of(&self, key: K, len: u8) -> Option<(u32, u8)> {
        let (mut node, mut depth) = (ROOT, 0);
        while len > depth + STRIDE {
            node = self.kid(node, key.slot(depth))?;
            depth += STRIDE;
        }
        (!self.nodes.is_empty()).then_some((node, depth))
    }

    fn walk_or_create(&mut self, key: K, len: u8) -> (u32, u8) {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        self.tidy();
        let (mut node, mut depth) = (ROOT, 0);
        while len > depth + STRIDE {
            let slot = key.slot(depth);
            self.nodes[node as usize].mark.below(slot);
            node = match self.kid(node, slot) {
                Some(kid) => kid,
                None => self.add_kid(node, slot),
            };
            depth += STRIDE;
        }
        self.nodes[node as usize].mark.own();
        (node, depth)
    }

    fn add_kid(&mut self, parent: u32, slot: u8) -> u32 {
        let kid = self.free.pop().unwrap_or_else(|| {
            if self.nodes.len() == self.nodes.capacity() {
                // An eighth more, not twice as much.
                self.nodes.reserve_exact((self.nodes.len() / 8).max(4));
            }
            self.nodes.push(Node::default());
            (self.nodes.len() - 1) as u32
        });
        let p = &mut self.nodes[parent as usize];
        let rank = p.rank(slot);
        p.present |= 1 << slot;
        self.kids.insert(&mut p.kids, rank, kid);
        kid
    }

    fn mark_path(&mut self, key: K, len: u8) {
        let (mut node, mut depth) = (ROOT, 0);
        while len > depth + STRIDE {
            let slot = key.slot(depth);
            self.nodes[node as usize].mark.below(slot);
            let Some(kid) = self.kid(node, slot) else { return };
            (node, depth) = (kid, depth + STRIDE);
        }
        self.nodes[node as usize].mark.own();
    }

    /// Frees the empty nodes at the end of the path to a prefix.
    fn prune(&mut self, key: K, len: u8) {
        let mut path = [(ROOT, 0u8); 24];
        let (mut node, mut depth, mut steps) = (ROOT, 0, 0);
        while len > depth + STRIDE {
            let slot = key.slot(depth);
            path[steps] = (node, slot);
            steps += 1;
            let Some(kid) = self.kid(node, slot) else { return };
            (node, depth) = (kid, depth + STRIDE);
        }
        while steps > 0 && self.is_bare(node) {
            steps -= 1;
            let (parent, slot) = path[steps];
            self.drop_kid(parent, slot);
            node = parent;
        }
        self.compact();
    }

    /// Returns memory when most nodes are free. Node ids change.
    pub(super) fn compact(&mut self) {
        if self.is_empty() {
            *self = Trie::default();
        }
        self.tidy();
        if self.nodes.len() < 1024 || self.free.len() * 4 < self.nodes.len() * 3 {
            return;
        }
        let used = self.nodes.len() - self.free.len();
        let old = core::mem::replace(&mut self.nodes, Vec::with_capacity(used));
        self.free = Vec::new();
        self.nodes.extend(old.first());
        let mut next = 0;
        while let Some(node) = self.nodes.get(next) {
            for kid in self.kids.get_mut(node.kids) {
                let id = self.nodes.len() as u32;
                let from = core::mem::replace(kid, id);
                self.nodes.push(old[from as usize]);
            }
            next += 1;
        }
    }

    /// Moves what the nodes hold where little of it is left among much that is free. Node ids stay.
    fn tidy(&mut self) {
        if self.own.is_sparse() {
            let old = core::mem::take(&mut self.own);
            self.own = Blocks::with_room_of(&old);
            self.nodes.iter_mut().for_each(|node| node.own = self.own.adopt(&old, node.own));
        }
        if self.kids.is_sparse() {
            let old = core::mem::take(&mut self.kids);
            self.kids = Blocks::with_room_of(&old);
            self.nodes.iter_mut().for_each(|node| node.kids = self.kids.adopt(&old, node.kids));
        }
    }

    /// Frees the child of a slot, which must be empty.
    pub(super) fn drop_kid(&mut self, parent: u32, slot: u8) {
        let Some(kid) = self.kid(parent, slot) else { return };
        let p = &mut self.nodes[parent as usize];
        let rank = p.rank(slot);
        p.present &= !(1 << slot);
        self.kids.remove(&mut p.kids, rank);
        self.free.push(kid);
        self.nodes[kid as usize] = Node::default();
    }
}
