//! Where packets would go: forwarding tables walked hop by hop without sending anything, and the invariants one wants of
//! them. A walk sees what is in the tables now; it proves nothing about the next second.

use super::checks::bench::all_fib;
use super::sim::{Engine, Lab};
use cli::reply::FibView;
use core::net::IpAddr;
use fib::Prefix;
use std::collections::{BTreeMap, BTreeSet};

/// A way round in circles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardingLoop {
    /// Packets to this address.
    pub destination: IpAddr,
    /// Names of nodes; the last one is the first again.
    pub path: Vec<String>,
}

impl core::fmt::Display for ForwardingLoop {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "packets to {} circle: {}", self.destination, self.path.join(" > "))
    }
}

/// The forwarding tables of every node at one instant.
pub struct Tables {
    names: Vec<String>,
    fibs: Vec<Fib>,
    /// Nodes that are on and have tables.
    alive: Vec<usize>,
    /// Who owns an address, among nodes that are on.
    owners: BTreeMap<IpAddr, usize>,
    /// (node, interface name) to the (node) indices on the same wire or LAN.
    neighbors: BTreeMap<(usize, String), BTreeSet<usize>>,
}

#[derive(Default)]
struct Fib {
    routes: BTreeMap<Prefix, FibView>,
    lengths: BTreeSet<u8>,
}

impl Fib {
    fn new(views: Vec<FibView>) -> Fib {
        let lengths = views.iter().map(|v| v.prefix.len()).collect();
        Fib { lengths, routes: views.into_iter().map(|v| (v.prefix, v)).collect() }
    }

    fn lookup(&self, address: IpAddr) -> Option<&FibView> {
        self.lengths.iter().rev().find_map(|len| {
            self.routes.get(&Prefix::new(address, *len)).filter(|f| f.prefix.contains(address))
        })
    }
}

impl Lab {
    /// The forwarding tables now.
    pub fn tables(&mut self) -> Tables {
        self.tables_with(|lab, node| lab.find(node).map(|n| lab.fib(n)).unwrap_or_default())
    }

    /// The same with entries from elsewhere.
    pub(super) fn tables_with(&mut self, mut entries: impl FnMut(&mut Lab, &str) -> Vec<FibView>) -> Tables {
        let names: Vec<String> = self.nodes.iter().map(|n| n.name.clone()).collect();
        let mut fibs = Vec::new();
        for name in &names {
            fibs.push(Fib::new(entries(self, name)));
        }
        let owners = self.owners();
        let alive = (0..self.nodes.len()).filter(|n| self.config_of(*n).is_some()).collect();
        Tables { names, fibs, alive, owners, neighbors: self.neighbors() }
    }

    /// Who owns each address, among nodes that are on.
    pub(super) fn owners(&self) -> BTreeMap<IpAddr, usize> {
        let mut owners = BTreeMap::new();
        for node in 0..self.nodes.len() {
            let addresses = self.config_of(node).into_iter().flat_map(|c| c.interfaces.values());
            for address in addresses.flat_map(|i| &i.addresses) {
                owners.entry(address.addr()).or_insert(node);
            }
        }
        owners
    }

    /// The forwarding entries of a node, IPv4 first.
    pub(super) fn fib(&mut self, node: usize) -> Vec<FibView> {
        all_fib(|show| self.peek(node, show))
    }

