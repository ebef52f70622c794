//! Whether a path is one that was asked for.

use super::{Filter, Validity};
use crate::PeerIx;
use crate::process::Bgp;
use crate::table::PathView;
use core::net::{IpAddr, Ipv4Addr};
use core::str::FromStr;
use fib::{Kind, Prefix, Protocol};
use policy::bgp::{AsPath, Attributes, Community, LargeCommunity};
use policy::config::Asked;
use policy::regex::Regex;
use policy::{BgpContext, BgpView, RouteView};

/// A filter, made ready: names are known to exist, text has been read.
pub(super) enum Matcher<'a> {
    Regex(Regex),
    Communities(Vec<Community>, bool),
    LargeCommunities(Vec<LargeCommunity>, bool),
    CommunityList(&'a str, Asked),
    LargeCommunityList(&'a str),
    ExtendedCommunityList(&'a str),
    FilterList(&'a str),
    RouteMap(&'a str),
    PrefixList(&'a str),
    CidrOnly,
    Any,
    Rpki(Validity),
}

impl<'a> Matcher<'a> {
    /// # Errors
    /// What is wrong with the question, in words.
    pub fn new(bgp: &Bgp, filter: &'a Filter) -> Result<Matcher<'a>, String> {
        let lists = bgp.policy.config();
        let named = |known: bool, name: &'a str, what: &str| match known {
            true => Ok(name),
            false => Err(format!("{name} is not a valid {what} name")),
        };
        Ok(match filter {
            Filter::Regexp(text) => {
                let wrong = |fault| format!("can't compile regexp {text}: {fault}");
                Matcher::Regex(Regex::new(text).map_err(|fault| wrong(fault.what))?)
            }
            Filter::Communities { all, exact } => Matcher::Communities(read(all)?, *exact),
            Filter::LargeCommunities { all, exact } => Matcher::LargeCommunities(read(all)?, *exact),
            Filter::CommunityList { name, exact } => {
                let known = lists.community_lists.contains_key(name);
                let asked = if *exact { Asked::ExactMatch } else { Asked::All };
                Matcher::CommunityList(named(known, name, "community-list")?, asked)
            }
            Filter::LargeCommunityList(name) => {
                let known = lists.large_community_lists.contains_key(name);
                Matcher::LargeCommunityList(named(known, name, "large-community-list")?)
            }
            Filter::ExtendedCommunityList(name) => {
                let known = lists.extcommunity_lists.contains_key(name);
                Matcher::ExtendedCommunityList(named(known, name, "extcommunity-list")?)
            }
            Filter::FilterList(name) => {
                let known = lists.as_path_lists.contains_key(name);
                Matcher::FilterList(named(known, name, "AS-path access-list")?)
            }
            Filter::RouteMap(name) => {
                let known = lists.route_maps.contains_key(name);
                Matcher::RouteMap(named(known, name, "route-map")?)
            }
            Filter::PrefixList(name) => {
                let known = lists.prefix_lists.contains_key(name);
                Matcher::PrefixList(named(known, name, "prefix-list")?)
            }
            Filter::CidrOnly => Matcher::CidrOnly,
            Filter::Rpki(state) => Matcher::Rpki(*state),
            Filter::RibFailure => Matcher::Any,
        })
    }

    /// What does not need the attributes; `None`: they are needed.
    pub fn prefix(&self, bgp: &Bgp, prefix: &Prefix) -> Option<bool> {
        match self {
            Matcher::PrefixList(name) => Some(bgp.policy.prefix_list(name, prefix).permits()),
            Matcher::CidrOnly => Some(!is_natural(prefix)),
            Matcher::Any => Some(true),
            _ => None,
        }
    }

    /// Whether a path is one of them.
    pub fn path(&self, bgp: &Bgp, prefix: Prefix, path: &PathView, a: &Attributes) -> bool {
        match self {
            Matcher::Regex(regex) => regex.is_match_path(&a.as_path, &mut None),
            Matcher::Communities(all, exact) => has(&a.communities, all, *exact),
            Matcher::LargeCommunities(all, exact) => has(&a.large_communities, all, *exact),
            Matcher::CommunityList(name, asked) => {
                bgp.policy.community_list(name, &a.communities, *asked).permits()
            }
            Matcher::LargeCommunityList(name) => {
                bgp.policy.large_community_list(name, &a.large_communities, Asked::All).permits()
            }
            Matcher::ExtendedCommunityList(name) => {
                bgp.policy.extcommunity_list(name, &a.extended_communities, Asked::All).permits()
            }
            Matcher::FilterList(name) => bgp.policy.as_path_list(name, &a.as_path).permits(),
            Matcher::RouteMap(name) => permitted(bgp, name, prefix, path, a),
            Matcher::Rpki(state) => validity(bgp, prefix, &a.as_path) == Some(*state),
            Matcher::PrefixList(_) | Matcher::CidrOnly | Matcher::Any => {
                self.prefix(bgp, &prefix).unwrap_or(false)
            }
        }
    }
}

fn validity(bgp: &Bgp, prefix: Prefix, path: &AsPath) -> Option<Validity> {
    bgp.validity(prefix, path.origin())
}

/// Whether a route map permits a path as it is used.
fn permitted(bgp: &Bgp, name: &str, prefix: Prefix, path: &PathView, a: &Attributes) -> bool {
    let peer = bgp.table.peer_info(path.from.peer).filter(|_| path.from.peer != PeerIx::SELF);
    let internal = bgp.is_internal(path.from.peer);
    let view = RouteView {
        prefix,
        next_hop: Some(a.next_hop),
        interface: None,
        metric: a.med.unwrap_or(0),
        tag: bgp.table.attrs.get(path.used).local().tag,
        source: Protocol::Bgp,
        kind: if internal { Kind::Internal } else { Kind::Plain },
        bgp: Some(BgpView {
            attributes: a,
            peer: peer.map(|p| p.address),
            peer_interface: None,
            rpki: validity(bgp, prefix, &a.as_path),
            context: BgpContext {
                local_as: bgp.config.asn,
                default_local_pref: bgp.config.default_local_preference,
                peer_address: peer.map(|p| p.address),
            },
        }),
    };
    bgp.policy.route_map(name, &view).permits()
}

/// All of them read; the first that cannot be is told.
fn read<C: FromStr<Err = String> + Ord>(all: &[String]) -> Result<Vec<C>, String> {
    let mut read = all.iter().map(|text| text.parse()).collect::<Result<Vec<C>, String>>()?;
    read.sort_unstable();
    read.dedup();
    Ok(read)
}

/// Whether all of `wanted` are there, and no others if `exact`; nothing wanted: any.
fn has<C: PartialEq>(there: &[C], wanted: &[C], exact: bool) -> bool {
    match (wanted.is_empty(), exact) {
        (true, _) => !there.is_empty(),
        (false, true) => there == wanted,
        (false, false) => wanted.iter().all(|c| there.contains(c)),
    }
}

/// The mask of its class (RFC 791); IPv6 has none.
fn is_natural(prefix: &Prefix) -> bool {
    let IpAddr::V4(address) = prefix.addr() else { return false };
    natural(address) == Some(prefix.len())
}

fn natural(address: Ipv4Addr) -> Option<u8> {
    match address.octets() {
        [0..=127, ..] => Some(8),
        [128..=191, ..] => Some(16),
        [192..=223, ..] => Some(24),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn communities_are_asked_for_one_by_one_or_all_together() {
        let there = [1, 2, 3];
        assert!(has(&there, &[], false) && !has(&[0; 0], &[], false));
        assert!(has(&there, &[3, 1], false) && !has(&there, &[4], false));
        assert!(has(&there, &[1, 2, 3], true) && !has(&there, &[1, 2], true));
    }

    #[test]
    fn a_natural_mask_is_that_of_the_class() {
        let natural = |text: &str| is_natural(&text.parse().unwrap());
        assert!(natural("10.0.0.0/8") && natural("172.16.0.0/16") && natural("192.0.2.0/24"));
        assert!(!natural("10.0.0.0/16") && !natural("0.0.0.0/0") && !natural("2001:db8::/32"));
    }
}
