//! Access lists, prefix lists, AS-path and community lists, route maps and key chains: pure match and set, one object for
//! all protocols.
//!
//! Every answer says which entry gave it. What a *missing* list means is the caller's to decide, because FRR
//! decides it per use (see [`By::Undefined`]):
//!
//! | use | undefined list |
//! |---|---|
//! | RIP `distribute-list`, OSPF `distribute-list` | permits: as if the line were not there |
//! | RIP `offset-list` | does not apply |
//! | RIP `distance N PREFIX ACL` | the protocol's own distance |
//! | route-map `match` by any kind of list | does not match |
//! | route-map `set comm-list NAME delete` and the like | deletes nothing |
//! | BGP `neighbor X distribute-list`, `prefix-list`, `filter-list`, `route-map` | denies |
//! | route map on an interface or neighbor of RIP | permits |
//! | route map of `redistribute` | denies |
//! | route-map `call` | goes on as if there were no `call` |

pub mod access;
pub mod auth;
pub mod bgp;
mod bgp_list;
pub mod config;
pub mod key_chain;
pub mod prefix_list;
pub mod regex;
pub mod route_map;
pub mod scope;

pub use access::{By, Verdict};
pub use config::{Action, Config};
pub use key_chain::KeyChain;
pub use route_map::{BgpContext, BgpView, Changes, Decision, RouteView};
pub use scope::{Looks, Object};

use crate::bgp::{AsPath, Community, ExtendedCommunity, LargeCommunity};
use crate::config::Asked;
use fib::Prefix;
use std::collections::BTreeMap;

/// The policy section, compiled: every list in the order it is tried.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    config: Config,
    lists: bgp_list::Lists,
    /// Of the long ones.
    prefix_lists: BTreeMap<String, prefix_list::Index>,
    looks: BTreeMap<String, Looks>,
}

/// What they were made from is the same.
impl PartialEq for Policy {
    fn eq(&self, other: &Policy) -> bool {
        self.config == other.config
    }
}

impl Eq for Policy {}

impl Policy {
    /// Compiles a configuration. Entries are put in order of their sequence numbers. An expression that does not
    /// compile ([`regex::Regex::new`] says why; validation asks it) matches nothing.
    pub fn new(mut config: Config) -> Policy {
        config.access_lists.values_mut().for_each(|list| list.sort_by_key(|e| e.seq));
        config.prefix_lists.values_mut().for_each(|list| list.entries.sort_by_key(|e| e.seq));
        config.as_path_lists.values_mut().for_each(|list| list.sort_by_key(|e| e.seq));
        config.community_lists.values_mut().for_each(|list| list.sort_by_key(|e| e.seq));
        config.extcommunity_lists.values_mut().for_each(|list| list.sort_by_key(|e| e.seq));
        config.large_community_lists.values_mut().for_each(|list| list.sort_by_key(|e| e.seq));
        config.route_maps.values_mut().for_each(|map| map.sort_by_key(|e| e.seq));
        config.key_chains.values_mut().for_each(|chain| chain.sort_by_key(|k| k.id));
        let long = |(name, list): (&String, _)| Some((name.clone(), prefix_list::Index::new(list)?));
        let prefix_lists = config.prefix_lists.iter().filter_map(long).collect();
        let lists = bgp_list::Lists::new(&config);
        let mut policy = Policy { lists, prefix_lists, config, looks: BTreeMap::new() };
        let names = policy.config.route_maps.keys();
        policy.looks = names.map(|name| (name.clone(), policy.look(name))).collect();
        policy
    }

    /// What it was made from, in order.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What access list `name` says about `prefix`.
    pub fn access(&self, name: &str, prefix: &Prefix) -> Verdict {
        self.config.access_lists.get(name).map_or(Verdict::UNDEFINED, |list| access::apply(list, prefix))
    }

    /// What prefix list `name` says about `prefix`.
    pub fn prefix_list(&self, name: &str, prefix: &Prefix) -> Verdict {
        let Some(list) = self.config.prefix_lists.get(name) else { return Verdict::UNDEFINED };
        match self.prefix_lists.get(name) {
            Some(index) => index.apply(list, prefix),
            None => prefix_list::apply(list, prefix),
        }
    }

    /// What AS-path list `name` says about `path`.
    pub fn as_path_list(&self, name: &str, path: &AsPath) -> Verdict {
        self.lists.as_path.get(name).map_or(Verdict::UNDEFINED, |list| bgp_list::as_path(list, path))
    }

    /// What community list `name` says about the communities of a route, which are in order.
    pub fn community_list(&self, name: &str, of: &[Community], mode: Asked) -> Verdict {
        let list = self.lists.community.get(name);
        list.map_or(Verdict::UNDEFINED, |list| bgp_list::communities(list, of, mode))
    }

    /// The same of extended communities.
    pub fn extcommunity_list(&self, name: &str, of: &[ExtendedCommunity], mode: Asked) -> Verdict {
        let list = self.lists.extcommunity.get(name);
        list.map_or(Verdict::UNDEFINED, |list| bgp_list::communities(list, of, mode))
    }

    /// The same of large communities.
    pub fn large_community_list(&self, name: &str, of: &[LargeCommunity], mode: Asked) -> Verdict {
        let list = self.lists.large_community.get(name);
        list.map_or(Verdict::UNDEFINED, |list| bgp_list::communities(list, of, mode))
    }

    /// What route map `name` does with `route`.
    pub fn route_map<'a>(&'a self, name: &'a str, route: &RouteView<'_>) -> Decision<'a> {
        route_map::apply(self, name, route)
    }

    /// Key chain `name`; `None` when it is not defined.
    pub fn key_chain(&self, name: &str) -> Option<KeyChain<'_>> {
        self.config.key_chains.get(name).map(|keys| KeyChain::new(keys))
    }
}
