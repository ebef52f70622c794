//! `ping` as in iputils, sent by the router.

use super::{Out, Outcome, Stop, ask, millis, number, odd, value};
use crate::command::{Command, Ping, Show};
use crate::render;
use crate::reply::{PingOutcome, Progress, Reply};
use crate::session::Backend;
use core::net::IpAddr;
use core::time::Duration;

pub(super) const USAGE: &str = "\
usage: ping [-4|-6] [-c COUNT] [-i SECONDS] [-I ADDRESS|INTERFACE] [-M do] [-n] [-q]
            [-s BYTES] [-w SECONDS] [-W SECONDS] ADDRESS

Echo requests of the router: COUNT of them (5), one every SECONDS (1), with BYTES of
payload (56), for at most -w SECONDS, each waiting for -W SECONDS (1). Exit status: 0 somebody answered, 1 nobody did, 2 it could not be tried.
";

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    ping: Ping,
    payload: u16,
    interface: Option<String>,
    quiet: bool,
}

pub(super) fn parse(words: &[&str], v6: bool) -> Result<Wish, Stop> {
    let mut destination = None;
    let mut family = v6.then_some(false);
    let (mut count, mut payload, mut interval_ms) = (None, 56u16, 1000);
    let (mut timeout_ms, mut deadline_ms) = (None, None);
    let (mut from, mut df, mut quiet) = (None, false, false);
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        // `-c3` is `-c 3`.
        let (option, attached) = match word.strip_prefix('-').and_then(|w| w.char_indices().nth(1)) {
            Some((at, _)) if !word.starts_with("--") => word.split_at(at.saturating_add(1)),
            _ => (word, ""),
        };
        let mut value = || if attached.is_empty() { value(option, &mut words) } else { Ok(attached) };
        match option {
            "-h" | "--help" => return Err(Stop::Print(USAGE.to_owned())),
            "-4" if attached.is_empty() => family = Some(true),
            "-6" if attached.is_empty() => family = Some(false),
            "-n" | "-O" | "-D" if attached.is_empty() => {}
            "-q" if attached.is_empty() => quiet = true,
            "-c" => count = Some(number(option, value()?)?),
            "-s" => payload = number(option, value()?)?,
            "-i" => interval_ms = millis(option, value()?)?,
            "-W" => timeout_ms = Some(millis(option, value()?)?),
            "-w" => deadline_ms = Some(millis(option, value()?)?),
            "-I" => from = Some(value()?.to_owned()),
            "-M" => match value()? {
                "do" | "probe" => df = true,
                "want" | "dont" => {}
                other => return Err(Stop::Usage(format!("-M {other}: do, want or dont"))),
            },
            _ if word.starts_with('-') => return Err(Stop::Usage(format!("unknown option `{word}`"))),
            _ if destination.is_some() => {
                return Err(Stop::Usage(format!("one destination only, not also `{word}`")));
            }
            _ => destination = Some(word),
        }
    }
    let text = destination.ok_or_else(|| Stop::Usage("where to?".to_owned()))?;
    let destination: IpAddr =
        text.parse().map_err(|_| Stop::Failed(format!("ping: {text}: not an address (no names here)"), 2))?;
    if family.is_some_and(|v4| v4 != destination.is_ipv4()) {
        return Err(Stop::Failed(format!("ping: {text}: address of the other family"), 2));
    }
    // A deadline is as many requests as fit, and none is waited for longer than that.
    let fit = deadline_ms.map(|all| all.checked_div(interval_ms).unwrap_or(1).max(1));
    let count = count.map_or(fit.unwrap_or(5), |count: u32| fit.map_or(count, |fit| fit.min(count)));
    let timeout_ms = timeout_ms.or(deadline_ms).unwrap_or(1000);
    let headers: u16 = if destination.is_ipv4() { 28 } else { 48 };
    // 8 bytes say which request an answer belongs to.
    if !(8..=17_976).contains(&payload) || count == 0 {
        return Err(Stop::Usage("COUNT is at least 1, BYTES 8 to 17976".to_owned()));
    }
    let source: Option<IpAddr> = from.as_deref().and_then(|f| f.parse().ok());
    let interface = from.filter(|_| source.is_none());
    let size = payload.saturating_add(headers);
    let ping = Ping { destination, source, count, size, df, timeout_ms, interval_ms };
    Ok(Wish { ping, payload, interface, quiet })
}

