//! The lines of `router ospf` and of what interfaces say about OSPF, as FRR writes them.

use super::print::Lines;
use crate::config::area_number as number;
use crate::grammar::words::{quote, quote_beside};
use core::fmt::Display;
use fib::Prefix;
use ospf::AreaId;
use ospf::config::{
    AbrType, AreaConfig, AreaKind, Authentication, AuthenticationMode, Config, Distance,
    GracefulRestartHelper, InterfaceConfig, LogAdjacency, MAX_PATHS, MaxMetric, Measured, MetricType,
    NetworkType, NssaDefault, REFERENCE_BANDWIDTH, Range, SpfDelay, TimersConfig, Translator, VirtualLink,
};
use std::collections::BTreeMap;

/// ` words VALUE`, or nothing.
fn tail(words: &str, value: Option<impl Display>) -> String {
    value.map_or(String::new(), |value| format!(" {words} {value}"))
}

fn metric_type(metric_type: MetricType) -> &'static str {
    match metric_type {
        MetricType::One => " metric-type 1",
        MetricType::Two => "",
    }
}

pub(super) fn interface(out: &mut Lines, config: &InterfaceConfig) {
    let InterfaceConfig { cost, measured, priority, network, .. } = *config;
    out.value(1, "ip ospf area", config.area.map(number));
    let InterfaceConfig { authentication, authentication_key, message_digest_keys, .. } = config;
    let (kind, password) = (authentication.as_ref(), authentication_key.as_deref());
    self::authentication(out, "ip ospf", kind, password, message_digest_keys);
    out.value(1, "ip ospf cost", cost);
    if let Some(measured) = measured {
        self::measured(out, measured);
    }
    out.value(1, "ip ospf dead-interval", config.dead_interval);
    out.value(1, "ip ospf dead-interval minimal hello-multiplier", config.hello_multiplier);
    out.value(1, "ip ospf hello-interval", config.hello_interval);
    out.line_if(config.mtu_ignore, 1, "ip ospf mtu-ignore");
    let network = network.map(|kind| match kind {
        NetworkType::Broadcast => "broadcast",
        NetworkType::PointToPoint => "point-to-point",
        NetworkType::NonBroadcast => "non-broadcast",
        NetworkType::PointToMultipoint => "point-to-multipoint",
    });
    out.value(1, "ip ospf network", network);
    match config.passive {
        None => {}
        Some(true) => out.line(1, "ip ospf passive"),
        Some(false) => out.line(1, "no ip ospf passive"),
    }
    match config.prefix_suppression {
        None => {}
        Some(true) => out.line(1, "ip ospf prefix-suppression"),
        Some(false) => out.line(1, "ip ospf prefix-suppression disable"),
    }
    out.value(1, "ip ospf priority", priority);
    out.value(1, "ip ospf retransmit-interval", config.retransmit_interval);
    out.value(1, "ip ospf transmit-delay", config.transmit_delay);
}

/// The lines of an interface or a virtual link, behind `words`.
fn authentication(
    out: &mut Lines,
    words: &str,
    kind: Option<&Authentication>,
    password: Option<&str>,
    digests: &BTreeMap<u8, String>,
) {
    match kind {
        None => {}
        Some(Authentication::Null) => out.line(1, format_args!("{words} authentication null")),
        Some(Authentication::Simple) => out.line(1, format_args!("{words} authentication")),
        Some(Authentication::MessageDigest) => {
            out.line(1, format_args!("{words} authentication message-digest"));
        }
        Some(Authentication::KeyChain(name)) => {
            out.line(1, format_args!("{words} authentication key-chain {}", quote(name)));
        }
    }
    out.value(1, &format!("{words} authentication-key"), password.map(quote));
    for (id, key) in digests {
        out.line(1, format_args!("{words} message-digest-key {id} md5 {}", quote(key)));
    }
}

fn measured(out: &mut Lines, measured: Measured) {
    let Measured { interval, unit, hysteresis, minimum, maximum } = measured;
    let default = Measured::default();
    let interval = tail("interval", (interval != default.interval).then_some(interval));
    let unit = tail("unit", (unit != default.unit).then_some(unit));
    let hysteresis = tail("hysteresis", (hysteresis != default.hysteresis).then_some(hysteresis));
    let minimum = tail("minimum", (minimum != default.minimum).then_some(minimum));
    let maximum = tail("maximum", (maximum != default.maximum).then_some(maximum));
    out.line(1, format_args!("ip ospf cost measured{interval}{unit}{hysteresis}{minimum}{maximum}"));
}

