//! Ping and traceroute as the router runs them: packets and time in, packets and outcomes out.
//! Which source address and whether there is a route is decided by the router before a job starts.

mod echo;
mod wire;

pub use echo::Echoes;

use bytes::BytesMut;
use cli::command::{Ping, Traceroute};
use cli::reply::{HopOutcome, PingOutcome, PingSummary, Progress};
use core::net::IpAddr;
use core::time::Duration;
use fib::Instant;
use std::collections::{BTreeMap, VecDeque};
use wire::{Heard, Mark, Trouble};

/// Jobs that may run at once; one more is refused.
const MAX_JOBS: usize = 64;
/// Outcomes kept for a client that does not fetch them; then the job waits.
const MAX_UNREAD: usize = 1024;
/// A finished job nobody asks about is forgotten after this.
const LINGER: Duration = Duration::from_secs(60);

/// A packet to send through the forwarder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbePacket {
    /// A whole IP packet.
    pub packet: BytesMut,
    /// Don't Fragment.
    pub df: bool,
}

/// The running pings and traceroutes.
#[derive(Default)]
pub struct Probes {
    jobs: BTreeMap<u64, Job>,
    last: u64,
    transmit: VecDeque<ProbePacket>,
}

struct Job {
    source: IpAddr,
    destination: IpAddr,
    kind: JobKind,
    /// ICMP identifier, or UDP source port.
    ident: u16,
    waiting: BTreeMap<Mark, Sent>,
    progress: VecDeque<Progress>,
    /// When the next probe goes out; `None`: when the one before is answered.
    next_send: Option<Instant>,
    /// Set once the last word has been said.
    ended: Option<Instant>,
}

#[derive(Copy, Clone)]
struct Sent {
    at: Instant,
    until: Instant,
    /// Sequence number of a ping; TTL and probe number of a traceroute.
    seq: u32,
    ttl: u8,
    probe: u8,
}

enum JobKind {
    Ping { ask: Ping, sent: u32, sum_us: u64, summary: PingSummary },
    Trace { ask: Traceroute, ttl: u8, probe: u8, port: u16, stop: bool, reached: bool },
}

impl Probes {
    /// Starts a ping from `source`; the job's number, or `None` when too many run.
    pub fn ping(&mut self, now: Instant, ask: Ping, source: IpAddr) -> Option<u64> {
        let destination = ask.destination;
        let summary = PingSummary::default();
        self.start(now, source, destination, JobKind::Ping { ask, sent: 0, sum_us: 0, summary })
    }

    /// Starts a traceroute from `source`; the job's number, or `None` when too many run.
    pub fn traceroute(&mut self, now: Instant, ask: Traceroute, source: IpAddr) -> Option<u64> {
        let (destination, ttl, port) = (ask.destination, ask.min_ttl.max(1), ask.port);
        let kind = JobKind::Trace { ask, ttl, probe: 0, port, stop: false, reached: false };
        self.start(now, source, destination, kind)
    }

    fn start(&mut self, now: Instant, source: IpAddr, destination: IpAddr, kind: JobKind) -> Option<u64> {
        self.jobs.retain(|_, job| job.ended.is_none_or(|at| now.since(at) < LINGER));
        if self.jobs.len() >= MAX_JOBS {
            return None;
        }
        self.last = self.last.wrapping_add(1);
        // Identifiers and UDP source ports 32768..=49151: unlike those of well-known services.
        let ident = 0x8000 | u16::try_from(self.last & 0x3fff).unwrap_or(0);
        let job = Job {
            source,
            destination,
            kind,
            ident,
            waiting: BTreeMap::new(),
            progress: VecDeque::new(),
            next_send: Some(now),
            ended: None,
        };
        self.jobs.insert(self.last, job);
        self.handle_timeout(now);
        Some(self.last)
    }

    /// Ends a job early; a ping still says its sum.
    pub fn cancel(&mut self, now: Instant, job: u64) {
        if let Some(job) = self.jobs.get_mut(&job) {
            job.finish(now);
        }
    }

    /// Whether the packet was about one of our probes.
    pub fn handle_packet(&mut self, now: Instant, packet: &[u8]) -> bool {
        let Some(heard) = wire::hear(packet) else { return false };
        for job in self.jobs.values_mut() {
            if job.ended.is_none() && heard.about == job.destination && job.waiting.contains_key(&heard.mark)
            {
                job.heard(now, heard);
                job.advance(now, &mut self.transmit);
                return true;
            }
        }
        false
    }

    /// Sends what is due and gives up on what is late.
    pub fn handle_timeout(&mut self, now: Instant) {
        for job in self.jobs.values_mut() {
            job.expire(now);
            job.advance(now, &mut self.transmit);
        }
    }

    /// When [`Probes::handle_timeout`] is wanted.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.jobs.values().filter_map(Job::next_timeout).min()
    }

    /// The next packet to send.
    pub fn poll_transmit(&mut self) -> Option<ProbePacket> {
        self.transmit.pop_front()
    }

    /// The next thing job `id` has to say. A job that has said its last word is forgotten.
    pub fn poll_progress(&mut self, now: Instant, id: u64) -> Option<Progress> {
        let job = self.jobs.get_mut(&id)?;
        let progress = job.progress.pop_front();
        if job.ended.is_some() && job.progress.is_empty() && progress.is_some() {
            self.jobs.remove(&id);
        } else if progress.is_some() {
            job.advance(now, &mut self.transmit);
        }
        progress
    }
}

impl Job {
    fn next_timeout(&self) -> Option<Instant> {
        if self.ended.is_some() || self.progress.len() >= MAX_UNREAD {
            return None;
        }
        let answers = self.waiting.values().map(|s| s.until).min();
        [answers, self.next_send].into_iter().flatten().min()
    }

