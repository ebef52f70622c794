//! Films a running lab: looks, whenever time is about to go on, at the nodes that something happened to, and writes down
//! what is different. It only looks (see [`Lab::peek`]): a filmed run is, byte for byte, the run that was not.

use super::super::sim::{Engine, Lab};
use super::super::topology::Role;
use super::film::{Event, Film, Rows, Table};
use super::rows;
use super::trouble::Troubles;
use fib::{Instant, Prefix};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What films a lab.
pub struct Camera {
    film: Film,
    seen: Vec<Seen>,
    /// Operations already seen; `None`: nothing was seen yet.
    operations: Option<u64>,
    troubles: Troubles,
}

/// What a node was like when it was last looked at.
#[derive(Clone, Default, PartialEq)]
struct Seen {
    touched: u64,
    boots: u32,
    alive: bool,
    tables: Option<u64>,
    generation: Option<u64>,
    bgp: u64,
}

/// What of the network may have changed.
#[derive(Default)]
pub struct Changed {
    /// Cables, nodes that are on, or addresses.
    pub world: bool,
    /// Forwarding entries: nodes.
    pub nodes: BTreeSet<usize>,
    /// And the prefixes.
    pub prefixes: BTreeSet<Prefix>,
}

impl Camera {
    fn new(lab: &mut Lab, limit: usize) -> Camera {
        let routers = lab.topology.nodes.iter().enumerate();
        let routers = routers.filter(|(_, n)| matches!(n.role, Role::Router(_))).map(|(n, _)| n).collect();
        Camera {
            film: Film::new(limit),
            seen: vec![Seen::default(); lab.nodes.len()],
            operations: None,
            troubles: Troubles::new(lab.tables(), routers),
        }
    }

    fn look(&mut self, lab: &mut Lab) {
        let now = lab.now;
        for note in lab.recorder.take_notes() {
            let node = note.node.as_ref().and_then(|name| lab.find(name).ok());
            let kind = if note.node.is_some() { "log" } else { "operation" };
            self.film.happened(Event { at: note.at, kind, node, text: note.text });
        }
        let mut changed = Changed::default();
        let operations = Some(lab.recorder.operations());
        if self.operations != operations {
            self.operations = operations;
            changed.world = true;
            self.look_at_cables(lab);
        }
        for index in 0..lab.nodes.len() {
            self.look_at_node(lab, index, &mut changed);
        }
        // Where packets go from a program that is not ours is not known.
        if lab.topology.foreign().next().is_none() {
            self.troubles.follow(lab, &changed, &mut self.film);
        }
        self.film.reach(now);
    }

    /// A cable: `[plugged in, what frames suffer there, and back]`
    fn look_at_cables(&mut self, lab: &Lab) {
        for (index, link) in lab.links().iter().enumerate() {
            let [there, back] = link.impairments.map(|i| i.to_string());
            let row = serde_json::json!([link.up, there, back]).to_string();
            self.film.set_row(lab.now, Table::Link, index, "", Some(Arc::from(row)));
        }
    }

    fn look_at_node(&mut self, lab: &mut Lab, index: usize, changed: &mut Changed) {
        let now = lab.now;
        let Some(before) = self.seen.get(index).cloned() else { return };
        let on = lab.is_on(index);
        let elsewhere = lab.far_router(index).is_some();
        let Some(node) = lab.nodes.get(index) else { return };
        let mut seen = before.clone();
        seen.touched = node.touched;
        seen.boots = node.boots;
        seen.alive = on;
        if seen == before && !elsewhere {
            return;
        }
        let mut speaks = (false, false, false);
        let mut settled = false;
        if let Engine::Router(router) = &node.engine {
            let config = router.config();
            speaks = (config.ospf.is_some(), config.bgp.is_some(), config.rip.is_some());
            seen.generation = Some(router.generation());
            if elsewhere {
                // Nobody tells when something is new there.
                settled = true;
                seen.tables = Some(before.tables.map_or(0, |t| t.wrapping_add(1)));
            } else if let Some(epoch) = router.tables_epoch() {
                settled = true;
                seen.tables = Some(epoch);
            }
        }
        let reboot = seen.boots != before.boots || seen.alive != before.alive;
        if reboot && !settled {
            seen.tables = None;
        }
        let mut set = |table, rows: Rows| self.film.set(now, table, index, rows);
        if reboot {
            let row = seen.alive.then(|| (String::new(), Arc::from("[true]")));
            set(Table::Node, row.into_iter().collect());
            changed.world = true;
        }
        if seen.generation != before.generation || reboot {
            changed.world = true;
            set(Table::Address, rows::addresses(lab, index));
        }
        // A node that is busy is looked at again when it has come to rest.
        if settled && seen.tables != before.tables || reboot {
            let fib = lab.fib(index);
            changed.prefixes.extend(self.troubles.differences(index, &fib));
            changed.nodes.insert(index);
            set(Table::Fib, rows::fib(&fib));
            let name = lab.nodes.get(index).map(|n| n.name.clone()).unwrap_or_default();
            let routes = lab.routes(&name);
            set(Table::Route, rows::routes(now, &routes));
            self.troubles.learn(index, fib);
        }
        let (ospf, bgp, rip) = speaks;
        let spoke = reboot || seen.generation != before.generation;
        if ospf || spoke {
            set(Table::Ospf, rows::ospf(lab, index));
        }
        if bgp || spoke {
            let (sessions, version) = rows::sessions(lab, index);
            set(Table::Session, sessions);
            seen.bgp = version;
            if version != before.bgp || seen.tables != before.tables || spoke {
                set(Table::Bgp, rows::bgp(lab, index));
            }
        }
        if rip || spoke {
            set(Table::Rip, rows::rip(lab, index));
            set(Table::Heard, rows::heard(lab, index));
        }
        if let Some(place) = self.seen.get_mut(index) {
            *place = seen;
        }
    }
}

impl Lab {
    /// Films from now on; the film keeps about so many bytes of what is latest.
    pub fn start_film(&mut self, limit: usize) {
        self.recorder.follow();
        let camera = Camera::new(self, limit);
        self.camera = Some(Box::new(camera));
    }

    /// Takes a look now. Done by itself whenever time goes on.
    pub fn look(&mut self) {
        if let Some(mut camera) = self.camera.take() {
            camera.look(self);
            self.camera = Some(camera);
        }
    }

    /// The film so far; `None`: nobody films.
    pub fn film(&self) -> Option<&Film> {
        self.camera.as_ref().map(|c| &c.film)
    }

    /// Learns what became of nodes that are elsewhere, and takes a look at them.
    pub(super) fn look_elsewhere(&mut self, now: Instant) {
        let news = self.catch_up(now);
        if let Some(camera) = &mut self.camera {
            for (node, text) in news {
                camera.film.happened(Event { at: now, kind: "log", node: Some(node), text });
            }
        }
        self.look();
    }

    /// Writes something beside the picture.
    pub(super) fn remark(&mut self, kind: &'static str, text: String) {
        let at = self.now;
        if let Some(camera) = &mut self.camera {
            camera.film.happened(Event { at, kind, node: None, text });
        }
    }
}
