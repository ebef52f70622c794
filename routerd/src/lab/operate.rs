//! What an operator does to a lab: pull a cable, spoil it, switch a node off and on, type into a router.
//! Names are checked here and nowhere else; every act is written into the trace.

use super::cable::{Impairment, Side};
use super::sim::{Engine, Lab, interface_names};
use super::topology::Role;
use super::yaml::did_you_mean;
use cli::command::Mode;
use cli::{Command, Reply};

/// One change to a cable.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Plug it in.
    Up,
    /// Pull it out: both ends lose the carrier.
    Down,
    /// `delay` to `10ms`, and so on; see [`Impairment::set`]. In both directions.
    Set(String, String),
    /// The same for what this end sends alone.
    SetOut(String, String),
}

impl core::str::FromStr for Change {
    type Err = String;

    /// `up`, `down`, `delay=10ms`, `loss=1%`, `rate=10mbit`, ...; `out.loss=100%` for one direction.
    fn from_str(s: &str) -> Result<Change, String> {
        match s {
            "up" => Ok(Change::Up),
            "down" => Ok(Change::Down),
            _ => {
                let (key, value) = s.split_once('=').ok_or_else(|| {
                    format!("`{s}` is not understood: expected up, down or KEY=VALUE such as delay=10ms")
                })?;
                let bare = key.strip_prefix("out.");
                let property = bare.unwrap_or(key);
                Impairment::default().set(property, value)?;
                let (property, value) = (property.to_owned(), value.to_owned());
                Ok(if bare.is_some() {
                    Change::SetOut(property, value)
                } else {
                    Change::Set(property, value)
                })
            }
        }
    }
}

impl Lab {
    /// The index of a node, or who else it might be.
    pub fn find(&self, node: &str) -> Result<usize, String> {
        self.nodes.iter().position(|n| n.name == node).ok_or_else(|| {
            let names: Vec<&str> = self.nodes.iter().map(|n| n.name.as_str()).collect();
            format!(
                "no node `{node}`{}; there are {}",
                did_you_mean(node, names.iter().copied()),
                names.join(", ")
            )
        })
    }

    /// The cable at an end written `r1:eth1`, and which of its ends that is.
    pub fn find_cable(&self, end: &str) -> Result<(usize, Side), String> {
        let (name, interface) = end
            .split_once(':')
            .ok_or_else(|| format!("`{end}` is no end of a cable: expected NODE:INTERFACE"))?;
        let index = self.find(name)?;
        let node = self.nodes.get(index).ok_or("no such node")?;
        let names = interface_names(node);
        let found = names.get(interface).and_then(|n| node.interfaces.get(*n));
        found.map(|i| (i.cable, i.side)).ok_or_else(|| {
            let known: Vec<&str> = names.keys().copied().collect();
            let hint = did_you_mean(interface, known.iter().copied());
            match known.is_empty() {
                true => format!("{name} has no cables"),
                false => format!("{name} has no cable at `{interface}`{hint}; it has {}", known.join(", ")),
            }
        })
    }

    /// Changes the cable at `end`.
    pub fn change_link(&mut self, end: &str, change: &Change) -> Result<(), String> {
        let (index, here) = self.find_cable(end)?;
        match change {
            Change::Up | Change::Down => {
                let up = *change == Change::Up;
                let wire = self.cables.get_mut(index).ok_or("no such cable")?;
                if wire.cable.set_up(up) {
                    self.recorder.operation(self.now, &format!("{} {end}", if up { "heal" } else { "cut" }));
                    self.tell_carrier(index);
                }
            }
            Change::Set(key, value) | Change::SetOut(key, value) => {
                let wire = self.cables.get_mut(index).ok_or("no such cable")?;
                let one_way = matches!(change, Change::SetOut(..));
                for side in [Side::A, Side::B].into_iter().filter(|s| !one_way || *s == here) {
                    let mut impairment = wire.cable.impairment(side);
                    impairment.set(key, value)?;
                    wire.cable.set_impairment(side, impairment);
                }
                let way = if one_way { "out." } else { "" };
                self.recorder.operation(self.now, &format!("{end} {way}{key}={value}"));
            }
        }
        Ok(())
    }

    /// Pulls the cable at `end`. Pulling a pulled cable changes nothing.
    pub fn cut(&mut self, end: &str) -> Result<(), String> {
        self.change_link(end, &Change::Down)
    }

    /// Plugs the cable at `end` in again.
    pub fn heal(&mut self, end: &str) -> Result<(), String> {
        self.change_link(end, &Change::Up)
    }

    /// Switches a node off, without a word: it sends nothing more, and whoever is cabled to it loses the carrier.
    pub fn kill(&mut self, node: &str) -> Result<(), String> {
        let index = self.find(node)?;
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        if matches!(node.engine, Engine::Off) {
            return Ok(());
        }
        node.engine = Engine::Off;
        self.recorder
            .operation(self.now, &format!("kill {}", self.nodes.get(index).map_or("?", |n| &n.name)));
        self.replug(index);
        self.touch(index, false);
        Ok(())
    }

    /// Switches a dead node on again, with the configuration of the topology and an empty memory.
    pub fn revive(&mut self, node: &str) -> Result<(), String> {
        let index = self.find(node)?;
        if self.is_alive(index) {
            return Ok(());
        }
        self.recorder.operation(self.now, &format!("revive {node}"));
        self.boot(index);
        // Those at the other ends see a carrier now.
        self.tell_carriers(index);
        self.touch(index, false);
        Ok(())
    }

    /// Whether a node is switched on.
    pub fn is_alive(&self, index: usize) -> bool {
        self.nodes.get(index).is_some_and(|n| !matches!(n.engine, Engine::Off))
    }

    /// Types configuration lines into a node, beginning in `configure terminal`. Stops at the first refused line.
    pub fn configure(&mut self, node: &str, lines: &[&str]) -> Result<(), String> {
        let mut mode = Mode::Config;
        for line in lines {
            match self.execute(node, Command::Configure { mode: mode.clone(), line: (*line).to_owned() })? {
                Reply::Configured(next) => mode = next,
                Reply::Error(e) => return Err(format!("{node}: `{line}`: {e}")),
                _ => {}
            }
        }
        self.recorder.operation(self.now, &format!("configure {node}: {}", lines.join("; ")));
        Ok(())
    }

    /// Types the same configuration lines into every router that is on.
    pub fn configure_all(&mut self, lines: &[&str]) -> Result<(), String> {
        let routers = self.topology.nodes.iter().enumerate();
        let routers: Vec<String> = routers
            .filter(|(n, node)| matches!(node.role, Role::Router(_)) && self.is_alive(*n))
            .map(|(_, node)| node.name.clone())
            .collect();
        routers.iter().try_for_each(|name| self.configure(name, lines))
    }

    /// What was on its cables is lost with a node, and the far ends see the carrier go.
    fn replug(&mut self, index: usize) {
        let cables: Vec<usize> =
            self.nodes.get(index).map(|n| n.interfaces.iter().map(|i| i.cable).collect()).unwrap_or_default();
        for cable in cables {
            if let Some(wire) = self.cables.get_mut(cable) {
                wire.cable.drop_in_flight();
            }
        }
        self.tell_carriers(index);
    }
}
