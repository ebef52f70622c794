//! Routers that run elsewhere: a lab that stands still ([`Lab::still`]) has their wiring and configurations, and is looked at
//! as if they were in it.

use super::operate::Change;
use super::sim::Lab;
use super::topology::Role;
use cli::Reply;
use cli::command::Show;
use fib::Instant;

/// Who knows them.
pub trait Far: Send {
    /// What a router shows now, `now` after the lab was looked at first; `None`: it does not answer.
    fn ask(&mut self, now: Instant, node: &str, show: Show) -> Option<Reply>;
    /// Whether a node is on.
    fn is_on(&mut self, node: &str) -> bool;
    /// Whether a node's port has a carrier; `None`: nobody there can be asked.
    fn has_carrier(&mut self, now: Instant, node: &str, interface: &str) -> Option<bool>;
    /// Lines that nodes logged since the last call: node and text.
    fn news(&mut self) -> Vec<(String, String)>;
}

impl Lab {
    /// From now on the routers of this lab are those that `far` knows.
    pub(super) fn stand_for(&mut self, far: Box<dyn Far>) {
        self.far = Some(far);
    }

    /// Whether the routers are elsewhere.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.far.is_some()
    }

    /// The name of a router that is elsewhere. Hosts are as they were configured.
    pub(super) fn far_router(&self, node: usize) -> Option<String> {
        let node = self.topology.nodes.get(node).filter(|_| self.is_elsewhere())?;
        matches!(node.role, Role::Router(_)).then(|| node.name.clone())
    }

    /// What the far router of this name shows.
    pub(super) fn ask_far(&mut self, node: &str, show: Show) -> Option<Reply> {
        let now = self.now;
        self.far.as_mut()?.ask(now, node, show)
    }

    /// Whether a node is on, also where it is no part of this program.
    pub(super) fn is_on(&mut self, index: usize) -> bool {
        let node = self.topology.nodes.get(index);
        match (&mut self.far, node) {
            (Some(far), Some(node)) if matches!(node.role, Role::Foreign(_)) => far.is_on(&node.name),
            _ => self.is_alive(index),
        }
    }

    /// Learns which nodes are on and which cables carry at `now`, and what nodes logged since the last time: node and text.
    pub(super) fn catch_up(&mut self, now: Instant) -> Vec<(usize, String)> {
        let Some(mut far) = self.far.take() else { return Vec::new() };
        self.now = now;
        for index in 0..self.topology.nodes.len() {
            let Some(node) = self.topology.nodes.get(index) else { continue };
            let on = far.is_on(&node.name);
            if on != self.is_alive(index) && !matches!(node.role, Role::Foreign(_)) {
                let name = node.name.clone();
                // It is there: that cannot fail.
                let _ = if on { self.revive(&name) } else { self.kill(&name) };
            }
        }
        let links = self.topology.links.clone();
        for (link, view) in links.iter().zip(self.links()) {
            let carrier = |(index, interface): (usize, &str), far: &mut dyn Far| {
                let name = &self.topology.nodes.get(index)?.name;
                // At a node that is off both ends are down, whatever the cable is.
                if far.is_on(name) { Some(far.has_carrier(now, name, interface)) } else { None }
            };
            let [a, b] = link.ends.each_ref().map(|e| carrier((e.node, &e.interface), far.as_mut()));
            let (Some(a), Some(b)) = (a, b) else { continue };
            let Some(up) = a.or(b).map(|one| one && b.unwrap_or(true)) else { continue };
            if up != view.up
                && let Some(end) = view.ends.first()
            {
                let _ = self.change_link(end, if up { &Change::Up } else { &Change::Down });
            }
        }
        let news = far.news();
        self.far = Some(far);
        news.into_iter().filter_map(|(node, text)| Some((self.find(&node).ok()?, text))).collect()
    }
}
