//! How OSPF computes and how fast: distances, costs, timers, what it does in trouble.

use crate::config::{Edit, Run, line};
use crate::grammar::{Args, Modes, Row};
use ospf::config::{
    AbrType, Config, Distance, GracefulRestartHelper, MAX_PATHS, MaxMetric, REFERENCE_BANDWIDTH, SpfDelay,
    TimersConfig,
};

const HELP: &[(&str, &str)] = &[
    ("distance", "Administrative distance (110)"),
    ("ospf", "Settings of OSPF"),
    ("intra-area", "Of routes inside an area"),
    ("inter-area", "Of routes between areas"),
    ("external", "Of routes of other protocols"),
    ("auto-cost", "Costs computed from bandwidths"),
    ("reference-bandwidth", "The bandwidth whose cost is 1 (100000)"),
    ("mbit", "Mbit/s"),
    ("maximum-paths", "Next hops a route may have (64)"),
    ("paths", "How many"),
    ("timers", "Timers"),
    ("throttle", "Delay what is repeated"),
    ("spf", "Shortest paths"),
    ("delay", "Milliseconds from the first change to the computation"),
    ("hold", "The least time between two at first, milliseconds; doubles while changes go on"),
    ("max", "The most it grows to, milliseconds"),
    ("spf-delay-ietf", "Delay by the state machine of RFC 8405"),
    ("init-delay", "INITIAL_SPF_DELAY (0)"),
    ("short-delay", "SHORT_SPF_DELAY (50)"),
    ("long-delay", "LONG_SPF_DELAY (300)"),
    ("holddown", "HOLDDOWN_INTERVAL (3000)"),
    ("time-to-learn", "TIME_TO_LEARN_INTERVAL (500)"),
    ("lsa", "Link state advertisements"),
    ("all", "Of every type"),
    ("min-arrival", "The least time between two instances taken (1000)"),
    ("arrival", "The same in IOS's words"),
    ("flood-pacing", "Time between two updates of one interface while more wait (0)"),
    ("pacing", "Time between packets"),
    ("flood", "Of flooding"),
    ("ms", "Milliseconds"),
    ("compatible", "Do as an older standard says"),
    ("rfc1583", "Prefer external routes by cost alone (RFC 2328 16.4.1)"),
    ("rfc1583compatibility", "Prefer external routes by cost alone (RFC 2328 16.4.1)"),
    ("abr-type", "What makes an area border router (RFC 3509)"),
    ("cisco", "The backbone is configured"),
    ("ibm", "The backbone is active"),
    ("shortcut", "Shortest way through any area"),
    ("standard", "RFC 2328 to the letter"),
    ("max-metric", "Keep traffic away"),
    ("router-lsa", "Announce the largest costs (RFC 6987)"),
    ("administrative", "Until it is taken back"),
    ("on-startup", "After the start"),
    ("on-shutdown", "Before the end"),
    ("startup", "Seconds"),
    ("shutdown", "Seconds"),
    ("graceful-restart", "Restart without losing adjacencies (RFC 3623)"),
    ("helper", "Help neighbors with theirs"),
    ("strict-lsa-checking", "Stop when an LSA changes that the neighbor would get (on by default)"),
    ("supported-grace-time", "The longest time granted (1800)"),
    ("planned-only", "Not after a crash"),
    ("seconds", "Seconds"),
    ("prefix-suppression", "Do not announce networks between routers (RFC 6860)"),
    ("enable", "Help at all (on by default)"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(
        "distance <1-255>$distance",
        "distance [<1-255>$distance]",
        Modes::OSPF,
        "Administrative distance (110)",
        distance,
    )
    .help(HELP),
    line(
        "distance ospf {intra-area <1-255>$intra|inter-area <1-255>$inter|external <1-255>$external}",
        "distance ospf {intra-area [<1-255>$intra]|inter-area [<1-255>$inter]|external [<1-255>$external]}",
        Modes::OSPF,
        "Administrative distance by the kind of route",
        distance_of_kind,
    )
    .help(HELP),
    line(
        "auto-cost reference-bandwidth <1-4294967>$mbit",
        "auto-cost reference-bandwidth [<1-4294967>$mbit]",
        Modes::OSPF,
        "The bandwidth in Mbit/s whose cost is 1 (100000)",
        reference_bandwidth,
    )
    .help(HELP),
    line(
        "maximum-paths <1-64>$paths",
        "maximum-paths [<1-64>$paths]",
        Modes::OSPF,
        "Next hops a route may have (64)",
        maximum_paths,
    )
    .help(HELP),
    line(
        "timers throttle spf <0-600000>$delay <0-600000>$hold <0-600000>$max",
        "timers throttle spf [<0-600000>$delay <0-600000>$hold <0-600000>$max]",
        Modes::OSPF,
        "Delay shortest paths by exponential back-off, milliseconds",
        throttle_spf,
    )
    .help(HELP),
    line(
        "timers spf-delay-ietf init-delay <0-60000>$init short-delay <0-60000>$short long-delay <0-60000>$long \
         holddown <0-60000>$holddown time-to-learn <0-60000>$learn",
        "timers spf-delay-ietf [init-delay <0-60000>$init short-delay <0-60000>$short long-delay <0-60000>$long \
         holddown <0-60000>$holddown time-to-learn <0-60000>$learn]",
        Modes::OSPF,
        "Delay shortest paths as RFC 8405 says, milliseconds (0 50 300 3000 500)",
        ietf_spf,
    )
    .help(HELP),
    line(
        "timers throttle lsa all <0-5000>$ms",
        "timers throttle lsa all [<0-5000>$ms]",
        Modes::OSPF,
        "Milliseconds between two instances of an LSA of our own (5000)",
        lsa_interval,
    )
    .help(HELP),
    line(
        "timers lsa <min-arrival|arrival> <0-600000>$ms",
        "timers lsa <min-arrival|arrival> [<0-600000>$ms]",
        Modes::OSPF,
        "Milliseconds between two instances of an LSA taken from a neighbor (1000)",
        lsa_arrival,
    )
    .help(HELP),
    line(
        "timers lsa flood-pacing <0-1000>$ms",
        "timers lsa flood-pacing [<0-1000>$ms]",
        Modes::OSPF,
        "Milliseconds between two updates of one interface while more wait (0)",
        flood_pacing,
    )
    .help(HELP),
    line(
        "timers pacing flood <0-1000>$ms",
        "timers pacing flood [<0-1000>$ms]",
        Modes::OSPF,
        "The same in IOS's words",
        flood_pacing,
    )
    .help(HELP),
    line(
        "compatible rfc1583",
        "compatible rfc1583",
        Modes::OSPF,
        "Prefer external routes by cost alone",
        rfc1583,
    )
    .help(HELP),
    line(
        "ospf rfc1583compatibility",
        "ospf rfc1583compatibility",
        Modes::OSPF,
        "The same in FRR's words",
        rfc1583,
    )
    .help(HELP),
    line(
        "ospf abr-type <cisco|ibm|shortcut|standard>",
        "ospf abr-type [<cisco|ibm|shortcut|standard>]",
        Modes::OSPF,
        "What makes an area border router (cisco)",
        abr_type,
    )
    .help(HELP),
    line(
        "max-metric router-lsa [administrative|on-startup <5-86400>$startup|on-shutdown <5-100>$shutdown]",
        "max-metric router-lsa [administrative|on-startup [<5-86400>$startup]|on-shutdown [<5-100>$shutdown]]",
        Modes::OSPF,
        "Announce the largest costs, so that traffic goes elsewhere",
        max_metric,
    )
    .help(HELP),
    line(
        "graceful-restart helper <enable|strict-lsa-checking|supported-grace-time <10-1800>$seconds|planned-only>",
        "graceful-restart helper <enable|strict-lsa-checking|supported-grace-time [<10-1800>$seconds]|planned-only>",
        Modes::OSPF,
        "Help neighbors that restart",
        graceful_restart_helper,
    )
    .help(HELP),
    line(
        "prefix-suppression",
        "prefix-suppression",
        Modes::OSPF,
        "Do not announce networks between routers",
        prefix_suppression,
    )
    .help(HELP),
];

fn distance(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let all = if args.no() { None } else { Some(args.need("distance")?) };
    edit.ospf().distance.all = all;
    Ok(())
}

fn distance_of_kind(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let named = |kind: &str| args.has(kind);
    let any = ["intra-area", "inter-area", "external"].into_iter().any(named);
    let distance = &mut edit.ospf().distance;
    if !any {
        if !args.no() {
            return Err("a distance of `intra-area`, `inter-area` or `external` is missing".to_owned());
        }
        *distance = Distance { all: distance.all, ..Distance::default() };
        return Ok(());
    }
    let value = |name: &str| args.get::<u8>(name).filter(|_| !args.no());
    if named("intra-area") {
        distance.intra_area = value("intra");
    }
    if named("inter-area") {
        distance.inter_area = value("inter");
    }
    if named("external") {
        distance.external = value("external");
    }
    Ok(())
}

fn reference_bandwidth(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.ospf().reference_bandwidth = if args.no() { REFERENCE_BANDWIDTH } else { args.need("mbit")? };
    Ok(())
}

fn maximum_paths(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.ospf().maximum_paths = if args.no() { MAX_PATHS } else { args.need("paths")? };
    Ok(())
}

/// The `no` forms take back only their own kind of delay.
fn throttle_spf(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let spf = &mut edit.ospf().timers.spf;
    if !args.no() {
        *spf = SpfDelay::Throttle {
            delay: args.need("delay")?,
            hold: args.need("hold")?,
            max: args.need("max")?,
        };
    } else if matches!(spf, SpfDelay::Throttle { .. }) {
        *spf = SpfDelay::default();
    }
    Ok(())
}

fn ietf_spf(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let spf = &mut edit.ospf().timers.spf;
    if !args.no() {
        *spf = SpfDelay::Ietf {
            initial: args.need("init")?,
            short: args.need("short")?,
            long: args.need("long")?,
            holddown: args.need("holddown")?,
            learn: args.need("learn")?,
        };
    } else if matches!(spf, SpfDelay::Ietf { .. }) {
        *spf = SpfDelay::default();
    }
    Ok(())
}

/// Milliseconds, or the default for `no`.
fn ms(args: &Args, default: fn(TimersConfig) -> u32) -> Result<u32, String> {
    if args.no() { Ok(default(TimersConfig::default())) } else { args.need("ms") }
}

fn lsa_interval(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.ospf().timers.lsa_interval = ms(args, |t| t.lsa_interval)?;
    Ok(())
}

fn lsa_arrival(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.ospf().timers.lsa_arrival = ms(args, |t| t.lsa_arrival)?;
    Ok(())
}

fn flood_pacing(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.ospf().timers.flood_pacing = ms(args, |t| t.flood_pacing)?;
    Ok(())
}

fn rfc1583(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.ospf().rfc1583_compatible = !args.no();
    Ok(())
}

fn abr_type(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.ospf().abr_type = match args.keywords().last() {
        _ if args.no() => AbrType::default(),
        Some("ibm") => AbrType::Ibm,
        Some("shortcut") => AbrType::Shortcut,
        Some("standard") => AbrType::Standard,
        _ => AbrType::Cisco,
    };
    Ok(())
}

fn max_metric(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let ospf: &mut Config = edit.ospf();
    let seconds = |name: &str| args.get::<u32>(name).filter(|_| !args.no());
    match () {
        () if args.has("on-startup") => ospf.max_metric.on_startup = seconds("startup"),
        () if args.has("on-shutdown") => ospf.max_metric.on_shutdown = seconds("shutdown"),
        () if args.no() && !args.has("administrative") => ospf.max_metric = MaxMetric::default(),
        () => ospf.max_metric.administrative = !args.no(),
    }
    Ok(())
}

fn graceful_restart_helper(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let default = GracefulRestartHelper::default().supported_grace_time;
    let helper = &mut edit.ospf().graceful_restart_helper;
    match () {
        () if args.has("enable") => helper.enabled = !args.no(),
        () if args.has("strict-lsa-checking") => helper.strict_lsa_checking = !args.no(),
        () if args.has("planned-only") => helper.planned_only = !args.no(),
        () if args.no() => helper.supported_grace_time = default,
        () => helper.supported_grace_time = args.need("seconds")?,
    }
    Ok(())
}

fn prefix_suppression(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.ospf().prefix_suppression = !args.no();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::process::tests::{made_and_taken_back, ospf};
    use crate::config::tests::refusal;

    #[test]
    fn every_tuning_can_be_made_and_taken_back() {
        made_and_taken_back(&[
            ("distance 100", "no distance"),
            ("distance ospf intra-area 90 external 120", "no distance ospf"),
            ("distance ospf external 120", "no distance ospf external 120"),
            ("auto-cost reference-bandwidth 1000", "no auto-cost reference-bandwidth"),
            ("maximum-paths 4", "no maximum-paths"),
            ("timers throttle spf 0 50 5000", "no timers throttle spf"),
            (
                "timers spf-delay-ietf init-delay 50 short-delay 200 long-delay 5000 holddown 10000 time-to-learn 500",
                "no timers spf-delay-ietf",
            ),
            ("timers throttle lsa all 0", "no timers throttle lsa all"),
            ("timers lsa min-arrival 100", "no timers lsa min-arrival 100"),
            ("timers lsa arrival 100", "no timers lsa arrival"),
            ("timers lsa flood-pacing 20", "no timers pacing flood"),
            ("compatible rfc1583", "no ospf rfc1583compatibility"),
            ("ospf abr-type ibm", "no ospf abr-type"),
            ("max-metric router-lsa", "no max-metric router-lsa"),
            ("max-metric router-lsa administrative", "no max-metric router-lsa administrative"),
            ("max-metric router-lsa on-startup 60", "no max-metric router-lsa on-startup"),
            ("max-metric router-lsa on-shutdown 60", "no max-metric router-lsa on-shutdown 60"),
            ("no graceful-restart helper enable", "graceful-restart helper enable"),
            ("no graceful-restart helper strict-lsa-checking", "graceful-restart helper strict-lsa-checking"),
            (
                "graceful-restart helper supported-grace-time 60",
                "no graceful-restart helper supported-grace-time",
            ),
            ("graceful-restart helper planned-only", "no graceful-restart helper planned-only"),
            ("prefix-suppression", "no prefix-suppression"),
        ]);
    }

    #[test]
    fn distances_of_kinds_are_set_one_by_one() {
        let o = ospf(&[
            "distance 100",
            "distance ospf intra-area 90 inter-area 95",
            "no distance ospf inter-area",
        ]);
        assert_eq!(
            (o.distance.all, o.distance.intra_area, o.distance.inter_area),
            (Some(100), Some(90), None)
        );
        assert!(refusal(&["router ospf", "distance ospf"]).message.contains("missing"));
    }

    #[test]
    fn a_delay_is_taken_back_by_its_own_name() {
        let throttled = ospf(&["timers throttle spf 0 50 5000"]);
        assert_eq!(ospf(&["timers throttle spf 0 50 5000", "no timers spf-delay-ietf"]), throttled);
    }
}
