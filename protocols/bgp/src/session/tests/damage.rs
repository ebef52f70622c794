//! Bytes that are no BGP, messages at the wrong time, sessions that do not last.

use super::*;
use crate::wire::KEEPALIVE;
use proptest::prelude::*;

/// What `alone` answers on `conn` to `bytes`.
fn answer(mut alone: Alone, conn: ConnId, bytes: &[u8]) -> (u8, u8, Vec<u8>) {
    alone.hear(conn);
    alone.say(conn, bytes);
    let n = alone.complaint(conn).expect("a NOTIFICATION");
    assert_eq!(alone.session.state(), State::Idle);
    (n.code, n.subcode, n.data.to_vec())
}

type Begin = fn() -> (Alone, ConnId);

fn open_sent() -> (Alone, ConnId) {
    let mut alone = Alone::new(&two().0);
    let conn = alone.open_outgoing();
    (alone, conn)
}

fn open_confirm() -> (Alone, ConnId) {
    let (mut alone, conn) = open_sent();
    alone.say(conn, &open_of(&two().1).encode());
    assert_eq!(alone.session.state(), State::OpenConfirm);
    (alone, conn)
}

fn established() -> (Alone, ConnId) {
    let (mut alone, conn) = open_confirm();
    alone.say(conn, &KEEPALIVE);
    (alone, conn)
}

#[test]
fn a_message_at_the_wrong_time_is_an_error_of_its_own() {
    let open = open_of(&two().1).encode().to_vec();
    let refresh = message(Kind::RouteRefresh, &[0, 1, 0, 1]);
    let cases: [(Begin, Vec<u8>, (u8, u8)); 9] = [
        (open_sent, KEEPALIVE.to_vec(), (1, 4)),
        (open_sent, empty_update(), (1, 2)),
        (open_sent, refresh.clone(), (1, 5)),
        (open_confirm, open.clone(), (2, 1)),
        (open_confirm, empty_update(), (2, 2)),
        (open_confirm, refresh, (2, 5)),
        (established, open, (3, 1)),
        // An UPDATE that came before waits, and does not hide what is behind it.
        (established, [empty_update(), open_of(&two().1).encode().to_vec()].concat(), (3, 1)),
        (open_confirm, [KEEPALIVE.to_vec(), open_of(&two().1).encode().to_vec()].concat(), (3, 1)),
    ];
    for (begin, bytes, (subcode, kind)) in cases {
        let (alone, conn) = begin();
        assert_eq!(answer(alone, conn, &bytes), (5, subcode, vec![kind]));
    }
}

#[test]
fn a_bad_header_ends_the_session_in_every_state() {
    let mut marker = KEEPALIVE.to_vec();
    marker[3] = 0;
    let mut length = KEEPALIVE.to_vec();
    length[17] = 20;
    let mut kind = KEEPALIVE.to_vec();
    kind[18] = 99;
    let huge = [&[255; 16][..], &[0xff, 0xff, 2]].concat();
    for begin in [open_sent, open_confirm, established] as [Begin; 3] {
        let with = |bytes: &[u8]| {
            let (alone, conn) = begin();
            answer(alone, conn, bytes)
        };
        assert_eq!(with(&marker), (1, 1, vec![]));
        assert_eq!(with(&length), (1, 2, vec![0, 20]));
        assert_eq!(with(&kind), (1, 3, vec![99]));
    }
    let (alone, conn) = open_sent();
    assert_eq!(answer(alone, conn, &huge), (1, 2, vec![0xff, 0xff]));
}

#[test]
fn messages_may_be_long_when_both_sides_have_said_so() {
    let long = message(Kind::Update, &[0; 30_000]);
    let (mut alone, conn) = established();
    alone.say(conn, &long);
    assert!(matches!(alone.session.poll_incoming(alone.now), Some(Incoming::Update(b)) if b.len() == 30_000));
    let mut open = open_of(&two().1);
    open.capabilities.extended_message = false;
    let (alone, conn) = Alone::established(&two().0, &open);
    let mut alone = alone;
    alone.say(conn, &long);
    let complaint = alone.complaint(conn).map(|n| (n.code, n.subcode));
    assert_eq!(complaint, Some((1, 2)));
}

