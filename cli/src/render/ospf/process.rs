//! `show ip ospf`, and OSPF's part of `show ip protocols`.

use super::super::object;
use super::span;
use ospf::config::{AbrType, AreaKind, AuthenticationMode, SpfDelay, Translator};
use ospf::show::{Area, LsaCount, Process};
use serde_json::{Map, Value, json};
use std::fmt::Write;

pub(super) fn text(p: &Process) -> String {
    let mut out = format!(" OSPF Routing Process, Router ID: {}\n", p.router_id);
    out.push_str(" Supports only single TOS (TOS0) routes\n This implementation conforms to RFC2328\n");
    let _ = writeln!(out, " RFC1583Compatibility flag is {}", enabled(p.rfc1583_compatible));
    let _ = writeln!(out, " OpaqueCapability flag is {}", enabled(p.opaque));
    spf(&mut out, p);
    let _ = writeln!(out, " LSA minimum interval {} msecs", p.lsa_interval_ms);
    let _ = writeln!(out, " LSA minimum arrival {} msecs", p.lsa_arrival_ms);
    if p.flood_pacing_ms != 0 {
        let _ = writeln!(out, " Flood pacing {} msecs", p.flood_pacing_ms);
    }
    let _ = writeln!(out, " Maximum multiple paths(ECMP) supported {}", p.maximum_paths);
    let _ = writeln!(out, " Administrative distance {}", p.distance);
    if p.abr {
        let _ = writeln!(out, " This router is an ABR, ABR type is: {}", abr_type(p.abr_type));
    }
    if p.asbr {
        out.push_str(" This router is an ASBR (injecting external routing information)\n");
    }
    for s in &p.summaries {
        let what = if s.advertise { "" } else { ", not advertised" };
        let _ = writeln!(out, " Summary address {}, covers {} external routes{what}", s.prefix, s.covered);
    }
    count(&mut out, " Number of external LSA", p.external);
    count(&mut out, " Number of opaque AS LSA", p.opaque_as);
    let _ = writeln!(out, " Number of areas attached to this router: {}", p.areas.len());
    p.areas.iter().for_each(|area| one_area(&mut out, p, area));
    out
}

fn spf(out: &mut String, p: &Process) {
    let _ = match p.spf_delay {
        SpfDelay::Throttle { delay, hold, max } => writeln!(
            out,
            " Initial SPF scheduling delay {delay} millisec(s)\n \
             Minimum hold time between consecutive SPFs {hold} millisec(s)\n \
             Maximum hold time between consecutive SPFs {max} millisec(s)\n \
             Hold time multiplier is currently {}",
            multiplier(p.spf_hold_ms, hold)
        ),
        SpfDelay::Ietf { initial, short, long, holddown, learn } => writeln!(
            out,
            " SPF delay algorithm (RFC 8405): initial {initial}, short {short}, long {long}, \
             holddown {holddown}, time to learn {learn} millisec(s)\n \
             SPF delay is currently {} millisec(s)",
            p.spf_hold_ms
        ),
    };
    let _ = match p.spf_last_ms {
        Some(ms) => writeln!(out, " SPF algorithm last executed {} ago", span(ms)),
        None => writeln!(out, " SPF algorithm has not been run"),
    };
    if let Some(us) = p.spf_duration_us {
        let _ = writeln!(out, " Last SPF duration {us} usecs");
    }
    let _ = writeln!(out, " SPF executed {} times, and partially {} times", p.spf_runs, p.spf_partial_runs);
    let _ = match p.spf_due_ms {
        Some(ms) => writeln!(out, " SPF timer due in {}", span(ms)),
        None => writeln!(out, " SPF timer is inactive"),
    };
}

fn multiplier(now: u64, least: u32) -> u64 {
    now.checked_div(least.into()).unwrap_or(1).max(1)
}