pub(super) fn process(out: &mut Lines, config: &Config) {
    match config.instance {
        None => out.line(0, "router ospf"),
        Some(number) => out.line(0, format_args!("router ospf {number}")),
    }
    out.value(1, "ospf router-id", config.router_id);
    manners(out, config);
    timers(out, config.timers);
    max_metric(out, config.max_metric);
    let bandwidth = config.reference_bandwidth;
    out.value(1, "auto-cost reference-bandwidth", (bandwidth != REFERENCE_BANDWIDTH).then_some(bandwidth));
    graceful_restart_helper(out, config.graceful_restart_helper);
    external(out, config);
    out.line_if(config.passive_default, 1, "passive-interface default");
    let no = if config.passive_default { "no " } else { "" };
    for name in &config.passive_interfaces {
        out.line(1, format_args!("{no}passive-interface {}", quote_beside(name, &["default"])));
    }
    for network in &config.networks {
        out.line(1, format_args!("network {} area {}", network.prefix, number(network.area)));
    }
    for (id, area) in &config.areas {
        self::area(out, *id, area);
    }
    for (address, neighbor) in &config.neighbors {
        let default = ospf::config::NbmaNeighbor::default();
        let priority = (neighbor.priority != default.priority).then_some(neighbor.priority);
        let poll = (neighbor.poll_interval != default.poll_interval).then_some(neighbor.poll_interval);
        let (priority, poll) = (tail("priority", priority), tail("poll-interval", poll));
        out.line(1, format_args!("neighbor {address}{priority}{poll}"));
    }
    distance(out, config.distance);
    let paths = config.maximum_paths;
    out.value(1, "maximum-paths", (paths != MAX_PATHS).then_some(paths));
    out.line(0, "exit");
    out.line(0, "!");
}

fn manners(out: &mut Lines, config: &Config) {
    match config.abr_type {
        AbrType::Cisco => {}
        AbrType::Ibm => out.line(1, "ospf abr-type ibm"),
        AbrType::Shortcut => out.line(1, "ospf abr-type shortcut"),
        AbrType::Standard => out.line(1, "ospf abr-type standard"),
    }
    match config.log_adjacency_changes {
        LogAdjacency::On => {}
        LogAdjacency::Off => out.line(1, "no log-adjacency-changes"),
        LogAdjacency::Detail => out.line(1, "log-adjacency-changes detail"),
    }
    out.line_if(config.rfc1583_compatible, 1, "compatible rfc1583");
    out.line_if(!config.opaque, 1, "no capability opaque");
    out.line_if(config.prefix_suppression, 1, "prefix-suppression");
}

fn timers(out: &mut Lines, timers: TimersConfig) {
    let TimersConfig { spf, lsa_interval, lsa_arrival, flood_pacing } = timers;
    let default = TimersConfig::default();
    match spf {
        spf if spf == default.spf => {}
        SpfDelay::Throttle { delay, hold, max } => {
            out.line(1, format_args!("timers throttle spf {delay} {hold} {max}"));
        }
        SpfDelay::Ietf { initial, short, long, holddown, learn } => out.line(
            1,
            format_args!(
                "timers spf-delay-ietf init-delay {initial} short-delay {short} long-delay {long} \
                 holddown {holddown} time-to-learn {learn}"
            ),
        ),
    }
    let changed = |value: u32, default: u32| (value != default).then_some(value);
    out.value(1, "timers throttle lsa all", changed(lsa_interval, default.lsa_interval));
    out.value(1, "timers lsa min-arrival", changed(lsa_arrival, default.lsa_arrival));
    out.value(1, "timers lsa flood-pacing", changed(flood_pacing, default.flood_pacing));
}

fn max_metric(out: &mut Lines, max_metric: MaxMetric) {
    let MaxMetric { administrative, on_startup, on_shutdown } = max_metric;
    out.value(1, "max-metric router-lsa on-startup", on_startup);
    out.value(1, "max-metric router-lsa on-shutdown", on_shutdown);
    out.line_if(administrative, 1, "max-metric router-lsa administrative");
}

fn graceful_restart_helper(out: &mut Lines, helper: GracefulRestartHelper) {
    let GracefulRestartHelper { enabled, strict_lsa_checking, supported_grace_time, planned_only } = helper;
    let default = GracefulRestartHelper::default().supported_grace_time;
    out.line_if(!enabled, 1, "no graceful-restart helper enable");
    out.line_if(!strict_lsa_checking, 1, "no graceful-restart helper strict-lsa-checking");
    let time = (supported_grace_time != default).then_some(supported_grace_time);
    out.value(1, "graceful-restart helper supported-grace-time", time);
    out.line_if(planned_only, 1, "graceful-restart helper planned-only");
}

