//! What is said about areas: which options go with which kind of area, and where a virtual link may run.

use super::{METRIC, ipv4, is_used};
use crate::validate::Checker;
use crate::validate::interfaces::is_unicast;
use crate::validate::ospf::interface;
use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;
use ospf::AreaId;
use ospf::config::{AreaConfig, AreaKind, Config, LS_INFINITY, NssaDefault, Range, Translator, VirtualLink};
use policy::config::Config as Policy;
use std::collections::BTreeMap;

pub(super) fn check(c: &mut Checker, ospf: &Config, policy: &Policy) {
    // A virtual link is an interface in the backbone (RFC 2328 section 15).
    let links = ospf.areas.values().any(|a| !a.virtual_links.is_empty());
    for (id, area) in &ospf.areas {
        c.within(id.to_string().as_str(), |c| {
            let is_there = is_used(ospf, *id) || id.is_backbone() && links;
            if !is_there {
                c.warning("no network and no interface is in this area");
            }
            kind(c, *id, area);
            one(c, area, policy);
            virtual_links(c, *id, area, ospf.router_id, policy);
        });
    }
}

/// RFC 2328 section 3.6, RFC 3101: every router is in contact with the backbone, so it takes all LSAs.
fn kind(c: &mut Checker, id: AreaId, area: &AreaConfig) {
    if id.is_backbone() && area.kind != AreaKind::Normal {
        c.within("type", |c| c.error("the backbone cannot be a stub or NSSA", "normal"));
    }
    let normal = area.kind == AreaKind::Normal;
    if area.no_summary && normal {
        c.within("no-summary", |c| c.error("found true in a normal area", "`type: stub` or `type: nssa`"));
    }
    if area.default_cost.is_some() && normal {
        c.within("default-cost", |c| c.warning("has an effect in stub areas and NSSAs only"));
    }
    if area.kind == AreaKind::Nssa {
        return;
    }
    for (key, found) in [
        ("nssa-translator", area.nssa_translator != Translator::default()),
        ("nssa-suppress-fa", area.nssa_suppress_fa),
        ("nssa-default", area.nssa_default.is_some()),
        ("nssa-ranges", !area.nssa_ranges.is_empty()),
    ] {
        if found {
            c.within(key, |c| c.error("found in an area that is no NSSA", "`type: nssa` beside it"));
        }
    }
}

fn one(c: &mut Checker, area: &AreaConfig, policy: &Policy) {
    if let Some(cost) = area.default_cost {
        c.range("default-cost", cost, 0..=LS_INFINITY);
    }
    if let Some(NssaDefault { metric: Some(metric), .. }) = area.nssa_default {
        c.within("nssa-default", |c| c.range("metric", metric, 0..=METRIC));
    }
    c.within("ranges", |c| ranges(c, &area.ranges));
    c.within("nssa-ranges", |c| ranges(c, &area.nssa_ranges));
    for (key, name) in [("filter-list-in", &area.filter_list_in), ("filter-list-out", &area.filter_list_out)]
    {
        if let Some(name) = name {
            c.within(key, |c| c.prefix_list(name, policy));
        }
    }
    for (key, name) in [("import-list", &area.import_list), ("export-list", &area.export_list)] {
        if let Some(name) = name {
            c.within(key, |c| c.access_list(name, policy));
        }
    }
}

fn ranges(c: &mut Checker, ranges: &BTreeMap<Prefix, Range>) {
    for (prefix, range) in ranges {
        c.within(prefix.to_string().as_str(), |c| {
            ipv4(c, *prefix);
            if let Some(cost) = range.cost {
                c.range("cost", cost, 0..=LS_INFINITY);
            }
            if let Some(substitute) = range.substitute {
                c.within("substitute", |c| ipv4(c, substitute));
            }
            if range.not_advertise && (range.cost.is_some() || range.substitute.is_some()) {
                c.within("not-advertise", |c| c.warning("leaves `cost` and `substitute` without effect"));
            }
        });
    }
}

/// RFC 2328 section 15: through a transit area, which is neither the backbone nor a stub.
fn virtual_links(
    c: &mut Checker,
    id: AreaId,
    area: &AreaConfig,
    router_id: Option<Ipv4Addr>,
    policy: &Policy,
) {
    c.within("virtual-links", |c| {
        if area.virtual_links.is_empty() {
            return;
        }
        if id.is_backbone() {
            c.error("a virtual link cannot run through the backbone", "another area");
        } else if area.kind != AreaKind::Normal {
            c.error("a virtual link cannot run through a stub area or NSSA", "`type: normal`");
        }
        for (peer, link) in &area.virtual_links {
            c.within(peer.to_string().as_str(), |c| {
                if Some(*peer) == router_id {
                    c.refuse(format!("{peer} is this router: a virtual link leads to another"));
                } else if !is_unicast(IpAddr::V4(*peer)) {
                    c.refuse(format!("{peer} cannot be the id of a router"));
                }
                virtual_link(c, link, policy);
            });
        }
    });
}