fn one_area(out: &mut String, p: &Process, a: &Area) {
    let no_summary = if a.no_summary { ", no summary" } else { "" };
    let kind = match a.kind {
        _ if a.id.is_backbone() => " (Backbone)".to_owned(),
        AreaKind::Normal => String::new(),
        AreaKind::Stub => format!(" (Stub{no_summary})"),
        AreaKind::Nssa => format!(" (NSSA{no_summary})"),
    };
    let _ = writeln!(out, " Area ID: {}{kind}", a.id);
    let _ =
        writeln!(out, "   Number of interfaces in this area: Total: {}, Active: {}", a.interfaces, a.active);
    if a.kind == AreaKind::Nssa {
        nssa(out, p, a);
    }
    if p.stub_router {
        out.push_str("   Originating stub / maximum-distance Router-LSA\n");
        out.push_str(if p.max_metric.administrative {
            "     Administratively activated (indefinitely)\n"
        } else {
            "     Active for a time\n"
        });
    }
    let _ = writeln!(out, "   Number of fully adjacent neighbors in this area: {}", a.full_neighbors);
    out.push_str(match a.authentication {
        None => "   Area has no authentication\n",
        Some(AuthenticationMode::Simple) => "   Area has simple password authentication\n",
        Some(AuthenticationMode::MessageDigest) => "   Area has message digest authentication\n",
    });
    if !a.id.is_backbone() {
        let n = a.virtual_adjacencies;
        let _ = writeln!(out, "   Number of full virtual adjacencies going through this area: {n}");
    }
    if a.kind != AreaKind::Normal {
        let _ = writeln!(out, "   Cost of the default route into this area: {}", a.default_cost);
    }
    let _ = writeln!(out, "   SPF algorithm executed {} times", a.spf_runs);
    for r in &a.ranges {
        let state = if r.active { "active" } else { "passive" };
        let advertise = if r.advertise { "Advertise" } else { "DoNotAdvertise" };
        let cost = r.cost.map_or_else(String::new, |c| format!("({c})"));
        let _ = writeln!(out, "   Area range {} {state}{cost} {advertise}", r.prefix);
    }
    let _ = writeln!(out, "   Number of LSA {}", a.total());
    for (name, n) in [
        ("router LSA", a.router),
        ("network LSA", a.network),
        ("summary LSA", a.summary),
        ("ASBR summary LSA", a.asbr_summary),
        ("NSSA LSA", a.nssa),
        ("opaque link LSA", a.opaque_link),
        ("opaque area LSA", a.opaque_area),
    ] {
        count(out, &format!("   Number of {name}"), n);
    }
    out.push('\n');
}

fn nssa(out: &mut String, p: &Process, a: &Area) {
    out.push_str(
        "   It is an NSSA configuration.\n   Elected NSSA/ABR performs type-7/type-5 LSA translation.\n",
    );
    let state = a.nssa_state.unwrap_or_default();
    out.push_str(match state.role {
        _ if !p.abr => "   It is not ABR, therefore not Translator.\n",
        Translator::Always => "   We are an ABR and always an NSSA Translator.\n",
        _ if state.translates => "   We are an ABR and the NSSA Elected Translator.\n",
        _ => "   We are an ABR, but not the NSSA Elected Translator.\n",
    });
}

fn count(out: &mut String, words: &str, n: LsaCount) {
    let _ = writeln!(out, "{words} {}. Checksum Sum 0x{:08x}", n.count, n.checksum);
}

fn enabled(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

fn abr_type(kind: AbrType) -> &'static str {
    match kind {
        AbrType::Cisco => "Alternative Cisco",
        AbrType::Ibm => "Alternative IBM",
        AbrType::Shortcut => "Shortcut",
        AbrType::Standard => "Standard (RFC2328)",
    }
}

/// FRR's names, its spelling included.
pub(super) fn json(p: &Process) -> Value {
    let (delay, hold, max) = match p.spf_delay {
        SpfDelay::Throttle { delay, hold, max } => (delay, hold, max),
        SpfDelay::Ietf { initial, short, long, .. } => (initial, short, long),
    };
    let areas: Map<String, Value> = p.areas.iter().map(|a| (a.id.to_string(), area_json(p, a))).collect();
    object(vec![
        ("routerId", Some(json!(p.router_id))),
        ("tosRoutesOnly", Some(json!(true))),
        ("rfc2328Conform", Some(json!(true))),
        ("rfc1583Compatibility", p.rfc1583_compatible.then_some(json!(true))),
        ("opaqueCapability", p.opaque.then_some(json!(true))),
        ("spfScheduleDelayMsecs", Some(json!(delay))),
        ("holdtimeMinMsecs", Some(json!(hold))),
        ("holdtimeMaxMsecs", Some(json!(max))),
        ("holdtimeMultplier", Some(json!(multiplier(p.spf_hold_ms, hold)))),
        ("spfDelay", Some(json!(p.spf_delay))),
        ("spfLastExecutedMsecs", p.spf_last_ms.map(|ms| json!(ms))),
        ("spfHasNotRun", p.spf_last_ms.is_none().then_some(json!(true))),
        ("spfLastDurationMsecs", p.spf_duration_us.map(|us| json!(us / 1000))),
        ("spfTimerDueInMsecs", p.spf_due_ms.map(|ms| json!(ms))),
        ("spfExecutedCounter", Some(json!(p.spf_runs))),
        ("spfPartialCounter", Some(json!(p.spf_partial_runs))),
        ("lsaMinIntervalMsecs", Some(json!(p.lsa_interval_ms))),
        ("lsaMinArrivalMsecs", Some(json!(p.lsa_arrival_ms))),
        ("maximumPaths", Some(json!(p.maximum_paths))),
        ("preference", Some(json!(p.distance))),
        ("abrType", p.abr.then(|| json!(abr_type(p.abr_type)))),
        ("asbrRouter", p.asbr.then(|| json!("injectingExternalRoutingInformation"))),
        ("lsaExternalCounter", Some(json!(p.external.count))),
        ("lsaExternalChecksum", Some(json!(p.external.checksum))),
        ("lsaAsopaqueCounter", Some(json!(p.opaque_as.count))),
        ("lsaAsOpaqueChecksum", Some(json!(p.opaque_as.checksum))),
        ("attachedAreaCounter", Some(json!(p.areas.len()))),
        ("areas", Some(Value::Object(areas))),
        ("counters", Some(json!(p.counters.iter().cloned().collect::<std::collections::BTreeMap<_, _>>()))),
    ])
}

