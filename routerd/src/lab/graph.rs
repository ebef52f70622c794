//! The topology as a drawing: a list for a terminal, Mermaid for a README, DOT for Graphviz.

use super::observe::{LinkView, NodeView};
use super::topology::{Role, Topology};
use super::units;

/// Mermaid: hosts round, switches as diamonds, routers square; interfaces at the cables.
pub fn mermaid(topology: &Topology) -> String {
    let mut out = String::from("graph LR\n");
    for (index, node) in topology.nodes.iter().enumerate() {
        let name = node.name.replace('"', "'");
        let shape = match node.role {
            Role::Host(_) => format!("([\"{name}\"])"),
            Role::Switch => format!("{{\"{name}\"}}"),
            Role::Router(_) | Role::Foreign(_) => format!("[\"{name}\"]"),
        };
        out.push_str(&format!("  n{index}{shape}\n"));
    }
    for link in &topology.links {
        let [a, b] = &link.ends;
        out.push_str(&format!("  n{} ---|\"{} {}\"| n{}\n", a.node, a.interface, b.interface, b.node));
    }
    out
}

/// DOT for Graphviz.
pub fn dot(topology: &Topology) -> String {
    let quoted = |s: &str| format!("\"{}\"", s.replace('\\', "\\\\").replace('"', "\\\""));
    let mut out = format!("graph {} {{\n  node [shape=box]\n", quoted(&topology.name));
    for node in &topology.nodes {
        let shape = match node.role {
            Role::Host(_) => " [shape=ellipse]",
            Role::Switch => " [shape=diamond]",
            Role::Router(_) | Role::Foreign(_) => "",
        };
        out.push_str(&format!("  {}{shape}\n", quoted(&node.name)));
    }
    for link in &topology.links {
        let [a, b] = &link.ends;
        let name = |end: &super::topology::End| topology.nodes.get(end.node).map_or("?", |n| n.name.as_str());
        out.push_str(&format!(
            "  {} -- {} [taillabel={} headlabel={}]\n",
            quoted(name(a)),
            quoted(name(b)),
            quoted(&a.interface),
            quoted(&b.interface)
        ));
    }
    out.push_str("}\n");
    out
}

/// Cables, one a line, as they are now.
pub fn links(links: &[LinkView]) -> String {
    let width = links.iter().map(|l| l.ends.iter().map(String::len).max().unwrap_or(0)).max().unwrap_or(0);
    let mut out = String::new();
    for link in links {
        let [a, b] = &link.ends;
        let wire = if link.up { "-----" } else { "--x--" };
        out.push_str(&format!("{a:>width$} {wire} {b:<width$}"));
        let state = if link.up { "up" } else { "down" };
        out.push_str(&format!("  {state:<4}"));
        let [there, back] = link.impairments.map(|i| i.to_string());
        match there == back {
            true if there.is_empty() => {}
            true => out.push_str(&format!("  {there}")),
            false => out.push_str(&format!("  {there} / {back}")),
        }
        let lost: u64 = link.counters.iter().map(|c| c.lost + c.queue_full).sum();
        let sent: u64 = link.counters.iter().map(|c| c.sent).sum();
        out.push_str(&format!("  {sent} frames"));
        if lost > 0 {
            out.push_str(&format!(", {lost} lost"));
        }
        out.push('\n');
    }
    out
}

/// Nodes, one a line, as they are now.
pub fn nodes(nodes: &[NodeView]) -> String {
    let width = nodes.iter().map(|n| n.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for node in nodes {
        let state = if node.alive { "up" } else { "dead" };
        out.push_str(&format!("{:<width$}  {:<6}  {state:<4}", node.name, node.role));
        if node.role != "switch" && node.alive {
            out.push_str(&format!("  {} routes, {} learned", node.routes, node.learned));
        }
        out.push('\n');
    }
    out
}

/// `up for 1m05s`.
pub fn uptime(d: core::time::Duration) -> String {
    units::show(d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_name_every_node_and_cable() {
        let t = Topology::new("t")
            .router("r1", configs::Config::default())
            .host("h1", &[])
            .switch("sw")
            .link("r1:eth1", "sw:p1")
            .link("h1:eth1", "sw:p2");
        let drawing = mermaid(&t);
        assert!(drawing.contains("n0[\"r1\"]") && drawing.contains("n0 ---|\"eth1 p1\"| n2"), "{drawing}");
        let drawing = dot(&t);
        assert!(drawing.contains("\"h1\" -- \"sw\" [taillabel=\"eth1\" headlabel=\"p2\"]"), "{drawing}");
    }
}
