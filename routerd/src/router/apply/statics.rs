//! Static routes and rules.

use super::super::Router;
use configs::config::{Discard, StaticRoute};
use fib::{Instant, Kind, NextHop, Prefix, Protocol, Route, Rule, RuleAction, Source, TableId, Target};
use std::collections::BTreeMap;

impl Router {
    pub(super) fn apply_statics(&mut self, now: Instant) {
        let mut wanted: BTreeMap<(TableId, Prefix, u8), Route> = BTreeMap::new();
        for route in &self.config.routes {
            let table = route.table.unwrap_or(TableId::MAIN);
            let Some(target) = self.static_target(route) else { continue };
            let key = (table, route.prefix, route.distance);
            let entry = wanted.entry(key).or_insert_with(|| Route {
                distance: route.distance,
                metric: 0,
                tag: route.tag,
                kind: Kind::Plain,
                target: Target::Via(Vec::new()),
            });
            match (&mut entry.target, target) {
                (Target::Via(hops), Target::Via(more)) => hops.extend(more),
                // A discard beside next hops of the same distance is of no use while they work: the hops win.
                (Target::Via(hops), discard) if hops.is_empty() => entry.target = discard,
                (discard, Target::Via(more)) if !more.is_empty() => *discard = Target::Via(more),
                _ => {}
            }
        }
        wanted.retain(|_, route| route.target != Target::Via(Vec::new()));
        let source = |distance: u8| Source::new(Protocol::Static, distance.into());
        let old = std::mem::replace(&mut self.installed.statics, wanted.clone());
        for (table, prefix, distance) in old.keys().filter(|k| !wanted.contains_key(k)) {
            self.rib.withdraw(*table, source(*distance), *prefix);
        }
        for ((table, prefix, distance), route) in wanted {
            if old.get(&(table, prefix, distance)) != Some(&route) {
                self.rib.announce(now, table, source(distance), prefix, route);
            }
        }
    }

    /// Where a static route leads; `None` while its interface is absent.
    fn static_target(&self, route: &StaticRoute) -> Option<Target> {
        if let Some(kind) = route.kind {
            return Some(match kind {
                Discard::Blackhole => Target::Blackhole,
                Discard::Unreachable => Target::Unreachable,
                Discard::Prohibit => Target::Prohibit,
            });
        }
        let port = match &route.interface {
            Some(name) => Some(self.ports.by_name(name)?.id),
            None => None,
        };
        let hop = NextHop { gateway: route.via, port, weight: route.weight.max(1), onlink: route.onlink };
        Some(Target::Via(vec![hop]))
    }

    pub(super) fn apply_rules(&mut self) {
        let mut rules = Rule::defaults().to_vec();
        for rule in &self.config.rules {
            let iif = match &rule.iif {
                // A rule for an absent interface matches nothing.
                Some(name) => match self.ports.by_name(name) {
                    Some(port) => Some(port.id),
                    None => continue,
                },
                None => None,
            };
            let action = match (rule.table, rule.kind) {
                (_, Some(Discard::Blackhole)) => RuleAction::Blackhole,
                (_, Some(Discard::Unreachable)) => RuleAction::Unreachable,
                (_, Some(Discard::Prohibit)) => RuleAction::Prohibit,
                (table, None) => RuleAction::Table(table.unwrap_or(TableId::MAIN)),
            };
            rules.push(Rule {
                priority: rule.priority.into(),
                from: rule.from,
                to: rule.to,
                iif,
                mark: None,
                tos: rule.tos,
                action,
            });
        }
        if rules != self.installed.rules {
            self.installed.rules.clone_from(&rules);
            self.fib.set_rules(rules);
        }
    }
}
