//! An ordered map from prefixes to values: a trie of six bits a node, in an arena. It can say what is exactly
//! there, what covers an address, and what comes next in order. It is the table that is written to; `packed.rs`
//! derives from it the one that packets are looked up in.

use super::key::{Key, STRIDE};
use core::marker::PhantomData;

/// A place within a node, ordered as prefixes are: 8 times the first slot covered, plus the length beyond the
/// node's depth (1..=6). The child of a slot comes after the prefixes that begin there: `slot * 8 + 7`.
type Place = u16;

const CHILD: Place = 7;

/// What a user of the trie keeps in each node; told about every change on its way down.
pub(crate) trait Mark: Default {
    /// A prefix of this node changed.
    fn own(&mut self) {}
    /// Something below `slot` changed.
    fn below(&mut self, _slot: u8) {}
}

impl Mark for () {}

/// A node `d` bits down holds the prefixes of `d+1..=d+6` bits; the trie itself holds the default route.
#[derive(Clone, Debug)]
pub(crate) struct Node<V, M> {
    /// Sorted by place.
    pub(super) own: Vec<(Place, V)>,
    /// Children by slot: the bit map, and their ids in order of slot.
    pub(super) present: u64,
    pub(super) kids: Vec<u32>,
    pub(super) mark: M,
}

/// The map. Prefixes are given as (address with zero host bits, length).
#[derive(Clone, Debug)]
pub(crate) struct Trie<K, V, M = ()> {
    pub(super) nodes: Vec<Node<V, M>>,
    free: Vec<u32>,
    pub(super) default: Option<V>,
    len: usize,
    key: PhantomData<K>,
}

pub(super) const ROOT: u32 = 0;

impl<V, M: Mark> Node<V, M> {
    fn new() -> Node<V, M> {
        Node { own: Vec::new(), present: 0, kids: Vec::new(), mark: M::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.present == 0
    }

    #[inline]
    pub(super) fn kid(&self, slot: u8) -> Option<u32> {
        if self.present >> slot & 1 == 0 {
            return None;
        }
        self.kids.get(self.rank(slot)).copied()
    }

    #[inline]
    fn rank(&self, slot: u8) -> usize {
        (self.present & ((1u64 << slot) - 1)).count_ones() as usize
    }

    /// Paints `slots` with the values of the node's own prefixes, longer over shorter.
    pub(super) fn paint(&self, slots: &mut [u32; 64])
    where
        V: Copy + Into<u32>,
    {
        for &(place, value) in &self.own {
            let first = usize::from(place >> 3);
            let span = 1usize << (6 - (place & 7));
            slots[first..first + span].fill(value.into());
        }
    }
}

#[inline]
fn place<K: Key>(key: K, len: u8, depth: u8) -> Place {
    Place::from(key.slot(depth)) << 3 | Place::from(len - depth)
}

/// Grows by a quarter: most of these vectors live long and stay small.
fn make_room<T>(v: &mut Vec<T>) {
    if v.len() == v.capacity() {
        v.reserve_exact((v.len() / 4).max(2));
    }
}

impl<K: Key, V, M: Mark> Default for Trie<K, V, M> {
    fn default() -> Self {
        Trie { nodes: Vec::new(), free: Vec::new(), default: None, len: 0, key: PhantomData }
    }
}

impl<K: Key, V, M: Mark> Trie<K, V, M> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of exactly this prefix.
    pub(crate) fn get(&self, key: K, len: u8) -> Option<&V> {
        if len == 0 {
            return self.default.as_ref();
        }
        let (node, depth) = self.node_of(key, len)?;
        let own = &self.nodes[node as usize].own;
        let at = own.binary_search_by_key(&place(key, len, depth), |o| o.0).ok()?;
        Some(&own[at].1)
    }