pub(super) fn run(wish: &Wish, backend: &mut dyn Backend, out: Out<'_>) -> Outcome {
    let mut ping = wish.ping.clone();
    if let Some(name) = &wish.interface {
        ping.source = Some(source(backend, name, ping.destination)?);
    }
    let to = ping.destination;
    let job = match ask(backend, Command::Ping(ping.clone())).map_err(named)? {
        Reply::Job(job) => job,
        _ => return Err(odd()),
    };
    let from = ping.source.map(|source| format!(" from {source}")).unwrap_or_default();
    let bytes = wish.payload;
    let mut wanted = out(&match to {
        IpAddr::V4(_) => format!("PING {to} ({to}){from} {bytes}({}) bytes of data.\n", ping.size),
        IpAddr::V6(_) => format!("PING {to}({to}){from} {bytes} data bytes\n"),
    });
    let mut sum = Sum::default();
    loop {
        if !wanted {
            backend.execute(Command::Cancel { job });
        }
        match backend.poll(job, Duration::from_millis(500)) {
            None => {}
            Some(Progress::Ping(outcome)) => {
                let line = sum.add(&outcome, wish.payload);
                wanted &= wish.quiet || out(&line);
            }
            Some(Progress::PingDone(done)) => {
                out(&sum.text(to, done.sent, done.received));
                return Ok(u8::from(done.received == 0));
            }
            Some(Progress::Failed(why)) => return Err(named(Stop::Failed(why, 2))),
            Some(_) => return Err(odd()),
        }
    }
}

fn named(stop: Stop) -> Stop {
    match stop {
        Stop::Failed(why, code) => Stop::Failed(format!("ping: {why}"), code),
        other => other,
    }
}

/// An address of the interface, of the destination's family.
pub(super) fn source(backend: &mut dyn Backend, name: &str, to: IpAddr) -> Result<IpAddr, Stop> {
    let all = match ask(backend, Command::Show(Show::Interfaces(Some(name.to_owned()))))? {
        Reply::Interfaces(all) => all,
        _ => return Err(odd()),
    };
    let mut own = all.iter().flat_map(|i| {
        let made = i.link_local.map(IpAddr::V6);
        i.addresses.iter().map(fib::IfAddr::addr).chain(made)
    });
    own.find(|a| a.is_ipv4() == to.is_ipv4())
        .ok_or_else(|| Stop::Failed(format!("{name} has no address to send from"), 2))
}

/// What came back so far.
#[derive(Debug, Default)]
struct Sum {
    /// Microseconds.
    times: Vec<u64>,
    errors: u32,
}

impl Sum {
    fn add(&mut self, outcome: &PingOutcome, payload: u16) -> String {
        match outcome {
            PingOutcome::Reply { seq, from, rtt_us, ttl } => {
                self.times.push(*rtt_us);
                let (seq, bytes) = (seq.saturating_add(1), payload.saturating_add(8));
                let time = render::millis(*rtt_us);
                format!("{bytes} bytes from {from}: icmp_seq={seq} ttl={ttl} time={time} ms\n")
            }
            PingOutcome::Timeout { .. } => String::new(),
            PingOutcome::Unreachable { seq, from, reason } => {
                self.errors = self.errors.saturating_add(1);
                format!("From {from} icmp_seq={} {}\n", seq.saturating_add(1), reason_text(reason))
            }
        }
    }

    fn text(&self, to: IpAddr, sent: u32, received: u32) -> String {
        let lost = u64::from(sent.saturating_sub(received));
        let percent = lost.saturating_mul(100).checked_div(sent.into()).unwrap_or(0);
        let errors = if self.errors > 0 { format!("+{} errors, ", self.errors) } else { String::new() };
        let mut text = format!(
            "\n--- {to} ping statistics ---\n\
             {sent} packets transmitted, {received} received, {errors}{percent}% packet loss\n"
        );
        let count = u64::try_from(self.times.len()).unwrap_or(u64::MAX);
        let total: u64 = self.times.iter().sum();
        if let (Some(mean), Some(min), Some(max)) =
            (total.checked_div(count), self.times.iter().min(), self.times.iter().max())
        {
            // Mean deviation as iputils computes it: the root of the mean square less the square of the mean.
            let square = |n: u64| u128::from(n) * u128::from(n);
            let squares: u128 = self.times.iter().map(|t| square(*t)).sum();
            let variance = squares.checked_div(count.into()).unwrap_or(0).saturating_sub(square(mean));
            let deviation = u64::try_from(variance.isqrt()).unwrap_or(u64::MAX);
            let [min, mean, max, deviation] = [*min, mean, *max, deviation].map(render::millis);
            text += &format!("rtt min/avg/max/mdev = {min}/{mean}/{max}/{deviation} ms\n");
        }
        text
    }
}

