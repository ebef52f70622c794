//! Monitoring stations, as FRR's bgpd with its bmp module has them.

use super::span;
use bgp::Family;
use bgp::show::{BmpConnection, BmpState, BmpTargetView, BmpView};
use std::fmt::Write;

pub(super) fn text(view: &BmpView) -> String {
    if view.targets.is_empty() {
        return "No BMP targets are configured\n".to_owned();
    }
    let mut out = "BMP state for BGP VRF default:\n\n".to_owned();
    out += "  Route Mirroring         0 bytes (0 messages) pending\n";
    out += "                          0 bytes maximum buffer used\n\n";
    view.targets.iter().for_each(|target| one(&mut out, target));
    out
}

fn one(out: &mut String, target: &BmpTargetView) {
    let _ = writeln!(out, "  Targets \"{}\":\n    Route Mirroring disabled", target.name);
    for family in Family::ALL {
        let told = match (target.pre_policy.contains(&family), target.post_policy.contains(&family)) {
            (true, true) => "pre-policy and post-policy",
            (true, false) => "pre-policy",
            (false, true) => "post-policy",
            (false, false) => continue,
        };
        let name = if family == Family::Ipv4 { "IPv4" } else { "IPv6" };
        let _ = writeln!(out, "    Route Monitoring {name} unicast {told}");
    }
    *out += "    Listeners:\n\n    Outbound connections:\n";
    let connection = target.connection.iter();
    let state = |c: &BmpConnection| match &c.why {
        Some(why) => why.clone(),
        None if c.state == BmpState::Up => remote(c),
        None => String::new(),
    };
    let rows = connection.clone().map(|c| {
        vec![remote(c), c.state.name().to_owned(), state(c), span(c.timer_ms), "(unspec)".to_owned()]
    });
    *out += &grid(&["remote", "state", "", "timer", "local"], rows.collect());
    let up: Vec<&BmpConnection> = connection.filter(|c| c.state == BmpState::Up).collect();
    let _ = writeln!(out, "\n    {} connected clients:", up.len());
    let head = ["remote", "uptime", "MonSent", "MirrSent", "MirrLost", "ByteSent", "ByteQ", "ByteQKernel"];
    let numbers = |c: &BmpConnection| [c.route_monitoring, 0, 0, c.bytes, c.queued, 0].map(|n| n.to_string());
    let rows = up.iter().map(|c| [remote(c), span(c.timer_ms)].into_iter().chain(numbers(c)).collect());
    *out += &grid(&head, rows.collect());
    *out += "\n";
}

fn remote(connection: &BmpConnection) -> String {
    format!("{}:{}", connection.address, connection.port)
}

/// FRR's table: columns as wide as their longest cell, three spaces between, a line below the head.
fn grid(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let head: Vec<String> = head.iter().map(|s| (*s).to_owned()).collect();
    let all: Vec<&Vec<String>> = core::iter::once(&head).chain(&rows).collect();
    let wide = |i: usize| all.iter().filter_map(|row| row.get(i)).map(|cell| cell.len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(wide).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}   "));
        format!(" {}\n", cells.collect::<String>())
    };
    let rule: usize = widths.iter().sum::<usize>() + 3 * widths.len();
    let mut out = line(&head) + &format!(" {}\n", "-".repeat(rule));
    rows.iter().for_each(|row| out += &line(row));
    out
}