    /// Who is on the same wire or LAN as each interface, through plugged cables and live switches.
    pub(super) fn neighbors(&self) -> BTreeMap<(usize, String), BTreeSet<usize>> {
        let mut all = BTreeMap::new();
        for (index, node) in self.nodes.iter().enumerate() {
            if !matches!(node.engine, Engine::Router(_)) {
                continue;
            }
            for interface in &node.interfaces {
                let mut found = BTreeSet::new();
                let mut seen = BTreeSet::from([interface.cable]);
                let mut waiting = vec![(interface.cable, interface.side)];
                while let Some((cable, side)) = waiting.pop() {
                    let Some(wire) = self.cables.get(cable).filter(|w| w.cable.is_up()) else { continue };
                    let (far, _) = wire.end(side.other());
                    let Some(node) = self.nodes.get(far) else { continue };
                    match node.engine {
                        Engine::Router(_) => drop(found.insert(far)),
                        Engine::Switch(_) => {
                            let more = node.interfaces.iter().filter(|i| seen.insert(i.cable));
                            waiting.extend(more.map(|i| (i.cable, i.side)));
                        }
                        Engine::Off => {}
                    }
                }
                found.remove(&index);
                all.insert((index, interface.name.clone()), found);
            }
        }
        all
    }

    /// The first forwarding loop for any address of any node or network beyond, if there is one.
    pub fn find_loop(&mut self) -> Option<ForwardingLoop> {
        self.tables().find_loop()
    }
}

/// What a node does with packets to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Decision {
    /// It is its own.
    Deliver,
    /// To one of these nodes.
    Forward(Vec<usize>),
    /// Nothing useful, and why.
    Drop(String),
}

impl Tables {
    /// A node's entries are now these.
    pub(super) fn set_fib(&mut self, node: usize, views: Vec<FibView>) {
        if let Some(fib) = self.fibs.get_mut(node) {
            *fib = Fib::new(views);
        }
    }

    /// The cables, or the nodes that are on, or their addresses, are other ones now.
    pub(super) fn set_world(&mut self, lab: &Lab) {
        self.owners = lab.owners();
        self.neighbors = lab.neighbors();
        self.alive = (0..lab.nodes.len()).filter(|n| lab.config_of(*n).is_some()).collect();
    }

