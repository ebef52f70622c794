//! The router and its links, shared by the tasks of one thread. Nobody holds it across an await.

use super::dump::Dumper;
use super::memory::Ebb;
use crate::link::{self, Link};
use crate::router::{PortInfo, Router, Startup};
use crate::storage;
use cli::reply::LogLine;
use cli::{Command, Progress, Reply, Show};
use configs::Config;
use fib::{Frame, Instant, PortId};
use proto::Level;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{Notify, broadcast, watch};
use tracing::{debug, error, info, warn};

/// Frames taken from a link in one go, so that no link starves the others.
pub(super) const BURST: usize = 64;

/// One router in real time; clones share it.
#[derive(Clone)]
pub struct Shared(Rc<Inner>);

struct Inner {
    start: std::time::Instant,
    state: RefCell<State>,
    timer: Notify,
    news: watch::Sender<u64>,
    log: broadcast::Sender<LogLine>,
    generation: watch::Sender<u64>,
}

struct State {
    router: Router,
    links: BTreeMap<PortId, OpenLink>,
    /// When the timer task will wake; it is told when something is due earlier.
    armed: Option<Instant>,
    burst: Vec<Frame>,
    /// Links with frames to flush.
    dirty: BTreeSet<PortId>,
    ebb: Ebb,
    dumper: Dumper,
}

struct OpenLink {
    link: Box<dyn Link>,
    /// Frames are waiting for the descriptor to become writable.
    blocked: Rc<Notify>,
}

