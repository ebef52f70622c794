//! How the best path is chosen.

use crate::config::{Edit, Run, line};
use crate::grammar::{Args, Modes, Row};
use bgp::config::Bestpath;

const HELP: &[(&str, &str)] = &[
    ("always-compare-med", "Compare MEDs of different neighboring ASes as well"),
    ("deterministic-med", "The best of each neighboring AS first"),
    ("bestpath", "How the best path is chosen"),
    ("as-path", "By the AS path"),
    ("ignore", "Its length does not count"),
    ("confed", "What is inside the confederation counts as well"),
    ("multipath-relax", "Paths of equal length are equal, whatever the ASes"),
    ("as-set", "Accepted and forgotten"),
    ("no-as-set", "Accepted and forgotten"),
    ("compare-routerid", "The lower router id rather than the older path"),
    ("med", "By the MED"),
    ("missing-as-worst", "None is the worst rather than the best"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(
        "bgp always-compare-med",
        "bgp always-compare-med",
        Modes::BGP,
        "Compare MEDs of different neighboring ASes as well",
        |edit, args| knob(edit, args, |b| &mut b.always_compare_med),
    )
    .help(HELP),
    line(
        "bgp deterministic-med",
        "bgp deterministic-med",
        Modes::BGP,
        "Choose the best of each neighboring AS first, then the best of those",
        |edit, args| knob(edit, args, |b| &mut b.deterministic_med),
    )
    .help(HELP),
    line(
        "bgp bestpath as-path ignore",
        "bgp bestpath as-path ignore",
        Modes::BGP,
        "The length of the AS path does not count",
        |edit, args| knob(edit, args, |b| &mut b.as_path_ignore),
    )
    .help(HELP),
    line(
        "bgp bestpath as-path confed",
        "bgp bestpath as-path confed",
        Modes::BGP,
        "ASes inside the confederation count in the length",
        |edit, args| knob(edit, args, |b| &mut b.as_path_confed),
    )
    .help(HELP),
    line(
        "bgp bestpath as-path multipath-relax [as-set|no-as-set]",
        "bgp bestpath as-path multipath-relax [as-set|no-as-set]",
        Modes::BGP,
        "Paths of equal length may be used together, whatever the ASes",
        |edit, args| knob(edit, args, |b| &mut b.multipath_relax),
    )
    .help(HELP),
    line(
        "bgp bestpath compare-routerid",
        "bgp bestpath compare-routerid",
        Modes::BGP,
        "Among eBGP paths the lower router id wins rather than the older path",
        |edit, args| knob(edit, args, |b| &mut b.compare_routerid),
    )
    .help(HELP),
    line(
        "bgp bestpath med <confed [missing-as-worst]|missing-as-worst [confed]>",
        "bgp bestpath med [confed [missing-as-worst]|missing-as-worst [confed]]",
        Modes::BGP,
        "How MEDs are compared: inside the confederation, and where there is none",
        med,
    )
    .help(&[
        ("bestpath", "How the best path is chosen"),
        ("med", "By the MED"),
        ("confed", "Also among paths inside the confederation"),
        ("missing-as-worst", "None is the worst rather than the best"),
    ]),
];

fn knob(edit: &mut Edit<'_>, args: &Args, of: fn(&mut Bestpath) -> &mut bool) -> Result<(), String> {
    *of(&mut edit.bgp()?.bestpath) = !args.no();
    Ok(())
}

fn med(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let knobs = &mut edit.bgp()?.bestpath;
    // `no bgp bestpath med` is about both.
    let both = !args.has("confed") && !args.has("missing-as-worst");
    if both || args.has("confed") {
        knobs.med_confed = !args.no();
    }
    if both || args.has("missing-as-worst") {
        knobs.med_missing_as_worst = !args.no();
    }
    Ok(())
}
