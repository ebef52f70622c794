//! `show ip protocols`: what runs and how it is set.

use super::{bgp, object, ospf, plain, rip};
use crate::reply::Protocols;
use serde_json::Value;

/// All that run; with what is configured of RIP, also its filters and distances.
pub(super) fn text(all: &Protocols, config: Option<&::rip::config::Config>) -> String {
    let rip = all.rip.as_ref().map(|status| rip::status(Some(status), config));
    let ospf = all.ospf.as_ref().map(ospf::protocol);
    let bgp = all.bgp.as_ref().map(bgp::protocol);
    let parts: Vec<String> = rip.into_iter().chain(ospf).chain(bgp).collect();
    if parts.is_empty() { "No routing protocol is running\n".to_owned() } else { parts.join("\n") }
}

pub(super) fn json(all: &Protocols) -> Value {
    object(vec![
        ("rip", all.rip.as_ref().map(plain)),
        ("ospf", all.ospf.as_ref().map(plain)),
        ("bgp", all.bgp.as_ref().map(plain)),
    ])
}