    /// The value of exactly this prefix, to change; marks nothing.
    pub(crate) fn get_mut(&mut self, key: K, len: u8) -> Option<&mut V> {
        if len == 0 {
            return self.default.as_mut();
        }
        let (node, depth) = self.node_of(key, len)?;
        let own = &mut self.nodes[node as usize].own;
        let at = own.binary_search_by_key(&place(key, len, depth), |o| o.0).ok()?;
        Some(&mut own[at].1)
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
        let at = match own.binary_search_by_key(&place, |o| o.0) {
            Ok(at) => at,
            Err(at) => {
                make_room(own);
                own.insert(at, (place, make()));
                self.len += 1;
                at
            }
        };
        &mut own[at].1
    }

    /// Sets a value; returns the previous one.
    pub(crate) fn insert(&mut self, key: K, len: u8, value: V) -> Option<V> {
        let mut value = Some(value);
        let place = self.entry(key, len, || value.take().expect("made at most once"));
        value.map(|value| core::mem::replace(place, value))
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
            let at = own.binary_search_by_key(&place(key, len, depth), |o| o.0).ok()?;
            let old = own.remove(at).1;
            if own.len() * 2 < own.capacity() {
                own.shrink_to_fit();
            }
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
                if let Ok(at) = n.own.binary_search_by_key(&covering, |o| o.0) {
                    visit(depth + beyond, &n.own[at].1);
                }
            }
            let Some(kid) = n.kid(slot) else { return };
            (node, depth) = (kid, depth + STRIDE);
        }
    }

    /// The longest prefix that contains `key`.
    pub(crate) fn longest(&self, key: K) -> Option<(u8, &V)> {
        let mut best = None;
        self.covering(key, |len, v| best = Some((len, v)));
        best
    }

    /// All entries in prefix order, from the start or from after (address, length).
    pub(crate) fn range(&self, after: Option<(K, u8)>) -> Range<'_, K, V, M> {
        let mut range = Range { trie: self, default: false, stack: Vec::new() };
        let Some((key, len)) = after else {
            range.default = true;
            range.push(ROOT, 0, K::default(), 0);
            return range;
        };
        let (mut node, mut depth, mut base) = (ROOT, 0, K::default());
        loop {
            if len <= depth + STRIDE {
                let from = if len == 0 { 0 } else { place(key, len, depth) + 1 };
                range.push(node, depth, base, from);
                return range;
            }
            let slot = key.slot(depth);
            range.push(node, depth, base, (Place::from(slot) << 3 | CHILD) + 1);
            let Some(kid) = self.nodes.get(node as usize).and_then(|n| n.kid(slot)) else { return range };
            base = base.with_slot(depth, slot);
            (node, depth) = (kid, depth + STRIDE);
        }
    }

    /// Bytes held, allocator overhead aside.
    pub(crate) fn memory(&self) -> usize {
        let inner = |n: &Node<V, M>| n.own.capacity() * size_of::<(Place, V)>() + n.kids.capacity() * 4;
        self.nodes.capacity() * size_of::<Node<V, M>>()
            + self.free.capacity() * 4
            + self.nodes.iter().map(inner).sum::<usize>()
    }

    /// The node that would hold the prefix.
    fn node_of(&self, key: K, len: u8) -> Option<(u32, u8)> {
        let (mut node, mut depth) = (ROOT, 0);
        while len > depth + STRIDE {
            node = self.nodes.get(node as usize)?.kid(key.slot(depth))?;
            depth += STRIDE;
        }
        (!self.nodes.is_empty()).then_some((node, depth))
    }

    fn walk_or_create(&mut self, key: K, len: u8) -> (u32, u8) {
        if self.nodes.is_empty() {
            self.nodes.push(Node::new());
        }
        let (mut node, mut depth) = (ROOT, 0);
        while len > depth + STRIDE {
            let slot = key.slot(depth);
            let n = &mut self.nodes[node as usize];
            n.mark.below(slot);
            node = match n.kid(slot) {
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
            self.nodes.push(Node::new());
            (self.nodes.len() - 1) as u32
        });
        let p = &mut self.nodes[parent as usize];
        let rank = p.rank(slot);
        p.present |= 1 << slot;
        make_room(&mut p.kids);
        p.kids.insert(rank, kid);
        kid
    }

    fn mark_path(&mut self, key: K, len: u8) {
        let (mut node, mut depth) = (ROOT, 0);
        while len > depth + STRIDE {
            let slot = key.slot(depth);
            let n = &mut self.nodes[node as usize];
            n.mark.below(slot);
            let Some(kid) = n.kid(slot) else { return };
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
            let Some(kid) = self.nodes[node as usize].kid(slot) else { return };
            (node, depth) = (kid, depth + STRIDE);
        }
        while steps > 0 && self.nodes[node as usize].is_empty() {
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
        if self.nodes.len() < 1024 || self.free.len() * 4 < self.nodes.len() * 3 {
            return;
        }
        let used = self.nodes.len() - self.free.len();
        let mut old = core::mem::replace(&mut self.nodes, Vec::with_capacity(used));
        let take = |node: &mut Node<V, M>| core::mem::replace(node, Node::new());
        self.free = Vec::new();
        self.nodes.extend(old.first_mut().map(take));
        let mut next = 0;
        while next < self.nodes.len() {
            for kid in 0..self.nodes[next].kids.len() {
                let id = self.nodes.len() as u32;
                let from = core::mem::replace(&mut self.nodes[next].kids[kid], id);
                self.nodes.push(take(&mut old[from as usize]));
            }
            next += 1;
        }
    }

    /// Frees the child of a slot, which must be empty; returns its mark.
    pub(super) fn drop_kid(&mut self, parent: u32, slot: u8) -> Option<M> {
        let kid = self.nodes[parent as usize].kid(slot)?;
        let p = &mut self.nodes[parent as usize];
        let rank = p.rank(slot);
        p.present &= !(1 << slot);
        p.kids.remove(rank);
        self.free.push(kid);
        Some(core::mem::replace(&mut self.nodes[kid as usize], Node::new()).mark)
    }
}

