//! What checks and shells ask of a network with one packet a time: a ping, a traceroute. A job of a router does it; who runs
//! jobs, in virtual time or over a control socket, is handed in.

use cli::command::{Ping, Traceroute};
use cli::reply::{HopOutcome, PingOutcome};
use cli::{Command, Progress, Reply};
use core::net::IpAddr;
use core::time::Duration;

/// What a job tells, piece by piece; true: that is enough.
pub type Listener<'a> = &'a mut dyn FnMut(Progress) -> bool;

/// The number of the job that a command has begun.
pub fn number(reply: Reply) -> Result<u64, String> {
    match reply {
        Reply::Job(job) => Ok(job),
        Reply::Error(e) => Err(e),
        other => Err(format!("unexpected answer: {other:?}")),
    }
}

/// One echo request, and what came of it within a second. `run` begins a job and hears of it until that is enough or the
/// time given is over.
pub fn ping_once(
    run: impl FnOnce(Command, Duration, Listener<'_>) -> Result<(), String>,
    to: IpAddr,
    source: Option<IpAddr>,
) -> Result<PingOutcome, String> {
    let ping =
        Ping { destination: to, source, count: 1, size: 100, df: false, timeout_ms: 1000, interval_ms: 0 };
    let mut outcome = PingOutcome::Timeout { seq: 0 };
    run(Command::Ping(ping), Duration::from_secs(3), &mut |progress| match progress {
        Progress::Ping(o) => {
            outcome = o;
            false
        }
        Progress::PingDone(_) => true,
        Progress::Failed(reason) => {
            outcome = PingOutcome::Unreachable { seq: 0, from: to, reason };
            true
        }
        _ => false,
    })?;
    Ok(outcome)
}

/// One probe per hop; the hops in order and whether the destination answered. `run` as for [`ping_once`].
pub fn traceroute(
    run: impl FnOnce(Command, Duration, Listener<'_>) -> Result<(), String>,
    to: IpAddr,
) -> Result<(Vec<HopOutcome>, bool), String> {
    let command = Command::Traceroute(Traceroute {
        destination: to,
        source: None,
        probes: 1,
        timeout_ms: 1000,
        min_ttl: 1,
        max_ttl: 30,
        port: 33434,
        size: 60,
        df: false,
    });
    let (mut hops, mut reached, mut failure) = (Vec::new(), false, None);
    run(command, Duration::from_secs(40), &mut |progress| match progress {
        Progress::Hop(hop) => {
            hops.push(hop);
            false
        }
        Progress::TracerouteDone { reached: yes } => {
            reached = yes;
            true
        }
        Progress::Failed(reason) => {
            failure = Some(reason);
            true
        }
        _ => false,
    })?;
    failure.map_or(Ok((hops, reached)), Err)
}
