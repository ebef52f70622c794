//! The names this program answers to. In an image they are links to it: `router`, `vtysh`, `ip`, `ping`, `traceroute`.

use crate::link::netlink::{self, view};
use cli::applet::kernel::{Kernel, Port, Route};
use cli::{applet, program};
use std::path::Path;
use std::process::ExitCode;

/// Runs the program that goes by this name; `None`: it is the daemon itself.
pub fn main(called: &str, arguments: &[String]) -> Option<ExitCode> {
    let name = Path::new(called).file_name()?.to_str()?;
    match name {
        "router" | "vtysh" => Some(program::main(name, arguments.iter().cloned())),
        name if applet::is_applet(name) => Some(applet::main(name, arguments, kernel)),
        _ => None,
    }
}

/// This network namespace; where the kernel says nothing, nothing is added to what the router says.
fn kernel() -> Kernel {
    let ports = netlink::ports().unwrap_or_default();
    let addresses = view::addresses().unwrap_or_default();
    let routes = view::routes().unwrap_or_default();
    let route = |r: &view::Route| {
        let interface = ports.iter().find(|p| p.ifindex == r.ifindex)?.name.clone();
        Some(Route { prefix: r.prefix, gateway: r.gateway, interface })
    };
    let routes = routes.iter().filter_map(route).collect();
    let port = |p: &netlink::Port| Port {
        index: p.ifindex,
        name: p.name.clone(),
        mac: p.mac.map(|mac| mac.map(|byte| format!("{byte:02x}")).join(":")),
        mtu: p.mtu,
        up: p.up,
        carrier: p.carrier,
        addresses: addresses.iter().filter(|(index, _)| *index == p.ifindex).map(|(_, a)| *a).collect(),
    };
    Kernel { ports: ports.iter().map(port).collect(), routes }
}
