//! The FIB: tables `local`, `main` and numbered ones, and the rules that order them. A prefix leads to a group, a group
//! to adjacencies. Writes are collected and become visible together at [`Fib::commit`], as a new [`Snapshot`].
//! Nothing is decided here: the RIB chooses routes, the forwarder picks the packet's way.

mod group;
mod rule;
mod snapshot;
#[cfg(test)]
mod tests;

pub use group::{Adjacency, Group, MAX_ADJACENCIES, Resolved, ResolvedHop};
pub use rule::{Rule, RuleAction, TABLE_DEFAULT};
pub use snapshot::{Decision, FlowKey, LocalKind, Snapshot};

use crate::rib::Change;
use crate::{Prefix, TableId};
use snapshot::Action;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Names a set of next hops: many prefixes use one group, and rewriting it moves them all.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GroupId(pub u32);

/// What a prefix leads to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FibEntry {
    /// Deliver to this router.
    Local {
        /// The kind of address.
        kind: LocalKind,
        /// The port that owns it; `None`: any.
        port: Option<crate::PortId>,
    },
    /// Whatever the group says; see [`Fib::set_group`]. Unreachable while the group is not defined.
    Group(GroupId),
    /// A fixed target, shared by all prefixes with an equal one.
    Fixed(Resolved),
}

impl FibEntry {
    /// Forward to one adjacency.
    pub fn via(adjacency: Adjacency) -> FibEntry {
        FibEntry::Fixed(Resolved::Via(vec![ResolvedHop { adjacency, weight: 1 }]))
    }
}

/// The writer's side of the forwarding tables.
#[derive(Debug, Default)]
pub struct Fib {
    published: Arc<Snapshot>,
    slots: Slots,
    groups: BTreeMap<GroupId, Resolved>,
    pending: BTreeMap<TableId, Vec<(Prefix, u32)>>,
    pending_groups: BTreeSet<GroupId>,
    pending_rules: Option<Vec<Rule>>,
}

impl Fib {
    /// Empty tables and the default rules.
    pub fn new() -> Fib {
        Fib::default()
    }

    /// Adds or replaces the entry of `prefix`.
    pub fn set(&mut self, table: TableId, prefix: Prefix, entry: FibEntry) {
        let value = self.slots.acquire(entry, &self.groups);
        self.pending.entry(table).or_default().push((prefix, value));
    }

    /// Removes the entry of `prefix`, if there is one.
    pub fn remove(&mut self, table: TableId, prefix: Prefix) {
        self.pending.entry(table).or_default().push((prefix, 0));
    }

    /// Defines or rewrites a group: every prefix that uses it follows at the next commit.
    pub fn set_group(&mut self, id: GroupId, resolved: Resolved) {
        if self.groups.get(&id) != Some(&resolved) {
            self.groups.insert(id, resolved);
            self.pending_groups.insert(id);
        }
    }

    /// Forgets a group. Prefixes that still use it become unreachable.
    pub fn remove_group(&mut self, id: GroupId) {
        if self.groups.remove(&id).is_some() {
            self.pending_groups.insert(id);
        }
    }

    /// Writes what the RIB says: groups and best routes. Reachability is for the protocols and ignored here.
    pub fn handle_change(&mut self, change: &Change) {
        match change {
            Change::Group { id, resolved: Some(resolved) } => self.set_group(*id, (**resolved).clone()),
            Change::Group { id, resolved: None } => self.remove_group(*id),
            Change::Best { table, prefix, new: Some(best), .. } => {
                self.set(*table, *prefix, FibEntry::Group(best.group));
            }
            Change::Best { table, prefix, new: None, .. } => self.remove(*table, *prefix),
            Change::Reach { .. } => {}
        }
    }

    /// Replaces all rules; they are put in order of priority, equal ones in the order given.
    pub fn set_rules(&mut self, mut rules: Vec<Rule>) {
        rules.sort_by_key(|r| r.priority);
        self.pending_rules = Some(rules);
    }

