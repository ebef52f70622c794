//! Lists of every kind and route maps as `show running-config` prints them.

use super::print::{Lines, ip};
use crate::config::VALIDITY;
use crate::grammar::words::{quote, quote_beside};
use configs::Config;
use core::fmt::Display;
use fib::Prefix;
use policy::bgp::{Community, ExtendedCommunity, LargeCommunity};
use policy::config::{
    AccessEntry, Action, AsPathEntry, Asked, CommunityEntry, CommunityMatch, CommunitySet, Exclude, Match,
    MetricType, NextHop6Set, OnMatch, PeerMatch, PrefixEntry, RouteMapEntry, Set,
};

pub(crate) fn action(action: Action) -> &'static str {
    match action {
        Action::Permit => "permit",
        Action::Deny => "deny",
    }
}

fn access_entry(name: &str, entry: &AccessEntry) -> String {
    let AccessEntry { seq, action, prefix, exact_match } = entry;
    let v4 = prefix.as_ref().is_none_or(Prefix::is_v4);
    let list = if v4 { "access-list" } else { "ipv6 access-list" };
    let network = prefix.map_or("any".to_owned(), |p| p.to_string());
    let exact = if *exact_match { " exact-match" } else { "" };
    format!("{list} {} seq {seq} {} {network}{exact}", quote(name), self::action(*action))
}

fn prefix_entry(name: &str, entry: &PrefixEntry) -> String {
    let PrefixEntry { seq, action, prefix, ge, le } = entry;
    let v4 = prefix.as_ref().is_none_or(Prefix::is_v4);
    let network = prefix.map_or("any".to_owned(), |p| p.to_string());
    let ge = ge.map_or(String::new(), |n| format!(" ge {n}"));
    let le = le.map_or(String::new(), |n| format!(" le {n}"));
    let action = self::action(*action);
    format!("{} prefix-list {} seq {seq} {action} {network}{ge}{le}", ip(v4), quote(name))
}

pub(super) fn lists(out: &mut Lines, config: &Config) {
    let config = &config.policy;
    for (name, list) in &config.access_lists {
        out.section(list.iter().map(|entry| access_entry(name, entry)));
    }
    for (name, list) in &config.prefix_lists {
        let v4 = list.entries.iter().filter_map(|e| e.prefix).all(|p| p.is_v4());
        let note = list
            .description
            .iter()
            .map(|d| format!("{} prefix-list {} description {d}", ip(v4), quote(name)));
        out.section(note.chain(list.entries.iter().map(|entry| prefix_entry(name, entry))));
    }
    for (name, list) in &config.as_path_lists {
        out.section(list.iter().map(|AsPathEntry { seq, action, regex }| {
            let action = self::action(*action);
            format!("bgp as-path access-list {} seq {seq} {action} {regex}", quote(name))
        }));
    }
    for (name, list) in &config.community_lists {
        out.section(list.iter().map(|entry| community_entry("community-list", name, entry)));
    }
    for (name, list) in &config.extcommunity_lists {
        out.section(list.iter().map(|entry| community_entry("extcommunity-list", name, entry)));
    }
    for (name, list) in &config.large_community_lists {
        out.section(list.iter().map(|entry| community_entry("large-community-list", name, entry)));
    }
    for (name, entries) in &config.route_maps {
        entries.iter().for_each(|entry| route_map(out, name, entry));
    }
}

/// A community as a line of a configuration has it.
pub(crate) trait Word {
    fn word(&self) -> String;
}

impl Word for Community {
    fn word(&self) -> String {
        self.to_string()
    }
}

impl Word for LargeCommunity {
    fn word(&self) -> String {
        self.to_string()
    }
}

impl Word for ExtendedCommunity {
    fn word(&self) -> String {
        match () {
            () if self.is_route_target() => format!("rt {}", self.value()),
            () if self.is_site_of_origin() => format!("soo {}", self.value()),
            () => self.to_string(),
        }
    }
}

/// What follows `permit`: communities or the expression.
pub(crate) fn entry_text<C: Word>(entry: &CommunityEntry<C>) -> String {
    entry.regex.clone().unwrap_or_else(|| words(&entry.communities))
}

fn words<C: Word>(communities: &[C]) -> String {
    communities.iter().map(Word::word).collect::<Vec<_>>().join(" ")
}

fn community_entry<C: Word>(list: &str, name: &str, entry: &CommunityEntry<C>) -> String {
    let style = if entry.regex.is_some() { "expanded " } else { "standard " };
    let style = if is_number(name) { "" } else { style };
    let text = entry_text(entry);
    let line = format!("bgp {list} {style}{} seq {} {} {text}", quote(name), entry.seq, action(entry.action));
    line.trim_end().to_owned()
}