/// Iterator over a trie in prefix order.
pub(crate) struct Range<'a, K, V, M> {
    trie: &'a Trie<K, V, M>,
    default: bool,
    stack: Vec<Frame<K>>,
}

struct Frame<K> {
    node: u32,
    depth: u8,
    base: K,
    /// The first place not yet seen.
    from: Place,
}

impl<K: Key, V, M: Mark> Range<'_, K, V, M> {
    fn push(&mut self, node: u32, depth: u8, base: K, from: Place) {
        self.stack.push(Frame { node, depth, base, from });
    }
}

impl<'a, K: Key, V, M: Mark> Iterator for Range<'a, K, V, M> {
    type Item = (K, u8, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        if core::mem::take(&mut self.default)
            && let Some(v) = &self.trie.default
        {
            return Some((K::default(), 0, v));
        }
        while let Some(frame) = self.stack.last_mut() {
            let node = self.trie.nodes.get(frame.node as usize)?;
            let own = node.own.get(node.own.partition_point(|o| o.0 < frame.from));
            let kid_slot = next_kid(node.present, frame.from);
            match (own, kid_slot) {
                (Some((place, value)), slot) if slot.is_none_or(|s| *place < Place::from(s) << 3 | CHILD) => {
                    frame.from = place + 1;
                    let key = frame.base.with_slot(frame.depth, (place >> 3) as u8);
                    return Some((key, frame.depth + (place & 7) as u8, value));
                }
                (_, Some(slot)) => {
                    frame.from = (Place::from(slot) << 3 | CHILD) + 1;
                    let (depth, base) = (frame.depth + STRIDE, frame.base.with_slot(frame.depth, slot));
                    if let Some(kid) = node.kid(slot) {
                        self.push(kid, depth, base, 0);
                    }
                }
                _ => {
                    self.stack.pop();
                }
            }
        }
        None
    }
}

/// The first slot with a child whose place is at or after `from`.
fn next_kid(present: u64, from: Place) -> Option<u8> {
    let slot = from >> 3;
    let rest = if slot > 63 { 0 } else { present & (u64::MAX << slot) };
    (rest != 0).then(|| rest.trailing_zeros() as u8)
}
