//! `show ip ospf explain`: the path that won, what it came from, and what lost and why.

use ospf::show::{Candidate, Explain, NextHop, RibVerdict};
use std::fmt::Write;

pub(super) fn text(e: &Explain) -> String {
    let Some(prefix) = e.prefix else {
        return format!("OSPF knows no network that covers {}\n", e.asked);
    };
    let mut out = match prefix == e.asked {
        true => format!("{prefix}\n"),
        false => format!("{} is covered by {prefix}\n", e.asked),
    };
    match &e.winner {
        Some(winner) => {
            let _ = writeln!(out, "  Route: {}", headline(winner));
            body(&mut out, winner, "    ");
        }
        None => out.push_str("  No route: nothing of what is announced can be used\n"),
    }
    if let Some(rib) = &e.rib {
        verdict(&mut out, rib);
    }
    if !e.losers.is_empty() {
        out.push_str("  Not chosen:\n");
    }
    for loser in &e.losers {
        let _ = writeln!(out, "    {}: {}", headline(&loser.candidate), loser.reason);
        body(&mut out, &loser.candidate, "      ");
    }
    out
}

/// `intra-area, cost 20, area 0.0.0.0`
fn headline(c: &Candidate) -> String {
    let cost = c.cost.map_or_else(String::new, |cost| format!(", cost {cost}"));
    let metric = c.type2_cost.map_or_else(String::new, |m| format!(", type 2 metric {m}"));
    let area = c.area.map_or_else(String::new, |area| format!(", area {area}"));
    let tag = if c.tag == 0 { String::new() } else { format!(", tag {}", c.tag) };
    format!("{}{cost}{metric}{area}{tag}", c.kind)
}

fn body(out: &mut String, c: &Candidate, indent: &str) {
    for hop in &c.next_hops {
        let _ = writeln!(out, "{indent}{}", way(hop));
    }
    if !c.path.is_empty() {
        let _ = writeln!(out, "{indent}Path:");
    }
    for step in &c.path {
        let node = step.node.to_string();
        let _ = writeln!(out, "{indent}  {node:<34} +{:<7} = {}", step.cost, step.total);
    }
    if !c.lsas.is_empty() {
        let _ = writeln!(out, "{indent}From:");
    }
    for lsa in &c.lsas {
        let _ = writeln!(out, "{indent}  {lsa}");
    }
}

fn way(hop: &NextHop) -> String {
    match hop.gateway {
        Some(gateway) => format!("via {gateway}, {}", hop.interface),
        None => format!("directly attached to {}", hop.interface),
    }
}

fn verdict(out: &mut String, rib: &RibVerdict) {
    let _ = match (rib.selected, &rib.winner) {
        (true, _) => writeln!(out, "  Routing table: chosen, distance {}", rib.distance),
        (false, Some((protocol, distance))) => {
            writeln!(
                out,
                "  Routing table: not chosen, {protocol} has distance {distance}, OSPF {}",
                rib.distance
            )
        }
        (false, None) => writeln!(out, "  Routing table: not chosen"),
    };
    if let Some(why) = &rib.why_not {
        let _ = writeln!(out, "    {why}");
    }
}
