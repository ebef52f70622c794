//! All there is to say of neighbors.

use super::{restart, span};
use bgp::config::{AddPathTx, AllowAsIn, Role, SendCommunity};
use bgp::settings::PeerKind;
use bgp::show::{Both, Capabilities, Neighbor, NeighborFamily, Neighbors, PeerState};
use std::fmt::Write;

pub(super) fn text(all: &Neighbors) -> String {
    if all.neighbors.is_empty() {
        return "% No such neighbor in this view/vrf\n".to_owned();
    }
    let mut out = String::new();
    all.neighbors.iter().for_each(|n| one(&mut out, n));
    out
}

fn one(out: &mut String, n: &Neighbor) {
    head(out, n);
    timers(out, n);
    if let Some(capabilities) = &n.capabilities {
        self::capabilities(out, n, capabilities);
    }
    restart::section(out, n);
    messages(out, n);
    n.families.iter().for_each(|f| family(out, n, f));
    let _ = writeln!(out, "\n  Connections established {}; dropped {}", n.established, n.dropped);
    reset(out, n);
    connection(out, n);
    out.push('\n');
}

fn head(out: &mut String, n: &Neighbor) {
    let link = match n.kind {
        PeerKind::Internal => "internal",
        PeerKind::Confederation => "confed-external",
        PeerKind::External => "external",
    };
    let who = match n.address.map(|a| a.to_string()) {
        Some(address) if address != n.name => format!("BGP neighbor on {}: {address}", n.name),
        None => format!("BGP neighbor on {}: unknown", n.name),
        Some(address) if n.dynamic => format!("BGP neighbor is *{address}"),
        Some(address) => format!("BGP neighbor is {address}"),
    };
    let _ = writeln!(out, "{who}, remote AS {}, local AS {}, {link} link", n.remote_as, n.local_as);
    let _ = writeln!(out, "  Local Role: {}\n  Remote Role: {}", role(n.roles.0), role(n.roles.1));
    if let Some(description) = &n.description {
        let _ = writeln!(out, " Description: {description}");
    }
    if let Some(group) = &n.group {
        let _ = writeln!(out, " Member of peer-group {group} for session parameters");
    }
    if n.shutdown {
        out.push_str(" Administratively shut down\n");
    }
    let (router, ours) = (n.router_id, n.local_router_id);
    let _ = writeln!(out, "  BGP version 4, remote router ID {router}, local router ID {ours}");
    let up = n.up_ms.filter(|_| n.state == PeerState::Established);
    let since = up.map_or_else(String::new, |ms| format!(", up for {}", span(ms)));
    let _ = writeln!(out, "  BGP state = {}{since}", n.state);
    match n.overflow {
        Some(Some(ms)) => {
            let _ = writeln!(out, "  Too many prefixes; the session is tried again in {} seconds", ms / 1000);
        }
        Some(None) => out.push_str("  Too many prefixes; `clear bgp` tries the session again\n"),
        None => {}
    }
}

pub(super) fn role(role: Option<Role>) -> &'static str {
    match role {
        None => "undefined",
        Some(Role::Provider) => "provider",
        Some(Role::RsServer) => "rs-server",
        Some(Role::RsClient) => "rs-client",
        Some(Role::Customer) => "customer",
        Some(Role::Peer) => "peer",
    }
}

fn timers(out: &mut String, n: &Neighbor) {
    let ago = |ms: Option<u64>| ms.map_or_else(|| "never".to_owned(), span);
    let _ = writeln!(out, "  Last read {}, Last write {}", ago(n.read_ms), ago(n.write_ms));
    let (hold, keepalive) = n.timers;
    let _ = writeln!(out, "  Hold time is {hold} seconds, keepalive interval is {keepalive} seconds");
    let (hold, keepalive) = n.configured_timers;
    let _ =
        writeln!(out, "  Configured hold time is {hold} seconds, keepalive interval is {keepalive} seconds");
    if let (Some(hold), Some(keepalive)) = (n.hold_left_ms, n.keepalive_left_ms) {
        let (hold, keepalive) = (hold / 1000, keepalive / 1000);
        let _ =
            writeln!(out, "  Hold timer expires in {hold} seconds, next KEEPALIVE in {keepalive} seconds");
    }
}

/// `advertised and received`; nothing for a capability nobody has.
fn sides(both: Both) -> Option<&'static str> {
    match (both.advertised, both.received) {
        (true, true) => Some("advertised and received"),
        (true, false) => Some("advertised"),
        (false, true) => Some("received"),
        (false, false) => None,
    }
}

