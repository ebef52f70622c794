//! Loops and black holes as they come and go: forwarding tables are walked again only for destinations that a change
//! may concern.

use super::super::sim::Lab;
use super::super::walk::Tables;
use super::camera::Changed;
use super::film::{Event, Film, Table};
use cli::reply::FibView;
use core::net::IpAddr;
use fib::Prefix;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the tables were, and for whom they lead nowhere.
pub struct Troubles {
    tables: Tables,
    routers: BTreeSet<usize>,
    /// What each node's entries were: prefix to everything else of the entry that matters.
    entries: Vec<BTreeMap<Prefix, String>>,
    /// Every address that a node ever had, and one of each network beyond the lab.
    known: BTreeSet<IpAddr>,
    beyond: BTreeSet<IpAddr>,
    loops: BTreeMap<IpAddr, Vec<String>>,
    holes: BTreeMap<IpAddr, BTreeSet<usize>>,
}

impl Troubles {
    /// Nothing was looked at yet. Packets sent on by `routers` count.
    pub fn new(tables: Tables, routers: BTreeSet<usize>) -> Troubles {
        Troubles {
            tables,
            routers,
            entries: Vec::new(),
            known: BTreeSet::new(),
            beyond: BTreeSet::new(),
            loops: BTreeMap::new(),
            holes: BTreeMap::new(),
        }
    }

    /// The prefixes for which a node's entries are other ones than before.
    pub fn differences(&mut self, node: usize, views: &[FibView]) -> BTreeSet<Prefix> {
        if self.entries.len() <= node {
            self.entries.resize(node + 1, BTreeMap::new());
        }
        let Some(old) = self.entries.get_mut(node) else { return BTreeSet::new() };
        let text = |v: &FibView| {
            let hops = v.adjacencies.iter().map(|(gateway, interface, _)| format!("{gateway:?} {interface}"));
            format!("{} {}", v.action, hops.collect::<Vec<_>>().join(" "))
        };
        let new: BTreeMap<Prefix, String> = views.iter().map(|v| (v.prefix, text(v))).collect();
        let gone = old.iter().filter(|(p, t)| new.get(*p) != Some(*t)).map(|(p, _)| *p);
        let come = new.iter().filter(|(p, t)| old.get(*p) != Some(*t)).map(|(p, _)| *p);
        let all = gone.chain(come).collect();
        *old = new;
        all
    }

    /// A node's entries are now these.
    pub fn learn(&mut self, node: usize, views: Vec<FibView>) {
        for view in &views {
            let prefix = view.prefix;
            let owned = self.known.range(prefix.addr()..).next().is_some_and(|a| prefix.contains(*a));
            if !owned && view.adjacencies.iter().any(|(gateway, _, _)| gateway.is_some()) {
                self.beyond.insert(prefix.addr());
            }
        }
        self.tables.set_fib(node, views);
    }

    /// Walks what may be different, and films what is.
    pub fn follow(&mut self, lab: &Lab, changed: &Changed, film: &mut Film) {
        let mut affected: BTreeSet<IpAddr> = BTreeSet::new();
        if changed.world {
            self.tables.set_world(lab);
            self.known.extend(self.tables.addresses());
            affected.extend(self.known.iter().chain(&self.beyond));
        }
        for prefix in &changed.prefixes {
            for all in [&self.known, &self.beyond] {
                affected.extend(all.range(prefix.addr()..).take_while(|a| prefix.contains(**a)));
            }
        }
        for to in affected {
            self.look_for_loop(lab, to, film);
            if self.known.contains(&to) {
                self.look_for_holes(lab, to, film);
            }
        }
    }

    /// `[the way round: nodes]`
    fn look_for_loop(&mut self, lab: &Lab, to: IpAddr, film: &mut Film) {
        let path = self.tables.loop_towards(to).map(|l| l.path);
        if self.loops.get(&to) == path.as_ref() {
            return;
        }
        let row = path.as_ref().map(|path| {
            let nodes: Vec<usize> = path.iter().filter_map(|name| lab.find(name).ok()).collect();
            Arc::from(json!([nodes]).to_string())
        });
        film.set_row(lab.now(), Table::Loop, 0, &to.to_string(), row);
        match path {
            Some(path) => {
                let text = format!("packets to {to} circle: {}", path.join(" > "));
                film.happened(Event { at: lab.now(), kind: "loop", node: None, text });
                self.loops.insert(to, path);
            }
            None => {
                let text = format!("packets to {to} circle no longer");
                film.happened(Event { at: lab.now(), kind: "loop", node: None, text });
                self.loops.remove(&to);
            }
        }
    }

    /// `[nodes]`
    fn look_for_holes(&mut self, lab: &Lab, to: IpAddr, film: &mut Film) {
        let holes = self.tables.holes_towards(to, &self.routers);
        if self.holes.get(&to).map_or(holes.is_empty(), |old| *old == holes) {
            return;
        }
        let row = (!holes.is_empty()).then(|| Arc::from(json!([holes]).to_string()));
        film.set_row(lab.now(), Table::Hole, 0, &to.to_string(), row);
        if holes.is_empty() {
            self.holes.remove(&to);
        } else {
            self.holes.insert(to, holes);
        }
    }
}