/// iputils' words for a reason.
fn reason_text(reason: &str) -> String {
    let mtu = |text: &str| text.rsplit(' ').next().unwrap_or_default().to_owned();
    match reason {
        "net unreachable" => "Destination Net Unreachable".to_owned(),
        "host unreachable" => "Destination Host Unreachable".to_owned(),
        "port unreachable" => "Destination Port Unreachable".to_owned(),
        "time exceeded" => "Time to live exceeded".to_owned(),
        r if r.starts_with("fragmentation needed") => format!("Frag needed and DF set (mtu = {})", mtu(r)),
        r if r.starts_with("packet too big") => format!("Packet too big: mtu={}", mtu(r)),
        r => format!("Destination unreachable: {r}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::{Fake, run_with};
    use super::*;
    use crate::reply::PingSummary;

    fn ping(words: &str) -> Result<Wish, Stop> {
        parse(&words.split_whitespace().collect::<Vec<_>>(), false)
    }

    #[test]
    fn options_are_those_of_iputils() {
        let wish = ping("-c 3 -W1 -i 0.2 -s 100 -M do -I 10.0.0.1 -n 10.0.0.2").unwrap();
        let expected = Ping {
            destination: "10.0.0.2".parse().unwrap(),
            source: "10.0.0.1".parse().ok(),
            count: 3,
            size: 128,
            df: true,
            timeout_ms: 1000,
            interval_ms: 200,
        };
        assert_eq!(wish.ping, expected);
        assert_eq!(ping("10.0.0.2 -I eth1").unwrap().interface.as_deref(), Some("eth1"));
        assert_eq!(ping("10.0.0.2").unwrap().ping.count, 5, "it ends by itself");
        let soon = ping("-c1 -w 2 10.0.0.2").unwrap().ping;
        assert_eq!((soon.count, soon.timeout_ms), (1, 2000));
        assert_eq!(ping("-w 3 10.0.0.2").unwrap().ping.count, 3);
        for bad in
            ["", "-c", "-c x 10.0.0.1", "--frob 10.0.0.1", "-z 10.0.0.1", "10.0.0.1 10.0.0.2", "-c 0 ::1"]
        {
            assert!(matches!(ping(bad), Err(Stop::Usage(_))), "{bad}");
        }
        assert!(matches!(ping("example.org"), Err(Stop::Failed(_, 2))));
        assert!(matches!(ping("-6 10.0.0.1"), Err(Stop::Failed(_, 2))));
    }

    #[test]
    fn answers_look_as_scripts_expect_them() {
        let from = "10.0.0.2".parse().unwrap();
        let progress = vec![
            Progress::Ping(PingOutcome::Reply { seq: 0, from, rtt_us: 1000, ttl: 63 }),
            Progress::Ping(PingOutcome::Timeout { seq: 1 }),
            Progress::Ping(PingOutcome::Unreachable { seq: 2, from, reason: "host unreachable".into() }),
            Progress::Ping(PingOutcome::Reply { seq: 3, from, rtt_us: 3000, ttl: 63 }),
            Progress::PingDone(PingSummary { sent: 4, received: 2, ..PingSummary::default() }),
        ];
        let wish = ping("10.0.0.2").unwrap();
        let (text, code) = run_with(|out| run(&wish, &mut Fake::job(progress), out));
        let expected = "\
PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.
64 bytes from 10.0.0.2: icmp_seq=1 ttl=63 time=1.000 ms
From 10.0.0.2 icmp_seq=3 Destination Host Unreachable
64 bytes from 10.0.0.2: icmp_seq=4 ttl=63 time=3.000 ms

--- 10.0.0.2 ping statistics ---
4 packets transmitted, 2 received, +1 errors, 50% packet loss
rtt min/avg/max/mdev = 1.000/2.000/3.000/1.000 ms
";
        assert_eq!((text.as_str(), code), (expected, Ok(0)));
        let silent = vec![Progress::PingDone(PingSummary { sent: 1, ..PingSummary::default() })];
        let (text, code) = run_with(|out| run(&wish, &mut Fake::job(silent), out));
        assert!(text.contains("1 packets transmitted, 0 received, 100% packet loss"), "{text}");
        assert_eq!(code, Ok(1));
    }
}