    fn heard(&mut self, now: Instant, heard: Heard) {
        let Some(sent) = self.waiting.remove(&heard.mark) else { return };
        let rtt_us = u64::try_from(now.since(sent.at).as_micros()).unwrap_or(u64::MAX);
        match &mut self.kind {
            JobKind::Ping { sum_us, summary, .. } => {
                let seq = sent.seq;
                self.progress.push_back(Progress::Ping(match heard.trouble {
                    None => {
                        summary.received = summary.received.saturating_add(1);
                        summary.min_us =
                            if summary.received == 1 { rtt_us } else { summary.min_us.min(rtt_us) };
                        summary.max_us = summary.max_us.max(rtt_us);
                        *sum_us = sum_us.saturating_add(rtt_us);
                        summary.avg_us = sum_us.checked_div(u64::from(summary.received)).unwrap_or(0);
                        PingOutcome::Reply { seq, from: heard.from, rtt_us, ttl: heard.ttl }
                    }
                    Some(trouble) => {
                        PingOutcome::Unreachable { seq, from: heard.from, reason: trouble.words() }
                    }
                }));
            }
            JobKind::Trace { stop, reached, .. } => {
                let trouble = heard.trouble.unwrap_or(Trouble::Other);
                *stop |= trouble != Trouble::TimeExceeded;
                *reached |= heard.from == self.destination;
                self.progress.push_back(Progress::Hop(HopOutcome {
                    ttl: sent.ttl,
                    probe: sent.probe,
                    answer: Some((heard.from, rtt_us)),
                    note: trouble.note(),
                }));
            }
        }
        self.hurry(now);
    }

    /// Nothing outstanding and no interval to keep: the next probe may go at once.
    fn hurry(&mut self, now: Instant) {
        if self.waiting.is_empty() && self.next_send.is_none() {
            self.next_send = Some(now);
        }
    }

    fn expire(&mut self, now: Instant) {
        while let Some((&mark, &sent)) = self.waiting.iter().find(|(_, s)| s.until <= now) {
            self.waiting.remove(&mark);
            self.progress.push_back(match self.kind {
                JobKind::Ping { .. } => Progress::Ping(PingOutcome::Timeout { seq: sent.seq }),
                JobKind::Trace { .. } => Progress::Hop(HopOutcome {
                    ttl: sent.ttl,
                    probe: sent.probe,
                    answer: None,
                    note: String::new(),
                }),
            });
        }
        self.hurry(now);
    }

    /// Sends the next probe if it is time, or ends the job if that was all.
    fn advance(&mut self, now: Instant, out: &mut VecDeque<ProbePacket>) {
        while self.ended.is_none()
            && self.progress.len() < MAX_UNREAD
            && self.next_send.is_some_and(|t| t <= now)
        {
            if self.is_complete() {
                if self.waiting.is_empty() {
                    self.finish(now);
                } else {
                    self.next_send = None;
                }
                return;
            }
            match self.send(now) {
                Some(packet) => out.push_back(packet),
                None => {
                    self.progress
                        .push_back(Progress::Failed("source and destination differ in family".to_owned()));
                    self.ended = Some(now);
                }
            }
        }
    }

    fn is_complete(&self) -> bool {
        match &self.kind {
            JobKind::Ping { ask, sent, .. } => *sent >= ask.count,
            JobKind::Trace { ask, ttl, probe, stop, .. } => (*stop && *probe == 0) || *ttl > ask.max_ttl,
        }
    }

    fn send(&mut self, now: Instant) -> Option<ProbePacket> {
        let (source, destination, ident) = (self.source, self.destination, self.ident);
        match &mut self.kind {
            JobKind::Ping { ask, sent, summary, .. } => {
                let seq = *sent;
                let wire_seq = u16::try_from(seq & 0xffff).unwrap_or(0);
                let packet = wire::echo_request(source, destination, ident, wire_seq, ask.size, 64)?;
                *sent = sent.saturating_add(1);
                summary.sent = *sent;
                let until = now + Duration::from_millis(u64::from(ask.timeout_ms));
                self.waiting
                    .insert(Mark::Echo(ident, wire_seq), Sent { at: now, until, seq, ttl: 0, probe: 0 });
                self.next_send =
                    (ask.interval_ms > 0).then(|| now + Duration::from_millis(u64::from(ask.interval_ms)));
                Some(ProbePacket { packet, df: ask.df })
            }
            JobKind::Trace { ask, ttl, probe, port, .. } => {
                let packet = wire::udp_probe(source, destination, ident, *port, ask.size, *ttl)?;
                let until = now + Duration::from_millis(u64::from(ask.timeout_ms));
                let sent = Sent { at: now, until, seq: 0, ttl: *ttl, probe: *probe };
                self.waiting.insert(Mark::Udp(ident, *port), sent);
                *port = port.wrapping_add(1);
                *probe = probe.saturating_add(1);
                if *probe >= ask.probes.max(1) {
                    *probe = 0;
                    // 255 is the last TTL there is; one more must still compare as past the end.
                    match ttl.checked_add(1) {
                        Some(next) => *ttl = next,
                        None => ask.max_ttl = 254,
                    }
                }
                self.next_send = None;
                Some(ProbePacket { packet, df: ask.df })
            }
        }
    }

    fn finish(&mut self, now: Instant) {
        if self.ended.is_some() {
            return;
        }
        self.ended = Some(now);
        self.waiting.clear();
        self.progress.push_back(match &self.kind {
            JobKind::Ping { summary, .. } => Progress::PingDone(*summary),
            JobKind::Trace { reached, .. } => Progress::TracerouteDone { reached: *reached },
        });
    }
}