fn virtual_link(c: &mut Checker, link: &VirtualLink, policy: &Policy) {
    let VirtualLink { hello_interval, dead_interval, retransmit_interval, transmit_delay, .. } = *link;
    for (key, seconds) in [
        ("hello-interval", hello_interval),
        ("dead-interval", dead_interval),
        ("retransmit-interval", retransmit_interval),
        ("transmit-delay", transmit_delay),
    ] {
        if let Some(seconds) = seconds {
            c.range(key, seconds, 1..=u16::MAX);
        }
    }
    let hello = hello_interval.unwrap_or(10);
    // Unlike an interface's, its default does not follow the hello interval.
    interface::dead(c, u32::from(hello), dead_interval.map_or(40, u32::from));
    let VirtualLink { authentication, authentication_key, message_digest_keys, .. } = link;
    let password = authentication_key.as_deref();
    interface::authentication(c, authentication.as_ref(), password, message_digest_keys, policy);
}

#[cfg(test)]
mod tests {
    use crate::validate::tests::{errors, is_valid, warnings};

    fn area(id: &str, keys: &str) -> String {
        format!("ospf: {{networks: [{{prefix: 10.0.0.0/8, area: {id}}}], areas: {{{id}: {{{keys}}}}}}}")
    }

    #[test]
    fn the_backbone_takes_every_lsa() {
        assert_eq!(
            errors(&area("0", "type: stub")),
            ["ospf.areas.\"0.0.0.0\".type: the backbone cannot be a stub or NSSA, expected normal"]
        );
        assert_eq!(errors(&area("0.0.0.0", "type: nssa")).len(), 1);
        assert!(is_valid(&area("1", "type: nssa, no-summary: true, default-cost: 16777215")));
    }

    #[test]
    fn options_go_with_their_kind_of_area() {
        for option in [
            "nssa-translator: always",
            "nssa-suppress-fa: true",
            "nssa-default: {metric: 1}",
            "nssa-ranges: {10.0.0.0/8: {}}",
        ] {
            assert_eq!(errors(&area("1", &format!("type: stub, {option}"))).len(), 1, "{option}");
            assert_eq!(errors(&area("1", option)).len(), 1, "{option}");
            assert!(is_valid(&area("1", &format!("type: nssa, {option}"))), "{option}");
        }
        assert_eq!(errors(&area("1", "no-summary: true")).len(), 1);
        assert_eq!(warnings(&area("1", "default-cost: 1")).len(), 1);
    }

    #[test]
    fn a_virtual_link_runs_through_a_transit_area_to_another_router() {
        let link = "virtual-links: {2.2.2.2: {}}";
        assert!(is_valid(&area("1", link)));
        assert_eq!(errors(&area("0", link)).len(), 1);
        assert_eq!(errors(&area("1", &format!("type: stub, {link}"))).len(), 1);
        assert_eq!(errors(&area("1", "virtual-links: {0.0.0.0: {}}")).len(), 1);
        let to_itself = "ospf: {router-id: 2.2.2.2, areas: {1: {virtual-links: {2.2.2.2: {}}}}}";
        assert_eq!(errors(to_itself).len(), 1);
    }

    #[test]
    fn values_of_an_area_are_in_range() {
        for bad in [
            "default-cost: 16777216, type: stub",
            "ranges: {10.0.0.0/8: {cost: 16777216}}",
            "type: nssa, nssa-default: {metric: 16777215}",
            "virtual-links: {2.2.2.2: {hello-interval: 0}}",
            "virtual-links: {2.2.2.2: {authentication-key: '123456789'}}",
            "virtual-links: {2.2.2.2: {message-digest-keys: {0: x}}}",
        ] {
            assert_eq!(errors(&area("1", bad)).len(), 1, "{bad}");
        }
    }

    #[test]
    fn an_area_nobody_is_in_is_doubtful() {
        assert_eq!(warnings("ospf: {areas: {1: {type: stub}}}").len(), 1);
        assert_eq!(
            warnings("ospf: {areas: {1: {type: stub}}, interfaces: {eth1: {area: 0.0.0.1}}}").len(),
            0
        );
        let linked = "ospf: {areas: {0: {authentication: simple}, 1: {virtual-links: {2.2.2.2: {}}}}, \
                      interfaces: {eth1: {area: 1}}}";
        assert_eq!(warnings(linked).len(), 0);
    }

    #[test]
    fn what_has_no_effect_is_doubtful() {
        assert_eq!(warnings(&area("1", "ranges: {10.0.0.0/8: {not-advertise: true, cost: 5}}")).len(), 1);
        assert_eq!(warnings(&area("1", "virtual-links: {2.2.2.2: {hello-interval: 60}}")).len(), 1);
        assert_eq!(warnings(&area("1", "virtual-links: {2.2.2.2: {authentication: simple}}")).len(), 1);
    }
}
