//! What a list or map depends on: whether verdicts may be kept and reused, and whom a change of policy concerns.

use crate::Policy;
use crate::config::{Match, NextHopSet, RouteMapEntry, Set};
use std::collections::BTreeSet;

/// A named thing of the policy section.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object<'a> {
    /// `access-list`
    AccessList(&'a str),
    /// `ip prefix-list`
    PrefixList(&'a str),
    /// `bgp as-path access-list`
    AsPathList(&'a str),
    /// `bgp community-list`
    CommunityList(&'a str),
    /// `bgp extcommunity-list`
    ExtcommunityList(&'a str),
    /// `bgp large-community-list`
    LargeCommunityList(&'a str),
    /// `route-map`
    RouteMap(&'a str),
}

/// What the verdict and the changes of a route map depend on, beside the attributes of a BGP route.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// The network, or what origin validation says of it.
    pub prefix: bool,
    /// What origin validation says: then also at the prefix.
    pub rpki: bool,
    /// The neighbor or its address.
    pub peer: bool,
    /// Where the route is from: interface, protocol, kind, tag, or a metric that is no MED.
    pub source: bool,
}

impl Policy {
    /// What route map `name` looks at, with every map it calls. While it does not look at the prefix, its verdict on one
    /// route holds for every other of the same attributes (and source, if it looks at that).
    pub fn looks(&self, name: &str) -> Looks {
        self.looks.get(name).copied().unwrap_or_default()
    }

    /// The same, found out.
    pub(crate) fn look(&self, name: &str) -> Looks {
        let mut looks = Looks::default();
        for object in self.reach(Object::RouteMap(name)) {
            if let Object::RouteMap(name) = object {
                self.config().route_maps.get(name).into_iter().flatten().for_each(|entry| looks.add(entry));
            }
        }
        looks
    }

    /// Whether `object` or something it refers to, through any number of maps, is another than in `old`.
    pub fn differs(&self, old: &Policy, object: Object<'_>) -> bool {
        // Where the definitions are the same so are the references: walking one side finds them all.
        self.reach(object).into_iter().any(|object| !self.same(old, object))
    }

    /// `object` and all it refers to.
    fn reach<'a>(&'a self, object: Object<'a>) -> BTreeSet<Object<'a>> {
        let mut seen = BTreeSet::from([object]);
        let mut todo = vec![object];
        while let Some(object) = todo.pop() {
            let Object::RouteMap(name) = object else { continue };
            for entry in self.config().route_maps.get(name).into_iter().flatten() {
                todo.extend(references(entry).filter(|o| seen.insert(*o)));
            }
        }
        seen
    }

    fn same(&self, old: &Policy, object: Object<'_>) -> bool {
        let (new, old) = (self.config(), old.config());
        match object {
            Object::AccessList(name) => new.access_lists.get(name) == old.access_lists.get(name),
            Object::PrefixList(name) => {
                let entries = |c: &crate::Config| c.prefix_lists.get(name).map(|l| l.entries.clone());
                entries(new) == entries(old)
            }
            Object::AsPathList(name) => new.as_path_lists.get(name) == old.as_path_lists.get(name),
            Object::CommunityList(name) => new.community_lists.get(name) == old.community_lists.get(name),
            Object::ExtcommunityList(name) => {
                new.extcommunity_lists.get(name) == old.extcommunity_lists.get(name)
            }
            Object::LargeCommunityList(name) => {
                new.large_community_lists.get(name) == old.large_community_lists.get(name)
            }
            Object::RouteMap(name) => same_map(new.route_maps.get(name), old.route_maps.get(name)),
        }
    }
}

/// But for notes.
fn same_map(new: Option<&Vec<RouteMapEntry>>, old: Option<&Vec<RouteMapEntry>>) -> bool {
    let bare = |entry: &RouteMapEntry| RouteMapEntry { description: None, ..entry.clone() };
    match (new, old) {
        (None, None) => true,
        (Some(new), Some(old)) => new.iter().map(bare).eq(old.iter().map(bare)),
        _ => false,
    }
}

/// What an entry refers to.
fn references(entry: &RouteMapEntry) -> impl Iterator<Item = Object<'_>> {
    let RouteMapEntry { matches: m, set: s, call, .. } = entry;
    let access = [&m.address, &m.ipv6_address, &m.next_hop, &m.ipv6_next_hop];
    let prefix = [
        &m.address_prefix_list,
        &m.ipv6_address_prefix_list,
        &m.next_hop_prefix_list,
        &m.ipv6_next_hop_prefix_list,
    ];
    let community = [m.community.as_ref().map(|m| &m.list), s.community_delete.as_ref()];
    let extcommunity = [m.extcommunity.as_ref().map(|m| &m.list), s.extcommunity_delete.as_ref()];
    let large = [m.large_community.as_ref().map(|m| &m.list), s.large_community_delete.as_ref()];
    (access.into_iter().flatten().map(|n| Object::AccessList(n)))
        .chain(prefix.into_iter().flatten().map(|n| Object::PrefixList(n)))
        .chain(m.as_path.iter().map(|n| Object::AsPathList(n)))
        .chain(community.into_iter().flatten().map(|n| Object::CommunityList(n)))
        .chain(extcommunity.into_iter().flatten().map(|n| Object::ExtcommunityList(n)))
        .chain(large.into_iter().flatten().map(|n| Object::LargeCommunityList(n)))
        .chain(call.iter().map(|n| Object::RouteMap(n)))
}

impl Looks {
    fn add(&mut self, entry: &RouteMapEntry) {
        let (m, s) = (&entry.matches, &entry.set);
        self.prefix |= looks_at_prefix(m);
        self.rpki |= m.rpki.is_some();
        self.peer |= m.peer.is_some() || s.is_about_peer();
        self.source |=
            m.interface.is_some() || m.source_protocol.is_some() || m.route_type.is_some() || m.tag.is_some();
    }
}

fn looks_at_prefix(m: &Match) -> bool {
    m.address.is_some()
        || m.address_prefix_list.is_some()
        || m.address_prefix_len.is_some()
        || m.ipv6_address.is_some()
        || m.ipv6_address_prefix_list.is_some()
        || m.ipv6_address_prefix_len.is_some()
        || m.rpki.is_some()
}

impl Set {
    fn is_about_peer(&self) -> bool {
        self.next_hop == Some(NextHopSet::PeerAddress) || self.ipv6_next_hop.peer_address
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::*;

    fn entry(matches: Match, set: Set, call: Option<&str>) -> RouteMapEntry {
        let (action, call) = (Action::Permit, call.map(str::to_owned));
        RouteMapEntry { seq: 10, action, description: None, matches, set, call, on_match: None }
    }

    fn config() -> Config {
        let mut config = Config::default();
        let by_list = Match { address_prefix_list: Some("P".into()), ..Match::default() };
        let by_path = Match { as_path: Some("A".into()), ..Match::default() };
        let delete = Set { community_delete: Some("C".into()), ..Set::default() };
        for (name, entry) in [
            ("TOP", entry(by_path.clone(), Set::default(), Some("MIDDLE"))),
            ("MIDDLE", entry(Match::default(), delete, Some("LEAF"))),
            ("LEAF", entry(by_list, Set::default(), Some("TOP"))),
            ("PATH", entry(by_path, Set::default(), None)),
        ] {
            config.route_maps.insert(name.into(), vec![entry]);
        }
        config
    }

    #[test]
    fn a_map_looks_at_what_the_maps_it_calls_look_at() {
        let p = Policy::new(config());
        for name in ["TOP", "MIDDLE", "LEAF"] {
            assert_eq!(p.looks(name), Looks { prefix: true, ..Looks::default() }, "{name}");
        }
        assert_eq!((p.looks("PATH"), p.looks("nobody")), (Looks::default(), Looks::default()));
    }

    #[test]
    fn neighbors_sources_and_origin_validation_are_looked_at() {
        let looks = |matches: Match, set: Set| {
            let mut config = Config::default();
            config.route_maps.insert("M".into(), vec![entry(matches, set, None)]);
            Policy::new(config).looks("M")
        };
        let (m, s) = (Match::default, Set::default);
        let rpki = looks(Match { rpki: Some(Validity::Valid), ..m() }, s());
        assert!(rpki.prefix && rpki.rpki);
        assert!(looks(Match { peer: Some(PeerMatch::Local), ..m() }, s()).peer);
        assert!(looks(m(), Set { next_hop: Some(NextHopSet::PeerAddress), ..s() }).peer);
        assert!(looks(Match { tag: Some(1), ..m() }, s()).source);
        assert_eq!(looks(Match { local_preference: Some(1), metric: Some(2), ..m() }, s()), Looks::default());
    }

    #[test]
    fn a_change_far_down_is_a_change_of_every_map_above() {
        let old = Policy::new(config());
        let mut changed = config();
        changed.prefix_lists.insert("P".into(), PrefixList::default());
        let new = Policy::new(changed);
        let differs = |name: &str| new.differs(&old, Object::RouteMap(name));
        assert!(differs("TOP") && differs("MIDDLE") && differs("LEAF") && !differs("PATH"));
        assert!(old.differs(&new, Object::RouteMap("TOP")), "and the other way round");
        assert!(new.differs(&old, Object::PrefixList("P")) && !new.differs(&old, Object::AccessList("P")));
    }

    #[test]
    fn a_note_changes_nothing_and_a_map_that_goes_does() {
        let old = Policy::new(config());
        let mut noted = config();
        noted.route_maps.get_mut("PATH").unwrap()[0].description = Some("a note".into());
        assert!(!Policy::new(noted).differs(&old, Object::RouteMap("PATH")));
        let mut gone = config();
        gone.route_maps.remove("LEAF");
        assert!(Policy::new(gone).differs(&old, Object::RouteMap("TOP")));
    }
}