    /// Every address that a node has.
    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.owners.keys().copied()
    }

    /// Nodes at which packets to an address are lost although one of `routers` counts on them: it passes them on there,
    /// where is no route, or knows a next hop that nobody answers for. What is discarded on purpose is not lost, and who
    /// follows a default route counts on nothing.
    pub(super) fn holes_towards(&self, to: IpAddr, routers: &BTreeSet<usize>) -> BTreeSet<usize> {
        let entry = |node: usize| self.fibs.get(node).and_then(|f| f.lookup(to));
        let mut holes = BTreeSet::new();
        for node in self.alive.iter().copied().filter(|n| routers.contains(n)) {
            match self.decide(node, to) {
                Decision::Deliver => {}
                Decision::Forward(next) => {
                    let lost = |n: &usize| entry(*n).is_none() && self.owners.get(&to) != Some(n);
                    let counts = entry(node).is_some_and(|e| e.prefix.len() > 0);
                    holes.extend(next.into_iter().filter(|n| counts && lost(n)));
                }
                Decision::Drop(_) => {
                    holes.extend(entry(node).filter(|e| e.action == "forward").map(|_| node))
                }
            }
        }
        holes
    }

    fn decide(&self, node: usize, to: IpAddr) -> Decision {
        if self.owners.get(&to) == Some(&node) {
            return Decision::Deliver;
        }
        let Some(entry) = self.fibs.get(node).and_then(|f| f.lookup(to)) else {
            return Decision::Drop("no route".to_owned());
        };
        if entry.action != "forward" {
            return Decision::Drop(entry.action.clone());
        }
        let mut next = Vec::new();
        for (gateway, interface, _) in &entry.adjacencies {
            let wanted = gateway.unwrap_or(to);
            let here = self.neighbors.get(&(node, interface.clone()));
            let owner = here.into_iter().flatten().find(|n| self.owners.get(&wanted) == Some(n));
            next.extend(owner.copied());
        }
        if next.is_empty() {
            return Decision::Drop(format!("nobody answers for {}", entry.prefix));
        }
        Decision::Forward(next)
    }

    /// The names of the nodes a packet passes from `from` to `to` by each node's first choice, `Err` with the path and
    /// the reason when it does not arrive.
    pub fn path(&self, from: usize, to: IpAddr) -> Result<Vec<String>, (Vec<String>, String)> {
        let mut path = Vec::new();
        let mut at = from;
        loop {
            path.push(self.names.get(at).cloned().unwrap_or_default());
            if path.len() > self.names.len() {
                return Err((path, "it circles".to_owned()));
            }
            match self.decide(at, to) {
                Decision::Deliver => return Ok(path),
                Decision::Drop(why) => return Err((path, why)),
                Decision::Forward(next) => match next.first() {
                    Some(next) => at = *next,
                    None => return Err((path, "no next hop".to_owned())),
                },
            }
        }
    }

    /// The first loop for any address that a node owns, or for a network beyond the lab that some node forwards to,
    /// following every next hop of an ECMP set.
    pub fn find_loop(&self) -> Option<ForwardingLoop> {
        self.destinations().find_map(|to| self.loop_towards(to))
    }

    /// The same for all of these addresses: at most one loop for each, in the order of addresses.
    pub fn loops(&self) -> Vec<ForwardingLoop> {
        self.destinations().filter_map(|to| self.loop_towards(to)).collect()
    }

    fn destinations(&self) -> impl Iterator<Item = IpAddr> {
        self.owners.keys().copied().chain(self.networks_beyond())
    }

    /// One address of each network that is forwarded by way of a gateway and in which no node has an address: what
    /// static routes and redistribution pretend to know.
    fn networks_beyond(&self) -> BTreeSet<IpAddr> {
        let routes = self.fibs.iter().flat_map(|f| f.routes.values());
        let forwarded = routes.filter(|f| f.adjacencies.iter().any(|(gateway, _, _)| gateway.is_some()));
        let prefixes: BTreeSet<Prefix> = forwarded.map(|f| f.prefix).collect();
        let owned = |p: &Prefix| self.owners.range(p.addr()..).next().is_some_and(|(a, _)| p.contains(*a));
        prefixes.into_iter().filter(|p| !owned(p)).map(|p| p.addr()).collect()
    }

    /// Every pair of a node that is on and an address that some node owns where the tables do not lead there, and why.
    pub fn unreachable(&self) -> Vec<(String, IpAddr, String)> {
        let mut all = Vec::new();
        for node in &self.alive {
            for to in self.owners.keys() {
                if let Err((path, why)) = self.path(*node, *to) {
                    let from = self.names.get(*node).cloned().unwrap_or_default();
                    let at = path.last().filter(|last| **last != from);
                    all.push((from, *to, at.map_or(why.clone(), |at| format!("{why} at {at}"))));
                }
            }
        }
        all
    }

    /// Depth-first over the graph of next hops for one destination: a node met again while it is still on the path is a
    /// loop; a node that was finished before is not.
    pub(super) fn loop_towards(&self, to: IpAddr) -> Option<ForwardingLoop> {
        #[derive(Copy, Clone, PartialEq)]
        enum Mark {
            New,
            OnPath,
            Done,
        }
        let mut marks = vec![Mark::New; self.names.len()];
        for start in 0..self.names.len() {
            if marks.get(start) != Some(&Mark::New) {
                continue;
            }
            // (node, its next hops not yet followed)
            let mut stack: Vec<(usize, Vec<usize>)> = Vec::new();
            let mut enter = Some(start);
            loop {
                if let Some(node) = enter.take() {
                    match marks.get(node) {
                        Some(Mark::OnPath) => {
                            let ring = stack.iter().map(|(n, _)| *n).skip_while(|n| *n != node).chain([node]);
                            let path = ring.map(|n| self.names.get(n).cloned().unwrap_or_default()).collect();
                            return Some(ForwardingLoop { destination: to, path });
                        }
                        Some(Mark::New) => {
                            if let Some(mark) = marks.get_mut(node) {
                                *mark = Mark::OnPath;
                            }
                            let next = match self.decide(node, to) {
                                Decision::Forward(next) => next,
                                Decision::Deliver | Decision::Drop(_) => Vec::new(),
                            };
                            stack.push((node, next));
                        }
                        Some(Mark::Done) | None => {}
                    }
                }
                match stack.last_mut() {
                    None => break,
                    Some((node, next)) => match next.pop() {
                        Some(n) => enter = Some(n),
                        None => {
                            if let Some(mark) = marks.get_mut(*node) {
                                *mark = Mark::Done;
                            }
                            stack.pop();
                        }
                    },
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forward(prefix: &str, gateway: &str) -> FibView {
        FibView {
            prefix: prefix.parse().unwrap(),
            group: Some(0),
            action: "forward".to_owned(),
            adjacencies: vec![(Some(gateway.parse().unwrap()), "eth1".to_owned(), None)],
        }
    }

    /// Nodes on one LAN; node n owns 10.0.0.n and has the given routes.
    fn tables(routes: &[&[FibView]]) -> Tables {
        let all: BTreeSet<usize> = (0..routes.len()).collect();
        let fib = |views: &&[FibView]| Fib {
            routes: views.iter().map(|v| (v.prefix, v.clone())).collect(),
            lengths: views.iter().map(|v| v.prefix.len()).collect(),
        };
        Tables {
            names: (0..routes.len()).map(|n| format!("n{n}")).collect(),
            fibs: routes.iter().map(fib).collect(),
            alive: (0..routes.len()).collect(),
            owners: (0..routes.len()).map(|n| (format!("10.0.0.{n}").parse().unwrap(), n)).collect(),
            neighbors: all.iter().map(|n| ((*n, "eth1".to_owned()), all.clone())).collect(),
        }
    }

    #[test]
    fn a_loop_for_a_network_in_which_nobody_has_an_address_is_found() {
        let out = forward("192.0.2.0/24", "10.0.0.2");
        let circle = tables(&[&[], core::slice::from_ref(&out), &[forward("192.0.2.0/24", "10.0.0.1")]]);
        assert_eq!(circle.find_loop().unwrap().to_string(), "packets to 192.0.2.0 circle: n1 > n2 > n1");
        assert_eq!(tables(&[&[], &[out], &[]]).find_loop(), None);
    }

    #[test]
    fn a_loop_is_found_with_its_path_and_a_chain_is_none() {
        let ring = tables(&[
            &[],
            &[forward("10.0.0.0/32", "10.0.0.2")],
            &[forward("10.0.0.0/32", "10.0.0.3")],
            &[forward("10.0.0.0/32", "10.0.0.1")],
        ]);
        assert_eq!(ring.find_loop().unwrap().to_string(), "packets to 10.0.0.0 circle: n1 > n2 > n3 > n1");
        assert!(ring.path(1, "10.0.0.0".parse().unwrap()).is_err());
        assert!(
            ring.unreachable()
                .iter()
                .any(|(from, to, _)| from == "n0" && *to == "10.0.0.1".parse::<IpAddr>().unwrap())
        );
        let chain = tables(&[
            &[],
            &[forward("10.0.0.0/32", "10.0.0.0")],
            &[forward("10.0.0.0/24", "10.0.0.9"), forward("10.0.0.0/32", "10.0.0.1")],
        ]);
        assert_eq!(chain.find_loop(), None);
        assert_eq!(chain.path(2, "10.0.0.0".parse().unwrap()).unwrap(), ["n2", "n1", "n0"]);
    }

    #[test]
    fn a_loop_on_the_second_of_two_equal_paths_is_found() {
        let mut split = forward("10.0.0.0/32", "10.0.0.0");
        split.adjacencies.push((Some("10.0.0.2".parse().unwrap()), "eth1".to_owned(), None));
        let t = tables(&[&[], &[split], &[forward("10.0.0.0/32", "10.0.0.1")]]);
        assert!(t.find_loop().is_some());
    }
}