/// A seed from the system; where it gives none, from the clock and the process.
pub(super) fn system_seed() -> u64 {
    use std::io::Read;
    let mut bytes = [0; 8];
    match std::fs::File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut bytes)) {
        Ok(()) => u64::from_ne_bytes(bytes),
        Err(_) => unix_now().subsec_nanos().into(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the live loop is where time comes from")]
fn clock() -> std::time::Instant {
    std::time::Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the live loop is where time comes from")]
fn unix_now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl Shared {
    /// A running router without ports.
    pub fn new(config: Config, seed: u64) -> Shared {
        let mut router = Router::new(config, seed);
        router.set_wall_clock(Some(unix_now().as_secs()));
        let state = State {
            router,
            links: BTreeMap::new(),
            armed: None,
            burst: Vec::new(),
            dirty: BTreeSet::new(),
            ebb: Ebb::default(),
            dumper: Dumper::default(),
        };
        let shared = Shared(Rc::new(Inner {
            start: clock(),
            state: RefCell::new(state),
            timer: Notify::new(),
            news: watch::Sender::new(0),
            log: broadcast::Sender::new(1024),
            generation: watch::Sender::new(0),
        }));
        shared.with(|_, _| ());
        shared
    }

    /// Time since the router started.
    pub fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.0.start.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Lets `f` work on the router, then sends and logs what came of it.
    pub(super) fn with<T>(&self, f: impl FnOnce(&mut Router, Instant) -> T) -> T {
        let mut state = self.0.state.borrow_mut();
        let result = f(&mut state.router, self.now());
        self.after(&mut state);
        result
    }

    /// Frames to their links, log lines to the log, and the timer task told if it would wake too late.
    fn after(&self, state: &mut State) {
        while let Some((port, frame)) = state.router.poll_transmit() {
            match state.links.get_mut(&port) {
                Some(open) => {
                    open.link.send(frame);
                    state.dirty.insert(port);
                }
                None => state.router.count_no_link(),
            }
        }
        while let Some(port) = state.dirty.pop_first() {
            flush(state, port);
        }
        state.dumper.work(&mut state.router, self.now(), unix_now().as_secs());
        while let Some(line) = state.router.poll_log() {
            write_log(&line);
            let _ = self.0.log.send(line);
        }
        let next = state.router.next_timeout();
        if next.is_some_and(|at| state.armed.is_none_or(|armed| at < armed)) {
            self.0.timer.notify_one();
        }
        self.0.news.send_modify(|n| *n = n.wrapping_add(1));
        if state.ebb.look(state.router.routes_held(), next == Some(Instant::ZERO)) {
            link::release_memory();
        }
        let generation = state.router.generation();
        self.0.generation.send_if_modified(|g| std::mem::replace(g, generation) != generation);
    }

    /// Wakes the router when its timers are due, for ever.
    pub(super) async fn run_timers(&self) {
        loop {
            let next = {
                let mut state = self.0.state.borrow_mut();
                state.armed = state.router.next_timeout();
                state.armed
            };
            match next {
                Some(at) if at <= self.now() => {
                    self.with(|router, now| router.handle_timeout(now));
                    // A router with more work than time must still hear its links and shells.
                    tokio::task::yield_now().await;
                }
                Some(at) => {
                    let wait = at.since(self.now());
                    let _ = tokio::time::timeout(wait, self.0.timer.notified()).await;
                }
                None => self.0.timer.notified().await,
            }
        }
    }

    /// New files begin at their times, and those that failed are tried again.
    pub(super) async fn run_dumps(&self) {
        let mut changes = self.generation();
        loop {
            let idle = self.0.state.borrow().dumper.is_idle();
            if idle {
                // The sender lives as long as this.
                let _ = changes.changed().await;
            } else {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            self.with(|_, _| ());
        }
    }

    /// Answers a command.
    pub fn execute(&self, command: Command) -> Reply {
        if let Command::Show(Show::Interfaces(_)) = command {
            self.report_links();
        }
        self.with(|router, now| match storage::execute(router, now, &command) {
            Some(reply) => reply,
            None => router.execute(now, command),
        })
    }

    /// What the links have dropped belongs to their interfaces' counters.
    fn report_links(&self) {
        let mut state = self.0.state.borrow_mut();
        let State { router, links, .. } = &mut *state;
        for (port, open) in links {
            router.set_link_drops(*port, open.link.counters().drops().to_vec());
        }
    }

    /// What a job has to say.
    pub fn poll_progress(&self, job: u64) -> Option<Progress> {
        self.with(|router, now| router.poll_progress(now, job))
    }

    /// Changes whenever the router has done something.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.0.news.subscribe()
    }

    /// Every log line from now on.
    pub fn follow_log(&self) -> broadcast::Receiver<LogLine> {
        self.0.log.subscribe()
    }

    /// Changes whenever the configuration does.
    pub(super) fn generation(&self) -> watch::Receiver<u64> {
        self.0.generation.subscribe()
    }

    /// The router's name.
    pub fn hostname(&self) -> String {
        self.0.state.borrow().router.config().hostname.clone()
    }

    pub(super) fn config(&self) -> Config {
        self.0.state.borrow().router.config().clone()
    }

    /// Looks at the router without touching it.
    pub(super) fn look<T>(&self, f: impl FnOnce(&Router) -> T) -> T {
        f(&self.0.state.borrow().router)
    }

    pub(super) fn set_startup(&self, startup: Startup) {
        self.with(|router, _| router.set_startup(startup));
    }

    /// Asks the neighbors to find other ways; how long to give them.
    pub(super) fn leave(&self) -> Duration {
        self.with(|router, now| router.leave(now))
    }

    /// Says good-bye to the neighbors.
    pub(super) fn shutdown(&self) {
        self.with(|router, now| router.shutdown(now));
    }

    /// Gives the router a port together with its link: what the router says at once (gratuitous ARP, the first RIP
    /// request) must find the link there.
    pub(super) fn add_port(&self, info: PortInfo, link: Box<dyn Link>, blocked: Rc<Notify>) -> PortId {
        let mut state = self.0.state.borrow_mut();
        let port = state.router.add_port(self.now(), info);
        state.links.insert(port, OpenLink { link, blocked });
        self.after(&mut state);
        port
    }

    pub(super) fn remove_link(&self, port: PortId) {
        self.0.state.borrow_mut().links.remove(&port);
    }

    /// Takes a burst of frames from a link through the router; how many there were.
    pub(super) fn receive(&self, port: PortId) -> io::Result<usize> {
        let mut state = self.0.state.borrow_mut();
        let mut burst = std::mem::take(&mut state.burst);
        let result = match state.links.get_mut(&port) {
            Some(open) => open.link.recv(BURST, &mut |frame| burst.push(frame)),
            None => Ok(0),
        };
        let now = self.now();
        state.router.handle_frames(now, port, burst.drain(..));
        state.burst = burst;
        self.after(&mut state);
        result
    }

    /// Tries again to send what a link could not take before.
    pub(super) fn flush(&self, port: PortId) {
        flush(&mut self.0.state.borrow_mut(), port);
    }
}

fn flush(state: &mut State, port: PortId) {
    let Some(open) = state.links.get_mut(&port) else { return };
    match open.link.flush() {
        Ok(0) => {}
        Ok(_) => open.blocked.notify_one(),
        Err(reason) => {
            error!(port = port.0, %reason, "link");
            state.links.remove(&port);
        }
    }
}

fn write_log(line: &LogLine) {
    let (topic, message) = (line.notice.topic.as_str(), line.notice.to_string());
    match line.notice.level {
        Level::Error => error!(topic, "{message}"),
        Level::Warning => warn!(topic, "{message}"),
        Level::Info => info!(topic, "{message}"),
        Level::Debug => debug!(topic, "{message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Counters;
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
    use std::os::unix::net::UnixStream;

    /// A link that keeps what it is given.
    struct Keeper {
        descriptor: UnixStream,
        sent: Rc<RefCell<Vec<Frame>>>,
    }

    impl AsFd for Keeper {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.descriptor.as_fd()
        }
    }

    impl AsRawFd for Keeper {
        fn as_raw_fd(&self) -> RawFd {
            self.descriptor.as_raw_fd()
        }
    }

    impl Link for Keeper {
        fn recv(&mut self, _budget: usize, _sink: &mut dyn FnMut(Frame)) -> io::Result<usize> {
            Ok(0)
        }

        fn send(&mut self, frame: Frame) {
            self.sent.borrow_mut().push(frame);
        }

        fn flush(&mut self) -> io::Result<usize> {
            Ok(0)
        }

        fn counters(&mut self) -> Counters {
            Counters::default()
        }
    }

    #[test]
    fn what_a_router_says_on_a_new_port_reaches_its_link() {
        let yaml = "interfaces: { eth1: { addresses: [10.0.1.1/24] } }\nrip: { networks: [10.0.0.0/8] }\n";
        let shared = Shared::new(configs::yaml::parse(yaml, "test.yaml").unwrap(), 1);
        let sent = Rc::new(RefCell::new(Vec::new()));
        let link = Keeper { descriptor: UnixStream::pair().unwrap().0, sent: Rc::clone(&sent) };
        let info = PortInfo {
            name: "eth1".to_owned(),
            altnames: Vec::new(),
            mac: [2, 0, 0, 0, 0, 1],
            mtu: 1500,
            carrier: true,
            offload: true,
        };
        shared.add_port(info, Box::new(link), Rc::new(Notify::new()));
        let sent = sent.borrow();
        let ethertypes: Vec<&[u8]> = sent.iter().map(|frame| &frame.data[12..14]).collect();
        assert!(ethertypes.contains(&&[8, 6][..]), "gratuitous ARP");
        let rip = |frame: &Frame| {
            frame.data[12..14] == [8, 0] && frame.data[23] == 17 && frame.data[36..38] == [2, 8]
        };
        assert!(sent.iter().any(rip), "a RIP request");
    }
}
