//! Link state IDs of networks (RFC 2328 appendix E): the network's address, and with host bits where two networks have
//! the same address. Pure: which networks there are in, who gets which ID out.

use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;
use std::collections::BTreeMap;

/// The IDs of the LSAs of one type in one scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    ids: BTreeMap<Prefix, Ipv4Addr>,
    owners: BTreeMap<Ipv4Addr, Prefix>,
}

/// A network's ID came, changed or went.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub prefix: Prefix,
    pub from: Option<Ipv4Addr>,
    pub to: Option<Ipv4Addr>,
}

impl Ids {
    pub fn get(&self, prefix: &Prefix) -> Option<Ipv4Addr> {
        self.ids.get(prefix).copied()
    }

    /// The networks that have an ID, in order.
    pub fn prefixes(&self) -> impl Iterator<Item = Prefix> + '_ {
        self.ids.keys().copied()
    }

    /// Takes in a network or lets it go, and tells whose ID is another one now. A network whose ID another one has
    /// (a host in the place of its broadcast address, or the other way round) gets none.
    pub fn change(&mut self, prefix: Prefix, present: bool) -> Vec<Move> {
        let (low, high) = (Prefix::new(prefix.addr(), lowest_len(&prefix)), Prefix::host(prefix.addr()));
        let before: BTreeMap<Prefix, Ipv4Addr> =
            self.ids.range(low..=high).map(|(p, id)| (*p, *id)).collect();
        let mut group: Vec<Prefix> = before.keys().copied().filter(|p| *p != prefix).collect();
        group.extend(present.then_some(prefix));
        group.sort_unstable();
        for (p, id) in &before {
            self.ids.remove(p);
            self.owners.remove(id);
        }
        for (p, id) in assign(&group) {
            if !self.owners.contains_key(&id) {
                self.ids.insert(p, id);
                self.owners.insert(id, p);
            }
        }
        let everyone = before.keys().copied().filter(|p| *p != prefix).chain([prefix]);
        everyone
            .map(|prefix| Move { prefix, from: before.get(&prefix).copied(), to: self.get(&prefix) })
            .filter(|m| m.from != m.to)
            .collect()
    }
}

/// The shortest length a network with this address can have.
fn lowest_len(prefix: &Prefix) -> u8 {
    (0..=prefix.len())
        .find(|len| Prefix::new(prefix.addr(), *len).addr() == prefix.addr())
        .unwrap_or(prefix.len())
}

/// The IDs of networks with the same address, which are in order of length: a host has no host bits to set and takes
/// the address, else the shortest does; the others set their host bits.
fn assign(group: &[Prefix]) -> Vec<(Prefix, Ipv4Addr)> {
    let plain = group.iter().find(|p| p.is_host()).or(group.first());
    group.iter().map(|p| (*p, if Some(p) == plain { address(p) } else { broadcast(p) })).collect()
}

pub(super) fn address(prefix: &Prefix) -> Ipv4Addr {
    match prefix.addr() {
        IpAddr::V4(a) => a,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    }
}

/// The last address of a network.
pub(super) fn broadcast(prefix: &Prefix) -> Ipv4Addr {
    let mask = crate::settings::mask(prefix.len());
    Ipv4Addr::from_bits(address(prefix).to_bits() | !mask.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(ids: &Ids) -> Vec<(String, String)> {
        ids.ids.iter().map(|(p, id)| (p.to_string(), id.to_string())).collect()
    }

    fn ids(prefixes: &[&str]) -> Ids {
        let mut ids = Ids::default();
        prefixes.iter().for_each(|p| drop(ids.change(p.parse().unwrap(), true)));
        ids
    }

    #[test]
    fn the_shortest_network_of_an_address_has_it_and_longer_ones_set_host_bits() {
        let expected =
            [("10.0.0.0/8", "10.0.0.0"), ("10.0.0.0/16", "10.0.255.255"), ("10.0.0.0/24", "10.0.0.255")];
        let expected: Vec<_> = expected.iter().map(|(p, id)| ((*p).to_owned(), (*id).to_owned())).collect();
        for order in
            [["10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/24"], ["10.0.0.0/24", "10.0.0.0/8", "10.0.0.0/16"]]
        {
            assert_eq!(all(&ids(&order)), expected, "whatever came first");
        }
    }

    #[test]
    fn who_must_make_room_moves_and_moves_back() {
        let mut ids = ids(&["10.0.0.0/24"]);
        let (long, short): (Prefix, Prefix) = ("10.0.0.0/24".parse().unwrap(), "10.0.0.0/8".parse().unwrap());
        let (net, host) = (Some(Ipv4Addr::new(10, 0, 0, 0)), Some(Ipv4Addr::new(10, 0, 0, 255)));
        let moved = ids.change(short, true);
        assert_eq!(
            moved,
            [Move { prefix: long, from: net, to: host }, Move { prefix: short, from: None, to: net }]
        );
        let back = ids.change(short, false);
        assert_eq!(
            back,
            [Move { prefix: long, from: host, to: net }, Move { prefix: short, from: net, to: None }]
        );
        assert_eq!(ids.change(short, false), [], "nothing to forget");
    }

    #[test]
    fn a_host_keeps_its_address_and_a_taken_id_is_not_given_twice() {
        let ids = ids(&["10.0.0.0/8", "10.0.0.0/32", "10.1.255.255/32", "10.1.0.0/15", "10.1.0.0/16"]);
        let get = |p: &str| ids.get(&p.parse().unwrap()).map(|id| id.to_string());
        assert_eq!(get("10.0.0.0/32").as_deref(), Some("10.0.0.0"));
        assert_eq!(get("10.0.0.0/8").as_deref(), Some("10.255.255.255"));
        assert_eq!(get("10.1.0.0/16").as_deref(), Some("10.1.0.0"), "10.1.0.0/15 is 10.0.0.0/15");
        assert_eq!(get("10.0.0.0/15"), None, "its broadcast address is a host that was there first");
    }
}
