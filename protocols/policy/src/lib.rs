//! Access lists, prefix lists, route maps and key chains: pure match and set, one object for all protocols.
//!
//! Every answer says which entry gave it. What a *missing* list means is the caller's to decide, because FRR
//! decides it per use (see [`By::Undefined`]):
//!
//! | use | undefined list |
//! |---|---|
//! | RIP `distribute-list`, OSPF `distribute-list` | permits: as if the line were not there |
//! | RIP `offset-list` | does not apply |
//! | RIP `distance N PREFIX ACL` | the protocol's own distance |
//! | route-map `match ip address` and `match ip next-hop` | does not match |
//! | route map on an interface or neighbor of RIP | permits |
//! | route map of `redistribute` | denies |
//! | route-map `call` | goes on as if there were no `call` |

pub mod access;
pub mod auth;
pub mod config;
pub mod key_chain;
pub mod prefix_list;
pub mod route_map;

pub use access::{By, Verdict};
pub use config::{Action, Config};
pub use key_chain::KeyChain;
pub use route_map::{Changes, Decision, RouteView};

use fib::Prefix;

/// The policy section, compiled: every list in the order it is tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    config: Config,
}

impl Policy {
    /// Compiles a configuration. Entries are put in order of their sequence numbers.
    pub fn new(mut config: Config) -> Policy {
        config.access_lists.values_mut().for_each(|list| list.sort_by_key(|e| e.seq));
        config.prefix_lists.values_mut().for_each(|list| list.entries.sort_by_key(|e| e.seq));
        config.route_maps.values_mut().for_each(|map| map.sort_by_key(|e| e.seq));
        config.key_chains.values_mut().for_each(|chain| chain.sort_by_key(|k| k.id));
        Policy { config }
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
        self.config.prefix_lists.get(name).map_or(Verdict::UNDEFINED, |list| prefix_list::apply(list, prefix))
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