fn external(out: &mut Lines, config: &Config) {
    for (protocol, how) in &config.redistribute {
        let (metric, kind) = (tail("metric", how.metric), metric_type(how.metric_type));
        let (tag, map) = (tail("tag", how.tag), tail("route-map", how.route_map.as_deref().map(quote)));
        out.line(1, format_args!("redistribute {protocol}{metric}{kind}{tag}{map}"));
    }
    for (protocol, list) in &config.distribute_lists {
        out.line(1, format_args!("distribute-list {} out {protocol}", quote(list)));
    }
    if let Some(default) = &config.default_information {
        let always = if default.always { " always" } else { "" };
        let (metric, kind) = (tail("metric", default.metric), metric_type(default.metric_type));
        let map = tail("route-map", default.route_map.as_deref().map(quote));
        out.line(1, format_args!("default-information originate{always}{metric}{kind}{map}"));
    }
    out.value(1, "default-metric", config.default_metric);
    for (prefix, summary) in &config.summary_addresses {
        let tag = tail("tag", (summary.tag != 0).then_some(summary.tag));
        let silent = if summary.no_advertise { " no-advertise" } else { "" };
        out.line(1, format_args!("summary-address {prefix}{tag}{silent}"));
    }
}

fn distance(out: &mut Lines, distance: Distance) {
    let Distance { all, intra_area, inter_area, external } = distance;
    out.value(1, "distance", all);
    let (intra, inter) = (tail("intra-area", intra_area), tail("inter-area", inter_area));
    let kinds = format!("{intra}{inter}{}", tail("external", external));
    out.line_if(!kinds.is_empty(), 1, format_args!("distance ospf{kinds}"));
}

fn area(out: &mut Lines, id: AreaId, area: &AreaConfig) {
    let id = number(id);
    kind(out, &id, area);
    if let Some(mode) = area.authentication {
        let digest = match mode {
            AuthenticationMode::Simple => "",
            AuthenticationMode::MessageDigest => " message-digest",
        };
        out.line(1, format_args!("area {id} authentication{digest}"));
    }
    ranges(out, &format!("area {id} range"), &area.ranges);
    ranges(out, &format!("area {id} nssa range"), &area.nssa_ranges);
    for (direction, list) in [("in", &area.filter_list_in), ("out", &area.filter_list_out)] {
        if let Some(list) = list {
            out.line(1, format_args!("area {id} filter-list prefix {} {direction}", quote(list)));
        }
    }
    out.value(1, &format!("area {id} import-list"), area.import_list.as_deref().map(quote));
    out.value(1, &format!("area {id} export-list"), area.export_list.as_deref().map(quote));
    for (router, link) in &area.virtual_links {
        virtual_link(out, &format!("area {id} virtual-link {router}"), link);
    }
}

fn kind(out: &mut Lines, id: &str, area: &AreaConfig) {
    match area.kind {
        AreaKind::Normal => {}
        AreaKind::Stub if area.no_summary => out.line(1, format_args!("area {id} stub no-summary")),
        AreaKind::Stub => out.line(1, format_args!("area {id} stub")),
        AreaKind::Nssa => {
            // FRR takes one of these a line.
            let translator = match area.nssa_translator {
                Translator::Candidate => "",
                Translator::Always => " translate-always",
                Translator::Never => " translate-never",
            };
            out.line(1, format_args!("area {id} nssa{translator}"));
            out.line_if(area.no_summary, 1, format_args!("area {id} nssa no-summary"));
            out.line_if(area.nssa_suppress_fa, 1, format_args!("area {id} nssa suppress-fa"));
            if let Some(NssaDefault { metric, metric_type: kind }) = area.nssa_default {
                let (metric, kind) = (tail("metric", metric), metric_type(kind));
                out.line(1, format_args!("area {id} nssa default-information-originate{metric}{kind}"));
            }
        }
    }
    out.value(1, &format!("area {id} default-cost"), area.default_cost);
}

fn ranges(out: &mut Lines, words: &str, ranges: &BTreeMap<Prefix, Range>) {
    for (prefix, range) in ranges {
        let (cost, substitute) = (tail("cost", range.cost), tail("substitute", range.substitute));
        let silent = if range.not_advertise { " not-advertise" } else { "" };
        out.line(1, format_args!("{words} {prefix}{cost}{silent}{substitute}"));
    }
}

fn virtual_link(out: &mut Lines, words: &str, link: &VirtualLink) {
    let hello = tail("hello-interval", link.hello_interval);
    let retransmit = tail("retransmit-interval", link.retransmit_interval);
    let (delay, dead) =
        (tail("transmit-delay", link.transmit_delay), tail("dead-interval", link.dead_interval));
    out.line(1, format_args!("{words}{hello}{retransmit}{delay}{dead}"));
    let VirtualLink { authentication, authentication_key, message_digest_keys, .. } = link;
    self::authentication(
        out,
        words,
        authentication.as_ref(),
        authentication_key.as_deref(),
        message_digest_keys,
    );
}

#[cfg(test)]
mod tests;