#[test]
fn a_malformed_open_is_an_open_error() {
    let (alone, conn) = open_sent();
    let open = message(Kind::Open, &[4, 0, 1, 0, 9, 1, 1, 1, 1, 50]);
    assert_eq!(answer(alone, conn, &open), (2, 0, vec![]));
}

#[test]
fn without_an_open_of_ours_there_is_no_notification() {
    let mut alone = Alone::new(&two().0.with(|n| n.delay_open = Some(60)));
    let conn = alone.open_outgoing();
    alone.say(conn, &KEEPALIVE);
    assert_eq!(alone.closed(conn), Some(true));
    assert!(alone.hear(conn).is_empty());
}

#[test]
fn an_error_in_an_update_is_told_by_the_process() {
    let (mut alone, conn) = established();
    alone.hear(conn);
    alone.session.notify(alone.now, Notification::update(1, &[]));
    alone.drain();
    assert_eq!(alone.complaint(conn).map(|n| (n.code, n.subcode)), Some((3, 1)));
    assert_eq!(alone.downs().len(), 1);
}

#[test]
fn a_session_that_keeps_ending_rests_ever_longer_and_one_that_lasted_does_not() {
    let (a, b) = two();
    let mut alone = Alone::new(&a);
    let open = open_of(&b).encode();
    let rest = |alone: &mut Alone, up: u64| {
        let conn = alone.open_outgoing();
        alone.say(conn, &[open.to_vec(), KEEPALIVE.to_vec()].concat());
        assert_eq!(alone.session.state(), State::Established);
        for _ in 0..up / 10 {
            alone.run(10);
            alone.say(conn, &KEEPALIVE);
            alone.hear(conn);
        }
        alone.say(conn, &Notification::cease(5).encode());
        let until = alone.session.rests_until().expect("it rests");
        assert!(!alone.session.wants_incoming() && alone.session.incoming(alone.now).is_none());
        let rest = until.since(alone.now);
        alone.run(rest.as_secs() + 1);
        rest.as_secs_f64()
    };
    let rests: Vec<f64> = (0..9).map(|_| rest(&mut alone, 20)).collect();
    for (rest, most) in rests.iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 120.0, 120.0]) {
        assert!(*rest <= most && *rest >= most * 0.75, "{rests:?}");
    }
    assert!(rest(&mut alone, 130) <= 1.0);
}

#[test]
fn a_connection_that_ends_before_any_open_is_no_flap() {
    let (mut alone, conn) = open_sent();
    alone.session.handle_closed(alone.now, conn, Closed::Finished);
    alone.drain();
    assert_eq!(alone.session.state(), State::Active);
    assert!(alone.session.wants_incoming());
    assert!(alone.session.retries_at().is_some());
    // As a peer does that is shut down but still listens: it is asked ever more rarely.
    for _ in 0..100 {
        alone.run(1);
        if alone.session.state() == State::Connect {
            let conn = alone.open_outgoing();
            alone.session.handle_closed(alone.now, conn, Closed::Finished);
        }
    }
    assert!(alone.session.counters().attempts <= 9);
}

#[test]
fn a_passive_session_does_not_hang_up_after_its_first_failure() {
    let (a, b) = two();
    let (mut alone, conn) = Alone::established(&a, &open_of(&b));
    alone.say(conn, &Notification::cease(4).encode());
    assert!(alone.session.wants_incoming());
}

/// What can happen to a session.
#[derive(Clone, Debug)]
enum Event {
    Wait(u64),
    Start,
    Stop,
    Clear,
    Incoming,
    Connected(usize),
    Closed(usize),
    Open(usize),
    Keepalive(usize),
    Update(usize),
    Cease(usize),
    Bytes(usize, Vec<u8>),
    Fill(usize),
    Process,
    PortDown,
    Configure(u16),
}

