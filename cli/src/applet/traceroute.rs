//! `traceroute` as everywhere, sent by the router.

use super::ping::source;
use super::{Out, Outcome, Stop, ask, millis, number, odd, value};
use crate::command::{Command, Traceroute};
use crate::render;
use crate::reply::{Progress, Reply};
use crate::session::Backend;
use core::net::IpAddr;
use core::time::Duration;

pub(super) const USAGE: &str = "\
usage: traceroute [-4|-6] [-n] [-f FIRST] [-m MAX] [-p PORT] [-q PROBES] [-w SECONDS]
                  [-s ADDRESS] [-i INTERFACE] ADDRESS [BYTES]

The way of the router's UDP probes: PROBES (3) for each hop from FIRST (1) to MAX (30).
";

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    trace: Traceroute,
    interface: Option<String>,
}

pub(super) fn parse(words: &[&str], v6: bool) -> Result<Wish, Stop> {
    let mut family = v6.then_some(false);
    let (mut interface, mut from) = (None, None);
    let (mut probes, mut timeout_ms, mut min_ttl, mut max_ttl, mut port) = (3, 3000, 1, 30, 33434);
    let mut names = Vec::new();
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        match word {
            "-h" | "--help" => return Err(Stop::Print(USAGE.to_owned())),
            "-4" => family = Some(true),
            "-6" => family = Some(false),
            "-n" => {}
            "-f" => min_ttl = number(word, value(word, &mut words)?)?,
            "-m" => max_ttl = number(word, value(word, &mut words)?)?,
            "-p" => port = number(word, value(word, &mut words)?)?,
            "-q" => probes = number(word, value(word, &mut words)?)?,
            "-w" => timeout_ms = millis(word, value(word, &mut words)?)?,
            "-s" => from = Some(number::<IpAddr>(word, value(word, &mut words)?)?),
            "-i" => interface = Some(value(word, &mut words)?.to_owned()),
            _ if word.starts_with('-') => return Err(Stop::Usage(format!("unknown option `{word}`"))),
            _ => names.push(word),
        }
    }
    let (text, size) = match names.as_slice() {
        [text] => (*text, 60),
        [text, size] => (*text, number("BYTES", size)?),
        [] => return Err(Stop::Usage("where to?".to_owned())),
        [_, _, more, ..] => return Err(Stop::Usage(format!("what is `{more}`?"))),
    };
    let failed = |why: &str| Stop::Failed(format!("traceroute: {text}: {why}"), 2);
    let destination: IpAddr = text.parse().map_err(|_| failed("not an address (no names here)"))?;
    if family.is_some_and(|v4| v4 != destination.is_ipv4()) {
        return Err(failed("address of the other family"));
    }
    if !(1..=10u8).contains(&probes) || min_ttl == 0 || min_ttl > max_ttl || !(36..=18_024u16).contains(&size)
    {
        return Err(Stop::Usage("PROBES is 1 to 10, FIRST 1 to MAX, BYTES 36 to 18024".to_owned()));
    }
    let size = if destination.is_ipv6() { size.max(60) } else { size };
    let source = from;
    let trace =
        Traceroute { destination, source, probes, timeout_ms, min_ttl, max_ttl, port, size, df: false };
    Ok(Wish { trace, interface })
}

/// 0 also where the destination does not answer: the way to there is the answer.
pub(super) fn run(wish: &Wish, backend: &mut dyn Backend, out: Out<'_>) -> Outcome {
    let mut trace = wish.trace.clone();
    let to = trace.destination;
    if let Some(name) = &wish.interface {
        trace.source = Some(source(backend, name, to)?);
    }
    let job = match ask(backend, Command::Traceroute(trace.clone())) {
        Ok(Reply::Job(job)) => job,
        Ok(_) => return Err(odd()),
        Err(Stop::Failed(why, code)) => return Err(Stop::Failed(format!("traceroute: {why}"), code)),
        Err(other) => return Err(other),
    };
    let (mut printed, _) = render::Job::traceroute(&trace);
    let (hops, size) = (trace.max_ttl, trace.size);
    let mut wanted = out(&format!("traceroute to {to} ({to}), {hops} hops max, {size} byte packets\n"));
    loop {
        if !wanted {
            backend.execute(Command::Cancel { job });
        }
        match backend.poll(job, Duration::from_millis(500)) {
            None => {}
            Some(Progress::Failed(why)) => return Err(Stop::Failed(format!("traceroute: {why}"), 2)),
            Some(progress) => {
                let (text, over) = printed.step(&progress);
                wanted &= out(&text);
                if over.is_some() {
                    return Ok(0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::{Fake, run_with};
    use super::*;
    use crate::reply::HopOutcome;

    fn trace(words: &str) -> Result<Wish, Stop> {
        parse(&words.split_whitespace().collect::<Vec<_>>(), false)
    }

    #[test]
    fn options_are_understood_and_wrong_ones_named() {
        let wish = trace("-n -q 1 -w 0.5 -m 8 10.0.0.9 100").unwrap();
        let Traceroute { probes, timeout_ms, max_ttl, size, .. } = wish.trace;
        assert_eq!((probes, timeout_ms, max_ttl, size), (1, 500, 8, 100));
        for bad in ["", "-x 10.0.0.1", "-q 0 10.0.0.1", "-f 9 -m 3 10.0.0.1", "10.0.0.1 60 70", "-q"] {
            assert!(matches!(trace(bad), Err(Stop::Usage(_))), "{bad}");
        }
    }

    #[test]
    fn hops_are_lines() {
        let from = "10.0.0.1".parse().unwrap();
        let hop = HopOutcome { ttl: 1, probe: 0, answer: Some((from, 40)), note: String::new() };
        let progress = vec![Progress::Hop(hop), Progress::TracerouteDone { reached: true }];
        let wish = trace("-q 1 10.0.0.1").unwrap();
        let (text, code) = run_with(|out| run(&wish, &mut Fake::job(progress), out));
        let expected =
            "traceroute to 10.0.0.1 (10.0.0.1), 30 hops max, 60 byte packets\n 1  10.0.0.1  0.040 ms\n";
        assert_eq!((text.as_str(), code), (expected, Ok(0)));
    }
}
