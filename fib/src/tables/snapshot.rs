//! What the forwarder reads: every table, group and rule as of one commit. Nothing here changes, allocates or waits.

use super::rule::TABLE_DEFAULT;
use super::{Group, Resolved, Rule, RuleAction};
use crate::lpm::Lpm;
use crate::{PortId, Prefix, TableId};
use core::net::IpAddr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a forwarding decision may depend on.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct FlowKey {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// The port it came in on; `None` for what this router sends.
    pub iif: Option<PortId>,
    /// Type of service or traffic class byte.
    pub tos: u8,
    /// Firewall mark.
    pub mark: u32,
}

impl FlowKey {
    /// A key that only has a destination.
    pub const fn to(dst: IpAddr) -> FlowKey {
        FlowKey { src: dst, dst, iif: None, tos: 0, mark: 0 }
    }
}

/// What to do with a packet.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Decision<'a> {
    /// Deliver it to this router.
    Local {
        /// What kind of address was hit.
        kind: LocalKind,
        /// The port that owns the address; `None`: any.
        port: Option<PortId>,
    },
    /// Send it to one of these.
    Forward(&'a Group),
    /// Drop it in silence.
    Blackhole,
    /// Drop it and answer ICMP host unreachable.
    Unreachable,
    /// Drop it and answer ICMP administratively prohibited.
    Prohibit,
    /// No table has a route: drop it and answer ICMP net unreachable.
    NoRoute,
}

/// The kind of one of this router's own addresses.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LocalKind {
    /// A unicast address of this router.
    Host,
    /// A subnet's broadcast address, or 255.255.255.255.
    Broadcast,
    /// A joined group.
    Multicast,
}

/// All tables as of one commit. `Send + Sync`; clones share their tables.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) local: Arc<Lpm>,
    pub(super) main: Arc<Lpm>,
    pub(super) numbered: BTreeMap<TableId, Arc<Lpm>>,
    /// What a table's value stands for; entry 0 is "nothing found".
    pub(super) actions: Arc<Vec<Action>>,
    pub(super) rules: Vec<Rule>,
    /// The rules are the default ones and table `default` is empty: local, then main.
    pub(super) plain: bool,
}

/// What a table's value stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Action {
    Nothing,
    Local { kind: LocalKind, port: Option<PortId> },
    Forward(Group),
    Blackhole,
    Unreachable,
    Prohibit,
}

impl Action {
    pub(super) fn new(resolved: &Resolved) -> Action {
        match resolved {
            Resolved::Via(hops) => Group::new(hops).map_or(Action::Unreachable, Action::Forward),
            Resolved::Blackhole => Action::Blackhole,
            Resolved::Unreachable => Action::Unreachable,
            Resolved::Prohibit => Action::Prohibit,
        }
    }

    #[inline]
    fn decision(&self) -> Option<Decision<'_>> {
        match self {
            Action::Nothing => None,
            Action::Local { kind, port } => Some(Decision::Local { kind: *kind, port: *port }),
            Action::Forward(group) => Some(Decision::Forward(group)),
            Action::Blackhole => Some(Decision::Blackhole),
            Action::Unreachable => Some(Decision::Unreachable),
            Action::Prohibit => Some(Decision::Prohibit),
        }
    }
}

impl Default for Snapshot {
    fn default() -> Snapshot {
        Snapshot {
            local: Arc::default(),
            main: Arc::default(),
            numbered: BTreeMap::new(),
            actions: Arc::new(vec![Action::Nothing]),
            rules: Rule::defaults().to_vec(),
            plain: true,
        }
    }
}

impl Snapshot {
    /// The forwarding decision, as the kernel takes it: the rules in order of priority, and in each table the
    /// longest match; the first hit ends the search.
    #[inline]
    pub fn lookup(&self, key: &FlowKey) -> Decision<'_> {
        if self.plain {
            let hit = match self.local.lookup(key.dst) {
                0 => self.main.lookup(key.dst),
                hit => hit,
            };
            return self.decision(hit).unwrap_or(Decision::NoRoute);
        }
        self.lookup_rules(key)
    }

    /// The longest match for `dst` in one table. Slower than [`Snapshot::lookup`]: it also says which prefix.
    pub fn lookup_in(&self, table: TableId, dst: IpAddr) -> Option<(Prefix, Decision<'_>)> {
        let (prefix, value) = self.table(table)?.longest(dst)?;
        Some((prefix, self.decision(value)?))
    }

    /// Which kind of our own address `addr` is, if it is one.
    #[inline]
    pub fn is_local(&self, addr: IpAddr) -> Option<LocalKind> {
        match self.decision(self.local.lookup(addr)) {
            Some(Decision::Local { kind, .. }) => Some(kind),
            _ => None,
        }
    }

    /// The entries of a table in prefix order, from the start or from after a prefix.
    pub fn entries(
        &self,
        table: TableId,
        after: Option<Prefix>,
    ) -> impl Iterator<Item = (Prefix, Decision<'_>)> + '_ {
        self.table(table)
            .into_iter()
            .flat_map(move |lpm| lpm.range(after))
            .filter_map(|(prefix, value)| Some((prefix, self.decision(value)?)))
    }

    /// The tables that hold anything, `local` and `main` included, in order of number.
    pub fn tables(&self) -> Vec<TableId> {
        let mut all: Vec<TableId> = self.numbered.keys().copied().collect();
        all.extend([TableId::LOCAL, TableId::MAIN].into_iter().filter(|t| self.len(*t) > 0));
        all.sort();
        all
    }

    /// How many entries a table has.
    pub fn len(&self, table: TableId) -> usize {
        self.table(table).map_or(0, Lpm::len)
    }

    /// Whether no table has any entry.
    pub fn is_empty(&self) -> bool {
        self.tables().is_empty()
    }

    /// The rules in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    #[inline]
    fn decision(&self, value: u32) -> Option<Decision<'_>> {
        self.actions.get(value as usize).and_then(Action::decision)
    }

    #[inline]
    fn table(&self, table: TableId) -> Option<&Lpm> {
        match table {
            TableId::LOCAL => Some(&self.local),
            TableId::MAIN => Some(&self.main),
            other => self.numbered.get(&other).map(|t| &**t),
        }
    }

    fn lookup_rules(&self, key: &FlowKey) -> Decision<'_> {
        for rule in self.rules.iter().filter(|r| r.matches(key)) {
            match rule.action {
                RuleAction::Blackhole => return Decision::Blackhole,
                RuleAction::Unreachable => return Decision::Unreachable,
                RuleAction::Prohibit => return Decision::Prohibit,
                RuleAction::Table(table) => {
                    let value = self.table(table).map_or(0, |t| t.lookup(key.dst));
                    if let Some(decision) = self.decision(value) {
                        return decision;
                    }
                }
            }
        }
        Decision::NoRoute
    }

    pub(super) fn update_plain(&mut self) {
        let default_empty = self.numbered.get(&TABLE_DEFAULT).is_none_or(|t| t.is_empty());
        self.plain = default_empty && self.rules == Rule::defaults();
    }
}
