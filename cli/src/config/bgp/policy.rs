//! What is said of the routes of a neighbor, family by family.

use super::{FAMILY, peer, value};
use crate::config::{Edit, Run, line};
use crate::grammar::{Args, Row};
use bgp::config::{
    AddPathTx, AllowAsIn, DefaultOriginate, MaximumPrefix, NeighborFamily, NextHopSelf, RemovePrivateAs,
    Unchanged,
};

const HELP: &[(&str, &str)] = &[
    ("peer", "Its address, or the name of a peer group or an interface"),
    ("activate", "Exchange routes of this family"),
    ("route-map", "Filter and change"),
    ("prefix-list", "Filter by prefix"),
    ("distribute-list", "Filter by an access list"),
    ("filter-list", "Filter by the AS path"),
    ("NAME", "The name"),
    ("ACL", "The access list"),
    ("in", "What it sends"),
    ("out", "What it is told"),
    ("next-hop-self", "It reaches through us what we tell it"),
    ("force", "Reflected routes as well"),
    ("attribute-unchanged", "Told as they came"),
    ("as-path", "The AS path"),
    ("next-hop", "The next hop"),
    ("med", "The MED"),
    ("route-reflector-client", "Its routes are reflected, and others to it (RFC 4456)"),
    ("route-server-client", "Neither our AS nor our address is put into what it is told"),
    ("soft-reconfiguration", "Keep what was received as it came; it always is"),
    ("inbound", "What it sends"),
    ("default-originate", "Tell it a default route"),
    ("maximum-prefix", "The session ends when it sends more"),
    ("limit", "How many"),
    ("threshold", "Percent at which a warning is given (75)"),
    ("restart", "Try again later"),
    ("minutes", "Minutes"),
    ("warning-only", "Only say so"),
    ("maximum-prefix-out", "Tell it no more than this"),
    ("allowas-in", "Its paths may have our AS in them"),
    ("origin", "As the origin only"),
    ("times", "How often (3)"),
    ("as-override", "Its AS in paths is replaced by ours"),
    ("remove-private-AS", "Private ASes are taken out of paths"),
    ("all", "Of every kind"),
    ("replace-AS", "Ours takes their place"),
    ("send-community", "Communities it is told (all by default)"),
    ("both", "Standard and extended ones"),
    ("standard", "RFC 1997"),
    ("extended", "RFC 4360"),
    ("large", "RFC 8092"),
    ("weight", "Preference of its routes, in this router only"),
    ("addpath-tx-all-paths", "Tell it every path (RFC 7911)"),
    ("addpath-tx-bestpath-per-AS", "Tell it the best path of each neighboring AS"),
    ("disable-addpath-rx", "Do not take several paths of a prefix"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(peer!("activate"), peer!("activate"), FAMILY, "Exchange routes of this family", |edit, args| {
        edit.family_flag(args, |f| &mut f.activate)
    })
    .help(HELP),
    line(
        peer!("route-map NAME <in|out>"),
        peer!("route-map NAME <in|out>"),
        FAMILY,
        "Filter and change",
        |edit, args| list(edit, args, "NAME", |f| [&mut f.route_map_in, &mut f.route_map_out]),
    )
    .help(HELP),
    line(
        peer!("prefix-list NAME <in|out>"),
        peer!("prefix-list NAME <in|out>"),
        FAMILY,
        "Filter by prefix",
        |edit, args| list(edit, args, "NAME", |f| [&mut f.prefix_list_in, &mut f.prefix_list_out]),
    )
    .help(HELP),
    line(
        peer!("distribute-list ACL <in|out>"),
        peer!("distribute-list ACL <in|out>"),
        FAMILY,
        "Filter by prefix, by an access list",
        |edit, args| list(edit, args, "ACL", |f| [&mut f.distribute_list_in, &mut f.distribute_list_out]),
    )
    .help(HELP),
    line(
        peer!("filter-list NAME <in|out>"),
        peer!("filter-list NAME <in|out>"),
        FAMILY,
        "Filter by the AS path",
        |edit, args| list(edit, args, "NAME", |f| [&mut f.filter_list_in, &mut f.filter_list_out]),
    )
    .help(HELP),
    line(
        peer!("next-hop-self [force|all]"),
        peer!("next-hop-self [force|all]"),
        FAMILY,
        "The neighbor reaches through us what we tell it",
        next_hop_self,
    )
    .help(&[
        ("peer", "Its address, or the name of a peer group or an interface"),
        ("next-hop-self", "It reaches through us what we tell it"),
        ("force", "Reflected routes as well"),
        ("all", "The same in IOS's words"),
    ]),
    line(
        peer!("attribute-unchanged {as-path|next-hop|med}"),
        peer!("attribute-unchanged {as-path|next-hop|med}"),
        FAMILY,
        "Attributes are told as they came; without a name all three",
        unchanged,
    )
    .help(HELP),
    line(
        peer!("route-reflector-client"),
        peer!("route-reflector-client"),
        FAMILY,
        "The routes of an iBGP neighbor are reflected, and others to it",
        |edit, args| edit.family_flag(args, |f| &mut f.route_reflector_client),
    )
    .help(HELP),
    line(
        peer!("route-server-client"),
        peer!("route-server-client"),
        FAMILY,
        "Neither our AS nor our address is put into what the neighbor is told",
        |edit, args| edit.family_flag(args, |f| &mut f.route_server_client),
    )
    .help(HELP),
    line(
        peer!("soft-reconfiguration inbound"),
        peer!("soft-reconfiguration inbound"),
        FAMILY,
        "Keep what was received as it came; it always is",
        |edit, args| edit.family_flag(args, |f| &mut f.soft_reconfiguration),
    )
    .help(HELP),
    line(
        peer!("default-originate [route-map NAME]"),
        peer!("default-originate [route-map NAME]"),
        FAMILY,
        "Tell the neighbor a default route, with a map only while some route passes it",
        default_originate,
    )
    .help(HELP),
    line(
        peer!(
            "maximum-prefix <1-4294967295>$limit [<1-100>$threshold] \
             [restart <1-65535>$minutes|warning-only] [force]"
        ),
        peer!(
            "maximum-prefix [<1-4294967295>$limit [<1-100>$threshold] \
             [restart [<1-65535>$minutes]|warning-only] [force]]"
        ),
        FAMILY,
        "The session ends when the neighbor sends more; with `force` what was refused counts as well",
        maximum_prefix,
    )
    .help(&[
        ("peer", "Its address, or the name of a peer group or an interface"),
        ("maximum-prefix", "The session ends when it sends more"),
        ("limit", "How many"),
        ("threshold", "Percent at which a warning is given (75)"),
        ("restart", "Try again later"),
        ("minutes", "Minutes"),
        ("warning-only", "Only say so"),
        ("force", "What policy refused counts as well"),
    ]),
    line(
        peer!("maximum-prefix-out <1-4294967295>$limit"),
        peer!("maximum-prefix-out [<1-4294967295>$limit]"),
        FAMILY,
        "Tell the neighbor no more than this",
        |edit, args| {
            edit.peer_family(args)?.maximum_prefix_out = value(args, "limit")?;
            Ok(())
        },
    )
    .help(HELP),
    line(
        peer!("allowas-in [<1-10>$times|origin]"),
        peer!("allowas-in [<1-10>$times|origin]"),
        FAMILY,
        "Paths of the neighbor may have our own AS in them this often (3)",
        allowas_in,
    )
    .help(HELP),
    line(
        peer!("as-override"),
        peer!("as-override"),
        FAMILY,
        "The neighbor's AS is replaced by ours in what it is told",
        |edit, args| edit.family_flag(args, |f| &mut f.as_override),
    )
    .help(HELP),
    line(
        peer!("remove-private-AS [all] [replace-AS]"),
        peer!("remove-private-AS [all] [replace-AS]"),
        FAMILY,
        "Private ASes are taken out of paths of nothing else, or of all; or replaced by ours",
        remove_private_as,
    )
    .help(HELP),
    line(
        peer!("send-community [both|all|standard|extended|large]"),
        peer!("send-community [both|all|standard|extended|large]"),
        FAMILY,
        "Communities the neighbor is told; all by default",
        send_community,
    )
    .help(HELP),
    line(
        peer!("weight <0-65535>$weight"),
        peer!("weight [<0-65535>$weight]"),
        FAMILY,
        "Preference of the neighbor's routes, in this router only",
        |edit, args| {
            edit.peer_family(args)?.weight = value(args, "weight")?;
            Ok(())
        },
    )
    .help(HELP),
    line(
        peer!("<addpath-tx-all-paths|addpath-tx-bestpath-per-AS>"),
        peer!("<addpath-tx-all-paths|addpath-tx-bestpath-per-AS>"),
        FAMILY,
        "Tell the neighbor several paths of a prefix",
        addpath,
    )
    .help(HELP),
    line(
        peer!("disable-addpath-rx"),
        peer!("disable-addpath-rx"),
        FAMILY,
        "Do not offer to take several paths of a prefix",
        |edit, args| edit.family_flag(args, |f| &mut f.disable_addpath_rx),
    )
    .help(HELP),
];

/// A list or map of one direction; taken back by its own name only.
fn list(
    edit: &mut Edit<'_>,
    args: &Args,
    label: &str,
    of: fn(&mut NeighborFamily) -> [&mut Option<String>; 2],
) -> Result<(), String> {
    let name: String = args.need(label)?;
    let [inwards, outwards] = of(edit.peer_family(args)?);
    let place = if args.has("in") { inwards } else { outwards };
    if !args.no() {
        *place = Some(name);
        return Ok(());
    }
    match place.take_if(|known| *known == name) {
        Some(_) => Ok(()),
        None => Err(format!("`{name}` is not set here")),
    }
}

fn next_hop_self(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let force = args.has("force") || args.has("all");
    edit.peer_family(args)?.next_hop_self = Some(NextHopSelf { force }).filter(|_| !args.no());
    Ok(())
}

fn unchanged(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let all = args.keywords().last() == Some("attribute-unchanged");
    let is = |word: &str| all || args.has(word);
    let named = Unchanged { as_path: is("as-path"), next_hop: is("next-hop"), med: is("med") };
    let known = &mut edit.peer_family(args)?.attribute_unchanged;
    *known = if args.no() {
        let old = known.unwrap_or_default();
        let left = Unchanged {
            as_path: old.as_path && !named.as_path,
            next_hop: old.next_hop && !named.next_hop,
            med: old.med && !named.med,
        };
        Some(left).filter(|left| *left != Unchanged::default())
    } else {
        Some(named)
    };
    Ok(())
}

fn default_originate(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let route_map = args.text("NAME").map(str::to_owned);
    let family = edit.peer_family(args)?;
    family.default_originate = Some(DefaultOriginate { route_map }).filter(|_| !args.no());
    Ok(())
}

fn maximum_prefix(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let limit = value(args, "limit")?.map(|limit| MaximumPrefix {
        limit,
        threshold: args.get("threshold"),
        restart: args.get("minutes"),
        warning_only: args.has("warning-only"),
        force: args.has("force"),
    });
    edit.peer_family(args)?.maximum_prefix = limit;
    Ok(())
}

fn allowas_in(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let allowed = match args.get("times") {
        _ if args.has("origin") => AllowAsIn::Origin,
        times => AllowAsIn::Times(times.unwrap_or(3)),
    };
    edit.peer_family(args)?.allowas_in = Some(allowed).filter(|_| !args.no());
    Ok(())
}

fn remove_private_as(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let remove = RemovePrivateAs { all: args.has("all"), replace_as: args.has("replace-AS") };
    edit.peer_family(args)?.remove_private_as = Some(remove).filter(|_| !args.no());
    Ok(())
}

/// Each kind is told or not; what is not named stays as it is, or as the group has it.
fn send_community(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let family = edit.family();
    let group = edit.peer(args)?.peer_group.clone();
    let groups = &edit.bgp()?.peer_groups;
    let group = group.and_then(|name| groups.get(&name)?.families.get(&family)?.send_community);
    let own = &mut edit.peer_family(args)?.send_community;
    let mut send = own.or(group).unwrap_or_default();
    let kind = args.keywords().last().unwrap_or_default();
    if matches!(kind, "send-community" | "standard" | "both" | "all") {
        send.standard = !args.no();
    }
    if matches!(kind, "extended" | "both" | "all") {
        send.extended = !args.no();
    }
    if matches!(kind, "large" | "all") {
        send.large = !args.no();
    }
    *own = Some(send);
    Ok(())
}

fn addpath(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let which = if args.has("addpath-tx-all-paths") { AddPathTx::All } else { AddPathTx::BestPerAs };
    let known = &mut edit.peer_family(args)?.addpath_tx;
    if !args.no() {
        *known = Some(which);
    } else if *known == Some(which) {
        *known = None;
    }
    Ok(())
}