fn capabilities(out: &mut String, n: &Neighbor, c: &Capabilities) {
    out.push_str("  Neighbor capabilities:\n");
    let mut line = |name: &str, both: Both| {
        if let Some(sides) = sides(both) {
            let _ = writeln!(out, "    {name}: {sides}");
        }
    };
    line("4 Byte AS", c.as4);
    line("Extended Message", c.extended_message);
    line("Extended nexthop", c.extended_next_hop);
    line("Role", c.role);
    if c.add_path.iter().any(|(_, rx, tx)| sides(*rx).or(sides(*tx)).is_some()) {
        out.push_str("    AddPath:\n");
    }
    for (family, rx, tx) in &c.add_path {
        for (way, both) in [("RX", rx), ("TX", tx)] {
            if let Some(sides) = sides(*both) {
                let _ = writeln!(out, "      {family}: {way} {sides}");
            }
        }
    }
    let mut line = |name: &str, both: Both| {
        if let Some(sides) = sides(both) {
            let _ = writeln!(out, "    {name}: {sides}");
        }
    };
    line("Long-lived Graceful Restart", c.long_lived);
    line("Route refresh", c.route_refresh);
    line("Enhanced Route Refresh", c.enhanced_refresh);
    c.families.iter().for_each(|(family, both)| line(&format!("Address Family {family}"), *both));
    line("Graceful Restart Capability", c.graceful_restart);
    if c.graceful_restart.received {
        let _ = writeln!(out, "      Remote Restart timer is {} seconds", n.restart.times.1);
        out.push_str("      Address families by peer:\n");
        let mut any = false;
        for (family, end) in n.restart.families.iter().filter(|(_, end)| end.announced) {
            any = true;
            let kept = if end.forwarding { "preserved" } else { "not preserved" };
            let _ = writeln!(out, "        {family}({kept})");
        }
        if !any {
            out.push_str("        none\n");
        }
    }
    if !c.unknown.is_empty() {
        let codes: Vec<String> = c.unknown.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "    Unknown capabilities received: {}", codes.join(" "));
    }
}

fn messages(out: &mut String, n: &Neighbor) {
    let _ = writeln!(out, "  Message statistics:\n    Inq depth is {}", n.in_queue);
    let _ = writeln!(out, "    Outq depth is {}\n{:>29}{:>11}", n.out_queue, "Sent", "Rcvd");
    let m = &n.messages;
    let rows = [
        ("Opens", m.opens),
        ("Notifications", m.notifications),
        ("Updates", m.updates),
        ("Keepalives", m.keepalives),
        ("Route Refresh", m.refreshes),
        ("Total", m.total()),
    ];
    for (name, (sent, received)) in rows {
        let name = format!("{name}:");
        let _ = writeln!(out, "    {name:<15}{sent:>10} {received:>10}");
    }
    for (fault, count) in &n.faults {
        let _ = writeln!(out, "    UPDATE errors handled, {fault}: {count}");
    }
    let interval = n.advertisement_interval;
    let _ = writeln!(out, "  Minimum time between advertisement runs is {interval} seconds");
}

fn family(out: &mut String, n: &Neighbor, f: &NeighborFamily) {
    let _ = writeln!(out, "\n For address family: {}", f.family);
    if let (true, Some(group)) = (f.group_member, &n.group) {
        let _ = writeln!(out, "  {group} peer-group member");
    }
    match f.update_group {
        Some(id) => {
            let _ = writeln!(out, "  Update group {id}");
        }
        None => out.push_str("  Not part of any update group\n"),
    }
    for words in sayings(f) {
        let _ = writeln!(out, "  {words}");
    }
    let _ = writeln!(out, "  {} accepted prefixes", f.accepted);
    if f.received != f.accepted {
        let _ = writeln!(out, "  {} received prefixes, {} refused", f.received, refused(f));
    }
    if f.stale {
        out.push_str("  Some of them are stale\n");
    }
    if f.negotiated {
        let _ = writeln!(out, "  {} sent prefixes", f.sent);
    }
    if let Some(m) = f.settings.maximum_prefix {
        let warning = if m.warning_only { " (warning-only)" } else { "" };
        let _ = writeln!(out, "  Maximum prefixes allowed {}{warning}", m.limit);
        let _ = writeln!(out, "  Threshold for warning message {}%", m.threshold.unwrap_or(75));
        if let Some(minutes) = m.restart {
            let _ = writeln!(out, "  Restart interval {minutes} mins");
        }
    }
}

fn refused(f: &NeighborFamily) -> u64 {
    f.received.saturating_sub(f.accepted)
}

