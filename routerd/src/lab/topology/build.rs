//! A topology built in code, for tests: `Topology::new("pair").router("r1", config).link("r1:eth1", "r2:eth1")`.
//! A mistake here is a mistake in a test: it panics and says which.
#![expect(clippy::panic, reason = "a topology in code is written by whoever reads the panic")]

use super::{Container, End, Link, Node, Role, Topology, host, named};
use crate::lab::cable::Impairment;
use configs::Config;

impl Topology {
    /// Adds a router. Its hostname becomes `name` if the configuration does not say otherwise.
    #[must_use]
    pub fn router(mut self, name: &str, config: Config) -> Topology {
        let config = named(config, name);
        self.nodes.push(Node {
            name: name.to_owned(),
            role: Role::Router(Box::new(config)),
            container: Container::default(),
        });
        self
    }

    /// Adds a host that is configured by the lines one would type on Linux: `ip addr add 10.0.0.2/24 dev eth1`.
    ///
    /// # Panics
    /// On a line that is not understood: a mistake in the test that builds this.
    #[must_use]
    pub fn host(mut self, name: &str, lines: &[&str]) -> Topology {
        let mut config = host::empty(name);
        for line in lines {
            host::line(&mut config, line).unwrap_or_else(|e| panic!("host {name}: {e}"));
        }
        self.nodes.push(Node {
            name: name.to_owned(),
            role: Role::Host(Box::new(config)),
            container: Container::default(),
        });
        self
    }

    /// Adds a switch.
    #[must_use]
    pub fn switch(mut self, name: &str) -> Topology {
        self.nodes.push(Node { name: name.to_owned(), role: Role::Switch, container: Container::default() });
        self
    }

    /// Adds a cable between two ends written `r1:eth1`.
    ///
    /// # Panics
    /// When an end names no node: a mistake in the test that builds this.
    #[must_use]
    pub fn link(self, a: &str, b: &str) -> Topology {
        self.link_with(a, b, Impairment::default())
    }

    /// Adds a cable with impairments in both directions.
    ///
    /// # Panics
    /// When an end names no node: a mistake in the test that builds this.
    #[must_use]
    pub fn link_with(mut self, a: &str, b: &str, impairment: Impairment) -> Topology {
        let end = |text: &str| {
            let (node, interface) =
                text.split_once(':').unwrap_or_else(|| panic!("`{text}` is no NODE:INTERFACE"));
            let node = self.node(node).unwrap_or_else(|| panic!("`{text}`: no such node"));
            End { node, interface: interface.to_owned(), mac: None }
        };
        let ends = [end(a), end(b)];
        self.links.push(Link { ends, mtu: 1500, impairments: [impairment; 2] });
        self
    }
}