fn event() -> impl Strategy<Value = Event> {
    use Event::*;
    prop_oneof![
        (1..300u64).prop_map(Wait),
        Just(Start),
        Just(Stop),
        Just(Clear),
        Just(Incoming),
        (0..4usize).prop_map(Connected),
        (0..4usize).prop_map(Connected),
        (0..4usize).prop_map(Closed),
        (0..4usize).prop_map(Open),
        (0..4usize).prop_map(Open),
        (0..4usize).prop_map(Keepalive),
        (0..4usize).prop_map(Keepalive),
        (0..4usize).prop_map(Update),
        (0..4usize).prop_map(Cease),
        (0..4usize, proptest::collection::vec(any::<u8>(), 0..40)).prop_map(|(i, b)| Bytes(i, b)),
        (0..4usize).prop_map(Fill),
        Just(Process),
        Just(PortDown),
        (0..3u16).prop_map(Configure),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever happens, in whatever order: no panic, few connections, Established and Down in turn, something due
    /// whenever it is not Idle for good.
    #[test]
    fn whatever_happens_the_session_keeps_its_order(events in proptest::collection::vec(event(), 1..120)) {
        let (a, b) = two();
        let mut alone = Alone::new(&a.clone().timers(3, 9));
        let open = open_of(&b).encode();
        let mut conns: Vec<ConnId> = Vec::new();
        let mut looked = 0;
        let mut up = false;
        for event in events {
            let pick = |i: usize| conns.iter().rev().nth(i).copied();
            match event {
                Event::Wait(secs) => alone.run(secs),
                Event::Start => alone.session.start(alone.now),
                Event::Stop => alone.session.stop(alone.now, Notification::cease(3)),
                Event::Clear => alone.session.clear(alone.now),
                Event::Incoming => conns.extend(alone.session.incoming(alone.now)),
                Event::Connected(i) => if let Some(c) = pick(i) { alone.connected(c) },
                Event::Closed(i) => if let Some(c) = pick(i) { alone.session.handle_closed(alone.now, c, Closed::Reset) },
                Event::Open(i) => if let Some(c) = pick(i) { alone.say(c, &open); },
                Event::Keepalive(i) => if let Some(c) = pick(i) { alone.say(c, &KEEPALIVE); },
                Event::Update(i) => if let Some(c) = pick(i) { alone.say(c, &empty_update()); },
                Event::Cease(i) => if let Some(c) = pick(i) { alone.say(c, &Notification::cease(7).encode()); },
                Event::Bytes(i, bytes) => if let Some(c) = pick(i) { alone.say(c, &bytes); },
                Event::Fill(i) => if let Some(c) = pick(i) { alone.hear(c); },
                Event::Process => while alone.session.poll_incoming(alone.now).is_some() {},
                Event::PortDown => alone.session.port_down(alone.now),
                Event::Configure(n) => {
                    let side = a.clone().with(|c| c.port = Some(179 + n)).timers(3, 9);
                    alone.session.configure(alone.now, side.settings(), side.identity(), side.own);
                }
            }
            alone.drain();
            for output in alone.out.iter().skip(looked) {
                match output {
                    Output::Connect { conn } => conns.push(*conn),
                    Output::Established(_) => { prop_assert!(!up); up = true; }
                    Output::Down(_) => { prop_assert!(up); up = false; }
                    _ => {}
                }
            }
            looked = alone.out.len();
            prop_assert_eq!(up, alone.session.state() == State::Established);
            prop_assert_eq!(up, alone.session.negotiated().is_some());
            prop_assert!(alone.session.conns.len() <= 4);
            prop_assert!(alone.session.next_timeout().is_some() || alone.session.state() == State::Idle);
        }
    }
}
