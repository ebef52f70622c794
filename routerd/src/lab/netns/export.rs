//! What a deployed lab tells of itself: `inspect`, and `topology-data.json` for other tools. Names and shapes are
//! containerlab's.

use super::plan::{Node, Plan, Role};
use super::{place, runner};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::io;
use std::time::Duration;

/// Written into the lab folder.
pub const TOPOLOGY_DATA: &str = "topology-data.json";

/// Writes `topology-data.json`.
pub fn write(plan: &Plan) -> io::Result<()> {
    let text = serde_json::to_vec_pretty(&topology_data(plan)).map_err(io::Error::other)?;
    place::write_whole(&plan.dir.join(TOPOLOGY_DATA), &text)
}

fn topology_data(plan: &Plan) -> Value {
    let mut nodes = Map::new();
    for (index, node) in plan.nodes.iter().enumerate() {
        nodes.insert(
            node.name.clone(),
            json!({
                "index": index.to_string(),
                "shortname": node.name,
                "longname": node.long,
                "fqdn": format!("{}.{}.io", node.name, plan.lab),
                "group": node.group,
                "labdir": node.dir,
                "kind": node.kind,
                "image": node.image,
                "mgmt-net": "",
                "mgmt-intf": "",
                "mgmt-ipv4-address": "",
                "mgmt-ipv4-prefix-length": 0,
                "mgmt-ipv6-address": "",
                "mgmt-ipv6-prefix-length": 0,
                "mac-address": "",
                "labels": labels(plan, node),
                "nspath": node.space,
            }),
        );
    }
    let end = |e: &super::plan::End, peer: &str| {
        let [a, b, c, d, g, f] = e.mac;
        json!({
            "node": plan.nodes.get(e.node).map(|n| n.name.as_str()),
            "interface": e.interface,
            "mac": format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{g:02x}:{f:02x}"),
            "peer": peer,
        })
    };
    let link = |l: &super::plan::Link| {
        let [a, z] = &l.ends;
        json!({"endpoints": {"a": end(a, "z"), "z": end(z, "a")}})
    };
    json!({
        "name": plan.lab,
        "type": "clab",
        "clab": {"config": {"prefix": "clab", "config-path": plan.file.parent()}},
        "nodes": nodes,
        "links": plan.links.iter().map(link).collect::<Vec<Value>>(),
    })
}

fn labels(plan: &Plan, node: &Node) -> Value {
    let mut labels: Map<String, Value> =
        node.labels.iter().map(|(k, v)| (k.clone(), Value::String(v.clone()))).collect();
    for (key, value) in [
        ("clab-node-group", node.group.clone()),
        ("clab-node-kind", node.kind.clone()),
        ("clab-node-lab-dir", node.dir.display().to_string()),
        ("clab-node-name", node.name.clone()),
        ("clab-owner", plan.owner.clone()),
        ("clab-topo-file", plan.file.display().to_string()),
        ("containerlab", plan.lab.clone()),
    ] {
        labels.insert(key.to_owned(), Value::String(value));
    }
    Value::Object(labels)
}

/// Whether a node runs: all its processes do; a node without any does while its namespace is there.
pub fn is_running(node: &Node) -> bool {
    !node.off_mark().exists()
        && node.space.exists()
        && node.daemons.iter().all(|d| runner::living(node, d).is_some())
}

/// What takes the place of a container's id: twelve hexadecimal digits that belong to this deployment of this node.
fn id(plan: &Plan, node: &Node) -> String {
    use std::os::unix::fs::MetadataExt;
    let born = std::fs::metadata(plan.run.join(super::plan::FILE)).map_or(0, |m| m.ctime_nsec() ^ m.ctime());
    let digest = Sha256::digest(format!("{} {born}", node.long));
    digest.iter().take(6).map(|b| format!("{b:02x}")).collect()
}

/// How long it has been running, in words.
fn status(node: &Node) -> String {
    let mark = node.daemons.first().map_or_else(|| node.dir.clone(), |d| node.pid_file(d));
    let age = std::fs::metadata(mark).and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
    match age.map(|a: Duration| a.as_secs()) {
        None => String::new(),
        Some(s @ 0..60) => format!("Up {s} seconds"),
        Some(s @ 60..7200) => format!("Up {} minutes", s / 60),
        Some(s) => format!("Up {} hours", s / 3600),
    }
}

/// The entry of a node in `inspect`.
fn entry(plan: &Plan, node: &Node) -> Map<String, Value> {
    let running = is_running(node);
    let here = std::env::current_dir().ok();
    let short = here.and_then(|h| plan.file.strip_prefix(h).ok()).unwrap_or(&plan.file);
    let word = |s: &str| Value::String(s.to_owned());
    let text = |p: &std::path::Path| Value::String(p.display().to_string());
    let address = || word("N/A");
    Map::from_iter([
        ("lab_name".to_owned(), word(&plan.lab)),
        ("labPath".to_owned(), text(short)),
        ("absLabPath".to_owned(), text(&plan.file)),
        ("name".to_owned(), word(&node.long)),
        ("container_id".to_owned(), word(&id(plan, node))),
        ("image".to_owned(), word(&node.image)),
        ("kind".to_owned(), word(&node.kind)),
        ("state".to_owned(), word(if running { "running" } else { "exited" })),
        ("status".to_owned(), Value::String(if running { status(node) } else { "Exited".to_owned() })),
        ("ipv4_address".to_owned(), address()),
        ("ipv6_address".to_owned(), address()),
        ("owner".to_owned(), word(&plan.owner)),
    ])
}

/// `inspect -f json`: nodes by lab.
pub fn inspect_json(plans: &[Plan]) -> Value {
    let of = |plan: &Plan| plan.nodes.iter().map(|n| Value::Object(entry(plan, n))).collect::<Vec<Value>>();
    Value::Object(plans.iter().map(|p| (p.lab.clone(), Value::Array(of(p)))).collect())
}

/// `inspect`: a line a node.
pub fn inspect_table(plans: &[Plan]) -> String {
    let mut rows = vec![["Lab", "Name", "Kind", "Runs", "Image", "State"].map(str::to_owned)];
    for plan in plans {
        for node in &plan.nodes {
            let runs = match node.role {
                Role::Router => "routerd",
                Role::Host => "-",
                Role::Switch => "bridge",
                Role::Frr => "FRR",
                Role::Bird => "BIRD",
            };
            let state = if is_running(node) { status(node) } else { "exited".to_owned() };
            rows.push([&plan.lab, &node.long, &node.kind, runs, &node.image, &state].map(str::to_owned));
        }
    }
    let mut widths = [0; 6];
    for row in &rows {
        for (cell, width) in row.iter().zip(&mut widths) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; 6]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(c, w)| format!("{c:w$}")).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}
