//! Two sessions over connections that take their time, each its own, so that OPENs, KEEPALIVEs and closes of two
//! connections cross in every way.

use super::*;
use proptest::prelude::*;

/// Something on its way to an end.
enum Travels {
    Syn,
    SynAck,
    Ack,
    Bytes(Vec<u8>),
    Fin,
    Rst,
}

/// A connection, the ends' names for it, and how long each direction takes.
struct Wire {
    ids: [Option<ConnId>; 2],
    delay: [Duration; 2],
    opened_by: usize,
}

struct Slow {
    now: Instant,
    ends: [Session; 2],
    wires: Vec<Wire>,
    /// By time and order: which wire, to which end, what.
    travelling: BTreeMap<(Instant, u64), (usize, usize, Travels)>,
    order: u64,
    delays: Vec<u64>,
    ups: [u32; 2],
}

impl Slow {
    fn send(&mut self, wire: usize, to: usize, what: Travels) {
        let at = self.now + self.wires[wire].delay[to];
        self.order += 1;
        self.travelling.insert((at, self.order), (wire, to, what));
    }

    fn delay(&mut self) -> Duration {
        let n = self.wires.len() % self.delays.len();
        Duration::from_millis(self.delays[n])
    }

    fn settle(&mut self) {
        for end in 0..2 {
            self.outputs(end);
            for wire in 0..self.wires.len() {
                let Some(conn) = self.wires[wire].ids[end] else { continue };
                let mut out = BytesMut::new();
                self.ends[end].fill(self.now, conn, 65_536, &mut out);
                if !out.is_empty() {
                    self.send(wire, 1 - end, Travels::Bytes(out.to_vec()));
                }
            }
            self.outputs(end);
        }
    }

    fn outputs(&mut self, end: usize) {
        while let Some(output) = self.ends[end].poll_output() {
            match output {
                Output::Connect { conn } => {
                    let mut ids = [None; 2];
                    ids[end] = Some(conn);
                    let n = self.wires.len() + 1;
                    let delay = [self.delay(), Duration::from_millis(self.delays[n % self.delays.len()])];
                    self.wires.push(Wire { ids, delay, opened_by: end });
                    self.send(self.wires.len() - 1, 1 - end, Travels::Syn);
                }
                Output::Close { conn, reset } => {
                    let Some(wire) = self.wires.iter().position(|w| w.ids[end] == Some(conn)) else {
                        continue;
                    };
                    self.wires[wire].ids[end] = None;
                    self.send(wire, 1 - end, if reset { Travels::Rst } else { Travels::Fin });
                }
                Output::Established(_) => self.ups[end] += 1,
                Output::Down(_) | Output::Notice(_) | Output::Heard(..) | Output::Moved(..) => {}
            }
        }
    }

    fn arrive(&mut self, wire: usize, to: usize, what: Travels) {
        let now = self.now;
        let (ours, theirs) = (address(to), address(1 - to));
        let opened_by = self.wires[wire].opened_by;
        match (self.wires[wire].ids[to], what) {
            (None, Travels::Syn) => match self.ends[to].incoming(now) {
                Some(conn) => {
                    self.wires[wire].ids[to] = Some(conn);
                    self.send(wire, 1 - to, Travels::SynAck);
                }
                None => self.send(wire, 1 - to, Travels::Rst),
            },
            (Some(conn), Travels::SynAck) => {
                self.send(wire, 1 - to, Travels::Ack);
                self.ends[to].handle_connected(now, conn, ours, theirs);
            }
            (Some(conn), Travels::Ack) => self.ends[to].handle_connected(now, conn, ours, theirs),
            (Some(conn), Travels::Bytes(bytes)) => {
                assert_eq!(self.ends[to].handle_stream(now, conn, &bytes), bytes.len());
                while self.ends[to].poll_incoming(now).is_some() {}
            }
            (Some(conn), Travels::Fin) => {
                self.wires[wire].ids[to] = None;
                self.ends[to].handle_closed(now, conn, Closed::Finished);
            }
            (Some(conn), Travels::Rst) => {
                self.wires[wire].ids[to] = None;
                let why = if opened_by == to { Closed::Refused } else { Closed::Reset };
                self.ends[to].handle_closed(now, conn, why);
            }
            (None, Travels::SynAck | Travels::Bytes(_)) => self.send(wire, 1 - to, Travels::Rst),
            _ => {}
        }
    }

    fn run(&mut self, until: Instant) {
        loop {
            self.settle();
            let arrival = self.travelling.keys().next().map(|(at, _)| *at);
            let timer = self.ends.iter().filter_map(Session::next_timeout).min();
            let Some(next) = arrival.into_iter().chain(timer).min().filter(|at| *at <= until) else { break };
            self.now = self.now.max(next);
            if arrival == Some(next) {
                if let Some((_, (wire, to, what))) = self.travelling.pop_first() {
                    self.arrive(wire, to, what);
                }
            } else {
                let now = self.now;
                self.ends.iter_mut().for_each(|e| e.handle_timeout(now));
            }
        }
        self.now = until;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// However long connections take and whenever each side begins, both are up soon, over one connection, and stay up.
    #[test]
    fn sessions_settle_on_one_connection_however_long_each_takes(
        delays in proptest::collection::vec(0..400u64, 1..6),
        begin in 0..1500u64,
        swap: bool,
        delay_open in prop_oneof![Just(None), Just(Some(1))],
    ) {
        let (a, b) = two();
        let (a, b) = if swap { (b, a) } else { (a, b) };
        let a = a.with(|n| n.delay_open = delay_open);
        let mut slow = Slow {
            now: Instant::from_secs(1),
            ends: [a.session(1), b.session(2)],
            wires: Vec::new(),
            travelling: BTreeMap::new(),
            order: 0,
            delays,
            ups: [0; 2],
        };
        slow.ends[0].start(slow.now);
        slow.run(Instant::from_millis(1000 + begin));
        slow.ends[1].start(slow.now);
        slow.run(Instant::from_secs(20));
        for end in &slow.ends {
            prop_assert_eq!(end.state(), State::Established);
        }
        let ups = slow.ups;
        prop_assert!(ups.iter().all(|n| *n == 1), "{:?}", ups);
        slow.run(Instant::from_secs(900));
        prop_assert_eq!(slow.ups, ups);
        let live = slow.wires.iter().filter(|w| w.ids != [None, None]).count();
        prop_assert_eq!(live, 1);
    }
}