/// Numbered lists have no style: the number says it.
pub(crate) fn is_number(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_digit())
}

fn metric_type(metric_type: MetricType) -> &'static str {
    match metric_type {
        MetricType::One => "type-1",
        MetricType::Two => "type-2",
    }
}

fn route_map(out: &mut Lines, name: &str, entry: &RouteMapEntry) {
    let RouteMapEntry { seq, action, description, matches, set, call, on_match } = entry;
    out.line(0, format_args!("route-map {} {} {seq}", quote(name), self::action(*action)));
    out.value(1, "description", description.as_ref());
    conditions(matches).iter().for_each(|line| out.line(1, format_args!("match {line}")));
    out.value(1, "call", call.as_deref().map(quote));
    match on_match {
        None => {}
        Some(OnMatch::Next) => out.line(1, "on-match next"),
        Some(OnMatch::Goto(n)) => out.line(1, format_args!("on-match goto {n}")),
    }
    changes(set).iter().for_each(|line| out.line(1, format_args!("set {line}")));
    out.line(0, "exit");
    out.line(0, "!");
}

/// Lines `WORDS VALUE`.
#[derive(Default)]
struct Found(Vec<String>);

impl Found {
    fn value(&mut self, words: &str, value: Option<impl Display>) {
        self.0.extend(value.map(|value| format!("{words} {value}")));
    }

    fn flag(&mut self, words: &str, wanted: bool) {
        self.0.extend(wanted.then(|| words.to_owned()));
    }
}

/// The conditions of an entry, without `match`.
pub(crate) fn conditions(m: &Match) -> Vec<String> {
    let mut out = Found::default();
    let list =
        |name: &Option<String>, beside: &[&str]| name.as_ref().map(|n| quote_beside(n, beside).into_owned());
    let plain = |name: &Option<String>| name.as_deref().map(|n| quote(n).into_owned());
    let address = ["prefix-list", "prefix-len"];
    let hop = ["prefix-list", "address"];
    out.value("ip address", list(&m.address, &address));
    out.value("ip address prefix-list", plain(&m.address_prefix_list));
    out.value("ip address prefix-len", m.address_prefix_len);
    out.value("ipv6 address", list(&m.ipv6_address, &address));
    out.value("ipv6 address prefix-list", plain(&m.ipv6_address_prefix_list));
    out.value("ipv6 address prefix-len", m.ipv6_address_prefix_len);
    out.value("ip next-hop", list(&m.next_hop, &hop));
    out.value("ip next-hop prefix-list", plain(&m.next_hop_prefix_list));
    out.value("ip next-hop address", m.next_hop_address);
    out.value("ipv6 next-hop", list(&m.ipv6_next_hop, &hop));
    out.value("ipv6 next-hop prefix-list", plain(&m.ipv6_next_hop_prefix_list));
    out.value("ipv6 next-hop address", m.ipv6_next_hop_address);
    out.value("interface", plain(&m.interface));
    out.value("metric", m.metric);
    out.value("tag", m.tag);
    out.value("source-protocol", m.source_protocol);
    let kind = crate::config::KINDS.iter().find(|(k, _)| Some(*k) == m.route_type);
    out.value("route-type", kind.map(|(_, name)| name));
    out.value("as-path", plain(&m.as_path));
    out.value("community", m.community.as_ref().map(community_match));
    out.value("extcommunity", m.extcommunity.as_ref().map(community_match));
    out.value("large-community", m.large_community.as_ref().map(community_match));
    out.value("local-preference", m.local_preference);
    out.value("origin", m.origin.map(|o| o.name()));
    out.value("peer", m.peer.as_ref().map(peer));
    let state = VALIDITY.iter().find(|(state, _)| Some(*state) == m.rpki);
    out.value("rpki", state.map(|(_, name)| name));
    out.0
}

fn community_match(CommunityMatch { list, mode }: &CommunityMatch) -> String {
    let mode = match mode {
        Asked::All => "",
        Asked::ExactMatch => " exact-match",
        Asked::Any => " any",
    };
    format!("{}{mode}", quote(list))
}

fn peer(peer: &PeerMatch) -> String {
    match peer {
        PeerMatch::Interface(name) => quote_beside(name, &["local"]).into_owned(),
        other => other.to_string(),
    }
}