fn area_json(p: &Process, a: &Area) -> Value {
    let yes = |b: bool| b.then_some(json!(true));
    let is_nssa = a.kind == AreaKind::Nssa;
    let state = a.nssa_state.unwrap_or_default();
    let always = state.role == Translator::Always;
    let mut members = vec![
        ("backbone", yes(a.id.is_backbone())),
        ("stub", yes(a.kind == AreaKind::Stub)),
        ("stubNoSummary", yes(a.kind == AreaKind::Stub && a.no_summary)),
        ("areaIfTotalCounter", Some(json!(a.interfaces))),
        ("areaIfActiveCounter", Some(json!(a.active))),
        ("nssa", yes(is_nssa)),
        ("nssaNoSummary", yes(is_nssa && a.no_summary)),
        ("abr", yes(is_nssa && p.abr)),
        ("nssaTranslatorAlways", yes(is_nssa && p.abr && always)),
        ("nssaTranslatorElected", yes(is_nssa && p.abr && !always && state.translates)),
        ("originStubMaxDistRouterLsa", yes(p.stub_router)),
        ("indefiniteActiveAdmin", yes(p.stub_router && p.max_metric.administrative)),
        ("nbrFullAdjacentCounter", Some(json!(a.full_neighbors))),
        (
            "authentication",
            Some(json!(match a.authentication {
                None => "authenticationNone",
                Some(AuthenticationMode::Simple) => "authenticationSimplePassword",
                Some(AuthenticationMode::MessageDigest) => "authenticationMessageDigest",
            })),
        ),
        ("virtualAdjacenciesPassingCounter", (!a.id.is_backbone()).then(|| json!(a.virtual_adjacencies))),
        ("spfExecutedCounter", Some(json!(a.spf_runs))),
        ("ranges", (!a.ranges.is_empty()).then(|| json!(a.ranges))),
        ("lsaNumber", Some(json!(a.total()))),
    ];
    for (number, checksum, n) in [
        ("lsaRouterNumber", "lsaRouterChecksum", a.router),
        ("lsaNetworkNumber", "lsaNetworkChecksum", a.network),
        ("lsaSummaryNumber", "lsaSummaryChecksum", a.summary),
        ("lsaAsbrNumber", "lsaAsbrChecksum", a.asbr_summary),
        ("lsaNssaNumber", "lsaNssaChecksum", a.nssa),
        ("lsaOpaqueLinkNumber", "lsaOpaqueLinkChecksum", a.opaque_link),
        ("lsaOpaqueAreaNumber", "lsaOpaqueAreaChecksum", a.opaque_area),
    ] {
        members.push((number, Some(json!(n.count))));
        members.push((checksum, Some(json!(n.checksum))));
    }
    object(members)
}

/// OSPF in `show ip protocols`, as IOS has it.
pub fn protocol(p: &Process) -> String {
    let id = p.instance.map_or_else(String::new, |id| format!(" {id}"));
    let mut out = format!("Routing Protocol is \"ospf{id}\"\n  Router ID {}\n", p.router_id);
    if p.abr {
        out.push_str("  It is an area border router\n");
    }
    if p.asbr {
        out.push_str("  It is an autonomous system boundary router\n");
    }
    if !p.redistribute.is_empty() {
        let all: String = p.redistribute.iter().map(|p| format!(" {p}")).collect();
        let _ = writeln!(out, "  Redistributing:{all}");
    }
    let of = |kind: AreaKind| p.areas.iter().filter(|a| a.kind == kind).count();
    let (normal, stub, nssa) = (of(AreaKind::Normal), of(AreaKind::Stub), of(AreaKind::Nssa));
    let _ = writeln!(
        out,
        "  Number of areas in this router is {}. {normal} normal {stub} stub {nssa} nssa",
        p.areas.len()
    );
    let _ = writeln!(out, "  Maximum path: {}", p.maximum_paths);
    out.push_str("  Routing for Networks:\n");
    for n in &p.networks {
        let _ = writeln!(out, "    {} area {}", n.prefix, n.area);
    }
    if !p.passive.is_empty() {
        out.push_str("  Passive Interface(s):\n");
        p.passive.iter().for_each(|name| out.extend(["    ", name, "\n"]));
    }
    let _ = writeln!(out, "  Distance: (default is {})", p.distance);
    let (intra, inter, external) = p.distances;
    for (name, distance) in [("intra-area", intra), ("inter-area", inter), ("external", external)] {
        if let Some(distance) = distance {
            let _ = writeln!(out, "    {name} {distance}");
        }
    }
    out
}
