//! Policy rules, as `ip rule` has them: in order of priority, the first whose selectors match names a table to
//! search; a search that finds nothing goes on with the next rule.

use super::FlowKey;
use crate::{PortId, Prefix, TableId};

/// The table that rule 32767 searches in Linux (`default`); empty unless somebody fills it.
pub const TABLE_DEFAULT: TableId = TableId(253);

/// What a matching rule does.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RuleAction {
    /// Search this table.
    Table(TableId),
    /// Drop in silence.
    Blackhole,
    /// Drop and answer ICMP net unreachable.
    Unreachable,
    /// Drop and answer ICMP administratively prohibited.
    Prohibit,
}

/// One rule. A selector that is `None` matches everything.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rule {
    /// Order of evaluation, lowest first.
    pub priority: u32,
    /// The source address is inside.
    pub from: Option<Prefix>,
    /// The destination address is inside.
    pub to: Option<Prefix>,
    /// The packet came in on this port.
    pub iif: Option<PortId>,
    /// Value and mask: matches when `mark & mask == value & mask`.
    pub mark: Option<(u32, u32)>,
    /// The type of service byte without its ECN bits.
    pub tos: Option<u8>,
    /// What to do.
    pub action: RuleAction,
}

impl Rule {
    /// A rule without selectors.
    pub const fn any(priority: u32, action: RuleAction) -> Rule {
        Rule { priority, from: None, to: None, iif: None, mark: None, tos: None, action }
    }

    /// The three rules that the kernel starts with: 0 `local`, 32766 `main`, 32767 `default`.
    pub const fn defaults() -> [Rule; 3] {
        [
            Rule::any(0, RuleAction::Table(TableId::LOCAL)),
            Rule::any(32766, RuleAction::Table(TableId::MAIN)),
            Rule::any(32767, RuleAction::Table(TABLE_DEFAULT)),
        ]
    }

    /// Whether every selector matches.
    pub fn matches(&self, key: &FlowKey) -> bool {
        self.from.is_none_or(|p| p.contains(key.src))
            && self.to.is_none_or(|p| p.contains(key.dst))
            && self.iif.is_none_or(|i| key.iif == Some(i))
            && self.mark.is_none_or(|(value, mask)| key.mark & mask == value & mask)
            && self.tos.is_none_or(|t| key.tos & 0xfc == t & 0xfc)
    }
}