    /// Whether something waits for [`Fib::commit`].
    pub fn is_dirty(&self) -> bool {
        !self.pending.is_empty() || !self.pending_groups.is_empty() || self.pending_rules.is_some()
    }

    /// Publishes everything written since the last commit; returns whether there was anything. In place when
    /// nobody holds the previous snapshot, otherwise on a copy of the tables that change.
    pub fn commit(&mut self) -> bool {
        if !self.is_dirty() {
            return false;
        }
        let next = Arc::make_mut(&mut self.published);
        let actions = Arc::make_mut(&mut next.actions);
        for id in std::mem::take(&mut self.pending_groups) {
            self.slots.rewrite(id, self.groups.get(&id));
        }
        self.slots.publish(actions);
        for (table, updates) in std::mem::take(&mut self.pending) {
            let lpm = match table {
                TableId::LOCAL => &mut next.local,
                TableId::MAIN => &mut next.main,
                other => next.numbered.entry(other).or_default(),
            };
            Arc::make_mut(lpm).update(updates, |old| self.slots.release(old));
        }
        next.numbered.retain(|_, lpm| !lpm.is_empty());
        self.slots.publish(actions);
        if let Some(rules) = self.pending_rules.take() {
            next.rules = rules;
        }
        next.update_plain();
        true
    }

    /// The tables as of the last commit.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.published
    }
}

/// The values that tables hold: each stands for one distinct [`FibEntry`] and counts its users. Value 0 is nothing.
#[derive(Debug, Default)]
struct Slots {
    by_entry: BTreeMap<FibEntry, u32>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Values whose action is to be copied into the snapshot.
    changed: Vec<u32>,
}

#[derive(Debug)]
struct Slot {
    entry: Option<FibEntry>,
    users: usize,
    action: Action,
}

impl Slots {
    fn acquire(&mut self, entry: FibEntry, groups: &BTreeMap<GroupId, Resolved>) -> u32 {
        if let Some(&value) = self.by_entry.get(&entry) {
            self.slots[value as usize].users += 1;
            return value;
        }
        let action = match &entry {
            FibEntry::Local { kind, port } => Action::Local { kind: *kind, port: *port },
            FibEntry::Group(id) => groups.get(id).map_or(Action::Unreachable, Action::new),
            FibEntry::Fixed(resolved) => Action::new(resolved),
        };
        let slot = Slot { entry: Some(entry.clone()), users: 1, action };
        if self.slots.is_empty() {
            self.slots.push(Slot { entry: None, users: 0, action: Action::Nothing });
        }
        let value = match self.free.pop() {
            Some(value) => {
                self.slots[value as usize] = slot;
                value
            }
            None => {
                self.slots.push(slot);
                (self.slots.len() - 1) as u32
            }
        };
        self.by_entry.insert(entry, value);
        self.changed.push(value);
        value
    }

    fn release(&mut self, value: u32) {
        let slot = &mut self.slots[value as usize];
        slot.users = slot.users.saturating_sub(1);
        if slot.users == 0 {
            self.changed.push(value);
        }
    }

    fn rewrite(&mut self, id: GroupId, resolved: Option<&Resolved>) {
        if let Some(&value) = self.by_entry.get(&FibEntry::Group(id)) {
            self.slots[value as usize].action = resolved.map_or(Action::Unreachable, Action::new);
            self.changed.push(value);
        }
    }

    /// Copies changed actions into `actions`; values that lost their last user become free.
    fn publish(&mut self, actions: &mut Vec<Action>) {
        for value in std::mem::take(&mut self.changed) {
            let slot = &mut self.slots[value as usize];
            if slot.users == 0
                && let Some(entry) = slot.entry.take()
            {
                slot.action = Action::Nothing;
                self.by_entry.remove(&entry);
                self.free.push(value);
            }
            let index = value as usize;
            if actions.len() <= index {
                actions.resize(index + 1, Action::Nothing);
            }
            actions[index].clone_from(&slot.action);
        }
    }
}
