//! Who is a neighbor, and of which group.

use super::{asn, key, peer, unknown};
use crate::config::{Edit, Run, gone, line};
use crate::grammar::{Args, Modes, Row};
use bgp::config::{Config, PeerKey, RemoteAs};

const HELP: &[(&str, &str)] = &[
    ("peer", "Its address, or the name of a peer group or an interface"),
    ("remote-as", "Its AS"),
    ("internal", "Our own"),
    ("external", "Any but our own"),
    ("AS", "This one"),
    ("peer-group", "Settings that neighbors share"),
    ("group", "The group"),
    ("interface", "Whoever is at the other end of this link"),
    ("v6only", "By its link-local address; it always is"),
    ("link", "The link that a link-local address is on"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(
        peer!("remote-as <internal|external|AS>"),
        peer!("remote-as [internal|external|AS]"),
        Modes::BGP,
        "A neighbor and its AS; `no` forgets the neighbor",
        remote_as,
    )
    .help(HELP),
    line(
        "neighbor NAME$peer peer-group",
        "neighbor NAME$peer peer-group",
        Modes::BGP,
        "A group of neighbors that share settings; `no` forgets its members as well",
        peer_group,
    )
    .help(HELP),
    line(
        peer!("peer-group NAME$group"),
        peer!("peer-group NAME$group"),
        super::FAMILY,
        "A neighbor is a member of a group: what it does not say, the group says",
        member,
    )
    .help(HELP),
    line(
        "neighbor NAME$peer interface [v6only] [remote-as <internal|external|AS>|peer-group NAME$group]",
        "neighbor NAME$peer interface [v6only] [remote-as <internal|external|AS>|peer-group NAME$group]",
        Modes::BGP,
        "Whoever is at the other end of a link, known by its router advertisements (RFC 8950)",
        interface,
    )
    .help(HELP),
    line(
        "neighbor X:X::X:X$peer interface IFNAME$link",
        "neighbor X:X::X:X$peer interface [IFNAME$link]",
        Modes::BGP,
        "The link that a link-local address is on",
        link,
    )
    .help(HELP),
    line("no neighbor <ADDRESS$peer|NAME$peer>", "", Modes::BGP, "Forget a neighbor", forget).help(HELP),
];

/// `internal`, `external` or the number.
fn read_as(args: &Args) -> Result<RemoteAs, String> {
    match args.text("AS") {
        Some(_) => Ok(RemoteAs::Number(asn(args, "AS")?)),
        None if args.has("internal") => Ok(RemoteAs::Internal),
        None => Ok(RemoteAs::External),
    }
}

fn remote_as(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("peer")?;
    let bgp = edit.bgp()?;
    let remote = if args.no() { None } else { Some(read_as(args)?) };
    if let Some(group) = bgp.peer_groups.get_mut(&name) {
        group.remote_as = remote;
        return Ok(());
    }
    let key = key(&name);
    match (&key, remote) {
        (PeerKey::Address(_), Some(_)) => bgp.neighbors.entry(key).or_default().remote_as = remote,
        (PeerKey::Address(_), None) => return gone(bgp.neighbors.remove(&key), || unknown(&name)),
        // A link is a neighbor without it.
        _ => bgp.neighbors.get_mut(&key).ok_or_else(|| unknown(&name))?.remote_as = remote,
    }
    Ok(())
}

fn peer_group(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("peer")?;
    let bgp = edit.bgp()?;
    if args.no() {
        bgp.neighbors.retain(|_, n| n.peer_group.as_ref() != Some(&name));
        bgp.listen.ranges.retain(|_, group| *group != name);
        return gone(bgp.peer_groups.remove(&name), || format!("there is no peer group `{name}`"));
    }
    match key(&name) {
        PeerKey::Address(_) => return Err("Incomplete command.".to_owned()),
        link if bgp.neighbors.contains_key(&link) => {
            return Err(format!("`{name}` is a neighbor: a group needs another name"));
        }
        _ => bgp.peer_groups.entry(name).or_default(),
    };
    Ok(())
}

fn member(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let (name, group): (String, String) = (args.need("peer")?, args.need("group")?);
    let bgp = edit.bgp()?;
    let key = key(&name);
    if args.no() {
        let known = bgp.neighbors.get_mut(&key).ok_or_else(|| unknown(&name))?;
        gone(known.peer_group.take_if(|g| *g == group), || format!("{name} is no member of `{group}`"))?;
        // Without an AS it is no neighbor any more.
        let nobody = known.remote_as.is_none() && matches!(key, PeerKey::Address(_));
        if nobody {
            bgp.neighbors.remove(&key);
        }
        return Ok(());
    }
    let has_as = group_has_as(bgp, &group)?;
    match &key {
        PeerKey::Address(_) => {
            let known = bgp.neighbors.get(&key).is_some_and(|n| n.remote_as.is_some());
            if !known && !has_as {
                return Err(format!("neighbor {name} or peer group `{group}` needs a `remote-as` first"));
            }
            bgp.neighbors.entry(key).or_default().peer_group = Some(group);
        }
        PeerKey::Interface(_) => {
            bgp.neighbors.get_mut(&key).ok_or_else(|| unknown(&name))?.peer_group = Some(group);
        }
    }
    Ok(())
}

/// Whether a group says which AS its members are in; an error: it is not there.
fn group_has_as(bgp: &Config, group: &str) -> Result<bool, String> {
    let found = bgp.peer_groups.get(group);
    let found = found
        .ok_or_else(|| format!("there is no peer group `{group}`: `neighbor {group} peer-group` makes it"))?;
    Ok(found.remote_as.is_some())
}

fn interface(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("peer")?;
    let key = key(&name);
    let bgp = edit.bgp()?;
    if args.no() {
        return gone(bgp.neighbors.remove(&key), || unknown(&name));
    }
    if matches!(key, PeerKey::Address(_)) {
        return Err("Incomplete command.".to_owned());
    }
    if bgp.peer_groups.contains_key(&name) {
        return Err(format!("`{name}` is a peer group"));
    }
    let group = args.text("group").map(str::to_owned);
    if let Some(group) = &group {
        group_has_as(bgp, group)?;
    }
    let remote = args.has("remote-as").then(|| read_as(args)).transpose()?;
    let neighbor = bgp.neighbors.entry(key).or_default();
    neighbor.remote_as = remote.or(neighbor.remote_as);
    neighbor.peer_group = group.or_else(|| neighbor.peer_group.take());
    Ok(())
}

fn link(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.peer(args)?.interface = super::value(args, "link")?;
    Ok(())
}

fn forget(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name: String = args.need("peer")?;
    let bgp = edit.bgp()?;
    if bgp.peer_groups.contains_key(&name) {
        return Err(format!("`{name}` is a peer group: `no neighbor {name} peer-group` forgets it"));
    }
    gone(bgp.neighbors.remove(&key(&name)), || unknown(&name))
}
