//! `address-family ...`, with what neighbors say inside.

use super::neighbor::{flag, head};
use super::{ip, tail, word};
use crate::grammar::words::quote;
use crate::text::print::Lines;
use bgp::Family;
use bgp::config::{
    AddPathTx, Aggregate, AllowAsIn, Config, Distance, FamilyConfig, MAX_PATHS, NeighborFamily,
    SendCommunity, Unchanged,
};
use policy::bgp::Origin;

/// The block of a family; nothing where nothing is said.
pub(super) fn family(out: &mut Lines, family: Family, bgp: &Config) {
    let groups = bgp.peer_groups.values().any(|g| g.families.contains_key(&family));
    let neighbors = bgp.neighbors.values().any(|n| n.families.contains_key(&family));
    let own = bgp.families.get(&family);
    if !groups && !neighbors && own.is_none() {
        return;
    }
    out.line(1, "!");
    out.line(1, format_args!("address-family {} unicast", ip(family)));
    if let Some(own) = own {
        announced(out, own);
    }
    for (name, group) in &bgp.peer_groups {
        if let Some(said) = group.families.get(&family) {
            neighbor(out, &format!("neighbor {}", quote(name)), said, None);
        }
    }
    for (key, peer) in &bgp.neighbors {
        let group = peer.peer_group.as_ref().and_then(|name| bgp.peer_groups.get(name));
        if let Some(said) = peer.families.get(&family) {
            let inherited = group.and_then(|g| g.families.get(&family)?.send_community);
            neighbor(out, &head(key), said, inherited);
        }
    }
    if let Some(own) = own {
        let paths = |n: u8| (n != MAX_PATHS).then_some(n);
        out.value(2, "maximum-paths", paths(own.maximum_paths));
        out.value(2, "maximum-paths ibgp", paths(own.maximum_paths_ibgp));
        out.value(2, "table-map", own.table_map.as_deref().map(quote));
    }
    out.line(1, "exit-address-family");
}

fn announced(out: &mut Lines, family: &FamilyConfig) {
    let Distance { external, internal, local } = family.distance;
    let changed = family.distance != Distance::default();
    out.line_if(changed, 2, format_args!("distance bgp {external} {internal} {local}"));
    let map = |name: &Option<String>| tail("route-map", name.as_deref().map(quote));
    for (prefix, network) in &family.networks {
        out.line(2, format_args!("network {prefix}{}", map(&network.route_map)));
    }
    for (prefix, aggregate) in &family.aggregates {
        let Aggregate { as_set, summary_only, suppress_map, route_map, origin, matching_med_only } =
            aggregate;
        let origin = tail("origin", origin.map(self::origin));
        let kind = word(*as_set, "as-set") + &word(*summary_only, "summary-only");
        let med = word(*matching_med_only, "matching-MED-only");
        let suppress = tail("suppress-map", suppress_map.as_deref().map(quote));
        let map = map(route_map);
        out.line(2, format_args!("aggregate-address {prefix}{kind}{map}{origin}{med}{suppress}"));
    }
    for (protocol, how) in &family.redistribute {
        let metric = tail("metric", how.metric);
        out.line(2, format_args!("redistribute {protocol}{metric}{}", map(&how.route_map)));
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Igp => "igp",
        Origin::Egp => "egp",
        Origin::Incomplete => "incomplete",
    }
}

fn neighbor(out: &mut Lines, head: &str, n: &NeighborFamily, inherited: Option<SendCommunity>) {
    flag(out, 2, head, "activate", n.activate);
    match n.addpath_tx {
        None => {}
        Some(AddPathTx::All) => out.line(2, format_args!("{head} addpath-tx-all-paths")),
        Some(AddPathTx::BestPerAs) => out.line(2, format_args!("{head} addpath-tx-bestpath-per-AS")),
    }
    flag(out, 2, head, "disable-addpath-rx", n.disable_addpath_rx);
    flag(out, 2, head, "route-reflector-client", n.route_reflector_client);
    if let Some(own) = n.next_hop_self {
        out.line(2, format_args!("{head} next-hop-self{}", word(own.force, "force")));
    }
    if let Some(remove) = n.remove_private_as {
        let how = word(remove.all, "all") + &word(remove.replace_as, "replace-AS");
        out.line(2, format_args!("{head} remove-private-AS{how}"));
    }
    flag(out, 2, head, "as-override", n.as_override);
    if let Some(send) = n.send_community {
        communities(out, head, send, inherited.unwrap_or_default());
    }
    if let Some(default) = &n.default_originate {
        let map = tail("route-map", default.route_map.as_deref().map(quote));
        out.line(2, format_args!("{head} default-originate{map}"));
    }
    flag(out, 2, head, "soft-reconfiguration inbound", n.soft_reconfiguration);
    if let Some(most) = n.maximum_prefix {
        let threshold = most.threshold.map_or(String::new(), |percent| format!(" {percent}"));
        let then = tail("restart", most.restart) + &word(most.warning_only, "warning-only");
        let force = word(most.force, "force");
        out.line(2, format_args!("{head} maximum-prefix {}{threshold}{then}{force}", most.limit));
    }
    out.value(2, &format!("{head} maximum-prefix-out"), n.maximum_prefix_out);
    flag(out, 2, head, "route-server-client", n.route_server_client);
    match n.allowas_in {
        None => {}
        Some(AllowAsIn::Times(3)) => out.line(2, format_args!("{head} allowas-in")),
        Some(allowed) => out.line(2, format_args!("{head} allowas-in {allowed}")),
    }
    out.value(2, &format!("{head} weight"), n.weight);
    lists(out, head, n);
    if let Some(Unchanged { as_path, next_hop, med }) = n.attribute_unchanged {
        let which = word(as_path, "as-path") + &word(next_hop, "next-hop") + &word(med, "med");
        out.line(2, format_args!("{head} attribute-unchanged{which}"));
    }
}

fn lists(out: &mut Lines, head: &str, n: &NeighborFamily) {
    for (words, direction, name) in [
        ("distribute-list", "in", &n.distribute_list_in),
        ("distribute-list", "out", &n.distribute_list_out),
        ("prefix-list", "in", &n.prefix_list_in),
        ("prefix-list", "out", &n.prefix_list_out),
        ("route-map", "in", &n.route_map_in),
        ("route-map", "out", &n.route_map_out),
        ("filter-list", "in", &n.filter_list_in),
        ("filter-list", "out", &n.filter_list_out),
    ] {
        if let Some(name) = name {
            out.line(2, format_args!("{head} {words} {} {direction}", quote(name)));
        }
    }
}

/// What differs from what would hold anyway.
fn communities(out: &mut Lines, head: &str, own: SendCommunity, inherited: SendCommunity) {
    let all = |s: SendCommunity, on: bool| [s.standard, s.extended, s.large] == [on; 3];
    if all(own, false) && all(inherited, true) {
        out.line(2, format_args!("no {head} send-community all"));
        return;
    }
    for (words, own, inherited) in [
        ("send-community", own.standard, inherited.standard),
        ("send-community extended", own.extended, inherited.extended),
        ("send-community large", own.large, inherited.large),
    ] {
        flag(out, 2, head, words, Some(own).filter(|own| *own != inherited));
    }
}
