//! Restarts that lose no route (RFC 4724, RFC 8538).

use super::{peer, value};
use crate::config::{Edit, Run, line};
use crate::grammar::{Args, Modes, Row};
use bgp::config::{GracefulRestart, GracefulRestartMode};

const HELP: &[(&str, &str)] = &[
    ("graceful-restart", "Restart and ask peers to keep the routes (RFC 4724)"),
    ("graceful-restart-helper", "Keep the routes of peers that restart"),
    ("graceful-restart-disable", "Neither restart gracefully nor help"),
    ("restart-time", "How long peers are to wait (120)"),
    ("stalepath-time", "How long stale routes live (360)"),
    ("select-defer-time", "How long the peers' routes are waited for after a restart (360)"),
    ("seconds", "Seconds"),
    ("preserve-fw-state", "Say that forwarding went on without the session"),
    ("notification", "A NOTIFICATION is a restart as well (RFC 8538; on by default)"),
];

pub(in crate::config) const ROWS: &[Row<Run>] = &[
    line(
        "bgp graceful-restart",
        "bgp graceful-restart",
        Modes::BGP,
        "Ask peers to keep our routes while we restart, and do the same for them",
        |edit, args| mode(edit, args, GracefulRestartMode::Restarter),
    )
    .help(HELP),
    line(
        "bgp graceful-restart-disable",
        "bgp graceful-restart-disable",
        Modes::BGP,
        "Neither restart gracefully nor help peers that do",
        |edit, args| mode(edit, args, GracefulRestartMode::Disable),
    )
    .help(HELP),
    line(
        "bgp graceful-restart restart-time <1-4095>$seconds",
        "bgp graceful-restart restart-time [<1-4095>$seconds]",
        Modes::BGP,
        "Seconds peers are to wait for us, and we for them after a start (120)",
        |edit, args| seconds(edit, args, |r| &mut r.restart_time),
    )
    .help(HELP),
    line(
        "bgp graceful-restart stalepath-time <1-4095>$seconds",
        "bgp graceful-restart stalepath-time [<1-4095>$seconds]",
        Modes::BGP,
        "Seconds that the stale routes of a peer live (360)",
        |edit, args| seconds(edit, args, |r| &mut r.stalepath_time),
    )
    .help(HELP),
    line(
        "bgp graceful-restart select-defer-time <0-3600>$seconds",
        "bgp graceful-restart select-defer-time [<0-3600>$seconds]",
        Modes::BGP,
        "Seconds that End-of-RIB is waited for after our restart (360)",
        |edit, args| seconds(edit, args, |r| &mut r.select_defer_time),
    )
    .help(HELP),
    line(
        "bgp graceful-restart preserve-fw-state",
        "bgp graceful-restart preserve-fw-state",
        Modes::BGP,
        "Say that forwarding went on when a session comes back; never of the first one after a start",
        |edit, args| flag(edit, args, |r| &mut r.preserve_fw_state),
    )
    .help(HELP),
    line(
        "bgp graceful-restart notification",
        "bgp graceful-restart notification",
        Modes::BGP,
        "A NOTIFICATION is a restart as well, unless it is a hard reset (on by default)",
        |edit, args| flag(edit, args, |r| &mut r.notification),
    )
    .help(HELP),
    line(
        peer!("<graceful-restart|graceful-restart-helper|graceful-restart-disable>"),
        peer!("<graceful-restart|graceful-restart-helper|graceful-restart-disable>"),
        Modes::BGP,
        "The same of one neighbor",
        of_neighbor,
    )
    .help(HELP),
];

fn mode(edit: &mut Edit<'_>, args: &Args, mode: GracefulRestartMode) -> Result<(), String> {
    let restart = &mut edit.bgp()?.graceful_restart;
    if !args.no() {
        restart.mode = mode;
    } else if restart.mode == mode {
        restart.mode = GracefulRestartMode::default();
    }
    Ok(())
}

fn seconds(edit: &mut Edit<'_>, args: &Args, of: fn(&mut GracefulRestart) -> &mut u16) -> Result<(), String> {
    let default = *of(&mut GracefulRestart::default());
    *of(&mut edit.bgp()?.graceful_restart) = value(args, "seconds")?.unwrap_or(default);
    Ok(())
}

fn flag(edit: &mut Edit<'_>, args: &Args, of: fn(&mut GracefulRestart) -> &mut bool) -> Result<(), String> {
    *of(&mut edit.bgp()?.graceful_restart) = !args.no();
    Ok(())
}

fn of_neighbor(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let mode = match args.keywords().last() {
        Some("graceful-restart-helper") => GracefulRestartMode::Helper,
        Some("graceful-restart-disable") => GracefulRestartMode::Disable,
        _ => GracefulRestartMode::Restarter,
    };
    edit.peer(args)?.graceful_restart = Some(mode).filter(|_| !args.no());
    Ok(())
}