/// What is configured, in FRR's words and order.
fn sayings(f: &NeighborFamily) -> Vec<String> {
    let s = &f.settings;
    let mut all = Vec::new();
    let mut say = |on: bool, words: &str| {
        if on {
            all.push(words.to_owned());
        }
    };
    say(s.reflector_client, "Route-Reflector Client");
    say(s.server_client, "Route-Server Client");
    let replaced = s.remove_private_as;
    say(
        replaced.is_some_and(|r| r.all && r.replace_as),
        "Private AS numbers (all) replaced in updates to this neighbor",
    );
    say(
        replaced.is_some_and(|r| !r.all && r.replace_as),
        "Private AS numbers replaced in updates to this neighbor",
    );
    say(
        replaced.is_some_and(|r| r.all && !r.replace_as),
        "Private AS numbers (all) removed in updates to this neighbor",
    );
    say(
        replaced.is_some_and(|r| !r.all && !r.replace_as),
        "Private AS numbers removed in updates to this neighbor",
    );
    say(s.addpath_tx == Some(AddPathTx::All), "Advertise all paths via addpath");
    say(s.addpath_tx == Some(AddPathTx::BestPerAs), "Advertise bestpath per AS via addpath");
    say(s.as_override, "Override ASNs in outbound updates if aspath equals remote-as");
    say(s.next_hop_self.is_some(), "NEXT_HOP is always this router");
    say(s.unchanged.as_path, "AS_PATH is propagated unchanged to this neighbor");
    say(s.unchanged.next_hop, "NEXT_HOP is propagated unchanged to this neighbor");
    say(s.unchanged.med, "MED is propagated unchanged to this neighbor");
    let kinds = communities(s.send_community);
    say(!kinds.is_empty(), &format!("Community attribute sent to this neighbor({kinds})"));
    say(s.default_originate.is_some(), "Default information originate");
    if let Some(map) = s.default_originate.as_ref().and_then(|d| d.route_map.as_ref()) {
        say(true, &format!("Default route-map {map}"));
    }
    say(s.default_originate.is_some() && f.default_sent, "Default route was sent");
    say(s.default_originate.is_some() && !f.default_sent, "Default route was not sent");
    match s.allowas_in {
        Some(AllowAsIn::Times(n)) => say(true, &format!("Our own AS may be {n} times in what is received")),
        Some(AllowAsIn::Origin) => say(true, "Our own AS may be the origin of what is received"),
        None => {}
    }
    say(s.weight != 0, &format!("Weight of what is received: {}", s.weight));
    if let Some(most) = s.maximum_prefix_out {
        say(true, &format!("At most {most} prefixes are sent"));
    }
    say(!s.import.is_empty(), "Inbound path policy configured");
    say(!s.export.is_empty(), "Outbound path policy configured");
    say(f.no_policy.0, "Inbound updates discarded due to missing policy");
    say(f.no_policy.1, "Outbound updates discarded due to missing policy");
    let named = [
        ("Incoming update prefix filter list is", &s.import.prefix_list),
        ("Outgoing update prefix filter list is", &s.export.prefix_list),
        ("Incoming update network filter list is", &s.import.distribute_list),
        ("Outgoing update network filter list is", &s.export.distribute_list),
        ("Incoming update AS path filter list is", &s.import.filter_list),
        ("Outgoing update AS path filter list is", &s.export.filter_list),
        ("Route map for incoming advertisements is", &s.import.route_map),
        ("Route map for outgoing advertisements is", &s.export.route_map),
    ];
    all.extend(named.iter().filter_map(|(what, name)| Some(format!("{what} *{}", name.as_ref()?))));
    all
}

/// Kinds that are sent, as FRR names the usual combinations.
pub(super) fn communities(s: SendCommunity) -> String {
    match (s.standard, s.extended, s.large) {
        (true, true, true) => "all".to_owned(),
        (true, true, false) => "both".to_owned(),
        (standard, extended, large) => {
            let kinds = [("standard", standard), ("extended", extended), ("large", large)];
            let sent: Vec<&str> = kinds.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
            sent.join(", ")
        }
    }
}

fn reset(out: &mut String, n: &Neighbor) {
    let Some(r) = &n.reset else {
        out.push_str("  Last reset never\n");
        return;
    };
    let _ = writeln!(out, "  Last reset {},  {}", span(r.ago_ms), r.reason);
    if let Some(message) = &r.message {
        let whose = if r.received { "received" } else { "sent" };
        let _ = writeln!(out, "    Message {whose}: \"{message}\"");
    }
}

fn connection(out: &mut String, n: &Neighbor) {
    let kind = if n.kind == PeerKind::Internal { "Internal" } else { "External" };
    let hops = n.hops;
    let _ = match n.gtsm {
        true => writeln!(out, "  {kind} BGP neighbor may be up to {hops} hops away, which its TTL proves."),
        false => writeln!(out, "  {kind} BGP neighbor may be up to {hops} hops away."),
    };
    if n.md5 {
        out.push_str("  Peer Authentication Enabled\n");
    }
    if n.passive {
        out.push_str("  Connections are accepted, not made\n");
    }
    if let Some(local) = n.local {
        let _ = writeln!(out, "Local host: {}, Local port: {}", local.ip(), local.port());
    }
    if let Some(remote) = n.remote {
        let _ = writeln!(out, "Foreign host: {}, Foreign port: {}", remote.ip(), remote.port());
    }
    let (v4, global, link_local) = n.next_hops;
    if n.local.is_some() {
        let _ = v4.map_or(Ok(()), |a| writeln!(out, "Nexthop: {a}"));
        let _ = global.map_or(Ok(()), |a| writeln!(out, "Nexthop global: {a}"));
        let _ = link_local.map_or(Ok(()), |a| writeln!(out, "Nexthop local: {a}"));
        let shared = if n.shared_network { "shared" } else { "non shared" };
        let _ = writeln!(out, "BGP connection: {shared} network");
    }
    let _ = writeln!(out, "BGP Connect Retry Timer in Seconds: {}", n.connect_retry);
    if let Some(ms) = n.next_attempt_ms {
        let _ = writeln!(out, "Next connect timer due in {} seconds", ms / 1000);
    }
}