/// The changes of an entry, without `set`.
pub(crate) fn changes(s: &Set) -> Vec<String> {
    let mut out = Found::default();
    out.value("metric", s.metric);
    out.value("tag", s.tag);
    out.value("ip next-hop", s.next_hop);
    let NextHop6Set { global, local, peer_address, prefer_global, unchanged } = s.ipv6_next_hop;
    out.value("ipv6 next-hop global", global);
    out.value("ipv6 next-hop local", local);
    out.flag("ipv6 next-hop peer-address", peer_address);
    out.flag("ipv6 next-hop prefer-global", prefer_global);
    out.flag("ipv6 next-hop unchanged", unchanged);
    out.value("distance", s.distance);
    out.value("metric-type", s.metric_type.map(metric_type));
    let prepend = Some(&s.as_path_prepend).filter(|ases| !ases.is_empty());
    out.value("as-path prepend", prepend.map(|ases| numbers(ases)));
    out.value("as-path prepend last-as", s.as_path_prepend_last_as);
    out.value(
        "as-path exclude",
        s.as_path_exclude.as_ref().map(|exclude| match exclude {
            Exclude::All => "all".to_owned(),
            Exclude::Asns(ases) => numbers(ases),
        }),
    );
    out.value(
        "as-path replace",
        s.as_path_replace.map(|replace| {
            let asn = replace.asn.map_or("any".to_owned(), |asn| asn.to_string());
            replace.with.map_or(asn.clone(), |with| format!("{asn} {with}"))
        }),
    );
    out.value("comm-list", s.community_delete.as_deref().map(deleted));
    out.value("extended-comm-list", s.extcommunity_delete.as_deref().map(deleted));
    out.value("large-comm-list", s.large_community_delete.as_deref().map(deleted));
    out.value("community", s.community.as_ref().map(community_set));
    out.value("large-community", s.large_community.as_ref().map(community_set));
    if let Some(new) = &s.extcommunity {
        let of = |target: bool| {
            let values = new.set.iter().filter(|e| e.is_route_target() == target).map(|e| e.value());
            Some(values.collect::<Vec<_>>().join(" ")).filter(|text| !text.is_empty())
        };
        out.flag("extcommunity none", new.set.is_empty());
        out.value("extcommunity rt", of(true));
        out.value("extcommunity soo", of(false));
    }
    out.value("local-preference", s.local_preference);
    out.value("origin", s.origin.map(|o| o.name()));
    out.value("weight", s.weight);
    out.value("aggregator as", s.aggregator.map(|a| format!("{} {}", a.asn, a.router)));
    out.flag("atomic-aggregate", s.atomic_aggregate);
    out.value("originator-id", s.originator_id);
    out.0
}

fn numbers(ases: &[u32]) -> String {
    ases.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}

fn deleted(list: &str) -> String {
    format!("{} delete", quote(list))
}

fn community_set<C: Word>(set: &CommunitySet<C>) -> String {
    match (set.set.is_empty(), set.additive) {
        (true, _) => "none".to_owned(),
        (false, true) => format!("{} additive", words(&set.set)),
        (false, false) => words(&set.set),
    }
}

#[cfg(test)]
mod tests {
    use crate::text::{parse, print};

    /// Every line of this is as FRR would write it.
    #[test]
    fn lists_and_maps_of_bgp_are_printed_as_they_are_read() {
        let text = "\
hostname r1
!
bgp as-path access-list A seq 5 permit ^65001_
bgp as-path access-list A seq 10 deny .*
!
bgp community-list 10 seq 5 permit 65001:1 no-export
bgp community-list 10 seq 10 deny
!
bgp community-list expanded E seq 5 permit _65001:[0-9]+_
!
bgp extcommunity-list standard X seq 5 permit rt 65001:1 soo 10.0.0.1:2
!
bgp large-community-list standard L seq 5 permit 65001:1:2
!
route-map M permit 10
 match ipv6 address prefix-list P
 match ip next-hop address 10.0.0.1
 match as-path A
 match community 10 exact-match
 match local-preference 100
 match origin igp
 match peer local
 match rpki notfound
 on-match next
 set metric +5
 set ip next-hop peer-address
 set ipv6 next-hop global 2001:db8::1
 set as-path prepend 65001 65001
 set as-path exclude all
 set as-path replace any
 set comm-list E delete
 set community 65001:1 local-AS additive
 set large-community none
 set extcommunity rt 65001:1 65001:2
 set extcommunity soo 65001:3
 set local-preference +10
 set origin igp
 set weight 100
 set aggregator as 65001 10.0.0.1
 set atomic-aggregate
 set originator-id 10.0.0.2
exit
!
end
";
        assert_eq!(print(&parse(text, "x").unwrap()), text);
    }
}
